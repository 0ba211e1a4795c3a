"""Several links in one run: none costs more than one alone, and none waits for another."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import pytest

from tests.bench.fleet import inventory

from .clouds import Call, Clouds
from .runs import Desk, Run

pytestmark = pytest.mark.full

ONE, SLOW = "link01", "link02"
HELD_SECONDS = 30


def what(calls: Iterable[Call]) -> Counter[tuple[str, str]]:
    return Counter((c.cloud, c.action) for c in calls)


class TestSeveralLinks:
    links: ClassVar[Path]
    standing: ClassVar[Run]

    @pytest.mark.step
    def test_a_slow_link_does_not_hold_the_other(self, clouds: Clouds, desk: Desk) -> None:
        type(self).links = desk.directory / "fleet.json"
        self.links.parent.mkdir(parents=True, exist_ok=True)
        self.links.write_text(json.dumps({"all": {"hosts": inventory(2)}}))
        vnet = f"*/{SLOW}-vnet"
        clouds.fault("azure", "stuck", "*/virtualNetworks/write", path=vnet, seconds=HELD_SECONDS)
        run = desk.play("site.yml", inventory=self.links)
        assert run.rc == 0, run.explain()
        gateway = next(c.t for c in run.mutating if c.path.endswith(f"/virtualNetworkGateways/{ONE}-vng"))
        slow = next(c.t for c in run.mutating if c.path.endswith(f"/virtualNetworkGateways/{SLOW}-vng"))
        assert gateway < slow - HELD_SECONDS / 2

    @pytest.mark.step
    def test_the_second_run_changes_nothing(self, desk: Desk) -> None:
        run = desk.play("site.yml", inventory=self.links)
        assert run.rc == 0, run.explain()
        assert run.changed == 0
        assert run.mutating == []
        type(self).standing = run

    def test_a_link_of_two_costs_what_one_costs(self, desk: Desk) -> None:
        alone = desk.play("site.yml", "--limit", ONE, inventory=self.links)
        assert alone.rc == 0, alone.explain()
        twice = {action: 2 * count for action, count in what(alone.calls).items()}
        assert what(self.standing.calls) == twice
