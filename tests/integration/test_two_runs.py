"""Two runs at once on one link, as real processes: nothing is there twice, and what stands is what one run builds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.clouds import GATEWAY_WRITE, FaultyClouds
from tests.faults.plays import Play

from .clouds import Json, wait_for
from .runs import Desk

pytestmark = pytest.mark.full

LINK = "hq"
VARIABLES = {
    "s2s_vpn_azure_location": "westeurope",
    "s2s_vpn_azure_vnet_cidr": "10.1.0.0/16",
    "s2s_vpn_aws_region": "eu-central-1",
    "s2s_vpn_aws_vpc_cidr": "10.2.0.0/16",
}
CONFIRM = ("-e", f"s2s_vpn_confirm_destroy={LINK}")
ONE_LINK = {
    "azure resourceGroups": 1,
    "azure virtualNetworks": 1,
    "azure networkSecurityGroups": 1,
    "azure routeTables": 1,
    "azure publicIPAddresses": 2,
    "azure virtualNetworkGateways": 1,
    "azure localNetworkGateways": 4,
    "azure connections": 4,
    "aws Vpcs": 1,
    "aws Subnets": 1,
    "aws RouteTables": 1,
    "aws SecurityGroups": 1,
    "aws VpnGateways": 1,
    "aws CustomerGateways": 2,
    "aws VpnConnections": 2,
}
# What one run makes and the other does not see yet when it looks for it.
RACED = (
    ("aws", "CreateVpc"),
    ("aws", "CreateSubnet"),
    ("aws", "CreateRouteTable"),
    ("aws", "CreateSecurityGroup"),
    ("aws", "AuthorizeSecurityGroupIngress"),
    ("aws", "CreateCustomerGateway"),
    ("aws", "CreateVpnGateway"),
    ("aws", "CreateVpnConnection"),
    ("azure", "Microsoft.Network/virtualNetworks/write"),
    ("azure", GATEWAY_WRITE),
)


class Runs:
    """Both clouds, and people at desks of their own who start playbooks there."""

    def __init__(self, clouds: FaultyClouds, folder: Path) -> None:
        self.clouds, self.folder = clouds, folder
        self.baseline = clouds.baseline()
        self.plays: list[Play] = []

    def start(self, playbook: str, *arguments: str) -> Play:
        desk = Desk(self.folder / f"desk{len(self.plays)}", self.clouds.env)
        inventory = desk.inventory(LINK, VARIABLES)
        play = Play(desk, playbook, arguments, inventory, desk.directory / "output")  # type: ignore[arg-type]
        self.plays.append(play)
        return play

    def alone(self, playbook: str, *arguments: str) -> Play:
        """Run it to its end, which must be a good one."""
        play = self.start(playbook, *arguments)
        assert play.wait() == 0, play.last_task
        return play

    def kinds(self) -> Counter[str]:
        """How many there are of each kind, tagged or not."""
        found: Counter[str] = Counter()
        for line, count in self.clouds.what_stands(self.baseline).items():
            found[" ".join(line.split(" ")[:2])] += count
        return found

    def mutating(self) -> list[Json]:
        return [entry for entry in self.clouds.log() if entry["mutating"]]

    def gateway_is_begun(self) -> bool:
        return any(entry["action"] == GATEWAY_WRITE and entry["status"] == 201 for entry in self.clouds.log())

    def nothing_is_left_to_do(self) -> None:
        """One link stands, in one piece: a run finds nothing to do, and its tunnels come up."""
        assert self.kinds() == ONE_LINK
        self.clouds.forget_calls()
        play = self.alone("site.yml")
        assert re.search(r"changed=0\b", play.text), play.text[-2000:]
        assert self.mutating() == []
        self.clouds.wait_until_up(f"{LINK}-rg")


@pytest.fixture
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    folder = tmp_path_factory.mktemp("runs")  # short: Ansible puts a socket below it
    clouds = FaultyClouds.up(folder / "rehearsal", 3.0)
    yield Runs(clouds, folder)
    clouds.down()


# Classes of their own, as they need no order: each may have a worker.


class TestAtTheSameMoment:
    def test_nothing_is_there_twice(self, runs: Runs) -> None:
        """For seconds neither sees what the other makes, so all that can be made twice is."""
        for cloud, action in RACED:
            runs.clouds.inject(cloud, {"fault": "not-found-yet", "action": action, "seconds": 4})
        both = [runs.start("site.yml"), runs.start("site.yml")]
        codes = [play.wait() for play in both]
        assert 0 in codes, "\n".join(play.last_task for play in both)
        for play, code in zip(both, codes, strict=True):
            assert code == 0 or "Another run" in play.last_task, play.last_task
        runs.nothing_is_left_to_do()


class TestWhileTheGatewayIsMade:
    def test_the_second_joins(self, runs: Runs) -> None:
        first = runs.start("site.yml")
        wait_for(runs.gateway_is_begun)
        second = runs.start("site.yml")
        assert [first.wait(), second.wait()] == [0, 0], f"{first.last_task}\n{second.last_task}"
        begun = [entry for entry in runs.mutating() if entry["action"] == GATEWAY_WRITE]
        assert len(begun) == 1
        runs.nothing_is_left_to_do()


class TestOneBuildsAndOneDestroys:
    def test_each_alone_does_what_it_says_afterwards(self, runs: Runs) -> None:
        """Whoever stops says why; then each playbook alone does what it says."""
        builds = runs.start("site.yml")
        wait_for(runs.gateway_is_begun)
        destroys = runs.start("destroy.yml", *CONFIRM)
        for play in (builds, destroys):
            assert play.wait() == 0 or "fatal:" in play.last_task, play.text
            assert "Traceback" not in play.text
        runs.alone("site.yml")
        runs.nothing_is_left_to_do()
        runs.alone("destroy.yml", *CONFIRM)
        assert runs.kinds() == {}
