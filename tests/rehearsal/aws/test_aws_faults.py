"""Injected faults as a client meets them."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

VPC = {"CidrBlock": "10.2.0.0/16"}


@pytest.fixture
def order(aws):
    """Order a fault; its id."""
    return lambda fault, action="*", **more: aws.control("POST", "faults", {"fault": fault, "action": action, **more})[
        "id"
    ]


def error_of(call, **params):
    """HTTP status, code and message."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def vpcs(aws):
    return [
        one["VpcId"]
        for one in aws.client().describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.2.0.0/16"]}])["Vpcs"]
    ]


def logged(aws, action):
    return [(one["status"], one["fault"]) for one in aws.control("GET", "log") if one["action"] == action]


@pytest.mark.parametrize(
    ("fault", "on_ec2", "on_sts"),
    [
        ("throttle", (503, "RequestLimitExceeded", "Request limit exceeded."), (400, "Throttling", "Rate exceeded")),
        (
            "error-500",
            (500, "InternalError", "An internal error has occurred"),
            (
                500,
                "InternalFailure",
                "The request processing has failed because of an unknown error, exception or failure.",
            ),
        ),
        (
            "error-503",
            (503, "Unavailable", "The service is unavailable. Please try again shortly."),
            (503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server."),
        ),
        (
            "expired-token",
            (400, "RequestExpired", "Request has expired."),
            (403, "ExpiredToken", "The security token included in the request is expired"),
        ),
    ],
)
def test_said_in_the_service_s_words(aws, order, fault, on_ec2, on_sts):
    order(fault, "CreateVpc")
    order(fault, "GetCallerIdentity")
    assert error_of(aws.client().create_vpc, **VPC) == on_ec2
    assert error_of(aws.client("sts").get_caller_identity) == on_sts
    assert vpcs(aws) == []
    aws.client().create_vpc(**VPC)
    assert aws.client("sts").get_caller_identity()["Account"]
    assert logged(aws, "CreateVpc") == [(on_ec2[0], fault), (200, None)]


def test_refuse_says_what_the_test_wants(aws, order):
    order("refuse", "CreateVpc", status=403, code="UnauthorizedOperation", message="You are <not> allowed.")
    answer = error_of(aws.client().create_vpc, **VPC)
    assert answer == (403, "UnauthorizedOperation", "You are <not> allowed.")


@pytest.mark.parametrize(("fault", "made"), [("drop-before", 0), ("drop-after", 1)])
def test_dropped_connection(aws, order, fault, made):
    order(fault, "CreateVpc")
    with pytest.raises(ConnectionClosedError):
        aws.client().create_vpc(**VPC)
    assert len(vpcs(aws)) == made
    assert logged(aws, "CreateVpc") == [(0, fault)]


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "hang"])
def test_not_a_byte_comes_before_the_end(aws, order, fault):
    order(fault, seconds=0.1)
    connection = http.client.HTTPConnection(aws.url.removeprefix("http://"), timeout=5)
    connection.request("POST", "/", "Action=DescribeVpcs", {"Content-Type": "application/x-www-form-urlencoded"})
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()


def test_hanging_lets_others_through_and_has_no_effect(aws, order):
    order("hang", "CreateVpc", seconds=60)
    with ThreadPoolExecutor() as pool:
        hanging = pool.submit(aws.client().create_vpc, **VPC)
        while not aws.control("GET", "faults")[0]["hits"]:
            time.sleep(0.01)
        start = time.monotonic()
        aws.client(region="eu-west-1").create_vpc(**VPC)
        assert time.monotonic() - start < 30
        assert not hanging.done()
        aws.control("DELETE", "faults")
        with pytest.raises(ConnectionClosedError):
            hanging.result(timeout=30)
    assert vpcs(aws) == []
    assert sorted(logged(aws, "CreateVpc"), key=str) == [(0, "hang"), (200, None)]


def test_hanging_ends_by_itself(aws, order):
    order("hang", "CreateVpc", seconds=0.3)
    start = time.monotonic()
    with pytest.raises(ConnectionClosedError):
        aws.client().create_vpc(**VPC)
    assert 0.3 <= time.monotonic() - start < 30


def test_a_connection_stays_pending_until_the_fault_is_removed(aws, order):
    order("stuck", "CreateVpnConnection", seconds=None)
    made = aws.connect()
    assert made["State"] == "pending"
    aws.step()
    assert aws.connection(made["VpnConnectionId"])["State"] == "pending"
    version = aws.control("GET", "version")["version"]
    aws.control("DELETE", "faults")
    assert aws.control("GET", "version")["version"] > version
    assert aws.connection(made["VpnConnectionId"])["State"] == "available"


