#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: s2s_vpn_journal
short_description: Write what roles have changed into the journal of a link
version_added: 1.0.0
description:
  - Writes a line of C(<link>.journal.jsonl) for each resource that the results registered by O(roles) say was changed,
    and for each task of theirs that failed. M(hybrid.s2s_vpn.s2s_vpn_operate) writes its own lines there.
  - A task without O(roles) opens the file and writes nothing. Before the first change it shows that the journal can be
    written.
  - A line is a JSON object with C(at), C(link), C(operation), C(role), C(state) (V(done) or V(failed)), C(resource),
    and the values C(before) and C(after), where the module tells them. The word C(key) stands in the place of keys.
options:
  link:
    description: The link's name, which the file is named after.
    type: str
    required: true
  operation:
    description: What was run, like V(site.yml).
    type: str
    required: true
  journal_dir:
    description: Folder on the controller. It is made if it is missing. Nothing is written if it is empty.
    type: str
    default: ""
  roles:
    description: Names of the roles, without their collection.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  action:
    description: Runs on the controller.
    support: full
  async:
    description: Can be run in the background.
    support: none
  bypass_host_loop:
    description: Runs for each link.
    support: none
  check_mode:
    description: Nothing was changed then, and nothing is written.
    support: full
  diff_mode:
    description: It changes nothing but its own file.
    support: none
  platform:
    platforms: all
seealso:
  - module: hybrid.s2s_vpn.s2s_vpn_operate
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: See that the journal can be written
  hybrid.s2s_vpn.s2s_vpn_journal:
    link: hq
    operation: site.yml
    journal_dir: reports

- name: Write what the role has changed
  hybrid.s2s_vpn.s2s_vpn_journal:
    link: hq
    operation: site.yml
    journal_dir: reports
    roles: [aws_gateway]
"""

RETURN = r"""
journal:
  description: The path of the journal.
  returned: with O(journal_dir), unless in check mode
  type: str
  sample: reports/hq.journal.jsonl
lines:
  description: How many were written.
  returned: always
  type: int
  sample: 7
"""
