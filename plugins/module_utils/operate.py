# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operating a link that stands: which tunnel is touched next, and when nothing may be touched.

Everything is worked out anew from what both clouds show, so a run that was killed is gone on with by the next one.
Two rules are never broken: a used tunnel is taken down only while every other one is up, and a tunnel that AWS has
changed already is finished in Azure before another one that is up is begun.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import consent, keys, verdict
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import PREFIX, listed
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.status import Status

JsonDict = Mapping[str, Any]

CHANGE, FINISH, RESET, WAIT, DONE, STOP = "change", "finish", "reset", "wait", "done", "stop"


# ----------------------------------------------------------------------------------------------------- the next step


@dataclass(frozen=True)
class Tunnel:
    """One tunnel as both clouds show it now, beside what is wished.

    ``used``: the plan expects it up. ``up``: on both sides, with its BGP session; ``why`` says what is missing.
    ``busy``: a cloud is still changing it, or AWS the VPN connection that it belongs to.
    ``pending``: what AWS is still to change on it. ``half``: what AWS has already and Azure has not.
    ``moments``: what AWS dates of it, such as its last change of status.
    """

    name: str
    used: bool = True
    up: bool = True
    why: str = ""
    busy: bool = False
    pending: tuple[str, ...] = ()
    half: tuple[str, ...] = ()
    moments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """``kind`` is change (AWS, then Azure at once), finish (Azure only), reset, wait, done or stop.

    ``what``: the names of the options that change, for people and the journal.
    """

    kind: str
    tunnel: str = ""
    what: tuple[str, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        if self.kind == CHANGE:
            return f"change {listed(self.what)} of tunnel {self.tunnel}, and wait until it is up again"
        if self.kind == FINISH:
            return f"give Azure the {listed(self.what)} that AWS has of tunnel {self.tunnel}, and wait until it is up"
        if self.kind == RESET:
            return f"reset {listed(self.what)}, and wait until tunnel {self.tunnel} is up again"
        return f"{self.kind}: {self.reason}" if self.reason else self.kind

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "tunnel": self.tunnel, "what": list(self.what), "text": str(self)}


def hindrance(tunnels: Sequence[Tunnel], names: Collection[str], given: Collection[str]) -> Step | None:
    """Why these tunnels may not be taken down now: WAIT for others that are down or busy, STOP without consent.

    ``given`` are the words of consent of the link.
    """
    others = [one for one in tunnels if one.used and one.name not in names]
    # What is down already takes nothing with it, so others that are down do not hinder it: it may be their cure.
    standing = not names or any(one.up or not one.used for one in tunnels if one.name in names)
    down = [one for one in others if standing and not one.up]
    busy = [one for one in tunnels if one.busy]
    if down or busy:
        words = [f"tunnel {one.name} is down ({one.why})" if one.why else f"tunnel {one.name} is down" for one in down]
        words += [f"tunnel {one.name} is still being changed" for one in busy if one not in down]
        return Step(WAIT, reason=listed(words))
    carries = [one for one in tunnels if one.used and one.up and one.name in names]
    if carries and not others and consent.INTERRUPT not in given:
        reason = (
            f"tunnel {listed(names)} carries the whole link, which is down meanwhile. Nothing was changed. "
            f"Consent with {PREFIX}consent: [{consent.INTERRUPT}]"
        )
        return Step(STOP, reason=reason)
    return None


def next_step(tunnels: Sequence[Tunnel], given: Collection[str] = ()) -> Step:
    """What to do now. The caller waits for a WAIT to pass, and gives up with its reason after a while.

    What is down already goes first: it costs nothing, and may be what brings it up.
    """
    # While AWS is at work on a tunnel it may still show what it had.
    for one in sorted((one for one in tunnels if one.half and not one.busy), key=lambda one: one.up):
        hindered = hindrance(_at_rest(tunnels), [one.name], given)
        if hindered is None:
            return Step(FINISH, one.name, one.half)
        if hindered.kind == STOP:
            return hindered
    pending = sorted((one for one in tunnels if one.pending), key=lambda one: one.up or not one.used)
    names = [one.name for one in pending[:1]]
    hindered = hindrance(tunnels, names, given)
    if hindered is not None:
        return hindered
    return Step(CHANGE, names[0], pending[0].pending) if pending else Step(DONE)


