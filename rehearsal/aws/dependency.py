"""Deletes that AWS refuses while something depends on the thing, where moto lets them pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.aws.call import Call
from rehearsal.aws.refusal import refuse

_GONE_ATTACHMENT = ("deleted", "failed", "rejected")
_GONE_PEERING = ("deleted", "rejected", "failed", "expired")


def of_vpc(call: Call) -> None:
    vpc_id, backend = call.get("VpcId"), call.backend
    backend.get_vpc(vpc_id)
    groups = [one for one in backend.groups.get(vpc_id, {}).values() if one.name != "default"]
    in_vpc = (
        any(one.holds == vpc_id for one in backend.vpn_gateways.values()),
        any(one.vpc and one.vpc.id == vpc_id for one in backend.internet_gateways.values()),
        any(vpc_id in (one.vpc.id, one.peer_vpc.id) for one in _peerings(backend)),
        any(one.resource_id == vpc_id for one in _attachments(backend)),
        bool(groups),
    )
    if any(in_vpc):
        raise refuse("depends", kind="vpc", id=vpc_id)


def of_subnet(call: Call) -> None:
    subnet_id, backend = call.get("SubnetId"), call.backend
    backend.get_subnet(subnet_id)
    if any(one.subnet.id == subnet_id for one in backend.enis.values()) or any(
        one.subnet_id == subnet_id and one.state != "deleted" for one in backend.nat_gateways.values()
    ):
        raise refuse("depends", kind="subnet", id=subnet_id)
    for table in backend.route_tables.values():
        # AWS ends the association with the subnet; moto would keep it and then never delete the table
        for association, target in list(table._associations.items()):
            if target == subnet_id:
                del table._associations[association]


def of_route_table(call: Call) -> None:
    table = call.backend.get_route_table(call.get("RouteTableId"))
    if table.main_association_id:
        raise refuse("depends", kind="routeTable", id=table.id)


def of_security_group(call: Call) -> None:
    group_id, backend = call.get("GroupId"), call.backend
    if not group_id:
        return
    used = any(group_id in [one.id for one in eni.group_set] for eni in backend.enis.values())
    named = any(group_id in _named(other) for groups in backend.groups.values() for other in groups.values())
    if used or named:
        raise refuse("group_depends", id=group_id)


def of_transit_gateway(call: Call) -> None:
    gateway_id, backend = call.get("TransitGatewayId"), call.backend
    if gateway_id not in backend.transit_gateways:
        raise refuse("no_transit_gateway", id=gateway_id)
    left = [one.id for one in _attachments(backend) if one.transit_gateway_id == gateway_id]
    if left:
        raise refuse("transit_gateway_in_use", id=gateway_id, attachments=", ".join(left))


def _attachments(backend: Any) -> list[Any]:
    return [one for one in backend.transit_gateway_attachments.values() if one.state not in _GONE_ATTACHMENT]


def _peerings(backend: Any) -> list[Any]:
    return [one for one in backend.vpc_pcxs.values() if one._status.code not in _GONE_PEERING]


def _named(group: Any) -> Iterator[str]:
    """Groups that another group's rules name."""
    for rule in (*group.ingress_rules, *group.egress_rules):
        source = rule.source_group.get("GroupId")
        if source and source != group.id:
            yield source
