#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_settle
short_description: Keep one where two runs at once have made the same VPC or route table
version_added: 1.0.0
description:
  - EC2 has no unique names, so two runs at the same time can each make a VPC or a route table of the same name. Run
    this after a task that has made one.
  - It looks for others with the same name and the same owner's tags. Both runs come to the same end. One deletes what
    it has made, and both go on with the other one.
options:
  resource_id:
    description:
      - The id of the VPC or route table that this run has made.
      - In check mode a placeholder C(planned:...) is accepted and returned.
    type: str
    required: true
  name:
    description:
      - Its name, the value of the tag C(Name).
    type: str
    required: true
  tags:
    description:
      - Its tags. The owner's, C(s2s_vpn:link) and C(s2s_vpn:id), must be among them, for what has them is deleted.
    type: dict
    required: true
  subnet_id:
    description:
      - With a route table, the subnet that is to have the one which is kept.
    type: str
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    support: full
    details: Nothing has been made, so nothing is looked for.
  diff_mode:
    support: full
    details: Shows the id that was made and the one to go on with.
  platform:
    platforms: all
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: Make a VPC
  amazon.aws.ec2_vpc_net:
    region: eu-central-1
    name: hq-vpc
    cidr_block: 10.2.0.0/16
    tags: &tags
      "s2s_vpn:link": hq
      "s2s_vpn:id": 3f2a9c0d1e4b
  register: made

- name: Go on with the VPC of another run, if that was first
  hybrid.s2s_vpn.aws_settle:
    region: eu-central-1
    resource_id: "{{ made.vpc.id }}"
    name: hq-vpc
    tags: *tags
  register: settled
"""

RETURN = r"""
id:
  description: The id to go on with, the one given or that of another run.
  returned: success
  type: str
  sample: vpc-0a1b2c3d4e5f60718
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2 as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws


def ensure(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    own = params["resource_id"]
    aws.real(own, "resource_id", check_mode)
    identity = words.identity(params["name"], params["tags"])
    is_table = own.startswith("rtb-")
    if check_mode:
        return {"changed": False, "id": own}
    describe, member = (aws.describe_route_tables, "RouteTableId") if is_table else (aws.describe_vpcs, "VpcId")
    filters = aws.tag_filters(identity)
    kept = aws.settle(
        own,
        lambda: (one[member] for one in describe(ec2, filters=filters)),
        lambda mine: withdraw_table(ec2, mine) if is_table else aws.call(ec2, "delete_vpc", mine, VpcId=mine),
    )
    if kept != own and is_table and params["subnet_id"]:
        associate(ec2, kept, params["subnet_id"])
    return {"changed": kept != own, "id": kept, "diff": {"before": {"id": own}, "after": {"id": kept}}}


def withdraw_table(ec2: Any, table_id: str) -> None:
    for table in aws.describe_route_tables(ec2, [table_id]):
        for association in table.get("Associations") or ():
            identifier = association["RouteTableAssociationId"]
            try:
                aws.call(ec2, "disassociate_route_table", identifier, AssociationId=identifier)
            except aws.AwsError as error:
                if not error.not_found:
                    raise
    aws.call(ec2, "delete_route_table", table_id, RouteTableId=table_id)


def associate(ec2: Any, table_id: str, subnet_id: str) -> None:
    """Give the subnet this table. The run that made the other one may have taken it off meanwhile."""
    (table,) = aws.describe_route_tables(ec2, [table_id])
    if not any(one.get("SubnetId") == subnet_id for one in table.get("Associations") or ()):
        target = f"{table_id} and {subnet_id}"
        aws.call(ec2, "associate_route_table", target, RouteTableId=table_id, SubnetId=subnet_id)


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "resource_id": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "tags": {"type": "dict", "required": True},
            "subnet_id": {"type": "str"},
        },
        supports_check_mode=True,
    )
    if refused := options.refusal(options.settle(module.params)):
        module.fail_json(**refused)
    aws.run(module, ensure)


if __name__ == "__main__":
    main()
