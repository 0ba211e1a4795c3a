# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that talks to Azure Resource Manager: credentials, requests, retries, long operations, readable errors.

Requests are raw JSON with an explicit api-version; azure.mgmt.network is not used (importing it costs a second, and its
models change with each release). Bodies are never logged: they may hold keys.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import common

Json = dict[str, Any]
together = common.together

NETWORK_API = "2024-05-01"
RESOURCES_API = "2021-04-01"
SUBSCRIPTIONS_API = "2022-12-01"

REACH_SECONDS = 20.0  # for a host that does not answer at all
FAULT_SECONDS = 180.0  # for 429, 5xx and dropped connections
BUSY_SECONDS = 900.0  # for "another operation is in progress"
OPERATION_SECONDS = 1800.0
UNSEEN_SECONDS = 15.0  # until reads show what has just been made
SOCKET_SECONDS = 10.0, 60.0  # connect, read
LOGIN_SECONDS = 20.0  # read; azure-identity would wait 300, three times
LONGEST_PAUSE = 30.0
USER_AGENT = "hybrid.s2s_vpn"


@dataclass(frozen=True)
class Cloud:
    manager: str
    login: str


CLOUDS: Mapping[str, Cloud] = {
    "AzureCloud": Cloud("https://management.azure.com", "login.microsoftonline.com"),
    "AzureUSGovernment": Cloud("https://management.usgovcloudapi.net", "login.microsoftonline.us"),
    "AzureChinaCloud": Cloud("https://management.chinacloudapi.cn", "login.chinacloudapi.cn"),
}

ARGUMENTS: Mapping[str, Any] = {
    "subscription_id": {"type": "str", "fallback": (env_fallback, ["AZURE_SUBSCRIPTION_ID"])},
    "tenant": {"type": "str", "fallback": (env_fallback, ["AZURE_TENANT", "AZURE_TENANT_ID"])},
    "client_id": {"type": "str", "fallback": (env_fallback, ["AZURE_CLIENT_ID"])},
    "secret": {"type": "str", "no_log": True, "fallback": (env_fallback, ["AZURE_SECRET", "AZURE_CLIENT_SECRET"])},
    "auth_source": {
        "type": "str",
        "choices": ["auto", "env", "cli", "msi"],
        "default": "auto",
    },
    "cloud_environment": {
        "type": "str",
        "choices": list(CLOUDS),
        "default": "AzureCloud",
        "fallback": (env_fallback, ["AZURE_CLOUD_ENVIRONMENT"]),
    },
}

_LATER = "Run it again later: it goes on where it is."
_CREDENTIALS = (
    "Check tenant, client_id and secret (AZURE_TENANT, AZURE_CLIENT_ID, AZURE_SECRET), or the login of the Azure CLI."
)
_SUBSCRIPTION = "Check subscription_id (AZURE_SUBSCRIPTION_ID), and that this identity has a role in that subscription."
_QUOTA = "Delete what is no longer used, ask for a higher quota (Azure portal, Quotas), or choose another region."
_IN_USE = "Something still uses it: remove that first."

