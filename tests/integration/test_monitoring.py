"""What watches a link: made, mended, gone with it, and really set off by a tunnel that is down."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from .clouds import ARM, Clouds, Json, wait_for
from .runs import Desk, Run
from .test_plan import GOOD

LINK = "hq"
GROUP = "hq-rg"
TUNNELS = ("1-1", "1-2", "2-1", "2-2")
AWS_ALARMS = {f"hq-tunnel-{name}-down" for name in TUNNELS} | {"hq-all-tunnels-down"}
AZURE_ALERTS = {f"hq-{what}-{name}-down" for name in TUNNELS for what in ("tunnel", "bgp")} | {"hq-bandwidth"}
TOPIC = "arn:aws:sns:eu-central-1:123456789012:night-shift"
MONITOR = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/monitor/providers"
TARGETS = {
    "s2s_vpn_alarm_topics": [TOPIC],
    "s2s_vpn_alarm_action_groups": [f"{MONITOR}/Microsoft.Insights/actionGroups/night-shift"],
    "s2s_vpn_log_analytics_workspace": f"{MONITOR}/Microsoft.OperationalInsights/workspaces/network",
}
LOGGED = {"GatewayDiagnosticLog", "TunnelDiagnosticLog", "RouteDiagnosticLog", "IKEDiagnosticLog"}


def alarms(clouds: Clouds) -> dict[str, Json]:
    return {one["AlarmName"]: one for one in clouds.aws("cloudwatch").describe_alarms()["MetricAlarms"]}


def alerts(clouds: Clouds) -> dict[str, Json]:
    path = f"{clouds.group(GROUP)}/providers/Microsoft.Insights/metricAlerts"
    return {one["name"]: one for one in clouds.arm_list(path)}


def settings(clouds: Clouds) -> list[Json]:
    gateway = clouds.network(GROUP, "virtualNetworkGateways", "hq-vng")
    return clouds.arm_list(f"{gateway}/providers/Microsoft.Insights/diagnosticSettings")


def log_groups(clouds: Clouds) -> list[Json]:
    return list(clouds.aws("logs").describe_log_groups()["logGroups"])


def set_off_in_aws(clouds: Clouds) -> set[str]:
    """Names of the alarms whose threshold the metrics of now cross, asked as each alarm asks."""
    cloudwatch = clouds.aws("cloudwatch")
    crossed = set()
    for name, alarm in alarms(clouds).items():
        metric = {key: alarm[key] for key in ("Namespace", "MetricName", "Dimensions") if key in alarm}
        queries = alarm.get("Metrics") or [{"Id": "m", "MetricStat": {"Metric": metric, "Stat": alarm["Statistic"]}}]
        # of the last moment, not of the alarm's window: the test does not wait for minutes
        moment = [
            {**one, "MetricStat": {**one["MetricStat"], "Period": 1}} if "MetricStat" in one else one for one in queries
        ]
        now = datetime.now(UTC)
        (found,) = cloudwatch.get_metric_data(
            MetricDataQueries=moment,
            StartTime=now,
            EndTime=now + timedelta(minutes=1),
            ScanBy="TimestampDescending",
        )["MetricDataResults"]
        assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "breaching")
        if not found["Values"] or found["Values"][0] < alarm["Threshold"]:
            crossed.add(name)
    return crossed


def set_off_in_azure(clouds: Clouds) -> set[str]:
    """The same of Azure's alerts, as each names metric, aggregation and dimensions."""
    crossed = set()
    for name, alert in alerts(clouds).items():
        (criterion,) = alert["properties"]["criteria"]["allOf"]
        (gateway,) = alert["properties"]["scopes"]
        filters = " and ".join(f"{one['name']} eq '{one['values'][0]}'" for one in criterion["dimensions"])
        query = f"metricnames={criterion['metricName']}&$filter={filters}"
        url = f"{ARM}{gateway}/providers/Microsoft.Insights/metrics?api-version=2023-10-01&{query}"
        answer = clouds._send("GET", url)
        answer.raise_for_status()
        limit, aggregation = criterion["threshold"], criterion["timeAggregation"].lower()
        crosses = {"LessThan": operator.lt, "LessThanOrEqual": operator.le, "GreaterThan": operator.gt}
        for series in answer.json()["value"][0]["timeseries"]:
            values = [point[aggregation] for point in series["data"] if aggregation in point]
            if any(crosses[criterion["operator"]](value, limit) for value in values):
                crossed.add(name)
    return crossed


def told(run: Run) -> Iterator[str]:
    """Names of alarms and alerts that a run says to have made, changed or deleted."""
    for _task, result in run.results():
        for member in ("alarms", "alerts"):
            yield from (one["name"] for one in result.get(member, ()) if one["changed"])
        if {"alarms", "alerts"} & set(result):
            yield from result["deleted"]


