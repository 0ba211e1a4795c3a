"""What every kind of network resource has in common; one subclass for each family."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..answers import Answer, Call
from ..cloud import Cloud, Use
from ..errors import network
from ..store import Child, Json, Resource

Action = Callable[[Cloud, Resource, Call], Answer]


@dataclass
class Change:
    """A PUT being worked out: `draft` is `old` or new, `body` is what the client asks for, cleaned."""

    cloud: Cloud
    call: Call
    draft: Resource
    body: Json
    old: Resource | None

    @property
    def properties(self) -> Json:
        return dict(self.body.get("properties") or {})

    @property
    def path(self) -> str:
        return self.draft.id.path


@dataclass(frozen=True)
class Look:
    """A resource being shown: to which api-version, alone or in a list; to the WAN as it is, not as Azure says."""

    cloud: Cloud
    resource: Resource
    api: str
    listed: bool = False
    wan: bool = False

    @property
    def path(self) -> str:
        return self.resource.id.path

    def since(self, version: str) -> bool:
        """Whether a property that came with `version` is shown."""
        return self.api[:10] >= version

    def users(self, target: str) -> list[str]:
        """Ids of what uses `target`."""
        return [use.source for use in self.cloud.users_of(target)]


class ChildKind:
    """Something that lives inside a resource, in a collection of its properties."""

    collection = ""
    model = ""
    noun = ""
    duration = "virtual network"
    delete_duration = "network delete"

    def fill(self, change: Change, name: str, properties: Json, old: Child | None) -> Child:
        """The child that `properties` ask for. Raises ArmError."""
        raise NotImplementedError

    def show(self, look: Look, child: Child) -> Json:
        """The child's properties as Azure shows them, without provisioningState."""
        raise NotImplementedError

    def guard(self, cloud: Cloud, resource: Resource, child: Child) -> None:
        """Raises ArmError where the child may not be deleted."""

    def removed(self, cloud: Cloud, resource: Resource, child: Child) -> None:
        """Side effects of a deletion."""

    def render(self, look: Look, child: Child) -> Json:
        """The child as a GET answers it."""
        return inner(look.resource, self.collection, child.name, self.show(look, child))


def asked(cloud: Cloud, resource: Resource, call: Call, name: str, result: Callable[[], Any]) -> Answer:
    """The answer to a question: Location only, then 200 with the result (REC)."""
    operation = cloud.begin(resource, name, "POST", "query", result=result)
    return Answer(202, None, cloud.poll_headers(operation, call, location=True, asynchronous=False))


def begun(name: str, properties: Json, old: Child | None) -> Child:
    """A child that keeps what lasts of the old one."""
    if old is None:
        return Child(name, properties)
    return Child(old.name, properties, old.guid, dict(old.hidden))


def inner(resource: Resource, collection: str, name: str, properties: Json) -> Json:
    """The JSON of something inside a resource, which shares its etag and state (REC)."""
    rid = resource.child_id(collection, name)
    return {
        "name": name,
        "id": rid.path,
        "etag": resource.etag,
        "type": rid.type,
        "properties": {"provisioningState": resource.state, **properties},
    }


