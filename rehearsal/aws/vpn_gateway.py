"""Virtual private gateways and their attachment to a VPC."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from moto.ec2.utils import random_vpn_gateway_id

from rehearsal.aws import filters, invented, propagation, tag
from rehearsal.aws.call import Answer, Call
from rehearsal.aws.life import Life
from rehearsal.aws.quota import VPN_GATEWAYS
from rehearsal.aws.refusal import bad_value, refuse

DEFAULT_ASN = 64512
ASN_RANGES = ((64512, 65534), (4200000000, 4294967294))
"""(AWS, CreateVpnGateway)"""


@dataclass
class Attachment:
    vpc_id: str
    life: Life

    @property
    def state(self) -> str:
        return self.life.state


@dataclass
class VpnGateway:
    """AWS's end on a VPC. It has one attachment at most, which stays to be seen when it is detached."""

    id: str
    asn: int
    life: Life
    attachment: Attachment | None = None

    @property
    def state(self) -> str:
        return self.life.state

    @property
    def gone(self) -> bool:
        return self.state == "deleted"

    @property
    def holds(self) -> str | None:
        """The VPC that it is bound to, be it still attaching or detaching."""
        return self.attachment.vpc_id if self.attachment and self.attachment.state != "detached" else None

    @property
    def attached_to(self) -> str | None:
        return self.attachment.vpc_id if self.attachment and self.attachment.state == "attached" else None

    @property
    def attachments(self) -> dict[str, Attachment]:
        """What moto's DeleteVpc looks at."""
        return {self.attachment.vpc_id: self.attachment} if self.attachment else {}

    def get_filter_value(self, name: str, _method: str | None = None) -> Any:
        """moto's own look-ups (DeleteVpc)."""
        return list(_FILTERS[name](self))


def _of_attachment(read: str) -> filters.Values:
    return lambda one: [getattr(one.attachment, read)] if one.attachment else []


_FILTERS: dict[str, filters.Values] = {
    "amazon-side-asn": lambda one: [str(one.asn)],
    "attachment.state": _of_attachment("state"),
    "attachment.vpc-id": _of_attachment("vpc_id"),
    "availability-zone": lambda _one: [],
    "state": lambda one: [one.state],
    "type": lambda _one: ["ipsec.1"],
    "vpn-gateway-id": lambda one: [one.id],
}


def create(call: Call) -> Answer:
    if call.get("Type") != "ipsec.1":
        raise bad_value("Type", call.get("Type"), "Valid values: ipsec.1.")
    asn = call.get("AmazonSideAsn", DEFAULT_ASN)
    if not any(low <= asn <= high for low, high in ASN_RANGES):
        raise bad_value("AmazonSideAsn", asn, "It must be in 64512 to 65534 or 4200000000 to 4294967294.")
    tags = call.tags_for("vpn-gateway")
    if len(list(living(call))) >= VPN_GATEWAYS:
        raise refuse("gateways")
    life = Life(call.world.clock, "pending").passing("pending", invented.seconds("gateway_pending"), "available")
    gateway = VpnGateway(random_vpn_gateway_id(), asn, life)
    call.backend.vpn_gateways[gateway.id] = gateway
    tag.put(call.backend, gateway.id, tags)
    return {"VpnGateway": _shown(call, gateway)}


def describe(call: Call) -> Answer:
    asked = call.get("VpnGatewayIds") or [
        one.id for one in call.backend.vpn_gateways.values() if not one.life.forgotten
    ]
    found = filters.keep([find(call, one) for one in asked], call.get("Filters") or [], _FILTERS, call.backend)
    return {"VpnGateways": [_shown(call, one) for one in found]}


def delete(call: Call) -> Answer:
    gateway = find(call, call.get("VpnGatewayId"))
    if gateway.holds or connections(call, gateway.id):
        raise refuse("gateway_in_use")
    gateway.life = Life(call.world.clock, "deleted")
    return None


def attach(call: Call) -> Answer:
    gateway, vpc_id = find(call, call.get("VpnGatewayId")), call.get("VpcId")
    call.backend.get_vpc(vpc_id)
    if gateway.gone:
        raise refuse("gateway_state", id=gateway.id, state=gateway.state)
    if gateway.attachment and gateway.attachment.state == "detaching":
        raise refuse("pending_workflow", id=gateway.id)
    if gateway.holds and gateway.holds != vpc_id:
        raise refuse("attachments", id=gateway.id, vpc=gateway.holds)
    if any(other.holds == vpc_id and other is not gateway for other in living(call)):
        raise refuse("vpc_has_gateway", vpc=vpc_id)
    if not gateway.holds:
        life = Life(call.world.clock, "attaching")
        gateway.attachment = Attachment(
            vpc_id, life.passing("attaching", invented.seconds("gateway_attaching"), "attached")
        )
    return {"VpcAttachment": _attachment_shown(gateway.attachments[vpc_id])}


def detach(call: Call) -> Answer:
    gateway, vpc_id = find(call, call.get("VpnGatewayId")), call.get("VpcId")
    attachment = gateway.attachment
    if attachment is None or attachment.vpc_id != vpc_id or attachment.state == "detached":
        raise refuse("no_attachment", id=gateway.id, vpc=vpc_id)
    if attachment.state == "attaching":
        raise refuse("pending_workflow", id=gateway.id)
    if any(one.state != "available" for one in connections(call, gateway.id)):
        raise refuse("pending_vpns")
    attachment.life.passing("detaching", invented.seconds("gateway_detaching"), "detached")
    propagation.forget(call.backend, gateway.id)
    return None


def find(call: Call, gateway_id: str) -> VpnGateway:
    gateway: VpnGateway | None = call.backend.vpn_gateways.get(gateway_id)
    if gateway is None or gateway.life.forgotten:
        raise refuse("no_gateway", id=gateway_id)
    return gateway


def living(call: Call) -> Iterable[VpnGateway]:
    return (one for one in call.backend.vpn_gateways.values() if not one.gone)


def connections(call: Call, gateway_id: str) -> list[Any]:
    """The VPN connections that end on a gateway, deleted ones left out."""
    return [one for one in call.backend.vpn_connections.values() if one.vpn_gateway_id == gateway_id and not one.gone]


def _attachment_shown(attachment: Attachment) -> dict[str, str]:
    return {"VpcId": attachment.vpc_id, "State": attachment.state}


def _shown(call: Call, gateway: VpnGateway) -> dict[str, Any]:
    return {
        "VpnGatewayId": gateway.id,
        "State": gateway.state,
        "Type": "ipsec.1",
        "AmazonSideAsn": gateway.asn,
        "VpcAttachments": [_attachment_shown(one) for one in gateway.attachments.values()],
        "Tags": tag.shown(call.backend, gateway.id),
    }
