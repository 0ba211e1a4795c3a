"""The gateway's SKU: a larger one in place, a smaller one by rebuilding the gateway, with consent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from .clouds import Clouds, Json
from .runs import Desk, Run
from .test_operate import LINK, VARIABLES, Operated, journal

pytestmark = pytest.mark.full

GATEWAY = "Microsoft.Network/virtualNetworkGateways"
CONNECTION = "Microsoft.Network/connections"
SMALL, LARGE = {"s2s_vpn_azure_gateway_sku": "VpnGw1AZ"}, {"s2s_vpn_azure_gateway_sku": "VpnGw2AZ"}


class TestSku(Operated):
    before: ClassVar[Json]

    @pytest.fixture
    def inventory(self, desk: Desk) -> Path:
        return desk.inventory(LINK, {**VARIABLES, "s2s_vpn_report_dir": str(desk.reports)})

    def site(self, desk: Desk, inventory: Path, variables: Json, *arguments: str, **more: Any) -> Run:
        return desk.play("site.yml", *arguments, "-e", json.dumps({**variables, **more}), inventory=inventory)

    def gateway(self, clouds: Clouds) -> Json:
        found: Json = clouds.arm("GET", clouds.network(f"{LINK}-rg", "virtualNetworkGateways", f"{LINK}-vng"))
        return found

    def addresses(self, clouds: Clouds) -> list[str]:
        found = clouds.arm_list(clouds.network(f"{LINK}-rg", "publicIPAddresses"))
        return sorted(one["properties"]["ipAddress"] for one in found)

    @pytest.mark.step
    def test_a_small_link_stands(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = self.site(desk, inventory, SMALL)
        assert run.rc == 0, run.explain()
        self.wait_until_up(clouds)
        type(self).before = {"keys": clouds.aws_keys(), "addresses": self.addresses(clouds)}

    @pytest.mark.step
    def test_a_larger_one_is_a_change_in_place(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        guid = self.gateway(clouds)["properties"]["resourceGuid"]
        run = self.site(desk, inventory, LARGE)
        assert run.rc == 0, run.explain()
        assert [c.action for c in run.mutating] == [f"{GATEWAY}/write"]
        now = self.gateway(clouds)["properties"]
        assert (now["sku"]["name"], now["resourceGuid"]) == ("VpnGw2AZ", guid)
        changed = journal(desk)[-1]
        assert (changed["resource"], changed["before"], changed["after"]) == (
            f"{LINK}-vng", {"sku": "VpnGw1AZ"}, {"sku": "VpnGw2AZ"}
        )  # fmt: skip
        self.wait_until_up(clouds)
        again = self.site(desk, inventory, LARGE)
        assert (again.rc, again.changed, again.mutating) == (0, 0, []), again.explain()

    def test_a_smaller_one_is_refused_before_anything_is_touched(self, desk: Desk, inventory: Path) -> None:
        run = self.site(desk, inventory, SMALL)
        assert run.rc != 0
        assert "s2s_vpn_consent of the playbooks: [recreate]" in run.errors, run.explain()
        assert run.mutating == []

    def test_check_tells_of_the_rebuild(self, desk: Desk, inventory: Path) -> None:
        run = self.site(desk, inventory, SMALL, "--check", s2s_vpn_consent=["recreate"])
        assert run.rc == 0, run.explain()
        assert run.mutating == []
        assert f"{LINK}-vng" in run.changes()

    @pytest.mark.step
    def test_with_consent_the_gateway_is_made_again_with_its_connections(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        guid = self.gateway(clouds)["properties"]["resourceGuid"]
        run = self.site(desk, inventory, SMALL, s2s_vpn_consent=["recreate"])
        assert run.rc == 0, run.explain()
        actions = [c.action for c in run.mutating if c.cloud == "azure"]
        assert [actions.count(f"{GATEWAY}/{verb}") for verb in ("delete", "write")] == [1, 1]
        assert [actions.count(f"{CONNECTION}/{verb}") for verb in ("delete", "write")] == [4, 4]
        now = self.gateway(clouds)["properties"]
        assert now["sku"]["name"] == "VpnGw1AZ"
        assert now["resourceGuid"] != guid
        assert [c for c in run.mutating if c.cloud == "aws"] == [], "same addresses, same keys: AWS is not touched"
        assert {"keys": clouds.aws_keys(), "addresses": self.addresses(clouds)} == self.before
        self.wait_until_up(clouds)

    def test_a_second_run_changes_nothing(self, desk: Desk, inventory: Path) -> None:
        run = self.site(desk, inventory, SMALL)
        assert (run.rc, run.changed, run.mutating) == (0, 0, []), run.explain()

    def test_monitor_and_destroy_write_into_the_journal_too(self, desk: Desk, inventory: Path) -> None:
        watched = desk.play("monitor.yml", inventory=inventory)
        assert watched.rc == 0, watched.explain()
        gone = desk.play("destroy.yml", "-e", f"s2s_vpn_confirm_destroy={LINK}", inventory=inventory)
        assert gone.rc == 0, gone.explain()
        lines = [(one["operation"], one["resource"], one["state"]) for one in journal(desk)]
        assert ("monitor.yml", f"{LINK}-all-tunnels-down", "done") in lines
        for name in (f"{LINK}-vng", f"{LINK}-1", f"{LINK}-vpc", f"{LINK}-all-tunnels-down"):
            assert ("destroy.yml", name, "done") in lines
