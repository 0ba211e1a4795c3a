from __future__ import annotations

from dataclasses import asdict

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import crypto


def test_default_policy_in_both_vocabularies() -> None:
    assert asdict(crypto.Crypto().for_azure()) == {
        "ike_encryption": "AES256",
        "ike_integrity": "SHA256",
        "dh_group": "DHGroup14",
        "ipsec_encryption": "GCMAES256",
        "ipsec_integrity": "GCMAES256",
        "pfs_group": "PFS2048",
        "sa_lifetime_seconds": 3600,
        "sa_data_size_kilobytes": 102400000,
    }
    assert asdict(crypto.Crypto().for_aws()) == {
        "phase1_encryption": ["AES256"],
        "phase1_integrity": ["SHA2-256"],
        "phase1_dh_groups": [14],
        "phase1_lifetime_seconds": 28800,
        "phase2_encryption": ["AES256-GCM-16"],
        "phase2_integrity": ["SHA2-256"],
        "phase2_dh_groups": [14],
        "phase2_lifetime_seconds": 3600,
        "ike_versions": ["ikev2"],
    }


@pytest.mark.parametrize(
    ("azure", "group"),
    [("DHGroup14", 14), ("DHGroup2048", 14), ("DHGroup24", 24), ("ECP256", 19), ("ECP384", 20), ("DHGroup2", 2)],
)
def test_dh_groups(azure: str, group: int) -> None:
    assert crypto.Crypto(ike_dh_group=azure).for_aws().phase1_dh_groups == [group]


@pytest.mark.parametrize(
    ("azure", "group"), [("PFS2048", 14), ("PFS14", 14), ("PFS24", 24), ("ECP256", 19), ("ECP384", 20), ("PFS2", 2)]
)
def test_pfs_groups(azure: str, group: int) -> None:
    assert crypto.Crypto(ipsec_pfs_group=azure).for_aws().phase2_dh_groups == [group]


@pytest.mark.parametrize("variable", crypto.VOCABULARY)
def test_every_word_of_the_vocabulary_is_taken(variable: str) -> None:
    assert [word for word in crypto.VOCABULARY[variable] if crypto.word_problem(variable, word)] == []


@pytest.mark.parametrize(
    ("variable", "word"), [(name, word) for name, words in crypto.WITHOUT_COUNTERPART.items() for word in sorted(words)]
)
def test_words_without_a_counterpart(variable: str, word: str) -> None:
    found = crypto.word_problem(variable, word)
    assert found is not None
    assert found[0] == "AWS has no counterpart"
    assert found[1].startswith("Write ")


def test_weak_choices_are_named() -> None:
    assert crypto.Crypto(ike_dh_group="DHGroup2").weak_choices() == ["ike_dh_group = DHGroup2"]
    assert crypto.Crypto().weak_choices() == []
