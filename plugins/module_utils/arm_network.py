# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure's network: which parts stand as planned or have failed, and what to send for group, VNet and subnets.

A module takes seconds before it finds that nothing differs. What it would compare is compared here, in what preflight
has read already. Where in doubt a part does not stand: its task runs and judges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words

Json = Mapping[str, Any]

#: What may hang on a subnet: option of azure_gateway_network -> (property, kind).
GUARDS = {"security_group": ("networkSecurityGroup", words.NSGS), "route_table": ("routeTable", words.ROUTE_TABLES)}


def as_planned(
    network: Json, tags: Mapping[str, str], group: Json | None, vnet: Json | None, nsg: Json | None, table: Json | None
) -> list[str]:
    """Names of the parts that stand: resource_group, vnet, gateway_subnet, nsg, route_table, routes, app_subnet.

    :param network: `azure.network` of the plan
    :param tags: the plan's, with the owner's id
    :param group: and those after it as ARM shows them, None for what is not there
    """
    tagged = {"tags": dict(tags)}
    ranges = {"addressPrefixes": [network["vnet"]["cidr"], *network["vnet"]["more_cidrs"], *ipv6_of(vnet)]}
    gateway, app = _subnet(vnet, network["gateway_subnet"]), _subnet(vnet, network["app_subnet"])
    guards = {"networkSecurityGroup": _of(nsg), "routeTable": _of(table)}
    wishes = {
        "resource_group": (group, {**tagged, "location": network["location"]}),
        "vnet": (vnet, {**tagged, "properties": {"addressSpace": ranges}}),
        "gateway_subnet": (gateway, {}),
        "nsg": (nsg, {**tagged, "properties": {"securityRules": [_rule(one) for one in network["nsg"]["rules"]]}}),
        "route_table": (table, {**tagged, "properties": _switch(network["route_table"])}),
        "routes": (table, {"properties": {"routes": [_route(one) for one in network["route_table"]["routes"]]}}),
        "app_subnet": (app, {"properties": guards}),
    }
    return [part for part, (seen, wish) in wishes.items() if seen and _is_well(seen) and holds(seen, wish)]


def failed(nsg: Json | None, table: Json | None) -> list[str]:
    """Ids of those whose last change Azure did not finish: the stock modules refuse them."""
    return [one["id"] for one in (nsg, table) if one and words.has_failed(one)]


def holds(seen: Any, wish: Any) -> bool:
    """All of the wish is in what is there. Lists of named things may have more; other lists are sets."""
    if isinstance(wish, Mapping):
        return isinstance(seen, Mapping) and all(holds(seen.get(key), value) for key, value in wish.items())
    if isinstance(wish, list) and wish and isinstance(wish[0], Mapping):
        named = {one["name"].lower(): one for one in seen or ()}
        return all(holds(named.get(one["name"].lower()), one) for one in wish)
    if isinstance(wish, list):
        return {str(one).lower() for one in seen or ()} == {str(one).lower() for one in wish}
    if isinstance(wish, str):
        return str(seen).lower() == wish.lower()
    return bool(seen == wish)


def _is_well(seen: Json) -> bool:
    return words.state_of(seen).lower() == "succeeded"


def _properties(resource: Json | None) -> Json:
    return (resource or {}).get("properties") or {}


def _of(resource: Json | None) -> Json:
    """A reference to it, which nothing holds where it is missing."""
    return {"id": (resource or {}).get("id", "missing")}


def prefixes_of(vnet: Json | None) -> list[str]:
    return list((_properties(vnet).get("addressSpace") or {}).get("addressPrefixes") or ())


def ipv6_of(vnet: Json | None) -> list[str]:
    """They are the user's."""
    return [one for one in prefixes_of(vnet) if ":" in one]


def subnets_of(vnet: Json | None) -> list[Json]:
    return list(_properties(vnet).get("subnets") or ())


def ranges_of(subnet: Json) -> list[str]:
    """A subnet has one range or a list."""
    properties = _properties(subnet)
    return list(properties.get("addressPrefixes") or [properties["addressPrefix"]])


def subnet_named(vnet: Json | None, name: str) -> Json | None:
    return next((one for one in subnets_of(vnet) if words.same(one["name"], name)), None)


def guards_of(subnet: Json) -> dict[str, str]:
    """The ids of its `GUARDS`, "" for none."""
    return {option: (_properties(subnet).get(name) or {}).get("id", "") for option, (name, _kind) in GUARDS.items()}


