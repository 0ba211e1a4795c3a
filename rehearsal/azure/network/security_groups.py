"""networkSecurityGroups: rules, and the six that every group has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import override

from ..cloud import Cloud, Use
from ..errors import network
from ..invented import refuse
from ..store import Child, Json, Resource
from .kind import Change, ChildKind, Kind, Look, begun, inner

_LISTS = ("sourcePortRanges", "destinationPortRanges", "sourceAddressPrefixes", "destinationAddressPrefixes")

_DEFAULTS = (
    ("AllowVnetInBound", "Allow inbound traffic from all VMs in VNET", "VirtualNetwork", "VirtualNetwork", "Allow"),
    (
        "AllowAzureLoadBalancerInBound",
        "Allow inbound traffic from azure load balancer",
        "AzureLoadBalancer",
        "*",
        "Allow",
    ),
    ("DenyAllInBound", "Deny all inbound traffic", "*", "*", "Deny"),
    (
        "AllowVnetOutBound",
        "Allow outbound traffic from all VMs to all VMs in VNET",
        "VirtualNetwork",
        "VirtualNetwork",
        "Allow",
    ),
    ("AllowInternetOutBound", "Allow outbound traffic from all VMs to Internet", "*", "Internet", "Allow"),
    ("DenyAllOutBound", "Deny all outbound traffic", "*", "*", "Deny"),
)
_PRIORITIES = (65000, 65001, 65500)


class SecurityRules(ChildKind):
    collection = "securityRules"
    model = "SecurityRule"
    noun = "SecurityRule"
    duration = "security group"
    delete_duration = "network delete"

    @override
    def fill(self, change: Change, name: str, properties: Json, old: Child | None) -> Child:
        child = begun(name, properties, old)
        rid = change.draft.child_id(self.collection, name).path
        for member in ("protocol", "access", "direction", "priority"):
            if member not in properties:
                raise refuse("security rule", id=rid, what=f"{member} is missing")
        if not 100 <= properties["priority"] <= 4096:
            raise refuse("security rule", id=rid, what=f"priority {properties['priority']} is not in 100 to 4096")
        for side in ("source", "destination"):
            address = (f"{side}AddressPrefix", f"{side}AddressPrefixes", f"{side}ApplicationSecurityGroups")
            if not any(properties.get(m) for m in address):
                raise refuse("security rule", id=rid, what=f"{side} address is missing")
            if not any(properties.get(m) for m in (f"{side}PortRange", f"{side}PortRanges")):
                raise refuse("security rule", id=rid, what=f"{side} port range is missing")
            for port in (properties.get(f"{side}PortRange"), *properties.get(f"{side}PortRanges", [])):
                if port and not _is_range(port):
                    raise refuse("security rule", id=rid, what=f"{side} port range {port}")
        for other in change.draft.children.get(self.collection, {}).values():
            same = all(other.properties[m] == properties[m] for m in ("priority", "direction"))
            if same and other.name.lower() != name.lower():
                raise network(
                    400,
                    "SecurityRuleConflict",
                    f"Security rule {name} conflicts with rule {other.name}. Rules cannot have the same Priority and "
                    "Direction. To learn more, see aka.ms/nsgrules.",
                )
        child.properties = {member: [] for member in _LISTS} | properties
        return child

    @override
    def show(self, look: Look, child: Child) -> Json:
        return dict(child.properties)


def _is_range(port: str) -> bool:
    first, _dash, last = port.partition("-")
    numbers = [int(one) for one in (first, last or first) if one.isascii() and one.isdigit()]
    return port == "*" or (len(numbers) == 2 and 0 <= numbers[0] <= numbers[1] <= 65535)


class SecurityGroups(Kind):
    type = "Microsoft.Network/networkSecurityGroups"
    model = "NetworkSecurityGroup"
    noun = "NetworkSecurityGroup"
    durations = {"create": "security group", "update": "security group", "delete": "network delete"}
    child_kinds = {"securityRules": SecurityRules()}
    sub_lists = {"defaultsecurityrules": lambda _cloud, resource, _call: _defaults(resource)}

    @override
    def fill(self, change: Change) -> None:
        asked = change.properties
        change.draft.properties = {k: v for k, v in asked.items() if k == "flushConnection"}
        self.fill_children(change, keep_absent=False)

    @override
    def uses(self, resource: Resource) -> Iterator[Use]:
        return iter(())

    @override
    def show(self, look: Look) -> Json:
        shown = dict(look.resource.properties)
        shown["defaultSecurityRules"] = _defaults(look.resource)
        users = look.users(look.path)
        for member, part in (("subnets", "/subnets/"), ("networkInterfaces", "/networkinterfaces/")):
            found = [{"id": u} for u in users if part in u.lower()]
            if found:
                shown[member] = found
        return shown

    @override
    def guard(self, cloud: Cloud, resource: Resource) -> None:
        users = [u.source for u in cloud.users_of(resource.id.path)]
        if users:
            raise network(
                400,
                "InUseNetworkSecurityGroupCannotBeDeleted",
                f"Network security group {resource.id.path} cannot be deleted because it is in use by the following "
                f"resources: {', '.join(users)}. In order to delete the Network security group, remove the association "
                "with the resource(s). To learn how to do this, see aka.ms/deletensg.",
            )


def all_rules(resource: Resource) -> list[Json]:
    """Its own and the default ones, as they are shown."""
    own = resource.children.get("securityRules", {}).values()
    return [inner(resource, "securityRules", rule.name, rule.properties) for rule in own] + _defaults(resource)


def _defaults(resource: Resource) -> list[Json]:
    return [_default(resource, number) for number in range(len(_DEFAULTS))]


def _default(resource: Resource, number: int) -> Json:
    name, description, source, destination, access = _DEFAULTS[number]
    rule: Json = {
        "description": description,
        "protocol": "*",
        "sourcePortRange": "*",
        "destinationPortRange": "*",
        "sourceAddressPrefix": source,
        "destinationAddressPrefix": destination,
        "access": access,
        "priority": _PRIORITIES[number % 3],
        "direction": "Inbound" if number < 3 else "Outbound",
    }
    return inner(resource, "defaultSecurityRules", name, rule | {member: [] for member in _LISTS})
