"""BIRD's configurations: a gateway instance, the VNet's fabric, AWS's gateway. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .lab import neighbor, number, session

FABRIC_HOLD = 9  # seconds, between Azure's instances and their fabric (see ../invented.py)
AWS_MOST_ROUTES = 100  # more end the session (AWS, quotas)
OWN, FABRIC = "own", "fabric"


@dataclass(frozen=True)
class Peer:
    """A BGP session through a tunnel: from `address` to `neighbor`. `told`: prefixes of one's own; None: all."""

    tunnel: str
    address: str
    asn: int
    neighbor: str
    neighbor_asn: int
    told: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Static:
    """Prefixes behind a tunnel without BGP."""

    tunnel: str
    prefixes: tuple[str, ...]


@dataclass(frozen=True)
class Effective:
    """Routes of one subnet of a VNet: a kernel table of its own. `routes`: prefix -> what BIRD says after it."""

    name: str
    table: int
    routes: tuple[tuple[str, str], ...]
    propagation: bool


@dataclass(frozen=True)
class Table:
    """A route table of a transit gateway: a kernel table of its own. `sessions` are those whose routes it takes."""

    name: str
    table: int
    routes: tuple[tuple[str, str], ...]
    sessions: tuple[str, ...]


def instance(
    own: str,
    asn: int,
    fabric: str,
    others: Iterable[str],
    vnet: Iterable[str],
    peers: Iterable[Peer],
    statics: Iterable[Static],
    hold: int,
    *,
    forwards: bool = True,
) -> str:
    """Azure's end: it never opens a session with an APIPA address (MS, BGP FAQ), so it is passive.

    `forwards`: by what it learned; not where GatewaySubnet's route table has propagation disabled (MS, UDR overview:
    the gateway does not function then).
    """
    vnet = tuple(vnet)
    refused = f"if net ~ [ {', '.join(vnet)} ] then reject; " if vnet else ""  # the VNet's own (MS, BGP FAQ)
    parts = [
        _head(own),
        _kernel("merge paths on; ", "all" if forwards else f'where proto = "{OWN}"'),
        _routes(OWN, [(p, f"via {fabric}") for p in vnet]),
        *(_routes(f"s_{session(s.tunnel)}", [(p, f'via "{s.tunnel}"') for p in s.prefixes]) for s in statics),
        *(
            _session(p, hold, f'import filter {{ {refused}accept; }}; export where proto = "{OWN}";', "passive; ")
            for p in peers
        ),
        *(_inner(neighbor(o), own, asn, o, f'import all; export where proto != "{OWN}";') for o in others),
        _inner(FABRIC, own, asn, fabric, f'import none; export where proto != "{OWN}";'),
    ]
    return "\n".join(parts)


def fabric(own: str, asn: int, instances: Iterable[str], subnets: Iterable[Effective]) -> str:
    """The VNet's routing: what the instances know, and of it what each subnet takes."""
    parts = [_head(own)]
    for s in subnets:
        parts += [
            f"ipv4 table {s.name};",
            f"protocol kernel k_{s.name} {{ scan time 60; kernel table {s.table}; merge paths on; "
            f"ipv4 {{ table {s.name}; import none; export all; }}; }}",
            f"protocol pipe p_{s.name} {{ table {s.name}; peer table master4; "
            f"import {'all' if s.propagation else 'none'}; export none; }}",
            _routes(f"u_{s.name}", s.routes, s.name),
        ]
    parts += [_inner(neighbor(i), own, asn, i, "import all; export none;") for i in instances]
    return "\n".join(parts)


def aws_gateway(
    own: str,
    vpcs: Iterable[tuple[str, str]],
    peers: Iterable[Peer],
    statics: Iterable[Static],
    hold: int,
    *,
    ecmp: bool,
    tables: Iterable[Table] = (),
) -> str:
    """AWS's end, which opens the sessions. `vpcs`: prefix and next hop. One tunnel sends, but on a transit gateway."""
    merged = "merge paths on; " if ecmp else ""
    parts = [
        _head(own),
        _kernel(merged),
        _routes(OWN, [(p, f"via {hop}") for p, hop in vpcs]),
        *(_routes(f"s_{session(s.tunnel)}", [(p, f'via "{s.tunnel}"') for p in s.prefixes]) for s in statics),
        *(_session(p, hold, _aws_policy(p.told)) for p in peers),
        *(_table(t, merged) for t in tables),
    ]
    return "\n".join(parts)


def _aws_policy(told: tuple[str, ...] | None) -> str:
    exported = f'where proto = "{OWN}"'
    if told is not None:
        exported = f"{exported} && net ~ [ {', '.join(told)} ]" if told else "none"
    return f"import limit {AWS_MOST_ROUTES} action disable; import all; export {exported};"


def _table(table: Table, merged: str) -> str:
    taken = " || ".join(f'proto = "{s}"' for s in table.sessions)
    return "\n".join(
        (
            f"ipv4 table {table.name};",
            f"protocol kernel k_{table.name} {{ scan time 60; kernel table {table.table}; {merged}"
            f"ipv4 {{ table {table.name}; import none; export all; }}; }}",
            f"protocol pipe p_{table.name} {{ table {table.name}; peer table master4; "
            f"import {f'where {taken}' if taken else 'none'}; export none; }}",
            _routes(f"u_{table.name}", table.routes, table.name),
        )
    )


def _head(router_id: str) -> str:
    return f"router id {router_id};\nprotocol device {{ scan time 2; }}"


def _kernel(options: str, exported: str = "all") -> str:
    return f"protocol kernel {{ scan time 60; {options}ipv4 {{ import none; export {exported}; }}; }}"


def _routes(name: str, routes: Iterable[tuple[str, str]], table: str = "master4") -> str:
    lines = "".join(f" route {prefix} {target};" for prefix, target in routes)
    return f"protocol static {name} {{ ipv4 {{ table {table}; }};{lines} }}"


def _session(peer: Peer, hold: int, policy: str, options: str = "") -> str:
    return (
        f"protocol bgp {session(peer.tunnel)} {{ debug {{ packets }}; local {peer.address} as {peer.asn}; "
        f'neighbor {peer.neighbor} as {peer.neighbor_asn}; direct; interface "{peer.tunnel}"; {options}'
        f"hold time {hold}; connect delay time 1; connect retry time 2; error wait time 1, 3; "
        f"ipv4 {{ next hop self; {policy} }}; }}"
    )


def _inner(name: str, own: str, asn: int, neighbor: str, policy: str) -> str:
    return (
        f"protocol bgp {name} {{ debug {{ packets }}; local {own} as {asn}; neighbor {neighbor} as {asn}; direct; "
        f"hold time {FABRIC_HOLD}; connect delay time 1; connect retry time 1; error wait time 1, 2; "
        f"ipv4 {{ next hop self; {policy} }}; }}"
    )


def table_number(text: str) -> int:
    """A kernel routing table of its own, beyond the reserved ones."""
    return number(text) | 0x10000
