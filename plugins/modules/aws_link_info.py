#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_link_info
short_description: Read all that stands on AWS's side of a VPN, for a diagnosis
version_added: 1.0.0
description:
  - Reads VPN connections that end on one gateway, with their customer gateways, and the VPC behind it with its subnets,
    route tables, security groups and network ACLs; of a transit gateway its attachments and route tables. One reading,
    in few calls, done at once.
  - It does not matter who made them.
  - What these credentials may not read is listed, and the rest is read all the same.
  - No key is in the result. Give O(fingerprint_salt) here and to M(hybrid.s2s_vpn.azure_link_info) to compare the keys
    of both ends by fingerprint.
options:
  vpn_gateway_name:
    description: Name of a virtual private gateway, to read all the connections on it.
    type: str
  gateway_id:
    description: Id of a virtual private gateway or a transit gateway, to read all the connections on it.
    type: str
  vpn_connection_ids:
    description:
      - The VPN connections.
      - In check mode placeholders C(planned:...) are left out.
    type: list
    elements: str
  tags:
    description:
      - Tags that the connections carry.
      - With O(vpn_gateway_name), tags of the gateway that is meant where several have that name.
    type: dict
  neighbours:
    description:
      - Whether to read also what is nothing to a VPN and only stands in its VPC.
    type: bool
    default: false
  fingerprint_salt:
    description:
      - Some random text, made anew for each run, that keys the fingerprints.
      - Without it there are no fingerprints.
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
  - module: hybrid.s2s_vpn.azure_link_info
  - module: hybrid.s2s_vpn.aws_vpn_status_info
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: Read AWS's side
  hybrid.s2s_vpn.aws_link_info:
    region: eu-central-1
    vpn_gateway_name: hq-vgw
  register: aws_side

- name: Show the tunnels that start the negotiation
  ansible.builtin.debug:
    msg: >-
      {{ aws_side.reading.vpn_connections | map(attribute='Options.TunnelOptions') | flatten
      | selectattr('StartupAction', 'defined') | selectattr('StartupAction', 'equalto', 'start')
      | map(attribute='OutsideIpAddress') }}
"""

RETURN = r"""
reading:
  description:
    - AWS's side, its resources as EC2 gives them, without keys and with dates as ISO 8601.
  returned: success
  type: dict
  contains:
    cloud:
      description: V(aws).
      type: str
      returned: always
    region:
      description: The region.
      type: str
      returned: always
    kind:
      description: V(vgw) for a virtual private gateway, V(tgw) for a transit gateway.
      type: str
      returned: always
    gateway:
      description: The gateway. Null if there is none, or it may not be read.
      type: dict
      returned: always
    asn:
      description: AWS's ASN.
      type: int
      returned: always
    vpn_connections:
      description: The connections that are not deleted.
      type: list
      elements: dict
      returned: always
    customer_gateways:
      description: Those of the connections.
      type: list
      elements: dict
      returned: always
    vpcs:
      description: The VPC that the gateway is attached to; of a transit gateway all that are.
      type: list
      elements: dict
      returned: always
    subnets:
      description: The VPC's.
      type: list
      elements: dict
      returned: always
    route_tables:
      description: The VPC's.
      type: list
      elements: dict
      returned: always
    security_groups:
      description: The VPC's.
      type: list
      elements: dict
      returned: always
    network_acls:
      description: The VPC's.
      type: list
      elements: dict
      returned: always
    network_interfaces:
      description: The VPC's.
      type: list
      elements: dict
      returned: with O(neighbours)
    internet_gateways:
      description: The VPC's.
      type: list
      elements: dict
      returned: with O(neighbours)
    vpc_peering_connections:
      description: The VPC's, whichever end it is.
      type: list
      elements: dict
      returned: with O(neighbours)
    transit:
      description:
        - Of a transit gateway, C(attachments), C(route_tables), and by the route table's id C(associations),
          C(propagations) and C(routes).
      type: dict
      returned: always
    counts:
      description: How many C(vgws), C(customer_gateways) and C(vpn_connections) the region has, whoever made them.
      type: dict
      returned: always
    maintenance:
      description: By outside address, what AWS is about to do to the tunnel's endpoint.
      type: dict
      returned: always
    fingerprints:
      description: By the tunnel's outside address, a fingerprint of its key. Null where AWS does not show the key.
      type: dict
      returned: always
    status:
      description: The same as RV(hybrid.s2s_vpn.aws_vpn_status_info#module:status).
      type: dict
      returned: always
    unread:
      description: What could not be read, with C(what), C(why) and C(permission).
      type: list
      elements: dict
      returned: always
    calls:
      description: How many requests it took.
      type: int
      returned: always
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2 as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws, aws_link, aws_secrets

ARGUMENTS: dict[str, Any] = {
    "vpn_gateway_name": {"type": "str"},
    "gateway_id": {"type": "str"},
    "vpn_connection_ids": {"type": "list", "elements": "str"},
    "tags": {"type": "dict"},
    "neighbours": {"type": "bool", "default": False},
    "fingerprint_salt": {"type": "str", "no_log": True},
}
WHICH = ("vpn_gateway_name", "gateway_id", "vpn_connection_ids")


def inform(
    ec2: Any, params: Mapping[str, Any], check_mode: bool, with_keys: Callable[[Any], Any] | None = None
) -> dict[str, Any]:
    ids = params["vpn_connection_ids"]
    if ids is not None:
        ids = [one for one in ids if not words.is_planned(aws.real(one, "vpn_connection_ids", check_mode))]
    wanted = aws_link.Wanted(params["vpn_gateway_name"], params["gateway_id"], ids, params["tags"])
    salt, neighbours = params["fingerprint_salt"], params["neighbours"]
    reading = aws_link.read_link(ec2, wanted, salt, neighbours, with_keys)
    return {"changed": False, "reading": reading}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=ARGUMENTS,
        required_one_of=[(*WHICH, "tags")],
        mutually_exclusive=[WHICH, ("tags", "gateway_id"), ("tags", "vpn_connection_ids")],
        supports_check_mode=True,
    )
    if refused := options.refusal(options.aws_reading(module.params)):
        module.fail_json(**refused)
    secrets = aws_secrets.of_module(module)
    aws.run(module, lambda ec2, params, check_mode: inform(ec2, params, check_mode, secrets(ec2).with_keys))


if __name__ == "__main__":
    main()