def _at_rest(tunnels: Sequence[Tunnel]) -> list[Tunnel]:
    return [replace(one, busy=False) for one in tunnels]


def steps_ahead(tunnels: Sequence[Tunnel], given: Collection[str] = (), closed: str = "") -> list[Step]:
    """All steps from here, as they will be if each goes well; a WAIT or STOP is the last one. Without the DONE.

    ``closed`` says why no tunnel may be begun now: a STOP with it stands before the first step that would be refused.
    """
    now = list(tunnels)
    steps: list[Step] = []
    while (step := next_step(now, given)).kind in (CHANGE, FINISH):
        one = next(one for one in now if one.name == step.tunnel)
        if closed and begins(one, step):
            steps.append(
                Step(STOP, step.tunnel, reason=f"{closed}. A run would stop here now, and later do what follows")
            )
            closed = ""
        steps.append(step)
        now = _at_rest([after(one, step) if one.name == step.tunnel else one for one in now])
    return [*steps, step] if step.kind != DONE else steps


def begins(one: Tunnel, step: Step) -> bool:
    """Whether the step takes on a tunnel anew. What is begun is finished at any time of day."""
    return step.kind == CHANGE or one.up


def after(one: Tunnel, step: Step) -> Tunnel:
    """The tunnel when its step has gone well."""
    pending = () if step.kind == CHANGE else one.pending
    return replace(one, pending=pending, half=(), up=one.used, why="", busy=False)


def half_done(unfinished: Mapping[str, Sequence[str]]) -> list[str]:
    """Words about tunnels that nobody has chosen."""
    return [
        f"tunnel {name} is half done: Azure has another {listed(what)} than AWS, and it was not chosen"
        for name, what in unfinished.items()
    ]


# --------------------------------------------------------------------------------------------------- is it up again

LOOKS = 2  # in a row that must see a tunnel up: what both clouds say lags behind
LAG_SECONDS = 60.0  # for which AWS may go on showing what was before (AWS, EC2 API: eventual consistency; EXP)


def disturbed(before: Tunnel, now: Tunnel) -> bool:
    """Whether it shows that a tunnel was touched: busy, no longer up, or AWS dates something of it anew."""
    return now.busy or (before.up and not now.up) or now.moments != before.moments


def at_rest(now: Tunnel, what: Collection[str] = ()) -> bool:
    """Up, or a spare; no cloud is at work on it, and AWS shows ``what`` as wished."""
    return not now.busy and (now.up or not now.used) and not set(now.pending) & set(what)


def is_over(
    before: Tunnel | None,
    looks: Sequence[Tunnel],
    waited: float,
    what: Collection[str] = (),
    lag: float = LAG_SECONDS,
) -> bool:
    """Whether a tunnel that was touched is up again.

    A tunnel that looks untouched may be what AWS still shows of before. That is believed after ``lag`` seconds.

    :param before: as it was, where that may still be shown: it was up, or AWS puts a new endpoint in its place
    :param looks: all since it was touched, the last one is now
    :param waited: seconds since it was touched
    """
    last = looks[-LOOKS:] if looks and looks[-1].used else looks[-1:]
    if not last or (last[-1].used and len(last) < LOOKS) or not all(at_rest(one, what) for one in last):
        return False
    return before is None or waited >= lag or any(disturbed(before, one) for one in looks)


# ------------------------------------------------------------------------------------------------------ what is down


def down(plan: JsonDict, azure: Status, aws: Status) -> dict[str, str]:
    """Why each tunnel of the plan that is to be up is not, by its name; what is up is absent."""
    found: dict[str, list[str]] = {}
    for check in verdict.judge(plan, azure, aws).checks:
        if check.name in ("tunnel", "bgp") and not check.ok:
            cloud = verdict.CLOUDS[check.cloud]
            found.setdefault(check.resource, []).append(
                f"{cloud}: {'BGP ' if check.name == 'bgp' else ''}{check.found}"
            )
    used = {tunnel["name"] for tunnel in plan["tunnels"] if tunnel["expected"] == verdict.UP}
    return {name: ", ".join(words) for name, words in found.items() if name in used}


