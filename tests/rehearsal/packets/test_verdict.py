"""Twenty deliberate mistakes in what the clouds hold: verify.yml says of every tunnel what became of its packets.

Four mistakes at a time, one in each tunnel, so that each is told apart from its neighbours'.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from rehearsal.cli import variables
from rehearsal.files import read_json
from tests.integration.runs import Desk, Run
from tests.rehearsal.wan.hand import POLICY, REGION, becomes, seen, wait
from tests.rehearsal.wan.link import TUNNELS, inside

from .hand import AWS_APP, AZURE_APP, Machines, nsg_rule

VARIABLES = {
    "s2s_vpn_diagnose_azure_gateway": "hand-rg/hand-vng",
    "s2s_vpn_aws_region": REGION,
    "s2s_vpn_diagnose_aws": ["hand-vgw"],
}
SETTLE = 40.0  # seconds for all four to become what they will be
STANDS = 2.0  # seconds that they have to stay so
KEPT = (
    "connectionType",
    "connectionProtocol",
    "connectionMode",
    "virtualNetworkGateway1",
    "localNetworkGateway2",
    "enableBgp",
    "ipsecPolicies",
    "gatewayCustomBgpIpAddresses",
)
Bend = Callable[[Machines, int], Any]


def name(row: int) -> str:
    return f"hand-{TUNNELS[row][0]}-{TUNNELS[row][1]}"


def connection(**changes: Any) -> Bend:
    """Azure's connection with other properties; a change may be made of the row."""

    @contextmanager
    def bend(link: Machines, row: int) -> Iterator[None]:
        path = link.azure.id("connections", name(row))
        found = link.azure.get(path)["properties"]
        before = {k: found[k] for k in KEPT if k in found}
        link.azure.put(path, before | {k: v(link, row) if callable(v) else v for k, v in changes.items()})
        try:
            yield
        finally:
            link.azure.put(path, before)

    return bend


def policy(**changes: str) -> Bend:
    return connection(ipsecPolicies=[POLICY | changes])


def local_gateway(**changes: Any) -> Bend:
    @contextmanager
    def bend(link: Machines, row: int) -> Iterator[None]:
        path = link.azure.id("localNetworkGateways", name(row))
        found = link.azure.get(path)["properties"]
        before = {k: found[k] for k in ("gatewayIpAddress", "localNetworkAddressSpace", "bgpSettings")}
        bgp = {k: v for k, v in changes.items() if k != "gatewayIpAddress"}
        address = {k: v for k, v in changes.items() if k == "gatewayIpAddress"}
        link.azure.put(path, before | address | {"bgpSettings": before["bgpSettings"] | bgp})
        try:
            yield
        finally:
            link.azure.put(path, before)

    return bend


def tunnel(before: dict[str, Any], **changes: Any) -> Bend:
    """An option of AWS's tunnel."""

    @contextmanager
    def bend(link: Machines, row: int) -> Iterator[None]:
        modify(link, row, changes)
        try:
            yield
        finally:
            modify(link, row, before)

    return bend


def modify(link: Machines, row: int, options: dict[str, Any]) -> None:
    link.aws.wait_for_connections()
    link.aws.modify(row, **options)
    link.aws.wait_for_connections()


@contextmanager
def azures_key(link: Machines, row: int) -> Iterator[None]:
    right = link.aws.tunnel(row)["PreSharedKey"]
    link.azure.set_key(row, "not.the.key")
    try:
        yield
    finally:
        link.azure.set_key(row, right)


@contextmanager
def awss_key(link: Machines, row: int) -> Iterator[None]:
    right = link.aws.tunnel(row)["PreSharedKey"]
    modify(link, row, {"PreSharedKey": "not.the.key"})
    try:
        yield
    finally:
        modify(link, row, {"PreSharedKey": right})


@contextmanager
def deleted(link: Machines, row: int) -> Iterator[None]:
    link.azure.call("DELETE", link.azure.id("connections", name(row)))
    try:
        yield
    finally:
        found = link.aws.tunnel(row)
        link.azure.connect(row, found["OutsideIpAddress"], found["PreSharedKey"])


@contextmanager
def nobody_starts(link: Machines, row: int) -> Iterator[None]:
    with tunnel({"StartupAction": "start"}, StartupAction="add")(link, row):  # noqa: SIM117
        with connection(connectionMode="ResponderOnly")(link, row):
            yield


