"""Injected faults: what AWS or the network does wrong, on a test's order."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any, NamedTuple
from xml.etree import ElementTree

from rehearsal.aws import failure
from rehearsal.aws.clock import Clock, Hold
from rehearsal.aws.failure import Response
from rehearsal.aws.refusal import refuse
from rehearsal.aws.request import Request
from rehearsal.aws.world import World

Answer = Callable[[Request], Response]


class Dropped(ConnectionError):
    """The connection is to be closed without an answer."""


@dataclass(frozen=True)
class Order:
    """A fault as a test orders it: which calls it hits, and what happens to them.

    Globs are fnmatch's, in any case. It lets ``skip`` matching calls pass and hits the next ``times``; None: all, until
    it is removed. ``seconds`` are the wall's; None: until it is removed.
    """

    fault: str
    action: str = "*"
    path: str = "*"
    method: str | None = None
    mutating: bool | None = None
    skip: int = 0
    times: int | None = 1
    seconds: float | None = None
    status: int | None = None
    code: str | None = None
    message: str | None = None

    def meant(self, request: Request) -> bool:
        return (
            fnmatchcase(request.action.lower(), self.action.lower())
            and fnmatchcase(request.path.lower(), self.path.lower())
            and self.method in (None, request.method)
            and self.mutating in (None, request.mutating)
        )


@dataclass
class Fault:
    """A standing order, how often it hit, what it keeps hidden (the id of each thing until when), and until when reads
    answer as before."""

    id: int
    order: Order
    met: int = 0
    hits: int = 0
    hidden: dict[str, Hold] = field(default_factory=dict)
    late: Hold | None = None
    removed: threading.Event = field(default_factory=threading.Event)

    def hit(self, request: Request) -> bool:
        """Count the call, and whether it is one to hit."""
        if not self.order.meant(request):
            return False
        self.met += 1
        if self.met <= self.order.skip or (self.order.times is not None and self.hits >= self.order.times):
            return False
        self.hits += 1
        return True

    def hold(self, clock: Clock) -> Hold:
        """From now on, for its seconds."""
        deadline = math.inf if self.order.seconds is None else clock.after_real(self.order.seconds)
        return Hold(clock, deadline, self.removed)

    def shown(self) -> dict[str, Any]:
        given = {name: value for name, value in asdict(self.order).items() if value is not None or name == "times"}
        return {"id": self.id, **given, "hits": self.hits}


class Faults:
    """The standing orders. `answer` is a middleware: it stands around all of AWS."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._faults: dict[int, Fault] = {}
        self._made = 0
        self._seen: dict[tuple[str, bytes], Response] = {}
        self._kinds: dict[str, Callable[[Fault, Request, Answer], Response]] = {
            "throttle": _said("throttle", 503, elsewhere=400),
            "error-500": _said("internal", 500, elsewhere=500),
            "error-503": _said("unavailable", 503, elsewhere=503),
            "expired-token": _said("expired", 400, elsewhere=403),
            "refuse": _refuse,
            "drop-before": _drop_before,
            "drop-after": _drop_after,
            "hang": _hang,
            "stuck": self._stuck,
            "not-found-yet": self._not_found_yet,
            "stale": self._stale,
        }

    def order(self, said: Mapping[str, Any]) -> dict[str, int]:
        """A new fault, from the JSON of an `Order`."""
        order = Order(**said)
        if order.fault not in self._kinds:
            raise ValueError(f"fault is one of {', '.join(self._kinds)}, not {order.fault}")
        if order.fault == "hang" and order.seconds is None:
            raise ValueError("hang needs seconds")
        if order.fault == "refuse" and None in (order.status, order.code, order.message):
            raise ValueError("refuse needs status, code and message")
        self._made += 1
        self._faults[self._made] = Fault(self._made, order)
        return {"id": self._made}

    def shown(self) -> list[dict[str, Any]]:
        return [fault.shown() for fault in self._faults.values()]

    def remove(self) -> None:
        """All of them: what hangs is let go, what is stuck or hidden is no longer."""
        for fault in self._faults.values():
            fault.removed.set()
        self._faults.clear()
        self._seen.clear()
        self._world.changed()

    def answer(self, request: Request, proceed: Answer) -> Response:
        if request.from_wan:
            return proceed(request)
        with self._world.lock:
            hit = next((fault for fault in self._faults.values() if fault.hit(request)), None)
        if hit is None:
            return self._as_before(request, proceed)
        request.fault = hit.order.fault
        return self._kinds[hit.order.fault](hit, request, proceed)

    def _stuck(self, fault: Fault, request: Request, proceed: Answer) -> Response:
        """Every change of state that the request begins lasts until the hold ends."""
        with self._world.lock, self._world.clock.held(fault.hold(self._world.clock)):
            return proceed(request)

    def _not_found_yet(self, fault: Fault, request: Request, proceed: Answer) -> Response:
        with self._world.lock:
            response = proceed(request)
            if response.status < 400:
                made = set(_IDS.findall(response.body.decode())) - set(request.form.values())
                hold = fault.hold(self._world.clock)
                fault.hidden |= dict.fromkeys(made, hold)
        return response

    def _stale(self, fault: Fault, request: Request, proceed: Answer) -> Response:
        """What the request changes is seen when the hold ends."""
        with self._world.lock:
            fault.late = fault.hold(self._world.clock)
            return proceed(request)

    def _as_before(self, request: Request, proceed: Answer) -> Response:
        """A read that somebody has asked before, since the order of a stale fault, is answered as then."""
        stale = [fault for fault in list(self._faults.values()) if fault.order.fault == "stale"]
        if request.mutating or not stale:
            return self._without_hidden(request, proceed)
        asked = (request.action, request.body)
        if asked in self._seen and any(fault.late and fault.late.holds for fault in stale):
            return self._seen[asked]
        self._seen[asked] = self._without_hidden(request, proceed)
        return self._seen[asked]

    def _without_hidden(self, request: Request, proceed: Answer) -> Response:
        hidden = {
            one for fault in list(self._faults.values()) for one, hold in list(fault.hidden.items()) if hold.holds
        }
        if not hidden or request.mutating:
            return proceed(request)
        for name, value in request.form.items():
            if value in hidden and not name.startswith("Filter."):
                return _refusal(request, 400, _KINDS[value.partition("-")[0]].refusal, id=value)
        response = proceed(request)
        return response._replace(body=_without(response.body, request.action, hidden))


