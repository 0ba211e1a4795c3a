"""How much of something is taken: addresses of a VNet, quotas of a region."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ..answers import Answer, Call
from ..cloud import Cloud
from ..invented import refuse
from ..store import Json, Resource
from .bgp import instance_addresses
from .virtual_networks import networks

_RESERVED = 5
"""Of each subnet (MS, virtual network FAQ)."""
_LIMITS = {
    "VirtualNetworks": 1000,
    "NetworkSecurityGroups": 5000,
    "PublicIPAddresses": 1000,
    "NetworkInterfaces": 65536,
    "RouteTables": 200,
}
"""(MS, networking limits)"""


def of_region(cloud: Cloud, region: str) -> list[Json]:
    prefix = f"/subscriptions/{cloud.identity.subscription}/providers/Microsoft.Network/locations/{region}/usages"
    rows = []
    for name, limit in _LIMITS.items():
        mine = [r for r in cloud.store.of_type(f"Microsoft.Network/{name}") if r.location == region]
        rows.append(_row(f"{prefix}/{name}", name, len(mine), limit))
    return rows


def of_network(cloud: Cloud, resource: Resource, _call: Call) -> Answer:
    rows = []
    for child in resource.children.get("subnets", {}).values():
        path = resource.child_id("subnets", child.name).path
        size = sum(net.num_addresses - _RESERVED for net in networks(child))
        rows.append(_row(path, "SubnetSpace", len(cloud.users_of(path)), max(0, size)))
    return Answer(200, {"value": rows})


def _row(path: str, name: str, current: int, limit: int) -> Json:
    words = {"value": name, "localizedValue": name}
    return {"id": path, "unit": "Count", "currentValue": current, "limit": limit, "name": words}


def address_availability(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    """Whether `?ipAddress=` is free, and where it is not up to five that are."""
    try:
        address = ipaddress.IPv4Address(call.option("ipaddress"))
    except ValueError:
        raise refuse("address to check", address=call.option("ipaddress"), id=resource.id.path) from None
    nets = [net for child in resource.children.get("subnets", {}).values() for net in networks(child)]
    subnet = next((net for net in nets if address in net), None)
    if subnet is None:
        return Answer(200, {"available": False, "isPlatformReserved": False})
    taken = set(_taken(cloud, resource))
    free = [host for host in _hosts(subnet) if str(host) not in taken]
    if address in free:
        return Answer(200, {"available": True, "isPlatformReserved": False})
    listed = [str(host) for host in free[:5]]
    reserved = address not in _hosts(subnet)
    return Answer(200, {"available": False, "availableIPAddresses": listed, "isPlatformReserved": reserved})


def _hosts(net: ipaddress.IPv4Network) -> list[ipaddress.IPv4Address]:
    """Without the network's own, Azure's three after it and the last."""
    return list(net)[4:-1]


def _taken(cloud: Cloud, vnet: Resource) -> Iterator[str]:
    for child in vnet.children.get("subnets", {}).values():
        for use in cloud.users_of(vnet.child_id("subnets", child.name).path):
            user = cloud.referenced(use.source)
            for configuration in user.properties["ipConfigurations"] if user else ():
                yield configuration["properties"].get("privateIPAddress", "")
            yield from instance_addresses(user) if user else ()
