"""Two mistakes at once: both are named, before anything that only follows from them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import SCORE
from .examiner import Examiner
from .faults import ALL
from .shown import broken, in_short, place

PAIRS = (
    ("key differs, changed on Azure", "phase 1 group on AWS"),
    ("phase 1 cipher on Azure", "phase 2 cipher on AWS"),  # both of tunnel 1-2
    ("PFS group on Azure", "APIPA address taken from the gateway"),  # both of tunnel 2-2
    ("key differs, changed on AWS", "custom BGP addresses of the other tunnel"),
    ("customer gateway has another address", "BGP off on Azure"),
    ("ASN of the customer gateway", "key differs, changed on Azure"),
    ("connection deleted on Azure", "propagation off on AWS"),
    ("NSG without its rule for AWS", "security group without its rule"),
    ("network ACL denies what comes in", "a route of Azure drops"),
    ("ASN in the local gateway", "subnet with another route table on AWS"),
    ("nobody initiates", "inside address in the local gateway"),
)


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=[" + ".join(pair) for pair in PAIRS])
def test_both_are_named(bgp: Examiner, one: str, other: str, record_property: Callable[[str, object], None]) -> None:
    faults = (ALL[one], ALL[other])
    with broken(bgp, *faults):
        readings = bgp.readings()
    found = {planned: bgp.judged(readings, planned=planned) for planned in (True, False)}
    places = {p: [place(told, f, bgp.link, planned=p) for f in faults] for p, told in found.items()}
    each = [n for row in places.values() for n in row]
    record_property(SCORE, ("pairs of faults", 0 if 0 in each else 1 if set(each) == {1, 2} else 2))
    for planned, told in found.items():
        assert set(places[planned]) == {1, 2}, f"{'with' if planned else 'without'} the plan:\n{in_short(told)}"
