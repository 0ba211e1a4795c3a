"""The life of a static link with the user's own keys: refused for every reason, killed half-way, resumed, removed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest

from .clouds import REGION, ROOT, Clouds, wait_for
from .runs import PLAYBOOK, Desk
from .watch import Watch, leaks

LINK = "branch"
KEYS = {"169.254.21.0/30": "User.key_of_the_tunnel", "169.254.22.0/30": "User.key_of_the_spare"}
WITHOUT_KEYS = {
    "s2s_vpn_routing": "static",
    "s2s_vpn_azure_location": "westeurope",
    "s2s_vpn_azure_vnet_cidr": "10.1.0.0/16",
    "s2s_vpn_aws_region": REGION,
    "s2s_vpn_aws_vpc_cidr": "10.2.0.0/16",
}
VARIABLES = {**WITHOUT_KEYS, "s2s_vpn_pre_shared_keys": KEYS}
NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens


def _nothing(clouds: Clouds) -> None:
    pass


def _five_gateways(clouds: Clouds) -> None:
    for _unused in range(5):
        clouds.ec2().create_vpn_gateway(Type="ipsec.1")


def _five_vpcs(clouds: Clouds) -> None:
    for _more in range(5 - len(clouds.ec2().describe_vpcs()["Vpcs"])):
        clouds.ec2().create_vpc(CidrBlock="10.66.0.0/16")


def _default_vpc_alone(clouds: Clouds) -> None:
    for vpc in clouds.ec2().describe_vpcs()["Vpcs"]:
        if not vpc["IsDefault"]:
            clouds.ec2().delete_vpc(VpcId=vpc["VpcId"])


def _no_gateways(clouds: Clouds) -> None:
    for gateway in clouds.ec2().describe_vpn_gateways()["VpnGateways"]:
        clouds.ec2().delete_vpn_gateway(VpnGatewayId=gateway["VpnGatewayId"])


def _group_of_another(clouds: Clouds) -> None:
    clouds.arm("PUT", clouds.group(f"{LINK}-rg"), {"location": "westeurope", "tags": {"team": "payroll"}})


def _no_group(clouds: Clouds) -> None:
    clouds.arm("DELETE", clouds.group(f"{LINK}-rg"))


def _vpc_of_another(clouds: Clouds) -> None:
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": f"{LINK}-vpc"}]}]
    clouds.ec2().create_vpc(CidrBlock="10.2.0.0/16", TagSpecifications=tags)


def _no_vpc(clouds: Clouds) -> None:
    named = [{"Name": "tag:Name", "Values": [f"{LINK}-vpc"]}]
    for vpc in clouds.ec2().describe_vpcs(Filters=named)["Vpcs"]:
        clouds.ec2().delete_vpc(VpcId=vpc["VpcId"])


@dataclass(frozen=True)
class Refusal:
    """Why nothing can be built, the words that must be said of it, and how to bring it about and take it away."""

    cause: str
    says: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    before: Callable[[Clouds], None] = _nothing
    after: Callable[[Clouds], None] = _nothing


REFUSALS = [
    Refusal(
        "wrong AWS credentials",
        says=("access key", "secret key"),
        env={"AWS_SECRET_ACCESS_KEY": "a-secret-of-nobody-that-is-long-enough-0"},
    ),
    Refusal(
        "wrong Azure secret",
        says=("AZURE_SECRET",),
        env={"AZURE_SECRET": "wrong~but~long~enough", "AZURE_CLIENT_SECRET": "wrong~but~long~enough"},
    ),
    Refusal(
        "unknown AWS region",
        says=("s2s_vpn_aws_region", "eu-nowhere-9"),
        variables={"s2s_vpn_aws_region": "eu-nowhere-9"},
    ),
    Refusal(
        "unknown Azure location",
        says=("s2s_vpn_azure_location", "atlantis"),
        variables={"s2s_vpn_azure_location": "atlantis"},
    ),
    Refusal(
        "location without zones",
        says=("westus has none", "write s2s_vpn_azure_zones: []"),
        variables={"s2s_vpn_azure_location": "westus"},
    ),
    Refusal("quota of VPCs", says=("VPCs", "s2s_vpn_aws_quota_vpcs"), before=_five_vpcs, after=_default_vpc_alone),
    Refusal("AWS does not answer", says=("127.0.0.1:9", "proxy"), env={"AWS_ENDPOINT_URL": NOBODY}),
    Refusal(
        "Azure does not answer",
        says=("HTTPS_PROXY",),
        env={"HTTPS_PROXY": NOBODY, "https_proxy": NOBODY},
    ),
    Refusal("quota of AWS", says=("quota", "5"), before=_five_gateways, after=_no_gateways),
    Refusal(
        "the group is somebody else's",
        says=(f"{LINK}-rg", "s2s_vpn_adopt"),
        before=_group_of_another,
        after=_no_group,
    ),
    Refusal(
        "the VPC is somebody else's",
        says=(f"{LINK}-vpc", "s2s_vpn_adopt"),
        before=_vpc_of_another,
        after=_no_vpc,
    ),
]


class TestStaticLink:
    predicted: ClassVar[set[str]]
    built: ClassVar[set[str]]
    keys_of_aws: ClassVar[set[str]] = set()

    @pytest.fixture
    def inventory(self, desk: Desk) -> Path:
        return desk.inventory(LINK, VARIABLES)

    @pytest.mark.parametrize("refusal", REFUSALS, ids=lambda r: r.cause)
    def test_a_reason_to_stop_is_told_before_anything_is_changed(
        self, desk: Desk, clouds: Clouds, inventory: Path, refusal: Refusal
    ) -> None:
        refusal.before(clouds)
        try:
            extra = [f"-e{name}={value}" for name, value in refusal.variables.items()]
            run = desk.play("site.yml", *extra, inventory=inventory, env=clouds.env | refusal.env)
        finally:
            refusal.after(clouds)
        assert run.rc != 0
        for words in refusal.says:
            assert words in run.errors, run.explain()
        assert "Traceback" not in run.stdout
        assert run.mutating == []
        assert run.seconds < 300

    def test_check_on_empty_clouds(self, desk: Desk, inventory: Path) -> None:
        run = desk.play("site.yml", "--check", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert run.mutating == []
        type(self).predicted = set(run.changes())

    @pytest.mark.step
    def test_a_killed_build_is_resumed_by_running_it_again(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        """With keys from the inventory, and then with the same from a vault."""
        clouds.forget_calls()
        with Watch(desk.home, desk.tmp) as watch:
            killed = subprocess.Popen(
                [str(PLAYBOOK), "-vvvv", "-i", str(inventory), "playbooks/site.yml"],
                cwd=ROOT,
                env=desk.environment(clouds.env),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                wait_for(lambda: any(c.action == "CreateVpnConnection" for c in clouds.calls()))
            finally:
                os.killpg(killed.pid, signal.SIGKILL)
                killed.wait()
            before = clouds.azure_names(LINK) | clouds.aws_names(LINK)
            vault = desk.vault({"s2s_vpn_pre_shared_keys": KEYS})
            run = desk.play("site.yml", "-vvvv", "--diff", *vault, inventory=desk.inventory(LINK, WITHOUT_KEYS))
        assert run.rc == 0, run.explain()
        assert len(clouds.vpn_connections()) == 1
        assert len(clouds.ec2().describe_vpn_gateways()["VpnGateways"]) == 1
        watch.must_have_seen("_payload.zip")
        found = leaks(KEYS.values(), watch.contents.values())
        assert found == []
        type(self).built = set(run.changes()) | before

    def test_what_was_predicted_was_built(self, clouds: Clouds) -> None:
        assert self.built == self.predicted
        assert clouds.azure_names(LINK) | clouds.aws_names(LINK) == self.predicted - {"propagation"}

    def test_one_tunnel_is_used_and_the_other_is_spare(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        given = {"s2s_vpn_verify_timeout": 180, "verify_interval": 1, "s2s_vpn_report_dir": str(desk.reports)}
        with Watch(desk.home, desk.tmp) as watch:
            run = desk.play("verify.yml", "-vvvv", "-e", json.dumps(given), inventory=inventory)
        assert run.rc == 0, run.explain()
        watch.must_have_seen("_payload.zip")
        found = leaks(KEYS.values(), [*watch.contents.values(), *desk.left()])
        assert found == []
        report = json.loads((desk.reports / f"{LINK}.json").read_text())
        assert (report["ok"], report["causes"]) == (True, [])
        states = {one["inside_cidr"]: (one["state"], one["aws"]["state"]) for one in report["tunnels"]}
        assert states == {"169.254.21.0/30": ("up", "up"), "169.254.22.0/30": ("spare", "down")}
        assert clouds.azure_keys(LINK) == {f"{LINK}-aws-1-1": KEYS["169.254.21.0/30"]}
        options = clouds.vpn_connections()[0]["Options"]
        assert options["StaticRoutesOnly"] is True
        assert {t["TunnelInsideCidr"]: t["PreSharedKey"] for t in options["TunnelOptions"]} == KEYS

    def test_a_second_run_changes_nothing(self, desk: Desk, inventory: Path) -> None:
        run = desk.play("site.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert run.changed == 0, run.changes().keys()
        assert run.mutating == []

    def test_check_and_diff_show_just_the_route_that_was_taken_away(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        connection = clouds.vpn_connections()[0]["VpnConnectionId"]
        clouds.ec2().delete_vpn_connection_route(VpnConnectionId=connection, DestinationCidrBlock="10.1.0.0/16")
        run = desk.play("site.yml", "--check", "--diff", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert run.mutating == []
        assert set(run.changes()) == {f"{LINK}-1"}
        assert "10.1.0.0/16" in run.diff()
        found = leaks(KEYS.values(), [(Path("diff"), run.stdout.encode())])
        assert found == []

    def test_destroy_leaves_nothing(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = desk.play("destroy.yml", "-e", f"s2s_vpn_confirm_destroy={LINK}", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert any(result.get("msg") == {"link": LINK, "left": []} for _unused, result in run.results())
        assert clouds.azure_names(LINK) == set()
        assert clouds.aws_names(LINK) == set()

    def test_it_is_built_again_with_keys_that_aws_makes(self, desk: Desk, clouds: Clouds) -> None:
        """With the fact cache of the first life: neither an id nor a key of then may be used."""
        assert any(desk.fact_cache.iterdir())
        journal = ("-e", f"s2s_vpn_report_dir={desk.reports}")
        inventory = desk.inventory(LINK, WITHOUT_KEYS)
        with Watch(desk.home, desk.tmp) as watch:
            run = desk.play("site.yml", "-vvvv", "--diff", *journal, inventory=inventory)
        assert run.rc == 0, run.explain()
        assert clouds.azure_names(LINK) | clouds.aws_names(LINK) == self.predicted - {"propagation"}
        (connection,) = clouds.vpn_connections()
        keys = {t["TunnelInsideCidr"]: t["PreSharedKey"] for t in connection["Options"]["TunnelOptions"]}
        type(self).keys_of_aws = set(keys.values())
        assert len(self.keys_of_aws - set(KEYS.values())) == 2
        assert clouds.azure_keys(LINK) == {f"{LINK}-aws-1-1": keys["169.254.21.0/30"]}
        watch.must_have_seen("_payload.zip")
        found = leaks({*KEYS.values(), *self.keys_of_aws}, watch.contents.values())
        assert found == []

    def test_no_key_was_left_behind_by_any_run(self, desk: Desk) -> None:
        found = leaks({*KEYS.values(), *self.keys_of_aws}, desk.left())
        assert found == []
