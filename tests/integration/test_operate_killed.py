"""Replacements of endpoints, resets and alarms, killed at every step on the two local clouds and gone on with."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.plays import Play

from .clouds import Clouds, wait_for
from .runs import Desk
from .test_monitoring import AWS_ALARMS, AZURE_ALERTS, alarms, alerts, settings
from .test_operate import INSIDE, LINK, Operated, inside_of, journal, never_two_down, up

pytestmark = pytest.mark.full

REPLACE = "ReplaceVpnTunnel"
WORKSPACE = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/monitor/providers"
    "/Microsoft.OperationalInsights/workspaces/network"
)


class TestKilledAtEveryStep(Operated):
    runs: Iterator[int] = itertools.count()

    def killed(
        self, desk: Desk, clouds: Clouds, inventory: Path, playbook: str, kind: str, action: str, **variables: Any
    ) -> bool:
        """A run that is killed when the next such call arrives (hang) or has taken effect (drop-after); False if it
        ended without one."""
        seconds = {"seconds": 60} if kind == "hang" else {}
        for cloud in ("aws", "azure"):
            clouds.fault(cloud, kind, action, mutating=True, **seconds)
        variables |= {"s2s_vpn_report_dir": str(desk.reports)}
        output = desk.directory / f"killed-{next(self.runs)}.txt"
        play = Play(desk, playbook, ("-e", json.dumps(variables)), inventory, output)

        def hit() -> bool:
            return any(one["hits"] for cloud in ("aws", "azure") for one in clouds._tell(cloud, "GET", "faults"))

        ended = play.wait_or_kill(hit)
        clouds.no_faults()
        assert ended in (0, -9), play.text
        return ended == -9

    @pytest.mark.step
    def test_a_link_stands(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        self.build(desk, clouds, inventory)

    def test_replacements(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        """Killed before and after two of the four, each is made once."""
        clouds._tell("aws", "POST", "maintenance", {"addresses": list(inside_of(clouds))})
        clouds.forget_calls()
        with never_two_down(clouds) as down:
            for _tunnel in range(2):
                assert self.killed(desk, clouds, inventory, "replace_tunnels.yml", "hang", REPLACE)
                assert self.killed(desk, clouds, inventory, "replace_tunnels.yml", "drop-after", REPLACE)
            calls = clouds.calls()
            run = self.operate(desk, inventory, "replace_tunnels.yml")
        assert run.rc == 0, run.explain()
        unanswered = [c for c in calls if c.action == REPLACE and c.status == 0]
        assert len(unanswered) == 4, "two that hung and two that took effect"
        assert [c.action for c in run.mutating] == [REPLACE, REPLACE]
        assert down == set(inside_of(clouds).values())
        begun = [one["tunnel"] for one in journal(desk) if one.get("call") == REPLACE and one["state"] == "begun"]
        first, second, *others = INSIDE
        assert begun == [first, first, second, second, *others], "where each run was killed"
        self.wait_until_up(clouds)

    @pytest.mark.parametrize(
        ("variables", "action"),
        [
            ({"s2s_vpn_reset_tunnel": "1-2"}, "Microsoft.Network/connections/resetconnection/action"),
            ({"s2s_vpn_reset_instance": 1}, "Microsoft.Network/virtualNetworkGateways/reset/action"),
        ],
        ids=["connection", "instance"],
    )
    def test_resets(self, desk: Desk, clouds: Clouds, inventory: Path, variables: dict[str, Any], action: str) -> None:
        for kind in ("hang", "drop-after"):
            assert self.killed(desk, clouds, inventory, "reset.yml", kind, action, **variables)
        gateway = clouds.network(f"{LINK}-rg", "virtualNetworkGateways", f"{LINK}-vng")
        wait_for(lambda: clouds.arm("GET", gateway)["properties"]["provisioningState"] == "Succeeded")
        run = self.operate(desk, inventory, "reset.yml", **variables)
        assert run.rc == 0, run.explain()
        assert [c.action for c in run.mutating] == [action]
        assert all(up(clouds).values())

    def test_alarms_and_logs(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        """Each run is killed at its first change, and the last goes on from there."""
        targets = {"s2s_vpn_log_analytics_workspace": WORKSPACE}
        for kind in ("hang", "drop-after") * 2:
            assert self.killed(desk, clouds, inventory, "monitor.yml", kind, "*", **targets)
        run = self.operate(desk, inventory, "monitor.yml", **targets)
        assert run.rc == 0, run.explain()
        assert set(alarms(clouds)) == AWS_ALARMS
        assert set(alerts(clouds)) == AZURE_ALERTS
        assert len(settings(clouds)) == 1
        again = self.operate(desk, inventory, "monitor.yml", **targets)
        assert (again.rc, again.changed, again.mutating) == (0, 0, []), again.explain()
