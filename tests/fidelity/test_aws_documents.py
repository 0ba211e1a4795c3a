"""CustomerGatewayConfiguration: the element trees of AWS's documents, in their order.

The paths below were written down from documents that came out of AWS between 2017 and 2023: a virtual private gateway
with BGP, one with static routes, and the beginning of one on a transit gateway with IPv6 inside. The order is compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address
from xml.etree import ElementTree

import pytest

from tests.rehearsal.aws.cloud import Aws, empty_aws

HEAD = ("customer_gateway_id", "vpn_gateway_id", "vpn_connection_type")
STATIC_HEAD = (*HEAD, "vpn_connection_attributes")

OUTSIDE = ("tunnel_outside_address", "tunnel_outside_address/ip_address")
INSIDE = (
    "tunnel_inside_address",
    "tunnel_inside_address/ip_address",
    "tunnel_inside_address/network_mask",
    "tunnel_inside_address/network_cidr",
)
INSIDE_IPV6 = (
    "tunnel_inside_ipv6_address",
    "tunnel_inside_ipv6_address/ip_address",
    "tunnel_inside_ipv6_address/prefix_length",
)
BGP = ("bgp", "bgp/asn", "bgp/hold_time")

IKE = {
    "authentication_protocol": "sha1",
    "encryption_protocol": "aes-128-cbc",
    "lifetime": "28800",
    "perfect_forward_secrecy": "group2",
    "mode": "main",
    "pre_shared_key": None,
}
IPSEC = {
    "protocol": "esp",
    "authentication_protocol": "hmac-sha1-96",
    "encryption_protocol": "aes-128-cbc",
    "lifetime": "3600",
    "perfect_forward_secrecy": "group2",
    "mode": "tunnel",
    "clear_df_bit": "true",
    "fragmentation_before_encryption": "true",
    "tcp_mss_adjustment": "1379",
    "dead_peer_detection": None,
    "dead_peer_detection/interval": "10",
    "dead_peer_detection/retries": "3",
}
"""Paths and texts; None: a text of its own, or none."""

IPV6 = {"TunnelInsideIpVersion": "ipv6"}
STATIC = {"StaticRoutesOnly": True}
KINDS = {
    "virtual private gateway, BGP": (False, {}, HEAD, (*OUTSIDE, *INSIDE, *BGP)),
    "virtual private gateway, static": (False, STATIC, STATIC_HEAD, (*OUTSIDE, *INSIDE)),
    "transit gateway, BGP": (True, {}, HEAD, (*OUTSIDE, *INSIDE, *BGP)),
    "transit gateway, static": (True, STATIC, STATIC_HEAD, (*OUTSIDE, *INSIDE)),
    "transit gateway, IPv6 inside": (True, IPV6, HEAD, (*OUTSIDE, *INSIDE, *INSIDE_IPV6, *BGP)),
}
"""On a transit gateway, options, the document's head, one gateway's part of a tunnel."""

MODERN = {
    "Phase1EncryptionAlgorithms": [{"Value": "AES256"}],
    "Phase1IntegrityAlgorithms": [{"Value": "SHA2-256"}],
    "Phase1DHGroupNumbers": [{"Value": 14}],
    "Phase1LifetimeSeconds": 14400,
    "Phase2EncryptionAlgorithms": [{"Value": "AES256-GCM-16"}],
    "Phase2IntegrityAlgorithms": [{"Value": "SHA2-256"}],
    "Phase2DHGroupNumbers": [{"Value": 14}],
    "Phase2LifetimeSeconds": 1800,
    "DPDTimeoutSeconds": 45,
    "IKEVersions": [{"Value": "ikev2"}],
}


@pytest.fixture
def aws() -> Iterator[Aws]:
    cloud = empty_aws()
    yield cloud
    cloud.assert_sound()


def paths(element: ElementTree.Element, above: str = "") -> Iterator[str]:
    for child in element:
        yield above + child.tag
        yield from paths(child, f"{above}{child.tag}/")


def under(name: str, inner: tuple[str, ...] | dict[str, str | None]) -> list[str]:
    return [name, *(f"{name}/{path}" for path in inner)]


def parse(text: str) -> ElementTree.Element:
    """As bytes: ElementTree refuses a declaration of the encoding in a str."""
    return ElementTree.fromstring(text.encode())


def made(aws: Aws, kind: str) -> dict[str, object]:
    on_transit_gateway, options, _head, _gateway = KINDS[kind]
    target = {}
    if on_transit_gateway:
        target["TransitGatewayId"] = aws.client().create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    return aws.connect(MODERN, MODERN, Options=options, **target)


@pytest.mark.parametrize("kind", KINDS)
def test_the_tree_is_aws_s(aws: Aws, kind: str) -> None:
    _transit, _options, head, gateway = KINDS[kind]
    root = parse(str(made(aws, kind)["CustomerGatewayConfiguration"]))
    sides = [*under("customer_gateway", gateway), *under("vpn_gateway", gateway)]
    tunnel = under("ipsec_tunnel", (*sides, *under("ike", IKE), *under("ipsec", IPSEC)))
    assert (root.tag, list(root.attrib)) == ("vpn_connection", ["id"])
    assert list(paths(root)) == [*head, *tunnel, *tunnel]


@pytest.mark.parametrize("kind", KINDS)
def test_the_crypto_ignores_the_options(aws: Aws, kind: str) -> None:
    root = parse(str(made(aws, kind)["CustomerGatewayConfiguration"]))
    for section, texts in (("ike", IKE), ("ipsec", IPSEC)):
        for element in root.iterfind(f"ipsec_tunnel/{section}"):
            assert {path: element.findtext(path) for path, text in texts.items() if text} == {
                path: text for path, text in texts.items() if text
            }


@pytest.mark.parametrize("kind", KINDS)
def test_the_head_names_the_ends(aws: Aws, kind: str) -> None:
    connection = made(aws, kind)
    text = str(connection["CustomerGatewayConfiguration"])
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<vpn_connection id="vpn-')
    root = parse(text)
    on_transit_gateway, options, _head, _gateway = KINDS[kind]
    assert root.get("id") == connection["VpnConnectionId"]
    assert root.findtext("customer_gateway_id") == connection["CustomerGatewayId"]
    assert root.findtext("vpn_gateway_id") == ("" if on_transit_gateway else connection["VpnGatewayId"])
    assert root.findtext("vpn_connection_type") == "ipsec.1"
    assert root.findtext("vpn_connection_attributes") == ("NoBGPVPNConnection" if options == STATIC else None)


def test_tunnels_go_by_outside_address_whatever_was_asked_first(aws: Aws) -> None:
    gateway, as_asked = aws.vgw(), []
    for number in range(1, 7):
        one = aws.connect(CustomerGatewayId=aws.cgw(f"192.0.2.{number}"), VpnGatewayId=gateway)
        path = "ipsec_tunnel/vpn_gateway/tunnel_outside_address/ip_address"
        there = [IPv4Address(each.text) for each in parse(one["CustomerGatewayConfiguration"]).iterfind(path)]
        assert there == sorted(there)
        asked = [IPv4Address(each["OutsideIpAddress"]) for each in one["Options"]["TunnelOptions"]]
        assert sorted(asked) == there
        as_asked.append(asked == there)
    assert set(as_asked) == {True, False}


def test_inside_addresses_and_asns_of_both_ends(aws: Aws) -> None:
    cgw = aws.client().create_customer_gateway(Type="ipsec.1", IpAddress="192.0.2.4", BgpAsnExtended=4200000001)
    connection = aws.connect(
        {"TunnelInsideCidr": "169.254.21.0/30"},
        {"TunnelInsideCidr": "169.254.22.4/30"},
        CustomerGatewayId=cgw["CustomerGateway"]["CustomerGatewayId"],
        VpnGatewayId=aws.vgw(AmazonSideAsn=4200000000),
    )
    root = parse(connection["CustomerGatewayConfiguration"])

    def said(side: str, path: str) -> set[str | None]:
        return {one.text for one in root.iterfind(f"ipsec_tunnel/{side}/{path}")}

    assert said("vpn_gateway", "tunnel_inside_address/ip_address") == {"169.254.21.1", "169.254.22.5"}
    assert said("customer_gateway", "tunnel_inside_address/ip_address") == {"169.254.21.2", "169.254.22.6"}
    assert said("customer_gateway", "tunnel_outside_address/ip_address") == {"192.0.2.4"}
    assert said("vpn_gateway", "tunnel_inside_address/network_mask") == {"255.255.255.252"}
    assert said("vpn_gateway", "tunnel_inside_address/network_cidr") == {"30"}
    assert (said("customer_gateway", "bgp/asn"), said("vpn_gateway", "bgp/asn")) == ({"4200000001"}, {"4200000000"})
    assert said("vpn_gateway", "bgp/hold_time") == {"30"}
