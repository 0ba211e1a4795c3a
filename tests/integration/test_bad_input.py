"""Wrong input, by the table bad_input.yml: each row with its exact message, and nothing is changed in any cloud.

`links`: variables of a link, laid over good ones; all are hosts of one inventory, and site.yml refuses every one.
`clashes`: links that are good alone and not together, in the same inventory.
`modules`: options of one module, on clouds in which a link's AWS side stands.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, ClassVar

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import (
    addresses,
    alarms,
    asn,
    crypto,
    fleet,
    keys,
    options,
    places,
    plan,
    probe,
    rules,
    variables,
)
from ansible_collections.hybrid.s2s_vpn.plugins.modules import aws_instance_probe, azure_vm_probe

from tests.unit.module_utils import samples

from .clouds import ROOT, Clouds
from .runs import Desk, Run
from .test_plan import GOOD

TABLE: dict[str, list[dict[str, Any]]] = yaml.safe_load(Path(__file__).with_name("bad_input.yml").read_text())
SECRET = "Invented_key"  # every key of the table begins with it
P = "s2s_vpn_"
HANDS = 3
MODULES = "ansible_collections.hybrid.s2s_vpn.plugins.modules."

#: Variables that are judged together: two rows with some of one family do not fit on one link.
FAMILIES = ("cidr", "asn", "tags", "link", "ipsec", "ike", "inside", "azure_location", "aws_region")


def families(wrong: Mapping[str, Any]) -> set[str]:
    """What a row's variables have to do with; keys and routing go with the inside CIDRs."""
    tunnels = {name for name in wrong if name in ("routing", "pre_shared_keys", "pre_shared_key") or "inside" in name}
    found = {next((family for family in FAMILIES if family in name), name) for name in set(wrong) - tunnels}
    return {"ike" if family == "ipsec" else family for family in found} | ({"inside"} if tunnels else set())


def hosts_of_links() -> tuple[dict[str, dict[str, Any]], dict[str, list[str]]]:
    """Host -> its variables, and host -> what is to be said. Rows that do not touch each other share a host."""
    hosts: dict[str, dict[str, Any]] = {}
    says: dict[str, list[str]] = {}
    taken: list[set[str]] = []
    for row in TABLE["links"]:
        own = families(row["wrong"])
        place = next((number for number, used in enumerate(taken) if not used & own), len(taken))
        if place == len(taken):
            taken.append(set())
        taken[place] |= own
        host = f"wrong-{place}"
        hosts[host] = hosts.get(host, GOOD) | prefixed(row["wrong"])
        says[host] = says.get(host, []) + row["says"]
    for row in TABLE["clashes"]:
        hosts |= {host: prefixed(own) for host, own in row["links"].items()}
        says |= dict.fromkeys(row["links"], row["says"])
    return hosts, says


