"""s2s_vpn_operate between two clouds in memory: killed at every call that changes something, and gone on with."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws_secrets, operation
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.azure import AzureError, Response
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.common import CloudError
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.journal import Journal
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import Identity, plan_link
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_vpn_gateway, s2s_vpn_operate
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
        self.do_delete_tags(Resources, Tags)  # a tag is overwritten
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
        self.lag = self.azure_lag = 0.0
        self.fallen: dict[str, float] = {}  # until when Azure has taken it down
        self.today = datetime(2026, 1, 1, 12, tzinfo=UTC)
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
        if self.cloud.now < self.fallen.get(tunnel["name"], 0):
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
            now=lambda: self.today,
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
        if self.azure_lag and (method == "PUT" or (method == "POST" and "/reset" in url)):
            self._take_down(url)
        if method not in {"PUT", "DELETE"}:
            return self.cloud.send(method, url, body)
        self.kill("before")
        answer = self.cloud.send(method, url, body)
        if self.azure_lag:
            for tunnel in self.tunnels():
                own = self.cloud.resources[rid("connections", tunnel["resource_name"]).lower()]
                own["properties"].setdefault("connectionStatus", "Connected")
        self.kill("after")
        return answer

    def _take_down(self, url: str) -> None:
        """By Azure, and both clouds go on showing for `azure_lag` seconds what was."""
        names = [one["name"] for one in self.tunnels() if f"/{one['resource_name']}" in url] or ["1-1", "1-2"]
        others = [one["name"] for one in self.tunnels() if one["name"] not in names and not self.up(one)]
        assert not others, "another one is down"
        self.touched += names
        self.stale = copy.deepcopy({"VpnConnections": list(self.ec2.vpns.values())})
        self.stale_until = self.cloud.now + self.azure_lag
        self.fallen |= dict.fromkeys(names, self.stale_until + 30)

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
                assert not before or name in before, "another one is down"
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


def test_azure_does_not_get_an_option_that_aws_has_not_taken() -> None:
    """Not even with the key that Azure lacks."""
    link = Link()
    link.count_to(2, "after")  # AWS has the new key of 1-1
    with pytest.raises(Killed):
        link.operate("rotate_keys")
    link.cloud.now += 600
    wished(link, "options")
    link.ec2.refuse["modify_vpn_tunnel_options"] = refusal("UnauthorizedOperation", "No.", "ModifyVpnTunnelOptions")
    with pytest.raises(CloudError, match="ec2:ModifyVpnTunnelOptions"):
        link.operate("change_options")
    policy = link.cloud.resources[rid("connections", "hq-aws-1-1").lower()]["properties"]["ipsecPolicies"][0]
    assert policy["dhGroup"] == "DHGroup14"
    assert all(link.up(one) for one in link.tunnels())
    link.ec2.refuse = {}
    assert [step.tunnel for step in link.operate("change_options")] == ["1-1", "1-2", "2-1", "2-2"]


def test_tunnels_that_are_down_by_their_options_are_mended_one_after_the_other() -> None:
    link = Link()
    for tunnel in link.tunnels():
        if tunnel["name"] in ("1-1", "2-1"):
            link.aws(tunnel)["Phase1DHGroupNumbers"] = [{"Value": 20}]
    work, left = link.work("change_options"), [""]
    while left:
        _step, _seen, left = work.step()
    assert link.touched == ["1-1", "2-1"]
    assert all(link.up(one) for one in link.tunnels())


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


@pytest.mark.parametrize("plan", [{}, {"aws_lifecycle_control": True}], ids=["azure only", "and lifecycle control"])
@pytest.mark.parametrize("azure_lag", [25.0, 60.0])
def test_what_is_shown_late_of_a_change_in_azure_is_not_taken_for_up_again(
    azure_lag: float, plan: dict[str, Any]
) -> None:
    """`Link` fails where another one is taken down meanwhile."""
    link = Link()
    changed = plan_link({**INPUT, **plan}, identity=Identity(SUBSCRIPTION, "123456789012")).plan
    assert changed is not None
    link.plan, link.azure_lag = changed.as_dict(), azure_lag
    for tunnel in link.tunnels():
        link.cloud.resources[rid("connections", tunnel["resource_name"]).lower()]["properties"]["dpdTimeoutSeconds"] = (
            99
        )
    link.operate("change_options")
    asked = [name for name in link.touched if link.touched.count(name) == (2 if plan else 1)]
    assert list(dict.fromkeys(asked)) == ["1-1", "1-2", "2-1", "2-2"]
    assert all(link.up(one) for one in link.tunnels())


@pytest.mark.parametrize(
    ("name", "given"), [(operation.CONNECTION, {"tunnels": ["2-1"]}), (operation.INSTANCE, {"instance": 0})]
)
def test_a_reset_waits_for_what_is_shown_late(name: str, given: dict[str, Any]) -> None:
    link = Link()
    link.azure_lag = 45.0
    link.work(name, **given).reset(False)
    assert link.touched
    assert link.cloud.now >= max(link.fallen.values())
    assert all(link.up(one) for one in link.tunnels())


def test_what_was_down_and_azure_has_mended_is_not_waited_for_longer() -> None:
    link = Link()
    link.cloud.resources[rid("connections", "hq-aws-1-1").lower()]["properties"]["ipsecPolicies"][0]["dhGroup"] = (
        "ECP384"
    )
    work = link.work("change_options")
    began = link.cloud.now
    assert work.step()[0].kind == "finish"
    assert link.cloud.now - began < operation.operate.LAG_SECONDS


def test_an_instance_that_carries_tunnels_of_others_wants_consent() -> None:
    link = Link()
    gateway = {"virtualNetworkGateway1": {"id": rid("virtualNetworkGateways", "hq-vng")}}
    elsewhere = rid("connections", "hq-aws-1-1").replace("/hq-rg/", "/branch-rg/")
    link.cloud.add("connections", "lab", gateway)
    link.cloud.resources[elsewhere.lower()] = link.cloud.add("connections", "x", gateway) | {
        "id": elsewhere, "name": "hq-aws-1-1",
    }  # fmt: skip
    del link.cloud.resources[rid("connections", "x").lower()]
    step = link.work(operation.INSTANCE, instance=0).reset(True)
    assert (step.kind, "hq-vng also carries lab and hq-aws-1-1" in step.reason) == ("stop", True), step
    with pytest.raises(CloudError, match=r"s2s_vpn_consent: \[interrupt\]"):
        link.work(operation.INSTANCE, instance=0).reset(False)
    assert not [path for method, path in link.cloud.log if path.endswith("/reset")]
    assert link.work(operation.CONNECTION, tunnels=["1-1"]).reset(True).kind == "reset", "no one else's"
    link.plan["azure"]["gateway"]["consent"] = ["interrupt"]
    assert link.work(operation.INSTANCE, instance=0).reset(False).kind == "reset"


def test_a_failure_names_the_endpoints_that_are_still_to_be_replaced() -> None:
    link = Link()
    work = link.work("replace_endpoints", tunnels=["1-1", "2-1", "2-2"])
    assert work.step()[2] == ["2-1", "2-2"]
    link.ec2.refuse["replace_vpn_tunnel"] = refusal("UnauthorizedOperation", "No.", "ReplaceVpnTunnel")
    with pytest.raises(CloudError) as refused:
        work.step()
    told = s2s_vpn_operate.failure(refused.value, work)["msg"]
    assert "ec2:ReplaceVpnTunnel" in told
    assert told.endswith("Run it again with those left: s2s_vpn_operate_tunnels: [2-1, 2-2].")


def test_a_failure_after_the_last_endpoint_asked_for_names_none() -> None:
    link = Link()
    link.kill = lambda _when: link.down_at_once.append("1-1")
    work = link.work("replace_endpoints", tunnels=["1-1"])
    with pytest.raises(CloudError, match="waiting for tunnel 1-1") as stopped:
        work.step()
    told = s2s_vpn_operate.failure(stopped.value, work)["msg"]
    assert "goes on" not in told
    assert "Every endpoint that was asked for is replaced" in told


# --- rotations that were left open --------------------------------------------------------------------------------


def rotated(link: Link, before: dict[str, str]) -> list[str]:
    return [one["name"] for one in link.tunnels() if link.aws(one)["PreSharedKey"] != before[one["name"]]]


def current_keys(link: Link) -> dict[str, str]:
    return {one["name"]: link.aws(one)["PreSharedKey"] for one in link.tunnels()}


def mark_of(link: Link) -> str:
    tags = {tag["Key"]: tag["Value"] for one in link.ec2.vpns.values() for tag in one["Tags"]}
    return tags.get("s2s_vpn-rotation", "")


def left_open(number: int = 5) -> Link:
    """Killed when the tunnels before 2-1 have new keys; with 4, AWS alone has that of 1-2."""
    link = Link()
    link.count_to(number, "after")
    with pytest.raises(Killed):
        link.operate("rotate_keys")
    link.cloud.now += 600
    while link.busy_with():
        link.ec2.describe_vpn_connections()
    return link


def test_a_rotation_that_is_gone_on_with_is_told() -> None:
    link = left_open()
    before = current_keys(link)
    link.today += timedelta(days=1, hours=11)
    words = (
        "this goes on with the rotation begun at 2026-01-01 12:00 UTC; rotated already, and left as they are: "
        "1-1 and 1-2"
    )
    check = s2s_vpn_operate.one_step(link.work("rotate_keys"), True)
    assert ([step["tunnel"] for step in check["steps"]], check["rotation"]) == (["2-1", "2-2"], words)
    assert s2s_vpn_operate.one_step(link.work("rotate_keys"), False)["rotation"] == words
    link.operate("rotate_keys")
    assert (rotated(link, before), mark_of(link)) == (["2-1", "2-2"], "")
    assert "rotation" not in s2s_vpn_operate.one_step(link.work("rotate_keys"), True)


@pytest.mark.parametrize("number", [4, 5], ids=["half done", "whole tunnels done"])
@pytest.mark.parametrize("old", [False, True], ids=["long ago", "nobody knows when"])
def test_a_rotation_that_was_left_too_long_ago_is_begun_anew_for_all(old: bool, number: int) -> None:
    link = left_open(number)
    if old:
        for connection in link.ec2.vpns.values():
            for tag in connection["Tags"]:
                tag["Value"] = tag["Value"].replace("begun=2026-01-01T12:00Z ", "")
    else:
        link.today += timedelta(days=90)
    before = current_keys(link)
    check = s2s_vpn_operate.one_step(link.work("rotate_keys"), True)
    begun = "a time that is not known" if old else "2026-01-01 12:00 UTC"
    assert check["rotation"].startswith(f"the rotation begun at {begun} was never finished (rotated: 1-1 and 1-2)")
    assert [one["tunnel"] for one in check["steps"] if one["kind"] == "change"] == ["1-1", "1-2", "2-1", "2-2"]
    link.touched.clear()
    link.operate("rotate_keys")
    assert (link.touched, mark_of(link)) == (["1-1", "1-2", "2-1", "2-2"], "")
    assert rotated(link, before) == ["1-1", "1-2", "2-1", "2-2"]


def test_a_rotation_of_all_stays_open_while_only_some_are_chosen() -> None:
    link = left_open()
    before = current_keys(link)
    link.operate("rotate_keys", tunnels=["1-1"])
    assert (rotated(link, before), bool(mark_of(link))) == ([], True)
    link.operate("rotate_keys", tunnels=["2-2"])
    assert (rotated(link, before), bool(mark_of(link))) == (["2-2"], True)
    link.operate("rotate_keys")
    assert (rotated(link, before), mark_of(link)) == (["2-1", "2-2"], "")


def test_a_rotation_of_some_is_over_when_these_are_done_and_grows_if_more_are_chosen() -> None:
    link = Link()
    before = current_keys(link)
    link.operate("rotate_keys", tunnels=["1-1"])
    assert (rotated(link, before), mark_of(link)) == (["1-1"], "")
    link.count_to(4, "before")  # mark, AWS and Azure of 1-1; not AWS of 2-1
    with pytest.raises(Killed):
        link.operate("rotate_keys", tunnels=["1-1", "2-1"])
    link.cloud.now += 600
    before = current_keys(link)
    link.operate("rotate_keys")
    assert (rotated(link, before), mark_of(link)) == (["1-2", "2-1", "2-2"], "")


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
