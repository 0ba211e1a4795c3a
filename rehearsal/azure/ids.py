"""Resource ids: `/subscriptions/S/resourceGroups/G/providers/P/type/name[/type/name]`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ResourceId:
    """An id taken apart; compare ids by `key`, Azure ignores case."""

    subscription: str
    group: str
    provider: str
    types: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def path(self) -> str:
        pairs = "".join(f"/{t}/{n}" for t, n in zip(self.types, self.names, strict=False))
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}/providers/{self.provider}{pairs}"

    @property
    def key(self) -> str:
        return self.path.lower()

    @property
    def name(self) -> str:
        return self.names[-1]

    @property
    def type(self) -> str:
        return f"{self.provider}/{'/'.join(self.types)}"

    @property
    def top(self) -> ResourceId:
        return ResourceId(self.subscription, self.group, self.provider, self.types[:1], self.names[:1])

    @property
    def is_child(self) -> bool:
        return len(self.types) > 1


def parse(path: str) -> ResourceId | None:
    """The id in `path`, or None where it is not the id of a resource in a group."""
    parts = [p for p in path.split("/") if p]
    if len(parts) < 8 or len(parts) % 2 or parts[0].lower() != "subscriptions":
        return None
    if parts[2].lower() != "resourcegroups" or parts[4].lower() != "providers":
        return None
    rest = parts[6:]
    return ResourceId(parts[1], parts[3], parts[5], tuple(rest[::2]), tuple(rest[1::2]))