def slot(link: Machines, row: int, own: str | None) -> list[dict[str, str]]:
    """gatewayCustomBgpIpAddresses with `own` for the instance that has the tunnel."""
    other = next(t for t in TUNNELS if t[1] == TUNNELS[row][1] and t[2] != TUNNELS[row][2])
    pairs = [(TUNNELS[row][2], own), (other[2], inside(other[3], 2))]
    return [
        {"ipConfigurationId": link.azure.configuration(instance), "customBgpIpAddress": address}
        for instance, address in pairs
        if address
    ]


def other_of_instance(link: Machines, row: int) -> list[dict[str, str]]:
    other = next(t for t in TUNNELS if t[2] == TUNNELS[row][2] and t[1] != TUNNELS[row][1])
    return slot(link, row, inside(other[3], 2))


def values(*wanted: Any) -> list[dict[str, Any]]:
    return [{"Value": w} for w in wanted]


DOWN, NO_BGP = False, True  # is IPsec up
ROUNDS: list[list[tuple[str, Bend, bool]]] = [
    [
        ("key at Azure", azures_key, DOWN),
        ("key at AWS", awss_key, DOWN),
        ("phase 1 cipher at Azure", policy(ikeEncryption="AES128"), DOWN),
        (
            "phase 1 group at AWS",
            tunnel({"Phase1DHGroupNumbers": values(14)}, Phase1DHGroupNumbers=values(19, 20)),
            DOWN,
        ),
    ],
    [
        ("phase 2 cipher at Azure", policy(ipsecEncryption="AES256", ipsecIntegrity="SHA256"), DOWN),
        (
            "phase 2 cipher at AWS",
            tunnel(
                {"Phase2EncryptionAlgorithms": values("AES256-GCM-16")}, Phase2EncryptionAlgorithms=values("AES128")
            ),
            DOWN,
        ),
        ("PFS at Azure", policy(pfsGroup="PFS24"), DOWN),
        ("PFS at AWS", tunnel({"Phase2DHGroupNumbers": values(14)}, Phase2DHGroupNumbers=values(2, 5)), DOWN),
    ],
    [
        ("ASN of the local gateway", local_gateway(asn=64513), NO_BGP),
        ("BGP address of the local gateway", local_gateway(bgpPeeringAddress="169.254.22.9"), NO_BGP),
        ("outside address of the local gateway", local_gateway(gatewayIpAddress="198.51.100.250"), DOWN),
        ("the instance's other APIPA address", connection(gatewayCustomBgpIpAddresses=other_of_instance), NO_BGP),
    ],
    [
        ("no BGP at Azure", connection(enableBgp=False), DOWN),
        ("phase 1 hash at Azure", policy(ikeIntegrity="SHA384"), DOWN),
        (
            "IKEv1 at AWS",
            tunnel(
                {"IKEVersions": values("ikev2"), "StartupAction": "start"},
                IKEVersions=values("ikev1"),
                StartupAction="add",  # AWS starts IKEv2 only
            ),
            DOWN,
        ),
        ("neither end starts", nobody_starts, DOWN),
    ],
    [
        ("no policy at Azure", connection(ipsecPolicies=[]), DOWN),
        # What is left is the first of the instance's list, which is another tunnel's.
        ("no APIPA addresses named", connection(gatewayCustomBgpIpAddresses=[]), NO_BGP),
        ("connection deleted", deleted, DOWN),
        (
            "phase 1 cipher at AWS",
            tunnel(
                {"Phase1EncryptionAlgorithms": values("AES256")}, Phase1EncryptionAlgorithms=values("AES128-GCM-16")
            ),
            DOWN,
        ),
    ],
]


def lab(link: Machines) -> list[tuple[bool, bool]]:
    """What became of the packets: IPsec and BGP of each row."""
    return [(s["ipsec"], bool(s["bgp"])) for s in map(link.state, range(4))]


