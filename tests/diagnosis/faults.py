"""Mistakes that people make, each put into a healthy link by the clouds' own APIs and taken out again.

A row says what must come first in the diagnosis, what the WAN makes of the tunnels, and what the lab's log says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from .link import Link

Json = dict[str, Any]
Bend = Callable[[Link], AbstractContextManager[None]]

NOBODY = "192.0.2.250"
"""An address that nobody in the rehearsal has."""
RANGES_OF_THE_NETWORKS = {"localAddressRanges": ["10.1.0.0/16"], "remoteAddressRanges": ["10.2.0.0/16"]}
WRONG_KEY = "invented.key.of.nobody"


@dataclass(frozen=True)
class Fault:
    """`side` is where the change is made that mends it, `becomes` what the tunnels become that it harms.

    `why` is a pattern of the reason that the WAN gives, `log` one of what strongSwan or BIRD write of it in the packet
    lab. Where `becomes` is empty all tunnels stay up, and nothing comes through them. `beside` are other tunnels whose
    resources it needs. `unplanned`: cause and side where nothing says what was planned.
    """

    name: str
    bend: Bend
    cause: str
    side: str
    becomes: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    log: str = ""
    beside: tuple[str, ...] = ()
    unplanned: tuple[str, str] | None = None

    def wanted(self, *, planned: bool) -> tuple[str, str]:
        """Cause and side; two empty words where none is to be named."""
        return (self.cause, self.side) if planned or self.unplanned is None else self.unplanned


def undone(steps: Callable[[Link], Iterator[None]]) -> Bend:
    """A context that does what stands before the `yield`, and what stands behind it also where a test failed."""

    @contextmanager
    def bend(link: Link) -> Iterator[None]:
        both = steps(link)
        next(both, None)
        try:
            yield
        finally:
            next(both, None)

    return bend


# --- Azure ------------------------------------------------------------------------------------------------------------


def azure_key(tunnel: str) -> Bend:
    @undone
    def bend(link: Link) -> Iterator[None]:
        right = link.aws_tunnel(tunnel)["PreSharedKey"]
        link.set_azure_key(tunnel, WRONG_KEY)
        yield
        link.set_azure_key(tunnel, right)

    return bend


@undone
def touched(link: Link) -> Iterator[None]:
    before = link.azure.get(link.gateway)
    link.azure.put_back(before | {"tags": before["tags"] | {"cost-center": "1234"}})
    yield
    link.azure.put_back(before)


def changed(path: Callable[[Link], str], change: Callable[[Link, Json], Json]) -> Bend:
    """`change` makes other properties of those that stand."""

    @undone
    def bend(link: Link) -> Iterator[None]:
        found = link.azure.get(path(link))["properties"]
        before = link.azure.change(path(link), **change(link, found))
        yield
        link.azure.put_back(before)

    return bend


def connection(tunnel: str, **properties: Any) -> Bend:
    return changed(lambda link: link.connection(tunnel), lambda _link, _found: properties)


def policy(tunnel: str, **words: str) -> Bend:
    return changed(
        lambda link: link.connection(tunnel),
        lambda _link, found: {"ipsecPolicies": [found["ipsecPolicies"][0] | words]},
    )


def local_gateway(tunnel: str, **properties: Any) -> Bend:
    return changed(lambda link: link.local_gateway(tunnel), lambda _link, _found: properties)


def local_bgp(tunnel: str, **settings: Any) -> Bend:
    return changed(
        lambda link: link.local_gateway(tunnel), lambda _link, found: {"bgpSettings": found["bgpSettings"] | settings}
    )


def no_slots(tunnel: str) -> Bend:
    return connection(tunnel, gatewayCustomBgpIpAddresses=[])


def slot_of_the_other_tunnel(tunnel: str, other: str) -> Bend:
    """The instance speaks from the address that belongs to its other tunnel."""
    return changed(
        lambda link: link.connection(tunnel), lambda link, _found: {"gatewayCustomBgpIpAddresses": link.slots(other)}
    )


def no_apipa(tunnel: str) -> Bend:
    """The instance loses the tunnel's address; the connection, which names it, has to let go of it first."""

    def without(link: Link, found: Json) -> Json:
        gone = link.tunnels[tunnel]["azure_inside_address"]
        peerings = [
            p | {"customBgpIpAddresses": [a for a in p["customBgpIpAddresses"] if a != gone]}
            for p in found["bgpSettings"]["bgpPeeringAddresses"]
        ]
        return {"bgpSettings": found["bgpSettings"] | {"bgpPeeringAddresses": peerings}}

    @undone
    def bend(link: Link) -> Iterator[None]:
        about = link.tunnels[tunnel]
        with ExitStack() as bent:
            for one in (name for name, other in link.tunnels.items() if other["number"] == about["number"]):
                kept = [s for s in link.slots(one) if s["customBgpIpAddress"] != about["azure_inside_address"]]
                bent.enter_context(connection(one, gatewayCustomBgpIpAddresses=kept)(link))
            bent.enter_context(changed(lambda link: link.gateway, without)(link))
            yield

    return bend


