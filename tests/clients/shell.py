"""A shell with the clouds' own command lines, pointed at a rehearsal as its users point theirs."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.integration.clouds import REGION, ROOT, clean_env

BIN = ROOT / ".venv-clients" / "bin"
SECONDS = 120
"""The longest that one command may take."""
PATIENCE = 240
"""Seconds to wait for what several commands show, on a machine that has other things to do."""


@dataclass
class Shell:
    """`aws` and `az` give what they print as JSON; `refused` gives what they print as an error."""

    directory: Path
    env: dict[str, str] = field(repr=False)

    @classmethod
    def of(cls, rehearsal: Path, directory: Path) -> Shell:
        """In the words of the README: eval "$(python -m rehearsal env)". Nothing of the user's own is read."""
        exports = shlex.join([sys.executable, "-m", "rehearsal", "env", "--dir", str(rehearsal)])
        shown = subprocess.run(
            ["sh", "-c", f'eval "$({exports})" && exec env -0'],
            cwd=ROOT,
            env=clean_env(),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        env = dict(line.split("=", 1) for line in shown.split("\0") if line)
        env |= {
            "HOME": str(directory),
            "AZURE_CONFIG_DIR": str(directory / ".azure"),
            "AWS_DEFAULT_REGION": REGION,
            "PATH": os.pathsep.join([str(BIN), "/usr/local/bin", "/usr/bin", "/bin"]),
            "AZURE_CORE_COLLECT_TELEMETRY": "no",  # it starts a process that outlives the command
        }
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # az would compile itself anew with every command
        directory.mkdir(parents=True, exist_ok=True)
        return cls(directory, env)

    def aws(self, *words: str) -> Any:
        return self._answer("aws", *words, "--output", "json")

    def az(self, *words: str) -> Any:
        return self._answer("az", *words, "--output", "json")

    def network(self, *words: str) -> Any:
        return self.az("network", *words)

    def ec2(self, *words: str) -> Any:
        return self.aws("ec2", *words)

    def refused(self, *command: str, **env: str) -> str:
        """What the command writes to stderr when it fails, as it must."""
        done = self._run(command, env)
        assert done.returncode, f"{shlex.join(command)} was not refused:\n{done.stdout}"
        assert not done.stdout.strip(), f"{shlex.join(command)} fails and answers:\n{done.stdout}"
        return done.stderr

    def _answer(self, *command: str) -> Any:
        done = self._run(command, {})
        assert done.returncode == 0, f"{shlex.join(command)}: {done.returncode}\n{done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def _run(self, command: tuple[str, ...], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=self.directory,
            env=self.env | env,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
        )
