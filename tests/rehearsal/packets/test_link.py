"""The reference link carries packets; every change in either cloud shows in them."""

from __future__ import annotations

import contextlib
import io
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from rehearsal.cli import main
from rehearsal.files import read_json
from rehearsal.wan.packets.bird import messages
from rehearsal.wan.packets.lab import neighbor, session
from tests.rehearsal.wan.hand import LOCATION, becomes, wait
from tests.rehearsal.wan.link import AWS_ASN, AZURE_ASN, TUNNELS, VNET, VPC, inside

from .hand import AWS_VM, AZURE_VM, Machines, nsg_rule

TAKEN_OVER = 5.0  # seconds


def outside(link: Machines) -> list[str]:
    return [link.aws.tunnel(row)["OutsideIpAddress"] for row in range(4)]


# --- the link ---------------------------------------------------------------------------------------------------------


def test_four_ike_sas_four_child_sas_four_sessions(link: Machines) -> None:
    ends = list(link.lab.lab["ends"])
    assert len(ends) == 12, "each of four connections is tried from both instances"

    def installed() -> dict[str, list[tuple[str, int]]]:
        """End -> of each IKE SA that stands: its state, and how many children it has."""
        found = {
            end: [(sa["state"], [c["state"] for c in sa["children"]].count("INSTALLED")) for sa in link.sas(end)]
            for end in ends
        }
        return {end: sas for end, sas in found.items() if ("ESTABLISHED", 1) in sas or end.startswith("aws.")}

    pairs = [(link.azure.addresses()[t[2]], a) for t, a in zip(TUNNELS, outside(link), strict=True)]
    both = [end for azure, aws in pairs for end in (f"azure.{azure}.{aws}", f"aws.{aws}")]
    becomes({end: [("ESTABLISHED", 1)] for end in both}, installed)
    becomes({session(a) for a in outside(link)}, lambda: set(sessions(link)))


def test_routes_are_learned_both_ways(link: Machines) -> None:
    def paths(router: str, asn: int) -> int:
        return link.birdc(router, "show route all").count(f"BGP.as_path: {asn}")

    becomes(4, lambda: paths(link.aws.vgw, AZURE_ASN))
    for instance in link.azure.addresses():
        wait("the VPC", lambda i=instance: VPC in link.birdc(f"gw.{i}", "show route all"))
        wait("two ways to it", lambda i=instance: paths(f"gw.{i}", AWS_ASN) >= 2)

    def origins() -> list[str]:
        table = link.aws.ec2.describe_route_tables(RouteTableIds=[link.table])["RouteTables"][0]
        return [r["Origin"] for r in table["Routes"] if r["DestinationCidrBlock"] == VNET]

    becomes(["EnableVgwRoutePropagation"], origins)


def test_ping_both_ways_and_nothing_else_on_the_internet(link: Machines) -> None:
    before = link.counters("internet")
    link.whole("azure", "aws", 5)
    link.whole("aws", "azure", 5)
    after = link.counters("internet")
    assert after["forward", "ESP"] - before["forward", "ESP"] >= 20
    assert after["forward", "IKE"] > 0
    assert after["forward", "anything else"] == 0


def test_both_clouds_say_so(link: Machines) -> None:
    for row in range(4):
        becomes("1 BGP ROUTES", lambda row=row: link.aws.telemetry(row)["StatusMessage"])
        health = link.azure.connection(row)["tunnelConnectionStatus"]
        assert sorted(h["connectionStatus"] for h in health) == ["Connected", "Connecting"]
        wait("bytes", lambda row=row: link.azure.connection(row)["ingressBytesTransferred"] > 0)
    assert {link.state(row)["kind"] for row in range(4)} == {"packets"}


def test_azures_bytes_are_those_that_came_through(link: Machines) -> None:
    def told() -> int:
        return sum(link.azure.connection(row)["ingressBytesTransferred"] for row in range(4))

    before = told()
    many = ["ping", "-n", "-q", "-c", "40", "-i", "0.02", "-s", "1000", link.lab.host("azure")["address"]]
    said = link.lab.run(many, link.lab.host("aws")["namespace"]).stdout
    came = 1000 * int(re.findall(r"(\d+) received", said)[0])
    assert came > 0, said
    wait("the bytes", lambda: told() >= before + came)


