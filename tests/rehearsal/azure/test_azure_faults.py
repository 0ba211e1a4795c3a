"""Every kind of injected fault, as a client of the cloud meets it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

VNET = {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}}
WRITE = "Microsoft.Network/virtualNetworks/write"


@pytest.fixture(autouse=True)
def _clean(azure: Any) -> Iterator[None]:
    yield
    azure.control("DELETE", "faults")


def order(azure: Any, fault: str, **more: Any) -> int:
    answer = azure.control("POST", "faults", {"fault": fault, **more})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def make(azure: Any, name: str = "v") -> requests.Response:
    answer: requests.Response = azure.call("PUT", f"virtualNetworks/{name}", VNET)
    return answer


def there(azure: Any, name: str = "v") -> bool:
    return bool(azure.call("GET", f"virtualNetworks/{name}").status_code == 200)


def hits(azure: Any) -> list[int]:
    return [row["hits"] for row in azure.control("GET", "faults").json()]


def logged(azure: Any) -> list[tuple[str, int, str]]:
    return [(e["action"], e["status"], e["fault"]) for e in azure.control("GET", "log").json() if e["fault"]]


@pytest.mark.parametrize(
    ("fault", "more", "status", "code", "headers"),
    [
        ("throttle", {}, 429, "TooManyRequests", {"Retry-After": None, "x-ms-retry-after-ms": None}),
        ("throttle", {"retry_after": 7}, 429, "TooManyRequests", {"Retry-After": "7"}),
        ("error-500", {}, 500, "InternalServerError", {}),
        ("error-503", {}, 503, "ServiceUnavailable", {}),
        ("refuse", {"status": 403, "code": "AuthorizationFailed", "message": "no"}, 403, "AuthorizationFailed", {}),
    ],
)
def test_refusals(azure: Any, fault: str, more: Any, status: int, code: str, headers: Any) -> None:
    order(azure, fault, action=WRITE, **more)
    answer = make(azure)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert {name: answer.headers.get(name) for name in headers} == headers
    assert not there(azure)
    assert make(azure).status_code == 201
    assert logged(azure) == [(WRITE, status, fault)]


@pytest.mark.parametrize(("fault", "made"), [("drop-before", False), ("drop-after", True)])
def test_dropped(azure: Any, fault: str, made: bool) -> None:
    order(azure, fault, action=WRITE)
    with pytest.raises(requests.exceptions.ConnectionError):
        make(azure)
    assert there(azure) is made
    assert logged(azure) == [(WRITE, 0, fault)]


def test_dropped_through_the_proxy(azure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{azure.servers.proxy_port}")
    monkeypatch.setenv("NO_PROXY", "")
    order(azure, "drop-after", action=WRITE)
    url = "https://management.azure.com" + azure.id("virtualNetworks/v") + "?api-version=2024-05-01"
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.put(url, json=VNET, headers=azure.session.headers, verify=str(azure.servers.ca), timeout=5)
    assert there(azure)


def test_operation_fails(azure: Any) -> None:
    order(azure, "operation-failed", mutating=True)
    answer = make(azure)
    assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (201, "Updating")
    polled = azure.get(answer.headers["Azure-AsyncOperation"])
    assert polled["status"] == "Failed"
    assert polled["error"]["code"] == "InternalServerError"
    assert azure.get("virtualNetworks/v")["properties"]["provisioningState"] == "Failed"
    make(azure)
    assert azure.get("virtualNetworks/v")["properties"]["provisioningState"] == "Succeeded"


def test_operation_fails_with_given_words(azure: Any) -> None:
    """A gateway that failed holds its addresses and is mended by the same PUT."""
    azure.base()
    action = "Microsoft.Network/virtualNetworkGateways/write"
    order(azure, "operation-failed", action=action, code="AllocationFailed", message="no room")
    answer = azure.call("PUT", "virtualNetworkGateways/gw", azure.gateway_body())
    polled = azure.get(answer.headers["Azure-AsyncOperation"])
    assert (polled["error"]["code"], polled["error"]["message"]) == ("AllocationFailed", "no room")
    assert azure.get("virtualNetworkGateways/gw")["properties"]["provisioningState"] == "Failed"
    assert azure.refused("DELETE", "publicIPAddresses/pip0") == (400, "PublicIPAddressCannotBeDeleted")
    azure.put("virtualNetworkGateways/gw", azure.gateway_body())
    found = azure.get("virtualNetworkGateways/gw")["properties"]
    assert found["provisioningState"] == "Succeeded"
    assert all(p["tunnelIpAddresses"] for p in found["bgpSettings"]["bgpPeeringAddresses"])


def test_a_public_address_that_failed_is_mended(azure: Any) -> None:
    order(azure, "operation-failed", action="*/publicIPAddresses/write")
    azure.pip("pip0")
    assert azure.get("publicIPAddresses/pip0")["properties"]["provisioningState"] == "Failed"
    azure.pip("pip0")
    assert azure.get("publicIPAddresses/pip0")["properties"]["ipAddress"]


def test_deletion_fails(azure: Any) -> None:
    make(azure)
    order(azure, "operation-failed", method="DELETE")
    gone = azure.call("DELETE", "virtualNetworks/v")
    assert azure.get(gone.headers["Azure-AsyncOperation"])["status"] == "Failed"
    assert azure.get("virtualNetworks/v")["properties"]["provisioningState"] == "Failed"
    azure.call("DELETE", "virtualNetworks/v")
    assert not there(azure)


def test_group_deletion_fails(azure: Any) -> None:
    path = f"/subscriptions/{azure.subscription}/resourceGroups/rg"
    order(azure, "operation-failed", method="DELETE", path="*/resourcegroups/rg")
    gone = azure.call("DELETE", path)
    assert azure.session.get(gone.headers["Location"], timeout=5).status_code == 409
    assert azure.get(path)["properties"]["provisioningState"] == "Succeeded"


def test_an_operation_fault_waits_for_an_operation(azure: Any) -> None:
    order(azure, "operation-failed")
    azure.get("virtualNetworks")
    azure.put(f"/subscriptions/{azure.subscription}/resourceGroups/two", {"location": "westeurope"})
    assert hits(azure) == [0]
    make(azure)
    assert hits(azure) == [1]


def test_stuck_until_removed(stepped: Any) -> None:
    order(stepped, "stuck", action=WRITE, seconds=None)
    make(stepped)
    stepped.advance(86400)
    assert stepped.get("virtualNetworks/v")["properties"]["provisioningState"] == "Updating"
    assert stepped.refused("PUT", "virtualNetworks/v", VNET) == (429, "RetryableError")
    stepped.control("DELETE", "faults")
    assert stepped.get("virtualNetworks/v")["properties"]["provisioningState"] == "Succeeded"


def test_stuck_for_some_time(stepped: Any) -> None:
    order(stepped, "stuck", action=WRITE, seconds=600)
    make(stepped)
    stepped.advance(599)
    assert stepped.get("virtualNetworks/v")["properties"]["provisioningState"] == "Updating"
    stepped.advance(1)
    assert stepped.get("virtualNetworks/v")["properties"]["provisioningState"] == "Succeeded"


def test_not_found_yet(stepped: Any) -> None:
    make(stepped, "old")
    stepped.advance(60)
    order(stepped, "not-found-yet", action=WRITE, seconds=30)
    make(stepped, "old")
    assert make(stepped, "new").status_code == 201
    assert there(stepped, "old")
    assert stepped.refused("GET", "virtualNetworks/new") == (404, "ResourceNotFound")
    assert stepped.refused("GET", "virtualNetworks/new/subnets/x") == (404, "ResourceNotFound")
    assert stepped.call("HEAD", "virtualNetworks/new").status_code == 404
    assert [row["name"] for row in stepped.get("virtualNetworks")["value"]] == ["old"]
    stepped.advance(30)
    assert there(stepped, "new")
    assert [row["name"] for row in stepped.get("virtualNetworks")["value"]] == ["new", "old"]
    assert hits(stepped) == [1]


def test_group_not_found_yet(azure: Any) -> None:
    path = f"/subscriptions/{azure.subscription}/resourceGroups/two"
    order(azure, "not-found-yet", action="*/resourceGroups/write", seconds=None)
    azure.put(path, {"location": "westeurope"})
    assert azure.refused("GET", path) == (404, "ResourceGroupNotFound")
    azure.control("DELETE", "faults")
    assert azure.get(path)["name"] == "two"


def test_expired_token(azure: Any) -> None:
    order(azure, "expired-token", action=WRITE)
    answer = make(azure)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "ExpiredAuthenticationToken")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    old = azure.session.headers["Authorization"]
    assert azure.refused("GET", "virtualNetworks") == (401, "ExpiredAuthenticationToken")
    try:
        azure.session.headers["Authorization"] = f"Bearer {azure.cloud.login.issue()}"
        assert make(azure).status_code == 201
    finally:
        azure.cloud.login._revoked.clear()
        azure.session.headers["Authorization"] = old


def test_hang(azure: Any) -> None:
    """No answer for a while; others are served meanwhile."""
    order(azure, "hang", action=WRITE, seconds=3)
    took: list[float] = []

    def wait() -> None:
        began = time.monotonic()
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.put(azure.url("virtualNetworks/v"), json=VNET, verify=str(azure.servers.ca), timeout=60)
        took.append(time.monotonic() - began)

    thread = threading.Thread(target=wait)
    thread.start()
    while hits(azure) == [0]:
        time.sleep(0.02)
    assert not there(azure)
    assert not took
    thread.join()
    assert took[0] > 2.9
    assert logged(azure) == [(WRITE, 0, "hang")]


def test_hang_ends_with_the_fault(azure: Any) -> None:
    order(azure, "hang", action=WRITE, seconds=None)

    def let_go() -> None:
        while hits(azure) == [0]:
            time.sleep(0.02)
        azure.control("DELETE", "faults")

    thread = threading.Thread(target=let_go)
    thread.start()
    with pytest.raises(requests.exceptions.ConnectionError):
        make(azure)
    thread.join()


# -- which calls


@pytest.mark.parametrize(
    ("wanted", "hit"),
    [
        ({"action": "microsoft.network/VIRTUALNETWORKS/*", "method": "PUT"}, True),
        ({"action": "*/virtualNetworks/read"}, False),
        ({"action": "*", "mutating": True}, True),
        ({"action": "*", "mutating": False}, False),
        ({"action": "*", "path": "*/VIRTUALnetworks/v"}, True),
        ({"action": "*", "path": "*/virtualNetworks/w"}, False),
        ({"action": "*", "method": None, "mutating": None, "path": None}, True),
        ({}, True),
    ],
)
def test_choice(azure: Any, wanted: dict[str, Any], hit: bool) -> None:
    order(azure, "error-500", **wanted)
    assert (make(azure).status_code == 500) is hit


@pytest.mark.parametrize(
    ("skip", "times", "statuses"),
    [
        (0, 1, [500, 200, 200, 200]),
        (2, 1, [200, 200, 500, 200]),
        (1, 2, [200, 500, 500, 200]),
        (0, None, [500, 500, 500, 500]),
    ],
)
def test_skip_and_times(azure: Any, skip: int, times: int | None, statuses: list[int]) -> None:
    order(azure, "error-500", action="*/virtualNetworks/read", skip=skip, times=times)
    assert [azure.call("GET", "virtualNetworks").status_code for _unused in statuses] == statuses


def test_one_after_the_other(azure: Any) -> None:
    order(azure, "error-500", action=WRITE)
    order(azure, "error-503", action=WRITE)
    assert [make(azure).status_code for _unused in range(3)] == [500, 503, 201]
    assert hits(azure) == [1, 1]


def test_the_wan_is_spared(azure: Any) -> None:
    order(azure, "error-500")
    assert azure.call("GET", "virtualNetworks", headers={"x-rehearsal": "wan"}).status_code == 200


def test_list_and_removal(azure: Any) -> None:
    given = {"fault": "throttle", "action": "*", "times": None, "retry_after": 3}
    number = order(azure, **given)
    azure.call("GET", "virtualNetworks")
    assert azure.control("GET", "faults").json() == [{"id": number, **given, "hits": 1}]
    azure.control("POST", "reset")
    assert azure.control("GET", "faults").json() == []
    order(azure, **given)
    azure.control("DELETE", "faults")
    assert azure.call("GET", "/subscriptions").status_code == 200


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"fault": "gremlin"}, "known are throttle"),
        ({"fault": "drop-after", "seconds": 3}, "drop-after takes no seconds"),
        ({"fault": "refuse", "status": 400}, "refuse needs code, message"),
        ({}, "fault is None"),
    ],
)
def test_orders_that_make_no_sense(azure: Any, body: Any, says: str) -> None:
    answer = azure.control("POST", "faults", body)
    assert answer.status_code == 400
    assert says in answer.text


# -- what the WAN says of things that are gone


def test_reports_end_with_the_connection(azure: Any) -> None:
    azure.gateway()
    azure.local("lgw", "203.0.113.1")
    azure.put("connections/c", azure.connection_body())
    report = {"connections": {azure.id("connections/c").lower(): {"connectionStatus": "Connected"}}}
    azure.control("POST", "wan", report)
    assert azure.get("connections/c")["properties"]["connectionStatus"] == "Connected"
    azure.call("DELETE", "connections/c")
    assert azure.call("GET", "connections/c").status_code == 404
    azure.control("POST", "wan", report)  # the WAN had looked before
    azure.put("connections/c", azure.connection_body())
    assert azure.get("connections/c")["properties"]["connectionStatus"] == "Unknown"
