from __future__ import annotations

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import asn
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("number", [65515, 65010, 1, 64512, 65534, 4200000000, 4294967294, 65516, 2147483648])
def test_azure_may_have(number: int) -> None:
    assert asn.azure_side_problem(number) is None


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (0, "it is not between 1 and 4294967294"),
        (-1, "it is not between 1 and 4294967294"),
        (4294967295, "it is not between 1 and 4294967294"),
        (7224, "Amazon uses it itself"),
        (12076, "Azure reserves it"),
        (65520, "Azure reserves it"),
        (23456, "IANA reserves it and Azure refuses it"),
        (64496, "IANA reserves it and Azure refuses it"),
        (65551, "IANA reserves it and Azure refuses it"),
    ],
)
def test_azure_may_not_have(number: int, problem: str) -> None:
    assert asn.azure_side_problem(number) == problem


@pytest.mark.parametrize("number", [64512, 65514, 65516, 65521, 65534, 4200000000, 4294967294])
def test_aws_may_have(number: int) -> None:
    assert asn.aws_side_problem(number) is None


@pytest.mark.parametrize("number", [64511, 65535, 65515, 65517, 65520, 4199999999, 4294967295, 7224, 0])
def test_aws_may_not_have(number: int) -> None:
    assert asn.aws_side_problem(number)


@given(st.integers(0, 2**33))
def test_what_aws_may_have_azure_takes_as_a_peer(number: int) -> None:
    if asn.aws_side_problem(number) is None:
        assert asn.refused_as_azure_remote(number) is None
