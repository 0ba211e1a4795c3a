"""connections: virtualNetworkGatewayConnections and their pre-shared keys."""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Iterator
from typing import override

from ..answers import Answer, Call
from ..cloud import Cloud, Use
from ..invented import refuse
from ..models import clean
from ..store import Json, Resource
from . import captures
from .gateways import Gateways, configuration_id, configurations, custom_addresses
from .kind import Change, Kind, Look, asked, link, overlap, reference

QUIET_SECONDS = 60.0
"""See `invented.INVENTED["connecting"]`."""
LOOKED_AT = 5.0
"""And not less than this, unscaled: whoever makes a connection sees it Unknown, as in every recording."""

_POLICY = {
    "saLifeTimeSeconds": None,
    "saDataSizeKilobytes": None,
    "ipsecEncryption": "None DES DES3 AES128 AES192 AES256 GCMAES128 GCMAES192 GCMAES256",
    "ipsecIntegrity": "MD5 SHA1 SHA256 GCMAES128 GCMAES192 GCMAES256",
    "ikeEncryption": "DES DES3 AES128 AES192 AES256 GCMAES128 GCMAES256",
    "ikeIntegrity": "MD5 SHA1 SHA256 SHA384 GCMAES128 GCMAES256",
    "dhGroup": "None DHGroup1 DHGroup2 DHGroup14 DHGroup2048 ECP256 ECP384 DHGroup24",
    "pfsGroup": "None PFS1 PFS2 PFS2048 ECP256 ECP384 PFS24 PFS14 PFSMM",
}
_ENDS = ("virtualNetworkGateway1", "virtualNetworkGateway2", "localNetworkGateway2", "peer")
_REPORTED = ("connectionStatus", "ingressBytesTransferred", "egressBytesTransferred", "tunnelConnectionStatus")


def new_key(length: int = 32) -> str:
    letters = string.ascii_letters + string.digits
    return "".join(secrets.choice(letters) for _unused in range(length))


def check_key(key: str, path: str) -> str:
    """Printable ASCII (MS, VPN FAQ). Raises ArmError."""
    if not re.fullmatch(r"[!-~]{1,128}", key):
        raise refuse("shared key", id=path)
    return key


