# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can the ranges of networks that stand become those of the plan?

Ranges come and go beside the one that a network was made with. What a cloud would refuse half-way, and what would make
a second network beside the first, is told before the first change. Plans come in their JSON form, networks and subnets
as the clouds show them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm, ec2
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.arm_network import prefixes_of, ranges_of, subnets_of
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import PREFIX, listed

Json = Mapping[str, Any]
GATEWAY_SUBNET = "GatewaySubnet"
ANEW = "or destroy the link and build it anew"


def vpc_ranges(vpc: Json) -> list[str]:
    """All that a VPC has or is about to have, the first one first."""
    gone = ("disassociating", "disassociated", "failing", "failed")
    more = (
        one["CidrBlock"]
        for one in vpc.get("CidrBlockAssociationSet") or ()
        if (one.get("CidrBlockState") or {}).get("State") not in gone
    )
    return list(dict.fromkeys([vpc["CidrBlock"], *more]))


def beyond(plan: Json, vpc: Json) -> set[str]:
    """Ranges of the VPC that are not in the plan."""
    return set(vpc_ranges(vpc)) - set(plan["expect"]["azure_learns"])


# --------------------------------------------------------------------------------------------------------------- Azure


def azure_problems(plan: Json, vnet: Json | None, owner: str, own: Iterable[str] = ()) -> Iterator[str]:
    """Of a VNet that is the link's or adopted; another, and an adopted one that is not there, is told of elsewhere.

    :param vnet: the one of the planned name
    :param own: names of the link's VNets
    """
    network, wanted = plan["azure"]["network"], plan["expect"]["aws_learns"]
    planned, tags = network["vnet"], (vnet or {}).get("tags") or {}
    adopted = _among(planned["name"], plan["adopt"])
    if vnet is None and not adopted:
        others = (name for name in own if not _among(name, [planned["name"]]))
        yield from (_second("azure_vnet_name", planned, f"VNet {name}", name) for name in others)
    if vnet is None or not (adopted or tags.get(arm.OWNER_TAG) == owner):
        return
    has = [one for one in prefixes_of(vnet) if ":" not in one]
    if adopted:
        what = f"the adopted VNet {planned['name']} has {listed(has)}"
        yield from _not_in_adopted("azure_vnet_cidr", "azure_more_cidrs", planned, has, what, tags.get(arm.LINK_TAG))
    else:
        yield from _lost_in_azure(planned, has, wanted, vnet)
    for part, why, remedy in (
        ("app_subnet", "", ", or empty the subnet first"),
        ("gateway_subnet", "and what is adopted is not changed" if adopted else "", "" if adopted else f", {ANEW}"),
    ):
        yield from _moved_in_azure(network[part], f"azure_{part}_cidr", wanted, vnet, why, remedy)


def _lost_in_azure(planned: Json, has: Sequence[str], wanted: Sequence[str], vnet: Json) -> Iterator[str]:
    """(MS, change the address space of a virtual network)"""
    lost = [(one["name"], cidr) for one in subnets_of(vnet) for cidr in ranges_of(one) if not _inside(cidr, wanted)]
    for cidr in has:
        there = {name: of for name, of in lost if cidr not in wanted and _inside(of, [cidr])}
        names = [f"{name} ({of})" for name, of in there.items()]
        if _among(GATEWAY_SUBNET, there) and planned["cidr"] not in has:
            yield (
                f"{PREFIX}azure_vnet_cidr = {planned['cidr']}: VNet {planned['name']} has {cidr} with {listed(names)},"
                f" and Azure takes no range away that subnets lie in: write {PREFIX}azure_vnet_cidr: {cidr}, and"
                f" {planned['cidr']} into {PREFIX}azure_more_cidrs, {ANEW}"
            )
        elif names:
            yield _still_used("azure_more_cidrs", planned, cidr, f"VNet {planned['name']}", names)


