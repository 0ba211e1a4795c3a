"""EC2's words: requests, answers, differences."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2, keys

TUNNEL = {
    "outside_address": "198.51.100.1",
    "inside_cidr": "169.254.21.0/30",
    "phase1_encryption": ["AES128", "AES256"],
    "ike_versions": ["ikev2"],
    "dpd_timeout_seconds": 45,
    "lifecycle_control": True,
}


@pytest.fixture(scope="module")
def model():
    client = boto3.client("ec2", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="y")
    return client.meta.service_model


# --- tunnel options

FULL = {
    "inside_cidr": "169.254.21.0/30",
    "inside_ipv6_cidr": "fd00::/126",
    "phase1_encryption": ["AES256"],
    "phase1_integrity": ["SHA2-256"],
    "phase1_dh_groups": [14],
    "phase1_lifetime_seconds": 28000,
    "phase2_encryption": ["AES256-GCM-16"],
    "phase2_integrity": ["SHA2-256"],
    "phase2_dh_groups": [14, 19],
    "phase2_lifetime_seconds": 3500,
    "phase1_additional_key_exchanges": [{"round": 1, "methods": [36, 35], "requirement": "optional"}],
    "phase2_additional_key_exchanges": [{"round": 1, "methods": [35], "requirement": "required"}],
    "rekey_margin_seconds": 300,
    "rekey_fuzz_percent": 50,
    "replay_window_size": 512,
    "dpd_timeout_seconds": 45,
    "dpd_timeout_action": "restart",
    "ike_versions": ["ikev2"],
    "startup_action": "start",
    "lifecycle_control": True,
    "log_options": {"enabled": True, "log_group_arn": "arn:aws:logs:eu-central-1:123456789012:log-group:vpn"},
}


def test_every_option_of_ec2_is_known(model):
    for shape in ("VpnTunnelOptionsSpecification", "ModifyVpnTunnelOptionsSpecification"):
        sent = set(ec2.tunnel_request(FULL, "an_invented_key"))
        assert sent == set(model.shape_for(shape).members)
    shown = set(model.shape_for("TunnelOption").members) - {"OutsideIpAddress", "PreSharedKey", "LogOptions"}
    assert shown == {option.response for option in ec2.TUNNEL_OPTIONS}
    logs = set(model.shape_for("CloudWatchLogOptionsSpecification").members)
    assert logs == {spelled for spelled, _default in ec2.LOG_OPTIONS.values()}


def test_a_request_read_as_an_answer_is_no_change():
    answer = {**ec2.tunnel_request(FULL)}
    for option in ec2.TUNNEL_OPTIONS:
        answer[option.response] = answer.pop(option.request)
    assert ec2.changed_options(FULL, ec2.tunnel_options(answer)) == {}


@pytest.mark.parametrize(
    ("wanted", "changes"),
    [
        ({}, {}),
        ({"phase1_encryption": None}, {}),
        ({"phase1_encryption": []}, {}),
        ({"phase1_encryption": ["AES256", "AES128"]}, {}),
        ({"phase1_encryption": ["AES256"]}, {"phase1_encryption": (["AES128", "AES256"], ["AES256"])}),
        ({"phase2_dh_groups": [14]}, {"phase2_dh_groups": (None, [14])}),
        ({"dpd_timeout_seconds": 30}, {"dpd_timeout_seconds": (45, 30)}),
        ({"lifecycle_control": False}, {"lifecycle_control": (True, False)}),
        # Absent is AWS's default.
        ({"startup_action": "add", "dpd_timeout_action": "clear", "phase1_lifetime_seconds": 28800}, {}),
        ({"startup_action": "start"}, {"startup_action": (None, "start")}),
        ({"phase2_additional_key_exchanges": []}, {}),
        ({"log_options": {"enabled": False}}, {}),
        ({"log_options": {"enabled": True, "log_group_arn": None}}, {"log_options.enabled": (False, True)}),
    ],
)
def test_changed_options(wanted, changes):
    assert ec2.changed_options(wanted, TUNNEL) == changes


def test_both_ike_versions_are_the_default():
    assert ec2.changed_options({"ike_versions": ["ikev2", "ikev1"]}, {}) == {}
    assert ec2.changed_options({"ike_versions": ["ikev2"]}, {}) == {"ike_versions": (None, ["ikev2"])}


OTHER = {"outside_address": "198.51.100.0", "inside_cidr": "169.254.22.0/30"}


@pytest.mark.parametrize(
    ("wanted", "outside"),
    [
        (["169.254.21.0/30", "169.254.22.0/30"], ["198.51.100.1", "198.51.100.0"]),
        (["169.254.22.0/30"], ["198.51.100.0"]),
        (["169.254.22.0/30", "169.254.23.0/30"], ["198.51.100.0", "198.51.100.1"]),
        (["169.254.23.0/30", "169.254.24.0/30"], ["198.51.100.0", "198.51.100.1"]),
    ],
)
def test_tunnels_pair_by_inside_cidr(wanted, outside):
    for current in ([TUNNEL, OTHER], [OTHER, TUNNEL]):
        pairs = ec2.pair_tunnels([{"inside_cidr": cidr} for cidr in wanted], current)
        assert [have["outside_address"] for _want, have in pairs] == outside


def test_all_changes_of_a_tunnel_are_one_request_and_the_key_is_not_shown():
    [change] = ec2.tunnel_changes(
        [
            {
                "inside_cidr": "169.254.21.0/30",
                "dpd_timeout_seconds": 60,
                "startup_action": "start",
                "rekey_fuzz_percent": 100,
            }
        ],
        [OTHER, TUNNEL],
        {"169.254.21.0/30": "the_invented_new_key"},
        {"198.51.100.1": "the_invented_old_key", "198.51.100.0": "another_invented_key"},
        keys.fingerprint,
    )
    assert change.request == {
        "DPDTimeoutSeconds": 60,
        "StartupAction": "start",
        "PreSharedKey": "the_invented_new_key",
    }
    assert change.names == ["dpd_timeout_seconds", "startup_action", "pre_shared_key"]
    assert change.options["dpd_timeout_seconds"] == (45, 60)
    assert change.key is not None
    assert change.key[0] != change.key[1]
    assert "invented" not in f"{change!r}{change}"


@pytest.mark.parametrize("current", ["the_same_invented_key", None])
def test_a_key_that_is_right_or_not_shown_is_left_alone(current):
    given = {"169.254.21.0/30": "the_same_invented_key"}
    assert ec2.tunnel_changes([], [TUNNEL], given, {"198.51.100.1": current}, keys.fingerprint) == []


# --- tags, gateways, routes


@pytest.mark.parametrize(
    ("name", "tags", "identity"),
    [
        ("a", {"s2s_vpn:id": "1", "cost": "x"}, {"s2s_vpn:id": "1", "Name": "a"}),
        ("a", {"cost": "x"}, {"cost": "x", "Name": "a"}),
        (None, {"s2s_vpn:id": "1"}, {"s2s_vpn:id": "1"}),
        ("a", None, {"Name": "a"}),
        (None, None, {}),
    ],
)
def test_identity(name, tags, identity):
    assert ec2.identity(name, tags) == identity


@pytest.mark.parametrize(
    ("asn", "member"),
    [(65515, "BgpAsn"), (2147483647, "BgpAsn"), (2147483648, "BgpAsnExtended"), (4294967294, "BgpAsnExtended")],
)
def test_customer_gateway_asn(asn, member):
    request = ec2.customer_gateway_request("192.0.2.1", asn, "hq-azure-1", {"Name": "x"})
    assert request[member] == asn
    assert {"BgpAsn", "BgpAsnExtended"} & set(request) == {member}
    assert request["DeviceName"] == "hq-azure-1"
    assert ec2.customer_asn({member: str(asn)}) == asn


def test_route_changes():
    current = [
        {"DestinationCidrBlock": "10.1.0.0/16", "State": "available"},
        {"DestinationCidrBlock": "10.9.0.0/16", "State": "pending"},
        {"DestinationCidrBlock": "10.3.0.0/16", "State": "deleted"},
    ]
    assert ec2.route_changes(current, ["10.1.0.0/16", "10.3.0.0/16"]) == (["10.3.0.0/16"], ["10.9.0.0/16"])


@pytest.mark.parametrize(
    ("attachments", "expected"),
    [
        ([], (None, None)),
        ([{"VpcId": "vpc-1", "State": "detached"}], (None, None)),
        ([{"VpcId": "vpc-1", "State": "detached"}, {"VpcId": "vpc-2", "State": "attaching"}], ("vpc-2", "attaching")),
    ],
)
def test_attachment(attachments, expected):
    assert ec2.attachment({"VpcAttachments": attachments}) == expected


# --- status


@pytest.mark.parametrize(
    ("tunnel", "message", "state"),
    [
        ("up", "1 BGP ROUTES", "connected"),
        ("down", "IPSEC IS UP", "connecting"),
        ("down", "IPSEC IS DOWN", "idle"),
        ("unknown", "", "unknown"),
    ],
)
def test_session_state(tunnel, message, state):
    assert ec2.session_state(tunnel, message) == state


def test_status_of_a_link():
    connection = {
        "VpnConnectionId": "vpn-1",
        "VpnGatewayId": "vgw-1",
        "State": "available",
        "Tags": [{"Key": "Name", "Value": "hq-1"}],
        "Options": {
            "StaticRoutesOnly": False,
            "TunnelOptions": [
                {"OutsideIpAddress": "198.51.100.2", "TunnelInsideCidr": "169.254.22.0/30"},
                {"OutsideIpAddress": "198.51.100.1", "TunnelInsideCidr": "169.254.21.0/30"},
            ],
        },
        "VgwTelemetry": [
            {
                "OutsideIpAddress": "198.51.100.1",
                "Status": "UP",
                "StatusMessage": "1 BGP ROUTES",
                "AcceptedRouteCount": 1,
            }
        ],
    }
    learned = {"DestinationCidrBlock": "10.1.0.0/16", "GatewayId": "vgw-1", "Origin": "EnableVgwRoutePropagation"}
    by_hand = {"DestinationCidrBlock": "10.9.0.0/16", "GatewayId": "vgw-1", "Origin": "CreateRoute"}
    status = ec2.link_status([connection], [{"Routes": [learned, by_hand]}, {"Routes": [learned]}])
    assert (status.cloud, status.gateway) == ("aws", "vgw-1")
    assert [(one.inside_cidr, one.status, one.routes) for one in status.tunnels] == [
        ("169.254.21.0/30", "up", 1),
        ("169.254.22.0/30", "unknown", None),
    ]
    assert [(one.peer_address, one.state) for one in status.bgp_peers] == [
        ("169.254.21.2", "connected"),
        ("169.254.22.2", "unknown"),
    ]
    assert [(one.prefix, one.next_hop, one.origin) for one in status.learned_routes] == [
        ("10.1.0.0/16", "vgw-1", "bgp")
    ]


def test_an_unreadable_answer_is_said_without_a_key():
    connection = {
        "VpnConnectionId": "vpn-1",
        "CustomerGatewayConfiguration": "<vpn_connection><pre_shared_key>invented_key",
    }
    with pytest.raises(ec2.Unreadable) as raised:
        ec2.connection_tunnels(connection)
    assert "invented_key" not in str(raised.value)


@pytest.mark.parametrize(
    ("details", "due"),
    [
        ({}, False),
        ({"PendingMaintenance": "None"}, False),
        ({"PendingMaintenance": "none"}, False),
        ({"PendingMaintenance": "Available"}, True),
        ({"PendingMaintenance": "available", "MaintenanceAutoAppliedAfter": "2026-01-01"}, True),
        ({"PendingMaintenance": "Applied"}, None),
        ({"PendingMaintenance": "true"}, None),
    ],
)
def test_maintenance_in_the_words_of_aws(details, due):
    assert ec2.maintenance_due(details) is due
