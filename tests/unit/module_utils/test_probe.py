"""The probe's script and what its output means."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import probe
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.probe import Findings, Target

PINGED = """\
PING 10.2.1.4 (10.2.1.4) 56(84) bytes of data.
64 bytes from 10.2.1.4: icmp_seq=1 ttl=61 time=11.9 ms
64 bytes from 10.2.1.4: icmp_seq=2 ttl=61 time=12.1 ms
64 bytes from 10.2.1.4: icmp_seq=3 ttl=61 time=12.3 ms

--- 10.2.1.4 ping statistics ---
3 packets transmitted, 3 received, 0% packet loss, time 2003ms
rtt min/avg/max/mdev = 11.900/12.100/12.300/0.163 ms
"""
LOST = """\
PING 10.2.1.4 (10.2.1.4) 56(84) bytes of data.

--- 10.2.1.4 ping statistics ---
3 packets transmitted, 0 received, 100% packet loss, time 2043ms
"""
NO_ROUTE = """\
PING 10.2.1.4 (10.2.1.4) 56(84) bytes of data.
From 10.1.1.1 icmp_seq=1 Destination Net Unreachable

--- 10.2.1.4 ping statistics ---
3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2043ms
"""


def said(ping: str = PINGED, mtu: int | None = None, tcp: tuple[str, int] | None = None, end: bool = True) -> str:
    text = f"s2s_vpn ping\n{ping}"
    text += f"s2s_vpn mtu {mtu}\n" if mtu else ""
    text += f"s2s_vpn tcp\n{tcp[0]}s2s_vpn status {tcp[1]}\n" if tcp else ""
    return text + ("s2s_vpn end\n" if end else "")


# --- input ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "port", "wrong"),
    [
        ("10.2.1.4; rm -rf /", None, ["to"]),
        ("$(id)", None, ["to"]),
        ("10.2.1.4\n", None, ["to"]),
        ("010.2.1.4", None, ["to"]),
        ("fd00::1", None, ["to"]),
        ("10.2.1.0/24", None, ["to"]),
        ("example.com", None, ["to"]),
        ("224.0.0.1", None, ["to"]),
        ("255.255.255.255", None, ["to"]),
        ("127.0.0.1", None, ["to"]),
        ("0.0.0.0", None, ["to"]),
        ("", None, ["to"]),
        (None, None, ["to"]),
        ("10.2.1.4", 0, ["port"]),
        ("10.2.1.4", 65536, ["port"]),
        ("10.2.1.4", -1, ["port"]),
        ("10.2.1.4", "22; reboot", ["port"]),
        ("10.2.1.4", "٢٢", ["port"]),
        ("10.2.1.4", "0x16", ["port"]),
        ("10.2.1.4", True, ["port"]),
        ("10.2.1.4", "", ["port"]),
        ("x", "y", ["to", "port"]),
    ],
)
def test_nothing_but_an_address_and_a_port_gets_into_the_script(to: Any, port: Any, wrong: list[str]) -> None:
    faults = probe.target(to, port)
    assert isinstance(faults, list)
    assert [f.variable for f in faults] == wrong


@pytest.mark.parametrize(("port", "text"), [(None, "10.2.1.4"), (22, "10.2.1.4:22"), ("65535", "10.2.1.4:65535")])
def test_a_good_target(port: Any, text: str) -> None:
    assert str(probe.target("10.2.1.4", port)) == text


# --- the script -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("aim", [Target("10.2.1.4"), Target("10.2.1.4", 22), Target("10.2.1.4", 22, path_mtu=False)])
@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
def test_every_shell_takes_the_script(aim: Target, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    done = subprocess.run(
        [shell, "-n"], input="\n".join(probe.script(aim)), text=True, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("passes", [576, 1000, 1400, 1419, 1500])
def test_the_script_finds_the_path_mtu(passes: int, tmp_path: Any) -> None:
    """With a ping that answers up to a size, in the place of the real one."""
    program = tmp_path / "ping"
    program.write_text(
        '#!/bin/sh\nsize=56\nwhile [ $# -gt 0 ]; do [ "$1" = -s ] && size=$2; shift; done\n'
        f"[ $((size + 28)) -le {passes} ] || exit 1\ncat <<'END'\n{PINGED}END\n"
    )
    program.chmod(0o755)
    text = "\n".join(probe.script(Target("10.2.1.4")))
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(["sh"], input=text, text=True, capture_output=True, check=True, env=environment)
    found = probe.read(done.stdout)
    assert (found.path_mtu, found.received, found.complete) == (passes, 3, True)


# --- what came back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (said(mtu=1400), Findings(True, 3, 3, 12.1, None, 1400)),
        (f"Enable succeeded: \n[stdout]\n{said(mtu=1400)}\n[stderr]\n", Findings(True, 3, 3, 12.1, None, 1400)),
        (said(mtu=1400).replace("\n", "\r\n"), Findings(True, 3, 3, 12.1, None, 1400)),
        (said(PINGED.replace(" 3 received", " 2 received")), Findings(True, 3, 2, 12.1)),
        (said(PINGED.replace("3 received", "3 packets received")), Findings(True, 3, 3, 12.1)),
        (said(LOST), Findings(True, 3, 0)),
        (said(LOST, end=False), Findings(False, 3, 0)),
        (said(NO_ROUTE), Findings(True, 3, 0, notes=("something on the way has no route",))),
        (
            said(LOST.replace("data.\n", "data.\nFrom 10.1.1.1 icmp_seq=1 Packet filtered\n")),
            Findings(True, 3, 0, notes=("something on the way says that it filters",)),
        ),
        (said("sh: 2: ping: not found\n"), Findings(True, notes=("ping is not installed there",))),
        (said("bash: ping: command not found\n"), Findings(True, notes=("ping is not installed there",))),
        (said(mtu=84), Findings(True, 3, 3, 12.1, notes=("its ping cannot tell the path MTU",))),
        (said(LOST, tcp=("", 0)), Findings(True, 3, 0, tcp="open")),
        (said(LOST, tcp=("bash: connect: Connection refused\n", 1)), Findings(True, 3, 0, tcp="refused")),
        (said(LOST, tcp=("", 124)), Findings(True, 3, 0, tcp="silent")),
        (said(LOST, tcp=("bash: connect: No route to host\n", 1)), Findings(True, 3, 0, tcp="unreachable")),
        (said(LOST, tcp=("bash: connect: Network is unreachable\n", 1)), Findings(True, 3, 0, tcp="unreachable")),
        (
            said(LOST, tcp=("timeout: failed to run command 'bash': No such file or directory\n", 127)),
            Findings(True, 3, 0, notes=("bash or timeout is not installed there, so no port can be tried",)),
        ),
        ("", Findings(False)),
        ("Enable failed: something", Findings(False)),
    ],
)
def test_reading(output: str, found: Findings) -> None:
    assert probe.read(output) == found


@pytest.mark.parametrize(
    ("aim", "output", "ok", "text"),
    [
        (
            Target("10.2.1.4"),
            said(mtu=1400),
            True,
            "10.2.1.4 answered 3 of 3 pings in 12.1 ms; packets of up to 1400 bytes pass whole",
        ),
        (Target("10.2.1.4"), said(LOST), False, "10.2.1.4 answered none of 3 pings"),
        (
            Target("10.2.1.4", 22),
            said(LOST, tcp=("", 0)),
            True,
            "10.2.1.4 answered none of 3 pings; port 22 is open",
        ),
        (
            Target("10.2.1.4", 22),
            said(tcp=("Connection refused\n", 1)),
            False,
            "10.2.1.4 answered 3 of 3 pings in 12.1 ms; port 22 is refused: the way works, and nothing listens there",
        ),
        (Target("10.2.1.4"), None, False, "hq-vm gave no answer: look at its agent"),
        (Target("10.2.1.4"), "oops", False, "hq-vm ran the probe and gave no whole answer: oops"),
    ],
)
def test_result(aim: Target, output: str | None, ok: bool, text: str) -> None:
    found = probe.result(aim, "hq-vm", output, "look at its agent")
    assert (found["ok"], found["text"]) == (ok, text)
    assert found["answered"] is ("10.2.1.4" in text)


def test_what_would_run_has_the_same_members() -> None:
    aim = Target("10.2.1.4", 22)
    planned = probe.would_run(aim, "hq-vm")
    assert planned.keys() == probe.result(aim, "hq-vm", None).keys()
    assert "/dev/tcp/10.2.1.4/22" in planned["command"]
    assert planned["text"] == "check mode: hq-vm would probe 10.2.1.4:22"
