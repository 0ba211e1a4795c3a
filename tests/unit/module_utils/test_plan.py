"""The plan itself: what is derived, and what holds for every link that can be planned."""

from __future__ import annotations

import json
import re
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import addresses, asn
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.arm import is_own_route
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import Identity, plan_link
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.module_utils.samples import INPUT, INSIDE, KEYS, planned


def test_the_reference_topology() -> None:
    plan = planned()
    assert [
        (one["name"], one["instance"], one["inside_cidr"], one["aws_inside_address"], one["azure_inside_address"])
        for one in plan["tunnels"]
    ] == [
        ("1-1", 0, "169.254.21.0/30", "169.254.21.1", "169.254.21.2"),
        ("1-2", 0, "169.254.22.0/30", "169.254.22.1", "169.254.22.2"),
        ("2-1", 1, "169.254.21.4/30", "169.254.21.5", "169.254.21.6"),
        ("2-2", 1, "169.254.22.4/30", "169.254.22.5", "169.254.22.6"),
    ]
    assert plan["azure"]["gateway"] == {
        "resource_group": "hq-rg",
        "location": "westeurope",
        "tags": {"s2s_vpn:link": "hq", "s2s_vpn:id": "planned:owner"},
        "adopt": [],
        "name": "hq-vng",
        "vnet_name": "hq-vnet",
        "sku": "VpnGw2AZ",
        "active_active": True,
        "bgp": True,
        "asn": 65515,
        "zones": ["1", "2", "3"],
        "instances": [
            {
                "public_ip_name": "hq-vng-pip-1",
                "ip_configuration": "ipconfig1",
                "apipa_addresses": ["169.254.21.2", "169.254.22.2"],
            },
            {
                "public_ip_name": "hq-vng-pip-2",
                "ip_configuration": "ipconfig2",
                "apipa_addresses": ["169.254.21.6", "169.254.22.6"],
            },
        ],
        "consent": [],
    }
    assert plan["aws"]["gateway"]["customer_gateways"] == [
        {"name": "hq-azure-1", "instance": 0, "asn": 65515, "device_name": "hq-azure-1"},
        {"name": "hq-azure-2", "instance": 1, "asn": 65515, "device_name": "hq-azure-2"},
    ]
    assert [one["name"] for one in plan["aws"]["gateway"]["connections"]] == ["hq-1", "hq-2"]
    assert plan["aws"]["gateway"]["connections"][0]["tunnels"][0] == {
        "inside_cidr": "169.254.21.0/30",
        **plan["crypto"]["aws"],
        "startup_action": "start",
        "dpd_timeout_seconds": 45,
        "dpd_timeout_action": "restart",
        "log_options": {},
        "lifecycle_control": False,
    }
    assert plan["expect"] == {"azure_learns": ["10.2.0.0/16"], "aws_learns": ["10.1.0.0/16"]}


def test_top_level_keys_are_those_that_roles_read() -> None:
    assert set(planned()) == {
        "version",
        "link",
        "routing",
        "key_maker",
        "owner",
        "tags",
        "adopt",
        "notes",
        "azure",
        "aws",
        "tunnels",
        "crypto",
        "expect",
        "cost",
    }


def test_the_quotas_of_aws() -> None:
    defaults = {"vpcs": 5, "vgws": 5, "customer_gateways": 50, "vpn_connections": 50, "vpn_connections_per_vgw": 10}
    defaults["cidrs_per_vpc"] = 5
    assert planned()["aws"]["quotas"] == defaults
    assert planned(aws_quota_vgws="20")["aws"]["quotas"] == {**defaults, "vgws": 20}


def consents(**changes: Any) -> tuple[list[str], list[str]]:
    """Of Azure's gateway, and of Azure's connections."""
    azure = planned(**changes)["azure"]
    return azure["gateway"]["consent"], azure["connection"]["consent"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], []),
        (["interrupt"], ["interrupt"]),
        (["recreate"], ["recreate"]),
        (["recreate", "interrupt", "interrupt"], ["interrupt", "recreate"]),
    ],
)
def test_each_module_gets_the_consent_that_it_takes(given: list[str], expected: list[str]) -> None:
    assert consents(consent=given) == (expected, expected)


