"""The comparison and the packets say the same of every mistake, tunnel by tunnel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from rehearsal.wan.compare import compare
from rehearsal.wan.model import AwsSide, AwsTunnel, AzureSide, Secret
from rehearsal.wan.packets.machine import Machine
from rehearsal.wan.packets.networks import AwsGateway, UserRoute
from rehearsal.wan.transit import Transit, TransitTable
from tests.rehearsal.wan.hand import becomes, wait
from tests.rehearsal.wan.link import TUNNELS, VNET, VPC, aws_side, azure_side, connection, gateway, tunnel
from tests.rehearsal.wan.test_compare import HARMLESS, MISTAKES, with_connection, with_tunnel

from .hand import AWS_APP
from .lab import NETWORK, VGW, VNETS, VPC_ID, Bench, Case, in_child, outcome, run

PATIENCE = 12.0  # seconds


def cases() -> Iterator[tuple[str, AzureSide, AwsSide]]:
    yield "nothing wrong", azure_side(), aws_side()
    for name, bend, *_unused in (*MISTAKES, *HARMLESS):
        side = bend()
        if isinstance(side, AwsTunnel):
            yield name, azure_side(), with_tunnel(0, side)
        else:
            yield name, with_connection(0, side), aws_side()
    for name, changes in (
        ("gateway without BGP", {"bgp": False}),
        ("gateway's ASN", {"asn": 65010}),
        ("gateway Updating", {"state": "Updating"}),
        ("a route of GatewaySubnet to nowhere", {"routes": ((f"{TUNNELS[0][4]}/32", "None"),)}),
        ("a route of GatewaySubnet to an appliance", {"routes": (("203.0.113.0/24", "VirtualAppliance"),)}),
        ("a route of GatewaySubnet to the internet", {"routes": (("203.0.113.0/24", "Internet"),)}),
        ("101 routes", {"vnet_prefixes": tuple(f"10.1.{n}.0/24" for n in range(101))}),
    ):
        yield name, azure_side(gateways=(gateway(**changes),)), aws_side()
    unnamed = tuple(connection(n, custom_bgp_addresses={}) for n in range(4))
    yield "no custom addresses named", azure_side(connections=unnamed), aws_side()
    bare = tuple(replace(i, custom_bgp_addresses=()) for i in gateway().instances)
    yield "gateway without custom addresses", azure_side(gateways=(gateway(instances=bare),)), aws_side()
    swapped = tuple(
        connection(n, local=replace(connection(n).local, address=TUNNELS[(1, 0, 2, 3)[n]][4])) for n in range(4)
    )
    yield "outside addresses swapped", azure_side(connections=swapped), aws_side()
    wrong = tuple(tunnel(n, customer_address=f"192.0.2.{2 - t[2]}") for n, t in enumerate(TUNNELS))
    yield "customer gateways swapped", azure_side(), AwsSide(wrong)
    neither = tuple(connection(n, mode="ResponderOnly") for n in range(4))
    yield "neither end starts", azure_side(connections=neither), with_tunnel(0, tunnel(0, startup_action="add"))
    yield (
        "every key differs",
        azure_side(connections=tuple(connection(n, key=Secret("x")) for n in range(4))),
        aws_side(),
    )
    yield "nothing wrong any more", azure_side(), aws_side()


def test_they_agree(machine: Machine) -> None:
    table = [Case(name, azure, aws, tuple(compare(azure, aws))) for name, azure, aws in cases()]
    assert len(table) >= 20
    found = run(table, kernel_esp=machine.kernel_esp, patience=PATIENCE)
    by_name = {f["name"]: f for f in found}
    different = {}
    for case in table:
        packets = by_name[case.name]
        compared = [(s.ipsec, s.bgp, sorted(s.azure_learns), sorted(s.aws_learns)) for s in case.wanted]
        if json.loads(json.dumps(compared)) != packets["outcomes"]:
            different[case.name] = {"compared": compared, "packets": packets}
    for f in found:
        print(f["name"], f["seconds"], f["reasons"])
    assert not different, json.dumps(different, indent=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"routes": (UserRoute(VNET, "None"),)},
        {"routes": (UserRoute("10.1.1.0/24", "VirtualAppliance", "10.1.1.99"),)},
        {"propagation": False},
    ],
    ids=["a route to nowhere", "an appliance that is not there", "no propagation"],
)
def test_they_agree_about_the_gateway_subnets_table(machine: Machine, changes: dict[str, Any]) -> None:
    """It closes the way and no tunnel: test_link has the pings."""
    case = Case("whole", azure_side(), aws_side(), tuple(compare(azure_side(), aws_side())))
    gateway_subnet, app = VNETS[0].subnets
    vnets = (replace(VNETS[0], subnets=(replace(gateway_subnet, **changes), app)),)

    def work() -> list[Any]:
        bench = Bench(machine.kernel_esp, vnets=vnets)
        try:
            return [outcome(s) for s in bench.settle(case, PATIENCE)]
        finally:
            bench.room.close()

    assert in_child(work)() == json.loads(json.dumps([outcome(s) for s in case.wanted]))


VPN = ("vpn-1", "vpn-2")
ALL_IN_ONE = TransitTable("one", (), (VPC_ID, *VPN))
TOGETHER = tuple((attached, "one") for attached in (VPC_ID, *VPN))
TRANSIT = {
    "all propagate into one table": (Transit((ALL_IN_ONE,), TOGETHER), True),
    "static towards a connection": (
        Transit((replace(ALL_IN_ONE, propagations=(VPC_ID,), routes=((VNET, VPN[0]),)),), TOGETHER),
        True,
    ),
    "static towards the VPC": (
        Transit((replace(ALL_IN_ONE, propagations=VPN, routes=((VPC, VPC_ID),)),), TOGETHER),
        True,
    ),
    "the connections do not propagate": (Transit((replace(ALL_IN_ONE, propagations=(VPC_ID,)),), TOGETHER), False),
    "the VPC does not propagate": (Transit((replace(ALL_IN_ONE, propagations=VPN),), TOGETHER), False),
    "a blackhole for the VNet": (Transit((replace(ALL_IN_ONE, routes=((VNET, ""),)),), TOGETHER), False),
    "a blackhole for a part of the VPC": (Transit((replace(ALL_IN_ONE, routes=((AWS_APP, ""),)),), TOGETHER), False),
    "the VPC is in no table": (Transit((ALL_IN_ONE,), TOGETHER[1:]), False),
    "the connections are in no table": (Transit((ALL_IN_ONE,), TOGETHER[:1]), False),
    "the connections are in an empty table": (
        Transit((ALL_IN_ONE, TransitTable("two")), (TOGETHER[0], *((v, "two") for v in VPN))),
        False,
    ),
}


def test_they_agree_about_a_transit_gateways_tables(machine: Machine) -> None:
    """What a tunnel is told is what its connection's table has; what comes from an attachment goes by its own table."""

    def work() -> list[Any]:
        bench = Bench(machine.kernel_esp)
        try:
            return [transit_case(bench, transit, way) for transit, way in TRANSIT.values()]
        finally:
            bench.room.close()

    for (name, (_unused, way)), (wanted, outcomes, pinged) in zip(TRANSIT.items(), in_child(work)(), strict=True):
        assert outcomes == wanted, name
        assert pinged is way, name


