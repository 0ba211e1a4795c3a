"""An Azure Resource Manager in memory, at the level of HTTP requests; its clock only moves when somebody sleeps.

It knows enough for the modules' tests: resources are dicts by id, a change takes seconds, a gateway under change hides
what the real one hides. How the real Azure answers is the rehearsal's business, not this file's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure

SUBSCRIPTION = "00000000-0000-0000-0000-00000000000a"
GROUP = "hq-rg"
BASE = "https://management.azure.com"
NETWORK = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network"
SECONDS = {"virtualnetworkgateways": 1200.0, "connections": 20.0}


def rid(kind: str, name: str) -> str:
    return f"{NETWORK}/{kind}/{name}"


def error(status: int, code: str, message: str = "No.", **headers: str) -> azure.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return azure.Response(status, names, {"error": {"code": code, "message": message}})


class FakeArm:
    def __init__(self) -> None:
        self.resources: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, str] = {}
        self.ends: dict[str, tuple[float, str]] = {}
        self.now = 0.0
        self.log: list[tuple[str, str]] = []
        self.bodies: list[tuple[str, str, Any]] = []
        self.faults: list[tuple[str, str, azure.Response | Exception]] = []
        self.failing: dict[str, dict[str, str]] = {}
        self.answers: dict[str, list[dict[str, Any]]] = {}
        self.groups: dict[str, dict[str, Any]] = {
            GROUP.lower(): {
                "id": NETWORK.rsplit("/providers", 1)[0],
                "name": GROUP,
                "location": "westeurope",
                "tags": {},
            }
        }
        self.ignores_keys = False

    # --- what tests do to it

    def arm(self, **options: Any) -> azure.Arm:
        return azure.Arm(self.send, SUBSCRIPTION, sleep=self.sleep, clock=lambda: self.now, **options)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def add(self, kind: str, name: str, properties: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        own = rid(kind, name)
        resource = {"id": own, "name": name, "type": f"Microsoft.Network/{kind}", "location": "westeurope", **more}
        resource["properties"] = {"provisioningState": "Succeeded", **(properties or {})}
        self.resources[own.lower()] = resource
        return resource

    def fault(self, method: str, part: str, answer: azure.Response | Exception, times: int = 1) -> None:
        self.faults.extend([(method, part.lower(), answer)] * times)

    def busy(self, own: str, seconds: float, state: str = "Updating") -> None:
        self.resources[own.lower()]["properties"]["provisioningState"] = state
        self.ends[own.lower()] = (self.now + seconds, "delete" if state == "Deleting" else "put")

    def calls(self) -> Counter[str]:
        return Counter(method for method, _path in self.log)

    def writes(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path in self.log if method in {"PUT", "DELETE"}]

    def __getitem__(self, own: str) -> dict[str, Any]:
        self._tick()
        return self.resources[own.lower()]

    # --- the server

    def send(self, method: str, url: str, body: dict[str, Any] | None) -> azure.Response:
        parts = urlsplit(url)
        assert parts.netloc == "management.azure.com"
        assert "api-version" in parse_qs(parts.query)
        path = parts.path
        self.log.append((method, path))
        self.bodies.append((method, path, deepcopy(body)))
        for index, (wanted, part, answer) in enumerate(self.faults):
            if wanted == method and part in path.lower():
                del self.faults[index]
                if isinstance(answer, Exception):
                    raise answer
                return answer
        self._tick()
        handler: Callable[..., azure.Response] = getattr(self, f"_{method.lower()}")
        return handler(path, deepcopy(body), parse_qs(parts.query))

    def _tick(self) -> None:
        for own, (end, what) in list(self.ends.items()):
            if end > self.now:
                continue
            del self.ends[own]
            if own.endswith("/sharedkey"):
                continue
            if what == "delete":
                self.resources.pop(own, None)
                self.keys.pop(own, None)
                continue
            resource = self.resources[own]
            failed = own in self.failing
            resource["properties"]["provisioningState"] = "Failed" if failed else "Succeeded"
            if own.split("/")[-2] == "virtualnetworkgateways" and not failed:
                _complete(resource)

    def _get(self, path: str, _body: Any, query: dict[str, list[str]]) -> azure.Response:
        low = path.lower()
        if "/operations/" in low:
            own = low.partition("/operations/")[2].replace("|", "/")
            if own in self.ends:
                return azure.Response(200, {"retry-after": "10"}, {"status": "InProgress"})
            if own in self.failing:
                return azure.Response(200, {}, {"status": "Failed", "error": self.failing[own]})
            return azure.Response(200, {}, {"status": "Succeeded"})
        if "/results/" in low:
            return azure.Response(200, {}, {"value": self.answers.get(low.rsplit("/", 1)[-1], [])})
        if low.endswith("/sharedkey"):
            own = low.removesuffix("/sharedkey")
            return azure.Response(200, {}, {"value": self.keys.get(own)}) if own in self.resources else _absent(path)
        if low in self.resources:
            return azure.Response(200, {}, self._shown(low))
        if low.endswith("/resources"):
            tag = query.get("$filter", [""])[0].split("'")[1::2]
            keys = ("id", "name", "type") if tag else ("id", "name", "type", "tags")  # (MS, Resources - List)
            listed = [
                {key: one.get(key) for key in keys}
                for own, one in self.resources.items()
                if own.startswith(low.removesuffix("resources"))
                and (not tag or (one.get("tags") or {}).get(tag[0]) == tag[1])
            ]
            return azure.Response(200, {}, {"value": listed})
        if low.rpartition("/")[0] in self.resources and low.endswith("/connections"):
            gateway = low.rpartition("/")[0]
            of_gateway = [
                self._shown(own, True)
                for own, one in self.resources.items()
                if one["properties"].get("virtualNetworkGateway1", {}).get("id", "").lower() == gateway
            ]
            return azure.Response(200, {}, {"value": of_gateway})
        group = self.groups.get(low.split("/")[4]) if low.count("/") >= 4 else None
        if low.count("/") == 4 and group:
            return azure.Response(200, {}, group)
        if low.count("/") == 7:
            if group is None:
                return error(404, "ResourceGroupNotFound")
            listed = [self._shown(own, True) for own in self.resources if own.rsplit("/", 1)[0] == low]
            # One resource a page: a client that does not follow nextLink shows itself.
            page = int(query.get("page", ["0"])[0])
            more = {"nextLink": f"{BASE}{path}?api-version=1&page={page + 1}"} if page + 1 < len(listed) else {}
            return azure.Response(200, {}, {"value": listed[page : page + 1], **more})
        return _absent(path)

    def _shown(self, own: str, in_list: bool = False) -> dict[str, Any]:
        shown = deepcopy(self.resources[own])
        properties = shown["properties"]
        if "/connections/" in own:
            if in_list:
                for key in ("connectionStatus", "ingressBytesTransferred", "egressBytesTransferred"):
                    properties.pop(key, None)
            else:
                properties.setdefault("connectionStatus", "Unknown")
                properties["sharedKey"] = self.keys.get(own, "")
        if "/virtualnetworkgateways/" in own and properties["provisioningState"] == "Updating":
            bgp = properties.get("bgpSettings", {})
            bgp["asn"] = 0
            for entry in bgp.get("bgpPeeringAddresses", []):
                entry.pop("tunnelIpAddresses", None)
                entry["defaultBgpIpAddresses"] = []
                entry["customBgpIpAddresses"] = []
        return shown

    def _put(self, path: str, body: dict[str, Any], _query: Any) -> azure.Response:
        low = path.lower()
        if low in self.ends:
            return error(429, "RetryableError", "Busy.", retry_after="10")
        if low.count("/") == 4:
            self.groups[low.rsplit("/", 1)[-1]] = {**body, "id": path, "name": path.rsplit("/", 1)[-1]}
            return azure.Response(201, {}, body)
        if self.groups.get(low.split("/")[4]) is None:
            return error(404, "ResourceGroupNotFound")
        if low.endswith("/sharedkey"):
            own = low.removesuffix("/sharedkey")
            if not self.ignores_keys:
                self.keys[own] = body["value"]
            return self._accepted(200, low, 42.0, None)
        new = low not in self.resources
        key = body["properties"].pop("sharedKey", None)
        if "/connections/" in low and new:
            self.keys[low] = key or "made-by-azure"
        name = path.rsplit("/", 1)[-1]
        resource = {**body, "id": path, "name": name, "etag": 'W/"1"', "type": "Microsoft.Network/x"}
        resource["properties"]["provisioningState"] = "Updating"
        resource["properties"]["resourceGuid"] = "guid"
        self._children(resource)
        self.resources[low] = resource
        kind = low.split("/")[-2]
        return self._accepted(201 if new else 200, low, SECONDS.get(kind, 8.0), self._shown(low))

    def _children(self, resource: dict[str, Any]) -> None:
        for one in resource["properties"].get("ipConfigurations") or []:
            one["id"] = f"{resource['id']}/ipConfigurations/{one['name']}"
            one["etag"] = 'W/"1"'

    def _accepted(self, status: int, low: str, seconds: float, body: Any) -> azure.Response:
        self.ends[low] = (self.now + seconds, "put")
        return azure.Response(status, {"azure-asyncoperation": _operation(low), "retry-after": "10"}, body)

    def _delete(self, path: str, _body: Any, _query: Any) -> azure.Response:
        low = path.lower()
        if low.count("/") == 4:
            self.groups.pop(low.rsplit("/", 1)[-1], None)
            return azure.Response(202, {"location": f"{BASE}/subscriptions/x/results/none?api-version=1"}, None)
        if low not in self.resources:
            return azure.Response(204, {}, None)
        self.resources[low]["properties"]["provisioningState"] = "Deleting"
        self.ends[low] = (self.now + 10, "delete")
        headers = {"azure-asyncoperation": _operation(low), "location": f"{BASE}/x/results/none?api-version=1"}
        return azure.Response(202, headers, None)

    def _post(self, path: str, _body: Any, query: dict[str, list[str]]) -> azure.Response:
        action = path.rsplit("/", 1)[-1]
        if action.lower() == "getadvertisedroutes":
            peer = query["peer"][0]
            rows = [one for one in self.answers.get("getadvertisedroutes", []) if one["peer"] == peer]
            return azure.Response(200, {}, {"value": [{k: v for k, v in one.items() if k != "peer"} for one in rows]})
        return azure.Response(202, {"location": f"{BASE}/x/results/{action}?api-version=1"}, None)


def _operation(low: str) -> str:
    return f"{BASE}/operations/{low.replace('/', '|')}?api-version=1"


def _absent(path: str) -> azure.Response:
    return error(404, "ResourceNotFound", f"The Resource '{path.rsplit('/', 1)[-1]}' was not found.")


def _complete(gateway: dict[str, Any]) -> None:
    """What Azure fills in at the end."""
    properties = gateway["properties"]
    bgp = properties.setdefault("bgpSettings", {})
    bgp.setdefault("asn", 65515)
    entries = bgp.setdefault("bgpPeeringAddresses", [])
    for index, one in enumerate(properties["ipConfigurations"]):
        entry = next((e for e in entries if e["ipconfigurationId"].lower() == one["id"].lower()), None)
        if entry is None:
            entry = {"ipconfigurationId": one["id"], "customBgpIpAddresses": []}
            entries.append(entry)
        entry["defaultBgpIpAddresses"] = [f"10.1.255.{4 + index}"]
        entry["tunnelIpAddresses"] = [f"192.0.2.{10 + index}"]
    bgp["bgpPeeringAddress"] = "10.1.255.4,10.1.255.5"


def filled(arguments: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The parameters of a module as Ansible would fill them in."""
    return {**{name: spec.get("default") for name, spec in arguments.items()}, "resource_group": GROUP, **given}
