"""Tags of a resource, as EC2 shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def put(backend: Any, resource_id: str, tags: Mapping[str, str]) -> None:
    """Tag a new resource."""
    if tags:
        backend.create_tags([resource_id], dict(tags))


def of(backend: Any, resource_id: str) -> dict[str, str]:
    """A resource's tags."""
    return dict(backend.tags.get(resource_id, {}))


def shown(backend: Any, resource_id: str) -> list[dict[str, str]]:
    """A resource's tags as a TagList."""
    return [{"Key": key, "Value": value} for key, value in sorted(of(backend, resource_id).items())]
