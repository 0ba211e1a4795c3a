# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tunnels themselves: state on both sides, BGP sessions, keys, and crypto that both ends have in common."""

from __future__ import annotations

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import proposals
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.case import (
    CONNECTED,
    Case,
    aws_inside,
    azure_inside,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import (
    AWS,
    AZURE,
    BOTH,
    DOWN,
    ERROR,
    SPARE,
    UP,
    WARNING,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.pairs import Met
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading_azure import (
    AzureConnection,
    Instance,
    handle,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.registry import (
    Finding,
    Findings,
    check,
    compared,
    mend,
    unread,
    words,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.selectors import opening, selectors

LOOK_AT_CAUSES = "See the causes."


@check("tunnel.azure", ERROR, AZURE, needs=("azure.connections",))
def tunnel_azure(case: Case) -> Findings:
    """Azure calls the connection connected, at the instance where the tunnel ends.

    Source: MS, about active-active gateways: the other instance tries too, and stays down
    """
    for one in case.used:
        end = case.pair_of[one.name].azure
        said = f"{end.state} ({end.message})" if end.message and end.state != UP else end.state
        yield Finding(one.azure_name, end.state == UP, UP, said, LOOK_AT_CAUSES, one.name)


@check("tunnel.aws", ERROR, AWS, needs=("aws.vpn_connections",))
def tunnel_aws(case: Case) -> Findings:
    """AWS calls the tunnel UP, which with BGP means that the session is up too; a spare one is down.

    Source: AWS, VgwTelemetry
    """
    for one in case.ends:
        end = case.pair_of[one.name].aws
        resource = one.group or one.name
        if one.expected == SPARE:
            found = one.aws.status.lower() if one.aws and one.aws.status else DOWN
            remedy = "Somebody uses the spare: keep one tunnel, static routing has no failover."
            yield Finding(resource, found == DOWN, "down (spare)", found, remedy, one.name)
            continue
        said = f"{end.state} ({end.message})" if end.message and end.state != UP else end.state
        yield Finding(resource, end.state == UP, UP, said, LOOK_AT_CAUSES, one.name)


@check("bgp.azure", ERROR, AZURE, needs=("azure.peers",))
def bgp_azure(case: Case) -> Findings:
    """Azure's session with AWS's address inside the tunnel is established, on the instance where the tunnel ends.

    Source: MS, getBgpPeerStatus
    """
    for one in case.used if case.bgp else ():
        peer = case.peer(one)
        said = peer.state if peer else "absent"
        yield Finding(
            f"BGP with {aws_inside(one) or '?'}", said == CONNECTED, CONNECTED, said, LOOK_AT_CAUSES, one.name
        )


@check("bgp.aws", ERROR, AWS, needs=("aws.vpn_connections",))
def bgp_aws(case: Case) -> Findings:
    """AWS has accepted routes from Azure over the tunnel.

    Source: AWS, VgwTelemetry: it tells of a session by the routes alone
    """
    for one in case.used if case.bgp else ():
        end = case.pair_of[one.name].aws
        resource = f"BGP with {azure_inside(one) or '?'}"
        said = (end.bgp or DOWN) if end.state != UP else CONNECTED if end.routes else "no routes accepted"
        yield Finding(resource, said == CONNECTED, CONNECTED, said, LOOK_AT_CAUSES, one.name)


@check("bgp.asn_azure", ERROR, BOTH, needs=("aws.customer_gateways",))
def bgp_asn_azure(case: Case) -> Findings:
    """AWS's customer gateway has the ASN of Azure's gateway.

    Source: MS, howto-aws-bgp; AWS, CreateCustomerGateway
    """
    gateway_of = case.in_azure.gateway
    own = gateway_of.asn if gateway_of else None
    seen = set()
    for one in case.used if case.bgp and own else ():
        gateway = one.aws_connection.customer_gateway if one.aws_connection else None
        if gateway is None or gateway.id in seen:
            continue
        seen.add(gateway.id)
        remedy = "Make the customer gateway anew with Azure's ASN, and the connection with it: neither can be changed."
        yield compared(gateway.name, own, gateway.asn, remedy)


@check("bgp.asn_aws", ERROR, BOTH, needs=("azure.local_gateways",))
def bgp_asn_aws(case: Case) -> Findings:
    """Azure's local network gateway has the ASN of AWS's gateway.

    Source: MS, howto-aws-bgp
    """
    own = case.in_aws.asn
    for one in case.used if case.bgp and own else ():
        local = one.connection.local if one.connection else None
        if local is not None:
            remedy = f"az network local-gateway update {handle(local.id)} --asn {own}"
            yield compared(local.name, own, local.asn, remedy, one.name)


@check("bgp.peer_address", ERROR, BOTH, needs=("azure.local_gateways", "aws.vpn_connections"))
def bgp_peer_address(case: Case) -> Findings:
    """Azure's local network gateway has AWS's address inside the tunnel, the first of its /30.

    Source: AWS, TunnelInsideCidr; MS, howto-aws-bgp
    """
    for one in case.met if case.bgp else ():
        local = one.connection.local
        if local is not None and one.aws.aws_inside:
            remedy = f"az network local-gateway update {handle(local.id)} --bgp-peering-address {one.aws.aws_inside}"
            yield compared(local.name, one.aws.aws_inside, local.bgp_address, remedy, one.name)


@check("bgp.local_address", ERROR, BOTH, needs=("azure.connections", "aws.vpn_connections"))
def bgp_local_address(case: Case) -> Findings:
    """Azure speaks from its address inside the tunnel, the second of the /30: the gateway has it, and the connection
    names it for the instance where the tunnel ends. A connection that names none speaks from the first of the list.

    Source: MS, BGP FAQ and howto-aws-bgp
    """
    for one in case.met if case.bgp else ():
        if one.ends.instance is None or not one.aws.azure_inside:
            continue
        found = local_address(one.connection, one.ends.instance)
        remedy = (
            f"Name {one.aws.azure_inside} among the custom BGP addresses of {one.ends.instance.name} of the gateway,"
            " and in the connection's own (gatewayCustomBgpIpAddresses)."
        )
        yield compared(one.connection.name, one.aws.azure_inside, found, remedy, one.name)


def local_address(connection: AzureConnection, instance: Instance) -> str:
    """What Azure speaks BGP from in a tunnel: the connection's slot, else the instance's first, else its own."""
    own = (connection.slots.get(instance.id.lower(), ""), *instance.apipa, *instance.default_bgp_addresses)
    return next(filter(None, own), "")


@check("bgp.slots", WARNING, AZURE, needs=("azure.connections",))
def bgp_slots(case: Case) -> Findings:
    """Each connection of a gateway with APIPA addresses names one for each instance.

    Source: MS, howto-aws-bgp
    """
    gateway = case.in_azure.gateway
    for one in case.used if case.bgp and gateway else ():
        if one.connection is None or gateway is None or not all(each.apipa for each in gateway.instances):
            continue
        missing = [each.name for each in gateway.instances if each.id.lower() not in one.connection.slots]
        remedy = "Name a custom BGP address for each instance (gatewayCustomBgpIpAddresses)."
        yield Finding(
            one.connection.name,
            not missing,
            f"{len(gateway.instances)} addresses",
            "named" if not missing else f"none for {', '.join(missing)}",
            remedy,
            one.name,
        )


@check("keys.equal", ERROR, BOTH)
def keys_equal(case: Case) -> Findings:
    """Both ends have the same pre-shared key. Fingerprints are compared, and neither they nor keys are shown.

    Source: MS and AWS: IKE with pre-shared keys
    """
    for one in case.met:
        found = keys_differ(case, one)
        if found is None:
            yield unread(one.connection.name, "equal", "a key cannot be read", one.name)
        else:
            remedy = LOOK_AT_CAUSES
            yield Finding(one.connection.name, not found, "equal", "different" if found else "equal", remedy, one.name)


def keys_differ(case: Case, one: Met) -> bool | None:
    """None where one of the two cannot be read."""
    here = case.in_azure.fingerprints.get(one.connection.name)
    there = case.in_aws.fingerprints.get(one.aws.outside_address)
    return None if here is None or there is None else here != there


@check("outside.azure", ERROR, BOTH, needs=("azure.local_gateways", "aws.vpn_connections"))
def outside_azure(case: Case) -> Findings:
    """Azure's local network gateway has AWS's outside address of the tunnel.

    Source: MS, howto-aws-bgp
    """
    for one in case.met:
        local = one.connection.local
        if local is not None and not local.fqdn:
            remedy = (
                f"az network local-gateway update {handle(local.id)} --gateway-ip-address {one.aws.outside_address}"
            )
            yield compared(local.name, one.aws.outside_address, local.address, remedy, one.name)


@check("outside.aws", ERROR, BOTH, needs=("aws.customer_gateways", "azure.connections"))
def outside_aws(case: Case) -> Findings:
    """AWS's customer gateway has the public address of the instance where its tunnels end.

    Source: AWS, customer gateways: it admits no other
    """
    seen = set()
    for one in case.used:
        gateway = one.aws_connection.customer_gateway if one.aws_connection else None
        if gateway is None or one.instance is None or not one.instance.public_address or gateway.id in seen:
            continue
        seen.add(gateway.id)
        remedy = LOOK_AT_CAUSES
        yield compared(gateway.name, one.instance.public_address, gateway.address, remedy)


@check("ike.version", ERROR, BOTH)
def ike_version(case: Case) -> Findings:
    """AWS permits the IKE version that Azure speaks.

    Source: AWS, IKEVersions; MS, connectionProtocol
    """
    for one in case.met:
        permitted = proposals.ike_versions(one.aws.options)
        yield Finding(
            one.connection.name,
            one.connection.protocol.lower() in permitted,
            " or ".join(permitted),
            one.connection.protocol.lower(),
            LOOK_AT_CAUSES,
            one.name,
        )


@check("ike.initiator", ERROR, BOTH)
def ike_initiator(case: Case) -> Findings:
    """At least one end opens the tunnel.

    Source: AWS, StartupAction: IKEv2 only; MS, connectionMode
    """
    for one in case.met:
        yield Finding(
            one.connection.name,
            somebody_starts(one),
            "Azure or AWS initiates",
            initiators(one),
            LOOK_AT_CAUSES,
            one.name,
        )


def somebody_starts(one: Met) -> bool:
    azure = one.connection.mode.lower() != "responderonly"
    aws = one.aws.options.get("startup_action", "add") == "start"
    return azure or (aws and one.connection.protocol.lower() == "ikev2")


def initiators(one: Met) -> str:
    return f"Azure {one.connection.mode}, AWS {one.aws.options.get('startup_action', 'add')}"


@check("ike.selectors", ERROR, BOTH, needs=("azure.connections", "aws.vpn_connections"))
def ike_selectors(case: Case) -> Findings:
    """The ranges that Azure proposes for a tunnel and those that AWS permits have something in common; with BGP, the
    addresses between which it speaks.

    Source: MS, trafficSelectorPolicies and policy-based VPN; AWS, LocalIpv4NetworkCidr and RemoteIpv4NetworkCidr
    """
    for one in case.met:
        ranges = selectors(case, one)
        proposed, permitted = ranges.words
        ok = case.is_up(one.ends) if ranges.policy_based else ranges.fits
        expected = "ranges in common" if ranges.leaves_out_bgp is None else "ranges with BGP's addresses"
        found = f"Azure {'policy-based' if ranges.policy_based else proposed}; AWS {permitted}"
        yield Finding(one.connection.name, ok, expected, found, LOOK_AT_CAUSES, one.name)


@check("reach.selectors", WARNING, BOTH, needs=("azure.connections", "aws.vpn_connections"))
def reach_selectors(case: Case) -> Findings:
    """The ranges of a tunnel leave out nobody behind it.

    Source: MS, trafficSelectorPolicies and policy-based VPN; AWS, LocalIpv4NetworkCidr and RemoteIpv4NetworkCidr
    """
    for one in case.met:
        ranges = selectors(case, one)
        if ranges.fits:
            left = words([str(each) for each in ranges.left_out])
            yield Finding(
                one.connection.name, left == "none", "none", left, opening(one.connection, one.owner), one.name
            )


@check("crypto.phase1", ERROR, BOTH)
def crypto_phase1(case: Case) -> Findings:
    """Encryption, integrity and Diffie-Hellman group of IKE have something in common.

    Source: MS, about VPN devices and IPsec/IKE policy; AWS, VpnTunnelOptionsSpecification
    """
    for one in case.met:
        yield _fit(one, proposals.phase1(one.connection.policy, one.aws.options))


@check("crypto.phase2", ERROR, BOTH)
def crypto_phase2(case: Case) -> Findings:
    """Encryption and integrity of IPsec have something in common.

    Source: MS, about VPN devices and IPsec/IKE policy; AWS, VpnTunnelOptionsSpecification
    """
    for one in case.met:
        yield _fit(one, proposals.phase2(one.connection.policy, one.aws.options))


@check("crypto.pfs", ERROR, BOTH)
def crypto_pfs(case: Case) -> Findings:
    """Both ends have a group for perfect forward secrecy in common. It shows at the first rekey, an hour later.

    Source: MS, IPsec/IKE policy; AWS, customer gateway requirements
    """
    for one in case.met:
        yield _fit(one, proposals.pfs(one.connection.policy, one.aws.options))


def _fit(one: Met, fit: proposals.Fit) -> Finding:
    found = f"Azure {fit.azure}; AWS {fit.aws}"
    return Finding(one.connection.name, fit.ok, "a proposal in common", found, LOOK_AT_CAUSES, one.name)


@check("routing.kind", ERROR, BOTH)
def routing_kind(case: Case) -> Findings:
    """Both ends speak BGP, or both route statically.

    Source: AWS, StaticRoutesOnly; MS, enableBgp
    """
    for one in case.met:
        azure = "BGP" if one.connection.bgp else "static"
        aws = "static" if one.owner.static else "BGP"
        remedy = "Set enableBgp of Azure's connection as AWS has it; AWS's kind is fixed when a connection is made."
        yield Finding(one.connection.name, azure == aws, "the same kind", f"Azure {azure}, AWS {aws}", remedy, one.name)


@check("azure.answer", ERROR, AZURE)
def azure_answer(case: Case) -> Findings:
    """Azure answers, and there is a gateway.

    Source: the reading itself
    """
    yield from _answer(case, AZURE)


@check("aws.answer", ERROR, AWS)
def aws_answer(case: Case) -> Findings:
    """AWS answers, and there is a gateway.

    Source: the reading itself
    """
    yield from _answer(case, AWS)


def _answer(case: Case, cloud: str) -> Findings:
    read = case.azure if cloud == AZURE else case.aws
    name = "gateway" if read is None or read.gateway is None else read.gateway.name
    if read is not None and read.gateway is None and "gateway" in read.unread:
        yield unread("gateway", "there", read.unread["gateway"])
        return
    said = "no answer" if read is None else "there" if read.gateway else "no gateway of this name"
    where = "subscription" if cloud == AZURE else "account and region"
    remedy = (
        "See the error of the module that reads it."
        if said == "no answer"
        else mend(case, "it makes the gateway", f"Correct the gateway's name, or sign in to its {where}.")
    )
    yield Finding(name, said == "there", "there", said, remedy)
