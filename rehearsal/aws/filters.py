"""Filters of the Describe actions: values joined with OR, filters with AND, * and ? as wildcards (AWS)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from rehearsal.aws import tag
from rehearsal.aws.refusal import refuse

Values = Callable[[Any], Iterable[str]]


def keep[Thing](
    things: Sequence[Thing], asked: Sequence[Mapping[str, Any]], known: Mapping[str, Values], backend: Any
) -> list[Thing]:
    """Those of `things` that pass every filter asked. A thing has an `id`; `known` gives a filter's values of it."""
    kept = list(things)
    for wanted in asked:
        values_of = _values(wanted["Name"], known, backend)
        patterns = wanted.get("Values") or []
        kept = [thing for thing in kept if _any(values_of(thing), patterns)]
    return kept


def _values(name: str, known: Mapping[str, Values], backend: Any) -> Values:
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return lambda thing: [value for had, value in tag.of(backend, thing.id).items() if had == key]
    if name == "tag-key":
        return lambda thing: tag.of(backend, thing.id)
    if name == "tag-value":
        return lambda thing: tag.of(backend, thing.id).values()
    if name not in known:
        raise refuse("filter", name=name)
    return known[name]


def _any(values: Iterable[str], patterns: Iterable[str]) -> bool:
    wanted = list(patterns)
    # fnmatch also knows [sets], which AWS takes literally
    return any(fnmatchcase(value, pattern.replace("[", "[[]")) for value in values for pattern in wanted)
