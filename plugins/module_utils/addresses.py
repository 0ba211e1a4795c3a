# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IPv4 arithmetic of a link: address ranges that both clouds accept, subnets, and the /30s inside the tunnels."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network

LINK_LOCAL = IPv4Network("169.254.0.0/16")

#: (AWS, VpnTunnelOptionsSpecification.TunnelInsideCidr)
AWS_RESERVED_INSIDE = (
    *(IPv4Network(f"169.254.{third}.0/30") for third in range(6)),
    IPv4Network("169.254.169.252/30"),
)

#: Azure's APIPA range for BGP is 169.254.21.0 to 169.254.22.255 (MS, BGP FAQ).
AZURE_APIPA = (IPv4Network("169.254.21.0/24"), IPv4Network("169.254.22.0/24"))

#: Every /30 that both clouds accept, in the order they are handed out: the two halves of Azure's range alternate,
#: so that the first four are the addresses of Microsoft's AWS tutorial (MS, howto-aws-bgp).
INSIDE_CIDRS = tuple(
    IPv4Network((int(half.network_address) + 4 * step, 30)) for step in range(64) for half in AZURE_APIPA
)

#: Ranges that are no network of anybody's: (MS, Virtual Network FAQ), (AWS, VPC CIDR blocks).
UNUSABLE = tuple(
    IPv4Network(cidr) for cidr in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32", "224.0.0.0/3")
)

_PRIVATE = tuple(IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))  # RFC 1918
_NEVER_MORE = IPv4Network("198.19.0.0/16")
_DEFAULT_VPC = IPv4Network("172.31.0.0/16")
_FIRST_TWO, _FIRST = IPv4Network("10.0.0.0/15"), IPv4Network("10.0.0.0/16")


def vpc_range_problem(network: IPv4Network, first: IPv4Network, others: Iterable[IPv4Network]) -> str | None:
    """Why AWS does not take a further range into a VPC (AWS, VPC CIDR blocks: association restrictions).

    :param first: what the VPC is made with
    :param others: its other ranges
    """
    private, own = (next((one for one in _PRIVATE if it.subnet_of(one)), None) for it in (network, first))
    if network.subnet_of(_NEVER_MORE) and not first.subnet_of(_NEVER_MORE):
        return f"AWS takes no range of {_NEVER_MORE} into a VPC of {first}"
    if private is not None and private != own:
        return f"AWS takes no range of {private} into a VPC of {first}"
    if own == _PRIVATE[1] and network.subnet_of(_DEFAULT_VPC):
        return f"AWS takes no further range of {_DEFAULT_VPC} into a VPC"
    if network.subnet_of(_FIRST) and any(one.subnet_of(_FIRST_TWO) for one in (first, *others)):
        return f"AWS takes no range of {_FIRST} into a VPC with one of {_FIRST_TWO}"
    return None


def beside(first: IPv4Network, more: Iterable[IPv4Network]) -> list[str]:
    """A subnet and further ranges as text, the subnet only if it does not lie in one of them."""
    ranges = list(more)
    return [str(one) for one in ([] if any(first.subnet_of(it) for it in ranges) else [first]) + ranges]


def parse_network(text: str, example: str = "10.1.0.0/16") -> IPv4Network | tuple[str, str]:
    """The network, or (problem, what to write) where the text is not one."""
    try:
        network = IPv4Network(text)
    except ValueError:
        pass
    else:
        if "/" in text:
            return network
        return "it has no prefix length", f"Write it like {example}."
    try:
        loose = IPv4Network(text, strict=False)
    except ValueError:
        plain = re.sub(r"\b0+(?=[0-9])", "", text)
        if plain != text and isinstance(parse_network(plain), IPv4Network):
            return "it has leading zeros, which some programs take for octal", f"Write {plain}."
        return "it is not an IPv4 network", f"Write it like {example}."
    return "it has host bits set", f"Write {loose}."


def parse_address(text: object) -> IPv4Address | None:
    """The address, or None where the text is not a dotted IPv4 address."""
    try:
        return IPv4Address(text) if isinstance(text, str) else None
    except ValueError:
        return None


def unusable(network: IPv4Network) -> IPv4Network | None:
    """The range that keeps this network from being used in either cloud."""
    return next((taken for taken in UNUSABLE if network.overlaps(taken)), None)


def derived_app_subnet(network: IPv4Network) -> IPv4Network:
    """A network of /22 or larger gives its second /24, a smaller one its first half."""
    if network.prefixlen > 31:
        return network
    if network.prefixlen > 22:
        return next(network.subnets(prefixlen_diff=1))
    return IPv4Network((int(network.network_address) + 256, 24))


def derived_gateway_subnet(network: IPv4Network) -> IPv4Network:
    """A network of /22 or larger gives the first /27 of its last /24, a smaller one its last /27.

    A network smaller than /27 gives itself; the plan refuses it.
    """
    if network.prefixlen > 27:
        return network
    size = 256 if network.prefixlen <= 22 else 32
    return IPv4Network((int(network.broadcast_address) + 1 - size, 27))


def inside_cidrs(index: int, count: int = 4) -> list[IPv4Network]:
    """The index-th block of ``count`` /30s out of the 128: for 4, blocks 0 to 31. Blocks of one count never overlap.

    :raises IndexError: there is no such block.
    """
    if count < 1 or index < 0 or (index + 1) * count > len(INSIDE_CIDRS):
        raise IndexError(f"block {index} of {count} /30s lies outside the {len(INSIDE_CIDRS)} that both clouds accept")
    return list(INSIDE_CIDRS[index * count : (index + 1) * count])


def inside_problem(network: IPv4Network) -> tuple[str, str] | None:
    """(problem, what to write) of an inside CIDR, or None where both clouds accept it."""
    remedy = "Write a /30 of 169.254.21.0/24 or 169.254.22.0/24."
    if network.prefixlen != 30:
        return "it is not a /30", remedy
    if network in AWS_RESERVED_INSIDE:
        return "AWS reserves it", remedy
    if not any(network.subnet_of(half) for half in AZURE_APIPA):
        return "it lies outside Azure's APIPA range 169.254.21.0 to 169.254.22.255", remedy
    return None


def aws_inside_address(inside_cidr: IPv4Network) -> IPv4Address:
    """AWS takes the first usable address of the /30."""
    return inside_cidr.network_address + 1


def azure_inside_address(inside_cidr: IPv4Network) -> IPv4Address:
    """The customer gateway, here Azure, takes the second usable address of the /30."""
    return inside_cidr.network_address + 2
