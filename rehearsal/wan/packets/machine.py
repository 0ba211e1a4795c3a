"""Can this machine carry packets? Tried, not guessed: `python -m rehearsal.wan.packets.machine` answers in JSON."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .room import Room, RoomError

PROGRAMS = ("bird", "nft", "ip", "ping", "unshare", "nsenter", "mount")
CHARON = tuple(f"/usr/{d}/charon" for d in ("lib/ipsec", "libexec/ipsec", "lib/strongswan", "libexec/strongswan"))


@dataclass(frozen=True)
class Machine:
    """`missing`: what has to be there and is not, in words; none, and packets can run."""

    missing: tuple[str, ...]
    kernel_esp: bool = False


def charon() -> str | None:
    return next((p for p in CHARON if Path(p).exists()), None) or shutil.which("charon")


def probe() -> Machine:
    """In a process of its own, as there is no way back from a room."""
    command = [sys.executable, "-m", "rehearsal.wan.packets.machine"]
    root = str(Path(__file__).resolve().parents[3])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    try:
        found = json.loads(done.stdout)
    except ValueError:
        said = done.stderr.strip().splitlines() or ["the probe ended without an answer"]
        return Machine((said[-1],))
    return Machine(tuple(found["missing"]), found["kernel_esp"])


def _absent() -> list[str]:
    """What is looked up."""
    found = [f"the program {p}" for p in PROGRAMS if shutil.which(p) is None]
    if charon() is None:
        found.append("strongSwan's charon")
    if importlib.util.find_spec("vici") is None:
        found.append("the Python package vici")
    if sys.platform != "linux":
        return ["Linux"]
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        found.append("/dev/net/tun, readable and writable")
    return found


def _try() -> tuple[list[str], bool]:
    """What is tried: namespaces, their devices, a filter; and whether the kernel does ESP."""
    try:
        room = Room()
    except (OSError, subprocess.CalledProcessError) as error:
        return [f"namespaces: root, or user namespaces for ordinary users ({error})"], False
    try:
        try:
            room.add(["a", "b"])
        except RoomError as error:
            return [f"network namespaces ({error})"], False
        for what, command in (
            ("veth devices", "ip link add x netns a type veth peer name x netns b"),
            ("bridge devices", "ip -n a link add y type bridge"),
            ("tun devices", "ip -n a tuntap add dev z mode tun"),
            ("routing by rules", "ip -n a rule add from 192.0.2.1 lookup 100000"),
        ):
            try:
                room.run(command.split())
            except RoomError:
                return [what], False
        table = "table inet t {\n chain c {\n type filter hook forward priority 0;\n ct state new counter\n }\n}\n"
        try:
            room.run(["nft", "-f", "-"], stdin=table, namespace="a")
        except RoomError:
            return ["nftables with connection tracking"], False
        return [], _kernel_esp(room)
    finally:
        room.close()


def _kernel_esp(room: Room) -> bool:
    keys = "auth hmac(sha256) 0x" + "11" * 32 + " enc cbc(aes) 0x" + "22" * 32
    link = "ip -n a link add w type xfrm dev lo if_id 1"
    state = f"ip -n a xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 1 reqid 1 mode tunnel if_id 1 {keys}"
    try:
        room.run(link.split())
        room.run(state.split())
    except RoomError:
        return False
    return True


def main() -> None:
    missing, kernel_esp = _absent(), False
    if not missing:
        missing, kernel_esp = _try()
    json.dump({"missing": missing, "kernel_esp": kernel_esp}, sys.stdout)


if __name__ == "__main__":
    main()
