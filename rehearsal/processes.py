"""The three processes of a rehearsal: starting, knowing again, ending. Nothing is ended that was not started here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.files import read_json

NAMES = ("azure", "aws", "wan")
PATIENCE = 10.0  # seconds from SIGTERM to SIGKILL
# What would lead the processes themselves, or their clients, elsewhere.
FOREIGN = ("AWS_", "AZURE_", "ARM_", "BOTO_", "MOTO_")
FOREIGN_NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "ssl_cert_file")


@dataclass(frozen=True)
class Process:
    """One of the three, in one directory."""

    name: str
    directory: Path

    @property
    def module(self) -> str:
        return f"rehearsal.{self.name}"

    @property
    def log(self) -> Path:
        return self.directory / f"{self.name}.log"

    @property
    def announcement(self) -> dict[str, Any] | None:
        """What it wrote when it was ready."""
        content: dict[str, Any] | None = read_json(self.directory / f"{self.name}.json")
        return content

    @property
    def pid(self) -> int | None:
        """Of the process that was started and lives; None where it is gone, or the number is now another's."""
        noted: int | None = read_json(self.directory / f"{self.name}.pid")
        return noted if noted is not None and self._is_ours(noted) else None

    @property
    def ready(self) -> bool:
        """Alive, and announced by itself, not by one before it."""
        return self.pid is not None and (self.announcement or {}).get("pid") == self.pid

    def _is_ours(self, pid: int) -> bool:
        return f"-m {self.module} --dir {self.directory} " in f"{command_line(pid)} "

    def start(self, extra: list[str]) -> int:
        command = [sys.executable, "-m", self.module, "--dir", str(self.directory), *extra]
        with open(self.log, "ab") as log:
            started = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.directory,
                env=_environment(),
            )
        # A process just started has no command line for an instant, and would pass for another's.
        wait_for(lambda: self._is_ours(started.pid) or started.poll() is not None, PATIENCE)
        return started.pid

    def signal(self, number: signal.Signals) -> None:
        pid = self.pid
        if pid is not None:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return

    def log_tail(self, lines: int = 20) -> str:
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""


def processes(directory: Path) -> list[Process]:
    return [Process(name, directory) for name in NAMES]


def command_line(pid: int) -> str:
    """The arguments of a running process; empty where it is gone or a zombie."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ").strip()
        except OSError:
            return ""
    answer = subprocess.run(["ps", "-ww", "-p", str(pid), "-o", "args="], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def end(everyone: list[Process]) -> None:
    """SIGTERM to those that live, SIGKILL to those that will not go."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in everyone:
            process.signal(number)
        if wait_for(lambda: all(p.pid is None for p in everyone), PATIENCE):
            return


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN) and name.lower() not in FOREIGN_NAMES
    }
    root = str(Path(__file__).resolve().parent.parent)
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH"))))
    return kept
