# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What both clouds have that is not as planned, and what stands in the link's networks that no plan knows.

The catalogue's checks against the plan say most of it; whether a tunnel is up is no drift. Pure; keys are compared by
their fingerprints, those of both ends by the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm, ec2
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import reading, registry
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.examination import case_of, examine
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import AWS, AZURE, FAILED, UNREAD

Json = Mapping[str, Any]

SCHEMA = "hybrid.s2s_vpn drift 1"
AGAIN = "Run site.yml again."
NEW_KEYS = "Give both clouds your keys with rotate_keys.yml, or correct s2s_vpn_pre_shared_keys."
WATCH_AGAIN = "Run monitor.yml again."
#: Checks that compare the two ends with each other, and that a planned link passes.
BOTH_ENDS = ("keys.equal", "outside.azure", "outside.aws", "azure.answer", "aws.answer")
#: Parts of AWS's reading that no check looks at.
ONLY_LISTED = ("network interfaces", "internet gateways", "VPC peerings")


@dataclass(frozen=True)
class Difference:
    """``check`` is the catalogue's name, or ``tags``, ``propagation``, ``keys.given`` or ``monitoring``."""

    cloud: str
    resource: str
    check: str
    tunnel: str | None
    expected: str
    found: str
    remedy: str


@dataclass(frozen=True)
class Unmanaged:
    """Something in the link's networks that is not the link's. ``where`` it is, ``kind`` in the cloud's words."""

    cloud: str
    kind: str
    name: str
    where: str


@dataclass(frozen=True)
class Drift:
    """``unread``: what could not be compared, a line each. ``complete`` is false where the link may differ there; keys
    that a store of secrets keeps cannot be compared at all, and what is only listed is no difference: they do not
    count."""

    differences: list[Difference]
    unmanaged: list[Unmanaged]
    unread: list[str]
    complete: bool = True

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def drift_of(
    azure: Json | None,
    aws: Json | None,
    plan: Json,
    given: Mapping[str, str] | None = None,
    watching: Mapping[str, Json] | None = None,
) -> Drift:
    """What differs.

    :param azure: the readings of azure_link_info and aws_link_info, None where a cloud did not answer
    :param given: fingerprints of the user's own keys by inside CIDR, made as those of the readings
    :param watching: what aws_link_alarms, azure_link_alarms and aws_tunnel_log_group answer in check mode with diff, by
        their names
    """
    found = [one for one in examine(azure, aws, plan).checks if _compares(one.name)]
    differences = [
        Difference(one.cloud, one.resource, one.name, one.tunnel, one.expected, one.found, one.remedy or AGAIN)
        for one in found
        if one.status == FAILED
    ]
    unread = [f"{one.resource}: {one.found}" for one in found if one.status == UNREAD]
    watching = watching or {}
    blind = [f"{WATCHERS[name]}: {one.get('msg')}" for name, one in watching.items() if one.get("failed")]
    unlisted = [
        f"{what}: {reading.text(one, 'why')} {reading.text(one, 'permission')}".rstrip()
        for one in reading.entries(aws, "unread")
        if (what := reading.text(one, "what")) in ONLY_LISTED
    ]
    return Drift(
        [
            *differences,
            *_given_keys(azure, aws, plan, given or {}),
            *_tags(azure, aws, plan),
            *_propagation(azure, aws, plan),
            *_watched(watching),
        ],
        [*_azure_unmanaged(azure, plan), *_aws_unmanaged(aws, plan)],
        list(dict.fromkeys([*unread, *blind, *unlisted])),
        not blind and all(one.status != UNREAD or one.name == "keys.equal" for one in found),
    )


def _compares(name: str) -> bool:
    planned = registry.CHECKS[name].planned and name.partition(".")[0] in (AZURE, AWS)
    return planned or name in BOTH_ENDS


# ------------------------------------------------------------------------------------- what the catalogue does not say


