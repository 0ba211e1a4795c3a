# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure's end of a link, read in few calls: its status, and all that a diagnosis needs.

Reads only, and by ids: it does not matter who made the resources, or in which resource groups they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm_status, keys
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.azure import Arm
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.common import Unread, together
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.status import Status

Json = dict[str, Any]

_GATEWAY = f"{words.PROVIDER}/{words.GATEWAYS}"


class LinkReader:
    """What hangs on one gateway. Nothing is sent before a method is called; what may not be read is in `unread`.

    :param gateway_id: the full id
    :param names: of the connections to read; all of the gateway without it
    :param strict: a missing permission is an error
    """

    def __init__(self, arm: Arm, gateway_id: str, names: Sequence[str] | None = None, strict: bool = False) -> None:
        self._arm, self._id, self._names = arm, gateway_id.rstrip("/"), names
        self._group = words.group_of(self._id)
        self.unread = Unread(strict)

    def gateway(self) -> Json | None:
        return self.unread.attempt("gateway", f"{_GATEWAY}/read", lambda: self._arm.get(self._id))

    def connections(self) -> list[Json]:
        """Each by itself: a list of connections has neither status nor counters."""
        permission = f"{words.PROVIDER}/{words.CONNECTIONS}/read"

        def one(own: str) -> Json | None:
            return self.unread.attempt("connections", permission, lambda: self._arm.get(own))

        found = together(partial(one, own) for own in self._connection_ids())
        return [each for each in found if each is not None]

    def _connection_ids(self) -> list[str]:
        if self._names is not None:
            return [f"{self._group}/providers/{words.PROVIDER}/{words.CONNECTIONS}/{one}" for one in self._names]
        listed = self.unread.attempt(
            "connections",
            f"{_GATEWAY}/{words.CONNECTIONS}/read",
            lambda: self._arm.listing(f"{self._id}/{words.CONNECTIONS}"),
        )
        return [one["id"] for one in listed or []]

    def local_gateways(self, connections: Iterable[Json]) -> list[Json]:
        """All of the groups in which the gateway and the connections' local gateways are."""
        ids = [self._id, *(_end(one, "localNetworkGateway2") for one in connections)]
        return self._in_groups(words.LOCAL_GATEWAYS, "local gateways", ids)

    def _in_groups(self, kind: str, what: str, ids: Iterable[str]) -> list[Json]:
        """Everything of a kind in the groups of these ids: a list is one call, however many there are."""
        groups = {words.group_of(one).lower(): words.group_of(one) for one in ids if one}

        def listed(group: str) -> list[Json]:
            path = f"{group}/providers/{words.PROVIDER}/{kind}"
            permission = f"{words.PROVIDER}/{kind}/read"
            return self.unread.attempt(what, permission, lambda: self._arm.listing(path)) or []

        return [one for found in together(partial(listed, group) for group in groups.values()) for one in found]

    def _the(self, kind: str, what: str, ids: Iterable[str]) -> list[Json]:
        """Those with these ids."""
        wanted = {one.lower() for one in ids if one}
        return [one for one in self._in_groups(kind, what, wanted) if str(one["id"]).lower() in wanted]

    def asked(self, gateway: Json, action: str, what: str, query: Mapping[str, str] | None = None) -> list[Json]:
        """What the gateway itself answers. One that is being made or changed has no peers, and refuses the question."""
        if not words.gateway_facts(gateway)["bgp"]:
            return []
        if words.is_busy(gateway):
            self.unread.add(what, f"the gateway is {words.state_of(gateway)}")
            return []
        answer = self.unread.attempt(
            what,
            f"{_GATEWAY}/{action}/action",
            lambda: self._arm.ask(self._id, action, query=query),
            any_refusal=words.has_failed(gateway),
        )
        return (answer or {}).get("value") or []

    def peers(self, gateway: Json) -> list[Json]:
        return self.asked(gateway, "getBgpPeerStatus", "BGP peers")

    def learned_routes(self, gateway: Json) -> list[Json]:
        return self.asked(gateway, "getLearnedRoutes", "learned routes")

    def advertised_routes(self, gateway: Json, peers: Iterable[Json]) -> dict[str, list[Json]]:
        """By the address of the neighbour. Nothing is advertised to one that is not connected, so it is not asked."""
        own = words.gateway_facts(gateway)["asn"]
        neighbours = sorted(
            {
                str(one["neighbor"])
                for one in peers
                if str(one.get("state")).lower() == "connected" and one.get("asn") != own
            }
        )
        what = "advertised routes"
        found = together(partial(self.asked, gateway, "getAdvertisedRoutes", what, {"peer": one}) for one in neighbours)
        return dict(zip(neighbours, found, strict=True))

    def network(self, gateway: Json) -> tuple[Json | None, list[Json], list[Json]]:
        """The VNet of GatewaySubnet, and the security groups and route tables on its subnets."""
        subnets = [_end(one, "subnet") for one in gateway["properties"].get("ipConfigurations") or []]
        vnet_id = next((one.rsplit("/", 2)[0] for one in subnets if one), "")
        permission = f"{words.PROVIDER}/{words.VNETS}/read"
        vnet = self.unread.attempt("virtual network", permission, lambda: self._arm.get(vnet_id)) if vnet_id else None
        inside = (vnet or {}).get("properties", {}).get("subnets") or []
        groups, tables = together(
            (
                lambda: self._the(words.NSGS, "security groups", [_end(one, "networkSecurityGroup") for one in inside]),
                lambda: self._the(words.ROUTE_TABLES, "route tables", [_end(one, "routeTable") for one in inside]),
            )
        )
        return vnet, groups, tables

    def public_addresses(self, gateway: Json) -> list[Json]:
        ids = [_end(one, "publicIPAddress") for one in gateway["properties"].get("ipConfigurations") or []]
        return self._the(words.PUBLIC_IPS, "public addresses", ids)

    def fingerprint(self, connection: Json, salt: str) -> str | None:
        """Of the connection's key. Azure shows it in the connection itself; only where it does not, it is asked for."""
        permission = f"{words.PROVIDER}/{words.CONNECTIONS}/sharedKey/read"
        key = connection["properties"].get("sharedKey") or self.unread.attempt(
            "pre-shared keys", permission, lambda: self._arm.shared_key(connection["id"])
        )
        return keys.fingerprint(key, salt) if key else None


