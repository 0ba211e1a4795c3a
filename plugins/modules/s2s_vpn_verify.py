#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: s2s_vpn_verify
short_description: Compare both clouds with the plan of a link until it is up
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Reads the status of the VPN from Azure and from AWS, one call of a status module for each cloud and look, and
    judges it against the plan.
  - Succeeds when every planned tunnel is up on both sides, every BGP session is established, and each side has
    learned the network of the other. The spare tunnel of a static link is expected to be down.
  - Reads all that is on the two gateways of the plan's names, whoever made it.
  - Prints one table, and writes it all as JSON where O(report_dir) is given.
options:
  plan:
    description: The plan of the link, as M(hybrid.s2s_vpn.s2s_vpn_plan) returns it, with its owner.
    type: dict
    required: true
  timeout:
    description: Seconds to go on looking. V(0) is one look.
    type: int
    default: 600
  interval:
    description: Seconds between two looks.
    type: int
    default: 10
  report_dir:
    description: Folder for the report, C(<link>.json). It is made if it is missing. No report without it.
    type: path
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
seealso:
  - module: hybrid.s2s_vpn.azure_vpn_status_info
  - module: hybrid.s2s_vpn.aws_vpn_status_info
"""

EXAMPLES = r"""
- name: Verify a link, one look
  hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    s2s_vpn_link: hq
    s2s_vpn_azure_location: westeurope
    s2s_vpn_azure_vnet_cidr: 10.1.0.0/16
    s2s_vpn_aws_region: eu-central-1
    s2s_vpn_aws_vpc_cidr: 10.2.0.0/16
  roles:
    - role: hybrid.s2s_vpn.s2s_vpn
  tasks:
    - name: Look once
      hybrid.s2s_vpn.s2s_vpn_verify:
        plan: "{{ s2s_vpn_plan }}"
        timeout: 0
"""

RETURN = r"""
verdict:
  description:
    - What was found. C(ok), C(text), the C(checks) with what was expected and found, and the C(status) of both clouds.
  returned: when both clouds answered
  type: dict
table:
  description: The same as a table for people.
  returned: when both clouds answered
  type: str
looks:
  description: How often both clouds were read.
  returned: when both clouds answered
  type: int
report:
  description: Path of the report.
  returned: when O(report_dir) was given
  type: str
"""