def azure_asn(asn: int) -> Bend:
    return changed(lambda link: link.gateway, lambda _link, found: {"bgpSettings": found["bgpSettings"] | {"asn": asn}})


def deleted(tunnel: str) -> Bend:
    @undone
    def bend(link: Link) -> Iterator[None]:
        link.azure.delete(link.connection(tunnel))
        yield
        link.connect(tunnel)

    return bend


def pointed_at(tunnel: str, other: str) -> Bend:
    """The connection made anew, to the local gateway of another tunnel, which keeps its own connection."""

    @undone
    def bend(link: Link) -> Iterator[None]:
        link.azure.delete(link.connection(tunnel))
        wish = link.connection_wish(tunnel) | {"localNetworkGateway2": {"id": link.local_gateway(other)}}
        link.azure.put(link.connection(tunnel), wish)
        yield
        link.azure.delete(link.connection(tunnel))
        link.connect(tunnel)

    return bend


def addresses_swapped(one: str, other: str) -> Bend:
    """Each local gateway with the outside address of the other's tunnel."""

    @undone
    def bend(link: Link) -> Iterator[None]:
        with ExitStack() as bent:
            addresses = {tunnel: link.aws_tunnel(tunnel)["OutsideIpAddress"] for tunnel in (one, other)}
            for tunnel, address in ((one, addresses[other]), (other, addresses[one])):
                bent.enter_context(local_gateway(tunnel, gatewayIpAddress=address)(link))
            yield

    return bend


def ikev1(tunnel: str) -> Bend:
    @undone
    def bend(link: Link) -> Iterator[None]:
        link.azure.delete(link.connection(tunnel))
        link.azure.put(link.connection(tunnel), link.connection_wish(tunnel) | {"connectionProtocol": "IKEv1"})
        yield
        link.azure.delete(link.connection(tunnel))
        link.connect(tunnel)

    return bend


def gateway_left(state: str, **fault: Any) -> Bend:
    """A change of Azure's gateway that comes to a bad end, or to none."""

    @undone
    def bend(link: Link) -> Iterator[None]:
        before = link.azure.get(link.gateway)
        action = {"action": "Microsoft.Network/virtualNetworkGateways/write"}
        with link.misbehaving("azure", fault | action):
            link.azure.write(before | {"tags": before["tags"] | {"cost-center": "1234"}})
            link.azure.wait_for(link.gateway, state)
            yield
        link.azure.wait_for(link.gateway, "Failed", "Succeeded")
        link.azure.put_back(before)

    return bend


# --- Azure, the network -----------------------------------------------------------------------------------------------


def nsg(*add: Json, without: str = "") -> Bend:
    return changed(
        lambda link: link.nsg,
        lambda _link, found: {"securityRules": [*(r for r in found["securityRules"] if r["name"] != without), *add]},
    )


def denied(priority: int, direction: str, source: str, target: str) -> Json:
    return {
        "name": "by-hand",
        "properties": {
            "priority": priority,
            "direction": direction,
            "access": "Deny",
            "protocol": "*",
            "sourceAddressPrefix": source,
            "sourcePortRange": "*",
            "destinationAddressPrefix": target,
            "destinationPortRange": "*",
        },
    }


