"""virtualNetworks, their subnets and peerings."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import override

from ..answers import Call
from ..cloud import Cloud, Use
from ..durations import SECONDS
from ..errors import another_operation, network
from ..ids import parse
from ..invented import refuse
from ..store import Child, Json, Resource
from .kind import Change, ChildKind, Kind, Look, begun, link, overlap, parse_prefix, reference

GATEWAY_SUBNET = "gatewaysubnet"


def vnet_prefixes(resource: Resource) -> list[str]:
    return list(resource.properties["addressSpace"].get("addressPrefixes") or [])


def subnet_prefixes(child: Child) -> list[str]:
    one = child.properties.get("addressPrefix")
    return list(child.properties.get("addressPrefixes") or ([one] if one else []))


def networks(child: Child) -> list[ipaddress.IPv4Network]:
    """A subnet's prefixes of IPv4."""
    found = [ipaddress.ip_network(prefix) for prefix in subnet_prefixes(child)]
    return [net for net in found if isinstance(net, ipaddress.IPv4Network)]


class Subnets(ChildKind):
    collection = "subnets"
    model = "Subnet"
    noun = "Subnet"
    duration = "subnet"

    @override
    def fill(self, change: Change, name: str, properties: Json, old: Child | None) -> Child:
        child = begun(name, properties, old)
        rid = change.draft.child_id(self.collection, name).path
        child.properties = kept = {k: v for k, v in properties.items() if k not in ("ipConfigurations", "purpose")}
        for member in ("networkSecurityGroup", "routeTable", "natGateway"):
            if member in kept:
                kept[member] = link(kept[member])
                if kept[member] is None:
                    del kept[member]
        kept.setdefault("delegations", [])
        kept.setdefault("privateEndpointNetworkPolicies", "Disabled")
        kept.setdefault("privateLinkServiceNetworkPolicies", "Enabled")
        self._check_prefixes(change, child, rid)
        if old is not None:
            self._check_kept(change, child, old)
        if name.lower() == GATEWAY_SUBNET:
            self._check_gateway_subnet(change.cloud, child, rid)
        return child

    def _check_prefixes(self, change: Change, child: Child, rid: str) -> None:
        vnet = change.draft
        mine = subnet_prefixes(child)
        if not mine and change.cloud.settings.today:
            parse_prefix("", rid)
        for text in mine:
            net = parse_prefix(text, rid)
            if net.version == 4 and net.prefixlen > 29:
                raise network(
                    400,
                    "NetcfgInvalidSubnet",
                    f"Subnet '{child.name}' is not valid in virtual network '{vnet.id.name}'.",
                )
            spaces = [ipaddress.ip_network(p) for p in vnet_prefixes(vnet)]
            if not any(net.version == s.version and net.subnet_of(s) for s in spaces):  # type: ignore[arg-type]
                raise network(
                    400,
                    "NetcfgSubnetRangeOutsideVnet",
                    f"Subnet '{child.name}' is not valid because its IP address range is outside the IP address range "
                    f"of virtual network '{vnet.id.name}'.",
                )
        for name, other in vnet.children.get(self.collection, {}).items():
            if name != child.name.lower() and overlap(mine, subnet_prefixes(other)):
                raise network(
                    400,
                    "NetcfgSubnetRangesOverlap",
                    f"Subnet '{child.name}' is not valid because its IP address range overlaps with that of an "
                    f"existing subnet in virtual network '{vnet.id.name}'.",
                )

    def _check_kept(self, change: Change, child: Child, old: Child) -> None:
        users = change.cloud.users_of(change.draft.child_id(self.collection, old.name).path)
        gone = [p for p in subnet_prefixes(old) if p not in subnet_prefixes(child)]
        if users and gone:
            raise network(
                400,
                "InUsePrefixCannotBeDeleted",
                f"IpPrefix {gone[0]} on Subnet {old.name} has active allocations and cannot be deleted.",
            )

    def _check_gateway_subnet(self, cloud: Cloud, child: Child, rid: str) -> None:
        nsg = reference(child.properties.get("networkSecurityGroup"))
        if nsg:
            raise refuse("gateway subnet nsg", nsg=nsg, subnet=rid)
        table = cloud.referenced(reference(child.properties.get("routeTable")))
        if table is not None:
            check_gateway_routes(table, rid)

    @override
    def show(self, look: Look, child: Child) -> Json:
        shown = dict(child.properties)
        shown["delegations"] = [self._delegation(look, child, one) for one in shown["delegations"]]
        if "serviceEndpoints" in shown:
            state = {"provisioningState": look.resource.state}
            shown["serviceEndpoints"] = [state | {"locations": ["*"]} | one for one in shown["serviceEndpoints"]]
        if look.since("2024-01-01"):
            shown["ipamPoolPrefixAllocations"] = []
        users = look.users(look.resource.child_id(self.collection, child.name).path)
        if users:
            shown["ipConfigurations"] = [{"id": shouted(u)} for u in users]
        return shown

    def _delegation(self, look: Look, child: Child, asked: Json) -> Json:
        """A delegation is a thing of its own inside the subnet."""
        subnet, name = look.resource.child_id(self.collection, child.name), str(asked.get("name", ""))
        actions = ["join", "prepareNetworkPolicies"]
        return {
            "name": name,
            "id": f"{subnet.path}/delegations/{name}",
            "etag": look.resource.etag,
            "type": f"{subnet.type}/delegations",
            "properties": {
                "provisioningState": look.resource.state,
                "actions": [f"{subnet.type}/{action}/action" for action in actions],
                **(asked.get("properties") or {}),
            },
        }

    @override
    def guard(self, cloud: Cloud, resource: Resource, child: Child) -> None:
        users = cloud.users_of(resource.child_id(self.collection, child.name).path)
        if users:
            listed = " and ".join(u.source for u in users)
            raise network(
                400,
                "InUseSubnetCannotBeDeleted",
                f"Subnet {child.name} is in use by {listed} and cannot be deleted. In order to delete the subnet, "
                "delete all the resources within the subnet. See aka.ms/deletesubnet.",
            )


