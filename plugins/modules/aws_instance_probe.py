#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_instance_probe
short_description: Ping, try a TCP port and measure the path MTU from an EC2 instance
version_added: 1.0.0
description:
  - Has a Linux instance look along the data path, by Systems Manager's Run Command. No SSH and no open port is needed.
  - The instance runs a short shell script, for half a minute at most, and changes nothing. It needs C(ping) of
    iputils, and for a port C(bash) and C(timeout).
  - An instance that gives no answer, or gets none, does not fail the task. Look at RV(probe.ok).
  - It needs the permissions C(ssm:SendCommand), on the instance and on the document C(AWS-RunShellScript), and
    C(ssm:GetCommandInvocation). Whoever has them can run anything on that instance.
  - Systems Manager must know the instance, which needs its agent, a role with C(AmazonSSMManagedInstanceCore), and a
    way to Systems Manager's endpoints.
options:
  instance_id:
    description: The instance.
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
    description: How many seconds to wait for the instance's answer, at least 30.
    type: int
    default: 120
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Asks nothing of anybody, and shows in RV(probe.command) what would run.
    support: full
  diff_mode:
    support: none
  platform:
    platforms: all
seealso:
  - module: hybrid.s2s_vpn.azure_vm_probe
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: Reach a machine in Azure from one in AWS
  hybrid.s2s_vpn.aws_instance_probe:
    region: eu-central-1
    instance_id: i-0a1b2c3d4e5f60718
    to: 10.1.1.4
  register: from_aws

- name: Say how it went
  ansible.builtin.debug:
    msg: "{{ from_aws.probe.text }}"
"""

RETURN = r"""
probe:
  description: What the instance found.
  returned: success
  type: dict
  contains:
    from:
      description: The instance.
      type: str
      returned: always
    to:
      description: The address that it was to reach.
      type: str
      returned: always
    port:
      description: The port that it was to try. Null without one.
      type: int
      returned: always
    ok:
      description: With a port, that it is open. Else that a ping was answered.
      type: bool
      returned: always
    answered:
      description: Whether the instance answered at all. Without that nothing is known of the path.
      type: bool
      returned: always
    ping:
      description: How many pings were C(sent) and C(received), and their average C(rtt_ms). Null without an answer.
      type: dict
      returned: always
      sample: {sent: 3, received: 3, rtt_ms: 12.1}
    tcp:
      description: V(open), V(refused), V(silent) or V(unreachable). Null without a port, or if it could not be tried.
      type: str
      returned: always
    path_mtu:
      description: The largest packet that passes whole, in bytes, up to 1500. Null if it was not found out.
      type: int
      returned: always
    text:
      description: The same in words.
      type: str
      returned: always
      sample: 10.1.1.4 answered 3 of 3 pings in 12.1 ms; packets of up to 1400 bytes pass whole
    command:
      description: The script.
      type: str
      returned: always
"""

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import probe
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault, message, shown

DOCUMENT = "AWS-RunShellScript"
LEAST_SECONDS = 30  # (AWS, SendCommand: TimeoutSeconds)
LONGEST_RUN = 60  # seconds, after which Systems Manager ends the script
WORKING = frozenset({"Pending", "InProgress", "Delayed", "Cancelling"})
ENDED = frozenset({"Success", "Failed"})


def aim(params: Mapping[str, Any]) -> probe.Target | list[Fault]:
    found = probe.target(params["to"], params["port"], params["path_mtu"])
    faults = found if isinstance(found, list) else []
    instance, seconds = params["instance_id"], params["timeout"]
    if not re.fullmatch(r"m?i-[0-9a-f]{8,17}", instance):
        problem = "is not the id of an instance"
        faults.append(Fault("instance_id", shown(instance), problem, "Write it as EC2 has it: i-0a1b2c3d4e5f60718."))
    if seconds < LEAST_SECONDS:
        faults.append(Fault("timeout", str(seconds), "is too short for Run Command", f"Write {LEAST_SECONDS} or more."))
    return faults or found


def look(ssm: Any, params: Mapping[str, Any], target: probe.Target) -> dict[str, Any]:
    instance, seconds = params["instance_id"], params["timeout"]
    output, silence = run(ssm, instance, probe.script(target), seconds)
    return {"changed": False, "probe": probe.result(target, instance, output, silence)}


def run(ssm: Any, instance: str, script: list[str], seconds: int) -> tuple[str | None, str]:
    """The script's output, or None and why there is none."""
    try:
        command = aws.call(
            ssm,
            "send_command",
            instance,
            InstanceIds=[instance],
            DocumentName=DOCUMENT,
            Comment="hybrid.s2s_vpn: looks along the data path",
            TimeoutSeconds=max(LEAST_SECONDS, seconds),
            Parameters={"commands": script, "executionTimeout": [str(LONGEST_RUN)]},
        )["Command"]["CommandId"]
    except aws.AwsError as error:
        if error.code != "InvalidInstanceId":
            raise
        return None, (
            "Systems Manager does not have it. Is it running, with its agent, a role with AmazonSSMManagedInstanceCore "
            "and a way to Systems Manager's endpoints?"
        )
    seen = aws.keep_looking(
        lambda: _invocation(ssm, command, instance), lambda found: found.get("Status") not in WORKING, seconds
    )
    if seen["Status"] in ENDED:
        return str(seen.get("StandardOutputContent", "")), ""
    return None, f"not within {seconds} s ({seen['Status']}). Is its Systems Manager agent online?"


def _invocation(ssm: Any, command: str, instance: str) -> dict[str, Any]:
    try:
        return aws.call(ssm, "get_command_invocation", instance, CommandId=command, InstanceId=instance)
    except aws.AwsError as error:
        if error.code != "InvocationDoesNotExist":  # not yet
            raise
        return {"Status": "Pending"}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "instance_id": {"type": "str", "required": True},
            "to": {"type": "str", "required": True},
            "port": {"type": "int"},
            "path_mtu": {"type": "bool", "default": True},
            "timeout": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    target = aim(module.params)
    if isinstance(target, list):
        module.fail_json(msg=message("Nothing was asked of AWS:", target))
    elif module.check_mode:
        module.exit_json(changed=False, probe=probe.would_run(target, module.params["instance_id"]))
    else:
        aws.run(module, lambda ssm, params, _check_mode: look(ssm, params, target), services=("ssm",))


if __name__ == "__main__":
    main()
