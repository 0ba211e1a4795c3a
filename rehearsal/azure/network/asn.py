"""AS numbers that Azure refuses (MS, BGP FAQ)."""

from __future__ import annotations

from typing import Any

_RESERVED = {8074, 8075, 12076, 23456, *range(64496, 64512), *range(65535, 65552), *range(65517, 65521)}


def _number(asn: Any) -> int:
    return asn if isinstance(asn, int) else 0


def refused_remote(asn: Any) -> bool:
    """Whether a local network gateway may not have it."""
    return not 0 < _number(asn) < 2**32 or asn in _RESERVED or asn == 65515


def refused_own(asn: Any) -> bool:
    """Whether a virtual network gateway may not have it: 65515 is its default."""
    return not 0 < _number(asn) < 2**32 or asn in _RESERVED
