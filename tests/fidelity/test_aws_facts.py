"""Facts of AWS's VPN that a link stands on and that no other test of the local AWS shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ParamValidationError

from rehearsal.aws import credentials
from tests.rehearsal.aws.cloud import REGION, Aws, empty_aws

AZURE = "10.1.0.0/16"


@pytest.fixture
def aws() -> Iterator[Aws]:
    cloud = empty_aws()
    yield cloud
    cloud.assert_sound()


def outside(connection: dict[str, Any]) -> list[str]:
    return [one["OutsideIpAddress"] for one in connection["Options"]["TunnelOptions"]]


def up(aws: Aws, connection: dict[str, Any]) -> None:
    aws.control(
        "POST", "telemetry", {address: {"status": "UP", "prefixes": [AZURE]} for address in outside(connection)}
    )


def routes(aws: Aws) -> set[str]:
    tables = aws.client().describe_route_tables()["RouteTables"]
    return {route["DestinationCidrBlock"] for table in tables for route in table["Routes"]}


def test_a_transit_gateway_never_propagates_into_a_vpc_s_route_tables(aws: Aws) -> None:
    vpc = aws.vpc()
    subnet = aws.client().create_subnet(VpcId=vpc, CidrBlock="10.2.1.0/24")["Subnet"]["SubnetId"]
    transit = aws.client().create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    aws.client().create_transit_gateway_vpc_attachment(TransitGatewayId=transit, VpcId=vpc, SubnetIds=[subnet])
    up(aws, aws.connect(TransitGatewayId=transit))
    assert AZURE not in routes(aws)


def test_routing_is_fixed_at_creation(aws: Aws) -> None:
    made = aws.connect(Options={"StaticRoutesOnly": True})
    with pytest.raises(ParamValidationError):
        aws.client().modify_vpn_connection_options(VpnConnectionId=made["VpnConnectionId"], StaticRoutesOnly=False)
    aws.client().delete_vpn_connection(VpnConnectionId=made["VpnConnectionId"])
    again = aws.connect(CustomerGatewayId=made["CustomerGatewayId"], VpnGatewayId=made["VpnGatewayId"])
    assert not set(outside(made)) & set(outside(again))


def test_somebody_else_s_customer_gateway_keeps_its_tags(aws: Aws) -> None:
    def create(**tags: str) -> dict[str, Any]:
        answer = aws.client().create_customer_gateway(
            Type="ipsec.1",
            IpAddress="192.0.2.1",
            BgpAsn=65515,
            TagSpecifications=aws.tags("customer-gateway", **tags),
        )
        return dict(answer["CustomerGateway"])

    theirs, ours = create(owner="them"), create(owner="us")
    assert ours["CustomerGatewayId"] == theirs["CustomerGatewayId"]
    assert ours["Tags"] == [{"Key": "owner", "Value": "them"}]


def test_what_is_deleted_counts_no_more(aws: Aws) -> None:
    gateways = [aws.vgw() for _unused in range(5)]
    assert aws.refused("create_vpn_gateway", Type="ipsec.1")[0] == "VpnGatewayLimitExceeded"
    aws.client().delete_vpn_gateway(VpnGatewayId=gateways[0])
    assert aws.vgw()


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("modify_vpn_connection", {"CustomerGatewayId": "another"}),
        ("modify_vpn_connection_options", {"LocalIpv4NetworkCidr": AZURE}),
    ],
)
def test_changing_the_connection_takes_both_tunnels_down(aws: Aws, action: str, params: dict[str, str]) -> None:
    made = aws.connect()
    up(aws, made)
    if "CustomerGatewayId" in params:
        params = {"CustomerGatewayId": aws.cgw("192.0.2.7")}
    getattr(aws.client(), action)(VpnConnectionId=made["VpnConnectionId"], **params)
    now = aws.connection(made["VpnConnectionId"])
    assert now["State"] == "modifying"
    assert {one["Status"] for one in now["VgwTelemetry"]} == {"DOWN"}
    assert outside(now) == outside(made)


@pytest.mark.parametrize("shown", ["absent", "empty"])
def test_tunnel_options_may_be_missing_the_document_never_is(aws: Aws, shown: str) -> None:
    made = aws.connect()
    aws.control("POST", "tunnel-options", {"shown": shown})
    now = aws.connection(made["VpnConnectionId"])
    assert now["Options"].get("TunnelOptions") == (None if shown == "absent" else [])
    assert now["Options"]["StaticRoutesOnly"] is False
    assert all(address in now["CustomerGatewayConfiguration"] for address in outside(made))
    aws.control("POST", "tunnel-options", {"shown": "all"})
    assert outside(aws.connection(made["VpnConnectionId"])) == outside(made)


@pytest.fixture
def as_wan(aws: Aws) -> Iterator[None]:
    events = aws.client().meta.events
    events.register("before-send.ec2", _as_wan, unique_id="wan")
    yield
    events.unregister("before-send.ec2", unique_id="wan")


def _as_wan(request: Any, **_unused: Any) -> None:
    request.headers["x-rehearsal"] = "wan"


@pytest.mark.usefixtures("as_wan")
def test_the_wan_sees_options_and_keys_all_the_same(aws: Aws) -> None:
    made = aws.connect({"PreSharedKey": "an.invented.key"}, PreSharedKeyStorage="SecretsManager")
    aws.control("POST", "tunnel-options", {"shown": "absent"})
    first, _second = aws.connection(made["VpnConnectionId"])["Options"]["TunnelOptions"]
    assert first["PreSharedKey"] == "an.invented.key"


def test_keys_in_secrets_manager_show_as_an_arn_only(aws: Aws) -> None:
    made = aws.connect({"PreSharedKey": "an.invented.key"}, PreSharedKeyStorage="SecretsManager")
    tunnel = {"VpnConnectionId": made["VpnConnectionId"], "VpnTunnelOutsideIpAddress": outside(made)[0]}
    assert made["PreSharedKeyArn"].startswith(f"arn:aws:secretsmanager:{REGION}:123456789012:secret:")
    assert "an.invented.key" not in str(made)
    assert all("PreSharedKey" not in one for one in made["Options"]["TunnelOptions"])
    document = aws.connection(made["VpnConnectionId"])["CustomerGatewayConfiguration"]
    assert document.count("<pre_shared_key>REDACTED</pre_shared_key>") == 2
    secrets = aws.client("secretsmanager")
    assert "an.invented.key" in secrets.get_secret_value(SecretId=made["PreSharedKeyArn"])["SecretString"]
    change = {"TunnelOptions": {"DPDTimeoutSeconds": 45}}
    aws.client().modify_vpn_tunnel_options(**tunnel, **change, PreSharedKeyStorage="Standard")
    aws.step(300)
    now = aws.connection(made["VpnConnectionId"])
    assert "PreSharedKeyArn" not in now
    assert secrets.list_secrets()["SecretList"] == []
    assert "an.invented.key" in now["CustomerGatewayConfiguration"]
    refusal = aws.refused("modify_vpn_tunnel_options", **tunnel, **change, PreSharedKeyStorage="Drawer")
    assert refusal[0] == "InvalidParameterValue"


def test_an_answer_that_got_lost_makes_no_second_route_table(aws: Aws) -> None:
    """botocore sends a ClientToken and sends it again (EC2 user guide, ensuring idempotency)."""
    vpc = aws.vpc()
    client = boto3.client(
        "ec2",
        region_name=REGION,
        endpoint_url=aws.url,
        aws_access_key_id=credentials.ACCESS_KEY,
        aws_secret_access_key=credentials.SECRET_KEY,
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
    )
    aws.control("POST", "faults", {"fault": "drop-after", "action": "CreateRouteTable"})
    made = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    tables = client.describe_route_tables()["RouteTables"]
    assert [one["RouteTableId"] for one in tables if not one["Associations"]] == [made]  # the other is the main table


def test_a_token_belongs_to_one_request(aws: Aws) -> None:
    first, second = aws.vpc(), aws.vpc("10.3.0.0/16")
    create = aws.client().create_route_table
    made = [create(VpcId=first, ClientToken="one")["RouteTable"]["RouteTableId"] for _unused in range(2)]
    assert made[0] == made[1]
    code, _text = aws.refused("create_route_table", VpcId=second, ClientToken="one")
    assert code == "IdempotentParameterMismatch"
    assert create(VpcId=first, ClientToken="two")["RouteTable"]["RouteTableId"] != made[0]


def test_a_customer_gateway_and_a_connection_are_made_once_though_the_answer_got_lost(aws: Aws) -> None:
    gateway = aws.vgw()
    customer = {"Type": "ipsec.1", "IpAddress": "192.0.2.1", "BgpAsn": 65515}
    for action, params, described, listed in (
        ("create_customer_gateway", customer, "describe_customer_gateways", "CustomerGateways"),
        ("create_vpn_connection", {"Type": "ipsec.1"}, "describe_vpn_connections", "VpnConnections"),
    ):
        if action == "create_vpn_connection":
            params = {**params, "CustomerGatewayId": aws.cgw(), "VpnGatewayId": gateway}
        aws.control("POST", "faults", {"fault": "drop-after", "action": action.title().replace("_", "")})
        with pytest.raises(ConnectionClosedError):
            getattr(aws.client(), action)(**params)
        getattr(aws.client(), action)(**params)
        assert len(getattr(aws.client(), described)()[listed]) == 1


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("create_vpc", {}),
        ("create_subnet", {"VpcId": "vpc"}),
        ("associate_vpc_cidr_block", {"VpcId": "vpc"}),
        ("authorize_security_group_ingress", {"GroupId": "sg-0"}),
        ("revoke_security_group_egress", {"GroupId": "sg-0"}),
    ],
)
def test_what_ec2_wants_though_its_model_does_not(aws: Aws, action: str, params: dict[str, str]) -> None:
    if params.get("VpcId"):
        params = {"VpcId": aws.vpc()}
    with pytest.raises(ClientError, match="MissingParameter"):
        getattr(aws.client(), action)(**params)
    assert aws.client().describe_vpcs()
