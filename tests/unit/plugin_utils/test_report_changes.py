from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils.report_changes import changes

from tests.unit.plugin_utils.reports import Report, healthy, one_down, silent


def changed(**parts: Any) -> Report:
    """The healthy report with members of members set: ``azure__asn=1``, ``tunnels__0__state="down"``."""
    report = copy.deepcopy(healthy())
    for path, value in parts.items():
        *steps, last = path.split("__")
        inner: Any = report
        for step in steps:
            inner = inner[int(step) if step.isdigit() else step]
        inner[last] = value
    return report


@pytest.mark.parametrize(
    ("new", "lines"),
    [
        (changed(), []),
        (changed(at="2027-01-01T00:00:00Z", tunnels__0__azure__bytes_in=9, calls={"azure": 1, "aws": 1}), []),
        (changed(tunnels__0__aws__routes=7, tunnels__0__aws__since="2027-01-01T00:00:00Z"), []),
        (changed(ok=False), ["The link was in order and is not any more."]),
        (changed(tunnels__2__state="down"), ["Tunnel 2-1 was up and is down."]),
        (changed(tunnels__0__azure__bgp="idle"), ["Tunnel 1-1, Azure: BGP was connected and is idle."]),
        (
            changed(tunnels__0__aws__outside_address="203.0.113.99"),
            ["Tunnel 1-1, AWS: the outside address was 198.51.100.40 and is 203.0.113.99."],
        ),
        (
            changed(checks__0__status="failed", checks__0__found="absent"),
            ["Check connection.exists of hq-aws-1-1 fails now: expected as planned, found absent."],
        ),
        (changed(azure__asn=65010), ["Azure, ASN: 65515 before, 65010 now."]),
        (changed(azure__sku="VpnGw3AZ"), ["Azure, SKU: VpnGw2AZ before, VpnGw3AZ now."]),
        (
            changed(aws__ranges=["10.2.0.0/16", "10.3.0.0/16"]),
            ["AWS, ranges: 10.2.0.0/16 before, 10.2.0.0/16, 10.3.0.0/16 now."],
        ),
        (
            changed(azure__instances__1__outside_address="192.0.2.99"),
            ["Azure's instance 1 had the address 192.0.2.11 and has 192.0.2.99."],
        ),
        (changed(routing="static"), ["Routing was bgp and is static."]),
    ],
)
def test_each_change_has_its_line(new: Report, lines: list[str]) -> None:
    assert changes(healthy(), new) == lines


def test_a_tunnel_that_goes_down_and_comes_back() -> None:
    assert changes(healthy(), one_down()) == [
        "The link was in order and is not any more.",
        "Tunnel 1-2 was up and is down.",
        "New cause: keys-differ of tunnel 1-2.",
        "New cause: dpd-different of tunnel 1-2.",
        "Check sku.expiring of hq-vng fails now: expected a SKU that is sold for longer than a year, "
        "found VpnGw2AZ until 2027-09-30.",
    ]
    assert changes(one_down(), healthy()) == [
        "The link is in order again.",
        "Tunnel 1-2 was down and is up.",
        "No longer a cause: keys-differ of tunnel 1-2.",
        "No longer a cause: dpd-different of tunnel 1-2.",
    ]


def test_a_check_that_passes_again() -> None:
    was = changed(checks__0__status="failed")
    assert changes(was, healthy()) == ["Check connection.exists of hq-aws-1-1 passes again."]


def test_tunnels_come_and_go() -> None:
    fewer = changed(tunnels=healthy()["tunnels"][:3])
    assert changes(healthy(), fewer) == ["Tunnel 2-2 is gone."]
    assert changes(fewer, healthy()) == ["Tunnel 2-2 is new."]


def test_a_silent_cloud_has_not_lost_its_settings() -> None:
    lines = changes(healthy(), silent())
    assert lines[1:5] == [f"Tunnel {name} was up and is unknown." for name in ("1-1", "1-2", "2-1", "2-2")]
    assert lines[5:] == ["Check cloud.answers of Azure fails now: expected an answer, found no answer."]


def test_probes() -> None:
    was, now = one_down(), one_down()
    now["probes"][0] |= {"ok": False, "text": "no answer"}
    now["probes"][1] |= {"ok": True}
    assert changes(was, now) == [
        "Probe ping from vm-app-1 to 10.2.1.10 fails now: no answer.",
        "Probe tcp 443 from i-app-1 to 10.1.1.4 arrives again.",
    ]


@pytest.mark.parametrize("given", [(lambda: {}), healthy])
def test_an_old_report_may_lack_anything(given: Callable[[], Report]) -> None:
    assert isinstance(changes({}, given()), list)
