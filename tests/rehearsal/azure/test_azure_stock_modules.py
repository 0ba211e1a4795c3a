"""Stock modules of azure.azcollection, unchanged, through HTTPS_PROXY, against the process as `up` starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal.process import cloud

PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  tasks:
    - azure.azcollection.azure_rm_resourcegroup: {name: hq-rg, location: westeurope, tags: {a: b}}
    - azure.azcollection.azure_rm_securitygroup:
        resource_group: hq-rg
        name: nsg
        rules:
          - name: own
            priority: 4000
            direction: Inbound
            access: Allow
            protocol: "*"
            source_address_prefix: [10.1.0.0/16]
            destination_address_prefix: [10.1.0.0/16]
    - azure.azcollection.azure_rm_routetable: {resource_group: hq-rg, name: rt}
    - azure.azcollection.azure_rm_virtualnetwork: {resource_group: hq-rg, name: vnet, address_prefixes: 10.1.0.0/16}
    - azure.azcollection.azure_rm_subnet:
        resource_group: hq-rg
        virtual_network: vnet
        name: app
        address_prefix_cidr: 10.1.1.0/24
        security_group: nsg
        route_table: rt
    - azure.azcollection.azure_rm_publicipaddress:
        resource_group: hq-rg
        name: pip
        sku: Standard
        allocation_method: static
        zones: ["1", "2", "3"]
"""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[dict[str, Any]]:
    with cloud("azure", tmp_path, "--gateway-seconds", "5") as facts:
        yield facts
    assert sorted(p.name for p in tmp_path.glob("*.pem")) == ["bundle.pem", "ca.pem"]


def _environment(facts: dict[str, Any]) -> dict[str, str]:
    return os.environ | {
        "HTTPS_PROXY": f"http://127.0.0.1:{facts['proxy_port']}",
        "NO_PROXY": "",
        "REQUESTS_CA_BUNDLE": facts["bundle"],
        "AZURE_SUBSCRIPTION_ID": facts["subscription"],
        "AZURE_TENANT": facts["tenant"],
        "AZURE_CLIENT_ID": facts["client_id"],
        "AZURE_SECRET": facts["secret"],
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
        "ANSIBLE_NOCOLOR": "1",
    }


@pytest.mark.full
def test_stock_modules(process: dict[str, Any], tmp_path: Path) -> None:
    playbook = tmp_path / "stock.yml"
    playbook.write_text(PLAYBOOK)
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(playbook)]
    for changed in ("changed=6", "changed=0"):
        run = subprocess.run(command, env=_environment(process), capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        assert changed in run.stdout, run.stdout


def test_a_second_process_takes_other_ports(process: dict[str, Any]) -> None:
    assert len({process[k] for k in ("arm_port", "proxy_port", "control_port")}) == 3
    assert process["pid"] > 0
