"""azure_vpn_gateway and _info: state x what exists x check mode."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.azure import AzureError, Dropped
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_vpn_gateway as module
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_vpn_gateway_info as info
from fake_arm import FakeArm, error, filled, rid

OWN = rid("virtualNetworkGateways", "hq-vng")
FULL: dict[str, Any] = {
    "name": "hq-vng",
    "location": "westeurope",
    "sku": "VpnGw2AZ",
    "active_active": True,
    "bgp": True,
    "asn": 65515,
    "vnet_name": "hq-vnet",
    "instances": [
        {
            "ip_configuration": "ipconfig1",
            "public_ip_name": "hq-vng-pip-1",
            "apipa_addresses": ["169.254.21.2", "169.254.22.2"],
        },
        {
            "ip_configuration": "ipconfig2",
            "public_ip_name": "hq-vng-pip-2",
            "apipa_addresses": ["169.254.21.6", "169.254.22.6"],
        },
    ],
    "tags": {"s2s_vpn:link": "hq"},
}


def run(cloud: FakeArm, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    params = filled(module.ARGUMENTS, **{**FULL, **given})
    action = module.absent if params["state"] == "absent" else module.present
    return action(cloud.arm(pause=60.0, busy_seconds=5400.0), params, check_mode)


@pytest.fixture
def cloud() -> FakeArm:
    cloud = FakeArm()
    for index in range(2):
        cloud.add("publicIPAddresses", f"hq-vng-pip-{index + 1}", {"ipAddress": f"192.0.2.{10 + index}"})
    return cloud


@pytest.fixture
def made(cloud: FakeArm) -> FakeArm:
    run(cloud)
    cloud.log.clear()
    cloud.bodies.clear()
    return cloud


def test_created_complete_in_one_put(cloud: FakeArm) -> None:
    result = run(cloud)
    assert result["changed"]
    assert cloud.writes() == [("PUT", OWN)]
    (body,) = [body for method, _path, body in cloud.bodies if method == "PUT"]
    properties = body["properties"]
    assert (properties["activeActive"], properties["enableBgp"], properties["gatewayType"]) == (True, True, "Vpn")
    assert properties["bgpSettings"] == {
        "asn": 65515,
        "bgpPeeringAddresses": [
            {
                "ipconfigurationId": f"{OWN}/ipConfigurations/ipconfig1",
                "customBgpIpAddresses": ["169.254.21.2", "169.254.22.2"],
            },
            {
                "ipconfigurationId": f"{OWN}/ipConfigurations/ipconfig2",
                "customBgpIpAddresses": ["169.254.21.6", "169.254.22.6"],
            },
        ],
    }
    subnet = {"id": f"{rid('virtualNetworks', 'hq-vnet')}/subnets/GatewaySubnet"}
    assert [one["properties"]["subnet"] for one in properties["ipConfigurations"]] == [subnet, subnet]
    gateway = result["gateway"]
    assert (gateway["provisioning_state"], gateway["asn"], gateway["id"]) == ("Succeeded", 65515, OWN)
    assert [one["public_ip_address"] for one in gateway["instances"]] == ["192.0.2.10", "192.0.2.11"]
    assert [one["default_bgp_address"] for one in gateway["instances"]] == ["10.1.255.4", "10.1.255.5"]
    assert cloud.now >= 1200


def test_started_then_joined(cloud: FakeArm) -> None:
    started = run(cloud, wait=False)
    assert started["changed"]
    assert cloud.now == 0
    assert started["gateway"]["provisioning_state"] == "Updating"
    assert started["gateway"]["asn"] is None
    assert [one["public_ip_address"] for one in started["gateway"]["instances"]] == ["192.0.2.10", "192.0.2.11"]
    again = run(cloud, wait=False)
    assert not again["changed"]
    assert "Updating" in again["msg"]
    joined = run(cloud)
    assert not joined["changed"]
    assert joined["gateway"]["provisioning_state"] == "Succeeded"
    assert len(cloud.writes()) == 1


@pytest.mark.parametrize("wait", [False, True])
def test_another_run_at_the_same_time_has_been_first(
    cloud: FakeArm, monkeypatch: pytest.MonkeyPatch, wait: bool
) -> None:
    """Sending it again when that one is done would be an update of minutes."""
    put = cloud._put

    def late(path: str, body: dict[str, Any], query: Any) -> Any:
        if path == OWN and OWN.lower() not in cloud.resources:
            put(path, deepcopy(body), query)  # the other run's
        return put(path, body, query)

    monkeypatch.setattr(cloud, "_put", late)
    result = run(cloud, wait=wait)
    assert result["changed"] is False
    assert result["gateway"]["provisioning_state"] == ("Succeeded" if wait else "Updating")
    assert cloud.writes() == [("PUT", OWN)]
    assert (cloud.now > 600) is wait


def test_it_is_its_own_where_only_the_answer_was_lost(cloud: FakeArm, monkeypatch: pytest.MonkeyPatch) -> None:
    put = cloud._put

    def lost(path: str, body: dict[str, Any], query: Any) -> Any:
        first = path == OWN and OWN.lower() not in cloud.resources
        answer = put(path, body, query)
        if first:
            raise Dropped("closed")
        return answer

    monkeypatch.setattr(cloud, "_put", lost)
    result = run(cloud, wait=False)
    assert result["changed"] is True
    assert result["gateway"]["provisioning_state"] == "Updating"


def test_what_it_stands_on_is_waited_for(cloud: FakeArm) -> None:
    cloud.fault(
        "PUT", OWN, error(429, "ReferencedResourceNotProvisioned", "hq-vng-pip-1 is Updating.", retry_after="3"), 2
    )
    assert run(cloud, wait=False)["changed"] is True
    assert cloud.now == 3.0


def test_joins_by_name_only(cloud: FakeArm) -> None:
    run(cloud, wait=False)
    name_only = dict.fromkeys(FULL, None) | {"name": "hq-vng"}
    assert run(cloud, **name_only)["gateway"]["asn"] == 65515


def test_a_join_finds_the_drift_of_a_gateway_that_was_busy(cloud: FakeArm) -> None:
    other = [dict(one) for one in FULL["instances"]]
    other[0]["apipa_addresses"] = ["169.254.21.2"]
    run(cloud, wait=False, instances=other)
    joined = run(cloud)
    assert joined["changed"]
    assert joined["gateway"]["instances"][0]["apipa_addresses"] == ["169.254.21.2", "169.254.22.2"]


@pytest.mark.parametrize("check_mode", [False, True])
def test_second_run_changes_nothing(made: FakeArm, check_mode: bool) -> None:
    result = run(made, check_mode)
    assert not result["changed"]
    assert made.log == [("GET", OWN)]


def test_ids_in_another_letter_case_are_the_same(made: FakeArm) -> None:
    for one in made[OWN]["properties"]["ipConfigurations"]:
        one["properties"]["publicIPAddress"]["id"] = one["properties"]["publicIPAddress"]["id"].upper()
        one["properties"]["subnet"]["id"] = one["properties"]["subnet"]["id"].upper()
    made[OWN]["properties"]["bgpSettings"]["bgpPeeringAddresses"].reverse()
    made[OWN]["properties"]["bgpSettings"]["bgpPeeringAddresses"][0]["customBgpIpAddresses"].reverse()
    made[OWN]["location"] = "West Europe"
    assert not run(made)["changed"]


def test_unset_options_leave_alone(made: FakeArm) -> None:
    nothing = dict.fromkeys(FULL, None) | {"name": "hq-vng"}
    assert not run(made, **nothing)["changed"]


def test_what_is_not_managed_goes_back_and_what_is_read_only_does_not(made: FakeArm) -> None:
    properties = made[OWN]["properties"]
    properties["customRoutes"] = {"addressPrefixes": ["198.51.100.0/24"]}
    clients = {"vpnClientAddressPool": {"addressPrefixes": ["203.0.113.0/24"]}, "vpnClientProtocols": ["OpenVPN"]}
    health = {"vpnClientConnectionHealth": {"vpnClientConnectionsCount": 0}}
    properties["vpnClientConfiguration"] = {**clients, **health, "radiusServers": []}
    properties["natRules"] = [
        {"id": f"{OWN}/natRules/n", "name": "n", "type": "x", "etag": "e", "properties": {"type": "Static"}}
    ]
    properties["packetCaptureDiagnosticState"] = "None"
    made[OWN]["tags"]["team"] = "x"
    result = run(made, tags={"cost": "1"})
    assert result["diff"] == {
        "before": {"tags": {"s2s_vpn:link": "hq", "team": "x"}},
        "after": {"tags": {"s2s_vpn:link": "hq", "team": "x", "cost": "1"}},
    }
    body = next(body for method, _path, body in made.bodies if method == "PUT")
    assert body["tags"] == {"s2s_vpn:link": "hq", "team": "x", "cost": "1"}
    assert body["properties"]["customRoutes"] == {"addressPrefixes": ["198.51.100.0/24"]}
    assert body["properties"]["vpnClientConfiguration"] == {**clients, "radiusServers": []}
    assert body["properties"]["natRules"] == [
        {"id": f"{OWN}/natRules/n", "name": "n", "properties": {"type": "Static"}}
    ]
    assert len(body["properties"]["ipConfigurations"]) == 2
    text = str(body)
    for word in (
        "etag", "provisioningState", "resourceGuid", "defaultBgpIpAddresses", "tunnelIpAddresses",
        "bgpPeeringAddress'", "packetCapture",
    ):  # fmt: skip
        assert word not in text
    assert result["gateway"]["instances"][1]["apipa_addresses"] == ["169.254.21.6", "169.254.22.6"]


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"asn": 65010}, "interrupt"),
    ({"bgp": False}, "interrupt"),
    ({"active_active": False, "instances": FULL["instances"][:1]}, "interrupt"),
    ({"sku": "VpnGw1AZ"}, "recreate"),
    ({"location": "northeurope"}, "recreate"),
    ({"vnet_name": "other"}, "recreate"),
]


@pytest.mark.parametrize(("given", "consent"), CHANGES)
@pytest.mark.parametrize("check_mode", [False, True])
def test_what_breaks_something_wants_consent(
    made: FakeArm, given: dict[str, Any], consent: str, check_mode: bool
) -> None:
    with pytest.raises(AzureError) as refusal:
        run(made, check_mode, **given)
    assert f"Consent with consent: [{consent}] (variable s2s_vpn_consent of the playbooks: [{consent}])" in str(
        refusal.value
    )
    assert made.writes() == []
    if consent == "interrupt":
        allowed = run(made, check_mode, consent=["interrupt"], **given)
        assert allowed["changed"]
        assert len(made.writes()) == (0 if check_mode else 1)


def connect(cloud: FakeArm, name: str, link: str, *addresses: str, gateway: str = OWN.upper()) -> None:
    """A connection of a link at the gateway, that uses these addresses."""
    slots = [{"ipConfigurationId": "x", "customBgpIpAddress": address} for address in addresses]
    properties = {"virtualNetworkGateway1": {"id": gateway}, "gatewayCustomBgpIpAddresses": slots}
    cloud.add("connections", name, properties, tags={"s2s_vpn:link": link})


def at_first(cloud: FakeArm) -> list[str]:
    """The APIPA addresses of the first instance."""
    return cloud[OWN]["properties"]["bgpSettings"]["bgpPeeringAddresses"][0]["customBgpIpAddresses"]


def test_a_removed_apipa_address_wants_consent_and_a_new_one_does_not(made: FakeArm) -> None:
    connect(made, "hq-aws-1-2", "hq", "169.254.22.2", "169.254.22.6")
    fewer = [{**FULL["instances"][0], "apipa_addresses": ["169.254.21.2"]}, FULL["instances"][1]]
    with pytest.raises(AzureError, match=r"169\.254\.22\.2 interrupts"):
        run(made, instances=fewer)
    run(made, instances=fewer, consent=["interrupt"])
    assert at_first(made) == ["169.254.21.2"]
    assert run(made)["changed"]


#: (the links whose connections use an address that is not wished for, whether it stays)
USERS = [([], True), (["branch"], True), (["hq", "branch"], True), (["hq"], False)]


@pytest.mark.parametrize(("users", "stays"), USERS)
@pytest.mark.parametrize("check_mode", [False, True])
def test_an_apipa_address_goes_only_with_the_owners_own_connection(
    made: FakeArm, users: list[str], stays: bool, check_mode: bool
) -> None:
    """A link adopts the gateway, adds its addresses, then its connections, and leaves the addresses when it goes."""
    at_first(made).append("169.254.21.10")
    for link in users:
        connect(made, f"{link}-aws", link, "169.254.21.10")
    connect(made, "elsewhere", "hq", "169.254.21.10", gateway=f"{OWN}x")
    if not stays:
        with pytest.raises(AzureError, match=r"169\.254\.21\.10 interrupts"):
            run(made, check_mode)
    result = run(made, check_mode, consent=["interrupt"])
    assert result["changed"] is not stays
    assert made.writes() == ([] if stays or check_mode else [("PUT", OWN)])
    assert ("169.254.21.10" in at_first(made)) is (stays or check_mode)


def test_what_is_not_the_links_stays_where_something_else_changes(made: FakeArm) -> None:
    at_first(made).append("169.254.21.10")
    connect(made, "hq-aws-1-1", "hq", "169.254.22.2")
    other = [{**FULL["instances"][0], "apipa_addresses": ["169.254.21.2", "169.254.21.18"]}, FULL["instances"][1]]
    run(made, instances=other, tags={**FULL["tags"], "a": "b"}, consent=["interrupt"])
    assert at_first(made) == ["169.254.21.2", "169.254.21.10", "169.254.21.18"]


def test_apipa_addresses_that_nobody_uses_move_to_the_other_instance(made: FakeArm) -> None:
    """Killed before its connections, and run again with s2s_vpn_inside_cidrs in another order."""
    one, two = FULL["instances"]
    swapped = [
        {**one, "apipa_addresses": two["apipa_addresses"]}, {**two, "apipa_addresses": one["apipa_addresses"]},
    ]  # fmt: skip
    assert run(made, instances=swapped)["changed"]
    assert at_first(made) == ["169.254.21.6", "169.254.22.6"]


def test_whose_an_apipa_address_is_cannot_be_told_without_the_tags(made: FakeArm) -> None:
    at_first(made).append("169.254.21.10")
    connect(made, "hq-aws", "hq", "169.254.21.10")
    assert run(made, tags={})["changed"] is False


def test_larger_sku_in_place(made: FakeArm) -> None:
    assert run(made, sku="VpnGw3AZ")["gateway"]["sku"] == "VpnGw3AZ"
    assert made.writes() == [("PUT", OWN)]


def test_a_sku_of_the_other_generation_makes_a_new_gateway(made: FakeArm) -> None:
    made[OWN]["properties"]["vpnGatewayGeneration"] = "Generation1"
    with pytest.raises(AzureError) as refusal:
        run(made, sku="VpnGw4AZ")
    assert "in place: the gateway is of Generation1, and VpnGw4AZ exists in Generation2 only" in str(refusal.value)
    assert made.writes() == []
    assert run(made, sku="VpnGw4AZ", consent=["recreate"])["gateway"]["sku"] == "VpnGw4AZ"
    assert made.writes() == [("DELETE", OWN), ("PUT", OWN)]
    assert made[OWN]["properties"]["vpnGatewayGeneration"] == "Generation2"
    assert run(made, sku="VpnGw5AZ")["changed"], "in place now"
    assert made.writes()[2:] == [("PUT", OWN)]


def test_active_standby_becomes_active_active(cloud: FakeArm) -> None:
    run(cloud, active_active=False, instances=FULL["instances"][:1])
    grown = run(cloud, consent=["interrupt"])
    assert [one["ip_configuration"] for one in grown["gateway"]["instances"]] == ["ipconfig1", "ipconfig2"]
    assert not run(cloud)["changed"]


def test_recreated_with_its_own_connections(made: FakeArm) -> None:
    gateway = {"virtualNetworkGateway1": {"id": OWN.upper()}}
    made.add("connections", "hq-aws-1-1", gateway, tags={"s2s_vpn:link": "hq"})
    other = {"virtualNetworkGateway1": {"id": OWN + "x"}}
    made.add("connections", "elsewhere", other, tags={})
    result = run(made, sku="VpnGw1AZ", consent=["recreate"])
    assert result["gateway"]["sku"] == "VpnGw1AZ"
    assert made.writes() == [("DELETE", rid("connections", "hq-aws-1-1")), ("DELETE", OWN), ("PUT", OWN)]


def test_not_recreated_with_somebody_elses_connection(made: FakeArm) -> None:
    made.add("connections", "theirs", {"virtualNetworkGateway1": {"id": OWN}}, tags={})
    with pytest.raises(AzureError, match="theirs"):
        run(made, sku="VpnGw1AZ", consent=["recreate"])
    assert made.writes() == []


def test_recreation_is_foreseen(made: FakeArm) -> None:
    assert run(made, True, sku="VpnGw1AZ", consent=["recreate"])["gateway"]["provisioning_state"] == "Planned"
    assert made.writes() == []


def test_prediction_equals_what_is_built(cloud: FakeArm) -> None:
    planned = run(cloud, True)
    built = run(cloud)
    assert planned["diff"] == built["diff"]
    assert planned["gateway"]["id"] == "planned:hq-vng"
    for key in ("sku", "active_active", "bgp", "asn", "tags", "location", "name"):
        assert planned["gateway"][key] == built["gateway"][key]
    for mine, theirs in zip(planned["gateway"]["instances"], built["gateway"]["instances"], strict=True):
        assert mine["apipa_addresses"] == theirs["apipa_addresses"]
        assert mine["public_ip_address"] == theirs["public_ip_address"]
        assert mine["ip_configuration_id"] == f"planned:{theirs['ip_configuration']}"


def test_addresses_that_are_not_there_yet(cloud: FakeArm) -> None:
    cloud.resources.clear()
    instances = run(cloud, True)["gateway"]["instances"]
    assert [one["public_ip_address"] for one in instances] == ["planned:hq-vng-pip-1", "planned:hq-vng-pip-2"]


def test_join_in_check_mode_on_an_empty_cloud(cloud: FakeArm) -> None:
    nothing = dict.fromkeys(FULL, None) | {"name": "hq-vng"}
    joined = run(cloud, True, **nothing)
    assert not joined["changed"]
    assert joined["gateway"]["id"] == "planned:hq-vng"
    with pytest.raises(AzureError, match="does not exist"):
        run(cloud, **nothing)


def test_check_mode_does_not_wait_for_a_busy_gateway(cloud: FakeArm) -> None:
    run(cloud, wait=False)
    assert not run(cloud, True)["changed"]
    assert cloud.now == 0


@pytest.mark.parametrize("wait", [False, True])
def test_one_that_is_being_deleted_is_made_again(made: FakeArm, wait: bool) -> None:
    made.busy(OWN, 400, "Deleting")
    assert run(made, True)["gateway"]["provisioning_state"] == "Planned"
    assert run(made, wait=wait)["changed"]
    assert made.now >= 400


def test_foreign_names_of_ip_configurations_are_recognised_by_address(made: FakeArm) -> None:
    properties = made[OWN]["properties"]
    for one, name in zip(properties["ipConfigurations"], ("default", "activeActive"), strict=True):
        one["name"], one["id"] = name, f"{OWN}/ipConfigurations/{name}"
    for one, name in zip(properties["bgpSettings"]["bgpPeeringAddresses"], ("default", "activeActive"), strict=True):
        one["ipconfigurationId"] = f"{OWN}/ipConfigurations/{name}"
    assert not run(made)["changed"]


def test_an_adopted_gateway_is_taken_in_its_own_order(made: FakeArm) -> None:
    """Only its APIPA addresses are wished for: it has names of its own."""
    properties = made[OWN]["properties"]
    for number, one in enumerate(properties["ipConfigurations"]):
        one["name"] = f"theirs{number}"
        properties["bgpSettings"]["bgpPeeringAddresses"][number]["ipconfigurationId"] = (
            f"{OWN}/ipConfigurations/theirs{number}"
        )
    wish = [{"apipa_addresses": ["169.254.21.10"]}, {"apipa_addresses": ["169.254.21.14"]}]
    result = run(made, instances=wish, keep_apipa=True, tags={}, sku=None)
    added = [one["apipa_addresses"][-1:] for one in result["diff"]["after"]["instances"]]
    assert len(made[OWN]["properties"]["ipConfigurations"]) == 2
    assert [one["ip_configuration"] for one in result["gateway"]["instances"]] == ["theirs0", "theirs1"]
    assert added != [[], []]
    last = [one["customBgpIpAddresses"] for one in made[OWN]["properties"]["bgpSettings"]["bgpPeeringAddresses"]]
    assert ["169.254.21.10" in last[0], "169.254.21.14" in last[1]] == [True, True]


def test_failed_while_made(cloud: FakeArm) -> None:
    cloud.failing[OWN.lower()] = {"code": "OutOfCapacity", "message": "No room."}
    with pytest.raises(AzureError, match=r"OutOfCapacity: No room"):
        run(cloud)
    cloud.failing.clear()
    repaired = run(cloud)
    assert repaired["changed"]
    assert "sent again" in repaired["warnings"][0]
    assert repaired["gateway"]["provisioning_state"] == "Succeeded"
    assert not run(cloud)["changed"]


def test_one_that_was_never_finished_has_no_asn_and_clients_to_keep(made: FakeArm) -> None:
    made[OWN]["properties"]["provisioningState"] = "Failed"
    made[OWN]["properties"]["bgpSettings"]["asn"] = 0
    shown = {"vpnClientProtocols": ["OpenVPN", "IkeV2"], "radiusServers": [], "vpnClientRootCertificates": []}
    made[OWN]["properties"]["vpnClientConfiguration"] = shown
    assert run(made)["changed"]
    assert made[OWN]["properties"]["bgpSettings"]["asn"] == 65515
    assert "vpnClientConfiguration" not in made[OWN]["properties"], "nobody asked for point-to-site"


def test_timeout_says_how_to_go_on(cloud: FakeArm) -> None:
    with pytest.raises(AzureError, match="Run it again"):
        run(cloud, wait_timeout=100)
    assert not run(cloud)["changed"]


def test_a_busy_answer_is_waited_for(made: FakeArm) -> None:
    made.fault("PUT", "hq-vng", error(429, "RetryableError", "Busy.", retry_after="10"), times=3)
    made.fault("PUT", "hq-vng", error(409, "AnotherOperationInProgress"), times=2)
    assert run(made, tags={"a": "b"})["changed"]


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("wait", [False, True])
def test_absent(made: FakeArm, check_mode: bool, wait: bool) -> None:
    result = run(made, check_mode, state="absent", wait=wait)
    assert result["changed"]
    assert made.writes() == ([] if check_mode else [("DELETE", OWN)])
    if not check_mode:
        again = run(made, state="absent")
        assert not again["changed"]
        assert OWN.lower() not in made.resources


def test_absent_already(cloud: FakeArm) -> None:
    assert run(cloud, state="absent") == {"changed": False, "gateway": {}}


def test_absent_waits_for_a_gateway_that_is_made(cloud: FakeArm) -> None:
    run(cloud, wait=False)
    run(cloud, state="absent")
    assert cloud.now >= 1200
    assert OWN.lower() not in cloud.resources


def test_info(made: FakeArm) -> None:
    (one,) = info.read(made.arm(), filled(info.ARGUMENTS, name="hq-vng"), False)["gateways"]
    assert one["asn"] == 65515
    (listed,) = info.read(made.arm(), filled(info.ARGUMENTS, tags={"s2s_vpn:link": "hq"}), False)["gateways"]
    assert listed == one
    assert info.read(made.arm(), filled(info.ARGUMENTS, tags={"s2s_vpn:link": "no"}), False)["gateways"] == []
    assert info.read(made.arm(), filled(info.ARGUMENTS, name="none"), False)["gateways"] == []
    assert info.read(made.arm(), {**filled(info.ARGUMENTS), "resource_group": "none"}, False)["gateways"] == []


def test_a_placeholder_is_refused_outside_check_mode(cloud: FakeArm) -> None:
    instances = [{"public_ip_id": words.planned("pip")}, {"public_ip_id": words.planned("pip2")}]
    with pytest.raises(AzureError, match="placeholder"):
        run(cloud, instances=instances)
    assert run(cloud, True, instances=instances)["changed"]
