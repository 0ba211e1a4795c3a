"""Every check: right, failed, and not readable; and that no reading makes the catalogue stumble."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import registry
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.examination import examine
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import (
    SEVERITIES,
    Check,
    Examination,
    Options,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.record import as_report
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.drift import drift_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.unit.module_utils.readings import (
    ACCOUNT,
    SUBSCRIPTION,
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
from tests.unit.module_utils.remedies import can_be_done_without_a_plan
from tests.unit.module_utils.samples import KEYS, OUTSIDE, planned

Json = dict[str, Any]


def readings(**changes: Any) -> tuple[Json, Json, Json]:
    plan = planned(**changes)
    return (*copy.deepcopy((azure_reading(plan), aws_reading(plan))), plan)


def failures(found: Examination, name: str) -> list[tuple[str, str, str]]:
    return [
        (one.resource, one.expected, one.found) for one in found.checks if one.name == name and one.status == "failed"
    ]


# A mistake is a line of Python on `azure`, `aws` and `plan`, short enough to be read beside what it leads to.
def bent(code: str, *, planned_link: bool = True, **changes: Any) -> Examination:
    azure, aws, plan = readings(**changes)
    scope = {
        "azure": azure,
        "aws": aws,
        "plan": plan,
        "gateway": azure["gateway"]["properties"],
        "one": (azure_connection(azure, "hq-aws-1-1") or {})["properties"],
        "local": azure["local_gateways"][0]["properties"],
        "vnet": azure["virtual_network"]["properties"],
        "nsg": azure["security_groups"][0]["properties"],
        "table": azure["route_tables"][0]["properties"],
        "tunnel": aws["vpn_connections"][0]["Options"]["TunnelOptions"][0],
        "down": lambda *names, **more: down(azure, aws, plan, *names, **more),
        "tell": lambda: tell(azure),
        "nsg_rule": nsg_rule,
        "acl_entry": acl_entry,
        "selector": lambda own, theirs: {"localAddressRanges": own, "remoteAddressRanges": theirs},
        "slot": ip_configuration(plan, 0),
        "outside": OUTSIDE,
    }
    exec(code, scope)
    return examine(azure, aws, plan if planned_link else None)


POLICY = "AES256 / SHA256 / DHGroup14"

FAILED: list[tuple[str, str, tuple[str, str, str]]] = [
    # (check, mistake, (resource, expected, found))
    ("azure.answer", "azure['gateway'] = None", ("gateway", "there", "no gateway of this name")),
    (
        "azure.vnet",
        "vnet['addressSpace']['addressPrefixes'] = ['10.3.0.0/16']",
        ("hq-vnet", "10.1.0.0/16", "10.3.0.0/16"),
    ),
    (
        "azure.vnet",
        "vnet['addressSpace']['addressPrefixes'].append('10.3.0.0/16')",
        ("hq-vnet", "10.1.0.0/16", "10.1.0.0/16, 10.3.0.0/16"),
    ),
    ("azure.vnet", "azure['virtual_network']['name'] = 'other'", ("virtual network", "hq-vnet", "other")),
    (
        "azure.subnets",
        "vnet['subnets'][0]['properties']['addressPrefix'] = '10.1.254.0/27'",
        ("subnet GatewaySubnet", "10.1.255.0/27", "10.1.254.0/27"),
    ),
    ("azure.subnets", "vnet['subnets'].pop()", ("subnet app", "10.1.1.0/24", "missing")),
    (
        "azure.subnet_filters",
        "del vnet['subnets'][1]['properties']['networkSecurityGroup']",
        ("subnet app", "hq-app-nsg", "none"),
    ),
    (
        "azure.gateway_subnet",
        "vnet['subnets'][0]['properties']['networkSecurityGroup'] = {'id': '/x/networkSecurityGroups/by-hand'}",
        ("GatewaySubnet", "none", "by-hand"),
    ),
    (
        "azure.nsg_rules",
        "nsg['securityRules'][1]['properties']['priority'] = 4020",
        (
            "hq-app-nsg, rule allow-aws",
            "4010 inbound allow * 10.2.1.0/24 to *",
            "4020 inbound allow * 10.2.1.0/24 to *",
        ),
    ),
    ("azure.nsg_rules", "azure['security_groups'] = []", ("NSG hq-app-nsg", "there", "missing")),
    ("azure.route_table", "table['disableBgpRoutePropagation'] = True", ("hq-app-rt, BGP propagation", "yes", "no")),
    ("azure.gateway_state", "gateway['provisioningState'] = 'Failed'", ("hq-vng", "Succeeded", "Failed")),
    ("azure.gateway_sku", "gateway['sku']['name'] = 'VpnGw1AZ'", ("hq-vng", "VpnGw2AZ", "VpnGw1AZ")),
    ("azure.gateway_asn", "gateway['bgpSettings']['asn'] = 65010", ("hq-vng", "65515", "65010")),
    ("azure.gateway_kind", "gateway['activeActive'] = False", ("hq-vng, active-active", "yes", "no")),
    ("azure.gateway_kind", "gateway['vpnType'] = 'PolicyBased'", ("hq-vng, VPN type", "RouteBased", "PolicyBased")),
    (
        "azure.gateway_apipa",
        "gateway['bgpSettings']['bgpPeeringAddresses'][1]['customBgpIpAddresses'].pop()",
        ("hq-vng, instance 1", "169.254.21.6, 169.254.22.6", "169.254.21.6"),
    ),
    (
        "azure.public_addresses",
        "azure['public_addresses'][0]['properties']['ipAddress'] = None",
        ("public address hq-vng-pip-1", "Standard Static", "Standard Static, no address"),
    ),
    ("azure.public_addresses", "azure['public_addresses'].pop()", ("public address hq-vng-pip-2", "there", "missing")),
    ("azure.local_gateways", "local['bgpSettings']['asn'] = 1", ("hq-aws-1-1, ASN", "64512", "1")),
    (
        "azure.local_gateways",
        "local['localNetworkAddressSpace']['addressPrefixes'] = ['10.2.0.0/16']",
        ("hq-aws-1-1, prefixes", "none", "10.2.0.0/16"),
    ),
    ("azure.local_gateways", "azure['local_gateways'].pop(0)", ("local gateway hq-aws-1-1", "there", "missing")),
    ("azure.connections", "azure['connections'].pop(0)", ("connection hq-aws-1-1", "there", "missing")),
    (
        "azure.connections",
        "one['localNetworkGateway2'] = {'id': '/x/localNetworkGateways/hq-aws-1-2'}",
        ("hq-aws-1-1, leads to", "hq-aws-1-1", "hq-aws-1-2"),
    ),
    (
        "azure.connection_settings",
        "one['connectionMode'] = 'ResponderOnly'",
        ("hq-aws-1-1, mode", "Default", "ResponderOnly"),
    ),
    ("azure.connection_settings", "one['connectionProtocol'] = 'IKEv1'", ("hq-aws-1-1, protocol", "IKEv2", "IKEv1")),
    ("azure.connection_settings", "one['enableBgp'] = False", ("hq-aws-1-1, BGP", "yes", "no")),
    ("azure.connection_dpd", "one['dpdTimeoutSeconds'] = 9", ("hq-aws-1-1", "45", "9")),
    (
        "azure.connection_policy",
        "one['ipsecPolicies'][0]['saLifeTimeSeconds'] = 27000",
        ("hq-aws-1-1", "sa_lifetime_seconds 3600", "sa_lifetime_seconds 27000"),
    ),
    (
        "azure.connection_slots",
        "one['gatewayCustomBgpIpAddresses'].pop()",
        ("hq-aws-1-1, instance 1", "169.254.21.6", "-"),
    ),
    ("aws.answer", "aws['gateway'] = None", ("gateway", "there", "no gateway of this name")),
    ("aws.vpc", "aws['vpcs'][0]['Tags'] = []", ("VPC", "hq-vpc", VPC)),
    (
        "aws.vpc",
        "aws['vpcs'][0]['CidrBlockAssociationSet'].append({'CidrBlock': '10.4.0.0/16'})",
        ("hq-vpc", "10.2.0.0/16", "10.2.0.0/16, 10.4.0.0/16"),
    ),
    ("aws.subnet", "aws['subnets'][0]['CidrBlock'] = '10.2.9.0/24'", ("subnet hq-app 10.2.1.0/24", "there", "missing")),
    ("aws.route_table", "aws['route_tables'][1]['Associations'] = []", ("subnet hq-app", "hq-app-rt", "rtb-0b")),
    (
        "aws.security_group",
        "aws['security_groups'][1]['IpPermissions'][0]['IpRanges'].append({'CidrIp': '10.9.0.0/16'})",
        ("hq-app-sg", "all from 10.1.1.0/24", "all from 10.1.1.0/24, all from 10.9.0.0/16"),
    ),
    ("aws.gateway_state", "aws['gateway']['VpcAttachments'] = []", ("hq-vgw, attachment", "attached", "detached")),
    ("aws.gateway_state", "aws['gateway']['State'] = 'deleting'", ("hq-vgw", "available", "deleting")),
    ("aws.gateway_asn", "aws['asn'] = 64513", ("hq-vgw", "64512", "64513")),
    ("aws.gateway_vpc", "aws['gateway']['VpcAttachments'][0]['VpcId'] = 'vpc-0b'", ("hq-vgw", "hq-vpc", "vpc-0b")),
    ("aws.customer_gateways", "aws['customer_gateways'][1]['BgpAsn'] = '1'", ("hq-azure-2, ASN", "65515", "1")),
    ("aws.customer_gateways", "aws['customer_gateways'].pop()", ("customer gateway of hq-2", "there", "missing")),
    ("aws.connections", "aws['vpn_connections'].pop()", ("VPN connection hq-2", "there", "missing")),
    (
        "aws.connections",
        "aws['vpn_connections'][0]['Options']['StaticRoutesOnly'] = True",
        ("hq-1, static routes only", "no", "yes"),
    ),
    (
        "aws.tunnel_options",
        "tunnel['DpdTimeoutAction'] = 'none'",
        ("hq-1", "dpd_timeout_action restart", "dpd_timeout_action none"),
    ),
    ("aws.tunnel_options", "del tunnel['StartupAction']", ("hq-1", "startup_action start", "startup_action -")),
    ("outside.azure", "local['gatewayIpAddress'] = '192.0.2.99'", ("hq-aws-1-1", "198.51.100.40", "192.0.2.99")),
    (
        "outside.aws",
        "aws['customer_gateways'][0]['IpAddress'] = '192.0.2.99'",
        ("hq-azure-1", "192.0.2.10", "192.0.2.99"),
    ),
    ("ike.version", "one['connectionProtocol'] = 'IKEv1'", ("hq-aws-1-1", "ikev2", "ikev1")),
    (
        "ike.initiator",
        "one['connectionMode'] = 'ResponderOnly'; tunnel['StartupAction'] = 'add'",
        ("hq-aws-1-1", "Azure or AWS initiates", "Azure ResponderOnly, AWS add"),
    ),
    (
        "crypto.phase1",
        "tunnel['Phase1DHGroupNumbers'] = [{'Value': 20}]",
        ("hq-aws-1-1", "a proposal in common", f"Azure {POLICY}; AWS AES256 / SHA2-256 / groups 20"),
    ),
    (
        "crypto.phase2",
        "one['ipsecPolicies'][0].update(ipsecEncryption='AES256', ipsecIntegrity='SHA256')",
        ("hq-aws-1-1", "a proposal in common", "Azure AES256 / SHA256; AWS AES256-GCM-16 / SHA2-256 / groups 14"),
    ),
    (
        "crypto.pfs",
        "one['ipsecPolicies'][0]['pfsGroup'] = 'ECP256'",
        ("hq-aws-1-1", "a proposal in common", "Azure ECP256; AWS groups 14"),
    ),
    ("keys.equal", "azure['fingerprints']['hq-aws-1-1'] = 'sha256:0'", ("hq-aws-1-1", "equal", "different")),
    ("routing.kind", "one['enableBgp'] = False", ("hq-aws-1-1", "the same kind", "Azure static, AWS BGP")),
    ("tunnel.azure", "down('1-1')", ("hq-aws-1-1", "up", "down (NotConnected)")),
    ("tunnel.aws", "down('1-1')", ("hq-1", "up", "down (IPSEC IS DOWN)")),
    (
        "tunnel.azure",
        "one.update(connectionStatus='Unknown', tunnelConnectionStatus=None); tell()",
        ("hq-aws-1-1", "up", "unknown (Unknown)"),
    ),
    ("tunnel.aws", "aws['vpn_connections'][0]['VgwTelemetry'] = None", ("hq-1", "up", "unknown")),
    ("bgp.azure", "down('1-1')", ("BGP with 169.254.21.1", "connected", "connecting")),
    ("bgp.azure", "azure['peers'] = []; tell()", ("BGP with 169.254.21.1", "connected", "absent")),
    ("bgp.aws", "down('1-1', message='IPSEC IS UP')", ("BGP with 169.254.21.2", "connected", "connecting")),
    (
        "bgp.aws",
        "[each.update(AcceptedRouteCount=0) for each in aws['vpn_connections'][0]['VgwTelemetry']]",
        ("BGP with 169.254.21.2", "connected", "no routes accepted"),
    ),
    ("bgp.asn_azure", "aws['customer_gateways'][0]['BgpAsn'] = '65010'", ("hq-azure-1", "65515", "65010")),
    ("bgp.asn_aws", "local['bgpSettings']['asn'] = None", ("hq-aws-1-1", "64512", "-")),
    (
        "bgp.peer_address",
        "local['bgpSettings']['bgpPeeringAddress'] = '169.254.21.9'",
        ("hq-aws-1-1", "169.254.21.1", "169.254.21.9"),
    ),
    (
        "bgp.local_address",
        "one['gatewayCustomBgpIpAddresses'] = [{'ipConfigurationId': slot, 'customBgpIpAddress': '169.254.22.2'}]",
        ("hq-aws-1-1", "169.254.21.2", "169.254.22.2"),
    ),
    (
        "bgp.slots",
        "one['gatewayCustomBgpIpAddresses'] = None",
        ("hq-aws-1-1", "2 addresses", "none for ipconfig1, ipconfig2"),
    ),
    ("routes.learned_azure", "azure['learned_routes'] = []; tell()", ("10.2.0.0/16", "learned", "not learned")),
    ("routes.learned_aws", "aws['status']['learned_routes'] = []", ("10.1.0.0/16", "learned", "not learned")),
    (
        "routes.advertised_azure",
        "azure['advertised_routes']['169.254.21.1'] = [{'network': '10.1.0.0/17'}]",
        ("to 169.254.21.1", "10.1.0.0/16", "10.1.0.0/17"),
    ),
    (
        "routes.from_azure",
        "table['disableBgpRoutePropagation'] = True",
        ("subnet app", "to the gateway", "no route for 10.2.1.0/24"),
    ),
    (
        "routes.from_aws",
        "aws['route_tables'][1]['Routes'].append({'DestinationCidrBlock': '10.1.1.128/25', 'NatGatewayId': 'nat-0a'})",
        (
            "subnet hq-app, route table hq-app-rt",
            "to the gateway",
            "10.1.1.128/25 to nat-0a by route 10.1.1.128/25 of hq-app-rt",
        ),
    ),
    (
        "routes.gateway_subnet",
        "vnet['subnets'][0]['properties']['routeTable'] = {'id': azure['route_tables'][0]['id'].upper()};"
        "table['routes'] = [{'name': 'all', 'properties': {'addressPrefix': '0.0.0.0/0', 'nextHopType': 'Internet'}}]",
        ("hq-app-rt, route 0.0.0.0/0", "none", "there"),
    ),
    (
        "ranges.apart",
        "vnet['virtualNetworkPeerings'] = ["
        "{'properties': {'remoteAddressSpace': {'addressPrefixes': ['10.2.8.0/22']}}}]",
        ("peers of hq-vnet and hq-vpc", "apart", "10.2.8.0/22"),
    ),
    (
        "reach.nsg",
        "nsg['securityRules'].append(nsg_rule('mine', 100, '10.2.1.64/26'))",
        ("NSG hq-app-nsg, inbound, subnet app", "open", "closed for 10.2.1.64/26 by rule mine"),
    ),
    (
        "reach.security_group",
        "aws['security_groups'][1]['IpPermissions'] = []",
        (
            "security group hq-app-sg, inbound, the app subnet",
            "open",
            "closed for 10.1.1.0/24 by no rule that admits it",
        ),
    ),
    (
        "reach.network_acl",
        "aws['network_acls'][0]['Entries'].append(acl_entry(99, True, 'deny', '10.0.0.0/8', '17'))",
        ("network ACL acl-0a, outbound, subnet hq-app", "open", "udp: closed for 10.1.1.0/24 by rule 99"),
    ),
    (
        "reach.partial",
        "nsg['securityRules'].append(nsg_rule('mine', 100, '*', protocol='Tcp', destinationPortRange='23'))",
        ("NSG hq-app-nsg, inbound, subnet app", "open", "tcp: open for some ports of 10.2.1.0/24"),
    ),
    (
        "reach.wider",
        "nsg['securityRules'].pop()",
        ("subnet app, other AWS ranges", "none", "10.2.128.0/17 and others"),
    ),
    (
        "aws.selectors",
        "aws['vpn_connections'][0]['Options']['LocalIpv4NetworkCidr'] = '10.1.0.0/16'",
        ("hq-1", "0.0.0.0/0 to 0.0.0.0/0", "10.1.0.0/16 to 0.0.0.0/0"),
    ),
    ("azure.selectors", "one['usePolicyBasedTrafficSelectors'] = True", ("hq-aws-1-1", "none", "policy-based")),
    (
        "azure.selectors",
        "one['trafficSelectorPolicies'] = [selector(['10.1.0.0/16'], ['10.2.0.0/16'])]",
        ("hq-aws-1-1", "none", "10.1.0.0/16 to 10.2.0.0/16"),
    ),
    (
        "ike.selectors",
        "one['trafficSelectorPolicies'] = [selector(['10.1.0.0/16'], ['10.2.0.0/16'])]",
        (
            "hq-aws-1-1",
            "ranges with BGP's addresses",
            "Azure 10.1.0.0/16 to 10.2.0.0/16; AWS 0.0.0.0/0 to 0.0.0.0/0",
        ),
    ),
    (
        "ike.selectors",
        "aws['vpn_connections'][0]['Options']['RemoteIpv4NetworkCidr'] = '10.2.0.0/16'",
        (
            "hq-aws-1-1",
            "ranges with BGP's addresses",
            "Azure 0.0.0.0/0 to 0.0.0.0/0; AWS 0.0.0.0/0 to 10.2.0.0/16",
        ),
    ),
    (
        "reach.selectors",
        "one['trafficSelectorPolicies'] = [selector(['10.1.1.0/25', '169.254.0.0/16'], ['0.0.0.0/0'])]",
        ("hq-aws-1-1", "none", "10.1.1.128/25"),
    ),
    ("redundancy.azure", "down('2-1', '2-2')", ("instance 1", "a tunnel up", "all down")),
    ("redundancy.aws", "down('2-1', '2-2')", ("hq-2", "a tunnel up", "all down")),
    ("redundancy.both_tunnels", "azure['connections'].pop()", ("hq-2", "both used", "unused: 2-2")),
    (
        "advice.sku",
        "gateway['sku']['name'] = 'VpnGw2'",
        ("hq-vng", "a SKU with zones", "VpnGw2, which Azure withdraws"),
    ),
    (
        "advice.public_address",
        "azure['public_addresses'][0]['sku']['name'] = 'Basic'",
        ("hq-vng-pip-1", "Standard", "Basic"),
    ),
    ("advice.quota_aws", "aws['counts']['vgws'] = 5", ("virtual private gateways in a region", "less than 5", "5")),
    (
        "advice.quota_azure",
        "azure['connections'] += [{'name': f'c{n}', 'id': f'/c{n}'} for n in range(26)]",
        ("hq-vng", "less than 30 connections", "30"),
    ),
    ("advice.dpd", "tunnel['DpdTimeoutAction'] = 'clear'", ("hq-1", "restart", "clear")),
    ("advice.crypto", "one['ipsecPolicies'][0]['dhGroup'] = 'DHGroup2'", ("hq-aws-1-1", "none", "DHGroup2")),
    ("advice.crypto", "one['ipsecPolicies'] = []", ("hq-aws-1-1", "none", "Azure's default, with group 2")),
    (
        "advice.maintenance",
        "aws['maintenance'] = {tunnel['OutsideIpAddress']: {'PendingMaintenance': 'Available'}}",
        ("hq-1", "none", "pending"),
    ),
]

FAILED_STATIC = [
    (
        "ike.selectors",
        "one['trafficSelectorPolicies'] = [selector(['10.9.0.0/16'], ['10.2.0.0/16'])];"
        " aws['vpn_connections'][0]['Options']['LocalIpv4NetworkCidr'] = '10.1.0.0/16'",
        ("hq-aws-1-1", "ranges in common", "Azure 10.9.0.0/16 to 10.2.0.0/16; AWS 10.1.0.0/16 to 0.0.0.0/0"),
    ),
    (
        "reach.selectors",
        "aws['vpn_connections'][0]['Options']['LocalIpv4NetworkCidr'] = '10.1.1.0/25'",
        ("hq-aws-1-1", "none", "10.1.1.128/25"),
    ),
    ("aws.static_routes", "aws['vpn_connections'][0]['Routes'] = []", ("hq-1", "10.1.0.0/16", "none")),
    ("tunnel.aws", "aws['vpn_connections'][0]['VgwTelemetry'][1]['Status'] = 'UP'", ("hq-1", "down (spare)", "up")),
    ("advice.lifecycle", "tunnel['EnableTunnelLifecycleControl'] = False", ("hq-1", "on", "off")),
]


def _names(rows: list[tuple[str, str, tuple[str, str, str]]]) -> list[str]:
    return [f"{name}-{found}" for name, _code, (_resource, _expected, found) in rows]


@pytest.mark.parametrize(("name", "code", "expected"), FAILED, ids=_names(FAILED))
def test_a_check_that_fails(name: str, code: str, expected: tuple[str, str, str]) -> None:
    found = bent(code)
    assert expected in failures(found, name)
    assert all(one.remedy for one in found.checks if one.status == "failed")


@pytest.mark.parametrize(("name", "code", "expected"), FAILED_STATIC, ids=_names(FAILED_STATIC))
def test_a_check_of_a_static_link_that_fails(name: str, code: str, expected: tuple[str, str, str]) -> None:
    assert failures(bent(code, routing="static"), name) == [expected]


def test_a_user_defined_route_of_the_plan() -> None:
    routed = {"azure_user_defined_route": True}
    assert failures(bent("", **routed), "azure.route_table") == []
    assert failures(bent("table['routes'] = []", **routed), "azure.route_table") == [
        ("hq-app-rt, route 10.2.0.0/16", "there", "missing")
    ]


def test_every_check_is_tried_here() -> None:
    assert set(registry.CHECKS) == {name for name, *_rest in (*FAILED, *FAILED_STATIC)} | {"advice.mss"}


MORE = {"azure_more_cidrs": ["10.3.0.0/16"], "aws_more_cidrs": ["10.4.0.0/16", "100.64.0.0/24"]}


@pytest.mark.parametrize("more", [{}, {**MORE, "azure_user_defined_route": True}])
@pytest.mark.parametrize("routing", ["bgp", "static"])
def test_a_healthy_link_passes_every_check(routing: str, more: Json) -> None:
    azure, aws, plan = readings(routing=routing, **more)
    found = examine(azure, aws, plan)
    assert [one for one in found.checks if one.status != "ok"] == [
        one for one in found.checks if one.name == "advice.mss"
    ]
    assert found.ok
    silent = {"advice.maintenance", "advice.lifecycle", "aws.static_routes", "routes.gateway_subnet", "reach.partial"}
    if routing == "bgp":
        assert set(registry.CHECKS) - {one.name for one in found.checks} == silent


@pytest.mark.parametrize(
    ("routing", "name", "code", "expected"),
    [
        (
            "bgp",
            "routes.learned_azure",
            "azure['learned_routes'] = [x for x in azure['learned_routes'] if x['network'] != '10.4.0.0/16']; tell()",
            ("10.4.0.0/16", "learned", "not learned"),
        ),
        (
            "bgp",
            "routes.learned_aws",
            "aws['status']['learned_routes'].pop()",
            ("10.3.0.0/16", "learned", "not learned"),
        ),
        (
            "static",
            "aws.static_routes",
            "aws['vpn_connections'][0]['Routes'].pop()",
            ("hq-1", "10.1.0.0/16, 10.3.0.0/16", "10.1.0.0/16"),
        ),
        (
            "static",
            "azure.local_gateways",
            "local['localNetworkAddressSpace']['addressPrefixes'].pop()",
            ("hq-aws-1-1, prefixes", "10.2.0.0/16, 10.4.0.0/16, 100.64.0.0/24", "10.2.0.0/16, 10.4.0.0/16"),
        ),
        (
            "bgp",
            "azure.nsg_rules",
            "nsg['securityRules'][1]['properties']['sourceAddressPrefixes'].pop()",
            (
                "hq-app-nsg, rule allow-aws",
                "4010 inbound allow * 10.2.1.0/24, 10.4.0.0/16, 100.64.0.0/24 to *",
                "4010 inbound allow * 10.2.1.0/24, 10.4.0.0/16 to *",
            ),
        ),
        (
            "bgp",
            "azure.route_table",
            "table['routes'].pop()",
            ("hq-app-rt, route 100.64.0.0/24", "there", "missing"),
        ),
        (
            "static",
            "routes.from_azure",
            "local['localNetworkAddressSpace']['addressPrefixes'].pop()",
            ("subnet app", "to the gateway", "no route for 100.64.0.0/24"),
        ),
        (
            "bgp",
            "reach.nsg",
            "nsg['securityRules'].append(nsg_rule('mine', 100, '10.4.9.0/24'))",
            ("NSG hq-app-nsg, inbound, subnet app", "open", "closed for 10.4.9.0/24 by rule mine"),
        ),
    ],
)
def test_a_further_range_counts_like_the_first(
    routing: str, name: str, code: str, expected: tuple[str, str, str]
) -> None:
    route = {"azure_user_defined_route": name == "azure.route_table"}
    assert failures(bent(code, routing=routing, **MORE, **route), name) == [expected]


@pytest.mark.parametrize(
    ("code", "check", "resource"),
    [
        (
            "aws['vpn_connections'][1]['Options']['LocalIpv4NetworkCidr'] = '10.0.0.0/8'",
            "aws.selectors",
            "hq-2",
        ),
        ("one['usePolicyBasedTrafficSelectors'] = True", "azure.selectors", "hq-aws-1-1"),
    ],
)
def test_narrower_ranges_are_drift_and_not_in_order(code: str, check: str, resource: str) -> None:
    azure, aws, plan = readings()
    one = (azure_connection(azure, "hq-aws-1-1") or {})["properties"]
    exec(code, {"azure": azure, "aws": aws, "one": one})
    assert not examine(azure, aws, plan).ok
    assert [(each.check, each.resource) for each in drift_of(azure, aws, plan).differences] == [(check, resource)]


@pytest.mark.parametrize(
    ("sizes", "status", "found", "remedy"),
    [
        ((), "unread", "no probe has measured it", ("Set MTU 1400", "MSS at 1350")),
        ((1400,), "ok", "packets of up to 1400 bytes pass whole", ()),
        ((1500,), "ok", "packets of up to 1500 bytes pass whole", ()),
        ((1380,), "failed", "packets of up to 1380 bytes pass whole", ("Set MTU 1380", "MSS at 1340")),
    ],
)
def test_a_probe_judges_what_hosts_are_advised(
    sizes: tuple[int, ...], status: str, found: str, remedy: tuple[str, ...]
) -> None:
    azure, aws, plan = readings()
    measured = Options(path_mtus=tuple(("hq-vm to 10.2.1.4", size) for size in sizes))
    for each in (plan, None):
        [one] = [check for check in examine(azure, aws, each, measured).checks if check.name == "advice.mss"]
        assert (one.severity, one.status, one.found) == ("advice", status, found)
        assert one.expected == "packets of 1400 bytes pass whole"
        assert one.resource == ("hq-vm to 10.2.1.4" if sizes else "hosts of both sides")
        assert bool(one.remedy) is bool(remedy)
        assert all(words in one.remedy for words in (*remedy, *(["IPsec adds 50 to 90 bytes"] if remedy else [])))


@pytest.mark.parametrize("routing", ["bgp", "static"])
@pytest.mark.parametrize("code", sorted({code for _name, code, _told in (*FAILED, *FAILED_STATIC)}))
def test_who_has_no_plan_is_told_what_to_change_in_the_clouds(code: str, routing: str) -> None:
    try:
        found = bent(code, planned_link=False, routing=routing)
    except (IndexError, KeyError):  # there is one tunnel only
        assert routing == "static"
        return
    for one in (*(each for each in found.checks if each.status == "failed"), *found.causes):
        assert can_be_done_without_a_plan(one.remedy), one


def test_every_check_says_what_it_is_and_from_where() -> None:
    for unit in registry.in_order():
        assert unit.meaning.endswith("."), unit.name
        assert unit.source, unit.name
        assert unit.severity in SEVERITIES


@pytest.mark.parametrize("need", sorted({need for unit in registry.CHECKS.values() for need in unit.needs}))
def test_what_cannot_be_read_is_told_as_such(need: str) -> None:
    side, _dot, part = need.partition(".")
    azure, aws, plan = readings()
    {"azure": azure, "aws": aws}[side][part] = None
    found = examine(azure, aws, plan)
    asked = {unit.name for unit in registry.CHECKS.values() if need in unit.needs}
    assert {one.name for one in found.checks if one.status == "unread"} >= asked
    assert not [one for one in found.checks if one.name in asked and one.status == "failed"]
    assert found.causes == []


def test_why_something_was_not_read_is_told() -> None:
    azure, aws, plan = readings()
    azure |= {
        "route_tables": [],
        "unread": [{"what": "the route tables", "why": "AuthorizationFailed", "permission": "p"}],
    }
    [one] = [each for each in examine(azure, aws, plan).checks if each.name == "routes.from_azure"]
    assert (one.status, one.resource, one.found) == ("unread", "Azure: route tables", "AuthorizationFailed p")


def test_a_cloud_that_does_not_answer_is_told_once() -> None:
    azure, aws, plan = readings()
    found = examine(None, aws, plan)
    assert failures(found, "azure.answer") == [("gateway", "there", "no answer")]
    assert {one.cloud for one in found.checks} == {"azure", "aws"}
    assert [one.name for one in found.checks if one.cloud == "azure"] == ["azure.answer"]
    assert [one.state for one in found.tunnels] == ["unknown"] * 4
    assert failures(found, "redundancy.aws") == [], "AWS calls them up"
    assert not examine(azure, None, plan).ok


def test_a_gateway_that_may_not_be_read_is_not_called_missing() -> None:
    azure, aws, plan = readings()
    azure |= {"gateway": None, "unread": [{"what": "the gateway", "why": "AuthorizationFailed"}]}
    found = examine(azure, aws, plan)
    assert [one.status for one in found.checks if one.name == "azure.answer"] == ["unread"]
    assert "gateway-missing" not in [one.name for one in found.causes]
    assert failures(found, "bgp.azure") == failures(found, "routes.learned_azure") == []


@pytest.mark.parametrize("planned", [True, False], ids=["with the plan", "without"])
@pytest.mark.parametrize(
    ("cloud", "parts"),
    [
        ("azure", {"gateway": None, "connections": [], "peers": [], "learned_routes": []}),
        ("azure", {"connections": []}),
        ("azure", {"peers": [], "learned_routes": []}),
        ("aws", {"gateway": None}),
        ("aws", {"vpn_connections": [], "customer_gateways": []}),
    ],
)
def test_what_cannot_be_read_is_not_called_in_order(cloud: str, parts: dict[str, Any], planned: bool) -> None:
    azure, aws, plan = readings()
    names = {"peers": "BGP peers", "vpn_connections": "VPN connections"}
    unread = [{"what": names.get(one, one.replace("_", " ")), "why": "not allowed"} for one in parts]
    one = azure if cloud == "azure" else aws
    one |= {**parts, "unread": unread, "status": {"cloud": cloud, "tunnels": [], "bgp_peers": [], "learned_routes": []}}
    found = examine(azure, aws, plan if planned else None)
    assert found.in_the_dark()
    report = as_report(found, azure, aws, plan if planned else None, link="hq", at="2026-01-01T00:00:00+00:00")
    assert not report["ok"]


# ----------------------------------------------------------------------------------------------------------- pairing


@pytest.mark.parametrize("planned_link", [True, False])
def test_the_tunnels_of_a_report(planned_link: bool) -> None:
    azure, aws, plan = readings()
    first = examine(azure, aws, plan if planned_link else None).tunnels[0]
    assert first.as_dict() == {
        "name": "1-1",
        "inside_cidr": "169.254.21.0/30",
        "expected": "up",
        "state": "up",
        "azure": {
            "connection": "hq-aws-1-1",
            "instance": 0,
            "outside_address": "192.0.2.10",
            "inside_address": "169.254.21.2",
            "state": "up",
            "message": "",
            "bgp": "connected",
            "routes": 1,
            "bytes_in": 2902,
            "bytes_out": 2903,
        },
        "aws": {
            "connection": "hq-1",
            "outside_address": "198.51.100.40",
            "inside_address": "169.254.21.1",
            "state": "up",
            "message": "1 BGP ROUTES",
            "bgp": "connected",
            "routes": 1,
            "since": "2026-11-21T10:24:50+00:00",
        },
    }


def test_a_renamed_connection_is_still_the_tunnel() -> None:
    azure, aws, plan = readings()
    azure["connections"][0]["name"] = "by-hand"
    azure["fingerprints"]["by-hand"] = azure["fingerprints"].pop("hq-aws-1-1")
    tell(azure)
    found = examine(azure, aws, plan)
    assert found.tunnels[0].azure.connection == "by-hand"
    assert found.tunnels[0].state == "up"
    assert failures(found, "azure.connections") == []


def test_others_on_the_same_gateways_are_not_this_link() -> None:
    azure, aws, plan = readings()
    other = copy.deepcopy(aws["vpn_connections"][0])
    other |= {"VpnConnectionId": "vpn-09", "CustomerGatewayId": "cgw-09", "Tags": []}
    for index, one in enumerate(other["Options"]["TunnelOptions"]):
        one |= {"OutsideIpAddress": f"203.0.113.{90 + index}", "TunnelInsideCidr": f"169.254.30.{4 * index}/30"}
    other["VgwTelemetry"] = []
    aws["vpn_connections"].append(other)
    aws["customer_gateways"].append({"CustomerGatewayId": "cgw-09", "IpAddress": "203.0.113.77", "State": "available"})
    site = copy.deepcopy(azure["connections"][0])
    site |= {"name": "branch", "id": site["id"] + "-branch"}
    site["properties"]["localNetworkGateway2"] = {"id": "/x/localNetworkGateways/branch"}
    azure["connections"].append(site)
    tell(azure)
    for plan_or_none in (plan, None):
        found = examine(azure, aws, plan_or_none)
        assert [one.name for one in found.tunnels] == ["1-1", "1-2", "2-1", "2-2"]
        assert found.causes == []


def test_a_tunnel_that_nobody_uses_is_spare_without_a_plan() -> None:
    azure, aws, plan = readings()
    for number in ("1-2", "2-2"):
        azure["connections"] = [one for one in azure["connections"] if one["name"] != f"hq-aws-{number}"]
        down(azure, aws, plan, number)
    for one in aws["vpn_connections"]:
        one["Options"]["TunnelOptions"][1]["StartupAction"] = "add"
    found = examine(azure, aws)
    assert [one.state for one in found.tunnels] == ["up", "spare", "up", "spare"]
    assert found.causes == []
    assert [resource for resource, *_rest in failures(found, "redundancy.both_tunnels")] == ["hq-1", "hq-2"]


def test_spares_that_are_told() -> None:
    azure, aws, plan = readings()
    azure["connections"].pop()
    down(azure, aws, plan, "2-2")
    assert [one.state for one in examine(azure, aws, None, {"spares": ("169.254.22.4/30",)}).tunnels][-1] == "spare"
    assert [one.state for one in examine(azure, aws, None, Options()).tunnels][-1] == "down"


def test_an_endpoint_of_an_older_answer_comes_from_the_status() -> None:
    """AWS may leave TunnelOptions out; the status has read the connection's document."""
    azure, aws, plan = readings()
    aws["status"]["tunnels"] = [
        {
            "name": "hq",
            "id": f"vpn-0{one['connection']}",
            "outside_address": OUTSIDE[one["inside_cidr"]],
            "inside_cidr": one["inside_cidr"],
        }
        for one in plan["tunnels"]
    ]
    for one in aws["vpn_connections"]:
        one["Options"]["TunnelOptions"] = []
    for plan_or_none in (plan, None):
        found = examine(azure, aws, plan_or_none)
        assert [one.state for one in found.tunnels] == ["up"] * 4
        assert found.causes == []


