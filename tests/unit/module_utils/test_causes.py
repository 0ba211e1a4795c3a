"""One mistake in a healthy link, and the cause that must come first; two mistakes, and both."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import causes, registry
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.examination import examine
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import Cause, Examination

from tests.unit.module_utils.readings import (
    VPC,
    acl_entry,
    aws_reading,
    azure_connection,
    azure_reading,
    down,
    ip_configuration,
    nsg_rule,
    tell,
)
from tests.unit.module_utils.samples import OUTSIDE, planned

Json = dict[str, Any]
Mistake = Callable[[Json, Json, Json], None]
"""Changes Azure's and AWS's reading; the plan says what was meant."""

EVERY = ("1-1", "1-2", "2-1", "2-2")
BGP_ONLY = "IPSEC IS UP"


def tunnel_of(plan: Json, name: str) -> Json:
    return next(one for one in plan["tunnels"] if one["name"] == name)


def connection(azure: Json, name: str) -> Json:
    found = azure_connection(azure, f"hq-aws-{name}")
    assert found is not None
    return found["properties"]


def local_gateway(azure: Json, name: str) -> Json:
    return next(one for one in azure["local_gateways"] if one["name"] == f"hq-aws-{name}")["properties"]


def options(aws: Json, plan: Json, name: str) -> Json:
    outside = OUTSIDE[tunnel_of(plan, name)["inside_cidr"]]
    found = [each for one in aws["vpn_connections"] for each in one["Options"]["TunnelOptions"]]
    return next(one for one in found if one["OutsideIpAddress"] == outside)


def values(*these: object) -> list[Json]:
    return [{"Value": one} for one in these]


def set_azure(name: str, message: str = "IPSEC IS DOWN", **properties: Any) -> Mistake:
    def mistake(azure: Json, aws: Json, plan: Json) -> None:
        connection(azure, name).update(properties)
        down(azure, aws, plan, name, message=message)

    return mistake


def set_policy(name: str, **words: str) -> Mistake:
    def mistake(azure: Json, aws: Json, plan: Json) -> None:
        connection(azure, name)["ipsecPolicies"][0].update(words)
        down(azure, aws, plan, name)

    return mistake


def set_tunnel(name: str, message: str = "IPSEC IS DOWN", **members: Any) -> Mistake:
    def mistake(azure: Json, aws: Json, plan: Json) -> None:
        options(aws, plan, name).update(members)
        down(azure, aws, plan, name, message=message)

    return mistake


def set_local(name: str, message: str = "IPSEC IS DOWN", bgp: Json | None = None, **properties: Any) -> Mistake:
    def mistake(azure: Json, aws: Json, plan: Json) -> None:
        local_gateway(azure, name).update(properties)
        local_gateway(azure, name)["bgpSettings"].update(bgp or {})
        down(azure, aws, plan, name, message=message)

    return mistake


def other_key(name: str) -> Mistake:
    def mistake(azure: Json, aws: Json, plan: Json) -> None:
        azure["fingerprints"][f"hq-aws-{name}"] = "sha256:000000000000"
        down(azure, aws, plan, name)

    return mistake


def nobody_starts(azure: Json, aws: Json, plan: Json) -> None:
    connection(azure, "1-2")["connectionMode"] = "ResponderOnly"
    options(aws, plan, "1-2")["StartupAction"] = "add"
    down(azure, aws, plan, "1-2")


def customer_gateway(index: int, message: str = "IPSEC IS DOWN", **members: Any) -> Mistake:
    def mistake(azure: Json, aws: Json, plan: Json) -> None:
        aws["customer_gateways"][index] |= members
        down(azure, aws, plan, f"{index + 1}-1", f"{index + 1}-2", message=message)

    return mistake


def without_azure_gateway(azure: Json, aws: Json, plan: Json) -> None:
    azure |= {"gateway": None, "connections": [], "local_gateways": [], "peers": [], "learned_routes": []}
    azure |= {"virtual_network": None, "security_groups": [], "route_tables": [], "public_addresses": []}
    down(azure, aws, plan, *EVERY)


def azure_gateway(state: str) -> Mistake:
    """Azure shows neither ASN nor addresses of a gateway at work."""

    def mistake(azure: Json, aws: Json, plan: Json) -> None:
        properties = azure["gateway"]["properties"]
        properties["provisioningState"] = state
        if state == "Updating":
            properties["bgpSettings"] = {"asn": 0, "bgpPeeringAddresses": []}
            for one in azure["public_addresses"]:
                one["properties"]["ipAddress"] = None
        down(azure, aws, plan, *EVERY)
        azure["peers"] = []
        azure["unread"] = [{"what": "the BGP peers", "why": f"the gateway is {state}", "permission": ""}]
        tell(azure)

    return mistake


def without_aws_gateway(azure: Json, aws: Json, plan: Json) -> None:
    down(azure, aws, plan, *EVERY)
    aws |= {"gateway": None, "asn": None, "vpn_connections": [], "customer_gateways": []}
    detach(aws)


def detach(aws: Json) -> None:
    """What a reading has of a gateway that leads to no VPC."""
    aws |= {"vpcs": [], "subnets": [], "route_tables": [], "security_groups": [], "network_acls": []}
    aws["status"]["learned_routes"] = []


def detached(azure: Json, aws: Json, plan: Json) -> None:
    aws["gateway"]["VpcAttachments"] = [{"VpcId": VPC, "State": "detached"}]
    detach(aws)
    azure["learned_routes"] = azure["learned_routes"][:1]
    tell(azure)


def vpn_deleted(azure: Json, aws: Json, plan: Json) -> None:
    down(azure, aws, plan, "1-1", "1-2")
    aws["vpn_connections"][0] |= {"State": "deleted", "VgwTelemetry": [], "Options": {}}


def vpn_state(state: str) -> Mistake:
    def mistake(azure: Json, aws: Json, plan: Json) -> None:
        aws["vpn_connections"][1]["State"] = state
        down(azure, aws, plan, "2-1")

    return mistake


def azure_deleted(azure: Json, aws: Json, plan: Json) -> None:
    azure["connections"] = [one for one in azure["connections"] if one["name"] != "hq-aws-1-2"]
    down(azure, aws, plan, "1-2")


def pointed_at_another(azure: Json, aws: Json, plan: Json) -> None:
    other = next(one for one in azure["local_gateways"] if one["name"] == "hq-aws-1-1")
    connection(azure, "1-2")["localNetworkGateway2"] = {"id": other["id"]}
    down(azure, aws, plan, "1-2")


def addresses_swapped(azure: Json, aws: Json, plan: Json) -> None:
    one, other = local_gateway(azure, "1-1"), local_gateway(azure, "2-2")
    one["gatewayIpAddress"], other["gatewayIpAddress"] = other["gatewayIpAddress"], one["gatewayIpAddress"]
    down(azure, aws, plan, "1-1", "2-2")


def customer_gateways_swapped(azure: Json, aws: Json, plan: Json) -> None:
    one, other = aws["customer_gateways"]
    one["IpAddress"], other["IpAddress"] = other["IpAddress"], one["IpAddress"]
    down(azure, aws, plan, *EVERY, message=BGP_ONLY)


def one_instance(azure: Json, aws: Json, plan: Json) -> None:
    properties = azure["gateway"]["properties"]
    properties["activeActive"] = False
    properties["ipConfigurations"] = properties["ipConfigurations"][:1]
    properties["bgpSettings"]["bgpPeeringAddresses"] = properties["bgpSettings"]["bgpPeeringAddresses"][:1]
    down(azure, aws, plan, "2-1", "2-2")


def no_slots(azure: Json, aws: Json, plan: Json) -> None:
    connection(azure, "1-2")["gatewayCustomBgpIpAddresses"] = []
    down(azure, aws, plan, "1-2", message=BGP_ONLY)


def slots_swapped(azure: Json, aws: Json, plan: Json) -> None:
    connection(azure, "2-1")["gatewayCustomBgpIpAddresses"] = [
        {"ipConfigurationId": ip_configuration(plan, index), "customBgpIpAddress": address}
        for index, address in enumerate(("169.254.22.2", "169.254.22.6"))
    ]
    down(azure, aws, plan, "2-1", message=BGP_ONLY)


def no_apipa(azure: Json, aws: Json, plan: Json) -> None:
    azure["gateway"]["properties"]["bgpSettings"]["bgpPeeringAddresses"][1]["customBgpIpAddresses"] = ["169.254.21.6"]
    for name in ("1-2", "2-2"):
        slots = connection(azure, name)["gatewayCustomBgpIpAddresses"]
        connection(azure, name)["gatewayCustomBgpIpAddresses"] = slots[:1]
    down(azure, aws, plan, "2-2", message=BGP_ONLY)


def azure_asn(azure: Json, aws: Json, plan: Json) -> None:
    azure["gateway"]["properties"]["bgpSettings"]["asn"] = 65010
    down(azure, aws, plan, *EVERY, message=BGP_ONLY)


def aws_static(azure: Json, aws: Json, plan: Json) -> None:
    aws["vpn_connections"][1]["Options"]["StaticRoutesOnly"] = True
    down(azure, aws, plan, "2-1", "2-2", message=BGP_ONLY)


def selectors(azure: Json, aws: Json, plan: Json) -> None:
    aws["vpn_connections"][1]["Options"]["RemoteIpv4NetworkCidr"] = "10.9.0.0/16"
    down(azure, aws, plan, "2-1", "2-2", message=BGP_ONLY)


def app_table(aws: Json) -> Json:
    return aws["route_tables"][1]


def no_propagation(azure: Json, aws: Json, plan: Json) -> None:
    app_table(aws).update(PropagatingVgws=[], Routes=app_table(aws)["Routes"][:1])
    aws["status"]["learned_routes"] = []


def other_table(azure: Json, aws: Json, plan: Json) -> None:
    association = app_table(aws)["Associations"].pop()
    aws["route_tables"].append(
        {**aws["route_tables"][0], "RouteTableId": "rtb-0c", "Associations": [association], "Tags": []}
    )


def main_table(azure: Json, aws: Json, plan: Json) -> None:
    app_table(aws)["Associations"] = []


def aws_route(prefix: str, state: str = "active") -> Mistake:
    def mistake(azure: Json, aws: Json, plan: Json) -> None:
        route = {"DestinationCidrBlock": prefix, "Origin": "CreateRoute", "State": state}
        app_table(aws)["Routes"].append({**route, "NetworkInterfaceId": "eni-0a"})

    return mistake


def azure_table(**properties: Any) -> Mistake:
    def mistake(azure: Json, aws: Json, plan: Json) -> None:
        azure["route_tables"][0]["properties"] |= properties

    return mistake


def azure_route(prefix: str, kind: str) -> Mistake:
    return azure_table(routes=[{"name": "by-hand", "properties": {"addressPrefix": prefix, "nextHopType": kind}}])


def gateway_subnet_table(azure: Json, aws: Json, plan: Json) -> None:
    table = {**azure["route_tables"][0], "name": "by-hand", "id": azure["route_tables"][0]["id"] + "-by-hand"}
    table["properties"] = {"disableBgpRoutePropagation": True, "routes": []}
    azure["route_tables"].append(table)
    subnet = azure["virtual_network"]["properties"]["subnets"][0]["properties"]
    subnet["routeTable"] = {"id": table["id"]}


def azure_range(azure: Json, aws: Json, plan: Json) -> None:
    azure["virtual_network"]["properties"]["addressSpace"]["addressPrefixes"].append("10.2.1.0/24")


def aws_range(azure: Json, aws: Json, plan: Json) -> None:
    association = {"CidrBlock": "10.1.0.0/17", "CidrBlockState": {"State": "associated"}}
    aws["vpcs"][0]["CidrBlockAssociationSet"].append(association)
    app_table(aws)["Routes"].append({"DestinationCidrBlock": "10.1.0.0/17", "GatewayId": "local", "State": "active"})


def nsg(*rules: Json, without: str = "") -> Mistake:
    def mistake(azure: Json, aws: Json, plan: Json) -> None:
        properties = azure["security_groups"][0]["properties"]
        kept = [one for one in properties["securityRules"] if one["name"] != without]
        properties["securityRules"] = [*kept, *rules]

    return mistake


def permissions(**members: Any) -> Mistake:
    def mistake(azure: Json, aws: Json, plan: Json) -> None:
        aws["security_groups"][1] |= members

    return mistake


def acl(*entries: Json) -> Mistake:
    def mistake(azure: Json, aws: Json, plan: Json) -> None:
        aws["network_acls"][0]["Entries"] += entries

    return mistake


MISTAKES: dict[str, tuple[Mistake, str, str]] = {
    # what was done: (the mistake, the cause that comes first, on which side)
    "Azure's gateway is gone": (without_azure_gateway, "gateway-missing", "azure"),
    "AWS's gateway is gone": (without_aws_gateway, "gateway-missing", "aws"),
    "Azure's gateway failed": (azure_gateway("Failed"), "gateway-not-ready", "azure"),
    "Azure's gateway is updating": (azure_gateway("Updating"), "gateway-not-ready", "azure"),
    "VPN connection deleted": (vpn_deleted, "vpn-connection-missing", "aws"),
    "VPN connection pending": (vpn_state("pending"), "vpn-connection-not-ready", "aws"),
    "VPN connection modifying": (vpn_state("modifying"), "vpn-connection-not-ready", "aws"),
    "customer gateway deleted": (customer_gateway(0, State="deleted"), "customer-gateway-not-ready", "aws"),
    "Azure connection deleted": (azure_deleted, "azure-connection-missing", "azure"),
    "Azure connection failed": (set_azure("1-1", provisioningState="Failed"), "azure-connection-not-ready", "azure"),
    "active-active switched off": (one_instance, "azure-instance-missing", "azure"),
    "local gateway's address": (set_local("2-1", gatewayIpAddress="198.51.100.250"), "outside-address", "azure"),
    "local gateway of another tunnel": (pointed_at_another, "outside-address", "azure"),
    "customer gateway's address": (customer_gateway(0, IpAddress="192.0.2.250"), "customer-gateway-address", "aws"),
    "local gateways' addresses swapped": (addresses_swapped, "outside-address", "azure"),
    "customer gateways swapped": (customer_gateways_swapped, "customer-gateway-address", "aws"),
    "nobody initiates": (nobody_starts, "nobody-initiates", "both"),
    "IKEv1 alone on AWS": (set_tunnel("1-1", IkeVersions=values("ikev1"), StartupAction="add"), "ike-version", "both"),
    "IKEv1 on Azure": (set_azure("2-2", connectionProtocol="IKEv1"), "ike-version", "both"),
    "IKEv1 on Azure, and it only answers": (
        set_azure("2-2", connectionProtocol="IKEv1", connectionMode="ResponderOnly"),
        "ike-version",
        "both",
    ),
    "phase 1 cipher on Azure": (set_policy("1-2", ikeEncryption="AES128"), "no-common-phase1-proposal", "both"),
    "phase 1 group on AWS": (
        set_tunnel("2-1", Phase1DHGroupNumbers=values(19, 20)),
        "no-common-phase1-proposal",
        "both",
    ),
    "policy removed": (set_azure("1-1", ipsecPolicies=[]), "no-common-phase1-proposal", "both"),
    "certificate on Azure": (set_azure("1-1", authenticationType="Certificate"), "authentication-differs", "azure"),
    "key": (other_key("2-2"), "keys-differ", "both"),
    "phase 2 cipher on Azure": (
        set_policy("2-1", ipsecEncryption="AES256", ipsecIntegrity="SHA256"),
        "no-common-phase2-proposal",
        "both",
    ),
    "phase 2 cipher on AWS": (
        set_tunnel("1-2", Phase2EncryptionAlgorithms=values("AES128")),
        "no-common-phase2-proposal",
        "both",
    ),
    "PFS group on Azure": (set_policy("2-2", pfsGroup="PFS24"), "pfs-differs", "both"),
    "no PFS on Azure": (set_policy("2-2", pfsGroup="None"), "pfs-differs", "both"),
    "PFS group on AWS": (set_tunnel("1-1", Phase2DHGroupNumbers=values(2, 5)), "pfs-differs", "both"),
    "selectors on AWS": (selectors, "traffic-selectors", "aws"),
    "selectors on Azure": (
        set_azure(
            "1-1",
            BGP_ONLY,
            trafficSelectorPolicies=[{"localAddressRanges": ["10.1.0.0/16"], "remoteAddressRanges": ["10.2.0.0/16"]}],
        ),
        "traffic-selectors",
        "azure",
    ),
    "policy-based selectors on Azure": (
        set_azure("1-1", BGP_ONLY, usePolicyBasedTrafficSelectors=True),
        "traffic-selectors",
        "azure",
    ),
    "AWS routes statically": (aws_static, "static-not-bgp", "aws"),
    "BGP off on Azure's connection": (set_azure("2-1", enableBgp=False), "bgp-off", "azure"),
    "inside CIDR on AWS": (set_tunnel("1-1", TunnelInsideCidr="169.254.21.16/30"), "inside-address", "aws"),
    "BGP address of the local gateway": (
        set_local("2-2", BGP_ONLY, bgp={"bgpPeeringAddress": "169.254.22.9"}),
        "inside-address",
        "azure",
    ),
    "no BGP settings in the local gateway": (
        set_local("2-2", BGP_ONLY, bgp={"bgpPeeringAddress": None}),
        "inside-address",
        "azure",
    ),
    "custom BGP addresses missing": (no_slots, "apipa-missing", "azure"),
    "custom BGP addresses swapped": (slots_swapped, "apipa-swapped", "azure"),
    "APIPA address not on the gateway": (no_apipa, "apipa-missing", "azure"),
    "ASN in the local gateway": (set_local("1-1", BGP_ONLY, bgp={"asn": 64513}), "asn-mismatch", "azure"),
    "ASN of the customer gateway": (customer_gateway(1, BGP_ONLY, BgpAsn="65010"), "asn-mismatch", "aws"),
    "large ASN of the customer gateway": (
        customer_gateway(1, BGP_ONLY, BgpAsn=None, BgpAsnExtended="4200000001"),
        "asn-mismatch",
        "aws",
    ),
    "ASN of Azure's gateway": (azure_asn, "asn-mismatch", "azure"),
    "VGW detached": (detached, "vgw-detached", "aws"),
    "Azure has AWS's range": (azure_range, "ranges-overlap", "azure"),
    "AWS has Azure's range": (aws_range, "ranges-overlap", "aws"),
    "propagation off on AWS": (no_propagation, "propagation-off", "aws"),
    "another table on AWS": (other_table, "propagation-off", "aws"),
    "the main table on AWS": (main_table, "propagation-off", "aws"),
    "a longer route on AWS": (aws_route("10.1.1.0/24"), "route-elsewhere", "aws"),
    "a static route on AWS": (aws_route("10.1.0.0/16", "blackhole"), "route-elsewhere", "aws"),
    "propagation off on Azure": (azure_table(disableBgpRoutePropagation=True), "propagation-off", "azure"),
    "propagation off at GatewaySubnet": (gateway_subnet_table, "propagation-off", "azure"),
    "a route of Azure drops": (azure_route("10.2.0.0/16", "None"), "route-elsewhere", "azure"),
    "a longer route of Azure": (azure_route("10.2.1.0/24", "VirtualAppliance"), "route-elsewhere", "azure"),
    "NSG denies": (nsg(nsg_rule("by-hand", 200, "10.2.0.0/16")), "nsg-closes", "azure"),
    "NSG denies TCP of a half": (nsg(nsg_rule("by-hand", 200, "10.2.1.0/25", protocol="Tcp")), "nsg-closes", "azure"),
    "NSG without its rule": (nsg(without="allow-aws"), "nsg-closes", "azure"),
    "NSG denies what goes out": (
        nsg(nsg_rule("by-hand", 210, "*", "10.2.1.0/24", direction="Outbound")),
        "nsg-closes",
        "azure",
    ),
    "security group without its rule": (permissions(IpPermissions=[]), "security-group-closes", "aws"),
    "security group lets nothing out": (permissions(IpPermissionsEgress=[]), "security-group-closes", "aws"),
    "network ACL denies in": (acl(acl_entry(50, False, "deny", "10.1.0.0/16")), "network-acl-closes", "aws"),
    "network ACL denies ICMP out": (
        acl(acl_entry(60, True, "deny", "10.1.1.0/24", "1")),
        "network-acl-closes",
        "aws",
    ),
}


def examined(*mistakes: Mistake, planned_link: bool = True, routing: str = "bgp") -> Examination:
    plan = planned(routing=routing)
    azure, aws = copy.deepcopy((azure_reading(plan), aws_reading(plan)))
    for mistake in mistakes:
        mistake(azure, aws, plan)
    return examine(azure, aws, plan if planned_link else None)


def said(found: Examination) -> list[str]:
    return [one.name for one in found.causes]


@pytest.mark.parametrize("name", MISTAKES)
def test_the_true_cause_comes_first(name: str) -> None:
    mistake, cause, side = MISTAKES[name]
    found = examined(mistake)
    assert [(one.name, one.side) for one in found.causes] == [(cause, side)]
    first = found.causes[0]
    assert first.rank == 1
    assert first.remedy
    assert first.effect
    assert first.evidence["azure"] or first.evidence["aws"]
    assert found.failed(), "a mistake is a failed check too"


#: Without a plan nobody knows what was meant.
ONLY_PLANNED = {
    "active-active switched off": "the customer gateway's address is what is left of it",
    "AWS has Azure's range": "which of the two is wrong is the plan's word",
    "Azure has AWS's range": "which of the two is wrong is the plan's word",
    "ASN of Azure's gateway": "which of the two is wrong is the plan's word",
    "NSG denies TCP of a half": "a filter may be meant",
    "network ACL denies ICMP out": "a filter may be meant",
    "a longer route of Azure": "an appliance may be meant",
}


@pytest.mark.parametrize("name", [one for one in MISTAKES if one not in ONLY_PLANNED])
def test_the_true_cause_comes_first_without_a_plan(name: str) -> None:
    mistake, cause, side = MISTAKES[name]
    found = examined(mistake, planned_link=False)
    assert (found.causes[0].name, found.causes[0].side) == (cause, side), found.causes


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("active-active switched off", "customer-gateway-address"),
        ("AWS has Azure's range", "ranges-overlap"),
        ("ASN of Azure's gateway", "asn-mismatch"),
    ],
)
def test_a_cause_without_a_plan_names_another_side(name: str, cause: str) -> None:
    assert said(examined(MISTAKES[name][0], planned_link=False))[0] == cause


@pytest.mark.parametrize("name", ["NSG denies TCP of a half", "network ACL denies ICMP out", "a longer route of Azure"])
def test_what_may_be_meant_is_no_cause_without_a_plan(name: str) -> None:
    assert said(examined(MISTAKES[name][0], planned_link=False)) == []


@pytest.mark.parametrize("planned_link", [True, False])
@pytest.mark.parametrize("routing", ["bgp", "static"])
def test_a_healthy_link_has_no_cause(routing: str, planned_link: bool) -> None:
    found = examined(planned_link=planned_link, routing=routing)
    assert found.causes == []
    assert [one for one in found.checks if one.status == "failed"] == []
    assert {one.state for one in found.tunnels} == ({"up"} if routing == "bgp" else {"up", "spare"})


#: Mistakes on tunnels of their own, so that neither follows from the other.
APART = (
    "key",
    "phase 1 cipher on Azure",
    "phase 2 cipher on Azure",
    "ASN in the local gateway",
    "propagation off on AWS",
    "NSG denies",
    "network ACL denies in",
    "a route of Azure drops",
)


@pytest.mark.parametrize(("one", "other"), list(combinations(APART, 2)))
def test_two_mistakes_are_both_named(one: str, other: str) -> None:
    found = said(examined(MISTAKES[one][0], MISTAKES[other][0]))
    assert sorted(found) == sorted([MISTAKES[one][1], MISTAKES[other][1]])


def test_two_mistakes_of_one_tunnel_are_told_as_the_tunnel_comes_up() -> None:
    found = examined(other_key("1-1"), set_tunnel("1-1", IkeVersions=values("ikev1"), StartupAction="add"))
    assert said(found) == ["ike-version", "keys-differ"]


def test_one_mistake_on_many_tunnels_is_one_cause() -> None:
    found = examined(*(set_policy(name, ikeIntegrity="SHA384") for name in EVERY))
    assert [(one.name, one.tunnels) for one in found.causes] == [("no-common-phase1-proposal", EVERY)]
    assert len(found.causes[0].evidence["azure"]) == 4


def test_both_lists_of_proposals_are_evidence() -> None:
    [cause] = examined(set_policy("1-2", ikeEncryption="AES128")).causes
    assert cause.evidence["azure"] == ("1-2: hq-aws-1-2 offers AES128 / SHA256 / DHGroup14",)
    assert cause.evidence["aws"] == ("1-2: AWS permits AES256 / SHA2-256 / groups 14",)
    assert "s2s_vpn_ike_encryption" in cause.remedy


def test_without_a_policy_azures_default_is_evidence() -> None:
    [cause] = examined(set_azure("1-1", ipsecPolicies=[])).causes
    assert "Azure's default: AES256 / SHA1 / group 2" in cause.evidence["azure"][0]


def test_what_harms_later_comes_behind_what_harms_now() -> None:
    """The key of a tunnel that is up; it is asked for at the next negotiation."""

    def quiet(azure: Json, aws: Json, plan: Json) -> None:
        azure["fingerprints"]["hq-aws-1-1"] = "sha256:000000000000"

    found = examined(quiet, set_local("2-2", BGP_ONLY, bgp={"asn": 64513}))
    assert said(found) == ["asn-mismatch", "keys-differ"]
    assert causes.NOT_YET in found.causes[1].effect
    assert said(examined(quiet)) == ["keys-differ"]


def test_a_hidden_pfs_fault_is_told_while_the_tunnel_is_up() -> None:
    def hidden(azure: Json, aws: Json, plan: Json) -> None:
        connection(azure, "1-1")["ipsecPolicies"][0]["pfsGroup"] = "PFS24"

    found = examined(hidden)
    assert said(found) == ["pfs-differs"]
    assert [one.tunnel for one in found.failed() if one.name == "crypto.pfs"] == ["1-1"]


def test_a_tunnel_that_is_down_with_nothing_against_it() -> None:
    found = examined(lambda azure, aws, plan: down(azure, aws, plan, "2-1"))
    [cause] = found.causes
    assert (cause.name, cause.certainty, cause.tunnels) == (causes.NOTHING_FOUND, "possible", ("2-1",))
    assert cause.evidence["aws"] == ("2-1: down IPSEC IS DOWN since 2026-11-21T10:24:50+00:00",)


def test_a_filter_takes_no_tunnel_down() -> None:
    found = examined(MISTAKES["NSG denies"][0], lambda azure, aws, plan: down(azure, aws, plan, "2-1"))
    assert said(found) == ["nsg-closes", causes.NOTHING_FOUND]
    assert found.causes[1].tunnels == ("2-1",)


def test_what_could_not_be_read_is_evidence_of_a_doubt() -> None:
    def blind(azure: Json, aws: Json, plan: Json) -> None:
        down(azure, aws, plan, "2-1")
        azure["fingerprints"] = {}
        azure["unread"] = [{"what": "the pre-shared keys", "why": "AuthorizationFailed", "permission": "x"}]

    [cause] = examined(blind).causes
    assert cause.evidence["azure"][-1] == "not read on Azure: fingerprints"


@pytest.mark.parametrize(("word", "first"), [("Available", ["maintenance-pending"]), ("None", []), ("Applied", [])])
def test_maintenance_that_is_pending_is_possible(word: str, first: list[str]) -> None:
    def pending(azure: Json, aws: Json, plan: Json) -> None:
        down(azure, aws, plan, "2-1")
        outside = OUTSIDE[tunnel_of(plan, "2-1")["inside_cidr"]]
        aws["maintenance"] = {outside: {"PendingMaintenance": word}}

    found = examined(pending)
    assert said(found) == [*first, causes.NOTHING_FOUND]
    assert {one.certainty for one in found.causes if one.name in first} <= {"possible"}


def test_sessions_without_routes() -> None:
    def silent(azure: Json, aws: Json, plan: Json) -> None:
        azure["learned_routes"] = azure["learned_routes"][:1]
        tell(azure)

    [cause] = examined(silent).causes
    assert (cause.name, cause.side, cause.certainty) == ("routes-missing", "aws", "likely")


def bgp_on(azure: Json, aws: Json, plan: Json) -> None:
    azure["gateway"]["properties"]["enableBgp"] = True
    connection(azure, "1-1")["enableBgp"] = True


@pytest.mark.parametrize(
    ("mistake", "cause", "side"),
    [
        (lambda _azure, aws, _plan: aws["vpn_connections"][0].update(Routes=[]), "static-routes-missing", "aws"),
        (
            lambda azure, _aws, _plan: azure["local_gateways"][0]["properties"]["localNetworkAddressSpace"].update(
                addressPrefixes=["10.99.0.0/16"]
            ),
            "static-routes-missing",
            "azure",
        ),
        (bgp_on, "bgp-not-static", "azure"),
        (
            lambda _azure, aws, _plan: aws["vpn_connections"][0]["Options"].update(StaticRoutesOnly=False),
            "bgp-not-static",
            "aws",
        ),
    ],
)
def test_a_static_link(mistake: Mistake, cause: str, side: str) -> None:
    found = examined(mistake, routing="static")
    assert (cause, side) in [(one.name, one.side) for one in found.causes]
    assert found.causes[0].name == cause


def test_a_static_link_without_a_plan_whose_local_gateway_leads_astray() -> None:
    """No address fits; one key does."""

    def astray(azure: Json, aws: Json, plan: Json) -> None:
        azure["local_gateways"][0]["properties"]["gatewayIpAddress"] = "192.0.2.99"
        down(azure, aws, plan, "1-1")

    [cause] = examined(astray, routing="static", planned_link=False).causes
    assert (cause.name, cause.side, cause.tunnels) == ("outside-address", "azure", ("1-1",))


def test_two_tunnels_with_one_peer() -> None:
    def twice(azure: Json, aws: Json, plan: Json) -> None:
        """Both ends of 2-2 have the inside CIDR of 2-1: AWS would refuse that within one gateway."""
        options(aws, plan, "2-2")["TunnelInsideCidr"] = "169.254.21.4/30"
        local_gateway(azure, "2-2")["bgpSettings"]["bgpPeeringAddress"] = "169.254.21.5"
        down(azure, aws, plan, "2-2", message=BGP_ONLY)

    assert "bgp-peer-twice" in said(examined(twice, planned_link=False))


def test_the_same_asn_on_both_sides() -> None:
    def same(azure: Json, aws: Json, plan: Json) -> None:
        aws["gateway"]["AmazonSideAsn"] = aws["asn"] = 65515
        for one in azure["local_gateways"]:
            one["properties"]["bgpSettings"]["asn"] = 65515
        down(azure, aws, plan, *EVERY, message=BGP_ONLY)

    assert said(examined(same)) == ["asn-reserved"]


def test_more_routes_than_aws_takes() -> None:
    def many(azure: Json, aws: Json, plan: Json) -> None:
        space = azure["virtual_network"]["properties"]["addressSpace"]
        space["addressPrefixes"] += [f"10.1{third // 256}.{third % 256}.0/24" for third in range(256, 356)]
        down(azure, aws, plan, *EVERY, message=BGP_ONLY)

    assert said(examined(many)) == ["too-many-routes"]


def transit(azure: Json, aws: Json, plan: Json) -> None:
    """The same link on a transit gateway."""
    gateway = "tgw-0a"
    aws["kind"] = "tgw"
    aws["gateway"] = {
        "TransitGatewayId": gateway,
        "State": "available",
        "Options": {"AmazonSideAsn": 64512},
        "Tags": aws["gateway"]["Tags"],
    }
    for one in aws["vpn_connections"]:
        one["TransitGatewayId"] = gateway
        del one["VpnGatewayId"]
    app_table(aws)["PropagatingVgws"] = []
    app_table(aws)["Routes"][1] = {
        "DestinationCidrBlock": "10.1.0.0/16",
        "TransitGatewayId": gateway,
        "Origin": "CreateRoute",
        "State": "active",
    }
    resources = [("vpc", VPC), ("vpn", "vpn-01"), ("vpn", "vpn-02")]
    aws["transit"] = {
        "attachments": [
            {
                "TransitGatewayAttachmentId": f"tgw-attach-0{index}",
                "ResourceType": kind,
                "ResourceId": identifier,
                "State": "available",
                "Association": {"TransitGatewayRouteTableId": "tgw-rtb-0a", "State": "associated"},
            }
            for index, (kind, identifier) in enumerate(resources)
        ],
        "route_tables": [{"TransitGatewayRouteTableId": "tgw-rtb-0a"}],
        "associations": {},
        "propagations": {
            "tgw-rtb-0a": [
                {"TransitGatewayAttachmentId": f"tgw-attach-0{index}", "ResourceId": identifier, "State": "enabled"}
                for index, (_kind, identifier) in enumerate(resources)
            ]
        },
        "routes": {"tgw-rtb-0a": []},
    }


def test_a_healthy_link_on_a_transit_gateway() -> None:
    assert examined(transit, planned_link=False).causes == []


def test_a_vpc_of_a_transit_gateway_that_azure_is_not_told_of() -> None:
    def another(azure: Json, aws: Json, plan: Json) -> None:
        aws["vpcs"].append({"VpcId": "vpc-0b", "CidrBlock": "10.7.0.0/16"})

    found = examined(transit, another, planned_link=False)
    assert found.causes == []
    assert [one.resource for one in found.checks if one.name == "routes.learned_azure"] == ["10.2.0.0/16"]


def test_a_transit_gateway_that_does_not_join() -> None:
    def unpropagated(azure: Json, aws: Json, plan: Json) -> None:
        aws["transit"]["propagations"]["tgw-rtb-0a"].pop(0)

    [cause] = examined(transit, unpropagated, planned_link=False).causes
    assert (cause.name, cause.side) == ("transit-routes", "aws")
    assert f"vpc {VPC}" in cause.evidence["aws"][0]


def test_a_vpc_without_a_route_to_its_transit_gateway() -> None:
    def routeless(azure: Json, aws: Json, plan: Json) -> None:
        app_table(aws)["Routes"].pop()

    [cause] = examined(transit, routeless, planned_link=False).causes
    assert (cause.name, cause.side) == ("propagation-off", "aws")
    assert cause.remedy.startswith("aws ec2 create-route --transit-gateway-id tgw-0a")


def test_a_cloud_that_was_not_read_gives_no_wrong_cause() -> None:
    plan = planned()
    azure, aws = azure_reading(plan), aws_reading(plan)
    assert examine(None, aws, plan).causes == []
    assert examine(azure, None, plan).causes == []
    assert examine(None, None, plan).causes == []


def test_what_could_not_be_read_is_no_cause() -> None:
    def forbidden(azure: Json, aws: Json, plan: Json) -> None:
        azure |= {"connections": [], "local_gateways": [], "security_groups": [], "route_tables": []}
        aws |= {"subnets": [], "route_tables": [], "network_acls": [], "customer_gateways": []}
        azure["unread"] = [
            {"what": f"the {what}", "why": "AuthorizationFailed"}
            for what in ("connections", "local network gateways", "security groups", "route tables")
        ]
        aws["unread"] = [
            {"what": what, "why": "UnauthorizedOperation"}
            for what in ("AWS's subnets", "AWS's route tables", "AWS's network ACLs", "the customer gateways")
        ]

    assert examined(forbidden).causes == []


def test_every_kind_of_cause_is_tried_here() -> None:
    tried = {cause for _mistake, cause, _side in MISTAKES.values()}
    elsewhere = {
        "maintenance-pending",
        "routes-missing",
        "static-routes-missing",
        "bgp-peer-twice",
        "asn-reserved",
        "too-many-routes",
        "transit-routes",
        "bgp-not-static",
    }
    assert {one.name for one in registry.CAUSES} == tried | elsewhere


def test_every_kind_of_cause_says_what_it_is_and_from_where() -> None:
    for unit in registry.CAUSES:
        assert unit.meaning.endswith("."), unit.name
        assert unit.source, unit.name


def test_as_dict_of_a_cause() -> None:
    cause = Cause(1, "keys-differ", "both", ("1-1",), "x", {"azure": ("y",)}, "z")
    assert cause.as_dict() == {
        "rank": 1,
        "name": "keys-differ",
        "side": "both",
        "tunnels": ["1-1"],
        "effect": "x",
        "evidence": {"azure": ["y"], "aws": []},
        "remedy": "z",
        "certainty": "certain",
    }
