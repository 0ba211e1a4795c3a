"""What things can be asked and told beside GET, PUT and DELETE: captures, clients, effective routes, usages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fidelity.test_azure_members import problems
from tests.rehearsal.azure.cloud import Azure
from tests.rehearsal.azure.test_azure_machines import body as machine_body
from tests.rehearsal.azure.test_azure_machines import machine

WEST = {"location": "westeurope"}
POOL = {"vpnClientAddressPool": {"addressPrefixes": ["172.16.0.0/24"]}}
POLICY = {
    "saLifeTimeSeconds": 3600,
    "saDataSizeKilobytes": 102400000,
    "ipsecEncryption": "AES256",
    "ipsecIntegrity": "SHA256",
    "ikeEncryption": "AES256",
    "ikeIntegrity": "SHA384",
    "dhGroup": "DHGroup24",
    "pfsGroup": "PFS24",
}


def told(azure: Azure, path: str, body: Any = None) -> Any:
    """POST and follow the Location, as azure-mgmt-network does."""
    answer = azure.call("POST", path, body)
    assert answer.status_code == 202, answer.text
    result = azure.session.get(answer.headers["Location"], timeout=10)
    assert result.status_code == 200
    return result.json()


def linked(azure: Azure) -> None:
    azure.gateway()
    azure.local("lgw", "198.51.100.1")
    azure.put("connections/c", azure.connection_body(ipsecPolicies=[POLICY]))


@pytest.mark.parametrize("path", ["virtualNetworkGateways/gw", "connections/c"])
def test_a_packet_capture_is_seen_while_it_runs(azure: Azure, path: str) -> None:
    linked(azure)
    url = {"sasUrl": "https://example.com/captures?sig=example"}
    assert azure.refused("POST", f"{path}/stopPacketCapture", url) == (400, "PacketCaptureNotRunning")
    assert json.loads(told(azure, f"{path}/startPacketCapture"))["Status"] == "Successful"
    assert azure.get(path)["properties"]["packetCaptureDiagnosticState"] == "Running"
    again = azure.refused("POST", f"{path}/startPacketCapture", {"filterData": "{}"})
    assert again == (400, "PacketCaptureAlreadyRunning")
    assert azure.refused("POST", f"{path}/stopPacketCapture") == (400, "PacketCaptureSasUrlMissing")
    assert json.loads(told(azure, f"{path}/stopPacketCapture", url))["Status"] == "Successful"
    assert azure.get(path)["properties"]["packetCaptureDiagnosticState"] == "None"


def test_ike_associations_are_those_of_connected_tunnels(azure: Azure) -> None:
    linked(azure)
    assert json.loads(told(azure, "connections/c/getikesas")) == []
    tunnels = [{"tunnel": "one", "connectionStatus": "Connected"}, {"tunnel": "two", "connectionStatus": "Connecting"}]
    report = {"connections": {azure.id("connections/c"): {"tunnelConnectionStatus": tunnels}}}
    azure.control("POST", "wan", report)
    (found,) = json.loads(told(azure, "connections/c/getikesas"))
    assert (found["tunnel"], found["ikeEncryption"]) == ("one", "AES256")


def test_clients_of_a_gateway(azure: Azure) -> None:
    azure.base()
    azure.pip("pip2")
    path = "virtualNetworkGateways/gw"
    azure.put(path, azure.gateway_body())
    assert azure.refused("POST", f"{path}/generatevpnprofile", {}) == (400, "VpnClientAddressPoolNotSpecified")
    body = azure.gateway_body(instances=2, vpnClientConfiguration=POOL)
    third = {"subnet": azure.ref("virtualNetworks/vnet/subnets/GatewaySubnet")}
    third["publicIPAddress"] = azure.ref("publicIPAddresses/pip2")
    body["properties"]["ipConfigurations"].append({"name": "c2", "properties": third})
    azure.put(path, body)
    assert azure.refused("POST", f"{path}/getvpnprofilepackageurl") == (400, "VpnProfileNotGenerated")
    url = told(azure, f"{path}/generatevpnprofile", {"authenticationMethod": "EAPTLS"})
    assert url.endswith(".zip")
    assert told(azure, f"{path}/getvpnprofilepackageurl") == url
    assert told(azure, f"{path}/generatevpnclientpackage", {"processorArchitecture": "Amd64"}) == url
    assert told(azure, f"{path}/setvpnclientipsecparameters", POLICY) == POLICY
    assert azure.call("POST", f"{path}/getvpnclientipsecparameters").json() == POLICY
    assert azure.get(path)["properties"]["vpnClientConfiguration"]["vpnClientIpsecPolicies"] == [POLICY]
    assert told(azure, f"{path}/resetvpnclientsharedkey") is None
    asked = {"vpnConnectionIds": ["one"]}
    assert told(azure, f"{path}/disconnectVirtualNetworkGatewayVpnConnections", asked) is None
    assert told(azure, f"{path}/getVpnClientConnectionHealth") == {"value": []}


@pytest.fixture
def network(azure: Azure) -> Azure:
    """A machine behind a gateway, a route table and two security groups."""
    linked(azure)
    rule = {"protocol": "Tcp", "access": "Allow", "direction": "Inbound", "priority": 100, "sourcePortRange": "*"}
    ends = {"sourceAddressPrefix": "10.2.0.0/16", "destinationAddressPrefix": "*", "destinationPortRange": "443"}
    azure.put(
        "networkSecurityGroups/nsg",
        WEST | {"properties": {"securityRules": [{"name": "r", "properties": rule | ends}]}},
    )
    azure.put("networkSecurityGroups/own", WEST | {"properties": {}})
    route = {"addressPrefix": "10.2.0.0/16", "nextHopType": "VirtualNetworkGateway"}
    azure.put("routeTables/rt", WEST | {"properties": {"routes": [{"name": "r", "properties": route}]}})
    subnet = {"addressPrefix": "10.1.1.0/24", "networkSecurityGroup": azure.ref("networkSecurityGroups/nsg")}
    subnet["routeTable"] = azure.ref("routeTables/rt")
    azure.put("virtualNetworks/vnet/subnets/app", {"properties": subnet})
    configuration = {"name": "c", "properties": {"subnet": azure.ref("virtualNetworks/vnet/subnets/app")}}
    group = azure.ref("networkSecurityGroups/own")
    azure.put(
        "networkInterfaces/nic",
        WEST | {"properties": {"ipConfigurations": [configuration], "networkSecurityGroup": group}},
    )
    learned = [{"network": n, "origin": "EBgp", "localAddress": "10.1.255.4"} for n in ("10.2.0.0/16", "10.3.0.0/16")]
    azure.control("POST", "wan", {"gateways": {azure.id("virtualNetworkGateways/gw"): {"learned": learned}}})
    return azure


@pytest.mark.parametrize("action", ["effectiveRouteTable", "effectiveNetworkSecurityGroups"])
def test_nothing_is_effective_without_a_machine(network: Azure, action: str) -> None:
    refused = network.refused("POST", f"networkInterfaces/nic/{action}")
    assert refused == (400, "NetworkInterfaceNotAttachedToRunningVM")


def test_effective_routes(network: Azure) -> None:
    network.put(machine(network), machine_body(network))
    rows = told(network, "networkInterfaces/nic/effectiveRouteTable")["value"]
    assert list(problems(rows, "[EffectiveRoute]", "EffectiveRoute", "")) == []
    found = [(r["source"], r["nextHopType"], r["addressPrefix"][0], r["state"]) for r in rows]
    assert ("Default", "VnetLocal", "10.1.0.0/16", "Active") in found
    assert ("VirtualNetworkGateway", "VirtualNetworkGateway", "10.3.0.0/16", "Active") in found
    assert ("VirtualNetworkGateway", "VirtualNetworkGateway", "10.2.0.0/16", "Invalid") in found
    assert ("User", "VirtualNetworkGateway", "10.2.0.0/16", "Active") in found
    assert ("Default", "Internet", "0.0.0.0/0", "Active") in found
    network.put("routeTables/rt", WEST | {"properties": {"disableBgpRoutePropagation": True}})
    rows = told(network, "networkInterfaces/nic/effectiveRouteTable")["value"]
    assert {r["source"] for r in rows} == {"Default"}
    assert {r["disableBgpRoutePropagation"] for r in rows} == {True}


def test_effective_rules(network: Azure) -> None:
    network.put(machine(network), machine_body(network))
    groups = told(network, "networkInterfaces/nic/effectiveNetworkSecurityGroups")["value"]
    assert list(problems(groups, "[EffectiveNetworkSecurityGroup]", "EffectiveNetworkSecurityGroup", "")) == []
    assert [list(g["association"]) for g in groups] == [["subnet"], ["networkInterface"]]
    rules = {r["name"]: r for r in groups[0]["effectiveSecurityRules"]}
    assert rules["securityRules/r"]["destinationPortRanges"] == ["443-443"]
    local = rules["defaultSecurityRules/AllowVnetInBound"]
    assert (local["protocol"], local["sourcePortRange"]) == ("All", "0-65535")
    assert {"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"} == set(local["expandedSourceAddressPrefix"])


def test_addresses_of_a_network(network: Azure) -> None:
    def check(address: str) -> Any:
        return network.get(f"virtualNetworks/vnet/CheckIPAddressAvailability?ipAddress={address}")

    assert check("10.1.1.9") == {"available": True, "isPlatformReserved": False}
    taken = check("10.1.1.4")
    assert (taken["available"], taken["availableIPAddresses"][0]) == (False, "10.1.1.5")
    assert len(taken["availableIPAddresses"]) == 5
    assert check("10.1.1.1")["isPlatformReserved"]
    assert not check("10.1.255.4")["available"]
    assert not check("10.9.9.9")["available"]
    refused = network.refused("GET", "virtualNetworks/vnet/CheckIPAddressAvailability?ipAddress=x")
    assert refused == (400, "InvalidIPAddress")
    rows = network.get("virtualNetworks/vnet/usages")["value"]
    assert list(problems(rows, "[VirtualNetworkUsage]", "VirtualNetworkUsage", "")) == []
    assert [(row["currentValue"], row["limit"]) for row in rows] == [(2, 27), (1, 251)]


def test_quotas_of_a_region(network: Azure) -> None:
    base = f"/subscriptions/{network.subscription}/providers/Microsoft.Network/locations"
    rows = network.get(f"{base}/westeurope/usages")["value"]
    assert list(problems(rows, "[Usage]", "Usage", "")) == []
    assert {row["name"]["value"]: row["currentValue"] for row in rows}["NetworkSecurityGroups"] == 2
    assert {row["currentValue"] for row in network.get(f"{base}/northeurope/usages")["value"]} == {0}
