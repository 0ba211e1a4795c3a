"""`up`, `down`, `status`, `env`: what they leave behind, what they refuse, and whom they leave alone."""

from __future__ import annotations

import ast
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.session import get_session

from rehearsal import cli
from rehearsal.cli import main
from rehearsal.files import read_json, write_json
from rehearsal.processes import NAMES, Process, command_line, processes, wait_for

ROOT = Path(__file__).resolve().parents[2]
CLIENT_MAKERS = (".client", "make_client", "aws.run")


def up(directory: Path) -> None:
    assert main(["up", "--dir", str(directory), "--gateway-seconds", "1", "--no-packets"]) == 0


def down(directory: Path) -> None:
    assert main(["down", "--dir", str(directory)]) == 0


def pids(directory: Path) -> list[int]:
    return [p.pid for p in processes(directory) if p.pid is not None]


def kill(directory: Path, *victims: int) -> list[int]:
    """The pids of all three, some of which are dead now."""
    everyone = pids(directory)
    assert len(everyone) == 3
    for victim in victims:
        os.kill(everyone[victim], signal.SIGKILL)
    assert wait_for(lambda: len(pids(directory)) == 3 - len(victims), 5)
    return everyone


@pytest.fixture(scope="module")
def raised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A rehearsal that is up, in a directory that wants quoting."""
    directory = tmp_path_factory.mktemp("cli") / "it's here"
    up(directory)
    yield directory
    down(directory)


# --- up ---------------------------------------------------------------------------------------------------------------


def test_second_up_changes_nothing(raised: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = pids(raised)
    up(raised)
    assert pids(raised) == before
    assert "already up" in capsys.readouterr().out
    assert main(["up", "--dir", str(raised)]) == 0
    assert "takes 1 s" in capsys.readouterr().out, "of those that stand, not the default"


@pytest.mark.parametrize(
    "asked",
    ["--gateway-seconds 120", "--packets", "--azure-rules recorded", "--fast-timers", "--packets --fast-timers"],
)
def test_standing_clouds_refuse_other_settings(asked: str, raised: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = pids(raised)
    assert main(["up", "--dir", str(raised), *asked.split()]) == 1
    assert pids(raised) == before
    said = capsys.readouterr().err
    assert f"not with {asked};" in said
    command = said.partition("down first: ")[2]
    assert shlex.split(command) == ["python", "-m", "rehearsal", "down", "--dir", str(raised)]


def test_everything_listens_on_loopback_only(raised: Path) -> None:
    for pid in pids(raised):
        sockets = {os.readlink(f) for f in Path(f"/proc/{pid}/fd").iterdir() if f.is_symlink()}
        for family in ("tcp", "tcp6"):
            rows = [line.split() for line in Path(f"/proc/{pid}/net/{family}").read_text().splitlines()[1:]]
            mine = [r for r in rows if r[3] == "0A" and f"socket:[{r[9]}]" in sockets]
            addresses = {r[1].split(":")[0] for r in mine}
            assert addresses <= {"0100007F", "00000000000000000000000001000000"}, f"{pid} listens on {addresses}"


def test_files_are_private(raised: Path) -> None:
    assert raised.stat().st_mode & 0o077 == 0


def test_failure_shows_the_log_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = Process.start

    def start(process: Process, extra: list[str]) -> int:
        return usual(process, [*extra, "--no-such-option"] if process.name == "aws" else extra)

    monkeypatch.setattr(Process, "start", start)
    directory = tmp_path / "rehearsal"
    assert main(["up", "--dir", str(directory), "--no-packets"]) == 1
    said = capsys.readouterr().err
    assert "rehearsal.aws ended" in said
    assert "--no-such-option" in said
    assert not directory.exists()


def test_up_refuses_a_directory_of_somebody_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.tex").write_text("ten years of work")
    assert main(["up", "--dir", str(tmp_path)]) == 1
    assert "not of a rehearsal" in capsys.readouterr().err
    assert main(["down", "--dir", str(tmp_path)]) == 1
    assert (tmp_path / "thesis.tex").exists()


@pytest.mark.parametrize("seconds", ["-1", "inf", "nan", "soon"])
def test_up_refuses_no_time(seconds: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["up", "--dir", str(tmp_path / "r"), f"--gateway-seconds={seconds}"])


def test_the_environment_names_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REHEARSAL_DIR", str(tmp_path / "elsewhere"))
    assert main(["down"]) == 0
    assert str(tmp_path / "elsewhere") in capsys.readouterr().out


# --- down -------------------------------------------------------------------------------------------------------------


def test_half_a_rehearsal_is_replaced_or_removed_and_its_neighbour_stays(
    raised: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    neighbour = pids(raised)
    directory = tmp_path / "second"
    up(directory)
    first = kill(directory, 1)
    up(directory)
    assert "cleaning up" in capsys.readouterr().out
    second = kill(directory, 0, 2)
    assert not set(first) & set(second)
    down(directory)
    assert not directory.exists()
    assert not [p for p in first + second if command_line(p)]
    assert pids(raised) == neighbour
    down(directory)


def test_a_number_that_is_now_anothers_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    try:
        write_json(tmp_path / cli.MARKER, {"started": time.time(), "gateway_seconds": 1})
        for name in NAMES:
            write_json(tmp_path / f"{name}.pid", other.pid)
        down(tmp_path)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_directory_that_begins_alike_is_another(tmp_path: Path) -> None:
    here = Process("aws", tmp_path / "a")
    command = [
        sys.executable,
        "-c",
        "import time; time.sleep(30)",
        "-m",
        here.module,
        "--dir",
        f"{here.directory}b",
        "x",
    ]
    other = subprocess.Popen(command)
    try:
        (tmp_path / "a").mkdir()
        write_json(tmp_path / "a" / "aws.pid", other.pid)
        assert here.pid is None
    finally:
        other.kill()
        other.wait()


# --- status -----------------------------------------------------------------------------------------------------------


def test_status_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json", "--dir", str(tmp_path / "no")]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert not answer["up"]
    assert [p["pid"] for p in answer["processes"]] == [None] * 3


def test_status(raised: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json", "--dir", str(raised)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["up"]
    assert [p["process"] for p in answer["processes"]] == list(NAMES)
    ports = [p["port"] for p in answer["processes"][:2]]
    for port in ports:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    assert main(["status", "--dir", str(raised)]) == 0
    text = capsys.readouterr().out
    assert all(str(port) in text for port in ports)
    assert "no tunnels" in text


# --- env --------------------------------------------------------------------------------------------------------------


def test_env_without_a_rehearsal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--dir", str(tmp_path / "no")]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "rehearsal up" in said.err


def aws_services() -> set[str]:
    """What the collection makes clients of: services named in the statements that call one of its ways to do so."""
    known, found = set(get_session().get_available_services()), set()
    for path in (ROOT / "plugins").rglob("*.py"):
        for statement in ast.walk(ast.parse(path.read_text())):
            if isinstance(statement, ast.stmt) and not hasattr(statement, "body"):
                parts = list(ast.walk(statement))
                if any(isinstance(p, ast.Call) and ast.unparse(p.func).endswith(CLIENT_MAKERS) for p in parts):
                    found |= {str(p.value) for p in parts if isinstance(p, ast.Constant) and p.value in known}
    return found


def endpoint_variable(service: str) -> str:
    """By botocore's rule; the id of `logs` is CloudWatch Logs."""
    service_id = get_session().get_service_model(service).service_id
    return "AWS_ENDPOINT_URL_" + service_id.upper().replace(" ", "_").replace("-", "_")


