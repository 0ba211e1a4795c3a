"""Right links come up; each deliberate mistake brings down its tunnel, no other, and says why."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.wan.compare import compare
from rehearsal.wan.model import (
    AWS_ENCRYPTION,
    AWS_INTEGRITY,
    AWS_PHASE1_GROUPS,
    AWS_PHASE2_GROUPS,
    AwsSide,
    AwsTunnel,
    AzureConnection,
    AzureSide,
    Policy,
    Secret,
    TunnelState,
)

from .link import (
    GATEWAY,
    POLICY,
    TUNNELS,
    VNET,
    VPC,
    aws_side,
    azure_side,
    configuration,
    connection,
    gateway,
    static_aws,
    static_azure,
    tunnel,
)

AWS_DEFAULTS: dict[str, Any] = {
    "ike_versions": ("ikev1", "ikev2"),
    "phase1_encryption": AWS_ENCRYPTION,
    "phase1_integrity": AWS_INTEGRITY,
    "phase1_dh_groups": AWS_PHASE1_GROUPS,
    "phase2_encryption": AWS_ENCRYPTION,
    "phase2_integrity": AWS_INTEGRITY,
    "phase2_dh_groups": AWS_PHASE2_GROUPS,
}


def with_tunnel(number: int, changed: AwsTunnel) -> AwsSide:
    return AwsSide(tuple(changed if n == number else tunnel(n) for n in range(4)))


def with_connection(number: int, changed: AzureConnection) -> AzureSide:
    return azure_side(connections=tuple(changed if n == number else connection(n) for n in range(4)))


def by_address(states: list[TunnelState]) -> dict[str, TunnelState]:
    return {s.outside_address: s for s in states}


def first(states: list[TunnelState]) -> TunnelState:
    return by_address(states)[TUNNELS[0][4]]


# --- right ------------------------------------------------------------------------------------------------------------


def test_reference_link_is_up() -> None:
    states = compare(azure_side(), aws_side())
    assert [s.up for s in states] == [True] * 4
    assert {(s.outside_address, s.instance.index) for s in states if s.instance} == {(t[4], t[2]) for t in TUNNELS}
    assert all(s.azure_learns == (VPC,) and s.aws_learns == (VNET,) and s.bgp for s in states)


def test_static_link_has_one_tunnel_and_a_spare() -> None:
    used, spare = compare(static_azure(), static_aws())
    assert used.up
    assert used.bgp is None
    assert (used.azure_learns, used.aws_learns) == ((VPC,), (VNET,))
    assert not spare.up
    assert "no Azure connection" in spare.reason


def test_nothing_on_either_side() -> None:
    assert compare(AzureSide(), AwsSide()) == []


@pytest.mark.parametrize("number", range(4))
def test_only_aws_built(number: int) -> None:
    state = compare(AzureSide(), AwsSide((tunnel(number),)))[0]
    assert not state.ipsec
    assert "no Azure connection" in state.reason


def test_only_azure_built() -> None:
    states = compare(azure_side(), AwsSide())
    assert len(states) == 4
    assert all("no AWS tunnel" in s.reason and not s.ipsec for s in states)


@pytest.mark.parametrize(
    ("policy", "options"),
    [
        pytest.param(None, AWS_DEFAULTS, id="defaults on both sides"),
        pytest.param(POLICY, AWS_DEFAULTS, id="a policy and AWS's defaults"),
        pytest.param(
            Policy("GCMAES256", "SHA384", "ECP384", "AES256", "SHA256", "ECP256"),
            {
                "phase1_encryption": ("AES256-GCM-16",),
                "phase1_integrity": ("SHA2-384",),
                "phase1_dh_groups": (20,),
                "phase2_encryption": ("AES256",),
                "phase2_integrity": ("SHA2-256",),
                "phase2_dh_groups": (19,),
            },
            id="elliptic curves",
        ),
        pytest.param(replace(POLICY, pfs_group="PFSMM"), {}, id="PFS with the group of phase 1"),
        pytest.param(replace(POLICY, dh_group="DHGroup2048"), {}, id="the other name of group 14"),
    ],
)
def test_crypto_that_fits(policy: Policy | None, options: dict[str, Any]) -> None:
    states = compare(with_connection(0, connection(0, policy=policy)), with_tunnel(0, tunnel(0, **options)))
    assert first(states).up, first(states).reason


@pytest.mark.parametrize(
    ("startup", "mode", "starts"),
    [
        ("start", "Default", True),
        ("start", "ResponderOnly", True),
        ("start", "InitiatorOnly", True),
        ("add", "Default", True),
        ("add", "InitiatorOnly", True),
        ("add", "ResponderOnly", False),
    ],
)
def test_who_initiates(startup: str, mode: str, starts: bool) -> None:
    states = compare(with_connection(0, connection(0, mode=mode)), with_tunnel(0, tunnel(0, startup_action=startup)))
    assert first(states).up is starts


def test_modifying_keeps_the_tunnel_that_is_not_replaced() -> None:
    aws = AwsSide(
        tuple(tunnel(n, connection_state="modifying" if n < 2 else "available", replaced=n == 0) for n in range(4))
    )
    states = by_address(compare(azure_side(), aws))
    assert [states[t[4]].up for t in TUNNELS] == [False, True, True, True]


# --- wrong ------------------------------------------------------------------------------------------------------------

Side = AzureConnection | AwsTunnel


def local(**changes: Any) -> Callable[[], AzureConnection]:
    return lambda: connection(0, local=replace(connection(0).local, **changes))


def azure(**changes: Any) -> Callable[[], AzureConnection]:
    return lambda: connection(0, **changes)


def aws(**changes: Any) -> Callable[[], AwsTunnel]:
    return lambda: tunnel(0, **changes)


def policy(**changes: Any) -> Callable[[], AzureConnection]:
    return azure(policy=replace(POLICY, **changes))


def addresses(own: str) -> dict[str, str]:
    return {configuration(0): own, configuration(1): "169.254.21.6"}


IPSEC_DOWN, BGP_DOWN = False, True

MISTAKES = [
    # what, which end is bent, is IPsec still up, what the reason says
    ("Azure connection Updating", azure(state="Updating"), IPSEC_DOWN, "is Updating"),
    ("Azure connection Deleting", azure(state="Deleting"), IPSEC_DOWN, "is Deleting"),
    ("local gateway Updating", local(state="Updating"), IPSEC_DOWN, "local network gateway hq-aws-1-1 is Updating"),
    ("gateway of the connection gone", azure(gateway_id="/other"), IPSEC_DOWN, "is not there"),
    ("VPN connection pending", aws(connection_state="pending"), IPSEC_DOWN, "vpn-1 is pending"),
    ("endpoint replaced", aws(connection_state="modifying", replaced=True), IPSEC_DOWN, "replaces this endpoint"),
    ("customer gateway deleted", aws(customer_gateway_state="deleted"), IPSEC_DOWN, "customer gateway is deleted"),
    ("virtual private gateway gone", aws(gateway_state="absent"), IPSEC_DOWN, "gateway is absent"),
    ("local gateway has another address", local(address="198.51.100.99"), IPSEC_DOWN, "no Azure connection"),
    ("customer gateway has an unknown address", aws(customer_address="192.0.2.77"), IPSEC_DOWN, "192.0.2.77"),
    ("key differs", azure(key=Secret("something.else")), IPSEC_DOWN, "AUTHENTICATION_FAILED"),
    ("key differs at AWS", aws(key=Secret("something.else")), IPSEC_DOWN, "AUTHENTICATION_FAILED"),
    ("key differs in case", azure(key=Secret("INVENTED.KEY.0")), IPSEC_DOWN, "AUTHENTICATION_FAILED"),
    ("key cannot be read", azure(key=Secret("")), IPSEC_DOWN, "AUTHENTICATION_FAILED"),
    ("IKEv1 at Azure", azure(protocol="IKEv1"), IPSEC_DOWN, "IKEv1"),
    ("IKEv1 at AWS", aws(ike_versions=("ikev1",)), IPSEC_DOWN, "wrong IKE version"),
    ("phase 1 cipher", policy(ike_encryption="AES128"), IPSEC_DOWN, "NO_PROPOSAL_CHOSEN in IKE_SA_INIT"),
    ("phase 1 cipher AWS lacks", policy(ike_encryption="AES192"), IPSEC_DOWN, "AES192"),
    ("phase 1 hash", policy(ike_integrity="SHA384"), IPSEC_DOWN, "NO_PROPOSAL_CHOSEN in IKE_SA_INIT"),
    ("phase 1 group", policy(dh_group="DHGroup24"), IPSEC_DOWN, "group 24"),
    ("phase 1 group none", policy(dh_group="None"), IPSEC_DOWN, "no group"),
    ("phase 1 group at AWS", aws(phase1_dh_groups=(19, 20)), IPSEC_DOWN, "groups 19,20"),
    ("no policy, AWS wants group 14", azure(policy=None), IPSEC_DOWN, "group 2"),
    ("phase 2 cipher", policy(ipsec_encryption="AES256", ipsec_integrity="SHA256"), IPSEC_DOWN, "no CHILD_SA"),
    ("phase 2 GCM with a hash", policy(ipsec_integrity="SHA1"), IPSEC_DOWN, "no CHILD_SA"),
    ("phase 2 at AWS", aws(phase2_encryption=("AES128",)), IPSEC_DOWN, "no CHILD_SA"),
    ("PFS group", policy(pfs_group="PFS24"), IPSEC_DOWN, "first rekey"),
    ("PFS none", policy(pfs_group="None"), IPSEC_DOWN, "first rekey"),
    ("PFS at AWS", aws(phase2_dh_groups=(2, 5)), IPSEC_DOWN, "first rekey"),
    ("enableBgp missing on the connection", azure(bgp=False), IPSEC_DOWN, "no traffic selector"),
    (
        "connection static with prefixes",
        lambda: connection(0, bgp=False, local=replace(connection(0).local, prefixes=(VPC,))),
        BGP_DOWN,
        "has no enableBgp",
    ),
    ("AWS static", aws(static=True), BGP_DOWN, "AWS's is static"),
    ("another instance's APIPA", azure(custom_bgp_addresses=addresses("169.254.21.6")), BGP_DOWN, "169.254.21.6"),
    ("the instance's other APIPA", azure(custom_bgp_addresses=addresses("169.254.22.2")), BGP_DOWN, "169.254.22.2"),
    ("APIPA is AWS's own", azure(custom_bgp_addresses=addresses("169.254.21.1")), BGP_DOWN, "169.254.21.1"),
    ("inside CIDR moved", aws(inside_cidr="169.254.21.8/30"), BGP_DOWN, "169.254.21.10"),
    ("local gateway peers with another address", local(bgp_address="169.254.21.5"), BGP_DOWN, "169.254.21.5"),
    ("local gateway has no BGP", local(bgp_address=None, asn=None), BGP_DOWN, "no BGP settings"),
    ("customer gateway ASN", aws(customer_asn=65010), BGP_DOWN, "Bad peer AS"),
    ("local gateway ASN", local(asn=64513), BGP_DOWN, "Bad peer AS"),
    ("AWS's ASN", aws(asn=64600), BGP_DOWN, "Bad peer AS"),
    ("Azure narrows the range", azure(selectors=((VNET, VPC),)), BGP_DOWN, "selectors leave out"),
    ("AWS narrows the range", aws(azure_range=VNET, aws_range=VPC), BGP_DOWN, "selectors leave out"),
]

HARMLESS = [
    ("Azure only answers, AWS starts", azure(mode="ResponderOnly")),
    ("Azure narrows the range, BGP within", azure(selectors=(("0.0.0.0/0", "0.0.0.0/0"), (VNET, VPC)))),
    ("the other instance's slot is empty", azure(custom_bgp_addresses={configuration(0): "169.254.21.2"})),
    ("AWS permits more", aws(**AWS_DEFAULTS)),
]


def bent(change: Callable[[], Side]) -> list[TunnelState]:
    side = change()
    if isinstance(side, AwsTunnel):
        return compare(azure_side(), with_tunnel(0, side))
    return compare(with_connection(0, side), aws_side())


@pytest.mark.parametrize(("change", "ipsec", "says"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_one_mistake_brings_down_one_tunnel(change: Callable[[], Side], ipsec: bool, says: str) -> None:
    states = bent(change)
    state = first(states)
    assert not state.up
    assert state.ipsec is ipsec
    assert not state.bgp
    assert says in state.reason
    others = [s for s in states if s.tunnel and s.outside_address != state.outside_address]
    assert all(s.up for s in others), [s.reason for s in others]


@pytest.mark.parametrize("change", [m[1] for m in HARMLESS], ids=[m[0] for m in HARMLESS])
def test_no_mistake_after_all(change: Callable[[], Side]) -> None:
    assert first(bent(change)).up


def test_there_are_enough_mistakes() -> None:
    assert len(MISTAKES) >= 20


# --- mistakes of both ends, or of the gateway -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"state": "Updating"}, "hq-vng is Updating"),
        ({"route_based": False}, "policy-based"),
        ({"bgp": False}, "gateway has no enableBgp"),
        ({"asn": 65010}, "Bad peer AS"),
        ({"vnet_prefixes": tuple(f"10.1.{n}.0/24" for n in range(101))}, "101 routes"),
    ],
)
def test_gateway_mistakes_hit_every_tunnel(change: dict[str, Any], says: str) -> None:
    states = compare(azure_side(gateways=(gateway(**change),)), aws_side())
    assert len(states) == 4
    assert all(not s.up and says in s.reason for s in states)


OUTSIDE = TUNNELS[0][4]
ASTRAY = (
    ((f"{OUTSIDE}/32", "None"),),
    ((f"{OUTSIDE}/24", "VirtualAppliance"),),
    ((f"{OUTSIDE}/24", "Internet"), (f"{OUTSIDE}/28", "VirtualNetworkGateway")),
)
NOT_ASTRAY = (
    ((f"{OUTSIDE}/32", "Internet"), (f"{OUTSIDE}/24", "None")),
    (("198.51.100.128/25", "None"), ("AzureCloud", "None")),
)


@pytest.mark.parametrize(("routes", "up"), [*((r, False) for r in ASTRAY), *((r, True) for r in NOT_ASTRAY)], ids=str)
def test_a_route_of_the_gateway_subnet_takes_the_gateways_own_packets(
    routes: tuple[tuple[str, str], ...], up: bool
) -> None:
    states = compare(azure_side(gateways=(gateway(routes=routes),)), aws_side())
    state = first(states)
    assert state.ipsec is up, state.reason
    assert up or "a route of GatewaySubnet takes what goes to 198.51.100.11 away" in state.reason


def test_missing_custom_addresses_leave_part_of_the_tunnels() -> None:
    """Without them Azure speaks from the first of its list, so that one tunnel of each instance has BGP."""
    azure = azure_side(connections=tuple(connection(n, custom_bgp_addresses={}) for n in range(4)))
    states = by_address(compare(azure, aws_side()))
    assert [states[t[4]].up for t in TUNNELS] == [True, False, True, False]
    assert all(s.ipsec for s in states.values())


def test_gateway_without_the_address_that_its_connection_names() -> None:
    one = gateway()
    bare = tuple(replace(i, custom_bgp_addresses=()) for i in one.instances)
    states = compare(azure_side(gateways=(replace(one, instances=bare),)), aws_side())
    assert all(s.ipsec and not s.up and "custom BGP addresses" in s.reason for s in states)


def test_swapped_outside_addresses_meet_the_wrong_keys() -> None:
    def moved(number: int, other: int) -> AzureConnection:
        return connection(number, local=replace(connection(number).local, address=TUNNELS[other][4]))

    azure = azure_side(connections=(moved(0, 1), moved(1, 0), connection(2), connection(3)))
    states = by_address(compare(azure, aws_side()))
    assert [states[t[4]].up for t in TUNNELS] == [False, False, True, True]
    assert "AUTHENTICATION_FAILED" in states[TUNNELS[0][4]].reason


def test_swapped_customer_gateways_meet_the_wrong_instance() -> None:
    aws = AwsSide(tuple(tunnel(n, customer_address=f"192.0.2.{2 - t[2]}") for n, t in enumerate(TUNNELS)))
    states = compare(azure_side(), aws)
    assert all(s.ipsec and not s.up for s in states)


def test_one_apipa_address_for_two_tunnels_of_an_instance() -> None:
    """Inside CIDRs are unique within one of AWS's gateways only."""
    twin = tunnel(0, vpn_connection_id="vpn-9", outside_address="198.51.100.91")
    second = connection(0, id="/connections/z", name="z", local=replace(connection(0).local, address="198.51.100.91"))
    states = by_address(
        compare(
            azure_side(connections=(*azure_side().connections, second)),
            AwsSide((twin, *aws_side().tunnels)),
        )
    )
    assert states[TUNNELS[0][4]].up
    assert states["198.51.100.91"].ipsec
    assert "already a neighbor" in states["198.51.100.91"].reason


