"""Every module's EXAMPLES run as they stand, on one pair of clouds, in the order in which each finds what it needs.

Only ids that a cloud hands out are put in the place of the ids written there.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from .clouds import ROOT, Clouds
from .runs import Desk, Run

MODULES = "ansible_collections.hybrid.s2s_vpn.plugins.modules."
GROUP = "hq-rg"
ELSEWHERE = {
    "s2s_vpn_drift": "test_drift runs it as a playbook",
    "s2s_vpn_operate": "its examples need a link that is up: test_operate runs all of them as playbooks",
    "s2s_vpn_verify": "its example is that of role verify, which test_role_readmes runs",
}


def examples(module: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load(importlib.import_module(MODULES + module).EXAMPLES))


class TestModuleExamples:
    """`ran` counts the tasks of each module's examples that were run."""

    ran: Mapping[str, set[int]] = {}

    def run(
        self, desk: Desk, module: str, *numbers: int, instead: Mapping[str, str] | None = None, **variables: Any
    ) -> Run:
        tasks = examples(module)
        chosen = numbers or range(len(tasks))
        type(self).ran = {**self.ran, module: self.ran.get(module, set()) | set(chosen)}
        text = yaml.safe_dump([tasks[number] for number in chosen], sort_keys=False)
        for written, real in (instead or {}).items():
            assert written in text, f"{written} is not in the examples of {module}"
            text = text.replace(written, real)
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", **variables},
            "tasks": yaml.safe_load(text),
        }
        desk.directory.mkdir(exist_ok=True)
        playbook = desk.directory / "example.yml"
        playbook.write_text(yaml.safe_dump([play], sort_keys=False))
        run = desk.play(playbook, inventory=desk.inventory("localhost", {}))
        assert run.rc == 0, f"{module}: {run.explain()}"
        return run

    @pytest.mark.step
    def test_on_empty_clouds(self, desk: Desk, clouds: Clouds) -> None:
        self.run(desk, "s2s_vpn_plan")
        self.run(desk, "s2s_vpn_journal")
        subscription = clouds.env["AZURE_SUBSCRIPTION_ID"]
        self.run(desk, "s2s_vpn_preflight", instead={"00000000-0000-0000-0000-000000000000": subscription})

    @pytest.mark.step
    def test_azure_gateway(self, desk: Desk, clouds: Clouds) -> None:
        self.run(desk, "azure_gateway_network", 0)
        vnet = clouds.network(GROUP, "virtualNetworks", "hq-vnet")
        made = clouds.arm("GET", vnet)
        assert [one["name"] for one in made["properties"]["subnets"]] == ["GatewaySubnet"]
        clouds.fault("azure", "operation-failed", "*/virtualNetworks/write")
        with pytest.raises(AssertionError, match="Failed"):
            clouds.arm("PUT", vnet, {name: made[name] for name in ("location", "tags", "properties")})
        self.run(desk, "azure_retry", preflight={"existing": {"azure": {"failed": [vnet]}}})
        assert clouds.arm("GET", vnet)["properties"]["provisioningState"] == "Succeeded"
        for kind, name in (("networkSecurityGroups", "hq-app-nsg"), ("routeTables", "hq-app-rt")):
            clouds.arm("PUT", clouds.network(GROUP, kind, name), {"location": "westeurope"})
        assert "changed=1 " in self.run(desk, "azure_gateway_network", 1).stdout
        assert "changed=0 " in self.run(desk, "azure_gateway_network", 1).stdout
        self.run(desk, "azure_public_addresses")
        self.run(desk, "azure_vpn_gateway", 0, 1)
        shown = self.run(desk, "azure_vpn_gateway_info").stdout
        assert "192.0.2.10" in shown
        assert "192.0.2.11" in shown

    def test_a_vpc_of_two_runs_at_once(self, desk: Desk, clouds: Clouds) -> None:
        ec2, name = clouds.ec2(), [{"Name": "tag:Name", "Values": ["hq-vpc"]}]
        self.run(desk, "aws_settle")
        (vpc,) = ec2.describe_vpcs(Filters=name)["Vpcs"]
        ec2.delete_vpc(VpcId=vpc["VpcId"])

    @pytest.mark.step
    def test_aws_side(self, desk: Desk, clouds: Clouds) -> None:
        ec2 = clouds.ec2()
        vpc = ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        self.run(desk, "aws_vpn_gateway", 0, instead={"vpc-0a1b2c3d4e5f60718": vpc})
        (gateway,) = ec2.describe_vpn_gateways()["VpnGateways"]
        vgw = {"vgw-0a1b2c3d4e5f60718": gateway["VpnGatewayId"]}
        self.run(desk, "aws_vgw_propagation", instead={**vgw, "rtb-0a1b2c3d4e5f60718": table})
        for number, other in (
            (1, {}),
            (2, {"hq-1": "hq-2", "169.254.21.0": "169.254.21.4", "169.254.22.0": "169.254.22.4"}),
        ):
            address = {} if number == 1 else {"192.0.2.10": "192.0.2.11", "hq-azure-1": "hq-azure-2"}
            self.run(desk, "aws_customer_gateway", 0, instead=address)
            wanted = [{"Name": "ip-address", "Values": [f"192.0.2.{9 + number}"]}]
            (customer,) = ec2.describe_customer_gateways(Filters=wanted)["CustomerGateways"]
            ids = {**vgw, "cgw-0a1b2c3d4e5f60718": customer["CustomerGatewayId"]}
            self.run(desk, "aws_vpn_connection", 0, instead={**ids, **other})
        assert len(clouds.vpn_connections()) == 2
        shown = self.run(desk, "aws_vpn_connection_info").stdout
        assert "198.51.100." in shown or "203.0.113." in shown
        self.run(desk, "aws_vpn_status_info")
        self.run(desk, "aws_link_info")
        self.run(desk, "aws_tunnel_log_group")
        self.run(desk, "aws_link_alarms", 0)
        ((_task, planned),) = desk.runs[-1].results()
        owner = planned["ansible_facts"]["s2s_vpn_plan"]["owner"]["id"]
        ids = [one["VpnConnectionId"] for one in clouds.vpn_connections()]
        ec2.create_tags(Resources=ids, Tags=[{"Key": "s2s_vpn:id", "Value": owner}])
        self.run(desk, "aws_link_alarms")

    @pytest.mark.step
    def test_azure_side(self, desk: Desk, clouds: Clouds) -> None:
        saved = desk.directory / "vpn-0123456789abcdef0.xml"
        configuration = clouds.vpn_connections()[0]["CustomerGatewayConfiguration"]
        saved.write_text(configuration)
        self.run(desk, "azure_local_gateway_facts")
        found = next(
            result["ansible_facts"]
            for _task, result in reversed(list(desk.runs[-1].results()))
            if len((result.get("ansible_facts") or {}).get("s2s_vpn_connections", ())) == 4
        )
        self.run(desk, "azure_local_gateways", s2s_vpn_local_gateways=found["s2s_vpn_local_gateways"])
        key = next(iter(clouds.aws_keys().values()))
        self.run(desk, "azure_vpn_connections", s2s_vpn_connections=found["s2s_vpn_connections"], vault_hq_key=key)
        assert len(clouds.azure_keys("hq")) == 4
        self.run(desk, "azure_vpn_status_info")
        self.run(desk, "azure_link_info")
        self.run(desk, "s2s_vpn_diagnose")
        self.run(desk, "s2s_vpn_report")
        self.run(desk, "azure_link_alarms")

    @pytest.mark.step
    def test_removal(self, desk: Desk, clouds: Clouds) -> None:
        ids = [one["VpnConnectionId"] for one in clouds.vpn_connections()]
        for one in ids:
            self.run(desk, "aws_vpn_connection", 1, instead={"vpn-0a1b2c3d4e5f60718": one})
        self.run(desk, "aws_vpn_gateway", 1)
        self.run(desk, "aws_customer_gateway", 1)
        self.run(desk, "aws_link_teardown")
        for name in sorted(clouds.azure_keys("hq")):
            clouds.arm("DELETE", clouds.network(GROUP, "connections", name))
        self.run(desk, "azure_vpn_gateway", 2)
        self.run(desk, "azure_link_teardown")
        assert clouds.vpn_connections() == []
        assert clouds.arm_list(clouds.network(GROUP, "virtualNetworkGateways")) == []

    def test_probes_that_nobody_answers(self, desk: Desk, clouds: Clouds) -> None:
        """No packets here; tests/rehearsal/packets/test_probe.py has those that are answered."""
        location = {"location": "westeurope"}
        clouds.arm("PUT", clouds.group(GROUP), location)
        vnet, interface = (clouds.network(GROUP, kind, "probe") for kind in ("virtualNetworks", "networkInterfaces"))
        subnet = {"name": "app", "properties": {"addressPrefix": "10.9.1.0/24"}}
        network = {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}, "subnets": [subnet]}
        clouds.arm("PUT", vnet, {**location, "properties": network})
        configuration = {"name": "c", "properties": {"subnet": {"id": f"{vnet}/subnets/app"}}}
        clouds.arm("PUT", interface, {**location, "properties": {"ipConfigurations": [configuration]}})
        machine = {
            "hardwareProfile": {"vmSize": "Standard_B1s"},
            "networkProfile": {"networkInterfaces": [{"id": interface}]},
        }
        path = f"{clouds.group(GROUP)}/providers/Microsoft.Compute/virtualMachines/hq-vm"
        clouds.arm("PUT", path, {**location, "properties": machine})
        said = self.run(desk, "azure_vm_probe").stdout
        assert "hq-vm gave no answer" in said
        assert "has not reported status" in said
        ec2 = clouds.ec2()
        vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
        place = ec2.create_subnet(VpcId=vpc, CidrBlock="10.8.1.0/24")["Subnet"]["SubnetId"]
        image = "ami-0a1b2c3d4e5f60718"
        (made,) = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=place)["Instances"]
        said = self.run(desk, "aws_instance_probe", instead={"i-0a1b2c3d4e5f60718": made["InstanceId"]}).stdout
        assert f"{made['InstanceId']} gave no answer" in said
        assert "Systems Manager does not have it" in said

    def test_every_example_of_every_module_was_run(self) -> None:
        modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
        assert {name: set(range(len(examples(name)))) for name in modules - set(ELSEWHERE)} == dict(self.ran)
