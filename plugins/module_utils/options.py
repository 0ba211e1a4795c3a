# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options of a module must be, judged all at once before a cloud is asked. Every rule names its source.

Each function takes a module's parameters. Placeholders of check mode (``planned:...``) are let through here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import addresses, asn, crypto, keys, rules
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault, listed, message, shown
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.variables import kind_of

Params = Mapping[str, Any]
Faults = Iterator[Fault]

PLANNED = "planned:"


def refusal(faults: Iterable[Fault]) -> dict[str, Any]:
    """The result of a module with these faults; {} without any."""
    found = list(faults)
    count = "1 fault" if len(found) == 1 else f"{len(found)} faults"
    text = message(f"The options have {count}:", found)
    return {"msg": text, "faults": [fault.as_dict() for fault in found]} if found else {}


# ------------------------------------------------------------------------------------------------- rules of any option


def _given(value: object) -> bool:
    return value is not None and not str(value).startswith(PLANNED)


def _between(option: str, value: int | None, lowest: int, highest: int, cloud: str, unit: str = "") -> Faults:
    if value is not None and not lowest <= value <= highest:
        problem = f"{cloud} takes {lowest} to {highest} {unit}".rstrip()
        yield Fault(option, shown(value), problem, "Write one of these, or leave it out.")


def _known(option: str, values: Iterable[object] | None, choices: Sequence[object], cloud: str) -> Faults:
    for value in values or ():
        if value not in choices:
            yield Fault(option, shown(value), f"{cloud} has no such choice", f"Write {listed(choices, 'or')}.")


def _address(option: str, value: str | None, example: str) -> Faults:
    if _given(value) and addresses.parse_address(value) is None:
        yield Fault(option, shown(value), "it is not an IPv4 address", f"Write it like {example}.")


def _networks(option: str, values: Iterable[str] | None, example: str) -> Faults:
    for value in values or ():
        found = addresses.parse_network(value, example)
        if not isinstance(found, IPv4Network):
            yield Fault(option, shown(value), *found)


def _twice(option: str, values: Iterable[str]) -> Faults:
    seen: set[str] = set()
    for value in values:
        if value.lower() in seen:
            yield Fault(option, shown(value), "it is there twice", "Write it once.")
        seen.add(value.lower())


def seconds(params: Params) -> Faults:
    for option in ("wait_timeout", "tunnel_up_timeout", "poll_seconds"):
        value = params.get(option)
        if value is not None and value < 0:
            yield Fault(option, shown(value), "it is less than 0", "Write seconds.")


def _tags(params: Params, cloud: str, problem_of: Callable[[str, str], str | None]) -> Faults:
    tags = params.get("tags") or {}
    if len(tags) + bool(params.get("name") and cloud == "AWS") > 50:  # AWS's Name is one of them
        yield Fault("tags", f"{len(tags)} tags", f"{cloud} takes 50, its Name included", "Write fewer.")
    for name, value in tags.items():
        if not isinstance(value, str | int | float):
            problem: str | None = f"its value is {kind_of(value)}, not text"
        else:
            problem = problem_of(str(name), str(value))
        if problem:
            yield Fault("tags", shown(name), problem, "Write another tag, or none.")


def _aws_tag(name: str, value: str) -> str | None:
    """(AWS, tag restrictions)"""
    if name.lower().startswith("aws:"):
        return "AWS reserves the prefix aws:"
    if not 1 <= len(name) <= 128 or len(value) > 256:
        return "AWS takes names of 1 to 128 characters and values of 256 at most"
    return None if rules.TAG_TEXT.fullmatch(name + value) else rules.TAG_CHARACTERS


def _azure_tag(name: str, value: str) -> str | None:
    """(MS, use tags to organize resources)"""
    if name.lower().startswith(("microsoft", "azure", "windows")):
        return "Azure reserves its prefix"
    if rules.AZURE_REFUSES_IN_TAG_NAMES.search(name):
        return "Azure refuses < > % & \\ ? and / in its name"
    if not 1 <= len(name) <= 512 or len(value) > 256:
        return "Azure takes names of 1 to 512 characters and values of 256 at most"
    return None


