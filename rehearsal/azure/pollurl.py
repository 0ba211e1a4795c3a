"""The signature that Azure hangs on its poll URLs: long, opaque, of no use to anybody but clients that cut URLs."""

from __future__ import annotations

import base64
import hashlib


def _noise(seed: str, length: int) -> str:
    raw = hashlib.shake_256(seed.encode()).digest(length)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()[:length]


def filler(operation_id: str) -> str:
    """Query parameters t, c, s and h, the same for the same operation."""
    ticks = 638_000_000_000_000_000 + int(hashlib.sha256(operation_id.encode()).hexdigest()[:12], 16)
    return (
        f"&t={ticks}&c={_noise('certificate', 1400)}&s={_noise(operation_id, 340)}&h={_noise(operation_id[::-1], 43)}"
    )
