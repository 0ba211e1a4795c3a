"""Crypto in strongSwan's words. Pure.

Azure's policy is one proposal; AWS permits every combination of its lists, which is one proposal for the ciphers that
need an integrity and one for those that bring their own.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..model import AwsTunnel, Policy
from ..offers import GCM, Proposal, azure_phase1, azure_phase2

ENCRYPTION = {
    "AES128": "aes128",
    "AES192": "aes192",
    "AES256": "aes256",
    "AES128-GCM-16": "aes128gcm16",
    "AES256-GCM-16": "aes256gcm16",
    "GCMAES192": "aes192gcm16",
    "DES": "des",
    "DES3": "3des",
}
INTEGRITY = {"SHA1": "sha1", "SHA2-256": "sha256", "SHA2-384": "sha384", "SHA2-512": "sha512", "MD5": "md5"}
GROUP = {
    1: "modp768",
    2: "modp1024",
    5: "modp1536",
    14: "modp2048",
    15: "modp3072",
    16: "modp4096",
    17: "modp6144",
    18: "modp8192",
    19: "ecp256",
    20: "ecp384",
    21: "ecp521",
    22: "modp1024s160",
    23: "modp2048s224",
    24: "modp2048s256",
}
AEAD_PRF = ("prfsha256", "prfsha384", "prfsha1")  # where an IKE integrity of GCM names no PRF (see ../invented.py)


def azure_ike(policy: Policy | None) -> list[str]:
    return _each(azure_phase1(policy), ike=True)


def azure_esp(policy: Policy | None) -> list[str]:
    return _each(azure_phase2(policy), ike=False)


def aws_ike(tunnel: AwsTunnel) -> list[str]:
    prf = [f"prf{i}" for i in _words(INTEGRITY, tunnel.phase1_integrity)]
    return _lists(tunnel.phase1_encryption, tunnel.phase1_integrity, tunnel.phase1_dh_groups, prf)


def aws_esp(tunnel: AwsTunnel) -> list[str]:
    return _lists(tunnel.phase2_encryption, tunnel.phase2_integrity, tunnel.phase2_dh_groups, [])


def _each(offers: Iterable[Proposal], *, ike: bool) -> list[str]:
    """What has no word here is not offered, as no peer could take it."""
    return [text for offer in offers if (text := _one(offer, ike=ike))]


def _one(offer: Proposal, *, ike: bool) -> str:
    cipher = ENCRYPTION.get(offer.encryption)
    group = GROUP.get(offer.group, "")
    if cipher is None or (ike and not group):
        return ""
    if "gcm" not in cipher:
        integrity = INTEGRITY.get(offer.integrity)
        return "-".join(filter(None, (cipher, integrity, group))) if integrity else ""
    if not ike:  # GCM stands in both fields of a policy, or the policy is refused (MS, cryptographic requirements)
        return "-".join(filter(None, (cipher, group))) if offer.integrity == GCM else ""
    prf = AEAD_PRF if offer.integrity == GCM else [f"prf{i}" for i in _words(INTEGRITY, (offer.integrity,))]
    return "-".join((cipher, *prf, group)) if prf else ""


def _lists(encryption: Iterable[str], integrity: Iterable[str], groups: Iterable[int], prf: list[str]) -> list[str]:
    ciphers, hashes = _words(ENCRYPTION, encryption), _words(INTEGRITY, integrity)
    exchange = [GROUP[g] for g in groups if g in GROUP]
    plain, aead = [c for c in ciphers if "gcm" not in c], [c for c in ciphers if "gcm" in c]
    found = [[*plain, *hashes, *exchange]] if plain and hashes else []
    return ["-".join(p) for p in (*found, *([[*aead, *prf, *exchange]] if aead else []))]


def _words(vocabulary: dict[str, str], names: Iterable[str]) -> list[str]:
    return [vocabulary[n] for n in names if n in vocabulary]
