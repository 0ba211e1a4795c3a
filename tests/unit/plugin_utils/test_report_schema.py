"""The published schema takes what we write, and refuses what a reader could not use."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.unit.plugin_utils import examined, reports

SCHEMA = json.loads((Path(__file__).resolve().parents[3] / "docs" / "report.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def faults(report: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(json.loads(json.dumps(report)))]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "make", [reports.healthy, reports.one_down, reports.static, reports.silent, reports.hostile, reports.long_names]
)
def test_reports_pass(make: Callable[[], reports.Report]) -> None:
    assert faults(make()) == []


@pytest.mark.parametrize("name", examined.EVERY)
def test_reports_of_the_examiner_pass(name: str) -> None:
    assert faults(examined.EVERY[name]()) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "hybrid.s2s_vpn report 2"),
        (("at",), "yesterday"),
        (("ok",), "yes"),
        (("tunnels", 0, "state"), "UP"),
        (("tunnels", 0, "aws", "routes"), -1),
        (("checks", 0, "status"), "passed"),
        (("checks", 0, "severity"), "fatal"),
        (("causes", 0, "rank"), 0),
        (("causes", 0, "evidence", "azure"), "one line"),
        (("azure", "asn"), "65515"),
        (("azure", "ranges", 0), "vnet"),
    ],
)
def test_what_is_not_a_report_is_refused(path: tuple[str | int, ...], value: object) -> None:
    report: Any = copy.deepcopy(reports.one_down())
    inner = report
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    assert len(faults(report)) == 1


@pytest.mark.parametrize("name", SCHEMA["required"])
def test_no_member_may_be_missing(name: str) -> None:
    report = reports.healthy()
    del report[name]
    assert faults(report) == [f"$: '{name}' is a required property"]
