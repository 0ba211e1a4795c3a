"""The front door: from a URL to what happens."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from . import deployments, groups, subscriptions
from .answers import Answer, Call
from .cloud import Cloud
from .errors import (
    ArmError,
    busy,
    child_not_found,
    not_provisioned,
    parent_not_found,
    reference_not_found,
    resource_not_found,
)
from .ids import ResourceId, parse
from .invented import refuse
from .models import clean
from .network import KINDS, NAMESPACE, insights, usages
from .network.connections import Connections, get_key, put_key, reset_key
from .network.kind import Change, ChildKind, Kind, Look, check_name
from .store import Child, Resource, new_etag


def answer(cloud: Cloud, call: Call) -> Answer:
    """Answer one request to the management host. Raises ArmError."""
    cloud.settle()
    parts = [p for p in call.path.split("/") if p]
    low = [p.lower() for p in parts]
    if low[:2] == ["metadata", "endpoints"]:
        return subscriptions.metadata(call)
    if cloud.settings.today:
        cloud.login.check(call)
    if not call.api:
        raise ArmError(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", call.api):
        versions = ",".join(subscriptions.API_VERSIONS)
        raise ArmError(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{call.api}' is invalid. The supported versions are '{versions}'.",
        )
    if low == ["subscriptions"]:
        return Answer(200, {"value": [subscriptions.subscription(cloud)], "count": {"type": "Total", "value": 1}})
    if low == ["tenants"]:
        return Answer(200, subscriptions.tenants(cloud))
    if low[:1] == ["providers"]:
        return Answer(200, {"value": [subscriptions.provider(cloud, NAMESPACE)]})
    if len(parts) < 2 or low[0] != "subscriptions":
        raise _no_route(call)
    _check_subscription(cloud, parts[1])
    return _in_subscription(cloud, call, parts[2:], low[2:])


def _no_route(call: Call) -> ArmError:
    return ArmError(404, "NotFound", f"No HTTP resource was found that matches the request URI '{call.path}'.")


def _not_supported(call: Call) -> Answer:
    """A method that a list does not have; not in ARM's usual form (azure-service-operator#2362)."""
    return Answer(405, {"Message": f"The requested resource does not support http method '{call.method}'."})


def _check_subscription(cloud: Cloud, subscription: str) -> None:
    if subscription.lower() == cloud.identity.subscription.lower():
        return
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", subscription):
        raise ArmError(
            400,
            "InvalidSubscriptionId",
            f"The provided subscription identifier '{subscription}' is malformed or invalid.",
        )
    raise ArmError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def _in_subscription(cloud: Cloud, call: Call, parts: list[str], low: list[str]) -> Answer:
    if call.method != "GET" and low in ([], ["locations"], ["providers"], ["resources"], ["resourcegroups"]):
        return _not_supported(call)
    match low:
        case []:
            return Answer(200, subscriptions.subscription(cloud))
        case ["locations"]:
            return Answer(200, subscriptions.locations(cloud))
        case ["providers"]:
            return Answer(200, {"value": [subscriptions.provider(cloud, NAMESPACE)]})
        case ["providers", _] | ["providers", _, "register"]:
            return Answer(200, subscriptions.provider(cloud, parts[1]))
        case ["resources"]:
            return groups.listed(cloud, call)
        case ["operationresults", _]:
            return groups.poll(cloud, parts[1])
        case ["resourcegroups"]:
            return Answer(200, {"value": [groups.render(cloud, g) for g in cloud.store.groups.values()]})
        case ["resourcegroups", _]:
            return groups.answer(cloud, parts[1], call)
        case ["resourcegroups", _, "resources"]:
            return groups.listed(cloud, call, groups.need(cloud, parts[1]).name)
        case ["providers", _, "locations", _, "operations" | "operationresults", _]:
            polled = cloud.poll(parts[5], call, result=low[4] == "operationresults")
            if polled is None:
                raise ArmError(404, "OperationNotFound", f"The operation {parts[5]} was not found.")
            return polled
        case ["providers", "microsoft.network", "locations", region, "usages"]:
            return Answer(200, {"value": usages.of_region(cloud, region)})
        case ["providers", _, _]:
            return _list(cloud, call, _kind(parts[1], parts[2], call), None)
        case ["resourcegroups", _, "providers", "microsoft.resources", "deployments", _, *_]:
            send = partial(answer, cloud)
            return deployments.answer(cloud, groups.need(cloud, parts[1]), call, parts[5:], send)
        case ["resourcegroups", _, "providers", _, *rest] if rest:
            return _in_group(cloud, call, parts[1], parts[3], parts[4:])
        case _:
            raise _no_route(call)


