"""Virtual machines, and Run Command where no packets go."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.azure.cloud import Azure


def machine(azure: Azure, name: str = "vm") -> str:
    return f"/subscriptions/{azure.subscription}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/{name}"


def body(azure: Azure, **properties: Any) -> dict[str, Any]:
    nic = {**azure.ref("networkInterfaces/nic"), "properties": {"primary": True}}
    wanted = {"hardwareProfile": {"vmSize": "Standard_B1s"}, "networkProfile": {"networkInterfaces": [nic]}}
    return {"location": "westeurope", "properties": {**wanted, **properties}}


@pytest.fixture
def network(azure: Azure) -> Azure:
    azure.vnet()
    configuration = {"name": "c", "properties": {"subnet": azure.ref("virtualNetworks/vnet/subnets/app")}}
    interface = {"location": "westeurope", "properties": {"ipConfigurations": [configuration]}}
    azure.put("networkInterfaces/nic", interface)
    return azure


def test_a_machine_is_made_and_removed(network: Azure) -> None:
    secret = {"computerName": "vm", "adminUsername": "me", "adminPassword": "not.to.be.shown"}
    network.put(machine(network), body(network, osProfile=secret))
    shown = network.get(machine(network))
    assert shown["type"] == "Microsoft.Compute/virtualMachines"
    assert "resourceGuid" not in shown["properties"]
    assert shown["properties"]["osProfile"] == {"computerName": "vm", "adminUsername": "me"}
    assert network.get("networkInterfaces/nic")["properties"]["virtualMachine"] == {"id": machine(network)}
    assert network.refused("DELETE", "networkInterfaces/nic") == (400, "NicInUse")
    assert network.call("DELETE", machine(network)).status_code == 202
    assert network.call("DELETE", "networkInterfaces/nic").status_code == 202


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hardwareProfil": {}}, "InvalidRequestFormat"),
        ({"hardwareProfile": {"size": "Standard_B1s"}}, "InvalidRequestFormat"),
        ({"hardwareProfile": {}}, "InvalidParameter"),
        ({"networkProfile": {"networkInterfaces": []}}, "InvalidParameter"),
        ({"networkProfile": {"networkInterfaces": [{"id": "nowhere"}]}}, "InvalidResourceReference"),
    ],
)
def test_what_does_not_fit_is_refused(network: Azure, changes: dict[str, Any], code: str) -> None:
    assert network.refused("PUT", machine(network), body(network, **changes)) == (400, code)


def test_an_interface_belongs_to_one_machine(network: Azure) -> None:
    network.put(machine(network), body(network))
    assert network.refused("PUT", machine(network, "other"), body(network)) == (400, "InvalidParameter")


def test_without_packets_the_agent_does_not_answer(network: Azure) -> None:
    network.put(machine(network), body(network))
    command = {"commandId": "RunShellScript", "script": ["ping -n -c 1 10.2.1.4"]}
    answer = network.call("POST", f"{machine(network)}/runCommand", command)
    assert answer.status_code == 202
    assert "/providers/Microsoft.Compute/locations/" in answer.headers["Azure-AsyncOperation"]
    ended = network.session.get(answer.headers["Azure-AsyncOperation"], timeout=10).json()
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "VMAgentStatusCommunicationError")
    log = network.control("GET", "log").json()
    assert "Microsoft.Compute/virtualMachines/runCommand/action" in [entry["action"] for entry in log]


def test_run_command_of_another_kind(network: Azure) -> None:
    network.put(machine(network), body(network))
    wanted = {"commandId": "RunPowerShellScript", "script": []}
    assert network.refused("POST", f"{machine(network)}/runCommand", wanted) == (404, "NotFound")
    assert network.refused("POST", f"{machine(network, 'none')}/runCommand", wanted) == (404, "ResourceNotFound")
