"""A fault put in, waited for, examined, and taken out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from tests.rehearsal.wan.hand import wait

from .examiner import Examiner
from .faults import Fault
from .link import Link

Json = dict[str, Any]
WORST = ("down", "no bgp", "up")
SHOWS = 20.0  # seconds


@contextmanager
def broken(examiner: Examiner, *faults: Fault) -> Iterator[None]:
    """The faults in the link until the block ends; afterwards it is healthy.

    What would be left over shows as one cause more in the next test, or at the end in `conftest.must_be_healthy`.
    """
    link = examiner.link
    wanted = becomes(link, faults)
    with ExitStack() as bent:
        for fault in faults:
            bent.enter_context(fault.bend(link))
        until(link, f"for {wanted}", lambda: shows(link, wanted, faults))
        yield
    until(link, "for a healthy link", link.healthy)


def until(link: Link, what: str, condition: Callable[[], bool]) -> None:
    try:
        wait(what, condition, SHOWS)
    except AssertionError as late:
        raise AssertionError(f"waited {SHOWS:g} s {what}, there are {link.outcomes()}") from late


def becomes(link: Link, faults: Sequence[Fault]) -> dict[str, str]:
    found = dict.fromkeys(link.tunnels, "up")
    for fault in faults:
        for tunnel, state in fault.becomes.items():
            found[tunnel] = min(found[tunnel], state, key=WORST.index)
    return found


def shows(link: Link, wanted: dict[str, str], faults: Sequence[Fault]) -> bool:
    """The tunnels have become what they are to become, and for the reason that the WAN gives for one of the faults."""
    if not link.seen():
        return False
    outcomes = link.outcomes()
    return {tunnel: state for tunnel, (state, _why) in outcomes.items()} == wanted and all(
        any(re.search(f.why, why) for f in faults if tunnel in f.becomes)
        for tunnel, (state, why) in outcomes.items()
        if state != "up"
    )


def place(found: Json, fault: Fault, link: Link, *, planned: bool) -> int:
    """Where in the examination's causes the fault is named with its side and its tunnels: 1 is first, 0 nowhere.

    Where nothing is to be named, an empty list is the first place.
    """
    if not any(fault.wanted(planned=planned)):
        return int(not found["causes"])
    tunnels = set(fault.becomes) or set(link.tunnels)
    for number, cause in enumerate(found["causes"], 1):
        if (cause["name"], cause["side"]) == fault.wanted(planned=planned) and called(found, cause, link) == tunnels:
            return number
    return 0


def called(found: Json, cause: Json, link: Link) -> set[str]:
    """The cause's tunnels as the plan calls them. Without one they are numbered as they are found, and a tunnel that
    AWS does not have is called as Azure's end."""
    inside = {about["inside_cidr"]: name for name, about in link.tunnels.items()}
    names = {about["resource_name"]: name for name, about in link.tunnels.items()}
    names |= {t["name"]: inside[t["inside_cidr"]] for t in found["tunnels"] if t["inside_cidr"] in inside}
    return {names.get(name, name) for name in cause["tunnels"]}


def in_short(found: Json) -> str:
    return "\n".join(
        f"{c['rank']} {c['name']} ({c['side']}, {c['tunnels']}, {c['certainty']}): {c['effect']}"
        for c in found["causes"]
    )


def is_whole(cause: Json, keys: Sequence[str]) -> None:
    """What a reader needs is there, and no key is."""
    assert cause["effect"], cause
    assert cause["remedy"], cause
    sides = ("azure", "aws") if cause["side"] == "both" else (cause["side"],)
    for side in sides:
        assert cause["evidence"][side], cause
    text = json.dumps(cause)
    assert not [key for key in keys if key in text]
