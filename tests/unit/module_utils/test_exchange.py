from __future__ import annotations

import json
import random
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.exchange import exchange
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.tunnels import parse_connection, parse_document
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.module_utils.samples import INSIDE, KEYS, OUTSIDE, boto, document, gateway_facts, ours, planned

ANSWER = "Give it as AWS or the module returned it."


def facts(raws: list[dict[str, Any]], *args: Any, **kwargs: Any) -> dict[str, Any]:
    result = exchange([parse_connection(raw) for raw in raws], *args, **kwargs)
    assert result.exchange is not None, [str(fault) for fault in result.faults]
    return result.exchange.as_facts()


def faults(raws: list[dict[str, Any]], *args: Any, **kwargs: Any) -> list[str]:
    return [str(fault) for fault in exchange([parse_connection(raw) for raw in raws], *args, **kwargs).faults]


def test_bgp_link_by_plan() -> None:
    found = facts([boto(1), boto(2)], planned())
    assert found["s2s_vpn_local_gateways"] == [
        {
            "name": f"hq-aws-{name}",
            "gateway_ip_address": OUTSIDE[cidr],
            "address_prefixes": [],
            "asn": 64512,
            "bgp_peering_address": peer,
            "inside_cidr": cidr,
        }
        for name, cidr, peer in zip(
            ("1-1", "1-2", "2-1", "2-2"),
            INSIDE,
            ("169.254.21.1", "169.254.22.1", "169.254.21.5", "169.254.22.5"),
            strict=True,
        )
    ]
    assert found["s2s_vpn_connections"][2] == {
        "name": "hq-aws-2-1",
        "local_gateway": "hq-aws-2-1",
        "inside_cidr": "169.254.21.4/30",
        "instance": 1,
        "enable_bgp": True,
        "custom_bgp_addresses": [
            {"instance": 0, "address": "169.254.21.2"},
            {"instance": 1, "address": "169.254.21.6"},
        ],
        "ipsec_policy": planned()["crypto"]["azure"],
        "protocol": "IKEv2",
        "mode": "Default",
        "dpd_seconds": 45,
        "pre_shared_key_from": {"vpn_connection_id": "vpn-00000000000000002", "outside_address": OUTSIDE[INSIDE[2]]},
    }
    assert found["s2s_vpn_tunnels"]["169.254.22.4/30"] == {
        "outside_address": OUTSIDE[INSIDE[3]],
        "aws_inside_address": "169.254.22.5",
        "azure_inside_address": "169.254.22.6",
        "aws_asn": 64512,
        "vpn_connection_id": "vpn-00000000000000002",
        "state": "available",
    }


def test_no_key_comes_out() -> None:
    text = json.dumps(facts([boto(1), boto(2)], planned(), gateway_facts()))
    assert not any(key in text for key in KEYS.values())


def test_all_forms_give_the_same() -> None:
    plan = planned()
    assert facts([ours(1), ours(2)], plan) == facts([boto(2), boto(1, with_options=False)], plan, gateway_facts())
    documents = exchange([parse_document(document(2)), parse_document(document(1))], plan)
    assert documents.exchange is not None
    assert (
        documents.exchange.as_facts()["s2s_vpn_connections"] == facts([boto(1), boto(2)], plan)["s2s_vpn_connections"]
    )


def test_a_document_beside_its_connection_is_no_second_connection() -> None:
    plan = planned()
    both = exchange([*map(parse_connection, (boto(1), boto(2))), parse_document(document(1))], plan)
    assert both.exchange is not None
    assert both.exchange.as_facts() == facts([boto(1), boto(2)], plan)


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_no_order_matters(seed: int) -> None:
    raws = [boto(1), boto(2)]
    shuffle = random.Random(seed).shuffle
    shuffle(raws)
    for raw in raws:
        shuffle(raw["Options"]["TunnelOptions"])
    assert facts(raws, planned()) == facts([boto(1), boto(2)], planned())


def test_static_link_by_plan() -> None:
    found = facts([boto(1, static=True)], planned(routing="static"))
    assert found["s2s_vpn_local_gateways"] == [
        {
            "name": "hq-aws-1-1",
            "gateway_ip_address": OUTSIDE[INSIDE[0]],
            "address_prefixes": ["10.2.0.0/16"],
            "asn": None,
            "bgp_peering_address": None,
            "inside_cidr": INSIDE[0],
        }
    ]
    assert [(one["enable_bgp"], one["custom_bgp_addresses"]) for one in found["s2s_vpn_connections"]] == [(False, [])]
    assert set(found["s2s_vpn_tunnels"]) == set(INSIDE[:2])


