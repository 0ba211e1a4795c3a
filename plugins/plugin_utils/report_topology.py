# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a link: both networks, gateways, instances and tunnels, as inline SVG for a wide and a narrow page.

Input is the report of a link (docs/report.schema.json). Colours are the page's own, so that the picture follows it into
the dark and onto paper. A state also has its own line and sign, for those who cannot tell colours apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.report import CLOUDS, of
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.texts import clipped, columns, plain
from markupsafe import Markup

JsonDict = Mapping[str, Any]

STATES = ("up", "down", "spare", "unknown")
KINDS = {"vgw": "virtual private gateway", "tgw": "transit gateway"}
# Widths of letters by their size in DejaVu, the widest of the usual fonts; rounded up
NARROW_LETTERS, WIDE_LETTERS = frozenset("fijlrtI.,:;'|!()[]/ "), frozenset("mwMW@%")
MONO, BOLD = 0.61, 1.1

_GROUP = Markup("<g{}>{}</g>")
_TEXT = Markup('<text x="{}" y="{}"{}>{}</text>')
_RECT = Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="{}" class="{}"/>')
_LINE = Markup('<path d="{}" class="line {}"/>')
_SIGN = Markup('<use href="#sign-{}" x="{}" y="{}" width="20" height="20" class="sign {}"/>')
_PICTURE = Markup(
    '<svg class="picture {0}" viewBox="0 0 {1} {2}" role="img" aria-labelledby="{3}-{0}-title {3}-{0}-desc">'
    '<title id="{3}-{0}-title">{4}</title><desc id="{3}-{0}-desc">{5}</desc>{6}</svg>'
)


def state_of(tunnel: JsonDict) -> str:
    """up, down, spare or unknown; anything else is unknown."""
    state = tunnel.get("state")
    return state if state in STATES else "unknown"


def answered(end: JsonDict | None) -> bool:
    """Whether the cloud has told of this end of a tunnel: inside addresses are known from the plan."""
    return bool(end) and any(of(end, name) for name in ("connection", "outside_address"))


def bgp_words(report: JsonDict, tunnel: JsonDict) -> str:
    azure, aws = (plain(of(tunnel, cloud, "bgp")) for cloud in CLOUDS)
    if state_of(tunnel) == "spare" or report.get("routing") == "static":
        return ""
    if azure == aws:
        return f"BGP {azure}" if azure else "BGP unknown"
    return f"BGP Azure {azure or 'unknown'}, AWS {aws or 'unknown'}"


def in_words(report: JsonDict) -> str:
    """The picture for those who cannot see it."""
    parts = []
    for cloud, name in CLOUDS.items():
        side = report.get(cloud) or {}
        asn = f", {_asn(side)}" if side.get("asn") else ""
        ranges = " ".join(map(plain, side.get("ranges") or []))
        parts.append(f"{name} {plain(side.get('place'))}: network {plain(side.get('network'))} {ranges}, "
                     f"gateway {plain(side.get('gateway'))}{asn}.")  # fmt: skip
    for tunnel in report.get("tunnels") or []:
        ends = " to ".join(plain(of(tunnel, cloud, "outside_address")) or "no answer" for cloud in CLOUDS)
        parts.append(
            f"Tunnel {plain(tunnel.get('name'))} {plain(tunnel.get('inside_cidr'))}: {state_of(tunnel)}, {ends}."
        )
    return " ".join(parts)


def letters(text: str) -> float:
    """Width of a text in a proportional font, by its size."""
    return sum(
        0.42 if one in NARROW_LETTERS
        else 1.0 if one in WIDE_LETTERS
        else 0.78 if one.isupper()
        else 0.64 * columns(one)
        for one in text
    )  # fmt: skip


def _monospaced(text: str) -> float:
    return MONO * columns(text)


@dataclass
class _Pen:
    """Collects shapes. Text that would not fit into `room` units is clipped and whole in a tooltip."""

    parts: list[Markup]

    def text(
        self, x: float, y: float, value: object, room: float, size: int = 12, kind: str = "", end: str = ""
    ) -> None:
        whole = plain(value)
        if not whole:
            return
        bold = BOLD if "strong" in kind else 1
        shown = clipped(whole, room / size / bold, _monospaced if "mono" in kind else letters, "\u2026")
        names = " ".join(filter(None, [f"s{size}", kind]))
        more = Markup(' class="{}"').format(names) + (Markup(' text-anchor="{}"').format(end) if end else "")
        inside = shown if shown == whole else Markup("<title>{}</title>{}").format(whole, shown)
        self.parts.append(_TEXT.format(x, y, more, inside))

    def rect(self, x: float, y: float, width: float, height: float, radius: int, kind: str) -> None:
        self.parts.append(_RECT.format(x, y, width, height, radius, kind))

    def lane(self, path: str, state: str, x: float, y: float) -> None:
        self.parts.append(_LINE.format(path, state))
        self.parts.append(_SIGN.format(state, x - 10, y - 10, state))


