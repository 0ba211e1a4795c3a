"""Microsoft.Resources/deployments: as much of it as `az network vpn-connection create` needs.

A template of resources that do not wait for each other, with parameters, and `reference` in its outputs. The answers
are shaped after the recordings that Azure CLI publishes of that command.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from .answers import Answer, Call
from .cloud import Cloud, wait_headers
from .errors import ArmError
from .ids import ResourceId, parse
from .invented import refuse
from .network import KINDS
from .network.kind import Look
from .operations import Operation
from .store import Group, Json

Send = Callable[[Call], Answer]
"""How the template's resources are put: as any client puts them."""

TYPE = "Microsoft.Resources/deployments"
_SECURE = {"securestring": "SecureString", "secureobject": "SecureObject"}


@dataclass
class Step:
    """One resource of the template: first waiting, then with the operation that makes it, or refused."""

    id: ResourceId
    call: Call
    operation: Operation | None = None
    error: Json | None = None

    def advance(self, cloud: Cloud, send: Send) -> None:
        if self.operation is None and self.error is None:
            try:
                send(self.call)
            except ArmError as refusal:
                if refusal.status != 429:  # Resource Manager goes on trying that
                    self.error = refusal.body["error"]
                return
            made = cloud.referenced(self.id.path)
            self.operation = made.operation if made else None
        if self.operation is not None and self.operation.error is not None:
            self.error = self.operation.error

    @property
    def done(self) -> bool:
        return self.error is not None or (self.operation is not None and self.operation.done)


@dataclass
class Deployment:
    """`values` are the parameters, of which the secure ones are never shown."""

    id: str
    name: str
    template: Json
    values: Mapping[str, Any]
    steps: list[Step]
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    correlation: str = field(default_factory=lambda: str(uuid.uuid4()))
    operation: str = field(default_factory=lambda: f"0858{uuid.uuid4().int % 10**16:016d}")

    @property
    def errors(self) -> list[Json]:
        return [step.error for step in self.steps if step.error is not None]

    @property
    def state(self) -> str:
        if not all(step.done for step in self.steps):
            return "Running"
        return "Failed" if self.errors else "Succeeded"

    def advance(self, cloud: Cloud, send: Send) -> None:
        for step in self.steps:
            step.advance(cloud, send)
        if self.ended is None and self.state != "Running":
            self.ended = datetime.now(UTC)

    @property
    def error(self) -> Json | None:
        """(MS, troubleshooting deployments)"""
        if self.state != "Failed":
            return None
        return {
            "code": "DeploymentFailed",
            "target": self.id,
            "message": "At least one resource deployment operation failed. Please list deployment operations for "
            "details. Please see https://aka.ms/arm-deployment-operations for usage details.",
            "details": self.errors,
        }


def answer(cloud: Cloud, group: Group, call: Call, rest: list[str], send: Send) -> Answer:
    """Answer `.../deployments/NAME[/operationStatuses/ID]`. Raises ArmError."""
    name, tail = rest[0], [part.lower() for part in rest[1:]]
    if call.method == "PUT" and not tail:
        return _put(cloud, group, call, name, send)
    found = group.deployments.get(name.lower())
    if found is None:
        raise ArmError(404, "DeploymentNotFound", f"Deployment '{name}' could not be found.")
    found.advance(cloud, send)
    if call.method == "GET" and not tail:
        return Answer(200, _render(cloud, found))
    if call.method == "GET" and tail == ["operationstatuses", found.operation]:
        body: Json = {"status": found.state}
        if found.error:
            body["error"] = found.error
        return Answer(200, body, {} if found.ended else wait_headers(cloud.clock.scale * 10))
    raise ArmError(404, "NotFound", f"No HTTP resource was found that matches the request URI '{call.path}'.")


def _put(cloud: Cloud, group: Group, call: Call, name: str, send: Send) -> Answer:
    asked = (call.json() or {}).get("properties") or {}
    if str(asked.get("mode")).lower() != "incremental":
        raise refuse("template", what="the mode must be Incremental here")
    template = asked.get("template") or {}
    values = _values(template.get("parameters") or {}, asked.get("parameters") or {})
    path = f"/subscriptions/{cloud.identity.subscription}/resourceGroups/{group.name}/providers"
    steps = [_step(path, call, _resolve(one, values)) for one in template.get("resources") or []]
    there = name.lower() in group.deployments
    made = Deployment(f"{path}/{TYPE}/{name}", name, template, values, steps)
    group.deployments[name.lower()] = made
    cloud.store.touch()
    made.advance(cloud, send)
    body = _render(cloud, made)
    body["properties"]["provisioningState"] = "Accepted"
    poll = f"{call.base}{made.id}/operationStatuses/{made.operation}?api-version={call.api}"
    headers = {"Azure-AsyncOperation": poll, **wait_headers(cloud.clock.scale * 10)}
    return Answer(200 if there else 201, body, headers)


