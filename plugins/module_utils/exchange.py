# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS's tunnels in, Azure's local gateways and connections out.

A tunnel is known by its inside CIDR and by nothing else: AWS promises no order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.addresses import parse_network
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.crypto import Crypto
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault, listed, shown
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.tunnels import PLANNED, Connection, Tunnel

JsonDict = Mapping[str, Any]


@dataclass(frozen=True)
class LocalGateway:
    """With BGP no prefixes but an ASN and a peer; static the other way round."""

    name: str
    gateway_ip_address: str
    address_prefixes: list[str]
    asn: int | None
    bgp_peering_address: str | None
    inside_cidr: str


@dataclass(frozen=True)
class CustomBgpAddress:
    instance: int
    address: str


@dataclass(frozen=True)
class KeySource:
    """Where the module that writes the key to Azure reads it in AWS."""

    vpn_connection_id: str
    outside_address: str


@dataclass(frozen=True)
class AzureConnection:
    """``custom_bgp_addresses`` has both slots of an active/active gateway, and none with static routing."""

    name: str
    local_gateway: str
    inside_cidr: str
    instance: int
    enable_bgp: bool
    custom_bgp_addresses: list[CustomBgpAddress]
    ipsec_policy: dict[str, Any]
    protocol: str
    mode: str
    dpd_seconds: int
    pre_shared_key_from: KeySource


@dataclass(frozen=True)
class TunnelFact:
    """A tunnel as it is, or with ``planned:`` addresses and state ``planned`` as it is going to be."""

    outside_address: str
    aws_inside_address: str
    azure_inside_address: str
    aws_asn: int | None
    vpn_connection_id: str
    state: str


@dataclass(frozen=True)
class Exchange:
    local_gateways: list[LocalGateway]
    connections: list[AzureConnection]
    tunnels: dict[str, TunnelFact]

    def as_facts(self) -> dict[str, Any]:
        """The facts that roles read; no key."""
        return {
            "s2s_vpn_local_gateways": [asdict(gateway) for gateway in self.local_gateways],
            "s2s_vpn_connections": [asdict(connection) for connection in self.connections],
            "s2s_vpn_tunnels": {cidr: asdict(tunnel) for cidr, tunnel in self.tunnels.items()},
        }


@dataclass(frozen=True)
class ExchangeResult:
    """Either an exchange or at least one fault."""

    exchange: Exchange | None
    faults: tuple[Fault, ...] = ()


# ---------------------------------------------------------------------------------- the Azure end, from plan or facts


@dataclass(frozen=True)
class _Slot:
    """The Azure end of one tunnel. ``connection`` names the VPN connection that will carry it."""

    inside_cidr: str
    resource_name: str
    instance: int
    aws_inside_address: str
    azure_inside_address: str
    used: bool
    connection: str


@dataclass(frozen=True)
class _Target:
    """The Azure end of the link. ``None`` means that the source does not say."""

    bgp: bool
    slots: list[_Slot]
    instances: list[int]
    aws_asn: int | None
    azure_asn: int | None
    prefixes: list[str]
    ipsec_policy: dict[str, Any]
    protocol: str
    mode: str
    dpd_seconds: int

    def custom_bgp_addresses(self, slot: _Slot) -> list[CustomBgpAddress]:
        """Azure wants an address of every instance on each connection; only the terminating one's is used
        (MS, howto-aws-bgp). The other instance gives the one at the same place of its list."""
        if not self.bgp:
            return []
        of_instance = {
            index: [other.azure_inside_address for other in self.slots if other.instance == index]
            for index in self.instances
        }
        place = of_instance[slot.instance].index(slot.azure_inside_address)
        return [
            CustomBgpAddress(
                index,
                slot.azure_inside_address if index == slot.instance else own[min(place, len(own) - 1)],
            )
            for index, own in of_instance.items()
            if own
        ]


