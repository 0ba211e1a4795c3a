"""azure_public_addresses: state x what exists x check mode."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.azure import AzureError
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_public_addresses as module
from fake_arm import FakeArm, filled, rid

KIND = "publicIPAddresses"
ONE: dict[str, Any] = {"name": "hq-vng-pip-1", "zones": ["1", "2", "3"]}
TWO: dict[str, Any] = {"name": "hq-vng-pip-2", "zones": ["1", "2", "3"]}


def run(cloud: FakeArm, *listed: dict[str, Any], check_mode: bool = False, **given: Any) -> dict[str, Any]:
    params = filled(
        module.ARGUMENTS,
        **{"location": "westeurope", "tags": {"a": "b"}, **given},
        addresses=list(listed) or [ONE, TWO],
    )
    return module.ADDRESSES.run(cloud.arm(), params, check_mode)


def standing(cloud: FakeArm, name: str = "hq-vng-pip-1", **more: Any) -> dict[str, Any]:
    own = {"sku": {"name": "Standard"}, "zones": ["1", "2", "3"], "tags": {"a": "b"}, **more}
    properties = {"publicIPAllocationMethod": "Static", "ipAddress": "192.0.2.10", **own.pop("properties", {})}
    return cloud.add(KIND, name, properties, **own)


@pytest.fixture
def cloud() -> FakeArm:
    return FakeArm()


def test_both_are_made_at_once(cloud: FakeArm) -> None:
    result = run(cloud)
    assert result["changed"]
    assert cloud.now < 20, "the second is not waited for after the first"
    assert [one["id"] for one in result["addresses"]] == [rid(KIND, "hq-vng-pip-1"), rid(KIND, "hq-vng-pip-2")]
    body = next(body for method, _path, body in cloud.bodies if method == "PUT")
    assert body == {
        "location": "westeurope",
        "sku": {"name": "Standard"},
        "zones": ["1", "2", "3"],
        "tags": {"a": "b"},
        "properties": {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4"},
    }


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_stands_is_one_look(cloud: FakeArm, check_mode: bool) -> None:
    standing(cloud)
    standing(cloud, "hq-vng-pip-2")
    result = run(cloud, check_mode=check_mode)
    assert not result["changed"]
    assert [one["ip_address"] for one in result["addresses"]] == ["192.0.2.10"] * 2
    assert cloud.calls() == {"GET": 2}  # the list has two pages


def test_check_mode_predicts(cloud: FakeArm) -> None:
    planned = run(cloud, check_mode=True)
    assert cloud.writes() == []
    assert [(one["id"], one["ip_address"]) for one in planned["addresses"]] == [
        ("planned:hq-vng-pip-1", None),
        ("planned:hq-vng-pip-2", None),
    ]
    assert planned["diff"] == run(cloud)["diff"]


def test_check_mode_without_the_resource_group(cloud: FakeArm) -> None:
    cloud.groups.clear()
    assert run(cloud, check_mode=True)["changed"]


def test_a_tag_is_added_and_nothing_is_lost(cloud: FakeArm) -> None:
    label = {"domainNameLabel": "hq"}
    used = {"id": rid("virtualNetworkGateways", "hq-vng") + "/ipConfigurations/ipconfig1"}
    standing(cloud, properties={"dnsSettings": label, "ipConfiguration": used})
    result = run(cloud, ONE, tags={"team": "network"})
    assert result["diff"] == {
        "before": {"hq-vng-pip-1": {"tags": {"a": "b"}}},
        "after": {"hq-vng-pip-1": {"tags": {"a": "b", "team": "network"}}},
    }
    (body,) = [body for method, _path, body in cloud.bodies if method == "PUT"]
    assert body["properties"]["dnsSettings"] == label
    assert body["properties"]["ipAddress"] == "192.0.2.10"
    assert "ipConfiguration" not in body["properties"]


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        ({"sku": {"name": "Basic"}}, "sku 'Basic', not 'Standard'"),
        ({"properties": {"publicIPAllocationMethod": "Dynamic"}}, "allocation_method 'Dynamic', not 'Static'"),
        ({"zones": ["1"]}, "zones ['1'], not ['1', '2', '3']"),
        ({"location": "northeurope"}, "is in northeurope, not in westeurope"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_what_is_fixed_is_refused(cloud: FakeArm, differs: dict[str, Any], said: str, check_mode: bool) -> None:
    standing(cloud, **differs)
    with pytest.raises(AzureError, match="Ask for another name") as error:
        run(cloud, check_mode=check_mode)
    assert said in str(error.value)
    assert cloud.writes() == [], "not even the address that could be made"


def test_zones_that_are_not_asked_for_are_left_alone(cloud: FakeArm) -> None:
    standing(cloud, zones=["1"])
    assert not run(cloud, {"name": "hq-vng-pip-1", "zones": None})["changed"]


def test_without_a_location_nothing_is_made(cloud: FakeArm) -> None:
    with pytest.raises(AzureError, match="location is not given"):
        run(cloud, location=None)
    assert cloud.writes() == []


@pytest.mark.parametrize("check_mode", [False, True])
def test_absent(cloud: FakeArm, check_mode: bool) -> None:
    standing(cloud)
    standing(cloud, "somebody-elses")
    result = run(cloud, state="absent", check_mode=check_mode)
    assert result["changed"]
    assert result["addresses"] == []
    deleted = [] if check_mode else [("DELETE", rid(KIND, "hq-vng-pip-1"))]
    assert cloud.writes() == deleted
    if not check_mode:
        assert not run(cloud, state="absent")["changed"]


def test_all_that_fail_are_named(cloud: FakeArm) -> None:
    for one in (ONE, TWO):
        cloud.failing[rid(KIND, one["name"]).lower()] = {"code": "Unlucky", "message": "No address is left."}
    with pytest.raises(AzureError) as raised:
        run(cloud)
    assert "changing 2 of 2 addresses" in str(raised.value)
    assert "hq-vng-pip-1" in str(raised.value)
    assert "hq-vng-pip-2" in str(raised.value)
