# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the values of a link's variables must be, so that both clouds take them. Every rule names its source."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import combinations

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import addresses, asn, consent, crypto, keys
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import PREFIX, Fault, closest, listed, shown
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.variables import (
    AWS_QUOTAS,
    LINK_NAME,
    QUOTA,
    Values,
    fault_of,
)

ROUTINGS = ("bgp", "static")
ADMISSIONS = ("app_subnets", "networks")
SKUS = tuple(f"VpnGw{size}AZ" for size in range(1, 6))
#: Refused for new gateways: NonAzSkusNotAllowedForVPNGateway (MS).
OLD_SKUS = ("Basic", "Standard", "HighPerformance", *(f"VpnGw{size}" for size in range(1, 6)))
ZONES = ("1", "2", "3")
SMALLEST_GATEWAY_SUBNET = 27  # (MS, VPN Gateway settings)
GATEWAY_SUBNET = "GatewaySubnet"

# --------------------------------------------------------------------------------------- names, words, places, tags

AZURE_LOCATION = re.compile(r"[a-z]+[a-z0-9]*")
AWS_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")  # eu-central-1, us-gov-west-1, eusc-de-east-1

_GROUP_NAME = re.compile(r"[A-Za-z0-9_.()-]*[A-Za-z0-9_()-]")
_AZURE_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
TAG_CHARACTERS = "AWS takes letters, digits, spaces and + - = . _ : / @ only"
TAG_TEXT = re.compile(r"[\w +=.:/@-]*")  # letters of any script (AWS)

#: Variable -> pattern, longest, allowed characters (MS, resource name rules; AWS, tag restrictions).
#: The gateway's public addresses are its name and "-pip-1", 80 characters together.
_AZURE_WORDS = "letters, digits, _ . and -, the first a letter or digit, the last one of these or _"
NAME_RULES: Mapping[str, tuple[re.Pattern[str], int, str]] = {
    "azure_resource_group": (_GROUP_NAME, 90, "letters, digits, _ . ( ) and -, the last not a dot"),
    "azure_vnet_name": (_AZURE_NAME, 64, _AZURE_WORDS),
    "azure_app_subnet_name": (_AZURE_NAME, 80, _AZURE_WORDS),
    "azure_gateway_name": (_AZURE_NAME, 74, _AZURE_WORDS),
    "aws_vpc_name": (TAG_TEXT, 255, "letters, digits, spaces and + - = . _ : / @"),
    "aws_app_subnet_name": (TAG_TEXT, 255, "letters, digits, spaces and + - = . _ : / @"),
    "aws_vgw_name": (TAG_TEXT, 255, "letters, digits, spaces and + - = . _ : / @"),
}

OWN_TAGS = ("s2s_vpn:link", "s2s_vpn:id")
MOST_USER_TAGS = 50 - len(OWN_TAGS) - 1  # both clouds take 50; AWS's Name is ours too
AZURE_REFUSES_IN_TAG_NAMES = re.compile(r"[<>%&\\?/]")


