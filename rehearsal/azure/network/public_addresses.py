"""publicIPAddresses."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import override

from ..cloud import Cloud, Use
from ..errors import ArmError, network
from ..invented import refuse
from ..store import Json, Resource
from ..subscriptions import has_zones
from .kind import Change, Kind, Look


def address_of(resource: Resource) -> str:
    return str(resource.hidden.get("address", ""))


def is_basic(resource: Resource) -> bool:
    return resource.extra["sku"]["name"].lower() == "basic"


class PublicAddresses(Kind):
    type = "Microsoft.Network/publicIPAddresses"
    model = "PublicIPAddress"
    noun = "PublicIpAddress"
    extra = ("sku", "zones", "extendedLocation")
    durations = {"create": "public address", "update": "public address", "delete": "network delete"}

    @override
    def fill(self, change: Change) -> None:
        draft, asked = change.draft, change.properties
        sku = dict(change.body.get("sku") or (draft.extra.get("sku") if change.old else None) or {"name": "Basic"})
        draft.extra["sku"] = {"name": sku.get("name", "Basic"), "tier": sku.get("tier", "Regional")}
        zones = draft.extra.get("zones")
        if zones and not has_zones(draft.location):
            raise ArmError(
                400,
                "LocationNotSupportAvailabilityZones",
                f"The resource '{self.type}/{draft.id.name}' does not support availability zones at location "
                f"'{draft.location}'.",
            )
        if is_basic(draft) and change.old is None and change.cloud.settings.today:
            raise network(
                400,
                "IPv4BasicSkuPublicIpCountLimitReached",
                "Cannot create more than 0 IPv4 Basic SKU public IP addresses for this subscription in this region.",
            )
        kept = {k: v for k, v in asked.items() if k not in ("ipAddress", "ipConfiguration")}
        kept.setdefault("publicIPAddressVersion", "IPv4")
        kept.setdefault("publicIPAllocationMethod", "Dynamic")
        kept.setdefault("idleTimeoutInMinutes", 4)
        if not 4 <= kept["idleTimeoutInMinutes"] <= 30:
            raise refuse("idle timeout", id=change.path, minutes=kept["idleTimeoutInMinutes"])
        kept.setdefault("ipTags", [])
        if not is_basic(draft):
            if kept["publicIPAllocationMethod"].lower() != "static":
                raise network(
                    400,
                    "StandardSkuPublicIPAddressesMustBeStatic",
                    f"Standard sku publicIp {change.path} must have AllocationMethod set to Static.",
                )
            kept.setdefault("ddosSettings", {"protectionMode": "VirtualNetworkInherited"})
        dns = dict(kept.get("dnsSettings") or {})
        if dns.get("domainNameLabel"):
            dns["fqdn"] = _full_name(dns, draft.location, change.cloud.identity.tenant)
            kept["dnsSettings"] = dns
        else:
            kept.pop("dnsSettings", None)
        draft.properties = kept

    @override
    def uses(self, resource: Resource) -> Iterator[Use]:
        return iter(())

    @override
    def made(self, cloud: Cloud, resource: Resource) -> None:
        if resource.properties["publicIPAllocationMethod"].lower() == "static":
            give_address(cloud, resource)

    @override
    def show(self, look: Look) -> Json:
        shown = dict(look.resource.properties)
        if address_of(look.resource):
            shown["ipAddress"] = address_of(look.resource)
        users = look.users(look.path)
        if users:
            shown["ipConfiguration"] = {"id": users[0]}
        return shown

    @override
    def guard(self, cloud: Cloud, resource: Resource) -> None:
        users = cloud.users_of(resource.id.path)
        if users:
            raise network(
                400,
                "PublicIPAddressCannotBeDeleted",
                f"Public IP address {resource.id.path} can not be deleted since it is still allocated to resource "
                f"{users[0].source}. In order to delete the public IP, disassociate/detach the Public IP address from "
                "the resource.  To learn how to do this, see aka.ms/deletepublicip.",
            )

    @override
    def removed(self, cloud: Cloud, resource: Resource) -> None:
        cloud.release_address(address_of(resource))


def _full_name(dns: Json, location: str, tenant: str) -> str:
    """A scoped label gets a hash after it, so that only its scope can use it again (REC)."""
    scope = str(dns.get("domainNameLabelScope") or "")
    if not scope:
        return f"{dns['domainNameLabel']}.{location}.cloudapp.azure.com"
    digest = hashlib.sha256(f"{tenant}{scope}".encode()).digest()
    mark = base64.b32encode(digest).decode().lower()[:16]
    return f"{dns['domainNameLabel']}.{mark}.{location}.sysgen.cloudapp.azure.com"


def give_address(cloud: Cloud, resource: Resource) -> str:
    """The address of a public IP, taken now where it has none."""
    if not address_of(resource):
        resource.hidden["address"] = cloud.take_address(resource.properties["publicIPAddressVersion"])
    return address_of(resource)
