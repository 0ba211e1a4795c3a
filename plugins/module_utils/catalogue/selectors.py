# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic selectors of a tunnel: the ranges that Azure proposes and AWS permits, and what they leave out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import reading
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.case import Case
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.filters import Networks, covers, without
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.pairs import Met
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading_aws import AwsConnection
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading_azure import AzureConnection, handle

Pairs = tuple[tuple[Networks, Networks], ...]
EVERYTHING = f"{reading.ANYWHERE} to {reading.ANYWHERE}"


@dataclass(frozen=True)
class Selectors:
    """``proposed`` and ``permitted`` are pairs of ranges, Azure's first. ``leaves_out_bgp`` is None without BGP,
    ``left_out`` what hosts have besides."""

    proposed: Pairs
    permitted: tuple[IPv4Network, IPv4Network]
    policy_based: bool
    leaves_out_bgp: bool | None
    anything_passes: bool
    left_out: Networks

    @property
    def fits(self) -> bool:
        return self.anything_passes if self.leaves_out_bgp is None else not self.leaves_out_bgp

    @property
    def words(self) -> tuple[str, str]:
        """Azure's and AWS's."""
        return in_words(self.proposed), f"{self.permitted[0]} to {self.permitted[1]}"


def in_words(pairs: Pairs) -> str:
    return "; ".join(f"{', '.join(map(str, own))} to {', '.join(map(str, theirs))}" for own, theirs in pairs)


def selectors(case: Case, one: Met) -> Selectors:
    gateway = case.in_azure.gateway
    proposed = _proposed(case, one.connection)
    permitted = one.owner.azure_range or reading.ANYWHERE, one.owner.aws_range or reading.ANYWHERE
    azure, aws = reading.networks([one.aws.azure_inside]), reading.networks([one.aws.aws_inside])
    speaks = case.bgp and bool(one.aws.inside)
    whole = [each for own, theirs in proposed if covers(theirs, case.aws_app) for each in own]
    return Selectors(
        proposed=proposed,
        permitted=permitted,
        policy_based=bool(gateway and gateway.vpn_type.lower() == "policybased"),
        leaves_out_bgp=not (
            any(covers(own, azure) and covers(theirs, aws) for own, theirs in proposed)
            and covers([permitted[0]], azure)
            and covers([permitted[1]], aws)
        )
        if speaks
        else None,
        anything_passes=any(
            any(each.overlaps(permitted[0]) for each in own) and any(each.overlaps(permitted[1]) for each in theirs)
            for own, theirs in proposed
        ),
        left_out=tuple(
            dict.fromkeys(
                (
                    *without(case.azure_app, whole),
                    *without(case.azure_app, [permitted[0]]),
                    *without(case.aws_app, [permitted[1]]),
                )
            )
        ),
    )


def _proposed(case: Case, connection: AzureConnection) -> Pairs:
    """A route-based connection proposes everything, unless told otherwise (MS, usePolicyBasedTrafficSelectors)."""
    if connection.selectors:
        return connection.selectors
    if connection.policy_based:
        local = connection.local
        return ((case.azure_ranges, reading.networks(local.prefixes if local else ())),)
    return (((reading.ANYWHERE,), (reading.ANYWHERE,)),)


def is_narrow(owner: AwsConnection) -> bool:
    return owner.azure_range is not None or owner.aws_range is not None


def opening(connection: AzureConnection, owner: AwsConnection) -> str:
    """The command that permits every range, on the side that narrows them; AWS's first."""
    return open_aws(owner) if is_narrow(owner) else open_azure(connection)


def open_aws(owner: AwsConnection) -> str:
    return (
        f"aws ec2 modify-vpn-connection-options --vpn-connection-id {owner.id}"
        " --local-ipv4-network-cidr 0.0.0.0/0 --remote-ipv4-network-cidr 0.0.0.0/0"
    )


def open_azure(connection: AzureConnection) -> str:
    return (
        f"az network vpn-connection update {handle(connection.id)}"
        " --set usePolicyBasedTrafficSelectors=false trafficSelectorPolicies=[]"
    )