class Connections(Kind):
    type = "Microsoft.Network/connections"
    model = "VirtualNetworkGatewayConnection"
    noun = "VirtualNetworkGatewayConnection"
    durations = {"create": "connection", "update": "connection", "delete": "connection delete"}
    settles_at_once = False

    @override
    def fill(self, change: Change) -> None:
        draft, asked, old = change.draft, change.properties, change.old
        kept = {k: v for k, v in asked.items() if k not in (*_ENDS, *_REPORTED, "sharedKey", "authorizationKey")}
        for end in _ENDS:
            if link(asked.get(end)):
                kept[end] = link(asked[end])
        for name, default in (
            ("connectionType", "IPsec"),
            ("connectionProtocol", "IKEv2"),
            ("routingWeight", 0),
            ("authenticationType", "PSK"),
            ("enableBgp", False),
            ("useLocalAzureIpAddress", False),
            ("usePolicyBasedTrafficSelectors", False),
            ("ipsecPolicies", []),
            ("trafficSelectorPolicies", []),
            ("expressRouteGatewayBypass", False),
            ("dpdTimeoutSeconds", 0),
            ("connectionMode", "Default"),
            ("gatewayCustomBgpIpAddresses", []),
        ):
            kept.setdefault(name, default)
        if kept["dpdTimeoutSeconds"] and not 9 <= kept["dpdTimeoutSeconds"] <= 3600:
            raise refuse("dpd timeout", id=change.path, seconds=kept["dpdTimeoutSeconds"])
        draft.properties = kept
        if old is None:
            # a later PUT does not change the key: /sharedkey does (azurerm#11673)
            key = asked.get("sharedKey")
            draft.hidden["key"] = check_key(str(key), change.path) if key is not None else new_key()
            draft.hidden["made_at"] = None
        elif old.properties["connectionProtocol"] != kept["connectionProtocol"]:
            raise refuse(
                "connection protocol",
                id=change.path,
                old=old.properties["connectionProtocol"],
                new=kept["connectionProtocol"],
            )
        for policy in kept["ipsecPolicies"]:
            _check_policy(policy, change.path)
        if change.body:
            self._check_ends(change)

    def _check_ends(self, change: Change) -> None:
        p, cloud = change.draft.properties, change.cloud
        other = "localNetworkGateway2" if p["connectionType"].lower() == "ipsec" else "virtualNetworkGateway2"
        for end in ("virtualNetworkGateway1", other):
            if end not in p:
                raise refuse("connection ends", id=change.path, type=p["connectionType"], what=end)
        gateway, local = cloud.referenced(reference(p["virtualNetworkGateway1"])), cloud.referenced(reference(p[other]))
        if gateway is None or local is None or gateway.id.type.lower() != Gateways.type.lower():
            return  # the reference check says it
        if p["enableBgp"]:
            lacking = [
                r for r, has in ((gateway, gateway.properties.get("enableBgp")), (local, _has_bgp(local))) if not has
            ]
            if lacking:
                raise refuse("connection bgp", id=change.path, other=lacking[0].id.path)
        self._check_custom(change, gateway)
        self._check_siblings(change, gateway, local)

    def _check_custom(self, change: Change, gateway: Resource) -> None:
        slots = {configuration_id(gateway, c["name"]).lower(): c["name"] for c in configurations(gateway)}
        for slot in change.draft.properties["gatewayCustomBgpIpAddresses"]:
            at, address = str(slot.get("ipConfigurationId", "")), slot.get("customBgpIpAddress")
            name = slots.get(at.lower())
            if name is None or address not in custom_addresses(gateway, name):
                raise refuse("connection custom address", address=address, id=change.path, configuration=at)

    def _check_siblings(self, change: Change, gateway: Resource, local: Resource) -> None:
        mine = _prefixes(local)
        siblings = {u.source.lower() for u in change.cloud.users_of(gateway.id.path)} - {change.draft.id.key}
        for path in sorted(siblings):
            sibling = change.cloud.store.find(path)
            far = (
                change.cloud.referenced(reference(sibling.properties.get("localNetworkGateway2"))) if sibling else None
            )
            pair = overlap(mine, _prefixes(far)) if far else None
            if sibling and pair and not (change.draft.properties["enableBgp"] and sibling.properties["enableBgp"]):
                raise refuse("connection overlap", id=change.path, other=sibling.id.path, prefix=pair[0])
        sku = (gateway.properties.get("sku") or {}).get("name", "")
        limit = 100 if re.match(r"VpnGw[45]", sku) else 30
        if change.old is None and len(siblings) >= limit:
            raise refuse("connection quota", gateway=gateway.id.path, sku=sku, limit=limit)

    @override
    def uses(self, resource: Resource) -> Iterator[Use]:
        for end in _ENDS:
            if target := reference(resource.properties.get(end)):
                # REC: a local gateway elsewhere; the two gateways of VNets may be far apart (MS, VPN FAQ)
                yield Use(target, resource.id.path, anywhere=end != "virtualNetworkGateway1")

    @override
    def made(self, cloud: Cloud, resource: Resource) -> None:
        if resource.hidden["made_at"] is None:
            resource.hidden["made_at"] = cloud.clock.now()

    @override
    def removed(self, cloud: Cloud, resource: Resource) -> None:
        cloud.wan.connections.pop(resource.id.key, None)

    @override
    def show(self, look: Look) -> Json:
        cloud, resource = look.cloud, look.resource
        shown: Json = {"packetCaptureDiagnosticState": captures.state(resource)} | resource.properties
        report = cloud.wan.connections.get(resource.id.key, {})
        shown["ingressBytesTransferred"] = report.get("ingressBytesTransferred", 0)
        shown["egressBytesTransferred"] = report.get("egressBytesTransferred", 0)
        if look.listed:  # REC: a list has neither key nor status
            return shown
        shown["sharedKey"] = resource.hidden["key"]
        made_at = resource.hidden["made_at"]
        if made_at is None:
            return shown
        shown["connectionStatus"] = report.get("connectionStatus") or _unreported(cloud, resource, made_at)
        if "tunnelConnectionStatus" in report:
            shown["tunnelConnectionStatus"] = report["tunnelConnectionStatus"]
        return shown


def _unreported(cloud: Cloud, resource: Resource, made_at: float) -> str:
    scale = cloud.clock.scale
    if not scale or cloud.clock.now() - made_at < max(QUIET_SECONDS * scale, LOOKED_AT):
        return "Unknown"
    passive = resource.properties["connectionMode"].lower() == "responderonly"
    return "NotConnected" if passive else "Connecting"