def _kind(namespace: str, type_name: str, call: Call) -> Kind:
    if namespace.lower() not in {kind.partition("/")[0] for kind in KINDS}:
        raise ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")
    kind = KINDS.get(f"{namespace}/{type_name}".lower())
    if kind is None:
        raise ArmError(
            404,
            "InvalidResourceType",
            f"The resource type '{type_name}' could not be found in the namespace '{namespace}' for api version "
            f"'{call.api}'.",
        )
    return kind


def _check_version(kind: Kind, call: Call, location: str = "*") -> None:
    namespace, (type_name,) = _place(kind)
    if namespace == NAMESPACE:
        subscriptions.check_version(call, type_name, location)


def _place(kind: Kind) -> tuple[str, tuple[str, ...]]:
    """Namespace and type of an id."""
    namespace, _slash, type_name = kind.type.partition("/")
    return namespace, (type_name,)


def _list(cloud: Cloud, call: Call, kind: Kind, group: str | None) -> Answer:
    if call.method != "GET":
        return _not_supported(call)
    _check_version(kind, call)
    found = cloud.store.of_type(kind.type, group.lower() if group else None)
    return Answer(
        200, {"value": [kind.render(Look(cloud, r, call.api, listed=True, wan=call.from_wan)) for r in found]}
    )


def _in_group(cloud: Cloud, call: Call, group_name: str, namespace: str, rest: list[str]) -> Answer:
    kind = _kind(namespace, rest[0], call)
    group = groups.need(cloud, group_name)
    if len(rest) == 1:
        return _list(cloud, call, kind, group.name)
    rid = ResourceId(cloud.identity.subscription, group.name, *_place(kind), (rest[1],))
    found = cloud.store.find(rid)
    rid = found.id if found else rid
    _check_version(kind, call, found.location if found else group.location)
    if len(rest) == 2:
        return _resource(cloud, call, kind, rid, found)
    return _below(cloud, call, kind, rid, found, rest[2:])


def _below(cloud: Cloud, call: Call, kind: Kind, rid: ResourceId, found: Resource | None, rest: list[str]) -> Answer:
    """Children, their lists, keys and actions."""
    low = [r.lower() for r in rest]
    collection = next((c for c in kind.child_kinds if c.lower() == low[0]), None)
    if found is None:
        if call.method == "PUT" and collection:
            raise parent_not_found(
                ResourceId(rid.subscription, rid.group, rid.provider, (*rid.types, low[0]), (*rid.names, rest[1]))
            )
        if call.method == "DELETE" and collection:
            return Answer(204)
        raise resource_not_found(rid)
    if low[:2] == ["providers", "microsoft.insights"]:
        return insights.extension(cloud, call, found, rest[2:])
    if collection and len(rest) == 1:
        if call.method != "GET":
            return _not_supported(call)
        kids = found.children.get(collection, {}).values()
        rows = [kind.child_kinds[collection].render(Look(cloud, found, call.api), kid) for kid in kids]
        return Answer(200, {"value": rows})
    if collection and len(rest) == 2:
        return _child(cloud, call, kind, kind.child_kinds[collection], found, rest[1])
    if isinstance(kind, Connections) and low[0] == "sharedkey":
        return _key(cloud, call, kind, found, low)
    if call.method == "GET" and low[0] in kind.sub_lists:
        rows = kind.sub_lists[low[0]](cloud, found, call)
        return _one_of(rows, rid, rest) if len(rest) == 2 else Answer(200, {"value": rows})
    if call.method == "GET" and low[0] in kind.views and len(rest) == 1:
        return kind.views[low[0]](cloud, found, call)
    if call.method == "POST" and len(rest) == 1:
        if low[0] in kind.read_actions:
            return kind.read_actions[low[0]](cloud, found, call)
        if low[0] in kind.write_actions:
            _check_free(cloud, kind, found, call)
            return kind.write_actions[low[0]](cloud, found, call)
    raise _no_route(call)


def _one_of(rows: list[dict[str, Any]], rid: ResourceId, rest: list[str]) -> Answer:
    """One row of a list by its name."""
    row = next((row for row in rows if row["name"].lower() == rest[1].lower()), None)
    if row is None:
        names, types = (*rid.names, rest[1]), (*rid.types, rest[0])
        raise child_not_found(ResourceId(rid.subscription, rid.group, rid.provider, types, names))
    return Answer(200, row)


def _key(cloud: Cloud, call: Call, kind: Kind, found: Resource, low: list[str]) -> Answer:
    if call.method == "GET" and len(low) == 1:
        return get_key(found)
    if call.method == "PUT" and len(low) == 1:
        _check_free(cloud, kind, found, call)
        return put_key(cloud, found, call)
    if call.method == "POST" and low[1:] == ["reset"]:
        _check_free(cloud, kind, found, call)
        return reset_key(cloud, found, call)
    raise _no_route(call)


