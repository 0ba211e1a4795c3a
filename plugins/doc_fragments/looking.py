# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """What s2s_vpn_verify and s2s_vpn_diagnose have in common."""

    DOCUMENTATION = r"""
options:
  plan:
    description:
      - The plan of the link, as M(hybrid.s2s_vpn.s2s_vpn_plan) returns it, with its owner.
      - Without it give O(azure_gateway), O(aws_region) and O(aws).
    type: dict
  link:
    description:
      - What to call a link without a plan.
      - Defaults to the host's name in the inventory.
    type: str
  azure_gateway:
    description:
      - The virtual network gateway of a link that has no plan, by its id, or as C(resource group/name).
    type: str
  aws_region:
    description: The region of O(aws).
    type: str
  aws:
    description:
      - AWS's end of a link that has no plan. The id of one virtual private or transit gateway, ids of VPN connections,
        or the name of one virtual private gateway.
    type: list
    elements: str
  probes:
    description:
      - Looks along the data path, by M(hybrid.s2s_vpn.azure_vm_probe) and M(hybrid.s2s_vpn.aws_instance_probe). They
        run a short script on machines of yours, and need permissions of their own.
      - One that does not arrive makes the link count as not in order. The path MTU that one measures judges the check
        C(advice.mss).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What to call it.
        type: str
      azure_vm:
        description: The virtual machine in Azure that tries, as C(resource group/name).
        type: str
      aws_instance:
        description: The id of the EC2 instance that tries, in the region of the link.
        type: str
      to:
        description: The IPv4 address to reach behind the other end.
        type: str
        required: true
      port:
        description: A TCP port there to try as well.
        type: int
  report_dir:
    description:
      - Folder for the report, C(<link>.json). It is made if it is missing. No report without it.
      - A report that is there is read first, to tell what has changed since.
    type: path
  report_ids:
    description: Whether the report names the subscription and the account.
    type: bool
    default: false
attributes:
  action:
    description: Runs on the controller.
    support: full
  async:
    description: Can be run in the background.
    support: none
  check_mode:
    description: Reads only, also in check mode.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
"""
