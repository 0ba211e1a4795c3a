"""Both ends side by side: which tunnels would come up, which not, and what the gateways' logs would say.

Pure. Log lines follow what strongSwan and BIRD print for the same mistakes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from ipaddress import IPv4Network, ip_address, ip_network

from .model import (
    ANYWHERE,
    AwsSide,
    AwsTunnel,
    AzureConnection,
    AzureGateway,
    AzureSide,
    Fault,
    Instance,
    Stage,
    TunnelState,
)
from .offers import (
    accepts_phase1,
    accepts_phase2,
    aws_phase1_text,
    aws_phase2_text,
    azure_phase1,
    azure_phase2,
    offers_text,
)

AWS_MOST_ROUTES = 100  # more ends the session (AWS, Site-to-Site VPN quotas)


def compare(azure: AzureSide, aws: AwsSide) -> list[TunnelState]:
    """One state for each AWS tunnel, by connection and outside address; then one for each Azure connection left over.

    The order of what comes in plays no part.
    """
    states: list[TunnelState] = []
    taken: set[str] = set()
    peers: set[tuple[str, str]] = set()
    for tunnel in sorted(aws.tunnels, key=lambda t: (t.vpn_connection_id, t.outside_address)):
        connection = _counterpart(azure, tunnel, taken)
        if connection is None:
            states.append(_alone(tunnel))
            continue
        taken.add(connection.id)
        states.append(_meet(azure, connection, tunnel, peers))
    for connection in sorted(azure.connections, key=lambda c: c.id):
        if connection.id not in taken:
            states.append(_unanswered(connection))
    return states


def _counterpart(azure: AzureSide, tunnel: AwsTunnel, taken: set[str]) -> AzureConnection | None:
    """The connection to this tunnel's outside address, one whose gateway AWS would admit before any other."""

    def rank(connection: AzureConnection) -> tuple[bool, str]:
        gateway = azure.gateway(connection.gateway_id)
        return (gateway is None or gateway.instance_at(tunnel.customer_address) is None, connection.id)

    found = [c for c in azure.connections if c.local.address == tunnel.outside_address and c.id not in taken]
    return min(found, key=rank, default=None)


def _alone(tunnel: AwsTunnel) -> TunnelState:
    fault = Fault(
        Stage.REACH,
        f"no answer from {tunnel.customer_address}, giving up after 5 retransmits",
        f"no Azure connection's local network gateway names {tunnel.outside_address}",
    )
    faults = (*aws_not_ready(tunnel), fault)
    return TunnelState(tunnel.outside_address, tunnel, None, None, faults, None if tunnel.static else False)


def _unanswered(connection: AzureConnection) -> TunnelState:
    fault = Fault(
        Stage.REACH,
        f"no answer from {connection.local.address}, giving up after 5 retransmits",
        f"no AWS tunnel has the address of local network gateway {connection.local.name}, or another connection has it",
    )
    return TunnelState(connection.local.address, None, connection, None, (fault,), False if connection.bgp else None)


def _meet(azure: AzureSide, connection: AzureConnection, tunnel: AwsTunnel, peers: set[tuple[str, str]]) -> TunnelState:
    gateway = azure.gateway(connection.gateway_id)
    instance = gateway.instance_at(tunnel.customer_address) if gateway else None
    faults = [*azure_not_ready(gateway, connection), *aws_not_ready(tunnel)]
    if gateway is not None:
        if instance is None:
            faults.append(_foreign_address(gateway, tunnel))
        if astray := led_astray(gateway, connection.local.address):
            why = f"a route of GatewaySubnet takes what goes to {connection.local.address} away: {astray}"
            faults.append(Fault(Stage.REACH, f"no answer from {connection.local.address}, giving up", why))
        faults += [*_ike(connection, tunnel), *_ipsec(gateway, connection, tunnel)]
    ipsec = gateway is not None and not faults
    wants_bgp = connection.bgp or not tunnel.static
    if gateway is not None and wants_bgp:
        faults += _bgp(gateway, connection, instance, tunnel)
        # BGP tells its peers apart by address: a second one of the same address gets no session.
        peer = (f"{gateway.id}/{instance.index if instance else '-'}", connection.local.bgp_address or "")
        if not faults and peer in peers:
            why = f"{peer[1]} is already a neighbor of this gateway instance, in another connection"
            faults.append(Fault(Stage.BGP, "BGP: neighbor address in use", why))
        elif not faults:
            peers.add(peer)
    bgp = (ipsec and not faults) if wants_bgp else None
    routed = gateway is not None and ipsec and bgp is not False
    return TunnelState(
        outside_address=tunnel.outside_address,
        tunnel=tunnel,
        connection=connection,
        instance=instance,
        faults=tuple(faults),
        bgp=bgp,
        azure_learns=_azure_learns(gateway, connection, tunnel) if gateway and routed else (),
        aws_learns=_aws_learns(gateway, tunnel) if gateway and routed else (),
    )


