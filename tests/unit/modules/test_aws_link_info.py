"""aws_link_info: all of AWS's side, whoever made it, and no key."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import keys
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws, aws_secrets
from ansible_collections.hybrid.s2s_vpn.plugins.modules import aws_link_info as module
from fake_ec2 import KEYS, FakeEc2, refusal
from test_aws_modules import OWNER, tag_list, vpn

SALT = "some salt"


def run(ec2: FakeEc2, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    params = {**dict.fromkeys(module.ARGUMENTS), "fingerprint_salt": SALT, **given}
    result = module.inform(ec2, params, check_mode, aws_secrets.WithSecrets(ec2, lambda: ec2).with_keys)
    assert not result["changed"]
    return result["reading"]


@pytest.fixture
def ec2() -> FakeEc2:
    """A link on a virtual private gateway, and another one of somebody else."""
    ec2 = FakeEc2()
    for vpc, name in (("vpc-1", "hq-vgw"), ("vpc-2", "somebody-elses")):
        tags = [{"ResourceType": "vpn-gateway", "Tags": tag_list({"Name": name})}]
        gateway = ec2.do_create_vpn_gateway(AmazonSideAsn=64512, TagSpecifications=tags)["VpnGateway"]
        ec2.do_attach_vpn_gateway(gateway["VpnGatewayId"], vpc)
        customer = ec2.do_create_customer_gateway(IpAddress="192.0.2.10", BgpAsn=65515)["CustomerGateway"]
        made = {"customer_gateway_id": customer["CustomerGatewayId"], "vpn_gateway_id": gateway["VpnGatewayId"]}
        vpn(ec2, name=f"{name}-1", **made)
        ec2.tables[f"rtb-{vpc}"] = {"RouteTableId": f"rtb-{vpc}", "VpcId": vpc, "PropagatingVgws": [], "Routes": []}
        for member, own in (
            ("Vpcs", vpc),
            ("Subnets", "subnet-1"),
            ("SecurityGroups", "sg-1"),
            ("NetworkAcls", "acl-1"),
        ):
            ec2.others.setdefault(member, []).append({"id": own, "VpcId": vpc})
    ec2.vpns[connection(ec2)]["VgwTelemetry"][0]["LastStatusChange"] = datetime.datetime(
        2026, 1, 2, tzinfo=datetime.UTC
    )
    ec2.calls.clear()
    return ec2


def connection(ec2: FakeEc2) -> str:
    return next(iter(ec2.vpns))


def gateway(ec2: FakeEc2) -> str:
    return next(iter(ec2.vgws))


def test_everything_of_the_link_and_nothing_of_others(ec2: FakeEc2) -> None:
    reading = run(ec2, vpn_gateway_name="hq-vgw")
    assert (reading["cloud"], reading["region"], reading["kind"], reading["asn"]) == (
        "aws",
        "eu-central-1",
        "vgw",
        64512,
    )
    assert (reading["gateway"]["VpnGatewayId"], reading["unread"], reading["transit"]) == (gateway(ec2), [], None)
    assert [one["VpnConnectionId"] for one in reading["vpn_connections"]] == [connection(ec2)]
    assert [one["CustomerGatewayId"] for one in reading["customer_gateways"]] == [next(iter(ec2.cgws))]
    for member in ("vpcs", "subnets", "route_tables", "security_groups", "network_acls"):
        assert {one["VpcId"] for one in reading[member]} == {"vpc-1"}, member
    assert reading["counts"] == {"vgws": 2, "customer_gateways": 2, "vpn_connections": 2}
    assert {one["inside_cidr"] for one in reading["status"]["tunnels"]} == {"169.254.21.0/30", "169.254.22.0/30"}
    assert set(reading["maintenance"]) == {one["outside_address"] for one in reading["status"]["tunnels"]}
    assert reading["calls"] == len(ec2.calls)
    assert "2026-01-02T00:00:00+00:00" in json.dumps(reading["vpn_connections"])


def test_what_only_stands_in_the_vpc_is_read_where_it_is_asked_for(ec2: FakeEc2) -> None:
    assert "network_interfaces" not in (without := run(ec2, vpn_gateway_name="hq-vgw"))
    ends = ({"VpcId": "vpc-1"}, {"VpcId": "vpc-3"})
    peerings = [("pcx-1", *ends, "active"), ("pcx-2", *reversed(ends), "pending-acceptance")]
    peerings += [("pcx-3", *ends, "deleted"), ("pcx-4", {"VpcId": "vpc-2"}, {"VpcId": "vpc-3"}, "active")]
    ec2.others |= {
        "NetworkInterfaces": [{"VpcId": vpc} for vpc in ("vpc-1", "vpc-2")],
        "InternetGateways": [{"Attachments": [{"VpcId": vpc}]} for vpc in ("vpc-1", "vpc-2")],
        "VpcPeeringConnections": [
            {"VpcPeeringConnectionId": own, "RequesterVpcInfo": one, "AccepterVpcInfo": two, "Status": {"Code": code}}
            for own, one, two, code in peerings
        ],
    }
    reading = run(ec2, vpn_gateway_name="hq-vgw", neighbours=True)
    assert reading["network_interfaces"] == [{"VpcId": "vpc-1"}]
    assert reading["internet_gateways"] == [{"Attachments": [{"VpcId": "vpc-1"}]}]
    assert [one["VpcPeeringConnectionId"] for one in reading["vpc_peering_connections"]] == ["pcx-1", "pcx-2"]
    assert reading["calls"] == without["calls"] + 3
    ec2.refuse["describe_vpc_peering_connections"] = refusal("UnauthorizedOperation")
    reading = run(ec2, vpn_gateway_name="hq-vgw", neighbours=True)
    assert [one["permission"] for one in reading["unread"]] == ["ec2:DescribeVpcPeeringConnections"]
    assert (reading["network_interfaces"], reading["vpc_peering_connections"]) == ([{"VpcId": "vpc-1"}], [])
    assert run(ec2, vpn_gateway_name="none", neighbours=True)["network_interfaces"] == []


@pytest.mark.parametrize("by", ["gateway_id", "vpn_connection_ids", "tags"])
def test_by_id_or_tags(ec2: FakeEc2, by: str) -> None:
    ec2.vpns[connection(ec2)]["Tags"] = tag_list({**OWNER, "place": "here"})
    given = {"gateway_id": gateway(ec2), "vpn_connection_ids": [connection(ec2)], "tags": {"place": "here"}}[by]
    assert run(ec2, **{by: given}) == {**(named := run(ec2, vpn_gateway_name="hq-vgw")), "calls": named["calls"]}


@pytest.mark.parametrize("given", [{"vpn_gateway_name": "hq"}, {"gateway_id": "vgw-0"}, {"tags": {"place": "nowhere"}}])
def test_nothing_there(ec2: FakeEc2, given: dict[str, Any]) -> None:
    reading = run(ec2, **given)
    assert (reading["gateway"], reading["vpn_connections"], reading["vpcs"]) == (None, [], [])


def test_a_connection_that_is_not_there(ec2: FakeEc2) -> None:
    with pytest.raises(aws.AwsError, match=r"vpn-0: InvalidVpnConnectionID.NotFound"):
        run(ec2, vpn_connection_ids=[connection(ec2), "vpn-0"])
    assert run(ec2, True, vpn_connection_ids=["planned:hq-1"])["vpn_connections"] == []


def test_keys_are_fingerprints_of_this_run(ec2: FakeEc2) -> None:
    reading = run(ec2, vpn_gateway_name="hq-vgw")
    assert set(reading["fingerprints"].values()) == {keys.fingerprint(key, SALT) for key in KEYS.values()}
    assert run(ec2, vpn_gateway_name="hq-vgw", fingerprint_salt="another")["fingerprints"] != reading["fingerprints"]
    assert set(run(ec2, vpn_gateway_name="hq-vgw", fingerprint_salt=None)["fingerprints"].values()) == {None}
    ec2.vpns[connection(ec2)]["CustomerGatewayConfiguration"] = ""
    assert "invented_key" not in json.dumps(run(ec2, vpn_gateway_name="hq-vgw"))


def test_keys_in_secrets_manager_are_read_of_the_link_only(ec2: FakeEc2) -> None:
    known = run(ec2, vpn_gateway_name="hq-vgw")["fingerprints"]
    ec2.secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:vpn"
    ec2.calls.clear()
    reading = run(ec2, vpn_gateway_name="hq-vgw")
    assert reading["fingerprints"] == known
    assert "invented_key" not in json.dumps(reading)
    assert [name for name, _request in ec2.calls].count("get_secret_value") == 1
    run(ec2, vpn_gateway_name="hq-vgw", fingerprint_salt=None)
    assert [name for name, _request in ec2.calls].count("get_secret_value") == 1, "nobody asked for keys"
    ec2.refuse["get_secret_value"] = refusal("AccessDeniedException")
    assert set(run(ec2, vpn_gateway_name="hq-vgw")["fingerprints"].values()) == {None}


PERMISSIONS = {
    "describe_vpn_connections": ("VPN connections", "DescribeVpnConnections"),
    "describe_customer_gateways": ("customer gateways", "DescribeCustomerGateways"),
    "describe_vpcs": ("VPCs", "DescribeVpcs"),
    "describe_subnets": ("subnets", "DescribeSubnets"),
    "describe_route_tables": ("route tables", "DescribeRouteTables"),
    "describe_security_groups": ("security groups", "DescribeSecurityGroups"),
    "describe_network_acls": ("network ACLs", "DescribeNetworkAcls"),
    "get_vpn_tunnel_replacement_status": ("tunnel replacement status", "GetVpnTunnelReplacementStatus"),
}


@pytest.mark.parametrize("operation", PERMISSIONS)
def test_what_a_permission_forbids_is_told_and_the_rest_is_read(ec2: FakeEc2, operation: str) -> None:
    whole = run(ec2, vpn_gateway_name="hq-vgw")
    text = "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/x"
    ec2.refuse[operation] = refusal("UnauthorizedOperation", text)
    reading = run(ec2, vpn_gateway_name="hq-vgw")
    what, action = PERMISSIONS[operation]
    why = "UnauthorizedOperation: this identity may not read it"
    assert reading["unread"] == [{"what": what, "why": why, "permission": f"ec2:{action}"}]
    others = set(whole) - {"unread", "calls", "counts"}
    assert sum(reading[one] != whole[one] for one in others) <= (5 if operation == "describe_vpn_connections" else 1)


def test_a_connection_that_may_not_be_read_is_not_called_absent(ec2: FakeEc2) -> None:
    ec2.refuse["describe_vpn_connections"] = refusal("UnauthorizedOperation")
    assert run(ec2, vpn_connection_ids=[connection(ec2)])["vpn_connections"] == []


def test_a_gateway_that_may_not_be_read_is_known_by_its_connections(ec2: FakeEc2) -> None:
    ec2.refuse["describe_vpn_gateways"] = refusal("UnauthorizedOperation")
    reading = run(ec2, gateway_id=gateway(ec2))
    assert [one["what"] for one in reading["unread"]] == ["gateway"]
    assert (reading["gateway"], len(reading["vpn_connections"]), reading["vpcs"]) == (None, 1, [])


def test_a_fault_of_aws_is_an_error(ec2: FakeEc2) -> None:
    ec2.refuse["describe_subnets"] = refusal("InvalidParameterValue")
    with pytest.raises(aws.AwsError, match="DescribeSubnets"):
        run(ec2, vpn_gateway_name="hq-vgw")


def test_a_transit_gateway(ec2: FakeEc2) -> None:
    one = ec2.vpns[connection(ec2)]
    one.update(VpnGatewayId="", TransitGatewayId="tgw-1")
    ec2.others["TransitGateways"] = [
        {"TransitGatewayId": "tgw-1", "State": "available", "Options": {"AmazonSideAsn": 64513}}
    ]
    association = {"TransitGatewayRouteTableId": "tgw-rtb-1", "State": "associated"}
    ends = (("vpn", connection(ec2), "tgw-attach-1"), ("vpc", "vpc-1", "tgw-attach-2"))
    ec2.others["TransitGatewayAttachments"] = [
        {
            "TransitGatewayAttachmentId": own,
            "TransitGatewayId": "tgw-1",
            "ResourceType": kind,
            "ResourceId": resource,
            "State": "available",
            "Association": association,
        }
        for kind, resource, own in ends
    ]
    ec2.others["TransitGatewayRouteTables"] = [{"TransitGatewayRouteTableId": "tgw-rtb-1", "TransitGatewayId": "tgw-1"}]
    ec2.others["Propagations"] = [{"ResourceId": connection(ec2), "State": "enabled"}]
    ec2.others["TransitRoutes"] = [
        {
            "DestinationCidrBlock": prefix,
            "TransitGatewayAttachments": [{"ResourceId": resource, "ResourceType": kind}],
            "Type": "propagated",
            "State": "active",
        }
        for prefix, (kind, resource, _own) in zip(("10.1.0.0/16", "10.2.0.0/16"), ends, strict=True)
    ]
    reading = run(ec2, gateway_id="tgw-1")
    assert (reading["kind"], reading["asn"], reading["unread"]) == ("tgw", 64513, [])
    assert {one["VpcId"] for one in reading["route_tables"]} == {"vpc-1"}
    transit = reading["transit"]
    assert [one["ResourceType"] for one in transit["associations"]["tgw-rtb-1"]] == ["vpn", "vpc"]
    assert transit["propagations"] == {"tgw-rtb-1": [{"ResourceId": connection(ec2), "State": "enabled"}]}
    assert len(transit["routes"]["tgw-rtb-1"]) == 2
    assert reading["status"]["learned_routes"] == [
        {
            "prefix": "10.1.0.0/16",
            "next_hop": connection(ec2),
            "source_peer": None,
            "origin": "bgp",
            "as_path": None,
            "instance": None,
        }
    ]
    assert run(ec2, vpn_connection_ids=[connection(ec2)])["transit"] == transit