def test_azures_peers_are_its_routers_neighbors(link: Machines) -> None:
    """Messages and age of every session: what BIRD had at the last refresh, between what it has before and after."""
    gateway = link.azure.id("virtualNetworkGateways", "hand-vng")
    router = f"gw.{link.azure.addresses()[0]}"
    names = {inside(t[3], 1): session(a) for t, a in zip(TUNNELS, outside(link), strict=True) if t[2] == 0}
    names["10.1.255.5"] = neighbor("10.1.255.5")

    def birds() -> dict[str, tuple[int, int]]:
        trace = link.lab.run(["cat", f"/run/routers/{router}/messages"]).stdout
        return {a: messages(trace, {})[n] for a, n in names.items()}

    def told() -> dict[str, tuple[int, int]]:
        rows = link.azure.post(f"{gateway}/getBgpPeerStatus")["value"]
        mine = {r["neighbor"]: r for r in rows if r["localAddress"] == "10.1.255.4"}
        assert {mine[a]["state"] for a in names} == {"Connected"}
        assert {mine[a]["routesReceived"] for a in names} == {1}
        assert all(age(mine[a]["connectedDuration"]) <= time.time() - since[n] for a, n in names.items())
        return {a: (mine[a]["messagesSent"], mine[a]["messagesReceived"]) for a in names}

    since = sessions(link, router)
    before = birds()
    assert all(n > 2 for both in before.values() for n in both), "an OPEN, a KEEPALIVE, and the routes"

    def refreshed() -> bool:
        found, after = told(), birds()
        assert all(found[a][i] <= after[a][i] for a in names for i in (0, 1))
        return all(found[a][i] >= before[a][i] for a in names for i in (0, 1))

    wait("what BIRD had before", refreshed)


def age(duration: str) -> float:
    """Seconds of a .NET time span below a day."""
    hours, minutes, seconds = duration.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


def test_azures_routes_are_its_routers(link: Machines) -> None:
    gateway = link.azure.id("virtualNetworkGateways", "hand-vng")

    def told() -> list[tuple[str, str]]:
        rows = link.azure.post(f"{gateway}/getLearnedRoutes")["value"]
        return sorted((r["network"], r["origin"]) for r in rows if r["localAddress"] == "10.1.255.4")

    becomes([(VNET, "Network"), (VPC, "EBgp"), (VPC, "EBgp"), (VPC, "IBgp")], told)
    for _unused, _number, instance, cidr, _address in TUNNELS:
        path = f"{gateway}/getAdvertisedRoutes"
        answer = link.azure.post(path, peer=inside(cidr, 1))["value"]
        assert [(r["localAddress"], r["network"]) for r in answer] == [(f"10.1.255.{4 + instance}", VNET)]


def test_a_resized_gateway_comes_back_with_its_tunnels(link: Machines) -> None:
    path = link.azure.id("virtualNetworkGateways", "hand-vng")
    found = link.azure.get(path)["properties"]
    kept = ("gatewayType", "vpnType", "activeActive", "enableBgp", "ipConfigurations", "bgpSettings")
    body = {name: found[name] for name in kept}
    before = network(link)
    with stuck(link):
        body["sku"] = {"name": "VpnGw3AZ", "tier": "VpnGw3AZ"}  # there is no way back
        link.azure.call("PUT", path, {"location": LOCATION, "properties": body})
        becomes([False] * 4, link.settled)
        assert network(link) == before, "the machines stand, though no packet goes to AWS"
        assert not link.ping("azure", "aws")
    wait("the gateway", lambda: link.azure.get(path)["properties"]["provisioningState"] == "Succeeded")
    becomes([True] * 4, link.settled, 30)


@contextlib.contextmanager
def stuck(link: Machines) -> Iterator[None]:
    """Changes of Azure's gateway do not come to an end."""
    port = read_json(link.directory / "azure.json")["control_port"]
    fault = {"fault": "stuck", "action": "Microsoft.Network/virtualNetworkGateways/write", "seconds": None}
    with requests.Session() as session:
        session.trust_env = False
        faults = f"http://127.0.0.1:{port}/_rehearsal/faults"
        session.post(faults, json=fault, timeout=10).raise_for_status()
        try:
            yield
        finally:
            session.delete(faults, timeout=10).raise_for_status()


def network(link: Machines) -> str:
    """The network that Azure's machine stands in, which is another one after it was made anew."""
    return link.lab.run(["readlink", "/proc/self/ns/net"], link.lab.host("azure")["namespace"]).stdout


