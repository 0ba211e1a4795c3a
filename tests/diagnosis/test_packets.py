"""The same mistakes before strongSwan and BIRD: what the lab's log says of a tunnel agrees with the diagnosis of it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from rehearsal.wan.packets import verbs
from rehearsal.wan.packets.machine import probe
from tests.rehearsal.wan.hand import becomes, wait

from .conftest import must_be_healthy, raised, standing
from .examiner import Examiner
from .faults import BGP, ENDS, IKE, IPSEC_IS_UP, NETWORK, Fault
from .shown import SHOWS, broken, called, in_short, is_whole, place

Json = dict[str, Any]
Lines = dict[str, list[str]]
DIRECTIONS = (("azure", "aws"), ("aws", "azure"))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Examiner]:
    missing = probe().missing
    if missing:
        pytest.skip(f"no packets on this machine: {', '.join(missing)} (tools/packages.sh)")
    with raised(tmp_path_factory.mktemp("lab") / "rehearsal", "--packets", "--fast-timers") as directory:
        examiner = standing(directory, "bgp")
        wait("a way", lambda: ping(directory, "azure", "aws"))
        yield examiner
        must_be_healthy(examiner)
        print((directory / "wan.log").read_text()[-4000:])  # shown where a test failed


def ping(directory: Path, source: str, target: str) -> bool:
    lab = verbs.read(directory)
    try:
        sender, receiver = lab.host(source), lab.host(target)
    except verbs.Unknown:  # a VPC without a gateway is not in the lab
        return False
    command = ["ping", "-n", "-q", "-c", "3", "-i", "0.1", "-W", "1", receiver["address"]]
    return lab.run(command, sender["namespace"]).returncode == 0


def both_ways(directory: Path) -> bool:
    return all(ping(directory, *way) for way in DIRECTIONS)


def rounds(faults: Sequence[Fault]) -> list[list[Fault]]:
    """Those of different tunnels go together, so that each tunnel has one."""
    found: list[list[Fault]] = []
    for fault in sorted(faults, key=lambda f: -len(f.becomes)):
        free = (r for r in found if not any(needs(f) & needs(fault) for f in r))
        row = next(free, None)
        if row is None:
            found.append([fault])
        else:
            row.append(fault)
    return found


def needs(fault: Fault) -> set[str]:
    return {*fault.becomes, *fault.beside}


def outside(examiner: Examiner) -> dict[str, str]:
    """AWS's outside address of every tunnel that it has."""
    link = examiner.link
    found = {o["TunnelInsideCidr"]: o["OutsideIpAddress"] for c in link.vpns() for o in c["Options"]["TunnelOptions"]}
    return {name: found[t["inside_cidr"]] for name, t in link.tunnels.items() if t["inside_cidr"] in found}


def log(examiner: Examiner, tunnel: str, address: str) -> Lines:
    """What `python -m rehearsal log` shows of a tunnel, by who wrote it; not the instance that AWS does not expect."""
    link = examiner.link
    said = io.StringIO()
    with redirect_stdout(said):
        verbs.log(verbs.read(link.directory), address, 10_000)
    found: Lines = {}
    for line in said.getvalue().splitlines():
        if line.startswith("== "):
            mine = found[line[3:]] = []
        else:
            mine.append(line)
    own = link.public_address(link.tunnels[tunnel]["instance"])
    return {who: lines for who, lines in found.items() if not who.startswith("azure.") or f".{own}." in f"{who}."}


def since(before: Lines, now: Lines) -> str:
    """What was written after `before`. A daemon that was started again begins its log anew."""
    new = []
    for who, lines in now.items():
        old = before.get(who, [])
        new += lines[len(old) :] if lines[: len(old)] == old else lines
    return "\n".join(new)


def stands(lines: Lines) -> bool:
    """Whether AWS's end has a CHILD_SA with any instance, by its log: one was established and not closed since."""
    found: set[str] = set()
    for line in next((mine for who, mine in lines.items() if who.startswith("aws.")), []):
        if made := re.search(r"CHILD_SA \S+(\{\d+\}) established", line):
            found.add(made[1])
        elif gone := re.search(r"closing (?:expired )?CHILD_SA \S+(\{\d+\})", line):
            found.discard(gone[1])
        elif re.search(r"deleting IKE_SA|giving up after|Starting IKE charon", line):
            found.clear()
    return bool(found)


ROUNDS = rounds((*IKE, *ENDS, *BGP))


@pytest.mark.parametrize("faults", ROUNDS, ids=[", ".join(f.name for f in r) for r in ROUNDS])
def test_the_log_agrees(lab: Examiner, faults: list[Fault]) -> None:
    """For each tunnel the first cause that names it is the mistake made in it, and its log has that mistake's word."""
    addresses = outside(lab)
    before = {tunnel: log(lab, tunnel, address) for tunnel, address in addresses.items()}

    def said(word: str, tunnel: str) -> bool:
        lines = log(lab, tunnel, (addresses | outside(lab))[tunnel])
        return stands(lines) if word == IPSEC_IS_UP else bool(re.search(word, since(before[tunnel], lines)))

    def unsaid() -> list[str]:
        return [
            f"{fault.log} of {tunnel}"
            for fault in faults
            for tunnel in fault.becomes
            if fault.log and not said(fault.log, tunnel)
        ]

    with broken(lab, *faults):
        becomes([], unsaid, SHOWS)
        readings, keys = lab.readings(), lab.link.keys()
    for planned in (True, False):
        found = lab.judged(readings, planned=planned)
        for fault in faults:
            for tunnel in fault.becomes:
                first = next((c for c in found["causes"] if tunnel in called(found, c, lab.link)), None)
                assert first, f"nothing of {tunnel}:\n{in_short(found)}"
                assert (first["name"], first["side"]) == fault.wanted(planned=planned), in_short(found)
                is_whole(first, keys)


@pytest.mark.parametrize("fault", NETWORK, ids=lambda fault: fault.name)
def test_no_ping_comes_through(lab: Examiner, fault: Fault) -> None:
    """Where all tunnels stay up: packets are lost one way at least, and the diagnosis names the same mistake first."""
    directory = lab.link.directory
    wait("a way", lambda: both_ways(directory), SHOWS)
    with broken(lab, fault):
        wait(f"silence for {fault.name}", lambda: not both_ways(directory), SHOWS)
        readings, keys = lab.readings(), lab.link.keys()
    for planned in (True, False):
        found = lab.judged(readings, planned=planned)
        assert place(found, fault, lab.link, planned=planned) == 1, in_short(found)
        for cause in found["causes"]:
            is_whole(cause, keys)
    wait("a way again", lambda: both_ways(directory), SHOWS)
