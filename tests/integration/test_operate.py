"""A link that stands is operated: keys rotated, options changed, endpoints replaced, connections reset; stopped,
refused and killed on the way. At no moment are two tunnels down because of us."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from tests.faults.plays import Play

from .clouds import REGION, Call, Clouds, wait_for
from .runs import Desk, Run
from .watch import Watch, leaks

pytestmark = pytest.mark.full

LINK = "hq"
VARIABLES = {
    "s2s_vpn_azure_location": "westeurope",
    "s2s_vpn_azure_vnet_cidr": "10.1.0.0/16",
    "s2s_vpn_aws_region": REGION,
    "s2s_vpn_aws_vpc_cidr": "10.2.0.0/16",
    "operate_poll_seconds": 0.5,
}
STATIC = {**VARIABLES, "s2s_vpn_routing": "static"}
INSIDE = {"1-1": "169.254.21.0/30", "1-2": "169.254.22.0/30", "2-1": "169.254.21.4/30", "2-2": "169.254.22.4/30"}
MODIFY, KEY = "ModifyVpnTunnelOptions", "Microsoft.Network/connections/sharedKey/write"
CONNECTION = "Microsoft.Network/connections/write"
Json = dict[str, Any]


def inside_of(clouds: Clouds) -> dict[str, str]:
    """Inside CIDR by AWS's outside address."""
    tunnels = [t for c in clouds.vpn_connections() for t in c["Options"]["TunnelOptions"]]
    return {t["OutsideIpAddress"]: t["TunnelInsideCidr"] for t in tunnels}


def up(clouds: Clouds) -> dict[str, bool]:
    """AWS's word on each tunnel, by its inside CIDR: with BGP it is UP when the session is too."""
    names = inside_of(clouds)
    return {
        names[t["OutsideIpAddress"]]: t["Status"] == "UP" for c in clouds.vpn_connections() for t in c["VgwTelemetry"]
    }


def keys(clouds: Clouds) -> dict[str, str]:
    """The key of each tunnel by its inside CIDR, which is the same on both sides."""
    names, aws = inside_of(clouds), clouds.aws_keys()
    locals_ = {
        g["name"]: g["properties"]["gatewayIpAddress"]
        for g in clouds.arm_list(clouds.network(f"{LINK}-rg", "localNetworkGateways"))
    }
    azure = clouds.azure_keys(LINK)
    assert azure == {name: aws[locals_[name]] for name in azure}
    return {names[address]: key for address, key in aws.items()}


def asked(calls: list[Call], action: str) -> list[Call]:
    return [c for c in calls if c.action.lower() == action.lower() and c.status in (200, 201)]


def marks(clouds: Clouds) -> list[str]:
    return [t["Value"] for c in clouds.vpn_connections() for t in c["Tags"] if t["Key"] == "s2s_vpn-rotation"]


def journal(desk: Desk) -> list[Json]:
    return [json.loads(line) for line in (desk.reports / f"{LINK}.journal.jsonl").read_text().splitlines()]


def last_changes(clouds: Clouds) -> dict[str, Any]:
    """When AWS last saw each tunnel go up or down, by its inside CIDR."""
    names = inside_of(clouds)
    telemetry = [one for c in clouds.vpn_connections() for one in c["VgwTelemetry"]]
    return {names[one["OutsideIpAddress"]]: one["LastStatusChange"] for one in telemetry}


@contextmanager
def never_two_down(clouds: Clouds) -> Iterator[set[str]]:
    """Looks at AWS's telemetry all the while; in the end gives the tunnels that were down, also between two looks."""
    seen: list[set[str]] = []
    were_down: set[str] = set()
    end = Event()
    before = last_changes(clouds)

    def look() -> None:
        while not end.wait(0.1):
            down = {cidr for cidr, is_up in up(clouds).items() if not is_up}
            if down not in seen:
                seen.append(down)

    thread = Thread(target=look)
    thread.start()
    try:
        yield were_down
    finally:
        end.set()
        thread.join()
    assert all(len(down) <= 1 for down in seen), seen
    were_down |= {cidr for cidr, moment in last_changes(clouds).items() if moment != before[cidr]}


