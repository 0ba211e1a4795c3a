"""Many links in one run: wall time, calls for each link, and the controller's memory."""

from __future__ import annotations

import json
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
class Fleet:
    links: int
    first: Run
    second: Run
    memory: Memory


def measure(links: int, clouds: Clouds, desk: Desk) -> Fleet:
    """Raises SystemExit when a run fails or the second one changes anything."""
    clouds.reset()
    path = desk.directory / f"fleet-{links}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"all": {"hosts": inventory(links)}}))
    with watched() as memory:
        first, second = (desk.play("site.yml", "--forks", str(FORKS), inventory=path) for _unused in range(2))
    if first.rc or second.rc:
        raise SystemExit((first if first.rc else second).explain())
    if second.changed or second.mutating:
        raise SystemExit(f"the second run of {links} links changes {second.changed}: {second.changes().keys()}")
    return Fleet(links, first, second, memory)


def rows(fleets: list[Fleet], gateway_seconds: float) -> list[tuple[str, ...]]:
    """A line for each number, a column for each size of fleet."""

    def per_link(run: Run, links: int, cloud: str) -> str:
        mine = [c for c in run.calls if c.cloud == cloud]
        return f"{len(mine) / links:.1f} / {sum(c.mutating for c in mine) / links:.1f}"

    table: list[tuple[str, ...]] = [("links", *(str(f.links) for f in fleets))]
    for which in ("first", "second"):
        runs = [getattr(f, which) for f in fleets]
        table += [
            (f"{which} run, s", *(f"{run.seconds:.1f}" for run in runs)),
            *(
                (
                    f"{cloud.capitalize() if cloud == 'azure' else 'AWS'} calls / mutating for each link, {which} run",
                    *(per_link(run, f.links, cloud) for run, f in zip(runs, fleets, strict=True)),
                )
                for cloud in ("azure", "aws")
            ),
        ]
    return [
        *table,
        ("first run / gateway's time", *(f"{f.first.seconds / gateway_seconds:.2f}" for f in fleets)),
        ("seconds more for each further link", "", *_slopes(fleets)),
        ("controller's process, MiB at most", *(f"{f.memory.controller:.0f}" for f in fleets)),
        ("with all its children, MiB at most", *(f"{f.memory.all_:.0f}" for f in fleets)),
    ]


def _slopes(fleets: list[Fleet]) -> Iterator[str]:
    for few, many in pairwise(fleets):
        yield f"{(many.first.seconds - few.first.seconds) / (many.links - few.links):.1f}"
