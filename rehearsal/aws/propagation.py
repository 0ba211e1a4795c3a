"""Routes that a virtual private gateway propagates into route tables of its VPC."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from moto.ec2.models.route_tables import Route, RouteTable

from rehearsal.aws.call import Answer, Call
from rehearsal.aws.refusal import refuse

ORIGIN = "EnableVgwRoutePropagation"


def enable(call: Call) -> Answer:
    table, gateway = _both(call)
    if gateway.attached_to != table.vpc_id:
        raise refuse("not_attached", id=gateway.id, vpc=table.vpc_id)
    if gateway.id not in _gateways(table):
        _gateways(table).append(gateway.id)
    return None


def disable(call: Call) -> Answer:
    table, gateway = _both(call)
    if gateway.id in _gateways(table):
        _gateways(table).remove(gateway.id)
    return None


def check_route(call: Call) -> None:
    """A route to a virtual private gateway needs it on the same VPC."""
    gateway_id = call.get("GatewayId") or ""
    if not gateway_id.startswith("vgw-"):
        return
    table, gateway = _both(call)
    if gateway.holds != table.vpc_id:
        raise refuse("different_networks", table=table.id, gateway=gateway_id)


def forget(backend: Any, gateway_id: str) -> None:
    """End a gateway's propagation everywhere."""
    for table in backend.route_tables.values():
        if gateway_id in _gateways(table):
            _gateways(table).remove(gateway_id)


def learned(table: Any) -> list[dict[str, str]]:
    """The propagated routes of a table, now."""
    backend = table.ec2_backend
    local = [IPv4Network(route.destination_cidr_block) for route in _own(table) if route.local and _is_ipv4(route)]
    known = {route.destination_cidr_block for route in _own(table)}
    routes: dict[str, dict[str, str]] = {}
    for gateway_id in _gateways(table):
        for prefix in _prefixes(backend, gateway_id):
            inside = any(IPv4Network(prefix).subnet_of(network) for network in local)
            if prefix not in known and not inside:
                routes.setdefault(
                    prefix,
                    {"DestinationCidrBlock": prefix, "GatewayId": gateway_id, "Origin": ORIGIN, "State": "active"},
                )
    return list(routes.values())


def install() -> None:
    """Make moto's route tables show what is propagated, and their routes whether they lead anywhere."""
    RouteTable.routes = property(lambda table: [*_own(table), *learned(table)])
    RouteTable.propagating_vgws = property(lambda table: [{"GatewayId": one} for one in _gateways(table)])
    Route.state = property(_state)
    _with_filters()


def _with_filters() -> None:
    before = getattr(RouteTable, "_filters_of_moto", RouteTable.get_filter_value)
    RouteTable._filters_of_moto = before
    read = {"route.destination-cidr-block": "DestinationCidrBlock", "route.gateway-id": "GatewayId"}

    def get_filter_value(table: Any, name: str, method: str | None = None) -> Any:
        if name == "route.origin":
            return [*(route.origin for route in _own(table)), *(ORIGIN for _unused in learned(table))]
        if name == "route.state":
            return [*(route.state for route in _own(table)), *(route["State"] for route in learned(table))]
        values = before(table, name, method)
        return [*values, *(route[read[name]] for route in learned(table))] if name in read else values

    RouteTable.get_filter_value = get_filter_value


def _both(call: Call) -> tuple[Any, Any]:
    table = call.backend.get_route_table(call.get("RouteTableId"))
    gateway = call.backend.vpn_gateways.get(call.get("GatewayId"))
    if gateway is None or gateway.gone:
        raise refuse("no_gateway", id=call.get("GatewayId"))
    return table, gateway


def _prefixes(backend: Any, gateway_id: str) -> Iterator[str]:
    for connection in backend.vpn_connections.values():
        if connection.vpn_gateway_id == gateway_id:
            yield from connection.prefixes()


def _gateways(table: Any) -> list[str]:
    gateways: list[str] = table.__dict__.setdefault("_propagating", [])
    return gateways


def _own(table: Any) -> list[Any]:
    return list(table._routes.values())


def _is_ipv4(route: Any) -> bool:
    return bool(route.destination_cidr_block)


def _state(route: Any) -> str:
    attached_to = getattr(route.gateway, "attached_to", route.route_table.vpc_id)
    return "active" if attached_to == route.route_table.vpc_id else "blackhole"
