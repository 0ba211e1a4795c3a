"""What operating a link costs: pings lost and seconds, for a rotation of four tunnels and for a change of crypto.

`python -m tests.bench.operations [--gateway-seconds 40]`. The link is built by site.yml, and a ping runs all the while
from the machine in Azure to the one in AWS. Needs packets (tools/packages.sh). In truth AWS is at work on a tunnel for
minutes, here for a quarter of the gateway's seconds: compare seconds with each other only.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.cli import main as rehearsal
from rehearsal.wan.packets import verbs
from rehearsal.wan.packets.machine import probe
from tests.bench.failover import Loss, Pings, quietly
from tests.integration.clouds import Clouds, wait_for
from tests.integration.runs import Desk

LINK = "hq"
VARIABLES = {
    "s2s_vpn_azure_location": "westeurope",
    "s2s_vpn_azure_vnet_cidr": "10.1.0.0/16",
    "s2s_vpn_aws_region": "eu-central-1",
    "s2s_vpn_aws_vpc_cidr": "10.2.0.0/16",
    "operate_poll_seconds": 1,
}
ROTATION = "rotation of four tunnels"
OPERATIONS: Mapping[str, tuple[str, dict[str, str]]] = {
    ROTATION: ("rotate_keys.yml", {}),
    "change of crypto": ("change_tunnels.yml", {"s2s_vpn_ike_dh_group": "ECP384", "s2s_vpn_ipsec_pfs_group": "ECP384"}),
}


@dataclass
class Way:
    """The machines at both ends of a link that a playbook has built."""

    directory: Path

    @property
    def lab(self) -> verbs.LabFile:
        return verbs.read(self.directory)

    def up(self) -> bool:
        return [t["up"] for t in self.lab.tunnels] == [True] * 4

    def answers(self) -> bool:
        lab = self.lab
        try:
            sender, receiver = lab.host("azure"), lab.host("aws")
        except verbs.Unknown:
            return False
        command = ["ping", "-n", "-q", "-c", "1", "-W", "1", receiver["address"]]
        return lab.run(command, sender["namespace"]).returncode == 0


@dataclass(frozen=True)
class Measure:
    name: str
    loss: Loss
    seconds: float


def measure(name: str, way: Way, desk: Desk, inventory: Path) -> Measure:
    playbook, variables = OPERATIONS[name]
    wait_for(lambda: way.up() and way.answers(), 120)
    pings = Pings(way)
    try:
        time.sleep(1)
        run = desk.play(playbook, "-e", json.dumps(variables), inventory=inventory)
        assert run.rc == 0, run.explain()
        assert run.changed, run.stdout
        time.sleep(2)
    finally:
        loss = pings.stop()
    (seconds,) = [taken for task, taken in run.task_seconds().items() if "one tunnel at a time" in task]
    return Measure(name, loss, seconds)


def bench(
    directory: Path, gateway_seconds: float, fast_timers: bool, names: Iterable[str] = tuple(OPERATIONS)
) -> list[Measure]:
    timers = ["--fast-timers"] if fast_timers else []
    seconds = str(gateway_seconds)
    quietly("up", "--dir", str(directory / "clouds"), "--gateway-seconds", seconds, "--packets", *timers)
    try:
        clouds = Clouds.standing(directory / "clouds", gateway_seconds)
        desk = Desk(directory / "desk", clouds.env, clouds)
        desk.directory.mkdir()
        inventory = desk.inventory(LINK, VARIABLES)
        run = desk.play("site.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        way = Way(directory / "clouds")
        return [measure(name, way, desk, inventory) for name in names]
    finally:
        rehearsal(["down", "--dir", str(directory / "clouds")])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.operations", description=__doc__)
    parser.add_argument("--gateway-seconds", type=float, default=40)
    parser.add_argument("--fast-timers", action="store_true")
    arguments = parser.parse_args()
    missing = probe().missing
    if missing:
        print(f"no packets on this machine: {', '.join(missing)} (tools/packages.sh)", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        print("operation                    pings lost        longest gap   seconds")
        for one in bench(Path(folder), arguments.gateway_seconds, arguments.fast_timers):
            loss = one.loss
            print(f"{one.name:26}  {loss.lost:5} of {loss.sent:5}  {loss.gap:11.1f} s  {one.seconds:8.0f}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
