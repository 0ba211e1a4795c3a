# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a link, as JSON: what the terminal, the page and JUnit are made from.

No key, no fingerprint; no subscription or account id either, unless one is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import reading
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.case import Case
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.examination import case_of
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import ERROR, UP, Examination

Json = Mapping[str, Any]

SCHEMA = "hybrid.s2s_vpn report 1"


def as_report(
    found: Examination,
    azure: Json | None,
    aws: Json | None,
    plan: Json | None,
    *,
    link: str,
    at: str,
    severities: Sequence[str] = (ERROR,),
    probes: Iterable[Json] = (),
    changed: Iterable[str] = (),
    with_ids: bool = False,
) -> dict[str, Any]:
    """The report of one link.

    :param azure: the readings and the plan that were examined
    :param at: when, ISO 8601 in UTC
    :param severities: failed checks of these make ``ok`` false, and so do vital ones that could not be read
    :param probes: ``{name, from, to, ok, text}``; one that failed makes ``ok`` false
    :param changed: what differs from the link's last report, a line each
    :param with_ids: add ``azure.subscription`` and ``aws.account``
    """
    case = case_of(azure, aws, plan)
    tried = [dict(one) for one in probes]
    report: dict[str, Any] = {
        "schema": SCHEMA,
        "link": link,
        "at": at,
        "routing": "bgp" if case.bgp else "static",
        "planned": case.plan is not None,
        "ok": not found.failed(tuple(severities)) and not found.in_the_dark() and all(one.get("ok") for one in tried),
        "azure": _azure(case, found),
        "aws": _aws(case),
        "tunnels": [one.as_dict() for one in found.tunnels],
        "checks": [one.as_dict() for one in found.checks],
        "causes": [one.as_dict() for one in found.causes],
        "unread": [
            {"cloud": cloud, **{name: reading.text(one, name) for name in ("what", "why", "permission")}}
            for cloud, raw in (("azure", azure), ("aws", aws))
            for one in reading.entries(raw, "unread")
        ],
        "probes": tried,
        "calls": {"azure": reading.number(azure, "calls") or 0, "aws": reading.number(aws, "calls") or 0},
        "changed": list(changed),
    }
    if with_ids:
        report["azure"]["subscription"] = _subscription(case)
        report["aws"]["account"] = _account(aws)
    return report


def _azure(case: Case, found: Examination) -> dict[str, Any]:
    gateway = case.azure.gateway if case.azure else None
    network = case.azure.network if case.azure else None
    planned = ("azure", "gateway")
    up = {one.azure.instance for one in found.tunnels if one.azure.state == UP}
    return {
        "place": (gateway.location if gateway else "") or reading.text(case.plan, *planned, "location"),
        "gateway": gateway.name if gateway else reading.text(case.plan, *planned, "name"),
        "sku": gateway.sku if gateway else reading.text(case.plan, *planned, "sku"),
        "asn": gateway.asn if gateway else reading.number(case.plan, *planned, "asn"),
        "network": network.name if network else reading.text(case.plan, "azure", "network", "vnet", "name"),
        "ranges": list(network.ranges) if network else [str(one) for one in case.azure_ranges],
        "app_ranges": [str(one) for one in case.azure_subnet_ranges],
        "instances": [
            {
                "index": one.index,
                "outside_address": one.public_address or None,
                "inside_addresses": list(one.apipa),
                "up": one.index in up,
            }
            for one in (gateway.instances if gateway else ())
        ],
    }


def _aws(case: Case) -> dict[str, Any]:
    gateway = case.aws.gateway if case.aws else None
    vgw = ("aws", "gateway", "vgw")
    return {
        "place": (case.aws.region if case.aws else "") or reading.text(case.plan, "aws", "gateway", "region"),
        "gateway": gateway.name if gateway else reading.text(case.plan, *vgw, "name"),
        "kind": case.aws.kind if case.aws else "vgw",
        "asn": case.aws.asn if case.aws else reading.number(case.plan, *vgw, "asn"),
        "network": case.vpc.name if case.vpc else reading.text(case.plan, "aws", "network", "vpc", "name"),
        "ranges": list(case.vpc.ranges) if case.vpc else [str(one) for one in case.aws_ranges],
        "app_ranges": [str(one) for one in case.aws_subnet_ranges],
    }


def _subscription(case: Case) -> str:
    identifier = case.azure.gateway.id if case.azure and case.azure.gateway else ""
    parts = identifier.split("/")
    return parts[2] if len(parts) > 2 and parts[1].lower() == "subscriptions" else ""


def _account(aws: Json | None) -> str:
    owners = [reading.text(one, "OwnerId") for part in ("vpcs", "subnets") for one in reading.entries(aws, part)]
    return next(filter(None, owners), "")
