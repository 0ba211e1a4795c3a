# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one list of checks and the one list of causes. The documentation's tables are written from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum, auto

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.case import Case
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import (
    AWS,
    AZURE,
    BOTH,
    CERTAIN,
    CLOUD_NAMES,
    FAILED,
    OK,
    UNREAD,
    Check,
)

SOURCE = "Source: "


def words(value: object) -> str:
    """A value as a report shows it: lists in order, yes and no, nothing as ``-``."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(sorted(map(words, value))) or "none"
    return "-" if value is None or value == "" else str(value)


@dataclass(frozen=True)
class Finding:
    """What a check found on one resource. ``ok`` None: it could not be read."""

    resource: str
    ok: bool | None
    expected: str
    found: str
    remedy: str = ""
    tunnel: str | None = None


def compared(resource: str, expected: object, found: object, remedy: str, tunnel: str | None = None) -> Finding:
    """A setting is as it should be, or it is not."""
    return Finding(resource, words(expected) == words(found), words(expected), words(found), remedy, tunnel)


def same_word(resource: str, expected: str, found: str, remedy: str, tunnel: str | None = None) -> Finding:
    """Azure does not tell names and SKUs apart by letter case."""
    return Finding(resource, expected.lower() == found.lower(), words(expected), words(found), remedy, tunnel)


def unread(resource: str, expected: object, why: str, tunnel: str | None = None, remedy: str = "") -> Finding:
    return Finding(resource, None, words(expected), why, remedy, tunnel)


def mend(case: Case, planned: str, command: str) -> str:
    """The change that mends it: of a planned link the playbook's, else the cloud's command. Nothing but this names a
    playbook or a variable of the plan to somebody who has no plan."""
    return f"Run site.yml again: {planned}." if case.plan is not None else command


Findings = Iterator[Finding]
Run = Callable[[Case], Findings]


def _documented(function: Callable[..., object]) -> tuple[str, str]:
    """(what it is, where the rule is from) out of a docstring, whose last paragraph is ``Source: ...``"""
    text = " ".join((function.__doc__ or "").split())
    meaning, _found, source = text.partition(SOURCE)
    return meaning.strip(), source.strip()


@dataclass(frozen=True)
class CheckUnit:
    """One named check. ``planned`` ones compare with the plan and are left out without one; ``needs`` are the parts of
    the readings, like ``azure.route_tables``, without which it says nothing."""

    name: str
    severity: str
    cloud: str
    planned: bool
    needs: tuple[str, ...]
    run: Run

    @property
    def meaning(self) -> str:
        return _documented(self.run)[0]

    @property
    def source(self) -> str:
        return _documented(self.run)[1]

    def checks(self, case: Case) -> Iterator[Check]:
        if self.planned and case.plan is None:
            return
        if not answered(case, self.cloud) and not self.name.endswith(".answer"):
            return  # `<cloud>.answer` says it once
        for need in self.needs:
            side, _dot, part = need.partition(".")
            why = missing(case, side, part)
            if why is not None:
                resource = f"{CLOUD_NAMES[side]}: {part.replace('_', ' ')}"
                yield Check(self.name, self.severity, self.cloud, resource, None, UNREAD, "read", why)
                return
        for one in self.run(case):
            status = UNREAD if one.ok is None else OK if one.ok else FAILED
            remedy = "" if status == OK else one.remedy
            yield Check(
                self.name, self.severity, self.cloud, one.resource, one.tunnel, status, one.expected, one.found, remedy
            )


def answered(case: Case, cloud: str) -> bool:
    silent = {side for side, read in ((AZURE, case.azure), (AWS, case.aws)) if read is None}
    return not silent & ({AZURE, AWS} if cloud == BOTH else {cloud})


def missing(case: Case, side: str, part: str) -> str | None:
    """Why a part of a reading is not there, None where it is."""
    read = case.azure if side == AZURE else case.aws
    if read is None:
        return f"{CLOUD_NAMES[side]} was not read"
    return read.unread.get(part)


CHECKS: dict[str, CheckUnit] = {}
#: Areas, the first part of a check's name, in the order in which people read them.
AREAS = ("azure", "aws", "outside", "ike", "crypto", "keys", "routing", "tunnel", "bgp", "routes", "ranges", "reach",
         "redundancy", "advice")  # fmt: skip


def in_order() -> list[CheckUnit]:
    """The catalogue, by area."""
    return sorted(CHECKS.values(), key=lambda unit: AREAS.index(unit.name.partition(".")[0]))


def check(
    name: str, severity: str, cloud: str, *, planned: bool = False, needs: tuple[str, ...] = ()
) -> Callable[[Run], Run]:
    """Put a function into the catalogue. It yields a finding for every resource that it looks at."""

    def entered(function: Run) -> Run:
        CHECKS[name] = CheckUnit(name, severity, cloud, planned, needs, function)
        return function

    return entered


# -------------------------------------------------------------------------------------------------------------- causes


@dataclass(frozen=True)
class Suspicion:
    """One thing that is wrong, before it is ranked. ``tunnels`` are names, none for the whole link.

    ``side`` is where the change is made that mends it. ``active`` False: it does no harm yet, and will at the next
    negotiation.
    """

    side: str
    tunnels: tuple[str, ...]
    effect: str
    azure: tuple[str, ...] = ()
    aws: tuple[str, ...] = ()
    remedy: str = ""
    certainty: str = CERTAIN
    active: bool = True


Suspicions = Iterator[Suspicion]
Suspect = Callable[[Case], Suspicions]


class Stage(IntEnum):
    """The order in which a link comes up, and so the order of its causes."""

    EXISTENCE = auto()
    STATE = auto()
    ADDRESS = auto()
    INITIATOR = auto()
    VERSION = auto()
    PHASE1 = auto()
    KEY = auto()
    PHASE2 = auto()
    PFS = auto()
    KIND = auto()
    INSIDE = auto()
    ASN = auto()
    RANGES = auto()
    ROUTES = auto()
    FILTERS = auto()
    REST = auto()


@dataclass(frozen=True)
class CauseUnit:
    """One kind of cause. ``cloud`` is what must have answered, ``hides`` names causes that only follow from it, and
    ``needs`` are parts of the readings as for a check."""

    name: str
    stage: Stage
    cloud: str
    needs: tuple[str, ...]
    hides: tuple[str, ...]
    run: Suspect

    @property
    def meaning(self) -> str:
        return _documented(self.run)[0]

    @property
    def source(self) -> str:
        return _documented(self.run)[1]


CAUSES: list[CauseUnit] = []


def cause(
    name: str, stage: Stage, cloud: str, *, needs: tuple[str, ...] = (), hides: tuple[str, ...] = ()
) -> Callable[[Suspect], Suspect]:
    """Put a function into the list of causes. It yields a suspicion for each thing that is wrong."""

    def entered(function: Suspect) -> Suspect:
        CAUSES.append(CauseUnit(name, stage, cloud, needs, hides, function))
        return function

    return entered
