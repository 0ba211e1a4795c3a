# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words that allow what modules refuse otherwise, and how a refusal names them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import PREFIX

INTERRUPT = "interrupt"
RECREATE = "recreate"

#: Word -> what it allows.
MEANINGS: Mapping[str, str] = {
    INTERRUPT: "changes that take several tunnels, BGP sessions or the whole link down for a while",
    RECREATE: "deleting Azure's gateway or a connection and making it again, where Azure cannot change it in place",
}

#: What each module takes.
AZURE_GATEWAY = (INTERRUPT, RECREATE)
AZURE_CONNECTION = (INTERRUPT, RECREATE)


def how(word: str) -> str:
    """The option of the module, and the variable for those who do not write the task themselves."""
    return f"Consent with consent: [{word}] (variable {PREFIX}consent of the playbooks: [{word}])"


def granted(given: Collection[str], accepted: Collection[str], adopted: bool = False) -> list[str]:
    """The words to pass on. What is adopted is never deleted, so never made again either."""
    return [word for word in accepted if word in given and not (adopted and word == RECREATE)]
