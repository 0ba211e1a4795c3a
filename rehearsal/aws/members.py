"""Members that EC2 always returns and moto leaves out."""

from __future__ import annotations

from moto.ec2.models.availability_zones_and_regions import Zone
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC

_BLOCKS_NOTHING = {"InternetGatewayBlockMode": "off"}
_ALL_PORTS = -1


def install() -> None:
    """moto's serialiser reads a member from an attribute of the member's name."""
    VPC.BlockPublicAccessStates = Subnet.BlockPublicAccessStates = _BLOCKS_NOTHING
    Subnet.EnableDns64 = Subnet.MapCustomerOwnedIpOnLaunch = False
    Zone.OptInStatus = "opt-in-not-required"
    Zone.GroupName = Zone.NetworkBorderGroup = property(lambda zone: zone.region_name)
    SecurityGroupRule.GroupOwnerId = property(lambda rule: rule.owner_id)
    SecurityGroupRule.SecurityGroupRuleArn = property(_arn)
    SecurityGroupRule.FromPort = property(lambda rule: _port(rule.from_port))
    SecurityGroupRule.ToPort = property(lambda rule: _port(rule.to_port))


def _arn(rule: SecurityGroupRule) -> str:
    return f"arn:aws:ec2:{rule.ec2_backend.region_name}:{rule.owner_id}:security-group-rule/{rule.id}"


def _port(port: int | None) -> int:
    """A rule for every protocol has -1 in DescribeSecurityGroupRules, and no ports in DescribeSecurityGroups."""
    return _ALL_PORTS if port is None else port
