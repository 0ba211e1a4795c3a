"""The reference link carries packets; every change in either cloud shows in them."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from rehearsal.cli import main
from rehearsal.wan.packets.lab import session
from tests.rehearsal.wan.hand import wait
from tests.rehearsal.wan.link import AWS_ASN, AZURE_ASN, TUNNELS, VNET, VPC, inside

from .hand import AWS_VM, AZURE_VM, Machines, nsg_rule

TAKEN_OVER = 2.0  # seconds


def outside(link: Machines) -> list[str]:
    return [link.aws.tunnel(row)["OutsideIpAddress"] for row in range(4)]


# --- the link ---------------------------------------------------------------------------------------------------------


def test_four_ike_sas_four_child_sas_four_sessions(link: Machines) -> None:
    assert len(link.lab.lab["ends"]) == 12, "each of four connections is tried from both instances"
    for end in link.lab.lab["ends"]:
        sas = link.sas(end)
        if end.startswith("aws."):
            assert [sa["state"] for sa in sas] == ["ESTABLISHED"], end
            assert [c["state"] for c in sas[0]["children"]].count("INSTALLED") == 1, end
    azure = [end for end in link.lab.lab["ends"] if end.startswith("azure.") and link.sas(end)]
    established = [e for e in azure if any(sa["state"] == "ESTABLISHED" for sa in link.sas(e))]
    wanted = {f"azure.{link.azure.addresses()[t[2]]}.{a}" for t, a in zip(TUNNELS, outside(link), strict=True)}
    assert set(established) == wanted
    protocols = link.birdc(link.aws.vgw, "show protocols")
    assert protocols.count("Established") == 4
    assert all(session(a) in protocols for a in outside(link))


def test_routes_are_learned_both_ways(link: Machines) -> None:
    learned = link.birdc(link.aws.vgw, "show route all")
    assert learned.count(f"BGP.as_path: {AZURE_ASN}") == 4
    for instance in link.azure.addresses():
        learned = link.birdc(f"gw.{instance}", "show route all")
        assert VPC in learned
        assert learned.count(f"BGP.as_path: {AWS_ASN}") >= 2
    table = link.aws.ec2.describe_route_tables(RouteTableIds=[link.table])["RouteTables"][0]
    assert [r["Origin"] for r in table["Routes"] if r["DestinationCidrBlock"] == VNET] == ["EnableVgwRoutePropagation"]


def test_ping_both_ways_and_nothing_else_on_the_internet(link: Machines) -> None:
    before = link.counters("internet")
    assert link.ping("azure", "aws", 5) == 5
    assert link.ping("aws", "azure", 5) == 5
    after = link.counters("internet")
    assert after["forward", "ESP"] - before["forward", "ESP"] >= 20
    assert after["forward", "IKE"] > 0
    assert after["forward", "anything else"] == 0


def test_both_clouds_say_so(link: Machines) -> None:
    for row in range(4):
        assert link.aws.telemetry(row)["StatusMessage"] == "1 BGP ROUTES"
        health = link.azure.connection(row)["tunnelConnectionStatus"]
        assert sorted(h["connectionStatus"] for h in health) == ["Connected", "Connecting"]
        wait("bytes", lambda row=row: link.azure.connection(row)["ingressBytesTransferred"] > 0)
    assert {link.state(row)["kind"] for row in range(4)} == {"packets"}


def test_azures_routes_are_its_routers(link: Machines) -> None:
    gateway = link.azure.id("virtualNetworkGateways", "hand-vng")

    def told() -> bool:
        rows = link.azure.post(f"{gateway}/getLearnedRoutes")["value"]
        mine = [(r["network"], r["origin"]) for r in rows if r["localAddress"] == "10.1.255.4"]
        return sorted(mine) == [(VNET, "Network"), (VPC, "EBgp"), (VPC, "EBgp"), (VPC, "IBgp")]

    wait("the routes", told)
    for _unused, _number, instance, cidr, _address in TUNNELS:
        path = f"{gateway}/getAdvertisedRoutes"
        answer = link.azure.post(path, peer=inside(cidr, 1))["value"]
        assert [(r["localAddress"], r["network"]) for r in answer] == [(f"10.1.255.{4 + instance}", VNET)]


def test_a_resized_gateway_comes_back_with_its_tunnels(link: Machines) -> None:
    path = link.azure.id("virtualNetworkGateways", "hand-vng")
    found = link.azure.get(path)["properties"]
    kept = ("gatewayType", "vpnType", "activeActive", "enableBgp", "ipConfigurations", "bgpSettings")
    body = {name: found[name] for name in kept}
    link.azure.put(path, {**body, "sku": {"name": "VpnGw3AZ", "tier": "VpnGw3AZ"}})  # there is no way back
    wait("four tunnels", lambda: link.up() == [True] * 4, 20)


def test_a_rekey_of_each_tunnel_passes(link: Machines) -> None:
    for address in outside(link):
        end = f"aws.{address}"
        before = max(c["id"] for sa in link.sas(end) for c in sa["children"])
        link.swanctl(end, "--rekey", "--child", end)
        wait("the new child", lambda e=end, b=before: max(c["id"] for sa in link.sas(e) for c in sa["children"]) > b)
        assert len(link.sas(end)) == 1
    assert link.ping("azure", "aws", 10) >= 9
    assert link.up() == [True] * 4


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
        wait("the rule", lambda: not link.ping("azure", "aws"), TAKEN_OVER)
        assert dropped(link, link.aws.vpc, "acl 50") > 0
    finally:
        ec2.delete_network_acl_entry(**rule)


def test_propagation_off_means_no_way_back(link: Machines) -> None:
    link.propagate(False)
    try:
        wait("the route to go", lambda: not link.ping("aws", "azure"), TAKEN_OVER)
        assert link.up() == [True] * 4
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
        assert link.up() == [True] * 4
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
        wait("the hop", lambda: appliance["address"] in hops(link, "aws", "azure"), 5)
        assert link.ping("azure", "aws", 3) == 3
    finally:
        set_gateway_subnet(link, None)


def hops(link: Machines, source: str, target: str) -> list[str]:
    found = io.StringIO()
    with contextlib.redirect_stdout(found):
        main(["trace", "--from", source, "--to", target, "--dir", str(link.directory)])
    return re.findall(r"^ +\d+  (\S+)", found.getvalue(), re.M)


# --- changes ----------------------------------------------------------------------------------------------------------


def children(link: Machines, rows: tuple[int, ...]) -> list[list[int]]:
    return [[sa["id"] for sa in link.sas(f"aws.{outside(link)[row]}")] for row in rows]


def test_a_wrong_key_ends_one_tunnel_and_shows_in_no_file(link: Machines) -> None:
    right, wrong = link.aws.tunnel(0)["PreSharedKey"], "not.the.key.of.this.tunnel"
    others = children(link, (1, 2, 3))
    link.azure.set_key(0, wrong)
    try:
        wait("the tunnel to go down", lambda: link.up() == [False, True, True, True], TAKEN_OVER)
        wait("the reason", lambda: "AUTHENTICATION_FAILED" in link.state(0)["reason"], 5)
        assert link.ping("azure", "aws", 3) == 3
        texts = [p.read_text(errors="replace") for p in link.directory.iterdir() if p.is_file()]
        said = link.lab.run(["sh", "-c", "cat /run/ends/*/log /run/ends/*/strongswan.conf /run/routers/*/*o*"]).stdout
        assert "AUTHENTICATION_FAILED" in said
        keys = [wrong, *(link.aws.tunnel(row)["PreSharedKey"] for row in range(4))]
        assert not [key for key in keys if any(key in text for text in (*texts, said))]
    finally:
        link.azure.set_key(0, right)
    wait("four tunnels", lambda: link.up() == [True] * 4)
    assert children(link, (1, 2, 3)) == others, "the other tunnels were left alone"


def test_a_connection_deleted_and_made_anew(link: Machines) -> None:
    others = children(link, (0, 1, 2))
    tunnel = link.aws.tunnel(3)
    link.azure.call("DELETE", link.azure.id("connections", "hand-2-2"))
    wait("its end", lambda: link.aws.telemetry(3)["StatusMessage"] == "IPSEC IS DOWN", TAKEN_OVER + 1)
    assert sum(tunnel["OutsideIpAddress"] in e for e in link.lab.lab["ends"]) == 1
    link.azure.connect(3, tunnel["OutsideIpAddress"], tunnel["PreSharedKey"])
    wait("four tunnels", lambda: link.up() == [True] * 4)
    assert children(link, (0, 1, 2)) == others


def test_wrong_asn_leaves_ipsec_up(link: Machines) -> None:
    path = link.azure.id("localNetworkGateways", "hand-2-2")
    before = link.azure.get(path)["properties"]
    settings = {k: before[k] for k in ("gatewayIpAddress", "localNetworkAddressSpace", "bgpSettings")}
    link.azure.put(path, {**settings, "bgpSettings": {**settings["bgpSettings"], "asn": 64513}})
    try:
        wait("BGP to go down", lambda: link.aws.telemetry(3).get("StatusMessage") == "IPSEC IS UP")
        assert link.azure.connection(3)["connectionStatus"] == "Connected"
        wait("the reason", lambda: "Bad peer AS" in link.state(3)["reason"])
    finally:
        link.azure.put(path, settings)


# --- commands ---------------------------------------------------------------------------------------------------------


def carries(link: Machines) -> str:
    """The outside address of the tunnel that AWS sends by now."""
    said = link.lab.run(["ip", "route", "get", AZURE_VM], link.aws.vgw).stdout
    return said.split(" dev ")[1].split()[0]


def sessions(link: Machines) -> dict[str, str]:
    """Session -> since when it stands, of AWS's end."""
    found = re.findall(r"^(t_\S+) .* up +(\S+) +Established", link.birdc(link.aws.vgw, "show protocols"), re.M)
    return dict(found)


