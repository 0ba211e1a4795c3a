"""AWS's VPCs behind VPN gateways, read with boto3: subnets, route tables as they stand, security groups, ACLs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from ..aws_side import Ec2
from ..transit import read as read_transit
from .networks import ANY, FIRST_HOST, AwsGateway, AwsNetwork, AwsSubnet, Machine, Rule, Vpc, VpcRoute

Json = dict[str, Any]

PROTOCOLS = {"-1": "*", "6": "tcp", "17": "udp", "1": "icmp"}


@dataclass(frozen=True)
class Names:
    """What a rule or a route may name instead of a range: prefixes by id of a security group, and of a prefix list."""

    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of_rule(self, permission: Json) -> tuple[str, ...]:
        named = (
            *(r["CidrIp"] for r in permission.get("IpRanges", [])),
            *(p for g in permission.get("UserIdGroupPairs", []) for p in self.groups.get(g["GroupId"], ())),
            *(p for n in permission.get("PrefixListIds", []) for p in self.lists.get(n["PrefixListId"], ())),
        )
        return tuple(dict.fromkeys(named))


NO_NAMES = Names()


def read(ec2: Ec2, regions: Iterable[str]) -> AwsNetwork:
    networks = [_region(ec2(region)) for region in sorted(set(regions))]
    return AwsNetwork(
        gateways=tuple(g for n in networks for g in n.gateways), vpcs=tuple(v for n in networks for v in n.vpcs)
    )


def _region(client: Any) -> AwsNetwork:
    gateways = tuple(_gateways(client))
    ids = sorted({v for g in gateways for v in g.vpcs})
    if not ids:
        return AwsNetwork(gateways)
    of = [{"Name": "vpc-id", "Values": ids}]
    subnets = client.describe_subnets(Filters=of)["Subnets"]
    tables = client.describe_route_tables(Filters=of)["RouteTables"]
    acls = client.describe_network_acls(Filters=of)["NetworkAcls"]
    groups = client.describe_security_groups(Filters=of)["SecurityGroups"]
    vpcs = client.describe_vpcs(VpcIds=ids)["Vpcs"]
    running = [*of, {"Name": "instance-state-name", "Values": ["running"]}]
    reservations = client.describe_instances(Filters=running)["Reservations"]
    instances = [i for r in reservations for i in r["Instances"]]
    names = Names(members(groups, subnets, instances), _lists(client, groups, tables))
    return AwsNetwork(gateways, tuple(vpc(v, subnets, tables, acls, groups, instances, names) for v in vpcs))


def members(groups: list[Json], subnets: Iterable[Json], instances: Iterable[Json]) -> dict[str, tuple[str, ...]]:
    """The addresses of a security group: of the instances that carry it, and of machines that nobody made."""
    found: dict[str, list[str]] = {g["GroupId"]: [] for g in groups}
    made = {i["PrivateIpAddress"] for i in instances if i.get("PrivateIpAddress")}
    for instance in instances:
        for group in carried(instance, groups) if instance.get("PrivateIpAddress") else ():
            found[group["GroupId"]].append(instance["PrivateIpAddress"])
    for subnet in subnets:
        network = ip_network(subnet["CidrBlock"])
        first = str(network[FIRST_HOST]) if network.num_addresses > FIRST_HOST else ""
        for group in by_nobody([g for g in groups if g["VpcId"] == subnet["VpcId"]]) if first not in made else ():
            found[group["GroupId"]].append(first)
    return {name: tuple(f"{a}/32" for a in addresses) for name, addresses in found.items()}


def _lists(client: Any, groups: Iterable[Json], tables: Iterable[Json]) -> dict[str, tuple[str, ...]]:
    """The prefix lists that are named in a rule or a route."""
    permissions = [p for g in groups for side in ("IpPermissions", "IpPermissionsEgress") for p in g.get(side, [])]
    named = {n["PrefixListId"] for p in permissions for n in p.get("PrefixListIds", [])}
    named |= {r["DestinationPrefixListId"] for t in tables for r in t["Routes"] if r.get("DestinationPrefixListId")}
    return {
        name: tuple(e["Cidr"] for e in client.get_managed_prefix_list_entries(PrefixListId=name)["Entries"])
        for name in sorted(named)
    }


def _gateways(client: Any) -> Iterator[AwsGateway]:
    for g in client.describe_vpn_gateways()["VpnGateways"]:
        attached = tuple(a["VpcId"] for a in g.get("VpcAttachments", []) if a.get("State") == "attached")
        yield AwsGateway(g["VpnGatewayId"], attached)
    transit = client.describe_transit_gateways()["TransitGateways"]
    attachments = client.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"] if transit else []
    tables = read_transit(client, [g["TransitGatewayId"] for g in transit])
    for g in transit:
        name = g["TransitGatewayId"]
        ours = [a for a in attachments if a["TransitGatewayId"] == name and a["State"] == "available"]
        behind = tuple(a["VpcId"] for a in ours if a.get("VpcId"))  # moto lists those of VPN connections, too
        ecmp = g.get("Options", {}).get("VpnEcmpSupport") != "disable"
        yield AwsGateway(name, behind, transit=True, ecmp=ecmp, tables=tables[name])


def vpc(
    body: Json,
    subnets: list[Json],
    tables: list[Json],
    acls: list[Json],
    groups: list[Json],
    instances: Iterable[Json] = (),
    names: Names = NO_NAMES,
) -> Vpc:
    name = body["VpcId"]
    made = [(i["SubnetId"], machine(i, groups, names)) for i in instances if i.get("PrivateIpAddress")]
    mine = [s for s in subnets if s["VpcId"] == name]
    associated = [
        a["CidrBlock"]
        for a in body.get("CidrBlockAssociationSet", [])
        if a.get("CidrBlockState", {}).get("State") in (None, "associated")
    ]
    return Vpc(
        id=name,
        prefixes=tuple(associated or [body["CidrBlock"]]),
        subnets=tuple(
            AwsSubnet(
                id=s["SubnetId"],
                prefix=s["CidrBlock"],
                routes=routes(
                    _of(tables, name, s["SubnetId"], lambda t: any(a.get("Main") for a in t["Associations"])), names
                ),
                acl=acl_rules(_of(acls, name, s["SubnetId"], lambda a: a["IsDefault"])),
                machines=tuple(m for subnet, m in made if subnet == s["SubnetId"]),
            )
            for s in sorted(mine, key=lambda s: str(s["SubnetId"]))
        ),
        groups=group_rules(by_nobody([g for g in groups if g["VpcId"] == name]), names),
    )


def _of(found: list[Json], vpc_id: str, subnet_id: str, is_default: Any) -> Json:
    """The subnet's own table or list, else the VPC's default one."""
    mine = [f for f in found if f["VpcId"] == vpc_id]
    own = [f for f in mine if any(a.get("SubnetId") == subnet_id for a in f.get("Associations", []))]
    return next(iter(own or [f for f in mine if is_default(f)]), {})


def routes(table: Json, names: Names = NO_NAMES) -> tuple[VpcRoute, ...]:
    """Those that are active and leave the VPC, also propagated ones; a static one wins, and of those one that names
    no prefix list (AWS, route priority)."""
    found: dict[str, VpcRoute] = {}
    ordered = sorted(
        table.get("Routes", []),
        key=lambda r: (r.get("Origin") == "EnableVgwRoutePropagation", bool(r.get("DestinationPrefixListId"))),
    )
    for r in ordered:
        if r.get("GatewayId") != "local" and r.get("State") == "active":
            target = r.get("GatewayId") or r.get("TransitGatewayId") or ""
            own = (r["DestinationCidrBlock"],) if r.get("DestinationCidrBlock") else ()
            for prefix in own or names.lists.get(r.get("DestinationPrefixListId", ""), ()):
                found.setdefault(prefix, VpcRoute(prefix, target))
    return tuple(found.values())


def machine(instance: Json, groups: list[Json], names: Names = NO_NAMES) -> Machine:
    rules = group_rules(carried(instance, groups), names)
    return Machine(instance["InstanceId"], instance["PrivateIpAddress"], rules)


def carried(instance: Json, groups: list[Json]) -> list[Json]:
    """The instance's own groups; the default one where it shows none."""
    places = (instance.get("SecurityGroups") or (), *(n.get("Groups") or () for n in instance["NetworkInterfaces"]))
    own = {g["GroupId"] for groups_of_one in places for g in groups_of_one}
    mine = [g for g in groups if g["VpcId"] == instance["VpcId"]]
    return [g for g in mine if g["GroupId"] in own] or [g for g in mine if g["GroupName"] == "default"]


