# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many links of one AWS account and Azure subscription: what they share, and what they need together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from itertools import combinations, product

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import PREFIX, Fault, listed, shown
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import Identity, Plan, in_order, plan_link
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.variables import QUOTA, fault_of


def tunnels_per_azure_gateway(sku: str) -> int:
    """(EXP): 30 on the first three sizes, 100 on the others."""
    return 100 if sku in ("VpnGw4AZ", "VpnGw5AZ") else 30


def _grouped(plans: Iterable[Plan], key: Callable[[Plan], tuple[str, ...]]) -> dict[tuple[str, ...], list[Plan]]:
    groups: dict[tuple[str, ...], list[Plan]] = {}
    for plan in plans:
        groups.setdefault(key(plan), []).append(plan)
    return groups


def _links(plans: Iterable[Plan]) -> str:
    return f"links {listed(plan.link for plan in plans)}"


def _vgw_of(plan: Plan) -> tuple[str, ...]:
    return plan.aws.gateway.region, plan.aws.gateway.vgw.name


def _azure_gateway_of(plan: Plan) -> tuple[str, ...]:
    """Azure does not tell names apart by letter case."""
    gateway = plan.azure.gateway
    return gateway.resource_group.lower(), gateway.name.lower()


def _resource_group_of(plan: Plan) -> tuple[str, ...]:
    return (plan.azure.network.resource_group.lower(),)


def _vnet_of(plan: Plan) -> tuple[str, ...]:
    return *_resource_group_of(plan), plan.azure.network.vnet.name.lower()


def _vpc_of(plan: Plan) -> tuple[str, ...]:
    return plan.aws.network.region, plan.aws.network.vpc.name


Concerned = tuple[Sequence[Plan], Fault]


def _quota(plans: Iterable[Plan], name: str) -> int:
    """One account has one quota: where links differ, somebody has not heard that it was raised."""
    return max(getattr(plan.aws.quotas, name) for plan in plans)


def _raised(name: str) -> str:
    return f"or have AWS raise the quota and write it as {PREFIX}{QUOTA}{name}."


def _quota_faults(plans: Sequence[Plan]) -> Iterator[Concerned]:
    for (region,), group in _grouped(plans, lambda plan: (plan.aws.gateway.region,)).items():
        connections = sum(len(plan.aws.gateway.connections) for plan in group)
        customers = sum(len(plan.aws.gateway.customer_gateways) for plan in group)
        vpcs = {plan.aws.network.vpc.name for plan in group}
        vgws = {_vgw_of(plan) for plan in group}
        for count, name, what in (
            (connections, "vpn_connections", "VPN connections"),
            (customers, "customer_gateways", "customer gateways"),
            (len(vpcs), "vpcs", "VPCs"),
            (len(vgws), "vgws", "virtual private gateways"),
        ):
            quota = _quota(group, name)
            if count > quota:
                remedy = f"Put some links in another region or account, {_raised(name)}"
                problem = f"the links need {count} {what} there and AWS's quota is {quota} a region"
                yield group, fault_of("aws_region", region, problem, remedy)
    for (_region, name), group in _grouped(plans, _vgw_of).items():
        connections = sum(len(plan.aws.gateway.connections) for plan in group)
        quota = _quota(group, "vpn_connections_per_vgw")
        if connections > quota:
            problem = f"the links need {connections} VPN connections on it and AWS's quota is {quota}"
            remedy = f"Put some links on another one, {_raised('vpn_connections_per_vgw')}"
            yield group, fault_of("aws_vgw_name", name, problem, remedy)
    for group in _grouped(plans, _azure_gateway_of).values():
        gateway = group[0].azure.gateway
        needed = sum(tunnel.expected == "up" for plan in group for tunnel in plan.tunnels)
        most = tunnels_per_azure_gateway(gateway.sku)
        if needed > most:
            problem = f"the links need {needed} tunnels on it and {gateway.sku} has {most}"
            yield group, fault_of("azure_gateway_name", gateway.name, problem, "Put some links on another one.")


@dataclass(frozen=True)
class _Shared:
    """A kind of resource that links may share: what tells one from another, and what they must agree on."""

    variable: str
    key: Callable[[Plan], tuple[str, ...]]
    name: Callable[[Plan], str]
    meaning: Callable[[Plan], dict[str, Hashable]]


def _azure_gateway_meaning(plan: Plan) -> dict[str, Hashable]:
    gateway = plan.azure.gateway
    return {
        "azure_location": gateway.location,
        "azure_vnet_name": gateway.vnet_name.lower(),
        "azure_gateway_sku": gateway.sku,
        "routing": plan.routing,
        "azure_asn": gateway.asn,
    }