@pytest.mark.parametrize(
    ("name", "expected", "what"),
    [
        ("HQ-vng", (["interrupt"], ["interrupt", "recreate"]), "gateway"),
        ("hq-aws-2-1", (["interrupt", "recreate"], ["interrupt"]), "connections"),
    ],
)
def test_what_is_adopted_is_never_made_again(name: str, expected: tuple[list[str], list[str]], what: str) -> None:
    both = {"consent": ["interrupt", "recreate"], "adopt": [name]}
    assert consents(**both) == expected
    assert planned(**both)["notes"][-1] == (
        f"Consent to recreate does not reach Azure's {what}: adopted, and what is adopted is never deleted."
    )
    assert planned(adopt=[name])["notes"] == planned()["notes"]


def test_static_routing_is_one_tunnel_and_a_spare() -> None:
    plan = planned(routing="static")
    gateway, connections = plan["azure"]["gateway"], plan["aws"]["gateway"]["connections"]
    assert (gateway["active_active"], gateway["bgp"], len(gateway["instances"])) == (False, False, 1)
    assert gateway["instances"][0]["apipa_addresses"] == []
    assert len(plan["aws"]["gateway"]["customer_gateways"]) == 1
    assert [(one["static_routes_only"], one["routes"]) for one in connections] == [(True, ["10.1.0.0/16"])]
    assert [(one["name"], one["expected"]) for one in plan["tunnels"]] == [("1-1", "up"), ("1-2", "spare")]
    assert [(one["startup_action"], one["lifecycle_control"]) for one in connections[0]["tunnels"]] == [
        ("start", True),
        ("add", False),
    ]
    assert plan["notes"][0].startswith("Static routing: one tunnel carries the link and nothing takes over")


def test_further_ranges_reach_all_that_goes_by_ranges() -> None:
    more = {"azure_more_cidrs": ["10.3.0.0/16", "192.168.8.0/24"], "aws_more_cidrs": ["10.4.0.0/16"]}
    azure, aws = ["10.1.0.0/16", *more["azure_more_cidrs"]], ["10.2.0.0/16", *more["aws_more_cidrs"]]
    plan = planned(**more, azure_user_defined_route=True, routing="static")
    network, theirs = plan["azure"]["network"], plan["aws"]["network"]
    assert network["vnet"] == {"name": "hq-vnet", "cidr": azure[0], "more_cidrs": azure[1:]}
    assert theirs["vpc"] == {"name": "hq-vpc", "cidr": aws[0], "more_cidrs": aws[1:]}
    assert plan["expect"] == {"azure_learns": aws, "aws_learns": azure}
    assert [one["routes"] for one in plan["aws"]["gateway"]["connections"]] == [azure]
    assert [(one["name"], one["cidr"]) for one in network["route_table"]["routes"]] == [
        ("to-aws", "10.2.0.0/16"),
        ("to-aws-10.4.0.0-16", "10.4.0.0/16"),
    ]
    sources = {one["name"]: one["source_address_prefix"] for one in network["nsg"]["rules"]}
    assert (sources["allow-own-vnet"], sources["allow-aws"]) == (azure, ["10.2.1.0/24", "10.4.0.0/16"])
    assert [one["cidr_ip"] for one in theirs["security_group"]["rules"]] == [["10.1.1.0/24", *azure[1:]]]
    wide = planned(**more, admit="networks")
    assert [one["cidr_ip"] for one in wide["aws"]["network"]["security_group"]["rules"]] == [azure]


def test_an_app_subnet_may_lie_in_a_further_range() -> None:
    """Azure takes no rule with prefixes that lie in each other."""
    more = {"aws_more_cidrs": ["10.4.0.0/16"], "aws_app_subnet_cidr": "10.4.1.0/24"}
    rules = planned(**more)["azure"]["network"]["nsg"]["rules"]
    assert [one["source_address_prefix"] for one in rules if one["name"] == "allow-aws"] == [["10.4.0.0/16"]]


def test_a_raised_quota_of_ranges() -> None:
    ranges = [f"10.{number}.0.0/16" for number in range(4, 10)]
    assert planned(aws_more_cidrs=ranges, aws_quota_cidrs_per_vpc=7)["expect"]["azure_learns"][1:] == ranges