def test_bgp_link_by_gateway_alone() -> None:
    found = facts([boto(2), boto(1)], None, gateway_facts())
    assert [(one["name"], one["instance"]) for one in found["s2s_vpn_connections"]] == [
        ("hq-vng-aws-169-254-21-0", 0),
        ("hq-vng-aws-169-254-22-0", 0),
        ("hq-vng-aws-169-254-21-4", 1),
        ("hq-vng-aws-169-254-22-4", 1),
    ]
    by_plan = facts([boto(1), boto(2)], planned())["s2s_vpn_connections"]
    assert [one["custom_bgp_addresses"] for one in found["s2s_vpn_connections"]] == [
        one["custom_bgp_addresses"] for one in by_plan
    ]


def test_static_link_by_gateway_alone() -> None:
    gateway = gateway_facts(bgp=False, instances=[{"index": 0, "public_ip_address": "192.0.2.10"}])
    found = facts([boto(1, static=True)], None, gateway, address_prefixes=["10.2.0.0/16"])
    assert [one["inside_cidr"] for one in found["s2s_vpn_local_gateways"]] == [INSIDE[0]]
    assert len(found["s2s_vpn_tunnels"]) == 2


def test_check_mode_predicts_what_is_not_there() -> None:
    found = facts([], planned(), predict=True)
    assert [one["gateway_ip_address"] for one in found["s2s_vpn_local_gateways"]] == [f"planned:{c}" for c in INSIDE]
    assert found["s2s_vpn_connections"][3]["pre_shared_key_from"] == {
        "vpn_connection_id": "planned:hq-2",
        "outside_address": "planned:169.254.22.4/30",
    }
    assert {one["state"] for one in found["s2s_vpn_tunnels"].values()} == {"planned"}


def test_a_prediction_differs_from_the_real_thing_in_addresses_and_ids_only() -> None:
    real, predicted = facts([boto(1), boto(2)], planned()), facts([], planned(), predict=True)
    for one, other in zip(real["s2s_vpn_connections"], predicted["s2s_vpn_connections"], strict=True):
        assert {**one, "pre_shared_key_from": None} == {**other, "pre_shared_key_from": None}


def test_check_mode_keeps_what_is_there() -> None:
    pending = {"vpn_connection_id": "planned:hq-2", "state": "planned", "tunnels": []}
    found = facts([boto(1), pending], planned(), predict=True)
    assert [one["gateway_ip_address"] for one in found["s2s_vpn_local_gateways"]] == [
        OUTSIDE[INSIDE[0]],
        OUTSIDE[INSIDE[1]],
        "planned:169.254.21.4/30",
        "planned:169.254.22.4/30",
    ]


@pytest.mark.parametrize("predict", [False, True])
def test_a_part_of_the_link_has_all_custom_addresses(predict: bool) -> None:
    """Its other connection is not given, as it is not there yet."""
    whole = facts([boto(1), boto(2)], planned())
    part = facts([boto(2)], planned(), partial=True, predict=predict)
    assert part["s2s_vpn_connections"] == whole["s2s_vpn_connections"][2:]
    assert part["s2s_vpn_local_gateways"] == whole["s2s_vpn_local_gateways"][2:]
    assert list(part["s2s_vpn_tunnels"]) == list(INSIDE)[2:]
    assert len(faults([boto(2)], planned())) == 2


def test_deleted_connections_are_left_out() -> None:
    gone = {"VpnConnectionId": "vpn-old", "State": "deleted"}
    assert facts([gone, boto(1), boto(2)], planned()) == facts([boto(1), boto(2)], planned())


def with_asn(number: int, asn: int) -> dict[str, Any]:
    raw = ours(number)
    for tunnel in raw["tunnels"]:
        tunnel["aws_asn"] = asn
    return raw


V1, V2 = "vpn-00000000000000001", "vpn-00000000000000002"
FOUR = "169.254.21.0/30, 169.254.21.4/30, 169.254.22.0/30 and 169.254.22.4/30"


