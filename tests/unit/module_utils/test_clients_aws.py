"""The client: what an error says, how long is waited, how connections to AWS are bounded."""

from __future__ import annotations

import itertools
import types

import boto3
import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws
from botocore import exceptions
from botocore.stub import Stubber

KEY = "an_invented_key_in_a_request"
MUTATING = "The maximum number of mutating objects has been reached."
WORKFLOW = "This call cannot be completed because there is a conflicting pending workflow for vgw-1"
VPNS = "This call cannot be completed because there are pending VPNs or Virtual Interfaces"


@pytest.fixture
def ec2():
    return boto3.client("ec2", region_name="eu-central-1", aws_access_key_id="x" * 20, aws_secret_access_key="y" * 40)


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only in sleep."""
    slept: list[float] = []
    monkeypatch.setattr(aws.time, "sleep", slept.append)
    monkeypatch.setattr(aws.time, "monotonic", lambda: sum(slept))
    return slept


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("AuthFailure", "not able to validate", ["secret key"]),
        (
            "UnauthorizedOperation",
            "You are not authorized. Encoded authorization failure message: abc123",
            ["permission ec2:CreateVpnConnection", "not authorized"],
        ),
        ("VpnConnectionLimitExceeded", "The maximum number", ["50 VPN connections", "quota"]),
        ("VpnConnectionLimitExceeded", MUTATING, ["run it again in some minutes"]),
        ("IncorrectState", "The gateway is busy", ["still changing"]),
        ("Whatever", f"Value {KEY} is invalid", ["Value (key) is invalid"]),
    ],
)
def test_an_error_says_what_where_why_and_what_to_do(ec2, clock, code, message, expected):
    with Stubber(ec2) as stub:
        for _unused in range(100):
            stub.add_client_error("create_vpn_connection", code, message)
        with pytest.raises(aws.AwsError) as raised:
            aws.call(
                ec2,
                "create_vpn_connection",
                "hq-1",
                CustomerGatewayId="cgw-1",
                Type="ipsec.1",
                Options={"TunnelOptions": [{"PreSharedKey": KEY}]},
            )
    text = str(raised.value)
    assert raised.value.code == code
    assert text.startswith(f"ec2:CreateVpnConnection on hq-1 in eu-central-1: {code}: ")
    for part in expected:
        assert part in text
    assert "abc123" not in text
    assert KEY not in text
    assert ("quota" in text) is ("quota" in expected)
    assert raised.value.__suppress_context__


def test_a_request_that_boto3_refuses_does_not_show_the_key(ec2):
    with pytest.raises(aws.AwsError) as raised:
        aws.call(
            ec2,
            "create_vpn_connection",
            "hq-1",
            CustomerGatewayId="cgw-1",
            Type="ipsec.1",
            Options={"TunnelOptions": [{"PreSharedKey": KEY, "DPDTimeoutSeconds": "x"}]},
        )
    assert raised.value.code == "ParamValidationError"
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (exceptions.NoCredentialsError(), "AWS_ACCESS_KEY_ID"),
        (exceptions.NoRegionError(), "option region"),
        (exceptions.EndpointConnectionError(endpoint_url="https://ec2.nowhere.amazonaws.com/"), "region's name"),
        (exceptions.ConnectTimeoutError(endpoint_url="https://ec2.eu-central-1.amazonaws.com/"), "the network"),
        (exceptions.ReadTimeoutError(endpoint_url="https://ec2.eu-central-1.amazonaws.com/"), "the network"),
    ],
)
def test_no_answer(ec2, monkeypatch, clock, error, part):
    def fail(**request):
        raise error

    monkeypatch.setattr(ec2, "describe_vpn_gateways", fail)
    with pytest.raises(aws.AwsError, match=part):
        aws.describe_vpn_gateways(ec2)


THROTTLED, PASSING, REFUSED = "RequestLimitExceeded", "InternalError", "UnauthorizedOperation"
CLOSED = exceptions.ConnectionClosedError(endpoint_url="https://ec2.eu-central-1.amazonaws.com/")


class Answers:
    """Answers one operation after the other with what is listed, an error code or exception being raised, and lists
    what is asked."""

    def __init__(self, **answers):
        self.meta = types.SimpleNamespace(region_name="eu-central-1")
        self.answers, self.asked = {name: iter(listed) for name, listed in answers.items()}, []

    def __getattr__(self, name):
        def answer(**request):
            self.asked.append(name)
            said = next(self.answers[name])
            if isinstance(said, str):
                said = (said, "no")
            if isinstance(said, tuple):
                raise exceptions.ClientError({"Error": dict(zip(("Code", "Message"), said, strict=True))}, name)
            if isinstance(said, Exception):
                raise said
            return said

        return answer


@pytest.mark.parametrize(
    "fault", [THROTTLED, PASSING, CLOSED, ("InvalidParameterValue", WORKFLOW), ("InvalidParameterValue", VPNS)]
)
def test_a_fault_that_passes_is_waited_out(clock, fault):
    ec2 = Answers(attach_vpn_gateway=[fault, fault, {"ok": True}])
    assert aws.call(ec2, "attach_vpn_gateway", "vgw-1") == {"ok": True}
    assert 0 < clock[0] < clock[1], "longer each time"


@pytest.mark.parametrize(
    ("operation", "fault", "seconds"),
    [
        ("attach_vpn_gateway", THROTTLED, aws.THROTTLED_SECONDS),
        ("attach_vpn_gateway", PASSING, aws.FAULT_SECONDS),
        ("attach_vpn_gateway", REFUSED, 0),
        ("attach_vpn_gateway", "InvalidParameterValue", 0),
        ("detach_vpn_gateway", ("InvalidParameterValue", WORKFLOW), aws.AT_WORK_SECONDS),
        ("create_vpn_gateway", ("VpnGatewayLimitExceeded", MUTATING), aws.AT_WORK_SECONDS),
        ("create_vpn_gateway", "VpnGatewayLimitExceeded", 0),
        ("delete_vpn_gateway", "IncorrectState", aws.FAULT_SECONDS),
        ("delete_customer_gateway", "IncorrectState", 0),
    ],
)
def test_patience_is_bounded(clock, operation, fault, seconds):
    ec2 = Answers(**{operation: itertools.repeat(fault)})
    with pytest.raises(aws.AwsError, match=fault if isinstance(fault, str) else fault[0]):
        aws.call(ec2, operation, "vgw-1")
    assert seconds / 2 <= sum(clock) <= seconds * 1.3


def test_an_answer_that_never_comes_is_waited_for_twice(clock, monkeypatch):
    def slow(**request):
        clock.append(60.0)
        raise exceptions.ReadTimeoutError(endpoint_url="https://ec2.eu-central-1.amazonaws.com/")

    ec2 = Answers()
    monkeypatch.setattr(ec2, "describe_vpn_gateways", slow, raising=False)
    with pytest.raises(aws.AwsError, match="ReadTimeoutError"):
        aws.describe_vpn_gateways(ec2)
    assert clock.count(60.0) == 2


def create(ec2, *seen):
    looks = iter(seen)
    return aws.create(ec2, "create_vpn_gateway", "hq-vgw", "VpnGateway", lambda: next(looks, seen[-1]))


@pytest.mark.parametrize("fault", [CLOSED, PASSING])
def test_what_was_made_without_an_answer_is_taken(clock, fault):
    ec2 = Answers(create_vpn_gateway=[fault])
    assert create(ec2, None, {"VpnGatewayId": "vgw-1"}) == {"VpnGatewayId": "vgw-1"}
    assert ec2.asked == ["create_vpn_gateway"], "sent once"


def test_what_was_not_made_is_made(clock):
    ec2 = Answers(create_vpn_gateway=[CLOSED, {"VpnGateway": {"VpnGatewayId": "vgw-2"}}])
    assert create(ec2, None) == {"VpnGatewayId": "vgw-2"}
    assert sum(clock) >= aws.UNSEEN_SECONDS, "looked for first"


def test_throttled_is_not_made(clock):
    ec2 = Answers(create_vpn_gateway=[THROTTLED, {"VpnGateway": {"VpnGatewayId": "vgw-2"}}])
    assert create(ec2, None) == {"VpnGatewayId": "vgw-2"}
    assert sum(clock) < 1


def test_a_deletion_whose_answer_was_lost_is_done(clock):
    gone = "InvalidVpnGatewayID.NotFound"
    assert aws.call(Answers(delete_vpn_gateway=[CLOSED, gone]), "delete_vpn_gateway", "vgw-1") == {}
    with pytest.raises(aws.AwsError, match=gone):
        aws.call(Answers(delete_vpn_gateway=[gone]), "delete_vpn_gateway", "vgw-1")


def test_what_was_just_made_may_not_be_known_yet(clock):
    unseen = "InvalidCustomerGatewayID.NotFound"
    ec2 = Answers(attach_vpn_gateway=[unseen, {"ok": True}], describe_vpn_gateways=[unseen])
    assert aws.call(ec2, "attach_vpn_gateway", "vgw-1") == {"ok": True}
    with pytest.raises(aws.AwsError, match=unseen):
        aws.call(ec2, "describe_vpn_gateways", "vgw-1")


def test_a_profile_that_does_not_exist():
    with pytest.raises(aws.AwsError, match=r"connecting to AWS ec2 in eu-central-1: ProfileNotFound.*name a profile"):
        aws.make_client("ec2", "eu-central-1", profile="no-such-profile-anywhere")


def test_a_client_for_other_modules_is_bounded():
    client = aws.make_client("ec2", "eu-central-1", "x" * 20, "y" * 40, endpoint_url="http://127.0.0.1:1")
    assert client.meta.region_name == "eu-central-1"
    assert client.meta.endpoint_url == "http://127.0.0.1:1"
    config = client.meta.config
    assert (config.retries["mode"], config.retries["total_max_attempts"]) == ("standard", 1), "call tries again"
    assert (config.connect_timeout, config.read_timeout) == (10, 60)


def test_pages_are_followed(ec2):
    with Stubber(ec2) as stub:
        stub.add_response("describe_route_tables", {"RouteTables": [{"RouteTableId": "rtb-1"}], "NextToken": "n"}, {})
        stub.add_response("describe_route_tables", {"RouteTables": [{"RouteTableId": "rtb-2"}]}, {"NextToken": "n"})
        assert [one["RouteTableId"] for one in aws.describe_route_tables(ec2)] == ["rtb-1", "rtb-2"]


def test_several_connections_are_one_call(ec2):
    with Stubber(ec2) as stub:
        ids = ["vpn-1", "vpn-2"]
        stub.add_response(
            "describe_vpn_connections",
            {"VpnConnections": [{"VpnConnectionId": one} for one in ids]},
            {"VpnConnectionIds": ids},
        )
        assert len(aws.describe_vpn_connections(ec2, ids)) == 2
    assert aws.describe_vpn_connections(ec2, []) == []


def test_waiting_ends(clock):
    with pytest.raises(aws.AwsError, match=r"waiting for Godot: not so after 60 s. Run it again"):
        aws.wait_until(lambda: 0, bool, 60, "Godot")
    assert sum(clock) == pytest.approx(60)
    assert clock[0] == 0.5
    assert max(clock) <= aws.LONGEST_DELAY


def test_waiting_looks_at_least_once_and_stops_at_once(clock):
    looks = itertools.count(1)
    assert aws.wait_until(lambda: next(looks), lambda seen: seen == 1, 0, "one") == 1
    assert clock == []


def test_waiting_for_one_that_is_not_listed_yet(clock):
    looks = iter([[], ["vgw-1"], ["vgw-1"]])
    assert aws.settle("vgw-1", lambda: next(looks), lambda own: pytest.fail("withdrawn")) == "vgw-1"