def _tags(azure: Json | None, aws: Json | None, plan: Json) -> Iterator[Difference]:
    """Of what the link has made: it has the owner's tag."""
    wanted = {str(name): str(value) for name, value in plan["tags"].items()}
    for cloud, name, tags in (*_tagged_azure(azure), *_tagged_aws(aws)):
        if tags.get(ec2.OWNER_ID) != plan["owner"]["id"]:
            continue
        wrong = {key: tags.get(key) for key, value in wanted.items() if tags.get(key) != value}
        if wrong:
            expected = ", ".join(f"{key}={wanted[key]}" for key in wrong)
            found = ", ".join(f"{key}={value}" if value is not None else f"no {key}" for key, value in wrong.items())
            yield Difference(cloud, name, "tags", None, expected, found, AGAIN)


def _given_keys(azure: Json | None, aws: Json | None, plan: Json, given: Mapping[str, str]) -> Iterator[Difference]:
    """Each end has the key that the user gave. One that cannot be read is told by the comparison of both ends."""
    ends = {
        reading.text(tunnel, "TunnelInsideCidr"): (ec2.tag_dict(one.get("Tags")).get("Name", ""), tunnel)
        for one in reading.entries(aws, "vpn_connections")
        for tunnel in reading.entries(one, "Options", "TunnelOptions")
    }
    here, there = ({} if one is None else one.get("fingerprints") or {} for one in (azure, aws))
    for tunnel in plan["tunnels"]:
        wanted = given.get(tunnel["inside_cidr"])
        connection, end = ends.get(tunnel["inside_cidr"], ("", {}))
        for cloud, name, seen in (
            (AZURE, tunnel["resource_name"], here.get(tunnel["resource_name"])),
            (AWS, connection, there.get(reading.text(end, "OutsideIpAddress"))),
        ):
            if wanted and seen and seen != wanted:
                yield Difference(cloud, name, "keys.given", tunnel["name"], "your key", "another key", NEW_KEYS)


#: Of what watches the link, by the module that knows it.
WATCHERS = {
    "aws_link_alarms": "AWS's alarms",
    "azure_link_alarms": "Azure's alerts and logs",
    "aws_tunnel_log_group": "the log group of AWS's tunnels",
}
MOST_SHOWN = 3


def _watched(answers: Mapping[str, Json]) -> Iterator[Difference]:
    """Alarms, alerts and logs, if the link is watched at all: then something of it carries the link's tag."""
    alarms = [answers[name] for name in ("aws_link_alarms", "azure_link_alarms") if name in answers]
    if not any(_stands(one) for one in alarms):
        answers = {name: one for name, one in answers.items() if name == "aws_tunnel_log_group"}
    for name, answer in answers.items():
        before, after = (_resources(name, reading.at(answer, "diff", side) or {}) for side in ("before", "after"))
        cloud = AZURE if name.startswith("azure") else AWS
        for resource in sorted({*before, *after}):
            was, wanted = before.get(resource) or {}, after.get(resource) or {}
            expected, found = ("there", "missing") if not was else ("none", "there")
            if was and wanted:
                expected, found = _members(wanted, was)
            yield Difference(cloud, resource, "monitoring", None, expected, found, WATCH_AGAIN)


def _resources(module: str, side: Json) -> Json:
    """A side of the diff by the names of resources; the module of log groups has one and is asked for one."""
    return ({side["name"]: side} if side else {}) if module == "aws_tunnel_log_group" else side


def _stands(answer: Json) -> bool:
    """Whether any alarm, alert or setting of the link is there."""
    before = reading.at(answer, "diff", "before") or {}
    listed = [*reading.entries(answer, "alarms"), *reading.entries(answer, "alerts")]
    return any(before.values()) or any(not one.get("changed") for one in listed)


def _members(wanted: Json, was: Json) -> tuple[str, str]:
    """What differs in words: as wanted, as found; no more than a few."""
    leaves = [(path, value, _at(was, path)) for path, value in _leaves(wanted)]
    other = [one for one in leaves if one[1] != one[2]][:MOST_SHOWN]
    names = [next((step for step in reversed(path) if isinstance(step, str)), "") for path, _value, _seen in other]
    expected = ", ".join(f"{name} {value}" for name, (_path, value, _seen) in zip(names, other, strict=True))
    found = ", ".join(f"{name} {seen}" for name, (_path, _value, seen) in zip(names, other, strict=True))
    return expected or "as monitor.yml makes it", found or "changed"


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    inside: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, Mapping):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    else:
        yield path, value
    for step, one in inside:
        yield from _leaves(one, (*path, step))


