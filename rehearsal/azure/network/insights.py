"""Microsoft.Insights as far as it watches gateways: metric alerts, diagnostic settings and metrics of the moment.

No alert fires here. A test asks for the metric that an alert names, and sees whether its threshold is crossed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, override

from ..answers import Answer, Call
from ..cloud import Cloud, Use
from ..errors import ArmError, resource_not_found
from ..ids import ResourceId, parse
from ..invented import INVENTED
from ..models import clean
from ..store import Json, Resource
from .kind import Change, Kind, Look

INSIGHTS = "Microsoft.Insights"

_TUNNEL = ("ConnectionName", "RemoteIP", "Instance")
METRICS: dict[str, tuple[str, tuple[str, ...]]] = {
    "AverageBandwidth": ("Average", ("Instance",)),
    "BgpPeerStatus": ("Average", ("BgpPeerAddress", "Instance")),
    "BgpRoutesAdvertised": ("Total", ("BgpPeerAddress", "Instance", "RouteType")),
    "BgpRoutesLearned": ("Total", ("BgpPeerAddress", "Instance", "RouteType")),
    "InboundFlowsCount": ("Maximum", ("Instance",)),
    "OutboundFlowsCount": ("Maximum", ("Instance",)),
    "MmsaCount": ("Total", _TUNNEL),
    "QmsaCount": ("Total", _TUNNEL),
    "P2SBandwidth": ("Average", ("Instance",)),
    "P2SConnectionCount": ("Total", ("Protocol", "Instance")),
    "TunnelAverageBandwidth": ("Average", _TUNNEL),
    "TunnelEgressBytes": ("Total", _TUNNEL),
    "TunnelEgressPackets": ("Total", _TUNNEL),
    "TunnelEgressPacketDropTSMismatch": ("Total", _TUNNEL),
    "TunnelIngressBytes": ("Total", _TUNNEL),
    "TunnelIngressPackets": ("Total", _TUNNEL),
    "TunnelIngressPacketDropTSMismatch": ("Total", _TUNNEL),
    "TunnelPeakPackets": ("Maximum", _TUNNEL),
    "UserVpnRouteCount": ("Total", ("RouteType", "Instance")),
    "VnetAddressPrefixCount": ("Total", ("Instance",)),
}
"""A VPN gateway's metrics with their aggregation and dimensions (MS, supported metrics)."""

LOGS = (
    "GatewayDiagnosticLog",
    "IKEDiagnosticLog",
    "P2SDiagnosticLog",
    "RouteDiagnosticLog",
    "TunnelDiagnosticLog",
)
"""A VPN gateway's log categories (MS, monitoring VPN Gateway data reference)."""

_REQUIRED = ("severity", "enabled", "scopes", "evaluationFrequency", "windowSize", "criteria")
_WINDOWS = ("PT1M", "PT5M", "PT15M", "PT30M", "PT1H", "PT6H", "PT12H", "P1D")
_FREQUENCIES = ("PT1M", "PT5M", "PT15M", "PT30M", "PT1H")
_OPERATORS = ("Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual")
_AGGREGATIONS = ("Average", "Count", "Minimum", "Maximum", "Total")


def _refuse(what: str) -> ArmError:
    row = INVENTED["insights"]
    return ArmError(row.status, row.code, row.text.format(what=what))


class MetricAlerts(Kind):
    """They are made and deleted in the answer, without an operation."""

    type = f"{INSIGHTS}/metricAlerts"
    model = "MetricAlertResource"
    noun = "MetricAlert"
    at_once = True

    @override
    def fill(self, change: Change) -> None:
        asked = change.properties
        missing = [name for name in _REQUIRED if asked.get(name) in (None, "", [], {})]
        if missing:
            raise _refuse(f"{', '.join(missing)} is missing")
        if asked["windowSize"] not in _WINDOWS or asked["evaluationFrequency"] not in _FREQUENCIES:
            raise _refuse(f"windowSize {asked['windowSize']}, evaluationFrequency {asked['evaluationFrequency']}")
        if not 0 <= asked["severity"] <= 4:
            raise _refuse(f"severity {asked['severity']}")
        for scope in asked["scopes"]:
            rid = parse(str(scope))
            if rid is None or change.cloud.store.find(rid) is None:
                raise _refuse(f"the scope {scope} was not found")
            for criterion in asked["criteria"].get("allOf") or [{}]:
                _check_criterion(criterion, rid)
        change.draft.properties = {"autoMitigate": True, "actions": []} | asked

    @override
    def uses(self, resource: Resource) -> Iterator[Use]:
        return iter(())

    @override
    def show(self, look: Look) -> Json:
        return dict(look.resource.properties)

    @override
    def render(self, look: Look) -> Json:
        resource = look.resource
        return {
            "id": resource.id.path,
            "name": resource.id.name,
            "type": self.type,
            "location": resource.location,
            "tags": dict(resource.tags or {}),
            "properties": self.show(look),
        }


