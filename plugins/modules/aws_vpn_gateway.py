#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_vpn_gateway
short_description: Make, attach, or delete a virtual private gateway of AWS
version_added: 1.0.0
description:
  - Makes a virtual private gateway (VGW) with its ASN and tags in one request, and attaches it to a VPC.
  - A gateway is found by its id, or by its name together with the tags of its owner.
  - Two runs at once end with one gateway.
options:
  state:
    description:
      - V(absent) detaches and deletes the gateway.
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - The C(Name) tag.
    type: str
  vpn_gateway_id:
    description:
      - The id of a gateway that exists.
    type: str
  asn:
    description:
      - AWS's ASN for BGP, 64512 to 65534 or 4200000000 to 4294967294. AWS takes 64512 when it is unset.
      - It is fixed at creation. Another ASN than the gateway has is refused.
    type: int
  vpc_id:
    description:
      - The VPC to attach to. Unset leaves the attachment as it is.
      - In check mode a placeholder C(planned:...) is accepted.
    type: str
  tags:
    description:
      - Tags of the gateway, set in the request that makes it. Tags that others put on it stay.
      - Those that begin with C(s2s_vpn:) say who owns it; without any of these, all tags and the name do.
    type: dict
    default: {}
  adopt:
    description:
      - Where no gateway carries the owner's tags, use the one of the same O(name), whoever made it. It is neither
        tagged nor deleted.
    type: bool
    default: false
  wait:
    description:
      - Wait until the attachment, or the detachment, is done.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait, in seconds.
    type: int
    default: 600
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
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: A gateway on the VPC
  hybrid.s2s_vpn.aws_vpn_gateway:
    region: eu-central-1
    name: hq-vgw
    asn: 64512
    vpc_id: vpc-0a1b2c3d4e5f60718
    tags:
      "s2s_vpn:link": hq
      "s2s_vpn:id": 3f2a9c0d1e4b

- name: The gateway is gone
  hybrid.s2s_vpn.aws_vpn_gateway:
    region: eu-central-1
    state: absent
    name: hq-vgw
    tags:
      "s2s_vpn:link": hq
      "s2s_vpn:id": 3f2a9c0d1e4b
"""

RETURN = r"""
vpn_gateway:
  description: The gateway. In check mode the id of one that would be made is C(planned:<name>).
  returned: when it exists or would be made
  type: dict
  sample:
    vpn_gateway_id: vgw-0a1b2c3d4e5f60718
    asn: 64512
    state: available
    vpc_id: vpc-0a1b2c3d4e5f60718
    attachment_state: attached
    tags: {"Name": "hq-vgw", "s2s_vpn:link": "hq", "s2s_vpn:id": "3f2a9c0d1e4b"}
adopted:
  description: Whether the gateway belongs to somebody else, and is used as it is.
  returned: always
  type: bool
  sample: false
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2 as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws

DEFAULT_ASN = 64512


def search(ec2: Any, params: Mapping[str, Any], identity: Mapping[str, str]) -> tuple[Mapping[str, Any] | None, bool]:
    """The gateway, and whether it is somebody else's."""
    gateway_id = params["vpn_gateway_id"]
    if gateway_id:
        found = words.alive(aws.describe_vpn_gateways(ec2, [gateway_id]))
        gateway = found[0] if found else None
        return gateway, gateway is not None and not words.carries(words.tag_dict(gateway.get("Tags")), identity)
    mine = aws.find_one(aws.describe_vpn_gateways, ec2, identity, "virtual private gateway", "vpn_gateway_id")
    if mine is not None or not params["adopt"] or not params["name"]:
        return mine, False
    name = {"Name": params["name"]}
    gateway = aws.find_one(aws.describe_vpn_gateways, ec2, name, "virtual private gateway to adopt", "vpn_gateway_id")
    return gateway, gateway is not None


def refuse_other_gateway(ec2: Any, vpc_id: str, gateway_id: str, identity: Mapping[str, str]) -> None:
    """A VPC takes one VGW: say which it has, and whether another run has just made it."""
    there = aws.describe_vpn_gateways(ec2, filters=[{"Name": "attachment.vpc-id", "Values": [vpc_id]}])
    for other in words.alive(there):
        attached_to, state = words.attachment(other)
        if attached_to == vpc_id and other["VpnGatewayId"] != gateway_id:
            tags = words.tag_dict(other.get("Tags"))
            name = tags.get("Name", "without a name")
            twin = bool(identity) and words.carries(tags, identity)
            raise aws.AwsError(
                f"attaching a virtual private gateway to {vpc_id}",
                "",
                f"{other['VpnGatewayId']} ({name}) is {state} there, and a VPC takes one",
                "Another run has made it at the same time: run this again, and it goes on with that one."
                if twin
                else "Detach it, or use it: name it in the option name and set adopt, or pass its vpn_gateway_id.",
            )


def create(
    ec2: Any, params: Mapping[str, Any], wanted: Mapping[str, str], identity: Mapping[str, str]
) -> Mapping[str, Any]:
    request: dict[str, Any] = {"Type": "ipsec.1", "AmazonSideAsn": params["asn"] or DEFAULT_ASN}
    if wanted:
        request["TagSpecifications"] = words.tag_specification("vpn-gateway", wanted)
    target = str(params["name"] or "a virtual private gateway")

    def mine() -> list[Mapping[str, Any]]:
        return aws.find(aws.describe_vpn_gateways, ec2, identity)

    made = aws.create(ec2, "create_vpn_gateway", target, "VpnGateway", lambda: next(iter(mine()), None), **request)
    if not identity:
        return made
    own = made["VpnGatewayId"]
    kept = aws.settle(
        own,
        lambda: (aws.resource_id(one) for one in mine()),
        lambda it: aws.call(ec2, "delete_vpn_gateway", it, VpnGatewayId=it),
    )
    return made if kept == own else aws.describe_vpn_gateways(ec2, [kept])[0]