def test_a_connection_stays_pending_for_seconds(aws, order):
    order("stuck", "CreateVpnConnection", seconds=1000)
    made = aws.connect()  # takes 300 s
    assert made["State"] == "pending"
    aws.step(800)
    assert aws.connection(made["VpnConnectionId"])["State"] == "available"


def test_the_next_connection_is_not_stuck(aws, order):
    order("stuck", "CreateVpnConnection")
    assert aws.connect()["State"] == "pending"
    assert aws.connect(CustomerGatewayId=aws.cgw("192.0.2.2"))["State"] == "available"


@pytest.mark.parametrize(
    ("action", "method", "state"),
    [
        ("DeleteVpnConnection", "delete_vpn_connection", "deleting"),
        ("ReplaceVpnTunnel", "replace_vpn_tunnel", "modifying"),
    ],
)
def test_whatever_begins_to_change_gets_stuck(aws, order, action, method, state):
    made = aws.connect()
    order("stuck", action)
    params = {"VpnConnectionId": made["VpnConnectionId"]}
    if state == "modifying":
        params["VpnTunnelOutsideIpAddress"] = made["Options"]["TunnelOptions"][0]["OutsideIpAddress"]
    getattr(aws.client(), method)(**params)
    aws.step()
    assert aws.connection(made["VpnConnectionId"])["State"] == state


def things(aws):
    """Create, read by id, read all: of each kind that can be made."""
    ec2 = aws.client()
    vpc = aws.vpc("10.9.0.0/16")
    vgw, cgw = aws.vgw(), aws.cgw("192.0.2.9")
    return {
        "vpc": (lambda: ec2.create_vpc(**VPC)["Vpc"]["VpcId"], ec2.describe_vpcs, "VpcIds", "Vpcs", "VpcId"),
        "subnet": (
            lambda: ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"],
            ec2.describe_subnets,
            "SubnetIds",
            "Subnets",
            "SubnetId",
        ),
        "route table": (
            lambda: ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"],
            ec2.describe_route_tables,
            "RouteTableIds",
            "RouteTables",
            "RouteTableId",
        ),
        "security group": (
            lambda: ec2.create_security_group(VpcId=vpc, GroupName="one", Description="one")["GroupId"],
            ec2.describe_security_groups,
            "GroupIds",
            "SecurityGroups",
            "GroupId",
        ),
        "customer gateway": (
            aws.cgw,
            ec2.describe_customer_gateways,
            "CustomerGatewayIds",
            "CustomerGateways",
            "CustomerGatewayId",
        ),
        "virtual private gateway": (
            aws.vgw,
            ec2.describe_vpn_gateways,
            "VpnGatewayIds",
            "VpnGateways",
            "VpnGatewayId",
        ),
        "connection": (
            lambda: ec2.create_vpn_connection(Type="ipsec.1", CustomerGatewayId=cgw, VpnGatewayId=vgw)["VpnConnection"][
                "VpnConnectionId"
            ],
            ec2.describe_vpn_connections,
            "VpnConnectionIds",
            "VpnConnections",
            "VpnConnectionId",
        ),
    }


NOT_FOUND = {
    "vpc": "InvalidVpcID.NotFound",
    "subnet": "InvalidSubnetID.NotFound",
    "route table": "InvalidRouteTableID.NotFound",
    "security group": "InvalidGroup.NotFound",
    "customer gateway": "InvalidCustomerGatewayID.NotFound",
    "virtual private gateway": "InvalidVpnGatewayID.NotFound",
    "connection": "InvalidVpnConnectionID.NotFound",
}


@pytest.mark.parametrize("kind", NOT_FOUND)
def test_not_found_yet(aws, order, kind):
    create, describe, by_id, listed, own = things(aws)[kind]
    before = {one[own] for one in describe()[listed]}
    order("not-found-yet", "Create*", seconds=1000)
    made = create()
    status, code, message = error_of(describe, **{by_id: [made]})
    assert (status, code) == (400, NOT_FOUND[kind])
    assert made in message
    assert {one[own] for one in describe()[listed]} == before
    assert made not in str(aws.client().describe_tags())
    aws.step(1001)
    assert [one[own] for one in describe(**{by_id: [made]})[listed]] == [made]
    assert {one[own] for one in describe()[listed]} == before | {made}


def test_reads_that_lag_behind(aws, order):
    """The change is made, and shows later; other reads are of now."""
    ec2 = aws.client()
    vpc = ec2.create_vpc(**VPC)["Vpc"]["VpcId"]
    tag = {"Resources": [vpc], "Tags": [{"Key": "Name", "Value": "new"}]}
    order("stale", "CreateTags", seconds=None)
    assert not ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0].get("Tags")
    ec2.create_tags(**tag)
    assert not ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0].get("Tags")
    assert ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [vpc]}])["Tags"][0]["Value"] == "new"
    assert logged(aws, "CreateTags") == [(200, "stale")]
    aws.control("DELETE", "faults")
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"][0]["Value"] == "new"


