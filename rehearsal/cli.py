"""The commands: `up` raises two clouds and a WAN on loopback, `down` leaves nothing of them."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from rehearsal.files import read_json, write_json
from rehearsal.processes import Process, end, processes, wait_for
from rehearsal.wan.packets import machine, verbs
from rehearsal.wan.writeback import COMPARED

DEFAULT_DIRECTORY = ".rehearsal"
# What `up` can be told, and what clouds are started with where it is not; of `packets` the machine decides.
SETTINGS: dict[str, Any] = {"packets": None, "gateway_seconds": 6.0, "azure_rules": "2026", "fast_timers": False}
READY_SECONDS = 60.0
MACHINE = "a name or address, or azure, aws, azure-foreign, aws-foreign (default: %(default)s)"
MARKER = "rehearsal.json"  # what makes a directory ours to delete

# Of a user's shell, what would win over the exports or lead clients past the rehearsal.
UNSET = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL_EC2",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_CLOUDWATCH",
    "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
    "AWS_ENDPOINT_URL_SSM",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AZURE_PROFILE",
    "AZURE_CLOUD_ENVIRONMENT",
)


class Refusal(Exception):
    """A command that cannot be done; the text says what to do."""


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    directory = Path(os.path.abspath(arguments.dir or os.environ.get("REHEARSAL_DIR") or DEFAULT_DIRECTORY))
    try:
        return int(arguments.command(directory, arguments))
    except (Refusal, verbs.Unknown) as refusal:
        print(refusal, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description="Two clouds on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, help_ in (
        ("up", up, "start Azure, AWS and the WAN between them"),
        ("down", down, "end them and delete the directory"),
        ("status", status, "show processes and tunnels"),
        ("env", env, 'print the exports that point clients here: eval "$(python -m rehearsal env)"'),
        ("ping", ping, "from a machine in one cloud to one in the other, through the tunnels"),
        ("trace", trace, "the hops of that way"),
        ("cut", cut, "lose a tunnel's packets, silently"),
        ("kill", kill, "end an instance of Azure's gateway, or an endpoint of AWS's, without a goodbye"),
        ("heal", heal, "undo every cut and kill"),
        ("log", log, "what both ends of a tunnel wrote: IKE and BGP"),
    ):
        sub = commands.add_parser(name, help=help_, description=help_)
        sub.set_defaults(command=command)
        sub.add_argument(
            "--dir", help=f"where this rehearsal keeps its files (default: $REHEARSAL_DIR or {DEFAULT_DIRECTORY})"
        )
        if name == "up":
            sub.add_argument(
                "--gateway-seconds",
                type=_seconds,
                help="what creating an Azure gateway takes; all else keeps proportion "
                f"(default: {SETTINGS['gateway_seconds']:g})",
            )
            sub.add_argument(
                "--azure-rules",
                choices=("2026", "recorded"),
                help="recorded: without Azure's newer refusals (SKUs without zones, Basic addresses), for replaying "
                f"old recordings (default: {SETTINGS['azure_rules']})",
            )
            sub.add_argument(
                "--packets",
                action=argparse.BooleanOptionalAction,
                help="IKE, ESP and BGP between the clouds, or only a comparison of both ends "
                "(default: packets where this machine can)",
            )
            sub.add_argument(
                "--fast-timers",
                action="store_const",
                const=True,
                help="of BGP and dead peer detection, seconds instead of the clouds' half minutes",
            )
        if name in ("ping", "trace"):
            sub.add_argument("--from", dest="source", default="azure", metavar="MACHINE", help=MACHINE)
            sub.add_argument("--to", dest="target", default="aws", metavar="MACHINE", help=MACHINE)
        if name == "ping":
            sub.add_argument("--count", type=int, default=4)
        if name in ("cut", "log"):
            sub.add_argument("tunnel", help="its inside CIDR, its outside address, or Azure's connection")
        if name == "kill":
            sub.add_argument("instance", help="0 or 1 of Azure's gateway, or an address of either cloud's")
        if name == "log":
            sub.add_argument("--lines", type=int, default=20, help="of each log (default: %(default)s)")
        if name in ("status", "env"):
            sub.add_argument("--json", action="store_true", help="for programs")
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds")
    return seconds


# --- up -------------------------------------------------------------------------------------------------------------


def up(directory: Path, arguments: argparse.Namespace) -> int:
    everyone = processes(directory)
    asked = {name: getattr(arguments, name) for name in SETTINGS if getattr(arguments, name) is not None}
    if directory.exists() and all(p.ready for p in everyone):
        standing = read_json(directory / MARKER)
        other = [_option(name, value) for name, value in asked.items() if standing.get(name) != value]
        if other:
            where = f" --dir {shlex.quote(str(directory))}" if arguments.dir else ""
            raise Refusal(
                f"already up in {directory}, and not with {' '.join(other)}; "
                f"to start anew, down first: python -m rehearsal down{where}"
            )
        print(f"already up in {directory}; {_pace(standing)}")
        return 0
    if directory.exists() and any(directory.iterdir()):
        _refuse_foreign(directory)
        print(f"cleaning up after an earlier rehearsal in {directory}")
        _remove(directory)
    settings = SETTINGS | asked
    packets, how = _packets(settings["packets"], settings["fast_timers"])
    settings["packets"] = bool(packets)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_json(directory / MARKER, {"started": time.time(), **settings})
    print(f"starting Azure, AWS and the WAN between them on 127.0.0.1 (files: {directory})", flush=True)
    print(f"the WAN: {how}", flush=True)
    started = time.monotonic()
    try:
        for process in everyone:
            extra = packets if process.name == "wan" else ["--gateway-seconds", f"{settings['gateway_seconds']:g}"]
            if process.name == "azure":
                extra += ["--rules", settings["azure_rules"]]
            write_json(directory / f"{process.name}.pid", process.start(extra))
        wait_for(lambda: all(p.ready for p in everyone) or any(p.pid is None for p in everyone), READY_SECONDS)
        late = [p for p in everyone if not p.ready]
        if late:
            raise Refusal("\n".join(_failure(p) for p in late))
    except BaseException:
        _remove(directory)
        raise
    seconds = time.monotonic() - started
    print(f"up after {seconds:.1f} s; {_pace(settings)}")
    return 0


def _option(name: str, value: Any) -> str:
    """As it was written on the command line."""
    option = name.replace("_", "-")
    if isinstance(value, bool):
        return f"--{option}" if value else f"--no-{option}"
    return f"--{option} {value:g}" if isinstance(value, float) else f"--{option} {value}"


def _pace(settings: dict[str, Any]) -> str:
    return f"creating an Azure gateway takes {settings['gateway_seconds']:g} s here instead of 20 minutes"


def _packets(wanted: bool | None, fast: bool) -> tuple[list[str], str]:
    """The WAN's arguments, and in words what it does. Where packets are not asked for, they go where they can."""
    if wanted is False:
        return [], COMPARED
    found = machine.probe()
    if not found.missing:
        esp = "kernel" if found.kernel_esp else "userspace"
        timers, words = (["--fast-timers"], "fast timers") if fast else ([], "the clouds' timers")
        return ["--packets", esp, *timers], f"packets (IKE, ESP by {esp}, BGP; {words})"
    needs = f"packets need {', '.join(found.missing)}; tools/packages.sh installs the programs"
    if wanted:
        raise Refusal(needs)
    return [], f"{COMPARED} ({needs})"


