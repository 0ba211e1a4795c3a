"""VPN connections: options kept, order, states, changes."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

OUTSIDE = "vpn_gateway/tunnel_outside_address/ip_address"
ASKED = (
    {
        "TunnelInsideCidr": "169.254.21.0/30",
        "PreSharedKey": "Invented.key_1",
        "Phase1EncryptionAlgorithms": [{"Value": "AES256"}],
        "Phase1IntegrityAlgorithms": [{"Value": "SHA2-256"}],
        "Phase1DHGroupNumbers": [{"Value": 14}],
        "Phase2EncryptionAlgorithms": [{"Value": "AES256-GCM-16"}],
        "Phase2IntegrityAlgorithms": [{"Value": "SHA2-256"}],
        "Phase2DHGroupNumbers": [{"Value": 14}],
        "IKEVersions": [{"Value": "ikev2"}],
        "StartupAction": "start",
        "DPDTimeoutSeconds": 45,
        "DPDTimeoutAction": "restart",
    },
    {"TunnelInsideCidr": "169.254.22.0/30"},
)


def by_document(connection):
    root = ElementTree.fromstring(connection["CustomerGatewayConfiguration"].encode())
    return {tunnel.findtext(OUTSIDE): tunnel for tunnel in root.findall("ipsec_tunnel")}


def test_options_are_kept_in_the_order_asked(aws):
    first, second = aws.connect(*ASKED)["Options"]["TunnelOptions"]
    assert [first["TunnelInsideCidr"], second["TunnelInsideCidr"]] == ["169.254.21.0/30", "169.254.22.0/30"]
    for name, value in ASKED[0].items():
        assert first[name.replace("DPD", "Dpd").replace("IKE", "Ike")] == value
    assert re.fullmatch(r"[A-Za-z1-9._][A-Za-z0-9._]{31}", second["PreSharedKey"])


def test_document_and_options_agree_by_address_not_by_place(aws):
    gateway = aws.vgw()
    same_order = []
    for number in range(1, 7):
        made = aws.connect(CustomerGatewayId=aws.cgw(f"192.0.2.{number}"), VpnGatewayId=gateway)
        document, options = by_document(made), made["Options"]["TunnelOptions"]
        for option in options:
            tunnel = document[option["OutsideIpAddress"]]
            assert tunnel.findtext("ike/pre_shared_key") == option["PreSharedKey"]
            inside = tunnel.findtext("vpn_gateway/tunnel_inside_address/ip_address")
            assert inside.rpartition(".")[0] == option["TunnelInsideCidr"].rpartition(".")[0]
        numeric = sorted(document, key=lambda address: [int(part) for part in address.split(".")])
        assert list(document) == numeric
        assert [one["OutsideIpAddress"] for one in made["VgwTelemetry"]] == numeric
        same_order.append(list(document) == [one["OutsideIpAddress"] for one in options])
    assert same_order == [False, True, False, True, False, True]


def test_outside_addresses_are_documentation_ones_and_unique(aws):
    gateway, seen = aws.vgw(), []
    for number in range(1, 6):
        made = aws.connect(CustomerGatewayId=aws.cgw(f"192.0.2.{number}"), VpnGatewayId=gateway)
        seen += [one["OutsideIpAddress"] for one in made["Options"]["TunnelOptions"]]
    assert len(set(seen)) == 10
    assert all(address.startswith(("198.51.100.", "203.0.113.")) for address in seen)


def test_keys_that_aws_makes(aws):
    gateway, keys = aws.vgw(), []
    for number in range(1, 6):
        made = aws.connect(CustomerGatewayId=aws.cgw(f"192.0.2.{number}"), VpnGatewayId=gateway)
        keys += [one["PreSharedKey"] for one in made["Options"]["TunnelOptions"]]
    assert len(set(keys)) == 10
    assert all(re.fullmatch(r"[A-Za-z1-9._][A-Za-z0-9._]{31}", key) for key in keys)
    assert {key[0] == "." for key in keys} == {True, False}
    assert any(key[0].isdigit() for key in keys)


def test_states_on_the_clock(aws):
    made = aws.client().create_vpn_connection(Type="ipsec.1", CustomerGatewayId=aws.cgw(), VpnGatewayId=aws.vgw())[
        "VpnConnection"
    ]
    name = made["VpnConnectionId"]
    assert made["State"] == "pending"
    assert made["CustomerGatewayConfiguration"]
    aws.step(240)
    assert aws.connection(name)["State"] == "available"
    address = made["Options"]["TunnelOptions"][0]["OutsideIpAddress"]
    aws.client().replace_vpn_tunnel(VpnConnectionId=name, VpnTunnelOutsideIpAddress=address)
    assert aws.connection(name)["State"] == "modifying"
    assert "CustomerGatewayConfiguration" not in aws.connection(name)
    aws.step(300)
    aws.client().delete_vpn_connection(VpnConnectionId=name)
    assert aws.connection(name)["State"] == "deleting"
    aws.step(60)
    gone = aws.connection(name)
    assert gone["State"] == "deleted"
    assert not gone.get("VgwTelemetry")
    assert "CustomerGatewayConfiguration" not in gone
    assert not gone["Options"].get("TunnelOptions")
    code, _text = aws.refused("delete_vpn_connection", VpnConnectionId=name)
    assert code == "InvalidVpnConnectionID.NotFound"
    aws.step()
    assert not aws.client().describe_vpn_connections()["VpnConnections"]


def test_one_tunnel_is_changed_and_keeps_its_address(aws):
    made = aws.connect(*ASKED)
    first, second = made["Options"]["TunnelOptions"]
    aws.control("POST", "telemetry", {one["OutsideIpAddress"]: {"status": "UP"} for one in (first, second)})
    changed = aws.client().modify_vpn_tunnel_options(
        VpnConnectionId=made["VpnConnectionId"],
        VpnTunnelOutsideIpAddress=second["OutsideIpAddress"],
        TunnelOptions={"PreSharedKey": "another.key", "DPDTimeoutSeconds": 60},
    )["VpnConnection"]
    assert changed["State"] == "modifying"
    status = {one["OutsideIpAddress"]: one["Status"] for one in changed["VgwTelemetry"]}
    assert status == {first["OutsideIpAddress"]: "UP", second["OutsideIpAddress"]: "DOWN"}
    busy = {"VpnConnectionId": made["VpnConnectionId"], "VpnTunnelOutsideIpAddress": first["OutsideIpAddress"]}
    code, _text = aws.refused("modify_vpn_tunnel_options", **busy, TunnelOptions={"DPDTimeoutSeconds": 60})
    assert code == "IncorrectState"
    aws.step(300)
    now = aws.connection(made["VpnConnectionId"])
    assert now["State"] == "available"
    assert {one["Status"] for one in now["VgwTelemetry"]} == {"UP"}
    assert now["Options"]["TunnelOptions"][0] == first
    after = now["Options"]["TunnelOptions"][1]
    assert (after["OutsideIpAddress"], after["PreSharedKey"]) == (second["OutsideIpAddress"], "another.key")
    assert by_document(now)[after["OutsideIpAddress"]].findtext("ike/pre_shared_key") == "another.key"


def test_lifecycle_control_without_replacement(aws):
    made = aws.connect()
    one = {
        "VpnConnectionId": made["VpnConnectionId"],
        "VpnTunnelOutsideIpAddress": made["Options"]["TunnelOptions"][0]["OutsideIpAddress"],
    }
    both = {"EnableTunnelLifecycleControl": True, "DPDTimeoutSeconds": 60}
    code, _text = aws.refused("modify_vpn_tunnel_options", **one, TunnelOptions=both, SkipTunnelReplacement=True)
    assert code == "InvalidParameterCombination"
    changed = aws.client().modify_vpn_tunnel_options(
        **one, TunnelOptions={"EnableTunnelLifecycleControl": True}, SkipTunnelReplacement=True
    )["VpnConnection"]
    assert changed["State"] == "available"
    assert changed["Options"]["TunnelOptions"][0]["EnableTunnelLifecycleControl"] is True
    status = aws.client().get_vpn_tunnel_replacement_status(**one)
    assert status["MaintenanceDetails"]["PendingMaintenance"] == "None"


def test_a_pending_maintenance_is_applied_by_a_replacement_that_asks_for_it(aws):
    made = aws.connect()
    first, second = (one["OutsideIpAddress"] for one in made["Options"]["TunnelOptions"])
    aws.control("POST", "maintenance", {"addresses": [first]})

    def pending(address):
        status = aws.client().get_vpn_tunnel_replacement_status(
            VpnConnectionId=made["VpnConnectionId"], VpnTunnelOutsideIpAddress=address
        )
        return status["MaintenanceDetails"]

    assert pending(first)["PendingMaintenance"] == "Available"
    assert "MaintenanceAutoAppliedAfter" in pending(first)
    assert pending(second)["PendingMaintenance"] == "None"
    one = {"VpnConnectionId": made["VpnConnectionId"], "VpnTunnelOutsideIpAddress": first}
    aws.client().replace_vpn_tunnel(**one)
    aws.step(300)
    assert pending(first)["PendingMaintenance"] == "Available"
    aws.client().replace_vpn_tunnel(**one, ApplyPendingMaintenance=True)
    assert pending(first)["PendingMaintenance"] == "None"
    assert "LastMaintenanceApplied" in pending(first)


def test_moving_to_another_gateway(aws):
    made = aws.connect()
    moved = aws.client().modify_vpn_connection(
        VpnConnectionId=made["VpnConnectionId"], CustomerGatewayId=aws.cgw("192.0.2.9"), VpnGatewayId=aws.vgw()
    )["VpnConnection"]
    assert moved["State"] == "modifying"
    assert moved["VpnGatewayId"] != made["VpnGatewayId"]
    aws.step(300)
    document = by_document(aws.connection(made["VpnConnectionId"]))
    customer = "customer_gateway/tunnel_outside_address/ip_address"
    assert {one.findtext(customer) for one in document.values()} == {"192.0.2.9"}


@pytest.mark.parametrize(
    ("action", "asked", "code"),
    [
        ("modify_vpn_connection", {}, "MissingParameter"),
        ("modify_vpn_connection", {"CustomerGatewayId": "cgw-0"}, "InvalidCustomerGatewayID.NotFound"),
        ("modify_vpn_connection", {"CustomerGatewayId": "deleted"}, "InvalidCustomerGatewayState"),
        (
            "modify_vpn_connection",
            {"CustomerGatewayId": "other", "VpnGatewayId": "vgw-0"},
            "InvalidVpnGatewayID.NotFound",
        ),
        ("modify_vpn_connection_options", {}, "MissingParameter"),
        ("modify_vpn_connection_options", {"LocalIpv4NetworkCidr": "fd00::/8"}, "InvalidParameterValue"),
        ("modify_vpn_connection_options", {"LocalIpv6NetworkCidr": "fd00::/8"}, "InvalidParameterValue"),
    ],
)
def test_changes_that_are_refused_change_nothing(aws, action, asked, code):
    made = aws.connect()
    known = {"deleted": aws.cgw("192.0.2.8"), "other": aws.cgw("192.0.2.9")}
    aws.client().delete_customer_gateway(CustomerGatewayId=known["deleted"])
    named = {name: known.get(value, value) for name, value in asked.items()}
    assert aws.refused(action, VpnConnectionId=made["VpnConnectionId"], **named)[0] == code
    assert aws.connection(made["VpnConnectionId"]) == made


def test_moving_to_a_transit_gateway(aws):
    transit = aws.client().create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    made = aws.connect(Options={"StaticRoutesOnly": True})
    one, cidr = {"VpnConnectionId": made["VpnConnectionId"]}, {"DestinationCidrBlock": "10.1.0.0/16"}
    aws.client().create_vpn_connection_route(**one, **cidr)
    assert aws.refused("modify_vpn_connection", **one, TransitGatewayId=transit)[0] == "InvalidParameterCombination"
    aws.client().delete_vpn_connection_route(**one, **cidr)
    aws.step(10)
    moved = aws.client().modify_vpn_connection(**one, TransitGatewayId=transit)["VpnConnection"]
    assert (moved["TransitGatewayId"], "VpnGatewayId" in moved) == (transit, False)
    aws.step(300)
    assert aws.refused("create_vpn_connection_route", **one, **cidr)[0] == "UnsupportedOperation"
    found = aws.client().describe_transit_gateway_attachments()["TransitGatewayAttachments"]
    assert [(each["ResourceId"], each["ResourceType"]) for each in found] == [(made["VpnConnectionId"], "vpn")]


def test_traffic_selectors_change(aws):
    made = aws.connect()
    changed = aws.client().modify_vpn_connection_options(
        VpnConnectionId=made["VpnConnectionId"], LocalIpv4NetworkCidr="10.1.0.0/16"
    )["VpnConnection"]
    assert (changed["State"], changed["Options"]["LocalIpv4NetworkCidr"]) == ("modifying", "10.1.0.0/16")
    assert {one["Status"] for one in changed["VgwTelemetry"]} == {"DOWN"}


def test_creating_is_idempotent_within_a_gateway(aws):
    cgw, vgw = aws.cgw(), aws.vgw()
    first = aws.connect(CustomerGatewayId=cgw, VpnGatewayId=vgw)
    again = aws.connect(*ASKED, CustomerGatewayId=cgw, VpnGatewayId=vgw)
    assert first["VpnConnectionId"] == again["VpnConnectionId"]
    twin = aws.cgw(DeviceName="twin")
    code, _text = aws.refused("create_vpn_connection", Type="ipsec.1", CustomerGatewayId=twin, VpnGatewayId=vgw)
    assert code == "InvalidCustomerGateway.DuplicateIpAddress"
    aws.client().delete_vpn_connection(VpnConnectionId=first["VpnConnectionId"])
    assert aws.connect(CustomerGatewayId=cgw, VpnGatewayId=vgw)["VpnConnectionId"] != first["VpnConnectionId"]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("tag:Name", "hq-1", True),
        ("tag:Name", "hq-*", True),
        ("tag:Name", "HQ-1", False),
        ("tag-key", "Name", True),
        ("state", "available", True),
        ("state", "deleted", False),
        ("bgp-asn", "65515", True),
        ("option.static-routes-only", "false", True),
        ("option.static-routes-only", "true", False),
        ("type", "ipsec.1", True),
        ("vpn-connection-id", "vpn-*", True),
        ("customer-gateway-configuration", "*169.254.21.2*", True),
        ("transit-gateway-id", "tgw-*", False),
    ],
)
def test_filters(aws, name, value, found):
    aws.connect(*ASKED, TagSpecifications=aws.tags("vpn-connection", Name="hq-1"))
    answer = aws.client().describe_vpn_connections(Filters=[{"Name": name, "Values": [value, "nothing"]}])
    assert bool(answer["VpnConnections"]) is found


def test_unknown_filter(aws):
    code, text = aws.refused("describe_vpn_connections", Filters=[{"Name": "colour", "Values": ["red"]}])
    assert (code, text) == ("InvalidParameterValue", "The filter 'colour' is invalid")


@pytest.mark.parametrize("action", ["describe_vpn_connections", "describe_vpn_gateways", "describe_vpcs"])
def test_a_filter_without_a_name(aws, action):
    refusal = ("InvalidParameterValue", "The filter 'null' is invalid")
    assert aws.refused(action, Filters=[{"Name": "state", "Values": ["x"]}, {"Values": ["x"]}]) == refusal


def test_tags_of_another_kind(aws):
    wrong = {"TagSpecifications": aws.tags("vpc", Name="x"), "CustomerGatewayId": aws.cgw(), "VpnGatewayId": aws.vgw()}
    code, _text = aws.refused("create_vpn_connection", Type="ipsec.1", **wrong)
    assert code.startswith("InvalidParameter")


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["aws:cost"], "Tag keys starting with 'aws:' are reserved for internal use"),
        (["AWS:cost"], "Tag keys starting with 'aws:' are reserved for internal use"),
        (["Name", "Name"], "Duplicate tag key 'Name' specified."),
    ],
)
def test_tags_that_are_refused(aws, keys, text):
    tags = [{"Key": key, "Value": "x"} for key in keys]
    specified = {"TagSpecifications": [{"ResourceType": "vpc", "Tags": tags}]}
    assert aws.refused("create_vpc", CidrBlock="10.2.0.0/16", **specified) == ("InvalidParameterValue", text)
    gateway = {"TagSpecifications": [{"ResourceType": "vpn-gateway", "Tags": tags}]}
    assert aws.refused("create_vpn_gateway", Type="ipsec.1", **gateway) == ("InvalidParameterValue", text)
    made = aws.vgw()
    code, later = aws.refused("create_tags", Resources=[made], Tags=tags)
    assert (code, later.endswith(text)) == ("InvalidParameterValue", True)
    assert not any(one["Tags"] for one in aws.client().describe_vpn_gateways()["VpnGateways"])


def test_what_is_not_emulated(aws):
    made = aws.connect()
    one = {
        "VpnConnectionId": made["VpnConnectionId"],
        "VpnTunnelOutsideIpAddress": made["Options"]["TunnelOptions"][0]["OutsideIpAddress"],
    }
    assert aws.refused("modify_vpn_tunnel_certificate", **one)[0] == "UnsupportedOperation"


def test_download_of_the_configuration(aws):
    made, types = aws.connect(), aws.client().get_vpn_connection_device_types()["VpnConnectionDeviceTypes"]
    which = {
        "VpnConnectionId": made["VpnConnectionId"],
        "VpnConnectionDeviceTypeId": types[0]["VpnConnectionDeviceTypeId"],
    }
    text = aws.client().get_vpn_connection_device_sample_configuration(**which)[
        "VpnConnectionDeviceSampleConfiguration"
    ]
    for tunnel in made["Options"]["TunnelOptions"]:
        assert tunnel["OutsideIpAddress"] in text
        assert tunnel["PreSharedKey"] in text
    for wrong in ({"VpnConnectionDeviceTypeId": "00000000"}, {"InternetKeyExchangeVersion": "ikev3"}):
        refused = aws.refused("get_vpn_connection_device_sample_configuration", **(which | wrong))
        assert refused[0] == "InvalidParameterValue"
