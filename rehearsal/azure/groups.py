"""Resource groups, and the lists of whatever is in them."""

from __future__ import annotations

import re
import uuid
from typing import Any

from .answers import Answer, Call
from .cloud import Cloud
from .errors import ArmError, group_not_found
from .network import KINDS
from .store import Group, Resource
from .subscriptions import check_location, normal


def render(cloud: Cloud, group: Group) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": f"/subscriptions/{cloud.identity.subscription}/resourceGroups/{group.name}",
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "properties": {"provisioningState": "Deleting" if group.deleting else "Succeeded"},
    }
    if group.tags is not None:
        body["tags"] = group.tags
    if group.managed_by:
        body["managedBy"] = group.managed_by
    return body


def need(cloud: Cloud, name: str) -> Group:
    """The group. Raises ArmError ResourceGroupNotFound."""
    group = cloud.store.group(name)
    if group is None:
        raise group_not_found(name)
    return group


def answer(cloud: Cloud, name: str, call: Call) -> Answer:
    if call.method == "PUT":
        return _put(cloud, name, call)
    if call.method == "HEAD":
        return Answer(204 if cloud.store.group(name) else 404)
    group = need(cloud, name)
    if call.method == "PATCH":
        body = call.json() or {}
        group.tags = body.get("tags", group.tags)
        cloud.store.touch()
    elif call.method == "DELETE":
        return _delete(cloud, group, call)
    return Answer(200, render(cloud, group))


def _put(cloud: Cloud, name: str, call: Call) -> Answer:
    body, group = call.json() or {}, cloud.store.group(name)
    location = str(body.get("location") or "")
    if not location:
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    if not re.fullmatch(r"[-\w().]{0,89}[-\w()]", name):
        raise ArmError(
            400,
            "InvalidResourceGroup",
            f"The provided resource group name '{name}' has these invalid characters or ends with a period.",
        )
    try:
        check_location(location, "resource group")
    except ArmError as error:
        raise ArmError(400, "LocationNotAvailableForResourceGroup", error.message) from error
    if group is None:
        cloud.store.groups[name.lower()] = group = Group(
            name, normal(location), body.get("tags"), body.get("managedBy")
        )
        cloud.store.touch()
        return Answer(201, render(cloud, group))
    if group.deleting:
        raise ArmError(
            409,
            "ResourceGroupBeingDeleted",
            f"The resource group '{group.name}' is in deprovisioning state and cannot perform this operation.",
        )
    if normal(location) != group.location:
        raise ArmError(
            409,
            "InvalidResourceGroupLocation",
            f"Invalid resource group location '{location}'. The Resource group already exists in location "
            f"'{group.location}'.",
        )
    if group.tags != body.get("tags"):
        group.tags = body.get("tags")
        cloud.store.touch()
    return Answer(200, render(cloud, group))


def _delete(cloud: Cloud, group: Group, call: Call) -> Answer:
    group.deleting = True
    cloud.store.touch()
    mine = cloud.store.in_group(group.name)
    slowest = (
        "gateway delete" if any("gateways" in r.id.type and "virtual" in r.id.type for r in mine) else "group delete"
    )

    def done() -> None:
        stuck = _blocked(cloud, group)
        if stuck:
            operation.error = _blocked_error(group, stuck)
            return
        for resource in cloud.store.in_group(group.name):
            KINDS[resource.id.type.lower()].removed(cloud, resource)
            cloud.store.remove(resource)
        cloud.store.groups.pop(group.name.lower(), None)
        cloud.store.touch()

    def failed() -> None:
        group.deleting = False

    operation = cloud.operations.begin(
        "DeleteResourceGroup", "GROUP", group.name, group.location, slowest, effect=done, failed=failed
    )
    base = f"{call.base}/subscriptions/{cloud.identity.subscription}"
    location = f"{base}/operationresults/{operation.id}?api-version={call.api}"
    return Answer(202, None, {"Location": location, **cloud.retry_headers(operation)})


def _blocked(cloud: Cloud, group: Group) -> list[Resource]:
    """Resources that something outside the group uses."""
    inside = f"/resourcegroups/{group.name.lower()}/"
    stuck = []
    for resource in cloud.store.in_group(group.name):
        prefix = resource.id.key
        for target, uses in cloud.uses().items():
            foreign = [
                u for u in uses if inside not in u.source.lower() and "/virtualnetworkpeerings/" not in u.source.lower()
            ]
            if foreign and (target == prefix or target.startswith(prefix + "/")):
                stuck.append(resource)
                break
    return stuck


def _blocked_error(group: Group, stuck: list[Resource]) -> dict[str, Any]:
    names = ",".join(f"{r.id.type}/{r.id.name}" for r in stuck)
    return {
        "code": "ResourceGroupDeletionBlocked",
        "message": f"Deletion of resource group '{group.name}' failed as resources with identifiers '{names}' could "
        "not be deleted. The provisioning state of the resource group will be rolled back. The tracking Id is "
        f"'{uuid.uuid4()}'. Please check audit logs for more details.",
        "details": [{"code": None, "target": r.id.path, "message": "The resource is in use."} for r in stuck],
    }


def poll(cloud: Cloud, operation_id: str) -> Answer:
    """`/subscriptions/S/operationresults/ID`: 202 until the group is gone."""
    operation = cloud.operations.find(operation_id)
    if operation is None:
        return Answer(404, {"error": {"code": "NotFound", "message": "The operation was not found."}})
    if not operation.done:
        return Answer(202, None, cloud.retry_headers(operation))
    if operation.error is not None:
        return Answer(409, {"error": operation.error})
    return Answer(200, None)


_TERM = re.compile(r"(?i)^\s*(tagName|tagValue|name|resourceType|resourceGroup|location)\s+eq\s+'((?:[^']|'')*)'\s*$")


def listed(cloud: Cloud, call: Call, group: str | None = None) -> Answer:
    """`/resources?$filter=tagName eq '..' and tagValue eq '..'`, of the subscription or of a group."""
    wanted: dict[str, str] = {}
    for term in re.split(r"(?i)\s+and\s+", call.option("$filter")) if call.option("$filter") else []:
        match = _TERM.match(term)
        if match is None:
            raise ArmError(
                400, "InvalidFilterInQueryString", f"Invalid $filter '{term}' specified in the query string."
            )
        wanted[match.group(1).lower()] = match.group(2).replace("''", "'")
    found = cloud.store.in_group(group) if group else list(cloud.store.resources.values())
    return Answer(200, {"value": [_row(r, wanted) for r in found if _fits(r, wanted)]})


def _fits(resource: Resource, wanted: dict[str, str]) -> bool:
    tags = {k.lower(): v for k, v in (resource.tags or {}).items()}
    name = wanted.get("tagname")
    if name is not None and name.lower() not in tags:
        return False
    if "tagvalue" in wanted:
        values = [tags[name.lower()]] if name is not None else list(tags.values())
        if wanted["tagvalue"] not in values:
            return False
    have = {
        "name": resource.id.name,
        "resourcetype": resource.id.type,
        "resourcegroup": resource.id.group,
        "location": resource.location,
    }
    return all(have[k].lower() == v.lower() for k, v in wanted.items() if k in have)


def _row(resource: Resource, wanted: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": resource.id.path,
        "name": resource.id.name,
        "type": resource.id.type,
        "location": resource.location,
    }
    # Filtered by a tag's name and value, the tags are not returned (MS, Resources - List).
    if resource.tags is not None and not {"tagname", "tagvalue"} <= wanted.keys():
        row["tags"] = resource.tags
    return row | {k: v for k, v in resource.extra.items() if k in ("sku", "zones")}
