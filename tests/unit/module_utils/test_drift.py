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


def test_logs_of_the_tunnels_are_compared() -> None:
    azure, aws, plan = built(aws_tunnel_log_days=30)
    assert drift.drift_of(azure, aws, plan).differences == []
    tunnel(aws)["LogOptions"]["CloudWatchLogOptions"]["LogEnabled"] = False
    (found,) = drift.drift_of(azure, aws, plan).differences
    assert (found.check, found.expected, found.found) == (
        "aws.tunnel_options", "log_options.enabled yes", "log_options.enabled no",
    )  # fmt: skip


def test_a_tunnel_that_is_down_is_no_drift() -> None:
    azure, aws, plan = built()
    readings.down(azure, aws, plan, "1-1")
    assert drift.drift_of(azure, aws, plan).differences == []


def test_an_address_that_another_link_has_left_on_the_gateway_is_no_drift() -> None:
    """site.yml leaves it too."""
    azure, aws, plan = built()
    for one in azure["gateway"]["properties"]["bgpSettings"]["bgpPeeringAddresses"]:
        one["customBgpIpAddresses"].append("169.254.21.10")
    assert drift.drift_of(azure, aws, plan) == drift.Drift([], [], [])


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
        lambda _azure, aws: aws.update(network_interfaces=[
            {"NetworkInterfaceId": "eni-8", "SubnetId": "subnet-of-somebody"},
            {"NetworkInterfaceId": "eni-9", "SubnetId": readings.SUBNET, "TagSet": [{"Key": "Name", "Value": "vm1"}]},
        ]),
        drift.Unmanaged("aws", "network interface", "vm1", "subnet hq-app"),
    ),
    (
        lambda _azure, aws: aws.update(internet_gateways=[{"InternetGatewayId": "igw-9"}]),
        drift.Unmanaged("aws", "internet gateway", "igw-9", "hq-vpc"),
    ),
    (
        lambda _azure, aws: aws.update(vpc_peering_connections=[{"VpcPeeringConnectionId": "pcx-9"}]),
        drift.Unmanaged("aws", "peering", "pcx-9", "hq-vpc"),
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
    assert kinds == {
        *((cloud, kind) for cloud in ("azure", "aws") for kind in ("network interface", "route")),
        ("azure", "rule"),
    }


def test_what_is_only_listed_and_could_not_be_read_is_said() -> None:
    azure, aws, plan = built()
    aws["unread"] = [{"what": "network interfaces", "why": "UnauthorizedOperation", "permission": "ec2:DescribeX"}]
    seen = drift.drift_of(azure, aws, plan)
    assert (seen.differences, seen.complete) == ([], True)
    assert seen.unread == ["network interfaces: UnauthorizedOperation ec2:DescribeX"]


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


def own_keys(azure: Json, aws: Json, plan: Json) -> dict[str, str]:
    """Fingerprints of the user's own keys, which both ends have."""
    return {one["inside_cidr"]: aws["fingerprints"][OUTSIDE[one["inside_cidr"]]] for one in plan["tunnels"]}


def test_own_keys_that_both_ends_have_are_no_drift() -> None:
    azure, aws, plan = built()
    assert drift.drift_of(azure, aws, plan, own_keys(azure, aws, plan)).differences == []


def test_own_keys_are_compared_with_each_end() -> None:
    """Both ends agree with each other, and neither has the key that was given."""
    azure, aws, plan = built()
    given = own_keys(azure, aws, plan) | {"169.254.21.0/30": "sha256:ffffffffffff"}
    seen = drift.drift_of(azure, aws, plan, given).differences
    assert [(one.cloud, one.resource, one.check, one.tunnel) for one in seen] == [
        ("azure", "hq-aws-1-1", "keys.given", "1-1"),
        ("aws", "hq-1", "keys.given", "1-1"),
    ]
    assert all("rotate_keys.yml" in one.remedy for one in seen)
    assert "sha256" not in str(seen)


def test_an_end_whose_key_cannot_be_read_is_not_accused() -> None:
    azure, aws, plan = built()
    aws["fingerprints"] = {}
    seen = drift.drift_of(azure, aws, plan, {"169.254.21.0/30": "sha256:ffffffffffff"})
    assert [one.cloud for one in seen.differences] == ["azure"]
    assert any("a key cannot be read" in line for line in seen.unread)


def answer(kind: str, *standing: str, before: Json | None = None, after: Json | None = None) -> Json:
    """What a module of monitor.yml says in check mode: alarms as they should be, and what would change."""
    changed = {name: {"name": name, "changed": True} for name in after or {}}
    told = [*({"name": name, "changed": False} for name in standing), *changed.values()]
    return {kind: told, "diff": {"before": before or {}, "after": after or {}}} if changed or before else {kind: told}


WISH = {"Threshold": 1.0, "Dimensions": [{"Name": "VpnId", "Value": "vpn-1"}], "tags": {"s2s_vpn:link": "hq"}}
GONE = {"hq-tunnel-1-1-down": {}}
WATCHED: list[tuple[dict[str, Json], list[tuple[str, str, str, str]]]] = [
    ({}, []),
    # nobody has run monitor.yml
    (
        {
            "aws_link_alarms": answer("alarms", before=GONE, after={"hq-tunnel-1-1-down": WISH}),
            "azure_link_alarms": answer("alerts", before={"hq-bandwidth": {}}, after={"hq-bandwidth": WISH}),
        },
        [],
    ),
    ({"aws_link_alarms": answer("alarms", "a"), "azure_link_alarms": answer("alerts", "b")}, []),
    # all of AWS's are gone, and Azure's stand
    (
        {
            "aws_link_alarms": answer("alarms", before=GONE, after={"hq-tunnel-1-1-down": WISH}),
            "azure_link_alarms": answer("alerts", "hq-bandwidth"),
        },
        [("aws", "hq-tunnel-1-1-down", "there", "missing")],
    ),
    (
        {
            "aws_link_alarms": answer(
                "alarms",
                before={
                    "a": WISH | {"Threshold": 0.5},
                    "b": WISH | {"Dimensions": [{"Name": "VpnId", "Value": "vpn-2"}]},
                    "c": "there",
                },
                after={"a": WISH, "b": WISH},
            )
        },
        [
            ("aws", "a", "Threshold 1.0", "Threshold 0.5"),
            ("aws", "b", "Value vpn-1", "Value vpn-2"),
            ("aws", "c", "none", "there"),
        ],
    ),
    (
        {
            "azure_link_alarms": answer(
                "alerts",
                before={"x": {"properties": {"enabled": False, "severity": 1, "more": 2}}},
                after={"x": {"properties": {"enabled": True, "severity": 1}}},
            )
        },
        [("azure", "x", "enabled True", "enabled False")],
    ),
    # logs of tunnels are made with the link, watched or not
    (
        {"aws_tunnel_log_group": {"diff": {"before": {}, "after": {"name": "/hq", "retention_days": 30}}}},
        [("aws", "/hq", "there", "missing")],
    ),
    (
        {
            "aws_tunnel_log_group": {
                "diff": {
                    "before": {"name": "/hq", "retention_days": 7, "tags": {"a": "b"}},
                    "after": {"name": "/hq", "retention_days": 30, "tags": {"a": "b"}},
                }
            }
        },
        [("aws", "/hq", "retention_days 30", "retention_days 7")],
    ),
]


@pytest.mark.parametrize(("watching", "wanted"), WATCHED)
def test_what_watches_the_link(watching: dict[str, Json], wanted: list[tuple[str, str, str, str]]) -> None:
    seen = drift.drift_of(*built(), watching=watching)
    assert [(one.cloud, one.resource, one.expected, one.found) for one in seen.differences] == wanted
    assert {one.remedy for one in seen.differences} <= {"Run monitor.yml again."}
    assert seen.complete


def test_alarms_that_could_not_be_read_leave_the_comparison_incomplete() -> None:
    watching = {"aws_link_alarms": {"failed": True, "msg": "AccessDenied: cloudwatch:DescribeAlarms"}}
    seen = drift.drift_of(*built(), watching=watching)
    assert (seen.differences, seen.complete) == ([], False)
    assert seen.unread == ["AWS's alarms: AccessDenied: cloudwatch:DescribeAlarms"]
