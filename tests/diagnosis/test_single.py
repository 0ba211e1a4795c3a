"""Every mistake of the table alone in a healthy link: its cause comes first, with its side and its tunnels."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.module_utils.remedies import can_be_done_without_a_plan

from .conftest import SCORE
from .examiner import Examiner
from .faults import BGP, ENDS, HARMLESS, IKE, NETWORK, STATIC, Bend, Fault
from .shown import broken, in_short, is_whole, place


def table(faults: tuple[Fault, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fault", faults, ids=lambda fault: fault.name)


class ComesFirst:
    """With the link's plan, and without it. In classes, which the workers share out."""

    title = "single faults"
    link = "bgp"

    @pytest.fixture
    def examiner(self, request: pytest.FixtureRequest) -> Examiner:
        found: Examiner = request.getfixturevalue(self.link)
        return found

    def test_comes_first(
        self, examiner: Examiner, fault: Fault, record_property: Callable[[str, object], None]
    ) -> None:
        with broken(examiner, fault):
            readings, keys = examiner.readings(), examiner.link.keys()
        found = {planned: examiner.judged(readings, planned=planned) for planned in (True, False)}
        places = {planned: place(one, fault, examiner.link, planned=planned) for planned, one in found.items()}
        record_property(SCORE, (self.title, max(places.values()) if all(places.values()) else 0))
        for planned, one in found.items():
            assert places[planned] == 1, f"{'with' if planned else 'without'} the plan:\n{in_short(one)}"
            for cause in one["causes"]:
                is_whole(cause, keys)
            assert len(one["causes"]) <= 1, in_short(one)
        unplanned = found[False]
        for one in (*unplanned["causes"], *(c for c in unplanned["checks"] if c["status"] == "failed")):
            assert can_be_done_without_a_plan(one["remedy"]), one
        for planned, one in found.items():
            failed = [c["name"] for c in one["checks"] if (c["severity"], c["status"]) == ("error", "failed")]
            # Without a plan it is not known which security groups are for the link: a possible cause fails nothing.
            if planned or not one["causes"] or one["causes"][0]["certainty"] == "certain":
                assert bool(failed) is bool(one["causes"]), f"{failed}\n{in_short(one)}"


@table(IKE)
class TestIke(ComesFirst): ...


@table(ENDS)
class TestEnds(ComesFirst): ...


@table(BGP)
class TestBgp(ComesFirst): ...


@table(NETWORK)
class TestNetwork(ComesFirst): ...


@table(STATIC)
class TestStatic(ComesFirst):
    title = "single faults, static link"
    link = "static"


@pytest.mark.parametrize("planned", [True, False], ids=["with the plan", "without"])
class TestHealthy:
    def test_nothing_in_a_bgp_link(self, bgp: Examiner, planned: bool) -> None:
        found = bgp.examine(planned=planned)
        assert found["causes"] == []
        assert [t["state"] for t in found["tunnels"]] == ["up"] * 4
        assert [c for c in found["checks"] if c["severity"] == "error" and c["status"] != "ok"] == []

    def test_nothing_in_a_static_link(self, static: Examiner, planned: bool) -> None:
        found = static.examine(planned=planned)
        assert found["causes"] == []
        assert [t["state"] for t in found["tunnels"]] == ["up", "spare"]
        assert [c for c in found["checks"] if c["severity"] == "error" and c["status"] != "ok"] == []


@pytest.mark.parametrize(("name", "bend"), HARMLESS, ids=[name for name, _bend in HARMLESS])
def test_nothing_where_a_change_does_no_harm(bgp: Examiner, name: str, bend: Bend) -> None:
    with broken(bgp, Fault(name, bend, "", "")):
        readings = bgp.readings()
    for planned in (True, False):
        found = bgp.judged(readings, planned=planned)
        assert found["causes"] == [], in_short(found)
