"""Registered results become lines of the journal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.hybrid.s2s_vpn.plugins.action import s2s_vpn_journal as action

from tests.unit.action.conftest import Run

ARGUMENTS = {"link": "hq", "operation": "site.yml", "journal_dir": "reports"}
VPC = {"changed": True, "vpc": {"id": "vpc-0a", "tags": {"Name": "hq-vpc"}}}
RESULTS = {
    "__aws_network_vpc": VPC,
    "aws_network_vpc_id": "vpc-0a",
    "__aws_gateway_vgw": {"changed": True, "vpn_gateway": {"vpn_gateway_id": "vgw-0a", "tags": {"Name": "hq-vgw"}}},
    "__azure_network_foundation": {"changed": False},
}


def test_lines_of_the_roles_asked_for_in_their_order(run: Run, tmp_path: Path) -> None:
    roles = ["aws_gateway", "aws_network", "azure_network"]
    result = run(action, {**ARGUMENTS, "roles": roles}, **RESULTS)
    path = tmp_path / "reports" / "hq.journal.jsonl"
    assert (result["changed"], result["lines"], result["journal"]) == (False, 2, str(path))
    found = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(one["role"], one["resource"], one["id"]) for one in found] == [
        ("aws_gateway", "hq-vgw", "vgw-0a"),
        ("aws_network", "hq-vpc", "vpc-0a"),
    ]
    assert {one["operation"] for one in found} == {"site.yml"}


def test_without_roles_it_only_sees_that_it_can_write(run: Run, tmp_path: Path) -> None:
    assert run(action, ARGUMENTS, **RESULTS)["lines"] == 0
    assert (tmp_path / "reports" / "hq.journal.jsonl").read_text() == ""


@pytest.mark.parametrize(("folder", "check"), [("", False), ("reports", True)])
def test_without_a_folder_and_in_check_mode_nothing_is_written(
    run: Run, tmp_path: Path, folder: str, check: bool
) -> None:
    arguments = {**ARGUMENTS, "journal_dir": folder, "roles": ["aws_network"]}
    assert run(action, arguments, check=check, **RESULTS) == {"changed": False, "lines": 0}
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_none_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("")
    with pytest.raises(AnsibleActionFail, match=r"reports/hq.journal.jsonl cannot be written: .*Give another folder"):
        run(action, ARGUMENTS)