def transit_case(bench: Bench, transit: Transit, way: bool) -> tuple[list[Any], list[Any], bool]:
    """What the comparison says, what became of the tunnels, and whether a ping came back."""
    told = tuple(tunnel(n, announces=transit.announced(VPN[t[0] - 1], {VPC_ID: (VPC,)})) for n, t in enumerate(TUNNELS))
    case = Case("transit", azure_side(), AwsSide(told), tuple(compare(azure_side(), AwsSide(told))))
    gateway = AwsGateway(VGW, (VPC_ID,), transit=True, ecmp=True, tables=transit)
    bench.network = replace(NETWORK, gateways=(gateway,))

    def pinged() -> bool:
        bench.look(case)
        return bench.ping("vm.hq-rg.hq-vnet.app", "10.2.1.4")

    outcomes = [outcome(s) for s in bench.settle(case, PATIENCE)]
    with suppress(AssertionError):
        wait("it to be as it should", lambda: pinged() is way)
    return [outcome(s) for s in case.wanted], outcomes, pinged()


@pytest.mark.parametrize(("ecmp", "ways"), [(True, 4), (False, 1)])
def test_a_transit_gateway_sends_by_every_tunnel(machine: Machine, ecmp: bool, ways: int) -> None:
    """And by one where its ECMP is off, as a virtual private gateway does."""
    case = Case("whole", azure_side(), aws_side(), tuple(compare(azure_side(), aws_side())))
    network = replace(NETWORK, gateways=(AwsGateway(VGW, (VPC_ID,), transit=True, ecmp=ecmp),))

    def work() -> None:
        bench = Bench(machine.kernel_esp, network)

        def found() -> int:
            """The ways that the kernel has."""
            bench.look(case)
            return bench.routes(VGW).partition(VNET)[2].partition("\n10.2.")[0].count("via 169.254.")

        try:
            bench.settle(case, PATIENCE)
            becomes(ways, found)
        finally:
            bench.room.close()

    in_child(work)()
