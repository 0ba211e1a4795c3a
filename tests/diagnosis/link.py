"""A link as the collection plans it, built and bent by plain ARM requests and boto3: no module of ours is involved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import requests
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import Identity, plan_link

from rehearsal.files import read_json
from tests.rehearsal.wan.hand import Azure, seen, wait

Json = dict[str, Any]

VARIABLES = {
    "bgp": {
        "link": "hq",
        "azure_location": "westeurope",
        "azure_vnet_cidr": "10.1.0.0/16",
        "aws_region": "eu-central-1",
        "aws_vpc_cidr": "10.2.0.0/16",
    },
    "static": {
        "link": "branch",
        "routing": "static",
        "azure_location": "westeurope",
        "azure_vnet_cidr": "10.3.0.0/16",
        "aws_region": "eu-west-1",
        "aws_vpc_cidr": "10.4.0.0/16",
    },
}
ACCOUNT = "123456789012"
READ_ONLY = ("provisioningState", "etag", "resourceGuid", "connectionStatus", "tunnelConnectionStatus")
COUNTERS = ("ingressBytesTransferred", "egressBytesTransferred")
EC2_NAMES = {
    "phase1_encryption": "Phase1EncryptionAlgorithms",
    "phase1_integrity": "Phase1IntegrityAlgorithms",
    "phase1_dh_groups": "Phase1DHGroupNumbers",
    "phase2_encryption": "Phase2EncryptionAlgorithms",
    "phase2_integrity": "Phase2IntegrityAlgorithms",
    "phase2_dh_groups": "Phase2DHGroupNumbers",
    "ike_versions": "IKEVersions",
}


class Arm(Azure):
    """The requests of tests/rehearsal/wan/hand.py in a group of the link's own."""

    def __init__(self, about: Json, group: str) -> None:
        super().__init__(about)
        self.root = f"/subscriptions/{about['subscription']}/resourceGroups/{group}"

    def change(self, path: str, **properties: Any) -> Json:
        """PUT what stands there with some properties changed, as a person in the portal does; gives what it was."""
        before = self.get(path)
        self.put_back(before | {"properties": before["properties"] | properties})
        return before

    def put_back(self, resource: Json) -> None:
        self.write(resource)
        self.wait_for(resource["id"], "Succeeded")

    def write(self, resource: Json) -> None:
        kept = {k: v for k, v in resource.items() if k in ("location", "tags", "sku", "zones")}
        properties = {k: v for k, v in resource["properties"].items() if k not in (*READ_ONLY, *COUNTERS)}
        self.call("PUT", resource["id"], kept | {"properties": properties})

    def wait_for(self, path: str, *states: str) -> None:
        wait(f"{path} {states}", lambda: self.get(path)["properties"]["provisioningState"] in states)

    def delete(self, path: str) -> None:
        self.call("DELETE", path)
        wait(f"{path} to be gone", lambda: not self.there(path))

    def there(self, path: str) -> bool:
        url = f"https://management.azure.com{path}"
        return self.session.get(url, params={"api-version": "2024-05-01"}, timeout=10).status_code != 404


