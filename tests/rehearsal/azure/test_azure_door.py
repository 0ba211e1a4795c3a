"""Login, subscriptions, groups, proxy, log: all that is not a network."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential

from rehearsal.azure.auth import Identity
from rehearsal.azure.clock import InstantClock
from tests.rehearsal.azure.cloud import Start, fresh

ME = Identity()
VNET = {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}}


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "AuthenticationFailed"),
        ("Basic x", "AuthenticationFailed"),
        ("Bearer x", "InvalidAuthenticationToken"),
        ("Bearer x.y.z", "InvalidAuthenticationToken"),
    ],
)
def test_bad_token(azure: Any, header: str | None, code: str) -> None:
    answer = azure.call("GET", "/subscriptions", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")


def test_expired_token(azure: Any) -> None:
    token = azure.cloud.login.issue(-1)
    answer = azure.call("GET", "/subscriptions", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["error"]["code"] == "ExpiredAuthenticationToken"


@pytest.mark.parametrize(
    ("change", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_id": "11111111-1111-1111-1111-111111111111"}, 400, "unauthorized_client", 700016),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"tenant": "22222222-2222-2222-2222-222222222222"}, 400, "invalid_request", 90002),
    ],
)
def test_wrong_credentials(azure: Any, change: dict[str, str], status: int, error: str, number: int) -> None:
    form = {"grant_type": "client_credentials", "client_id": ME.client_id, "client_secret": ME.secret}
    tenant = change.get("tenant", ME.tenant)
    url = f"https://127.0.0.1:{azure.servers.arm_port}/{tenant}/oauth2/v2.0/token"
    answer = azure.session.post(url, data=form | change, timeout=5)
    assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (status, error, [number])
    assert ME.secret not in answer.text


@pytest.fixture
def proxied(azure: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{azure.servers.proxy_port}")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(azure.servers.bundle))
    return azure


def test_azure_identity_through_the_proxy(proxied: Any) -> None:
    token = ClientSecretCredential(ME.tenant, ME.client_id, ME.secret).get_token(
        "https://management.azure.com/.default"
    )
    answer = requests.get(
        "https://management.azure.com/subscriptions?api-version=2022-12-01",
        headers={"Authorization": f"Bearer {token.token}"},
        timeout=5,
    )
    assert [row["subscriptionId"] for row in answer.json()["value"]] == [ME.subscription]
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        ClientSecretCredential(ME.tenant, ME.client_id, "wrong").get_token("https://management.azure.com/.default")


def test_the_proxy_admits_nothing_else(proxied: Any) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        requests.get("https://example.com/", timeout=5)
    with socket.create_connection(("127.0.0.1", proxied.servers.proxy_port)) as plain:
        plain.sendall(b"GET http://management.azure.com/ HTTP/1.1\r\nHost: management.azure.com\r\n\r\n")
        assert b" 403 " in plain.recv(200)


def test_poll_urls_name_the_host_that_was_asked(proxied: Any) -> None:
    url = "https://management.azure.com" + proxied.id("virtualNetworks/v") + "?api-version=2024-05-01"
    answer = requests.put(url, json=VNET, headers=proxied.session.headers, timeout=5)
    assert answer.headers["Azure-AsyncOperation"].startswith("https://management.azure.com/subscriptions/")
    assert len(answer.headers["Azure-AsyncOperation"]) > 1500


def test_the_certificate_is_strict(azure: Any) -> None:
    context = ssl.create_default_context(cafile=str(azure.servers.ca))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with (
        socket.create_connection(("127.0.0.1", azure.servers.arm_port)) as raw,
        context.wrap_socket(raw, server_hostname="login.microsoftonline.com") as tls,
    ):
        assert tls.version() == "TLSv1.3"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/subscriptions/33333333-3333-3333-3333-333333333333", 404, "SubscriptionNotFound"),
        ("GET", "/subscriptions/nonsense/resourceGroups", 400, "InvalidSubscriptionId"),
        ("GET", "virtualNetworks/none", 404, "ResourceNotFound"),
        ("GET", "virtualNetworks/none/subnets/x", 404, "ResourceNotFound"),
        ("PUT", "virtualNetworks/none/subnets/x", 404, "ParentResourceNotFound"),
        ("GET", "unheardOf/x", 404, "InvalidResourceType"),
        ("PUT", "virtualNetworks/v", 400, "InvalidRequestContent"),
    ],
)
def test_not_there(azure: Any, method: str, path: str, status: int, code: str) -> None:
    assert azure.refused(method, path) == (status, code)


def test_group_not_found(azure: Any) -> None:
    azure.group = "none"
    try:
        assert azure.refused("GET", "virtualNetworks/v") == (404, "ResourceGroupNotFound")
    finally:
        azure.group = "rg"


def test_api_version_is_needed(azure: Any) -> None:
    answer = azure.session.get(azure.url("virtualNetworks").split("?")[0], timeout=5)
    assert answer.json()["error"]["code"] == "MissingApiVersionParameter"


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ("latest", "InvalidApiVersionParameter"),
        ("2024-5-1", "InvalidApiVersionParameter"),
        ("2024-05-01-alpha", "InvalidApiVersionParameter"),
        ("2099-01-01", "NoRegisteredProviderFound"),
        ("2099-01-01-preview", "NoRegisteredProviderFound"),
        ("2015-06-15", ""),
        ("2023-07-01-preview", ""),
    ],
)
@pytest.mark.parametrize("path", ["virtualNetworks", "virtualNetworks/v"])
def test_api_versions(azure: Any, path: str, version: str, code: str) -> None:
    azure.put("virtualNetworks/v", VNET)
    url = azure.url(path).split("?")[0]
    answer = azure.session.get(url, params={"api-version": version}, timeout=5)
    assert answer.status_code == (400 if code else 200)
    assert answer.json().get("error", {}).get("code", "") == code


def test_groups(azure: Any) -> None:
    path = f"/subscriptions/{ME.subscription}/resourceGroups/Two"
    assert azure.call("HEAD", path).status_code == 404
    made = azure.call("PUT", path, {"location": "West Europe", "tags": {"a": "b"}})
    assert (made.status_code, made.json()["location"]) == (201, "westeurope")
    assert azure.call("HEAD", path.lower()).status_code == 204
    assert azure.refused("PUT", path, {"location": "eastus"}) == (409, "InvalidResourceGroupLocation")
    assert azure.refused("PUT", path, {"location": "atlantis"}) == (400, "LocationNotAvailableForResourceGroup")
    gone = azure.call("DELETE", path)
    assert gone.status_code == 202
    assert azure.session.get(gone.headers["Location"], timeout=5).status_code == 200
    assert azure.call("HEAD", path).status_code == 404


def test_group_that_others_use_stays(azure: Any) -> None:
    azure.vnet()
    azure.put(f"/subscriptions/{ME.subscription}/resourceGroups/other", {"location": "westeurope"})
    configuration = {"name": "c", "properties": {"subnet": azure.ref("virtualNetworks/vnet/subnets/app")}}
    nic = azure.id("networkInterfaces/nic").replace("/rg/", "/other/")
    azure.put(nic, {"location": "westeurope", "properties": {"ipConfigurations": [configuration]}})
    location = azure.call("DELETE", f"/subscriptions/{ME.subscription}/resourceGroups/rg").headers["Location"]
    answer = azure.session.get(location, timeout=5)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ResourceGroupDeletionBlocked")
    azure.get("virtualNetworks/vnet")


@pytest.mark.parametrize(
    ("query", "names", "tagged"),
    [
        ("", ["a", "b", "nsg"], ["a", "b"]),
        ("tagName eq 's2s_vpn:id' and tagValue eq '1'", ["a"], []),
        ("tagName eq 's2s_vpn:id'", ["a", "b"], ["a", "b"]),
        ("resourceType eq 'microsoft.network/networksecuritygroups'", ["nsg"], []),
        ("resourceType eq 'microsoft.network/virtualnetworks'", ["a", "b"], ["a", "b"]),
        ("tagName eq 's2s_vpn:id' and tagValue eq '3'", [], []),
    ],
)
@pytest.mark.parametrize("scope", ["", "/resourceGroups/rg"])
def test_resources_by_tag(azure: Any, scope: str, query: str, names: list[str], tagged: list[str]) -> None:
    """Filtered by a tag's name and value, the answer leaves the tags out (MS, Resources - List)."""
    for name in ("a", "b"):
        azure.put(f"virtualNetworks/{name}", VNET | {"tags": {"s2s_vpn:id": "1" if name == "a" else "2"}})
    azure.put("networkSecurityGroups/nsg", {"location": "westeurope"})
    path = f"/subscriptions/{ME.subscription}{scope}/resources"
    rows = azure.session.get(azure.url(path), params={"$filter": query} if query else {}, timeout=5).json()["value"]
    assert sorted(row["name"] for row in rows) == names
    assert sorted(row["name"] for row in rows if "tags" in row) == tagged


