"""`ping`, `trace`, `cut`, `kill`, `heal`, `log`: what a user does to the lab of a rehearsal that is up."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.files import read_json, write_json

from .room import RUN, enter

TAKEN_OVER = 30.0  # seconds; a loaded machine
HOPS = 12
FAULTS, LAB = "faults.json", "lab.json"


class Unknown(Exception):
    """What the user named is not there; the text says what is."""


@dataclass(frozen=True)
class LabFile:
    """D/lab.json and D/tunnels.json, as the WAN last wrote them."""

    directory: Path
    lab: dict[str, Any]
    tunnels: list[dict[str, Any]]

    def host(self, name: str) -> dict[str, Any]:
        """By name, address, or `azure`, `aws`, `azure-foreign`, `aws-foreign`: the first of that kind."""
        hosts: list[dict[str, Any]] = self.lab["hosts"]
        for h in hosts:
            if name in (h["name"], h["address"], h["cloud"] + ("-foreign" if h["foreign"] else "")):
                return h
        raise Unknown(f"no machine {name}; there {_are(h['name'] for h in hosts)}")

    def tunnel(self, name: str) -> dict[str, Any]:
        """By inside CIDR, outside address or Azure connection."""
        for t in self.tunnels:
            if name in (t["inside_cidr"], t["outside_address"], t["azure_connection"]):
                return t
        raise Unknown(f"no tunnel {name}; there {_are(t['inside_cidr'] or t['outside_address'] for t in self.tunnels)}")

    def instance(self, name: str) -> str:
        """The address of an Azure instance (by number or address) or of an AWS endpoint (by address)."""
        known = {e["own"] for e in self.lab["ends"].values()} | set(self.lab["killed"])
        numbered = {str(t["azure_instance"]): t["azure_address"] for t in self.tunnels if t["azure_address"]}
        address = numbered.get(name, name)
        if address not in known:
            raise Unknown(f"no gateway {name}; there {_are(sorted(known))}")
        return str(address)

    def run(self, command: list[str], namespace: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(enter(self.lab["pid"], command, namespace), capture_output=True, text=True, check=False)


def _are(names: Iterable[str]) -> str:
    found = list(names)
    return f"are {', '.join(found)}" if found else "is none yet"


def read(directory: Path) -> LabFile:
    lab = read_json(directory / LAB)
    if lab is None:
        raise Unknown(f"no packets in {directory}: start with python -m rehearsal up --packets")
    return LabFile(directory, lab, (read_json(directory / "tunnels.json") or {"tunnels": []})["tunnels"])


def ping(lab: LabFile, source: str, target: str, count: int) -> int:
    """Pings as a user would see it; ping's own exit code."""
    sender, receiver = lab.host(source), lab.host(target)
    print(f"{sender['name']} ({sender['address']}) to {receiver['name']} ({receiver['address']})", flush=True)
    command = ["ping", "-n", "-c", str(count), "-i", "0.2", "-W", "1", receiver["address"]]
    return subprocess.call(enter(lab.lab["pid"], command, sender["namespace"]))


def trace(lab: LabFile, source: str, target: str) -> int:
    """Every hop's address and the namespace that has it. 0 where the target answered."""
    sender, receiver = lab.host(source), lab.host(target)
    names = _addresses(lab)
    print(f"{sender['name']} ({sender['address']})")
    for ttl in range(1, HOPS + 1):
        said = lab.run(["ping", "-n", "-c", "1", "-W", "1", "-t", str(ttl), receiver["address"]], sender["namespace"])
        found = re.search(r"(?:[Ff]rom|bytes from) ([\d.]+)[: ](.*)", said.stdout)
        hop = found[1] if found else "*"
        note = f"  {found[2].partition('icmp_seq=1 ')[2]}" if found and "Time to live" not in found[2] else ""
        print(f"{ttl:3}  {hop:15}  {names.get(hop, '')}{note}".rstrip(), flush=True)
        if said.returncode == 0:
            return 0
        if found and "nreachable" in found[2]:
            return 1
    return 1


def _addresses(lab: LabFile) -> dict[str, str]:
    """Address -> namespace and device, of those that forward and of the machines."""
    found: dict[str, str] = {}
    networks = {*lab.lab["routers"], *(h["network"] for h in lab.lab["hosts"] if h["cloud"] == "aws")}
    for namespace in sorted({*networks, *(h["namespace"] for h in lab.lab["hosts"])}):
        for line in lab.run(["ip", "-4", "-o", "address"], namespace).stdout.splitlines():
            _unused, device, _family, address, *_rest = line.split()
            found.setdefault(address.partition("/")[0], f"{namespace} {device}")
    return found


def cut(lab: LabFile, name: str) -> int:
    """Every packet to and from the tunnel's outside address is lost, and nobody is told."""
    address = lab.tunnel(name)["outside_address"]
    _change(lab, cut={*lab.lab["cut"], address})
    print(f"cut: packets of {address} are lost; heal: python -m rehearsal heal")
    return 0


def kill(lab: LabFile, name: str) -> int:
    """An instance of Azure's gateway or an endpoint of AWS's dies, without a goodbye."""
    address = lab.instance(name)
    _change(lab, killed={*lab.lab["killed"], address})
    print(f"killed: {address}; heal: python -m rehearsal heal")
    return 0


def heal(lab: LabFile) -> int:
    _change(lab, cut=set(), killed=set())
    print("healed: no cut, everybody lives")
    return 0


def _change(lab: LabFile, **changes: set[str]) -> None:
    """Tell the WAN, and wait until it did it."""
    wanted = {name: sorted(changes.get(name, lab.lab[name])) for name in ("cut", "killed")}
    write_json(lab.directory / FAULTS, wanted)
    deadline = time.monotonic() + TAKEN_OVER
    while {name: read(lab.directory).lab[name] for name in wanted} != wanted:
        if time.monotonic() > deadline:
            raise Unknown(f"the WAN did not take it over; its log is {lab.directory / 'wan.log'}")
        time.sleep(0.05)


def log(lab: LabFile, name: str, lines: int) -> int:
    """What both ends of a tunnel wrote: charon's logs, and BIRD's lines of its session."""
    tunnel = lab.tunnel(name)
    outside = tunnel["outside_address"]
    for end, about in sorted(lab.lab["ends"].items()):
        if outside in (about["own"], about["peer"]):
            print(f"== {end}")
            print(_tail(lab.run(["cat", f"{RUN}/ends/{end}/log"]).stdout, lines))
    session = f"t_{outside.replace('.', '_')}"
    for router in lab.lab["routers"]:
        said = lab.run(["cat", f"{RUN}/routers/{router}/log"]).stdout
        mine = [line for line in said.splitlines() if session in line]
        if mine:
            print(f"== {router}")
            print(_tail("\n".join(mine), lines))
    return 0


def _tail(text: str, lines: int) -> str:
    return "\n".join(text.splitlines()[-lines:])
