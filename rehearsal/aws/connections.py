"""Actions on VPN connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from moto.ec2.utils import random_vpn_connection_id

from rehearsal.aws import (
    customer_gateway,
    filters,
    inside_cidr,
    invented,
    pre_shared_key,
    secret,
    tag,
    tunnel_options,
    vpn_gateway,
)
from rehearsal.aws.call import Answer, Call
from rehearsal.aws.connection import VpnConnection, customer_gateway_of, shown
from rehearsal.aws.life import Life
from rehearsal.aws.quota import VPN_CONNECTIONS, VPN_CONNECTIONS_OF_GATEWAY
from rehearsal.aws.refusal import bad_value, refuse
from rehearsal.aws.tunnel import Tunnel

_OPTION_DEFAULTS: dict[str, Any] = {
    "EnableAcceleration": False,
    "StaticRoutesOnly": False,
    "LocalIpv4NetworkCidr": "0.0.0.0/0",
    "RemoteIpv4NetworkCidr": "0.0.0.0/0",
    "OutsideIpAddressType": "PublicIpv4",
    "TunnelInsideIpVersion": "ipv4",
    "TunnelBandwidth": "standard",
}
_IPV6_DEFAULTS = {"LocalIpv6NetworkCidr": "::/0", "RemoteIpv6NetworkCidr": "::/0"}
_NETWORKS = ("LocalIpv4NetworkCidr", "RemoteIpv4NetworkCidr", "LocalIpv6NetworkCidr", "RemoteIpv6NetworkCidr")
_WORDS = {"TunnelInsideIpVersion": ("ipv4", "ipv6"), "TunnelBandwidth": ("standard", "large")}

_FILTERS: dict[str, filters.Values] = {
    "customer-gateway-id": lambda one: [one.customer_gateway_id],
    "option.static-routes-only": lambda one: [str(one.static).lower()],
    "route.destination-cidr-block": lambda one: [route.cidr for route in one.current_routes()],
    "state": lambda one: [one.state],
    "transit-gateway-id": lambda one: [one.transit_gateway_id or ""],
    "type": lambda _one: ["ipsec.1"],
    "vpn-connection-id": lambda one: [one.id],
    "vpn-gateway-id": lambda one: [one.vpn_gateway_id or ""],
}


def create(call: Call) -> Answer:
    """Two tunnels in the order asked; what is not asked is chosen (AWS, CreateVpnConnection)."""
    _refuse_what_is_not_emulated(call)
    if call.get("Type") != "ipsec.1":
        raise bad_value("Type", call.get("Type"), "Valid values: ipsec.1.")
    tags = call.tags_for("vpn-connection")
    customer = customer_gateway.usable(call, call.get("CustomerGatewayId"))
    gateway_id, transit_id = _target(call)
    if gateway_id and (same := _identical(call, gateway_id, customer)):
        return {"VpnConnection": shown(call, same)}
    asked = call.get("Options") or {}
    options = _options(asked, on_transit_gateway=bool(transit_id))
    ipv6 = options["TunnelInsideIpVersion"] == "ipv6"
    tunnels = _asked_tunnels(call, asked.get("TunnelOptions") or [], gateway_id, ipv6=ipv6)
    _check_quotas(call, gateway_id)
    one = VpnConnection(
        id=random_vpn_connection_id(),
        customer_gateway_id=customer.id,
        vpn_gateway_id=gateway_id,
        transit_gateway_id=transit_id,
        options=options,
        tunnels=_make_tunnels(call, tunnels, gateway_id, ipv6=ipv6),
        life=Life(call.world.clock, "pending").passing("pending", invented.seconds("connection_pending"), "available"),
    )
    secret.keep(call, one, secret.wanted(call))
    call.backend.vpn_connections[one.id] = one
    tag.put(call.backend, one.id, tags)
    _attach(call, one)
    return {"VpnConnection": {**shown(call, one), "VgwTelemetry": []}}


def describe(call: Call) -> Answer:
    asked = call.get("VpnConnectionIds") or [
        one.id for one in call.backend.vpn_connections.values() if not one.life.forgotten
    ]
    known: dict[str, filters.Values] = {
        **_FILTERS,
        "bgp-asn": lambda one: [str(customer_gateway_of(call, one).asn)],
        "customer-gateway-configuration": lambda one: [shown(call, one).get("CustomerGatewayConfiguration", "")],
    }
    found = filters.keep([find(call, one) for one in asked], call.get("Filters") or [], known, call.backend)
    return {"VpnConnections": [shown(call, one) for one in found]}


def delete(call: Call) -> Answer:
    one = find(call, call.get("VpnConnectionId"))
    if one.gone:
        raise refuse("no_connection", id=one.id)
    if one.state != "deleting":
        one.life.passing("deleting", invented.seconds("connection_deleting"), "deleted")
        secret.forget(call, one)
        call.world.addresses.release(*(tunnel.outside_address for tunnel in one.tunnels))
        _detach(call, one)
    return None


def modify(call: Call) -> Answer:
    """Another customer gateway or another gateway at AWS's end; both tunnels go down (AWS, ModifyVpnConnection)."""
    one = idle(call, call.get("VpnConnectionId"))
    if not any(map(call.get, ("CustomerGatewayId", "VpnGatewayId", "TransitGatewayId"))):
        raise refuse("no_change", parameters="customerGatewayId, vpnGatewayId and transitGatewayId")
    customer_id = customer_gateway.usable(call, call.get("CustomerGatewayId") or one.customer_gateway_id).id
    if call.get("VpnGatewayId") or call.get("TransitGatewayId"):
        gateway_id, transit_id = _target(call)
        if transit_id and one.current_routes():
            raise refuse("static_routes_left", id=one.id)
        for tunnel in one.tunnels:
            check_free(call, tunnel.inside_cidr, gateway_id, besides=one)
        _detach(call, one)
        one.vpn_gateway_id, one.transit_gateway_id = gateway_id, transit_id
        _attach(call, one)
    one.customer_gateway_id = customer_id
    one.modify(call.world.clock, one.tunnels)
    return {"VpnConnection": shown(call, one)}


