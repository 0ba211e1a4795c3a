"""The scripts of `make rehearse`, in a checkout whose programs only note that they were called.

With real ones it runs in tests/integration/test_rehearse.py.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from rehearsal.wan.writeback import COMPARED, PACKETS

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Checkout:
    directory: Path

    def script(self, name: str) -> Path:
        copy = self.directory / "tools" / name
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / "tools" / name, copy)
        return copy

    def program(self, name: str, text: str = "") -> None:
        """Notes its arguments, then does what `text` says."""
        path = self.bin / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.directory}/calls"\n{text}\n')
        path.chmod(0o755)

    @property
    def bin(self) -> Path:
        return self.directory / ".venv" / "bin"

    @property
    def calls(self) -> list[str]:
        return (self.directory / "calls").read_text().splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def run(script: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", script, *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(script.parent)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# --- rehearse.sh ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [COMPARED, PACKETS])
def test_a_tunnel_is_offered_to_be_cut_only_where_packets_run(kind: str, checkout: Checkout) -> None:
    checkout.program("ansible-playbook")
    checkout.program("python", f"""[ "$3" != status ] || echo '{{"kind": "{kind}"}}'""")
    done = run(checkout.script("rehearse.sh"))
    assert done.returncode == 0, done.stderr
    said = done.stdout.partition("what to try next\n")[2]
    assert ("rehearsal cut" in said) is (kind == PACKETS)
    assert ("python -m rehearsal ping" in checkout.calls) is (kind == PACKETS)
    assert [line for line in said.splitlines() if not line.strip()] == [], "no gap where the line is left out"
    assert 'eval "$(.venv/bin/python -m rehearsal env)"' in said


def test_another_pace_than_that_of_standing_clouds_is_nowhere_promised(checkout: Checkout) -> None:
    checkout.program("ansible-playbook")
    checkout.program("python", "echo refused >&2; exit 1")
    done = run(checkout.script("rehearse.sh"), GATEWAY_SECONDS="120")
    assert done.returncode != 0
    assert "120" not in done.stdout
    assert done.stderr == "refused\n"
    assert checkout.calls == ["python -m rehearsal up --gateway-seconds 120"]


def test_without_a_wish_the_pace_is_that_of_standing_clouds(checkout: Checkout) -> None:
    checkout.program("ansible-playbook")
    checkout.program("python")
    assert run(checkout.script("rehearse.sh"), GATEWAY_SECONDS="").returncode == 0
    assert checkout.calls[0] == "python -m rehearsal up"


# --- environment.sh ---------------------------------------------------------------------------------------------------


def test_without_a_python_it_says_how_to_get_one(checkout: Checkout, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    few = tmp_path / "programs"
    few.mkdir()
    for program in ("dirname", "cat", "sha256sum", "cut", "date"):
        (few / program).symlink_to(str(shutil.which(program)))
    done = run(checkout.script("environment.sh"), PATH=str(few), HOME=str(few))
    assert done.returncode != 0
    assert "No Python 3.12, 3.13 or 3.14" in done.stderr
    assert "apt-get install python3" in done.stderr
    assert "pyenv install 3" in done.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("mib", [2048, 2049])
def test_an_environment_above_two_gigabytes_is_refused(mib: int, checkout: Checkout, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    (tmp_path / ".venv/collections/ansible_collections/azure/azcollection").mkdir(parents=True)
    for program in ("python", "uv"):
        checkout.program(program)
    checkout.program("du", f"printf '{mib}\\t.venv\\n'")
    done = run(checkout.script("environment.sh"), PATH=f"{checkout.bin}:{os.environ['PATH']}")
    refused = mib > 2048
    assert (done.returncode != 0) is refused
    assert (f"takes {mib} MiB" in done.stderr) is refused
    assert ("environment ready" in done.stdout) is not refused
    assert (tmp_path / ".venv" / "stamp-rehearse").exists() is not refused, "else the next run would be content"