# ------------------------------------------------------------------------------------------------------------------ AWS

_IDS = {
    "vpc_id": ("vpc", "a VPC"),
    "subnet_id": ("subnet", "a subnet"),
    "route_table_id": ("rtb", "a route table"),
    "customer_gateway_id": ("cgw", "a customer gateway"),
    "vpn_gateway_id": ("vgw", "a virtual private gateway"),
    "transit_gateway_id": ("tgw", "a transit gateway"),
    "vpn_connection_id": ("vpn", "a VPN connection"),
}


def _id(option: str, value: object, kind: str) -> Faults:
    prefix, what = _IDS[kind]
    if _given(value) and not re.fullmatch(rf"{prefix}-[0-9a-f]+", str(value)):
        remedy = f"Write it like {prefix}-0a1b2c3d4e5f60718."
        yield Fault(option, shown(value), f"it is not the id of {what}", remedy)


def _ids(params: Params, where: str = "") -> Faults:
    for option in _IDS:
        yield from _id(f"{where}{option}", params.get(option), option)


def _aws(params: Params) -> Faults:
    yield from _ids(params)
    yield from _tags(params, "AWS", _aws_tag)
    yield from seconds(params)


def _named(params: Params, identifier: str) -> Faults:
    """Without a name nothing is found again, and each run would make another one. A template may give an empty one."""
    if not params["name"] and not params[identifier]:
        yield Fault("name", "", "it is missing", f"Write one, or the {identifier} of one that exists.")


def customer_gateway(params: Params) -> Faults:
    """(AWS, CreateCustomerGateway)"""
    yield from _aws(params)
    for option, what in (("ip_address", "public address"), ("bgp_asn", "ASN")):
        if params[option] in (None, ""):
            yield Fault(option, "", "it is missing", f"Write the {what} of the other end.")
    yield from _address("ip_address", params["ip_address"] or None, "192.0.2.10, a public address of the other end")
    number = params["bgp_asn"]
    remedy = "Write the ASN of the other end."
    if number is not None and not 1 <= number < 2**32:
        yield Fault("bgp_asn", shown(number), "AWS takes 1 to 4294967295", remedy)
    elif number in asn.AMAZON_OWN:
        yield Fault("bgp_asn", shown(number), "Amazon uses it itself", remedy)


def vpn_gateway(params: Params) -> Faults:
    """(AWS, CreateVpnGateway)"""
    yield from _named(params, "vpn_gateway_id")
    yield from _aws(params)
    number = params["asn"]
    if number is not None and not any(number in allowed for allowed in asn.AWS_SIDE):
        problem = "AWS takes 64512 to 65534 and 4200000000 to 4294967294 only"
        yield Fault("asn", shown(number), problem, "Write one of these, or leave it out for 64512.")


_ENCRYPTION = ("AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16")
_INTEGRITY = ("SHA1", "SHA2-256", "SHA2-384", "SHA2-512")
_GROUPS = (2, *range(14, 25))
_CHOICES: Mapping[str, Sequence[object]] = {
    "phase1_encryption": _ENCRYPTION,
    "phase1_integrity": _INTEGRITY,
    "phase1_dh_groups": _GROUPS,
    "phase2_encryption": _ENCRYPTION,
    "phase2_integrity": _INTEGRITY,
    "phase2_dh_groups": (2, 5, *_GROUPS[1:]),
}
_RANGES = {
    "phase1_lifetime_seconds": (900, 28800, "seconds"),
    "phase2_lifetime_seconds": (900, 3600, "seconds"),
    "rekey_margin_seconds": (60, 1800, "seconds"),
    "rekey_fuzz_percent": (0, 100, "percent"),
    "replay_window_size": (64, 2048, "packets"),
    "dpd_timeout_seconds": (30, 2**31 - 1, "seconds"),
}


