"""What AWS's console calls Download configuration: a few device types, and the sample for one of them."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from rehearsal.aws.call import Answer, Call
from rehearsal.aws.connection import shown
from rehearsal.aws.connections import find
from rehearsal.aws.refusal import bad_value

_NAMES = ("VpnConnectionDeviceTypeId", "Vendor", "Platform", "Software")
_TYPES = (
    ("7b754310", "Generic", "Generic", "Vendor Agnostic"),
    ("b0adb196", "Strongswan", "Ubuntu 16.04", "Strongswan 5.5.1+"),
)
_IKE_VERSIONS = ("ikev1", "ikev2")


def list_types(_call: Call) -> Answer:
    return {"VpnConnectionDeviceTypes": [dict(zip(_NAMES, values, strict=True)) for values in _TYPES]}


def sample(call: Call) -> Answer:
    """One text for every device, see `invented`; the XML's facts, keys included, as AWS gives them away here too."""
    document = shown(call, find(call, call.get("VpnConnectionId"))).get("CustomerGatewayConfiguration")
    wanted, version = call.get("VpnConnectionDeviceTypeId"), call.get("InternetKeyExchangeVersion", "ikev1")
    device = next((one for one in _TYPES if one[0] == wanted), None)
    if device is None:
        known = ", ".join(one[0] for one in _TYPES)
        raise bad_value("VpnConnectionDeviceTypeId", wanted, f"It must be one of {known}.")
    if version not in _IKE_VERSIONS:
        raise bad_value("InternetKeyExchangeVersion", version, f"It must be one of {', '.join(_IKE_VERSIONS)}.")
    if document is None:
        raise bad_value("VpnConnectionId", call.get("VpnConnectionId"), "The VPN connection has no configuration.")
    root = ElementTree.fromstring(document.encode())
    lines = [
        f"VPN connection {root.get('id')}: {', '.join(device[1:])}, {version}",
        *(line for number, tunnel in enumerate(root.iter("ipsec_tunnel"), 1) for line in _tunnel(number, tunnel)),
    ]
    return {"VpnConnectionDeviceSampleConfiguration": "\n".join(lines) + "\n"}


def _tunnel(number: int, tunnel: ElementTree.Element) -> Iterator[str]:
    yield f"\nIPsec tunnel {number}"
    yield f"  pre-shared key: {tunnel.findtext('ike/pre_shared_key')}"
    for side in ("customer_gateway", "vpn_gateway"):
        outside = tunnel.findtext(f"{side}/tunnel_outside_address/ip_address")
        inside = tunnel.findtext(f"{side}/tunnel_inside_address/ip_address")
        size = tunnel.findtext(f"{side}/tunnel_inside_address/network_cidr")
        asn = tunnel.findtext(f"{side}/bgp/asn")
        bgp = f", AS {asn}" if asn else ""
        yield f"  {side.replace('_', ' ')}: outside {outside}, inside {inside}/{size}{bgp}"
