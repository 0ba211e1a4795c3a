"""Customer gateways and virtual private gateways."""

from __future__ import annotations

import pytest

VALUE = "InvalidParameterValue"


def test_identical_customer_gateway_is_the_same(aws):
    first = aws.cgw(TagSpecifications=aws.tags("customer-gateway", Name="mine"))
    assert aws.cgw(TagSpecifications=aws.tags("customer-gateway", Name="yours")) == first
    others = {aws.cgw(DeviceName="hq-azure-1"), aws.cgw(BgpAsn=65010), aws.cgw("192.0.2.2")}
    assert len(others | {first}) == 4
    aws.client().delete_customer_gateway(CustomerGatewayId=first)
    assert aws.cgw() != first


@pytest.mark.parametrize(
    ("params", "shown"),
    [
        ({"BgpAsn": 65515}, {"BgpAsn": "65515"}),
        ({"BgpAsn": 2147483647}, {"BgpAsn": "2147483647"}),
        ({"BgpAsnExtended": 2147483648}, {"BgpAsnExtended": "2147483648"}),
        ({}, {"BgpAsn": "65000"}),
    ],
)
def test_asn_of_customer_gateway(aws, params, shown):
    made = aws.client().create_customer_gateway(Type="ipsec.1", IpAddress="192.0.2.1", **params)["CustomerGateway"]
    assert {name: value for name, value in made.items() if name.startswith("BgpAsn")} == shown
    asn = next(iter(shown.values()))
    found = aws.client().describe_customer_gateways(Filters=[{"Name": "bgp-asn", "Values": [asn]}])
    assert len(found["CustomerGateways"]) == 1


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"BgpAsn": 0}, VALUE),
        ({"BgpAsn": 2147483648}, VALUE),
        ({"BgpAsnExtended": 65000}, VALUE),
        ({"BgpAsnExtended": 2**32}, VALUE),
        ({"BgpAsn": 65000, "BgpAsnExtended": 4200000000}, "InvalidParameterCombination"),
        ({"IpAddress": "192.0.2.300"}, VALUE),
        ({"IpAddress": ""}, "MissingParameter"),
        ({"DeviceName": "x" * 256}, VALUE),
    ],
)
def test_customer_gateway_rules(aws, params, code):
    assert aws.refused("create_customer_gateway", Type="ipsec.1", **{"IpAddress": "192.0.2.1", **params})[0] == code


@pytest.mark.parametrize(
    ("kind", "make", "describe", "answer"),
    [
        ("customer-gateway", "cgw", "describe_customer_gateways", "CustomerGateways"),
        ("vpn-gateway", "vgw", "describe_vpn_gateways", "VpnGateways"),
    ],
)
def test_tags_in_the_creating_request(aws, kind, make, describe, answer):
    mine = getattr(aws, make)(TagSpecifications=aws.tags(kind, **{"s2s_vpn:link": "hq", "Name": "a"}))
    ask = getattr(aws.client(), describe)
    found = ask(Filters=[{"Name": "tag:s2s_vpn:link", "Values": ["hq"]}])[answer]
    assert [mine] == [one.get("CustomerGatewayId", one.get("VpnGatewayId")) for one in found]
    assert {"Key": "Name", "Value": "a"} in found[0]["Tags"]
    assert not ask(Filters=[{"Name": "tag:s2s_vpn:link", "Values": ["h"]}])[answer]
    aws.client().create_tags(Resources=[mine], Tags=[{"Key": "Name", "Value": "b"}])
    assert ask(Filters=[{"Name": "tag:Name", "Values": ["b"]}])[answer]


def test_customer_gateway_in_use(aws):
    made = aws.connect()
    one = {"CustomerGatewayId": made["CustomerGatewayId"]}
    assert aws.refused("delete_customer_gateway", **one) == ("IncorrectState", "The customer gateway is in use.")
    aws.client().delete_vpn_connection(VpnConnectionId=made["VpnConnectionId"])
    assert aws.refused("delete_customer_gateway", **one)[0] == "IncorrectState"
    aws.step(60)
    aws.client().delete_customer_gateway(**one)
    state = aws.client().describe_customer_gateways(CustomerGatewayIds=[made["CustomerGatewayId"]])
    assert state["CustomerGateways"][0]["State"] == "deleted"
    refusal = aws.refused("create_vpn_connection", Type="ipsec.1", VpnGatewayId=made["VpnGatewayId"], **one)
    assert refusal[0] == "InvalidCustomerGatewayState"


@pytest.mark.parametrize("asn", [64512, 65534, 4200000000, 4294967294])
def test_good_asns(aws, asn):
    gateway = aws.vgw(AmazonSideAsn=asn)
    assert aws.client().describe_vpn_gateways(VpnGatewayIds=[gateway])["VpnGateways"][0]["AmazonSideAsn"] == asn


@pytest.mark.parametrize("asn", [64511, 65535, 1, 4199999999, 4294967295])
def test_bad_asns(aws, asn):
    assert aws.refused("create_vpn_gateway", Type="ipsec.1", AmazonSideAsn=asn)[0] == VALUE


