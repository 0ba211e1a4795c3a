"""Static routes of a VPN connection on a virtual private gateway."""

from __future__ import annotations

from ipaddress import ip_network

from rehearsal.aws import invented
from rehearsal.aws.call import Answer, Call
from rehearsal.aws.connection import StaticRoute, VpnConnection
from rehearsal.aws.connections import find
from rehearsal.aws.life import Life
from rehearsal.aws.refusal import bad_value, refuse


def create(call: Call) -> Answer:
    one = _changeable(call)
    if one.transit_gateway_id:
        raise refuse("transit_routes", id=one.id)
    if not one.static:
        raise refuse("static_needed", id=one.id)
    cidr = _cidr(call)
    known = one.routes.get(cidr)
    if known is None or known.state in ("deleting", "deleted"):
        life = Life(call.world.clock, "pending")
        one.routes[cidr] = StaticRoute(cidr, life.passing("pending", invented.seconds("route_pending"), "available"))
    return None


def delete(call: Call) -> Answer:
    one, cidr = _changeable(call), _cidr(call)
    route = one.routes.get(cidr)
    if route is None or route.state == "deleted":
        raise refuse("no_route", cidr=cidr, id=one.id)
    if route.state != "deleting":
        route.life.passing("deleting", invented.seconds("route_deleting"), "deleted")
    return None


def _changeable(call: Call) -> VpnConnection:
    one = find(call, call.get("VpnConnectionId"))
    if one.gone:
        raise refuse("no_connection", id=one.id)
    if one.state == "deleting":
        raise refuse("connection_busy", id=one.id, state=one.state)
    return one


def _cidr(call: Call) -> str:
    value = call.get("DestinationCidrBlock")
    try:
        return str(ip_network(value))
    except ValueError:
        raise bad_value("DestinationCidrBlock", value, "It must be a CIDR block.") from None
