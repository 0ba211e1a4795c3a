"""A story is a class whose tests follow each other on one pair of clouds; after a failed `step` the rest fails too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .clouds import Clouds
from .runs import Desk

GATEWAY_SECONDS = 6.0


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "step: what the later tests of the story stand on")
    config.addinivalue_line("markers", "full: a slower story, for `make test-full`")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    story = item.getparent(pytest.Class)
    if report.failed and item.get_closest_marker("step") and not hasattr(story, "broken_by"):
        setattr(story, "broken_by", item.name)  # noqa: B010
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