class Operated:
    """What every story does with its link."""

    @pytest.fixture
    def inventory(self, desk: Desk) -> Path:
        return desk.inventory(LINK, VARIABLES)

    def operate(self, desk: Desk, inventory: Path, playbook: str, *arguments: str, **variables: Any) -> Run:
        variables |= {"s2s_vpn_report_dir": str(desk.reports)}
        return desk.play(playbook, *arguments, "-e", json.dumps(variables), inventory=inventory)

    def build(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = desk.play("site.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        self.wait_until_up(clouds)

    def wait_until_up(self, clouds: Clouds) -> None:
        wait_for(lambda: len(state := up(clouds)) == 4 and all(state.values()))


class TestOperate(Operated):
    @pytest.mark.step
    def test_a_link_stands(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        self.build(desk, clouds, inventory)

    def test_check_tells_the_steps_and_touches_nothing(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = self.operate(desk, inventory, "rotate_keys.yml", "--check")
        assert run.rc == 0, run.explain()
        assert run.mutating == []
        for name in INSIDE:
            assert f"would change pre_shared_key of tunnel {name}" in run.stdout
        assert not list(desk.reports.glob("*.journal.jsonl"))

    def test_refused_by_aws_azure_is_untouched(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        before = keys(clouds)
        clouds.fault("aws", "refuse", MODIFY, status=403, code="UnauthorizedOperation", message="You are not allowed.")
        run = self.operate(desk, inventory, "rotate_keys.yml")
        assert run.rc != 0
        assert "ec2:ModifyVpnTunnelOptions" in run.errors, run.explain()
        assert [c for c in run.mutating if c.cloud == "azure"] == []
        assert keys(clouds) == before
        assert all(up(clouds).values())

    def test_another_tunnel_is_down_and_it_stops(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        connection = clouds.network(f"{LINK}-rg", "connections", f"{LINK}-aws-2-2")
        body = clouds.arm("GET", connection)
        body["properties"]["ipsecPolicies"][0]["dhGroup"] = "ECP384"
        clouds.arm("PUT", connection, body)
        wait_for(lambda: not up(clouds)[INSIDE["2-2"]])
        before = keys(clouds)
        run = self.operate(
            desk, inventory, "rotate_keys.yml", operate_tunnel_up_timeout=3, s2s_vpn_operate_tunnels=["1-1"]
        )
        assert run.rc != 0
        assert "tunnel 2-2 is down" in run.errors, run.explain()
        assert run.mutating == []
        assert keys(clouds) == before

    def test_change_tunnels_mends_what_only_azure_has_wrong(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = self.operate(desk, inventory, "change_tunnels.yml")
        assert run.rc == 0, run.explain()
        assert [c.action for c in run.mutating] == [CONNECTION]
        assert "give Azure the ipsec_policy that AWS has of tunnel 2-2" in run.stdout
        self.wait_until_up(clouds)

    @pytest.mark.step
    def test_rotation_gives_every_tunnel_a_new_key(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        before = keys(clouds)
        with Watch(desk.home, desk.tmp) as watch, never_two_down(clouds) as down:
            run = self.operate(desk, inventory, "rotate_keys.yml", "-vvvv", "--diff")
        assert run.rc == 0, run.explain()
        after = keys(clouds)
        assert len({*before.values(), *after.values()}) == 8
        assert all(up(clouds).values())
        assert down == set(INSIDE.values())
        assert len(asked(run.calls, MODIFY)) == len(asked(run.calls, KEY)) == 4
        assert marks(clouds) == []
        both = [*before.values(), *after.values()]
        found = leaks(both, [*watch.contents.values(), *desk.left()])
        assert found == []

    def test_the_journal_says_what_was_changed(self, desk: Desk) -> None:
        told = [entry for entry in journal(desk) if entry["operation"] == "rotate_keys" and "tunnel" in entry]
        assert [entry["state"] for entry in told[:-20]] == ["begun", "failed"], "what AWS refused before"
        found = told[-20:]
        assert {entry["link"] for entry in found} == {LINK}
        assert [(entry["tunnel"], entry.get("cloud"), entry["state"]) for entry in found] == [
            (name, cloud, state)
            for name in INSIDE
            for cloud, state in (
                ("aws", "begun"), ("aws", "done"), ("azure", "begun"), ("azure", "done"), (None, "up")
            )
        ]  # fmt: skip
        begun = [entry for entry in found if entry["state"] == "begun"]
        assert all(entry["before"] == {"pre_shared_key": "old key"} for entry in begun)
        assert all(entry["after"] == {"pre_shared_key": "new key"} for entry in begun)

    def test_a_journal_that_cannot_be_written_stops_it_before_the_first_change(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        file = desk.directory / "a-file"
        file.write_text("")
        for playbook in ("rotate_keys.yml", "monitor.yml", "destroy.yml"):
            variables = {"s2s_vpn_report_dir": str(file), "s2s_vpn_confirm_destroy": LINK}
            run = desk.play(playbook, "-e", json.dumps(variables), inventory=inventory)
            assert run.rc != 0
            assert f"The journal {file}/{LINK}.journal.jsonl cannot be written" in run.errors, run.explain()
            assert run.mutating == []

    @pytest.mark.step
    def test_options_change_with_one_request_to_each_cloud_for_a_tunnel(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        wish = {"s2s_vpn_dpd_seconds": 60, "s2s_vpn_ike_integrity": "SHA384", "s2s_vpn_ipsec_lifetime_seconds": 1800}
        refused = desk.play("site.yml", "-e", json.dumps(wish), inventory=inventory)
        assert refused.rc != 0
        assert "change_tunnels.yml" in refused.errors
        with never_two_down(clouds):
            run = self.operate(desk, inventory, "change_tunnels.yml", **wish)
        assert run.rc == 0, run.explain()
        assert len(asked(run.calls, MODIFY)) == len(asked(run.calls, CONNECTION)) == 4
        assert len(run.mutating) == 8
        for tunnel in (t for c in clouds.vpn_connections() for t in c["Options"]["TunnelOptions"]):
            assert (tunnel["DpdTimeoutSeconds"], tunnel["Phase2LifetimeSeconds"]) == (60, 1800)
            assert tunnel["Phase1IntegrityAlgorithms"] == [{"Value": "SHA2-384"}]
        assert all(up(clouds).values())
        again = self.operate(desk, inventory, "change_tunnels.yml", **wish)
        assert (again.rc, again.changed, again.mutating) == (0, 0, []), again.explain()
        same = desk.play("site.yml", "-e", json.dumps(wish), inventory=inventory)
        assert (same.rc, same.changed) == (0, 0), same.explain()


class TestKilled(Operated):
    """A rotation is killed at every kind of moment and gone on with; each tunnel is changed once."""

    @pytest.mark.step
    def test_a_link_stands(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        self.build(desk, clouds, inventory)

    def killed(self, desk: Desk, clouds: Clouds, inventory: Path, when: Any) -> None:
        output = desk.directory / "killed.txt"
        play = Play(desk, "rotate_keys.yml", (), inventory, output)
        assert play.wait_or_kill(when) == -9, play.text

    def test_it_converges_from_every_kill(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        before = keys(clouds)
        clouds.forget_calls()

        def seen(action: str, status: int = 200) -> int:
            return len([c for c in clouds.calls() if c.action.lower() == action.lower() and c.status == status])

        # the mark is written, nothing else
        clouds.fault("aws", "hang", MODIFY, seconds=60)
        self.killed(desk, clouds, inventory, lambda: seen("CreateTags") == 1 and self.hit(clouds))
        clouds.no_faults()
        assert keys(clouds) == before
        assert len(set(marks(clouds))) == 1
        # AWS has the new key, Azure's was on its way
        clouds.fault("azure", "hang", KEY, seconds=60)
        self.killed(desk, clouds, inventory, lambda: self.hit(clouds))
        clouds.no_faults()
        assert sorted(clouds.azure_keys(LINK).values()) == sorted(before.values())
        assert len(set(clouds.aws_keys().values()) - set(before.values())) == 1
        # Azure has taken it, nobody waits for the tunnel
        self.killed(desk, clouds, inventory, lambda: seen(KEY) == 2)
        assert len(marks(clouds)) == 2
        changed = [c for c in clouds.calls() if c.action == MODIFY and c.status == 200]
        assert len(changed) == 2
        calls = clouds.calls()
        with never_two_down(clouds):
            run = self.operate(desk, inventory, "rotate_keys.yml")
        assert run.rc == 0, run.explain()
        told = [result["rotation"] for _task, result in run.results() if "rotation" in result]
        assert ["this goes on with the rotation begun at" in one for one in told] == [True], run.explain()
        after = keys(clouds)
        assert set(after.values()).isdisjoint(before.values())
        assert len(asked([*calls, *run.calls], MODIFY)) == 4, "each tunnel once"
        assert marks(clouds) == []
        self.wait_until_up(clouds)

    @staticmethod
    def hit(clouds: Clouds) -> bool:
        return any(one["hits"] for cloud in ("aws", "azure") for one in clouds._tell(cloud, "GET", "faults"))

    def test_azure_refuses_what_aws_has_taken(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        """It stops there, says so in the journal, and the next run gives Azure the key that AWS has."""
        before = keys(clouds)
        clouds.fault("azure", "refuse", KEY, status=403, code="AuthorizationFailed", message="You may not.")
        run = self.operate(desk, inventory, "rotate_keys.yml")
        clouds.no_faults()
        assert run.rc != 0
        assert "AuthorizationFailed" in run.errors, run.explain()
        last = [(one["state"], one.get("cloud")) for one in journal(desk)[-5:]]
        assert last == [("begun", "aws"), ("done", "aws"), ("begun", "azure"), ("failed", "azure"), ("stopped", None)]
        others = self.operate(
            desk, inventory, "rotate_keys.yml", s2s_vpn_operate_tunnels=["2-1"], operate_tunnel_up_timeout=2
        )
        assert "tunnel 1-1 is half done" in others.errors, "it is down, and nobody chose it"
        assert others.mutating == []
        again = self.operate(desk, inventory, "rotate_keys.yml")
        assert again.rc == 0, again.explain()
        assert "give Azure the pre_shared_key that AWS has of tunnel 1-1" in again.stdout
        assert len(asked([*run.calls, *again.calls], MODIFY)) == 4
        assert set(keys(clouds).values()).isdisjoint(before.values())

    def test_options_that_aws_has_and_azure_lacks_are_finished(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        variables = {"s2s_vpn_ipsec_pfs_group": "ECP384", "s2s_vpn_report_dir": str(desk.reports)}
        clouds.forget_calls()
        clouds.fault("azure", "hang", CONNECTION, seconds=60)
        output = desk.directory / "options.txt"
        play = Play(desk, "change_tunnels.yml", ("-e", json.dumps(variables)), inventory, output)
        assert play.wait_or_kill(lambda: self.hit(clouds)) == -9, play.text
        clouds.no_faults()
        earlier = clouds.calls()
        run = self.operate(desk, inventory, "change_tunnels.yml", **variables)
        assert run.rc == 0, run.explain()
        assert "give Azure the ipsec_policy that AWS has of tunnel 1-1" in run.stdout
        assert len(asked([*earlier, *run.calls], MODIFY)) == 4
        self.wait_until_up(clouds)


class TestKeysOfTheUser(Operated):
    """Keys from a vault, a window, endpoints with a maintenance, and resets."""

    KEYS = {cidr: f"Vault.{name.replace('-', '_')}_only.for_tests" for name, cidr in INSIDE.items()}

    @pytest.mark.step
    def test_a_link_stands(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        self.build(desk, clouds, inventory)

    @pytest.mark.step
    def test_the_given_keys_are_set_and_a_second_run_changes_nothing(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        before = keys(clouds)
        variables = desk.directory / "vault.json"
        variables.write_text(json.dumps({"s2s_vpn_pre_shared_keys": self.KEYS}))
        with Watch(desk.home, desk.tmp) as watch:
            run = self.operate(desk, inventory, "rotate_keys.yml", "-vvvv", "--diff", "-e", f"@{variables}")
            again = self.operate(desk, inventory, "rotate_keys.yml", "-vvvv", "-e", f"@{variables}")
        assert run.rc == 0, run.explain()
        assert keys(clouds) == self.KEYS
        assert (again.rc, again.changed, again.mutating) == (0, 0, []), again.explain()
        same = desk.play("site.yml", "-e", f"@{variables}", inventory=inventory)
        assert (same.rc, same.changed) == (0, 0), same.explain()
        secrets = [*before.values(), *self.KEYS.values()]
        found = leaks(secrets, [*watch.contents.values(), *desk.left()])
        assert found == []

    def test_aws_refuses_and_repeats_the_key(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        new = {**self.KEYS, INSIDE["1-1"]: "Another.key_only.for_tests"}
        refusal = {"status": 400, "code": "InvalidParameterValue", "message": f"Bad: {new[INSIDE['1-1']]}"}
        clouds.fault("aws", "refuse", MODIFY, **refusal)
        run = self.operate(desk, inventory, "rotate_keys.yml", "-vvvv", s2s_vpn_pre_shared_keys=new)
        assert run.rc != 0
        assert "InvalidParameterValue" in run.errors, run.explain()
        assert leaks([new[INSIDE["1-1"]]], [(Path("errors"), run.errors.encode())]) == []
        assert keys(clouds) == self.KEYS

    def test_outside_of_the_window_nothing_is_begun(self, desk: Desk, inventory: Path) -> None:
        run = self.operate(desk, inventory, "rotate_keys.yml", s2s_vpn_operate_window="00:00-00:00")
        assert run.rc != 0
        assert "outside of the window 00:00-00:00" in run.errors, run.explain()
        assert run.mutating == []
        told = self.operate(
            desk, inventory, "replace_tunnels.yml", "--check",
            s2s_vpn_operate_window="00:00-00:00", s2s_vpn_operate_tunnels=["1-1"],
        )  # fmt: skip
        assert (told.rc, told.mutating) == (0, []), told.explain()
        assert "outside of the window 00:00-00:00. A run would stop here now" in told.stdout
        assert "would change endpoint of tunnel 1-1" in told.stdout

    def test_a_due_maintenance_is_applied_to_its_tunnel_alone(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        address = next(address for address, cidr in inside_of(clouds).items() if cidr == INSIDE["2-1"])
        clouds._tell("aws", "POST", "maintenance", {"addresses": [address]})
        told = self.operate(desk, inventory, "replace_tunnels.yml", "--check")
        assert (told.rc, told.mutating) == (0, []), told.explain()
        assert "endpoint of tunnel 2-1: PendingMaintenance Available" in told.stdout
        with never_two_down(clouds) as down:
            run = self.operate(desk, inventory, "replace_tunnels.yml")
        assert run.rc == 0, run.explain()
        assert [c.action for c in run.mutating] == ["ReplaceVpnTunnel"]
        assert down == {INSIDE["2-1"]}
        again = self.operate(desk, inventory, "replace_tunnels.yml")
        assert (again.rc, again.changed, again.mutating) == (0, 0, []), again.explain()

    def test_lifecycle_control_is_switched_without_taking_a_tunnel_down(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        with never_two_down(clouds) as down:
            run = self.operate(desk, inventory, "change_tunnels.yml", s2s_vpn_aws_lifecycle_control=True)
        assert run.rc == 0, run.explain()
        assert [c.action for c in run.mutating] == [MODIFY] * 4
        assert down == set()

    def test_endpoints_are_replaced_by_name_one_after_the_other(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        refusal = {"status": 403, "code": "UnauthorizedOperation", "message": "No more."}
        clouds.fault("aws", "refuse", "ReplaceVpnTunnel", skip=1, **refusal)
        with never_two_down(clouds):
            refused = self.operate(desk, inventory, "replace_tunnels.yml", s2s_vpn_operate_tunnels=["1-1", "1-2"])
            clouds.no_faults()
            assert "s2s_vpn_operate_tunnels: [1-2]" in refused.errors, refused.explain()
            run = self.operate(desk, inventory, "replace_tunnels.yml", s2s_vpn_operate_tunnels=["1-2"])
        assert run.rc == 0, run.explain()
        assert [len(asked(each.calls, "ReplaceVpnTunnel")) for each in (refused, run)] == [1, 1]
        assert all(up(clouds).values())

    def test_a_connection_is_reset_by_name(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = self.operate(desk, inventory, "reset.yml", s2s_vpn_reset_tunnel="1-2")
        assert run.rc == 0, run.explain()
        assert [c.path.rpartition("/connections/")[2] for c in run.mutating] == [f"{LINK}-aws-1-2/resetconnection"]
        assert all(up(clouds).values())

    def test_an_instance_that_carries_somebody_elses_tunnels_is_not_reset_without_consent(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        own = clouds.arm("GET", clouds.network(f"{LINK}-rg", "connections", f"{LINK}-aws-1-1"))
        site, other = (clouds.network(f"{LINK}-rg", kind, "lab") for kind in ("localNetworkGateways", "connections"))
        place = {"gatewayIpAddress": "203.0.113.77", "localNetworkAddressSpace": {"addressPrefixes": ["10.9.0.0/16"]}}
        clouds.arm("PUT", site, {"location": own["location"], "properties": place})
        gateway = {"id": own["properties"]["virtualNetworkGateway1"]["id"]}
        ends = {"virtualNetworkGateway1": gateway, "localNetworkGateway2": {"id": site}}
        clouds.arm("PUT", other, {"location": own["location"], "properties": {"connectionType": "IPsec", **ends}})
        told = self.operate(desk, inventory, "reset.yml", "--check", s2s_vpn_reset_instance=1)
        assert (told.rc, told.mutating) == (0, []), told.explain()
        assert "also carries lab" in told.stdout
        stopped = self.operate(desk, inventory, "reset.yml", s2s_vpn_reset_instance=1)
        assert (stopped.rc != 0, stopped.mutating) == (True, [])
        assert "also carries lab" in stopped.errors, stopped.explain()
        for one in (other, site):
            clouds.arm("DELETE", one)

    def test_an_instance_is_reset_while_the_other_one_carries_the_link(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        run = self.operate(desk, inventory, "reset.yml", s2s_vpn_reset_instance=1)
        assert run.rc == 0, run.explain()
        assert [c.path.rpartition("/")[2] for c in run.mutating] == ["reset"]
        assert all(up(clouds).values())
        names = {entry["tunnel"] for entry in journal(desk) if entry["operation"] == "reset_instance"}
        assert names == {"2-1 and 2-2"}

    def test_a_reset_of_nothing_names_the_choices(self, desk: Desk, inventory: Path) -> None:
        run = self.operate(desk, inventory, "reset.yml")
        assert run.rc != 0
        assert "1-1, 1-2, 2-1 or 2-2" in run.errors, run.explain()
        assert run.mutating == []


class TestStatic(Operated):
    """One tunnel: it goes down, and that needs a word of consent."""

    @pytest.fixture
    def inventory(self, desk: Desk) -> Path:
        return desk.inventory(LINK, STATIC)

    def wait_until_up(self, clouds: Clouds) -> None:
        wait_for(lambda: up(clouds).get(INSIDE["1-1"], False))

    @pytest.mark.step
    def test_a_link_stands(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        self.build(desk, clouds, inventory)

    @pytest.mark.parametrize("playbook", ["rotate_keys.yml", "change_tunnels.yml"])
    def test_without_consent_nothing_is_touched(
        self, desk: Desk, clouds: Clouds, inventory: Path, playbook: str
    ) -> None:
        run = self.operate(desk, inventory, playbook, s2s_vpn_dpd_seconds=60)
        assert run.rc != 0
        assert "s2s_vpn_consent: [interrupt]" in run.errors, run.explain()
        assert run.mutating == []

    def test_with_consent_the_spare_gets_a_new_key_too(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        before = keys(clouds)
        run = self.operate(desk, inventory, "rotate_keys.yml", s2s_vpn_consent=["interrupt"])
        assert run.rc == 0, run.explain()
        assert set(keys(clouds).values()).isdisjoint(before.values())
        assert (len(asked(run.calls, MODIFY)), len(asked(run.calls, KEY))) == (2, 1)
        assert up(clouds)[INSIDE["1-1"]]

    def test_a_new_endpoint_that_aws_shows_late_is_waited_for(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        """Of a spare, which Azure does not see either: AWS alone says when it is at rest again."""
        clouds.fault("aws", "stale", "ReplaceVpnTunnel", seconds=4)
        run = self.operate(desk, inventory, "replace_tunnels.yml", s2s_vpn_operate_tunnels=["1-2"])
        clouds.no_faults()
        assert run.rc == 0, run.explain()
        last = journal(desk)[-1]
        assert (last["state"], last["tunnel"]) == ("up", "1-2")
        assert last["seconds"] >= 3, "not what AWS showed of before"

    def test_another_routing_is_not_changed_in_place(self, desk: Desk, inventory: Path) -> None:
        run = self.operate(desk, inventory, "change_tunnels.yml", s2s_vpn_routing="bgp")
        assert run.rc != 0
        assert run.mutating == []
