#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_vgw_propagation
short_description: Say which virtual private gateways put their routes into which route tables
version_added: 1.0.0
description:
  - Sets the exact set of virtual private gateways (VGW) that propagate the routes they learn into each route table.
  - The routes in the tables and their subnets are not touched.
options:
  route_tables:
    description:
      - The route tables. Tables that are not listed are left alone.
    type: list
    elements: dict
    required: true
    suboptions:
      route_table_id:
        description:
          - The id of the route table.
          - In check mode a placeholder C(planned:...) is accepted.
        type: str
        required: true
      vpn_gateway_ids:
        description:
          - All gateways that propagate into the table. An empty list switches propagation off.
          - In check mode a placeholder C(planned:...) is accepted.
        type: list
        elements: str
        required: true
  wait_timeout:
    description:
      - How long to wait for AWS to show the change, and for a gateway that is still being attached, in seconds.
    type: int
    default: 120
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
- name: Routes that the gateway learns appear in the app subnet's table
  hybrid.s2s_vpn.aws_vgw_propagation:
    region: eu-central-1
    route_tables:
      - route_table_id: rtb-0a1b2c3d4e5f60718
        vpn_gateway_ids:
          - vgw-0a1b2c3d4e5f60718
"""

RETURN = r"""
route_tables:
  description: The route tables and their gateways, in the order asked for.
  returned: success
  type: list
  elements: dict
  sample:
    - route_table_id: rtb-0a1b2c3d4e5f60718
      vpn_gateway_ids: [vgw-0a1b2c3d4e5f60718]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2 as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws


def tables_by_id(ec2: Any, ids: list[str]) -> dict[str, Mapping[str, Any]]:
    return {table["RouteTableId"]: table for table in aws.describe_route_tables(ec2, ids)}


def enable(ec2: Any, table_id: str, gateway_id: str, timeout: float) -> None:
    """Switch on; a gateway that is still being attached is waited for (AWS: Gateway.NotAttached)."""

    def attempt() -> aws.AwsError | None:
        try:
            aws.set_propagation(ec2, table_id, gateway_id, True)
        except aws.AwsError as error:
            if error.code != "Gateway.NotAttached":
                raise
            vpc, _state = words.attachment(aws.describe_vpn_gateways(ec2, [gateway_id])[0])
            if vpc is None:
                remedy = "Attach the gateway to the VPC of the route table first."
                raise aws.AwsError(error.tried, error.code, error.answer, remedy) from error
            return error
        return None

    aws.wait_until(
        attempt, lambda error: error is None, timeout, f"{gateway_id} to be attached to the VPC of {table_id}"
    )


def ensure(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    wanted: dict[str, list[str]] = {}
    for entry in params["route_tables"]:
        table_id = entry["route_table_id"]
        wanted[table_id] = sorted(set(entry["vpn_gateway_ids"]))
        for one in (table_id, *wanted[table_id]):
            aws.real(one, "route_tables", check_mode)

    real = [table_id for table_id in wanted if not words.is_planned(table_id)]
    current = tables_by_id(ec2, real)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for table_id, gateways in wanted.items():
        table = current.get(table_id, {})
        add, remove = words.propagation_changes(table, gateways)
        if not add and not remove:
            continue
        before[table_id] = sorted(words.propagating(table))
        after[table_id] = gateways
        if not check_mode:
            for gateway_id in add:
                enable(ec2, table_id, gateway_id, params["wait_timeout"])
            for gateway_id in remove:
                aws.set_propagation(ec2, table_id, gateway_id, False)
    if after and not check_mode:
        aws.wait_until(
            lambda: tables_by_id(ec2, list(after)),
            lambda tables: all(words.propagation_changes(tables[one], after[one]) == ([], []) for one in after),
            params["wait_timeout"],
            f"the propagation into {', '.join(after)} to be shown",
        )
    return {
        "changed": bool(after),
        "route_tables": [{"route_table_id": one, "vpn_gateway_ids": gateways} for one, gateways in wanted.items()],
        "diff": {"before": before, "after": after},
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "route_tables": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "route_table_id": {"type": "str", "required": True},
                    "vpn_gateway_ids": {"type": "list", "elements": "str", "required": True},
                },
            },
            "wait_timeout": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    if refused := options.refusal(options.propagation(module.params)):
        module.fail_json(**refused)
    aws.run(module, ensure)


if __name__ == "__main__":
    main()
