"""What a gateway can be asked of BGP: Location only, then 200 with a list (REC)."""

from __future__ import annotations

from collections.abc import Callable

from ..answers import Answer, Call
from ..cloud import Cloud
from ..ids import parse
from ..store import Json, Resource
from .kind import asked, reference


def _ask(cloud: Cloud, resource: Resource, call: Call, name: str, rows: Callable[[], list[Json]]) -> Answer:
    return asked(cloud, resource, call, name, lambda: {"value": rows()})


def instance_addresses(resource: Resource) -> list[str]:
    """Each instance's default BGP address, in order."""
    return [i["default"][0] for i in resource.hidden.get("instances", {}).values()]


def peer_status(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    """`?peer=` narrows it to one neighbour."""
    wanted = call.option("peer")

    def rows() -> list[Json]:
        return [row for row in _peers(cloud, resource) if not wanted or row["neighbor"] == wanted]

    return _ask(cloud, resource, call, "GetBgpPeerStatusOperation", rows)


_QUIET = {"routesReceived": 0, "messagesSent": 0, "messagesReceived": 0}


def _peers(cloud: Cloud, resource: Resource) -> list[Json]:
    if not resource.properties.get("enableBgp"):
        return []
    reported = cloud.wan.gateways.get(resource.id.key, {}).get("peers")
    if reported is not None:
        return [{**_QUIET, **row} for row in reported]
    peers: list[Json] = []
    for use in cloud.users_of(resource.id.path):
        connection = cloud.referenced(use.source)
        if connection is None or not connection.properties.get("enableBgp"):
            continue
        local = cloud.referenced(reference(connection.properties.get("localNetworkGateway2")))
        settings = (local.properties.get("bgpSettings") if local else None) or {}
        for address in instance_addresses(resource) if settings else []:
            peers.append(
                {
                    "localAddress": address,
                    "neighbor": settings["bgpPeeringAddress"],
                    "asn": settings["asn"],
                    "state": "Connecting",
                    **_QUIET,
                }
            )
    return peers


def _vnet_prefixes(cloud: Cloud, resource: Resource) -> list[str]:
    for configuration in resource.properties["ipConfigurations"]:
        subnet = reference(configuration["properties"].get("subnet"))
        vnet = cloud.referenced(subnet)
        if vnet is not None and parse(subnet):
            return list(vnet.properties["addressSpace"]["addressPrefixes"])
    return []


def learned_routes(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    """What the WAN reports; before it does, the VNet's own prefixes on each instance."""

    def rows() -> list[Json]:
        own: list[Json] = [
            {
                "localAddress": address,
                "network": prefix,
                "sourcePeer": address,
                "origin": "Network",
                "asPath": "",
                "weight": 32768,
            }
            for address in instance_addresses(resource)
            for prefix in _vnet_prefixes(cloud, resource)
        ]
        return cloud.wan.gateways.get(resource.id.key, {}).get("learned") or own

    return _ask(cloud, resource, call, "GetLearnedRoutesOperation", rows)


def advertised_routes(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    """`?peer=` is the neighbour whose routes are asked for: what the WAN reports that it was told."""
    peer = call.option("peer")

    def rows() -> list[Json]:
        told = cloud.wan.gateways.get(resource.id.key, {}).get("advertised") or []
        return [
            {
                "localAddress": row["localAddress"],
                "network": row["network"],
                "nextHop": row["localAddress"],
                "sourcePeer": row["localAddress"],
                "origin": "Igp",
                "asPath": str(resource.hidden["asn"]),
                "weight": 0,
            }
            for row in told
            if row["neighbor"] == peer
        ]

    return _ask(cloud, resource, call, "GetAdvertisedRoutesOperation", rows)
