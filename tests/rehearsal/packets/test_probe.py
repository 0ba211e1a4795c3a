"""Run Command of both clouds looks along the data path: through the tunnels, from the machine's own network."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from rehearsal.cli import main, variables
from rehearsal.files import read_json
from rehearsal.wan.packets.room import enter
from tests.integration.runs import Desk
from tests.rehearsal.wan.hand import LOCATION, REGION, seen, wait

from .hand import AWS_VM, AZURE_APP, AZURE_VM, Machines

Json = dict[str, Any]

COMPUTE = "2024-07-01"
MTU = 1400  # bytes, of a tunnel
PORT = 8080


@pytest.fixture(scope="module")
def made(standing: Machines) -> Iterator[Json]:
    """A virtual machine and an instance, at the addresses that the lab has from the start."""
    azure, ec2 = standing.azure, standing.aws.ec2
    interface = azure.id("networkInterfaces", "hq-vm-nic")
    configuration = {"name": "ipconfig1", "properties": {"subnet": {"id": standing.app}}}
    azure.put(interface, {"ipConfigurations": [configuration]})
    machine = f"{azure.root}/providers/Microsoft.Compute/virtualMachines/hq-vm"
    azure.call("PUT", machine, vm(interface), COMPUTE)
    wait("the VM", lambda: get(standing, machine)["properties"]["provisioningState"] == "Succeeded")
    instance = ec2.run_instances(
        ImageId="ami-0a1b2c3d4e5f60718",
        MinCount=1,
        MaxCount=1,
        SubnetId=standing.subnet,
        SecurityGroupIds=[standing.group],
    )["Instances"][0]
    assert instance["PrivateIpAddress"] == AWS_VM
    yield {"vm": machine, "instance": instance["InstanceId"]}
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    azure.call("DELETE", machine, api=COMPUTE)


def vm(interface: str) -> Json:
    return {
        "location": LOCATION,
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_B1s"},
            "networkProfile": {"networkInterfaces": [{"id": interface, "properties": {"primary": True}}]},
        },
    }


def get(link: Machines, path: str) -> Json:
    body: Json = link.azure.call("GET", path, api=COMPUTE).json()
    return body


@contextlib.contextmanager
def listening(link: Machines, address: str) -> Iterator[None]:
    """Something answers at PORT of a machine of the lab."""
    script = (
        "import socket\nserver = socket.create_server(('', " + str(PORT) + "))\nprint('up', flush=True)\n"
        "while True: server.accept()[0].close()"
    )
    host = link.lab.host(address)
    command = enter(link.lab.lab["pid"], ["timeout", "--foreground", "120", "python3", "-c", script], host["namespace"])
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # nsenter has children in the room
        process.wait(10)


# --- the clouds' own calls --------------------------------------------------------------------------------------------


def run_command(link: Machines, machine: str, *script: str) -> str:
    answer = link.azure.post(f"{machine}/runCommand", {"commandId": "RunShellScript", "script": script}, COMPUTE)
    (status,) = answer["value"]
    return str(status["message"])


def test_run_command_runs_where_the_machine_is(link: Machines, made: Json) -> None:
    said = run_command(link, made["vm"], f"ping -n -c 1 -W 2 {AWS_VM}", "echo 'done'")
    assert said.startswith("Enable succeeded: \n[stdout]\nPING 10.2.1.4")
    assert "1 received" in said
    assert "done\n" in said
    hops = run_command(link, made["vm"], f"ping -n -c 1 -W 2 -t 1 {AWS_VM}")
    assert "From 10.1.1.1 icmp_seq=1 Time to live exceeded" in hops, "the first hop is the VNet's router"


def test_nothing_else_is_run(link: Machines, made: Json, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    for script in (
        f"touch {trace}",
        f"echo a >{trace}",
        f"echo $(touch {trace})",
        f"ping -c 1 {AWS_VM}; touch {trace}",
    ):
        assert "and nothing else" in run_command(link, made["vm"], script)
    assert not trace.exists()


def test_systems_manager_runs_where_the_instance_is(link: Machines, made: Json) -> None:
    ssm = systems_manager(link)
    (known,) = ssm.describe_instance_information()["InstanceInformationList"]
    assert (known["InstanceId"], known["IPAddress"]) == (made["instance"], AWS_VM)
    commands = {"commands": [f"ping -n -c 1 -W 2 {AZURE_VM}"]}
    sent = ssm.send_command(InstanceIds=[made["instance"]], DocumentName="AWS-RunShellScript", Parameters=commands)
    which = {"CommandId": sent["Command"]["CommandId"], "InstanceId": made["instance"]}
    found = wait("its end", lambda: (f := ssm.get_command_invocation(**which))["Status"] != "InProgress" and f)
    assert (found["Status"], found["ResponseCode"]) == ("Success", 0)
    assert "1 received" in found["StandardOutputContent"]


def systems_manager(link: Machines) -> Any:
    about = read_json(link.directory / "aws.json")
    return boto3.client(
        "ssm",
        region_name=REGION,
        endpoint_url=f"http://127.0.0.1:{about['port']}",
        aws_access_key_id=about["access_key"],
        aws_secret_access_key=about["secret_key"],
    )


def test_a_second_machine_has_its_own_address_and_filter(link: Machines, made: Json) -> None:
    ec2 = link.aws.ec2
    closed = ec2.create_security_group(GroupName="closed", Description="closed", VpcId=link.aws.vpc)["GroupId"]
    instance = ec2.run_instances(
        ImageId="ami-0a1b2c3d4e5f60718",
        MinCount=1,
        MaxCount=1,
        NetworkInterfaces=[
            {"DeviceIndex": 0, "SubnetId": link.subnet, "PrivateIpAddress": "10.2.1.77", "Groups": [closed]}
        ],
    )["Instances"][0]["InstanceId"]
    opened = {"GroupId": closed, "IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.1.1.0/24"}]}]}
    try:
        wait("the machine", lambda: "10.2.1.77" in {h["address"] for h in link.lab.lab["hosts"]})
        wait("a way out", lambda: link.ping("10.2.1.77", "azure"))
        assert not link.ping("azure", "10.2.1.77"), "it may go out, and nobody in"
        ec2.authorize_security_group_ingress(**opened)
        wait("the rule", lambda: link.ping("azure", "10.2.1.77"))
    finally:
        ec2.terminate_instances(InstanceIds=[instance])
    wait("its end", lambda: "10.2.1.77" not in {h["address"] for h in link.lab.lab["hosts"]})
    ec2.revoke_security_group_ingress(**opened)  # where no machine is known, all groups count


def test_a_rule_that_names_a_group_or_a_prefix_list(link: Machines, made: Json) -> None:
    """Who carries the named group comes in, and of the other cloud nobody until a prefix list names its range."""
    ec2, address = link.aws.ec2, "10.2.2.9"
    subnet = ec2.create_subnet(VpcId=link.aws.vpc, CidrBlock="10.2.2.0/24")["Subnet"]["SubnetId"]
    joined = ec2.associate_route_table(RouteTableId=link.table, SubnetId=subnet)["AssociationId"]
    inner = ec2.create_security_group(GroupName="inner", Description="inner", VpcId=link.aws.vpc)["GroupId"]
    place = {"DeviceIndex": 0, "SubnetId": subnet, "PrivateIpAddress": address, "DeleteOnTermination": True}
    interface = {**place, "Groups": [inner]}
    instance = ec2.run_instances(
        ImageId="ami-0a1b2c3d4e5f60718", MinCount=1, MaxCount=1, NetworkInterfaces=[interface]
    )["Instances"][0]["InstanceId"]
    ranges = ec2.create_managed_prefix_list(
        PrefixListName="partner", MaxEntries=1, AddressFamily="IPv4", Entries=[{"Cidr": AZURE_APP}]
    )["PrefixList"]["PrefixListId"]
    try:
        wait("the machine", lambda: seen(link.directory) and address in {h["address"] for h in link.lab.lab["hosts"]})
        assert not link.ping(AWS_VM, address)
        admit(link, inner, UserIdGroupPairs=[{"GroupId": link.group}])
        wait("the group", lambda: link.ping(AWS_VM, address))
        assert not link.ping(AZURE_VM, address)
        admit(link, inner, PrefixListIds=[{"PrefixListId": ranges}])
        wait("the list", lambda: link.ping(AZURE_VM, address))
    finally:
        ec2.terminate_instances(InstanceIds=[instance])
        ec2.disassociate_route_table(AssociationId=joined)
        ec2.delete_subnet(SubnetId=subnet)
        ec2.delete_security_group(GroupId=inner)
        ec2.delete_managed_prefix_list(PrefixListId=ranges)


def admit(link: Machines, group: str, **source: Any) -> None:
    link.aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{"IpProtocol": "-1", **source}])


# --- the modules ------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(link: Machines, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    env = variables(read_json(link.directory / "azure.json"), read_json(link.directory / "aws.json"))
    return Desk(tmp_path_factory.mktemp("desk"), env)


def probes(desk: Desk, made: Json, port: int | None = None, *arguments: str) -> tuple[Json, Json]:
    """What each side's module says of the other side."""
    common = {"port": port} if port else {}
    modules = (
        ("azure_vm_probe", {"resource_group": "hand-rg", "name": "hq-vm", "to": AWS_VM, "timeout": 60}),
        ("aws_instance_probe", {"region": REGION, "instance_id": made["instance"], "to": AZURE_VM, "timeout": 60}),
    )
    tasks = [{f"hybrid.s2s_vpn.{name}": {**options, **common}} for name, options in modules]
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    book = desk.directory / "probe.json"
    book.write_text(json.dumps([{**play, "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}}]))
    run = desk.play(book, *arguments, inventory=desk.inventory("localhost", {}))
    assert run.rc == 0, run.explain()
    found = [result["probe"] for _task, result in run.results() if "probe" in result]
    assert len(found) == 2, run.explain()
    return found[0], found[1]


def test_both_ways_through_the_tunnels(link: Machines, desk: Desk, made: Json) -> None:
    for found in probes(desk, made):
        assert (found["ok"], found["answered"], found["path_mtu"]) == (True, True, MTU), found["text"]
        assert found["ping"]["received"] == 3
    with listening(link, AWS_VM), listening(link, AZURE_VM):
        assert [(p["tcp"], p["ok"]) for p in probes(desk, made, PORT)] == [("open", True)] * 2
    assert [(p["tcp"], p["ok"]) for p in probes(desk, made, PORT)] == [("refused", False)] * 2


def test_check_mode_asks_nobody(link: Machines, desk: Desk, made: Json) -> None:
    found = probes(desk, made, PORT, "--check")
    assert [p["text"] for p in found] == [
        f"check mode: hq-vm would probe {AWS_VM}:{PORT}",
        f"check mode: {made['instance']} would probe {AZURE_VM}:{PORT}",
    ]
    assert all("ping -n" in p["command"] for p in found)


def test_verify_takes_probes_into_its_report(link: Machines, desk: Desk, made: Json) -> None:
    asked = [
        {"azure_vm": "hand-rg/hq-vm", "to": AWS_VM, "name": "there"},
        {"aws_instance": made["instance"], "to": AZURE_VM, "port": PORT, "name": "back"},
    ]
    variables_ = {
        "s2s_vpn_diagnose_azure_gateway": "hand-rg/hand-vng",
        "s2s_vpn_aws_region": REGION,
        "s2s_vpn_diagnose_aws": [link.aws.vgw],
        "s2s_vpn_report_dir": str(desk.reports),
        "s2s_vpn_probes": asked,
    }
    run = desk.play("verify.yml", inventory=desk.inventory("hand", variables_))
    assert run.rc != 0, "nothing listens at the port of the second"
    report = json.loads((desk.reports / "hand.json").read_text())
    there, back = report["probes"]
    assert there["ok"], there
    assert "packets of up to 1400 bytes pass whole" in there["text"]
    assert there["path_mtu"] == MTU
    judged = {one["resource"]: (one["status"], one["found"]) for one in report["checks"] if one["name"] == "advice.mss"}
    assert judged["there"] == ("ok", "packets of up to 1400 bytes pass whole")
    assert "Advice:" not in run.stdout, "it is measured"
    assert not back["ok"]
    assert f"port {PORT} is refused" in back["text"]


def test_a_cut_of_all_tunnels_is_silence(link: Machines, desk: Desk, made: Json) -> None:
    where = ["--dir", str(link.directory)]
    for row in range(4):
        assert main(["cut", link.aws.tunnel(row)["OutsideIpAddress"], *where]) == 0
    try:
        wait("silence", lambda: not link.ping("azure", "aws", 3))
        for found in probes(desk, made, PORT):
            assert (found["ok"], found["answered"], found["path_mtu"]) == (False, True, None)
            assert found["ping"]["received"] == 0
            assert found["tcp"] in ("silent", "unreachable")
            assert "answered none of 3 pings" in found["text"]
    finally:
        assert main(["heal", *where]) == 0
