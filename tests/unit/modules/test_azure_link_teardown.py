"""azure_link_teardown: what goes, in which order, what stays and why."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.azure import Response
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_link_teardown as module
from fake_arm import GROUP, NETWORK, SUBSCRIPTION, FakeArm, error, filled, rid

TAGS = {"s2s_vpn:link": "hq", "s2s_vpn:id": "0123456789ab"}
GATEWAY = rid("virtualNetworkGateways", "hq-vng")
NIC = rid("networkInterfaces", "vm1") + "/ipConfigurations/a"


def run(cloud: FakeArm, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    params = filled(module.ARGUMENTS, **{"link": "hq", "owner_id": "0123456789ab", **given})
    return module.teardown(cloud.arm(), params, check_mode)


def names(entries: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in entries]


@pytest.fixture
def cloud() -> FakeArm:
    cloud = FakeArm()
    cloud.groups[GROUP]["tags"] = TAGS
    vnet = rid("virtualNetworks", "hq-vnet")
    app = {
        "id": f"{vnet}/subnets/app",
        "name": "app",
        "properties": {
            "addressPrefix": "10.1.1.0/24",
            "networkSecurityGroup": {"id": rid("networkSecurityGroups", "hq-app-nsg")},
            "routeTable": {"id": rid("routeTables", "hq-app-rt")},
        },
    }
    gateway_subnet = {
        "id": f"{vnet}/subnets/GatewaySubnet",
        "name": "GatewaySubnet",
        "properties": {"ipConfigurations": [{"id": f"{GATEWAY}/ipConfigurations/ipconfig1".upper()}]},
    }
    for kind, properties in {
        "networkSecurityGroups/hq-app-nsg": {"subnets": [{"id": app["id"]}]},
        "routeTables/hq-app-rt": {"subnets": [{"id": app["id"]}]},
        "virtualNetworks/hq-vnet": {"subnets": [app, gateway_subnet]},
        "publicIPAddresses/hq-vng-pip-1": {},
        "publicIPAddresses/hq-vng-pip-2": {},
        "virtualNetworkGateways/hq-vng": {"ipConfigurations": []},
        "localNetworkGateways/hq-aws-1-1": {},
        "localNetworkGateways/hq-aws-1-2": {},
        "connections/hq-aws-1-1": {},
        "connections/hq-aws-1-2": {},
    }.items():
        cloud.add(*kind.split("/"), properties, tags=TAGS)
    return cloud


ALL = [
    "hq-aws-1-1", "hq-aws-1-2", "hq-vng", "hq-aws-1-1", "hq-aws-1-2", "hq-vng-pip-1", "hq-vng-pip-2", "hq-vnet",
    "hq-app-nsg", "hq-app-rt", GROUP,
]  # fmt: skip


def test_everything_goes_in_order(cloud: FakeArm) -> None:
    result = run(cloud)
    assert names(result["deleted"]) == ALL
    assert (result["changed"], result["left"]) == (True, [])
    assert result["deleted"][0]["type"] == "Microsoft.Network/connections"
    assert result["deleted"][-1]["type"] == "Microsoft.Resources/resourceGroups"
    assert cloud.resources == {}
    again = run(cloud)
    assert (again["changed"], again["deleted"], again["left"]) == (False, [], [])


def test_alerts_that_the_index_does_not_know_yet(cloud: FakeArm) -> None:
    """The group is somebody else's, and nothing takes them with it."""
    cloud.groups[GROUP]["tags"] = {}
    alert = f"{NETWORK.removesuffix('Microsoft.Network')}Microsoft.Insights/metricAlerts/hq-bandwidth"
    theirs = alert.replace("hq-bandwidth", "theirs")
    for own in (alert, theirs):
        name = own.rpartition("/")[2]
        tags = TAGS if own == alert else {}
        cloud.resources[own.lower()] = {"id": own, "name": name, "tags": tags, "properties": {}}
    cloud.fault("GET", f"{SUBSCRIPTION}/resources", Response(200, {}, {"value": []}))
    result = run(cloud)
    assert result["deleted"][0]["id"] == alert
    assert set(cloud.resources) == {theirs.lower()}


def test_check_mode_lists_the_same(cloud: FakeArm) -> None:
    planned = run(cloud, True)
    assert cloud.writes() == []
    assert names(planned["deleted"]) == ALL
    assert planned["diff"] == run(cloud)["diff"]


