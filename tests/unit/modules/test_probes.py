"""azure_vm_probe and aws_instance_probe: what they refuse, send, and make of silence. Answers: tests/rehearsal."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import probe
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure
from ansible_collections.hybrid.s2s_vpn.plugins.modules import aws_instance_probe, azure_vm_probe
from botocore.exceptions import ClientError

TARGET = probe.Target("10.2.1.4", 22)
VM = {"resource_group": "hq-rg", "name": "hq-vm", "to": "10.2.1.4", "port": 22, "path_mtu": True, "timeout": 60}
INSTANCE = {"instance_id": "i-0a1b2c3d4e5f60718", "to": "10.1.1.4", "port": None, "path_mtu": True, "timeout": 60}


# --- input ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"name": "../../x"}, ["name"]),
        ({"name": "a/b"}, ["name"]),
        ({"name": "vm?x=1"}, ["name"]),
        ({"name": ""}, ["name"]),
        ({"name": "a b", "to": "x", "port": 0}, ["name", "to", "port"]),
    ],
)
def test_a_virtual_machine_that_cannot_be(changes: dict[str, Any], wrong: list[str]) -> None:
    faults = azure_vm_probe.aim(VM | changes)
    assert isinstance(faults, list)
    assert [f.variable for f in faults] == wrong


@pytest.mark.parametrize("name", ["hq-vm", "vm1", "a", "web_01", "My.VM"])
def test_a_virtual_machine_that_can_be(name: str) -> None:
    assert azure_vm_probe.aim(VM | {"name": name}) == TARGET


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"instance_id": "hq-vm"}, ["instance_id"]),
        ({"instance_id": "i-0a1b2c3d4e5f60718; id"}, ["instance_id"]),
        ({"timeout": 29}, ["timeout"]),
        ({"instance_id": "i-1", "to": "::1", "timeout": 0}, ["to", "instance_id", "timeout"]),
    ],
)
def test_an_instance_that_cannot_be(changes: dict[str, Any], wrong: list[str]) -> None:
    faults = aws_instance_probe.aim(INSTANCE | changes)
    assert isinstance(faults, list)
    assert [f.variable for f in faults] == wrong


# --- Azure ------------------------------------------------------------------------------------------------------------


class Sky:
    """An ARM that accepts Run Command, and then answers each poll with the next of `polls`, the last one for ever."""

    def __init__(self, *polls: dict[str, Any]) -> None:
        self.now, self.sent, self.polls = 0.0, [], list(polls)

    def send(self, method: str, url: str, body: dict[str, Any] | None) -> azure.Response:
        if method == "POST":
            self.sent.append((url, body))
            return azure.Response(
                202, {"azure-asyncoperation": "https://x/status", "location": "https://x/result"}, None
            )
        if url.endswith("result"):
            return azure.Response(200, {}, {"value": [{"message": "Enable succeeded: \n[stdout]\ns2s_vpn end\n"}]})
        return azure.Response(200, {}, self.polls.pop(0) if len(self.polls) > 1 else self.polls[0])

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def look(self) -> dict[str, Any]:
        arm = azure.Arm(self.send, "s", sleep=self.sleep, clock=lambda: self.now)
        return dict(azure_vm_probe.look(arm, VM, TARGET)["probe"])


def test_run_command_is_sent_and_waited_for() -> None:
    sky = Sky({"status": "InProgress"}, {"status": "Succeeded"})
    assert sky.look()["answered"]
    ((url, body),) = sky.sent
    path = "/subscriptions/s/resourceGroups/hq-rg/providers/Microsoft.Compute/virtualMachines/hq-vm/runCommand"
    assert f"{path}?api-version=2024-07-01" in url
    assert body == {"commandId": "RunShellScript", "script": probe.script(TARGET)}


def test_a_silent_machine_is_waited_for_no_longer_than_asked() -> None:
    sky = Sky({"status": "InProgress"})
    found = sky.look()
    assert (found["answered"], found["ok"], found["ping"]) == (False, False, None)
    assert found["text"].startswith("hq-vm gave no answer: not within 60 s. Is it running")
    assert 55 <= sky.now <= 75


@pytest.mark.parametrize("code", ["VMAgentStatusCommunicationError", "OperationNotAllowed"])
def test_what_azure_says_of_a_silent_machine_is_told(code: str) -> None:
    found = Sky({"status": "Failed", "error": {"code": code, "message": "VM 'hq-vm' says nothing."}}).look()
    assert found["text"].startswith("hq-vm gave no answer: VM 'hq-vm' says nothing. Is it running")


def test_any_other_refusal_is_an_error() -> None:
    with pytest.raises(azure.AzureError, match="AuthorizationFailed"):
        Sky({"status": "Failed", "error": {"code": "AuthorizationFailed", "message": "No."}}).look()


# --- AWS --------------------------------------------------------------------------------------------------------------


class Ssm:
    """Systems Manager that gives each look at the command the next of `looks`: a status, or an error code."""

    meta = SimpleNamespace(service_model=SimpleNamespace(service_name="ssm"), region_name="eu-central-1")

    def __init__(self, *looks: str, send: str = "") -> None:
        self.looks, self.refusal, self.sent = list(looks), send, []

    def send_command(self, **request: Any) -> dict[str, Any]:
        self.sent.append(request)
        if self.refusal:
            raise _refused(self.refusal)
        return {"Command": {"CommandId": "c"}}

    def get_command_invocation(self, **_which: str) -> dict[str, Any]:
        said = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if said.startswith("!"):
            raise _refused(said[1:])
        return {"Status": said, "StandardOutputContent": "s2s_vpn end\n" if said in ("Success", "Failed") else ""}

    def look(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        now = [0.0]
        clock = "ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.aws.time"
        monkeypatch.setattr(f"{clock}.monotonic", lambda: now[0])
        monkeypatch.setattr(f"{clock}.sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
        return dict(aws_instance_probe.look(self, INSTANCE, probe.Target("10.1.1.4"))["probe"])


def _refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "No."}}, "x")


@pytest.mark.parametrize("looks", [["Success"], ["!InvocationDoesNotExist", "Pending", "InProgress", "Failed"]])
def test_the_invocation_is_waited_for(looks: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ssm = Ssm(*looks)
    assert ssm.look(monkeypatch)["answered"]
    (sent,) = ssm.sent
    assert (sent["InstanceIds"], sent["DocumentName"]) == (["i-0a1b2c3d4e5f60718"], "AWS-RunShellScript")
    assert sent["Parameters"]["commands"] == probe.script(probe.Target("10.1.1.4"))


@pytest.mark.parametrize(
    ("ssm", "text"),
    [
        (Ssm("Pending"), "not within 60 s (Pending). Is its Systems Manager agent online?"),
        (Ssm("TimedOut"), "not within 60 s (TimedOut)."),
        (Ssm("Success", send="InvalidInstanceId"), "Systems Manager does not have it. Is it running"),
    ],
)
def test_a_silent_instance(ssm: Ssm, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = ssm.look(monkeypatch)
    assert (found["answered"], found["ok"]) == (False, False)
    assert found["text"].startswith(f"i-0a1b2c3d4e5f60718 gave no answer: {text}")


def test_a_missing_permission_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(aws_instance_probe.aws.AwsError, match="ssm:SendCommand"):
        Ssm("Success", send="AccessDeniedException").look(monkeypatch)
