"""Filters, routes and proposals of the catalogue, against the plain way of working them out."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from itertools import product

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import crypto, ec2
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import filters, paths, proposals
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading import networks
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading_aws import Permission
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading_azure import Policy
from hypothesis import given, settings
from hypothesis import strategies as st

SMALL = IPv4Network("10.0.0.0/28")
NETWORKS = [one for length in range(28, 33) for one in SMALL.subnets(new_prefix=length)] + [IPv4Network("0.0.0.0/0")]
NETWORK = st.sampled_from(NETWORKS)
RULE = st.builds(
    filters.Rule,
    name=st.just("rule"),
    allow=st.booleans(),
    ranges=st.lists(NETWORK, max_size=3).map(tuple),
    protocol=st.sampled_from([*filters.PROTOCOLS, "*", "esp"]),
    whole=st.booleans(),
)


def one_by_one(rules: list[filters.Rule], protocol: str, address: IPv4Address) -> str:
    touched = False
    for rule in rules:
        if rule.protocol in (protocol, "*") and any(address in one for one in rule.ranges):
            if rule.whole:
                return "partly" if touched else "open" if rule.allow else "closed"
            touched = True
    return "partly" if touched else "closed"


@settings(max_examples=300)
@given(rules=st.lists(RULE, max_size=5), wanted=st.lists(NETWORK, min_size=1, max_size=2))
def test_filters_are_what_each_address_meets(rules: list[filters.Rule], wanted: list[IPv4Network]) -> None:
    wanted = [one for one in wanted if one.prefixlen] or [SMALL]
    reach = filters.judge(rules, wanted)
    for protocol, address in product(filters.PROTOCOLS, SMALL):
        if not any(address in one for one in wanted):
            continue
        found = reach.by_protocol[protocol]
        states = {
            state
            for state, ranges in (("open", found.open), ("partly", found.partly), ("closed", found.closed))
            if any(address in one for one in ranges)
        }
        assert states == {one_by_one(rules, protocol, address)}


HOP = st.builds(
    paths.Hop, prefix=NETWORK, target=st.sampled_from([paths.GATEWAY, "x"]), weight=st.just(1), name=st.just("r")
)


@settings(max_examples=300)
@given(hops=st.lists(HOP, max_size=5, unique_by=lambda hop: hop.prefix))
def test_routes_are_the_longest_prefix_of_each_address(hops: list[paths.Hop]) -> None:
    found = paths.way(hops, (SMALL,))
    for address in SMALL:
        mine = [hop for hop in hops if address in hop.prefix]
        best = max(mine, key=lambda hop: hop.prefix.prefixlen, default=None)
        assert any(address in one for one in found.nowhere) == (best is None)
        assert any(address in one for one in found.through) == (best is not None and best.target == paths.GATEWAY)
        assert any(address in one for one, _to, _by in found.elsewhere) == (best is not None and best.target == "x")


def test_the_weight_decides_between_equal_prefixes() -> None:
    one = paths.Hop(SMALL, "x", 2, "mine")
    assert paths.way([paths.Hop(SMALL, paths.GATEWAY, 1, ""), one], (SMALL,)).elsewhere == ((SMALL, "x", "mine"),)


@pytest.mark.parametrize(
    ("permission", "words"),
    [
        (Permission("-1", ("10.0.0.0/27",), None, None), "open"),
        (Permission("tcp", ("10.0.0.0/8",), 0, 65535), "udp, icmp: closed for 10.0.0.0/28 by no rule that admits it"),
        (
            Permission("tcp", ("10.0.0.0/8",), 22, 22),
            "tcp: open for some ports of 10.0.0.0/28; udp, icmp: closed for 10.0.0.0/28 by no rule that admits it",
        ),
        (Permission("icmp", ("10.0.0.0/8",), -1, -1), "tcp, udp: closed for 10.0.0.0/28 by no rule that admits it"),
        (Permission("-1", ("10.0.0.8/29",), None, None), "closed for 10.0.0.0/29 by no rule that admits it"),
        (Permission("-1", (), None, None), "closed for 10.0.0.0/28 by no rule that admits it"),
    ],
)
def test_security_groups(permission: Permission, words: str) -> None:
    assert filters.security_group_reach([permission], (SMALL,)).words() == words


def test_a_whole_permission_counts_before_a_part_of_it() -> None:
    part, whole = Permission("tcp", ("10.0.0.0/8",), 22, 22), Permission("-1", ("10.0.0.0/8",), None, None)
    assert filters.security_group_reach([part, whole], (SMALL,)).words() == "open"


# --------------------------------------------------------------------------------------------------------- proposals

WORDS = {name: list(words) for name, words in crypto.VOCABULARY.items()}


def pair(policy: crypto.Crypto) -> tuple[Policy, dict[str, object]]:
    """Both ends of one crypto, as both clouds tell them."""
    azure, aws = policy.for_azure(), policy.for_aws()
    request = ec2.tunnel_request({**aws.__dict__})
    return Policy(**azure.__dict__), ec2.tunnel_options({**request, "IkeVersions": request["IKEVersions"]})


@pytest.mark.parametrize("name", list(WORDS))
def test_every_crypto_of_the_plan_fits_itself_and_no_other(name: str) -> None:
    phase = proposals.phase1 if name.startswith("ike") else proposals.phase2
    phase = proposals.pfs if name == "ipsec_pfs_group" else phase
    for one, other in product(WORDS[name], repeat=2):
        both = [
            replace(crypto.Crypto(ipsec_encryption="AES256", ipsec_integrity="SHA256"), **{name: word})
            for word in (one, other)
        ]
        if name.startswith("ipsec") and any(crypto.gcm_problem(c.ipsec_encryption, c.ipsec_integrity) for c in both):
            continue
        fits = phase(pair(both[0])[0], pair(both[1])[1]).ok
        assert fits == (crypto.VOCABULARY[name][one] == crypto.VOCABULARY[name][other]), (one, other)


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        ({}, (True, True, True)),
        ({"phase1_dh_groups": [14, 19]}, (False, True, True)),
        ({"phase2_encryption": ["AES128-GCM-16"]}, (True, False, True)),
        ({"phase2_dh_groups": [19, 20]}, (True, True, False)),
        ({"phase2_encryption": ["AES256-GCM-16"]}, (True, True, False)),
    ],
)
def test_azures_default_and_aws(options: dict[str, object], fits: tuple[bool, bool, bool]) -> None:
    found = tuple(phase(None, options).ok for phase in (proposals.phase1, proposals.phase2, proposals.pfs))
    assert found == fits


def test_a_word_that_nobody_knows_yet_is_no_mistake() -> None:
    policy, options = pair(crypto.Crypto())
    later = replace(policy, ike_encryption="AES512", ipsec_encryption="AES512", pfs_group="PFS99")
    assert proposals.phase1(later, options).ok is None
    assert proposals.phase2(later, options).ok is None
    assert proposals.pfs(later, options).ok is None


def test_words_that_aws_has_none_for() -> None:
    policy, options = pair(crypto.Crypto())
    assert proposals.phase1(replace(policy, ike_encryption="DES3"), {}).ok is False
    assert proposals.pfs(replace(policy, pfs_group="PFSMM"), options).ok is True
    assert proposals.pfs(replace(policy, pfs_group="PFSMM", dh_group="ECP384"), options).ok is False


def test_ranges() -> None:
    ten, part = IPv4Network("10.0.0.0/8"), IPv4Network("10.1.0.0/16")
    assert filters.without([ten], [ten]) == ()
    assert filters.overlapping([ten], [part]) == (part,)
    assert filters.covers([ten], [part])
    assert not filters.covers([part], [ten])
    assert networks(["10.1.2.3/16", "x", None, ""]) == (part,)
