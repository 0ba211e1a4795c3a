# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between two reports of a link, in lines for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.report import CLOUDS
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.texts import plain

JsonDict = Mapping[str, Any]
SETTINGS = {
    "place": "place",
    "gateway": "gateway",
    "sku": "SKU",
    "kind": "kind of gateway",
    "asn": "ASN",
    "network": "network",
    "ranges": "ranges",
    "app_ranges": "app ranges",
}


def changes(old: JsonDict, new: JsonDict) -> list[str]:
    """What a reader of the old report would want to know: state, tunnels, causes, checks, probes and settings, in this
    order. Counters and times are not changes; nor is what only one of the two reports could read."""
    return [
        plain(line) for part in (_verdict, _tunnels, _causes, _checks, _probes, _settings) for line in part(old, new)
    ]


def _by(listed: object, key: Callable[[JsonDict], Any]) -> dict[Any, JsonDict]:
    return {key(one): one for one in listed} if isinstance(listed, Sequence) else {}


def _words(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)


def _verdict(old: JsonDict, new: JsonDict) -> Iterator[str]:
    if bool(old.get("ok")) != bool(new.get("ok")):
        yield "The link is in order again." if new.get("ok") else "The link was in order and is not any more."
    if old.get("routing") != new.get("routing"):
        yield f"Routing was {old.get('routing')} and is {new.get('routing')}."


def _tunnels(old: JsonDict, new: JsonDict) -> Iterator[str]:
    before, now = (_by(report.get("tunnels"), lambda one: one.get("name")) for report in (old, new))
    yield from (f"Tunnel {name} is new." for name in now if name not in before)
    yield from (f"Tunnel {name} is gone." for name in before if name not in now)
    for name in (one for one in now if one in before):
        was, is_ = before[name], now[name]
        turned = was.get("state") != is_.get("state")
        if turned:
            yield f"Tunnel {name} was {was.get('state')} and is {is_.get('state')}."
        for cloud, called in CLOUDS.items():
            first, then = was.get(cloud) or {}, is_.get(cloud) or {}
            if not turned and first.get("bgp") and then.get("bgp") and first["bgp"] != then["bgp"]:
                yield f"Tunnel {name}, {called}: BGP was {first['bgp']} and is {then['bgp']}."
            for member, words in (("outside_address", "outside address"), ("connection", "connection")):
                if first.get(member) and then.get(member) and first[member] != then[member]:
                    yield f"Tunnel {name}, {called}: the {words} was {first[member]} and is {then[member]}."
        if was.get("inside_cidr") != is_.get("inside_cidr"):
            yield f"Tunnel {name}: the inside CIDR was {was.get('inside_cidr')} and is {is_.get('inside_cidr')}."


def _causes(old: JsonDict, new: JsonDict) -> Iterator[str]:
    def key(one: JsonDict) -> tuple[Any, ...]:
        return one.get("name"), one.get("side"), tuple(one.get("tunnels") or ())

    before, now = _by(old.get("causes"), key), _by(new.get("causes"), key)
    yield from (f"New cause: {_named(one)}." for at, one in now.items() if at not in before)
    yield from (f"No longer a cause: {_named(one)}." for at, one in before.items() if at not in now)


def _named(cause: JsonDict) -> str:
    tunnels = cause.get("tunnels") or []
    return f"{cause.get('name')}{' of tunnel ' if tunnels else ''}{', '.join(map(str, tunnels))}"


def _checks(old: JsonDict, new: JsonDict) -> Iterator[str]:
    def key(one: JsonDict) -> tuple[Any, ...]:
        return one.get("name"), one.get("cloud"), one.get("resource"), one.get("tunnel")

    # those of a tunnel that came or went say the same again
    states = [{one.get("name"): one.get("state") for one in report.get("tunnels") or []} for report in (old, new)]
    before = _by(old.get("checks"), key)
    for at, one in _by(new.get("checks"), key).items():
        if states[0].get(one.get("tunnel")) != states[1].get(one.get("tunnel")):
            continue
        was, is_ = before.get(at, {}).get("status"), one.get("status")
        subject = f"Check {one.get('name')} of {one.get('resource')}"
        if is_ == "failed" and was != "failed":
            yield f"{subject} fails now: expected {_words(one.get('expected'))}, found {_words(one.get('found'))}."
        elif is_ == "ok" and was == "failed":
            yield f"{subject} passes again."


def _probes(old: JsonDict, new: JsonDict) -> Iterator[str]:
    def key(one: JsonDict) -> tuple[Any, ...]:
        return one.get("name"), one.get("from"), one.get("to")

    before = _by(old.get("probes"), key)
    for at, one in _by(new.get("probes"), key).items():
        if at in before and bool(before[at].get("ok")) != bool(one.get("ok")):
            told = "arrives again" if one.get("ok") else f"fails now: {one.get('text')}"
            yield f"Probe {at[0]} from {at[1]} to {at[2]} {told}."


def _settings(old: JsonDict, new: JsonDict) -> Iterator[str]:
    for cloud, called in CLOUDS.items():
        was, is_ = old.get(cloud) or {}, new.get(cloud) or {}
        for member, words in SETTINGS.items():
            if was.get(member) and is_.get(member) and was[member] != is_[member]:
                yield f"{called}, {words}: {_words(was[member])} before, {_words(is_[member])} now."
        before, now = (_by(side.get("instances"), lambda one: one.get("index")) for side in (was, is_))
        for index in (one for one in now if one in before):
            first, then = before[index].get("outside_address"), now[index].get("outside_address")
            if first and then and first != then:
                yield f"{called}'s instance {index} had the address {first} and has {then}."
