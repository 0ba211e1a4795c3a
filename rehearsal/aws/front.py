"""The WSGI application: control API, checks, then moto; and no answer that AWS would not give."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from rehearsal.aws import check, failure
from rehearsal.aws.actions import install
from rehearsal.aws.control import PREFIX, Control
from rehearsal.aws.failure import Response
from rehearsal.aws.journal import Journal
from rehearsal.aws.refusal import refuse
from rehearsal.aws.request import Request
from rehearsal.aws.world import World

Middleware = Callable[[Request], Response | None]
"""May answer in place of AWS (injected faults)."""

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Front:
    def __init__(self, world: World) -> None:
        install(world)
        self.world = world
        self.journal = Journal()
        self.middlewares: list[Middleware] = []
        self._control = Control(world, self.journal)
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = Request.read(environ)
        with self.world.lock:
            if request.path.startswith(PREFIX):
                return _send(self._control.answer(request), start_response)
            return self._service(request, start_response)

    def _service(self, request: Request, start_response: StartResponse) -> Iterable[bytes]:
        response = self._refusal(request)
        if response is not None:
            self._note(request, response.status)
            return _send(response, start_response)
        status, headers, body = self._ask_moto(request)
        self._note(request, status)
        if request.mutating and status < 400:
            self.world.changed()
        start_response(f"{status} ", headers)
        return [body]

    def _refusal(self, request: Request) -> Response | None:
        for middleware in self.middlewares:
            if (answer := middleware(request)) is not None:
                return answer
        refused = check.identity(request)
        if refused is None and request.scope and request.scope.service == "ec2":
            refused = check.ec2_action(request)
        return failure.render(request, *refused) if refused else None

    def _ask_moto(self, request: Request) -> tuple[int, list[tuple[str, str]], bytes]:
        """moto's answer; its crashes, its HTML and its 5xx become the refusal of what is not emulated."""
        told: list[Any] = []
        try:
            body = b"".join(self._moto(request.environ, lambda *args: told.extend(args)))
            status, headers = int(told[0].split()[0]), told[1]
            if status < 500 and not _is_html(headers):
                return status, headers, body
        except NotImplementedError:
            pass
        except Exception as crash:  # whatever moto trips over, the client must get AWS's form
            print(f"moto: {request.action}: {crash!r}", file=sys.stderr)
        error = refuse("not_emulated", action=request.action or f"{request.method} {request.path}")
        response = failure.render(request, 400, error.code, error.message)
        return response.status, [("Content-Type", response.content_type)], response.body

    def _note(self, request: Request, status: int) -> None:
        if not request.from_wan:
            self.journal.note(request, status)


def _is_html(headers: list[tuple[str, str]]) -> bool:
    return any(name.lower() == "content-type" and value.startswith("text/html") for name, value in headers)


def _send(response: Response, start_response: StartResponse) -> Iterable[bytes]:
    headers = [("Content-Type", response.content_type), ("Content-Length", str(len(response.body)))]
    start_response(f"{response.status} ", headers)
    return [response.body]
