"""A request and an answer as values, apart from the web server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import ArmError


@dataclass(frozen=True)
class Call:
    """A request; `base` is scheme and host as the client wrote them, for the URLs that we hand out."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base: str

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    def option(self, name: str, default: str = "") -> str:
        """A query parameter, whatever its case."""
        return next((v for k, v in self.query.items() if k.lower() == name), default)

    @property
    def from_wan(self) -> bool:
        return self.header("x-rehearsal") == "wan"

    @property
    def api(self) -> str:
        return self.option("api-version")

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> dict[str, Any] | None:
        """The body as an object, None where there is none. Raises ArmError 400 for anything else."""
        if not self.body.strip():
            return None
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise ArmError(
                400,
                "InvalidRequestContent",
                f"The request content was invalid and could not be deserialized: '{error}'.",
            ) from error
        if not isinstance(value, dict):
            raise ArmError(400, "InvalidRequestContent", "The request content was invalid: an object is expected.")
        return value


NULL = object()
"""A body that is JSON's null, which is not the same to a client as none."""


@dataclass
class Answer:
    """`body` None is no body; status 0 is no answer at all, the connection is closed.

    `fault` names the injected fault that spoilt it.
    """

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    fault: str = ""
