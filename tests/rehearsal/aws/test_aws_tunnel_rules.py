"""AWS's rules for tunnel options, one row each."""

from __future__ import annotations

import pytest

VALUE, COMBINATION = "InvalidParameterValue", "InvalidParameterCombination"


LOG_GROUP = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/vendedlogs/s2s_vpn/hq"


def logs(**options):
    return {"LogOptions": {"CloudWatchLogOptions": options}}


def test_log_options_have_defaults_and_change_one_by_one(aws):
    made = aws.connect(logs(LogEnabled=True, LogGroupArn=LOG_GROUP))
    first, second = made["Options"]["TunnelOptions"]
    ike = {"LogEnabled": True, "LogGroupArn": LOG_GROUP, "LogOutputFormat": "json"}
    assert first["LogOptions"]["CloudWatchLogOptions"] == {**ike, "BgpLogEnabled": False}
    assert second["LogOptions"]["CloudWatchLogOptions"] == {"LogEnabled": False, "BgpLogEnabled": False}
    one = {"VpnConnectionId": made["VpnConnectionId"], "VpnTunnelOutsideIpAddress": first["OutsideIpAddress"]}
    bgp = {"BgpLogEnabled": True, "BgpLogGroupArn": LOG_GROUP + ":*", "BgpLogOutputFormat": "text"}
    changed = aws.client().modify_vpn_tunnel_options(**one, TunnelOptions=logs(**bgp))["VpnConnection"]
    assert changed["Options"]["TunnelOptions"][0]["LogOptions"]["CloudWatchLogOptions"] == ike | bgp


@pytest.mark.parametrize("key", ["eight_._", "1" * 8, ".starts.with.a.dot", "a" * 64])
def test_good_keys(aws, key):
    assert aws.connect({"PreSharedKey": key})["Options"]["TunnelOptions"][0]["PreSharedKey"] == key


@pytest.mark.parametrize(
    "key", ["seven__", "a" * 65, "0leading.zero", "has space", "plus+plus", "slash/slash", "hyphen-ed", "é" * 8]
)
def test_bad_keys(aws, key):
    refusal = _refused(aws, {"PreSharedKey": key})
    assert refusal == (VALUE, "Value for parameter PreSharedKey is invalid.")


@pytest.mark.parametrize(
    "options",
    [
        {"TunnelInsideCidr": "169.254.21.0/29"},
        {"TunnelInsideCidr": "169.254.21.1/30"},
        {"TunnelInsideCidr": "10.0.0.0/30"},
        {"TunnelInsideCidr": "nonsense"},
        *({"TunnelInsideCidr": f"169.254.{third}.0/30"} for third in range(6)),
        {"TunnelInsideCidr": "169.254.169.252/30"},
        {"Phase1LifetimeSeconds": 899},
        {"Phase1LifetimeSeconds": 28801},
        {"Phase2LifetimeSeconds": 899},
        {"Phase2LifetimeSeconds": 3601},
        {"Phase1LifetimeSeconds": 3600},
        {"Phase1LifetimeSeconds": 1800, "Phase2LifetimeSeconds": 1800},
        {"RekeyMarginTimeSeconds": 59},
        {"RekeyMarginTimeSeconds": 1801},
        {"Phase2LifetimeSeconds": 900, "RekeyMarginTimeSeconds": 451},
        {"RekeyFuzzPercentage": 101},
        {"ReplayWindowSize": 63},
        {"ReplayWindowSize": 2049},
        {"DPDTimeoutSeconds": 29},
        {"DPDTimeoutAction": "ignore"},
        {"StartupAction": "begin"},
        {"IKEVersions": [{"Value": "ikev3"}]},
        {"Phase1EncryptionAlgorithms": [{"Value": "AES192"}]},
        {"Phase2EncryptionAlgorithms": [{"Value": "GCMAES256"}]},
        {"Phase1IntegrityAlgorithms": [{"Value": "SHA256"}]},
        {"Phase2IntegrityAlgorithms": [{"Value": "MD5"}]},
        {"Phase1DHGroupNumbers": [{"Value": 5}]},
        {"Phase2DHGroupNumbers": [{"Value": 1}]},
        logs(LogEnabled=True, LogGroupArn="tunnel-logs"),
        logs(LogEnabled=True, LogGroupArn=LOG_GROUP.replace(":logs:", ":s3:")),
        logs(LogEnabled=True, LogGroupArn=LOG_GROUP, LogOutputFormat="yaml"),
        logs(BgpLogEnabled=True, BgpLogGroupArn="tunnel-logs"),
        logs(BgpLogEnabled=True, BgpLogGroupArn=LOG_GROUP, BgpLogOutputFormat="JSON"),
    ],
    ids=str,
)
def test_values_out_of_range(aws, options):
    assert _refused(aws, options)[0] == VALUE
    assert not aws.client().describe_vpn_connections()["VpnConnections"]


