"""What both clouds are told of the tunnels, in the shapes of their own answers; and the telling.

AWS: {outside address: {status, message, accepted_routes, prefixes}}.
Azure: {"connections": {id: {connectionStatus, ingress..., tunnelConnectionStatus}}, "gateways": {id: {peers, learned,
advertised}}} with BgpPeerStatus and GatewayRoute as azure-mgmt-network has them; advertised: which neighbor was told
which network.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .invented import BGP_OVERHEAD_BYTES, BGP_SECONDS, ROUTE_WEIGHT
from .model import AzureConnection, AzureGateway, AzureSide, Instance, LocalGateway, TunnelState

Json = dict[str, Any]

COMPARED, PACKETS = "compared, no packets", "packets"


class Since:
    """Since when (Unix seconds) each outcome has stood."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[object, float]] = {}

    def update(self, states: Iterable[TunnelState], now: float) -> None:
        current: dict[str, tuple[object, float]] = {}
        for state in states:
            outcome = (state.ipsec, state.bgp, state.instance and state.instance.public_address)
            before = self._seen.get(name(state))
            current[name(state)] = before if before and before[0] == outcome else (outcome, now)
        self._seen = current

    def seconds(self, state: TunnelState, now: float) -> float:
        return max(0.0, now - self.of(state))

    def of(self, state: TunnelState) -> float:
        return self._seen[name(state)][1] if name(state) in self._seen else time.time()


def name(state: TunnelState) -> str:
    """One end is enough to tell tunnels apart: outside addresses are not used twice."""
    if state.tunnel or not state.connection:
        return state.outside_address
    return f"{state.outside_address} {state.connection.id}"


# --- AWS ------------------------------------------------------------------------------------------------------------


def telemetry(states: Iterable[TunnelState]) -> Json:
    return {s.outside_address: _telemetry(s) for s in states if s.tunnel is not None}


def _telemetry(state: TunnelState) -> Json:
    """A static tunnel counts its routes and says nothing, up or down; a BGP one is UP with its session (AWS, REC)."""
    assert state.tunnel is not None
    if state.tunnel.static:
        status = "UP" if state.ipsec else "DOWN"
        return {"status": status, "message": "", "accepted_routes": len(state.tunnel.routes), "prefixes": []}
    if state.bgp:
        routes = list(state.aws_learns)
        message = f"{len(routes)} BGP ROUTES"
        return {"status": "UP", "message": message, "accepted_routes": len(routes), "prefixes": routes}
    message = "IPSEC IS UP" if state.ipsec else "IPSEC IS DOWN"
    return {"status": "DOWN", "message": message, "accepted_routes": 0, "prefixes": []}


# --- Azure ----------------------------------------------------------------------------------------------------------


NeighborKey = tuple[str, str, str]
"""Gateway id, the instance's default BGP address, the neighbor's address."""


@dataclass(frozen=True)
class Neighbor:
    """A BGP session as an instance's router tells it: `since` Unix seconds, of one that stands."""

    established: bool = False
    since: float | None = None
    routes: int = 0


@dataclass(frozen=True)
class Routers:
    """What the gateways' own routers say.

    `messages`: sent and received, since the router started. `learned`: gateway id -> GatewayRoutes of all its
    instances.
    """

    neighbors: Mapping[NeighborKey, Neighbor] = field(default_factory=dict)
    messages: Mapping[NeighborKey, tuple[int, int]] = field(default_factory=dict)
    learned: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)


def azure(side: AzureSide, states: list[TunnelState], since: Since, now: float, routers: Routers | None = None) -> Json:
    """`routers` is None where no packets go: then the instances of a gateway that stands see each other."""
    by_connection = {s.connection.id: s for s in states if s.connection}
    return {
        "connections": {
            c.id: _connection(c, side.gateway(c.gateway_id), by_connection[c.id], since, now) for c in side.connections
        },
        "gateways": {
            g.id: {
                "peers": list(_peers(g, side, by_connection, since, now, routers)),
                "learned": list(_learned(g, side, by_connection) if routers is None else routers.learned.get(g.id, ())),
                "advertised": list(_advertised(g, side, by_connection)),
            }
            for g in side.gateways
        },
    }


def with_gone(told: Json, before: Json) -> Json:
    """`told`, and a word on what was there before: else a namesake made anew would inherit its state."""
    unknown = {"connectionStatus": "Unknown", **_traffic(0), "tunnelConnectionStatus": []}
    empty: Json = {"peers": [], "learned": [], "advertised": []}
    return {
        "connections": {**dict.fromkeys(before.get("connections", {}), unknown), **told["connections"]},
        "gateways": {**dict.fromkeys(before.get("gateways", {}), empty), **told["gateways"]},
    }


