# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a link, ``<link>.journal.jsonl``: what was changed, a JSON object a line, never with a key.

Members of every line: ``at`` (UTC), ``link``, ``operation``, ``state``. States are begun (written before a call), done
and failed (after it), up (a tunnel carries the link again) and stopped (the run, with the ``error``). A call that was
begun and neither done nor failed is where a run was killed.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

KEY = "pre_shared_key"


def path_in(folder: str | os.PathLike[str], link: str) -> Path:
    return Path(folder) / f"{link}.journal.jsonl"


def unwritable(path: str, error: OSError) -> str:
    return f"The journal {path} cannot be written: {error.strerror}. Give another folder."


def told(value: Any, key: str = "key") -> Any:
    """A value as the journal shows it: ``key`` in the place of a key or its fingerprint, dates as text."""
    if isinstance(value, Mapping):
        return {
            (KEY if str(name).startswith(KEY) else str(name)): (
                key if str(name).startswith(KEY) and each is not None else told(each, key)
            )
            for name, each in value.items()
        }
    if isinstance(value, (list, tuple, set)):
        return [told(each, key) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def sides(before: Any, after: Any) -> dict[str, Any]:
    """Both sides of a change."""
    return {"before": told(before, "old key"), "after": told(after, "new key")}


# ------------------------------------------------------------------------------------------- what a task has changed

#: Where modules list what they manage, each with its `name` and whether it was `changed`.
LISTS = {
    "addresses": "public_address",
    "local_gateways": "local_gateway",
    "connections": "connection",
    "alarms": "alarm",
    "alerts": "alert",
}
AWS_ID = re.compile(r"(vpc|subnet|rtb|sg|cgw|vgw|vpn)-[0-9a-f]+$")


def changes_of(task: str, result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Lines of a registered result: one for each resource that was changed, and one for a failure.

    :param task: what to call it where the result names no resource
    """
    if result.get("skipped"):
        return
    if isinstance(result.get("results"), list):
        for each in result["results"]:
            yield from changes_of(task, each)
        return
    if result.get("changed"):
        yield from _changed(task, result)
    if result.get("failed"):
        name = str(result.get("_ansible_item_label") or "") or task
        yield {"state": "failed", "resource": name, "error": str(result.get("msg", ""))}


def _changed(task: str, result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    diff = result.get("diff")
    both = diff if isinstance(diff, Mapping) else {}
    before, after = both.get("before") or {}, both.get("after") or {}
    gone = [one for one in result.get("deleted") or [] if isinstance(one, Mapping)]
    member = next((member for member in LISTS if isinstance(result.get(member), list)), "")
    if gone:
        for one in gone:
            yield {"state": "done", **_named(one, task), **sides({"there": True}, {"there": False})}
    elif isinstance(result.get("resources"), list):  # of several types
        for one in result["resources"]:
            if one.get("changed"):
                label = f"{one['type']}/{one['name']}"
                both_sides = sides(before.get(label) or {}, after.get(label) or {})
                yield {"state": "done", "resource": one["name"], "type": one["type"], **both_sides}
    elif member:
        names = [one["name"] for one in result[member] if one.get("changed")]
        for name in [*names, *(name for name in before if name not in names)]:
            what = {"resource": name, "type": LISTS[member]}
            yield {"state": "done", **what, **sides(before.get(name) or {}, after.get(name) or {})}
    else:
        own = {name: one for name, one in result.items() if name != result.get("ansible_loop_var", "item")}
        found = (_named(one, name) for name, one in (*own.items(), (task, own)) if isinstance(one, Mapping))
        label = str(result.get("_ansible_item_label") or "") or task
        yield {"state": "done", **next(filter(None, found), {"resource": label, "type": task}), **sides(before, after)}


def _named(resource: Mapping[str, Any], kind: str) -> dict[str, str]:
    """Name, type and AWS's id of a resource, as far as it tells them; {} if it is none."""
    identifier = str(resource.get("id") or next((one for one in resource.values() if AWS_ID.match(str(one))), ""))
    if identifier.startswith("/"):  # of Azure's id the last two parts
        kind, own_name = identifier.split("/")[-2:]
        return {"resource": own_name, "type": kind}
    tags = resource.get("tags")
    name = resource.get("name") or resource.get("group_name") or (tags.get("Name") if isinstance(tags, Mapping) else "")
    if not (name or identifier):
        return {}
    return {"resource": str(name or identifier), "type": str(resource.get("type") or kind), "id": identifier}


# ----------------------------------------------------------------------------------------------------------- the file


class Journal:
    """Open for as long as the process lives.

    :param path: "" keeps none
    Raises OSError where the file cannot be written, so before anything is changed.
    """

    def __init__(self, path: str | os.PathLike[str], link: str, operation: str) -> None:
        self.path, self.link, self.operation = str(path), link, operation
        self.calls = 0
        self._secrets: set[str] = set()
        self._file: int | None = None
        if self.path:
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)

    def hide(self, secret: str) -> None:
        """A key: where an error repeats it, it is not written."""
        if secret:
            self._secrets.add(secret)

    def write(self, state: str, **more: Any) -> None:
        """One line, on the disk when this returns."""
        if self._file is None:
            return
        at = datetime.now(UTC).isoformat(timespec="seconds")
        entry = {"at": at, "link": self.link, "operation": self.operation, "state": state, **more}
        text = json.dumps(entry, default=str)
        for secret in self._secrets:
            text = text.replace(secret, "(key)")
        os.write(self._file, f"{text}\n".encode())  # in one piece: other runs write to the same file
        os.fsync(self._file)

    @contextmanager
    def call(
        self,
        what: Mapping[str, Any],
        before: Any = None,
        after: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> Iterator[None]:
        """Around one call that changes something; ``what`` names it (cloud, call, resource)."""
        self.write("begun", **what, **sides(before or {}, after or {}))
        began = clock()
        try:
            yield
        except Exception as error:
            self.write("failed", **what, seconds=round(clock() - began, 1), error=str(error))
            raise
        self.calls += 1
        self.write("done", **what, seconds=round(clock() - began, 1))
