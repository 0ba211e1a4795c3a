# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of an action, under their plain names on every ansible-core."""

from __future__ import annotations

from typing import Any

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
