"""The search for leaks finds what it is made to find."""

from __future__ import annotations

import base64
from pathlib import Path

from .clouds import wait_for
from .watch import Watch, files, leaks

KEY = "Some.key_that_leaks_1"


def test_a_file_that_lives_a_moment_is_seen(tmp_path: Path) -> None:
    with Watch(tmp_path) as watch:
        passing = tmp_path / "deep" / "module.py"
        passing.parent.mkdir()
        passing.write_text(f"ARGS = {{'key': '{KEY}'}}")
        wait_for(lambda: bool(watch.contents))
        passing.unlink()
    assert leaks([KEY], watch.contents.values()) == [str(passing)]


def test_base64_is_no_hiding_place(tmp_path: Path) -> None:
    for shift in range(3):
        (tmp_path / str(shift)).write_bytes(base64.b64encode(b"x" * shift + KEY.encode() + b"yy"))
    found = leaks([KEY], ((path, path.read_bytes()) for path in files([tmp_path])))
    assert len(found) == 3


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "clean").write_text("sha256:0123456789ab")
    assert leaks([KEY], ((path, path.read_bytes()) for path in files([tmp_path]))) == []
