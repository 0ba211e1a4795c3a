"""Networks, subnets, rules, routes, addresses, interfaces, peerings: what is answered and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

WEST = {"location": "westeurope"}


def test_create_update_delete_as_recorded(stepped: Any) -> None:
    body = WEST | {"properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}}
    made = stepped.call("PUT", "virtualNetworks/vnet", body)
    assert made.status_code == 201
    assert "Location" not in made.headers
    assert made.json()["properties"]["provisioningState"] == "Updating"
    assert made.headers["Retry-After"] == "10"
    poll = made.headers["Azure-AsyncOperation"]
    assert stepped.session.get(poll, timeout=5).json() == {"status": "InProgress"}
    stepped.advance(3)
    assert stepped.session.get(poll, timeout=5).json() == {"status": "Succeeded"}
    assert stepped.get("virtualNetworks/VNET")["properties"]["provisioningState"] == "Succeeded"
    assert stepped.call("PUT", "virtualNetworks/vnet", body).status_code == 200
    stepped.advance(3)
    gone = stepped.call("DELETE", "virtualNetworks/vnet")
    assert gone.status_code == 202
    assert {"Location", "Azure-AsyncOperation"} <= set(gone.headers)
    assert stepped.session.get(gone.headers["Location"], timeout=5).status_code == 202
    assert stepped.get("virtualNetworks/vnet")["properties"]["provisioningState"] == "Deleting"
    stepped.advance(10)
    assert stepped.session.get(gone.headers["Location"], timeout=5).status_code == 204
    assert stepped.call("DELETE", "virtualNetworks/vnet").status_code == 204


def test_second_put_meanwhile(stepped: Any) -> None:
    stepped.vnet()
    answer = stepped.call("PUT", "virtualNetworks/vnet/subnets/x", {"properties": {"addressPrefix": "10.1.9.0/24"}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "RetryableError")
    assert answer.json()["error"]["details"][0]["code"] == "RetryableErrorDueToAnotherOperation"


def test_reference_must_be_provisioned(stepped: Any) -> None:
    stepped.put("networkSecurityGroups/nsg", WEST)
    subnet = {
        "name": "s",
        "properties": {
            "addressPrefix": "10.1.1.0/24",
            "networkSecurityGroup": stepped.ref("networkSecurityGroups/nsg"),
        },
    }
    body = WEST | {"properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": [subnet]}}
    answer = stepped.call("PUT", "virtualNetworks/vnet", body)
    assert answer.json()["error"]["details"][0]["code"] == "ReferencedResourceNotProvisioned"


@pytest.mark.parametrize(
    ("prefix", "code"),
    [
        ("10.9.0.0/24", "NetcfgSubnetRangeOutsideVnet"),
        ("10.1.1.0/25", "NetcfgSubnetRangesOverlap"),
        ("10.1.2.5/24", "InvalidCIDRNotation"),
        ("10.1.2", "InvalidAddressPrefixFormat"),
    ],
)
def test_bad_subnet(azure: Any, prefix: str, code: str) -> None:
    azure.vnet()
    body = {"properties": {"addressPrefix": prefix}}
    assert azure.refused("PUT", "virtualNetworks/vnet/subnets/x", body) == (400, code)


def test_subnet_survives_a_put_of_its_network(azure: Any) -> None:
    azure.vnet()
    body = WEST | {"tags": {"a": "b"}, "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}}
    azure.put("virtualNetworks/vnet", body)
    assert len(azure.get("virtualNetworks/vnet/subnets")["value"]) == 2
    body["properties"]["subnets"] = []  # type: ignore[index]
    azure.put("virtualNetworks/vnet", body)
    assert azure.get("virtualNetworks/vnet/subnets")["value"] == []


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({"properties": {"addressSpaces": {}}}, "InvalidRequestFormat", "Could not find member 'addressSpaces'"),
        ({"propertys": {}}, "InvalidRequestContent", "Could not find member 'propertys'"),
        ({"properties": {"addressSpace": "x"}}, "InvalidRequestFormat", "Error converting value"),
        ({"properties": {"enableDdosProtection": "x"}}, "InvalidRequestFormat", "Error converting value"),
        (
            {"properties": {"subnets": [{"properties": {"cidr": "x"}}]}},
            "InvalidRequestFormat",
            "subnets[0].properties.cidr",
        ),
    ],
)
def test_unknown_members_are_refused(azure: Any, body: dict[str, Any], code: str, text: str) -> None:
    answer = azure.call("PUT", "virtualNetworks/vnet", WEST | body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert text in answer.text


def test_read_only_members_are_ignored(azure: Any) -> None:
    azure.vnet()
    seen = azure.get("virtualNetworks/vnet")
    seen["etag"], seen["properties"]["provisioningState"] = "nonsense", "Failed"
    assert azure.put("virtualNetworks/vnet", seen)["properties"]["provisioningState"] == "Succeeded"


def test_etag(azure: Any) -> None:
    azure.vnet()
    answer = azure.call("PUT", "virtualNetworks/vnet", WEST, headers={"If-Match": 'W/"other"'})
    assert answer.status_code == 412


def test_tags(azure: Any) -> None:
    azure.vnet()
    azure.call("PATCH", "virtualNetworks/vnet", {"tags": {"a": "b"}})
    assert azure.get("virtualNetworks/vnet")["tags"] == {"a": "b"}
    assert len(azure.get("virtualNetworks/vnet")["properties"]["subnets"]) == 2


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("DELETE", "virtualNetworks/vnet", "InUseSubnetCannotBeDeleted"),
        ("DELETE", "virtualNetworks/vnet/subnets/app", "InUseSubnetCannotBeDeleted"),
        ("DELETE", "networkSecurityGroups/nsg", "InUseNetworkSecurityGroupCannotBeDeleted"),
        ("DELETE", "routeTables/rt", "InUseRouteTableCannotBeDeleted"),
        ("DELETE", "publicIPAddresses/pip0", "PublicIPAddressCannotBeDeleted"),
    ],
)
def test_what_is_used_stays(azure: Any, method: str, path: str, code: str) -> None:
    azure.vnet()
    azure.pip("pip0")
    azure.put("networkSecurityGroups/nsg", WEST)
    azure.put("routeTables/rt", WEST)
    subnet = {
        "addressPrefix": "10.1.1.0/24",
        "networkSecurityGroup": azure.ref("networkSecurityGroups/nsg"),
        "routeTable": azure.ref("routeTables/rt"),
    }
    azure.put("virtualNetworks/vnet/subnets/app", {"properties": subnet})
    configuration = {
        "subnet": azure.ref("virtualNetworks/vnet/subnets/app"),
        "publicIPAddress": azure.ref("publicIPAddresses/pip0"),
    }
    azure.put(
        "networkInterfaces/nic",
        WEST | {"properties": {"ipConfigurations": [{"name": "c", "properties": configuration}]}},
    )
    nic = azure.get("networkInterfaces/nic")["properties"]["ipConfigurations"][0]["properties"]
    assert nic["privateIPAddress"] == "10.1.1.4"
    assert azure.refused(method, path) == (400, code)
    assert azure.get("networkSecurityGroups/nsg")["properties"]["subnets"] == [
        azure.ref("virtualNetworks/vnet/subnets/app")
    ]


def test_security_rules(azure: Any) -> None:
    azure.put("networkSecurityGroups/nsg", WEST)
    rule = {
        "priority": 100,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "*",
        "sourceAddressPrefixes": ["10.2.1.0/24"],
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "*",
    }
    shown = azure.put("networkSecurityGroups/nsg/securityRules/a", {"properties": rule})["properties"]
    assert shown["sourceAddressPrefixes"] == ["10.2.1.0/24"]
    assert shown["destinationPortRanges"] == []
    path = "networkSecurityGroups/nsg/securityRules/b"
    assert azure.refused("PUT", path, {"properties": rule}) == (400, "SecurityRuleConflict")
    assert azure.refused("PUT", path, {"properties": rule | {"priority": 99}}) == (400, "SecurityRuleInvalid")
    group = azure.get("networkSecurityGroups/nsg")["properties"]
    assert [r["name"] for r in group["defaultSecurityRules"]][:3] == [
        "AllowVnetInBound",
        "AllowAzureLoadBalancerInBound",
        "DenyAllInBound",
    ]
    assert [r["etag"] for r in group["securityRules"]] == [azure.get("networkSecurityGroups/nsg")["etag"]]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"properties": {"publicIPAllocationMethod": "Static"}}, "IPv4BasicSkuPublicIpCountLimitReached"),
        ({"sku": {"name": "Standard"}}, "StandardSkuPublicIPAddressesMustBeStatic"),
        ({"location": "westus", "sku": {"name": "Standard"}, "zones": ["1"]}, "LocationNotSupportAvailabilityZones"),
        ({"location": "atlantis"}, "LocationNotAvailableForResourceType"),
    ],
)
def test_bad_address(azure: Any, body: dict[str, Any], code: str) -> None:
    assert azure.refused("PUT", "publicIPAddresses/pip", WEST | body) == (400, code)


def test_addresses_differ_and_come_back(azure: Any) -> None:
    for name in ("a", "b"):
        azure.pip(name)
    one, two = (azure.get(f"publicIPAddresses/{n}")["properties"]["ipAddress"] for n in "ab")
    assert one != two
    assert one.startswith("192.0.2.")
    azure.call("DELETE", "publicIPAddresses/a")
    azure.pip("c")
    assert azure.get("publicIPAddresses/c")["properties"]["ipAddress"] == one


def test_location_is_for_life(azure: Any) -> None:
    azure.vnet()
    assert azure.refused("PUT", "virtualNetworks/vnet", {"location": "eastus"}) == (409, "InvalidResourceLocation")


@pytest.mark.parametrize(
    ("subnet", "code"),
    [
        ({"networkSecurityGroup": "networkSecurityGroups/nsg"}, "NetworkSecurityGroupNotAllowedOnGatewaySubnet"),
        ({"routeTable": "routeTables/rt"}, "GatewaySubnetCannotHaveDefaultRoute"),
    ],
)
def test_gateway_subnet_rules(azure: Any, subnet: dict[str, str], code: str) -> None:
    azure.vnet()
    azure.put("networkSecurityGroups/nsg", WEST)
    route = {"name": "all", "properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": "Internet"}}
    azure.put("routeTables/rt", WEST | {"properties": {"routes": [route]}})
    body = {"addressPrefix": "10.1.255.0/27"} | {k: azure.ref(v) for k, v in subnet.items()}
    assert azure.refused("PUT", "virtualNetworks/vnet/subnets/GatewaySubnet", {"properties": body}) == (400, code)


def test_peerings(azure: Any) -> None:
    azure.vnet("one", "10.1")
    azure.vnet("two", "10.2")

    def peer(here: str, there: str, **more: bool) -> Any:
        properties = {"remoteVirtualNetwork": azure.ref(f"virtualNetworks/{there}"), **more}
        return azure.put(f"virtualNetworks/{here}/virtualNetworkPeerings/p", {"properties": properties})["properties"]

    def state(name: str) -> str:
        return str(azure.get(f"virtualNetworks/{name}/virtualNetworkPeerings/p")["properties"]["peeringState"])

    assert peer("one", "two", allowGatewayTransit=True)["peeringState"] == "Initiated"
    assert peer("two", "one")["peeringState"] == "Connected"
    assert (state("one"), state("two")) == ("Connected", "Connected")
    body = {"properties": {"remoteVirtualNetwork": azure.ref("virtualNetworks/one"), "useRemoteGateways": True}}
    assert azure.refused("PUT", "virtualNetworks/two/virtualNetworkPeerings/p", body) == (
        400,
        "RemoteVnetHasNoGateways",
    )
    azure.call("DELETE", "virtualNetworks/two/virtualNetworkPeerings/p")
    assert state("one") == "Disconnected"


def test_routes_of_a_table_differ_in_prefix(azure: Any) -> None:
    def route(name: str, prefix: str = "10.2.0.0/16") -> dict[str, Any]:
        return {"name": name, "properties": {"addressPrefix": prefix, "nextHopType": "VirtualNetworkGateway"}}

    twice = WEST | {"properties": {"routes": [route("a"), route("b")]}}
    assert azure.refused("PUT", "routeTables/rt", twice) == (400, "RouteConflict")
    azure.put("routeTables/rt", WEST | {"properties": {"routes": [route("a"), route("b", "10.3.0.0/16")]}})
    assert azure.refused("PUT", "routeTables/rt/routes/c", route("c")) == (400, "RouteConflict")
    azure.put("routeTables/rt/routes/a", route("a"))


def test_half_a_peering(azure: Any) -> None:
    azure.vnet("one", "10.1")
    azure.vnet("two", "10.2")

    def peering(here: str, there: str, name: str = "p") -> tuple[str, Any]:
        body = {"properties": {"remoteVirtualNetwork": azure.ref(f"virtualNetworks/{there}")}}
        return f"virtualNetworks/{here}/virtualNetworkPeerings/{name}", body

    azure.put(*peering("one", "two"))
    again = azure.refused("PUT", *peering("one", "two", "q"))
    assert again == (400, "AnotherPeeringAlreadyReferencesRemoteVnet")
    azure.put(*peering("two", "one"))
    azure.call("DELETE", peering("one", "two")[0])
    assert azure.refused("PUT", *peering("one", "two")) == (400, "RemotePeeringIsDisconnected")
    assert azure.put(*peering("two", "one"))["properties"]["peeringState"] == "Initiated"
    assert azure.put(*peering("one", "two"))["properties"]["peeringState"] == "Connected"


@pytest.mark.parametrize("member", ["networkSecurityGroup", "routeTable"])
def test_a_subnet_takes_nothing_of_another_region(azure: Any, member: str) -> None:
    azure.vnet()
    target = f"{member}s/far"
    azure.put(target, {"location": "northeurope", "properties": {}})
    subnet = {"properties": {"addressPrefix": "10.1.1.0/24", member: azure.ref(target)}}
    assert azure.refused("PUT", "virtualNetworks/vnet/subnets/app", subnet) == (400, "InvalidResourceReference")


def test_peerings_lead_anywhere(azure: Any) -> None:
    azure.vnet()
    space = {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}}
    azure.put("virtualNetworks/far", {"location": "northeurope", "properties": space})
    body = {"properties": {"remoteVirtualNetwork": azure.ref("virtualNetworks/far")}}
    azure.put("virtualNetworks/vnet/virtualNetworkPeerings/p", body)


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["virtualNetworks", "virtualNetworks/vnet/subnets"])
def test_a_list_can_only_be_read(azure: Any, method: str, path: str) -> None:
    azure.vnet()
    answer = azure.call(method, path, {})
    assert answer.status_code == 405
    assert answer.json() == {"Message": f"The requested resource does not support http method '{method}'."}


def test_addresses_of_ipv6(azure: Any) -> None:
    azure.pip("six", properties={"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv6"})
    shown = azure.get("publicIPAddresses/six")["properties"]
    assert (shown["publicIPAddressVersion"], shown["ipAddress"]) == ("IPv6", "2001:db8::a")
    prefixes = ["10.1.0.0/16", "2001:db8:1::/48"]
    subnet = {"name": "app", "properties": {"addressPrefixes": ["2001:db8:1:1::/64", "10.1.1.0/24"]}}
    space = {"addressSpace": {"addressPrefixes": prefixes}, "subnets": [subnet]}
    azure.put("virtualNetworks/vnet", WEST | {"properties": space})
    of = {"subnet": azure.ref("virtualNetworks/vnet/subnets/app")}
    both = [{"name": v, "properties": of | {"privateIPAddressVersion": v}} for v in ("IPv4", "IPv6")]
    shown = azure.put("networkInterfaces/nic", WEST | {"properties": {"ipConfigurations": both}})["properties"]
    found = [c["properties"]["privateIPAddress"] for c in shown["ipConfigurations"]]
    assert found == ["10.1.1.4", "2001:db8:1:1::4"]


def rule(**more: Any) -> dict[str, Any]:
    fixed = {"protocol": "Tcp", "access": "Allow", "direction": "Inbound", "priority": 100, "sourcePortRange": "*"}
    ends = {"sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "destinationPortRange": "443"}
    return {"properties": {"securityRules": [{"name": "r", "properties": fixed | ends | more}]}}


def address(**more: Any) -> dict[str, Any]:
    return {"sku": {"name": "Standard"}, "properties": {"publicIPAllocationMethod": "Static"} | more}


def subnets(*pairs: tuple[str, str]) -> dict[str, Any]:
    rows = [{"name": name, "properties": {"addressPrefix": prefix}} for name, prefix in pairs]
    return {"properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": rows}}


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("networkSecurityGroups/x", rule(protocol="Foo"), "InvalidRequestFormat"),
        ("networkSecurityGroups/x", rule(access="Maybe"), "InvalidRequestFormat"),
        ("networkSecurityGroups/x", rule(destinationPortRange="99999"), "SecurityRuleInvalid"),
        ("networkSecurityGroups/x", rule(destinationPortRange="90-80"), "SecurityRuleInvalid"),
        ("networkSecurityGroups/-bad..name-", rule(), "InvalidResourceName"),
        ("networkSecurityGroups/x", rule() | {"tags": {"a/b": ""}}, "InvalidTagNameCharacters"),
        ("networkSecurityGroups/x", rule() | {"tags": {str(n): "" for n in range(51)}}, "TooManyTags"),
        ("publicIPAddresses/x", address() | {"sku": {"name": "Gold"}}, "InvalidRequestFormat"),
        ("publicIPAddresses/x", address(idleTimeoutInMinutes=99), "PublicIPAddressIdleTimeoutOutOfRange"),
        ("virtualNetworks/x", subnets(("a", "10.1.1.0/30")), "NetcfgInvalidSubnet"),
        ("virtualNetworks/x", subnets(("a", "10.1.1.0/24"), ("A", "10.1.2.0/24")), "DuplicateResourceName"),
        ("virtualNetworks/x", subnets(("a b", "10.1.1.0/24")), "InvalidResourceName"),
    ],
)
def test_values_out_of_place(azure: Any, path: str, body: dict[str, Any], code: str) -> None:
    assert azure.refused("PUT", path, WEST | body) == (400, code)


def test_enumerations_in_whatever_case(azure: Any) -> None:
    azure.put("networkSecurityGroups/x", WEST | rule(protocol="TCP", access="allow"))
    shown = azure.get("networkSecurityGroups/x/securityRules/r")["properties"]
    assert (shown["protocol"], shown["access"]) == ("Tcp", "Allow")
