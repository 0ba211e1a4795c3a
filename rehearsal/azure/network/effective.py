"""What a network interface's packets meet: routes and rules of all sources together."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..answers import Answer, Call
from ..cloud import Cloud
from ..ids import parse
from ..invented import refuse
from ..store import Child, Json, Resource
from .bgp import instance_addresses
from .kind import asked, reference
from .security_groups import all_rules
from .virtual_networks import gateways_of, vnet_prefixes

_SYSTEM = (
    ("0.0.0.0/0", "Internet"),
    ("10.0.0.0/8", "None"),
    ("172.16.0.0/12", "None"),
    ("192.168.0.0/16", "None"),
    ("100.64.0.0/10", "None"),
)
"""(MS, virtual network traffic routing)"""
_RANK = ("User", "VirtualNetworkGateway", "Default")
"""Of routes for the same prefix the first source wins (MS, virtual network traffic routing)."""


def route_table(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    vnet, subnet = _place(cloud, resource)
    found = partial(_routes, cloud, vnet, subnet)
    return asked(cloud, resource, call, "GetEffectiveRouteTableOperation", lambda: {"value": found()})


def security_groups(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    vnet, subnet = _place(cloud, resource)
    ends = {"subnet": vnet.child_id("subnets", subnet.name).path, "networkInterface": resource.id.path}

    def rows() -> Json:
        inside = [
            prefix
            for route in _routes(cloud, vnet, subnet)
            if route["nextHopType"] not in ("Internet", "None", "VirtualAppliance")
            for prefix in route["addressPrefix"]
        ]
        groups = {
            "subnet": cloud.referenced(reference(subnet.properties.get("networkSecurityGroup"))),
            "networkInterface": cloud.referenced(reference(resource.properties.get("networkSecurityGroup"))),
        }
        return {
            "value": [
                {
                    "networkSecurityGroup": {"id": group.id.path},
                    "association": {at: {"id": ends[at]}},
                    "effectiveSecurityRules": [_rule(rule, inside) for rule in all_rules(group)],
                }
                for at, group in groups.items()
                if group
            ]
        }

    return asked(cloud, resource, call, "GetEffectiveSecurityGroupsOperation", rows)


def _place(cloud: Cloud, resource: Resource) -> tuple[Resource, Child]:
    """Raises ArmError for an interface without a machine."""
    subnet = reference(resource.properties["ipConfigurations"][0]["properties"].get("subnet"))
    vnet, rid = cloud.referenced(subnet), parse(subnet)
    child = vnet.child("subnets", rid.name) if vnet and rid else None
    if not cloud.users_of(resource.id.path) or vnet is None or child is None:
        raise refuse("no machine", id=resource.id.path)
    return vnet, child


def _routes(cloud: Cloud, vnet: Resource, subnet: Child) -> list[Json]:
    table = cloud.referenced(reference(subnet.properties.get("routeTable")))
    closed = bool(table and table.properties["disableBgpRoutePropagation"])
    rows = [_route("Default", "VnetLocal", prefix) for prefix in vnet_prefixes(vnet)]
    rows += _peered(cloud, vnet)
    rows += [] if closed else _through_gateways(cloud, vnet)
    rows += [_route("Default", hop, prefix) for prefix, hop in _SYSTEM]
    for route in table.children.get("routes", {}).values() if table else ():
        hops = [route.properties["nextHopIpAddress"]] if "nextHopIpAddress" in route.properties else []
        named = _route("User", route.properties["nextHopType"], route.properties["addressPrefix"], hops)
        rows.append({"name": route.name, **named})
    best: dict[str, int] = {}
    for row in rows:
        rank, (prefix,) = _RANK.index(row["source"]), row["addressPrefix"]
        best[prefix] = min(rank, best.get(prefix, rank))
    for row in rows:
        row["disableBgpRoutePropagation"] = closed
        if _RANK.index(row["source"]) > best[row["addressPrefix"][0]]:
            row["state"] = "Invalid"
    return rows


def _route(source: str, hop: str, prefix: str, addresses: list[str] | None = None) -> Json:
    return {
        "source": source,
        "state": "Active",
        "addressPrefix": [prefix],
        "nextHopType": hop,
        "nextHopIpAddress": addresses or [],
    }


def _peerings(cloud: Cloud, vnet: Resource) -> Iterator[tuple[Child, Resource]]:
    """The connected ones, with the other VNet."""
    for peering in vnet.children.get("virtualNetworkPeerings", {}).values():
        remote = cloud.referenced(peering.properties["remoteVirtualNetwork"]["id"])
        back = remote.children.get("virtualNetworkPeerings", {}).values() if remote else ()
        if remote and any(b.properties["remoteVirtualNetwork"]["id"].lower() == vnet.id.key for b in back):
            yield peering, remote


def _peered(cloud: Cloud, vnet: Resource) -> list[Json]:
    remotes = [remote for _peering, remote in _peerings(cloud, vnet)]
    return [_route("Default", "VNetPeering", prefix) for remote in remotes for prefix in vnet_prefixes(remote)]


def _through_gateways(cloud: Cloud, vnet: Resource) -> list[Json]:
    ids = gateways_of(cloud, vnet)
    for peering, remote in _peerings(cloud, vnet):
        ids += gateways_of(cloud, remote) if peering.properties["useRemoteGateways"] else []
    rows = []
    for gateway in filter(None, map(cloud.store.find, ids)):
        prefixes = dict.fromkeys([*_learned(cloud, gateway), *_static(cloud, gateway)])
        hops = instance_addresses(gateway)
        rows += [_route("VirtualNetworkGateway", "VirtualNetworkGateway", prefix, hops) for prefix in prefixes]
    return rows


def _learned(cloud: Cloud, gateway: Resource) -> list[str]:
    rows = cloud.wan.gateways.get(gateway.id.key, {}).get("learned") or []
    return [row["network"] for row in rows if row.get("origin") != "Network"]


def _static(cloud: Cloud, gateway: Resource) -> Iterator[str]:
    """Prefixes of the local gateways that are connected without BGP."""
    for use in cloud.users_of(gateway.id.path):
        connection = cloud.referenced(use.source)
        if connection is None or connection.properties.get("enableBgp"):
            continue
        local = cloud.referenced(reference(connection.properties.get("localNetworkGateway2")))
        if local is not None:
            yield from local.properties["localNetworkAddressSpace"]["addressPrefixes"]


def _rule(rule: Json, inside: list[str]) -> Json:
    """A rule with its tag VirtualNetwork spelled out, and ports as ranges."""
    kept: Json = {"name": f"{rule['type'].rsplit('/', 1)[-1]}/{rule['name']}"}
    properties = rule["properties"]
    kept["protocol"] = "All" if properties["protocol"] == "*" else properties["protocol"]
    for side in ("source", "destination"):
        ports = properties.get(f"{side}PortRanges") or [properties[f"{side}PortRange"]]
        kept[f"{side}PortRanges"] = [_range(port) for port in ports]
        kept[f"{side}PortRange"] = kept[f"{side}PortRanges"][0]
        prefixes = properties.get(f"{side}AddressPrefixes") or [properties.get(f"{side}AddressPrefix", "")]
        kept[f"{side}AddressPrefixes"] = prefixes
        kept[f"{side}AddressPrefix"] = prefixes[0]
        if "VirtualNetwork" in prefixes:
            kept[f"expanded{side.capitalize()}AddressPrefix"] = inside
    return kept | {name: properties[name] for name in ("access", "priority", "direction")}


def _range(port: str) -> str:
    if port == "*":
        return "0-65535"
    return port if "-" in port else f"{port}-{port}"