def test_log_says_what_changes(azure: Any) -> None:
    azure.gateway()
    azure.call("GET", "virtualNetworks/vnet", headers={"x-rehearsal": "wan"})
    azure.ask("virtualNetworkGateways/gw/getBgpPeerStatus")
    azure.call("PUT", "connections/none/sharedkey", {"value": "never.in.the.log"})
    log = azure.control("GET", "log").json()
    rows = {(entry["action"], entry["mutating"]) for entry in log}
    assert ("Microsoft.Network/virtualNetworkGateways/write", True) in rows
    assert ("Microsoft.Network/virtualNetworkGateways/getBgpPeerStatus/action", False) in rows
    assert ("Microsoft.Network/connections/sharedkey/write", True) in rows
    assert ("poll", False) in rows
    assert not any(entry["method"] == "GET" and entry["path"].endswith("/vnet") for entry in log)
    assert "never.in.the.log" not in str(log)
    azure.control("DELETE", "log")
    assert azure.control("GET", "log").json() == []


def test_version_grows_with_state_only(azure: Any) -> None:
    def version() -> int:
        return int(azure.control("GET", "version").json()["version"])

    before = version()
    azure.get("virtualNetworks")
    azure.control("POST", "wan", {"connections": {}, "gateways": {}})
    assert version() == before
    azure.vnet()
    assert version() > before
    before = version()
    azure.control("POST", "reset")
    assert version() > before


def test_a_crash_is_answered_as_arm_does_and_counted(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    azure = fresh(start(InstantClock()))
    monkeypatch.setattr(azure.cloud.store, "of_type", lambda *_unused: {}["nothing"])
    assert azure.refused("GET", "virtualNetworks") == (500, "InternalServerError")
    assert azure.crashes() == 1
    assert "KeyError: 'nothing'" in caplog.text
    azure.get("/subscriptions")


def test_an_operation_that_crashes_keeps_none_from_its_end(azure: Any) -> None:
    def crash() -> None:
        raise KeyError

    azure.cloud.operations.begin("Crash", "PUT", "/x", "westeurope", "query", effect=crash)
    other = azure.cloud.operations.begin("Other", "PUT", "/x", "westeurope", "query")
    assert azure.refused("GET", "virtualNetworks") == (500, "InternalServerError")
    azure.get("virtualNetworks")
    assert other.status == "Succeeded"
    azure.cloud.crashes = 0
