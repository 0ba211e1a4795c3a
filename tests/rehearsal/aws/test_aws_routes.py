"""Telemetry, static routes, and what a gateway propagates."""

from __future__ import annotations

import pytest

AZURE = "10.1.0.0/16"


@pytest.fixture
def link(aws):
    """VPC, attached gateway, route table that it propagates into."""
    vpc = aws.vpc()
    gateway = aws.vgw(vpc)
    table = aws.client().create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    aws.client().enable_vgw_route_propagation(GatewayId=gateway, RouteTableId=table)
    return vpc, gateway, table


def routes(aws, table):
    """Destination, gateway, origin: without the VPC's own."""
    shown = aws.client().describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    return [
        (one["DestinationCidrBlock"], one["GatewayId"], one["Origin"]) for one in shown if one["GatewayId"] != "local"
    ]


def say(aws, made, number, **words):
    address = made["Options"]["TunnelOptions"][number]["OutsideIpAddress"]
    return aws.control("POST", "telemetry", {address: words})


def seen(aws, made, number):
    address = made["Options"]["TunnelOptions"][number]["OutsideIpAddress"]
    telemetry = aws.connection(made["VpnConnectionId"])["VgwTelemetry"]
    one = next(one for one in telemetry if one["OutsideIpAddress"] == address)
    return one["Status"], one["StatusMessage"], one["AcceptedRouteCount"]


def test_a_new_tunnel_is_down(aws):
    bgp = aws.connect()
    assert seen(aws, bgp, 0) == ("DOWN", "IPSEC IS DOWN", 0)
    static = aws.connect(CustomerGatewayId=aws.cgw("192.0.2.2"), Options={"StaticRoutesOnly": True})
    assert seen(aws, static, 0) == ("DOWN", "", 0)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"status": "UP", "prefixes": [AZURE]}, ("UP", "1 BGP ROUTES", 1)),
        ({"status": "UP", "prefixes": []}, ("UP", "0 BGP ROUTES", 0)),
        ({"status": "DOWN", "message": "IPSEC IS UP"}, ("DOWN", "IPSEC IS UP", 0)),
        ({"status": "UP", "message": "5 BGP ROUTES", "accepted_routes": 5}, ("UP", "5 BGP ROUTES", 5)),
        ({"status": "UP", "prefixes": [f"10.9.{n}.0/24" for n in range(101)]}, ("DOWN", "IPSEC IS UP", 0)),
    ],
)
def test_the_wan_says_how_a_tunnel_is(aws, words, expected):
    made = aws.connect()
    say(aws, made, 0, **words)
    assert seen(aws, made, 0) == expected
    assert seen(aws, made, 1) == ("DOWN", "IPSEC IS DOWN", 0)


def test_status_change_moves_the_time_only_then(aws):
    made = aws.connect()

    def since():
        return {one["LastStatusChange"] for one in aws.connection(made["VpnConnectionId"])["VgwTelemetry"]}

    before = since()
    say(aws, made, 0, status="DOWN", message="IPSEC IS UP")
    assert since() == before


def test_learned_prefixes_come_and_go(aws, link):
    _vpc, gateway, table = link
    made = aws.connect(VpnGatewayId=gateway)
    assert routes(aws, table) == []
    for number in (0, 1):
        say(aws, made, number, status="UP", prefixes=[AZURE])
    assert routes(aws, table) == [(AZURE, gateway, "EnableVgwRoutePropagation")]
    say(aws, made, 0, status="DOWN")
    assert len(routes(aws, table)) == 1
    say(aws, made, 1, status="DOWN")
    assert routes(aws, table) == []


def test_routes_go_with_the_connection(aws, link):
    _vpc, gateway, table = link
    made = aws.connect(VpnGatewayId=gateway)
    say(aws, made, 0, status="UP", prefixes=[AZURE])
    aws.client().delete_vpn_connection(VpnConnectionId=made["VpnConnectionId"])
    assert routes(aws, table) == []


def test_propagation_is_switched_per_table(aws, link):
    vpc, gateway, table = link
    made = aws.connect(VpnGatewayId=gateway)
    say(aws, made, 0, status="UP", prefixes=[AZURE])
    other = aws.client().create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    assert routes(aws, other) == []
    aws.client().disable_vgw_route_propagation(GatewayId=gateway, RouteTableId=table)
    assert routes(aws, table) == []
    shown = aws.client().describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
    assert shown.get("PropagatingVgws", []) == []
    for _unused in range(2):
        aws.client().enable_vgw_route_propagation(GatewayId=gateway, RouteTableId=table)
    shown = aws.client().describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
    assert shown["PropagatingVgws"] == [{"GatewayId": gateway}]


