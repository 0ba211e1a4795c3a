"""One link for all that leaves it as it was. Without packets on this machine all is skipped, with the reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.cli import main
from rehearsal.wan.packets.machine import Machine, probe
from tests.rehearsal.wan.hand import becomes, wait

from .hand import Machines

UP = [True] * 4


@pytest.fixture(scope="session")
def machine() -> Machine:
    found = probe()
    if found.missing:
        pytest.skip(f"no packets on this machine: {', '.join(found.missing)} (tools/packages.sh)")
    return found


@pytest.fixture(scope="session")
def standing(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    directory = tmp_path_factory.mktemp("packets") / "rehearsal"
    assert main(["up", "--dir", str(directory), "--gateway-seconds", "1", "--packets", "--fast-timers"]) == 0
    try:
        made = Machines(directory)
        made.build()
        yield made
        print((directory / "wan.log").read_text()[-4000:])  # shown where a test failed
    finally:
        assert main(["down", "--dir", str(directory)]) == 0
        assert not directory.exists()


@pytest.fixture
def link(standing: Machines) -> Iterator[Machines]:
    """Four tunnels up and a way in both directions, before and after."""
    whole(standing)
    yield standing
    whole(standing)


def whole(link: Machines) -> None:
    becomes(UP, link.settled, 30)
    wait("a way", lambda: link.ping("azure", "aws") and link.ping("aws", "azure"))
