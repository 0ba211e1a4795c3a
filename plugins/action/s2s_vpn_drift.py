# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare both clouds with the plan: the action of module s2s_vpn_drift. It only reads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import drift, keys, places
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.options import refusal
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.report import table
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.texts import plain, without_ids
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils import looking
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils.facts import secret_variable

ARGUMENTS = {
    "plan": {"type": "dict", "required": True},
    "pre_shared_keys_variable": {"type": "str", "default": "s2s_vpn_pre_shared_keys", "no_log": False},
    "monitoring": {
        "type": "dict",
        "options": {
            "vpn_connection_ids": {"type": "list", "elements": "str", "default": []},
            "topics": {"type": "list", "elements": "str", "default": []},
            "action_groups": {"type": "list", "elements": "str", "default": []},
            "log_analytics_workspace": {"type": "str"},
            "window_minutes": {"type": "int", "default": 5},
            "bandwidth_percent": {"type": "int", "default": 80},
        },
    },
    "report_dir": {"type": "path"},
}
OF_AZURE = ("action_groups", "log_analytics_workspace", "window_minutes", "bandwidth_percent")
OF_AWS = ("vpn_connection_ids", "topics", "window_minutes")
SECONDS = "5 s to 1 min"


class ActionModule(looking.LookingAction):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _spec, args = self.validate_argument_spec(argument_spec=ARGUMENTS)
        link = places.find({"plan": args["plan"]}, looking.host_of(task_vars))
        if isinstance(link, list):
            return {**result, "failed": True, **refusal(link)}
        salt = looking.new_salt()
        everything = replace(link, aws={**link.aws, "neighbours": True})
        azure, aws, silent = self.readings(everything, task_vars, salt)
        problems = [f"{looking.CLOUDS[cloud]} could not be read: {why}" for cloud, why in silent.items()]
        watching = self._watching(args["plan"], args["monitoring"], task_vars) if args["monitoring"] else {}
        own = secret_variable(self, args["pre_shared_keys_variable"], task_vars or {})
        given = own if isinstance(own, dict) else {}
        prints = {str(cidr): keys.fingerprint(str(key), salt) for cidr, key in given.items()}
        found = drift.drift_of(azure, aws, args["plan"], prints, watching)
        report = without_ids(
            {
                "schema": drift.SCHEMA,
                "link": link.link,
                "at": looking.now(),
                "drifted": bool(found.differences),
                **found.as_dict(),
                "unread": [*problems, *found.unread],
                "complete": found.complete and not problems,
                "calls": {cloud: (one or {}).get("calls", 0) for cloud, one in (("azure", azure), ("aws", aws))},
            }
        )
        text = _text(link.link, found, report["unread"])
        self._display.display(text)
        result |= {"changed": False, "drift": report, "table": text, "msg": _message(link.link, found, problems)}
        if args["report_dir"]:
            path = Path(args["report_dir"]) / f"{link.link}.drift.json"
            looking.write(path, json.dumps(report, indent=2, sort_keys=True) + "\n")
            result["report"] = str(path)
        return {**result, "failed": True} if problems else result

    def _watching(
        self, plan: dict[str, Any], monitoring: dict[str, Any], task_vars: dict[str, Any] | None
    ) -> dict[str, dict[str, Any]]:
        """What the modules of monitor.yml would change, by their names."""
        gateway = plan["aws"]["gateway"]
        region = {"region": gateway["region"]}
        asked = {
            "azure_link_alarms": {"plan": plan, **{name: monitoring[name] for name in OF_AZURE}},
            "aws_link_alarms": {**region, "plan": plan, **{name: monitoring[name] for name in OF_AWS}},
        }
        for group in gateway["log_groups"]:
            retention = {name: group[name] for name in ("name", "retention_days")}
            asked["aws_tunnel_log_group"] = {**region, **retention, "tags": plan["tags"]}
        task, before = self._task, (self._task.check_mode, self._task.diff)
        task.check_mode = task.diff = True  # drift only reads, whatever the play does
        try:
            with self.waiting(plan["link"], "the alarms", SECONDS, task_vars):
                return {name: self._module(name, arguments, task_vars) for name, arguments in asked.items()}
        finally:
            task.check_mode, task.diff = before

    def _module(self, name: str, arguments: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        cloud, _unused, what = name.partition("_")
        return self.ask(cloud, what, arguments, task_vars)


def _text(link: str, found: drift.Drift, unread: list[str]) -> str:
    def shown(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
        return [tuple(plain(cell) for cell in row) for row in rows]

    lines = [f"Link {link}: {_count(found)}."]
    if found.differences:
        lines += ["", table(shown(drift.rows(found)))]
    if found.unmanaged:
        lines += ["", table(shown(drift.unmanaged_rows(found)))]
    if unread:
        lines += ["", *(f"Not compared: {plain(one)}" for one in unread)]
    return "\n".join(lines)


def _count(found: drift.Drift) -> str:
    count = len(found.differences)
    differ = "nothing differs" if not count else "1 thing differs" if count == 1 else f"{count} things differ"
    compared = "" if found.complete else ", but not all could be compared"
    return f"{differ} from the plan{compared}, {len(found.unmanaged)} not managed"


def _message(link: str, found: drift.Drift, problems: list[str]) -> str:
    remedies = list(dict.fromkeys(one.remedy for one in found.differences))
    lost = [] if found.complete else [f"Not compared: {plain(one)}" for one in found.unread]
    return "\n".join([f"Link {link}: {_count(found)}.", *problems, *lost, *remedies])