# -- a resource


def _resource(cloud: Cloud, call: Call, kind: Kind, rid: ResourceId, found: Resource | None) -> Answer:
    if call.method == "PUT":
        return _put(cloud, call, kind, rid, found)
    if call.method == "DELETE":
        return Answer(204) if found is None else _delete(cloud, call, kind, found)
    if found is None:
        raise resource_not_found(rid)
    if call.method == "PATCH":
        _check_free(cloud, kind, found, call)
        body = clean(call.json() or {}, "TagsObject", call.text)
        _check_tags(body.get("tags") or {}, rid)
        found.tags = dict(body.get("tags") or {})
        found.etag = new_etag()
        cloud.store.touch()
    elif call.method == "HEAD":
        return Answer(204)
    elif call.method != "GET":
        raise ArmError(405, "MethodNotAllowed", f"The method {call.method} is not allowed.")
    return Answer(200, kind.render(Look(cloud, found, call.api)), {"ETag": found.etag})


def _check_etag(call: Call, found: Resource | None) -> None:
    wanted = call.header("if-match")
    if wanted and wanted != "*" and (found is None or wanted.strip('W/"') != found.etag.strip('W/"')):
        raise ArmError(
            412, "PreconditionFailed", f"Precondition failed. Etag provided in if-match header {wanted} does not match."
        )


def _check_free(cloud: Cloud, kind: Kind, found: Resource, call: Call) -> None:
    """Raises ArmError where another operation holds the resource."""
    kind.busy(cloud, found, call)
    operation = found.operation
    if operation is not None and not operation.done:
        raise busy(operation.name, operation.id, found.id.path)


def _check_references(cloud: Cloud, kind: Kind, draft: Resource) -> None:
    before = {
        u.target.lower() for uses in cloud.uses().values() for u in uses if u.source.lower().startswith(draft.id.key)
    }
    for use in kind.uses(draft):
        rid, top = parse(use.target), cloud.referenced(use.target)
        child_there = top is None or rid is None or not rid.is_child or top.child(_spelled(top, rid), rid.name)
        if rid is None or top is None or not child_there or (top.location != draft.location and not use.anywhere):
            raise reference_not_found(use.target, use.source)
        operation = top.operation
        fresh = use.target.lower() not in before and top.id.key != draft.id.key
        if fresh and operation is not None and not operation.done:
            raise not_provisioned(top.id.path, use.source, top.state, operation.name)


def _spelled(top: Resource, rid: ResourceId) -> str:
    return next((c for c in top.children if c.lower() == rid.types[1].lower()), rid.types[1])


def _body(cloud: Cloud, call: Call, model: str) -> dict[str, Any]:
    body = call.json()
    if body is None:
        if cloud.settings.today:
            raise ArmError(
                400,
                "InvalidRequestContent",
                "The request content was invalid and could not be deserialized: 'the body is empty'.",
            )
        return {}
    return clean(body, model, call.text)


def _location(cloud: Cloud, kind: Kind, rid: ResourceId, body: dict[str, Any], found: Resource | None) -> str:
    asked = body.get("location")
    if kind.at_once:
        return str(asked or "global").lower()
    if not asked:
        if found is None and body:
            raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
        return found.location if found else groups.need(cloud, rid.group).location
    subscriptions.check_location(asked, kind.type)
    location = subscriptions.normal(asked)
    if found is not None and found.location != location:
        raise ArmError(
            409,
            "InvalidResourceLocation",
            f"The resource '{rid.name}' already exists in location '{found.location}' in resource group '{rid.group}'. "
            f"A resource with the same name cannot be created in location '{location}'. Please select a new resource "
            "name.",
        )
    return location


def _check_tags(tags: dict[str, Any], rid: ResourceId) -> None:
    bad = [name for name in tags if set(name) & set("<>%&\\?/")]
    if bad:
        raise ArmError(
            400,
            "InvalidTagNameCharacters",
            f"The tag names '{','.join(bad)}' have reserved characters '<,>,%,&,\\,?,/' or control characters.",
        )
    if len(tags) > 50:
        raise refuse("tags", id=rid.path, count=len(tags))


