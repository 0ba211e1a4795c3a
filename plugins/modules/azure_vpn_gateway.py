#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: azure_vpn_gateway
short_description: Manage an Azure VPN gateway, active/active and with APIPA BGP addresses
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Creates, changes and deletes a route-based virtual network gateway of the kind VPN.
  - The gateway is made complete in one request, with both IP configurations, BGP and the APIPA addresses of each
    instance, because a later update costs minutes more.
  - An option that is not given leaves alone what is there. Nothing that the module does not manage is dropped.
  - Azure takes 20 to 70 minutes. With O(wait=false) the module returns as soon as Azure has accepted, with O(wait=true)
    it waits for the end. The state lives in Azure, so a task with O(wait=true) joins what another task, another run or
    a killed run has started.
  - A gateway in the state C(Failed) is sent again, which is how Azure repairs it.
options:
  state:
    description: Whether the gateway is to exist.
    type: str
    choices: [present, absent]
    default: present
  resource_group:
    description: The resource group of the gateway, of the VNet and of the public addresses.
    type: str
    required: true
  name:
    description: Name of the gateway.
    type: str
    required: true
  location:
    description: The region. Needed to create the gateway.
    type: str
  sku:
    description:
      - The SKU. Needed to create the gateway.
      - A larger one is set in place, in about 45 minutes. A smaller one, and any step from a SKU that is not zonal,
        means a new gateway and needs O(consent=recreate).
      - V(VpnGw4AZ) and V(VpnGw5AZ) exist in C(Generation2) only. A gateway of C(Generation1), which Azure makes of the
        smaller ones, cannot be changed to them in place either. Microsoft moves such gateways to C(Generation2) with
        its own updates; after that it can.
    type: str
    choices: [VpnGw1AZ, VpnGw2AZ, VpnGw3AZ, VpnGw4AZ, VpnGw5AZ]
  active_active:
    description:
      - Whether both instances carry tunnels. Defaults to whether there are two O(instances), for a new gateway.
      - Changing it interrupts the tunnels and needs O(consent=interrupt).
    type: bool
  bgp:
    description: Whether the gateway speaks BGP. Changing it needs O(consent=interrupt).
    type: bool
  asn:
    description: The gateway's ASN. Changing it needs O(consent=interrupt).
    type: int
  vnet_name:
    description: The VNet whose subnet C(GatewaySubnet) takes the gateway. This or O(subnet_id) is needed to create it.
    type: str
  subnet_id:
    description: The id of the C(GatewaySubnet), for a VNet of another resource group.
    type: str
  instances:
    description:
      - The instances in their order. Two for active/active, one otherwise.
      - An existing IP configuration is recognised by its public address, then by its name.
      - The zones of the gateway are those of its public addresses.
    type: list
    elements: dict
    suboptions:
      ip_configuration:
        description: Name of the IP configuration. Defaults to V(ipconfig1), V(ipconfig2).
        type: str
      public_ip_name:
        description: Name of the public address, in the same resource group.
        type: str
      public_ip_id:
        description: Id of the public address.
        type: str
      apipa_addresses:
        description:
          - The instance's own BGP addresses in 169.254.21.0 to 169.254.22.255, all that your connections are to use.
          - One that is there and not listed is taken away if a connection uses it that has C(s2s_vpn:id) and
            C(s2s_vpn:link) as O(tags) has them, and no other connection does. That needs O(consent=interrupt).
          - Every other address stays, used by others or by nobody. It may be of a link that shares the gateway, whose
            connections are not made yet or are gone. Without these two in O(tags) none is taken away.
        type: list
        elements: str
  keep_apipa:
    description:
      - Add the O(instances[].apipa_addresses) to those that are there, and take none away. For a gateway that is
        somebody else's.
    type: bool
    default: false
  tags:
    description: Tags to set. Others are kept.
    type: dict
  consent:
    description:
      - Changes that are refused otherwise.
      - V(interrupt) allows what takes tunnels or BGP sessions down for a while.
      - V(recreate) allows deleting the gateway with its connections and making it again from the options alone. It is
        still refused if one of the connections does not carry all of O(tags). Public addresses stay.
    type: list
    elements: str
    choices: [interrupt, recreate]
    default: []
  wait:
    description: Whether to wait until Azure is done.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait at most. A gateway that takes longer goes on being made; run the task again.
    type: int
    default: 5400
  poll_seconds:
    description: Seconds between two looks while waiting, at most; in the beginning it looks every second.
    type: float
    default: 5
