# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes and filters behind the gateways, and how much of the link may fail before it is gone."""

from __future__ import annotations

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import filters, paths
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.case import CONNECTED, Case
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.causes_networks import (
    Gate,
    acl_gates,
    aws_ways,
    azure_ways,
    nsg_gates,
    security_group_gates,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import (
    AWS,
    AZURE,
    BOTH,
    ERROR,
    WARNING,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading import (
    networks,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.registry import (
    Finding,
    Findings,
    check,
    compared,
    words,
)

SEE = "See the causes."


@check("routes.learned_azure", ERROR, AZURE, needs=("azure.learned_routes",))
def learned_azure(case: Case) -> Findings:
    """Azure's gateway has learned AWS's ranges from this link's peers.

    Source: MS, getLearnedRoutes
    """
    for prefix in paths.to_be_learned(case) if case.bgp else ():
        ok = paths.learned_by_azure(case, prefix)
        yield Finding(str(prefix), ok, "learned", "learned" if ok else "not learned", SEE)


@check("routes.learned_aws", ERROR, AWS, needs=("aws.route_tables",))
def learned_aws(case: Case) -> Findings:
    """AWS's gateway has Azure's ranges: propagated into a route table of the VPC, its only place to be seen.

    Source: AWS, DescribeRouteTables: EnableVgwRoutePropagation; transit gateways: SearchTransitGatewayRoutes
    """
    for prefix in case.azure_ranges:
        ok = paths.learned_by_aws(case, prefix)
        yield Finding(str(prefix), ok, "learned", "learned" if ok else "not learned", SEE)


@check("routes.advertised_azure", ERROR, AZURE, needs=("azure.advertised_routes",))
def advertised_azure(case: Case) -> Findings:
    """Azure tells each AWS peer of its own ranges.

    Source: MS, getAdvertisedRoutes
    """
    for one in case.used if case.bgp else ():
        peer = case.peer(one)
        told = case.in_azure.advertised.get(peer.peer_address) if peer else None
        if peer is None or peer.state != CONNECTED or told is None:
            continue
        ok = filters.covers(networks(told), case.azure_ranges)
        remedy = "Look for a custom route or NAT rule on the gateway; a new session takes a minute to announce."
        yield Finding(
            f"to {peer.peer_address}", ok, words(list(map(str, case.azure_ranges))), words(told), remedy, one.name
        )


@check("routes.from_azure", ERROR, AZURE, needs=("azure.virtual_network", "azure.route_tables"))
def from_azure(case: Case) -> Findings:
    """From the app subnet the partner's range leads to the gateway: longest prefix, then user-defined before BGP.

    Source: MS, virtual network traffic routing
    """
    for one in azure_ways(case):
        ok = one.way.ok or (case.plan is None and one.way.by_appliance)  # which may be meant
        yield Finding(f"subnet {one.name}", ok, "to the gateway", one.way.words(), SEE)


@check("routes.from_aws", ERROR, AWS, needs=("aws.subnets", "aws.route_tables"))
def from_aws(case: Case) -> Findings:
    """From the app subnet the partner's range leads to the gateway: its route table takes the gateway's routes.

    Source: AWS, route priority and EnableVgwRoutePropagation
    """
    for one in aws_ways(case):
        yield Finding(f"subnet {one.name}, route table {one.table}", one.way.ok, "to the gateway", one.way.words(), SEE)


@check("routes.gateway_subnet", ERROR, AZURE, needs=("azure.virtual_network", "azure.route_tables"))
def gateway_subnet(case: Case) -> Findings:
    """GatewaySubnet's route table, if there is one, takes BGP's routes and has none for everything.

    Source: MS, VPN gateway settings; EXP for propagation
    """
    network = case.in_azure.network
    table = case.in_azure.route_table(network.gateway_subnet if network else None)
    if table is not None:
        yield compared(f"{table.name}, BGP propagation", True, not table.propagation_disabled, "Switch propagation on.")
        found = "there" if any(one.prefix == "0.0.0.0/0" for one in table.routes) else "none"
        yield compared(
            f"{table.name}, route 0.0.0.0/0", "none", found, "Take the route out: Azure does not support it."
        )


@check("ranges.apart", ERROR, BOTH, needs=("azure.virtual_network", "aws.vpcs"))
def ranges_apart(case: Case) -> Findings:
    """The networks of both sides, and what is peered with Azure's, have no address in common.

    Source: MS, VPN Gateway FAQ; AWS, VPC route priority
    """
    network, vpc = case.in_azure.network, case.vpc
    if network is None or vpc is None:
        return
    for name, ranges in ((network.name, network.ranges), (f"peers of {network.name}", network.peered)):
        shared = filters.overlapping(networks(ranges), networks(vpc.ranges))
        if ranges:
            said = words([str(one) for one in shared]) if shared else "apart"
            yield compared(f"{name} and {vpc.name}", "apart", said, "Renumber one of them: neither can be reached.")


# --------------------------------------------------------------------------------------------------------------- reach


def _closed(case: Case, gates: list[Gate]) -> Findings:
    """Without a plan a filter that closes may be meant: what it lets through is the user's own matter, unless it is
    nothing at all."""
    for one in gates:
        bad = one.reach.closed if case.plan is not None else one.reach.shut
        resource = f"{one.what} {one.name}, {one.direction}, {one.subnet}"
        yield Finding(resource, not bad, "open", one.reach.words(), SEE)


@check("reach.nsg", ERROR, AZURE, needs=("azure.virtual_network", "azure.security_groups"))
def nsg(case: Case) -> Findings:
    """Azure's security groups let the partner's admitted range in, and its range out; rule by rule, by priority.

    Source: MS, network security groups and service tags
    """
    yield from _closed(case, list(nsg_gates(case)))


@check("reach.security_group", ERROR, AWS, planned=True, needs=("aws.security_groups",))
def security_group(case: Case) -> Findings:
    """AWS's security group lets Azure's admitted range in, and its range out.

    Source: AWS, security group rules
    """
    yield from _closed(case, list(security_group_gates(case)))


@check("reach.network_acl", ERROR, AWS, needs=("aws.subnets", "aws.network_acls"))
def network_acl(case: Case) -> Findings:
    """The network ACL of AWS's subnet lets Azure's range in and out; rule by rule, by number.

    Source: AWS, network ACLs: they keep no state
    """
    yield from _closed(case, list(acl_gates(case)))


@check("reach.partial", WARNING, BOTH, planned=True)
def partial(case: Case) -> Findings:
    """No filter stops some ports of the partner's admitted range.

    Source: MS, network security groups; AWS, security groups and network ACLs
    """
    for one in (*nsg_gates(case), *security_group_gates(case), *acl_gates(case)):
        if one.reach.partly and not one.reach.closed:
            yield Finding(
                f"{one.what} {one.name}, {one.direction}, {one.subnet}",
                False,
                "open",
                one.reach.words(),
                "Right, if you want it so.",
            )


@check("reach.wider", WARNING, BOTH, planned=True, needs=("azure.virtual_network", "azure.security_groups"))
def wider(case: Case) -> Findings:
    """Azure's app subnet admits of AWS's network what is planned, and no more.

    Source: MS, service tags: VirtualNetwork holds all that lies behind the gateway
    """
    network = case.in_azure.network
    others = filters.without(case.aws_ranges, case.admitted_by_azure)
    for one in case.azure_subnets if network and others else ():
        vnet = networks((*network.ranges, *network.peered)) if network else ()
        group = case.in_azure.security_group(one)
        reach = filters.azure_reach(group, "inbound", networks(one.ranges), others, vnet)
        largest = sorted(reach.open, key=lambda each: each.prefixlen)
        found = f"{largest[0]}{' and others' if len(largest) > 1 else ''}" if largest else "none"
        remedy = "Run site.yml again, or widen the plan: s2s_vpn_admit: networks."
        yield Finding(f"subnet {one.name}, other AWS ranges", not reach.open, "none", found, remedy)


# ---------------------------------------------------------------------------------------------------------- redundancy


@check("redundancy.azure", WARNING, AZURE, needs=("azure.connections",))
def azure_instances(case: Case) -> Findings:
    """Each instance of Azure's gateway has a tunnel up.

    Source: MS, highly available VPN gateways
    """
    gateway = case.in_azure.gateway
    for one in gateway.instances if gateway else ():
        mine = [pair for ends, pair in zip(case.ends, case.pairs, strict=True) if ends.instance == one]
        if not mine:
            yield Finding(f"instance {one.index}", False, "a tunnel up", "no tunnel", "Lead a connection to it.")
            continue
        up = [pair.name for pair in mine if pair.up_for(AZURE)]
        yield Finding(f"instance {one.index}", bool(up), "a tunnel up", words(up) if up else "all down", SEE)


@check("redundancy.aws", WARNING, AWS, needs=("aws.vpn_connections",))
def aws_connections(case: Case) -> Findings:
    """Each VPN connection has a tunnel up; without the other it is gone when AWS exchanges an endpoint.

    Source: AWS, Site-to-Site VPN: two tunnels for redundancy
    """
    for name in dict.fromkeys(one.group for one in case.ends if one.aws_connection):
        mine = [pair for ends, pair in zip(case.ends, case.pairs, strict=True) if ends.group == name]
        up = [pair.name for pair in mine if pair.up_for(AWS)]
        yield Finding(name, bool(up), "a tunnel up", words(up) if up else "all down", SEE)


@check("redundancy.both_tunnels", WARNING, BOTH, needs=("aws.vpn_connections", "azure.connections"))
def both_tunnels(case: Case) -> Findings:
    """Azure's connections use both tunnels of each VPN connection, where BGP can choose between them.

    Source: AWS, endpoint replacements: one tunnel at a time
    """
    for name in dict.fromkeys(one.group for one in case.ends if one.aws_connection) if case.bgp else ():
        idle = [one.name for one in case.ends if one.group == name and one.connection is None]
        remedy = "Make a local network gateway and a connection for the other tunnel."
        yield Finding(name, not idle, "both used", f"unused: {words(idle)}" if idle else "both used", remedy)
