"""A tunnel of a VPN connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from typing import Any

from rehearsal.aws import tunnel_options
from rehearsal.aws.telemetry import Telemetry, wall_clock
from rehearsal.aws.tunnel_options import Options


@dataclass
class Tunnel:
    """One end at AWS. Its outside address never changes."""

    outside_address: str
    options: Options
    """Always with TunnelInsideCidr and PreSharedKey."""
    telemetry: Telemetry = field(default_factory=Telemetry)
    replaced_at: datetime | None = None
    replaced_for: timedelta = timedelta(0)
    maintenance_after: datetime | None = None
    """When AWS would apply the pending maintenance by itself; None without one."""

    @property
    def inside_cidr(self) -> str:
        return str(self.options["TunnelInsideCidr"])

    @property
    def inside_ipv6_cidr(self) -> str | None:
        return self.options.get("TunnelInsideIpv6Cidr")

    @property
    def pre_shared_key(self) -> str:
        return str(self.options["PreSharedKey"])

    @property
    def order(self) -> int:
        """AWS's documents go by outside address."""
        return int(IPv4Address(self.outside_address))

    @property
    def lifecycle_control(self) -> bool:
        return bool(self.options.get("EnableTunnelLifecycleControl"))

    def begin_replacement(self, real_seconds: float) -> None:
        """AWS puts a new endpoint in its place: down for that long on the wall."""
        self.replaced_at, self.replaced_for = wall_clock(), timedelta(seconds=real_seconds)

    def seen(self, *, working: bool) -> Telemetry:
        """What AWS would say: what the WAN said, unless AWS itself has the tunnel down."""
        if not working:
            return Telemetry(since=self.replaced_at or self.telemetry.since)
        if self.replaced_at is None or not self.telemetry.up:
            return self.telemetry
        back = (self.replaced_at + self.replaced_for).replace(microsecond=0)
        return Telemetry(**{**vars(self.telemetry), "since": max(self.telemetry.since, back)})

    def shown(self, *, key: bool) -> dict[str, Any]:
        """An entry of TunnelOptions."""
        answer = {
            "OutsideIpAddress": self.outside_address,
            "TunnelInsideCidr": self.inside_cidr,
            **({"PreSharedKey": self.pre_shared_key} if key else {}),
            **tunnel_options.shown(self.options),
        }
        if self.inside_ipv6_cidr:
            answer["TunnelInsideIpv6Cidr"] = self.inside_ipv6_cidr
        return answer
