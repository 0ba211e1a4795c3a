"""One router, BIRD; driven over its control socket."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from .room import RUN, Room

Messages = tuple[int, int]  # sent and received

START = 20.0  # seconds; a loaded machine
TOLD = """log "{folder}/log" {{ info, remote, warning, error, auth, fatal, bug }};
log "{folder}/messages" {{ trace }};
timeformat protocol "%s.%3f";
"""
PROTOCOL = re.compile(
    r"^(\S+)\s+(BGP|Static|Kernel|Device|Pipe|Direct)\s+(\S+)\s+(up|down|start|stop|feed|flush)\s*(\S+)?\s*(.*)$"
)
# A BGP message, as BIRD traces it; the end of the routes is an UPDATE, of which it says "Got" twice.
MESSAGE = re.compile(r"<TRACE> (\S+): (?:(Sending) [A-Z]|Got (?!END-OF-RIB)[A-Z])")
ROUTE = re.compile(
    r"^(\S+/\d+)?\s+(?:unicast|unreachable|blackhole|prohibit)\s+\[(\S+)[^\]]*\]\s*(\*)?.*?(?:\[(?:AS(\d+))?[ie?]\])?\s*$"
)


@dataclass(frozen=True)
class Session:
    """A BGP session. `info` is BIRD's word (Established, Connect, Active, Passive, ...), `error` its last error.

    `since`: Unix seconds of the last change. `sent` and `received`: messages since the router started.
    """

    info: str
    error: str = ""
    since: float | None = None
    sent: int = 0
    received: int = 0

    @property
    def established(self) -> bool:
        return self.info == "Established"


@dataclass(frozen=True)
class Route:
    """`session`: the protocol that brought it; `asn`: the AS that it comes from, as far as it came by BGP."""

    prefix: str
    session: str
    asn: int | None = None


@dataclass(frozen=True)
class Table:
    """What one router knows."""

    sessions: dict[str, Session] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()

    def learned(self, session: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(r.prefix for r in self.routes if r.session == session))


class BirdError(OSError):
    """BIRD refused a configuration."""


class Bird:
    def __init__(self, room: Room, namespace: str, config: str) -> None:
        self.config = config
        self._folder = RUN / "routers" / namespace
        self._folder.mkdir(parents=True, exist_ok=True)
        self._socket: socket.socket | None = None
        self._messages: dict[str, Messages] = {}
        self._counted = 0
        (self._folder / "messages").unlink(missing_ok=True)
        (self._folder / "ctl").unlink(missing_ok=True)
        self._write(config)
        command = ["bird", "-f", "-c", str(self._folder / "conf"), "-s", str(self._folder / "ctl")]
        self._process = room.spawn(command, self._folder / "output", namespace=namespace)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def _write(self, config: str) -> None:
        (self._folder / "conf").write_text(f"{TOLD.format(folder=self._folder)}{config}\n")

    def load(self, config: str) -> None:
        if config != self.config:
            self.config = config
            self._write(config)
            said = self.ask("configure")
            if not re.search(r"Reconfigur", said):
                raise BirdError(said)

    def look(self) -> Table:
        table = parse(self.ask("show protocols all"), self.ask("show route table master4"))
        self._count()
        return replace(table, sessions={n: self._with_messages(n, s) for n, s in table.sessions.items()})

    def _count(self) -> None:
        """What was sent and received since the last look, by BIRD's trace; this BIRD counts no messages itself."""
        with contextlib.suppress(FileNotFoundError), open(self._folder / "messages", "rb") as file:
            file.seek(self._counted)
            whole = file.read().rpartition(b"\n")[0]
            if whole:
                self._counted += len(whole) + 1
                self._messages = messages(whole.decode(errors="replace"), self._messages)

    def _with_messages(self, name: str, session: Session) -> Session:
        sent, received = self._messages.get(name, (0, 0))
        return replace(session, sent=sent, received=received)

    def ask(self, command: str) -> str:
        """Raises OSError where it does not answer."""
        if self._socket is None:
            self._connect()
        assert self._socket is not None
        try:
            self._socket.sendall(f"{command}\n".encode())
            return self._read()
        except OSError:  # a late answer would pass for the next one's
            self._socket.close()
            self._socket = None
            raise

    def _connect(self) -> None:
        deadline = time.monotonic() + START
        while self._socket is None:
            if not self.alive or time.monotonic() > deadline:
                raise BirdError((self._folder / "output").read_text(errors="replace").strip() or "BIRD does not answer")
            with contextlib.suppress(OSError):
                sock = socket.socket(socket.AF_UNIX)
                sock.settimeout(START)
                sock.connect(str(self._folder / "ctl"))
                self._socket = sock
                self._read()
                break
            self._socket = None
            time.sleep(0.01)

    def _read(self) -> str:
        """Up to the line with a code and a space (BIRD, remote control)."""
        assert self._socket is not None
        data = b""
        while not re.search(rb"(?:^|\n)[0189]\d{3} [^\n]*\n$", data):
            piece = self._socket.recv(65536)
            if not piece:
                raise OSError("BIRD closed its socket")
            data += piece
        return plain(data.decode(errors="replace"))

    def stop(self) -> None:
        """Without a goodbye: whoever is removed here is gone; sessions that merely end are removed by `load`."""
        self._process.kill()
        self._process.wait()
        if self._socket is not None:
            self._socket.close()

    def log(self) -> Path:
        return self._folder / "log"


def plain(reply: str) -> str:
    """Without the codes: `1002-text`, or a space where the code is the line before's."""
    return "\n".join(re.sub(r"^(?:\d{4}[- ]| )", "", line) for line in reply.splitlines())


def messages(trace: str, before: Mapping[str, Messages]) -> dict[str, Messages]:
    """Messages sent and received by session: those of `before`, and those in the trace."""
    found = dict(before)
    for line in trace.splitlines():
        if message := MESSAGE.search(line):
            sent, received = found.get(message[1], (0, 0))
            found[message[1]] = (sent + 1, received) if message[2] else (sent, received + 1)
    return found


def parse(protocols: str, routes: str) -> Table:
    """BIRD's answers to `show protocols all` and `show route`."""
    sessions: dict[str, Session] = {}
    current = ""
    for line in protocols.splitlines():
        found = PROTOCOL.match(line)
        if found:
            current = found[1] if found[2] == "BGP" else ""
            if current:
                sessions[current] = Session(*_info(found[6]), since=float(found[5]) if found[5] else None)
        elif current and (error := re.match(r"\s+Last error:\s+(.*)$", line)):
            sessions[current] = replace(sessions[current], error=error[1].strip())
    known: list[Route] = []
    prefix = ""
    for line in routes.splitlines():
        route = ROUTE.match(line)
        if route:
            prefix = route[1] or prefix
            known.append(Route(prefix, route[2], int(route[4]) if route[4] else None))
    return Table(sessions, tuple(known))


def _info(text: str) -> tuple[str, str]:
    word, _unused, error = text.strip().partition(" ")
    return word, error.strip()
