"""A VPN connection: two tunnels between a customer gateway and a virtual private or transit gateway."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from rehearsal.aws import document, invented, tag, telemetry
from rehearsal.aws.call import Call
from rehearsal.aws.clock import Clock
from rehearsal.aws.customer_gateway import CustomerGateway
from rehearsal.aws.life import Life
from rehearsal.aws.tunnel import Tunnel

SHOWS_DOCUMENT = ("pending", "available")
"""States in which the XML is there (AWS, DescribeVpnConnections)."""
WORKS = ("available", "modifying")


@dataclass
class StaticRoute:
    cidr: str
    life: Life

    @property
    def state(self) -> str:
        return self.life.state


@dataclass
class VpnConnection:
    """One connection. ``options`` are its own, by their name in an answer; tunnels stand in the order asked."""

    id: str
    customer_gateway_id: str
    vpn_gateway_id: str | None
    transit_gateway_id: str | None
    options: dict[str, Any]
    tunnels: tuple[Tunnel, Tunnel]
    life: Life
    routes: dict[str, StaticRoute] = field(default_factory=dict)
    interrupted: frozenset[str] = frozenset()
    """Outside addresses of the tunnels that are down while the connection is modifying."""
    secret_arn: str | None = None
    """Where the keys are, if Secrets Manager has them: then no answer shows them."""

    @property
    def state(self) -> str:
        return self.life.state

    @property
    def gone(self) -> bool:
        return self.state == "deleted"

    @property
    def static(self) -> bool:
        return bool(self.options["StaticRoutesOnly"])

    def tunnel(self, outside_address: str) -> Tunnel | None:
        return next((one for one in self.tunnels if one.outside_address == outside_address), None)

    def modify(self, clock: Clock, interrupted: Iterable[Tunnel]) -> None:
        """AWS changes it and replaces those tunnels' endpoints."""
        seconds = invented.seconds("connection_modifying")
        self.life.passing("modifying", seconds, "available")
        for tunnel in (tunnels := list(interrupted)):
            tunnel.begin_replacement(clock.real_seconds(seconds))
        self.interrupted = frozenset(one.outside_address for one in tunnels)

    def works(self, tunnel: Tunnel) -> bool:
        """Whether AWS's end of the tunnel is there at all."""
        if self.state == "modifying":
            return tunnel.outside_address not in self.interrupted
        return self.state in WORKS

    def telemetry_of(self, tunnel: Tunnel) -> telemetry.Telemetry:
        return tunnel.seen(working=self.works(tunnel))

    def current_routes(self) -> list[StaticRoute]:
        self.routes = {cidr: route for cidr, route in self.routes.items() if route.state != "deleted"}
        return list(self.routes.values())

    def prefixes(self) -> Iterator[str]:
        """What its gateway knows through it: learned by BGP, or its static routes while a tunnel is up."""
        up = [state for one in self.tunnels if (state := self.telemetry_of(one)).up]
        if not self.static:
            for state in up:
                yield from state.prefixes
        elif up:
            yield from (route.cidr for route in self.current_routes() if route.state == "available")


def shown(call: Call, one: VpnConnection) -> dict[str, Any]:
    """A VpnConnection as the answers have it."""
    answer: dict[str, Any] = {
        "VpnConnectionId": one.id,
        "State": one.state,
        "Type": "ipsec.1",
        "Category": "VPN",
        "CustomerGatewayId": one.customer_gateway_id,
        "GatewayAssociationState": "associated",
        "Options": _options(call, one),
        "Routes": [{"DestinationCidrBlock": route.cidr, "State": route.state} for route in one.current_routes()],
        "VgwTelemetry": _telemetry(one),
        "Tags": tag.shown(call.backend, one.id),
    }
    if one.vpn_gateway_id:
        answer["VpnGatewayId"] = one.vpn_gateway_id
    if one.transit_gateway_id:
        answer["TransitGatewayId"] = one.transit_gateway_id
    if one.secret_arn:
        answer["PreSharedKeyArn"] = one.secret_arn
    if one.state in SHOWS_DOCUMENT:
        answer["CustomerGatewayConfiguration"] = document.write(_ends(call, one), one.tunnels)
    return answer


def _options(call: Call, one: VpnConnection) -> dict[str, Any]:
    shown = "all" if call.from_wan else call.world.tunnel_options
    if shown == "absent":
        return one.options
    keys = call.from_wan or not one.secret_arn
    tunnels = [] if one.gone or shown == "empty" else [tunnel.shown(key=keys) for tunnel in one.tunnels]
    return {**one.options, "TunnelOptions": tunnels}


def aws_asn(call: Call, one: VpnConnection) -> int:
    """The ASN of the gateway at AWS's end."""
    if one.vpn_gateway_id:
        return int(call.backend.vpn_gateways[one.vpn_gateway_id].asn)
    return int(call.backend.transit_gateways[one.transit_gateway_id].options["AmazonSideAsn"])


def customer_gateway_of(call: Call, one: VpnConnection) -> CustomerGateway:
    gateway: CustomerGateway = call.backend.customer_gateways[one.customer_gateway_id]
    return gateway


def _telemetry(one: VpnConnection) -> list[dict[str, Any]]:
    if one.state in ("pending", "deleted"):
        return []
    routes = len(one.current_routes()) if one.static else None
    return [
        telemetry.shown(tunnel.outside_address, one.telemetry_of(tunnel), routes)
        for tunnel in sorted(one.tunnels, key=lambda tunnel: tunnel.order)
    ]


def _ends(call: Call, one: VpnConnection) -> document.Ends:
    customer = customer_gateway_of(call, one)
    return document.Ends(
        connection_id=one.id,
        customer_gateway_id=customer.id,
        vpn_gateway_id=one.vpn_gateway_id or "",
        customer_address=customer.ip_address,
        customer_asn=None if one.static else customer.asn,
        aws_asn=None if one.static else aws_asn(call, one),
        shows_keys=not one.secret_arn,
    )
