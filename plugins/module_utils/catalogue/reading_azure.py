# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Typed views of Azure's side of a link, as `azure_link_info` reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading import (
    Json,
    at,
    by_id,
    entries,
    flag,
    networks,
    number,
    prints_of,
    status_of,
    text,
    texts,
    unread_parts,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.status import Status


@dataclass(frozen=True)
class Instance:
    """One machine of the gateway."""

    index: int
    name: str
    id: str
    public_address: str
    default_bgp_addresses: tuple[str, ...]
    apipa: tuple[str, ...]


@dataclass(frozen=True)
class AzureGateway:
    id: str
    name: str
    group: str
    location: str
    state: str
    sku: str
    vpn_type: str
    active_active: bool
    bgp: bool
    asn: int | None
    instances: tuple[Instance, ...]

    @property
    def ready(self) -> bool:
        return self.state.lower() == "succeeded"


@dataclass(frozen=True)
class Policy:
    """A connection's IPsec policy, in Azure's words."""

    ike_encryption: str
    ike_integrity: str
    dh_group: str
    ipsec_encryption: str
    ipsec_integrity: str
    pfs_group: str
    sa_lifetime_seconds: int | None
    sa_data_size_kilobytes: int | None


@dataclass(frozen=True)
class LocalGateway:
    id: str
    name: str
    state: str
    address: str
    fqdn: str
    prefixes: tuple[str, ...]
    asn: int | None
    bgp_address: str


@dataclass(frozen=True)
class AzureConnection:
    """``slots`` are the custom BGP addresses by the lower-case id of the IP configuration."""

    id: str
    name: str
    state: str
    status: str
    bgp: bool
    protocol: str
    mode: str
    dpd_seconds: int | None
    policy: Policy | None
    slots: Mapping[str, str]
    local_gateway_id: str
    local: LocalGateway | None
    authentication: str
    policy_based: bool
    selectors: tuple[tuple[tuple[IPv4Network, ...], tuple[IPv4Network, ...]], ...]


@dataclass(frozen=True)
class PublicAddress:
    id: str
    name: str
    address: str
    sku: str
    allocation: str
    state: str


@dataclass(frozen=True)
class AzureSubnet:
    id: str
    name: str
    ranges: tuple[str, ...]
    security_group_id: str
    route_table_id: str


@dataclass(frozen=True)
class AzureNetwork:
    id: str
    name: str
    location: str
    ranges: tuple[str, ...]
    subnets: tuple[AzureSubnet, ...]
    peered: tuple[str, ...]

    def subnet(self, name: str) -> AzureSubnet | None:
        return next((one for one in self.subnets if one.name.lower() == name.lower()), None)

    @property
    def gateway_subnet(self) -> AzureSubnet | None:
        return self.subnet("GatewaySubnet")

    @property
    def host_subnets(self) -> tuple[AzureSubnet, ...]:
        return tuple(one for one in self.subnets if one.name.lower() != "gatewaysubnet")


@dataclass(frozen=True)
class NsgRule:
    name: str
    priority: int
    direction: str
    access: str
    protocol: str
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    source_ports: tuple[str, ...]
    destination_ports: tuple[str, ...]


@dataclass(frozen=True)
class SecurityGroup:
    id: str
    name: str
    rules: tuple[NsgRule, ...]


@dataclass(frozen=True)
class UserRoute:
    name: str
    prefix: str
    next_hop: str


@dataclass(frozen=True)
class AzureRouteTable:
    id: str
    name: str
    propagation_disabled: bool
    routes: tuple[UserRoute, ...]


@dataclass(frozen=True)
class AzureReading:
    """``unread`` maps a part (a member's name) to why it could not be read."""

    gateway: AzureGateway | None
    connections: tuple[AzureConnection, ...]
    local_gateways: tuple[LocalGateway, ...]
    public_addresses: tuple[PublicAddress, ...]
    network: AzureNetwork | None
    security_groups: tuple[SecurityGroup, ...]
    route_tables: tuple[AzureRouteTable, ...]
    advertised: Mapping[str, tuple[str, ...]]
    fingerprints: Mapping[str, str]
    status: Status
    unread: Mapping[str, str]

    def security_group(self, subnet: AzureSubnet | None) -> SecurityGroup | None:
        return by_id(self.security_groups, subnet.security_group_id if subnet else "")

    def route_table(self, subnet: AzureSubnet | None) -> AzureRouteTable | None:
        return by_id(self.route_tables, subnet.route_table_id if subnet else "")


def group_of(identifier: str) -> str:
    _head, found, tail = identifier.partition("/resourceGroups/")
    return tail.split("/")[0] if found else ""


def handle(identifier: str, word: str = "-n") -> str:
    """How the Azure CLI names a resource: ``-g <group> -n <name>``."""
    return f"-g {group_of(identifier)} {word} {arm.name_of(identifier)}"


