#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: s2s_vpn_operate
short_description: Rotate keys, change options, replace endpoints and reset, one tunnel at a time
version_added: 1.0.0
description:
  - Operates a link that stands. A used tunnel is taken down only while every other one is up on both sides, and the
    next one is touched only when it is up again with its BGP session.
  - AWS is asked first. If it refuses, Azure is not touched. If it accepts, Azure gets the same at once, while AWS is
    still at work.
  - Where a run was stopped or killed, the next one goes on. It compares what both clouds have, and finishes in Azure
    what AWS has already.
  - Keys are made, read, compared and written inside the module. None is returned, shown or logged.
options:
  plan:
    description:
      - The plan of the link, the fact C(s2s_vpn_plan) of M(hybrid.s2s_vpn.s2s_vpn_plan), with its owner.
      - With the word V(interrupt) in its input C(consent) what takes the whole link down for a while is allowed, as on
        a link with one tunnel.
    type: dict
    required: true
  operation:
    description:
      - V(rotate_keys) gives every tunnel a new key, the spare of a static link too. With O(pre_shared_keys) those, else
        random ones. A rotation with random keys that was not finished is gone on with for two days, and RV(rotation)
        says so; later it is begun anew, for all of O(tunnels). The VPN connections carry the tag C(s2s_vpn-rotation)
        while it is open.
      - V(change_options) brings proposals, lifetimes, DPD, startup action, logging and lifecycle control of standing
        tunnels to the plan, and keys to O(pre_shared_keys) where given. All changes of a tunnel are one request to AWS.
      - V(replace_endpoints) puts new endpoints in the place of AWS's where maintenance is due, or of O(tunnels).
        AWS does not show which were asked for by name, so a later run does not go on with these; a failure names
        those that are left.
      - V(reset_connection) resets Azure's connection of the one tunnel in O(tunnels).
      - V(reset_instance) resets the instance O(instance) of Azure's gateway. Where the gateway has connections of
        others, that wants the consent V(interrupt), for their tunnels go down unseen.
    type: str
    choices: [rotate_keys, change_options, replace_endpoints, reset_connection, reset_instance]
    required: true
  tunnels:
    description:
      - Names of the plan's tunnels, like V(1-1). All of them if empty. Others are not touched, not even to finish in
        Azure what an earlier run has changed in AWS; RV(unfinished) names these.
    type: list
    elements: str
    default: []
  instance:
    description: The number of an instance of Azure's gateway, from 0, for O(operation=reset_instance).
    type: int
  pre_shared_keys:
    description: Your own keys, as inside CIDR and key for every tunnel.
    type: dict
  window:
    description:
      - The time of day in UTC in which a tunnel may be begun, like V(22:00-04:00). One that is begun is finished. Any
        time if empty.
    type: str
  wait_timeout:
    description: Seconds to wait at most while a cloud is at work.
    type: int
    default: 1800
  tunnel_up_timeout:
    description: Seconds to wait at most for a tunnel that no cloud is at work on to be up.
    type: int
    default: 600
  poll_seconds:
    description: Seconds between two looks at both clouds.
    type: float
    default: 10
  journal_dir:
    description:
      - Folder for the journal C(<link>.journal.jsonl) on the machine where the module runs, a JSON object a line. Each
        request that changes something has a line before it (C(state=begun)), with the values before and after, and one
        after it (V(done) or V(failed)). It is made if it is missing, and opened before anything is changed. No journal
        if empty.
      - The word C(key) stands in the place of keys.
    type: path
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - hybrid.s2s_vpn.azure
attributes:
  action:
    description: An action on the controller runs the module once for each tunnel, and tells how far it is.
    support: full
  async:
    description: Can be run in the background.
    support: none
  bypass_host_loop:
    description: Runs for each link.
    support: none
  check_mode:
    description: Looks at both clouds and tells the steps that it would take.
    support: full
  diff_mode:
    description: The names of what changes are in RV(steps).
    support: none
  platform:
    platforms: all
