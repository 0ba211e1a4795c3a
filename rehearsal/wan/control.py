"""The clouds' control APIs, as far as the WAN uses them: is there news, and where; here is the outcome."""

from __future__ import annotations

from typing import Any

import requests

TIMEOUT = 10.0  # seconds


class Control:
    """One cloud's control API at http://127.0.0.1:port/_rehearsal/. Raises requests.RequestException."""

    def __init__(self, port: int) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["x-rehearsal"] = "wan"
        self._base = f"http://127.0.0.1:{port}/_rehearsal"

    def version(self) -> int:
        return int(self._get("version")["version"])

    def tunnels(self) -> dict[str, Any]:
        """AWS: outside address -> {region, vpn_connection_id, state, works}. No client could ask that of AWS."""
        return dict(self._get("tunnels"))

    def _get(self, what: str) -> Any:
        answer = self._session.get(f"{self._base}/{what}", timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()

    def post(self, what: str, body: Any) -> None:
        self._session.post(f"{self._base}/{what}", json=body, timeout=TIMEOUT).raise_for_status()
