"""What no recording and no document says: made up here, and marked.

Each row says what it is for, the text or number used, and why it was needed. The code takes its texts and durations
from here, so the list cannot go stale; `rows` prints it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Text(NamedTuple):
    """An error whose code or wording is a guess."""

    code: str
    text: str
    why: str


class Seconds(NamedTuple):
    """A duration that AWS does not promise."""

    seconds: float
    why: str


class Behaviour(NamedTuple):
    """A decision where AWS is silent."""

    text: str
    why: str


TEXTS: dict[str, Text] = {
    "value": Text(
        "InvalidParameterValue",
        "Value ({value}) for parameter {parameter} is invalid. {reason}",
        "the rules are documented, the wording is not; only that of PreSharedKey was seen",
    ),
    "inside_cidr_in_use": Text(
        "InvalidParameterValue",
        "Value ({value}) for parameter TunnelInsideCidr is invalid. The CIDR block is in use by {owner}",
        "uniqueness within a virtual private gateway is documented, the answer is not",
    ),
    "vpc_range_conflict": Text(
        "InvalidVpc.Range",
        "The CIDR '{cidr}' conflicts with another range of the VPC.",
        "the rule is documented, the answer is not",
    ),
    "vpc_range_restricted": Text(
        "InvalidVpc.Range",
        "The CIDR '{cidr}' is restricted beside the ranges of the VPC.",
        "the table of restrictions is documented, the answer is not",
    ),
    "too_many_tunnels": Text(
        "InvalidParameterValue", "A VPN connection has two tunnels; {count} tunnel options were given", "no source"
    ),
    "ikev1_start": Text(
        "InvalidParameterCombination",
        "StartupAction start is supported for ikev2 only",
        "the user guide says IKEv2 only; the answer is not documented",
    ),
    "log_group_missing": Text(
        "InvalidParameterCombination",
        "{enabled} is given without {group}",
        "that logs need a group is plain; no source",
    ),
    "transit_only": Text(
        "InvalidParameterCombination",
        "{parameter} is available for VPN connections on a transit gateway only",
        "the rule is documented, the answer is not",
    ),
    "one_target": Text(
        "InvalidParameterCombination",
        "Exactly one of VpnGatewayId and TransitGatewayId must be given",
        "the rule is documented, the answer is not",
    ),
    "both_asns": Text(
        "InvalidParameterCombination", "BgpAsn and BgpAsnExtended cannot be given together", "the answer is not known"
    ),
    "skip_replacement": Text(
        "InvalidParameterCombination",
        "SkipTunnelReplacement applies only when nothing but EnableTunnelLifecycleControl is changed",
        "the rule is documented, the answer is not",
    ),
    "no_change": Text("MissingParameter", "The request must contain one of the parameters {parameters}", "no source"),
    "no_tunnel_options": Text("MissingParameter", "TunnelOptions must change at least one option", "no source"),
    "outside_address": Text(
        "InvalidParameterValue",
        "The VPN connection {connection} has no tunnel with the outside IP address {value}",
        "no source",
    ),
    "connection_busy": Text(
        "IncorrectState",
        "The vpnConnection '{id}' is in the state '{state}' and cannot be changed now",
        "one change at a time is documented; the wording is not",
    ),
    "gateway_state": Text(
        "InvalidVpnGatewayState", "The vpnGateway '{id}' is in the state '{state}'", "the code is documented"
    ),
    "customer_gateway_state": Text(
        "InvalidCustomerGatewayState", "The customerGateway '{id}' is in the state '{state}'", "the code is documented"
    ),
    "duplicate_address": Text(
        "InvalidCustomerGateway.DuplicateIpAddress",
        "Conflict among chosen gateway IP addresses",
        "documented for a whole region, known not to hold between gateways: refused within one gateway here",
    ),
    "static_needed": Text(
        "InvalidParameterCombination",
        "The vpnConnection '{id}' uses BGP; routes can be added to one with static routes only",
        "no source",
    ),
    "transit_routes": Text(
        "UnsupportedOperation",
        "The vpnConnection '{id}' ends on a transit gateway; add its routes to a transit gateway route table",
        "no source",
    ),
    "static_routes_left": Text(
        "InvalidParameterCombination",
        "Delete the static routes of '{id}' before moving it to a transit gateway",
        "the rule is documented, the answer is not",
    ),
    "vpn_connections_of_gateway": Text(
        "VpnConnectionLimitExceeded",
        "The maximum number of VPN connections for the virtual private gateway has been reached.",
        "code documented; wording after that for virtual private gateways",
    ),
    "vpn_connections": Text(
        "VpnConnectionLimitExceeded",
        "The maximum number of VPN connections has been reached.",
        "code documented; wording after that for virtual private gateways",
    ),
    "customer_gateways": Text(
        "CustomerGatewayLimitExceeded",
        "The maximum number of customer gateways has been reached.",
        "code documented; wording after that for virtual private gateways",
    ),
    "attachments": Text(
        "VpnGatewayAttachmentLimitExceeded",
        "The virtual private gateway '{id}' is attached to '{vpc}'.",
        "code documented; wording unknown",
    ),
    "different_networks": Text(
        "InvalidParameterValue",
        "route table {table} and network gateway {gateway} belong to different networks",
        "seen for internet gateways; taken over for virtual private ones",
    ),
    "no_transit_gateway": Text(
        "InvalidTransitGatewayID.NotFound", "Transit Gateway {id} was deleted or does not exist.", "code documented"
    ),
    "no_transit_gateway_attachment": Text(
        "InvalidTransitGatewayAttachmentID.NotFound",
        "Transit Gateway Attachment {id} was deleted or does not exist.",
        "code documented",
    ),
    "already_associated": Text(
        "Resource.AlreadyAssociated",
        "Transit Gateway Attachment {id} is already associated to a route table.",
        "code documented",
    ),
    "no_attachment": Text(
        "InvalidVpnGatewayAttachment.NotFound",
        "The attachment with vpn gateway ID '{id}' and vpc ID '{vpc}' does not exist",
        "code documented, wording as in moto",
    ),
    "no_route": Text(
        "InvalidRoute.NotFound",
        "no route with destination-cidr-block {cidr} in {id}",
        "code documented; wording after that of route tables",
    ),
    "not_attached": Text(
        "Gateway.NotAttached",
        "resource {id} is not attached to network {vpc}",
        "code documented; wording seen for internet gateways",
    ),
    "not_emulated": Text(
        "UnsupportedOperation", "The rehearsal does not emulate {action}", "the rehearsal's own limit, said aloud"
    ),
    "retention": Text(
        "InvalidParameterException",
        "1 validation error detected: Value '{value}' at 'retentionInDays' failed to satisfy constraint: "
        "Member must satisfy enum value set: [{allowed}]",
        "the numbers and the code are documented; wording after that of other constraints",
    ),
    "crashed": Text(
        "UnsupportedOperation",
        "The rehearsal itself failed at {action}; its log has the traceback",
        "a fault of the rehearsal's own, said aloud",
    ),
    "no_document": Text("InvalidDocument", "Document with name {document} does not exist.", "the code is documented"),
    "not_managed": Text(
        "InvalidInstanceId",
        "Instances [[{ids}]] not in a valid state for account {account}",
        "seen for instances whose agent is not online; here all are not, where no packets go or the packet lab has no "
        "machine at their address",
    ),
    "no_invocation": Text("InvocationDoesNotExist", "", "the code is documented"),
    "certificates": Text(
        "UnsupportedOperation",
        "The rehearsal does not emulate certificate authentication; the tunnel uses a pre-shared key",
        "the answer to ModifyVpnTunnelCertificate on a tunnel with a key is not known",
    ),
    "outside_type": Text(
        "UnsupportedOperation", "The rehearsal does not emulate OutsideIpAddressType {value}", "not built"
    ),
    "region": Text(
        "AuthFailure",
        "Credential should be scoped to a valid region. ",
        "seen for other services; a real client cannot reach a region that does not exist",
    ),
}

SECONDS: dict[str, Seconds] = {
    "connection_pending": Seconds(240, "minutes by experience; not documented"),
    "connection_modifying": Seconds(300, "minutes by experience; not documented"),
    "connection_deleting": Seconds(60, "not documented"),
    "deleted_visible": Seconds(3600, "the console shows deleted resources for about an hour; not documented"),
    "gateway_pending": Seconds(5, "not documented"),
    "gateway_attaching": Seconds(20, "not documented"),
    "gateway_detaching": Seconds(20, "not documented"),
    "run_command": Seconds(2, "not documented"),
    "route_pending": Seconds(10, "not documented"),
    "route_deleting": Seconds(10, "not documented"),
}

BEHAVIOURS: dict[str, Behaviour] = {
    "telemetry_pending": Behaviour("no VgwTelemetry while a connection is pending", "not documented"),
    "deleted_options": Behaviour("a deleted connection has no TunnelOptions", "not documented"),
    "telemetry_deleting": Behaviour("tunnels of a connection that is deleted are DOWN, then absent", "not documented"),
    "modify_at_start": Behaviour(
        "changed options show at once, while the connection is still modifying", "not documented"
    ),
    "xml_while_modifying": Behaviour(
        "no CustomerGatewayConfiguration while modifying: the reference promises it for pending and available",
        "reading",
    ),
    "options_shown": Behaviour(
        "TunnelOptions shows what was asked, the address, the inside CIDR, the key, log options and lifecycle control; "
        "defaults of the rest are left out, as in published answers",
        "not documented",
    ),
    "log_options": Behaviour("a change of log options keeps those members that it does not name", "not documented"),
    "identical_connection": Behaviour(
        "the same customer gateway and virtual private gateway give the existing connection, whatever the options "
        "(the reference calls the action idempotent; users report it)",
        "the comparison is not documented",
    ),
    "identical_customer_gateway": Behaviour(
        "address, ASN and device name are compared; tags of the second request are ignored", "not documented"
    ),
    "replaced_tunnel": Behaviour("only the replaced tunnel is DOWN while modifying", "not documented"),
    "detach_propagation": Behaviour("detaching a gateway ends its propagation into route tables", "not documented"),
    "propagated_duplicates": Behaviour(
        "a propagated route equal to a static one, or inside the VPC's range, is not shown", "not documented"
    ),
    "delete_twice": Behaviour("deleting what is deleting is accepted; deleting what is deleted is not found", "guess"),
    "maintenance": Behaviour(
        "PendingMaintenance is 'None', or 'Available' where a test has ordered one, until ReplaceVpnTunnel applies it; "
        "it is never applied by itself",
        "the values are not documented",
    ),
    "sample_configuration": Behaviour(
        "two device types, and one sample text for both that says what the XML says",
        "the real samples are AWS's own texts",
    ),
    "route_limit": Behaviour(
        "more than 100 routes on a BGP session: DOWN, 'IPSEC IS UP', nothing learned", "the user guide resets it"
    ),
    "older_members": Behaviour(
        "RevokeSecurityGroup* does not list the revoked rules, DeleteSecurityGroup not the group, DescribeRegions and "
        "DescribeAvailabilityZones have no geography",
        "moto's answers, older than AWS's; nothing here reads them",
    ),
    "secrets_manager": Behaviour(
        "with keys in Secrets Manager TunnelOptions has no PreSharedKey and the XML says REDACTED; the secret is JSON, "
        "by outside address an object with PreSharedKey, for both tunnels at once; it goes with the connection",
        "that each tunnel has its entry in the secret is documented, in what form it is not",
    ),
    "run_command": Behaviour(
        "a script runs in the packet lab, in the network of the machine that has the instance's address, if it is made "
        "of ping, attempts at TCP ports and a loop around them; any other ends with code 126",
        "nothing that a client sends may run on this machine itself",
    ),
    "tunnel_state": Behaviour(
        "CloudWatch has a point of TunnelState for each moment at which it was asked, not for each minute",
        "simpler; whoever asks gets the state of now",
    ),
    "not_found_yet": Behaviour(
        "a thing that is not found yet is hidden from reads; calls that change it find it",
        "simpler; AWS promises nothing",
    ),
    "stale": Behaviour(
        "under a stale fault a read answers as it did before the change, if the same was asked since the fault was "
        "ordered",
        "AWS promises eventual consistency, and says neither of what nor for how long",
    ),
    "outside_addresses": Behaviour(
        "outside addresses come from 198.51.100.0/24 and 203.0.113.0/24; in every other connection the first tunnel "
        "has the higher one",
        "RFC 5737; AWS promises no order",
    ),
}


def seconds(name: str) -> float:
    """The AWS seconds of a duration."""
    return SECONDS[name].seconds


def rows() -> Iterator[tuple[str, str, str]]:
    """What, text, why: of everything that is invented."""
    for name, text in TEXTS.items():
        yield name, f"{text.code}: {text.text}", text.why
    for name, duration in SECONDS.items():
        yield name, f"{duration.seconds:g} s", duration.why
    for name, behaviour in BEHAVIOURS.items():
        yield name, behaviour.text, behaviour.why
