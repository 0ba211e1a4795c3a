"""The reference link built as the vendors' tutorials do it: plain ARM requests and boto3, none of the collection."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import boto3
import requests

from rehearsal.files import read_json

from .link import AWS_ASN, AZURE_ASN, TUNNELS, VNET, VPC, inside

Json = dict[str, Any]

API = "2024-05-01"
GROUP, REGION, LOCATION = "hand-rg", "eu-central-1", "westeurope"
POLICY = {
    "ikeEncryption": "AES256",
    "ikeIntegrity": "SHA256",
    "dhGroup": "DHGroup14",
    "ipsecEncryption": "GCMAES256",
    "ipsecIntegrity": "GCMAES256",
    "pfsGroup": "PFS2048",
    "saLifeTimeSeconds": 3600,
    "saDataSizeKilobytes": 102400000,
}


def crowd() -> float:
    """How many programs want each processor, now or in the last minute, and 1 at least."""
    try:
        running = int(Path("/proc/loadavg").read_text().split()[3].partition("/")[0]) - 1  # without this one
    except OSError:
        running = 0
    return max(1.0, running / (os.cpu_count() or 1), os.getloadavg()[0] / (os.cpu_count() or 1))


def wait(what: str, condition: Callable[[], Any], seconds: float = 15.0) -> Any:
    """`seconds` are those of a machine that does nothing else, longer where more programs want its processors."""
    started = last = time.monotonic()
    left = seconds
    while not (answer := condition()):
        now = time.monotonic()
        left -= (now - last) / crowd()
        last = now
        assert left > 0, f"waited {now - started:.1f} s for {what}"
        time.sleep(0.1)
    return answer


def becomes(wanted: Any, look: Callable[[], Any], seconds: float = 15.0) -> None:
    """Waits until `look` finds what is wanted; shows what it found last where that is something else."""
    found: list[Any] = [None]

    def same() -> bool:
        found[0] = look()
        return bool(found[0] == wanted)

    with contextlib.suppress(AssertionError):
        wait("it", same, seconds)
    assert found[0] == wanted, f"there is {found[0]!r}, not {wanted!r}"


def seen(directory: Path) -> bool:
    """Whether the WAN has looked at both clouds as they are now, and told them what became of the tunnels."""
    azure, aws = (json.loads((directory / f"{cloud}.json").read_text()) for cloud in ("azure", "aws"))
    with requests.Session() as session:
        session.trust_env = False
        urls = (f"http://127.0.0.1:{port}/_rehearsal/version" for port in (azure["control_port"], aws["port"]))
        now = [session.get(url, timeout=10).json()["version"] for url in urls]
    return bool(now == (read_json(directory / "tunnels.json") or {}).get("versions"))


class Azure:
    def __init__(self, about: Json) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = about["ca"]
        self.session.proxies = {"https": f"http://127.0.0.1:{about['proxy_port']}"}
        token = self.session.post(
            f"https://login.microsoftonline.com/{about['tenant']}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": about["client_id"],
                "client_secret": about["secret"],
                "scope": "https://management.azure.com/.default",
            },
            timeout=10,
        ).json()
        self.session.headers["Authorization"] = f"Bearer {token['access_token']}"
        self.root = f"/subscriptions/{about['subscription']}/resourceGroups/{GROUP}"

    def id(self, kind: str, name: str) -> str:
        return f"{self.root}/providers/Microsoft.Network/{kind}/{name}"

    def call(self, method: str, path: str, body: Json | None = None, api: str = API, **query: str) -> requests.Response:
        url = f"https://management.azure.com{path}"
        answer = self.session.request(method, url, params={"api-version": api, **query}, json=body, timeout=10)
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def get(self, path: str) -> Json:
        body: Json = self.call("GET", path).json()
        return body

    def put(self, path: str, properties: Json, **more: Any) -> Json:
        """PUT and wait until it stands."""
        self.call("PUT", path, {"location": LOCATION, "properties": properties, **more})
        wait(path, lambda: self.get(path)["properties"]["provisioningState"] == "Succeeded")
        return self.get(path)

    def post(self, path: str, body: Json | None = None, api: str = API, **query: str) -> Any:
        """An action that answers later."""
        answer = self.call("POST", path, body, api, **query)
        deadline = time.monotonic() + 10
        while answer.status_code == 202:
            assert time.monotonic() < deadline
            time.sleep(0.1)
            answer = self.session.get(answer.headers["Location"], timeout=10)
        return answer.json()

    def build(self) -> None:
        self.call("PUT", self.root, {"location": LOCATION}, api="2022-09-01")
        vnet = self.id("virtualNetworks", "hand-vnet")
        subnet = {"name": "GatewaySubnet", "properties": {"addressPrefix": "10.1.255.0/27"}}
        self.put(vnet, {"addressSpace": {"addressPrefixes": [VNET]}, "subnets": [subnet]})
        for n in (1, 2):
            self.put(
                self.id("publicIPAddresses", f"pip{n}"),
                {"publicIPAllocationMethod": "Static"},
                sku={"name": "Standard"},
                zones=["1", "2", "3"],
            )
        gateway = self.id("virtualNetworkGateways", "hand-vng")
        self.put(
            gateway,
            {
                "gatewayType": "Vpn",
                "vpnType": "RouteBased",
                "sku": {"name": "VpnGw2AZ", "tier": "VpnGw2AZ"},
                "activeActive": True,
                "enableBgp": True,
                "ipConfigurations": [
                    {
                        "name": f"ipconfig{n}",
                        "properties": {
                            "privateIPAllocationMethod": "Dynamic",
                            "publicIPAddress": {"id": self.id("publicIPAddresses", f"pip{n}")},
                            "subnet": {"id": f"{vnet}/subnets/GatewaySubnet"},
                        },
                    }
                    for n in (1, 2)
                ],
                "bgpSettings": {
                    "asn": AZURE_ASN,
                    "bgpPeeringAddresses": [
                        {
                            "ipconfigurationId": self.configuration(i),
                            "customBgpIpAddresses": [inside(t[3], 2) for t in TUNNELS if t[2] == i],
                        }
                        for i in (0, 1)
                    ],
                },
            },
        )

    def build_static(self, azure_range: str, gateway_range: str) -> str:
        """Active/standby, no BGP. Returns its public address."""
        vnet, pip = self.id("virtualNetworks", "plain-vnet"), self.id("publicIPAddresses", "plain-pip")
        subnet = {"name": "GatewaySubnet", "properties": {"addressPrefix": gateway_range}}
        self.put(vnet, {"addressSpace": {"addressPrefixes": [azure_range]}, "subnets": [subnet]})
        made = self.put(pip, {"publicIPAllocationMethod": "Static"}, sku={"name": "Standard"}, zones=["1", "2", "3"])
        self.put(
            self.id("virtualNetworkGateways", "plain-vng"),
            {
                "gatewayType": "Vpn",
                "vpnType": "RouteBased",
                "sku": {"name": "VpnGw1AZ", "tier": "VpnGw1AZ"},
                "ipConfigurations": [
                    {
                        "name": "default",
                        "properties": {
                            "publicIPAddress": {"id": pip},
                            "subnet": {"id": f"{vnet}/subnets/GatewaySubnet"},
                        },
                    }
                ],
            },
        )
        return str(made["properties"]["ipAddress"])

    def connect_static(self, outside: str, key: str, aws_range: str) -> None:
        """Without a policy: Azure's default offer."""
        local = self.id("localNetworkGateways", "plain")
        self.put(local, {"gatewayIpAddress": outside, "localNetworkAddressSpace": {"addressPrefixes": [aws_range]}})
        self.put(
            self.id("connections", "plain"),
            {
                "connectionType": "IPsec",
                "virtualNetworkGateway1": {"id": self.id("virtualNetworkGateways", "plain-vng")},
                "localNetworkGateway2": {"id": local},
                "sharedKey": key,
            },
        )

    def configuration(self, instance: int) -> str:
        return f"{self.id('virtualNetworkGateways', 'hand-vng')}/ipConfigurations/ipconfig{instance + 1}"

    def addresses(self) -> list[str]:
        return [self.get(self.id("publicIPAddresses", f"pip{n}"))["properties"]["ipAddress"] for n in (1, 2)]

    def connect(self, row: int, outside: str, key: str) -> None:
        connection, number, instance, cidr, _unused = TUNNELS[row]
        name = f"hand-{connection}-{number}"
        other = next(t for t in TUNNELS if t[1] == number and t[2] != instance)
        local = self.id("localNetworkGateways", name)
        self.put(
            local,
            {
                "gatewayIpAddress": outside,
                "localNetworkAddressSpace": {"addressPrefixes": []},
                "bgpSettings": {"asn": AWS_ASN, "bgpPeeringAddress": inside(cidr, 1)},
            },
        )
        self.put(
            self.id("connections", name),
            {
                "connectionType": "IPsec",
                "connectionProtocol": "IKEv2",
                "connectionMode": "Default",
                "virtualNetworkGateway1": {"id": self.id("virtualNetworkGateways", "hand-vng")},
                "localNetworkGateway2": {"id": local},
                "sharedKey": key,
                "enableBgp": True,
                "ipsecPolicies": [POLICY],
                "gatewayCustomBgpIpAddresses": [
                    {"ipConfigurationId": self.configuration(instance), "customBgpIpAddress": inside(cidr, 2)},
                    {"ipConfigurationId": self.configuration(1 - instance), "customBgpIpAddress": inside(other[3], 2)},
                ],
            },
        )

    def connection(self, row: int) -> Json:
        found: Json = self.get(self.id("connections", f"hand-{TUNNELS[row][0]}-{TUNNELS[row][1]}"))["properties"]
        return found

    def set_key(self, row: int, key: str) -> None:
        path = self.id("connections", f"hand-{TUNNELS[row][0]}-{TUNNELS[row][1]}")
        self.call("PUT", f"{path}/sharedkey", {"value": key})
        wait("the key", lambda: self.get(f"{path}/sharedkey")["value"] == key)


