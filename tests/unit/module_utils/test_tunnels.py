from __future__ import annotations

import json
import random
from dataclasses import asdict
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.tunnels import (
    LARGEST_DOCUMENT,
    Connection,
    parse_connection,
    parse_document,
    read_key,
    secret_of,
    with_secret,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.module_utils.samples import INSIDE, KEYS, OUTSIDE, boto, document, ours


def parsed(raw: dict[str, Any]) -> Connection:
    found = parse_connection(raw)
    assert isinstance(found, Connection), found
    return found


def read(text: str | bytes) -> Connection:
    found = parse_document(text)
    assert isinstance(found, Connection), found
    return found


def snake(value: Any) -> Any:
    """Keys as Ansible's camel_dict_to_snake_dict writes them."""
    words = {
        "VpnConnectionId": "vpn_connection_id",
        "State": "state",
        "CustomerGatewayId": "customer_gateway_id",
        "VpnGatewayId": "vpn_gateway_id",
        "Options": "options",
        "StaticRoutesOnly": "static_routes_only",
        "TunnelOptions": "tunnel_options",
        "OutsideIpAddress": "outside_ip_address",
        "TunnelInsideCidr": "tunnel_inside_cidr",
        "PreSharedKey": "pre_shared_key",
        "CustomerGatewayConfiguration": "customer_gateway_configuration",
        "DpdTimeoutSeconds": "dpd_timeout_seconds",
        "IkeVersions": "ike_versions",
        "Value": "value",
    }
    if isinstance(value, dict):
        return {words[key]: snake(item) for key, item in value.items()}
    return [snake(item) for item in value] if isinstance(value, list) else value


def by_cidr(connection: Connection) -> dict[str, dict[str, Any]]:
    return {tunnel.inside_cidr: asdict(tunnel) for tunnel in connection.tunnels}


def test_all_forms_say_the_same() -> None:
    forms = [
        parsed(boto()),
        parsed(snake(boto())),
        parsed(boto(with_options=False)),
        parsed(ours(customer_outside_address="192.0.2.10")),
        read(document()),
        read(document().encode()),
    ]
    expected = {
        cidr: {
            "outside_address": OUTSIDE[cidr],
            "inside_cidr": cidr,
            "aws_inside_address": aws,
            "customer_inside_address": azure,
            "customer_outside_address": "192.0.2.10",
            "aws_asn": 64512,
            "customer_asn": 65515,
        }
        for cidr, aws, azure in (
            (INSIDE[0], "169.254.21.1", "169.254.21.2"),
            (INSIDE[1], "169.254.22.1", "169.254.22.2"),
        )
    }
    for form in forms[:3] + forms[4:]:
        assert by_cidr(form) == expected
    without = [{**tunnel, "customer_outside_address": None} for tunnel in expected.values()]
    assert list(by_cidr(forms[3]).values()) == without
    assert {form.id for form in forms} == {"vpn-00000000000000001"}
    assert {form.static_routes_only for form in forms} == {False}


def test_keys_are_dropped() -> None:
    for form in (parsed(boto()), parsed(snake(boto())), read(document())):
        assert not any(key in json.dumps(asdict(form)) + repr(form) for key in KEYS.values())


def test_static_document_has_no_asn() -> None:
    found = read(document(static=True))
    assert found.static_routes_only is True
    assert {tunnel.aws_asn for tunnel in found.tunnels} == {None}
    assert parsed(boto(static=True)).static_routes_only is True


def test_transit_gateway_and_ipv6() -> None:
    found = read(document(transit=True))
    assert found.vpn_gateway_id is None
    assert set(by_cidr(found)) == set(INSIDE[:2])
    answer = boto(VpnGatewayId=None, TransitGatewayId="tgw-1", CustomerGatewayConfiguration=document(transit=True))
    assert parsed(answer).transit_gateway_id == "tgw-1"


@pytest.mark.parametrize("state", ["deleting", "deleted"])
def test_what_is_deleted_has_no_tunnels(state: str) -> None:
    gone = {"VpnConnectionId": "vpn-1", "State": state, "Options": {"TunnelOptions": [{"broken": 1}]}}
    assert parsed(gone) == Connection("vpn-1", state, None, None, None, None, [])


def test_what_is_pending_may_have_no_tunnels_yet() -> None:
    pending = {
        "VpnConnectionId": "vpn-1",
        "State": "pending",
        "Options": {"TunnelOptions": [{"TunnelInsideCidr": INSIDE[0]}]},
    }
    assert parsed(pending).tunnels == []


def test_options_win_over_the_document_and_take_asns_from_it() -> None:
    answer = boto()
    answer["Options"]["TunnelOptions"][0]["OutsideIpAddress"] = "203.0.113.77"
    found = by_cidr(parsed(answer))
    assert found[INSIDE[0]]["outside_address"] == "203.0.113.77"
    assert found[INSIDE[0]]["aws_asn"] == 64512


def test_options_alone_do_for_addresses() -> None:
    answer = boto(CustomerGatewayConfiguration="")
    assert {tunnel.aws_asn for tunnel in parsed(answer).tunnels} == {None}


def test_a_planned_connection_has_planned_addresses() -> None:
    answer = ours(vpn_connection_id="planned:hq-1", state="planned")
    for tunnel in answer["tunnels"]:
        tunnel["outside_address"] = None
    found = parsed(answer)
    assert found.planned
    assert [tunnel.outside_address for tunnel in found.tunnels] == [f"planned:{cidr}" for cidr in INSIDE[:2]]


WHOLE = document()
REMEDY = "Give the CustomerGatewayConfiguration as AWS sends it, whole."
BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><vpn_connection id="vpn-1">&b;</vpn_connection>'
)
OUTSIDE_READ = '<!DOCTYPE x SYSTEM "file:///etc/passwd"><vpn_connection id="vpn-1"/>'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty"),
        ("   ", "it is empty"),
        (BOMB, "it has a DOCTYPE or entities, which AWS never sends"),
        (OUTSIDE_READ, "it has a DOCTYPE or entities, which AWS never sends"),
        ("<vpn_connection>" + " " * LARGEST_DOCUMENT + "</vpn_connection>", "it is larger than 256 KiB"),
        ("<a>" * 40 + "</a>" * 40, "it is nested too deeply"),
        ("<other/>", "its root is not vpn_connection"),
        ('<vpn_connection id="vpn-1"/>', "it has no ipsec_tunnel"),
        (WHOLE.replace('id="vpn-00000000000000001"', ""), "its vpn_connection has no id"),
        (WHOLE[: WHOLE.rindex("</ipsec_tunnel>")], "it is broken or cut off at line 2 (no element found)"),
        ("not xml", "it is broken or cut off at line 1 (syntax error)"),
        ("<vpn_connection>&unknown;</vpn_connection>", "it is broken or cut off at line 1 (undefined entity)"),
        (b"\xff\xfe<\x00", "it is not UTF-8"),
        (WHOLE.encode("utf-16"), "it is not UTF-8"),
        ("\udcff", "it is not UTF-8"),
        (
            WHOLE.replace(OUTSIDE[INSIDE[1]], "not.an.address"),
            "ipsec_tunnel 1: vpn_gateway/tunnel_outside_address/ip_address is not an IPv4 address",
        ),
        (
            WHOLE.replace("<ip_address>169.254.22.2</ip_address>", ""),
            "ipsec_tunnel 1: customer_gateway/tunnel_inside_address/ip_address is missing",
        ),
        (
            WHOLE.replace("169.254.22.2<", "169.254.99.2<"),
            "ipsec_tunnel 1: the two inside addresses are not in one network",
        ),
        (
            WHOLE.replace("<asn>64512</asn>", "<asn>AS64512</asn>"),
            "ipsec_tunnel 1: vpn_gateway/bgp/asn is not a number",
        ),
        (
            WHOLE.replace("<network_cidr>30<", "<network_cidr>77<"),
            "ipsec_tunnel 1: network_cidr is not a prefix length",
        ),
    ],
)
def test_broken_and_hostile_documents(text: str | bytes, problem: str) -> None:
    assert parse_document(text) == Fault("CustomerGatewayConfiguration", "", problem, REMEDY)


