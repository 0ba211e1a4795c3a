# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of Azure resources of one kind that do not depend on each other: all are started before one is waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure

Json = dict[str, Any]


@dataclass(frozen=True)
class ResourceList:
    """One kind of resource as a module's option.

    `change` gets an entry of the list, what stands (or None) and whether it is check mode; `facts` and `view` get a
    resource as ARM has it; `needed` names what an entry, or else the module, must give to create one.
    """

    option: str
    kind: str
    what: str
    needed: tuple[str, ...]
    change: Callable[[Mapping[str, Any], Mapping[str, Any], Json | None, bool], words.Change]
    facts: Callable[[Json], Json]
    view: Callable[[Json], Json]
    told_at_the_end: bool = False  # some facts stand only in what is there when Azure has finished

    def run(self, arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> Json:
        """What the module returns. Raises AzureError; nothing is sent before every entry is judged."""
        existing = self._existing(arm, params, settle=not check_mode)
        if params["state"] == "absent":
            return self._absent(arm, params, existing, check_mode)
        changes = {one["name"]: self._judge(one, params, existing, check_mode) for one in params[self.option]}
        if check_mode:
            return self._result(params, existing, changes, {}, "Planned")
        made, failed = self._put(arm, params, changes)
        if failed is not None:
            done = {name: one for name, one in changes.items() if name in made}
            failed.done = self._result(params, existing, done, made, "Succeeded")
            raise failed
        return self._result(params, existing, changes, made, "Succeeded")

    def _result(
        self,
        params: Mapping[str, Any],
        existing: Mapping[str, Json],
        changes: Mapping[str, words.Change],
        made: Mapping[str, Json],
        state: str,
    ) -> Json:
        facts = []
        for one in params[self.option]:
            change = changes.get(one["name"])
            if change is None:
                continue
            now = {**(existing.get(one["name"].lower()) or {}), "name": one["name"], **(change.body or {})}
            if change.changed:
                now["properties"] = {**now.get("properties", {}), "provisioningState": state}
            facts.append({**self.facts(made.get(one["name"], now)), "changed": change.changed})
        changed = {name: change for name, change in changes.items() if change.changed}
        return {
            "changed": bool(changed),
            self.option: facts,
            "diff": {
                "before": {name: change.before for name, change in changed.items()},
                "after": {name: change.after for name, change in changed.items()},
            },
        }

    def _existing(self, arm: azure.Arm, params: Mapping[str, Any], settle: bool) -> dict[str, Json]:
        """Those of the list that stand, by lower-case name; `settle` waits for those that are being changed."""
        asked = {one["name"].lower() for one in params[self.option]}
        found = {}
        for seen in arm.list_in_group(params["resource_group"], self.kind) or []:
            if seen["name"].lower() in asked:
                one = arm.settle(seen["id"], params["wait_timeout"], seen) if settle else seen
                if one is not None:
                    found[one["name"].lower()] = one
        return found

    def _judge(
        self, one: Mapping[str, Any], params: Mapping[str, Any], existing: Mapping[str, Json], check_mode: bool
    ) -> words.Change:
        seen = existing.get(one["name"].lower())
        change = self.change(one, params, seen, check_mode)
        tried = f"changing the {self.what} {one['name']}"
        azure.refuse(tried, change.refusals)
        missing = [option for option in self.needed if not (one.get(option) or params.get(option))]
        if seen is None and missing:
            given = " and ".join(missing)
            answer = f"it does not exist, and {given} {'is' if len(missing) == 1 else 'are'} not given"
            raise azure.AzureError(tried, "", answer, f"Give {given}.")
        return change

    def _put(
        self, arm: azure.Arm, params: Mapping[str, Any], changes: Mapping[str, words.Change]
    ) -> tuple[dict[str, Json], azure.AzureError | None]:
        """The changed resources as they are in the end, by name, and why others are missing. After a refusal no other
        is sent, but what was sent is waited for."""
        group = params["resource_group"]
        operations: dict[str, azure.Operation] = {}
        made: dict[str, Json] = {}
        failed: list[azure.AzureError] = []
        for name, change in changes.items():
            if change.body is None:
                continue
            try:
                operations[name] = arm.put(arm.id(group, self.kind, name), change.body)
            except azure.AzureError as error:
                failed.append(error)
                break
        for name, operation in operations.items():
            try:
                arm.wait(operation, params["wait_timeout"])
            except azure.AzureError as error:
                failed.append(error)
                continue
            last = arm.get_made(operation.target) if self.told_at_the_end else None
            now = {**(last or operation.resource), "name": name}
            made[name] = {**now, "properties": {**now.get("properties", {}), "provisioningState": "Succeeded"}}
        if len(failed) < 2:
            return made, next(iter(failed), None)
        tried = f"changing {len(failed)} of {len(changes)} {self.option.replace('_', ' ')}"
        return made, azure.AzureError(tried, failed[0].code, " ".join(map(str, failed)))

    def _absent(
        self, arm: azure.Arm, params: Mapping[str, Any], existing: Mapping[str, Json], check_mode: bool
    ) -> Json:
        if not check_mode:
            started = [arm.delete(one["id"]) for one in existing.values()]
            for operation in filter(None, started):
                arm.wait(operation, params["wait_timeout"])
        before = {one["name"]: self.view(one) for one in existing.values()}
        return {"changed": bool(existing), self.option: [], "diff": {"before": before, "after": {}}}
