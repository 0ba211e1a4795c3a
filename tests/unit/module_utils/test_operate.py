"""The next step of an operation: by table, and for any state by properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import operate
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.operate import Mark, Step, Tunnel, next_step, steps_ahead
from hypothesis import given
from hypothesis import strategies as st

KEY = ("pre_shared_key",)
NAMES = ("1-1", "1-2", "2-1", "2-2")


def link(**changes: dict[str, object]) -> list[Tunnel]:
    """Four tunnels that are up, each with these changes by its name (t11 is 1-1)."""
    return [Tunnel(name, **changes.get(f"t{name[0]}{name[2]}", {})) for name in NAMES]  # type: ignore[arg-type]


SPARE = Tunnel("1-2", used=False, up=False)


def static(**used: object) -> list[Tunnel]:
    return [Tunnel("1-1", **used), SPARE]  # type: ignore[arg-type]


PENDING = {"pending": KEY}
DOWN = {"up": False, "why": "AWS: down"}
TABLE = [
    ("nothing is left", link(), (), "done", ""),
    ("the first of all", link(t11=PENDING, t12=PENDING, t21=PENDING, t22=PENDING), (), "change", "1-1"),
    ("the order of the plan", link(t12=PENDING, t22=PENDING), (), "change", "1-2"),
    ("what is half done goes first", link(t11=PENDING, t21={"half": KEY}), (), "finish", "2-1"),
    ("half done and down: whatever else is down", link(t21={"half": KEY, **DOWN}, t22=DOWN), (), "finish", "2-1"),
    ("half done and up, another down", link(t21={"half": KEY}, t22=DOWN), (), "wait", ""),
    ("two half done: the one that is down", link(t12={"half": KEY}, t21={"half": KEY, **DOWN}), (), "finish", "2-1"),
    ("half done while AWS is at work on it", link(t11={"half": KEY, "busy": True, **DOWN}), (), "wait", ""),
    ("half done, up, and AWS at work on another", link(t11={"half": KEY}, t12={"busy": True}), (), "finish", "1-1"),
    ("another is down", link(t11=PENDING, t22=DOWN), (), "wait", ""),
    ("what is down goes before what is up", link(t11=PENDING, t22={**PENDING, **DOWN}), (), "change", "2-2"),
    ("two are down by what is to change", link(t11={**PENDING, **DOWN}, t22={**PENDING, **DOWN}), (), "change", "1-1"),
    ("what is to change is down, and another too", link(t12=DOWN, t21={**PENDING, **DOWN}), (), "change", "2-1"),
    ("both are down, and AWS is at work", link(t11={**PENDING, **DOWN}, t22={"busy": True, **DOWN}), (), "wait", ""),
    ("a spare does not mend its twin", [Tunnel("1-1", **DOWN), replace(SPARE, pending=KEY)], (), "wait", ""),
    ("AWS is still at work", link(t11={"busy": True}, t12=PENDING), (), "wait", ""),
    ("nothing left, not yet up again", link(t11={"busy": True, **DOWN}), (), "wait", ""),
    ("the only tunnel, without consent", static(pending=KEY), (), "stop", ""),
    ("the only tunnel, with consent", static(pending=KEY), ("interrupt",), "change", "1-1"),
    ("the only tunnel is down: nothing to lose", static(pending=KEY, up=False), (), "change", "1-1"),
    ("the only tunnel is half done and up", static(half=KEY), (), "stop", ""),
    ("the only tunnel is half done and down", static(half=KEY, up=False), (), "finish", "1-1"),
    ("a spare needs no consent", [Tunnel("1-1"), replace(SPARE, pending=KEY)], (), "change", "1-2"),
    ("another word is no consent", static(pending=KEY), ("recreate",), "stop", ""),
]  # fmt: skip


@pytest.mark.parametrize(("case", "tunnels", "consent", "kind", "tunnel"), TABLE, ids=[row[0] for row in TABLE])
def test_next_step(case: str, tunnels: list[Tunnel], consent: tuple[str, ...], kind: str, tunnel: str) -> None:
    step = next_step(tunnels, consent)
    assert (step.kind, step.tunnel) == (kind, tunnel)


def test_reasons_name_the_tunnel_and_the_variable() -> None:
    assert "tunnel 2-2 is down (AWS: down)" in next_step(link(t11=PENDING, t22=DOWN)).reason
    assert "tunnel 1-1 is still being changed" in next_step(link(t11={"busy": True}, t12=PENDING)).reason
    reason = next_step(static(pending=KEY)).reason
    assert "s2s_vpn_consent: [interrupt]" in reason
    assert "1-1 carries the whole link" in reason


def test_check_mode_tells_all_steps_up_to_what_hinders() -> None:
    everything = dict.fromkeys(("t11", "t12", "t21", "t22"), PENDING)
    assert [step.tunnel for step in steps_ahead(link(**everything))] == list(NAMES)
    assert [step.kind for step in steps_ahead(static(pending=KEY))] == ["stop"]
    assert [step.kind for step in steps_ahead(link(t11={"half": KEY, **DOWN}, t12=PENDING))] == ["finish", "change"]
    assert [step.tunnel for step in steps_ahead(link(t11={**PENDING, **DOWN}, t22={**PENDING, **DOWN}))] == [
        "1-1",
        "2-2",
    ]
    assert steps_ahead(link()) == []


def test_a_reset_may_not_touch_what_the_link_needs() -> None:
    hindrance = operate.hindrance
    assert hindrance(link(), ["1-1", "1-2"], ()) is None
    assert hindrance(link(t21=DOWN), ["1-1", "1-2"], ()) is not None
    assert hindrance(link(t11=DOWN), ["1-1", "1-2"], ()) is None
    assert hindrance(link(t11=DOWN, t21=DOWN), ["1-1", "1-2"], ()) is not None
    assert hindrance(link(t11=DOWN, t12=DOWN, t21=DOWN), ["1-1", "1-2"], ()) is None
    assert hindrance(static(), ["1-1"], ()) == hindrance(static(), ["1-1"], ("recreate",))
    assert hindrance(static(), ["1-1"], ("interrupt",)) is None


# --- up again ------------------------------------------------------------------------------------------------------

WAS = Tunnel("1-1", moments=("10:00", "9:00"))
BUSY, FALLEN = replace(WAS, busy=True), replace(WAS, up=False)
NEW = replace(WAS, moments=("10:07", "9:00"))
SPARE_WAS = replace(WAS, used=False, up=False)
OVER = [
    ("one look is not enough", WAS, [BUSY, NEW], 400, False),
    ("it was busy and is up", WAS, [BUSY, WAS, WAS], 30, True),
    ("it was down and is up", WAS, [FALLEN, WAS, WAS], 30, True),
    ("never disturbed: AWS may lag", WAS, [WAS] * 5, 50, False),
    ("never disturbed, for as long as AWS may lag", WAS, [WAS] * 7, 60, True),
    ("its status has changed since", WAS, [WAS, NEW, NEW], 20, True),
    ("its maintenance was applied", WAS, [replace(WAS, moments=("10:00", "10:05"))] * 2, 20, True),
    ("still busy", WAS, [BUSY] * 9, 900, False),
    ("down at last", WAS, [BUSY, WAS, WAS, FALLEN], 900, False),
    ("up and down again", WAS, [FALLEN, WAS, FALLEN, WAS], 90, False),
    ("AWS shows the old option", WAS, [replace(BUSY, pending=KEY), *[replace(WAS, pending=KEY)] * 2], 900, False),
    ("another option is left to change", WAS, [BUSY, *[replace(WAS, pending=("dpd",))] * 2], 30, True),
    ("it was down before, and down is no sign", FALLEN, [FALLEN, WAS, WAS], 9, False),
    ("a spare is never up: one look at rest", SPARE_WAS, [replace(SPARE_WAS, busy=True), SPARE_WAS], 30, True),
    ("a spare that looks untouched", SPARE_WAS, [SPARE_WAS] * 3, 30, False),
    ("it was down, and only Azure was told", None, [WAS, WAS], 10, True),
    ("it was down, and only Azure was told, one look", None, [WAS], 10, False),
    ("no look yet", None, [], 0, False),
]  # fmt: skip


@pytest.mark.parametrize(("case", "before", "looks", "waited", "over"), OVER, ids=[row[0] for row in OVER])
def test_is_over(case: str, before: Tunnel | None, looks: list[Tunnel], waited: float, over: bool) -> None:
    assert operate.is_over(before, looks, waited, KEY) is over


def test_outside_of_the_window_check_mode_tells_where_a_run_would_stop() -> None:
    both = link(t11={"half": KEY, **DOWN}, t12=PENDING, t21=PENDING)
    steps = steps_ahead(both, (), "it is late")
    assert [(step.kind, step.tunnel) for step in steps] == [
        ("finish", "1-1"), ("stop", "1-2"), ("change", "1-2"), ("change", "2-1")
    ]  # fmt: skip
    assert str(steps[1]).startswith("stop: it is late. A run would stop here now")
    assert [step.kind for step in steps_ahead(link(), (), "it is late")] == []


# --- any state, any fate ------------------------------------------------------------------------------------------

changes = st.lists(st.sampled_from(["pre_shared_key", "dpd_timeout_seconds"]), max_size=2, unique=True).map(tuple)


@st.composite
def links(draw: st.DrawFn) -> list[Tunnel]:
    """One to four tunnels in any state. A spare is never up, and has no end in Azure that could lag behind."""
    found = []
    for name in NAMES[: draw(st.integers(1, 4))]:
        used = draw(st.booleans())
        up, half = used and draw(st.booleans()), draw(changes) if used else ()
        found.append(Tunnel(name, used, up, busy=draw(st.booleans()), pending=draw(changes), half=half))
    return found


@given(links(), st.booleans())
def test_a_tunnel_is_taken_down_only_while_all_others_are_up(found: list[Tunnel], agreed: bool) -> None:
    step = next_step(found, ("interrupt",) if agreed else ())
    if step.kind not in ("change", "finish"):
        return
    one = next(tunnel for tunnel in found if tunnel.name == step.tunnel)
    others = [tunnel for tunnel in found if tunnel.used and tunnel is not one]
    if step.kind == "change":
        assert one.pending == step.what
        assert (one.used and not one.up) or all(tunnel.up for tunnel in others)
        assert not any(tunnel.busy for tunnel in found)
    else:
        assert one.half == step.what
        assert not one.busy
        assert not one.up or all(tunnel.up for tunnel in others)
    if one.used and one.up and not others:
        assert agreed


class Cloud:
    """Does what a step asks, as the clouds do; may be killed between AWS and Azure."""

    def __init__(self, found: list[Tunnel]) -> None:
        self.tunnels = {one.name: one for one in found}
        self.touched: list[str] = []

    def look(self) -> list[Tunnel]:
        return list(self.tunnels.values())

    def do(self, step: Step, killed: bool) -> None:
        one = self.tunnels[step.tunnel]
        if step.kind == "change":
            self.touched.append(step.tunnel)
            aws_only = replace(one, pending=(), half=step.what if one.used else (), up=False, busy=True)
            self.tunnels[step.tunnel] = aws_only if killed else operate.after(one, step)
        elif killed:
            self.tunnels[step.tunnel] = replace(one, half=(), up=False, busy=True)  # Azure has it, nobody waited
        else:
            self.tunnels[step.tunnel] = operate.after(one, step)

    def wait(self) -> None:
        """Time goes by: AWS is done, and what has the same on both sides comes up."""
        for name, one in self.tunnels.items():
            up = one.used and (one.up or not one.half)
            self.tunnels[name] = replace(one, busy=False, up=up)


@given(links(), st.lists(st.booleans(), max_size=12))
def test_it_ends_and_touches_each_tunnel_once_whenever_it_is_killed(found: list[Tunnel], kills: list[bool]) -> None:
    cloud = Cloud(found)
    expected = sorted(one.name for one in found if one.pending)
    kill = iter(kills)
    for _unused in range(4 * len(found) + len(kills) + 2):
        step = next_step(cloud.look(), ("interrupt",))
        if step.kind == "done":
            break
        if step.kind == "wait":
            cloud.wait()
        else:
            before = [one.name for one in cloud.look() if one.used and one.up]
            cloud.do(step, next(kill, False))
            lost = [name for name in before if not cloud.tunnels[name].up]
            assert len(lost) <= 1
            used = [one for one in found if one.used]
            down = [one.name for one in cloud.look() if one.used and not one.up]
            assert not lost or down == lost or len(used) == 1
    else:
        pytest.fail("it does not end")
    assert sorted(cloud.touched) == expected
    assert all(not one.pending and not one.half and one.up is one.used for one in cloud.look())


@given(links())
def test_what_check_mode_tells_is_what_happens(found: list[Tunnel]) -> None:
    told = [step for step in steps_ahead(found, ("interrupt",)) if step.kind in ("change", "finish")]
    cloud = Cloud(found)
    for step in told:
        assert (
            next_step(operate._at_rest(cloud.look()) if step is not told[0] else cloud.look(), ("interrupt",)) == step
        )
        cloud.do(step, killed=False)


# --- where a rotation stands --------------------------------------------------------------------------------------

OLD = {"1-1": "Old.key_of_the_tunnel", "1-2": "Old.key_of_its_twin"}
NOW = datetime(2026, 1, 1, 12, 0, 59, tzinfo=UTC)


def test_a_mark_knows_which_tunnels_have_another_key() -> None:
    mark = Mark.begin(OLD, NOW)
    assert not mark.rotated("1-1", OLD["1-1"])
    new = mark.new_key("1-1")
    assert mark.rotated("1-1", new)
    assert not mark.rotated("2-1", new), "it was not there when the rotation began"
    assert Mark.read(str(mark)) == mark
    more = mark.reaching({"2-1": "Old.key_2", "1-1": new})
    assert (more.id, more.begun, list(more.before)) == (mark.id, mark.begun, ["2-1", "1-1", "1-2"])
    assert more.rotated("1-1", new), "of what it knew it forgets nothing"
    assert not more.rotated("2-1", "Old.key_2")


@pytest.mark.parametrize(
    ("begun", "days", "lasts"),
    [
        ("begun=2026-01-01T12:00Z ", 0, True),
        ("begun=2026-01-01T12:00Z ", 1.5, True),
        ("begun=2026-01-01T12:00Z ", 2.1, False),
        ("begun=2026-01-01T12:00Z ", 90, False),
        ("begun=yesterday ", 0, False),
        ("", 0, False),
    ],
)
def test_a_mark_lasts_two_days_and_one_without_a_time_does_not(begun: str, days: float, lasts: bool) -> None:
    mark = Mark.read(f"01234567 {begun}1-1=12ab")
    assert mark is not None
    assert mark.before == {"1-1": "12ab"}
    assert mark.lasts(NOW + timedelta(days=days)) is lasts


def test_a_new_key_is_never_one_that_the_mark_takes_for_the_old() -> None:
    mark = Mark.begin(OLD, NOW)
    offers = iter([OLD["1-1"], "Another.key_1"])
    assert mark.new_key("1-1", lambda: next(offers)) == "Another.key_1"


def test_a_mark_says_nothing_of_a_key() -> None:
    """16 bits for each tunnel, and others in each rotation."""
    one, other = Mark.begin(OLD, NOW), Mark.begin(OLD, NOW)
    assert str(one) != str(other)
    assert all(len(check) == 4 for check in one.before.values())
    assert not any(part in str(one) for key in OLD.values() for part in (key, key[:6]))
    assert len(str(Mark.begin(dict.fromkeys(NAMES, "x" * 64), NOW))) <= 256, "longer than a tag"


@pytest.mark.parametrize("text", ["", "yes", "0123456", "01234567 1-1", "01234567 =12ab", "0123456z 1-1=12ab"])
def test_what_is_not_a_mark_is_none(text: str) -> None:
    assert Mark.read(text) is None


@given(st.text())
def test_any_text_is_a_mark_or_none(text: str) -> None:
    mark = Mark.read(text)
    assert mark is None or operate.ROTATION_ID.fullmatch(mark.id)


# --- the window ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "now", "inside"),
    [
        (None, time(3), True),
        ("", time(3), True),
        ("01:00-04:00", time(0, 59), False),
        ("01:00-04:00", time(1), True),
        ("01:00-04:00", time(4), False),
        ("22:00-04:00", time(23), True),
        ("22:00-04:00", time(3, 59), True),
        ("22:00-04:00", time(4), False),
        ("22:00-04:00", time(21, 59), False),
        ("00:00-00:00", time(12), False),
    ],
)
def test_window(window: str | None, now: time, inside: bool) -> None:
    assert operate.in_window(window, now) is inside


@pytest.mark.parametrize("window", ["22-04", "24:00-04:00", "1:00-04:00", "22:00-04:60", "at night"])
def test_what_is_not_a_window(window: str) -> None:
    assert not operate.WINDOW.fullmatch(window)