def _check_criterion(criterion: Json, scope: ResourceId) -> None:
    for member in ("name", "metricName", "timeAggregation", "operator", "criterionType"):
        if not criterion.get(member):
            raise _refuse(f"{member} is missing in a criterion")
    if not isinstance(criterion.get("threshold"), int | float):
        raise _refuse("threshold is not a number")
    if criterion["operator"] not in _OPERATORS or criterion["timeAggregation"] not in _AGGREGATIONS:
        raise _refuse(f"operator {criterion['operator']}, timeAggregation {criterion['timeAggregation']}")
    if scope.type.lower() != "microsoft.network/virtualnetworkgateways":
        return
    known = METRICS.get(criterion["metricName"])
    if known is None:
        raise _refuse(f"there is no metric {criterion['metricName']}")
    aggregation, dimensions = known
    if criterion["timeAggregation"] != aggregation:
        raise _refuse(f"{criterion['metricName']} is aggregated by {aggregation} only")
    for dimension in criterion.get("dimensions") or []:
        if dimension.get("name") not in dimensions:
            raise _refuse(f"{criterion['metricName']} has no dimension {dimension.get('name')}")
        if dimension.get("operator") not in ("Include", "Exclude") or not dimension.get("values"):
            raise _refuse(f"dimension {dimension.get('name')} has no values")


# -- what hangs on another resource


def extension(cloud: Cloud, call: Call, resource: Resource, rest: list[str]) -> Answer:
    """`<resource>/providers/Microsoft.Insights/...`. Raises ArmError."""
    what = rest[0].lower() if rest else ""
    if what == "metrics" and call.method == "GET" and len(rest) == 1:
        return Answer(200, {"value": list(_metrics(cloud, call, resource)), "namespace": resource.id.type})
    if what != "diagnosticsettings" or len(rest) > 2:
        raise ArmError(404, "NotFound", f"No HTTP resource was found that matches the request URI '{call.path}'.")
    settings = cloud.store.diagnostics.setdefault(resource.id.key, {})
    if len(rest) == 1:
        return Answer(200, {"value": [_shown(resource, *one) for one in settings.values()]})
    return _setting(cloud, call, resource, settings, rest[1])


def _setting(cloud: Cloud, call: Call, resource: Resource, settings: dict[str, tuple[str, Json]], name: str) -> Answer:
    found = settings.get(name.lower())
    if call.method == "PUT":
        asked = clean(call.json() or {}, "DiagnosticSettingsResource", call.text).get("properties") or {}
        settings[name.lower()] = (name, _checked(resource, asked))
        cloud.store.touch()
        return Answer(200, _shown(resource, *settings[name.lower()]))
    if call.method == "DELETE":
        settings.pop(name.lower(), None)
        cloud.store.touch()
        return Answer(200 if found else 204)
    if found is None:
        own = ResourceId(resource.id.subscription, resource.id.group, INSIGHTS, ("diagnosticSettings",), (name,))
        raise resource_not_found(own)
    return Answer(200, _shown(resource, *found))


