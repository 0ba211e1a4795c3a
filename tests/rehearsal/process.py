"""One cloud in a process of its own, as `up` starts it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rehearsal.files import read_json

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # seconds, of a machine that has much else to do


@contextmanager
def cloud(name: str, directory: Path, *arguments: str) -> Iterator[dict[str, Any]]:
    """What the process tells of itself in `directory`. SIGTERM must end it; nothing of it is left in any case."""
    command = [sys.executable, "-m", f"rehearsal.{name}", "--dir", str(directory), *arguments]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        end = time.monotonic() + PATIENCE
        while (facts := read_json(directory / f"{name}.json")) is None:
            assert time.monotonic() < end, f"{name}.json was not written"
            time.sleep(0.1)
        assert facts["pid"] == process.pid
        yield facts
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
