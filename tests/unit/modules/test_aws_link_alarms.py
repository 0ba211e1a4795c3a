"""aws_link_alarms: which connections are the link's, and what is a change of an alarm."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2 as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import Identity, plan_link
from ansible_collections.hybrid.s2s_vpn.plugins.modules import aws_link_alarms as module
from fake_ec2 import FakeEc2

Json = dict[str, Any]
INPUT = {
    "link": "hq",
    "azure_location": "westeurope",
    "azure_vnet_cidr": "10.1.0.0/16",
    "aws_region": "eu-central-1",
    "aws_vpc_cidr": "10.2.0.0/16",
}


def planned(**changes: Any) -> Json:
    made = plan_link({**INPUT, **changes}, identity=Identity("a-subscription", "123456789012")).plan
    assert made is not None
    return made.as_dict()


def connect(ec2: FakeEc2, plan: Json, number: int = 1, **changes: Any) -> str:
    """A VPN connection as the plan has it. `tags` and `name` are another's."""
    wish = plan["aws"]["gateway"]["connections"][number - 1]
    tags = words.all_tags(changes.get("name", wish["name"]), changes.get("tags", plan["tags"]))
    made = ec2.create_vpn_connection(
        CustomerGatewayId="cgw-1",
        VpnGatewayId="vgw-1",
        Options={
            "StaticRoutesOnly": False,
            "TunnelOptions": [{"TunnelInsideCidr": one["inside_cidr"]} for one in wish["tunnels"]],
        },
        TagSpecifications=words.tag_specification("vpn-connection", tags),
    )
    return str(made["VpnConnection"]["VpnConnectionId"])


class CloudWatch:
    """Alarms in memory. What is shown is what was put, as `shown` makes it."""

    def __init__(self) -> None:
        self.meta = types.SimpleNamespace(region_name="eu-central-1")
        self.alarms: dict[str, Json] = {}
        self.puts: list[str] = []
        self.shown: Callable[[Json], Json] = dict

    def describe_alarms(self, AlarmNamePrefix: str, AlarmTypes: list[str]) -> Json:
        assert AlarmTypes == ["MetricAlarm"]
        found = [one for name, one in self.alarms.items() if name.startswith(AlarmNamePrefix)]
        return {"MetricAlarms": [{**self.shown(one), "AlarmArn": one["AlarmName"]} for one in found]}

    def list_tags_for_resource(self, ResourceARN: str) -> Json:
        return {"Tags": self.alarms[ResourceARN]["Tags"]}

    def put_metric_alarm(self, **request: Any) -> None:
        self.puts.append(request["AlarmName"])
        self.alarms[request["AlarmName"]] = request

    def delete_alarms(self, AlarmNames: list[str]) -> None:
        for name in AlarmNames:
            del self.alarms[name]


def run(ec2: FakeEc2, cloudwatch: CloudWatch, plan: Json, check: bool = False, **given: Any) -> Json:
    params = {"state": "present", "plan": plan, "topics": [], "window_minutes": 5, "vpn_connection_ids": [], **given}
    return module.ensure(ec2, cloudwatch, params, check)


def watched(cloudwatch: CloudWatch) -> set[str]:
    """Ids of the connections that alarms look at."""
    return {
        one["Value"]
        for alarm in cloudwatch.alarms.values()
        for one in alarm.get("Dimensions", ())
        if one["Name"] == "VpnId"
    }


@pytest.fixture
def ec2() -> FakeEc2:
    return FakeEc2()


def test_connections_are_found_by_the_links_tag_whatever_their_name(ec2: FakeEc2) -> None:
    plan, cloudwatch = planned(), CloudWatch()
    theirs = {"s2s_vpn:link": "hq", "s2s_vpn:id": "somebody-else"}
    connect(ec2, plan, 1, tags=theirs)  # the same name and ranges, in the same region
    mine = {connect(ec2, plan, 1, name="renamed"), connect(ec2, plan, 2)}
    run(ec2, cloudwatch, plan)
    assert watched(cloudwatch) == mine


def test_adopted_ones_are_found_by_their_name(ec2: FakeEc2) -> None:
    plan, cloudwatch = planned(adopt=["hq-1"]), CloudWatch()
    both = {connect(ec2, plan, 1, tags={}), connect(ec2, plan, 2)}
    run(ec2, cloudwatch, plan)
    assert watched(cloudwatch) == both


def test_given_ids_are_taken_and_no_others(ec2: FakeEc2) -> None:
    plan, cloudwatch = planned(), CloudWatch()
    connect(ec2, plan, 1)
    given = [connect(ec2, plan, number, tags={}, name="by-hand") for number in (1, 2)]
    run(ec2, cloudwatch, plan, vpn_connection_ids=given)
    assert watched(cloudwatch) == set(given)
    assert run(ec2, CloudWatch(), plan, True, vpn_connection_ids=["planned:hq-1"])["changed"]
    with pytest.raises(aws.AwsError, match="placeholder"):
        run(ec2, cloudwatch, plan, vpn_connection_ids=["planned:hq-1"])


def test_what_is_missing_or_there_twice_is_said(ec2: FakeEc2) -> None:
    plan, cloudwatch = planned(), CloudWatch()
    first = connect(ec2, plan, 1)
    with pytest.raises(aws.AwsError, match=r"tunnel 2-1 .*no VPN connection of the link has it\. Build the link first"):
        run(ec2, cloudwatch, plan)
    again = connect(ec2, plan, 1)
    with pytest.raises(aws.AwsError, match=f"{first} and {again} have it.* or give vpn_connection_ids"):
        run(ec2, cloudwatch, plan)
    assert cloudwatch.puts == []


def as_aws_shows_it(alarm: Json) -> Json:
    """With the members that nobody sent, and in an order of its own (AWS, DescribeAlarms)."""
    metrics = [
        {"AccountId": "123456789012", **one} if "MetricStat" in one else {"Period": 300, **one}
        for one in reversed(alarm.get("Metrics", ()))
    ]
    return {
        **{name: value for name, value in alarm.items() if name != "Tags" and value != []},
        "StateValue": "OK",
        "DatapointsToAlarm": 1,
        **({"Metrics": metrics} if metrics else {"Dimensions": alarm["Dimensions"][::-1]}),
    }


def test_a_second_run_changes_nothing_whatever_aws_adds(ec2: FakeEc2) -> None:
    plan, cloudwatch = planned(), CloudWatch()
    for number in (1, 2):
        connect(ec2, plan, number)
    assert run(ec2, cloudwatch, plan)["changed"]
    assert len(cloudwatch.puts) == 5
    cloudwatch.shown = as_aws_shows_it
    assert not run(ec2, cloudwatch, plan)["changed"]
    changed = cloudwatch.alarms["hq-all-tunnels-down"]["Metrics"]
    changed[0] = {**changed[0], "Expression": "t0+t1"}
    result = run(ec2, cloudwatch, plan, check=True)
    assert [one["name"] for one in result["alarms"] if one["changed"]] == ["hq-all-tunnels-down"]
    assert "t0+t1+t2+t3" in str(result["diff"]["after"])
