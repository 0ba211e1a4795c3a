"""s2s_vpn_operate between two clouds in memory: killed at every call that changes something, and gone on with."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws_secrets, operation
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.azure import AzureError, Response
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.common import CloudError
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.journal import Journal
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import Identity, plan_link
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_vpn_gateway
from fake_arm import SUBSCRIPTION, FakeArm, error, filled, rid
from fake_ec2 import FakeEc2, refusal
from test_azure_vpn_gateway import FULL

INPUT = {
    "link": "hq",
    "azure_location": "westeurope",
    "azure_vnet_cidr": "10.1.0.0/16",
    "aws_region": "eu-central-1",
    "aws_vpc_cidr": "10.2.0.0/16",
}
TAKES_DOWN = ("modify_vpn_tunnel_options", "replace_vpn_tunnel")
WRITES = ("modify_vpn_tunnel_options", "replace_vpn_tunnel", "create_tags", "delete_tags")


class Killed(BaseException):
    """The process is gone: nothing in it may catch this."""


class Ec2(FakeEc2):
    due: set[str]
    """Outside addresses of the tunnels with a pending maintenance."""

    def do_modify_vpn_tunnel_options(self, *, SkipTunnelReplacement: bool = False, **request: Any) -> Any:
        if not SkipTunnelReplacement:
            return super().do_modify_vpn_tunnel_options(**request)
        connection = self.vpns[request["VpnConnectionId"]]
        for one in connection["Options"]["TunnelOptions"]:
            if one["OutsideIpAddress"] == request["VpnTunnelOutsideIpAddress"]:
                one.update(request["TunnelOptions"])
        return None

    def do_replace_vpn_tunnel(self, ApplyPendingMaintenance: bool, **tunnel: Any) -> Any:
        super().do_modify_vpn_tunnel_options(TunnelOptions={}, **tunnel)
        self.due.discard(tunnel["VpnTunnelOutsideIpAddress"])

    def do_get_vpn_tunnel_replacement_status(self, VpnTunnelOutsideIpAddress: str, **_connection: str) -> Any:
        pending = "Available" if VpnTunnelOutsideIpAddress in self.due else self.maintenance
        return {"MaintenanceDetails": {"PendingMaintenance": pending}}

    def do_create_tags(self, Resources: list[str], Tags: list[dict[str, str]]) -> Any:
        for one in Resources:
            self.vpns[one]["Tags"] += copy.deepcopy(Tags)

    def do_delete_tags(self, Resources: list[str], Tags: list[dict[str, str]]) -> Any:
        gone = {tag["Key"] for tag in Tags}
        for one in Resources:
            self.vpns[one]["Tags"] = [tag for tag in self.vpns[one]["Tags"] if tag["Key"] not in gone]


class Link:
    """A link that stands. A tunnel is up where both ends fit and AWS is not at work on it."""

    def __init__(self, **changes: Any) -> None:
        planned = plan_link({**INPUT, **changes}, identity=Identity(SUBSCRIPTION, "123456789012")).plan
        assert planned is not None
        self.plan = self.standing = planned.as_dict()
        self.ec2, self.cloud = Ec2(), FakeArm()
        self.ec2.due = set()
        bgp = self.plan["routing"] == "bgp"
        apipa = [one["apipa_addresses"] for one in self.plan["azure"]["gateway"]["instances"]]
        instances = [{**one, "apipa_addresses": own} for one, own in zip(FULL["instances"], apipa, strict=False)]
        gateway = {**FULL, "instances": instances, "active_active": bgp, "bgp": bgp}
        azure_vpn_gateway.present(self.cloud.arm(pause=60), filled(azure_vpn_gateway.ARGUMENTS, **gateway), False)
        for planned_one in self.plan["aws"]["gateway"]["connections"]:
            self._build(planned_one)
        self.ec2.looks = 6
        self.down_at_once: list[str] = []
        self.touched: list[str] = []
        self.lag = 0.0
        self.stale_until, self.stale = 0.0, {}
        self.kill: Callable[[str], None] = lambda _when: None
        self.settle()

    def _build(self, planned: dict[str, Any]) -> None:
        part = self.plan["aws"]["gateway"]
        wish = [operation.ec2.tunnel_request(one) for one in planned["tunnels"]]
        self.ec2.create_vpn_connection(
            CustomerGatewayId="cgw-0a",
            VpnGatewayId="vgw-0a",
            Options={"StaticRoutesOnly": planned["static_routes_only"], "TunnelOptions": wish},
            TagSpecifications=operation.ec2.tag_specification(
                "vpn-connection", operation.ec2.all_tags(planned["name"], part["tags"])
            ),
        )
        for tunnel in self.tunnels(planned["number"]):
            aws = self.aws(tunnel)
            if tunnel["expected"] != "up":
                continue
            name = tunnel["resource_name"]
            settings = {"asn": 64512, "bgpPeeringAddress": tunnel["aws_inside_address"]}
            site = self.cloud.add(
                "localNetworkGateways",
                name,
                {"gatewayIpAddress": aws["OutsideIpAddress"], "bgpSettings": settings},
            )
            azure = self.plan["azure"]["connection"]
            wished = operation.azure_words.ConnectionWish(
                name=name,
                gateway_id=rid("virtualNetworkGateways", "hq-vng"),
                local_gateway_id=site["id"],
                enable_bgp=self.plan["routing"] == "bgp",
                ipsec_policy=operation.azure_words.IpsecPolicy(**azure["ipsec_policy"]),
                protocol=azure["protocol"],
                mode=azure["mode"],
                dpd_seconds=azure["dpd_seconds"],
            )
            body = operation.azure_words.connection_change(wished, "westeurope", {}, None).body
            assert body is not None
            self.cloud.add("connections", name, body["properties"])
            self.cloud.keys[rid("connections", name).lower()] = aws["PreSharedKey"]

    def tunnels(self, number: int | None = None) -> list[dict[str, Any]]:
        return [one for one in self.standing["tunnels"] if number in (None, one["connection"])]

    def aws(self, tunnel: dict[str, Any]) -> dict[str, Any]:
        return next(
            one
            for connection in self.ec2.vpns.values()
            for one in connection["Options"]["TunnelOptions"]
            if one["TunnelInsideCidr"] == tunnel["inside_cidr"]
        )

    def azure_key(self, tunnel: dict[str, Any]) -> str:
        return self.cloud.keys[rid("connections", tunnel["resource_name"]).lower()]

    def up(self, tunnel: dict[str, Any]) -> bool:
        if tunnel["expected"] != "up" or tunnel["name"] in self.down_at_once:
            return False
        aws = self.aws(tunnel)
        own = rid("connections", tunnel["resource_name"]).lower()
        policy = self.cloud.resources[own]["properties"]["ipsecPolicies"][0]
        group = {"DHGroup14": 14, "ECP384": 20}[policy["dhGroup"]]
        same = [{"Value": group}] == aws["Phase1DHGroupNumbers"] and aws["PreSharedKey"] == self.azure_key(tunnel)
        return same and self.busy_with() != aws["OutsideIpAddress"]

    def busy_with(self) -> str:
        """The outside address of the tunnel that AWS is at work on."""
        if not any(one["State"] == "modifying" for one in self.ec2.vpns.values()):
            return ""
        return next(
            request["VpnTunnelOutsideIpAddress"] for name, request in reversed(self.ec2.calls) if name in TAKES_DOWN
        )

    def settle(self) -> None:
        """What the clouds say follows from what they are, or some time later."""
        if self.cloud.now < self.stale_until:
            return
        peers = []
        for tunnel in self.tunnels():
            up = self.up(tunnel)
            outside = self.aws(tunnel)["OutsideIpAddress"]
            for connection in self.ec2.vpns.values():
                for seen in connection["VgwTelemetry"]:
                    if seen["OutsideIpAddress"] == outside:
                        seen |= {"Status": "UP" if up else "DOWN", "AcceptedRouteCount": int(up), "StatusMessage": ""}
            if tunnel["expected"] != "up":
                continue
            own = self.cloud.resources[rid("connections", tunnel["resource_name"]).lower()]
            own["properties"]["connectionStatus"] = "Connected" if up else "Connecting"
            state = "Connected" if up else "Connecting"
            address = f"10.1.255.{4 + tunnel['instance']}"
            peers.append(
                {"localAddress": address, "neighbor": tunnel["aws_inside_address"], "asn": 64512} | {"state": state}
            )
        self.cloud.answers["getbgppeerstatus"] = peers

    # --- a run

    def work(self, name: str, journal: Journal | None = None, **given: Any) -> operation.Operation:
        arguments = {"wait_timeout": 600, "tunnel_up_timeout": 300, "poll_seconds": 10, "pre_shared_keys": None}
        params = {**arguments, "plan": self.plan, "operation": name, "tunnels": [], "window": None, **given}
        self.cloud.now += 60  # another process, a minute later
        work = operation.Operation(
            aws_secrets.WithSecrets(self, lambda: self),
            self.cloud.arm(pause=1),
            params,
            journal=journal,
            sleep=self.cloud.sleep,
            clock=lambda: self.cloud.now,
            now=lambda: datetime(2026, 1, 1, 12, tzinfo=UTC),
        )
        work.arm._send = self.send  # type: ignore[assignment]
        return work

    def operate(self, name: str, **given: Any) -> list[operation.operate.Step]:
        """Steps until nothing is left. Raises Killed or CloudError."""
        work = self.work(name, **given)
        steps = []
        while True:
            step, seen, left = work.step()
            steps.append(step)
            assert sum(one.used and not one.up for one in seen.tunnels) == 0
            if not left:
                return steps

    def send(self, method: str, url: str, body: dict[str, Any] | None) -> Response:
        self.settle()
        if method not in {"PUT", "DELETE"}:
            return self.cloud.send(method, url, body)
        self.kill("before")
        answer = self.cloud.send(method, url, body)
        self.kill("after")
        return answer

    @property
    def meta(self) -> Any:
        return self.ec2.meta

    def __getattr__(self, call: str) -> Callable[..., Any]:
        """boto3's calls: settled before, and killed around those that change something."""

        def method(**request: Any) -> Any:
            self.settle()
            if call not in WRITES:
                answer = getattr(self.ec2, call)(**request)
                stale = call == "describe_vpn_connections" and self.cloud.now < self.stale_until
                return copy.deepcopy(self.stale) if stale else answer
            self.kill("before")
            if self.lag:
                self.stale = copy.deepcopy({"VpnConnections": list(self.ec2.vpns.values())})
                self.stale_until = self.cloud.now + self.lag
            if call in TAKES_DOWN and call not in self.ec2.refuse:
                before = [one["name"] for one in self.tunnels() if one["expected"] == "up" and not self.up(one)]
                address = request["VpnTunnelOutsideIpAddress"]
                name = next(one["name"] for one in self.tunnels() if self.aws(one)["OutsideIpAddress"] == address)
                assert set(before) <= {name}, "another one is down"
                self.touched.append(name)
            answer = getattr(self.ec2, call)(**request)
            self.kill("after")
            return answer

        return method

    def count_to(self, number: int, when: str) -> None:
        """Be killed around the call of this number."""
        calls = iter(range(1, 1000))

        def kill(moment: str) -> None:
            if moment == when and next(calls) == number:
                self.kill = lambda _when: None
                raise Killed

        self.kill = kill


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation.aws.time, "sleep", lambda _seconds: None)


