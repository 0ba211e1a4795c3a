# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing a connection of Azure and its key: what building a link and operating it have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure

Json = dict[str, Any]


def put(arm: azure.Arm, resource: str, body: Mapping[str, Any], key: str | None, seconds: float) -> Json:
    """Create or update, wait, and give the connection as Azure answered it.

    An update carries the key too: Azure is said to ignore it there (azurerm#11673), and must not make one of its own.
    """
    secret = {"sharedKey": key} if key else {}
    operation = arm.put(resource, {**body, "properties": {**body["properties"], **secret}})
    arm.wait(operation, seconds)
    made = operation.resource
    made["properties"] = {**made["properties"], "provisioningState": "Succeeded"}
    return made


def set_key(arm: azure.Arm, resource: str, key: str, seconds: float) -> None:
    """Give a connection another key, wait, and read it back. Raises AzureError if Azure shows another one."""
    arm.hide(key)
    arm.wait(arm.put(f"{resource}/sharedkey", {"value": key}), seconds)
    if arm.shared_key(resource, made=True) != key:
        raise azure.AzureError(
            f"setting the key of {azure.words.name_of(resource)}", "",
            "Azure took it and shows another one when read back",
            "Run it again; if that does not help, delete the connection and run it again.",
        )  # fmt: skip
