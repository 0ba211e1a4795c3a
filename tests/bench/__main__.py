"""How long the link takes: site.yml against the gateway's own time, and against the tutorials' order.

`python -m tests.bench [--gateway-seconds 120] [--only site]`: counts and ratios of one run on this machine.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.integration.clouds import ROOT, Call, Clouds
from tests.integration.runs import Desk, Run

SEQUENTIAL = ROOT / "tests" / "bench" / "sequential.yml"
LIMIT_SECONDS = 30  # site.yml may take this much longer than the gateway
VARIABLES = {
    "s2s_vpn_azure_location": "westeurope",
    "s2s_vpn_azure_vnet_cidr": "10.1.0.0/16",
    "s2s_vpn_aws_region": "eu-central-1",
    "s2s_vpn_aws_vpc_cidr": "10.2.0.0/16",
}


@dataclass(frozen=True)
class Measure:
    """One playbook on empty clouds, then once more; seconds and counts."""

    name: str
    first: Run
    second: Run
    gateway_seconds: float
    put_after: float

    @property
    def after_join(self) -> float:
        """From the gateway's end to the run's."""
        return self.first.seconds - self.put_after - self.gateway_seconds


def measure(name: str, playbook: str | Path, clouds: Clouds, desk: Desk) -> Measure:
    inventory = desk.inventory("bench", VARIABLES)
    clouds.reset()
    mark = "/subscriptions"
    runs: list[Run] = []
    for _unused in range(2):
        run = desk.play(playbook, inventory=inventory, before=lambda: clouds.arm("GET", mark))
        if run.rc:
            raise SystemExit(run.explain())
        runs.append(run)
    azure = [c for c in runs[0].calls if c.cloud == "azure"]
    put = next(c for c in azure if c.method == "PUT" and "/virtualnetworkgateways/" in c.path.lower())
    return Measure(name, runs[0], runs[1], clouds.gateway_seconds, put.t - azure[0].t)


def rows(measures: list[Measure]) -> list[tuple[str, ...]]:
    """A line for each number, a column for each playbook."""

    def calls(run: Run, cloud: str) -> str:
        mine: list[Call] = [c for c in run.calls if c.cloud == cloud]
        return f"{len(mine)} / {sum(c.mutating for c in mine)}"

    lines: list[tuple[str, ...]] = [("", *(m.name for m in measures))]

    def line(title: str, values: list[str]) -> None:
        lines.append((title, *values))

    line("first run, s", [f"{m.first.seconds:.1f}" for m in measures])
    line("first run / gateway's time", [f"{m.first.seconds / m.gateway_seconds:.2f}" for m in measures])
    line("start to the gateway's PUT, s", [f"{m.put_after:.1f}" for m in measures])
    line("gateway's end to the run's end, s", [f"{m.after_join:.1f}" for m in measures])
    line("second run, s", [f"{m.second.seconds:.1f}" for m in measures])
    line("second run / first run", [f"{m.second.seconds / m.first.seconds:.2f}" for m in measures])
    for which in ("first", "second"):
        of = [getattr(m, which) for m in measures]
        line(f"tasks, {which} run", [str(run.tasks) for run in of])
        line(f"changed, {which} run", [str(run.changed) for run in of])
        line(f"Azure calls / mutating, {which} run", [calls(run, "azure") for run in of])
        line(f"AWS calls / mutating, {which} run", [calls(run, "aws") for run in of])
    if len(measures) == 2:
        ours, theirs = measures
        line("site.yml / tutorial order, first run", [f"{ours.first.seconds / theirs.first.seconds:.2f}", ""])
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--gateway-seconds", type=float, default=120)
    parser.add_argument("--only", choices=("site", "sequential"))
    arguments = parser.parse_args()
    books: dict[str, str | Path] = {"site": "site.yml", "sequential": SEQUENTIAL}
    with tempfile.TemporaryDirectory() as folder:
        clouds = Clouds.up(Path(folder) / "clouds", arguments.gateway_seconds)
        try:
            measures = []
            for name, book in books.items():
                if arguments.only in (None, name):
                    print(f"{name}: two runs, the gateway takes {arguments.gateway_seconds:g} s ...", flush=True)
                    measures.append(measure(name, book, clouds, Desk(Path(folder) / name, clouds.env, clouds)))
        finally:
            clouds.down()
    table = rows(measures)
    width = max(len(row[0]) for row in table)
    print()
    for title, *values in table:
        print(f"{title:<{width}}  " + "  ".join(f"{value:>14}" for value in values))
    site = next((m for m in measures if m.name == "site"), None)
    over = site.first.seconds - site.gateway_seconds if site else 0.0
    if site:
        print(f"\nsite.yml takes {over:.1f} s longer than the gateway; {LIMIT_SECONDS} s are allowed")
        print(f"its second run changes {site.second.changed} and sends {len(site.second.mutating)} mutating calls")
    return int(over > LIMIT_SECONDS)


if __name__ == "__main__":
    raise SystemExit(main())
