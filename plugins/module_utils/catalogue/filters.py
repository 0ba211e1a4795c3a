# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a list of filter rules does to a set of ranges, worked out rule by rule and range by range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import reading, reading_aws, reading_azure
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading import (
    ANYWHERE,
)

Networks = tuple[IPv4Network, ...]


def minus(network: IPv4Network, other: IPv4Network) -> list[IPv4Network]:
    """What is left of a network without another."""
    if network.subnet_of(other):
        return []
    return sorted(network.address_exclude(other)) if other.subnet_of(network) else [network]


def common(network: IPv4Network, other: IPv4Network) -> IPv4Network | None:
    """Two networks overlap only as one inside the other."""
    return network if network.subnet_of(other) else other if other.subnet_of(network) else None


def without(networks: Iterable[IPv4Network], others: Iterable[IPv4Network]) -> Networks:
    left = list(networks)
    for other in others:
        left = [piece for one in left for piece in minus(one, other)]
    return tuple(left)


def covers(whole: Iterable[IPv4Network], parts: Iterable[IPv4Network]) -> bool:
    return not without(parts, whole)


def overlapping(networks: Iterable[IPv4Network], others: Iterable[IPv4Network]) -> Networks:
    others = tuple(others)
    found = (common(one, other) for one in networks for other in others)
    return tuple(dict.fromkeys(one for one in found if one is not None))


PROTOCOLS = ("tcp", "udp", "icmp")
#: Numbers of the protocols (IANA), as network ACLs write them.
NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp"}
EVERY = ("*", "any", "all", "-1", "")


@dataclass(frozen=True)
class Rule:
    """``protocol`` is one of PROTOCOLS, another word, or "*". ``whole`` rules take all of its ports, others some."""

    name: str
    allow: bool
    ranges: Networks
    protocol: str
    whole: bool


def protocol(word: str) -> str:
    word = word.lower()
    return "*" if word in EVERY else NUMBERS.get(word, word)


@dataclass(frozen=True)
class Reach:
    """``partly`` are ranges of which some ports pass. ``closed_by`` names the rules that close."""

    open: Networks = ()
    partly: Networks = ()
    closed: Networks = ()
    closed_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reaches:
    """One for each of PROTOCOLS."""

    by_protocol: Mapping[str, Reach]

    @property
    def closed(self) -> bool:
        """Whether some range is closed for one of the protocols, all its ports."""
        return any(one.closed for one in self.by_protocol.values())

    @property
    def shut(self) -> bool:
        """Whether nothing at all passes."""
        return all(one.closed and not one.open and not one.partly for one in self.by_protocol.values())

    @property
    def partly(self) -> bool:
        return any(one.partly for one in self.by_protocol.values())

    @property
    def open(self) -> Networks:
        """Ranges that are open for every protocol."""
        first, *others = self.by_protocol.values()
        found = first.open
        for other in others:
            found = overlapping(found, other.open)
        return found

    def words(self) -> str:
        said: dict[str, list[str]] = {}
        for name, one in self.by_protocol.items():
            if one.closed:
                by = f" by {', '.join(one.closed_by)}" if one.closed_by else ""
                said.setdefault(f"closed for {', '.join(map(str, one.closed))}{by}", []).append(name)
            if one.partly:
                said.setdefault(f"open for some ports of {', '.join(map(str, one.partly))}", []).append(name)
        lines = [
            text if len(names) == len(PROTOCOLS) else f"{', '.join(names)}: {text}" for text, names in said.items()
        ]
        return "; ".join(lines) or "open"


def _all_open(ranges: Networks) -> Reaches:
    return Reaches(dict.fromkeys(PROTOCOLS, Reach(open=ranges)))


NO_RULE = "no rule that admits it"


def judge(rules: Sequence[Rule], wanted: Iterable[IPv4Network]) -> Reaches:
    """What the rules, in this order, do to the ranges."""
    wanted = tuple(wanted)
    return Reaches({name: _judge([one for one in rules if one.protocol in (name, "*")], wanted) for name in PROTOCOLS})