def test_keys_can_be_kept_in_secrets_manager() -> None:
    assert planned()["aws"]["gateway"]["pre_shared_key_storage"] == "Standard"
    kept = planned(aws_secrets_manager=True)
    assert kept["aws"]["gateway"]["pre_shared_key_storage"] == "SecretsManager"


def test_lifecycle_control_can_be_asked_for() -> None:
    def switched(**more: object) -> list[bool]:
        connections = planned(**more)["aws"]["gateway"]["connections"]
        return [tunnel["lifecycle_control"] for one in connections for tunnel in one["tunnels"]]

    assert switched() == [False] * 4
    assert switched(aws_lifecycle_control=True) == [True] * 4
    assert switched(routing="static", aws_lifecycle_control=True) == [True, False], "a spare needs none"
    assert switched(routing="static", aws_lifecycle_control=False) == [False, False]


def test_a_static_link_takes_the_first_two_of_its_block() -> None:
    plan = planned(routing="static", inside_cidr_block=1)
    assert [one["inside_cidr"] for one in plan["tunnels"]] == ["169.254.21.8/30", "169.254.22.8/30"]


def test_only_the_partners_app_subnet_is_admitted() -> None:
    plan = planned()
    rules = plan["azure"]["network"]["nsg"]["rules"]
    assert [(one["priority"], one["access"], one["direction"], one["source_address_prefix"]) for one in rules] == [
        (4000, "Allow", "Inbound", ["10.1.0.0/16"]),
        (4010, "Allow", "Inbound", ["10.2.1.0/24"]),
        (4096, "Deny", "Inbound", ["VirtualNetwork"]),
    ]
    assert [(one["proto"], one["cidr_ip"]) for one in plan["aws"]["network"]["security_group"]["rules"]] == [
        ("all", ["10.1.1.0/24"])
    ]


def test_admit_networks_widens_both_sides() -> None:
    plan = planned(admit="networks")
    assert plan["azure"]["network"]["nsg"]["rules"][1]["source_address_prefix"] == ["10.2.0.0/16"]
    assert plan["aws"]["network"]["security_group"]["rules"][0]["cidr_ip"] == ["10.1.0.0/16"]


def test_a_user_defined_route_is_made_when_asked_for() -> None:
    assert planned()["azure"]["network"]["route_table"]["routes"] == []
    plan = planned(azure_user_defined_route="yes")
    assert plan["azure"]["network"]["route_table"]["routes"] == [
        {"name": "to-aws", "cidr": "10.2.0.0/16", "next_hop_type": "virtual_network_gateway"}
    ]
    assert any("overrides the one that BGP learns" in note for note in plan["notes"])


def test_weak_crypto_is_noted() -> None:
    assert any("ike_integrity = SHA1" in note for note in planned(ike_integrity="SHA1")["notes"])


def test_owner_is_stable_and_in_the_tags() -> None:
    identity = Identity(azure_subscription="00000000-0000-0000-0000-0000000000AA", aws_account="000000000001")
    lower = Identity(identity.azure_subscription.lower(), identity.aws_account)
    plan = plan_link(INPUT, identity=identity).plan
    assert plan is not None
    assert re.fullmatch("[0-9a-f]{12}", plan.owner.id)
    assert plan.tags == {"s2s_vpn:link": "hq", "s2s_vpn:id": plan.owner.id}
    assert plan == plan_link(INPUT, identity=lower).plan
    other = plan_link({**INPUT, "link": "hq2"}, identity=identity).plan
    assert other is not None
    assert other.owner.id != plan.owner.id


def test_prefixed_and_empty_variables_read_the_same() -> None:
    prefixed = {f"s2s_vpn_{name}": value for name, value in INPUT.items()}
    empty = {"azure_asn": None, "azure_app_subnet_cidr": "", "inside_cidrs": [], "azure_vnet_name": ""}
    assert plan_link(prefixed).plan == plan_link({**INPUT, **empty}).plan == plan_link(INPUT).plan


def test_text_of_templates_is_read_as_what_it_says() -> None:
    texts = {"azure_asn": "65010", "aws_asn": "64513", "azure_user_defined_route": "False", "azure_zones": [1, 2, 3]}
    values = {"azure_asn": 65010, "aws_asn": 64513, "azure_user_defined_route": False}
    assert plan_link({**INPUT, **texts}).plan == plan_link({**INPUT, **values}).plan