notes:
  - While a gateway is being made, Azure shows neither its ASN nor its BGP addresses, so they are missing in the result
    of a task with O(wait=false), and nothing is compared. If the gateway turns out to differ, a task that waits
    changes it.
  - With O(wait=true) in check mode the module does not wait for a gateway that is being made.
  - A gateway that is being deleted is waited for, even with O(wait=false), and then made again.
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
  - module: hybrid.s2s_vpn.azure_vpn_gateway_info
  - module: hybrid.s2s_vpn.azure_vpn_connections
extends_documentation_fragment:
  - hybrid.s2s_vpn.azure
"""

EXAMPLES = r"""
- name: Start the gateway and go on
  hybrid.s2s_vpn.azure_vpn_gateway:
    resource_group: hq-rg
    name: hq-vng
    location: westeurope
    sku: VpnGw2AZ
    active_active: true
    bgp: true
    asn: 65515
    vnet_name: hq-vnet
    instances:
      - ip_configuration: ipconfig1
        public_ip_name: hq-vng-pip-1
        apipa_addresses: [169.254.21.2, 169.254.22.2]
      - ip_configuration: ipconfig2
        public_ip_name: hq-vng-pip-2
        apipa_addresses: [169.254.21.6, 169.254.22.6]
    tags:
      department: network
    wait: false

- name: Wait for the gateway, whoever started it
  hybrid.s2s_vpn.azure_vpn_gateway:
    resource_group: hq-rg
    name: hq-vng
  register: joined

- name: Delete the gateway
  hybrid.s2s_vpn.azure_vpn_gateway:
    resource_group: hq-rg
    name: hq-vng
    state: absent
"""

RETURN = r"""
msg:
  description: Why nothing was compared.
  returned: when the gateway is being changed and the task does not wait
  type: str
gateway:
  description: The gateway, or as it will be. Empty if it is absent.
  returned: success
  type: dict
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
      description: What Azure says, C(Succeeded), C(Updating), C(Failed); C(Planned) in check mode.
      type: str
    sku:
      description: Its SKU.
      type: str
    active_active:
      description: Whether both instances carry tunnels.
      type: bool
    bgp:
      description: Whether it speaks BGP.
      type: bool
    asn:
      description: Its ASN, null while it is being made.
      type: int
    tags:
      description: Its tags.
      type: dict
    instances:
      description: The instances in Azure's order.
      type: list
      elements: dict
      contains:
        index:
          description: Number of the instance, from 0.
          type: int
        ip_configuration:
          description: Name of the IP configuration.
          type: str
        ip_configuration_id:
          description: Id of the IP configuration.
          type: str
        public_ip_id:
          description: Id of the public address.
          type: str
        public_ip_address:
          description: The public address, C(planned:<name>) if it has none yet.
          type: str
        default_bgp_address:
          description: The BGP address inside the GatewaySubnet, null while the gateway is being made.
          type: str
        apipa_addresses:
          description: The instance's own BGP addresses.
          type: list
          elements: str
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import consent, options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure

ARGUMENTS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "resource_group": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "location": {"type": "str"},
    "sku": {"type": "str", "choices": list(words.SKUS)},
    "active_active": {"type": "bool"},
    "bgp": {"type": "bool"},
    "asn": {"type": "int"},
    "vnet_name": {"type": "str"},
    "subnet_id": {"type": "str"},
    "instances": {
        "type": "list",
        "elements": "dict",
        "options": {
            "ip_configuration": {"type": "str"},
            "public_ip_name": {"type": "str"},
            "public_ip_id": {"type": "str"},
            "apipa_addresses": {"type": "list", "elements": "str"},
        },
        "mutually_exclusive": [("public_ip_name", "public_ip_id")],
    },
    "keep_apipa": {"type": "bool", "default": False},
    "tags": {"type": "dict"},
    "consent": {"type": "list", "elements": "str", "choices": list(consent.AZURE_GATEWAY), "default": []},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 5400},
    "poll_seconds": {"type": "float", "default": 5},
}


