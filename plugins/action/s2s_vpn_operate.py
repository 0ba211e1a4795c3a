# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the module of the same name once for each tunnel, and tell how far it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import listed
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.operate import half_done

MODULE = "hybrid.s2s_vpn.s2s_vpn_operate"
SHOWN = ("journal", "maintenance", "unfinished", "exception", "error_code", "faults")


class ActionModule(ActionBase):
    """The module looks at both clouds in every step; nothing is remembered between two of them but what is named."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if arguments.get("journal_dir"):
            arguments["journal_dir"] = str(Path(arguments["journal_dir"]).expanduser().absolute())
        named = arguments.get("operation") == "replace_endpoints" and bool(arguments.get("tunnels"))
        steps: list[dict[str, Any]] = []
        changed = False
        rotation: str | None = None
        while True:
            answer = self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars)
            steps += answer.get("steps", [])
            changed |= bool(answer.get("changed"))
            if rotation is None and (rotation := answer.get("rotation", "")):  # later answers meet that of this run
                self._display.warning(f"{(arguments.get('plan') or {}).get('link', '')}: {rotation}")
            self._tell(arguments, answer)
            if answer.get("failed") or answer.get("done", True):
                break
            if named:
                arguments["tunnels"] = answer["left"]
        shown = {name: answer[name] for name in SHOWN if name in answer}
        result |= {"changed": changed, "steps": steps, "unfinished": {}, **shown}
        if rotation:
            result["rotation"] = rotation
        if answer.get("failed"):
            result |= {"failed": True, "msg": answer.get("msg", "the module gave no reason")}
        return result

    def _tell(self, arguments: dict[str, Any], answer: dict[str, Any]) -> None:
        link = (arguments.get("plan") or {}).get("link", "")
        for tunnel, details in answer.get("maintenance", {}).items():
            words = ", ".join(f"{name} {value}" for name, value in details.items())
            self._display.display(f"{link}: endpoint of tunnel {tunnel}: {words or 'AWS says nothing'}")
        if answer.get("done", True):
            for words in half_done(answer.get("unfinished", {})):
                self._display.warning(f"{link}: {words}")
        for step in answer.get("steps", []):
            if self._task.check_mode:
                would = "" if step["kind"] in ("wait", "stop") else "would "
                self._display.display(f"{link}: {would}{step['text']}")
                continue
            left = f"; left: {listed(answer['left'])}" if answer.get("left") else ""
            self._display.display(f"{link}: done: {step['text']}{left}")