def _slug(text: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    words = words if words[:1].isalpha() else f"link-{words}"
    return words.removeprefix("sg-")[:40].ljust(2, "1")


def _link_faults(values: Values) -> Iterator[Fault]:
    link = values.get("link")
    if link is None:
        return
    if not LINK_NAME.fullmatch(link):
        problem = "it is not 2 to 40 lower-case letters, digits and hyphens, first a letter"
        yield fault_of("link", link, problem, f"Write {_slug(link)}.")
    elif link.startswith("sg-"):
        yield fault_of(
            "link", link, "AWS refuses a security group's name that starts with sg-", f"Write {_slug(link)}."
        )


def _word_faults(values: Values) -> Iterator[Fault]:
    for name, words in (("routing", ROUTINGS), ("admit", ADMISSIONS)):
        value = values.get(name)
        if value is not None and value not in words:
            yield fault_of(name, value, "there is no such choice", f"Write {listed(words, 'or')}.")
    for word in values.get("consent", []):
        if word not in consent.MEANINGS:
            remedy = f"Write some of {listed(consent.MEANINGS)}, or []."
            yield fault_of("consent", word, "there is no such choice", remedy)


def _quota_faults(values: Values) -> Iterator[Fault]:
    for name in AWS_QUOTAS:
        quota = values.get(QUOTA + name)
        if quota is not None and quota < 1:
            remedy = "Write the number that Service Quotas shows for the region."
            yield fault_of(QUOTA + name, quota, "it is less than 1", remedy)


#: (AWS, PutRetentionPolicy)
LOG_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip


def log_days_problem(days: int) -> tuple[str, str] | None:
    """Problem and remedy."""
    if days in LOG_DAYS:
        return None
    longer = next((one for one in LOG_DAYS if one > days), LOG_DAYS[-1])
    return "AWS keeps logs for other numbers of days", f"Write {longer}."


def _log_faults(values: Values) -> Iterator[Fault]:
    days = values.get("aws_tunnel_log_days")
    if days and (problem := log_days_problem(days)):  # 0: no logs
        yield fault_of("aws_tunnel_log_days", days, *problem)


def _place_faults(values: Values) -> Iterator[Fault]:
    location = values.get("azure_location")
    if location is not None and not AZURE_LOCATION.fullmatch(location):
        plain = re.sub(r"[^a-z0-9]", "", location.lower())
        remedy = f"Write {plain}." if AZURE_LOCATION.fullmatch(plain) else "Write it like westeurope."
        yield fault_of("azure_location", location, "it is not the short name of an Azure location", remedy)
    region = values.get("aws_region")
    if region is not None and not AWS_REGION.fullmatch(region):
        zone = AWS_REGION.match(region)
        is_zone = zone is not None and re.fullmatch(r"[a-z]", region[zone.end() :])
        problem = "it is an availability zone" if is_zone else "it is not the name of an AWS region"
        meant = zone[0] if zone is not None and is_zone else "-".join(region.lower().split())
        remedy = f"Write {meant}." if AWS_REGION.fullmatch(meant) else "Write it like eu-central-1."
        yield fault_of("aws_region", region, problem, remedy)


def _name_faults(values: Values) -> Iterator[Fault]:
    for name, (pattern, longest, words) in NAME_RULES.items():
        value = values.get(name)
        if value is None:
            continue
        if len(value) > longest:
            yield fault_of(name, value, f"it is longer than {longest} characters", "Write a shorter name.")
        elif not pattern.fullmatch(value):
            cloud = "Azure" if name.startswith("azure") else "AWS"
            yield fault_of(name, value, f"it has a character that {cloud} refuses there", f"Write {words}.")
    if values.get("azure_app_subnet_name", "").lower() == GATEWAY_SUBNET.lower():
        problem = "that subnet is kept for the gateway"
        yield fault_of("azure_app_subnet_name", values["azure_app_subnet_name"], problem, "Write another name.")


def _tag_problem(name: str, value: str) -> str | None:
    if name in OWN_TAGS or name.lower().startswith("s2s_vpn:"):
        return "its prefix s2s_vpn: is ours"
    if name == "Name":
        return "it is the resource's name on AWS, which the plan gives"
    if name.lower().startswith("aws:"):
        return "AWS reserves the prefix aws:"
    if name.lower().startswith(("microsoft", "azure", "windows")):
        return "Azure reserves its prefix"
    if not 1 <= len(name) <= 128:
        return "its name is not 1 to 128 characters long"
    if len(value) > 256:
        return "its value is longer than 256 characters"
    if AZURE_REFUSES_IN_TAG_NAMES.search(name):
        return "Azure refuses < > % & \\ ? and / in its name"
    if not TAG_TEXT.fullmatch(name + value):
        return TAG_CHARACTERS
    return None


def _tag_faults(values: Values) -> Iterator[Fault]:
    tags: dict[str, str] = values.get("tags", {})
    if len(tags) > MOST_USER_TAGS:
        problem = f"both clouds take 50 tags, {50 - MOST_USER_TAGS} of which are ours"
        yield fault_of("tags", f"{len(tags)} tags", problem, f"Write {MOST_USER_TAGS} or fewer.")
    for name, value in tags.items():
        problem_of_tag = _tag_problem(name, value)
        if problem_of_tag:
            yield fault_of("tags", name, problem_of_tag, "Write another tag, or none.")
    for first, second in combinations(tags, 2):
        if first.lower() == second.lower():
            problem = f"on Azure it is the same tag as {shown(first)}: letter case does not count there"
            yield fault_of("tags", second, problem, "Write one of them.")


# ------------------------------------------------------------------------------------------------ gateway, ASN, crypto


def _gateway_faults(values: Values) -> Iterator[Fault]:
    sku = values.get("azure_gateway_sku")
    if sku is not None and sku not in SKUS:
        if sku in OLD_SKUS:
            better = sku + "AZ" if sku.startswith("VpnGw") else "VpnGw1AZ"
            problem, remedy = "Azure refuses SKUs without zones for new gateways", f"Write {better}."
        else:
            problem = "it is no SKU of a VPN gateway"
            guess = closest(sku, SKUS)
            remedy = f"Did you mean {guess}?" if guess else f"Write {listed(SKUS, 'or')}."
        yield fault_of("azure_gateway_sku", sku, problem, remedy)
    zones = values.get("azure_zones", [])
    if not set(zones) <= set(ZONES) or len(set(zones)) != len(zones):
        remedy = 'Write ["1", "2", "3"], some of them, or [] where the location has no zones.'
        yield fault_of("azure_zones", listed(zones), "it is not a list of different zones", remedy)


def _asn_faults(values: Values) -> Iterator[Fault]:
    azure, aws = values.get("azure_asn"), values.get("aws_asn")
    problem_of_azure = asn.azure_side_problem(azure) if azure is not None else None
    problem_of_aws = asn.aws_side_problem(aws) if aws is not None else None
    if problem_of_azure:
        yield fault_of("azure_asn", azure, problem_of_azure, "Write 65515, or a private one like 65010.")
    if problem_of_aws:
        yield fault_of("aws_asn", aws, problem_of_aws, "Write one of 64512 to 65514, 65521 to 65534 or 4200000000 up.")
    if azure is not None and azure == aws:
        yield fault_of(
            "aws_asn", aws, f"it equals {PREFIX}azure_asn, and the two sides must differ", "Change one of them."
        )


def _crypto_faults(values: Values) -> Iterator[Fault]:
    wrong_words = set()
    for name in crypto.VOCABULARY:
        found = crypto.word_problem(name, values[name]) if name in values else None
        if found:
            wrong_words.add(name)
            yield fault_of(name, values[name], *found)
    encryption, integrity = values.get("ipsec_encryption"), values.get("ipsec_integrity")
    if encryption is not None and integrity is not None and not wrong_words & {"ipsec_encryption", "ipsec_integrity"}:
        found = crypto.gcm_problem(encryption, integrity)
        if found:
            yield fault_of("ipsec_integrity", integrity, *found)
    wrong_limits = set()
    for name in crypto.LIMITS:
        found = crypto.limit_problem(name, values[name]) if name in values else None
        if found:
            wrong_limits.add(name)
            yield fault_of(name, values[name], *found)
    ike, ipsec = values.get("ike_lifetime_seconds"), values.get("ipsec_lifetime_seconds")
    if wrong_limits & {"ike_lifetime_seconds", "ipsec_lifetime_seconds"} or ike is None or ipsec is None:
        return
    if ipsec >= ike:
        problem = f"it is not below {PREFIX}ike_lifetime_seconds ({ike}), which AWS demands"
        yield fault_of("ipsec_lifetime_seconds", ipsec, problem, "Write less, or lengthen the other.")


# ------------------------------------------------------------------------------------------------------- networks


@dataclass(frozen=True)
class Networks:
    """The ranges of both sides; of ``azure`` and ``aws`` the first is what the network is made with."""

    azure: tuple[IPv4Network, ...]
    azure_app: IPv4Network
    gateway_subnet: IPv4Network
    aws: tuple[IPv4Network, ...]
    aws_app: IPv4Network


Given = tuple[str, str, IPv4Network]
"""Variable, what was written there, and the network that it means."""

MOST_ROUTES = 100  # of a BGP peer, and propagated into a route table (AWS, Site-to-Site VPN quotas and VPC quotas)
SMALLEST_SUBNET = 29  # (MS, Virtual Network FAQ)


class _NetworkJudge:
    """Reads the ranges of both sides and collects what is wrong with them."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.faults: list[Fault] = []

    def refuse(self, name: str, problem: str, remedy: str, text: object = None) -> None:
        """`text` is an entry of a list, else the whole value is meant."""
        self.faults.append(fault_of(name, self.values[name] if text is None else text, problem, remedy))

    def parsed(self, name: str, text: str, example: str = "10.1.0.0/16") -> IPv4Network | None:
        found = addresses.parse_network(text, example)
        if isinstance(found, IPv4Network):
            return found
        self.refuse(name, *found, text)
        return None

    def network(self, name: str, text: str, largest: int, smallest: int, cloud: str) -> IPv4Network | None:
        network = self.parsed(name, text)
        if network is None:
            return None
        taken = addresses.unusable(network)
        if taken:
            remedy = "Write a private range like 10.1.0.0/16."
            self.refuse(name, f"it overlaps {taken}, which no network can use", remedy, text)
        elif not largest <= network.prefixlen <= smallest:
            problem = f"{cloud} takes /{largest} to /{smallest} here"
            self.refuse(name, problem, f"Write a range from /{largest} to /{smallest}.", text)
        else:
            return network
        return None

    def first(self, name: str, largest: int, smallest: int, cloud: str) -> IPv4Network | None:
        return self.network(name, self.values[name], largest, smallest, cloud) if name in self.values else None

    def more(self, name: str, largest: int, smallest: int, cloud: str) -> list[Given] | None:
        """The further ranges, each with what was written; None where one is faulty."""
        given = self.values.get(name)
        found = [(name, text, self.network(name, text, largest, smallest, cloud)) for text in given or ()]
        good = [(name, text, network) for name, text, network in found if network is not None]
        return good if given is not None and len(good) == len(found) else None

    def subnet(
        self, name: str, ranges: Sequence[IPv4Network], smallest: int, derived: IPv4Network
    ) -> IPv4Network | None:
        """The subnet as given, or as derived; None where it is faulty."""
        if name not in self.values:
            return derived
        subnet = self.parsed(name, self.values[name], str(derived))
        if subnet is None:
            return None
        if not any(subnet.subnet_of(network) for network in ranges):
            self.refuse(name, f"it lies outside {listed(ranges)}", f"Write a range inside it, like {derived}.")
        elif subnet.prefixlen > smallest:
            self.refuse(name, f"it is smaller than /{smallest}", f"Write a /{smallest} or larger.")
        else:
            return subnet
        return None

    def azure(self) -> tuple[tuple[IPv4Network, ...], IPv4Network, IPv4Network] | None:
        vnet = self.first("azure_vnet_cidr", 2, 32, "Azure")
        more = self.more("azure_more_cidrs", 2, SMALLEST_SUBNET, "Azure")
        if vnet is None or more is None:
            return None
        ranges = (vnet, *(network for _name, _text, network in more))
        given = {"azure_app_subnet_cidr", "azure_gateway_subnet_cidr"} & self.values.keys()
        if vnet.prefixlen >= SMALLEST_GATEWAY_SUBNET:
            problem = "it has no room for an app subnet beside a GatewaySubnet of /27"
            self.refuse("azure_vnet_cidr", problem, "Write a /26 or larger.")
            return None
        if len(ranges) > MOST_ROUTES:
            problem = f"with {PREFIX}azure_vnet_cidr they are {len(ranges)}, and AWS learns {MOST_ROUTES} at most"
            self.refuse("azure_more_cidrs", problem, "Write fewer and larger ones.", f"{len(more)} entries")
            return None
        app = self.subnet("azure_app_subnet_cidr", ranges, SMALLEST_SUBNET, addresses.derived_app_subnet(vnet))
        gateway = self.subnet(
            "azure_gateway_subnet_cidr", ranges, SMALLEST_GATEWAY_SUBNET, addresses.derived_gateway_subnet(vnet)
        )
        if app is None or gateway is None:
            return None
        if app.overlaps(gateway):
            own, other, unset = "azure_gateway_subnet_cidr", f"the app subnet {app}", "azure_app_subnet_cidr"
            if own not in given:
                own, other, unset = "azure_app_subnet_cidr", f"GatewaySubnet {gateway}", "azure_gateway_subnet_cidr"
            remedy = "Write ranges that do not overlap."
            if unset not in given:
                remedy = f"Write a range outside it, or set {PREFIX}{unset} too."
            self.refuse(own, f"it overlaps {other}", remedy)
            return None
        return ranges, app, gateway

    def aws(self) -> tuple[tuple[IPv4Network, ...], IPv4Network] | None:
        vpc = self.first("aws_vpc_cidr", 16, 28, "AWS")
        more = self.more("aws_more_cidrs", 16, 28, "AWS")
        if vpc is None or more is None:
            return None
        ranges = (vpc, *(network for _name, _text, network in more))
        for name, text, network in more:
            problem = addresses.vpc_range_problem(network, vpc, [one for one in ranges[1:] if one != network])
            if problem:
                self.refuse(name, problem, "Write another, like one of 100.64.0.0/10.", text)
        quota = self.values.get(f"{QUOTA}cidrs_per_vpc")
        if quota is not None and 1 <= quota < len(ranges):
            problem = f"with {PREFIX}aws_vpc_cidr they are {len(ranges)}, and AWS's quota is {quota} a VPC"
            remedy = f"Write fewer, or have AWS raise the quota and write it as {PREFIX}{QUOTA}cidrs_per_vpc."
            self.refuse("aws_more_cidrs", problem, remedy, f"{len(more)} entries")
        derived = addresses.derived_app_subnet(vpc) if vpc.prefixlen < 28 else vpc
        app = self.subnet("aws_app_subnet_cidr", ranges, 28, derived)
        return None if app is None else (ranges, app)

    def readable(self) -> Iterator[Given]:
        """All ranges that can be read, also those that are too large or too small."""
        for cloud, first in (("azure", "azure_vnet_cidr"), ("aws", "aws_vpc_cidr")):
            more = f"{cloud}_more_cidrs"
            written = [(first, self.values[first])] if first in self.values else []
            for name, text in [*written, *((more, text) for text in self.values.get(more, []))]:
                network = addresses.parse_network(text)
                if isinstance(network, IPv4Network):
                    yield name, text, network

    def overlaps(self) -> None:
        for (other_name, _other, other), (name, text, network) in combinations(list(self.readable()), 2):
            if network == other and name == other_name:
                self.refuse(name, "it is there twice", "Write it once.", text)
            elif network.overlaps(other):
                problem = f"it overlaps {PREFIX}{other_name} ({other})"
                self.refuse(name, problem, "Write ranges that do not overlap.", text)


def judge_networks(values: Values) -> tuple[Networks | None, list[Fault]]:
    judge = _NetworkJudge(values)
    azure, aws = judge.azure(), judge.aws()
    judge.overlaps()
    networks = Networks(*azure, *aws) if azure and aws and not judge.faults else None
    return networks, judge.faults


def judge_inside_cidrs(values: Values) -> tuple[list[IPv4Network], list[Fault]]:
    """The inside CIDRs in the order of the tunnels, or [] where they are faulty."""
    wanted = {"bgp": 4, "static": 2}.get(values.get("routing", ""), 0)
    if not values.get("inside_cidrs"):
        block = values.get("inside_cidr_block")
        if block is None:
            return [], []
        if not 0 <= block <= 31:
            return [], [fault_of("inside_cidr_block", block, "there are 32 blocks of inside CIDRs", "Write 0 to 31.")]
        # A static link leaves the rest of its block alone: blocks never overlap, whatever the routing.
        return addresses.inside_cidrs(block)[:wanted], []
    given = values["inside_cidrs"]
    faults: list[Fault] = []
    found: list[IPv4Network] = []
    for text in given:
        network = addresses.parse_network(text, "169.254.21.0/30")
        problem: tuple[str, str] | None
        problem = addresses.inside_problem(network) if isinstance(network, IPv4Network) else network
        if isinstance(network, IPv4Network) and network in found:
            problem = ("it is there twice", "Write a /30 for each tunnel.")
        if problem is not None:
            faults.append(fault_of("inside_cidrs", text, *problem))
        elif isinstance(network, IPv4Network):
            found.append(network)
    if wanted and len(given) != wanted:
        remedy = f"Write {wanted}, or none for the default."
        faults.append(
            fault_of("inside_cidrs", f"{len(given)} entries", f"{values['routing']} routing takes {wanted}", remedy)
        )
    return ([] if faults else found), faults


# ----------------------------------------------------------------------------------------------------------- keys


def key_faults(
    given: object, inside_cidrs: Sequence[IPv4Network], variable: str = f"{PREFIX}pre_shared_keys"
) -> Iterator[Fault]:
    """What is wrong with the user's keys, in words that hold no part of a key.

    :param given: inside CIDR -> key; None or {} leaves the keys to AWS
    :param inside_cidrs: of the link; empty where they are not known, which leaves only the keys to judge
    """

    def key_fault(problem: str, remedy: str) -> Fault:
        return Fault(variable, "", problem, remedy)

    if given in (None, "", {}):  # a survey leaves "" where nothing was answered
        return
    if not isinstance(given, Mapping):
        yield key_fault("it is not a mapping", "Write inside CIDR: key for each tunnel.")
        return
    named = set()
    for name, key in given.items():
        network = addresses.parse_network(name) if isinstance(name, str) else None
        if not isinstance(network, IPv4Network):
            # The name is not shown: name and key may have been exchanged.
            yield key_fault("an entry's name is not an inside CIDR", "Write inside CIDR: key for each tunnel.")
            continue
        named.add(network)
        if inside_cidrs and network not in inside_cidrs:
            remedy = f"Write {listed(inside_cidrs)}."
            yield key_fault(f"{network} is no inside CIDR of this link", remedy)
        if not isinstance(key, str):
            yield key_fault(f"the key of {network} is not text", "Write it in quotes.")
            continue
        problem = keys.key_problem(key)
        if problem:
            yield key_fault(f"{network}: {problem}", keys.RULE)
    missing = [network for network in inside_cidrs if network not in named]
    if missing:
        remedy = "Write a key for every tunnel, or none at all: then AWS makes them."
        yield key_fault(f"there is no key for {listed(missing)}", remedy)


CHECKS: tuple[Callable[[Values], Iterator[Fault]], ...] = (
    _link_faults,
    _word_faults,
    _place_faults,
    _name_faults,
    _tag_faults,
    _gateway_faults,
    _asn_faults,
    _quota_faults,
    _log_faults,
    _crypto_faults,
)
