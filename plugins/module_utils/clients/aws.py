# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that talks to EC2: calls with readable errors, searches, waiters, and the rule against duplicates.

Functions take a boto3 client, `AnsibleAWSModule.client("ec2", config=CONFIG)` or `make_client("ec2", ...)`.
"""

from __future__ import annotations

import itertools
import random
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

try:
    import boto3
    from botocore import exceptions as botocore_exceptions
    from botocore.config import Config

    HAS_BOTO3 = True
    SDK_ERRORS: tuple[type[Exception], ...] = (
        botocore_exceptions.ClientError,
        botocore_exceptions.BotoCoreError,
    )
except ImportError:
    HAS_BOTO3 = False
    SDK_ERRORS = ()

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2 as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.common import CloudError

CONNECT_ERRORS: tuple[type[Exception], ...] = (*SDK_ERRORS, ValueError)

# One attempt each: `call` tries again itself. boto3 would send a create twice whose answer was lost.
CONFIG: Mapping[str, Any] = {
    "retries": {"mode": "standard", "total_max_attempts": 1},
    "connect_timeout": 10,
    "read_timeout": 60,
}
# For the first look at a cloud: one that is silent is said so within a minute.
FIRST_LOOK: Mapping[str, Any] = {**CONFIG, "read_timeout": 20}
THROTTLED_SECONDS = 120.0  # how long a request is tried again: while AWS throttles
FAULT_SECONDS = 60.0  # after a passing fault or a lost answer, twice at least
REACH_SECONDS = 20.0  # for an endpoint that is not reached
UNSEEN_SECONDS = 10.0  # until AWS shows everywhere what it has made
AT_WORK_SECONDS = 300.0  # while AWS is still at work there
FIRST_DELAY = 0.5
LONGEST_DELAY = 10.0
SETTLE_SECONDS = 20.0

_CREDENTIALS = (
    "Check the access key, the secret key and the session token (or the profile), and that they may use this region."
)
_STILL_AT_WORK = "AWS is still at work on it, or on too much at once in this region: run it again in some minutes."
_QUOTA = "Delete what is no longer used, or ask for a higher quota (Service Quotas, Amazon VPC and Site-to-Site VPN)."

# What to do, by AWS's error code (AWS, EC2 API error codes).
REMEDIES: Mapping[str, str] = {
    "AuthFailure": _CREDENTIALS,
    "InvalidClientTokenId": _CREDENTIALS,
    "SignatureDoesNotMatch": _CREDENTIALS,
    "UnrecognizedClientException": _CREDENTIALS,
    "MissingAuthenticationToken": _CREDENTIALS,
    "Blocked": "AWS has blocked the account: ask AWS support.",
    "OptInRequired": "Enable the region for this account, or choose another one.",
    "ExpiredToken": "The session has expired: get new credentials and run it again.",
    "RequestExpired": "The session has expired or the clock is wrong: get new credentials and run it again.",
    "VpnConnectionLimitExceeded": "A region takes 50 VPN connections and a virtual private gateway 10 unless raised. "
    + _QUOTA,
    "VpnGatewayLimitExceeded": "A region takes 5 virtual private gateways unless raised. " + _QUOTA,
    "VpnGatewayAttachmentLimitExceeded": "A VPC takes one virtual private gateway: detach the other one, or use it.",
    "CustomerGatewayLimitExceeded": "A region takes 50 customer gateways unless raised. " + _QUOTA,
    "RequestLimitExceeded": "AWS is throttling this account: run it again later.",
    "Throttling": "AWS is throttling this account: run it again later.",
    "IncorrectState": "Something is still changing or still in use there: run it again when that is done.",
    "DependencyViolation": "Something still uses it: remove that first.",
    "Unavailable": "AWS has a passing fault: run it again later.",
    "InternalError": "AWS has a passing fault: run it again later.",
    "ServiceUnavailable": "AWS has a passing fault: run it again later.",
    "InsufficientCapacity": "AWS has no room at the moment: run it again later.",
}
_THROTTLED = frozenset(
    {"RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException", "RequestThrottled"}
)
_PASSING = frozenset({"InternalError", "InternalFailure", "Unavailable", "ServiceUnavailable"})
_UNREACHED = frozenset({"EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError"})
_LOST = frozenset(
    {"ConnectionClosedError", "ReadTimeoutError", "HTTPClientError", "IncompleteReadError", "ResponseStreamingError"}
)
# Words of refusals that pass; their codes are those of a wrong value and of a quota (terraform-provider-aws #8161,
# #11720, #35772).
_AT_WORK = ("conflicting pending workflow", "pending VPNs", "maximum number of mutating objects")
_TAKES_DOWN = frozenset({"modify_vpn_tunnel_options", "replace_vpn_tunnel"})
_DENIED = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "UnauthorizedException"})


class AwsError(CloudError):
    """`code` is AWS's, or the SDK's exception name where no answer came."""

    @property
    def denied(self) -> bool:
        return self.code in _DENIED

    @property
    def not_found(self) -> bool:
        return self.code.endswith((".NotFound", "NotFoundException")) or self.code in {
            "NoSuchEntity",
            "ResourceNotFound",
        }


def make_client(
    service: str,
    region: str | None = None,
    access_key: str | None = None,
    secret_key: str | None = None,
    session_token: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
) -> Any:
    """A boto3 client for modules that are not AWS modules. What is not given comes from the environment."""
    tried = f"connecting to AWS {service}" + (f" in {region}" if region else "")
    if not HAS_BOTO3:
        raise AwsError(tried, "", "the Python library boto3 is missing", "Install boto3 for this Python.")
    try:
        session = boto3.session.Session(
            aws_access_key_id=access_key or None,
            aws_secret_access_key=secret_key or None,
            aws_session_token=session_token or None,
            profile_name=profile or None,
            region_name=region or None,
        )
        return session.client(service, endpoint_url=endpoint_url or None, config=Config(**CONFIG))
    except CONNECT_ERRORS as error:
        raise _readable(error, tried, "") from error


def known_regions() -> set[str]:
    """EC2's regions in botocore's own list, of all partitions. Newer ones are missing."""
    session = boto3.session.Session()
    return {
        region for part in session.get_available_partitions() for region in session.get_available_regions("ec2", part)
    }


def call(client: Any, operation: str, target: str, /, **request: Any) -> dict[str, Any]:
    """One request, `operation` in boto3's spelling; `target` says on what, for people. Raises AwsError.

    Throttling, passing faults and lost answers are tried again for a while, so the operation must be safe to repeat:
    for one that is not there is `create`.
    """
    return _patiently(client, operation, target, request, lambda: None)


def create(
    client: Any,
    operation: str,
    target: str,
    member: str,
    made: Callable[[], Mapping[str, Any] | None],
    /,
    **request: Any,
) -> Mapping[str, Any]:
    """A create that AWS does again when asked again. `member` of the answer is the new resource.

    Where the answer is lost, what was made is looked for by `made` first, and taken for the answer.
    """

    def found() -> dict[str, Any] | None:
        one = keep_looking(made, lambda seen: seen is not None, UNSEEN_SECONDS)
        return None if one is None else {member: one}

    return _patiently(client, operation, target, request, found)[member]


def _patiently(
    client: Any, operation: str, target: str, request: Mapping[str, Any], made: Callable[[], dict[str, Any] | None]
) -> dict[str, Any]:
    began, delay, uncertain = time.monotonic(), FIRST_DELAY, False
    for attempt in itertools.count(1):
        try:
            return getattr(client, operation)(**request)
        except SDK_ERRORS as raised:
            error = _told(client, operation, target, request, raised)
        if uncertain and _was_done(operation, error):
            return {}
        patience = _patience(operation, error)
        if attempt > (error.code in _LOST) and time.monotonic() - began + delay > patience:
            raise error from None
        # Jitter: links of one run are throttled together, and must not come back together.
        time.sleep(delay * random.uniform(0.7, 1.3))  # noqa: S311
        delay = min(delay * 2, LONGEST_DELAY)
        if error.code in _LOST | _PASSING:
            uncertain = True
            done = made()
            if done is not None:
                return done
    raise AssertionError("never")


def _patience(operation: str, error: AwsError) -> float:
    """For how long a request that ended with this error is tried again, in seconds."""
    if error.code in _THROTTLED:
        return THROTTLED_SECONDS
    if error.code in _PASSING or error.code in _LOST:
        return FAULT_SECONDS
    if error.code in _UNREACHED:
        return REACH_SECONDS
    if _is_at_work(error.answer):
        return AT_WORK_SECONDS
    # A gateway that is shown as detached may count as in use for a while (terraform-provider-aws retries that too).
    if error.code == "IncorrectState" and operation == "delete_vpn_gateway":
        return FAULT_SECONDS
    # What has just been made is not seen everywhere at once (AWS, EC2 eventual consistency).
    if error.not_found and operation.startswith(("create_", "attach_", "enable_")):
        return UNSEEN_SECONDS
    return 0.0


def _is_at_work(answer: str) -> bool:
    return any(words in answer for words in _AT_WORK)


def _was_done(operation: str, error: AwsError) -> bool:
    """Whether the error of a repeated request tells that the first one, whose answer was lost, took effect."""
    if operation.startswith(("delete_", "detach_", "disassociate_")):
        return error.not_found
    return operation in _TAKES_DOWN and error.code == "IncorrectState"


def _told(client: Any, operation: str, target: str, request: Mapping[str, Any], error: Exception) -> AwsError:
    action = "".join(part.capitalize() for part in operation.split("_"))
    service = getattr(getattr(client.meta, "service_model", None), "service_name", "ec2")
    region = getattr(client.meta, "region_name", None)
    tried = f"{service}:{action} on {target}" + (f" in {region}" if region else "")
    return _readable(error, tried, f"{service}:{action}", _secrets(request))


def _secrets(request: Any) -> Iterable[str]:
    """The keys in a request: AWS may quote a bad one in its answer."""
    if isinstance(request, Mapping):
        for name, value in request.items():
            if name == "PreSharedKey":
                yield value
            else:
                yield from _secrets(value)
    elif isinstance(request, (list, tuple)):
        for value in request:
            yield from _secrets(value)


def _readable(error: Exception, tried: str, permission: str, secrets: Iterable[str] = ()) -> AwsError:
    answer: Mapping[str, Any] = (getattr(error, "response", None) or {}).get("Error", {})
    text = answer.get("Message") or str(error)
    for secret in secrets:
        text = text.replace(secret, "(key)")
    if answer:
        code = str(answer.get("Code", ""))
        if code in _DENIED:
            # The encoded part is for AWS's own tool and fills the screen.
            text = re.sub(r"\s*Encoded authorization failure message:.*", "", text, flags=re.DOTALL)
            return AwsError(tried, code, text, f"Give these credentials the permission {permission}.")
        return AwsError(tried, code, text, _STILL_AT_WORK if _is_at_work(text) else REMEDIES.get(code, ""))
    name = type(error).__name__
    if name in {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "ProfileNotFound"}:
        return AwsError(
            tried, name, text, "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile that exists."
        )
    if name == "NoRegionError":
        return AwsError(tried, name, text, "Set the option region, for example eu-central-1.")
    if "Timeout" in name or "Connection" in name or "Endpoint" in name or "SSL" in name or "Proxy" in name:
        return AwsError(
            tried, name, text, "Check the region's name, the network, the proxy and the time, and run it again."
        )
    return AwsError(tried, name, text)


# --- looking ------------------------------------------------------------------------------------


def tag_filters(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"Name": f"tag:{key}", "Values": [value]} for key, value in sorted(tags.items())]


def _describe(
    ec2: Any,
    operation: str,
    member: str,
    ids_member: str,
    ids: Sequence[str] | None,
    filters: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Everything that one describe call shows, following its pages where it has any."""
    if ids is not None and not ids:
        return []
    request: dict[str, Any] = {}
    if ids is not None:
        request[ids_member] = list(ids)
    if filters:
        request["Filters"] = list(filters)
    target = ", ".join(ids) if ids else ", ".join(f"{f['Name']}={','.join(f['Values'])}" for f in filters) or "all"
    found: list[dict[str, Any]] = []
    while True:
        answer = call(ec2, operation, target, **request)
        found.extend(answer.get(member) or [])
        if not answer.get("NextToken"):
            return found
        request["NextToken"] = answer["NextToken"]


