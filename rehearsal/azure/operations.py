"""Long-running operations: begun by a request, finished by the clock, seen by polling."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .clock import Clock
from .durations import DEFAULT_RETRY_AFTER, RETRY_AFTER, SECONDS


@dataclass
class Operation:
    """`result` is what its Location answers in the end: None is no body.

    An operation with an `error` ends Failed, by `failed` instead of `effect`.
    """

    name: str
    method: str
    resource: str
    location: str
    began: float
    due: float
    retry_after: float
    effect: Callable[[], None] | None = None
    failed: Callable[[], None] | None = None
    result: Callable[[], Any] | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "InProgress"
    error: dict[str, Any] | None = None

    @property
    def done(self) -> bool:
        return self.status != "InProgress"


class Operations:
    """Every operation since the start; `settle` applies those that are due, in order."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._all: dict[str, Operation] = {}
        self._pending: list[Operation] = []

    def begin(self, name: str, method: str, resource: str, location: str, duration: str, **more: Any) -> Operation:
        """Begin an operation that takes what `duration` takes in Azure (a key of `durations.SECONDS`)."""
        now = self.clock.now()
        operation = Operation(
            name=name,
            method=method,
            resource=resource,
            location=location,
            began=now,
            due=now + SECONDS[duration] * self.clock.scale,
            retry_after=RETRY_AFTER.get(duration, DEFAULT_RETRY_AFTER) * self.clock.scale,
            **more,
        )
        self._all[operation.id] = operation
        self._pending.append(operation)
        return operation

    @property
    def count(self) -> int:
        return len(self._all)

    def since(self, count: int) -> list[Operation]:
        """What was begun when there were already `count`."""
        return list(self._all.values())[count:]

    def find(self, operation_id: str) -> Operation | None:
        return self._all.get(operation_id)

    def settle(self) -> bool:
        """Finish what is due; True where something was."""
        now = self.clock.now()
        due = sorted((o for o in self._pending if o.due <= now), key=lambda o: o.due)
        if not due:
            return False
        for operation in due:
            self._pending.remove(operation)
            if operation.error is None and operation.effect is not None:
                operation.effect()
            if operation.error is not None and operation.failed is not None:
                operation.failed()
            operation.status = "Failed" if operation.error is not None else "Succeeded"
        return True
