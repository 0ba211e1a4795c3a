"""One IKE daemon, strongSwan's charon, for one end of a tunnel; driven by vici."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import vici
import vici.exception

from . import ike, machine
from .lab import End
from .room import RUN, Room

DEVICE = "ipsec0"
MTU = 1400  # bytes (CLOUDS.md: hosts are advised MTU 1400)
TAIL = 16384  # bytes of a log that are looked at
START = 20.0  # seconds for a daemon to answer; a loaded machine
RETRY, RARELY = 2.0, 30.0  # seconds between two attempts of an end that initiates: at first, and in the end
REKEY = 15.0  # seconds for a rekey to pass; then the tunnel is made anew
TELLING = re.compile(
    r"AUTHENTICATION_FAILED|NO_PROPOSAL_CHOSEN|MAC mismatched|TS_UNACCEPTABLE|INVALID_KE|no IKE config found"
    r"|giving up after|no shared key found|no peer config found|peer not responding|INVALID_MAJOR_VERSION"
)
ERRORS = (OSError, vici.exception.SessionException, vici.exception.CommandException)


@dataclass(frozen=True)
class Child:
    """A CHILD_SA that is installed. Bytes as this end counts them."""

    id: str
    bytes_in: int
    bytes_out: int


@dataclass(frozen=True)
class Answer:
    """What charon says of its one connection. `established`: ids of IKE SAs, the newest last; `busy`: one is being
    negotiated. Where both ends began at once there are two, until charon has deleted the older one.

    `age`: seconds that the newest of them has stood.
    """

    established: tuple[str, ...] = ()
    age: int = 0
    busy: bool = False
    children: tuple[Child, ...] = ()

    @property
    def child(self) -> str | None:
        """The newest."""
        return max((c.id for c in self.children), key=int, default=None)


class Attempts:
    """When an end that starts by itself does so: `eager` seconds after its time came, then ever more rarely."""

    def __init__(self, eager: float | None, now: float) -> None:
        self._eager = eager
        self._pause = RETRY
        self._next = now + (eager or 0.0)

    def due(self, now: float) -> bool:
        return self._eager is not None and now >= self._next

    def made(self, now: float) -> None:
        self._next = now + self._pause
        self._pause = min(2 * self._pause, RARELY)

    def stands(self, now: float) -> None:
        """There is a tunnel; its end will be a new beginning."""
        self._pause = RETRY
        self._next = now + (self._eager or 0.0)

    def hurry(self, now: float) -> None:
        """Something changed: what was refused is tried again; never later, however often something changes."""
        self._pause = RETRY
        self._next = min(self._next, now + (self._eager or 0.0))


class Charon:
    """The daemon of one end: started with it, changed by `load`, and ended with `stop`."""

    def __init__(self, room: Room, end: End, *, kernel_esp: bool) -> None:
        self.end = end
        self.run = RUN / "ends" / end.name
        self.answer = Answer()
        self.since = 0.0  # Unix seconds since when the newest IKE SA has stood
        self._room = room
        self._if_id = 1 if kernel_esp else None
        self._loaded: End | None = None
        self._session: Any = None
        self._attempts = Attempts(end.eager, time.monotonic())
        self._refusal = ""
        self._counted: dict[str, Child] = {}
        self._log_from = self._loaded_from = 0
        self.run.mkdir(parents=True, exist_ok=True)
        (self.run / "strongswan.conf").write_text(ike.daemon(end, kernel_esp=kernel_esp))
        for leftover in ("charon.pid", "vici"):
            (self.run / leftover).unlink(missing_ok=True)
        room.ip([f"link delete {DEVICE}"], end.name)  # of a daemon before it
        if kernel_esp:
            room.ip([f"link add {DEVICE} type xfrm dev out if_id {self._if_id}"], end.name)
        # Its pid file is compiled in, so each sees a /run of its own.
        script = f"mount --bind {self.run} /run && STRONGSWAN_CONF=/run/strongswan.conf exec {machine.charon()}"
        self._process = room.spawn(["unshare", "--mount", "sh", "-c", script], self.run / "output", namespace=end.name)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    # --- start, change, stop --------------------------------------------------------------------------------------

    def ready(self) -> None:
        """Wait until it answers, and put its device where the gateway is."""
        deadline = time.monotonic() + START
        while self._session is None:
            with contextlib.suppress(OSError):
                sock = socket.socket(socket.AF_UNIX)
                sock.settimeout(START)
                sock.connect(str(self.run / "vici"))
                self._session = vici.Session(sock)
            if self._session is None:
                if time.monotonic() > deadline or not self.alive:
                    raise OSError(f"{self.end.name}: charon does not answer: {self._log(0)[-500:]}")
                time.sleep(0.01)
        name, gateway = self.end.tunnel, self.end.gateway
        self._room.ip([f"link set {DEVICE} netns {gateway} name {name}"], self.end.name)
        self._room.ip([f"link set {name} mtu {MTU}"], gateway)
        if self._if_id is None:  # libipsec routes by a device of this name
            self._room.ip([f"tuntap add dev {DEVICE} mode tun", f"link set {DEVICE} up"], self.end.name)

    def load(self, end: End) -> None:
        """Take over what the end is now; a change ends what stood."""
        if end == self._loaded:
            return
        if self._loaded is not None:
            self.terminate()
            with contextlib.suppress(vici.exception.CommandException):
                self._session.unload_conn({"name": end.name})
        self.end = self._loaded = end
        self.answer = Answer()
        self._log_from = self._loaded_from = self._log_size()
        self._refusal = ""
        self._attempts = Attempts(end.eager, time.monotonic())
        try:
            if end.key:
                self._session.load_shared(ike.secret(end))
            else:
                self._session.unload_shared({"id": end.name})
            self._session.load_conn(ike.connection(end, self._if_id))
        except vici.exception.CommandException as error:
            self._refusal = f"charon: {error}"

    def hurry(self) -> None:
        self._attempts.hurry(time.monotonic())

    def terminate(self) -> None:
        for _unused in self._answers("terminate", {"ike": self.end.name, "force": "yes", "timeout": "-1"}):
            pass

    def stop(self, *, polite: bool) -> None:
        """Politely: the peer is told."""
        if polite and self.alive:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
        self._process.kill()
        self._process.wait()
        if self._session is not None:
            self._session.transport.socket.close()
        self._room.ip([f"link delete {self.end.tunnel}"], self.end.gateway)

    # --- look -----------------------------------------------------------------------------------------------------

    def look(self, now: float) -> None:
        """Ask it, and initiate again where that is this end's part: strongSwan stops after a refusal."""
        known = self.answer.established[-1:]
        self.answer = _answer(list(self._session.list_sas()))
        if self.answer.established[-1:] != known:
            self.since = time.time() - self.answer.age
        for child in self.answer.children:
            self._counted[child.id] = child
        if self.answer.children:
            self._attempts.stands(now)
        elif not self.answer.busy and self._attempts.due(now):
            self._attempts.made(now)
            self.initiate()

    def initiate(self) -> None:
        self._log_from = self._log_size()
        for _unused in self._answers("initiate", {"child": self.end.name, "ike": self.end.name, "timeout": "-1"}):
            pass

    def rekey(self) -> None:
        self._log_from = self._log_size()
        with contextlib.suppress(vici.exception.CommandException):  # it has just ended: the state tells
            self._session.rekey({"child": self.end.name})

    @property
    def rekey_refused(self) -> bool:
        """Not where the peer was busy, or silent."""
        said = self._log(self._log_from)
        return "rekeying failed" in said and "NO_PROPOSAL_CHOSEN" in said

    def traffic(self) -> tuple[int, int]:
        """Bytes in and out since the daemon started, over all child SAs."""
        return sum(c.bytes_in for c in self._counted.values()), sum(c.bytes_out for c in self._counted.values())

    def _answers(self, command: str, message: dict[str, str]) -> Iterator[Any]:
        try:
            yield from getattr(self._session, command)(message)
        except vici.exception.CommandException:
            return  # nothing to terminate, or no answer yet: the state tells

    # --- log ------------------------------------------------------------------------------------------------------

    def _log_size(self) -> int:
        try:
            return (self.run / "log").stat().st_size
        except FileNotFoundError:
            return 0

    def _log(self, start: int) -> str:
        """Its end, from `start` on."""
        try:
            with open(self.run / "log", "rb") as file:
                file.seek(max(start, self._log_size() - TAIL))
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def complaint(self) -> str:
        """The last line since the last change that says why there is no tunnel; empty where none does."""
        if self._refusal:
            return self._refusal
        lines = [line for line in self._log(self._loaded_from).splitlines() if TELLING.search(line)]
        return re.sub(r"^\S+ \S+ (<[^>]*> )?", "", lines[-1]).strip() if lines else ""


def _answer(found: list[Any]) -> Answer:
    sas = [sa for connection in found for sa in connection.values()]
    children = [
        c for sa in sas for c in sa.get("child-sas", {}).values() if _text(c["state"]) in ("INSTALLED", "REKEYING")
    ]
    standing = sorted((sa for sa in sas if _text(sa["state"]) == "ESTABLISHED"), key=lambda sa: int(sa["uniqueid"]))
    return Answer(
        established=tuple(_text(sa["uniqueid"]) for sa in standing),
        age=int(standing[-1].get("established", 0)) if standing else 0,
        busy=any(_text(sa["state"]) == "CONNECTING" for sa in sas),
        children=tuple(
            Child(_text(c["uniqueid"]), int(c.get("bytes-in", 0)), int(c.get("bytes-out", 0))) for c in children
        ),
    )


def _text(value: bytes) -> str:
    return value.decode()
