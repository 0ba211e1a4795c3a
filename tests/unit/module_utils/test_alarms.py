from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import alarms, arm

from tests.unit.module_utils.samples import OUTSIDE, planned

GATEWAY = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/hq-rg/providers/Microsoft.Network/"
    "virtualNetworkGateways/hq-vng"
)


def ends(plan: dict[str, Any]) -> list[alarms.Tunnel]:
    return [
        alarms.Tunnel(one["name"], f"vpn-{one['connection']}", OUTSIDE[one["inside_cidr"]])
        for one in alarms.used_tunnels(plan)
    ]


def aws(minutes: int = 5, **changes: Any) -> dict[str, dict[str, Any]]:
    plan = planned(**changes)
    return alarms.aws_alarms(plan, ends(plan), ["arn:b", "arn:a"], minutes)


def azure(minutes: int = 5, percent: int = 80, **changes: Any) -> dict[str, dict[str, Any]]:
    return alarms.azure_alerts(planned(**changes), GATEWAY, [], minutes, percent)


def criterion(alert: dict[str, Any]) -> tuple[str, str, str, float, dict[str, list[str]]]:
    (one,) = alert["properties"]["criteria"]["allOf"]
    dimensions = {each["name"]: each["values"] for each in one["dimensions"]}
    return one["metricName"], one["timeAggregation"], one["operator"], one["threshold"], dimensions


@pytest.mark.parametrize(
    ("routing", "names"),
    [
        ("bgp", {"tunnel-1-1-down", "tunnel-1-2-down", "tunnel-2-1-down", "tunnel-2-2-down", "all-tunnels-down"}),
        ("static", {"tunnel-1-1-down"}),
    ],
)
def test_a_spare_tunnel_has_no_alarm(routing: str, names: set[str]) -> None:
    assert set(aws(routing=routing)) == {f"hq-{name}" for name in names}


def test_an_alarm_of_a_tunnel() -> None:
    alarm = aws(15)["hq-tunnel-2-1-down"]
    assert alarm["Namespace"] == "AWS/VPN"
    assert alarm["MetricName"] == "TunnelState"
    assert alarm["Dimensions"] == [
        {"Name": "VpnId", "Value": "vpn-2"},
        {"Name": "TunnelIpAddress", "Value": OUTSIDE["169.254.21.4/30"]},
    ]
    assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Maximum", 900, 1)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1.0)
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["AlarmActions"] == alarm["OKActions"] == ["arn:a", "arn:b"]


def test_all_tunnels_down_looks_at_each() -> None:
    alarm = aws()["hq-all-tunnels-down"]
    (expression, *metrics) = alarm["Metrics"]
    # a sum: there AWS says that a missing value is 0
    assert expression["Expression"] == "t0+t1+t2+t3"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1.0)
    assert [one["ReturnData"] for one in alarm["Metrics"]] == [True, False, False, False, False]
    seen = {one["MetricStat"]["Metric"]["Dimensions"][1]["Value"] for one in metrics}
    assert seen == set(OUTSIDE.values())
    assert {one["MetricStat"]["Stat"] for one in metrics} == {"Maximum"}
    assert "MetricName" not in alarm


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("hq-tunnel-1-1-down", ("QmsaCount", "Total", "LessThan", 1.0, {"ConnectionName": ["hq-aws-1-1"]})),
        (
            "hq-bgp-1-2-down",
            (
                "BgpPeerStatus", "Average", "LessThanOrEqual", 0.0,
                {"BgpPeerAddress": ["169.254.22.1"], "Instance": ["GatewayTenantWorker_IN_0"]},
            ),
        ),
        (
            "hq-bgp-2-1-down",
            (
                "BgpPeerStatus", "Average", "LessThanOrEqual", 0.0,
                {"BgpPeerAddress": ["169.254.21.5"], "Instance": ["GatewayTenantWorker_IN_1"]},
            ),
        ),
        # the average of both instances: together they carry 100 MB/s, 80 % of 1000 Mbit/s
        ("hq-bandwidth", ("AverageBandwidth", "Average", "GreaterThan", 50_000_000.0, {})),
    ],
)  # fmt: skip
def test_an_alert(name: str, wanted: tuple[Any, ...]) -> None:
    assert criterion(azure()[name]) == wanted