@pytest.mark.parametrize(
    ("tunnels", "options", "code"),
    [
        ([{"TunnelInsideIpv6Cidr": "fd00::/126"}], {}, COMBINATION),
        ([{"StartupAction": "start", "IKEVersions": [{"Value": "ikev1"}]}], {}, COMBINATION),
        ([logs(LogEnabled=True)], {}, COMBINATION),
        ([logs(BgpLogEnabled=True, LogGroupArn=LOG_GROUP)], {}, COMBINATION),
        ([{"ReplayWindowSize": 64}] * 3, {}, VALUE),
        ([{"TunnelInsideCidr": "169.254.21.0/30"}] * 2, {}, VALUE),
        ([], {"EnableAcceleration": True}, COMBINATION),
        ([], {"TunnelInsideIpVersion": "ipv6"}, COMBINATION),
        ([], {"TunnelBandwidth": "large"}, COMBINATION),
        ([], {"LocalIpv4NetworkCidr": "10.0.0.1/8"}, VALUE),
        ([], {"LocalIpv4NetworkCidr": "::/0"}, VALUE),
        ([], {"RemoteIpv6NetworkCidr": "::/0"}, VALUE),
        ([], {"OutsideIpAddressType": "PrivateIpv4"}, "UnsupportedOperation"),
    ],
)
def test_combinations(aws, tunnels, options, code):
    assert _refused(aws, *tunnels, options=options)[0] == code


def test_inside_cidr_is_unique_within_a_gateway(aws):
    block = {"TunnelInsideCidr": "169.254.21.0/30"}
    made = aws.connect(block)
    other = {"CustomerGatewayId": aws.cgw("192.0.2.2"), "VpnGatewayId": made["VpnGatewayId"]}
    code, text = aws.refused("create_vpn_connection", Type="ipsec.1", Options={"TunnelOptions": [block]}, **other)
    assert code == VALUE
    assert made["VpnConnectionId"] in text
    elsewhere = aws.connect(block, CustomerGatewayId=aws.cgw("192.0.2.2"))
    assert elsewhere["VpnGatewayId"] != made["VpnGatewayId"]


def test_the_same_rules_when_a_tunnel_is_changed(aws):
    made = aws.connect({"TunnelInsideCidr": "169.254.21.0/30"}, {"TunnelInsideCidr": "169.254.22.0/30"})
    one = {
        "VpnConnectionId": made["VpnConnectionId"],
        "VpnTunnelOutsideIpAddress": made["Options"]["TunnelOptions"][0]["OutsideIpAddress"],
    }
    for options in (
        {"DPDTimeoutSeconds": 29},
        {"PreSharedKey": "0zero.first"},
        {"TunnelInsideCidr": "169.254.22.0/30"},
    ):
        assert aws.refused("modify_vpn_tunnel_options", **one, TunnelOptions=options)[0] == VALUE
    assert aws.refused("modify_vpn_tunnel_options", **one, TunnelOptions={})[0] == "MissingParameter"
    wrong = {**one, "VpnTunnelOutsideIpAddress": "203.0.113.255"}
    assert aws.refused("modify_vpn_tunnel_options", **wrong, TunnelOptions={"DPDTimeoutSeconds": 60})[0] == VALUE


def _refused(aws, *tunnels, options=None):
    asked = {**(options or {}), "TunnelOptions": list(tunnels)}
    return aws.refused(
        "create_vpn_connection", Type="ipsec.1", CustomerGatewayId=aws.cgw(), VpnGatewayId=aws.vgw(), Options=asked
    )
