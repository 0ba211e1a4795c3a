#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: azure_link_teardown
short_description: Delete what a link owns in Azure, and say what is left
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Finds the resources that carry the tags C(s2s_vpn:link) and C(s2s_vpn:id) of a link, and deletes them in the order
    of their dependencies, connections, gateway and local gateways, public addresses, VNet, network security groups and
    route tables, and at last the resource group if it is the link's own and empty.
  - What cannot be deleted is listed with Azure's reason, and the rest goes on. Run it again when the cause is gone.
  - A VNet with a subnet or a peering of somebody else's stays, and so does a route table with a route that was put
    there by hand. Rules in a network security group of the link go with it.
  - In an adopted VNet the link's own subnets are deleted. An app subnet is the link's if it has the link's network
    security group or route table, which it gets when it is made. A GatewaySubnet is the link's if a tag on the link's
    gateway or public addresses says that the link has made it.
options:
  resource_group:
    description: The resource group of the link.
    type: str
    required: true
  link:
    description: Name of the link, the value of the tag C(s2s_vpn:link).
    type: str
    required: true
  owner_id:
    description: Id of the link, the value of the tag C(s2s_vpn:id).
    type: str
    required: true
  adopt:
    description: Names of resources that are never deleted, whatever they carry.
    type: list
    elements: str
    default: []
  subnets:
    description: Names of the subnets that the link makes. Any other in its VNet is somebody else's.
    type: list
    elements: str
    default: [app, GatewaySubnet]
  wait_timeout:
    description: Seconds to wait at most for each deletion. Deleting a gateway takes about ten minutes.
    type: int
    default: 3600
  poll_seconds:
    description: Seconds between two looks while waiting, where Azure does not say how long to wait.
    type: float
    default: 5
notes:
  - A gateway that is being made or changed is waited for, because Azure does not delete it meanwhile.
  - Besides the resource group, the subscription's index of tags is searched, so that the link's resources in other
    resource groups are found too. Azure brings that index up to date within minutes.
attributes:
  check_mode:
    description: Lists what would be deleted, and what is known to stay.
    support: full
  diff_mode:
    description: Shows the resources that go.
    support: full
  idempotent:
    description: A second run finds nothing and changes nothing.
    support: full
seealso:
  - module: hybrid.s2s_vpn.aws_link_teardown
extends_documentation_fragment:
  - hybrid.s2s_vpn.azure
"""

EXAMPLES = r"""
- name: Show what would go
  hybrid.s2s_vpn.azure_link_teardown:
    resource_group: hq-rg
    link: hq
    owner_id: 3f2a9c0d1e4b
  check_mode: true
  register: going

- name: Delete it
  hybrid.s2s_vpn.azure_link_teardown:
    resource_group: hq-rg
    link: hq
    owner_id: 3f2a9c0d1e4b
  register: gone
  failed_when: gone is failed or gone.left | length > 0
"""

RETURN = r"""
deleted:
  description: What was deleted, or in check mode would be, in order.
  returned: success
  type: list
  elements: dict
  contains:
    type:
      description: Its type, for example C(Microsoft.Network/connections).
      type: str
    name:
      description: Its name.
      type: str
    id:
      description: Its id.
      type: str
left:
  description: What belongs to the link and is still there.
  returned: success
  type: list
  elements: dict
  contains:
    type:
      description: Its type.
      type: str
    name:
      description: Its name.
      type: str
    id:
      description: Its id.
      type: str
    reason:
      description: Why, in Azure's words.
      type: str
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import alarms, options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure

Json = dict[str, Any]

GROUP = "Microsoft.Resources/resourceGroups"
ALERTS = "Microsoft.Insights/metricAlerts"
OTHER_APIS = {ALERTS: alarms.ALERTS_API}
SETTINGS = "Microsoft.Insights/diagnosticSettings"

