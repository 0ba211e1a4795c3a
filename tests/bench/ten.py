"""Does the lab come up every time, how fast, and at what cost? The same link, its WAN ended and started `--runs` times.

`python -m tests.bench.ten [--runs 10]`. Needs packets (tools/packages.sh). Fails where a run takes more than 5 s up,
2 s down or 250 MiB, or leaves a process; that is for a machine that has nothing else to do.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rehearsal.cli import main as rehearsal
from rehearsal.files import read_json, write_json
from rehearsal.processes import Process, end, wait_for
from rehearsal.wan.packets.machine import Machine, probe
from tests.rehearsal.packets.hand import Machines
from tests.rehearsal.wan.hand import wait

UP, DOWN, MEMORY = 5.0, 2.0, 250.0  # seconds, seconds, MiB
PATIENCE = 60.0  # seconds after which a run that is late is a flake


@dataclass(frozen=True)
class Run:
    """`up`: from the start of the process to four tunnels and pings both ways; `down`: to the end of all of it."""

    up: float
    down: float
    mib: float
    left: int

    @property
    def good(self) -> bool:
        return self.up <= UP and self.down <= DOWN and self.mib <= MEMORY and not self.left


def children(pid: int) -> set[int]:
    """The process and all that it started, directly or not."""
    parents: dict[int, int] = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                parents[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def mib(pids: set[int]) -> float:
    """Memory that is theirs: shared pages by their part."""
    texts = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids]
    return sum(int(found[1]) for text in texts if (found := re.search(r"^Pss:\s+(\d+)", text, re.M))) / 1024


def one(link: Machines, wan: Process, arguments: list[str]) -> Run:
    for stale in ("lab.json", "tunnels.json", "wan.json"):
        (link.directory / stale).unlink(missing_ok=True)
    started = time.monotonic()
    write_json(link.directory / "wan.pid", wan.start(arguments))
    wait("four tunnels", lambda: _up(link), PATIENCE)
    wait("a way", lambda: link.ping("azure", "aws") and link.ping("aws", "azure"), PATIENCE)
    up = time.monotonic() - started
    family = children(int(wan.pid or 0))
    size = mib(family)
    ending = time.monotonic()
    end([wan])
    wait_for(lambda: not any(map(_lives, family)), PATIENCE / 10)
    return Run(up, time.monotonic() - ending, size, sum(map(_lives, family)))


def _lives(pid: int) -> bool:
    """A zombie of ours does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _up(link: Machines) -> bool:
    """By the lab's own word: what the clouds show is of the run before until they are told."""
    told = read_json(link.directory / "tunnels.json") or {"tunnels": []}
    return [t["up"] for t in told["tunnels"]] == [True] * 4 and (link.directory / "lab.json").exists()


def runs(machine: Machine, count: int) -> Iterator[Run]:
    arguments = ["--packets", "kernel" if machine.kernel_esp else "userspace"]
    with tempfile.TemporaryDirectory() as parent:
        directory = Path(parent) / "rehearsal"
        _quietly("up", "--dir", str(directory), "--gateway-seconds", "1", "--no-packets")
        try:
            link = Machines(directory)
            link.build()
            wan = Process("wan", directory)
            end([wan])
            for _unused in range(count):
                yield one(link, wan, arguments)
        finally:
            _quietly("down", "--dir", str(directory))


def _quietly(*command: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert rehearsal(list(command)) == 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ten", description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    arguments = parser.parse_args()
    machine = probe()
    if machine.missing:
        print(f"no packets on this machine: {', '.join(machine.missing)} (tools/packages.sh)", file=sys.stderr)
        return 0
    print("run     up s   down s     MiB   left   load")
    found = []
    for number, run in enumerate(runs(machine, arguments.runs), 1):
        found.append(run)
        print(
            f"{number:3}  {run.up:7.2f}  {run.down:7.2f}  {run.mib:6.0f}  {run.left:5}  {os.getloadavg()[0]:5.1f}",
            flush=True,
        )
    worst = max(r.up for r in found), max(r.down for r in found), max(r.mib for r in found)
    print(f"all  {worst[0]:7.2f}  {worst[1]:7.2f}  {worst[2]:6.0f}   the worst of {len(found)}")
    return 0 if all(r.good for r in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
