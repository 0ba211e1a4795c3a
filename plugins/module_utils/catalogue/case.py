# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that checks and causes look at: both readings, the plan, the tunnels and the networks behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import filters, reading, reading_azure
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.filters import Networks
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import (
    AWS,
    AZURE,
    DOWN,
    SPARE,
    UNKNOWN,
    UP,
    AwsEnd,
    AzureEnd,
    Options,
    TunnelPair,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.pairs import Ends, Met, found_ends, planned_ends
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading import (
    networks,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading_aws import (
    AwsReading,
    AwsRouteTable,
    AwsSubnet,
    Vpc,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading_azure import (
    AzureReading,
    AzureSubnet,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.ec2 import STATES, session_state
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.status import BgpPeer, TunnelStatus

Json = Mapping[str, Any]
CONNECTED = "connected"


@dataclass(frozen=True)
class Case:
    """``pairs`` are the ends of ``ends`` as a report shows them, in the same order."""

    azure: AzureReading | None
    aws: AwsReading | None
    plan: Json | None
    options: Options = field(default_factory=Options)

    @cached_property
    def ends(self) -> list[Ends]:
        if self.plan is not None:
            return planned_ends(self.plan, self.azure, self.aws)
        return found_ends(self.azure, self.aws, self.options.spares)

    @cached_property
    def pairs(self) -> list[TunnelPair]:
        return [_pair(self, one) for one in self.ends]

    @cached_property
    def pair_of(self) -> dict[str, TunnelPair]:
        return {one.name: one for one in self.pairs}

    @cached_property
    def used(self) -> list[Ends]:
        """The tunnels that are to be up."""
        return [one for one in self.ends if one.expected == UP]

    @cached_property
    def met(self) -> list[Met]:
        """Those of which both ends' settings are known."""
        return [
            Met(one, one.connection, one.aws_connection, one.aws)
            for one in self.used
            if one.connection is not None and one.aws_connection is not None and one.aws is not None
        ]

    @property
    def in_azure(self) -> AzureReading:
        """For checks and causes that are not asked without it."""
        if self.azure is None:
            raise ValueError("asked of Azure, which was not read")
        return self.azure

    @property
    def in_aws(self) -> AwsReading:
        if self.aws is None:
            raise ValueError("asked of AWS, which was not read")
        return self.aws

    def is_up(self, ends: Ends) -> bool:
        return self.pair_of[ends.name].state == UP

    def ipsec_is_up(self, ends: Ends) -> bool:
        """Whether IKE and IPsec have come up, though BGP may not have."""
        pair = self.pair_of[ends.name]
        return pair.state == UP or pair.aws.state == UP or pair.aws.message == "IPSEC IS UP"

    @cached_property
    def bgp(self) -> bool:
        """Whether the link is to speak BGP: as planned, else as most of its ends are told."""
        if self.plan is not None:
            return reading.text(self.plan, "routing") != "static"
        votes = [one.connection.bgp for one in self.ends if one.connection]
        votes += [not one.aws_connection.static for one in self.ends if one.aws_connection]
        return 2 * sum(votes) >= len(votes)

    # ---------------------------------------------------------------------------------------------- the plan's values

    def planned(self, *path: str) -> Any:
        return reading.at(self.plan, *path)

    def planned_entries(self, *path: str) -> list[Json]:
        return reading.entries(self.plan, *path)

    # -------------------------------------------------------------------------------------------------- the networks

    @cached_property
    def azure_ranges(self) -> Networks:
        """The VNet's, as planned or found: what AWS is to learn."""
        planned = networks(reading.texts(self.plan, "expect", "aws_learns"))
        return planned or networks(self.azure.network.ranges if self.azure and self.azure.network else ())

    @cached_property
    def vpc(self) -> Vpc | None:
        """The VPC at the gateway; while it has none, the planned one, or the only one that was read."""
        if self.aws is None:
            return None
        attached = self.aws.gateway.vpc_id if self.aws.gateway else ""
        found = [one for one in self.aws.vpcs if one.id == attached]
        name = reading.text(self.plan, "aws", "network", "vpc", "name")
        found += [one for one in self.aws.vpcs if name and one.name == name]
        return found[0] if found else self.aws.vpcs[0] if len(self.aws.vpcs) == 1 else None

    @cached_property
    def aws_ranges(self) -> Networks:
        """The VPC's, as planned or found: what Azure is to learn."""
        planned = networks(reading.texts(self.plan, "expect", "azure_learns"))
        if planned:
            return planned
        if self.vpc:
            return networks(self.vpc.ranges)
        return networks(cidr for one in (self.aws.vpcs if self.aws else ()) for cidr in one.ranges)

    @cached_property
    def azure_subnets(self) -> tuple[AzureSubnet, ...]:
        """The subnets whose hosts use the link: the planned app subnet, else all that are not the gateway's."""
        if self.azure is None or self.azure.network is None:
            return ()
        name = reading.text(self.plan, "azure", "network", "app_subnet", "name")
        if not name:
            return self.azure.network.host_subnets
        found = self.azure.network.subnet(name)
        return (found,) if found else ()

    @cached_property
    def aws_subnets(self) -> tuple[AwsSubnet, ...]:
        if self.aws is None:
            return ()
        here = tuple(one for one in self.aws.subnets if self.vpc is None or one.vpc_id == self.vpc.id)
        cidr = reading.text(self.plan, "aws", "network", "app_subnet", "cidr")
        return tuple(one for one in here if reading.same_prefix(one.cidr, cidr)) if cidr else here

    @cached_property
    def azure_subnet_ranges(self) -> Networks:
        planned = networks([reading.at(self.plan, "azure", "network", "app_subnet", "cidr")])
        return planned or networks(cidr for one in self.azure_subnets for cidr in one.ranges) or self.azure_ranges

    @cached_property
    def aws_subnet_ranges(self) -> Networks:
        planned = networks([reading.at(self.plan, "aws", "network", "app_subnet", "cidr")])
        return planned or networks(one.cidr for one in self.aws_subnets) or self.aws_ranges

    @cached_property
    def azure_app(self) -> Networks:
        """Where hosts use the link: the app subnet, and the network's further ranges as a whole."""
        more = networks(reading.texts(self.plan, "azure", "network", "vnet", "more_cidrs"))
        return (*filters.without(self.azure_subnet_ranges, more), *more)

    @cached_property
    def aws_app(self) -> Networks:
        more = networks(reading.texts(self.plan, "aws", "network", "vpc", "more_cidrs"))
        return (*filters.without(self.aws_subnet_ranges, more), *more)

    @cached_property
    def admitted_by_azure(self) -> Networks:
        """AWS's ranges that Azure is to admit: what the planned rules come to, else the app subnets'."""
        rules = [planned_rule(one) for one in self.planned_entries("azure", "network", "nsg", "rules")]
        if not rules or not self.aws_ranges:
            return self.aws_app
        virtual = (*self.azure_ranges, *self.aws_ranges)
        return filters.judge(filters.azure_rules(rules, "inbound", self.azure_app, virtual), self.aws_ranges).open

    @cached_property
    def admitted_by_aws(self) -> Networks:
        """Azure's ranges that AWS is to admit."""
        rules = self.planned_entries("aws", "network", "security_group", "rules")
        return networks(cidr for one in rules for cidr in reading.texts(one, "cidr_ip")) or self.azure_app

    def aws_table(self, subnet: AwsSubnet) -> AwsRouteTable | None:
        return self.aws.route_table(subnet) if self.aws else None

    @cached_property
    def aws_gateway_id(self) -> str:
        """Where routes to Azure must lead."""
        return self.aws.gateway.id if self.aws and self.aws.gateway else ""

    # ------------------------------------------------------------------------------------------------ what they say

    def peer(self, ends: Ends) -> BgpPeer | None:
        """Azure's session with AWS's inside address on the instance that the tunnel ends on."""
        if self.azure is None:
            return None
        address = aws_inside(ends)
        index = ends.instance.index if ends.instance else None
        found = [
            one
            for one in self.azure.status.bgp_peers
            if one.peer_address == address and (index is None or one.instance in (None, index))
        ]
        return next((one for one in found if one.state == CONNECTED), found[0] if found else None)


def planned_rule(raw: Json) -> reading_azure.NsgRule:
    """A rule of the plan, as one that Azure has."""
    port = reading.text(raw, "source_port_range"), reading.text(raw, "destination_port_range")
    return reading_azure.NsgRule(
        name=reading.text(raw, "name"),
        priority=reading.number(raw, "priority") or 0,
        direction=reading.text(raw, "direction").lower(),
        access=reading.text(raw, "access").lower(),
        protocol=reading.text(raw, "protocol"),
        sources=tuple(reading.texts(raw, "source_address_prefix")),
        destinations=tuple(reading.texts(raw, "destination_address_prefix")),
        source_ports=(port[0],),
        destination_ports=(port[1],),
    )


def aws_inside(ends: Ends) -> str:
    """AWS's address inside the tunnel, as it is, else as planned."""
    return (ends.aws.aws_inside if ends.aws else "") or reading.text(ends.planned, "aws_inside_address")


def azure_inside(ends: Ends) -> str:
    """Azure's address inside the tunnel, as AWS expects it, else as planned."""
    return (ends.aws.azure_inside if ends.aws else "") or reading.text(ends.planned, "azure_inside_address")


def _azure_status(case: Case, ends: Ends) -> TunnelStatus | None:
    """At the instance that the tunnel ends on. An active/active gateway tries every connection from both, and AWS
    admits one of them: the other end stays down and that is right (MS, active-active)."""
    if case.azure is None or ends.connection is None:
        return None
    mine = [one for one in case.azure.status.tunnels if one.name.lower() == ends.connection.name.lower()]
    at_instance = [one for one in mine if ends.instance is None or one.instance in (None, ends.instance.index)]
    return next((one for one in at_instance if one.status == UP), at_instance[0] if at_instance else None)


def _azure_end(case: Case, ends: Ends) -> AzureEnd:
    peer = case.peer(ends)
    instance = ends.instance
    end = AzureEnd(
        instance=instance.index if instance else None,
        outside_address=instance.public_address or None if instance else None,
        inside_address=azure_inside(ends) or None,
    )
    if ends.connection is None:
        if ends.expected != UP:
            return replace(end, state=SPARE)
        return end if AZURE in silent(case) else replace(end, state=DOWN, message="no connection")
    status = _azure_status(case, ends)
    state = status.status if status else _plain_state(ends.connection.status)
    message = status.message if status else ends.connection.status
    return replace(
        end,
        connection=ends.connection.name,
        state=state,
        message="" if state == UP else message,
        bgp=peer.state if peer else None,
        routes=peer.routes_received if peer else None,
        bytes_in=status.bytes_in if status else None,
        bytes_out=status.bytes_out if status else None,
    )


def _plain_state(word: str) -> str:
    known = {"connected": UP, "connecting": DOWN, "notconnected": DOWN}
    return known.get(word.lower(), UNKNOWN)


def silent(case: Case) -> set[str]:
    """Clouds that say nothing of tunnels: not read, or connections are a part that could not be."""
    found = set()
    if case.azure is None or "connections" in case.azure.unread:
        found.add(AZURE)
    if case.aws is None or "vpn_connections" in case.aws.unread:
        found.add(AWS)
    return found


def _aws_end(case: Case, ends: Ends) -> AwsEnd:
    name = ends.aws_connection.name if ends.aws_connection else None
    if ends.aws is None:
        told = AWS not in silent(case)
        return AwsEnd(name, state=DOWN if told else UNKNOWN, message="no tunnel" if told else "")
    tunnel = ends.aws
    state = STATES.get(tunnel.status, UNKNOWN)
    bgp = None
    if ends.aws_connection and not ends.aws_connection.static:
        bgp = session_state(state, tunnel.message)
    return AwsEnd(
        connection=name,
        outside_address=tunnel.outside_address,
        inside_address=tunnel.aws_inside or None,
        state=state,
        message=tunnel.message,
        bgp=bgp,
        routes=tunnel.routes,
        since=tunnel.since,
    )


def _pair(case: Case, ends: Ends) -> TunnelPair:
    azure, aws = _azure_end(case, ends), _aws_end(case, ends)
    quiet = silent(case)
    states = {end.state for cloud, end in ((AZURE, azure), (AWS, aws)) if cloud not in quiet}
    if ends.expected != UP:
        state = SPARE if aws.state in (DOWN, UNKNOWN) else aws.state
    elif DOWN in states:
        state = DOWN
    else:
        state = UP if states == {UP} and not quiet else UNKNOWN
    return TunnelPair(ends.name, ends.inside_cidr or None, ends.expected, state, azure, aws)
