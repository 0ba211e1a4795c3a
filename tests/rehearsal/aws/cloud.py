"""A server in this process, and clients that reach it over HTTP."""

from __future__ import annotations

import json
import threading
from functools import cache
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.aws import clock, credentials, server

REGION = "eu-central-1"
LONG = 100_000


class Aws:
    """The emulated account as a test uses it. Its clock runs in real time; `step` moves it on."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._clients: dict[tuple[Any, ...], Any] = {}

    def client(self, service: str = "ec2", region: str = REGION, **keys: str) -> Any:
        name = (service, region, *sorted(keys.items()))
        if name not in self._clients:
            self._clients[name] = boto3.client(
                service,
                region_name=region,
                endpoint_url=self.url,
                aws_access_key_id=keys.get("access_key", credentials.ACCESS_KEY),
                aws_secret_access_key=keys.get("secret_key", credentials.SECRET_KEY),
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self._clients[name]

    def control(self, method: str, name: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.url}/_rehearsal/{name}", data=data, method=method)) as answer:
            return json.load(answer)

    def step(self, seconds: float = LONG) -> None:
        self.control("POST", "clock", {"seconds": seconds})

    def refused(self, action: str, region: str = REGION, **params: Any) -> tuple[str, str]:
        """Code and text of the refusal."""
        with pytest.raises(ClientError) as caught:
            getattr(self.client(region=region), action)(**params)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    def assert_sound(self) -> None:
        """None of our own handlers has crashed."""
        assert self.control("GET", "crashes") == []

    @staticmethod
    def tags(kind: str, **named: str) -> list[dict[str, Any]]:
        """TagSpecifications."""
        return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in named.items()]}]

    # what most tests stand on

    def vpc(self, cidr: str = "10.2.0.0/16") -> str:
        return str(self.client().create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"])

    def vgw(self, vpc: str | None = None, **params: Any) -> str:
        gateway = self.client().create_vpn_gateway(Type="ipsec.1", **params)["VpnGateway"]["VpnGatewayId"]
        if vpc:
            self.client().attach_vpn_gateway(VpcId=vpc, VpnGatewayId=gateway)
        self.step(60)
        return str(gateway)

    def cgw(self, address: str = "192.0.2.1", **params: Any) -> str:
        asked = {"BgpAsn": 65515, **params}
        answer = self.client().create_customer_gateway(Type="ipsec.1", IpAddress=address, **asked)
        return str(answer["CustomerGateway"]["CustomerGatewayId"])

    def connect(self, *tunnels: dict[str, Any], **params: Any) -> dict[str, Any]:
        """A VPN connection, already available."""
        if "CustomerGatewayId" not in params:
            params["CustomerGatewayId"] = self.cgw()
        if not {"VpnGatewayId", "TransitGatewayId"} & set(params):
            params["VpnGatewayId"] = self.vgw()
        options = {**params.pop("Options", {}), "TunnelOptions": list(tunnels)}
        made = self.client().create_vpn_connection(Type="ipsec.1", Options=options, **params)["VpnConnection"]
        self.step(300)
        return self.connection(made["VpnConnectionId"])

    def connection(self, connection_id: str) -> dict[str, Any]:
        found = self.client().describe_vpn_connections(VpnConnectionIds=[connection_id])["VpnConnections"]
        return dict(found[0])


@cache
def _running() -> Aws:
    """The one server of this process, to whose end it runs: moto's state is the process's too."""
    listening, _front = server.make(clock.GATEWAY_SECONDS)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    return Aws(listening.server_port)


def empty_aws() -> Aws:
    """The cloud, with nothing in it."""
    aws = _running()
    aws.control("POST", "reset", {})
    aws.control("DELETE", "crashes")
    return aws
