"""What a long task says while it waits: the words, and a real run of ansible-playbook in which they appear."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils import progress

from tests.conftest import ROOT

PLAY = """
- hosts: all
  connection: local
  gather_facts: false
  tasks:
    - name: Wait
      slow:
        name: "{{ inventory_hostname }}-vng"
        seconds: 1.4
      register: waited
    - ansible.builtin.debug:
        msg: "result {{ waited.slept }}"
"""
INVENTORY = """
all:
  hosts:
    hq:
    branch:
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    s2s_vpn_link: "{{ inventory_hostname }}"
"""
MODULE = """
import time
from itertools import islice
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule({"name": {"type": "str"}, "seconds": {"type": "float"}})
time.sleep(module.params["seconds"])
module.exit_json(slept=module.params["seconds"])
"""
ACTION = """
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils.progress import WaitingAction
class ActionModule(WaitingAction):
    def subject(self, args):
        return f"VPN gateway {args['name']}", "20 to 70 min"
"""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (61.9, "61 s"),
        (119, "119 s"),
        (120, "2 min"),
        (3599, "59 min"),
        (3900, "1 h 05 min"),
        (7260, "2 h 01 min"),
    ],
)
def test_how_long(seconds: float, words: str) -> None:
    assert progress.spent(seconds) == words


def test_lines_come_while_it_waits_and_end_with_it() -> None:
    lines: list[str] = []
    with progress.told(lines.append, "hq", "VPN gateway hq-vng", "20 to 70 min", every=0.05):
        deadline = time.monotonic() + 10
        while len(lines) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    heard = len(lines)
    assert heard >= 2
    assert lines[0] == "hq: waiting for VPN gateway hq-vng, 0 s so far; usual: 20 to 70 min"
    time.sleep(0.2)
    assert len(lines) == heard


def test_later_lines_are_rarer() -> None:
    minutes = [moment / 60 for moment in islice(progress.moments(60), 9)]
    assert minutes == [1, 2, 3, 4, 5, 10, 15, 20, 25]


def test_none_for_a_short_task_nor_where_they_are_off() -> None:
    lines: list[str] = []
    with progress.told(lines.append, "hq", "it", every=60):
        pass
    with progress.told(lines.append, "hq", "it", every=0):
        time.sleep(0.05)
    assert lines == []


def play(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    for name, text in (
        ("play.yml", PLAY),
        ("hosts.yml", INVENTORY),
        ("library/slow.py", MODULE),
        ("action_plugins/slow.py", ACTION),
    ):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.yml", "play.yml", *more]
    configured = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(ROOT / ".venv" / "collections")
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": configured, "ANSIBLE_NOCOLOR": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_run_tells_of_every_link(tmp_path: Path) -> None:
    run = play(tmp_path, "-e", "s2s_vpn_progress_seconds=0.5")
    assert run.returncode == 0, run.stdout + run.stderr
    for link in ("hq", "branch"):
        line = rf"^{link}: waiting for VPN gateway {link}-vng, \d+ s so far; usual: 20 to 70 min$"
        assert len(re.findall(line, run.stdout, re.MULTILINE)) >= 2, run.stdout
    assert run.stdout.count("result 1.4") == 2
    assert "\r" not in run.stdout


def test_a_run_says_what_is_wrong_with_the_variable(tmp_path: Path) -> None:
    run = play(tmp_path, "-e", "s2s_vpn_progress_seconds=often", "--limit", "hq")
    assert run.returncode == 2
    assert (
        "s2s_vpn_progress_seconds = often: it is not a number. Write seconds, or 0 for no lines."
        in run.stdout + run.stderr
    )


@pytest.mark.parametrize(
    ("module", "args", "subject"),
    [
        ("azure_vpn_gateway", {"name": "hq-vng"}, "VPN gateway hq-vng"),
        ("azure_vpn_connections", {"gateway_name": "hq-vng"}, "connections of VPN gateway hq-vng"),
        ("azure_link_teardown", {"resource_group": "hq-rg"}, "what is deleted from resource group hq-rg"),
        ("aws_link_teardown", {"link": "hq"}, "what is deleted of link hq in AWS"),
        ("aws_vpn_gateway", {"name": "hq-vgw"}, "virtual private gateway hq-vgw"),
        ("aws_vpn_connection", {"vpn_connection_id": "vpn-1"}, "VPN connection vpn-1"),
        ("aws_vpn_connection_info", {"vpn_connection_ids": ["vpn-1", "vpn-2"]}, "VPN connections vpn-1 vpn-2"),
    ],
)
def test_each_waiting_module_names_its_resource(module: str, args: dict[str, object], subject: str) -> None:
    plugin = importlib.import_module(f"ansible_collections.hybrid.s2s_vpn.plugins.action.{module}")
    action = plugin.ActionModule(MagicMock(async_val=0), *(MagicMock() for _unused in range(5)))
    named, usual = action.subject(args)
    assert named == subject
    assert re.search(r"\d+ min", usual)
