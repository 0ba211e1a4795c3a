"""Runs of a playbook, as AWX makes them (ansible-runner), with what a reader needs of each."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import ansible_runner  # type: ignore[import-untyped]

from .clouds import ROOT, Call, Clouds, clean_env
from .watch import files

PLAYBOOK = ROOT / ".venv" / "bin" / "ansible-playbook"
OK = ("runner_on_ok", "runner_item_on_ok")
FAILED = ("runner_on_failed", "runner_item_on_failed", "runner_on_unreachable")
Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    rc: int
    stdout: str = field(repr=False)
    events: list[Json] = field(repr=False)
    calls: list[Call] = field(repr=False)
    seconds: float
    artifacts: Path

    @property
    def changed(self) -> int:
        """The recap's number, over all hosts."""
        return sum(self._recap("changed").values())

    @property
    def tasks(self) -> int:
        """How many tasks ran, over all hosts."""
        return sum(self._recap("ok").values()) + sum(self._recap("failures").values())

    def _recap(self, what: str) -> dict[str, int]:
        stats = [e for e in self.events if e["event"] == "playbook_on_stats"]
        return dict(stats[-1]["event_data"][what]) if stats else {}

    @property
    def mutating(self) -> list[Call]:
        return [c for c in self.calls if c.mutating]

    @property
    def errors(self) -> str:
        """The messages of the failed tasks."""
        return "\n".join(str(e["event_data"]["res"].get("msg", "")) for e in self._of(FAILED))

    def _of(self, kinds: Sequence[str]) -> Iterator[Json]:
        return (e for e in self.events if e["event"] in kinds)

    def results(self) -> Iterator[tuple[str, Json]]:
        """Task name and result of every task, a loop's items one by one."""
        for event in self._of(OK):
            result = event["event_data"]["res"]
            if "results" not in result:
                yield event["event_data"]["task"], result

    def task_seconds(self) -> dict[str, float]:
        """Seconds of each task by its name, over all hosts and items."""
        spent: dict[str, float] = {}
        for event in self._of(("runner_on_ok", "runner_on_failed", "runner_on_skipped")):
            data = event["event_data"]
            spent[data["task"]] = spent.get(data["task"], 0.0) + float(data["duration"] or 0)
        return spent

    def changes(self) -> dict[str, Json]:
        """The results that say `changed`, by the thing that changed."""
        found: dict[str, Json] = {}
        for task, result in self.results():
            if result.get("changed"):
                found |= dict.fromkeys(_things(task, result), result)
        return found

    def diff(self) -> str:
        """All that --diff showed, as text."""
        return "\n".join(str(r["diff"]) for _unused, r in self.results() if r.get("changed") and r.get("diff"))

    def explain(self) -> str:
        """For the message of an assertion."""
        return f"rc {self.rc} after {self.seconds:.0f} s\n{self.errors}\n{self.stdout[-3000:]}"


def _things(task: str, result: Json) -> Iterator[str]:
    """Names of what one changed result is about."""
    if would := re.match(r"would create (or complete )?", str(result.get("msg", ""))):
        yield from re.findall(r"[\w-]*-[\w-]+|\bapp\b", result["msg"][would.end() :])
        return
    for field_name in ("resources", "addresses", "local_gateways", "connections"):
        if field_name in result:
            yield from (r["name"] for r in result[field_name] if r["changed"])
            return
    if "retried" in result:
        yield from (identifier.rpartition("/")[2] for identifier in result["retried"])
        return
    arguments = result["invocation"]["module_args"]
    if "route_tables" in arguments:
        yield "propagation"
        return
    name = arguments.get("name") or (arguments.get("tags") or {}).get("Name")
    assert name, f"the task {task!r} changed something without a name: {arguments}"
    yield name


@dataclass
class Desk:
    """Where playbooks are run: own HOME, TMPDIR and fact cache; PATH without the virtual environment."""

    directory: Path
    env: dict[str, str]
    clouds: Clouds | None = None
    runs: list[Run] = field(default_factory=list, repr=False)

    @property
    def home(self) -> Path:
        return self.directory / "home"

    @property
    def tmp(self) -> Path:
        return self.directory / "tmp"

    @property
    def reports(self) -> Path:
        return self.directory / "reports"

    @property
    def fact_cache(self) -> Path:
        return self.directory / "facts"

    def left(self) -> Iterator[tuple[Path, bytes]]:
        """All that runs have left on disk, screens and job events among it; not what the user wrote for them."""
        runs = [self.directory / "runner", self.directory / "runs"]
        left = files([self.home, self.tmp, self.fact_cache, self.reports, *runs])
        return ((path, path.read_bytes()) for path in left)

    def inventory(self, host: str, variables: Mapping[str, Any]) -> Path:
        """An inventory of one link."""
        path = self.directory / "inventory" / f"{host}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"all": {"hosts": {host: dict(variables)}}}))
        return path

    def vault(self, variables: Mapping[str, Any]) -> list[str]:
        """Encrypts them; the arguments with which a playbook reads them."""
        folder = self.directory / "vault"
        folder.mkdir()
        password, encrypted = folder / "password", folder / "variables.yml"
        password.write_text("only for this test")
        encrypted.write_text(json.dumps(variables))
        command = [str(ROOT / ".venv/bin/ansible-vault"), "encrypt", "--vault-password-file", str(password)]
        subprocess.run([*command, str(encrypted)], check=True, capture_output=True, env=clean_env())
        return ["--vault-password-file", str(password), "-e", f"@{encrypted}"]

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        for folder in (self.home, self.tmp, self.fact_cache, self.directory / "runner"):
            folder.mkdir(parents=True, exist_ok=True)
        path = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if ".venv" not in p)
        return (
            clean_env()
            | {
                "PATH": path,
                "HOME": str(self.home),
                "TMPDIR": str(self.tmp),
                "ANSIBLE_REMOTE_TEMP": str(self.home / ".ansible" / "tmp"),  # else the home in /etc/passwd
                "ANSIBLE_ASYNC_DIR": str(self.home / ".ansible_async"),
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv" / "collections"),
                "ANSIBLE_INJECT_INVOCATION": "1",  # names what changed, and gives a key one more way out
            }
            | dict(env)
        )

    def play(
        self,
        playbook: str | Path,
        *arguments: str,
        inventory: Path,
        env: Mapping[str, str] | None = None,
        before: Callable[[], object] | None = None,
    ) -> Run:
        """Runs a playbook (a name in playbooks/, or a path) and keeps the run.

        `env` replaces the clouds' exports; `before` is called when the logs are empty and the time starts.
        """
        ident = f"{len(self.runs):02d}"
        book = playbook if isinstance(playbook, Path) else ROOT / "playbooks" / playbook
        command = ["-i", str(inventory), *arguments, str(book)]
        if self.clouds:
            self.clouds.forget_calls()
        if before:
            before()
        start = time.monotonic()
        with mock.patch.dict(os.environ, self.environment(self.env if env is None else env), clear=True):
            runner = ansible_runner.run(
                private_data_dir=str(self.directory / "runner"),
                project_dir=str(self.directory),  # where relative paths start
                ident=ident,
                binary=str(PLAYBOOK),
                cmdline=shlex.join(command),
                fact_cache=str(self.fact_cache),
                quiet=True,
            )
        seconds = time.monotonic() - start
        run = Run(
            rc=int(runner.rc),
            stdout=Path(runner.stdout.name).read_text(),
            events=list(runner.events),
            calls=self.clouds.calls() if self.clouds else [],
            seconds=seconds,
            artifacts=self.directory / "runner" / "artifacts" / ident,
        )
        self.runs.append(run)
        return run
