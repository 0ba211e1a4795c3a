"""azure_link_alarms: what it tells of what it has done, after a refusal too."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import journal
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_link_alarms as module
from fake_arm import SUBSCRIPTION, FakeArm, error, filled

from tests.unit.module_utils.samples import planned

WORKSPACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/x/providers/Microsoft.OperationalInsights/workspaces/network"
PLAN = planned()
LOGS = f"s2s_vpn-{PLAN['owner']['id']}"


@pytest.fixture
def cloud() -> FakeArm:
    cloud = FakeArm()
    cloud.add("virtualNetworkGateways", "hq-vng")
    return cloud


def run(cloud: FakeArm, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    given = {"plan": PLAN, "log_analytics_workspace": WORKSPACE, **given}
    return module.ensure(cloud.arm(), filled(module.ARGUMENTS, **given), check_mode)


def written(result: dict[str, Any]) -> list[str]:
    """What the journal tells as done."""
    return [one["resource"] for one in journal.changes_of("task", result) if one["state"] == "done"]


def test_check_mode_tells_the_same(cloud: FakeArm) -> None:
    told = run(cloud, True)
    assert cloud.writes() == []
    assert run(cloud) == told
    assert (told["changed"], len(told["alerts"]), told["diagnostic_setting"]) == (True, 9, LOGS)
    again = run(cloud)
    assert (again["changed"], len(again["alerts"]), again["diagnostic_setting"]) == (False, 9, LOGS)
    gone = run(cloud, state="absent")
    assert (len(gone["deleted"]), gone["alerts"], gone["diagnostic_setting"]) == (10, [], None)


def test_what_was_made_before_a_refusal_is_told(cloud: FakeArm) -> None:
    cloud.fault("PUT", "/metricalerts/hq-bandwidth", error(403, "AuthorizationFailed"))
    with pytest.raises(azure.AzureError, match="AuthorizationFailed") as refused:
        run(cloud)
    made = {own.rpartition("/")[2] for own in cloud.resources if "/metricalerts/" in own}
    assert len(made) == 8
    assert set(written(refused.value.done)) == made
    assert refused.value.done["diagnostic_setting"] is None
    assert {*written(run(cloud))} == {"hq-bandwidth", LOGS}


def test_what_was_deleted_before_a_refusal_is_told(cloud: FakeArm) -> None:
    run(cloud)
    cloud.fault("DELETE", "/diagnosticsettings/", error(403, "AuthorizationFailed"))
    with pytest.raises(azure.AzureError) as refused:
        run(cloud, state="absent")
    assert (len(refused.value.done["deleted"]), refused.value.done["alerts"]) == (9, [])
    assert len(written(refused.value.done)) == 9
