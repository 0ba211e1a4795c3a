# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A look along the data path from a machine: the script that it runs, and what its output means. Pure.

The machine needs sh, ping (iputils) and, for a port, bash and timeout (coreutils), which every usual Linux has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault, shown

MARK = "s2s_vpn"
PINGS = 3
SMALLEST, LARGEST = 84, 1500  # bytes of a packet: an ordinary ping, and the most that either cloud sends over a VPN
HEADERS = 28  # bytes, of IPv4 and ICMP
TCP_SECONDS = 5
OPEN, REFUSED, SILENT, UNREACHABLE = "open", "refused", "silent", "unreachable"


@dataclass(frozen=True)
class Target:
    """`to`: an IPv4 address, `port`: of TCP. Only made by `target`, so that both can stand in a script."""

    to: str
    port: int | None = None
    path_mtu: bool = True

    def __str__(self) -> str:
        return f"{self.to}:{self.port}" if self.port else self.to


def target(to: object, port: object = None, path_mtu: bool = True) -> Target | list[Fault]:
    faults = []
    address = _address(to)
    if address is None:
        faults.append(Fault("to", shown(to), "is not an IPv4 address of a machine", "Write one, such as 10.2.1.4."))
    number = _port(port)
    if port is not None and number is None:
        faults.append(
            Fault("port", shown(port), "is not a TCP port", "Write a number from 1 to 65535, or leave it out.")
        )
    return faults if address is None or faults else Target(address, number, bool(path_mtu))


def _address(text: object) -> str | None:
    try:
        address = IPv4Address(str(text))
    except AddressValueError:
        return None
    unfit = address.is_multicast or address.is_unspecified or address.is_loopback or int(address) == 2**32 - 1
    return None if unfit else str(address)


def _port(number: object) -> int | None:
    text = str(number)
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,4}", text, re.ASCII) and int(text) <= 65535 else None


# --- the script -------------------------------------------------------------------------------------------------------


def script(aim: Target) -> list[str]:
    """Lines for a POSIX shell. Runs half a minute at most."""
    ping = f"ping -n -c {PINGS} -W 2 {aim.to} 2>&1"
    lines = [f"echo '{MARK} ping'"]
    lines += [f"if {ping}; then", *_path_mtu(aim.to), "fi"] if aim.path_mtu else [ping]
    if aim.port is not None:
        lines += [
            f"echo '{MARK} tcp'",
            f"timeout {TCP_SECONDS} bash -c ': </dev/tcp/{aim.to}/{aim.port}' 2>&1",
            f'echo "{MARK} status $?"',
        ]
    return [*lines, f"echo '{MARK} end'"]


def _path_mtu(to: str) -> Iterator[str]:
    """Halves what lies between a size that came through and one that did not, with "do not fragment" set."""
    yield f"low={SMALLEST} high={LARGEST + 1}"
    yield "while [ $((high - low)) -gt 1 ]; do"
    yield "size=$(((low + high) / 2))"
    yield f"if ping -n -c 2 -i 0.2 -W 1 -M do -s $((size - {HEADERS})) {to} >/dev/null 2>&1"
    yield "then low=$size; else high=$size; fi"
    yield "done"
    yield f'echo "{MARK} mtu $low"'


# --- what came back ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Findings:
    """`complete`: the script came to its end. `tcp` is None where no port was asked for or it could not be tried.

    `rtt_ms`: the average; `path_mtu` is None where it was not found out. `notes`: in words, what stood in the way.
    """

    complete: bool
    sent: int = 0
    received: int = 0
    rtt_ms: float | None = None
    tcp: str | None = None
    path_mtu: int | None = None
    notes: tuple[str, ...] = ()


def read(output: str) -> Findings:
    """Of the script's standard output, whatever stands around it."""
    parts = _parts(output)
    ping, tcp = parts.get("ping", ""), parts.get("tcp", "")
    counted = re.search(r"(\d+) packets transmitted, (\d+) (?:packets )?received", ping)
    times = re.search(r"= [\d.]+/([\d.]+)/", ping)
    mtu = re.search(rf"^{MARK} mtu (\d+)\s*$", output, re.MULTILINE)
    size = int(mtu[1]) if mtu else 0
    return Findings(
        complete="end" in parts,
        sent=int(counted[1]) if counted else 0,
        received=int(counted[2]) if counted else 0,
        rtt_ms=float(times[1]) if times else None,
        tcp=_tcp(tcp, output),
        path_mtu=size if size > SMALLEST else None,
        notes=tuple(_notes(ping, tcp, mtu_missed=bool(mtu) and size <= SMALLEST)),
    )


