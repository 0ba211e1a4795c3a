"""Deletes that wait for others."""

from __future__ import annotations

DEPENDS = "DependencyViolation"


def test_vpc_with_a_gateway(aws):
    vpc = aws.vpc()
    gateway = aws.vgw(vpc)
    assert aws.refused("delete_vpc", VpcId=vpc) == (DEPENDS, f"The vpc '{vpc}' has dependencies and cannot be deleted.")
    aws.client().detach_vpn_gateway(VpcId=vpc, VpnGatewayId=gateway)
    assert aws.refused("delete_vpc", VpcId=vpc)[0] == DEPENDS
    aws.step(20)
    aws.client().delete_vpc(VpcId=vpc)
    assert aws.refused("delete_vpc", VpcId=vpc)[0] == "InvalidVpcID.NotFound"


def test_vpc_with_a_subnet_a_group_or_a_table(aws):
    client, vpc = aws.client(), aws.vpc()
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.2.1.0/24")["Subnet"]["SubnetId"]
    group = client.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    table = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    client.associate_route_table(SubnetId=subnet, RouteTableId=table)
    for undo, params in (
        ("delete_subnet", {"SubnetId": subnet}),
        ("delete_security_group", {"GroupId": group}),
        ("delete_route_table", {"RouteTableId": table}),
    ):
        assert aws.refused("delete_vpc", VpcId=vpc)[0] == DEPENDS
        getattr(client, undo)(**params)
    client.delete_vpc(VpcId=vpc)


def test_subnet_and_group_with_an_interface(aws):
    client, vpc = aws.client(), aws.vpc()
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.2.1.0/24")["Subnet"]["SubnetId"]
    group = client.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    eni = client.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]["NetworkInterfaceId"]
    assert aws.refused("delete_subnet", SubnetId=subnet)[0] == DEPENDS
    assert aws.refused("delete_security_group", GroupId=group)[0] == DEPENDS
    client.delete_network_interface(NetworkInterfaceId=eni)
    client.delete_security_group(GroupId=group)
    client.delete_subnet(SubnetId=subnet)


def test_group_named_in_another(aws):
    client, vpc = aws.client(), aws.vpc()
    first, second = (
        client.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("a", "b")
    )
    rule = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": first}]}
    client.authorize_security_group_ingress(GroupId=second, IpPermissions=[rule])
    assert aws.refused("delete_security_group", GroupId=first)[0] == DEPENDS
    client.delete_security_group(GroupId=second)
    client.delete_security_group(GroupId=first)


def test_main_route_table(aws):
    vpc = aws.vpc()
    main = aws.client().describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]
    assert aws.refused("delete_route_table", RouteTableId=main["RouteTableId"])[0] == DEPENDS


def test_transit_gateway_with_a_connection(aws):
    transit = aws.client().create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    made = aws.connect(TransitGatewayId=transit)
    code, text = aws.refused("delete_transit_gateway", TransitGatewayId=transit)
    assert code == "IncorrectState"
    assert "non-deleted VPN Attachments" in text
    aws.client().delete_vpn_connection(VpnConnectionId=made["VpnConnectionId"])
    aws.client().delete_transit_gateway(TransitGatewayId=transit)
    assert aws.refused("delete_transit_gateway", TransitGatewayId=transit)[0] == "InvalidTransitGatewayID.NotFound"
