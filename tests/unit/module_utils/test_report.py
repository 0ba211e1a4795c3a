from __future__ import annotations

import re

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.report import WIDTH, plan_mermaid, plan_table, table
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.module_utils.samples import planned

LONG = {
    "link": "l" * 40,
    "azure_resource_group": "r" * 90,
    "azure_gateway_name": "g" * 74,
    "azure_vnet_name": "v" * 64,
    "aws_vgw_name": "w" * 255,
    "aws_vpc_name": "p" * 255,
}


@pytest.mark.parametrize("changes", [{}, {"routing": "static"}, LONG, {"admit": "networks"}])
def test_the_plan_fits_the_terminal(changes: dict[str, str]) -> None:
    text = plan_table(planned(**changes))
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert not any(line.endswith(" ") for line in text.splitlines())
    assert text.isascii()


def test_the_plan_shows_what_matters() -> None:
    text = plan_table(planned())
    for word in (
        "10.1.0.0/16",
        "10.2.1.0/24",
        "169.254.22.4/30",
        "hq-aws-2-2",
        "VpnGw2AZ",
        "65515",
        "64512",
        "GCMAES256",
    ):
        assert word in text
    assert text.splitlines()[0] == "Link hq: BGP, owner planned:owner, keys made by AWS"


@pytest.mark.parametrize(("routing", "arrows", "dotted"), [("bgp", 4, 0), ("static", 1, 1)])
def test_mermaid(routing: str, arrows: int, dotted: int) -> None:
    text = plan_mermaid(planned(routing=routing))
    assert text.startswith("flowchart LR\n")
    assert (text.count("<-->|"), text.count("-.-|")) == (arrows, dotted)
    assert text.count("subgraph") == text.count("  end\n") == 2
    nodes = set(re.findall(r"^\s+(?:subgraph )?(\w+)\[", text, re.MULTILINE))
    edges = {
        end
        for pair in re.findall(r"^\s+(\w+) (?:---|<-->|-\.-)(?:\|[^|]*\|)? (\w+)$", text, re.MULTILINE)
        for end in pair
    }
    assert edges <= nodes


@given(st.lists(st.lists(st.text(alphabet="abc ", max_size=60), min_size=3, max_size=3), min_size=1, max_size=5))
def test_no_table_is_too_wide(rows: list[list[str]]) -> None:
    assert max(len(line) for line in table(rows, 40).splitlines()) <= 40
