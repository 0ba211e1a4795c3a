#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: azure_public_addresses
short_description: Manage the static public addresses of an Azure VPN gateway
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Creates, tags and deletes Standard static public IPv4 addresses, all at once. A VPN gateway takes no others.
  - A static address is known before the gateway exists, so that the other cloud can be built while Azure makes it.
  - Addresses that are not listed are left alone.
options:
  state:
    description: Whether the addresses are to exist.
    type: str
    choices: [present, absent]
    default: present
  resource_group:
    description: The resource group.
    type: str
    required: true
  location:
    description: The region. Needed to create an address.
    type: str
  addresses:
    description: The addresses.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the address.
        type: str
        required: true
      zones:
        description: The availability zones it is in, for example C(["1", "2", "3"]). They are fixed once it exists.
        type: list
        elements: str
  tags:
    description: Tags to set on each. Others are kept.
    type: dict
  wait_timeout:
    description: Seconds to wait at most.
    type: int
    default: 600
  poll_seconds:
    description: Seconds between two looks while waiting, where Azure does not say how long to wait.
    type: float
    default: 2
attributes:
  check_mode:
    description: Can be run in check mode; ids of what does not exist yet are C(planned:<name>) then.
    support: full
  diff_mode:
    description: Shows what differs, in the words of the options.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
seealso:
  - module: hybrid.s2s_vpn.azure_vpn_gateway
extends_documentation_fragment:
  - hybrid.s2s_vpn.azure
"""

EXAMPLES = r"""
- name: The two addresses of an active/active gateway
  hybrid.s2s_vpn.azure_public_addresses:
    resource_group: hq-rg
    location: westeurope
    addresses:
      - name: hq-vng-pip-1
        zones: ["1", "2", "3"]
      - name: hq-vng-pip-2
        zones: ["1", "2", "3"]
    tags:
      department: network

- name: Give up an address that no gateway uses
  hybrid.s2s_vpn.azure_public_addresses:
    resource_group: hq-rg
    addresses:
      - name: hq-vng-pip-3
    state: absent
"""

RETURN = r"""
addresses:
  description: The addresses in the order given, or as they will be. Empty with O(state=absent).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
    name:
      description: Its name.
      type: str
    location:
      description: Its region.
      type: str
    provisioning_state:
      description: What Azure says; C(Planned) in check mode.
      type: str
    ip_address:
      description: The address; none for one that does not exist yet.
      type: str
    zones:
      description: The availability zones it is in.
      type: list
      elements: str
    tags:
      description: Its tags.
      type: dict
    changed:
      description: Whether this one was changed.
      type: bool
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.azure_list import ResourceList

ARGUMENTS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "resource_group": {"type": "str", "required": True},
    "location": {"type": "str"},
    "addresses": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "zones": {"type": "list", "elements": "str"},
        },
    },
    "tags": {"type": "dict"},
    "wait_timeout": {"type": "int", "default": 600},
    "poll_seconds": {"type": "float", "default": 2},
}


def change(
    one: Mapping[str, Any], params: Mapping[str, Any], seen: dict[str, Any] | None, _check_mode: bool
) -> words.Change:
    zones = one.get("zones")
    wish = words.PublicAddressWish(one["name"], None if zones is None else tuple(zones))
    return words.public_address_change(wish, params["location"], params["tags"], seen)


ADDRESSES = ResourceList(
    option="addresses",
    kind=words.PUBLIC_IPS,
    what="public address",
    needed=("location",),
    change=change,
    facts=words.public_address_facts,
    view=words.public_address_view,
    told_at_the_end=True,
)


def main() -> None:
    module = azure.make_module(ARGUMENTS)
    faults = options.public_addresses(module.params)
    if module.params["state"] == "present" and (refused := options.refusal(faults)):
        module.fail_json(**refused)
    azure.run(module, ADDRESSES.run)


if __name__ == "__main__":
    main()