def test_foreign_things_stay_and_so_does_the_group(cloud: FakeArm) -> None:
    cloud.add("publicIPAddresses", "theirs", tags={"s2s_vpn:id": "another"})
    cloud.add("publicIPAddresses", "half", tags={"s2s_vpn:id": TAGS["s2s_vpn:id"]})
    result = run(cloud)
    assert names(result["deleted"]) == ALL[:-1]
    assert names(result["left"]) == [GROUP]
    assert "theirs (Microsoft.Network/publicIPAddresses)" in result["left"][0]["reason"]
    assert rid("publicIPAddresses", "theirs").lower() in cloud.resources


def test_a_group_that_is_not_ours_stays_silently(cloud: FakeArm) -> None:
    cloud.groups[GROUP]["tags"] = {}
    result = run(cloud)
    assert names(result["deleted"]) == ALL[:-1]
    assert result["left"] == []


def test_adopted_names_stay(cloud: FakeArm) -> None:
    result = run(cloud, adopt=["HQ-VNG-PIP-1", GROUP])
    assert "hq-vng-pip-1" not in names(result["deleted"])
    assert result["left"] == []
    assert rid("publicIPAddresses", "hq-vng-pip-1").lower() in cloud.resources


def foretold(cloud: FakeArm, *refusals: tuple[str, str], **given: Any) -> dict[str, Any]:
    """The result, with what check mode said before it compared; Azure refuses to delete (path, code)."""
    planned = run(cloud, True, **given)
    assert cloud.writes() == []
    for path, code in refusals:
        cloud.fault("DELETE", path, error(400, code, "In use."))
    result = run(cloud, **given)
    for what in ("deleted", "left"):
        assert {one["id"] for one in planned[what]} == {one["id"] for one in result[what]}, what
    assert all(one["reason"] for one in [*planned["left"], *result["left"]])
    return {**result, "foretold": {one["name"]: one["reason"] for one in planned["left"]}}


def test_a_vm_in_the_app_subnet(cloud: FakeArm) -> None:
    vnet = cloud[rid("virtualNetworks", "hq-vnet")]
    vnet["properties"]["subnets"][0]["properties"]["ipConfigurations"] = [{"id": NIC}]
    for one in vnet["properties"]["subnets"]:
        cloud.resources[one["id"].lower()] = {**one, "properties": {"provisioningState": "Succeeded"}}
    result = foretold(
        cloud,
        ("/virtualnetworks/hq-vnet", "InUseSubnetCannotBeDeleted"),
        ("/subnets/app", "InUseSubnetCannotBeDeleted"),
        ("/networksecuritygroups", "InUseNetworkSecurityGroupCannotBeDeleted"),
        ("/routetables", "InUseRouteTableCannotBeDeleted"),
    )
    assert names(result["left"]) == ["app", "hq-vnet", "hq-app-nsg", "hq-app-rt", GROUP]
    assert NIC in result["foretold"]["hq-vnet"]
    assert "subnets/app" in result["foretold"]["hq-app-nsg"]
    assert {"hq-vng", "GatewaySubnet"} <= set(names(result["deleted"]))


@pytest.mark.parametrize(
    ("member", "foreign"), [("subnets", "subnet theirs"), ("virtualNetworkPeerings", "peering theirs")]
)
def test_somebody_elses_part_of_the_vnet(cloud: FakeArm, member: str, foreign: str) -> None:
    """Azure would delete it with the VNet."""
    vnet = cloud[rid("virtualNetworks", "hq-vnet")]
    for one in vnet["properties"]["subnets"]:
        cloud.resources[one["id"].lower()] = {**one, "properties": {"provisioningState": "Succeeded"}}
    theirs = {"id": f"{vnet['id']}/{member}/theirs", "name": "theirs", "properties": {}}
    vnet["properties"][member] = [*vnet["properties"].get(member, []), theirs]
    result = foretold(cloud)
    assert names(result["left"]) == ["hq-vnet", GROUP]
    assert result["left"][0]["reason"] == f"{foreign} in it is not the link's"
    assert {"app", "GatewaySubnet", "hq-app-nsg", "hq-app-rt"} <= set(names(result["deleted"]))


def test_a_route_that_was_put_there_by_hand(cloud: FakeArm) -> None:
    table = cloud[rid("routeTables", "hq-app-rt")]
    table["properties"]["routes"] = [{"name": "to-aws"}, {"name": "to-office"}]
    result = foretold(cloud)
    assert names(result["left"]) == ["hq-app-rt", GROUP]
    assert result["left"][0]["reason"] == "a route was put there by hand: to-office"
    table["properties"]["routes"] = [{"name": "to-aws"}, {"name": "to-aws-10.4.0.0-16"}]
    assert names(run(cloud)["deleted"]) == ["hq-app-rt", GROUP]


