# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each end proposes and accepts in the two phases, in AWS's words, and whether they have something in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import crypto
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading_azure import (
    Policy,
)

AEAD = "GCM"  # integrity that the encryption brings along
NO_GROUP = 0

#: What AWS permits until it is told otherwise (AWS, VpnTunnelOptionsSpecification: the values of each option).
AWS_ENCRYPTION = ("AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16")
AWS_INTEGRITY = ("SHA1", "SHA2-256", "SHA2-384", "SHA2-512")
AWS_GROUPS_1 = (2, *range(14, 25))
AWS_GROUPS_2 = (2, 5, *range(14, 25))
AWS_IKE_VERSIONS = ("ikev1", "ikev2")

#: Azure's words that AWS has none for; they match nothing there.
_WORDS: Mapping[str, Mapping[str, str | int]] = {
    "encryption": {**crypto.ENCRYPTION, **{word: word for word in ("AES192", "GCMAES192", "DES", "DES3", "None")}},
    "integrity": {
        **crypto.IKE_INTEGRITY,
        "MD5": "MD5",
        **dict.fromkeys(("GCMAES128", "GCMAES192", "GCMAES256"), AEAD),
    },
    "group": {
        **crypto.IKE_DH_GROUP,
        **crypto.IPSEC_PFS_GROUP,
        "DHGroup1": 1,
        "PFS1": 1,
        "None": NO_GROUP,
    },
}


@dataclass(frozen=True)
class Offer:
    encryption: str
    integrity: str
    group: int

    def __str__(self) -> str:
        group = f"group {self.group}" if self.group else "no group"
        return f"{self.encryption} / {self.integrity} / {group}"


#: Without a policy of the connection's own (MS, about VPN devices: default IPsec/IKE parameters of route-based
#: gateways). DES and 3DES stand in those tables too; AWS has neither.
DEFAULT_PHASE1 = tuple(
    Offer(encryption, integrity, 2) for encryption, integrity in product(("AES256", "AES128"), ("SHA1", "SHA2-256"))
)
DEFAULT_PHASE2 = (
    Offer("AES256-GCM-16", AEAD, NO_GROUP),
    *(
        Offer(encryption, integrity, group)
        for encryption, integrity, group in product(("AES256", "AES128"), ("SHA1", "SHA2-256"), (NO_GROUP, 1, 2, 14))
    ),
    *(Offer("AES256", integrity, 24) for integrity in ("SHA1", "SHA2-256")),
)


@dataclass(frozen=True)
class Fit:
    """``ok`` is None where a word is unknown. Both texts are for people."""

    ok: bool | None
    azure: str
    aws: str


def _word(kind: str, word: str) -> Any:
    """AWS's word, None for one that nobody knows yet."""
    known = {name.lower(): value for name, value in _WORDS[kind].items()}
    return known.get(word.lower())


def _own(encryption: str, integrity: str, group: str) -> tuple[Offer, ...] | None:
    found = (_word("encryption", encryption), _word("integrity", integrity), _word("group", group))
    return None if None in found else (Offer(str(found[0]), str(found[1]), int(found[2])),)


def azure_phase1(policy: Policy | None) -> tuple[Offer, ...] | None:
    if policy is None:
        return DEFAULT_PHASE1
    return _own(policy.ike_encryption, policy.ike_integrity, policy.dh_group)


def azure_phase2(policy: Policy | None) -> tuple[Offer, ...] | None:
    """PFSMM takes the group of phase 1 again (MS, IPsec/IKE policy)."""
    if policy is None:
        return DEFAULT_PHASE2
    group = policy.dh_group if policy.pfs_group.lower() == "pfsmm" else policy.pfs_group
    return _own(policy.ipsec_encryption, policy.ipsec_integrity, group)


def _listed(options: Mapping[str, Any], name: str, default: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(options.get(name) or default)


def _lists(options: Mapping[str, Any], phase: int) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
    return (
        _listed(options, f"phase{phase}_encryption", AWS_ENCRYPTION),
        _listed(options, f"phase{phase}_integrity", AWS_INTEGRITY),
        _listed(options, f"phase{phase}_dh_groups", AWS_GROUPS_1 if phase == 1 else AWS_GROUPS_2),
    )


def _ciphers_fit(offer: Offer, encryption: Sequence[str], integrity: Sequence[str]) -> bool:
    combined = offer.integrity == AEAD and "GCM" in offer.encryption
    return offer.encryption in encryption and (combined or offer.integrity in integrity)


def _aws_words(lists: tuple[tuple[Any, ...], ...]) -> str:
    encryption, integrity, groups = lists
    return f"{', '.join(encryption)} / {', '.join(integrity)} / groups {', '.join(map(str, groups))}"


def _azure_words(offers: tuple[Offer, ...] | None, policy: Policy | None, *words: str) -> str:
    if policy is None:
        return "Azure's default: " + "; ".join(map(str, offers or ()))
    return " / ".join(word or "?" for word in words)


def phase1(policy: Policy | None, options: Mapping[str, Any]) -> Fit:
    offers, lists = azure_phase1(policy), _lists(options, 1)
    words = (policy.ike_encryption, policy.ike_integrity, policy.dh_group) if policy else ()
    fits = (
        None
        if offers is None
        else any(_ciphers_fit(offer, lists[0], lists[1]) and offer.group in lists[2] for offer in offers)
    )
    return Fit(fits, _azure_words(offers, policy, *words), _aws_words(lists))


def phase2(policy: Policy | None, options: Mapping[str, Any]) -> Fit:
    """Ciphers alone. The group is PFS, which plays no part until the first rekey."""
    offers, lists = azure_phase2(policy), _lists(options, 2)
    words = (policy.ipsec_encryption, policy.ipsec_integrity) if policy else ()
    fits = None if offers is None else any(_ciphers_fit(offer, lists[0], lists[1]) for offer in offers)
    return Fit(fits, _azure_words(offers, policy, *words), _aws_words(lists))


def pfs(policy: Policy | None, options: Mapping[str, Any]) -> Fit:
    """Groups, of the proposals whose ciphers fit. AWS always wants one (AWS, customer gateway requirements)."""
    offers, lists = azure_phase2(policy), _lists(options, 2)
    common = [offer for offer in offers or () if _ciphers_fit(offer, lists[0], lists[1])] or list(offers or ())
    groups = sorted({offer.group for offer in common})
    azure = policy.pfs_group if policy else ", ".join(str(one) if one else "none" for one in groups)
    fits = None if offers is None else any(group in lists[2] for group in groups)
    return Fit(fits, f"group {azure}" if policy is None else azure, f"groups {', '.join(map(str, lists[2]))}")


def ike_versions(options: Mapping[str, Any]) -> tuple[str, ...]:
    return _listed(options, "ike_versions", AWS_IKE_VERSIONS)