def test_bandwidth_of_a_gateway_with_one_instance_at_work() -> None:
    alert = azure(routing="static")["hq-bandwidth"]
    assert criterion(alert) == ("AverageBandwidth", "Average", "GreaterThan", 100_000_000.0, {"Instance": ["*"]})


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"routing": "static"}, {"hq-tunnel-1-1-down", "hq-bandwidth"}),
        ({"azure_gateway_sku": "VpnGw5AZ"}, None),
    ],
)
def test_which_alerts_there_are(changes: dict[str, str], names: set[str] | None) -> None:
    found = set(azure(**changes))
    assert found == names if names else len(found) == 9


@pytest.mark.parametrize("minutes", alarms.WINDOWS)
def test_azure_looks_more_often_than_its_window(minutes: int) -> None:
    alert = azure(minutes)["hq-tunnel-1-1-down"]["properties"]
    windows = {"PT1M": 1, "PT5M": 5, "PT15M": 15, "PT30M": 30, "PT1H": 60}
    assert windows[alert["windowSize"]] == minutes
    assert windows[alert["evaluationFrequency"]] < minutes


def test_every_sku_has_a_bandwidth() -> None:
    assert set(alarms.SKU_MEGABITS) == set(arm.SKUS)


WISH = {"properties": {"severity": 1, "scopes": [GATEWAY], "actions": [{"actionGroupId": "/a/B"}], "enabled": True}}


@pytest.mark.parametrize(
    ("seen", "differs"),
    [
        (WISH, False),
        (None, True),
        ({"properties": {**WISH["properties"], "lastUpdatedTime": "now"}, "id": "x"}, False),
        ({"properties": {**WISH["properties"], "scopes": [GATEWAY.upper()]}}, False),
        ({"properties": {**WISH["properties"], "enabled": False}}, True),
        ({"properties": {**WISH["properties"], "severity": 2}}, True),
        ({"properties": {**WISH["properties"], "actions": []}}, True),
        ({"properties": {**WISH["properties"], "actions": [{"actionGroupId": "/a/b"}, {"actionGroupId": "/c"}]}}, True),
        ({"properties": {**WISH["properties"], "actions": [{"actionGroupId": "/a/b", "more": {}}]}}, False),
        ({"properties": None}, True),
    ],
)  # fmt: skip
def test_what_differs(seen: dict[str, Any] | None, differs: bool) -> None:
    assert alarms.differs(WISH, seen) is differs


def logs(**on: bool) -> dict[str, Any]:
    return {"properties": {"workspaceId": "/w", "logs": [{"category": c, "enabled": e} for c, e in on.items()]}}


ALL_ON = dict.fromkeys(alarms.LOG_CATEGORIES, True)


@pytest.mark.parametrize(
    ("seen", "differs"),
    [
        (None, True),
        (logs(**ALL_ON), False),
        (logs(**ALL_ON, P2SDiagnosticLog=False), False),
        (logs(**ALL_ON, P2SDiagnosticLog=True), True),
        (logs(**ALL_ON | {"TunnelDiagnosticLog": False}), True),
        ({"properties": {**logs(**ALL_ON)["properties"], "workspaceId": "/other"}}, True),
    ],
)
def test_when_the_diagnostic_setting_is_changed(seen: dict[str, Any] | None, differs: bool) -> None:
    assert alarms.setting_differs(alarms.diagnostic_setting("/W"), seen) is differs


def answered(wanted: dict[str, Any]) -> dict[str, Any]:
    """As DescribeAlarms has it: in an order of its own, with members that nobody set."""
    metrics = [
        {
            **{name: value for name, value in one.items() if name != "ReturnData" or not value},
            **({"Period": 300} if "Expression" in one else {"AccountId": "123456789012", "Label": ""}),
        }
        for one in reversed(wanted.get("Metrics", ()))
    ]
    for one in metrics:
        if stat := one.get("MetricStat"):
            metric = {**stat["Metric"], "Dimensions": stat["Metric"]["Dimensions"][::-1]}
            one["MetricStat"] = {**stat, "Metric": metric}
    return {
        **{name: value for name, value in wanted.items() if value != []},
        **({"Metrics": metrics} if metrics else {"Dimensions": wanted["Dimensions"][::-1], "Metrics": []}),
        "AlarmActions": wanted["AlarmActions"][::-1],
        "AlarmArn": "arn",
        "StateValue": "OK",
        "DatapointsToAlarm": 1,
        "EvaluateLowSampleCountPercentile": "evaluate",
        "Threshold": 1,
    }


