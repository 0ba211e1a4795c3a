# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Azure connection belongs to which AWS tunnel, with a plan and without one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import reading
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import SPARE, UP
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading import (
    named,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading_aws import (
    AwsConnection,
    AwsReading,
    AwsTunnel,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading_azure import (
    AzureConnection,
    AzureReading,
    Instance,
)

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Ends:
    """What both clouds have of one tunnel. ``planned`` is the plan's tunnel, ``group`` names what shares a fate: the
    AWS connection. ``instance`` is the one that the tunnel is to end on."""

    name: str
    group: str
    expected: str = UP
    planned: Json | None = None
    connection: AzureConnection | None = None
    instance: Instance | None = None
    aws_connection: AwsConnection | None = None
    aws: AwsTunnel | None = None

    @property
    def inside_cidr(self) -> str:
        """What the plan says, else AWS."""
        return reading.text(self.planned, "inside_cidr") or (self.aws.inside_cidr if self.aws else "")

    @property
    def azure_name(self) -> str:
        """A human name of Azure's end, there or not."""
        return self.connection.name if self.connection else reading.text(self.planned, "resource_name") or self.name


@dataclass(frozen=True)
class Met:
    """A tunnel both of whose ends are there."""

    ends: Ends
    connection: AzureConnection
    owner: AwsConnection
    aws: AwsTunnel

    @property
    def name(self) -> str:
        return self.ends.name


def planned_ends(plan: Json, azure: AzureReading | None, aws: AwsReading | None) -> list[Ends]:
    """AWS's tunnels by name of the connection and inside CIDR, Azure's connections by name; then by address.

    What somebody renamed or readdressed is still the same tunnel: its fault is told as such, not as two strangers.
    """
    aws_ends = _planned_aws(plan, aws) if aws else {}
    names = {
        reading.text(one, "number"): reading.text(one, "name")
        for one in reading.entries(plan, "aws", "gateway", "connections")
    }
    found = []
    for tunnel in reading.entries(plan, "tunnels"):
        connection, end = aws_ends.get(reading.text(tunnel, "name"), (None, None))
        instances = azure.gateway.instances if azure and azure.gateway else ()
        index = reading.number(tunnel, "instance")
        found.append(
            Ends(
                name=reading.text(tunnel, "name"),
                group=names.get(reading.text(tunnel, "connection"), ""),
                expected=reading.text(tunnel, "expected") or UP,
                planned=tunnel,
                connection=named(azure.connections, reading.text(tunnel, "resource_name")) if azure else None,
                instance=next((one for one in instances if one.index == index), None),
                aws_connection=connection,
                aws=end,
            )
        )
    return _with_strangers(found, azure.connections if azure else ())


def _planned_aws(plan: Json, aws: AwsReading) -> dict[str, tuple[AwsConnection, AwsTunnel | None]]:
    """Tunnel's name -> AWS's connection and tunnel."""
    found: dict[str, tuple[AwsConnection, AwsTunnel | None]] = {}
    owner = reading.text(plan, "owner", "id")
    taken: set[str] = set()
    for wanted in reading.entries(plan, "aws", "gateway", "connections"):
        number = reading.number(wanted, "number")
        tunnels = [one for one in reading.entries(plan, "tunnels") if reading.number(one, "connection") == number]
        cidrs = {reading.text(one, "inside_cidr") for one in tunnels}
        candidates = [one for one in aws.connections if one.id not in taken]
        mine = [one for one in candidates if one.name == reading.text(wanted, "name")]
        best = (
            next((one for one in mine if one.tags.get("s2s_vpn:id") == owner), None)
            or next((one for one in candidates if cidrs & {tunnel.inside_cidr for tunnel in one.tunnels}), None)
            or next(iter(mine), None)
        )
        if best is None:
            continue
        taken.add(best.id)
        by_cidr = {one.inside_cidr: one for one in best.tunnels}
        spare = iter([one for one in best.tunnels if one.inside_cidr not in cidrs])
        for tunnel in tunnels:
            end = by_cidr.get(reading.text(tunnel, "inside_cidr")) or next(spare, None)
            found[reading.text(tunnel, "name")] = (best, end)
    return found


def _with_strangers(ends: list[Ends], connections: Iterable[AzureConnection]) -> list[Ends]:
    """Tunnels whose planned Azure connection is not there take one of another name that leads to them."""
    taken = {one.connection.id for one in ends if one.connection}
    found = []
    for one in ends:
        if one.connection is None and one.aws is not None and one.expected == UP:
            free = [each for each in connections if each.id not in taken]
            match = next((each for each in free if leads_to(each, one.aws)), None)
            if match is not None:
                taken.add(match.id)
                one = replace(one, connection=match)
        found.append(one)
    return found


def leads_to(connection: AzureConnection, tunnel: AwsTunnel) -> bool:
    return bool(connection.local and connection.local.address and connection.local.address == tunnel.outside_address)


def _likeness(connection: AzureConnection, tunnel: AwsTunnel) -> int:
    """How much speaks for the two being one tunnel: AWS's outside address, and both addresses inside."""
    local = connection.local.bgp_address if connection.local else ""
    return (
        leads_to(connection, tunnel)
        + bool(tunnel.aws_inside and local == tunnel.aws_inside)
        + bool(tunnel.azure_inside and tunnel.azure_inside in connection.slots.values())
    )


def _met(connections: Iterable[AzureConnection], tunnels: Iterable[AwsTunnel]) -> dict[str, AzureConnection]:
    """AWS's outside address -> Azure's connection; the most alike find each other first, so that one wrong address
    does not make strangers of two ends."""
    tunnels = list(tunnels)
    alike = [(_likeness(one, tunnel), one, tunnel) for one in connections for tunnel in tunnels]
    met: dict[str, AzureConnection] = {}
    taken: set[str] = set()
    for _points, one, tunnel in sorted((each for each in alike if each[0]), key=lambda each: -each[0]):
        if one.id not in taken and tunnel.outside_address not in met:
            taken.add(one.id)
            met[tunnel.outside_address] = one
    return met


def _by_key(
    owner: AwsConnection, azure: AzureReading, aws: AwsReading, met: Mapping[str, AzureConnection]
) -> dict[str, AzureConnection]:
    """Where no address fits, two ends that have one key were meant for each other."""
    taken = {one.id for one in met.values()}
    free = {azure.fingerprints.get(one.name): one for one in azure.connections if one.id not in taken}
    keys = {tunnel.outside_address: aws.fingerprints.get(tunnel.outside_address) for tunnel in owner.tunnels}
    return {outside: free[key] for outside, key in keys.items() if key is not None and key in free}


def found_ends(azure: AzureReading | None, aws: AwsReading | None, spares: Iterable[str] = ()) -> list[Ends]:
    """The link as it is: tunnels that an Azure connection leads to, and their connections' other tunnels.

    An AWS connection none of whose tunnels is met counts if its customer gateway is Azure's gateway: somebody meant it
    to. Others on the same gateways are not of this link.
    """
    connections = list(azure.connections) if azure else []
    instances = azure.gateway.instances if azure and azure.gateway else ()
    met = _met(connections, (tunnel for each in (aws.connections if aws else ()) for tunnel in each.tunnels))
    ours = {one.public_address for one in instances if one.public_address}
    relevant = []
    for owner in aws.connections if aws else ():
        used = any(tunnel.outside_address in met for tunnel in owner.tunnels)
        meant = owner.customer_gateway is not None and owner.customer_gateway.address in ours
        if azure and aws and meant and not used:
            met |= _by_key(owner, azure, aws, met)
        if used or meant or not azure:
            relevant.append(owner)
    found = []
    relevant.sort(key=lambda one: (one.name, one.id))
    told = set(spares)
    for position, owner in enumerate(relevant, 1):
        used = any(tunnel.outside_address in met for tunnel in owner.tunnels)
        for number, tunnel in enumerate(owner.tunnels, 1):
            connection = met.get(tunnel.outside_address)
            # Many use one tunnel of two; one that AWS is told to start was meant to be used.
            started = tunnel.options.get("startup_action") == "start" and not owner.static
            spare = tunnel.inside_cidr in told or (connection is None and used and not started)
            found.append(
                Ends(
                    name=f"{position}-{number}",
                    group=owner.name,
                    expected=SPARE if spare else UP,
                    connection=connection,
                    instance=_instance_of(instances, owner, tunnel, connection),
                    aws_connection=owner,
                    aws=tunnel,
                )
            )
    led = {one.id for one in met.values()}
    # Azure's to AWS's own ASN that lead to no tunnel of AWS: it was there when they were made.
    left = [one for one in connections if one.id not in led and (not found or _to_asn(one, aws))]
    return found + [Ends(one.name, one.name, connection=one) for one in left]


def _to_asn(connection: AzureConnection, aws: AwsReading | None) -> bool:
    return bool(aws and aws.asn and connection.bgp and connection.local and connection.local.asn == aws.asn)


def _instance_of(
    instances: Iterable[Instance], owner: AwsConnection, tunnel: AwsTunnel, connection: AzureConnection | None
) -> Instance | None:
    """Where the address inside the tunnel is; else AWS's customer gateway's, the only one that it admits."""
    address = owner.customer_gateway.address if owner.customer_gateway else ""
    instances = list(instances)
    inside = tunnel.azure_inside
    by_inside = [one for one in instances if inside and inside in one.apipa]
    by_slot = [one for one in instances if connection and inside and connection.slots.get(one.id.lower()) == inside]
    by_address = [one for one in instances if address and one.public_address == address]
    only = instances if len(instances) == 1 else []
    return next(iter([*by_inside, *by_slot, *by_address, *only]), None)
