from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.fleet import faults_beside, plan_fleet

from tests.unit.module_utils.samples import INPUT


def link(number: int, **changes: Any) -> dict[str, Any]:
    """Link n with ranges and a block of its own."""
    own = {
        "link": f"l{number}",
        "azure_vnet_cidr": f"10.{number}.0.0/16",
        "aws_vpc_cidr": f"172.{16 + number // 16}.{number % 16 * 16}.0/20",
        "inside_cidr_block": number % 32,
    }
    return {**INPUT, **own, **changes}


def on_one_vgw(number: int, **changes: Any) -> dict[str, Any]:
    """Links that share VGW and VPC, which the first one makes."""
    shared = {"aws_vgw_name": "hub", "aws_vpc_name": "hub-vpc", "aws_vpc_cidr": "172.31.0.0/16"}
    own = {"aws_app_subnet_cidr": f"172.31.{number}.0/24", "adopt": ["hub", "hub-vpc"] if number else []}
    return link(number, **{**shared, **own, **changes})


def on_one_azure_gateway(number: int, **changes: Any) -> dict[str, Any]:
    shared = {
        "azure_resource_group": "hub-rg",
        "azure_gateway_name": "hub-vng",
        "azure_vnet_name": "hub-vnet",
        "azure_vnet_cidr": "10.250.0.0/16",
    }
    adopted = [shared["azure_gateway_name"].upper(), "HUB-RG", "hub-vng", "hub-vnet"] if number else []
    own = {
        "adopt": adopted,
        "azure_app_subnet_name": f"app-{number}",
        "azure_app_subnet_cidr": f"10.250.{number}.0/24",
        "aws_region": f"eu-west-{number // 5 + 1}",
    }
    return link(number, **{**shared, **own, **changes})


def texts(inputs: list[dict[str, Any]]) -> list[str]:
    return [str(fault) for fault in plan_fleet(inputs).faults]


def test_five_links_of_their_own_fit_in_a_region() -> None:
    result = plan_fleet(link(number) for number in range(5))
    assert result.faults == ()
    assert list(result.plans) == ["l0", "l1", "l2", "l3", "l4"]


def test_a_region_has_five_vpcs_and_five_vgws() -> None:
    assert texts([link(number) for number in range(6)]) == [
        f"s2s_vpn_aws_region = eu-central-1: the links need 6 {what} there and AWS's quota is 5 "
        "a region. Put some links in another region or account, "
        f"or have AWS raise the quota and write it as s2s_vpn_aws_quota_{name}."
        for name, what in (("vpcs", "VPCs"), ("vgws", "virtual private gateways"))
    ]


def test_one_vgw_takes_five_links() -> None:
    assert texts([on_one_vgw(number) for number in range(5)]) == []
    assert texts([on_one_vgw(number) for number in range(6)]) == [
        "s2s_vpn_aws_vgw_name = hub: the links need 12 VPN connections on it and AWS's quota is 10. "
        "Put some links on another one, "
        "or have AWS raise the quota and write it as s2s_vpn_aws_quota_vpn_connections_per_vgw."
    ]


def test_a_region_has_fifty_connections_and_customer_gateways() -> None:
    found = texts([link(number) for number in range(26)])
    quota = "AWS's quota is 50 a region. Put some links in another region or account, or have AWS raise the quota"
    assert found[:2] == [
        f"s2s_vpn_aws_region = eu-central-1: the links need 52 VPN connections there and {quota} and write it as "
        "s2s_vpn_aws_quota_vpn_connections.",
        f"s2s_vpn_aws_region = eu-central-1: the links need 52 customer gateways there and {quota} and write it as "
        "s2s_vpn_aws_quota_customer_gateways.",
    ]


@pytest.mark.parametrize(
    ("links", "raised"),
    [
        ([link(number) for number in range(6)], {"aws_quota_vpcs": 6, "aws_quota_vgws": 6}),
        ([on_one_vgw(number) for number in range(6)], {"aws_quota_vpn_connections_per_vgw": 12}),
        (
            [link(number) for number in range(26)],
            {
                "aws_quota_vpcs": 26,
                "aws_quota_vgws": 26,
                "aws_quota_vpn_connections": 52,
                "aws_quota_customer_gateways": 52,
            },
        ),
    ],
)
def test_one_link_that_knows_of_a_raised_quota_is_enough(links: list[dict[str, Any]], raised: dict[str, int]) -> None:
    assert texts(links) != []
    assert texts([{**links[0], **raised}, *links[1:]]) == []
    for name, quota in raised.items():
        assert texts([{**links[0], **raised, name: quota - 1}, *links[1:]]) != []


