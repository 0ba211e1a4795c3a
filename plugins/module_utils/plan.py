# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a link: everything that can be decided, and every mistake that can be seen, without a cloud."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from ipaddress import IPv4Network
from typing import Any, get_args, get_origin, get_type_hints

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import addresses, consent, cost, crypto
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.addresses import beside
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.arm import route_name
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import PREFIX, Fault, listed
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.rules import (
    CHECKS,
    GATEWAY_SUBNET,
    Networks,
    judge_inside_cidrs,
    judge_networks,
    key_faults,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.variables import (
    AWS_QUOTAS,
    CRYPTO_MEANING,
    QUOTA,
    VARIABLES,
    Values,
    kind_of,
    read,
)

VERSION = 1

LOG_GROUPS = "/aws/vendedlogs/s2s_vpn"
PARTITIONS: Mapping[str, str] = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}

# ------------------------------------------------------------------------------------------------ the plan's shape


@dataclass(frozen=True)
class Identity:
    """Whose clouds the link is built in; both are needed for the owner's id."""

    azure_subscription: str
    aws_account: str


@dataclass(frozen=True)
class Owner:
    id: str
    link: str


@dataclass(frozen=True)
class Range:
    """A subnet with its name."""

    name: str
    cidr: str


@dataclass(frozen=True)
class Network:
    """A VNet or VPC: what it is made with, which AWS never changes, and its further ranges."""

    name: str
    cidr: str
    more_cidrs: list[str]

    @property
    def cidrs(self) -> list[str]:
        return [self.cidr, *self.more_cidrs]


@dataclass(frozen=True)
class NsgRule:
    """As azure.azcollection.azure_rm_securitygroup takes it."""

    name: str
    priority: int
    direction: str
    access: str
    protocol: str
    source_address_prefix: list[str]
    destination_address_prefix: list[str]
    source_port_range: str
    destination_port_range: str
    description: str


@dataclass(frozen=True)
class Nsg:
    name: str
    rules: list[NsgRule]


@dataclass(frozen=True)
class Route:
    name: str
    cidr: str
    next_hop_type: str


@dataclass(frozen=True)
class AzureRouteTable:
    name: str
    disable_bgp_route_propagation: bool
    routes: list[Route]


@dataclass(frozen=True)
class AzureNetwork:
    resource_group: str
    location: str
    tags: dict[str, str]
    adopt: list[str]
    vnet: Network
    app_subnet: Range
    gateway_subnet: Range
    nsg: Nsg
    route_table: AzureRouteTable


@dataclass(frozen=True)
class GatewayInstance:
    public_ip_name: str
    ip_configuration: str
    apipa_addresses: list[str]


@dataclass(frozen=True)
class AzureGateway:
    resource_group: str
    location: str
    tags: dict[str, str]
    adopt: list[str]
    name: str
    vnet_name: str
    sku: str
    active_active: bool
    bgp: bool
    asn: int
    zones: list[str]
    instances: list[GatewayInstance]
    consent: list[str]


@dataclass(frozen=True)
class AzureConnection:
    """What all Azure connections of the link have in common; the rest comes from the exchange."""

    resource_group: str
    location: str
    tags: dict[str, str]
    adopt: list[str]
    gateway_name: str
    protocol: str
    mode: str
    dpd_seconds: int
    ipsec_policy: crypto.IpsecPolicy
    consent: list[str]


@dataclass(frozen=True)
class Named:
    name: str


@dataclass(frozen=True)
class SecurityGroupRule:
    """As amazon.aws.ec2_security_group takes it."""

    proto: str
    cidr_ip: list[str]
    rule_desc: str


@dataclass(frozen=True)
class SecurityGroup:
    name: str
    description: str
    rules: list[SecurityGroupRule]


@dataclass(frozen=True)
class AwsNetwork:
    region: str
    tags: dict[str, str]
    adopt: list[str]
    vpc: Network
    app_subnet: Range
    route_table: Named
    security_group: SecurityGroup


@dataclass(frozen=True)
class Vgw:
    name: str
    asn: int


@dataclass(frozen=True)
class CustomerGateway:
    name: str
    instance: int
    asn: int
    device_name: str


@dataclass(frozen=True)
class TunnelOptions(crypto.TunnelCrypto):
    inside_cidr: str
    startup_action: str
    dpd_timeout_seconds: int
    dpd_timeout_action: str
    lifecycle_control: bool
    log_options: dict[str, Any]