#: What a value of another shape than we read raises.
_MISSHAPEN = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _whole(value: object) -> int:
    """A number that may have been through a template; none of ours is larger than an ASN."""
    number = int(_text(value) if isinstance(value, str) else value)  # type: ignore[call-overload]
    if isinstance(value, bool) or not 0 <= number < 2**32:
        raise ValueError
    return number


def _cidr(value: object) -> str:
    return str(IPv4Network(_text(value)))


def _address(value: object) -> str:
    return str(IPv4Address(_text(value)))


def _target_of_plan(plan: JsonDict) -> _Target | Fault:
    try:
        names = {connection["number"]: connection["name"] for connection in plan["aws"]["gateway"]["connections"]}
        slots = [
            _Slot(
                inside_cidr=_cidr(tunnel["inside_cidr"]),
                resource_name=_text(tunnel["resource_name"]),
                instance=_whole(tunnel["instance"]),
                aws_inside_address=_address(tunnel["aws_inside_address"]),
                azure_inside_address=_address(tunnel["azure_inside_address"]),
                used=tunnel["expected"] == "up",
                connection=_text(names[tunnel["connection"]]),
            )
            for tunnel in plan["tunnels"]
        ]
        common = plan["azure"]["connection"]
        return _Target(
            bgp=plan["routing"] == "bgp",
            slots=slots,
            instances=sorted({slot.instance for slot in slots}),
            aws_asn=_whole(plan["aws"]["gateway"]["vgw"]["asn"]),
            azure_asn=_whole(plan["azure"]["gateway"]["asn"]),
            prefixes=[_cidr(prefix) for prefix in plan["expect"]["azure_learns"]],
            ipsec_policy=dict(common["ipsec_policy"]),
            protocol=_text(common["protocol"]),
            mode=_text(common["mode"]),
            dpd_seconds=_whole(common["dpd_seconds"]),
        )
    except _MISSHAPEN:
        return Fault("plan", "", "it is not a plan", "Give what hybrid.s2s_vpn.s2s_vpn_plan returns as s2s_vpn_plan.")


@dataclass(frozen=True)
class _Instance:
    index: int
    public_ip_address: str
    apipa_addresses: list[str]


@dataclass(frozen=True)
class _Gateway:
    name: str
    bgp: bool
    asn: int | None
    instances: list[_Instance]


def _gateway_of_facts(gateway: JsonDict) -> _Gateway | Fault:
    def instance(place: int, one: JsonDict) -> _Instance:
        address = one.get("public_ip_address")
        apipa = [_address(each) for each in one.get("apipa_addresses") or []]
        return _Instance(_whole(one.get("index", place)), _text(address) if address else "", apipa)

    try:
        asn, bgp = gateway.get("asn"), gateway.get("bgp") or False
        if not isinstance(bgp, bool):
            raise TypeError
        return _Gateway(
            name=_text(gateway.get("name") or "vpn-gateway"),
            bgp=bgp,
            asn=_whole(asn) if asn else None,
            instances=[instance(place, one) for place, one in enumerate(gateway["instances"])],
        )
    except _MISSHAPEN:
        remedy = "Give what hybrid.s2s_vpn.azure_vpn_gateway returns as gateway."
        return Fault("gateway", "", "it is not a gateway with instances", remedy)


def _by_address(tunnel: Tunnel) -> IPv4Network:
    return IPv4Network(tunnel.inside_cidr)


