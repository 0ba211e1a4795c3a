# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTML page for a run over all its links. It needs no script, no network and no other file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import report as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.texts import plain, public
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils import report_topology as topology
from jinja2 import ChainableUndefined, Environment
from markupsafe import Markup

JsonDict = Mapping[str, Any]

TEMPLATE = Path(__file__).with_name("report_page.html.j2")
UNITS = ("B", "kB", "MB", "GB", "TB")


def html(reports: Sequence[JsonDict], at: str) -> str:
    """The page.

    :param reports: reports of links (docs/report.schema.json), in any order; those that are not as planned come first
    :param at: when the run ended, ISO 8601
    """
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=ChainableUndefined)
    environment.filters |= {
        "moment": moment,
        "amount": amount,
        "dotted": dotted,
        "kept": kept,
        "answered": topology.answered,
    }
    environment.finalize = _printable
    ordered = words.by_need(reports)
    anchors: set[str] = set()
    links = [_link(public(one), anchors) for one in ordered]
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(links=links, headline=words.headline(ordered), at=moment(at))


def moment(value: object) -> str:
    """ISO 8601 as people read it, in UTC; anything else as it is."""
    try:
        when = datetime.fromisoformat(str(value))
    except ValueError:
        return plain(value)
    return f"{when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def amount(value: object) -> str:
    """Bytes in decimal units, as both clouds bill them."""
    if not isinstance(value, int | float):
        return "unknown"
    size, unit = float(value), 0
    while size >= 1000 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {UNITS[unit]}" if unit == 0 or size >= 100 else f"{size:.1f} {UNITS[unit]}"


def dotted(name: object) -> Markup:
    """A name that may be broken after its dots and slashes."""
    parts = re.split(r"(?<=[./])", plain(name))
    return Markup("<wbr>").join(parts)


def kept(text: object) -> Markup:
    """A text in which no line ends within 1-2, a tunnel, or a date."""
    parts = re.split(r"(?<!\S)((?=\S{3,30}(?!\S))\S*\d-\d\S*)", plain(text))
    return Markup("").join(Markup('<span class="kept">{}</span>').format(one) if at % 2 else one
                           for at, one in enumerate(parts))  # fmt: skip


def _printable(value: Any) -> Any:
    """Texts of the report without control characters; markup is ours."""
    return value if hasattr(value, "__html__") or not isinstance(value, str | None) else plain(value)


def _anchor(name: object, taken: set[str]) -> str:
    """An id for the link's place on the page, stable from run to run."""
    base = re.sub(r"[^a-z0-9]+", "-", str(name).lower())[:60].strip("-") or "link"
    anchor, number = f"link-{base}", 2
    while anchor in taken:
        anchor, number = f"link-{base}-{number}", number + 1
    taken.add(anchor)
    return anchor


def _link(report: JsonDict, anchors: set[str]) -> dict[str, Any]:
    """What the template shows of a link."""
    anchor = _anchor(report.get("link"), anchors)
    checks = report.get("checks") or []
    tunnels = [{**one, "state": topology.state_of(one)} for one in report.get("tunnels") or []]
    return {
        "report": report,
        "anchor": anchor,
        "places": words.places_words(report),
        "routing": words.ROUTING.get(str(report.get("routing")), "Routing not known"),
        "tunnels": tunnels,
        "tunnels_words": words.tunnels_words(tunnels),
        "reason": words.first_reason(report),
        "checks_words": words.checks_words(checks),
        "causes": sorted(report.get("causes") or [], key=lambda one: one.get("rank") or 0),
        "failed": words.failed_checks(report),
        "unread": words.unread_checks(report),
        "advised": words.advised(report),
        "passed": passed(checks),
        "passes": sum(one.get("status") == "ok" for one in checks),
        "wide": topology.wide(report, anchor),
        "narrow": topology.narrow(report, anchor),
    }


def passed(checks: Sequence[JsonDict]) -> dict[str, list[tuple[str, str]]]:
    """What was found, and where, by the name of the check: a link has some two hundred that pass, and most agree."""
    names: dict[str, dict[str, list[str]]] = {}
    for one in checks:
        if one.get("status") == "ok":
            found = names.setdefault(plain(one.get("name")), {})
            found.setdefault(plain(one.get("found")), []).append(plain(one.get("resource")))
    return {
        name: [(told, "; ".join(dict.fromkeys(where))) for told, where in found.items()]
        for name, found in names.items()
    }