def test_a_rekey_of_each_tunnel_passes(link: Machines) -> None:
    for address in outside(link):
        end = f"aws.{address}"
        before = max(c["id"] for sa in link.sas(end) for c in sa["children"])
        link.swanctl(end, "--rekey", "--child", end)
        wait("the new child", lambda e=end, b=before: max(c["id"] for sa in link.sas(e) for c in sa["children"]) > b)
        becomes(1, lambda e=end: len(link.sas(e)))
    wait("9 of 10", lambda: link.ping("azure", "aws", 10) >= 9)
    becomes([True] * 4, link.settled)


def test_ends_that_begin_at_once_have_two_ike_sas_and_then_one_and_no_tunnel_notices(link: Machines) -> None:
    crossed = next(filter(None, (cross(link) for _unused in range(5))), None)
    assert crossed, "what both called with came to stand, in one of five tries"
    before = link.tunnels()
    wait("the older ones' end", lambda: link.tunnels() != before or all(len(link.sas(e)) == 1 for e in crossed), 30)
    time.sleep(1.0)  # in which the WAN looks
    assert link.tunnels() == before


def cross(link: Machines) -> set[str]:
    """All is cut and healed when both ends of a tunnel call; AWS's ends that then have two IKE SAs."""
    ends, where = link.lab.lab["ends"], ["--dir", str(link.directory)]
    pairs = [(f"aws.{address}", f"azure.{ends[f'aws.{address}']['peer']}.{address}") for address in outside(link)]
    try:
        for address in outside(link):
            assert main(["cut", address, *where]) == 0
        wait("both ends of a tunnel call", lambda: any(all(calls(link, e) for e in pair) for pair in pairs), 60)
    finally:
        assert main(["heal", *where]) == 0
    found: set[str] = set()

    def settled() -> list[bool]:
        found.update(end for end, _unused in pairs if len(link.sas(end)) == 2)
        return link.settled()

    becomes([True] * 4, settled, 60)
    return found


def calls(link: Machines, end: str) -> bool:
    return any(sa["state"] == "CONNECTING" for sa in link.sas(end))


# --- filters and routes -----------------------------------------------------------------------------------------------


def dropped(link: Machines, router: str, rule: str) -> int:
    return sum(packets for (_unused, comment), packets in link.counters(router).items() if comment == rule)


def test_nsg_drops_a_stranger_until_a_rule_allows_it(link: Machines) -> None:
    router = "vnet.hand-rg.hand-vnet"
    before = dropped(link, router, "others")
    assert link.ping("aws-foreign", "azure", 3) == 0
    assert dropped(link, router, "others") == before + 3
    link.set_nsg(nsg_rule("stranger", 3000, "Allow", f"{link.lab.host('aws-foreign')['address']}/32"))
    wait("the rule", lambda: link.ping("aws-foreign", "azure"), TAKEN_OVER)
    link.set_nsg()
    wait("its end", lambda: not link.ping("aws-foreign", "azure"), TAKEN_OVER)


def test_security_group_drops_a_stranger_until_a_rule_allows_it(link: Machines) -> None:
    stranger = f"{link.lab.host('azure-foreign')['address']}/32"
    before = dropped(link, link.aws.vpc, "no rule allows")
    assert link.ping("azure-foreign", "aws", 3) == 0
    assert dropped(link, link.aws.vpc, "no rule allows") == before + 3
    link.permit(stranger)
    wait("the rule", lambda: link.ping("azure-foreign", "aws"), TAKEN_OVER)
    link.permit(stranger, False)
    wait("its end", lambda: not link.ping("azure-foreign", "aws"), TAKEN_OVER)


def test_network_acl_drops(link: Machines) -> None:
    ec2 = link.aws.ec2
    acl = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [link.aws.vpc]}])["NetworkAcls"][0]
    rule = {"NetworkAclId": acl["NetworkAclId"], "RuleNumber": 50, "Egress": False}
    ec2.create_network_acl_entry(
        **rule, Protocol="1", RuleAction="deny", CidrBlock="10.1.0.0/16", IcmpTypeCode={"Type": -1, "Code": -1}
    )
    try:
        wait("the rule", lambda: not link.ping("azure", "aws") and dropped(link, link.aws.vpc, "acl 50"), TAKEN_OVER)
    finally:
        ec2.delete_network_acl_entry(**rule)


def test_propagation_off_means_no_way_back(link: Machines) -> None:
    link.propagate(False)
    try:
        wait("the route to go", lambda: not link.ping("aws", "azure"), TAKEN_OVER)
        becomes([True] * 4, link.settled)
    finally:
        link.propagate(True)