# What to do, by Azure's error code. Codes are from Microsoft's documents and recordings, the words are ours.
REMEDIES: Mapping[str, str] = {
    "InvalidAuthenticationToken": _CREDENTIALS,
    "InvalidAuthenticationTokenTenant": "The subscription is another tenant's: correct tenant or subscription_id.",
    "ExpiredAuthenticationToken": "Log in again.",
    "SubscriptionNotFound": _SUBSCRIPTION,
    "InvalidSubscriptionId": _SUBSCRIPTION,
    "ReadOnlyDisabledSubscription": "The subscription is disabled: ask its owner to enable it.",
    "ResourceGroupNotFound": "Create the resource group first, or correct resource_group.",
    "LocationNotAvailableForResourceType": "Correct the location, or choose one that offers VPN gateways.",
    "InvalidLocation": "Correct the location.",
    "NoRegisteredProviderFound": "Correct the location.",
    "MissingSubscriptionRegistration": "Register the provider once: az provider register --namespace Microsoft.Network",
    "RequestDisallowedByPolicy": "An Azure Policy forbids this: set what it wants, or ask for an exemption.",
    "ScopeLocked": "A lock forbids this: remove the lock, or ask who set it.",
    "LocationNotSupportAvailabilityZones": "Ask for no zones there (zones, s2s_vpn_azure_zones: []).",
    "InvalidAvailabilityZone": "Ask for zones that the location has (zones, s2s_vpn_azure_zones).",
    "InvalidResourceReference": "Something that it refers to is not there, or in another location: make that first.",
    "QuotaExceeded": _QUOTA,
    "PublicIPCountLimitReached": _QUOTA,
    "SubscriptionRequestsThrottled": "Azure is throttling this subscription. " + _LATER,
    "TooManyRequests": "Azure is throttling this subscription. " + _LATER,
    "NonAzSkusNotAllowedForVPNGateway": "Choose one of the SKUs VpnGw1AZ to VpnGw5AZ.",
    "InUseSubnetCannotBeDeleted": _IN_USE,
    "InUseNetworkSecurityGroupCannotBeDeleted": _IN_USE,
    "InUseRouteTableCannotBeDeleted": _IN_USE,
    "PublicIPAddressCannotBeDeleted": _IN_USE,
    "ConnectionOverlappingAddressSpaces": "Two connections of a gateway may have the same prefixes only with BGP.",
    "ReferencedResourceNotProvisioned": "Something that it depends on is still being made. " + _LATER,
    "AnotherOperationInProgress": "Something else is changing it. " + _LATER,
    "RetryableError": "Something else is changing it. " + _LATER,
    "InternalServerError": "Azure has a passing fault. " + _LATER,
    "ServiceUnavailable": "Azure has a passing fault. " + _LATER,
    "CanceledAndSupersededDueToAnotherOperation": "Another change came in between. " + _LATER,
}
BUSY_CODES = frozenset(
    {
        "AnotherOperationInProgress",
        "RetryableError",
        "RetryableErrorDueToAnotherOperation",
        "ReferencedResourceNotProvisioned",
    }
)
_DENIED = frozenset({"AuthorizationFailed", "LinkedAuthorizationFailed"})
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


class AzureError(common.CloudError):
    """`code` is Azure's, or a word of ours where no answer came (`Unreachable`, `Credentials`, `Timeout`).

    `done` is what a module would have returned for the part that it had finished before, for the journal.
    """

    def __init__(self, tried: str, code: str, answer: str, remedy: str = "", status: int = 0) -> None:
        super().__init__(tried, code, answer, remedy)
        self.status = status
        self.done: Json = {}

    @property
    def denied(self) -> bool:
        return self.code in _DENIED


class Unreachable(Exception):
    """The request did not arrive: no such host, refused, no route."""


class Dropped(Exception):
    """The request may have arrived; the answer did not."""


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: Any = None


class Send(Protocol):
    """One HTTP request with an absolute URL. Raises Unreachable, Dropped, or AzureError for the credentials."""

    def __call__(self, method: str, url: str, body: Json | None, /) -> Response: ...


@dataclass
class Operation:
    """A change that Azure has accepted. `status_url` is polled for the end, `result_url` for an answer."""

    tried: str
    target: str
    resource: Json = field(default_factory=dict)
    status_url: str = ""
    result_url: str = ""
    pause: float | None = None
    accepted: float = 0.0  # on the clock of `Arm`


