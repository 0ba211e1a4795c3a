"""Resource groups and resources, by id without regard to case, with etags, children and who uses whom."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .ids import ResourceId
from .operations import Operation

Json = dict[str, Any]


def new_etag() -> str:
    return f'W/"{uuid.uuid4()}"'


@dataclass
class Group:
    """A resource group."""

    name: str
    location: str
    tags: Json | None = None
    managed_by: str | None = None
    deleting: bool = False
    deployments: dict[str, Any] = field(default_factory=dict)
    """By lower-case name, see `deployments`."""


@dataclass
class Child:
    """Something inside a resource that has a name of its own: a subnet, a rule, a route, a peering."""

    name: str
    properties: Json
    guid: str = field(default_factory=lambda: str(uuid.uuid4()))
    hidden: Json = field(default_factory=dict)


@dataclass
class Resource:
    """A top-level resource; its children share its etag and its provisioning state (REC)."""

    id: ResourceId
    location: str
    properties: Json
    tags: Json | None = None
    extra: Json = field(default_factory=dict)
    children: dict[str, dict[str, Child]] = field(default_factory=dict)
    hidden: Json = field(default_factory=dict)
    etag: str = field(default_factory=new_etag)
    guid: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "Updating"
    operation: Operation | None = None

    def draft(self) -> Resource:
        """A copy that may be changed and thrown away."""
        twin = copy.copy(self)
        for name in ("properties", "extra", "children", "hidden", "tags"):
            setattr(twin, name, copy.deepcopy(getattr(self, name)))
        return twin

    def same_content(self, other: Resource) -> bool:
        def content(r: Resource) -> tuple[Any, ...]:
            kids = {c: {k: v.properties for k, v in kids.items()} for c, kids in r.children.items()}
            return r.properties, r.extra, kids

        return content(self) == content(other)

    def child(self, collection: str, name: str) -> Child | None:
        return self.children.get(collection, {}).get(name.lower())

    def child_id(self, collection: str, name: str) -> ResourceId:
        return ResourceId(
            self.id.subscription,
            self.id.group,
            self.id.provider,
            (*self.id.types, collection),
            (*self.id.names, name),
        )


class Store:
    """All groups and resources of the subscription."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self.resources: dict[str, Resource] = {}
        self.diagnostics: dict[str, dict[str, tuple[str, Json]]] = {}
        """Lower-case resource id -> lower-case name -> diagnostic setting; they outlive their resource (MS)."""
        self.version = 0

    def touch(self) -> None:
        self.version += 1

    def group(self, name: str) -> Group | None:
        return self.groups.get(name.lower())

    def find(self, rid: ResourceId | str) -> Resource | None:
        return self.resources.get(rid.key if isinstance(rid, ResourceId) else rid.lower())

    def put(self, resource: Resource) -> None:
        self.resources[resource.id.key] = resource
        self.touch()

    def remove(self, resource: Resource) -> None:
        self.resources.pop(resource.id.key, None)
        self.touch()

    def of_type(self, kind: str, group: str | None = None) -> Iterator[Resource]:
        """Resources of a type, of one group or of all, by group and name (REC)."""
        for _unused, resource in sorted(self.resources.items()):
            if resource.id.type.lower() == kind.lower() and group in (None, resource.id.group.lower()):
                yield resource

    def in_group(self, group: str) -> list[Resource]:
        return [r for r in self.resources.values() if r.id.group.lower() == group.lower()]
