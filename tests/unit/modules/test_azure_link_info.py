"""azure_link_info: all of Azure's side, whoever made it, and no key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import keys
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.azure import AzureError
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_link_info as module
from fake_arm import FakeArm, error, filled, rid

GATEWAY = rid("virtualNetworkGateways", "hq-vng")

KEY = "invented_key_of_azure.a"
SALT = "some salt"


def run(cloud: FakeArm, **given: Any) -> dict[str, Any]:
    options = {"gateway_name": "hq-vng", "fingerprint_salt": SALT, **given}
    result = module.read(cloud.arm(), filled(module.ARGUMENTS, **options), False)
    assert not result["changed"]
    return result["reading"]


@pytest.fixture
def link(cloud: FakeArm) -> FakeArm:
    """The status test's cloud with the network around the gateway."""
    subnet = {
        "name": "app",
        "properties": {
            "networkSecurityGroup": {"id": rid("networkSecurityGroups", "hq-app-nsg").upper()},
            "routeTable": {"id": rid("routeTables", "hq-app-rt")},
        },
    }
    cloud.add("virtualNetworks", "hq-vnet", {"subnets": [subnet, {"name": "GatewaySubnet", "properties": {}}]})
    for name in ("hq-vng-pip-1", "hq-vng-pip-2", "somebody-elses"):
        cloud.add("publicIPAddresses", name)
    for kind in ("networkSecurityGroups", "routeTables"):
        cloud.add(kind, "hq-app-nsg" if kind.startswith("net") else "hq-app-rt")
        cloud.add(kind, "somebody-elses")
    cloud.answers["getadvertisedroutes"] = [
        {"peer": "169.254.21.1", "localAddress": "10.1.255.4", "network": "10.1.0.0/16"}
    ]
    cloud.keys[rid("connections", "hq-aws-1-1").lower()] = KEY
    cloud.log.clear()
    return cloud


def names(listed: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in listed]


def test_everything_of_the_link_and_nothing_of_others(link: FakeArm) -> None:
    reading = run(link)
    assert (reading["cloud"], reading["gateway"]["name"], reading["unread"]) == ("azure", "hq-vng", [])
    assert reading["virtual_network"]["name"] == "hq-vnet"
    assert {
        part: names(reading[part]) for part in ("connections", "local_gateways", "security_groups", "route_tables")
    } == {
        "connections": ["hq-aws-1-1"],
        "local_gateways": ["hq-aws-1-1"],
        "security_groups": ["hq-app-nsg"],
        "route_tables": ["hq-app-rt"],
    }
    assert names(reading["public_addresses"]) == ["hq-vng-pip-1", "hq-vng-pip-2"]
    assert reading["connections"][0]["properties"]["tunnelConnectionStatus"]
    assert reading["status"]["tunnels"][0]["name"] == "hq-aws-1-1"
    assert [one["network"] for one in reading["learned_routes"]] == ["10.2.0.0/16"]
    assert reading["calls"] == len(link.log)


def test_only_a_connected_neighbour_is_asked_what_it_is_told(link: FakeArm) -> None:
    assert {peer: [one["network"] for one in rows] for peer, rows in run(link)["advertised_routes"].items()} == {
        "169.254.21.1": ["10.1.0.0/16"]
    }
    link.answers["getbgppeerstatus"][0]["state"] = "Connecting"
    assert run(link)["advertised_routes"] == {}


