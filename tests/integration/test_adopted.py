"""Links in networks, and on gateways, that are not theirs: used, and afterwards exactly what they were before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from .clouds import AWS_KINDS, AZURE_KINDS, Clouds, Json, wait_for
from .runs import Desk, Run

pytestmark = pytest.mark.full

LOCATION = {"location": "westeurope"}
MOVING = {
    "etag", "ResponseMetadata", "connectionStatus", "tunnelConnectionStatus", "ingressBytesTransferred",
    "egressBytesTransferred", "VgwTelemetry",
}  # fmt: skip


def still(value: Any) -> Any:
    """A cloud's JSON without what moves by itself, and its sets in one order."""
    if isinstance(value, list):
        return sorted((still(one) for one in value), key=repr)
    return {key: still(one) for key, one in value.items() if key not in MOVING} if isinstance(value, dict) else value


def azure(clouds: Clouds) -> Iterator[tuple[str, Json]]:
    for group in clouds.arm_list(f"{clouds.subscription}/resourceGroups"):
        yield group["id"], still(group)
        for kind in AZURE_KINDS:
            for resource in clouds.arm_list(clouds.network(group["name"], kind)):
                yield resource["id"], still(resource)


def aws(clouds: Clouds) -> Iterator[tuple[str, Json]]:
    for call, kind in AWS_KINDS.items():
        for one in getattr(clouds.ec2(), call)()[kind]:
            if one.get("State") not in ("deleting", "deleted"):
                yield kind, still(one)


def world(clouds: Clouds) -> tuple[dict[str, Json], list[tuple[str, Json]]]:
    """All that stands in both clouds, in full."""
    return dict(azure(clouds)), sorted(aws(clouds), key=repr)


def destroy(desk: Desk, inventory: Path, link: str, *arguments: str) -> Run:
    confirm = ("-e", f"s2s_vpn_confirm_destroy={link}", "--limit", link)
    return desk.play("destroy.yml", *confirm, *arguments, inventory=inventory)


def tagged(name: str) -> list[Json]:
    return [{"Key": "Name", "Value": name}, {"Key": "owner", "Value": "network team"}]


def make_vnet(clouds: Clouds, group: str, name: str, *subnets: Json) -> str:
    clouds.arm("PUT", clouds.group(group), {**LOCATION, "tags": {"owner": "network team"}})
    vnet = clouds.network(group, "virtualNetworks", name)
    space = {"addressSpace": {"addressPrefixes": ["10.1.0.0/16", "172.20.0.0/16"]}, "subnets": list(subnets)}
    clouds.arm("PUT", vnet, {**LOCATION, "tags": {"owner": "network team"}, "properties": space})
    return vnet


def make_guard(clouds: Clouds, group: str, kind: str, name: str, **properties: Any) -> Json:
    own = clouds.network(group, kind, name)
    clouds.arm("PUT", own, {**LOCATION, "tags": {"owner": "network team"}, "properties": properties})
    return {"id": own}


def make_addresses(clouds: Clouds, group: str, *names: str) -> None:
    body = {
        **LOCATION,
        "sku": {"name": "Standard"},
        "zones": ["1", "2", "3"],
        "tags": {"owner": "network team"},
        "properties": {"publicIPAllocationMethod": "Static"},
    }
    for name in names:
        clouds.arm("PUT", clouds.network(group, "publicIPAddresses", name), body)


