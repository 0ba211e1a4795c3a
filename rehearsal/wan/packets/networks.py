"""What lies behind the gateways: VNets and VPCs, their subnets, routes and filters. Values only.

A `Rule` is one of a network security group, a security group or a network ACL. Prefixes in it are CIDRs; one of a
service tag of Azure is the tag's name.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..transit import Transit

ANY = ("*",)
FIRST_HOST = 4  # the number of the machine that is always in a subnet: both clouds keep the addresses below


@dataclass(frozen=True)
class Rule:
    """`order` decides (NSG: priority, ACL: number); `protocol`: tcp, udp, icmp, a number or *; ports: 80 or 80-90."""

    name: str
    inbound: bool
    allow: bool
    order: int = 0
    protocol: str = "*"
    sources: tuple[str, ...] = ANY
    destinations: tuple[str, ...] = ANY
    source_ports: tuple[str, ...] = ANY
    destination_ports: tuple[str, ...] = ANY


@dataclass(frozen=True)
class Machine:
    """A machine that somebody made. `rules`: its own, beside those of its subnet; None without any."""

    name: str
    address: str
    rules: tuple[Rule, ...] | None = None


# --- Azure ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class UserRoute:
    """Of a route table; `kind` is Azure's nextHopType."""

    prefix: str
    kind: str
    address: str = ""


@dataclass(frozen=True)
class AzureSubnet:
    """`rules` is None without a network security group; `propagation`: the gateway's routes are taken."""

    name: str
    prefix: str
    rules: tuple[Rule, ...] | None = None
    routes: tuple[UserRoute, ...] = ()
    propagation: bool = True
    machines: tuple[Machine, ...] = ()


@dataclass(frozen=True)
class Vnet:
    """`id` in lower case."""

    id: str
    prefixes: tuple[str, ...]
    subnets: tuple[AzureSubnet, ...] = ()


# --- AWS --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VpcRoute:
    """`target`: id of a gateway; empty where the route leads out of what is built here."""

    prefix: str
    target: str


@dataclass(frozen=True)
class AwsSubnet:
    id: str
    prefix: str
    routes: tuple[VpcRoute, ...] = ()
    acl: tuple[Rule, ...] = ()
    machines: tuple[Machine, ...] = ()


@dataclass(frozen=True)
class Vpc:
    """`groups`: the rules of all security groups together, for a machine that nobody made."""

    id: str
    prefixes: tuple[str, ...]
    subnets: tuple[AwsSubnet, ...] = ()
    groups: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class AwsGateway:
    """A virtual private gateway (one VPC) or a transit gateway. Without `tables` everybody there reaches everybody."""

    id: str
    vpcs: tuple[str, ...]
    transit: bool = False
    ecmp: bool = False
    tables: Transit | None = None


@dataclass(frozen=True)
class AwsNetwork:
    gateways: tuple[AwsGateway, ...] = ()
    vpcs: tuple[Vpc, ...] = ()
