#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: azure_gateway_network
short_description: Manage the network that an Azure VPN gateway stands on
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Makes a resource group, a VNet in it, and subnets of the VNet, such as C(GatewaySubnet) and that of the machines
    which use the gateway, in as few requests as Azure allows. A new VNet is made together with its subnets.
  - What stands is read, merged and written back. Other subnets, peerings, DNS settings, IPv6 ranges, tags, and what
    hangs on a subnet (NAT gateway, delegations, policies) stay as they are. Nothing is ever taken away but IPv4
    ranges of the VNet that are not in O(cidrs).
  - What is not adopted, and a subnet, is sent again if its last change has failed. azure.azcollection refuses that.
options:
  resource_group:
    description: The resource group.
    type: str
    required: true
  location:
    description: The region. Needed to create the group or the VNet.
    type: str
  name:
    description: Name of the VNet.
    type: str
    required: true
  cidrs:
    description: All IPv4 ranges of the VNet. Needed to create it; what stands is left as it is if they are not given.
    type: list
    elements: str
  subnets:
    description: Subnets that the VNet is to have. Others are left alone.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the subnet.
        type: str
        required: true
      cidr:
        description: Its IPv4 range.
        type: str
        required: true
      security_group:
        description: Name of its network security group in the same resource group. What is there stays if not given.
        type: str
      route_table:
        description: Name of its route table in the same resource group. What is there stays if not given.
        type: str
  adopt:
    description:
      - If O(resource_group) or O(name) is among these names, it must exist, is used as it is and never changed.
      - An adopted VNet gets the subnets that it lacks, and those that it has stay as they are.
    type: list
    elements: str
    default: []
  tags:
    description: Tags to set on the group and the VNet. Others are kept.
    type: dict
  wait_timeout:
    description: Seconds to wait at most, for each.
    type: int
    default: 600
  poll_seconds:
    description: Seconds between two looks while waiting, where Azure does not say how long to wait.
    type: float
    default: 2
attributes:
  check_mode:
    description: Can be run in check mode.
    support: full
  diff_mode:
    description: Shows what differs, in the words of the options.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
seealso:
  - module: hybrid.s2s_vpn.azure_public_addresses
  - module: hybrid.s2s_vpn.azure_vpn_gateway
extends_documentation_fragment:
  - hybrid.s2s_vpn.azure
"""

EXAMPLES = r"""
- name: Make what the gateway stands on
  hybrid.s2s_vpn.azure_gateway_network:
    resource_group: hq-rg
    location: westeurope
    name: hq-vnet
    cidrs: [10.1.0.0/16]
    subnets:
      - name: GatewaySubnet
        cidr: 10.1.255.0/27
    tags:
      department: network

- name: Make the subnet of the machines, with a security group and a route table that exist
  hybrid.s2s_vpn.azure_gateway_network:
    resource_group: hq-rg
    name: hq-vnet
    subnets:
      - name: app
        cidr: 10.1.1.0/24
        security_group: hq-app-nsg
        route_table: hq-app-rt
"""

RETURN = r"""
resources:
  description: The group, the VNet and the subnets, in this order.
  returned: success
  type: list
  elements: dict
  contains:
    type:
      description: C(resourceGroups), C(virtualNetworks) or C(subnets).
      type: str
    name:
      description: Its name.
      type: str
    id:
      description: Its id.
      type: str
    changed:
      description: Whether this one was changed.
      type: bool
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm_network, options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure

Json = dict[str, Any]

ARGUMENTS: dict[str, Any] = {
    "resource_group": {"type": "str", "required": True},
    "location": {"type": "str"},
    "name": {"type": "str", "required": True},
    "cidrs": {"type": "list", "elements": "str"},
    "subnets": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "cidr": {"type": "str", "required": True},
            "security_group": {"type": "str"},
            "route_table": {"type": "str"},
        },
    },
    "adopt": {"type": "list", "elements": "str", "default": []},
    "tags": {"type": "dict"},
    "wait_timeout": {"type": "int", "default": 600},
    "poll_seconds": {"type": "float", "default": 2},
}


