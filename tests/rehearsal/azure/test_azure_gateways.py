"""VPN gateways, local gateways, connections, keys, and what the WAN reports of them."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.azure.clock import InstantClock, ScaledClock
from rehearsal.azure.cloud import Settings
from rehearsal.azure.invented import INVENTED

WEST = {"location": "westeurope"}
POLICY = {
    "saLifeTimeSeconds": 3600,
    "saDataSizeKilobytes": 102400000,
    "ipsecEncryption": "GCMAES256",
    "ipsecIntegrity": "GCMAES256",
    "ikeEncryption": "AES256",
    "ikeIntegrity": "SHA256",
    "dhGroup": "DHGroup14",
    "pfsGroup": "PFS2048",
}


def test_a_gateway_hides_its_addresses_while_it_is_made(stepped: Any) -> None:
    stepped.base()
    stepped.advance(10)
    body = stepped.gateway_body()
    del body["properties"]["bgpSettings"]["asn"]
    bgp = stepped.put("virtualNetworkGateways/gw", body)["properties"]["bgpSettings"]
    assert bgp["asn"] == 0
    assert "bgpPeeringAddress" not in bgp
    assert [a["defaultBgpIpAddresses"] for a in bgp["bgpPeeringAddresses"]] == [[], []]
    assert not any("tunnelIpAddresses" in a for a in bgp["bgpPeeringAddresses"])
    stepped.advance(1189)
    assert stepped.get("virtualNetworkGateways/gw")["properties"]["provisioningState"] == "Updating"
    stepped.advance(1)
    done = stepped.get("virtualNetworkGateways/gw")["properties"]
    assert done["provisioningState"] == "Succeeded"
    assert done["bgpSettings"]["asn"] == 65515
    assert done["bgpSettings"]["bgpPeeringAddress"] == "10.1.255.4,10.1.255.5"
    pip = stepped.get("publicIPAddresses/pip0")["properties"]
    peering = done["bgpSettings"]["bgpPeeringAddresses"][0]
    assert peering["tunnelIpAddresses"] == [pip["ipAddress"]]
    assert peering["customBgpIpAddresses"] == ["169.254.21.2", "169.254.22.2"]
    assert pip["ipConfiguration"] == stepped.ref("virtualNetworkGateways/gw/ipConfigurations/c0")


def test_one_instance_has_the_last_address(azure: Any) -> None:
    azure.base()
    body = azure.gateway_body(instances=1, enableBgp=False)
    azure.put("virtualNetworkGateways/gw", body)
    bgp = azure.get("virtualNetworkGateways/gw")["properties"]["bgpSettings"]
    assert bgp["bgpPeeringAddress"] == "10.1.255.30"


def test_meanwhile(stepped: Any) -> None:
    stepped.base()
    stepped.advance(10)
    stepped.put("virtualNetworkGateways/gw", stepped.gateway_body())
    assert stepped.refused("PUT", "virtualNetworkGateways/gw", stepped.gateway_body()) == (429, "RetryableError")
    assert stepped.refused("DELETE", "virtualNetworkGateways/gw") == (429, "RetryableError")
    subnet = {"properties": {"addressPrefix": "10.1.7.0/24"}}
    path = "virtualNetworks/vnet/subnets/late"
    assert stepped.refused("PUT", path, subnet) == (409, "AnotherOperationInProgress")
    stepped.local("lgw", "198.51.100.1")
    stepped.advance(10)
    assert stepped.refused("PUT", "connections/c", stepped.connection_body()) == (429, "RetryableError")
    stepped.advance(1190)
    stepped.put(path, subnet)
    stepped.put("connections/c", stepped.connection_body())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sku": {"name": "VpnGw2"}}, "NonAzSkusNotAllowedForVPNGateway"),
        ({"sku": {"name": "VpnGw9AZ"}}, "InvalidGatewaySize"),
        ({"activeActive": False}, "GatewayMustHaveExactlyOneIpConfiguration"),
        ({"bgpSettings": {"asn": 12076}}, "InvalidVirtualNetworkGatewayAsn"),
        (
            {"vpnGatewayGeneration": "Generation2", "sku": {"name": "VpnGw1AZ"}},
            "VirtualNetworkGatewaySkuCannotBeCreatedForSpecifiedVmGeneration",
        ),
        (
            {"vpnGatewayGeneration": "Generation1", "sku": {"name": "VpnGw4AZ"}},
            "VirtualNetworkGatewaySkuCannotBeCreatedForSpecifiedVmGeneration",
        ),
    ],
)
def test_bad_gateway(azure: Any, change: dict[str, Any], code: str) -> None:
    azure.base()
    assert azure.refused("PUT", "virtualNetworkGateways/gw", azure.gateway_body(**change)) == (400, code)


def test_a_new_gateway_takes_a_peering_address_and_has_its_own(azure: Any) -> None:
    azure.base()
    body = azure.gateway_body(bgpSettings={"asn": 65010, "bgpPeeringAddress": "10.1.255.9"})
    shown = azure.put("virtualNetworkGateways/gw", body)["properties"]["bgpSettings"]
    assert "bgpPeeringAddress" not in shown
    shown = azure.get("virtualNetworkGateways/gw")["properties"]["bgpSettings"]
    assert (shown["asn"], shown["bgpPeeringAddress"]) == (65010, "10.1.255.4,10.1.255.5")
    refused = azure.refused("PUT", "virtualNetworkGateways/gw", body)
    assert refused == (400, "VirtualNetworkGatewayBgpPeeringAddressCannotBeModified")


@pytest.mark.parametrize(
    ("addresses", "code"),
    [
        (["169.254.20.2"], "InvalidCustomBgpIpAddress"),
        (["10.1.255.4"], "InvalidCustomBgpIpAddress"),
        (["169.254.21.2", "169.254.21.2"], "DuplicateCustomBgpIpAddress"),
        (["169.254.21.6"], "DuplicateCustomBgpIpAddress"),
    ],
)
def test_bad_apipa(azure: Any, addresses: list[str], code: str) -> None:
    azure.base()
    body = azure.gateway_body()
    body["properties"]["bgpSettings"]["bgpPeeringAddresses"][0]["customBgpIpAddresses"] = addresses
    assert azure.refused("PUT", "virtualNetworkGateways/gw", body) == (400, code)


def test_active_active_takes_exactly_two(azure: Any) -> None:
    azure.base()
    body = azure.gateway_body(instances=1, activeActive=True)
    assert azure.refused("PUT", "virtualNetworkGateways/gw", body) == (
        400,
        "ActiveActiveGatewayMustHaveExactlyTwoIpConfigurations",
    )


def test_addresses_of_a_gateway(azure: Any) -> None:
    azure.vnet()
    azure.pip("pip0")
    azure.pip("pip1", zones=None)
    refused = azure.refused("PUT", "virtualNetworkGateways/gw", azure.gateway_body())
    assert refused == (400, "VmssVpnGatewayPublicIpsMustHaveZonesConfigured")
    azure.pip("pip1", zones=["1"])
    refused = azure.refused("PUT", "virtualNetworkGateways/gw", azure.gateway_body())
    assert refused == (400, "ActiveActiveGatewayPublicIPAddressesDiffersInSkuOrZones")


def test_subnet_of_a_gateway(azure: Any) -> None:
    azure.base()
    body = azure.gateway_body()
    for configuration in body["properties"]["ipConfigurations"]:
        configuration["properties"]["subnet"] = azure.ref("virtualNetworks/vnet/subnets/app")
    assert azure.refused("PUT", "virtualNetworkGateways/gw", body) == (400, "InvalidGatewaySubnetName")
    for configuration in body["properties"]["ipConfigurations"]:
        configuration["properties"]["subnet"] = azure.ref("virtualNetworks/none/subnets/GatewaySubnet")
    assert azure.refused("PUT", "virtualNetworkGateways/gw", body) == (400, "InvalidResourceReference")


def test_one_gateway_in_a_network(azure: Any) -> None:
    azure.gateway()
    for name in ("pip0", "pip1"):
        assert azure.refused("DELETE", f"publicIPAddresses/{name}") == (400, "PublicIPAddressCannotBeDeleted")
    body = azure.gateway_body("gw2")
    assert azure.refused("PUT", "virtualNetworkGateways/gw2", body) == (400, "VirtualNetworkAlreadyHasVpnGateway")


@pytest.mark.parametrize(
    ("sku", "code"),
    [("VpnGw1AZ", "VirtualNetworkGatewaySkuChangeNotAllowed"), ("VpnGw2", "VirtualNetworkGatewaySkuChangeNotAllowed")],
)
def test_sku_goes_up_only(azure: Any, sku: str, code: str) -> None:
    azure.gateway()
    body = azure.gateway_body(sku={"name": sku, "tier": sku})
    assert azure.refused("PUT", "virtualNetworkGateways/gw", body) == (400, code)
    azure.put("virtualNetworkGateways/gw", azure.gateway_body(sku={"name": "VpnGw3AZ", "tier": "VpnGw3AZ"}))


@pytest.mark.parametrize("named", [{}, {"vpnGatewayGeneration": "Generation1"}])
@pytest.mark.parametrize("sku", ["VpnGw4AZ", "VpnGw5AZ"])
def test_a_gateway_of_generation1_does_not_grow_into_generation2(azure: Any, sku: str, named: dict[str, str]) -> None:
    azure.gateway()
    assert azure.get("virtualNetworkGateways/gw")["properties"]["vpnGatewayGeneration"] == "Generation1"
    body = azure.gateway_body(sku={"name": sku, "tier": sku}, **named)
    refused = azure.refused("PUT", "virtualNetworkGateways/gw", body)
    assert refused == (400, "VirtualNetworkGatewaySkuCannotBeCreatedForSpecifiedVmGeneration")


@pytest.mark.parametrize(("first", "named"), [("VpnGw4AZ", {}), ("VpnGw2AZ", {"vpnGatewayGeneration": "Generation2"})])
def test_a_gateway_of_generation2_grows(azure: Any, first: str, named: dict[str, str]) -> None:
    azure.base()
    azure.put("virtualNetworkGateways/gw", azure.gateway_body(sku={"name": first, "tier": first}, **named))
    assert azure.get("virtualNetworkGateways/gw")["properties"]["vpnGatewayGeneration"] == "Generation2"
    azure.put("virtualNetworkGateways/gw", azure.gateway_body(sku={"name": "VpnGw5AZ", "tier": "VpnGw5AZ"}))
    now = azure.get("virtualNetworkGateways/gw")["properties"]
    assert (now["sku"]["name"], now["vpnGatewayGeneration"]) == ("VpnGw5AZ", "Generation2")


def test_what_was_read_may_be_written_back(azure: Any) -> None:
    azure.gateway()
    seen = azure.get("virtualNetworkGateways/gw")
    seen["tags"] = {"a": "b"}
    azure.put("virtualNetworkGateways/gw", seen)
    again = azure.get("virtualNetworkGateways/gw")
    assert again["tags"] == {"a": "b"}
    assert again["properties"]["bgpSettings"] == seen["properties"]["bgpSettings"]
    seen["properties"]["bgpSettings"]["bgpPeeringAddress"] = "10.1.255.4"
    refused = azure.refused("PUT", "virtualNetworkGateways/gw", seen)
    assert refused == (400, "VirtualNetworkGatewayBgpPeeringAddressCannotBeModified")


def test_a_put_replaces(azure: Any) -> None:
    azure.gateway()
    body = azure.gateway_body()
    del body["properties"]["bgpSettings"]["bgpPeeringAddresses"]
    azure.put("virtualNetworkGateways/gw", body)
    peering = azure.get("virtualNetworkGateways/gw")["properties"]["bgpSettings"]["bgpPeeringAddresses"]
    assert [p["customBgpIpAddresses"] for p in peering] == [[], []]


@pytest.mark.parametrize("asn", [8074, 65515, 65520, 23456, 64496, 65551, 0])
def test_reserved_asn(azure: Any, asn: int) -> None:
    body = WEST | {"properties": {"gatewayIpAddress": "198.51.100.1", "bgpSettings": {"asn": asn}}}
    assert azure.refused("PUT", "localNetworkGateways/l", body) == (400, "InvalidLocalNetworkGatewayAsn")


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"gatewayIpAddress": "198.51.100.1"}, "LocalNetworkGatewayAddressSpaceEmpty"),
        (
            {"gatewayIpAddress": "198.51.100.1", "bgpSettings": {"asn": 64512}},
            "InvalidLocalNetworkGatewayBgpPeeringAddress",
        ),
        (
            {"gatewayIpAddress": "nonsense", "bgpSettings": {"asn": 64512, "bgpPeeringAddress": "169.254.21.1"}},
            "InvalidLocalNetworkGatewayAddress",
        ),
    ],
)
def test_bad_local_gateway(azure: Any, properties: dict[str, Any], code: str) -> None:
    assert azure.refused("PUT", "localNetworkGateways/l", WEST | {"properties": properties}) == (400, code)


@pytest.fixture
def linked(azure: Any) -> Any:
    azure.gateway()
    azure.local("lgw", "198.51.100.1")
    azure.put("connections/c", azure.connection_body(ipsecPolicies=[POLICY], dpdTimeoutSeconds=45))
    return azure


def test_connection(linked: Any) -> None:
    shown = linked.get("connections/c")["properties"]
    assert shown["connectionStatus"] == "Unknown"
    assert shown["ipsecPolicies"] == [POLICY]
    assert (shown["connectionMode"], shown["connectionProtocol"]) == ("Default", "IKEv2")
    for path in ("connections", "virtualNetworkGateways/gw/connections"):
        row = linked.get(path)["value"][0]["properties"]
        assert "sharedKey" not in row
        assert "connectionStatus" not in row


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ipsecPolicies": [POLICY | {"ipsecIntegrity": "SHA256"}]}, "InvalidIpsecPolicy"),
        ({"ipsecPolicies": [POLICY | {"dhGroup": "DHGroup99"}]}, "InvalidIpsecPolicy"),
        ({"ipsecPolicies": [{k: v for k, v in POLICY.items() if k != "pfsGroup"}]}, "InvalidIpsecPolicy"),
        ({"sharedKey": "with space"}, "InvalidSharedKey"),
        ({"sharedKey": ""}, "InvalidSharedKey"),
        ({"localNetworkGateway2": None}, "ConnectionEndMissing"),
    ],
)
def test_bad_connection(linked: Any, change: dict[str, Any], code: str) -> None:
    body = linked.connection_body(**change)
    assert linked.refused("PUT", "connections/d", body) == (400, code)


def test_custom_addresses_of_a_connection(linked: Any) -> None:
    def slot(index: int, address: str) -> dict[str, str]:
        at = linked.id(f"virtualNetworkGateways/gw/ipConfigurations/c{index}")
        return {"ipConfigurationId": at, "customBgpIpAddress": address}

    good = [slot(0, "169.254.21.2"), slot(1, "169.254.21.6")]
    linked.put("connections/c", linked.connection_body(gatewayCustomBgpIpAddresses=good))
    assert linked.get("connections/c")["properties"]["gatewayCustomBgpIpAddresses"] == good
    body = linked.connection_body(gatewayCustomBgpIpAddresses=[slot(0, "169.254.21.6")])
    assert linked.refused("PUT", "connections/c", body) == (400, "InvalidGatewayCustomBgpIpAddress")


def test_protocol_is_for_life(linked: Any) -> None:
    body = linked.connection_body(connectionProtocol="IKEv1")
    assert linked.refused("PUT", "connections/c", body) == (400, "ConnectionProtocolCannotBeModified")


def test_static_connections_must_not_overlap(linked: Any) -> None:
    for name in ("one", "two"):
        linked.local(
            name, "198.51.100.9", bgpSettings=None, localNetworkAddressSpace={"addressPrefixes": ["10.2.0.0/16"]}
        )
    linked.put("connections/one", linked.connection_body("one", enableBgp=False))
    body = linked.connection_body("two", enableBgp=False)
    assert linked.refused("PUT", "connections/two", body) == (400, "ConnectionOverlappingAddressSpaces")


def test_bgp_needs_bgp_at_both_ends(linked: Any) -> None:
    linked.local(
        "static", "198.51.100.9", bgpSettings=None, localNetworkAddressSpace={"addressPrefixes": ["10.2.0.0/16"]}
    )
    assert linked.refused("PUT", "connections/s", linked.connection_body("static")) == (400, "BgpNotEnabledOnGateway")


def test_keys(linked: Any) -> None:
    key = "connections/c/sharedkey"
    assert linked.get(key) == {"value": "example.key_0001"}
    linked.put("connections/c", linked.connection_body(sharedKey="example.key_0002"))
    assert linked.get(key) == {"value": "example.key_0001"}
    changed = linked.call("PUT", key, {"value": "example.key_0003"})
    assert (changed.status_code, changed.content) == (200, b"")
    assert "Azure-AsyncOperation" in changed.headers
    assert linked.get(key) == {"value": "example.key_0003"}
    reset = linked.call("POST", f"{key}/reset", {"keyLength": 64})
    assert reset.status_code == 202
    assert len(linked.get(key)["value"]) == 64
    assert linked.refused("PUT", key, {"value": "a b"}) == (400, "InvalidSharedKey")
    linked.put(
        "connections/own",
        {**linked.connection_body(), "properties": {**linked.connection_body()["properties"], "sharedKey": None}},
    )
    assert len(linked.get("connections/own/sharedkey")["value"]) == 32


def test_a_reset_connection_is_updating_for_a_while(stepped: Any) -> None:
    stepped.base()
    stepped.local("lgw", "198.51.100.1")
    stepped.advance(10)
    stepped.put("virtualNetworkGateways/gw", stepped.gateway_body())
    stepped.advance(1190)
    stepped.put("connections/c", stepped.connection_body())
    stepped.advance(20)
    assert stepped.call("POST", "connections/c/resetconnection").status_code == 202
    assert stepped.get("connections/c")["properties"]["provisioningState"] == "Updating"
    stepped.advance(20)
    assert stepped.get("connections/c")["properties"]["provisioningState"] == "Succeeded"


def test_one_instance_is_away_while_it_is_reset(stepped: Any) -> None:
    """Whoever asks is told that the gateway is Updating; the WAN meets the other instance."""
    stepped.base()
    stepped.advance(10)
    stepped.put("virtualNetworkGateways/gw", stepped.gateway_body())
    stepped.advance(1190)
    second = stepped.get("publicIPAddresses/pip1")["properties"]["ipAddress"]
    assert stepped.refused("POST", "virtualNetworkGateways/gw/reset?gatewayVip=192.0.2.99") == (
        400,
        "InvalidGatewayVip",
    )
    assert stepped.call("POST", f"virtualNetworkGateways/gw/reset?gatewayVip={second}").status_code == 202

    def seen(**headers: str) -> tuple[str, list[bool]]:
        row = stepped.call("GET", "virtualNetworkGateways", headers=headers).json()["value"][0]["properties"]
        there = ["publicIPAddress" in one["properties"] for one in row["ipConfigurations"]]
        return row["provisioningState"], there

    assert seen() == ("Updating", [True, True])
    assert seen(**{"x-rehearsal": "wan"}) == ("Succeeded", [True, False])
    stepped.advance(600)
    assert seen(**{"x-rehearsal": "wan"}) == seen() == ("Succeeded", [True, True])


def test_a_key_is_old_until_its_operation_is_done(stepped: Any) -> None:
    stepped.base()
    stepped.local("lgw", "198.51.100.1")
    stepped.advance(10)
    stepped.put("virtualNetworkGateways/gw", stepped.gateway_body())
    stepped.advance(1190)
    stepped.put("connections/c", stepped.connection_body())
    stepped.advance(20)
    stepped.put("connections/c/sharedkey", {"value": "example.key_0002"})
    stepped.advance(41)
    assert stepped.get("connections/c/sharedkey")["value"] == "example.key_0001"
    stepped.advance(1)
    assert stepped.get("connections/c/sharedkey")["value"] == "example.key_0002"
    assert stepped.get("connections/c")["properties"]["connectionStatus"] == "Unknown"
    stepped.advance(60)
    assert stepped.get("connections/c")["properties"]["connectionStatus"] == "Connecting"


def test_deletion_in_order(linked: Any) -> None:
    for path, code in (
        ("virtualNetworkGateways/gw", "VirtualNetworkGatewayCannotBeDeleted"),
        ("localNetworkGateways/lgw", "LocalNetworkGatewayCannotBeDeleted"),
        ("virtualNetworks/vnet", "InUseSubnetCannotBeDeleted"),
    ):
        assert linked.refused("DELETE", path) == (400, code)
    for path in (
        "connections/c",
        "localNetworkGateways/lgw",
        "virtualNetworkGateways/gw",
        "publicIPAddresses/pip0",
        "virtualNetworks/vnet",
    ):
        assert linked.call("DELETE", path).status_code == 202
        assert linked.call("DELETE", path).status_code == 204


def test_the_wan_reports(linked: Any) -> None:
    connection, gateway = linked.id("connections/c").lower(), linked.id("virtualNetworkGateways/gw").lower()
    peers = linked.ask("virtualNetworkGateways/gw/getBgpPeerStatus")
    assert {(p["localAddress"], p["neighbor"], p["state"]) for p in peers} == {
        ("10.1.255.4", "169.254.21.1", "Connecting"),
        ("10.1.255.5", "169.254.21.1", "Connecting"),
    }
    peer = {
        "localAddress": "169.254.21.2",
        "neighbor": "169.254.21.1",
        "asn": 64512,
        "state": "Connected",
        "routesReceived": 1,
    }
    route = {
        "localAddress": "10.1.255.4",
        "network": "10.2.0.0/16",
        "nextHop": "169.254.21.1",
        "sourcePeer": "169.254.21.1",
        "origin": "EBgp",
        "asPath": "64512",
        "weight": 32768,
    }
    report = {
        "connections": {
            connection: {"connectionStatus": "Connected", "ingressBytesTransferred": 7, "egressBytesTransferred": 9}
        },
        "gateways": {
            gateway: {
                "peers": [peer],
                "learned": [route],
                "advertised": [
                    {"localAddress": "10.1.255.4", "neighbor": "169.254.21.1", "network": "10.1.0.0/16"},
                    {"localAddress": "10.1.255.5", "neighbor": "169.254.22.1", "network": "10.1.0.0/16"},
                ],
            }
        },
    }
    before = linked.ask("virtualNetworkGateways/gw/getLearnedRoutes")
    assert [r["network"] for r in before] == ["10.1.0.0/16", "10.1.0.0/16"]
    assert linked.control("POST", "wan", report).status_code == 204
    shown = linked.get("connections/c")["properties"]
    assert (shown["connectionStatus"], shown["ingressBytesTransferred"], shown["egressBytesTransferred"]) == (
        "Connected",
        7,
        9,
    )
    assert linked.ask("virtualNetworkGateways/gw/getBgpPeerStatus")[0].items() >= peer.items()
    assert linked.ask("virtualNetworkGateways/gw/getBgpPeerStatus?peer=192.0.2.1") == []
    learned = linked.ask("virtualNetworkGateways/gw/getLearnedRoutes")
    assert [r["network"] for r in learned] == ["10.2.0.0/16"]
    told = linked.ask("virtualNetworkGateways/gw/getAdvertisedRoutes?peer=169.254.21.1")
    assert [(r["localAddress"], r["network"]) for r in told] == [("10.1.255.4", "10.1.0.0/16")]


def test_recorded_rules(start: Any) -> None:
    azure = start(InstantClock(), Settings(rules="recorded"))
    azure.put(f"/subscriptions/{azure.subscription}/resourceGroups/rg", {"location": "westeurope"})
    azure.base()
    azure.put("virtualNetworkGateways/gw", azure.gateway_body(sku={"name": "VpnGw1", "tier": "VpnGw1"}))
    azure.call("PUT", "virtualNetworkGateways/bare", None)  # as recordings of one client have it
    assert azure.call("POST", "virtualNetworkGateways/bare/reset").status_code == 202


def test_a_new_connection_is_unknown_however_fast_time_goes(start: Any) -> None:
    azure = start(ScaledClock(0.001))
    azure.put(f"/subscriptions/{azure.subscription}/resourceGroups/rg", {"location": "westeurope"})
    azure.base()
    azure.local("lgw", "198.51.100.1")
    azure.put("virtualNetworkGateways/gw", azure.gateway_body())
    while azure.get("virtualNetworkGateways/gw")["properties"]["provisioningState"] != "Succeeded":
        pass  # a thousandth of a second
    azure.put("connections/c", azure.connection_body())
    assert azure.get("connections/c")["properties"]["connectionStatus"] == "Unknown"


def test_the_vnet_lock_can_be_off(start: Any) -> None:
    azure = start(ScaledClock(600.0), Settings(vnet_lock=False))
    azure.cloud.clock.scale = 0.0
    azure.put(f"/subscriptions/{azure.subscription}/resourceGroups/rg", {"location": "westeurope"})
    azure.base()
    azure.cloud.settle()
    azure.cloud.clock.scale = 1.0
    azure.put("virtualNetworkGateways/gw", azure.gateway_body())
    azure.put("virtualNetworks/vnet/subnets/late", {"properties": {"addressPrefix": "10.1.7.0/24"}})


def test_a_failed_operation(azure: Any) -> None:
    azure.base()
    answer = azure.call("PUT", "virtualNetworkGateways/gw", azure.gateway_body())
    found = azure.cloud.store.find(azure.id("virtualNetworkGateways/gw"))
    found.operation.error = {"code": "InternalServerError", "message": "An error occurred."}
    status = azure.session.get(answer.headers["Azure-AsyncOperation"], timeout=5).json()
    assert status == {"status": "Failed", "error": found.operation.error}
    assert azure.get("virtualNetworkGateways/gw")["properties"]["provisioningState"] == "Failed"
    azure.put("virtualNetworkGateways/gw", azure.gateway_body())
    assert azure.get("virtualNetworkGateways/gw")["properties"]["provisioningState"] == "Succeeded"


def test_every_invention_is_explained() -> None:
    for key, row in INVENTED.items():
        assert row.what, key
        assert row.why, key
        assert bool(row.code) == bool(row.text), key


@pytest.mark.parametrize("asked", ["vpn", "VPN"])
def test_types_in_whatever_case(azure: Any, asked: str) -> None:
    azure.base()
    azure.put("virtualNetworkGateways/gw", azure.gateway_body(gatewayType=asked, vpnType="routebased"))
    shown = azure.get("virtualNetworkGateways/gw")["properties"]
    assert (shown["gatewayType"], shown["vpnType"]) == ("Vpn", "RouteBased")
    azure.put("virtualNetworkGateways/gw", azure.gateway_body(gatewayType="Vpn", vpnType="RouteBased"))


@pytest.mark.parametrize("member", ["vpnClientRootCertificates", "vpnClientRevokedCertificates"])
def test_a_certificate_needs_a_name(azure: Any, member: str) -> None:
    azure.gateway()
    body = azure.gateway_body(vpnClientConfiguration={member: [{"properties": {}}]})
    assert azure.refused("PUT", "virtualNetworkGateways/gw", body) == (400, "InvalidResourceName")
    assert "vpnClientConfiguration" not in azure.get("virtualNetworkGateways/gw")["properties"]


def test_what_cannot_be_shown_is_not_kept(azure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    azure.gateway()
    monkeypatch.setattr("rehearsal.azure.network.gateways._clients", dict)
    body = azure.gateway_body(vpnClientConfiguration={"vpnClientRootCertificates": [{}]})
    assert azure.refused("PUT", "virtualNetworkGateways/gw", body) == (500, "InternalServerError")
    azure.cloud.crashes = 0
    assert azure.get("virtualNetworkGateways/gw")["properties"]["provisioningState"] == "Succeeded"


def test_a_gateway_and_its_connections_are_of_one_region(azure: Any) -> None:
    azure.base()
    refused = (400, "InvalidResourceReference")
    body = azure.gateway_body()
    assert azure.refused("PUT", "virtualNetworkGateways/gw", body | {"location": "northeurope"}) == refused
    azure.pip("far", location="northeurope")
    body["properties"]["ipConfigurations"][1]["properties"]["publicIPAddress"] = azure.ref("publicIPAddresses/far")
    assert azure.refused("PUT", "virtualNetworkGateways/gw", body) == refused
    azure.put("virtualNetworkGateways/gw", azure.gateway_body())
    bgp = {"asn": 64512, "bgpPeeringAddress": "169.254.21.1"}
    local = {"location": "northeurope", "properties": {"gatewayIpAddress": "198.51.100.1", "bgpSettings": bgp}}
    azure.put("localNetworkGateways/lgw", local)
    body = azure.connection_body()
    assert azure.refused("PUT", "connections/c", body | {"location": "northeurope"}) == refused
    azure.put("connections/c", body)


def test_a_gateway_of_expressroute_keeps_its_sku(azure: Any) -> None:
    azure.base()
    sku = {"name": "ErGw1AZ", "tier": "ErGw1AZ"}
    body = azure.gateway_body(instances=1, gatewayType="expressroute", sku=sku)
    azure.put("virtualNetworkGateways/gw", body)
    shown = azure.get("virtualNetworkGateways/gw")["properties"]
    assert (shown["gatewayType"], shown["sku"]) == ("ExpressRoute", sku | {"capacity": 2})
    azure.put("virtualNetworkGateways/gw", body)
    refused = azure.refused("PUT", "virtualNetworkGateways/gw", azure.gateway_body(instances=1))
    assert refused == (400, "VirtualNetworkGatewayPropertyCannotBeModified")


def test_a_subnet_of_both_protocols(azure: Any) -> None:
    azure.base()
    space = {"addressPrefixes": ["10.1.0.0/16", "2001:db8:1::/48"]}
    subnet = {"addressPrefixes": ["2001:db8:1:1::/64", "10.1.255.0/27"]}
    subnets = [{"name": "GatewaySubnet", "properties": subnet}]
    azure.put("virtualNetworks/vnet", WEST | {"properties": {"addressSpace": space, "subnets": subnets}})
    azure.put("virtualNetworkGateways/gw", azure.gateway_body())
    shown = azure.get("virtualNetworkGateways/gw")["properties"]
    assert shown["bgpSettings"]["bgpPeeringAddress"] == "10.1.255.4,10.1.255.5"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"connectionType": "Foo"}, "InvalidRequestFormat"),
        ({"connectionProtocol": "IKEv9"}, "InvalidRequestFormat"),
        ({"dpdTimeoutSeconds": 5}, "InvalidDpdTimeout"),
    ],
)
def test_values_of_a_connection(azure: Any, change: dict[str, Any], code: str) -> None:
    azure.gateway()
    azure.local("lgw", "198.51.100.1")
    assert azure.refused("PUT", "connections/c", azure.connection_body(**change)) == (400, code)
    azure.put("connections/c", azure.connection_body(connectionProtocol="ikev2", dpdTimeoutSeconds=45))
    azure.put("connections/c", azure.connection_body(connectionProtocol="IKEv2", dpdTimeoutSeconds=45))