def test_keys_of_the_user_are_not_in_the_plan() -> None:
    plan = plan_link(INPUT, KEYS).plan
    assert plan is not None
    assert plan.key_maker == "user"
    assert not any(key in json.dumps(plan.as_dict()) for key in KEYS.values())


@pytest.mark.parametrize("length", [40])
def test_the_longest_link_name_fits_everywhere(length: int) -> None:
    plan = planned(link="l" * length)
    assert len(plan["azure"]["network"]["vnet"]["name"]) <= 64
    assert len(plan["azure"]["gateway"]["instances"][1]["public_ip_name"]) <= 80
    assert len(plan["tunnels"][3]["resource_name"]) <= 80
    assert len(plan["aws"]["gateway"]["customer_gateways"][1]["device_name"]) <= 255


LINKS = st.from_regex(r"[a-rt-z][a-z0-9-]{1,39}", fullmatch=True)
AWS_ASNS = st.one_of(st.integers(64512, 65514), st.integers(65521, 65534), st.integers(4200000000, asn.HIGHEST_ASN - 1))


@st.composite
def inputs(draw: st.DrawFn) -> dict[str, Any]:
    """Links that both clouds take."""
    vnet = IPv4Network((10 << 24 | draw(st.integers(0, 2**23 - 1)), draw(st.integers(10, 26))), strict=False)
    vpc = IPv4Network((10 << 24 | 1 << 23 | draw(st.integers(0, 2**23 - 1)), draw(st.integers(16, 28))), strict=False)
    routing = draw(st.sampled_from(["bgp", "static"]))
    numbers = st.lists(st.integers(0, 255), max_size=4, unique=True)
    return {
        **INPUT,
        "azure_more_cidrs": [f"192.168.{number}.0/{draw(st.integers(24, 29))}" for number in draw(numbers)],
        "aws_more_cidrs": [f"100.64.{number}.0/{draw(st.integers(24, 28))}" for number in draw(numbers)],
        "link": draw(LINKS),
        "routing": routing,
        "admit": draw(st.sampled_from(["app_subnets", "networks"])),
        "azure_vnet_cidr": str(vnet),
        "aws_vpc_cidr": str(vpc),
        "aws_asn": draw(AWS_ASNS),
        "inside_cidr_block": draw(st.integers(0, 31)),
        "azure_user_defined_route": draw(st.booleans()),
    }


