"""Time as AWS would count it: real durations, run faster by one factor."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

GATEWAY_SECONDS = 1190
"""Real seconds that an Azure VPN gateway takes to create: both clouds are scaled by it."""


@dataclass(frozen=True)
class Hold:
    """Keeps something as it is until a moment of a clock, or until it is released."""

    clock: Clock
    deadline: float
    released: threading.Event

    @property
    def holds(self) -> bool:
        return not self.released.is_set() and self.clock.now() < self.deadline


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
        self.hold: Hold | None = None
        """What keeps the changes that begin now from coming to their end (injected faults)."""

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
        return self._at(self.now() + (0 if self.instant else seconds))

    def after_real(self, seconds: float) -> float:
        """The moment in that many seconds on the wall, remembered likewise."""
        return self._at(self.now() + (seconds if self.instant else seconds / self.scale))

    def _at(self, deadline: float) -> float:
        heapq.heappush(self._deadlines, deadline)
        return deadline

    @contextmanager
    def held(self, hold: Hold) -> Iterator[None]:
        """What begins to change inside is held."""
        self.hold = hold
        try:
            yield
        finally:
            self.hold = None

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
