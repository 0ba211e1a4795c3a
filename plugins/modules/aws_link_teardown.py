#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_link_teardown
short_description: Remove what a link has made in AWS, and say what is left
version_added: 1.0.0
description:
  - Finds everything in the region that carries the tag C(s2s_vpn:id) of the link, and deletes it in the order in
    which it depends on each other. Alarms go first, which the rest would set off, then VPN connections, all at once,
    then the virtual private gateway, customer gateways, security group, subnet, route table and VPC. The log group is
    last.
  - What the link does not own stays, and so does what something foreign still uses. Each such thing of the link is
    listed with the reason, and the rest goes on.
  - An adopted virtual private gateway that is attached to the link's own VPC is detached, if no VPN connection is left
    on it.
  - It can be run again at any time and goes on where it was.
options:
  link:
    description:
      - The name of the link.
    type: str
    required: true
  owner_id:
    description:
      - The value of the tag C(s2s_vpn:id), as M(hybrid.s2s_vpn.s2s_vpn_preflight) returns it.
    type: str
    required: true
  adopt:
    description:
      - Names of resources that are used and never deleted.
    type: list
    elements: str
    default: []
  wait_timeout:
    description:
      - How long to wait for each step, in seconds.
    type: int
    default: 1800
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    support: full
    details: Lists what would go, and what would be left as far as it shows beforehand.
  diff_mode:
    support: full
  platform:
    platforms: all
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: The link's resources in AWS are gone
  hybrid.s2s_vpn.aws_link_teardown:
    region: eu-central-1
    link: hq
    owner_id: 3f2a9c0d1e4b
  register: teardown

- name: What is left
  ansible.builtin.debug:
    var: teardown.left
"""

RETURN = r"""
deleted:
  description: What was deleted, or would be.
  returned: success
  type: list
  elements: dict
  sample:
    - {type: vpn_connection, id: vpn-0a1b2c3d4e5f60718, name: hq-1}
left:
  description: What the link owns and could not delete, with AWS's reason or ours.
  returned: success
  type: list
  elements: dict
  sample:
    - type: subnet
      id: subnet-0a1b2c3d4e5f60718
      name: hq-app
      reason: "DependencyViolation: The subnet has dependencies and cannot be deleted"
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2 as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws, cloudwatch
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import LOG_GROUPS

# AWS frees what it has just deleted a little later (EXP).
PATIENCE_SECONDS = 30.0
PASSING = frozenset({"DependencyViolation", "IncorrectState"})

ADOPTABLE = frozenset({"vpc", "vpn_gateway", "vpn_connection"})

# Resource types of EC2's tags that go along with something else.
IMPLIED = frozenset({"security-group-rule"})
HANDLED = frozenset(
    {"vpn-connection", "vpn-gateway", "customer-gateway", "security-group", "subnet", "route-table", "vpc"}
)


@dataclass
class Teardown:
    """What goes and what stays. A thing is a dict of type, id and name."""

    ec2: Any
    check_mode: bool
    timeout: float
    adopt: frozenset[str]
    deleted: list[dict[str, Any]] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)

    def is_adopted(self, thing: Mapping[str, Any]) -> bool:
        """Named in adopt, and of a kind that a link can adopt: another one may have the name of something in Azure."""
        return thing["type"] in ADOPTABLE and thing["name"] in self.adopt

    def keep(self, thing: Mapping[str, Any], reason: str) -> None:
        self.deleted = [one for one in self.deleted if one["id"] != thing["id"]]
        self.left.append({**thing, "reason": reason})

    def remove(self, thing: Mapping[str, Any], request: Callable[[], Any], patience: float = 0) -> bool:
        """Delete one thing, or note why not. `patience`: seconds to insist while AWS says that it is in use."""
        if self.is_adopted(thing):
            self.keep(thing, "it is named in adopt")
            return False
        if not self.check_mode:
            try:
                insist(request, patience)
            except aws.AwsError as error:
                if not error.not_found:
                    self.keep(thing, f"{error.code}: {error.answer}" if error.code else str(error))
                    return False
        self.deleted.append(dict(thing))
        return True

    def is_gone(self, identifier: str | None) -> bool:
        return any(one["id"] == identifier for one in self.deleted)


def insist(request: Callable[[], Any], patience: float) -> None:
    """Send the request again while AWS says that something passing stands in its way. Raises AWS's last refusal."""

    def attempt() -> aws.AwsError | None:
        try:
            request()
        except aws.AwsError as error:
            if error.code not in PASSING:
                raise
            return error
        return None

    refusal = aws.keep_looking(attempt, lambda error: error is None, patience)
    if refusal is not None:
        raise refusal


