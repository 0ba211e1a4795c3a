"""Azure's end, read over HTTPS like any client of ARM: through the proxy, with a token, by the CA of the rehearsal."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import requests

from .model import AZURE_DPD_TIMEOUT, AzureConnection, AzureGateway, AzureSide, Instance, LocalGateway, Policy, Secret

Json = dict[str, Any]

ARM = "https://management.azure.com"
LOGIN = "https://login.microsoftonline.com"
API_VERSION = "2024-05-01"
GROUPS_API_VERSION = "2022-09-01"
TIMEOUT = 20.0  # seconds
MARK = {"x-rehearsal": "wan"}
GATEWAY_SUBNET = "GatewaySubnet"
NO_ROUTES: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType({})


@dataclass(frozen=True)
class Credentials:
    subscription: str
    tenant: str
    client_id: str
    client_secret: str


class Arm:
    """GETs of one subscription. Raises requests.RequestException where the cloud does not answer or refuses."""

    def __init__(self, credentials: Credentials, proxy_port: int, ca: str) -> None:
        self._credentials = credentials
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ca
        self._session.proxies = {"https": f"http://127.0.0.1:{proxy_port}"}
        self._session.headers.update(MARK)
        self._token_until = 0.0

    def _authorize(self) -> None:
        if time.monotonic() < self._token_until:
            return
        c = self._credentials
        answer = self._session.post(
            f"{LOGIN}/{c.tenant}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": c.client_id,
                "client_secret": c.client_secret,
                "scope": f"{ARM}/.default",
            },
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        token = answer.json()
        self._session.headers["Authorization"] = f"Bearer {token['access_token']}"
        self._token_until = time.monotonic() + float(token.get("expires_in", 600)) / 2

    def _fetch(self, url: str, parameters: dict[str, str]) -> requests.Response:
        self._authorize()
        answer = self._session.get(url, params=parameters, timeout=TIMEOUT)
        if answer.status_code == 401:
            self._token_until = 0.0
            self._authorize()
            answer = self._session.get(url, params=parameters, timeout=TIMEOUT)
        return answer

    def get(self, path: str, api_version: str = API_VERSION) -> Json | None:
        """The resource at `path` (below the subscription); None where there is none any more."""
        url = f"{ARM}/subscriptions/{self._credentials.subscription}{path}"
        return self._body(self._fetch(url, {"api-version": api_version}))

    def list(self, path: str, api_version: str = API_VERSION) -> Iterator[Json]:
        page = self.get(path, api_version)
        while page is not None:
            yield from page.get("value", [])
            following = page.get("nextLink")
            page = self._body(self._fetch(following, {})) if following else None

    @staticmethod
    def _body(answer: requests.Response) -> Json | None:
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        body: Json = answer.json()
        return body

    def shared_key(self, connection_id: str) -> str:
        prefix = f"/subscriptions/{self._credentials.subscription}"
        body = self.get(f"{connection_id[len(prefix) :]}/sharedkey")
        return str((body or {}).get("value") or "")


def read(arm: Arm) -> AzureSide:
    """Everything that decides about tunnels, as it stands now."""
    groups = [g["name"] for g in arm.list("/resourcegroups", GROUPS_API_VERSION)]

    def of(kind: str) -> Iterator[Json]:
        for group in groups:
            yield from arm.list(f"/resourceGroups/{group}/providers/Microsoft.Network/{kind}")

    gateways = list(of("virtualNetworkGateways"))
    if not gateways:
        return AzureSide()
    addresses = {_key(p): p["properties"].get("ipAddress") or "" for p in of("publicIPAddresses")}
    networks = list(of("virtualNetworks"))
    ranges = {_key(v): tuple(v["properties"].get("addressSpace", {}).get("addressPrefixes", [])) for v in networks}
    locals_ = {_key(g): local_gateway(g) for g in of("localNetworkGateways")}
    routes = gateway_routes(networks, of("routeTables"))
    connections = [c for c in of("connections") if c["properties"].get("connectionType") == "IPsec"]
    return AzureSide(
        gateways=tuple(
            gateway(g, addresses, ranges, routes)
            for g in gateways
            if g["properties"].get("gatewayType", "Vpn") == "Vpn"
        ),
        connections=tuple(connection(c, locals_, arm.shared_key(c["id"]), ranges, gateways) for c in connections),
        notes=tuple(peerings(networks)),
    )


def peerings(networks: Iterable[Json]) -> Iterator[str]:
    for network in networks:
        for peering in network["properties"].get("virtualNetworkPeerings") or ():
            other = _key(peering["properties"].get("remoteVirtualNetwork")).rpartition("/")[2]
            yield f"VNet {network['name']} is peered with {other}: nothing goes over peerings in the rehearsal"


def gateway_routes(networks: Iterable[Json], tables: Iterable[Json]) -> dict[str, tuple[tuple[str, str], ...]]:
    """VNet id -> prefix and nextHopType of the routes that its GatewaySubnet has."""
    by_id = {_key(t): t["properties"].get("routes") or () for t in tables}
    return {
        _key(network): tuple(
            (r["properties"]["addressPrefix"], r["properties"]["nextHopType"])
            for r in by_id.get(_key(subnet["properties"].get("routeTable")), ())
        )
        for network in networks
        for subnet in network["properties"].get("subnets") or ()
        if subnet["name"] == GATEWAY_SUBNET
    }


def _key(resource: Json | None) -> str:
    return str((resource or {}).get("id", "")).lower()


def _vnet_of(gateway_body: Json) -> str:
    for configuration in gateway_body["properties"].get("ipConfigurations", []):
        subnet = _key(configuration["properties"].get("subnet"))
        return subnet.partition("/subnets/")[0]
    return ""


def gateway(
    body: Json,
    addresses: dict[str, str],
    ranges: dict[str, tuple[str, ...]],
    routes: Mapping[str, tuple[tuple[str, str], ...]] = NO_ROUTES,
) -> AzureGateway:
    """`addresses`: public IP id → address; `ranges`: VNet id → prefixes (ids in lower case); `routes`: see
    `gateway_routes`."""
    properties = body["properties"]
    bgp = properties.get("bgpSettings") or {}
    peering = {str(p.get("ipconfigurationId", "")).lower(): p for p in bgp.get("bgpPeeringAddresses") or []}
    defaults = [a.strip() for a in str(bgp.get("bgpPeeringAddress") or "").split(",")]
    instances = []
    for index, configuration in enumerate(properties.get("ipConfigurations", [])):
        entry = peering.get(_key(configuration), {})
        own = entry.get("defaultBgpIpAddresses") or defaults[index : index + 1] or [""]
        instances.append(
            Instance(
                index=index,
                ip_configuration_id=_key(configuration),
                public_address=addresses.get(_key(configuration["properties"].get("publicIPAddress")), ""),
                default_bgp_address=own[0],
                custom_bgp_addresses=tuple(entry.get("customBgpIpAddresses") or ()),
            )
        )
    return AzureGateway(
        id=_key(body),
        name=body["name"],
        state=properties.get("provisioningState", "Unknown"),
        bgp=bool(properties.get("enableBgp")),
        asn=int(bgp.get("asn") or 0),
        instances=tuple(instances),
        vnet_prefixes=ranges.get(_vnet_of(body), ()),
        route_based=properties.get("vpnType", "RouteBased") == "RouteBased",
        vnet_id=_vnet_of(body),
        routes=routes.get(_vnet_of(body), ()),
    )


def local_gateway(body: Json) -> LocalGateway:
    properties = body["properties"]
    bgp = properties.get("bgpSettings") or {}
    return LocalGateway(
        id=_key(body),
        name=body["name"],
        state=properties.get("provisioningState", "Unknown"),
        address=properties.get("gatewayIpAddress") or properties.get("fqdn") or "",
        prefixes=tuple((properties.get("localNetworkAddressSpace") or {}).get("addressPrefixes") or ()),
        asn=int(bgp["asn"]) if bgp.get("asn") is not None else None,
        bgp_address=bgp.get("bgpPeeringAddress") or None,
    )


def connection(
    body: Json,
    locals_: dict[str, LocalGateway],
    key: str,
    ranges: dict[str, tuple[str, ...]],
    gateways: list[Json],
) -> AzureConnection:
    properties = body["properties"]
    local_id = _key(properties.get("localNetworkGateway2"))
    local = locals_.get(local_id) or LocalGateway(local_id, local_id.rpartition("/")[2], "Absent", "")
    gateway_id = _key(properties.get("virtualNetworkGateway1"))
    vnet = next((_vnet_of(g) for g in gateways if _key(g) == gateway_id), "")
    policies = properties.get("ipsecPolicies") or []
    return AzureConnection(
        id=_key(body),
        name=body["name"],
        state=properties.get("provisioningState", "Unknown"),
        gateway_id=gateway_id,
        local=local,
        key=Secret(key),
        bgp=bool(properties.get("enableBgp")),
        custom_bgp_addresses={
            str(a.get("ipConfigurationId", "")).lower(): a.get("customBgpIpAddress", "")
            for a in properties.get("gatewayCustomBgpIpAddresses") or []
        },
        policy=policy(policies[0]) if policies else None,
        protocol=properties.get("connectionProtocol") or "IKEv2",
        mode=properties.get("connectionMode") or "Default",
        selectors=_selectors(properties, ranges.get(vnet, ()), local.prefixes),
        dpd_timeout=int(properties.get("dpdTimeoutSeconds") or AZURE_DPD_TIMEOUT),
    )


def policy(body: Json) -> Policy:
    return Policy(
        ike_encryption=body["ikeEncryption"],
        ike_integrity=body["ikeIntegrity"],
        dh_group=body["dhGroup"],
        ipsec_encryption=body["ipsecEncryption"],
        ipsec_integrity=body["ipsecIntegrity"],
        pfs_group=body["pfsGroup"],
    )


def _selectors(
    properties: Json, vnet_prefixes: tuple[str, ...], local_prefixes: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Pairs that are narrower than everything: given by hand, or every VNet range with every local prefix."""
    given = properties.get("trafficSelectorPolicies") or []
    if given:
        return tuple(
            (a, r) for s in given for a in s.get("localAddressRanges", []) for r in s.get("remoteAddressRanges", [])
        )
    if properties.get("usePolicyBasedTrafficSelectors"):
        return tuple((a, r) for a in vnet_prefixes for r in local_prefixes)
    return ()
