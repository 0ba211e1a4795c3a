"""Packet captures of a gateway or a connection: begun and ended, nothing is captured."""

from __future__ import annotations

from ..answers import Answer, Call
from ..cloud import Cloud
from ..invented import refuse
from ..models import clean
from ..store import Resource
from .kind import asked

_DONE = '{"Status":"Successful","Data":null}'
"""JSON in a string (MS, examples of startPacketCapture)."""


def state(resource: Resource) -> str:
    """packetCaptureDiagnosticState."""
    return "Running" if resource.hidden.get("capturing") else "None"


def start(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    clean(call.json() or {}, "VpnPacketCaptureStartParameters", call.text)
    if resource.hidden.get("capturing"):
        raise refuse("capture running", id=resource.id.path)
    return _set(cloud, resource, call, capturing=True)


def stop(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    body = clean(call.json() or {}, "VpnPacketCaptureStopParameters", call.text)
    if not resource.hidden.get("capturing"):
        raise refuse("no capture", id=resource.id.path)
    if not body.get("sasUrl"):
        raise refuse("capture url", id=resource.id.path)
    return _set(cloud, resource, call, capturing=False)


def _set(cloud: Cloud, resource: Resource, call: Call, *, capturing: bool) -> Answer:
    # at once, so that a second request of the kind finds it
    resource.hidden["capturing"] = capturing
    cloud.store.touch()
    name = f"{'Start' if capturing else 'Stop'}PacketCaptureOperation"
    return asked(cloud, resource, call, name, lambda: _DONE)