def _tunnel(tunnel: Params) -> Faults:
    """(AWS, VpnTunnelOptionsSpecification)"""
    cidr = str(tunnel["inside_cidr"])
    remedy = "Write a /30 of 169.254.0.0/16, like 169.254.21.0/30."
    found = addresses.parse_network(cidr, "169.254.21.0/30")
    if not isinstance(found, IPv4Network):
        yield Fault("tunnels[].inside_cidr", shown(cidr), *found)
    elif found.prefixlen != 30 or not found.subnet_of(addresses.LINK_LOCAL):
        yield Fault("tunnels[].inside_cidr", shown(cidr), "it is not a /30 of 169.254.0.0/16", remedy)
    elif found in addresses.AWS_RESERVED_INSIDE:
        yield Fault("tunnels[].inside_cidr", shown(cidr), "AWS reserves it", remedy)
    where = f"tunnels[{shown(cidr)}]."
    for option, choices in _CHOICES.items():
        yield from _known(f"{where}{option}", tunnel.get(option), choices, "AWS")
    for option, (lowest, highest, unit) in _RANGES.items():
        yield from _between(f"{where}{option}", tunnel.get(option), lowest, highest, "AWS", unit)
    margin, second = tunnel.get("rekey_margin_seconds"), tunnel.get("phase2_lifetime_seconds")
    if margin is not None and second is not None and 60 <= margin <= 1800 and margin > second / 2:
        problem = f"it is more than half of phase2_lifetime_seconds ({shown(second)})"
        yield Fault(f"{where}rekey_margin_seconds", shown(margin), problem, "Write less, or lengthen the other.")
    first = tunnel.get("phase1_lifetime_seconds")
    if first is not None and second is not None and second >= first:
        problem = f"it is not below phase1_lifetime_seconds ({shown(first)}), which AWS demands"
        yield Fault(f"{where}phase2_lifetime_seconds", shown(second), problem, "Write less, or lengthen the other.")
    for phase in ("phase1", "phase2"):
        yield from _exchanges(f"{where}{phase}_additional_key_exchanges", tunnel)
    yield from _inside_ipv6(f"{where}inside_ipv6_cidr", tunnel.get("inside_ipv6_cidr"))
    logs = tunnel.get("log_options") or {}
    for option in ("log_group_arn", "bgp_log_group_arn"):
        if _given(logs.get(option)) and not _LOG_GROUP_ARN.fullmatch(logs[option]):
            remedy = "Write it like arn:aws:logs:eu-central-1:123456789012:log-group:hq."
            yield Fault(f"{where}log_options.{option}", shown(logs[option]), "it is not the ARN of a log group", remedy)


_LOG_GROUP_ARN = re.compile(r"arn:[a-z0-9-]+:logs:[a-z0-9-]+:[0-9]{12}:log-group:[A-Za-z0-9._/#-]{1,512}(:\*)?")
_EXCHANGE_METHODS = (*_CHOICES["phase2_dh_groups"], 35, 36, 37)


def _exchanges(option: str, tunnel: Params) -> Faults:
    """(AWS, VpnAdditionalKeyExchangeRequest)"""
    rounds = tunnel.get(option.rpartition(".")[2]) or []
    yield from _twice(f"{option}[].round", [str(one["round"]) for one in rounds])
    for one in rounds:
        yield from _between(f"{option}[].round", one["round"], 1, 7, "AWS")
        yield from _known(f"{option}[].methods", one["methods"], _EXCHANGE_METHODS, "AWS")
        if not one["methods"] and one.get("requirement") != "optional":
            problem = "a round that is required needs a method"
            yield Fault(f"{option}[].methods", "", problem, "Write one, like 36, or requirement: optional.")


def _inside_ipv6(option: str, cidr: str | None) -> Faults:
    if cidr is None:
        return
    try:
        found = IPv6Network(cidr)
    except ValueError:
        found = None
    if found is None or found.prefixlen != 126 or not found.subnet_of(_LOCAL_IPV6):
        yield Fault(option, shown(cidr), "it is not a /126 of fd00::/8", "Write it like fd00:a9fe:1500::/126.")


_LOCAL_IPV6 = IPv6Network("fd00::/8")