def azure_route(prefix: str, kind: str, **more: str) -> Bend:
    route = {"name": "by-hand", "properties": {"addressPrefix": prefix, "nextHopType": kind, **more}}
    return changed(lambda link: link.azure_table, lambda _link, _found: {"routes": [route]})


no_azure_propagation = changed(
    lambda link: link.azure_table, lambda _link, _found: {"disableBgpRoutePropagation": True}
)


def azure_range(prefix: str) -> Bend:
    return changed(
        lambda link: link.vnet,
        lambda _link, found: {"addressSpace": {"addressPrefixes": [*found["addressSpace"]["addressPrefixes"], prefix]}},
    )


# --- AWS --------------------------------------------------------------------------------------------------------------


def tunnel_options(tunnel: str, **options: Any) -> Bend:
    @undone
    def bend(link: Link) -> Iterator[None]:
        link.modify(tunnel, **options)
        yield
        link.modify(tunnel, **link.planned_options(tunnel))

    return bend


def aws_key(tunnel: str) -> Bend:
    @undone
    def bend(link: Link) -> Iterator[None]:
        right = link.aws_tunnel(tunnel)["PreSharedKey"]
        link.modify(tunnel, PreSharedKey=WRONG_KEY)
        yield
        link.modify(tunnel, PreSharedKey=right)

    return bend


def nobody_starts(tunnel: str) -> Bend:
    @undone
    def bend(link: Link) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(tunnel_options(tunnel, StartupAction="add")(link))
            stack.enter_context(connection(tunnel, connectionMode="ResponderOnly")(link))
            yield

    return bend


def customer_gateway(number: int, *, address: str = "", asn: int = 0) -> Bend:
    """The VPN connection is moved to another customer gateway, which is right in everything else."""

    @undone
    def bend(link: Link) -> Iterator[None]:
        right = link.customer_gateway(number)
        other = link.create_customer_gateway(address or right["IpAddress"], asn or int(right["BgpAsn"]), "by-hand")
        link.move(number, other)
        yield
        link.move(number, right["CustomerGatewayId"])
        link.ec2.delete_customer_gateway(CustomerGatewayId=other)

    return bend


@undone
def customer_gateways_swapped(link: Link) -> Iterator[None]:
    first, second = (link.customer_gateway(number)["CustomerGatewayId"] for number in (1, 2))
    link.move(1, second)
    link.move(2, first)
    yield
    link.move(1, first)
    link.move(2, second)


def selectors(number: int, **networks: str) -> Bend:
    @undone
    def bend(link: Link) -> Iterator[None]:
        link.modify_vpn(number, **networks)
        yield
        link.modify_vpn(number, **dict.fromkeys(networks, "0.0.0.0/0"))

    return bend


def vpn_deleted(number: int) -> Bend:
    """And made anew afterwards, with other outside addresses and keys."""

    @undone
    def bend(link: Link) -> Iterator[None]:
        link.delete_vpn(number)
        yield
        link.create_vpn(number)

    return bend


def vpn_of_the_other_kind(number: int) -> Bend:
    """Made anew, static where BGP is planned or the reverse, and Azure's ends made to fit its addresses and keys."""

    @undone
    def bend(link: Link) -> Iterator[None]:
        link.delete_vpn(number)
        link.create_vpn(number, static=link.plan["routing"] == "bgp")
        yield
        link.delete_vpn(number)
        link.create_vpn(number)

    return bend


@undone
def no_static_route(link: Link) -> Iterator[None]:
    route = {"VpnConnectionId": link.ids["1"], "DestinationCidrBlock": link.azure_range}
    link.ec2.delete_vpn_connection_route(**route)
    yield
    link.ec2.create_vpn_connection_route(**route)


