# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of an action, under their plain names on every ansible-core, and variables that hold secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError, AnsibleUndefinedVariable
from ansible.plugins.action import ActionBase

try:
    from ansible.plugins.action import VariableLayer
except ImportError:  # ansible-core before 2.21 puts all facts beside the variables
    VariableLayer = None


def give_facts(action: ActionBase, result: dict[str, Any], facts: dict[str, Any]) -> None:
    """Return the facts, and set them as ``set_fact`` does: putting facts beside the variables is deprecated."""
    result["ansible_facts"] = facts
    if VariableLayer is not None:
        action.register_host_variables(facts, VariableLayer.EPHEMERAL_FACT)


def secret_variable(action: ActionBase, name: str, task_vars: Mapping[str, Any]) -> Any:
    """The variable's value, read here so that keys never stand in a task's arguments; None where there is none."""
    if not name or name not in task_vars:
        return None
    try:
        return action._templar.template(task_vars[name])
    except AnsibleUndefinedVariable as error:
        reason = str(error.message)
    except AnsibleError:
        # The error may quote what it failed on, and that may be a key.
        reason = "look at its templates and at the vault password"
    raise AnsibleActionFail(f"The variable {name} cannot be read: {reason}") from None
