"""AWS's end, read with boto3: connections, customer gateways, the gateways they end on and the VPCs behind those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from .model import (
    ANYWHERE,
    AWS_DPD_TIMEOUT,
    AWS_ENCRYPTION,
    AWS_IKE_VERSIONS,
    AWS_INTEGRITY,
    AWS_PHASE1_GROUPS,
    AWS_PHASE2_GROUPS,
    AWS_STARTUP_ACTION,
    AwsSide,
    AwsTunnel,
    Secret,
)
from .transit import Transit
from .transit import read as read_transit

Json = dict[str, Any]

GONE = ("deleting", "deleted")


class Ec2:
    """EC2 clients of one account, one for each region."""

    def __init__(self, endpoint: str, access_key: str, secret_key: str) -> None:
        self._session = boto3.session.Session(access_key, secret_key)
        self._endpoint = endpoint
        self._clients: dict[str, Any] = {}

    def __call__(self, region: str) -> Any:
        if region not in self._clients:
            client = self._session.client(
                "ec2",
                region_name=region,
                endpoint_url=self._endpoint,
                config=Config(retries={"mode": "standard", "total_max_attempts": 2}, proxies={}),
            )
            client.meta.events.register("before-send.ec2", _mark)
            self._clients[region] = client
        return self._clients[region]


def _mark(request: Any, **_: Any) -> None:
    request.headers["x-rehearsal"] = "wan"


@dataclass
class _Gateway:
    """`ranges` by VPC that is attached; `transit` is None for a virtual private gateway."""

    state: str = "absent"
    asn: int = 0
    ranges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    transit: Transit | None = None

    def announced(self, vpn_connection_id: str) -> tuple[str, ...]:
        if self.transit is None:
            return tuple(r for ranges in self.ranges.values() for r in ranges)
        return self.transit.announced(vpn_connection_id, self.ranges)


@dataclass
class _Region:
    """What the tunnels of one region refer to."""

    customer_gateways: dict[str, Json] = field(default_factory=dict)
    gateways: dict[str, _Gateway] = field(default_factory=dict)


def read(ec2: Ec2, known: Mapping[str, Json]) -> AwsSide:
    """`known`: the control API's tunnels, which tell the regions to ask and the endpoints that are being replaced."""
    replaced = frozenset(a for a, t in known.items() if t["state"] == "modifying" and not t["works"])
    regions = sorted({t["region"] for t in known.values()})
    return AwsSide(tuple(t for region in regions for t in _read_region(ec2(region), region, replaced)))


def _read_region(client: Any, region: str, replaced: frozenset[str]) -> Iterator[AwsTunnel]:
    connections = [
        c
        for c in client.describe_vpn_connections()["VpnConnections"]
        if c["State"] not in GONE and c.get("Options", {}).get("TunnelOptions")
    ]
    if not connections:
        return
    around = _Region(
        {c["CustomerGatewayId"]: c for c in client.describe_customer_gateways()["CustomerGateways"]},
        _gateways(client, transit=any(c.get("TransitGatewayId") for c in connections)),
    )
    for connection in connections:
        yield from tunnels(region, connection, around, replaced)


def _gateways(client: Any, *, transit: bool) -> dict[str, _Gateway]:
    vpcs = {v["VpcId"]: _ranges(v) for v in client.describe_vpcs()["Vpcs"]}
    found = {}
    for gateway in client.describe_vpn_gateways()["VpnGateways"]:
        attached = [a["VpcId"] for a in gateway.get("VpcAttachments", []) if a.get("State") == "attached"]
        found[gateway["VpnGatewayId"]] = _Gateway(
            gateway["State"],
            int(gateway.get("AmazonSideAsn") or 0),
            {v: vpcs[v] for v in attached if v in vpcs},
        )
    if transit:
        gateways = client.describe_transit_gateways()["TransitGateways"]
        tables = read_transit(client, [g["TransitGatewayId"] for g in gateways])
        attachments = client.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"]
        for gateway in gateways:
            name = gateway["TransitGatewayId"]
            # moto lists attachments of VPN connections here too
            ours = [a for a in attachments if a["TransitGatewayId"] == name and a["State"] == "available"]
            behind = [a["VpcId"] for a in ours if a.get("VpcId")]
            found[name] = _Gateway(
                gateway["State"],
                int(gateway.get("Options", {}).get("AmazonSideAsn") or 0),
                {v: vpcs[v] for v in behind if v in vpcs},
                tables[name],
            )
    return found


def _ranges(vpc: Json) -> tuple[str, ...]:
    associated = [
        a["CidrBlock"]
        for a in vpc.get("CidrBlockAssociationSet", [])
        if a.get("CidrBlockState", {}).get("State") in (None, "associated")
    ]
    return tuple(associated or [vpc["CidrBlock"]])


def tunnels(
    region: str, connection: Json, around: _Region, replaced: frozenset[str] = frozenset()
) -> Iterator[AwsTunnel]:
    """The connection's tunnels, each with AWS's defaults where it says nothing."""
    options = connection["Options"]
    customer = around.customer_gateways.get(connection["CustomerGatewayId"], {})
    gateway_id = connection.get("VpnGatewayId") or connection.get("TransitGatewayId") or ""
    gateway = around.gateways.get(gateway_id, _Gateway())
    for option in options["TunnelOptions"]:
        outside = option["OutsideIpAddress"]
        yield AwsTunnel(
            region=region,
            vpn_connection_id=connection["VpnConnectionId"],
            connection_state=connection["State"],
            outside_address=outside,
            inside_cidr=option["TunnelInsideCidr"],
            key=Secret(option.get("PreSharedKey") or ""),
            customer_gateway_state=customer.get("State", "absent"),
            customer_address=customer.get("IpAddress") or "",
            customer_asn=int(customer.get("BgpAsnExtended") or customer.get("BgpAsn") or 0),
            gateway_state=gateway.state,
            asn=gateway.asn,
            announces=gateway.announced(connection["VpnConnectionId"]),
            replaced=outside in replaced,
            static=bool(options.get("StaticRoutesOnly")),
            routes=tuple(
                r["DestinationCidrBlock"] for r in connection.get("Routes", []) if r.get("State") == "available"
            ),
            ike_versions=_values(option, "IkeVersions", AWS_IKE_VERSIONS),
            startup_action=option.get("StartupAction") or AWS_STARTUP_ACTION,
            phase1_encryption=_values(option, "Phase1EncryptionAlgorithms", AWS_ENCRYPTION),
            phase1_integrity=_values(option, "Phase1IntegrityAlgorithms", AWS_INTEGRITY),
            phase1_dh_groups=_values(option, "Phase1DHGroupNumbers", AWS_PHASE1_GROUPS),
            phase2_encryption=_values(option, "Phase2EncryptionAlgorithms", AWS_ENCRYPTION),
            phase2_integrity=_values(option, "Phase2IntegrityAlgorithms", AWS_INTEGRITY),
            phase2_dh_groups=_values(option, "Phase2DHGroupNumbers", AWS_PHASE2_GROUPS),
            azure_range=options.get("LocalIpv4NetworkCidr") or ANYWHERE,
            aws_range=options.get("RemoteIpv4NetworkCidr") or ANYWHERE,
            gateway_id=gateway_id,
            dpd_timeout=int(option.get("DpdTimeoutSeconds") or AWS_DPD_TIMEOUT),
        )


def _values[T](option: Json, name: str, default: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(entry["Value"] for entry in option.get(name) or []) or default
