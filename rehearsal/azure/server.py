"""The web servers: ARM and login over TLS, the proxy before them, the control port beside them."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from . import arm, certificates
from .actions import describe
from .answers import NULL, Answer, Call
from .cloud import Cloud, wait_headers
from .control import control_app
from .errors import ArmError
from .faults import Faults
from .invented import refuse
from .proxy import Proxy

_log = logging.getLogger(__name__)


@dataclass
class Servers:
    """What runs, and where."""

    cloud: Cloud
    folder: Path
    arm_port: int = 0
    proxy_port: int = 0
    control_port: int = 0
    ca: Path = Path()
    bundle: Path = Path()
    _runners: list[web.AppRunner] = field(default_factory=list)
    _proxy: asyncio.Server | None = None

    def __post_init__(self) -> None:
        self.faults = Faults(self.cloud)

    async def start(self) -> None:
        """Listen on free loopback ports; writes ca.pem and bundle.pem into the folder."""
        authority = certificates.make()
        self.ca, self.bundle = certificates.write(authority, self.folder)
        app = web.Application(client_max_size=4 * 2**20)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        context = certificates.server_context(authority, self.folder)
        self.arm_port = await self._listen(app, context)
        self.control_port = await self._listen(control_app(self.cloud, self.faults), None)
        self._proxy = await Proxy(self.arm_port).start()
        self.proxy_port = self._proxy.sockets[0].getsockname()[1]

    async def _listen(self, app: web.Application, context: object) -> int:
        runner = web.AppRunner(app, access_log=None, keepalive_timeout=600)
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)  # type: ignore[arg-type]
        await site.start()
        return int(runner.addresses[-1][1])

    async def stop(self) -> None:
        self.faults.clear()
        if self._proxy is not None:
            self._proxy.close()
        for runner in self._runners:
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        call = Call(
            method=request.method,
            path=request.path,
            query=request.query,
            headers=request.headers,
            body=await request.read(),
            base=f"{request.scheme}://{request.host}",
        )
        answer = await self.faults(call, self._answer)
        if request.headers.get("x-rehearsal") != "wan":
            self._record(call, answer)
        if answer.status == 0 and request.transport is not None:
            request.transport.abort()  # aiohttp then writes nothing
        return _response(call, answer)

    async def _answer(self, call: Call) -> Answer:
        try:
            if self.cloud.login.is_login(call.path):
                return self.cloud.login.answer(call)
            return arm.answer(self.cloud, call)
        except ArmError as error:
            wait = wait_headers(10 * self.cloud.clock.scale) if error.status == 429 else {}
            return Answer(error.status, error.body, wait | error.headers)
        except Exception:
            self.cloud.crashes += 1
            _log.exception("%s %s", call.method, call.path)
            unknown = refuse("server error")
            return Answer(unknown.status, unknown.body)

    def _record(self, call: Call, answer: Answer) -> None:
        action, mutating = describe(call.method, call.path)
        error = answer.body.get("error") if isinstance(answer.body, dict) and answer.status >= 400 else None
        code = error.get("code", "") if isinstance(error, dict) else str(error or "")
        self.cloud.log.add(
            method=call.method,
            path=call.path,
            action=action,
            status=answer.status,
            mutating=mutating,
            client=call.header("user-agent").split(" ")[0],
            error=code,
            fault=answer.fault,
        )


def _response(call: Call, answer: Answer) -> web.Response:
    headers = {
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
        "x-ms-request-id": str(uuid.uuid4()),
        "x-ms-correlation-request-id": str(uuid.uuid4()),
        **answer.headers,
    }
    if call.header("x-ms-client-request-id") and call.header("x-ms-return-client-request-id"):
        headers["x-ms-client-request-id"] = call.header("x-ms-client-request-id")
    if answer.body is None:
        return web.Response(status=answer.status, headers=headers)
    headers["Content-Type"] = "application/json; charset=utf-8"
    body = None if answer.body is NULL else answer.body
    return web.Response(status=answer.status, headers=headers, body=json.dumps(body).encode())