def prefixed(given: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{P}{name}": value for name, value in given.items()}


def failures(run: Run, what: str) -> dict[str, str]:
    """Host (or task) -> the message of its failed task."""
    failed = (event["event_data"] for event in run.events if event["event"] == "runner_on_failed")
    return {data[what]: data["res"]["msg"] for data in failed}


def assert_harmless(run: Run) -> None:
    assert run.mutating == []
    assert "Traceback" not in run.stdout
    for text in (run.stdout, json.dumps(run.events)):
        assert SECRET not in text


class TestBadInput:
    known: ClassVar[dict[str, str]]

    def test_links(self, desk: Desk) -> None:
        """One run for all; each link tells its own faults, and no cloud is asked at all."""
        hosts, says = hosts_of_links()
        inventory = desk.inventory("links", {})
        inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
        run = desk.play("site.yml", inventory=inventory)
        assert run.calls == []
        assert_harmless(run)
        said = {host: text.splitlines() for host, text in failures(run, "host").items()}
        assert {host: sorted(lines[1:]) for host, lines in said.items()} == {
            host: sorted(f"- {fault}" for fault in faults) for host, faults in says.items()
        }
        for host, faults in says.items():
            link = hosts[host].get(f"{P}link", host)
            assert said[host][0] == f"The input of link {link} has {len(faults)} fault{'s' * (len(faults) > 1)}:"

    @pytest.mark.step
    def test_modules_in_a_play(self, desk: Desk, clouds: Clouds) -> None:
        """All that work in the controller, and one row of each other; a few hosts take the rows in turn."""
        desk.directory.mkdir(exist_ok=True)
        type(self).known = standing(clouds)
        tasks: dict[str, list[dict[str, Any]]] = defaultdict(list)
        says, seen = {}, set()
        for number, row in enumerate(TABLE["modules"]):
            if main_of(row["module"]) and row["module"] in seen:
                continue
            seen.add(row["module"])
            name = f"{number} {row['module']}"
            given, says[name] = self.filled(row)
            task = {"name": name, f"hybrid.s2s_vpn.{row['module']}": given, "ignore_errors": True}
            tasks[f"hand-{number % HANDS}"].append(task)
        for hand, own in tasks.items():
            (desk.directory / f"{hand}.yml").write_text(yaml.safe_dump(own))
        play = {
            "hosts": "all",
            "connection": "local",
            "gather_facts": False,
            "strategy": "ansible.builtin.free",
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "tasks": [{"ansible.builtin.include_tasks": f"{desk.directory}/{{{{ inventory_hostname }}}}.yml"}],
        }
        playbook = desk.directory / "modules.yml"
        playbook.write_text(yaml.safe_dump([play]))
        inventory = desk.inventory("modules", {})
        inventory.write_text(json.dumps({"all": {"hosts": dict.fromkeys(tasks)}}))
        run = desk.play(playbook, inventory=inventory)
        assert_harmless(run)
        assert failures(run, "task") == says

    def test_modules(self, clouds: Clouds, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        """Every row of those that Ansible starts as processes, without starting one for each."""
        clouds.forget_calls()
        for name, value in clouds.env.items():
            monkeypatch.setenv(name, value)
        for row in TABLE["modules"]:
            if main := main_of(row["module"]):
                given, says = self.filled(row)
                with patch_module_args(given), pytest.raises(SystemExit):
                    main()
                answer = capsys.readouterr().out
                assert json.loads(answer)["msg"] == says
                assert SECRET not in answer
        assert [call for call in clouds.calls() if call.mutating] == []

    def filled(self, row: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """The row's options and message with the ids of what stands."""
        given = documents(json.loads(filled(json.dumps(row["options"], sort_keys=True), self.known)))
        return given, filled(row["says"], self.known).rstrip("\n")


def main_of(module: str) -> Callable[[], None] | None:
    """None for those that are action plugins alone."""
    return getattr(importlib.import_module(MODULES + module), "main", None)


def standing(clouds: Clouds) -> dict[str, str]:
    """Makes AWS's side of a link; the ids by the names that the table has for them."""
    ec2 = clouds.ec2()
    vpc = ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
    tags = [{"Key": "Name", "Value": "there"}]

    def tagged(kind: str) -> list[dict[str, Any]]:
        return [{"ResourceType": kind, "Tags": tags}]

    vgw = ec2.create_vpn_gateway(Type="ipsec.1", AmazonSideAsn=64512, TagSpecifications=tagged("vpn-gateway"))
    vgw_id = vgw["VpnGateway"]["VpnGatewayId"]
    ec2.attach_vpn_gateway(VpnGatewayId=vgw_id, VpcId=vpc)
    cgw = ec2.create_customer_gateway(Type="ipsec.1", IpAddress="192.0.2.10", BgpAsn=65515)
    cgw_id = cgw["CustomerGateway"]["CustomerGatewayId"]
    vpn = ec2.create_vpn_connection(
        Type="ipsec.1",
        CustomerGatewayId=cgw_id,
        VpnGatewayId=vgw_id,
        Options={"TunnelOptions": [{"TunnelInsideCidr": "169.254.21.0/30"}, {"TunnelInsideCidr": "169.254.22.0/30"}]},
        TagSpecifications=tagged("vpn-connection"),
    )
    outside = {
        one["TunnelInsideCidr"]: one["OutsideIpAddress"]
        for one in clouds.vpn_connections()[0]["Options"]["TunnelOptions"]
    }
    return {
        "<outside>": outside["169.254.21.0/30"],
        "<vpc>": vpc,
        "<vgw>": vgw_id,
        "<cgw>": cgw_id,
        "<vpn>": vpn["VpnConnection"]["VpnConnectionId"],
        "<rtb>": ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"],
        "<subscription>": clouds.env["AZURE_SUBSCRIPTION_ID"],
    }


def filled(text: str, known: Mapping[str, str]) -> str:
    for name, value in known.items():
        text = text.replace(name, value)
    return text


def documents(given: Any) -> Any:
    """`{sample: plan}` and the like become what they name: too long for a table."""
    if isinstance(given, dict) and set(given) == {"sample"}:
        return eval(given["sample"], vars(samples))
    if isinstance(given, dict):
        return {name: documents(value) for name, value in given.items()}
    return [documents(value) for value in given] if isinstance(given, list) else given


# ------------------------------------------------------------------------------------------ does every rule have a row?

JUDGES = (
    *(rules, variables, plan, fleet, options, addresses, asn, crypto, keys),
    *(alarms, places, probe, aws_instance_probe, azure_vm_probe),
)
FAULTY = {"Fault", "fault_of", "_Refused", "refuse", "key_fault"}
OPTIONS: Mapping[str, Callable[[Mapping[str, Any]], Iterable[Any]]] = {
    "aws_customer_gateway": options.customer_gateway,
    "aws_vpn_gateway": options.vpn_gateway,
    "aws_vpn_connection": options.vpn_connection,
    "aws_tunnel_log_group": options.log_group,
    "aws_vgw_propagation": options.propagation,
    "aws_settle": options.settle,
    "aws_link_info": options.aws_reading,
    "azure_link_info": options.azure_reading,
    "aws_link_alarms": alarms.aws_faults,
    "aws_instance_probe": lambda given: faults_of(aws_instance_probe.aim(given)),
    "azure_gateway_network": options.gateway_network,
    "azure_public_addresses": options.public_addresses,
    "azure_vpn_gateway": options.azure_gateway,
    "azure_local_gateways": options.local_gateways,
    "azure_vpn_connections": options.azure_connections,
    "azure_link_alarms": alarms.azure_faults,
    "azure_retry": options.retry,
    "azure_vm_probe": lambda given: faults_of(azure_vm_probe.aim(given)),
    "s2s_vpn_operate": options.operate,
    "s2s_vpn_verify": lambda given: faults_of(places.find(given, "row")),
    "s2s_vpn_diagnose": lambda given: faults_of(places.find(given, "row")),
    "s2s_vpn_drift": lambda given: faults_of(places.find(given, "row")),
}


def faults_of(found: object) -> list[Any]:
    """Of those that give what they have read, or its faults."""
    return found if isinstance(found, list) else []


#: Made and judged in one place; the tests of the library call them otherwise.
NOT_OF_A_LINK = {"plan_fleet", "fault_of", "refuse", "key_fault", "generate", "azure_problem"}


def statements(judge: ModuleType) -> Iterator[tuple[str, int]]:
    """(file, line) of each statement that makes a fault, or words for one."""
    tree = ast.parse(inspect.getsource(judge))
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or function.name in NOT_OF_A_LINK:
            continue
        own = [node for node in ast.walk(function) if isinstance(node, ast.stmt) and node is not function]
        for node in own:
            inner = [child for field in ("body", "orelse", "handlers") for child in getattr(node, field, [])]
            if inner:
                continue
            names = {getattr(call.func, "id", getattr(call.func, "attr", "")) for call in calls(node)}
            words = isinstance(node, ast.Return) and has_words(node) and function.name.endswith(WORDY)
            if names & FAULTY or words:
                yield str(judge.__file__), node.lineno


WORDY = ("_problem", "_remote", "_network", "_tag")


def calls(node: ast.stmt) -> list[ast.Call]:
    return [child for child in ast.walk(node) if isinstance(child, ast.Call)]


def has_words(node: ast.Return) -> bool:
    return any(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in ast.walk(node))


def lines_run(act: Callable[[], object], files: set[str]) -> set[tuple[str, int]]:
    seen: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        if frame.f_code.co_filename not in files:
            return None
        if event == "line":
            seen.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return seen


def judge_all() -> None:
    plan.plan_link([])  # type: ignore[arg-type]  # the module's own check of types is before this one
    for row in TABLE["links"]:
        given = {"link": "row", **{name[len(P) :]: value for name, value in GOOD.items()}, **row["wrong"]}
        variables.misspelled(f"{P}{name}" for name in given)
        plan.plan_link(given, given.pop("pre_shared_keys", None))
    for row in TABLE["clashes"]:
        links = [{"link": name, **given} for name, given in row["links"].items()]
        fleet.faults_beside(links[0], links)
    for row in TABLE["modules"]:
        if row["module"] in OPTIONS:
            with suppress(AttributeError, KeyError, TypeError):  # of a wrong type: Ansible is before us
                list(OPTIONS[row["module"]](defaultdict(lambda: None, documents(row["options"]))))
        elif row["module"] == "s2s_vpn_plan" and isinstance(row["options"].get("input"), dict):
            plan.plan_link(row["options"]["input"])


def test_every_rule_has_a_row() -> None:
    made = {statement for judge in JUDGES for statement in statements(judge)}
    assert len(made) > 80
    run = lines_run(judge_all, {file for file, _line in made})
    missing = sorted(made - run)
    assert not missing, "\n".join(f"{file}:{line}" for file, line in missing)


def test_every_module_has_a_row() -> None:
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("[!_]*.py")}
    assert {row["module"] for row in TABLE["modules"]} == modules


def test_the_table() -> None:
    rows = [*TABLE["links"], *TABLE["clashes"], *TABLE["modules"]]
    assert len(rows) >= 60
    told = [fault for row in rows for fault in ([row["says"]] if isinstance(row["says"], str) else row["says"])]
    assert all(told)


@pytest.mark.parametrize(
    ("given", "means"),
    [
        ({"azure_asn": "65010", "aws_asn": "4200000000"}, {"azure_asn": 65010, "aws_asn": 4200000000}),
        ({"azure_asn": "", "tags": None, "inside_cidrs": "", "azure_zones": None, "routing": ""}, {}),
        ({"azure_user_defined_route": "true"}, {"azure_user_defined_route": True}),
        ({"azure_user_defined_route": "no"}, {"azure_user_defined_route": False}),
        ({"inside_cidr_block": "3", "dpd_seconds": " 60 "}, {"inside_cidr_block": 3, "dpd_seconds": 60}),
        ({"azure_zones": [1, 2]}, {"azure_zones": ["1", "2"]}),
        ({"azure_vnet_cidr": "10.1.0.0/255.255.0.0"}, {"azure_vnet_cidr": "10.1.0.0/16"}),
        ({"azure_vnet_cidr": " 10.1.0.0/26 "}, {"azure_vnet_cidr": "10.1.0.0/26"}),
        ({"aws_vpc_cidr": "10.2.0.0/28"}, {"aws_vpc_cidr": "10.2.0.0/28"}),
        ({"aws_vpc_cidr": "100.64.0.0/16"}, {"aws_vpc_cidr": "100.64.0.0/16"}),
        ({"aws_region": "us-gov-west-1"}, {"aws_region": "us-gov-west-1"}),
        ({"aws_region": "eusc-de-east-1"}, {"aws_region": "eusc-de-east-1"}),
        ({"azure_location": "usgovvirginia"}, {"azure_location": "usgovvirginia"}),
        ({"tags": {"Kostenstelle": "Zürich 4711"}}, {"tags": {"Kostenstelle": "Zürich 4711"}}),
        ({"tags": {"cost": 4711}}, {"tags": {"cost": "4711"}}),
        ({"azure_asn": 4200000001, "aws_asn": 4200000002}, {"azure_asn": 4200000001}),
        ({"azure_vnet_cidr": "203.0.112.0/22"}, {}),
    ],
    ids=str,
)
def test_unusual_input_that_is_right(given: dict[str, Any], means: dict[str, Any]) -> None:
    """As a survey of AWX gives it, or as people write it."""
    good = {"link": "hq", **{name[len(P) :]: value for name, value in GOOD.items()}}
    usual, unusual = plan.plan_link(good | means), plan.plan_link(good | given)
    assert unusual.plan is not None, unusual.faults
    if means:
        assert unusual == usual or set(means) != set(given)
