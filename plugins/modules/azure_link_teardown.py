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
  - A network security group or route table on a subnet of a VNet that is not the link's own is taken off the subnet
    first. Such subnets stay, and their VNet.
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
detached:
  description: Ids of subnets of other owners that the link's network security group or route table was taken off.
  returned: success
  type: list
  elements: str
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
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure

Json = dict[str, Any]

GROUP = "Microsoft.Resources/resourceGroups"
ALERTS = "Microsoft.Insights/metricAlerts"
OTHER_APIS = {ALERTS: "2018-03-01"}

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
VNETS = STEPS[4][0]

ARGUMENTS: dict[str, Any] = {
    "resource_group": {"type": "str", "required": True},
    "link": {"type": "str", "required": True},
    "owner_id": {"type": "str", "required": True},
    "adopt": {"type": "list", "elements": "str", "default": []},
    "wait_timeout": {"type": "int", "default": 3600},
    "poll_seconds": {"type": "float", "default": 5},
}


def api_of(resource_id: str) -> str:
    return next((api for kind, api in OTHER_APIS.items() if words.same(kind, words.kind_of(resource_id))), "")


def is_kind(resource_id: str, kind: str) -> bool:
    return words.same(words.kind_of(resource_id), kind)


def below(child: str, parent: str) -> bool:
    return child.lower().startswith(f"{parent.lower().rstrip('/')}/")


