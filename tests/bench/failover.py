"""What a failure costs: pings lost and seconds, with the clouds' timers and with fast ones.

`python -m tests.bench.failover [--timers real|fast|both]`. Needs packets (tools/packages.sh).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rehearsal.cli import main as rehearsal
from rehearsal.wan.packets.machine import probe
from rehearsal.wan.packets.room import enter
from rehearsal.wan.packets.verbs import LabFile
from tests.rehearsal.packets.hand import AZURE_VM, Machines
from tests.rehearsal.wan.hand import wait

INTERVAL = 0.1  # seconds between two pings
PATIENCE = {"real": 75.0, "fast": 20.0}  # seconds for the way to come back
AFTER = 2.0  # seconds of pings after it came back


@dataclass(frozen=True)
class Loss:
    """`gap`: the longest time without an answer, in seconds."""

    sent: int
    lost: int
    gap: float
    back: bool


class Way(Protocol):
    @property
    def lab(self) -> LabFile: ...


class Pings:
    """From the Azure machine to the AWS machine, until stopped."""

    def __init__(self, link: Way) -> None:
        lab = link.lab
        source, target = lab.host("azure"), lab.host("aws")
        command = ["ping", "-n", "-D", "-i", str(INTERVAL), target["address"]]
        self._process = subprocess.Popen(
            ["stdbuf", "-oL", *enter(lab.lab["pid"], command, source["namespace"])],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def stop(self) -> Loss:
        os.killpg(self._process.pid, signal.SIGINT)  # nsenter has a child in the room
        output, _unused = self._process.communicate(timeout=10)
        answers = [(int(n), float(t)) for t, n in re.findall(r"^\[([\d.]+)\].*icmp_seq=(\d+) ttl", output, re.M)]
        sent = answers[-1][0] if answers else 0
        times = [t for _unused, t in answers]
        gaps = [b - a for a, b in itertools.pairwise(times)]
        return Loss(sent, sent - len({n for n, _unused in answers}), max(gaps, default=0.0), bool(answers))


def carries(link: Machines) -> str:
    """The outside address of the tunnel by which AWS answers."""
    said = link.lab.run(["ip", "route", "get", AZURE_VM], link.aws.vgw).stdout
    return said.split(" dev ")[1].split()[0]


def sent_by(link: Machines) -> str:
    """The address of the Azure instance that has the tunnel by which AWS answers."""
    outside = carries(link)
    return next(str(t["azure_address"]) for t in link.lab.tunnels if t["outside_address"] == outside)


def quietly(*command: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert rehearsal(list(command)) == 0


def failures(link: Machines) -> dict[str, Callable[[], None]]:
    where = ("--dir", str(link.directory))

    def close() -> None:
        outside = carries(link)
        link.swanctl(f"aws.{outside}", "--terminate", "--ike", f"aws.{outside}")

    return {
        "the tunnel closes, politely": close,
        "the tunnel is cut, silently": lambda: quietly("cut", carries(link), *where),
        "an Azure instance dies": lambda: quietly("kill", sent_by(link), *where),
        "an AWS endpoint dies": lambda: quietly("kill", carries(link), *where),
    }


def measure(link: Machines, fail: Callable[[], None], patience: float) -> Loss:
    wait("four tunnels", lambda: link.up() == [True] * 4, 90)
    wait("a way", lambda: link.ping("azure", "aws") and link.ping("aws", "azure"), 90)
    pings = Pings(link)
    try:
        time.sleep(1)
        fail()
        time.sleep(0.5)
        deadline = time.monotonic() + patience
        while link.ping("azure", "aws", 3) != 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(AFTER)
    finally:
        loss = pings.stop()
        quietly("heal", "--dir", str(link.directory))
    return loss


def bench(timers: str) -> None:
    with tempfile.TemporaryDirectory() as parent:
        directory = Path(parent) / "rehearsal"
        fast = ["--fast-timers"] if timers == "fast" else []
        quietly("up", "--dir", str(directory), "--gateway-seconds", "1", "--packets", *fast)
        try:
            link = Machines(directory)
            link.build()
            for name, fail in failures(link).items():
                loss = measure(link, fail, PATIENCE[timers])
                print(f"{timers:6}  {name:30}  {loss.lost:5} of {loss.sent:5}  {loss.gap:7.1f} s", flush=True)
        finally:
            quietly("down", "--dir", str(directory))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.failover", description=__doc__)
    parser.add_argument("--timers", choices=["real", "fast", "both"], default="both")
    arguments = parser.parse_args()
    missing = probe().missing
    if missing:
        print(f"no packets on this machine: {', '.join(missing)} (tools/packages.sh)", file=sys.stderr)
        return 0
    print("timers  failure                            pings lost    longest gap")
    for timers in ("fast", "real") if arguments.timers == "both" else (arguments.timers,):
        bench(timers)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