class Network:
    """One run: all is read and judged before the first part is sent."""

    def __init__(self, arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> None:
        self.arm, self.params, self.check_mode = arm, params, check_mode
        self.adopted = {name.lower() for name in params["adopt"]}
        self.group = arm.group_id(params["resource_group"])
        self.vnet = arm.id(params["resource_group"], words.VNETS, params["name"])
        self.changes: dict[str, words.Change] = {}  # by id, parents first
        self.within: set[str] = set()  # subnets that are made with the VNet

    def run(self) -> Json:
        """What the module returns. Raises AzureError, with what was done before it."""
        self._judge_vnet(look=self._judge_group())
        finished: list[str] = []
        for identifier in list(self.changes):
            try:
                if not self.check_mode:
                    self._send(identifier)
            except azure.AzureError as error:
                error.done = self._result(finished)
                raise
            finished.append(identifier)
        return self._result(finished)

    def _judge_group(self) -> bool:
        """Whether the group is there."""
        seen = self._look(self.group, azure.RESOURCES_API)
        if not self._is_adopted(self.group, seen):
            self._need(self.group, seen, "location")
            change = arm_network.group_change(self.params["location"], self.params["tags"], seen)
            self._add(self.group, change)
        return seen is not None

    def _judge_vnet(self, look: bool = True) -> None:
        """The VNet and its subnets."""
        location, cidrs, tags = (self.params[name] for name in ("location", "cidrs", "tags"))
        subnets = [one | self._guards(one) for one in self.params["subnets"]]
        seen = self._look(self.vnet) if look else None
        adopted = self._is_adopted(self.vnet, seen)
        if not adopted:
            self._need(self.vnet, seen, "location", "cidrs")
            self._add(self.vnet, arm_network.vnet_change(location, cidrs, subnets, tags, seen))
        there = {one["name"].lower(): one for one in arm_network.subnets_of(seen)}
        for one in subnets:
            subnet, own = there.get(one["name"].lower()), f"{self.vnet}/subnets/{one['name']}"
            wish = {"cidr": arm_network.ranges_of(subnet)[0]} if adopted and subnet else one
            self._add(own, arm_network.subnet_change(wish, subnet))
        self.within = set() if seen else {f"{self.vnet}/subnets/{one['name']}" for one in subnets}

    def _guards(self, subnet: Mapping[str, Any]) -> dict[str, str]:
        """Their ids."""
        group = self.params["resource_group"]
        kinds = {option: kind for option, (_property, kind) in arm_network.GUARDS.items() if subnet.get(option)}
        return {option: self.arm.id(group, kind, subnet[option]) for option, kind in kinds.items()}

    def _look(self, identifier: str, api: str = azure.NETWORK_API) -> Json | None:
        """As it is, or will be when Azure is no longer working on it."""
        seen = self.arm.get(identifier, api)
        if seen and self.check_mode:
            return None if words.is_deleting(seen) else seen
        return seen and self.arm.settle(identifier, self.params["wait_timeout"], seen, api)

    def _is_adopted(self, identifier: str, seen: Json | None) -> bool:
        adopted = words.name_of(identifier).lower() in self.adopted
        if adopted and seen is None:
            raise azure.AzureError(f"looking at {_label(identifier)}", "", "it does not exist", "Correct adopt.")
        return adopted

    def _need(self, identifier: str, seen: Json | None, *needed: str) -> None:
        missing = " and ".join(option for option in needed if not self.params[option])
        if seen is None and missing:
            answer = f"it does not exist, and {missing} {'are' if ' and ' in missing else 'is'} not given"
            raise azure.AzureError(f"making {_label(identifier)}", "", answer, f"Give {missing}.")

    def _add(self, identifier: str, change: words.Change) -> None:
        azure.refuse(f"changing {_label(identifier)}", change.refusals)
        self.changes[identifier] = change

    def _send(self, identifier: str) -> None:
        body, seconds = self.changes[identifier].body, self.params["wait_timeout"]
        if body is None or identifier in self.within:
            return
        if identifier == self.group:
            operation: azure.Operation | None = self.arm.put(identifier, body, azure.RESOURCES_API)
        elif identifier == self.vnet:
            operation = self.arm.put_merged(identifier, body, self._again, seconds)
        else:
            operation = self.arm.put(identifier, body)
        if operation:
            self.arm.wait(operation, seconds)

    def _again(self) -> Json | None:
        """The VNet's body over what others have made of it meanwhile."""
        self._judge_vnet()
        return self.changes[self.vnet].body

    def _result(self, finished: list[str]) -> Json:
        changed = {_label(one): self.changes[one] for one in finished if self.changes[one].changed}
        return {
            "changed": bool(changed),
            "resources": [
                {
                    "type": _type(one),
                    "name": words.name_of(one),
                    "id": one,
                    "changed": self.changes[one].changed,
                }
                for one in finished
            ],
            "diff": {
                "before": {label: one.before for label, one in changed.items()},
                "after": {label: one.after for label, one in changed.items()},
            },
        }


def _type(identifier: str) -> str:
    return identifier.split("/")[-2]


def _label(identifier: str) -> str:
    return f"{_type(identifier)}/{words.name_of(identifier)}"


def main() -> None:
    module = azure.make_module(ARGUMENTS)
    if refused := options.refusal(options.gateway_network(module.params)):
        module.fail_json(**refused)
    azure.run(module, lambda arm, params, check_mode: Network(arm, params, check_mode).run())


if __name__ == "__main__":
    main()
