from __future__ import annotations

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import consent


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("interrupt", "Consent with consent: [interrupt] (variable s2s_vpn_consent of the playbooks: [interrupt])"),
        ("recreate", "Consent with consent: [recreate] (variable s2s_vpn_consent of the playbooks: [recreate])"),
    ],
)
def test_a_refusal_names_option_and_variable(word: str, expected: str) -> None:
    assert consent.how(word) == expected


def test_every_word_is_taken_by_a_module() -> None:
    taken = {*consent.AZURE_GATEWAY, *consent.AZURE_CONNECTION}
    assert taken == set(consent.MEANINGS)
