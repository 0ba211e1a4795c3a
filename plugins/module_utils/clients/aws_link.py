# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS's end of a link, read in few calls: its status, and all that a diagnosis needs.

Reads only. It does not matter who made the resources, nor whether the connections end on a virtual private gateway or
on a transit gateway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2 as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import keys
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.common import Unread, together

Json = dict[str, Any]
Resource = Mapping[str, Any]

#: Peerings that AWS still lists for a while (AWS, VPC peering connection lifecycle).
GONE_PEERINGS = {"deleting", "deleted", "expired", "failed", "rejected"}


@dataclass(frozen=True)
class Wanted:
    """Which link: the connections on a gateway by its name (`tags` choose where several have it) or id, the connections
    with these ids, or those with these tags."""

    vpn_gateway_name: str | None = None
    gateway_id: str | None = None
    vpn_connection_ids: Sequence[str] | None = None
    tags: Mapping[str, str] | None = None


class Counted:
    """A boto3 client whose requests are counted, repetitions too."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._sent: list[str] = []  # appending is safe between threads
        self.meta = client.meta

    @property
    def calls(self) -> int:
        return len(self._sent)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def method(**request: Any) -> Any:
            self._sent.append(operation)
            return getattr(self._client, operation)(**request)

        return method


# --- which link -----------------------------------------------------------------------------------


def named_gateway(gateways: Iterable[Resource], name: str, tags: Mapping[str, str]) -> list[Resource]:
    """The living gateway of this name, or none. Two gateways may share a name: then the one with the tags."""
    found = [one for one in words.alive(gateways) if words.tag_dict(one.get("Tags")).get("Name") == name]
    mine = [one for one in found if not words.missing_tags(words.tag_dict(one.get("Tags")), tags)]
    found = mine or found
    if len(found) > 1:
        raise aws.AwsError(
            f"looking for the virtual private gateway {name}",
            "",
            f"there are {len(found)}: {', '.join(one['VpnGatewayId'] for one in found)}",
            "Delete those that are not used, or give them other names.",
        )
    return found


def in_order(connections: Iterable[Resource]) -> list[Resource]:
    """Those that are not deleted, by name."""
    return sorted(
        words.alive(connections),
        key=lambda one: (words.tag_dict(one.get("Tags")).get("Name", ""), one["VpnConnectionId"]),
    )


def gateway_of(connection: Resource) -> str:
    """The id of the gateway that a connection ends on."""
    return str(connection.get("VpnGatewayId") or connection.get("TransitGatewayId") or "")


def _connections_of(
    wanted: Wanted, connections: Sequence[Resource], gateways: Iterable[Resource], unread: Unread
) -> list[Resource]:
    """The link's connections, of all of the region."""
    living = in_order(connections)
    if wanted.vpn_gateway_name:
        named = {one["VpnGatewayId"] for one in named_gateway(gateways, wanted.vpn_gateway_name, wanted.tags or {})}
        return [one for one in living if gateway_of(one) in named]
    if wanted.gateway_id:
        return [one for one in living if gateway_of(one) == wanted.gateway_id]
    if wanted.vpn_connection_ids is not None:
        found = {one["VpnConnectionId"]: one for one in living}
        absent = [one for one in wanted.vpn_connection_ids if one not in found]
        if absent and not unread.found:
            raise aws.AwsError(
                f"looking for the VPN connection {', '.join(absent)}",
                "InvalidVpnConnectionID.NotFound",
                "it does not exist in this region",
                "Correct vpn_connection_ids or region.",
            )
        return [found[one] for one in wanted.vpn_connection_ids if one in found]
    return [one for one in living if words.carries(words.tag_dict(one.get("Tags")), wanted.tags or {})]


# --- reading --------------------------------------------------------------------------------------


