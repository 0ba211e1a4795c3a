from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.hybrid.s2s_vpn.plugins.action import s2s_vpn_plan

from tests.unit.action.conftest import Run
from tests.unit.module_utils.samples import INPUT, INSIDE, KEYS, planned

WITHOUT_LINK = {name: value for name, value in INPUT.items() if name != "link"}


def test_plans_and_changes_nothing(run: Run) -> None:
    result = run(s2s_vpn_plan, {"input": dict(INPUT)})
    assert result["changed"] is False
    assert result["ansible_facts"] == {"s2s_vpn_plan": planned()}
    assert result["table"].startswith("Link hq: BGP")
    assert result["mermaid"].startswith("flowchart LR")


def test_the_link_is_the_host(run: Run) -> None:
    assert run(s2s_vpn_plan, {"input": WITHOUT_LINK})["ansible_facts"]["s2s_vpn_plan"]["link"] == "hq"


def test_templated_values_are_read(run: Run) -> None:
    result = run(
        s2s_vpn_plan,
        {"input": {**INPUT, "azure_asn": "{{ asn }}", "azure_user_defined_route": "{{ route }}"}},
        asn="65010",
        route="{{ 'tr' ~ 'ue' }}",
    )
    plan = result["ansible_facts"]["s2s_vpn_plan"]
    assert plan["azure"]["gateway"]["asn"] == 65010
    assert plan["azure"]["network"]["route_table"]["routes"]


def test_identity_makes_the_owner(run: Run) -> None:
    whole = {"aws_account": "000000000001", "azure_subscription": "00000000-0000-0000-0000-000000000001"}
    owner = run(s2s_vpn_plan, {"input": dict(INPUT), "identity": whole})["ansible_facts"]["s2s_vpn_plan"]["owner"]
    assert owner["id"] != "planned:owner"
    half = run(s2s_vpn_plan, {"input": dict(INPUT), "identity": {"aws_account": "000000000001"}})
    assert half["ansible_facts"]["s2s_vpn_plan"]["owner"]["id"] == "planned:owner"


def test_all_faults_in_one_message(run: Run) -> None:
    result = run(s2s_vpn_plan, {"input": {**INPUT, "azure_asn": 65520, "routing": "x"}}, s2s_vpn_azure_locaton="x")
    assert result["failed"]
    assert result["msg"].splitlines() == [
        "The input of link hq has 3 faults:",
        "- s2s_vpn_azure_locaton: there is no such variable. Did you mean s2s_vpn_azure_location?",
        "- s2s_vpn_routing = x: there is no such choice. Write bgp or static.",
        "- s2s_vpn_azure_asn = 65520: Azure reserves it. Write 65515, or a private one like 65010.",
    ]
    assert result["faults"][2] == {
        "variable": "s2s_vpn_azure_asn",
        "value": "65520",
        "problem": "Azure reserves it",
        "remedy": "Write 65515, or a private one like 65010.",
        "text": "s2s_vpn_azure_asn = 65520: Azure reserves it. Write 65515, or a private one like 65010.",
    }
    assert "ansible_facts" not in result


@pytest.mark.parametrize("name", ["s2s_vpn_pre_shared_keys", "my_keys"])
def test_keys_are_read_by_name_and_told_nowhere(run: Run, name: str) -> None:
    given = {cidr: f"{{{{ secrets[{number}] }}}}" for number, cidr in enumerate(INSIDE)}
    arguments = {"input": dict(INPUT), "pre_shared_keys_variable": name}
    result = run(s2s_vpn_plan, arguments, **{name: given, "secrets": list(KEYS.values())})
    assert result["ansible_facts"]["s2s_vpn_plan"]["key_maker"] == "user"
    bad = run(
        s2s_vpn_plan,
        arguments,
        **{name: {**given, INSIDE[0]: "{{ secrets[0] ~ '-' }}"}, "secrets": list(KEYS.values())},
    )
    assert bad["msg"].splitlines()[1:] == [
        "- s2s_vpn_pre_shared_keys: 169.254.21.0/30: the key has a character that AWS refuses. "
        "Write 8 to 64 letters, digits, dots or underscores, the first not a 0."
    ]
    assert not any(key in json.dumps([result, bad]) for key in KEYS.values())


def test_keys_that_cannot_be_read(run: Run) -> None:
    with pytest.raises(AnsibleActionFail, match="s2s_vpn_pre_shared_keys cannot be read: 'nowhere' is undefined"):
        run(s2s_vpn_plan, {"input": dict(INPUT)}, s2s_vpn_pre_shared_keys={INSIDE[0]: "{{ nowhere }}"})
    with pytest.raises(AnsibleActionFail, match="cannot be read: look at its templates") as caught:
        run(
            s2s_vpn_plan, {"input": dict(INPUT)}, s2s_vpn_pre_shared_keys={INSIDE[0]: "{{ 'Invented.key' | nofilter }}"}
        )
    assert "Invented.key" not in str(caught.value)


def test_a_fleet_is_looked_at(run: Run) -> None:
    other = {**INPUT, "link": "other", "azure_vnet_cidr": "10.8.0.0/16", "aws_vgw_name": "hq-vgw", "adopt": ["hq-vgw"]}
    result = run(s2s_vpn_plan, {"input": dict(INPUT), "fleet": [dict(INPUT), other]})
    assert result["failed"]
    assert "links hq and other use it on the virtual private gateway they share" in result["msg"]


FILES = {"write_table": "out/plan.txt", "write_mermaid": "out/plan.mmd"}


def arguments(**changes: Any) -> dict[str, Any]:
    return {"input": {**INPUT, **changes}, **FILES}


def test_files_are_written_once(run: Run, tmp_path: Path) -> None:
    first, second = run(s2s_vpn_plan, arguments()), run(s2s_vpn_plan, arguments())
    assert (first["changed"], second["changed"]) == (True, False)
    assert (tmp_path / "out/plan.txt").read_text() == first["table"] + "\n"
    assert (tmp_path / "out/plan.mmd").read_text() == first["mermaid"]


def test_check_mode_writes_nothing_and_says_what_it_would(run: Run, tmp_path: Path) -> None:
    result = run(s2s_vpn_plan, arguments(), check=True, diff=True)
    assert result["changed"] is True
    assert [diff["before"] for diff in result["diff"]] == ["", ""]
    assert result["diff"][1]["after"] == result["mermaid"]
    assert list(tmp_path.iterdir()) == []


def test_diff_shows_the_change_of_files(run: Run) -> None:
    before = run(s2s_vpn_plan, arguments())
    after = run(s2s_vpn_plan, arguments(azure_asn=65010), diff=True)
    assert [diff["before"] for diff in after["diff"]] == [before["table"] + "\n", before["mermaid"]]
    assert "65010" in after["diff"][0]["after"]


def test_a_file_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(AnsibleActionFail, match=r"out/plan\.txt cannot be written"):
        run(s2s_vpn_plan, arguments())


@pytest.mark.parametrize("arguments", [{}, {"input": [1]}, {"input": {}, "unknown": 1}])
def test_wrong_options(run: Run, arguments: dict[str, Any]) -> None:
    with pytest.raises(AnsibleActionFail):
        run(s2s_vpn_plan, arguments)