@pytest.mark.parametrize("shown_in_the_connection", [True, False])
def test_keys_are_fingerprints_of_this_run(
    link: FakeArm, shown_in_the_connection: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shown_in_the_connection:
        shown = FakeArm._shown

        def without_key(self: FakeArm, own: str, in_list: bool = False) -> dict[str, Any]:
            resource = shown(self, own, in_list)
            resource["properties"].pop("sharedKey", None)
            return resource

        monkeypatch.setattr(FakeArm, "_shown", without_key)
    reading = run(link)
    assert reading["fingerprints"] == {"hq-aws-1-1": keys.fingerprint(KEY, SALT)}
    assert run(link, fingerprint_salt="another")["fingerprints"] != reading["fingerprints"]
    assert KEY not in json.dumps(reading)


def test_without_salt_no_key_is_read(link: FakeArm) -> None:
    assert run(link, fingerprint_salt=None)["fingerprints"] == {"hq-aws-1-1": None}
    assert not [path for _method, path in link.log if path.endswith("sharedkey")]


def test_resources_in_other_groups_and_a_full_id(link: FakeArm) -> None:
    """A gateway whose connections, local gateways and security groups others keep elsewhere."""

    def move(kind: str, name: str) -> str:
        was = rid(kind, name)
        own = was.replace("/hq-rg/", "/net-rg/")
        link.resources[own.lower()] = {**link.resources.pop(was.lower()), "id": own}
        return own

    link.groups["net-rg"] = {}
    site, group = move("localNetworkGateways", "hq-aws-1-1"), move("networkSecurityGroups", "hq-app-nsg")
    link[move("connections", "hq-aws-1-1")]["properties"]["localNetworkGateway2"]["id"] = site
    (subnet, *_others) = link[rid("virtualNetworks", "hq-vnet")]["properties"]["subnets"]
    subnet["properties"]["networkSecurityGroup"]["id"] = group
    reading = run(link, resource_group=None, gateway_name=None, gateway_id=GATEWAY)
    assert names(reading["connections"]) == names(reading["local_gateways"]) == ["hq-aws-1-1"]
    assert names(reading["security_groups"]) == ["hq-app-nsg"]
    assert [one["outside_address"] for one in reading["status"]["tunnels"]] == ["198.51.100.10"] * 2


PERMISSIONS = {
    ("GET", "/virtualnetworkgateways/hq-vng"): ("gateway", "virtualNetworkGateways/read"),
    ("GET", "/virtualnetworkgateways/hq-vng/connections"): (
        "connections",
        "virtualNetworkGateways/connections/read",
    ),
    ("GET", "/connections/hq-aws-1-1"): ("connections", "connections/read"),
    ("GET", "/localnetworkgateways"): ("local gateways", "localNetworkGateways/read"),
    ("GET", "/publicipaddresses"): ("public addresses", "publicIPAddresses/read"),
    ("GET", "/virtualnetworks/hq-vnet"): ("virtual network", "virtualNetworks/read"),
    ("GET", "/networksecuritygroups"): ("security groups", "networkSecurityGroups/read"),
    ("GET", "/routetables"): ("route tables", "routeTables/read"),
    ("POST", "/getbgppeerstatus"): ("BGP peers", "virtualNetworkGateways/getBgpPeerStatus/action"),
    ("POST", "/getlearnedroutes"): ("learned routes", "virtualNetworkGateways/getLearnedRoutes/action"),
    ("POST", "/getadvertisedroutes"): ("advertised routes", "virtualNetworkGateways/getAdvertisedRoutes/action"),
}


@pytest.mark.parametrize(("method", "path"), PERMISSIONS)
def test_what_a_permission_forbids_is_told_and_the_rest_is_read(link: FakeArm, method: str, path: str) -> None:
    whole = run(link)
    send = link.send

    def refusing(asked: str, url: str, body: Any) -> Any:
        if asked == method and url.partition("?")[0].lower().endswith(path):
            return error(403, "AuthorizationFailed", "The client '00000000-0000-0000-0000-00000000000b' may not.")
        return send(asked, url, body)

    link.send = refusing  # type: ignore[method-assign]
    reading = run(link)
    what, permission = PERMISSIONS[method, path]
    assert reading["unread"] == [
        {
            "what": what,
            "why": "AuthorizationFailed: this identity may not read it",
            "permission": f"Microsoft.Network/{permission}",
        }
    ]
    if what != "gateway":
        assert reading["gateway"] == whole["gateway"]
    assert reading["connections"] == ([] if what == "connections" else whole["connections"])


def test_a_busy_gateway_has_no_peers_to_ask(link: FakeArm) -> None:
    link.busy(GATEWAY, 300)
    reading = run(link)
    assert [(one["what"], one["why"]) for one in reading["unread"]] == [
        ("BGP peers", "the gateway is Updating"),
        ("learned routes", "the gateway is Updating"),
    ]
    assert names(reading["connections"]) == ["hq-aws-1-1"]


def test_a_failed_gateway_may_refuse_to_answer(link: FakeArm) -> None:
    link[GATEWAY]["properties"]["provisioningState"] = "Failed"
    link.fault("POST", "getbgppeerstatus", error(400, "GatewayNotReady"))
    assert [one["what"] for one in run(link)["unread"]] == ["BGP peers"]


def test_a_fault_of_azure_is_an_error(link: FakeArm) -> None:
    link.fault("GET", "/networksecuritygroups", error(400, "BadRequest"))
    with pytest.raises(AzureError, match="BadRequest"):
        run(link)


def test_no_gateway() -> None:
    reading = run(FakeArm())
    assert (reading["gateway"], reading["connections"], reading["unread"]) == (None, [], [])
