"""botocore's model of EC2, and what is held against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

import botocore.session

EC2 = botocore.session.get_session().get_service_model("ec2")

NETWORK = {
    "CreateVpc",
    "AssociateVpcCidrBlock",
    "DescribeVpcs",
    "ModifyVpcAttribute",
    "DescribeVpcAttribute",
    "CreateSubnet",
    "DescribeSubnets",
    "ModifySubnetAttribute",
    "CreateRouteTable",
    "DescribeRouteTables",
    "AssociateRouteTable",
    "DisassociateRouteTable",
    "ReplaceRouteTableAssociation",
    "DeleteRoute",
    "CreateSecurityGroup",
    "DescribeSecurityGroups",
    "DescribeSecurityGroupRules",
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    "CreateTags",
    "DeleteTags",
    "DescribeTags",
    "DescribeAvailabilityZones",
    "DescribeRegions",
    "DescribeAccountAttributes",
}
"""What the roles and the stock modules that they use call besides the VPN actions."""

_SCALARS = {"float": 1.0, "double": 1.0, "boolean": False, "blob": b"x", "timestamp": 0}
_BESIDE_THE_MODEL = ("requestId", "return")


def strangers(element: ElementTree.Element, shape: Any, where: str) -> Iterator[str]:
    """XML elements of an answer that are no member of its shape."""
    if shape.type_name == "list":
        for item in element:
            yield from strangers(item, shape.member, where)
    elif shape.type_name == "structure":
        named = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for child in element:
            name = child.tag.rpartition("}")[2]
            if name in named:
                yield from strangers(child, named[name], f"{where}.{name}")
            elif name not in _BESIDE_THE_MODEL:
                yield f"{where}.{name}"


def least(shape: Any, known: Mapping[str, str], name: str = "") -> Any:
    """The least value that botocore lets pass; where a member's name is known, that value."""
    if shape.type_name == "structure":
        return {one: least(shape.members[one], known, one) for one in shape.required_members}
    if shape.type_name == "list":
        return [least(shape.member, known, name.removesuffix("s"))]
    if shape.type_name in ("integer", "long"):
        return shape.metadata.get("min", 1)
    if shape.type_name != "string":
        return _SCALARS[shape.type_name]
    if name in known:
        return known[name]
    return shape.enum[0] if getattr(shape, "enum", None) else "x" * max(1, shape.metadata.get("min", 1))
