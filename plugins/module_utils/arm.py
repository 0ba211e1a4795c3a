# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Resource Manager's JSON, without any network: what we wish, what is there, and what to send.

A *wish* holds only what somebody asked for; None means "leave alone". `*_change(wish, existing)` lays the wish over a
copy of what is there, less what is read-only, so that a PUT never drops a property that we do not manage. What differs
is told by comparing the two copies' *views* (our words, no secrets). What Azure cannot do in place, or what would take
tunnels down, comes back as a `Refusal`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import consent
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.consent import INTERRUPT, RECREATE

Json = dict[str, Any]

PROVIDER = "Microsoft.Network"
GATEWAYS = "virtualNetworkGateways"
LOCAL_GATEWAYS = "localNetworkGateways"
CONNECTIONS = "connections"
PUBLIC_IPS = "publicIPAddresses"
VNETS = "virtualNetworks"
NSGS = "networkSecurityGroups"
ROUTE_TABLES = "routeTables"

PLANNED = "planned:"
OWNER_TAG = "s2s_vpn:id"
LINK_TAG = "s2s_vpn:link"
#: On the gateway and addresses of a link: the adopted VNet whose GatewaySubnet the link has made. Subnets have no tags.
GATEWAY_SUBNET_TAG = "s2s_vpn:gateway_subnet"
_ROUTE_NAMES = re.compile(r"to-aws(-[0-9.]+-[0-9]+)?", re.IGNORECASE)

SKUS = ("VpnGw1AZ", "VpnGw2AZ", "VpnGw3AZ", "VpnGw4AZ", "VpnGw5AZ")  # (MS, VPN Gateway SKU consolidation)
GENERATION2_ONLY = SKUS[3:]  # (MS, About gateway SKUs)

# What Azure answers and does not take back. Some are in no published schema and only seen in answers.
_READ_ONLY = frozenset(
    {
        "etag", "provisioningState", "resourceGuid",
        "defaultBgpIpAddresses", "tunnelIpAddresses", "privateIPAddress", "inboundDnsForwardingEndpoint",
        "connectionStatus", "tunnelConnectionStatus", "ingressBytesTransferred", "egressBytesTransferred", "sharedKey",
        "packetCaptureDiagnosticState", "isMigrateToCSES", "authenticationType", "vpnClientConnectionHealth",
    }
)  # fmt: skip
_READ_ONLY_SUBNET = frozenset(
    {
        "ipConfigurations", "ipConfigurationProfiles", "privateEndpoints", "purpose",
        "resourceNavigationLinks", "serviceAssociationLinks",
    }
)  # fmt: skip
_SECRET = frozenset({"sharedKey", "authorizationKey"})
_ENVELOPE = frozenset({"id", "name", "type", "etag"})


# --- names ----------------------------------------------------------------------------------------


def resource_id(subscription: str, group: str, kind: str, name: str, provider: str = PROVIDER) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{provider}/{kind}/{name}"


def same(one: str | None, other: str | None) -> bool:
    """ARM's ids and names differ in letter case from answer to answer and mean the same."""
    return (one or "").rstrip("/").lower() == (other or "").rstrip("/").lower()


def route_name(cidr: str = "") -> str:
    """What the link calls its route to the VPC in its route table, and one to a further range of it."""
    return f"to-aws-{cidr.replace('/', '-')}" if cidr else "to-aws"


def is_own_route(name: str) -> bool:
    return _ROUTE_NAMES.fullmatch(name) is not None


def group_of(identifier: str) -> str:
    """The path of the resource group that a resource is in: `/subscriptions/<id>/resourceGroups/<name>`."""
    return "/".join(identifier.split("/")[:5])


def name_of(identifier: str) -> str:
    return identifier.rstrip("/").rsplit("/", 1)[-1]


def kind_of(identifier: str) -> str:
    """`Microsoft.Network/virtualNetworks/subnets` of a subnet's id; "" of something else."""
    _unused, _also, tail = identifier.partition("/providers/")
    parts = tail.strip("/").split("/")
    return "/".join(parts[:1] + parts[1::2]) if len(parts) >= 3 else ""


def is_planned(value: str | None) -> bool:
    return bool(value) and str(value).startswith(PLANNED)


def planned(name: str) -> str:
    return f"{PLANNED}{name}"


def same_location(one: str | None, other: str | None) -> bool:
    """`West Europe` and `westeurope` are one place."""
    return (one or "").replace(" ", "").lower() == (other or "").replace(" ", "").lower()


# --- states ---------------------------------------------------------------------------------------


def state_of(resource: Mapping[str, Any]) -> str:
    return str(resource.get("properties", {}).get("provisioningState", "Succeeded"))


def is_busy(resource: Mapping[str, Any]) -> bool:
    """Azure is still working on it; what it shows now is not what it will be."""
    return state_of(resource).lower() not in {"succeeded", "failed", "canceled"}


def is_deleting(resource: Mapping[str, Any]) -> bool:
    return state_of(resource).lower() == "deleting"


