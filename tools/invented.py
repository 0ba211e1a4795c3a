"""Writes docs/invented.md from rehearsal/*/invented.py: all that the local clouds do without a source.

`--check` writes nothing and fails where the page is out of date.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "invented.md"
CLOUDS = {
    "aws": "AWS (`rehearsal/aws`)",
    "azure": "Azure (`rehearsal/azure`)",
    "wan": "The internet between them (`rehearsal/wan`)",
}
HEAD = """# What the rehearsal invents

The rehearsal's two clouds answer as the real ones do, as far as a recording or a document shows it.
What follows has no such source: the wording, the number or the behaviour was made up here, or is simpler than the
real one.
Do not take any of it for what Azure or AWS does.

This page is written by `tools/invented.py` from `rehearsal/*/invented.py`, which the clouds take these texts from.
"""

Row = tuple[str, str, str]


def rows(module: ModuleType) -> Iterator[Row]:
    """(what, how it is here, why) of each invention."""
    if hasattr(module, "rows"):
        yield from module.rows()
    elif hasattr(module, "ROWS"):
        yield from module.ROWS
    else:
        for name, entry in module.INVENTED.items():
            if entry.code:
                yield entry.what, f"{entry.status} {entry.code}: {entry.text}", entry.why
            else:
                yield name, entry.what, entry.why


def cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def section(cloud: str, title: str) -> list[str]:
    found = rows(importlib.import_module(f"rehearsal.{cloud}.invented"))
    lines = [f"| {cell(what)} | {cell(here)} | {cell(why)} |" for what, here, why in found]
    return ["", f"## {title}", "", "| What | Here | Why |", "|---|---|---|", *lines]


def page() -> str:
    lines = [line for cloud, title in CLOUDS.items() for line in section(cloud, title)]
    return HEAD + "\n".join(lines) + "\n"


def main(check: bool) -> int:
    new = page()
    if PAGE.exists() and PAGE.read_text() == new:
        return 0
    if check:
        print(f"out of date: {PAGE.relative_to(ROOT)}. Run: .venv/bin/python tools/invented.py", file=sys.stderr)
        return 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(new)
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main("--check" in sys.argv[1:]))