def vpn_connection(params: Params) -> Faults:
    """(AWS, CreateVpnConnection and ModifyVpnTunnelOptions)"""
    yield from _named(params, "vpn_connection_id")
    yield from _aws(params)
    tunnels = params["tunnels"] or []
    if len(tunnels) > 2:
        yield Fault("tunnels", f"{len(tunnels)} tunnels", "a VPN connection has two", "Make another one for the rest.")
    yield from _twice("tunnels[].inside_cidr", [str(tunnel["inside_cidr"]) for tunnel in tunnels])
    for tunnel in tunnels:
        yield from _tunnel(tunnel)
    yield from rules.key_faults(params["pre_shared_keys"], (), "pre_shared_keys")
    yield from _networks("routes", params["routes"], "10.1.0.0/16")
    if params["routes"] and params["static_routes_only"] is False:
        problem = "they are for static routing, and static_routes_only is false"
        yield Fault("routes", shown(listed(params["routes"])), problem, "Leave them out: BGP tells AWS its routes.")


def propagation(params: Params) -> Faults:
    """Of aws_vgw_propagation."""
    yield from seconds(params)
    tables = params["route_tables"]
    yield from _twice("route_tables[].route_table_id", [one["route_table_id"] for one in tables])
    for one in tables:
        yield from _id("route_tables[].route_table_id", one["route_table_id"], "route_table_id")
        where = f"route_tables[{shown(one['route_table_id'])}].vpn_gateway_ids"
        for gateway in one["vpn_gateway_ids"]:
            yield from _id(where, gateway, "vpn_gateway_id")


def settle(params: Params) -> Faults:
    """Of aws_settle, which puts a VPC or a route table in order that several runs have made."""
    own = str(params["resource_id"])
    yield from _id("resource_id", own, "route_table_id" if own.startswith("rtb") else "vpc_id")
    yield from _id("subnet_id", params["subnet_id"], "subnet_id")
    for name in rules.OWN_TAGS:
        if not (params["tags"] or {}).get(name):
            yield Fault("tags", name, "it tells the owner, and is missing", "Pass it as the plan has it.")


def aws_reading(params: Params) -> Faults:
    """Of the modules that read what the link has on AWS, or delete it."""
    yield from seconds(params)
    for identifier in params.get("vpn_connection_ids") or ():
        yield from _id("vpn_connection_ids", identifier, "vpn_connection_id")
    gateway = params.get("gateway_id")
    kind = "transit_gateway_id" if str(gateway).startswith("tgw") else "vpn_gateway_id"
    yield from _id("gateway_id", gateway, kind)


_LOG_GROUP_NAME = re.compile(r"[A-Za-z0-9._/#-]{1,512}")


def log_group(params: Params) -> Faults:
    """(AWS, CreateLogGroup and PutRetentionPolicy)"""
    name, days = params["name"], params["retention_days"]
    if not _LOG_GROUP_NAME.fullmatch(name):
        problem = "it is not 1 to 512 letters, digits and . - _ / #, as AWS demands"
        yield Fault("name", shown(name), problem, "Write one like /aws/vendedlogs/s2s_vpn/hq.")
    if problem_of_days := rules.log_days_problem(days):
        yield Fault("retention_days", shown(days), *problem_of_days)
    yield from _tags(params, "AWS", _aws_tag)


# ---------------------------------------------------------------------------------------------------------- both clouds


def operate(params: Params) -> Faults:
    """What s2s_vpn_operate may be asked for, beside the plan."""
    # Here, since each module that judges options would pay for them at its start.
    from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.operate import WINDOW
    from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import is_plan

    plan, operation, window = params["plan"], params["operation"], params["window"]
    if not is_plan(plan):
        remedy = "Give what hybrid.s2s_vpn.s2s_vpn_plan returns as s2s_vpn_plan."
        yield Fault("plan", "", "it is not a plan", remedy)
        return
    yield from seconds(params)
    if window and not WINDOW.fullmatch(window):
        yield Fault("window", shown(window), "it is not a span of the day", "Write it in UTC, like 22:00-04:00.")
    used = [one["name"] for one in plan["tunnels"] if one["expected"] == "up"]
    names = used if operation == "reset_connection" else [one["name"] for one in plan["tunnels"]]
    chosen = params["tunnels"] or []
    for name in chosen:
        if name not in names:
            yield Fault("tunnels", shown(name), "the link has no such tunnel", f"Write {listed(names, 'or')}.")
    if operation == "reset_connection" and len(chosen) != 1:
        yield Fault("tunnels", "", "one is reset at a time", f"Write one of {listed(names, 'or')}.")
    instances = sorted({one["instance"] for one in plan["tunnels"]})
    if operation == "reset_instance" and params["instance"] not in instances:
        yield Fault("instance", shown(params["instance"]), "there is none", f"Write {listed(instances, 'or')}.")
    inside = [IPv4Network(one["inside_cidr"]) for one in plan["tunnels"]]
    yield from rules.key_faults(params["pre_shared_keys"], inside, "pre_shared_keys")


