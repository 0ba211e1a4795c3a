"""Replays exchanges with Azure against `rehearsal.azure` and says what differs.

Two kinds of files:
- our own, `azure_exchanges/*.json`, shaped after what the real Azure answers; the tests replay them;
- recordings of the real Azure, one exchange a line of JSON (`recording`, `step`, `method`, `url`, `request`, `status`,
  `headers`, `response`), which are not part of this project.

`python -m tests.fidelity.azure_replay [RECORDINGS.jsonl.gz]` prints a table: for each family of exchanges how many
there are, how many agree in conduct (status, operation headers, error code), and how many are identical (every JSON
path and value of the answer as well), then what differs and why it may.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests

from rehearsal.azure.__main__ import RECORDED_SUBSCRIPTION
from rehearsal.azure.auth import Identity
from rehearsal.azure.clock import InstantClock
from rehearsal.azure.cloud import Settings
from tests.rehearsal.azure.cloud import Azure, Start, clouds

HERE = Path(__file__).parent
OWN = HERE / "azure_exchanges"
INTENDED = HERE / "azure_differences.json"

ANY = "<any>"
"""Stands in an expected answer for a value that is never the same twice: etags, guids, addresses, made-up keys."""

HEADERS = ("Azure-AsyncOperation", "Location")

_IDENTITY = re.compile(
    r"(^|\.)(resourceGuid|etag|ipAddress|tunnelIpAddresses.*|id|sharedKey|correlationId|date|timestamp|uniqueId|value)$"
    r"|defaultBgpIpAddresses|bgpPeeringAddress$"
)
"""Paths of a recorded answer whose values are not compared."""


@dataclass(frozen=True)
class Exchange:
    """A request and what Azure answers to it; `path` with the query, but for the api-version."""

    name: str
    method: str
    path: str
    api: str
    request: Any
    status: int
    headers: tuple[str, ...] = ()
    error: str | None = None
    response: Any = None

    @property
    def of(self) -> str:
        """The type that it is about, e.g. "virtualNetworks/subnets"."""
        found = re.search(r"/providers/Microsoft\.Network/([^?]+)", self.path, re.IGNORECASE)
        return "/".join(found.group(1).split("/")[::2]) if found else ""


@dataclass(frozen=True)
class Family:
    """Exchanges that build on each other; `bodies` False is a recorder that dropped what was sent."""

    name: str
    exchanges: tuple[Exchange, ...]
    rules: str = "2026"
    bodies: bool = True


@dataclass(frozen=True)
class Result:
    """`conduct` and `content` are the differences, in words."""

    family: Family
    exchange: Exchange
    conduct: list[str] = field(default_factory=list)
    content: list[str] = field(default_factory=list)

    @property
    def differences(self) -> list[str]:
        return self.conduct + self.content


@dataclass(frozen=True)
class Intended:
    """A row of azure_differences.json: what may differ, where (regular expressions), and why."""

    of: str
    method: str
    difference: str
    bodies: bool
    reason: str

    def allows(self, result: Result, difference: str) -> bool:
        return (
            re.fullmatch(self.of, result.exchange.of, re.IGNORECASE) is not None
            and re.fullmatch(self.method, result.exchange.method) is not None
            and re.fullmatch(self.difference, difference) is not None
            and (self.bodies or not result.family.bodies)
        )


def intended() -> list[Intended]:
    rows = json.loads(INTENDED.read_text())
    return [Intended(**{"of": ".*", "method": ".*", "bodies": True} | row) for row in rows]


# -- reading


def own_families() -> list[Family]:
    return [_own(path) for path in sorted(OWN.glob("*.json"))]


def _own(path: Path) -> Family:
    document = json.loads(path.read_text())
    exchanges = []
    for number, row in enumerate(document["exchanges"], 1):
        method, target = row["do"].split(" ", 1)
        target = target if target.startswith(("/", "{")) else "{network}/" + target
        exchanges.append(
            Exchange(
                f"{path.stem} {number}: {row['do']}",
                method,
                target,
                row.get("api", document["api"]),
                row.get("request"),
                row["status"],
                tuple(row.get("operation", ())),
                row.get("error"),
                row.get("response"),
            )
        )
    return Family(path.stem, tuple(exchanges), document.get("rules", "2026"), document.get("bodies", True))


def recorded_families(path: Path) -> list[Family]:
    """The exchanges about Microsoft.Network; operations are polled live, so what was seen of them is left out."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = [json.loads(line) for line in text.splitlines()]
    recordings: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        recordings.setdefault(row["recording"], []).append(row)
    return [
        Family(
            name,
            tuple(_presupposed([_recorded(row) for row in steps if _is_replayed(row)])),
            "recorded",
            any(row["method"] == "PUT" and row["request"] is not None for row in steps),
        )
        for name, steps in recordings.items()
    ]


