"""AWS's refusals: code and text of each, with the source."""

from __future__ import annotations

from typing import Any, NamedTuple

from moto.ec2.exceptions import EC2ClientError

from rehearsal.aws import invented


class Sourced(NamedTuple):
    """An error whose code and wording were seen or are documented."""

    code: str
    text: str
    source: str


REFERENCE = "EC2 API reference, error codes"
COMMON = "AWS general reference, common errors"
REPORTS = "error texts quoted in public issue threads"

SOURCED: dict[str, Sourced] = {
    "auth": Sourced(
        "AuthFailure", "AWS was not able to validate the provided access credentials", "EC2 answers, commonly seen"
    ),
    "token": Sourced(
        "InvalidClientTokenId", "The security token included in the request is invalid.", "STS answers, commonly seen"
    ),
    "signature": Sourced(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method.",
        "STS answers, commonly seen",
    ),
    "signature_region": Sourced("SignatureDoesNotMatch", "Credential should be scoped to a valid region. ", REPORTS),
    "no_auth": Sourced("MissingAuthenticationToken", "Request is missing Authentication Token", REPORTS),
    "action": Sourced("InvalidAction", "The action {action} is not valid for this web service.", REPORTS),
    "missing": Sourced("MissingParameter", "The request must contain the parameter {parameter}", REPORTS),
    "no_cidr_block": Sourced("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.", REPORTS),
    "token_reused": Sourced(
        "IdempotentParameterMismatch",
        "The request uses the same client token as a previous, but non-identical request.",
        REFERENCE,
    ),
    "unknown": Sourced("UnknownParameter", "The parameter {parameter} is not recognized", REPORTS),
    "dry_run": Sourced("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", REFERENCE),
    "filter": Sourced("InvalidParameterValue", "The filter '{name}' is invalid", REPORTS),
    "no_connection": Sourced("InvalidVpnConnectionID.NotFound", "The vpnConnection ID '{id}' does not exist", REPORTS),
    "no_gateway": Sourced("InvalidVpnGatewayID.NotFound", "The vpnGateway ID '{id}' does not exist", REPORTS),
    "no_customer_gateway": Sourced(
        "InvalidCustomerGatewayID.NotFound", "The customerGateway ID '{id}' does not exist", REPORTS
    ),
    "customer_gateway_in_use": Sourced("IncorrectState", "The customer gateway is in use.", REPORTS),
    "gateway_in_use": Sourced("IncorrectState", "The VPN gateway is in use.", REPORTS),
    "transit_gateway_in_use": Sourced(
        "IncorrectState", "{id} has non-deleted VPN Attachments: {attachments}.", REPORTS
    ),
    "vpcs": Sourced("VpcLimitExceeded", "The maximum number of VPCs has been reached.", REPORTS),
    "gateways": Sourced(
        "VpnGatewayLimitExceeded", "The maximum number of virtual private gateways has been reached", REPORTS
    ),
    "vpc_has_gateway": Sourced(
        "InvalidVpcState", "VPC {vpc} is currently attached to the Virtual Private Gateway.", REPORTS
    ),
    "pending_workflow": Sourced(
        "InvalidParameterValue",
        "This call cannot be completed because there is a conflicting pending workflow for {id}",
        REPORTS,
    ),
    "pending_vpns": Sourced(
        "InvalidParameterValue",
        "This call cannot be completed because there are pending VPNs or Virtual Interfaces",
        REPORTS,
    ),
    "key": Sourced("InvalidParameterValue", "Value for parameter PreSharedKey is invalid.", REPORTS),
    "ipv6_inside": Sourced(
        "InvalidParameterCombination",
        "An ipv6 inside cidr is not allowed for VPNs using an ipv4 inside ip version",
        REPORTS,
    ),
    "ipv6_network": Sourced(
        "InvalidParameterValue",
        "The {parameter} parameter cannot be specified for vpn of addressing type IPv4",
        REPORTS,
    ),
    "tag_reserved": Sourced(
        "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use", REPORTS
    ),
    "tag_reserved_later": Sourced(
        "InvalidParameterValue",
        "Value ( {key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use",
        REPORTS,
    ),
    "tag_twice": Sourced("InvalidParameterValue", "Duplicate tag key '{key}' specified.", REPORTS),
    "throttle": Sourced("RequestLimitExceeded", "Request limit exceeded.", REPORTS),
    "internal": Sourced("InternalError", "An internal error has occurred", REPORTS),
    "unavailable": Sourced(
        "Unavailable", "The service is unavailable. Please try again shortly.", f"{REPORTS}; code in the {REFERENCE}"
    ),
    "expired": Sourced("RequestExpired", "Request has expired.", f"{REPORTS}; code in the {REFERENCE}"),
    "throttle_elsewhere": Sourced("Throttling", "Rate exceeded", REPORTS),
    "internal_elsewhere": Sourced(
        "InternalFailure",
        "The request processing has failed because of an unknown error, exception or failure.",
        COMMON,
    ),
    "unavailable_elsewhere": Sourced(
        "ServiceUnavailable", "The request has failed due to a temporary failure of the server.", COMMON
    ),
    "expired_elsewhere": Sourced(
        "ExpiredToken", "The security token included in the request is expired", "STS answers, commonly seen"
    ),
    "no_vpc": Sourced("InvalidVpcID.NotFound", "The vpc ID '{id}' does not exist", REPORTS),
    "no_subnet": Sourced("InvalidSubnetID.NotFound", "The subnet ID '{id}' does not exist", REPORTS),
    "no_route_table": Sourced("InvalidRouteTableID.NotFound", "The routeTable ID '{id}' does not exist", REPORTS),
    "no_group": Sourced("InvalidGroup.NotFound", "The security group '{id}' does not exist", REPORTS),
    "no_group_rule": Sourced(
        "InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '{id}' does not exist", REPORTS
    ),
    "vpc_range": Sourced("InvalidVpc.Range", "The CIDR '{cidr}' is invalid.", REPORTS),
    "vpc_range_in_use": Sourced(
        "InvalidCidrBlock.InUse", "The vpc {vpc} currently has a subnet within CIDR block {cidr}", REPORTS
    ),
    "depends": Sourced("DependencyViolation", "The {kind} '{id}' has dependencies and cannot be deleted.", REPORTS),
    "group_depends": Sourced("DependencyViolation", "resource {id} has a dependent object", REPORTS),
}


def refuse(text: str, /, **values: Any) -> EC2ClientError:
    """The error named `text`, to raise. Texts that are not sourced are in `invented`."""
    known = SOURCED.get(text) or invented.TEXTS[text]
    return EC2ClientError(known.code, known.text.format(**values))


def bad_value(parameter: str, value: object, reason: str) -> EC2ClientError:
    """A parameter outside its documented range."""
    return refuse("value", parameter=parameter, value=value, reason=reason)
