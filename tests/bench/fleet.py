"""Many links in one run: wall time, processor time and calls for each link, and the controller's memory."""

from __future__ import annotations

import json
import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import psutil

from tests.integration.clouds import Clouds
from tests.integration.runs import PLAYBOOK, Desk, Run

FORKS = 20
REGIONS = ("eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "us-east-1", "us-west-2")


def inventory(links: int) -> dict[str, dict[str, str]]:
    """Variables by link; three links to an AWS region, whose quota is five virtual private gateways."""
    return {
        f"link{n:02d}": {
            "s2s_vpn_azure_location": "westeurope",
            "s2s_vpn_azure_vnet_cidr": f"10.{n}.0.0/16",
            "s2s_vpn_aws_region": REGIONS[n % len(REGIONS)],
            "s2s_vpn_aws_vpc_cidr": f"10.{100 + n}.0.0/16",
        }
        for n in range(1, links + 1)
    }


@dataclass
class Memory:
    """The most seen at once, in MiB; `all_` counts memory that processes share once (PSS)."""

    controller: float = 0
    all_: float = 0


@contextmanager
def watched(pause: float = 0.5) -> Iterator[Memory]:
    """Looks at this process's ansible-playbook and its children until the block ends."""
    seen = Memory()
    end = threading.Event()

    def look() -> None:
        while not end.wait(pause):
            for child in psutil.Process().children():
                try:
                    if str(PLAYBOOK) not in child.cmdline():
                        continue
                    family = [child, *child.children(recursive=True)]
                    sizes = [one.memory_full_info().pss / 2**20 for one in family]
                except psutil.Error:  # ended between two looks
                    continue
                seen.controller = max(seen.controller, sizes[0])
                seen.all_ = max(seen.all_, sum(sizes))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        end.set()
        thread.join()


@dataclass(frozen=True)
class Timed:
    """A run with the seconds of processor that it took, the clouds' own not counted."""

    run: Run
    cpu: float

    @property
    def busy(self) -> float:
        """The share of this machine's cores that the run had on average."""
        return self.cpu / self.run.seconds / (os.cpu_count() or 1)


@dataclass(frozen=True)
class Fleet:
    links: int
    first: Timed
    second: Timed
    memory: Memory

    @property
    def calls(self) -> float:
        """For each link in the second run, which neither waits nor repeats."""
        return len(self.second.run.calls) / self.links


def cpu_seconds() -> float:
    """Of all processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(links: int, clouds: Clouds, desk: Desk) -> Fleet:
    """Raises SystemExit when a run fails or the second one changes anything."""
    clouds.reset()
    path = desk.directory / f"fleet-{links}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"all": {"hosts": inventory(links)}}))
    runs: list[Timed] = []
    with watched() as memory:
        for _unused in range(2):
            before = cpu_seconds()
            run = desk.play("site.yml", "--forks", str(FORKS), inventory=path)
            if run.rc:
                raise SystemExit(run.explain())
            runs.append(Timed(run, cpu_seconds() - before))
    second = runs[1].run
    if second.changed or second.mutating:
        raise SystemExit(f"the second run of {links} links changes {second.changed}: {second.changes().keys()}")
    return Fleet(links, runs[0], runs[1], memory)


def growth(fleets: list[Fleet]) -> str:
    """What is wrong where a link of many costs more calls than a link of few; empty if none does."""
    least = fleets[0]
    worse = [f for f in fleets if f.calls > least.calls]
    return "; ".join(
        f"{f.calls:.1f} calls for each of {f.links} links, {least.calls:.1f} for each of {least.links}" for f in worse
    )


def rows(fleets: list[Fleet], gateway_seconds: float) -> list[tuple[str, ...]]:
    """A line for each number, a column for each size of fleet."""

    def per_link(run: Run, links: int, cloud: str) -> str:
        mine = [c for c in run.calls if c.cloud == cloud]
        return f"{len(mine) / links:.1f} / {sum(c.mutating for c in mine) / links:.1f}"

    table: list[tuple[str, ...]] = [("links", *(str(f.links) for f in fleets))]
    for which in ("first", "second"):
        runs: list[Timed] = [getattr(f, which) for f in fleets]
        table += [
            (f"{which} run, s", *(f"{one.run.seconds:.1f}" for one in runs)),
            (
                f"processor's seconds for each link, {which} run",
                *(f"{one.cpu / f.links:.1f}" for one, f in zip(runs, fleets, strict=True)),
            ),
            (f"share of {os.cpu_count()} cores, {which} run", *(f"{one.busy:.0%}" for one in runs)),
            *(
                (
                    f"{cloud.capitalize() if cloud == 'azure' else 'AWS'} calls / mutating for each link, {which} run",
                    *(per_link(one.run, f.links, cloud) for one, f in zip(runs, fleets, strict=True)),
                )
                for cloud in ("azure", "aws")
            ),
        ]
    return [
        *table,
        ("first run / gateway's time", *(f"{f.first.run.seconds / gateway_seconds:.2f}" for f in fleets)),
        ("seconds more for each further link", "", *_slopes(fleets)),
        ("controller's process, MiB at most", *(f"{f.memory.controller:.0f}" for f in fleets)),
        ("with all its children, MiB at most", *(f"{f.memory.all_:.0f}" for f in fleets)),
    ]


def _slopes(fleets: list[Fleet]) -> Iterator[str]:
    for few, many in pairwise(fleets):
        yield f"{(many.first.run.seconds - few.first.run.seconds) / (many.links - few.links):.1f}"
