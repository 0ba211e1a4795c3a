"""A lab without clouds: the state of both sides, as values, into namespaces, and what charon and BIRD make of it.

In a process of its own, as there is no way back from a room.
"""

from __future__ import annotations

import json
import os
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from rehearsal.wan.model import AwsSide, AzureSide, Stage, TunnelState
from rehearsal.wan.packets.judge import heard, judge
from rehearsal.wan.packets.lab import REAL, Faults, Lab
from rehearsal.wan.packets.networks import (
    AwsGateway,
    AwsNetwork,
    AwsSubnet,
    AzureSubnet,
    Rule,
    Vnet,
    Vpc,
    VpcRoute,
)
from rehearsal.wan.packets.plan import plan
from rehearsal.wan.packets.room import Room, RoomError
from rehearsal.wan.packets.supervisor import Seen, Supervisor
from tests.rehearsal.wan.hand import crowd
from tests.rehearsal.wan.link import VNET, VPC

VNET_ID = "/subscriptions/s/resourcegroups/hq-rg/providers/microsoft.network/virtualnetworks/hq-vnet"
VGW, VPC_ID = "vgw-1", "vpc-1"
VNETS = (Vnet(VNET_ID, (VNET,), (AzureSubnet("GatewaySubnet", "10.1.255.0/27"), AzureSubnet("app", "10.1.1.0/24"))),)
EVERYTHING = (Rule("in", inbound=True, allow=True), Rule("out", inbound=False, allow=True))
NETWORK = AwsNetwork(
    (AwsGateway(VGW, (VPC_ID,)),),
    (Vpc(VPC_ID, (VPC,), (AwsSubnet("subnet-1", "10.2.1.0/24", (VpcRoute(VNET, VGW),)),), EVERYTHING),),
)
POLL = 0.1  # seconds


@dataclass(frozen=True)
class Case:
    name: str
    azure: AzureSide
    aws: AwsSide
    wanted: tuple[TunnelState, ...]


def outcome(state: TunnelState) -> tuple[Any, ...]:
    """What has to agree."""
    return state.ipsec, state.bgp, sorted(state.azure_learns), sorted(state.aws_learns)


class Bench:
    def __init__(self, kernel_esp: bool, network: AwsNetwork = NETWORK, vnets: tuple[Vnet, ...] = VNETS) -> None:
        self.room = Room()
        self.network = network
        self._vnets = vnets
        self._supervisor = Supervisor(self.room, kernel_esp=kernel_esp)
        self._seen = Seen()
        self._lab = Lab()

    def routes(self, namespace: str) -> str:
        return self.room.run(["ip", "route"], namespace=namespace)

    def ping(self, namespace: str, address: str) -> bool:
        try:
            self.room.run(["ping", "-n", "-c", "1", "-W", "1", address], namespace=namespace)
        except RoomError:
            return False
        return True

    def look(self, case: Case) -> list[TunnelState]:
        azure = replace(case.azure, gateways=tuple(replace(g, vnet_id=VNET_ID) for g in case.azure.gateways))
        aws = AwsSide(tuple(replace(t, gateway_id=VGW) for t in case.aws.tunnels))
        lab = plan(azure, self._vnets, aws, self.network, heard(azure, self._seen), Faults(), REAL)
        if lab != self._lab:
            self._supervisor.apply(lab)
            self._lab = lab
        self._seen = self._supervisor.tick()
        return judge(azure, aws, self._seen)

    def settle(self, case: Case, patience: float) -> list[TunnelState]:
        """The states when they have been those wanted long enough to believe it, or after `patience` seconds, which are
        those of a machine that does nothing else."""
        wanted = [outcome(s) for s in case.wanted]
        since: float | None = None
        last = time.monotonic()
        while True:
            states = self.look(case)
            now = time.monotonic()
            patience -= (now - last) / crowd()
            last = now
            if [outcome(s) for s in states] != wanted:
                since = None
            elif since is None:
                since = now
            if patience < 0 or (since is not None and now - since >= max(map(_doubt, states))):
                return states
            time.sleep(POLL)


def _doubt(state: TunnelState) -> float:
    """Seconds that a tunnel has to stay as it is: up is up, a refusal is one; silence may end."""
    if state.up:
        return 0.0
    stage = state.faults[0].stage
    if stage is Stage.READY:
        return 0.5
    if stage is Stage.BGP:
        return 0.5 if "Error" in state.reason or "no BGP session" in state.reason else 2.5
    return 0.5 if "_" in state.faults[0].log else 2.5


def run(cases: Sequence[Case], *, kernel_esp: bool, patience: float, rooms: int = 2) -> list[dict[str, Any]]:
    """For each case {name, outcomes, reasons, seconds}; from `rooms` child processes, each with its part."""

    def work(part: Sequence[Case]) -> list[dict[str, Any]]:
        bench = Bench(kernel_esp)
        found = []
        try:
            for case in part:
                started = time.monotonic()
                states = bench.settle(case, patience)
                found.append(
                    {
                        "name": case.name,
                        "outcomes": [outcome(s) for s in states],
                        "reasons": [s.reason for s in states],
                        "seconds": round(time.monotonic() - started, 1),
                    }
                )
        finally:
            bench.room.close()
        return found

    size = -(-len(cases) // rooms)
    waiting = [in_child(partial(work, cases[start : start + size])) for start in range(0, len(cases), size)]
    return [found for answer in waiting for found in answer()]


def in_child(work: Callable[[], Any]) -> Callable[[], Any]:
    """Starts `work` in a fork. Gives back who waits for what it returns (as JSON has it), or raises its error."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(reader)
            try:
                answer = {"answer": work()}
                status = 0
            except BaseException:
                answer = {"error": traceback.format_exc()}
            with os.fdopen(writer, "w") as file:
                json.dump(answer, file)
        finally:
            os._exit(status)
    os.close(writer)

    def wait() -> Any:
        with os.fdopen(reader) as file:
            said = file.read()
        os.waitpid(pid, 0)
        answer = json.loads(said)
        assert "error" not in answer, answer["error"]
        return answer["answer"]

    return wait
