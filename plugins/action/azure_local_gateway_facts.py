# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS's tunnels to Azure's local gateways: the action of module azure_local_gateway_facts."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.exchange import exchange
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import message
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.tunnels import parse_connection, parse_document
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils.facts import give_facts

ARGUMENTS = {
    "plan": {"type": "dict"},
    "gateway": {"type": "dict"},
    "vpn_connections": {"type": "list", "elements": "dict", "no_log": True},
    "customer_gateway_configurations": {"type": "list", "elements": "str", "no_log": True},
    "address_prefixes": {"type": "list", "elements": "str", "default": []},
    "partial": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(
            ARGUMENTS,
            required_one_of=[["plan", "gateway"], ["vpn_connections", "customer_gateway_configurations"]],
        )
        answers = options["vpn_connections"] or []
        documents = options["customer_gateway_configurations"] or []
        parsed = [
            *(parse_connection(answer, f"vpn_connections[{index}]") for index, answer in enumerate(answers)),
            *(
                parse_document(document, f"customer_gateway_configurations[{index}]")
                for index, document in enumerate(documents)
            ),
        ]
        answer = exchange(
            parsed,
            options["plan"],
            options["gateway"],
            address_prefixes=options["address_prefixes"],
            predict=self._task.check_mode,
            partial=options["partial"],
        )
        result["changed"] = False
        if answer.exchange is None:
            headline = "AWS's tunnels do not make local gateways for Azure:"
            result.update(
                failed=True,
                msg=message(headline, answer.faults),
                faults=[fault.as_dict() for fault in answer.faults],
            )
        else:
            give_facts(self, result, answer.exchange.as_facts())
        return result