@dataclass(frozen=True)
class LogGroup:
    """Where AWS's tunnels log to. The owner's id makes the name the link's own."""

    name: str
    arn: str
    retention_days: int


@dataclass(frozen=True)
class VpnConnection:
    name: str
    number: int
    instance: int
    customer_gateway: str
    static_routes_only: bool
    routes: list[str]
    tunnels: list[TunnelOptions]


@dataclass(frozen=True)
class AwsGateway:
    region: str
    tags: dict[str, str]
    adopt: list[str]
    vgw: Vgw
    pre_shared_key_storage: str
    log_groups: list[LogGroup]
    customer_gateways: list[CustomerGateway]
    connections: list[VpnConnection]


@dataclass(frozen=True)
class AwsQuotas:
    """The first four count in a region; the last is judged by the plan, but for what stands already."""

    vpcs: int
    vgws: int
    customer_gateways: int
    vpn_connections: int
    vpn_connections_per_vgw: int
    cidrs_per_vpc: int


@dataclass(frozen=True)
class Tunnel:
    """``connection`` and ``number`` count from 1, ``instance`` from 0. ``expected`` is up or spare."""

    name: str
    connection: int
    number: int
    instance: int
    inside_cidr: str
    aws_inside_address: str
    azure_inside_address: str
    resource_name: str
    expected: str


@dataclass(frozen=True)
class Azure:
    network: AzureNetwork
    gateway: AzureGateway
    connection: AzureConnection


@dataclass(frozen=True)
class Aws:
    network: AwsNetwork
    gateway: AwsGateway
    quotas: AwsQuotas


@dataclass(frozen=True)
class BothCrypto:
    azure: crypto.IpsecPolicy
    aws: crypto.TunnelCrypto


@dataclass(frozen=True)
class Expect:
    azure_learns: list[str]
    aws_learns: list[str]


@dataclass(frozen=True)
class Plan:
    """The plan of one link. ``key_maker`` says who makes the pre-shared keys, aws or user; there is none in here."""

    version: int
    link: str
    routing: str
    key_maker: str
    owner: Owner
    tags: dict[str, str]
    adopt: list[str]
    notes: list[str]
    azure: Azure
    aws: Aws
    tunnels: list[Tunnel]
    crypto: BothCrypto
    expect: Expect
    cost: cost.Estimate

    def as_dict(self) -> dict[str, Any]:
        """The JSON form, which roles and modules read."""
        return asdict(self)


@dataclass(frozen=True)
class PlanResult:
    """Either a plan or at least one fault."""

    plan: Plan | None
    faults: tuple[Fault, ...] = ()


# ------------------------------------------------------------------------------------------------- building the plan


def owner_id(identity: Identity, region: str, link: str) -> str:
    """Stable id of a link's owner: two inventories may use one link name, but not in the same clouds."""
    whole = "/".join((identity.azure_subscription.lower(), identity.aws_account, region, link))
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


STATIC_NOTE = (
    "Static routing: one tunnel carries the link and nothing takes over when it fails. Azure takes several "
    "connections to one network with BGP only. AWS's second tunnel is a spare that stays down; to use it, the local "
    "gateway's address and the key must be changed. Going over to BGP (change_routing.yml) gives new addresses."
)
ROUTE_NOTE = (
    "A user-defined route ({cidr}) overrides the one that BGP learns: when all tunnels are down it leads nowhere, "
    "and no other path is taken."
)
ADOPTED_NOTE = "Consent to recreate does not reach Azure's {}: adopted, and what is adopted is never deleted."
MSS_NOTE = "Neither gateway clamps TCP's segment size: set MSS 1350 or MTU 1400 on the hosts."


def _notes(values: Values, networks: Networks, policy: crypto.Crypto) -> list[str]:
    notes = [STATIC_NOTE] if values["routing"] == "static" else []
    if values["azure_user_defined_route"] and values["routing"] == "bgp":
        notes.append(ROUTE_NOTE.format(cidr=", ".join(map(str, networks.aws))))
    weak = policy.weak_choices()
    if weak:
        notes.append(f"Weak crypto, kept because you ask for it: {listed(weak)}.")
    return [*notes, MSS_NOTE]