NEW = {"ike_dh_group": "ECP384", "dpd_seconds": 60}
OPERATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "rotation": ("rotate_keys", {}),
    "given keys": (
        "rotate_keys",
        {
            "pre_shared_keys": {
                f"169.254.{net}/30": f"Vault.{net}_for_tests" for net in ("21.0", "22.0", "21.4", "22.4")
            }
        },
    ),
    "options": ("change_options", {}),
    "maintenance": ("replace_endpoints", {}),
}
#: mark, four times AWS and key, the mark taken away; without marks; AWS and the connection; AWS only
MUTATIONS = {"rotation": 10, "given keys": 8, "options": 8, "maintenance": 4}


def wished(link: Link, case: str) -> None:
    if case == "options":
        changed = plan_link({**INPUT, **NEW}, identity=Identity(SUBSCRIPTION, "123456789012")).plan
        assert changed is not None
        link.plan = changed.as_dict()
    if case == "maintenance":
        link.ec2.due = {link.aws(one)["OutsideIpAddress"] for one in link.tunnels()}


def moments() -> Iterator[tuple[str, int, str]]:
    for case, count in MUTATIONS.items():
        for number in range(1, count + 1):
            yield case, number, "before"
            yield case, number, "after"


def reached(link: Link, case: str, before: dict[str, str]) -> bool:
    """Both sides are as wished, everywhere."""
    given = OPERATIONS[case][1].get("pre_shared_keys")
    for tunnel in link.tunnels():
        aws = link.aws(tunnel)
        assert link.azure_key(tunnel) == aws["PreSharedKey"]
        if case == "options":
            assert (aws["Phase1DHGroupNumbers"], aws["DpdTimeoutSeconds"]) == ([{"Value": 20}], 60)
        elif case == "maintenance":
            assert aws["OutsideIpAddress"] not in link.ec2.due
        elif given:
            assert aws["PreSharedKey"] == given[tunnel["inside_cidr"]]
        else:
            assert aws["PreSharedKey"] != before[tunnel["name"]]
        assert link.up(tunnel)
    return not any(tag["Key"] == "s2s_vpn-rotation" for one in link.ec2.vpns.values() for tag in one["Tags"])