def read_status(reader: LinkReader, gateway: Json) -> Status:
    """The status alone: tunnels, peers and learned routes."""
    (connections, sites), peers, routes = together(
        (
            lambda: _with_local_gateways(reader),
            lambda: reader.peers(gateway),
            lambda: reader.learned_routes(gateway),
        )
    )
    return arm_status.gateway_status(gateway, connections, sites, peers, routes)


def read_link(arm: Arm, reader: LinkReader, salt: str | None = None) -> Json:
    """The `reading` of azure_link_info. Without a salt no key is read, and every fingerprint is None."""
    gateway = reader.gateway()
    wanted: list[Callable[[], Any]] = [lambda: _with_keys(reader, salt)]
    if gateway is not None:
        known = gateway
        wanted += [
            lambda: _sessions(reader, known),
            lambda: reader.learned_routes(known),
            lambda: reader.network(known),
            lambda: reader.public_addresses(known),
        ]
    # Without the gateway nothing says where its network is.
    nothing: list[Any] = [([], {}), [], (None, [], []), []]
    (connections, sites, fingerprints), *rest = together(wanted)
    (peers, advertised), learned, (vnet, groups, tables), addresses = rest or nothing
    status = arm_status.gateway_status(gateway or {}, connections, sites, peers, learned)
    return {
        "cloud": "azure",
        "gateway": gateway,
        "connections": connections,
        "local_gateways": sites,
        "public_addresses": addresses,
        "virtual_network": vnet,
        "security_groups": groups,
        "route_tables": tables,
        "peers": peers,
        "learned_routes": learned,
        "advertised_routes": advertised,
        "fingerprints": fingerprints,
        "status": status.as_dict(),
        "unread": reader.unread.found,
        "calls": arm.calls,
    }


def _sessions(reader: LinkReader, gateway: Json) -> tuple[list[Json], dict[str, list[Json]]]:
    peers = reader.peers(gateway)
    return peers, reader.advertised_routes(gateway, peers)


def _with_local_gateways(reader: LinkReader) -> tuple[list[Json], list[Json]]:
    connections = reader.connections()
    return connections, reader.local_gateways(connections)


def _with_keys(reader: LinkReader, salt: str | None) -> tuple[list[Json], list[Json], dict[str, str | None]]:
    """Connections without their keys, local gateways, and fingerprints by the connection's name."""
    connections = reader.connections()
    tasks: list[Callable[[], Any]] = [lambda: reader.local_gateways(connections)]
    tasks += [partial(reader.fingerprint, one, salt) if salt else lambda: None for one in connections]
    sites, *prints = together(tasks)
    names = [one["name"] for one in connections]
    return [words.without_key(one) for one in connections], sites, dict(zip(names, prints, strict=True))


def _end(resource: Mapping[str, Any], member: str) -> str:
    """The id of what a resource refers to, or ""."""
    return str((resource.get("properties", {}).get(member) or {}).get("id") or "")
