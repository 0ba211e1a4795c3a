"""What may be said to somebody who has no plan: the two playbooks do not take more of a link that others have built."""

from __future__ import annotations

import re

ANOTHER_PLAYBOOK = re.compile(r"\b(?!(?:verify|diagnose)\.yml)[a-z_]+\.yml")
ANOTHER_VARIABLE = re.compile(r"s2s_vpn_(?!diagnose_|aws_region\b|link\b|probes\b|report_|verify_|progress_)\w+")


def can_be_done_without_a_plan(remedy: str) -> bool:
    return bool(remedy) and not ANOTHER_PLAYBOOK.search(remedy) and not ANOTHER_VARIABLE.search(remedy)