def modify_options(call: Call) -> Answer:
    """Traffic selectors and bandwidth; both tunnels go down (AWS, ModifyVpnConnectionOptions)."""
    one = idle(call, call.get("VpnConnectionId"))
    names = (*_NETWORKS, "TunnelBandwidth")
    asked = {name: call.get(name) for name in names if call.get(name) is not None}
    if not asked:
        raise refuse("no_change", parameters=", ".join(names))
    ipv6 = one.options["TunnelInsideIpVersion"] == "ipv6"
    one.options = {**one.options, **_checked(asked, on_transit_gateway=bool(one.transit_gateway_id), ipv6=ipv6)}
    one.modify(call.world.clock, one.tunnels)
    return {"VpnConnection": shown(call, one)}


def find(call: Call, connection_id: str) -> VpnConnection:
    one: VpnConnection | None = call.backend.vpn_connections.get(connection_id)
    if one is None or one.life.forgotten:
        raise refuse("no_connection", id=connection_id)
    return one


def idle(call: Call, connection_id: str) -> VpnConnection:
    """A connection that may be changed now: one change at a time."""
    one = find(call, connection_id)
    if one.gone:
        raise refuse("no_connection", id=connection_id)
    if one.state != "available":
        raise refuse("connection_busy", id=one.id, state=one.state)
    return one


def check_free(call: Call, block: str, gateway_id: str | None, besides: VpnConnection | None = None) -> None:
    """Inside CIDRs are unique within a virtual private gateway (AWS, CreateVpnConnection)."""
    for other in vpn_gateway.connections(call, gateway_id) if gateway_id else []:
        if other is not besides and block in (tunnel.inside_cidr for tunnel in other.tunnels):
            raise refuse("inside_cidr_in_use", value=block, owner=other.id)


def _attach(call: Call, one: VpnConnection) -> None:
    """A connection on a transit gateway is an attachment of it."""
    if one.transit_gateway_id:
        call.backend.create_transit_gateway_vpn_attachment(vpn_id=one.id, transit_gateway_id=one.transit_gateway_id)


def _detach(call: Call, one: VpnConnection) -> None:
    for attachment in call.backend.transit_gateway_attachments.values():
        if attachment.resource_id == one.id:
            attachment.state = "deleted"


def _refuse_what_is_not_emulated(call: Call) -> None:
    if call.get("VpnConcentratorId"):
        raise refuse("not_emulated", action="VpnConcentratorId")


def _target(call: Call) -> tuple[str | None, str | None]:
    gateway_id, transit_id = call.get("VpnGatewayId"), call.get("TransitGatewayId")
    if bool(gateway_id) == bool(transit_id):
        raise refuse("one_target")
    if gateway_id and (gateway := vpn_gateway.find(call, gateway_id)).gone:
        raise refuse("gateway_state", id=gateway_id, state=gateway.state)
    if transit_id and transit_id not in call.backend.transit_gateways:
        raise refuse("no_transit_gateway", id=transit_id)
    return gateway_id, transit_id