def _vnet_meaning(plan: Plan) -> dict[str, Hashable]:
    network = plan.azure.network
    return {
        "azure_location": network.location,
        "azure_vnet_cidr": network.vnet.cidr,
        "azure_more_cidrs": frozenset(network.vnet.more_cidrs),
        "azure_gateway_subnet_cidr": network.gateway_subnet.cidr,
    }


_SHARED = (
    _Shared(
        "azure_resource_group",
        _resource_group_of,
        lambda plan: plan.azure.network.resource_group,
        lambda _plan: {},  # what is in it says where it is
    ),
    _Shared("azure_gateway_name", _azure_gateway_of, lambda plan: plan.azure.gateway.name, _azure_gateway_meaning),
    _Shared(
        "azure_vnet_name",
        _vnet_of,
        lambda plan: plan.azure.network.vnet.name,
        _vnet_meaning,
    ),
    _Shared(
        "aws_vgw_name",
        _vgw_of,
        lambda plan: plan.aws.gateway.vgw.name,
        lambda plan: {"aws_asn": plan.aws.gateway.vgw.asn, "aws_vpc_name": plan.aws.network.vpc.name},
    ),
    _Shared(
        "aws_vpc_name",
        _vpc_of,
        lambda plan: plan.aws.network.vpc.name,
        lambda plan: {
            "aws_vpc_cidr": plan.aws.network.vpc.cidr,
            "aws_more_cidrs": frozenset(plan.aws.network.vpc.more_cidrs),
        },
    ),
)


def _sharing_faults(plans: Sequence[Plan]) -> Iterator[Concerned]:
    """One resource has one maker: others name it in ``adopt``, and agree on what it is."""
    for shared in _SHARED:
        for group in _grouped(plans, shared.key).values():
            name = shared.name(group[0])
            makers = [plan for plan in group if shared.name(plan) not in plan.adopt]
            if len(makers) > 1:
                problem = f"{_links(makers)} would all make it"
                remedy = f"Name it in {PREFIX}adopt of all links but one, or write another name."
                yield makers, fault_of(shared.variable, name, problem, remedy)
            meanings = [shared.meaning(plan) for plan in group]
            differ = [f"{PREFIX}{name}" for name in meanings[0] if len({one[name] for one in meanings}) > 1]
            if differ:
                problem = f"{_links(group)} share it and differ in {listed(differ)}"
                yield group, fault_of(shared.variable, name, problem, "Write the same for all, or another name.")
    for group in _grouped(plans, _vnet_of).values():
        if len({_azure_gateway_of(plan) for plan in group}) > 1:
            name = group[0].azure.network.vnet.name
            problem = f"{_links(group)} put different gateways into it, and Azure allows one"
            yield group, fault_of("azure_vnet_name", name, problem, "Share the gateway, or write another VNet.")
    for group in _grouped(plans, _vpc_of).values():
        if len({_vgw_of(plan) for plan in group}) > 1:
            name = group[0].aws.network.vpc.name
            problem = f"{_links(group)} attach different virtual private gateways to it, and AWS allows one"
            yield group, fault_of("aws_vpc_name", name, problem, "Share the gateway, or write another VPC.")


def _subnet_faults(plans: Sequence[Plan]) -> Iterator[Concerned]:
    """App subnets are never shared: each has the rules and routes of its link."""
    by_name: tuple[tuple[str, str, Callable[[Plan], tuple[str, ...]], Callable[[Plan], str]], ...] = (
        (
            "azure_app_subnet_name",
            "in one VNet",
            lambda plan: (*_vnet_of(plan), plan.azure.network.app_subnet.name.lower()),
            lambda plan: plan.azure.network.app_subnet.name,
        ),
        (
            "aws_app_subnet_name",
            "in one region",
            lambda plan: (plan.aws.network.region, plan.aws.network.app_subnet.name),
            lambda plan: plan.aws.network.app_subnet.name,
        ),
    )
    for variable, where, key, name in by_name:
        for group in _grouped(plans, key).values():
            if len(group) > 1:
                problem = f"{_links(group)} give it to subnets {where}, and each has its own"
                yield group, fault_of(variable, name(group[0]), problem, "Give each link's subnet its own name.")
    for first, second in combinations(plans, 2):
        pair = (first, second)
        azure = [plan.azure.network.app_subnet for plan in pair]
        aws = [plan.aws.network.app_subnet for plan in pair]
        for variable, together, (one, other), what in (
            ("azure_app_subnet_cidr", _vnet_of(first) == _vnet_of(second), azure, "VNet"),
            ("aws_app_subnet_cidr", _vpc_of(first) == _vpc_of(second), aws, "VPC"),
        ):
            if together and IPv4Network(one.cidr).overlaps(IPv4Network(other.cidr)):
                problem = f"{_links(pair)} share the {what}, and their app subnets overlap ({one.cidr})"
                yield pair, fault_of(variable, other.cidr, problem, "Write a range of its own for each link.")