# ---------------------------------------------------------------------------------------------------------------- Azure


def _azure_name(option: str, value: object, like: str = "azure_app_subnet_name") -> Faults:
    pattern, longest, words = rules.NAME_RULES[like]
    if value is None:
        return
    if not 1 <= len(str(value)) <= longest:
        yield Fault(option, shown(value), f"Azure takes 1 to {longest} characters there", "Write another name.")
    elif not pattern.fullmatch(str(value)):
        yield Fault(option, shown(value), "it has a character that Azure refuses there", f"Write {words}.")


def resource_group(params: Params) -> Faults:
    yield from _azure_name("resource_group", params["resource_group"], "azure_resource_group")


def _azure(params: Params) -> Faults:
    yield from resource_group(params)
    location = params.get("location")
    if location is not None and not re.fullmatch(r"[A-Za-z0-9 ()]+", location):
        yield Fault("location", shown(location), "it is not an Azure location", "Write it like westeurope.")
    yield from _tags(params, "Azure", _azure_tag)
    yield from seconds(params)


def azure_reading(params: Params) -> Faults:
    """Of the modules that read what the link has in Azure, or delete it."""
    yield from _azure(params)
    for option in ("gateway_name", "name"):
        yield from _azure_name(option, params.get(option))
    for name in params.get("connections") or ():
        yield from _azure_name("connections", name)
    own = params.get("gateway_id")
    if own is not None and not _GATEWAY_ID.fullmatch(own):
        remedy = "Give the id as the gateway's page and az network vnet-gateway show have it."
        yield Fault("gateway_id", shown(own), "it is not the id of a virtual network gateway", remedy)


_GATEWAY_ID = re.compile(
    r"(?i)/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.Network/virtualNetworkGateways/[^/\s]+"
)
_NETWORK_ID = re.compile(
    r"(?i)/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.Network(/[^/\s]+){2,}"
)


def retry(params: Params) -> Faults:
    """Of azure_retry, which asks in the network's api-version."""
    yield from seconds(params)
    for identifier in params["resource_ids"]:
        if not _NETWORK_ID.fullmatch(identifier):
            remedy = "Write the whole id: az network vnet list --query [].id"
            yield Fault(
                "resource_ids", shown(identifier), "it is not the id of a resource of Microsoft.Network", remedy
            )


def _peer_asn(option: str, number: int | None, problem_of: Callable[[int], str | None]) -> Faults:
    if number is None:
        return
    problem = problem_of(number) if 1 <= number <= asn.HIGHEST_ASN else f"it is not between 1 and {asn.HIGHEST_ASN}"
    if problem:
        yield Fault(option, shown(number), problem, "Write another one, like 64512.")


def gateway_network(params: Params) -> Faults:
    """(MS, VirtualNetworks - Create Or Update)"""
    yield from _azure(params)
    yield from _azure_name("name", params["name"], "azure_vnet_name")
    yield from _networks("cidrs", params["cidrs"], "10.1.0.0/16")
    ranges = [found for found in map(_network, params["cidrs"] or ()) if found]
    subnets = params["subnets"]
    yield from _twice("subnets[].name", [one["name"] for one in subnets])
    taken: list[IPv4Network] = []
    for one in subnets:
        option = f"subnets[{shown(one['name'])}].cidr"
        yield from _azure_name("subnets[].name", one["name"])
        for guard in ("security_group", "route_table"):
            yield from _azure_name(f"subnets[{shown(one['name'])}].{guard}", one.get(guard))
        yield from _networks(option, [one["cidr"]], "10.1.255.0/27")
        cidr = _network(one["cidr"])
        if cidr is None:
            continue
        if ranges and not any(cidr.subnet_of(each) for each in ranges):
            yield Fault(
                option, shown(cidr), f"it is outside cidrs ({listed(map(str, ranges))})", "Write a part of them."
            )
        for other in taken:
            if cidr.overlaps(other):
                yield Fault(option, shown(cidr), f"it overlaps subnet {other}", "Write another range.")
        taken.append(cidr)


