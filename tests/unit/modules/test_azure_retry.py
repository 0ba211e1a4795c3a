"""azure_retry: what has failed is sent again as it stands, all else is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_retry as module
from fake_arm import FakeArm, filled, rid

VNET = rid("virtualNetworks", "hq-vnet")


def run(cloud: FakeArm, *ids: str, check_mode: bool = False) -> dict[str, Any]:
    return module.retry(cloud.arm(), filled(module.ARGUMENTS, resource_ids=list(ids)), check_mode)


def standing(state: str) -> FakeArm:
    cloud = FakeArm()
    subnet = {"name": "app", "id": f"{VNET}/subnets/app", "properties": {"addressPrefix": "10.1.1.0/24"}}
    cloud.add("virtualNetworks", "hq-vnet", {"provisioningState": state, "subnets": [subnet]}, tags={"a": "b"})
    return cloud


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_has_failed_is_sent_as_it_stands(check_mode: bool) -> None:
    cloud = standing("Failed")
    result = run(cloud, VNET, check_mode=check_mode)
    assert result["changed"] is True
    assert result["retried"] == [VNET]
    assert result["diff"] == {"before": {VNET: "Failed"}, "after": {VNET: "Succeeded"}}
    if check_mode:
        assert cloud.writes() == []
        return
    [body] = [body for method, _path, body in cloud.bodies if method == "PUT"]
    assert body["tags"] == {"a": "b"}
    assert body["properties"]["subnets"][0]["properties"] == {"addressPrefix": "10.1.1.0/24"}
    assert cloud[VNET]["properties"]["provisioningState"] == "Succeeded"


@pytest.mark.parametrize("state", ["Succeeded", "Updating", "Deleting"])
def test_all_else_is_left_alone(state: str) -> None:
    cloud = standing(state)
    assert run(cloud, VNET, rid("routeTables", "none"))["changed"] is False
    assert cloud.writes() == []