class Aws:
    def __init__(self, about: Json, region: str = REGION) -> None:
        self.ec2 = boto3.session.Session(about["access_key"], about["secret_key"]).client(
            "ec2", region_name=region, endpoint_url=f"http://127.0.0.1:{about['port']}"
        )
        self.vpc = ""
        self.vgw = ""
        self.connections: list[str] = []

    @classmethod
    def of(cls, directory: Path) -> Self:
        return cls(json.loads((directory / "aws.json").read_text()))

    def target(self) -> dict[str, str]:
        """What a VPN connection is made on."""
        return {"VpnGatewayId": self.vgw}

    def build_gateway(self, vpc_range: str) -> None:
        ec2 = self.ec2
        self.vpc = ec2.create_vpc(CidrBlock=vpc_range)["Vpc"]["VpcId"]
        self.vgw = ec2.create_vpn_gateway(Type="ipsec.1", AmazonSideAsn=AWS_ASN)["VpnGateway"]["VpnGatewayId"]
        wait("the gateway", lambda: ec2.describe_vpn_gateways()["VpnGateways"][0]["State"] == "available")
        ec2.attach_vpn_gateway(VpcId=self.vpc, VpnGatewayId=self.vgw)
        wait("attachment", lambda: self.attachment() == "attached")

    def build(self, azure_addresses: list[str]) -> None:
        ec2 = self.ec2
        self.build_gateway(VPC)
        for instance, address in enumerate(azure_addresses):
            customer = ec2.create_customer_gateway(Type="ipsec.1", IpAddress=address, BgpAsn=AZURE_ASN)
            options = [
                {
                    "TunnelInsideCidr": t[3],
                    "StartupAction": "start",
                    "DPDTimeoutAction": "restart",
                    "IKEVersions": [{"Value": "ikev2"}],
                    "Phase1EncryptionAlgorithms": [{"Value": "AES256"}],
                    "Phase1IntegrityAlgorithms": [{"Value": "SHA2-256"}],
                    "Phase1DHGroupNumbers": [{"Value": 14}],
                    "Phase2EncryptionAlgorithms": [{"Value": "AES256-GCM-16"}],
                    "Phase2IntegrityAlgorithms": [{"Value": "SHA2-256"}],
                    "Phase2DHGroupNumbers": [{"Value": 14}],
                }
                for t in TUNNELS
                if t[2] == instance
            ]
            made = ec2.create_vpn_connection(
                Type="ipsec.1",
                CustomerGatewayId=customer["CustomerGateway"]["CustomerGatewayId"],
                **self.target(),
                Options={"StaticRoutesOnly": False, "TunnelOptions": options},
            )
            self.connections.append(made["VpnConnection"]["VpnConnectionId"])
        self.wait_for_connections()

    def build_static(self, azure_address: str, azure_range: str, aws_range: str) -> None:
        """One connection; its first tunnel is the one to use."""
        self.build_gateway(aws_range)
        customer = self.ec2.create_customer_gateway(Type="ipsec.1", IpAddress=azure_address, BgpAsn=65000)
        made = self.ec2.create_vpn_connection(
            Type="ipsec.1",
            CustomerGatewayId=customer["CustomerGateway"]["CustomerGatewayId"],
            VpnGatewayId=self.vgw,
            Options={
                "StaticRoutesOnly": True,
                "TunnelOptions": [{"TunnelInsideCidr": "169.254.21.64/30"}, {"TunnelInsideCidr": "169.254.21.68/30"}],
            },
        )
        self.connections.append(made["VpnConnection"]["VpnConnectionId"])
        self.wait_for_connections()
        self.ec2.create_vpn_connection_route(VpnConnectionId=self.connections[0], DestinationCidrBlock=azure_range)

    def wait_for_connections(self) -> None:
        wait("the connections", lambda: all(c["State"] == "available" for c in self.described()))

    def attachment(self) -> str:
        attachments = self.ec2.describe_vpn_gateways()["VpnGateways"][0].get("VpcAttachments") or [{}]
        return str(attachments[0].get("State"))

    def described(self) -> list[Json]:
        found: list[Json] = self.ec2.describe_vpn_connections(VpnConnectionIds=self.connections)["VpnConnections"]
        return found

    def tunnel(self, row: int) -> Json:
        cidr = TUNNELS[row][3]
        options = (o for c in self.described() for o in c["Options"]["TunnelOptions"])
        return next(o for o in options if o["TunnelInsideCidr"] == cidr)

    def telemetry(self, row: int) -> Json:
        outside = self.tunnel(row)["OutsideIpAddress"]
        found = (t for c in self.described() for t in c.get("VgwTelemetry", []))
        return next((t for t in found if t["OutsideIpAddress"] == outside), {})

    def modify(self, row: int, **options: Any) -> None:
        outside = self.tunnel(row)["OutsideIpAddress"]
        self.ec2.modify_vpn_tunnel_options(
            VpnConnectionId=self.connections[TUNNELS[row][2]],
            VpnTunnelOutsideIpAddress=outside,
            TunnelOptions=options,
        )


class Link:
    """Both clouds of the rehearsal in `directory`, and what `status` says of the tunnels."""

    kind = ""  # of the WAN

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.azure = Azure(json.loads((directory / "azure.json").read_text()))
        self.aws = Aws.of(directory)

    def build(self) -> None:
        self.azure.build()
        self.aws.build(self.azure.addresses())
        for row in range(4):
            tunnel = self.aws.tunnel(row)
            self.azure.connect(row, tunnel["OutsideIpAddress"], tunnel["PreSharedKey"])

    def up(self) -> list[bool]:
        """Of both ends: AWS says UP and Azure Connected."""
        return [
            self.aws.telemetry(row).get("Status") == "UP"
            and self.azure.connection(row)["connectionStatus"] == "Connected"
            for row in range(4)
        ]

    def settled(self) -> list[bool]:
        """`up`, of both clouds as they are now; nothing while the WAN has yet to look."""
        return self.up() if seen(self.directory) else []

    def state(self, row: int) -> Json:
        cidr = TUNNELS[row][3]
        tunnels = json.loads((self.directory / "tunnels.json").read_text())["tunnels"]
        return next(t for t in tunnels if t["inside_cidr"] == cidr)
