"""The guest agent of a machine of the lab: runs a probe in the machine's own network, and no other program at all.

What clients send is a shell script. It runs only if every statement of it is one of those below.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .room import enter
from .verbs import Unknown, read

SECONDS = 120  # after which it is ended
ADDRESS = r"(?:\d{1,3}\.){3}\d{1,3}"
VALUE = r"(?:\d+|\$\w+|\$\(\([\w +*/()-]+\)\))"
KEYWORDS = r"(?:(?:if|then|elif|else|while|until|do|fi|done)\b\s*)*"
TEXT = r"(?:'[\w .]*'|\"[\w .$?]*\")"
PING = rf"ping(?: -(?:n|q|[ciWst] {VALUE}(?:\.\d+)?|M (?:do|dont|want)))* {ADDRESS}"
TCP = rf"timeout \d+ bash -c ': </dev/tcp/{ADDRESS}/\d{{1,5}}'"
STATEMENT = re.compile(
    rf"{KEYWORDS}(?:(?:{PING}|{TCP})(?: >/dev/null)?(?: 2>&1)?|echo {TEXT}"
    rf"|(?:\w+={VALUE} ?)+|\[ {VALUE} -(?:gt|ge|lt|le|eq|ne) {VALUE} \])?",
    re.ASCII,
)
SHELL = ["env", "-i", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL=C", "timeout", "-k", "1", str(SECONDS), "sh", "-s"]


@dataclass(frozen=True)
class Said:
    """What came of a script."""

    code: int
    output: str
    errors: str


def allowed(script: str) -> bool:
    return all(STATEMENT.fullmatch(part.strip()) for part in re.split(r"[;\n]", script))


def answers(directory: Path, address: str) -> bool:
    """Not where no packets go in this rehearsal, nor where the lab has no such machine."""
    try:
        read(directory).host(address)
    except Unknown:
        return False
    return True


def run(directory: Path, address: str, script: str) -> Said | None:
    """None where nobody answers."""
    if not answers(directory, address):
        return None
    lab = read(directory)
    if not allowed(script):
        return Said(126, "", "the rehearsal's machines run ping and attempts at a TCP port, and nothing else\n")
    command = enter(lab.lab["pid"], SHELL, lab.host(address)["namespace"])
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False, errors="replace")
    return Said(done.returncode, done.stdout, done.stderr)
