"""Chains of runs: site.yml is run again and again with faults that each hit once, or killed again and again, until it
ends well. So each fault meets a run that stands on what the ones before it have left."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.runs import Desk

from .cases import Case, Json, Kind, Target, targets, unsaid
from .clouds import GATEWAY_WRITE, FaultyClouds
from .plays import Play

LINK = "hq"
VARIABLES = {
    "s2s_vpn_azure_location": "westeurope",
    "s2s_vpn_azure_vnet_cidr": "10.1.0.0/16",
    "s2s_vpn_aws_region": "eu-central-1",
    "s2s_vpn_aws_vpc_cidr": "10.2.0.0/16",
    "s2s_vpn_azure_user_defined_route": True,
    "azure_gateway_poll_seconds": 1,
}
# All that a link is made of.
PARTS = Counter(
    {
        "azure resourceGroups": 1, "azure virtualNetworks": 1, "azure networkSecurityGroups": 1, "azure routeTables": 1,
        "azure publicIPAddresses": 2, "azure virtualNetworkGateways": 1, "azure localNetworkGateways": 4,
        "azure connections": 4, "aws Vpcs": 1, "aws Subnets": 1, "aws RouteTables": 1, "aws SecurityGroups": 1,
        "aws VpnGateways": 1, "aws CustomerGateways": 2, "aws VpnConnections": 2,
    }
)  # fmt: skip
IMPATIENT = {"azure_gateway_wait_timeout": 12, "aws_gateway_wait_timeout": 12}
DESTROY = ("-e", f"s2s_vpn_confirm_destroy={LINK}")


@dataclass
class Reference:
    """What a run without faults does: its mutating calls, what stands afterwards, and how often each thing was made."""

    calls: list[Target]
    standing: Counter[str]
    made: Counter[str]
    seconds: float


@dataclass
class Tally:
    """What became of each case. `wrong` is empty when all is well."""

    converged: list[Case] = field(default_factory=list)
    resumed: list[Case] = field(default_factory=list)
    wrong: list[tuple[Case | str, str]] = field(default_factory=list)
    runs: int = 0
    longest: float = 0.0

    def add(self, more: Tally) -> None:
        self.converged += more.converged
        self.resumed += more.resumed
        self.wrong += more.wrong
        self.runs += more.runs
        self.longest = max(self.longest, more.longest)


@dataclass
class Bench:
    """A pair of clouds, a user, and the runs between them."""

    clouds: FaultyClouds
    desk: Desk
    say: Callable[[str], None] = print

    def __post_init__(self) -> None:
        self.inventory = self.desk.inventory(LINK, VARIABLES)
        self.count = 0
        self.baseline: set[str] = set()

    def empty(self) -> None:
        self.clouds.reset()
        self.clouds.forget_calls()
        self.baseline = self.clouds.baseline()

    def start(self, playbook: str, *arguments: str) -> Play:
        self.count += 1
        (self.desk.directory / "runs").mkdir(parents=True, exist_ok=True)
        output = self.desk.directory / "runs" / f"{self.count:03d}-{Path(playbook).stem}.txt"
        return Play(self.desk, playbook, arguments, self.inventory, output)

    def look(self, calls: Sequence[Target] = (), seconds: float = 0.0) -> Reference:
        """The link as it stands, up and each part made once, for comparison with others."""
        self.clouds.wait_until_up(f"{LINK}-rg")
        reference = Reference(list(calls), self.clouds.what_stands(self.baseline), self.clouds.made(), seconds)
        assert max(reference.made.values()) == 1, reference.made
        assert Counter(" ".join(line.split()[:2]) for line in reference.standing) == PARTS
        assert [line for line in reference.standing if '"s2s_vpn:link"' not in line] == []
        return reference

    def build(self) -> Reference:
        """A run without faults on empty clouds."""
        self.empty()
        play = self.start("site.yml")
        assert play.wait() == 0, play.text
        return self.look(targets(self.clouds.log()), play.seconds)

    def destroyed(self) -> Reference:
        """The same for destroy.yml, on what stands."""
        self.clouds.forget_calls()
        play = self.start("destroy.yml", *DESTROY)
        assert play.wait() == 0, play.text
        calls = targets(self.clouds.log())
        return Reference(calls, self.clouds.what_stands(self.baseline), self.clouds.made(), play.seconds)

    # faults

    def faulted(
        self,
        cases: Sequence[Case],
        reference: Reference | None = None,
        variables: Json | None = None,
        empty: bool = True,
    ) -> Tally:
        """All these faults, on empty clouds or on what stands, and runs until one ends well.

        A fault that hit in a run that went on is `converged`, the last one before a stop is `resumed`: the plain rerun
        is the next run of the chain. What was not met at all (another fault before it changed the calls) is tried
        alone in a chain of its own.
        """
        tally = Tally()
        if empty:
            self.empty()
        known = {self.clouds.inject(c.target.cloud, c.fault(before)): c for c, before in _with_skips(cases)}
        arguments = ["-e", json.dumps(variables)] if variables else []
        met: set[tuple[str, int]] = set()
        for _unused in range(len(cases) + 2):
            play = self.start("site.yml", *arguments)
            ended = self._ended(play, tally)
            new = {fault for fault, hits in self.clouds.hits().items() if hits} - met
            met |= new
            if ended == 0:
                tally.converged += [known[one] for one in new]
                break
            last = self._last_hit([known[one] for one in new])
            tally.converged += [known[one] for one in new if known[one] is not last]
            if last is None:
                tally.wrong.append(
                    (f"{[str(c) for c in cases]}", f"stopped without a new fault: {play.output}\n{play.last_task}")
                )
                break
            problem = unsaid(last, play.last_task)
            tally.resumed.append(last)
            self.say(f"    stopped by {last}: {_message(play.last_task)}")
            if problem:
                tally.wrong.append((last, f"{problem}: {play.output}\n{play.last_task}"))
            if last.kind.fault.get("seconds", 0) is None:
                self.clouds.no_faults()
                met.clear()
        else:
            tally.wrong.append((f"{[str(c) for c in cases]}", "did not end well"))
        self.clouds.no_faults()
        if reference and (problem := self._difference(reference)):
            tally.wrong.append(("what stands after all of these", problem))
        missed = [case for case in cases if case not in tally.converged + tally.resumed]
        if missed and empty and len(missed) < len(cases):
            tally.add(self.faulted(missed, reference, variables))
        elif missed:
            tally.wrong += [(case, "was never met") for case in missed]
        return tally

    def stopped(self, case: Case) -> Tally:
        """One run on what stands, which this fault must stop with words."""
        tally = Tally(resumed=[case])
        self.clouds.inject(case.target.cloud, case.fault(0))
        play = self.start("site.yml")
        problem = "it went on" if self._ended(play, tally) == 0 else unsaid(case, play.last_task)
        if problem:
            tally.wrong.append((case, f"{problem}: {play.output}\n{play.last_task}"))
        return tally

    def _ended(self, play: Play, tally: Tally) -> int:
        tally.runs += 1
        try:
            ended = play.wait()
        except TimeoutError as error:
            tally.wrong.append((str(play.output), str(error)))
            ended = -9
        tally.longest = max(tally.longest, play.seconds)
        return ended

    def _last_hit(self, new: Sequence[Case]) -> Case | None:
        for entry in sorted(self.clouds.log(), key=lambda e: -e["t"]):
            for case in new:
                if case.target.is_of(entry) and case.kind.fault["fault"] == entry["fault"]:
                    return case
        return None

    def _difference(self, reference: Reference) -> str:
        """How what stands differs from a build without faults; empty if it does not."""
        try:
            if reference.standing:
                self.clouds.wait_until_up(f"{LINK}-rg")
        except TimeoutError:
            return "the link does not come up"
        found = self.clouds.what_stands(self.baseline)
        if found != reference.standing:
            return f"too much: {list(found - reference.standing)}\nmissing: {list(reference.standing - found)}"
        more = self.clouds.made() - reference.made
        return f"made twice: {dict(more)}" if reference.standing and more else ""

    # kills

    def killed(self, playbook: str, points: Sequence[Point], arguments: Sequence[str] = ()) -> Tally:
        """Kill the playbook at each point, one run for each, each on what the one before has left.

        A call that the killed run before has got to as well (some are sent together) is passed over.
        """
        tally = Tally()
        for point in points:
            if point.is_past(self.clouds):
                self.say(f"    passed over, {point}")
                continue
            watch = point.watch(self.clouds)
            play = self.start(playbook, *arguments)
            tally.runs += 1
            try:
                ended = play.wait_or_kill(watch)
            except TimeoutError as error:
                tally.wrong.append((point.case, str(error)))
                continue
            tally.longest = max(tally.longest, play.seconds)
            if ended == -9:
                tally.resumed.append(point.case)
                self.say(f"    killed, {point}, after {play.seconds:.0f} s")
            elif point.is_past(self.clouds):
                self.say(f"    passed, {point}: it was on its way already")
            else:
                problem = "was not met" if ended == 0 else f"the run stopped: {play.output}\n{play.last_task}"
                tally.wrong.append((point.case, problem))
        return tally

    def finished(self, playbook: str, reference: Reference, arguments: Sequence[str] = ()) -> Tally:
        """A plain run without faults, which must end as the reference did."""
        tally = Tally()
        self.clouds.no_faults()
        play = self.start(playbook, *arguments)
        if self._ended(play, tally) != 0:
            tally.wrong.append((f"the plain {playbook} after the kills", f"{play.output}\n{play.last_task}"))
        if problem := self._difference(reference):
            tally.wrong.append((f"what stands after the plain {playbook}", problem))
        return tally


@dataclass(frozen=True)
class Point:
    """A moment at which a run is killed: a call is `answered`, has arrived but done nothing (`before`), has taken
    effect unanswered (`after`), or the gateway is being waited for (`waiting`)."""

    target: Target
    how: str

    @property
    def case(self) -> Case:
        return Case(self.target, Kind(f"kill {self.how}", {"fault": "kill"}, ""))

    def __str__(self) -> str:
        return f"{self.how} {self.target}"

    def is_past(self, clouds: FaultyClouds) -> bool:
        time.sleep(0.5)  # for what a killed run has sent and the cloud has not yet answered
        return self.how != "waiting" and self._done(clouds.log()) >= self.target.number

    def watch(self, clouds: FaultyClouds) -> Callable[[], bool]:
        """Prepares the clouds, and says whether the moment has come."""
        log = clouds.log()
        done = self._done(log)
        if self.how in ("before", "after"):
            fault: Json = {"fault": "hang", "seconds": 5} if self.how == "before" else {"fault": "drop-after"}
            skip = max(0, self.target.number - 1 - done) if self.target.cloud == "aws" else 0
            mine = clouds.inject(
                self.target.cloud, {**fault, **self.target.match, "mutating": True, "skip": skip, "times": 1}
            )
            return lambda: clouds.hits()[mine] > 0
        if self.how == "waiting":
            looks = _looks(log)
            return lambda: _looks(clouds.log()) >= looks + 5
        return lambda: self._done(clouds.log()) >= self.target.number

    def _done(self, log: Iterable[Json]) -> int:
        """How many such calls have taken effect."""
        return sum(self.target.is_of(e) and (0 < e["status"] < 400 or e["fault"] == "drop-after") for e in log)


def _looks(log: Iterable[Json]) -> int:
    """How often somebody has looked at the gateway."""
    return sum(e["action"] == GATEWAY_WRITE.replace("/write", "/read") and e["method"] == "GET" for e in log)


def _with_skips(cases: Sequence[Case]) -> list[tuple[Case, int]]:
    """A call of AWS that is the second of its action, behind a fault at the first: after a fault without effect the
    first is sent again."""
    found = []
    for case in cases:
        before = 0
        if case.target.cloud == "aws":
            others = [
                c for c in cases if c.target.action == case.target.action and c.target.number < case.target.number
            ]
            before = case.target.number - 1 - sum(c.kind.took_effect for c in others)
        found.append((case, before))
    return found


def _message(text: str) -> str:
    """The error line of a stopped run."""
    start = text.find("[ERROR]: ")
    return " ".join(text[start : text.find("\nOrigin:", start)].split())[:300] if start >= 0 else text[-300:]
