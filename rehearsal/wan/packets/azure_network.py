"""Azure's VNets as ARM shows them: subnets, their network security groups and route tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..azure_side import Arm
from .networks import ANY, AzureSubnet, Rule, UserRoute, Vnet

Json = dict[str, Any]

GATEWAY_SUBNET = "GatewaySubnet"


def read(arm: Arm) -> tuple[Vnet, ...]:
    groups = [g["name"] for g in arm.list("/resourcegroups", "2022-09-01")]

    def of(kind: str) -> Iterator[Json]:
        for group in groups:
            yield from arm.list(f"/resourceGroups/{group}/providers/Microsoft.Network/{kind}")

    filters = {g["id"].lower(): rules(g) for g in of("networkSecurityGroups")}
    tables = {t["id"].lower(): t["properties"] for t in of("routeTables")}
    return tuple(vnet(v, filters, tables) for v in of("virtualNetworks"))


def vnet(body: Json, filters: dict[str, tuple[Rule, ...]], tables: dict[str, Json]) -> Vnet:
    """`filters` and `tables` by lower-case id."""
    properties = body["properties"]
    return Vnet(
        id=body["id"].lower(),
        prefixes=tuple((properties.get("addressSpace") or {}).get("addressPrefixes") or ()),
        subnets=tuple(_subnet(s, filters, tables) for s in properties.get("subnets") or ()),
    )


def _subnet(body: Json, filters: dict[str, tuple[Rule, ...]], tables: dict[str, Json]) -> AzureSubnet:
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
    )


def _id(reference: Json | None) -> str:
    return str((reference or {}).get("id", "")).lower()


def rules(body: Json) -> tuple[Rule, ...]:
    """The group's rules and Azure's default ones, in the order in which they are looked at."""
    properties = body["properties"]
    given = [
        _rule(r) for r in (*(properties.get("securityRules") or ()), *(properties.get("defaultSecurityRules") or ()))
    ]
    return tuple(sorted(given, key=lambda r: (not r.inbound, r.order)))


def _rule(body: Json) -> Rule:
    p = body["properties"]
    return Rule(
        name=body["name"],
        inbound=p["direction"] == "Inbound",
        allow=p["access"] == "Allow",
        order=int(p["priority"]),
        protocol=p["protocol"].lower(),
        sources=_either(p, "sourceAddressPrefix", "sourceAddressPrefixes"),
        destinations=_either(p, "destinationAddressPrefix", "destinationAddressPrefixes"),
        source_ports=_either(p, "sourcePortRange", "sourcePortRanges"),
        destination_ports=_either(p, "destinationPortRange", "destinationPortRanges"),
    )


def _either(properties: Json, one: str, many: str) -> tuple[str, ...]:
    """Neither: the rule speaks of application security groups, in which no machine here is."""
    found = tuple(properties.get(many) or ()) or ((properties[one],) if properties.get(one) else ())
    return ANY if "*" in found else found
