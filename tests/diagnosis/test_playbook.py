"""diagnose.yml tells a user what the table's tests see in process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.runs import Desk, Run

from .conftest import environment
from .examiner import Examiner
from .faults import ALL
from .link import VARIABLES, Json
from .shown import broken


@pytest.fixture(scope="module")
def desk(rehearsal: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"), environment(rehearsal))  # short: Ansible puts a socket below it


def diagnose(desk: Desk, *arguments: str, planned: bool = True) -> Run:
    variables = {f"s2s_vpn_{name}": value for name, value in VARIABLES["bgp"].items()} if planned else {}
    run = desk.play("diagnose.yml", *arguments, inventory=desk.inventory("hq" if planned else "localhost", variables))
    assert run.rc == 0, run.explain()
    return run


def causes(run: Run) -> list[Json]:
    return [cause for _task, result in run.results() if "findings" in result for cause in result["findings"]["causes"]]


def test_a_healthy_link(bgp: Examiner, desk: Desk) -> None:
    run = diagnose(desk)
    assert causes(run) == []
    assert "No cause was found." in run.stdout


def test_two_mistakes_in_a_planned_link(bgp: Examiner, desk: Desk) -> None:
    with broken(bgp, ALL["key differs, changed on Azure"], ALL["propagation off on AWS"]):
        keys = bgp.link.keys()
        run = diagnose(desk)
    found = causes(run)
    assert [(c["name"], c["side"]) for c in found] == [("keys-differ", "both"), ("propagation-off", "aws")]
    for cause in found:
        assert cause["name"] in run.stdout
        for line in (cause["effect"], cause["remedy"], *cause["evidence"]["azure"], *cause["evidence"]["aws"]):
            assert line in " ".join(run.stdout.split()), line
    assert [key for key in keys if key in run.stdout] == []


def test_a_link_that_others_have_built(bgp: Examiner, desk: Desk) -> None:
    link = bgp.link
    ends = {
        "s2s_vpn_diagnose_azure_gateway": "hq-rg/hq-vng",
        "s2s_vpn_aws_region": link.ec2.meta.region_name,
        "s2s_vpn_diagnose_aws": link.ids["vgw"],
    }
    words = [word for name, value in ends.items() for word in ("-e", f"{name}={value}")]
    with broken(bgp, ALL["custom BGP addresses missing"]):
        run = diagnose(desk, *words, planned=False)
    (cause,) = causes(run)
    assert (cause["name"], cause["side"], cause["tunnels"]) == ("apipa-missing", "azure", ["1-2"])
    assert cause["remedy"] in " ".join(run.stdout.split())
