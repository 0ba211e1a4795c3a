"""The two rehearsal clouds of a test: raised in a folder of their own, looked into as a user would, by API."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

import boto3
import requests

ROOT = Path(__file__).resolve().parents[2]
ARM = "https://management.azure.com"
NETWORK_API = "2024-05-01"
GROUPS_API = "2022-09-01"
REGION = "eu-central-1"
Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request that a cloud answered; `t` in seconds of that cloud's own clock."""

    cloud: str
    t: float
    action: str
    method: str
    path: str
    status: int
    mutating: bool
    service: str = ""

    def __str__(self) -> str:
        return f"{self.cloud}: {self.method} {self.action} {self.path} {self.status}"


@dataclass
class Clouds:
    """`env` points any client at this pair of clouds and at nothing else."""

    directory: Path
    gateway_seconds: float
    env: dict[str, str]
    _token: str = ""

    @classmethod
    def up(cls, directory: Path, gateway_seconds: float) -> Self:
        """Raises both clouds and the WAN. Raises CalledProcessError when one does not start."""
        _rehearsal("up", "--no-packets", "--dir", str(directory), "--gateway-seconds", str(gateway_seconds))
        return cls.standing(directory, gateway_seconds)

    @classmethod
    def standing(cls, directory: Path, gateway_seconds: float) -> Self:
        """A pair that somebody has raised."""
        return cls(directory, gateway_seconds, json.loads(_rehearsal("env", "--json", "--dir", str(directory))))

    def down(self) -> None:
        _rehearsal("down", "--dir", str(self.directory))

    # both

    def _control(self, method: str, what: str) -> Iterator[tuple[str, Any]]:
        for cloud in PORTS:
            yield cloud, self._tell(cloud, method, what)

    def _tell(self, cloud: str, method: str, what: str, body: Json | None = None) -> Any:
        url = f"http://127.0.0.1:{self._ports(cloud)[PORTS[cloud]]}/_rehearsal/{what}"
        answer = _session(self).request(method, url, json=body, timeout=30)
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {url} {body}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def _ports(self, cloud: str) -> Json:
        return cast(Json, json.loads((self.directory / f"{cloud}.json").read_text()))

    def reset(self) -> None:
        """Both clouds are empty afterwards."""
        list(self._control("POST", "reset"))
        self._token = ""

    def fault(self, cloud: str, kind: str, action: str, **more: Any) -> int:
        """Makes that cloud misbehave once (or as `more` says) when an action of this name is asked for; its number."""
        return int(self._tell(cloud, "POST", "faults", {"fault": kind, "action": action, **more})["id"])

    def no_faults(self) -> None:
        list(self._control("DELETE", "faults"))

    def forget_calls(self) -> None:
        list(self._control("DELETE", "log"))

    def calls(self) -> list[Call]:
        return [
            Call(cloud, e["t"], e["action"], e["method"], e["path"], e["status"], e["mutating"], e.get("service", ""))
            for cloud, entries in self._control("GET", "log")
            for e in entries
        ]

    # Azure

    @property
    def subscription(self) -> str:
        return f"/subscriptions/{self.env['AZURE_SUBSCRIPTION_ID']}"

    def group(self, name: str) -> str:
        return f"{self.subscription}/resourceGroups/{name}"

    def network(self, group: str, kind: str, name: str = "") -> str:
        """The ARM id of a Microsoft.Network resource, or of their list."""
        return f"{self.group(group)}/providers/Microsoft.Network/{kind}" + (f"/{name}" if name else "")

    def arm(self, method: str, path: str, body: Json | None = None) -> Any:
        """One call of ARM, with its long-running operation waited for; raises HTTPError unless it succeeds."""
        api = NETWORK_API if "/providers/" in path else GROUPS_API
        answer = self._send(method, f"{ARM}{path}?api-version={api}", body)
        answer.raise_for_status()
        poll = answer.headers.get("Azure-AsyncOperation") or answer.headers.get("Location")
        location = "Azure-AsyncOperation" not in answer.headers
        while poll:
            time.sleep(0.05)
            state = self._send("GET", poll)
            state.raise_for_status()
            if location and state.status_code != 202:
                return state.json() if state.content else None
            if not location and state.json()["status"] not in ("InProgress", "Updating"):
                assert state.json()["status"] == "Succeeded", state.text
                break
        return answer.json() if answer.content else None

    def arm_list(self, path: str) -> list[Json]:
        """Empty as well when the group is not there."""
        answer = self._send("GET", f"{ARM}{path}?api-version={NETWORK_API if '/providers/' in path else GROUPS_API}")
        return [] if answer.status_code == 404 else list(answer.json()["value"])

    def _send(self, method: str, url: str, body: Json | None = None) -> requests.Response:
        if not self._token:
            self._token = self._login()
        return _session(self).request(
            method, url, json=body, headers={"Authorization": f"Bearer {self._token}"}, timeout=30
        )

    def _login(self) -> str:
        env = self.env
        answer = _session(self).post(
            f"https://login.microsoftonline.com/{env['AZURE_TENANT']}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": env["AZURE_CLIENT_ID"],
                "client_secret": env["AZURE_SECRET"],
                "scope": f"{ARM}/.default",
            },
            timeout=30,
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    # AWS

    def ec2(self, region: str = REGION) -> Any:
        return self.aws("ec2", region)

    def aws(self, service: str, region: str = REGION) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.env["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
        )

    def vpn_connections(self) -> list[Json]:
        """Those that are not deleted, with their tunnel options."""
        found = self.ec2().describe_vpn_connections()["VpnConnections"]
        return [c for c in found if c["State"] not in ("deleting", "deleted")]

    # What a test asks of a link

    def azure_keys(self, link: str) -> dict[str, str]:
        """The pre-shared key of every Azure connection, by its name."""
        group = f"{link}-rg"
        return {
            c["name"]: str(self.arm("GET", self.network(group, "connections", f"{c['name']}/sharedkey"))["value"])
            for c in self.arm_list(self.network(group, "connections"))
        }

    def aws_keys(self) -> dict[str, str]:
        """The pre-shared key of every tunnel of AWS, by its outside address."""
        return {
            t["OutsideIpAddress"]: t["PreSharedKey"]
            for c in self.vpn_connections()
            for t in c["Options"]["TunnelOptions"]
        }

    def azure_names(self, link: str) -> set[str]:
        """Names of all that stands in Azure with the tag of this link, and of the subnets inside."""
        names = {g["name"] for g in self.arm_list(f"{self.subscription}/resourceGroups") if _is_of(g, link)}
        for kind in AZURE_KINDS:
            for resource in self.arm_list(self.network(f"{link}-rg", kind)):
                if _is_of(resource, link):
                    names.add(resource["name"])
                    names |= {s["name"] for s in resource["properties"].get("subnets", []) if kind == "virtualNetworks"}
        return names

    def aws_names(self, link: str) -> set[str]:
        """Names of all that stands in AWS with the tag of this link, less what is deleted."""
        ec2 = self.ec2()
        mine = [{"Name": "tag:s2s_vpn:link", "Values": [link]}]
        found: list[Json] = []
        for call, field in AWS_KINDS.items():
            found += getattr(ec2, call)(Filters=mine)[field]
        return {
            next(t["Value"] for t in resource["Tags"] if t["Key"] == "Name")
            for resource in found
            if resource.get("State") not in ("deleting", "deleted")
        }