class Arm:
    """Azure Resource Manager for one subscription.

    :param send: does one HTTP request (see `connect`; tests give their own)
    :param pause: seconds between two looks where Azure does not say how long to wait
    :param busy_seconds: how long to try again while Azure says that something else is changing the resource
    """

    def __init__(
        self,
        send: Send,
        subscription_id: str,
        base: str = CLOUDS["AzureCloud"].manager,
        *,
        pause: float = 5.0,
        busy_seconds: float = BUSY_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send, self.subscription_id, self._base = send, subscription_id, base.rstrip("/")
        self.pause, self.busy_seconds = pause, busy_seconds
        self._sleep, self._clock = sleep, clock
        self._secrets: set[str] = set()
        self._sent: list[str] = []  # appending is safe between threads
        self._new_groups: set[str] = set()  # which parts of Azure may not know yet

    # --- names

    def id(self, group: str, kind: str, name: str) -> str:
        return words.resource_id(self.subscription_id, group, kind, name)

    def group_id(self, group: str) -> str:
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{group}"

    def hide(self, secret: str) -> None:
        """Blot this text out of every error from now on: Azure may quote a bad value."""
        if secret:
            self._secrets.add(secret)

    @property
    def calls(self) -> int:
        """How many requests were sent, polls and repetitions too."""
        return len(self._sent)

    # --- reading

    def get(self, resource: str, api: str = NETWORK_API) -> Json | None:
        """The resource, or None if it (or its group) does not exist."""
        return self._found("GET", resource, api)

    def get_made(self, resource: str) -> Json | None:
        """The same for one that has been made already: Azure may not show it everywhere at once."""
        deadline = self._clock() + UNSEEN_SECONDS
        while (seen := self.get(resource)) is None and self._clock() < deadline:
            self._sleep(1.0)
        return seen

    def _found(self, method: str, resource: str, api: str) -> Json | None:
        try:
            return self._request(method, resource, api).body
        except AzureError as error:
            if _is_absent(error):
                return None
            raise

    def listing(self, path: str, api: str = NETWORK_API, query: Mapping[str, str] | None = None) -> list[Json] | None:
        """All pages of a listing; None if the parent does not exist."""
        items: list[Json] = []
        url = self._url(path, api, query)
        while url:
            try:
                page = self._request("GET", path, api, url=url).body or {}
            except AzureError as error:
                if _is_absent(error):
                    return None
                raise
            items.extend(page.get("value") or [])
            url = page.get("nextLink") or ""
        return items

    def list_in_group(self, group: str, kind: str) -> list[Json] | None:
        return self.listing(f"{self.group_id(group)}/providers/{words.PROVIDER}/{kind}")

    def shared_key(self, connection: str, made: bool = False) -> str | None:
        """Azure's pre-shared key of a connection (its id), None if it shows none. Blotted out of errors from now on.

        `made`: the connection was written just now, see `get_made`.
        """
        look = self.get_made if made else self.get
        key = (look(f"{connection}/sharedkey") or {}).get("value")
        self.hide(key or "")
        return key

    def subscription(self) -> Json:
        """The subscription itself: the cheapest proof that the credentials are good. Raises AzureError."""
        path = f"/subscriptions/{self.subscription_id}"
        return self._request("GET", path, SUBSCRIPTIONS_API).body or {}

    # --- changing

    def put(self, resource: str, body: Json, api: str = NETWORK_API, patient: bool = True) -> Operation:
        """Start a create or update. A PUT is safe to repeat, so a dropped one is.

        One that is not `patient` raises at once where Azure says that something else is changing it (BUSY_CODES).
        Azure shows empty members of newer api-versions than the one asked for, and refuses them when they come back in
        a read-merge-write: those are left out. One that holds something is not, as it would be lost.
        """
        while True:
            try:
                operation = self._operation("PUT", resource, self._request("PUT", resource, api, body, patient=patient))
            except AzureError as error:
                unknown = re.search(r"Could not find member '(\w+)'", error.answer)
                if unknown is None:
                    raise
                leaner = words.without_empty(body, unknown.group(1))
                if leaner == body:
                    raise
                body = leaner
            else:
                if words.same(resource, words.group_of(resource)):
                    self._new_groups.add(resource.lower())
                return operation

    def put_merged(
        self, resource: str, body: Json, again: Callable[[], Json | None], seconds: float
    ) -> Operation | None:
        """`put` for what others change too: their change is not lost.

        :param again: while Azure says that something else is changing it, reads and merges anew; None if nothing is
            left to change, and then no operation is returned
        """
        began = self._clock()
        while True:
            try:
                return self.put(resource, body, patient=False)
            except AzureError as error:
                if error.code not in BUSY_CODES:
                    raise
            pause = min(LONGEST_PAUSE, max(self.pause, (self._clock() - began) / 4))
            self._pause(pause, began + seconds, Operation("PUT", resource))
            merged = again()
            if merged is None:
                return None
            body = merged

    def delete(self, resource: str, api: str = NETWORK_API) -> Operation | None:
        """Start a delete; None if there was nothing to delete."""
        try:
            response = self._request("DELETE", resource, api)
        except AzureError as error:
            if _is_absent(error):
                return None
            raise
        return None if response.status == 204 else self._operation("DELETE", resource, response)

    def ask(
        self,
        resource: str,
        action: str,
        body: Json | None = None,
        seconds: float = 300.0,
        query: Mapping[str, str] | None = None,
        api: str = NETWORK_API,
    ) -> Any:
        """POST an action that reads (getBgpPeerStatus and the like) and wait for its answer."""
        url = self._url(f"{resource}/{action}", api, query)
        response = self._request("POST", f"{resource}/{action}", api, body, url)
        if response.status == 200:
            return response.body
        return self.wait(self._operation("POST", f"{resource}/{action}", response), seconds)

    # --- waiting

    def wait(self, operation: Operation, seconds: float = OPERATION_SECONDS) -> Any:
        """Poll until the operation ends. Raises AzureError if it fails or takes too long.

        :returns: for a POST its answer, else None
        """
        deadline = self._clock() + seconds
        ended: Json = {}
        if operation.status_url:
            ended = self._poll(operation, operation.status_url, deadline, lambda response: not _in_progress(response))
            if str(ended.get("status", "Succeeded")).lower() != "succeeded":
                reason = ended.get("error") or {"code": str(ended.get("status"))}
                raise self._error(operation.tried, operation.target, 0, {"error": reason})
        if operation.result_url and (operation.tried == "POST" or not operation.status_url):
            first = 0.0 if operation.status_url else None
            return self._poll(operation, operation.result_url, deadline, lambda response: response.status != 202, first)
        return (ended.get("properties") or {}).get("output")

    def _poll(
        self,
        operation: Operation,
        url: str,
        deadline: float,
        done: Callable[[Response], bool],
        first: float | None = None,
    ) -> Any:
        asked = self.pause if operation.pause is None else operation.pause
        pause: float | None = max(0.0, operation.accepted + asked - self._clock()) if first is None else first
        while True:
            self._pause(pause, deadline, operation)
            response = self._request("GET", operation.target, "", url=url)
            if done(response):
                return {} if response.body is None else response.body
            pause = _retry_after(response.headers)

    def settle(
        self,
        resource: str,
        seconds: float = OPERATION_SECONDS,
        found: Json | None = None,
        api: str = NETWORK_API,
    ) -> Json | None:
        """Look until Azure is no longer working on the resource, whoever started it. None if it is gone.

        `found` is what a GET has just answered, to save the first look. The longer it takes, the seldomer it looks.
        """
        began = self._clock()
        seen = found if found is not None else self.get(resource, api)
        while seen is not None and words.is_busy(seen):
            pause = min(self.pause, max(1.0, (self._clock() - began) / 60))
            self._pause(pause, began + seconds, Operation("waiting for", resource))
            last, seen = seen, self.get(resource, api)
            if seen is None and not words.is_deleting(last) and self._clock() - began < UNSEEN_SECONDS:
                seen = last  # just made, and not shown everywhere yet
        return seen

    def _pause(self, seconds: float | None, deadline: float, operation: Operation) -> None:
        left = deadline - self._clock()
        if left <= 0:
            raise AzureError(
                f"{operation.tried} {_short(operation.target)}", "Timeout", "Azure is still working on it", _LATER
            )
        self._sleep(max(0.0, min(self.pause if seconds is None else seconds, left)))

    # --- one request, with patience

    def _request(
        self, method: str, resource: str, api: str, body: Json | None = None, url: str = "", patient: bool = True
    ) -> Response:
        tried = f"{method} {_short(resource)}"
        url = url or self._url(resource, api)
        began = self._clock()
        pause = 1.0
        while True:
            wait: float | None = None
            self._sent.append(method)
            try:
                response = self._send(method, url, body)
            except Unreachable as unreachable:
                patience, error = REACH_SECONDS, _unreachable(tried, url, unreachable)
            except Dropped as dropped:
                patience, error = FAULT_SECONDS, _unreachable(tried, url, dropped)
            else:
                if response.status < 400:
                    return response
                error = self._error(method, resource, response.status, response.body)
                wait = _retry_after(response.headers)
                if response.status in {400, 409, 429} and error.code in BUSY_CODES:
                    patience = self.busy_seconds if patient else 0.0
                elif response.status in _PASSING:
                    patience = FAULT_SECONDS
                elif error.code == "ResourceGroupNotFound" and words.group_of(resource).lower() in self._new_groups:
                    patience = UNSEEN_SECONDS
                else:
                    raise error
            wait = pause if wait is None else wait
            if self._clock() + wait - began > patience:
                raise error
            self._sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _url(self, path: str, api: str, query: Mapping[str, str] | None = None) -> str:
        return f"{self._base}{path}?{urlencode({'api-version': api, **(query or {})})}"

    def _operation(self, method: str, resource: str, response: Response) -> Operation:
        return Operation(
            method,
            resource,
            response.body if isinstance(response.body, dict) else {},
            response.headers.get("azure-asyncoperation", ""),
            response.headers.get("location", ""),
            _retry_after(response.headers),
            self._clock(),
        )

    # --- errors

    def _error(self, method: str, resource: str, status: int, body: Any) -> AzureError:
        code, text = _told(body)
        if not code and not text:
            text = f"HTTP {status}"
        for secret in self._secrets:
            text = text.replace(secret, "(key)")
        return AzureError(f"{method} {_short(resource)}", code, text, _remedy(code, text, status), status)


def _unreachable(tried: str, url: str, error: Exception) -> AzureError:
    host = urlsplit(url).hostname or url
    return AzureError(
        tried, "Unreachable", f"{host} does not answer ({_cause(error)})",
        "Check the network, the proxy (HTTPS_PROXY, NO_PROXY), the certificates (REQUESTS_CA_BUNDLE) and "
        "cloud_environment, and run it again.",
    )  # fmt: skip


def _in_progress(response: Response) -> bool:
    state = str((response.body or {}).get("status", "Succeeded")).lower()
    return state not in {"succeeded", "failed", "canceled"}


def _told(body: Any) -> tuple[str, str]:
    """Code and text of an ARM error, with the details that say more than the head does."""
    error = body.get("error", body) if isinstance(body, dict) else {}
    if not isinstance(error, dict):
        return "", str(error)[:500]
    code, text = str(error.get("code") or ""), str(error.get("message") or "")
    for detail in error.get("details") or []:
        if isinstance(detail, dict) and detail.get("message") and detail["message"] not in text:
            text = f"{text} ({detail.get('code', '')}: {detail['message']})".strip()
    # Policy names the offender only here.
    for extra in error.get("additionalInfo") or []:
        name = (extra.get("info") or {}).get("policyAssignmentDisplayName") if isinstance(extra, dict) else None
        if name and name not in text:
            text = f"{text} (policy assignment: {name})"
    return code, " ".join(text.split())


def _remedy(code: str, text: str, status: int) -> str:
    if code in _DENIED:
        action = re.search(r"perform action '([^']+)'", text)
        needed = f" (it needs {action.group(1)})" if action else ""
        return f"Give this identity the role Network Contributor on the resource group, or a custom role{needed}."
    if code in REMEDIES:
        return REMEDIES[code]
    if "quota" in code.lower() or "limit" in code.lower():
        return _QUOTA
    if code.endswith("CannotBeDeleted"):
        return _IN_USE
    if status == 401:
        return _CREDENTIALS
    return _LATER if status in _PASSING else ""


def _is_absent(error: AzureError) -> bool:
    return error.status == 404 and error.code not in {"SubscriptionNotFound", "InvalidResourceType"}


def _short(resource: str) -> str:
    """An id without what is the same in every line: type and name, and the group."""
    path = urlsplit(resource).path if "://" in resource else resource
    group = re.search(r"/resourceGroups/([^/]+)", path, re.IGNORECASE)
    _unused, found, tail = path.partition("/providers/")
    if found and group:
        return f"{tail} in resource group {group.group(1)}"
    return f"resource group {group.group(1)}" if group else path.strip("/")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as Azure asks; the milliseconds header is the finer one. 0 means "soon", not "never mind"."""
    for name, unit in (("x-ms-retry-after-ms", 1000.0), ("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.05, float(headers[name]) / unit)
        except (KeyError, ValueError):
            continue
    return None


# --- connecting -----------------------------------------------------------------------------------


def connect(params: Mapping[str, Any], **options: Any) -> Arm:
    """An Arm for a module's parameters. Nothing is sent yet. Raises AzureError if something is missing."""
    tried = "connecting to Azure"
    subscription = params.get("subscription_id")
    if not subscription:
        raise AzureError(
            tried, "Credentials", "no subscription is given",
            "Set subscription_id or AZURE_SUBSCRIPTION_ID (az account show --query id).",
        )  # fmt: skip
    cloud = CLOUDS[params.get("cloud_environment") or "AzureCloud"]
    return Arm(_sender(cloud, partial(_credential, params, cloud, tried)), subscription, cloud.manager, **options)


def _credential(params: Mapping[str, Any], cloud: Cloud, tried: str) -> Any:
    from azure import identity

    given = {name: params.get(name) for name in ("tenant", "client_id", "secret")}
    source = params.get("auth_source") or "auto"
    if source == "env" or (source == "auto" and (given["secret"] or given["client_id"])):
        missing = [name for name, value in given.items() if not value]
        if missing:
            raise AzureError(tried, "Credentials", f"{', '.join(missing)} not given", _CREDENTIALS)
        return identity.ClientSecretCredential(
            given["tenant"],
            given["client_id"],
            given["secret"],
            authority=cloud.login,
            disable_instance_discovery=True,  # the authority is from our own table
            connection_timeout=SOCKET_SECONDS[0],
            read_timeout=LOGIN_SECONDS,
            retry_total=1,
        )
    if source == "msi":
        return identity.ManagedIdentityCredential(client_id=given["client_id"] or None)
    return identity.AzureCliCredential(tenant_id=given["tenant"] or "")


def _sender(cloud: Cloud, sign_in: Callable[[], Any]) -> Send:
    """`sign_in` gives a new credential. One whose token Azure calls expired is replaced once."""
    from azure.core import exceptions
    from azure.core.pipeline.policies import HeadersPolicy, RequestIdPolicy
    from azure.core.pipeline.transport import RequestsTransport
    from azure.core.rest import HttpRequest
    from azure.mgmt.core import ARMPipelineClient
    from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

    # No retry policy: azure-core's waits 30 s for `Retry-After: 0` and knows nothing of busy resources.
    # No logging policy: bodies hold keys.
    def connection() -> Any:
        return ARMPipelineClient(
            cloud.manager,
            policies=[
                RequestIdPolicy(),
                HeadersPolicy({"User-Agent": USER_AGENT, "Accept": "application/json"}),
                ARMChallengeAuthenticationPolicy(sign_in(), f"{cloud.manager}/.default"),
            ],
            transport=RequestsTransport(connection_timeout=SOCKET_SECONDS[0], read_timeout=SOCKET_SECONDS[1]),
        )

    client = connection()

    def send(method: str, url: str, body: Json | None) -> Response:
        nonlocal client
        answer = once(method, url, body)
        if answer.status == 401 and _told(answer.body)[0] == "ExpiredAuthenticationToken":
            client = connection()
            answer = once(method, url, body)
        return answer

    def once(method: str, url: str, body: Json | None) -> Response:
        request = HttpRequest(method, url, json=body) if body is not None else HttpRequest(method, url)
        try:
            answer = client.send_request(request)
        except exceptions.ClientAuthenticationError as error:
            if isinstance(error.__cause__, (exceptions.ServiceRequestError, exceptions.ServiceResponseError)):
                raise _unreachable("signing in to Azure", cloud.login, error.__cause__) from None
            raise _refused_login(error) from None
        except exceptions.ServiceRequestError as error:
            raise Unreachable(str(error)) from None
        except (exceptions.ServiceResponseError, exceptions.HttpResponseError) as error:
            raise Dropped(str(error)) from None
        return Response(
            answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, _parsed(answer.text())
        )

    return send


def _parsed(text: str) -> Any:
    try:
        return json.loads(text.lstrip("\ufeff")) if text.strip() else None
    except ValueError:
        return {"error": {"code": "", "message": " ".join(text.split())[:500]}}


def _cause(error: Exception) -> str:
    """The innermost reason of a chain of library errors, on one short line."""
    text = " ".join(str(error).split())
    reason = re.search(r"(?:Caused by \w+\(|\[Errno [^\]]*\] ?)(.*)$", text)
    return (reason.group(1).strip("()'\"") if reason else text)[:300]


def _refused_login(error: Exception) -> AzureError:
    """No token. The texts are Microsoft Entra's; its code says which of the credentials is wrong."""
    text = re.sub(r"\s*Trace ID:.*", "", " ".join(str(error).split()))
    code = re.search(r"AADSTS\d+|\binvalid_client\b|\bunauthorized_client\b", text)
    remedies = {
        "AADSTS7000215": "The secret is wrong: give the secret's value, not its id (secret, AZURE_SECRET).",
        "AADSTS7000222": "The secret has expired: make a new one and give it (secret, AZURE_SECRET).",
        "AADSTS700016": "This tenant does not know the client: check client_id and tenant.",
        "AADSTS90002": "There is no such tenant: check tenant (AZURE_TENANT) and cloud_environment.",
        "AADSTS900023": "The tenant is not a valid name or id: check tenant (AZURE_TENANT).",
    }
    found = code.group(0) if code else "Credentials"
    if "authority configuration" in text:  # msal hides the code of an unknown tenant
        found = "AADSTS90002"
    return AzureError("signing in to Azure", found, text[:600], remedies.get(found, _CREDENTIALS))


# --- modules --------------------------------------------------------------------------------------

Action = Callable[[Arm, Mapping[str, Any], bool], Json]


def make_module(arguments: Mapping[str, Any], **more: Any) -> AnsibleModule:
    return AnsibleModule(argument_spec={**ARGUMENTS, **arguments}, supports_check_mode=True, **more)


def run(module: AnsibleModule, action: Action) -> None:
    """Leave the module with what `action(arm, params, check_mode)` answers, or with a readable error."""
    for package, library in (("azure.identity", "azure-identity"), ("azure.mgmt.core", "azure-mgmt-core")):
        if not _importable(package):
            module.fail_json(msg=missing_required_lib(library))
    params = module.params
    try:
        arm = connect(
            params,
            pause=params.get("poll_seconds") or 5.0,
            busy_seconds=params.get("wait_timeout") or BUSY_SECONDS,
        )
        result = action(arm, params, module.check_mode)
    except AzureError as error:
        module.fail_json(msg=str(error), error_code=error.code, **error.done)
    if not result.get("changed"):  # else the journal tells it; Ansible shows it in diff mode only
        result.pop("diff", None)
    for warning in result.pop("warnings", []):
        module.warn(warning)
    module.exit_json(**result)


def _importable(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def real(value: str | None, option: str, check_mode: bool) -> str | None:
    """An id or address that may be a placeholder in check mode only."""
    if words.is_planned(value) and not check_mode:
        answer = f"{value} is a placeholder of check mode"
        raise AzureError(f"reading the option {option}", "", answer, "Pass the real one.")
    return value


def refuse(tried: str, refusals: Iterable[words.Refusal]) -> None:
    """Raise for the changes that nobody has consented to."""
    listed = list(refusals)
    if listed:
        raise AzureError(tried, "Refused", "; ".join(str(one) for one in listed))
