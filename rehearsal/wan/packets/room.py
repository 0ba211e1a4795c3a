"""A room of our own on this machine: namespaces for mounts, processes and (where we are not root) users.

Network namespaces are named in the room's own /run, so nobody else sees them, and two rooms do not meet. Everything
started in the room is a child of one process, the `holder`: when it ends, the kernel ends the rest, and with the last
process the mounts, the network namespaces and all that is in them are gone.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

RUN = Path("/run")
BASE = "room"  # where cables and namespaces are made; an ordinary user has no right to in the machine's own network
FORWARDING = (
    "net.ipv4.ip_forward=1",
    "net.ipv4.fib_multipath_hash_policy=0",
    "net.ipv4.icmp_errors_use_inbound_ifaddr=1",
    "net.ipv4.icmp_ratelimit=0",
)
QUIET = (
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv4.conf.default.rp_filter=0",
    "net.ipv6.conf.all.disable_ipv6=1",
    "net.ipv6.conf.default.disable_ipv6=1",
)


class RoomError(OSError):
    """A command of the room failed."""


class Room:
    """Enters on being made; there is no way back for the calling process, which must have one thread only.

    It stays in its network, so it reaches the clouds as before. It cannot start threads afterwards (pid namespace).
    """

    def __init__(self) -> None:
        _unshare()
        for mount in (("--make-rprivate", "/"), ("-t", "tmpfs", "-o", "mode=0700", "tmpfs", str(RUN))):
            subprocess.run(["mount", *mount], check=True, capture_output=True)
        (RUN / "netns" / BASE).parent.mkdir()
        (RUN / "netns" / BASE).touch()
        bind = ["mount", "--bind", "/proc/self/ns/net", str(RUN / "netns" / BASE)]
        subprocess.run(["unshare", "--net", *bind], check=True, capture_output=True)
        os.unshare(os.CLONE_NEWPID)
        # Ends when its input does: with us, however we end.
        self._holder = subprocess.Popen(
            ["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
        )

    @property
    def pid(self) -> int:
        """Of the process whose namespaces are the room's, to enter it by."""
        return self._holder.pid

    def close(self) -> None:
        self._holder.kill()
        with contextlib.suppress(ChildProcessError):
            while True:  # everyone in the room is a child of ours
                os.waitpid(-1, 0)

    def run(self, command: Sequence[str], *, stdin: str = "", namespace: str = BASE) -> str:
        """Raises RoomError with what the command said."""
        done = subprocess.run(inside(namespace, command), input=stdin, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RoomError(f"{' '.join(command)} in {namespace}: {done.stderr.strip()}")
        return done.stdout

    def spawn(self, command: Sequence[str], log: Path, *, namespace: str) -> subprocess.Popen[bytes]:
        with open(log, "ab") as output:
            return subprocess.Popen(
                inside(namespace, command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def ip(self, lines: Iterable[str], namespace: str = BASE) -> None:
        """A batch for ip(8). What cannot be done is passed over: a device that is gone took its addresses with it."""
        batch = "\n".join(lines)
        if batch:
            command = inside(namespace, ["ip", "-force", "-batch", "-"])
            subprocess.run(command, input=batch, capture_output=True, text=True, check=False)

    def add(self, namespaces: Sequence[str]) -> None:
        self.ip(f"netns add {name}" for name in namespaces)
        settings = [f"/proc/sys/{s.partition('=')[0].replace('.', '/')}" for s in (*FORWARDING, *QUIET)]
        values = [s.partition("=")[2] for s in (*FORWARDING, *QUIET)]
        write = "; ".join(f"echo {v} > {s}" for s, v in zip(settings, values, strict=True))
        script = "".join(f"nsenter --net=/run/netns/{n} sh -c '{write}; ip link set lo up'\n" for n in namespaces)
        self.run(["sh"], stdin=script)

    def remove(self, namespaces: Iterable[str]) -> None:
        self.ip(f"netns delete {name}" for name in namespaces)


def inside(namespace: str | None, command: Sequence[str]) -> list[str]:
    return [*(["nsenter", f"--net={RUN}/netns/{namespace}"] if namespace else []), *command]


def enter(pid: int, command: Sequence[str], namespace: str | None = None) -> list[str]:
    """The command line that runs `command` in the room of the holder `pid`, from outside."""
    user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
    return ["nsenter", f"--target={pid}", *user, "--mount", "--pid", "--", *inside(namespace, command)]


def _unshare() -> None:
    if os.geteuid() == 0:
        os.unshare(os.CLONE_NEWNS)
        return
    user, group = os.geteuid(), os.getegid()
    os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNS)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
