# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why tunnels are down, or up and pass nothing: the suspicions of every kind, ranked, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import (
    causes_gateways,
    causes_networks,
    causes_tunnels,
    registry,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.case import Case
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import (
    AWS,
    AZURE,
    BOTH,
    CERTAIN,
    DOWN,
    LIKELY,
    POSSIBLE,
    Cause,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.registry import CauseUnit, Stage, Suspicion

#: Importing a module enters its causes.
PARTS = (causes_gateways, causes_networks, causes_tunnels)

_SURE = (CERTAIN, LIKELY, POSSIBLE)
MOST_LINES = 12
NOTHING_FOUND = "nothing-found"
NOTHING_FOUND_MEANING = (
    "All that both clouds are told fits, and the tunnel is down: the path between them, a provider, or too early."
)
NOT_YET = "does no harm yet, and will when the tunnel is negotiated anew"


@dataclass(frozen=True)
class _Found:
    unit: CauseUnit
    suspicion: Suspicion

    @property
    def order(self) -> tuple[bool, int, int]:
        """What harms now first, then what is certain, then as a tunnel comes up."""
        return (not self.suspicion.active, _SURE.index(self.suspicion.certainty), self.unit.stage)

    @property
    def explains_a_tunnel(self) -> bool:
        return self.unit.stage < Stage.RANGES and self.suspicion.certainty != POSSIBLE


def causes_of(case: Case) -> list[Cause]:
    """Ranked causes; none for a link that is told rightly and is up."""
    found = [
        _Found(unit, one)
        for unit in registry.CAUSES
        if registry.answered(case, unit.cloud) and not any(_lacks(case, need) for need in unit.needs)
        for one in unit.run(case)
    ]
    merged = _merged(sorted(_independent(found), key=lambda one: one.order))
    causes = [_cause(rank, one) for rank, one in enumerate(merged, 1)]
    # What stands behind the gateways takes no tunnel down.
    explained = {name for one in merged if one.explains_a_tunnel for name in one.suspicion.tunnels}
    return causes + _unexplained(case, explained, len(causes) + 1)


def _lacks(case: Case, need: str) -> bool:
    side, _dot, part = need.partition(".")
    return registry.missing(case, side, part) is not None


def _independent(found: list[_Found]) -> list[_Found]:
    """Without those that only follow from another: of the same tunnels, or of all."""

    def follows(one: _Found, other: _Found) -> bool:
        mine, theirs = set(one.suspicion.tunnels), set(other.suspicion.tunnels)
        return one.unit.name in other.unit.hides and (not mine or not theirs or bool(mine & theirs))

    def narrowed(one: _Found) -> _Found | None:
        hidden = {
            name for other in found if other is not one and follows(one, other) for name in other.suspicion.tunnels
        }
        left = tuple(name for name in one.suspicion.tunnels if name not in hidden)
        if hidden and not left:
            return None
        return replace(one, suspicion=replace(one.suspicion, tunnels=left))

    return [left for left in map(narrowed, found) if left is not None]


def _merged(found: Iterable[_Found]) -> list[_Found]:
    """One cause for what has one name, one side and one certainty."""
    merged: dict[tuple[str, str, str, bool], _Found] = {}
    for one in found:
        suspicion = one.suspicion
        key = (one.unit.name, suspicion.side, suspicion.certainty, suspicion.active)
        first = merged.get(key)
        if first is None:
            merged[key] = one
            continue
        merged[key] = replace(
            first,
            suspicion=replace(
                first.suspicion,
                tunnels=tuple(dict.fromkeys((*first.suspicion.tunnels, *suspicion.tunnels))),
                azure=tuple(dict.fromkeys((*first.suspicion.azure, *suspicion.azure))),
                aws=tuple(dict.fromkeys((*first.suspicion.aws, *suspicion.aws))),
                remedy="\n".join(dict.fromkeys((*first.suspicion.remedy.split("\n"), suspicion.remedy))),
            ),
        )
    return list(merged.values())


def _cut(lines: tuple[str, ...]) -> tuple[str, ...]:
    return lines if len(lines) <= MOST_LINES else (*lines[: MOST_LINES - 1], f"and {len(lines) - MOST_LINES + 1} more")


def _cause(rank: int, found: _Found) -> Cause:
    one = found.suspicion
    effect = one.effect if one.active else f"{one.effect} It {NOT_YET}."
    evidence = {AZURE: _cut(one.azure), AWS: _cut(one.aws)}
    return Cause(rank, found.unit.name, one.side, one.tunnels, effect, evidence, one.remedy.strip(), one.certainty)


def _unexplained(case: Case, explained: set[str], rank: int) -> list[Cause]:
    """Tunnels that are down though nothing speaks against them."""
    if case.azure is None or case.aws is None:
        return []
    left = [one for one in case.used if case.pair_of[one.name].state == DOWN and one.name not in explained]
    if not left:
        return []
    azure, aws = [], []
    for one in left:
        pair = case.pair_of[one.name]
        bgp = f", BGP {pair.azure.bgp}" if pair.azure.bgp else ""
        azure.append(f"{one.name}: {pair.azure.state} {pair.azure.message}".rstrip() + bgp)
        aws.append(
            f"{one.name}: {pair.aws.state} {pair.aws.message}".rstrip()
            + (f" since {pair.aws.since}" if pair.aws.since else "")
        )
    for cloud, lines, read in ((AZURE, azure, case.azure), (AWS, aws, case.aws)):
        unread = [part.replace("_", " ") for part in sorted(read.unread)]
        if unread:
            lines.append(f"not read on {registry.CLOUD_NAMES[cloud]}: {', '.join(unread)}")
    return [
        Cause(
            rank,
            NOTHING_FOUND,
            BOTH,
            tuple(one.name for one in left),
            NOTHING_FOUND_MEANING,
            {AZURE: _cut(tuple(azure)), AWS: _cut(tuple(aws))},
            "Look again in five minutes. Then reset the connection (az network vpn-connection reset), replace AWS's"
            " endpoint (aws ec2 replace-vpn-tunnel), and ask who filters UDP 500 and 4500 between the two.",
            POSSIBLE,
        )
    ]
