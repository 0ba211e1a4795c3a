"""Makes the machine be a `Lab`, and keeps it so: what changed is done, the rest is left running."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from .bird import Bird, Table
from .charon import ERRORS, REKEY, Answer, Charon
from .lab import End, Lab
from .room import Room


@dataclass(frozen=True)
class EndSeen:
    """One end as its charon tells it. `proven`: a child SA with these settings has passed a rekey; `refused`: not so.

    `since`: Unix seconds since when the newest IKE SA has stood.
    """

    answer: Answer
    proven: bool
    refused: bool
    traffic: tuple[int, int]
    complaint: str
    since: float = 0.0


@dataclass(frozen=True)
class Seen:
    """By name of the end, and by namespace of the router."""

    ends: dict[str, EndSeen] = field(default_factory=dict)
    routers: dict[str, Table] = field(default_factory=dict)


@dataclass
class _Proof:
    """A rekey that was asked for: of which IKE SA, which child SA, when."""

    sa: str
    child: str
    asked: float


class Supervisor:
    def __init__(self, room: Room, *, kernel_esp: bool) -> None:
        self.room = room
        self._kernel_esp = kernel_esp
        self._lab = Lab()
        self._done: dict[str, list[str]] = {}
        self._filtered: dict[str, str] = {}
        self._charons: dict[str, Charon] = {}
        self._birds: dict[str, Bird] = {}
        self._proofs: dict[str, _Proof] = {}
        self._proven: set[str] = set()
        self._refused: set[str] = set()
        self._linked: dict[str, bool] = {}

    # --- make it so -----------------------------------------------------------------------------------------------

    def apply(self, lab: Lab, abrupt: Iterable[str] = ()) -> None:
        """`abrupt`: addresses whose ends die instead of closing."""
        before, abrupt = self._lab, set(abrupt)
        for name in [n for n, c in self._charons.items() if n not in lab.ends or lab.ends[n].place != c.end.place]:
            self._drop(name, polite=self._charons[name].end.own not in abrupt)
        for name in [n for n in self._birds if n not in lab.routers]:
            self._birds.pop(name).stop()
        self._unlink(before, lab)
        gone = before.namespaces - lab.namespaces
        self.room.remove(sorted(gone))
        for name in gone:
            self._done.pop(name, None)
            self._filtered.pop(name, None)
        new = sorted(lab.namespaces - before.namespaces)
        if new:
            self.room.add(new)
        links = sorted(lab.links - before.links, key=lambda link: (link.a, link.a_interface))
        self.room.ip(
            f"link add {k.a_interface} netns {k.a} type veth peer name {k.b_interface} netns {k.b}" for k in links
        )
        self._lab = lab
        self._daemons()
        self._rewire()
        for name, text in lab.filters.items():
            if text != self._filtered.get(name):
                self.room.run(["nft", "-f", "-"], stdin=text, namespace=name)
                self._filtered[name] = text
        for name, config in lab.routers.items():
            self._route(name, config)
        for name, end in lab.ends.items():
            charon = self._charons[name]
            if charon.end != end:
                self._forget(name)
                self._forget(self._opposite(end))
            try:
                charon.load(end)
                charon.hurry()
            except ERRORS as error:
                self._revive(charon, error)

    def _unlink(self, before: Lab, lab: Lab) -> None:
        for link in before.links - lab.links:
            self.room.ip([f"link delete {link.a_interface}"], link.a)
            self._undo(link.a, link.a_interface)
            self._undo(link.b, link.b_interface)

    def _undo(self, namespace: str, interface: str) -> None:
        """The lines of an interface that is gone are to be said again."""
        lines = self._done.get(namespace, [])
        self._done[namespace] = [line for line in lines if interface not in line.split()]

    def _daemons(self) -> None:
        fresh = [end for name, end in self._lab.ends.items() if name not in self._charons]
        for end in fresh:
            self._charons[end.name] = Charon(self.room, end, kernel_esp=self._kernel_esp)
        # The cable first: charon looks at its addresses when it starts, and follows them later.
        for number, end in enumerate(fresh):
            try:
                self._charons[end.name].ready()
            except OSError:
                for late in fresh[number:]:  # the next look starts them again
                    self._drop(late.name, polite=False)
                raise
            self._undo(end.gateway, end.tunnel)
            self._linked.pop(end.name, None)

    def _rewire(self) -> None:
        for namespace in sorted(self._lab.namespaces):
            wanted, done = self._lab.lines.get(namespace, []), self._done.get(namespace, [])
            if wanted == done:
                continue
            obsolete = [line for line in done if line not in wanted and " add " in f" {line} "]
            missing = [line for line in wanted if line not in done]
            self.room.ip([*(line.replace(" add ", " delete ", 1) for line in obsolete), *missing], namespace)
            self._done[namespace] = list(wanted)

    def _route(self, name: str, config: str) -> None:
        try:
            if name in self._birds and self._birds[name].alive:
                self._birds[name].load(config)
                self._birds[name].ask("enable all")  # a session that was ended for its routes gets another chance
            else:
                self._birds[name] = Bird(self.room, name, config)
        except OSError as error:
            _complain(f"{name}: {error}")

    def _drop(self, name: str, *, polite: bool) -> None:
        self._forget(name)
        self._forget(self._opposite(self._charons[name].end))
        self._charons.pop(name).stop(polite=polite)

    def _forget(self, name: str | None) -> None:
        if name is not None:
            self._proofs.pop(name, None)
            self._proven.discard(name)
            self._refused.discard(name)

    # --- keep it so -----------------------------------------------------------------------------------------------

    def tick(self) -> Seen:
        """Ask everyone; initiate, rekey and revive where that is due."""
        now = time.monotonic()
        for name in [n for n, c in self._charons.items() if not c.alive]:
            _complain(f"{name}: charon ended, starting it again")
            self._drop(name, polite=False)
        if set(self._charons) != set(self._lab.ends) or any(not b.alive for b in self._birds.values()):
            self.apply(self._lab)
        for charon in self._charons.values():
            try:
                charon.look(now)
                self._prove(charon.end.name, charon, now)
            except ERRORS as error:
                self._revive(charon, error)
        for name, charon in self._charons.items():
            self._follow(name, charon)
        return Seen({n: self._seen(n, c) for n, c in self._charons.items()}, dict(self._tables()))

    def _revive(self, charon: Charon, error: Exception) -> None:
        """What does not answer is ended; the next look starts it again."""
        _complain(f"{charon.end.name}: {error}")
        charon.stop(polite=False)

    def _prove(self, name: str, charon: Charon, now: float) -> None:
        """PFS that does not fit shows at the first rekey and not before; so there is one at once. AWS's end asks.

        Once for what both ends are: another IKE SA between the same two settings agrees on the same.
        """
        answer, proof = charon.answer, self._proofs.get(name)
        if charon.end.own != charon.end.tunnel or not answer.established or answer.child is None:
            self._proofs.pop(name, None)
            return
        if name in self._proven:
            return
        sa = answer.established[-1]
        if proof is None or proof.sa != sa:
            self._proofs[name] = _Proof(sa, answer.child, now)
            charon.rekey()
        elif int(answer.child) > int(proof.child):
            self._proven.add(name)
            self._refused.discard(name)
            del self._proofs[name]
        elif charon.rekey_refused or now - proof.asked > REKEY:
            if charon.rekey_refused:
                self._refused.add(name)
            del self._proofs[name]
            charon.terminate()

    def _follow(self, name: str, charon: Charon) -> None:
        """A tunnel's interface is up while there is a child SA under it: routes and sessions go with it at once."""
        up = charon.answer.child is not None
        if self._linked.get(name) != up:
            self._linked[name] = up
            self.room.ip([f"link set {charon.end.tunnel} {'up' if up else 'down'}"], charon.end.gateway)

    def _opposite(self, end: End) -> str | None:
        """The end that `end` talks with."""
        return next((e.name for e in self._lab.ends.values() if e.own == end.peer and e.peer == end.own), None)

    def _seen(self, name: str, charon: Charon) -> EndSeen:
        up = bool(charon.answer.children)
        return EndSeen(
            charon.answer,
            proven=name in self._proven,
            refused=name in self._refused,
            traffic=charon.traffic(),
            complaint="" if up else charon.complaint(),
            since=charon.since,
        )

    def _tables(self) -> Iterable[tuple[str, Table]]:
        for name, bird in self._birds.items():
            try:
                yield name, bird.look()
            except OSError as error:
                _complain(f"{name}: {error}")


def _complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
