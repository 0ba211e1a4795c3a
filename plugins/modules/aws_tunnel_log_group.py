#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_tunnel_log_group
short_description: Manage the log group of VPN tunnels in CloudWatch Logs
version_added: 1.0.0
description:
  - Makes a log group with its retention and tags, before the VPN connection that logs into it.
  - M(amazon.aws.cloudwatchlogs_log_group) sets a new retention in check mode too, and shows no diff.
options:
  name:
    description:
      - Name of the log group. AWS keeps the permission to write into one below C(/aws/vendedlogs/) by itself.
    type: str
    required: true
  retention_days:
    description:
      - Days after which AWS deletes a log event, one of the numbers that PutRetentionPolicy has.
    type: int
    required: true
  tags:
    description:
      - Tags to set. Others are kept.
    type: dict
    default: {}
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
seealso:
  - module: hybrid.s2s_vpn.aws_vpn_connection
  - module: hybrid.s2s_vpn.aws_link_teardown
author:
  - hybrid.s2s_vpn contributors (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: Keep what the tunnels say for a month
  hybrid.s2s_vpn.aws_tunnel_log_group:
    region: eu-central-1
    name: /aws/vendedlogs/s2s_vpn/hq
    retention_days: 30
    tags:
      department: network
"""

RETURN = r"""
log_group:
  description: The log group as it is, or will be.
  returned: success
  type: dict
  sample: {"name": "/aws/vendedlogs/s2s_vpn/hq", "retention_days": 30, "tags": {"department": "network"}}
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws, cloudwatch


def ensure(logs: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    name, days = params["name"], params["retention_days"]
    seen = cloudwatch.log_groups(logs, name).get(name)
    before = {} if seen is None else {"name": name, "retention_days": seen["days"], "tags": seen["tags"]}
    after = {"name": name, "retention_days": days, "tags": {**before.get("tags", {}), **params["tags"]}}
    if not check_mode:
        if seen is None:
            cloudwatch.create_log_group(logs, name, after["tags"])
        elif before["tags"] != after["tags"]:
            cloudwatch.tag_log_group(logs, name, params["tags"])
        if before.get("retention_days") != days:
            cloudwatch.set_retention(logs, name, days)
    return {"changed": before != after, "log_group": after, "diff": {"before": before, "after": after}}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "retention_days": {"type": "int", "required": True},
            "tags": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    if refused := options.refusal(options.log_group(module.params)):
        module.fail_json(**refused)
    aws.run(module, ensure, ["logs"])


if __name__ == "__main__":
    main()