def _parts(output: str) -> dict[str, str]:
    """Section -> its text."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in output.splitlines():
        head = re.fullmatch(rf"{MARK} (ping|tcp|end)\s*", line)
        if head:
            name = head[1]
            found[name] = []
        elif name:
            found[name].append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def _tcp(text: str, output: str) -> str | None:
    status = re.search(rf"^{MARK} status (\d+)\s*$", output, re.MULTILINE)
    if status is None or status[1] == "127":
        return None
    if status[1] == "0":
        return OPEN
    if "refused" in text.lower():
        return REFUSED
    return UNREACHABLE if re.search(r"unreachable|no route", text, re.IGNORECASE) else SILENT


_SAID = (
    (r"ping: (?:command )?not found", "ping is not installed there"),
    (r"Packet filtered|Prohibited", "something on the way says that it filters"),
    (r"Destination Net Unreachable|Network is unreachable", "something on the way has no route"),
    (r"Destination Host Unreachable", "the last hop finds no such machine"),
    (r"Time to live exceeded", "the packets go round in a circle"),
)


def _notes(ping: str, tcp: str, *, mtu_missed: bool) -> Iterator[str]:
    for pattern, words in _SAID:
        if re.search(pattern, ping, re.IGNORECASE):
            yield words
    if re.search(r"(?:bash|timeout)\W+(?:command )?not found|failed to run command", tcp):
        yield "bash or timeout is not installed there, so no port can be tried"
    if mtu_missed:
        yield "its ping cannot tell the path MTU"


# --- for people ------------------------------------------------------------------------------------------------------


def result(aim: Target, machine: str, output: str | None, silence: str = "") -> dict[str, Any]:
    """The module's result. `output` is None where the machine gave no answer; `silence` then says what it should have.

    {"from", "to", "port", "answered", "ok", "ping": {"sent", "received", "rtt_ms"}, "tcp", "path_mtu", "text",
    "command"}: with a port, `ok` is that it is open, else that a ping was answered.
    """
    found = read(output) if output is not None else Findings(complete=False)
    answered = output is not None and found.complete
    ok = answered and (found.tcp == OPEN if aim.port else found.received > 0)
    if output is None:
        text = f"{machine} gave no answer: {silence}"
    elif not answered:
        text = f"{machine} ran the probe and gave no whole answer: {shown(output)}"
    else:
        text = _text(aim, found)
    findings = {key: value for key, value in asdict(found).items() if key in ("sent", "received", "rtt_ms")}
    return {
        "from": machine,
        "to": aim.to,
        "port": aim.port,
        "answered": answered,
        "ok": ok,
        "ping": findings if answered else None,
        "tcp": found.tcp if answered else None,
        "path_mtu": found.path_mtu if answered else None,
        "text": text,
        "command": "\n".join(script(aim)),
    }


def would_run(aim: Target, machine: str) -> dict[str, Any]:
    """The result of check mode: nothing was done."""
    nothing = dict.fromkeys(("ping", "tcp", "path_mtu"))
    text = f"check mode: {machine} would probe {aim}"
    said = {"answered": False, "ok": False, "text": text, "command": "\n".join(script(aim))}
    return {"from": machine, "to": aim.to, "port": aim.port, **nothing, **said}


_PORT = {
    OPEN: "is open",
    REFUSED: "is refused: the way works, and nothing listens there",
    SILENT: "is silent: a filter or a route on the way there or back",
    UNREACHABLE: "is unreachable: a route or a filter",
    None: "could not be tried",
}


def _text(aim: Target, found: Findings) -> str:
    if found.received:
        time = "" if found.rtt_ms is None else f" in {found.rtt_ms:g} ms"
        words = [f"{aim.to} answered {found.received} of {found.sent} pings{time}"]
    elif found.sent:
        words = [f"{aim.to} answered none of {found.sent} pings"]
    else:
        words = [f"{aim.to} could not be pinged"]
    if aim.port is not None:
        words.append(f"port {aim.port} {_PORT[found.tcp]}")
    if found.path_mtu is not None:
        words.append(f"packets of up to {found.path_mtu} bytes pass whole")
    return "; ".join([*words, *found.notes])
