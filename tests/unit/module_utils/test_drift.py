"""What differs from the plan, and what is nobody's plan, out of readings in which one thing is changed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import drift

from tests.unit.module_utils import readings
from tests.unit.module_utils.samples import OUTSIDE, planned

Json = dict[str, Any]
Change = Callable[[Json, Json], object]

NIC = "/subscriptions/s/resourceGroups/x/providers/Microsoft.Network/networkInterfaces/vm1-nic/ipConfigurations/a"


def built(**changes: Any) -> tuple[Json, Json, Json]:
    """(Azure's reading, AWS's reading, plan) of a link that is as planned."""
    plan = planned(**changes)
    azure, aws = readings.azure_reading(plan), readings.aws_reading(plan)
    for acl in aws["network_acls"]:
        acl["IsDefault"] = True
    return azure, aws, plan


def named(azure: Json, part: str, name: str) -> Json:
    return next(one for one in azure[part] if one["name"] == name)["properties"]


def app_table(aws: Json) -> Json:
    return next(one for one in aws["route_tables"] if one["RouteTableId"] == readings.TABLE)


def app_subnet(azure: Json) -> Json:
    return next(one for one in azure["virtual_network"]["properties"]["subnets"] if one["name"] == "app")["properties"]


def tunnel(aws: Json, cidr: str = "169.254.21.0/30") -> Json:
    return next(
        one
        for connection in aws["vpn_connections"]
        for one in connection["Options"]["TunnelOptions"]
        if one["OutsideIpAddress"] == OUTSIDE[cidr]
    )


def drifted(change: Change, **changes: Any) -> drift.Drift:
    azure, aws, plan = copy.deepcopy(built(**changes))
    change(azure, aws)
    return drift.drift_of(azure, aws, plan)


@pytest.mark.parametrize("routing", ["bgp", "static"])
def test_a_link_as_planned_has_no_drift(routing: str) -> None:
    assert drift.drift_of(*built(routing=routing)) == drift.Drift([], [], [])


def test_a_tunnel_that_is_down_is_no_drift() -> None:
    azure, aws, plan = built()
    readings.down(azure, aws, plan, "1-1")
    assert drift.drift_of(azure, aws, plan).differences == []


#: (what was done by hand, cloud, check, resource, expected, found)
DIFFERENCES: list[tuple[Change, str, str, str, str, str]] = [
    (
        lambda azure, _aws: named(azure, "connections", "hq-aws-1-1").update(dpdTimeoutSeconds=99),
        "azure", "azure.connection_dpd", "hq-aws-1-1", "45", "99",
    ),
    (
        lambda azure, _aws: named(azure, "route_tables", "hq-app-rt").update(disableBgpRoutePropagation=True),
        "azure", "azure.route_table", "hq-app-rt, BGP propagation", "yes", "no",
    ),
    (
        lambda azure, _aws: named(azure, "local_gateways", "hq-aws-1-2").update(gatewayIpAddress="192.0.2.99"),
        "both", "outside.azure", "", OUTSIDE["169.254.22.0/30"], "192.0.2.99",
    ),
    (
        lambda azure, _aws: app_subnet(azure).pop("networkSecurityGroup"),
        "azure", "azure.subnet_filters", "subnet app", "hq-app-nsg", "none",
    ),
    (
        lambda azure, _aws: azure["gateway"]["tags"].update({"s2s_vpn:link": "other"}),
        "azure", "tags", "hq-vng", "s2s_vpn:link=hq", "s2s_vpn:link=other",
    ),
    (
        lambda azure, _aws: azure["fingerprints"].update({"hq-aws-2-1": "sha256:ffffffffffff"}),
        "both", "keys.equal", "", "", "",
    ),
    (
        lambda _azure, aws: app_table(aws).update(PropagatingVgws=[]),
        "aws", "propagation", "hq-app-rt", "propagates from hq-vgw", "it does not",
    ),
    (
        lambda _azure, aws: aws["security_groups"][1].update(IpPermissions=[]),
        "aws", "aws.security_group", "hq-app-sg", "all from 10.1.1.0/24", "none",
    ),
    (
        lambda _azure, aws: tunnel(aws).update(DpdTimeoutSeconds=30),
        "aws", "aws.tunnel_options", "", "dpd_timeout_seconds 45", "dpd_timeout_seconds 30",
    ),
    (
        lambda _azure, aws: aws["vpn_connections"].pop(),
        "aws", "aws.connections", "VPN connection hq-2", "", "missing",
    ),
    (
        lambda _azure, aws: aws["vpcs"][0].update(Tags=readings.ec2.tag_list(
            {"Name": "hq-vpc", "s2s_vpn:id": "planned:owner", "s2s_vpn:link": "hq", "team": "b"})),
        "aws", "tags", "hq-vpc", "team=a", "team=b",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "cloud", "check", "resource", "expected", "found"), DIFFERENCES)
def test_a_change_by_hand_is_named(
    change: Change, cloud: str, check: str, resource: str, expected: str, found: str
) -> None:
    seen = drifted(change, tags={"team": "a"})
    mine = [
        one
        for one in seen.differences
        if (one.cloud, one.check) == (cloud, check)
        and resource in one.resource
        and expected in one.expected
        and found in one.found
    ]
    assert mine, seen.differences
    assert all(one.remedy for one in seen.differences)
    assert [cell for row in drift.rows(seen)[1:] for cell in row if mine[0].found == cell]


UNMANAGED: list[tuple[Change, drift.Unmanaged]] = [
    (
        lambda azure, _aws: app_subnet(azure).update(ipConfigurations=[{"id": NIC}]),
        drift.Unmanaged("azure", "network interface", "vm1-nic", "subnet app"),
    ),
    (
        lambda azure, _aws: named(azure, "security_groups", "hq-app-nsg")["securityRules"].append(
            readings.nsg_rule("office", 200, "192.0.2.0/24")
        ),
        drift.Unmanaged("azure", "rule", "office", "hq-app-nsg"),
    ),
    (
        lambda azure, _aws: named(azure, "route_tables", "hq-app-rt")["routes"].append(
            {"name": "office", "properties": {"addressPrefix": "192.0.2.0/24", "nextHopType": "Internet"}}
        ),
        drift.Unmanaged("azure", "route", "office", "hq-app-rt"),
    ),
    (
        lambda azure, _aws: azure["virtual_network"]["properties"]["subnets"].append(
            {"name": "theirs", "id": "/x/subnets/theirs", "properties": {"addressPrefix": "10.1.9.0/24"}}
        ),
        drift.Unmanaged("azure", "subnet", "theirs", "hq-vnet"),
    ),
    (
        lambda azure, _aws: azure["virtual_network"]["properties"]["virtualNetworkPeerings"].append(
            {"name": "hub", "properties": {}}
        ),
        drift.Unmanaged("azure", "peering", "hub", "hq-vnet"),
    ),
    (
        lambda azure, _aws: azure["connections"].append(
            copy.deepcopy(azure["connections"][0]) | {"name": "office", "id": "/x/connections/office"}
        ),
        drift.Unmanaged("azure", "connection", "office", "hq-vng"),
    ),
    (
        lambda _azure, aws: app_table(aws)["Routes"].append(readings._route("192.0.2.0/24", "igw-1", "CreateRoute")),
        drift.Unmanaged("aws", "route", "192.0.2.0/24", "hq-app-rt"),
    ),
    (
        lambda _azure, aws: aws["subnets"].append({"SubnetId": "subnet-9", "CidrBlock": "10.2.9.0/24"}),
        drift.Unmanaged("aws", "subnet", "subnet-9", "hq-vpc"),
    ),
    (
        lambda _azure, aws: aws["security_groups"].append(
            {"GroupId": "sg-9", "GroupName": "web", "Tags": [{"Key": "Name", "Value": "web"}]}
        ),
        drift.Unmanaged("aws", "security group", "web", "hq-vpc"),
    ),
    (
        lambda _azure, aws: aws["vpn_connections"].append({"VpnConnectionId": "vpn-9", "State": "available"}),
        drift.Unmanaged("aws", "VPN connection", "vpn-9", "hq-vgw"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "thing"), UNMANAGED)
def test_what_is_nobodys_plan_is_listed_apart(change: Change, thing: drift.Unmanaged) -> None:
    seen = drifted(change)
    assert seen.differences == []
    assert seen.unmanaged == [thing]
    assert thing.name in drift.unmanaged_rows(seen)[1]


def test_in_adopted_networks_other_things_are_at_home() -> None:
    azure, aws, plan = built(adopt=["hq-vnet", "hq-vpc", "hq-vng", "hq-vgw"])
    for change, _thing in UNMANAGED:
        change(azure, aws)
    kinds = {(one.cloud, one.kind) for one in drift.drift_of(azure, aws, plan).unmanaged}
    assert kinds == {("azure", "network interface"), ("azure", "rule"), ("azure", "route"), ("aws", "route")}


def test_what_could_not_be_read_is_said_and_is_no_drift() -> None:
    azure, aws, plan = built()
    azure["security_groups"] = []
    azure["unread"] = [{"what": "security groups", "why": "AuthorizationFailed", "permission": "Microsoft.Network/x"}]
    seen = drift.drift_of(azure, aws, plan)
    assert seen.differences == []
    assert any("AuthorizationFailed" in line for line in seen.unread)
    assert not seen.complete


def test_keys_in_a_store_of_secrets_cannot_be_compared_and_are_no_obstacle() -> None:
    azure, aws, plan = built()
    assert drift.drift_of(azure, aws, plan).complete
    aws["fingerprints"] = dict.fromkeys(aws["fingerprints"])
    seen = drift.drift_of(azure, aws, plan)
    assert (seen.complete, seen.differences) == (True, [])
    assert seen.unread


@pytest.mark.parametrize("silent", ["azure", "aws"])
def test_a_silent_cloud_leaves_the_other(silent: str) -> None:
    azure, aws, plan = built()
    named(azure, "connections", "hq-aws-1-1").update(dpdTimeoutSeconds=99)
    app_table(aws).update(PropagatingVgws=[])
    seen = drift.drift_of(None if silent == "azure" else azure, None if silent == "aws" else aws, plan)
    assert {one.cloud for one in seen.differences if not one.check.endswith(".answer")} == {
        "aws" if silent == "azure" else "azure"
    }