def _moved_in_azure(
    planned: Json, variable: str, wanted: Sequence[str], vnet: Json, why: str, remedy: str
) -> Iterator[str]:
    """Azure: InUsePrefixCannotBeDeleted."""
    subnet = next((one for one in subnets_of(vnet) if arm.same(one["name"], planned["name"])), None)
    has = ranges_of(subnet) if subnet else []
    if subnet is None or planned["cidr"] in has or not all(_inside(cidr, wanted) for cidr in has):
        return
    used = "and Azure changes no range in use" if (subnet.get("properties") or {}).get("ipConfigurations") else ""
    if why or used:
        yield (
            f"{PREFIX}{variable} = {planned['cidr']}: subnet {subnet['name']} has {listed(has)}, {why or used}:"
            f" write {PREFIX}{variable}: {has[0]}{remedy}"
        )


# ----------------------------------------------------------------------------------------------------------------- AWS


def aws_problems(plan: Json, vpcs: Iterable[Json], subnets: Iterable[Json], owner: str) -> Iterator[str]:
    """Of the VPC that is the link's, by its tag, or adopted, by its name.

    The stock module finds a VPC by name and first range: with another of them it would make a second one.

    :param vpcs: those of the planned name, and those of the link
    :param subnets: of the app subnet's name, and those of VPCs that lose a range
    """
    planned, quota = plan["aws"]["network"]["vpc"], plan["aws"]["quotas"]["cidrs_per_vpc"]
    named = [one for one in vpcs if _name(one) == planned["name"]]
    mine = [one for one in vpcs if _tag(one, ec2.OWNER_ID) == owner]
    if planned["name"] in plan["adopt"]:
        yield from _adopted_vpc(planned, named, plan["aws"]["network"]["region"])
        return
    vpc = next((one for one in mine if one in named and one["CidrBlock"] == planned["cidr"]), next(iter(mine), None))
    if vpc is None:
        return
    what = f"VPC {_with_id(vpc, 'VpcId')}"
    if vpc["CidrBlock"] != planned["cidr"]:
        yield (
            f"{PREFIX}aws_vpc_cidr = {planned['cidr']}: the link's {what} was made with {vpc['CidrBlock']}, which AWS"
            f" never changes: write {PREFIX}aws_vpc_cidr: {vpc['CidrBlock']}, and {planned['cidr']} into"
            f" {PREFIX}aws_more_cidrs, {ANEW}"
        )
        return
    if vpc not in named:
        yield _second("aws_vpc_name", planned, what, _name(vpc))
        return
    own = [one for one in subnets if one["VpcId"] == vpc["VpcId"] and one.get("CidrBlock")]  # one of IPv6 has none
    yield from _lost_in_aws(plan, vpc, what, own, quota)
    app = plan["aws"]["network"]["app_subnet"]
    apps = [one for one in own if _name(one) == app["name"] and _tag(one, ec2.OWNER_ID) == owner]
    if app["cidr"] in [one["CidrBlock"] for one in apps]:
        return
    for one in apps[:1]:
        if _inside(one["CidrBlock"], plan["expect"]["azure_learns"]):
            yield (
                f"{PREFIX}aws_app_subnet_cidr = {app['cidr']}: subnet {app['name']} ({one['SubnetId']}) has"
                f" {one['CidrBlock']}, and AWS changes no subnet's range: write {PREFIX}aws_app_subnet_cidr:"
                f" {one['CidrBlock']}, or delete the subnet first"
            )


def _adopted_vpc(planned: Json, named: Sequence[Json], region: str) -> Iterator[str]:
    if not named:
        return
    fitting = [one for one in named if one["CidrBlock"] == planned["cidr"]]
    if not fitting:
        other = named[0]
        yield (
            f"{PREFIX}aws_vpc_cidr = {planned['cidr']}: the adopted VPC {planned['name']} ({other['VpcId']}) was made"
            f" with {other['CidrBlock']}: write {PREFIX}aws_vpc_cidr: {other['CidrBlock']}"
        )
        return
    if len(fitting) > 1:
        yield (
            f"{PREFIX}aws_vpc_name = {planned['name']}: {listed([one['VpcId'] for one in fitting])} in {region} are of"
            " that name and range: tag the one to be adopted with another Name, and write that"
        )
        return
    fit = fitting[0]
    has = vpc_ranges(fit)
    what = f"the adopted VPC {planned['name']} ({fit['VpcId']}) has {listed(has)}"
    yield from _not_in_adopted("aws_vpc_cidr", "aws_more_cidrs", planned, has, what, _tag(fit, arm.LINK_TAG))