class LinkReader:
    """What hangs on the gateway of a link. What may not be read is in `unread`."""

    def __init__(self, ec2: Any) -> None:
        self._ec2 = Counted(ec2)
        self.unread = Unread()

    @property
    def calls(self) -> int:
        return self._ec2.calls

    @property
    def region(self) -> str | None:
        return self._ec2.meta.region_name

    def _read(self, what: str, action: str, read: Callable[..., Any], *given: Any, **more: Any) -> list[Json]:
        found = self.unread.attempt(what, f"ec2:{action}", lambda: read(self._ec2, *given, **more))
        return found or []

    def of_region(self) -> tuple[list[Json], list[Json], list[Json]]:
        """Every VPN connection (**with keys**), virtual private gateway and customer gateway: the quotas count them."""
        connections, gateways, customers = together(
            (
                lambda: self._read("VPN connections", "DescribeVpnConnections", aws.describe_vpn_connections),
                lambda: self._read("gateway", "DescribeVpnGateways", aws.describe_vpn_gateways),
                lambda: self._read("customer gateways", "DescribeCustomerGateways", aws.describe_customer_gateways),
            )
        )
        return connections, gateways, customers

    def transit_gateway(self, gateway_id: str) -> Json | None:
        found = self._read("gateway", "DescribeTransitGateways", aws.describe_transit_gateways, [gateway_id])
        return next(iter(found), None)

    def transit(self, gateway_id: str) -> Json:
        """Attachments, route tables, and by route table who propagates into it and its routes."""
        of_gateway = [{"Name": "transit-gateway-id", "Values": [gateway_id]}]
        attachments, tables = together(
            (
                lambda: self._read(
                    "transit gateway attachments",
                    "DescribeTransitGatewayAttachments",
                    aws.describe_transit_gateway_attachments,
                    of_gateway,
                ),
                lambda: self._read(
                    "transit gateway route tables",
                    "DescribeTransitGatewayRouteTables",
                    aws.describe_transit_gateway_route_tables,
                    of_gateway,
                ),
            )
        )
        attachments, tables = words.alive(attachments), words.alive(tables)
        ids = [one["TransitGatewayRouteTableId"] for one in tables]
        propagations, routes = (
            dict(zip(ids, together(partial(self._read, what, action, read, one) for one in ids), strict=True))
            for what, action, read in (
                (
                    "transit gateway propagations",
                    "GetTransitGatewayRouteTablePropagations",
                    aws.transit_propagations,
                ),
                ("transit gateway routes", "SearchTransitGatewayRoutes", aws.transit_routes),
            )
        )
        associated: dict[str, list[Resource]] = {one: [] for one in ids}
        for one in attachments:
            table = (one.get("Association") or {}).get("TransitGatewayRouteTableId")
            if table in associated:
                associated[table].append(one)
        return {
            "attachments": attachments,
            "route_tables": tables,
            "associations": associated,
            "propagations": propagations,
            "routes": routes,
        }

    def network(self, vpcs: Sequence[str]) -> dict[str, list[Json]]:
        """What is in these VPCs and closes or opens them."""
        names = ("vpcs", "subnets", "route_tables", "security_groups", "network_acls")
        if not vpcs:
            return {one: [] for one in names}
        inside = [{"Name": "vpc-id", "Values": list(vpcs)}]

        def described(name: str) -> list[Json]:
            action = "Describe" + "".join(part.capitalize() for part in name.split("_"))
            what = name.replace("_", " ").replace("vpcs", "VPCs").replace("acls", "ACLs")
            return self._read(what, action, getattr(aws, f"describe_{name}"), filters=inside)

        return dict(zip(names, together(partial(described, one) for one in names), strict=True))

    def neighbours(self, vpcs: Sequence[str]) -> dict[str, list[Json]]:
        """What else is in these VPCs, and is nothing to a VPN."""
        names = ("network_interfaces", "internet_gateways", "vpc_peering_connections")
        if not vpcs:
            return {one: [] for one in names}

        def inside(name: str) -> list[dict[str, Any]]:
            return [{"Name": name, "Values": list(vpcs)}]

        def peered(one: Resource) -> bool:
            ends = {(one.get(end) or {}).get("VpcId") for end in ("RequesterVpcInfo", "AccepterVpcInfo")}
            return bool(ends & set(vpcs)) and (one.get("Status") or {}).get("Code") not in GONE_PEERINGS

        interfaces, internet, peerings = together(
            (
                lambda: self._read(
                    "network interfaces",
                    "DescribeNetworkInterfaces",
                    aws.describe_network_interfaces,
                    filters=inside("vpc-id"),
                ),
                lambda: self._read(
                    "internet gateways",
                    "DescribeInternetGateways",
                    aws.describe_internet_gateways,
                    filters=inside("attachment.vpc-id"),
                ),
                # no filter has either end
                lambda: self._read(
                    "VPC peerings", "DescribeVpcPeeringConnections", aws.describe_vpc_peering_connections
                ),
            )
        )
        return dict(zip(names, (interfaces, internet, list(filter(peered, peerings))), strict=True))

    def maintenance(self, connections: Iterable[Resource]) -> dict[str, Json]:
        """By outside address, what AWS is about to do to the tunnel's endpoint."""
        ends = [
            (one["VpnConnectionId"], tunnel["outside_address"])
            for one in connections
            for tunnel in words.connection_tunnels(one)
        ]

        def status(connection_id: str, outside: str) -> Json | None:
            return self.unread.attempt(
                "tunnel replacement status",
                "ec2:GetVpnTunnelReplacementStatus",
                lambda: aws.replacement_status(self._ec2, connection_id, outside),
                any_refusal=True,
            )

        found = together(partial(status, *end) for end in ends)
        return {outside: one for (_id, outside), one in zip(ends, found, strict=True) if one is not None}


