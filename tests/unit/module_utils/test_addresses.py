from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import addresses
from hypothesis import given
from hypothesis import strategies as st


def test_there_are_128_inside_cidrs_and_both_clouds_take_each() -> None:
    assert len(set(addresses.INSIDE_CIDRS)) == 128
    assert [cidr for cidr in addresses.INSIDE_CIDRS if addresses.inside_problem(cidr)] == []


def test_block_0_is_the_reference_topology() -> None:
    assert [str(cidr) for cidr in addresses.inside_cidrs(0)] == [
        "169.254.21.0/30",
        "169.254.22.0/30",
        "169.254.21.4/30",
        "169.254.22.4/30",
    ]


@pytest.mark.parametrize(
    ("first", "more", "others", "taken"),
    [
        ("10.2.0.0/16", "10.4.0.0/16", [], True),
        ("10.2.0.0/16", "100.64.0.0/16", [], True),
        ("10.2.0.0/16", "203.0.113.0/24", [], True),
        ("10.2.0.0/16", "172.16.0.0/16", [], False),
        ("10.2.0.0/16", "192.168.0.0/16", [], False),
        ("10.2.0.0/16", "198.19.0.0/24", [], False),
        ("10.2.0.0/16", "10.0.4.0/24", [], True),
        ("10.1.0.0/16", "10.0.4.0/24", [], False),
        ("10.2.0.0/16", "10.0.4.0/24", ["10.1.0.0/24"], False),
        ("172.16.0.0/16", "172.30.0.0/16", [], True),
        ("172.16.0.0/16", "172.31.0.0/20", [], False),
        ("192.168.0.0/20", "192.168.16.0/20", [], True),
        ("192.168.0.0/20", "10.0.0.0/16", [], False),
        ("198.19.0.0/20", "198.19.16.0/20", [], True),
        ("198.19.0.0/20", "10.4.0.0/16", [], False),
        ("100.64.0.0/16", "203.0.113.0/24", [], True),
        ("100.64.0.0/16", "10.4.0.0/16", [], False),
    ],
)
def test_what_aws_takes_beside_the_first_range(first: str, more: str, others: list[str], taken: bool) -> None:
    """(AWS, VPC CIDR blocks: the table of association restrictions)"""
    problem = addresses.vpc_range_problem(IPv4Network(more), IPv4Network(first), map(IPv4Network, others))
    assert (problem is None) is taken


@given(count=st.integers(1, 128), data=st.data())
def test_blocks_never_collide(count: int, data: st.DataObject) -> None:
    blocks = 128 // count
    chosen = data.draw(st.lists(st.integers(0, blocks - 1), unique=True, max_size=8))
    cidrs = [cidr for index in chosen for cidr in addresses.inside_cidrs(index, count)]
    assert len(cidrs) == len(chosen) * count
    assert not any(one.overlaps(other) for one, other in combinations(cidrs, 2))
    ends = [end(cidr) for cidr in cidrs for end in (addresses.aws_inside_address, addresses.azure_inside_address)]
    assert len(set(ends)) == 2 * len(cidrs)
    assert all(addresses.aws_inside_address(cidr) in set(cidr.hosts()) for cidr in cidrs)
    assert all(addresses.azure_inside_address(cidr) in set(cidr.hosts()) for cidr in cidrs)


def test_all_blocks_of_four_use_up_all_128() -> None:
    assert {cidr for index in range(32) for cidr in addresses.inside_cidrs(index)} == set(addresses.INSIDE_CIDRS)


@pytest.mark.parametrize(("index", "count"), [(32, 4), (-1, 4), (0, 0), (0, 129), (64, 2)])
def test_there_is_no_block_beyond(index: int, count: int) -> None:
    with pytest.raises(IndexError):
        addresses.inside_cidrs(index, count)


@given(st.integers(0, 2**32 - 1), st.integers(16, 26))
def test_derived_subnets_fit_beside_each_other(start: int, length: int) -> None:
    network = IPv4Network((start, length), strict=False)
    app, gateway = addresses.derived_app_subnet(network), addresses.derived_gateway_subnet(network)
    assert app.subnet_of(network)
    assert gateway.subnet_of(network)
    assert gateway.prefixlen == 27
    assert not app.overlaps(gateway)


@pytest.mark.parametrize(
    ("network", "app", "gateway"),
    [
        ("10.1.0.0/16", "10.1.1.0/24", "10.1.255.0/27"),
        ("10.1.4.0/22", "10.1.5.0/24", "10.1.7.0/27"),
        ("10.1.2.0/23", "10.1.2.0/24", "10.1.3.224/27"),
        ("10.1.0.0/24", "10.1.0.0/25", "10.1.0.224/27"),
        ("10.1.0.0/26", "10.1.0.0/27", "10.1.0.32/27"),
    ],
)
def test_derived_subnets(network: str, app: str, gateway: str) -> None:
    assert str(addresses.derived_app_subnet(IPv4Network(network))) == app
    assert str(addresses.derived_gateway_subnet(IPv4Network(network))) == gateway


@given(st.text())
def test_any_text_is_a_network_or_a_problem(text: str) -> None:
    found = addresses.parse_network(text)
    assert isinstance(found, IPv4Network) or all(isinstance(part, str) for part in found)
