"""`make rehearse`, twice, and `make rehearse-down`, as a user types them, in folders of their own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rehearsal.wan.packets.machine import probe

from .clouds import ROOT, clean_env

pytestmark = pytest.mark.full


@dataclass(frozen=True)
class User:
    clouds: Path
    reports: Path

    def make(self, target: str) -> str:
        """What the target said; its environment is the one that stands (`-o`)."""
        done = subprocess.run(
            ["make", "--no-print-directory", "-o", "environment", target],
            cwd=ROOT,
            env=clean_env()
            | {"REHEARSAL_DIR": str(self.clouds), "REPORT_DIR": str(self.reports)}
            | dict.fromkeys(("GATEWAY_SECONDS", "MAKEFLAGS"), ""),  # of the make that runs the tests
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
        return done.stdout

    def processes(self) -> list[str]:
        """All that was started for these clouds, by anybody, and lives."""
        mark = f"REHEARSAL_DIR={self.clouds}".encode()
        return [
            process.name
            for process in Path("/proc").iterdir()
            if process.name.isdigit() and mark in _environment(process)
        ]


def _environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:  # gone, or another user's
        return []


@pytest.fixture(scope="class")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    folder = tmp_path_factory.mktemp("rehearse")
    one = User(folder / "clouds", folder / "reports")
    yield one
    one.make("rehearse-down")


def changed(said: str) -> list[int]:
    """The recaps' numbers: of the plan, site.yml and verify.yml."""
    return [int(number) for number in re.findall(r"^rehearsal .* changed=(\d+)", said, re.MULTILINE)]


class TestRehearse:
    @pytest.mark.step
    def test_the_first_builds_and_verifies_the_link(self, user: User) -> None:
        said = user.make("rehearse")
        expected = (
            "== two clouds on this machine",
            "takes 6 s here instead of 20 minutes",
            "== the plan",
            "Link rehearsal: BGP",
            "2-2     169.254.22.4/30  169.254.22.5  169.254.22.6  rehearsal-2     rehearsal-aws-2-2  instance 1  up",
            "Cost (estimate)",
            "== site.yml",
            "Make the gateway, and go on",
            "Connect the gateway to every tunnel of AWS",
            "== verify.yml",
            "Link rehearsal is in order. BGP, westeurope to eu-central-1; tunnels: 4 of 4 up",
            "2-2     169.254.22.4/30  up     up   connected  1 each",
            "== what to try next",
            "make rehearse-down",
        )
        places = [said.find(text) for text in expected]
        assert -1 not in places, expected[places.index(-1)]
        assert places == sorted(places)
        planned, built, verified = changed(said)
        assert built > 0
        assert planned == verified == 0
        packets = not probe().missing
        assert bool(re.search(r"[1-4] received", said)) is packets
        assert ("rehearsal cut 169.254.21.0/30" in said) is packets
        assert user.processes()
        assert {path.suffix for path in user.reports.iterdir()} >= {".html", ".json", ".xml"}

    def test_the_second_changes_nothing(self, user: User) -> None:
        said = user.make("rehearse")
        assert "already up" in said
        assert changed(said) == [0, 0, 0]
        assert "tunnels: 4 of 4 up" in said

    def test_nothing_is_left(self, user: User) -> None:
        user.make("rehearse-down")
        assert not user.clouds.exists()
        assert user.processes() == []
