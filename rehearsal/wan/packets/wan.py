"""The lab between the two clouds: takes over what they say, and says what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rehearsal.files import read_json, write_json

from ..aws_side import Ec2
from ..azure_side import Arm
from ..model import AwsSide, AzureSide, TunnelState
from ..writeback import Routers
from . import aws_network, azure_network
from .judge import heard, judge, routers
from .lab import Faults, Lab, Timers
from .networks import AwsNetwork, Vnet
from .plan import plan
from .room import Room
from .supervisor import Seen, Supervisor
from .verbs import FAULTS, LAB


class Packets:
    """Writes D/lab.json: how to enter the room, and who is in it. Reads D/faults.json."""

    def __init__(self, directory: Path, timers: Timers, *, kernel_esp: bool) -> None:
        self._directory = directory
        self._timers = timers
        self._room = Room()
        self._supervisor = Supervisor(self._room, kernel_esp=kernel_esp)
        self._azure, self._aws = AzureSide(), AwsSide()
        self._vnets: tuple[Vnet, ...] = ()
        self._network = AwsNetwork()
        self._seen = Seen()
        self._lab = Lab()
        self._announced: dict[str, Any] = {}

    def take(self, azure: AzureSide, aws: AwsSide, arm: Arm | None, ec2: Ec2 | None) -> None:
        """What both clouds say now. `arm` and `ec2`: where there is news of what is behind the gateways."""
        self._azure, self._aws = azure, aws
        if arm is not None:
            self._vnets = azure_network.read(arm)
        if ec2 is not None:
            self._network = aws_network.read(ec2, {t.region for t in aws.tunnels})

    def look(self) -> list[TunnelState]:
        self._make()
        self._seen = self._supervisor.tick()
        return judge(self._azure, self._aws, self._seen)

    def _make(self) -> None:
        faults = read_faults(self._directory)
        told = heard(self._azure, self._seen)
        lab = plan(self._azure, self._vnets, self._aws, self._network, told, faults, self._timers)
        if lab != self._lab:
            self._supervisor.apply(lab, faults.killed)
            self._lab = lab
        announcement = {
            "pid": self._room.pid,
            "hosts": [vars(h) for h in lab.hosts],
            "ends": {e.name: {"own": e.own, "peer": e.peer} for e in lab.ends.values()},
            "routers": sorted(lab.routers),
            "cut": sorted(faults.cut),
            "killed": sorted(faults.killed),
        }
        if announcement != self._announced:
            write_json(self._directory / LAB, announcement)
            self._announced = announcement

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(azure_network.notes(self._vnets))

    def routers(self) -> Routers:
        return routers(self._azure, self._seen)

    def close(self) -> None:
        self._room.close()


def read_faults(directory: Path) -> Faults:
    said = read_json(directory / FAULTS) or {}
    return Faults(frozenset(said.get("cut", ())), frozenset(said.get("killed", ())))
