#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: s2s_vpn_diagnose
short_description: Tell why the tunnels of a link are down
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Reads each cloud once, compares both ends, and prints the causes, the likeliest first, each with the evidence from
    both sides and the change that mends it.
  - Works with the plan of a link, and on a link that this collection did not build.
  - A link that is down is a finding and not a failure. M(hybrid.s2s_vpn.s2s_vpn_verify) fails.
extends_documentation_fragment:
  - hybrid.s2s_vpn.looking
seealso:
  - module: hybrid.s2s_vpn.s2s_vpn_verify
  - module: hybrid.s2s_vpn.azure_link_info
  - module: hybrid.s2s_vpn.aws_link_info
"""

EXAMPLES = r"""
- name: Tell what is wrong with a link that others have built
  hybrid.s2s_vpn.s2s_vpn_diagnose:
    link: hq
    azure_gateway: hq-rg/hq-vng
    aws_region: eu-central-1
    aws:
      - hq-vgw
    report_dir: reports
"""

RETURN = r"""
findings:
  description:
    - The report. C(ok), the C(tunnels) with both ends, the C(checks) with what was expected and found, the C(causes)
      with evidence and remedy, and what was C(unread). It has no key and no fingerprint of one.
  returned: when both clouds answered
  type: dict
table:
  description: The same as a table for people.
  returned: when both clouds answered
  type: str
text:
  description: The causes for people.
  returned: when both clouds answered
  type: str
report:
  description: Path of the report.
  returned: when O(report_dir) was given
  type: str
"""