notes:
  - A task that passes O(pre_shared_keys) should run with C(ansible_pipelining=true). Otherwise the file that Ansible
    writes for the module holds the keys while it runs.
  - AWS has no reset of a tunnel. What it offers is a new endpoint, V(replace_endpoints).
  - Keys that AWS keeps in Secrets Manager (PreSharedKeyStorage) are read there, with C(secretsmanager:GetSecretValue).
    Without that permission random keys are not rotated. O(pre_shared_keys) are, for what Azure has tells how far it is;
    the spare of a static link, which Azure does not have, needs the permission.
seealso:
  - module: hybrid.s2s_vpn.s2s_vpn_plan
  - module: hybrid.s2s_vpn.azure_vpn_connections
  - module: hybrid.s2s_vpn.aws_vpn_connection
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: Plan the link
  ansible.builtin.import_role:
    name: hybrid.s2s_vpn.s2s_vpn
  vars:
    s2s_vpn_link: hq
    s2s_vpn_azure_location: westeurope
    s2s_vpn_azure_vnet_cidr: 10.1.0.0/16
    s2s_vpn_aws_region: eu-central-1
    s2s_vpn_aws_vpc_cidr: 10.2.0.0/16

- name: Give every tunnel a new random key
  hybrid.s2s_vpn.s2s_vpn_operate:
    plan: "{{ ansible_facts.s2s_vpn_plan }}"
    operation: rotate_keys

- name: Replace the endpoints of AWS where maintenance is due, at night
  hybrid.s2s_vpn.s2s_vpn_operate:
    plan: "{{ ansible_facts.s2s_vpn_plan }}"
    operation: replace_endpoints
    window: 22:00-04:00

- name: Reset the connection of one tunnel in Azure
  hybrid.s2s_vpn.s2s_vpn_operate:
    plan: "{{ ansible_facts.s2s_vpn_plan }}"
    operation: reset_connection
    tunnels: ["1-1"]
"""

RETURN = r"""
steps:
  description:
    - The steps taken, in check mode those that would be. C(kind) is C(change) (AWS, then Azure) or C(finish) (Azure
      gets what AWS has), or C(reset). In check mode one may be C(wait) or C(stop), with the reason in C(text); outside
      of the O(window) a C(stop) stands before what a run would not begin now.
  returned: always
  type: list
  elements: dict
  sample:
    - kind: change
      tunnel: 1-1
      what: [pre_shared_key]
      text: change pre_shared_key of tunnel 1-1, and wait until it is up again
journal:
  description: The path of the journal.
  returned: with O(journal_dir), unless in check mode
  type: str
  sample: reports/hq.journal.jsonl
unfinished:
  description:
    - Tunnels that are not in O(tunnels) and stand half done. By name what AWS has and Azure has not.
  returned: always
  type: dict
  sample:
    2-1: [pre_shared_key]
rotation:
  description: What becomes of a rotation that an earlier run has left open.
  returned: with O(operation=rotate_keys) and random keys, if there is one
  type: str
  sample: "this goes on with the rotation begun at 2026-01-01 12:00 UTC; rotated already, and left as they are: 1-1"
maintenance:
  description: What AWS says of each tunnel's endpoint, by the tunnel's name.
  returned: with O(operation=replace_endpoints)
  type: dict
  sample:
    1-1: {PendingMaintenance: None, LastMaintenanceApplied: "2026-01-01T00:00:00+00:00"}
"""

from datetime import datetime
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws, aws_secrets, azure, operation
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.common import CloudError
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.journal import Journal, path_in, unwritable

OPERATIONS = [
    operation.ROTATE,
    operation.OPTIONS,
    operation.REPLACE,
    operation.CONNECTION,
    operation.INSTANCE,
]


def shown(details: Any) -> dict[str, Any]:
    """Dates as text."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in dict(details).items()}


