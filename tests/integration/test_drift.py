"""drift.yml names what was changed by hand on both sides, lists what is somebody's own apart, and only reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from .clouds import Clouds, Json, wait_for
from .runs import Desk, Run
from .test_plan import GOOD
from .watch import Watch, leaks

LINK = "hq"
GROUP = "hq-rg"
BY_HAND = "Invented_by_hand.0"
OWN_KEYS = {f"169.254.{net}/30": f"Invented.own_{net}" for net in ("21.0", "22.0", "21.4", "22.4")}


@dataclass(frozen=True)
class Look:
    """One run of drift.yml, and the file that it has written."""

    run: Run
    found: Json

    def difference(self, check: str) -> tuple[str, str, str]:
        """(resource, expected, found) of the one difference of this name."""
        (one,) = [one for one in self.found["differences"] if one["check"] == check]
        return one["resource"], one["expected"], one["found"]


def drift(desk: Desk, inventory: Path, *arguments: str) -> Look:
    run = desk.play("drift.yml", *arguments, "-e", f"s2s_vpn_report_dir={desk.reports}", inventory=inventory)
    assert run.mutating == []
    found = json.loads((desk.reports / f"{LINK}.drift.json").read_text())
    assert found["schema"] == "hybrid.s2s_vpn drift 1"
    assert (run.rc != 0) is found["drifted"], run.explain()
    return Look(run, found)


def test_of_a_link_that_is_not_there(desk: Desk, clouds: Clouds) -> None:
    look = drift(desk, desk.inventory(LINK, GOOD))
    assert look.run.rc != 0
    assert {one["cloud"] for one in look.found["differences"]} == {"azure", "aws"}
    assert "connection hq-aws-2-2" in look.run.stdout
    assert "Run site.yml" in look.run.errors


@pytest.mark.full
class TestDrift:
    @pytest.fixture
    def inventory(self, desk: Desk) -> Path:
        more = {"s2s_vpn_azure_user_defined_route": True, "s2s_vpn_aws_tunnel_log_days": 30}
        return desk.inventory(LINK, GOOD | more | {"s2s_vpn_pre_shared_keys": OWN_KEYS})

    @pytest.mark.step
    def test_a_healthy_link_has_none(self, desk: Desk, inventory: Path) -> None:
        built = desk.play("site.yml", inventory=inventory)
        assert built.rc == 0, built.explain()
        look = drift(desk, inventory)
        assert look.run.rc == 0, look.run.explain()
        assert [look.found[part] for part in ("differences", "unmanaged", "unread")] == [[], [], []]
        assert "nothing differs from the plan" in look.run.stdout

    @pytest.mark.step
    def test_changes_by_hand_are_named_with_what_was_expected(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        in_azure(clouds)
        in_aws(clouds)
        look = drift(desk, inventory)
        difference, run = look.difference, look.run
        assert run.rc != 0
        assert difference("azure.connection_dpd") == ("hq-aws-1-1", "45", "99")
        assert difference("keys.equal")[0] != ""
        assert difference("keys.given") == ("hq-aws-2-2", "your key", "another key")
        assert not any(key in run.stdout for key in (BY_HAND, *OWN_KEYS.values()))
        rule, expected, now = difference("azure.nsg_rules")
        assert (rule, "deny" in expected.lower(), "allow" in now.lower()) == (
            "hq-app-nsg, rule deny-other-networks", True, True,
        )  # fmt: skip
        assert difference("propagation") == ("hq-app-rt", "propagates from hq-vgw", "it does not")
        assert difference("aws.security_group") == ("hq-app-sg", "all from 10.1.1.0/24", "none")
        assert difference("tags") == ("hq-vpc", "s2s_vpn:link=hq", "s2s_vpn:link=theirs")
        option = difference("aws.tunnel_options")
        assert (option[1], option[2]) == ("dpd_timeout_seconds 45", "dpd_timeout_seconds 60")
        table = run.stdout
        for word in ("hq-aws-1-1", "99", "propagates from hq-vgw", "hq-app-sg"):
            assert word in table

    def test_somebody_elses_things_are_listed_apart(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        theirs(clouds)
        seen = {(one["cloud"], one["kind"], one["name"]) for one in drift(desk, inventory).found["unmanaged"]}
        assert seen == {
            ("azure", "network interface", "their-nic"),
            ("azure", "rule", "office"),
            ("azure", "route", "office"),
            ("aws", "route", "192.0.2.0/24"),
            ("aws", "subnet", "theirs"),
            ("aws", "network interface", "their-eni"),
            ("aws", "internet gateway", "their-igw"),
            ("aws", "peering", "their-peering"),
        }

    def test_own_keys_that_neither_cloud_has_are_a_difference_of_both(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        """The user has new ones in the vault, and has not rotated yet. None of either is shown or left."""
        text = inventory.read_text()
        old, new = OWN_KEYS["169.254.21.0/30"], "Invented.new_21.0"
        inventory.write_text(text.replace(old, new))
        with Watch(desk.home, desk.tmp) as watch:
            found = drift(desk, inventory, "-vvvv", "--diff").found["differences"]
        inventory.write_text(text)
        keys = {new, *clouds.aws_keys().values(), *clouds.azure_keys(LINK).values()}
        assert keys == {new, BY_HAND, *OWN_KEYS.values()}
        watch.must_have_seen("_payload.zip")
        leaked = leaks(keys, [*watch.contents.values(), *desk.left()])
        assert leaked == []
        mine = {(one["cloud"], one["tunnel"]) for one in found if one["check"] == "keys.given"}
        assert mine == {("azure", "1-1"), ("aws", "1-1"), ("azure", "2-2")}

    @pytest.mark.step
    def test_site_mends_what_differs_and_leaves_the_rest(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        dpd(clouds, 45)
        mended = desk.play("site.yml", inventory=inventory)
        assert mended.rc == 0, mended.explain()
        look = drift(desk, inventory)
        assert look.run.rc == 0, look.run.explain()
        assert look.found["differences"] == []
        assert len(look.found["unmanaged"]) == 8

    @pytest.mark.step
    def test_a_watched_link_has_no_drift(self, desk: Desk, inventory: Path) -> None:
        watched = desk.play("monitor.yml", inventory=inventory)
        assert watched.rc == 0, watched.explain()
        look = drift(desk, inventory)
        assert (look.run.rc, look.found["differences"], look.found["complete"]) == (0, [], True), look.run.explain()

    @pytest.mark.step
    def test_alarms_that_are_gone_or_changed_are_named(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        cloudwatch = clouds.aws("cloudwatch")
        cloudwatch.delete_alarms(AlarmNames=["hq-tunnel-2-1-down"])
        (mine,) = cloudwatch.describe_alarms(AlarmNames=["hq-tunnel-1-2-down"])["MetricAlarms"]
        kept = (
            "AlarmName",
            "AlarmDescription",
            "Namespace",
            "MetricName",
            "Dimensions",
            "Statistic",
            "Period",
            "EvaluationPeriods",
        )
        how = {"ComparisonOperator": "LessThanThreshold", "TreatMissingData": "breaching", "Threshold": 0.5}
        cloudwatch.put_metric_alarm(**{name: mine[name] for name in kept}, **how)
        (group,) = clouds.aws("logs").describe_log_groups()["logGroups"]
        clouds.aws("logs").put_retention_policy(logGroupName=group["logGroupName"], retentionInDays=7)
        path = f"{clouds.group(GROUP)}/providers/Microsoft.Insights/metricAlerts/hq-bgp-2-2-down"
        alert = clouds.arm("GET", path)
        clouds.arm("PUT", path, alert | {"properties": alert["properties"] | {"enabled": False}})
        clouds.arm("DELETE", path.replace("hq-bgp-2-2-down", "hq-bandwidth"))
        look = drift(desk, inventory)
        assert {
            (one["cloud"], one["resource"], one["expected"], one["found"]) for one in look.found["differences"]
        } == {
            ("aws", "hq-tunnel-2-1-down", "there", "missing"),
            ("aws", "hq-tunnel-1-2-down", "Threshold 1.0", "Threshold 0.5"),
            ("aws", group["logGroupName"], "retention_days 30", "retention_days 7"),
            ("azure", "hq-bgp-2-2-down", "enabled True", "enabled False"),
            ("azure", "hq-bandwidth", "there", "missing"),
        }
        assert "Run monitor.yml again." in look.run.errors

    def test_monitor_mends_them(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        assert desk.play("monitor.yml", inventory=inventory).rc == 0
        assert drift(desk, inventory).found["differences"] == []


def in_azure(clouds: Clouds) -> None:
    connection = clouds.network(GROUP, "connections", "hq-aws-1-1")
    body = clouds.arm("GET", connection)
    body["properties"]["dpdTimeoutSeconds"] = 99
    clouds.arm("PUT", connection, body)
    clouds.arm("PUT", clouds.network(GROUP, "connections", "hq-aws-2-2/sharedkey"), {"value": BY_HAND})
    rule = clouds.network(GROUP, "networkSecurityGroups", "hq-app-nsg/securityRules/deny-other-networks")
    body = clouds.arm("GET", rule)
    body["properties"]["access"] = "Allow"
    clouds.arm("PUT", rule, body)


def in_aws(clouds: Clouds) -> None:
    ec2 = clouds.ec2()
    vpc = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["hq-vpc"]}])["Vpcs"][0]["VpcId"]
    named = [{"Name": "tag:Name", "Values": ["hq-app-rt"]}]
    (table,) = ec2.describe_route_tables(Filters=named)["RouteTables"]
    gateway = table["PropagatingVgws"][0]["GatewayId"]
    ec2.disable_vgw_route_propagation(RouteTableId=table["RouteTableId"], GatewayId=gateway)
    (group,) = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["hq-app-sg"]}])["SecurityGroups"]
    ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "s2s_vpn:link", "Value": "theirs"}])
    dpd(clouds, 60)


def dpd(clouds: Clouds, seconds: int) -> None:
    """site.yml does not touch an option of a standing tunnel; change_tunnels.yml does, and has its own story."""
    first = min(clouds.vpn_connections(), key=lambda one: str(one["VpnConnectionId"]))
    clouds.ec2().modify_vpn_tunnel_options(
        VpnConnectionId=first["VpnConnectionId"],
        VpnTunnelOutsideIpAddress=first["Options"]["TunnelOptions"][0]["OutsideIpAddress"],
        TunnelOptions={"DPDTimeoutSeconds": seconds},
    )
    wait_for(lambda: all(one["State"] == "available" for one in clouds.vpn_connections()))


def theirs(clouds: Clouds) -> None:
    subnet = {"id": clouds.network(GROUP, "virtualNetworks", "hq-vnet/subnets/app")}
    nic = {"ipConfigurations": [{"name": "a", "properties": {"subnet": subnet}}]}
    clouds.arm("PUT", clouds.group("their-rg"), {"location": "westeurope"})
    path = clouds.network("their-rg", "networkInterfaces", "their-nic")
    clouds.arm("PUT", path, {"location": "westeurope", "properties": nic})
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
    group = clouds.network(GROUP, "networkSecurityGroups", "hq-app-nsg")
    clouds.arm("PUT", f"{group}/securityRules/office", {"properties": office})
    route = {"addressPrefix": "192.0.2.0/24", "nextHopType": "Internet"}
    table = clouds.network(GROUP, "routeTables", "hq-app-rt")
    clouds.arm("PUT", f"{table}/routes/office", {"properties": route})
    ec2 = clouds.ec2()
    (own,) = ec2.describe_route_tables(Filters=[{"Name": "tag:Name", "Values": ["hq-app-rt"]}])["RouteTables"]

    def called(name: str, kind: str) -> Json:
        return {"TagSpecifications": [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]}

    made = ec2.create_internet_gateway(**called("their-igw", "internet-gateway"))
    internet = made["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=internet, VpcId=own["VpcId"])
    ec2.create_route(RouteTableId=own["RouteTableId"], DestinationCidrBlock="192.0.2.0/24", GatewayId=internet)
    ec2.create_subnet(VpcId=own["VpcId"], CidrBlock="10.2.9.0/24", **called("theirs", "subnet"))
    (subnet_id,) = [one["SubnetId"] for one in own["Associations"] if "SubnetId" in one]
    ec2.create_network_interface(SubnetId=subnet_id, **called("their-eni", "network-interface"))
    other = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    peering = called("their-peering", "vpc-peering-connection")
    ec2.create_vpc_peering_connection(VpcId=other, PeerVpcId=own["VpcId"], **peering)