def test_second_connection_to_one_tunnel_finds_nobody() -> None:
    double = connection(0, id="/connections/z", name="z")
    states = compare(azure_side(connections=(*azure_side().connections, double)), aws_side())
    assert sum(s.up for s in states) == 4
    assert [s.connection.name for s in states if not s.up and s.connection] == ["z"]


def test_narrow_selectors_without_overlap() -> None:
    pairs = (("10.1.0.0/16", "10.9.0.0/16"),)
    states = compare(
        with_connection(0, connection(0, selectors=pairs)), with_tunnel(0, tunnel(0, aws_range="10.2.0.0/16"))
    )
    assert "TS_UNACCEPTABLE" in first(states).reason


def test_ikev1_is_never_started_by_aws() -> None:
    states = compare(
        with_connection(0, connection(0, protocol="IKEv1", mode="ResponderOnly")),
        with_tunnel(0, tunnel(0, ike_versions=("ikev1", "ikev2"))),
    )
    assert "neither end initiates" in first(states).reason


def test_azure_does_not_learn_its_own_range() -> None:
    states = compare(azure_side(), with_tunnel(0, tunnel(0, announces=(VPC, VNET))))
    assert first(states).azure_learns == (VPC,)


def test_all_faults_are_told_in_the_order_of_a_negotiation() -> None:
    azure = with_connection(
        0, connection(0, state="Updating", key=Secret("no"), policy=replace(POLICY, pfs_group="PFS24"))
    )
    stages = [f.stage.value for f in first(compare(azure, with_tunnel(0, tunnel(0, asn=1)))).faults]
    assert stages == ["ready", "ike", "ipsec", "bgp"]


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_no_text_of_a_state_holds_a_key() -> None:
    states = compare(with_connection(0, connection(0, key=Secret("another.key"))), aws_side())
    text = f"{states} {states!r} {[s.reason for s in states]}"
    assert "invented.key" not in text
    assert "another.key" not in text


def test_a_key_cannot_be_written() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret("invented"))


# --- order ------------------------------------------------------------------------------------------------------------


@given(
    st.permutations(range(4)),
    st.permutations(range(4)),
    st.sampled_from(MISTAKES),
)
def test_order_plays_no_part(tunnels: list[int], connections: list[int], mistake: tuple[Any, ...]) -> None:
    side = mistake[1]()
    bent_tunnels = [side if n == 0 and isinstance(side, AwsTunnel) else tunnel(n) for n in range(4)]
    bent_connections = [side if n == 0 and isinstance(side, AzureConnection) else connection(n) for n in range(4)]
    usual = compare(azure_side(connections=tuple(bent_connections)), AwsSide(tuple(bent_tunnels)))
    shuffled = compare(
        azure_side(connections=tuple(bent_connections[n] for n in connections)),
        AwsSide(tuple(bent_tunnels[n] for n in tunnels)),
    )
    assert shuffled == usual
    assert GATEWAY in {c.gateway_id for c in bent_connections}
