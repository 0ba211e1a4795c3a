# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan a link: the action of module s2s_vpn_plan. It runs on the controller and ships nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import PREFIX, Fault, message, shown
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.fleet import faults_beside
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import Identity, plan_link
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.report import plan_mermaid, plan_table
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.variables import misspelled
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils.facts import give_facts, secret_variable

ARGUMENTS = {
    "input": {"type": "dict", "required": True},
    "identity": {
        "type": "dict",
        "options": {"aws_account": {"type": "str"}, "azure_subscription": {"type": "str"}},
    },
    "pre_shared_keys_variable": {"type": "str", "default": "s2s_vpn_pre_shared_keys", "no_log": False},
    "fleet": {"type": "list", "elements": "dict", "default": []},
    "show": {"type": "bool", "default": False},
    "write_table": {"type": "path"},
    "write_mermaid": {"type": "path"},
}


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        _validation, options = self.validate_argument_spec(ARGUMENTS)
        variables = _named(options["input"], task_vars.get("inventory_hostname"))
        keys = secret_variable(self, options["pre_shared_keys_variable"], task_vars)
        planned = plan_link(variables, keys, _identity(options["identity"]))
        misspelt = misspelled(name for name in task_vars if isinstance(name, str))
        faults = (*misspelt, *(planned.faults or faults_beside(variables, options["fleet"])))
        if planned.plan is None or faults:
            return {**result, **_refusal(variables.get("link") or variables.get(f"{PREFIX}link"), faults)}
        plan = planned.plan.as_dict()
        table, mermaid = plan_table(plan), plan_mermaid(plan)
        if options["show"]:
            self._display.display(f"{table}\n\n{mermaid}")
        diffs = [self._write(options["write_table"], table + "\n"), self._write(options["write_mermaid"], mermaid)]
        written = [diff for diff in diffs if diff]
        result.update(changed=bool(written), table=table, mermaid=mermaid, input=variables)
        give_facts(self, result, {"s2s_vpn_plan": plan})
        if self._task.diff and written:
            result["diff"] = written
        return result

    def _write(self, path: str | None, text: str) -> dict[str, str] | None:
        """Write the file if it differs; in check mode only say that it would be. The answer is the diff."""
        if not path:
            return None
        file = Path(os.path.expanduser(path)).absolute()
        try:
            before = file.read_text(encoding="utf-8") if file.exists() else ""
            if before == text:
                return None
            if not self._task.check_mode:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "what is there is not text"
            raise AnsibleActionFail(f"{file} cannot be written: {reason}. Give another path.") from None
        return {"before": before, "after": text, "before_header": str(file), "after_header": str(file)}


def _named(variables: dict[Any, Any], host: object) -> dict[Any, Any]:
    """The input with the link's name, which is the host's unless one is given."""
    names = ("link", f"{PREFIX}link")
    named = {name: value for name, value in variables.items() if name not in names or value not in (None, "")}
    return named if any(name in named for name in names) else {"link": host, **named}


def _identity(given: dict[str, Any] | None) -> Identity | None:
    """Both or nothing: half an identity makes no id."""
    account, subscription = (given or {}).get("aws_account"), (given or {}).get("azure_subscription")
    return Identity(azure_subscription=subscription, aws_account=account) if account and subscription else None


def _refusal(link: object, faults: tuple[Fault, ...]) -> dict[str, Any]:
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    return {
        "failed": True,
        "changed": False,
        "msg": message(f"The input of link {shown(link or 'without a name')} has {count}:", faults),
        "faults": [fault.as_dict() for fault in faults],
    }
