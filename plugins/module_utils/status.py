# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cloud says of its end of the link: one shape for Azure and AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self


class _Record:
    """A dataclass that reads itself from a mapping, with defaults for what is not told."""

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """:raises TypeError: a field without a default is missing"""
        known = {one.name for one in fields(cls)}  # type: ignore[arg-type]
        return cls(**{name: value for name, value in raw.items() if name in known and value is not None})


@dataclass(frozen=True)
class TunnelStatus(_Record):
    """One end of a tunnel.

    ``name`` is the Azure connection's or AWS's VPN connection's, ``outside_address`` AWS's address of the tunnel,
    ``status`` up, down or unknown, ``routes`` the number that the peer announced, ``since`` ISO 8601.
    Azure's active/active gateway shows a connection once for each ``instance``.
    """

    name: str
    id: str = ""
    instance: int | None = None
    outside_address: str | None = None
    inside_cidr: str | None = None
    peer_address: str | None = None
    status: str = "unknown"
    message: str = ""
    bytes_in: int | None = None
    bytes_out: int | None = None
    routes: int | None = None
    since: str | None = None


@dataclass(frozen=True)
class BgpPeer(_Record):
    """``state`` is connected, connecting, idle or unknown."""

    peer_address: str
    local_address: str | None = None
    peer_asn: int | None = None
    instance: int | None = None
    state: str = "unknown"
    routes_received: int | None = None


@dataclass(frozen=True)
class LearnedRoute(_Record):
    prefix: str
    next_hop: str | None = None
    source_peer: str | None = None
    origin: str | None = None
    as_path: str | None = None
    instance: int | None = None


@dataclass(frozen=True)
class Status:
    """``cloud`` is azure or aws, ``gateway`` the id of the gateway."""

    cloud: str
    gateway: str = ""
    asn: int | None = None
    tunnels: list[TunnelStatus] = field(default_factory=list)
    bgp_peers: list[BgpPeer] = field(default_factory=list)
    learned_routes: list[LearnedRoute] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """:raises TypeError: a field without a default is missing"""
        return cls(
            cloud=raw.get("cloud", ""),
            gateway=raw.get("gateway") or "",
            asn=raw.get("asn"),
            tunnels=[TunnelStatus.from_dict(one) for one in raw.get("tunnels") or []],
            bgp_peers=[BgpPeer.from_dict(one) for one in raw.get("bgp_peers") or []],
            learned_routes=[LearnedRoute.from_dict(one) for one in raw.get("learned_routes") or []],
        )