def test_propagation_needs_an_attached_gateway(aws):
    table = aws.client().create_route_table(VpcId=aws.vpc())["RouteTable"]["RouteTableId"]
    code = aws.refused("enable_vgw_route_propagation", GatewayId=aws.vgw(), RouteTableId=table)[0]
    assert code == "Gateway.NotAttached"


def test_a_route_needs_the_gateway_on_its_vpc(aws, link):
    _vpc, _gateway, table = link
    other = aws.vgw()
    code, text = aws.refused("create_route", RouteTableId=table, DestinationCidrBlock="10.7.0.0/16", GatewayId=other)
    assert (code, other in text) == ("InvalidParameterValue", True)


def test_detaching_ends_propagation_and_blackholes_static_routes(aws, link):
    vpc, gateway, table = link
    aws.client().create_route(RouteTableId=table, DestinationCidrBlock="10.7.0.0/16", GatewayId=gateway)
    aws.client().detach_vpn_gateway(VpcId=vpc, VpnGatewayId=gateway)
    aws.step(20)
    shown = aws.client().describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
    assert shown.get("PropagatingVgws", []) == []
    assert {one["State"] for one in shown["Routes"] if one["GatewayId"] == gateway} == {"blackhole"}


def test_static_route_wins_over_the_same_learned_one(aws, link):
    _vpc, gateway, table = link
    made = aws.connect(VpnGatewayId=gateway)
    aws.client().create_route(RouteTableId=table, DestinationCidrBlock=AZURE, GatewayId=gateway)
    say(aws, made, 0, status="UP", prefixes=[AZURE, "10.2.3.0/24"])
    assert routes(aws, table) == [(AZURE, gateway, "CreateRoute")]


def test_tables_by_learned_route(aws, link):
    _vpc, gateway, table = link
    made = aws.connect(VpnGatewayId=gateway)
    say(aws, made, 0, status="UP", prefixes=[AZURE])
    for name, value in (("route.origin", "EnableVgwRoutePropagation"), ("route.destination-cidr-block", AZURE)):
        found = aws.client().describe_route_tables(Filters=[{"Name": name, "Values": [value]}])["RouteTables"]
        assert [one["RouteTableId"] for one in found] == [table]


def test_static_routes(aws, link):
    _vpc, gateway, table = link
    made = aws.connect(VpnGatewayId=gateway, Options={"StaticRoutesOnly": True})
    one = {"VpnConnectionId": made["VpnConnectionId"], "DestinationCidrBlock": AZURE}
    aws.client().create_vpn_connection_route(**one)

    def shown():
        return [
            (route["DestinationCidrBlock"], route["State"])
            for route in aws.connection(one["VpnConnectionId"])["Routes"]
        ]

    assert shown() == [(AZURE, "pending")]
    aws.step(10)
    assert shown() == [(AZURE, "available")]
    assert seen(aws, made, 0) == ("DOWN", "", 1)
    assert routes(aws, table) == []
    say(aws, made, 0, status="UP")
    assert seen(aws, made, 0) == ("UP", "", 1)
    assert routes(aws, table) == [(AZURE, gateway, "EnableVgwRoutePropagation")]
    aws.client().delete_vpn_connection_route(**one)
    assert shown() == [(AZURE, "deleting")]
    aws.step(10)
    assert shown() == []
    assert aws.refused("delete_vpn_connection_route", **one)[0] == "InvalidRoute.NotFound"


def test_routes_belong_to_static_connections(aws):
    made = aws.connect()
    one = {"VpnConnectionId": made["VpnConnectionId"], "DestinationCidrBlock": AZURE}
    assert aws.refused("create_vpn_connection_route", **one)[0] == "InvalidParameterCombination"


def test_active_status_is_what_the_wan_negotiated(aws):
    made = aws.connect()
    one = {
        "VpnConnectionId": made["VpnConnectionId"],
        "VpnTunnelOutsideIpAddress": made["Options"]["TunnelOptions"][0]["OutsideIpAddress"],
    }
    assert aws.client().get_active_vpn_tunnel_status(**one)["ActiveVpnTunnelStatus"] == {
        "ProvisioningStatus": "available"
    }
    say(aws, made, 0, status="UP", negotiated={"IkeVersion": "ikev2", "Phase1DHGroup": 14})
    status = aws.client().get_active_vpn_tunnel_status(**one)["ActiveVpnTunnelStatus"]
    assert status == {"ProvisioningStatus": "available", "IkeVersion": "ikev2", "Phase1DHGroup": 14}
