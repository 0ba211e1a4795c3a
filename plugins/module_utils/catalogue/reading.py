# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of what both clouds say of a link, read forgivingly.

Real clouds leave members out, write null, or speak an older API: whatever is missing or of another type becomes None,
"" or empty here, and nothing raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from ipaddress import IPv4Network
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.status import BgpPeer, LearnedRoute, Status, TunnelStatus

Json = Mapping[str, Any]

ANYWHERE = IPv4Network("0.0.0.0/0")


def at(raw: object, *path: str) -> Any:
    """The member at the end of the path, None where the path breaks off."""
    for step in path:
        raw = raw.get(step) if isinstance(raw, Mapping) else None
    return raw


def text(raw: object, *path: str) -> str:
    value = at(raw, *path)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def number(raw: object, *path: str) -> int | None:
    value = at(raw, *path)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def flag(raw: object, *path: str) -> bool | None:
    value = at(raw, *path)
    return value if isinstance(value, bool) else None


def entries(raw: object, *path: str) -> list[Json]:
    """A list's members that are mappings."""
    value = at(raw, *path)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def texts(raw: object, *path: str) -> list[str]:
    value = at(raw, *path)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []


def network(cidr: object) -> IPv4Network | None:
    try:
        return IPv4Network(cidr, strict=False) if isinstance(cidr, str) and cidr else None
    except ValueError:
        return None


def networks(cidrs: Iterable[object]) -> tuple[IPv4Network, ...]:
    return tuple(found for found in map(network, cidrs) if found is not None)


def same_prefix(one: str, other: str) -> bool:
    return one == other or (network(one) is not None and network(one) == network(other))


def by_id(items: Iterable[Any], identifier: str) -> Any:
    return next((one for one in items if identifier and arm.same(one.id, identifier)), None)


def named(items: Iterable[Any], name: str) -> Any:
    """The resource of this name, letter case aside as Azure has it; None without one."""
    return next((one for one in items if one.name.lower() == name.lower()), None)


#: What a reading calls a part that it could not read, less an article, and the member that the part would be in.
PARTS: Mapping[str, str] = {
    "local network gateways": "local_gateways",
    "bgp peers": "peers",
    "pre-shared keys": "fingerprints",
    "virtual private gateways": "gateway",
    "transit gateway": "gateway",
    "tunnels' maintenance": "maintenance",
}


def unread_parts(raw: Json, parts: Iterable[str]) -> dict[str, str]:
    """Parts that are null or missing, and those that the reading names."""
    found = {part: "not read" for part in parts if at(raw, part) is None}
    for one in entries(raw, "unread"):
        what = text(one, "what").lower().removeprefix("the ").removeprefix("aws's ")
        part = PARTS.get(what, what.replace(" ", "_"))
        found[part] = " ".join(filter(None, [text(one, "why"), text(one, "permission")])) or "not read"
    return found


def _records(raw: object, path: str, kind: Any, required: str) -> list[Any]:
    """Members of a status; those without what they need are left out, and so is a value of the wrong type."""
    found = []
    for one in entries(raw, path):
        told = {
            each.name: number(one, each.name) if "int" in str(each.type) else text(one, each.name)
            for each in fields(kind)
            if at(one, each.name) is not None
        }
        if told.get(required):
            found.append(kind.from_dict(told))
    return found


def status_of(raw: object, cloud: str) -> Status:
    return Status(
        cloud=cloud,
        gateway=text(raw, "gateway"),
        asn=number(raw, "asn"),
        tunnels=_records(raw, "tunnels", TunnelStatus, "name"),
        bgp_peers=_records(raw, "bgp_peers", BgpPeer, "peer_address"),
        learned_routes=_records(raw, "learned_routes", LearnedRoute, "prefix"),
    )


def prints_of(raw: object) -> dict[str, str]:
    found = raw.items() if isinstance(raw, Mapping) else ()
    return {str(name): value for name, value in found if isinstance(value, str) and value}