# ---------------------------------------------------------------------------------------------------------- the report

SCHEMA = Draft202012Validator(json.loads((Path(__file__).parents[3] / "docs/report.schema.json").read_text()))


def test_a_report() -> None:
    azure, aws, plan = readings()
    found = examine(azure, aws, plan)
    report = as_report(found, azure, aws, plan, link="hq", at="2026-11-21T11:00:00+00:00")
    assert report["schema"] == "hybrid.s2s_vpn report 1"
    assert (report["link"], report["routing"], report["planned"], report["ok"]) == ("hq", "bgp", True, True)
    assert report["azure"] == {
        "place": "westeurope",
        "gateway": "hq-vng",
        "sku": "VpnGw2AZ",
        "asn": 65515,
        "network": "hq-vnet",
        "ranges": ["10.1.0.0/16"],
        "app_ranges": ["10.1.1.0/24"],
        "instances": [
            {
                "index": 0,
                "outside_address": "192.0.2.10",
                "inside_addresses": ["169.254.21.2", "169.254.22.2"],
                "up": True,
            },
            {
                "index": 1,
                "outside_address": "192.0.2.11",
                "inside_addresses": ["169.254.21.6", "169.254.22.6"],
                "up": True,
            },
        ],
    }
    assert report["aws"] == {
        "place": "eu-central-1",
        "gateway": "hq-vgw",
        "kind": "vgw",
        "asn": 64512,
        "network": "hq-vpc",
        "ranges": ["10.2.0.0/16"],
        "app_ranges": ["10.2.1.0/24"],
    }
    assert report["calls"] == {"azure": 14, "aws": 11}
    assert len(report["checks"]) == len(found.checks)
    assert json.loads(json.dumps(report)) == report
    assert list(SCHEMA.iter_errors(report)) == []


