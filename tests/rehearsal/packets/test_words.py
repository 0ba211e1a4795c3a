"""From state to what the daemons are told, and from their words back: pure, no daemon."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rehearsal.wan.model import AwsSide, AzureSide, Policy
from rehearsal.wan.packets import bgp, filters
from rehearsal.wan.packets.aws_network import Names, acl_rules, by_nobody, group_rules, members, routes
from rehearsal.wan.packets.azure_network import application_groups, rules, vnet
from rehearsal.wan.packets.bird import Route, Session, Table, messages, parse, plain
from rehearsal.wan.packets.charon import Attempts
from rehearsal.wan.packets.filters import Guard, azure_tags, ruleset
from rehearsal.wan.packets.ike import aws_end, azure_ends, connection, daemon, usable
from rehearsal.wan.packets.judge import routers
from rehearsal.wan.packets.lab import FAST, REAL, Faults, Lab, session
from rehearsal.wan.packets.networks import AwsGateway, AwsNetwork, Rule, UserRoute, VpcRoute
from rehearsal.wan.packets.plan import Heard, plan
from rehearsal.wan.packets.proposals import aws_esp, aws_ike, azure_esp, azure_ike
from rehearsal.wan.packets.supervisor import Seen
from rehearsal.wan.writeback import Neighbor
from tests.rehearsal.wan.link import POLICY, TUNNELS, VNET, VPC, aws_side, azure_side, gateway, tunnel
from tests.rehearsal.wan.link import connection as azure_connection

from .lab import NETWORK, VGW, VNET_ID, VNETS, VPC_ID

# --- crypto -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "ike", "esp"),
    [
        (POLICY, ["aes256-sha256-modp2048"], ["aes256gcm16-modp2048"]),
        (replace(POLICY, dh_group="ECP384", pfs_group="PFSMM"), ["aes256-sha256-ecp384"], ["aes256gcm16-ecp384"]),
        (replace(POLICY, pfs_group="None"), ["aes256-sha256-modp2048"], ["aes256gcm16"]),
        (
            replace(POLICY, ipsec_encryption="AES128", ipsec_integrity="SHA1", pfs_group="PFS24"),
            ["aes256-sha256-modp2048"],
            ["aes128-sha1-modp2048s256"],
        ),
        (replace(POLICY, ike_encryption="GCMAES128"), ["aes128gcm16-prfsha256-modp2048"], ["aes256gcm16-modp2048"]),
        (replace(POLICY, dh_group="None"), [], ["aes256gcm16-modp2048"]),
        (replace(POLICY, ipsec_integrity="SHA1"), ["aes256-sha256-modp2048"], []),
    ],
)
def test_azures_policy(policy: Policy, ike: list[str], esp: list[str]) -> None:
    assert (azure_ike(policy), azure_esp(policy)) == (ike, esp)


def test_azures_default_offers_group_2_only() -> None:
    assert all(p.endswith("-modp1024") for p in azure_ike(None))
    assert "aes256-sha256-modp2048s256" in azure_esp(None)


def test_awss_lists_are_one_proposal_for_each_kind_of_cipher() -> None:
    one = tunnel(
        0,
        phase1_encryption=("AES128", "AES256-GCM-16"),
        phase1_integrity=("SHA1", "SHA2-384"),
        phase1_dh_groups=(2, 19),
        phase2_encryption=("AES256-GCM-16",),
        phase2_integrity=("SHA2-512",),
        phase2_dh_groups=(5,),
    )
    assert aws_ike(one) == ["aes128-sha1-sha384-modp1024-ecp256", "aes256gcm16-prfsha1-prfsha384-modp1024-ecp256"]
    assert aws_esp(one) == ["aes256gcm16-modp1536"]


# --- ends -------------------------------------------------------------------------------------------------------------


def test_each_end_knows_its_own_cloud_only() -> None:
    ends = dict(enumerate(azure_ends(azure_side())))
    assert len(ends) == 8
    _unused, end = ends[0]
    assert (end.own, end.peer, end.gateway) == ("192.0.2.1", TUNNELS[0][4], "gw.192.0.2.1")
    theirs = aws_end(tunnel(0, gateway_id=VGW))
    assert theirs is not None
    assert (theirs.own, theirs.peer, theirs.gateway) == (TUNNELS[0][4], "192.0.2.1", VGW)


@pytest.mark.parametrize(
    ("changes", "eager"), [({}, True), ({"startup_action": "add"}, False), ({"ike_versions": ("ikev1",)}, False)]
)
def test_aws_initiates_ikev2_when_told(changes: dict[str, Any], eager: bool) -> None:
    end = aws_end(tunnel(0, **changes))
    assert end is not None
    assert (end.eager is not None) is eager


@pytest.mark.parametrize(("mode", "eager"), [("Default", True), ("InitiatorOnly", True), ("ResponderOnly", False)])
def test_azure_initiates_unless_it_only_responds(mode: str, eager: bool) -> None:
    (_unused, end), *_others = azure_ends(azure_side(connections=(azure_connection(0, mode=mode),)))
    assert (end.eager is not None) is eager


def test_no_end_before_the_cloud_has_made_it() -> None:
    assert aws_end(tunnel(0, connection_state="pending")) is None
    assert not list(azure_ends(azure_side(gateways=(gateway(state="Updating"),))))


def test_an_end_tries_again_however_often_something_changes() -> None:
    attempts = Attempts(1.5, 0.0)
    for tenth in range(15):
        assert not attempts.due(tenth / 10)
        attempts.hurry(tenth / 10)
    assert attempts.due(1.5)


def test_an_end_tries_ever_more_rarely_until_something_changes() -> None:
    attempts, now, pauses = Attempts(0.0, 0.0), 0.0, []
    for _unused in range(7):
        began = now
        attempts.made(now)
        while not attempts.due(now):
            now += 0.5
        pauses.append(now - began)
    assert pauses == [2, 4, 8, 16, 30, 30, 30]
    attempts.made(now)
    attempts.hurry(now)
    assert attempts.due(now)


def test_an_end_whose_tunnel_is_lost_leaves_the_first_word_to_the_other() -> None:
    attempts = Attempts(1.5, 0.0)
    attempts.stands(100.0)
    assert not attempts.due(101.0)
    assert attempts.due(101.5)
    assert not Attempts(None, 0.0).due(1000.0)


def test_timers_are_the_clouds_or_fast() -> None:
    real, fast = aws_end(tunnel(0, dpd_timeout=45)), aws_end(tunnel(0), FAST)
    assert real is not None
    assert fast is not None
    assert (real.dpd, fast.dpd) == ((10, 45), (2, 6))
    assert "retransmit_tries = 35" in daemon(real, kernel_esp=False)


def test_no_key_in_what_is_written_or_shown() -> None:
    for end in (aws_end(tunnel(0)), *(e for _unused, e in azure_ends(azure_side()))):
        assert end is not None
        assert "invented" not in f"{end!r} {daemon(end, kernel_esp=False)} {connection(end)}"


def test_an_end_without_a_proposal_is_not_started() -> None:
    connections = (azure_connection(0, policy=replace(POLICY, dh_group="None")),)
    (_unused, end), *_others = azure_ends(azure_side(connections=connections))
    assert not usable(end)
    assert not made(azure=azure_side(connections=connections)).ends.keys() & {end.name}


# --- the lab ----------------------------------------------------------------------------------------------------------


NOTHING = Heard()


def made(
    azure: Any = None, network: AwsNetwork = NETWORK, vnets: Any = VNETS, heard: Heard = NOTHING, **faults: Any
) -> Lab:
    azure = azure or azure_side()
    azure = replace(azure, gateways=tuple(replace(g, vnet_id=VNET_ID) for g in azure.gateways))
    aws = AwsSide(tuple(replace(t, gateway_id=VGW) for t in aws_side().tunnels))
    return plan(azure, vnets, aws, network, heard, Faults(**faults), REAL)


def test_the_same_state_makes_the_same_lab() -> None:
    assert made() == made()
    shuffled = azure_side(connections=tuple(azure_connection(n) for n in (3, 1, 0, 2)))
    assert made(azure=shuffled).routers == made().routers


def test_interfaces_have_names_that_the_kernel_takes() -> None:
    for link in made().links:
        assert max(len(link.a_interface), len(link.b_interface)) <= 15


def test_machines_at_both_ends_and_strangers_beside_them() -> None:
    found = [(h.cloud, h.address, h.foreign) for h in made().hosts]
    assert found == [
        ("azure", "10.1.1.4", False),
        ("azure", "10.1.255.244", True),
        ("aws", "10.2.1.4", False),
        ("aws", "10.2.255.244", True),
    ]


@pytest.mark.parametrize("state", ["Updating", "Failed", "Deleting"])
def test_the_machines_stay_while_the_gateway_changes(state: str) -> None:
    whole = made()
    lab = made(azure=azure_side(gateways=(gateway(state=state),)))
    assert lab.hosts == whole.hosts
    assert lab.links >= {k for k in whole.links if not {k.a, k.b} & whole.ends.keys()}
    assert {e for e in whole.ends if e.startswith("aws.")} == set(lab.ends)


def test_the_machines_are_there_before_the_gateway_and_after_it() -> None:
    lab = made(azure=AzureSide())
    assert [h.address for h in lab.hosts if h.cloud == "azure"] == ["10.1.1.4", "10.1.255.244"]
    assert not [n for n in lab.namespaces if n.startswith("gw.")]


def test_a_tunnel_that_comes_up_is_no_news_for_the_lab() -> None:
    first = next(iter(e for e in made().ends if e.startswith("azure.192.0.2.2.")))
    assert made(heard=Heard(up=frozenset({first}))) == made()


def test_who_is_killed_is_not_there() -> None:
    lab = made(killed=frozenset({"192.0.2.2"}))
    assert "gw.192.0.2.2" not in lab.namespaces | set(lab.routers)
    assert len(lab.ends) == 8
    assert len(made(killed=frozenset({TUNNELS[0][4]})).ends) == 11


def test_an_azure_address_is_told_apart_by_its_peer() -> None:
    lines = made().lines["internet"]
    assert sum("lookup" in line for line in lines) == 4
    assert sum(" 192.0.2.1 " in f"{line} " and "table" in line for line in lines) == 4


def test_a_subnet_takes_no_route_that_it_does_not_want() -> None:
    app = replace(VNETS[0].subnets[1], propagation=False, routes=(UserRoute(VPC, "VirtualNetworkGateway"),))
    lab = made(vnets=(replace(VNETS[0], subnets=(VNETS[0].subnets[0], app)),))
    (router,) = (text for name, text in lab.routers.items() if name.startswith("vnet."))
    assert f"route {VPC} via 10.1.255.4 via 10.1.255.5;" in router
    assert router.count("import none; export none;") == 1


@pytest.mark.parametrize(
    ("routes", "kept", "said"),
    [
        ((UserRoute(VNET, "None"),), False, f"route {VNET} unreachable;"),
        ((UserRoute("10.1.1.0/24", "VirtualAppliance", "10.1.255.244"),), False, "route 10.1.1.0/24 via 10.1.255.244;"),
        ((UserRoute(VNET, "None"), UserRoute("10.1.1.0/24", "VnetLocal")), True, f"route {VNET} unreachable;"),
        ((UserRoute("10.0.0.0/8", "None"),), True, "route 10.0.0.0/8 unreachable;"),
        ((UserRoute("10.1.1.4/32", "None"),), True, "route 10.1.1.4/32 unreachable;"),
        ((UserRoute("Storage.WestEurope", "Internet"),), True, ""),
    ],
)
def test_a_route_of_the_gateway_subnet_wins_where_it_is_as_long_as_the_vnets(
    routes: tuple[UserRoute, ...], kept: bool, said: str
) -> None:
    own = replace(VNETS[0].subnets[0], routes=routes)
    text = made(vnets=(replace(VNETS[0], subnets=(own, VNETS[0].subnets[1])),)).routers["vnet.hq-rg.hq-vnet"]
    (line,) = [x for x in text.splitlines() if x.startswith("protocol static u_r_gateway ")]
    assert (" route 10.1.1.0/24 via " in line and '10.1.1.0/24 via "h' in line) is kept
    assert said in line
    assert "Storage" not in line


def test_without_propagation_on_the_gateway_subnet_the_gateway_forwards_nothing() -> None:
    own = replace(VNETS[0].subnets[0], propagation=False)
    lab = made(vnets=(replace(VNETS[0], subnets=(own, VNETS[0].subnets[1])),))
    assert 'export where proto = "own"; }; }' in lab.routers["gw.192.0.2.1"].splitlines()[2]
    assert 'export where proto = "own"; }; }' not in made().routers["gw.192.0.2.1"].splitlines()[2]


def test_a_transit_gateway_sends_by_all_tunnels() -> None:
    transit = replace(NETWORK, gateways=(AwsGateway(VGW, (VPC_ID,), transit=True, ecmp=True),))
    assert "merge paths on" in made(network=transit).routers[VGW]
    assert "merge paths on" not in made().routers[VGW]


def test_what_bird_says_of_its_neighbors() -> None:
    azure = azure_side()
    (gateway_id,) = (g.id for g in azure.gateways)
    outside, bgp_address = azure.connections[0].local.address, azure.connections[0].local.bgp_address
    one = Table(
        {
            "i_10_1_255_5": Session("Established", since=50.0, sent=4, received=3),
            session(outside): Session("Established", since=60.0, sent=9, received=8),
            "fabric": Session("Established", since=70.0),
        },
        (Route(VPC, session(outside), 64512), Route(VPC, "i_10_1_255_5", 64512)),
    )
    other = Table({"i_10_1_255_4": Session("Active", since=55.0, sent=1)})
    found = routers(azure, Seen(routers={"gw.192.0.2.1": one, "gw.192.0.2.2": other}))
    keys = [
        (gateway_id, "10.1.255.4", "10.1.255.5"),
        (gateway_id, "10.1.255.4", bgp_address),
        (gateway_id, "10.1.255.5", "10.1.255.4"),
    ]
    assert found.neighbors == dict(
        zip(keys, (Neighbor(True, 50.0, 1), Neighbor(True, 60.0, 1), Neighbor(False)), strict=True)
    )
    assert found.messages == dict(zip(keys, ((4, 3), (9, 8), (1, 0)), strict=True))


def test_learned_routes_are_what_the_routers_have() -> None:
    azure = azure_side()
    (gateway_id,) = (g.id for g in azure.gateways)
    outside, bgp_address = azure.connections[0].local.address, azure.connections[0].local.bgp_address
    table = Table(routes=(Route(VNET, "own"), Route(VPC, session(outside), 64512), Route(VPC, "i_10_1_255_5", 64512)))
    rows = routers(azure, Seen(routers={"gw.192.0.2.1": table})).learned[gateway_id]
    assert [(r["localAddress"], r["network"], r["sourcePeer"], r["origin"], r["asPath"]) for r in rows] == [
        ("10.1.255.4", VNET, "10.1.255.4", "Network", ""),
        ("10.1.255.4", VPC, bgp_address, "EBgp", "64512"),
        ("10.1.255.4", VPC, "10.1.255.5", "IBgp", "64512"),
    ]


def test_azure_answers_and_aws_opens() -> None:
    lab = made()
    assert lab.routers["gw.192.0.2.1"].count("passive;") == 4
    assert "passive" not in lab.routers[VGW]


# --- filters ----------------------------------------------------------------------------------------------------------


def test_the_virtual_network_is_what_lies_behind_the_gateway_too() -> None:
    tags = azure_tags([VNET], [VPC])
    assert tags["VirtualNetwork"] == (VNET, VPC)
    assert not [p for p in tags["Internet"] if p in (VNET, VPC)]
    assert "8.0.0.0/7" in tags["Internet"]


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (Rule("a", True, True), 'counter return comment "a"'),
        (Rule("a", True, False, sources=("10.2.1.0/24",)), 'ip saddr { 10.2.1.0/24 } counter drop comment "a"'),
        (
            Rule("a", True, True, protocol="tcp", destination_ports=("22", "80-90")),
            'meta l4proto tcp th dport { 22, 80-90 } counter return comment "a"',
        ),
        (
            Rule("a", True, True, sources=("VirtualNetwork",), destination_ports=("53",)),
            "ip saddr { 10.1.0.0/16, 10.2.0.0/16 } meta l4proto { tcp, udp } th dport { 53 } counter return",
        ),
        (Rule("a", True, True, sources=("10.1.0.0/16", "10.1.1.0/24")), "ip saddr { 10.1.0.0/16 } counter"),
    ],
)
def test_a_rule(rule: Rule, line: str) -> None:
    assert line in ruleset([Guard("h", stateful=(rule,))], azure_tags([VNET], [VPC]))


@pytest.mark.parametrize("prefixes", [("Storage.WestEurope",), ()])
def test_a_rule_for_nobody_here_is_left_out(prefixes: tuple[str, ...]) -> None:
    text = ruleset([Guard("h", stateful=(Rule("nobody", True, True, sources=prefixes),))], {})
    assert "nobody" not in text
    assert 'counter drop comment "no rule allows"' in text


def test_the_cut_comes_before_the_count() -> None:
    lines = filters.internet_filter(["198.51.100.1"]).splitlines()
    assert next(n for n, x in enumerate(lines) if "cut" in x) < next(n for n, x in enumerate(lines) if "IKE" in x)


def test_network_security_group_in_its_order() -> None:
    def entry(name: str, priority: int, direction: str, **more: Any) -> dict[str, Any]:
        properties = {"priority": priority, "direction": direction, "access": "Allow", "protocol": "Tcp", **more}
        return {"name": name, "properties": properties}

    found = rules(
        {
            "properties": {
                "securityRules": [
                    entry("late", 400, "Inbound", sourceAddressPrefixes=["10.2.0.0/16"], destinationPortRange="22"),
                    entry("early", 100, "Inbound", sourceAddressPrefix="*", destinationPortRange="*"),
                ],
                "defaultSecurityRules": [entry("out", 65000, "Outbound")],
            }
        }
    )
    assert [r.name for r in found] == ["early", "late", "out"]
    assert found[1].sources == ("10.2.0.0/16",)
    assert (found[0].sources, found[0].protocol, found[2].sources) == (("*",), "tcp", ())


def test_subnet_without_group_and_table() -> None:
    body = {"id": "/V", "properties": {"subnets": [{"name": "s", "properties": {"addressPrefix": "10.1.1.0/24"}}]}}
    (subnet,) = vnet(body, {}, {}).subnets
    assert (subnet.rules, subnet.routes, subnet.propagation) == (None, (), True)


def test_a_static_route_of_a_vpc_wins_over_a_propagated_one() -> None:
    table = {
        "Routes": [
            {"DestinationCidrBlock": "10.2.0.0/16", "GatewayId": "local", "State": "active"},
            {
                "DestinationCidrBlock": VNET,
                "GatewayId": "vgw-1",
                "State": "active",
                "Origin": "EnableVgwRoutePropagation",
            },
            {"DestinationCidrBlock": VNET, "NetworkInterfaceId": "eni-1", "State": "active", "Origin": "CreateRoute"},
            {"DestinationCidrBlock": "10.9.0.0/16", "GatewayId": "vgw-1", "State": "blackhole"},
        ]
    }
    assert routes(table) == (VpcRoute(VNET, ""),)


def test_security_groups_of_a_vpc() -> None:
    permission = {"IpProtocol": "6", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.1.1.0/24"}]}
    app = {"GroupName": "app", "GroupId": "sg-2", "IpPermissions": [permission]}
    default = {"GroupName": "default", "GroupId": "sg-1", "IpPermissions": [{"IpProtocol": "-1"}]}
    (rule,) = group_rules(by_nobody([default, app]))
    assert (rule.protocol, rule.sources, rule.destination_ports) == ("tcp", ("10.1.1.0/24",), ("22-22",))
    assert [r.sources for r in group_rules(by_nobody([default]))] == [()]


def test_a_rule_may_name_a_group_or_a_prefix_list() -> None:
    def group(name: str, *permissions: dict[str, Any]) -> dict[str, Any]:
        return {"GroupName": name, "GroupId": f"sg-{name}", "VpcId": "vpc-1", "IpPermissions": [*permissions]}

    pair, named = {"UserIdGroupPairs": [{"GroupId": "sg-web"}]}, {"PrefixListIds": [{"PrefixListId": "pl-1"}]}
    both = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.1.1.0/24"}], **pair, **named}
    groups = [group("db", both), group("web"), group("default")]
    web = {"VpcId": "vpc-1", "PrivateIpAddress": "10.2.1.9", "NetworkInterfaces": [{"Groups": [{"GroupId": "sg-web"}]}]}
    subnets = [{"VpcId": "vpc-1", "CidrBlock": "10.2.1.0/24"}, {"VpcId": "vpc-2", "CidrBlock": "10.3.1.0/24"}]
    found = members(groups, subnets, [web])
    assert found == {"sg-db": ("10.2.1.4/32",), "sg-web": ("10.2.1.9/32", "10.2.1.4/32"), "sg-default": ()}
    (rule,) = group_rules(groups[:1], Names(found, {"pl-1": ("10.9.0.0/16",)}))
    assert rule.sources == ("10.1.1.0/24", "10.2.1.9/32", "10.2.1.4/32", "10.9.0.0/16")


def test_a_route_may_name_a_prefix_list() -> None:
    table = {
        "Routes": [
            {"DestinationPrefixListId": "pl-1", "TransitGatewayId": "tgw-1", "State": "active"},
            {"DestinationCidrBlock": "10.8.0.0/16", "GatewayId": "vgw-1", "State": "active"},
        ]
    }
    names = Names(lists={"pl-1": ("10.8.0.0/16", "10.9.0.0/16")})
    assert routes(table, names) == (VpcRoute("10.8.0.0/16", "vgw-1"), VpcRoute("10.9.0.0/16", "tgw-1"))


def test_application_security_groups_are_the_interfaces_in_them() -> None:
    configuration = {"privateIPAddress": "10.1.1.9", "applicationSecurityGroups": [{"id": "/ASG/Web"}]}
    found = application_groups([{"properties": {"ipConfigurations": [{"properties": configuration}]}}])
    rule = {
        "priority": 100,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "*",
        "sourceApplicationSecurityGroups": [{"id": "/asg/web"}],
        "destinationApplicationSecurityGroups": [{"id": "/asg/nobody"}],
    }
    (made_of_it,) = rules({"properties": {"securityRules": [{"name": "a", "properties": rule}]}}, found)
    assert (made_of_it.sources, made_of_it.destinations) == (("10.1.1.9/32",), ())


def test_network_acl_by_number() -> None:
    def entry(number: int, action: str) -> dict[str, Any]:
        return {
            "RuleNumber": number,
            "Egress": False,
            "RuleAction": action,
            "CidrBlock": "0.0.0.0/0",
            "Protocol": "-1",
        }

    found = acl_rules({"Entries": [entry(32767, "deny"), entry(100, "allow")]})
    assert [(r.order, r.allow) for r in found] == [(100, True), (32767, False)]


# --- BIRD's words -----------------------------------------------------------------------------------------------------

PROTOCOLS = """\
2002-Name       Proto      Table      State  Since         Info
1002-device1    Device     ---        up     1795246823.000
 t_198_51_100_11 BGP        ---        up     1795246878.250  Established
