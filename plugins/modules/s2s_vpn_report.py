#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: s2s_vpn_report
short_description: Write one page and one JUnit file over the reports of many links
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Reads reports of M(hybrid.s2s_vpn.s2s_vpn_verify) and M(hybrid.s2s_vpn.s2s_vpn_diagnose), prints a line for each
    link, and writes C(links.html) and C(links.xml). The page needs no network and no other file.
options:
  report_dir:
    description: Folder for both files.
    type: path
    required: true
  reports:
    description: Paths of the reports. One that cannot be read is left out.
    type: list
    elements: path
    required: true
  severities:
    description: Failed checks of these severities are failures in the JUnit file.
    type: list
    elements: str
    choices: [error, warning, advice]
    default: [error]
attributes:
  action:
    description: Runs on the controller.
    support: full
  async:
    description: Can be run in the background.
    support: none
  check_mode:
    description: Writes the files also in check mode.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
seealso:
  - module: hybrid.s2s_vpn.s2s_vpn_verify
  - module: hybrid.s2s_vpn.s2s_vpn_diagnose
"""

EXAMPLES = r"""
- name: Write a page over two links
  hybrid.s2s_vpn.s2s_vpn_report:
    report_dir: reports
    reports:
      - reports/hq.json
      - reports/branch.json
"""

RETURN = r"""
page:
  description: Path of the page.
  returned: success
  type: str
junit:
  description: Path of the JUnit file.
  returned: success
  type: str
"""
