"""Inside CIDRs of tunnels: AWS's rule, and free ones."""

from __future__ import annotations

import random
from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network, ip_network

from rehearsal.aws.refusal import bad_value

RANGE = IPv4Network("169.254.0.0/16")
RESERVED = frozenset([*(IPv4Network(f"169.254.{third}.0/30") for third in range(6)), IPv4Network("169.254.169.252/30")])
"""(AWS, CreateVpnConnection)"""
IPV6_RANGE = IPv6Network("fd00::/8")


def check(value: str) -> str:
    """The block in its usual spelling, or a refusal."""
    try:
        block = IPv4Network(value)
    except ValueError:
        raise bad_value("TunnelInsideCidr", value, "It must be a size /30 CIDR block.") from None
    if block.prefixlen != 30 or not block.subnet_of(RANGE):
        raise bad_value("TunnelInsideCidr", value, f"It must be a size /30 CIDR block from the {RANGE} range.")
    if block in RESERVED:
        raise bad_value("TunnelInsideCidr", value, "The CIDR block is reserved.")
    return str(block)


def check_ipv6(value: str) -> str:
    """The block in its usual spelling, or a refusal."""
    try:
        block = IPv6Network(value)
    except ValueError:
        raise bad_value("TunnelInsideIpv6Cidr", value, "It must be a size /126 CIDR block.") from None
    if block.prefixlen != 126 or not block.subnet_of(IPV6_RANGE):
        raise bad_value("TunnelInsideIpv6Cidr", value, f"It must be a size /126 CIDR block from {IPV6_RANGE}.")
    return str(block)


def choose(chance: random.Random, taken: Collection[str]) -> str:
    """A free block, as AWS chooses one when none is asked."""
    while True:
        block = IPv4Network((int(RANGE.network_address) + 4 * chance.randrange(2**14), 30))
        if block not in RESERVED and str(block) not in taken:
            return str(block)


def choose_ipv6(chance: random.Random, taken: Collection[str]) -> str:
    """A free block, as AWS chooses one when none is asked."""
    while True:
        block = IPv6Network((int(IPV6_RANGE.network_address) + 4 * chance.randrange(2**118), 126))
        if str(block) not in taken:
            return str(block)


def aws_end(block: str) -> str:
    """AWS takes the first host of a block."""
    return str(ip_network(block)[1])


def customer_end(block: str) -> str:
    """The customer's device takes the second."""
    return str(ip_network(block)[2])
