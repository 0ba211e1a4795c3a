"""Answers against botocore's model: what AWS always returns is there, and nothing that the model does not know."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import botocore.session
import pytest

EC2 = botocore.session.get_session().get_service_model("ec2")

CONNECTION = {
    "VpnConnectionId",
    "State",
    "Type",
    "Category",
    "CustomerGatewayId",
    "VpnGatewayId",
    "CustomerGatewayConfiguration",
    "GatewayAssociationState",
    "Options",
    "Routes",
    "Tags",
    "VgwTelemetry",
}
ALWAYS: dict[str, tuple[str, set[str]]] = {
    "DescribeVpnConnections": ("VpnConnections", CONNECTION),
    "DescribeVpnGateways": (
        "VpnGateways",
        {"VpnGatewayId", "State", "Type", "AmazonSideAsn", "VpcAttachments", "Tags"},
    ),
    "DescribeCustomerGateways": (
        "CustomerGateways",
        {"CustomerGatewayId", "State", "Type", "IpAddress", "BgpAsn", "Tags"},
    ),
    "DescribeRouteTables": (
        "RouteTables",
        {"RouteTableId", "VpcId", "OwnerId", "Associations", "PropagatingVgws", "Routes", "Tags"},
    ),
}


def known(element: ElementTree.Element, shape: Any, where: str) -> None:
    """Every XML element is a member of the shape."""
    if shape.type_name == "list":
        for item in element:
            assert _name(item) == "item", where
            known(item, shape.member, where)
    elif shape.type_name == "structure":
        named = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for child in element:
            if _name(child) != "requestId":
                assert _name(child) in named, f"{where}: {_name(child)}"
                known(child, named[_name(child)], f"{where}.{_name(child)}")


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


@pytest.mark.parametrize("action", ALWAYS)
def test_members(aws, action):
    vpc = aws.vpc()
    gateway = aws.vgw(vpc)
    aws.connect(VpnGatewayId=gateway)
    bodies: list[bytes] = []
    client = aws.client()
    client.meta.events.register(
        f"before-parse.ec2.{action}",
        lambda response_dict, **_: bodies.append(response_dict["body"]),
        unique_id="bodies",
    )
    try:
        answer = client._make_api_call(action, {})
    finally:
        client.meta.events.unregister(f"before-parse.ec2.{action}", unique_id="bodies")
    member, always = ALWAYS[action]
    assert answer[member]
    for one in answer[member]:
        assert always <= set(one)
    known(ElementTree.fromstring(bodies[0]), EC2.operation_model(action).output_shape, action)


def test_option_members(aws):
    options = aws.connect()["Options"]
    assert {"StaticRoutesOnly", "EnableAcceleration", "LocalIpv4NetworkCidr", "RemoteIpv4NetworkCidr"} <= set(options)
    for tunnel in options["TunnelOptions"]:
        assert {"OutsideIpAddress", "TunnelInsideCidr", "PreSharedKey"} <= set(tunnel)


def test_telemetry_members(aws):
    for one in aws.connect()["VgwTelemetry"]:
        assert set(one) == {"AcceptedRouteCount", "LastStatusChange", "OutsideIpAddress", "Status", "StatusMessage"}
