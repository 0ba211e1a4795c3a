"""Writes the table of variables into each role's README, from its argument_specs.yml and defaults/main.yml.

`--check` writes nothing and fails where a README is out of date.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- variables: written by tools/role_tables.py -->", "<!-- end of variables -->"
TABLE = re.compile(re.escape(BEGIN) + r".*?" + re.escape(END), re.DOTALL)


def default_cell(name: str, defaults: dict[str, Any]) -> str:
    if name not in defaults:
        return "required"
    value = defaults[name]
    if value == "":
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return "`" + re.sub(r"\{\{ *(\w+) *\}\}", r"<\1>", text) + "`"


def table(role: Path) -> str:
    file = role / "defaults/main.yml"
    defaults = yaml.safe_load(file.read_text()) if file.exists() else {}
    spec = yaml.safe_load((role / "meta/argument_specs.yml").read_text())
    options = spec["argument_specs"]["main"]["options"]
    rows = [
        f"| `{name}` | {default_cell(name, defaults)} | {option['description']} |" for name, option in options.items()
    ]
    return "\n".join([BEGIN, "", "| Variable | Default | What it is |", "|---|---|---|", *rows, "", END])


def main(check: bool) -> int:
    stale = []
    for role in sorted(path.parent.parent for path in ROOT.glob("roles/*/meta/argument_specs.yml")):
        readme = role / "README.md"
        old = readme.read_text()
        written = table(role)
        new = TABLE.sub(lambda _found, written=written: written, old)
        if BEGIN not in old or new != old:
            stale.append(str(readme.relative_to(ROOT)))
            if not check:
                readme.write_text(new)
    if stale and check:
        print(f"out of date: {', '.join(stale)}. Run: .venv/bin/python tools/role_tables.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
