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
def azure(_instant: Azure) -> Azure:
    """Every operation is done by the next request."""
    return fresh(_instant)


@pytest.fixture
def stepped(_stepped: Azure) -> Azure:
    """Time passes only by `advance`."""
    return fresh(_stepped)