def _target_of_gateway(gateway: _Gateway, tunnels: Iterable[Tunnel], prefixes: Sequence[str]) -> _Target:
    """Without a plan: a tunnel ends where Azure has its APIPA address, and the collection's default crypto is taken."""
    policy = Crypto()
    name, bgp, instances = gateway.name, gateway.bgp, gateway.instances
    slots: list[_Slot] = []
    for tunnel in sorted(tunnels, key=_by_address):
        at = [instance.index for instance in instances if tunnel.customer_inside_address in instance.apipa_addresses]
        if bgp and not at:
            continue
        slots.append(
            _Slot(
                inside_cidr=tunnel.inside_cidr,
                resource_name=f"{name}-aws-{tunnel.inside_cidr.partition('/')[0].replace('.', '-')}",
                instance=at[0] if bgp else 0,
                aws_inside_address=tunnel.aws_inside_address,
                azure_inside_address=tunnel.customer_inside_address,
                # Azure takes one connection to a network without BGP (MS, highlyavailable).
                used=bgp or not slots,
                connection="",
            )
        )
    order = {address: place for one in instances for place, address in enumerate(one.apipa_addresses)}
    slots.sort(key=lambda slot: (slot.instance, order.get(slot.azure_inside_address, 0)))
    return _Target(
        bgp=bgp,
        slots=slots,
        instances=[instance.index for instance in instances],
        aws_asn=None,
        azure_asn=gateway.asn,
        prefixes=list(prefixes),
        ipsec_policy=asdict(policy.for_azure()),
        protocol="IKEv2",
        mode="Default",
        dpd_seconds=policy.dpd_seconds,
    )


# ------------------------------------------------------------------------------------------------------ the AWS end


def _fault_of(connection: Connection, problem: str, remedy: str) -> Fault:
    return Fault("vpn_connection", shown(connection.id), problem, remedy)


def _live(connections: Iterable[Connection]) -> list[Connection]:
    """Without what is deleted; a bare document of a connection that is there with its state too is left out."""
    present = [connection for connection in connections if not connection.gone]
    with_state = {connection.id for connection in present if connection.state}
    return [connection for connection in present if connection.state or connection.id not in with_state]


def _empty_faults(connections: Iterable[Connection], predict: bool) -> Iterable[Fault]:
    for connection in connections:
        if connection.tunnels or connection.planned or (predict and connection.state == "pending"):
            continue
        if connection.state == "pending":
            yield _fault_of(connection, "it is pending and has no tunnels yet", "Run it again when it is available.")
        else:
            problem = "AWS gives neither tunnel options nor a configuration of it"
            yield _fault_of(connection, problem, "See whether the account may call DescribeVpnConnections.")


def _kind_faults(connections: Iterable[Connection], target: _Target) -> Iterable[Fault]:
    for connection in connections:
        if connection.static_routes_only is None or connection.static_routes_only != target.bgp:
            continue
        here, there = ("BGP", "static routing") if target.bgp else ("static routing", "BGP")
        remedy = "AWS fixes this when a connection is made: delete it and run the link again."
        yield _fault_of(connection, f"it was made for {there} and the link has {here}", remedy)


@dataclass(frozen=True)
class _Found:
    connection: Connection
    tunnel: Tunnel


def _matched(connections: Iterable[Connection], target: _Target) -> tuple[dict[str, _Found], list[Fault]]:
    """The tunnels by inside CIDR; faults for those that nobody planned or that are there twice."""
    known = {slot.inside_cidr for slot in target.slots}
    found: dict[str, _Found] = {}
    faults: list[Fault] = []
    for connection in connections:
        for tunnel in connection.tunnels:
            cidr = tunnel.inside_cidr
            if cidr not in known:
                problem = f"the link has no tunnel with its inside CIDR {cidr}"
                remedy = (
                    f"The link has {listed(sorted(known, key=IPv4Network))}: leave this connection out, or plan it."
                )
                if not known:
                    remedy = "Write the second address of its /30 into an instance's APIPA addresses in Azure."
                faults.append(_fault_of(connection, problem, remedy))
            elif cidr in found and found[cidr].connection.id != connection.id:
                problem = f"its inside CIDR {cidr} is also that of {found[cidr].connection.id}"
                faults.append(_fault_of(connection, problem, "Leave out the one that is not this link's."))
            else:
                found[cidr] = _Found(connection, tunnel)
    return found, faults


