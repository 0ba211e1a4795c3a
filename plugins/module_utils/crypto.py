# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One crypto policy in the words of both clouds.

The input speaks Azure's names, because Azure's policy is the narrower one: one value of each kind, all or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import closest, listed

#: Azure's word -> AWS's word, for each input variable (MS, IPsec/IKE parameters; AWS, VpnTunnelOptionsSpecification).
ENCRYPTION = {
    "AES256": "AES256",
    "AES128": "AES128",
    "GCMAES256": "AES256-GCM-16",
    "GCMAES128": "AES128-GCM-16",
}
HASHES = {"SHA256": "SHA2-256", "SHA1": "SHA1"}
COMMON_GROUPS = {"ECP256": 19, "ECP384": 20}

IKE_ENCRYPTION: Mapping[str, str] = ENCRYPTION
IKE_INTEGRITY: Mapping[str, str] = {"SHA384": "SHA2-384", **HASHES}
IKE_DH_GROUP: Mapping[str, int] = {"DHGroup14": 14, "DHGroup2048": 14, "DHGroup24": 24, **COMMON_GROUPS, "DHGroup2": 2}
IPSEC_ENCRYPTION: Mapping[str, str] = ENCRYPTION
#: GCM proves integrity itself. AWS has no name for that and ignores the value beside GCM (EXP), so it gets its default.
IPSEC_INTEGRITY: Mapping[str, str] = {**HASHES, "GCMAES256": "SHA2-256", "GCMAES128": "SHA2-256"}
IPSEC_PFS_GROUP: Mapping[str, int] = {"PFS2048": 14, "PFS14": 14, "PFS24": 24, **COMMON_GROUPS, "PFS2": 2}

VOCABULARY: Mapping[str, Mapping[str, str | int]] = {
    "ike_encryption": IKE_ENCRYPTION,
    "ike_integrity": IKE_INTEGRITY,
    "ike_dh_group": IKE_DH_GROUP,
    "ipsec_encryption": IPSEC_ENCRYPTION,
    "ipsec_integrity": IPSEC_INTEGRITY,
    "ipsec_pfs_group": IPSEC_PFS_GROUP,
}

#: What Azure has and AWS has not, or not in this place.
WITHOUT_COUNTERPART: Mapping[str, frozenset[str]] = {
    "ike_encryption": frozenset({"AES192", "GCMAES192", "DES", "DES3"}),
    "ike_integrity": frozenset({"MD5", "GCMAES128", "GCMAES256"}),
    "ike_dh_group": frozenset({"None", "DHGroup1"}),
    "ipsec_encryption": frozenset({"AES192", "GCMAES192", "DES", "DES3", "None"}),
    "ipsec_integrity": frozenset({"MD5", "GCMAES192"}),
    "ipsec_pfs_group": frozenset({"None", "PFS1", "PFSMM"}),
}

WEAK = frozenset({"SHA1", "DHGroup2", "PFS2"})
GCM = frozenset({"GCMAES128", "GCMAES256"})

#: (lowest, highest, unit, who says so) of both clouds together.
LIMITS: Mapping[str, tuple[int, int, str, str]] = {
    "ike_lifetime_seconds": (900, 28800, "seconds", "AWS"),
    "ipsec_lifetime_seconds": (900, 3600, "seconds", "AWS"),
    "ipsec_lifetime_kilobytes": (1024, 2147483647, "kilobytes", "Azure"),
    "dpd_seconds": (30, 3600, "seconds", "AWS (lowest) and Azure (highest)"),
}


@dataclass(frozen=True)
class IpsecPolicy:
    """Azure's IPsec policy of a connection, in Azure's words. The IKE lifetime is fixed at 28800 s there."""

    ike_encryption: str
    ike_integrity: str
    dh_group: str
    ipsec_encryption: str
    ipsec_integrity: str
    pfs_group: str
    sa_lifetime_seconds: int
    sa_data_size_kilobytes: int


