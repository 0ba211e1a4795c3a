"""The reference link on a transit gateway: its route tables decide what Azure is told, and who reaches whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, override

import pytest

from rehearsal.cli import main
from rehearsal.wan.packets.machine import Machine
from tests.rehearsal.wan.hand import Aws, becomes, wait
from tests.rehearsal.wan.link import AWS_ASN, VNET, VPC

from .conftest import UP, whole
from .hand import AWS_APP, AZURE_APP, Machines


class TransitAws(Aws):
    @override
    def build_gateway(self, vpc_range: str) -> None:
        ec2 = self.ec2
        made = ec2.create_transit_gateway(Options={"AmazonSideAsn": AWS_ASN})["TransitGateway"]
        self.vgw, self.default = made["TransitGatewayId"], made["Options"]["AssociationDefaultRouteTableId"]
        self.vpc = ec2.create_vpc(CidrBlock=vpc_range)["Vpc"]["VpcId"]
        self.subnet = ec2.create_subnet(VpcId=self.vpc, CidrBlock=AWS_APP)["Subnet"]["SubnetId"]
        ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=self.vgw, VpcId=self.vpc, SubnetIds=[self.subnet])

    @override
    def target(self) -> dict[str, str]:
        return {"TransitGatewayId": self.vgw}

    def attachment_of(self, resource: str) -> str:
        wanted = [{"Name": "resource-id", "Values": [resource]}]
        found = self.ec2.describe_transit_gateway_attachments(Filters=wanted)["TransitGatewayAttachments"]
        return str(found[0]["TransitGatewayAttachmentId"])

    def propagate(self, resource: str, on: bool) -> None:
        ec2 = self.ec2
        call = (
            ec2.enable_transit_gateway_route_table_propagation
            if on
            else ec2.disable_transit_gateway_route_table_propagation
        )
        call(TransitGatewayRouteTableId=self.default, TransitGatewayAttachmentId=self.attachment_of(resource))


class Transit(Machines):
    aws: TransitAws

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.aws = TransitAws.of(directory)

    @override
    def build_aws_app(self, aws: Aws) -> None:
        """A route to a transit gateway is static (AWS, VPC route tables)."""
        ec2 = aws.ec2
        self.table = ec2.create_route_table(VpcId=aws.vpc)["RouteTable"]["RouteTableId"]
        ec2.associate_route_table(RouteTableId=self.table, SubnetId=self.aws.subnet)
        ec2.create_route(RouteTableId=self.table, DestinationCidrBlock=VNET, TransitGatewayId=aws.vgw)
        self.group = ec2.create_security_group(GroupName="app-sg", Description="app", VpcId=aws.vpc)["GroupId"]
        self.permit(AZURE_APP)

    def learned(self) -> set[str]:
        """What Azure's gateway has from AWS."""
        gateway = self.azure.id("virtualNetworkGateways", "hand-vng")
        rows: list[dict[str, Any]] = self.azure.post(f"{gateway}/getLearnedRoutes")["value"]
        return {r["network"] for r in rows if r["origin"] == "EBgp"}


@pytest.fixture(scope="module")
def made(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Transit]:
    directory = tmp_path_factory.mktemp("transit") / "rehearsal"
    assert main(["up", "--dir", str(directory), "--gateway-seconds", "1", "--packets", "--fast-timers"]) == 0
    try:
        link = Transit(directory)
        link.build()
        yield link
        print((directory / "wan.log").read_text()[-4000:])  # shown where a test failed
    finally:
        assert main(["down", "--dir", str(directory)]) == 0


@pytest.fixture
def transit(made: Transit) -> Iterator[Transit]:
    whole(made)
    yield made
    whole(made)


def test_what_does_not_propagate_is_not_told_to_azure(transit: Transit) -> None:
    becomes({VPC}, transit.learned)
    transit.aws.propagate(transit.aws.vpc, False)
    try:
        becomes(set(), transit.learned)
        becomes(UP, transit.settled)
        assert not transit.ping("azure", "aws")
    finally:
        transit.aws.propagate(transit.aws.vpc, True)
    becomes({VPC}, transit.learned)


def test_what_azure_tells_goes_nowhere_without_propagation(transit: Transit) -> None:
    for connection in transit.aws.connections:
        transit.aws.propagate(connection, False)
    try:
        wait("no way", lambda: not transit.ping("aws", "azure", 3))
        becomes(UP, transit.settled)
        becomes({VPC}, transit.learned)
    finally:
        for connection in transit.aws.connections:
            transit.aws.propagate(connection, True)


def test_a_blackhole(transit: Transit) -> None:
    route = {"DestinationCidrBlock": AZURE_APP, "TransitGatewayRouteTableId": transit.aws.default}
    transit.aws.ec2.create_transit_gateway_route(**route, Blackhole=True)
    try:
        wait("no way", lambda: not transit.ping("aws", "azure", 3))
        becomes(UP, transit.settled)
    finally:
        transit.aws.ec2.delete_transit_gateway_route(**route)
