"""Customer gateways."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from moto.ec2.utils import random_customer_gateway_id

from rehearsal.aws import filters, tag
from rehearsal.aws.call import Answer, Call
from rehearsal.aws.life import Life
from rehearsal.aws.quota import CUSTOMER_GATEWAYS
from rehearsal.aws.refusal import bad_value, refuse

TWO_BYTES_SIGNED = 2**31 - 1
"""The largest ASN of BgpAsn; larger ones need BgpAsnExtended (AWS, CreateCustomerGateway)."""
DEFAULT_ASN = 65000
RESERVED_ASNS = {7224: "us-east-1", 9059: "eu-west-1", 10124: "ap-northeast-1", 17943: "ap-southeast-1"}
"""Reserved in one region each (AWS, CreateCustomerGateway, older reference)."""


@dataclass
class CustomerGateway:
    """The other cloud's end: an address and an ASN."""

    id: str
    ip_address: str
    asn: int
    device_name: str | None
    life: Life

    @property
    def identity(self) -> tuple[str, int, str | None]:
        return self.ip_address, self.asn, self.device_name

    @property
    def state(self) -> str:
        return self.life.state

    @property
    def gone(self) -> bool:
        return self.state == "deleted"


_FILTERS: dict[str, filters.Values] = {
    "bgp-asn": lambda one: [str(one.asn)],
    "customer-gateway-id": lambda one: [one.id],
    "ip-address": lambda one: [one.ip_address],
    "device-name": lambda one: [one.device_name] if one.device_name else [],
    "state": lambda one: [one.state],
    "type": lambda _one: ["ipsec.1"],
}


def create(call: Call) -> Answer:
    """An identical request gives the existing one (AWS, CreateCustomerGateway)."""
    if call.get("Type") != "ipsec.1":
        raise bad_value("Type", call.get("Type"), "Valid values: ipsec.1.")
    if call.get("CertificateArn"):
        raise refuse("certificates")
    tags = call.tags_for("customer-gateway")
    wanted = CustomerGateway(
        id=random_customer_gateway_id(),
        ip_address=_address(call),
        asn=_asn(call),
        device_name=_device_name(call),
        life=Life(call.world.clock, "available"),
    )
    living = [one for one in call.backend.customer_gateways.values() if not one.gone]
    for one in living:
        if one.identity == wanted.identity:
            return {"CustomerGateway": _shown(call, one)}
    if len(living) >= CUSTOMER_GATEWAYS:
        raise refuse("customer_gateways")
    call.backend.customer_gateways[wanted.id] = wanted
    tag.put(call.backend, wanted.id, tags)
    return {"CustomerGateway": _shown(call, wanted)}


def describe(call: Call) -> Answer:
    asked = call.get("CustomerGatewayIds") or [
        one.id for one in call.backend.customer_gateways.values() if not one.life.forgotten
    ]
    found = filters.keep([find(call, one) for one in asked], call.get("Filters") or [], _FILTERS, call.backend)
    return {"CustomerGateways": [_shown(call, one) for one in found]}


def delete(call: Call) -> Answer:
    gateway = find(call, call.get("CustomerGatewayId"))
    if any(one.customer_gateway_id == gateway.id and not one.gone for one in call.backend.vpn_connections.values()):
        raise refuse("customer_gateway_in_use")
    gateway.life = Life(call.world.clock, "deleted")
    return None


def find(call: Call, gateway_id: str) -> CustomerGateway:
    gateway: CustomerGateway | None = call.backend.customer_gateways.get(gateway_id)
    if gateway is None or gateway.life.forgotten:
        raise refuse("no_customer_gateway", id=gateway_id)
    return gateway


def usable(call: Call, gateway_id: str) -> CustomerGateway:
    """One that a VPN connection may have."""
    gateway = find(call, gateway_id)
    if gateway.state != "available":
        raise refuse("customer_gateway_state", id=gateway.id, state=gateway.state)
    return gateway


def _address(call: Call) -> str:
    value = call.get("IpAddress") or call.get("PublicIp")
    if not value:
        raise refuse("missing", parameter="ipAddress")
    try:
        return str(ip_address(value))
    except ValueError:
        raise bad_value("IpAddress", value, "It must be an IP address.") from None


def _asn(call: Call) -> int:
    short, extended = call.get("BgpAsn"), call.get("BgpAsnExtended")
    if short is not None and extended is not None:
        raise refuse("both_asns")
    if extended is not None:
        if not TWO_BYTES_SIGNED < extended < 2**32:
            raise bad_value("BgpAsnExtended", extended, f"It must be between {TWO_BYTES_SIGNED + 1} and {2**32 - 1}.")
        return int(extended)
    asn = DEFAULT_ASN if short is None else int(short)
    if not 1 <= asn <= TWO_BYTES_SIGNED:
        raise bad_value("BgpAsn", asn, f"It must be between 1 and {TWO_BYTES_SIGNED}.")
    if RESERVED_ASNS.get(asn) == call.backend.region_name:
        raise bad_value("BgpAsn", asn, f"It is reserved in {call.backend.region_name}.")
    return asn


def _device_name(call: Call) -> str | None:
    name: str | None = call.get("DeviceName")
    if name is not None and len(name) > 255:
        raise bad_value("DeviceName", name, "It must have at most 255 characters.")
    return name


def _shown(call: Call, gateway: CustomerGateway) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "CustomerGatewayId": gateway.id,
        "State": gateway.state,
        "Type": "ipsec.1",
        "IpAddress": gateway.ip_address,
        "Tags": tag.shown(call.backend, gateway.id),
        "BgpAsn" if gateway.asn <= TWO_BYTES_SIGNED else "BgpAsnExtended": str(gateway.asn),
    }
    if gateway.device_name is not None:
        answer["DeviceName"] = gateway.device_name
    return answer