def _network(value: str) -> IPv4Network | None:
    found = addresses.parse_network(value, "10.1.0.0/16")
    return found if isinstance(found, IPv4Network) else None


def public_addresses(params: Params) -> Faults:
    """(MS, PublicIPAddresses - Create Or Update)"""
    yield from _azure(params)
    yield from _twice("addresses[].name", [one["name"] for one in params["addresses"]])
    for one in params["addresses"]:
        where = f"addresses[{shown(one['name'])}]."
        yield from _azure_name("addresses[].name", one["name"])
        yield from _known(f"{where}zones", one.get("zones"), ("1", "2", "3"), "Azure")


def azure_gateway(params: Params) -> Faults:
    """(MS, VirtualNetworkGateways - Create Or Update; BGP FAQ)"""
    yield from _azure(params)
    yield from _azure_name("name", params["name"])
    yield from _azure_name("vnet_name", params["vnet_name"], "azure_vnet_name")
    own = params["asn"]
    if own != asn.AZURE_DEFAULT_ASN:
        yield from _peer_asn("asn", own, asn.refused_as_azure_remote)
    subnet = params["subnet_id"]
    if _given(subnet) and not re.fullmatch(r"(?i)/subscriptions/.+/subnets/GatewaySubnet", subnet):
        problem = "it is not the id of a subnet GatewaySubnet"
        yield Fault("subnet_id", shown(subnet), problem, "Write the whole id, or vnet_name in its place.")
    yield from _instances(params)


def _instances(params: Params) -> Faults:
    instances, both = params["instances"] or [], params["active_active"]
    if len(instances) > 2 or (instances and both is not None and len(instances) != 1 + both):
        kind = "a gateway" if both is None else "active/active" if both else "active/standby"
        count = "one or two" if both is None else "two" if both else "one"
        remedy = "Write an instance for each public address."
        yield Fault("instances", f"{len(instances)} instances", f"{kind} has {count}", remedy)
    apipa = [(one, index) for index, each in enumerate(instances) for one in each.get("apipa_addresses") or ()]
    for address, index in apipa:
        found = addresses.parse_address(address)
        option = f"instances[{index}].apipa_addresses"
        remedy = "Write the second address of a tunnel's /30, like 169.254.21.2."
        if found is None or not _in_apipa(found):
            problem = "it is not an address of Azure's APIPA range 169.254.21.0 to 169.254.22.255"
            yield Fault(option, shown(address), problem, remedy)
        elif params["bgp"] is False:
            yield Fault(option, shown(address), "BGP uses it, and bgp is false", "Leave it out, or write bgp: true.")
    yield from _twice("instances[].apipa_addresses", [str(address) for address, _index in apipa])
    for index, each in enumerate(instances):
        for name in ("ip_configuration", "public_ip_name"):
            yield from _azure_name(f"instances[{index}].{name}", each.get(name))
        identifier = each.get("public_ip_id")
        if _given(identifier) and not re.fullmatch(r"(?i)/subscriptions/.+/publicIPAddresses/[^/]+", str(identifier)):
            problem, remedy = "it is not the id of a public address", "Write the whole id, or public_ip_name instead."
            yield Fault(f"instances[{index}].public_ip_id", shown(identifier), problem, remedy)


def _in_apipa(address: IPv4Address) -> bool:
    return any(address in half for half in addresses.AZURE_APIPA)


