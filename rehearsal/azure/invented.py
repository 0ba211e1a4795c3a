"""Everything here that no source shows: rendered by the docs, used by the code, never invented elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import ArmError, network


@dataclass(frozen=True)
class Invented:
    """`code` and `text` are answered where both are set; the others are behaviours or timings."""

    what: str
    why: str
    status: int = 400
    code: str = ""
    text: str = ""


def _error(what: str, code: str, text: str, why: str = "the refusal is documented, its text is not") -> Invented:
    return Invented(what, why, 400, code, text)


INVENTED: dict[str, Invented] = {
    "non-az sku": _error(
        "text for a SKU without zones on a new gateway",
        "NonAzSkusNotAllowedForVPNGateway",
        "VpnGw1-5 non-AZ SKUs are no longer supported for new VPN gateways. Gateway {id} asks for {sku}. "
        "Use an AZ SKU: VpnGw1AZ, VpnGw2AZ, VpnGw3AZ, VpnGw4AZ or VpnGw5AZ.",
        "the code is in public issues, the text is not",
    ),
    "gateway subnet name": _error(
        "gateway in a subnet of another name",
        "InvalidGatewaySubnetName",
        "The subnet {subnet} used by gateway {id} must be named GatewaySubnet.",
    ),
    "gateway subnet size": _error(
        "GatewaySubnet smaller than /29",
        "GatewaySubnetTooSmall",
        "Subnet {subnet} ({prefix}) is too small for gateway {id}; at least /29 is needed.",
    ),
    "gateway subnet nsg": _error(
        "NSG on the GatewaySubnet",
        "NetworkSecurityGroupNotAllowedOnGatewaySubnet",
        "Network security group {nsg} cannot be associated with subnet {subnet}: it is not allowed on GatewaySubnet.",
        "Microsoft advises against it; newer gateways may accept it",
    ),
    "gateway subnet default route": _error(
        "0.0.0.0/0 in a route table on the GatewaySubnet",
        "GatewaySubnetCannotHaveDefaultRoute",
        "Route table {table} has a route for 0.0.0.0/0 and cannot be associated with subnet {subnet}.",
    ),
    "two gateways": _error(
        "second VPN gateway in a VNet",
        "VirtualNetworkAlreadyHasVpnGateway",
        "Virtual network {vnet} already has the VPN gateway {other}; gateway {id} cannot be created in it.",
    ),
    "basic address": _error(
        "gateway on a Basic public address",
        "BasicPublicIPNotAllowedForVpnGateway",
        "Public IP with basic SKU is not allowed on VPN Gateway {id}: {pip}.",
        "worded after a public issue, the code is ours",
    ),
    "one ip configuration": _error(
        "active/standby gateway with another number of IP configurations than one",
        "GatewayMustHaveExactlyOneIpConfiguration",
        "Gateway {id} has {count} IP configurations; a gateway that is not active-active has one.",
    ),
    "device script": _error(
        "a device script asked for without naming the device",
        "InvalidVpnDeviceScriptParameters",
        "{what} is missing.",
    ),
    "gateway address in use": _error(
        "public address that something else holds",
        "PublicIPAddressInUse",
        "Resource {id} is referencing public IP address {pip} that is already allocated to resource {other}.",
        "Azure has this code; the text is from memory",
    ),
    "gateway asn": _error(
        "ASN of the gateway out of range or reserved",
        "InvalidVirtualNetworkGatewayAsn",
        "The ASN {asn} of virtual network gateway {id} is reserved or out of range.",
    ),
    "local asn": _error(
        "reserved ASN of a local network gateway",
        "InvalidLocalNetworkGatewayAsn",
        "The ASN {asn} of local network gateway {id} is reserved by Azure or out of range.",
    ),
    "local bgp address": _error(
        "BGP of a local network gateway without bgpPeeringAddress",
        "InvalidLocalNetworkGatewayBgpPeeringAddress",
        "The BgpPeeringAddress of local network gateway {id} is missing.",
        "that it is required is in azure-cli#2846, code and text are not",
    ),
    "apipa range": _error(
        "custom BGP address outside Azure's APIPA range",
        "InvalidCustomBgpIpAddress",
        "Custom BGP IP address {address} of {id} is not in the range 169.254.21.0 to 169.254.22.255.",
    ),
    "apipa twice": _error(
        "custom BGP address used twice on a gateway",
        "DuplicateCustomBgpIpAddress",
        "Custom BGP IP address {address} is used more than once on virtual network gateway {id}.",
    ),
    "peering ip configuration": _error(
        "bgpPeeringAddresses names an IP configuration that is not there",
        "InvalidBgpPeeringAddressIpConfiguration",
        "The ipconfigurationId {configuration} does not belong to virtual network gateway {id}.",
    ),
    "connection custom address": _error(
        "connection names an address that its gateway does not have",
        "InvalidGatewayCustomBgpIpAddress",
        "Custom BGP IP address {address} of connection {id} is not configured on {configuration}.",
    ),
    "idle timeout": _error(
        "idleTimeoutInMinutes of a public address out of range",
        "PublicIPAddressIdleTimeoutOutOfRange",
        "The idle timeout {minutes} of {id} is not in 4 to 30 minutes.",
    ),
    "dpd timeout": _error(
        "dpdTimeoutSeconds of a connection out of range",
        "InvalidDpdTimeout",
        "The DPD timeout {seconds} of {id} is not in 9 to 3600 seconds.",
    ),
    "tags": _error("more than 50 tags", "TooManyTags", "{id} has {count} tags; 50 are allowed."),
    "local gateway empty": _error(
        "local gateway without prefixes and without BGP",
        "LocalNetworkGatewayAddressSpaceEmpty",
        "Local network gateway {id} has neither address prefixes nor BGP settings.",
    ),
    "local gateway address": _error(
        "local gateway with a malformed or missing address",
        "InvalidLocalNetworkGatewayAddress",
        "The gateway IP address '{address}' of local network gateway {id} is not valid.",
    ),
    "connection overlap": _error(
        "second connection of a gateway to the same prefixes without BGP",
        "ConnectionOverlappingAddressSpaces",
        "Connection {id} and connection {other} of the same gateway have overlapping address spaces: {prefix}.",
        "the code is in azure-docs#110829, the text is not",
    ),
    "connection protocol": _error(
        "changing connectionProtocol",
        "ConnectionProtocolCannotBeModified",
        "The connection protocol of connection {id} cannot be changed from {old} to {new}.",
    ),
    "connection bgp": _error(
        "BGP on a connection whose gateway or local gateway has none",
        "BgpNotEnabledOnGateway",
        "EnableBgp cannot be set on connection {id}: {other} has no BGP.",
    ),
    "connection quota": _error(
        "more tunnels than the SKU has",
        "VirtualNetworkGatewayConnectionLimitReached",
        "Virtual network gateway {gateway} of SKU {sku} cannot have more than {limit} connections.",
    ),
    "connection ends": _error(
        "connection without its two ends",
        "ConnectionEndMissing",
        "Connection {id} of type {type} needs {what}.",
    ),
    "ipsec policy": _error(
        "an IPsec policy that is incomplete or has an unknown value",
        "InvalidIpsecPolicy",
        "The IPsec policy of {id} is not valid: {what}.",
    ),
    "shared key": _error(
        "a pre-shared key that Azure does not take",
        "InvalidSharedKey",
        "The shared key of connection {id} is not valid: 1 to 128 printable ASCII characters.",
    ),
    "key length": _error(
        "resetting a key to a length out of range",
        "InvalidSharedKeyLength",
        "The key length {length} is not valid: 1 to 128.",
    ),
    "reset address": _error(
        "resetting an instance by an address that is none of its gateway's",
        "InvalidGatewayVip",
        "The address {address} is not a public address of virtual network gateway {id}.",
        "no source",
    ),
    "resets": Invented(
        "a connection is Updating and its tunnel down for as long as its update takes, when it is reset; a gateway is "
        "Updating and one instance away for the reset's time, the other one keeps its tunnels",
        "only that the requests are accepted, and one gateway's time, are recorded",
    ),
    "gateway in use": _error(
        "deleting a gateway that has connections",
        "VirtualNetworkGatewayCannotBeDeleted",
        "Virtual network gateway {id} is still used by {users} and cannot be deleted.",
    ),
    "local gateway in use": _error(
        "deleting a local gateway that has connections",
        "LocalNetworkGatewayCannotBeDeleted",
        "Local network gateway {id} is still used by {users} and cannot be deleted.",
    ),
    "sku downgrade": _error(
        "changing a gateway to a SKU that needs it made anew",
        "VirtualNetworkGatewaySkuChangeNotAllowed",
        "The SKU of virtual network gateway {id} cannot be changed from {old} to {new}.",
    ),
    "sku generation": _error(
        "VpnGw4 or 5 for a gateway of Generation1, new or there",
        "VirtualNetworkGatewaySkuCannotBeCreatedForSpecifiedVmGeneration",
        "The Virtual Network Gateway Sku {sku} cannot be used when VirtualNetworkVpnGatewayGeneration is set to "
        "{generation}.",
        "documented; code and text are in public issues for VpnGw1 and Generation2 only",
    ),
    "gateway generation": Invented(
        "a new VpnGw4 or 5 is of Generation2 where none is named, and an update that names none keeps what is there",
        "these SKUs exist in Generation2 only; recordings name none for VpnGw1 and VpnGw2 only, which get Generation1",
    ),
    "gateway immutable": _error(
        "changing what a gateway keeps for life",
        "VirtualNetworkGatewayPropertyCannotBeModified",
        "The property {what} of virtual network gateway {id} cannot be modified.",
    ),
    "security rule": _error(
        "a security rule with a missing or impossible value",
        "SecurityRuleInvalid",
        "Security rule {id} is not valid: {what}.",
    ),
    "route": _error(
        "a route with a missing or impossible value",
        "RouteInvalid",
        "Route {id} is not valid: {what}.",
    ),
    "peering overlap": _error(
        "peering two VNets with overlapping ranges",
        "VnetAddressSpacesOverlap",
        "Cannot create or update peering {id}. Address spaces of the two virtual networks overlap: {prefix}.",
    ),
    "interface": _error(
        "a network interface with no room or no subnet",
        "InvalidNetworkInterface",
        "Network interface {id} is not valid: {what}.",
    ),
    "machine": _error(
        "a virtual machine beyond what the local cloud makes, or without a size or a free interface",
        "InvalidParameter",
        "Virtual machine {id} is not valid: {what}.",
    ),
    "silent machine": _error(
        "Run Command where no packets go, or where the packet lab has no machine at the address: as with a guest agent "
        "that does not answer, which Azure says after 20 minutes here",
        "VMAgentStatusCommunicationError",
        "VM '{name}' has not reported status for VM agent or extensions. Verify that the OS is up and healthy, the VM "
        "has a running VM agent, and that it can establish outbound connections to Azure storage.",
        "worded after public issues; when it comes is not documented",
    ),
    "no machine": _error(
        "effective routes or rules of a network interface without a virtual machine",
        "NetworkInterfaceNotAttachedToRunningVM",
        "Network interface {id} must be attached to a running virtual machine.",
        "that it is refused is in cloud-custodian#3694, code and text are not",
    ),
    "address to check": _error(
        "CheckIPAddressAvailability for what is no IPv4 address",
        "InvalidIPAddress",
        "'{address}' is not an address to look for in {id}.",
        "no source",
    ),
    "no clients": _error(
        "a question about the VPN clients of a gateway that has no address pool for them",
        "VpnClientAddressPoolNotSpecified",
        "Virtual network gateway {id} has no VPN client address pool.",
        "no source",
    ),
    "no profile": _error(
        "the URL of a VPN client profile that was not generated",
        "VpnProfileNotGenerated",
        "No VPN client profile has been generated for virtual network gateway {id}.",
        "no source",
    ),
    "capture running": _error(
        "starting a packet capture where one runs",
        "PacketCaptureAlreadyRunning",
        "A packet capture is running on {id}.",
        "no source",
    ),
    "no capture": _error(
        "stopping a packet capture where none runs",
        "PacketCaptureNotRunning",
        "No packet capture runs on {id}.",
        "no source",
    ),
    "capture url": _error(
        "stopping a packet capture without sasUrl",
        "PacketCaptureSasUrlMissing",
        "The packet capture of {id} cannot be stopped without sasUrl.",
        "no source",
    ),
    "insights": _error(
        "text of a metric alert or diagnostic setting that Azure Monitor refuses",
        "BadRequest",
        "The request is not valid: {what}.",
    ),
    "template": _error(
        "a template beyond what the local cloud deploys: one without dependsOn, functions and child resources",
        "InvalidTemplate",
        "Deployment template validation failed: '{what}'.",
        "nothing but the template of az network vpn-connection create is needed",
    ),
    # injected faults
    "throttled": Invented(
        "throttle fault: text of throttling",
        "code and text as in public issues; the real service has several of each",
        429,
        "TooManyRequests",
        "The request is being throttled.",
    ),
    "server error": Invented(
        "error-500 fault, and whatever the local cloud fails to answer: text of an internal error",
        "code and text as in public issues, not recorded as an answer to a request",
        500,
        "InternalServerError",
        "An error occurred.",
    ),
    "unavailable": Invented(
        "error-503 fault: text of a service that is away",
        "no source shows the words of today",
        503,
        "ServiceUnavailable",
        "The service is unavailable now, retry the request later. If the problem persists, contact support.",
    ),
    "operation failed": Invented(
        "operation-failed fault: how an operation says that it failed",
        "code and text as in public issues; the real service sometimes has details",
        200,
        "InternalServerError",
        "An error occurred.",
    ),
    # behaviours
    "texts from memory": Invented(
        "texts of MissingApiVersionParameter, InvalidResourceType, InvalidResourceNamespace, LocationRequired, "
        "LocationNotAvailableForResourceType, InvalidResourceLocation, InvalidResourceGroupLocation, "
        "ResourceGroupBeingDeleted, ParentResourceNotFound, PreconditionFailed, InvalidFilterInQueryString, "
        "SecurityRuleConflict, AnotherPeeringAlreadyReferencesRemoteVnet, NetcfgSubnetRangesOverlap, "
        "InvalidCIDRNotation, InvalidAddressPrefixFormat, InUsePrefixCannotBeDeleted, RemoteVnetHasNoGateways, "
        "InvalidSubscriptionId, DuplicateResourceName, NetcfgInvalidSubnet, InvalidTagNameCharacters and of the 401 "
        "codes; the type that InvalidJson names for a value of no enumeration",
        "Azure has these codes; the words were not checked against a recording",
    ),
    "api versions": Invented(
        "any api-version up to the newest that the provider lists is taken; InvalidApiVersionParameter names those of "
        "Microsoft.Network, NoRegisteredProviderFound has * for the region of a list",
        "both texts are in public issues, with longer lists than here",
    ),
    "scripts": Invented(
        "supportedvpndevices and vpndeviceconfigurationscript answer a stub", "nothing here needs the real ones"
    ),
    "client profiles": Invented(
        "the profile of VPN clients is a URL where nothing is; clients never connect, so none is disconnected",
        "nothing here needs them, clients ask for them",
    ),
    "client policy": Invented(
        "IPsec parameters of VPN clients where none were set",
        "the defaults of today are not published as an answer",
    ),
    "captures": Invented(
        "packetCaptureDiagnosticState is Running from startPacketCapture to stopPacketCapture, which writes nothing",
        "recordings show None only",
    ),
    "ike associations": Invented(
        "getikesas lists the connected tunnels with the connection's policy, as JSON in a string",
        "only that it is a string is in the SDK",
    ),
    "effective routes": Invented(
        "next hops of routes through a gateway are its BGP addresses; of the system's routes only those to the "
        "internet and to private ranges are listed; an effective rule spells out the tag VirtualNetwork and no other",
        "no recording of them",
    ),
    "usages": Invented(
        "quotas of a region are five, with the limits of the documentation",
        "the real list is longer and differs between subscriptions",
    ),
    "gateway delete busy": Invented(
        "DELETE of a resource that is Updating answers 429 RetryableError, like a second PUT",
        "only the PUT was seen",
    ),
    "vnet lock": Invented(
        "changes of a VNet are refused for the first 60 s of making its gateway (AnotherOperationInProgress)",
        "Azure refuses it sometimes; --vnet-lock off never does",
    ),
    "parallel connections": Invented(
        "connections of one gateway may be made at once", "no source says either way; the gateway stays Succeeded"
    ),
    "connecting": Invented(
        "60 s after it was made, however fast time goes 5 s at least, a connection that the WAN has not reported goes "
        "from Unknown to Connecting "
        "(NotConnected in mode ResponderOnly)",
        "recordings end too early to show the time",
    ),
    "patch": Invented("PATCH of tags answers 200 and leaves the state alone", "not recorded"),
    "written back": Invented(
        "members that answers show and azure-mgmt-network 28.0.0 does not know are accepted and ignored",
        "clients read, merge and write with success, no source lists what the service ignores",
    ),
    "empty put": Invented(
        "with --rules recorded a PUT without a body counts as an empty one",
        "one recorder dropped the bodies; the real service refuses it",
    ),
    "peers unreported": Invented(
        "BGP peers that the WAN has not reported are Connecting, from each instance to each local gateway",
        "only answers of working gateways are published",
    ),
    "bgp only local gateway": Invented(
        "a local gateway without prefixes shows an empty list of them", "no recording of one"
    ),
    "failed operation": Invented(
        "after the operation-failed fault nothing of the request has taken effect but the new settings of a resource, "
        "which stands with provisioningState Failed; a resource that failed to go stays, Failed",
        "what a real failure leaves behind differs from case to case",
    ),
    "not found yet": Invented(
        "after the not-found-yet fault reads answer 404 and lists leave the thing out; references to it work",
        "how far the real service's replicas lag is not documented",
    ),
    "nat rules": Invented(
        "NAT rules of a gateway are kept and shown, as Static EgressSnat where nothing is said; they translate nothing",
        "nothing here needs them, clients list them",
    ),
    "subnet services": Invented(
        "locations of a service endpoint are all, the actions of a delegation are joining and preparing the subnet",
        "the real service has its own for each service",
    ),
    "machines": Invented(
        "a virtual machine is a name for an address in the packet lab; disks, images and accounts are kept and not "
        "looked at; it is always running",
        "it is there for Run Command alone",
    ),
    "run command": Invented(
        "a script runs in the packet lab, in the network of the machine that has the address, if it is made of ping, "
        "attempts at TCP ports and a loop around them; of any other only stderr says that it was not run",
        "nothing that a client sends may run on this machine itself",
    ),
    "alerts": Invented(
        "metric alerts are kept and never fire; action groups and workspaces that they name are not looked for",
        "nothing of Azure Monitor runs here; metrics of the moment can be asked for",
    ),
    "metrics": Invented(
        "QmsaCount and MmsaCount are 1 for each instance that a connection is connected on and 0 for the other, "
        "BgpPeerStatus is 1 or 0 for each peer and instance, AverageBandwidth what a test has ordered; an instance "
        "is called GatewayTenantWorker_IN_0 or 1",
        "what the real service sends of a tunnel that is down is not documented",
    ),
    "durations": Invented(
        "local gateway 8 s, route table and network interface 3 s, virtual machine 45 s, run command 20 s and without "
        "an answer 20 min, deletions 2 to 20 s, queries 2 s, group 15 s",
        "no median to be had",
    ),
    "short retry-after": Invented(
        "Retry-After is left out below one second and x-ms-retry-after-ms stands alone",
        "azure-core prefers the former and waits 30 s where it is 0",
    ),
}


def refuse(key: str, **values: object) -> ArmError:
    """The refusal of that row, with its blanks filled."""
    row = INVENTED[key]
    return network(row.status, row.code, row.text.format(**values))