PORTS = {"azure": "control_port", "aws": "port"}
AZURE_KINDS = (
    "virtualNetworks",
    "networkSecurityGroups",
    "routeTables",
    "publicIPAddresses",
    "virtualNetworkGateways",
    "localNetworkGateways",
    "connections",
)
AWS_KINDS = {
    "describe_vpcs": "Vpcs",
    "describe_subnets": "Subnets",
    "describe_route_tables": "RouteTables",
    "describe_security_groups": "SecurityGroups",
    "describe_vpn_gateways": "VpnGateways",
    "describe_customer_gateways": "CustomerGateways",
    "describe_vpn_connections": "VpnConnections",
}


def _is_of(resource: Json, link: str) -> bool:
    return bool((resource.get("tags") or {}).get("s2s_vpn:link") == link)


def _session(clouds: Clouds) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = clouds.env["REQUESTS_CA_BUNDLE"]
    session.proxies = {"https": clouds.env["HTTPS_PROXY"]}
    return session


def _rehearsal(*arguments: str) -> str:
    command = [sys.executable, "-m", "rehearsal", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=clean_env(), capture_output=True, text=True, timeout=90, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def wait_for(condition: Callable[[], bool], seconds: float = 240) -> None:
    """Raises TimeoutError when the condition is not met in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not met in {seconds} s")
        time.sleep(0.1)


def clean_env() -> dict[str, str]:
    """This process's environment without anything that names a cloud, a proxy or a setting of Ansible."""
    prefixes = ("AWS_", "AZURE_", "ANSIBLE_", "REHEARSAL_")
    names = {"http_proxy", "https_proxy", "no_proxy", "requests_ca_bundle", "ssl_cert_file", "curl_ca_bundle"}
    return {k: v for k, v in os.environ.items() if not k.startswith(prefixes) and k.lower() not in names}
