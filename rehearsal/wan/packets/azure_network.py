"""Azure's VNets as ARM shows them: subnets, their network security groups and route tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from ..azure_side import Arm
from .networks import ANY, AzureSubnet, Machine, Rule, UserRoute, Vnet

Json = dict[str, Any]

NO_MEMBERS: Mapping[str, tuple[str, ...]] = MappingProxyType({})


def read(arm: Arm) -> tuple[Vnet, ...]:
    groups = [g["name"] for g in arm.list("/resourcegroups", "2022-09-01")]

    def of(kind: str) -> Iterator[Json]:
        for group in groups:
            yield from arm.list(f"/resourceGroups/{group}/providers/Microsoft.Network/{kind}")

    interfaces = list(of("networkInterfaces"))
    members = application_groups(interfaces)
    filters = {g["id"].lower(): rules(g, members) for g in of("networkSecurityGroups")}
    tables = {t["id"].lower(): t["properties"] for t in of("routeTables")}
    found = list(machines(interfaces, filters))
    return tuple(vnet(v, filters, tables, found) for v in of("virtualNetworks"))


def application_groups(interfaces: Iterable[Json]) -> dict[str, tuple[str, ...]]:
    """Lower-case id of an application security group -> addresses of the interfaces that are in it."""
    found: dict[str, list[str]] = {}
    for interface in interfaces:
        for configuration in interface["properties"].get("ipConfigurations") or ():
            properties = configuration["properties"]
            for group in (
                properties.get("applicationSecurityGroups") or () if properties.get("privateIPAddress") else ()
            ):
                found.setdefault(_id(group), []).append(f"{properties['privateIPAddress']}/32")
    return {group: tuple(dict.fromkeys(addresses)) for group, addresses in found.items()}


def machines(interfaces: Iterable[Json], filters: dict[str, tuple[Rule, ...]]) -> Iterator[tuple[str, Machine]]:
    """Lower-case id of the subnet, and who is there: interfaces that a virtual machine has."""
    for interface in interfaces:
        properties = interface["properties"]
        name = _id(properties.get("virtualMachine")).rpartition("/")[2]
        for configuration in properties.get("ipConfigurations") or () if name else ():
            address = configuration["properties"].get("privateIPAddress")
            if address:
                rules = filters.get(_id(properties.get("networkSecurityGroup")))
                yield _id(configuration["properties"].get("subnet")), Machine(name, address, rules)


def vnet(
    body: Json,
    filters: dict[str, tuple[Rule, ...]],
    tables: dict[str, Json],
    made: Iterable[tuple[str, Machine]] = (),
) -> Vnet:
    """`filters` and `tables` by lower-case id; `made`: see `machines`."""
    made = list(made)
    properties = body["properties"]
    return Vnet(
        id=body["id"].lower(),
        prefixes=tuple((properties.get("addressSpace") or {}).get("addressPrefixes") or ()),
        subnets=tuple(
            _subnet(s, filters, tables, tuple(m for subnet, m in made if subnet == _id(s)))
            for s in properties.get("subnets") or ()
        ),
    )


def _subnet(
    body: Json, filters: dict[str, tuple[Rule, ...]], tables: dict[str, Json], made: tuple[Machine, ...]
) -> AzureSubnet:
    properties = body["properties"]
    table = tables.get(_id(properties.get("routeTable")), {})
    return AzureSubnet(
        name=body["name"],
        prefix=properties.get("addressPrefix") or (properties.get("addressPrefixes") or [""])[0],
        rules=filters.get(_id(properties.get("networkSecurityGroup"))),
        routes=tuple(
            UserRoute(
                r["properties"]["addressPrefix"],
                r["properties"]["nextHopType"],
                r["properties"].get("nextHopIpAddress") or "",
            )
            for r in table.get("routes") or ()
        ),
        propagation=not table.get("disableBgpRoutePropagation"),
        machines=made,
    )


def _id(reference: Json | None) -> str:
    return str((reference or {}).get("id", "")).lower()


def notes(vnets: Iterable[Vnet]) -> Iterator[str]:
    """What of the rules is not followed."""
    for v in vnets:
        for subnet in v.subnets:
            for rule in subnet.rules or ():
                if not (rule.sources and rule.destinations):
                    yield (
                        f"rule {rule.name} before subnet {subnet.name} names application security groups in which "
                        "no network interface is, so it fits no packet"
                    )


def rules(body: Json, members: Mapping[str, tuple[str, ...]] = NO_MEMBERS) -> tuple[Rule, ...]:
    """The group's rules and Azure's default ones, in the order in which they are looked at. `members`: see
    `application_groups`."""
    properties = body["properties"]
    given = [
        _rule(r, members)
        for r in (*(properties.get("securityRules") or ()), *(properties.get("defaultSecurityRules") or ()))
    ]
    return tuple(sorted(given, key=lambda r: (not r.inbound, r.order)))


def _rule(body: Json, members: Mapping[str, tuple[str, ...]]) -> Rule:
    p = body["properties"]
    return Rule(
        name=body["name"],
        inbound=p["direction"] == "Inbound",
        allow=p["access"] == "Allow",
        order=int(p["priority"]),
        protocol=p["protocol"].lower(),
        sources=_addresses(p, "source", members),
        destinations=_addresses(p, "destination", members),
        source_ports=_either(p, "sourcePortRange", "sourcePortRanges"),
        destination_ports=_either(p, "destinationPortRange", "destinationPortRanges"),
    )


def _addresses(properties: Json, side: str, members: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Prefixes, or the members of application security groups; none where nobody is in them."""
    named = properties.get(f"{side}ApplicationSecurityGroups") or ()
    return _either(properties, f"{side}AddressPrefix", f"{side}AddressPrefixes") or tuple(
        dict.fromkeys(address for group in named for address in members.get(_id(group), ()))
    )


def _either(properties: Json, one: str, many: str) -> tuple[str, ...]:
    found = tuple(properties.get(many) or ()) or ((properties[one],) if properties.get(one) else ())
    return ANY if "*" in found else found
