"""`python -m rehearsal.azure --dir D --gateway-seconds N`: run until SIGTERM; D/azure.json says where."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
from pathlib import Path

from .auth import Identity
from .clock import Clock, InstantClock, ScaledClock, SteppedClock
from .cloud import Cloud, Settings
from .server import Servers

RECORDED_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
"""What recordings of Azure's clients have in the place of the real one."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.azure", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="folder for azure.json, ca.pem and bundle.pem")
    parser.add_argument("--gateway-seconds", type=float, default=20.0, help="how long a VPN gateway takes to make")
    parser.add_argument("--clock", choices=("scaled", "instant", "stepped"), default="scaled")
    parser.add_argument(
        "--rules",
        choices=("2026", "recorded"),
        default="2026",
        help="recorded: rules that came after old recordings are off, tokens and empty bodies are not looked at",
    )
    parser.add_argument(
        "--vnet-lock",
        choices=("on", "off"),
        default="on",
        help="on: a VNet cannot be changed while its gateway is made",
    )
    return parser.parse_args()


def _clock(kind: str, gateway_seconds: float) -> Clock:
    if kind == "stepped":
        return SteppedClock()
    return InstantClock() if kind == "instant" else ScaledClock(gateway_seconds)


def _announce(servers: Servers) -> None:
    me = servers.cloud.identity
    facts = {
        "pid": os.getpid(),
        "arm_port": servers.arm_port,
        "proxy_port": servers.proxy_port,
        "control_port": servers.control_port,
        "ca": str(servers.ca),
        "bundle": str(servers.bundle),
        "subscription": me.subscription,
        "tenant": me.tenant,
        "client_id": me.client_id,
        "secret": me.secret,
    }
    draft = servers.folder / ".azure.json.new"
    draft.write_text(json.dumps(facts, indent=2) + "\n")
    draft.replace(servers.folder / "azure.json")


async def _run(arguments: argparse.Namespace) -> None:
    folder = arguments.dir.resolve()
    settings = Settings(rules=arguments.rules, vnet_lock=arguments.vnet_lock == "on", folder=folder)
    folder.mkdir(parents=True, exist_ok=True)
    identity = Identity() if settings.today else Identity(subscription=RECORDED_SUBSCRIPTION)
    servers = Servers(Cloud(_clock(arguments.clock, arguments.gateway_seconds), settings, identity), folder)
    await servers.start()
    _announce(servers)
    await asyncio.Event().wait()


def main() -> None:
    """Run the look-alike."""
    arguments = _arguments()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))  # nothing here is worth a slow goodbye
    asyncio.run(_run(arguments))


if __name__ == "__main__":
    main()
