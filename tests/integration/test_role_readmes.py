"""Every example of a role runs as it stands in its README, and needs no permission that is not listed there."""

from __future__ import annotations

import re

import pytest

from .clouds import ROOT, Call
from .runs import Desk

#: In the order in which each finds what it stands on; teardown last.
ROLES = (
    "s2s_vpn",
    "azure_network",
    "azure_gateway",
    "aws_network",
    "aws_gateway",
    "azure_connection",
    "verify",
    "monitoring",
    "operate",
    "teardown",
)
ALWAYS_ALLOWED = {"sts:getcalleridentity"}


def readme(role: str) -> str:
    return (ROOT / "roles" / role / "README.md").read_text()


def permissions(role: str) -> set[str]:
    listed = readme(role).partition("## Permissions")[2]
    return {line.lower() for line in re.findall(r"^(?:\w+:|Microsoft\.)\S+$", listed, re.MULTILINE)}


def permission(call: Call) -> str:
    service = {"monitoring": "cloudwatch"}.get(call.service, call.service)
    return (f"{service}:{call.action}" if call.cloud == "aws" else call.action).lower()


@pytest.mark.full
class TestReadmes:
    @pytest.mark.parametrize("role", ROLES)
    def test_example_runs_with_the_listed_permissions(self, role: str, desk: Desk) -> None:
        examples = re.findall(r"^```yaml\n(- .+?)^```$", readme(role), re.MULTILINE | re.DOTALL)
        assert examples
        desk.directory.mkdir(exist_ok=True)
        playbook = desk.directory / f"{role}.yml"
        playbook.write_text("".join(examples))
        run = desk.play(playbook, inventory=desk.inventory("localhost", {}))
        assert run.rc == 0, run.explain()
        used = {permission(call) for call in run.calls if call.cloud == "aws" or "/" in call.action}
        roles = set(re.findall(r"hybrid\.s2s_vpn\.(\w+)", "".join(examples))) & set(ROLES)
        assert used - ALWAYS_ALLOWED <= set().union(*map(permissions, roles))