def check_gateway_routes(table: Resource, subnet: str) -> None:
    """A GatewaySubnet takes no default route (MS, VPN gateway settings)."""
    for route in table.children.get("routes", {}).values():
        if route.properties.get("addressPrefix") == "0.0.0.0/0":
            raise refuse("gateway subnet default route", table=table.id.path, subnet=subnet)


def shouted(path: str) -> str:
    """In a subnet, Azure spells group and names of a gateway's configuration in capitals (REC)."""
    rid = parse(path)
    if rid is None or rid.types[0].lower() != "virtualnetworkgateways":
        return path
    names = tuple(name.upper() for name in rid.names)
    return type(rid)(rid.subscription, rid.group.upper(), rid.provider, rid.types, names).path


class Peerings(ChildKind):
    collection = "virtualNetworkPeerings"
    model = "VirtualNetworkPeering"
    noun = "VirtualNetworkPeering"
    duration = "peering"

    @override
    def fill(self, change: Change, name: str, properties: Json, old: Child | None) -> Child:
        child = begun(name, properties, old)
        rid = change.draft.child_id(self.collection, name).path
        remote_id = reference(properties.get("remoteVirtualNetwork")) or reference(
            old.properties["remoteVirtualNetwork"] if old else None
        )
        child.properties = {
            "remoteVirtualNetwork": {"id": remote_id},
            "allowVirtualNetworkAccess": properties.get("allowVirtualNetworkAccess", False),
            "allowForwardedTraffic": properties.get("allowForwardedTraffic", False),
            "allowGatewayTransit": properties.get("allowGatewayTransit", False),
            "useRemoteGateways": properties.get("useRemoteGateways", False),
            "doNotVerifyRemoteGateways": properties.get("doNotVerifyRemoteGateways", False),
            "peerCompleteVnets": properties.get("peerCompleteVnets", True),
        }
        remote = change.cloud.referenced(remote_id)
        if remote is not None:
            pair = overlap(vnet_prefixes(change.draft), vnet_prefixes(remote))
            if pair:
                raise refuse("peering overlap", id=rid, prefix=pair[0])
            if child.properties["useRemoteGateways"] and not gateways_of(change.cloud, remote):
                raise network(
                    400,
                    "RemoteVnetHasNoGateways",
                    f"Peering {rid} cannot have UseRemoteGateways flag set to true because remote virtual network "
                    f"{remote.id.path} referenced by the peering does not have any gateways.",
                )
            back = self._back(change.draft, remote)
            self._check_pair(change, rid, remote, back, new=old is None)
            # an update of a disconnected one makes it Initiated again
            child.hidden["connected"] = back is not None
        return child

    def _check_pair(self, change: Change, rid: str, remote: Resource, back: Child | None, *, new: bool) -> None:
        """One peering for each pair of VNets and direction, and none towards one that lost its other half."""
        vnet = change.draft
        for other in vnet.children.get(self.collection, {}).values():
            path = vnet.child_id(self.collection, other.name).path
            if path.lower() != rid.lower() and other.properties["remoteVirtualNetwork"]["id"].lower() == remote.id.key:
                raise network(
                    400,
                    "AnotherPeeringAlreadyReferencesRemoteVnet",
                    f"Peering {path} already references remote virtual network {remote.id.path}. Cannot add another "
                    f"peering {rid} referencing the same remote virtual network.",
                )
        if new and back is not None and back.hidden.get("connected"):
            raise network(
                400,
                "RemotePeeringIsDisconnected",
                f"Cannot create or update peering {rid} because remote peering "
                f"{remote.child_id(self.collection, back.name).path} referencing parent virtual network {vnet.id.path} "
                "is in Disconnected state. Update or re-create the remote peering to get it back to Initiated state. "
                "Peering gets Disconnected when remote vnet or remote peering is deleted and re-created.",
            )

    def _back(self, vnet: Resource, remote: Resource) -> Child | None:
        """The remote VNet's peering that leads here."""
        for peering in remote.children.get(self.collection, {}).values():
            if peering.properties["remoteVirtualNetwork"]["id"].lower() == vnet.id.key:
                return peering
        return None

    @override
    def show(self, look: Look, child: Child) -> Json:
        cloud, resource, shown = look.cloud, look.resource, dict(child.properties)
        remote = cloud.referenced(shown["remoteVirtualNetwork"]["id"])
        back = self._back(resource, remote) if remote else None
        lost = remote is None or (back is None and child.hidden.get("connected"))
        shown["resourceGuid"] = child.guid
        shown["peeringState"] = "Disconnected" if lost else "Connected" if back else "Initiated"
        shown["peeringSyncLevel"] = "FullyInSync" if back else "RemoteNotInSync"
        space: Json = {"addressPrefixes": vnet_prefixes(remote) if remote else []}
        if look.since("2023-11-01"):
            space["ipamPoolPrefixAllocations"] = []
        shown["remoteAddressSpace"], shown["remoteVirtualNetworkAddressSpace"] = dict(space), dict(space)
        shown["routeServiceVips"] = {}
        gateways = gateways_of(cloud, remote) if remote and shown["useRemoteGateways"] else []
        if gateways:
            shown["remoteGateways"] = [{"id": g} for g in gateways]
        return shown

    @override
    def removed(self, cloud: Cloud, resource: Resource, child: Child) -> None:
        remote = cloud.referenced(child.properties["remoteVirtualNetwork"]["id"])
        back = self._back(resource, remote) if remote else None
        if back is not None:
            back.hidden["connected"] = True


