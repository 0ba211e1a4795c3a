"""The life of a BGP link: predicted, built, looked at, changed by hand, mended, removed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree

import pytest

from .clouds import Clouds, Json, wait_for
from .runs import Desk, Run
from .watch import Watch, leaks

LINK = "hq"
VARIABLES = {
    "s2s_vpn_azure_location": "westeurope",
    "s2s_vpn_azure_vnet_cidr": "10.1.0.0/16",
    "s2s_vpn_aws_region": "eu-central-1",
    "s2s_vpn_aws_vpc_cidr": "10.2.0.0/16",
    "s2s_vpn_azure_user_defined_route": True,
}
UNBUILT = {
    **VARIABLES,
    "s2s_vpn_azure_vnet_cidr": "10.3.0.0/16",
    "s2s_vpn_aws_vpc_cidr": "10.4.0.0/16",
    "s2s_vpn_inside_cidr_block": 1,
}
TUNNELS = {
    "hq-aws-1-1": "169.254.21.0/30",
    "hq-aws-1-2": "169.254.22.0/30",
    "hq-aws-2-1": "169.254.21.4/30",
    "hq-aws-2-2": "169.254.22.4/30",
}
USER_RULE = "from-the-office"
ACCOUNT = "123456789012"
KEY_BY_HAND = "SetByHand.InTheWrongPlace_1"


class TestBgpLink:
    predicted: ClassVar[set[str]]
    built: ClassVar[Run]
    keys_of_aws: ClassVar[set[str]]

    @pytest.fixture
    def inventory(self, desk: Desk) -> Path:
        return desk.inventory(LINK, VARIABLES)

    def verify(self, desk: Desk, inventory: Path, timeout: int, *arguments: str) -> Run:
        wait = ["-e", f"s2s_vpn_verify_timeout={timeout}", "-e", "verify_interval=1"]
        return desk.play(
            "verify.yml", *wait, *arguments, "-e", f"s2s_vpn_report_dir={desk.reports}", inventory=inventory
        )

    def test_check_on_empty_clouds_goes_through_and_touches_nothing(self, desk: Desk, inventory: Path) -> None:
        run = desk.play("site.yml", "--check", "--diff", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert not run.mutating
        type(self).predicted = set(run.changes())

    @pytest.mark.step
    def test_build(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        with Watch(desk.home, desk.tmp) as watch:
            run = desk.play("site.yml", "-vvvv", "--diff", "-e", "s2s_vpn_progress_seconds=0.5", inventory=inventory)
        assert run.rc == 0, run.explain()
        waited = r"^hq: waiting for VPN gateway hq-vng, \d+ s so far; usual: 20 to 70 min to make"
        assert re.search(waited, run.stdout, re.MULTILINE), run.explain()
        type(self).built = run
        type(self).keys_of_aws = keys = set(clouds.aws_keys().values())
        assert len(keys) == 4
        watch.must_have_seen("_payload.zip")
        found = leaks(keys, watch.contents.values())
        assert found == []

    def test_what_was_predicted_was_built(self, clouds: Clouds) -> None:
        assert self.predicted == set(self.built.changes())
        standing = clouds.azure_names(LINK) | clouds.aws_names(LINK)
        assert standing <= self.predicted
        assert self.predicted - standing <= {"propagation", "to-aws", *self.routes(clouds)}, "all of it stands"

    def routes(self, clouds: Clouds) -> set[str]:
        table = clouds.arm("GET", clouds.network(f"{LINK}-rg", "routeTables", f"{LINK}-app-rt"))
        return {route["name"] for route in table["properties"]["routes"]}

    def test_the_azure_gateway_is_started_first_and_joined_last(self) -> None:
        calls = self.built.calls
        azure = [c for c in calls if c.cloud == "azure" and c.mutating]
        puts = [c for c in azure if "/virtualnetworkgateways/" in c.path.lower()]
        assert len(puts) == 1, "created once, complete"
        before = {c.path.lower().split("/providers/")[-1].split("/")[1] for c in azure[: azure.index(puts[0])][1:]}
        assert before <= {"virtualnetworks", "publicipaddresses"}
        after = azure[azure.index(puts[0]) + 1 :]
        last = {c.path.split("/providers/")[1].split("/")[1].lower() for c in after[-4:]}
        assert last == {"connections"}

    def test_every_connection_ends_where_the_plan_says(self, clouds: Clouds) -> None:
        outside = {
            t["TunnelInsideCidr"]: t["OutsideIpAddress"]
            for c in clouds.vpn_connections()
            for t in c["Options"]["TunnelOptions"]
        }
        locals_ = {g["name"]: g["properties"] for g in clouds.arm_list(clouds.network("hq-rg", "localNetworkGateways"))}
        for name, inside in TUNNELS.items():
            assert locals_[name]["gatewayIpAddress"] == outside[inside]

    def test_the_order_of_tunnels_was_really_another(self, clouds: Clouds) -> None:
        """Else the test before this one proves nothing."""
        asked_first = {"169.254.21.0/30", "169.254.21.4/30"}
        documents = [c["CustomerGatewayConfiguration"] for c in clouds.vpn_connections()]
        first = [d.index(".22.") < d.index(".21.") for d in documents]
        listed = [c["Options"]["TunnelOptions"][0]["TunnelInsideCidr"] in asked_first for c in clouds.vpn_connections()]
        assert any(first) or not all(listed)

    def test_both_sides_hold_the_same_keys(self, clouds: Clouds) -> None:
        by_address = clouds.aws_keys()
        locals_ = {
            g["name"]: g["properties"]["gatewayIpAddress"]
            for g in clouds.arm_list(clouds.network("hq-rg", "localNetworkGateways"))
        }
        assert clouds.azure_keys(LINK) == {name: by_address[address] for name, address in locals_.items()}

    def test_verify(self, desk: Desk, inventory: Path) -> None:
        run = self.verify(desk, inventory, 180)
        assert run.rc == 0, run.explain()
        assert not run.mutating
        report = self.report(desk, LINK)
        assert (report["ok"], report["causes"], report["unread"]) == (True, [], [])
        ends = {one["inside_cidr"]: (one["azure"]["state"], one["aws"]["state"]) for one in report["tunnels"]}
        assert ends == dict.fromkeys(TUNNELS.values(), ("up", "up"))
        assert run.stdout.count("169.254.") == 4, "one table"

    def test_the_page_and_the_file_for_ci_are_over_this_link(self, desk: Desk) -> None:
        """It opens without a network: nothing in it is fetched."""
        page, junit = ((desk.reports / f"links.{kind}").read_text() for kind in ("html", "xml"))
        assert LINK in page
        assert re.findall(r"""(?:src|href)=["'](?!#|data:)""", page) == []
        suites = ElementTree.fromstring(junit)
        assert (suites.get("failures"), [one.get("name") for one in suites]) == ("0", [LINK])

    def report(self, desk: Desk, link: str) -> Json:
        """No report has an id of a subscription or an account."""
        text = (desk.reports / f"{link}.json").read_text()
        assert desk.env["AZURE_SUBSCRIPTION_ID"] not in text
        assert ACCOUNT not in text
        return dict(json.loads(text))

    def test_a_second_run_changes_nothing(self, desk: Desk, inventory: Path) -> None:
        run = desk.play("site.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert run.changed == 0, run.changes().keys()
        assert run.mutating == []

    def test_check_and_diff_show_just_what_was_changed_by_hand(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        connection = clouds.network("hq-rg", "connections", "hq-aws-1-1")
        body = clouds.arm("GET", connection)
        body["properties"]["dpdTimeoutSeconds"] = 99
        clouds.arm("PUT", connection, body)

        group = clouds.network("hq-rg", "networkSecurityGroups", "hq-app-nsg")
        rules = {r["name"]: r for r in clouds.arm("GET", group)["properties"]["securityRules"]}
        deny = next(r for r in rules.values() if r["properties"]["access"] == "Deny")
        deny["properties"]["access"] = "Allow"
        clouds.arm("PUT", f"{group}/securityRules/{deny['name']}", deny)
        office = {
            "access": "Allow",
            "priority": 200,
            "direction": "Inbound",
            "protocol": "Tcp",
            "sourceAddressPrefix": "192.0.2.0/24",
            "destinationAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationPortRange": "443",
        }
        clouds.arm("PUT", f"{group}/securityRules/{USER_RULE}", {"properties": office})

        ec2 = clouds.ec2()
        tables = ec2.describe_route_tables(Filters=[{"Name": "tag:Name", "Values": ["hq-app-rt"]}])["RouteTables"]
        vgw = tables[0]["PropagatingVgws"][0]["GatewayId"]
        ec2.disable_vgw_route_propagation(RouteTableId=tables[0]["RouteTableId"], GatewayId=vgw)

        run = desk.play("site.yml", "--check", "--diff", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert run.mutating == []
        assert set(run.changes()) == {"hq-aws-1-1", "hq-app-nsg", "propagation"}
        assert "99" in run.stdout
        assert "45" in run.stdout
        assert vgw in run.diff()
        found = leaks(clouds.aws_keys().values(), [(Path("diff"), run.stdout.encode())])
        assert found == []

    def test_verify_names_the_tunnel_with_the_wrong_key(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        """Beside a link that nobody has built: both fail, and the page of the run has both."""
        path = clouds.network("hq-rg", "connections", "hq-aws-2-2/sharedkey")
        clouds.arm("PUT", path, {"value": KEY_BY_HAND})
        connection = clouds.network("hq-rg", "connections", "hq-aws-2-2")
        wait_for(lambda: clouds.arm("GET", connection)["properties"]["connectionStatus"] != "Connected")
        fleet = {LINK: VARIABLES, "unbuilt": UNBUILT}
        inventory.write_text(json.dumps({"all": {"hosts": fleet}}))
        run = self.verify(desk, inventory, 0)
        assert run.rc != 0
        assert not run.mutating
        lines = [line for line in run.stdout.splitlines() if TUNNELS["hq-aws-2-2"] in line]
        assert any("down" in line for line in lines), run.explain()
        report = self.report(desk, LINK)
        assert report["ok"] is False
        assert [(one["name"], one["tunnels"]) for one in report["causes"][:1]] == [("keys-differ", ["2-2"])]
        assert "different pre-shared keys" in run.errors
        assert any("2-2" in line for line in report["changed"])
        for link in fleet:
            assert re.search(rf"^{link} +not in order", run.stdout, re.MULTILINE), "a line for each link"
        suites = ElementTree.parse(desk.reports / "links.xml").getroot()
        assert {one.get("name"): one.get("failures") != "0" for one in suites} == dict.fromkeys(fleet, True)
        self.tells_no_key(run, clouds)

    def tells_no_key(self, run: Run, clouds: Clouds) -> None:
        """Nor a fingerprint: neither on the screen nor in an event of the job."""
        told = [(Path("screen"), run.stdout.encode()), (Path("events"), json.dumps(run.events, default=str).encode())]
        assert leaks({*clouds.aws_keys().values(), KEY_BY_HAND}, told) == []
        assert "sha256:" not in run.stdout
        assert '"sha256:' not in told[1][1].decode()

    def test_diagnose_knows_as_much_of_a_link_that_nobody_here_has_built(self, desk: Desk, clouds: Clouds) -> None:
        """By an id and by names alone; with what a permission forbids left out, at the highest verbosity."""
        (gateway,) = clouds.ec2().describe_vpn_gateways()["VpnGateways"]
        given = {
            "s2s_vpn_diagnose_azure_gateway": clouds.network("hq-rg", "virtualNetworkGateways", "hq-vng"),
            "s2s_vpn_aws_region": "eu-central-1",
            "s2s_vpn_diagnose_aws": [gateway["VpnGatewayId"]],
            "s2s_vpn_report_dir": str(desk.reports),
        }
        denied = {"status": 403, "code": "AuthorizationFailed", "message": "The client may not."}
        clouds.fault("azure", "refuse", "Microsoft.Network/networkSecurityGroups/read", times=None, **denied)
        nowhere = desk.inventory("nowhere", {})
        run = desk.play("diagnose.yml", "-vvvv", "-e", json.dumps(given), inventory=nowhere)
        clouds.no_faults()
        assert run.rc == 0, run.explain()
        assert not run.mutating
        report = self.report(desk, "hq-vng")
        assert (report["planned"], report["ok"]) == (False, False)
        assert [(one["name"], one["tunnels"]) for one in report["causes"][:1]] == [("keys-differ", ["2-2"])]
        assert [(one["cloud"], one["what"]) for one in report["unread"]] == [("azure", "security groups")]
        assert {one["state"] for one in report["tunnels"]} == {"up", "down"}
        shown = run.stdout.partition("Causes, the likeliest first:")[2]
        assert "rehearsal" not in shown
        assert "Mend it: " in shown
        self.tells_no_key(run, clouds)

    @pytest.mark.step
    def test_site_mends_all_of_it_and_keeps_what_the_user_added(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        run = desk.play("site.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert set(run.changes()) == {"hq-aws-1-1", "hq-aws-2-2", "hq-app-nsg", "propagation"}
        self.test_both_sides_hold_the_same_keys(clouds)
        group = clouds.arm("GET", clouds.network("hq-rg", "networkSecurityGroups", "hq-app-nsg"))
        access = {r["name"]: r["properties"]["access"] for r in group["properties"]["securityRules"]}
        assert "Deny" in access.values()
        assert USER_RULE in access
        run = self.verify(desk, inventory, 180)
        assert run.rc == 0, run.explain()
        assert self.report(desk, LINK)["causes"] == []

    def test_destroy_asks_first(self, desk: Desk, inventory: Path) -> None:
        run = desk.play("destroy.yml", inventory=inventory)
        assert run.rc != 0
        assert f"s2s_vpn_confirm_destroy={LINK}" in run.errors
        assert run.mutating == []

    @pytest.mark.step
    def test_destroy_leaves_nothing(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = desk.play("destroy.yml", "-e", f"s2s_vpn_confirm_destroy={LINK}", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert any(result.get("msg") == {"link": LINK, "left": []} for _unused, result in run.results())
        assert clouds.azure_names(LINK) == set()
        assert clouds.aws_names(LINK) == set()

    def test_no_key_was_left_behind_by_any_run(self, desk: Desk) -> None:
        keys = {*self.keys_of_aws, KEY_BY_HAND}
        assert len(keys) == 5
        found = leaks(keys, desk.left())
        assert found == []
