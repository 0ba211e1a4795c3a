# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mistake in the input, as a value: errors are collected and told together, never raised one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import get_close_matches

PREFIX = "s2s_vpn_"
LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Fault:
    """What is wrong with one value and what to write instead.

    ``value`` is "" where there is none to show: it is missing, or it is (or may be) a secret.
    ``problem`` is a clause without a full stop; ``remedy`` is one or more whole sentences.
    """

    variable: str
    value: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        subject = f"{self.variable} = {self.value}" if self.value else self.variable
        return f"{subject}: {self.problem}. {self.remedy}"

    def as_dict(self) -> dict[str, str]:
        return {**asdict(self), "text": str(self)}


def shown(value: object) -> str:
    """A value on one line, short enough for an error message, with nothing that a terminal would obey."""
    try:
        text = " ".join(str(value).split()) or "''"
    except ValueError:  # Python writes no number of thousands of digits
        return "a number too long to show"
    text = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text[: LONGEST_SHOWN + 1])
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."


def listed(items: Iterable[object], last: str = "and") -> str:
    """``a, b and c``."""
    words = [str(item) for item in items]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; letter case does not count."""
    by_lower = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.7)
    return by_lower[found[0]] if found else None


def message(headline: str, faults: Iterable[Fault]) -> str:
    """One text for all faults, one fault a line under the headline."""
    return "\n".join([headline, *(f"- {fault}" for fault in faults)])
