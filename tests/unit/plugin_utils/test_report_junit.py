from __future__ import annotations

from xml.etree import ElementTree

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils.report_junit import junit

from tests.unit.plugin_utils import reports

GUID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"


def suites(*given: reports.Report, **options: object) -> list[ElementTree.Element]:
    text = junit(given, **options)  # type: ignore[arg-type]
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ')
    return list(ElementTree.fromstring(text.encode()))


def counts(element: ElementTree.Element) -> dict[str, int]:
    return {name: int(element.attrib[name]) for name in ("tests", "failures", "skipped", "errors")}


def test_a_suite_a_link_and_a_case_a_check() -> None:
    first, second = suites(reports.healthy("hq"), reports.one_down("branch"))
    assert (first.get("name"), second.get("name")) == ("hq", "branch")
    assert first.get("timestamp") == "2026-11-21T10:30:00"
    assert len(first) == len(reports.healthy()["checks"])
    assert counts(first) == {"tests": 35, "failures": 0, "skipped": 0, "errors": 0}
    # five errors and the probe that fails; the warning and the check that could not be read are not failures
    assert counts(second) == {"tests": 39, "failures": 6, "skipped": 2, "errors": 0}


def test_a_failure_says_what_to_do() -> None:
    (suite,) = suites(reports.one_down())
    case = suite.find("testcase[@name='keys.equal tunnel 1-2 hq-aws-1-2']")
    assert case is not None
    assert case.get("classname") == "hq.both"
    failure = case.find("failure")
    assert failure is not None
    assert failure.attrib == {"message": "expected the same key on both sides, found they differ", "type": "error"}
    assert failure.text == "Run site.yml for hq: it reads the key from AWS and writes it to hq-aws-1-2."


def test_severities_choose_what_is_a_failure() -> None:
    (suite,) = suites(reports.one_down(), severities=("error", "warning"))
    assert counts(suite)["failures"] == 7
    (suite,) = suites(reports.one_down())
    told = [one.get("message") for one in suite.iter("skipped")]
    assert told == [
        "warning: expected a SKU that is sold for longer than a year, found VpnGw2AZ until 2027-09-30. "
        "Plan a larger SKU: s2s_vpn_azure_gateway_sku: VpnGw3AZ.",
        "not read: not read",
    ]


def test_what_decides_and_could_not_be_read_is_an_error_of_its_own() -> None:
    """Else CI would count a link of which nothing is known among the skipped."""
    report = reports.healthy(ok=False)
    report["checks"] += [
        reports.check("bgp.azure", "azure", "Azure: peers", status="unread", found="AuthorizationFailed"),
        reports.check("advice.mss", "both", "hosts", severity="advice", status="unread", found="no probe"),
    ]
    (suite,) = suites(report)
    assert counts(suite) == {"tests": 37, "failures": 0, "skipped": 1, "errors": 1}
    (error,) = suite.iter("error")
    assert error.attrib == {
        "message": "not read: AuthorizationFailed. Without it nobody can say that the link is in order.",
        "type": "unread",
    }
    (root, *_rest) = [ElementTree.fromstring(junit([report, reports.healthy("branch")]).encode())]
    assert counts(root) == {"tests": 72, "failures": 0, "skipped": 1, "errors": 1}


def test_a_link_that_is_not_in_order_is_never_green() -> None:
    (suite,) = suites(reports.healthy(ok=False))
    assert counts(suite)["failures"] == 1


def test_hostile_texts_are_text() -> None:
    (suite,) = suites(reports.hostile())
    assert suite.get("name") == "hq <script>alert(1)</script>"
    hostile = [one for one in suite.iter("failure") if "<script>" in (one.get("message") or "")]
    assert [one.text for one in hostile] == ["\"' onload='x' & </title></svg> ]]> {{ 7*7 }}"]


def test_ids_that_a_cloud_quotes_are_left_out_unless_asked_for() -> None:
    report = reports.one_down()
    report["checks"][0] |= {"status": "failed", "found": f"/subscriptions/{GUID}/x of account 123456789012"}
    assert GUID not in junit([report])
    assert "123456789012" not in junit([report])
    report["azure"]["subscription"] = GUID
    assert GUID in junit([report])


@pytest.mark.parametrize("given", [[], [{"link": "hq", "ok": True}], [{"link": "hq", "ok": False}]])
def test_little_is_enough(given: list[reports.Report]) -> None:
    assert len(suites(*given)) == len(given)
