# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes at the gateways and connections: what is not there, not ready, or leads to somebody else."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import reading
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.case import Case
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import (
    AWS,
    AZURE,
    BOTH,
    CERTAIN,
    DOWN,
    LIKELY,
    UP,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.pairs import Ends
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading_aws import AwsConnection
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading_azure import handle
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.registry import (
    Stage,
    Suspicion,
    Suspicions,
    cause,
    mend,
)

#: What a gateway that is missing or not ready shows wrongly or not at all.
GATEWAY_SYMPTOMS = (
    "azure-connection-missing",
    "azure-connection-not-ready",
    "azure-instance-missing",
    "customer-gateway-address",
    "outside-address",
    "bgp-off",
    "inside-address",
    "apipa-missing",
    "apipa-swapped",
    "asn-mismatch",
    "asn-reserved",
)
ANOTHER_GATEWAY = "Make another gateway, and move the VPN connections to it: aws ec2 modify-vpn-connection."
VPC_SYMPTOMS = ("propagation-off", "route-elsewhere", "routes-missing")


def names(ends: Iterable[Ends]) -> tuple[str, ...]:
    return tuple(one.name for one in ends)


def mend_anew(case: Case, connection: AwsConnection, command: str) -> str:
    """What is fixed in a VPN connection is mended by another one."""
    if case.plan is None:
        return command
    delete = f"aws ec2 delete-vpn-connection --vpn-connection-id {connection.id}"
    return f"{delete}; then run site.yml again: it makes the connection anew, and leads Azure to its new addresses."


@cause("gateway-missing", Stage.EXISTENCE, AZURE, hides=GATEWAY_SYMPTOMS)
def azure_gateway_missing(case: Case) -> Suspicions:
    """There is no VPN gateway on Azure's side.

    Source: MS, VPN gateway
    """
    if case.in_azure.gateway is None and "gateway" not in case.in_azure.unread:
        said = (f"there is no virtual network gateway {reading.text(case.plan, 'azure', 'gateway', 'name')}".rstrip(),)
        remedy = mend(case, "it makes the gateway", "Correct the gateway's name, or make the gateway.")
        yield Suspicion(AZURE, names(case.used), "No tunnel has an end in Azure.", said, remedy=remedy)


@cause("gateway-missing", Stage.EXISTENCE, AWS, hides=("vpn-connection-missing", "vgw-detached", *VPC_SYMPTOMS))
def aws_gateway_missing(case: Case) -> Suspicions:
    """There is no virtual private gateway (or transit gateway) on AWS's side.

    Source: AWS, virtual private gateways
    """
    if case.in_aws.gateway is None and "gateway" not in case.in_aws.unread:
        name = reading.text(case.plan, "aws", "gateway", "vgw", "name")
        said = (f"there is no gateway {name} in {case.in_aws.region}".replace("  ", " "),)
        remedy = mend(case, "it makes the gateway", "Correct the gateway's name and the region, or make the gateway.")
        yield Suspicion(AWS, names(case.used), "No tunnel has an end in AWS.", aws=said, remedy=remedy)


@cause("gateway-not-ready", Stage.STATE, AZURE, hides=GATEWAY_SYMPTOMS)
def azure_gateway_not_ready(case: Case) -> Suspicions:
    """Azure's gateway is updating, failed or being deleted, and tunnels are down.

    Source: MS, provisioningState
    """
    gateway = case.in_azure.gateway
    if gateway is None or gateway.ready or not gateway.state:
        return
    harmed = [one for one in case.used if not case.is_up(one)]
    if harmed:
        retry = f"az network vnet-gateway reset {handle(gateway.id)}"
        remedy = (
            f"Its last change failed: repeat it{' by site.yml' if case.plan is not None else ''}, or: {retry}"
            if gateway.state.lower() == "failed"
            else "Wait until it is done; a change of a gateway takes up to 45 minutes."
        )
        said = (f"virtual network gateway {gateway.name} is {gateway.state}",)
        yield Suspicion(AZURE, names(harmed), f"Azure's gateway is {gateway.state}.", said, remedy=remedy)


@cause("gateway-not-ready", Stage.STATE, AWS)
def aws_gateway_not_ready(case: Case) -> Suspicions:
    """AWS's gateway is pending or being deleted, and tunnels are down.

    Source: AWS, VpnGateway.State
    """
    gateway = case.in_aws.gateway
    harmed = [one for one in case.used if not case.is_up(one)]
    if gateway is not None and gateway.state not in ("available", "modifying", "") and harmed:
        said = (f"gateway {gateway.name} is {gateway.state}",)
        anew = mend(case, "it makes the gateway anew", ANOTHER_GATEWAY)
        remedy = "Wait until it is available." if gateway.state == "pending" else anew
        yield Suspicion(AWS, names(harmed), f"AWS's gateway is {gateway.state}.", aws=said, remedy=remedy)


@cause("vgw-detached", Stage.ROUTES, AWS, hides=VPC_SYMPTOMS)
def vgw_detached(case: Case) -> Suspicions:
    """The virtual private gateway is attached to no VPC, or not to the planned one.

    Source: AWS, AttachVpnGateway: routes are told of the VPC that it is attached to
    """
    gateway = case.in_aws.gateway
    if gateway is None or gateway.kind != "vgw" or gateway.state not in ("available", ""):
        return
    wanted = reading.text(case.plan, "aws", "network", "vpc", "name")
    attached = next((one for one in case.in_aws.vpcs if one.id == gateway.vpc_id), None)
    wrong = bool(wanted and attached and attached.name != wanted)
    if gateway.vpc_id and gateway.attachment in ("attached", "") and not wrong:
        return
    state = f"{gateway.attachment} to {attached.name if attached else gateway.vpc_id}" if gateway.vpc_id else "detached"
    said = (f"virtual private gateway {gateway.name} is {state}",)
    remedy = mend(
        case,
        f"it attaches the gateway to {wanted}",
        f"aws ec2 attach-vpn-gateway --vpn-gateway-id {gateway.id} --vpc-id <the VPC>",
    )
    yield Suspicion(AWS, names(case.used), "AWS's gateway leads to no VPC of the link.", aws=said, remedy=remedy)


@cause("vpn-connection-missing", Stage.EXISTENCE, AWS, needs=("aws.vpn_connections",))
def vpn_connection_missing(case: Case) -> Suspicions:
    """A VPN connection is not on AWS's gateway, or it was deleted.

    Source: the plan; without one, Azure's connections that lead to AWS's ASN and to no tunnel
    """
    if case.in_aws.gateway is None:
        return
    for name in dict.fromkeys(one.group for one in case.used if one.aws_connection is None):
        harmed = [one for one in case.used if one.group == name and one.aws_connection is None]
        led = tuple(
            f"{one.name}: local gateway {one.connection.local.name} leads to {one.connection.local.address}"
            for one in harmed
            if one.connection and one.connection.local
        )
        planned = case.plan is not None
        yield Suspicion(
            AWS,
            names(harmed),
            f"AWS has no VPN connection {name}." if planned else f"AWS has no tunnel for Azure's connection {name}.",
            led,
            (f"no VPN connection {name} on gateway {case.in_aws.gateway.name}",)
            if planned
            else (f"no tunnel of gateway {case.in_aws.gateway.name} has the address",),
            mend(
                case,
                "it makes the connection, with new outside addresses, and leads Azure there",
                "Make the VPN connection anew, and lead the local network gateway to its outside address.",
            ),
            CERTAIN if planned else LIKELY,
        )


@cause("vpn-connection-not-ready", Stage.STATE, AWS, needs=("aws.vpn_connections",))
def vpn_connection_not_ready(case: Case) -> Suspicions:
    """AWS's VPN connection is pending, or being changed, and a tunnel of it is down.

    Source: AWS, VpnConnection.State and endpoint replacements
    """
    for one in case.used:
        connection = one.aws_connection
        if connection is None or connection.state in ("available", "") or case.ipsec_is_up(one):
            continue
        yield Suspicion(
            AWS,
            (one.name,),
            f"AWS's VPN connection is {connection.state}.",
            aws=(f"VPN connection {connection.name} is {connection.state}: AWS exchanges an endpoint",)
            if connection.state == "modifying"
            else (f"VPN connection {connection.name} is {connection.state}",),
            remedy="Wait until it is available: each change of a tunnel takes some minutes.",
        )


@cause("customer-gateway-not-ready", Stage.STATE, AWS, needs=("aws.customer_gateways",))
def customer_gateway_not_ready(case: Case) -> Suspicions:
    """The customer gateway of a connection is gone, or not available.

    Source: AWS, CustomerGateway.State
    """
    for one in case.used:
        connection = one.aws_connection
        if connection is None or not connection.customer_gateway_id:
            continue
        gateway = connection.customer_gateway
        state = gateway.state if gateway else "missing"
        if state in ("available", ""):
            continue
        said = (f"customer gateway of VPN connection {connection.name} is {state}",)
        remedy = mend_anew(case, connection, "Make a customer gateway, and modify the connection.")
        yield Suspicion(AWS, (one.name,), "AWS does not know Azure's end.", aws=said, remedy=remedy)


@cause("azure-connection-missing", Stage.EXISTENCE, AZURE, needs=("azure.connections",))
def azure_connection_missing(case: Case) -> Suspicions:
    """No Azure connection leads to a tunnel that AWS has.

    Source: MS, howto-aws-bgp: one connection for each tunnel
    """
    gateway = case.in_azure.gateway
    if gateway is None:
        return
    for one in case.used:
        if one.connection is not None:
            continue
        name = f"connection {one.azure_name} is not there" if one.planned else "no connection leads to this tunnel"
        there = (f"{one.name}: tunnel {one.aws.outside_address} of {one.group} waits",) if one.aws else ()
        remedy = mend(
            case,
            "it makes the connection",
            f"az network vpn-connection create -g {gateway.group} --vnet-gateway1 {gateway.name} --local-gateway2 ...",
        )
        certainty = CERTAIN if one.planned else LIKELY
        yield Suspicion(
            AZURE,
            (one.name,),
            "Azure has no connection for the tunnel.",
            (f"{one.name}: {name}",),
            there,
            remedy,
            certainty,
        )


@cause("azure-connection-not-ready", Stage.STATE, AZURE, needs=("azure.connections",))
def azure_connection_not_ready(case: Case) -> Suspicions:
    """An Azure connection, or its local network gateway, is updating, failed or being deleted.

    Source: MS, provisioningState
    """
    for one in case.used:
        connection = one.connection
        if connection is None or case.is_up(one):
            continue
        parts = [(f"connection {connection.name}", connection.state)]
        parts += [(f"local gateway {connection.local.name}", connection.local.state)] if connection.local else []
        unready = tuple(
            f"{one.name}: {what} is {state}" for what, state in parts if state.lower() not in ("succeeded", "")
        )
        if unready:
            failed = any(state.lower() == "failed" for _what, state in parts)
            again = f"Repeat the change that failed, or: az network vpn-connection reset {handle(connection.id)}"
            remedy = mend(case, "it repeats the change that failed", again) if failed else "Wait until it is done."
            yield Suspicion(AZURE, (one.name,), "Azure's end is not ready.", unready, remedy=remedy)


@cause("azure-instance-missing", Stage.EXISTENCE, AZURE, hides=("customer-gateway-address", "apipa-missing"))
def azure_instance_missing(case: Case) -> Suspicions:
    """The gateway has fewer instances than the link needs, or one has no public address.

    Source: MS, about active-active gateways
    """
    gateway = case.in_azure.gateway
    if gateway is None or not gateway.ready:
        return
    for one in case.used:
        index = reading.number(one.planned, "instance")
        if index is None or case.pair_of[one.name].azure.state == UP:
            continue
        if one.instance is None and gateway.instances:
            said = f"gateway {gateway.name} has {len(gateway.instances)} instance, active-active is off"
        elif one.instance is not None and not one.instance.public_address:
            said = f"instance {index} of gateway {gateway.name} has no public address"
        else:
            continue
        remedy = mend(case, "it makes the gateway active-active (s2s_vpn_consent: [interrupt])", "")
        yield Suspicion(
            AZURE, (one.name,), "The instance that the tunnel ends on is not there.", (said,), remedy=remedy
        )


@cause("outside-address", Stage.ADDRESS, BOTH, needs=("azure.local_gateways", "aws.vpn_connections"))
def outside_address(case: Case) -> Suspicions:
    """The local network gateway has another address than AWS's tunnel.

    Source: MS, howto-aws-bgp
    """
    for one in case.met:
        local = one.connection.local
        if local is None or not local.address or local.address == one.aws.outside_address:
            continue
        command = f"az network local-gateway update {handle(local.id)} --gateway-ip-address {one.aws.outside_address}"
        wanted = reading.text(one.ends.planned, "resource_name")
        astray = bool(wanted) and local.name.lower() != wanted.lower()
        anew = f"az network vpn-connection delete {handle(one.connection.id)}; then run site.yml again."
        yield Suspicion(
            AZURE,
            (one.name,),
            "Azure calls an address that is not this tunnel's.",
            (f"{one.name}: local gateway {local.name} of connection {one.connection.name} has {local.address}",),
            (f"{one.name}: the tunnel's outside address is {one.aws.outside_address}",),
            anew
            if astray
            else mend(case, f"it writes {one.aws.outside_address} to local gateway {local.name}", command),
            active=not case.ipsec_is_up(one.ends),
        )


@cause("customer-gateway-address", Stage.ADDRESS, BOTH, needs=("aws.customer_gateways",))
def customer_gateway_address(case: Case) -> Suspicions:
    """The customer gateway has another address than the instance of Azure's gateway where its tunnels end.

    Source: AWS, customer gateways: AWS answers and calls that address alone
    """
    azure = case.in_azure.gateway
    if azure is None or not all(one.public_address for one in azure.instances):
        return
    for one in case.used:
        owner, instance = one.aws_connection, one.instance
        gateway = owner.customer_gateway if owner else None
        if owner is None or gateway is None or instance is None or not gateway.address:
            continue
        if gateway.address == instance.public_address:
            continue
        yield Suspicion(
            AWS,
            (one.name,),
            "AWS calls and admits an address that is not Azure's.",
            (f"instance {instance.index} of gateway {azure.name} has {instance.public_address}",),
            (f"customer gateway {gateway.name} of VPN connection {owner.name} has {gateway.address}",),
            f"aws ec2 modify-vpn-connection --vpn-connection-id {owner.id} --customer-gateway-id <one with"
            f" {instance.public_address}>; the address of a customer gateway cannot be changed.",
            active=case.pair_of[one.name].aws.state == DOWN or not case.is_up(one),
        )