def _said(name: str, status: int, *, elsewhere: int) -> Callable[[Fault, Request, Answer], Response]:
    """EC2's words with that status; other services have words and a status of their own."""

    def answer(_fault: Fault, request: Request, _proceed: Answer) -> Response:
        on_ec2 = request.scope is not None and request.scope.service == "ec2"
        return _refusal(request, status, name) if on_ec2 else _refusal(request, elsewhere, f"{name}_elsewhere")

    return answer


def _refuse(fault: Fault, request: Request, _proceed: Answer) -> Response:
    order = fault.order
    return failure.render(request, order.status or 400, order.code or "", order.message or "")


def _drop_before(_fault: Fault, _request: Request, _proceed: Answer) -> Response:
    raise Dropped


def _drop_after(_fault: Fault, request: Request, proceed: Answer) -> Response:
    proceed(request)
    raise Dropped


def _hang(fault: Fault, _request: Request, _proceed: Answer) -> Response:
    fault.removed.wait(fault.order.seconds)
    raise Dropped


def _refusal(request: Request, status: int, name: str, **values: str) -> Response:
    error = refuse(name, **values)
    return failure.render(request, status, error.code, error.message)


class _Kind(NamedTuple):
    """How a kind of thing is read: the action, the element with its id, and the refusal where there is none."""

    action: str
    element: str
    refusal: str


_KINDS = {
    "vpc": _Kind("DescribeVpcs", "vpcId", "no_vpc"),
    "subnet": _Kind("DescribeSubnets", "subnetId", "no_subnet"),
    "rtb": _Kind("DescribeRouteTables", "routeTableId", "no_route_table"),
    "sg": _Kind("DescribeSecurityGroups", "groupId", "no_group"),
    "sgr": _Kind("DescribeSecurityGroupRules", "securityGroupRuleId", "no_group_rule"),
    "cgw": _Kind("DescribeCustomerGateways", "customerGatewayId", "no_customer_gateway"),
    "vgw": _Kind("DescribeVpnGateways", "vpnGatewayId", "no_gateway"),
    "vpn": _Kind("DescribeVpnConnections", "vpnConnectionId", "no_connection"),
    "tgw": _Kind("DescribeTransitGateways", "transitGatewayId", "no_transit_gateway"),
}
"""By the prefix of the id."""

_IDS = re.compile(rf"\b(?:{'|'.join(_KINDS)})-[0-9a-f]{{8,}}\b")


def _without(body: bytes, action: str, hidden: set[str]) -> bytes:
    """The answer without the items that are hidden things, or a hidden thing's tags."""
    own = [kind.element for kind in _KINDS.values() if kind.action == action]
    if action == "DescribeTags":
        own = ["resourceId"]
    if not own:
        return body
    root = ElementTree.fromstring(body)
    for things in root:
        for item in list(things):
            if item.findtext(f"{{*}}{own[0]}") in hidden:
                things.remove(item)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