def _is_replayed(row: dict[str, Any]) -> bool:
    if not re.search(r"/providers/Microsoft\.Network/(?!locations/)", row["url"], re.IGNORECASE):
        return False
    properties = row["response"].get("properties") if isinstance(row["response"], dict) else None
    return not (row["method"] == "GET" and (properties or {}).get("provisioningState") == "Updating")


def _recorded(row: dict[str, Any]) -> Exchange:
    path, _mark, query = re.sub(r"^https?://[^/]+", "", row["url"]).partition("?")
    api = re.search(r"api-version=([^&]+)", query)
    rest = "&".join(part for part in query.split("&") if part and not part.startswith("api-version="))
    headers = tuple(h for h in HEADERS if "operation" in str(row["headers"].get(h.lower())).lower())
    return Exchange(
        f"{row['recording']} {row['step']}: {row['method']} {path.rsplit('/providers/Microsoft.Network/', 1)[-1]}",
        row["method"],
        f"{path}?{rest}" if rest else path,
        api.group(1) if api else "",
        row["request"],
        row["status"],
        headers,
        _code(row["response"]),
        _without_identities(row["response"]) if isinstance(row["response"], dict) else None,
    )


def _without_identities(node: Any, path: str = "") -> Any:
    if isinstance(node, dict) and node:
        return {k: _without_identities(v, f"{path}.{k}") for k, v in node.items()}
    if isinstance(node, list) and node:
        return [_without_identities(v, f"{path}[]") for v in node]
    return ANY if _IDENTITY.search(re.sub(r"\[\]$", "", path)) else node


def _presupposed(exchanges: list[Exchange]) -> Iterator[Exchange]:
    """The exchanges, with what a recording leaves out before its first use.

    `az network vpn-connection create` makes connections by a template deployment, and recordings of Microsoft.Network
    have no deployments: such a connection appears out of nothing. It is made here as the recording shows it, or
    between the gateway and the local gateway that the recording made last.
    """
    made: dict[str, str] = {}
    known: set[str] = set()
    for position, exchange in enumerate(exchanges):
        base = re.match(r"(?i)(.*/providers/Microsoft\.Network)/(\w+)/?([^/?]*)", exchange.path)
        if base is None:
            yield exchange
            continue
        kind, top = base.group(2).lower(), f"{base.group(1)}/{base.group(2)}/{base.group(3)}"
        if exchange.method == "PUT" and exchange.status == 201 and exchange.path.split("?")[0] == top:
            made[kind] = top
            known.add(top.lower())
        for path in _connections_seen(exchange, top if kind == "connections" and base.group(3) else ""):
            if path.lower() not in known:
                known.add(path.lower())
                yield _made(path, exchanges[position:], made)
        yield exchange


def _connections_seen(exchange: Exchange, top: str) -> list[str]:
    if exchange.status >= 300:
        return []
    rows = exchange.response.get("value") if isinstance(exchange.response, dict) else None
    base = exchange.path.split("/virtualNetworkGateways/")[0].split("/connections")[0]
    if exchange.of.lower().endswith("connections") and isinstance(rows, list):
        return [f"{base}/connections/{row['name']}" for row in rows if base.count("/") > 4]
    return [top] if top else []