def test_somebody_elses_connection_on_the_gateway(cloud: FakeArm) -> None:
    cloud.add("connections", "theirs", {"virtualNetworkGateway1": {"id": GATEWAY.upper()}})
    for number in (1, 2):
        pip = cloud[rid("publicIPAddresses", f"hq-vng-pip-{number}")]
        pip["properties"]["ipConfiguration"] = {"id": f"{GATEWAY}/ipConfigurations/ipconfig{number}"}
    subnets = cloud[rid("virtualNetworks", "hq-vnet")]["properties"]["subnets"]
    for one in subnets:
        cloud.resources[one["id"].lower()] = {**one, "properties": {"provisioningState": "Succeeded"}}
    result = foretold(
        cloud,
        ("/virtualnetworkgateways/", "VirtualNetworkGatewayCannotBeDeleted"),
        ("/hq-vng-pip-1", "PublicIPAddressCannotBeDeleted"),
        ("/hq-vng-pip-2", "PublicIPAddressCannotBeDeleted"),
        ("/virtualnetworks/hq-vnet", "InUseSubnetCannotBeDeleted"),
        ("/subnets/gatewaysubnet", "InUseSubnetCannotBeDeleted"),
    )
    stays = {"hq-vng", "hq-vng-pip-1", "hq-vng-pip-2", "hq-vnet", "GatewaySubnet", GROUP}
    assert set(names(result["left"])) == stays
    assert "connections/theirs" in result["foretold"]["hq-vng"]
    assert "app" in names(result["deleted"])


def test_one_refusal_does_not_stop_the_rest(cloud: FakeArm) -> None:
    locked = error(409, "ScopeLocked", "There is a lock.")
    cloud.fault("DELETE", "publicipaddresses/hq-vng-pip-1", locked)
    result = run(cloud)
    (pip, group) = result["left"]
    assert (pip["name"], pip["reason"]) == ("hq-vng-pip-1", "ScopeLocked: There is a lock.")
    assert group["name"] == GROUP
    assert set(names(result["deleted"])) == set(ALL) - {"hq-vng-pip-1", GROUP}
    resumed = run(cloud)
    assert names(resumed["deleted"]) == ["hq-vng-pip-1", GROUP]


@pytest.fixture
def adopted(cloud: FakeArm) -> FakeArm:
    """The link in somebody else's VNet, whose subnets can be looked at one by one."""
    vnet = cloud[rid("virtualNetworks", "hq-vnet")]
    vnet["tags"] = {}
    for one in vnet["properties"]["subnets"]:
        cloud.resources[one["id"].lower()] = {
            **one, "properties": {**one["properties"], "provisioningState": "Succeeded"},
        }  # fmt: skip
    return cloud


def subnets_left(cloud: FakeArm) -> set[str]:
    return {path.rsplit("/", 1)[-1] for path in cloud.resources if "/subnets/" in path}


@pytest.mark.parametrize("memory", [rid("publicIPAddresses", "hq-vng-pip-1"), GATEWAY])
def test_the_links_subnets_in_an_adopted_vnet_go(adopted: FakeArm, memory: str) -> None:
    adopted[memory]["tags"] = {**TAGS, "s2s_vpn:gateway_subnet": "hq-vnet"}
    result = foretold(adopted, adopt=["hq-vnet"])
    assert [one for one in names(result["deleted"]) if one in ("app", "GatewaySubnet", "hq-vng-pip-1")] == [
        "GatewaySubnet", "app", "hq-vng-pip-1",
    ]  # fmt: skip
    assert names(result["left"]) == [GROUP], "the VNet is in it"
    assert subnets_left(adopted) == set()
    assert rid("virtualNetworks", "hq-vnet").lower() in adopted.resources


@pytest.mark.parametrize(
    ("change", "stay"),
    [
        ({}, {"gatewaysubnet"}),  # nothing says that the link has made it
        ({"adopt": ["hq-vnet", "app"]}, {"app", "gatewaysubnet"}),
        ({"subnets": ["web"]}, {"app", "gatewaysubnet"}),
        ({"adopt": ["another-vnet"]}, {"app", "gatewaysubnet"}),
    ],
)
def test_other_subnets_in_an_adopted_vnet_stay(adopted: FakeArm, change: dict[str, Any], stay: set[str]) -> None:
    result = run(adopted, **{"adopt": ["hq-vnet"], **change})
    assert subnets_left(adopted) == stay
    assert not any("/subnets/" in one["id"] for one in result["left"])
    assert not any(method == "PUT" for method, _path in adopted.writes())


