"""The comparison and the packets say the same of every mistake, tunnel by tunnel."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from rehearsal.wan.compare import compare
from rehearsal.wan.model import AwsSide, AwsTunnel, AzureSide, Secret
from rehearsal.wan.packets.machine import Machine
from rehearsal.wan.packets.networks import AwsGateway, UserRoute
from tests.rehearsal.wan.link import TUNNELS, VNET, aws_side, azure_side, connection, gateway, tunnel
from tests.rehearsal.wan.test_compare import HARMLESS, MISTAKES, with_connection, with_tunnel

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


@pytest.mark.parametrize(("ecmp", "ways"), [(True, 4), (False, 1)])
def test_a_transit_gateway_sends_by_every_tunnel(machine: Machine, ecmp: bool, ways: int) -> None:
    """And by one where its ECMP is off, as a virtual private gateway does."""
    case = Case("whole", azure_side(), aws_side(), tuple(compare(azure_side(), aws_side())))
    network = replace(NETWORK, gateways=(AwsGateway(VGW, (VPC_ID,), transit=True, ecmp=ecmp),))

    def work() -> str:
        bench = Bench(machine.kernel_esp, network)
        try:
            bench.settle(case, PATIENCE)
            time.sleep(0.5)
            return bench.routes(VGW)
        finally:
            bench.room.close()

    routes = in_child(work)()
    mine = routes[routes.index(VNET) :].partition("\n10.2.")[0]
    assert mine.count("via 169.254.") == ways, routes