@undone
def vpn_modifying(link: Link) -> Iterator[None]:
    """AWS does not come to an end with a change."""
    with link.misbehaving("aws", {"fault": "stuck", "action": "ModifyVpnTunnelOptions", "seconds": None}):
        link.ec2.modify_vpn_tunnel_options(
            VpnConnectionId=link.vpn("2-1"),
            VpnTunnelOutsideIpAddress=link.aws_tunnel("2-1")["OutsideIpAddress"],
            TunnelOptions={"RekeyFuzzPercentage": 90},
        )
        yield
    link.modify("2-1", RekeyFuzzPercentage=100)


@undone
def detached(link: Link) -> Iterator[None]:
    link.detach()
    yield
    link.attach()


# --- AWS, the network -------------------------------------------------------------------------------------------------


@undone
def no_propagation(link: Link) -> Iterator[None]:
    link.propagate(False)
    yield
    link.propagate(True)


@undone
def other_table(link: Link) -> Iterator[None]:
    """The app subnet with a route table that knows nothing of the link."""
    ec2 = link.ec2
    table = ec2.create_route_table(VpcId=link.ids["vpc"])["RouteTable"]["RouteTableId"]
    link.ids["association"] = ec2.replace_route_table_association(
        AssociationId=link.ids["association"], RouteTableId=table
    )["NewAssociationId"]
    yield
    link.ids["association"] = ec2.replace_route_table_association(
        AssociationId=link.ids["association"], RouteTableId=link.ids["table"]
    )["NewAssociationId"]
    ec2.delete_route_table(RouteTableId=table)


@undone
def not_permitted(link: Link) -> Iterator[None]:
    link.permit(False)
    yield
    link.permit(True)


def acl(number: int, source: str, *, egress: bool = False) -> Bend:
    @undone
    def bend(link: Link) -> Iterator[None]:
        wanted = [{"Name": "association.subnet-id", "Values": [link.ids["subnet"]]}]
        found = link.ec2.describe_network_acls(Filters=wanted)["NetworkAcls"][0]["NetworkAclId"]
        entry = {"NetworkAclId": found, "RuleNumber": number, "Egress": egress}
        link.ec2.create_network_acl_entry(**entry, Protocol="-1", RuleAction="deny", CidrBlock=source)
        yield
        link.ec2.delete_network_acl_entry(**entry)

    return bend


def aws_route(prefix: str) -> Bend:
    """A route of the app subnet's table to a machine, as a NAT instance or a firewall would have it."""

    @undone
    def bend(link: Link) -> Iterator[None]:
        ec2 = link.ec2
        machine = ec2.create_network_interface(SubnetId=link.ids["subnet"])["NetworkInterface"]["NetworkInterfaceId"]
        route = {"RouteTableId": link.ids["table"], "DestinationCidrBlock": prefix}
        ec2.create_route(**route, NetworkInterfaceId=machine)
        yield
        ec2.delete_route(**route)
        ec2.delete_network_interface(NetworkInterfaceId=machine)

    return bend


def values(*wanted: Any) -> list[Json]:
    return [{"Value": w} for w in wanted]


def all_of(state: str, *tunnels: str) -> dict[str, str]:
    return dict.fromkeys(tunnels, state)


EVERY = ("1-1", "1-2", "2-1", "2-2")
NAMED = "local network gateway names"
IPSEC_IS_UP = "a CHILD_SA that stands"
"""No word of the log: both charons are content, and BIRD says nothing of a neighbour that it does not expect."""
GCM_AND_CBC = {"Phase2EncryptionAlgorithms": values("AES128", "AES256-GCM-16")}

