# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in a report comes from tags, names and error texts: harmless in a page, a terminal or an XML file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

# C0 and C1 controls, surrogates, and what turns the direction of the rest of a line
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)
_SPACE = re.compile(r"\s+")
_GUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_ACCOUNT = re.compile(r"(?<![\w.])\d{12}(?![\w.])")


def plain(value: object) -> str:
    """On one line, without control characters. None is empty."""
    return "" if value is None else _SPACE.sub(" ", _UNPRINTABLE.sub(" ", str(value))).strip()


def without_ids(value: Any) -> Any:
    """The same JSON without subscription, tenant and object ids and AWS account ids in its texts: the clouds quote
    them when they refuse a request."""
    if isinstance(value, dict):
        return {name: without_ids(one) for name, one in value.items()}
    if isinstance(value, list):
        return [without_ids(one) for one in value]
    return _ACCOUNT.sub("(account)", _GUID.sub("(id)", value)) if isinstance(value, str) else value


def public(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report of a link as it may be shown: without ids, unless it was made with them."""
    asked = any((report.get(cloud) or {}).get(name) for cloud, name in (("azure", "subscription"), ("aws", "account")))
    return dict(report) if asked else without_ids(dict(report))


def columns(text: str) -> int:
    """How many columns a terminal takes for it; East Asian characters and emoji take two."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def clipped(value: object, width: float, measure: Callable[[str], float] = columns, mark: str = "...") -> str:
    """At most `width` of what `measure` counts. The middle goes, since names differ at both ends."""
    text = plain(value)
    if measure(text) <= width:
        return text
    room = max(width - measure(mark), 0)
    head, tail = text, ""
    while head and measure(head) > room * 2 / 3:
        head = head[:-1]
    for one in reversed(text):
        if measure(one + tail) > room / 3:
            break
        tail = one + tail
    return f"{head.rstrip()}{mark[: max(int(width), 0)]}{tail.lstrip()}"
