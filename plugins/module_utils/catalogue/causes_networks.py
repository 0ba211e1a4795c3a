# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes behind the gateways: ranges, routes and filters. Tunnels may be up, and nothing comes through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import filters, paths, reading, reading_azure
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.case import CONNECTED, Case
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.causes_gateways import names
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import (
    AWS,
    AZURE,
    BOTH,
    CERTAIN,
    DOWN,
    LIKELY,
    POSSIBLE,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading import (
    networks,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading_azure import handle
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.registry import (
    Stage,
    Suspicion,
    Suspicions,
    cause,
    mend,
)

PASSES_NOTHING = "Tunnels may be up, and nothing comes through: "


@cause(
    "ranges-overlap",
    Stage.RANGES,
    BOTH,
    needs=("azure.virtual_network", "aws.vpcs"),
    hides=("route-elsewhere", "propagation-off", "routes-missing"),
)
def ranges_overlap(case: Case) -> Suspicions:
    """The networks of both sides have addresses in common; each keeps them to itself.

    Source: MS, VPN Gateway FAQ and BGP FAQ; AWS, VPC route priority: local first
    """
    network, vpc = case.in_azure.network, case.vpc
    if network is None or vpc is None:
        return
    own, theirs = networks(network.ranges), networks(vpc.ranges)
    shared = filters.overlapping(own, theirs)
    if shared:
        wanted = networks(reading.texts(case.plan, "expect", "aws_learns"))
        side = AZURE if wanted and not filters.covers(wanted, own) else BOTH
        wanted = networks(reading.texts(case.plan, "expect", "azure_learns"))
        side = AWS if side == BOTH and wanted and not filters.covers(wanted, theirs) else side
        yield Suspicion(
            side,
            names(case.used),
            f"Both sides have {', '.join(map(str, shared))}, and each keeps it to itself.",
            (f"virtual network {network.name} has {', '.join(network.ranges)}",),
            (f"VPC {vpc.name} has {', '.join(vpc.ranges)}",),
            "Take the range out of one network, or renumber it: routing cannot tell the two apart.",
        )


@dataclass(frozen=True)
class Subnet:
    """A subnet of one of the clouds, and the way from it to the other side."""

    name: str
    table: str
    way: paths.Way


def azure_ways(case: Case) -> list[Subnet]:
    wanted = case.aws_app
    found = []
    for one in case.azure_subnets:
        table = case.in_azure.route_table(one)
        found.append(Subnet(one.name, table.name if table else "", paths.azure_way(case, table, wanted)))
    return found


def aws_ways(case: Case) -> list[Subnet]:
    wanted = case.azure_app
    found = []
    for one in case.aws_subnets:
        table = case.aws_table(one)
        found.append(Subnet(one.name, table.name if table else "none", paths.aws_way(case, table, wanted)))
    return found


def _cut_off(case: Case, ways: list[Subnet]) -> list[Subnet]:
    """Subnets that do not reach the partner. Without a plan only where none does: some are not meant to."""
    bad = [one for one in ways if not one.way.ok]
    if case.plan is None and len(bad) < len(ways):
        return []
    return bad


@cause("propagation-off", Stage.ROUTES, AZURE, needs=("azure.virtual_network", "azure.route_tables"))
def azure_propagation(case: Case) -> Suspicions:
    """A route table keeps the gateway's routes away from a subnet, or from GatewaySubnet.

    Source: MS, virtual network traffic routing: disableBgpRoutePropagation; EXP for GatewaySubnet
    """
    read = case.in_azure
    bad = [one for one in _cut_off(case, azure_ways(case)) if one.way.nowhere]
    tables = {table.name: table for table in read.route_tables}
    for one in bad:
        table = tables.get(one.table)
        if table is None or not table.propagation_disabled:
            continue
        yield _propagation(case, table, f"subnet {one.name} has {one.way.words()}")
    gateway_table = read.route_table(read.network.gateway_subnet if read.network else None)
    if gateway_table is not None and gateway_table.propagation_disabled:
        yield _propagation(case, gateway_table, "GatewaySubnet has it")


def _propagation(case: Case, table: reading_azure.AzureRouteTable, why: str) -> Suspicion:
    command = f"az network route-table update {handle(table.id)} --disable-bgp-route-propagation false"
    planned = table.name == reading.text(case.plan, "azure", "network", "route_table", "name")
    return Suspicion(
        AZURE,
        names(case.used),
        f"{PASSES_NOTHING}Azure's route table {table.name} keeps BGP's routes away.",
        (f"disableBgpRoutePropagation of route table {table.name} is true", why),
        remedy=mend(case, "it switches propagation on", command) if planned else command,
    )


@cause("route-elsewhere", Stage.ROUTES, AZURE, needs=("azure.virtual_network", "azure.route_tables"))
def azure_route_elsewhere(case: Case) -> Suspicions:
    """A user-defined route of Azure leads the partner's range elsewhere, or nowhere.

    Source: MS, virtual network traffic routing: a user's route goes before BGP's of the same prefix
    """
    ids = {one.name: handle(one.id, "--route-table-name") for one in case.in_azure.route_tables}
    for one in _cut_off(case, azure_ways(case)):
        for prefix, target, name in one.way.elsewhere:
            if case.plan is None and target.lower() == "virtualappliance":
                continue  # a firewall on the way is a design, not a fault
            yield Suspicion(
                AZURE,
                names(case.used),
                f"{PASSES_NOTHING}a route of Azure leads {prefix} to {target}.",
                (f"route table {one.table} of subnet {one.name}: {name} leads {prefix} to {target}",),
                remedy=f"az network route-table route delete {ids.get(one.table)} -n {name.split(' ')[1]}",
            )
    gateway = case.in_azure.network.gateway_subnet if case.in_azure.network else None
    table = case.in_azure.route_table(gateway)
    for route in table.routes if table else ():
        whole = reading.network(route.prefix)
        if whole is None or route.next_hop.lower() not in ("none", "internet"):
            continue
        hit = filters.overlapping([whole], (*case.azure_app, *(() if whole.prefixlen else case.aws_ranges)))
        if hit:
            yield Suspicion(
                AZURE,
                names(case.used),
                f"{PASSES_NOTHING}a route of GatewaySubnet leads {route.prefix} to {route.next_hop}.",
                (f"route table {table.name if table else '?'} of GatewaySubnet: route {route.name}",),
                remedy="Take the route out of GatewaySubnet's route table.",
            )


@cause("propagation-off", Stage.ROUTES, AWS, needs=("aws.subnets", "aws.route_tables"))
def aws_propagation(case: Case) -> Suspicions:
    """The route table of AWS's subnet has no route to Azure: its gateway does not propagate, or the subnet has another
    table.

    Source: AWS, EnableVgwRoutePropagation and subnet route tables
    """
    if case.in_aws.gateway is None:
        return
    for one in _cut_off(case, aws_ways(case)):
        if not one.way.nowhere:
            continue
        table = next((each for each in case.in_aws.route_tables if each.name == one.table), None)
        gateway = case.in_aws.gateway
        propagates = table is not None and gateway.id in table.propagating
        wanted = reading.text(case.plan, "aws", "network", "route_table", "name")
        if propagates and not case.bgp:
            continue  # that is `static-routes-missing`
        if wanted and one.table != wanted:
            said = f"subnet {one.name} has route table {one.table}, not {wanted}"
            remedy = f"it gives {wanted} to subnet {one.name}"
        else:
            said = f"route table {one.table} of subnet {one.name} takes no routes from {gateway.name}"
            remedy = f"it switches propagation on in {one.table}"
        command = (
            f"aws ec2 enable-vgw-route-propagation --gateway-id {gateway.id} --route-table-id"
            f" {table.id if table else '<the table>'}"
            if gateway.kind == "vgw"
            else f"aws ec2 create-route --transit-gateway-id {gateway.id} --destination-cidr-block"
            f" {one.way.nowhere[0]} --route-table-id {table.id if table else '<the table>'}"
        )
        yield Suspicion(
            AWS,
            names(case.used),
            f"{PASSES_NOTHING}AWS's subnet {one.name} has no route to Azure.",
            aws=(said, f"route table {one.table}: {one.way.words()}"),
            remedy=mend(case, remedy, command),
        )


@cause("route-elsewhere", Stage.ROUTES, AWS, needs=("aws.subnets", "aws.route_tables"))
def aws_route_elsewhere(case: Case) -> Suspicions:
    """A route of AWS leads Azure's range elsewhere, or nowhere.

    Source: AWS, route priority: the longest prefix, then static before propagated
    """
    ids = {one.name: one.id for one in case.in_aws.route_tables}
    for one in _cut_off(case, aws_ways(case)):
        for prefix, target, name in one.way.elsewhere:
            if target == "local":
                continue  # that is `ranges-overlap`
            route = name.split(" ")[1]
            yield Suspicion(
                AWS,
                names(case.used),
                f"{PASSES_NOTHING}a route of AWS leads {prefix} to {target}.",
                aws=(f"route table {one.table} of subnet {one.name}: {name} leads to {target}",),
                remedy=f"aws ec2 delete-route --route-table-id {ids.get(one.table)} --destination-cidr-block {route}",
            )


@cause("static-routes-missing", Stage.ROUTES, BOTH, needs=("aws.vpn_connections", "azure.local_gateways"))
def static_routes_missing(case: Case) -> Suspicions:
    """A static link lacks a range: a route of AWS's VPN connection, or a prefix of Azure's local network gateway.

    Source: AWS, CreateVpnConnectionRoute; MS, local network gateways
    """
    for one in case.met if not case.bgp else ():
        missing = filters.without(case.azure_app, networks(one.owner.routes))
        if missing and one.owner.static:
            text = ", ".join(map(str, missing))
            route = f"aws ec2 create-vpn-connection-route --vpn-connection-id {one.owner.id} --destination-cidr-block"
            command = " and ".join(f"{route} {cidr}" for cidr in missing)
            yield Suspicion(
                AWS,
                (one.name,),
                f"{PASSES_NOTHING}AWS has no VPN route for {text}.",
                aws=(f"VPN connection {one.owner.name} has routes {', '.join(one.owner.routes) or 'none'}",),
                remedy=mend(case, "it adds the route", command),
            )
        local = one.connection.local
        missing = filters.without(case.aws_app, networks(local.prefixes if local else ()))
        if local is not None and missing:
            text = ", ".join(map(str, missing))
            yield Suspicion(
                AZURE,
                (one.name,),
                f"{PASSES_NOTHING}Azure has no prefix {text} in the local network gateway.",
                (f"local gateway {local.name} has {', '.join(local.prefixes) or 'no prefix'}",),
                remedy=mend(
                    case,
                    "it writes the prefix",
                    f"az network local-gateway update {handle(local.id)} --address-prefixes"
                    f" {' '.join([*local.prefixes, *map(str, missing)])}",
                ),
            )


@cause("transit-routes", Stage.ROUTES, AWS)
def transit_routes(case: Case) -> Suspicions:
    """A transit gateway does not join the VPN with the VPC: an attachment without a route table, or no propagation.

    Source: AWS, transit gateway route tables
    """
    transit = case.in_aws.transit
    if not transit or case.in_aws.kind != "tgw":
        return
    mine = {one.aws_connection.id for one in case.used if one.aws_connection}
    for attachment in reading.entries(transit, "attachments"):
        kind, resource = reading.text(attachment, "ResourceType"), reading.text(attachment, "ResourceId")
        if kind not in ("vpn", "vpc") or (kind == "vpn" and resource not in mine):
            continue
        table = reading.text(attachment, "Association", "TransitGatewayRouteTableId")
        propagated = any(
            reading.text(one, "ResourceId") == resource or reading.text(one, "TransitGatewayAttachmentId")
            == reading.text(attachment, "TransitGatewayAttachmentId")
            for routes in (reading.at(transit, "propagations") or {}).values()
            for one in reading.entries({"routes": routes}, "routes")
        )  # fmt: skip
        lacks = [] if table else ["no route table"]
        lacks += [] if propagated else ["propagates into no route table"]
        if lacks and reading.text(attachment, "State") in ("available", ""):
            yield Suspicion(
                AWS,
                names(case.used),
                f"{PASSES_NOTHING}the transit gateway does not join {kind} {resource}.",
                aws=(f"attachment of {kind} {resource} has {' and '.join(lacks)}",),
                remedy="aws ec2 associate-transit-gateway-route-table, enable-transit-gateway-route-table-propagation",
                certainty=LIKELY,
            )


@cause("routes-missing", Stage.REST, BOTH, needs=("azure.learned_routes", "aws.vpn_connections"))
def routes_missing(case: Case) -> Suspicions:
    """Sessions are established, and a side has not learned the other's range.

    Source: MS, getLearnedRoutes; AWS, VgwTelemetry
    """
    sessions = [one for one in case.used if (peer := case.peer(one)) is not None and peer.state == CONNECTED]
    if not case.bgp or not sessions:
        return
    missing = [str(one) for one in paths.to_be_learned(case) if not paths.learned_by_azure(case, one)]
    if missing:
        yield Suspicion(
            AWS,
            names(sessions),
            f"BGP is up, and AWS does not announce {', '.join(missing)}.",
            (f"learned routes lack {', '.join(missing)}",),
            remedy="Look at what AWS's gateway is attached to; a new session takes a minute to announce.",
            certainty=LIKELY,
        )
    silent = [one for one in sessions if one.aws and one.aws.status == "UP" and one.aws.routes == 0]
    if silent:
        yield Suspicion(
            AZURE,
            names(silent),
            "BGP is up, and Azure announces nothing that AWS accepts.",
            aws=tuple(f"{one.name}: AWS accepted 0 routes" for one in silent),
            remedy="Look at the advertised routes of Azure's gateway; a new session takes a minute to announce.",
            certainty=LIKELY,
        )


# ------------------------------------------------------------------------------------------------------------- filters


@dataclass(frozen=True)
class Gate:
    """A filter on the way, and what it does to the ranges that it should let through."""

    what: str
    subnet: str
    direction: str
    name: str
    id: str
    reach: filters.Reaches

    @property
    def rules(self) -> list[str]:
        """Names of the rules that close."""
        names = (name for one in self.reach.by_protocol.values() for name in one.closed_by)
        return [name.removeprefix("rule ") for name in dict.fromkeys(names) if name.startswith("rule ")]

    @property
    def words(self) -> str:
        return f"{self.what} {self.name} ({self.direction}) of {self.subnet}: {self.reach.words()}"


def nsg_gates(case: Case) -> Iterator[Gate]:
    """On Azure: in what AWS's hosts send, out what goes to AWS."""
    network = case.in_azure.network
    for one in case.azure_subnets:
        group = case.in_azure.security_group(one)
        own = networks(one.ranges)
        if group is None or network is None:
            continue
        vnet = networks((*network.ranges, *network.peered))
        for direction, theirs in (("inbound", case.admitted_by_azure), ("outbound", case.aws_app)):
            reach = filters.azure_reach(group, direction, own, theirs, vnet)
            yield Gate("NSG", f"subnet {one.name}", direction, group.name, group.id, reach)


def security_group_gates(case: Case) -> Iterator[Gate]:
    """On AWS: the planned group; without a plan each of the VPC's."""
    wanted = reading.text(case.plan, "aws", "network", "security_group", "name")
    for group in case.in_aws.security_groups:
        if (wanted and group.name != wanted) or (case.vpc is not None and group.vpc_id != case.vpc.id):
            continue
        subnet = "the app subnet" if wanted else "its instances"
        into = filters.security_group_reach(group.inbound, case.admitted_by_aws)
        yield Gate("security group", subnet, "inbound", group.name, group.id, into)
        out = filters.security_group_reach(group.outbound, case.azure_app)
        yield Gate("security group", subnet, "outbound", group.name, group.id, out)


def acl_gates(case: Case) -> Iterator[Gate]:
    """Network ACLs keep no state: what comes back counts as much as what goes."""
    for one in case.aws_subnets:
        acl = case.in_aws.network_acl(one)
        if acl is None:
            continue
        for outbound, direction in ((False, "inbound"), (True, "outbound")):
            reach = filters.acl_reach(acl, outbound, case.azure_app)
            yield Gate("network ACL", f"subnet {one.name}", direction, acl.name, acl.id, reach)


def _closed(case: Case, gates: list[Gate]) -> list[Gate]:
    """Gates that keep the link's traffic out. Without a plan only where no gate of a direction lets any through."""
    if case.plan is not None:
        return [one for one in gates if one.reach.closed]
    found = []
    for direction in ("inbound", "outbound"):
        of_direction = [one for one in gates if one.direction == direction]
        if of_direction and all(one.reach.shut for one in of_direction):
            found += of_direction
    return found


def _suspected(case: Case, side: str, gate: Gate, remedy: str) -> Suspicion:
    line = (gate.words,)
    return Suspicion(
        side,
        names(case.used),
        f"{PASSES_NOTHING}{gate.what} {gate.name} closes it ({gate.direction}).",
        line if side == AZURE else (),
        line if side == AWS else (),
        remedy,
        CERTAIN if case.plan is not None else POSSIBLE if gate.what == "security group" else LIKELY,
    )


@cause("nsg-closes", Stage.FILTERS, AZURE, needs=("azure.virtual_network", "azure.security_groups"))
def nsg_closes(case: Case) -> Suspicions:
    """Azure's security group keeps out what AWS's hosts send, or in what goes to them; worked out by priority.

    Source: MS, network security groups and service tags
    """
    planned = {reading.text(one, "name") for one in case.planned_entries("azure", "network", "nsg", "rules")}
    for gate in _closed(case, list(nsg_gates(case))):
        by = gate.rules[0] if gate.rules else ""
        theirs = case.admitted_by_azure if gate.direction == "inbound" else case.aws_app
        end = "source" if gate.direction == "inbound" else "destination"
        opening = (
            f"az network nsg rule create {handle(gate.id, '--nsg-name')} -n allow-aws --access Allow"
            f" --direction {gate.direction} --{end}-address-prefixes {' '.join(map(str, theirs))}"
            f" --priority <below that of {by or 'the rest'}>"
        )
        closing = f"az network nsg rule delete {handle(gate.id, '--nsg-name')} -n {by}"
        by_hand = by and case.plan is not None and by not in planned
        remedy = closing if by_hand else mend(case, "it writes the rules as planned (s2s_vpn_admit)", opening)
        yield _suspected(case, AZURE, gate, remedy)


@cause("security-group-closes", Stage.FILTERS, AWS, needs=("aws.security_groups",))
def security_group_closes(case: Case) -> Suspicions:
    """AWS's security group does not admit Azure's hosts, or does not let answers out.

    Source: AWS, security group rules
    """
    closed = _closed(case, list(security_group_gates(case)))
    # The default group is not the one to open where there are others.
    for gate in [one for one in closed if one.name != "default"] or closed:
        ranges = case.admitted_by_aws if gate.direction == "inbound" else case.azure_app
        word = "ingress" if gate.direction == "inbound" else "egress"
        opening = f"aws ec2 authorize-security-group-{word} --group-id {gate.id} --protocol=-1 --cidr"
        command = " and ".join(f"{opening} {cidr}" for cidr in ranges)
        planned = gate.direction == "inbound"
        yield _suspected(
            case, AWS, gate, mend(case, "it writes the rule (s2s_vpn_admit)", command) if planned else command
        )


@cause("network-acl-closes", Stage.FILTERS, AWS, needs=("aws.subnets", "aws.network_acls"))
def network_acl_closes(case: Case) -> Suspicions:
    """A network ACL of AWS's subnet keeps Azure's range out or in; worked out by rule number.

    Source: AWS, network ACLs
    """
    for gate in _closed(case, list(acl_gates(case))):
        word = "--ingress" if gate.direction == "inbound" else "--egress"
        number = gate.rules[0] if gate.rules else ""
        entry = f"network-acl-entry --network-acl-id {gate.id} {word}"
        opening = f"aws ec2 create-{entry} --rule-action allow --protocol=-1"
        remedy = (
            f"aws ec2 delete-{entry} --rule-number {number}"
            if number and number != "32767"
            else " and ".join(
                f"{opening} --cidr-block {cidr} --rule-number {90 + place}" for place, cidr in enumerate(case.azure_app)
            )
        )
        yield _suspected(case, AWS, gate, remedy)


# ---------------------------------------------------------------------------------------------------------------- rest


@cause("maintenance-pending", Stage.REST, AWS)
def maintenance_pending(case: Case) -> Suspicions:
    """AWS is about to exchange an endpoint of a tunnel that is down.

    Source: AWS, GetVpnTunnelReplacementStatus
    """
    for one in case.used:
        about = case.in_aws.maintenance.get(one.aws.outside_address if one.aws else "")
        if about is None or case.pair_of[one.name].state != DOWN:
            continue
        if not ec2.maintenance_due(about):
            continue
        said = (f"{one.name}: maintenance of {one.aws.outside_address if one.aws else '?'} is pending",)
        yield Suspicion(
            AWS,
            (one.name,),
            "AWS may be exchanging the endpoint.",
            aws=said,
            remedy="aws ec2 replace-vpn-tunnel --apply-pending-maintenance, at a time of your own.",
            certainty=POSSIBLE,
        )
