#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: s2s_vpn_preflight
short_description: Look at both clouds before the first change of a link
version_added: 1.0.0
description:
  - Signs in to Azure and AWS, says who that is, and works out the id by which the link owns its resources.
  - Finds what would stop the build later. That is a wrong account, an unknown location or region, zones that the
    location does not have, names that are taken by something that the link does not own, names to adopt that nothing
    has, a VPC with another virtual private gateway, quotas of AWS that would be exceeded, and ranges of a standing
    network that cannot become those of the plan.
  - All problems are reported at once. Nothing is changed.
options:
  plan:
    description:
      - The plan of the link, the fact C(s2s_vpn_plan) of M(hybrid.s2s_vpn.s2s_vpn_plan). The regions and AWS's quotas
        come from it.
    type: dict
    required: true
  expected_aws_account:
    description:
      - The number of the AWS account that the link belongs to. Another one is a problem. Quote it, it may begin with
        0.
    type: str
  expected_azure_subscription:
    description:
      - The id of the Azure subscription that the link belongs to. Another one is a problem.
    type: str
  for_build:
    description:
      - Judge names, locations and quotas too, as a build needs it. Without it only the identities are judged, so that
        a link can be looked at or removed whatever else stands in the clouds.
    type: bool
    default: true
  change_routing:
    description:
      - Whether a link that stands with static routes may be one of BGP in the plan. That wants the word V(interrupt) in
        its input C(consent).
    type: bool
    default: false
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - hybrid.s2s_vpn.azure
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: all
seealso:
  - module: hybrid.s2s_vpn.s2s_vpn_plan
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: Plan the link
  hybrid.s2s_vpn.s2s_vpn_plan:
    input:
      link: hq
      azure_location: germanywestcentral
      azure_vnet_cidr: 10.1.0.0/16
      aws_region: eu-central-1
      aws_vpc_cidr: 10.2.0.0/16

- name: Look at both clouds
  hybrid.s2s_vpn.s2s_vpn_preflight:
    plan: "{{ ansible_facts.s2s_vpn_plan }}"
    expected_aws_account: "123456789012"
    expected_azure_subscription: 00000000-0000-0000-0000-000000000000
  register: preflight
"""

RETURN = r"""
identity:
  description: Who is signed in. A cloud that did not answer is absent.
  returned: always
  type: dict
  sample:
    aws: {account: "123456789012", arn: "arn:aws:iam::123456789012:user/network", region: eu-central-1}
    azure:
      subscription: 00000000-0000-0000-0000-000000000000
      name: Network
      tenant: 11111111-1111-1111-1111-111111111111
owner_id:
  description: The value of the tag C(s2s_vpn:id) of all that the link owns.
  returned: when both clouds have answered
  type: str
  sample: 3f2a9c0d1e4b
conflicts:
  description: Resources of the plan's names that the link neither owns nor adopts.
  returned: always
  type: list
  elements: dict
  sample: []
existing:
  description: What is there already, for the tasks that come after.
  returned: when both clouds have answered
  type: dict
  sample:
    azure:
      resource_group: true
      subnets: [app]
      routes: []
      as_planned: []
      failed: []
    aws:
      route_table_id: ""
      static_connections: []
    half_connected: false
problems:
  description: All that stands against building, in words.
  returned: failure
  type: list
  elements: str
  sample: ["the AWS account is 210987654321, and expected_aws_account is 123456789012"]
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm_network, consent, ranges
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2 as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.arm import is_own_route
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws, azure
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import PREFIX, listed
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import Identity, owner_id
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.variables import QUOTA

NETWORK = "Microsoft.Network/"
#: What is read of the network, its kind, and its place in the plan.
PARTS = (
    ("vnet", "virtualNetworks", "vnet"),
    ("nsg", "networkSecurityGroups", "nsg"),
    ("route table", "routeTables", "route_table"),
)
CLOUDS = {"aws": "AWS", "azure": "Azure"}


# --- what is read -------------------------------------------------------------------------------


