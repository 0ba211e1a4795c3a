"""Pre-shared keys: AWS's rule, and keys as AWS makes them."""

from __future__ import annotations

import random
import re
import string

ALPHABET = string.ascii_letters + string.digits + "._"
_ALLOWED = re.compile(r"[A-Za-z1-9._][A-Za-z0-9._]{7,63}")
_MADE_LENGTH = 32


def allowed(key: str) -> bool:
    """8 to 64 of letters, digits, period and underscore, not starting with 0 (AWS, CreateVpnConnection)."""
    return _ALLOWED.fullmatch(key) is not None


def make(chance: random.Random, serial: int) -> str:
    """A key of 32 characters. Every third starts with a period, every third with a digit, as some of AWS's do."""
    first = (string.ascii_letters, ".", string.digits[1:])[serial % 3]
    return chance.choice(first) + "".join(chance.choices(ALPHABET, k=_MADE_LENGTH - 1))
