"""CustomerGatewayConfiguration: the XML that AWS writes for a customer gateway device.

Element by element as in documents that came out of AWS. Its crypto is always the old default, whatever the options
say, and its tunnels go by outside address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any
from xml.etree import ElementTree

from rehearsal.aws import inside_cidr
from rehearsal.aws.tunnel import Tunnel

_HOLD_TIME = 30
REDACTED = "REDACTED"
"""In the place of a key that Secrets Manager has (terraform-provider-aws#42819)."""
_IKE = {
    "authentication_protocol": "sha1",
    "encryption_protocol": "aes-128-cbc",
    "lifetime": 28800,
    "perfect_forward_secrecy": "group2",
    "mode": "main",
}
_IPSEC = {
    "protocol": "esp",
    "authentication_protocol": "hmac-sha1-96",
    "encryption_protocol": "aes-128-cbc",
    "lifetime": 3600,
    "perfect_forward_secrecy": "group2",
    "mode": "tunnel",
    "clear_df_bit": "true",
    "fragmentation_before_encryption": "true",
    "tcp_mss_adjustment": 1379,
    "dead_peer_detection": {"interval": 10, "retries": 3},
}


@dataclass(frozen=True)
class Ends:
    """What the document says of the two gateways. ASNs are None with static routing."""

    connection_id: str
    customer_gateway_id: str
    vpn_gateway_id: str
    customer_address: str
    customer_asn: int | None
    aws_asn: int | None
    shows_keys: bool = True


def write(ends: Ends, tunnels: Sequence[Tunnel]) -> str:
    """The document. On a transit gateway ``vpn_gateway_id`` is empty."""
    root = ElementTree.Element("vpn_connection", id=ends.connection_id)
    head: dict[str, Any] = {
        "customer_gateway_id": ends.customer_gateway_id,
        "vpn_gateway_id": ends.vpn_gateway_id or None,
        "vpn_connection_type": "ipsec.1",
    }
    if ends.aws_asn is None:
        head["vpn_connection_attributes"] = "NoBGPVPNConnection"
    _fill(root, head)
    for tunnel in sorted(tunnels, key=lambda one: one.order):
        _fill(ElementTree.SubElement(root, "ipsec_tunnel"), _tunnel(ends, tunnel))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _tunnel(ends: Ends, tunnel: Tunnel) -> dict[str, Any]:
    def end(outside: str, inside: str, inside_ipv6: str | None, asn: int | None) -> dict[str, Any]:
        block = ip_network(tunnel.inside_cidr)
        tree: dict[str, Any] = {
            "tunnel_outside_address": {"ip_address": outside},
            "tunnel_inside_address": {
                "ip_address": inside,
                "network_mask": block.netmask,
                "network_cidr": block.prefixlen,
            },
        }
        if inside_ipv6:
            tree["tunnel_inside_ipv6_address"] = {"ip_address": inside_ipv6, "prefix_length": 128}
        if asn is not None:
            tree["bgp"] = {"asn": asn, "hold_time": _HOLD_TIME}
        return tree

    block, block_ipv6 = tunnel.inside_cidr, tunnel.inside_ipv6_cidr
    return {
        "customer_gateway": end(
            ends.customer_address,
            inside_cidr.customer_end(block),
            inside_cidr.customer_end(block_ipv6) if block_ipv6 else None,
            ends.customer_asn,
        ),
        "vpn_gateway": end(
            tunnel.outside_address,
            inside_cidr.aws_end(block),
            inside_cidr.aws_end(block_ipv6) if block_ipv6 else None,
            ends.aws_asn,
        ),
        "ike": {**_IKE, "pre_shared_key": tunnel.pre_shared_key if ends.shows_keys else REDACTED},
        "ipsec": _IPSEC,
    }


def _fill(parent: ElementTree.Element, tree: Mapping[str, Any]) -> None:
    for name, value in tree.items():
        child = ElementTree.SubElement(parent, name)
        if isinstance(value, Mapping):
            _fill(child, value)
        elif value is not None:
            child.text = str(value)
