"""The WAN process: `python -m rehearsal.wan --dir D` looks at both clouds and says what comes up, until told to stop.

D/azure.json and D/aws.json say where the clouds are. Writes D/wan.json when it looks, D/tunnels.json with the outcome.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.files import read_json, write_json

from . import aws_side, azure_side, writeback
from .compare import compare
from .control import Control
from .model import AwsSide, AzureSide, TunnelState

if TYPE_CHECKING:
    from .packets.wan import Packets

POLL = 0.2  # seconds
REFRESH = 5.0  # seconds between counters, and looks without news
WAIT_FOR_CLOUDS = 60.0  # seconds


class Wan:
    """Both clouds, and what they were last told. `packets`: the lab; without one both ends are compared."""

    def __init__(
        self, azure: dict[str, Any], aws: dict[str, Any], tunnels: Path, packets: Packets | None = None
    ) -> None:
        self._azure = Control(azure["control_port"])
        self._aws = Control(aws["port"])
        credentials = azure_side.Credentials(
            azure["subscription"], azure["tenant"], azure["client_id"], azure["secret"]
        )
        self._arm = azure_side.Arm(credentials, azure["proxy_port"], azure["ca"])
        self._ec2 = aws_side.Ec2(f"http://127.0.0.1:{aws['port']}", aws["access_key"], aws["secret_key"])
        self._tunnels = tunnels
        self._packets = packets
        self._since = writeback.Since()
        self._versions = (-1, -1)
        self._azure_side, self._aws_side = AzureSide(), AwsSide()
        self._looked = 0.0
        self._told: Any = None
        self._reported: dict[str, Any] = {}
        self._shown: dict[str, Any] = {}
        self._just_told = False
        self._counters: dict[str, tuple[int, int] | None] = {}
        self._messages: dict[writeback.NeighborKey, tuple[int, int]] = {}

    def step(self, now: float) -> None:
        """Look where there is news, judge, and tell."""
        versions = (self._azure.version(), self._aws.version())
        refresh = now - self._looked >= REFRESH
        news = versions != self._versions or refresh
        if not news and self._packets is None:
            return
        azure_news = refresh or versions[0] != self._versions[0]
        aws_news = refresh or versions[1] != self._versions[1]
        if azure_news:
            self._azure_side = azure_side.read(self._arm)
        if aws_news:
            self._aws_side = aws_side.read(self._ec2, self._aws.tunnels())
        if self._packets is None:
            states = compare(self._azure_side, self._aws_side)
        else:
            if news:
                arm, ec2 = self._arm if azure_news else None, self._ec2 if aws_news else None
                self._packets.take(self._azure_side, self._aws_side, arm, ec2)
            states = self._standing(self._packets.look(), refresh)
        self._since.update(states, now)
        self._versions = versions
        routers = None if self._packets is None else self._standing_messages(self._packets.routers(), refresh)
        self._tell(states, now, news, routers)
        if refresh:
            self._looked = now

    def _standing(self, states: list[TunnelState], refresh: bool) -> list[TunnelState]:
        """Counters stand still between two refreshes, or telling would be news for ever."""
        names = {writeback.name(s): s.traffic for s in states}
        if refresh:
            self._counters = {}
        self._counters = {n: t if self._counters.get(n) is None else self._counters[n] for n, t in names.items()}
        return [replace(s, traffic=s.traffic and self._counters[writeback.name(s)]) for s in states]

    def _standing_messages(self, routers: writeback.Routers, refresh: bool) -> writeback.Routers:
        """The same for the messages of BGP."""
        before = {} if refresh else self._messages
        self._messages = {key: before.get(key, counted) for key, counted in routers.messages.items()}
        return replace(routers, messages=self._messages)

    def _tell(
        self, states: list[TunnelState], now: float, news: bool, routers: writeback.Routers | None = None
    ) -> None:
        moment = now - now % REFRESH  # as for the counters
        report = writeback.azure(self._azure_side, states, self._since, moment, routers)
        told = (writeback.telemetry(states), writeback.with_gone(report, self._reported))
        # Told again where nothing is new, too: a cloud may have been reset. But not twice on end, for telling is news.
        self._just_told = told != self._told or (news and not self._just_told)
        if self._just_told:
            self._aws.post("telemetry", told[0])
            self._azure.post("wan", told[1])
        kind = writeback.COMPARED if self._packets is None else writeback.PACKETS
        notes = (*self._azure_side.notes, *(self._packets.notes if self._packets else ()))
        tunnels = writeback.report(states, self._since, kind)
        shown = {
            "tunnels": tunnels,
            "notes": notes,
            "versions": self._versions,
        }  # of both clouds, as they were looked at
        if self._just_told or shown != self._shown:  # reasons change, too, where both clouds are told the same
            write_json(self._tunnels, shown)
        self._told, self._reported, self._shown = told, report, shown


def run(directory: Path, stop: threading.Event, packets: Packets | None = None) -> None:
    deadline = time.monotonic() + WAIT_FOR_CLOUDS
    while not ((azure := read_json(directory / "azure.json")) and (aws := read_json(directory / "aws.json"))):
        if stop.wait(0.05) or time.monotonic() > deadline:
            return
    wan = Wan(azure, aws, directory / "tunnels.json", packets)
    started = directory / "wan.json"
    complaint = ""
    while not stop.is_set():
        try:
            wan.step(time.time())
            complaint = ""
            if not started.exists():
                write_json(started, {"pid": os.getpid(), "since": time.time()})
        except (OSError, BotoCoreError, ClientError) as error:  # requests' errors are OSErrors, as the room's are
            if not directory.exists():
                return
            if str(error) != complaint:
                complaint = str(error)
                print(f"looking again: {complaint}", file=sys.stderr, flush=True)
        stop.wait(POLL)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.wan", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--packets", choices=["userspace", "kernel"], help="carry packets; who does ESP")
    parser.add_argument("--fast-timers", action="store_true", help="of BGP and DPD, instead of the clouds' own")
    arguments = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    packets = _packets(arguments.dir, arguments.packets, fast=arguments.fast_timers) if arguments.packets else None
    try:
        run(arguments.dir, stop, packets)
    finally:
        if packets is not None:
            packets.close()


def _packets(directory: Path, esp: str, *, fast: bool) -> Packets:
    from .packets.lab import FAST, REAL
    from .packets.wan import Packets  # it needs more than the comparison does

    return Packets(directory, FAST if fast else REAL, kernel_esp=esp == "kernel")


if __name__ == "__main__":
    main()
