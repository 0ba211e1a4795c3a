"""Inputs, plans and AWS documents of an invented link; addresses from RFC 5737, keys invented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import plan_link

INPUT: Mapping[str, Any] = {
    "link": "hq",
    "azure_location": "westeurope",
    "azure_vnet_cidr": "10.1.0.0/16",
    "aws_region": "eu-central-1",
    "aws_vpc_cidr": "10.2.0.0/16",
}

INSIDE = ("169.254.21.0/30", "169.254.22.0/30", "169.254.21.4/30", "169.254.22.4/30")
OUTSIDE = dict(zip(INSIDE, ("198.51.100.40", "198.51.100.7", "203.0.113.9", "203.0.113.200"), strict=True))
AZURE_ADDRESSES = ("192.0.2.10", "192.0.2.11")
KEYS = dict(
    zip(
        INSIDE,
        ("Invented_One.11111111", ".starts.with.a.dot", "31415926535897932384", "Another_Invented.4"),
        strict=True,
    )
)


def planned(**changes: Any) -> dict[str, Any]:
    result = plan_link({**INPUT, **changes})
    assert result.plan is not None, result.faults
    return result.plan.as_dict()


def addresses_of(cidr: str) -> tuple[str, str]:
    """(AWS's, Azure's) inside address of a /30."""
    start, _slash, _length = cidr.partition("/")
    head, _dot, last = start.rpartition(".")
    return f"{head}.{int(last) + 1}", f"{head}.{int(last) + 2}"


def tunnel_xml(cidr: str, customer: str, *, aws_asn: int | None = 64512, ipv6: bool = False) -> str:
    aws, azure = addresses_of(cidr)

    def side(name: str, outside: str, inside: str, asn: int | None) -> str:
        bgp = f"<bgp><asn>{asn}</asn><hold_time>30</hold_time></bgp>" if asn else ""
        six = (
            "<tunnel_inside_ipv6_address><ip_address>fd00::1</ip_address></tunnel_inside_ipv6_address>" if ipv6 else ""
        )
        return (
            f"<{name}><tunnel_outside_address><ip_address>{outside}</ip_address></tunnel_outside_address>"
            f"<tunnel_inside_address><ip_address>{inside}</ip_address><network_mask>255.255.255.252</network_mask>"
            f"<network_cidr>30</network_cidr></tunnel_inside_address>{six}{bgp}</{name}>"
        )

    return (
        "<ipsec_tunnel>"
        + side("customer_gateway", customer, azure, 65515 if aws_asn else None)
        + side("vpn_gateway", OUTSIDE[cidr], aws, aws_asn)
        + "<ike><authentication_protocol>sha1</authentication_protocol><perfect_forward_secrecy>group2"
        + f"</perfect_forward_secrecy><pre_shared_key>{KEYS[cidr]}</pre_shared_key></ike>"
        + "<ipsec><protocol>esp</protocol></ipsec></ipsec_tunnel>"
    )


def document(number: int = 1, *, static: bool = False, transit: bool = False) -> str:
    """The document of VPN connection ``number``, its tunnels in ascending outside address, as AWS writes it."""
    cidrs = sorted(INSIDE[2 * number - 2 : 2 * number], key=lambda cidr: tuple(map(int, OUTSIDE[cidr].split("."))))
    asn = None if static else 64512
    tunnels = "".join(tunnel_xml(cidr, AZURE_ADDRESSES[number - 1], aws_asn=asn, ipv6=transit) for cidr in cidrs)
    gateway = "<vpn_gateway_id />" if transit else f"<vpn_gateway_id>vgw-{number:017x}</vpn_gateway_id>"
    attributes = "<vpn_connection_attributes>NoBGPVPNConnection</vpn_connection_attributes>" if static else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<vpn_connection id="vpn-{number:017x}"><customer_gateway_id>cgw-{number:017x}</customer_gateway_id>'
        f"{gateway}<vpn_connection_type>ipsec.1</vpn_connection_type>{attributes}{tunnels}</vpn_connection>"
    )


def boto(number: int = 1, *, static: bool = False, with_options: bool = True, **changes: Any) -> dict[str, Any]:
    """An element of VpnConnections, options in the order asked for."""
    options = [
        {
            "OutsideIpAddress": OUTSIDE[cidr],
            "TunnelInsideCidr": cidr,
            "PreSharedKey": KEYS[cidr],
            "DpdTimeoutSeconds": 45,
            "IkeVersions": [{"Value": "ikev2"}],
        }
        for cidr in INSIDE[2 * number - 2 : 2 * number]
    ]
    return {
        "VpnConnectionId": f"vpn-{number:017x}",
        "State": "available",
        "CustomerGatewayId": f"cgw-{number:017x}",
        "VpnGatewayId": f"vgw-{number:017x}",
        "Options": {"StaticRoutesOnly": static, "TunnelOptions": options if with_options else []},
        "CustomerGatewayConfiguration": document(number, static=static),
        **changes,
    }


def ours(number: int = 1, **changes: Any) -> dict[str, Any]:
    """What aws_vpn_connection returns."""
    return {
        "vpn_connection_id": f"vpn-{number:017x}",
        "state": "available",
        "customer_gateway_id": f"cgw-{number:017x}",
        "vpn_gateway_id": f"vgw-{number:017x}",
        "transit_gateway_id": None,
        "static_routes_only": False,
        "routes": [],
        "tags": {},
        "tunnels": [
            {
                "outside_address": OUTSIDE[cidr],
                "inside_cidr": cidr,
                "aws_inside_address": addresses_of(cidr)[0],
                "customer_inside_address": addresses_of(cidr)[1],
                "aws_asn": 64512,
                "customer_asn": 65515,
                "dpd_timeout_seconds": 45,
            }
            for cidr in INSIDE[2 * number - 2 : 2 * number]
        ],
        **changes,
    }


def gateway_facts(**changes: Any) -> dict[str, Any]:
    """What azure_vpn_gateway returns."""
    return {
        "name": "hq-vng",
        "active_active": True,
        "bgp": True,
        "asn": 65515,
        "instances": [
            {"index": 0, "public_ip_address": "192.0.2.10", "apipa_addresses": ["169.254.21.2", "169.254.22.2"]},
            {"index": 1, "public_ip_address": "192.0.2.11", "apipa_addresses": ["169.254.21.6", "169.254.22.6"]},
        ],
        **changes,
    }
