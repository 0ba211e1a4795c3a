"""verify.yml and diagnose.yml of a link that stands: what they ask of the clouds, say while they wait, and write."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.diagnosis.faults import WRONG_KEY
from tests.diagnosis.link import ACCOUNT, VARIABLES, Link
from tests.rehearsal.wan.hand import wait

from .clouds import ROOT, Call, Clouds, Json
from .runs import Desk, Run

pytestmark = pytest.mark.full

LINK = "hq"
FIRST = "hq-aws-1-1"
FREE = ("token", "metadata", "sts:GetCallerIdentity")


def permissions(role: str) -> set[str]:
    """Those that the role's README lists one a line, in a block of text."""
    part = (ROOT / "roles" / role / "README.md").read_text().partition("## Permissions")[2].partition("\n## ")[0]
    blocks = re.findall(r"```text\n(.*?)```", part, re.DOTALL)
    return {line for block in blocks for line in block.split()}


def needed(calls: list[Call]) -> set[str]:
    """What a role definition or a policy must have for these calls. Everybody may sign in, look how a call of his own
    goes on, and ask who he is (AWS, STS)."""
    actions = {c.action if c.cloud == "azure" else f"{c.service}:{c.action}" for c in calls}
    return actions - {*FREE, "poll"}


class TestVerify:
    @pytest.fixture(scope="class")
    def link(self, clouds: Clouds) -> Iterator[Link]:
        """Built by hand, as planned."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in clouds.env.items():
                patch.setenv(name, value)
            link = Link(clouds.directory, "bgp")
            link.build()
            yield link

    @pytest.fixture
    def planned(self, desk: Desk) -> Path:
        return desk.inventory(LINK, {f"s2s_vpn_{name}": value for name, value in VARIABLES["bgp"].items()})

    def verify(self, desk: Desk, inventory: Path, timeout: int = 0, **variables: Any) -> Run:
        given = {"s2s_vpn_verify_timeout": timeout, "verify_interval": 1, "s2s_vpn_report_dir": str(desk.reports)}
        return desk.play("verify.yml", "-e", json.dumps(given | variables), inventory=inventory)

    def report(self, desk: Desk, link: str = LINK) -> Json:
        return dict(json.loads((desk.reports / f"{link}.json").read_text()))

    def suite(self, desk: Desk) -> ElementTree.Element:
        (suite,) = ElementTree.parse(desk.reports / "links.xml").getroot()
        return suite

    @contextmanager
    def wrong_key(self, link: Link, tunnel: str) -> Iterator[None]:
        right = link.aws_tunnel(tunnel)["PreSharedKey"]
        link.set_azure_key(tunnel, WRONG_KEY)
        wait("the fault", lambda: link.seen() and link.outcomes()[tunnel][0] == "down")
        yield
        link.set_azure_key(tunnel, right)
        wait("a healthy link", link.healthy)

    def test_it_needs_what_the_readme_lists_and_names_nobodys_account(
        self, link: Link, desk: Desk, planned: Path
    ) -> None:
        run = self.verify(desk, planned, 180)
        assert run.rc == 0, run.explain()
        assert run.mutating == []
        assert needed(run.calls) <= permissions("verify") | permissions("s2s_vpn")
        for name in ("hq.json", "links.html", "links.xml"):
            text = (desk.reports / name).read_text()
            assert desk.env["AZURE_SUBSCRIPTION_ID"] not in text, name
            assert ACCOUNT not in text, name
        assert "waiting for" not in run.stdout, "the link is up"
        advice = " ".join(run.stdout.partition("Advice:")[2].split())
        assert advice.startswith("- Set MTU 1400 on the hosts of both sides, or clamp TCP's MSS at 1350")
        assert "Set MTU 1400" in (desk.reports / "links.html").read_text()

    def test_accounts_are_named_to_who_asks(self, link: Link, desk: Desk, planned: Path) -> None:
        run = self.verify(desk, planned, s2s_vpn_report_ids=True)
        assert run.rc == 0, run.explain()
        report = self.report(desk)
        assert (report["azure"]["subscription"], report["aws"]["account"]) == (
            desk.env["AZURE_SUBSCRIPTION_ID"],
            ACCOUNT,
        )
        assert report["changed"] == []
        page = (desk.reports / "links.html").read_text()
        assert f"Azure subscription {desk.env['AZURE_SUBSCRIPTION_ID']}, AWS account {ACCOUNT}." in page

    @pytest.mark.parametrize("end", ["vgw", "tgw"])
    def test_the_readme_lists_what_a_link_of_others_needs_and_no_more(
        self, link: Link, desk: Desk, clouds: Clouds, end: str
    ) -> None:
        gateway = link.ids["vgw"] if end == "vgw" else transit_gateway(link)
        given = {
            "s2s_vpn_diagnose_azure_gateway": "hq-rg/hq-vng",
            "s2s_vpn_aws_region": link.ec2.meta.region_name,
            "s2s_vpn_diagnose_aws": [gateway],
        }
        run = desk.play("diagnose.yml", "-e", json.dumps(given), inventory=desk.inventory("localhost", {}))
        assert run.rc == 0, run.explain()
        assert run.mutating == []
        listed = permissions("verify")
        transit = {one for one in listed if "TransitGateway" in one}
        asked = needed(run.calls)
        secret = {"secretsmanager:GetSecretValue"}
        # Azure has always sent the key with the connection; the README says when it is asked for
        hidden = {"Microsoft.Network/connections/sharedKey/read"}
        if end == "vgw":
            assert asked == listed - transit - secret - hidden
            counts = Counter(c.cloud for c in run.calls if c.action not in FREE)
            assert counts <= Counter(azure=25, aws=12), "the README tells these numbers"
        else:
            assert asked <= listed
            assert transit | secret <= asked

    def test_what_it_waits_for_and_what_is_usual(self, link: Link, desk: Desk, planned: Path) -> None:
        with self.wrong_key(link, "1-1"):
            run = self.verify(desk, planned, 40, s2s_vpn_progress_seconds=5)
        assert run.rc != 0
        usual = "usual: 1 to 5 min after a change; given up after 40 s"
        lines = [line for line in run.stdout.splitlines() if usual in line]
        # before the first answers it cannot know which tunnel
        named = rf"hq: waiting for (?:both clouds' answers|tunnel 1-1), (\d+) s so far; {usual}"
        seconds = [int(found[1]) for found in (re.fullmatch(named, line) for line in lines) if found]
        assert len(seconds) == len(lines), lines
        assert "waiting for tunnel 1-1, " in lines[-1]
        assert all(later - one >= 4 for one, later in pairwise([0, *seconds])), "no line at every look"
        assert [(one["name"], one["tunnels"]) for one in self.report(desk)["causes"]] == [("keys-differ", ["1-1"])]
        quiet = self.verify(desk, planned, 30, s2s_vpn_progress_seconds=0)
        assert quiet.rc == 0, quiet.explain()
        assert "waiting for" not in quiet.stdout
        assert "The link is in order again." in self.report(desk)["changed"]

    def test_a_probe_says_what_it_waits_for(self, link: Link, desk: Desk, planned: Path) -> None:
        """Without packets no agent answers, and the probe fails the run."""
        started = link.ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, SubnetId=link.ids["subnet"])[
            "Instances"
        ][0]["InstanceId"]
        try:
            probes = [{"aws_instance": started, "to": "10.1.1.4", "port": 443, "name": "back"}]
            run = self.verify(desk, planned, s2s_vpn_probes=probes, s2s_vpn_progress_seconds=0.5)
        finally:
            link.ec2.terminate_instances(InstanceIds=[started])
        assert run.rc != 0
        assert re.search(r"^hq: waiting for probe back, \d+ s so far; usual: 5 s to 1 min$", run.stdout, re.MULTILINE)
        (probe,) = self.report(desk)["probes"]
        assert (probe["name"], probe["from"], probe["ok"], probe["path_mtu"]) == ("back", started, False, None)
        assert needed(run.calls) - permissions("verify") - permissions("s2s_vpn") <= {
            "ssm:SendCommand",
            "ssm:GetCommandInvocation",
        }

    @pytest.mark.parametrize(("severities", "fails"), [(["error"], False), (["error", "warning"], True)])
    def test_severities_choose_what_fails(
        self, link: Link, desk: Desk, planned: Path, severities: list[str], fails: bool
    ) -> None:
        before = link.azure.change(link.connection("1-1"), dpdTimeoutSeconds=99)
        try:
            run = self.verify(desk, planned, s2s_vpn_verify_severities=severities)
        finally:
            link.azure.put_back(before)
        assert (run.rc != 0) is fails, run.explain()
        assert self.report(desk)["ok"] is not fails
        case = self.suite(desk).find(f"testcase[@name='azure.connection_dpd tunnel 1-1 {FIRST}']")
        assert case is not None
        assert [one.tag for one in case] == ["failure" if fails else "skipped"]

    def test_what_decides_and_may_not_be_read_is_an_error_of_ci(
        self, link: Link, desk: Desk, clouds: Clouds, planned: Path
    ) -> None:
        denied = {"status": 403, "code": "AuthorizationFailed", "message": "The client may not."}
        clouds.fault("azure", "refuse", "*/getBgpPeerStatus/action", times=None, **denied)
        try:
            run = self.verify(desk, planned)
        finally:
            clouds.no_faults()
        assert run.rc != 0
        suite = self.suite(desk)
        assert (suite.get("failures"), suite.get("errors")) == ("0", "1")
        (case,) = [one for one in suite if one.find("error") is not None]
        assert case.get("name", "").startswith("bgp.azure ")

    def test_a_link_of_others_is_verified_by_names_and_by_ids(self, link: Link, desk: Desk) -> None:
        region = {"s2s_vpn_aws_region": link.ec2.meta.region_name, "s2s_vpn_link": "theirs"}
        nowhere = desk.inventory("localhost", {})
        by_names = {"s2s_vpn_diagnose_azure_gateway": "hq-rg/hq-vng", "s2s_vpn_diagnose_aws": ["hq-vgw"]}
        run = self.verify(desk, nowhere, **region, **by_names)
        assert run.rc == 0, run.explain()
        report = self.report(desk, "theirs")
        assert (report["planned"], report["ok"], report["causes"]) == (False, True, [])
        by_ids = {
            "s2s_vpn_diagnose_azure_gateway": link.gateway,
            "s2s_vpn_diagnose_aws": [link.vpn("1-1"), link.vpn("2-1")],
        }
        with self.wrong_key(link, "2-2"):
            run = self.verify(desk, nowhere, **region, **by_ids)
        assert run.rc != 0
        report = self.report(desk, "theirs")
        assert [one["name"] for one in report["causes"]] == ["keys-differ"]
        assert len(report["causes"][0]["tunnels"]) == 1


def transit_gateway(link: Link) -> str:
    """One with the link's VPC and a VPN connection to Azure's first instance, whose keys AWS keeps as a secret."""
    ec2 = link.ec2
    gateway = str(ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"])
    ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway, VpcId=link.ids["vpc"], SubnetIds=[link.ids["subnet"]]
    )
    customer = next(iter(link.plan["aws"]["gateway"]["customer_gateways"]))["name"]
    ec2.create_vpn_connection(
        Type="ipsec.1",
        CustomerGatewayId=link.ids[customer],
        TransitGatewayId=gateway,
        PreSharedKeyStorage="SecretsManager",
    )
    return gateway