class TestBeforeTheLink:
    def test_check_mode_shows_what_there_will_be(self, desk: Desk, clouds: Clouds) -> None:
        run = desk.play("monitor.yml", "--check", "--diff", inventory=desk.inventory(LINK, GOOD | TARGETS))
        assert run.rc == 0, run.explain()
        assert run.mutating == []
        assert set(told(run)) == AWS_ALARMS | AZURE_ALERTS
        assert "GatewayTenantWorker_IN_1" in run.diff()

    def test_without_a_link_it_says_so(self, desk: Desk, clouds: Clouds) -> None:
        run = desk.play("monitor.yml", inventory=desk.inventory(LINK, GOOD))
        assert run.rc != 0
        assert "Build the link first" in run.errors
        assert run.mutating == []


@pytest.mark.full
class TestMonitoring:
    @pytest.fixture
    def inventory(self, desk: Desk) -> Path:
        return desk.inventory(LINK, GOOD | TARGETS | {"s2s_vpn_aws_tunnel_log_days": 30})

    @pytest.mark.step
    def test_tunnels_log_from_their_beginning(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = desk.play("site.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        (group,) = log_groups(clouds)
        assert group["retentionInDays"] == 30
        for connection in clouds.vpn_connections():
            for tunnel in connection["Options"]["TunnelOptions"]:
                logged = tunnel["LogOptions"]["CloudWatchLogOptions"]
                assert logged["LogEnabled"] is True
                assert logged["LogGroupArn"].endswith(f":log-group:{group['logGroupName']}")
        assert not any(call.action == "ModifyVpnTunnelOptions" for call in run.calls)
        again = desk.play("site.yml", inventory=inventory)
        assert (again.rc, again.changed, again.mutating) == (0, 0, []), again.explain()

    def test_an_alarm_of_somebody_else_stops_it(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        cloudwatch = clouds.aws("cloudwatch")
        cloudwatch.put_metric_alarm(
            AlarmName="hq-all-tunnels-down",
            Namespace="Theirs",
            MetricName="Anything",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            ComparisonOperator="LessThanThreshold",
            Threshold=1,
        )
        run = desk.play("monitor.yml", inventory=inventory)
        assert run.rc != 0
        assert "hq-all-tunnels-down exists and is not the link's" in run.errors
        assert run.mutating == []
        cloudwatch.delete_alarms(AlarmNames=["hq-all-tunnels-down"])

    @pytest.mark.step
    def test_alarms_are_made(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = desk.play("monitor.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        ends = {
            (connection["VpnConnectionId"], tunnel["OutsideIpAddress"])
            for connection in clouds.vpn_connections()
            for tunnel in connection["Options"]["TunnelOptions"]
        }
        made = alarms(clouds)
        assert set(made) == AWS_ALARMS
        dimensions = [{one["Name"]: one["Value"] for one in alarm.get("Dimensions", ())} for alarm in made.values()]
        assert {(one["VpnId"], one["TunnelIpAddress"]) for one in dimensions if one} == ends
        assert {alarm["TreatMissingData"] for alarm in made.values()} == {"breaching"}
        assert all(alarm["AlarmActions"] == alarm["OKActions"] == [TOPIC] for alarm in made.values())
        told_by_azure = alerts(clouds)
        assert set(told_by_azure) == AZURE_ALERTS
        assert {one["tags"]["s2s_vpn:link"] for one in told_by_azure.values()} == {LINK}
        (setting,) = settings(clouds)
        assert {one["category"] for one in setting["properties"]["logs"] if one["enabled"]} == LOGGED

    def test_a_second_run_changes_nothing(self, desk: Desk, inventory: Path) -> None:
        run = desk.play("monitor.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert (run.changed, run.mutating) == (0, [])

    def test_what_was_changed_by_hand_is_mended_and_nothing_else(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        cloudwatch = clouds.aws("cloudwatch")
        mine = alarms(clouds)["hq-tunnel-1-2-down"]
        kept = ("AlarmName", "Namespace", "MetricName", "Dimensions", "Statistic", "Period", "EvaluationPeriods")
        cloudwatch.put_metric_alarm(
            **{name: mine[name] for name in kept},
            ComparisonOperator="LessThanThreshold",
            Threshold=0.5,
            TreatMissingData="missing",
        )
        cloudwatch.put_metric_alarm(
            **{name: mine[name] for name in kept} | {"AlarmName": "hq-their-own"},
            ComparisonOperator="LessThanThreshold",
            Threshold=0.5,
        )
        alert = alerts(clouds)["hq-bgp-2-1-down"]
        clouds.arm("PUT", alert["id"], alert | {"properties": alert["properties"] | {"enabled": False}})
        run = desk.play("monitor.yml", "--check", "--diff", inventory=inventory)
        assert (run.rc, run.mutating) == (0, []), run.explain()
        assert set(told(run)) == {"hq-tunnel-1-2-down", "hq-bgp-2-1-down"}
        assert "breaching" in run.diff()
        run = desk.play("monitor.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert {call.action for call in run.mutating} == {"PutMetricAlarm", "Microsoft.Insights/metricAlerts/write"}
        assert len(run.mutating) == 2
        assert alarms(clouds)["hq-tunnel-1-2-down"]["Threshold"] == 1.0
        assert alerts(clouds)["hq-bgp-2-1-down"]["properties"]["enabled"] is True

    def test_a_tunnel_that_is_down_sets_off_its_own_alarms_and_no_other(self, clouds: Clouds) -> None:
        cloudwatch = clouds.aws("cloudwatch")
        cloudwatch.delete_alarms(AlarmNames=["hq-their-own"])
        wait_for(lambda: not set_off_in_aws(clouds) and not set_off_in_azure(clouds))
        key = clouds.network(GROUP, "connections", "hq-aws-2-1/sharedkey")
        own = clouds.arm("GET", key)["value"]
        clouds.arm("PUT", key, {"value": "Invented_by.hand_for_2-1".replace("-", "_")})
        wait_for(lambda: set_off_in_aws(clouds) == {"hq-tunnel-2-1-down"})
        wait_for(lambda: set_off_in_azure(clouds) == {"hq-tunnel-2-1-down", "hq-bgp-2-1-down"})
        clouds.arm("PUT", key, {"value": own})
        wait_for(lambda: not set_off_in_aws(clouds) and not set_off_in_azure(clouds))

    def test_bandwidth_is_that_of_both_instances(self, clouds: Clouds) -> None:
        gateway = clouds.network(GROUP, "virtualNetworkGateways", "hq-vng")
        for carried, crossed in (([49e6, 49e6], set()), ([99e6, 0], set()), ([101e6, 0], {"hq-bandwidth"})):
            clouds._tell("azure", "POST", "bandwidth", {gateway: carried})
            assert set_off_in_azure(clouds) == crossed, carried

    def test_a_connection_that_was_renamed_is_the_links_all_the_same(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        ec2, one = clouds.ec2(), clouds.vpn_connections()[0]
        (name,) = [tag for tag in one["Tags"] if tag["Key"] == "Name"]
        ec2.create_tags(Resources=[one["VpnConnectionId"]], Tags=[{"Key": "Name", "Value": "renamed"}])
        run = desk.play("monitor.yml", inventory=inventory)
        assert (run.rc, run.changed) == (0, 0), run.explain()
        ec2.create_tags(Resources=[one["VpnConnectionId"]], Tags=[name])

    def test_without_a_workspace_the_logs_end(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = desk.play("monitor.yml", "-e", "s2s_vpn_log_analytics_workspace=", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert settings(clouds) == []
        assert [call.action for call in run.mutating] == ["Microsoft.Insights/diagnosticSettings/delete"]
        assert desk.play("monitor.yml", inventory=inventory).changed == 1

    def test_a_connection_that_is_gone_counts_as_down(self, clouds: Clouds) -> None:
        gone = min(str(one["VpnConnectionId"]) for one in clouds.vpn_connections())
        its_own = {"Name": "VpnId", "Value": gone}
        lost = {name for name, alarm in alarms(clouds).items() if its_own in alarm.get("Dimensions", ())}
        assert len(lost) == 2
        clouds.ec2().delete_vpn_connection(VpnConnectionId=gone)
        wait_for(lambda: set_off_in_aws(clouds) == lost)

    @pytest.mark.step
    def test_destroy_removes_all_of_it(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = desk.play("destroy.yml", "-e", f"s2s_vpn_confirm_destroy={LINK}", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert any(result.get("msg") == {"link": LINK, "left": []} for _unused, result in run.results())
        assert alarms(clouds) == {}
        assert log_groups(clouds) == []
        assert alerts(clouds) == {}
        order = [call.action for call in run.mutating]
        logs, gateway = (
            "Microsoft.Insights/diagnosticSettings/delete",
            "Microsoft.Network/virtualNetworkGateways/delete",
        )
        assert order.index(logs) < order.index(gateway), "it would outlive the gateway"
        assert order.index("DeleteAlarms") < order.index("DeleteVpnConnection"), "they would go off"
        assert order.count("DeleteLogGroup") == 1
