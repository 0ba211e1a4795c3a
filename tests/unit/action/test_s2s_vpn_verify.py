"""s2s_vpn_verify, s2s_vpn_diagnose and s2s_vpn_report: who is asked what, and what comes out. The clouds are answers of
the modules; what a real look finds is the integration tests' business."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.action import s2s_vpn_diagnose, s2s_vpn_report, s2s_vpn_verify
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import keys
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import plan_link

Json = dict[str, Any]
ACCOUNT, SUBSCRIPTION = "123456789012", "00000000-0000-0000-0000-00000000000a"
UNREACHABLE = {"failed": True, "msg": f"GET subscriptions/{SUBSCRIPTION}: AuthorizationFailed: no."}
FOREIGN = {"azure_gateway": "hq-rg/hq-vng", "aws_region": "eu-central-1", "aws": ["vgw-0a1b"]}


def plan() -> Json:
    given = {
        "link": "hq",
        "azure_location": "westeurope",
        "azure_vnet_cidr": "10.1.0.0/16",
        "aws_region": "eu-central-1",
        "aws_vpc_cidr": "10.2.0.0/16",
    }
    made = plan_link(given, {}, None).plan
    assert made is not None
    return made.as_dict()


def reading(cloud: str, arguments: Json) -> Json:
    """What a look at clouds without tunnels gives, with a fingerprint as a real one has it."""
    gateway = {"id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/hq-rg", "name": "hq-vng", "properties": {}}
    found: Json = {"cloud": cloud, "gateway": gateway if cloud == "azure" else {"VpnGatewayId": "vgw-0a1b"}}
    parts = ("connections", "local_gateways", "vpn_connections", "customer_gateways", "vpcs", "unread")
    found |= {part: [] for part in parts} | {"region": arguments.get("region"), "calls": 3}
    found["status"] = {"cloud": cloud, "tunnels": [], "bgp_peers": [], "learned_routes": []}
    found["fingerprints"] = {"hq-aws-1-1": keys.fingerprint("an_invented_key", arguments["fingerprint_salt"])}
    return found


class Modules:
    """Answers for the modules. `answers` is asked first, by the module's short name."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Json]] = []
        self.answers: dict[str, Callable[[Json], Json]] = {}

    def __call__(self, _action: Any, module_name: str, module_args: Json, task_vars: Any) -> Json:
        name = module_name.removeprefix("hybrid.s2s_vpn.")
        self.asked.append((name, module_args))
        if name in self.answers:
            return self.answers[name](module_args)
        cloud, _unused, what = name.partition("_")
        found = reading(cloud, {"fingerprint_salt": "none", **module_args})
        return {"reading": found} if what == "link_info" else {"status": found["status"]}

    def names(self) -> list[str]:
        return [name for name, _arguments in self.asked]


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Modules:
    found = Modules()
    for action in (s2s_vpn_verify, s2s_vpn_diagnose):
        monkeypatch.setattr(action.ActionModule, "_execute_module", partialmethod(found))
    monkeypatch.setattr(s2s_vpn_verify.time, "sleep", lambda seconds: None)
    return found


def test_one_look_reads_each_cloud_once(run: Any, modules: Modules) -> None:
    result = run(s2s_vpn_verify, {"plan": plan(), "timeout": 0})
    assert modules.names() == ["azure_link_info", "aws_link_info"]
    assert result["looks"] == 1
    assert result["failed"]
    assert "Link hq is not in order" in result["msg"]


def test_it_waits_with_the_cheap_modules_and_then_reads_once(
    run: Any, modules: Modules, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 20))
    monkeypatch.setattr(s2s_vpn_verify.time, "monotonic", lambda: next(clock))
    result = run(s2s_vpn_verify, {"plan": plan(), "timeout": 40}, s2s_vpn_progress_seconds=0)
    assert modules.names() == ["azure_vpn_status_info", "aws_vpn_status_info"] * 2 + [
        "azure_link_info",
        "aws_link_info",
    ]
    assert result["looks"] == 3


