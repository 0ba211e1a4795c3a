#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_vpn_connection_info
short_description: Read Site-to-Site VPN connections of AWS
version_added: 1.0.0
description:
  - Reads VPN connections with their tunnels, options and telemetry, in the shape of
    M(hybrid.s2s_vpn.aws_vpn_connection).
  - Keys are never returned, only their fingerprints.
options:
  vpn_connection_ids:
    description:
      - The ids to read. Deleted connections are then shown too, as long as AWS remembers them.
      - In check mode placeholders C(planned:...) are left out.
    type: list
    elements: str
  filters:
    description:
      - Filters of EC2's C(DescribeVpnConnections), each with a value or a list of values.
    type: dict
    default: {}
  name:
    description:
      - The C(Name) tag.
    type: str
  tags:
    description:
      - Tags that the connections carry, and perhaps others.
    type: dict
    default: {}
  wait:
    description:
      - Wait until none of them is pending or modifying.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long to wait, in seconds.
    type: int
    default: 1800
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: all
seealso:
  - module: hybrid.s2s_vpn.aws_vpn_connection
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: The VPN connections of a link
  hybrid.s2s_vpn.aws_vpn_connection_info:
    region: eu-central-1
    tags:
      "s2s_vpn:link": hq
  register: connections

- name: Their outside addresses
  ansible.builtin.debug:
    msg: "{{ connections.vpn_connections | map(attribute='tunnels') | flatten | map(attribute='outside_address') }}"
"""

RETURN = r"""
vpn_connections:
  description: The connections by ascending name, then id.
  returned: success
  type: list
  elements: dict
  sample:
    - vpn_connection_id: vpn-0a1b2c3d4e5f60718
      state: available
      customer_gateway_id: cgw-0a1b2c3d4e5f60718
      vpn_gateway_id: vgw-0a1b2c3d4e5f60718
      transit_gateway_id:
      static_routes_only: false
      routes: []
      tags: {"Name": "hq-1", "s2s_vpn:link": "hq", "s2s_vpn:id": "3f2a9c0d1e4b"}
      tunnels:
        - outside_address: 198.51.100.10
          inside_cidr: 169.254.21.0/30
          aws_inside_address: 169.254.21.1
          customer_inside_address: 169.254.21.2
          customer_outside_address: 192.0.2.10
          aws_asn: 64512
          customer_asn: 65515
          pre_shared_key_fingerprint: sha256:0123456789ab
          ike_versions: [ikev2]
          telemetry: {status: UP, message: 1 BGP ROUTES, accepted_routes: 1, last_change: "2026-01-01T00:00:00+00:00"}
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2 as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import keys, options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws, aws_secrets


def read(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> list[dict[str, Any]]:
    """The connections asked for. A search leaves out those that are deleted or on the way."""
    filters = aws.tag_filters(words.all_tags(params["name"], params["tags"]))
    for name, value in params["filters"].items():
        values = value if isinstance(value, list) else [value]
        filters.append({"Name": name, "Values": [str(one) for one in values]})
    ids = params["vpn_connection_ids"]
    if ids is not None:
        ids = [one for one in ids if not words.is_planned(aws.real(one, "vpn_connection_ids", check_mode))]
    found = aws.describe_vpn_connections(ec2, ids, filters)
    return found if ids is not None else [dict(one) for one in words.alive(found)]


def inform(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    found = read(ec2, params, check_mode)
    if params["wait"] and any(one.get("State") in words.BUSY for one in found):
        ids = [one["VpnConnectionId"] for one in found]
        found = aws.wait_for_vpn_connections(ec2, ids, params["wait_timeout"])
    shown = [words.vpn_connection(one, keys.fingerprint) for one in found]
    return {
        "changed": False,
        "vpn_connections": sorted(shown, key=lambda one: (one["tags"].get("Name", ""), one["vpn_connection_id"])),
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "vpn_connection_ids": {"type": "list", "elements": "str"},
            "filters": {"type": "dict", "default": {}},
            "name": {"type": "str"},
            "tags": {"type": "dict", "default": {}},
            "wait": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 1800},
        },
        supports_check_mode=True,
    )
    if refused := options.refusal(options.aws_reading(module.params)):
        module.fail_json(**refused)
    aws.run(module, inform, wrap=aws_secrets.of_module(module))


if __name__ == "__main__":
    main()