def _values(declared: Json, given: Json) -> dict[str, Any]:
    values = {}
    for name, parameter in declared.items():
        value = (given.get(name) or {}).get("value", parameter.get("defaultValue"))
        if value is None:
            raise refuse("template", what=f"the value for the template parameter '{name}' is not provided")
        values[name] = value
    return values


def _resolve(value: Any, values: Mapping[str, Any]) -> Any:
    """The value with its expressions replaced. Raises ArmError for any but `[parameters('name')]`."""
    if isinstance(value, dict):
        return {name: _resolve(one, values) for name, one in value.items()}
    if isinstance(value, list):
        return [_resolve(one, values) for one in value]
    if not isinstance(value, str) or not value.startswith("[") or value.startswith("[["):
        return value
    match = re.fullmatch(r"\[parameters\('([^']+)'\)\]", value)
    if match is None or match.group(1) not in values:
        raise refuse("template", what=f"unable to process the language expression '{value}'")
    return values[match.group(1)]


def _step(path: str, call: Call, resource: Json) -> Step:
    if resource.get("dependsOn"):
        raise refuse("template", what="resources that wait for each other are not deployed here")
    top = f"{path}/{resource.get('type')}/{resource.get('name')}"
    rid = parse(top)
    if rid is None or rid.is_child:
        raise refuse("template", what=f"'{resource.get('type')}' is not deployed here")
    body = {k: v for k, v in resource.items() if k not in ("type", "name", "apiVersion", "dependsOn") and v is not None}
    query = {"api-version": str(resource.get("apiVersion") or "")}
    return Step(rid, replace(call, path=top, query=query, body=json.dumps(_without_nulls(body)).encode()))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def _render(cloud: Cloud, made: Deployment) -> Json:
    declared = made.template.get("parameters") or {}
    digest = hashlib.sha256(json.dumps(made.template, sort_keys=True).encode()).digest()
    properties: Json = {
        "templateHash": str(int.from_bytes(digest[:8])),
        "parameters": {name: _shown(declared[name], value) for name, value in made.values.items()},
        "mode": "Incremental",
        "provisioningState": made.state,
        "timestamp": _utc(made.ended or datetime.now(UTC)),
        "duration": _iso((made.ended or datetime.now(UTC)) - made.began),
        "correlationId": made.correlation,
        "providers": list(_providers(cloud, made)),
        "dependencies": [],
    }
    if made.error:
        properties["error"] = made.error
    if made.state == "Succeeded":
        outputs = (made.template.get("outputs") or {}).items()
        properties["outputs"] = {name: _output(cloud, made, one) for name, one in outputs}
        properties["outputResources"] = [{"id": step.id.path} for step in made.steps]
    return {"id": made.id, "name": made.name, "type": TYPE, "properties": properties}


def _shown(declared: Json, value: Any) -> Json:
    kind = str(declared.get("type")).lower()
    return {"type": _SECURE[kind]} if kind in _SECURE else {"type": kind.capitalize(), "value": value}


def _providers(cloud: Cloud, made: Deployment) -> Iterator[Json]:
    for step in made.steps:
        resource = cloud.referenced(step.id.path)
        locations = [resource.location if resource else None]
        types = [{"resourceType": step.id.types[0], "locations": locations}]
        yield {"namespace": step.id.provider, "resourceTypes": types}


def _output(cloud: Cloud, made: Deployment, output: Json) -> Json:
    """`[reference('name')]` is the resource's properties as a GET shows them."""
    value = output.get("value")
    match = re.fullmatch(r"\[reference\('([^']+)'\)\]", str(value))
    step = next((one for one in made.steps if match and one.id.name.lower() == match.group(1).lower()), None)
    resource = cloud.referenced(step.id.path) if step else None
    if step is not None and resource is not None:
        value = KINDS[resource.id.type.lower()].render(Look(cloud, resource, step.call.api))["properties"]
    return {"type": str(output.get("type", "")).capitalize(), "value": value}


def _utc(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _iso(span: timedelta) -> str:
    return f"PT{span.total_seconds():.7f}S"
