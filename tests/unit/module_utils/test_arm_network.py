"""Which parts of the Azure network need not be asked again, and what is sent for the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.arm import Change
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.arm_network import (
    as_planned,
    failed,
    group_change,
    subnet_change,
    vnet_change,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import plan_link

Json = dict[str, Any]
ID = "/subscriptions/s/resourceGroups/hq-rg/providers/Microsoft.Network"
TAGS = {"s2s_vpn:link": "hq", "s2s_vpn:id": "3f2a9c0d1e4b"}
ALL = {"resource_group", "vnet", "gateway_subnet", "nsg", "route_table", "routes", "app_subnet"}


def network() -> Json:
    raw = {
        "link": "hq",
        "azure_location": "westeurope",
        "azure_vnet_cidr": "10.1.0.0/16",
        "aws_region": "eu-central-1",
    }
    more = {"azure_more_cidrs": ["10.8.0.0/16"], "azure_user_defined_route": True}
    result = plan_link({**raw, "aws_vpc_cidr": "10.2.0.0/16", **more})
    assert result.plan, result.faults
    return dict(result.plan.as_dict()["azure"]["network"])


def subnet(name: str, cidr: str, **more: Any) -> Json:
    shown = {"provisioningState": "Succeeded", "privateEndpointNetworkPolicies": "Disabled"}
    own = {**shown, "addressPrefix": cidr, **more}
    return {"name": name, "id": f"{ID}/virtualNetworks/hq-vnet/subnets/{name}", "properties": own}


def rule(name: str, priority: int, access: str, source: str, description: str) -> Json:
    return {
        "name": name,
        "etag": "W/1",
        "properties": {
            "provisioningState": "Succeeded", "description": description, "priority": priority, "direction": "Inbound",
            "access": access, "protocol": "*",
            "sourceAddressPrefixes": source.split(), "destinationAddressPrefixes": ["*"],
            "sourcePortRange": "*", "destinationPortRange": "*", "sourcePortRanges": [], "destinationPortRanges": [],
        },
    }  # fmt: skip


def seen() -> Json:
    """The link as Azure shows it, with what a user may add."""
    own = {"location": "westeurope", "tags": {**TAGS, "of the user": "x"}}
    guards = {"networkSecurityGroup": {"id": f"{ID}/networkSecurityGroups/HQ-app-nsg"}}
    guards["routeTable"] = {"id": f"{ID}/routeTables/hq-app-rt"}
    subnets = [
        subnet("GatewaySubnet", "10.1.255.0/27"), subnet("app", "10.1.1.0/24", **guards), subnet("x", "10.1.9.0/24"),
    ]  # fmt: skip
    rules = [
        rule("allow-own-vnet", 4000, "Allow", "10.8.0.0/16 10.1.0.0/16", "Hosts of this VNet."),
        rule("of-the-user", 200, "Allow", "10.9.0.0/16", ""),
        rule("allow-aws", 4010, "Allow", "10.2.1.0/24", "Hosts in AWS that the link admits."),
        rule(
            "deny-other-networks", 4096, "Deny", "VirtualNetwork",
            "Everything else behind the gateway. Own rules go before this one, at 100 to 3999.",
        ),
    ]  # fmt: skip
    route = {"name": "to-aws", "properties": {"addressPrefix": "10.2.0.0/16", "nextHopType": "VirtualNetworkGateway"}}
    well, ranges = {"provisioningState": "Succeeded"}, ["10.8.0.0/16", "2001:db8:1::/48", "10.1.0.0/16"]
    found = {
        "group": {**own, "properties": well},
        "vnet": {
            **own,
            "id": f"{ID}/virtualNetworks/hq-vnet",
            "properties": {**well, "addressSpace": {"addressPrefixes": ranges}, "subnets": subnets},
        },
        "nsg": {**own, "id": f"{ID}/networkSecurityGroups/hq-app-nsg", "properties": {**well, "securityRules": rules}},
        "table": {
            **own,
            "id": f"{ID}/routeTables/hq-app-rt",
            "properties": {**well, "disableBgpRoutePropagation": False, "routes": [route]},
        },
    }
    return dict(json.loads(json.dumps(found)))  # nothing is shared


def test_the_link_as_it_was_made_stands() -> None:
    assert set(as_planned(network(), TAGS, **seen())) == ALL


def test_nothing_stands_on_an_empty_cloud() -> None:
    assert as_planned(network(), TAGS, None, None, None, None) == []


def test_of_a_group_that_is_there_only_the_group_stands() -> None:
    assert as_planned(network(), TAGS, seen()["group"], None, None, None) == ["resource_group"]


def _subnet(found: Json, number: int) -> Json:
    return dict(found["vnet"]["properties"]["subnets"][number])["properties"]


def _rule(found: Json, number: int) -> Json:
    return dict(found["nsg"]["properties"]["securityRules"][number])["properties"]


BY_HAND: list[tuple[str, Callable[[Json], Any], set[str]]] = [
    ("a tag of the group", lambda f: f["group"]["tags"].pop("s2s_vpn:id"), {"resource_group"}),
    ("the group's place", lambda f: f["group"].update(location="northeurope"), {"resource_group"}),
    ("a tag of the VNet", lambda f: f["vnet"]["tags"].update({"s2s_vpn:link": "x"}), {"vnet"}),
    ("the VNet's range", lambda f: f["vnet"]["properties"]["addressSpace"]["addressPrefixes"].pop(), {"vnet"}),
    ("one more", lambda f: f["vnet"]["properties"]["addressSpace"]["addressPrefixes"].append("10.7.0.0/16"), {"vnet"}),
    ("a VNet that failed", lambda f: f["vnet"]["properties"].update(provisioningState="Failed"), {"vnet"}),
    ("no GatewaySubnet", lambda f: f["vnet"]["properties"]["subnets"].pop(0), {"gateway_subnet"}),
    ("its range", lambda f: _subnet(f, 0).update(addressPrefix="10.1.254.0/27"), {"gateway_subnet"}),
    ("its range", lambda f: _subnet(f, 1).update(addressPrefix="10.1.2.0/24"), {"app_subnet"}),
    ("the app subnet without NSG", lambda f: _subnet(f, 1).pop("networkSecurityGroup"), {"app_subnet"}),
    ("another route table", lambda f: _subnet(f, 1).update(routeTable={"id": "/other"}), {"app_subnet"}),
    ("a subnet being changed", lambda f: _subnet(f, 1).update(provisioningState="Updating"), {"app_subnet"}),
    ("no NSG at all", lambda f: f.update(nsg=None), {"nsg", "app_subnet"}),
    ("a rule taken away", lambda f: f["nsg"]["properties"]["securityRules"].pop(2), {"nsg"}),
    ("a rule opened", lambda f: _rule(f, 3).update(access="Allow"), {"nsg"}),
    ("a source added", lambda f: _rule(f, 2)["sourceAddressPrefixes"].append("0.0.0.0/0"), {"nsg"}),
    ("a source for all", lambda f: _rule(f, 2).update(sourceAddressPrefixes=[], sourceAddressPrefix="*"), {"nsg"}),
    ("ports", lambda f: _rule(f, 2).update(destinationPortRange="22"), {"nsg"}),
    ("a tag of the table", lambda f: f["table"]["tags"].clear(), {"route_table"}),
    ("propagation off", lambda f: f["table"]["properties"].update(disableBgpRoutePropagation=True), {"route_table"}),
    ("its hop", lambda f: f["table"]["properties"]["routes"][0]["properties"].update(nextHopType="None"), {"routes"}),
    ("no route", lambda f: f["table"]["properties"].update(routes=[]), {"routes"}),
]  # fmt: skip


@pytest.mark.parametrize(("change", "falls"), [row[1:] for row in BY_HAND], ids=[row[0] for row in BY_HAND])
def test_what_was_changed_by_hand_does_not_stand(change: Callable[[Json], Any], falls: set[str]) -> None:
    found = seen()
    change(found)
    assert ALL - set(as_planned(network(), TAGS, **found)) == falls


def test_a_new_tag_of_the_plan_is_missing_everywhere() -> None:
    missing = ALL - set(as_planned(network(), {**TAGS, "cost": "1"}, **seen()))
    assert missing == {"resource_group", "vnet", "nsg", "route_table"}


@pytest.mark.parametrize(
    ("number", "part", "cidr"), [(0, "gateway_subnet", "10.1.255.0/27"), (1, "app_subnet", "10.1.1.0/24")]
)
def test_a_subnet_may_have_further_ranges(number: int, part: str, cidr: str) -> None:
    found = seen()
    _subnet(found, number).update(addressPrefixes=["2001:db8:1::/64", cidr])
    assert part in as_planned(network(), TAGS, **found)
    own = found["vnet"]["properties"]["subnets"][number]
    assert not subnet_change({"cidr": cidr}, own).changed
    moved = subnet_change({"cidr": "10.1.254.0/27"}, own)
    assert moved.body
    assert moved.body["properties"]["addressPrefixes"] == ["10.1.254.0/27", "2001:db8:1::/64"]
    assert "addressPrefix" not in moved.body["properties"]


def test_what_the_stock_modules_refuse_is_listed() -> None:
    found = {key: seen()[key] for key in ("nsg", "table")}
    assert failed(**found) == failed(None, None) == []
    for part in found.values():
        part["properties"]["provisioningState"] = "Failed"
    assert failed(**found) == [f"{ID}/networkSecurityGroups/hq-app-nsg", f"{ID}/routeTables/hq-app-rt"]


def kept(change: Change) -> Json:
    """Properties of the VNet to send, less ranges."""
    assert change.body is not None
    return {name: value for name, value in change.body["properties"].items() if name != "addressSpace"}


RANGES = [
    # what is asked for, what is sent
    (["10.1.0.0/16", "10.8.0.0/16"], None),
    (["10.8.0.0/16", "10.1.0.0/16"], None),
    (["10.1.0.0/16"], ["10.1.0.0/16", "2001:db8:1::/48"]),
    (["10.1.0.0/16", "10.9.0.0/16"], ["10.1.0.0/16", "10.9.0.0/16", "2001:db8:1::/48"]),
    (["10.1.0.0/16", "10.8.0.0/16", "2001:db8:1::/48"], None),
    (["2001:db8:1::/48", "10.1.0.0/16"], ["2001:db8:1::/48", "10.1.0.0/16"]),
    ([], None),
    (None, None),
]


@pytest.mark.parametrize(("asked", "sent"), RANGES)
def test_a_vnet_gets_the_ranges_asked_for_and_keeps_ipv6(asked: list[str] | None, sent: list[str] | None) -> None:
    change = vnet_change("West Europe", asked, [], TAGS, seen()["vnet"])
    assert change.refusals == ()
    if sent is None:
        assert not change.changed
        return
    assert change.body
    assert change.body["properties"]["addressSpace"]["addressPrefixes"] == sent
    assert change.after == {"cidrs": sorted(sent)}
    assert [one["name"] for one in kept(change)["subnets"]] == ["GatewaySubnet", "app", "x"]
    assert kept(change)["subnets"][1]["properties"]["routeTable"] == {"id": f"{ID}/routeTables/hq-app-rt"}
    assert change.body["tags"] == {**TAGS, "of the user": "x"}


def test_a_vnet_is_sent_with_all_that_was_set_and_nothing_that_was_not() -> None:
    vnet = seen()["vnet"]
    set_by_others = {
        "dhcpOptions": {"dnsServers": ["10.1.9.4"]},
        "virtualNetworkPeerings": [{"name": "hub", "properties": {"remoteVirtualNetwork": {"id": "/hub"}}}],
    }
    delegated = {"delegations": [{"name": "d", "properties": {"serviceName": "Microsoft.Web/serverFarms"}}]}
    shown = {"ipConfigurations": [{"id": "/nic"}], "purpose": "x", "provisioningState": "Succeeded"}
    vnet["etag"] = "W/1"
    vnet["properties"] |= {**set_by_others, "resourceGuid": "guid"}
    vnet["properties"]["subnets"][2]["properties"] |= {**delegated, **shown}
    sent = kept(vnet_change("westeurope", ["10.1.0.0/16"], [], TAGS, vnet))
    assert {name: sent[name] for name in set_by_others} == set_by_others
    assert sent["subnets"][2]["properties"]["delegations"] == delegated["delegations"]
    assert not {"resourceGuid", "provisioningState", "etag"} & {*sent}
    assert not {*shown} & {*sent["subnets"][2]["properties"]}


def test_a_new_vnet_is_made_with_its_subnets() -> None:
    change = vnet_change("westeurope", ["10.1.0.0/16"], [{"name": "s", "cidr": "10.1.9.0/24"}], TAGS, None)
    assert change.body == {
        "location": "westeurope",
        "tags": TAGS,
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
            "subnets": [{"name": "s", "properties": {"addressPrefix": "10.1.9.0/24"}}],
        },
    }


def test_a_subnet_keeps_what_hangs_on_it() -> None:
    app = seen()["vnet"]["properties"]["subnets"][1]
    assert not subnet_change({"cidr": "10.1.1.0/24", "route_table": None}, app).changed
    change = subnet_change({"cidr": "10.1.2.0/24"}, app)
    assert (change.before, change.after) == ({"cidrs": ["10.1.1.0/24"]}, {"cidrs": ["10.1.2.0/24"]})
    assert change.body == {
        "properties": {
            **{name: value for name, value in app["properties"].items() if name != "provisioningState"},
            "addressPrefix": "10.1.2.0/24",
        }
    }


GUARDED = {
    "cidr": "10.1.1.0/24",
    "security_group": f"{ID}/networkSecurityGroups/hq-app-nsg",
    "route_table": f"{ID}/routeTables/hq-app-rt",
}


def test_guards_that_are_asked_for_are_set_and_others_stay() -> None:
    app = seen()["vnet"]["properties"]["subnets"][1]
    assert not subnet_change(GUARDED, app).changed, "letter case is no difference"
    app["properties"]["natGateway"] = {"id": "/nat"}
    app["properties"]["routeTable"] = {"id": "/of/the/user"}
    del app["properties"]["networkSecurityGroup"]
    change = subnet_change(GUARDED, app)
    assert change.body
    sent = change.body["properties"]
    assert (sent["natGateway"], sent["routeTable"]) == ({"id": "/nat"}, {"id": GUARDED["route_table"]})
    assert sent["networkSecurityGroup"] == {"id": GUARDED["security_group"]}
    assert change.before == {"security_group": "", "route_table": "/of/the/user"}
    assert change.after == {name: GUARDED[name] for name in change.before}


def test_a_new_subnet_is_made_with_its_guards() -> None:
    change = subnet_change(GUARDED, None)
    assert change.body == {
        "properties": {
            "addressPrefix": "10.1.1.0/24",
            "networkSecurityGroup": {"id": GUARDED["security_group"]},
            "routeTable": {"id": GUARDED["route_table"]},
        }
    }


def test_what_stands_in_another_region_is_refused() -> None:
    for change in (
        group_change("northeurope", TAGS, {**seen()["group"], "name": "hq-rg"}),
        vnet_change("northeurope", None, [], TAGS, {**seen()["vnet"], "name": "hq-vnet"}),
    ):
        [refusal] = change.refusals
        assert "is in westeurope, not in northeurope" in str(refusal)


def test_what_has_failed_is_sent_again() -> None:
    vnet = seen()["vnet"]
    vnet["properties"]["provisioningState"] = "Failed"
    change = vnet_change("westeurope", ["10.1.0.0/16", "10.8.0.0/16"], [], TAGS, vnet)
    assert change.after == {"provisioning_state": "Succeeded"}
