"""CloudWatch's TunnelState."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest


@pytest.fixture
def made(aws):
    return aws.connect()


def addresses(made):
    return [one["OutsideIpAddress"] for one in made["Options"]["TunnelOptions"]]


def dimensions(made, address=None):
    connection = [{"Name": "VpnId", "Value": made["VpnConnectionId"]}]
    return [*connection, {"Name": "TunnelIpAddress", "Value": address}] if address else connection


def values(aws, made, address=None, region="eu-central-1"):
    """The newest point of the last minutes, if there is one."""
    now = datetime.now(UTC)
    metric = {"Namespace": "AWS/VPN", "MetricName": "TunnelState", "Dimensions": dimensions(made, address)}
    answer = aws.client("cloudwatch", region).get_metric_data(
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        MetricDataQueries=[{"Id": "state", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Maximum"}}],
    )
    return answer["MetricDataResults"][0]["Values"][:1]


def test_every_tunnel_has_its_metric(aws, made):
    metrics = aws.client("cloudwatch").list_metrics(Namespace="AWS/VPN", MetricName="TunnelState")["Metrics"]
    shown = [one["Dimensions"] for one in metrics]
    assert sorted(shown, key=str) == sorted(
        [dimensions(made), *(dimensions(made, address) for address in addresses(made))], key=str
    )


def test_up_is_one_down_is_zero_and_half_a_connection_is_between(aws, made):
    first, second = addresses(made)
    aws.control("POST", "telemetry", {first: {"status": "UP"}})
    assert (values(aws, made, first), values(aws, made, second), values(aws, made)) == ([1.0], [0.0], [0.5])


def test_established_is_bgp_not_ipsec_alone(aws, made):
    first, _second = addresses(made)
    aws.control("POST", "telemetry", {first: {"status": "DOWN", "message": "IPSEC IS UP"}})
    assert values(aws, made, first) == [0.0]


def test_a_deleted_connection_has_no_more_points(aws, made):
    aws.client().delete_vpn_connection(VpnConnectionId=made["VpnConnectionId"])
    aws.step(60)
    assert values(aws, made) == []


def test_each_region_has_its_own(aws, made):
    assert values(aws, made) == [0.0]
    assert values(aws, made, region="eu-west-1") == []


def total(aws, *series):
    """What CloudWatch makes of the sum of these series, now; an older period may hold what was asked before."""
    now = datetime.now(UTC)
    metrics = [
        {
            "Id": f"t{number}",
            "MetricStat": {
                "Metric": {"Namespace": "AWS/VPN", "MetricName": "TunnelState", "Dimensions": one},
                "Period": 300,
                "Stat": "Maximum",
            },
            "ReturnData": False,
        }
        for number, one in enumerate(series)
    ]
    added = {"Id": "up", "Expression": "+".join(one["Id"] for one in metrics), "Label": "up"}
    answer = aws.client("cloudwatch").get_metric_data(
        StartTime=now - timedelta(minutes=5), EndTime=now + timedelta(minutes=5), MetricDataQueries=[added, *metrics]
    )
    (shown,) = answer["MetricDataResults"]
    return shown["Values"][:1]


def test_what_is_missing_in_a_sum_is_0_and_a_sum_of_nothing_is_missing(aws, made):
    first, second = addresses(made)
    aws.control("POST", "telemetry", {first: {"status": "UP"}})
    gone = dimensions(made, "192.0.2.9")
    up, down = dimensions(made, first), dimensions(made, second)
    assert total(aws, up, down, gone) == [1.0]
    assert total(aws, down, gone) == [0.0]
    assert total(aws, gone, gone) == []


def test_other_expressions_are_not_emulated(aws, made):
    metric = {"Namespace": "AWS/VPN", "MetricName": "TunnelState", "Dimensions": dimensions(made)}
    now = datetime.now(UTC)
    with pytest.raises(Exception, match="does not emulate"):
        aws.client("cloudwatch").get_metric_data(
            StartTime=now - timedelta(minutes=5),
            EndTime=now,
            MetricDataQueries=[
                {"Id": "up", "Expression": "FILL(state, 0)"},
                {"Id": "state", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Maximum"}},
            ],
        )
