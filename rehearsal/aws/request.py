"""An HTTP request to an AWS service, read once."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from rehearsal.aws import credentials

READING = ("Describe", "Get", "List", "Search", "Head", "Lookup", "Query", "Scan", "BatchGet", "Decode", "Assume")


@dataclass
class Request:
    """What the front needs of a request. ``form`` holds the parameters of the query protocols."""

    environ: dict[str, Any]
    body: bytes
    headers: dict[str, str]
    form: dict[str, str] = field(default_factory=dict)
    fault: str | None = None
    """The injected fault that hit it."""

    @classmethod
    def read(cls, environ: dict[str, Any]) -> Request:
        """Read the body and put it back for moto."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        environ["wsgi.input"] = io.BytesIO(body)
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        }
        request = cls(environ, body, headers)
        text = environ.get("QUERY_STRING", "")
        if "x-www-form-urlencoded" in headers.get("content-type", ""):
            text = body.decode("utf-8", "replace")
        request.form = dict(parse_qsl(text, keep_blank_values=True))
        return request

    @property
    def method(self) -> str:
        return str(self.environ["REQUEST_METHOD"])

    @property
    def path(self) -> str:
        return str(self.environ.get("PATH_INFO", "/")) or "/"

    @property
    def url(self) -> str:
        """As the client sent and signed it."""
        return f"http://{self.headers.get('host', '')}{self.environ.get('RAW_URI', self.path)}"

    @property
    def scope(self) -> credentials.Scope | None:
        return credentials.claimed(self.headers.get("authorization", ""))

    @property
    def genuine(self) -> bool:
        scope = self.scope
        return scope is not None and credentials.genuine(scope, self.method, self.url, self.headers, self.body)

    @property
    def action(self) -> str:
        """The operation's name; empty where only the path tells it."""
        if "Action" in self.form:
            return self.form["Action"]
        target = self.headers.get("x-amz-target", "")
        return target.rpartition(".")[2] or self.path.partition("/operation/")[2]

    @property
    def mutating(self) -> bool:
        return not self.action.startswith(READING) if self.action else self.method not in ("GET", "HEAD")

    @property
    def from_wan(self) -> bool:
        return self.headers.get("x-rehearsal") == "wan"