@pytest.mark.parametrize("case", OPERATIONS)
def test_each_tunnel_is_changed_once(case: str) -> None:
    link = Link()
    wished(link, case)
    before = {one["name"]: link.aws(one)["PreSharedKey"] for one in link.tunnels()}
    name, given = OPERATIONS[case]
    steps = link.operate(name, **given)
    assert [step.tunnel for step in steps] == link.touched == ["1-1", "1-2", "2-1", "2-2"]
    assert reached(link, case, before)
    writes = [call for call, _request in link.ec2.calls if call in WRITES]
    assert len(writes) + len([one for one in link.cloud.writes() if "connections" in one[1]]) == MUTATIONS[case]
    assert case == "rotation" or [step.kind for step in link.operate(name, **given)] == ["done"]


@pytest.mark.parametrize(("case", "number", "when"), moments())
def test_killed_at_any_moment_a_rerun_goes_on(case: str, number: int, when: str) -> None:
    link = Link()
    wished(link, case)
    before = {one["name"]: link.aws(one)["PreSharedKey"] for one in link.tunnels()}
    name, given = OPERATIONS[case]
    link.count_to(number, when)
    with pytest.raises(Killed):
        link.operate(name, **given)
    if (case, number, when) != ("rotation", MUTATIONS["rotation"], "after"):  # it was all done
        link.operate(name, **given)
    assert sorted(link.touched) == ["1-1", "1-2", "2-1", "2-2"]
    assert reached(link, case, before)


