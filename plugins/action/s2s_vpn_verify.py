# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at both clouds until the link is what the plan says, or the time is over."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import report, verdict
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault, shown
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.options import refusal
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import is_plan

ARGUMENTS = {
    "plan": {"type": "dict", "required": True},
    "timeout": {"type": "int", "default": 600},
    "interval": {"type": "int", "default": 10},
    "report_dir": {"type": "path"},
}


class ActionModule(ActionBase):
    """One call of a status module for each cloud and look; the verdict is the library's."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _spec, args = self.validate_argument_spec(argument_spec=ARGUMENTS)
        plan = args["plan"]
        if refused := refusal(_faults(args)):
            return {**result, "failed": True, **refused}
        start = time.monotonic()
        looks = 0
        while True:
            looks += 1
            status = {cloud: self._status(cloud, plan, task_vars) for cloud in ("azure", "aws")}
            judged = verdict.judge(plan, status["azure"], status["aws"])
            left = args["timeout"] - (time.monotonic() - start)
            if judged.ok or left <= 0:
                break
            self._display.display(f"{judged.text.splitlines()[0]} {int(left)} s left", color="yellow")
            time.sleep(min(args["interval"], max(left, 0)))
        found = judged.as_dict() | {"status": status}
        result["table"] = report.verdict_table(found)
        result |= {"verdict": found, "looks": looks, "changed": False}
        if args["report_dir"]:
            result["report"] = self._write(Path(args["report_dir"]), plan["link"], found)
        self._display.display(result["table"])
        if not judged.ok:
            result |= {"failed": True, "msg": judged.text}
        return result

    def _status(self, cloud: str, plan: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        """Run the cloud's status module; its own error is the message of this task."""
        if cloud == "azure":
            part = plan["azure"]["gateway"]
            arguments = {"resource_group": part["resource_group"], "gateway_name": part["name"]}
        else:
            part = plan["aws"]["gateway"]
            # what is adopted, or was made by hand, has no tag of ours
            mine = {"s2s_vpn:id": plan["owner"]["id"]}
            arguments = {"region": part["region"], "vpn_gateway_name": part["vgw"]["name"], "tags": mine}
        answer = self._execute_module(
            module_name=f"hybrid.s2s_vpn.{cloud}_vpn_status_info", module_args=arguments, task_vars=task_vars
        )
        if answer.get("failed"):
            raise AnsibleActionFail(f"{plan['link']}: {cloud} could not be read: {answer.get('msg')}")
        return answer["status"]

    @staticmethod
    def _write(folder: Path, link: str, found: dict[str, Any]) -> str:
        path = folder / f"{link}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        except OSError as error:
            raise AnsibleActionFail(f"{path} cannot be written: {error.strerror}. Give another report_dir.") from None
        return str(path)


def _faults(args: dict[str, Any]) -> Iterator[Fault]:
    if not is_plan(args["plan"]):
        remedy = "Give what hybrid.s2s_vpn.s2s_vpn_plan returns as s2s_vpn_plan."
        yield Fault("plan", "", "it is not a plan", remedy)
    if args["timeout"] < 0:
        yield Fault("timeout", shown(args["timeout"]), "it is less than 0", "Write seconds; 0 is one look.")
    if args["interval"] < 1:
        yield Fault("interval", shown(args["interval"]), "it is less than 1", "Write seconds, like 10.")
