"""VPCs up to the quota, and their further ranges, but for those that AWS refuses."""

from __future__ import annotations

import pytest


def ranges(aws, vpc):
    [found] = aws.client().describe_vpcs(VpcIds=[vpc])["Vpcs"]
    return {
        one["CidrBlock"]: one["AssociationId"]
        for one in found["CidrBlockAssociationSet"]
        if one["CidrBlockState"]["State"] == "associated"
    }


def local_routes(aws, vpc):
    [table] = aws.client().describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    return {route["DestinationCidrBlock"] for route in table["Routes"] if route["GatewayId"] == "local"}


def test_a_region_has_five_vpcs_with_the_default_one(aws):
    there = len(aws.client().describe_vpcs()["Vpcs"])
    made = [aws.vpc() for _more in range(5 - there)]
    said = "The maximum number of VPCs has been reached."
    assert aws.refused("create_vpc", CidrBlock="10.9.0.0/16") == ("VpcLimitExceeded", said)
    aws.client().delete_vpc(VpcId=made[0])
    aws.client().create_vpc(CidrBlock="10.9.0.0/16")


def test_a_range_comes_and_goes(aws):
    vpc = aws.vpc()
    aws.client().associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.4.0.0/16")
    assert set(ranges(aws, vpc)) == local_routes(aws, vpc) == {"10.2.0.0/16", "10.4.0.0/16"}
    aws.client().disassociate_vpc_cidr_block(AssociationId=ranges(aws, vpc)["10.4.0.0/16"])
    assert set(ranges(aws, vpc)) == local_routes(aws, vpc) == {"10.2.0.0/16"}


def test_a_range_with_a_subnet_stays(aws):
    vpc = aws.vpc()
    aws.client().associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.4.0.0/16")
    aws.client().create_subnet(VpcId=vpc, CidrBlock="10.4.1.0/24")
    asked = {"AssociationId": ranges(aws, vpc)["10.4.0.0/16"]}
    said = f"The vpc {vpc} currently has a subnet within CIDR block 10.4.0.0/16"
    assert aws.refused("disassociate_vpc_cidr_block", **asked) == ("InvalidCidrBlock.InUse", said)


def test_the_first_range_stays(aws):
    vpc = aws.vpc()
    [association] = ranges(aws, vpc).values()
    assert "primary" in aws.refused("disassociate_vpc_cidr_block", AssociationId=association)[1]


@pytest.mark.parametrize(
    ("first", "more", "refused"),
    [
        ("10.2.0.0/16", "10.4.0.0/15", True),
        ("10.2.0.0/16", "10.4.0.0/29", True),
        ("10.2.0.0/16", "10.2.8.0/24", True),
        ("10.2.0.0/16", "192.168.0.0/16", True),
        ("10.2.0.0/16", "198.19.0.0/24", True),
        ("10.1.0.0/16", "10.0.0.0/24", True),
        ("10.2.0.0/16", "10.0.0.0/24", False),
        ("10.2.0.0/16", "100.64.0.0/16", False),
        ("10.2.0.0/16", "203.0.113.0/24", False),
        ("172.16.0.0/16", "172.31.0.0/20", True),
        ("172.16.0.0/16", "172.30.0.0/16", False),
        ("100.64.0.0/16", "10.0.0.0/16", True),
        ("198.19.0.0/20", "198.19.16.0/20", False),
    ],
)
def test_what_goes_beside_the_first_range(aws, first, more, refused):
    vpc = aws.vpc(first)
    if refused:
        assert aws.refused("associate_vpc_cidr_block", VpcId=vpc, CidrBlock=more)[0] == "InvalidVpc.Range"
    else:
        aws.client().associate_vpc_cidr_block(VpcId=vpc, CidrBlock=more)
    assert set(ranges(aws, vpc)) == {first} | (set() if refused else {more})


def test_five_at_most(aws):
    vpc = aws.vpc()
    for number in range(4):
        aws.client().associate_vpc_cidr_block(VpcId=vpc, CidrBlock=f"10.{4 + number}.0.0/16")
    assert aws.refused("associate_vpc_cidr_block", VpcId=vpc, CidrBlock="10.9.0.0/16")[0] == "CidrLimitExceeded"


def test_nothing_is_made_in_a_vpc_that_is_gone(aws):
    client, vpc, other = aws.client(), aws.vpc(), aws.vpc("10.9.0.0/16")
    table = client.create_route_table(VpcId=other)["RouteTable"]["RouteTableId"]
    gone = client.create_subnet(VpcId=vpc, CidrBlock="10.2.1.0/24")["Subnet"]["SubnetId"]
    client.delete_subnet(SubnetId=gone)
    client.delete_vpc(VpcId=vpc)
    of_vpc = {
        "create_subnet": {"CidrBlock": "10.2.1.0/24"},
        "create_route_table": {},
        "create_security_group": {"GroupName": "g", "Description": "g"},
        "attach_vpn_gateway": {"VpnGatewayId": aws.vgw()},
    }
    for action, params in of_vpc.items():
        assert aws.refused(action, VpcId=vpc, **params)[0] == "InvalidVpcID.NotFound", action
    refused = aws.refused("associate_route_table", RouteTableId=table, SubnetId=gone)
    assert refused[0] == "InvalidSubnetID.NotFound"
    left = client.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    assert left == []
