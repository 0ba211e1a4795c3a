"""The control API, and the process."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from rehearsal.aws import dependency, filters, invented
from rehearsal.aws.clock import Clock
from tests.rehearsal.process import cloud

ROOT = Path(__file__).resolve().parents[3]


def test_log_tells_calls_and_no_keys(aws):
    aws.connect({"PreSharedKey": "a.secret.key"})
    log = aws.control("GET", "log")
    by_action = {entry["action"]: entry for entry in log}
    made = by_action["CreateVpnConnection"]
    assert (made["method"], made["status"], made["mutating"], made["service"]) == ("POST", 200, True, "ec2")
    assert made["client"].startswith("Boto3/")
    assert by_action["DescribeVpnConnections"]["mutating"] is False
    assert "secret.key" not in json.dumps(log)
    aws.control("DELETE", "log")
    assert aws.control("GET", "log") == []


def test_refusals_are_logged_too(aws):
    aws.refused("delete_vpc", VpcId="vpc-0")
    assert [(one["action"], one["status"]) for one in aws.control("GET", "log")] == [("DeleteVpc", 400)]


def test_a_crash_of_ours_is_told_from_what_moto_lacks(aws, monkeypatch):
    lacking = ("UnsupportedOperation", "The rehearsal does not emulate DescribeIpams")
    assert aws.refused("describe_ipams") == lacking
    assert aws.control("GET", "crashes") == []

    def trip(*_unused):
        raise KeyError("Name")

    monkeypatch.setattr(filters, "keep", trip)  # a handler's
    monkeypatch.setattr(dependency, "_peerings", trip)  # a guard's
    for action, asked in (("describe_vpn_connections", {}), ("delete_vpc", {"VpcId": aws.vpc()})):
        code, text = aws.refused(action, **asked)
        assert (code, "itself failed" in text) == ("UnsupportedOperation", True)
    crashes = ["DescribeVpnConnections: KeyError('Name')", "DeleteVpc: KeyError('Name')"]
    assert aws.control("GET", "crashes") == crashes
    aws.control("POST", "reset", {})
    assert aws.control("GET", "crashes") == crashes
    aws.control("DELETE", "crashes")


def test_the_wan_is_not_logged(aws):
    client = aws.client(region="eu-west-1")
    client.meta.events.register("before-send.ec2", _as_wan, unique_id="wan")
    client.describe_vpn_connections()
    client.meta.events.unregister("before-send.ec2", unique_id="wan")
    assert aws.control("GET", "log") == []


def _as_wan(request, **_):
    request.headers["x-rehearsal"] = "wan"


def test_version_grows_with_every_change(aws):
    versions = [aws.control("GET", "version")["version"]]

    def grown():
        versions.append(aws.control("GET", "version")["version"])
        return versions[-1] > versions[-2]

    assert not grown()
    made = aws.connect()
    assert grown()
    aws.client().describe_vpn_connections()
    assert not grown()
    address = made["Options"]["TunnelOptions"][0]["OutsideIpAddress"]
    aws.control("POST", "telemetry", {address: {"status": "UP", "prefixes": []}})
    assert grown()
    aws.control("POST", "telemetry", {address: {"status": "UP", "prefixes": []}})
    assert not grown()
    aws.client().delete_vpn_connection(VpnConnectionId=made["VpnConnectionId"])
    assert grown()
    aws.step(60)
    assert grown()
    aws.control("POST", "reset", {})
    assert grown()
    assert not aws.client().describe_vpn_connections()["VpnConnections"]


def test_tunnels_without_keys(aws):
    made = aws.connect()
    tunnels = aws.control("GET", "tunnels")
    first = made["Options"]["TunnelOptions"][0]
    assert tunnels[first["OutsideIpAddress"]] == {
        "region": "eu-central-1",
        "vpn_connection_id": made["VpnConnectionId"],
        "state": "available",
        "works": True,
    }
    assert first["PreSharedKey"] not in json.dumps(tunnels)


@pytest.mark.parametrize(
    ("method", "name", "body", "status"),
    [("GET", "nothing", None, 404), ("POST", "clock", {}, 400), ("POST", "telemetry", ["x"], 400)],
)
def test_bad_control_calls(aws, method, name, body, status):
    with pytest.raises(HTTPError) as caught:
        aws.control(method, name, body)
    assert caught.value.code == status


def test_unknown_addresses_are_given_back(aws):
    assert aws.control("POST", "telemetry", {"203.0.113.255": {"status": "UP"}})["unknown"] == ["203.0.113.255"]


def test_clock_scales_and_is_instant():
    now = [0.0]
    scaled, instant = Clock(119, lambda: now[0]), Clock(0, lambda: now[0])
    deadline = scaled.after(240)
    assert scaled.real_seconds(240) == pytest.approx(24)
    now[0] = 23.9
    assert scaled.now() < deadline
    now[0] = 24.1
    assert scaled.now() > deadline
    assert (scaled.fallen_due(), scaled.fallen_due()) == (1, 0)
    assert instant.after(240) <= instant.now()
    assert scaled.after_real(12) - scaled.now() == pytest.approx(120)
    assert instant.after_real(12) - instant.now() == pytest.approx(12)


def test_everything_invented_says_why():
    rows = list(invented.rows())
    assert len(rows) > 40
    assert all(text and why for _what, text, why in rows)


def test_everything_invented_is_used():
    code = "".join(path.read_text() for path in (ROOT / "rehearsal" / "aws").glob("*.py") if path.stem != "invented")
    assert not [name for name in (*invented.TEXTS, *invented.SECONDS) if f'"{name}"' not in code]


def test_process(tmp_path):
    with cloud("aws", tmp_path, "--gateway-seconds", "0") as about:
        assert set(about) == {"pid", "port", "access_key", "secret_key", "account"}
        with urlopen(f"http://127.0.0.1:{about['port']}/_rehearsal/version") as answer:
            assert json.load(answer)["version"] >= 0
        assert os.listdir(tmp_path) == ["aws.json"]