def _has_bgp(end: Resource) -> bool:
    return bool(end.properties.get("bgpSettings") or end.properties.get("enableBgp"))


def _prefixes(local: Resource) -> list[str]:
    return list((local.properties.get("localNetworkAddressSpace") or {}).get("addressPrefixes") or [])


def _check_policy(policy: Json, path: str) -> None:
    """All or nothing, known values, GCM in both IPsec places (MS, IPsec/IKE policy)."""
    for member, allowed in _POLICY.items():
        value = policy.get(member)
        if value is None:
            raise refuse("ipsec policy", id=path, what=f"{member} is missing")
        if allowed is not None and value not in allowed.split():
            raise refuse("ipsec policy", id=path, what=f"{member} is '{value}'")
    gcm = [policy[m] for m in ("ipsecEncryption", "ipsecIntegrity") if str(policy[m]).startswith("GCM")]
    if gcm and len(set(gcm)) + (2 - len(gcm)) != 1:
        raise refuse("ipsec policy", id=path, what="GCM must stand in both ipsecEncryption and ipsecIntegrity")
    if policy["saLifeTimeSeconds"] < 300 or policy["saDataSizeKilobytes"] < 1024:
        raise refuse("ipsec policy", id=path, what="SA lifetime below 300 s or 1024 KB")


# -- keys


def get_key(resource: Resource) -> Answer:
    return Answer(200, {"value": resource.hidden["key"]})


def put_key(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    body = clean(call.json() or {}, "ConnectionSharedKey", call.text)
    if not isinstance(body.get("value"), str):
        raise refuse("shared key", id=resource.id.path)
    key = check_key(body["value"], resource.id.path)
    operation = cloud.change(
        resource, "PutConnectionSharedKeyOperation", "shared key", lambda: resource.hidden.update(key=key)
    )
    return Answer(200, None, cloud.poll_headers(operation, call, location=False, asynchronous=True))


def reset_key(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    body = clean(call.json() or {}, "ConnectionResetSharedKey", call.text)
    length = body.get("keyLength", 0)
    if not 1 <= length <= 128:
        raise refuse("key length", length=length)
    key = new_key(length)
    operation = cloud.change(
        resource, "ResetConnectionSharedKeyOperation", "shared key", lambda: resource.hidden.update(key=key)
    )
    operation.method = "POST"
    return Answer(202, None, cloud.poll_headers(operation, call, location=True, asynchronous=True))


def connections_of(cloud: Cloud, resource: Resource, call: Call) -> list[Json]:
    """What `virtualNetworkGateways/X/connections` lists."""
    found = (cloud.referenced(u.source) for u in cloud.users_of(resource.id.path))
    looks = [Look(cloud, r, call.api, listed=True) for r in found if r and r.id.type == Connections.type]
    return [Connections().render(look) for look in looks]


def _script(_unused: Cloud, resource: Resource, call: Call) -> Answer:
    """A device script; ours says only what the connection is, without its key."""
    asked = call.json() or {}
    for member in ("vendor", "deviceFamily", "firmwareVersion"):
        if not asked.get(member):
            raise refuse("device script", what=member)
    return Answer(
        200, f"! {asked['vendor']} {asked['deviceFamily']} {asked['firmwareVersion']}\r\n! {resource.id.path}\r\n"
    )


def _reset(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    operation = cloud.change(resource, "ResetVirtualNetworkGatewayConnectionOperation", "connection")
    operation.method = "POST"
    return Answer(202, None, cloud.poll_headers(operation, call, location=True, asynchronous=True))


def _ike_sas(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    """JSON in a string: one for each tunnel that is connected."""
    policy: Json = next(iter(resource.properties["ipsecPolicies"]), {})

    def associations() -> str:
        tunnels = cloud.wan.connections.get(resource.id.key, {}).get("tunnelConnectionStatus") or []
        rows = [{"tunnel": t.get("tunnel", "")} | policy for t in tunnels if t["connectionStatus"] == "Connected"]
        return json.dumps(rows)

    return asked(cloud, resource, call, "GetIkeSasOperation", associations)


Connections.read_actions = {"vpndeviceconfigurationscript": _script, "getikesas": _ike_sas}
Connections.write_actions = {
    "resetconnection": _reset,
    "startpacketcapture": captures.start,
    "stoppacketcapture": captures.stop,
}
Gateways.sub_lists = {"connections": connections_of}