def test_refused_by_aws_nothing_is_changed() -> None:
    link = Link()
    link.ec2.refuse["modify_vpn_tunnel_options"] = refusal("UnauthorizedOperation", "No.", "ModifyVpnTunnelOptions")
    writes = len(link.cloud.writes())
    with pytest.raises(CloudError, match="ec2:ModifyVpnTunnelOptions"):
        link.operate("rotate_keys")
    assert len(link.cloud.writes()) == writes
    assert all(link.azure_key(one) == link.aws(one)["PreSharedKey"] for one in link.tunnels())


def test_what_azure_refuses_is_finished_by_the_next_run() -> None:
    link = Link()
    link.cloud.fault("PUT", "sharedkey", error(403, "AuthorizationFailed"))
    with pytest.raises(AzureError, match="AuthorizationFailed"):
        link.operate("rotate_keys")
    assert [step.kind for step in link.operate("rotate_keys")] == ["finish", "change", "change", "change"]
    assert link.touched == ["1-1", "1-2", "2-1", "2-2"]


def test_what_is_begun_is_finished_outside_of_the_window() -> None:
    link = Link()
    link.count_to(2, "after")  # AWS has the new key of 1-1
    with pytest.raises(Killed):
        link.operate("rotate_keys")
    with pytest.raises(CloudError, match="tunnel 1-2: it is 12:00 UTC, outside of the window 22:00-04:00"):
        link.operate("rotate_keys", window="22:00-04:00")
    assert link.touched == ["1-1"]
    assert all(link.up(one) for one in link.tunnels())