# ------------------------------------------------------------------------------------------- where a rotation stands

MARK = "s2s_vpn-rotation"  # not s2s_vpn:, which says whose a resource is
ROTATION_ID = re.compile(r"[0-9a-f]{8}")
BEGUN, MINUTE = "begun", "%Y-%m-%dT%H:%MZ"
LASTS = timedelta(days=2)  # the window of the next night is still within


@dataclass(frozen=True)
class Mark:
    """Remembers which keys the tunnels had when a rotation with random keys began.

    It is a tag of the VPN connections while the rotation is open: ``<id> begun=2026-01-01T12:00Z 1-1=<check> ...``,
    with the tunnels that it is for. A check is 16 bits of an HMAC of the key that is given up, keyed by the rotation
    and the tunnel: enough to see that a tunnel has another key now, and nothing to guess a key by. It is written before
    the first change, so there is no moment between a change and its note at which a kill could make it wrong. A
    journal on the controller would be lost with an execution environment, and an id that the user gives could be given
    wrong.

    ``begun`` is None in marks of before it was written.
    """

    id: str
    before: Mapping[str, str]
    begun: datetime | None = None

    @classmethod
    def begin(cls, known: Mapping[str, str], now: datetime) -> Mark:
        """``known``: the key of each tunnel by its name."""
        return cls(secrets.token_hex(4), {}, now.replace(second=0, microsecond=0)).reaching(known)

    def reaching(self, known: Mapping[str, str]) -> Mark:
        """The same rotation for these tunnels too, which have not been touched by it yet."""
        more = {name: _check(self.id, name, key) for name, key in known.items()}
        return replace(self, before={**more, **self.before})

    def lasts(self, now: datetime) -> bool:
        """Whether it is gone on with. One that was left long ago is not: what it has rotated is due again."""
        return self.begun is not None and now - self.begun <= LASTS

    @classmethod
    def read(cls, text: str) -> Mark | None:
        """None for a text that is not a mark."""
        rotation, *entries = text.split() or [""]
        pairs = [entry.partition("=") for entry in entries]
        if not ROTATION_ID.fullmatch(rotation) or not all(name and check for name, _equals, check in pairs):
            return None
        found = {name: check for name, _equals, check in pairs}
        begun = found.pop(BEGUN, "")
        return cls(rotation, found, _minute(begun))

    def __str__(self) -> str:
        begun = [f"{BEGUN}={self.begun:{MINUTE}}"] if self.begun else []
        return " ".join([self.id, *begun, *(f"{name}={check}" for name, check in self.before.items())])

    def rotated(self, name: str, key: str) -> bool:
        """Whether this tunnel has another key than at the beginning. A tunnel that was not there then has not."""
        return name in self.before and self.before[name] != _check(self.id, name, key)

    def new_key(self, name: str, make: Callable[[], str] = keys.generate) -> str:
        """A key whose check is another one than that of the key before."""
        return next(key for key in iter(make, None) if self.rotated(name, key) or name not in self.before)


def _minute(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, MINUTE).replace(tzinfo=UTC)
    except ValueError:
        return None


def _check(rotation: str, name: str, key: str) -> str:
    return hmac.new(f"{rotation}/{name}".encode(), key.encode(), hashlib.sha256).hexdigest()[:4]


# -------------------------------------------------------------------------------------------------------- the window

WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def in_window(window: str | None, now: time) -> bool:
    """Whether a tunnel may be begun at this time of day (UTC). The end is outside; a window may span midnight."""
    if not window:
        return True
    found = WINDOW.fullmatch(window)
    if found is None:
        raise ValueError(window)
    hours = [int(part) for part in found.groups()]
    begin, end = time(hours[0], hours[1]), time(hours[2], hours[3])
    return begin <= now < end if begin <= end else now >= begin or now < end
