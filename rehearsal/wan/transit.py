"""Route tables of transit gateways: who is in which, and where each leads. Attachments go by the id of what they
attach: a VPC or a VPN connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TransitTable:
    """`routes`: static ones, prefix and what is attached there, empty for a blackhole. `propagations`: who does so."""

    id: str
    routes: tuple[tuple[str, str], ...] = ()
    propagations: tuple[str, ...] = ()

    def to_vpcs(self, ranges: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
        """Prefix and VPC; `ranges` are those of the VPCs that are attached. A static route takes the place of a
        propagated one of the same prefix (AWS, route evaluation order)."""
        static = dict(self.routes)
        yield from ((prefix, target) for prefix, target in self.routes if target in ranges)
        for vpc in self.propagations:
            yield from ((prefix, vpc) for prefix in ranges.get(vpc, ()) if prefix not in static)


@dataclass(frozen=True)
class Transit:
    """`associations`: what is attached -> the id of its table."""

    tables: tuple[TransitTable, ...] = ()
    associations: tuple[tuple[str, str], ...] = ()

    def table_of(self, attached: str) -> TransitTable | None:
        """By which what comes from there is sent on, and which a VPN connection is told."""
        wanted = dict(self.associations).get(attached)
        return next((t for t in self.tables if t.id == wanted), None)

    def announced(self, attached: str, ranges: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """The prefixes that a VPN connection is told by BGP: of VPCs in its table."""
        table = self.table_of(attached)
        return tuple(dict.fromkeys(p for p, _unused in table.to_vpcs(ranges))) if table else ()


def read(client: Any, gateways: Iterable[str]) -> dict[str, Transit]:
    """By gateway; nothing is asked where there is none."""
    found: dict[str, list[TransitTable]] = {name: [] for name in gateways}
    associations: dict[str, list[tuple[str, str]]] = {name: [] for name in found}
    tables = client.describe_transit_gateway_route_tables()["TransitGatewayRouteTables"] if found else []
    for table in tables:
        name, own = table["TransitGatewayId"], {"TransitGatewayRouteTableId": table["TransitGatewayRouteTableId"]}
        if name not in found or table["State"] != "available":
            continue
        static = client.search_transit_gateway_routes(**own, Filters=[{"Name": "type", "Values": ["static"]}])
        propagating = client.get_transit_gateway_route_table_propagations(**own)
        associated = client.get_transit_gateway_route_table_associations(**own)["Associations"]
        associations[name] += [
            (a["ResourceId"], table["TransitGatewayRouteTableId"]) for a in associated if a["State"] == "associated"
        ]
        found[name].append(
            TransitTable(
                table["TransitGatewayRouteTableId"],
                tuple(
                    (r["DestinationCidrBlock"], next((a["ResourceId"] for a in r["TransitGatewayAttachments"]), ""))
                    if r["State"] == "active"
                    else (r["DestinationCidrBlock"], "")
                    for r in static["Routes"]
                    if r.get("DestinationCidrBlock")
                ),
                tuple(
                    p["ResourceId"]
                    for p in propagating["TransitGatewayRouteTablePropagations"]
                    if p["State"] == "enabled"
                ),
            )
        )
    return {name: Transit(tuple(found[name]), tuple(associations[name])) for name in found}
