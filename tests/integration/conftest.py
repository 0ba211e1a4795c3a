"""Two clouds and a user for each story."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .clouds import Clouds
from .runs import Desk

GATEWAY_SECONDS = 6.0


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
def offline_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A user who has no credentials at all."""
    return Desk(tmp_path_factory.mktemp("desk"), {})  # short: Ansible puts a socket below it