@settings(max_examples=150)
@given(st.integers(0, len(WHOLE)), st.integers(0, len(WHOLE)), st.text(max_size=5))
def test_a_damaged_document_is_an_error_or_a_connection_and_tells_no_key(start: int, end: int, instead: str) -> None:
    found = parse_document(WHOLE[: min(start, end)] + instead + WHOLE[max(start, end) :])
    assert isinstance(found, Connection | Fault)
    if isinstance(found, Fault):
        assert not any(key in str(found) for key in KEYS.values())


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_the_order_of_tunnels_means_nothing(seed: int) -> None:
    answer, shuffled = boto(), boto()
    random.Random(seed).shuffle(shuffled["Options"]["TunnelOptions"])
    assert by_cidr(parsed(answer)) == by_cidr(parsed(shuffled))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ([], "vpn_connection: it is not a mapping. Give it as AWS or the module returned it."),
        ({}, "vpn_connection: it has no vpn_connection_id. Give it as AWS or the module returned it."),
        (
            boto(CustomerGatewayConfiguration="<x/>"),
            "vpn_connection = vpn-00000000000000001: its CustomerGatewayConfiguration: its root is not vpn_connection. "
            "Give it as AWS or the module returned it.",
        ),
        (
            boto(CustomerGatewayConfiguration=document(2)),
            "vpn_connection = vpn-00000000000000001: its CustomerGatewayConfiguration is that of another connection. "
            "Give it as AWS or the module returned it.",
        ),
        (
            {"vpn_connection_id": "vpn-1", "state": "available", "tunnels": "x"},
            "vpn_connection = vpn-1: tunnels is not a list. Give it as AWS or the module returned it.",
        ),
        (
            {"vpn_connection_id": "vpn-1", "state": "available", "tunnels": ["x"]},
            "vpn_connection = vpn-1: tunnels has an entry that is not a mapping. "
            "Give it as AWS or the module returned it.",
        ),
        (
            {"vpn_connection_id": "vpn-1", "tunnels": [{"inside_cidr": INSIDE[0]}]},
            "vpn_connection = vpn-1: tunnel 1: the outside address is missing. "
            "Give it as AWS or the module returned it.",
        ),
        (
            {"vpn_connection_id": "vpn-1", "tunnels": [{"outside_address": "192.0.2.1", "inside_cidr": "x"}]},
            "vpn_connection = vpn-1: tunnel 1: the inside CIDR is not a network. "
            "Give it as AWS or the module returned it.",
        ),
    ],
)
def test_broken_answers(raw: Any, text: str) -> None:
    assert str(parse_connection(raw)) == text