# What the deletion of one waits for; those of one step go at once.
STEPS: Sequence[Sequence[str]] = (
    (ALERTS,),
    (f"{words.PROVIDER}/{words.CONNECTIONS}",),
    (f"{words.PROVIDER}/{words.GATEWAYS}", f"{words.PROVIDER}/{words.LOCAL_GATEWAYS}"),
    (f"{words.PROVIDER}/{words.PUBLIC_IPS}",),
    (f"{words.PROVIDER}/{words.VNETS}",),
    (f"{words.PROVIDER}/{words.NSGS}", f"{words.PROVIDER}/{words.ROUTE_TABLES}"),
)
NETWORK_KINDS = (
    words.CONNECTIONS, words.GATEWAYS, words.LOCAL_GATEWAYS, words.PUBLIC_IPS, words.VNETS, words.NSGS,
    words.ROUTE_TABLES,
)  # fmt: skip
CONNECTIONS = STEPS[1][0]
GATEWAYS = STEPS[2][0]
ADDRESSES = STEPS[3]
NETWORKS = STEPS[4]
VNETS = NETWORKS[0]
SUBNETS = f"{VNETS}/subnets"
GUARDS = STEPS[5]
TABLES = GUARDS[1]
CONNECTION_ENDS = ("virtualNetworkGateway1", "virtualNetworkGateway2", "localNetworkGateway2")

ARGUMENTS: dict[str, Any] = {
    "resource_group": {"type": "str", "required": True},
    "link": {"type": "str", "required": True},
    "owner_id": {"type": "str", "required": True},
    "adopt": {"type": "list", "elements": "str", "default": []},
    "subnets": {"type": "list", "elements": "str", "default": ["app", "GatewaySubnet"]},
    "wait_timeout": {"type": "int", "default": 3600},
    "poll_seconds": {"type": "float", "default": 5},
}


def api_of(resource_id: str) -> str:
    return next((api for kind, api in OTHER_APIS.items() if words.same(kind, words.kind_of(resource_id))), "")


def is_kind(resource_id: str, kind: str) -> bool:
    return words.same(words.kind_of(resource_id), kind)


def is_known(resource_id: str) -> bool:
    return any(is_kind(resource_id, kind) for step in STEPS for kind in step)


def below(child: str, parent: str) -> bool:
    return child.lower().startswith(f"{parent.lower().rstrip('/')}/")