IKE = (
    Fault(
        "key differs, changed on Azure",
        azure_key("1-1"),
        "keys-differ",
        "both",
        all_of("down", "1-1"),
        "pre-shared keys differ",
        "AUTHENTICATION_FAILED",
    ),
    Fault(
        "key differs, changed on AWS",
        aws_key("2-2"),
        "keys-differ",
        "both",
        all_of("down", "2-2"),
        "pre-shared keys differ",
        "AUTHENTICATION_FAILED",
    ),
    Fault(
        "phase 1 cipher on Azure",
        policy("1-2", ikeEncryption="AES128"),
        "no-common-phase1-proposal",
        "both",
        all_of("down", "1-2"),
        "phase 1:",
        "NO_PROPOSAL_CHOSEN",
    ),
    Fault(
        "phase 1 group on AWS",
        tunnel_options("2-1", Phase1DHGroupNumbers=values(19, 20)),
        "no-common-phase1-proposal",
        "both",
        all_of("down", "2-1"),
        "phase 1:",
        "NO_PROPOSAL_CHOSEN",
    ),
    Fault(
        "policy removed on Azure",
        connection("1-1", ipsecPolicies=[]),
        "no-common-phase1-proposal",
        "both",
        all_of("down", "1-1"),
        "phase 1:",
        "NO_PROPOSAL_CHOSEN",
    ),
    Fault(
        "IKEv1 only on AWS",
        tunnel_options("1-1", IKEVersions=values("ikev1"), StartupAction="add"),  # AWS starts IKEv2 only
        "ike-version",
        "both",
        all_of("down", "1-1"),
        "Azure speaks IKEv2",
        "no IKE config found",
    ),
    Fault(
        "IKEv1 on Azure",
        ikev1("2-2"),
        "ike-version",
        "both",
        all_of("down", "2-2"),
        "Azure speaks IKEv1",
        "no IKE config found",
    ),
    Fault(
        "nobody initiates",
        nobody_starts("1-2"),
        "nobody-initiates",
        "both",
        all_of("down", "1-2"),
        "StartupAction is add",
    ),
    Fault(
        "phase 2 cipher on Azure",
        policy("2-1", ipsecEncryption="AES256", ipsecIntegrity="SHA256"),
        "no-common-phase2-proposal",
        "both",
        all_of("down", "2-1"),
        "phase 2:",
        "NO_PROPOSAL_CHOSEN",
    ),
    Fault(
        "phase 2 cipher on AWS",
        tunnel_options("1-2", Phase2EncryptionAlgorithms=values("AES128")),
        "no-common-phase2-proposal",
        "both",
        all_of("down", "1-2"),
        "phase 2:",
        "NO_PROPOSAL_CHOSEN",
    ),
    Fault(
        "PFS group on Azure",
        policy("2-2", pfsGroup="PFS24"),
        "pfs-differs",
        "both",
        all_of("down", "2-2"),
        "PFS:",
        "NO_PROPOSAL_CHOSEN",
    ),
    Fault(
        "PFS group on AWS",
        tunnel_options("1-1", Phase2DHGroupNumbers=values(2, 5)),
        "pfs-differs",
        "both",
        all_of("down", "1-1"),
        "PFS:",
        "NO_PROPOSAL_CHOSEN",
    ),
)
ENDS = (
    Fault(
        "local gateway has another address",
        local_gateway("2-1", gatewayIpAddress="198.51.100.250"),
        "outside-address",
        "azure",
        all_of("down", "2-1"),
        NAMED,
        "retransmit",
    ),
    Fault(
        "connection to another tunnel's local gateway",
        pointed_at("1-2", "1-1"),
        "outside-address",
        "azure",
        all_of("down", "1-2"),
        NAMED,
        "retransmit",
        beside=("1-1",),
    ),
    Fault(
        "customer gateway has another address",
        customer_gateway(1, address=NOBODY),
        "customer-gateway-address",
        "aws",
        all_of("down", "1-1", "1-2"),
        f"customer gateway is {NOBODY}",
        "no IKE config found",
    ),
    Fault(
        "local gateways' addresses swapped",
        addresses_swapped("1-1", "2-2"),
        "outside-address",
        "azure",
        all_of("down", "1-1", "2-2"),
        "pre-shared keys differ",
        "AUTHENTICATION_FAILED",
    ),
    Fault(
        "customer gateways swapped",
        customer_gateways_swapped,
        "customer-gateway-address",
        "aws",
        all_of("no bgp", *EVERY),
        "speaks from",
        IPSEC_IS_UP,
    ),
    Fault(
        "connection deleted on Azure",
        deleted("1-2"),
        "azure-connection-missing",
        "azure",
        all_of("down", "1-2"),
        NAMED,
        "retransmit",
    ),
    Fault(
        "VPN connection deleted on AWS",
        vpn_deleted(1),
        "vpn-connection-missing",
        "aws",
        all_of("down", "1-1", "1-2"),
        "no AWS tunnel has the address",
        "retransmit",
    ),
    Fault(
        "gateway failed on Azure",
        gateway_left("Failed", fault="operation-failed"),
        "gateway-not-ready",
        "azure",
        all_of("down", *EVERY),
        "is Failed",
    ),
    Fault(
        "gateway updating on Azure",
        gateway_left("Updating", fault="stuck", seconds=None),
        "gateway-not-ready",
        "azure",
        all_of("down", *EVERY),
        "is Updating",
    ),
    Fault(
        "endpoint being changed on AWS",
        vpn_modifying,
        "vpn-connection-not-ready",
        "aws",
        all_of("down", "2-1"),
        "AWS replaces this endpoint",
        beside=("2-2",),  # AWS says of the connection alone that it is modifying
    ),
)
BGP = (
    Fault(
        "traffic selectors on Azure",
        connection("2-2", trafficSelectorPolicies=[RANGES_OF_THE_NETWORKS]),
        "traffic-selectors",
        "azure",
        all_of("no bgp", "2-2"),
        "traffic selectors",
        r"TS 10\.1\.0\.0/16 === 10\.2\.0\.0/16",
    ),
    Fault(
        "traffic selectors on AWS",
        selectors(2, RemoteIpv4NetworkCidr="10.9.0.0/16"),
        "traffic-selectors",
        "aws",
        all_of("no bgp", "2-1", "2-2"),
        "traffic selectors",
        r"TS 0\.0\.0\.0/0 === 10\.9\.0\.0/16",
    ),
    Fault(
        "ASN in the local gateway",
        local_bgp("1-1", asn=64513),
        "asn-mismatch",
        "azure",
        all_of("no bgp", "1-1"),
        "local network gateway says 64513",
        "Bad peer AS",
    ),
    Fault(
        "ASN of the customer gateway",
        customer_gateway(2, asn=65010),
        "asn-mismatch",
        "aws",
        all_of("no bgp", "2-1", "2-2"),
        "customer gateway says 65010",
        "Bad peer AS",
    ),
    Fault(
        "reserved ASN of the customer gateway",
        customer_gateway(1, asn=65517),
        "asn-mismatch",
        "aws",
        all_of("no bgp", "1-1", "1-2"),
        "customer gateway says 65517",
        "Bad peer AS",
    ),
    Fault(
        "ASN of Azure's gateway",
        azure_asn(65010),
        "asn-mismatch",
        "azure",
        all_of("no bgp", *EVERY),
        "Azure's gateway is 65010",
        "Bad peer AS",
        unplanned=("asn-mismatch", "aws"),  # AWS, in two places, expects another
    ),
    Fault(
        "inside address in the local gateway",
        local_bgp("2-2", bgpPeeringAddress="169.254.22.9"),
        "inside-address",
        "azure",
        all_of("no bgp", "2-2"),
        "has 169.254.22.9",
        IPSEC_IS_UP,
    ),
    Fault(
        "custom BGP addresses missing",
        no_slots("1-2"),
        "apipa-missing",
        "azure",
        all_of("no bgp", "1-2"),
        "speaks from 169.254.21.2",
        IPSEC_IS_UP,
    ),
    Fault(
        "custom BGP addresses of the other tunnel",
        slot_of_the_other_tunnel("2-1", "2-2"),
        "apipa-swapped",
        "azure",
        all_of("no bgp", "2-1"),
        "speaks from 169.254.22.6",
        IPSEC_IS_UP,
    ),
    Fault(
        "APIPA address taken from the gateway",
        no_apipa("2-2"),
        "apipa-missing",
        "azure",
        all_of("no bgp", "2-2"),
        "speaks from 169.254.21.6",
        IPSEC_IS_UP,
        beside=("1-2",),
    ),
    Fault(
        "BGP off on Azure",
        connection("2-1", enableBgp=False),
        "bgp-off",
        "azure",
        all_of("down", "2-1"),
        "the connection no BGP",
        "retransmit",
    ),
    Fault(
        "static where BGP is planned",
        vpn_of_the_other_kind(2),
        "static-not-bgp",
        "aws",
        all_of("no bgp", "2-1", "2-2"),
        "AWS's is static",
        IPSEC_IS_UP,
    ),
)
NETWORK = (
    Fault("propagation off on AWS", no_propagation, "propagation-off", "aws"),
    Fault("subnet with another route table on AWS", other_table, "propagation-off", "aws"),
    Fault("a route of AWS leads elsewhere", aws_route("10.1.1.0/24"), "route-elsewhere", "aws"),
    Fault("VGW detached", detached, "vgw-detached", "aws"),
    Fault("no propagation to Azure's subnet", no_azure_propagation, "propagation-off", "azure"),
    Fault("a route of Azure drops", azure_route("10.2.0.0/16", "None"), "route-elsewhere", "azure"),
    Fault(
        "a route of Azure leads elsewhere",
        azure_route("10.2.1.0/24", "VirtualAppliance", nextHopIpAddress="10.1.1.200"),
        "route-elsewhere",
        "azure",
        unplanned=("", ""),  # a firewall may be meant
    ),
    Fault(
        "range of AWS on Azure too",
        azure_range("10.2.1.0/24"),
        "ranges-overlap",
        "azure",
        unplanned=("ranges-overlap", "both"),
    ),
    Fault("NSG denies what comes in", nsg(denied(200, "Inbound", "10.2.0.0/16", "*")), "nsg-closes", "azure"),
    Fault("NSG without its rule for AWS", nsg(without="allow-aws"), "nsg-closes", "azure"),
    Fault("NSG denies what goes out", nsg(denied(210, "Outbound", "*", "10.2.1.0/24")), "nsg-closes", "azure"),
    Fault("security group without its rule", not_permitted, "security-group-closes", "aws"),
    Fault("network ACL denies what comes in", acl(50, "10.1.0.0/16"), "network-acl-closes", "aws"),
    Fault("network ACL denies what goes out", acl(60, "10.1.1.0/24", egress=True), "network-acl-closes", "aws"),
)
FAULTS = (*IKE, *ENDS, *BGP, *NETWORK)
ALL = {fault.name: fault for fault in FAULTS}