@pytest.mark.parametrize(("sku", "most"), [("VpnGw1AZ", 7), ("VpnGw3AZ", 7), ("VpnGw4AZ", 25)])
def test_an_azure_gateway_takes_so_many_links(sku: str, most: int) -> None:
    links = [on_one_azure_gateway(number, azure_gateway_sku=sku) for number in range(most + 1)]
    assert texts(links[:most]) == []
    tunnels = 30 if most == 7 else 100
    assert texts(links) == [
        f"s2s_vpn_azure_gateway_name = hub-vng: the links need {4 * (most + 1)} tunnels on it and {sku} has {tunnels}. "
        "Put some links on another one."
    ]


def test_inside_cidrs_are_unique_on_a_shared_gateway() -> None:
    found = texts([on_one_vgw(0), on_one_vgw(1, inside_cidr_block=0)])
    assert len(found) == 4
    assert found[0] == (
        "s2s_vpn_inside_cidrs = 169.254.21.0/30: links l0 and l1 use it on the virtual private gateway they share. "
        "Give each link its own s2s_vpn_inside_cidr_block."
    )
    assert texts([link(0), link(1, inside_cidr_block=0)]) == []


def test_ranges_that_meet_must_not_overlap() -> None:
    assert texts([on_one_vgw(0), on_one_vgw(1, azure_vnet_cidr="10.0.128.0/17")]) == [
        "s2s_vpn_azure_vnet_cidr = 10.0.128.0/17: links l0 and l1 meet on the virtual private gateway, "
        "and their ranges overlap (10.0.0.0/16). Write ranges that do not overlap."
    ]


def test_further_ranges_count_like_the_first() -> None:
    one, other = (
        on_one_vgw(0, azure_more_cidrs=["10.90.0.0/16"]),
        {"azure_more_cidrs": ["192.168.0.0/24", "10.90.7.0/24"]},
    )
    assert texts([one, on_one_vgw(1, **other)]) == [
        "s2s_vpn_azure_more_cidrs = 10.90.7.0/24: links l0 and l1 meet on the virtual private gateway, "
        "and their ranges overlap (10.90.0.0/16). Write ranges that do not overlap."
    ]
    assert texts([on_one_vgw(0), on_one_vgw(1, azure_more_cidrs=["10.0.9.0/24"])]) != []
    assert texts([link(0, azure_more_cidrs=["10.90.0.0/16"]), link(1, **other)]) == []


def test_a_shared_network_has_the_same_further_ranges_for_all() -> None:
    ranges = ["172.30.0.0/16", "172.29.0.0/16"]
    assert texts([on_one_vgw(0, aws_more_cidrs=ranges), on_one_vgw(1, aws_more_cidrs=ranges[::-1])]) == []
    assert texts([on_one_vgw(0, aws_more_cidrs=ranges), on_one_vgw(1)]) == [
        "s2s_vpn_aws_vpc_name = hub-vpc: links l0 and l1 share it and differ in s2s_vpn_aws_more_cidrs. "
        "Write the same for all, or another name."
    ]


def test_links_that_do_not_meet_may_overlap() -> None:
    assert texts([link(0), link(1, azure_vnet_cidr="10.0.0.0/16", aws_vpc_cidr="172.16.0.0/20")]) == []


def test_a_shared_resource_has_one_maker() -> None:
    found = texts([on_one_vgw(0), {**on_one_vgw(1), "adopt": ["hub-vpc"]}])
    assert found == [
        "s2s_vpn_aws_vgw_name = hub: links l0 and l1 would all make it. "
        "Name it in s2s_vpn_adopt of all links but one, or write another name."
    ]


def test_a_shared_resource_is_described_alike() -> None:
    assert texts([on_one_vgw(0), on_one_vgw(1, aws_asn=64600)]) == [
        "s2s_vpn_aws_vgw_name = hub: links l0 and l1 share it and differ in s2s_vpn_aws_asn. "
        "Write the same for all, or another name."
    ]


def test_the_same_gateway_name_in_one_resource_group() -> None:
    one = {"azure_resource_group": "shared-rg", "azure_gateway_name": "vng"}
    found = texts([link(0, **one), link(1, **{**one, "azure_gateway_name": "VNG"})])
    assert found[1] == (
        "s2s_vpn_azure_gateway_name = vng: links l0 and l1 would all make it. "
        "Name it in s2s_vpn_adopt of all links but one, or write another name."
    )