def _end_faults(slot: _Slot, found: _Found, target: _Target, instances: Sequence[_Instance]) -> Iterable[Fault]:
    """Does AWS's tunnel mean the Azure end that the link has?"""
    connection, tunnel = found.connection, found.tunnel
    instance = next((one for one in instances if one.index == slot.instance), None)
    address = instance.public_ip_address if instance else ""
    expected = tunnel.customer_outside_address
    if address and expected and not address.startswith(PLANNED) and address != expected:
        problem = f"its customer gateway is {expected}, and Azure's instance {slot.instance} has {address}"
        yield _fault_of(connection, problem, "Run the AWS side again, with the customer gateway of this address.")
    if not target.bgp:
        return
    if instance and instance.apipa_addresses and slot.azure_inside_address not in instance.apipa_addresses:
        has = f"Azure's instance {slot.instance} has {listed(instance.apipa_addresses)}"
        problem = f"its tunnel {slot.inside_cidr} needs {slot.azure_inside_address} in Azure, and {has}"
        yield _fault_of(connection, problem, "Run the Azure gateway again, or choose other inside CIDRs.")
    if tunnel.customer_asn and target.azure_asn and tunnel.customer_asn != target.azure_asn:
        problem = f"AWS expects ASN {tunnel.customer_asn} of Azure, and Azure's gateway has {target.azure_asn}"
        yield _fault_of(connection, problem, "Run the AWS side again, with a customer gateway of this ASN.")
    if tunnel.aws_asn and target.aws_asn and tunnel.aws_asn != target.aws_asn:
        problem = f"AWS's gateway has ASN {tunnel.aws_asn}, and the plan says {target.aws_asn}"
        yield _fault_of(connection, problem, f"Write s2s_vpn_aws_asn: {tunnel.aws_asn}.")
    if not (tunnel.aws_asn or target.aws_asn):
        problem = "AWS's ASN is not told"
        yield _fault_of(connection, problem, "Give the plan, or the CustomerGatewayConfiguration, which has it.")


def _missing_faults(target: _Target, found: Mapping[str, _Found]) -> Iterable[Fault]:
    for slot in target.slots:
        if slot.inside_cidr not in found:
            problem = f"none has the tunnel {slot.inside_cidr} that {slot.resource_name} needs"
            yield Fault(
                "vpn_connections", "", problem, "Give all VPN connections of the link, or run the AWS side again."
            )


# ---------------------------------------------------------------------------------------------------------- together


def _predicted(slot: _Slot, connections: Sequence[Connection]) -> _Found:
    """A tunnel that is still to be made."""
    tunnel = Tunnel(
        outside_address=f"{PLANNED}{slot.inside_cidr}",
        inside_cidr=slot.inside_cidr,
        aws_inside_address=slot.aws_inside_address,
        customer_inside_address=slot.azure_inside_address,
    )
    identifier = f"{PLANNED}{slot.connection}"
    pending = next((one for one in connections if one.id == identifier), None)
    return _Found(pending or Connection(identifier, "planned", None, None, None, None), tunnel)


def _exchanged(target: _Target, found: Mapping[str, _Found]) -> Exchange:
    local_gateways: list[LocalGateway] = []
    connections: list[AzureConnection] = []
    for slot in target.slots:
        if not slot.used or slot.inside_cidr not in found:
            continue
        at = found[slot.inside_cidr]
        local_gateways.append(
            LocalGateway(
                name=slot.resource_name,
                gateway_ip_address=at.tunnel.outside_address,
                address_prefixes=[] if target.bgp else target.prefixes,
                asn=(at.tunnel.aws_asn or target.aws_asn) if target.bgp else None,
                bgp_peering_address=at.tunnel.aws_inside_address if target.bgp else None,
                inside_cidr=slot.inside_cidr,
            )
        )
        connections.append(
            AzureConnection(
                name=slot.resource_name,
                local_gateway=slot.resource_name,
                inside_cidr=slot.inside_cidr,
                instance=slot.instance,
                enable_bgp=target.bgp,
                custom_bgp_addresses=target.custom_bgp_addresses(slot),
                ipsec_policy=target.ipsec_policy,
                protocol=target.protocol,
                mode=target.mode,
                dpd_seconds=target.dpd_seconds,
                pre_shared_key_from=KeySource(at.connection.id, at.tunnel.outside_address),
            )
        )
    facts = {
        slot.inside_cidr: TunnelFact(
            outside_address=at.tunnel.outside_address,
            aws_inside_address=at.tunnel.aws_inside_address,
            azure_inside_address=at.tunnel.customer_inside_address,
            aws_asn=(at.tunnel.aws_asn or target.aws_asn) if target.bgp else None,
            vpn_connection_id=at.connection.id,
            state="planned" if at.connection.planned else at.connection.state,
        )
        for slot in target.slots
        if slot.inside_cidr in found
        for at in [found[slot.inside_cidr]]
    }
    return Exchange(local_gateways, connections, facts)


