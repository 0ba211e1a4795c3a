"""Every answer of the VPN actions, and of the network actions around them, member by member against botocore's model.

What the model has must be there, but for what `SOMETIMES` names with its reason; what the model does not have must not.
A newer botocore with a new member fails here until somebody has judged it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import pytest

from rehearsal.aws.actions import GUARDS, HANDLERS
from tests.fidelity.aws_model import EC2, NETWORK, strangers
from tests.rehearsal.aws.cloud import Aws, empty_aws

PAGES = "there is one page"
ASKED = "only if it was asked for"
NEVER_HERE = "of features that the rehearsal has not"

SOMETIMES: dict[str, dict[str, str]] = {
    "VpnConnection": {
        "TransitGatewayId": "one of the two gateways",
        "VpnGatewayId": "one of the two gateways",
        "VpnConcentratorId": NEVER_HERE,
        "CoreNetworkArn": NEVER_HERE,
        "CoreNetworkAttachmentArn": NEVER_HERE,
        "PreSharedKeyArn": "with keys in Secrets Manager",
        "CustomerGatewayConfiguration": "see DOCUMENT",
    },
    "VpnConnectionOptions": {
        "LocalIpv6NetworkCidr": "IPv6 inside",
        "RemoteIpv6NetworkCidr": "IPv6 inside",
        "TransportTransitGatewayAttachmentId": NEVER_HERE,
    },
    "TunnelOption": {
        "TunnelInsideIpv6Cidr": "IPv6 inside",
        **dict.fromkeys(
            (
                "Phase1LifetimeSeconds",
                "Phase2LifetimeSeconds",
                "RekeyMarginTimeSeconds",
                "RekeyFuzzPercentage",
                "ReplayWindowSize",
                "DpdTimeoutSeconds",
                "DpdTimeoutAction",
                "Phase1EncryptionAlgorithms",
                "Phase2EncryptionAlgorithms",
                "Phase1IntegrityAlgorithms",
                "Phase2IntegrityAlgorithms",
                "Phase1DHGroupNumbers",
                "Phase2DHGroupNumbers",
                "IkeVersions",
                "StartupAction",
            ),
            ASKED,
        ),
        "Phase1AdditionalKeyExchanges": NEVER_HERE,
        "Phase2AdditionalKeyExchanges": NEVER_HERE,
    },
    "CloudWatchLogOptions": dict.fromkeys(
        ("LogGroupArn", "LogOutputFormat", "BgpLogGroupArn", "BgpLogOutputFormat"), ASKED
    ),
    "VpnStaticRoute": {"Source": "no published answer has it"},
    "VgwTelemetry": {"CertificateArn": NEVER_HERE},
    "VpnGateway": {"AvailabilityZone": "of gateways made long ago"},
    "CustomerGateway": {
        "CertificateArn": NEVER_HERE,
        "DeviceName": ASKED,
        "BgpAsn": "one of the two, by size",
        "BgpAsnExtended": "one of the two, by size",
    },
    "ActiveVpnTunnelStatus": {
        **dict.fromkeys(
            (
                "Phase1EncryptionAlgorithm",
                "Phase2EncryptionAlgorithm",
                "Phase1IntegrityAlgorithm",
                "Phase2IntegrityAlgorithm",
                "Phase1DHGroup",
                "Phase2DHGroup",
                "IkeVersion",
            ),
            "while the tunnel is up",
        ),
        "ProvisioningStatusReason": "if it failed",
        "Phase1AdditionalKeyExchanges": NEVER_HERE,
        "Phase2AdditionalKeyExchanges": NEVER_HERE,
    },
    "GetVpnTunnelReplacementStatusResult": {
        "TransitGatewayId": "one of the two gateways",
        "VpnGatewayId": "one of the two gateways",
    },
    "MaintenanceDetails": {
        "MaintenanceAutoAppliedAfter": "if a maintenance is pending",
        "LastMaintenanceApplied": "after the first",
    },
    "Vpc": {"EncryptionControl": NEVER_HERE},
    "VpcCidrBlockState": {"StatusMessage": "if it failed"},
    "AssociateVpcCidrBlockResult": {"Ipv6CidrBlockAssociation": "one of the two"},
    "DisassociateVpcCidrBlockResult": {"Ipv6CidrBlockAssociation": "one of the two"},
    "Subnet": {
        "EnableLniAtDeviceIndex": NEVER_HERE,
        "CustomerOwnedIpv4Pool": NEVER_HERE,
        "OutpostArn": NEVER_HERE,
        "Type": "no published answer has it",
    },
    "RouteTableAssociation": {
        "SubnetId": "not of the main association",
        "GatewayId": NEVER_HERE,
        "PublicIpv4Pool": NEVER_HERE,
    },
    "RouteTableAssociationState": {"StatusMessage": "if it failed"},
    "Route": dict.fromkeys(
        (
            "DestinationIpv6CidrBlock",
            "DestinationPrefixListId",
            "EgressOnlyInternetGatewayId",
            "InstanceId",
            "InstanceOwnerId",
            "NatGatewayId",
            "TransitGatewayId",
            "LocalGatewayId",
            "CarrierGatewayId",
            "NetworkInterfaceId",
            "VpcPeeringConnectionId",
            "CoreNetworkArn",
            "OdbNetworkArn",
            "IpAddress",
        ),
        "another destination or target",
    ),
    "CreateRouteTableResult": {"ClientToken": ASKED},
    "CreateSecurityGroupResult": {"Tags": ASKED},
    "DeleteSecurityGroupResult": dict.fromkeys(("Return", "GroupId"), "moto's answer is older"),
    "IpPermission": {"FromPort": "not of all protocols", "ToPort": "not of all protocols"},
    "IpRange": {"Description": ASKED},
    "SecurityGroupRule": {
        "CidrIpv6": "another source",
        "PrefixListId": "another source",
        "ReferencedGroupInfo": "another source",
        "Description": ASKED,
    },
    **{
        f"RevokeSecurityGroup{way}Result": {
            "UnknownIpPermissions": "outside a VPC",
            "RevokedSecurityGroupRules": "moto's answer is older",
        }
        for way in ("Ingress", "Egress")
    },
    "DescribeVpcAttributeResult": {
        "EnableDnsHostnames": "one attribute a call",
        "EnableDnsSupport": "one attribute a call",
        "EnableNetworkAddressUsageMetrics": "one attribute a call",
    },
    "AvailabilityZone": {
        "ParentZoneName": "of local zones",
        "ParentZoneId": "of local zones",
        "GroupLongName": "moto's answer is older",
        "Geography": "moto's answer is older",
        "SubGeography": "moto's answer is older",
    },
    "Region": {"Geography": "moto's answer is older"},
    **{
        f"Describe{things}Result": {"NextToken": PAGES}
        for things in ("Vpcs", "Subnets", "RouteTables", "SecurityGroups", "SecurityGroupRules", "Tags")
    },
    "GetVpnConnectionDeviceTypesResult": {"NextToken": PAGES},
}
"""Members that an answer may lack, by shape; TransitGateway's shapes are moto's own business and not walked."""

DOCUMENT = {"pending": True, "available": True, "modifying": False, "deleting": False, "deleted": False}
"""In which states a connection shows its CustomerGatewayConfiguration (AWS, DescribeVpnConnections)."""
TELEMETRY = {"pending": 0, "available": 2, "modifying": 2, "deleting": 2, "deleted": 0}
OPTIONS = {"pending": 2, "available": 2, "modifying": 2, "deleting": 2, "deleted": 0}

LOG_GROUP = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/vendedlogs/s2s_vpn/hq"
ACTIONS = sorted(NETWORK | set(HANDLERS) | set(GUARDS))
REFUSED = {"ModifyVpnTunnelCertificate"}


@dataclass
class Answers:
    """What came back in a whole life of a link: by action, (parsed, XML)."""

    got: dict[str, list[tuple[dict[str, Any], bytes]]] = field(default_factory=dict)

    def note(self, model: Any, parsed: dict[str, Any], http_response: Any, **_unused: Any) -> None:
        if http_response.status_code == 200:
            self.got.setdefault(model.name, []).append((parsed, http_response.content))


@pytest.fixture(scope="module")
def answers() -> Answers:
    aws = empty_aws()
    noted, events = Answers(), aws.client().meta.events
    events.register("after-call.ec2", noted.note, unique_id="fidelity")
    live(aws)
    events.unregister("after-call.ec2", unique_id="fidelity")
    aws.assert_sound()
    return noted


def live(aws: Aws) -> None:
    """Build a link with all that there is, look at it in each state, and take it down."""
    ec2 = aws.client()
    vpc = aws.vpc()
    ec2.describe_vpcs()
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    for attribute in ("enableDnsHostnames", "enableDnsSupport"):
        ec2.describe_vpc_attribute(VpcId=vpc, Attribute=attribute)
    more = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.3.0.0/16")["CidrBlockAssociation"]["AssociationId"]
    ec2.disassociate_vpc_cidr_block(AssociationId=more)
    ec2.describe_regions()
    ec2.describe_availability_zones()
    ec2.describe_account_attributes()
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.2.1.0/24")["Subnet"]["SubnetId"]
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": False})
    ec2.describe_subnets()
    ec2.create_tags(Resources=[vpc, subnet], Tags=[{"Key": "Name", "Value": "hq"}])
    ec2.describe_tags()
    ec2.delete_tags(Resources=[subnet], Tags=[{"Key": "Name"}])

    table, other = (ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _unused in range(2))
    association = ec2.associate_route_table(RouteTableId=other, SubnetId=subnet)["AssociationId"]
    association = ec2.replace_route_table_association(AssociationId=association, RouteTableId=table)["NewAssociationId"]

    group = ec2.create_security_group(VpcId=vpc, GroupName="app", Description="app")["GroupId"]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.1.1.0/24", "Description": "partner"}]}]
    one_port = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.1.1.0/24"}]}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=everything)
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=one_port)
    ec2.describe_security_groups()
    ec2.describe_security_group_rules()
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=everything)
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=one_port)

    gateway = aws.vgw(vpc)
    ec2.describe_vpn_gateways()
    ec2.enable_vgw_route_propagation(RouteTableId=table, GatewayId=gateway)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.9.0.0/16", GatewayId=gateway)
    ec2.replace_route(RouteTableId=table, DestinationCidrBlock="10.9.0.0/16", GatewayId=gateway)
    ec2.describe_route_tables()

    customers = [aws.cgw(), aws.cgw("192.0.2.2", DeviceName="hq")]
    ec2.create_customer_gateway(Type="ipsec.1", IpAddress="192.0.2.3", BgpAsnExtended=4200000001)
    ec2.describe_customer_gateways()
    link(aws, gateway, customers[0])
    static(aws, gateway, customers[1])
    transit(aws, customers[0])

    ec2.disable_vgw_route_propagation(RouteTableId=table, GatewayId=gateway)
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="10.9.0.0/16")
    ec2.detach_vpn_gateway(VpcId=vpc, VpnGatewayId=gateway)
    aws.step(60)
    ec2.delete_vpn_gateway(VpnGatewayId=gateway)
    ec2.describe_vpn_gateways()
    for customer in customers:
        ec2.delete_customer_gateway(CustomerGatewayId=customer)
    ec2.describe_customer_gateways()
    ec2.disassociate_route_table(AssociationId=association)
    for one in (table, other):
        ec2.delete_route_table(RouteTableId=one)
    ec2.delete_security_group(GroupId=group)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


def link(aws: Aws, gateway: str, customer: str) -> None:
    """A connection with BGP in each of its states."""
    ec2 = aws.client()
    logs = {"LogOptions": {"CloudWatchLogOptions": {"LogEnabled": True, "LogGroupArn": LOG_GROUP}}}
    made = ec2.create_vpn_connection(
        Type="ipsec.1", CustomerGatewayId=customer, VpnGatewayId=gateway, Options={"TunnelOptions": [logs]}
    )["VpnConnection"]
    one, tunnels = {"VpnConnectionId": made["VpnConnectionId"]}, made["Options"]["TunnelOptions"]
    tunnel = {**one, "VpnTunnelOutsideIpAddress": tunnels[0]["OutsideIpAddress"]}

    def look() -> None:
        ec2.describe_vpn_connections()
        ec2.get_active_vpn_tunnel_status(**tunnel)
        ec2.get_vpn_tunnel_replacement_status(**tunnel)

    look()
    aws.step(300)
    aws.control("POST", "telemetry", {tunnels[0]["OutsideIpAddress"]: {"status": "UP", "prefixes": ["10.1.0.0/16"]}})
    look()
    for change, params in (
        (ec2.replace_vpn_tunnel, tunnel),
        (ec2.modify_vpn_tunnel_options, {**tunnel, "TunnelOptions": {"DPDTimeoutSeconds": 45}}),
        (ec2.modify_vpn_connection_options, {**one, "LocalIpv4NetworkCidr": "10.1.0.0/16"}),
        (ec2.modify_vpn_connection, {**one, "CustomerGatewayId": customer}),
    ):
        change(**params)
        look()
        aws.step(300)
    device = ec2.get_vpn_connection_device_types()["VpnConnectionDeviceTypes"][0]["VpnConnectionDeviceTypeId"]
    ec2.get_vpn_connection_device_sample_configuration(**one, VpnConnectionDeviceTypeId=device)
    gone(aws, one)


def static(aws: Aws, gateway: str, customer: str) -> None:
    ec2 = aws.client()
    made = aws.connect(CustomerGatewayId=customer, VpnGatewayId=gateway, Options={"StaticRoutesOnly": True})
    route = {"VpnConnectionId": made["VpnConnectionId"], "DestinationCidrBlock": "10.1.0.0/16"}
    ec2.create_vpn_connection_route(**route)
    ec2.describe_vpn_connections()
    aws.step(60)
    ec2.describe_vpn_connections()
    ec2.delete_vpn_connection_route(**route)
    ec2.describe_vpn_connections()
    gone(aws, {"VpnConnectionId": made["VpnConnectionId"]})


def transit(aws: Aws, customer: str) -> None:
    ec2 = aws.client()
    gateway = ec2.create_transit_gateway()["TransitGateway"]
    transit_id, default = gateway["TransitGatewayId"], gateway["Options"]["AssociationDefaultRouteTableId"]
    made = aws.connect(
        CustomerGatewayId=customer, TransitGatewayId=transit_id, Options={"TunnelInsideIpVersion": "ipv6"}
    )
    one, address = {"VpnConnectionId": made["VpnConnectionId"]}, made["VgwTelemetry"][0]["OutsideIpAddress"]
    ec2.get_vpn_tunnel_replacement_status(**one, VpnTunnelOutsideIpAddress=address)
    attachment = ec2.describe_transit_gateway_attachments()["TransitGatewayAttachments"][0]
    place = {"TransitGatewayAttachmentId": attachment["TransitGatewayAttachmentId"]}
    ec2.disassociate_transit_gateway_route_table(**place, TransitGatewayRouteTableId=default)
    table = ec2.create_transit_gateway_route_table(TransitGatewayId=transit_id)["TransitGatewayRouteTable"]
    other = table["TransitGatewayRouteTableId"]
    ec2.associate_transit_gateway_route_table(**place, TransitGatewayRouteTableId=other)
    gone(aws, one)
    ec2.delete_transit_gateway(TransitGatewayId=transit_id)


def gone(aws: Aws, one: dict[str, str]) -> None:
    aws.client().delete_vpn_connection(**one)
    aws.client().describe_vpn_connections()
    aws.step(60)
    aws.client().describe_vpn_connections()


@pytest.mark.parametrize("action", [one for one in ACTIONS if one not in REFUSED])
def test_an_action_s_answers(answers: Answers, action: str) -> None:
    shape = EC2.operation_model(action).output_shape
    for parsed, text in answers.got[action]:
        root = ElementTree.fromstring(text)
        assert root.findtext("{*}requestId")
        if shape is None:
            continue
        assert not list(strangers(root, shape, action))
        if not action.endswith("TransitGateway"):
            assert not list(missing(parsed, shape, action))


def missing(value: Any, shape: Any, where: str) -> Iterator[str]:
    """Members that the answer lacks without an excuse."""
    if shape.type_name == "list":
        for each in value:
            yield from missing(each, shape.member, where)
    elif shape.type_name == "structure":
        excused = SOMETIMES.get(shape.name, {})
        for name, member in shape.members.items():
            if name in value:
                yield from missing(value[name], member, f"{where}.{name}")
            elif name not in excused:
                yield f"{where}.{name}"


def test_every_excuse_is_of_a_member_and_needed(answers: Answers) -> None:
    """The list can only shrink: an excuse that no answer needs must go."""
    needed: dict[str, set[str]] = {}

    def walk(value: Any, shape: Any) -> None:
        if shape.type_name == "list":
            for each in value:
                walk(each, shape.member)
        elif shape.type_name == "structure":
            needed.setdefault(shape.name, set()).update(set(shape.members) - set(value))
            for name in set(shape.members) & set(value):
                walk(value[name], shape.members[name])

    for action, noted in answers.got.items():
        if shape := EC2.operation_model(action).output_shape:
            for parsed, _text in noted:
                walk(parsed, shape)
    assert {shape: set(members) - needed.get(shape, set()) for shape, members in SOMETIMES.items()} == {
        shape: set() for shape in SOMETIMES
    }


@pytest.mark.parametrize("state", DOCUMENT)
def test_a_connection_in_each_state(answers: Answers, state: str) -> None:
    seen = [
        one
        for parsed, _text in answers.got["DescribeVpnConnections"]
        for one in parsed["VpnConnections"]
        if one["State"] == state
    ]
    assert seen
    for one in seen:
        assert ("CustomerGatewayConfiguration" in one) is DOCUMENT[state]
        assert len(one["VgwTelemetry"]) == TELEMETRY[state]
        assert len(one["Options"]["TunnelOptions"]) == OPTIONS[state]
        assert ("VpnGatewayId" in one) is not ("TransitGatewayId" in one)
        assert (one["Type"], one["Category"], one["GatewayAssociationState"]) == ("ipsec.1", "VPN", "associated")


def test_no_answer_was_left_out(answers: Answers) -> None:
    print(f"{len(answers.got)} actions, {sum(map(len, answers.got.values()))} answers")
    assert set(ACTIONS) - REFUSED <= set(answers.got)