@pytest.mark.parametrize("action", [s2s_vpn_verify, s2s_vpn_diagnose])
def test_both_clouds_get_one_salt_that_is_new_for_each_look(run: Any, modules: Modules, action: Any) -> None:
    results = [run(action, FOREIGN), run(action, FOREIGN)]
    salts = [arguments["fingerprint_salt"] for _name, arguments in modules.asked]
    assert salts[0] == salts[1] != salts[2] == salts[3]
    assert all(len(salt) >= 32 for salt in salts)
    told = json.dumps(results, default=str)
    assert not [word for word in (*salts, "sha256:", "fingerprint") if word in told]


@pytest.mark.parametrize("action", [s2s_vpn_verify, s2s_vpn_diagnose])
def test_a_link_without_a_plan_is_not_waited_for(run: Any, modules: Modules, action: Any, tmp_path: Path) -> None:
    result = run(action, {**FOREIGN, "report_dir": str(tmp_path)}, inventory_hostname="localhost")
    assert modules.names() == ["azure_link_info", "aws_link_info"]
    assert modules.asked[0][1] | {"fingerprint_salt": ""} == {
        "resource_group": "hq-rg",
        "gateway_name": "hq-vng",
        "fingerprint_salt": "",
    }
    report = json.loads((tmp_path / "hq-vng.json").read_text())
    assert result["report"] == str(tmp_path / "hq-vng.json")
    assert (report["link"], report["planned"]) == ("hq-vng", False)


def test_diagnose_tells_and_does_not_fail(run: Any, modules: Modules) -> None:
    result = run(s2s_vpn_diagnose, {"plan": plan()})
    assert not result.get("failed")
    assert result["findings"]["ok"] is False
    assert result["findings"]["causes"]
    assert result["text"] == s2s_vpn_diagnose.report.causes_text(result["findings"])


@pytest.mark.parametrize("action", [s2s_vpn_verify, s2s_vpn_diagnose])
def test_a_cloud_that_does_not_answer_fails_and_is_in_the_report(
    run: Any, modules: Modules, action: Any, tmp_path: Path
) -> None:
    modules.answers = dict.fromkeys(("azure_vpn_status_info", "azure_link_info"), lambda _arguments: UNREACHABLE)
    result = run(action, {"plan": plan(), "report_dir": str(tmp_path)})
    assert result["failed"]
    assert result["msg"].startswith("hq: Azure could not be read: GET subscriptions/")
    assert modules.names()[-2:] == ["azure_link_info", "aws_link_info"]
    report = json.loads((tmp_path / "hq.json").read_text())
    assert report["ok"] is False
    assert [one["what"] for one in report["unread"]] == ["Azure"]
    assert SUBSCRIPTION not in json.dumps(report)


@pytest.mark.parametrize("cloud", ["azure", "aws"])
def test_a_gateway_of_others_that_is_not_there_is_a_mistake(run: Any, modules: Modules, cloud: str) -> None:
    def nothing(arguments: Json) -> Json:
        return {"reading": {**reading(cloud, arguments), "gateway": None}}

    modules.answers[f"{cloud}_link_info"] = nothing
    result = run(s2s_vpn_diagnose, FOREIGN)
    assert result["failed"]
    assert "there is no such gateway" in result["msg"]
    assert ("eu-central-1" in result["msg"]) is (cloud == "aws")


def test_what_has_changed_since_the_last_report(run: Any, modules: Modules, tmp_path: Path) -> None:
    arguments = {"plan": plan(), "report_dir": str(tmp_path)}
    assert "since" not in run(s2s_vpn_diagnose, arguments)["findings"]
    file = tmp_path / "hq.json"
    last = json.loads(file.read_text())
    file.write_text(json.dumps({**last, "aws": {**last["aws"], "place": "eu-west-1"}}))
    findings = run(s2s_vpn_diagnose, arguments)["findings"]
    assert findings["since"] == last["at"]
    assert any("eu-west-1" in line for line in findings["changed"])
    file.write_text("{spoilt")
    assert run(s2s_vpn_diagnose, arguments)["findings"]["changed"] == []