def _azure_learns(gateway: AzureGateway, connection: AzureConnection, tunnel: AwsTunnel) -> tuple[str, ...]:
    if not connection.bgp:
        return connection.local.prefixes
    # A prefix identical to one of the VNet's own is refused (MS, BGP FAQ).
    return tuple(p for p in tunnel.announces if p not in gateway.vnet_prefixes)


def _aws_learns(gateway: AzureGateway, tunnel: AwsTunnel) -> tuple[str, ...]:
    return tunnel.routes if tunnel.static else gateway.vnet_prefixes


# --- is everything built? -------------------------------------------------------------------------------------------


def azure_not_ready(gateway: AzureGateway | None, connection: AzureConnection) -> Iterator[Fault]:
    if gateway is None:
        yield _not_ready("the Azure connection's virtual network gateway is not there")
        return
    for what, state in (
        (f"virtual network gateway {gateway.name}", gateway.state),
        (f"connection {connection.name}", connection.state),
        (f"local network gateway {connection.local.name}", connection.local.state),
    ):
        if state != "Succeeded":
            yield _not_ready(f"Azure's {what} is {state}")


def aws_not_ready(tunnel: AwsTunnel) -> Iterator[Fault]:
    """A connection that is being modified keeps the tunnel that is not replaced (AWS, endpoint replacements)."""
    if tunnel.replaced:
        yield _not_ready(f"AWS replaces this endpoint of VPN connection {tunnel.vpn_connection_id}")
    elif tunnel.connection_state not in ("available", "modifying"):
        yield _not_ready(f"AWS's VPN connection {tunnel.vpn_connection_id} is {tunnel.connection_state}")
    if tunnel.customer_gateway_state != "available":
        yield _not_ready(f"AWS's customer gateway is {tunnel.customer_gateway_state}")
    if tunnel.gateway_state != "available":
        yield _not_ready(f"AWS's gateway is {tunnel.gateway_state}")


def _not_ready(why: str) -> Fault:
    return Fault(Stage.READY, "not configured yet", why)


def _foreign_address(gateway: AzureGateway, tunnel: AwsTunnel) -> Fault:
    addresses = " and ".join(i.public_address or "no address" for i in gateway.instances)
    return Fault(
        Stage.REACH,
        f"no IKE config found for {tunnel.outside_address}...{addresses}",
        f"AWS's customer gateway is {tunnel.customer_address}, Azure's gateway sends from {addresses}",
    )


def led_astray(gateway: AzureGateway, address: str) -> str:
    """The route of GatewaySubnet that the gateway's own packets to `address` do not survive: the longest one that fits
    it and does not lead to the internet (MS, UDR overview). Empty where none does."""
    found = [(n, kind) for n, kind in _networks(gateway.routes) if ip_address(address) in n]
    network, kind = max(found, key=lambda f: f[0].prefixlen, default=(None, "Internet"))
    return "" if kind == "Internet" else f"{network} {kind}"


def _networks(routes: tuple[tuple[str, str], ...]) -> Iterator[tuple[IPv4Network, str]]:
    """Without those of service tags, in which no address here is."""
    for prefix, kind in routes:
        with contextlib.suppress(ValueError):
            yield IPv4Network(prefix, strict=False), kind


# --- phase 1 --------------------------------------------------------------------------------------------------------


def _ike(connection: AzureConnection, tunnel: AwsTunnel) -> Iterator[Fault]:
    protocol = connection.protocol.lower()
    # AWS starts IKEv2 only (AWS, tunnel initiation options).
    aws_starts = tunnel.startup_action == "start" and protocol == "ikev2"
    azure_starts = connection.mode in ("Default", "InitiatorOnly")
    if not aws_starts and not azure_starts:
        why = f"AWS's StartupAction is {tunnel.startup_action}, Azure's connectionMode is {connection.mode}"
        yield Fault(Stage.IKE, "neither end initiates IKE", why)
    if protocol not in tunnel.ike_versions:
        why = f"Azure speaks {connection.protocol}, AWS permits {', '.join(tunnel.ike_versions)}"
        yield Fault(Stage.IKE, "no IKE config found: wrong IKE version", why)
    offers = azure_phase1(connection.policy)
    if not any(accepts_phase1(tunnel, offer) for offer in offers):
        why = f"phase 1: Azure offers {offers_text(offers)}; AWS permits {aws_phase1_text(tunnel)}"
        yield Fault(Stage.IKE, "received NO_PROPOSAL_CHOSEN in IKE_SA_INIT", why)
    if not connection.key or not connection.key.matches(tunnel.key):
        yield Fault(
            Stage.IKE, "received AUTHENTICATION_FAILED in IKE_AUTH; MAC mismatched", "the pre-shared keys differ"
        )


# --- phase 2 --------------------------------------------------------------------------------------------------------