def _subnet(vnet: Json | None, planned: Json) -> Json | None:
    """That of the planned name, if the planned range is among its own."""
    found = subnet_named(vnet, planned["name"])
    return found if found and planned["cidr"] in ranges_of(found) else None


def _switch(table: Json) -> Json:
    return {"disableBgpRoutePropagation": table["disable_bgp_route_propagation"]}


def _rule(rule: Json) -> Json:
    return {
        "name": rule["name"],
        "properties": {
            "description": rule["description"],
            "priority": rule["priority"],
            "direction": rule["direction"],
            "access": rule["access"],
            "protocol": rule["protocol"],
            "sourceAddressPrefixes": rule["source_address_prefix"],
            "destinationAddressPrefixes": rule["destination_address_prefix"],
            "sourcePortRange": rule["source_port_range"],
            "destinationPortRange": rule["destination_port_range"],
            "sourcePortRanges": [],
            "destinationPortRanges": [],
        },
    }


def _route(route: Json) -> Json:
    hop = "".join(word.capitalize() for word in route["next_hop_type"].split("_"))
    return {"name": route["name"], "properties": {"addressPrefix": route["cidr"], "nextHopType": hop}}


# --- what to send: see `arm` for what a change is -------------------------------------------------


def group_change(location: str | None, tags: Mapping[str, Any] | None, seen: Json | None) -> words.Change:
    """Of a resource group."""
    body: dict[str, Any] = words.writable(seen) if seen else {"location": location, "tags": {}}
    body.pop("properties", None)  # there are none to write
    before = _group_view(body)
    body["tags"] = words.merged_tags(body.get("tags"), tags)
    return words.change_between(seen, body, before, _group_view(body), _elsewhere(seen, location))


def vnet_change(
    location: str | None,
    cidrs: Sequence[str] | None,
    subnets: Sequence[Json],
    tags: Mapping[str, Any] | None,
    seen: Json | None,
) -> words.Change:
    """Of a VNet. Its IPv4 ranges become `cidrs`; a new one is made with its `subnets` in one PUT."""
    if seen:
        body = words.writable_subnet(seen)
    else:
        made = [{"name": one["name"], **(subnet_change(one, None).body or {})} for one in subnets]
        body = {"location": location, "tags": {}, "properties": {"addressSpace": {}, "subnets": made}}
    before = _vnet_view(body)
    wanted = [*dict.fromkeys([*(cidrs or ()), *ipv6_of(seen)])]
    if cidrs and {*prefixes_of(body)} != {*wanted}:
        body["properties"]["addressSpace"]["addressPrefixes"] = wanted
    body["tags"] = words.merged_tags(body.get("tags"), tags)
    return words.change_between(seen, body, before, _vnet_view(body), _elsewhere(seen, location))


def subnet_change(subnet: Json, seen: Json | None) -> words.Change:
    """Of a subnet. What hangs on it stays: further ranges, NAT gateway, policies, and guards that are not asked for.

    :param subnet: `cidr` and, if they are asked for, the ids of its `GUARDS`
    """
    body: dict[str, Any] = words.writable_subnet(seen) if seen else {"properties": {}}
    cidr, properties = subnet["cidr"], body["properties"]
    ranges = ranges_of(seen) if seen else []
    wanted = ranges if cidr in ranges else [cidr, *(one for one in ranges if ":" in one)]
    if wanted != ranges:
        for name in ("addressPrefix", "addressPrefixes"):
            properties.pop(name, None)
        properties |= {"addressPrefixes": wanted} if len(wanted) > 1 else {"addressPrefix": cidr}
    before: dict[str, Any] = {"cidrs": ranges}
    after: dict[str, Any] = {"cidrs": wanted}
    for option, there in guards_of(body).items():
        if guard := subnet.get(option):
            before[option], after[option] = there, guard
            if words.same(there, guard):
                after[option] = there
            else:
                properties[GUARDS[option][0]] = {"id": guard}
    return words.change_between(seen, body, before, after)


def _group_view(group: Json) -> dict[str, Any]:
    return {"location": group.get("location"), "tags": dict(group.get("tags") or {})}


def _vnet_view(vnet: Json) -> dict[str, Any]:
    return {"cidrs": sorted(prefixes_of(vnet)), "tags": dict(vnet.get("tags") or {})}


def _elsewhere(seen: Json | None, location: str | None) -> list[words.Refusal]:
    if not (seen and location) or words.same_location(seen.get("location"), location):
        return []
    problem = f"{seen['name']} is in {seen.get('location')}, not in {location}"
    return [words.Refusal(problem, "Ask for another name, or for the region that it is in.")]