def _at(value: Any, path: Iterable[str | int]) -> Any:
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


AZURE_PARTS = ("connections", "local_gateways", "public_addresses", "security_groups", "route_tables")
AWS_PARTS = ("vpn_connections", "customer_gateways", "vpcs", "subnets", "route_tables", "security_groups")


def _tagged_azure(azure: Json | None) -> Iterator[tuple[str, str, Json]]:
    alone = [one for part in ("gateway", "virtual_network") if isinstance(one := reading.at(azure, part), Mapping)]
    for one in [*alone, *(each for part in AZURE_PARTS for each in reading.entries(azure, part))]:
        yield AZURE, reading.text(one, "name"), one.get("tags") or {}


def _tagged_aws(aws: Json | None) -> Iterator[tuple[str, str, Json]]:
    alone = [one for part in ("gateway",) if isinstance(one := reading.at(aws, part), Mapping)]
    for one in [*alone, *(each for part in AWS_PARTS for each in reading.entries(aws, part))]:
        tags = ec2.tag_dict(one.get("Tags"))
        yield AWS, tags.get("Name", ""), tags


def _propagation(azure: Json | None, aws: Json | None, plan: Json) -> Iterator[Difference]:
    """The virtual private gateway propagates its routes into the app subnet's table."""
    case = case_of(azure, aws, plan)
    if case.aws is None or case.aws.gateway is None or "route_tables" in case.aws.unread:
        return
    name = plan["aws"]["network"]["route_table"]["name"]
    for table in reading.entries(aws, "route_tables"):
        if ec2.tag_dict(table.get("Tags")).get("Name") != name:
            continue
        gateways = [reading.text(one, "GatewayId") for one in reading.entries(table, "PropagatingVgws")]
        if case.aws.gateway.id not in gateways:
            expected, found = f"propagates from {case.aws.gateway.name}", "it does not"
            yield Difference(AWS, name, "propagation", None, expected, found, AGAIN)


# ----------------------------------------------------------------------------------------------------------- unmanaged


def _lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


def _azure_unmanaged(azure: Json | None, plan: Json) -> Iterator[Unmanaged]:
    network = plan["azure"]["network"]
    adopted = _lower(plan["adopt"])
    own_subnets = _lower((network["app_subnet"]["name"], network["gateway_subnet"]["name"]))
    vnet = reading.at(azure, "virtual_network")
    place = reading.text(vnet, "name")
    for one in reading.entries(vnet, "properties", "subnets"):
        name = reading.text(one, "name")
        if name.lower() in own_subnets:
            if name.lower() != "gatewaysubnet":
                for used in reading.entries(one, "properties", "ipConfigurations"):
                    kind, user = _user_of(reading.text(used, "id"))
                    yield Unmanaged(AZURE, kind, user, f"subnet {name}")
        elif place.lower() not in adopted:
            yield Unmanaged(AZURE, "subnet", name, place)
    for one in reading.entries(vnet, "properties", "virtualNetworkPeerings"):
        if place.lower() not in adopted:
            yield Unmanaged(AZURE, "peering", reading.text(one, "name"), place)
    for part, kind, member, own in (
        ("security_groups", "rule", "securityRules", network["nsg"]),
        ("route_tables", "route", "routes", network["route_table"]),
    ):
        planned = _lower(one["name"] for one in own["rules" if kind == "rule" else "routes"])
        for group in reading.entries(azure, part):
            if reading.text(group, "name").lower() != own["name"].lower():
                continue
            for one in reading.entries(group, "properties", member):
                if reading.text(one, "name").lower() not in planned:
                    yield Unmanaged(AZURE, kind, reading.text(one, "name"), own["name"])
    gateway = plan["azure"]["gateway"]["name"]
    tunnels = _lower(tunnel["resource_name"] for tunnel in plan["tunnels"])
    for one in reading.entries(azure, "connections"):
        name = reading.text(one, "name")
        if name.lower() not in tunnels and gateway.lower() not in adopted:
            yield Unmanaged(AZURE, "connection", name, gateway)