def verdict(desk: Desk, link: Machines) -> list[tuple[bool, bool]]:
    """The same, of verify.yml's report; it fails where a tunnel is not as it should be."""
    run = verify(desk)
    report = json.loads((desk.reports / "hand.json").read_text())
    found = {
        t["inside_cidr"]: (t["azure"]["state"] == "up", t["azure"]["bgp"] == "connected") for t in report["tunnels"]
    }
    assert (run.rc == 0) is all(all(f) for f in found.values()), run.explain()
    assert set(found) >= {t[3] for t in TUNNELS}, run.explain()
    return [found[t[3]] for t in TUNNELS]


def verify(desk: Desk) -> Run:
    """Of a link without a plan: nothing of it was built by the collection."""
    return desk.play(
        "verify.yml", "-e", f"s2s_vpn_report_dir={desk.reports}", inventory=desk.inventory("hand", VARIABLES)
    )


@pytest.fixture
def desk(link: Machines, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    link.aws.ec2.create_tags(Resources=[link.aws.vgw], Tags=[{"Key": "Name", "Value": "hand-vgw"}])
    env = variables(read_json(link.directory / "azure.json"), read_json(link.directory / "aws.json"))
    return Desk(tmp_path_factory.mktemp("desk"), env)  # short: Ansible puts a socket below it


def test_nothing_wrong(link: Machines, desk: Desk) -> None:
    assert verdict(desk, link) == [(True, True)] * 4


#: The others take longer than `make test` has.
QUICK = (0, 2)


@pytest.mark.parametrize(
    "mistakes",
    [
        pytest.param(row, id=", ".join(one[0] for one in row), marks=() if number in QUICK else pytest.mark.full)
        for number, row in enumerate(ROUNDS)
    ],
)
def test_verify_says_what_the_packets_say(link: Machines, desk: Desk, mistakes: list[tuple[str, Bend, bool]]) -> None:
    wanted = [(ipsec, False) for _unused, _bend, ipsec in mistakes]
    with ExitStack() as bent:
        for row, (_name, bend, _unused) in enumerate(mistakes):
            bent.enter_context(bend(link, row))
        stands = Stands()
        wait("the mistakes to show", lambda: stands(seen(link.directory) and lab(link) == wanted), SETTLE)
        assert verdict(desk, link) == lab(link) == wanted


@contextmanager
def no_propagation_in_aws(link: Machines) -> Iterator[None]:
    link.propagate(False)
    try:
        yield
    finally:
        link.propagate(True)


@contextmanager
def closed_security_group(link: Machines) -> Iterator[None]:
    link.permit(AZURE_APP, on=False)
    try:
        yield
    finally:
        link.permit(AZURE_APP)


@contextmanager
def closed_azure_group(link: Machines) -> Iterator[None]:
    link.set_nsg(nsg_rule("closed", 100, "Deny", AWS_APP))
    try:
        yield
    finally:
        link.set_nsg()


@contextmanager
def no_propagation_in_azure(link: Machines) -> Iterator[None]:
    link.azure.put(link.azure_table, {"disableBgpRoutePropagation": True, "routes": []})
    try:
        yield
    finally:
        link.azure.put(link.azure_table, {"disableBgpRoutePropagation": False, "routes": []})


@pytest.mark.parametrize("bend", [no_propagation_in_aws, closed_azure_group, no_propagation_in_azure])
def test_verify_fails_where_tunnels_are_up_and_no_packet_passes(
    link: Machines, desk: Desk, bend: Callable[[Machines], Any]
) -> None:
    with bend(link):
        no_way(link)
        run = verify(desk)
        assert run.rc != 0, run.explain()


def test_verify_names_a_security_group_that_closes(link: Machines, desk: Desk) -> None:
    """It does not fail: without a plan nothing tells which groups the instances carry."""
    with closed_security_group(link):
        no_way(link)
        run = verify(desk)
        assert "security-group-closes" in run.stdout, run.explain()


def no_way(link: Machines) -> None:
    """Seen by the WAN, and by pings: several, as a loaded machine loses one."""
    wait("the change", lambda: seen(link.directory))
    wait("no way", lambda: not (link.ping("azure", "aws", 3) and link.ping("aws", "azure", 3)))
    becomes([(True, True)] * 4, lambda: lab(link))


class Stands:
    """True when what it is told has been true for some time."""

    def __init__(self) -> None:
        self._since = 0.0

    def __call__(self, true: bool) -> bool:
        now = time.monotonic()
        self._since = self._since or now if true else 0.0
        return true and now - self._since >= STANDS