class TestAdoptedNetworks:
    """Everything that a network team hands out is there; the link makes its gateways' connections and its own subnets.

    The VNet has no GatewaySubnet: the link makes it, and takes it away again.
    """

    VARIABLES: ClassVar = {
        "s2s_vpn_azure_location": "westeurope",
        "s2s_vpn_azure_resource_group": "net-rg",
        "s2s_vpn_azure_vnet_name": "spoke",
        "s2s_vpn_azure_vnet_cidr": "10.1.0.0/16",
        "s2s_vpn_aws_region": "eu-central-1",
        "s2s_vpn_aws_vpc_cidr": "10.2.0.0/16",
        "s2s_vpn_aws_vpc_name": "shared-vpc",
        "s2s_vpn_aws_vgw_name": "shared-vgw",
        "s2s_vpn_adopt": [
            "net-rg", "spoke", "hq-vng-pip-1", "hq-vng-pip-2", "hq-app-rt", "shared-vpc", "shared-vgw",
        ],
    }  # fmt: skip
    before: ClassVar[Any]
    predicted: ClassVar[set[str]]

    @pytest.fixture
    def inventory(self, desk: Desk) -> Path:
        return desk.inventory("hq", self.VARIABLES)

    @pytest.mark.step
    def test_what_is_there(self, clouds: Clouds) -> None:
        make_vnet(clouds, "net-rg", "spoke")
        guards = {
            "networkSecurityGroup": make_guard(clouds, "net-rg", "networkSecurityGroups", "web-nsg"),
            "routeTable": make_guard(clouds, "net-rg", "routeTables", "web-rt"),
        }
        web = {"properties": {"addressPrefix": "10.1.2.0/24", **guards}}
        clouds.arm("PUT", clouds.network("net-rg", "virtualNetworks", "spoke/subnets/web"), web)
        route = {"name": "inspect", "properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": "None"}}
        make_guard(clouds, "net-rg", "routeTables", "hq-app-rt", routes=[route])
        make_addresses(clouds, "net-rg", "hq-vng-pip-1", "hq-vng-pip-2")
        ec2 = clouds.ec2()
        vpc = ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.2.2.0/24")["Subnet"]["SubnetId"]
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        vgw = ec2.create_vpn_gateway(Type="ipsec.1", AmazonSideAsn=64512)["VpnGateway"]["VpnGatewayId"]
        ec2.attach_vpn_gateway(VpnGatewayId=vgw, VpcId=vpc)
        for own, name in ((vpc, "shared-vpc"), (vgw, "shared-vgw"), (table, "their-rt"), (subnet, "their-subnet")):
            ec2.create_tags(Resources=[own], Tags=tagged(name))
        customer = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="192.0.2.251", BgpAsn=65001)["CustomerGateway"]
        ec2.create_vpn_connection(Type="ipsec.1", CustomerGatewayId=customer["CustomerGatewayId"], VpnGatewayId=vgw)
        self.settle(clouds)
        type(self).before = world(clouds)

    def settle(self, clouds: Clouds) -> None:
        wait = ("pending", "attaching")
        wait_for(lambda: not any(f"'{state}'" in repr(list(aws(clouds))) for state in wait))

    def test_check_mode_predicts(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = desk.play("site.yml", "--check", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert not run.mutating
        assert world(clouds) == self.before
        type(self).predicted = set(run.changes())

    @pytest.mark.step
    def test_build(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = desk.play("site.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert set(run.changes()) == self.predicted
        assert {"GatewaySubnet", "app", "hq-vng", "hq-1", "hq-aws-2-2"} <= self.predicted
        assert not {"net-rg", "spoke", "hq-vng-pip-1", "shared-vpc", "shared-vgw"} & self.predicted

    def test_a_second_run_changes_nothing(self, desk: Desk, inventory: Path) -> None:
        run = desk.play("site.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert run.changed == 0, run.changes().keys()
        assert run.mutating == []

    def test_destroy_leaves_all_as_it_was(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = destroy(desk, inventory, "hq")
        assert run.rc == 0, run.explain()
        after = world(clouds)
        assert after[0] == self.before[0]
        assert after[1] == self.before[1]


class TestSharedGateway:
    """Two links on one Azure gateway that is neither's, built in one run. One goes, and the other does not notice."""

    COMMON: ClassVar = {
        "s2s_vpn_azure_location": "westeurope",
        "s2s_vpn_azure_resource_group": "hub-rg",
        "s2s_vpn_azure_vnet_name": "hub",
        "s2s_vpn_azure_vnet_cidr": "10.1.0.0/16",
        "s2s_vpn_azure_gateway_name": "hub-vng",
        "s2s_vpn_aws_region": "eu-central-1",
        "s2s_vpn_adopt": ["hub-rg", "hub", "hub-vng"],
    }
    LINKS: ClassVar = {
        "hq": {"s2s_vpn_aws_vpc_cidr": "10.2.0.0/16"},
        "branch": {
            "s2s_vpn_aws_vpc_cidr": "10.3.0.0/16",
            "s2s_vpn_azure_app_subnet_name": "branch-app",
            "s2s_vpn_azure_app_subnet_cidr": "10.1.3.0/24",
            "s2s_vpn_inside_cidr_block": 1,
        },
    }
    APIPA: ClassVar = {
        "hq": {"169.254.21.2", "169.254.22.2", "169.254.21.6", "169.254.22.6"},
        "branch": {"169.254.21.10", "169.254.22.10", "169.254.21.14", "169.254.22.14"},
    }
    before: ClassVar[Any]
    hq_stands: ClassVar[Any]

    @pytest.fixture
    def inventory(self, desk: Desk) -> Path:
        path = desk.inventory("hq", {})
        hosts = {link: {**self.COMMON, **variables} for link, variables in self.LINKS.items()}
        path.write_text(json.dumps({"all": {"hosts": hosts}}))
        return path

    def gateway(self, clouds: Clouds) -> tuple[Json, set[str]]:
        """The shared gateway without its APIPA addresses, and these."""
        own = clouds.arm("GET", clouds.network("hub-rg", "virtualNetworkGateways", "hub-vng"))
        peers = own["properties"]["bgpSettings"]["bgpPeeringAddresses"]
        addresses = {address for peer in peers for address in peer.pop("customBgpIpAddresses", [])}
        return still(own), addresses

    def without_gateway(self, clouds: Clouds) -> Any:
        azure_side, aws_side = world(clouds)
        return {key: value for key, value in azure_side.items() if not key.endswith("/hub-vng")}, aws_side

    def of_hq(self, clouds: Clouds) -> list[Json]:
        """All that carries hq's tag."""
        in_azure = [one for _id, one in azure(clouds) if (one.get("tags") or {}).get("s2s_vpn:link") == "hq"]
        in_aws = [one for _kind, one in aws(clouds) if {"Key": "s2s_vpn:link", "Value": "hq"} in one.get("Tags", [])]
        return in_azure + in_aws

    @pytest.mark.step
    def test_the_hub(self, clouds: Clouds) -> None:
        vnet = make_vnet(clouds, "hub-rg", "hub")
        nat = {"id": clouds.network("hub-rg", "natGateways", "hub-nat")}
        table = make_guard(clouds, "hub-rg", "routeTables", "hub-gateway-rt")
        subnet = {"addressPrefix": "10.1.255.0/27", "routeTable": table, "natGateway": nat}
        clouds.arm("PUT", f"{vnet}/subnets/GatewaySubnet", {"properties": subnet})
        make_addresses(clouds, "hub-rg", "hub-pip-1", "hub-pip-2")
        own = clouds.network("hub-rg", "virtualNetworkGateways", "hub-vng")
        configurations = [
            {
                "name": f"instance{number}",
                "properties": {
                    "subnet": {"id": f"{vnet}/subnets/GatewaySubnet"},
                    "publicIPAddress": {"id": clouds.network("hub-rg", "publicIPAddresses", f"hub-pip-{number}")},
                },
            }
            for number in (1, 2)
        ]
        properties = {
            "gatewayType": "Vpn",
            "vpnType": "RouteBased",
            "sku": {"name": "VpnGw2AZ", "tier": "VpnGw2AZ"},
            "activeActive": True,
            "enableBgp": True,
            "ipConfigurations": configurations,
        }
        clouds.arm("PUT", own, {**LOCATION, "tags": {"owner": "network team"}, "properties": properties})
        type(self).before = (self.without_gateway(clouds), self.gateway(clouds)[0])

    @pytest.mark.step
    def test_both_are_built(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = desk.play("site.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert self.gateway(clouds) == (self.before[1], self.APIPA["hq"] | self.APIPA["branch"])
        again = desk.play("site.yml", inventory=inventory)
        assert again.rc == 0, again.explain()
        assert again.changed == 0, again.changes().keys()
        assert again.mutating == []
        type(self).hq_stands = self.of_hq(clouds)

    @pytest.mark.step
    def test_one_goes(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = destroy(desk, inventory, "branch")
        left = [one for _task, result in run.results() for one in result.get("left", ())]
        # AWS has one customer gateway for an address, and either link may have made it.
        assert {one["type"] for one in left} <= {"customer_gateway"}, run.explain()
        assert all("in use by VPN connection" in one["reason"] for one in left)
        assert (run.rc == 0) is (left == [])
        assert self.of_hq(clouds) == self.hq_stands
        verify = desk.play("verify.yml", "--limit", "hq", "-e", "s2s_vpn_verify_timeout=180", inventory=inventory)
        assert verify.rc == 0, verify.explain()
        site = desk.play("site.yml", "--limit", "hq", inventory=inventory)
        assert (site.rc, site.mutating) == (0, []), site.explain()

    def test_the_other_goes_too(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        """The gateway keeps the APIPA addresses of its links: nobody knows whether they were there before."""
        for link in ("hq", "branch"):
            run = destroy(desk, inventory, link)
            assert run.rc == 0, run.explain()
        assert (self.without_gateway(clouds), self.gateway(clouds)[0]) == self.before
        assert self.gateway(clouds)[1] == self.APIPA["hq"] | self.APIPA["branch"]
