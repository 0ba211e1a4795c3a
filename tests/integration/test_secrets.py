"""Keys out of the stores of both clouds, as the README of operate has them, and a link whose keys AWS keeps in one."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .clouds import ROOT, Clouds
from .runs import Desk
from .test_plan import GOOD

LINK = "hq"
IN_AWS = {"hq/1-1": "Invented.aws_11", "hq/1-2": "Invented.aws_12"}
IN_AZURE = {"hq-2-1": "Invented.azure_21", "hq-2-2": "Invented.azure_22"}
NO_KEY = "not-a-key"


class Vault(BaseHTTPRequestHandler):
    """A Key Vault, and the token service of a machine with a managed identity, asked as a proxy is."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        name = path.removeprefix("/secrets/")
        if path == "/metadata/identity/oauth2/token" and self.headers["Metadata"] == "true":
            self._answer({"access_token": "of the machine"})
        elif name in IN_AZURE and self.headers["Authorization"] == "Bearer of the machine":
            self._answer({"value": IN_AZURE[name]})
        else:
            self.send_error(404)

    def _answer(self, content: dict[str, str]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def vault() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Vault)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def put(clouds: Clouds, name: str, value: str) -> None:
    client = clouds.aws("secretsmanager")
    known = {one["Name"] for one in client.list_secrets()["SecretList"]}
    if name in known:
        client.put_secret_value(SecretId=name, SecretString=value)
    else:
        client.create_secret(Name=name, SecretString=value)


def documented(folder: Path, vault: str) -> Path:
    """The README's keys, with the vault that there is here."""
    text = (ROOT / "roles" / "operate" / "README.md").read_text()
    (example,) = re.findall(r"^```yaml\n(s2s_vpn_pre_shared_keys:\n.+?)^```$", text, re.MULTILINE | re.DOTALL)
    folder.mkdir(exist_ok=True)
    path = folder / "keys.yml"
    path.write_text(example.replace("https://hq.vault.azure.net", vault))
    return path


def test_the_documented_lookups_bring_a_key_for_every_tunnel(
    desk: Desk, clouds: Clouds, vault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = clouds.env | {"http_proxy": vault, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
    given = ("-e", f"@{documented(desk.directory, vault)}")
    inventory = desk.inventory(LINK, GOOD)
    for name, value in IN_AWS.items():
        put(clouds, name, value)
    run = desk.play("plan.yml", *given, inventory=inventory, env=env)
    assert run.rc == 0, run.explain()
    # each is read and judged: what is no key is refused by the name of its tunnel
    put(clouds, "hq/1-2", NO_KEY)
    monkeypatch.setitem(IN_AZURE, "hq-2-1", NO_KEY)
    run = desk.play("plan.yml", *given, inventory=inventory, env=env)
    assert run.rc != 0
    for cidr in ("169.254.22.0/30", "169.254.21.4/30"):
        assert f"s2s_vpn_pre_shared_keys: {cidr}: the key has a character that AWS refuses" in run.errors
    assert "2 faults" in run.errors
    for secret in (*IN_AWS.values(), *IN_AZURE.values()):
        assert secret not in run.stdout


@pytest.mark.full
class TestKeysThatAwsKeepsInSecretsManager:
    @pytest.fixture
    def inventory(self, desk: Desk) -> Path:
        return desk.inventory(LINK, GOOD | {"s2s_vpn_aws_secrets_manager": True})

    @pytest.mark.step
    def test_the_link_is_built_and_azure_has_the_keys_of_the_secrets(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        run = desk.play("site.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert "PreSharedKey" not in json.dumps([one["Options"] for one in clouds.vpn_connections()])
        assert sorted(clouds.azure_keys(LINK).values()) == sorted(kept(clouds).values())
        again = desk.play("site.yml", inventory=inventory)
        assert (again.rc, again.changed, again.mutating) == (0, 0, []), again.explain()

    @pytest.mark.step
    def test_both_ends_are_compared(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = desk.play("drift.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert "Not compared" not in run.stdout

    @pytest.mark.step
    def test_they_are_rotated(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        before = set(kept(clouds).values())
        run = desk.play("rotate_keys.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        now = kept(clouds)
        assert not before & set(now.values())
        assert sorted(clouds.azure_keys(LINK).values()) == sorted(now.values())
        assert not any(key in run.stdout for key in (*before, *now.values()))

    def test_who_may_not_read_them_gives_his_own(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        refused = {"times": None, "status": 400, "code": "AccessDeniedException", "message": "no"}
        clouds.fault("aws", "refuse", "GetSecretValue", **refused)
        run = desk.play("rotate_keys.yml", inventory=inventory)
        assert run.rc != 0
        assert "Allow secretsmanager:GetSecretValue on that secret, or give the keys of all tunnels" in run.errors
        assert run.mutating == []
        own = {f"169.254.{net}/30": f"Invented.own_{net}" for net in ("21.0", "22.0", "21.4", "22.4")}
        given = ("-e", json.dumps({"s2s_vpn_pre_shared_keys": own}))
        run = desk.play("rotate_keys.yml", *given, inventory=inventory)
        assert run.rc == 0, run.explain()
        again = desk.play("rotate_keys.yml", *given, inventory=inventory)
        assert (again.rc, again.mutating) == (0, []), again.explain()
        clouds.no_faults()
        assert sorted(kept(clouds).values()) == sorted(clouds.azure_keys(LINK).values()) == sorted(own.values())


def kept(clouds: Clouds) -> dict[str, str]:
    """AWS's keys by outside address, as its secrets have them."""
    client = clouds.aws("secretsmanager")
    found: dict[str, str] = {}
    for one in clouds.vpn_connections():
        secret = client.get_secret_value(SecretId=one["PreSharedKeyArn"])["SecretString"]
        found |= {address: entry["PreSharedKey"] for address, entry in json.loads(secret).items()}
    return found
