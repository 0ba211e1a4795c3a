"""The collection as users get it: built, installed without Galaxy, and its playbook called by name."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / ".venv" / "bin"
COLLECTIONS = ROOT / ".venv" / "collections"
NOT_SHIPPED = ("rehearsal/", "tests/", "tools/", "requirements/", ".ci/", ".venv/", "inventories/rehearsal/")


def run(*command: str, env: dict[str, str]) -> str:
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a user who has the collection, and nothing of the checkout or of any cloud."""
    place = tmp_path_factory.mktemp("installed")
    staged = place / "staged"
    subprocess.run([ROOT / "tools" / "stage.sh", staged], check=True, capture_output=True)
    env = {"PATH": os.environ["PATH"], "HOME": str(place), "LANG": "C.UTF-8"}
    galaxy = str(BIN / "ansible-galaxy")
    source = staged / "ansible_collections" / "hybrid" / "s2s_vpn"
    run(galaxy, "collection", "build", str(source), "--output-path", str(place), env=env)
    (archive,) = place.glob("hybrid-s2s_vpn-*.tar.gz")
    target = place / "collections"
    (target / "ansible_collections").mkdir(parents=True)
    for namespace in ("amazon", "azure"):
        (target / "ansible_collections" / namespace).symlink_to(COLLECTIONS / "ansible_collections" / namespace)
    run(galaxy, "collection", "install", str(archive), "--offline", "-p", str(target),
        env={**env, "ANSIBLE_COLLECTIONS_PATH": str(target)})  # fmt: skip
    return {**env, "ANSIBLE_COLLECTIONS_PATH": str(target), "ARCHIVE": str(archive)}


def test_the_archive_has_only_what_users_need(installed: dict[str, str]) -> None:
    with tarfile.open(installed["ARCHIVE"]) as archive:
        names = archive.getnames()
    assert "plugins/modules/azure_vpn_gateway.py" in names
    assert "playbooks/site.yml" in names
    assert [name for name in names if name.startswith(NOT_SHIPPED)] == []


def test_a_playbook_is_called_by_name(installed: dict[str, str], tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yml"
    inventory.write_text((ROOT / "inventories" / "example" / "hosts.yml").read_text())
    shown = run(str(BIN / "ansible-playbook"), "-i", str(inventory), "hybrid.s2s_vpn.plan", env=installed)
    assert "Link hq: BGP" in shown
    assert "169.254.22.4/30" in shown


@pytest.mark.parametrize("module", ["azure_local_gateway_facts", "aws_vpn_connection", "s2s_vpn_plan"])
def test_modules_are_documented(installed: dict[str, str], module: str) -> None:
    assert "EXAMPLES" in run(str(BIN / "ansible-doc"), f"hybrid.s2s_vpn.{module}", env=installed)