def _ordered(report: JsonDict) -> list[JsonDict]:
    """Tunnels of an instance beside each other, then those of a VPN connection."""
    tunnels = list(report.get("tunnels") or [])
    known = [of(one, "azure", "instance") for one in tunnels]
    if None not in known and all(map(answered, (one.get("azure") for one in tunnels))):
        tunnels.sort(key=lambda one: (of(one, "azure", "instance"), plain(of(one, "aws", "connection")), one["name"]))
    return tunnels


def _runs(tunnels: list[JsonDict], key: Callable[[JsonDict], object]) -> Iterator[tuple[int, list[JsonDict]]]:
    row = 0
    for _value, run in groupby(tunnels, key=key):
        members = list(run)
        yield row, members
        row += len(members)


def _kind(cloud: str, side: JsonDict) -> str:
    return plain(side.get("sku") if cloud == "azure" else KINDS.get(str(side.get("kind")), side.get("kind")))


def _asn(side: JsonDict) -> str:
    return f"ASN {side['asn']}" if side.get("asn") else ""


def _ranges(side: JsonDict, name: str) -> str:
    listed = [plain(one) for one in side.get(name) or []]
    return f"{listed[0]} and {len(listed) - 1} more" if len(listed) > 2 else ", ".join(listed)


WIDE, BAND, ROW, TOP = 900, 270, 70, 168


def wide(report: JsonDict, anchor: str) -> Markup:
    """Azure left, AWS right, a line for each tunnel between them."""
    tunnels = _ordered(report)
    rows = max(len(tunnels), 1)
    height = TOP + rows * ROW + 22
    pen = _Pen([])
    for cloud, left in (("azure", 0), ("aws", WIDE - BAND)):
        side = report.get(cloud) or {}
        pen.rect(left, 0, BAND, height, 16, f"band {cloud}")
        pen.text(left + 16, 28, CLOUDS[cloud], 60, 15, "strong")
        pen.text(left + BAND - 16, 28, side.get("place"), 170, 12, "soft", "end")
        pen.rect(left + 12, 42, BAND - 24, 64, 10, "box")
        pen.text(left + 24, 62, side.get("network") or "network not known", 222, 13, "strong")
        pen.text(left + 24, 80, _ranges(side, "ranges"), 222, 12, "mono")
        app = _ranges(side, "app_ranges")
        pen.text(left + 24, 97, f"app {app}" if app else "", 222, 11, "mono soft")
        pen.parts.append(_LINE.format(f"M{left + BAND / 2} 106v14", "joint"))
        pen.rect(left + 12, 120, BAND - 24, height - 132, 10, "box")
        asn = _asn(side)
        pen.text(left + 24, 141, side.get("gateway") or "gateway not known", 214 - 12 * letters(asn), 13, "strong")
        pen.text(left + BAND - 24, 141, asn, 120, 12, "soft", "end")
        pen.text(left + 24, 159, _kind(cloud, side), 222, 11, "soft")
    for number, tunnel in enumerate(tunnels):
        middle = TOP + number * ROW + ROW / 2
        state = state_of(tunnel)
        pen.lane(f"M{BAND - 20} {middle}H{WIDE - BAND + 20}", state, WIDE / 2, middle)
        pen.text(WIDE / 2, middle - 17, f"{plain(tunnel.get('name'))} {state}", 150, 13, f"strong {state}", "middle")
        pen.text(BAND + 12, middle - 9, of(tunnel, "azure", "inside_address"), 110, 11, "mono soft")
        pen.text(WIDE - BAND - 12, middle - 9, of(tunnel, "aws", "inside_address"), 110, 11, "mono soft", "end")
        under = " \u00b7 ".join(filter(None, [plain(tunnel.get("inside_cidr")), bgp_words(report, tunnel)]))
        pen.text(WIDE / 2, middle + 25, under, 350, 11, "mono soft", "middle")
    for row, run in _runs(tunnels, lambda one: (of(one, "azure", "instance"), of(one, "azure", "outside_address"))):
        _ends(pen, 20, row, run)
        instance = of(run[0], "azure", "instance")
        y = TOP + (row + len(run) / 2) * ROW
        if not answered(run[0].get("azure")):
            told = "no connection for the spare" if state_of(run[0]) == "spare" else "no answer"
            pen.text(32, y + 4, told, 206, 12, "soft")
            continue
        pen.text(32, y - 5, "gateway" if instance is None else f"instance {instance}", 206, 12, "strong")
        pen.text(32, y + 14, of(run[0], "azure", "outside_address"), 206, 12, "mono")
    for row, run in _runs(tunnels, lambda one: of(one, "aws", "connection")):
        left = WIDE - BAND + 20
        _ends(pen, left, row, run)
        if not answered(run[0].get("aws")):
            pen.text(left + 12, TOP + (row + len(run) / 2) * ROW + 4, "no answer", 206, 12, "soft")
            continue
        pen.text(left + 12, TOP + row * ROW + 21, of(run[0], "aws", "connection"), 206, 12, "strong")
        for number, tunnel in enumerate(run):
            y = TOP + (row + number) * ROW + ROW / 2 + 5
            pen.text(left + 12, y, of(tunnel, "aws", "outside_address"), 206, 12, "mono")
    if not tunnels:
        pen.text(WIDE / 2, TOP + ROW / 2, "no tunnels", 300, 13, "soft", "middle")
    return _picture("wide", report, anchor, WIDE, height, pen)