class Teardown:
    def __init__(self, arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> None:
        self.arm, self.check_mode = arm, check_mode
        self.group = params["resource_group"]
        self.seconds = params["wait_timeout"]
        self.tags = {words.LINK_TAG: params["link"], words.OWNER_TAG: params["owner_id"]}
        self.adopted = {name.lower() for name in params["adopt"]}
        self.deleted: list[Json] = []
        self.left: list[Json] = []
        self.detached: list[str] = []
        self.warnings: list[str] = []

    def run(self) -> Json:
        found = self.find()
        vnets = [one["id"] for one in found if is_kind(one["id"], VNETS)]
        if self.check_mode:
            self.foresee(found, vnets)
        else:
            for step in STEPS:
                if step == STEPS[-1]:
                    self.detach(self.of(found, step), vnets)
                self.remove(self.of(found, step))
        self.leave_unknown(found)
        self.remove_group()
        return {
            "changed": bool(self.deleted or self.detached),
            "deleted": self.deleted,
            "detached": self.detached,
            "left": self.left,
            "warnings": self.warnings,
            "diff": {"before": {"resources": [one["id"] for one in self.deleted]}, "after": {"resources": []}},
        }

    # --- finding

    def mine(self, resource: Mapping[str, Any]) -> bool:
        return words.carries(resource, self.tags) and str(resource.get("name", "")).lower() not in self.adopted

    def find(self) -> list[Json]:
        """The group's own lists are up to date, the subscription's index may be minutes behind."""
        lists = azure.together(
            lambda kind=kind: self.arm.list_in_group(self.group, kind) or []  # type: ignore[misc]
            for kind in NETWORK_KINDS
        )
        found = {one["id"].lower(): one for listed in lists for one in listed if self.mine(one)}
        query = {"$filter": f"tagName eq '{words.OWNER_TAG}' and tagValue eq '{self.tags[words.OWNER_TAG]}'"}
        index = f"/subscriptions/{self.arm.subscription_id}/resources"
        for hint in self.arm.listing(index, azure.RESOURCES_API, query) or []:
            if hint["id"].lower() in found or not self.mine(hint):
                continue
            api = api_of(hint["id"]) or azure.NETWORK_API
            known = any(is_kind(hint["id"], kind) for step in STEPS for kind in step)
            resource = self.arm.get(hint["id"], api) if known else hint
            if resource is not None:
                found[hint["id"].lower()] = resource
        return list(found.values())

    def of(self, found: Iterable[Json], step: Sequence[str]) -> list[Json]:
        return [one for kind in step for one in found if is_kind(one["id"], kind)]

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
            try:
                operation = self.start(one)
                # One change at a time for each gateway.
                if operation is not None and is_kind(one["id"], CONNECTIONS):
                    self.arm.wait(operation, self.seconds)
                    operation = None
                started.append((one["id"], operation))
            except azure.AzureError as error:
                self.refused(one, error)
        for resource_id, operation in started:
            try:
                if operation is not None:
                    self.arm.wait(operation, self.seconds)
                self.gone(resource_id)
            except azure.AzureError as error:
                self.refused({"id": resource_id}, error)

    def start(self, resource: Json) -> azure.Operation | None:
        if words.is_busy(resource) and self.arm.settle(resource["id"], self.seconds, resource) is None:
            return None
        return self.arm.delete(resource["id"], api_of(resource["id"]) or azure.NETWORK_API)

    def refused(self, resource: Json, error: azure.AzureError) -> None:
        reason = f"{error.code}: {error.answer}" if error.code else error.answer
        if is_kind(resource["id"], VNETS):
            self.empty(resource["id"])
        self.stays(resource["id"], reason)

    def empty(self, vnet: str) -> None:
        """Delete the subnets that can go from a VNet that cannot."""
        for subnet in ((self.arm.get(vnet) or {}).get("properties", {}).get("subnets")) or []:
            try:
                operation = self.arm.delete(subnet["id"])
                if operation is not None:
                    self.arm.wait(operation, self.seconds)
                self.gone(subnet["id"])
            except azure.AzureError as error:
                self.stays(subnet["id"], f"{error.code}: {error.answer}")

    def detach(self, attached: Sequence[Json], vnets: Sequence[str]) -> None:
        """Take our NSG and route table off the subnets of other owners' VNets."""
        ours = {one["id"].lower() for one in attached}
        for subnet_id in self.foreign_subnets(attached, vnets):
            try:
                subnet = self.arm.get(subnet_id)
                if subnet is None:
                    continue
                body = words.writable_subnet(subnet)
                for key in ("networkSecurityGroup", "routeTable"):
                    if str((body["properties"].get(key) or {}).get("id")).lower() in ours:
                        del body["properties"][key]
                self.arm.wait(self.arm.put(subnet_id, body), self.seconds)
                self.detached.append(subnet_id)
            except azure.AzureError as error:
                self.warnings.append(f"The subnet {subnet_id} keeps what is to be deleted: {error}")

    def foreign_subnets(self, attached: Sequence[Json], vnets: Sequence[str]) -> list[str]:
        found: dict[str, str] = {}
        for one in attached:
            for subnet in one.get("properties", {}).get("subnets") or []:
                if not any(below(subnet["id"], vnet) for vnet in vnets):
                    found.setdefault(subnet["id"].lower(), subnet["id"])
        return list(found.values())

    # --- check mode

    def foresee(self, found: Sequence[Json], vnets: Sequence[str]) -> None:
        """What would go; a VNet with somebody else's address in it would not, nor what hangs on its subnets."""
        ours = [one["id"] for one in found]
        kept: dict[str, str] = {}
        for vnet in self.of(found, (VNETS,)):
            for subnet in vnet["properties"].get("subnets") or []:
                users = [one["id"] for one in subnet.get("properties", {}).get("ipConfigurations") or []]
                foreign = [user for user in users if not any(below(user, mine) for mine in ours)]
                if foreign:
                    reason = f"the subnet {words.name_of(subnet['id'])} is in use by {', '.join(foreign)}"
                    kept[subnet["id"].lower()] = reason
                    kept.setdefault(vnet["id"].lower(), reason)
        attached = self.of(found, STEPS[-1])
        self.detached = self.foreign_subnets(attached, vnets)
        for one in attached:
            for subnet in one.get("properties", {}).get("subnets") or []:
                if subnet["id"].lower() in kept:
                    kept[one["id"].lower()] = kept[subnet["id"].lower()]
        for step in STEPS:
            for one in self.of(found, step):
                if one["id"].lower() in kept:
                    self.stays(one["id"], kept[one["id"].lower()])
                else:
                    self.gone(one["id"])

    # --- the rest

    def leave_unknown(self, found: Iterable[Json]) -> None:
        for one in found:
            if not any(is_kind(one["id"], kind) for step in STEPS for kind in step):
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
            self.stays(own, f"{error.code}: {error.answer}", GROUP)


def teardown(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> Json:
    return Teardown(arm, params, check_mode).run()


def main() -> None:
    azure.run(azure.make_module(ARGUMENTS), teardown)


if __name__ == "__main__":
    main()
