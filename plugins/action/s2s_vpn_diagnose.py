# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at both clouds, and why the tunnels of the link are down."""

from __future__ import annotations

from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import places, report
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.options import refusal
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils import looking


class ActionModule(looking.LookingAction):
    """It tells and does not judge: a link that is down is a finding, not a failure."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _spec, args = self.validate_argument_spec(argument_spec=dict(looking.ARGUMENTS))
        link = places.find(args, looking.host_of(task_vars))
        if isinstance(link, list):
            return {**result, "failed": True, **refusal(link)}
        result |= self.look(link, args, task_vars)
        result["text"] = report.causes_text(result["findings"]) or "No cause was found."
        if not result["findings"]["causes"]:
            self._display.display(result["text"])
        return result
