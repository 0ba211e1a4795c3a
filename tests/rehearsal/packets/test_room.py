"""What a rehearsal with packets leaves behind, whom it disturbs, and who may start it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rehearsal.cli import main
from rehearsal.files import read_json
from rehearsal.processes import wait_for
from rehearsal.wan.packets import machine as machines
from rehearsal.wan.packets.machine import Machine
from tests.rehearsal.wan.hand import wait

from .hand import Machines

ROOT = Path(__file__).resolve().parents[3]


def daemons() -> set[int]:
    """Of all rehearsals on this machine."""
    found = set()
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                name, state = re.findall(r"\((.*)\) (\w)", (process / "stat").read_text())[0]
            except OSError:
                continue
            if name in ("charon", "bird") and state != "Z":
                found.add(int(process.name))
    return found


def mib(pids: set[int]) -> float:
    """Memory that is theirs: shared pages by their part."""
    texts = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids]
    return sum(int(re.findall(r"^Pss:\s+(\d+)", text, re.M)[0]) for text in texts) / 1024


def up(directory: Path) -> Machines:
    assert main(["up", "--dir", str(directory), "--gateway-seconds", "1", "--packets"]) == 0
    made = Machines(directory)
    made.build()
    return made


def test_two_side_by_side_and_nothing_is_left(machine: Machine, tmp_path: Path) -> None:
    before = daemons()
    first, second = tmp_path / "first", tmp_path / "second"
    try:
        one = up(first)
        wait("the first link", lambda: one.up() == [True] * 4, 30)
        mine = daemons() - before
        assert len(mine) == 12 + 4
        wan = int(read_json(first / "wan.json")["pid"])
        assert mib(mine | {wan}) < 250
        two = up(second)
        wait("the second link", lambda: two.up() == [True] * 4, 30)
        wait("two ways", lambda: one.ping("azure", "aws") and two.ping("azure", "aws"))
        assert main(["kill", "0", "--dir", str(second)]) == 0
        assert one.ping("azure", "aws", 3) == 3
        assert one.up() == [True] * 4
        started = time.monotonic()
        assert main(["down", "--dir", str(first)]) == 0
        took = time.monotonic() - started
        assert not mine & daemons()
        assert took < 2 * SLACK
        # Killed without a word: the kernel ends what it started.
        theirs = daemons() - before
        os.kill(int(read_json(second / "wan.json")["pid"]), signal.SIGKILL)
        assert wait_for(lambda: not theirs & daemons(), 5)
    finally:
        for directory in (first, second):
            main(["down", "--dir", str(directory)])
    assert not first.exists()
    assert not second.exists()


SLACK = 3.0  # a loaded machine; alone it takes a third


def test_an_ordinary_user_may(machine: Machine, tmp_path: Path) -> None:
    """By user namespaces: with no right at all on the machine's own network."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "--user", "true"], check=False).returncode:
        pytest.skip("no user namespaces on this machine")
    script = f"""
import sys
from pathlib import Path
from rehearsal.cli import main
from tests.rehearsal.wan.hand import wait
from tests.rehearsal.packets.hand import Machines
directory = Path({str(tmp_path / "r")!r})
assert main(["up", "--dir", str(directory), "--gateway-seconds", "1", "--packets"]) == 0
try:
    made = Machines(directory)
    made.build()
    wait("four tunnels", lambda: made.up() == [True] * 4, 30)
    wait("a way", lambda: made.ping("azure", "aws") and made.ping("aws", "azure"))
finally:
    assert main(["down", "--dir", str(directory)]) == 0
"""
    before = daemons()
    ordinary = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}
    done = subprocess.run(
        [*ordinary, sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert daemons() == before


def test_without_the_programs_it_says_so_and_compares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machines, "probe", lambda: Machine(("the program bird",)))
    directory = tmp_path / "r"
    assert main(["up", "--dir", str(directory), "--packets"]) == 1
    assert "the program bird" in capsys.readouterr().err
    assert main(["up", "--dir", str(directory), "--gateway-seconds", "1"]) == 0
    try:
        assert "compared, no packets (packets need the program bird" in capsys.readouterr().out
        assert main(["ping", "--dir", str(directory)]) == 1
        assert "up --packets" in capsys.readouterr().err
    finally:
        assert main(["down", "--dir", str(directory)]) == 0


def test_the_probe_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert {"the program bird", "the program nft"} <= set(machines.probe().missing)
