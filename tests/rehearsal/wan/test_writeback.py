"""What the clouds are told has the shapes of their own answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from azure.mgmt.network import models

from rehearsal.wan import writeback
from rehearsal.wan.compare import compare
from rehearsal.wan.model import AwsSide, AzureSide, Secret, TunnelState

from .link import (
    GATEWAY,
    TUNNELS,
    VNET,
    VPC,
    aws_side,
    azure_side,
    connection,
    gateway,
    static_aws,
    static_azure,
    tunnel,
)

THEN = 1_000_000.0


def told(
    azure: AzureSide, aws: AwsSide, seconds: float = 100
) -> tuple[list[TunnelState], dict[str, Any], dict[str, Any]]:
    states = compare(azure, aws)
    since = writeback.Since()
    since.update(states, THEN)
    return states, writeback.telemetry(states), writeback.azure(azure, states, since, THEN + seconds)


def test_telemetry_of_a_link() -> None:
    _unused, telemetry, _unused = told(azure_side(), aws_side())
    up = {"status": "UP", "message": "1 BGP ROUTES", "accepted_routes": 1, "prefixes": [VNET]}
    assert telemetry == {t[4]: up for t in TUNNELS}


@pytest.mark.parametrize(
    ("change", "message"),
    [({"key": Secret("no")}, "IPSEC IS DOWN"), ({"local": replace(connection(0).local, asn=1)}, "IPSEC IS UP")],
)
def test_telemetry_of_a_broken_tunnel(change: dict[str, Any], message: str) -> None:
    azure = azure_side(connections=(connection(0, **change), *(connection(n) for n in (1, 2, 3))))
    _unused, telemetry, _unused = told(azure, aws_side())
    assert telemetry[TUNNELS[0][4]] == {"status": "DOWN", "message": message, "accepted_routes": 0, "prefixes": []}


def test_telemetry_of_a_static_link_counts_routes_up_or_down() -> None:
    _unused, telemetry, _unused = told(static_azure(), static_aws())
    rest = {"message": "", "accepted_routes": 1, "prefixes": []}
    assert telemetry == {TUNNELS[0][4]: {"status": "UP", **rest}, TUNNELS[1][4]: {"status": "DOWN", **rest}}


def test_connections_are_connected_on_the_instance_that_aws_admits() -> None:
    _unused, _unused, azure = told(azure_side(), aws_side())
    for number, row in enumerate(TUNNELS):
        body = azure["connections"][connection(number).id]
        assert body["connectionStatus"] == "Connected"
        assert body["ingressBytesTransferred"] > 0
        up = [h["tunnel"] for h in body["tunnelConnectionStatus"] if h["connectionStatus"] == "Connected"]
        assert up == [f"{connection(number).name}_192.0.2.{row[2] + 1}"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"key": Secret("no")}, "Connecting"),
        ({"local": replace(connection(0).local, address="198.51.100.99")}, "NotConnected"),
        ({"state": "Updating"}, "Unknown"),
    ],
)
def test_status_of_a_connection_that_is_not_up(change: dict[str, Any], status: str) -> None:
    azure = azure_side(connections=(connection(0, **change),))
    _unused, _unused, report = told(azure, aws_side())
    body = report["connections"][connection(0).id]
    assert (body["connectionStatus"], body["ingressBytesTransferred"]) == (status, 0)


def test_bytes_grow() -> None:
    def carried(seconds: float) -> int:
        return int(
            told(azure_side(), aws_side(), seconds)[2]["connections"][connection(0).id]["egressBytesTransferred"]
        )

    assert carried(0) == 0 < carried(60) < carried(600)


def test_every_instance_lists_every_neighbor() -> None:
    _unused, _unused, azure = told(azure_side(), aws_side())
    peers = azure["gateways"][GATEWAY]["peers"]
    seen = {(p["localAddress"], p["neighbor"]): p["state"] for p in peers}
    assert len(peers) == len(seen) == 2 * (4 + 2)
    assert seen["10.1.255.4", "169.254.21.1"] == "Connected"
    assert seen["10.1.255.5", "169.254.21.1"] == "Connecting"
    assert seen["10.1.255.4", "10.1.255.5"] == "Connected"
    assert seen["10.1.255.4", "10.1.255.4"] == "Unknown"


def test_with_packets_a_peer_is_what_the_instances_router_says() -> None:
    """Numbers that no comparison would give: nothing of them is made up."""
    side, states, since = azure_side(), compare(azure_side(), aws_side()), writeback.Since()
    since.update(states, THEN)
    first, inner = (GATEWAY, "10.1.255.4", "169.254.21.1"), (GATEWAY, "10.1.255.4", "10.1.255.5")
    told = writeback.Routers(
        neighbors={first: writeback.Neighbor(True, THEN + 40, 7), inner: writeback.Neighbor(True, THEN + 70, 3)},
        messages={first: (11, 12), inner: (5, 6), (GATEWAY, "10.1.255.4", "169.254.22.1"): (1, 0)},
    )
    peers = writeback.azure(side, states, since, THEN + 100, told)["gateways"][GATEWAY]["peers"]
    found = {
        (p["localAddress"], p["neighbor"]): tuple(
            p[k] for k in ("state", "connectedDuration", "routesReceived", "messagesSent", "messagesReceived")
        )
        for p in peers
    }
    assert len(found) == 12
    assert found[first[1:]] == ("Connected", "00:01:00.0000000", 7, 11, 12)
    assert found[inner[1:]] == ("Connected", "00:00:30.0000000", 3, 5, 6)
    assert found["10.1.255.4", "169.254.22.1"][1:] == ("00:00:00.0000000", 0, 1, 0)
    assert found["10.1.255.5", "10.1.255.4"] == ("Connecting", "00:00:00.0000000", 0, 0, 0)


def test_with_packets_bytes_and_times_are_charons() -> None:
    up = compare(azure_side(), aws_side())
    broken = azure_side(connections=(connection(0, key=Secret("no")), *(connection(n) for n in (1, 2, 3))))
    down = compare(broken, aws_side())
    for side, states, established in ((azure_side(), up, "01/12/1970 13:47:05"), (broken, down, "")):
        since = writeback.Since()
        since.update(states, THEN)
        counted = [replace(s, traffic=(30, 40), established=THEN + 25) for s in states]
        body = writeback.azure(side, counted, since, THEN + 100, writeback.Routers())["connections"][connection(0).id]
        assert (body["ingressBytesTransferred"], body["egressBytesTransferred"]) == (30, 40)
        assert body["tunnelConnectionStatus"][0]["lastConnectionEstablishedUtcTime"] == established


def test_learned_routes() -> None:
    _unused, _unused, azure = told(azure_side(), aws_side())
    routes = azure["gateways"][GATEWAY]["learned"]
    found = sorted((r["localAddress"], r["network"], r["origin"], r["sourcePeer"], r["asPath"]) for r in routes)
    assert found == sorted(
        [
            *((f"10.1.255.{n}", VNET, "Network", f"10.1.255.{n}", "") for n in (4, 5)),
            ("10.1.255.4", VPC, "EBgp", "169.254.21.1", "64512"),
            ("10.1.255.4", VPC, "EBgp", "169.254.22.1", "64512"),
            ("10.1.255.5", VPC, "EBgp", "169.254.21.5", "64512"),
            ("10.1.255.5", VPC, "EBgp", "169.254.22.5", "64512"),
            *(("10.1.255.4", VPC, "IBgp", "10.1.255.5", "64512") for _unused in range(2)),
            *(("10.1.255.5", VPC, "IBgp", "10.1.255.4", "64512") for _unused in range(2)),
        ]
    )


def test_a_broken_gateway_learns_nothing_from_outside() -> None:
    azure = azure_side(gateways=(gateway(asn=65010),))
    _unused, _unused, report = told(azure, aws_side())
    assert {r["origin"] for r in report["gateways"][GATEWAY]["learned"]} == {"Network"}


def test_static_gateway_shows_its_prefixes_and_no_peer() -> None:
    _unused, _unused, report = told(static_azure(), static_aws())
    body = report["gateways"][GATEWAY]
    assert body["peers"] == []
    assert {r["network"] for r in body["learned"]} == {VNET, VPC}


def test_shapes_are_those_of_the_sdk() -> None:
    _unused, _unused, report = told(azure_side(), aws_side())
    body = report["gateways"][GATEWAY]

    def keys(model: Any) -> set[str]:
        return {entry["key"] for entry in model._attribute_map.values()}

    assert {k for p in body["peers"] for k in p} == keys(models.BgpPeerStatus)
    assert {k for r in body["learned"] for k in r} == keys(models.GatewayRoute)
    health = report["connections"][connection(0).id]["tunnelConnectionStatus"]
    assert {k for h in health for k in h} == keys(models.TunnelConnectionHealth)


def test_what_is_gone_is_told_once() -> None:
    _unused, _unused, before = told(azure_side(), aws_side())
    after = writeback.with_gone({"connections": {}, "gateways": {}}, before)
    assert {c["connectionStatus"] for c in after["connections"].values()} == {"Unknown"}
    assert after["gateways"] == {GATEWAY: {"peers": [], "learned": [], "advertised": []}}


def test_since_moves_with_the_outcome_only() -> None:
    since = writeback.Since()
    up, down = compare(azure_side(), aws_side()), compare(AzureSide(), aws_side())
    since.update(up, 10)
    since.update(up, 20)
    assert since.of(up[0]) == 10
    since.update(down, 30)
    assert since.of(down[0]) == 30


def test_report_is_json_without_keys() -> None:
    states = compare(azure_side(), AwsSide((tunnel(0), tunnel(1, key=Secret("some.other.key")))))
    text = json.dumps(writeback.report(states, writeback.Since()))
    assert "invented.key" not in text
    assert "some.other" not in text
    assert text.count("compared, no packets") == len(states)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00:00.0000000"), (3661.5, "01:01:01.5000000"), (90000, "1.01:00:00.0000000")]
)
def test_duration(seconds: float, text: str) -> None:
    assert writeback._duration(seconds) == text
