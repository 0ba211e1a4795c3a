"""An Azure look-alike in a thread of the test, reached over TLS like the real one, and a client of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from rehearsal.azure.auth import Identity
from rehearsal.azure.clock import Clock
from rehearsal.azure.cloud import Cloud, Settings
from rehearsal.azure.server import Servers

API = "2024-05-01"


@dataclass
class Azure:
    """A client with a token; paths are relative to resource group `rg`, or absolute."""

    servers: Servers
    session: requests.Session = field(default_factory=requests.Session)
    group: str = "rg"

    @property
    def cloud(self) -> Cloud:
        return self.servers.cloud

    @property
    def subscription(self) -> str:
        return self.cloud.identity.subscription

    def id(self, path: str) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}/providers/Microsoft.Network/{path}"

    def ref(self, path: str) -> dict[str, str]:
        return {"id": self.id(path)}

    def url(self, path: str) -> str:
        if path.startswith("https:"):
            return path
        path = path if path.startswith("/") else self.id(path)
        joint = "&" if "?" in path else "?"
        return f"https://127.0.0.1:{self.servers.arm_port}{path}{joint}api-version={API}"

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        return self.session.request(method, self.url(path), json=body, timeout=10, **more)

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def put(self, path: str, body: Any) -> Any:
        answer = self.call("PUT", path, body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        answer = self.call(method, path, body)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()["error"]["code"]

    def ask(self, path: str) -> Any:
        """POST an action and follow its Location."""
        answer = self.call("POST", path)
        assert answer.status_code == 202
        assert "Azure-AsyncOperation" not in answer.headers
        return self.session.get(answer.headers["Location"], timeout=10).json()["value"]

    def control(self, method: str, path: str, body: Any = None) -> requests.Response:
        url = f"http://127.0.0.1:{self.servers.control_port}/_rehearsal/{path}"
        return requests.request(method, url, json=body, timeout=10)

    def advance(self, seconds: float) -> None:
        assert self.control("POST", "advance", {"seconds": seconds}).status_code == 204

    def crashes(self) -> int:
        """Requests that the look-alike failed to answer."""
        return int(self.control("GET", "version").json()["crashes"])

    # -- things that tests need

    def vnet(self, name: str = "vnet", prefix: str = "10.1") -> None:
        subnets = [
            {"name": "GatewaySubnet", "properties": {"addressPrefix": f"{prefix}.255.0/27"}},
            {"name": "app", "properties": {"addressPrefix": f"{prefix}.1.0/24"}},
        ]
        space = {"addressPrefixes": [f"{prefix}.0.0/16"]}
        self.put(
            f"virtualNetworks/{name}",
            {"location": "westeurope", "properties": {"addressSpace": space, "subnets": subnets}},
        )

    def pip(self, name: str, **more: Any) -> None:
        body = {
            "location": "westeurope",
            "sku": {"name": "Standard"},
            "zones": ["1", "2", "3"],
            "properties": {"publicIPAllocationMethod": "Static"},
        }
        self.put(f"publicIPAddresses/{name}", body | more)

    def gateway_body(self, name: str = "gw", instances: int = 2, **properties: Any) -> dict[str, Any]:
        """Active/active with BGP and two APIPA addresses on each instance."""
        configurations = [
            {
                "name": f"c{i}",
                "properties": {
                    "subnet": self.ref("virtualNetworks/vnet/subnets/GatewaySubnet"),
                    "publicIPAddress": self.ref(f"publicIPAddresses/pip{i}"),
                },
            }
            for i in range(instances)
        ]
        peering = [
            {
                "ipconfigurationId": self.id(f"virtualNetworkGateways/{name}/ipConfigurations/c{i}"),
                "customBgpIpAddresses": [f"169.254.21.{2 + 4 * i}", f"169.254.22.{2 + 4 * i}"],
            }
            for i in range(instances)
        ]
        return {
            "location": "westeurope",
            "properties": {
                "sku": {"name": "VpnGw2AZ", "tier": "VpnGw2AZ"},
                "activeActive": instances == 2,
                "enableBgp": True,
                "bgpSettings": {"asn": 65515, "bgpPeeringAddresses": peering},
                "ipConfigurations": configurations,
                **properties,
            },
        }

    def base(self) -> None:
        self.vnet()
        self.pip("pip0")
        self.pip("pip1")

    def gateway(self, name: str = "gw") -> Any:
        self.base()
        return self.put(f"virtualNetworkGateways/{name}", self.gateway_body(name))

    def local(self, name: str, address: str, **properties: Any) -> None:
        bgp = {"asn": 64512, "bgpPeeringAddress": "169.254.21.1"}
        body = {"gatewayIpAddress": address, "bgpSettings": bgp} | properties
        self.put(f"localNetworkGateways/{name}", {"location": "westeurope", "properties": body})

    def connection_body(self, local: str = "lgw", **properties: Any) -> dict[str, Any]:
        return {
            "location": "westeurope",
            "properties": {
                "connectionType": "IPsec",
                "virtualNetworkGateway1": self.ref("virtualNetworkGateways/gw"),
                "localNetworkGateway2": self.ref(f"localNetworkGateways/{local}"),
                "enableBgp": True,
                "sharedKey": "example.key_0001",
                **properties,
            },
        }


class _Thread:
    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Any) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        return future.result(20)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()


Start = Callable[..., Azure]
"""`start(clock, settings)` → a cloud, as empty as Azure gives it."""


@contextmanager
def clouds(folder: Path) -> Iterator[Start]:
    """Clouds that end with the block; certificates go into new folders below `folder`."""
    thread = _Thread()
    running: list[Servers] = []

    def begin(clock: Clock, settings: Settings | None = None, identity: Identity | None = None) -> Azure:
        place = folder / f"azure{len(running)}"
        place.mkdir()
        servers = Servers(Cloud(clock, settings, identity), place)
        thread.run(servers.start())
        running.append(servers)
        azure = Azure(servers)
        azure.session.trust_env = False
        azure.session.verify = str(servers.ca)
        azure.session.headers["Authorization"] = f"Bearer {servers.cloud.login.issue()}"
        return azure

    try:
        yield begin
    finally:
        for servers in running:
            thread.run(servers.stop())
        thread.stop()


def fresh(azure: Azure) -> Azure:
    """Emptied, with resource group `rg` in westeurope."""
    azure.control("POST", "reset")
    azure.control("DELETE", "log")
    azure.put(f"/subscriptions/{azure.subscription}/resourceGroups/rg", {"location": "westeurope"})
    return azure
