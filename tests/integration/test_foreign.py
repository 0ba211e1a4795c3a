"""Somebody else's things in a link's networks: destroy leaves them what they need, removes all else, and says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from .clouds import Clouds, Json
from .runs import Desk, Run

pytestmark = pytest.mark.full

LINK = "hq"
GROUP = "hq-rg"
THEIRS = "their-rg"
LOCATION = {"location": "westeurope"}
VARIABLES = {
    "s2s_vpn_azure_location": "westeurope",
    "s2s_vpn_azure_vnet_cidr": "10.1.0.0/16",
    "s2s_vpn_aws_region": "eu-central-1",
    "s2s_vpn_aws_vpc_cidr": "10.2.0.0/16",
    "s2s_vpn_azure_user_defined_route": True,
}
MOVING = {"etag", "connectionStatus", "ingressBytesTransferred", "egressBytesTransferred", "tunnelConnectionStatus"}
IN_AZURE = ("connections", "localNetworkGateways", "networkSecurityGroups", "networkInterfaces")


def still(value: Any) -> Any:
    """A resource's JSON without what moves by itself."""
    if isinstance(value, list):
        return [still(one) for one in value]
    return {k: still(v) for k, v in value.items() if k not in MOVING} if isinstance(value, dict) else value


def one(found: list[Json]) -> Json:
    (only,) = found
    return only