def local_gateways(params: Params) -> Faults:
    """(MS, LocalNetworkGateways - Create Or Update; BGP FAQ)"""
    yield from _azure(params)
    listed_ones = params["local_gateways"]
    yield from _twice("local_gateways[].name", [one["name"] for one in listed_ones])
    for one in listed_ones:
        where = f"local_gateways[{shown(one['name'])}]."
        yield from _azure_name("local_gateways[].name", one["name"])
        yield from _address(f"{where}gateway_ip_address", one.get("gateway_ip_address"), "198.51.100.10")
        yield from _networks(f"{where}address_prefixes", one.get("address_prefixes"), "10.2.0.0/16")
        yield from _peer_asn(f"{where}asn", one.get("asn"), asn.refused_as_azure_remote)
        yield from _address(f"{where}bgp_peering_address", one.get("bgp_peering_address"), "169.254.21.1")


#: Our option -> the link's variable, whose words are Azure's.
_POLICY_WORDS = {
    "ike_encryption": "ike_encryption",
    "ike_integrity": "ike_integrity",
    "dh_group": "ike_dh_group",
    "ipsec_encryption": "ipsec_encryption",
    "ipsec_integrity": "ipsec_integrity",
    "pfs_group": "ipsec_pfs_group",
}


def _policy(where: str, policy: Params) -> Faults:
    """(MS, IPsec/IKE parameters). Azure alone has more words than the two clouds together."""
    wrong = False
    for option, variable in _POLICY_WORDS.items():
        words = [*crypto.VOCABULARY[variable], *sorted(crypto.WITHOUT_COUNTERPART[variable])]
        for fault in _known(f"{where}{option}", [policy[option]], words, "Azure"):
            wrong = True
            yield fault
    gcm = crypto.gcm_problem(policy["ipsec_encryption"], policy["ipsec_integrity"])
    if gcm and not wrong:
        yield Fault(f"{where}ipsec_integrity", shown(policy["ipsec_integrity"]), *gcm)
    yield from _between(f"{where}sa_lifetime_seconds", policy["sa_lifetime_seconds"], 300, 172799, "Azure", "seconds")
    size = policy["sa_data_size_kilobytes"]
    yield from _between(f"{where}sa_data_size_kilobytes", size, 1024, 2**31 - 1, "Azure", "kilobytes")


def azure_connections(params: Params) -> Faults:
    """(MS, VirtualNetworkGatewayConnections - Create Or Update)"""
    yield from _azure(params)
    yield from _azure_name("gateway_name", params["gateway_name"])
    yield from _twice("connections[].name", [one["name"] for one in params["connections"]])
    for one in params["connections"]:
        where = f"connections[{shown(one['name'])}]."
        yield from _azure_name("connections[].name", one["name"])
        yield from _azure_name(f"{where}local_gateway", one.get("local_gateway"))
        yield from _between(f"{where}dpd_seconds", one.get("dpd_seconds"), 9, 3600, "Azure", "seconds")
        if one.get("ipsec_policy"):
            yield from _policy(f"{where}ipsec_policy.", one["ipsec_policy"])
        yield from _custom_bgp(where, one)
        key = one.get("pre_shared_key")
        problem = keys.azure_problem(key) if key is not None else None
        if problem:
            yield Fault(f"{where}pre_shared_key", "", problem, keys.RULE)
        source = one.get("pre_shared_key_from")
        if source:
            yield from _ids(source, f"{where}pre_shared_key_from.")
            yield from _address(
                f"{where}pre_shared_key_from.outside_address", source["outside_address"], "198.51.100.10"
            )


def _custom_bgp(where: str, one: Params) -> Faults:
    slots = one.get("custom_bgp_addresses") or []
    option = f"{where}custom_bgp_addresses"
    if slots and one.get("enable_bgp") is False:
        yield Fault(option, f"{len(slots)} addresses", "BGP uses them, and enable_bgp is false", "Leave them out.")
    yield from _twice(f"{option}[].instance", [str(slot["instance"]) for slot in slots])
    for slot in slots:
        yield from _between(f"{option}[].instance", slot["instance"], 0, 1, "Azure")
        address = addresses.parse_address(slot["address"])
        if address is None or not _in_apipa(address):
            problem = "it is not an address of Azure's APIPA range 169.254.21.0 to 169.254.22.255"
            yield Fault(f"{option}[].address", shown(slot["address"]), problem, "Write one that the gateway has.")