def _made(path: str, later: list[Exchange], made: dict[str, str]) -> Exchange:
    shown: dict[str, Any] = next(
        (e.response for e in later if e.path.split("?")[0] == path and e.method == "GET" and e.status == 200), {}
    )
    seen = {k: v for k, v in shown.get("properties", {}).items() if k in ("routingWeight", "enableBgp")}
    properties = {
        "connectionType": "IPsec",
        "virtualNetworkGateway1": {"id": made["virtualnetworkgateways"]},
        "localNetworkGateway2": {"id": made["localnetworkgateways"]},
        "sharedKey": "presupposed",
        **seen,
    }
    body = {"location": shown.get("location", "westus"), "tags": {}, "properties": properties}
    return Exchange(f"presupposed: {path}", "PUT", path, "2022-01-01", body, 0)


# -- replaying


def replay(family: Family, start: Start) -> Iterator[Result]:
    """Send a family's exchanges, in order, to a cloud of its own; a presupposed one (status 0) has no result."""
    recorded = family.rules == "recorded"
    identity = Identity(subscription=RECORDED_SUBSCRIPTION) if recorded else None
    azure = start(InstantClock(), Settings(rules=family.rules), identity)
    network = azure.id("").rstrip("/")
    words = {"{network}": network, "{group}": network.split("/providers/")[0], "{subscription}": azure.subscription}
    groups: set[str] = set()
    _need_group(azure, network, groups)
    last: requests.Response | None = None
    for exchange in family.exchanges:
        for header in HEADERS:
            words[f"{{{header}}}"] = last.headers.get(header, "") if last is not None else ""
        sent = _filled(exchange, words)
        if recorded:  # a recording begins with its groups made
            _need_group(azure, sent.path, groups)
        answer = _send(azure, sent)
        if answer.status_code < 300 and exchange.method in ("PUT", "POST", "PATCH", "DELETE"):
            last = answer
            _settle(azure, answer)
        if exchange.status == 0:
            assert answer.status_code < 300, answer.text
        else:
            yield _result(family, sent, answer)


def _need_group(azure: Azure, path: str, groups: set[str]) -> None:
    found = re.match(r"(?i)/subscriptions/[^/]+/resourceGroups/[^/]+", path)
    if found and found.group().lower() not in groups:
        groups.add(found.group().lower())
        azure.call("PUT", found.group(), {"location": "westus"})


def _settle(azure: Azure, answer: requests.Response) -> None:
    url = next((answer.headers[h] for h in HEADERS if h in answer.headers), None)
    if url:
        azure.session.get(url, timeout=10)


def _filled(exchange: Exchange, words: dict[str, str]) -> Exchange:
    def fill(node: Any) -> Any:
        if isinstance(node, dict):
            return {fill(k): fill(v) for k, v in node.items()}
        if isinstance(node, list):
            return [fill(v) for v in node]
        if isinstance(node, str):
            return re.sub(r"\{[\w-]+\}", lambda found: words.get(found.group(), found.group()), node)
        return node

    return replace(exchange, path=fill(exchange.path), request=fill(exchange.request), response=fill(exchange.response))


def _send(azure: Azure, exchange: Exchange) -> requests.Response:
    url = exchange.path
    if not url.startswith("https:"):
        joint = "&" if "?" in url else "?"
        url = f"https://127.0.0.1:{azure.servers.arm_port}{url}" + (
            f"{joint}api-version={exchange.api}" if exchange.api else ""
        )
    if isinstance(exchange.request, str):
        headers = {"Content-Type": "application/json"}
        return azure.session.request(exchange.method, url, data=exchange.request, headers=headers, timeout=10)
    return azure.session.request(exchange.method, url, json=exchange.request, timeout=10)


