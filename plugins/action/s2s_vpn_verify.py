# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at both clouds until the link is up, or the time is over; then examine it once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import places, verdict
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import (
    ERROR,
    FAILED,
    SEVERITIES,
    UNREAD,
    VITAL,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault, listed, shown
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.options import refusal
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils import looking, progress

Json = dict[str, Any]

CAUSES = 3
USUAL = "1 to 5 min after a change"  # (EXP)

ARGUMENTS = {
    **looking.ARGUMENTS,
    "timeout": {"type": "int", "default": 600},
    "interval": {"type": "int", "default": 10},
    "severities": {"type": "list", "elements": "str", "choices": list(SEVERITIES), "default": [ERROR]},
}


class ActionModule(looking.LookingAction):
    """While it waits, one call of a status module for each cloud and look; the judgement is the library's."""

    def run(self, tmp: str | None = None, task_vars: Json | None = None) -> Json:
        result = super().run(tmp, task_vars)
        _spec, args = self.validate_argument_spec(argument_spec=ARGUMENTS)
        link = places.find(args, looking.host_of(task_vars))
        found = [*(link if isinstance(link, list) else ()), *_faults(args)]
        if found or isinstance(link, list):
            return {**result, "failed": True, **refusal(found)}
        result["looks"] = self._wait(link, args, task_vars) + 1
        seen = self.look(link, args, task_vars, args["severities"])
        if not seen["findings"]["ok"]:
            # Ansible prints all of a failed result, and what matters has been printed already.
            seen = {"msg": failure(seen["findings"], args["severities"]), **seen, "failed": True}
            del seen["findings"], seen["table"]
        return result | seen

    def _wait(self, link: places.Places, args: Json, task_vars: Json | None) -> int:
        """How many looks it took. Without a plan nothing says what to wait for."""
        looks = 0
        awaited = ["both clouds' answers"]
        usual = f"{USUAL}; given up after {progress.spent(args['timeout'])}"
        with self.waiting(link.link, lambda: awaited[0], usual, task_vars):
            start = time.monotonic()
            while link.plan is not None and args["timeout"] > 0:
                looks += 1
                azure = self.ask("azure", "vpn_status_info", link.azure, task_vars)
                aws = self.ask("aws", "vpn_status_info", link.aws, task_vars)
                if azure.get("failed") or aws.get("failed"):
                    break  # the module has been patient already; the examination tells what is wrong
                judged = verdict.judge(link.plan, azure["status"], aws["status"])
                left = args["timeout"] - (time.monotonic() - start)
                if judged.ok or left <= 0:
                    break
                awaited[0] = missing(judged)
                time.sleep(min(args["interval"], max(left, 0)))
        return looks


def missing(judged: verdict.Verdict) -> str:
    """What a link still lacks, the first in the order in which it comes up: ``tunnel 1-1 and 1-2``"""
    failed = [one for one in judged.checks if not one.ok]
    for name, words in (("tunnel", "tunnel"), ("bgp", "BGP of tunnel"), ("learned", "the route to")):
        found = list(dict.fromkeys(one.resource for one in failed if one.name == name))
        if found:
            return f"{words} {listed(found)}"
    return "the link"


def failure(findings: Json, severities: Sequence[str]) -> str:
    """The first causes, and which checks fail: a few lines, as the whole is in the report."""
    failed = [one for one in findings["checks"] if one["status"] == FAILED and one["severity"] in severities]
    checks = "1 check fails" if len(failed) == 1 else f"{len(failed)} checks fail"
    if not failed and any(one["status"] == UNREAD and one["name"] in VITAL for one in findings["checks"]):
        checks = "as far as anybody can say: too little could be read"
    lines = [f"Link {findings['link']} is not in order, {checks}."]
    for one in findings["causes"][:CAUSES]:
        where = f"tunnel {listed(one['tunnels'])}: " if one["tunnels"] else ""
        lines.append(f"- {where}{one['effect']} {one['remedy']}")
    lines += [f"- probe {one['name']}: {one['text']}" for one in findings["probes"] if not one["ok"]]
    lines += [
        f"- {one['cloud']}: {one['what']} could not be read: {one['why']} {one['permission']}".rstrip()
        for one in findings["unread"]
    ]
    by_name: dict[str, list[str]] = {}
    for one in failed:
        by_name.setdefault(one["name"], []).append(one["tunnel"] or one["resource"])
    lines += [f"- {name}: {', '.join(dict.fromkeys(where))}" for name, where in by_name.items()]
    return "\n".join(lines)


def _faults(args: Json) -> Iterator[Fault]:
    if args["timeout"] < 0:
        yield Fault("timeout", shown(args["timeout"]), "it is less than 0", "Write seconds; 0 is one look.")
    if args["interval"] < 1:
        yield Fault("interval", shown(args["interval"]), "it is less than 1", "Write seconds, like 10.")
