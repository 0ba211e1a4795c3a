"""A playbook in a process of its own, which can be killed with all that it has started."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil  # type: ignore[import-untyped]

from tests.integration.clouds import ROOT
from tests.integration.runs import PLAYBOOK, Desk

LONGEST_RUN = 600.0  # seconds; what takes longer counts as hung


@dataclass
class Play:
    desk: Desk
    playbook: str
    arguments: tuple[str, ...]
    inventory: Path
    output: Path
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._file: IO[bytes] = self.output.open("wb")
        environment = self.desk.environment(self.desk.env)
        del environment["ANSIBLE_INJECT_INVOCATION"]
        environment |= {
            "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(self.desk.fact_cache),
        }
        command = [str(PLAYBOOK), "-i", str(self.inventory), *self.arguments, f"playbooks/{self.playbook}"]
        self._process = psutil.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=self._file, stderr=subprocess.STDOUT
        )

    def wait(self) -> int:
        """The exit code. Raises TimeoutError when it hangs; nothing of it is left then."""
        return self.wait_or_kill(lambda: False)

    def wait_or_kill(self, when: Callable[[], bool]) -> int:
        """The exit code, -9 where it was killed because `when` came true."""
        try:
            while self._process.poll() is None:
                if when():
                    self.kill()
                    return -9
                if self.seconds > LONGEST_RUN:
                    self.kill()
                    raise TimeoutError(f"{self.playbook} did not end in {LONGEST_RUN:g} s\n{self.last_task}")
                time.sleep(0.05)
        finally:
            self._file.close()
        return int(self._process.returncode)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def kill(self) -> None:
        """SIGKILL for the playbook and all below it. Ansible's workers have sessions of their own, so the tree is
        walked; each process is stopped before its children are listed, so that none is born meanwhile."""
        doomed: list[psutil.Process] = []

        def stop(process: psutil.Process) -> None:
            try:
                process.suspend()
                doomed.append(process)
                for child in process.children():
                    stop(child)
            except psutil.NoSuchProcess:
                pass

        stop(psutil.Process(self._process.pid))
        for process in doomed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(doomed, 10)

    @property
    def text(self) -> str:
        return self.output.read_text(errors="replace")

    @property
    def last_task(self) -> str:
        """Of a stopped run the task that failed; after it the journal is written. Else the last."""
        tasks = self.text.split("\nTASK [")
        return next((one for one in reversed(tasks) if "[ERROR]: " in one), tasks[-1])
