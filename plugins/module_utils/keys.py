# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pre-shared keys: what both clouds accept, and how to speak of a key without telling it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string

SHORTEST, LONGEST = 8, 64  # (AWS, VpnTunnelOptionsSpecification.PreSharedKey)
LETTERS_AND_DIGITS = string.ascii_letters + string.digits
AWS_ALPHABET = frozenset(LETTERS_AND_DIGITS + "._")

#: Printable ASCII, no space, hyphen or tilde (MS, VPN Gateway FAQ): a superset of AWS's, so AWS's rule decides.
AZURE_ALPHABET = frozenset(map(chr, range(0x21, 0x7F))) - frozenset("-~")
AZURE_LONGEST = 128

RULE = "Write 8 to 64 letters, digits, dots or underscores, the first not a 0."


def aws_problem(key: str) -> str | None:
    """Why AWS refuses the key, in words that do not contain any of it."""
    if not SHORTEST <= len(key) <= LONGEST:
        return f"the key is not {SHORTEST} to {LONGEST} characters long"
    if not AWS_ALPHABET.issuperset(key):
        return "the key has a character that AWS refuses"
    if key.startswith("0"):
        return "the key starts with a 0, which AWS refuses"
    return None


def azure_problem(key: str) -> str | None:
    """Why Azure refuses the key, in words that do not contain any of it."""
    if not 1 <= len(key) <= AZURE_LONGEST:
        return f"the key is not 1 to {AZURE_LONGEST} characters long"
    if not AZURE_ALPHABET.issuperset(key):
        return "the key has a character that Azure refuses"
    return None


def key_problem(key: str) -> str | None:
    """Why the key cannot serve on both ends, or None."""
    return aws_problem(key) or azure_problem(key)


def fingerprint(key: str, salt: str) -> str:
    """A name for the key, to compare and to print: ``sha256:`` and 12 hex digits of HMAC-SHA256(salt, key).

    ``salt`` is the tunnel's outside address, so equal keys of two tunnels do not show as equal.
    """
    return "sha256:" + hmac.new(salt.encode(), key.encode(), hashlib.sha256).hexdigest()[:12]


def generate(length: int = 48) -> str:
    """A new random key that both clouds accept.

    :raises ValueError: the length is not one that AWS takes.
    """
    if not SHORTEST <= length <= LONGEST:
        raise ValueError(f"a key is {SHORTEST} to {LONGEST} characters long")
    first = secrets.choice(LETTERS_AND_DIGITS.replace("0", ""))
    return first + "".join(secrets.choice(LETTERS_AND_DIGITS) for _unused in range(length - 1))