def _ipsec(gateway: AzureGateway, connection: AzureConnection, tunnel: AwsTunnel) -> Iterator[Fault]:
    offers = azure_phase2(connection.policy)
    common = [offer for offer in offers if accepts_phase2(tunnel, offer)]
    if not common:
        why = f"phase 2: Azure offers {offers_text(offers)}; AWS permits {aws_phase2_text(tunnel)}"
        yield Fault(Stage.IPSEC, "received NO_PROPOSAL_CHOSEN, no CHILD_SA built", why)
    elif not any(offer.group in tunnel.phase2_dh_groups for offer in common):
        groups = ", ".join(sorted({str(o.group or "none") for o in common}))
        why = f"PFS: Azure offers group {groups}; AWS permits {', '.join(map(str, tunnel.phase2_dh_groups))}"
        yield Fault(Stage.IPSEC, "NO_PROPOSAL_CHOSEN at the first rekey, CHILD_SA lost", why)
    if not gateway.route_based:
        yield Fault(Stage.IPSEC, "received TS_UNACCEPTABLE", "Azure's gateway is policy-based")
    yield from _selectors(connection, tunnel)


def _selectors(connection: AzureConnection, tunnel: AwsTunnel) -> Iterator[Fault]:
    if not connection.bgp and not connection.local.prefixes:
        why = f"local network gateway {connection.local.name} has no address prefix, and the connection no BGP"
        yield Fault(Stage.IPSEC, "no traffic selector to propose", why)
        return
    proposed = _proposed(connection)
    if not any(_overlap(a, tunnel.azure_range) and _overlap(r, tunnel.aws_range) for a, r in proposed):
        pairs = ", ".join(f"{a} === {r}" for a, r in proposed)
        why = f"Azure proposes {pairs}; AWS permits {tunnel.azure_range} === {tunnel.aws_range}"
        yield Fault(Stage.IPSEC, "received TS_UNACCEPTABLE, no CHILD_SA built", why)


def _proposed(connection: AzureConnection) -> tuple[tuple[str, str], ...]:
    return connection.selectors or ((ANYWHERE, ANYWHERE),)


def _within(address: str, *ranges: str) -> bool:
    return all(ip_address(address) in ip_network(r, strict=False) for r in ranges)


def _overlap(one: str, other: str) -> bool:
    return ip_network(one, strict=False).overlaps(ip_network(other, strict=False))


# --- BGP ------------------------------------------------------------------------------------------------------------


def _bgp(
    gateway: AzureGateway, connection: AzureConnection, instance: Instance | None, tunnel: AwsTunnel
) -> Iterator[Fault]:
    """AWS opens the session, Azure never does with an APIPA address (MS, BGP FAQ), so who starts always fits."""
    if tunnel.static:
        yield _silent("Azure's connection has enableBgp, AWS's is static")
        return
    if not connection.bgp or not gateway.bgp:
        what = "connection" if gateway.bgp else "gateway"
        yield _silent(f"AWS's connection speaks BGP, Azure's {what} has no enableBgp")
        return
    inside = ip_network(tunnel.inside_cidr)
    assert isinstance(inside, IPv4Network)
    aws_address, azure_address = str(inside[1]), str(inside[2])
    if not any(
        _within(azure_address, a, tunnel.azure_range) and _within(aws_address, r, tunnel.aws_range)
        for a, r in _proposed(connection)
    ):
        yield _silent(f"the traffic selectors leave out {azure_address} and {aws_address}, between which BGP speaks")
    if instance is not None:
        own = local_bgp_address(connection, instance)
        if own != azure_address:
            why = (
                f"Azure's instance {instance.index} speaks from {own or 'no address'}, AWS expects {azure_address} "
                f"(gatewayCustomBgpIpAddresses of connection {connection.name})"
            )
            yield _silent(why)
        elif own not in instance.custom_bgp_addresses:
            yield _silent(f"{own} is not among the custom BGP addresses of instance {instance.index}")
    if connection.local.bgp_address != aws_address:
        found = connection.local.bgp_address or "no BGP settings"
        yield _silent(f"local network gateway {connection.local.name} has {found}, AWS speaks from {aws_address}")
    if tunnel.customer_asn != gateway.asn:
        yield _bad_peer(f"AWS's customer gateway says {tunnel.customer_asn}, Azure's gateway is {gateway.asn}")
    if connection.local.asn is not None and connection.local.asn != tunnel.asn:
        yield _bad_peer(f"local network gateway says {connection.local.asn}, AWS's gateway is {tunnel.asn}")
    if len(gateway.vnet_prefixes) > AWS_MOST_ROUTES:
        why = f"Azure announces {len(gateway.vnet_prefixes)} routes, AWS takes {AWS_MOST_ROUTES}"
        yield Fault(Stage.BGP, "BGP: Cease, maximum number of prefixes reached", why)


def local_bgp_address(connection: AzureConnection, instance: Instance | None) -> str:
    """What the instance speaks from: the connection's choice, else its first custom address, else its own."""
    if instance is None:
        return ""
    chosen = connection.custom_bgp_addresses.get(instance.ip_configuration_id.lower())
    return chosen or next(iter(instance.custom_bgp_addresses), instance.default_bgp_address)


def _silent(why: str) -> Fault:
    return Fault(Stage.BGP, "BGP stays in Connect", why)


def _bad_peer(why: str) -> Fault:
    return Fault(Stage.BGP, "BGP: Error: Bad peer AS", why)