def gateways_of(cloud: Cloud, vnet: Resource) -> list[str]:
    """Ids of the gateways in a VNet."""
    uses = cloud.users_of(vnet.child_id("subnets", "GatewaySubnet").path)
    tops = [rid.top.path for u in uses if (rid := parse(u.source)) and rid.types[0].lower() == "virtualnetworkgateways"]
    return list(dict.fromkeys(tops))


class VirtualNetworks(Kind):
    type = "Microsoft.Network/virtualNetworks"
    model = "VirtualNetwork"
    noun = "VirtualNetwork"
    durations = {"create": "virtual network", "update": "virtual network", "delete": "network delete"}
    child_kinds = {"subnets": Subnets(), "virtualNetworkPeerings": Peerings()}

    @override
    def fill(self, change: Change) -> None:
        asked = change.properties
        dropped = ("subnets", "virtualNetworkPeerings", "enableVmProtection")
        kept = {k: v for k, v in asked.items() if k not in dropped}
        space = dict(kept.get("addressSpace") or {})
        prefixes = list(space.get("addressPrefixes") or [])
        if not prefixes and change.cloud.settings.today:
            parse_prefix("", change.path)
        for text in prefixes:
            parse_prefix(text, change.path)
        kept["addressSpace"] = {"addressPrefixes": prefixes}
        if "dhcpOptions" in kept:
            kept["dhcpOptions"] = {"dnsServers": list((kept["dhcpOptions"] or {}).get("dnsServers") or [])}
        kept.setdefault("enableDdosProtection", False)
        kept.setdefault("privateEndpointVNetPolicies", "Disabled")
        change.draft.properties = kept
        # since 2025 a PUT that says nothing of subnets leaves them alone (MS, virtual network FAQ)
        self.fill_children(change, keep_absent=True)
        for child in change.draft.children.get("subnets", {}).values():
            Subnets()._check_prefixes(change, child, change.draft.child_id("subnets", child.name).path)

    @override
    def uses(self, resource: Resource) -> Iterator[Use]:
        for child in resource.children.get("subnets", {}).values():
            source = resource.child_id("subnets", child.name).path
            for member in ("networkSecurityGroup", "routeTable"):
                if target := reference(child.properties.get(member)):
                    yield Use(target, source)
        for child in resource.children.get("virtualNetworkPeerings", {}).values():
            source = resource.child_id("virtualNetworkPeerings", child.name).path
            yield Use(child.properties["remoteVirtualNetwork"]["id"], source, anywhere=True)

    @override
    def show(self, look: Look) -> Json:
        shown = dict(look.resource.properties)
        if look.since("2024-01-01"):
            shown["addressSpace"] = {**shown["addressSpace"], "ipamPoolPrefixAllocations": []}
        else:
            del shown["privateEndpointVNetPolicies"]
        return shown

    @override
    def busy(self, cloud: Cloud, resource: Resource, call: Call) -> None:
        if not cloud.settings.vnet_lock:
            return
        locked = SECONDS["network lock"] * cloud.clock.scale
        for gateway in gateways_of(cloud, resource):
            found = cloud.store.find(gateway)
            if not found or found.state != "Updating" or not found.hidden.get("creating") or not found.operation:
                continue
            if cloud.clock.now() - found.operation.began < locked:
                headers = cloud.poll_headers(found.operation, call, location=False, asynchronous=True)
                raise another_operation(headers["Azure-AsyncOperation"].split("&")[0])

    @override
    def guard(self, cloud: Cloud, resource: Resource) -> None:
        for child in resource.children.get("subnets", {}).values():
            Subnets().guard(cloud, resource, child)

    @override
    def removed(self, cloud: Cloud, resource: Resource) -> None:
        for child in resource.children.get("virtualNetworkPeerings", {}).values():
            Peerings().removed(cloud, resource, child)
