"""Route tables of a transit gateway, and what the WAN reads of them."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.wan import transit as wan
from rehearsal.wan.aws_side import _gateways
from tests.rehearsal.aws.cloud import Aws

VPC, VNET = "10.2.0.0/16", "10.1.0.0/16"


class Transit:
    """A gateway with a VPC and a VPN connection."""

    def __init__(self, aws: Aws, **options: str) -> None:
        self.aws, self.ec2 = aws, aws.client()
        made = self.ec2.create_transit_gateway(Options=options)["TransitGateway"]
        self.id, self.default = made["TransitGatewayId"], made["Options"]["AssociationDefaultRouteTableId"]
        self.vpc = aws.vpc(VPC)
        subnet = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.2.1.0/24")["Subnet"]["SubnetId"]
        self.ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=self.id, VpcId=self.vpc, SubnetIds=[subnet])
        self.vpn = aws.connect(TransitGatewayId=self.id)["VpnConnectionId"]

    def attachments(self) -> dict[str, dict[str, Any]]:
        found = self.ec2.describe_transit_gateway_attachments()["TransitGatewayAttachments"]
        return {a["ResourceId"]: a for a in found}

    def named(self, resource: str, table: str = "") -> dict[str, str]:
        attachment = self.attachments()[resource]["TransitGatewayAttachmentId"]
        return {"TransitGatewayRouteTableId": table or self.default, "TransitGatewayAttachmentId": attachment}

    def routes(self, kind: str) -> dict[str, tuple[str, list[str]]]:
        wanted = [{"Name": "type", "Values": [kind]}]
        found = self.ec2.search_transit_gateway_routes(TransitGatewayRouteTableId=self.default, Filters=wanted)
        return {
            r["DestinationCidrBlock"]: (r["State"], [a["ResourceId"] for a in r.get("TransitGatewayAttachments", [])])
            for r in found["Routes"]
        }


def test_an_attachment_is_in_the_default_table_and_propagates_into_it(aws: Aws) -> None:
    transit = Transit(aws)
    assert {r: a["Association"]["TransitGatewayRouteTableId"] for r, a in transit.attachments().items()} == {
        transit.vpc: transit.default,
        transit.vpn: transit.default,
    }
    assert transit.routes("propagated") == {VPC: ("active", [transit.vpc])}
    (outside, *_others) = (o["OutsideIpAddress"] for o in aws.connection(transit.vpn)["Options"]["TunnelOptions"])
    said = {"status": "UP", "message": "1 BGP ROUTES", "accepted_routes": 1, "prefixes": [VNET]}
    aws.control("POST", "telemetry", {outside: said})
    assert transit.routes("propagated")[VNET] == ("active", [transit.vpn])


def test_nothing_is_propagated_while_both_tunnels_are_replaced(aws: Aws) -> None:
    transit = Transit(aws)
    one = {"VpnConnectionId": transit.vpn}
    for option in aws.connection(transit.vpn)["Options"]["TunnelOptions"]:
        aws.control("POST", "telemetry", {option["OutsideIpAddress"]: {"status": "UP", "prefixes": [VNET]}})
    assert VNET in transit.routes("propagated")
    transit.ec2.modify_vpn_connection_options(**one, LocalIpv4NetworkCidr=VNET)
    assert VNET not in transit.routes("propagated")
    aws.step(300)
    assert VNET in transit.routes("propagated")


def test_without_the_defaults_it_is_in_none(aws: Aws) -> None:
    transit = Transit(aws, DefaultRouteTableAssociation="disable", DefaultRouteTablePropagation="disable")
    assert not any("Association" in a for a in transit.attachments().values())
    assert transit.routes("propagated") == {}


def test_an_attachment_moves_to_another_table(aws: Aws) -> None:
    transit = Transit(aws)
    made = transit.ec2.create_transit_gateway_route_table(TransitGatewayId=transit.id)["TransitGatewayRouteTable"]
    other = made["TransitGatewayRouteTableId"]
    code, _text = aws.refused("associate_transit_gateway_route_table", **transit.named(transit.vpn, other))
    assert code == "Resource.AlreadyAssociated"
    transit.ec2.disassociate_transit_gateway_route_table(**transit.named(transit.vpn))
    transit.ec2.associate_transit_gateway_route_table(**transit.named(transit.vpn, other))
    assert transit.attachments()[transit.vpn]["Association"]["TransitGatewayRouteTableId"] == other


@pytest.mark.parametrize("blackhole", [False, True])
def test_a_static_route_takes_the_place_of_a_propagated_one(aws: Aws, blackhole: bool) -> None:
    transit = Transit(aws)
    target = (
        {} if blackhole else {"TransitGatewayAttachmentId": transit.named(transit.vpn)["TransitGatewayAttachmentId"]}
    )
    transit.ec2.create_transit_gateway_route(
        DestinationCidrBlock=VPC, TransitGatewayRouteTableId=transit.default, Blackhole=blackhole, **target
    )
    assert transit.routes("static") == {VPC: ("blackhole", []) if blackhole else ("active", [transit.vpn])}
    assert transit.routes("propagated") == {}


def test_what_the_wan_reads(aws: Aws) -> None:
    transit = Transit(aws)
    transit.ec2.create_transit_gateway_route(
        DestinationCidrBlock="10.9.0.0/16", TransitGatewayRouteTableId=transit.default, Blackhole=True
    )
    transit.ec2.disable_transit_gateway_route_table_propagation(**transit.named(transit.vpn))
    (found,) = wan.read(transit.ec2, [transit.id]).values()
    (table,) = found.tables
    assert table == wan.TransitTable(transit.default, (("10.9.0.0/16", ""),), (transit.vpc,))
    assert dict(found.associations) == {transit.vpc: transit.default, transit.vpn: transit.default}
    assert _gateways(transit.ec2, transit=True)[transit.id].announced(transit.vpn) == (VPC,)
    transit.ec2.disable_transit_gateway_route_table_propagation(**transit.named(transit.vpc))
    assert _gateways(transit.ec2, transit=True)[transit.id].announced(transit.vpn) == ()