@pytest.mark.parametrize("lag", [0.0, 15.0, 45.0])
def test_what_aws_shows_late_is_not_taken_for_a_tunnel_that_is_up_again(lag: float) -> None:
    """AWS goes on showing the tunnel up for a while. `Link` fails where another one is taken down meanwhile."""
    link = Link()
    link.lag = lag
    left = ["1-1", "2-1"]
    while left:
        _step, _seen, left = link.work("replace_endpoints", tunnels=left).step()
        assert link.busy_with() == "", "AWS is at work still"
    assert link.touched == ["1-1", "2-1"]


def test_a_rotation_of_some_tunnels_leaves_others_half_done_and_says_so() -> None:
    link = Link()
    link.count_to(2, "after")  # AWS has the new key of 1-1
    with pytest.raises(Killed):
        link.operate("rotate_keys")
    link.cloud.now += 600
    before = link.azure_key(link.tunnels()[0])
    with pytest.raises(CloudError, match="tunnel 1-1 is half done: Azure has another pre_shared_key than AWS"):
        link.operate("rotate_keys", tunnels=["2-1"])
    _seen, steps = link.work("rotate_keys", tunnels=["2-1"]).ahead()
    assert [(step.kind, step.tunnel) for step in steps] == [("wait", "")], "1-1 is down: nothing else may be touched"
    assert _seen.unfinished == {"1-1": ("pre_shared_key",)}
    assert link.azure_key(link.tunnels()[0]) == before
    assert [step.tunnel for step in link.operate("rotate_keys", tunnels=["1-1"])] == ["1-1"]


def test_what_is_half_done_and_up_is_named_and_left_where_it_was_not_chosen() -> None:
    link = Link()
    wished(link, "options")
    connection = link.cloud.resources[rid("connections", "hq-aws-1-1").lower()]["properties"]
    tunnel = link.aws(link.tunnels()[0])
    tunnel |= {"DpdTimeoutSeconds": 60, "Phase1DHGroupNumbers": [{"Value": 20}]}
    connection["ipsecPolicies"][0]["dhGroup"] = "ECP384"
    connection["dpdTimeoutSeconds"] = 99
    work = link.work("change_options", tunnels=["2-1"])
    step, seen, left = work.step()
    assert (step.tunnel, left) == ("2-1", [])
    assert seen.unfinished == {"1-1": ("dpd_seconds",)}
    assert operation.operate.half_done(seen.unfinished) == [
        "tunnel 1-1 is half done: Azure has another dpd_seconds than AWS, and it was not chosen"
    ]
    assert connection["dpdTimeoutSeconds"] == 99


def test_check_outside_of_the_window_says_that_a_run_would_stop() -> None:
    link = Link()
    _seen, steps = link.work("replace_endpoints", tunnels=["1-1", "2-1"], window="22:00-04:00").ahead()
    assert [step.kind for step in steps] == ["stop", "change", "change"]
    assert "it is 12:00 UTC, outside of the window 22:00-04:00. A run would stop here now" in str(steps[0])
    _seen, steps = link.work("replace_endpoints", tunnels=["1-1"], window="11:00-13:00").ahead()
    assert [step.kind for step in steps] == ["change"]


