"""routeTables and their routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import override

from ..cloud import Cloud, Use
from ..errors import network
from ..invented import refuse
from ..store import Child, Json, Resource
from .kind import Change, ChildKind, Kind, Look, begun, parse_prefix
from .virtual_networks import check_gateway_routes

_HOPS = ("virtualnetworkgateway", "vnetlocal", "internet", "virtualappliance", "none")


class Routes(ChildKind):
    collection = "routes"
    model = "Route"
    noun = "Route"
    duration = "route table"

    @override
    def fill(self, change: Change, name: str, properties: Json, old: Child | None) -> Child:
        child = begun(name, properties, old)
        rid = change.draft.child_id(self.collection, name).path
        prefix, hop = str(properties.get("addressPrefix") or ""), str(properties.get("nextHopType") or "")
        if prefix[:1].isdigit() or not prefix:  # service tags are allowed
            parse_prefix(prefix, rid)
        if hop.lower() not in _HOPS:
            raise refuse("route", id=rid, what=f"nextHopType is '{hop}'")
        if (hop.lower() == "virtualappliance") != bool(properties.get("nextHopIpAddress")):
            raise refuse("route", id=rid, what="nextHopIpAddress goes with nextHopType VirtualAppliance and no other")
        for other in change.draft.children.get(self.collection, {}).values():
            same = other.properties["addressPrefix"].lower() == prefix.lower()
            if same and other.name.lower() != name.lower():
                raise network(
                    400,
                    "RouteConflict",
                    f"Route: {name} conflicts with Route: {other.name}. Routes cannot have the same AddressPrefix.",
                )
        child.properties = {"hasBgpOverride": False} | properties
        return child

    @override
    def show(self, look: Look, child: Child) -> Json:
        return dict(child.properties)


class RouteTables(Kind):
    type = "Microsoft.Network/routeTables"
    model = "RouteTable"
    noun = "RouteTable"
    durations = {"create": "route table", "update": "route table", "delete": "network delete"}
    child_kinds = {"routes": Routes()}

    @override
    def fill(self, change: Change) -> None:
        propagation = change.properties.get("disableBgpRoutePropagation", False)
        change.draft.properties = {"disableBgpRoutePropagation": propagation}
        self.fill_children(change, keep_absent=False)
        for use in change.cloud.users_of(change.path):
            if use.source.lower().endswith("/subnets/gatewaysubnet"):
                check_gateway_routes(change.draft, use.source)

    @override
    def show(self, look: Look) -> Json:
        shown = dict(look.resource.properties)
        users = look.users(look.path)
        if users:
            shown["subnets"] = [{"id": u} for u in users]
        return shown

    @override
    def uses(self, resource: Resource) -> Iterator[Use]:
        return iter(())

    @override
    def guard(self, cloud: Cloud, resource: Resource) -> None:
        if cloud.users_of(resource.id.path):
            raise network(
                400,
                "InUseRouteTableCannotBeDeleted",
                f"Route table {resource.id.name} is in use and cannot be deleted.",
            )
