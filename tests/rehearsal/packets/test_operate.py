"""A ping runs all the while that the keys of a link are rotated."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.wan.packets.lab import FAST
from rehearsal.wan.packets.machine import Machine
from tests.bench.failover import INTERVAL
from tests.bench.operations import ROTATION, bench
from tests.rehearsal.wan.hand import crowd

pytestmark = pytest.mark.full

TUNNELS = 4


def test_a_rotation_loses_no_more_than_bgp_needs_to_move_a_flow(machine: Machine, tmp_path: Path) -> None:
    """Who loses a BGP session knows so when its hold time is over, and sends by another tunnel from then on. The flow
    has one tunnel at a time, and loses it at most once for each that is changed."""
    before = crowd()
    (rotation,) = bench(tmp_path, gateway_seconds=12, fast_timers=True, names=[ROTATION])
    loss = rotation.loss
    print(f"{loss.lost} of {loss.sent} pings lost, the longest gap {loss.gap:.1f} s, {rotation.seconds:.0f} s")
    assert loss.sent >= rotation.seconds / INTERVAL / 2, "it ran all the while"
    slower = max(before, crowd())  # where other programs want the processors, daemons notice later
    assert loss.gap <= (FAST.aws_hold + 1) * slower
    assert loss.lost <= TUNNELS * FAST.aws_hold / INTERVAL * slower
