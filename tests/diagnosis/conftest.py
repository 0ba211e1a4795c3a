"""One pair of clouds for a worker with a BGP link in it, built by hand; every test leaves the link as it was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest

from rehearsal.cli import main, variables
from rehearsal.files import read_json

from .examiner import Examiner
from .link import Link

SCORE = "place of the cause"


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two clouds whose ends are compared. Clients of this process are pointed at them."""
    with raised(tmp_path_factory.mktemp("diagnosis") / "rehearsal", "--no-packets") as directory:
        yield directory


@contextmanager
def raised(directory: Path, *options: str) -> Iterator[Path]:
    assert main(["up", "--dir", str(directory), "--gateway-seconds", "1", *options]) == 0
    try:
        with mock.patch.dict(os.environ, environment(directory)):
            yield directory
    finally:
        assert main(["down", "--dir", str(directory)]) == 0


def environment(directory: Path) -> dict[str, str]:
    return variables(read_json(directory / "azure.json"), read_json(directory / "aws.json"))


def standing(directory: Path, routing: str) -> Examiner:
    """A healthy link; in the end it must be so again."""
    link = Link(directory, routing)
    link.build()
    return Examiner(link, environment(directory))


def must_be_healthy(examiner: Examiner) -> None:
    assert examiner.examine(planned=True)["causes"] == []


@pytest.fixture(scope="session")
def bgp(rehearsal: Path) -> Iterator[Examiner]:
    examiner = standing(rehearsal, "bgp")
    yield examiner
    must_be_healthy(examiner)


@pytest.fixture(scope="session")
def static(rehearsal: Path) -> Iterator[Examiner]:
    examiner = standing(rehearsal, "static")
    yield examiner
    must_be_healthy(examiner)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How often the cause came first, as every test told it."""
    told = [
        (title, place)
        for kind in ("passed", "failed")
        for report in terminalreporter.getreports(kind)
        if report.when == "call"
        for name, (title, place) in report.user_properties
        if name == SCORE
    ]
    for title in dict.fromkeys(title for title, _place in told):
        places = [place for other, place in told if other == title]
        first, missed = places.count(1), places.count(0)
        terminalreporter.write_line(
            f"{title}: {len(places)}; found first {first}, found later {len(places) - first - missed}, missed {missed}"
        )