@dataclass(frozen=True)
class TunnelCrypto:
    """The same policy as options of an AWS tunnel: the only proposal that AWS is to accept."""

    phase1_encryption: list[str]
    phase1_integrity: list[str]
    phase1_dh_groups: list[int]
    phase1_lifetime_seconds: int
    phase2_encryption: list[str]
    phase2_integrity: list[str]
    phase2_dh_groups: list[int]
    phase2_lifetime_seconds: int
    ike_versions: list[str]


@dataclass(frozen=True)
class Crypto:
    """The policy of a link, as the input names it (lifetimes in seconds and kilobytes)."""

    ike_encryption: str = "AES256"
    ike_integrity: str = "SHA256"
    ike_dh_group: str = "DHGroup14"
    ike_lifetime_seconds: int = 28800
    ipsec_encryption: str = "GCMAES256"
    ipsec_integrity: str = "GCMAES256"
    ipsec_pfs_group: str = "PFS2048"
    ipsec_lifetime_seconds: int = 3600
    ipsec_lifetime_kilobytes: int = 102400000
    dpd_seconds: int = 45

    def for_azure(self) -> IpsecPolicy:
        return IpsecPolicy(
            ike_encryption=self.ike_encryption,
            ike_integrity=self.ike_integrity,
            dh_group=self.ike_dh_group,
            ipsec_encryption=self.ipsec_encryption,
            ipsec_integrity=self.ipsec_integrity,
            pfs_group=self.ipsec_pfs_group,
            sa_lifetime_seconds=self.ipsec_lifetime_seconds,
            sa_data_size_kilobytes=self.ipsec_lifetime_kilobytes,
        )

    def for_aws(self) -> TunnelCrypto:
        return TunnelCrypto(
            phase1_encryption=[IKE_ENCRYPTION[self.ike_encryption]],
            phase1_integrity=[IKE_INTEGRITY[self.ike_integrity]],
            phase1_dh_groups=[IKE_DH_GROUP[self.ike_dh_group]],
            phase1_lifetime_seconds=self.ike_lifetime_seconds,
            phase2_encryption=[IPSEC_ENCRYPTION[self.ipsec_encryption]],
            phase2_integrity=[IPSEC_INTEGRITY[self.ipsec_integrity]],
            phase2_dh_groups=[IPSEC_PFS_GROUP[self.ipsec_pfs_group]],
            phase2_lifetime_seconds=self.ipsec_lifetime_seconds,
            ike_versions=["ikev2"],
        )

    def weak_choices(self) -> list[str]:
        """``variable = value`` of every choice that is allowed but no longer thought safe."""
        return [f"{name} = {value}" for name, value in asdict(self).items() if value in WEAK]


def word_problem(variable: str, value: str) -> tuple[str, str] | None:
    """(problem, what to write) of one algorithm's name, or None where both clouds have it.

    ``variable`` is one of VOCABULARY.
    """
    known = VOCABULARY[variable]
    if value in known:
        return None
    choices = f"Write {listed(known, 'or')}."
    if variable == "ipsec_integrity" and value == "SHA384":
        return "Azure has SHA384 for IKE only", choices
    if value in WITHOUT_COUNTERPART[variable]:
        return "AWS has no counterpart", choices
    guess = closest(value, known)
    return "neither cloud knows it", f"Did you mean {guess}? {choices}" if guess else choices


def gcm_problem(encryption: str, integrity: str) -> tuple[str, str] | None:
    """(problem, what to write) of the integrity beside this encryption: GCM stands in both or in none (MS)."""
    if encryption == integrity or not GCM & {encryption, integrity}:
        return None
    if encryption in GCM:
        return f"the encryption is {encryption}, which must stand in both", f"Write {encryption}."
    return f"it needs the same as encryption, which is {encryption}", "Write SHA256."


def limit_problem(variable: str, value: int) -> tuple[str, str] | None:
    """(problem, what to write) of a lifetime or interval, or None. ``variable`` is one of LIMITS."""
    lowest, highest, unit, who = LIMITS[variable]
    if lowest <= value <= highest:
        return None
    return (
        f"it is not between {lowest} and {highest} {unit}, the limits of {who}",
        f"Write {getattr(Crypto, variable)}.",
    )
