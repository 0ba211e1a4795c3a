"""What a machine of the lab runs, and where machines stand: pure, no daemon."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import probe

from rehearsal.wan.packets import agent
from rehearsal.wan.packets.aws_network import machine
from rehearsal.wan.packets.azure_network import machines, vnet
from rehearsal.wan.packets.networks import Machine, Rule

from .lab import NETWORK, VNETS
from .test_words import made


@pytest.mark.parametrize(
    "aim", [probe.Target("10.2.1.4"), probe.Target("10.2.1.4", 22), probe.Target("10.2.1.4", 22, path_mtu=False)]
)
def test_the_collections_probe_is_run(aim: probe.Target) -> None:
    assert agent.allowed("\n".join(probe.script(aim)))


@pytest.mark.parametrize(
    "script",
    [
        "id",
        "sh",
        "rm -rf /",
        "echo $(id)",
        "echo `id`",
        'echo "$(id)"',
        'echo "`id`"',
        "echo 'a' >/etc/x",
        "echo 'a' | sh",
        "echo 'a' && id",
        "echo 'a' & id",
        "ping -n 10.2.1.4 >/etc/passwd",
        "ping -n 10.2.1.4 && id",
        "ping -f 10.2.1.4",
        "ping example.com",
        "ping -n 10.2.1.4\nid",
        "if id; then id; fi",
        "while id",
        "timeout 5 id",
        "timeout 5 bash -c 'id'",
        "timeout 5 bash -c ': </etc/passwd'",
        "timeout 5 bash -c ': </dev/tcp/10.2.1.4/22; id'",
        "x=1 id",
        "x=$(id)",
        "x=`id`",
        "x=$((a[$(id)]))",
        "$x",
        "PATH=/tmp ping 10.2.1.4",
        ". /etc/profile",
        "eval 'id'",
        "exec id",
    ],
)
def test_nothing_else_is_run(script: str) -> None:
    assert not agent.allowed(script)


def test_without_a_lab_nobody_answers(tmp_path: Path) -> None:
    assert not agent.answers(tmp_path, "10.1.1.4")
    assert agent.run(tmp_path, "10.1.1.4", "echo 'a'") is None


# --- machines that somebody made --------------------------------------------------------------------------------------

CLOSED = (Rule("nobody", inbound=True, allow=False),)


def test_a_machine_beside_the_one_that_is_always_there() -> None:
    app = replace(VNETS[0].subnets[1], machines=(Machine("a", "10.1.1.4", CLOSED), Machine("b", "10.1.1.9")))
    lab = made(vnets=(replace(VNETS[0], subnets=(VNETS[0].subnets[0], app)),))
    router = "vnet.hq-rg.hq-vnet"
    assert [h.address for h in lab.hosts if h.cloud == "azure" and not h.foreign] == ["10.1.1.4", "10.1.1.9"]
    assert lab.lines["vm.hq-rg.hq-vnet.app.10.1.1.9"][-1] == "route add default via 10.1.1.1"
    assert any(line.startswith("route add 10.1.1.9 dev ") for line in lab.lines[router])
    assert lab.filters[router].count('comment "nobody"') == 1


def test_an_instance_has_its_own_groups_and_nobodys_else() -> None:
    vpc = NETWORK.vpcs[0]
    subnet = replace(vpc.subnets[0], machines=(Machine("i-1", "10.2.1.4", CLOSED),))
    lab = made(network=replace(NETWORK, vpcs=(replace(vpc, subnets=(subnet,)),)))
    assert 'comment "nobody"' in lab.filters[vpc.id]
    assert 'comment "in"' not in lab.filters[vpc.id]


def test_interfaces_of_virtual_machines() -> None:
    configuration = {"properties": {"privateIPAddress": "10.1.1.7", "subnet": {"id": "/V/subnets/App"}}}
    with_vm = {"properties": {"virtualMachine": {"id": "/x/VM1"}, "ipConfigurations": [configuration]}}
    with_nsg = {"properties": {**with_vm["properties"], "networkSecurityGroup": {"id": "/NSG"}}}
    alone = {"properties": {"ipConfigurations": [configuration]}}
    found = list(machines([with_vm, with_nsg, alone], {"/nsg": CLOSED}))
    assert found == [
        ("/v/subnets/app", Machine("vm1", "10.1.1.7")),
        ("/v/subnets/app", Machine("vm1", "10.1.1.7", CLOSED)),
    ]
    subnet = {"id": "/v/subnets/app", "name": "app", "properties": {"addressPrefix": "10.1.1.0/24"}}
    network = vnet({"id": "/v", "properties": {"subnets": [subnet]}}, {}, {}, found)
    assert [m.name for m in network.subnets[0].machines] == ["vm1", "vm1"]


def test_groups_of_an_instance() -> None:
    def group(name: str) -> dict[str, object]:
        permission = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.1.1.0/24"}]}
        return {"GroupName": name, "GroupId": f"sg-{name}", "VpcId": "vpc-1", "IpPermissions": [permission]}

    groups = [group("app"), group("db"), group("default"), {**group("db"), "VpcId": "vpc-2"}]
    body = {"InstanceId": "i-1", "VpcId": "vpc-1", "PrivateIpAddress": "10.2.1.4"}
    interfaces = [{"Groups": [{"GroupId": "sg-db"}]}]
    (rule,) = machine({**body, "NetworkInterfaces": interfaces}, groups).rules or ()
    assert rule.name == "db 1"
    (rule,) = machine({**body, "NetworkInterfaces": []}, groups).rules or ()
    assert rule.name == "default 1"
