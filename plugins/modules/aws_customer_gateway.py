#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_customer_gateway
short_description: Make or delete an AWS customer gateway
version_added: 1.0.0
description:
  - Makes, finds, or deletes a customer gateway, which is AWS's record of the other end of a VPN, here of one public
    address of the Azure gateway.
  - A customer gateway is found by its id, or by its address B(and) ASN. AWS answers a second request for the same
    address, ASN and device name with the gateway that exists, whoever made it.
  - One that does not carry the tags of its owner is used as it is, neither tagged nor deleted, and reported as
    adopted.
options:
  state:
    description:
      - V(absent) deletes the gateway only if it carries the tags in O(name) and O(tags), or is named by its id
        without any tags.
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - The C(Name) tag.
    type: str
  customer_gateway_id:
    description:
      - The id of a gateway that exists. O(ip_address) and O(bgp_asn) are then compared with it, since AWS cannot
        change them.
    type: str
  ip_address:
    description:
      - The public address of the other end.
      - In check mode a placeholder C(planned:...) is accepted.
    type: str
  bgp_asn:
    description:
      - The ASN of the other end, 1 to 4294967295. Connections with static routes do not use it.
    type: int
  device_name:
    description:
      - A name for the device, fixed at creation. It keeps AWS from answering with the gateway of somebody else.
    type: str
  tags:
    description:
      - Tags of the gateway, set in the request that makes it. Tags that others put on it stay.
      - Those that begin with C(s2s_vpn:) say who owns it; without any of these, all tags and the name do.
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
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: Azure's first address is a customer gateway
  hybrid.s2s_vpn.aws_customer_gateway:
    region: eu-central-1
    name: hq-azure-1
    ip_address: 192.0.2.10
    bgp_asn: 65515
    device_name: hq-azure-1
    tags:
      "s2s_vpn:link": hq
      "s2s_vpn:id": 3f2a9c0d1e4b

- name: The customer gateway is gone
  hybrid.s2s_vpn.aws_customer_gateway:
    region: eu-central-1
    state: absent
    name: hq-azure-1
    ip_address: 192.0.2.10
    bgp_asn: 65515
    tags:
      "s2s_vpn:link": hq
      "s2s_vpn:id": 3f2a9c0d1e4b
"""

RETURN = r"""
customer_gateway:
  description: The customer gateway. In check mode the id of one that would be made is C(planned:<name>).
  returned: when it exists or would be made
  type: dict
  sample:
    customer_gateway_id: cgw-0a1b2c3d4e5f60718
    ip_address: 192.0.2.10
    bgp_asn: 65515
    device_name: hq-azure-1
    state: available
    tags: {"Name": "hq-azure-1", "s2s_vpn:link": "hq", "s2s_vpn:id": "3f2a9c0d1e4b"}
adopted:
  description: Whether the gateway belongs to somebody else, and is used as it is.
  returned: always
  type: bool
  sample: false
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2 as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws


def search(ec2: Any, params: Mapping[str, Any], identity: Mapping[str, str]) -> tuple[Mapping[str, Any] | None, bool]:
    """The gateway, and whether it is ours."""
    gateway_id, address, asn = params["customer_gateway_id"], params["ip_address"], params["bgp_asn"]

    def ours(gateway: Mapping[str, Any]) -> bool:
        tags = {key: value for key, value in identity.items() if key != "Name" or len(identity) == 1}
        return bool(tags) and words.carries(words.tag_dict(gateway.get("Tags")), tags)

    if gateway_id and not words.is_planned(gateway_id):
        found = words.alive(aws.describe_customer_gateways(ec2, [gateway_id]))
    elif address and not words.is_planned(address):
        same_address = aws.describe_customer_gateways(ec2, filters=[{"Name": "ip-address", "Values": [address]}])
        found = [
            one
            for one in words.alive(same_address)
            if one.get("IpAddress") == address and words.customer_asn(one) == asn
        ]
    elif params["state"] == "absent":
        found = aws.find(aws.describe_customer_gateways, ec2, identity)
    else:
        found = []
    ranked = sorted(found, key=lambda one: (not ours(one), aws.resource_id(one)))
    return (ranked[0], ours(ranked[0])) if ranked else (None, False)


def refuse_difference(gateway: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    current = words.customer_gateway(gateway)
    for option in ("ip_address", "bgp_asn"):
        if params[option] is not None and params[option] != current[option]:
            raise aws.AwsError(
                f"customer gateway {current['customer_gateway_id']}",
                "",
                f"its {option} is {current[option]}, {params[option]} is asked for, and AWS cannot change it",
                "Leave customer_gateway_id out to make another gateway.",
            )


def present(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    name, address, asn = params["name"], params["ip_address"], params["bgp_asn"]
    aws.real(address, "ip_address", check_mode)
    wanted = words.all_tags(name, params["tags"])
    identity = words.identity(name, params["tags"])
    gateway, ours = search(ec2, params, identity)
    if gateway is not None:
        refuse_difference(gateway, params)
        result = words.customer_gateway(gateway)
        missing = words.missing_tags(result["tags"], wanted) if ours else {}
        if missing and not check_mode:
            aws.write_tags(ec2, result["customer_gateway_id"], missing)
        return {
            "changed": bool(missing),
            "adopted": not ours,
            "customer_gateway": {**result, "tags": {**result["tags"], **missing}},
            "diff": {
                "before": {"tags": {key: result["tags"].get(key) for key in missing}},
                "after": {"tags": missing},
            },
        }
    if check_mode:
        made = {
            "customer_gateway_id": words.planned(name or str(address)),
            "ip_address": address,
            "bgp_asn": asn,
            "device_name": params["device_name"],
            "state": "planned",
            "tags": wanted,
        }
        adopted = False
    else:
        answer = aws.call(
            ec2,
            "create_customer_gateway",
            f"{name or 'customer gateway'} ({address}, AS {asn})",
            **words.customer_gateway_request(address, asn, params["device_name"], wanted),
        )
        made = words.customer_gateway(answer["CustomerGateway"])
        # AWS may answer with somebody else's, made since the search.
        adopted = words.is_owned(made["tags"]) and not words.carries(made["tags"], identity)
    after = {key: made[key] for key in ("ip_address", "bgp_asn", "device_name", "tags")}
    return {
        "changed": not adopted,
        "adopted": adopted,
        "customer_gateway": made,
        "diff": {"before": {}, "after": after},
    }


def absent(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    def others(identity: Mapping[str, str]) -> tuple[Mapping[str, Any] | None, bool]:
        gateway, ours = search(ec2, params, identity)
        return gateway, bool(identity) and not ours

    def delete(gateway: Mapping[str, Any]) -> None:
        gateway_id = gateway["CustomerGatewayId"]
        aws.call(ec2, "delete_customer_gateway", gateway_id, CustomerGatewayId=gateway_id)

    shape = words.customer_gateway
    return aws.absent(params, "customer gateway", "customer_gateway_id", others, shape, None if check_mode else delete)


def ensure(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    return (present if params["state"] == "present" else absent)(ec2, params, check_mode)


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str"},
            "customer_gateway_id": {"type": "str"},
            "ip_address": {"type": "str"},
            "bgp_asn": {"type": "int"},
            "device_name": {"type": "str"},
            "tags": {"type": "dict", "default": {}},
        },
        required_if=[("state", "present", ("ip_address", "bgp_asn"))],
        supports_check_mode=True,
    )
    faults = options.customer_gateway(module.params)
    if module.params["state"] == "present" and (refused := options.refusal(faults)):
        module.fail_json(**refused)
    aws.run(module, ensure)


if __name__ == "__main__":
    main()
