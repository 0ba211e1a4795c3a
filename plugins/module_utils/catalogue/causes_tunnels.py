# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes inside a tunnel, in the order in which it comes up: IKE, IPsec, BGP."""

from __future__ import annotations

from collections import Counter

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import asn as numbers
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import proposals, reading
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.case import CONNECTED, Case
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.causes_gateways import mend_anew, names
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.checks_tunnels import (
    keys_differ,
    local_address,
    somebody_starts,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import AWS, AZURE, BOTH, LIKELY
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.pairs import Met
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading_azure import handle
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.registry import (
    Stage,
    Suspicion,
    Suspicions,
    cause,
    mend,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.selectors import is_narrow, opening, selectors

BOTH_CONNECTIONS = ("azure.connections", "aws.vpn_connections")


@cause("nobody-initiates", Stage.INITIATOR, BOTH, needs=BOTH_CONNECTIONS)
def nobody_initiates(case: Case) -> Suspicions:
    """Both ends wait for the other to open the tunnel.

    Source: AWS, StartupAction: IKEv2 only; MS, connectionMode
    """
    for one in case.met:
        if somebody_starts(one):
            continue
        yield Suspicion(
            BOTH,
            (one.name,),
            "Both ends wait for the other to begin.",
            (f"{one.name}: connectionMode of {one.connection.name} is {one.connection.mode}",),
            (f"{one.name}: StartupAction is {one.aws.options.get('startup_action', 'add')}",),
            _both(
                case,
                one,
                "it sets connectionMode Default and StartupAction start",
                f"az network vpn-connection update {handle(one.connection.id)} --set connectionMode=Default",
            ),
            active=not case.ipsec_is_up(one.ends),
        )


@cause("ike-version", Stage.VERSION, BOTH, needs=BOTH_CONNECTIONS, hides=("nobody-initiates",))
def ike_version(case: Case) -> Suspicions:
    """Azure speaks an IKE version that AWS does not permit.

    Source: AWS, IKEVersions; MS, connectionProtocol
    """
    for one in case.met:
        permitted = proposals.ike_versions(one.aws.options)
        if one.connection.protocol.lower() in permitted:
            continue
        yield Suspicion(
            BOTH,
            (one.name,),
            "The ends speak different versions of IKE.",
            (f"{one.name}: connectionProtocol of {one.connection.name} is {one.connection.protocol}",),
            (f"{one.name}: IKEVersions are {', '.join(permitted)}",),
            _both(
                case,
                one,
                "it permits ikev2 alone on AWS"
                if one.connection.protocol == "IKEv2"
                else "it makes the connection anew with IKEv2 (s2s_vpn_consent: [recreate])",
                f"{_modify(one)} IKEVersions=[{{Value={one.connection.protocol.lower()}}}]",
            ),
            active=not case.ipsec_is_up(one.ends),
        )


def _both(case: Case, one: Met, planned: str, command: str) -> str:
    """As `mend`; what differs on AWS's tunnel too is changed on both sides, a tunnel at a time."""
    wanted = next(
        (
            tunnel
            for each in case.planned_entries("aws", "gateway", "connections")
            for tunnel in reading.entries(each, "tunnels")
            if reading.text(tunnel, "inside_cidr") == reading.text(one.ends.planned, "inside_cidr")
        ),
        {},
    )
    if case.plan is not None and ec2.changed_options(wanted, one.aws.options):
        return f"Run change_tunnels.yml: {planned}."
    return mend(case, planned, command)


def _modify(one: Met) -> str:
    return (
        f"aws ec2 modify-vpn-tunnel-options --vpn-connection-id {one.owner.id}"
        f" --vpn-tunnel-outside-ip-address {one.aws.outside_address} --tunnel-options"
    )


def _differing(case: Case, one: Met, fit: proposals.Fit, what: str, variables: str) -> Suspicion:
    return Suspicion(
        BOTH,
        (one.name,),
        what,
        (f"{one.name}: {one.connection.name} offers {fit.azure}",),
        (f"{one.name}: AWS permits {fit.aws}",),
        _both(
            case,
            one,
            f"it writes {variables} to both sides",
            "Set one on both sides: az network vpn-connection ipsec-policy add, aws ec2 modify-vpn-tunnel-options.",
        ),
        active=not case.ipsec_is_up(one.ends),
    )


@cause("no-common-phase1-proposal", Stage.PHASE1, BOTH, needs=BOTH_CONNECTIONS)
def phase1(case: Case) -> Suspicions:
    """What Azure offers for IKE and what AWS permits have nothing in common.

    Source: MS, about VPN devices and IPsec/IKE policy; AWS, VpnTunnelOptionsSpecification
    """
    variables = "s2s_vpn_ike_encryption, s2s_vpn_ike_integrity and s2s_vpn_ike_dh_group"
    for one in case.met:
        fit = proposals.phase1(one.connection.policy, one.aws.options)
        if fit.ok is False:
            yield _differing(case, one, fit, "IKE has no proposal in common (phase 1).", variables)


@cause("authentication-differs", Stage.KEY, BOTH, needs=("aws.customer_gateways",))
def authentication(case: Case) -> Suspicions:
    """One end authenticates by a certificate, the other by a pre-shared key.

    Source: MS, authenticationType; AWS, customer gateways with a certificate
    """
    for one in case.met:
        gateway = one.owner.customer_gateway
        azure = one.connection.authentication.lower() != "psk"
        aws = gateway.certificate if gateway else azure
        if azure != aws:
            yield Suspicion(
                AZURE,
                (one.name,),
                "One end has a certificate, the other a pre-shared key.",
                (f"{one.name}: authenticationType of {one.connection.name} is {one.connection.authentication}",),
                (f"{one.name}: customer gateway {gateway.name if gateway else '?'} has "
                 f"{'a certificate' if aws else 'no certificate'}",),
                "Use pre-shared keys on both sides.",
                active=not case.ipsec_is_up(one.ends),
            )  # fmt: skip


@cause("keys-differ", Stage.KEY, BOTH)
def keys(case: Case) -> Suspicions:
    """The pre-shared keys of the two ends differ.

    Source: fingerprints of both keys, made with a salt of this run
    """
    for one in case.met:
        if keys_differ(case, one):
            yield Suspicion(
                BOTH,
                (one.name,),
                "The two ends have different pre-shared keys.",
                (f"{one.name}: the key of {one.connection.name} is not AWS's",),
                (f"{one.name}: the key of tunnel {one.aws.outside_address} is not Azure's",),
                mend(
                    case,
                    "it writes AWS's key to Azure (your own, where s2s_vpn_pre_shared_keys has them)",
                    "az network vpn-connection shared-key update"
                    f" {handle(one.connection.id, '--connection-name')} --value ...",
                ),
                active=not case.ipsec_is_up(one.ends),
            )


def _lacks_policy(one: Met) -> bool:
    """Azure's default does for no phase: that is one fault, and phase 1 tells it."""
    return one.connection.policy is None and proposals.phase1(None, one.aws.options).ok is False


@cause("no-common-phase2-proposal", Stage.PHASE2, BOTH, needs=BOTH_CONNECTIONS)
def phase2(case: Case) -> Suspicions:
    """What Azure offers for IPsec and what AWS permits have nothing in common.

    Source: MS, about VPN devices and IPsec/IKE policy; AWS, VpnTunnelOptionsSpecification
    """
    for one in case.met:
        fit = proposals.phase2(one.connection.policy, one.aws.options)
        if fit.ok is False and not _lacks_policy(one):
            variables = "s2s_vpn_ipsec_encryption and s2s_vpn_ipsec_integrity"
            yield _differing(case, one, fit, "IPsec has no proposal in common (phase 2).", variables)


@cause("pfs-differs", Stage.PFS, BOTH, needs=BOTH_CONNECTIONS)
def pfs(case: Case) -> Suspicions:
    """No group for perfect forward secrecy in common: the tunnel comes up, and is lost at its first rekey.

    Source: MS, IPsec/IKE policy; AWS, customer gateway requirements
    """
    for one in case.met:
        fit = proposals.pfs(one.connection.policy, one.aws.options)
        if fit.ok is False and not _lacks_policy(one):
            what = "Perfect forward secrecy has no group in common: the first rekey fails, and each after it."
            yield _differing(case, one, fit, what, "s2s_vpn_ipsec_pfs_group")


@cause("traffic-selectors", Stage.PFS, BOTH, needs=BOTH_CONNECTIONS)
def traffic_selectors(case: Case) -> Suspicions:
    """The ranges that one end proposes for the tunnel are not those that the other permits, or leave BGP out.

    Source: MS, trafficSelectorPolicies and policy-based VPN; AWS, LocalIpv4NetworkCidr and RemoteIpv4NetworkCidr
    """
    for one in case.met:
        ranges = selectors(case, one)
        if case.is_up(one.ends) if ranges.policy_based else ranges.fits:
            continue
        proposed, permitted = ranges.words
        yield Suspicion(
            AWS if is_narrow(one.owner) else AZURE,
            (one.name,),
            "The ranges of the tunnel leave out the addresses between which BGP speaks."
            if ranges.leaves_out_bgp is not None
            else "The two ends permit different ranges.",
            (
                f"{one.name}: Azure's gateway is policy-based"
                if ranges.policy_based
                else f"{one.name}: {one.connection.name} proposes {proposed}",
            ),
            (f"{one.name}: VPN connection {one.owner.name} permits {permitted}",),
            "Make a route-based gateway: the VPN type is fixed when a gateway is made."
            if ranges.policy_based
            else opening(one.connection, one.owner),
            active=not case.is_up(one.ends),
        )


# ----------------------------------------------------------------------------------------------------------------- BGP


def _bgp_down(case: Case, one: Met) -> bool:
    peer = case.peer(one.ends)
    return not case.is_up(one.ends) or (peer is not None and peer.state != CONNECTED)


@cause("static-not-bgp", Stage.KIND, BOTH, needs=BOTH_CONNECTIONS)
def static_not_bgp(case: Case) -> Suspicions:
    """AWS's connection routes statically, and Azure speaks BGP in it.

    Source: AWS, StaticRoutesOnly; MS, enableBgp
    """
    for one in case.met:
        if one.owner.static and _speaks_bgp(case, one) and not _planned_static(case):
            command = "Make the VPN connection anew with BGP: its kind is fixed."
            yield _kind(case, one, AWS, mend_anew(case, one.owner, command))


@cause("bgp-not-static", Stage.KIND, BOTH, needs=BOTH_CONNECTIONS)
def bgp_not_static(case: Case) -> Suspicions:
    """A link that is planned with static routes has BGP on one end.

    Source: the plan; AWS, StaticRoutesOnly; MS, enableBgp
    """
    for one in case.met if _planned_static(case) else ():
        if one.owner.static != _speaks_bgp(case, one):
            continue
        side = AZURE if one.owner.static else AWS
        off = mend(case, "it switches BGP off in the connection", "")
        yield _kind(case, one, side, off if side == AZURE else mend_anew(case, one.owner, ""))


def _speaks_bgp(case: Case, one: Met) -> bool:
    gateway = case.in_azure.gateway
    return one.connection.bgp and (gateway is None or gateway.bgp)


def _kind(case: Case, one: Met, side: str, remedy: str) -> Suspicion:
    return Suspicion(
        side,
        (one.name,),
        "One end speaks BGP, the other routes statically.",
        (f"{one.name}: enableBgp of {one.connection.name} is {str(one.connection.bgp).lower()}",),
        (f"{one.name}: StaticRoutesOnly of VPN connection {one.owner.name} is {str(one.owner.static).lower()}",),
        remedy,
        active=_bgp_down(case, one),
    )


def _planned_static(case: Case) -> bool:
    return reading.text(case.plan, "routing") == "static"


@cause(
    "bgp-off",
    Stage.KIND,
    BOTH,
    needs=BOTH_CONNECTIONS,
    hides=("inside-address", "apipa-missing", "apipa-swapped", "asn-mismatch", "traffic-selectors"),
)
def bgp_off(case: Case) -> Suspicions:
    """AWS's connection speaks BGP, Azure's connection or gateway does not.

    Source: MS, enableBgp
    """
    gateway = case.in_azure.gateway
    for one in case.met:
        if one.owner.static or _planned_static(case):
            continue
        if gateway is not None and not gateway.bgp:
            said, what = f"enableBgp of gateway {gateway.name} is false", f"gateway {gateway.name}"
            command = f"az network vnet-gateway update {handle(gateway.id)} --enable-bgp true"
        elif not one.connection.bgp:
            said, what = f"{one.name}: enableBgp of {one.connection.name} is false", f"connection {one.connection.name}"
            command = f"az network vpn-connection update {handle(one.connection.id)} --enable-bgp true"
        else:
            continue
        yield Suspicion(
            AZURE,
            (one.name,),
            "Azure does not speak BGP in the tunnel.",
            (said,),
            (f"{one.name}: VPN connection {one.owner.name} speaks BGP",),
            mend(case, f"it switches BGP on at {what}", command),
            active=_bgp_down(case, one),
        )


@cause("inside-address", Stage.INSIDE, AWS, needs=BOTH_CONNECTIONS, hides=("apipa-missing", "apipa-swapped"))
def inside_cidr(case: Case) -> Suspicions:
    """AWS's tunnel has another inside CIDR than the one that Azure is set up for.

    Source: AWS, TunnelInsideCidr; the plan
    """
    if case.azure is None:
        return
    for one in case.met if case.bgp else ():
        if not _other_inside(one):
            continue
        wanted = reading.text(one.ends.planned, "inside_cidr")
        local = one.connection.local.bgp_address if one.connection.local else ""
        yield Suspicion(
            AWS,
            (one.name,),
            "The two ends have different addresses inside the tunnel.",
            (f"{one.name}: connection {one.connection.name} speaks with {local or wanted}",),
            (f"{one.name}: the tunnel's inside CIDR is {one.aws.inside_cidr}",),
            f"{_modify(one)} TunnelInsideCidr={wanted or f'<the /30 of {local}>'}",
            active=_bgp_down(case, one),
        )


def _other_inside(one: Met) -> bool:
    """Not the planned CIDR; without a plan, not the one that Azure has in both places."""
    if not one.aws.inside:
        return False
    wanted = reading.text(one.ends.planned, "inside_cidr")
    if wanted:
        return not reading.same_prefix(wanted, one.aws.inside_cidr)
    local = one.connection.local.bgp_address if one.connection.local else ""
    slots = [slot for slot in one.connection.slots.values() if _same_thirty(slot, local)]
    return bool(slots) and not _same_thirty(local, one.aws.aws_inside)


def _another_tunnels(case: Case, one: Met) -> bool:
    """The local network gateway is another tunnel's, whole: `outside-address` tells it."""
    others = [end for each in case.in_aws.connections for end in each.tunnels if end is not one.aws]
    local = one.connection.local
    return any(local and (end.outside_address, end.aws_inside) == (local.address, local.bgp_address) for end in others)


def _same_thirty(one: str, other: str) -> bool:
    return bool(one and other) and reading.network(f"{one}/30") == reading.network(f"{other}/30")


@cause("inside-address", Stage.INSIDE, BOTH, needs=("azure.local_gateways", "aws.vpn_connections"))
def peer_address(case: Case) -> Suspicions:
    """The local network gateway has another BGP address than AWS's, the first of the tunnel's /30.

    Source: AWS, TunnelInsideCidr; MS, howto-aws-bgp
    """
    for one in case.met if case.bgp else ():
        local = one.connection.local
        if local is None or not one.aws.aws_inside or local.bgp_address == one.aws.aws_inside:
            continue
        if _other_inside(one) or _another_tunnels(case, one):
            continue
        command = f"az network local-gateway update {handle(local.id)} --bgp-peering-address {one.aws.aws_inside}"
        yield Suspicion(
            AZURE,
            (one.name,),
            "Azure speaks BGP with an address that is not AWS's.",
            (f"{one.name}: local gateway {local.name} has BGP address {local.bgp_address or 'none'}",),
            (f"{one.name}: AWS speaks from {one.aws.aws_inside}",),
            mend(case, f"it writes {one.aws.aws_inside} to local gateway {local.name}", command),
            active=_bgp_down(case, one),
        )


@cause("apipa-missing", Stage.INSIDE, BOTH, needs=BOTH_CONNECTIONS)
def apipa_missing(case: Case) -> Suspicions:
    """Azure has not the address that AWS expects: not on the gateway, or not in the connection, which speaks from the
    first address of the list then.

    Source: MS, BGP FAQ and howto-aws-bgp
    """
    gateway = case.in_azure.gateway
    for one in case.met if case.bgp else ():
        instance, wanted = one.ends.instance, one.aws.azure_inside
        if instance is None or not wanted or gateway is None or not gateway.bgp or not wanted.startswith("169.254."):
            continue
        slot = one.connection.slots.get(instance.id.lower())
        if wanted not in instance.apipa:
            said = (
                f"{one.name}: instance {instance.index} of {gateway.name} has {', '.join(instance.apipa) or 'no'}"
                " custom BGP addresses"
            )
            remedy = f"Name {wanted} among the custom BGP addresses of {instance.name} of gateway {gateway.name}."
        elif not slot and local_address(one.connection, instance) != wanted:
            first = local_address(one.connection, instance)
            said = f"{one.name}: {one.connection.name} names no address for {instance.name}, so it speaks from {first}"
            remedy = f"Name {wanted} for {instance.name} in gatewayCustomBgpIpAddresses of {one.connection.name}."
        else:
            continue
        yield Suspicion(
            AZURE,
            (one.name,),
            "Azure does not speak BGP from the address that AWS expects.",
            (said,),
            (f"{one.name}: AWS expects {wanted}, of {one.aws.inside_cidr}",),
            mend(case, "it writes the addresses to gateway and connection", remedy),
            active=_bgp_down(case, one),
        )


@cause("apipa-swapped", Stage.INSIDE, BOTH, needs=BOTH_CONNECTIONS)
def apipa_swapped(case: Case) -> Suspicions:
    """The connection names another tunnel's address for the instance where this tunnel ends.

    Source: MS, howto-aws-bgp
    """
    for one in case.met if case.bgp else ():
        instance, wanted = one.ends.instance, one.aws.azure_inside
        slot = one.connection.slots.get(instance.id.lower()) if instance else None
        if instance is None or not slot or not wanted or slot == wanted or wanted not in instance.apipa:
            continue
        command = f"Name {wanted} for {instance.name} in gatewayCustomBgpIpAddresses of {one.connection.name}."
        yield Suspicion(
            AZURE,
            (one.name,),
            "Azure speaks BGP from another tunnel's address.",
            (f"{one.name}: {one.connection.name} names {slot} for {instance.name}",),
            (f"{one.name}: AWS expects {wanted}, of {one.aws.inside_cidr}",),
            mend(case, "it writes the addresses to the connection", command),
            active=_bgp_down(case, one),
        )


@cause("bgp-peer-twice", Stage.INSIDE, AZURE, needs=("azure.connections", "azure.local_gateways"))
def peer_twice(case: Case) -> Suspicions:
    """Two connections of the gateway have one BGP peer: the second gets no session.

    Source: EXP: BGP tells peers apart by their address
    """
    if not case.bgp:
        return
    addresses = Counter(one.local.bgp_address for one in case.in_azure.connections if one.bgp and one.local)
    for address in (one for one, count in addresses.items() if one and count > 1):
        harmed = [
            one
            for one in case.used
            if one.connection and one.connection.local and one.connection.local.bgp_address == address
        ]
        down = [one for one in harmed if not case.is_up(one)]
        # One whose AWS end has another address is wrong in itself: `inside-address`.
        right = [one for one in harmed if one.aws is None or one.aws.aws_inside == address]
        if down and len(right) > 1:
            said = tuple(f"{one.name}: local gateway {one.azure_name} has BGP address {address}" for one in harmed)
            remedy = "Give each tunnel its own inside CIDR, on AWS and in the local network gateways."
            yield Suspicion(AZURE, names(down), "Two tunnels have one BGP peer.", said, remedy=remedy)


@cause("asn-mismatch", Stage.ASN, BOTH, needs=("aws.customer_gateways",))
def asn_of_azure(case: Case) -> Suspicions:
    """AWS's customer gateway has another ASN than Azure's gateway.

    Source: AWS, CreateCustomerGateway; MS, howto-aws-bgp
    """
    azure = case.in_azure.gateway
    wanted = reading.number(case.plan, "azure", "gateway", "asn")
    for one in case.met if case.bgp else ():
        customer = one.owner.customer_gateway
        if azure is None or azure.asn is None or customer is None or not customer.asn or customer.asn == azure.asn:
            continue
        side = AZURE if wanted is not None and azure.asn != wanted else AWS
        yield Suspicion(
            side,
            (one.name,),
            "AWS expects another ASN than Azure has.",
            (f"gateway {azure.name} has ASN {azure.asn}",),
            (f"customer gateway {customer.name} of VPN connection {one.owner.name} has ASN {customer.asn}",),
            mend(case, f"it sets ASN {wanted} (s2s_vpn_azure_asn, s2s_vpn_consent: [interrupt])", "")
            if side == AZURE
            else f"aws ec2 create-customer-gateway --type ipsec.1 --ip-address {customer.address}"
            f" --bgp-asn {azure.asn}; then aws ec2 modify-vpn-connection --vpn-connection-id {one.owner.id}"
            " --customer-gateway-id <it>",
            active=_bgp_down(case, one),
        )


@cause("asn-mismatch", Stage.ASN, BOTH, needs=("azure.local_gateways",))
def asn_of_aws(case: Case) -> Suspicions:
    """Azure's local network gateway has another ASN than AWS's gateway.

    Source: MS, howto-aws-bgp
    """
    number = case.in_aws.asn
    for one in case.met if case.bgp and number else ():
        local = one.connection.local
        if local is None or local.asn == number:
            continue
        yield Suspicion(
            AZURE,
            (one.name,),
            "Azure expects another ASN than AWS has.",
            (f"{one.name}: local gateway {local.name} has ASN {local.asn if local.asn is not None else 'none'}",),
            (f"AWS's gateway has ASN {number}",),
            mend(
                case,
                f"it writes ASN {number} to the local gateway",
                f"az network local-gateway update {handle(local.id)} --asn {number}",
            ),
            active=_bgp_down(case, one),
        )


@cause("asn-reserved", Stage.ASN, BOTH)
def asn_reserved(case: Case) -> Suspicions:
    """The two sides have one ASN, or AWS's is one that Azure refuses in a peer.

    Source: MS, BGP FAQ
    """
    azure, number = case.in_azure.gateway, case.in_aws.asn
    harmed = [one for one in case.met if _bgp_down(case, one)]
    if not case.bgp or azure is None or azure.asn is None or number is None or not harmed:
        return
    problem = "both sides have it" if number == azure.asn else numbers.refused_as_azure_remote(number)
    if problem:
        yield Suspicion(
            AWS,
            tuple(one.name for one in harmed),
            f"ASN {number} cannot be used here: {problem}.",
            (f"gateway {azure.name} has ASN {azure.asn}",),
            (f"AWS's gateway has ASN {number}",),
            f"Make AWS's gateway anew with another ASN{' (s2s_vpn_aws_asn)' if case.plan is not None else ''}:"
            " it is fixed when it is made.",
        )


@cause("too-many-routes", Stage.ASN, BOTH, needs=("azure.virtual_network",))
def too_many_routes(case: Case) -> Suspicions:
    """Azure announces more routes than AWS takes from a peer; AWS ends the session then.

    Source: AWS, Site-to-Site VPN quotas: 100 routes
    """
    network = case.in_azure.network
    harmed = [one for one in case.met if _bgp_down(case, one)]
    count = len(network.ranges) + len(network.peered) if network else 0
    if network is not None and case.bgp and harmed and count > 100:
        yield Suspicion(
            AZURE,
            tuple(one.name for one in harmed),
            "AWS ends the session: it takes 100 routes.",
            (f"virtual network {network.name} and its peers have {count} ranges",),
            remedy="Announce fewer, larger ranges.",
            certainty=LIKELY,
        )
