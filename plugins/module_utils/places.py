# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a link is in both clouds: from its plan, or from a few names and ids of a link that nobody planned here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault, listed, shown
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import is_plan

Json = dict[str, Any]

AZURE_REMEDY = "Write its id, or its resource group and name, like hq-rg/hq-vng."
AWS_REMEDY = "Write the id of one virtual private or transit gateway, ids of VPN connections, or a gateway's name."
_ID = re.compile(r"(vgw|tgw|vpn)-[0-9a-z]+$")


@dataclass(frozen=True)
class Places:
    """``azure`` and ``aws`` are options of azure_link_info and aws_link_info; ``plan`` may be None."""

    link: str
    plan: Mapping[str, Any] | None
    azure: Json
    aws: Json


def find(options: Mapping[str, Any], host: str) -> Places | list[Fault]:
    """The places of a link.

    :param options: ``plan``, or ``azure_gateway`` (id, or group/name), ``aws_region`` and ``aws`` (ids or a name), and
        ``link``; what is empty counts as not given
    :param host: the link's name where none is given; on localhost the gateway's
    """
    faults = list(_faults(options))
    if faults:
        return faults
    plan = options.get("plan")
    if plan:
        return of_plan(plan)
    azure, aws = options["azure_gateway"], options["aws"]
    named = (options.get("link"), host, arm.name_of(azure))
    link = next(str(one) for one in named if one and one != "localhost")
    return Places(
        re.sub(r"[^\w.-]", "-", link),  # it becomes the name of a file
        None,
        _azure(azure) or {},
        {"region": options["aws_region"], **(_aws(aws) or {})},
    )


def of_plan(plan: Mapping[str, Any]) -> Places:
    azure, aws = plan["azure"]["gateway"], plan["aws"]["gateway"]
    return Places(
        plan["link"],
        plan,
        {"resource_group": azure["resource_group"], "gateway_name": azure["name"]},
        {
            "region": aws["region"],
            "vpn_gateway_name": aws["vgw"]["name"],
            "tags": {"s2s_vpn:id": plan["owner"]["id"]},  # what is adopted, or was made by hand, has no tag of ours
        },
    )


def _faults(options: Mapping[str, Any]) -> Iterator[Fault]:
    plan, azure, aws, region = (options.get(name) for name in ("plan", "azure_gateway", "aws", "aws_region"))
    if plan and not is_plan(plan):
        remedy = "Give what hybrid.s2s_vpn.s2s_vpn_plan returns as s2s_vpn_plan."
        yield Fault("plan", "", "it is not a plan", remedy)
    if plan and (azure or aws):
        yield Fault("plan", "", "a gateway is given too", "Give the plan, or azure_gateway and aws.")
    if not plan and not azure and not aws:
        yield Fault("plan", "", "neither a plan nor a gateway is given", "Give one, or azure_gateway and aws.")
    elif not plan and not azure:
        yield Fault("azure_gateway", "", "it is not given", AZURE_REMEDY)
    elif not plan and not aws:
        yield Fault("aws", "", "it is not given", AWS_REMEDY)
    if azure and _azure(azure) is None:
        yield Fault("azure_gateway", shown(azure), "it names no virtual network gateway", AZURE_REMEDY)
    if aws and _aws(aws) is None:
        yield Fault("aws", shown(listed(aws)), "this cannot be taken together", AWS_REMEDY)
    if aws and not region:
        yield Fault("aws_region", "", "it is not given", "Write AWS's region, like eu-central-1.")


def _azure(text: str) -> Json | None:
    """Options of azure_link_info."""
    if arm.same(arm.kind_of(text), f"{arm.PROVIDER}/{arm.GATEWAYS}"):
        return {"gateway_id": text}
    group, slash, name = text.partition("/")
    if slash and group and name and "/" not in name:
        return {"resource_group": group, "gateway_name": name}
    return None


def _aws(named: Sequence[str]) -> Json | None:
    """Options of aws_link_info, without the region."""
    kinds = {found.group(1) if (found := _ID.match(one)) else "" for one in named}
    if kinds == {"vpn"}:
        return {"vpn_connection_ids": list(named)}
    if len(named) != 1:
        return None
    return {"vpn_gateway_name" if kinds == {""} else "gateway_id": named[0]}
