"""Defaults, argument_specs, README and planner name the same variables; playbooks name entry points that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
#: Not part of the plan's input: a secret, checks of the preflight, and where the plan is written.
BESIDE_THE_INPUT = {
    "pre_shared_keys",
    "expected_aws_account",
    "expected_azure_subscription",
    "for_build",
    "change_routing",
    "plan_show",
    "plan_table_file",
    "plan_diagram_file",
}


def load(role: str, path: str) -> Any:
    return yaml.safe_load((ROOT / "roles" / role / path).read_text())


def defaults_of(role: str) -> dict[str, Any]:
    """A role that needs all its arguments has no file of defaults."""
    exists = (ROOT / "roles" / role / "defaults/main.yml").exists()
    return load(role, "defaults/main.yml") if exists else {}


def entry_points(role: str) -> dict[str, Any]:
    return load(role, "meta/argument_specs.yml")["argument_specs"]


def flat(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Tasks, and those inside their blocks."""
    for task in tasks:
        yield task
        for part in ("block", "rescue", "always"):
            yield from flat(task.get(part, []))


def imported_roles() -> Iterator[tuple[str, str]]:
    """(role, tasks_from) of every import in the playbooks."""
    for playbook in sorted((ROOT / "playbooks").glob("*.yml")):
        for play in yaml.safe_load(playbook.read_text()):
            for task in flat(play.get("tasks", [])):
                arguments = task.get("ansible.builtin.import_role") or task.get("ansible.builtin.include_role")
                if arguments:
                    yield arguments["name"].removeprefix("hybrid.s2s_vpn."), arguments.get("tasks_from", "main")


def journaled() -> Iterator[str]:
    """Roles whose results a playbook writes into the journal."""
    for playbook in sorted((ROOT / "playbooks").glob("*.yml")):
        for play in yaml.safe_load(playbook.read_text()):
            for task in flat(play.get("tasks", [])):
                yield from (task.get("hybrid.s2s_vpn.s2s_vpn_journal") or {}).get("roles", [])


@pytest.mark.parametrize("role", sorted(set(journaled()) & set(ROLES)))
def test_what_changes_something_is_registered_under_the_role_for_the_journal(role: str) -> None:
    reads = ("ansible.builtin.", "_info", "_facts")
    for path in sorted((ROOT / "roles" / role / "tasks").glob("*.yml")):
        for task in flat(yaml.safe_load(path.read_text())):
            modules = [name for name in task if re.fullmatch(r"\w+\.\w+\.\w+", name)]
            if modules and not (modules[0].startswith(reads[0]) or modules[0].endswith(reads[1:])):
                registered = task.get("register", "")
                assert registered.removeprefix("__").startswith(f"{role}_"), f"{path.name}: {task['name']}"


@pytest.mark.parametrize("role", ROLES)
def test_every_argument_is_documented(role: str) -> None:
    readme = (ROOT / "roles" / role / "README.md").read_text().split("<!-- end of variables -->")[0]
    assert re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE) == list(entry_points(role)["main"]["options"])


@pytest.mark.parametrize("role", ROLES)
def test_required_arguments_have_no_default_and_all_others_have_one(role: str) -> None:
    """With a default a required argument is always given, and the check of arguments never tells that it is missing."""
    options = entry_points(role)["main"]["options"]
    assert list(defaults_of(role)) == [name for name, option in options.items() if not option.get("required")]


@pytest.mark.parametrize("role", ROLES)
def test_entry_points_take_the_same_arguments(role: str) -> None:
    points = entry_points(role)
    assert all(point["options"] == points["main"]["options"] for point in points.values())


@pytest.mark.parametrize("role", ROLES)
def test_documented_defaults_are_the_real_ones(role: str) -> None:
    defaults = defaults_of(role)
    documented = {
        name: option["default"] for name, option in entry_points(role)["main"]["options"].items() if "default" in option
    }
    assert documented == {name: defaults[name] for name in documented}
    left = {name: value for name, value in defaults.items() if name not in documented}
    assert all(not value or "{{" in value for value in left.values())


@pytest.mark.parametrize("role", ROLES)
def test_variables_carry_the_name_of_their_role(role: str) -> None:
    assert all(name.startswith(f"{role}_") for name in entry_points(role)["main"]["options"])


def test_the_planner_and_its_role_know_the_same_variables() -> None:
    given = load("s2s_vpn", "vars/main.yml")["__s2s_vpn_input"]
    defaults = load("s2s_vpn", "defaults/main.yml")
    assert set(given) == set(VARIABLES)
    assert set(defaults) == {f"s2s_vpn_{name}" for name in {*VARIABLES, *BESIDE_THE_INPUT}}
    assert all(value == f"{{{{ s2s_vpn_{name} }}}}" for name, value in given.items())


def test_the_planner_and_its_role_have_the_same_defaults() -> None:
    defaults = load("s2s_vpn", "defaults/main.yml")
    for name, variable in VARIABLES.items():
        ours = defaults[f"s2s_vpn_{name}"]
        if name == "link":
            assert ours == "{{ inventory_hostname }}"
        elif variable.default is None:
            assert ours in ("", [])
        elif isinstance(variable.default, str):
            assert ours == ("" if "{link}" in variable.default else variable.default)  # the planner knows the link
        else:
            assert ours == variable.default


def test_only_the_plan_judges_its_input() -> None:
    """A check of types, choices or presence would stop at the first fault."""
    options = entry_points("s2s_vpn")["main"]["options"]
    for name in (*VARIABLES, "pre_shared_keys"):
        option = options[f"s2s_vpn_{name}"]
        assert option["type"] in ("str", "raw")
        assert not {"required", "choices"} & option.keys()


@pytest.mark.parametrize("role", ROLES)
def test_keys_are_kept_out_of_the_output(role: str) -> None:
    options = entry_points(role)["main"]["options"]
    assert all(option.get("no_log") for name, option in options.items() if "keys" in name)


@pytest.mark.parametrize(("role", "tasks_from"), sorted(set(imported_roles())))
def test_playbooks_name_entry_points(role: str, tasks_from: str) -> None:
    """With a suffix (`plan.yml`) Ansible finds the tasks but silently skips the check of arguments."""
    assert tasks_from in entry_points(role)
