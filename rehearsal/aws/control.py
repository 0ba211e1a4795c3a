"""The control API under /_rehearsal/: what tests and the WAN use, and no AWS client knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from moto.ec2.models import ec2_backends

from rehearsal.aws.connection import VpnConnection
from rehearsal.aws.failure import Response, response
from rehearsal.aws.faults import Faults
from rehearsal.aws.journal import Journal
from rehearsal.aws.request import Request
from rehearsal.aws.telemetry import wall_clock
from rehearsal.aws.tunnel import Tunnel
from rehearsal.aws.world import ACCOUNT, World

PREFIX = "/_rehearsal/"


class Control:
    """Answers ``(method, name)``; bodies are JSON."""

    def __init__(self, world: World, journal: Journal, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._journal = journal
        self._routes: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "log"): lambda _body: journal.entries(),
            ("DELETE", "log"): lambda _body: self.clear_log(),
            ("GET", "crashes"): lambda _body: journal.crashes,
            ("DELETE", "crashes"): lambda _body: self.clear_crashes(),
            ("GET", "version"): lambda _body: {"version": world.version()},
            ("GET", "tunnels"): lambda _body: self.tunnels(),
            ("POST", "telemetry"): self.telemetry,
            ("POST", "clock"): self.clock,
            ("POST", "tunnel-options"): self.tunnel_options,
            ("POST", "maintenance"): self.maintenance,
            ("POST", "faults"): faults.order,
            ("GET", "faults"): lambda _body: faults.shown(),
            ("DELETE", "faults"): lambda _body: self.remove_faults(),
            ("POST", "reset"): lambda _body: self.reset(),
        }

    def answer(self, request: Request) -> Response:
        route = self._routes.get((request.method, request.path.removeprefix(PREFIX)))
        if route is None:
            return _json(404, {"error": f"no {request.method} {request.path}"})
        try:
            answer = route(json.loads(request.body) if request.body else {})
            return _json(201 if route == self._faults.order else 200, answer)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return _json(400, {"error": str(error)})

    def clear_log(self) -> dict[str, Any]:
        self._journal.clear()
        return {}

    def clear_crashes(self) -> dict[str, Any]:
        self._journal.crashes.clear()
        return {}

    def tunnels(self) -> dict[str, Any]:
        """Every tunnel by outside address: where it is, and whether AWS's end works at all. No keys."""
        return {
            tunnel.outside_address: {
                "region": region,
                "vpn_connection_id": one.id,
                "state": one.state,
                "works": one.works(tunnel),
            }
            for region, one, tunnel in _tunnels()
        }

    def telemetry(self, said: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """What the WAN says of tunnels, by outside address. Addresses that no tunnel has are given back."""
        known = {tunnel.outside_address: tunnel for _region, _one, tunnel in _tunnels()}
        for address, words in said.items():
            if address in known:
                follows = known[address].telemetry.follow(words)
                if not follows.says_the_same(known[address].telemetry):
                    known[address].telemetry = follows
                    self._world.changed()
        return {"version": self._world.version(), "unknown": sorted(set(said) - set(known))}

    def clock(self, body: Mapping[str, float]) -> dict[str, Any]:
        """Move on by ``seconds`` of AWS's time."""
        self._world.clock.step(float(body["seconds"]))
        return {"version": self._world.version()}

    def tunnel_options(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """From now on descriptions show ``all`` of TunnelOptions, an ``empty`` list, or it is ``absent``."""
        self._world.show_tunnel_options(body["shown"])
        return {}

    def maintenance(self, body: Mapping[str, list[str]]) -> dict[str, Any]:
        """A maintenance is pending for the tunnels with these outside ``addresses``, and for no others."""
        for _region, _one, tunnel in _tunnels():
            pending = tunnel.outside_address in body["addresses"]
            tunnel.maintenance_after = wall_clock() + timedelta(days=7) if pending else None
        return {}

    def remove_faults(self) -> dict[str, Any]:
        self._faults.remove()
        return {}

    def reset(self) -> dict[str, Any]:
        self._faults.remove()
        self._world.reset()
        self._journal.clear()
        return {"version": self._world.version()}


def _tunnels() -> Iterator[tuple[str, VpnConnection, Tunnel]]:
    for region, backend in list(ec2_backends[ACCOUNT].items()):
        for one in backend.vpn_connections.values():
            if not one.gone:
                for tunnel in one.tunnels:
                    yield region, one, tunnel


def _json(status: int, content: object) -> Response:
    return response(status, "application/json", json.dumps(content).encode())
