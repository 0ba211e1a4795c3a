"""An EC2 in memory with the VPN calls that our modules make, and states that move with every look."""

from __future__ import annotations

import copy
import json
import types
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

KEYS = {0: "invented_key_of_tunnel.a", 1: "invented_key_of_tunnel.b"}
RESPONSE_NAMES = {
    "DPDTimeoutSeconds": "DpdTimeoutSeconds",
    "DPDTimeoutAction": "DpdTimeoutAction",
    "IKEVersions": "IkeVersions",
}


def refusal(code: str, message: str = "no", operation: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def tags_of(request: Mapping[str, Any]) -> list[dict[str, str]]:
    return [tag for specification in request.get("TagSpecifications", ()) for tag in specification["Tags"]]


class FakeEc2:
    """`looks`: how many describe calls a change takes. `after_create` is called with the kind after every create."""

    def __init__(self, looks: int = 0) -> None:
        self.meta = types.SimpleNamespace(region_name="eu-central-1")
        self.looks = looks
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refuse: dict[str, ClientError] = {}
        self.after_create: Callable[[str], None] = lambda kind: None
        self.vpns: dict[str, dict[str, Any]] = {}
        self.vgws: dict[str, dict[str, Any]] = {}
        self.cgws: dict[str, dict[str, Any]] = {}
        self.tables: dict[str, dict[str, Any]] = {}
        self.others: dict[str, list[dict[str, Any]]] = {}
        self.busy: dict[str, tuple[int, Callable[[], None]]] = {}
        self.count = 0
        self.maintenance = "None"
        self.secret = ""
        """ARN of the secret that has the keys, so that no connection shows one."""

    # --- bookkeeping

    def __getattr__(self, name: str) -> Callable[..., Any]:
        handler = getattr(type(self), f"do_{name}", None)
        if handler is None:
            raise AttributeError(name)

        def method(**request: Any) -> Any:
            self.calls.append((name, copy.deepcopy(request)))
            if name in self.refuse:
                raise self.refuse[name]
            if name.startswith("describe"):
                self.move()
            return copy.deepcopy(handler(self, **request))

        return method

    def changes(self) -> list[str]:
        return [name for name, _request in self.calls if not name.startswith("describe")]

    def request(self, name: str) -> dict[str, Any]:
        return next(request for called, request in self.calls if called == name)

    def new_id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}-{self.count:017x}"

    def later(self, identifier: str, change: Callable[[], None]) -> None:
        if self.looks:
            self.busy[identifier] = (self.looks, change)
        else:
            change()

    def move(self) -> None:
        for identifier, (left, change) in list(self.busy.items()):
            if left <= 1:
                del self.busy[identifier]
                change()
            else:
                self.busy[identifier] = (left - 1, change)

    @staticmethod
    def chosen(items: list[dict[str, Any]], id_member: str, ids: Any, filters: Any) -> list[dict[str, Any]]:
        if ids is not None:
            known = {item[id_member] for item in items}
            for one in ids:
                if one not in known:
                    raise refusal(f"Invalid{id_member.removesuffix('Id')}ID.NotFound", f"The ID '{one}' does not exist")
            items = [item for item in items if item[id_member] in ids]
        for one in filters or ():
            items = [item for item in items if set(values_of(item, one["Name"])) & set(one["Values"])]
        return items

    # --- VPN connections

    def do_describe_vpn_connections(self, VpnConnectionIds: Any = None, Filters: Any = None) -> Any:
        found = self.chosen(list(self.vpns.values()), "VpnConnectionId", VpnConnectionIds, Filters)
        return {"VpnConnections": [self._without_keys(one) for one in found] if self.secret else found}

    def _without_keys(self, connection: dict[str, Any]) -> dict[str, Any]:
        options = connection["Options"]
        told = [
            {name: value for name, value in one.items() if name != "PreSharedKey"} for one in options["TunnelOptions"]
        ]
        return {**connection, "PreSharedKeyArn": self.secret, "Options": {**options, "TunnelOptions": told}}

    def do_get_secret_value(self, SecretId: str) -> Any:
        """As Secrets Manager."""
        assert SecretId == self.secret
        tunnels = [one for connection in self.vpns.values() for one in connection["Options"]["TunnelOptions"]]
        keys = {one["OutsideIpAddress"]: {"PreSharedKey": one["PreSharedKey"]} for one in tunnels}
        return {"ARN": SecretId, "SecretString": json.dumps(keys)}

    def do_create_vpn_connection(self, **request: Any) -> Any:
        identifier = self.new_id("vpn")
        asked = (request["Options"].get("TunnelOptions") or [{}, {}])[:]
        asked += [{}] * (2 - len(asked))
        tunnels = []
        for index, options in enumerate(asked):
            shown = {RESPONSE_NAMES.get(name, name): value for name, value in options.items()}
            shown.setdefault("TunnelInsideCidr", f"169.254.{100 + self.count}.{4 * index}/30")
            shown.setdefault("PreSharedKey", KEYS[index])
            shown["OutsideIpAddress"] = f"198.51.100.{10 * self.count + 9 - index}"
            tunnels.append(shown)
        connection = {
            "VpnConnectionId": identifier,
            "State": "pending",
            "CustomerGatewayId": request["CustomerGatewayId"],
            "VpnGatewayId": request.get("VpnGatewayId", ""),
            "TransitGatewayId": request.get("TransitGatewayId", ""),
            "Options": {"StaticRoutesOnly": request["Options"]["StaticRoutesOnly"], "TunnelOptions": tunnels[::-1]},
            "Routes": [],
            "Tags": tags_of(request),
            "VgwTelemetry": [{"OutsideIpAddress": one["OutsideIpAddress"], "Status": "DOWN"} for one in tunnels],
        }
        self.vpns[identifier] = connection
        self.later(identifier, lambda: connection.update(State="available"))
        self.after_create("vpn")
        return {"VpnConnection": connection}

    def do_delete_vpn_connection(self, VpnConnectionId: str) -> Any:
        connection = self.vpns[VpnConnectionId]
        connection["State"] = "deleting"
        self.later(VpnConnectionId, lambda: connection.update(State="deleted"))

    def do_modify_vpn_tunnel_options(
        self, VpnConnectionId: str, VpnTunnelOutsideIpAddress: str, TunnelOptions: Any
    ) -> Any:
        connection = self.vpns[VpnConnectionId]
        if connection["State"] != "available":
            raise refusal("IncorrectState", "the connection is modifying")
        tunnel = next(
            one
            for one in connection["Options"]["TunnelOptions"]
            if one["OutsideIpAddress"] == VpnTunnelOutsideIpAddress
        )
        seen = next(one for one in connection["VgwTelemetry"] if one["OutsideIpAddress"] == VpnTunnelOutsideIpAddress)
        was = seen["Status"]
        connection["State"], seen["Status"] = "modifying", "DOWN"

        def done() -> None:
            tunnel.update({RESPONSE_NAMES.get(name, name): value for name, value in TunnelOptions.items()})
            connection["State"], seen["Status"] = "available", was

        self.later(VpnConnectionId, done)

    def do_create_vpn_connection_route(self, VpnConnectionId: str, DestinationCidrBlock: str) -> Any:
        if self.vpns[VpnConnectionId]["State"] != "available":
            raise refusal("IncorrectState")
        self.vpns[VpnConnectionId]["Routes"].append(
            {"DestinationCidrBlock": DestinationCidrBlock, "State": "available"}
        )

    def do_delete_vpn_connection_route(self, VpnConnectionId: str, DestinationCidrBlock: str) -> Any:
        routes = self.vpns[VpnConnectionId]["Routes"]
        routes[:] = [one for one in routes if one["DestinationCidrBlock"] != DestinationCidrBlock]

    # --- gateways

    def do_describe_vpn_gateways(self, VpnGatewayIds: Any = None, Filters: Any = None) -> Any:
        return {"VpnGateways": self.chosen(list(self.vgws.values()), "VpnGatewayId", VpnGatewayIds, Filters)}

    def do_create_vpn_gateway(self, **request: Any) -> Any:
        identifier = self.new_id("vgw")
        self.vgws[identifier] = {
            "VpnGatewayId": identifier,
            "State": "available",
            "AmazonSideAsn": request["AmazonSideAsn"],
            "VpcAttachments": [],
            "Tags": tags_of(request),
        }
        self.after_create("vgw")
        return {"VpnGateway": self.vgws[identifier]}

    def do_attach_vpn_gateway(self, VpnGatewayId: str, VpcId: str) -> Any:
        entry = {"VpcId": VpcId, "State": "attaching"}
        self.vgws[VpnGatewayId]["VpcAttachments"].append(entry)
        self.later(VpnGatewayId, lambda: entry.update(State="attached"))

    def do_detach_vpn_gateway(self, VpnGatewayId: str, VpcId: str) -> Any:
        for entry in self.vgws[VpnGatewayId]["VpcAttachments"]:
            entry["State"] = "detaching"
            self.later(VpnGatewayId, lambda entry=entry: entry.update(State="detached"))

    def do_delete_vpn_gateway(self, VpnGatewayId: str) -> Any:
        if any(entry["State"] != "detached" for entry in self.vgws[VpnGatewayId]["VpcAttachments"]):
            raise refusal("IncorrectState", "still attached")
        self.vgws[VpnGatewayId]["State"] = "deleted"

    def do_describe_customer_gateways(self, CustomerGatewayIds: Any = None, Filters: Any = None) -> Any:
        found = self.chosen(list(self.cgws.values()), "CustomerGatewayId", CustomerGatewayIds, Filters)
        return {"CustomerGateways": found}

    def do_create_customer_gateway(self, **request: Any) -> Any:
        identifier = self.new_id("cgw")
        names = ("IpAddress", "BgpAsn", "BgpAsnExtended", "DeviceName")
        self.cgws[identifier] = {
            "CustomerGatewayId": identifier,
            "State": "available",
            **{name: str(request[name]) for name in names if name in request},
            "Tags": tags_of(request),
        }
        return {"CustomerGateway": self.cgws[identifier]}

    def do_delete_customer_gateway(self, CustomerGatewayId: str) -> Any:
        self.cgws[CustomerGatewayId]["State"] = "deleted"

    # --- route tables, tags, and what only teardown looks at

    def do_describe_route_tables(self, RouteTableIds: Any = None, Filters: Any = None) -> Any:
        return {"RouteTables": self.chosen(list(self.tables.values()), "RouteTableId", RouteTableIds, Filters)}

    def do_enable_vgw_route_propagation(self, RouteTableId: str, GatewayId: str) -> Any:
        self.tables[RouteTableId].setdefault("PropagatingVgws", []).append({"GatewayId": GatewayId})

    def do_disable_vgw_route_propagation(self, RouteTableId: str, GatewayId: str) -> Any:
        vgws = self.tables[RouteTableId]["PropagatingVgws"]
        vgws[:] = [one for one in vgws if one["GatewayId"] != GatewayId]

    def do_delete_route_table(self, RouteTableId: str) -> Any:
        del self.tables[RouteTableId]

    def do_disassociate_route_table(self, AssociationId: str) -> Any:
        raise refusal("InvalidAssociationID.NotFound")

    def do_associate_route_table(self, RouteTableId: str, SubnetId: str) -> Any:
        self.tables[RouteTableId].setdefault("Associations", []).append({"SubnetId": SubnetId})

    def do_create_tags(self, Resources: list[str], Tags: list[dict[str, str]]) -> Any:
        everything = {**self.vpns, **self.vgws, **self.cgws}
        for one in Resources:
            tags = {tag["Key"]: tag["Value"] for tag in [*everything[one]["Tags"], *Tags]}
            everything[one]["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]

    def other(self, member: str, id_member: str, filters: Any) -> Any:
        return {member: self.chosen(self.others.get(member, []), id_member, None, filters)}

    def do_describe_vpcs(self, Filters: Any = None) -> Any:
        return self.other("Vpcs", "VpcId", Filters)

    def do_describe_subnets(self, Filters: Any = None) -> Any:
        return self.other("Subnets", "SubnetId", Filters)

    def do_describe_security_groups(self, Filters: Any = None) -> Any:
        return self.other("SecurityGroups", "GroupId", Filters)

    def do_describe_network_interfaces(self, Filters: Any = None) -> Any:
        return self.other("NetworkInterfaces", "NetworkInterfaceId", Filters)

    def do_describe_internet_gateways(self, Filters: Any = None) -> Any:
        return self.other("InternetGateways", "InternetGatewayId", Filters)

    def do_describe_vpc_peering_connections(self, Filters: Any = None) -> Any:
        return self.other("VpcPeeringConnections", "VpcPeeringConnectionId", Filters)

    def do_describe_network_acls(self, Filters: Any = None) -> Any:
        return self.other("NetworkAcls", "NetworkAclId", Filters)

    def do_get_vpn_tunnel_replacement_status(self, VpnConnectionId: str, VpnTunnelOutsideIpAddress: str) -> Any:
        return {"MaintenanceDetails": {"PendingMaintenance": self.maintenance}}

    def do_describe_transit_gateways(self, TransitGatewayIds: Any = None) -> Any:
        found = self.others.get("TransitGateways", [])
        return {"TransitGateways": self.chosen(found, "TransitGatewayId", TransitGatewayIds, None)}

    def do_describe_transit_gateway_attachments(self, Filters: Any = None) -> Any:
        return self.other("TransitGatewayAttachments", "TransitGatewayAttachmentId", Filters)

    def do_describe_transit_gateway_route_tables(self, Filters: Any = None) -> Any:
        return self.other("TransitGatewayRouteTables", "TransitGatewayRouteTableId", Filters)

    def do_get_transit_gateway_route_table_propagations(self, TransitGatewayRouteTableId: str) -> Any:
        return {"TransitGatewayRouteTablePropagations": self.others.get("Propagations", [])}

    def do_search_transit_gateway_routes(self, TransitGatewayRouteTableId: str, Filters: Any) -> Any:
        return {"Routes": self.others.get("TransitRoutes", [])}

    def do_describe_tags(self, Filters: Any = None) -> Any:
        return {"Tags": self.others.get("Tags", [])}

    def forget(self, member: str, id_member: str, identifier: str) -> None:
        self.others[member] = [one for one in self.others[member] if one[id_member] != identifier]

    def do_delete_security_group(self, GroupId: str) -> Any:
        self.forget("SecurityGroups", "GroupId", GroupId)

    def do_delete_subnet(self, SubnetId: str) -> Any:
        if any(one["SubnetId"] == SubnetId for one in self.others.get("NetworkInterfaces", ())):
            raise refusal("DependencyViolation", "the subnet has dependencies")
        self.forget("Subnets", "SubnetId", SubnetId)

    def do_delete_vpc(self, VpcId: str) -> Any:
        if self.others.get("Subnets") or self.tables:
            raise refusal("DependencyViolation", "the vpc has dependencies")
        self.forget("Vpcs", "VpcId", VpcId)


def values_of(item: Mapping[str, Any], name: str) -> list[str]:
    if name.startswith("tag:"):
        return [tag["Value"] for tag in item.get("Tags", ()) if tag["Key"] == name.removeprefix("tag:")]
    if name == "attachment.vpc-id":
        return [entry["VpcId"] for entry in item.get("VpcAttachments") or item.get("Attachments", ())]
    if name == "group-id" and "Groups" in item:
        return [group["GroupId"] for group in item["Groups"]]
    return [str(item.get("".join(part.capitalize() for part in name.split("-")), ""))]