class Link:
    """`plan` is the collection's, as JSON. `azure` and `ec2` are the ways of a person without the collection."""

    def __init__(self, directory: Path, routing: str) -> None:
        self.directory = directory
        azure, aws = (json.loads((directory / f"{cloud}.json").read_text()) for cloud in ("azure", "aws"))
        self.control = {"azure": azure["control_port"], "aws": aws["port"]}
        identity = Identity(azure_subscription=azure["subscription"], aws_account=ACCOUNT)
        made = plan_link(VARIABLES[routing], None, identity).plan
        assert made is not None
        self.plan: Json = made.as_dict()
        self.name: str = self.plan["link"]
        self.azure = Arm(azure, self.plan["azure"]["network"]["resource_group"])
        self.ec2 = boto3.session.Session(aws["access_key"], aws["secret_key"]).client(
            "ec2",
            region_name=self.plan["aws"]["network"]["region"],
            endpoint_url=f"http://127.0.0.1:{aws['port']}",
        )
        self.ids: dict[str, str] = {}
        """Of AWS's resources, by what they are; VPN connections by their number."""

    # --- what is there --------------------------------------------------------------------------------------------

    @property
    def tunnels(self) -> dict[str, Json]:
        """Those of the plan that are to be up, by name."""
        return {t["name"]: t for t in self.plan["tunnels"] if t["expected"] == "up"}

    @property
    def network_plan(self) -> Json:
        found: Json = self.plan["azure"]["network"]
        return found

    def path(self, kind: str, name: str) -> str:
        return self.azure.id(kind, name)

    @property
    def azure_range(self) -> str:
        return str(self.network_plan["vnet"]["cidr"])

    @property
    def gateway(self) -> str:
        return self.path("virtualNetworkGateways", self.plan["azure"]["gateway"]["name"])

    @property
    def vnet(self) -> str:
        return self.path("virtualNetworks", self.network_plan["vnet"]["name"])

    @property
    def nsg(self) -> str:
        return self.path("networkSecurityGroups", self.network_plan["nsg"]["name"])

    @property
    def azure_table(self) -> str:
        return self.path("routeTables", self.network_plan["route_table"]["name"])

    def connection(self, tunnel: str) -> str:
        return self.path("connections", self.tunnels[tunnel]["resource_name"])

    def local_gateway(self, tunnel: str) -> str:
        return self.path("localNetworkGateways", self.tunnels[tunnel]["resource_name"])

    def configuration(self, instance: int) -> str:
        name = self.plan["azure"]["gateway"]["instances"][instance]["ip_configuration"]
        return f"{self.gateway}/ipConfigurations/{name}"

    def public_address(self, instance: int) -> str:
        name = self.plan["azure"]["gateway"]["instances"][instance]["public_ip_name"]
        return str(self.azure.get(self.path("publicIPAddresses", name))["properties"]["ipAddress"])

    def vpn(self, tunnel: str) -> str:
        """The id of the VPN connection that has it."""
        return self.ids[str(self.tunnels[tunnel]["connection"])]

    def vpns(self) -> list[Json]:
        """Those of the link's gateway that are not deleted."""
        wanted = [{"Name": "vpn-gateway-id", "Values": [self.ids["vgw"]]}]
        found = self.ec2.describe_vpn_connections(Filters=wanted)["VpnConnections"]
        return [c for c in found if c["State"] not in ("deleting", "deleted")]

    def aws_tunnel(self, tunnel: str) -> Json:
        (found,) = self.ec2.describe_vpn_connections(VpnConnectionIds=[self.vpn(tunnel)])["VpnConnections"]
        cidr = self.tunnels[tunnel]["inside_cidr"]
        return next(o for o in found["Options"]["TunnelOptions"] if o["TunnelInsideCidr"] == cidr)

    def keys(self) -> list[str]:
        """Every pre-shared key on either side, for looking whether one shows anywhere."""
        paths = (self.connection(t) for t in self.tunnels)
        mine = [self.azure.get(f"{path}/sharedkey")["value"] for path in paths if self.azure.there(path)]
        return mine + [o["PreSharedKey"] for c in self.vpns() for o in c["Options"]["TunnelOptions"]]

    def outcomes(self) -> dict[str, tuple[str, str]]:
        """What the WAN says of the tunnels that are to be up: up, no bgp or down, and why."""
        told = (read_json(self.directory / "tunnels.json") or {"tunnels": []})["tunnels"]
        found = {}
        for name, tunnel in self.tunnels.items():
            ends = [
                t
                for t in told
                if (t["region"], t["inside_cidr"]) == (self.ec2.meta.region_name, tunnel["inside_cidr"])
                or (t["region"], t["azure_connection_id"]) == (None, self.connection(name).lower())
            ]
            nothing: Json = {"up": False, "ipsec": False, "reason": ""}
            end = min(ends, key=lambda t: t["region"] is None, default=nothing)
            found[name] = ("up" if end["up"] else "no bgp" if end["ipsec"] else "down", str(end["reason"]))
        return found

    def seen(self) -> bool:
        """Whether the WAN has looked at both clouds as they are now."""
        return seen(self.directory)

    def healthy(self) -> bool:
        return self.seen() and all(state == "up" for state, _why in self.outcomes().values())

    # --- building -------------------------------------------------------------------------------------------------

    def build(self) -> None:
        self._azure_network()
        self._azure_gateway()
        self._aws_network()
        for number in range(1, len(self.plan["aws"]["gateway"]["connections"]) + 1):
            self.create_vpn(number)
        wait("all tunnels", self.healthy, 30)

    @property
    def _azure_tags(self) -> Json:
        return {"tags": self.plan["tags"]}

    def _azure_network(self) -> None:
        network, azure = self.network_plan, self.azure
        azure.call("PUT", azure.root, {"location": network["location"], **self._azure_tags}, api="2022-09-01")
        rules = [
            {
                "name": r["name"],
                "properties": {
                    "priority": r["priority"],
                    "direction": r["direction"],
                    "access": r["access"],
                    "protocol": r["protocol"],
                    "sourceAddressPrefix": r["source_address_prefix"][0],
                    "sourcePortRange": "*",
                    "destinationAddressPrefix": "*",
                    "destinationPortRange": "*",
                },
            }
            for r in network["nsg"]["rules"]
        ]
        azure.put(self.nsg, {"securityRules": rules}, **self._azure_tags)
        azure.put(self.azure_table, {"disableBgpRoutePropagation": False, "routes": []}, **self._azure_tags)
        app = {"networkSecurityGroup": {"id": self.nsg}, "routeTable": {"id": self.azure_table}}
        subnets = [
            {"name": "GatewaySubnet", "properties": {"addressPrefix": network["gateway_subnet"]["cidr"]}},
            {
                "name": network["app_subnet"]["name"],
                "properties": {"addressPrefix": network["app_subnet"]["cidr"], **app},
            },
        ]
        space = {"addressPrefixes": [network["vnet"]["cidr"]]}
        azure.put(self.vnet, {"addressSpace": space, "subnets": subnets}, **self._azure_tags)

    def _azure_gateway(self) -> None:
        gateway, azure = self.plan["azure"]["gateway"], self.azure
        configurations = []
        for instance in gateway["instances"]:
            address = self.path("publicIPAddresses", instance["public_ip_name"])
            properties = {"publicIPAllocationMethod": "Static"}
            azure.put(address, properties, sku={"name": "Standard"}, zones=gateway["zones"], **self._azure_tags)
            subnet = {"id": f"{self.vnet}/subnets/GatewaySubnet"}
            inner = {"privateIPAllocationMethod": "Dynamic", "publicIPAddress": {"id": address}, "subnet": subnet}
            configurations.append({"name": instance["ip_configuration"], "properties": inner})
        wanted: Json = {
            "gatewayType": "Vpn",
            "vpnType": "RouteBased",
            "sku": {"name": gateway["sku"], "tier": gateway["sku"]},
            "activeActive": gateway["active_active"],
            "enableBgp": gateway["bgp"],
            "ipConfigurations": configurations,
        }
        if gateway["bgp"]:
            peerings = [
                {"ipconfigurationId": self.configuration(i), "customBgpIpAddresses": instance["apipa_addresses"]}
                for i, instance in enumerate(gateway["instances"])
            ]
            wanted["bgpSettings"] = {"asn": gateway["asn"], "bgpPeeringAddresses": peerings}
        azure.put(self.gateway, wanted, **self._azure_tags)

    def _aws_network(self) -> None:
        network, gateway, ec2 = self.plan["aws"]["network"], self.plan["aws"]["gateway"], self.ec2

        def tags(kind: str, name: str) -> Json:
            return {"TagSpecifications": self.tags(kind, name)}

        vpc = ec2.create_vpc(CidrBlock=network["vpc"]["cidr"], **tags("vpc", network["vpc"]["name"]))["Vpc"]["VpcId"]
        for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
            ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": True}})
        app = network["app_subnet"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=app["cidr"], **tags("subnet", app["name"]))["Subnet"]
        table = ec2.create_route_table(VpcId=vpc, **tags("route-table", network["route_table"]["name"]))["RouteTable"]
        group = ec2.create_security_group(
            GroupName=network["security_group"]["name"],
            Description=network["security_group"]["description"],
            VpcId=vpc,
            **tags("security-group", network["security_group"]["name"]),
        )
        vgw = ec2.create_vpn_gateway(
            Type="ipsec.1", AmazonSideAsn=gateway["vgw"]["asn"], **tags("vpn-gateway", gateway["vgw"]["name"])
        )["VpnGateway"]["VpnGatewayId"]
        joined = ec2.associate_route_table(RouteTableId=table["RouteTableId"], SubnetId=subnet["SubnetId"])
        self.ids |= {
            "vpc": vpc,
            "subnet": subnet["SubnetId"],
            "table": table["RouteTableId"],
            "group": group["GroupId"],
            "vgw": vgw,
            "association": joined["AssociationId"],
        }
        self.permit(True)
        wait("the gateway", lambda: self.vgw()["State"] == "available")
        self.attach()
        for customer in gateway["customer_gateways"]:
            self.ids[customer["name"]] = self.create_customer_gateway(
                self.public_address(customer["instance"]), customer["asn"], customer["name"]
            )

    def tags(self, kind: str, name: str) -> list[Json]:
        both = {"Name": name, **self.plan["tags"]}
        return [{"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in both.items()]}]

    def create_customer_gateway(self, address: str, asn: int, name: str) -> str:
        made = self.ec2.create_customer_gateway(
            Type="ipsec.1", IpAddress=address, BgpAsn=asn, TagSpecifications=self.tags("customer-gateway", name)
        )
        return str(made["CustomerGateway"]["CustomerGatewayId"])

    def vgw(self) -> Json:
        found: Json = self.ec2.describe_vpn_gateways(VpnGatewayIds=[self.ids["vgw"]])["VpnGateways"][0]
        return found

    def attach(self) -> None:
        """The gateway to its VPC, with propagation, which went when it was detached."""
        self.ec2.attach_vpn_gateway(VpcId=self.ids["vpc"], VpnGatewayId=self.ids["vgw"])
        wait("attachment", lambda: self.vgw()["VpcAttachments"][0]["State"] == "attached")
        self.propagate(True)

    def detach(self) -> None:
        self.ec2.detach_vpn_gateway(VpcId=self.ids["vpc"], VpnGatewayId=self.ids["vgw"])
        wait("detachment", lambda: self.vgw()["VpcAttachments"][0]["State"] == "detached")

    def propagate(self, on: bool) -> None:
        call = self.ec2.enable_vgw_route_propagation if on else self.ec2.disable_vgw_route_propagation
        call(RouteTableId=self.ids["table"], GatewayId=self.ids["vgw"])

    def permit(self, on: bool) -> None:
        """What the security group of the plan admits."""
        rules = self.plan["aws"]["network"]["security_group"]["rules"]
        ranges = [{"CidrIp": c, "Description": r["rule_desc"]} for r in rules for c in r["cidr_ip"]]
        call = self.ec2.authorize_security_group_ingress if on else self.ec2.revoke_security_group_ingress
        call(GroupId=self.ids["group"], IpPermissions=[{"IpProtocol": "-1", "IpRanges": ranges}])

    # --- tunnels ----------------------------------------------------------------------------------------------------

    def create_vpn(self, number: int, *, static: bool | None = None) -> None:
        """A VPN connection as planned, and Azure's half of its tunnels."""
        wanted = self.plan["aws"]["gateway"]["connections"][number - 1]
        static = wanted["static_routes_only"] if static is None else static
        made = self.ec2.create_vpn_connection(
            Type="ipsec.1",
            CustomerGatewayId=self.ids[wanted["customer_gateway"]],
            VpnGatewayId=self.ids["vgw"],
            Options={"StaticRoutesOnly": static, "TunnelOptions": [tunnel_options(t) for t in wanted["tunnels"]]},
            TagSpecifications=self.tags("vpn-connection", wanted["name"]),
        )["VpnConnection"]["VpnConnectionId"]
        self.ids[str(number)] = made
        self.wait_for_vpn(number)
        for cidr in wanted["routes"] if static else ():
            self.ec2.create_vpn_connection_route(VpnConnectionId=made, DestinationCidrBlock=cidr)
        for name, tunnel in self.tunnels.items():
            if tunnel["connection"] == number:
                self.connect(name)

    def delete_vpn(self, number: int) -> None:
        """As AWS's console does it; the connection's description stays for an hour."""
        self.ec2.delete_vpn_connection(VpnConnectionId=self.ids[str(number)])
        self.wait_for_vpn(number, "deleted")

    def wait_for_vpn(self, number: int, state: str = "available") -> None:
        def look() -> str:
            found = self.ec2.describe_vpn_connections(VpnConnectionIds=[self.ids[str(number)]])["VpnConnections"]
            return str(found[0]["State"])

        wait(f"VPN connection {number} to be {state}", lambda: look() == state)

    def connect(self, tunnel: str, **changes: Any) -> None:
        """Azure's local gateway and connection for a tunnel as AWS has it: made, or mended where they stand."""
        aws, azure, about = self.aws_tunnel(tunnel), self.azure, self.tunnels[tunnel]
        bgp = self.plan["routing"] == "bgp"
        local: Json = {
            "gatewayIpAddress": aws["OutsideIpAddress"],
            "localNetworkAddressSpace": {
                "addressPrefixes": [] if bgp else [self.plan["aws"]["network"]["vpc"]["cidr"]]
            },
        }
        if bgp:
            asn = self.plan["aws"]["gateway"]["vgw"]["asn"]
            local["bgpSettings"] = {"asn": asn, "bgpPeeringAddress": about["aws_inside_address"]}
        azure.put(self.local_gateway(tunnel), local, **self._azure_tags)
        azure.put(self.connection(tunnel), self.connection_wish(tunnel) | changes, **self._azure_tags)
        if "sharedKey" not in changes:
            self.set_azure_key(tunnel, aws["PreSharedKey"])

    def connection_wish(self, tunnel: str) -> Json:
        wanted, bgp = self.plan["azure"]["connection"], self.plan["routing"] == "bgp"
        policy = wanted["ipsec_policy"]
        return {
            "connectionType": "IPsec",
            "connectionProtocol": wanted["protocol"],
            "connectionMode": wanted["mode"],
            "dpdTimeoutSeconds": wanted["dpd_seconds"],
            "virtualNetworkGateway1": {"id": self.gateway},
            "localNetworkGateway2": {"id": self.local_gateway(tunnel)},
            "sharedKey": self.aws_tunnel(tunnel)["PreSharedKey"],
            "enableBgp": bgp,
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
            "gatewayCustomBgpIpAddresses": self.slots(tunnel) if bgp else [],
        }

    def slots(self, tunnel: str) -> list[Json]:
        """The connection's custom BGP addresses: its own, and that of the other instance's tunnel beside it."""
        about = self.tunnels[tunnel]
        beside = [t for t in self.tunnels.values() if t["number"] == about["number"]]
        return [
            {
                "ipConfigurationId": self.configuration(t["instance"]),
                "customBgpIpAddress": t["azure_inside_address"],
            }
            for t in beside
        ]

    def set_azure_key(self, tunnel: str, key: str) -> None:
        path = f"{self.connection(tunnel)}/sharedkey"
        self.azure.call("PUT", path, {"value": key})
        wait("the key", lambda: self.azure.get(path)["value"] == key)

    def modify(self, tunnel: str, **options: Any) -> None:
        """ModifyVpnTunnelOptions, when AWS is ready for it and until it is done."""
        number = self.tunnels[tunnel]["connection"]
        self.wait_for_vpn(number)
        self.ec2.modify_vpn_tunnel_options(
            VpnConnectionId=self.vpn(tunnel),
            VpnTunnelOutsideIpAddress=self.aws_tunnel(tunnel)["OutsideIpAddress"],
            TunnelOptions=options,
        )
        self.wait_for_vpn(number)

    def planned_options(self, tunnel: str) -> Json:
        """What ModifyVpnTunnelOptions is given to bring the tunnel back to its plan."""
        about = self.tunnels[tunnel]
        wanted = self.plan["aws"]["gateway"]["connections"][about["connection"] - 1]["tunnels"]
        found = next(t for t in wanted if t["inside_cidr"] == about["inside_cidr"])
        return {k: v for k, v in tunnel_options(found).items() if k != "TunnelInsideCidr"}

    def modify_vpn(self, number: int, **networks: str) -> None:
        self.ec2.modify_vpn_connection_options(VpnConnectionId=self.ids[str(number)], **networks)
        self.wait_for_vpn(number)

    def customer_gateway(self, number: int) -> Json:
        """As the plan has it."""
        name = self.plan["aws"]["gateway"]["connections"][number - 1]["customer_gateway"]
        found: Json = self.ec2.describe_customer_gateways(CustomerGatewayIds=[self.ids[name]])["CustomerGateways"][0]
        return found

    def move(self, number: int, customer_gateway: str) -> None:
        self.ec2.modify_vpn_connection(VpnConnectionId=self.ids[str(number)], CustomerGatewayId=customer_gateway)
        self.wait_for_vpn(number)

    @contextmanager
    def misbehaving(self, cloud: str, fault: Mapping[str, Any]) -> Iterator[None]:
        """A fault of the cloud itself, by its control API, for as long as the block lasts."""
        url = f"http://127.0.0.1:{self.control[cloud]}/_rehearsal/faults"
        with requests.Session() as session:
            session.trust_env = False
            session.post(url, json=dict(fault), timeout=10).raise_for_status()
            try:
                yield
            finally:
                session.delete(url, timeout=10).raise_for_status()


def tunnel_options(tunnel: Mapping[str, Any]) -> Json:
    """A tunnel of the plan in the words of CreateVpnConnection."""
    return {
        "TunnelInsideCidr": tunnel["inside_cidr"],
        "EnableTunnelLifecycleControl": tunnel["lifecycle_control"],
        "StartupAction": tunnel["startup_action"],
        "DPDTimeoutAction": tunnel["dpd_timeout_action"],
        "DPDTimeoutSeconds": tunnel["dpd_timeout_seconds"],
        "Phase1LifetimeSeconds": tunnel["phase1_lifetime_seconds"],
        "Phase2LifetimeSeconds": tunnel["phase2_lifetime_seconds"],
        **{aws: [{"Value": v} for v in tunnel[ours]] for ours, aws in EC2_NAMES.items()},
    }
