#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: azure_vm_probe
short_description: Ping, try a TCP port and measure the path MTU from a virtual machine in Azure
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Has a Linux virtual machine look along the data path, by Azure's Run Command. No SSH and no open port is needed.
  - The machine runs a short shell script, for half a minute at most, and changes nothing. It needs C(ping) of iputils,
    and for a port C(bash) and C(timeout).
  - A machine that gives no answer, or gets none, does not fail the task. Look at RV(probe.ok).
  - It needs the permission C(Microsoft.Compute/virtualMachines/runCommand/action), which the role Virtual Machine
    Contributor has. Whoever has it can run anything on that machine.
options:
  resource_group:
    description: The virtual machine's resource group.
    type: str
    required: true
  name:
    description: Name of the virtual machine.
    type: str
    required: true
  to:
    description: The IPv4 address to reach, of a machine behind the other end of the VPN.
    type: str
    required: true
  port:
    description: A TCP port there to try as well.
    type: int
  path_mtu:
    description: Whether to find out how large a packet may be to pass whole.
    type: bool
    default: true
  timeout:
    description: How many seconds to wait for the machine's answer. Run Command itself takes half a minute.
    type: int
    default: 180
attributes:
  check_mode:
    description: Asks nothing of anybody, and shows in RV(probe.command) what would run.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
seealso:
  - module: hybrid.s2s_vpn.aws_instance_probe
extends_documentation_fragment:
  - hybrid.s2s_vpn.azure
"""

EXAMPLES = r"""
- name: Reach a machine in AWS from one in Azure
  hybrid.s2s_vpn.azure_vm_probe:
    resource_group: hq-rg
    name: hq-vm
    to: 10.2.1.4
    port: 22
  register: from_azure

- name: Say how it went
  ansible.builtin.debug:
    msg: "{{ from_azure.probe.text }}"
"""

RETURN = r"""
probe:
  description: What the machine found.
  returned: success
  type: dict
  contains:
    from:
      description: The machine.
      type: str
    to:
      description: The address that it was to reach.
      type: str
    port:
      description: The port that it was to try. Null without one.
      type: int
    ok:
      description: With a port, that it is open. Else that a ping was answered.
      type: bool
    answered:
      description: Whether the machine answered at all. Without that nothing is known of the path.
      type: bool
    ping:
      description: How many pings were C(sent) and C(received), and their average C(rtt_ms). Null without an answer.
      type: dict
      sample: {sent: 3, received: 3, rtt_ms: 12.1}
    tcp:
      description: V(open), V(refused), V(silent) or V(unreachable). Null without a port, or if it could not be tried.
      type: str
    path_mtu:
      description: The largest packet that passes whole, in bytes, up to 1500. Null if it was not found out.
      type: int
    text:
      description: The same in words.
      type: str
      sample: 10.2.1.4 answered 3 of 3 pings in 12.1 ms; port 22 is open; packets of up to 1400 bytes pass whole
    command:
      description: The script.
      type: str
"""

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options, probe
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault, message, shown

Json = dict[str, Any]

COMPUTE_API = "2024-07-01"
TIMEOUT = "Timeout"
# The machine is stopped, its agent says nothing, or is too slow.
SILENCE = frozenset(
    {TIMEOUT, "OperationNotAllowed", "VMAgentStatusCommunicationError", "VMExtensionProvisioningTimeout"}
)
ARGUMENTS: dict[str, Any] = {
    "resource_group": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "to": {"type": "str", "required": True},
    "port": {"type": "int"},
    "path_mtu": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 180},
}


def aim(params: Mapping[str, Any]) -> probe.Target | list[Fault]:
    found = probe.target(params["to"], params["port"], params["path_mtu"])
    faults = list(options.resource_group(params))
    name, seconds = params["name"], params["timeout"]
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_])?", name):
        problem = "is not the name of a virtual machine"
        faults.append(Fault("name", shown(name), problem, "Write it as az vm list shows it."))
    faults += found if isinstance(found, list) else []
    if seconds < 1:
        faults.append(Fault("timeout", str(seconds), "is less than 1", "Write seconds, like 180."))
    return faults or found


def look(arm: azure.Arm, params: Mapping[str, Any], target: probe.Target) -> Json:
    name, seconds = params["name"], params["timeout"]
    machine = f"{arm.group_id(params['resource_group'])}/providers/Microsoft.Compute/virtualMachines/{name}"
    body = {"commandId": "RunShellScript", "script": probe.script(target)}
    try:
        answer = arm.ask(machine, "runCommand", body, seconds=seconds, api=COMPUTE_API)
    except azure.AzureError as error:
        if error.code not in SILENCE:
            raise
        why = f"not within {seconds} s" if error.code == TIMEOUT else error.answer.rstrip(".")
        silence = f"{why}. Is it running, and is its Azure VM agent ready?"
        return {"changed": False, "probe": probe.result(target, name, None, silence)}
    said = "\n".join(str(status.get("message", "")) for status in (answer or {}).get("value") or ())
    return {"changed": False, "probe": probe.result(target, name, said)}


def main() -> None:
    module = azure.make_module(ARGUMENTS)
    target = aim(module.params)
    if isinstance(target, list):
        module.fail_json(msg=message("Nothing was asked of Azure:", target))
    elif module.check_mode:
        module.exit_json(changed=False, probe=probe.would_run(target, module.params["name"]))
    else:
        azure.run(module, lambda arm, params, _check_mode: look(arm, params, target))


if __name__ == "__main__":
    main()
