"""site.yml against the gateway's own time, and against the order of the cloud vendors' tutorials."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.integration.clouds import ROOT, Clouds
from tests.integration.runs import Desk, Run

SEQUENTIAL = ROOT / "tests" / "bench" / "sequential.yml"
LIMIT_SECONDS = 30  # site.yml may take this much longer than the gateway
VARIABLES = {
    "s2s_vpn_azure_location": "westeurope",
    "s2s_vpn_azure_vnet_cidr": "10.1.0.0/16",
    "s2s_vpn_aws_region": "eu-central-1",
    "s2s_vpn_aws_vpc_cidr": "10.2.0.0/16",
}
STATIC = {**VARIABLES, "s2s_vpn_routing": "static"}
SITES = ("site", "static")
BOOKS: dict[str, tuple[str | Path, dict[str, str]]] = {
    "site": ("site.yml", VARIABLES),
    "static": ("site.yml", STATIC),
    "sequential": (SEQUENTIAL, VARIABLES),
}
SLOWEST = 12  # tasks of the second run that are named


@dataclass(frozen=True)
class Measure:
    """One playbook on empty clouds, then once more, then one look of verify.yml; seconds and counts."""

    name: str
    first: Run
    second: Run
    verify: Run
    gateway_seconds: float
    put_after: float

    @property
    def after_join(self) -> float:
        """From the gateway's end to the run's."""
        return self.first.seconds - self.put_after - self.gateway_seconds

    @property
    def over(self) -> float:
        """How much longer than the gateway the first run took."""
        return self.first.seconds - self.gateway_seconds


def measure(name: str, clouds: Clouds, desk: Desk) -> Measure:
    """Raises SystemExit when a run fails."""
    measured, variables = BOOKS[name]
    inventory = desk.inventory("bench", variables)
    clouds.reset()
    runs: list[Run] = []
    for book in (measured, measured, "verify.yml"):
        look = ("-e", "s2s_vpn_verify_timeout=0") if book == "verify.yml" else ()
        run = desk.play(book, *look, inventory=inventory, before=lambda: clouds.arm("GET", "/subscriptions"))
        if run.rc:
            raise SystemExit(run.explain())
        runs.append(run)
    azure = [c for c in runs[0].calls if c.cloud == "azure"]
    put = next(c for c in azure if c.method == "PUT" and "/virtualnetworkgateways/" in c.path.lower())
    return Measure(name, *runs, clouds.gateway_seconds, put.t - azure[0].t)


def calls(run: Run, cloud: str) -> str:
    mine = [c for c in run.calls if c.cloud == cloud]
    return f"{len(mine)} / {sum(c.mutating for c in mine)}"


def rows(measures: list[Measure]) -> list[tuple[str, ...]]:
    """A line for each number, a column for each playbook."""

    def line(title: str, values: Iterable[object]) -> tuple[str, ...]:
        return (title, *(f"{v:.1f}" if isinstance(v, float) else str(v) for v in values))

    def ratio(title: str, values: Iterable[float]) -> tuple[str, ...]:
        return (title, *(f"{v:.2f}" for v in values))

    table = [
        line("", (m.name for m in measures)),
        line("first run, s", (m.first.seconds for m in measures)),
        ratio("first run / gateway's time", (m.first.seconds / m.gateway_seconds for m in measures)),
        line("start to the gateway's PUT, s", (m.put_after for m in measures)),
        line("gateway's end to the run's end, s", (m.after_join for m in measures)),
        line("second run, s", (m.second.seconds for m in measures)),
        ratio("second run / first run", (m.second.seconds / m.first.seconds for m in measures)),
    ]
    for which in ("first", "second", "verify"):
        runs = [getattr(m, which) for m in measures]
        table += [
            line(f"tasks, {which} run", (run.tasks for run in runs)),
            line(f"changed, {which} run", (run.changed for run in runs)),
            line(f"Azure calls / mutating, {which} run", (calls(run, "azure") for run in runs)),
            line(f"AWS calls / mutating, {which} run", (calls(run, "aws") for run in runs)),
        ]
    took = {m.name: m.first.seconds for m in measures}
    if {"site", "sequential"} <= took.keys():
        table.append(ratio("site.yml / tutorial order, first run", [took["site"] / took["sequential"]]))
    return table


def where_seconds_go(run: Run) -> list[tuple[str, ...]]:
    """The slowest tasks of a run, then all others, then what no task accounts for; seconds and share."""
    spent = sorted(run.task_seconds().items(), key=lambda one: -one[1])
    listed = spent[:SLOWEST]
    others, inside = sum(s for _task, s in spent[SLOWEST:]), sum(s for _task, s in spent)
    listed += [(f"{len(spent) - SLOWEST} others", others), ("between tasks, start and end", run.seconds - inside)]
    return [("task of the second run", "s", "share")] + [
        (task, f"{seconds:.1f}", f"{seconds / run.seconds:.0%}") for task, seconds in listed
    ]