def _clash_faults(plans: Sequence[Plan]) -> Iterator[Concerned]:
    for first, second in combinations(plans, 2):
        same_vgw = _vgw_of(first) == _vgw_of(second)
        same_azure_gateway = _azure_gateway_of(first) == _azure_gateway_of(second)
        if not (same_vgw or same_azure_gateway):
            continue
        pair = (first, second)
        if same_vgw and same_azure_gateway:
            azure = first.azure.gateway.name
            problem = f"{_links(pair)} both join it to Azure gateway {azure}, so their customer gateways are the same"
            remedy = "Leave one of the links out, or write another gateway."
            yield pair, fault_of("aws_vgw_name", first.aws.gateway.vgw.name, problem, remedy)
            continue
        where = "the virtual private gateway" if same_vgw else "the Azure gateway"
        used = {tunnel.inside_cidr for tunnel in first.tunnels}
        for tunnel in second.tunnels:
            if tunnel.inside_cidr in used:
                problem = f"{_links(pair)} use it on {where} they share"
                remedy = f"Give each link its own {PREFIX}inside_cidr_block."
                yield pair, fault_of("inside_cidrs", tunnel.inside_cidr, problem, remedy)
        ranges = (
            ("azure_vnet_cidr", "azure_more_cidrs", same_azure_gateway, [plan.azure.network.vnet for plan in pair]),
            ("aws_vpc_cidr", "aws_more_cidrs", same_vgw, [plan.aws.network.vpc for plan in pair]),
        )
        for own, more, is_the_same, (one, other) in ranges:
            for cidr, mine in product(one.cidrs, other.cidrs) if not is_the_same else ():
                if IPv4Network(cidr).overlaps(IPv4Network(mine)):
                    problem = f"{_links(pair)} meet on {where}, and their ranges overlap ({cidr})"
                    variable = own if mine == other.cidr else more
                    yield pair, fault_of(variable, mine, problem, "Write ranges that do not overlap.")


@dataclass(frozen=True)
class FleetResult:
    """``plans`` has the links that could be planned; ``faults`` all of them, of single links and between links."""

    plans: dict[str, Plan] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def fleet_faults(plans: Sequence[Plan], link: str | None = None) -> tuple[Fault, ...]:
    """Faults between links of one AWS account and Azure subscription.

    :param link: tell only of those that this link has a part in
    """
    by_name = _grouped(plans, lambda plan: (plan.link,)).values()
    same_name = [group for group in by_name if len(group) > 1]
    concerned: list[Concerned] = [
        (group, fault_of("link", group[0].link, f"{len(group)} links have this name", "Give each link its own name."))
        for group in same_name
    ]
    # Links of one name clash in everything: one fault says it.
    others = [group[0] for group in by_name if len(group) == 1]
    for check in (_quota_faults, _sharing_faults, _subnet_faults, _clash_faults):
        concerned.extend(check(others))
    return in_order(fault for group, fault in concerned if link is None or link in {plan.link for plan in group})


def plan_fleet(inputs: Iterable[Mapping[str, object]], identity: Identity | None = None) -> FleetResult:
    """Plan many links of one AWS account and Azure subscription, and judge what they share.

    A link that cannot be planned has its faults told and takes no part in the comparison.
    """
    plans: list[Plan] = []
    faults: list[Fault] = []
    for raw in inputs:
        result = plan_link(raw, identity=identity)
        named = raw if isinstance(raw, Mapping) else {}
        name = shown(named.get("link") or named.get(f"{PREFIX}link") or "without a name")
        faults.extend(replace(fault, variable=f"link {name}: {fault.variable}") for fault in result.faults)
        if result.plan:
            plans.append(result.plan)
    return FleetResult({plan.link: plan for plan in plans}, (*faults, *fleet_faults(plans)))


def faults_beside(raw: Mapping[str, object], others: Iterable[Mapping[str, object]]) -> tuple[Fault, ...]:
    """Faults between one link and others; its own input among the others does not count, the first time.

    Others that cannot be planned are left out: their faults are told where they are planned.
    """
    own = plan_link(raw).plan
    if own is None:
        return ()
    plans = [planned for planned in (plan_link(other).plan for other in others) if planned is not None]
    if own not in plans:
        plans.insert(0, own)
    return fleet_faults(plans, own.link)
