from __future__ import annotations

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault, closest, listed, message, shown

FAULT = Fault("s2s_vpn_azure_asn", "65520", "Azure reserves it", "Write 65515.")


def test_a_fault_is_one_line() -> None:
    assert str(FAULT) == "s2s_vpn_azure_asn = 65520: Azure reserves it. Write 65515."
    assert str(Fault("x", "", "it is missing", "Write it.")) == "x: it is missing. Write it."
    assert FAULT.as_dict()["text"] == str(FAULT)


def test_a_message_lists_all() -> None:
    assert message("Two faults:", [FAULT, FAULT]).splitlines() == ["Two faults:", f"- {FAULT}", f"- {FAULT}"]


@pytest.mark.parametrize(
    ("items", "text"), [([], ""), (["a"], "a"), (["a", 2], "a and 2"), (["a", "b", "c"], "a, b and c")]
)
def test_listed(items: list[object], text: str) -> None:
    assert listed(items) == text


@pytest.mark.parametrize(("value", "text"), [("a\nb", "a b"), ("", "''"), ("x" * 80, "x" * 57 + "..."), (None, "None")])
def test_shown(value: object, text: str) -> None:
    assert shown(value) == text


def test_closest_does_not_mind_case() -> None:
    assert closest("vpngw2az", ["VpnGw1AZ", "VpnGw2AZ"]) == "VpnGw2AZ"
    assert closest("banana", ["VpnGw1AZ"]) is None
