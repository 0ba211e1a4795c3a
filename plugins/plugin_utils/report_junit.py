# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JUnit XML for CI: a test suite a link, a test case a check."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import VITAL
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.texts import plain, public

JsonDict = Mapping[str, Any]


def junit(reports: Sequence[JsonDict], severities: Collection[str] = ("error",)) -> str:
    """Failed checks of these severities are failures with their remedy; what decides and could not be read is an error.
    Other failed checks and others that could not be read are skipped with the reason, so that a run is red where
    verify.yml fails, and nowhere else.

    The format is what Jenkins, GitLab and Azure Pipelines read; it has no standard.
    """
    suites = ElementTree.Element("testsuites", name="hybrid.s2s_vpn")
    for report in map(public, reports):
        suite = ElementTree.SubElement(suites, "testsuite", name=plain(report.get("link")))
        suite.set("timestamp", plain(report.get("at")).partition("+")[0].removesuffix("Z"))  # CI takes it for UTC
        suite.extend(_cases(report, severities))
        if not report.get("ok") and suite.find("*/failure") is None and suite.find("*/error") is None:
            told = "the link is not in order, and no check tells why"
            ElementTree.SubElement(_case(suite, plain(report.get("link")), "verdict"), "failure", message=told)
        _count(suite, [suite])
    _count(suites, list(suites))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=False).join(
        ['<?xml version="1.0" encoding="UTF-8"?>\n', "\n"]
    )


def _count(element: ElementTree.Element, suites: Sequence[ElementTree.Element]) -> None:
    element.set("tests", str(sum(len(suite.findall("testcase")) for suite in suites)))
    for name, path in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(len(suite.findall(f"testcase/{path}")) for suite in suites)))


def _case(parent: ElementTree.Element | None, group: str, name: str) -> ElementTree.Element:
    made = ElementTree.Element("testcase", classname=group, name=name, time="0")
    if parent is not None:
        parent.append(made)
    return made


def _cases(report: JsonDict, severities: Collection[str]) -> Iterator[ElementTree.Element]:
    link = plain(report.get("link"))
    for check in report.get("checks") or []:
        tunnel = f"tunnel {plain(check['tunnel'])}" if check.get("tunnel") else ""
        name = " ".join(filter(None, [plain(check.get("name")), tunnel, plain(check.get("resource"))]))
        case = _case(None, f"{link}.{plain(check.get('cloud'))}", name)
        severity, status = plain(check.get("severity")), check.get("status")
        told = f"expected {plain(check.get('expected'))}, found {plain(check.get('found'))}"
        remedy = plain(check.get("remedy"))
        if status == "failed" and severity in severities:
            failure = ElementTree.SubElement(case, "failure", message=told, type=severity)
            failure.text = remedy
        elif status == "failed":
            ElementTree.SubElement(case, "skipped", message=" ".join(filter(None, [f"{severity}: {told}.", remedy])))
        elif status != "ok" and check.get("name") in VITAL:
            told = f"not read: {plain(check.get('found'))}. Without it nobody can say that the link is in order."
            ElementTree.SubElement(case, "error", message=told, type="unread")
        elif status != "ok":
            ElementTree.SubElement(case, "skipped", message=f"not read: {plain(check.get('found'))}")
        yield case
    for probe in report.get("probes") or []:
        route = f"{plain(probe.get('name'))} from {plain(probe.get('from'))} to {plain(probe.get('to'))}"
        case = _case(None, f"{link}.probe", route)
        if not probe.get("ok"):
            ElementTree.SubElement(case, "failure", message=plain(probe.get("text")), type="probe")
        yield case
