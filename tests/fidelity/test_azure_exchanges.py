"""The local Azure answers as the real one does, but for the differences that are listed with their reasons.

With AZURE_EXCHANGES set to a file of recordings of the real Azure these are replayed too (see `azure_replay`).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fidelity.azure_replay import (
    ANY,
    HEADERS,
    Exchange,
    Family,
    Result,
    compare,
    intended,
    own_families,
    recorded_families,
    replay,
    table,
)
from tests.rehearsal.azure.cloud import Start, clouds

RECORDINGS = os.environ.get("AZURE_EXCHANGES", "")
FAMILIES = own_families()


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    with clouds(tmp_path_factory.mktemp("azure")) as begin:
        yield begin


def unforeseen(results: list[Result]) -> list[str]:
    """Differences that no row of the list allows."""
    rows = intended()
    return [
        f"{result.exchange.name}: {difference}"
        for result in results
        for difference in result.differences
        if not any(row.allows(result, difference) for row in rows)
    ]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_own_exchanges(start: Start, family: Family) -> None:
    results = list(replay(family, start))
    assert len(results) == len(family.exchanges)
    assert unforeseen(results) == []
    assert not [r.exchange.name for r in results if r.conduct], "no difference in conduct is intended"


def test_every_intended_difference_exists(start: Start) -> None:
    """One that is gone leaves the list."""
    results = [r for family in FAMILIES for r in replay(family, start)]
    for row in intended():
        assert any(row.allows(r, d) for r in results for d in r.differences), row.reason


def test_the_list_does_not_grow() -> None:
    assert len(intended()) <= 5
    assert all(len(row.reason) > 40 for row in intended())


@pytest.mark.skipif(not RECORDINGS, reason="AZURE_EXCHANGES names no recordings")
def test_recordings(start: Start) -> None:
    results = [r for family in recorded_families(Path(RECORDINGS)) for r in replay(family, start)]
    print("\n".join(line for line in table(results) if "exchanges" in line))
    assert unforeseen(results) == []
    assert sum(not r.conduct for r in results) / len(results) >= 0.97
    assert sum(not r.differences for r in results) / len(results) >= 0.8


# -- the exchanges themselves


def _scalars(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from _scalars(value)
    elif isinstance(node, list):
        for value in node:
            yield from _scalars(value)
    else:
        yield str(node)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_exchanges_are_of_our_own_making(family: Family) -> None:
    """Addresses for documentation or private ones, keys that say that they are examples."""
    words = [w for e in family.exchanges for w in (*_scalars(e.request), *_scalars(e.response))]
    addresses = {a for word in words for a in re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", word)} - {"1.0.0.0"}
    assert [
        a for a in addresses if not a.startswith(("10.", "169.254.", "192.0.2.", "198.51.100.", "203.0.113."))
    ] == []
    guids = {g for word in words for g in re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", word)}
    assert guids == set()


# -- the comparison


@pytest.mark.parametrize(
    ("want", "got", "differences"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["value .a: 1 -> 2"]),
        ({"a": 1}, {"a": True}, ["value .a: 1 -> True"]),
        ({"a": {"b": 1}}, {}, ["missing .a.b", "extra "]),
        ({"a": 1}, {"a": 1, "b": [1, 2]}, ["extra .b[]", "extra .b[]"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 3}]}, ["value .a[].b: 1 -> 3"]),
        ({"a": []}, {"a": {}}, ["value .a: [] -> {}"]),
        ({"a": ANY}, {"a": "x"}, []),
        ({"a": ANY}, {"a": ""}, ["value .a: nothing"]),
        ({"a": ANY}, {}, ["missing .a", "extra "]),
    ],
)
def test_compare(want: Any, got: Any, differences: list[str]) -> None:
    assert list(compare(want, got)) == differences


def test_conduct_is_seen(start: Start) -> None:
    """Each part of it that is wrong is named."""
    path = "{network}/networkSecurityGroups/x"
    wrong = Exchange("wrong", "PUT", path, "2024-05-01", {"location": "westeurope"}, 200, ("Location",), "Oops")
    (result,) = replay(Family("wrong", (wrong,)), start)
    assert result.conduct == [
        "status 200 -> 201",
        "header Azure-AsyncOperation extra",
        "header Location missing",
        "error Oops -> None",
    ]


@pytest.mark.parametrize("scope", ["{network}", "{subscription}"])
def test_of_a_list_only_rows_of_strangers_may_be_missing(start: Start, scope: str) -> None:
    """And those in lists of a whole subscription only."""
    if scope == "{subscription}":
        scope = "/subscriptions/{subscription}/providers/Microsoft.Network"
    group = {"location": "westeurope", "properties": {}}
    put = Exchange("put", "PUT", "{network}/networkSecurityGroups/x", "2024-05-01", group, 201, HEADERS[:1])

    def unforeseen_with(*rows: Any) -> list[str]:
        path = f"{scope}/networkSecurityGroups"
        look = Exchange("list", "GET", path, "2024-05-01", None, 200, response={"value": list(rows)})
        listed = list(replay(Family("lists", (put, look)), start))[1]
        missing = [d for d in listed.differences if d.startswith("missing")]
        return unforeseen([replace(listed, content=missing)])

    assert unforeseen_with({"name": "x", "colour": "blue"}) == ["list: missing .value[].colour"]
    strangers = unforeseen_with({"name": "x"}, {"name": "theirs"})
    assert strangers == ([] if scope.endswith("Microsoft.Network") else ["list: missing .value[].name"])


def test_what_a_recording_presupposes_is_made(start: Start, tmp_path: Path) -> None:
    """A connection that appears out of nothing, between a gateway and a local gateway that the recording made."""
    family = next(f for f in FAMILIES if f.name == "connections")
    network = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Network"
    rows = []
    for step, exchange in enumerate(family.exchanges[:9]):
        if exchange.of == "connections" or ("connections/c1" in exchange.path and exchange.method == "PUT"):
            continue
        text = _line(step, exchange).replace("{network}", network)
        rows.append(text)
    file = tmp_path / "recordings.jsonl"
    file.write_text("\n".join(rows))
    (recorded,) = recorded_families(file)
    assert [e.name for e in recorded.exchanges if e.status == 0] == [f"presupposed: {network}/connections/c1"]
    results = list(replay(recorded, start))
    assert [r.exchange.name for r in results if r.conduct] == []
    assert results[-1].exchange.path.endswith("/connections")


def _line(step: int, exchange: Exchange) -> str:
    joint = "&" if "?" in exchange.path else "?"
    row = {
        "recording": "made here",
        "step": step,
        "method": exchange.method,
        "url": f"https://management.azure.com{exchange.path}{joint}api-version={exchange.api}",
        "request": exchange.request,
        "status": exchange.status,
        "headers": {h.lower(): "https://management.azure.com/operations/1" for h in exchange.headers},
        "response": exchange.response,
    }
    return json.dumps(row)
