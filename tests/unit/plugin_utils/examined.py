"""Reports as the examiner makes them, from invented readings of both clouds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.examination import examine
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.record import as_report

from tests.unit.module_utils.readings import aws_reading, azure_reading, down
from tests.unit.module_utils.samples import planned
from tests.unit.plugin_utils.reports import AT, Report

Json = dict[str, Any]


def examined(
    *, routing: str = "bgp", change: Callable[[Json, Json, Json], object] | None = None,
    azure: bool = True, aws: bool = True, plan: bool = True, **more: Any,
) -> Report:  # fmt: skip
    """A healthy link, or what `change(azure, aws, plan)` makes of it; either cloud may be silent, the plan unknown."""
    made = planned(routing=routing)
    both = azure_reading(made), aws_reading(made)
    if change:
        change(*both, made)
    given = both[0] if azure else None, both[1] if aws else None, made if plan else None
    return as_report(examine(*given), *given, link="hq", at=AT, **more)


def _unread(azure: Json, aws: Json, plan: Json) -> None:
    azure["advertised_routes"] = {}
    refused = "AuthorizationFailed: 3f2504e0-4f89-11d3-9a0c-0305e82c3301 may not"
    right = "Microsoft.Network/virtualNetworkGateways/getAdvertisedRoutes/action"
    azure["unread"].append({"what": "advertised routes", "why": refused, "permission": right})


def _two_down(azure: Json, aws: Json, plan: Json) -> None:
    azure["local_gateways"][0]["properties"]["gatewayIpAddress"] = "192.0.2.99"
    down(azure, aws, plan, "1-1", "1-2")


PROBE = {"name": "ping", "from": "vm-app-1", "to": "10.2.1.10", "ok": True, "text": "20 of 20, 11.2 ms"}
EVERY: dict[str, Callable[[], Report]] = {
    "healthy": examined,
    "static": lambda: examined(routing="static"),
    "two down": lambda: examined(change=_two_down),
    "unread": lambda: examined(change=_unread),
    "silent Azure": lambda: examined(azure=False),
    "silent AWS": lambda: examined(aws=False),
    "silent clouds": lambda: examined(azure=False, aws=False),
    "unplanned": lambda: examined(plan=False, change=_two_down),
    "unplanned, Azure alone": lambda: examined(plan=False, aws=False),
    "unplanned, AWS alone": lambda: examined(plan=False, azure=False),
    "with ids": lambda: examined(with_ids=True),
    "with probes": lambda: examined(probes=[PROBE], changed=["Tunnel 1-2 was up and is down."]),
}