def one_step(work: operation.Operation, check_mode: bool) -> dict[str, Any]:
    """`done`: nothing is left. `steps`: what was done, or in check mode all that would be."""
    reset = work.name in (operation.CONNECTION, operation.INSTANCE)
    if reset:
        step = work.reset(check_mode)
        return {"changed": step.kind == "reset", "done": True, "steps": [step.as_dict()]}
    if check_mode:
        seen, steps = work.ahead()
        changes = any(step.kind in ("change", "finish") for step in steps)
        return {
            "changed": changes,
            "done": True,
            "steps": [step.as_dict() for step in steps],
            "unfinished": dict(seen.unfinished),
            **maintenance(work, seen),
            **rotation(work),
        }
    step, seen, left = work.step()
    changed = step.kind != "done"
    return {
        "changed": changed,
        "done": not left,
        "left": left,
        "steps": [step.as_dict()] if changed else [],
        "unfinished": dict(seen.unfinished),
        **maintenance(work, seen),
        **rotation(work),
    }


def rotation(work: operation.Operation | None) -> dict[str, str]:
    return {"rotation": work.rotation} if work is not None and work.rotation else {}


def failure(error: object, work: operation.Operation | None) -> dict[str, Any]:
    """`work` is None where it failed before anything was read."""
    return {"msg": f"{error} {work.remaining if work else ''}".rstrip(), **rotation(work)}


def maintenance(work: operation.Operation, seen: operation.Seen) -> dict[str, Any]:
    if work.name != operation.REPLACE:
        return {}
    return {"maintenance": {name: shown(end.maintenance) for name, end in seen.ends.items()}}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            **azure.ARGUMENTS,
            "plan": {"type": "dict", "required": True},
            "operation": {"type": "str", "choices": OPERATIONS, "required": True},
            "tunnels": {"type": "list", "elements": "str", "default": []},
            "instance": {"type": "int"},
            "pre_shared_keys": {"type": "dict", "no_log": True},
            "window": {"type": "str"},
            "wait_timeout": {"type": "int", "default": 1800},
            "tunnel_up_timeout": {"type": "int", "default": 600},
            "poll_seconds": {"type": "float", "default": 10},
            "journal_dir": {"type": "path"},
        },
        supports_check_mode=True,
    )
    params = module.params
    if refused := options.refusal(options.operate(params)):
        params["pre_shared_keys"] = None  # a key in the place of an inside CIDR would be shown with the arguments
        module.fail_json(**refused)
    journal = journal_of(module)
    work = None
    try:
        region = params["plan"]["aws"]["gateway"]["region"]
        arm = azure.connect(params, pause=min(5.0, params["poll_seconds"]), busy_seconds=params["wait_timeout"])
        client = aws_secrets.of_module(module, region=region)(module.client("ec2", region=region, config=aws.CONFIG))
        work = operation.Operation(client, arm, params, module.no_log_values.add, journal)
        result = one_step(work, module.check_mode)
    except CloudError as error:
        changed = journal.calls > 0
        if changed:
            journal.write("stopped", error=str(error))
        module.fail_json(**failure(error, work), error_code=error.code, changed=changed, **where(journal))
    except OSError as error:
        # A disk that is full: the next request was not sent.
        module.fail_json(**failure(unwritable(journal.path, error), work), changed=journal.calls > 0)
    module.exit_json(**result, **where(journal))


def where(journal: Journal) -> dict[str, str]:
    return {"journal": journal.path} if journal.path else {}


def journal_of(module: AnsibleAWSModule) -> Journal:
    """Opened before the first look. In check mode there is none."""
    folder, link = module.params["journal_dir"], module.params["plan"]["link"]
    path = str(path_in(folder, link)) if folder and not module.check_mode else ""
    try:
        return Journal(path, link, module.params["operation"])
    except OSError as error:
        return module.fail_json(msg=unwritable(path, error))


if __name__ == "__main__":
    main()