def present(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    name, asn, vpc_id = params["name"], params["asn"], params["vpc_id"]
    aws.real(vpc_id, "vpc_id", check_mode)
    wanted = words.all_tags(name, params["tags"])
    identity = words.identity(name, params["tags"])
    gateway, adopted = search(ec2, params, identity)
    if gateway is None and params["vpn_gateway_id"]:
        raise aws.AwsError(
            f"looking for {params['vpn_gateway_id']}",
            "",
            "it is deleted",
            "Leave vpn_gateway_id out to make another one.",
        )

    before = words.vpn_gateway(gateway) if gateway is not None else None
    if before and asn is not None and before["asn"] != asn:
        raise aws.AwsError(
            f"virtual private gateway {before['vpn_gateway_id']} ({name or before['tags'].get('Name', '')})",
            "",
            f"its ASN is {before['asn']}, {asn} is asked for, and AWS fixes it at creation",
            f"Write {before['asn']}, or delete the gateway with its VPN connections first.",
        )
    attach = vpc_id is not None and not (
        before and before["vpc_id"] == vpc_id and before["attachment_state"] != "detaching"
    )
    if before and attach and before["vpc_id"] not in (None, vpc_id):
        raise aws.AwsError(
            f"attaching {before['vpn_gateway_id']} to {vpc_id}",
            "",
            f"it is {before['attachment_state']} to {before['vpc_id']}",
            "Detach it there first, if that VPC does not need it.",
        )
    if attach and not words.is_planned(vpc_id):
        refuse_other_gateway(ec2, vpc_id, before["vpn_gateway_id"] if before else "", identity)

    missing = words.missing_tags(before["tags"] if before else {}, wanted) if not adopted else {}
    changed = before is None or attach or bool(missing)
    diff = {
        "before": {
            **({"vpc_id": before["vpc_id"]} if attach else {}),
            **({"tags": {key: before["tags"].get(key) for key in missing}} if missing else {}),
        }
        if before
        else {},
        "after": {
            **({"asn": asn or DEFAULT_ASN} if before is None else {}),
            **({"vpc_id": vpc_id} if attach else {}),
            **({"tags": missing} if missing else {}),
        },
    }
    if check_mode:
        result = before or {
            "vpn_gateway_id": words.planned(name or "vpn-gateway"),
            "asn": asn or DEFAULT_ASN,
            "state": "planned",
            "vpc_id": None,
            "attachment_state": None,
            "tags": wanted,
        }
        if attach:
            result = {**result, "vpc_id": vpc_id, "attachment_state": "planned"}
        return {
            "changed": changed,
            "adopted": adopted,
            "vpn_gateway": {**result, "tags": {**result["tags"], **missing}},
            "diff": diff,
        }

    if gateway is None:
        gateway = create(ec2, params, wanted, identity)
    elif missing:
        aws.write_tags(ec2, gateway["VpnGatewayId"], missing)
    gateway_id = gateway["VpnGatewayId"]
    if attach:
        if before and before["attachment_state"] == "detaching":
            aws.wait_for_attachment(ec2, gateway_id, "detached", vpc_id, params["wait_timeout"])
        join_attachment(ec2, gateway_id, vpc_id)
    if vpc_id is not None and params["wait"]:
        if attach or (before and before["attachment_state"] == "attaching"):
            gateway = aws.wait_for_attachment(ec2, gateway_id, "attached", vpc_id, params["wait_timeout"])
    elif attach:
        gateway = aws.describe_vpn_gateways(ec2, [gateway_id])[0]
    result = words.vpn_gateway(gateway)
    return {
        "changed": changed,
        "adopted": adopted,
        "vpn_gateway": {**result, "tags": {**result["tags"], **missing}},
        "diff": diff,
    }


def join_attachment(ec2: Any, gateway_id: str, vpc_id: str) -> None:
    """Attach, unless another run at the same time has done so."""
    try:
        aws.call(ec2, "attach_vpn_gateway", f"{gateway_id} and {vpc_id}", VpnGatewayId=gateway_id, VpcId=vpc_id)
    except aws.AwsError:
        current = aws.describe_vpn_gateways(ec2, [gateway_id])[0]
        if words.attachment(current)[0] != vpc_id:
            raise


def absent(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    def delete(gateway: Mapping[str, Any]) -> None:
        aws.delete_vpn_gateway(ec2, gateway, params["wait_timeout"])

    return aws.absent(
        params,
        "virtual private gateway",
        "vpn_gateway_id",
        partial(search, ec2, params),
        words.vpn_gateway,
        None if check_mode else delete,
    )


def ensure(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    return (present if params["state"] == "present" else absent)(ec2, params, check_mode)


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str"},
            "vpn_gateway_id": {"type": "str"},
            "asn": {"type": "int"},
            "vpc_id": {"type": "str"},
            "tags": {"type": "dict", "default": {}},
            "adopt": {"type": "bool", "default": False},
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 600},
        },
        required_if=[("state", "present", ("name", "vpn_gateway_id"), True)],
        supports_check_mode=True,
    )
    faults = options.vpn_gateway(module.params)
    if module.params["state"] == "present" and (refused := options.refusal(faults)):
        module.fail_json(**refused)
    aws.run(module, ensure)


if __name__ == "__main__":
    main()
