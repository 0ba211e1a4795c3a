"""Parameters that EC2 wants although its model calls them optional; moto goes on without them."""

from __future__ import annotations

from collections.abc import Callable

from rehearsal.aws.call import Call
from rehearsal.aws.refusal import refuse

Guard = Callable[[Call], None]


def _one_of(*names: str, text: str) -> Guard:
    def guard(call: Call) -> None:
        if all(call.get(name) is None for name in names):
            raise refuse(text, parameter="ipPermissions")

    return guard


_RULES = _one_of("IpPermissions", "SecurityGroupRuleIds", "IpProtocol", "SourceSecurityGroupName", text="missing")

GUARDS: dict[str, Guard] = {
    "CreateVpc": _one_of("CidrBlock", "Ipv4IpamPoolId", text="no_cidr_block"),
    "CreateSubnet": _one_of("CidrBlock", "Ipv4IpamPoolId", "Ipv6Native", text="no_cidr_block"),
    "AssociateVpcCidrBlock": _one_of(
        "CidrBlock",
        "Ipv4IpamPoolId",
        "AmazonProvidedIpv6CidrBlock",
        "Ipv6CidrBlock",
        "Ipv6IpamPoolId",
        text="no_cidr_block",
    ),
    "AuthorizeSecurityGroupIngress": _RULES,
    "AuthorizeSecurityGroupEgress": _RULES,
    "RevokeSecurityGroupIngress": _RULES,
    "RevokeSecurityGroupEgress": _RULES,
}