def _judge(rules: Sequence[Rule], wanted: Networks) -> Reach:
    """The first rule that takes a range whole decides; what no rule takes is closed.

    Every cloud's list ends like that (MS, network security groups; AWS, network ACLs and security groups).
    """
    pieces = [(one, False) for one in wanted]  # a range, and whether a rule has taken some of its ports
    opened, partly, closed, names = [], [], [], []
    for rule in rules:
        left = []
        for piece, touched in pieces:
            taken = overlapping([piece], rule.ranges)
            left += [(rest, touched) for rest in without([piece], taken)]
            for part in taken:
                if not rule.whole:
                    left.append((part, True))
                elif touched:
                    partly.append(part)
                elif rule.allow:
                    opened.append(part)
                else:
                    closed.append(part)
                    names.append(rule.name)
        pieces = left
    for piece, touched in pieces:
        (partly if touched else closed).append(piece)
        names += [] if touched else [NO_RULE]
    return Reach(tuple(opened), tuple(partly), tuple(closed), tuple(dict.fromkeys(names)))


# ------------------------------------------------------------------------------------------------------------- Azure


def _resolved(prefixes: Iterable[str], virtual_network: Networks) -> Networks:
    """Ranges of addresses and service tags. Tags other than these hold no private range of anybody's."""
    found: list[IPv4Network] = []
    for prefix in prefixes:
        word = prefix.lower()
        if word in ("*", "any"):
            found.append(ANYWHERE)
        elif word == "virtualnetwork":
            found.extend(virtual_network)
        else:
            found.extend(reading.networks([prefix]))
    return tuple(found)


#: Rules that every group ends with (MS, network security groups: default security rules).
AZURE_DEFAULTS = (("AllowVnet", True, "VirtualNetwork"), ("DenyAll", False, "*"))


def azure_rules(
    rules: Iterable[reading_azure.NsgRule], direction: str, own: Networks, virtual_network: Networks
) -> list[Rule]:
    """Rules of a security group as the hosts of the ranges ``own`` meet them, with the default ones.

    ``virtual_network`` is what the tag VirtualNetwork holds: the VNet, its peers and all that lies behind the gateway
    (MS, service tags).
    """
    found = []
    ordered = sorted((one for one in rules if one.direction == direction), key=lambda one: one.priority)
    for one in ordered:
        theirs, ours = (one.sources, one.destinations) if direction == "inbound" else (one.destinations, one.sources)
        mine = _resolved(ours, virtual_network)
        asg = any(word.startswith("asg:") for word in ours)
        if not overlapping(own, mine) and not asg:
            continue
        ports = {*one.source_ports, *one.destination_ports}
        found.append(
            Rule(
                name=f"rule {one.name}",
                allow=one.access == "allow",
                ranges=_resolved(theirs, virtual_network),
                protocol=protocol(one.protocol),
                whole=ports <= {"*", "0-65535"} and covers(mine, own),
            )
        )
    for name, allow, tag in AZURE_DEFAULTS:
        found.append(Rule(f"default rule {name}", allow, _resolved([tag], virtual_network), "*", True))
    return found


def azure_reach(
    group: reading_azure.SecurityGroup | None, direction: str, own: Networks, theirs: Networks, vnet: Networks
) -> Reaches:
    """A subnet without a group filters nothing."""
    if group is None:
        return _all_open(theirs)
    return judge(azure_rules(group.rules, direction, own, (*vnet, *theirs)), theirs)


# --------------------------------------------------------------------------------------------------------------- AWS


def security_group_reach(permissions: Iterable[reading_aws.Permission], theirs: Networks) -> Reaches:
    """Only allows, in no order; the whole ones count first (AWS, security group rules)."""
    rules = []
    for one in permissions:
        ports = (one.first_port, one.last_port)
        name = protocol(one.protocol)
        whole = name == "*" or ports in ((0, 65535), (-1, -1), (None, None))
        rules.append(Rule("", True, reading.networks(one.cidrs), name, whole))
    return judge(sorted(rules, key=lambda one: not one.whole), theirs)


def acl_reach(acl: reading_aws.NetworkAcl | None, outbound: bool, theirs: Networks) -> Reaches:
    """In the order of rule numbers (AWS, network ACLs)."""
    if acl is None:
        return _all_open(theirs)
    ordered = sorted((one for one in acl.entries if one.outbound == outbound), key=lambda one: one.order)
    rules = [
        Rule(f"rule {one.order}", one.allow, reading.networks([one.cidr]), protocol(one.protocol), one.whole)
        for one in ordered
    ]
    return judge(rules, theirs)