@pytest.mark.parametrize("name", ["hq-tunnel-1-1-down", "hq-all-tunnels-down"])
def test_what_aws_adds_and_reorders_is_no_difference(name: str) -> None:
    wanted = aws()[name]
    assert alarms.aws_view(wanted, answered(wanted)) == wanted


SECOND = ("Metrics", 1, "MetricStat")


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("hq-tunnel-1-1-down", ("Threshold",), 0.5),
        ("hq-tunnel-1-1-down", ("AlarmActions",), []),
        ("hq-tunnel-1-1-down", ("AlarmActions",), ["arn:a", "arn:c"]),
        ("hq-tunnel-1-1-down", ("Dimensions", 0, "Value"), "vpn-9"),
        ("hq-tunnel-1-1-down", ("Unit",), "Seconds"),
        ("hq-tunnel-1-1-down", ("InsufficientDataActions",), ["arn:a"]),
        ("hq-all-tunnels-down", ("Metrics",), []),
        ("hq-all-tunnels-down", ("Metrics",), None),
        ("hq-all-tunnels-down", ("Metrics", 0, "Expression"), "t0"),
        ("hq-all-tunnels-down", ("Metrics", 0, "ReturnData"), False),
        ("hq-all-tunnels-down", ("Metrics", 1, "ReturnData"), True),
        ("hq-all-tunnels-down", ("Metrics", 1, "Id"), "t9"),
        ("hq-all-tunnels-down", (*SECOND, "Stat"), "Average"),
        ("hq-all-tunnels-down", (*SECOND, "Unit"), "Seconds"),
        ("hq-all-tunnels-down", (*SECOND, "Metric", "Dimensions", 1, "Value"), "192.0.2.1"),
    ],
)
def test_what_somebody_changed_is_one(name: str, place: tuple[Any, ...], value: Any) -> None:
    wanted = aws()[name]
    changed = copy.deepcopy(wanted)
    inner: Any = changed
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    assert alarms.aws_view(wanted, changed) != wanted
    assert alarms.aws_view(wanted, answered(wanted) | changed) != wanted


AWS_OPTIONS = {"plan": planned(), "topics": ["arn:aws:sns:eu-central-1:123456789012:night-shift"]}
AZURE_OPTIONS = {
    "plan": planned(),
    "action_groups": ["/subscriptions/s/resourcegroups/m/providers/microsoft.insights/actiongroups/night"],
    "log_analytics_workspace": "/subscriptions/s/resourceGroups/m/providers/Microsoft.OperationalInsights/workspaces/w",
    "bandwidth_percent": 80,
}


@pytest.mark.parametrize(
    ("judge", "good", "wrong", "says"),
    [
        (alarms.aws_faults, AWS_OPTIONS, {}, ""),
        (alarms.azure_faults, AZURE_OPTIONS, {}, ""),
        (alarms.azure_faults, AZURE_OPTIONS, {"log_analytics_workspace": None, "action_groups": []}, ""),
        (alarms.aws_faults, AWS_OPTIONS, {"topics": ["night-shift"]}, "topics = night-shift: it is not an ARN. "),
        (alarms.aws_faults, AWS_OPTIONS, {"plan": {"link": "hq"}}, "plan: it is not a plan. "),
        (alarms.azure_faults, AZURE_OPTIONS, {"plan": {}}, "plan: it is not a plan. "),
        (
            alarms.azure_faults, AZURE_OPTIONS, {"action_groups": ["night"]},
            "action_groups = night: it is not the id of an action group. ",
        ),
        (
            alarms.azure_faults, AZURE_OPTIONS, {"log_analytics_workspace": "w"},
            "log_analytics_workspace = w: it is not the id of a workspace. ",
        ),
        (
            alarms.azure_faults, AZURE_OPTIONS, {"bandwidth_percent": 0},
            "bandwidth_percent = 0: it is not between 1 and 100. ",
        ),
    ],
)  # fmt: skip
def test_options(judge: Any, good: dict[str, Any], wrong: dict[str, Any], says: str) -> None:
    found = [str(fault) for fault in judge({**good, **wrong})]
    assert len(found) == bool(says)
    assert all(text.startswith(says) for text in found)
