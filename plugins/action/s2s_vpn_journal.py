# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what roles have changed into the journal of the link: the action of module s2s_vpn_journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.journal import Journal, changes_of, path_in, unwritable

ARGUMENTS = {
    "link": {"type": "str", "required": True},
    "operation": {"type": "str", "required": True},
    "journal_dir": {"type": "str", "default": ""},
    "roles": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(ARGUMENTS)
        result |= {"changed": False, "lines": 0}
        if not options["journal_dir"] or self._task.check_mode:
            return result
        path = path_in(Path(options["journal_dir"]).expanduser().absolute(), options["link"])
        try:
            journal = Journal(path, options["link"], options["operation"])
            for line in lines(task_vars or {}, options["roles"]):
                journal.write(**line)
                result["lines"] += 1
        except OSError as error:
            raise AnsibleActionFail(unwritable(str(path), error)) from None
        return result | {"journal": journal.path}


def lines(task_vars: Mapping[str, Any], roles: list[str]) -> Iterator[dict[str, Any]]:
    """What the results say that these roles have registered, in the order of the roles."""
    for role in roles:
        for name, value in task_vars.items():
            own = name.removeprefix("__")
            if own.startswith(f"{role}_") and isinstance(value, Mapping) and "changed" in value:
                for line in changes_of(own.removeprefix(f"{role}_").replace("_", " "), value):
                    yield {"role": role, **line}