def test_attaching_and_detaching_take_their_time(aws):
    client, vpc = aws.client(), aws.vpc()
    gateway = client.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]
    name = gateway["VpnGatewayId"]
    both = {"VpnGatewayId": name, "VpcId": vpc}
    assert (gateway["State"], gateway.get("VpcAttachments", [])) == ("pending", [])

    def state():
        return client.describe_vpn_gateways(VpnGatewayIds=[name])["VpnGateways"][0]["VpcAttachments"][0]["State"]

    assert client.attach_vpn_gateway(**both)["VpcAttachment"] == {"VpcId": vpc, "State": "attaching"}
    assert "conflicting pending workflow" in aws.refused("detach_vpn_gateway", **both)[1]
    aws.step(20)
    assert state() == "attached"
    client.attach_vpn_gateway(**both)
    client.detach_vpn_gateway(**both)
    assert state() == "detaching"
    assert "conflicting pending workflow" in aws.refused("attach_vpn_gateway", **both)[1]
    assert aws.refused("delete_vpn_gateway", VpnGatewayId=name) == ("IncorrectState", "The VPN gateway is in use.")
    aws.step(20)
    assert state() == "detached"
    assert aws.refused("detach_vpn_gateway", **both)[0] == "InvalidVpnGatewayAttachment.NotFound"
    client.delete_vpn_gateway(VpnGatewayId=name)
    assert client.describe_vpn_gateways(VpnGatewayIds=[name])["VpnGateways"][0]["State"] == "deleted"


def test_one_gateway_on_a_vpc(aws):
    first, second = aws.vpc(), aws.vpc("10.3.0.0/16")
    gateway = aws.vgw(first)
    other = aws.vgw()
    assert aws.refused("attach_vpn_gateway", VpcId=first, VpnGatewayId=other)[0] == "InvalidVpcState"
    code = aws.refused("attach_vpn_gateway", VpcId=second, VpnGatewayId=gateway)[0]
    assert code == "VpnGatewayAttachmentLimitExceeded"


def test_gateway_with_connections(aws):
    vpc = aws.vpc()
    gateway = aws.vgw(vpc)
    both = {"VpnGatewayId": gateway, "VpcId": vpc}
    made = aws.client().create_vpn_connection(Type="ipsec.1", CustomerGatewayId=aws.cgw(), VpnGatewayId=gateway)
    assert "pending VPNs" in aws.refused("detach_vpn_gateway", **both)[1]
    aws.step(240)
    aws.client().detach_vpn_gateway(**both)
    aws.step(20)
    assert aws.refused("delete_vpn_gateway", VpnGatewayId=gateway)[0] == "IncorrectState"
    aws.client().delete_vpn_connection(VpnConnectionId=made["VpnConnection"]["VpnConnectionId"])
    aws.step(60)
    aws.client().delete_vpn_gateway(VpnGatewayId=gateway)
    code = aws.refused("create_vpn_connection", Type="ipsec.1", CustomerGatewayId=aws.cgw(), VpnGatewayId=gateway)[0]
    assert code == "InvalidVpnGatewayState"


@pytest.mark.parametrize(
    ("action", "params", "code"),
    [
        ("describe_vpn_gateways", {"VpnGatewayIds": ["vgw-0"]}, "InvalidVpnGatewayID.NotFound"),
        ("describe_customer_gateways", {"CustomerGatewayIds": ["cgw-0"]}, "InvalidCustomerGatewayID.NotFound"),
        ("describe_vpn_connections", {"VpnConnectionIds": ["vpn-0"]}, "InvalidVpnConnectionID.NotFound"),
        ("delete_vpn_connection", {"VpnConnectionId": "vpn-0"}, "InvalidVpnConnectionID.NotFound"),
        ("attach_vpn_gateway", {"VpnGatewayId": "vgw-0", "VpcId": "vpc-0"}, "InvalidVpnGatewayID.NotFound"),
    ],
)
def test_unknown_ids(aws, action, params, code):
    assert aws.refused(action, **params)[0] == code


def test_gateways_quota(aws):
    for _unused in range(5):
        aws.vgw()
    assert aws.refused("create_vpn_gateway", Type="ipsec.1") == (
        "VpnGatewayLimitExceeded",
        "The maximum number of virtual private gateways has been reached",
    )


def test_customer_gateways_quota(aws):
    for number in range(50):
        aws.cgw(f"192.0.2.{number + 1}")
    aws.cgw("192.0.2.1")
    refusal = aws.refused("create_customer_gateway", Type="ipsec.1", IpAddress="192.0.2.99", BgpAsn=65515)
    assert refusal[0] == "CustomerGatewayLimitExceeded"


def test_connections_quotas(aws):
    customers = [aws.cgw(f"192.0.2.{number + 1}") for number in range(11)]
    create = aws.client().create_vpn_connection
    for number in range(5):
        gateway = aws.vgw()
        for customer in customers[:10]:
            create(Type="ipsec.1", CustomerGatewayId=customer, VpnGatewayId=gateway)
        one_more = {"Type": "ipsec.1", "CustomerGatewayId": customers[10], "VpnGatewayId": gateway}
        code, text = aws.refused("create_vpn_connection", **one_more)
        assert code == "VpnConnectionLimitExceeded"
        assert ("for the virtual private gateway" in text) is (number < 4)
