"""The cloud's whole state, and what every part of it needs: settle, references, operations."""

from __future__ import annotations

import ipaddress
from collections.abc import Container
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from .answers import NULL, Answer, Call
from .auth import Identity, Login
from .clock import Clock
from .ids import parse
from .log import RequestLog
from .operations import Operation, Operations
from .pollurl import filler
from .store import Resource, Store, new_etag

ADDRESSES = ipaddress.ip_network("192.0.2.0/24")
"""Public addresses come from TEST-NET-1 (RFC 5737)."""
ADDRESSES_6 = ipaddress.ip_network("2001:db8::/32")
"""And those of IPv6 from here (RFC 3849)."""


class Use(NamedTuple):
    """`source` (an id, perhaps of a child) uses `target`, in its own region or `anywhere`; ids as written."""

    target: str
    source: str
    anywhere: bool = False


@dataclass
class Settings:
    """`rules`: "2026" is today's Azure, "recorded" the one that old recordings were made with.

    `folder`: of the rehearsal, where the packet lab says how to reach its machines.
    """

    rules: str = "2026"
    vnet_lock: bool = True
    folder: Path | None = None

    @property
    def today(self) -> bool:
        return self.rules == "2026"


@dataclass
class Wan:
    """What the WAN found out: by lower-case id, in Azure's own words; shown, never interpreted."""

    connections: dict[str, dict[str, Any]] = field(default_factory=dict)
    gateways: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, report: dict[str, Any], there: Container[str]) -> None:
        """Keep a report (see `control`); what it says of things that are gone by now is nobody's news."""
        for mine, news in ((self.connections, "connections"), (self.gateways, "gateways")):
            mine.update({k.lower(): v for k, v in report.get(news, {}).items() if k.lower() in there})


def wait_headers(seconds: float) -> dict[str, str]:
    """See `invented.INVENTED["short retry-after"]`."""
    headers = {"x-ms-retry-after-ms": str(max(20, round(seconds * 1000)))}
    if seconds >= 1:
        headers["Retry-After"] = str(round(seconds))
    return headers


class Cloud:
    """One subscription."""

    def __init__(self, clock: Clock, settings: Settings | None = None, identity: Identity | None = None) -> None:
        self.clock = clock
        self.settings = settings or Settings()
        self.identity = identity or Identity()
        self.login = Login(self.identity)
        self.log = RequestLog()
        self.crashes = 0
        """Requests that this program, not Azure, failed to answer."""
        self._base_version = 0
        self.reset()

    def reset(self) -> None:
        """Forget every resource, operation and report; the log and the tokens stay."""
        self._base_version += getattr(self, "store", Store()).version + 1
        self.store = Store()
        self.operations = Operations(self.clock)
        self.wan = Wan()
        self.bandwidth: dict[str, list[float]] = {}
        """Bytes per second of each instance, by lower-case id of the gateway, as a test has ordered them."""
        self._index: tuple[int, dict[str, list[Use]]] = (-1, {})
        self._held: set[str] = set()

    @property
    def version(self) -> int:
        """Grows with every change of state, not with the WAN's reports."""
        return self._base_version + self.store.version

    def settle(self) -> None:
        if self.operations.settle():
            self.store.touch()

    # -- who uses whom

    def uses(self) -> dict[str, list[Use]]:
        """Lower-case target id → its uses."""
        from .network import KINDS

        if self._index[0] != self.store.version:
            index: dict[str, list[Use]] = {}
            for resource in self.store.resources.values():
                for use in KINDS[resource.id.type.lower()].uses(resource):
                    index.setdefault(use.target.lower(), []).append(use)
            self._index = (self.store.version, index)
        return self._index[1]

    def users_of(self, target: str) -> list[Use]:
        return self.uses().get(target.lower(), [])

    def referenced(self, target: str | None) -> Resource | None:
        """The top-level resource that an id leads to."""
        rid = parse(target or "")
        return self.store.find(rid.top) if rid else None

    # -- operations

    def begin(self, resource: Resource, name: str, method: str, duration: str, **more: Any) -> Operation:
        return self.operations.begin(name, method, resource.id.path, resource.location, duration, **more)

    def change(self, resource: Resource, name: str, duration: str, effect: Any = None) -> Operation:
        """An operation that holds `resource` in Updating until it is done."""

        def end(state: str) -> None:
            resource.state, resource.etag = state, new_etag()

        def done() -> None:
            if effect is not None:
                effect()
            end("Succeeded")

        resource.state = "Updating"
        operation = self.begin(resource, name, "PUT", duration, effect=done, failed=lambda: end("Failed"))
        resource.operation = operation
        self.store.touch()
        return operation

    def poll_headers(self, operation: Operation, call: Call, *, location: bool, asynchronous: bool) -> dict[str, str]:
        """The headers by which a client finds the operation; URLs are opaque and long, as Azure's are."""
        provider = rid.provider if (rid := parse(operation.resource)) else "Microsoft.Network"
        base = f"{call.base}/subscriptions/{self.identity.subscription}/providers/{provider}/locations"
        tail = f"{operation.id}?api-version={call.api or '2024-05-01'}{filler(operation.id)}"
        headers = self.retry_headers(operation)
        if asynchronous:
            headers["Azure-AsyncOperation"] = f"{base}/{operation.location}/operations/{tail}"
        if location:
            headers["Location"] = f"{base}/{operation.location}/operationResults/{tail}"
        return headers

    def retry_headers(self, operation: Operation) -> dict[str, str]:
        return wait_headers(operation.retry_after)

    def poll(self, operation_id: str, call: Call, *, result: bool) -> Answer | None:
        """What `operations/ID` (status) or `operationResults/ID` (the thing itself) answers."""
        operation = self.operations.find(operation_id)
        if operation is None:
            return None
        if result:
            return self._poll_result(operation, call)
        body: dict[str, Any] = {"status": operation.status}
        if operation.error is not None:
            body["error"] = operation.error
        elif operation.method == "POST" and operation.status == "Succeeded":
            body["properties"] = {"output": operation.result()} if operation.result else {}
        return Answer(200, body, {} if operation.done else self.retry_headers(operation))

    def _poll_result(self, operation: Operation, call: Call) -> Answer:
        # an action that only has a Location must not gain the other header here
        both = operation.result is None
        headers = self.poll_headers(operation, call, location=True, asynchronous=both)
        if not operation.done:
            return Answer(202, None, headers)
        if operation.error is not None:
            return Answer(409, {"error": operation.error}, headers)
        if operation.method == "DELETE":
            return Answer(204, None, headers)
        # (REC: az gives up on an empty body here)
        return Answer(200, operation.result() if operation.result else NULL, headers)

    # -- public addresses

    def take_address(self, version: str = "IPv4") -> str:
        hosts = islice((ADDRESSES_6 if version == "IPv6" else ADDRESSES).hosts(), 9, None)
        address = next(str(a) for a in hosts if str(a) not in self._held)
        self._held.add(address)
        return address

    def release_address(self, address: str) -> None:
        self._held.discard(address)
