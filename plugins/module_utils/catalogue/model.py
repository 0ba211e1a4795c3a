# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an examination of a link gives: checks, causes and tunnels. Values only; none of them holds a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

ERROR, WARNING, ADVICE = "error", "warning", "advice"
SEVERITIES = (ERROR, WARNING, ADVICE)
OK, FAILED, UNREAD = "ok", "failed", "unread"
AZURE, AWS, BOTH = "azure", "aws", "both"
CLOUD_NAMES: Mapping[str, str] = {AZURE: "Azure", AWS: "AWS"}
CERTAIN, LIKELY, POSSIBLE = "certain", "likely", "possible"
UP, DOWN, SPARE, UNKNOWN = "up", "down", "spare", "unknown"

#: Checks without which nobody can say that a link is in order.
VITAL = (
    "azure.answer",
    "aws.answer",
    "tunnel.azure",
    "tunnel.aws",
    "bgp.azure",
    "bgp.aws",
    "routes.learned_azure",
    "routes.learned_aws",
)


@dataclass(frozen=True)
class Check:
    """One expectation and what was found.

    ``resource`` is a human name, ``tunnel`` the name of a tunnel or None, ``status`` ok, failed or unread: what it
    needs could not be read, so nothing is said.
    """

    name: str
    severity: str
    cloud: str
    resource: str
    tunnel: str | None
    status: str
    expected: str
    found: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        return self.status == OK

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Cause:
    """Why tunnels are down or pass nothing. ``rank`` counts from 1, the likeliest first.

    ``evidence`` has lines of each cloud, ``remedy`` the change that mends it, ``certainty`` is certain, likely or
    possible.
    """

    rank: int
    name: str
    side: str
    tunnels: tuple[str, ...]
    effect: str
    evidence: Mapping[str, tuple[str, ...]]
    remedy: str
    certainty: str = CERTAIN

    def as_dict(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "tunnels": list(self.tunnels),
            "evidence": {cloud: list(self.evidence.get(cloud, ())) for cloud in (AZURE, AWS)},
        }


@dataclass(frozen=True)
class AzureEnd:
    """``outside_address`` is Azure's own public one."""

    connection: str | None = None
    instance: int | None = None
    outside_address: str | None = None
    inside_address: str | None = None
    state: str = UNKNOWN
    message: str = ""
    bgp: str | None = None
    routes: int | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None


@dataclass(frozen=True)
class AwsEnd:
    connection: str | None = None
    outside_address: str | None = None
    inside_address: str | None = None
    state: str = UNKNOWN
    message: str = ""
    bgp: str | None = None
    routes: int | None = None
    since: str | None = None


@dataclass(frozen=True)
class TunnelPair:
    """Both ends of a tunnel. ``expected`` is up or spare, ``state`` up, down, spare or unknown."""

    name: str
    inside_cidr: str | None
    expected: str
    state: str
    azure: AzureEnd = AzureEnd()
    aws: AwsEnd = AwsEnd()

    def up_for(self, cloud: str) -> bool:
        """Whether it is up as far as this cloud knows; the other may not have been read."""
        end = self.azure if cloud == AZURE else self.aws
        return UP in (self.state, end.state if self.state == UNKNOWN else "")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Options:
    """What the examiner may be told besides.

    ``quotas`` are the account's where there is no plan (names of the plan's ``aws.quotas``); ``spares`` inside CIDRs
    that are meant to be down; ``path_mtus`` what probes have measured: from where to where, and bytes.
    """

    quotas: Mapping[str, int] = field(default_factory=dict)
    spares: tuple[str, ...] = ()
    path_mtus: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Examination:
    """What came of one look. ``tunnels`` are as a report shows them."""

    tunnels: list[TunnelPair]
    checks: list[Check]
    causes: list[Cause]

    def failed(self, severities: tuple[str, ...] = (ERROR,)) -> list[Check]:
        return [one for one in self.checks if one.status == FAILED and one.severity in severities]

    def in_the_dark(self) -> list[Check]:
        """Vital checks of which nothing could be read."""
        return [one for one in self.checks if one.status == UNREAD and one.name in VITAL]

    @property
    def ok(self) -> bool:
        """Whether no check of severity error failed, and what decides was read."""
        return not self.failed() and not self.in_the_dark()

    def as_dict(self) -> dict[str, Any]:
        return {
            "tunnels": [one.as_dict() for one in self.tunnels],
            "checks": [one.as_dict() for one in self.checks],
            "causes": [one.as_dict() for one in self.causes],
        }
