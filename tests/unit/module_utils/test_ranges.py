"""What of a standing network's ranges may become the plan's, and what is refused before the first change."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.ranges import (
    aws_problems,
    azure_problems,
    beyond,
    vpc_ranges,
)

from tests.unit.module_utils.samples import planned

Json = dict[str, Any]
OWNER = "3f2a9c0d1e4b"
OURS = {"s2s_vpn:link": "hq", "s2s_vpn:id": OWNER}
MORE_AZURE, MORE_AWS = {"azure_more_cidrs": ["10.3.0.0/16"]}, {"aws_more_cidrs": ["10.4.0.0/16"]}
HUB = {"adopt": ["hub"], "aws_vpc_name": "hub"}
ANEW = "or destroy the link and build it anew"


def subnet(name: str, cidr: str, *users: str) -> Json:
    used = [{"id": one} for one in users]
    return {"name": name, "properties": {"addressPrefix": cidr, **({"ipConfigurations": used} if used else {})}}


APP, GATEWAY = subnet("app", "10.1.1.0/24"), subnet("GatewaySubnet", "10.1.255.0/27", "/gateway")


def vnet(*ranges: str, subnets: tuple[Json, ...] = (APP, GATEWAY), tags: Json | None = None) -> Json:
    properties = {"addressSpace": {"addressPrefixes": list(ranges)}, "subnets": list(subnets)}
    return {"properties": properties, "tags": OURS if tags is None else tags}


def in_azure(there: Json | None, **changes: Any) -> list[str]:
    return list(azure_problems(planned(**changes), there, OWNER))


@pytest.mark.parametrize(
    ("there", "changes"),
    [
        (None, {}),
        (vnet("10.1.0.0/16"), {}),
        (vnet("10.1.0.0/16"), MORE_AZURE),
        (vnet("10.1.0.0/16", "10.3.0.0/16"), {}),
        (vnet("10.1.0.0/16", "10.3.0.0/16", "2001:db8::/48", subnets=(subnet("six", "2001:db8::/64"),)), MORE_AZURE),
        # no range is lost where it grows, and what nobody uses moves
        (vnet("10.1.128.0/17", subnets=(GATEWAY,)), {}),
        (vnet("10.1.0.0/16", subnets=(subnet("app", "10.1.9.0/24"), GATEWAY)), {}),
        (vnet("10.1.0.0/16", subnets=()), {"azure_vnet_cidr": "10.9.0.0/16"}),
        (vnet("10.1.0.0/16", tags={}), {"azure_vnet_cidr": "10.9.0.0/16"}),  # told of as somebody's own
        (vnet("10.9.0.0/16", "10.1.0.0/16", tags={}), {"adopt": ["HQ-vnet"]}),
    ],
)
def test_what_azure_can_do_is_not_stopped(there: Json | None, changes: Json) -> None:
    assert in_azure(there, **changes) == []


@pytest.mark.parametrize(
    ("there", "changes", "says"),
    [
        (
            vnet("10.1.0.0/16"),
            {"azure_vnet_cidr": "10.9.0.0/16"},
            "s2s_vpn_azure_vnet_cidr = 10.9.0.0/16: VNet hq-vnet has 10.1.0.0/16 with app (10.1.1.0/24) and"
            " GatewaySubnet (10.1.255.0/27), and Azure takes no range away that subnets lie in: write"
            f" s2s_vpn_azure_vnet_cidr: 10.1.0.0/16, and 10.9.0.0/16 into s2s_vpn_azure_more_cidrs, {ANEW}",
        ),
        (
            vnet("10.1.0.0/16", "10.3.0.0/16", "10.5.0.0/16", subnets=(GATEWAY, subnet("db", "10.5.1.0/24"))),
            MORE_AZURE,
            "s2s_vpn_azure_more_cidrs = [10.3.0.0/16]: that takes 10.5.0.0/16 from VNet hq-vnet, where db (10.5.1.0/24)"
            " lies in it: delete what lies there first, or write 10.5.0.0/16 into s2s_vpn_azure_more_cidrs again",
        ),
        (
            vnet("10.1.0.0/16", subnets=(subnet("App", "10.1.1.0/24", "/nic"), GATEWAY)),
            {"azure_app_subnet_cidr": "10.1.9.0/24"},
            "s2s_vpn_azure_app_subnet_cidr = 10.1.9.0/24: subnet App has 10.1.1.0/24, and Azure changes no range in"
            " use: write s2s_vpn_azure_app_subnet_cidr: 10.1.1.0/24, or empty the subnet first",
        ),
        (
            vnet("10.1.0.0/16"),
            {"azure_gateway_subnet_cidr": "10.1.0.0/27"},
            "s2s_vpn_azure_gateway_subnet_cidr = 10.1.0.0/27: subnet GatewaySubnet has 10.1.255.0/27, and Azure changes"
            f" no range in use: write s2s_vpn_azure_gateway_subnet_cidr: 10.1.255.0/27, {ANEW}",
        ),
        (
            vnet("10.1.0.0/16", tags={}),
            {**MORE_AZURE, "adopt": ["hq-vnet"]},
            "s2s_vpn_azure_more_cidrs = 10.3.0.0/16: the adopted VNet hq-vnet has 10.1.0.0/16, and what is adopted is"
            " not changed: add it there first, or leave it out",
        ),
        (
            vnet("10.1.0.0/16", tags={"s2s_vpn:link": "hub", "s2s_vpn:id": "another"}),
            {**MORE_AZURE, "adopt": ["hq-vnet"]},
            "s2s_vpn_azure_more_cidrs = 10.3.0.0/16: the adopted VNet hq-vnet has 10.1.0.0/16, and what is adopted is"
            " not changed: have link hub, which it belongs to, add it first, or leave it out",
        ),
        (
            vnet("10.1.0.0/16", subnets=(subnet("GatewaySubnet", "10.1.0.0/27"),), tags={}),
            {"adopt": ["hq-vnet"]},
            "s2s_vpn_azure_gateway_subnet_cidr = 10.1.255.0/27: subnet GatewaySubnet has 10.1.0.0/27, and what is"
            " adopted is not changed: write s2s_vpn_azure_gateway_subnet_cidr: 10.1.0.0/27",
        ),
    ],
)
def test_what_azure_would_refuse_is_told(there: Json, changes: Json, says: str) -> None:
    assert in_azure(there, **changes) == [says]


def test_a_link_has_one_vnet() -> None:
    said = (
        "s2s_vpn_azure_vnet_name = hq-vnet: the link's VNet old would stay, beside a new one: write"
        f" s2s_vpn_azure_vnet_name: old, {ANEW}"
    )
    assert list(azure_problems(planned(), None, OWNER, ["old"])) == [said]
    assert list(azure_problems(planned(), vnet("10.1.0.0/16"), OWNER, ["hq-vnet"])) == []


def tagged(name: str, tags: Json) -> list[Json]:
    return [{"Key": key, "Value": value} for key, value in {"Name": name, **tags}.items()]


def vpc(*ranges: str, name: str = "hq-vpc", tags: Json | None = None, identifier: str = "vpc-1") -> Json:
    sets = [{"CidrBlock": one, "CidrBlockState": {"State": "associated"}} for one in ranges]
    own = tagged(name, OURS if tags is None else tags)
    return {"VpcId": identifier, "CidrBlock": ranges[0], "CidrBlockAssociationSet": sets, "Tags": own}


def aws_subnet(name: str, cidr: str, tags: Json, of: str = "vpc-1") -> Json:
    return {"SubnetId": f"subnet-{name}", "VpcId": of, "CidrBlock": cidr, "Tags": tagged(name, tags)}


OUR_APP = aws_subnet("hq-app", "10.2.1.0/24", OURS)


def in_aws(there: Json | list[Json], *subnets: Json, **changes: Any) -> list[str]:
    vpcs = there if isinstance(there, list) else [there]
    return list(aws_problems(planned(**changes), vpcs, subnets, OWNER))


@pytest.mark.parametrize(
    ("there", "subnets", "changes"),
    [
        ([], [], {}),
        (vpc("10.2.0.0/16"), [OUR_APP], MORE_AWS),
        (vpc("10.2.0.0/16", "10.4.0.0/16"), [OUR_APP], {}),
        (vpc("10.2.0.0/16", "10.4.0.0/16"), [aws_subnet("db", "10.4.1.0/24", {}, "vpc-2")], {}),
        (vpc("10.9.0.0/16", tags={}), [], {}),  # told of as somebody's own
        ([vpc("10.9.0.0/16", tags={}), vpc("10.2.0.0/16", identifier="vpc-2")], [], {}),
        ([vpc("10.9.0.0/16", name="old"), vpc("10.2.0.0/16", identifier="vpc-2")], [], {}),
        (vpc("10.2.0.0/16", "10.8.0.0/16", tags={}), [], {"adopt": ["hq-vpc"]}),
        ([vpc("10.9.0.0/16", identifier="vpc-2"), vpc("10.2.0.0/16", name="hub", tags={})], [], HUB),  # moved to it
        (vpc("10.2.0.0/16", *(f"10.{number}.0.0/16" for number in range(4, 8))), [], {}),
    ],
)
def test_what_aws_can_do_is_not_stopped(there: Any, subnets: list[Json], changes: Json) -> None:
    assert in_aws(there, *subnets, **changes) == []


FULL = ["10.4.0.0/16", "10.5.0.0/16", "10.6.0.0/16", "10.7.0.0/16"]


@pytest.mark.parametrize(
    ("there", "subnets", "changes", "says"),
    [
        (
            vpc("10.9.0.0/16"),
            [],
            {},
            "s2s_vpn_aws_vpc_cidr = 10.2.0.0/16: the link's VPC hq-vpc (vpc-1) was made with 10.9.0.0/16, which AWS"
            " never changes: write s2s_vpn_aws_vpc_cidr: 10.9.0.0/16, and 10.2.0.0/16 into s2s_vpn_aws_more_cidrs,"
            f" {ANEW}",
        ),
        (
            vpc("10.9.0.0/16", name="old"),
            [],
            {},
            "s2s_vpn_aws_vpc_cidr = 10.2.0.0/16: the link's VPC old (vpc-1) was made with 10.9.0.0/16, which AWS"
            " never changes: write s2s_vpn_aws_vpc_cidr: 10.9.0.0/16, and 10.2.0.0/16 into s2s_vpn_aws_more_cidrs,"
            f" {ANEW}",
        ),
        (
            vpc("10.2.0.0/16", name="old"),
            [],
            {},
            "s2s_vpn_aws_vpc_name = hq-vpc: the link's VPC old (vpc-1) would stay, beside a new one: write"
            f" s2s_vpn_aws_vpc_name: old, {ANEW}",
        ),
        (
            vpc("10.2.0.0/16", name=""),
            [],
            {},
            "s2s_vpn_aws_vpc_name = hq-vpc: the link's VPC vpc-1 would stay, beside a new one: tag it Name = hq-vpc",
        ),
        (
            vpc("10.2.0.0/16", "10.4.0.0/16", "10.5.0.0/16"),
            [OUR_APP, aws_subnet("db", "10.5.1.0/24", {})],
            MORE_AWS,
            "s2s_vpn_aws_more_cidrs = [10.4.0.0/16]: that takes 10.5.0.0/16 from VPC hq-vpc (vpc-1), where db"
            " (subnet-db) lies in it: delete what lies there first, or write 10.5.0.0/16 into s2s_vpn_aws_more_cidrs"
            " again",
        ),
        (
            vpc("10.2.0.0/16", *FULL),
            [OUR_APP],
            {"aws_more_cidrs": ["10.8.0.0/16", *FULL[1:]]},
            "s2s_vpn_aws_more_cidrs = [10.8.0.0/16, 10.5.0.0/16, 10.6.0.0/16, 10.7.0.0/16]: VPC hq-vpc (vpc-1) has"
            " 10.2.0.0/16, 10.4.0.0/16, 10.5.0.0/16, 10.6.0.0/16 and 10.7.0.0/16, and AWS's quota is 5 a VPC until"
            " 10.4.0.0/16 is gone: take that away in one run, and add 10.8.0.0/16 in the next",
        ),
        (
            vpc("10.2.0.0/16", "10.4.0.0/24"),
            [OUR_APP],
            MORE_AWS,
            "s2s_vpn_aws_more_cidrs = [10.4.0.0/16]: VPC hq-vpc (vpc-1) has 10.2.0.0/16 and 10.4.0.0/24, and"
            " 10.4.0.0/16 overlaps one of them until 10.4.0.0/24 is gone: take that away in one run, and add"
            " 10.4.0.0/16 in the next",
        ),
        (
            vpc("10.2.0.0/16"),
            [OUR_APP],
            {"aws_app_subnet_cidr": "10.2.9.0/24"},
            "s2s_vpn_aws_app_subnet_cidr = 10.2.9.0/24: subnet hq-app (subnet-hq-app) has 10.2.1.0/24, and AWS changes"
            " no subnet's range: write s2s_vpn_aws_app_subnet_cidr: 10.2.1.0/24, or delete the subnet first",
        ),
        (
            [vpc("10.2.0.0/16", name="hub", tags={}), vpc("10.2.0.0/16", name="hub", tags={}, identifier="vpc-2")],
            [],
            HUB,
            "s2s_vpn_aws_vpc_name = hub: vpc-1 and vpc-2 in eu-central-1 are of that name and range: tag the one to be"
            " adopted with another Name, and write that",
        ),
        (
            vpc("10.9.0.0/16", tags={}),
            [],
            {"adopt": ["hq-vpc"]},
            "s2s_vpn_aws_vpc_cidr = 10.2.0.0/16: the adopted VPC hq-vpc (vpc-1) was made with 10.9.0.0/16: write"
            " s2s_vpn_aws_vpc_cidr: 10.9.0.0/16",
        ),
        (
            vpc("10.2.0.0/16", tags={}),
            [],
            {**MORE_AWS, "adopt": ["hq-vpc"]},
            "s2s_vpn_aws_more_cidrs = 10.4.0.0/16: the adopted VPC hq-vpc (vpc-1) has 10.2.0.0/16, and what is adopted"
            " is not changed: add it there first, or leave it out",
        ),
    ],
)
def test_what_aws_would_refuse_is_told(there: Any, subnets: list[Json], changes: Json, says: str) -> None:
    assert in_aws(there, *subnets, **changes) == [says]


def test_a_range_that_goes_counts_no_more() -> None:
    there = vpc("10.2.0.0/16", "10.4.0.0/16", "10.5.0.0/16")
    there["CidrBlockAssociationSet"][1]["CidrBlockState"]["State"] = "disassociating"
    assert vpc_ranges(there) == ["10.2.0.0/16", "10.5.0.0/16"]
    assert beyond(planned(), there) == {"10.5.0.0/16"}
    assert beyond(planned(aws_more_cidrs=["10.5.0.0/16"]), there) == set()
