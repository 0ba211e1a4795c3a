#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_vpn_status_info
short_description: Read the tunnels, BGP sessions and learned routes of AWS's end of a link
version_added: 1.0.0
description:
  - Reads what AWS says of VPN connections that end on one gateway, in the same shape as
    M(hybrid.s2s_vpn.azure_vpn_status_info).
  - AWS has no call for BGP sessions, so their state is worked out from the tunnels. It shows what a virtual private
    gateway has learned only in the route tables into which that propagates. Bytes are in CloudWatch and not read
    here.
options:
  vpn_connection_ids:
    description:
      - The VPN connections.
      - In check mode placeholders C(planned:...) are left out.
    type: list
    elements: str
  tags:
    description:
      - Tags that the connections carry, in place of O(vpn_connection_ids).
      - With O(vpn_gateway_name), tags of the gateway that is meant where several have that name.
    type: dict
  vpn_gateway_name:
    description:
      - Name of a virtual private gateway, to read all the connections on it, whoever made them.
    type: str
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
  - module: hybrid.s2s_vpn.azure_vpn_status_info
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: Read the status of AWS's side
  hybrid.s2s_vpn.aws_vpn_status_info:
    region: eu-central-1
    tags:
      "s2s_vpn:link": hq
  register: aws_side

- name: Show the tunnels that are up
  ansible.builtin.debug:
    msg: "{{ aws_side.status.tunnels | selectattr('status', 'equalto', 'up') | map(attribute='inside_cidr') }}"
"""

RETURN = r"""
status:
  description: What AWS says.
  returned: success
  type: dict
  contains:
    cloud:
      description: V(aws).
      type: str
      returned: always
    gateway:
      description: The virtual private gateway or transit gateway.
      type: str
      returned: always
    asn:
      description: AWS's ASN.
      type: int
      returned: always
    tunnels:
      description: One entry for each tunnel. Its status is V(up), V(down) or V(unknown).
      type: list
      elements: dict
      returned: always
      sample:
        - name: hq-1
          id: vpn-0a1b2c3d4e5f60718
          instance:
          outside_address: 198.51.100.10
          inside_cidr: 169.254.21.0/30
          peer_address: 192.0.2.10
          status: up
          message: 1 BGP ROUTES
          bytes_in:
          bytes_out:
          routes: 1
          since: "2026-01-01T00:00:00+00:00"
    bgp_peers:
      description: One entry for each tunnel with BGP. The state is V(connected), V(connecting), V(idle) or V(unknown).
      type: list
      elements: dict
      returned: always
      sample:
        - local_address: 169.254.21.1
          peer_address: 169.254.21.2
          peer_asn: 65515
          instance:
          state: connected
          routes_received: 1
    learned_routes:
      description: Routes that the virtual private gateway propagates into route tables of its VPC.
      type: list
      elements: dict
      returned: always
      sample:
        - prefix: 10.1.0.0/16
          next_hop: vgw-0a1b2c3d4e5f60718
          source_peer:
          origin: bgp
          as_path:
          instance:
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2 as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws, aws_link


def inform(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    if name := params.get("vpn_gateway_name"):
        with_name = aws.describe_vpn_gateways(ec2, filters=aws.tag_filters({"Name": name}))
        named = aws_link.named_gateway(with_name, name, params["tags"] or {})
        on_it = [{"Name": "vpn-gateway-id", "Values": [one["VpnGatewayId"] for one in named]}]
        return status(aws.describe_vpn_connections(ec2, filters=on_it) if named else [], tables(ec2, named))
    ids = params["vpn_connection_ids"]
    if ids is not None:
        ids = [one for one in ids if not words.is_planned(aws.real(one, "vpn_connection_ids", check_mode))]
    filters = aws.tag_filters(words.all_tags(None, params["tags"]))
    connections = words.alive(aws.describe_vpn_connections(ec2, ids, filters))
    gateways = {str(one["VpnGatewayId"]) for one in connections if one.get("VpnGatewayId")}
    return status(connections, tables(ec2, aws.describe_vpn_gateways(ec2, sorted(gateways))))


def status(connections: Iterable[Mapping[str, Any]], route_tables: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The module's result, from the connections that are not deleted."""
    return {"changed": False, "status": words.link_status(aws_link.in_order(connections), route_tables).as_dict()}


def tables(ec2: Any, gateways: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Route tables of the VPCs that the gateways are attached to."""
    vpcs = sorted({vpc for vpc, _state in map(words.attachment, gateways) if vpc})
    return aws.describe_route_tables(ec2, filters=[{"Name": "vpc-id", "Values": vpcs}]) if vpcs else []


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "vpn_connection_ids": {"type": "list", "elements": "str"},
            "tags": {"type": "dict"},
            "vpn_gateway_name": {"type": "str"},
        },
        required_one_of=[("vpn_connection_ids", "tags", "vpn_gateway_name")],
        mutually_exclusive=[("vpn_connection_ids", "tags"), ("vpn_connection_ids", "vpn_gateway_name")],
        supports_check_mode=True,
    )
    if refused := options.refusal(options.aws_reading(module.params)):
        module.fail_json(**refused)
    aws.run(module, inform)


if __name__ == "__main__":
    main()
