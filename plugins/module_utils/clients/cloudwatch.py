# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to CloudWatch and CloudWatch Logs. Alarms and log groups have tags, but EC2's search by tag has not them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2 as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws

AT_ONCE = 100  # names in a DeleteAlarms (AWS)


def alarms(cloudwatch: Any, prefix: str) -> dict[str, dict[str, Any]]:
    """Name -> metric alarm (AWS, DescribeAlarms) with its ``tags`` as a dict, of those whose names begin so."""
    found: list[dict[str, Any]] = []
    request: dict[str, Any] = {"AlarmNamePrefix": prefix, "AlarmTypes": ["MetricAlarm"]}
    while True:
        answer = aws.call(cloudwatch, "describe_alarms", f"{prefix}*", **request)
        found.extend(answer.get("MetricAlarms") or [])
        if not answer.get("NextToken"):
            break
        request["NextToken"] = answer["NextToken"]
    return {one["AlarmName"]: {**one, "tags": _tags(cloudwatch, one)} for one in found}


def _tags(cloudwatch: Any, alarm: Mapping[str, Any]) -> dict[str, str]:
    answer = aws.call(cloudwatch, "list_tags_for_resource", alarm["AlarmName"], ResourceARN=alarm["AlarmArn"])
    return words.tag_dict(answer.get("Tags"))


def put_alarm(
    cloudwatch: Any, name: str, request: Mapping[str, Any], seen: Mapping[str, Any] | None, tags: Mapping[str, str]
) -> None:
    """Make the alarm, or make it what `request` says. PutMetricAlarm sets tags only on one that it makes (AWS)."""
    aws.call(cloudwatch, "put_metric_alarm", name, AlarmName=name, Tags=words.tag_list(tags), **request)
    if seen is not None and not words.carries(seen["tags"], tags):
        aws.call(cloudwatch, "tag_resource", name, ResourceARN=seen["AlarmArn"], Tags=words.tag_list(tags))


def delete_alarms(cloudwatch: Any, names: Sequence[str]) -> None:
    for start in range(0, len(names), AT_ONCE):
        some = list(names[start : start + AT_ONCE])
        aws.call(cloudwatch, "delete_alarms", ", ".join(some), AlarmNames=some)


def log_groups(logs: Any, prefix: str) -> dict[str, dict[str, Any]]:
    """Name -> ``days`` of retention (None for ever) and ``tags`` of the log groups whose names begin so."""
    found: list[dict[str, Any]] = []
    request: dict[str, Any] = {"logGroupNamePrefix": prefix}
    while True:
        answer = aws.call(logs, "describe_log_groups", f"{prefix}*", **request)
        found.extend(answer.get("logGroups") or [])
        if not answer.get("nextToken"):
            break
        request["nextToken"] = answer["nextToken"]
    return {
        one["logGroupName"]: {"days": one.get("retentionInDays"), "tags": _log_tags(logs, one["logGroupName"])}
        for one in found
    }


def _log_tags(logs: Any, name: str) -> dict[str, str]:
    return dict(aws.call(logs, "list_tags_log_group", name, logGroupName=name).get("tags") or {})


def create_log_group(logs: Any, name: str, tags: Mapping[str, str]) -> None:
    """Of an earlier attempt whose answer was lost, there may be one already."""
    try:
        aws.call(logs, "create_log_group", name, logGroupName=name, tags=dict(tags))
    except aws.AwsError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise


def tag_log_group(logs: Any, name: str, tags: Mapping[str, str]) -> None:
    aws.call(logs, "tag_log_group", name, logGroupName=name, tags=dict(tags))


def set_retention(logs: Any, name: str, days: int) -> None:
    aws.call(logs, "put_retention_policy", name, logGroupName=name, retentionInDays=days)


def delete_log_group(logs: Any, name: str) -> None:
    aws.call(logs, "delete_log_group", name, logGroupName=name)