STATIC = (
    Fault(
        "key differs",
        azure_key("1-1"),
        "keys-differ",
        "both",
        all_of("down", "1-1"),
        "pre-shared keys differ",
    ),
    Fault(
        "customer gateway has another address",
        customer_gateway(1, address=NOBODY),
        "customer-gateway-address",
        "aws",
        all_of("down", "1-1"),
        f"customer gateway is {NOBODY}",
    ),
    Fault(
        "BGP where static routes are planned",
        vpn_of_the_other_kind(1),
        "bgp-not-static",
        "aws",
        all_of("no bgp", "1-1"),
        "no enableBgp",
        unplanned=("bgp-off", "azure"),
    ),
    Fault("no static route on AWS", no_static_route, "static-routes-missing", "aws"),
    Fault(
        "another range in the local gateway",
        local_gateway("1-1", localNetworkAddressSpace={"addressPrefixes": ["10.9.0.0/16"]}),
        "static-routes-missing",
        "azure",
    ),
)

HARMLESS: tuple[tuple[str, Bend], ...] = (
    ("a tag on the gateway", touched),
    ("AWS permits more than Azure offers", tunnel_options("1-1", **GCM_AND_CBC)),
    ("AWS waits for Azure to initiate", tunnel_options("2-1", StartupAction="add")),
    ("Azure waits for AWS to initiate", connection("1-2", connectionMode="ResponderOnly")),
    ("AWS does nothing when Azure is silent", tunnel_options("2-2", DPDTimeoutAction="none")),
    ("a route of Azure for others", azure_route("10.77.0.0/16", "None")),
    ("NSG denies others", nsg(denied(200, "Inbound", "10.77.0.0/16", "*"))),
    ("network ACL denies others", acl(50, "10.77.0.0/16")),
)