def _failure(process: Process) -> str:
    what = f"not ready after {READY_SECONDS:g} s" if process.pid else "ended"
    return f"{process.module} {what}; its log ends with:\n{process.log_tail() or '(nothing)'}"


def _refuse_foreign(directory: Path) -> None:
    if not (directory / MARKER).exists():
        raise Refusal(f"{directory} holds files that are not of a rehearsal; choose an empty or a new --dir")


def _remove(directory: Path) -> None:
    everyone = processes(directory)
    end(everyone)
    stubborn = [f"{p.module} ({p.pid})" for p in everyone if p.pid is not None]
    if stubborn:
        raise Refusal(f"still running: {', '.join(stubborn)}; {directory} was left as it is")
    shutil.rmtree(directory)


# --- down -----------------------------------------------------------------------------------------------------------


def down(directory: Path, _unused: argparse.Namespace) -> int:
    if not directory.exists():
        print(f"nothing is up in {directory}")
        return 0
    _refuse_foreign(directory)
    _remove(directory)
    print(f"down; {directory} is deleted")
    return 0


# --- status ---------------------------------------------------------------------------------------------------------


def status(directory: Path, arguments: argparse.Namespace) -> int:
    found = [_look(p) for p in processes(directory)]
    told = {"tunnels": [], "notes": []} | (read_json(directory / "tunnels.json") or {})
    tunnels = told["tunnels"]
    everything = all(p["up"] for p in found)
    if arguments.json:
        print(json.dumps({"dir": str(directory), "up": everything, "processes": found, **told}, indent=1))
        return 0 if everything else 1
    columns = ("process", "pid", "port", "since", "requests")
    rows = [
        (
            p["process"],
            p["pid"] or "-",
            p["port"] or "-",
            _clock(p["since"]),
            "-" if p["requests"] is None else p["requests"],
        )
        for p in found
    ]
    print(_table(columns, rows))
    print()
    print(_tunnels_table(tunnels) if tunnels else "no tunnels")
    print("".join(f"note: {note}\n" for note in told["notes"]), end="")
    return 0 if everything else 1


