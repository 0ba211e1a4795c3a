"""A link of static routes goes over to BGP: not by accident, killed on the way, and with nothing of the old left."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest

from tests.faults.plays import Play

from .clouds import REGION, Clouds, Json, wait_for
from .runs import Desk, Run
from .test_operate import asked, journal, up

pytestmark = pytest.mark.full

LINK = "hq"
VARIABLES = {
    "s2s_vpn_azure_location": "westeurope",
    "s2s_vpn_azure_vnet_cidr": "10.1.0.0/16",
    "s2s_vpn_aws_region": REGION,
    "s2s_vpn_aws_vpc_cidr": "10.2.0.0/16",
    "verify_interval": 1,
}
STATIC, BGP = {"s2s_vpn_routing": "static"}, {"s2s_vpn_routing": "bgp"}
AGREED = {**BGP, "s2s_vpn_consent": ["interrupt"]}
CREATE, DELETE = "CreateVpnConnection", "DeleteVpnConnection"
AZURE_DELETE = "Microsoft.Network/connections/delete"


def ends(clouds: Clouds) -> list[Json]:
    return clouds.arm_list(clouds.network(f"{LINK}-rg", "localNetworkGateways"))


class TestChangeRouting:
    old: ClassVar[set[str]]

    @pytest.fixture
    def inventory(self, desk: Desk) -> Path:
        return desk.inventory(LINK, {**VARIABLES, "s2s_vpn_report_dir": str(desk.reports)})

    def play(self, desk: Desk, inventory: Path, playbook: str, variables: Json, *arguments: str) -> Run:
        return desk.play(playbook, *arguments, "-e", json.dumps(variables), inventory=inventory)

    def test_a_link_that_is_not_there_is_not_built(self, desk: Desk, inventory: Path) -> None:
        """The consent of another link of the inventory is not for it."""
        run = self.play(desk, inventory, "change_routing.yml", AGREED)
        assert (run.rc, run.changed, run.mutating) == (0, 0, []), run.explain()

    @pytest.mark.step
    def test_a_static_link_stands(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = self.play(desk, inventory, "site.yml", STATIC)
        assert run.rc == 0, run.explain()
        wait_for(lambda: any(up(clouds).values()))
        type(self).old = {one["VpnConnectionId"] for one in clouds.vpn_connections()} | {
            t["OutsideIpAddress"] for c in clouds.vpn_connections() for t in c["Options"]["TunnelOptions"]
        }

    @pytest.mark.parametrize(
        ("playbook", "says"),
        [
            ("site.yml", "change_routing.yml, which wants s2s_vpn_consent: [interrupt]"),
            ("change_routing.yml", "consent with s2s_vpn_consent: [interrupt]"),
            ("change_tunnels.yml", "go over with change_routing.yml"),
        ],
    )
    def test_it_stops_before_anything_is_touched(self, desk: Desk, inventory: Path, playbook: str, says: str) -> None:
        run = self.play(desk, inventory, playbook, BGP)
        assert run.rc != 0
        assert says in run.errors, run.explain()
        assert run.mutating == []

    def test_check_tells_what_is_made_and_what_goes(self, desk: Desk, inventory: Path) -> None:
        run = self.play(desk, inventory, "change_routing.yml", AGREED, "--check")
        assert run.rc == 0, run.explain()
        assert run.mutating == []
        changed = {task for task, result in run.results() if result.get("changed")}
        assert {"Take away Azure's static connection", "Take away AWS's static connection"} <= changed
        assert "Take away the customer gateway" not in changed

    @pytest.mark.step
    def test_killed_on_the_way_it_is_gone_on_with(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        clouds.forget_calls()

        def killed(cloud: str, kind: str, action: str, when: Callable[[], bool]) -> None:
            clouds.fault(cloud, kind, action, mutating=True, **({"seconds": 60} if kind == "hang" else {}))
            output = desk.directory / f"killed-{action.rpartition('/')[2]}.txt"
            play = Play(desk, "change_routing.yml", ("-e", json.dumps(AGREED)), inventory, output)
            assert play.wait_or_kill(when) == -9, play.text
            clouds.no_faults()

        def hit() -> bool:
            return any(one["hits"] for cloud in ("aws", "azure") for one in clouds._tell(cloud, "GET", "faults"))

        killed("aws", "drop-after", CREATE, hit)  # the second connection is made, and nobody knows it
        assert len(clouds.vpn_connections()) == 2
        killed("azure", "hang", AZURE_DELETE, hit)  # all stands side by side
        wait_for(lambda: sum(up(clouds).values()) == 3)
        refused = self.play(desk, inventory, "site.yml", AGREED)
        assert "change_routing.yml" in refused.errors, refused.explain()
        assert refused.mutating == []
        killed("aws", "drop-after", DELETE, hit)  # the old one is gone, and nobody knows it
        run = self.play(desk, inventory, "change_routing.yml", AGREED)
        assert run.rc == 0, run.explain()
        assert len(asked(run.calls, CREATE)) == 1

    def test_four_tunnels_are_up_and_nothing_of_the_old_is_left(self, clouds: Clouds) -> None:
        wait_for(lambda: len(state := up(clouds)) == 4 and all(state.values()))
        connections = clouds.vpn_connections()
        assert [one["Options"]["StaticRoutesOnly"] for one in connections] == [False, False]
        addresses = {one["properties"]["gatewayIpAddress"] for one in ends(clouds)}
        now = {one["VpnConnectionId"] for one in connections} | addresses
        assert len(addresses) == 4
        assert now.isdisjoint(self.old)
        assert not any(one["properties"]["localNetworkAddressSpace"].get("addressPrefixes") for one in ends(clouds))
        used = {one["CustomerGatewayId"] for one in connections}
        gateways = clouds.ec2().describe_customer_gateways()["CustomerGateways"]
        assert {one["CustomerGatewayId"] for one in gateways if one["State"] == "available"} == used
        azure = clouds.arm_list(clouds.network(f"{LINK}-rg", "connections"))
        assert sorted(one["name"] for one in azure) == [f"{LINK}-aws-{one}" for one in ("1-1", "1-2", "2-1", "2-2")]
        assert all(one["properties"]["enableBgp"] for one in azure)

    @pytest.mark.parametrize("playbook", ["site.yml", "change_routing.yml"])
    def test_a_second_run_changes_nothing(self, desk: Desk, inventory: Path, playbook: str) -> None:
        run = self.play(desk, inventory, playbook, BGP)
        assert (run.rc, run.changed, run.mutating) == (0, 0, []), run.explain()

    def test_another_change_that_interrupts_is_for_site(self, desk: Desk, inventory: Path) -> None:
        other = {**AGREED, "s2s_vpn_azure_asn": 65010}
        run = self.play(desk, inventory, "change_routing.yml", other)
        assert (run.rc, run.changed, run.mutating) == (0, 0, []), run.explain()
        assert self.play(desk, inventory, "site.yml", other, "--check").changed > 0

    def test_the_journal_tells_what_went_and_what_came(self, desk: Desk) -> None:
        lines = [one for one in journal(desk) if one["operation"] in ("change_routing.yml", "site.yml")]
        told = [(one["resource"], one["type"]) for one in lines if one["state"] == "done"]
        assert ("hq-aws-1-1", "connection") in told
        assert len(told) == len({json.dumps({**one, "at": ""}) for one in lines}), "nothing twice"

    def test_there_is_no_way_back_in_place(self, desk: Desk, inventory: Path) -> None:
        run = self.play(desk, inventory, "site.yml", {**STATIC, "s2s_vpn_consent": ["interrupt"]})
        assert run.rc != 0
        assert "was made for BGP, and s2s_vpn_routing is static" in run.errors, run.explain()
        assert run.mutating == []
