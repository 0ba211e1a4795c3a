# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where packets for the partner's ranges really go, worked out from the routes of both networks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import reading, reading_aws, reading_azure
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.case import Case, aws_inside
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.filters import (
    Networks,
    covers,
    overlapping,
    without,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading import (
    networks,
)

GATEWAY = "gateway"  # of the link, on either side


@dataclass(frozen=True)
class Hop:
    """``target`` is GATEWAY or where else it leads; a higher ``weight`` wins among routes of one length."""

    prefix: IPv4Network
    target: str
    weight: int
    name: str


@dataclass(frozen=True)
class Way:
    """What becomes of the ranges asked for. ``elsewhere`` are (range, target, name of the route)."""

    through: Networks
    elsewhere: tuple[tuple[IPv4Network, str, str], ...]
    nowhere: Networks

    @property
    def ok(self) -> bool:
        return not self.elsewhere and not self.nowhere

    @property
    def by_appliance(self) -> bool:
        """Whether what does not lead to the gateway leads to a firewall of the user's, which may pass it on."""
        return not self.nowhere and all(
            target.lower() == "virtualappliance" for _prefix, target, _name in self.elsewhere
        )

    def words(self) -> str:
        said = [f"{prefix} to {target} by {name}" for prefix, target, name in self.elsewhere]
        said += [f"no route for {', '.join(map(str, self.nowhere))}"] if self.nowhere else []
        return "; ".join(said) or "to the gateway"


def way(hops: Iterable[Hop], wanted: Networks) -> Way:
    """The longest prefix wins, then the weight."""
    left, through, elsewhere = wanted, [], []
    for hop in sorted(hops, key=lambda one: (-one.prefix.prefixlen, -one.weight)):
        taken = overlapping(left, [hop.prefix])
        left = without(left, taken)
        for part in taken:
            if hop.target == GATEWAY:
                through.append(part)
            else:
                elsewhere.append((part, hop.target, hop.name))
    return Way(tuple(through), tuple(elsewhere), left)


def azure_way(case: Case, table: reading_azure.AzureRouteTable | None, wanted: Networks) -> Way:
    """From a subnet to AWS: user-defined routes before those of the gateway, of one length
    (MS, virtual network traffic routing). The gateway's routes are those that it ought to have: what it lacks is told
    as such."""
    hops = []
    for route in table.routes if table else ():
        prefix = reading.network(route.prefix)
        if prefix is not None:
            target = GATEWAY if route.next_hop.lower() == "virtualnetworkgateway" else route.next_hop or "nowhere"
            hops.append(Hop(prefix, target, 2, f"route {route.name}"))
    if table is None or not table.propagation_disabled:
        hops += [Hop(prefix, GATEWAY, 1, "the gateway's route") for prefix in _behind_azure(case)]
    return way(hops, wanted)


def _behind_azure(case: Case) -> Networks:
    """With BGP what AWS has, static what the local network gateways say."""
    if case.bgp:
        return case.aws_ranges
    local = [one.connection.local for one in case.used if one.connection and one.connection.local]
    return networks(prefix for one in local for prefix in one.prefixes)


def aws_way(case: Case, table: reading_aws.AwsRouteTable | None, wanted: Networks) -> Way:
    """From a subnet to Azure: local and static routes before propagated ones, of one length (AWS, route priority).

    What the gateway would propagate counts as there where propagation is on; a transit gateway propagates nothing into
    a VPC's table.
    """
    gateway = case.aws_gateway_id
    hops = []
    for route in table.routes if table else ():
        prefix = reading.network(route.prefix)
        if prefix is None or route.propagated:
            continue
        target = GATEWAY if gateway and route.target == gateway else route.target or "nowhere"
        if route.state == "blackhole":
            target = "nowhere (blackhole)"
        hops.append(Hop(prefix, target, 2, f"route {route.prefix} of {table.name if table else '?'}"))
    if table is not None and gateway and gateway in table.propagating:
        hops += [Hop(prefix, GATEWAY, 1, "propagation") for prefix in _behind_aws(case)]
    return way(hops, wanted)


def _behind_aws(case: Case) -> Networks:
    """With BGP what Azure has, static the routes of the VPN connections."""
    if case.bgp:
        return case.azure_ranges
    return networks(prefix for one in case.used if one.aws_connection for prefix in one.aws_connection.routes)


def learned_by_azure(case: Case, prefix: IPv4Network) -> bool:
    """Whether the gateway has learned the range, or a larger one, from this link's peers."""
    if case.azure is None:
        return False
    peers = set(filter(None, map(aws_inside, case.used)))
    found = [
        one.prefix
        for one in case.azure.status.learned_routes
        if one.source_peer in (None, "", *peers) or one.next_hop in peers
    ]
    return covers(networks(found), [prefix])


def to_be_learned(case: Case) -> Networks:
    """AWS's ranges that Azure is to learn. Not every VPC of a transit gateway need be told of: one will do."""
    if case.plan is not None or case.vpc is not None:
        return case.aws_ranges
    return tuple(one for one in case.aws_ranges if learned_by_azure(case, one)) or case.aws_ranges


def learned_by_aws(case: Case, prefix: IPv4Network) -> bool:
    return case.aws is not None and covers(networks(one.prefix for one in case.aws.status.learned_routes), [prefix])
