# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a link for actions: both clouds are read once, examined by the library, and told in a report.

Readings and fingerprints of keys stay in here: no result, no file and no message has them.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.examination import examine
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import ERROR, Options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.record import as_report
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.places import Places
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.report import link_text
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.texts import public
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils import progress
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils.report_changes import changes

Json = dict[str, Any]

ARGUMENTS: Mapping[str, Any] = {
    "plan": {"type": "dict"},
    "link": {"type": "str"},
    "azure_gateway": {"type": "str"},
    "aws_region": {"type": "str"},
    "aws": {"type": "list", "elements": "str"},
    "probes": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str"},
            "azure_vm": {"type": "str"},
            "aws_instance": {"type": "str"},
            "to": {"type": "str", "required": True},
            "port": {"type": "int"},
        },
        "required_one_of": [("azure_vm", "aws_instance")],
        "mutually_exclusive": [("azure_vm", "aws_instance")],
    },
    "report_dir": {"type": "path"},
    "report_ids": {"type": "bool", "default": False},
}
COLLECTION = "hybrid.s2s_vpn"
CLOUDS = {"azure": "Azure", "aws": "AWS"}
#: How long an answer takes (EXP); Azure's Run Command is slow to begin.
USUAL = {"link_info": "5 s to 2 min", "vm_probe": "30 s to 3 min", "instance_probe": "5 s to 1 min"}


class LookingAction(ActionBase):
    """An action that runs on the controller and looks at links."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def look(
        self, places: Places, args: Mapping[str, Any], task_vars: Json | None, severities: Sequence[str] = (ERROR,)
    ) -> Json:
        """What the task returns: ``findings`` (the report), ``table``, ``report`` (its path), and the failure of a
        cloud that did not answer at all. The report tells that too, so that no link is missing on the page."""
        azure, aws, problems = self.readings(places, task_vars)
        probes = [self._probe(one, places, task_vars) for one in args["probes"]]
        measured = tuple((one["name"], one["path_mtu"]) for one in probes if one["path_mtu"])
        if places.plan is None:
            problems |= _nowhere(azure, aws)
        report = as_report(
            examine(azure, aws, places.plan, Options(path_mtus=measured)),
            azure,
            aws,
            places.plan,
            link=places.link,
            at=now(),
            severities=severities,
            probes=probes,
            with_ids=args["report_ids"],
        )
        for cloud, problem in problems.items():
            report["ok"] = False
            report["unread"].append({"cloud": cloud, "what": CLOUDS[cloud], "why": problem, "permission": ""})
        report = dict(public(report))
        result: Json = {"findings": report, "changed": False}
        if args["report_dir"]:
            path = Path(args["report_dir"]) / f"{places.link}.json"
            if last := read(path):
                report |= {"changed": changes(last, report), "since": last.get("at")}
            write(path, json.dumps(report, indent=2, sort_keys=True) + "\n")
            result["report"] = str(path)
        result["table"] = link_text(report)
        of_many = len((task_vars or {}).get("ansible_play_hosts_all") or ()) > 1
        headline, _unused, _rest = result["table"].partition("\n\n")
        self._display.display(headline if of_many and report["ok"] else result["table"])
        if problems:
            lines = [f"{places.link}: {CLOUDS[cloud]} could not be read: {one}" for cloud, one in problems.items()]
            result |= {"failed": True, "msg": "\n".join(lines)}
        return result

    def readings(
        self, places: Places, task_vars: Json | None, salt: str = ""
    ) -> tuple[Json | None, Json | None, dict[str, str]]:
        """Azure's and AWS's, and by cloud why there is none."""
        salt = salt or new_salt()
        answers = {}
        for cloud, where in (("azure", places.azure), ("aws", places.aws)):
            with self.waiting(places.link, f"{CLOUDS[cloud]}'s answers", USUAL["link_info"], task_vars):
                answers[cloud] = self.ask(cloud, "link_info", {**where, "fingerprint_salt": salt}, task_vars)
        problems = {cloud: str(one.get("msg")) for cloud, one in answers.items() if one.get("failed")}
        return answers["azure"].get("reading"), answers["aws"].get("reading"), problems

    def _probe(self, given: Mapping[str, Any], places: Places, task_vars: Json | None) -> Json:
        """A machine behind one end tries to reach one behind the other. One that cannot be asked has failed too."""
        cloud, machine = ("azure", given["azure_vm"]) if given["azure_vm"] else ("aws", given["aws_instance"])
        aim = {"to": given["to"], "port": given["port"]}
        if cloud == "azure":
            group, _unused, name = machine.rpartition("/")
            what, where = "vm_probe", {"resource_group": group, "name": name}
        else:
            what, where = "instance_probe", {"region": places.aws["region"], "instance_id": machine}
        to = f"{given['to']}:{given['port']}" if given["port"] else given["to"]
        name = given["name"] or f"{machine} to {to}"
        with self.waiting(places.link, f"probe {name}", USUAL[what], task_vars):
            answer = self.ask(cloud, what, where | aim, task_vars)
        found = answer.get("probe") or {}
        return {
            "name": name,
            "from": machine,
            "to": to,
            "ok": bool(found.get("ok")),
            "text": str(found.get("text") or answer.get("msg")),
            "path_mtu": found.get("path_mtu"),
        }

    def waiting(
        self, link: str, subject: str | Callable[[], str], usual: str, task_vars: Json | None
    ) -> AbstractContextManager[None]:
        """Lines while the block runs, as of all tasks that wait."""
        every = progress.every(self._templar, task_vars or {})
        return progress.told(self._display.display, link, subject, usual, every)

    def ask(self, cloud: str, what: str, arguments: Mapping[str, Any], task_vars: Json | None) -> Json:
        """The answer of a module of the cloud, which may have ``failed``."""
        answer: Json = self._execute_module(
            module_name=f"{COLLECTION}.{cloud}_{what}", module_args=dict(arguments), task_vars=task_vars
        )
        return answer


def new_salt() -> str:
    """Of the fingerprints of one look: outside of it they mean nothing."""
    return secrets.token_hex(16)


def host_of(task_vars: Json | None) -> str:
    return str((task_vars or {}).get("inventory_hostname", ""))


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _nowhere(azure: Json | None, aws: Json | None) -> dict[str, str]:
    """Nobody planned the link, so a name with nothing behind it is a mistake of the caller."""
    again = "or sign in where it is."
    found = {}
    if azure and not azure["gateway"] and not _unread(azure, "gateway"):
        found["azure"] = f"there is no such gateway. Correct azure_gateway, {again}"
    if aws and not aws["gateway"] and not aws["vpn_connections"] and not _unread(aws, "gateway", "VPN connections"):
        found["aws"] = f"there is no such gateway in {aws['region']}. Correct aws or aws_region, {again}"
    return found


def _unread(reading: Json, *parts: str) -> bool:
    return any(one["what"] in parts for one in reading["unread"])


def read(path: Path) -> Json | None:
    """The last report; one that is missing or spoilt is no obstacle."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write(path: Path, text: str) -> None:
    """Raises AnsibleActionFail."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AnsibleActionFail(f"{path} cannot be written: {error.strerror}. Give another report_dir.") from None
