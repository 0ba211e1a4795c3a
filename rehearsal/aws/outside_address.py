"""Outside addresses: a pool of documentation addresses, handed out in pairs."""

from __future__ import annotations

import random
from collections import deque
from ipaddress import IPv4Address, IPv4Network

NETWORKS = (IPv4Network("198.51.100.0/24"), IPv4Network("203.0.113.0/24"))
"""(RFC 5737)"""


class Pool:
    """Addresses in an order that the seed fixes."""

    def __init__(self, chance: random.Random) -> None:
        addresses = [address for network in NETWORKS for address in network.hosts()]
        chance.shuffle(addresses)
        self._free: deque[IPv4Address] = deque(addresses)
        self._pairs = 0

    def pair(self) -> tuple[str, str]:
        """Two addresses, for the first and the second tunnel.

        In every other pair, starting with the first, the first tunnel has the higher address: AWS's XML, which goes by
        address, then has another order than the one asked.
        """
        low, high = sorted((self._free.popleft(), self._free.popleft()))
        self._pairs += 1
        return (str(high), str(low)) if self._pairs % 2 else (str(low), str(high))

    def release(self, *addresses: str) -> None:
        """Take addresses back; they are used again last."""
        self._free.extend(IPv4Address(address) for address in addresses)