@pytest.mark.parametrize("make", [boto, lambda: snake(boto()), lambda: boto(with_options=False)])
@pytest.mark.parametrize("cidr", INSIDE[:2])
def test_read_key(make: Any, cidr: str) -> None:
    assert read_key(make(), OUTSIDE[cidr]) == KEYS[cidr]


def test_a_key_like_a_number_stays_text() -> None:
    assert KEYS[INSIDE[2]].isdecimal()
    assert read_key(boto(2, with_options=False), OUTSIDE[INSIDE[2]]) == KEYS[INSIDE[2]]


ARN = "arn:aws:secretsmanager:eu-central-1:000000000001:secret:x"


def hidden(*addresses: str, **changes: Any) -> dict[str, Any]:
    """A connection as AWS shows it with the keys of these tunnels in Secrets Manager, or of all."""
    answer = boto(PreSharedKeyArn=ARN)
    for one in answer["Options"]["TunnelOptions"]:
        if not addresses or one["OutsideIpAddress"] in addresses:
            key = one.pop("PreSharedKey")
            answer["CustomerGatewayConfiguration"] = answer["CustomerGatewayConfiguration"].replace(key, "REDACTED")
    return {**answer, **changes}


def test_an_arn_alone_hides_no_key() -> None:
    answer = boto(PreSharedKeyArn=ARN)
    assert secret_of(answer) is None
    assert read_key(answer, OUTSIDE[INSIDE[0]]) == KEYS[INSIDE[0]]
    assert secret_of(hidden()) == secret_of(hidden(OUTSIDE[INSIDE[0]])) == ARN
    assert secret_of(hidden(State="deleted")) is None
    assert read_key(hidden(OUTSIDE[INSIDE[0]]), OUTSIDE[INSIDE[1]]) == KEYS[INSIDE[1]]


FIRST, SECOND = (OUTSIDE[cidr] for cidr in INSIDE[:2])
BOTH = {FIRST: KEYS[INSIDE[0]], SECOND: KEYS[INSIDE[1]]}


