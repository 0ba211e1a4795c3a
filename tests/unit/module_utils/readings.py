"""The readings of both clouds of an invented link that is built as planned and up: ARM's and EC2's shapes.

Made from a plan by code. Tests change one thing, and see what the catalogue says.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm, arm_status, ec2, keys
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.status import LearnedRoute, Status

from tests.unit.module_utils.samples import AZURE_ADDRESSES, KEYS, OUTSIDE

Json = dict[str, Any]

SUBSCRIPTION = "00000000-1111-4222-8333-444444444444"
ACCOUNT = "111122223333"
VPC, SUBNET, GATEWAY = "vpc-0a", "subnet-0a", "vgw-0a"
TABLE, MAIN_TABLE, ACL, GROUP = "rtb-0a", "rtb-0b", "acl-0a", "sg-0a"


def _id(plan: Json, kind: str, name: str) -> str:
    return arm.resource_id(SUBSCRIPTION, plan["azure"]["network"]["resource_group"], kind, name)


def ip_configuration(plan: Json, index: int) -> str:
    gateway = _id(plan, arm.GATEWAYS, plan["azure"]["gateway"]["name"])
    return f"{gateway}/ipConfigurations/ipconfig{index + 1}"


def _resource(plan: Json, kind: str, name: str, properties: Json, **more: Any) -> Json:
    return {
        "id": _id(plan, kind, name),
        "name": name,
        "location": plan["azure"]["network"]["location"],
        "tags": dict(plan["tags"]),
        "properties": {"provisioningState": "Succeeded", **properties},
        **more,
    }


def _used(plan: Json) -> list[Json]:
    return [one for one in plan["tunnels"] if one["expected"] == "up"]


def azure_reading(plan: Json) -> Json:
    """As `azure_link_info` returns it."""
    bgp = plan["routing"] == "bgp"
    gateway = _gateway(plan, bgp)
    local = [_local_gateway(plan, one, bgp) for one in _used(plan)]
    connections = [_connection(plan, one, bgp) for one in _used(plan)]
    peers = [_peer(plan, one, index) for one in _used(plan) for index in range(2)] if bgp else []
    routes = [
        {"localAddress": "10.1.255.4", "network": vnet, "sourcePeer": "10.1.255.4", "origin": "Network"}
        for vnet in plan["expect"]["aws_learns"]
    ]
    routes += [
        {
            "localAddress": f"10.1.255.{4 + one['instance']}",
            "network": vpc,
            "nextHop": one["aws_inside_address"],
            "sourcePeer": one["aws_inside_address"],
            "origin": "EBgp",
            "asPath": str(plan["aws"]["gateway"]["vgw"]["asn"]),
        }
        for one in _used(plan)
        for vpc in plan["expect"]["azure_learns"]
        if bgp
    ]
    return {
        "cloud": "azure",
        "gateway": gateway,
        "connections": connections,
        "local_gateways": local,
        "public_addresses": [
            _resource(
                plan,
                arm.PUBLIC_IPS,
                one["public_ip_name"],
                {"publicIPAllocationMethod": "Static", "ipAddress": AZURE_ADDRESSES[index]},
                sku={"name": "Standard", "tier": "Regional"},
            )
            for index, one in enumerate(plan["azure"]["gateway"]["instances"])
        ],
        "virtual_network": _virtual_network(plan),
        "security_groups": [_security_group(plan)],
        "route_tables": [_azure_route_table(plan)],
        "peers": peers,
        "learned_routes": routes if bgp else [],
        "advertised_routes": {
            one["aws_inside_address"]: [{"network": vnet, "asPath": "65515"} for vnet in plan["expect"]["aws_learns"]]
            for one in _used(plan)
            if bgp
        },
        "fingerprints": {one["resource_name"]: _fingerprint(one["inside_cidr"]) for one in _used(plan)},
        "status": arm_status.gateway_status(gateway, connections, local, peers, routes if bgp else []).as_dict(),
        "unread": [],
        "calls": 14,
    }


def _fingerprint(cidr: str) -> str:
    return keys.fingerprint(KEYS[cidr], f"salt/{OUTSIDE[cidr]}")


def _gateway(plan: Json, bgp: bool) -> Json:
    planned = plan["azure"]["gateway"]
    subnet = _id(plan, arm.VNETS, plan["azure"]["network"]["vnet"]["name"]) + "/subnets/GatewaySubnet"
    return _resource(
        plan,
        arm.GATEWAYS,
        planned["name"],
        {
            "gatewayType": "Vpn",
            "vpnType": "RouteBased",
            "activeActive": planned["active_active"],
            "enableBgp": bgp,
            "sku": {"name": planned["sku"], "tier": planned["sku"], "capacity": 2},
            "ipConfigurations": [
                {
                    "name": one["ip_configuration"],
                    "id": ip_configuration(plan, index),
                    "properties": {
                        "publicIPAddress": {"id": _id(plan, arm.PUBLIC_IPS, one["public_ip_name"])},
                        "subnet": {"id": subnet},
                    },
                }
                for index, one in enumerate(planned["instances"])
            ],
            "bgpSettings": {
                "asn": planned["asn"],
                "bgpPeeringAddresses": [
                    {
                        "ipconfigurationId": ip_configuration(plan, index),
                        "defaultBgpIpAddresses": [f"10.1.255.{4 + index}"],
                        "customBgpIpAddresses": list(one["apipa_addresses"]),
                        "tunnelIpAddresses": [AZURE_ADDRESSES[index]],
                    }
                    for index, one in enumerate(planned["instances"])
                ],
            },
        },
    )


def _local_gateway(plan: Json, tunnel: Json, bgp: bool) -> Json:
    properties: Json = {
        "gatewayIpAddress": OUTSIDE[tunnel["inside_cidr"]],
        "localNetworkAddressSpace": {"addressPrefixes": [] if bgp else plan["expect"]["azure_learns"]},
    }
    if bgp:
        asn = plan["aws"]["gateway"]["vgw"]["asn"]
        properties["bgpSettings"] = {"asn": asn, "bgpPeeringAddress": tunnel["aws_inside_address"], "peerWeight": 0}
    return _resource(plan, arm.LOCAL_GATEWAYS, tunnel["resource_name"], properties)


def _connection(plan: Json, tunnel: Json, bgp: bool) -> Json:
    planned = plan["azure"]["connection"]
    policy = planned["ipsec_policy"]
    columns = [one for one in _used(plan) if one["number"] == tunnel["number"]] if bgp else []
    return _resource(
        plan,
        arm.CONNECTIONS,
        tunnel["resource_name"],
        {
            "connectionType": "IPsec",
            "connectionProtocol": planned["protocol"],
            "connectionMode": planned["mode"],
            "dpdTimeoutSeconds": planned["dpd_seconds"],
            "enableBgp": bgp,
            "authenticationType": "PSK",
            "usePolicyBasedTrafficSelectors": False,
            "trafficSelectorPolicies": [],
            "virtualNetworkGateway1": {"id": _id(plan, arm.GATEWAYS, plan["azure"]["gateway"]["name"])},
            "localNetworkGateway2": {"id": _id(plan, arm.LOCAL_GATEWAYS, tunnel["resource_name"])},
            "ipsecPolicies": [
                {
                    "ikeEncryption": policy["ike_encryption"],
                    "ikeIntegrity": policy["ike_integrity"],
                    "dhGroup": policy["dh_group"],
                    "ipsecEncryption": policy["ipsec_encryption"],
                    "ipsecIntegrity": policy["ipsec_integrity"],
                    "pfsGroup": policy["pfs_group"],
                    "saLifeTimeSeconds": policy["sa_lifetime_seconds"],
                    "saDataSizeKilobytes": policy["sa_data_size_kilobytes"],
                }
            ],
            "gatewayCustomBgpIpAddresses": [
                {
                    "ipConfigurationId": ip_configuration(plan, one["instance"]),
                    "customBgpIpAddress": one["azure_inside_address"],
                }
                for one in columns
            ],
            "connectionStatus": "Connected",
            "tunnelConnectionStatus": [
                {
                    "tunnel": f"{tunnel['resource_name']}_{AZURE_ADDRESSES[index]}",
                    "connectionStatus": "Connected" if index == tunnel["instance"] else "NotConnected",
                    "ingressBytesTransferred": 2902 if index == tunnel["instance"] else 0,
                    "egressBytesTransferred": 2903 if index == tunnel["instance"] else 0,
                }
                for index in range(len(plan["azure"]["gateway"]["instances"]))
            ],
        },
    )


def _peer(plan: Json, tunnel: Json, index: int) -> Json:
    up = index == tunnel["instance"]
    return {
        "localAddress": f"10.1.255.{4 + index}",
        "neighbor": tunnel["aws_inside_address"],
        "asn": plan["aws"]["gateway"]["vgw"]["asn"],
        "state": "Connected" if up else "Connecting",
        "routesReceived": 1 if up else 0,
    }


def _virtual_network(plan: Json) -> Json:
    network = plan["azure"]["network"]
    own = _id(plan, arm.VNETS, network["vnet"]["name"])

    def subnet(name: str, cidr: str, **more: Any) -> Json:
        return {"name": name, "id": f"{own}/subnets/{name}", "properties": {"addressPrefix": cidr, **more}}

    return _resource(
        plan,
        arm.VNETS,
        network["vnet"]["name"],
        {
            "addressSpace": {"addressPrefixes": plan["expect"]["aws_learns"]},
            "subnets": [
                subnet("GatewaySubnet", network["gateway_subnet"]["cidr"]),
                subnet(
                    network["app_subnet"]["name"],
                    network["app_subnet"]["cidr"],
                    networkSecurityGroup={"id": _id(plan, arm.NSGS, network["nsg"]["name"])},
                    routeTable={"id": _id(plan, arm.ROUTE_TABLES, network["route_table"]["name"])},
                ),
            ],
            "virtualNetworkPeerings": [],
        },
    )


def nsg_rule(name: str, priority: int, source: str, target: str = "*", **more: Any) -> Json:
    """A rule that somebody adds; inbound and denying if nothing else is said."""
    properties = {
        "priority": priority,
        "direction": "Inbound",
        "access": "Deny",
        "protocol": "*",
        "sourceAddressPrefix": source,
        "sourcePortRange": "*",
        "destinationAddressPrefix": target,
        "destinationPortRange": "*",
        **more,
    }
    return {"name": name, "properties": properties}


def _security_group(plan: Json) -> Json:
    rules = [
        nsg_rule(
            one["name"],
            one["priority"],
            "",
            access=one["access"],
            protocol=one["protocol"],
            sourceAddressPrefixes=one["source_address_prefix"],
            destinationAddressPrefix=one["destination_address_prefix"][0],
        )
        for one in plan["azure"]["network"]["nsg"]["rules"]
    ]
    return _resource(plan, arm.NSGS, plan["azure"]["network"]["nsg"]["name"], {"securityRules": rules})


def _azure_route_table(plan: Json) -> Json:
    table = plan["azure"]["network"]["route_table"]
    routes = [
        {"name": one["name"], "properties": {"addressPrefix": one["cidr"], "nextHopType": "VirtualNetworkGateway"}}
        for one in table["routes"]
    ]
    return _resource(
        plan,
        arm.ROUTE_TABLES,
        table["name"],
        {"disableBgpRoutePropagation": table["disable_bgp_route_propagation"], "routes": routes},
    )


# ----------------------------------------------------------------------------------------------------------------- AWS


def aws_reading(plan: Json) -> Json:
    """As `aws_link_info` returns it."""
    network, gateway = plan["aws"]["network"], plan["aws"]["gateway"]
    bgp = plan["routing"] == "bgp"
    connections = [_vpn_connection(plan, one) for one in gateway["connections"]]
    tables = [
        {
            "RouteTableId": MAIN_TABLE,
            "VpcId": VPC,
            "OwnerId": ACCOUNT,
            "Associations": [{"Main": True, "AssociationState": {"State": "associated"}}],
            "PropagatingVgws": [],
            "Routes": [_route(one, "local", "CreateRouteTable") for one in plan["expect"]["azure_learns"]],
            "Tags": [],
        },
        {
            "RouteTableId": TABLE,
            "VpcId": VPC,
            "OwnerId": ACCOUNT,
            "Associations": [{"Main": False, "SubnetId": SUBNET, "AssociationState": {"State": "associated"}}],
            "PropagatingVgws": [{"GatewayId": GATEWAY}],
            "Routes": [
                *(_route(one, "local", "CreateRouteTable") for one in plan["expect"]["azure_learns"]),
                *(_route(one, GATEWAY, "EnableVgwRoutePropagation") for one in plan["expect"]["aws_learns"]),
            ],
            "Tags": _tags(plan, network["route_table"]["name"]),
        },
    ]
    return {
        "cloud": "aws",
        "region": network["region"],
        "kind": "vgw",
        "gateway": {
            "VpnGatewayId": GATEWAY,
            "AmazonSideAsn": gateway["vgw"]["asn"],
            "State": "available",
            "Type": "ipsec.1",
            "VpcAttachments": [{"VpcId": VPC, "State": "attached"}],
            "Tags": _tags(plan, gateway["vgw"]["name"]),
        },
        "asn": gateway["vgw"]["asn"],
        "vpn_connections": connections,
        "customer_gateways": [
            {
                "CustomerGatewayId": f"cgw-0{one['instance']}",
                "IpAddress": AZURE_ADDRESSES[one["instance"]],
                "BgpAsn": str(one["asn"]),
                "State": "available",
                "Type": "ipsec.1",
                "Tags": _tags(plan, one["name"]),
            }
            for one in gateway["customer_gateways"]
        ],
        "vpcs": [
            {
                "VpcId": VPC,
                "OwnerId": ACCOUNT,
                "CidrBlock": network["vpc"]["cidr"],
                "CidrBlockAssociationSet": [
                    {"CidrBlock": one, "CidrBlockState": {"State": "associated"}}
                    for one in plan["expect"]["azure_learns"]
                ],
                "Tags": _tags(plan, network["vpc"]["name"]),
            }
        ],
        "subnets": [
            {
                "SubnetId": SUBNET,
                "VpcId": VPC,
                "CidrBlock": network["app_subnet"]["cidr"],
                "Tags": _tags(plan, network["app_subnet"]["name"]),
            }
        ],
        "route_tables": tables,
        "security_groups": [
            {"GroupId": "sg-0b", "GroupName": "default", "VpcId": VPC, "IpPermissions": [], "IpPermissionsEgress": []},
            {
                "GroupId": GROUP,
                "GroupName": network["security_group"]["name"],
                "VpcId": VPC,
                "IpPermissions": [
                    {"IpProtocol": "-1", "IpRanges": [{"CidrIp": cidr} for cidr in rule["cidr_ip"]]}
                    for rule in network["security_group"]["rules"]
                ],
                "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
            },
        ],
        "network_acls": [
            {
                "NetworkAclId": ACL,
                "VpcId": VPC,
                "Associations": [{"SubnetId": SUBNET, "NetworkAclId": ACL}],
                "Entries": [
                    acl_entry(number, egress, action)
                    for egress in (True, False)
                    for number, action in ((100, "allow"), (32767, "deny"))
                ],
            }
        ],
        "transit": None,
        "counts": {"vgws": 1, "customer_gateways": 2, "vpn_connections": 2},
        "maintenance": {},
        "fingerprints": {OUTSIDE[one["inside_cidr"]]: _fingerprint(one["inside_cidr"]) for one in plan["tunnels"]},
        "status": _aws_status(plan, connections, bgp),
        "unread": [],
        "calls": 11,
    }


def _tags(plan: Json, name: str) -> list[Json]:
    return ec2.tag_list({**plan["tags"], "Name": name})


def _route(prefix: str, target: str, origin: str) -> Json:
    return {"DestinationCidrBlock": prefix, "GatewayId": target, "Origin": origin, "State": "active"}


def acl_entry(number: int, egress: bool, action: str, cidr: str = "0.0.0.0/0", protocol: str = "-1") -> Json:
    return {"RuleNumber": number, "Egress": egress, "RuleAction": action, "CidrBlock": cidr, "Protocol": protocol}


def _vpn_connection(plan: Json, planned: Json) -> Json:
    tunnels = planned["tunnels"]
    spare = {one["inside_cidr"] for one in plan["tunnels"] if one["expected"] != "up"}

    def options(tunnel: Json) -> Json:
        request = ec2.tunnel_request(tunnel)
        names = {one.request: one.response for one in ec2.TUNNEL_OPTIONS}
        answer = {names.get(name, name): value for name, value in request.items()}
        return {"OutsideIpAddress": OUTSIDE[tunnel["inside_cidr"]], **answer}

    def telemetry(tunnel: Json) -> Json:
        up = tunnel["inside_cidr"] not in spare
        bgp = not planned["static_routes_only"]
        return {
            "OutsideIpAddress": OUTSIDE[tunnel["inside_cidr"]],
            "Status": "UP" if up else "DOWN",
            "StatusMessage": "IPSEC IS DOWN" if not up else "1 BGP ROUTES" if bgp else "",
            "AcceptedRouteCount": 1 if up and bgp else 0,
            "LastStatusChange": "2026-11-21T10:24:50+00:00",
        }

    return {
        "VpnConnectionId": f"vpn-0{planned['number']}",
        "CustomerGatewayId": f"cgw-0{planned['instance']}",
        "VpnGatewayId": GATEWAY,
        "State": "available",
        "Type": "ipsec.1",
        "Options": {
            "StaticRoutesOnly": planned["static_routes_only"],
            "LocalIpv4NetworkCidr": "0.0.0.0/0",
            "RemoteIpv4NetworkCidr": "0.0.0.0/0",
            "TunnelOptions": [options(one) for one in tunnels],
        },
        "Routes": [{"DestinationCidrBlock": one, "State": "available"} for one in planned["routes"]],
        "VgwTelemetry": [telemetry(one) for one in tunnels],
        "Tags": _tags(plan, planned["name"]),
    }


def _aws_status(plan: Json, connections: list[Json], bgp: bool) -> Json:
    origin = "bgp" if bgp else "static"
    learned = [LearnedRoute(one, next_hop=GATEWAY, origin=origin) for one in plan["expect"]["aws_learns"]]
    return Status("aws", GATEWAY, plan["aws"]["gateway"]["vgw"]["asn"], learned_routes=learned).as_dict()


# ------------------------------------------------------------------------------------------------------------ mistakes


def down(azure: Json, aws: Json, plan: Json, *names: str, message: str = "IPSEC IS DOWN") -> None:
    """The tunnels are down on both sides, as both clouds tell it. `IPSEC IS UP`: BGP alone is missing."""
    ipsec = message == "IPSEC IS UP"
    for tunnel in plan["tunnels"]:
        if tunnel["name"] not in names:
            continue
        connection = azure_connection(azure, tunnel["resource_name"])
        if connection is not None and not ipsec:
            connection["properties"]["connectionStatus"] = "NotConnected"
            for end in connection["properties"]["tunnelConnectionStatus"]:
                end["connectionStatus"] = "NotConnected"
        for peer in azure["peers"]:
            if peer["neighbor"] == tunnel["aws_inside_address"]:
                peer |= {"state": "Connecting", "routesReceived": 0}
        told = [one for one in azure["learned_routes"] if one["sourcePeer"] != tunnel["aws_inside_address"]]
        azure["learned_routes"] = told
        azure["advertised_routes"].pop(tunnel["aws_inside_address"], None)
        for connection in aws["vpn_connections"]:
            for one in connection["VgwTelemetry"]:
                if one["OutsideIpAddress"] == OUTSIDE[tunnel["inside_cidr"]]:
                    one |= {"Status": "DOWN", "StatusMessage": message, "AcceptedRouteCount": 0}
    tell(azure)


def tell(azure: Json) -> None:
    """Azure's status as its resources have it now."""
    azure["status"] = arm_status.gateway_status(
        azure["gateway"] or {}, azure["connections"], azure["local_gateways"], azure["peers"], azure["learned_routes"]
    ).as_dict()


def azure_connection(azure: Json, name: str) -> Json | None:
    return next((one for one in azure["connections"] if one["name"] == name), None)