def _name(raw: Json) -> str:
    return text(raw, "name") or arm.name_of(text(raw, "id"))


def _state(raw: Json) -> str:
    return text(raw, "properties", "provisioningState")


def _azure_gateway(raw: Json, public: Iterable[PublicAddress]) -> AzureGateway:
    properties = at(raw, "properties")
    peerings = {
        arm.name_of(text(one, "ipconfigurationId")).lower(): one
        for one in entries(properties, "bgpSettings", "bgpPeeringAddresses")
    }
    by_id = {one.id.lower(): one.address for one in public}
    instances = []
    for index, one in enumerate(entries(properties, "ipConfigurations")):
        peering = peerings.get(_name(one).lower())
        told = texts(peering, "tunnelIpAddresses")
        instances.append(
            Instance(
                index=index,
                name=_name(one),
                id=text(one, "id"),
                public_address=told[0]
                if told
                else by_id.get(text(one, "properties", "publicIPAddress", "id").lower(), ""),
                default_bgp_addresses=tuple(texts(peering, "defaultBgpIpAddresses")),
                apipa=tuple(texts(peering, "customBgpIpAddresses")),
            )
        )
    return AzureGateway(
        id=text(raw, "id"),
        name=_name(raw),
        group=group_of(text(raw, "id")),
        location=text(raw, "location"),
        state=_state(raw),
        sku=text(properties, "sku", "name"),
        vpn_type=text(properties, "vpnType"),
        active_active=flag(properties, "activeActive") or False,
        bgp=flag(properties, "enableBgp") or False,
        asn=number(properties, "bgpSettings", "asn") or None,
        instances=tuple(instances),
    )


def _policy(raw: Json) -> Policy:
    return Policy(
        ike_encryption=text(raw, "ikeEncryption"),
        ike_integrity=text(raw, "ikeIntegrity"),
        dh_group=text(raw, "dhGroup"),
        ipsec_encryption=text(raw, "ipsecEncryption"),
        ipsec_integrity=text(raw, "ipsecIntegrity"),
        pfs_group=text(raw, "pfsGroup"),
        sa_lifetime_seconds=number(raw, "saLifeTimeSeconds"),
        sa_data_size_kilobytes=number(raw, "saDataSizeKilobytes"),
    )


def _local_gateway(raw: Json) -> LocalGateway:
    properties = at(raw, "properties")
    return LocalGateway(
        id=text(raw, "id"),
        name=_name(raw),
        state=_state(raw),
        address=text(properties, "gatewayIpAddress"),
        fqdn=text(properties, "fqdn"),
        prefixes=tuple(texts(properties, "localNetworkAddressSpace", "addressPrefixes")),
        asn=number(properties, "bgpSettings", "asn"),
        bgp_address=text(properties, "bgpSettings", "bgpPeeringAddress"),
    )


def _azure_connection(raw: Json, locals_: Iterable[LocalGateway]) -> AzureConnection:
    properties = at(raw, "properties")
    policies = entries(properties, "ipsecPolicies")
    local_id = text(properties, "localNetworkGateway2", "id")
    return AzureConnection(
        id=text(raw, "id"),
        name=_name(raw),
        state=_state(raw),
        status=text(properties, "connectionStatus"),
        bgp=flag(properties, "enableBgp") or False,
        protocol=text(properties, "connectionProtocol") or "IKEv2",
        mode=text(properties, "connectionMode") or "Default",
        dpd_seconds=number(properties, "dpdTimeoutSeconds"),
        policy=_policy(policies[0]) if policies else None,
        slots={
            text(one, "ipConfigurationId").lower(): text(one, "customBgpIpAddress")
            for one in entries(properties, "gatewayCustomBgpIpAddresses")
        },
        local_gateway_id=local_id,
        local=by_id(locals_, local_id),
        authentication=text(properties, "authenticationType") or "PSK",
        policy_based=flag(properties, "usePolicyBasedTrafficSelectors") or False,
        selectors=tuple(
            (networks(texts(one, "localAddressRanges")), networks(texts(one, "remoteAddressRanges")))
            for one in entries(properties, "trafficSelectorPolicies")
        ),
    )


def _public_address(raw: Json) -> PublicAddress:
    properties = at(raw, "properties")
    return PublicAddress(
        id=text(raw, "id"),
        name=_name(raw),
        address=text(properties, "ipAddress"),
        sku=text(raw, "sku", "name"),
        allocation=text(properties, "publicIPAllocationMethod"),
        state=_state(raw),
    )