def aws_names(plan: Mapping[str, Any]) -> dict[str, list[str]]:
    """Names of the plan by the kind of resource. Customer gateways go by address and are not here."""
    network, gateway = plan["aws"]["network"], plan["aws"]["gateway"]
    return {
        "vpc": [network["vpc"]["name"]],
        "subnet": [network["app_subnet"]["name"]],
        "route_table": [network["route_table"]["name"]],
        "security_group": [network["security_group"]["name"]],
        "vpn_gateway": [gateway["vgw"]["name"]],
        "vpn_connection": [connection["name"] for connection in gateway["connections"]],
    }


def azure_names(plan: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    """Resource group -> kind -> names of the plan."""
    network, gateway, connection = (plan["azure"][part] for part in ("network", "gateway", "connection"))
    names: dict[str, dict[str, list[str]]] = {}

    def add(group: str, kind: str, *more: str) -> None:
        names.setdefault(group, {}).setdefault(kind, []).extend(more)

    add(network["resource_group"], "virtualNetworks", network["vnet"]["name"])
    add(network["resource_group"], "networkSecurityGroups", network["nsg"]["name"])
    add(network["resource_group"], "routeTables", network["route_table"]["name"])
    add(gateway["resource_group"], "virtualNetworkGateways", gateway["name"])
    add(gateway["resource_group"], "publicIPAddresses", *(one["public_ip_name"] for one in gateway["instances"]))
    tunnels = [one["resource_name"] for one in plan["tunnels"]]
    add(connection["resource_group"], "localNetworkGateways", *tunnels)
    add(connection["resource_group"], "connections", *tunnels)
    return names


def aws_reads(sts: Any, ec2: Any, plan: Mapping[str, Any]) -> dict[str, Callable[[], Any]]:
    names = aws_names(plan)

    def named(kind: str, tag: str = "tag:Name") -> list[dict[str, Any]]:
        return [{"Name": tag, "Values": names[kind]}]

    return {
        "aws identity": lambda: aws.call(sts, "get_caller_identity", "the credentials"),
        "vpc": lambda: aws.describe_vpcs(ec2),
        "subnet": lambda: aws.describe_subnets(ec2, named("subnet")),
        "subnet range": lambda: aws.describe_subnets(
            ec2, [{"Name": "cidr-block", "Values": [plan["aws"]["network"]["app_subnet"]["cidr"]]}]
        ),
        "route_table": lambda: aws.describe_route_tables(ec2, filters=named("route_table")),
        "security_group": lambda: aws.describe_security_groups(ec2, named("security_group", "group-name")),
        "vpn_gateway": lambda: words.alive(aws.describe_vpn_gateways(ec2)),
        "vpn_connection": lambda: words.alive(aws.describe_vpn_connections(ec2)),
        "customer_gateway": lambda: words.alive(aws.describe_customer_gateways(ec2)),
    }


def azure_reads(arm: azure.Arm, plan: Mapping[str, Any]) -> dict[str, Callable[[], Any]]:
    reads: dict[str, Callable[[], Any]] = {
        "locations": lambda: arm.listing(f"/subscriptions/{arm.subscription_id}/locations", azure.SUBSCRIPTIONS_API),
    }
    for group in azure_names(plan):
        path = arm.group_id(group)
        reads[f"group {group}"] = partial(arm.get, path, azure.RESOURCES_API)
        reads[f"resources {group}"] = partial(arm.listing, f"{path}/resources", azure.RESOURCES_API)
    network = plan["azure"]["network"]
    for what, kind, part in PARTS:
        name = network[part]["name"]
        reads[what] = partial(arm.get, arm.id(network["resource_group"], kind, name), azure.NETWORK_API)
    return reads


def all_at_once(reads: Mapping[str, Callable[[], Any]]) -> tuple[dict[str, Any], list[str]]:
    """What was read, and what could not be, each reason once."""
    found: dict[str, Any] = {}
    failed: dict[tuple[type, str], str] = {}
    with ThreadPoolExecutor(max_workers=max(1, len(reads))) as pool:
        futures = {name: pool.submit(read) for name, read in reads.items()}
    for name, future in futures.items():
        try:
            found[name] = future.result()
        except (aws.AwsError, azure.AzureError) as error:
            failed.setdefault((type(error), error.remedy or error.code), str(error))
    return found, list(failed.values())


# --- what it means ------------------------------------------------------------------------------


def identity_of(found: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    identity = {}
    if "aws identity" in found:
        caller = found["aws identity"]
        region = plan["aws"]["network"]["region"]
        identity["aws"] = {"account": caller["Account"], "arn": caller["Arn"], "region": region}
    if "azure identity" in found:
        subscription = found["azure identity"]
        identity["azure"] = {
            "subscription": subscription.get("subscriptionId"),
            "name": subscription.get("displayName"),
            "tenant": subscription.get("tenantId"),
        }
    return identity


def wrong_account(identity: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[str]:
    account, expected = identity.get("aws", {}).get("account"), params["expected_aws_account"]
    if account and expected and account != expected:
        yield (
            f"the AWS account is {account}, and expected_aws_account is {expected}:"
            " use the credentials of that account, or correct the number"
        )
    subscription = str(identity.get("azure", {}).get("subscription") or "")
    expected = params["expected_azure_subscription"]
    if subscription and expected and subscription.lower() != expected.lower():
        yield (
            f"the Azure subscription is {subscription}, and expected_azure_subscription is {expected}:"
            " set AZURE_SUBSCRIPTION_ID (subscription_id) to that, or correct the id"
        )


def of_the_plan(vpcs: Iterable[Mapping[str, Any]], plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """VPCs of the planned name, and those of links of this name: it may have been another."""

    def concerns(vpc: Mapping[str, Any]) -> bool:
        tags = words.tag_dict(vpc.get("Tags"))
        return tags.get("Name") in aws_names(plan)["vpc"] or tags.get("s2s_vpn:link") == plan["link"]

    return [one for one in vpcs if concerns(one)]


def unknown_locations(found: Mapping[str, Any], plan: Mapping[str, Any]) -> Iterator[str]:
    known = {str(location.get("name")).lower() for location in found.get("locations") or ()}
    wanted = {plan["azure"][part]["location"] for part in ("network", "gateway", "connection")}
    for location in sorted(wanted):
        if known and location.lower() not in known:
            yield (
                f"s2s_vpn_azure_location = {location}: this subscription has no such location."
                " See az account list-locations"
            )


def missing_zones(found: Mapping[str, Any], plan: Mapping[str, Any]) -> Iterator[str]:
    """Azure: LocationNotSupportAvailabilityZones, InvalidAvailabilityZone."""
    gateway, adopt = plan["azure"]["gateway"], {name.lower() for name in plan["adopt"]}
    names = {gateway["name"], *(one["public_ip_name"] for one in gateway["instances"])}
    zones = {
        str(location.get("name")).lower(): {
            one.get("logicalZone") for one in location.get("availabilityZoneMappings") or ()
        }
        for location in found.get("locations") or ()
    }
    has = zones.get(gateway["location"].lower())
    # A cloud that tells of no zones anywhere is not asked.
    if has is None or not any(zones.values()) or not set(gateway["zones"]) - has:
        return
    if gateway["name"].lower() in adopt or all(name.lower() in adopt for name in names - {gateway["name"]}):
        return
    there = listed(sorted(has)) if has else "none"
    yield (
        f"{PREFIX}azure_zones = [{', '.join(gateway['zones'])}]: {gateway['location']} has {there}, for this"
        f" subscription: write {PREFIX}azure_zones: {json.dumps(sorted(has))}"
    )


AWS_IDS = {
    "vpc": "VpcId",
    "subnet": "SubnetId",
    "route_table": "RouteTableId",
    "security_group": "GroupId",
    "vpn_gateway": "VpnGatewayId",
    "vpn_connection": "VpnConnectionId",
}
# The variable that gives a resource another name; the others are named after the link.
VARIABLES = {
    "vpc": "s2s_vpn_aws_vpc_name",
    "subnet": "s2s_vpn_aws_app_subnet_name",
    "vpn_gateway": "s2s_vpn_aws_vgw_name",
    "resourceGroups": "s2s_vpn_azure_resource_group",
    "virtualNetworks": "s2s_vpn_azure_vnet_name",
    "virtualNetworkGateways": "s2s_vpn_azure_gateway_name",
    "publicIPAddresses": "s2s_vpn_azure_gateway_name",
}


#: The roles change these, so they are never somebody else's.
NOT_ADOPTABLE = {"subnet", "route_table", "security_group"}
ADOPTABLE = {
    "vpc": "VPC",
    "vpn_gateway": "virtual private gateway",
    "vpn_connection": "VPN connection",
    "resourceGroups": "resource group",
    "virtualNetworks": "VNet",
    "networkSecurityGroups": "network security group",
    "routeTables": "route table",
    "virtualNetworkGateways": "VPN gateway",
    "publicIPAddresses": "public address",
    "connections": "connection",
}

Conflict = dict[str, Any]


def unknown_region(found: Mapping[str, Any], plan: Mapping[str, Any]) -> Iterator[str]:
    """A hint only, where AWS has refused: a region may be newer than botocore's list."""
    region = plan["aws"]["network"]["region"]
    if "aws identity" not in found and region not in aws.known_regions():
        yield f"s2s_vpn_aws_region = {region}: botocore knows no such region. See aws ec2 describe-regions"


def conflicts_in(found: Mapping[str, Any], plan: Mapping[str, Any], owner: str) -> list[Conflict]:
    """Resources of the plan's names without the owner's tag, and not adopted."""
    adopt = {name.lower() for name in plan["adopt"]}
    gateway_adopted = plan["azure"]["gateway"]["name"].lower() in adopt

    def conflict(
        cloud: str, kind: str, name: str, identifier: str, tags: Mapping[str, str]
    ) -> Iterator[dict[str, Any]]:
        adopted = name.lower() in adopt and kind not in NOT_ADOPTABLE
        if tags.get(words.OWNER_ID) != owner and not adopted:
            link = tags.get("s2s_vpn:link")
            yield {"cloud": cloud, "type": kind, "name": name, "id": identifier, "link": link}

    conflicts: list[Conflict] = []
    for kind, names in aws_names(plan).items():
        for resource in found.get(kind) or ():
            tags = words.tag_dict(resource.get("Tags"))
            name = resource["GroupName"] if kind == "security_group" else tags.get("Name", "")
            if name in names:
                conflicts.extend(conflict("aws", kind, name, resource[AWS_IDS[kind]], tags))
    # amazon.aws.ec2_vpc_subnet finds a subnet by its range, and would take over somebody else's.
    vpcs = {one["VpcId"] for one in of_the_plan(found.get("vpc") or (), plan)}
    named = {one["id"] for one in conflicts}
    for subnet in found.get("subnet range") or ():
        if subnet["VpcId"] in vpcs and subnet["SubnetId"] not in named:
            tags = words.tag_dict(subnet.get("Tags"))
            conflicts.extend(conflict("aws", "subnet", subnet["CidrBlock"], subnet["SubnetId"], tags))
    for group, kinds in azure_names(plan).items():
        existing = found.get(f"group {group}")
        if existing:
            tags = existing.get("tags") or {}
            conflicts.extend(conflict("azure", "resourceGroups", group, existing.get("id", group), tags))
        wanted = {(NETWORK + kind).lower(): {one.lower() for one in names} for kind, names in kinds.items()}
        for resource in found.get(f"resources {group}") or ():
            kind, name = str(resource.get("type")), str(resource.get("name"))
            if name.lower() in wanted.get(kind.lower(), ()):
                if kind.lower().endswith("/publicipaddresses") and gateway_adopted:
                    continue  # a gateway comes with its addresses
                tags = resource.get("tags") or {}
                conflicts.extend(conflict("azure", kind.partition("/")[2], name, resource.get("id", name), tags))
    network = plan["azure"]["network"]
    subnet = arm_network.subnet_named(found.get("vnet"), network["app_subnet"]["name"])
    if subnet and network["vnet"]["name"].lower() in adopt:
        # It has no tags: the link's own has the link's guards from its creation on, and teardown goes by that.
        ours = {"security_group": network["nsg"]["name"], "route_table": network["route_table"]["name"]}
        has = {part: id_.rpartition("/")[2] for part, id_ in arm_network.guards_of(subnet).items()}
        foreign = [has[part] for part, name in ours.items() if has[part].lower() not in ("", name.lower())]
        if foreign or not any(has.values()):
            conflicts.extend(conflict("azure", "subnet", network["app_subnet"]["name"], "".join(foreign[:1]), {}))
    return conflicts


def range_problems(found: Mapping[str, Any], plan: Mapping[str, Any], owner: str) -> Iterator[str]:
    subnets = {one["SubnetId"]: one for what in ("subnet", "vpc subnets") for one in found.get(what) or ()}
    network = plan["azure"]["network"]
    vnets = [
        str(one.get("name"))
        for one in found.get(f"resources {network['resource_group']}") or ()
        if str(one.get("type")).lower() == f"{NETWORK}virtualNetworks".lower()
        and (one.get("tags") or {}).get(words.OWNER_ID) == owner
    ]
    if "vnet" in found:
        yield from ranges.azure_problems(plan, found["vnet"], owner, vnets)
    if "vpc" in found:
        yield from ranges.aws_problems(plan, found["vpc"], subnets.values(), owner)


def nothing_to_adopt(found: Mapping[str, Any], plan: Mapping[str, Any]) -> Iterator[str]:
    """Names in adopt of which nothing is there: the roles would make nothing, or what nobody ever deletes."""

    def problem(kind: str, name: str, where: str, place: str) -> str:
        variable = VARIABLES.get(kind, f"{PREFIX}adopt")
        return (
            f"{variable} = {name}: it is to be adopted, and {where} has no {ADOPTABLE[kind]} of that name: correct it"
            f" or {PREFIX}{place}, or take {name} out of {PREFIX}adopt to have it made"
        )

    adopt = {name.lower() for name in plan["adopt"]}
    for kind, names in aws_names(plan).items():
        there = {words.tag_dict(one.get("Tags")).get("Name") for one in found.get(kind) or ()}
        if kind in found and kind not in NOT_ADOPTABLE:
            for name in names:
                if name in plan["adopt"] and name not in there:
                    yield problem(kind, name, plan["aws"]["network"]["region"], "aws_region")
    for group, kinds in azure_names(plan).items():
        if group.lower() in adopt and f"group {group}" in found and not found[f"group {group}"]:
            yield problem("resourceGroups", group, "the subscription", "adopt")
            continue
        rows = found.get(f"resources {group}")
        there_in_azure = {(str(one.get("type")).lower(), str(one.get("name")).lower()) for one in rows or ()}
        for kind, names in kinds.items() if rows is not None else ():
            for name in names:
                # A gateway comes with its addresses, and a local gateway has the name of its connection.
                comes_along = kind == "publicIPAddresses" and plan["azure"]["gateway"]["name"].lower() in adopt
                known = {kind, "localNetworkGateways"} if kind == "connections" else {kind}
                is_there = any((f"{NETWORK}{each}".lower(), name.lower()) in there_in_azure for each in known)
                if name.lower() in adopt and kind in ADOPTABLE and not is_there and not comes_along:
                    yield problem(kind, name, f"resource group {group}", "azure_resource_group")


def other_attachments(found: Mapping[str, Any], plan: Mapping[str, Any], owner: str) -> Iterator[str]:
    """A VPC takes one virtual private gateway, and that is at one VPC."""
    network, name = plan["aws"]["network"], plan["aws"]["gateway"]["vgw"]["name"]
    vpc_name = network["vpc"]["name"]

    def ours(resource: Mapping[str, Any], planned: str) -> bool:
        tags = words.tag_dict(resource.get("Tags"))
        return tags.get(words.OWNER_ID) == owner or (tags.get("Name") == planned and planned in plan["adopt"])

    if "vpc" not in found:  # not read: nobody knows where the link's gateway belongs
        return
    own = [one["VpcId"] for one in found["vpc"] if ours(one, vpc_name)]
    vpc_id = own[0] if own else None
    for gateway in found.get("vpn_gateway") or () if len(own) < 2 else ():
        at, state = words.attachment(gateway)
        identifier, called = gateway["VpnGatewayId"], words.tag_dict(gateway.get("Tags")).get("Name")
        if at is None or state not in ("attaching", "attached"):
            continue
        if ours(gateway, name) and at != vpc_id:
            yield (
                f"{PREFIX}aws_vgw_name = {name}: virtual private gateway {identifier} is {state} to {at}, and the"
                f" link's VPC is {' '.join([vpc_name, *(f'({one})' for one in own)])}: detach it there, adopt that VPC,"
                " or write another name"
            )
        if not ours(gateway, name) and at == vpc_id:
            use = (
                f"write {PREFIX}aws_vgw_name: {called}, and {called} into {PREFIX}adopt" if called else "give it a Name"
            )
            yield (
                f"{PREFIX}aws_vgw_name = {name}: virtual private gateway {called or 'without a name'} ({identifier}) is"
                f" {state} to VPC {vpc_name} ({vpc_id}), and a VPC takes one: {use} to use it, or detach it"
            )


def existing_in(found: Mapping[str, Any], plan: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """What the roles need to know of both clouds."""
    network = plan["azure"]["network"]
    group, parts = network["resource_group"], [found.get(what) for what, _kind, _part in PARTS]
    table = (found.get("route table") or {}).get("properties") or {}
    tables = [
        one["RouteTableId"]
        for one in found.get("route_table") or ()
        if words.tag_dict(one.get("Tags")).get(words.OWNER_ID) == owner
    ]
    return {
        "azure": {
            "resource_group": bool(found.get(f"group {group}")),
            "subnets": [subnet["name"] for subnet in arm_network.subnets_of(found.get("vnet"))],
            "routes": [route["name"] for route in table.get("routes") or () if is_own_route(route["name"])],
            "as_planned": arm_network.as_planned(
                network, network["tags"] | {words.OWNER_ID: owner}, found.get(f"group {group}"), *parts
            ),
            "failed": arm_network.failed(*parts[1:]),
        },
        "aws": {"route_table_id": tables[0] if tables else "", "static_connections": static_connections(found, plan)},
        "half_connected": half_connected(found, plan),
    }


def half_connected(found: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    """Whether some of the connections planned with BGP are there and some are missing, on both clouds together."""
    group = plan["azure"]["connection"]["resource_group"]
    wanted = {("aws", one["name"]) for one in plan["aws"]["gateway"]["connections"]}
    wanted |= {("azure", one["resource_name"].lower()) for one in plan["tunnels"]}
    there = {("aws", words.tag_dict(one.get("Tags")).get("Name", "")) for one in found.get("vpn_connection") or ()}
    there |= {
        ("azure", str(one.get("name")).lower())
        for one in found.get(f"resources {group}") or ()
        if str(one.get("type")).lower() == f"{NETWORK}connections".lower()
    }
    missing = wanted - there
    return plan["routing"] == "bgp" and bool(missing) and missing != wanted


def connections_of_routing(found: Mapping[str, Any], plan: Mapping[str, Any], static: bool) -> list[dict[str, str]]:
    """VPN connections of the plan's names with static routes, or with BGP."""
    names = {one["name"] for one in plan["aws"]["gateway"]["connections"]}
    return [
        {
            "name": name,
            "vpn_connection_id": one["VpnConnectionId"],
            "customer_gateway_id": one.get("CustomerGatewayId", ""),
        }
        for one in found.get("vpn_connection") or ()
        for name in [words.tag_dict(one.get("Tags")).get("Name", "")]
        if name in names and bool((one.get("Options") or {}).get("StaticRoutesOnly")) == static
    ]


def static_connections(found: Mapping[str, Any], plan: Mapping[str, Any]) -> list[dict[str, str]]:
    """Those that have to go before the link is one of BGP."""
    return connections_of_routing(found, plan, static=True) if plan["routing"] == "bgp" else []


def routing_problems(found: Mapping[str, Any], plan: Mapping[str, Any], changing: bool) -> Iterator[str]:
    """AWS fixes the kind of routing when a VPN connection is made."""
    for one in connections_of_routing(found, plan, static=False) if plan["routing"] == "static" else ():
        yield (
            f"AWS VPN connection {one['name']} ({one['vpn_connection_id']}) was made for BGP, and {PREFIX}routing is"
            f" static: write {PREFIX}routing: bgp, or destroy the link and build it again"
        )
    for one in static_connections(found, plan):
        what = f"AWS VPN connection {one['name']} ({one['vpn_connection_id']}) was made for static routes"
        numbers = [each["number"] for each in plan["aws"]["gateway"]["connections"] if each["name"] == one["name"]]
        names = [one["name"], *(each["resource_name"] for each in plan["tunnels"] if each["connection"] in numbers)]
        adopted = sorted({each.lower() for each in names} & {each.lower() for each in plan["adopt"]})
        if adopted:
            yield f"{what}, and {', '.join(adopted)} is adopted and never deleted: write {PREFIX}routing: static"
        elif not changing:
            yield (
                f"{what}, and {PREFIX}routing is bgp: go over with playbook change_routing.yml, which wants"
                f" {PREFIX}consent: [{consent.INTERRUPT}], or write {PREFIX}routing: static"
            )
        elif consent.INTERRUPT not in plan["azure"]["gateway"]["consent"]:
            yield (
                f"{what}. Going over to BGP changes Azure's gateway, which takes the link down for a while, and gives"
                f" the tunnels new addresses: consent with {PREFIX}consent: [{consent.INTERRUPT}]"
            )


def conflict_words(conflict: Mapping[str, Any]) -> str:
    owner = f"belongs to link {conflict['link']}" if conflict["link"] else "was not made by a link"
    if conflict["type"] == "resourceGroups":
        what = f"Azure resource group {conflict['name']}"
    else:
        cloud, kind = CLOUDS[conflict["cloud"]], conflict["type"].replace("_", " ")
        what = f"{cloud} {kind} {conflict['name']}" + (f" ({conflict['id']})" if conflict["cloud"] == "aws" else "")
    variable = VARIABLES.get(conflict["type"], "s2s_vpn_link")
    if conflict["cloud"] == "azure" and conflict["type"] == "subnet":
        has = f" and has {conflict['id']}, which" if conflict["id"] else " and"
        return (
            f"Azure subnet {conflict['name']} exists{has} was not made"
            " by this link: choose another name and range (s2s_vpn_azure_app_subnet_name,"
            " s2s_vpn_azure_app_subnet_cidr)"
        )
    if conflict["type"] == "subnet":
        variable = "s2s_vpn_aws_app_subnet_name, s2s_vpn_aws_app_subnet_cidr"
    if conflict["type"] in NOT_ADOPTABLE:
        return f"{what} exists and {owner}, and it cannot be adopted: choose another name or range ({variable})"
    return (
        f"{what} exists and {owner}: write {conflict['name']} into s2s_vpn_adopt to use it as it is,"
        f" or choose another name ({variable})"
    )


def quota_problems(found: Mapping[str, Any], plan: Mapping[str, Any], owner: str) -> Iterator[str]:
    """AWS's quotas against what is there and what is still to be made (AWS, Site-to-Site VPN quotas)."""
    gateway, quotas = plan["aws"]["gateway"], plan["aws"]["quotas"]
    region = gateway["region"]

    def there(kind: str) -> set[str]:
        tags = [words.tag_dict(resource.get("Tags")) for resource in found.get(kind) or ()]
        return {
            one.get("Name", "") for one in tags if one.get(words.OWNER_ID) == owner or one.get("Name") in plan["adopt"]
        }

    def to_make(kind: str, names: Iterable[str]) -> int:
        return len(set(names) - there(kind))

    def too_many(quota: str, what: str, there: int, more: int) -> Iterator[str]:
        # More than the quota stand already: AWS has raised it, nobody knows how far.
        if more and there <= quotas[quota] < there + more:
            yield (
                f"{what} has {there}, the link makes {more} more, and the quota is {quotas[quota]}: delete what is not"
                f" used, or have AWS raise the quota and write it as {PREFIX}{QUOTA}{quota}"
            )

    connections = [one["name"] for one in gateway["connections"]]
    customers = [one["name"] for one in gateway["customer_gateways"]]
    if "vpn_connection" in found:
        more = to_make("vpn_connection", connections)
        what = f"AWS VPN connections: region {region}"
        yield from too_many("vpn_connections", what, len(found["vpn_connection"]), more)
        for vgw in found.get("vpn_gateway") or ():
            tags = words.tag_dict(vgw.get("Tags"))
            name = gateway["vgw"]["name"]
            if tags.get("Name") == name and (tags.get(words.OWNER_ID) == owner or name in plan["adopt"]):
                on_it = [one for one in found["vpn_connection"] if one.get("VpnGatewayId") == vgw["VpnGatewayId"]]
                what = f"AWS VPN connections: virtual private gateway {name}"
                yield from too_many("vpn_connections_per_vgw", what, len(on_it), more)
    if "vpc" in found:
        more = to_make("vpc", [plan["aws"]["network"]["vpc"]["name"]])
        yield from too_many("vpcs", f"AWS VPCs: region {region}", len(found["vpc"]), more)
    if "vpn_gateway" in found:
        more = to_make("vpn_gateway", [gateway["vgw"]["name"]])
        what = f"AWS virtual private gateways: region {region}"
        yield from too_many("vgws", what, len(found["vpn_gateway"]), more)
    if "customer_gateway" in found and to_make("vpn_connection", connections):  # those that stand have theirs
        more = to_make("customer_gateway", customers)
        what = f"AWS customer gateways: region {region}"
        yield from too_many("customer_gateways", what, len(found["customer_gateway"]), more)


# --- the module ---------------------------------------------------------------------------------


def judge(found: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """The result, with all problems."""
    plan = params["plan"]
    identity = identity_of(found, plan)
    problems = [*unknown_region(found, plan), *wrong_account(identity, params)]
    result: dict[str, Any] = {"identity": identity, "conflicts": [], "problems": problems}
    if params["for_build"]:
        problems += [*unknown_locations(found, plan), *missing_zones(found, plan)]
    if {"aws", "azure"} <= set(identity):
        who = Identity(identity["azure"]["subscription"], identity["aws"]["account"])
        result["owner_id"] = owner_id(who, plan["aws"]["network"]["region"], plan["link"])
        result["existing"] = existing_in(found, plan, result["owner_id"])
        if params["for_build"]:
            result["conflicts"] = conflicts_in(found, plan, result["owner_id"])
            problems += [conflict_words(one) for one in result["conflicts"]]
            problems += nothing_to_adopt(found, plan)
            problems += range_problems(found, plan, result["owner_id"])
            problems += other_attachments(found, plan, result["owner_id"])
            problems += quota_problems(found, plan, result["owner_id"])
            problems += routing_problems(found, plan, params["change_routing"])
    return result


def look(module: AnsibleAWSModule) -> dict[str, Any]:
    params = module.params
    plan = params["plan"]
    region = plan["aws"]["network"]["region"]
    # Clients are made here, since boto3's session is not made for threads.
    sts, ec2 = (module.client(service, region=region, config=aws.FIRST_LOOK) for service in ("sts", "ec2"))
    reads = aws_reads(sts, ec2, plan)
    problems = []
    arm = None
    try:
        arm = azure.connect(params)
        reads["azure identity"] = arm.subscription
    except azure.AzureError as error:
        problems.append(str(error))
    except ImportError as error:
        problems.append(f"the Python library {error.name} is missing: install azure-identity and azure-mgmt-core")
    found, failed = all_at_once(reads)
    problems += failed
    smaller = [one["VpcId"] for one in of_the_plan(found.get("vpc") or (), plan) if ranges.beyond(plan, one)]
    if smaller:
        filters = [{"Name": "vpc-id", "Values": smaller}]
        more, failed = all_at_once({"vpc subnets": lambda: aws.describe_subnets(ec2, filters)})
        found.update(more)
        problems += failed
    if arm is not None and "azure identity" in found:  # the token is there, and is asked for once only
        more, failed = all_at_once(azure_reads(arm, plan))
        found.update(more)
        problems += failed
    result = judge(found, params)
    result["problems"] = [*problems, *result["problems"]]
    return result


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            **azure.ARGUMENTS,
            "plan": {"type": "dict", "required": True},
            "expected_aws_account": {"type": "str"},
            "expected_azure_subscription": {"type": "str"},
            "for_build": {"type": "bool", "default": True},
            "change_routing": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        result = look(module)
    except (KeyError, TypeError) as error:
        module.fail_json(msg=f"plan is not a plan of s2s_vpn_plan ({error}): pass its fact s2s_vpn_plan.")
    problems = result["problems"]
    if problems:
        count = f"{len(problems)} problems" if len(problems) > 1 else "A problem"
        text = "\n".join(f"- {one.rstrip('.')}." for one in problems)
        module.fail_json(
            msg=f"{count} before the first change of link {module.params['plan']['link']}:\n{text}", **result
        )
    del result["problems"]
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
