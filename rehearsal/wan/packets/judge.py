"""From what charon and BIRD say to the state of every tunnel. Pure.

Whether a tunnel is up is theirs to say. The comparison of both ends' settings lends its pairing, and its words for why,
where it too finds the tunnel down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..compare import compare
from ..model import AwsSide, AwsTunnel, AzureConnection, AzureGateway, AzureSide, Fault, Stage, TunnelState
from ..writeback import Json, Neighbor, NeighborKey, Routers, route
from .bird import Session, Table
from .lab import neighbor, session
from .plan import Heard
from .supervisor import EndSeen, Seen

NOT_OURS = "no IKE config found"  # what AWS says of the instance that its customer gateway does not name


def judge(azure: AzureSide, aws: AwsSide, seen: Seen) -> list[TunnelState]:
    return [_judge(state, seen) for state in compare(azure, aws)]


def _judge(compared: TunnelState, seen: Seen) -> TunnelState:
    tunnel, connection = compared.tunnel, compared.connection
    if tunnel is None or connection is None:
        return compared
    there = seen.ends.get(f"aws.{tunnel.outside_address}")
    here = seen.ends.get(f"azure.{tunnel.customer_address}.{tunnel.outside_address}")
    if not (here and there and here.answer.children and there.answer.children and there.proven):
        return _down(compared, here, there)
    bgp: bool | None = None
    faults: tuple[Fault, ...] = ()
    if connection.bgp or not tunnel.static:
        bgp, faults = _bgp(compared, tunnel, seen)
    routed = bgp is not False
    return replace(
        compared,
        faults=faults,
        bgp=bgp,
        azure_learns=_azure_learns(connection, tunnel, seen) if routed else (),
        aws_learns=_aws_learns(tunnel, seen) if routed else (),
        traffic=here.traffic,
        established=here.since,
    )


# --- IPsec ------------------------------------------------------------------------------------------------------------


def _down(compared: TunnelState, here: EndSeen | None, there: EndSeen | None) -> TunnelState:
    ready = tuple(f for f in compared.faults if f.stage is Stage.READY)
    why = next((f.why for f in compared.faults if f.stage is not Stage.BGP), "")
    fault = Fault(_stage(here, there), _log(here, there), why)
    return replace(
        compared,
        faults=ready or (fault,),
        bgp=None if compared.bgp is None else False,
        azure_learns=(),
        aws_learns=(),
        traffic=here.traffic if here else None,
    )


def _stage(here: EndSeen | None, there: EndSeen | None) -> Stage:
    if here is None or there is None:
        return Stage.REACH
    return Stage.IPSEC if there.refused or here.answer.established else Stage.IKE


def _log(here: EndSeen | None, there: EndSeen | None) -> str:
    """What both ends' logs say; of AWS's not what it said to the other instance."""
    if there is not None and there.refused:
        return "NO_PROPOSAL_CHOSEN at the first rekey, CHILD_SA lost"
    if there is not None and there.answer.children:
        return "waiting for the first rekey"
    said = [here.complaint] if here else []
    if there and (here is None or NOT_OURS not in there.complaint):
        said.append(there.complaint)
    return "; ".join(dict.fromkeys(filter(None, said))) or "no answer yet"


# --- BGP --------------------------------------------------------------------------------------------------------------


def _bgp(compared: TunnelState, tunnel: AwsTunnel, seen: Seen) -> tuple[bool, tuple[Fault, ...]]:
    name = session(tunnel.outside_address)
    both = [seen.routers.get(router, Table()).sessions.get(name) for router in (_instance(tunnel), tunnel.gateway_id)]
    if all(s and s.established for s in both):
        return True, ()
    why = next((f.why for f in compared.faults if f.stage is Stage.BGP), "")
    return False, (Fault(Stage.BGP, _words(both), why),)


def _words(both: Iterable[Session | None]) -> str:
    found = [s for s in both if s is not None]
    errors = list(dict.fromkeys(f"BGP: {s.error}" for s in found if s.error))
    if errors:
        return "; ".join(errors)
    return "BGP stays in Connect" if len(found) == 2 else "no BGP session on one end"


def _instance(tunnel: AwsTunnel) -> str:
    return f"gw.{tunnel.customer_address}"


def _azure_learns(connection: AzureConnection, tunnel: AwsTunnel, seen: Seen) -> tuple[str, ...]:
    if not connection.bgp:
        return connection.local.prefixes
    return seen.routers.get(_instance(tunnel), Table()).learned(session(tunnel.outside_address))


def _aws_learns(tunnel: AwsTunnel, seen: Seen) -> tuple[str, ...]:
    if tunnel.static:
        return tunnel.routes
    return seen.routers.get(tunnel.gateway_id, Table()).learned(session(tunnel.outside_address))


def routers(azure: AzureSide, seen: Seen) -> Routers:
    sessions = dict(_sessions(azure, seen))
    return Routers(
        neighbors={
            key: Neighbor(s.established, s.since if s.established else None, routes)
            for key, (s, routes) in sessions.items()
        },
        messages={key: (s.sent, s.received) for key, (s, _unused) in sessions.items()},
        learned={g.id: tuple(_learned(g, azure, seen)) for g in azure.gateways},
    )


def _sessions(azure: AzureSide, seen: Seen) -> Iterator[tuple[NeighborKey, tuple[Session, int]]]:
    """Every session of every instance, and how many routes came by it."""
    for gateway in azure.gateways:
        outside = _outside(gateway, azure)
        inside = {neighbor(i.default_bgp_address): i.default_bgp_address for i in gateway.instances}
        for instance in gateway.instances:
            table = seen.routers.get(f"gw.{instance.public_address}", Table())
            for name, found in table.sessions.items():
                if address := (outside | inside).get(name):
                    yield (gateway.id, instance.default_bgp_address, address), (found, len(table.learned(name)))


def _outside(gateway: AzureGateway, azure: AzureSide) -> dict[str, str]:
    """The neighbor's address of every session through a tunnel."""
    return {
        session(c.local.address): str(c.local.bgp_address)
        for c in azure.connections
        if c.gateway_id == gateway.id and c.bgp
    }


def _learned(gateway: AzureGateway, azure: AzureSide, seen: Seen) -> Iterator[Json]:
    """The routing table of every instance, in Azure's words."""
    outside = _outside(gateway, azure)
    for instance in gateway.instances:
        own = instance.default_bgp_address
        inside = {neighbor(i.default_bgp_address): i.default_bgp_address for i in gateway.instances if i != instance}
        for r in seen.routers.get(f"gw.{instance.public_address}", Table()).routes:
            if r.session in outside:
                yield route(own, r.prefix, outside[r.session], outside[r.session], "EBgp", str(r.asn))
            elif r.session in inside:
                path = "" if r.asn is None else str(r.asn)
                yield route(own, r.prefix, inside[r.session], inside[r.session], "IBgp", path)
            else:
                yield route(own, r.prefix, "", own, "Network", "")


def heard(azure: AzureSide, seen: Seen) -> Heard:
    """What the lab is to follow."""
    found: dict[str, tuple[str, ...]] = {}
    for gateway in azure.gateways:
        tables = [seen.routers.get(f"gw.{i.public_address}", Table()) for i in gateway.instances]
        prefixes = {r.prefix for t in tables for r in t.routes if r.session.startswith("t_")}
        found[gateway.vnet_id] = tuple(sorted(prefixes))
    return Heard(found, frozenset(n for n, e in seen.ends.items() if n.startswith("azure.") and e.answer.children))