def _prefixes(given: Sequence[str]) -> tuple[list[str], list[Fault]]:
    """AWS's networks as Azure spells them, and faults of those that are none."""
    parsed = [(text, parse_network(text, "10.2.0.0/16")) for text in given]
    faults = [Fault("address_prefixes", shown(text), *found) for text, found in parsed if isinstance(found, tuple)]
    return [str(found) for _given, found in parsed if isinstance(found, IPv4Network)], faults


def exchange(
    parsed: Iterable[Connection | Fault],
    plan: JsonDict | None = None,
    gateway: JsonDict | None = None,
    *,
    address_prefixes: Sequence[str] = (),
    predict: bool = False,
    partial: bool = False,
) -> ExchangeResult:
    """Turn AWS's VPN connections into Azure's local gateways and connections.

    :param parsed: what :func:`~.tunnels.parse_connection` and :func:`~.tunnels.parse_document` gave, in any order
    :param plan: JSON form of the plan: names, crypto, and which tunnel ends where
    :param gateway: facts of ``azure_vpn_gateway``; beside a plan they are only compared with it
    :param address_prefixes: AWS's networks, for a static link without a plan
    :param predict: check mode: what is not there yet is answered as ``planned:<inside CIDR>``
    :param partial: tunnels of VPN connections that are not given are left out
    """
    parsed = list(parsed)
    faults = [one for one in parsed if isinstance(one, Fault)]
    connections = _live(one for one in parsed if isinstance(one, Connection))
    there = _gateway_of_facts(gateway) if gateway is not None else None
    if isinstance(there, Fault):
        return ExchangeResult(None, (*faults, there))
    instances = there.instances if there else []
    prefixes, wrong = _prefixes(address_prefixes)
    faults += wrong
    if plan is not None:
        target = _target_of_plan(plan)
    elif there is not None:
        tunnels = [tunnel for connection in connections for tunnel in connection.tunnels]
        target = _target_of_gateway(there, tunnels, prefixes)
    else:
        target = Fault("plan", "", "there is neither a plan nor a gateway", "Give one of the two.")
    if isinstance(target, Fault):
        return ExchangeResult(None, (*faults, target))
    if not target.bgp and not target.prefixes and not wrong:
        remedy = "Give AWS's networks, like 10.2.0.0/16."
        faults.append(Fault("address_prefixes", "", "static routing needs them and there is no plan", remedy))
    if not predict:
        planned = [connection for connection in connections if connection.planned]
        remedy = "Such placeholders belong to check mode: give the real one."
        faults += [_fault_of(connection, "it is a placeholder", remedy) for connection in planned]
    found, more = _matched(connections, target)
    faults += [*_empty_faults(connections, predict), *_kind_faults(connections, target), *more]
    for slot in target.slots:
        if slot.inside_cidr in found:
            faults += _end_faults(slot, found[slot.inside_cidr], target, instances)
        elif predict and (not partial or any(one.id == f"{PLANNED}{slot.connection}" for one in connections)):
            found[slot.inside_cidr] = _predicted(slot, connections)
    if not faults and not partial:  # a connection that could not be read is missing too: that is told once
        faults += _missing_faults(target, found)
    if faults:
        return ExchangeResult(None, tuple(dict.fromkeys(faults)))
    return ExchangeResult(_exchanged(target, found))
