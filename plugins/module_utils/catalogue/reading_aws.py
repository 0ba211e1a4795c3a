# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Typed views of AWS's side of a link, as `aws_link_info` reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import addresses, ec2
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading import (
    ANYWHERE,
    Json,
    at,
    entries,
    flag,
    network,
    number,
    prints_of,
    status_of,
    text,
    unread_parts,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.status import Status, TunnelStatus


@dataclass(frozen=True)
class AwsTunnel:
    """``options`` has our names (``ec2.TUNNEL_OPTIONS``), and what AWS left out is absent."""

    outside_address: str
    inside_cidr: str
    options: Mapping[str, Any]
    status: str = ""
    message: str = ""
    routes: int | None = None
    since: str | None = None

    @property
    def inside(self) -> IPv4Network | None:
        found = network(self.inside_cidr)
        return found if found is not None and found.prefixlen <= 30 else None

    @property
    def aws_inside(self) -> str:
        return str(addresses.aws_inside_address(self.inside)) if self.inside else ""

    @property
    def azure_inside(self) -> str:
        return str(addresses.azure_inside_address(self.inside)) if self.inside else ""


@dataclass(frozen=True)
class CustomerGateway:
    id: str
    name: str
    state: str
    address: str
    asn: int | None
    certificate: bool


@dataclass(frozen=True)
class AwsConnection:
    """``azure_range`` and ``aws_range`` are the traffic selectors, None for everything."""

    id: str
    name: str
    state: str
    static: bool
    customer_gateway: CustomerGateway | None
    customer_gateway_id: str
    routes: tuple[str, ...]
    tunnels: tuple[AwsTunnel, ...]
    azure_range: IPv4Network | None
    aws_range: IPv4Network | None
    tags: Mapping[str, str]


@dataclass(frozen=True)
class AwsGateway:
    """A virtual private gateway or a transit gateway. ``vpc_id`` is what the former is attached to."""

    id: str
    name: str
    kind: str
    state: str
    asn: int | None
    vpc_id: str
    attachment: str


@dataclass(frozen=True)
class Vpc:
    id: str
    name: str
    ranges: tuple[str, ...]


@dataclass(frozen=True)
class AwsSubnet:
    id: str
    name: str
    cidr: str
    vpc_id: str


@dataclass(frozen=True)
class AwsRoute:
    """``target`` is the id of what it leads to, ``propagated`` whether a gateway put it there."""

    prefix: str
    target: str
    state: str
    propagated: bool


@dataclass(frozen=True)
class AwsRouteTable:
    id: str
    name: str
    vpc_id: str
    main: bool
    subnets: tuple[str, ...]
    propagating: tuple[str, ...]
    routes: tuple[AwsRoute, ...]


@dataclass(frozen=True)
class Permission:
    protocol: str
    cidrs: tuple[str, ...]
    first_port: int | None
    last_port: int | None


@dataclass(frozen=True)
class AwsSecurityGroup:
    id: str
    name: str
    vpc_id: str
    inbound: tuple[Permission, ...]
    outbound: tuple[Permission, ...]


@dataclass(frozen=True)
class AclEntry:
    order: int
    outbound: bool
    allow: bool
    cidr: str
    protocol: str
    whole: bool


@dataclass(frozen=True)
class NetworkAcl:
    id: str
    name: str
    vpc_id: str
    subnets: tuple[str, ...]
    entries: tuple[AclEntry, ...]


@dataclass(frozen=True)
class AwsReading:
    region: str
    kind: str
    gateway: AwsGateway | None
    asn: int | None
    connections: tuple[AwsConnection, ...]
    customer_gateways: tuple[CustomerGateway, ...]
    vpcs: tuple[Vpc, ...]
    subnets: tuple[AwsSubnet, ...]
    route_tables: tuple[AwsRouteTable, ...]
    security_groups: tuple[AwsSecurityGroup, ...]
    network_acls: tuple[NetworkAcl, ...]
    counts: Mapping[str, int]
    maintenance: Mapping[str, Json]
    fingerprints: Mapping[str, str]
    status: Status
    unread: Mapping[str, str]
    transit: Json = field(default_factory=dict)

    def route_table(self, subnet: AwsSubnet) -> AwsRouteTable | None:
        """A subnet without a table of its own takes its VPC's main one (AWS, route tables)."""
        own = next((one for one in self.route_tables if subnet.id in one.subnets), None)
        return own or next((one for one in self.route_tables if one.main and one.vpc_id == subnet.vpc_id), None)

    def network_acl(self, subnet: AwsSubnet) -> NetworkAcl | None:
        return next((one for one in self.network_acls if subnet.id in one.subnets), None)


def _ec2_tags(raw: Json) -> dict[str, str]:
    return {text(one, "Key"): text(one, "Value") for one in entries(raw, "Tags")}


def _ec2_name(raw: Json, identifier: str) -> str:
    return _ec2_tags(raw).get("Name") or text(raw, identifier)


def _tunnel_options(raw: Json) -> dict[str, Any]:
    """As `ec2.tunnel_options`, of an answer cleared of what it could not read."""
    clean: dict[str, Any] = {}
    for option in ec2.TUNNEL_OPTIONS:
        value = at(raw, option.response)
        if option.kind == "many":
            read = number if option.name.endswith("dh_groups") else text
            values = [read(one, "Value") for one in entries(raw, option.response)]
            clean[option.response] = [{"Value": one} for one in values if one]
        elif option.kind == "plain" and isinstance(value, str | int):
            clean[option.response] = value
    log = at(raw, "LogOptions", "CloudWatchLogOptions")
    if isinstance(log, Mapping):
        told = {name: value for name, value in log.items() if isinstance(value, str | int)}
        clean["LogOptions"] = {"CloudWatchLogOptions": told}
    return ec2.tunnel_options(clean)


def _aws_tunnels(raw: Json, told: Iterable[TunnelStatus]) -> tuple[AwsTunnel, ...]:
    """From TunnelOptions; where AWS leaves them out, from the status, which has read the connection's document."""
    seen = {text(one, "OutsideIpAddress"): one for one in entries(raw, "VgwTelemetry")}
    options = {text(one, "OutsideIpAddress"): one for one in entries(raw, "Options", "TunnelOptions")}
    told_of = {one.outside_address: one for one in told if one.id == text(raw, "VpnConnectionId")}
    found = []
    for outside in dict.fromkeys([*options, *(address for address in told_of if address), *seen]):
        if not outside:
            continue
        last, said = seen.get(outside), told_of.get(outside)
        found.append(
            AwsTunnel(
                outside_address=outside,
                inside_cidr=text(options.get(outside), "TunnelInsideCidr") or (said.inside_cidr or "" if said else ""),
                options=_tunnel_options(options.get(outside) or {}),
                status=text(last, "Status"),
                message=text(last, "StatusMessage"),
                routes=number(last, "AcceptedRouteCount"),
                since=text(last, "LastStatusChange") or None,
            )
        )
    return tuple(sorted(found, key=lambda one: (one.inside or IPv4Network("255.255.255.255"), one.outside_address)))


def _customer_gateway(raw: Json) -> CustomerGateway:
    return CustomerGateway(
        id=text(raw, "CustomerGatewayId"),
        name=_ec2_name(raw, "CustomerGatewayId"),
        state=text(raw, "State"),
        address=text(raw, "IpAddress"),
        asn=number(raw, "BgpAsnExtended") or number(raw, "BgpAsn"),
        certificate=bool(text(raw, "CertificateArn")),
    )


def _selector(raw: Json, member: str) -> IPv4Network | None:
    found = network(at(raw, "Options", member))
    return None if found == ANYWHERE else found


def _aws_connection(raw: Json, gateways: Iterable[CustomerGateway], told: Iterable[TunnelStatus]) -> AwsConnection:
    customer = text(raw, "CustomerGatewayId")
    return AwsConnection(
        id=text(raw, "VpnConnectionId"),
        name=_ec2_name(raw, "VpnConnectionId"),
        state=text(raw, "State"),
        static=flag(raw, "Options", "StaticRoutesOnly") or False,
        customer_gateway=next((one for one in gateways if customer and one.id == customer), None),
        customer_gateway_id=customer,
        routes=tuple(
            text(one, "DestinationCidrBlock")
            for one in entries(raw, "Routes")
            if text(one, "State") not in ("deleted", "deleting") and text(one, "DestinationCidrBlock")
        ),
        tunnels=_aws_tunnels(raw, told),
        azure_range=_selector(raw, "LocalIpv4NetworkCidr"),
        aws_range=_selector(raw, "RemoteIpv4NetworkCidr"),
        tags=_ec2_tags(raw),
    )


def _aws_gateway(raw: Json) -> AwsGateway:
    transit = bool(text(raw, "TransitGatewayId"))
    attached = [one for one in entries(raw, "VpcAttachments") if text(one, "State") != "detached"]
    return AwsGateway(
        id=text(raw, "TransitGatewayId" if transit else "VpnGatewayId"),
        name=_ec2_name(raw, "TransitGatewayId" if transit else "VpnGatewayId"),
        kind="tgw" if transit else "vgw",
        state=text(raw, "State"),
        asn=number(raw, "Options", "AmazonSideAsn") if transit else number(raw, "AmazonSideAsn"),
        vpc_id=text(attached[0], "VpcId") if attached else "",
        attachment=text(attached[0], "State") if attached else "",
    )


def _vpc(raw: Json) -> Vpc:
    ranges = [
        text(one, "CidrBlock")
        for one in entries(raw, "CidrBlockAssociationSet")
        if text(one, "CidrBlockState", "State") in ("associated", "associating", "")
    ]
    return Vpc(text(raw, "VpcId"), _ec2_name(raw, "VpcId"), tuple(filter(None, ranges or [text(raw, "CidrBlock")])))


def _aws_subnet(raw: Json) -> AwsSubnet:
    return AwsSubnet(text(raw, "SubnetId"), _ec2_name(raw, "SubnetId"), text(raw, "CidrBlock"), text(raw, "VpcId"))


_TARGETS = (
    "GatewayId",
    "TransitGatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "VpcPeeringConnectionId",
    "CarrierGatewayId",
    "LocalGatewayId",
    "CoreNetworkArn",
)


def _aws_route(raw: Json) -> AwsRoute:
    return AwsRoute(
        prefix=text(raw, "DestinationCidrBlock"),
        target=next((text(raw, name) for name in _TARGETS if text(raw, name)), ""),
        state=text(raw, "State"),
        propagated=text(raw, "Origin") == "EnableVgwRoutePropagation",
    )


def _aws_route_table(raw: Json) -> AwsRouteTable:
    associations = [
        one for one in entries(raw, "Associations") if text(one, "AssociationState", "State") in ("associated", "")
    ]
    return AwsRouteTable(
        id=text(raw, "RouteTableId"),
        name=_ec2_name(raw, "RouteTableId"),
        vpc_id=text(raw, "VpcId"),
        main=any(flag(one, "Main") for one in associations),
        subnets=tuple(text(one, "SubnetId") for one in associations if text(one, "SubnetId")),
        propagating=tuple(text(one, "GatewayId") for one in entries(raw, "PropagatingVgws")),
        routes=tuple(one for one in map(_aws_route, entries(raw, "Routes")) if one.prefix),
    )


def _permission(raw: Json) -> Permission:
    return Permission(
        protocol=text(raw, "IpProtocol"),
        cidrs=tuple(filter(None, (text(one, "CidrIp") for one in entries(raw, "IpRanges")))),
        first_port=number(raw, "FromPort"),
        last_port=number(raw, "ToPort"),
    )


def _aws_security_group(raw: Json) -> AwsSecurityGroup:
    return AwsSecurityGroup(
        id=text(raw, "GroupId"),
        name=text(raw, "GroupName") or _ec2_name(raw, "GroupId"),
        vpc_id=text(raw, "VpcId"),
        inbound=tuple(map(_permission, entries(raw, "IpPermissions"))),
        outbound=tuple(map(_permission, entries(raw, "IpPermissionsEgress"))),
    )


def _every_port(entry: Json) -> bool:
    """Of TCP and UDP an entry has a range of ports, of ICMP a type and a code, -1 for all."""
    ports = number(entry, "PortRange", "From"), number(entry, "PortRange", "To")
    return ports in ((None, None), (0, 65535)) and at(entry, "IcmpTypeCode", "Type") in (None, -1)


def _network_acl(raw: Json) -> NetworkAcl:
    return NetworkAcl(
        id=text(raw, "NetworkAclId"),
        name=_ec2_name(raw, "NetworkAclId"),
        vpc_id=text(raw, "VpcId"),
        subnets=tuple(text(one, "SubnetId") for one in entries(raw, "Associations") if text(one, "SubnetId")),
        entries=tuple(
            AclEntry(
                order=number(one, "RuleNumber") or 0,
                outbound=flag(one, "Egress") or False,
                allow=text(one, "RuleAction").lower() == "allow",
                cidr=text(one, "CidrBlock"),
                protocol=text(one, "Protocol") or "-1",
                whole=_every_port(one),
            )
            for one in entries(raw, "Entries")
            if text(one, "CidrBlock")
        ),
    )


AWS_PARTS = (
    "vpn_connections",
    "customer_gateways",
    "vpcs",
    "subnets",
    "route_tables",
    "security_groups",
    "network_acls",
    "fingerprints",
)


AWS_NETWORK_PARTS = ("vpcs", "subnets", "route_tables", "security_groups", "network_acls")


def aws_reading(raw: object) -> AwsReading | None:
    """:returns: None where AWS was not read at all"""
    if not isinstance(raw, Mapping):
        return None
    status = status_of(at(raw, "status"), "aws")
    customers = tuple(map(_customer_gateway, entries(raw, "customer_gateways")))
    gateway, transit = at(raw, "gateway"), at(raw, "transit")
    found = _aws_gateway(gateway) if isinstance(gateway, Mapping) else None
    unread = unread_parts(raw, AWS_PARTS)
    if not entries(raw, "vpcs"):
        unread |= dict.fromkeys(AWS_NETWORK_PARTS, "the gateway leads to no VPC") | unread
    counts, maintenance = at(raw, "counts"), at(raw, "maintenance")
    return AwsReading(
        region=text(raw, "region"),
        kind=text(raw, "kind") or (found.kind if found else "vgw"),
        gateway=found,
        asn=number(raw, "asn") or (found.asn if found else None) or status.asn,
        connections=tuple(
            _aws_connection(one, customers, status.tunnels)
            for one in entries(raw, "vpn_connections")
            if text(one, "State") not in ec2.GONE
        ),
        customer_gateways=customers,
        vpcs=tuple(map(_vpc, entries(raw, "vpcs"))),
        subnets=tuple(map(_aws_subnet, entries(raw, "subnets"))),
        route_tables=tuple(map(_aws_route_table, entries(raw, "route_tables"))),
        security_groups=tuple(map(_aws_security_group, entries(raw, "security_groups"))),
        network_acls=tuple(map(_network_acl, entries(raw, "network_acls"))),
        counts={
            str(name): value
            for name, value in (counts.items() if isinstance(counts, Mapping) else ())
            if isinstance(value, int)
        },
        maintenance={
            str(address): value
            for address, value in (maintenance.items() if isinstance(maintenance, Mapping) else ())
            if isinstance(value, Mapping)
        },
        fingerprints=prints_of(at(raw, "fingerprints")),
        status=status,
        unread=unread,
        transit=transit if isinstance(transit, Mapping) else {},
    )
