from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.report import (
    WIDTH,
    causes_text,
    checks_text,
    fleet_table,
    headline,
    link_text,
    plan_mermaid,
    plan_table,
    table,
    tunnels_table,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.texts import columns, plain, without_ids
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.module_utils.samples import planned
from tests.unit.plugin_utils import reports

LONG = {
    "link": "l" * 40,
    "azure_resource_group": "r" * 90,
    "azure_gateway_name": "g" * 74,
    "azure_vnet_name": "v" * 64,
    "aws_vgw_name": "w" * 255,
    "aws_vpc_name": "p" * 255,
}

MORE = {"azure_more_cidrs": [f"192.168.{number}.0/24" for number in range(60)], "aws_more_cidrs": ["100.64.0.0/16"]}


@pytest.mark.parametrize("changes", [{}, {"routing": "static"}, LONG, {"admit": "networks"}, MORE])
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


def test_the_plan_shows_every_range() -> None:
    plan = planned(**MORE)
    for cidr in (*MORE["azure_more_cidrs"], *MORE["aws_more_cidrs"]):
        assert plan_table(plan).count(cidr) == 2, "of the network, and admitted"
        assert plan_mermaid(plan).count(cidr) == 1


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


EVERY = [reports.healthy, reports.one_down, reports.static, reports.silent, reports.hostile, reports.long_names]


@pytest.mark.parametrize("make", EVERY)
def test_a_report_fits_the_terminal(make: Callable[[], reports.Report]) -> None:
    for text in (link_text(make()), fleet_table([make(), make()])):
        assert max(columns(line) for line in text.splitlines()) <= WIDTH
        assert not any(line.endswith(" ") for line in text.splitlines())
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", text), "a name cannot steer the terminal"


def test_the_tunnels_of_a_link() -> None:
    assert tunnels_table(reports.one_down()).splitlines() == [
        "Tunnel  Inside CIDR      Azure                AWS                   BGP                         Routes",
        "------  ---------------  -------------------  --------------------  --------------------------  ------",
        "1-1     169.254.21.0/30  up                   up                    connected                   1 each",
        "1-2     169.254.22.0/30  down (NotConnected)  down (IPSEC IS DOWN)  Azure connecting, AWS down  0 each",
        "2-1     169.254.21.4/30  up                   up                    connected                   1 each",
        "2-2     169.254.22.4/30  up                   up                    connected                   1 each",
    ]
    assert tunnels_table(reports.static()).splitlines()[2:] == [
        "1-1     169.254.21.0/30  up     up    -    -",
        "1-2     169.254.22.0/30  spare  down  -    -",
    ]
    assert {line.split()[2] for line in tunnels_table(reports.silent()).splitlines()[2:]} == {"no"}


def test_the_causes_are_ranked_and_say_what_to_change() -> None:
    assert causes_text(reports.healthy()) == ""
    causes = reports.one_down()["causes"]
    lines = causes_text({"causes": [causes[1], causes[0]]}).splitlines()
    assert lines[0] == "Causes, the likeliest first:"
    assert " ".join(line.strip() for line in lines[1:3]) == (
        "1. The two ends of tunnel 1-2 have different pre-shared keys, so IKE cannot authenticate. "
        "(keys-differ, tunnel 1-2, certain)"
    )
    assert lines[3:] == [
        "   Azure: hq-aws-1-2: fingerprint of the key differs from AWS's",
        "   Azure: connection NotConnected",
        "   AWS: 198.51.100.7: DOWN, IKE negotiation failed",
        "   AWS: key set 2026-11-20 by a rotation",
        "   Mend it: Run site.yml for hq: it reads the key from AWS and writes it to hq-aws-1-2.",
        "2. Azure gives up a silent peer later than AWS does. (dpd-different, tunnel 1-2, likely)",
        "   Azure: dead peer time-out 90 s",
        "   Mend it: s2s_vpn_dpd_seconds: 45",
    ]


def test_errors_stand_before_warnings_and_have_their_remedy() -> None:
    assert checks_text(reports.healthy()) == ""
    lines = checks_text(reports.one_down()).splitlines()
    kinds = [line.split(":")[0] for line in lines if line.startswith("- ")]
    assert kinds[:6] == ["- error"] * 5 + ["- warning"]
    assert "  longer than a year. Plan a larger SKU: s2s_vpn_azure_gateway_sku: VpnGw3AZ." in lines
    assert lines[-3:] == [
        "Not read:",
        "- advertised routes: AuthorizationFailed: Microsoft.Network/virtualNetworkGateways/getAdvertisedRoutes/action",
        "- routes.advertised of hq-vng: not read",
    ]


def test_a_silent_cloud_is_a_few_lines() -> None:
    text = checks_text(reports.silent())
    assert "- tunnel.up of hq-aws-1-1, hq-aws-1-2, hq-aws-2-1, hq-aws-2-2: no answer" in text
    assert len(text.splitlines()) < 14


def test_a_link_as_a_whole() -> None:
    assert link_text(reports.healthy()).splitlines()[0] == (
        "Link hq is in order. BGP, westeurope to eu-central-1; tunnels: 4 of 4 up; checks: 35 passed."
    )
    text = link_text(reports.one_down())
    parts = [
        "Link hq is not in order",
        "Tunnel ",
        "Causes",
        "Checks that fail",
        "Not read",
        "Probe ",
        "Since the last run",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


ADVICE = "Set MTU 1400 on the hosts of both sides, or clamp TCP's MSS at 1350: IPsec adds 50 to 90 bytes."


def test_advice_is_shown_until_it_is_measured() -> None:
    report = reports.healthy()
    one = reports.check("advice.mss", "both", "hosts", severity="advice", status="unread", remedy=ADVICE)
    one["found"] = "no probe has measured it"
    report["checks"].append(one)
    shown = link_text(report).partition("\n\nAdvice:\n")[2]
    assert " ".join(shown.split()) == f"- {ADVICE} (advice.mss, no probe has measured it)"
    assert "Not read" not in link_text(report)
    one |= {"status": "ok", "found": "packets of up to 1436 bytes pass whole", "remedy": ""}
    assert "Advice" not in link_text(report)
    one |= {"status": "failed", "found": "packets of up to 1380 bytes pass whole", "remedy": "Set MTU 1380."}
    assert "- advice: advice.mss of hosts (both clouds): found packets of up to 1380 bytes" in link_text(report)


def test_a_fleet_is_one_line_a_link() -> None:
    lines = fleet_table(reports.fleet(8)).splitlines()
    assert lines[0] == "1 of 8 links is not in order"
    assert lines[4:7] == [
        "site-03  not in order  3 of 4 up           5 errors, 1 warning, 1 not read  keys-differ, tunnel 1-2",
        "site-01  in order      4 of 4 up           35 passed                        -",
        "site-02  in order      4 of 4 up           35 passed                        -",
    ]
    assert len(lines) == 4 + 8


@pytest.mark.parametrize(
    ("oks", "words"),
    [
        ([True], "Link hq is in order"),
        ([False], "Link hq is not in order"),
        ([True, True], "All 2 links are in order"),
        ([True, False, False], "2 of 3 links are not in order"),
        ([], "No links"),
    ],
)
def test_headline(oks: list[bool], words: str) -> None:
    assert headline([reports.healthy(ok=ok) for ok in oks]) == words


@pytest.mark.parametrize(
    "report", [{}, {"link": "hq"}, {"link": "hq", "tunnels": [{"name": "1-1"}], "checks": [{}], "causes": [{}]}]
)
def test_little_is_enough(report: reports.Report) -> None:
    assert "not in order" in link_text(report)
    assert "not in order" in fleet_table([report])


def test_texts_are_plain_and_without_ids() -> None:
    assert plain(None) == ""
    assert plain("a\x1b[31m\n b\u202e\x00") == "a [31m b"
    told = "scope /subscriptions/3f2504e0-4f89-11d3-9a0c-0305e82c3301/x, arn:aws:ec2:eu-central-1:123456789012:vpn/1"
    cleaned = {"why": ["scope /subscriptions/(id)/x, arn:aws:ec2:eu-central-1:(account):vpn/1"], "bytes": 123456789012}
    assert without_ids({"why": [told], "bytes": 123456789012}) == cleaned


@given(st.text(max_size=80), st.integers(4, 40))
def test_wide_letters_count_double(text: str, width: int) -> None:
    assert max(map(columns, table([["x"], [text]], width).splitlines())) <= width