@pytest.mark.parametrize("planned_link", [True, False])
def test_a_report_has_no_key_and_no_id_of_anybody(planned_link: bool) -> None:
    """Also where everything is wrong, and all of it is told."""
    azure, aws, plan = readings()
    prints = [*azure["fingerprints"].values(), *aws["fingerprints"].values()]
    azure["fingerprints"] = dict.fromkeys(azure["fingerprints"], prints[0])
    azure["security_groups"][0]["properties"]["securityRules"] = []
    aws["route_tables"][1]["PropagatingVgws"] = []
    for one in azure["local_gateways"]:
        one["properties"] |= {"gatewayIpAddress": "192.0.2.99", "provisioningState": "Failed"}
    down(azure, aws, plan, "1-1", "1-2")
    found = examine(azure, aws, plan if planned_link else None)
    text = json.dumps(as_report(found, azure, aws, plan if planned_link else None, link="hq", at="now"))
    for secret in (SUBSCRIPTION, ACCOUNT, "sha256:", *KEYS.values(), *prints):
        assert secret not in text
    full = as_report(found, azure, aws, plan, link="hq", at="now", with_ids=True)
    assert (full["azure"]["subscription"], full["aws"]["account"]) == (SUBSCRIPTION, ACCOUNT)


def test_what_makes_a_report_fail() -> None:
    azure, aws, plan = readings()
    azure["gateway"]["properties"]["sku"]["name"] = "VpnGw2"
    plan["azure"]["gateway"]["sku"] = "VpnGw2"
    found = examine(azure, aws, plan)
    given = (found, azure, aws, plan)
    assert as_report(*given, link="hq", at="now")["ok"]
    assert not as_report(*given, link="hq", at="now", severities=("error", "warning"))["ok"]
    probe = {"name": "ping", "from": "vm", "to": "i", "ok": False, "text": "lost"}
    report = as_report(*given, link="hq", at="now", probes=[probe])
    assert (report["ok"], report["probes"]) == (False, [probe])