@settings(max_examples=60)
@given(inputs())
def test_every_plan_holds_together(raw: dict[str, Any]) -> None:
    result = plan_link(raw)
    assert result.faults == ()
    assert result.plan is not None
    plan = result.plan.as_dict()
    assert json.loads(json.dumps(plan)) == plan

    tunnels = plan["tunnels"]
    insides = [IPv4Network(one["inside_cidr"]) for one in tunnels]
    assert not any(one.overlaps(other) for one, other in combinations(insides, 2))
    ends = [one[end] for one in tunnels for end in ("aws_inside_address", "azure_inside_address")]
    assert len(set(ends)) == 2 * len(tunnels)
    for tunnel, inside in zip(tunnels, insides, strict=True):
        assert addresses.inside_problem(inside) is None
        assert IPv4Address(tunnel["aws_inside_address"]) == inside.network_address + 1
        assert IPv4Address(tunnel["azure_inside_address"]) == inside.network_address + 2

    gateway = plan["azure"]["gateway"]
    if raw["routing"] == "bgp":
        apipa = [address for one in gateway["instances"] for address in one["apipa_addresses"]]
        assert sorted(apipa) == sorted(one["azure_inside_address"] for one in tunnels)
    options = [
        (connection["instance"], tunnel["inside_cidr"], tunnel["startup_action"])
        for connection in plan["aws"]["gateway"]["connections"]
        for tunnel in connection["tunnels"]
    ]
    assert options == [
        (one["instance"], one["inside_cidr"], "start" if one["expected"] == "up" else "add") for one in tunnels
    ]

    network, aws = plan["azure"]["network"], plan["aws"]["network"]
    app, subnet = IPv4Network(network["app_subnet"]["cidr"]), IPv4Network(network["gateway_subnet"]["cidr"])
    assert not app.overlaps(subnet)
    assert {app.subnet_of(IPv4Network(network["vnet"]["cidr"])), subnet.prefixlen <= 27} == {True}
    assert IPv4Network(aws["app_subnet"]["cidr"]).subnet_of(IPv4Network(aws["vpc"]["cidr"]))
    assert gateway["asn"] != plan["aws"]["gateway"]["vgw"]["asn"]
    admits = {
        "azure": next(one for one in network["nsg"]["rules"] if one["name"] == "allow-aws")["source_address_prefix"],
        "aws": aws["security_group"]["rules"][0]["cidr_ip"],
    }
    static = [cidr for connection in plan["aws"]["gateway"]["connections"] for cidr in connection["routes"]]
    azure_has, aws_has = plan["expect"]["aws_learns"], plan["expect"]["azure_learns"]
    assert azure_has == [raw["azure_vnet_cidr"], *raw["azure_more_cidrs"]]
    assert aws_has == [raw["aws_vpc_cidr"], *raw["aws_more_cidrs"]]
    assert static == (azure_has if raw["routing"] == "static" else [])
    for ranges, admitted in ((azure_has, admits["aws"]), (aws_has, admits["azure"])):
        assert set(ranges[1:]) <= set(admitted)
        assert not any(IPv4Network(one).overlaps(IPv4Network(two)) for one, two in combinations(admitted, 2))
    routes = network["route_table"]["routes"]
    assert [one["cidr"] for one in routes] == (aws_has if raw["azure_user_defined_route"] else [])
    assert len({one["name"] for one in routes}) == len(routes)
    assert all(is_own_route(one["name"]) for one in routes)

    # (AWS, CreateSecurityGroup), (MS, NSG rules)
    aws_text = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")
    group = aws["security_group"]
    for text in (group["name"], group["description"], *(rule["rule_desc"] for rule in group["rules"])):
        assert aws_text.fullmatch(text)
    for rule in network["nsg"]["rules"]:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,78}[A-Za-z0-9_]", rule["name"])
        assert len(rule["description"]) <= 140


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.one_of(
            st.sampled_from(["link", "tags", "azure_zones", "azure_asn", "inside_cidrs", "azure_vnet_cidr"]), st.text()
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=6,
        ),
        max_size=8,
    ),
    st.one_of(
        st.none(), st.text(), st.lists(st.text()), st.dictionaries(st.sampled_from(INSIDE) | st.text(), st.text())
    ),
)
def test_nonsense_gives_faults_and_never_a_traceback(raw: dict[str, Any], pre_shared_keys: object) -> None:
    result = plan_link({**INPUT, **raw}, pre_shared_keys)
    assert (result.plan is None) == bool(result.faults)
    assert all(str(fault).endswith((".", "?")) and "\n" not in str(fault) for fault in result.faults)


@pytest.mark.parametrize("raw", [None, "link", ["link"], 3])
def test_an_input_that_is_no_mapping(raw: Any) -> None:
    assert plan_link(raw).faults[0].variable == "input"


@pytest.mark.parametrize(
    ("changes", "arn", "bgp"),
    [
        ({}, "arn:aws:logs:eu-central-1:123456789012:log-group:", True),
        ({"aws_region": "us-gov-west-1"}, "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:", True),
        ({"routing": "static"}, "arn:aws:logs:eu-central-1:123456789012:log-group:", False),
    ],
)
def test_tunnels_log_into_the_links_own_group(changes: dict[str, str], arn: str, bgp: bool) -> None:
    identity = Identity(azure_subscription="00000000-0000-0000-0000-000000000001", aws_account="123456789012")
    plan = plan_link({**INPUT, **changes, "aws_tunnel_log_days": 30}, identity=identity).plan
    assert plan is not None
    (group,) = plan.aws.gateway.log_groups
    assert (group.name, group.retention_days) == (f"/aws/vendedlogs/s2s_vpn/hq-{plan.owner.id}", 30)
    for connection in plan.aws.gateway.connections:
        for tunnel in connection.tunnels:
            assert tunnel.log_options["log_group_arn"] == arn + group.name
            assert tunnel.log_options.get("bgp_enabled", False) is bgp
    assert planned(**changes)["aws"]["gateway"]["log_groups"] == []
