"""The HTTP server: loopback only, a free port, one thread a connection."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from rehearsal.aws import credentials
from rehearsal.aws.front import Front
from rehearsal.aws.world import ACCOUNT, World


class _Quiet(MotoRequestHandler):
    protocol_version = "HTTP/1.1"

    def connection_dropped(self, *_args: Any) -> None:
        """Also called for an injected `Dropped`: nothing was sent, so the end of the connection must be said."""
        self.close_connection = True

    def log(self, *_args: Any) -> None:
        """The journal is the log."""


def make(gateway_seconds: float, folder: Path | None = None) -> tuple[BaseWSGIServer, Front]:
    """A server that listens already; `serve_forever` answers."""
    front = Front(World(gateway_seconds, folder=folder))
    return make_server("127.0.0.1", 0, front, threaded=True, request_handler=_Quiet), front


def announce(directory: Path, port: int) -> None:
    """Write aws.json in one step, for whoever waits for it."""
    about = {
        "pid": os.getpid(),
        "port": port,
        "access_key": credentials.ACCESS_KEY,
        "secret_key": credentials.SECRET_KEY,
        "account": ACCOUNT,
    }
    part = directory / f".aws.json.{os.getpid()}"
    part.write_text(json.dumps(about), encoding="utf-8")
    part.replace(directory / "aws.json")