def test_azures_table_without_propagation_means_no_way(link: Machines) -> None:
    link.azure.put(link.azure_table, {"disableBgpRoutePropagation": True, "routes": []})
    try:
        wait("the route to go", lambda: not link.ping("azure", "aws"), TAKEN_OVER)
        to_gateway = {"addressPrefix": VPC, "nextHopType": "VirtualNetworkGateway"}
        routes = [{"name": "partner", "properties": to_gateway}]
        link.azure.put(link.azure_table, {"disableBgpRoutePropagation": True, "routes": routes})
        wait("a route of one's own", lambda: link.ping("azure", "aws"), TAKEN_OVER)
    finally:
        link.azure.put(link.azure_table, {"disableBgpRoutePropagation": False, "routes": []})


def set_gateway_subnet(link: Machines, table: str | None) -> None:
    reference = {"routeTable": {"id": table}} if table else {}
    link.azure.call("PUT", link.gateway_subnet, {"properties": {"addressPrefix": "10.1.255.0/27", **reference}})


@pytest.mark.parametrize(
    ("propagation", "routes"),
    [
        (True, [{"addressPrefix": VNET, "nextHopType": "None"}]),
        (
            True,
            [{"addressPrefix": f"{AZURE_VM}/32", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.1.1.99"}],
        ),
        (False, []),
    ],
    ids=["a route to nowhere", "an appliance that is not there", "no propagation"],
)
def test_the_gateway_subnets_table_closes_the_way_and_no_tunnel(
    link: Machines, propagation: bool, routes: list[dict[str, str]]
) -> None:
    table = link.azure.id("routeTables", "gateway-rt")
    named = [{"name": f"r{n}", "properties": r} for n, r in enumerate(routes)]
    link.azure.put(table, {"disableBgpRoutePropagation": not propagation, "routes": named})
    set_gateway_subnet(link, table)
    try:
        wait("the way to go", lambda: not link.ping("azure", "aws"), TAKEN_OVER)
        assert not link.ping("aws", "azure")
        becomes([True] * 4, link.settled)
    finally:
        set_gateway_subnet(link, None)
    wait("the way again", lambda: link.ping("azure", "aws") and link.ping("aws", "azure"), TAKEN_OVER)


def test_the_gateway_subnets_table_sends_by_an_appliance(link: Machines) -> None:
    table = link.azure.id("routeTables", "gateway-rt")
    appliance = link.lab.host("azure-foreign")
    by = {"addressPrefix": "10.1.1.0/24", "nextHopType": "VirtualAppliance", "nextHopIpAddress": appliance["address"]}
    link.azure.put(table, {"routes": [{"name": "appliance", "properties": by}]})
    set_gateway_subnet(link, table)
    try:
        wait("the hop", lambda: appliance["address"] in hops(link, "aws", "azure"))
        link.whole("azure", "aws", 3)
    finally:
        set_gateway_subnet(link, None)


def test_a_route_of_the_gateway_subnet_takes_a_tunnel_away(link: Machines) -> None:
    """The gateway's own packets to one of AWS's endpoints; the way goes by the others."""
    address = outside(link)[0]
    table = link.azure.id("routeTables", "gateway-rt")
    away = {"addressPrefix": f"{address}/32", "nextHopType": "None"}
    link.azure.put(table, {"routes": [{"name": "away", "properties": away}]})
    set_gateway_subnet(link, table)
    try:
        becomes([False, True, True, True], link.settled)
        assert "a route of GatewaySubnet" in link.state(0)["reason"]
        wait("another way", lambda: link.ping("azure", "aws") and link.ping("aws", "azure"), 20)
    finally:
        set_gateway_subnet(link, None)
    becomes([True] * 4, link.settled, 30)


def hops(link: Machines, source: str, target: str) -> list[str]:
    found = io.StringIO()
    with contextlib.redirect_stdout(found):
        main(["trace", "--from", source, "--to", target, "--dir", str(link.directory)])
    return re.findall(r"^ +\d+  (\S+)", found.getvalue(), re.M)


# --- changes ----------------------------------------------------------------------------------------------------------


def test_a_wrong_key_ends_one_tunnel_and_shows_in_no_file(link: Machines) -> None:
    right, wrong = link.aws.tunnel(0)["PreSharedKey"], "not.the.key.of.this.tunnel"
    others = link.ike_sas(1, 2, 3)
    link.azure.set_key(0, wrong)
    try:
        becomes([False, True, True, True], link.up, TAKEN_OVER)
        wait("the reason", lambda: "AUTHENTICATION_FAILED" in link.state(0)["reason"])
        link.whole("azure", "aws", 3)
        texts = [p.read_text(errors="replace") for p in link.directory.iterdir() if p.is_file()]
        said = link.lab.run(["sh", "-c", "cat /run/ends/*/log /run/ends/*/strongswan.conf /run/routers/*/*o*"]).stdout
        assert "AUTHENTICATION_FAILED" in said
        keys = [wrong, *(link.aws.tunnel(row)["PreSharedKey"] for row in range(4))]
        assert not [key for key in keys if any(key in text for text in (*texts, said))]
    finally:
        link.azure.set_key(0, right)
    becomes([True] * 4, link.settled)
    assert link.ike_sas(1, 2, 3) == others, "the other tunnels were left alone"


def test_a_connection_deleted_and_made_anew(link: Machines) -> None:
    others = link.ike_sas(0, 1, 2)
    tunnel = link.aws.tunnel(3)
    link.azure.call("DELETE", link.azure.id("connections", "hand-2-2"))
    becomes("IPSEC IS DOWN", lambda: link.aws.telemetry(3)["StatusMessage"], TAKEN_OVER + 1)
    becomes(1, lambda: sum(tunnel["OutsideIpAddress"] in e for e in link.lab.lab["ends"]))
    link.azure.connect(3, tunnel["OutsideIpAddress"], tunnel["PreSharedKey"])
    becomes([True] * 4, link.settled)
    assert link.ike_sas(0, 1, 2) == others


def test_wrong_asn_leaves_ipsec_up(link: Machines) -> None:
    path = link.azure.id("localNetworkGateways", "hand-2-2")
    before = link.azure.get(path)["properties"]
    settings = {k: before[k] for k in ("gatewayIpAddress", "localNetworkAddressSpace", "bgpSettings")}
    link.azure.put(path, {**settings, "bgpSettings": {**settings["bgpSettings"], "asn": 64513}})
    try:
        becomes("IPSEC IS UP", lambda: link.aws.telemetry(3).get("StatusMessage"))
        becomes("Connected", lambda: link.azure.connection(3)["connectionStatus"])
        wait("the reason", lambda: "Bad peer AS" in link.state(3)["reason"])
    finally:
        link.azure.put(path, settings)


# --- commands ---------------------------------------------------------------------------------------------------------


def carries(link: Machines) -> str:
    """The outside address of the tunnel that AWS sends by now."""
    said = link.lab.run(["ip", "route", "get", AZURE_VM], link.aws.vgw).stdout
    return said.split(" dev ")[1].split()[0]


def sessions(link: Machines, router: str = "") -> dict[str, float]:
    """Session -> since when it stands, of AWS's end or of another router."""
    said = link.birdc(router or link.aws.vgw, "show protocols")
    return {n: float(s) for n, s in re.findall(r"^([ti]_\S+) .* up +(\S+) +Established", said, re.M)}


def test_a_silent_cut_moves_the_flow_and_nothing_else(link: Machines) -> None:
    where = ["--dir", str(link.directory)]
    address = carries(link)
    before, said = sessions(link), log(link, f"aws.{address}")
    assert len(before) == 4
    others = {name: since for name, since in before.items() if name != session(address)}
    assert main(["cut", address, *where]) == 0
    try:
        assert not link.ping("azure", "aws")
        wait("another way", lambda: link.ping("azure", "aws"), 20)
        assert carries(link) != address
        wait("AWS to see it", lambda: link.settled().count(True) == 3, 20)
        becomes(others, lambda: sessions(link), 20)
        assert "received DELETE" not in log(link, f"aws.{address}")[len(said) :], "nobody was told"
    finally:
        assert main(["heal", *where]) == 0
    becomes([True] * 4, link.settled, 30)
    assert others.items() <= sessions(link).items()


def log(link: Machines, end: str) -> str:
    return link.lab.run(["cat", f"/run/ends/{end}/log"]).stdout


def test_an_instance_dies_and_comes_back(link: Machines) -> None:
    where = ["--dir", str(link.directory)]
    before = link.ike_sas(0, 1)
    assert main(["kill", "1", *where]) == 0
    try:
        becomes([True, True, False, False], link.settled, 20)
        wait("a way by the other", lambda: link.ping("azure", "aws") and link.ping("aws", "azure"), 20)
        gateway = link.azure.id("virtualNetworkGateways", "hand-vng")

        def inner() -> set[str]:
            """What they say of the session with the one that died."""
            peers = link.azure.post(f"{gateway}/getBgpPeerStatus")["value"]
            return {p["state"] for p in peers if p["neighbor"] == "10.1.255.5"}

        wait("the other to notice", lambda: "Connected" not in inner(), 20)
    finally:
        assert main(["heal", *where]) == 0
    becomes([True] * 4, link.settled, 30)
    assert link.ike_sas(0, 1) == before


def test_an_aws_endpoint_dies_and_comes_back(link: Machines) -> None:
    where = ["--dir", str(link.directory)]
    assert main(["kill", outside(link)[0], *where]) == 0
    try:
        becomes([False, True, True, True], link.settled, 20)
        wait("a way by another", lambda: link.ping("azure", "aws") and link.ping("aws", "azure"), 20)
    finally:
        assert main(["heal", *where]) == 0
    becomes([True] * 4, link.settled, 30)


def test_a_tunnel_that_closes_politely_comes_back(link: Machines) -> None:
    end = f"aws.{carries(link)}"
    link.swanctl(end, "--terminate", "--ike", end)
    wait("a way", lambda: link.ping("azure", "aws") and link.ping("aws", "azure"))
    becomes([True] * 4, link.settled, 30)


def test_ping_trace_log_status(link: Machines, capfd: pytest.CaptureFixture[str]) -> None:
    where = ["--dir", str(link.directory)]

    def says(text: str, *command: str) -> str:
        """Its output with this text, and no `*` for an answer that was late."""

        def tried() -> str:
            capfd.readouterr()
            done = main([*command, *where])
            said = capfd.readouterr().out
            return said if done == 0 and text in said and "*" not in said else ""

        return str(wait(text, tried))

    says("2 received", "ping", "--count", "2")
    says("received", "ping", "--from", AWS_VM, "--to", "azure")
    seen = says(AWS_VM, "trace").splitlines()
    assert "vnet.hand-rg.hand-vnet" in seen[1]
    assert "gw.192.0.2." in seen[2]
    assert link.aws.vgw in seen[3]
    assert AWS_VM in seen[-1]
    assert main(["log", "--lines", "500", "169.254.21.0/30", *where]) == 0
    assert "IKE_SA" in capfd.readouterr().out
    assert main(["status", *where]) == 0
    text = capfd.readouterr().out
    assert text.count("up, 1/1 routes") == 4
    assert text.rstrip().endswith("(packets)")
    assert main(["cut", "169.254.99.0/30", *where]) == 1
    assert "169.254.21.0/30" in capfd.readouterr().err


def test_status_notes_what_is_not_followed(link: Machines, capfd: pytest.CaptureFixture[str]) -> None:
    vnet, spoke = (link.azure.id("virtualNetworks", name) for name in ("hand-vnet", "spoke"))
    link.azure.put(spoke, {"addressSpace": {"addressPrefixes": ["10.8.0.0/16"]}})
    peering = f"{vnet}/virtualNetworkPeerings/to-spoke"
    rule = nsg_rule("web", 200, "Allow", "*")
    del rule["properties"]["destinationAddressPrefix"]
    group = link.azure.id("applicationSecurityGroups", "web")
    rule["properties"]["destinationApplicationSecurityGroups"] = [{"id": group}]
    link.azure.call("PUT", peering, {"properties": {"remoteVirtualNetwork": {"id": spoke}}})
    link.set_nsg(rule)
    try:
        said = wait("two notes", lambda: len(found := notes(link, capfd)) == 2 and found)
        assert "VNet hand-vnet is peered with spoke" in said[0]
        assert "rule web before subnet app names application security groups" in said[1]
    finally:
        link.set_nsg()
        link.azure.call("DELETE", peering)
    wait("none", lambda: not notes(link, capfd))


def notes(link: Machines, capfd: pytest.CaptureFixture[str]) -> list[str]:
    capfd.readouterr()
    assert main(["status", "--dir", str(link.directory)]) == 0
    return [line for line in capfd.readouterr().out.splitlines() if line.startswith("note: ")]


def test_nothing_of_it_is_seen_outside(link: Machines) -> None:
    assert not [line for line in Path("/proc/mounts").read_text().splitlines() if "netns/vgw" in line]
    assert not list(Path("/run/netns").glob("vgw*")) if Path("/run/netns").exists() else True
