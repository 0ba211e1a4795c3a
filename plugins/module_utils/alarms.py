# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What watches a link: CloudWatch's alarms, Azure's metric alerts and the gateway's logs, out of the plan.

A spare tunnel is expected down and has no alarm. Names begin with the link's, as all of its do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault, shown
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.options import aws_reading, seconds
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import is_plan

JsonDict = Mapping[str, Any]
Json = dict[str, Any]

#: Minutes that something must have been wrong: what Azure takes too (MS, Metric Alerts, windowSize).
WINDOWS = (5, 15, 30, 60)

# ------------------------------------------------------------------------------------------------------------- options

_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:\S+")
_GROUP = r"(?i)/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers"
_ACTION_GROUP = re.compile(_GROUP + r"/Microsoft\.Insights/actionGroups/[^/\s]+")
_WORKSPACE = re.compile(_GROUP + r"/Microsoft\.OperationalInsights/workspaces/[^/\s]+")


def aws_faults(params: JsonDict) -> Iterator[Fault]:
    """(AWS, PutMetricAlarm: actions are ARNs)"""
    yield from _plan_fault(params)
    yield from aws_reading(params)
    for topic in params["topics"]:
        if not _ARN.fullmatch(str(topic)):
            remedy = "Write it like arn:aws:sns:eu-central-1:123456789012:night-shift."
            yield Fault("topics", shown(topic), "it is not an ARN", remedy)


def azure_faults(params: JsonDict) -> Iterator[Fault]:
    """(MS, Metric Alerts and Diagnostic Settings: targets are resource ids)"""
    yield from _plan_fault(params)
    yield from seconds(params)
    for group in params["action_groups"]:
        if not _ACTION_GROUP.fullmatch(str(group)):
            remedy = "Write the whole id: az monitor action-group list --query [].id"
            yield Fault("action_groups", shown(group), "it is not the id of an action group", remedy)
    workspace = params["log_analytics_workspace"]
    if workspace and not _WORKSPACE.fullmatch(workspace):
        remedy = "Write the whole id: az monitor log-analytics workspace list --query [].id"
        yield Fault("log_analytics_workspace", shown(workspace), "it is not the id of a workspace", remedy)
    percent = params["bandwidth_percent"]
    if not 1 <= percent <= 100:
        yield Fault("bandwidth_percent", shown(percent), "it is not between 1 and 100", "Write a percentage, like 80.")


def _plan_fault(params: JsonDict) -> Iterator[Fault]:
    if not is_plan(params["plan"]):
        yield Fault("plan", "", "it is not a plan", "Give what hybrid.s2s_vpn.s2s_vpn_plan returns as s2s_vpn_plan.")


# --------------------------------------------------------------------------------------------------------- CloudWatch

NAMESPACE = "AWS/VPN"
STATE = "TunnelState"


@dataclass(frozen=True)
class Tunnel:
    """AWS's end of a planned tunnel, as CloudWatch names it."""

    name: str
    vpn_id: str
    outside_address: str

    @property
    def dimensions(self) -> list[Json]:
        return [{"Name": "VpnId", "Value": self.vpn_id}, {"Name": "TunnelIpAddress", "Value": self.outside_address}]


def used_tunnels(plan: JsonDict) -> list[JsonDict]:
    return [tunnel for tunnel in plan["tunnels"] if tunnel["expected"] == "up"]


def prefix(plan: JsonDict) -> str:
    return f"{plan['link']}-"


def aws_alarms(plan: JsonDict, tunnels: Sequence[Tunnel], topics: Iterable[str], minutes: int) -> dict[str, Json]:
    """Name -> request of PutMetricAlarm without its tags.

    TunnelState is 1 only while the tunnel is up and, with BGP, its session is established (AWS, Site-to-Site VPN
    metrics). The greatest value of the window counts, so that it must have been down all the while; a point that is
    missing is a breach, because a connection that is gone has no more points.

    All tunnels are down when the sum of theirs is below 1: in a sum a value that is missing is 0, and where all are
    missing there is no sum, which is a breach like any missing point. FILL would put a 0 in place of points that are
    only late, and the alarm would never end; what MAX makes of missing ones is not said (AWS, metric math).
    """
    seconds, told = 60 * minutes, sorted(topics)
    common = {
        "ActionsEnabled": True,
        "AlarmActions": told,
        "OKActions": told,
        "InsufficientDataActions": [],
        "ComparisonOperator": "LessThanThreshold",
        "Threshold": 1.0,
        "EvaluationPeriods": 1,
        "TreatMissingData": "breaching",
    }

    def measured(tunnel: Tunnel) -> Json:
        return {"Namespace": NAMESPACE, "MetricName": STATE, "Dimensions": tunnel.dimensions}

    alarms = {
        f"{prefix(plan)}tunnel-{tunnel.name}-down": {
            **common,
            **measured(tunnel),
            "AlarmDescription": f"Link {plan['link']}: tunnel {tunnel.name} ({tunnel.outside_address}) has been down "
            f"for {minutes} minutes, as AWS sees it.",
            "Statistic": "Maximum",
            "Period": seconds,
        }
        for tunnel in tunnels
    }
    if len(tunnels) > 1:
        numbered = {f"t{number}": tunnel for number, tunnel in enumerate(tunnels)}
        alarms[f"{prefix(plan)}all-tunnels-down"] = {
            **common,
            "AlarmDescription": f"Link {plan['link']}: all tunnels have been down for {minutes} minutes, "
            "as AWS sees it.",
            "Metrics": [
                {
                    "Id": "up",
                    "Expression": "+".join(numbered),
                    "Label": "tunnels that are up",
                    "ReturnData": True,
                },
                *(
                    {
                        "Id": identifier,
                        "MetricStat": {"Metric": measured(tunnel), "Period": seconds, "Stat": "Maximum"},
                        "ReturnData": False,
                    }
                    for identifier, tunnel in numbered.items()
                ),
            ],
        }
    return alarms