def _connection(
    connection: AzureConnection, gateway: AzureGateway | None, state: TunnelState, since: Since, now: float
) -> Json:
    """Connected with any instance; each instance tries, and AWS admits the one that its customer gateway names."""
    if connection.state != "Succeeded":
        return {"connectionStatus": "Unknown", **_traffic(0), "tunnelConnectionStatus": []}
    down = _down(state)
    health = []
    for instance in gateway.instances if gateway else ():
        up = state.ipsec and state.instance == instance
        health.append(
            {
                "tunnel": f"{connection.name}_{instance.public_address}",
                "connectionStatus": "Connected" if up else down,
                **(_carried(state, since, now) if up else _traffic(0)),
                "lastConnectionEstablishedUtcTime": _utc(state.established or since.of(state)) if up else "",
            }
        )
    return {
        "connectionStatus": "Connected" if state.ipsec else down,
        **_carried(state, since, now),
        "tunnelConnectionStatus": health,
    }


def _carried(state: TunnelState, since: Since, now: float) -> Json:
    """What charon counted, also of tunnels before; without packets what stands for it."""
    if state.traffic is None:
        return _traffic(since.seconds(state, now) if state.ipsec else 0)
    ingress, egress = state.traffic
    return {"ingressBytesTransferred": ingress, "egressBytesTransferred": egress}


def _down(state: TunnelState) -> str:
    """Somebody answers and it fails: Connecting. Nobody answers: NotConnected."""
    return "Connecting" if state.tunnel else "NotConnected"


def _traffic(seconds: float) -> Json:
    """Bytes of the BGP keep-alives that would have gone by in `seconds`, the same both ways: compared, no packets."""
    carried = int(seconds / BGP_SECONDS) * BGP_OVERHEAD_BYTES
    return {"ingressBytesTransferred": carried, "egressBytesTransferred": carried}


def _peers(
    gateway: AzureGateway,
    side: AzureSide,
    states: Mapping[str, TunnelState],
    since: Since,
    now: float,
    routers: Routers | None,
) -> Iterator[Json]:
    """Every instance lists every neighbor: those of the connections, the other instance, and itself."""
    if not gateway.bgp:
        return
    for instance in gateway.instances:
        for connection, local in _bgp_connections(gateway, side):
            state = states[connection.id]
            up = state.instance == instance and bool(state.bgp)
            row = _peer(instance, str(local.bgp_address), local.asn or 0, "Connected" if up else "Connecting")
            if routers is None:
                yield row | _compared(len(state.azure_learns) if up else 0, since.seconds(state, now) if up else None)
            else:
                yield row | _told(routers, gateway, row, now)
        for other in gateway.instances if len(gateway.instances) > 1 else ():
            if not other.default_bgp_address:
                continue
            row = _peer(instance, other.default_bgp_address, gateway.asn, "Unknown")
            if other == instance:
                yield row | _counts(0, 0, 0)
            elif routers is None:
                ready = gateway.state == "Succeeded"
                routes = sum(1 for _unused in _from_outside(other, gateway, side, states))
                row["state"] = "Connected" if ready else "Connecting"
                yield row | _compared(routes, 0 if ready else None)
            else:
                key = gateway.id, instance.default_bgp_address, other.default_bgp_address
                row["state"] = "Connected" if routers.neighbors.get(key, Neighbor()).established else "Connecting"
                yield row | _told(routers, gateway, row, now)


def _bgp_connections(gateway: AzureGateway, side: AzureSide) -> Iterator[tuple[AzureConnection, LocalGateway]]:
    for connection in side.connections:
        if connection.gateway_id == gateway.id and connection.bgp and connection.local.bgp_address:
            yield connection, connection.local


def _peer(local: Instance, neighbor: str, asn: int, state: str) -> Json:
    return {
        "localAddress": local.default_bgp_address,
        "neighbor": neighbor,
        "asn": asn,
        "state": state,
        "connectedDuration": _duration(0),
    }


def _counts(routes: int, sent: int, received: int) -> Json:
    return {"routesReceived": routes, "messagesSent": sent, "messagesReceived": received}


def _compared(routes: int, seconds: float | None) -> Json:
    """`seconds` that the session would have stood; None: it does not."""
    messages = 0 if seconds is None else 2 + int(seconds / BGP_SECONDS)
    return {"connectedDuration": _duration(seconds or 0)} | _counts(routes, messages, messages)