def test_a_vnet_has_one_gateway() -> None:
    shared = {"azure_resource_group": "rg", "azure_vnet_name": "net", "azure_vnet_cidr": "10.9.0.0/16"}
    other = {"azure_app_subnet_name": "other", "azure_app_subnet_cidr": "10.9.2.0/24", "adopt": ["rg", "net"]}
    assert texts([link(0, **shared), link(1, **shared, **other)]) == [
        "s2s_vpn_azure_vnet_name = net: links l0 and l1 put different gateways into it, and Azure allows one. "
        "Share the gateway, or write another VNet."
    ]


def test_two_links_of_one_name() -> None:
    assert texts([link(1), link(2, link="l1")]) == [
        "s2s_vpn_link = l1: 2 links have this name. Give each link its own name."
    ]


def test_a_link_that_cannot_be_planned_is_named() -> None:
    assert texts([link(1, routing="x"), link(2)]) == [
        "link l1: s2s_vpn_routing = x: there is no such choice. Write bgp or static."
    ]


def test_beside_others_only_own_faults_are_told() -> None:
    others = [on_one_vgw(0), on_one_vgw(1, inside_cidr_block=0), link(9, routing="x")]
    assert faults_beside(on_one_vgw(2), others) == ()
    assert len(faults_beside(on_one_vgw(2, inside_cidr_block=1), [on_one_vgw(1), *others[:1]])) == 4


def test_letter_case_of_names_in_azure_does_not_count() -> None:
    shared = on_one_azure_gateway(1, azure_gateway_name="Hub-VNG", adopt=["hub-rg", "hub-vng", "hub-vnet"])
    assert texts([on_one_azure_gateway(0), shared]) == []


def test_a_vpc_has_one_vgw() -> None:
    assert texts([on_one_vgw(0), on_one_vgw(1, aws_vgw_name="another")]) == [
        "s2s_vpn_aws_vpc_name = hub-vpc: links l0 and l1 attach different virtual private gateways to it, "
        "and AWS allows one. Share the gateway, or write another VPC."
    ]


def test_app_subnets_are_not_shared() -> None:
    one = {"azure_app_subnet_name": "apps", "azure_app_subnet_cidr": "10.250.9.0/24"}
    assert texts([on_one_azure_gateway(0, **one), on_one_azure_gateway(1, **one)]) == [
        "s2s_vpn_azure_app_subnet_name = apps: links l0 and l1 give it to subnets in one VNet, and each has its own. "
        "Give each link's subnet its own name.",
        "s2s_vpn_azure_app_subnet_cidr = 10.250.9.0/24: links l0 and l1 share the VNet, and their app subnets overlap "
        "(10.250.9.0/24). Write a range of its own for each link.",
    ]
    other = {"aws_app_subnet_name": "apps", "aws_app_subnet_cidr": "172.31.9.0/24"}
    assert texts([on_one_vgw(0, **other), on_one_vgw(1, **{**other, "aws_app_subnet_cidr": "172.31.9.128/25"})]) == [
        "s2s_vpn_aws_app_subnet_name = apps: links l0 and l1 give it to subnets in one region, and each has its own. "
        "Give each link's subnet its own name.",
        "s2s_vpn_aws_app_subnet_cidr = 172.31.9.128/25: links l0 and l1 share the VPC, and their app subnets overlap "
        "(172.31.9.0/24). Write a range of its own for each link.",
    ]


def test_two_gateways_have_one_link() -> None:
    both = [
        on_one_vgw(number, **{key: value for key, value in on_one_azure_gateway(number).items() if "azure" in key})
        for number in (0, 1)
    ]
    both[1]["adopt"] += ["hub-rg", "hub-vng", "hub-vnet"]
    assert texts(both) == [
        "s2s_vpn_aws_vgw_name = hub: links l0 and l1 both join it to Azure gateway hub-vng, so their customer gateways "
        "are the same. Leave one of the links out, or write another gateway."
    ]


def test_a_twin_is_another_link() -> None:
    assert faults_beside(link(1), [link(1)]) == ()
    assert [str(fault) for fault in faults_beside(link(1), [link(1), link(1)])] == [
        "s2s_vpn_link = l1: 2 links have this name. Give each link its own name."
    ]


def test_own_input_among_the_others_is_not_another_link() -> None:
    assert faults_beside(link(1), [link(1), link(2)]) == ()