# -- comparing


def _code(body: Any) -> str | None:
    error = next((v for k, v in body.items() if k.lower() == "error"), None) if isinstance(body, dict) else None
    return (error.get("code") or error.get("Code")) if isinstance(error, dict) else None


def _result(family: Family, exchange: Exchange, answer: requests.Response) -> Result:
    body = answer.json() if answer.content else None
    conduct = []
    if answer.status_code != exchange.status:
        conduct.append(f"status {exchange.status} -> {answer.status_code}")
    for header in HEADERS:
        if (header in exchange.headers) != (header in answer.headers):
            conduct.append(f"header {header} {'missing' if header in exchange.headers else 'extra'}")
    if _code(body) != exchange.error:
        conduct.append(f"error {exchange.error} -> {_code(body)}")
    if exchange.response is None or answer.status_code != exchange.status:
        return Result(family, exchange, conduct)
    if "/resourcegroups/" in exchange.path.lower():
        return Result(family, exchange, conduct, list(compare(exchange.response, body)))
    want, strangers = _without_strangers(exchange.response, body)
    return Result(family, exchange, conduct, [*strangers, *compare(want, body)])


def _without_strangers(want: Any, got: Any) -> tuple[Any, list[str]]:
    """A whole subscription's list without the rows that are not there at all, and "missing row NAME" of each."""
    rows = want.get("value") if isinstance(want, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "name" in row for row in rows):
        return want, []
    known = [row.get("name") for row in got.get("value") or []]
    gone = [row["name"] for row in rows if row["name"] not in known]
    return {**want, "value": [row for row in rows if row["name"] in known]}, [f"missing row {name}" for name in gone]


def compare(want: Any, got: Any) -> Iterator[str]:
    """ "missing PATH", "extra PATH" and "value PATH: WANT -> GOT"; list indices are shown as []."""
    left, right = dict(_flat(want)), dict(_flat(got))
    for path in dict.fromkeys([*left, *right]):
        shown = re.sub(r"\[\d+\]", "[]", path)
        if path not in right:
            yield f"missing {shown}"
        elif path not in left:
            yield f"extra {shown}"
        elif left[path] == ANY:
            if right[path] in ("", None):
                yield f"value {shown}: nothing"
        elif json.dumps(left[path]) != json.dumps(right[path]):  # 1 is not true
            yield f"value {shown}: {left[path]!r} -> {right[path]!r}"


def _flat(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from _flat(value, f"{path}.{key}")
    elif isinstance(node, list) and node:
        for number, value in enumerate(node):
            yield from _flat(value, f"{path}[{number}]")
    else:
        yield path, node


# -- the table


def table(results: Iterable[Result]) -> Iterator[str]:
    families: dict[str, list[Result]] = {}
    for result in results:
        families.setdefault(result.family.name, []).append(result)
    everything = [r for found in families.values() for r in found]
    for name, found in [*families.items(), ("all", everything)]:
        conduct, identical = sum(not r.conduct for r in found), sum(not r.differences for r in found)
        shares = f"{_share(conduct, found)} conduct  {_share(identical, found)} identical"
        yield f"{len(found):5} exchanges  {shares}  {name}"
    rows = intended()
    for result in everything:
        for difference in dict.fromkeys(result.differences):
            reason = next((row.reason for row in rows if row.allows(result, difference)), "NOT INTENDED")
            yield f"{result.exchange.name}\n    {difference[:150]}\n    {reason}"


def _share(count: int, of: list[Result]) -> str:
    return f"{100 * count / max(1, len(of)):5.1f} %"


def main(arguments: list[str]) -> None:
    families = [f for path in arguments for f in recorded_families(Path(path))] or own_families()
    with tempfile.TemporaryDirectory() as folder, clouds(Path(folder)) as start:
        for line in table([result for family in families for result in replay(family, start)]):
            print(line)


if __name__ == "__main__":
    main(sys.argv[1:])
