"""virtualNetworkGateways: the VPN gateway, its addresses, BGP and what it can be asked."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import override

from ..answers import Answer, Call
from ..cloud import Cloud, Use
from ..errors import network
from ..ids import parse
from ..invented import refuse
from ..store import Child, Json, Resource
from . import bgp, captures, clients
from .asn import refused_own
from .kind import Change, ChildKind, Kind, Look, begun, check_name, inner, link, reference, spelled
from .public_addresses import address_of, give_address, is_basic
from .virtual_networks import GATEWAY_SUBNET, networks

DEFAULT_ASN = 65515
APIPA = (ipaddress.IPv4Address("169.254.21.0"), ipaddress.IPv4Address("169.254.22.255"))

_SIZES = ("HighPerformance", "Standard", "Basic", "UltraPerformance")
_SKUS = tuple(f"VpnGw{n}{az}" for n in range(1, 6) for az in ("", "AZ"))
_CERTIFICATES = ("vpnClientRootCertificates", "vpnClientRevokedCertificates")
_CLIENT_LISTS = (
    *_CERTIFICATES,
    "vngClientConnectionConfigurations",
    "radiusServers",
    "vpnClientIpsecPolicies",
)
_PROTOCOLS = ("OpenVPN", "SSTP", "IkeV2")
"""In the order in which a finished gateway lists them (REC for the last two)."""

_NO_TRAFFIC = {"vpnClientConnectionsCount": 0, "totalIngressBytesTransferred": 0, "totalEgressBytesTransferred": 0}
_SINCE_2022_05 = ("allowRemoteVnetTraffic", "allowVirtualWanTraffic")
"""An older api-version does not see them, even where they are set (REC)."""

_ANSWERED = (
    "ipConfigurations",
    "sku",
    "bgpSettings",
    "vpnClientConfiguration",
    "virtualNetworkExtendedLocation",
    "inboundDnsForwardingEndpoint",
)


def configurations(resource: Resource) -> list[Json]:
    return list(resource.properties["ipConfigurations"])


def configuration_id(resource: Resource, name: str) -> str:
    return resource.child_id("ipConfigurations", name).path


def custom_addresses(resource: Resource, name: str) -> list[str]:
    """Custom BGP addresses of one IP configuration."""
    return list(resource.hidden["custom"].get(name.lower(), []))


def is_vpn(resource: Resource) -> bool:
    return bool(resource.properties["gatewayType"] == "Vpn")


def has_clients(resource: Resource) -> bool:
    return bool((resource.properties.get("vpnClientConfiguration") or {}).get("vpnClientAddressPool"))


class NatRules(ChildKind):
    """Kept and shown; nothing here translates addresses."""

    collection = "natRules"
    model = "VirtualNetworkGatewayNatRule"
    noun = "VirtualNetworkGatewayNatRule"
    duration = "gateway update"
    delete_duration = "gateway update"

    @override
    def fill(self, change: Change, name: str, properties: Json, old: Child | None) -> Child:
        return begun(name, {"type": "Static", "mode": "EgressSnat"} | properties, old)

    @override
    def show(self, look: Look, child: Child) -> Json:
        return dict(child.properties)


class Gateways(Kind):
    type = "Microsoft.Network/virtualNetworkGateways"
    model = "VirtualNetworkGateway"
    noun = "VirtualNetworkGateway"
    durations = {"create": "gateway create", "update": "gateway update", "delete": "gateway delete"}
    settles_at_once = False
    child_kinds = {"natRules": NatRules()}

    @override
    def fill(self, change: Change) -> None:
        draft, asked = change.draft, change.properties
        kept = {k: v for k, v in asked.items() if k not in (*_ANSWERED, *self.child_kinds)}
        kept.setdefault("gatewayType", "Vpn")
        kept.setdefault("vpnType", "RouteBased" if kept["gatewayType"] == "Vpn" else "PolicyBased")
        for name, default in (
            ("enablePrivateIpAddress", False),
            ("virtualNetworkGatewayPolicyGroups", []),
            ("enableBgpRouteTranslationForNat", False),
            ("disableIPSecReplayProtection", False),
            ("enableBgp", False),
            ("activeActive", False),
        ):
            kept.setdefault(name, default)
        kept["ipConfigurations"] = [_configuration(item) for item in asked.get("ipConfigurations") or []]
        sku = dict(asked.get("sku") or (change.old.properties.get("sku") if change.old else None) or {})
        if kept["gatewayType"] == "Vpn":
            name = spelled(str(sku.get("name") or "VpnGw1AZ"), (*_SKUS, *_SIZES))
            tier = spelled(str(sku.get("tier") or name), (*_SKUS, *_SIZES))
            kept["sku"] = {"name": name, "tier": tier, "capacity": 2}
            made = "Generation2" if _needs_generation2(name) else "Generation1"
            kept.setdefault(
                "vpnGatewayGeneration", change.old.properties["vpnGatewayGeneration"] if change.old else made
            )
        else:
            kept["vpnGatewayGeneration"] = "None"
            if sku.get("name"):
                kept["sku"] = {"name": sku["name"], "tier": sku.get("tier", sku["name"]), "capacity": 2}
        if asked.get("vpnClientConfiguration"):
            kept["vpnClientConfiguration"] = _clients(asked["vpnClientConfiguration"])
        draft.properties = kept
        self.fill_children(change, keep_absent=False)
        self._fill_bgp(change, asked.get("bgpSettings") or {})
        draft.hidden["creating"] = change.old is None
        self._check(change)

    # -- BGP

    def _fill_bgp(self, change: Change, settings: Json) -> None:
        draft, old = change.draft, change.old
        given = settings.get("bgpPeeringAddress")
        # a new gateway takes one and has its own in the end (azure-cli: vnet-gateway create --bgp-peering-address)
        if old is not None and given not in (None, old.hidden.get("bgpPeeringAddress", "")):
            raise network(
                400,
                "VirtualNetworkGatewayBgpPeeringAddressCannotBeModified",
                f"The BgpPeeringAddress for the virtual network gateway {change.path} cannot be modified",
            )
        asn = settings.get("asn", old.hidden.get("asn") if old else None)
        if asn is not None and refused_own(asn):
            raise refuse("gateway asn", asn=asn, id=change.path)
        draft.hidden["asn"] = asn
        draft.hidden["peerWeight"] = settings.get("peerWeight", 0)
        draft.hidden.setdefault("instances", {})
        custom: dict[str, list[str]] = {}
        known = {configuration_id(draft, c["name"]).lower(): c["name"].lower() for c in configurations(draft)}
        gone = [configuration_id(old, c["name"]).lower() for c in configurations(old)] if old else []
        for item in settings.get("bgpPeeringAddresses") or []:
            at = str(item.get("ipconfigurationId") or "")
            if at.lower() in known:
                custom[known[at.lower()]] = list(item.get("customBgpIpAddresses") or [])
            elif at.lower() not in gone:  # REC: what an update takes away may still be named
                raise refuse("peering ip configuration", configuration=at, id=change.path)
        draft.hidden["custom"] = custom
        self._check_custom(change, [a for addresses in custom.values() for a in addresses])

    def _check_custom(self, change: Change, addresses: list[str]) -> None:
        for address in addresses:
            try:
                inside = APIPA[0] <= ipaddress.IPv4Address(address) <= APIPA[1]
            except ValueError:
                inside = False
            if not inside:
                raise refuse("apipa range", address=address, id=change.path)
            if addresses.count(address) > 1:
                raise refuse("apipa twice", address=address, id=change.path)

    # -- rules

    def _check(self, change: Change) -> None:
        draft = change.draft
        if not change.body:
            return
        if change.old is not None:
            self._check_kept(change, change.old)
        if not is_vpn(draft):
            return
        self._check_sku(change)
        count, many = len(configurations(draft)), has_clients(draft)
        if draft.properties["activeActive"] and count != (3 if many else 2):
            raise _wrong_count(change.path, count, many)
        if not draft.properties["activeActive"] and count != 1:
            raise refuse("one ip configuration", id=change.path, count=count)
        for configuration in configurations(draft):
            self._check_subnet(change, configuration)
            self._check_address(change, configuration)
        self._check_same_addresses(change)

    def _check_kept(self, change: Change, old: Resource) -> None:
        for member in ("gatewayType", "vpnType", "vpnGatewayGeneration"):
            if old.properties[member] != change.draft.properties[member]:
                raise refuse("gateway immutable", what=member, id=change.path)
        if not is_vpn(old):
            return
        before, after = old.properties["sku"]["name"], change.draft.properties["sku"]["name"]
        if _rank(after) < _rank(before) or (before.endswith("AZ") and not after.endswith("AZ")):
            raise refuse("sku downgrade", id=change.path, old=before, new=after)
        subnets = {reference(c["properties"].get("subnet")).lower() for c in configurations(old)}
        if any(reference(c["properties"].get("subnet")).lower() not in subnets for c in configurations(change.draft)):
            raise refuse("gateway immutable", what="ipConfigurations.subnet", id=change.path)

    def _check_sku(self, change: Change) -> None:
        sku = change.draft.properties["sku"]["name"]
        if sku not in (*_SKUS, *_SIZES):
            raise network(
                400,
                "InvalidGatewaySize",
                "The specified gateway size is not valid, supported gateway sizes are "
                f"{','.join((*_SIZES[:2], *_SKUS))}.",
            )
        generation = change.draft.properties["vpnGatewayGeneration"]
        if generation == "Generation2" and re.match(r"VpnGw1", sku):
            raise network(
                400,
                "VirtualNetworkGatewaySkuCannotBeCreatedForSpecifiedVmGeneration",
                f"The Virtual Network Gateway Sku {sku} cannot be used when VirtualNetworkVpnGatewayGeneration is set "
                f"to {generation}.",
            )
        if generation == "Generation1" and _needs_generation2(sku):
            raise refuse("sku generation", sku=sku, generation=generation)
        if change.cloud.settings.today and change.old is None and not sku.endswith("AZ") and sku != "Basic":
            raise refuse("non-az sku", id=change.path, sku=sku)

    def _check_subnet(self, change: Change, configuration: Json) -> None:
        subnet = reference(configuration["properties"].get("subnet"))
        rid, vnet = parse(subnet), change.cloud.referenced(subnet)
        if rid is None or vnet is None:
            return  # the reference check says it
        if rid.name.lower() != GATEWAY_SUBNET:
            raise refuse("gateway subnet name", subnet=subnet, id=change.path)
        child = vnet.child("subnets", rid.name)
        for net in networks(child) if child else []:
            if net.prefixlen > 29:
                raise refuse("gateway subnet size", subnet=subnet, prefix=net, id=change.path)
        for use in change.cloud.users_of(subnet):
            other = change.cloud.referenced(use.source)
            if other and other.id.key != change.draft.id.key and _is_vpn_gateway(other):
                raise refuse("two gateways", vnet=vnet.id.path, other=other.id.path, id=change.path)

    def _check_address(self, change: Change, configuration: Json) -> None:
        pip = change.cloud.referenced(reference(configuration["properties"].get("publicIPAddress")))
        if pip is None:
            return
        sku = change.draft.properties["sku"]["name"]
        if is_basic(pip) and change.cloud.settings.today and sku != "Basic":
            raise refuse("basic address", id=change.path, pip=pip.id.path)
        from ..subscriptions import has_zones

        if sku.endswith("AZ") and has_zones(pip.location) and not pip.extra.get("zones"):
            raise network(
                400,
                "VmssVpnGatewayPublicIpsMustHaveZonesConfigured",
                "Standard Public IPs associated with VPN Gateways with AZ VPN skus must have zones configured.",
            )
        own = configuration_id(change.draft, configuration["name"]).lower()
        for use in change.cloud.users_of(pip.id.path):
            if use.source.lower() != own and not use.source.lower().startswith(change.draft.id.key + "/"):
                raise refuse("gateway address in use", id=own, pip=pip.id.path, other=use.source)

    def _check_same_addresses(self, change: Change) -> None:
        pips = [
            change.cloud.referenced(reference(c["properties"].get("publicIPAddress")))
            for c in configurations(change.draft)
        ]
        ids = [pip.id.key for pip in pips if pip]
        if len(set(ids)) < len(ids):
            raise refuse("gateway address in use", id=change.path, pip=ids[0], other=change.path)
        looks = {
            (pip.extra["sku"]["name"], pip.properties["publicIPAllocationMethod"], tuple(pip.extra.get("zones") or ()))
            for pip in pips
            if pip
        }
        if len(looks) > 1:
            raise network(
                400,
                "ActiveActiveGatewayPublicIPAddressesDiffersInSkuOrZones",
                f"Virtual network gateway {change.path} in active active mode is using PublicIPAddresses either with "
                "different Skus or with different PublicIPAllocationMethod or from a different availability zones. "
                "Networking does not support using resources from multiple zones. Networking also does not support "
                "using both regional resources and zonal resources.",
            )

    # -- life

    @override
    def uses(self, resource: Resource) -> Iterator[Use]:
        for configuration in configurations(resource):
            source = configuration_id(resource, configuration["name"])
            for member in ("publicIPAddress", "subnet"):
                if target := reference(configuration["properties"].get(member)):
                    yield Use(target, source)

    @override
    def made(self, cloud: Cloud, resource: Resource) -> None:
        resource.hidden["creating"] = False
        if not is_vpn(resource):
            return
        if resource.hidden["asn"] is None:
            resource.hidden["asn"] = DEFAULT_ASN
        instances: dict[str, dict[str, list[str]]] = {}
        for index, configuration in enumerate(configurations(resource)):
            pip = cloud.referenced(reference(configuration["properties"].get("publicIPAddress")))
            instances[configuration["name"].lower()] = {
                "default": [_default_address(cloud, resource, configuration, index)],
                "tunnel": [give_address(cloud, pip)] if pip else [],
            }
        resource.hidden["instances"] = instances
        resource.hidden["bgpPeeringAddress"] = ",".join(i["default"][0] for i in instances.values())

    @override
    def guard(self, cloud: Cloud, resource: Resource) -> None:
        users = [u.source for u in cloud.users_of(resource.id.path)]
        if users:
            raise refuse("gateway in use", id=resource.id.path, users=", ".join(users))

    @override
    def removed(self, cloud: Cloud, resource: Resource) -> None:
        cloud.wan.gateways.pop(resource.id.key, None)
        for configuration in configurations(resource):
            pip = cloud.referenced(reference(configuration["properties"].get("publicIPAddress")))
            if pip and pip.properties["publicIPAllocationMethod"].lower() == "dynamic":
                cloud.release_address(address_of(pip))
                pip.hidden.pop("address", None)

    # -- looks

    @override
    def show(self, look: Look) -> Json:
        resource = look.resource
        p, done = resource.properties, resource.state == "Succeeded"
        shown: Json = {"packetCaptureDiagnosticState": captures.state(resource), "isMigrateToCSES": False} | p
        shown["ipConfigurations"] = [_shown_configuration(resource, c) for c in configurations(resource)]
        if "vpnClientConfiguration" in p:
            settings = p["vpnClientConfiguration"] | _certificates(resource, p["vpnClientConfiguration"])
            if done:
                settings |= {
                    "vpnClientProtocols": [name for name in _PROTOCOLS if name in settings["vpnClientProtocols"]],
                    "vpnClientConnectionHealth": dict(_NO_TRAFFIC),
                }
            shown["vpnClientConfiguration"] = settings
        elif not done:
            # REC: only while Updating
            protocols = ["OpenVPN", "IkeV2"] if is_vpn(resource) else ["SSTP"]
            shown["vpnClientConfiguration"] = _clients({"vpnClientProtocols": protocols})
        if is_vpn(resource):
            shown["bgpSettings"] = _shown_bgp(resource)
            for name in _SINCE_2022_05:
                if look.since("2022-05-01"):
                    shown.setdefault(name, False)
                else:
                    shown.pop(name, None)
        elif done and p.get("vNetExtendedLocationResourceId"):
            shown["virtualNetworkExtendedLocation"] = [{"id": p["vNetExtendedLocationResourceId"]}]
        operation = resource.operation
        if look.wan and operation is not None and operation.name == _RESET and not operation.done:
            return _without_reset_instance(shown, resource)
        return shown


def _configuration(item: Json) -> Json:
    asked = dict(item.get("properties") or {})
    kept: Json = {"privateIPAllocationMethod": asked.get("privateIPAllocationMethod", "Dynamic")}
    for member in ("publicIPAddress", "subnet"):
        if link(asked.get(member)):
            kept[member] = link(asked[member])
    return {"name": str(item.get("name") or "default"), "properties": kept}


def _clients(asked: Json) -> Json:
    kept: Json = {name: [] for name in _CLIENT_LISTS} | asked
    for certificate in (certificate for member in _CERTIFICATES for certificate in kept[member]):
        check_name(str(certificate.get("name") or ""))
    kept.setdefault("vpnClientProtocols", ["OpenVPN", "IkeV2"])
    if not kept.get("vpnAuthenticationTypes"):
        kept["vpnAuthenticationTypes"] = ["Radius"] if kept.get("radiusServerAddress") else []
    return kept


def _certificates(resource: Resource, clients: Json) -> Json:
    """Certificates are things of their own inside the gateway."""
    return {
        member: [inner(resource, member, c["name"], dict(c.get("properties") or {})) for c in clients[member]]
        for member in _CERTIFICATES
    }


def _needs_generation2(sku: str) -> bool:
    return re.match(r"VpnGw[45]", sku) is not None


def _rank(sku: str) -> int:
    found = re.match(r"VpnGw(\d)", sku)
    return int(found.group(1)) if found else 0


def _wrong_count(path: str, count: int, clients: bool) -> Exception:
    if clients:
        return network(
            400,
            "ActiveActiveP2SGatewayMustHaveExactlyThreeIpConfigurations",
            f"Gateway {count} has {path} IP configurations specified for gateway. ActiveActive Gateway with Vpn client "
            "configuration must be created with three IP configurations.",
        )
    return network(
        400,
        "ActiveActiveGatewayMustHaveExactlyTwoIpConfigurations",
        f"Gateway has {count} IP configurations specified for gateway {path}. ActiveActive Gateway must be created "
        "with two IP configurations.",
    )


def _is_vpn_gateway(resource: Resource) -> bool:
    return resource.id.type.lower() == Gateways.type.lower() and is_vpn(resource)


def _default_address(cloud: Cloud, resource: Resource, configuration: Json, index: int) -> str:
    """Active/active: .4 and on; active/standby: the last usable address of the subnet (REC)."""
    subnet = reference(configuration["properties"].get("subnet"))
    vnet, rid = cloud.referenced(subnet), parse(subnet)
    child = vnet.child("subnets", rid.name) if vnet and rid else None
    if child is None or not networks(child):
        return ""
    net = networks(child)[0]
    return str(net[4 + index] if resource.properties["activeActive"] else net[-2])


def _shown_configuration(resource: Resource, configuration: Json) -> Json:
    return inner(resource, "ipConfigurations", configuration["name"], configuration["properties"])


def _shown_bgp(resource: Resource) -> Json:
    addresses = []
    for configuration in configurations(resource):
        name = configuration["name"].lower()
        instance = resource.hidden["instances"].get(name, {})
        entry: Json = {
            "ipconfigurationId": configuration_id(resource, configuration["name"]),
            "defaultBgpIpAddresses": list(instance.get("default", [])),
            "customBgpIpAddresses": custom_addresses(resource, name),
        }
        if instance:
            entry["tunnelIpAddresses"] = list(instance["tunnel"])
        addresses.append(entry)
    shown: Json = {"asn": resource.hidden["asn"] or 0, "peerWeight": resource.hidden["peerWeight"]}
    if resource.hidden.get("bgpPeeringAddress"):
        shown["bgpPeeringAddress"] = resource.hidden["bgpPeeringAddress"]
    return shown | {"bgpPeeringAddresses": addresses}


_RESET = "ResetVirtualNetworkGatewayOperation"


def _reset(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    """One instance, by its public address; without one the first (MS, Reset-AzVirtualNetworkGateway)."""
    places = {_public_address(cloud, one): one["name"] for one in configurations(resource)}
    vip = call.option("gatewayvip")
    if vip and vip not in places:
        raise refuse("reset address", id=resource.id.path, address=vip)
    first = next((one["name"] for one in configurations(resource)), "")  # none after a PUT without a body
    resource.hidden["resets"] = places[vip] if vip else first
    operation = cloud.change(resource, _RESET, "gateway reset")
    operation.method = "POST"
    return Answer(202, None, cloud.poll_headers(operation, call, location=True, asynchronous=True))


def _public_address(cloud: Cloud, configuration: Json) -> str:
    pip = cloud.referenced(reference(configuration["properties"].get("publicIPAddress")))
    return str(address_of(pip)) if pip else ""


def _without_reset_instance(shown: Json, resource: Resource) -> Json:
    """What the WAN meets while an instance is being reset: the gateway works, nobody answers at that address."""
    rest = []
    for one in shown["ipConfigurations"]:
        gone = ("publicIPAddress",) if one["name"] == resource.hidden["resets"] else ()
        rest.append({**one, "properties": {k: v for k, v in one["properties"].items() if k not in gone}})
    return {**shown, "provisioningState": "Succeeded", "ipConfigurations": rest}


_DEVICES = (
    '<?xml version="1.0" encoding="utf-8"?><rpvpndevicelist version="1.0"><Vendor name="Generic Samples">'
    '<DeviceFamily name="Device Parameters"><FirmwareVersion name="Generic-Samples-Device-Parameters" />'
    "</DeviceFamily></Vendor></rpvpndevicelist>"
)


def _devices(*_: object) -> Answer:
    return Answer(200, _DEVICES)


Gateways.read_actions = {
    "getbgppeerstatus": bgp.peer_status,
    "getlearnedroutes": bgp.learned_routes,
    "getadvertisedroutes": bgp.advertised_routes,
    "getvpnclientconnectionhealth": clients.health,
    "getvpnclientipsecparameters": clients.get_policy,
    "getvpnprofilepackageurl": clients.profile_url,
    "supportedvpndevices": _devices,
}
Gateways.write_actions = {
    "reset": _reset,
    "generatevpnclientpackage": clients.profile,
    "generatevpnprofile": clients.profile,
    "setvpnclientipsecparameters": clients.set_policy,
    "resetvpnclientsharedkey": clients.reset_key,
    "disconnectvirtualnetworkgatewayvpnconnections": clients.disconnect,
    "startpacketcapture": captures.start,
    "stoppacketcapture": captures.stop,
}