def _ends(pen: _Pen, left: float, row: int, run: list[JsonDict]) -> None:
    pen.rect(left, TOP + row * ROW + 4, BAND - 40, len(run) * ROW - 8, 8, "end")


NARROW, LANE, STEP = 340, 15, 62


def narrow(report: JsonDict, anchor: str) -> Markup:
    """Azure above, AWS below, a line for each tunnel from one to the other, and its words beside it."""
    tunnels = _ordered(report)
    azure, aws = report.get("azure") or {}, report.get("aws") or {}
    instances = azure.get("instances") or []
    pen = _Pen([])
    above = 84 + 18 * len(instances)
    below = above + 14 + STEP * max(len(tunnels), 1)
    height = below + 84
    for cloud, side, top, size in (("azure", azure, 0, above), ("aws", aws, below, 84)):
        pen.rect(0, top, NARROW, size, 14, f"band {cloud}")
        pen.text(14, top + 24, CLOUDS[cloud], 60, 15, "strong")
        pen.text(NARROW - 14, top + 24, side.get("place"), 230, 12, "soft", "end")
        pen.text(14, top + 45, side.get("network") or "network not known", 180, 12)
        pen.text(NARROW - 14, top + 45, next(iter(side.get("ranges") or []), ""), 140, 12, "mono", "end")
        pen.text(14, top + 66, side.get("gateway") or "gateway not known", 180, 12, "strong")
        pen.text(NARROW - 14, top + 66, _asn(side), 130, 12, "soft", "end")
    for number, one in enumerate(instances):
        y = 86 + 18 * number
        pen.text(14, y, f"instance {one.get('index')}", 180, 12, "soft")
        pen.text(NARROW - 14, y, one.get("outside_address"), 140, 12, "mono", "end")
    gap = min(LANE, 90 / max(len(tunnels), 1))
    words = 26 + gap * max(len(tunnels) - 1, 0) + 20
    room = NARROW - words - 4
    for number, tunnel in enumerate(tunnels):
        x, line = 22 + gap * number, above + 10 + STEP * number + STEP / 2
        state = state_of(tunnel)
        pen.lane(f"M{x} {above}V{below}", state, x, line)
        pen.text(words, line - 14, f"{plain(tunnel.get('name'))} {state}", room / 2, 13, f"strong {state}")
        pen.text(NARROW - 4, line - 14, tunnel.get("inside_cidr"), 120, 11, "mono soft", "end")
        ends = [plain(of(tunnel, cloud, "outside_address")) or "no answer" for cloud in CLOUDS]
        pen.text(words, line + 4, " \u2013 ".join(ends), room, 11, "mono")
        pen.text(words, line + 21, bgp_words(report, tunnel), room, 11, "soft")
    if not tunnels:
        pen.text(NARROW / 2, above + 14 + STEP / 2, "no tunnels", 300, 13, "soft", "middle")
    return _picture("narrow", report, anchor, NARROW, height, pen)


def _picture(kind: str, report: JsonDict, anchor: str, width: int, height: float, pen: _Pen) -> Markup:
    title = f"Topology of link {plain(report.get('link'))}"
    return _PICTURE.format(kind, width, round(height), anchor, title, in_words(report), Markup("").join(pen.parts))
