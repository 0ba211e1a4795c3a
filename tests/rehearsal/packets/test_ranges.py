"""Ranges are added to both networks of the reference link and taken away: both sides hear of it, no tunnel notices."""

from __future__ import annotations

from tests.rehearsal.wan.hand import becomes
from tests.rehearsal.wan.link import VNET, VPC

from .hand import Machines

MORE_AZURE, MORE_AWS = "10.3.0.0/16", "10.4.0.0/16"


def set_vnet(link: Machines, *ranges: str) -> None:
    vnet = link.azure.id("virtualNetworks", "hand-vnet")
    link.azure.put(vnet, link.azure.get(vnet)["properties"] | {"addressSpace": {"addressPrefixes": list(ranges)}})


def association(link: Machines, cidr: str) -> str:
    [vpc] = link.aws.ec2.describe_vpcs(VpcIds=[link.aws.vpc])["Vpcs"]
    return next(
        str(one["AssociationId"])
        for one in vpc["CidrBlockAssociationSet"]
        if (one["CidrBlock"], one["CidrBlockState"]["State"]) == (cidr, "associated")
    )


def learned(link: Machines) -> tuple[set[str], set[str]]:
    """What AWS's route table has of Azure, and what each instance of Azure's gateway has of AWS."""
    [table] = link.aws.ec2.describe_route_tables(RouteTableIds=[link.table])["RouteTables"]
    aws = {r["DestinationCidrBlock"] for r in table["Routes"] if r["Origin"] == "EnableVgwRoutePropagation"}
    shown = [link.birdc(f"gw.{one}", "show route") for one in link.azure.addresses()]
    azure = {cidr for cidr in (VPC, MORE_AWS) if all(f"{cidr} " in text for text in shown)}
    return aws, azure


def test_ranges_come_and_go_and_no_tunnel_notices(link: Machines) -> None:
    becomes(({VNET}, {VPC}), lambda: learned(link))
    before = link.tunnels()
    assert len(before[1]) == 4
    try:
        set_vnet(link, VNET, MORE_AZURE)
        link.aws.ec2.associate_vpc_cidr_block(VpcId=link.aws.vpc, CidrBlock=MORE_AWS)
        becomes(({VNET, MORE_AZURE}, {VPC, MORE_AWS}), lambda: learned(link))
        for row in range(4):
            becomes("2 BGP ROUTES", lambda row=row: link.aws.telemetry(row)["StatusMessage"])
        link.whole("azure", "aws", 10)
        assert link.tunnels() == before
    finally:
        set_vnet(link, VNET)
        link.aws.ec2.disassociate_vpc_cidr_block(AssociationId=association(link, MORE_AWS))
    becomes(({VNET}, {VPC}), lambda: learned(link))
    link.whole("aws", "azure", 10)
    assert link.tunnels() == before