def read_link(
    ec2: Any,
    wanted: Wanted,
    salt: str | None = None,
    neighbours: bool = False,
    with_keys: Callable[[Resource], Resource] | None = None,
) -> Json:
    """The `reading` of aws_link_info. Without a salt every fingerprint is None.

    :param with_keys: adds the keys that AWS keeps elsewhere; asked only for the link's own connections, with a salt
    """
    reader = LinkReader(ec2)
    everywhere, gateways, customers = reader.of_region()
    connections = _connections_of(wanted, everywhere, gateways, reader.unread)
    if salt and with_keys:
        connections = [with_keys(one) for one in connections]
    gateway_id = wanted.gateway_id or next(filter(None, map(gateway_of, connections)), "")
    if wanted.vpn_gateway_name:
        gateway_id = next(
            (one["VpnGatewayId"] for one in named_gateway(gateways, wanted.vpn_gateway_name, wanted.tags or {})), ""
        )
    on_transit = gateway_id.startswith("tgw-")
    transit: Json | None = None
    if on_transit:
        gateway, transit = together((lambda: reader.transit_gateway(gateway_id), lambda: reader.transit(gateway_id)))
        vpcs = [one["ResourceId"] for one in transit["attachments"] if one.get("ResourceType") == "vpc"]
    else:
        gateway = next((one for one in gateways if one["VpnGatewayId"] == gateway_id), None)
        vpcs = list(filter(None, [words.attachment(gateway or {})[0]]))
    network, maintenance = together((lambda: reader.network(vpcs), lambda: reader.maintenance(connections)))
    beside = reader.neighbours(vpcs) if neighbours else {}
    counted = {
        "vgws": words.alive(gateways),
        "customer_gateways": words.alive(customers),
        "vpn_connections": words.alive(everywhere),
    }
    used = {one.get("CustomerGatewayId") for one in connections}
    status = words.link_status(connections, network["route_tables"], transit)
    options = (gateway or {}).get("Options") or {}
    return _plain(
        {
            "cloud": "aws",
            "region": reader.region,
            "kind": "tgw" if on_transit else "vgw",
            "gateway": gateway,
            "asn": (gateway or {}).get("AmazonSideAsn") or options.get("AmazonSideAsn") or status.asn,
            "vpn_connections": [words.without_keys(one) for one in connections],
            "customer_gateways": [one for one in customers if one["CustomerGatewayId"] in used],
            **network,
            **beside,
            "transit": transit,
            # None at all may also be all that these credentials may not read.
            "counts": {name: len(found) for name, found in counted.items() if found or not reader.unread.found},
            "maintenance": maintenance,
            "fingerprints": {
                outside: keys.fingerprint(key, salt) if key and salt else None
                for one in connections
                for outside, key in words.connection_keys(one).items()
            },
            "status": status.as_dict(),
            "unread": reader.unread.found,
            "calls": reader.calls,
        }
    )


def _plain(value: Any) -> Any:
    """As JSON has it: dates as ISO 8601."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
