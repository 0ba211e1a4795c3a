#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: s2s_vpn_verify
short_description: Examine both ends of a link, and wait until it is up
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Waits until every planned tunnel is up on both sides, every BGP session is established, and each side has learned
    the network of the other, with one call of a status module for each cloud and look. Then reads each cloud once and
    examines all of it.
  - Fails when a check of O(severities) fails. Its message names the first causes and the checks.
  - Reads all that is on the two gateways, whoever made it. A link that this collection did not build is examined too,
    without a plan.
  - What this identity may not read is told, and the rest is examined.
options:
  timeout:
    description: Seconds to wait for the link. V(0) is one look. A link without a plan is not waited for.
    type: int
    default: 600
  interval:
    description: Seconds between two looks.
    type: int
    default: 10
  severities:
    description: Failed checks of these severities fail the task.
    type: list
    elements: str
    choices: [error, warning, advice]
    default: [error]
extends_documentation_fragment:
  - hybrid.s2s_vpn.looking
seealso:
  - module: hybrid.s2s_vpn.s2s_vpn_diagnose
  - module: hybrid.s2s_vpn.azure_link_info
  - module: hybrid.s2s_vpn.aws_link_info
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
findings:
  description:
    - The report. C(ok), the C(tunnels) with both ends, the C(checks) with what was expected and found, the C(causes)
      with evidence and remedy, and what was C(unread). It has no key and no fingerprint of one.
  returned: when no check failed; else it is in the report
  type: dict
table:
  description: The same as a table for people.
  returned: when no check failed
  type: str
looks:
  description: How often both clouds were looked at.
  returned: always
  type: int
report:
  description: Path of the report.
  returned: when O(report_dir) was given
  type: str
"""
