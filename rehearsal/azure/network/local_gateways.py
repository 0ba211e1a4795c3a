"""localNetworkGateways: the other side's address, prefixes and BGP."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import override

from ..cloud import Cloud, Use
from ..invented import refuse
from ..store import Json, Resource
from .asn import refused_remote
from .kind import Change, Kind, Look, parse_prefix


class LocalGateways(Kind):
    type = "Microsoft.Network/localNetworkGateways"
    model = "LocalNetworkGateway"
    noun = "LocalNetworkGateway"
    durations = {"create": "local gateway", "update": "local gateway", "delete": "local gateway delete"}

    @override
    def fill(self, change: Change) -> None:
        asked, today = change.properties, change.cloud.settings.today
        kept = {k: v for k, v in asked.items() if k not in ("localNetworkAddressSpace", "bgpSettings")}
        prefixes = list((asked.get("localNetworkAddressSpace") or {}).get("addressPrefixes") or [])
        for text in prefixes:
            parse_prefix(text, change.path)
        kept["localNetworkAddressSpace"] = {"addressPrefixes": prefixes}
        bgp = asked.get("bgpSettings")
        if bgp:
            if refused_remote(bgp.get("asn")):
                raise refuse("local asn", asn=bgp.get("asn"), id=change.path)
            if not bgp.get("bgpPeeringAddress"):
                raise refuse("local bgp address", id=change.path)
            kept["bgpSettings"] = {"peerWeight": 0} | {k: v for k, v in bgp.items() if k != "bgpPeeringAddresses"}
        if today:
            self._check(change, kept, bool(bgp), prefixes)
        change.draft.properties = kept

    def _check(self, change: Change, kept: dict[str, object], bgp: bool, prefixes: list[str]) -> None:
        address = str(kept.get("gatewayIpAddress") or "")
        try:
            ipaddress.IPv4Address(address)
        except ValueError:
            if not kept.get("fqdn"):
                raise refuse("local gateway address", address=address, id=change.path) from None
        if not prefixes and not bgp:
            raise refuse("local gateway empty", id=change.path)

    @override
    def uses(self, resource: Resource) -> Iterator[Use]:
        return iter(())

    @override
    def show(self, look: Look) -> Json:
        return dict(look.resource.properties)

    @override
    def guard(self, cloud: Cloud, resource: Resource) -> None:
        users = [u.source for u in cloud.users_of(resource.id.path)]
        if users:
            raise refuse("local gateway in use", id=resource.id.path, users=", ".join(users))