def _azure_subnet(raw: Json) -> AzureSubnet:
    properties = at(raw, "properties")
    one = text(properties, "addressPrefix")
    return AzureSubnet(
        id=text(raw, "id"),
        name=_name(raw),
        ranges=tuple([one] if one else texts(properties, "addressPrefixes")),
        security_group_id=text(properties, "networkSecurityGroup", "id"),
        route_table_id=text(properties, "routeTable", "id"),
    )


def _azure_network(raw: Json) -> AzureNetwork:
    properties = at(raw, "properties")
    return AzureNetwork(
        id=text(raw, "id"),
        name=_name(raw),
        location=text(raw, "location"),
        ranges=tuple(texts(properties, "addressSpace", "addressPrefixes")),
        subnets=tuple(map(_azure_subnet, entries(properties, "subnets"))),
        peered=tuple(
            prefix
            for one in entries(properties, "virtualNetworkPeerings")
            for prefix in texts(one, "properties", "remoteAddressSpace", "addressPrefixes")
        ),
    )


def _either(properties: object, one: str, many: str) -> tuple[str, ...]:
    """Azure writes a single value in one member and several in another."""
    single = text(properties, one)
    return tuple(([single] if single else []) + texts(properties, many))


def _nsg_rule(raw: Json) -> NsgRule:
    properties = at(raw, "properties")
    groups = entries(properties, "sourceApplicationSecurityGroups")
    targets = entries(properties, "destinationApplicationSecurityGroups")
    return NsgRule(
        name=_name(raw),
        priority=number(properties, "priority") or 0,
        direction=text(properties, "direction").lower(),
        access=text(properties, "access").lower(),
        protocol=text(properties, "protocol") or "*",
        sources=_either(properties, "sourceAddressPrefix", "sourceAddressPrefixes")
        + tuple(f"asg:{arm.name_of(text(one, 'id'))}" for one in groups),
        destinations=_either(properties, "destinationAddressPrefix", "destinationAddressPrefixes")
        + tuple(f"asg:{arm.name_of(text(one, 'id'))}" for one in targets),
        source_ports=_either(properties, "sourcePortRange", "sourcePortRanges"),
        destination_ports=_either(properties, "destinationPortRange", "destinationPortRanges"),
    )


def _security_group(raw: Json) -> SecurityGroup:
    return SecurityGroup(
        id=text(raw, "id"),
        name=_name(raw),
        rules=tuple(map(_nsg_rule, entries(raw, "properties", "securityRules"))),
    )


def _azure_route_table(raw: Json) -> AzureRouteTable:
    return AzureRouteTable(
        id=text(raw, "id"),
        name=_name(raw),
        propagation_disabled=flag(raw, "properties", "disableBgpRoutePropagation") or False,
        routes=tuple(
            UserRoute(_name(one), text(one, "properties", "addressPrefix"), text(one, "properties", "nextHopType"))
            for one in entries(raw, "properties", "routes")
        ),
    )


AZURE_PARTS = (
    "connections",
    "local_gateways",
    "public_addresses",
    "virtual_network",
    "security_groups",
    "route_tables",
    "peers",
    "learned_routes",
    "advertised_routes",
    "fingerprints",
)


AZURE_NETWORK_PARTS = ("virtual_network", "security_groups", "route_tables", "public_addresses")


def azure_reading(raw: object) -> AzureReading | None:
    """:returns: None where Azure was not read at all"""
    if not isinstance(raw, Mapping):
        return None
    public = tuple(map(_public_address, entries(raw, "public_addresses")))
    local = tuple(map(_local_gateway, entries(raw, "local_gateways")))
    gateway, vnet = at(raw, "gateway"), at(raw, "virtual_network")
    unread = unread_parts(raw, AZURE_PARTS)
    if gateway is None:
        unread |= dict.fromkeys(AZURE_NETWORK_PARTS, "without the gateway nothing says where its network is")
        if "gateway" in unread:
            unread |= dict.fromkeys(("peers", "learned_routes", "advertised_routes"), unread["gateway"])
    told = at(raw, "advertised_routes")
    prints = at(raw, "fingerprints")
    return AzureReading(
        gateway=_azure_gateway(gateway, public) if isinstance(gateway, Mapping) else None,
        connections=tuple(_azure_connection(one, local) for one in entries(raw, "connections")),
        local_gateways=local,
        public_addresses=public,
        network=_azure_network(vnet) if isinstance(vnet, Mapping) else None,
        security_groups=tuple(map(_security_group, entries(raw, "security_groups"))),
        route_tables=tuple(map(_azure_route_table, entries(raw, "route_tables"))),
        advertised={
            str(peer): tuple(text(one, "network") for one in entries({"routes": routes}, "routes"))
            for peer, routes in (told.items() if isinstance(told, Mapping) else ())
            if isinstance(routes, list)
        },
        fingerprints=prints_of(prints),
        status=status_of(at(raw, "status"), "azure"),
        unread=unread,
    )
