"""Faults on order: the cloud misbehaves at the calls that a test names (POST /_rehearsal/faults).

`Faults` stands before the front door: it sees every call but the WAN's, lets it through, or spoils it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from .actions import describe
from .answers import Answer, Call
from .cloud import Cloud
from .errors import ArmError, group_not_found, resource_not_found
from .ids import parse
from .invented import refuse
from .operations import Operation

Proceed = Callable[[Call], Awaitable[Answer]]

_COMMON = {"fault", "action", "method", "mutating", "skip", "times", "path"}
_PARAMETERS: dict[str, set[str]] = {
    "throttle": {"retry_after"},
    "error-500": set(),
    "error-503": set(),
    "drop-before": set(),
    "drop-after": set(),
    "operation-failed": {"code", "message"},
    "stuck": {"seconds"},
    "not-found-yet": {"seconds"},
    "expired-token": set(),
    "refuse": {"status", "code", "message"},
    "hang": {"seconds"},
}
"""What each kind of fault takes beside what all take."""


@dataclass
class Fault:
    """An order: `given` as it was posted; `seen` and `hits` count the calls that fit and those that were spoilt."""

    id: int
    given: dict[str, Any]
    seen: int = 0
    hits: int = 0
    held: list[tuple[Operation, float]] = field(default_factory=list)
    """Operations that are stuck because of it, and when they would have been done."""
    hidden: list[tuple[str, float]] = field(default_factory=list)
    """Lower-case paths that reads do not find, and until when."""
    removed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def kind(self) -> str:
        return str(self.given["fault"])

    @property
    def seconds(self) -> float:
        """How long it lasts, infinite until it is removed."""
        given = self.given.get("seconds")
        return math.inf if given is None else float(given)

    def fits(self, call: Call) -> bool:
        action, mutating = describe(call.method, call.path)
        given = self.given
        return (
            fnmatchcase(action.lower(), str(given.get("action") or "*").lower())
            and fnmatchcase(call.path.lower(), str(given.get("path") or "*").lower())
            and given.get("method") in (None, call.method)
            and given.get("mutating") in (None, mutating)
        )

    def takes(self, call: Call) -> bool:
        """Whether it is this call's turn; counts it."""
        times = self.given.get("times", 1)
        if (times is not None and self.hits >= times) or not self.fits(call):
            return False
        self.seen += 1
        return self.seen > self.given.get("skip", 0)


class Faults:
    """All orders of a cloud, and the interceptor that carries them out."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._numbers = itertools.count(1)
        self._all: list[Fault] = []

    def add(self, given: dict[str, Any]) -> int:
        """The order's id. Raises ValueError for an order that cannot be carried out."""
        kind = given.get("fault")
        if kind not in _PARAMETERS:
            raise ValueError(f"fault is {kind!r}; known are {', '.join(_PARAMETERS)}")
        unknown = given.keys() - _COMMON - _PARAMETERS[kind]
        if unknown:
            raise ValueError(f"{kind} takes no {', '.join(sorted(unknown))}")
        missing = {"status", "code", "message"} - given.keys() if kind == "refuse" else set()
        if missing:
            raise ValueError(f"{kind} needs {', '.join(sorted(missing))}")
        fault = Fault(next(self._numbers), given)
        self._all.append(fault)
        return fault.id

    def as_list(self) -> list[dict[str, Any]]:
        return [{"id": f.id, **f.given, "hits": f.hits} for f in self._all]

    def clear(self) -> None:
        """Remove all: what is stuck goes on, what is hidden is found, who hangs is let go."""
        for fault in self._all:
            fault.removed.set()
            for operation, due in fault.held:
                operation.due = due
        self._all.clear()

    async def __call__(self, call: Call, proceed: Proceed) -> Answer:
        """Answer a call as the first order that fits it says, or as the cloud does."""
        if call.header("x-rehearsal") == "wan":
            return await proceed(call)
        fault = next((f for f in self._all if f.takes(call)), None)
        if fault is None:
            return await self._seen_by_reader(call, proceed)
        fault.hits += 1
        before = self._cloud.operations.count
        answer = await self._spoil(fault, call, proceed)
        if answer is None:  # the call went through: some kinds work on what it began
            answer = await self._seen_by_reader(call, proceed)
            if not self._aftermath(fault, call, answer, self._cloud.operations.since(before)):
                fault.hits -= 1
                return answer
        answer.fault = fault.kind
        return answer

    async def _spoil(self, fault: Fault, call: Call, proceed: Proceed) -> Answer | None:
        """The fault's own answer; None where the call is to be let through."""
        match fault.kind:
            case "throttle":
                wait = fault.given.get("retry_after")
                return _refused(refuse("throttled"), {} if wait is None else {"Retry-After": str(wait)})
            case "error-500":
                return _refused(refuse("server error"))
            case "error-503":
                return _refused(refuse("unavailable"))
            case "drop-before":
                return Answer(0)
            case "drop-after":
                await proceed(call)
                return Answer(0)
            case "expired-token":
                return _refused(self._cloud.login.revoke(call))
            case "refuse":
                return _refused(ArmError(fault.given["status"], fault.given["code"], fault.given["message"]))
            case "hang":
                limit = None if math.isinf(fault.seconds) else fault.seconds
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(fault.removed.wait(), limit)
                return Answer(0)
            case _:
                return None

    def _aftermath(self, fault: Fault, call: Call, answer: Answer, begun: list[Operation]) -> bool:
        """What is done to a call that went through; False where there was nothing to spoil."""
        now = self._cloud.clock.now()
        if fault.kind == "not-found-yet":
            if answer.status != 201:
                return False
            fault.hidden.append((call.path.lower(), now + fault.seconds))
            return True
        for operation in begun:
            if fault.kind == "stuck":
                fault.held.append((operation, operation.due))
                operation.due = max(operation.due, now + fault.seconds)
            else:
                default = refuse("operation failed")
                code, message = fault.given.get("code", default.code), fault.given.get("message", default.message)
                operation.error = {"code": code, "message": message, "details": []}
        return bool(begun)

    async def _seen_by_reader(self, call: Call, proceed: Proceed) -> Answer:
        """The cloud's answer, without what reads may not find yet."""
        now = self._cloud.clock.now()
        hidden = [path for fault in self._all for path, until in fault.hidden if now < until]
        if not hidden or call.method not in ("GET", "HEAD"):
            return await proceed(call)
        for path in hidden:
            if _at_or_below(call.path, path):
                return _not_found(path)
        answer = await proceed(call)
        rows = answer.body.get("value") if isinstance(answer.body, dict) else None
        if isinstance(rows, list):
            seen = [row for row in rows if not any(_at_or_below(_row_id(row), path) for path in hidden)]
            answer.body = {**answer.body, "value": seen}
        return answer


def _refused(error: ArmError, headers: dict[str, str] | None = None) -> Answer:
    return Answer(error.status, error.body, error.headers | (headers or {}))


def _at_or_below(path: str, top: str) -> bool:
    return f"{path.lower()}/".startswith(f"{top}/")


def _row_id(row: Any) -> str:
    return str(row.get("id", "")) if isinstance(row, dict) else ""


def _not_found(path: str) -> Answer:
    rid = parse(path)
    return _refused(resource_not_found(rid) if rid else group_not_found(path.rsplit("/", 1)[-1]))
