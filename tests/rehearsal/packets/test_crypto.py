"""Every combination of crypto that both clouds accept comes up and passes a rekey.

A sample with every pair of values is for every day; all of them: REHEARSAL_CRYPTO=all.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable, Iterator, Sequence

from rehearsal.wan.compare import compare
from rehearsal.wan.model import AwsSide, Policy
from rehearsal.wan.offers import ENCRYPTION, GROUP, INTEGRITY
from rehearsal.wan.packets.machine import Machine
from tests.rehearsal.wan.link import azure_side, connection, tunnel

from .lab import Case, outcome, run

IKE_ENCRYPTION = ("AES256", "AES128", "GCMAES256", "GCMAES128")
IKE_INTEGRITY = ("SHA256", "SHA384", "SHA1")
IKE_GROUP = ("DHGroup14", "DHGroup2048", "DHGroup24", "ECP256", "ECP384", "DHGroup2")
IPSEC = (
    *((e, i) for e in ("AES256", "AES128") for i in ("SHA256", "SHA1")),
    *((g, g) for g in ("GCMAES256", "GCMAES128")),
)
PFS = ("PFS2048", "PFS24", "ECP256", "ECP384", "PFS2")
FACTORS = (IKE_ENCRYPTION, IKE_INTEGRITY, IKE_GROUP, IPSEC, PFS)
PATIENCE = 15.0  # seconds
Row = tuple[object, ...]


def pairs(row: Row) -> set[tuple[object, ...]]:
    return {(i, row[i], j, row[j]) for i, j in itertools.combinations(range(len(row)), 2)}


def pairwise(factors: Sequence[Sequence[object]]) -> list[Row]:
    """Few rows in which every pair of values of two factors stands: each row the one that brings most."""
    rows = list(itertools.product(*factors))
    missing = set().union(*map(pairs, rows))
    found: list[Row] = []
    while missing:
        best = max(rows, key=lambda row: len(pairs(row) & missing))
        found.append(best)
        missing -= pairs(best)
    return found


def case(rows: Iterable[Row]) -> Case:
    """Four rows at once, one in each tunnel."""
    policies = [Policy(e, i, g, *p, f) for e, i, g, p, f in rows]  # type: ignore[misc]
    azure = azure_side(connections=tuple(connection(n, policy=p) for n, p in enumerate(policies)))
    aws = AwsSide(
        tuple(
            tunnel(
                n,
                phase1_encryption=(ENCRYPTION[p.ike_encryption],),
                phase1_integrity=(INTEGRITY[p.ike_integrity],),
                phase1_dh_groups=(GROUP[p.dh_group],),
                phase2_encryption=(ENCRYPTION[p.ipsec_encryption],),
                phase2_integrity=("SHA2-256" if "GCM" in p.ipsec_integrity else INTEGRITY[p.ipsec_integrity],),
                phase2_dh_groups=(GROUP[p.pfs_group],),
            )
            for n, p in enumerate(policies)
        )
    )
    name = "; ".join(
        f"{p.ike_encryption} {p.ike_integrity} {p.dh_group} {p.ipsec_encryption} {p.ipsec_integrity} {p.pfs_group}"
        for p in policies
    )
    return Case(name, azure, aws, tuple(compare(azure, aws)))


def by_four(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), 4):
        yield (rows[start : start + 4] + rows[:3])[:4]


def test_all_combinations_come_up_and_rekey(machine: Machine) -> None:
    rows = list(itertools.product(*FACTORS)) if os.environ.get("REHEARSAL_CRYPTO") == "all" else pairwise(FACTORS)
    assert {row[n] for row in rows for n in range(5)} == {value for factor in FACTORS for value in factor}
    cases = [case(four) for four in by_four(rows)]
    assert all(s.up for c in cases for s in c.wanted), "the comparison accepts them"
    found = run(cases, kernel_esp=machine.kernel_esp, patience=PATIENCE)
    print(f"{len(rows)} combinations in {sum(f['seconds'] for f in found):.0f} s")
    wanted = [json.loads(json.dumps([outcome(s) for s in c.wanted])) for c in cases]
    assert [f for f, w in zip(found, wanted, strict=True) if f["outcomes"] != w] == []
