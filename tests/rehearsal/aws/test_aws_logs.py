"""CloudWatch Logs."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.aws.cloud import Aws

GROUP = "/aws/vendedlogs/s2s_vpn/hq"


@pytest.fixture
def group(aws: Aws) -> str:
    aws.client("logs").create_log_group(logGroupName=GROUP)
    return GROUP


def kept(aws: Aws) -> int | None:
    (group,) = aws.client("logs").describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    return group.get("retentionInDays")


def test_a_retention(aws: Aws, group: str) -> None:
    aws.client("logs").put_retention_policy(logGroupName=group, retentionInDays=30)
    assert kept(aws) == 30


@pytest.mark.parametrize("days", [-1, 0, 2, 31, 3654])
def test_a_retention_of_other_days_is_refused(aws: Aws, group: str, days: int) -> None:
    with pytest.raises(ClientError) as caught:
        aws.client("logs").put_retention_policy(logGroupName=group, retentionInDays=days)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    assert kept(aws) is None