# --- the journal --------------------------------------------------------------------------------------------------


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_journal_has_each_request_before_it_is_sent_and_after_it(tmp_path: Path) -> None:
    link = Link()
    wished(link, "options")
    path = tmp_path / "folder" / "hq.journal.jsonl"
    journal = Journal(path, "hq", "change_options")
    sent: list[int] = []
    link.kill = lambda when: sent.append(len(lines(path))) if when == "before" else None
    link.operate("change_options", journal=journal)
    found = lines(path)
    assert [one["state"] for one in found] == ["begun", "done", "begun", "done", "up"] * 4
    assert sent[:4] == [1, 3, 6, 8], "the line is there when the request is sent"
    assert [one["tunnel"] for one in found[::5]] == ["1-1", "1-2", "2-1", "2-2"]
    aws, azure = found[0], found[2]
    assert (aws["cloud"], aws["call"]) == ("aws", "ModifyVpnTunnelOptions")
    assert aws["before"] == {"phase1_dh_groups": [14], "dpd_timeout_seconds": 45}
    assert aws["after"] == {"phase1_dh_groups": [20], "dpd_timeout_seconds": 60}
    assert (azure["cloud"], azure["call"]) == ("azure", "connections/write")
    assert (azure["before"]["dpd_seconds"], azure["after"]["dpd_seconds"]) == (45, 60)


def test_a_run_that_was_killed_is_seen_in_the_journal(tmp_path: Path) -> None:
    link = Link()
    path = tmp_path / "hq.journal.jsonl"
    link.count_to(2, "after")
    with pytest.raises(Killed):
        link.operate("rotate_keys", journal=Journal(path, "hq", "rotate_keys"))
    assert [(one["state"], one["call"]) for one in lines(path)] == [
        ("begun", "CreateTags"), ("done", "CreateTags"), ("begun", "ModifyVpnTunnelOptions")
    ]  # fmt: skip


def test_no_key_is_in_the_journal_whatever_a_cloud_answers(tmp_path: Path) -> None:
    link = Link()
    keys = [link.aws(one)["PreSharedKey"] for one in link.tunnels()]
    path = tmp_path / "hq.journal.jsonl"
    given = OPERATIONS["given keys"][1]
    wanted = list(given["pre_shared_keys"].values())
    link.operate("rotate_keys", journal=Journal(path, "hq", "rotate_keys"), **given)
    assert lines(path)[0] | {"at": "", "seconds": 0} == {
        "at": "", "link": "hq", "operation": "rotate_keys", "state": "begun", "cloud": "aws", "seconds": 0,
        "call": "ModifyVpnTunnelOptions", "tunnel": "1-1", "before": {"pre_shared_key": "old key"},
        "after": {"pre_shared_key": "new key"},
    }  # fmt: skip
    again = {one: f"Again.{number}_for_tests" for number, one in enumerate(given["pre_shared_keys"])}
    refused = refusal("InvalidParameterValue", f"Bad: {again['169.254.21.0/30']}", "ModifyVpnTunnelOptions")
    link.ec2.refuse["modify_vpn_tunnel_options"] = refused
    with pytest.raises(CloudError):
        link.operate("rotate_keys", journal=Journal(path, "hq", "rotate_keys"), pre_shared_keys=again)
    last = lines(path)[-1]
    assert (last["state"], "InvalidParameterValue" in last["error"]) == ("failed", True)
    text = path.read_text()
    assert not any(key in text for key in [*keys, *wanted, *again.values()])
    assert "sha256:" not in text


def test_it_stops_while_another_tunnel_is_down() -> None:
    link = Link()
    link.down_at_once = ["2-2"]
    with pytest.raises(CloudError, match=r"tunnel 2-2 is down \(Azure: down \(Connecting\), AWS: down"):
        link.operate("rotate_keys", tunnels=["1-1"])
    assert link.touched == []


