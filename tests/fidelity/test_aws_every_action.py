"""Every action that botocore knows of EC2 is called once: it answers in EC2's form, and never with a 5xx."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from rehearsal.aws.actions import GUARDS, HANDLERS
from tests.fidelity.aws_model import EC2, NETWORK, least, strangers
from tests.rehearsal.aws.cloud import Aws, empty_aws


class Outcome(NamedTuple):
    kind: str
    status: int
    code: str
    strangers: tuple[str, ...]


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    aws = empty_aws()
    ec2, known = aws.client(), things(aws)
    texts: list[bytes] = []
    ec2.meta.events.register(
        "after-call.ec2", lambda http_response, **_unused: texts.append(http_response.content), unique_id="texts"
    )
    try:
        return {action: outcome(ec2, action, known, texts) for action in EC2.operation_names}
    finally:
        ec2.meta.events.unregister("after-call.ec2", unique_id="texts")
        aws.assert_sound()


def things(aws: Aws) -> dict[str, str]:
    """One of each, by the name of the parameter that takes it, so that calls get past the ids."""
    ec2, vpc = aws.client(), aws.vpc()
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.2.1.0/24")["Subnet"]["SubnetId"]
    made = aws.connect(VpnGatewayId=aws.vgw(vpc))
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    return {
        "VpcId": vpc,
        "SubnetId": subnet,
        "RouteTableId": ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"],
        "GroupId": ec2.create_security_group(VpcId=vpc, GroupName="app", Description="app")["GroupId"],
        "NetworkInterfaceId": interface["NetworkInterfaceId"],
        "TransitGatewayId": ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"],
        "VpnGatewayId": made["VpnGatewayId"],
        "CustomerGatewayId": made["CustomerGatewayId"],
        "VpnConnectionId": made["VpnConnectionId"],
        "VpnTunnelOutsideIpAddress": made["VgwTelemetry"][0]["OutsideIpAddress"],
        "CidrBlock": "10.2.9.0/24",
        "DestinationCidrBlock": "10.9.0.0/16",
        "Type": "ipsec.1",
    }


def outcome(ec2: Any, action: str, known: dict[str, str], texts: list[bytes]) -> Outcome:
    model = EC2.operation_model(action)
    try:
        ec2._make_api_call(action, least(model.input_shape, known) if model.input_shape else {})
    except ParamValidationError as error:
        return Outcome("not sent", 0, str(error), ())
    except ClientError as error:
        code = error.response["Error"]["Code"]
        kind = "not emulated" if code == "UnsupportedOperation" else "refused"
        return Outcome(kind, error.response["ResponseMetadata"]["HTTPStatusCode"], code, ())
    root = ElementTree.fromstring(texts[-1])
    return Outcome(
        "answered", 200, "", tuple(strangers(root, model.output_shape, action) if model.output_shape else ())
    )


def test_none_fails_as_a_server_does(outcomes: dict[str, Outcome]) -> None:
    print(len(outcomes), dict(Counter(one.kind for one in outcomes.values())))
    assert {action: one for action, one in outcomes.items() if one.status not in (200, 400)} == {}


def test_every_refusal_has_a_code_of_ec2(outcomes: dict[str, Outcome]) -> None:
    """botocore puts the HTTP status in the code's place when it cannot parse an error."""
    codes = {one.code for one in outcomes.values() if one.kind != "answered"}
    assert not [code for code in codes if not code or code.isdigit()]


def test_no_answer_says_what_the_model_does_not_know(outcomes: dict[str, Outcome]) -> None:
    assert {action: one.strangers for action, one in outcomes.items() if one.strangers} == {}


def test_botocore_sends_them_all(outcomes: dict[str, Outcome]) -> None:
    assert {action: one.code for action, one in outcomes.items() if one.kind == "not sent"} == {}


def test_what_a_link_needs_is_emulated(outcomes: dict[str, Outcome]) -> None:
    needed = NETWORK | set(HANDLERS) | set(GUARDS)
    assert {action for action in needed if outcomes[action].kind == "not emulated"} == set()
