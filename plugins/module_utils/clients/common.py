# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What both clouds' clients share: the readable error, reads at once, and what may not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class CloudError(Exception):
    """A request that failed: what was tried, on what, what the cloud answered, and what to do.

    `code` is the cloud's error code, or a word of the client where no answer came.
    """

    def __init__(self, tried: str, code: str, answer: str, remedy: str = "") -> None:
        self.tried, self.code, self.answer, self.remedy = tried, code, answer, remedy
        said = f"{code}: {answer}" if code and code not in answer else answer
        super().__init__(" ".join(filter(None, [f"{tried}: {said.rstrip('. ')}.", remedy])))

    @property
    def denied(self) -> bool:
        """The identity lacks a permission."""
        raise NotImplementedError


def together(tasks: Iterable[Callable[[], Any]]) -> list[Any]:
    """Do independent reads at once; results in the order asked."""
    listed = list(tasks)
    if not listed:
        return []
    with ThreadPoolExecutor(max_workers=min(8, len(listed))) as pool:
        return list(pool.map(lambda task: task(), listed))


class Unread:
    """What could not be read, so that one missing permission does not hide the rest.

    `found`: {"what": the part of the reading, in words, "why": the cloud's code and no id of anybody,
    "permission": what would allow it, or ""}.

    :param strict: a missing permission is an error after all
    """

    def __init__(self, strict: bool = False) -> None:
        self._strict = strict
        self._found: dict[str, dict[str, str]] = {}

    @property
    def found(self) -> list[dict[str, str]]:
        return [self._found[what] for what in sorted(self._found)]

    def add(self, what: str, why: str, permission: str = "") -> None:
        self._found[what] = {"what": what, "why": why, "permission": permission}

    def attempt(
        self, what: str, permission: str, read: Callable[[], Any], otherwise: Any = None, *, any_refusal: bool = False
    ) -> Any:
        """`read()`, or `otherwise` where the permission is missing; with `any_refusal` after any other error too."""
        try:
            return read()
        except CloudError as error:
            if self._strict:
                raise
            if error.denied:
                self.add(what, f"{error.code}: this identity may not read it", permission)
            elif any_refusal:
                self.add(what, error.code or "no answer")
            else:
                raise
            return otherwise