def has_failed(resource: Mapping[str, Any]) -> bool:
    return state_of(resource).lower() in {"failed", "canceled"}


# --- read, merge, write ---------------------------------------------------------------------------


def writable(resource: Mapping[str, Any], also: Iterable[str] = ()) -> Json:
    """A copy that can be sent back: everything, less what is read-only (`also` names more of it)."""
    dropped = _READ_ONLY.union(also)
    return {key: _stripped(value, dropped) for key, value in resource.items() if key not in _ENVELOPE}


def writable_subnet(subnet: Mapping[str, Any]) -> Json:
    return writable(subnet, _READ_ONLY_SUBNET)


def _stripped(value: Any, dropped: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_stripped(item, dropped) for item in value]
    if not isinstance(value, dict):
        return deepcopy(value)
    # A child resource has a `type` that Azure gave it; a NAT rule's properties have one that the user gave.
    child = "id" in value and "properties" in value
    return {
        key: _stripped(item, dropped)
        for key, item in value.items()
        if key not in dropped and not (child and key == "type")
    }


def without_key(connection: Mapping[str, Any]) -> Json:
    """A copy that may be shown."""
    shown = {name: value for name, value in connection["properties"].items() if name not in _SECRET}
    return {**connection, "properties": shown}


def without_empty(body: Any, member: str) -> Any:
    """A copy of the body without this member wherever it holds nothing."""
    if isinstance(body, list):
        return [without_empty(item, member) for item in body]
    if not isinstance(body, dict):
        return body
    return {key: without_empty(value, member) for key, value in body.items() if key != member or value}


def merged_tags(existing: Mapping[str, str] | None, wanted: Mapping[str, Any] | None) -> dict[str, str]:
    """Azure's tags are texts; YAML's numbers and booleans become such."""
    return {**(existing or {}), **{key: str(value) for key, value in (wanted or {}).items()}}


