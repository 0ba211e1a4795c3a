"""Which fault can hit which call, and what the reader must be told when it stops the run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """One mutating call of a run: Azure's by its path (a glob), AWS's by the how-manieth of its action it is."""

    cloud: str
    action: str
    path: str
    number: int = 1

    @property
    def name(self) -> str:
        """The resource's name in Azure, the action in AWS."""
        return self.path.rpartition("/")[2] if self.cloud == "azure" else self.action

    def __str__(self) -> str:
        kind = self.action.removeprefix("Microsoft.Network/").removesuffix("/write")
        return f"{kind} {self.name}" if self.cloud == "azure" else f"{self.action} {self.number}"

    @property
    def match(self) -> Json:
        return {"action": self.action, "path": self.path if self.cloud == "azure" else "*"}

    def is_of(self, entry: Mapping[str, Any]) -> bool:
        mine = self.cloud == entry["cloud"] and self.action == entry["action"] and entry["mutating"]
        return bool(mine and (self.cloud == "aws" or fnmatchcase(entry["path"].lower(), self.path.lower())))


def targets(log: Sequence[Json], order: Sequence[str] = ("azure", "aws")) -> list[Target]:
    """The mutating calls of one run. Each cloud's are in their order."""
    found: list[Target] = []
    for entry in sorted((e for e in log if e["mutating"]), key=lambda e: order.index(e["cloud"])):
        one = Target(entry["cloud"], entry["action"], entry["path"])
        same = [t for t in found if t.is_of(entry)]
        if not same:
            found.append(one)
        elif one.cloud == "aws":
            found.append(Target(one.cloud, one.action, one.path, len(same) + 1))
    return found


@dataclass(frozen=True)
class Kind:
    """`said`: what of the cloud's answer the reader must find where the run stops; `hits`: actions it makes sense for;
    `took_effect`: whether the call that it hits does its work."""

    name: str
    fault: Json
    said: str
    clouds: tuple[str, ...] = ("azure", "aws")
    hits: str = ""
    took_effect: bool = False


GONE = "(?i)closed|aborted|reset|disconnect|does not answer|timed out|timeout|EOF"
REFUSED = "This was refused for the test."
FAILED = "This operation failed for the test."
NOT_FOUND = "(?i)not ?found|does not exist|no such"
STILL = "(?i)still|not so after"
LASTING = "CreateVpnConnection$|AttachVpnGateway"  # AWS's calls that something follows
AZURE, AWS = ("azure",), ("aws",)


def refusal(code: str) -> Json:
    return {"fault": "refuse", "status": 403, "code": code, "message": REFUSED}


KINDS = (
    Kind("throttle", {"fault": "throttle"}, "(?i)TooManyRequests|RequestLimitExceeded|throttl"),
    Kind("throttle with Retry-After", {"fault": "throttle", "retry_after": 1}, "(?i)TooManyRequests", AZURE),
    Kind("error-500", {"fault": "error-500"}, "(?i)Internal"),
    Kind("error-503", {"fault": "error-503"}, "(?i)Unavailable"),
    Kind("drop-before", {"fault": "drop-before"}, GONE),
    Kind("drop-after", {"fault": "drop-after"}, GONE, took_effect=True),
    Kind("hang", {"fault": "hang", "seconds": 3}, GONE),
    Kind("not-found-yet", {"fault": "not-found-yet", "seconds": 3}, NOT_FOUND, AZURE, "Microsoft.Network", True),
    Kind("not-found-yet", {"fault": "not-found-yet", "seconds": 3}, NOT_FOUND, AWS, "Create", True),
    Kind("expired-token", {"fault": "expired-token"}, "(?i)expired"),
    Kind("refuse", refusal("AuthorizationFailed"), REFUSED, AZURE),
    Kind("refuse", refusal("UnauthorizedOperation"), REFUSED, AWS),
    Kind(
        "operation-failed", {"fault": "operation-failed", "code": "FailedForTheTest", "message": FAILED}, FAILED, AZURE,
        "Microsoft.Network", True,
    ),
    Kind("stuck", {"fault": "stuck", "seconds": 5}, STILL, AZURE, "Microsoft.Network", True),
    Kind("stuck", {"fault": "stuck", "seconds": 5}, STILL, AWS, LASTING, True),
)  # fmt: skip
# Without an end of its own: a run ends by its own patience.
FOREVER = (
    Kind("stuck for ever", {"fault": "stuck", "seconds": None}, STILL, AZURE, "virtualNetworkGateways", True),
    Kind("stuck for ever", {"fault": "stuck", "seconds": None}, STILL, AWS, LASTING, True),
)
KINDS_BY_NAME = {(cloud, kind.name): kind for kind in KINDS for cloud in kind.clouds}


@dataclass(frozen=True)
class Case:
    target: Target
    kind: Kind

    def __str__(self) -> str:
        return f"{self.kind.name} at {self.target}"

    def fault(self, before: int) -> Json:
        """`before`: how many calls of this action come first that no fault hits."""
        return {**self.kind.fault, **self.target.match, "mutating": True, "skip": before, "times": 1}


def cases(calls: Sequence[Target], kinds: Sequence[Kind] = KINDS) -> Iterator[Case]:
    for kind in kinds:
        for call in calls:
            if call.cloud in kind.clouds and re.search(kind.hits, call.action):
                yield Case(call, kind)


# What AWS's calls make, in the words of tasks and errors.
_AWS_WORDS = {
    "Vpc": "VPC", "Subnet": "subnet", "RouteTable": "route table", "SecurityGroup": "security group",
    "CustomerGateway": "hq-azure|cgw-", "VpnGateway": "hq-vgw|vgw-", "VpnConnection": "hq-[12]|vpn-",
    "VgwRoutePropagation": "rtb-",
}  # fmt: skip


def unsaid(case: Case, text: str) -> str:
    """What is wrong with the text of a stopped run; empty if it tells the reader what happened."""
    for word in ("Traceback (most recent call last)", "MODULE FAILURE", "Unexpected", "object has no attribute"):
        if word in text:
            return f"shows {word!r}"
    if case.target.cloud == "azure":
        wanted = re.escape(case.target.name)
    else:
        wanted = next((w for part, w in _AWS_WORDS.items() if part in case.target.action), case.target.action)
    flat = " ".join(text.split())
    if not re.search(wanted, flat, re.IGNORECASE):
        return f"does not name the resource ({wanted})"
    if not re.search(case.kind.said, flat):
        return f"does not say what the cloud said ({case.kind.said})"
    return ""