def _checked(resource: Resource, asked: Json) -> Json:
    """Categories that are not named are shown, off."""
    if not any(asked.get(sink) for sink in ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId")):
        raise _refuse("at least one data sink is needed")
    if asked.get("workspaceId") and not re.fullmatch(
        r"(?i)/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.operationalinsights/workspaces/[^/]+",
        str(asked["workspaceId"]),
    ):
        raise _refuse(f"{asked['workspaceId']} is not the id of a workspace")
    wanted = {one.get("category"): bool(one.get("enabled")) for one in asked.get("logs") or []}
    known = LOGS if resource.id.type.lower().endswith("/virtualnetworkgateways") else ()
    unknown = sorted(str(category) for category in wanted if category not in known)
    if unknown:
        raise _refuse(f"category {unknown[0]} is not supported")
    return {
        **asked,
        "logs": [
            {
                "category": category,
                "categoryGroup": None,
                "enabled": wanted.get(category, False),
                "retentionPolicy": {"days": 0, "enabled": False},
            }
            for category in known
        ],
        "metrics": list(asked.get("metrics") or []),
        "logAnalyticsDestinationType": asked.get("logAnalyticsDestinationType"),
    }


def _shown(resource: Resource, name: str, properties: Json) -> Json:
    return {
        "id": f"{resource.id.path}/providers/{INSIGHTS}/diagnosticSettings/{name}".lower(),
        "type": f"{INSIGHTS}/diagnosticSettings",
        "name": name,
        "location": None,
        "kind": None,
        "tags": None,
        "properties": properties,
        "identity": None,
    }


def instance_name(index: int) -> str:
    return f"GatewayTenantWorker_IN_{index}"


def _metrics(cloud: Cloud, call: Call, resource: Resource) -> Iterator[Json]:
    """Each metric that is asked for with one point of now, out of what the WAN has found or a test has ordered.

    A dimension that is filtered by `*` splits it: a series for each value (MS, Metrics - List).
    """
    filters = dict(re.findall(r"(\w+) eq '([^']*)'", call.option("$filter")))
    split = sorted(dimension for dimension, wanted in filters.items() if wanted == "*")
    for name in filter(None, call.option("metricnames").split(",")):
        if name not in METRICS:
            raise _refuse(f"there is no metric {name}")
        unknown = [dimension for dimension in filters if dimension not in METRICS[name][1]]
        if unknown:
            raise _refuse(f"{name} has no dimension {unknown[0]}")
        series: dict[tuple[str, ...], list[float]] = {} if split else {(): []}
        for dimensions, value in _points(cloud, resource, name):
            if all(filters[one] in (dimensions.get(one), "*") for one in filters):
                series.setdefault(tuple(dimensions.get(one, "") for one in split), []).append(value)
        yield {
            "name": {"value": name},
            "timeseries": [
                {
                    "metadatavalues": [
                        {"name": {"value": dimension.lower()}, "value": told}
                        for dimension, told in zip(split, place, strict=True)
                    ],
                    "data": [_point(values)],
                }
                for place, values in sorted(series.items())
            ],
        }


def _point(values: list[float]) -> Json:
    told = {
        "total": sum(values),
        "average": sum(values) / len(values),
        "minimum": min(values),
        "maximum": max(values),
    } if values else {}  # fmt: skip
    return {"timeStamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:00Z"), **told}


def _points(cloud: Cloud, resource: Resource, metric: str) -> Iterator[tuple[dict[str, str], float]]:
    """(dimensions, value): security associations by connection and instance, sessions by peer and instance, and the
    bandwidth that a test has ordered, by instance."""
    if metric == "AverageBandwidth":
        for index, value in enumerate(cloud.bandwidth.get(resource.id.key, ())):
            yield {"Instance": instance_name(index)}, float(value)
    if metric in ("MmsaCount", "QmsaCount"):
        for one in cloud.store.of_type("Microsoft.Network/connections"):
            first = (one.properties.get("virtualNetworkGateway1") or {}).get("id", "")
            if str(first).lower() != resource.id.key:
                continue
            told: Json = cloud.wan.connections.get(one.id.key, {})
            for index, tunnel in enumerate(told.get("tunnelConnectionStatus") or []):
                up = tunnel.get("connectionStatus") == "Connected"
                yield {"ConnectionName": one.id.name, "Instance": instance_name(index)}, float(up)
    if metric == "BgpPeerStatus":
        peers: list[Any] = cloud.wan.gateways.get(resource.id.key, {}).get("peers") or []
        own = _instances(cloud, resource)
        for peer in peers:
            at = next((number for number, local in enumerate(own) if peer.get("localAddress") in local), None)
            if at is not None and peer.get("neighbor") not in own[at]:
                yield (
                    {"BgpPeerAddress": str(peer.get("neighbor")), "Instance": instance_name(at)},
                    float(peer.get("state") == "Connected"),
                )


def _instances(cloud: Cloud, resource: Resource) -> list[list[str]]:
    """The addresses of each instance, in the order of the gateway's IP configurations."""
    from . import KINDS

    shown = KINDS[resource.id.type.lower()].render(Look(cloud, resource, "2024-05-01"))["properties"]
    return [
        [*(one.get("defaultBgpIpAddresses") or []), *(one.get("customBgpIpAddresses") or [])]
        for one in (shown.get("bgpSettings") or {}).get("bgpPeeringAddresses") or []
    ]
