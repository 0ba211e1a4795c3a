# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Points every client of a run at the rehearsal clouds of its scenario.

They listen on ports that are free when they start, so molecule.yml cannot hold these variables; and a play's
`environment` reaches neither the plays of an imported playbook nor action plugins.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: rehearsal_exports
type: aggregate
short_description: Take the environment of the rehearsal clouds
description:
  - Reads the variables from the JSON file that E(REHEARSAL_EXPORTS) names, once there is one.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "rehearsal_exports"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        exports = Path(os.environ.get("REHEARSAL_EXPORTS", ""))
        if exports.is_file():
            os.environ.update(json.loads(exports.read_text()))
