#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: s2s_vpn_plan
short_description: Plan a site-to-site VPN between Azure and AWS
version_added: 1.0.0
description:
  - Works out the whole link from few variables, without a cloud and without credentials. The plan holds names, inside
    CIDRs, APIPA addresses of each gateway instance, ASNs, crypto for both sides, rules and routes.
  - Tells all mistakes of the input at once, each with the variable's name and what to write instead.
  - Returns the plan as fact C(s2s_vpn_plan). It holds no pre-shared key.
options:
  input:
    description:
      - The variables of the link, with or without their prefix C(s2s_vpn_).
      - Needed are V(azure_location), V(azure_vnet_cidr), V(aws_region) and V(aws_vpc_cidr). The C(link) is the
        inventory's host name unless it is given. All other variables have defaults, see role
        C(hybrid.s2s_vpn.s2s_vpn).
      - Numbers and truth values may be text, as templates return it.
      - A variable that does not exist is a fault. So is a variable of the host that is almost called like one of these,
        such as C(s2s_vpn_azure_locaton).
    type: dict
    required: true
  identity:
    description:
      - Whose clouds the link is built in. The owner's id in the tags is made of both and of region and link.
      - Without it the id is C(planned:owner).
    type: dict
    suboptions:
      aws_account:
        description: Number of the AWS account.
        type: str
      azure_subscription:
        description: Id of the Azure subscription.
        type: str
  pre_shared_keys_variable:
    description:
      - Name of the variable that holds the pre-shared keys, a mapping of inside CIDR to key. The module reads it
        itself, so that no key stands in a task's arguments.
      - Keys are judged and left out of the plan and of all messages. Without the variable AWS makes the keys.
    type: str
    default: s2s_vpn_pre_shared_keys
  fleet:
    description:
      - The inputs of other links in the same AWS account and Azure subscription, in the form of O(input).
      - The plan then looks for what they share or exceed together, which are AWS's quotas of a region and of a virtual
        private gateway, tunnels of an Azure gateway, inside CIDRs, names and overlapping ranges.
      - Only faults that this link has a part in are told. An entry equal to O(input) is this link itself.
    type: list
    elements: dict
    default: []
  show:
    description:
      - Print the table and the diagram.
    type: bool
    default: false
  write_table:
    description:
      - File on the controller to write the table to. A relative path starts at the current folder.
    type: path
  write_mermaid:
    description:
      - File on the controller to write the Mermaid diagram to. A relative path starts at the current folder.
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
    details: Plans as ever, and writes no file.
    support: full
  connection:
    support: none
  delegation:
    details: Facts go to the host of the play unless C(delegate_facts) is set. Nothing runs on the host.
    support: partial
  diff_mode:
    details: Shows what changes in the written files.
    support: full
  platform:
    platforms: all
author:
  - hybrid.s2s_vpn contributors (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: Plan a link
  hybrid.s2s_vpn.s2s_vpn_plan:
    input:
      link: hq
      azure_location: westeurope
      azure_vnet_cidr: 10.1.0.0/16
      aws_region: eu-central-1
      aws_vpc_cidr: 10.2.0.0/16
  register: planned

- name: Show it
  ansible.builtin.debug:
    msg: "{{ planned.table.splitlines() }}"

- name: Plan a static link beside another one and keep the diagram
  hybrid.s2s_vpn.s2s_vpn_plan:
    input:
      link: branch
      routing: static
      azure_location: northeurope
      azure_vnet_cidr: 10.3.0.0/16
      aws_region: eu-central-1
      aws_vpc_cidr: 10.4.0.0/16
      inside_cidr_block: 1
    fleet:
      - link: hq
        azure_location: westeurope
        azure_vnet_cidr: 10.1.0.0/16
        aws_region: eu-central-1
        aws_vpc_cidr: 10.2.0.0/16
    write_mermaid: plans/branch.mmd
"""

RETURN = r"""
ansible_facts:
  description: The plan, as fact.
  returned: success
  type: dict
  contains:
    s2s_vpn_plan:
      description: Everything that roles need, by cloud and step.
      returned: success
      type: dict
      contains:
        version:
          description: Version of the plan's form.
          returned: success
          type: int
          sample: 1
        link:
          description: Name of the link.
          returned: success
          type: str
          sample: hq
        routing:
          description: V(bgp) or V(static).
          returned: success
          type: str
          sample: bgp
        key_maker:
          description: Who makes the pre-shared keys, V(aws) or V(user).
          returned: success
          type: str
          sample: aws
        owner:
          description: The owner's id and link, as in the tags.
          returned: success
          type: dict
          sample: {"id": "3f2a9c0d1e4b", "link": "hq"}
        tags:
          description: Tags of everything that is made.
          returned: success
          type: dict
          sample: {"s2s_vpn:id": "3f2a9c0d1e4b", "s2s_vpn:link": "hq"}
        adopt:
          description: Names of existing resources to use and never to delete.
          returned: success
          type: list
          elements: str
          sample: []
        notes:
          description: What a person should know, such as what static routing gives up.
          returned: success
          type: list
          elements: str
          sample: ["Neither gateway clamps TCP's segment size: set MSS 1350 or MTU 1400 on the hosts."]
        azure:
          description: Parts C(network), C(gateway) and C(connection) of the Azure side.
          returned: success
          type: dict
        aws:
          description: Parts C(network) and C(gateway) of the AWS side, and the account's C(quotas).
          returned: success
          type: dict
        tunnels:
          description: One entry for each tunnel, with both ends, and V(up) or V(spare) as what to expect of it.
          returned: success
          type: list
          elements: dict
          sample:
            - name: 1-1
              connection: 1
              number: 1
              instance: 0
              inside_cidr: 169.254.21.0/30
              aws_inside_address: 169.254.21.1
              azure_inside_address: 169.254.21.2
              resource_name: hq-aws-1-1
              expected: up
        crypto:
          description: The same policy in the words of C(azure) and of C(aws).
          returned: success
          type: dict
        expect:
          description: Prefixes that each side has to learn.
          returned: success
          type: dict
          sample: {"aws_learns": ["10.1.0.0/16"], "azure_learns": ["10.2.0.0/16"]}
        cost:
          description: >-
            An estimate of what the link costs, C(hour), C(month), C(gb_to_aws) and C(gb_to_azure), with its
            C(currency), the C(date) of the prices, its C(lines) and a C(note) of what it is worth.
          returned: success
          type: dict
          sample: {"currency": "USD", "date": "2025-06", "gb_to_aws": 0.087, "gb_to_azure": 0.09, "hour": 0.694}
input:
  description: What was planned, for option O(fleet) of other links. No key is in it.
  returned: success
  type: dict
table:
  description: The plan as plain text, at most 110 columns wide.
  returned: success
  type: str
mermaid:
  description: The plan as a Mermaid flowchart.
  returned: success
  type: str
faults:
  description: All faults of the input.
  returned: when the input has faults
  type: list
  elements: dict
  contains:
    variable:
      description: Name of the variable.
      returned: always
      type: str
      sample: s2s_vpn_azure_asn
    value:
      description: Its value, empty where it is missing or may be secret.
      returned: always
      type: str
      sample: "65520"
    problem:
      description: What is wrong.
      returned: always
      type: str
      sample: Azure reserves it
    remedy:
      description: What to write instead.
      returned: always
      type: str
      sample: Write 65515, or a private one like 65010.
    text:
      description: All of it in one sentence.
      returned: always
      type: str
      sample: "s2s_vpn_azure_asn = 65520: Azure reserves it. Write 65515, or a private one like 65010."
"""
