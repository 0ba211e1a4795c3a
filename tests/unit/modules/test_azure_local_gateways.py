"""azure_local_gateways: state x what exists x check mode."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.azure import AzureError
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_local_gateways as module
from fake_arm import FakeArm, error, filled, rid

ONE: dict[str, Any] = {
    "name": "hq-aws-1-1",
    "gateway_ip_address": "198.51.100.10",
    "address_prefixes": [],
    "asn": 64512,
    "bgp_peering_address": "169.254.21.1",
    "inside_cidr": "169.254.21.0/30",
}
TWO: dict[str, Any] = {**ONE, "name": "hq-aws-1-2", "gateway_ip_address": "198.51.100.11"}
STATIC: dict[str, Any] = {
    "name": "hq-aws-1-1",
    "gateway_ip_address": "198.51.100.10",
    "address_prefixes": ["10.2.0.0/16", "10.3.0.0/16"],
}


def run(cloud: FakeArm, *listed: dict[str, Any], check_mode: bool = False, **given: Any) -> dict[str, Any]:
    params = filled(
        module.ARGUMENTS,
        **{"location": "westeurope", "tags": {"a": "b"}, **given},
        local_gateways=list(listed) or [ONE, TWO],
    )
    return module.run(cloud.arm(), params, check_mode)


@pytest.fixture
def cloud() -> FakeArm:
    return FakeArm()


def test_created_all_at_once(cloud: FakeArm) -> None:
    result = run(cloud)
    assert result["changed"]
    assert cloud.now < 30, "the second is not waited for after the first"
    assert [one["name"] for one in result["local_gateways"]] == ["hq-aws-1-1", "hq-aws-1-2"]
    first = result["local_gateways"][0]
    assert first["id"] == rid("localNetworkGateways", "hq-aws-1-1")
    assert {key: first[key] for key in ONE} == ONE
    assert (first["provisioning_state"], first["changed"]) == ("Succeeded", True)
    body = next(body for method, _path, body in cloud.bodies if method == "PUT")
    assert body["properties"] == {
        "gatewayIpAddress": "198.51.100.10",
        "localNetworkAddressSpace": {"addressPrefixes": []},
        "bgpSettings": {"asn": 64512, "bgpPeeringAddress": "169.254.21.1"},
    }


@pytest.mark.parametrize("check_mode", [False, True])
def test_second_run_is_one_look(cloud: FakeArm, check_mode: bool) -> None:
    run(cloud)
    cloud.log.clear()
    result = run(cloud, check_mode=check_mode)
    assert not result["changed"]
    assert set(cloud.calls()) == {"GET"}
    assert {path for _method, path in cloud.log} == {rid("localNetworkGateways", "").rstrip("/")}


def test_check_mode_predicts(cloud: FakeArm) -> None:
    planned = run(cloud, check_mode=True)
    assert cloud.writes() == []
    built = run(cloud)
    assert planned["diff"] == built["diff"]
    assert [one["id"] for one in planned["local_gateways"]] == ["planned:hq-aws-1-1", "planned:hq-aws-1-2"]
    assert planned["local_gateways"][0]["asn"] == built["local_gateways"][0]["asn"]


def test_check_mode_without_the_resource_group(cloud: FakeArm) -> None:
    cloud.groups.clear()
    assert run(cloud, check_mode=True)["changed"]


CHANGES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (ONE, {"gateway_ip_address": "198.51.100.99"}, {"gateway_ip_address": "198.51.100.99"}),
    (ONE, {"asn": 64513}, {"asn": 64513}),
    (ONE, {"bgp_peering_address": "169.254.21.9"}, {"bgp_peering_address": "169.254.21.9"}),
    (STATIC, {"address_prefixes": ["10.2.0.0/16"]}, {"address_prefixes": ["10.2.0.0/16"]}),
    (STATIC, {"address_prefixes": []}, {"address_prefixes": []}),
]


@pytest.mark.parametrize(("first", "change", "after"), CHANGES)
@pytest.mark.parametrize("check_mode", [False, True])
def test_changes(
    cloud: FakeArm, first: dict[str, Any], change: dict[str, Any], after: dict[str, Any], check_mode: bool
) -> None:
    run(cloud, first)
    cloud.log.clear()
    result = run(cloud, {**first, **change}, check_mode=check_mode)
    assert result["changed"]
    assert result["diff"]["after"] == {"hq-aws-1-1": after}
    assert len(cloud.writes()) == (0 if check_mode else 1)
    if not check_mode:
        assert not run(cloud, {**first, **change})["changed"]


def test_a_new_address_keeps_bgp_and_the_rest(cloud: FakeArm) -> None:
    run(cloud, ONE)
    own = rid("localNetworkGateways", "hq-aws-1-1")
    cloud[own]["properties"]["bgpSettings"]["peerWeight"] = 5
    cloud[own]["tags"]["theirs"] = "x"
    run(cloud, {"name": "hq-aws-1-1", "gateway_ip_address": "198.51.100.99"})
    assert cloud[own]["properties"]["bgpSettings"] == {
        "asn": 64512, "bgpPeeringAddress": "169.254.21.1", "peerWeight": 5,
    }  # fmt: skip
    assert cloud[own]["tags"] == {"a": "b", "theirs": "x"}


def test_order_of_prefixes_and_letter_case_do_not_matter(cloud: FakeArm) -> None:
    run(cloud, STATIC)
    other = {**STATIC, "name": "HQ-AWS-1-1", "address_prefixes": STATIC["address_prefixes"][::-1]}
    assert not run(cloud, other, location="West Europe")["changed"]


def test_one_that_a_killed_run_left_is_joined(cloud: FakeArm) -> None:
    run(cloud, ONE)
    cloud.busy(rid("localNetworkGateways", "hq-aws-1-1"), 60)
    assert not run(cloud, ONE)["changed"]
    assert cloud.now > 60


def test_a_failed_one_is_sent_again(cloud: FakeArm) -> None:
    run(cloud, ONE)
    own = rid("localNetworkGateways", "hq-aws-1-1")
    cloud[own]["properties"]["provisioningState"] = "Failed"
    result = run(cloud, ONE)
    assert result["diff"]["after"] == {"hq-aws-1-1": {"provisioning_state": "Succeeded"}}
    assert cloud[own]["properties"]["provisioningState"] == "Succeeded"


def test_a_refused_one_stops_the_list_and_those_that_were_sent_are_told(cloud: FakeArm) -> None:
    second, third = ({**ONE, "name": f"hq-aws-1-{number}"} for number in (2, 3))
    cloud.fault("PUT", "hq-aws-1-2", error(403, "AuthorizationFailed"))
    with pytest.raises(AzureError, match="AuthorizationFailed") as failure:
        run(cloud, ONE, second, third)
    done = failure.value.done
    assert [(each["name"], each["changed"]) for each in done["local_gateways"]] == [("hq-aws-1-1", True)]
    assert list(done["diff"]["after"]) == ["hq-aws-1-1"]
    assert len(cloud.writes()) == 2, "the refused one too, not the third"


def test_placeholders(cloud: FakeArm) -> None:
    planned = {**ONE, "gateway_ip_address": "planned:hq-1-1"}
    assert run(cloud, planned, check_mode=True)["local_gateways"][0]["gateway_ip_address"] == "planned:hq-1-1"
    with pytest.raises(AzureError, match="placeholder"):
        run(cloud, planned)


def test_another_location_is_refused(cloud: FakeArm) -> None:
    run(cloud, ONE)
    with pytest.raises(AzureError, match="not in northeurope"):
        run(cloud, ONE, location="northeurope")


def test_not_enough_to_create(cloud: FakeArm) -> None:
    with pytest.raises(AzureError, match="does not exist"):
        run(cloud, {"name": "x"})


@pytest.mark.parametrize("check_mode", [False, True])
def test_absent(cloud: FakeArm, check_mode: bool) -> None:
    run(cloud)
    cloud.add("localNetworkGateways", "theirs")
    cloud.log.clear()
    result = run(cloud, check_mode=check_mode, state="absent")
    assert result["changed"]
    assert len(cloud.writes()) == (0 if check_mode else 2)
    if not check_mode:
        assert not run(cloud, state="absent")["changed"]
    assert rid("localNetworkGateways", "theirs").lower() in cloud.resources