@pytest.mark.parametrize(
    "secret",
    [
        BOTH,
        {address: {"PreSharedKey": key} for address, key in BOTH.items()},
        {"tunnels": [{"outside_ip_address": address, "psk": key} for address, key in BOTH.items()]},
        {"tunnel1": {"OutsideIpAddress": FIRST, "PreSharedKey": BOTH[FIRST]}, SECOND: BOTH[SECOND]},
        [{"PreSharedKey": key, "VpnTunnelOutsideIpAddress": address, "version": 1} for address, key in BOTH.items()],
    ],
)
def test_a_secret_is_read_by_the_outside_address(secret: Any) -> None:
    whole = with_secret(hidden(), json.dumps(secret))
    assert {address: read_key(whole, address) for address in BOTH} == BOTH
    assert "PreSharedKeyUnread" not in whole


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "not JSON",
        json.dumps(BOTH[FIRST]),
        json.dumps({"psk": BOTH[FIRST]}),
        json.dumps([BOTH[FIRST], BOTH[SECOND]]),
        json.dumps({FIRST: {"PreSharedKey": BOTH[FIRST], "psk": BOTH[SECOND]}}),
        json.dumps({FIRST: "0 is no key"}),
        json.dumps({FIRST: {"PreSharedKey": 12345678}}),
        json.dumps({"192.0.2.99": BOTH[FIRST]}),
    ],
)
def test_a_secret_of_another_form_is_not_guessed_at(secret: str) -> None:
    found = read_key(with_secret(hidden(), secret), FIRST)
    assert isinstance(found, Fault)
    assert "its form is not known, or it has no key for" in found.problem
    assert found.remedy.startswith("Allow secretsmanager:GetSecretValue on that secret, or give the keys")
    assert not any(key in str(found) for key in BOTH.values())


def test_a_key_that_is_shown_is_not_looked_for_in_the_secret() -> None:
    whole = with_secret(hidden(FIRST), json.dumps({FIRST: BOTH[FIRST], SECOND: "another_key_of_old"}))
    assert {address: read_key(whole, address) for address in BOTH} == BOTH


@pytest.mark.parametrize(
    ("raw", "address", "problem"),
    [
        (boto(State="deleted"), OUTSIDE[INSIDE[0]], "the connection is deleted"),
        (
            hidden(),
            OUTSIDE[INSIDE[0]],
            f"AWS keeps its key in Secrets Manager ({ARN}), and it was not read there (nobody asked)",
        ),
        (
            hidden(PreSharedKeyUnread="it was refused"),
            OUTSIDE[INSIDE[0]],
            f"AWS keeps its key in Secrets Manager ({ARN}), and it was not read there (it was refused)",
        ),
        (
            hidden(State="modifying", CustomerGatewayConfiguration=None),
            OUTSIDE[INSIDE[0]],
            f"AWS keeps its key in Secrets Manager ({ARN}), and it was not read there (nobody asked)",
        ),
        (boto(), "203.0.113.250", "the connection has no tunnel with this address"),
        (
            boto(with_options=False, CustomerGatewayConfiguration=None),
            OUTSIDE[INSIDE[0]],
            "AWS gives neither a key nor a document",
        ),
        (
            boto(with_options=False, CustomerGatewayConfiguration=BOMB),
            OUTSIDE[INSIDE[0]],
            "AWS's document is unreadable: it has a DOCTYPE or entities, which AWS never sends",
        ),
        (
            boto(with_options=False, CustomerGatewayConfiguration=WHOLE.replace("pre_shared_key", "other")),
            OUTSIDE[INSIDE[0]],
            "AWS's document has no key for it",
        ),
        (
            {
                "VpnConnectionId": "vpn-1",
                "Options": {"TunnelOptions": [{"OutsideIpAddress": "192.0.2.1", "PreSharedKey": 12345678}]},
            },
            "192.0.2.1",
            "its key is not text",
        ),
    ],
)
def test_no_key_to_read(raw: dict[str, Any], address: str, problem: str) -> None:
    found = read_key(raw, address)
    assert isinstance(found, Fault)
    assert found.problem == problem
    assert not any(key in str(found) for key in (*KEYS.values(), "12345678"))