def gateway_wish(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> words.GatewayWish:
    """The options with full ids in place of names."""
    group = params["resource_group"]
    subnet = params["subnet_id"]
    if not subnet and params["vnet_name"]:
        subnet = f"{arm.id(group, words.VNETS, params['vnet_name'])}/subnets/GatewaySubnet"

    def public_ip(one: Mapping[str, Any]) -> str | None:
        if one.get("public_ip_name"):
            return arm.id(group, words.PUBLIC_IPS, one["public_ip_name"])
        return azure.real(one.get("public_ip_id"), "public_ip_id", check_mode)

    instances = None
    if params["instances"] is not None:
        instances = tuple(
            words.Instance(
                one.get("ip_configuration"),
                public_ip(one),
                None if one.get("apipa_addresses") is None else tuple(one["apipa_addresses"]),
            )
            for one in params["instances"]
        )
    return words.GatewayWish(
        location=params["location"],
        sku=params["sku"],
        active_active=params["active_active"],
        bgp=params["bgp"],
        asn=params["asn"],
        subnet_id=azure.real(subnet, "subnet_id", check_mode),
        instances=instances,
        tags=params["tags"],
        keep_apipa=params["keep_apipa"],
    )


def present(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    result = make(arm, params, check_mode)
    hidden = [one for one in result["gateway"].get("instances", ()) if not one["public_ip_address"]]
    found = azure.together(partial(address_of, arm, one["public_ip_id"], check_mode) for one in hidden)
    for one, address in zip(hidden, found, strict=True):
        one["public_ip_address"] = address
    return result


def address_of(arm: azure.Arm, public_ip_id: str | None, check_mode: bool) -> str | None:
    """The address itself. It is there before the gateway, which shows it only when it is done."""
    if not public_ip_id or words.is_planned(public_ip_id):
        return public_ip_id
    seen = arm.get(public_ip_id) if check_mode else arm.get_made(public_ip_id)
    known = seen["properties"].get("ipAddress") if seen else None
    return known or words.planned(words.name_of(public_ip_id))


def make(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    own = arm.id(params["resource_group"], words.GATEWAYS, params["name"])
    tried = f"changing the gateway {params['name']}"
    wish = gateway_wish(arm, params, check_mode)
    existing = arm.get(own)
    if existing is not None and words.is_deleting(existing):
        existing = None if check_mode else arm.settle(own, params["wait_timeout"], existing)
    if existing is not None and words.is_busy(existing):
        if check_mode or not params["wait"]:
            told = f"{params['name']} is {words.state_of(existing)}: nothing is compared before that is over."
            return {"changed": False, "gateway": words.gateway_facts(existing), "msg": told}
        existing = arm.settle(own, params["wait_timeout"], existing)

    change = words.gateway_change(own, wish, existing)
    if existing is not None and change.changed and not wish.keep_apipa:
        connections = arm.list_in_group(params["resource_group"], words.CONNECTIONS) or []
        use = words.apipa_use(own, connections, words.merged_tags(None, params["tags"]))
        change = words.gateway_change(own, replace(wish, apipa_use=use), existing)
    azure.refuse(tried, change.refused(params["consent"]))
    replaces = existing is not None and change.replaces(params["consent"])
    if existing is None or replaces:
        missing = wish.missing_for_creation()
        if missing and check_mode and wish == words.GatewayWish():
            # A task that only joins: in check mode nobody has started anything.
            return {"changed": False, "gateway": words.planned_gateway(params["name"])}
        if missing:
            answer = "it does not exist" if existing is None else "it has to be made again"
            raise azure.AzureError(tried, "", f"{answer}, and {', '.join(missing)} not given", "Give these options.")
    if not change.changed and not replaces:
        return {"changed": False, "gateway": words.gateway_facts(existing or {})}

    body = words.new_gateway(own, wish) if replaces else change.body or {}
    result: dict[str, Any] = {"changed": True, "diff": {"before": change.before, "after": change.after}}
    if existing is not None and words.has_failed(existing):
        result["warnings"] = [f"{params['name']} was {words.state_of(existing)} and is sent again."]
    if check_mode:
        return {**result, "gateway": words.predicted_gateway(params["name"], body, None if replaces else existing)}
    if replaces:
        clear(arm, own, params)
    sent = arm.calls
    operation = arm.put(own, body) if existing is not None else first(arm, own, body)
    if operation is None:
        # Asked more than once, an answer was lost: what is joined is most likely its own.
        lost = arm.calls - sent > FIRST_CALLS
        return make(arm, params, check_mode) | (result if lost else {})
    return {**result, "gateway": words.gateway_facts(finish(arm, own, operation, params))}


FIRST_CALLS = 2  # a PUT that is refused, and a look


def first(arm: azure.Arm, own: str, body: dict[str, Any]) -> azure.Operation | None:
    """Create it; None if another run at the same time has begun to, whose gateway is joined then."""
    try:
        return arm.put(own, body, patient=False)
    except azure.AzureError as error:
        if error.code not in azure.BUSY_CODES:
            raise
    return arm.put(own, body) if arm.get(own) is None else None


def finish(arm: azure.Arm, own: str, operation: azure.Operation, params: Mapping[str, Any]) -> dict[str, Any]:
    """With `wait` stay until Azure is done."""
    if not params["wait"]:
        return operation.resource
    made = arm.settle(own, params["wait_timeout"], operation.resource or None)
    if made is None or words.has_failed(made):
        arm.wait(operation, 60)  # raises with Azure's reason
        state = "gone" if made is None else words.state_of(made)
        answer = f"it is {state}, and Azure gives no reason"
        raise azure.AzureError(f"making {params['name']}", "", answer, "Run it again: it is sent once more.")
    return made


def clear(arm: azure.Arm, own: str, params: Mapping[str, Any]) -> None:
    """Delete the gateway and its connections, if all of these are ours."""
    tags = words.merged_tags(None, params["tags"])
    connections = [
        one
        for one in arm.list_in_group(params["resource_group"], words.CONNECTIONS) or []
        if words.same(one["properties"].get("virtualNetworkGateway1", {}).get("id"), own)
    ]
    foreign = [one["name"] for one in connections if not tags or not words.carries(one, tags)]
    if foreign:
        problem = f"the connections {', '.join(foreign)} do not carry the tags given"
        raise azure.AzureError(f"making {params['name']} again", "Refused", problem, "Delete them first, or keep it.")
    for one in connections:
        remove(arm, one["id"], params["wait_timeout"])
    remove(arm, own, params["wait_timeout"])


def remove(arm: azure.Arm, resource: str, seconds: float) -> None:
    operation = arm.delete(resource)
    if operation is not None:
        arm.wait(operation, seconds)


def absent(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    own = arm.id(params["resource_group"], words.GATEWAYS, params["name"])
    existing = arm.get(own)
    if existing is None:
        return {"changed": False, "gateway": {}}
    if words.is_deleting(existing):
        if params["wait"] and not check_mode:
            arm.settle(own, params["wait_timeout"], existing)
        return {"changed": False, "gateway": {}}
    result = {"changed": True, "gateway": {}, "diff": {"before": words.gateway_view(existing), "after": {}}}
    if check_mode:
        return result
    if words.is_busy(existing):
        arm.settle(own, params["wait_timeout"], existing)
    operation = arm.delete(own)
    if operation is not None and params["wait"]:
        arm.wait(operation, params["wait_timeout"])
    return result


def main() -> None:
    module = azure.make_module(ARGUMENTS, mutually_exclusive=[("vnet_name", "subnet_id")])
    faults = options.azure_gateway(module.params)
    if module.params["state"] == "present" and (refused := options.refusal(faults)):
        module.fail_json(**refused)
    azure.run(module, present if module.params["state"] == "present" else absent)


if __name__ == "__main__":
    main()
