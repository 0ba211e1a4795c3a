"""What AWS says of a tunnel's state; the WAN tells it, nothing here makes a tunnel UP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

ROUTE_LIMIT = 100
"""Routes that a BGP peer may send; more end the session (AWS user guide, quotas)."""


def wall_clock() -> datetime:
    """Now, in whole seconds as EC2 shows it."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Telemetry:
    """One tunnel's state. ``prefixes`` is what its BGP session learned, ``negotiated`` what IKE agreed on."""

    status: str = "DOWN"
    message: str | None = None
    accepted_routes: int | None = None
    prefixes: tuple[str, ...] = ()
    negotiated: Mapping[str, Any] = field(default_factory=dict)
    since: datetime = field(default_factory=wall_clock)

    @property
    def up(self) -> bool:
        return self.status == "UP"

    def says_the_same(self, other: Telemetry) -> bool:
        return self._content() == other._content()

    def _content(self) -> tuple[object, ...]:
        return self.status, self.message, self.accepted_routes, self.prefixes, dict(self.negotiated)

    def follow(self, said: Mapping[str, Any]) -> Telemetry:
        """The state after what the WAN said; LastStatusChange moves only with the status."""
        status = str(said.get("status", self.status)).upper()
        if status not in ("UP", "DOWN"):
            raise ValueError(f"status is UP or DOWN, not {status}")
        prefixes = tuple(said.get("prefixes", ()))
        message, accepted = said.get("message"), said.get("accepted_routes")
        if len(prefixes) > ROUTE_LIMIT:
            status, message, accepted, prefixes = "DOWN", "IPSEC IS UP", 0, ()
        return Telemetry(
            status=status,
            message=message,
            accepted_routes=accepted,
            prefixes=prefixes if status == "UP" else (),
            negotiated=said.get("negotiated") or {},
            since=self.since if status == self.status else wall_clock(),
        )


def shown(outside_address: str, telemetry: Telemetry, static_routes: int | None) -> dict[str, Any]:
    """An entry of VgwTelemetry. ``static_routes`` is the number of the connection's static routes, None with BGP.

    Recorded: a static tunnel counts its routes and says nothing, even when it is down; a BGP tunnel says how many
    routes it has, or that IPsec is down.
    """
    if static_routes is not None:
        default_message, default_accepted = "", static_routes
    else:
        default_accepted = len(telemetry.prefixes)
        default_message = f"{default_accepted} BGP ROUTES" if telemetry.up else "IPSEC IS DOWN"
    accepted = telemetry.accepted_routes
    return {
        "OutsideIpAddress": outside_address,
        "Status": telemetry.status,
        "StatusMessage": default_message if telemetry.message is None else telemetry.message,
        "AcceptedRouteCount": default_accepted if accepted is None else accepted,
        "LastStatusChange": telemetry.since,
    }
