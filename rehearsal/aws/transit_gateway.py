"""Route tables of a transit gateway, where moto's do not say what AWS's do: a new attachment is associated with the
default table and propagates into it (AWS, TransitGatewayRequestOptions), a description tells the association that
stands, and a search finds propagated routes and where each one leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.transit_gateway_attachments import TransitGatewayAttachment

from rehearsal.aws.call import Call
from rehearsal.aws.refusal import refuse

Json = dict[str, Any]

CREATE = ("create_transit_gateway_vpc_attachment", "create_transit_gateway_vpn_attachment")
FILTERS = {"type": "Type", "state": "State", "route-search.exact-match": "DestinationCidrBlock"}


def install() -> None:
    for name in CREATE:
        if not hasattr(EC2Backend, f"_moto_{name}"):
            setattr(EC2Backend, f"_moto_{name}", getattr(EC2Backend, name))
        setattr(EC2Backend, name, _joining(f"_moto_{name}"))
    TransitGatewayAttachment.association = property(_association)
    EC2Backend.search_transit_gateway_routes = _search


def check_association(call: Call) -> None:
    """An attachment is in one table at a time (AWS, AssociateTransitGatewayRouteTable)."""
    name = call.get("TransitGatewayAttachmentId")
    attachment = call.backend.transit_gateway_attachments.get(name)
    if attachment is None:
        raise refuse("no_transit_gateway_attachment", id=name)
    if attachment.association:
        raise refuse("already_associated", id=name)


def _joining(kept: str) -> Callable[..., Any]:
    def create(backend: Any, *arguments: Any, **named: Any) -> Any:
        attachment = getattr(backend, kept)(*arguments, **named)
        options = backend.transit_gateways[attachment.transit_gateway_id].options
        for table in backend.transit_gateways_route_tables.values():
            table.route_table_associations.pop(attachment.id, None)  # moto's own, which it cannot take back
        if options["DefaultRouteTableAssociation"] == "enable":
            table_id = options["AssociationDefaultRouteTableId"]
            backend.associate_transit_gateway_route_table(attachment.id, table_id)
        if options["DefaultRouteTablePropagation"] == "enable":
            table_id = options["PropagationDefaultRouteTableId"]
            backend.enable_transit_gateway_route_table_propagation(attachment.id, table_id)
        return attachment

    return create


def _association(attachment: Any) -> Json | None:
    if attachment.state != "available":
        return None
    tables = attachment.ec2_backend.transit_gateways_route_tables.values()
    found = next((t for t in tables if attachment.id in t.route_table_associations), None)
    return found and {"State": "associated", "TransitGatewayRouteTableId": found.id}


def _search(backend: Any, transit_gateway_route_table_id: str, filters: Any, max_results: Any = None) -> list[Json]:
    table = backend.transit_gateways_route_tables.get(transit_gateway_route_table_id)
    found = list(_routes(backend, table)) if table else []
    wanted = {FILTERS[name]: values for name, values in (filters or {}).items() if name in FILTERS}
    kept = [r for r in found if all(r[member] in values for member, values in wanted.items())]
    return kept[: int(max_results)] if max_results else kept


def _routes(backend: Any, table: Any) -> Iterator[Json]:
    """A static route takes the place of a propagated one (AWS, route evaluation order)."""
    for route in table.routes.values():
        target = route.get("transitGatewayAttachments")
        leads = [backend.transit_gateway_attachments[target["transitGatewayAttachmentId"]]] if target else []
        yield _route(route["destinationCidrBlock"], "static", route["state"], leads)
    learned: dict[str, list[Any]] = {}
    for propagation in table.route_table_propagation:
        attachment = backend.transit_gateway_attachments.get(propagation.transitGatewayAttachmentId)
        for prefix in _prefixes(backend, attachment) if attachment and attachment.state == "available" else ():
            learned.setdefault(prefix, []).append(attachment)
    for prefix, attachments in learned.items():
        if prefix not in table.routes:
            yield _route(prefix, "propagated", "active", attachments)


def _route(prefix: str, kind: str, state: str, leads: list[Any]) -> Json:
    return {
        "DestinationCidrBlock": prefix,
        "TransitGatewayAttachments": [
            {"ResourceId": a.resource_id, "TransitGatewayAttachmentId": a.id, "ResourceType": a.resource_type}
            for a in leads
        ],
        "Type": kind,
        "State": state,
    }


def _prefixes(backend: Any, attachment: Any) -> list[str]:
    """A VPC's ranges; of a VPN connection what it leads to now."""
    if attachment.resource_type == "vpc":
        vpc = backend.vpcs.get(attachment.resource_id)
        return [a["cidr_block"] for a in vpc.get_cidr_block_association_set()] if vpc else []
    connection = backend.vpn_connections.get(attachment.resource_id)
    return list(dict.fromkeys(connection.prefixes())) if connection else []