def _spelled(adopt: Iterable[str], values: Values, tunnels: Sequence[Tunnel]) -> list[str]:
    """Names to adopt as the plan spells them: Azure does not tell names apart by letter case, roles do."""
    known = [value for name, value in values.items() if name.endswith(("_name", "_group"))]
    known += [f"{values['link']}-app-nsg", f"{values['link']}-app-rt", *(tunnel.resource_name for tunnel in tunnels)]
    spelling = {name.lower(): name for name in known}
    return [spelling.get(name.lower(), name) for name in adopt]


def _adopts(adopt: Iterable[str], *names: str) -> bool:
    """Whether one of these is adopted. Azure does not tell names apart by letter case."""
    return not {name.lower() for name in adopt}.isdisjoint(name.lower() for name in names)


def _named(name: str, ranges: Sequence[IPv4Network]) -> Network:
    return Network(name, str(ranges[0]), [str(one) for one in ranges[1:]])


def _routes(ranges: Sequence[IPv4Network]) -> list[Route]:
    names = [route_name(), *(route_name(str(one)) for one in ranges[1:])]
    return [Route(name, str(one), "virtual_network_gateway") for name, one in zip(names, ranges, strict=True)]


def _nsg(link: str, networks: Networks, partner: list[str]) -> Nsg:
    def inbound(name: str, priority: int, access: str, sources: list[str], description: str) -> NsgRule:
        return NsgRule(name, priority, "Inbound", access, "*", sources, ["*"], "*", "*", description)

    return Nsg(
        f"{link}-app-nsg",
        [
            inbound("allow-own-vnet", 4000, "Allow", [str(one) for one in networks.azure], "Hosts of this VNet."),
            inbound("allow-aws", 4010, "Allow", partner, "Hosts in AWS that the link admits."),
            inbound(
                "deny-other-networks",
                4096,
                "Deny",
                ["VirtualNetwork"],
                "Everything else behind the gateway. Own rules go before this one, at 100 to 3999.",
            ),
        ],
    )


def _tunnels(link: str, routing: str, inside: Sequence[IPv4Network]) -> list[Tunnel]:
    tunnels = []
    for position, network in enumerate(inside):
        connection, number = divmod(position, 2)
        name = f"{connection + 1}-{number + 1}"
        tunnels.append(
            Tunnel(
                name=name,
                connection=connection + 1,
                number=number + 1,
                instance=connection,
                inside_cidr=str(network),
                aws_inside_address=str(addresses.aws_inside_address(network)),
                azure_inside_address=str(addresses.azure_inside_address(network)),
                resource_name=f"{link}-aws-{name}",
                expected="spare" if routing == "static" and number else "up",
            )
        )
    return tunnels


def _log_groups(values: Values, owner: Owner, account: str) -> list[LogGroup]:
    """None, or the one. Below /aws/vendedlogs AWS needs no resource policy for each link (EXP)."""
    days, region = values["aws_tunnel_log_days"], values["aws_region"]
    if not days:
        return []
    partition = next((name for start, name in PARTITIONS.items() if region.startswith(start)), "aws")
    name = f"{LOG_GROUPS}/{values['link']}-{owner.id}"
    return [LogGroup(name, f"arn:{partition}:logs:{region}:{account}:log-group:{name}", days)]


def _log_options(log_groups: Sequence[LogGroup], bgp: bool) -> dict[str, Any]:
    """Both ends of a tunnel's story. {} leaves alone what is there: a change takes the tunnel down."""
    options: dict[str, Any] = {}
    for group in log_groups:
        options = {"enabled": True, "log_group_arn": group.arn, "output_format": "json"}
        if bgp:
            options |= {"bgp_enabled": True, "bgp_log_group_arn": group.arn, "bgp_output_format": "json"}
    return options


def _tunnel_options(
    tunnel: Tunnel,
    aws_crypto: crypto.TunnelCrypto,
    dpd_seconds: int,
    routing: str,
    lifecycle_control: bool,
    log_groups: Sequence[LogGroup],
) -> TunnelOptions:
    used = tunnel.expected == "up"
    return TunnelOptions(
        **asdict(aws_crypto),
        inside_cidr=tunnel.inside_cidr,
        startup_action="start" if used else "add",
        dpd_timeout_seconds=dpd_seconds,
        dpd_timeout_action="restart",
        lifecycle_control=used and lifecycle_control,
        log_options=_log_options(log_groups, routing == "bgp"),
    )


