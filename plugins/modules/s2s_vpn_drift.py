#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: s2s_vpn_drift
short_description: Tell what differs from the plan of a link on both clouds
version_added: 1.0.0
description:
  - Reads both clouds once and compares them with the plan, with read calls only. Pre-shared keys are compared by their
    fingerprints, those of both ends with each other, and with the user's own where there are some.
  - Alarms, alerts and logs that C(playbooks/monitor.yml) makes are compared with O(monitoring), once one of them
    carries the link's tag.
  - Something that differs is a finding and not a failure. C(playbooks/drift.yml) fails then.
  - What stands in the link's networks and is nobody's plan is listed apart, such as somebody's network
    interface, route or rule. That is no failure.
  - Whether tunnels are up is for M(hybrid.s2s_vpn.s2s_vpn_verify).
options:
  plan:
    description:
      - The whole plan, with its owner.
    type: dict
    required: true
  pre_shared_keys_variable:
    description:
      - Name of the variable with the user's own keys, by inside CIDR. Its value is read on the controller and never
        stands in the task's arguments. No keys are compared with the user's if there is no such variable.
    type: str
    default: s2s_vpn_pre_shared_keys
  monitoring:
    description:
      - How the link is watched. Without it alarms, alerts and logs are not compared.
    type: dict
    suboptions:
      vpn_connection_ids:
        description: As of M(hybrid.s2s_vpn.aws_link_alarms).
        type: list
        elements: str
        default: []
      topics:
        description: As of M(hybrid.s2s_vpn.aws_link_alarms).
        type: list
        elements: str
        default: []
      action_groups:
        description: As of M(hybrid.s2s_vpn.azure_link_alarms).
        type: list
        elements: str
        default: []
      log_analytics_workspace:
        description: As of M(hybrid.s2s_vpn.azure_link_alarms).
        type: str
      window_minutes:
        description: As of both.
        type: int
        default: 5
      bandwidth_percent:
        description: As of M(hybrid.s2s_vpn.azure_link_alarms).
        type: int
        default: 80
  report_dir:
    description:
      - Folder on the controller for C(<link>.drift.json). Without it none is written.
    type: path
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.conn
  - ansible.builtin.action_common_attributes.flow
attributes:
  action:
    support: full
  async:
    support: none
  become:
    support: none
  bypass_host_loop:
    support: none
  check_mode:
    details: Reads as ever.
    support: full
  connection:
    support: none
  delegation:
    support: none
  diff_mode:
    support: none
  platform:
    platforms: all
notes:
  - Credentials come from the environment, since C(module_defaults) do not reach an action's own modules.
seealso:
  - module: hybrid.s2s_vpn.s2s_vpn_verify
author:
  - hybrid.s2s_vpn contributors (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: Compare both clouds with the plan
  hybrid.s2s_vpn.s2s_vpn_drift:
    plan: "{{ ansible_facts.s2s_vpn_plan }}"
    monitoring:
      topics:
        - arn:aws:sns:eu-central-1:123456789012:night-shift
    report_dir: reports
  register: compared

- name: Fail if anything differs, or nobody can say
  ansible.builtin.assert:
    that: compared.drift.complete and not compared.drift.drifted
    fail_msg: "{{ compared.msg }}"
"""

RETURN = r"""
drift:
  description: What was found.
  returned: always
  type: dict
  contains:
    schema:
      description: Its form.
      type: str
      sample: hybrid.s2s_vpn drift 1
    link:
      description: Name of the link.
      type: str
    at:
      description: When, in UTC.
      type: str
    drifted:
      description: Whether anything differs.
      type: bool
    differences:
      description: What differs, with what was C(expected) and what was C(found).
      type: list
      elements: dict
      sample:
        - cloud: azure
          resource: hq-aws-1-1
          check: azure.connection_dpd
          tunnel: 1-1
          expected: "45"
          found: "99"
          remedy: Run site.yml again.
    unmanaged:
      description: What stands in the link's networks and is not the link's.
      type: list
      elements: dict
      sample:
        - {cloud: aws, kind: route, name: 192.0.2.0/24, where: hq-app-rt}
    unread:
      description: What could not be read, and so was not compared.
      type: list
      elements: str
    complete:
      description:
        - Whether all could be compared. Keys that a store of secrets keeps cannot, and do not count.
      type: bool
    calls:
      description: Number of requests to each cloud.
      type: dict
table:
  description: The same as text.
  returned: always
  type: str
msg:
  description: How much differs, and what to do.
  returned: always
  type: str
report:
  description: Path of the file.
  returned: with O(report_dir)
  type: str
"""
