"""Errors in the form of the protocol that was spoken."""

from __future__ import annotations

import json
from typing import NamedTuple
from uuid import uuid4
from xml.sax.saxutils import escape

from rehearsal.aws.request import Request


class Response(NamedTuple):
    """Its length is said when it is sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def response(status: int, content_type: str, body: bytes) -> Response:
    return Response(status, [("Content-Type", content_type)], body)


def render(request: Request, status: int, code: str, message: str) -> Response:
    """EC2's XML for EC2, the other query services' XML for them, JSON for the rest."""
    scope = request.scope
    if scope and scope.service == "ec2":
        return _xml(status, _ec2(code, message))
    if "Action" in request.form:
        return _xml(status, _query(code, message))
    body = json.dumps({"__type": code, "message": message}).encode()
    return response(status, "application/x-amz-json-1.1", body)


def _xml(status: int, text: str) -> Response:
    return response(status, "text/xml;charset=UTF-8", ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode())


def _ec2(code: str, message: str) -> str:
    return (
        f"<Response><Errors><Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error></Errors>"
        f"<RequestID>{uuid4()}</RequestID></Response>"
    )


def _query(code: str, message: str) -> str:
    return (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(code)}</Code>"
        f"<Message>{escape(message)}</Message></Error><RequestId>{uuid4()}</RequestId></ErrorResponse>"
    )