def test_a_silent_cut_moves_the_flow_and_nothing_else(link: Machines) -> None:
    where = ["--dir", str(link.directory)]
    address = carries(link)
    sas, before = link.sas(f"aws.{address}"), sessions(link)
    assert len(before) == 4
    assert main(["cut", address, *where]) == 0
    try:
        assert not link.ping("azure", "aws", 2)
        assert [sa["id"] for sa in link.sas(f"aws.{address}")] == [sa["id"] for sa in sas], "nobody was told"
        wait("another way", lambda: link.ping("azure", "aws"), 20)
        assert carries(link) != address
        wait("AWS to see it", lambda: link.up().count(True) == 3, 20)
        others = {name: since for name, since in before.items() if name != session(address)}
        assert sessions(link) == others
    finally:
        assert main(["heal", *where]) == 0
    wait("four tunnels", lambda: link.up() == [True] * 4, 20)
    assert others.items() <= sessions(link).items()


def test_an_instance_dies_and_comes_back(link: Machines) -> None:
    where = ["--dir", str(link.directory)]
    before = {a: link.sas(f"aws.{a}")[0]["id"] for a in outside(link)[:2]}
    assert main(["kill", "1", *where]) == 0
    try:
        wait("two tunnels", lambda: link.up() == [True, True, False, False], 20)
        wait("a way by the other", lambda: link.ping("azure", "aws") and link.ping("aws", "azure"), 20)
        gateway = link.azure.id("virtualNetworkGateways", "hand-vng")
        peers = link.azure.post(f"{gateway}/getBgpPeerStatus")["value"]
        assert "Connected" not in [p["state"] for p in peers if p["neighbor"] == "10.1.255.5"]
    finally:
        assert main(["heal", *where]) == 0
    wait("four tunnels", lambda: link.up() == [True] * 4, 20)
    assert {a: link.sas(f"aws.{a}")[0]["id"] for a in before} == before


