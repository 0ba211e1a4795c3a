"""Writes docs/checks.md from the catalogue: every check of verify, and every cause that a diagnosis may name.

`--check` writes nothing and fails where the page is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "checks.md"
HEAD = """# Checks and causes

`verify.yml` runs every check; `diagnose.yml` names causes besides.
Both read only, and both work on a link that this collection did not build: checks marked *plan* are left out then.
A check is `ok`, `failed`, or `unread` where a permission is missing.
`verify.yml` fails on failed checks of severity error; `s2s_vpn_verify_severities` chooses others.

This page is written by `tools/checks.py` from `plugins/module_utils/catalogue`.
Rules marked EXP come from experience and have no source.

"""
CAUSES_HEAD = """
## Causes

In the order in which a link comes up, which is the order of a diagnosis too: what harms now before what will,
what is certain before what is likely or possible.
A cause that only follows from another is left out.

"""
CLOUDS = {"azure": "Azure", "aws": "AWS", "both": "both"}


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(header)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines) + "\n"


def page() -> str:
    sys.path.insert(0, str(ROOT / ".venv" / "collections"))
    from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import causes, examination, registry

    assert examination.examine  # it brings all checks in
    checks = [
        (f"`{one.name}`", one.severity, CLOUDS[one.cloud], "plan" if one.planned else "", one.meaning, one.source)
        for one in registry.in_order()
    ]
    found = [
        (f"`{one.name}`", one.stage.name.lower(), CLOUDS[one.cloud], one.meaning, one.source)
        for one in sorted(registry.CAUSES, key=lambda unit: unit.stage)
    ]
    found.append((f"`{causes.NOTHING_FOUND}`", "rest", "both", causes.NOTHING_FOUND_MEANING, ""))
    return (
        HEAD
        + table(("Check", "Severity", "Cloud", "Needs", "What is right", "Source"), checks)
        + CAUSES_HEAD
        + table(("Cause", "Stage", "Looks at", "What is wrong", "Source"), found)
    )


def main(check: bool) -> int:
    new = page()
    if PAGE.exists() and PAGE.read_text() == new:
        return 0
    if check:
        print(f"out of date: {PAGE.relative_to(ROOT)}. Run: .venv/bin/python tools/checks.py", file=sys.stderr)
        return 1
    PAGE.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
