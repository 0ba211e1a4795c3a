"""The state of a thing that changes by itself after a while."""

from __future__ import annotations

from rehearsal.aws import invented
from rehearsal.aws.clock import Clock, Hold


class Life:
    """A state, and perhaps the one that follows it at a known moment."""

    def __init__(self, clock: Clock, state: str) -> None:
        self._clock = clock
        self._state = state
        self._until: float | None = None
        self._then = state
        self._hold: Hold | None = None
        self._since = clock.now()

    def passing(self, state: str, seconds: float, then: str) -> Life:
        """Enter `state` now and `then` in `seconds` AWS seconds."""
        self._state, self._then = state, then
        self._since = self._clock.now()
        self._hold = self._clock.hold
        self._until = self._clock.after(seconds)
        return self

    @property
    def state(self) -> str:
        self._settle()
        return self._state

    def _settle(self) -> None:
        if self._hold and self._hold.holds:
            return
        if self._until is not None and self._clock.now() >= self._until:
            self._state, self._since, self._until = self._then, self._until, None

    @property
    def forgotten(self) -> bool:
        """Deleted so long ago that AWS no longer shows it."""
        return self.state == "deleted" and self._clock.now() - self._since > invented.seconds("deleted_visible")