def test_a_report_of_nothing() -> None:
    plan = planned()
    report = as_report(examine(None, None, plan), None, None, plan, link="hq", at="now")
    assert not report["ok"]
    assert (report["azure"]["gateway"], report["aws"]["gateway"]) == ("hq-vng", "hq-vgw")
    assert [one["state"] for one in report["tunnels"]] == ["unknown"] * 4
    nothing = as_report(examine(None, None), None, None, None, link="hq", at="2026-11-21T11:00:00+00:00")
    assert nothing["tunnels"] == []
    assert list(SCHEMA.iter_errors(nothing)) == []


def test_what_was_not_read_is_in_the_report() -> None:
    azure, aws, plan = readings()
    one = {"what": "the route tables", "why": "AuthorizationFailed", "permission": "p"}
    azure |= {"route_tables": [], "unread": [one]}
    report = as_report(examine(azure, aws, plan), azure, aws, plan, link="hq", at="now")
    assert report["unread"] == [{"cloud": "azure", **one}]


# ------------------------------------------------------------------------------------------- readings of any shape

JUNK = st.sampled_from(
    [None, "", "x", 0, -1, True, [], {}, [None], ["x"], [{}], {"properties": None}, "10.0.0.0/99", 1.5]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path into the reading, members and items."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


HEALTHY = {routing: readings(routing=routing) for routing in ("bgp", "static")}
PATHS = {routing: (places(HEALTHY[routing][0]), places(HEALTHY[routing][1])) for routing in HEALTHY}


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_reading_makes_the_catalogue_stumble(data: st.DataObject) -> None:
    """Members missing, null, or of another type: real clouds' older API versions, and worse."""
    routing = data.draw(st.sampled_from(["bgp", "static"]))
    azure, aws, plan = copy.deepcopy(HEALTHY[routing])
    for _unused in range(data.draw(st.integers(1, 6))):
        side = data.draw(st.sampled_from([0, 1]))
        path = data.draw(st.sampled_from(PATHS[routing][side]))
        holder: Any = (azure, aws)[side]
        try:
            for step in path[:-1]:
                holder = holder[step]
            if data.draw(st.booleans()):
                del holder[path[-1]]
            else:
                holder[path[-1]] = data.draw(JUNK)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    for plan_or_none in (plan, None):
        found = examine(azure, aws, plan_or_none)
        report = as_report(found, azure, aws, plan_or_none, link="hq", at="now")
        json.dumps(report)
        assert all(isinstance(one, Check) for one in found.checks)


@settings(max_examples=60)
@given(part=st.sampled_from(["azure", "aws"]), member=st.data())
def test_a_member_that_is_not_there_gives_no_certain_cause_of_the_other_cloud(part: str, member: st.DataObject) -> None:
    """One whole part unread is no reason to blame anything."""
    azure, aws, plan = copy.deepcopy(HEALTHY["bgp"])
    side = {"azure": azure, "aws": aws}[part]
    names = [name for name in side if name not in ("cloud", "gateway", "status", "region", "kind")]
    side[member.draw(st.sampled_from(names))] = None
    found = examine(azure, aws, plan)
    assert [one for one in found.causes if one.certainty == "certain"] == []


def test_maintenance_in_a_word_that_aws_does_not_document_is_neither_due_nor_none() -> None:
    azure, aws, plan = readings()
    aws["maintenance"] = {outside: {"PendingMaintenance": "Applied"} for outside in aws["fingerprints"]}
    told = [one for one in examine(azure, aws, plan).checks if one.name == "advice.maintenance"]
    assert {(one.status, one.found) for one in told} == {("unread", "AWS calls it Applied")}
