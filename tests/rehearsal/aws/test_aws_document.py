"""The element tree of CustomerGatewayConfiguration, in its four kinds."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

ADDRESS = {"ip_address": "", "network_mask": "", "network_cidr": ""}
IPV6 = {"ip_address": "", "prefix_length": ""}
IKE = dict.fromkeys(
    [
        "authentication_protocol",
        "encryption_protocol",
        "lifetime",
        "perfect_forward_secrecy",
        "mode",
        "pre_shared_key",
    ],
    "",
)
IPSEC = {
    **dict.fromkeys(["protocol", "authentication_protocol", "encryption_protocol", "lifetime"], ""),
    **dict.fromkeys(["perfect_forward_secrecy", "mode", "clear_df_bit", "fragmentation_before_encryption"], ""),
    "tcp_mss_adjustment": "",
    "dead_peer_detection": {"interval": "", "retries": ""},
}


def end(*, bgp, ipv6):
    return {
        "tunnel_outside_address": {"ip_address": ""},
        "tunnel_inside_address": ADDRESS,
        **({"tunnel_inside_ipv6_address": IPV6} if ipv6 else {}),
        **({"bgp": {"asn": "", "hold_time": ""}} if bgp else {}),
    }


def tree(element):
    """Names only, in order."""
    return {child.tag: tree(child) for child in element} if len(element) else ""


@pytest.fixture
def transit(aws):
    options = {"AmazonSideAsn": 64600}
    return aws.client().create_transit_gateway(Options=options)["TransitGateway"]["TransitGatewayId"]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("vgw", {}),
        ("vgw", {"StaticRoutesOnly": True}),
        ("tgw", {}),
        ("tgw", {"TunnelInsideIpVersion": "ipv6"}),
    ],
)
def test_tree(aws, transit, kind, options):
    target = {"TransitGatewayId": transit} if kind == "tgw" else {}
    made = aws.connect(Options=options, **target)
    text = made["CustomerGatewayConfiguration"]
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<vpn_connection id="vpn-')
    root = ElementTree.fromstring(text.encode())
    static, ipv6 = options.get("StaticRoutesOnly", False), "TunnelInsideIpVersion" in options
    head = ["customer_gateway_id", "vpn_gateway_id", "vpn_connection_type"]
    head += ["vpn_connection_attributes"] if static else []
    assert [child.tag for child in root] == [*head, "ipsec_tunnel", "ipsec_tunnel"]
    assert root.findtext("vpn_gateway_id") == made.get("VpnGatewayId", "")
    assert root.findtext("vpn_connection_attributes") == ("NoBGPVPNConnection" if static else None)
    gateway = end(bgp=not static, ipv6=ipv6)
    for tunnel in root.findall("ipsec_tunnel"):
        assert tree(tunnel) == {"customer_gateway": gateway, "vpn_gateway": gateway, "ike": IKE, "ipsec": IPSEC}
        assert list(tree(tunnel)) == ["customer_gateway", "vpn_gateway", "ike", "ipsec"]
    if not static:
        asns = {one.text for one in root.iterfind(".//vpn_gateway/bgp/asn")}
        assert asns == {"64600" if kind == "tgw" else "64512"}


def test_crypto_never_follows_the_options(aws):
    modern = {
        "Phase1EncryptionAlgorithms": [{"Value": "AES256"}],
        "Phase1IntegrityAlgorithms": [{"Value": "SHA2-256"}],
        "Phase1DHGroupNumbers": [{"Value": 14}],
        "Phase1LifetimeSeconds": 14400,
    }
    root = ElementTree.fromstring(aws.connect(modern, modern)["CustomerGatewayConfiguration"].encode())
    for ike in root.iter("ike"):
        said = [ike.findtext(name) for name in ("encryption_protocol", "authentication_protocol", "lifetime")]
        assert said == ["aes-128-cbc", "sha1", "28800"]


def test_long_asns(aws):
    cgw = aws.client().create_customer_gateway(Type="ipsec.1", IpAddress="192.0.2.4", BgpAsnExtended=4200000001)
    vgw = aws.vgw(AmazonSideAsn=4200000000)
    made = aws.connect(CustomerGatewayId=cgw["CustomerGateway"]["CustomerGatewayId"], VpnGatewayId=vgw)
    root = ElementTree.fromstring(made["CustomerGatewayConfiguration"].encode())
    assert {one.text for one in root.iterfind(".//customer_gateway/bgp/asn")} == {"4200000001"}
    assert {one.text for one in root.iterfind(".//vpn_gateway/bgp/asn")} == {"4200000000"}
