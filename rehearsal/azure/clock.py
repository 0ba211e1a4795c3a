"""The clock that drives operations: scaled for people, instant or stepped for tests."""

from __future__ import annotations

import time
from typing import Protocol

REAL_GATEWAY_SECONDS = 1190.0
"""What making a VPN gateway takes in Azure (median of the recordings, 19.8 minutes)."""


class Clock(Protocol):
    """Seconds of Azure in, seconds of this clock out."""

    scale: float
    """Seconds of this clock for one second of Azure."""

    def now(self) -> float: ...


class ScaledClock:
    """Wall time; an operation that takes `d` seconds in Azure takes `d * scale` here."""

    def __init__(self, gateway_seconds: float) -> None:
        self.scale = gateway_seconds / REAL_GATEWAY_SECONDS

    def now(self) -> float:
        return time.monotonic()


class InstantClock(ScaledClock):
    """Every operation is done by the next request."""

    def __init__(self) -> None:
        super().__init__(0.0)


class SteppedClock:
    """Stands still until `advance` is called with seconds of Azure."""

    scale = 1.0

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds
