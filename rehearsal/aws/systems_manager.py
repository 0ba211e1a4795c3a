"""Systems Manager's Run Command, as much as a probe from an instance needs: AWS-RunShellScript, on one or more."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.ec2.models import ec2_backends

from rehearsal.aws import failure, invented
from rehearsal.aws.failure import Response
from rehearsal.aws.request import Request
from rehearsal.aws.world import ACCOUNT, World
from rehearsal.wan.packets import agent

Json = dict[str, Any]

DOCUMENT = "AWS-RunShellScript"
LONGEST = 24000  # characters of an output (AWS, GetCommandInvocation)
STEP = "aws:runShellScript"


@dataclass
class Invocation:
    """One command on one instance. `said` is None until the agent answers."""

    instance: str
    began: float
    due: float
    said: agent.Said | None = None


@dataclass
class Command:
    id: str
    parameters: Json
    comment: str
    timeout: int
    asked: float = field(default_factory=time.time)
    invocations: dict[str, Invocation] = field(default_factory=dict)


def answer(world: World, request: Request) -> Response:
    """The world's lock is held."""
    assert request.scope is not None
    asked = json.loads(request.body or b"{}")
    if request.action == "SendCommand":
        return _send(world, request, asked)
    if request.action == "GetCommandInvocation":
        return _invocation(world, request, asked)
    if request.action == "DescribeInstanceInformation":
        managed = [_information(i) for i in _instances(request.scope.region).values() if _address(world, i)]
        return _told({"InstanceInformationList": managed})
    return _refused(request, "not_emulated", action=request.action)


def _send(world: World, request: Request, asked: Json) -> Response:
    assert request.scope is not None
    if asked.get("DocumentName") != DOCUMENT:
        return _refused(request, "no_document", document=asked.get("DocumentName"))
    ids = asked.get("InstanceIds") or []
    instances = _instances(request.scope.region)
    addresses = {i: _address(world, instances[i]) if i in instances else None for i in ids}
    if not ids or not all(addresses.values()):
        missing = ", ".join(i for i in ids if not addresses[i])
        return _refused(request, "not_managed", ids=missing, account=ACCOUNT)
    command = Command(
        str(uuid4()), asked.get("Parameters") or {}, asked.get("Comment", ""), asked.get("TimeoutSeconds", 3600)
    )
    due = world.clock.after(invented.seconds("run_command"))
    world.commands[command.id] = command
    script = "\n".join(command.parameters.get("commands") or [])
    for name in ids:
        command.invocations[name] = invocation = Invocation(name, world.clock.now(), due)
        threading.Thread(target=_work, args=(world, invocation, str(addresses[name]), script), daemon=True).start()
    return _told(
        {
            "Command": {
                "CommandId": command.id,
                "DocumentName": DOCUMENT,
                "Comment": command.comment,
                "InstanceIds": ids,
                "Parameters": command.parameters,
                "RequestedDateTime": command.asked,
                "ExpiresAfter": command.asked + command.timeout,
                "Status": "Pending",
                "StatusDetails": "Pending",
                "TargetCount": len(ids),
                "CompletedCount": 0,
                "ErrorCount": 0,
                "TimeoutSeconds": command.timeout,
            }
        }
    )


def _work(world: World, invocation: Invocation, address: str, script: str) -> None:
    if world.folder is not None:
        invocation.said = agent.run(world.folder, address, script)


def _invocation(world: World, request: Request, asked: Json) -> Response:
    command = world.commands.get(asked.get("CommandId", ""))
    invocation = command.invocations.get(asked.get("InstanceId", "")) if command else None
    if command is None or invocation is None:
        return _refused(request, "no_invocation")
    said = invocation.said if world.clock.now() >= invocation.due else None
    status = "InProgress" if said is None else "Failed" if said.code else "Success"
    shown = {
        "CommandId": command.id,
        "InstanceId": invocation.instance,
        "Comment": command.comment,
        "DocumentName": DOCUMENT,
        "PluginName": STEP,
        "ResponseCode": -1 if said is None else said.code,
        "ExecutionStartDateTime": datetime.fromtimestamp(command.asked, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "Status": status,
        "StatusDetails": status,
        "StandardOutputContent": said.output[:LONGEST] if said else "",
        "StandardOutputUrl": "",
        "StandardErrorContent": said.errors[:LONGEST] if said else "",
        "StandardErrorUrl": "",
    }
    return _told(shown)


def _instances(region: str) -> dict[str, Any]:
    """Those that run, by id."""
    reservations = ec2_backends[ACCOUNT][region].reservations.values()
    return {i.id: i for r in reservations for i in r.instances if i._state.name == "running"}


def _address(world: World, instance: Any) -> str | None:
    """Where its agent is reached: None where no packets go, or the lab has no such machine."""
    address = instance.private_ip
    return address if world.folder is not None and agent.answers(world.folder, address) else None


def _information(instance: Any) -> Json:
    return {
        "InstanceId": instance.id,
        "PingStatus": "Online",
        "PlatformType": "Linux",
        "ResourceType": "EC2Instance",
        "IPAddress": instance.private_ip,
    }


def _told(content: Json) -> Response:
    return failure.response(200, "application/x-amz-json-1.1", json.dumps(content).encode())


def _refused(request: Request, name: str, /, **values: object) -> Response:
    text = invented.TEXTS[name]
    return failure.render(request, 400, text.code, text.text.format(**values))
