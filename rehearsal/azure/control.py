"""The control port: log, version, the WAN's reports, faults, reset; plain http on loopback.

The WAN posts, by ARM id, what Azure would show in Azure's own words:
`{"connections": {id: {connectionStatus, ingressBytesTransferred, egressBytesTransferred, tunnelConnectionStatus}},
"gateways": {id: {"peers": [{localAddress, neighbor, asn, state, connectedDuration, routesReceived, messagesSent,
messagesReceived}], "learned": [{localAddress, network, nextHop, sourcePeer, origin, asPath, weight}],
"advertised": [{localAddress, neighbor, network}]}}}`. A report replaces the one before it.

A test posts to `bandwidth` what the instances of gateways carry: `{id: [bytes per second of each instance]}`.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from .clock import SteppedClock
from .cloud import Cloud
from .faults import Faults


def control_app(cloud: Cloud, faults: Faults) -> web.Application:
    """GET|DELETE /_rehearsal/log, GET version, POST wan, bandwidth, reset, advance (stepped clock), POST|GET|DELETE
    faults."""

    async def get_log(_unused: web.Request) -> web.Response:
        return web.json_response(cloud.log.as_list())

    async def clear_log(_unused: web.Request) -> web.Response:
        cloud.log.clear()
        return web.Response(status=204)

    async def version(_unused: web.Request) -> web.Response:
        cloud.settle()
        return web.json_response({"version": cloud.version, "crashes": cloud.crashes})

    async def wan(request: web.Request) -> web.Response:
        report: dict[str, Any] = await request.json()
        cloud.wan.take(report, cloud.store.resources)
        return web.Response(status=204)

    async def bandwidth(request: web.Request) -> web.Response:
        cloud.bandwidth |= {gateway.lower(): values for gateway, values in (await request.json()).items()}
        return web.Response(status=204)

    async def reset(_unused: web.Request) -> web.Response:
        faults.clear()
        cloud.reset()
        return web.Response(status=204)

    async def advance(request: web.Request) -> web.Response:
        if not isinstance(cloud.clock, SteppedClock):
            raise web.HTTPConflict(text="the clock is not stepped: start with --clock stepped")
        cloud.clock.advance(float((await request.json())["seconds"]))
        cloud.settle()
        return web.Response(status=204)

    async def add_fault(request: web.Request) -> web.Response:
        try:
            return web.json_response({"id": faults.add(await request.json())}, status=201)
        except (ValueError, json.JSONDecodeError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error

    async def get_faults(_unused: web.Request) -> web.Response:
        return web.json_response(faults.as_list())

    async def clear_faults(_unused: web.Request) -> web.Response:
        faults.clear()
        return web.Response(status=204)

    app = web.Application(client_max_size=4 * 2**20)
    app.router.add_get("/_rehearsal/log", get_log)
    app.router.add_delete("/_rehearsal/log", clear_log)
    app.router.add_get("/_rehearsal/version", version)
    app.router.add_post("/_rehearsal/wan", wan)
    app.router.add_post("/_rehearsal/bandwidth", bandwidth)
    app.router.add_post("/_rehearsal/reset", reset)
    app.router.add_post("/_rehearsal/advance", advance)
    app.router.add_post("/_rehearsal/faults", add_fault)
    app.router.add_get("/_rehearsal/faults", get_faults)
    app.router.add_delete("/_rehearsal/faults", clear_faults)
    return app
