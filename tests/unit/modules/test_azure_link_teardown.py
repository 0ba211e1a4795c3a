"""azure_link_teardown: what goes, in which order, what stays and why."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_link_teardown as module
from fake_arm import GROUP, NETWORK, FakeArm, error, filled, rid

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
    assert (result["changed"], result["left"], result["detached"]) == (True, [], [])
    assert result["deleted"][0]["type"] == "Microsoft.Network/connections"
    assert result["deleted"][-1]["type"] == "Microsoft.Resources/resourceGroups"
    assert cloud.resources == {}
    again = run(cloud)
    assert (again["changed"], again["deleted"], again["left"]) == (False, [], [])


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


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_vm_in_the_app_subnet(cloud: FakeArm, check_mode: bool) -> None:
    vnet = cloud[rid("virtualNetworks", "hq-vnet")]
    vnet["properties"]["subnets"][0]["properties"]["ipConfigurations"] = [{"id": NIC}]
    in_use = error(400, "InUseSubnetCannotBeDeleted", f"Subnet app is in use by {NIC}.")
    cloud.fault("DELETE", "/virtualnetworks/hq-vnet", in_use, times=2)
    for kind in ("networkSecurityGroups", "routeTables"):
        cloud.fault("DELETE", f"/{kind}", error(400, f"InUse{kind}CannotBeDeleted", "In use by app."))
    result = run(cloud, check_mode)
    assert {"hq-vnet", "hq-app-nsg", "hq-app-rt", GROUP} <= set(names(result["left"]))
    assert all(one["reason"] for one in result["left"])
    reason = next(one["reason"] for one in result["left"] if one["name"] == "hq-vnet")
    assert NIC in reason
    assert "hq-vng" in names(result["deleted"])


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


def test_an_adopted_vnet_loses_our_nsg_and_keeps_its_subnets(cloud: FakeArm) -> None:
    vnet = cloud[rid("virtualNetworks", "hq-vnet")]
    vnet["tags"] = {}
    app = vnet["properties"]["subnets"][0]
    cloud.resources[app["id"].lower()] = {
        **app, "properties": {**app["properties"], "provisioningState": "Succeeded", "ipConfigurations": [{"id": NIC}]},
    }  # fmt: skip
    result = run(cloud, adopt=["hq-vnet"])
    assert result["detached"] == [app["id"]]
    body = next(body for method, path, body in cloud.bodies if (method, path) == ("PUT", app["id"]))
    assert body == {"properties": {"addressPrefix": "10.1.1.0/24"}}
    assert "hq-app-nsg" in names(result["deleted"])
    assert "hq-vnet" not in names(result["deleted"])
    assert run(cloud, True, adopt=["hq-vnet"])["detached"] == []


def test_a_subnet_that_cannot_be_changed_is_warned_of(cloud: FakeArm) -> None:
    cloud[rid("virtualNetworks", "hq-vnet")]["tags"] = {}
    own = rid("virtualNetworks", "hq-vnet") + "/subnets/app"
    cloud.resources[own.lower()] = {"id": own, "name": "app", "properties": {"provisioningState": "Succeeded"}}
    cloud.fault("PUT", "/subnets/app", error(403, "AuthorizationFailed", "No right."))
    assert "AuthorizationFailed" in run(cloud)["warnings"][0]


def test_a_gateway_that_is_made_is_waited_for(cloud: FakeArm) -> None:
    cloud.busy(GATEWAY, 600)
    assert names(run(cloud)["deleted"]) == ALL
    assert cloud.now > 600


def test_a_gateway_that_a_killed_run_deletes(cloud: FakeArm) -> None:
    cloud.busy(GATEWAY, 60, "Deleting")
    assert names(run(cloud)["deleted"]) == ALL
    assert ("DELETE", GATEWAY) not in cloud.writes()


def test_strays_in_other_groups_are_found(cloud: FakeArm) -> None:
    own = rid("networkSecurityGroups", "stray").replace(GROUP, "other-rg")
    cloud.resources[own.lower()] = {
        "id": own, "name": "stray", "type": "x", "tags": TAGS, "properties": {"provisioningState": "Succeeded"},
    }  # fmt: skip
    disk = NETWORK.replace("Microsoft.Network", "Microsoft.Compute/disks/d")
    cloud.resources[disk.lower()] = {"id": disk, "name": "d", "type": "x", "tags": TAGS, "properties": {}}
    result = run(cloud)
    assert "stray" in names(result["deleted"])
    assert ("d", "Microsoft.Compute/disks") in [(one["name"], one["type"]) for one in result["left"]]


def test_no_such_group() -> None:
    cloud = FakeArm()
    cloud.groups.clear()
    assert run(cloud)["changed"] is False
