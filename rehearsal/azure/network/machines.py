"""virtualMachines, as much as a probe from one needs: its network interface, and Run Command."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import override

from rehearsal.wan.packets import agent

from ..answers import Answer, Call
from ..cloud import Cloud, Use
from ..errors import ArmError
from ..invented import refuse
from ..models import clean
from ..store import Json, Resource
from .kind import Change, Kind, Look, reference

SHELL = "RunShellScript"
LONGEST = 4096  # bytes of each output, the last ones (MS, Run Command: restrictions)
_HIDDEN = ("adminPassword", "customData")


class VirtualMachines(Kind):
    type = "Microsoft.Compute/virtualMachines"
    model = "VirtualMachine"
    noun = "VirtualMachine"
    extra = ("zones", "identity", "plan", "extendedLocation")
    durations = {"create": "virtual machine", "update": "virtual machine", "delete": "virtual machine"}

    def __init__(self) -> None:
        self.write_actions = {"runcommand": run_command}

    @override
    def fill(self, change: Change) -> None:
        asked = change.properties
        interfaces = (asked.get("networkProfile") or {}).get("networkInterfaces") or []
        size = (asked.get("hardwareProfile") or {}).get("vmSize")
        if not size or not interfaces or not all(map(reference, interfaces)):
            raise refuse("machine", id=change.path, what="hardwareProfile.vmSize or networkInterfaces is missing")
        for one in interfaces:
            users = [u.source for u in change.cloud.users_of(reference(one)) if u.source.lower() != change.path.lower()]
            if users:
                raise refuse("machine", id=change.path, what=f"{reference(one)} belongs to {users[0]} already")
        change.draft.properties = asked

    @override
    def uses(self, resource: Resource) -> Iterator[Use]:
        for interface in resource.properties["networkProfile"]["networkInterfaces"]:
            yield Use(reference(interface), resource.id.path)

    @override
    def show(self, look: Look) -> Json:
        shown = dict(look.resource.properties)
        if "osProfile" in shown:
            shown["osProfile"] = {k: v for k, v in shown["osProfile"].items() if k not in _HIDDEN}
        return {"vmId": look.resource.guid, **shown}

    @override
    def render(self, look: Look) -> Json:
        body = super().render(look)
        del body["properties"]["resourceGuid"], body["etag"]
        return body


def addresses(cloud: Cloud, machine: Resource) -> list[str]:
    """Its private ones, that of the primary interface first."""
    entries = machine.properties["networkProfile"]["networkInterfaces"]
    ordered = sorted(entries, key=lambda e: not (e.get("properties") or {}).get("primary"))
    interfaces = [cloud.referenced(reference(entry)) for entry in ordered]
    found = [c["properties"] for i in interfaces if i for c in i.properties["ipConfigurations"]]
    return [str(properties["privateIPAddress"]) for properties in found]


def run_command(cloud: Cloud, machine: Resource, call: Call) -> Answer:
    """202; its Location answers {"value": [one status, with both outputs in its message]} in the end."""
    body = clean(call.json() or {}, "RunCommandInput", call.text)
    if body.get("commandId") != SHELL:
        raise ArmError(404, "NotFound", f"The Run Command '{body.get('commandId')}' was not found.")
    if body.get("parameters"):
        raise refuse("machine", id=machine.id.path, what="the rehearsal passes no parameters to a script")
    script = "\n".join(map(str, body.get("script") or []))
    folder, address = cloud.settings.folder, addresses(cloud, machine)[0]
    said: list[Json] = []
    answers = folder is not None and agent.answers(folder, address)
    duration = "run command" if answers else "silent machine"
    operation = cloud.begin(machine, "RunCommandOnVirtualMachine", "POST", duration, result=lambda: said[0])
    soonest = operation.due

    def work() -> None:
        answer = agent.run(folder, address, script) if folder is not None else None
        if answer is None:
            operation.error = _silence(machine)
        else:
            said.append({"value": [_status(answer)]})
        operation.due = soonest

    if answers:
        operation.due = math.inf
        threading.Thread(target=work, daemon=True).start()
    else:
        operation.error = _silence(machine)
    return Answer(202, None, cloud.poll_headers(operation, call, location=True, asynchronous=True))


def _silence(machine: Resource) -> Json:
    error = refuse("silent machine", name=machine.id.name)
    return {"code": error.code, "message": error.message}


def _status(said: agent.Said) -> Json:
    """Also a script that failed has succeeded to run (MS, Run Command)."""
    output, errors = (text[-LONGEST:] for text in (said.output, said.errors))
    return {
        "code": "ProvisioningState/succeeded",
        "level": "Info",
        "displayStatus": "Provisioning succeeded",
        "message": f"Enable succeeded: \n[stdout]\n{output}\n[stderr]\n{errors}",
    }