#: What AWS takes where nothing is said (AWS, MetricDataQuery).
DEFAULTS: Mapping[str, Any] = {"ReturnData": True}
#: A metric has no points in a unit that it is not published in (AWS, PutMetricAlarm): never asked for here.
HARMFUL = ("Unit",)


def aws_view(wanted: JsonDict, alarm: JsonDict) -> Json:
    """Of an alarm (AWS, DescribeAlarms) what the request sets, in the request's form; equal if it does the same.

    AWS has its own order for dimensions, metrics and actions, and adds members that nobody asked for.
    """
    view: Json = _as_wanted(wanted, alarm)
    return view


def _as_wanted(wanted: Any, seen: Any) -> Any:
    if isinstance(wanted, Mapping) and isinstance(seen, Mapping):
        told = {name: _as_wanted(value, seen.get(name, DEFAULTS.get(name))) for name, value in wanted.items()}
        return told | {name: seen[name] for name in HARMFUL if seen.get(name) not in (None, wanted.get(name))}
    if isinstance(wanted, list):
        if not isinstance(seen, list) or len(seen) != len(wanted):
            return seen or []
        places = [_place(one) for one in wanted]
        ordered = sorted(seen, key=lambda one: places.index(_place(one)) if _place(one) in places else len(places))
        return [_as_wanted(one, other) for one, other in zip(wanted, ordered, strict=True)]
    return seen


def _place(one: Any) -> str:
    """What tells an entry from the others of its list: a metric's id, a dimension's name, or the entry itself."""
    return str(one.get("Id") or one.get("Name") or one) if isinstance(one, Mapping) else str(one)


# -------------------------------------------------------------------------------------------------------------- Azure

ALERTS_API = "2018-03-01"
DIAGNOSTICS_API = "2021-05-01-preview"
GATEWAY_TYPE = "Microsoft.Network/virtualNetworkGateways"

#: Mbit/s of the whole gateway, both instances (MS, About gateway SKUs); of VpnGw2AZ and 3AZ what the first generation
#: has.
SKU_MEGABITS: Mapping[str, int] = {
    "VpnGw1AZ": 650,
    "VpnGw2AZ": 1000,
    "VpnGw3AZ": 1250,
    "VpnGw4AZ": 5000,
    "VpnGw5AZ": 10000,
}

#: (MS, Monitoring VPN Gateway data reference)
LOG_CATEGORIES = ("GatewayDiagnosticLog", "TunnelDiagnosticLog", "RouteDiagnosticLog", "IKEDiagnosticLog")


#: Each value of a dimension on its own (MS, Metric Alerts, multi-dimensional).
ANY = "*"


def instance_name(index: int) -> str:
    """A gateway's instance as its metrics name it (EXP)."""
    return f"GatewayTenantWorker_IN_{index}"


@dataclass(frozen=True)
class Criterion:
    metric: str
    aggregation: str
    operator: str
    threshold: float
    dimensions: tuple[tuple[str, str], ...] = ()


