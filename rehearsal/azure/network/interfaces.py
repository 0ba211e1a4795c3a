"""networkInterfaces, as much as a VM's network card needs to hold a subnet."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from itertools import islice
from typing import override

from ..cloud import Cloud, Use
from ..errors import network
from ..ids import parse
from ..invented import refuse
from ..store import Json, Resource
from .kind import Change, Kind, Look, inner, link, reference
from .public_addresses import give_address
from .virtual_networks import subnet_prefixes


class Interfaces(Kind):
    type = "Microsoft.Network/networkInterfaces"
    model = "NetworkInterface"
    noun = "NetworkInterface"
    durations = {"create": "interface", "update": "interface", "delete": "network delete"}

    @override
    def fill(self, change: Change) -> None:
        asked = change.properties
        kept = {k: v for k, v in asked.items() if k not in ("ipConfigurations", "networkSecurityGroup")}
        kept.setdefault("enableAcceleratedNetworking", False)
        kept.setdefault("enableIPForwarding", False)
        servers = list((kept.get("dnsSettings") or {}).get("dnsServers") or [])
        kept["dnsSettings"] = {"dnsServers": servers, "appliedDnsServers": servers}
        if link(asked.get("networkSecurityGroup")):
            kept["networkSecurityGroup"] = link(asked["networkSecurityGroup"])
        old = change.old.properties["ipConfigurations"] if change.old else []
        before = {c["name"].lower(): c["properties"] for c in old}
        taken: set[str] = set()
        kept["ipConfigurations"] = [
            self._configuration(change, item, number, before, taken)
            for number, item in enumerate(asked.get("ipConfigurations") or [])
        ]
        if not kept["ipConfigurations"]:
            raise refuse("interface", id=change.path, what="ipConfigurations is empty")
        change.draft.properties = kept

    def _configuration(self, change: Change, item: Json, number: int, before: Json, taken: set[str]) -> Json:
        name, asked = str(item.get("name") or f"ipconfig{number + 1}"), dict(item.get("properties") or {})
        kept: Json = {
            "privateIPAllocationMethod": asked.get("privateIPAllocationMethod", "Dynamic"),
            "privateIPAddressVersion": asked.get("privateIPAddressVersion", "IPv4"),
            "primary": asked.get("primary", number == 0),
        }
        for member in ("subnet", "publicIPAddress"):
            if link(asked.get(member)):
                kept[member] = link(asked[member])
        address = asked.get("privateIPAddress") or before.get(name.lower(), {}).get("privateIPAddress")
        kept["privateIPAddress"] = address or self._free(
            change, reference(asked.get("subnet")), taken, kept["privateIPAddressVersion"]
        )
        taken.add(kept["privateIPAddress"])
        return {"name": name, "properties": kept}

    def _free(self, change: Change, subnet: str, taken: set[str], version: str) -> str:
        vnet, rid = change.cloud.referenced(subnet), parse(subnet)
        child = vnet.child("subnets", rid.name) if vnet and rid else None
        if child is None:
            return ""
        for other in change.cloud.store.of_type(self.type):
            taken |= {c["properties"]["privateIPAddress"] for c in other.properties["ipConfigurations"]}
        nets = [ipaddress.ip_network(prefix) for prefix in subnet_prefixes(child)]
        for net in nets:
            if f"ipv{net.version}" == version.lower():
                for host in islice(net.hosts(), 3, None):
                    if str(host) not in taken:
                        return str(host)
        raise refuse("interface", id=change.path, what=f"subnet {subnet} has no free address")

    @override
    def uses(self, resource: Resource) -> Iterator[Use]:
        if nsg := reference(resource.properties.get("networkSecurityGroup")):
            yield Use(nsg, resource.id.path)
        for configuration in resource.properties["ipConfigurations"]:
            source = resource.child_id("ipConfigurations", configuration["name"]).path
            for member in ("subnet", "publicIPAddress"):
                if target := reference(configuration["properties"].get(member)):
                    yield Use(target, source)

    @override
    def guard(self, cloud: Cloud, resource: Resource) -> None:
        users = [u.source for u in cloud.users_of(resource.id.path)]
        if users:
            raise network(
                400,
                "NicInUse",
                f"Network Interface {resource.id.path} is used by existing resource {users[0]}. In order to delete the "
                "network interface, it must be dissociated from the resource.",
            )

    @override
    def made(self, cloud: Cloud, resource: Resource) -> None:
        for configuration in resource.properties["ipConfigurations"]:
            pip = cloud.referenced(reference(configuration["properties"].get("publicIPAddress")))
            if pip is not None:
                give_address(cloud, pip)

    @override
    def show(self, look: Look) -> Json:
        shown = dict(look.resource.properties)
        for user in look.users(look.path):
            shown["virtualMachine"] = {"id": user}
        shown["ipConfigurations"] = [
            inner(look.resource, "ipConfigurations", c["name"], c["properties"]) for c in shown["ipConfigurations"]
        ]
        return shown