class TestForeignThings:
    ids: ClassVar[dict[str, str]] = {}
    before: ClassVar[Json]
    predicted: ClassVar[Run]

    @pytest.fixture
    def inventory(self, desk: Desk) -> Path:
        return desk.inventory(LINK, VARIABLES)

    def destroy(self, desk: Desk, inventory: Path, *arguments: str) -> Run:
        return desk.play("destroy.yml", "-e", f"s2s_vpn_confirm_destroy={LINK}", *arguments, inventory=inventory)

    def told(self, run: Run, what: str) -> dict[str, str]:
        """Name or id, and the reason, of what destroy says to be `deleted` or `left`."""
        return {
            entry["name"] if entry["id"].startswith("/") else entry["id"]: entry.get("reason", "")
            for _task, result in run.results()
            for entry in result.get(what, ())
        }

    def theirs(self, clouds: Clouds) -> Json:
        """All that is not the link's, as each cloud shows it."""
        ec2, subnet = clouds.ec2(), clouds.network(GROUP, "virtualNetworks", "hq-vnet/subnets/theirs")
        azure = {
            resource["id"]: still(resource)
            for group in (GROUP, THEIRS)
            for kind in IN_AZURE
            for resource in clouds.arm_list(clouds.network(group, kind))
            if not resource.get("tags")
        }
        routes = clouds.arm("GET", clouds.network(GROUP, "routeTables", "hq-app-rt"))["properties"]["routes"]
        return {
            **azure,
            "subnet": still(clouds.arm("GET", subnet)),
            "route in Azure": [still(route) for route in routes if route["name"] != "to-aws"],
            "instance": ec2.describe_instances(InstanceIds=[self.ids["instance"]])["Reservations"][0]["Instances"],
            "connection": ec2.describe_vpn_connections(VpnConnectionIds=[self.ids["connection"]])["VpnConnections"][0][
                "Options"
            ],
            "routes in AWS": [
                route
                for route in ec2.describe_route_tables(RouteTableIds=[self.ids["table"]])["RouteTables"][0]["Routes"]
                if route["Origin"] == "CreateRoute"
            ],
        }

    @pytest.mark.step
    def test_build(self, desk: Desk, inventory: Path) -> None:
        run = desk.play("site.yml", inventory=inventory)
        assert run.rc == 0, run.explain()

    @pytest.mark.step
    def test_somebody_moves_in(self, clouds: Clouds) -> None:
        self.move_into_azure(clouds)
        self.move_into_aws(clouds)
        type(self).before = self.theirs(clouds)
        assert all(self.before.values())

    def move_into_azure(self, clouds: Clouds) -> None:
        vnet = clouds.network(GROUP, "virtualNetworks", "hq-vnet")
        clouds.arm("PUT", clouds.group(THEIRS), LOCATION)
        clouds.arm("PUT", f"{vnet}/subnets/theirs", {"properties": {"addressPrefix": "10.1.2.0/24"}})
        nic = {"name": "a", "properties": {"subnet": {"id": f"{vnet}/subnets/app"}}}
        clouds.arm(
            "PUT",
            clouds.network(THEIRS, "networkInterfaces", "vm"),
            {**LOCATION, "properties": {"ipConfigurations": [nic]}},
        )
        guard = clouds.network(THEIRS, "networkSecurityGroups", "their-nsg")
        clouds.arm("PUT", guard, {**LOCATION, "properties": {}})
        app = clouds.arm("GET", f"{vnet}/subnets/app")
        app["properties"]["networkSecurityGroup"] = {"id": guard}
        clouds.arm("PUT", f"{vnet}/subnets/app", app)
        route = {"properties": {"addressPrefix": "10.9.0.0/16", "nextHopType": "None"}}
        clouds.arm("PUT", clouds.network(GROUP, "routeTables", "hq-app-rt/routes/by-hand"), route)
        local = clouds.network(GROUP, "localNetworkGateways", "office")
        properties = {
            "gatewayIpAddress": "192.0.2.250",
            "localNetworkAddressSpace": {"addressPrefixes": ["10.7.0.0/16"]},
        }
        clouds.arm("PUT", local, {**LOCATION, "properties": properties})
        connection = {
            "connectionType": "IPsec",
            "virtualNetworkGateway1": {"id": clouds.network(GROUP, "virtualNetworkGateways", "hq-vng")},
            "localNetworkGateway2": {"id": local},
            "sharedKey": "ForTheOffice.Only_1",
        }
        clouds.arm("PUT", clouds.network(GROUP, "connections", "office"), {**LOCATION, "properties": connection})

    def move_into_aws(self, clouds: Clouds) -> None:
        ec2 = clouds.ec2()
        mine = [{"Name": "tag:s2s_vpn:link", "Values": [LINK]}]
        subnet = one(ec2.describe_subnets(Filters=mine)["Subnets"])["SubnetId"]
        vgw = one(ec2.describe_vpn_gateways(Filters=mine)["VpnGateways"])["VpnGatewayId"]
        table = one(ec2.describe_route_tables(Filters=mine)["RouteTables"])["RouteTableId"]
        card = {"DeviceIndex": 0, "SubnetId": subnet, "DeleteOnTermination": True}
        started = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, NetworkInterfaces=[card])
        customer = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="192.0.2.251", BgpAsn=65001)["CustomerGateway"]
        connection = ec2.create_vpn_connection(
            Type="ipsec.1", CustomerGatewayId=customer["CustomerGatewayId"], VpnGatewayId=vgw
        )["VpnConnection"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.9.0.0/16", GatewayId=vgw)
        type(self).ids = {
            "instance": started["Instances"][0]["InstanceId"],
            "customer": customer["CustomerGatewayId"],
            "connection": connection["VpnConnectionId"],
            "subnet": subnet,
            "vgw": vgw,
            "table": table,
            "vpc": one(ec2.describe_vpcs(Filters=mine)["Vpcs"])["VpcId"],
        }

    def test_check_mode_predicts(self, desk: Desk, inventory: Path) -> None:
        run = self.destroy(desk, inventory, "--check")
        assert run.rc == 0, run.explain()
        assert not run.mutating
        type(self).predicted = run

    @pytest.mark.step
    def test_destroy_names_what_cannot_go(self, desk: Desk, inventory: Path) -> None:
        run = self.destroy(desk, inventory)
        assert run.rc != 0
        left = self.told(run, "left")
        reasons = {
            "hq-vng": "office",
            "hq-vng-pip-1": "hq-vng",
            "hq-vng-pip-2": "hq-vng",
            "GatewaySubnet": "hq-vng",
            "app": "networkInterfaces/vm",
            "hq-vnet": "subnet theirs",
            "hq-app-rt": "by-hand",
            GROUP: "office (Microsoft.Network/connections)",
            self.ids["vgw"]: self.ids["connection"],
            self.ids["subnet"]: self.ids["instance"],
            self.ids["table"]: "10.9.0.0/16",
            self.ids["vpc"]: self.ids["vgw"],
        }
        assert set(left) == set(reasons)
        for name, words in reasons.items():
            assert words.lower() in left[name].lower(), f"{name}: {left[name]}"
        for name in reasons:
            assert name in run.errors, "the last message names it"
        for what in ("deleted", "left"):
            assert set(self.told(self.predicted, what)) == set(self.told(run, what))

    def test_all_else_is_gone_and_theirs_is_as_it_was(self, clouds: Clouds) -> None:
        stays = {
            "hq-rg",
            "hq-vnet",
            "app",
            "GatewaySubnet",
            "theirs",
            "hq-vng",
            "hq-vng-pip-1",
            "hq-vng-pip-2",
            "hq-app-rt",
        }
        assert clouds.azure_names(LINK) == stays
        assert clouds.aws_names(LINK) == {"hq-vpc", "hq-app", "hq-app-rt", "hq-vgw"}
        assert self.theirs(clouds) == self.before

    @pytest.mark.step
    def test_a_rerun_takes_the_rest_when_they_have_gone(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        self.move_out(clouds)
        run = self.destroy(desk, inventory)
        assert run.rc == 0, run.explain()
        assert self.told(run, "left") == {}
        assert clouds.azure_names(LINK) == set()
        assert clouds.aws_names(LINK) == set()
        assert [group["name"] for group in clouds.arm_list(f"{clouds.subscription}/resourceGroups")] == [THEIRS]
        guards = clouds.arm_list(clouds.network(THEIRS, "networkSecurityGroups"))
        assert [guard["name"] for guard in guards] == ["their-nsg"]

    def move_out(self, clouds: Clouds) -> None:
        clouds.arm("DELETE", clouds.network(GROUP, "connections", "office"))
        clouds.arm("DELETE", clouds.network(GROUP, "localNetworkGateways", "office"))
        clouds.arm("DELETE", clouds.network(GROUP, "routeTables", "hq-app-rt/routes/by-hand"))
        clouds.arm("DELETE", clouds.network(THEIRS, "networkInterfaces", "vm"))
        clouds.arm("DELETE", clouds.network(GROUP, "virtualNetworks", "hq-vnet/subnets/theirs"))
        ec2 = clouds.ec2()
        ec2.terminate_instances(InstanceIds=[self.ids["instance"]])
        ec2.delete_vpn_connection(VpnConnectionId=self.ids["connection"])
        ec2.delete_route(RouteTableId=self.ids["table"], DestinationCidrBlock="10.9.0.0/16")