def test_what_is_not_found_yet_can_be_used(aws, order):
    order("not-found-yet", "CreateVpc", seconds=None)
    vpc = aws.client().create_vpc(**VPC)["Vpc"]["VpcId"]
    assert vpcs(aws) == []
    subnet = aws.client().create_subnet(VpcId=vpc, CidrBlock="10.2.1.0/24")["Subnet"]["SubnetId"]
    assert aws.client().describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"] == vpc
    aws.control("DELETE", "faults")
    assert vpcs(aws) == [vpc]


def test_skip_times_and_hits(aws, order):
    order("throttle", "describevpc*", skip=1, times=2)
    outcomes = []
    for _unused in range(5):
        try:
            vpcs(aws)
            outcomes.append(200)
        except ClientError as error:
            outcomes.append(error.response["ResponseMetadata"]["HTTPStatusCode"])
    assert outcomes == [200, 503, 503, 200, 200]
    (shown,) = aws.control("GET", "faults")
    assert (shown["fault"], shown["action"], shown["times"], shown["hits"]) == ("throttle", "describevpc*", 2, 2)


def test_without_times_it_hits_until_removed(aws, order):
    order("throttle", times=None)
    for _unused in range(3):
        assert error_of(aws.client().describe_vpcs)[0] == 503
    aws.control("DELETE", "faults")
    assert aws.client().describe_vpcs()
    assert aws.control("GET", "faults") == []


@pytest.mark.parametrize(("mutating", "hit"), [(True, "create"), (False, "describe"), (None, "describe")])
def test_reading_or_mutating(aws, order, mutating, hit):
    order("throttle", mutating=mutating)
    calls = {"describe": lambda: aws.client().describe_vpcs(), "create": lambda: aws.client().create_vpc(**VPC)}
    assert error_of(calls.pop(hit))[0] == 503
    next(iter(calls.values()))()


def test_method_and_path_choose_too(aws, order):
    order("throttle", method="PUT", times=None)
    order("throttle", path="/elsewhere/*", times=None)
    assert aws.client().describe_vpcs()
    order("throttle", method="POST", path="/")
    assert error_of(aws.client().describe_vpcs)[0] == 503


def test_several_faults_hit_in_their_order(aws, order):
    order("throttle", "CreateVpc")
    order("error-500", "CreateVpc")
    assert [error_of(aws.client().create_vpc, **VPC)[1] for _unused in range(2)] == [
        "RequestLimitExceeded",
        "InternalError",
    ]
    aws.client().create_vpc(**VPC)


def test_the_wan_is_spared(aws, order):
    made = aws.connect()
    order("throttle", times=None)
    order("not-found-yet", seconds=None)
    client = aws.client(region="eu-central-1")
    client.meta.events.register("before-send.ec2", _as_wan, unique_id="wan")
    try:
        assert client.describe_vpn_connections()["VpnConnections"][0]["VpnConnectionId"] == made["VpnConnectionId"]
    finally:
        client.meta.events.unregister("before-send.ec2", unique_id="wan")


def _as_wan(request, **_):
    request.headers["x-rehearsal"] = "wan"


def test_botocore_s_own_retries_get_over_it(aws, order):
    import boto3
    from botocore.config import Config

    from rehearsal.aws import credentials

    client = boto3.client(
        "ec2",
        region_name="eu-central-1",
        endpoint_url=aws.url,
        aws_access_key_id=credentials.ACCESS_KEY,
        aws_secret_access_key=credentials.SECRET_KEY,
        config=Config(retries={"mode": "standard", "total_max_attempts": 5}),
    )
    for fault in ("throttle", "error-500", "error-503", "drop-before"):
        order(fault, "CreateVpc")
    client.create_vpc(**VPC)
    assert len(vpcs(aws)) == 1


def test_reset_removes_faults(aws, order):
    order("throttle", times=None)
    aws.control("POST", "reset", {})
    assert aws.client().describe_vpcs()


@pytest.mark.parametrize(
    "said",
    [
        {"fault": "flood"},
        {"action": "CreateVpc"},
        {"fault": "throttle", "colour": "red"},
        {"fault": "hang"},
        {"fault": "refuse", "code": "X", "message": "x"},
    ],
)
def test_an_order_that_makes_no_sense(aws, said):
    with pytest.raises(HTTPError) as caught:
        aws.control("POST", "faults", said)
    assert caught.value.code == 400
    assert aws.control("GET", "faults") == []
