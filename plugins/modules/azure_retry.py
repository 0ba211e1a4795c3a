#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: azure_retry
short_description: Have Azure try again what it could not finish
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Sends a resource whose last change has failed to Azure again, as it stands, and waits for the end.
  - The modules of azure.azcollection refuse or pass over what is in the state C(Failed), such as a security group, even
    to mend it.
  - A resource in any other state, or one that is not there, is left alone.
options:
  resource_ids:
    description: Ids of resources of Microsoft.Network. They are mended one after the other.
    type: list
    elements: str
    required: true
  wait_timeout:
    description: Seconds to wait at most for each.
    type: int
    default: 600
  poll_seconds:
    description: Seconds between two looks while waiting, where Azure does not say how long to wait.
    type: float
    default: 2
attributes:
  check_mode:
    description: Can be run in check mode and says what it would send.
    support: full
  diff_mode:
    description: Shows the state before and after.
    support: full
  idempotent:
    description: A second run finds nothing that has failed.
    support: full
seealso:
  - module: hybrid.s2s_vpn.s2s_vpn_preflight
extends_documentation_fragment:
  - hybrid.s2s_vpn.azure
"""

EXAMPLES = r"""
- name: Mend what preflight has found
  hybrid.s2s_vpn.azure_retry:
    resource_ids: "{{ preflight.existing.azure.failed }}"
"""

RETURN = r"""
retried:
  description: Ids of those that had failed.
  returned: success
  type: list
  elements: str
  sample: []
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure

ARGUMENTS: dict[str, Any] = {
    "resource_ids": {"type": "list", "elements": "str", "required": True},
    "wait_timeout": {"type": "int", "default": 600},
    "poll_seconds": {"type": "float", "default": 2},
}


def retry(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    retried = []
    for identifier in params["resource_ids"]:
        seen = arm.get(identifier)
        if seen is None or not words.has_failed(seen):
            continue
        retried.append(identifier)
        if not check_mode:
            arm.wait(arm.put(identifier, words.writable_subnet(seen)), params["wait_timeout"])
    return {
        "changed": bool(retried),
        "retried": retried,
        "diff": {"before": dict.fromkeys(retried, "Failed"), "after": dict.fromkeys(retried, "Succeeded")},
    }


def main() -> None:
    module = azure.make_module(ARGUMENTS)
    if refused := options.refusal(options.retry(module.params)):
        module.fail_json(**refused)
    azure.run(module, retry)


if __name__ == "__main__":
    main()
