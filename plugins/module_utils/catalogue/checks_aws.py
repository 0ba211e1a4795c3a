# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS's resources against the plan: is everything there, and as it was planned?"""

from __future__ import annotations

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import reading
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.case import Case
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.causes_gateways import ANOTHER_GATEWAY
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.checks_azure import AGAIN, ranges_of, there
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import AWS, ERROR
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.registry import (
    Finding,
    Findings,
    check,
    compared,
    mend,
    unread,
    words,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.selectors import EVERYTHING, open_aws

NETWORK = ("aws", "network")
GATEWAY = ("aws", "gateway")
REPLACES = "Run change_tunnels.yml: one tunnel after the other is down for some minutes."


@check("aws.vpc", ERROR, AWS, planned=True, needs=("aws.vpcs",))
def vpc(case: Case) -> Findings:
    """The VPC has the planned name and ranges; an adopted one may have more.

    Source: the plan
    """
    name = reading.text(case.plan, *NETWORK, "vpc", "name")
    found = case.vpc
    yield compared("VPC", name, found.name if found else "missing", AGAIN)
    if found is not None:
        yield ranges_of(case, found.name, case.aws_ranges, found.ranges)


@check("aws.subnet", ERROR, AWS, planned=True, needs=("aws.subnets",))
def subnet(case: Case) -> Findings:
    """The app subnet is there, in the VPC.

    Source: the plan
    """
    name, cidr = (reading.text(case.plan, *NETWORK, "app_subnet", member) for member in ("name", "cidr"))
    yield there(f"subnet {name} {cidr}", next(iter(case.aws_subnets), None))


@check("aws.route_table", ERROR, AWS, planned=True, needs=("aws.route_tables", "aws.subnets"))
def route_table(case: Case) -> Findings:
    """The app subnet has the planned route table.

    Source: the plan
    """
    name = reading.text(case.plan, *NETWORK, "route_table", "name")
    for one in case.aws_subnets:
        found = case.aws_table(one)
        yield compared(f"subnet {one.name}", name, found.name if found else "none", AGAIN)


@check("aws.security_group", ERROR, AWS, planned=True, needs=("aws.security_groups",))
def security_group(case: Case) -> Findings:
    """The security group has exactly the planned rules.

    Source: the plan
    """
    name = reading.text(case.plan, *NETWORK, "security_group", "name")
    group = next(
        (
            one
            for one in case.in_aws.security_groups
            if one.name == name and (case.vpc is None or one.vpc_id == case.vpc.id)
        ),
        None,
    )
    yield there(f"security group {name}", group)
    if group is not None:
        wanted = [
            f"all from {cidr}"
            for rule in case.planned_entries(*NETWORK, "security_group", "rules")
            for cidr in reading.texts(rule, "cidr_ip")
        ]
        found = [
            f"{'all' if one.protocol == '-1' else one.protocol} from {cidr}"
            + ("" if one.first_port in (None, -1) else f" port {one.first_port} to {one.last_port}")
            for one in group.inbound
            for cidr in one.cidrs
        ]
        yield compared(name, wanted, found, AGAIN)


# ------------------------------------------------------------------------------------------------------------- gateway


@check("aws.gateway_state", ERROR, AWS)
def gateway_state(case: Case) -> Findings:
    """The gateway is available, and attached to a VPC.

    Source: AWS, VpnGateway.State and VpcAttachments
    """
    gateway = case.in_aws.gateway
    if gateway is None:
        return
    remedy = (
        "Wait until it is available."
        if gateway.state == "pending"
        else mend(case, "it makes the gateway anew", ANOTHER_GATEWAY)
    )
    yield compared(gateway.name, "available", gateway.state or "available", remedy)
    if gateway.kind == "vgw":
        found = gateway.attachment or "detached"
        command = f"aws ec2 attach-vpn-gateway --vpn-gateway-id {gateway.id} --vpc-id <the VPC>"
        remedy = mend(case, "it attaches the gateway", command)
        yield compared(f"{gateway.name}, attachment", "attached", found, remedy)


@check("aws.gateway_asn", ERROR, AWS, planned=True)
def gateway_asn(case: Case) -> Findings:
    """The gateway has the planned ASN.

    Source: the plan; AWS, AmazonSideAsn: fixed when it is made
    """
    gateway = case.in_aws.gateway
    wanted = reading.number(case.plan, *GATEWAY, "vgw", "asn")
    if gateway is not None and case.in_aws.asn is None:
        yield unread(gateway.name, wanted, "AWS does not tell it")
    elif gateway is not None:
        remedy = f"Write {case.in_aws.asn} in s2s_vpn_aws_asn, or destroy the link and build it again."
        yield compared(gateway.name, wanted, case.in_aws.asn, remedy)


@check("aws.gateway_vpc", ERROR, AWS, planned=True, needs=("aws.vpcs",))
def gateway_vpc(case: Case) -> Findings:
    """The gateway is attached to the planned VPC.

    Source: the plan
    """
    gateway = case.in_aws.gateway
    if gateway is None or gateway.kind != "vgw":
        return
    attached = next((one.name for one in case.in_aws.vpcs if one.id == gateway.vpc_id), gateway.vpc_id or "none")
    yield compared(gateway.name, reading.text(case.plan, *NETWORK, "vpc", "name"), attached, AGAIN)


# --------------------------------------------------------------------------------------------------------- connections


@check("aws.selectors", ERROR, AWS, planned=True, needs=("aws.vpn_connections",))
def selectors(case: Case) -> Findings:
    """Each VPN connection permits every range in its tunnels, as it is made.

    Source: the plan; AWS, LocalIpv4NetworkCidr and RemoteIpv4NetworkCidr
    """
    for owner in {one.aws_connection.id: one.aws_connection for one in case.ends if one.aws_connection}.values():
        found = f"{owner.azure_range or reading.ANYWHERE} to {owner.aws_range or reading.ANYWHERE}"
        yield compared(owner.name, EVERYTHING, found, open_aws(owner))


@check("aws.customer_gateways", ERROR, AWS, planned=True, needs=("aws.customer_gateways", "aws.vpn_connections"))
def customer_gateways(case: Case) -> Findings:
    """Each connection has a customer gateway that is available and has the planned ASN.

    Source: the plan; AWS, CreateCustomerGateway
    """
    wanted = {reading.number(one, "instance"): one for one in case.planned_entries(*GATEWAY, "customer_gateways")}
    seen: set[str] = set()
    for one in case.ends:
        owner = one.aws_connection
        if owner is None or owner.id in seen:
            continue
        seen.add(owner.id)
        gateway = owner.customer_gateway
        yield there(f"customer gateway of {owner.name}", gateway)
        if gateway is None:
            continue
        yield compared(gateway.name, "available", gateway.state or "available", AGAIN)
        asn = reading.number(wanted.get(reading.number(one.planned, "instance")), "asn")
        yield compared(f"{gateway.name}, ASN", asn, gateway.asn, "Run site.yml again: it makes another one.")


@check("aws.connections", ERROR, AWS, planned=True, needs=("aws.vpn_connections",))
def connections(case: Case) -> Findings:
    """Each planned VPN connection is there and available, of the planned kind, on the planned gateway.

    Source: the plan
    """
    wanted = {reading.text(one, "name"): one for one in case.planned_entries(*GATEWAY, "connections")}
    for name, plan in wanted.items():
        owner = next((one.aws_connection for one in case.ends if one.group == name), None)
        yield there(f"VPN connection {name}", owner)
        if owner is None:
            continue
        yield compared(name, "available", owner.state or "available", "Wait until AWS is done with it.")
        static = reading.flag(plan, "static_routes_only")
        yield compared(
            f"{name}, static routes only", static, owner.static, "Its kind is fixed: delete it, run site.yml."
        )
        yield compared(f"{name}, tunnels", 2, len(owner.tunnels), "Wait until AWS is done with it.")


@check("aws.tunnel_options", ERROR, AWS, planned=True, needs=("aws.vpn_connections",))
def tunnel_options(case: Case) -> Findings:
    """Every option of every tunnel is as planned: crypto, lifetimes, DPD, startup, inside CIDR, lifecycle control.

    Source: the plan; AWS, VpnTunnelOptionsSpecification
    """
    wanted = {
        reading.text(tunnel, "inside_cidr"): tunnel
        for one in case.planned_entries(*GATEWAY, "connections")
        for tunnel in reading.entries(one, "tunnels")
    }
    for one in case.ends:
        plan = wanted.get(reading.text(one.planned, "inside_cidr"))
        if plan is None or one.aws is None or not one.aws.options:
            continue
        changes = ec2.changed_options(plan, one.aws.options)
        expected = ", ".join(f"{name} {words(want)}" for name, (_have, want) in changes.items()) or "as planned"
        found = ", ".join(f"{name} {words(have)}" for name, (have, _want) in changes.items()) or "as planned"
        yield Finding(one.group or one.name, not changes, expected, found, REPLACES, one.name)


@check("aws.static_routes", ERROR, AWS, planned=True, needs=("aws.vpn_connections",))
def static_routes(case: Case) -> Findings:
    """A static VPN connection has the planned routes.

    Source: the plan; AWS, CreateVpnConnectionRoute
    """
    for plan in case.planned_entries(*GATEWAY, "connections"):
        routes = reading.texts(plan, "routes")
        owner = next((one.aws_connection for one in case.ends if one.group == reading.text(plan, "name")), None)
        if routes and owner is not None:
            yield Finding(owner.name, set(routes) <= set(owner.routes), words(routes), words(owner.routes), AGAIN)
