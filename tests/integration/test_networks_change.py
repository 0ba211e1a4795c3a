"""The networks of a standing link change: ranges come and go on both sides, and no tunnel notices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from .clouds import Clouds, Json, wait_for
from .runs import Desk, Run
from .test_plan import GOOD

pytestmark = pytest.mark.full

LINK = "hq"
P = "s2s_vpn_"
VNET, VPC = "10.1.0.0/16", "10.2.0.0/16"
MORE_AZURE, MORE_AWS = ["10.3.0.0/16", "192.168.8.0/24"], ["10.4.0.0/16", "100.64.8.0/24"]
MORE = {f"{P}azure_more_cidrs": MORE_AZURE, f"{P}aws_more_cidrs": MORE_AWS}
#: Whatever makes, changes or resets a tunnel or an end of it.
TUNNELS = (
    "VpnTunnel", "VpnConnectionOptions", "CreateVpnConnection", "DeleteVpnConnection", "ModifyVpnConnection",
    "CustomerGateway", "Microsoft.Network/connections", "Microsoft.Network/virtualNetworkGateways",
)  # fmt: skip
ROUTES = ("CreateVpnConnectionRoute", "DeleteVpnConnectionRoute")


@dataclass(frozen=True)
class Ranges:
    """Where the ranges of both sides stand in both clouds."""

    vnet: set[str]
    vpc: set[str]
    own_vnet: set[str]
    from_aws: set[str]
    from_azure: set[str]
    azure_routes: set[str]
    aws_routes: set[str]
    local_gateways: set[str]

    @classmethod
    def of(cls, clouds: Clouds) -> Ranges:
        vnet, nsg, table = (
            clouds.arm("GET", clouds.network(f"{LINK}-rg", kind, f"{LINK}-{name}"))["properties"]
            for kind, name in (
                ("virtualNetworks", "vnet"), ("networkSecurityGroups", "app-nsg"), ("routeTables", "app-rt"),
            )
        )  # fmt: skip
        sources = {one["name"]: set(_sources(one["properties"])) for one in nsg["securityRules"]}
        mine = [{"Name": "tag:s2s_vpn:link", "Values": [LINK]}]
        [vpc] = clouds.ec2().describe_vpcs(Filters=mine)["Vpcs"]
        [group] = clouds.ec2().describe_security_groups(Filters=mine)["SecurityGroups"]
        local = clouds.arm_list(clouds.network(f"{LINK}-rg", "localNetworkGateways"))
        return cls(
            vnet=set(vnet["addressSpace"]["addressPrefixes"]),
            vpc={
                one["CidrBlock"]
                for one in vpc["CidrBlockAssociationSet"]
                if one["CidrBlockState"]["State"] == "associated"
            },
            own_vnet=sources["allow-own-vnet"],
            from_aws=sources["allow-aws"],
            from_azure={one["CidrIp"] for rule in group["IpPermissions"] for one in rule["IpRanges"]},
            azure_routes={one["properties"]["addressPrefix"] for one in table["routes"]},
            aws_routes={
                route["DestinationCidrBlock"]
                for connection in clouds.vpn_connections()
                for route in connection["Routes"]
                if route["State"] == "available"
            },
            local_gateways={
                prefix
                for one in local
                for prefix in one["properties"]["localNetworkAddressSpace"].get("addressPrefixes", [])
            },
        )


def _sources(rule: Json) -> list[str]:
    one = rule.get("sourceAddressPrefix")
    return [one] if one else list(rule["sourceAddressPrefixes"])


def expected(routing: str, more_azure: list[str], more_aws: list[str]) -> Ranges:
    vnet, vpc = {VNET, *more_azure}, {VPC, *more_aws}
    return Ranges(
        vnet=vnet,
        vpc=vpc,
        own_vnet=vnet,
        from_aws={"10.2.1.0/24", *more_aws},
        from_azure={"10.1.1.0/24", *more_azure},
        azure_routes=vpc,
        aws_routes=vnet if routing == "static" else set(),
        local_gateways=vpc if routing == "static" else set(),
    )


def tunnels(clouds: Clouds) -> Json:
    """What would move if a tunnel had been down for a moment."""
    telemetry = [
        {name: one[name] for name in ("OutsideIpAddress", "Status", "LastStatusChange")}
        for connection in clouds.vpn_connections()
        for one in connection["VgwTelemetry"]
    ]
    azure = {
        one["name"]: (one["etag"], clouds.arm("GET", one["id"])["properties"]["connectionStatus"])
        for one in clouds.arm_list(clouds.network(f"{LINK}-rg", "connections"))
    }
    gateway = clouds.arm("GET", clouds.network(f"{LINK}-rg", "virtualNetworkGateways", f"{LINK}-vng"))
    return {"aws": telemetry, "azure": azure, "gateway": gateway["etag"]}


def all_up(clouds: Clouds, count: int) -> bool:
    found = tunnels(clouds)
    states = [one["Status"] for one in found["aws"]] + [status for _etag, status in found["azure"].values()]
    return states.count("UP") == states.count("Connected") == count


def touching_tunnels(run: Run) -> list[str]:
    return [
        str(call)
        for call in run.mutating
        if call.action not in ROUTES and any(words.lower() in call.action.lower() for words in TUNNELS)
    ]


class _Story:
    ROUTING: ClassVar[str]
    UP: ClassVar[int]

    def inventory(self, desk: Desk, **more: Any) -> Path:
        own = {f"{P}routing": self.ROUTING, f"{P}azure_user_defined_route": True}
        return desk.inventory(LINK, GOOD | own | more)

    def refused(self, desk: Desk, variables: Mapping[str, Any]) -> str:
        run = desk.play("site.yml", inventory=self.inventory(desk, **variables))
        assert run.rc != 0
        assert run.mutating == []
        assert "Traceback" not in run.stdout
        return run.errors

    def verify(self, desk: Desk, inventory: Path) -> Json:
        wait = ["-e", "s2s_vpn_verify_timeout=180", "-e", "verify_interval=1"]
        run = desk.play("verify.yml", *wait, "-e", f"{P}report_dir={desk.reports}", inventory=inventory)
        assert run.rc == 0, run.explain()
        return dict(json.loads((desk.reports / f"{LINK}.json").read_text()))

    def change(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        """Predicted, made, and asked again."""
        check = desk.play("site.yml", "--check", "--diff", inventory=inventory)
        assert check.rc == 0, check.explain()
        assert check.mutating == []
        run = self.made(desk, clouds, inventory)
        assert set(run.changes()) == set(check.changes())
        again = desk.play("site.yml", inventory=inventory)
        assert again.rc == 0, again.explain()
        assert (again.changed, again.mutating) == (0, []), again.changes().keys()

    def made(self, desk: Desk, clouds: Clouds, inventory: Path) -> Run:
        """No tunnel is touched."""
        before = tunnels(clouds)
        run = desk.play("site.yml", "--diff", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert run.mutating != []
        assert touching_tunnels(run) == []
        assert tunnels(clouds) == before
        return run

    def build(self, desk: Desk, clouds: Clouds, **more: Any) -> None:
        run = desk.play("site.yml", inventory=self.inventory(desk, **more))
        assert run.rc == 0, run.explain()
        wait_for(lambda: all_up(clouds, self.UP))


class TestBgp(_Story):
    ROUTING = "bgp"
    UP = 4

    @pytest.mark.step
    def test_build(self, desk: Desk, clouds: Clouds) -> None:
        self.build(desk, clouds)
        assert Ranges.of(clouds) == expected(self.ROUTING, [], [])

    @pytest.mark.step
    def test_ranges_are_added(self, desk: Desk, clouds: Clouds) -> None:
        self.change(desk, clouds, self.inventory(desk, **MORE))
        assert Ranges.of(clouds) == expected(self.ROUTING, MORE_AZURE, MORE_AWS)

    def test_both_sides_have_every_range_of_the_other(self, desk: Desk) -> None:
        report = self.verify(desk, self.inventory(desk, **MORE))
        assert report["ok"]
        assert set(report["azure"]["ranges"]) == {VNET, *MORE_AZURE}
        assert set(report["aws"]["ranges"]) == {VPC, *MORE_AWS}
        for check, ranges in (("azure", {VPC, *MORE_AWS}), ("aws", {VNET, *MORE_AZURE})):
            learned = {one["resource"] for one in report["checks"] if one["name"] == f"routes.learned_{check}"}
            assert learned == ranges

    def test_drift_tells_of_ranges_that_are_not_planned(self, desk: Desk) -> None:
        run = desk.play("drift.yml", "-e", f"{P}report_dir={desk.reports}", inventory=self.inventory(desk))
        assert run.rc != 0
        drift = json.loads((desk.reports / f"{LINK}.drift.json").read_text())
        found = {one["check"]: one["found"].split(", ") for one in drift["differences"]}
        assert set(found["azure.vnet"]) == {VNET, *MORE_AZURE}
        assert set(found["aws.vpc"]) == {VPC, *MORE_AWS}

    def test_what_is_in_use_is_told_before_anything_is_changed(self, desk: Desk, clouds: Clouds) -> None:
        """Ranges with subnets in them, and subnets with machines; AWS changes no subnet at all."""
        network = clouds.network(f"{LINK}-rg", "virtualNetworks", f"{LINK}-vnet")
        [vpc] = clouds.ec2().describe_vpcs(Filters=[{"Name": "tag:s2s_vpn:link", "Values": [LINK]}])["Vpcs"]
        nic = clouds.network(f"{LINK}-rg", "networkInterfaces", "vm-1")
        own = {"name": "a", "properties": {"subnet": {"id": f"{network}/subnets/app"}}}
        clouds.arm("PUT", nic, {"location": "westeurope", "properties": {"ipConfigurations": [own]}})
        clouds.arm("PUT", f"{network}/subnets/db", {"properties": {"addressPrefix": "10.3.7.0/24"}})
        made = clouds.ec2().create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.4.7.0/24")["Subnet"]["SubnetId"]
        other = {"azure_app": "10.1.9.0/24", "azure_gateway": "10.1.0.0/27", "aws_app": "10.2.9.0/24"}
        try:
            errors = self.refused(desk, {f"{P}{name}_subnet_cidr": cidr for name, cidr in other.items()})
        finally:
            clouds.arm("DELETE", f"{network}/subnets/db")
            clouds.arm("DELETE", nic)
            clouds.ec2().delete_subnet(SubnetId=made)
        said = [
            "s2s_vpn_azure_more_cidrs = []: that takes 10.3.0.0/16 from VNet hq-vnet, where db (10.3.7.0/24)",
            f"s2s_vpn_aws_more_cidrs = []: that takes 10.4.0.0/16 from VPC hq-vpc ({vpc['VpcId']}), where {made}",
            "write s2s_vpn_azure_app_subnet_cidr: 10.1.1.0/24, or empty the subnet first",
            "write s2s_vpn_azure_gateway_subnet_cidr: 10.1.255.0/27, or destroy the link and build it anew",
            "write s2s_vpn_aws_app_subnet_cidr: 10.2.1.0/24, or delete the subnet first",
        ]
        assert [words for words in said if words not in errors] == [], errors
        assert errors.startswith(f"{len(said)} problems before the first change of link {LINK}:")

    def test_other_first_ranges_are_refused_and_no_second_network_is_made(self, desk: Desk) -> None:
        first = {f"{P}aws_vpc_cidr": "10.9.0.0/16", f"{P}azure_vnet_cidr": "10.8.0.0/16"}
        errors = self.refused(desk, MORE | first)
        assert "s2s_vpn_aws_vpc_cidr: 10.2.0.0/16, and 10.9.0.0/16 into s2s_vpn_aws_more_cidrs" in errors
        assert "s2s_vpn_azure_vnet_cidr: 10.1.0.0/16, and 10.8.0.0/16 into s2s_vpn_azure_more_cidrs" in errors
        assert errors.startswith(f"2 problems before the first change of link {LINK}:")

    def test_all_are_taken_away(self, desk: Desk, clouds: Clouds) -> None:
        self.made(desk, clouds, self.inventory(desk))
        assert Ranges.of(clouds) == expected(self.ROUTING, [], [])

    def test_a_new_tag_comes_and_the_route_goes(self, desk: Desk, clouds: Clouds) -> None:
        """The route table in AWS stays the one it is: a second one would leave the app subnet without routes."""
        filters = [{"Name": "tag:Name", "Values": [f"{LINK}-app-rt"]}]
        [before] = clouds.ec2().describe_route_tables(Filters=filters)["RouteTables"]
        changes = {f"{P}tags": {"team": "network"}, f"{P}azure_user_defined_route": False}
        run = desk.play("site.yml", inventory=self.inventory(desk, **changes))
        assert run.rc == 0, run.explain()
        [after] = clouds.ec2().describe_route_tables(Filters=filters)["RouteTables"]
        assert after["RouteTableId"] == before["RouteTableId"]
        assert after["Associations"][0]["SubnetId"] == before["Associations"][0]["SubnetId"]
        assert {"Key": "team", "Value": "network"} in after["Tags"]
        table = clouds.arm("GET", clouds.network(f"{LINK}-rg", "routeTables", f"{LINK}-app-rt"))
        assert table["properties"]["routes"] == []
        assert table["tags"]["team"] == "network"
        assert self.verify(desk, self.inventory(desk, **changes))["ok"]


class TestStatic(_Story):
    ROUTING = "static"
    UP = 1

    @pytest.mark.step
    def test_build_with_further_ranges(self, desk: Desk, clouds: Clouds) -> None:
        self.build(desk, clouds, **MORE)
        assert Ranges.of(clouds) == expected(self.ROUTING, MORE_AZURE, MORE_AWS)

    def test_of_ranges_some_go_and_others_come(self, desk: Desk, clouds: Clouds) -> None:
        azure, aws = ["10.5.0.0/16", MORE_AZURE[1]], [MORE_AWS[1], "10.6.0.0/16"]
        inventory = self.inventory(desk, **{f"{P}azure_more_cidrs": azure, f"{P}aws_more_cidrs": aws})
        self.change(desk, clouds, inventory)
        assert Ranges.of(clouds) == expected(self.ROUTING, azure, aws)
        assert self.verify(desk, inventory)["ok"]

    def test_destroy_leaves_nothing(self, desk: Desk, clouds: Clouds) -> None:
        run = desk.play("destroy.yml", "-e", f"{P}confirm_destroy={LINK}", inventory=self.inventory(desk))
        assert run.rc == 0, run.explain()
        assert clouds.azure_names(LINK) == set()
        assert clouds.aws_names(LINK) == set()
