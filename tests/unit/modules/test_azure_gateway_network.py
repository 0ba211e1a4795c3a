"""azure_gateway_network: what exists x check mode."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.azure import AzureError
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_gateway_network as module
from fake_arm import GROUP, NETWORK, FakeArm, error, filled, rid

GROUP_ID = NETWORK.rsplit("/providers", 1)[0]
VNET = rid("virtualNetworks", "hq-vnet")
SUBNET = f"{VNET}/subnets/GatewaySubnet"
GIVEN: dict[str, Any] = {
    "location": "westeurope",
    "name": "hq-vnet",
    "cidrs": ["10.1.0.0/16"],
    "subnets": [{"name": "GatewaySubnet", "cidr": "10.1.255.0/27"}],
    "tags": {"a": "b"},
}


def run(cloud: FakeArm, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    return module.Network(cloud.arm(), filled(module.ARGUMENTS, **{**GIVEN, **given}), check_mode).run()


def changed(result: dict[str, Any]) -> list[str]:
    assert result["changed"] == any(one["changed"] for one in result["resources"])
    return [one["name"] for one in result["resources"] if one["changed"]]


def standing(*subnets: str, group_tags: dict[str, str] | None = None, **more: Any) -> FakeArm:
    cloud = FakeArm()
    cloud.groups[GROUP].update(location="westeurope", tags=group_tags or {"a": "b"})
    ranges = {"GatewaySubnet": "10.1.255.0/27", "app": "10.1.1.0/24"}
    listed = [
        {
            "name": name,
            "id": f"{VNET}/subnets/{name}",
            "properties": {"addressPrefix": ranges[name], "routeTable": {"id": "/rt"}},
        }
        for name in subnets
    ]
    properties = {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": listed}
    own = {"tags": {"a": "b"}, **more}
    cloud.add("virtualNetworks", "hq-vnet", {**properties, **own.pop("properties", {})}, **own)
    return cloud


@pytest.mark.parametrize("check_mode", [False, True])
def test_on_an_empty_subscription(check_mode: bool) -> None:
    cloud = FakeArm()
    cloud.groups.clear()
    result = run(cloud, check_mode)
    assert changed(result) == ["hq-rg", "hq-vnet", "GatewaySubnet"]
    assert result["diff"]["after"] == {
        "resourceGroups/hq-rg": {"location": "westeurope", "tags": {"a": "b"}},
        "virtualNetworks/hq-vnet": {"cidrs": ["10.1.0.0/16"], "tags": {"a": "b"}},
        "subnets/GatewaySubnet": {"cidrs": ["10.1.255.0/27"]},
    }
    assert cloud.writes() == ([] if check_mode else [("PUT", GROUP_ID), ("PUT", VNET)])


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_stands_is_two_looks(check_mode: bool) -> None:
    cloud = standing("GatewaySubnet")
    result = run(cloud, check_mode)
    assert changed(result) == []
    assert result["diff"] == {"before": {}, "after": {}}
    assert cloud.calls() == {"GET": 2}


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_missing_subnet_is_made_alone(check_mode: bool) -> None:
    cloud = standing("app")
    result = run(cloud, check_mode)
    assert changed(result) == ["GatewaySubnet"]
    assert cloud.writes() == ([] if check_mode else [("PUT", SUBNET)]), "a PUT of the VNet could lose a subnet"


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("made", [(), ("app",)])
def test_a_subnet_gets_the_guards_of_these_names(made: tuple[str, ...], check_mode: bool) -> None:
    cloud = standing(*made)
    guards = {"security_group": "nsg", "route_table": "rt"}
    asked = [{"name": "app", "cidr": "10.1.1.0/24", **guards}]
    result = run(cloud, check_mode, location=None, cidrs=None, tags=None, subnets=asked)
    assert changed(result) == ["app"]
    nsg, table = rid("networkSecurityGroups", "nsg"), rid("routeTables", "rt")
    assert result["diff"]["after"]["subnets/app"].items() >= {"security_group": nsg, "route_table": table}.items()
    assert cloud.writes() == ([] if check_mode else [("PUT", f"{VNET}/subnets/app")])
    if not check_mode:
        [sent] = [body["properties"] for method, _path, body in cloud.bodies if method == "PUT"]
        assert (sent["networkSecurityGroup"], sent["routeTable"]) == ({"id": nsg}, {"id": table})


def test_tags_and_ranges_are_merged_into_what_stands() -> None:
    cloud = standing("app", "GatewaySubnet", group_tags={"c": "d"}, tags={"c": "d"})
    result = run(cloud, cidrs=["10.1.0.0/16", "10.8.0.0/16"])
    assert changed(result) == ["hq-rg", "hq-vnet"]
    group, vnet = (body for method, _path, body in cloud.bodies if method == "PUT")
    assert group == {"location": "westeurope", "tags": {"a": "b", "c": "d"}}
    assert vnet["tags"] == {"a": "b", "c": "d"}
    assert vnet["properties"]["subnets"][0]["properties"]["routeTable"] == {"id": "/rt"}


@pytest.mark.parametrize(
    ("adopt", "writes"),
    [([GROUP], [VNET, SUBNET]), (["HQ-VNET"], [GROUP_ID, SUBNET]), ([GROUP, "hq-vnet", "another"], [SUBNET])],
)
def test_what_is_adopted_is_not_touched(adopt: list[str], writes: list[str]) -> None:
    cloud = standing("app")
    run(cloud, adopt=adopt, tags={"new": "1"})
    assert cloud.writes() == [("PUT", path) for path in writes]


def test_subnets_of_an_adopted_vnet_stay() -> None:
    cloud = standing("GatewaySubnet")
    subnets = [{"name": "gatewaysubnet", "cidr": "10.1.254.0/27"}]
    assert changed(run(cloud, adopt=["hq-vnet"], subnets=subnets)) == []
    assert cloud.writes() == []


@pytest.mark.parametrize("adopt", [[], [GROUP, "hq-vnet"]])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_subnet_that_has_failed_is_sent_again(adopt: list[str], check_mode: bool) -> None:
    cloud = standing("GatewaySubnet")
    cloud[VNET]["properties"]["subnets"][0]["properties"]["provisioningState"] = "Failed"
    result = run(cloud, check_mode, adopt=adopt, subnets=[{"name": "GatewaySubnet", "cidr": "10.1.255.0/27"}])
    assert changed(result) == ["GatewaySubnet"]
    assert cloud.writes() == ([] if check_mode else [("PUT", SUBNET)])


def test_a_vnet_that_has_failed_is_sent_again() -> None:
    cloud = standing("GatewaySubnet", properties={"provisioningState": "Failed"})
    assert changed(run(cloud)) == ["hq-vnet"]
    assert cloud.writes() == [("PUT", VNET)]


def test_what_another_run_makes_meanwhile_is_not_lost() -> None:
    cloud = FakeArm()
    cloud.fault("PUT", "virtualnetworks", error(429, "RetryableError"))
    arm = cloud.arm()

    def another_run(seconds: float) -> None:
        if VNET.lower() not in cloud.resources:
            cloud.resources |= standing("app").resources
        cloud.now += seconds

    arm._sleep = another_run
    result = module.Network(arm, filled(module.ARGUMENTS, **GIVEN), check_mode=False).run()
    assert changed(result) == ["hq-rg", "GatewaySubnet"]
    assert cloud.writes() == [("PUT", GROUP_ID), ("PUT", VNET), ("PUT", SUBNET)]


def test_ranges_are_merged_into_what_another_makes_meanwhile() -> None:
    cloud = standing("GatewaySubnet")
    cloud.fault("PUT", "virtualnetworks", error(429, "RetryableError"))
    arm = cloud.arm()

    def another_link(seconds: float) -> None:
        cloud.resources |= standing("GatewaySubnet", "app").resources
        cloud.now += seconds

    arm._sleep = another_link
    module.Network(
        arm, filled(module.ARGUMENTS, **{**GIVEN, "cidrs": ["10.1.0.0/16", "10.8.0.0/16"]}), check_mode=False
    ).run()
    *_first, last = (body for method, path, body in cloud.bodies if (method, path) == ("PUT", VNET))
    assert [one["name"] for one in last["properties"]["subnets"]] == ["GatewaySubnet", "app"]


def test_a_new_group_is_not_known_everywhere_at_once() -> None:
    cloud = FakeArm()
    cloud.groups.clear()
    cloud.fault("PUT", "virtualnetworks", error(404, "ResourceGroupNotFound"), times=2)
    assert changed(run(cloud)) == ["hq-rg", "hq-vnet", "GatewaySubnet"]


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_group_that_is_being_deleted_is_made_again(check_mode: bool) -> None:
    cloud = FakeArm()
    going = cloud.groups.pop(GROUP) | {"properties": {"provisioningState": "Deleting"}}
    cloud.fault("GET", "/resourcegroups/hq-rg", azure.Response(200, {}, going))
    assert changed(run(cloud, check_mode)) == ["hq-rg", "hq-vnet", "GatewaySubnet"]


def test_one_that_is_being_changed_is_waited_for() -> None:
    cloud = standing("GatewaySubnet")
    cloud.busy(VNET, 30)
    assert changed(run(cloud)) == []
    assert cloud.now >= 30


REFUSED = [
    ("an adopted group that is missing", {"adopt": ["none-rg"], "resource_group": "none-rg"}, "it does not exist"),
    ("another region", {"location": "northeurope"}, "hq-rg is in westeurope, not in northeurope"),
    ("an adopted VNet that is missing", {"adopt": ["other"], "name": "other"}, "it does not exist"),
    ("no ranges for a new one", {"name": "other", "cidrs": None}, "cidrs is not given"),
    ("nothing for a new one", {"name": "other", "cidrs": None, "location": None}, "location and cidrs are not given"),
]


@pytest.mark.parametrize(("given", "text"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_it_says_what_is_wrong_and_changes_nothing(given: dict[str, Any], text: str) -> None:
    cloud = standing("GatewaySubnet")
    with pytest.raises(AzureError, match=text):
        run(cloud, **given)
    assert cloud.writes() == []


def test_nothing_is_made_where_something_is_missing() -> None:
    cloud = FakeArm()
    cloud.groups.clear()
    with pytest.raises(AzureError, match="virtualNetworks/hq-vnet: it does not exist, and cidrs is not given"):
        run(cloud, cidrs=None)
    assert cloud.writes() == []


def test_what_was_made_before_a_refusal_is_told() -> None:
    cloud = FakeArm()
    cloud.groups.clear()
    cloud.fault("PUT", "virtualnetworks", error(403, "AuthorizationFailed"))
    with pytest.raises(AzureError) as refused:
        run(cloud)
    assert changed(refused.value.done) == ["hq-rg"]
