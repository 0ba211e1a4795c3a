#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_link_alarms
short_description: Manage CloudWatch's alarms for the tunnels of a link
version_added: 1.0.0
description:
  - Makes an alarm for each tunnel that is planned to be up, and one for all of them together. A spare tunnel has none.
  - A missing point of C(TunnelState) is a breach.
  - M(amazon.aws.cloudwatch_metric_alarm) sets no tags, takes an alarm of several metrics for changed in every run, and
    is a task for each alarm.
options:
  state:
    description:
      - Whether the alarms are to exist.
    type: str
    choices: [present, absent]
    default: present
  plan:
    description:
      - The whole plan, with its owner.
    type: dict
    required: true
  vpn_connection_ids:
    description:
      - Ids of the link's VPN connections. Without them those that carry the link's tag are taken, whatever their name,
        and those that are adopted by their name.
    type: list
    elements: str
    default: []
  topics:
    description:
      - ARNs to tell when an alarm goes off and when it ends, such as SNS topics.
    type: list
    elements: str
    default: []
  window_minutes:
    description:
      - How long something must have been wrong.
    type: int
    choices: [5, 15, 30, 60]
    default: 5
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  platform:
    platforms: all
notes:
  - An alarm of the link that is no longer planned is deleted, such as those of a link that went from BGP to static
    routing. An alarm of such a name that is not the link's stops the module.
seealso:
  - module: hybrid.s2s_vpn.azure_link_alarms
  - module: hybrid.s2s_vpn.aws_link_teardown
author:
  - hybrid.s2s_vpn contributors (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: Plan the link
  hybrid.s2s_vpn.s2s_vpn_plan:
    input:
      link: hq
      azure_location: westeurope
      azure_vnet_cidr: 10.1.0.0/16
      aws_region: eu-central-1
      aws_vpc_cidr: 10.2.0.0/16
    identity:
      aws_account: "123456789012"
      azure_subscription: 00000000-0000-0000-0000-000000000000

- name: Tell the night shift when a tunnel is down
  hybrid.s2s_vpn.aws_link_alarms:
    region: eu-central-1
    plan: "{{ ansible_facts.s2s_vpn_plan }}"
    topics:
      - arn:aws:sns:eu-central-1:123456789012:night-shift
"""

RETURN = r"""
alarms:
  description: The alarms of the link, by name.
  returned: success
  type: list
  elements: dict
  sample:
    - name: hq-tunnel-1-1-down
      changed: false
deleted:
  description: Names of alarms that were deleted, or would be.
  returned: success
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import alarms, options, tunnels
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2 as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws, cloudwatch
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault


def link_connections(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> list[Mapping[str, Any]]:
    """The link's living VPN connections: those with the ids, or with its owner's tag, and those adopted by name."""
    if params["vpn_connection_ids"]:
        ids = [aws.real(one, "vpn_connection_ids", check_mode) for one in params["vpn_connection_ids"]]
        known = [one for one in ids if one and not words.is_planned(one)]
        return words.alive(aws.describe_vpn_connections(ec2, known)) if known else []
    plan = params["plan"]
    gateway = plan["aws"]["gateway"]
    owner = {words.OWNER_ID: plan["owner"]["id"]}
    found = aws.describe_vpn_connections(ec2, filters=aws.tag_filters(owner))
    adopted = [one["name"] for one in gateway["connections"] if one["name"] in gateway["adopt"]]
    if adopted:
        found += aws.describe_vpn_connections(ec2, filters=[{"Name": "tag:Name", "Values": adopted}])
    return words.alive({one["VpnConnectionId"]: one for one in found}.values())


def ends(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> list[alarms.Tunnel]:
    """AWS's end of each tunnel that is planned to be up. In check mode one that is not built yet has a placeholder."""
    found: dict[str, alarms.Tunnel] = {}
    for raw in link_connections(ec2, params, check_mode):
        connection = tunnels.parse_connection(raw)
        if isinstance(connection, Fault):
            raise words.Unreadable(str(connection))
        for one in connection.tunnels:
            if one.inside_cidr in found:
                raise aws.AwsError(
                    f"looking for the tunnel with inside CIDR {one.inside_cidr}", "",
                    f"{found[one.inside_cidr].vpn_id} and {connection.id} have it",
                    "Delete the one that is not used, or give vpn_connection_ids.",
                )  # fmt: skip
            found[one.inside_cidr] = alarms.Tunnel("", connection.id, one.outside_address)
    wanted = []
    for tunnel in alarms.used_tunnels(params["plan"]):
        end = found.get(tunnel["inside_cidr"])
        if end is None and not check_mode:
            raise aws.AwsError(
                f"looking for tunnel {tunnel['name']} ({tunnel['inside_cidr']})", "",
                "no VPN connection of the link has it", "Build the link first (site.yml), or give vpn_connection_ids.",
            )  # fmt: skip
        vpn_id, address = (end.vpn_id, end.outside_address) if end else (f"{words.PLANNED}{tunnel['name']}",) * 2
        wanted.append(alarms.Tunnel(tunnel["name"], vpn_id, address))
    return wanted


def ensure(ec2: Any, monitoring: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    plan = params["plan"]
    present = params["state"] == "present"
    seen = cloudwatch.alarms(monitoring, alarms.prefix(plan))
    wanted = {}
    if present:
        wanted = alarms.aws_alarms(plan, ends(ec2, params, check_mode), params["topics"], params["window_minutes"])
    owner = {words.OWNER_ID: plan["owner"]["id"]}
    mine = {name for name, alarm in seen.items() if words.carries(alarm["tags"], owner)}
    foreign = sorted(set(wanted) & set(seen) - mine)
    if foreign:
        raise aws.AwsError(
            f"making the alarms of link {plan['link']}", "", f"{', '.join(foreign)} exists and is not the link's",
            "Delete or rename it.",
        )  # fmt: skip
    before, after = {}, {}
    for name, request in wanted.items():
        alarm = seen.get(name)
        was = {} if alarm is None else {**alarms.aws_view(request, alarm), "tags": shown_tags(alarm["tags"], plan)}
        now = {**request, "tags": plan["tags"]}
        if was != now:
            before[name], after[name] = was, now
    deleted = sorted(mine - set(wanted))
    if not check_mode:
        for name in after:
            cloudwatch.put_alarm(monitoring, name, wanted[name], seen.get(name), plan["tags"])
        cloudwatch.delete_alarms(monitoring, deleted)
    return {
        "changed": bool(after or deleted),
        "alarms": [{"name": name, "changed": name in after} for name in wanted],
        "deleted": deleted,
        "diff": {"before": {**before, **dict.fromkeys(deleted, "there")}, "after": after},
    }


def shown_tags(tags: Mapping[str, str], plan: Mapping[str, Any]) -> dict[str, str]:
    """Tags of the plan as they are; others are somebody's own and stay."""
    return {name: tags[name] for name in plan["tags"] if name in tags}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "plan": {"type": "dict", "required": True},
            "vpn_connection_ids": {"type": "list", "elements": "str", "default": []},
            "topics": {"type": "list", "elements": "str", "default": []},
            "window_minutes": {"type": "int", "choices": list(alarms.WINDOWS), "default": 5},
        },
        supports_check_mode=True,
    )
    if refused := options.refusal(alarms.aws_faults(module.params)):
        module.fail_json(**refused)
    aws.run(module, ensure, ["ec2", "cloudwatch"])


if __name__ == "__main__":
    main()
