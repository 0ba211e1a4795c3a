"""Runs an action as a task would, with a real loader and templar."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task
from ansible.template import Templar, trust_as_template

Run = Callable[..., dict[str, Any]]


def _trusted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _trusted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_trusted(item) for item in value]
    return trust_as_template(value) if isinstance(value, str) and "{{" in value else value


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def run_action(
        action: Any, arguments: dict[str, Any], *, check: bool = False, diff: bool = False, **variables: Any
    ) -> dict[str, Any]:
        loader = DataLoader()
        loader.set_basedir(str(tmp_path))
        variables = {"inventory_hostname": "hq", **{name: _trusted(value) for name, value in variables.items()}}
        templar = Templar(loader=loader, variables=variables)
        task = MagicMock(spec=Task)
        task.args = templar.template(_trusted(arguments))
        task.check_mode, task.diff, task.async_val, task.action = check, diff, 0, "tested"
        plugin = action.ActionModule(
            task=task,
            connection=MagicMock(),
            play_context=MagicMock(),
            loader=loader,
            templar=templar,
            shared_loader_obj=None,
        )
        plugin.register_host_variables = MagicMock()  # needs a running play
        return plugin.run(task_vars=variables)

    return run_action