def test_an_app_subnet_in_use_in_an_adopted_vnet(adopted: FakeArm) -> None:
    app = rid("virtualNetworks", "hq-vnet") + "/subnets/app"
    adopted[app]["properties"]["ipConfigurations"] = [{"id": NIC}]
    result = foretold(
        adopted,
        ("/subnets/app", "InUseSubnetCannotBeDeleted"),
        ("/networksecuritygroups", "InUseNetworkSecurityGroupCannotBeDeleted"),
        ("/routetables", "InUseRouteTableCannotBeDeleted"),
        adopt=["hq-vnet"],
    )
    assert names(result["left"]) == ["app", "hq-app-nsg", "hq-app-rt", GROUP]
    assert NIC in result["foretold"]["app"]


def test_a_gateway_that_is_made_is_waited_for(cloud: FakeArm) -> None:
    cloud.busy(GATEWAY, 600)
    assert names(run(cloud)["deleted"]) == ALL
    assert cloud.now > 600


def test_a_gateway_that_a_killed_run_deletes(cloud: FakeArm) -> None:
    cloud.busy(GATEWAY, 60, "Deleting")
    assert names(run(cloud)["deleted"]) == ALL
    assert ("DELETE", GATEWAY) not in cloud.writes()


def elsewhere(cloud: FakeArm, kind: str, name: str, tags: dict[str, str] | None = None) -> str:
    """A resource in another group. The index that finds it by its tag shows none of its tags."""
    own = f"{NETWORK.replace(GROUP, 'other-rg').removesuffix('Microsoft.Network')}{kind}/{name}"
    cloud.resources[own.lower()] = {
        "id": own, "name": name, "type": kind, "tags": tags or TAGS, "properties": {"provisioningState": "Succeeded"},
    }  # fmt: skip
    return own


@pytest.mark.parametrize("check_mode", [False, True])
def test_strays_in_other_groups_are_found(cloud: FakeArm, check_mode: bool) -> None:
    gateway = elsewhere(cloud, "Microsoft.Network/virtualNetworkGateways", "old-vng")
    alert = elsewhere(cloud, "Microsoft.Insights/metricAlerts", "old-alert")
    disk = elsewhere(cloud, "Microsoft.Compute/disks", "d")
    result = run(cloud, check_mode)
    assert {gateway, alert} <= {one["id"] for one in result["deleted"]}
    assert [(one["id"], one["type"]) for one in result["left"]] == [(disk, "Microsoft.Compute/disks")]


@pytest.mark.parametrize("kind", ["Microsoft.Network/virtualNetworkGateways", "Microsoft.Compute/disks"])
def test_an_adopted_name_in_another_group_stays(cloud: FakeArm, kind: str) -> None:
    own = elsewhere(cloud, kind, "theirs")
    result = run(cloud, adopt=["Theirs"])
    assert (names(result["deleted"]), result["left"]) == (ALL, [])
    assert set(cloud.resources) == {own.lower()}


def test_a_resource_in_another_group_with_half_of_the_tags_stays(cloud: FakeArm) -> None:
    own = elsewhere(cloud, "Microsoft.Network/publicIPAddresses", "half", {"s2s_vpn:id": TAGS["s2s_vpn:id"]})
    result = run(cloud)
    assert (names(result["deleted"]), result["left"]) == (ALL, [])
    assert set(cloud.resources) == {own.lower()}


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_stray_in_a_group_that_the_rights_do_not_reach(cloud: FakeArm, check_mode: bool) -> None:
    own = elsewhere(cloud, "Microsoft.Network/virtualNetworkGateways", "old-vng")
    cloud.fault("GET", own, error(403, "AuthorizationFailed", "You may not."))
    result = run(cloud, check_mode)
    assert names(result["deleted"]) == ALL
    assert [(one["id"], one["reason"]) for one in result["left"]] == [(own, "AuthorizationFailed: You may not.")]


def test_what_the_index_still_shows_and_is_gone(cloud: FakeArm) -> None:
    gone = {"id": rid("virtualNetworkGateways", "old-vng"), "name": "old-vng", "type": "x"}
    cloud.fault("GET", f"{SUBSCRIPTION}/resources", Response(200, {}, {"value": [gone]}))
    result = run(cloud)
    assert (names(result["deleted"]), result["left"]) == (ALL, [])


def test_no_such_group() -> None:
    cloud = FakeArm()
    cloud.groups.clear()
    assert run(cloud)["changed"] is False
