# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long waits tell that they still wait: which link, for what, how long already, and what is usual.

A module cannot print while it runs, so its action does, from a timer in Ansible's worker process. Whole lines, no
cursor: they read the same on a terminal, in a log and in a job of AWX. No further request goes to a cloud for them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action.normal import ActionModule as Normal
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.texts import plain

VARIABLE, SECONDS = "s2s_vpn_progress_seconds", 60.0
OFTEN = 5  # so many lines at this distance, then every fifth only: an hour is twenty lines


def spent(seconds: float) -> str:
    """``45 s``, ``12 min`` or ``1 h 05 min``"""
    minutes = int(seconds) // 60
    if minutes < 2:
        return f"{int(seconds)} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def line(link: str, subject: str, seconds: float, usual: str = "") -> str:
    """``hq: waiting for VPN gateway hq-vng, 12 min so far; usual: 20 to 70 min``"""
    return f"{plain(link)}: waiting for {plain(subject)}, {spent(seconds)} so far" + (
        f"; usual: {usual}" if usual else ""
    )


def moments(every: float) -> Iterator[float]:
    """Seconds after the beginning at which there is something to say."""
    for number in count(1):
        yield every * (number if number <= OFTEN else OFTEN * (number - OFTEN + 1))


@contextmanager
def told(
    say: Callable[[str], object], link: str, subject: str | Callable[[], str], usual: str = "", every: float = SECONDS
) -> Iterator[None]:
    """Say a line every so often while the block runs, beginning after `every` seconds; never where that is 0. What is
    waited for may change meanwhile: then `subject` is asked."""
    done = threading.Event()
    began = time.monotonic()

    def watch() -> None:
        for moment in moments(every):
            if done.wait(max(0.0, began + moment - time.monotonic())):
                return
            awaited = subject if isinstance(subject, str) else subject()
            say(line(link, awaited, time.monotonic() - began, usual))

    watcher = threading.Thread(target=watch, name="progress", daemon=True)
    if every > 0:
        watcher.start()
    try:
        yield
    finally:
        done.set()
        if every > 0:
            watcher.join()


def every(templar: Any, variables: Mapping[str, Any]) -> float:
    """Seconds between the first lines, as the user wants them. Raises AnsibleActionFail."""
    given = templar.template(variables.get(VARIABLE, SECONDS))
    try:
        return float(given)
    except (TypeError, ValueError):
        raise AnsibleActionFail(
            f"{VARIABLE} = {given}: it is not a number. Write seconds, or 0 for no lines."
        ) from None


class WaitingAction(Normal):
    """Runs the module of its name as Ansible would without it, and tells what it waits for."""

    def subject(self, args: Mapping[str, Any]) -> tuple[str, str]:
        """What the module waits for, and how long that usually takes."""
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        subject, usual = self.subject(self._task.args)
        with told(self._display.display, self._link(variables), subject, usual, every(self._templar, variables)):
            return super().run(tmp, task_vars)

    def _link(self, variables: Mapping[str, Any]) -> str:
        named = variables.get("s2s_vpn_link") or variables.get("inventory_hostname")
        return str(self._templar.template(named))
