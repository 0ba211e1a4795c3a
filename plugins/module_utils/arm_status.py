# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure's answers about a VPN gateway, put into the status that both clouds share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Interface
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.status import BgpPeer, LearnedRoute, Status, TunnelStatus

Json = Mapping[str, Any]

_TUNNEL_STATES = {"connected": "up", "connecting": "down", "notconnected": "down"}
_PEER_STATES = {"connected": "connected", "connecting": "connecting", "idle": "idle", "stopped": "idle"}


def gateway_status(
    gateway: Json,
    connections: Sequence[Json],
    local_gateways: Iterable[Json],
    peers: Iterable[Json],
    routes: Iterable[Json],
) -> Status:
    """One status from the resources and from the values of getBgpPeerStatus and getLearnedRoutes."""
    instance_of = _instances(gateway)
    sites = {str(one.get("id", "")).lower(): arm.local_gateway_view(one) for one in local_gateways}
    bgp_peers = [_peer(one, instance_of) for one in peers]
    tunnels = []
    for connection in connections:
        site = (connection.get("properties", {}).get("localNetworkGateway2") or {}).get("id", "")
        tunnels.extend(_tunnels(connection, sites.get(site.lower(), {}), instance_of, bgp_peers))
    return Status(
        cloud="azure",
        gateway=str(gateway.get("id", "")),
        asn=arm.gateway_facts(gateway)["asn"],
        tunnels=tunnels,
        bgp_peers=bgp_peers,
        learned_routes=[_route(one, instance_of) for one in routes],
    )


def _instances(gateway: Json) -> dict[str, int]:
    """Every address that names an instance: public, default BGP and APIPA."""
    found = {}
    for one in arm.gateway_facts(gateway)["instances"]:
        for address in (one["public_ip_address"], one["default_bgp_address"], *one["apipa_addresses"]):
            if address:
                found[address] = one["index"]
    return found


def _tunnels(
    connection: Json, site: Json, instance_of: Mapping[str, int], peers: Sequence[BgpPeer]
) -> list[TunnelStatus]:
    """One entry for each instance that Azure tells of; one without an instance if it tells of none."""
    properties = connection.get("properties", {})
    bgp_address = site.get("bgp_peering_address")
    found = []
    for health in properties.get("tunnelConnectionStatus") or [properties]:
        # `Tunnel` is the connection's name and the instance's public address (MS, site-to-site over ExpressRoute).
        address = str(health.get("tunnel", "")).rpartition("_")[2]
        instance = instance_of.get(address)
        said = str(health.get("connectionStatus") or "Unknown")
        routes = [
            one.routes_received
            for one in peers
            if bgp_address and one.peer_address == bgp_address and instance in (None, one.instance)
        ]
        found.append(
            TunnelStatus(
                name=str(connection.get("name", "")),
                id=str(connection.get("id", "")),
                instance=instance,
                outside_address=site.get("gateway_ip_address"),
                inside_cidr=_inside_cidr(bgp_address),
                peer_address=bgp_address,
                status=_TUNNEL_STATES.get(said.lower(), "unknown"),
                message="" if said == "Connected" else said,
                bytes_in=health.get("ingressBytesTransferred"),
                bytes_out=health.get("egressBytesTransferred"),
                routes=max((count for count in routes if count is not None), default=None),
                since=_iso(health.get("lastConnectionEstablishedUtcTime")),
            )
        )
    return found


def _inside_cidr(address: str | None) -> str | None:
    """A tunnel's inside CIDR is the /30 of the peer's APIPA address (AWS takes the first, Azure the second)."""
    return str(IPv4Interface(f"{address}/30").network) if address and address.startswith("169.254.") else None


def _iso(text: str | None) -> str | None:
    """ISO 8601 of Azure's `mm/dd/yyyy hh:mm:ss` (UTC); another spelling is passed on as it is."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC).isoformat()
    except ValueError:
        return text


def _peer(peer: Json, instance_of: Mapping[str, int]) -> BgpPeer:
    local = peer.get("localAddress")
    return BgpPeer(
        peer_address=str(peer.get("neighbor", "")),
        local_address=local,
        peer_asn=peer.get("asn"),
        instance=instance_of.get(str(local)),
        state=_PEER_STATES.get(str(peer.get("state", "")).lower(), "unknown"),
        routes_received=peer.get("routesReceived"),
    )


def _route(route: Json, instance_of: Mapping[str, int]) -> LearnedRoute:
    return LearnedRoute(
        prefix=str(route.get("network", "")),
        next_hop=route.get("nextHop"),
        source_peer=route.get("sourcePeer"),
        origin=route.get("origin"),
        as_path=route.get("asPath"),
        instance=instance_of.get(str(route.get("localAddress"))),
    )