def test_a_tunnel_that_does_not_come_back_stops_it() -> None:
    link = Link()

    def break_it(when: str) -> None:
        link.down_at_once = ["1-1"]

    link.kill = break_it
    with pytest.raises(CloudError, match="waiting for tunnel 1-1 to be up again"):
        link.operate("rotate_keys")
    assert link.touched == ["1-1"]


def test_a_change_that_azure_takes_and_does_not_make_is_not_sent_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    link = Link()
    link.cloud.resources[rid("connections", "hq-aws-1-1").lower()]["properties"]["dpdTimeoutSeconds"] = 99
    sent: list[str] = []
    monkeypatch.setattr(operation.azure_connections, "put", lambda _arm, own, *_unused: sent.append(own))
    with pytest.raises(CloudError, match=r"tunnel 1-1: Azure took a change of .* and shows the old value"):
        link.operate(operation.OPTIONS)
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("operation_name", "given", "tunnels"),
    [
        (operation.CONNECTION, {"tunnels": ["1-1"]}, {"1-1"}),
        (operation.INSTANCE, {"instance": 0}, {"1-1", "1-2"}),
    ],
)
def test_what_is_down_can_be_reset_however_much_else_is(
    operation_name: str, given: dict[str, Any], tunnels: set[str]
) -> None:
    link = Link()
    link.down_at_once = ["1-1", "1-2", "2-1", "2-2"]
    assert link.work(operation_name, **given).reset(True).kind == "reset"
    link.down_at_once = [one for one in link.down_at_once if one not in tunnels]
    assert link.work(operation_name, **given).reset(True).kind == "wait", "it carries the link"


def test_what_does_not_fit_the_plan_is_not_touched() -> None:
    for change, words in (
        ({"routing": "static"}, "s2s_vpn_routing"),
        ({"inside_cidr_block": 3}, "s2s_vpn_inside_cidrs"),
    ):
        link = Link()
        other = plan_link({**INPUT, **change}, identity=Identity(SUBSCRIPTION, "123456789012")).plan
        assert other is not None
        link.plan = other.as_dict()
        with pytest.raises(CloudError, match=words):
            link.operate("change_options")
        assert not [call for call, _request in link.ec2.calls if call in WRITES]


SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hq"


def test_keys_in_secrets_manager_that_may_not_be_read_are_not_replaced_by_random_ones() -> None:
    link = Link()
    link.ec2.secret, link.ec2.refuse = SECRET, {"get_secret_value": refusal("AccessDeniedException")}
    remedy = "Allow secretsmanager:GetSecretValue on that secret, or give the keys of all tunnels"
    with pytest.raises(CloudError, match=f"AccessDeniedException.*{remedy}"):
        link.operate("rotate_keys")
    assert link.touched == []


@pytest.mark.parametrize("operation_name", ["rotate_keys", "change_options"])
@pytest.mark.parametrize("killed", [None, 1, 2])
def test_keys_in_secrets_manager_are_replaced_by_given_ones_though_they_may_not_be_read(
    operation_name: str, killed: int | None
) -> None:
    link = Link()
    link.ec2.secret, link.ec2.refuse = SECRET, {"get_secret_value": refusal("AccessDeniedException")}
    given = OPERATIONS["given keys"][1]
    if killed:
        link.count_to(killed, "after")
        with pytest.raises(Killed):
            link.operate(operation_name, **given)
        link.cloud.now += 600
    link.operate(operation_name, **given)
    assert [link.aws(one)["PreSharedKey"] for one in link.tunnels()] == list(given["pre_shared_keys"].values())
    assert [link.azure_key(one) for one in link.tunnels()] == list(given["pre_shared_keys"].values())
    link.touched.clear()
    link.operate(operation_name, **given)
    assert link.touched == []