def azure_alerts(
    plan: JsonDict, gateway_id: str, action_groups: Iterable[str], minutes: int, percent: int
) -> dict[str, Json]:
    """Name -> ARM body of a metric alert, without tags.

    There is no metric of a tunnel that is down. A tunnel without a quick mode security association carries nothing;
    they are counted over both instances, because only one of them is connected in an active/active gateway. Whether
    Azure goes on sending a count of 0 is not documented (EXP): the alert of BGP and AWS's alarms see it too.

    BGP Peer Status is per peer and instance, and the instance on which a tunnel does not end says 0 for ever: each
    alert is filtered to the one that terminates the tunnel. Each metric has one aggregation (MS, supported metrics); an
    average of 0 says that the session was down all the while.

    AverageBandwidth is a value of each instance in bytes per second, and its only aggregation is Average (MS, supported
    metrics). Of an active/active gateway both instances send one, so the average of all of them is the whole gateway's
    divided by the instances, and so is the threshold; a limit for each instance would be wrong, since AWS may send all
    on one tunnel. Of an active/standby gateway one instance carries all; whether the other one sends zeros is not
    documented, so each is looked at alone.
    """
    gateway = plan["azure"]["gateway"]
    link = plan["link"]
    found: dict[str, tuple[str, int, Criterion]] = {}
    for tunnel in used_tunnels(plan):
        name, connection = tunnel["name"], tunnel["resource_name"]
        found[f"{prefix(plan)}tunnel-{name}-down"] = (
            f"Link {link}: connection {connection} has had no IPsec security association for {minutes} minutes.",
            1,
            Criterion("QmsaCount", "Total", "LessThan", 1.0, (("ConnectionName", connection),)),
        )
        if gateway["bgp"]:
            peer, instance = tunnel["aws_inside_address"], tunnel["instance"]
            found[f"{prefix(plan)}bgp-{name}-down"] = (
                f"Link {link}: the BGP session of instance {instance} with {peer} (tunnel {name}) has been down for "
                f"{minutes} minutes.",
                1,
                Criterion(
                    "BgpPeerStatus",
                    "Average",
                    "LessThanOrEqual",
                    0.0,
                    (("BgpPeerAddress", peer), ("Instance", instance_name(instance))),
                ),
            )
    limit = SKU_MEGABITS.get(gateway["sku"])
    if limit is not None:
        share = limit * 1e6 / 8 * percent / 100
        carriers = len(gateway["instances"])
        found[f"{prefix(plan)}bandwidth"] = (
            f"Link {link}: the gateway has carried more than {percent} % of the {limit} Mbit/s of {gateway['sku']} for "
            f"{minutes} minutes.",
            3,
            Criterion(
                "AverageBandwidth",
                "Average",
                "GreaterThan",
                share / carriers,
                () if carriers > 1 else (("Instance", ANY),),
            ),
        )
    actions = [{"actionGroupId": group} for group in sorted(action_groups)]
    return {
        name: {
            "location": "global",
            "properties": {
                "description": text,
                "severity": severity,
                "enabled": True,
                "scopes": [gateway_id],
                "evaluationFrequency": "PT1M" if minutes == WINDOWS[0] else "PT5M",
                "windowSize": duration(minutes),
                "targetResourceType": GATEWAY_TYPE,
                "criteria": _criteria(criterion),
                "autoMitigate": True,
                "actions": actions,
            },
        }
        for name, (text, severity, criterion) in found.items()
    }


def duration(minutes: int) -> str:
    """ISO 8601, as Azure writes it."""
    return "PT1H" if minutes == 60 else f"PT{minutes}M"


def _criteria(criterion: Criterion) -> Json:
    return {
        "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        "allOf": [
            {
                "criterionType": "StaticThresholdCriterion",
                "name": "threshold",
                "metricNamespace": GATEWAY_TYPE,
                "metricName": criterion.metric,
                "dimensions": [
                    {"name": name, "operator": "Include", "values": [value]} for name, value in criterion.dimensions
                ],
                "operator": criterion.operator,
                "threshold": criterion.threshold,
                "timeAggregation": criterion.aggregation,
            }
        ],
    }


def setting_name(owner_id: str) -> str:
    """A diagnostic setting has no tags: its name says whose it is."""
    return f"s2s_vpn-{owner_id}"


def diagnostic_setting(workspace_id: str) -> Json:
    """ARM body of the setting that sends the gateway's logs to a Log Analytics workspace."""
    logs = [{"category": category, "enabled": True} for category in LOG_CATEGORIES]
    return {"properties": {"workspaceId": workspace_id, "logs": logs}}


def differs(wanted: Any, seen: Any) -> bool:
    """Whether what Azure shows lacks something that is asked for. It adds members, and does not tell case apart."""
    if isinstance(wanted, Mapping):
        shown = {str(name).lower(): value for name, value in (seen or {}).items()} if _is_mapping(seen) else {}
        return any(differs(value, shown.get(name.lower())) for name, value in wanted.items())
    if isinstance(wanted, list):
        rest = list(seen or []) if isinstance(seen, list) or seen is None else None
        if rest is None or len(rest) != len(wanted):
            return True
        for one in wanted:
            same = next((other for other in rest if not differs(one, other)), None)
            if same is None:
                return True
            rest.remove(same)
        return False
    if isinstance(wanted, str) and isinstance(seen, str):
        return wanted.rstrip("/").lower() != seen.rstrip("/").lower()
    return bool(wanted != seen)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def setting_differs(wanted: JsonDict, seen: JsonDict | None) -> bool:
    """Azure shows categories that are off too."""
    if seen is None:
        return True
    properties = seen.get("properties") or {}
    on = [one for one in properties.get("logs") or [] if one.get("enabled")]
    return differs(wanted, {"properties": {**properties, "logs": on}})