def _look(process: Process) -> dict[str, Any]:
    announced = process.announcement or {}
    pid = process.pid
    port = announced.get("arm_port") or announced.get("port")
    since = (process.directory / f"{process.name}.json").stat().st_mtime if announced else None
    return {
        "process": process.name,
        "up": process.ready,
        "pid": pid,
        "port": port if pid else None,
        "since": since if pid else None,
        "requests": _requests(announced.get("control_port") or announced.get("port")) if pid else None,
    }


def _requests(port: int | None) -> int | None:
    """How many requests its log holds; the WAN serves none."""
    if port is None:
        return None
    with requests.Session() as session:
        session.trust_env = False
        try:
            return len(session.get(f"http://127.0.0.1:{port}/_rehearsal/log", timeout=5).json())
        except (requests.RequestException, ValueError):
            return None


def _tunnels_table(tunnels: list[dict[str, Any]]) -> str:
    rows = [
        (
            t["inside_cidr"] or "-",
            t["vpn_connection"] or "-",
            t["outside_address"],
            t["azure_connection"] or "-",
            "-" if t["azure_instance"] is None else t["azure_instance"],
            _state(t),
            _clock(t["since"]),
            t["reason"],
        )
        for t in tunnels
    ]
    columns = ("inside", "AWS connection", "outside", "Azure connection", "instance", "state", "since", "reason")
    return f"{_table(columns, rows)}\n({tunnels[0]['kind']})"


def _state(tunnel: dict[str, Any]) -> str:
    if tunnel["up"]:
        learned = len(tunnel["azure_learns"]), len(tunnel["aws_learns"])
        return f"up, {learned[0]}/{learned[1]} routes" if tunnel["bgp"] else "up, static"
    return "IPsec up, BGP down" if tunnel["ipsec"] else "down"


def _clock(moment: float | None) -> str:
    return datetime.fromtimestamp(moment).strftime("%H:%M:%S") if moment else "-"


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [[str(cell) for cell in row] for row in (columns, *rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines)


# --- packets --------------------------------------------------------------------------------------------------------


def ping(directory: Path, arguments: argparse.Namespace) -> int:
    return verbs.ping(verbs.read(directory), arguments.source, arguments.target, arguments.count)


def trace(directory: Path, arguments: argparse.Namespace) -> int:
    return verbs.trace(verbs.read(directory), arguments.source, arguments.target)


def cut(directory: Path, arguments: argparse.Namespace) -> int:
    return verbs.cut(verbs.read(directory), arguments.tunnel)


def kill(directory: Path, arguments: argparse.Namespace) -> int:
    return verbs.kill(verbs.read(directory), arguments.instance)


def heal(directory: Path, _unused: argparse.Namespace) -> int:
    return verbs.heal(verbs.read(directory))


def log(directory: Path, arguments: argparse.Namespace) -> int:
    return verbs.log(verbs.read(directory), arguments.tunnel, arguments.lines)


# --- env ------------------------------------------------------------------------------------------------------------


def env(directory: Path, arguments: argparse.Namespace) -> int:
    if not all(p.ready for p in processes(directory)):
        raise Refusal(f"no rehearsal is up in {directory}; start one: python -m rehearsal up")
    azure, aws = read_json(directory / "azure.json"), read_json(directory / "aws.json")
    exports = variables(azure, aws)
    if arguments.json:
        print(json.dumps(exports, indent=1))
        return 0
    print("\n".join(f"export {name}={shlex.quote(value)}" for name, value in exports.items()))
    print(f"unset {' '.join(UNSET)}")
    return 0


def variables(azure: dict[str, Any], aws: dict[str, Any]) -> dict[str, str]:
    """What points any client of either cloud here, and to nothing else: without the proxy no Azure host is reached."""
    proxy = f"http://127.0.0.1:{azure['proxy_port']}"
    bundle = azure["bundle"]
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws['port']}",
        "AWS_ACCESS_KEY_ID": aws["access_key"],
        "AWS_SECRET_ACCESS_KEY": aws["secret_key"],
        "AZURE_SUBSCRIPTION_ID": azure["subscription"],
        "AZURE_TENANT": azure["tenant"],
        "AZURE_TENANT_ID": azure["tenant"],
        "AZURE_CLIENT_ID": azure["client_id"],
        "AZURE_SECRET": azure["secret"],
        "AZURE_CLIENT_SECRET": azure["secret"],
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        # AWS is reached by plain HTTP, which must not go through any proxy.
        **dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"), ""),
        **dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "AWS_CA_BUNDLE", "CURL_CA_BUNDLE"), bundle),
    }
