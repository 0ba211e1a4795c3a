"""The WSGI application: control API, injected faults, checks, then moto; and no answer that AWS would not give."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from rehearsal.aws import check, failure, idempotency, metrics, systems_manager
from rehearsal.aws.actions import install
from rehearsal.aws.control import PREFIX, Control
from rehearsal.aws.failure import Response
from rehearsal.aws.faults import Answer, Dropped, Faults
from rehearsal.aws.journal import Journal
from rehearsal.aws.refusal import refuse
from rehearsal.aws.request import Request
from rehearsal.aws.world import World

Middleware = Callable[[Request, Answer], Response]
"""Stands around AWS: gives the request on or answers itself. It does not hold the world's lock."""

_REQUEST_ID = b"<requestId>request-id</requestId>"
"""moto's, of every EC2 answer."""

_HERE = Path(__file__).parent
_HAND_ON = ("front.py", "idempotency.py", "actions.py")

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Front:
    def __init__(self, world: World) -> None:
        install(world)
        self.world = world
        self.journal = Journal()
        faults = Faults(world)
        self.middlewares: list[Middleware] = [faults.answer]
        self._control = Control(world, self.journal, faults)
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = Request.read(environ)
        if request.path.startswith(PREFIX):
            with self.world.lock:
                response = self._control.answer(request)
        else:
            response = self._noted(request)
        length = ("Content-Length", str(len(response.body)))
        start_response(f"{response.status} ", [*response.headers, length])
        return [response.body]

    def _noted(self, request: Request) -> Response:
        answer: Answer = self._service
        for middleware in reversed(self.middlewares):
            answer = _around(middleware, answer)
        try:
            response = answer(request)
        except Dropped:
            self._note(request, 0)
            raise
        self._note(request, response.status)
        return response

    def _service(self, request: Request) -> Response:
        with self.world.lock:
            try:
                response = self._refusal(request) or self._answer(request)
            except NotImplementedError:
                response = _refused(request, "not_emulated")
            except Exception as crash:  # whatever we or moto trip over, the client must get AWS's form
                response = self._crashed(request, crash)
            if request.mutating and response.status < 400:
                self.world.changed()
            return response

    def _answer(self, request: Request) -> Response:
        service = request.scope.service if request.scope else ""
        if service == "monitoring" and request.scope:
            metrics.publish(request.scope.region)
        if service == "ssm":
            return systems_manager.answer(self.world, request)
        return idempotency.answer(self.world, request, self._ask_moto)

    def _refusal(self, request: Request) -> Response | None:
        refused = check.identity(request)
        if refused is None and request.scope and request.scope.service == "ec2":
            refused = check.ec2_action(request)
        return failure.render(request, *refused) if refused else None

    def _ask_moto(self, request: Request) -> Response:
        """moto's answer. Its HTML and its 5xx say that it does not emulate the action."""
        told: list[Any] = []
        body = b"".join(self._moto(request.environ, lambda *args: told.extend(args)))
        status = int(told[0].split()[0])
        headers = [(name, value) for name, value in told[1] if name.lower() != "content-length"]
        if status >= 500 or _is_html(headers, body):
            raise NotImplementedError
        request_id = f"<requestId>{uuid4()}</requestId>".encode()
        return Response(status, headers, body.replace(_REQUEST_ID, request_id))

    def _crashed(self, request: Request, crash: Exception) -> Response:
        """moto's crash says that it does not emulate the action; one of our own is a fault of ours, and counted."""
        if not _is_ours(crash):
            print(f"moto: {request.action}: {crash!r}", file=sys.stderr)
            return _refused(request, "not_emulated")
        traceback.print_exception(crash)
        self.journal.crashes.append(f"{request.action}: {crash!r}")
        return _refused(request, "crashed")

    def _note(self, request: Request, status: int) -> None:
        if not request.from_wan:
            self.journal.note(request, status)


def _around(middleware: Middleware, inner: Answer) -> Answer:
    return lambda request: middleware(request, inner)


def _refused(request: Request, name: str) -> Response:
    error = refuse(name, action=request.action or f"{request.method} {request.path}")
    return failure.render(request, 400, error.code, error.message)


def _is_ours(crash: Exception) -> bool:
    """Whether a file of ours is on the way to it, beside those that only hand on."""
    files = (Path(frame.f_code.co_filename) for frame, _line in traceback.walk_tb(crash.__traceback__))
    return any(one.parent == _HERE and one.name not in _HAND_ON for one in files)


def _is_html(headers: list[tuple[str, str]], body: bytes) -> bool:
    """moto's CloudWatch Logs calls its JSON, and its empty answers, HTML too."""
    told = any(name.lower() == "content-type" and value.startswith("text/html") for name, value in headers)
    return told and body.lstrip().startswith(b"<")
