"""The pure part: names, states, what may be sent back. What changes are made of, the modules' tests show."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm

OWN = arm.resource_id("s", "hq-rg", arm.GATEWAYS, "hq-vng")


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [("/A/b/", "/a/B", True), (None, "", True), ("/a", "/b", False), (None, "/b", False)],
)
def test_same(one: str | None, other: str | None, equal: bool) -> None:
    assert arm.same(one, other) is equal


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [
        (OWN, "Microsoft.Network/virtualNetworkGateways"),
        (f"{OWN}/ipConfigurations/a", "Microsoft.Network/virtualNetworkGateways/ipConfigurations"),
        ("/subscriptions/s/resourceGroups/hq-rg", ""),
    ],
)
def test_kind_of(identifier: str, kind: str) -> None:
    assert arm.kind_of(identifier) == kind


@pytest.mark.parametrize(
    ("state", "busy", "failed"),
    [("Succeeded", False, False), ("Updating", True, False), ("Deleting", True, False), ("Failed", False, True),
     ("Canceled", False, True)],
)  # fmt: skip
def test_states(state: str, busy: bool, failed: bool) -> None:
    resource = {"properties": {"provisioningState": state}}
    assert (arm.is_busy(resource), arm.has_failed(resource)) == (busy, failed)


def test_a_resource_without_a_state_is_ready() -> None:
    assert not arm.is_busy({"id": "x"})


def test_writable_leaves_the_original_alone() -> None:
    resource: dict[str, Any] = {
        "id": OWN,
        "etag": "e",
        "location": "westeurope",
        "properties": {
            "resourceGuid": "g",
            "ipConfigurations": [
                {"id": f"{OWN}/ipConfigurations/a", "name": "a", "type": "t", "etag": "e", "properties": {"x": 1}}
            ],
            "natRules": [{"id": "n", "name": "n", "type": "t", "properties": {"type": "Static"}}],
        },
    }
    before = copy.deepcopy(resource)
    sent = arm.writable(resource)
    sent["properties"]["ipConfigurations"].clear()
    assert resource == before
    assert arm.writable(resource) == {
        "location": "westeurope",
        "properties": {
            "ipConfigurations": [{"id": f"{OWN}/ipConfigurations/a", "name": "a", "properties": {"x": 1}}],
            "natRules": [{"id": "n", "name": "n", "properties": {"type": "Static"}}],
        },
    }


def test_a_subnets_users_are_not_sent_back() -> None:
    subnet = {"id": "s", "name": "app", "properties": {"addressPrefix": "10.1.1.0/24", "ipConfigurations": [{"id": 1}]}}
    assert arm.writable_subnet(subnet) == {"properties": {"addressPrefix": "10.1.1.0/24"}}


def test_tags_are_texts() -> None:
    assert arm.merged_tags({"a": "1"}, {"b": 2, "c": True}) == {"a": "1", "b": "2", "c": "True"}


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({}, ["location", "sku", "vnet_name or subnet_id", "instances"]),
        (
            {"location": "x", "sku": "y", "subnet_id": "z", "instances": (arm.Instance("a"),)},
            ["instances[].public_ip_name or public_ip_id"],
        ),
        ({"location": "x", "sku": "y", "subnet_id": "z", "instances": (arm.Instance("a", "p"),)}, []),
    ],
)
def test_missing_for_creation(options: dict[str, Any], missing: list[str]) -> None:
    assert arm.GatewayWish(**options).missing_for_creation() == missing


def test_a_gateway_without_bgp_has_no_bgp_settings() -> None:
    wish = arm.GatewayWish("westeurope", "VpnGw1AZ", False, False, None, "subnet", (arm.Instance(None, "pip"),))
    properties = arm.new_gateway(OWN, wish)["properties"]
    assert "bgpSettings" not in properties
    assert (properties["activeActive"], properties["enableBgp"]) == (False, False)
    assert [one["name"] for one in properties["ipConfigurations"]] == ["ipconfig1"]


@pytest.mark.parametrize(
    ("sku", "generation"),
    [("VpnGw1AZ", None), ("VpnGw3AZ", None), ("VpnGw4AZ", "Generation2"), ("VpnGw5AZ", "Generation2")],
)
def test_a_new_gateway_names_the_generation_where_there_is_but_one(sku: str, generation: str | None) -> None:
    wish = arm.GatewayWish("westeurope", sku, subnet_id="subnet", instances=(arm.Instance(None, "pip"),))
    assert arm.new_gateway(OWN, wish)["properties"].get("vpnGatewayGeneration") == generation


@pytest.mark.parametrize(
    ("present", "generation", "wanted", "refused"),
    [
        ("VpnGw1AZ", "Generation1", "VpnGw3AZ", False),
        ("VpnGw3AZ", "Generation1", "VpnGw4AZ", True),
        ("VpnGw1AZ", "generation1", "VpnGw5AZ", True),
        ("VpnGw2AZ", "Generation2", "VpnGw3AZ", False),
        ("VpnGw3AZ", "Generation2", "VpnGw4AZ", False),
        ("VpnGw4AZ", "Generation2", "VpnGw5AZ", False),
        ("VpnGw4AZ", "Generation2", "VpnGw3AZ", True),
        ("VpnGw3AZ", None, "VpnGw4AZ", False),  # not said: Azure decides
        ("VpnGw4AZ", "Generation1", "VpnGw4AZ", False),
        ("VpnGw3", "Generation1", "VpnGw4AZ", True),
    ],
)
def test_a_sku_in_place(present: str, generation: str | None, wanted: str, refused: bool) -> None:
    """A larger one, within a generation (MS, Upgrade a VPN Gateway SKU)."""
    properties = {
        "provisioningState": "Succeeded",
        "gatewayType": "Vpn",
        "vpnType": "RouteBased",
        "sku": {"name": present, "tier": present},
        "vpnGatewayGeneration": generation,
    }
    existing = {"id": OWN, "location": "westeurope", "properties": properties}
    change = arm.gateway_change(OWN, arm.GatewayWish(sku=wanted), existing)
    assert [one.consent for one in change.refusals] == ["recreate"] * refused
    assert change.replaces(["recreate"]) == refused


def test_a_gateway_of_another_kind_is_not_touched() -> None:
    existing = {
        "id": OWN,
        "location": "westeurope",
        "properties": {"gatewayType": "ExpressRoute", "vpnType": "RouteBased", "provisioningState": "Succeeded"},
    }
    change = arm.gateway_change(OWN, arm.GatewayWish(tags={"a": "b"}), existing)
    assert change.refused([])[0].problem.startswith("The gateway's type is ExpressRoute/RouteBased")


def test_both_default_bgp_addresses_are_not_echoed() -> None:
    """azurerm#916, #16285, #16590."""
    existing = {
        "id": OWN,
        "location": "westeurope",
        "properties": {
            "provisioningState": "Succeeded",
            "gatewayType": "Vpn",
            "vpnType": "RouteBased",
            "sku": {"name": "VpnGw1AZ", "tier": "VpnGw1AZ", "capacity": 2},
            "bgpSettings": {
                "asn": 65515,
                "bgpPeeringAddress": "10.1.255.4,10.1.255.5",
                "peerWeight": 0,
                "bgpPeeringAddresses": [
                    {"ipconfigurationId": "a", "defaultBgpIpAddresses": ["10.1.255.4"], "tunnelIpAddresses": ["x"]}
                ],
            },
        },
    }
    change = arm.gateway_change(OWN, arm.GatewayWish(tags={"a": "b"}), existing)
    assert change.body is not None
    assert change.body["properties"]["bgpSettings"] == {
        "asn": 65515, "peerWeight": 0, "bgpPeeringAddresses": [{"ipconfigurationId": "a"}],
    }  # fmt: skip
    assert change.body["properties"]["sku"] == {"name": "VpnGw1AZ", "tier": "VpnGw1AZ"}


def test_a_local_gateway_with_a_name_gets_an_address() -> None:
    existing = {"id": "x", "name": "l", "properties": {"fqdn": "vpn.example.com", "provisioningState": "Succeeded"}}
    change = arm.local_gateway_change(arm.LocalGatewayWish("l", "198.51.100.1"), None, None, existing)
    assert change.body is not None
    assert "fqdn" not in change.body["properties"]
