"""The request log: what was asked, by whom, and whether it could change anything. Bodies are never kept."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """`t` seconds since the start; `action` in Azure's words, as a role definition has them.

    `status` 0 is a call that got no answer; `fault` is the injected fault that hit it.
    """

    t: float
    method: str
    path: str
    action: str
    status: int
    mutating: bool
    client: str
    error: str = ""
    fault: str = ""


class RequestLog:
    def __init__(self) -> None:
        self.started = time.monotonic()
        self.entries: list[Entry] = []

    def add(self, **entry: Any) -> None:
        self.entries.append(Entry(t=round(time.monotonic() - self.started, 3), **entry))

    def clear(self) -> None:
        self.entries.clear()

    def as_list(self) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self.entries]