def _usage(values: Values, adopt: Sequence[str], gateway_adopted: bool, instances: int) -> cost.Usage:
    own = [name for index in range(instances) if not _adopts(adopt, name := f"{values['link']}-{index + 1}")]
    return cost.Usage(
        location=values["azure_location"],
        region=values["aws_region"],
        sku=None if gateway_adopted else values["azure_gateway_sku"],
        public_addresses=0 if gateway_adopted else instances,
        vpn_connections=len(own),
        tunnels=2 * len(own),
    )


def _build(
    values: Values,
    networks: Networks,
    inside: Sequence[IPv4Network],
    owner: Owner,
    key_maker: str,
    account: str,
) -> Plan:
    link, routing = values["link"], values["routing"]
    bgp = routing == "bgp"
    log_groups = _log_groups(values, owner, account)
    # AWS advises lifecycle control where one tunnel carries all: it announces endpoint replacements.
    lifecycle = values.get("aws_lifecycle_control", routing == "static")
    whole = values["admit"] == "networks"
    tags = {"s2s_vpn:link": link, "s2s_vpn:id": owner.id, **values["tags"]}
    policy = crypto.Crypto(**{name: values[name] for name in CRYPTO_MEANING})
    both = BothCrypto(policy.for_azure(), policy.for_aws())
    tunnels = _tunnels(link, routing, inside)
    adopt = _spelled(values["adopt"], values, tunnels)
    instances = sorted({tunnel.instance for tunnel in tunnels})
    adopted = {
        "gateway": _adopts(adopt, values["azure_gateway_name"]),
        "connections": _adopts(adopt, *(tunnel.resource_name for tunnel in tunnels)),
    }
    never_made_again = [part for part, is_so in adopted.items() if is_so and consent.RECREATE in values["consent"]]
    in_azure = {"resource_group": values["azure_resource_group"], "location": values["azure_location"]}
    in_aws = {"region": values["aws_region"]}
    azure_ranges, aws_ranges = ([str(one) for one in ranges] for ranges in (networks.azure, networks.aws))

    def gateway_instance(index: int) -> GatewayInstance:
        apipa = [tunnel.azure_inside_address for tunnel in tunnels if bgp and tunnel.instance == index]
        public_ip = f"{values['azure_gateway_name']}-pip-{index + 1}"
        return GatewayInstance(public_ip, f"ipconfig{index + 1}", apipa)

    def vpn_connection(index: int) -> VpnConnection:
        own = [tunnel for tunnel in tunnels if tunnel.instance == index]
        return VpnConnection(
            name=f"{link}-{index + 1}",
            number=index + 1,
            instance=index,
            customer_gateway=f"{link}-azure-{index + 1}",
            static_routes_only=not bgp,
            routes=[] if bgp else azure_ranges,
            tunnels=[
                _tunnel_options(tunnel, both.aws, policy.dpd_seconds, routing, lifecycle, log_groups) for tunnel in own
            ],
        )

    return Plan(
        version=VERSION,
        link=link,
        routing=routing,
        key_maker=key_maker,
        owner=owner,
        tags=tags,
        adopt=adopt,
        notes=[*_notes(values, networks, policy), *map(ADOPTED_NOTE.format, never_made_again)],
        azure=Azure(
            network=AzureNetwork(
                **in_azure,
                tags=tags,
                adopt=adopt,
                vnet=_named(values["azure_vnet_name"], networks.azure),
                app_subnet=Range(values["azure_app_subnet_name"], str(networks.azure_app)),
                gateway_subnet=Range(GATEWAY_SUBNET, str(networks.gateway_subnet)),
                nsg=_nsg(link, networks, aws_ranges if whole else beside(networks.aws_app, networks.aws[1:])),
                route_table=AzureRouteTable(
                    f"{link}-app-rt", False, _routes(networks.aws) if values["azure_user_defined_route"] else []
                ),
            ),
            gateway=AzureGateway(
                **in_azure,
                tags=tags,
                adopt=adopt,
                name=values["azure_gateway_name"],
                vnet_name=values["azure_vnet_name"],
                sku=values["azure_gateway_sku"],
                active_active=bgp,
                bgp=bgp,
                asn=values["azure_asn"],
                zones=sorted(values["azure_zones"]),
                instances=[gateway_instance(index) for index in instances],
                consent=consent.granted(values["consent"], consent.AZURE_GATEWAY, adopted["gateway"]),
            ),
            connection=AzureConnection(
                **in_azure,
                tags=tags,
                adopt=adopt,
                gateway_name=values["azure_gateway_name"],
                protocol="IKEv2",
                mode="Default",
                dpd_seconds=policy.dpd_seconds,
                ipsec_policy=both.azure,
                consent=consent.granted(values["consent"], consent.AZURE_CONNECTION, adopted["connections"]),
            ),
        ),
        aws=Aws(
            network=AwsNetwork(
                **in_aws,
                tags=tags,
                adopt=adopt,
                vpc=_named(values["aws_vpc_name"], networks.aws),
                app_subnet=Range(values["aws_app_subnet_name"], str(networks.aws_app)),
                route_table=Named(f"{link}-app-rt"),
                security_group=SecurityGroup(
                    name=f"{link}-app-sg",
                    description=f"What link {link} admits to the app subnet",
                    rules=[
                        SecurityGroupRule(
                            "all",
                            azure_ranges if whole else beside(networks.azure_app, networks.azure[1:]),
                            "Hosts in Azure that the link admits",
                        )
                    ],
                ),
            ),
            gateway=AwsGateway(
                **in_aws,
                tags=tags,
                adopt=adopt,
                vgw=Vgw(values["aws_vgw_name"], values["aws_asn"]),
                pre_shared_key_storage="SecretsManager" if values["aws_secrets_manager"] else "Standard",
                log_groups=log_groups,
                customer_gateways=[
                    CustomerGateway(
                        f"{link}-azure-{index + 1}", index, values["azure_asn"], f"{link}-azure-{index + 1}"
                    )
                    for index in instances
                ],
                connections=[vpn_connection(index) for index in instances],
            ),
            quotas=AwsQuotas(**{name: values[QUOTA + name] for name in AWS_QUOTAS}),
        ),
        tunnels=tunnels,
        crypto=both,
        expect=Expect(azure_learns=aws_ranges, aws_learns=azure_ranges),
        cost=cost.estimate(_usage(values, adopt, adopted["gateway"], len(instances)), values["prices"]),
    )