def describe_vpn_connections(
    ec2: Any, ids: Sequence[str] | None = None, filters: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """VPN connections in one call, as boto3 gives them: **with keys**. An unknown id raises AwsError (not_found)."""
    return _describe(ec2, "describe_vpn_connections", "VpnConnections", "VpnConnectionIds", ids, filters)


def describe_vpn_gateways(
    ec2: Any, ids: Sequence[str] | None = None, filters: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    return _describe(ec2, "describe_vpn_gateways", "VpnGateways", "VpnGatewayIds", ids, filters)


def describe_customer_gateways(
    ec2: Any, ids: Sequence[str] | None = None, filters: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    return _describe(ec2, "describe_customer_gateways", "CustomerGateways", "CustomerGatewayIds", ids, filters)


def describe_route_tables(
    ec2: Any, ids: Sequence[str] | None = None, filters: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    return _describe(ec2, "describe_route_tables", "RouteTables", "RouteTableIds", ids, filters)


def describe_network_interfaces(ec2: Any, filters: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    return _describe(ec2, "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceIds", None, filters)


def describe_tags(ec2: Any, filters: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return _describe(ec2, "describe_tags", "Tags", "", None, filters)


def describe_vpcs(ec2: Any, filters: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    return _describe(ec2, "describe_vpcs", "Vpcs", "VpcIds", None, filters)


def describe_subnets(ec2: Any, filters: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    return _describe(ec2, "describe_subnets", "Subnets", "SubnetIds", None, filters)


def describe_security_groups(ec2: Any, filters: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    return _describe(ec2, "describe_security_groups", "SecurityGroups", "GroupIds", None, filters)


def describe_network_acls(ec2: Any, filters: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    return _describe(ec2, "describe_network_acls", "NetworkAcls", "NetworkAclIds", None, filters)


def describe_internet_gateways(ec2: Any, filters: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    return _describe(ec2, "describe_internet_gateways", "InternetGateways", "InternetGatewayIds", None, filters)


def describe_vpc_peering_connections(ec2: Any, filters: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    member = "VpcPeeringConnections"
    return _describe(ec2, "describe_vpc_peering_connections", member, f"{member[:-1]}Ids", None, filters)


def describe_transit_gateways(ec2: Any, ids: Sequence[str]) -> list[dict[str, Any]]:
    return _describe(ec2, "describe_transit_gateways", "TransitGateways", "TransitGatewayIds", ids, ())


def describe_transit_gateway_attachments(ec2: Any, filters: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    member = "TransitGatewayAttachments"
    return _describe(ec2, "describe_transit_gateway_attachments", member, f"{member[:-1]}Ids", None, filters)


def describe_transit_gateway_route_tables(ec2: Any, filters: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    member = "TransitGatewayRouteTables"
    return _describe(ec2, "describe_transit_gateway_route_tables", member, f"{member[:-1]}Ids", None, filters)


def transit_propagations(ec2: Any, table_id: str) -> list[dict[str, Any]]:
    """Attachments that propagate into a transit gateway's route table."""
    request = {"TransitGatewayRouteTableId": table_id}
    answer = call(ec2, "get_transit_gateway_route_table_propagations", table_id, **request)
    return list(answer.get("TransitGatewayRouteTablePropagations") or [])


def transit_routes(ec2: Any, table_id: str) -> list[dict[str, Any]]:
    """The routes of a transit gateway's route table, a thousand at most (AWS, SearchTransitGatewayRoutes)."""
    states = [{"Name": "state", "Values": ["active", "blackhole"]}]
    answer = call(ec2, "search_transit_gateway_routes", table_id, TransitGatewayRouteTableId=table_id, Filters=states)
    return list(answer.get("Routes") or [])


def replacement_status(ec2: Any, connection_id: str, outside_address: str) -> dict[str, Any]:
    """What maintenance of a tunnel's endpoint is due or done (AWS, GetVpnTunnelReplacementStatus)."""
    target = f"{connection_id} {outside_address}"
    answer = call(
        ec2,
        "get_vpn_tunnel_replacement_status",
        target,
        VpnConnectionId=connection_id,
        VpnTunnelOutsideIpAddress=outside_address,
    )
    return dict(answer.get("MaintenanceDetails") or {})


def find(
    describe: Callable[..., list[dict[str, Any]]], ec2: Any, identity: Mapping[str, str]
) -> list[Mapping[str, Any]]:
    """Living resources with exactly these tags (and perhaps more), lowest id first."""
    if not identity:
        return []
    found = describe(ec2, filters=tag_filters(identity))
    return sorted(
        (one for one in words.alive(found) if words.carries(words.tag_dict(one.get("Tags")), identity)), key=resource_id
    )


def resource_id(resource: Mapping[str, Any]) -> str:
    for member in ("VpnConnectionId", "VpnGatewayId", "CustomerGatewayId"):
        if member in resource:
            return str(resource[member])
    raise KeyError("no id")


def write_tags(ec2: Any, resource: str, tags: Mapping[str, str]) -> None:
    if tags:
        call(ec2, "create_tags", resource, Resources=[resource], Tags=words.tag_list(tags))


def write_tags_of(ec2: Any, resources: Sequence[str], tags: Mapping[str, str]) -> None:
    """The same tags on each, in one call."""
    call(ec2, "create_tags", ", ".join(resources), Resources=list(resources), Tags=words.tag_list(tags))


def delete_tags(ec2: Any, resources: Sequence[str], names: Iterable[str]) -> None:
    """Whatever their values."""
    tags = [{"Key": name} for name in names]
    call(ec2, "delete_tags", ", ".join(resources), Resources=list(resources), Tags=tags)


# --- changing a tunnel --------------------------------------------------------------------------


def modify_tunnel(
    ec2: Any, connection_id: str, outside_address: str, options: Mapping[str, Any], skip_replacement: bool = False
) -> None:
    """Begin to change one tunnel; it is down until the connection is available again, unless its endpoint stays."""
    call(
        ec2,
        "modify_vpn_tunnel_options",
        f"{connection_id}, tunnel {outside_address}",
        VpnConnectionId=connection_id,
        VpnTunnelOutsideIpAddress=outside_address,
        TunnelOptions=dict(options),
        **({"SkipTunnelReplacement": True} if skip_replacement else {}),
    )


def replace_tunnel(ec2: Any, connection_id: str, outside_address: str) -> None:
    """Begin to put a new endpoint in a tunnel's place, with the maintenance that is due (AWS, ReplaceVpnTunnel)."""
    call(
        ec2,
        "replace_vpn_tunnel",
        f"{connection_id}, tunnel {outside_address}",
        VpnConnectionId=connection_id,
        VpnTunnelOutsideIpAddress=outside_address,
        ApplyPendingMaintenance=True,
    )


# --- waiting ------------------------------------------------------------------------------------


def keep_looking(look: Callable[[], Any], done: Callable[[Any], bool], timeout: float) -> Any:
    """Look until `done`, at most `timeout` seconds, and give what was seen last.

    The pauses grow from half a second to ten.
    """
    deadline = time.monotonic() + timeout
    delay = FIRST_DELAY
    while True:
        seen = look()
        left = deadline - time.monotonic()
        if done(seen) or left <= 0:
            return seen
        time.sleep(min(delay, left))
        delay = min(delay * 1.5, LONGEST_DELAY)


GO_ON = "Run it again to go on waiting, or raise wait_timeout."


def wait_until(
    look: Callable[[], Any], done: Callable[[Any], bool], timeout: float, waiting_for: str, remedy: str = GO_ON
) -> Any:
    """Look until `done`. After `timeout` seconds AwsError says what was waited for.

    Nothing is lost by that: the state lives in the cloud, a rerun joins.
    """
    seen = keep_looking(look, done, timeout)
    if done(seen):
        return seen
    raise AwsError(f"waiting for {waiting_for}", "", f"not so after {timeout:g} s", remedy)


def wait_for_vpn_connections(ec2: Any, ids: Sequence[str], timeout: float) -> list[dict[str, Any]]:
    """Wait until none of them is pending or modifying, with one call a look."""
    return wait_until(
        lambda: describe_vpn_connections(ec2, ids),
        lambda seen: not any(one.get("State") in words.BUSY for one in seen),
        timeout,
        f"VPN connection {', '.join(ids)} to be available",
    )


def wait_for_vpn_connections_gone(ec2: Any, ids: Sequence[str], timeout: float) -> None:
    """Wait until all are deleted. AWS shows a deleted one for hours, or not at all."""
    wait_until(
        lambda: (
            describe_vpn_connections(ec2, filters=[{"Name": "vpn-connection-id", "Values": list(ids)}]) if ids else []
        ),
        lambda seen: all(one.get("State") == "deleted" for one in seen),
        timeout,
        f"VPN connection {', '.join(ids)} to be deleted",
    )


def wait_for_attachment(ec2: Any, gateway_id: str, state: str, vpc_id: str, timeout: float) -> Mapping[str, Any]:
    """Wait until the VGW is `attached` to the VPC or `detached` from it; one that AWS no longer shows is detached."""

    def state_of(gateways: list[dict[str, Any]]) -> str:
        entries = [entry for gateway in gateways for entry in gateway.get("VpcAttachments") or ()]
        states = [str(entry.get("State")) for entry in entries if entry.get("VpcId") == vpc_id]
        live = [one for one in states if one != "detached"]
        return live[0] if live else "detached"

    seen = wait_until(
        lambda: describe_vpn_gateways(ec2, [gateway_id]),
        lambda gateways: state_of(gateways) == state,
        timeout,
        f"virtual private gateway {gateway_id} to be {state} ({vpc_id})",
    )
    return seen[0]


def delete_vpn_gateway(ec2: Any, gateway: Mapping[str, Any], timeout: float) -> None:
    """Detach and delete: AWS refuses to delete an attached VGW. `gateway` is boto3's."""
    detach_vpn_gateway(ec2, gateway, timeout)
    gateway_id = gateway["VpnGatewayId"]
    call(ec2, "delete_vpn_gateway", gateway_id, VpnGatewayId=gateway_id)


def detach_vpn_gateway(ec2: Any, gateway: Mapping[str, Any], timeout: float) -> None:
    """Propagation off, detach, wait. One that is detached already stays so."""
    gateway_id = gateway["VpnGatewayId"]
    vpc_id, state = words.attachment(gateway)
    if not vpc_id:
        return
    for table in describe_route_tables(ec2, filters=[{"Name": "vpc-id", "Values": [vpc_id]}]):
        if gateway_id in words.propagating(table):
            unless_gone(set_propagation, ec2, table["RouteTableId"], gateway_id, False)
    if state != "detaching":
        target = f"{gateway_id} from {vpc_id}"
        unless_gone(call, ec2, "detach_vpn_gateway", target, VpnGatewayId=gateway_id, VpcId=vpc_id)
    unless_gone(wait_for_attachment, ec2, gateway_id, "detached", vpc_id, timeout)


def unless_gone(request: Callable[..., object], /, *given: Any, **more: Any) -> None:
    """For a step on the way to a deletion: somebody else may have been there first."""
    try:
        request(*given, **more)
    except AwsError as error:
        if not error.not_found:
            raise


def set_propagation(ec2: Any, table_id: str, gateway_id: str, enabled: bool) -> None:
    operation = "enable_vgw_route_propagation" if enabled else "disable_vgw_route_propagation"
    call(ec2, operation, f"{table_id} from {gateway_id}", RouteTableId=table_id, GatewayId=gateway_id)


# --- no duplicates ------------------------------------------------------------------------------


def settle(
    own: str,
    look: Callable[[], Iterable[str]],
    withdraw: Callable[[str], object],
    seconds: float | None = None,
) -> str:
    """After a create: the id to go on with, own or another one's with the same tags.

    EC2 gives these resources neither unique names nor creation times. So: of two runs that see each other's resource
    the one with the higher id deletes its own. If the rival of a lower one stays, its maker looked before the lower one
    was there (or was killed): the rival is the older, and the own one is deleted.

    `look()` gives the ids that carry the identifying tags and are not being deleted; `withdraw(own)` deletes.
    """
    patience = SETTLE_SECONDS if seconds is None else seconds
    others = set(wait_until(lambda: set(look()), lambda ids: own in ids, patience, f"{own} to be listed")) - {own}
    if not others:
        return own
    if own < min(others):
        others = keep_looking(lambda: set(look()) - {own}, lambda ids: not ids, patience)
        if not others:
            return own
    withdraw(own)
    return min(others)


def find_one(
    describe: Callable[..., list[dict[str, Any]]], ec2: Any, identity: Mapping[str, str], what: str, option: str
) -> Mapping[str, Any] | None:
    """The one living resource with these tags, or None.

    Several may be two other runs that have not settled yet. If they stay, that is a refusal: which one is in use cannot
    be guessed. `option` is the one that names it by id.
    """
    found: list[Mapping[str, Any]] = keep_looking(
        lambda: find(describe, ec2, identity), lambda seen: len(seen) <= 1, SETTLE_SECONDS
    )
    if len(found) <= 1:
        return found[0] if found else None
    ids = ", ".join(resource_id(one) for one in found)
    tags = ", ".join(f"{key}={value}" for key, value in sorted(identity.items()))
    raise AwsError(
        f"looking for the {what} with {tags}",
        "",
        f"there are {len(found)}: {ids}",
        f"Delete those that are not used, or say which one in the option {option}.",
    )


# --- modules ------------------------------------------------------------------------------------


def absent(
    params: Mapping[str, Any],
    what: str,
    option: str,
    search: Callable[[Mapping[str, str]], tuple[Mapping[str, Any] | None, bool]],
    shape: Callable[[Mapping[str, Any]], dict[str, Any]],
    delete: Callable[[Mapping[str, Any]], None] | None,
) -> dict[str, Any]:
    """What a module with ``state: absent`` does and returns. What is somebody else's stays.

    :param what: "VPN connection"; its result is returned as ``vpn_connection``
    :param option: the module's option that takes an id
    :param search: by the identifying tags: the resource, and whether it is somebody else's
    :param delete: None in check mode
    """
    identity = words.identity(params["name"], params["tags"])
    if not identity and not params[option]:
        raise AwsError(f"deleting a {what}", "", f"neither name, tags nor {option} is given", "Set one.")
    try:
        found, adopted = search(identity)
    except AwsError as error:
        if not error.not_found:
            raise
        found, adopted = None, False
    if found is None:
        return {"changed": False, "adopted": False}
    before = shape(found)
    if adopted:
        return {"changed": False, "adopted": True, option.removesuffix("_id"): before}
    if delete:
        delete(found)
    return {"changed": True, "adopted": False, "diff": {"before": before, "after": {}}}


def run(
    module: Any,
    action: Callable[..., dict[str, Any]],
    services: Sequence[str] = ("ec2",),
    wrap: Callable[[Any], Any] = lambda client: client,
) -> None:
    """Leave an AnsibleAWSModule with what `action(ec2, params, check_mode)` answers, or with a readable error.

    `action` gets a client of each of the `services`, in their order, each as `wrap` gives it back.
    """
    try:
        clients = [wrap(module.client(service, config=CONFIG)) for service in services]
        result = action(*clients, module.params, module.check_mode)
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    except words.Unreadable as error:
        module.fail_json(msg=str(error))
    if not result.get("changed"):  # else the journal tells it; Ansible shows it in diff mode only
        result.pop("diff", None)
    for warning in result.pop("warnings", []):
        module.warn(warning)
    module.exit_json(**result)


def real(value: str | None, option: str, check_mode: bool) -> str | None:
    """An id that may be a placeholder in check mode only."""
    if words.is_planned(value) and not check_mode:
        raise AwsError(
            f"reading the option {option}", "", f"{value} is a placeholder of check mode", "Pass the real id."
        )
    return value