def carries(resource: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    has = resource.get("tags") or {}
    return all(has.get(key) == value for key, value in tags.items())


@dataclass(frozen=True)
class Refusal:
    """A change that is not made. `consent` is the word that allows it, "" if nothing does."""

    problem: str
    remedy: str
    consent: str = ""

    def __str__(self) -> str:
        return f"{self.problem}. {self.remedy}"


@dataclass(frozen=True)
class Change:
    """`body` is what to PUT, `before` and `after` the difference in our words. An unchanged one has no body."""

    body: Json | None
    before: Json
    after: Json
    refusals: tuple[Refusal, ...] = ()

    @property
    def changed(self) -> bool:
        return self.body is not None

    def refused(self, consents: Iterable[str]) -> list[Refusal]:
        given = set(consents)
        return [one for one in self.refusals if one.consent not in given]

    def replaces(self, consents: Iterable[str]) -> bool:
        return RECREATE in set(consents) and any(one.consent == RECREATE for one in self.refusals)


def change_between(
    existing: Mapping[str, Any] | None, body: Json, before: Json, after: Json, refusals: Sequence[Refusal] = ()
) -> Change:
    # A failed resource is repaired by sending it again, even if nothing differs.
    if existing is not None and before == after and not has_failed(existing):
        return Change(None, {}, {}, tuple(refusals))
    if existing is not None and has_failed(existing):
        before = {**before, "provisioning_state": state_of(existing)}
        after = {**after, "provisioning_state": "Succeeded"}
    keys = [key for key in after if existing is None or before.get(key) != after[key]]
    return Change(
        body,
        {} if existing is None else {key: before.get(key) for key in keys},
        {key: after[key] for key in keys},
        tuple(refusals),
    )


def _put_unless_same(target: Json, key: str, value: Any) -> None:
    """Set what is wished, keeping Azure's own spelling where it means the same."""
    if value is None:
        return
    old = target.get(key)
    if isinstance(old, str) and isinstance(value, str) and same(old, value):
        return
    if isinstance(value, (list, tuple)):
        if sorted(old or []) != sorted(value) or old is None:
            target[key] = list(value)
        return
    target[key] = value


def _replacing(what: str, existing: str, wanted: str, how: str, why: str = "") -> Refusal:
    return Refusal(
        f"{what} is {existing} and cannot be changed to {wanted} in place{why and f': {why}'}",
        f"{how} {consent.how(RECREATE)}, or ask for what is there.",
        RECREATE,
    )


# --- virtual network gateway ----------------------------------------------------------------------


@dataclass(frozen=True)
class Instance:
    """One IP configuration of the gateway; both ids are full ids."""

    ip_configuration: str | None = None
    public_ip_id: str | None = None
    apipa_addresses: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ApipaUse:
    """The APIPA addresses that connections of the gateway name: those of the owner, and those of others."""

    own: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


@dataclass(frozen=True)
class GatewayWish:
    location: str | None = None
    sku: str | None = None
    active_active: bool | None = None
    bgp: bool | None = None
    asn: int | None = None
    subnet_id: str | None = None
    instances: tuple[Instance, ...] | None = None
    tags: Mapping[str, str] | None = None
    keep_apipa: bool = False
    apipa_use: ApipaUse | None = None  # None: nobody has looked, and what is not wished for goes

    def missing_for_creation(self) -> list[str]:
        names = {"location": self.location, "sku": self.sku, "vnet_name or subnet_id": self.subnet_id}
        missing = [name for name, value in names.items() if not value]
        if not self.instances:
            missing.append("instances")
        elif any(not one.public_ip_id for one in self.instances):
            missing.append("instances[].public_ip_name or public_ip_id")
        return missing


_REBUILD_GATEWAY = "The gateway and its connections are deleted and the gateway is made again, most of an hour."


def gateway_change(gateway_id: str, wish: GatewayWish, existing: Mapping[str, Any] | None) -> Change:
    """What to PUT for this wish. Compare only a gateway that is not busy: a busy one hides ASN and addresses (REC)."""
    if existing is None:
        body = new_gateway(gateway_id, wish)
        return change_between(None, body, {}, gateway_view(body))
    body = writable(existing, {"bgpPeeringAddress"})  # refused when echoed (MS, azurerm#916)
    _drop_unused_clients(body["properties"])
    before = gateway_view(body)
    refusals = _lay_gateway(body, gateway_id, wish)
    after = gateway_view(body)
    return change_between(existing, body, before, after, [*refusals, *_interruptions(before, after)])


def _drop_unused_clients(properties: Json) -> None:
    """A gateway that is not made yet shows protocols of point-to-site that nobody asked for (REC): not to be sent."""
    clients = properties.get("vpnClientConfiguration") or {}
    if not any(value for name, value in clients.items() if name != "vpnClientProtocols"):
        properties.pop("vpnClientConfiguration", None)


def new_gateway(gateway_id: str, wish: GatewayWish) -> Json:
    """The body that makes the gateway complete in one PUT (a later update costs minutes more)."""
    instances = wish.instances or ()
    active_active = len(instances) > 1 if wish.active_active is None else wish.active_active
    names = [one.ip_configuration or f"ipconfig{index}" for index, one in enumerate(instances, 1)]
    properties: Json = {
        "gatewayType": "Vpn",
        "vpnType": "RouteBased",
        "sku": {"name": wish.sku, "tier": wish.sku},
        "activeActive": active_active,
        "enableBgp": bool(wish.bgp),
        "ipConfigurations": [
            _ip_configuration(name, one.public_ip_id, wish.subnet_id)
            for name, one in zip(names, instances, strict=True)
        ],
    }
    if wish.sku in GENERATION2_ONLY:
        # Where none is named, no source shows what these get; VpnGw1 and 2 get Generation1 (REC).
        properties["vpnGatewayGeneration"] = "Generation2"
    if wish.bgp:
        properties["bgpSettings"] = {
            "bgpPeeringAddresses": [
                _peering(f"{gateway_id}/ipConfigurations/{name}", one.apipa_addresses or ())
                for name, one in zip(names, instances, strict=True)
            ]
        }
        if wish.asn is not None:
            properties["bgpSettings"]["asn"] = wish.asn
    return {"location": wish.location, "tags": merged_tags(None, wish.tags), "properties": properties}


def _ip_configuration(name: str, public_ip_id: str | None, subnet_id: str | None) -> Json:
    return {
        "name": name,
        "properties": {
            "privateIPAllocationMethod": "Dynamic",
            "publicIPAddress": {"id": public_ip_id},
            "subnet": {"id": subnet_id},
        },
    }


def _peering(ip_configuration_id: str, addresses: Iterable[str]) -> Json:
    return {"ipconfigurationId": ip_configuration_id, "customBgpIpAddresses": list(addresses)}


def gateway_view(gateway: Mapping[str, Any]) -> Json:
    """What we manage of it, for comparing and for people."""
    properties = gateway.get("properties", {})
    bgp = properties.get("bgpSettings") or {}
    return {
        "sku": properties.get("sku", {}).get("name"),
        "active_active": bool(properties.get("activeActive")),
        "bgp": bool(properties.get("enableBgp")),
        "asn": bgp.get("asn") or None,  # one that was never finished shows 0
        "instances": [
            {
                "ip_configuration": one["name"],
                "public_ip": name_of(one["properties"].get("publicIPAddress", {}).get("id") or ""),
                "apipa_addresses": sorted(_peering_of(bgp, one["name"]).get("customBgpIpAddresses") or []),
            }
            for one in properties.get("ipConfigurations", [])
        ],
        "tags": dict(gateway.get("tags") or {}),
    }


def _peering_of(bgp: Mapping[str, Any], ip_configuration: str) -> Json:
    for entry in bgp.get("bgpPeeringAddresses") or []:
        if same(name_of(entry.get("ipconfigurationId", "")), ip_configuration):
            return entry
    return {}


def _lay_gateway(body: Json, gateway_id: str, wish: GatewayWish) -> list[Refusal]:
    """Lay the wish over a copy of what is there."""
    properties: Json = body["properties"]
    refusals = []
    kind = f"{properties.get('gatewayType')}/{properties.get('vpnType')}"
    if not same(kind, "Vpn/RouteBased"):
        refusals.append(_replacing("The gateway's type", kind, "Vpn/RouteBased", _REBUILD_GATEWAY))
    if wish.location and not same_location(body.get("location"), wish.location):
        refusals.append(_replacing("The location", str(body.get("location")), wish.location, _REBUILD_GATEWAY))
    refusals.extend(_lay_sku(properties, wish.sku))
    _put_unless_same(properties, "activeActive", wish.active_active)
    _put_unless_same(properties, "enableBgp", wish.bgp)
    refusals.extend(_lay_instances(properties, gateway_id, wish))
    if wish.asn is not None:
        properties.setdefault("bgpSettings", {})["asn"] = wish.asn
    body["tags"] = merged_tags(body.get("tags"), wish.tags)
    return refusals


def _lay_sku(properties: Json, wanted: str | None) -> list[Refusal]:
    sku = properties.setdefault("sku", {})
    sku.pop("capacity", None)  # read-only (MS, VirtualNetworkGatewaySku)
    present = str(sku.get("name"))
    if wanted is None or same(present, wanted):
        return []
    sku.update(name=wanted, tier=wanted)
    why = ""
    if present in SKUS and wanted in SKUS and SKUS.index(wanted) > SKUS.index(present):
        # An upgrade is made in place, about 45 minutes, within a generation only (MS, Upgrade a VPN Gateway SKU).
        if not (wanted in GENERATION2_ONLY and same(properties.get("vpnGatewayGeneration"), "Generation1")):
            return []
        why = f"the gateway is of Generation1, and {wanted} exists in Generation2 only"
    return [_replacing("The SKU", present, wanted, _REBUILD_GATEWAY, why)]


def _lay_instances(properties: Json, gateway_id: str, wish: GatewayWish) -> list[Refusal]:
    configurations: list[Json] = properties.setdefault("ipConfigurations", [])
    subnets = {one["properties"].get("subnet", {}).get("id") for one in configurations}
    refusals = [
        _replacing("The gateway's subnet", str(subnet), wish.subnet_id, _REBUILD_GATEWAY)
        for subnet in sorted(filter(None, subnets))
        if wish.subnet_id and not same(subnet, wish.subnet_id)
    ]
    matched = []
    for index, one in enumerate(wish.instances or (), 1):
        found = _configuration_of(configurations, one, index)
        if found is None:
            found = _ip_configuration(one.ip_configuration or f"ipconfig{index}", one.public_ip_id, wish.subnet_id)
            found["properties"]["subnet"] = {"id": wish.subnet_id or next(iter(subnets), None)}
            configurations.append(found)
        address = found["properties"].get("publicIPAddress", {}).get("id")
        if one.public_ip_id and not same(address, one.public_ip_id):
            refusals.append(
                _replacing(
                    f"The public address of {found['name']}", name_of(address or ""), name_of(one.public_ip_id),
                    _REBUILD_GATEWAY,
                )
            )  # fmt: skip
        matched.append(found["name"])
        if one.apipa_addresses is not None:
            _lay_apipa(properties, gateway_id, found["name"], one.apipa_addresses, wish)
    if wish.active_active is False and len(configurations) > len(matched) >= 1:
        properties["ipConfigurations"] = [one for one in configurations if one["name"] in matched]
        bgp = properties.get("bgpSettings") or {}
        if "bgpPeeringAddresses" in bgp:
            bgp["bgpPeeringAddresses"] = [
                one for one in bgp["bgpPeeringAddresses"] if name_of(one["ipconfigurationId"]) in matched
            ]
    return refusals


def _configuration_of(configurations: Sequence[Json], wish: Instance, number: int) -> Json | None:
    """By its public address, so that somebody else's names of IP configurations do; else by its name.

    Where neither is said, the first instance is the first IP configuration, and so on: a gateway of somebody else's.
    """
    if not wish.public_ip_id and not wish.ip_configuration:
        return configurations[number - 1] if number <= len(configurations) else None
    for one in configurations:
        if wish.public_ip_id and same(one["properties"].get("publicIPAddress", {}).get("id"), wish.public_ip_id):
            return one
    for one in configurations:
        if wish.ip_configuration and same(one["name"], wish.ip_configuration):
            return one
    return None


def _lay_apipa(
    properties: Json, gateway_id: str, ip_configuration: str, addresses: tuple[str, ...], wish: GatewayWish
) -> None:
    bgp = properties.setdefault("bgpSettings", {})
    entry = _peering_of(bgp, ip_configuration)
    if not entry:
        if not addresses:
            return
        entry = _peering(f"{gateway_id}/ipConfigurations/{ip_configuration}", ())
        bgp.setdefault("bgpPeeringAddresses", []).append(entry)
    there = entry.get("customBgpIpAddresses") or ()
    kept = tuple(one for one in there if wish.keep_apipa or one in addresses or _stays(one, wish))
    _put_unless_same(entry, "customBgpIpAddresses", (*kept, *(one for one in addresses if one not in kept)))


def _stays(address: str, wish: GatewayWish) -> bool:
    """Whether an address stays at an instance where it is not wished for.

    One that nobody uses does: a link that has adopted the gateway adds its addresses before its connections, and leaves
    them when it goes. If it is wished for at the other instance it moves, as Azure takes no address twice.
    """
    if wish.apipa_use is None:
        return False
    moves = any(address in (one.apipa_addresses or ()) for one in wish.instances or ())
    return address in wish.apipa_use.others or not (moves or address in wish.apipa_use.own)


def apipa_use(gateway_id: str, connections: Iterable[Mapping[str, Any]], tags: Mapping[str, str]) -> ApipaUse:
    """Who uses which APIPA address of the gateway: its owner, by these tags, or others."""
    owner = {key: value for key, value in tags.items() if key in (LINK_TAG, OWNER_TAG)}
    own: set[str] = set()
    others: set[str] = set()
    for one in connections:
        if same(one["properties"].get("virtualNetworkGateway1", {}).get("id"), gateway_id):
            addresses = one["properties"].get("gatewayCustomBgpIpAddresses") or ()
            user = own if owner and carries(one, owner) else others
            user.update(each["customBgpIpAddress"] for each in addresses)
    return ApipaUse(frozenset(own), frozenset(others))


def _interruptions(before: Json, after: Json) -> list[Refusal]:
    """What ends every BGP session or tunnel of the gateway while it is changed (EXP: Microsoft states no durations)."""
    found = []
    for key, words in {"active_active": "active/active", "bgp": "BGP", "asn": "the ASN"}.items():
        if before[key] != after[key] and before[key] is not None:
            found.append(f"changing {words} from {before[key]} to {after[key]}")
    kept = {address for one in after["instances"] for address in one["apipa_addresses"]}
    gone = [address for one in before["instances"] for address in one["apipa_addresses"] if address not in kept]
    if gone:
        found.append(f"taking away the BGP address {', '.join(gone)}")
    return [
        Refusal(
            f"{text[0].upper()}{text[1:]} interrupts the tunnels that use it",
            f"{consent.how(INTERRUPT)}.",
            INTERRUPT,
        )
        for text in found
    ]


def gateway_facts(gateway: Mapping[str, Any]) -> Json:
    """The shape that `azure_vpn_gateway` returns. A busy gateway shows neither ASN nor addresses: None and [] then."""
    properties = gateway.get("properties", {})
    bgp = properties.get("bgpSettings") or {}
    own = gateway.get("id") or planned(str(gateway.get("name", "")))
    return {
        "id": own,
        "name": gateway.get("name") or name_of(own),
        "location": gateway.get("location"),
        "provisioning_state": state_of(gateway),
        "sku": properties.get("sku", {}).get("name"),
        "active_active": bool(properties.get("activeActive")),
        "bgp": bool(properties.get("enableBgp")),
        "asn": bgp.get("asn") or None,
        "tags": dict(gateway.get("tags") or {}),
        "instances": [
            _instance_facts(index, one, _peering_of(bgp, one["name"]))
            for index, one in enumerate(properties.get("ipConfigurations", []))
        ],
    }


def _instance_facts(index: int, configuration: Mapping[str, Any], peering: Mapping[str, Any]) -> Json:
    return {
        "index": index,
        "ip_configuration": configuration["name"],
        "ip_configuration_id": configuration.get("id") or planned(configuration["name"]),
        "public_ip_id": configuration["properties"].get("publicIPAddress", {}).get("id"),
        "public_ip_address": next(iter(peering.get("tunnelIpAddresses") or []), None),
        "default_bgp_address": next(iter(peering.get("defaultBgpIpAddresses") or []), None),
        "apipa_addresses": sorted(peering.get("customBgpIpAddresses") or []),
    }


def predicted_gateway(name: str, body: Mapping[str, Any], existing: Mapping[str, Any] | None) -> Json:
    """The facts of a gateway as it will be. One that does not exist yet has `planned:` ids."""
    if existing is None:
        properties = {**body["properties"], "provisioningState": "Planned"}
        return gateway_facts({**body, "name": name, "properties": properties})
    facts = gateway_facts({**existing, **body, "properties": {**existing["properties"], **body["properties"]}})
    shown = {one["ip_configuration"]: one for one in gateway_facts(existing)["instances"]}
    for one in facts["instances"]:
        for key in ("public_ip_address", "default_bgp_address"):
            one[key] = shown.get(one["ip_configuration"], {}).get(key)
    return facts


def planned_gateway(name: str) -> Json:
    """The facts of a gateway of which only the name is known."""
    return gateway_facts({"name": name, "properties": {"provisioningState": "Planned"}})


# --- local network gateways -----------------------------------------------------------------------


@dataclass(frozen=True)
class LocalGatewayWish:
    name: str
    gateway_ip_address: str | None = None
    address_prefixes: tuple[str, ...] | None = None
    asn: int | None = None
    bgp_peering_address: str | None = None


def local_gateway_change(
    wish: LocalGatewayWish, location: str | None, tags: Mapping[str, str] | None, existing: Mapping[str, Any] | None
) -> Change:
    body = writable(existing) if existing else {"location": location, "tags": {}, "properties": {}}
    before = local_gateway_view(body)
    refusals = []
    if existing and location and not same_location(body.get("location"), location):
        how = f"Delete {wish.name} and its connection, and run it again."
        refusals.append(Refusal(f"{wish.name} is in {body.get('location')}, not in {location}", how))
    properties = body["properties"]
    if wish.gateway_ip_address:
        properties.pop("fqdn", None)  # Azure takes one or the other
        _put_unless_same(properties, "gatewayIpAddress", wish.gateway_ip_address)
    space = properties.setdefault("localNetworkAddressSpace", {})
    _put_unless_same(space, "addressPrefixes", wish.address_prefixes if existing else wish.address_prefixes or ())
    if wish.asn is not None or wish.bgp_peering_address:
        bgp = properties.setdefault("bgpSettings", {})
        _put_unless_same(bgp, "asn", wish.asn)
        _put_unless_same(bgp, "bgpPeeringAddress", wish.bgp_peering_address)
    body["tags"] = merged_tags(body.get("tags"), tags)
    return change_between(existing, body, before, local_gateway_view(body), refusals)


def local_gateway_view(local_gateway: Mapping[str, Any]) -> Json:
    properties = local_gateway.get("properties", {})
    bgp = properties.get("bgpSettings") or {}
    return {
        "gateway_ip_address": properties.get("gatewayIpAddress"),
        "address_prefixes": sorted((properties.get("localNetworkAddressSpace") or {}).get("addressPrefixes") or []),
        "asn": bgp.get("asn"),
        "bgp_peering_address": bgp.get("bgpPeeringAddress"),
        "tags": dict(local_gateway.get("tags") or {}),
    }


def local_gateway_facts(local_gateway: Mapping[str, Any]) -> Json:
    return {
        "id": local_gateway.get("id") or planned(str(local_gateway.get("name", ""))),
        "name": local_gateway.get("name"),
        "location": local_gateway.get("location"),
        "provisioning_state": state_of(local_gateway),
        **local_gateway_view(local_gateway),
    }


# --- public addresses -----------------------------------------------------------------------------


@dataclass(frozen=True)
class PublicAddressWish:
    name: str
    zones: tuple[str, ...] | None = None


def public_address_change(
    wish: PublicAddressWish, location: str | None, tags: Mapping[str, str] | None, existing: Mapping[str, Any] | None
) -> Change:
    """A VPN gateway takes Standard static addresses only (MS, VPN Gateway settings: Basic IPs retire)."""
    if existing:
        body = writable(existing, ("ipConfiguration",))
    else:
        static = {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4"}
        body = {"location": location, "sku": {"name": "Standard"}, "tags": {}, "properties": static}
        if wish.zones:
            body["zones"] = list(wish.zones)
    before = public_address_view(body)
    wanted: Json = {"sku": "Standard", "allocation_method": "Static"}
    if wish.zones is not None:
        wanted["zones"] = sorted(wish.zones)
    refusals = [
        Refusal(
            f"{wish.name} has {option} {before[option]!r}, not {value!r}, which is fixed once it exists",
            "Ask for another name, or delete the address if nothing uses it.",
        )
        for option, value in wanted.items()
        if before[option] != value
    ]
    if location and not same_location(body.get("location"), location):
        how = "Ask for another name, or delete the address if nothing uses it."
        refusals.append(Refusal(f"{wish.name} is in {body.get('location')}, not in {location}", how))
    body["tags"] = merged_tags(body.get("tags"), tags)
    return change_between(existing, body, before, public_address_view(body), refusals)


def public_address_view(address: Mapping[str, Any]) -> Json:
    properties = address.get("properties", {})
    return {
        "sku": (address.get("sku") or {}).get("name"),
        "allocation_method": properties.get("publicIPAllocationMethod"),
        "zones": sorted(address.get("zones") or []),
        "tags": dict(address.get("tags") or {}),
    }


def public_address_facts(address: Mapping[str, Any]) -> Json:
    return {
        "id": address.get("id") or planned(str(address.get("name", ""))),
        "name": address.get("name"),
        "location": address.get("location"),
        "provisioning_state": state_of(address),
        "ip_address": address.get("properties", {}).get("ipAddress"),
        **{key: value for key, value in public_address_view(address).items() if key in ("zones", "tags")},
    }


# --- connections ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class IpsecPolicy:
    """All or nothing, in Azure's words (MS, IpsecPolicy)."""

    ike_encryption: str
    ike_integrity: str
    dh_group: str
    ipsec_encryption: str
    ipsec_integrity: str
    pfs_group: str
    sa_lifetime_seconds: int
    sa_data_size_kilobytes: int


_POLICY_NAMES = {
    "ike_encryption": "ikeEncryption",
    "ike_integrity": "ikeIntegrity",
    "dh_group": "dhGroup",
    "ipsec_encryption": "ipsecEncryption",
    "ipsec_integrity": "ipsecIntegrity",
    "pfs_group": "pfsGroup",
    "sa_lifetime_seconds": "saLifeTimeSeconds",
    "sa_data_size_kilobytes": "saDataSizeKilobytes",
}


@dataclass(frozen=True)
class ConnectionWish:
    """`custom_bgp_addresses` are pairs of IP configuration id and address, one for each instance of the gateway."""

    name: str
    gateway_id: str
    local_gateway_id: str | None = None
    enable_bgp: bool | None = None
    custom_bgp_addresses: tuple[tuple[str, str], ...] | None = None
    ipsec_policy: IpsecPolicy | None = None
    protocol: str | None = None
    mode: str | None = None
    dpd_seconds: int | None = None


_REBUILD_CONNECTION = "The connection is deleted and made again, which takes its tunnel down for a minute or two."


def connection_change(
    wish: ConnectionWish, location: str | None, tags: Mapping[str, str] | None, existing: Mapping[str, Any] | None
) -> Change:
    """What to PUT; the key is never part of it, whoever sends the body adds `properties.sharedKey`."""
    refusals: list[Refusal] = []
    if existing is None:
        body: Json = {
            "location": location,
            "tags": {},
            "properties": {
                "connectionType": "IPsec",
                "virtualNetworkGateway1": {"id": wish.gateway_id},
                "localNetworkGateway2": {"id": wish.local_gateway_id},
            },
        }
        before: Json = {}
    else:
        body = writable(existing)
        before = connection_view(body)
        refusals = _fixed_in_connection(wish, body)
    _lay_connection(body, wish, tags)
    return change_between(existing, body, before, connection_view(body), refusals)


#: These name parts of the gateway that the connection is of.
_OF_ITS_GATEWAY = ("gatewayCustomBgpIpAddresses", "ingressNatRules", "egressNatRules")


def connection_rebuild(
    wish: ConnectionWish, location: str | None, tags: Mapping[str, str] | None, existing: Mapping[str, Any]
) -> Change:
    """What to PUT once the old connection is deleted: all of it that is not asked for otherwise, its key apart."""
    body = writable(existing)
    before = {**_fixed_view(existing), **connection_view(body)}
    if location and not same_location(body.get("location"), location):
        body["location"] = location
    properties = body["properties"]
    if not same(properties.get("connectionType"), "IPsec"):
        properties = body["properties"] = {"connectionType": "IPsec"}  # what another type has does not fit
    if not same((properties.get("virtualNetworkGateway1") or {}).get("id"), wish.gateway_id):
        for member in _OF_ITS_GATEWAY:
            properties.pop(member, None)
        properties["virtualNetworkGateway1"] = {"id": wish.gateway_id}
    _lay_connection(body, wish, tags)
    change = change_between(existing, body, before, {**_fixed_view(body), **connection_view(body)})
    return replace(change, body=body)


def _fixed_view(connection: Mapping[str, Any]) -> Json:
    """What only a new connection can have otherwise, and `connection_view` has not."""
    properties = connection["properties"]
    return {
        "location": connection.get("location"),
        "type": properties.get("connectionType"),
        "gateway_name": name_of((properties.get("virtualNetworkGateway1") or {}).get("id") or ""),
    }


def _lay_connection(body: Json, wish: ConnectionWish, tags: Mapping[str, str] | None) -> None:
    """Lay the wish over a copy of what is there."""
    properties = body["properties"]
    _put_unless_same(properties, "connectionProtocol", wish.protocol)
    if wish.local_gateway_id and not same(properties.get("localNetworkGateway2", {}).get("id"), wish.local_gateway_id):
        properties["localNetworkGateway2"] = {"id": wish.local_gateway_id}
    _put_unless_same(properties, "enableBgp", wish.enable_bgp)
    _put_unless_same(properties, "connectionMode", wish.mode)
    _put_unless_same(properties, "dpdTimeoutSeconds", wish.dpd_seconds)
    if wish.ipsec_policy is not None and not _same_policy(properties.get("ipsecPolicies"), wish.ipsec_policy):
        properties["ipsecPolicies"] = [{_POLICY_NAMES[key]: value for key, value in asdict(wish.ipsec_policy).items()}]
    if wish.custom_bgp_addresses is not None:
        present = properties.get("gatewayCustomBgpIpAddresses") or []
        if _pairs(present) != {(one.lower(), address) for one, address in wish.custom_bgp_addresses}:
            properties["gatewayCustomBgpIpAddresses"] = [
                {"ipConfigurationId": one, "customBgpIpAddress": address} for one, address in wish.custom_bgp_addresses
            ]
    body["tags"] = merged_tags(body.get("tags"), tags)


#: Changes of these leave IKE and BGP alone; every other one starts IKE anew (MS, IPsec/IKE policy FAQ).
_QUIET = {"tags", "provisioning_state"}


def interruption(changes: Iterable[tuple[Change, Mapping[str, Any] | None]]) -> tuple[Refusal, ...]:
    """Refuses to change connections in place that carry traffic, where none of them would stay up.

    :param changes: of every connection of a gateway to one partner, with what stands of it
    """
    up = [
        change
        for change, seen in changes
        if seen is not None and same((seen.get("properties") or {}).get("connectionStatus"), "Connected")
    ]
    cut = [change for change in up if not change.refusals and set(change.after) - _QUIET]
    if not cut or (len(cut) == 1 and len(up) > 1):
        return ()
    settings = sorted({name for change in cut for name in set(change.after) - _QUIET})
    return (
        Refusal(
            f"{', '.join(settings)} of {len(cut)} connections would change at once, of {len(up)} that are up,"
            " and a change takes the tunnel down",
            f"Have change_tunnels.yml do it, one tunnel after the other. {consent.how(INTERRUPT)}, or ask for what is"
            " there.",
            INTERRUPT,
        ),
    )


def _fixed_in_connection(wish: ConnectionWish, body: Mapping[str, Any]) -> list[Refusal]:
    properties = body["properties"]
    refusals = []
    kind = str(properties.get("connectionType"))
    if not same(kind, "IPsec"):
        refusals.append(_replacing(f"The type of {wish.name}", kind, "IPsec", _REBUILD_CONNECTION))
    protocol = str(properties.get("connectionProtocol"))
    if wish.protocol and not same(protocol, wish.protocol):  # immutable (MS, azurerm#27756)
        refusals.append(_replacing(f"The protocol of {wish.name}", protocol, wish.protocol, _REBUILD_CONNECTION))
    for key, wanted, what in (
        ("virtualNetworkGateway1", wish.gateway_id, "gateway"),
        ("localNetworkGateway2", wish.local_gateway_id, "local gateway"),  # EXP: no source says that it may change
    ):
        present = (properties.get(key) or {}).get("id") or ""
        if wanted and not same(present, wanted):
            refusals.append(
                _replacing(f"The {what} of {wish.name}", name_of(present), name_of(wanted), _REBUILD_CONNECTION)
            )
    return refusals


def _pairs(entries: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {(str(one.get("ipConfigurationId")).lower(), str(one.get("customBgpIpAddress"))) for one in entries}


def _same_policy(present: Sequence[Mapping[str, Any]] | None, wish: IpsecPolicy) -> bool:
    if not present or len(present) != 1:
        return False
    # DHGroup2048 is another name of DHGroup14 (MS, IPsec/IKE policy).
    alias = {"dhgroup2048": "dhgroup14"}

    def meaning(value: Any) -> str:
        word = str(value).lower()
        return alias.get(word, word)

    return all(meaning(present[0].get(_POLICY_NAMES[key])) == meaning(value) for key, value in asdict(wish).items())


def connection_view(connection: Mapping[str, Any]) -> Json:
    """What we manage of it, in our words; never a key."""
    properties = connection.get("properties", {})
    policies = properties.get("ipsecPolicies") or []
    return {
        "local_gateway": name_of((properties.get("localNetworkGateway2") or {}).get("id") or ""),
        "enable_bgp": bool(properties.get("enableBgp")),
        "protocol": properties.get("connectionProtocol"),
        "mode": properties.get("connectionMode"),
        "dpd_seconds": properties.get("dpdTimeoutSeconds"),
        "custom_bgp_addresses": sorted(
            (
                {"ip_configuration": name_of(one["ipConfigurationId"]), "address": one["customBgpIpAddress"]}
                for one in properties.get("gatewayCustomBgpIpAddresses") or []
            ),
            key=lambda one: (one["ip_configuration"], one["address"]),
        ),
        "ipsec_policy": {key: policies[0].get(name) for key, name in _POLICY_NAMES.items()} if policies else None,
        "tags": dict(connection.get("tags") or {}),
    }


def connection_facts(connection: Mapping[str, Any]) -> Json:
    properties = connection.get("properties", {})
    return {
        "id": connection.get("id") or planned(str(connection.get("name", ""))),
        "name": connection.get("name"),
        "provisioning_state": state_of(connection),
        "status": properties.get("connectionStatus", "Unknown"),
        **connection_view(connection),
    }


def ip_configuration_for(gateway: Mapping[str, Any], instance: int, address: str) -> str | None:
    """The id of the IP configuration that holds this APIPA address; failing that, the instance's by position."""
    properties = gateway.get("properties", {})
    for entry in (properties.get("bgpSettings") or {}).get("bgpPeeringAddresses") or []:
        if address in (entry.get("customBgpIpAddresses") or []):
            return entry.get("ipconfigurationId")
    configurations = properties.get("ipConfigurations", [])
    return configurations[instance].get("id") if instance < len(configurations) else None
