# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the link up as planned? One answer from the plan and what both clouds say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import (
    AWS,
    AZURE,
    DOWN,
    ERROR,
    FAILED,
    OK,
    UP,
    Check,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import CLOUD_NAMES as CLOUDS
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.status import Status, TunnelStatus


@dataclass(frozen=True)
class Verdict:
    """``ok`` when every check is. ``text`` is one line then, else a headline and a line for each failing check.

    Checks are tunnel, bgp and learned; their ``resource`` is a tunnel of the plan or a prefix.
    """

    ok: bool
    checks: list[Check]
    text: str


NO_ANSWER = "no answer"
CONNECTED = "connected"

JsonDict = Mapping[str, Any]


def _azure_end(status: Status, tunnel: JsonDict, aws_end: TunnelStatus | None) -> TunnelStatus | None:
    """Azure's end at the instance that the tunnel ends on: of the connection of the planned name, or else of the one
    that leads to AWS's address of the tunnel, whatever it is called.

    An active/active gateway tries every connection from both instances, and AWS admits one of them: the other one's
    end stays down and that is right (MS, active-active).
    """
    named = [one for one in status.tunnels if one.name == tunnel["resource_name"]]
    if not named and aws_end is not None and aws_end.outside_address:
        named = [one for one in status.tunnels if one.outside_address == aws_end.outside_address]
    at_instance = [one for one in named if one.instance == tunnel["instance"]]
    candidates = at_instance or [one for one in named if one.instance is None]
    return next((one for one in candidates if one.status == UP), candidates[0] if candidates else None)


def _aws_end(status: Status, tunnel: JsonDict) -> TunnelStatus | None:
    return next((one for one in status.tunnels if one.inside_cidr == tunnel["inside_cidr"]), None)


def _words(end: TunnelStatus | None, status: Status | None) -> str:
    if status is None:
        return NO_ANSWER
    if end is None:
        return "absent"
    return f"{end.status} ({end.message})" if end.message and end.status != UP else end.status


def _azure_session(status: Status | None, tunnel: JsonDict) -> str:
    """State of the session with AWS's inside address on the instance that the tunnel ends on."""
    if status is None:
        return NO_ANSWER
    peers = [
        peer
        for peer in status.bgp_peers
        if peer.peer_address == tunnel["aws_inside_address"] and peer.instance in (None, tunnel["instance"])
    ]
    best = next((peer for peer in peers if peer.state == CONNECTED), peers[0] if peers else None)
    return best.state if best else "absent"


def _aws_session(end: TunnelStatus | None, status: Status | None) -> str:
    """AWS tells of a session only by the tunnel and the routes it has accepted: UP means that BGP is up too, and
    DOWN with the message IPSEC IS UP that BGP alone is missing (AWS, VgwTelemetry)."""
    if status is None:
        return NO_ANSWER
    if end is None:
        return "absent"
    if end.status != UP:
        return "down"
    return CONNECTED if end.routes else "no routes accepted"


def _check(name: str, cloud: str, resource: str, expected: str, found: str, tunnel: str | None = None) -> Check:
    return Check(name, ERROR, cloud, resource, tunnel, OK if found == expected else FAILED, expected, found)


def _tunnel_checks(tunnel: JsonDict, bgp: bool, azure: Status | None, aws: Status | None) -> Iterator[Check]:
    name = tunnel["name"]
    aws_end = _aws_end(aws, tunnel) if aws else None
    if tunnel["expected"] != UP:
        found = aws_end.status if aws_end else _words(aws_end, aws)
        spare = "down (spare)"
        yield _check("tunnel", AWS, name, spare, spare if found == DOWN else found, name)
        return
    azure_end = _azure_end(azure, tunnel, aws_end) if azure else None
    yield _check("tunnel", AZURE, name, UP, _words(azure_end, azure), name)
    yield _check("tunnel", AWS, name, UP, _words(aws_end, aws), name)
    if bgp:
        yield _check("bgp", AZURE, name, CONNECTED, _azure_session(azure, tunnel), name)
        yield _check("bgp", AWS, name, CONNECTED, _aws_session(aws_end, aws), name)


def _learned_checks(plan: JsonDict, azure: Status | None, aws: Status | None) -> Iterator[Check]:
    """With BGP both sides learn; static, AWS has VPN routes and Azure the local gateway's prefixes, which are
    configuration and not learned."""
    sides = [("aws", aws, plan["expect"]["aws_learns"])]
    if plan["routing"] == "bgp":
        sides.insert(0, ("azure", azure, plan["expect"]["azure_learns"]))
    peers = {tunnel["aws_inside_address"] for tunnel in plan["tunnels"]}
    for cloud, status, prefixes in sides:
        routes = status.learned_routes if status else []
        if cloud == "azure":
            # Azure also lists its own networks and what other peers told it.
            routes = [route for route in routes if route.source_peer in (None, *peers) or route.next_hop in peers]
        learned = {route.prefix for route in routes}
        for prefix in prefixes:
            found = NO_ANSWER if status is None else "learned" if prefix in learned else "not learned"
            yield _check("learned", cloud, prefix, "learned", found)


def _failure(check: Check) -> str:
    cloud = CLOUDS[check.cloud]
    subject = {"tunnel": "tunnel ", "bgp": "BGP of tunnel ", "learned": ""}[check.name] + check.resource
    return f"- {cloud}: {subject} is {check.found}, expected {check.expected}."


def _text(link: str, checks: list[Check]) -> str:
    failed = [check for check in checks if not check.ok]
    if not failed:
        return f"Link {link} is up as planned."
    silent = {check.cloud for check in failed if check.found == NO_ANSWER}
    lines = [f"Link {link} is not as planned, {len(failed)} of {len(checks)} checks fail:"]
    lines += [f"- {name} gave no answer." for cloud, name in CLOUDS.items() if cloud in silent]
    lines += [_failure(check) for check in failed if check.cloud not in silent]
    return "\n".join(lines)


def judge(plan: JsonDict, azure_status: Status | JsonDict | None, aws_status: Status | JsonDict | None) -> Verdict:
    """Compare what both clouds say with the plan (its JSON form).

    A status of None is a cloud that does not answer: every check of it fails.
    The link passes when every tunnel expected up is up on both sides, with BGP every session is established on both
    sides, each side has learned the other's range, and spare tunnels are down.
    """
    azure = Status.from_dict(azure_status) if isinstance(azure_status, Mapping) else azure_status
    aws = Status.from_dict(aws_status) if isinstance(aws_status, Mapping) else aws_status
    bgp = plan["routing"] == "bgp"
    checks = [one for tunnel in plan["tunnels"] for one in _tunnel_checks(tunnel, bgp, azure, aws)]
    checks += _learned_checks(plan, azure, aws)
    return Verdict(bool(plan["tunnels"]) and all(one.ok for one in checks), checks, _text(plan["link"], checks))