@pytest.mark.parametrize(
    ("arguments", "problems"),
    [
        ({}, ["neither a plan nor a gateway is given"]),
        ({"plan": {"link": "hq"}, "timeout": -1, "interval": 0}, ["not a plan", "less than 0", "less than 1"]),
        ({"azure_gateway": "hq-vng"}, ["names no virtual network gateway", "aws: it is not given"]),
    ],
)
def test_faults_are_told_at_once_and_nobody_is_asked(
    run: Any, modules: Modules, arguments: Json, problems: list[str]
) -> None:
    result = run(s2s_vpn_verify, arguments)
    assert result["failed"]
    assert all(one in result["msg"] for one in problems)
    assert modules.asked == []


def test_a_folder_that_cannot_be_written(run: Any, modules: Modules, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(s2s_vpn_verify.looking.AnsibleActionFail, match=r"hq\.json cannot be written: .*report_dir"):
        run(s2s_vpn_verify, {"plan": plan(), "timeout": 0, "report_dir": str(tmp_path / "file")})


@pytest.mark.parametrize(("severities", "fails"), [(["error"], False), (["error", "warning"], True)])
def test_the_message_names_causes_and_the_checks_of_these_severities(severities: list[str], fails: bool) -> None:
    check = {"severity": "warning", "status": "failed", "name": "mtu", "tunnel": None, "resource": "hq-vng"}
    cause = {"tunnels": ["1-1", "1-2"], "effect": "Keys differ.", "remedy": "Run site.yml.", "certainty": "certain"}
    findings = {"link": "hq", "checks": [check], "causes": [cause] * 4, "probes": [], "unread": []}
    text = s2s_vpn_verify.failure(findings, severities)
    assert ("- mtu: hq-vng" in text) is fails
    assert text.count("- tunnel 1-1 and 1-2: Keys differ. Run site.yml.") == s2s_vpn_verify.CAUSES


@pytest.mark.parametrize(("links", "in_order", "whole"), [(1, True, True), (9, True, False), (9, False, True)])
def test_a_link_of_a_fleet_that_is_in_order_is_one_line(
    run: Any,
    modules: Modules,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    links: int,
    in_order: bool,
    whole: bool,
) -> None:
    as_report = s2s_vpn_diagnose.looking.as_report
    monkeypatch.setattr(
        s2s_vpn_diagnose.looking, "as_report", lambda *given, **more: as_report(*given, **more) | {"ok": in_order}
    )
    run(s2s_vpn_diagnose, {"plan": plan()}, ansible_play_hosts_all=["hq"] * links)
    told = capsys.readouterr().out
    assert told.startswith("Link hq is")
    assert ("Tunnel  Inside CIDR" in told) is whole


def test_probes_from_both_ends(run: Any, modules: Modules) -> None:
    modules.answers["azure_vm_probe"] = lambda _arguments: {"probe": {"ok": True, "text": "answered", "path_mtu": 1380}}
    modules.answers["aws_instance_probe"] = lambda _arguments: {"failed": True, "msg": "ssm:SendCommand: AccessDenied."}
    probes = [
        {"azure_vm": "hq-rg/hq-vm", "to": "10.2.1.4", "port": 443},
        {"aws_instance": "i-0a1b", "to": "10.1.1.4", "name": "back"},
    ]
    result = run(s2s_vpn_diagnose, {"plan": plan(), "probes": probes})
    assert modules.asked[2:] == [
        ("azure_vm_probe", {"resource_group": "hq-rg", "name": "hq-vm", "to": "10.2.1.4", "port": 443}),
        ("aws_instance_probe", {"region": "eu-central-1", "instance_id": "i-0a1b", "to": "10.1.1.4", "port": None}),
    ]
    assert result["findings"]["probes"] == [
        {
            "name": "hq-rg/hq-vm to 10.2.1.4:443",
            "from": "hq-rg/hq-vm",
            "to": "10.2.1.4:443",
            "ok": True,
            "text": "answered",
            "path_mtu": 1380,
        },
        {
            "name": "back",
            "from": "i-0a1b",
            "to": "10.1.1.4",
            "ok": False,
            "text": "ssm:SendCommand: AccessDenied.",
            "path_mtu": None,
        },
    ]
    [mss] = [one for one in result["findings"]["checks"] if one["name"] == "advice.mss"]
    assert (mss["status"], mss["resource"]) == ("failed", "hq-rg/hq-vm to 10.2.1.4:443")
    assert "packets of up to 1380 bytes pass whole" in " ".join(result["table"].split())
    message = s2s_vpn_verify.failure({**result["findings"], "checks": [], "causes": []}, ["error"])
    assert message.splitlines()[1:] == ["- probe back: ssm:SendCommand: AccessDenied."]


def test_it_says_what_it_waits_for_and_what_is_usual(
    run: Any, modules: Modules, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the other tasks that wait: at the distance that the user wants, and not at every look."""
    made = plan()
    up = {
        "azure": [
            {
                "name": one["resource_name"],
                "instance": one["instance"],
                "status": "up" if one["number"] == 1 else "down",
            }
            for one in made["tunnels"]
        ],
        "aws": [{"name": one["name"], "inside_cidr": one["inside_cidr"], "status": "up"} for one in made["tunnels"]],
    }
    for cloud, tunnels in up.items():
        status = {"cloud": cloud, "tunnels": tunnels, "bgp_peers": [], "learned_routes": []}
        modules.answers[f"{cloud}_vpn_status_info"] = lambda _arguments, status=status: {"status": status}
    monkeypatch.undo()  # real time
    monkeypatch.setattr(s2s_vpn_verify.ActionModule, "_execute_module", partialmethod(modules))
    result = run(s2s_vpn_verify, {"plan": made, "timeout": 2, "interval": 1}, s2s_vpn_progress_seconds=0.75)
    lines = [line for line in capsys.readouterr().out.splitlines() if "waiting for" in line]
    assert result["looks"] == 4
    usual = "usual: 1 to 5 min after a change; given up after 2 s"
    assert lines == [
        f"hq: waiting for tunnel 1-2 and 2-2, 0 s so far; {usual}",
        f"hq: waiting for tunnel 1-2 and 2-2, 1 s so far; {usual}",
    ]
    run(s2s_vpn_verify, {"plan": made, "timeout": 1, "interval": 1}, s2s_vpn_progress_seconds=0)
    assert "waiting for" not in capsys.readouterr().out


def test_a_probe_says_that_it_still_waits(run: Any, modules: Modules, capsys: pytest.CaptureFixture[str]) -> None:
    def slow(_arguments: Json) -> Json:
        threading.Event().wait(1.5)
        return {"probe": {"ok": True, "text": "answered"}}

    modules.answers |= {"azure_vm_probe": slow, "aws_instance_probe": slow}
    probes = [
        {"azure_vm": "hq-rg/hq-vm", "to": "10.2.1.4", "port": 443},
        {"aws_instance": "i-0a1b", "to": "10.1.1.4", "name": "back"},
    ]
    run(s2s_vpn_diagnose, {"plan": plan(), "probes": probes}, s2s_vpn_progress_seconds=1)
    assert [line for line in capsys.readouterr().out.splitlines() if "waiting for" in line] == [
        "hq: waiting for probe hq-rg/hq-vm to 10.2.1.4:443, 1 s so far; usual: 30 s to 3 min",
        "hq: waiting for probe back, 1 s so far; usual: 5 s to 1 min",
    ]


def test_the_page_is_made_of_the_reports_that_are_given(run: Any, modules: Modules, tmp_path: Path) -> None:
    for link in ("hq", "branch", "stale"):
        run(s2s_vpn_diagnose, {**FOREIGN, "link": link, "report_dir": str(tmp_path)})
    files = [str(tmp_path / f"{link}.json") for link in ("hq", "branch", "missing")]
    result = run(s2s_vpn_report, {"report_dir": str(tmp_path), "reports": files})
    page, junit = Path(result["page"]).read_text(), Path(result["junit"]).read_text()
    assert page.lower().startswith("<!doctype html>")
    for text in (page, junit):
        assert "branch" in text
        assert "stale" not in text
