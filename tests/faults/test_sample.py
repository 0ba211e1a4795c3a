"""The sample of faults and kills that `make test-full` takes; `make test-faults` tries all of them.

Every kind of fault is there, and the calls that decide: those whose repetition would make a thing twice, and those of
each client (Azure's SDK and boto3 in the stock modules, our own).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

import pytest

from tests.integration.runs import Desk
from tests.integration.watch import Watch, leaks

from .cases import KINDS_BY_NAME, Case, Target
from .chains import DESTROY, LINK, Bench, Point, Reference, Tally
from .clouds import FaultyClouds

GATEWAY_SECONDS = 2.0
TUNNELS = ("169.254.21.0/30", "169.254.22.0/30", "169.254.21.4/30", "169.254.22.4/30")


def azure(kind: str, name: str, verb: str = "write") -> Target:
    folder = f"*/providers/Microsoft.Network/{'/*/'.join(kind.split('/'))}"
    return Target("azure", f"Microsoft.Network/{kind}/{verb}", f"{folder}/{name}")


def aws(action: str, number: int = 1) -> Target:
    return Target("aws", action, "*", number)


GATEWAY = azure("virtualNetworkGateways", f"{LINK}-vng")
SURVIVED = {
    ("throttle", azure("virtualNetworks", f"{LINK}-vnet")),
    ("error-500", azure("virtualNetworks/subnets", "app")),
    ("throttle with Retry-After", azure("publicIPAddresses", f"{LINK}-vng-pip-1")),
    ("drop-before", azure("publicIPAddresses", f"{LINK}-vng-pip-2")),
    ("drop-after", GATEWAY),
    ("hang", azure("localNetworkGateways", f"{LINK}-aws-1-1")),
    ("not-found-yet", azure("localNetworkGateways", f"{LINK}-aws-1-2")),
    ("expired-token", azure("localNetworkGateways", f"{LINK}-aws-2-1")),
    ("stuck", azure("localNetworkGateways", f"{LINK}-aws-2-2")),
    ("drop-after", azure("networkSecurityGroups", f"{LINK}-app-nsg")),
    ("error-503", azure("connections", f"{LINK}-aws-1-1")),
    ("drop-after", aws("CreateVpc")),
    ("throttle", aws("CreateSubnet")),
    ("drop-after", aws("CreateRouteTable")),
    ("error-500", aws("CreateSecurityGroup")),
    ("drop-before", aws("CreateCustomerGateway")),
    ("drop-after", aws("CreateVpnGateway")),
    ("error-503", aws("AttachVpnGateway")),
    ("drop-after", aws("CreateVpnConnection")),
    ("not-found-yet", aws("CreateVpnConnection", 2)),
    ("hang", aws("EnableVgwRoutePropagation")),
}
REFUSED = ("refuse", Target("azure", "Microsoft.Resources/subscriptions/resourceGroups/write", f"*/{LINK}-rg"))
FAILED = ("operation-failed", azure("connections", f"{LINK}-aws-1-2"))


def cases(*some: tuple[str, Target]) -> list[Case]:
    return [Case(target, KINDS_BY_NAME[target.cloud, kind]) for kind, target in some]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    clouds = FaultyClouds.up(tmp_path_factory.mktemp("faults") / "rehearsal", GATEWAY_SECONDS)
    yield Bench(clouds, Desk(tmp_path_factory.mktemp("faults-desk"), clouds.env))
    clouds.down()


def counted(tally: Tally) -> str:
    """For the reader of the test's output."""
    return (
        f"{len(tally.converged) + len(tally.resumed)} tried, {len(tally.converged)} survived at once,"
        f" {len(tally.resumed)} stopped and resumed, {len(tally.wrong)} failed, {tally.runs} runs"
    )


class TestSample:
    reference: ClassVar[Reference]

    @pytest.mark.step
    def test_one_run_survives_a_fault_at_most_of_its_calls(self, bench: Bench) -> None:
        tally = bench.faulted(cases(*SURVIVED))
        print(f"faults: {counted(tally)}")
        assert tally.wrong == []
        assert tally.resumed == []
        assert {str(one) for one in tally.converged} == {str(one) for one in cases(*SURVIVED)}
        type(self).reference = bench.look()

    def test_refused_killed_and_failed_it_goes_on_where_it_was(self, bench: Bench) -> None:
        """Killed while the gateway is being made, which the next run joins."""
        bench.empty()
        stuck = {"fault": "stuck", "seconds": None, **GATEWAY.match}
        tally = bench.stopped(cases(REFUSED)[0])
        bench.clouds.inject("azure", stuck)
        tally.add(bench.killed("site.yml", [Point(GATEWAY, "answered"), Point(aws("CreateVpnConnection", 2), "after")]))
        bench.clouds.no_faults()
        tally.add(bench.faulted(cases(FAILED), self.reference, empty=False))
        print(f"stops and kills: {counted(tally)}")
        assert tally.wrong == []
        assert len(tally.resumed) == 4

    @pytest.mark.step
    def test_a_killed_destroy_goes_on_where_it_was(self, bench: Bench) -> None:
        bench.clouds.forget_calls()
        points = [
            Point(azure("connections", f"{LINK}-aws-2-1", "delete"), "after"),
            Point(aws("DeleteVpnConnection"), "before"),
        ]
        tally = bench.killed("destroy.yml", points, DESTROY)
        nothing = Reference([], Counter(), Counter(), 0)
        tally.add(bench.finished("destroy.yml", nothing, DESTROY))
        print(f"kills of destroy.yml: {counted(tally)}")
        assert tally.wrong == []

    def test_it_is_built_again_with_keys_from_a_vault(self, bench: Bench) -> None:
        """With the fact cache of the first life: no id of then may be used."""
        desk, clouds = bench.desk, bench.clouds
        assert any(desk.fact_cache.iterdir())
        keys = [f"Vault.{number}_only.for_tests" for number in range(len(TUNNELS))]
        vault = desk.vault({"s2s_vpn_pre_shared_keys": dict(zip(TUNNELS, keys, strict=True))})
        clouds.forget_calls()
        with Watch(desk.home, desk.tmp) as watch:
            play = bench.start("site.yml", "-vvvv", "--diff", *vault)
            assert play.wait() == 0, play.text
        bench.look()
        assert sorted(clouds.azure_keys(LINK).values()) == sorted(clouds.aws_keys().values()) == keys
        watch.must_have_seen("_payload.zip")
        found = leaks(keys, [*watch.contents.values(), *desk.left()])
        assert found == []