def test_the_spare_of_a_static_link_needs_to_be_read() -> None:
    link = Link(routing="static", consent=["interrupt"])
    link.ec2.secret, link.ec2.refuse = SECRET, {"get_secret_value": refusal("AccessDeniedException")}
    given = {one["inside_cidr"]: f"Vault.{number}_for_tests" for number, one in enumerate(link.tunnels())}
    with pytest.raises(CloudError, match="Allow secretsmanager:GetSecretValue"):
        link.operate("rotate_keys", pre_shared_keys=given)
    assert link.touched == []
    link.ec2.refuse = {}
    assert [step.tunnel for step in link.operate("rotate_keys", pre_shared_keys=given)] == ["1-1", "1-2"]


def test_keys_in_secrets_manager_that_may_be_read_are_rotated_like_others() -> None:
    link = Link()
    before = [link.azure_key(one) for one in link.tunnels()]
    link.ec2.secret = SECRET
    link.count_to(4, "after")  # mark, AWS and Azure of the first tunnel, AWS of the second
    with pytest.raises(Killed):
        link.operate("rotate_keys")
    link.cloud.now += 600
    link.operate("rotate_keys")
    now = [link.azure_key(one) for one in link.tunnels()]
    assert now == [link.aws(one)["PreSharedKey"] for one in link.tunnels()]
    assert not set(now) & set(before)


@pytest.mark.parametrize(
    ("word", "touched"), [("None", []), ("Scheduled", []), ("Available", ["1-1", "1-2", "2-1", "2-2"])]
)
def test_only_maintenance_that_aws_calls_available_is_due(word: str, touched: list[str]) -> None:
    link = Link()
    link.ec2.maintenance = word
    steps = link.work("replace_endpoints").ahead()[1]
    assert [step.tunnel for step in steps if step.kind == "change"] == touched


def test_a_static_link_wants_consent_and_rotates_its_spare_too() -> None:
    link = Link(routing="static")
    with pytest.raises(CloudError, match=r"s2s_vpn_consent: \[interrupt\]"):
        link.operate("rotate_keys")
    assert not [call for call, _request in link.ec2.calls if call in WRITES]
    agreed = Link(routing="static", consent=["interrupt"])
    assert [step.tunnel for step in agreed.operate("rotate_keys")] == ["1-1", "1-2"]


def test_lifecycle_control_alone_keeps_the_endpoint() -> None:
    link = Link()
    changed = plan_link({**INPUT, "aws_lifecycle_control": True}, identity=Identity(SUBSCRIPTION, "123456789012")).plan
    assert changed is not None
    link.plan = changed.as_dict()
    link.operate("change_options")
    asked = [request for call, request in link.ec2.calls if call == "modify_vpn_tunnel_options"]
    assert [request["SkipTunnelReplacement"] for request in asked] == [True] * 4


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"tunnels": ["3-1"]}, "tunnels = 3-1: the link has no such tunnel. Write 1-1, 1-2, 2-1 or 2-2."),
        ({"operation": "reset_connection"}, "tunnels: one is reset at a time. Write one of 1-1, 1-2, 2-1 or 2-2."),
        ({"operation": "reset_instance", "instance": 2}, "instance = 2: there is none. Write 0 or 1."),
        ({"window": "at night"}, "window = at night: it is not a span of the day. Write it in UTC, like 22:00-04:00."),
        ({"poll_seconds": -1.0}, "poll_seconds = -1.0: it is less than 0. Write seconds."),
        ({"plan": {}}, "plan: it is not a plan. Give what hybrid.s2s_vpn.s2s_vpn_plan returns as s2s_vpn_plan."),
    ],
)
def test_what_it_may_be_asked_for(given: dict[str, Any], problem: str) -> None:
    arguments = {"wait_timeout": 1, "tunnel_up_timeout": 1, "poll_seconds": 1.0, "pre_shared_keys": None}
    params = {**arguments, "plan": Link().plan, "operation": "rotate_keys", "tunnels": [], "instance": None}
    assert [str(fault) for fault in options.operate({**params, "window": None, **given})] == [problem]
