from __future__ import annotations

import json

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.hybrid.s2s_vpn.plugins.action import azure_local_gateway_facts as action

from tests.unit.action.conftest import Run
from tests.unit.module_utils.samples import INSIDE, KEYS, OUTSIDE, boto, document, gateway_facts, planned


def test_facts_from_connections(run: Run) -> None:
    result = run(action, {"plan": planned(), "vpn_connections": [boto(2), boto(1)]})
    assert result["changed"] is False
    assert set(result["ansible_facts"]) == {"s2s_vpn_local_gateways", "s2s_vpn_connections", "s2s_vpn_tunnels"}
    addresses = [one["gateway_ip_address"] for one in result["ansible_facts"]["s2s_vpn_local_gateways"]]
    assert addresses == [OUTSIDE[cidr] for cidr in INSIDE]
    assert not any(key in json.dumps(result) for key in KEYS.values())


def test_facts_from_documents_and_a_gateway(run: Run) -> None:
    documents = [document(1), document(2)]
    result = run(action, {"gateway": gateway_facts(), "customer_gateway_configurations": documents})
    assert len(result["ansible_facts"]["s2s_vpn_connections"]) == 4


@pytest.mark.parametrize("check", [True, False])
def test_check_mode_predicts(run: Run, check: bool) -> None:
    result = run(action, {"plan": planned(), "vpn_connections": []}, check=check)
    assert result.get("failed", False) is not check
    if check:
        assert result["ansible_facts"]["s2s_vpn_tunnels"][INSIDE[0]]["outside_address"] == f"planned:{INSIDE[0]}"


def test_all_faults_in_one_message(run: Run) -> None:
    broken = boto(1, CustomerGatewayConfiguration=document(1).removesuffix("</vpn_connection>"))
    pending = {"vpn_connection_id": "vpn-2", "state": "pending"}
    result = run(action, {"plan": planned(), "vpn_connections": [broken, pending]})
    assert result["failed"]
    assert result["msg"].splitlines() == [
        "AWS's tunnels do not make local gateways for Azure:",
        "- vpn_connections[0] = vpn-00000000000000001: its CustomerGatewayConfiguration: "
        "it is broken or cut off at line 2 (no element found). Give it as AWS or the module returned it.",
        "- vpn_connection = vpn-2: it is pending and has no tunnels yet. Run it again when it is available.",
    ]
    assert not any(key in json.dumps(result) for key in KEYS.values())


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"plan": {}},
        {"vpn_connections": []},
        {"plan": {}, "vpn_connections": ["x y"]},
        {"plan": 1, "vpn_connections": []},
    ],
)
def test_wrong_options(run: Run, arguments: dict[str, object]) -> None:
    with pytest.raises(AnsibleActionFail):
        run(action, arguments)