def _user_of(ip_configuration: str) -> tuple[str, str]:
    """(kind, name) of what an IP configuration belongs to."""
    owner = ip_configuration.rsplit("/ipConfigurations/", 1)[0]
    kind = arm.kind_of(owner).rpartition("/")[2]
    return {"networkInterfaces": "network interface"}.get(kind, kind or "IP configuration"), arm.name_of(owner)


def _aws_unmanaged(aws: Json | None, plan: Json) -> Iterator[Unmanaged]:
    network, gateway = plan["aws"]["network"], plan["aws"]["gateway"]
    adopted = _lower(plan["adopt"])

    def name_of(one: Json, identifier: str) -> str:
        return ec2.tag_dict(one.get("Tags")).get("Name") or reading.text(one, identifier)

    def mine(one: Json) -> bool:
        return ec2.tag_dict(one.get("Tags")).get(ec2.OWNER_ID) == plan["owner"]["id"]

    place = network["vpc"]["name"]
    names = _lower(network[part]["name"] for part in ("app_subnet", "route_table", "security_group"))
    if place.lower() not in adopted:
        for part, kind, identifier in (
            ("subnets", "subnet", "SubnetId"),
            ("route_tables", "route table", "RouteTableId"),
            ("security_groups", "security group", "GroupId"),
            ("network_acls", "network ACL", "NetworkAclId"),
            ("internet_gateways", "internet gateway", "InternetGatewayId"),
            ("vpc_peering_connections", "peering", "VpcPeeringConnectionId"),
        ):
            for one in reading.entries(aws, part):
                known = {name_of(one, identifier).lower(), reading.text(one, "GroupName").lower()} & names
                if not (known or mine(one) or _default(one)):
                    yield Unmanaged(AWS, kind, name_of(one, identifier), place)
    app = network["app_subnet"]["name"]
    own_subnets = {
        reading.text(one, "SubnetId")
        for one in reading.entries(aws, "subnets")
        if name_of(one, "SubnetId").lower() == app.lower()
    }
    for one in reading.entries(aws, "network_interfaces"):
        if reading.text(one, "SubnetId") in own_subnets:
            name = ec2.tag_dict(one.get("TagSet")).get("Name") or reading.text(one, "NetworkInterfaceId")
            yield Unmanaged(AWS, "network interface", name, f"subnet {app}")
    for table in reading.entries(aws, "route_tables"):
        if mine(table):
            for route in reading.entries(table, "Routes"):
                if route.get("Origin") == "CreateRoute":
                    cidr = route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock") or "a prefix list"
                    yield Unmanaged(AWS, "route", str(cidr), name_of(table, "RouteTableId"))
    planned = _lower(connection["name"] for connection in gateway["connections"])
    for one in reading.entries(aws, "vpn_connections"):
        name = name_of(one, "VpnConnectionId")
        if name.lower() not in planned and gateway["vgw"]["name"].lower() not in adopted:
            yield Unmanaged(AWS, "VPN connection", name, gateway["vgw"]["name"])


def _default(one: Json) -> bool:
    """What AWS makes with a VPC."""
    main = any(reading.flag(each, "Main") for each in reading.entries(one, "Associations"))
    return main or one.get("GroupName") == "default" or bool(one.get("IsDefault"))


# -------------------------------------------------------------------------------------------------------------- people


def rows(drift: Drift) -> list[tuple[str, ...]]:
    """A table of the differences, the header first."""
    clouds = {AZURE: "Azure", AWS: "AWS"}
    return [
        ("Cloud", "Resource", "Tunnel", "Planned", "Found"),
        *(
            (clouds.get(one.cloud, "both"), one.resource, one.tunnel or "", one.expected, one.found)
            for one in drift.differences
        ),
    ]


def unmanaged_rows(drift: Drift) -> list[tuple[str, ...]]:
    clouds = {AZURE: "Azure", AWS: "AWS"}
    return [
        ("Not managed", "Kind", "Name", "Where"),
        *((clouds[one.cloud], one.kind, one.name, one.where) for one in drift.unmanaged),
    ]
