"""From the clouds' answers to the model."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.wan import aws_side, azure_side
from rehearsal.wan.aws_side import _Gateway, _Region
from rehearsal.wan.model import AWS_ENCRYPTION, AWS_PHASE1_GROUPS
from rehearsal.wan.transit import Transit, TransitTable

VNG = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworkGateways/vng"
VNET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/vnet"
PIP = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/pip"


def body(**bgp: Any) -> dict[str, Any]:
    return {
        "id": VNG,
        "name": "vng",
        "properties": {
            "provisioningState": "Succeeded",
            "enableBgp": True,
            "vpnType": "RouteBased",
            "ipConfigurations": [
                {
                    "id": f"{VNG}/ipConfigurations/c{n}",
                    "properties": {
                        "publicIPAddress": {"id": f"{PIP}{n}"},
                        "subnet": {"id": f"{VNET}/subnets/GatewaySubnet"},
                    },
                }
                for n in (1, 2)
            ],
            "bgpSettings": bgp,
        },
    }


def test_gateway_ids_are_compared_without_case() -> None:
    found = azure_side.gateway(
        body(
            asn=65515,
            bgpPeeringAddress="10.1.255.4,10.1.255.5",
            bgpPeeringAddresses=[
                {
                    "ipconfigurationId": f"{VNG}/ipConfigurations/C2".upper(),
                    "defaultBgpIpAddresses": ["10.1.255.5"],
                    "customBgpIpAddresses": ["169.254.21.6"],
                }
            ],
        ),
        {f"{PIP}1".lower(): "192.0.2.1", f"{PIP}2".lower(): "192.0.2.2"},
        {VNET.lower(): ("10.1.0.0/16",)},
    )
    assert [i.public_address for i in found.instances] == ["192.0.2.1", "192.0.2.2"]
    assert [i.default_bgp_address for i in found.instances] == ["10.1.255.4", "10.1.255.5"]
    assert [i.custom_bgp_addresses for i in found.instances] == [(), ("169.254.21.6",)]
    assert found.vnet_prefixes == ("10.1.0.0/16",)


def test_routes_of_the_gateway_subnet() -> None:
    def subnet(name: str, table: str) -> dict[str, Any]:
        return {"name": name, "properties": {"routeTable": {"id": table}}}

    route = {"addressPrefix": "198.51.100.11/32", "nextHopType": "None"}
    tables = [{"id": "/T", "properties": {"routes": [{"properties": route}]}}, {"id": "/o", "properties": {}}]
    both = [subnet("app", "/o"), subnet("GatewaySubnet", "/t")]
    networks = [{"id": VNET, "properties": {"subnets": both}}, {"id": "/other", "properties": {"subnets": both[:1]}}]
    found = azure_side.gateway_routes(networks, tables)
    assert found == {VNET.lower(): (("198.51.100.11/32", "None"),)}
    assert azure_side.gateway(body(), {}, {}, found).routes == found[VNET.lower()]


def test_gateway_that_is_being_made() -> None:
    found = azure_side.gateway(body(asn=0), {}, {})
    assert found.asn == 0
    assert [i.public_address for i in found.instances] == ["", ""]


def connection(**properties: Any) -> dict[str, Any]:
    return {
        "id": "/c",
        "name": "c",
        "properties": {"provisioningState": "Succeeded", "virtualNetworkGateway1": {"id": VNG}, **properties},
    }


def test_connection_with_nothing_set() -> None:
    found = azure_side.connection(connection(), {}, "", {}, [])
    assert (found.protocol, found.mode, found.bgp, found.policy) == ("IKEv2", "Default", False, None)
    assert found.local.state == "Absent"
    assert not found.key


def test_policy_based_selectors_are_every_pair() -> None:
    local = azure_side.local_gateway(
        {
            "id": "/l",
            "name": "l",
            "properties": {
                "gatewayIpAddress": "198.51.100.1",
                "localNetworkAddressSpace": {"addressPrefixes": ["10.2.0.0/16", "10.3.0.0/16"]},
            },
        }
    )
    found = azure_side.connection(
        connection(usePolicyBasedTrafficSelectors=True, localNetworkGateway2={"id": "/L"}),
        {"/l": local},
        "k",
        {VNET.lower(): ("10.1.0.0/16",)},
        [body()],
    )
    assert found.selectors == (("10.1.0.0/16", "10.2.0.0/16"), ("10.1.0.0/16", "10.3.0.0/16"))


def aws_connection(**more: Any) -> dict[str, Any]:
    return {
        "VpnConnectionId": "vpn-1",
        "State": "available",
        "CustomerGatewayId": "cgw-1",
        "VpnGatewayId": "vgw-1",
        "Options": {
            "StaticRoutesOnly": False,
            "TunnelOptions": [
                {"OutsideIpAddress": "198.51.100.1", "TunnelInsideCidr": "169.254.21.0/30", "PreSharedKey": "k"}
            ],
        },
        **more,
    }


def test_tunnel_that_says_nothing_has_the_defaults() -> None:
    around = _Region(
        {"cgw-1": {"State": "available", "IpAddress": "192.0.2.1", "BgpAsn": "65515"}},
        {"vgw-1": _Gateway("available", 64512, {"vpc-1": ("10.2.0.0/16",)})},
    )
    (found,) = aws_side.tunnels("eu-central-1", aws_connection(), around)
    assert (found.phase1_encryption, found.phase1_dh_groups) == (AWS_ENCRYPTION, AWS_PHASE1_GROUPS)
    assert (found.ike_versions, found.startup_action) == (("ikev1", "ikev2"), "add")
    assert (found.customer_asn, found.asn, found.announces) == (65515, 64512, ("10.2.0.0/16",))


RANGES = {"vpc-1": ("10.2.0.0/16", "10.3.0.0/16"), "vpc-2": ("10.4.0.0/16",)}


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (TransitTable("t", (), ("vpc-1", "vpc-2", "vpn-1")), ("10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16")),
        (TransitTable("t", (), ("vpc-2",)), ("10.4.0.0/16",)),
        (TransitTable("t", (("10.2.0.0/16", ""),), ("vpc-1",)), ("10.3.0.0/16",)),
        (TransitTable("t", (("10.0.0.0/8", "vpc-1"), ("10.9.0.0/16", "vpn-1"))), ("10.0.0.0/8",)),
        (TransitTable("another", (), ("vpc-1",)), ()),
    ],
    ids=["all propagate", "one does not", "a blackhole", "static", "not associated"],
)
def test_a_transit_gateway_tells_what_the_connections_table_has(table: TransitTable, told: tuple[str, ...]) -> None:
    gateway = _Gateway("available", 64512, RANGES, Transit((table,), (("vpn-1", "t"), ("vpc-1", "another"))))
    around = _Region({"cgw-1": {"State": "available"}}, {"tgw-1": gateway})
    connection = aws_connection(VpnGatewayId="", TransitGatewayId="tgw-1")
    (found,) = aws_side.tunnels("eu-central-1", connection, around)
    assert found.announces == told


def test_four_byte_asn_and_missing_ends() -> None:
    around = _Region({"cgw-1": {"State": "available", "BgpAsnExtended": "4200000000"}})
    (found,) = aws_side.tunnels("eu-central-1", aws_connection(), around, frozenset({"198.51.100.1"}))
    assert found.customer_asn == 4200000000
    assert (found.gateway_state, found.announces) == ("absent", ())
    assert found.replaced