def _put(cloud: Cloud, call: Call, kind: Kind, rid: ResourceId, found: Resource | None) -> Answer:
    body = _body(cloud, call, kind.model)
    if groups.need(cloud, rid.group).deleting:
        raise ArmError(
            409,
            "ResourceGroupBeingDeleted",
            f"The resource group '{rid.group}' is in deprovisioning state and cannot perform this operation.",
        )
    if found is None and not kind.at_once:
        check_name(rid.name)
    _check_tags(body.get("tags") or {}, rid)
    location = _location(cloud, kind, rid, body, found)
    _check_etag(call, found)
    if found is not None:
        _check_free(cloud, kind, found, call)
    draft = found.draft() if found else Resource(rid, location, {})
    draft.etag = new_etag()
    draft.tags = body.get("tags")
    draft.extra = {k: body[k] for k in kind.extra if body.get(k) is not None} or dict(found.extra if found else {})
    kind.fill(Change(cloud, call, draft, body, found))
    _check_references(cloud, kind, draft)
    kind.render(Look(cloud, draft, call.api))  # what cannot be shown is not kept
    if kind.at_once:
        draft.state = "Succeeded"
        cloud.store.put(draft)
        return Answer(200 if found else 201, kind.render(Look(cloud, draft, call.api)))
    settled = found is not None and found.state == "Succeeded" and draft.same_content(found)
    if settled and kind.settles_at_once:
        draft.state = "Succeeded"
        operation = cloud.begin(draft, f"Put{kind.noun}Operation", "PUT", "query")
        cloud.store.put(draft)
    else:
        duration = kind.durations["update" if found else "create"]
        operation = cloud.change(draft, f"Put{kind.noun}Operation", duration, lambda: kind.made(cloud, draft))
        cloud.store.put(draft)
    headers = _put_headers(cloud, call, operation)
    return Answer(200 if found else 201, kind.render(Look(cloud, draft, call.api)), headers)


def _put_headers(cloud: Cloud, call: Call, operation: Any) -> dict[str, str]:
    headers = cloud.poll_headers(operation, call, location=False, asynchronous=True)
    return headers | {"Azure-AsyncNotification": "Enabled"}


def _delete(cloud: Cloud, call: Call, kind: Kind, found: Resource) -> Answer:
    _check_etag(call, found)
    _check_free(cloud, kind, found, call)
    kind.guard(cloud, found)
    if kind.at_once:
        cloud.store.remove(found)
        return Answer(200)

    def done() -> None:
        kind.removed(cloud, found)
        cloud.store.remove(found)

    def failed() -> None:
        found.state = "Failed"

    found.state = "Deleting"
    name = f"Delete{kind.noun}Operation"
    operation = cloud.begin(found, name, "DELETE", kind.durations["delete"], effect=done, failed=failed)
    found.operation = operation
    cloud.store.touch()
    headers = cloud.poll_headers(operation, call, location=True, asynchronous=True)
    return Answer(202, None, headers | {"Azure-AsyncNotification": "Enabled"})


# -- a child


def _child(cloud: Cloud, call: Call, kind: Kind, inner: ChildKind, found: Resource, name: str) -> Answer:
    child = found.child(inner.collection, name)
    rid = found.child_id(inner.collection, child.name if child else name)
    if call.method == "PUT":
        return _put_child(cloud, call, kind, inner, found, name)
    if call.method == "DELETE":
        return Answer(204) if child is None else _delete_child(cloud, call, kind, inner, found, child)
    if child is None:
        raise child_not_found(rid)
    if call.method != "GET":
        raise ArmError(405, "MethodNotAllowed", f"The method {call.method} is not allowed.")
    return Answer(200, inner.render(Look(cloud, found, call.api), child), {"ETag": found.etag})


def _put_child(cloud: Cloud, call: Call, kind: Kind, inner: ChildKind, found: Resource, name: str) -> Answer:
    body = _body(cloud, call, inner.model)
    _check_etag(call, found)
    _check_free(cloud, kind, found, call)
    old = found.child(inner.collection, name)
    if old is None:
        check_name(name)
    draft = found.draft()
    draft.etag = new_etag()
    change = Change(cloud, call, draft, body, found)
    kids = draft.children.setdefault(inner.collection, {})
    kids[name.lower()] = child = inner.fill(change, name, change.properties, old)
    _check_references(cloud, kind, draft)
    kind.render(Look(cloud, draft, call.api))
    operation = cloud.change(draft, f"Put{inner.noun}Operation", inner.duration)
    cloud.store.put(draft)
    headers = _put_headers(cloud, call, operation)
    return Answer(200 if old else 201, inner.render(Look(cloud, draft, call.api), child), headers)


def _delete_child(cloud: Cloud, call: Call, kind: Kind, inner: ChildKind, found: Resource, child: Child) -> Answer:
    _check_etag(call, found)
    _check_free(cloud, kind, found, call)
    inner.guard(cloud, found, child)

    def done() -> None:
        inner.removed(cloud, found, child)
        found.children[inner.collection].pop(child.name.lower(), None)

    operation = cloud.change(found, f"Delete{inner.noun}Operation", inner.delete_duration, done)
    operation.method = "DELETE"
    headers = cloud.poll_headers(operation, call, location=True, asynchronous=True)
    return Answer(202, None, headers | {"Azure-AsyncNotification": "Enabled"})
