"""The control port: log, version, the WAN's reports, reset; plain http on loopback.

The WAN posts, by ARM id, what Azure would show in Azure's own words:
`{"connections": {id: {connectionStatus, ingressBytesTransferred, egressBytesTransferred, tunnelConnectionStatus}},
"gateways": {id: {"peers": [{localAddress, neighbor, asn, state, connectedDuration, routesReceived, messagesSent,
messagesReceived}], "learned": [{localAddress, network, nextHop, sourcePeer, origin, asPath, weight}]}}}`.
A report replaces the one before it; a gateway's own VNet routes are added by the cloud.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from .clock import SteppedClock
from .cloud import Cloud


def control_app(cloud: Cloud) -> web.Application:
    """GET|DELETE /_rehearsal/log, GET version, POST wan, reset, advance (stepped clock), expire-tokens."""

    async def get_log(_unused: web.Request) -> web.Response:
        return web.json_response(cloud.log.as_list())

    async def clear_log(_unused: web.Request) -> web.Response:
        cloud.log.clear()
        return web.Response(status=204)

    async def version(_unused: web.Request) -> web.Response:
        cloud.settle()
        return web.json_response({"version": cloud.version})

    async def wan(request: web.Request) -> web.Response:
        report: dict[str, Any] = await request.json()
        cloud.wan.connections.update({k.lower(): v for k, v in report.get("connections", {}).items()})
        cloud.wan.gateways.update({k.lower(): v for k, v in report.get("gateways", {}).items()})
        return web.Response(status=204)

    async def reset(_unused: web.Request) -> web.Response:
        cloud.reset()
        return web.Response(status=204)

    async def advance(request: web.Request) -> web.Response:
        if not isinstance(cloud.clock, SteppedClock):
            raise web.HTTPConflict(text="the clock is not stepped: start with --clock stepped")
        cloud.clock.advance(float((await request.json())["seconds"]))
        cloud.settle()
        return web.Response(status=204)

    async def expire(_unused: web.Request) -> web.Response:
        cloud.login.expire_all()
        return web.Response(status=204)

    app = web.Application(client_max_size=4 * 2**20)
    app.router.add_get("/_rehearsal/log", get_log)
    app.router.add_delete("/_rehearsal/log", clear_log)
    app.router.add_get("/_rehearsal/version", version)
    app.router.add_post("/_rehearsal/wan", wan)
    app.router.add_post("/_rehearsal/reset", reset)
    app.router.add_post("/_rehearsal/advance", advance)
    app.router.add_post("/_rehearsal/expire-tokens", expire)
    return app
