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
    """A BGP session through a tunnel: from `address` to `neighbor`."""

    tunnel: str
    address: str
    asn: int
    neighbor: str
    neighbor_asn: int


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
) -> str:
    """AWS's end, which opens the sessions. `vpcs`: prefix and next hop. One tunnel sends, but on a transit gateway."""
    policy = f'import limit {AWS_MOST_ROUTES} action disable; import all; export where proto = "{OWN}";'
    parts = [
        _head(own),
        _kernel("merge paths on; " if ecmp else ""),
        _routes(OWN, [(p, f"via {hop}") for p, hop in vpcs]),
        *(_routes(f"s_{session(s.tunnel)}", [(p, f'via "{s.tunnel}"') for p in s.prefixes]) for s in statics),
        *(_session(p, hold, policy) for p in peers),
    ]
    return "\n".join(parts)


def _head(router_id: str) -> str:
    return f"router id {router_id};\nprotocol device {{ scan time 2; }}"


def _kernel(options: str, exported: str = "all") -> str:
    return f"protocol kernel {{ scan time 60; {options}ipv4 {{ import none; export {exported}; }}; }}"


def _routes(name: str, routes: Iterable[tuple[str, str]], table: str = "master4") -> str:
    lines = "".join(f" route {prefix} {target};" for prefix, target in routes)
    return f"protocol static {name} {{ ipv4 {{ table {table}; }};{lines} }}"


def _session(peer: Peer, hold: int, policy: str, options: str = "") -> str:
    return (
        f"protocol bgp {session(peer.tunnel)} {{ local {peer.address} as {peer.asn}; "
        f'neighbor {peer.neighbor} as {peer.neighbor_asn}; direct; interface "{peer.tunnel}"; {options}'
        f"hold time {hold}; connect delay time 1; connect retry time 2; error wait time 1, 3; "
        f"ipv4 {{ next hop self; {policy} }}; }}"
    )


def _inner(name: str, own: str, asn: int, neighbor: str, policy: str) -> str:
    return (
        f"protocol bgp {name} {{ local {own} as {asn}; neighbor {neighbor} as {asn}; direct; hold time {FABRIC_HOLD}; "
        f"connect delay time 1; connect retry time 1; error wait time 1, 2; ipv4 {{ next hop self; {policy} }}; }}"
    )


def table_number(text: str) -> int:
    """A kernel routing table of its own, beyond the reserved ones."""
    return number(text) | 0x10000
