from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.azure.clock import InstantClock, SteppedClock
from tests.rehearsal.azure.cloud import Azure, Start, clouds, fresh


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    with clouds(tmp_path_factory.mktemp("azure")) as begin:
        yield begin


@pytest.fixture(scope="module")
def _instant(start: Start) -> Azure:
    return start(InstantClock())


@pytest.fixture(scope="module")
def _stepped(start: Start) -> Azure:
    return start(SteppedClock())


@pytest.fixture
def azure(_instant: Azure) -> Iterator[Azure]:
    """Every operation is done by the next request."""
    yield fresh(_instant)
    assert _instant.crashes() == 0


@pytest.fixture
def stepped(_stepped: Azure) -> Iterator[Azure]:
    """Time passes only by `advance`."""
    yield fresh(_stepped)
    assert _stepped.crashes() == 0