def named(kind: str, identifier: str, resource: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": kind, "id": identifier, "name": words.tag_dict(resource.get("Tags")).get("Name", "")}


# --- the steps, in their order ------------------------------------------------------------------


def remove_connections(work: Teardown, filters: list[dict[str, Any]]) -> None:
    """All deletes are started, then waited for together. Those that an earlier run has begun are joined."""
    going = []
    for connection in aws.describe_vpn_connections(work.ec2, filters=filters):
        identifier, state = connection["VpnConnectionId"], connection.get("State")
        thing = named("vpn_connection", identifier, connection)
        if state == "deleted":
            continue
        if state == "deleting":
            going.append(thing)
            continue
        patience = work.timeout if state in words.BUSY else 0
        if work.remove(thing, partial(delete, work, "vpn_connection", identifier), patience):
            going.append(thing)
    if going and not work.check_mode:
        try:
            aws.wait_for_vpn_connections_gone(work.ec2, [thing["id"] for thing in going], work.timeout)
        except aws.AwsError as error:
            states = {
                one["VpnConnectionId"]: one.get("State")
                for one in aws.describe_vpn_connections(work.ec2, filters=filters)
            }
            for thing in going:
                if states.get(thing["id"], "deleted") != "deleted":
                    work.keep(thing, str(error))


def remove_gateways(work: Teardown, filters: list[dict[str, Any]]) -> None:
    """Propagation off, detach, delete; not while somebody else's connection ends on the gateway."""
    for gateway in words.alive(aws.describe_vpn_gateways(work.ec2, filters=filters)):
        identifier = gateway["VpnGatewayId"]
        thing = named("vpn_gateway", identifier, gateway)
        on_it = [{"Name": "vpn-gateway-id", "Values": [identifier]}]
        users = [
            one["VpnConnectionId"]
            for one in words.alive(aws.describe_vpn_connections(work.ec2, filters=on_it))
            if not work.is_gone(one["VpnConnectionId"])
        ]
        if users and not work.is_adopted(thing):
            work.keep(thing, f"VPN connection {', '.join(sorted(users))} ends on it")
            continue
        work.remove(thing, partial(aws.delete_vpn_gateway, work.ec2, gateway, work.timeout))


def remove_customer_gateways(work: Teardown, filters: list[dict[str, Any]]) -> None:
    patience = PATIENCE_SECONDS if any(one["type"] == "vpn_connection" for one in work.deleted) else 0
    for gateway in words.alive(aws.describe_customer_gateways(work.ec2, filters=filters)):
        identifier = gateway["CustomerGatewayId"]
        thing = named("customer_gateway", identifier, gateway)
        on_it = [{"Name": "customer-gateway-id", "Values": [identifier]}]
        found = words.alive(aws.describe_vpn_connections(work.ec2, filters=on_it))
        # AWS has one customer gateway for an address and ASN: another link of the Azure gateway uses it too.
        users = [f"VPN connection {one['VpnConnectionId']}" for one in left_of(work, found, "VpnConnectionId")]
        if not in_use(work, thing, users):
            work.remove(thing, partial(delete, work, "customer_gateway", identifier), patience)


def remove_security_groups(work: Teardown, filters: list[dict[str, Any]]) -> None:
    for group in aws.describe_security_groups(work.ec2, filters=filters):
        identifier = group["GroupId"]
        thing = named("security_group", identifier, group)
        thing["name"] = thing["name"] or group.get("GroupName", "")
        if not in_use(work, thing, interfaces(work, "group-id", identifier) + naming(work, identifier)):
            request = {"GroupId": identifier}
            work.remove(thing, partial(aws.call, work.ec2, "delete_security_group", identifier, **request))


def remove_subnets(work: Teardown, filters: list[dict[str, Any]]) -> None:
    for subnet in aws.describe_subnets(work.ec2, filters=filters):
        thing = named("subnet", subnet["SubnetId"], subnet)
        if not in_use(work, thing, interfaces(work, "subnet-id", subnet["SubnetId"])):
            work.remove(thing, partial(delete, work, "subnet", subnet["SubnetId"]))


def in_use(work: Teardown, thing: Mapping[str, Any], users: list[str]) -> bool:
    """Keep what somebody else uses. AWS would refuse, and not say who it is."""
    if users and not work.is_adopted(thing):
        work.keep(thing, f"in use by {', '.join(users)}")
        return True
    return False


def interfaces(work: Teardown, filter_name: str, identifier: str) -> list[str]:
    found = aws.describe_network_interfaces(work.ec2, [{"Name": filter_name, "Values": [identifier]}])
    return sorted(
        f"network interface {one['NetworkInterfaceId']}" + (f" of {instance}" if instance else "")
        for one in found
        for instance in [(one.get("Attachment") or {}).get("InstanceId")]
    )


def naming(work: Teardown, group_id: str) -> list[str]:
    """Other security groups with a rule that names this one."""
    filters = [{"Name": "ip-permission.group-id", "Values": [group_id]}]
    found = {one["GroupId"] for one in aws.describe_security_groups(work.ec2, filters=filters)}
    return [f"security group {one}" for one in sorted(found - {group_id})]


def remove_route_tables(work: Teardown, filters: list[dict[str, Any]]) -> None:
    """A table with a route that somebody has put there by hand stays, with that route."""
    for table in aws.describe_route_tables(work.ec2, filters=filters):
        identifier = table["RouteTableId"]
        thing = named("route_table", identifier, table)
        by_hand = [
            route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock") or "a prefix list"
            for route in table.get("Routes") or ()
            if route.get("Origin") == "CreateRoute"
        ]
        if by_hand:
            work.keep(thing, f"a route was put there by hand: {', '.join(sorted(by_hand))}")
            continue
        having = [
            f"subnet {one['SubnetId']}"
            for one in table.get("Associations") or ()
            if one.get("SubnetId") and not work.is_gone(one["SubnetId"])
        ]
        if not in_use(work, thing, having):
            work.remove(thing, partial(delete_route_table, work, table))


def delete_route_table(work: Teardown, table: Mapping[str, Any]) -> None:
    """Free it from subnets that are deleted, in case that has not done so, and delete it."""
    for association in table.get("Associations") or ():
        if work.is_gone(association.get("SubnetId")):
            identifier = association["RouteTableAssociationId"]
            aws.unless_gone(aws.call, work.ec2, "disassociate_route_table", identifier, AssociationId=identifier)
    delete(work, "route_table", table["RouteTableId"])


def remove_vpcs(work: Teardown, filters: list[dict[str, Any]]) -> None:
    for vpc in aws.describe_vpcs(work.ec2, filters=filters):
        thing = named("vpc", vpc["VpcId"], vpc)
        if not in_use(work, thing, inside(work, vpc["VpcId"])):
            work.remove(thing, partial(delete_vpc, work, vpc["VpcId"]), PATIENCE_SECONDS)


def inside(work: Teardown, vpc_id: str) -> list[str]:
    """What keeps a VPC from being deleted. Its main route table and default security group go with it."""
    here = [{"Name": "vpc-id", "Values": [vpc_id]}]
    attached = [{"Name": "attachment.vpc-id", "Values": [vpc_id]}]
    target = f"attachment.vpc-id={vpc_id}"
    internet = aws.call(work.ec2, "describe_internet_gateways", target, Filters=attached)["InternetGateways"]
    found = [
        *(f"subnet {one['SubnetId']}" for one in left_of(work, aws.describe_subnets(work.ec2, here), "SubnetId")),
        *(
            f"route table {one['RouteTableId']}"
            for one in left_of(work, aws.describe_route_tables(work.ec2, filters=here), "RouteTableId")
            if not any(association.get("Main") for association in one.get("Associations") or ())
        ),
        *(
            f"security group {one['GroupId']}"
            for one in left_of(work, aws.describe_security_groups(work.ec2, here), "GroupId")
            if one.get("GroupName") != "default"
        ),
        *(f"internet gateway {one['InternetGatewayId']}" for one in internet),
        *(
            f"virtual private gateway {one['VpnGatewayId']}"
            for one in left_of(work, attached_to(work, vpc_id), "VpnGatewayId")
            if not can_detach(work, one)
        ),
    ]
    return sorted(found)


def left_of(work: Teardown, found: Iterable[Mapping[str, Any]], member: str) -> list[Mapping[str, Any]]:
    return [one for one in found if not work.is_gone(one[member])]


def attached_to(work: Teardown, vpc_id: str) -> list[Mapping[str, Any]]:
    found = words.alive(
        aws.describe_vpn_gateways(work.ec2, filters=[{"Name": "attachment.vpc-id", "Values": [vpc_id]}])
    )
    return [one for one in found if words.attachment(one)[0] == vpc_id]


def can_detach(work: Teardown, gateway: Mapping[str, Any]) -> bool:
    """An adopted gateway on the link's own VPC: the link has attached it. Not while a connection needs it there."""
    on_it = [{"Name": "vpn-gateway-id", "Values": [gateway["VpnGatewayId"]]}]
    connections = words.alive(aws.describe_vpn_connections(work.ec2, filters=on_it))
    adopted = words.tag_dict(gateway.get("Tags")).get("Name") in work.adopt
    return adopted and not left_of(work, connections, "VpnConnectionId")


def delete_vpc(work: Teardown, vpc_id: str) -> None:
    for gateway in attached_to(work, vpc_id):
        aws.detach_vpn_gateway(work.ec2, gateway, work.timeout)
    delete(work, "vpc", vpc_id)


def delete(work: Teardown, kind: str, identifier: str) -> None:
    """delete_<kind>(<Kind>Id=...) of EC2."""
    member = "".join(part.capitalize() for part in kind.split("_")) + "Id"
    aws.call(work.ec2, f"delete_{kind}", identifier, **{member: identifier})


def list_others(work: Teardown, owner_id: str) -> None:
    """What carries the owner's tag and is of no kind that this collection makes in EC2."""
    filters = [{"Name": "key", "Values": [words.OWNER_ID]}, {"Name": "value", "Values": [owner_id]}]
    for tag in aws.describe_tags(work.ec2, filters):
        if tag["ResourceType"] not in HANDLED | IMPLIED:
            kind = tag["ResourceType"].replace("-", "_")
            thing = {"type": kind, "id": tag["ResourceId"], "name": ""}
            work.keep(thing, "it carries the link's tag, and this module deletes nothing of its kind")


STEPS = (
    remove_connections,
    remove_gateways,
    remove_customer_gateways,
    remove_security_groups,
    remove_subnets,
    remove_route_tables,
    remove_vpcs,
)


def seen(work: Teardown, kind: str, prefix: str, look: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a look finds. Without the permission it is left, and the rest goes on."""
    try:
        return look()
    except aws.AwsError as error:
        if not error.denied:
            raise
        work.keep({"type": kind, "id": f"{prefix}*", "name": f"{prefix}*"}, str(error))
        return {}


def remove_alarms(work: Teardown, monitoring: Any, link: str, owner_id: str) -> None:
    """Before the tunnels, whose end would set them off."""
    start = f"{link}-"
    for name, alarm in seen(work, "alarm", start, lambda: cloudwatch.alarms(monitoring, start)).items():
        if alarm["tags"].get(words.OWNER_ID) == owner_id:
            thing = {"type": "alarm", "id": alarm["AlarmArn"], "name": name}
            work.remove(thing, partial(cloudwatch.delete_alarms, monitoring, [name]))


def remove_log_groups(work: Teardown, logs: Any, link: str, owner_id: str) -> None:
    start = f"{LOG_GROUPS}/{link}-{owner_id}"
    for name, group in seen(work, "log_group", start, lambda: cloudwatch.log_groups(logs, start)).items():
        if group["tags"].get(words.OWNER_ID) == owner_id:
            thing = {"type": "log_group", "id": name, "name": name}
            work.remove(thing, partial(cloudwatch.delete_log_group, logs, name))


def ensure(ec2: Any, monitoring: Any, logs: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    owner_id = params["owner_id"]
    if not owner_id or words.is_planned(owner_id):
        raise aws.AwsError(
            f"tearing down link {params['link']}", "", f"the owner's id is {owner_id or 'empty'}",
            "Take it from s2s_vpn_preflight.",
        )  # fmt: skip
    work = Teardown(ec2, check_mode, params["wait_timeout"], frozenset(params["adopt"]))
    filters = aws.tag_filters({words.OWNER_ID: owner_id})
    remove_alarms(work, monitoring, params["link"], owner_id)
    for step in STEPS:
        step(work, filters)
    remove_log_groups(work, logs, params["link"], owner_id)
    list_others(work, owner_id)
    return {
        "changed": bool(work.deleted),
        "deleted": work.deleted,
        "left": work.left,
        "diff": {"before": {"resources": [*work.deleted]}, "after": {"resources": []}},
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "link": {"type": "str", "required": True},
            "owner_id": {"type": "str", "required": True},
            "adopt": {"type": "list", "elements": "str", "default": []},
            "wait_timeout": {"type": "int", "default": 1800},
        },
        supports_check_mode=True,
    )
    if refused := options.refusal(options.aws_reading(module.params)):
        module.fail_json(**refused)
    aws.run(module, ensure, ["ec2", "cloudwatch", "logs"])


if __name__ == "__main__":
    main()