def is_plan(value: object, kind: Any = Plan) -> bool:
    """Whether this has the JSON form of a plan: its members and their types, not what they mean."""
    if is_dataclass(kind):
        types = get_type_hints(kind)
        return isinstance(value, Mapping) and all(name in value and is_plan(value[name], types[name]) for name in types)
    if get_origin(kind) is list:
        return isinstance(value, list) and all(is_plan(one, get_args(kind)[0]) for one in value)
    return isinstance(value, get_origin(kind) or kind)


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Unknown variables first, then the order in which the variables are documented."""
    order = [f"{PREFIX}{name}" for name in VARIABLES]
    position = {name: index for index, name in enumerate([*order, f"{PREFIX}pre_shared_keys"])}
    return tuple(sorted(faults, key=lambda fault: position.get(fault.variable, -1)))


def plan_link(
    raw: Mapping[str, object], pre_shared_keys: object = None, identity: Identity | None = None
) -> PlanResult:
    """Plan one link.

    :param raw: the link's variables, with or without the prefix ``s2s_vpn_``; None and "" mean "the default"
    :param pre_shared_keys: inside CIDR -> key; judged, and left out of the plan
    :param identity: without it the owner's id is ``planned:owner``
    """
    if not isinstance(raw, Mapping):
        return PlanResult(None, (Fault("input", "", f"it is {kind_of(raw)}, not a mapping", "Write variable: value."),))
    values, faults = read(raw)
    networks, network_faults = judge_networks(values)
    inside, inside_faults = judge_inside_cidrs(values)
    faults += [*network_faults, *inside_faults, *key_faults(pre_shared_keys, inside)]
    for check in CHECKS:
        faults.extend(check(values))
    if faults or networks is None:
        return PlanResult(None, in_order(faults))
    owner = "planned:owner" if identity is None else owner_id(identity, values["aws_region"], values["link"])
    key_maker = "user" if pre_shared_keys else "aws"
    account = "planned:account" if identity is None else identity.aws_account
    return PlanResult(_build(values, networks, inside, Owner(owner, values["link"]), key_maker, account))
