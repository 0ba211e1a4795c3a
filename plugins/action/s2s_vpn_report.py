# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One page and one JUnit file over the reports of all links of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import report
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import ERROR, SEVERITIES
from ansible_collections.hybrid.s2s_vpn.plugins.plugin_utils import looking, report_junit, report_page

ARGUMENTS = {
    "report_dir": {"type": "path", "required": True},
    "reports": {"type": "list", "elements": "path", "required": True},
    "severities": {"type": "list", "elements": "str", "choices": list(SEVERITIES), "default": [ERROR]},
}


class ActionModule(looking.LookingAction):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _spec, args = self.validate_argument_spec(argument_spec=ARGUMENTS)
        folder = Path(args["report_dir"])
        reports = list(filter(None, (looking.read(Path(one)) for one in args["reports"])))
        files = {
            "page": (folder / "links.html", report_page.html(reports, looking.now())),
            "junit": (folder / "links.xml", report_junit.junit(reports, args["severities"])),
        }
        for path, text in files.values():
            looking.write(path, text)
        if len(reports) > 1:
            self._display.display(report.fleet_table(reports))
        return result | {"changed": False} | {name: str(path) for name, (path, _text) in files.items()}
