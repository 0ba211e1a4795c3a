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
from pathlib import Path
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.files import read_json, write_json

from . import aws_side, azure_side, writeback
from .compare import compare
from .control import Control
from .model import AwsSide, AzureSide, TunnelState

POLL = 0.2  # seconds
REFRESH = 5.0  # seconds between counters, and looks without news
WAIT_FOR_CLOUDS = 60.0  # seconds


class Wan:
    """Both clouds, and what they were last told."""

    def __init__(self, azure: dict[str, Any], aws: dict[str, Any], tunnels: Path) -> None:
        self._azure = Control(azure["control_port"])
        self._aws = Control(aws["port"])
        credentials = azure_side.Credentials(
            azure["subscription"], azure["tenant"], azure["client_id"], azure["secret"]
        )
        self._arm = azure_side.Arm(credentials, azure["proxy_port"], azure["ca"])
        self._ec2 = aws_side.Ec2(f"http://127.0.0.1:{aws['port']}", aws["access_key"], aws["secret_key"])
        self._tunnels = tunnels
        self._since = writeback.Since()
        self._versions = (-1, -1)
        self._azure_side, self._aws_side = AzureSide(), AwsSide()
        self._looked = 0.0
        self._told: Any = None
        self._reported: dict[str, Any] = {}
        self._just_told = False

    def step(self, now: float) -> None:
        """Look where there is news, compare, and tell."""
        versions = (self._azure.version(), self._aws.version())
        refresh = now - self._looked >= REFRESH
        if versions == self._versions and not refresh:
            return
        if refresh or versions[0] != self._versions[0]:
            self._azure_side = azure_side.read(self._arm)
        if refresh or versions[1] != self._versions[1]:
            self._aws_side = aws_side.read(self._ec2, self._aws.tunnels())
        states = compare(self._azure_side, self._aws_side)
        self._since.update(states, now)
        self._tell(states, now)
        self._versions = versions
        if refresh:
            self._looked = now

    def _tell(self, states: list[TunnelState], now: float) -> None:
        moment = now - now % REFRESH  # counters stand still between two refreshes, or telling would be news for ever
        report = writeback.azure(self._azure_side, states, self._since, moment)
        told = (writeback.telemetry(states), writeback.with_gone(report, self._reported))
        # Told again where nothing is new, too: a cloud may have been reset. But not twice on end, for telling is news.
        self._just_told = told != self._told or not self._just_told
        if self._just_told:
            self._aws.post("telemetry", told[0])
            self._azure.post("wan", told[1])
            write_json(self._tunnels, {"tunnels": writeback.report(states, self._since)})
        self._told, self._reported = told, report


def run(directory: Path, stop: threading.Event) -> None:
    deadline = time.monotonic() + WAIT_FOR_CLOUDS
    while not ((azure := read_json(directory / "azure.json")) and (aws := read_json(directory / "aws.json"))):
        if stop.wait(0.05) or time.monotonic() > deadline:
            return
    wan = Wan(azure, aws, directory / "tunnels.json")
    started = directory / "wan.json"
    complaint = ""
    while not stop.is_set():
        try:
            wan.step(time.time())
            complaint = ""
            if not started.exists():
                write_json(started, {"pid": os.getpid(), "since": time.time()})
        except (requests.RequestException, BotoCoreError, ClientError) as error:
            if not directory.exists():
                return
            if str(error) != complaint:
                complaint = str(error)
                print(f"a cloud does not answer, looking again: {complaint}", file=sys.stderr, flush=True)
        stop.wait(POLL)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.wan", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True)
    arguments = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(arguments.dir, stop)


if __name__ == "__main__":
    main()