def _lost_in_aws(plan: Json, vpc: Json, what: str, subnets: Sequence[Json], quota: int) -> Iterator[str]:
    """AWS keeps a range that a subnet lies in (InvalidCidrBlock.InUse). The stock module adds before it takes away."""
    planned, wanted, has = plan["aws"]["network"]["vpc"], plan["expect"]["azure_learns"], vpc_ranges(vpc)
    lost, new = [cidr for cidr in has if cidr not in wanted], [cidr for cidr in wanted if cidr not in has]
    for cidr in lost:
        names = [_with_id(one, "SubnetId") for one in subnets if _inside(one["CidrBlock"], [cidr])]
        if names:
            yield _still_used("aws_more_cidrs", planned, cidr, what, names)
    meet = [cidr for cidr in new if any(IPv4Network(cidr).overlaps(IPv4Network(one)) for one in lost)]
    if meet or (lost and new and len(has) + len(new) > quota):
        why = f"{meet[0]} overlaps one of them" if meet else f"AWS's quota is {quota} a VPC"
        yield (
            f"{PREFIX}aws_more_cidrs = {_shown(planned)}: {what} has {listed(has)}, and {why} until {listed(lost)} is"
            f" gone: take that away in one run, and add {listed(new)} in the next"
        )


# ---------------------------------------------------------------------------------------------------------------- both


def _not_in_adopted(
    first: str, more: str, planned: Json, has: Sequence[str], what: str, link: str | None
) -> Iterator[str]:
    add = f"have link {link}, which it belongs to, add it first" if link else "add it there first"
    wanted = [
        (first, planned["cidr"], "write one that it has"),
        *((more, cidr, "leave it out") for cidr in planned["more_cidrs"]),
    ]
    for variable, cidr, otherwise in wanted:
        if cidr not in has:
            yield f"{PREFIX}{variable} = {cidr}: {what}, and what is adopted is not changed: {add}, or {otherwise}"


def _second(variable: str, planned: Json, what: str, name: str) -> str:
    remedy = f"write {PREFIX}{variable}: {name}, {ANEW}" if name else f"tag it Name = {planned['name']}"
    return f"{PREFIX}{variable} = {planned['name']}: the link's {what} would stay, beside a new one: {remedy}"


def _still_used(variable: str, planned: Json, cidr: str, what: str, subnets: Sequence[str]) -> str:
    return (
        f"{PREFIX}{variable} = {_shown(planned)}: that takes {cidr} from {what}, where {listed(subnets)} lies in it:"
        f" delete what lies there first, or write {cidr} into {PREFIX}{variable} again"
    )


def _shown(planned: Json) -> str:
    return f"[{', '.join(planned['more_cidrs'])}]"


def _inside(cidr: str, ranges: Iterable[str]) -> bool:
    """An IPv6 range is nobody's business here."""
    return ":" in cidr or any(IPv4Network(cidr).subnet_of(IPv4Network(one)) for one in ranges)


def _among(name: str, names: Iterable[str]) -> bool:
    return name.lower() in {one.lower() for one in names}


def _tag(resource: Json, name: str) -> str | None:
    return ec2.tag_dict(resource.get("Tags")).get(name)


def _name(resource: Json) -> str:
    return _tag(resource, "Name") or ""


def _with_id(resource: Json, member: str) -> str:
    name, identifier = _name(resource), str(resource[member])
    return f"{name} ({identifier})" if name else identifier