def by_nobody(groups: list[Json]) -> list[Json]:
    """What a machine carries that nobody made: all groups of its VPC, the default one only where there is no other."""
    return [g for g in groups if g["GroupName"] != "default"] or groups


def group_rules(groups: list[Json], names: Names = NO_NAMES) -> tuple[Rule, ...]:
    """Of all the groups together."""
    return tuple(
        _rule(p, f"{g['GroupName']} {number}", inbound=inbound, allow=True, prefixes=names.of_rule(p))
        for g in sorted(groups, key=lambda g: str(g["GroupId"]))
        for inbound, entries in ((True, g.get("IpPermissions", [])), (False, g.get("IpPermissionsEgress", [])))
        for number, p in enumerate(entries, 1)
    )


def acl_rules(acl: Json) -> tuple[Rule, ...]:
    found = [
        _rule(
            {
                "IpProtocol": e["Protocol"],
                "FromPort": e.get("PortRange", {}).get("From"),
                "ToPort": e.get("PortRange", {}).get("To"),
            },
            f"acl {e['RuleNumber']}",
            inbound=not e["Egress"],
            allow=e["RuleAction"] == "allow",
            prefixes=(e["CidrBlock"],),
            order=int(e["RuleNumber"]),
        )
        for e in acl.get("Entries", [])
        if e.get("CidrBlock")
    ]
    return tuple(sorted(found, key=lambda r: (not r.inbound, r.order)))


def _rule(body: Json, name: str, *, inbound: bool, allow: bool, prefixes: tuple[str, ...], order: int = 0) -> Rule:
    protocol = PROTOCOLS.get(str(body["IpProtocol"]), str(body["IpProtocol"]))
    low, high = body.get("FromPort"), body.get("ToPort")
    ports = ANY if protocol not in ("tcp", "udp") or low in (None, -1) else (f"{low}-{high}",)
    return Rule(
        name=name,
        inbound=inbound,
        allow=allow,
        order=order,
        protocol=protocol,
        sources=prefixes if inbound else ANY,
        destinations=ANY if inbound else prefixes,
        destination_ports=ports,
    )