def test_an_aws_endpoint_dies_and_comes_back(link: Machines) -> None:
    where = ["--dir", str(link.directory)]
    assert main(["kill", outside(link)[0], *where]) == 0
    try:
        wait("three tunnels", lambda: link.up() == [False, True, True, True], 20)
        wait("a way by another", lambda: link.ping("azure", "aws") and link.ping("aws", "azure"), 20)
    finally:
        assert main(["heal", *where]) == 0
    wait("four tunnels", lambda: link.up() == [True] * 4, 20)


def test_a_tunnel_that_closes_politely_comes_back(link: Machines) -> None:
    end = f"aws.{carries(link)}"
    link.swanctl(end, "--terminate", "--ike", end)
    wait("a way", lambda: link.ping("azure", "aws") and link.ping("aws", "azure"), 5)
    wait("four tunnels", lambda: link.up() == [True] * 4, 20)


def test_ping_trace_log_status(link: Machines, capfd: pytest.CaptureFixture[str]) -> None:
    where = ["--dir", str(link.directory)]
    assert main(["ping", "--count", "2", *where]) == 0
    assert "2 received" in capfd.readouterr().out
    assert main(["ping", "--from", AWS_VM, "--to", "azure", *where]) == 0
    capfd.readouterr()
    assert main(["trace", *where]) == 0
    hops = capfd.readouterr().out.splitlines()
    assert "vnet.hand-rg.hand-vnet" in hops[1]
    assert "gw.192.0.2." in hops[2]
    assert link.aws.vgw in hops[3]
    assert AWS_VM in hops[-1]
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
        said = wait("two notes", lambda: len(found := notes(link, capfd)) == 2 and found, 5)
        assert "VNet hand-vnet is peered with spoke" in said[0]
        assert "rule web before subnet app names application security groups" in said[1]
    finally:
        link.set_nsg()
        link.azure.call("DELETE", peering)
    wait("none", lambda: not notes(link, capfd), 5)


def notes(link: Machines, capfd: pytest.CaptureFixture[str]) -> list[str]:
    capfd.readouterr()
    assert main(["status", "--dir", str(link.directory)]) == 0
    return [line for line in capfd.readouterr().out.splitlines() if line.startswith("note: ")]


def test_nothing_of_it_is_seen_outside(link: Machines) -> None:
    assert not [line for line in Path("/proc/mounts").read_text().splitlines() if "netns/vgw" in line]
    assert not list(Path("/run/netns").glob("vgw*")) if Path("/run/netns").exists() else True
