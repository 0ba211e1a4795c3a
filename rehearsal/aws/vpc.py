"""VPCs and their ranges: what AWS refuses to add or to take away, where moto lets it pass."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from rehearsal.aws import required
from rehearsal.aws.call import Call
from rehearsal.aws.quota import VPCS
from rehearsal.aws.refusal import refuse

LARGEST, SMALLEST = 16, 28
_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


def create(call: Call) -> None:
    required.GUARDS["CreateVpc"](call)
    if len(call.backend.vpcs) >= VPCS:
        raise refuse("vpcs")


def associate(call: Call) -> None:
    required.GUARDS["AssociateVpcCidrBlock"](call)
    text = call.get("CidrBlock")
    if text is None:
        return
    vpc = call.backend.get_vpc(call.get("VpcId"))
    network = _network(text)
    if network is None or not LARGEST <= network.prefixlen <= SMALLEST:
        raise refuse("vpc_range", cidr=text)
    taken = [IPv4Network(one["cidr_block"]) for one in vpc.cidr_block_association_set if _is_there(one)]
    if any(network.overlaps(one) for one in taken):
        raise refuse("vpc_range_conflict", cidr=text)
    if _restricted(network, IPv4Network(vpc.cidr_block), taken):
        raise refuse("vpc_range_restricted", cidr=text)


def disassociate(call: Call) -> None:
    wanted = call.get("AssociationId")
    for vpc in call.backend.vpcs.values():
        for one in vpc.cidr_block_association_set:
            if one["association_id"] == wanted and _is_there(one) and one["cidr_block"] != vpc.cidr_block:
                whole = IPv4Network(one["cidr_block"])
                if any(subnet.subnet_of(whole) for subnet in _subnets(call, vpc.id)):
                    raise refuse("vpc_range_in_use", vpc=vpc.id, cidr=whole)


def check_group(call: Call) -> None:
    """A security group of no VPC would have no rules for what goes out, which clients wait for."""
    vpc_id = call.get("VpcId")
    if vpc_id:
        call.backend.get_vpc(vpc_id)


def check_subnet(call: Call) -> None:
    subnet_id = call.get("SubnetId")
    if subnet_id:
        call.backend.get_subnet(subnet_id)


def _subnets(call: Call, vpc_id: str) -> Iterator[IPv4Network]:
    for zones in call.backend.subnets.values():
        for subnet in zones.values():
            if subnet.vpc_id == vpc_id and subnet.cidr_block:
                yield IPv4Network(subnet.cidr_block)


def _is_there(association: dict[str, dict[str, str]]) -> bool:
    return association["cidr_block_state"]["state"] in ("associating", "associated")


def _network(text: str) -> IPv4Network | None:
    try:
        return IPv4Network(text)
    except ValueError:
        return None


def _restricted(network: IPv4Network, first: IPv4Network, taken: list[IPv4Network]) -> bool:
    """The table of restricted associations (AWS, VPC CIDR blocks)."""

    def within(one: IPv4Network, *ranges: str) -> bool:
        return any(one.subnet_of(IPv4Network(each)) for each in ranges)

    foreign = [one for one in _PRIVATE if network.subnet_of(one) and not first.subnet_of(one)]
    if foreign or (within(network, "198.19.0.0/16") and not within(first, "198.19.0.0/16")):
        return True
    if within(first, "172.16.0.0/12") and within(network, "172.31.0.0/16"):
        return True
    return within(network, "10.0.0.0/16") and any(within(one, "10.0.0.0/15") for one in taken)