class Teardown:
    def __init__(self, arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> None:
        self.arm, self.check_mode = arm, check_mode
        self.group = params["resource_group"]
        self.seconds = params["wait_timeout"]
        self.tags = {words.LINK_TAG: params["link"], words.OWNER_TAG: params["owner_id"]}
        self.adopted = {name.lower() for name in params["adopt"]}
        self.subnets = {name.lower() for name in params["subnets"]} - self.adopted
        self.connections: list[Json] = []
        self.gateways: list[Json] = []
        self.deleted: list[Json] = []
        self.left: list[Json] = []

    def run(self) -> Json:
        found = self.find()
        self.remove_settings()
        for step in STEPS:
            if step == ADDRESSES:
                self.remove(self.subnets_elsewhere(found))  # the addresses remember which were made
            one_step = self.of(found, step)
            if step == NETWORKS:
                one_step = [vnet for vnet in one_step if not self.shared(vnet)]
            self.remove(one_step)
        self.leave_unknown(found)
        self.remove_group()
        return {
            "changed": bool(self.deleted),
            "deleted": self.deleted,
            "left": self.left,
            "diff": {"before": {"resources": [one["id"] for one in self.deleted]}, "after": {"resources": []}},
        }

    # --- finding

    def mine(self, resource: Mapping[str, Any]) -> bool:
        return words.carries(resource, self.tags) and not self.is_adopted(resource)

    def is_adopted(self, resource: Mapping[str, Any]) -> bool:
        return str(resource.get("name", "")).lower() in self.adopted

    def find(self) -> list[Json]:
        """The group's own lists are up to date, the subscription's index may be minutes behind."""
        reads = [partial(self.arm.list_in_group, self.group, kind) for kind in NETWORK_KINDS]
        alerts = f"{self.arm.group_id(self.group)}/providers/{ALERTS}"
        reads.append(partial(self.arm.listing, alerts, alarms.ALERTS_API))
        lists = [found or [] for found in azure.together(reads)]
        self.connections = lists[NETWORK_KINDS.index(words.CONNECTIONS)]
        self.gateways = lists[NETWORK_KINDS.index(words.GATEWAYS)]
        listed = {one["id"].lower(): one for some in lists for one in some}
        found = {own: one for own, one in listed.items() if self.mine(one)}
        query = {"$filter": f"tagName eq '{words.OWNER_TAG}' and tagValue eq '{self.tags[words.OWNER_TAG]}'"}
        index = f"/subscriptions/{self.arm.subscription_id}/resources"
        for hint in self.arm.listing(index, azure.RESOURCES_API, query) or []:
            if hint["id"].lower() not in listed and (resource := self.hinted(hint)) is not None:
                found[hint["id"].lower()] = resource
        return list(found.values())

    def hinted(self, hint: Json) -> Json | None:
        """What the index has found by the owner's id, if it is the link's.

        Filtered by a tag's name and value, the index leaves the tags out (MS, Resources - List): what can be read is
        judged by what is read. Of a type that this module does not know, the id that has matched is enough, and so it
        is where reading is not allowed, as in a group that the rights do not reach.
        """
        if self.is_adopted(hint):
            return None
        if not is_known(hint["id"]):
            return hint
        try:
            resource = self.arm.get(hint["id"], api_of(hint["id"]) or azure.NETWORK_API)
        except azure.AzureError as error:
            if not error.denied:
                raise
            self.stays(hint["id"], told(error))
            return None
        return resource if resource is not None and self.mine(resource) else None

    def of(self, found: Iterable[Json], step: Sequence[str]) -> list[Json]:
        return [one for kind in step for one in found if is_kind(one["id"], kind)]

    def subnets_elsewhere(self, found: Sequence[Json]) -> list[Json]:
        """The link's subnets in VNets that it has adopted.

        A subnet has no tags. The app subnet has the link's security group or route table from its creation on, and the
        GatewaySubnet is remembered by a tag of the link's public addresses and gateway.
        """
        ids: dict[str, str] = {}
        for one in self.of(found, (*ADDRESSES, GATEWAYS)):
            vnet = (one.get("tags") or {}).get(words.GATEWAY_SUBNET_TAG)
            if vnet:
                own = f"{one['id'].partition('/providers/')[0]}/providers/{VNETS}/{vnet}/subnets/GatewaySubnet"
                ids[own.lower()] = own
        for one in self.of(found, GUARDS):
            for subnet in one.get("properties", {}).get("subnets") or []:
                vnet = words.name_of(subnet["id"].partition("/subnets/")[0])
                if vnet.lower() in self.adopted:
                    ids[subnet["id"].lower()] = subnet["id"]
        asked = [own for own in ids.values() if words.name_of(own).lower() in self.subnets]
        seen = azure.together(partial(self.arm.get, own) for own in asked)
        return [one for one in seen if one is not None]

    # --- what happens

    def gone(self, resource_id: str, kind: str = "") -> None:
        kind = kind or words.kind_of(resource_id)
        self.deleted.append({"type": kind, "name": words.name_of(resource_id), "id": resource_id})

    def stays(self, resource_id: str, reason: str, kind: str = "") -> None:
        kind = kind or words.kind_of(resource_id)
        entry = {"type": kind, "name": words.name_of(resource_id), "id": resource_id, "reason": reason}
        self.left.append(entry)

    def remove(self, resources: Sequence[Json]) -> None:
        """Delete those of one step: all are started, then all are waited for."""
        started = []
        for one in resources:
            reason = by_hand(one) or (self.foreseen(one) if self.check_mode else "")
            if reason:
                self.refused(one, reason)
                continue
            try:
                operation = None if self.check_mode else self.start(one)
                # One change at a time for each gateway, and for each VNet.
                if operation is not None and (is_kind(one["id"], CONNECTIONS) or is_kind(one["id"], SUBNETS)):
                    self.arm.wait(operation, self.seconds)
                    operation = None
                started.append((one, operation))
            except azure.AzureError as error:
                self.refused(one, told(error))
        for one, operation in started:
            try:
                if operation is not None:
                    self.arm.wait(operation, self.seconds)
                self.gone(one["id"])
            except azure.AzureError as error:
                self.refused(one, told(error))

    def remove_settings(self) -> None:
        """The link's diagnostic setting, on an adopted gateway too. It would outlive the gateway (MS)."""
        name = alarms.setting_name(self.tags[words.OWNER_TAG])
        for gateway in self.gateways:
            own = f"{gateway['id']}/providers/{SETTINGS}/{name}"
            try:
                if self.arm.get(own, alarms.DIAGNOSTICS_API) is None:
                    continue
                operation = None if self.check_mode else self.arm.delete(own, alarms.DIAGNOSTICS_API)
                if operation is not None:
                    self.arm.wait(operation, self.seconds)
                self.gone(own, SETTINGS)
            except azure.AzureError as error:
                self.stays(own, told(error), SETTINGS)

    def start(self, resource: Json) -> azure.Operation | None:
        if words.is_busy(resource) and self.arm.settle(resource["id"], self.seconds, resource) is None:
            return None
        return self.arm.delete(resource["id"], api_of(resource["id"]) or azure.NETWORK_API)

    def refused(self, resource: Json, reason: str) -> None:
        if is_kind(resource["id"], VNETS):
            self.empty(resource)
        self.stays(resource["id"], reason)

    def shared(self, vnet: Json) -> bool:
        """Whether somebody else has put something into this VNet of the link. It stays then, less its own subnets."""
        inside = vnet.get("properties", {})
        foreign = [
            f"{what} {one['name']}"
            for what, member in (("subnet", "subnets"), ("peering", "virtualNetworkPeerings"))
            for one in inside.get(member) or []
            if what != "subnet" or one["name"].lower() not in self.subnets
        ]
        if foreign:
            self.refused(vnet, f"{', '.join(foreign)} in it is not the link's")
        return bool(foreign)

    def empty(self, vnet: Json) -> None:
        """Delete the link's subnets that can go from a VNet that cannot."""
        now = vnet if self.check_mode else self.arm.get(vnet["id"]) or {}
        subnets = now.get("properties", {}).get("subnets") or []
        self.remove([one for one in subnets if one["name"].lower() in self.subnets])

    # --- check mode

    def foreseen(self, resource: Json) -> str:
        """Why Azure will not delete it, as far as that shows: what uses it and does not go before it."""
        staying = [one for one in self.users(resource) if not self.goes(one)]
        return f"it is in use by {', '.join(staying)}" if staying else ""

    def goes(self, user: str) -> bool:
        return any(words.same(user, one["id"]) or below(user, one["id"]) for one in self.deleted)

    def users(self, resource: Json) -> list[str]:
        own, properties = resource["id"], resource.get("properties", {})
        if is_kind(own, VNETS):
            return [user for subnet in properties.get("subnets") or [] for user in self.users(subnet)]
        members = [properties.get("ipConfiguration"), *(properties.get("ipConfigurations") or [])]
        if is_kind(own, GATEWAYS):
            members = []  # its own
        members += [*(properties.get("subnets") or []), *(properties.get("networkInterfaces") or [])]
        return [one["id"] for one in members if one and one.get("id")] + [
            one["id"]
            for one in self.connections
            if any(words.same((one["properties"].get(end) or {}).get("id"), own) for end in CONNECTION_ENDS)
        ]

    # --- the rest

    def leave_unknown(self, found: Iterable[Json]) -> None:
        for one in found:
            if not is_known(one["id"]):
                self.stays(one["id"], "this module does not know how to delete a resource of this type")

    def remove_group(self) -> None:
        own = self.arm.group_id(self.group)
        group = self.arm.get(own, azure.RESOURCES_API)
        if group is None or not self.mine({"name": self.group, "tags": group.get("tags")}):
            return
        # The index may still show what has just been deleted.
        gone = {one["id"].lower() for one in self.deleted}
        inside = self.arm.listing(f"{own}/resources", azure.RESOURCES_API) or []
        others = [one["id"] for one in inside if one["id"].lower() not in gone]
        if others:
            names = ", ".join(f"{words.name_of(one)} ({words.kind_of(one)})" for one in others)
            self.stays(own, f"the resource group still holds {names}", GROUP)
            return
        try:
            operation = None if self.check_mode else self.arm.delete(own, azure.RESOURCES_API)
            if operation is not None:
                self.arm.wait(operation, self.seconds)
            self.gone(own, GROUP)
        except azure.AzureError as error:
            self.stays(own, told(error), GROUP)


def told(error: azure.AzureError) -> str:
    return f"{error.code}: {error.answer}" if error.code else error.answer


def by_hand(resource: Json) -> str:
    """Routes in the link's table that the link does not make: they stay, and the table with them."""
    if not is_kind(resource["id"], TABLES):
        return ""
    routes = [one["name"] for one in resource.get("properties", {}).get("routes") or []]
    foreign = sorted(name for name in routes if not words.is_own_route(name))
    return f"a route was put there by hand: {', '.join(foreign)}" if foreign else ""


def teardown(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> Json:
    return Teardown(arm, params, check_mode).run()


def main() -> None:
    module = azure.make_module(ARGUMENTS)
    if refused := options.refusal(options.azure_reading(module.params)):
        module.fail_json(**refused)
    azure.run(module, teardown)


if __name__ == "__main__":
    main()