@pytest.mark.parametrize(
    ("raws", "changes", "gateway", "expected"),
    [
        (
            [boto(1)],
            {},
            None,
            [
                f"vpn_connections: none has the tunnel {cidr} that hq-aws-{name} needs. "
                "Give all VPN connections of the link, or run the AWS side again."
                for cidr, name in ((INSIDE[2], "2-1"), (INSIDE[3], "2-2"))
            ],
        ),
        (
            [boto(1), {"VpnConnectionId": "vpn-2", "State": "pending"}],
            {},
            None,
            ["vpn_connection = vpn-2: it is pending and has no tunnels yet. Run it again when it is available."],
        ),
        (
            [boto(1), {"VpnConnectionId": "vpn-2", "State": "available"}],
            {},
            None,
            [
                "vpn_connection = vpn-2: AWS gives neither tunnel options nor a configuration of it. "
                "See whether the account may call DescribeVpnConnections."
            ],
        ),
        (
            [boto(1), boto(2)],
            {"routing": "static"},
            None,
            [
                f"vpn_connection = {V1}: it was made for BGP and the link has static routing. "
                "AWS fixes this when a connection is made: delete it and run the link again.",
                f"vpn_connection = {V2}: it was made for BGP and the link has static routing. "
                "AWS fixes this when a connection is made: delete it and run the link again.",
                *(
                    f"vpn_connection = {V2}: the link has no tunnel with its inside CIDR {cidr}. "
                    "The link has 169.254.21.0/30 and 169.254.22.0/30: leave this connection out, or plan it."
                    for cidr in INSIDE[2:]
                ),
            ],
        ),
        (
            [boto(1), boto(2), boto(1, VpnConnectionId="vpn-twin", CustomerGatewayConfiguration="")],
            {},
            None,
            [
                f"vpn_connection = vpn-twin: its inside CIDR {cidr} is also that of {V1}. "
                "Leave out the one that is not this link's."
                for cidr in INSIDE[:2]
            ],
        ),
        (
            [with_asn(1, 64999), ours(2)],
            {},
            None,
            [
                f"vpn_connection = {V1}: AWS's gateway has ASN 64999, and the plan says 64512. "
                "Write s2s_vpn_aws_asn: 64999."
            ],
        ),
        (
            [ours(1), ours(2)],
            {"azure_asn": 65010},
            None,
            [
                f"vpn_connection = {identifier}: AWS expects ASN 65515 of Azure, and Azure's gateway has 65010. "
                "Run the AWS side again, with a customer gateway of this ASN."
                for identifier in (V1, V2)
            ],
        ),
        (
            [boto(1), boto(2)],
            {},
            gateway_facts(
                instances=[
                    {
                        "index": 0,
                        "public_ip_address": "192.0.2.99",
                        "apipa_addresses": ["169.254.21.2", "169.254.22.2"],
                    },
                    {"index": 1, "public_ip_address": "192.0.2.11", "apipa_addresses": ["169.254.21.6"]},
                ]
            ),
            [
                f"vpn_connection = {V1}: its customer gateway is 192.0.2.10, and Azure's instance 0 has 192.0.2.99. "
                "Run the AWS side again, with the customer gateway of this address.",
                f"vpn_connection = {V2}: its tunnel 169.254.22.4/30 needs 169.254.22.6 in Azure, "
                "and Azure's instance 1 has 169.254.21.6. Run the Azure gateway again, or choose other inside CIDRs.",
            ],
        ),
        (
            [boto(1), ours(2, vpn_connection_id="planned:hq-2")],
            {},
            None,
            [
                "vpn_connection = planned:hq-2: it is a placeholder. "
                "Such placeholders belong to check mode: give the real one."
            ],
        ),
        ([{}], {}, None, [f"vpn_connection: it has no vpn_connection_id. {ANSWER}"]),
    ],
)
def test_what_does_not_fit(
    raws: list[dict[str, Any]], changes: dict[str, Any], gateway: dict[str, Any] | None, expected: list[str]
) -> None:
    assert faults(raws, planned(**changes), gateway) == expected


def test_a_tunnel_that_the_gateway_does_not_know() -> None:
    gateway = gateway_facts(instances=[{"index": 0, "apipa_addresses": ["169.254.21.2"]}])
    assert faults([boto(1)], None, gateway) == [
        f"vpn_connection = {V1}: the link has no tunnel with its inside CIDR 169.254.22.0/30. "
        "The link has 169.254.21.0/30: leave this connection out, or plan it."
    ]


def test_asn_that_nobody_tells() -> None:
    raw = boto(1, CustomerGatewayConfiguration="")
    assert faults([raw], None, gateway_facts()) == [
        f"vpn_connection = {V1}: AWS's ASN is not told. "
        "Give the plan, or the CustomerGatewayConfiguration, which has it."
    ]


@pytest.mark.parametrize("plan", [{}, {"tunnels": [{}]}, {"routing": "bgp", "tunnels": 3}, {"aws": None}])
def test_something_else_than_a_plan(plan: dict[str, Any]) -> None:
    assert faults([], plan) == [
        "plan: it is not a plan. Give what hybrid.s2s_vpn.s2s_vpn_plan returns as s2s_vpn_plan."
    ]


def test_something_else_than_a_gateway() -> None:
    assert faults([], None, {"name": "x"}) == [
        "gateway: it is not a gateway with instances. Give what hybrid.s2s_vpn.azure_vpn_gateway returns as gateway."
    ]


def test_a_gateway_that_is_not_there_yet_is_not_compared() -> None:
    gateway = gateway_facts(
        instances=[
            {"index": 0, "public_ip_address": "planned:hq-vng-pip-1", "apipa_addresses": []},
            {"index": 1, "public_ip_address": None, "apipa_addresses": None},
        ],
    )
    assert faults([boto(1), boto(2)], planned(), gateway) == []


def test_static_without_plan_needs_prefixes() -> None:
    gateway = gateway_facts(bgp=False, instances=[{"index": 0}])
    assert faults([boto(1, static=True)], None, gateway) == [
        "address_prefixes: static routing needs them and there is no plan. Give AWS's networks, like 10.2.0.0/16."
    ]
