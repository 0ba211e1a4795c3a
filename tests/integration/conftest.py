"""A story is a class whose tests follow each other on one pair of clouds: after a failure the rest fails at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .clouds import Clouds
from .runs import Desk

GATEWAY_SECONDS = 6.0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if report.failed and (story := item.getparent(pytest.Class)) and not hasattr(story, "broken_by"):
        story.broken_by = item.name
    return report


def pytest_runtest_setup(item: pytest.Item) -> None:
    story = item.getparent(pytest.Class)
    if earlier := getattr(story, "broken_by", None):
        pytest.fail(f"the story broke at {earlier}", pytrace=False)


@pytest.fixture(scope="class")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clouds]:
    """Two empty clouds for one story."""
    pair = Clouds.up(tmp_path_factory.mktemp("clouds") / "rehearsal", GATEWAY_SECONDS)
    yield pair
    pair.down()
    assert not pair.directory.exists()


@pytest.fixture(scope="class")
def desk(clouds: Clouds, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One user of these clouds, with a fact cache that outlives every run."""
    return Desk(tmp_path_factory.mktemp("desk"), clouds.env, clouds)


@pytest.fixture
def offline_desk(tmp_path: Path) -> Desk:
    """A user who has no credentials at all."""
    return Desk(tmp_path, {})
