"""Whatever comes in, the library answers with a plan, an exchange or faults in words; it never raises.

`S2S_VPN_FUZZ=5000` tries that many inputs in each test, in place of the few that fit into `make unit`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.exchange import exchange
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault, message
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.fleet import faults_beside, plan_fleet
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import Plan, plan_link
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.report import plan_mermaid, plan_table
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.tunnels import (
    Connection,
    parse_connection,
    parse_document,
    read_key,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.variables import VARIABLES, misspelled
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.module_utils.samples import INPUT, INSIDE, KEYS, OUTSIDE, boto, document, gateway_facts, ours, planned

EXAMPLES = int(os.environ.get("S2S_VPN_FUZZ", "0")) or 150
many = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))

# ------------------------------------------------------------------------------------------------------ what comes in

WORDS = st.sampled_from(
    [
        "{{ undefined }}", "{% if %}", "__omit_place_holder__0a1b", "!vault x", "null", "None", "~", "true", "y",
        "65515", "-1", "0x10", "1e9", "٣", "⅓", "ﬀ", "\u202e", "\ud800", "\x00", "\r\n", "a" * 500, "9" * 5000,
        "10.1.0.0/16", "10.1.0.0", "10.1.0.0/255.255.0.0", "010.1.0.0/16", "10.1.0.0/0", "fd00::/48", "0.0.0.0/0",
        "169.254.21.0/30", "westeurope", "eu-central-1", "VpnGw2AZ", "bgp", "static", "SHA1", "planned:x", "hq",
    ]
)  # fmt: skip
PLAIN = st.one_of(WORDS, st.text(max_size=40), st.integers(), st.booleans(), st.none(), st.floats(), st.binary())
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner),
        st.dictionaries(st.one_of(WORDS, st.text(max_size=10), st.integers(), st.none()), inner, max_size=4),
    ),
    max_leaves=8,
)
NAMES = st.sampled_from([*VARIABLES, *(f"s2s_vpn_{name}" for name in VARIABLES), "pre_shared_keys", "azure_locaton"])
NETWORKS = st.builds(
    lambda number, length: f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}/{length}",
    st.integers(0, 2**32 - 1),
    st.integers(0, 33),
)
INPUTS = st.one_of(
    st.dictionaries(st.one_of(NAMES, PLAIN), ANYTHING, max_size=6),
    st.dictionaries(NAMES, ANYTHING, max_size=4).map(lambda wrong: {**INPUT, **wrong}),
    st.dictionaries(
        st.sampled_from([name for name in VARIABLES if "cidr" in name]),
        st.one_of(NETWORKS, st.lists(NETWORKS, max_size=4)),
    ).map(lambda wrong: {**INPUT, **wrong}),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterable[tuple[Any, ...]]:
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from places(item, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


def without(value: Any, path: tuple[Any, ...]) -> Any:
    copy = deepcopy(value)
    at = copy
    for key in path[:-1]:
        at = at[key]
    if path:
        del at[path[-1]]
    return copy


@st.composite
def spoiled(draw: st.DrawFn, good: Any) -> Any:
    """A good value of which one or two parts are missing or something else."""
    value = good
    for _time in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(list(places(value))))
        gone = path and draw(st.booleans())
        value = without(value, path) if gone else replaced(value, path, draw(ANYTHING))
    return value


HUGE = 1 << 20000  # more digits than Python turns into text


def repr_(value: Any) -> str:
    return type(value).__name__


# ---------------------------------------------------------------------------------------------------- what may come out


def check(faults: Iterable[Fault]) -> None:
    """Every fault is one line that says what is wrong and what to write."""
    for fault in faults:
        assert re.fullmatch(r"[^\n]+: [^\n]+\. [^\n]+[.?]", str(fault)), str(fault)
        assert fault.remedy.endswith((".", "?"))
        assert len(str(fault)) < 1000
        json.dumps(fault.as_dict())
    message("Headline:", faults)


def hides_keys(faults: Iterable[Fault]) -> None:
    told = "\n".join(map(str, faults))
    assert not any(key in told for key in KEYS.values())


# --------------------------------------------------------------------------------------------------------- the planner


@many
@given(INPUTS)
def test_planner(raw: dict[Any, Any]) -> None:
    result = plan_link(raw)
    assert (result.plan is None) == bool(result.faults)
    check(result.faults)
    if result.plan:
        plan = result.plan.as_dict()
        assert json.loads(json.dumps(plan)) == plan
        assert plan_table(plan)
        assert plan_mermaid(plan)


@many
@given(ANYTHING)
def test_planner_without_a_mapping(raw: Any) -> None:
    check(plan_link(raw).faults)


@many
@given(st.one_of(ANYTHING, spoiled(dict(KEYS))))
def test_keys_of_the_user(keys: Any) -> None:
    result = plan_link(INPUT, keys)
    check(result.faults)
    hides_keys(result.faults)


@pytest.mark.parametrize("huge", [HUGE, [HUGE], {HUGE: HUGE}, {"a": [HUGE]}, float("inf"), float("nan")], ids=repr_)
def test_numbers_that_python_does_not_write(huge: Any) -> None:
    """Apart from the rest, since hypothesis cannot write them either."""
    for name in VARIABLES:
        result = plan_link({**INPUT, name: huge})
        check(result.faults)
        json.dumps(result.plan and result.plan.as_dict())
    check(plan_link(INPUT, huge).faults)
    check(plan_link({huge if isinstance(huge, int) else 1: 1}).faults)
    for good in (boto(1), ours(1)):
        for path in places(good):
            parsed = parse_connection(replaced(good, path, huge))
            check([parsed] if isinstance(parsed, Fault) else exchange([parsed], planned()).faults)
    for path in places(planned()):
        check(exchange([parse_connection(boto(1))], replaced(planned(), path, huge)).faults)
    for path in places(gateway_facts()):
        check(exchange([parse_connection(boto(1))], None, replaced(gateway_facts(), path, huge)).faults)


def test_a_key_in_the_place_of_its_name_is_not_shown() -> None:
    result = plan_link(INPUT, {key: cidr for cidr, key in KEYS.items()})
    assert result.faults
    hides_keys(result.faults)


@many
@given(st.lists(st.one_of(INPUTS, ANYTHING), max_size=3))
def test_planner_of_many_links(others: list[Any]) -> None:
    check(faults_beside(INPUT, others))
    check(plan_fleet([INPUT, *others]).faults)
    check(misspelled(name for other in others if isinstance(other, Mapping) for name in other if isinstance(name, str)))


# ---------------------------------------------------------------------------------------------------------- the parser


@st.composite
def mutated_documents(draw: st.DrawFn) -> str | bytes:
    """A document of AWS, cut, doubled, overwritten, or wrongly encoded."""
    text = document(draw(st.sampled_from([1, 2])), static=draw(st.booleans()), transit=draw(st.booleans()))
    for _time in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + draw(st.sampled_from([0, 5, 40, 4000])))))
        inside = draw(
            st.sampled_from(
                [
                    "",
                    "<",
                    "</",
                    "&#0;",
                    "&x;",
                    "<![CDATA[",
                    "]]>",
                    "<!--",
                    "<?pi?>",
                    "xmlns:a='b' ",
                    "<a>" * 20,
                    "\x00",
                    "9" * 6000,
                    "-1",
                    "٣٣",
                    "<ipsec_tunnel/>",
                    "999.1.1.1",
                    "<!DOCTYPE a>",
                    "\ud800",
                    "33",
                    "<b/>" * 2000,
                ]
            )
            | st.text(max_size=20)
        )
        text = text[:start] + inside + text[end:]
    if draw(st.booleans()):
        return text
    coding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "cp037", "utf-7"]))
    return text.encode(coding, "replace")


def entities(depth: int) -> str:
    """The billion laughs."""
    lines = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, depth)]
    return f'<!DOCTYPE a [<!ENTITY e0 "x">{"".join(lines)}]><vpn_connection id="a">&e{depth - 1};</vpn_connection>'


HOSTILE = [
    entities(9),
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><vpn_connection id="a"/>',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><vpn_connection id="a">&x;</vpn_connection>',
    "<vpn_connection>" * 100000,
    "<a>" * 50000 + "</a>" * 50000,
    "<vpn_connection id='" + "x" * 200000 + "'/>",
    "x" * (1 << 22),
    "<vpn_connection id='a'>" + "&amp;" * 50000 + "</vpn_connection>",
    "<vpn_connection id='a'>" + "<ipsec_tunnel/>" * 15000 + "</vpn_connection>",
    b"\xff\xfe<\x00a\x00>\x00",
    b"\x00" * 1000,
]


@many
@given(st.one_of(mutated_documents(), st.text(), st.binary(), st.sampled_from(HOSTILE)))
def test_documents(given_document: str | bytes) -> None:
    parsed = parse_document(given_document)
    if isinstance(parsed, Connection):
        answer = exchange([parsed], gateway=gateway_facts(), address_prefixes=["10.2.0.0/16"])
        check(answer.faults)
    else:
        check([parsed])
        hides_keys([parsed])
    key = read_key({"VpnConnectionId": "vpn-1", "CustomerGatewayConfiguration": given_document}, OUTSIDE[INSIDE[0]])
    assert isinstance(key, str | Fault)


def test_hostile_documents_are_refused() -> None:
    for one in HOSTILE:
        assert isinstance(parse_document(one), Fault)


@many
@given(st.one_of(*(spoiled(good) for good in (boto(1), boto(2, static=True), ours(1))), ANYTHING))
def test_answers_of_aws(raw: Any) -> None:
    parsed = parse_connection(raw)
    if isinstance(parsed, Connection):
        for predict in (True, False):
            answer = exchange([parsed, parse_connection(boto(2))], planned(), gateway_facts(), predict=predict)
            check(answer.faults)
            if answer.exchange:
                json.dumps(answer.exchange.as_facts())
    else:
        check([parsed])
        hides_keys([parsed])
    if isinstance(raw, Mapping):
        assert isinstance(read_key(raw, OUTSIDE[INSIDE[0]]), str | Fault)


# ------------------------------------------------------------------------------------------------------- the converter


@many
@given(
    st.one_of(st.none(), spoiled(planned()), spoiled(planned(routing="static")), ANYTHING),
    st.one_of(st.none(), spoiled(gateway_facts()), ANYTHING),
    st.booleans(),
)
def test_converter(plan: Any, gateway: Any, predict: bool) -> None:
    parsed = [parse_connection(boto(1)), parse_document(document(2))]
    answer = exchange(parsed, plan, gateway, predict=predict)
    assert (answer.exchange is None) == bool(answer.faults)
    check(answer.faults)
    hides_keys(answer.faults)


def test_good_input_is_not_refused() -> None:
    """Else all of the above would hold for a library that refuses everything."""
    assert isinstance(plan_link(INPUT, dict(KEYS)).plan, Plan)
    assert exchange([parse_connection(boto(1)), parse_document(document(2))], planned(), gateway_facts()).exchange
