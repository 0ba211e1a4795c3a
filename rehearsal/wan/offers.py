"""What each end proposes and accepts in the two phases, in one vocabulary (AWS's names)."""

from __future__ import annotations

from dataclasses import dataclass

from .model import AwsTunnel, Policy

GCM = "GCM"  # an AEAD cipher brings its own integrity

ENCRYPTION = {
    "AES128": "AES128",
    "AES256": "AES256",
    "GCMAES128": "AES128-GCM-16",
    "GCMAES256": "AES256-GCM-16",
}
INTEGRITY = {
    "SHA1": "SHA1",
    "SHA256": "SHA2-256",
    "SHA384": "SHA2-384",
    "GCMAES128": GCM,
    "GCMAES256": GCM,
}
GROUP = {
    "DHGroup1": 1,
    "DHGroup2": 2,
    "DHGroup14": 14,
    "DHGroup2048": 14,
    "DHGroup24": 24,
    "ECP256": 19,
    "ECP384": 20,
    "PFS1": 1,
    "PFS2": 2,
    "PFS14": 14,
    "PFS2048": 14,
    "PFS24": 24,
    "None": 0,
}


@dataclass(frozen=True)
class Proposal:
    encryption: str
    integrity: str
    group: int

    def __str__(self) -> str:
        return f"{self.encryption}/{self.integrity}/{f'group {self.group}' if self.group else 'no group'}"


# Azure's offer without a policy: DH group 2 and nothing else in phase 1 (MS, about VPN devices, default IPsec/IKE
# parameters). 3DES and DES stand in those tables too; AWS has neither.
AZURE_DEFAULT_PHASE1 = tuple(Proposal(e, i, 2) for e in ("AES256", "AES128") for i in ("SHA1", "SHA2-256"))
# Phase 2: the rows with a group, which Azure accepts when AWS rekeys (same page, gateway as responder). The rows
# without a group come up and fail at the first rekey, because AWS wants PFS (AWS, customer gateway requirements).
AZURE_DEFAULT_PHASE2 = (
    *(Proposal(e, i, g) for e in ("AES256", "AES128") for i in ("SHA1", "SHA2-256") for g in (1, 2, 14)),
    *(Proposal("AES256", i, 24) for i in ("SHA1", "SHA2-256")),
)


def azure_phase1(policy: Policy | None) -> tuple[Proposal, ...]:
    if policy is None:
        return AZURE_DEFAULT_PHASE1
    return (
        Proposal(
            ENCRYPTION.get(policy.ike_encryption, policy.ike_encryption),
            INTEGRITY.get(policy.ike_integrity, policy.ike_integrity),
            GROUP.get(policy.dh_group, 0),
        ),
    )


def azure_phase2(policy: Policy | None) -> tuple[Proposal, ...]:
    if policy is None:
        return AZURE_DEFAULT_PHASE2
    group = policy.dh_group if policy.pfs_group == "PFSMM" else policy.pfs_group  # PFSMM: main mode's group again
    return (
        Proposal(
            ENCRYPTION.get(policy.ipsec_encryption, policy.ipsec_encryption),
            INTEGRITY.get(policy.ipsec_integrity, policy.ipsec_integrity),
            GROUP.get(group, 0),
        ),
    )


def accepts_phase1(tunnel: AwsTunnel, offer: Proposal) -> bool:
    return (
        offer.encryption in tunnel.phase1_encryption
        and (offer.integrity in tunnel.phase1_integrity or _is_aead(offer))
        and offer.group in tunnel.phase1_dh_groups
    )


def accepts_phase2(tunnel: AwsTunnel, offer: Proposal) -> bool:
    """Ciphers only; the group is PFS and is judged apart, as it shows at the rekey."""
    return offer.encryption in tunnel.phase2_encryption and (
        offer.integrity in tunnel.phase2_integrity or _is_aead(offer)
    )


def _is_aead(offer: Proposal) -> bool:
    return offer.integrity == GCM and "GCM" in offer.encryption


def aws_phase1_text(tunnel: AwsTunnel) -> str:
    return _text(tunnel.phase1_encryption, tunnel.phase1_integrity, tunnel.phase1_dh_groups)


def aws_phase2_text(tunnel: AwsTunnel) -> str:
    return _text(tunnel.phase2_encryption, tunnel.phase2_integrity, tunnel.phase2_dh_groups)


def _text(encryption: tuple[str, ...], integrity: tuple[str, ...], groups: tuple[int, ...]) -> str:
    return f"{','.join(encryption)} / {','.join(integrity)} / groups {','.join(map(str, groups))}"


def offers_text(offers: tuple[Proposal, ...]) -> str:
    return ", ".join(map(str, offers))