def test_the_services_of_the_collection_are_found() -> None:
    assert aws_services() >= {"ec2", "sts", "cloudwatch", "logs", "ssm", "secretsmanager"}


def test_a_shell_takes_the_exports(raised: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--dir", str(raised)]) == 0
    lines = capsys.readouterr().out
    assert main(["env", "--json", "--dir", str(raised)]) == 0
    wanted = json.loads(capsys.readouterr().out)
    shell = 'eval "$1"; exec "$2" -c "import json, os; print(json.dumps(dict(os.environ)))"'
    before = {"PATH": os.environ["PATH"], "AWS_PROFILE": "mine", "HTTP_PROXY": "http://192.0.2.1:3128"}
    before |= {endpoint_variable(service): "http://192.0.2.1" for service in aws_services()}
    answer = subprocess.run(
        ["sh", "-c", shell, "sh", lines, sys.executable], env=before, capture_output=True, text=True, check=True
    )
    got = json.loads(answer.stdout)
    assert {name: got.get(name) for name in wanted} == wanted
    assert "AWS_PROFILE" not in got
    assert [name for name in got if name.startswith("AWS_ENDPOINT_URL_")] == []
    assert "AWS_DEFAULT_REGION" not in got
    assert Path(got["REQUESTS_CA_BUNDLE"]).exists()


def test_an_ordinary_client_goes_where_the_exports_say(raised: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--json", "--dir", str(raised)]) == 0
    exports = json.loads(capsys.readouterr().out)
    script = """
import boto3, requests
assert boto3.client("sts", region_name="eu-central-1").get_caller_identity()["Account"] == "123456789012"
assert boto3.client("ec2", region_name="eu-central-1").describe_vpcs()["Vpcs"] is not None
import azure.identity
token = azure.identity.EnvironmentCredential().get_token("https://management.azure.com/.default").token
import os
answer = requests.get(
    f"https://management.azure.com/subscriptions/{os.environ['AZURE_SUBSCRIPTION_ID']}?api-version=2022-12-01",
    headers={"Authorization": f"Bearer {token}"}, timeout=10)
assert answer.status_code == 200, answer.text
try:
    requests.get("https://example.com", timeout=10)
except requests.exceptions.ProxyError:
    print("closed")
"""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **exports}
    answer = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert answer.stdout == "closed\n", answer.stderr
    assert read_json(raised / "aws.json")["port"]
