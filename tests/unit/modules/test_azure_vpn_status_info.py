"""azure_vpn_status_info: Azure's answers in the shared shape."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.azure import AzureError
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_vpn_status_info as module
from fake_arm import FakeArm, filled, rid

GATEWAY = rid("virtualNetworkGateways", "hq-vng")


def run(cloud: FakeArm, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    result = module.read(cloud.arm(), filled(module.ARGUMENTS, gateway_name="hq-vng", **given), check_mode)
    assert not result["changed"]
    return result["status"]


def test_status(cloud: FakeArm) -> None:
    status = run(cloud)
    assert (status["cloud"], status["gateway"], status["asn"]) == ("azure", GATEWAY, 65515)
    by_instance = {one["instance"]: one for one in status["tunnels"]}
    assert by_instance[0] == {
        "name": "hq-aws-1-1",
        "id": rid("connections", "hq-aws-1-1"),
        "instance": 0,
        "outside_address": "198.51.100.10",
        "inside_cidr": "169.254.21.0/30",
        "peer_address": "169.254.21.1",
        "status": "up",
        "message": "",
        "bytes_in": 10,
        "bytes_out": 20,
        "routes": 1,
        "since": "2026-02-28T10:11:12+00:00",
    }
    assert (by_instance[1]["status"], by_instance[1]["message"], by_instance[1]["routes"]) == ("down", "Connecting", 0)
    states = {(one["peer_address"], one["instance"]): one["state"] for one in status["bgp_peers"]}
    assert states == {
        ("169.254.21.1", 0): "connected", ("169.254.21.1", 1): "connecting", ("10.1.255.4", 0): "unknown",
    }  # fmt: skip
    (route,) = status["learned_routes"]
    assert (route["prefix"], route["origin"], route["instance"]) == ("10.2.0.0/16", "EBgp", 0)


def test_each_connection_is_read_by_itself(cloud: FakeArm) -> None:
    assert len(run(cloud, connections=["hq-aws-1-1", "not-there"])["tunnels"]) == 2
    assert cloud.calls() == {"GET": 6, "POST": 2}


def test_without_the_instances(cloud: FakeArm) -> None:
    del cloud[rid("connections", "hq-aws-1-1")]["properties"]["tunnelConnectionStatus"]
    (tunnel,) = run(cloud)["tunnels"]
    assert (tunnel["instance"], tunnel["status"], tunnel["bytes_in"], tunnel["routes"]) == (None, "up", 10, 1)


@pytest.mark.parametrize(
    ("said", "status"), [("NotConnected", "down"), ("Unknown", "unknown"), ("Connecting", "down"), ("Connected", "up")]
)
def test_words(cloud: FakeArm, said: str, status: str) -> None:
    properties = cloud[rid("connections", "hq-aws-1-1")]["properties"]
    properties.update(tunnelConnectionStatus=[], connectionStatus=said)
    assert run(cloud)["tunnels"][0]["status"] == status


def test_static_asks_nothing_of_bgp(cloud: FakeArm) -> None:
    cloud[GATEWAY]["properties"]["enableBgp"] = False
    status = run(cloud)
    assert (status["bgp_peers"], status["learned_routes"]) == ([], [])
    assert "POST" not in cloud.calls()


def test_a_busy_gateway_is_not_asked(cloud: FakeArm) -> None:
    cloud.busy(GATEWAY, 300)
    status = run(cloud)
    assert (status["asn"], status["bgp_peers"]) == (None, [])
    assert len(status["tunnels"]) == 2


def test_no_gateway() -> None:
    cloud = FakeArm()
    assert run(cloud, True)["gateway"] == "planned:hq-vng"
    with pytest.raises(AzureError, match="no such gateway"):
        run(cloud)