def _told(routers: Routers, gateway: AzureGateway, row: Json, now: float) -> Json:
    """What the instance's router says of the session; of one that it does not have, that nothing went by it."""
    key = gateway.id, row["localAddress"], row["neighbor"]
    found = routers.neighbors.get(key, Neighbor())
    stands = row["state"] == "Connected" and found.since is not None
    seconds = max(0.0, now - found.since) if stands and found.since is not None else 0.0
    routes = found.routes if stands else 0
    return {"connectedDuration": _duration(seconds)} | _counts(routes, *routers.messages.get(key, (0, 0)))


def _from_outside(
    instance: Instance, gateway: AzureGateway, side: AzureSide, states: Mapping[str, TunnelState]
) -> Iterator[tuple[str, LocalGateway]]:
    """The prefixes that this instance has from AWS by BGP, with the neighbor of each."""
    for connection, local in _bgp_connections(gateway, side):
        state = states[connection.id]
        if state.bgp and state.instance == instance:
            for prefix in state.azure_learns:
                yield prefix, local


def _learned(gateway: AzureGateway, side: AzureSide, states: Mapping[str, TunnelState]) -> Iterator[Json]:
    for instance in gateway.instances:
        own = instance.default_bgp_address
        for prefix in gateway.vnet_prefixes:
            yield route(own, prefix, "", own, "Network", "")
        for connection in side.connections:
            state = states[connection.id]
            if connection.gateway_id == gateway.id and not connection.bgp and state.ipsec:
                for prefix in state.azure_learns:
                    yield route(own, prefix, "", own, "Network", "")
        for prefix, local in _from_outside(instance, gateway, side, states):
            peer = str(local.bgp_address)
            yield route(own, prefix, peer, peer, "EBgp", str(local.asn))
        for other in gateway.instances:
            if other != instance:
                for prefix, local in _from_outside(other, gateway, side, states):
                    via = other.default_bgp_address
                    yield route(own, prefix, via, via, "IBgp", str(local.asn))


def _advertised(gateway: AzureGateway, side: AzureSide, states: Mapping[str, TunnelState]) -> Iterator[Json]:
    """What each instance told each neighbor: what AWS's end has of it."""
    for connection, local in _bgp_connections(gateway, side):
        state = states[connection.id]
        if state.bgp and state.instance is not None:
            for prefix in state.aws_learns:
                yield {
                    "localAddress": state.instance.default_bgp_address,
                    "neighbor": local.bgp_address,
                    "network": prefix,
                }


def route(local: str, network: str, next_hop: str, peer: str, origin: str, path: str) -> Json:
    return {
        "localAddress": local,
        "network": network,
        "nextHop": next_hop,
        "sourcePeer": peer,
        "origin": origin,
        "asPath": path,
        "weight": ROUTE_WEIGHT,
    }


def _utc(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%m/%d/%Y %H:%M:%S")


def _duration(seconds: float) -> str:
    """A .NET TimeSpan: [d.]hh:mm:ss.fffffff"""
    whole = int(seconds)
    days, rest = divmod(whole, 86400)
    clock = f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}.{int((seconds - whole) * 1e7):07}"
    return f"{days}.{clock}" if days else clock


# --- people ---------------------------------------------------------------------------------------------------------


def report(states: Iterable[TunnelState], since: Since, kind: str = COMPARED) -> list[Json]:
    """What `python -m rehearsal status` shows. No key can be in it: a Secret has no text."""
    return [
        {
            "outside_address": s.outside_address,
            "inside_cidr": s.tunnel.inside_cidr if s.tunnel else None,
            "region": s.tunnel.region if s.tunnel else None,
            "vpn_connection": s.tunnel.vpn_connection_id if s.tunnel else None,
            "azure_connection": s.connection.name if s.connection else None,
            "azure_connection_id": s.connection.id if s.connection else None,
            "azure_instance": s.instance.index if s.instance else None,
            "azure_address": s.instance.public_address if s.instance else None,
            "up": s.up,
            "ipsec": s.ipsec,
            "bgp": s.bgp,
            "azure_learns": list(s.azure_learns),
            "aws_learns": list(s.aws_learns),
            "since": round(since.of(s), 3),
            "reason": s.reason,
            "faults": [{"stage": str(f.stage), "log": f.log, "why": f.why} for f in s.faults],
            "kind": kind,
        }
        for s in states
    ]