1006-  BGP state:          Established
     Neighbor AS:      64512
 t_203_0_113_12 BGP        ---        start  1795246865.000  Active        Socket: Connection refused
1006-  BGP state:          Active
     Last error:       Received: Bad peer AS
0000
"""
ROUTES = """\
1007-Table master4:
 10.1.0.0/16          unicast [own 07:40:23.038] * (200)
 \tvia 10.1.255.1 on vnet
 10.2.0.0/16          unicast [t_198_51_100_11 07:41:18.100] * (100) [AS64512i]
 \tvia 169.254.21.1 on 198.51.100.11
                      unicast [i_10_1_255_5 07:41:18.200 from 10.1.255.5] (100) [AS64512i]
 \tvia 10.1.255.5 on vnet
0000
"""


def test_birds_answers() -> None:
    table = parse(plain(PROTOCOLS), plain(ROUTES))
    assert table.sessions == {
        "t_198_51_100_11": Session("Established", since=1795246878.25),
        "t_203_0_113_12": Session("Active", "Received: Bad peer AS", 1795246865.0),
    }
    assert table.learned("t_198_51_100_11") == ("10.2.0.0/16",)
    assert table.learned("i_10_1_255_5") == ("10.2.0.0/16",)
    assert [r.asn for r in table.routes] == [None, 64512, 64512]


TRACE = """\
2026-11-21 14:37:32.948 <TRACE> t_1: Sending OPEN(ver=4,as=65001,hold=3,id=01020304)
2026-11-21 14:37:32.948 <TRACE> t_1: Got OPEN(as=65002,hold=3,id=1.2.3.5)
2026-11-21 14:37:32.948 <TRACE> t_1: Got KEEPALIVE
2026-11-21 14:37:33.866 <TRACE> i_2: Sending KEEPALIVE
2026-11-21 14:37:33.866 <TRACE> t_1: Sending UPDATE
2026-11-21 14:37:33.866 <TRACE> t_1: Sending END-OF-RIB
2026-11-21 14:37:33.867 <TRACE> t_1: Got UPDATE
2026-11-21 14:37:33.867 <TRACE> t_1: Got END-OF-RIB
"""


def test_messages_are_counted_as_bird_traces_them() -> None:
    assert messages(TRACE, {"t_1": (10, 20), "t_3": (1, 1)}) == {"t_1": (13, 23), "i_2": (1, 0), "t_3": (1, 1)}


def test_more_routes_than_aws_takes_end_the_session() -> None:
    text = bgp.aws_gateway("1.1.1.1", [], [bgp.Peer("198.51.100.1", "a", 1, "b", 2)], [], 30, ecmp=False)
    assert "import limit 100 action disable" in text
