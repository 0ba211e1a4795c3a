"""The client: patience, errors, operations. The modules' tests go through it as well."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure

sys.path.insert(0, str(Path(__file__).parents[1] / "modules"))

from fake_arm import BASE, FakeArm, error, rid

PIP = rid("publicIPAddresses", "a")


@pytest.fixture
def cloud() -> FakeArm:
    cloud = FakeArm()
    cloud.add("publicIPAddresses", "a")
    return cloud


def failure(cloud: FakeArm, answer: azure.Response | Exception, times: int = 1000, **options: Any) -> azure.AzureError:
    cloud.fault("GET", PIP, answer, times)
    with pytest.raises(azure.AzureError) as caught:
        cloud.arm(**options).get(PIP)
    return caught.value


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (error(401, "InvalidAuthenticationToken"), "AZURE_SECRET"),
        (error(404, "SubscriptionNotFound", "The subscription 'x' could not be found."), "AZURE_SUBSCRIPTION_ID"),
        (
            error(403, "AuthorizationFailed", "No right to perform action 'Microsoft.Network/x/write' over scope y."),
            "Network Contributor on the resource group, or a custom role (it needs Microsoft.Network/x/write)",
        ),
        (error(403, "RequestDisallowedByPolicy", "Disallowed by policy."), "Azure Policy"),
        (error(400, "PublicIPCountLimitReached", "Cannot create more than 10."), "higher quota"),
        (error(400, "SomeNewQuotaExceeded", "Too many."), "higher quota"),
        (error(409, "ScopeLocked", "Locked."), "lock"),
    ],
)
def test_errors_say_what_to_do(cloud: FakeArm, answer: azure.Response, words: str) -> None:
    text = str(failure(cloud, answer))
    assert words in text
    assert "publicIPAddresses/a in resource group hq-rg" in text
    assert len(cloud.log) == 1, "not sent again"


def test_details_and_the_name_of_the_policy_are_told(cloud: FakeArm) -> None:
    body = {
        "error": {
            "code": "RequestDisallowedByPolicy",
            "message": "Disallowed.",
            "details": [{"code": "Inner", "message": "Tag cost is missing."}],
            "additionalInfo": [{"info": {"policyAssignmentDisplayName": "Costs"}}],
        }
    }
    text = str(failure(cloud, azure.Response(403, {}, body)))
    assert "Tag cost is missing" in text
    assert "policy assignment: Costs" in text


@pytest.mark.parametrize("body", [None, "x", {}, [], {"error": "y"}, {"Message": "z"}])
def test_an_answer_without_a_code(cloud: FakeArm, body: Any) -> None:
    assert failure(cloud, azure.Response(418, {}, body), 1).status == 418


@pytest.mark.parametrize(
    ("answer", "longest"),
    [
        (azure.Unreachable("refused"), azure.REACH_SECONDS),
        (azure.Dropped("reset"), azure.FAULT_SECONDS),
        (azure.Response(503, {}, None), azure.FAULT_SECONDS),
        (error(429, "TooManyRequests", retry_after="0"), azure.FAULT_SECONDS),
        (error(409, "AnotherOperationInProgress"), 500.0),
        (error(429, "RetryableError", retry_after="10"), 500.0),
    ],
)
def test_patience_is_bounded(cloud: FakeArm, answer: azure.Response | Exception, longest: float) -> None:
    failure(cloud, answer, 100000, busy_seconds=500.0)
    assert longest / 3 < cloud.now <= longest


def test_a_long_retry_after_is_not_waited_for(cloud: FakeArm) -> None:
    assert "throttling" in str(failure(cloud, error(429, "TooManyRequests", retry_after="3600")))
    assert cloud.now == 0


@pytest.mark.parametrize(
    "answer", [azure.Dropped("reset"), azure.Response(500, {}, None), error(429, "RetryableError")]
)
def test_a_passing_fault_passes(cloud: FakeArm, answer: azure.Response | Exception) -> None:
    cloud.fault("GET", PIP, answer, 3)
    assert cloud.arm().get(PIP) is not None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "10"}, 10.0),
        ({"retry-after": "0"}, 0.05),
        ({"retry-after": "10", "x-ms-retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert azure._retry_after(headers) == seconds


def test_unreachable_names_the_host(cloud: FakeArm) -> None:
    text = str(failure(cloud, azure.Unreachable("Connection refused")))
    assert "management.azure.com does not answer (Connection refused)" in text
    assert "HTTPS_PROXY" in text


def test_absent_is_none(cloud: FakeArm) -> None:
    arm = cloud.arm()
    assert arm.get(rid("publicIPAddresses", "b")) is None
    assert arm.delete(rid("publicIPAddresses", "b")) is None
    assert arm.list_in_group("none", "publicIPAddresses") is None


def test_all_pages(cloud: FakeArm) -> None:
    cloud.add("publicIPAddresses", "b")
    cloud.add("publicIPAddresses", "c")
    assert [one["name"] for one in cloud.arm().list_in_group("hq-rg", "publicIPAddresses") or []] == ["a", "b", "c"]


def test_failed_operation_tells_azures_reason(cloud: FakeArm) -> None:
    arm = cloud.arm()
    cloud.failing[PIP.lower()] = {"code": "PublicIPCountLimitReached", "message": "Ten is enough."}
    with pytest.raises(azure.AzureError, match="Ten is enough") as caught:
        arm.wait(arm.put(PIP, {"properties": {}}))
    assert "higher quota" in str(caught.value)


def test_wait_is_bounded(cloud: FakeArm) -> None:
    arm = cloud.arm()
    operation = arm.put(PIP, {"properties": {}})
    with pytest.raises(azure.AzureError, match="still working"):
        arm.wait(operation, 3)


def script(*answers: azure.Response) -> tuple[azure.Arm, list[str]]:
    left, urls = list(answers), []

    def send(_method: str, url: str, _body: Any) -> azure.Response:
        urls.append(url)
        return left.pop(0)

    return azure.Arm(send, "s", sleep=lambda _seconds: None), urls


LOCATION = f"{BASE}/result?t=1"
STATUS = f"{BASE}/status"
VALUE = {"value": [1]}


@pytest.mark.parametrize(
    "answers",
    [
        [azure.Response(200, {}, VALUE)],
        [azure.Response(202, {"location": LOCATION}), azure.Response(202, {}), azure.Response(200, {}, VALUE)],
        [
            azure.Response(202, {"location": LOCATION, "azure-asyncoperation": STATUS}),
            azure.Response(200, {}, {"status": "InProgress"}),
            azure.Response(200, {}, {"status": "Succeeded"}),
            azure.Response(200, {}, VALUE),
        ],
        [
            azure.Response(202, {"azure-asyncoperation": STATUS}),
            azure.Response(200, {}, {"status": "Succeeded", "properties": {"output": VALUE}}),
        ],
    ],
)
def test_an_answer_that_takes_a_while(answers: list[azure.Response]) -> None:
    arm, _urls = script(*answers)
    assert arm.ask("/x", "getBgpPeerStatus") == VALUE


def test_settle_follows_what_somebody_else_started(cloud: FakeArm) -> None:
    cloud.busy(PIP, 30)
    settled = cloud.arm(pause=7.0).settle(PIP)
    assert settled is not None
    assert settled["properties"]["provisioningState"] == "Succeeded"
    cloud.busy(PIP, 30, "Deleting")
    assert cloud.arm().settle(PIP) is None


def test_what_was_just_made_is_not_gone_when_it_is_not_shown_yet() -> None:
    made = {"id": "/x", "properties": {"provisioningState": "Updating"}}
    ready = {"id": "/x", "properties": {"provisioningState": "Succeeded"}}
    absent = error(404, "ResourceNotFound", "not found")
    arm, _asked = script(absent, absent, azure.Response(200, {}, made), azure.Response(200, {}, ready))
    assert arm.settle("/x", found=made) == ready
    arm, _asked = script(absent, azure.Response(200, {}, ready))
    assert arm.get_made("/x") == ready


def test_what_is_never_shown_is_not_there(cloud: FakeArm) -> None:
    arm = cloud.arm()
    assert arm.get_made(f"{PIP}-other") is None
    assert 10 <= cloud.now <= 20


def test_an_expired_token_is_replaced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in: list[str] = []

    class Pipeline:
        def __init__(self, *_unused: Any, **_more: Any) -> None:
            signed_in.append("again")

        def send_request(self, _unused: Any) -> Any:
            said = '{"error": {"code": "ExpiredAuthenticationToken", "message": "expired"}}'
            return types.SimpleNamespace(status_code=401, headers={}, text=lambda: said)

    monkeypatch.setattr("azure.mgmt.core.ARMPipelineClient", Pipeline)
    params = {"subscription_id": "s", "tenant": "t", "client_id": "c", "secret": "x"}
    with pytest.raises(azure.AzureError, match="ExpiredAuthenticationToken"):
        azure.connect(params).get("/x")
    assert len(signed_in) == 2


def test_credentials_are_asked_for_before_anything_is_sent() -> None:
    with pytest.raises(azure.AzureError, match="AZURE_SUBSCRIPTION_ID"):
        azure.connect({})
    with pytest.raises(azure.AzureError, match="tenant, client_id not given"):
        azure.connect({"subscription_id": "s", "secret": "x"})
    with pytest.raises(azure.AzureError, match="secret not given"):
        azure.connect({"subscription_id": "s", "tenant": "t", "client_id": "c", "auth_source": "env"})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("AADSTS7000215: Invalid client secret provided.", "The secret is wrong"),
        ("AADSTS90002: Tenant 'x' not found.", "no such tenant"),
        ("Please run 'az login' to set up an account", "login of the Azure CLI"),
    ],
)
def test_a_refused_login(said: str, words: str) -> None:
    assert words in str(azure._refused_login(Exception(said)))


@pytest.mark.parametrize(
    ("environment", "host"),
    [("AzureCloud", "management.azure.com"), ("AzureUSGovernment", "management.usgovcloudapi.net")],
)
def test_clouds(environment: str, host: str) -> None:
    params = {
        "subscription_id": "s", "tenant": "t", "client_id": "c", "secret": "x", "cloud_environment": environment,
    }  # fmt: skip
    assert host in azure.connect(params)._url("/a", "1")


def test_together_keeps_the_order_and_the_first_error() -> None:
    assert azure.together(lambda n=n: n * n for n in range(5)) == [0, 1, 4, 9, 16]  # type: ignore[misc]
    assert azure.together([]) == []


def unknown_member(name: str) -> azure.Response:
    return error(400, "InvalidRequestFormat", f"Could not find member '{name}' on object of type 'Subnet'.")


def test_an_empty_member_of_a_newer_version_is_left_out(cloud: FakeArm) -> None:
    cloud.fault("PUT", PIP, unknown_member("newer"))
    cloud.arm().put(PIP, {"properties": {"newer": [], "deep": [{"newer": None, "kept": 1}]}})
    assert cloud.bodies[-1][2] == {"properties": {"deep": [{"kept": 1}]}}


def test_a_filled_one_is_not(cloud: FakeArm) -> None:
    cloud.fault("PUT", PIP, unknown_member("newer"))
    with pytest.raises(azure.AzureError, match="newer"):
        cloud.arm().put(PIP, {"properties": {"newer": ["x"]}})
