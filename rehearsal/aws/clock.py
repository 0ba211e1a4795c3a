"""Time as AWS would count it: real durations, run faster by one factor."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable

GATEWAY_SECONDS = 1190
"""Real seconds that an Azure VPN gateway takes to create: both clouds are scaled by it."""


class Clock:
    """AWS seconds since start.

    ``gateway_seconds`` is what a gateway's 1190 s shall take here; 0 is *instant*: every change is done at once.
    """

    def __init__(self, gateway_seconds: float, ticks: Callable[[], float] = time.monotonic) -> None:
        self.scale = gateway_seconds / GATEWAY_SECONDS
        self._ticks = ticks
        self._start = ticks()
        self._stepped = 0.0
        self._deadlines: list[float] = []

    @property
    def instant(self) -> bool:
        return self.scale == 0

    def now(self) -> float:
        elapsed = self._ticks() - self._start
        return self._stepped + (elapsed if self.instant else elapsed / self.scale)

    def step(self, seconds: float) -> None:
        """Move on by that many AWS seconds (tests)."""
        self._stepped += seconds

    def after(self, seconds: float) -> float:
        """The moment in that many AWS seconds, remembered for `fallen_due`."""
        deadline = self.now() + (0 if self.instant else seconds)
        heapq.heappush(self._deadlines, deadline)
        return deadline

    def fallen_due(self) -> int:
        """How many remembered moments have passed since the last call."""
        passed = 0
        while self._deadlines and self._deadlines[0] <= self.now():
            heapq.heappop(self._deadlines)
            passed += 1
        return passed

    def real_seconds(self, seconds: float) -> float:
        """What that many AWS seconds take on the wall."""
        return seconds * self.scale
