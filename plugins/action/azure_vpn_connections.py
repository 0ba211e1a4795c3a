# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell how long Azure has been at the connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils.progress import WaitingAction


class ActionModule(WaitingAction):
    def subject(self, args: Mapping[str, Any]) -> tuple[str, str]:
        return f"connections of VPN gateway {args.get('gateway_name')}", "1 to 3 min"
