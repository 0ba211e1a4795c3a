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
from rehearsal.wan.packets import machine as machines
from rehearsal.wan.packets.machine import Machine
from tests.bench.ten import mib
from tests.rehearsal.wan.hand import becomes, crowd, wait

from .conftest import UP
from .hand import Machines

ROOT = Path(__file__).resolve().parents[3]


MARK = "REHEARSAL_TEST"  # in the environment of all that a test starts


def daemons(mark: Path) -> set[int]:
    """Charons and BIRDs that were started with the mark: others may raise labs on this machine meanwhile."""
    found = set()
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                name, state = re.findall(r"\((.*)\) (\w)", (process / "stat").read_text())[0]
                marked = f"{MARK}={mark}".encode() in (process / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if name in ("charon", "bird") and state != "Z" and marked:
                found.add(int(process.name))
    return found


def up(directory: Path) -> Machines:
    assert main(["up", "--dir", str(directory), "--gateway-seconds", "1", "--packets"]) == 0
    made = Machines(directory)
    made.build()
    return made


def test_two_side_by_side_and_nothing_is_left(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    try:
        monkeypatch.setenv(MARK, str(first))
        one = up(first)
        becomes(UP, one.settled, 30)
        becomes(12 + 4, lambda: len(daemons(first)))
        wan = int(read_json(first / "wan.json")["pid"])
        assert mib({*daemons(first), wan}) < 250
        monkeypatch.setenv(MARK, str(second))
        two = up(second)
        becomes(UP, two.settled, 30)
        wait("two ways", lambda: one.ping("azure", "aws") and two.ping("azure", "aws"))
        before = one.ike_sas(0, 1, 2, 3)
        assert main(["kill", "0", "--dir", str(second)]) == 0
        becomes([False, False, True, True], two.settled, 60)
        one.whole("azure", "aws", 3)
        assert one.ike_sas(0, 1, 2, 3) == before, "nobody negotiated anew"
        started = time.monotonic()
        assert main(["down", "--dir", str(first)]) == 0
        took = time.monotonic() - started
        assert not daemons(first)
        assert took < 2 * SLACK * crowd()
        # Killed without a word: the kernel ends what it started.
        assert daemons(second)
        os.kill(int(read_json(second / "wan.json")["pid"]), signal.SIGKILL)
        becomes(set(), lambda: daemons(second))
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
from tests.rehearsal.wan.hand import becomes, wait
from tests.rehearsal.packets.hand import Machines
from tests.rehearsal.packets.test_room import daemons
directory = Path({str(tmp_path / "r")!r})
assert main(["up", "--dir", str(directory), "--gateway-seconds", "1", "--packets"]) == 0
try:
    made = Machines(directory)
    made.build()
    becomes([True] * 4, made.settled, 30)
    assert len(daemons(Path({str(tmp_path)!r}))) == 12 + 4
    wait("a way", lambda: made.ping("azure", "aws") and made.ping("aws", "azure"))
finally:
    assert main(["down", "--dir", str(directory)]) == 0
"""
    ordinary = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, MARK: str(tmp_path)}
    done = subprocess.run(
        [*ordinary, sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not daemons(tmp_path)


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
