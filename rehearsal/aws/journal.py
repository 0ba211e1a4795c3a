"""The log of requests, for counting calls. No bodies: they hold keys."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from rehearsal.aws.request import Request


@dataclass(frozen=True)
class Entry:
    t: float
    method: str
    path: str
    service: str
    region: str
    action: str
    status: int
    mutating: bool
    client: str
    fault: str | None
    """The injected fault that hit it."""


class Journal:
    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self.crashes: list[str] = []
        """Where the rehearsal itself failed. Nothing but a test's own order clears them."""

    def note(self, request: Request, status: int) -> None:
        scope = request.scope
        self._entries.append(
            Entry(
                t=time.time(),
                method=request.method,
                path=request.path,
                service=scope.service if scope else "",
                region=scope.region if scope else "",
                action=request.action,
                status=status,
                mutating=request.mutating,
                client=request.headers.get("user-agent", ""),
                fault=request.fault,
            )
        )

    def entries(self) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self._entries]

    def clear(self) -> None:
        self._entries.clear()
