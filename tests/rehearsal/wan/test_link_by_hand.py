"""Both clouds and the WAN as processes, a link built by hand, then broken in one point and mended; with and without
packets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.cli import main
from rehearsal.wan.__main__ import POLL
from rehearsal.wan.packets.machine import probe

from .hand import REGION, Aws, Link, becomes, seen, wait
from .link import VNET, VPC

UP = [True] * 4


@pytest.fixture(scope="module", params=["--no-packets", "--packets"])
def link(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Link]:
    if request.param == "--packets" and (missing := probe().missing):
        pytest.skip(f"no packets on this machine: {', '.join(missing)} (tools/packages.sh)")
    directory = tmp_path_factory.mktemp("wan") / "rehearsal"
    assert main(["up", "--dir", str(directory), "--gateway-seconds", "1", request.param]) == 0
    try:
        made = Link(directory)
        made.kind = "packets" if request.param == "--packets" else "compared, no packets"
        made.build()
        yield made
    finally:
        assert main(["down", "--dir", str(directory)]) == 0
        assert not directory.exists()


@pytest.fixture
def whole(link: Link) -> Iterator[Link]:
    """The link with four tunnels up, before and after."""
    becomes(UP, link.settled)
    yield link
    becomes(UP, link.settled)


def test_four_tunnels_come_up(whole: Link) -> None:
    def routes(row: int) -> tuple[str, int]:
        """Told a moment after the session stands."""
        telemetry = whole.aws.telemetry(row)
        return telemetry["StatusMessage"], telemetry["AcceptedRouteCount"]

    for row in range(4):
        becomes(("1 BGP ROUTES", 1), lambda row=row: routes(row))
        assert whole.state(row)["up"]


def test_each_connection_is_up_on_one_instance(whole: Link) -> None:
    for row in range(4):
        health = whole.azure.connection(row)["tunnelConnectionStatus"]
        assert sorted(h["connectionStatus"] for h in health) == ["Connected", "Connecting"]


def test_bgp_peers_and_routes_of_azure(whole: Link) -> None:
    gateway = whole.azure.id("virtualNetworkGateways", "hand-vng")
    peers = whole.azure.post(f"{gateway}/getBgpPeerStatus")["value"]
    outside = [p for p in peers if p["neighbor"].startswith("169.254.")]
    assert len(outside) == 8
    assert sorted(p["state"] for p in outside) == ["Connected"] * 4 + ["Connecting"] * 4
    routes = whole.azure.post(f"{gateway}/getLearnedRoutes")["value"]
    assert len([r for r in routes if r["origin"] == "EBgp" and r["network"] == VPC and r["asPath"] == "64512"]) == 4
    assert {r["network"] for r in routes if r["origin"] == "Network"} == {VNET}


def test_a_wrong_key_brings_down_one_tunnel_and_shows_in_no_file(whole: Link) -> None:
    right, wrong = whole.aws.tunnel(0)["PreSharedKey"], "not.the.key.of.this.tunnel"
    whole.azure.set_key(0, wrong)
    try:
        becomes([False, True, True, True], whole.settled)
        becomes("IPSEC IS DOWN", lambda: whole.aws.telemetry(0)["StatusMessage"])
        becomes("Connecting", lambda: whole.azure.connection(0)["connectionStatus"])
        wait("the reason", lambda: "AUTHENTICATION_FAILED" in whole.state(0)["reason"])
        texts = [p.read_text(errors="replace") for p in whole.directory.iterdir() if p.is_file()]
        keys = [wrong, *(whole.aws.tunnel(row)["PreSharedKey"] for row in range(4))]
        assert not [key for key in keys if any(key in text for text in texts)]
    finally:
        whole.azure.set_key(0, right)


def test_one_endpoint_is_replaced_while_the_other_stays(whole: Link) -> None:
    whole.aws.modify(1, RekeyFuzzPercentage=90)
    states = [whole.up()]

    def again() -> bool:
        states.append(whole.up())
        return states[-1] == UP and len(states) >= 5 and seen(whole.directory)

    wait("the endpoint", again)
    assert all(s[0] and s[2] and s[3] for s in states)


def test_wrong_asn_leaves_ipsec_up(whole: Link) -> None:
    path = whole.azure.id("localNetworkGateways", "hand-2-2")
    before = whole.azure.get(path)["properties"]
    settings = {k: before[k] for k in ("gatewayIpAddress", "localNetworkAddressSpace", "bgpSettings")}
    whole.azure.put(path, {**settings, "bgpSettings": {**settings["bgpSettings"], "asn": 64513}})
    try:
        wait("BGP to go down", lambda: whole.aws.telemetry(3).get("StatusMessage") == "IPSEC IS UP")
        becomes("Connected", lambda: whole.azure.connection(3)["connectionStatus"])
        wait("the reason", lambda: "Bad peer AS" in whole.state(3)["reason"])
    finally:
        whole.azure.put(path, settings)


def test_a_static_link_beside_it_in_another_region(whole: Link) -> None:
    """One tunnel of two, both sides at their default crypto; Azure starts."""
    azure_range, aws_range = "10.11.0.0/16", "10.12.0.0/16"
    aws = Aws(json.loads((whole.directory / "aws.json").read_text()), "us-east-1")
    aws.build_static(whole.azure.build_static(azure_range, "10.11.255.0/27"), azure_range, aws_range)
    first = aws.described()[0]["Options"]["TunnelOptions"][0]
    whole.azure.connect_static(first["OutsideIpAddress"], first["PreSharedKey"], aws_range)

    def states() -> dict[str, str]:
        return {t["OutsideIpAddress"]: t["Status"] for t in aws.described()[0]["VgwTelemetry"]}

    wait("the static tunnel", lambda: states()[first["OutsideIpAddress"]] == "UP")
    assert sorted(states().values()) == ["DOWN", "UP"]
    path = whole.azure.id("connections", "plain")
    wait("Azure", lambda: whole.azure.get(path)["properties"]["connectionStatus"] == "Connected")
    whole.azure.call("DELETE", path)
    wait("its end", lambda: set(states().values()) == {"DOWN"})
    aws.ec2.delete_vpn_connection(VpnConnectionId=aws.connections[0])


def test_status_counts_no_request_of_the_wan(whole: Link, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json", "--dir", str(whole.directory)]) == 0
    before = json.loads(capsys.readouterr().out)
    time.sleep(3 * POLL)
    assert main(["status", "--json", "--dir", str(whole.directory)]) == 0
    after = json.loads(capsys.readouterr().out)
    assert [p["requests"] for p in before["processes"]] == [p["requests"] for p in after["processes"]]
    assert [t["up"] for t in after["tunnels"] if t["region"] == REGION] == UP
    assert {t["kind"] for t in after["tunnels"]} == {whole.kind}


def test_up_again_takes_the_wan_that_stands_and_refuses_the_other(
    whole: Link, capsys: pytest.CaptureFixture[str]
) -> None:
    stands, other = "--packets", "--no-packets"
    if whole.kind != "packets":
        stands, other = other, stands
    assert main(["up", "--dir", str(whole.directory), stands]) == 0
    assert main(["up", "--dir", str(whole.directory), other]) == 1
    assert f"not with {other}; to start anew, down first" in capsys.readouterr().err


def test_the_table(whole: Link, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["status", "--dir", str(whole.directory)]) == 0
    text = capsys.readouterr().out
    assert text.count("up, 1/1 routes") == 4
    assert f"({whole.kind})" in text