class Kind:
    """A family of top-level resources."""

    type = ""
    model = ""
    noun = ""
    extra: tuple[str, ...] = ("extendedLocation",)
    durations: dict[str, str] = {}
    """Keys of `durations.SECONDS` for create, update and delete."""
    child_kinds: dict[str, ChildKind] = {}
    read_actions: dict[str, Action] = {}
    """POSTs that change nothing, by lower-case name."""
    write_actions: dict[str, Action] = {}
    views: dict[str, Action] = {}
    """GETs below a resource of what is no list of things with names, by lower-case name."""
    sub_lists: dict[str, Callable[[Cloud, Resource, Call], list[Json]]] = {}
    """Lists below a resource, by lower-case name."""
    at_once = False
    """Made and deleted in the answer itself, and in no region."""
    settles_at_once = True
    """An update that changes nothing but tags is Succeeded in its own answer (REC: local gateways)."""

    def fill(self, change: Change) -> None:
        """Set the draft's properties from the body. Raises ArmError."""
        raise NotImplementedError

    def uses(self, resource: Resource) -> Iterator[Use]:
        """What the resource refers to."""
        raise NotImplementedError

    def show(self, look: Look) -> Json:
        """Its properties as Azure shows them, without provisioningState, resourceGuid and children."""
        raise NotImplementedError

    def busy(self, cloud: Cloud, resource: Resource, call: Call) -> None:
        """Raises ArmError where something else keeps the resource from being changed."""

    def guard(self, cloud: Cloud, resource: Resource) -> None:
        """Raises ArmError where the resource may not be deleted."""

    def made(self, cloud: Cloud, resource: Resource) -> None:
        """Side effects when a PUT's operation is done."""

    def removed(self, cloud: Cloud, resource: Resource) -> None:
        """Side effects of a deletion."""

    def render(self, look: Look) -> Json:
        """The resource as a GET answers it."""
        resource = look.resource
        body: Json = {
            "name": resource.id.name,
            "id": resource.id.path,
            "etag": resource.etag,
            "type": self.type,
            "location": resource.location,
        }
        if resource.tags is not None:
            body["tags"] = dict(resource.tags)
        body |= resource.extra
        properties: Json = {"provisioningState": resource.state, "resourceGuid": resource.guid}
        properties |= self.show(look)
        for collection, kind in self.child_kinds.items():
            kids = resource.children.get(collection, {}).values()
            properties[collection] = [kind.render(look, kid) for kid in kids]
        body["properties"] = properties
        return body

    def fill_children(self, change: Change, *, keep_absent: bool) -> None:
        """Children named in the body replace those that are there."""
        properties = change.properties
        for collection, kind in self.child_kinds.items():
            if collection not in properties and (keep_absent and change.old):
                continue
            old = change.old.children.get(collection, {}) if change.old else {}
            new: dict[str, Child] = {}
            change.draft.children[collection] = new
            for item in properties.get(collection) or []:
                name = check_name(str(item.get("name", "")))
                if name.lower() in new:
                    raise network(
                        400,
                        "DuplicateResourceName",
                        f"Resource {change.path} has two child resources with the same name ({name}).",
                    )
                before = old.get(name.lower())
                new[name.lower()] = kind.fill(change, name, dict(item.get("properties") or {}), before)
            for name, child in old.items():
                if name not in new and change.old:
                    kind.guard(change.cloud, change.old, child)
                    kind.removed(change.cloud, change.old, child)


def spelled(asked: str, values: Iterable[str]) -> str:
    """The one of `values` that is asked for in whatever case; what is none of them stays as it is."""
    return next((value for value in values if value.lower() == asked.lower()), asked)


def check_name(name: str) -> str:
    """Raises ArmError for what is no name of a resource, or of a part of one."""
    if not re.fullmatch(r"\w([\w.-]{0,78}\w)?", name, re.ASCII):
        raise network(
            400,
            "InvalidResourceName",
            f"Resource name {name} is invalid. The name can be up to 80 characters long. It must begin with a word "
            "character, and it must end with a word character or with '_'. The name may contain word characters or "
            "'.', '-', '_'.",
        )
    return name


def parse_prefix(text: str, owner: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The network. Raises ArmError for a malformed one or one with host bits."""
    try:
        if "/" not in text:
            raise ValueError(text)
        loose = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise network(
            400,
            "InvalidAddressPrefixFormat",
            f"Address prefix string {text} for resource {owner} is not formatted correctly. It should follow CIDR "
            "notation, for example 10.0.0.0/24.",
        ) from None
    if str(loose) != text and str(loose.network_address) != text.split("/")[0]:
        raise network(
            400,
            "InvalidCIDRNotation",
            f"The address prefix {text} in resource {owner} has an invalid CIDR notation. For the given prefix length, "
            f"the address prefix should be {loose}.",
        )
    return loose


def overlap(one: list[str], other: list[str]) -> tuple[str, str] | None:
    """The first pair of prefixes that overlap."""
    for a in one:
        for b in other:
            left, right = ipaddress.ip_network(a, strict=False), ipaddress.ip_network(b, strict=False)
            if left.version == right.version and left.overlaps(right):
                return a, b
    return None


def reference(value: Any) -> str:
    """The id in `{"id": ...}`, or ""."""
    return str(value.get("id") or "") if isinstance(value, dict) else ""


def link(value: Any) -> Json | None:
    """`{"id": ...}` and nothing else, or None."""
    return {"id": reference(value)} if reference(value) else None
