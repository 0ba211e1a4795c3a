# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2's words for VPN resources: requests from options, options from answers, and what differs.

Pure: mappings in, mappings and dataclasses out. A pre-shared key passes through `tunnel_request` only; everything that
is shown carries fingerprints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any, NamedTuple

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import addresses, tunnels
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.status import BgpPeer, LearnedRoute, Status, TunnelStatus

PLANNED = tunnels.PLANNED
OWNER_PREFIX = "s2s_vpn:"
OWNER_ID = "s2s_vpn:id"
GONE = frozenset(tunnels.GONE)
BUSY = frozenset({"pending", "modifying"})
LARGEST_SIGNED_ASN = 2147483647

Change = tuple[Any, Any]
Fingerprint = Callable[[str, str], str]


class Unreadable(Exception):
    """AWS's answer is not what AWS documents."""


# --- placeholders of check mode -----------------------------------------------------------------


def planned(name: str) -> str:
    """The id of a resource that check mode would have made."""
    return PLANNED + name


def is_planned(value: object) -> bool:
    return isinstance(value, str) and value.startswith(PLANNED)


# --- tags and ownership -------------------------------------------------------------------------


def tag_dict(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """EC2's list of Key and Value as a dict; AWS's own `aws:` tags are left out."""
    return {tag["Key"]: tag.get("Value", "") for tag in tags or () if not tag["Key"].startswith("aws:")}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": str(value)} for key, value in sorted(tags.items())]


def tag_specification(resource_type: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """TagSpecifications of a create request, so that nothing ever exists untagged."""
    return [{"ResourceType": resource_type, "Tags": tag_list(tags)}] if tags else []


def all_tags(name: str | None, tags: Mapping[str, str] | None) -> dict[str, str]:
    """What a resource should carry: the caller's tags and its Name."""
    return {**{key: str(value) for key, value in (tags or {}).items()}, **({"Name": name} if name else {})}


def identity(name: str | None, tags: Mapping[str, str] | None) -> dict[str, str]:
    """The tags by which a resource is found again: its Name and the owner's tags (`s2s_vpn:...`).

    Other tags may change without making a second resource. Without owner's tags all of them identify.
    """
    wanted = all_tags(name, tags)
    owner = {key: value for key, value in wanted.items() if key.startswith(OWNER_PREFIX)}
    return {**owner, **({"Name": name} if name else {})} if owner else wanted


def carries(tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(tags.get(key) == value for key, value in wanted.items())


def is_owned(tags: Mapping[str, str]) -> bool:
    """Whether any link of this collection says that it made the resource."""
    return any(key.startswith(OWNER_PREFIX) for key in tags)


def missing_tags(current: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Tags to write. What others have put on a resource stays."""
    return {key: value for key, value in wanted.items() if current.get(key) != value}


def alive(resources: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that are neither deleted nor on the way; AWS lists both for a while."""
    return [resource for resource in resources if resource.get("State") not in GONE]


#: (AWS, user guide, "Check for available updates": the pending maintenance is Available or None)
_MAINTENANCE = {"available": True, "none": False, "": False}


def maintenance_due(details: Mapping[str, Any]) -> bool | None:
    """Whether maintenance of a tunnel's endpoint waits (AWS, MaintenanceDetails); None for a word that AWS does not
    document. No word at all is no maintenance."""
    return _MAINTENANCE.get(str(details.get("PendingMaintenance") or "").lower())


# --- tunnel options -----------------------------------------------------------------------------


class TunnelOption(NamedTuple):
    """One option of a tunnel: our name, EC2's two spellings, and what AWS means when it says nothing.

    AWS leaves out of its answers what was not asked for at creation (EXP), so an absent option equals its default.
    A tuple of defaults: AWS's own pages disagree, each counts. `kind`: how EC2 writes it.
    """

    name: str
    request: str
    response: str
    defaults: tuple[Any, ...] = ()
    kind: str = "plain"


def _many(name: str, member: str, response: str = "", defaults: tuple[Any, ...] = ()) -> TunnelOption:
    """A set of values, written as a list of structures."""
    return TunnelOption(name, member, response or member, defaults, "many")


def _plain(name: str, member: str, *defaults: Any, response: str = "") -> TunnelOption:
    return TunnelOption(name, member, response or member, defaults)


# (AWS, VpnTunnelOptionsSpecification and TunnelOption)
TUNNEL_OPTIONS: tuple[TunnelOption, ...] = (
    _plain("inside_cidr", "TunnelInsideCidr"),
    _plain("inside_ipv6_cidr", "TunnelInsideIpv6Cidr"),
    _many("phase1_encryption", "Phase1EncryptionAlgorithms"),
    _many("phase1_integrity", "Phase1IntegrityAlgorithms"),
    _many("phase1_dh_groups", "Phase1DHGroupNumbers"),
    _plain("phase1_lifetime_seconds", "Phase1LifetimeSeconds", 28800),
    _many("phase2_encryption", "Phase2EncryptionAlgorithms"),
    _many("phase2_integrity", "Phase2IntegrityAlgorithms"),
    _many("phase2_dh_groups", "Phase2DHGroupNumbers"),
    _plain("phase2_lifetime_seconds", "Phase2LifetimeSeconds", 3600),
    TunnelOption(
        "phase1_additional_key_exchanges",
        "Phase1AdditionalKeyExchanges",
        "Phase1AdditionalKeyExchanges",
        ([],),
        "exchanges",
    ),
    TunnelOption(
        "phase2_additional_key_exchanges",
        "Phase2AdditionalKeyExchanges",
        "Phase2AdditionalKeyExchanges",
        ([],),
        "exchanges",
    ),
    _plain("rekey_margin_seconds", "RekeyMarginTimeSeconds", 270, 540),
    _plain("rekey_fuzz_percent", "RekeyFuzzPercentage", 100),
    _plain("replay_window_size", "ReplayWindowSize", 1024),
    _plain("dpd_timeout_seconds", "DPDTimeoutSeconds", 30, 40, response="DpdTimeoutSeconds"),
    _plain("dpd_timeout_action", "DPDTimeoutAction", "clear", response="DpdTimeoutAction"),
    _many("ike_versions", "IKEVersions", "IkeVersions", (["ikev1", "ikev2"],)),
    _plain("startup_action", "StartupAction", "add"),
    _plain("lifecycle_control", "EnableTunnelLifecycleControl", False),
)

# (AWS, CloudWatchLogOptionsSpecification): our name -> EC2's name, default
LOG_OPTIONS: Mapping[str, tuple[str, Any]] = {
    "enabled": ("LogEnabled", False),
    "log_group_arn": ("LogGroupArn", None),
    "output_format": ("LogOutputFormat", "json"),
    "bgp_enabled": ("BgpLogEnabled", False),
    "bgp_log_group_arn": ("BgpLogGroupArn", None),
    "bgp_output_format": ("BgpLogOutputFormat", "json"),
}


def _normal(kind: str, value: Any) -> Any:
    """A value in the form in which two are compared and shown."""
    if kind == "many":
        return sorted(set(value))
    if kind == "exchanges":
        rounds = [{**one, "methods": sorted(set(one["methods"]))} for one in value]
        return sorted(rounds, key=lambda one: one["round"])
    return value


def _encoded(kind: str, value: Any) -> Any:
    if kind == "many":
        return [{"Value": each} for each in value]
    if kind == "exchanges":
        return [
            {
                "AdditionalKeyExchangeRound": one["round"],
                "KeyExchangeMethods": [{"Value": method} for method in one["methods"]],
                "Requirement": one["requirement"],
            }
            for one in value
        ]
    return value


def _decoded(kind: str, value: Any) -> Any:
    if kind == "many":
        return _normal(kind, [each["Value"] for each in value])
    if kind == "exchanges":
        rounds = [
            {
                "round": one["AdditionalKeyExchangeRound"],
                "methods": [method["Value"] for method in one.get("KeyExchangeMethods") or ()],
                "requirement": one.get("Requirement"),
            }
            for one in value
        ]
        return _normal(kind, rounds)
    return value


def tunnel_request(options: Mapping[str, Any], pre_shared_key: str | None = None) -> dict[str, Any]:
    """One member of TunnelOptions in CreateVpnConnection, or the TunnelOptions of ModifyVpnTunnelOptions."""
    request: dict[str, Any] = {
        option.request: _encoded(option.kind, options[option.name])
        for option in TUNNEL_OPTIONS
        if options.get(option.name) is not None and not (option.kind == "many" and not options[option.name])
    }
    log = {LOG_OPTIONS[key][0]: value for key, value in (options.get("log_options") or {}).items() if value is not None}
    if log:
        request["LogOptions"] = {"CloudWatchLogOptions": log}
    if pre_shared_key is not None:
        request["PreSharedKey"] = pre_shared_key
    return request


def tunnel_options(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Our names for what AWS says of a tunnel (a member of Options.TunnelOptions); what it leaves out is absent."""
    options: dict[str, Any] = {
        option.name: _decoded(option.kind, answer[option.response])
        for option in TUNNEL_OPTIONS
        if answer.get(option.response) not in (None, [])
    }
    log = (answer.get("LogOptions") or {}).get("CloudWatchLogOptions") or {}
    shown = {name: log[spelled] for name, (spelled, _default) in LOG_OPTIONS.items() if log.get(spelled) is not None}
    if shown:
        options["log_options"] = shown
    return options


def changed_options(wanted: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Change]:
    """Name -> (now, wanted) of every option that is asked for and differs; lists are sets, unset means leave alone."""
    changes: dict[str, Change] = {}
    for option in TUNNEL_OPTIONS:
        want = wanted.get(option.name)
        if want is None or (option.kind == "many" and not want):
            continue
        want, have = _normal(option.kind, want), current.get(option.name)
        same = have == want if have is not None else want in option.defaults
        if not same:
            changes[option.name] = (have, want)
    now = current.get("log_options") or {}
    for name, (_spelled, default) in LOG_OPTIONS.items():
        want = (wanted.get("log_options") or {}).get(name)
        have = now.get(name, default)
        if want is not None and want != have:
            changes[f"log_options.{name}"] = (have, want)
    return changes


@dataclass(frozen=True)
class TunnelChange:
    """All that is to change on one tunnel: one ModifyVpnTunnelOptions, because every call takes the tunnel down."""

    outside_address: str
    inside_cidr: str
    options: Mapping[str, Change]
    request: Mapping[str, Any] = field(repr=False)  # holds the key, when that changes
    key: Change | None = None  # fingerprints

    @property
    def names(self) -> list[str]:
        return [*self.options, *(["pre_shared_key"] if self.key else [])]

    def __str__(self) -> str:
        words = [f"{name} {now} -> {want}" for name, (now, want) in self.options.items()]
        words += ["pre_shared_key"] if self.key else []
        return f"tunnel {self.inside_cidr} ({self.outside_address}): {', '.join(words)}"


def pair_tunnels(
    wanted: Sequence[Mapping[str, Any]], current: Sequence[Mapping[str, Any]]
) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Wanted and existing tunnels that belong together: by inside CIDR, never by position.

    Both have `inside_cidr`; existing ones have `outside_address`. A wanted CIDR that no tunnel has takes a tunnel whose
    CIDR nobody wants, in the order of outside addresses.
    """
    by_cidr = {tunnel.get("inside_cidr"): tunnel for tunnel in current}
    names = {tunnel.get("inside_cidr") for tunnel in wanted}
    spare = iter(
        sorted(
            (tunnel for tunnel in current if tunnel.get("inside_cidr") not in names),
            key=lambda tunnel: str(tunnel.get("outside_address")),
        )
    )
    pairs = []
    for want in wanted:
        have = by_cidr.get(want.get("inside_cidr")) or next(spare, None)
        if have is not None:
            pairs.append((want, have))
    return pairs


def tunnel_changes(
    wanted: Sequence[Mapping[str, Any]],
    current: Sequence[Mapping[str, Any]],
    pre_shared_keys: Mapping[str, str],
    current_keys: Mapping[str, str | None],
    fingerprint: Fingerprint,
) -> list[TunnelChange]:
    """What to change on which tunnel.

    `current`: tunnels with `outside_address` and the options of `tunnel_options`;
    `pre_shared_keys` by inside CIDR, perhaps with those of other connections;
    `current_keys` by outside address, None where AWS does not show it (Secrets Manager): such a key is left alone;
    `fingerprint(key, outside_address)`.
    """
    wanted = list(wanted) or [{"inside_cidr": tunnel["inside_cidr"]} for tunnel in current]
    changes = []
    for want, have in pair_tunnels(wanted, current):
        outside = str(have["outside_address"])
        options = changed_options(want, have)
        new_key = pre_shared_keys.get(str(want["inside_cidr"]))
        old_key = current_keys.get(outside)
        replace_key = new_key is not None and old_key is not None and new_key != old_key
        if not options and not replace_key:
            continue
        named = {name.partition(".")[0] for name in options}
        changes.append(
            TunnelChange(
                outside_address=outside,
                inside_cidr=str(want["inside_cidr"]),
                options=options,
                request=tunnel_request(
                    {name: value for name, value in want.items() if name in named}, new_key if replace_key else None
                ),
                key=(fingerprint(str(old_key), outside), fingerprint(str(new_key), outside)) if replace_key else None,
            )
        )
    return changes


# --- connections --------------------------------------------------------------------------------


def connection_tunnels(connection: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Addresses, ASNs and options of a boto3 VPN connection's tunnels, by ascending inside CIDR; no keys.

    Empty while a pending connection has none yet. Raises Unreadable.
    """
    parsed = tunnels.parse_connection(connection)
    if isinstance(parsed, Fault):
        raise Unreadable(str(parsed))
    said = {
        answer.get("OutsideIpAddress"): tunnel_options(answer)
        for answer in (connection.get("Options") or {}).get("TunnelOptions") or ()
    }
    return [
        {
            **said.get(tunnel.outside_address, {}),
            "outside_address": tunnel.outside_address,
            "inside_cidr": tunnel.inside_cidr,
            "aws_inside_address": tunnel.aws_inside_address,
            "customer_inside_address": tunnel.customer_inside_address,
            "customer_outside_address": tunnel.customer_outside_address,
            "aws_asn": tunnel.aws_asn,
            "customer_asn": tunnel.customer_asn,
        }
        for tunnel in sorted(parsed.tunnels, key=lambda one: IPv4Network(one.inside_cidr))
    ]


def connection_keys(connection: Mapping[str, Any]) -> dict[str, str | None]:
    """Outside address -> key, None where AWS does not show it. Never put it into a result."""
    keys = {
        tunnel["outside_address"]: tunnels.read_key(connection, tunnel["outside_address"])
        for tunnel in connection_tunnels(connection)
    }
    return {outside: key if isinstance(key, str) else None for outside, key in keys.items()}


def without_keys(connection: Mapping[str, Any]) -> dict[str, Any]:
    """A copy that may be shown. The document repeats the keys."""
    hidden = ("CustomerGatewayConfiguration", tunnels.UNREAD)
    shown = {name: value for name, value in connection.items() if name not in hidden}
    options = dict(connection.get("Options") or {})
    options["TunnelOptions"] = [
        {name: value for name, value in one.items() if name != "PreSharedKey"}
        for one in options.get("TunnelOptions") or ()
    ]
    return {**shown, "Options": options}


def telemetry(connection: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Outside address -> what AWS last saw of the tunnel; empty for a deleted connection."""
    return {
        entry["OutsideIpAddress"]: {
            "status": entry.get("Status"),
            "message": entry.get("StatusMessage") or "",
            "accepted_routes": entry.get("AcceptedRouteCount") or 0,
            "last_change": entry["LastStatusChange"].isoformat() if entry.get("LastStatusChange") else None,
        }
        for entry in connection.get("VgwTelemetry") or ()
    }


def vpn_connection(connection: Mapping[str, Any], fingerprint: Fingerprint) -> dict[str, Any]:
    """A VPN connection as the modules return it: keys as fingerprints."""
    keys, seen = connection_keys(connection), telemetry(connection)
    return {
        "vpn_connection_id": connection["VpnConnectionId"],
        "state": connection.get("State"),
        "customer_gateway_id": connection.get("CustomerGatewayId"),
        "vpn_gateway_id": connection.get("VpnGatewayId") or None,
        "transit_gateway_id": connection.get("TransitGatewayId") or None,
        "static_routes_only": bool((connection.get("Options") or {}).get("StaticRoutesOnly")),
        "routes": [
            {"cidr": route["DestinationCidrBlock"], "state": route.get("State")}
            for route in sorted(connection.get("Routes") or (), key=lambda one: str(one.get("DestinationCidrBlock")))
            if route.get("State") != "deleted"
        ],
        "tags": tag_dict(connection.get("Tags")),
        "tunnels": [
            {
                **tunnel,
                "pre_shared_key_fingerprint": fingerprint(key, tunnel["outside_address"]) if key else None,
                "telemetry": seen.get(tunnel["outside_address"]),
            }
            for tunnel in connection_tunnels(connection)
            for key in [keys[tunnel["outside_address"]]]
        ],
    }


def planned_tunnel(options: Mapping[str, Any], outside_address: str) -> dict[str, Any]:
    """A tunnel that check mode would make, in the shape of `vpn_connection`."""
    inside = addresses.parse_network(options["inside_cidr"])
    kinds = {option.name: option.kind for option in TUNNEL_OPTIONS}
    shown = {name: _normal(kinds.get(name, "plain"), value) for name, value in options.items()}
    return {
        **shown,
        "outside_address": outside_address,
        "aws_inside_address": str(addresses.aws_inside_address(inside)) if isinstance(inside, IPv4Network) else None,
        "customer_inside_address": str(addresses.azure_inside_address(inside))
        if isinstance(inside, IPv4Network)
        else None,
        "customer_outside_address": None,
        "aws_asn": None,
        "customer_asn": None,
        "pre_shared_key_fingerprint": None,
        "telemetry": None,
    }


def with_changes(
    connection: Mapping[str, Any],
    tags: Mapping[str, str],
    add_routes: Iterable[str],
    remove_routes: Iterable[str],
) -> dict[str, Any]:
    """What `vpn_connection` will say after the changes (check mode)."""
    gone = set(remove_routes)
    routes = [route for route in connection["routes"] if route["cidr"] not in gone]
    routes += [{"cidr": cidr, "state": "planned"} for cidr in add_routes]

    return {
        **connection,
        "tags": {**connection["tags"], **tags},
        "routes": sorted(routes, key=lambda route: str(route["cidr"])),
    }


# --- routes and gateways --------------------------------------------------------------


def route_changes(current: Iterable[Mapping[str, Any]], wanted: Iterable[str]) -> tuple[list[str], list[str]]:
    """Static routes to add and to remove. `current` is the connection's Routes."""
    have = {route["DestinationCidrBlock"] for route in current if route.get("State") not in GONE}
    want = set(wanted)
    return sorted(want - have), sorted(have - want)


def propagating(table: Mapping[str, Any]) -> set[str]:
    """VGWs that propagate into a route table of DescribeRouteTables."""
    return {entry["GatewayId"] for entry in table.get("PropagatingVgws") or ()}


def propagation_changes(table: Mapping[str, Any], wanted: Iterable[str]) -> tuple[list[str], list[str]]:
    """VGWs to switch on and off for a route table."""
    have, want = propagating(table), set(wanted)
    return sorted(want - have), sorted(have - want)


def customer_asn(gateway: Mapping[str, Any]) -> int:
    """AWS writes the ASN as text, and above 2147483647 in another member."""
    return int(gateway.get("BgpAsnExtended") or gateway.get("BgpAsn") or 0)


def customer_gateway_request(
    address: str, asn: int, device_name: str | None, tags: Mapping[str, str]
) -> dict[str, Any]:
    """(AWS, CreateCustomerGateway)"""
    request: dict[str, Any] = {"Type": "ipsec.1", "IpAddress": address}
    request["BgpAsnExtended" if asn > LARGEST_SIGNED_ASN else "BgpAsn"] = asn
    if device_name:
        request["DeviceName"] = device_name
    if tags:
        request["TagSpecifications"] = tag_specification("customer-gateway", tags)
    return request


def customer_gateway(gateway: Mapping[str, Any]) -> dict[str, Any]:
    """A customer gateway as the modules return it."""
    return {
        "customer_gateway_id": gateway["CustomerGatewayId"],
        "ip_address": gateway.get("IpAddress"),
        "bgp_asn": customer_asn(gateway),
        "device_name": gateway.get("DeviceName"),
        "state": gateway.get("State"),
        "tags": tag_dict(gateway.get("Tags")),
    }


def attachment(gateway: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """(VPC, state) of a VGW. Past attachments stay listed as detached and are not counted."""
    for entry in gateway.get("VpcAttachments") or ():
        if entry.get("State") != "detached":
            return entry.get("VpcId"), entry.get("State")
    return None, None


def vpn_gateway(gateway: Mapping[str, Any]) -> dict[str, Any]:
    """A virtual private gateway as the modules return it."""
    vpc_id, state = attachment(gateway)
    return {
        "vpn_gateway_id": gateway["VpnGatewayId"],
        "asn": gateway.get("AmazonSideAsn"),
        "state": gateway.get("State"),
        "vpc_id": vpc_id,
        "attachment_state": state,
        "tags": tag_dict(gateway.get("Tags")),
    }


# --- status -------------------------------------------------------------------------------------

STATES = {"UP": "up", "DOWN": "down"}


def link_status(
    connections: Sequence[Mapping[str, Any]],
    route_tables: Iterable[Mapping[str, Any]] = (),
    transit: Mapping[str, Any] | None = None,
) -> Status:
    """AWS's end of a link: living boto3 VPN connections, the route tables of the gateway's VPC, and for a transit
    gateway its `routes` by route table.

    AWS has no call for BGP sessions. A BGP tunnel is UP when IPsec and BGP are; DOWN with "IPSEC IS UP" lacks BGP only.
    """
    ends: list[TunnelStatus] = []
    peers: list[BgpPeer] = []
    gateway, asn = "", None
    for connection in connections:
        gateway = gateway or connection.get("VpnGatewayId") or connection.get("TransitGatewayId") or ""
        bgp = not (connection.get("Options") or {}).get("StaticRoutesOnly")
        seen = telemetry(connection)
        for tunnel in connection_tunnels(connection):
            last = seen.get(tunnel["outside_address"], {})
            state = STATES.get(str(last.get("status")), "unknown")
            message = str(last.get("message") or "")
            asn = asn if asn is not None else tunnel["aws_asn"]
            ends.append(
                TunnelStatus(
                    name=tag_dict(connection.get("Tags")).get("Name", connection["VpnConnectionId"]),
                    id=connection["VpnConnectionId"],
                    outside_address=tunnel["outside_address"],
                    inside_cidr=tunnel["inside_cidr"],
                    peer_address=tunnel["customer_outside_address"],
                    status=state,
                    message=message,
                    routes=last.get("accepted_routes"),
                    since=last.get("last_change"),
                )
            )
            if bgp:
                peers.append(
                    BgpPeer(
                        peer_address=tunnel["customer_inside_address"],
                        local_address=tunnel["aws_inside_address"],
                        peer_asn=tunnel["customer_asn"],
                        state=session_state(state, message),
                        routes_received=last.get("accepted_routes"),
                    )
                )
    static = {
        route.get("DestinationCidrBlock") for connection in connections for route in connection.get("Routes") or ()
    }
    learned = learned_routes(route_tables, gateway, static)
    if transit is not None:
        learned = transit_learned(transit["routes"], {one["VpnConnectionId"] for one in connections})
    return Status("aws", gateway, asn, ends, peers, learned)


def session_state(tunnel_state: str, message: str) -> str:
    """State of the BGP session as far as AWS tells it."""
    if tunnel_state == "up":
        return "connected"
    if tunnel_state == "down":
        return "connecting" if message == "IPSEC IS UP" else "idle"
    return "unknown"


def learned_routes(
    route_tables: Iterable[Mapping[str, Any]], gateway_id: str, static: Iterable[str | None] = ()
) -> list[LearnedRoute]:
    """What the VGW propagates into route tables: the only place where AWS shows what it has learned."""
    fixed = set(static)
    prefixes = {
        route["DestinationCidrBlock"]
        for table in route_tables
        for route in table.get("Routes") or ()
        if route.get("Origin") == "EnableVgwRoutePropagation"
        and route.get("GatewayId") == gateway_id
        and route.get("DestinationCidrBlock")
    }
    return [
        LearnedRoute(prefix, next_hop=gateway_id, origin="static" if prefix in fixed else "bgp")
        for prefix in sorted(prefixes)
    ]


def transit_learned(
    routes: Mapping[str, Iterable[Mapping[str, Any]]], connections: Iterable[str]
) -> list[LearnedRoute]:
    """Routes of a transit gateway's tables (SearchTransitGatewayRoutes) that lead to one of these VPN connections."""
    ours = set(connections)
    found = {
        (route["DestinationCidrBlock"], attachment["ResourceId"], route.get("Type"))
        for table in routes.values()
        for route in table
        for attachment in route.get("TransitGatewayAttachments") or ()
        if attachment.get("ResourceId") in ours and route.get("DestinationCidrBlock")
    }
    return [
        LearnedRoute(prefix, next_hop=connection, origin="bgp" if kind == "propagated" else "static")
        for prefix, connection, kind in sorted(found)
    ]
