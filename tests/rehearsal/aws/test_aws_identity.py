"""Who may ask, and where."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


def _error(call: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


OTHER = {"access_key": "AKIASOMEBODYELSE0000"}
WRONG = {"secret_key": "somethingelsesomethingelsesomethingelse0"}


@pytest.mark.parametrize(
    ("service", "call", "keys", "expected"),
    [
        ("ec2", "describe_vpcs", OTHER, (401, "AuthFailure")),
        ("ec2", "describe_vpcs", WRONG, (401, "AuthFailure")),
        ("sts", "get_caller_identity", OTHER, (403, "InvalidClientTokenId")),
        ("sts", "get_caller_identity", WRONG, (403, "SignatureDoesNotMatch")),
        ("logs", "describe_log_groups", OTHER, (403, "UnrecognizedClientException")),
    ],
)
def test_wrong_credentials(aws, service, call, keys, expected):
    assert _error(getattr(aws.client(service, **keys), call)) == expected


def test_region_that_does_not_exist(aws):
    assert _error(aws.client(region="eu-mars-1").describe_vpcs) == (401, "AuthFailure")
    assert _error(aws.client("sts", region="eu-mars-1").get_caller_identity) == (403, "SignatureDoesNotMatch")


def test_identity_regions_and_zones(aws):
    assert aws.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert "eu-central-1" in {one["RegionName"] for one in aws.client().describe_regions()["Regions"]}
    zones = aws.client().describe_availability_zones()["AvailabilityZones"]
    assert {one["RegionName"] for one in zones} == {"eu-central-1"}


def test_regions_are_apart(aws):
    gateway = aws.vgw()
    code, _text = aws.refused("describe_vpn_gateways", region="eu-west-1", VpnGatewayIds=[gateway])
    assert code == "InvalidVpnGatewayID.NotFound"


def test_other_services_work(aws):
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName="tunnel",
        Namespace="AWS/VPN",
        MetricName="TunnelState",
        Dimensions=[{"Name": "VpnId", "Value": "vpn-0"}],
        Statistic="Minimum",
        Period=60,
        EvaluationPeriods=3,
        Threshold=1.0,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
    )
    assert len(aws.client("cloudwatch").describe_alarms()["MetricAlarms"]) == 1
