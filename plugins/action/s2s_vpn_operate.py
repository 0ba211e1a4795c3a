# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the module of the same name once for each tunnel, tell how far it is, and keep the journal of the link."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import listed

MODULE = "hybrid.s2s_vpn.s2s_vpn_operate"


class ActionModule(ActionBase):
    """The module looks at both clouds in every step; nothing is remembered between two of them but what is named."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        named = arguments.get("operation") == "replace_endpoints" and bool(arguments.get("tunnels"))
        steps: list[dict[str, Any]] = []
        changed = False
        journal = ""
        while True:
            began = time.monotonic()
            answer = self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars)
            steps += answer.get("steps", [])
            changed |= bool(answer.get("changed"))
            if answer.get("did"):
                journal = self._write(self._entry(arguments, answer, time.monotonic() - began)) or journal
            self._tell(arguments, answer)
            if answer.get("failed") or answer.get("done", True):
                break
            if named:
                arguments["tunnels"] = answer["left"]
        shown = {name: answer[name] for name in ("maintenance", "exception", "error_code", "faults") if name in answer}
        result |= {"changed": changed, "steps": steps, **shown}
        if journal:
            result["journal"] = journal
        if answer.get("failed"):
            result |= {"failed": True, "msg": answer.get("msg", "the module gave no reason")}
        return result

    def _tell(self, arguments: dict[str, Any], answer: dict[str, Any]) -> None:
        link = (arguments.get("plan") or {}).get("link", "")
        for tunnel, details in answer.get("maintenance", {}).items():
            words = ", ".join(f"{name} {value}" for name, value in details.items())
            self._display.display(f"{link}: endpoint of tunnel {tunnel}: {words or 'AWS says nothing'}")
        for step in answer.get("steps", []):
            if self._task.check_mode:
                would = "" if step["kind"] in ("wait", "stop") else "would "
                self._display.display(f"{link}: {would}{step['text']}")
                continue
            left = f"; left: {listed(answer['left'])}" if answer.get("left") else ""
            self._display.display(f"{link}: done: {step['text']}{left}")

    @staticmethod
    def _entry(arguments: dict[str, Any], answer: dict[str, Any], seconds: float) -> dict[str, Any]:
        """One line of the journal: what was asked of which cloud, never with a key."""
        step = answer.get("step") or answer["steps"][0]
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "link": arguments["plan"]["link"],
            "operation": arguments["operation"],
            "tunnel": step["tunnel"],
            "did": answer["did"],
            "seconds": round(seconds, 1),
            "outcome": "failed" if answer.get("failed") else "done",
            **({"error": answer.get("msg", "")} if answer.get("failed") else {}),
        }

    def _write(self, entry: dict[str, Any]) -> str:
        folder = self._task.args.get("journal_dir")
        if not folder:
            return ""
        path = Path(os.path.expanduser(folder)) / f"{entry['link']}.journal.jsonl"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
        except OSError as error:
            raise AnsibleActionFail(f"{path} cannot be written: {error.strerror}. Give another journal_dir.") from None
        return str(path)