def _identical(call: Call, gateway_id: str, customer: customer_gateway.CustomerGateway) -> VpnConnection | None:
    """CreateVpnConnection is idempotent (AWS): one connection between a customer gateway and a gateway of a VPC."""
    for other in vpn_gateway.connections(call, gateway_id):
        if other.state == "deleting":
            continue
        if other.customer_gateway_id == customer.id:
            found: VpnConnection = other
            return found
        if customer_gateway_of(call, other).ip_address == customer.ip_address:
            raise refuse("duplicate_address")
    return None


def _options(asked: Mapping[str, Any], *, on_transit_gateway: bool) -> dict[str, Any]:
    chosen = {name: value for name, value in asked.items() if name != "TunnelOptions"}
    ipv6 = chosen.get("TunnelInsideIpVersion") == "ipv6"
    return {
        **_OPTION_DEFAULTS,
        **(_IPV6_DEFAULTS if ipv6 else {}),
        **_checked(chosen, on_transit_gateway=on_transit_gateway, ipv6=ipv6),
    }


def _checked(asked: Mapping[str, Any], *, on_transit_gateway: bool, ipv6: bool) -> dict[str, Any]:
    for name, words in _WORDS.items():
        if name in asked and asked[name] not in words:
            raise bad_value(name, asked[name], f"Valid values: {' | '.join(words)}.")
    if asked.get("OutsideIpAddressType", "PublicIpv4") != "PublicIpv4":
        raise refuse("outside_type", value=asked["OutsideIpAddressType"])
    transit_only = {"EnableAcceleration": False, "TunnelInsideIpVersion": "ipv4", "TunnelBandwidth": "standard"}
    for name, everywhere in transit_only.items():
        if not on_transit_gateway and asked.get(name, everywhere) != everywhere:
            raise refuse("transit_only", parameter=f"{name} {asked[name]}")
    for name in _NETWORKS:
        if name in asked:
            if name in _IPV6_DEFAULTS and not ipv6:
                raise refuse("ipv6_network", parameter=name)
            _check_network(name, asked[name])
    return dict(asked)


def _check_network(name: str, value: str) -> None:
    try:
        (IPv6Network if name in _IPV6_DEFAULTS else IPv4Network)(value)
    except ValueError:
        raise bad_value(name, value, "It must be a CIDR block.") from None


def _asked_tunnels(
    call: Call, asked: Sequence[Mapping[str, Any]], gateway_id: str | None, *, ipv6: bool
) -> list[tunnel_options.Options]:
    """The options of both tunnels, checked; empty where nothing is asked."""
    if len(asked) > 2:
        raise refuse("too_many_tunnels", count=len(asked))
    tunnels = [tunnel_options.read(one, ipv6=ipv6) for one in asked]
    tunnels += [{} for _unused in range(2 - len(tunnels))]
    for options in tunnels:
        tunnel_options.check_together(options)
        if "TunnelInsideCidr" in options:
            check_free(call, options["TunnelInsideCidr"], gateway_id)
    first, second = (options.get("TunnelInsideCidr") for options in tunnels)
    if first and first == second:
        raise refuse("inside_cidr_in_use", value=first, owner="the other tunnel")
    return tunnels


def _check_quotas(call: Call, gateway_id: str | None) -> None:
    if sum(not one.gone for one in call.backend.vpn_connections.values()) >= VPN_CONNECTIONS:
        raise refuse("vpn_connections")
    if gateway_id and len(vpn_gateway.connections(call, gateway_id)) >= VPN_CONNECTIONS_OF_GATEWAY:
        raise refuse("vpn_connections_of_gateway")


def _make_tunnels(
    call: Call, asked: Sequence[tunnel_options.Options], gateway_id: str | None, *, ipv6: bool
) -> tuple[Tunnel, Tunnel]:
    world = call.world
    taken = {
        tunnel.inside_cidr
        for other in call.backend.vpn_connections.values()
        if other.vpn_gateway_id == gateway_id and not other.gone
        for tunnel in other.tunnels
    } | {options["TunnelInsideCidr"] for options in asked if "TunnelInsideCidr" in options}

    def make(address: str, options: tunnel_options.Options) -> Tunnel:
        full = dict(options)
        if "TunnelInsideCidr" not in full:
            full["TunnelInsideCidr"] = inside_cidr.choose(world.chance, taken)
            taken.add(full["TunnelInsideCidr"])
        if ipv6 and "TunnelInsideIpv6Cidr" not in full:
            full["TunnelInsideIpv6Cidr"] = inside_cidr.choose_ipv6(world.chance, taken)
        if "PreSharedKey" not in full:
            world.keys_made += 1
            full["PreSharedKey"] = pre_shared_key.make(world.chance, world.keys_made)
        return Tunnel(address, full)

    first, second = world.addresses.pair()
    return make(first, asked[0]), make(second, asked[1])
