"""From what both clouds say to the lab. Pure. Neither side is made from a word of the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network, ip_network

from ..azure_side import GATEWAY_SUBNET
from ..compare import local_bgp_address
from ..model import ANYWHERE, AwsSide, AwsTunnel, AzureConnection, AzureGateway, AzureSide, Instance
from ..transit import Transit
from . import bgp
from .filters import Guard, azure_tags, internet_filter, ruleset
from .ike import aws_end, azure_ends, usable
from .lab import INTERNET, End, Faults, Host, Lab, Timers, number, session, short
from .networks import FIRST_HOST, AwsGateway, AwsNetwork, AzureSubnet, Machine, UserRoute, Vnet, Vpc

BEYOND = "100.64.0.1"  # the internet, as every public address sees it
TRANSFER = IPv4Network("100.64.0.0/10")  # between a VPC and its gateways
BRIDGE = "gateway"
LOCAL = "VnetLocal"
LAST = 9999  # metric of a route that stands behind all others


@dataclass(frozen=True)
class Heard:
    """What Azure's own daemons say, as far as the lab depends on it.

    `learned`: VNet id -> the prefixes that its gateway has by BGP, which Azure's VirtualNetwork tag contains.
    `up`: the ends with a child SA.
    """

    learned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    up: frozenset[str] = frozenset()


def plan(
    azure: AzureSide,
    vnets: Iterable[Vnet],
    aws: AwsSide,
    network: AwsNetwork,
    heard: Heard,
    faults: Faults,
    timers: Timers,
) -> Lab:
    lab = Lab(timers=timers)
    ends = [(c, e) for c, e in azure_ends(azure, timers) if e.own not in faults.killed]
    for vnet in vnets:
        gateway = next((g for g in azure.gateways if g.vnet_id == vnet.id), None)
        own_ends = [(c, e) for c, e in ends if gateway and c.gateway_id == gateway.id]
        _azure(lab, gateway, vnet, own_ends, heard, faults)
    tunnels = [
        (t, end)
        for t in sorted(aws.tunnels, key=lambda t: t.outside_address)
        if (end := aws_end(t, timers)) is not None and t.outside_address not in faults.killed
    ]
    _aws(lab, network, {t.gateway_id for t in aws.tunnels}, tunnels)
    _internet(lab, faults)
    return lab


# --- Azure ------------------------------------------------------------------------------------------------------------


def _asn(gateway: AzureGateway | None) -> int:
    return (gateway.asn if gateway else 0) or 65515


def _is_there(instance: Instance) -> bool:
    """One that is being reset has no address."""
    return bool(instance.public_address and instance.default_bgp_address)


def _azure(
    lab: Lab,
    gateway: AzureGateway | None,
    vnet: Vnet,
    ends: list[tuple[AzureConnection, End]],
    heard: Heard,
    faults: Faults,
) -> None:
    """The VNet's machines stand whatever becomes of its gateway, and so do the gateway's instances while it changes."""
    router = f"vnet.{_label(vnet.id)}"
    gateway_subnet = next((s for s in vnet.subnets if s.name == GATEWAY_SUBNET), None)
    if gateway_subnet is None:
        return
    gateway_range = _network(gateway_subnet.prefix)
    lab.namespaces.add(router)
    own = str(gateway_range[1])
    lab.say(router, f"link add {BRIDGE} type bridge", f"address add {own}/{gateway_range.prefixlen} dev {BRIDGE}")
    lab.say(router, f"link set {BRIDGE} up")
    instances = gateway.instances if gateway else ()
    alive = [i for i in instances if _is_there(i) and i.public_address not in faults.killed]
    if gateway is not None:
        for instance in alive:
            own_ends = [(c, e) for c, e in ends if e.own == instance.public_address]
            _instance(lab, gateway, instance, router, gateway_subnet, own_ends, heard.up)
    guards, tables = [], []
    for subnet in vnet.subnets:
        network = _network(subnet.prefix)
        if subnet.name != GATEWAY_SUBNET and network.num_addresses > 2 * FIRST_HOST:
            place = f"vm.{_label(vnet.id)}.{subnet.name}"
            for machine, own_range in _machines(place, network, subnet.machines):
                interface = _host(lab, router, "azure", machine, network, vnet.id)
                guards += [Guard(interface, stateful=subnet.rules), Guard(interface, stateful=machine.rules)]
                tables.append((interface, own_range, subnet))
    spare = _spare(vnet.prefixes, [s.prefix for s in vnet.subnets])
    if spare is not None:
        stranger = Machine(f"vm.{_label(vnet.id)}.foreign", str(spare[FIRST_HOST]))
        interface = _host(lab, router, "azure", stranger, spare, vnet.id, foreign=True)
        tables.append((interface, spare, AzureSubnet("foreign", str(spare))))
    tables.append((BRIDGE, gateway_range, gateway_subnet))
    connected = [(n, i) for i, n, _unused in tables]
    effective = []
    for interface, _unused, subnet in tables:
        table = bgp.table_number(f"{vnet.id} {subnet.name}")
        lab.say(router, f"rule add iif {interface} lookup {table}")
        routes = tuple(_effective(subnet, connected, vnet, alive))
        effective.append(bgp.Effective(f"r_{interface}", table, routes, subnet.propagation))
        if subnet == tables[0][2]:
            lab.say(router, f"rule add iif lo lookup {table}")  # the router's own words, to whom it traces
    lab.routers[router] = bgp.fabric(own, _asn(gateway), [i.default_bgp_address for i in alive], effective)
    beyond = (
        *heard.learned.get(vnet.id, ()),
        *(p for c, _unused in ends for p in c.local.prefixes),
        *(r.prefix for s in vnet.subnets for r in s.routes if r.kind != LOCAL),
    )
    lab.filters[router] = ruleset(guards, azure_tags(vnet.prefixes, beyond))


def _effective(
    subnet: AzureSubnet, connected: list[tuple[IPv4Network, str]], vnet: Vnet, alive: list[Instance]
) -> Iterator[tuple[str, str]]:
    """Prefix and what BIRD says after it. Inside the VNet the system knows one route for each range of it, which a
    user's route of the same or a longer prefix takes the place of (MS, UDR overview); here a subnet is a route.
    """
    ranges = [_network(p) for p in vnet.prefixes]
    given = [(r, _network(r.prefix)) for r in subnet.routes if _is_network(r.prefix)]
    for network, interface in connected:
        longest = max((r.prefixlen for r in ranges if network.subnet_of(r)), default=0)
        over = [(n.prefixlen, r.kind) for r, n in given if network.subnet_of(n) and n.prefixlen >= longest]
        if max(over, default=(0, LOCAL))[1] == LOCAL:
            yield str(network), f'via "{interface}"'
    for route, network in given:
        if route.kind != LOCAL:
            yield str(network), _next_hop(route, alive)


def _is_network(prefix: str) -> bool:
    """Not a service tag, which no route here leads to."""
    try:
        _network(prefix)
    except ValueError:
        return False
    return True


def _next_hop(route: UserRoute, alive: list[Instance]) -> str:
    if route.kind == "VirtualNetworkGateway" and alive:
        return " ".join(f"via {i.default_bgp_address}" for i in alive)
    if route.kind == "VirtualAppliance" and route.address:
        return f"via {route.address}"
    return "unreachable"  # None, and Internet: there is nothing behind it here


def _instance(
    lab: Lab,
    gateway: AzureGateway,
    instance: Instance,
    router: str,
    gateway_subnet: AzureSubnet,
    ends: list[tuple[AzureConnection, End]],
    up: frozenset[str],
) -> None:
    own = f"gw.{instance.public_address}"
    subnet = _network(gateway_subnet.prefix)
    lab.link(own, "vnet", router, f"i{instance.index}")
    lab.say(router, f"link set i{instance.index} master {BRIDGE}")
    lab.say(own, f"address add {instance.default_bgp_address}/{subnet.prefixlen} dev vnet")
    for _connection, end in ends:
        _end(lab, end)
    statics = [bgp.Static(e.tunnel, c.local.prefixes) for c, e in ends if not c.bgp]
    peers: dict[str, bgp.Peer] = {}
    # BGP tells its peers apart by address: a second one gets no session; one that is up goes first.
    for connection, _own in sorted(ends, key=lambda p: p[1].name not in up):
        peer = _azure_peer(gateway, connection, instance)
        if connection.bgp and peer is not None:
            peers.setdefault(peer.neighbor, peer)
    ordered = sorted(peers.values(), key=lambda p: p.tunnel)
    lab.say(own, *(f"address add {p.address} peer {p.neighbor} dev {p.tunnel}" for p in ordered))
    others = [i.default_bgp_address for i in gateway.instances if i != instance]
    lab.routers[own] = bgp.instance(
        instance.default_bgp_address,
        _asn(gateway),
        str(subnet[1]),
        others,
        gateway.vnet_prefixes,
        ordered,
        statics,
        lab.timers.azure_hold,
        forwards=gateway_subnet.propagation,
    )


def _azure_peer(gateway: AzureGateway, connection: AzureConnection, instance: Instance) -> bgp.Peer | None:
    local, address = connection.local, local_bgp_address(connection, instance)
    if not gateway.bgp or not local.bgp_address or local.asn is None or not address:
        return None
    if address not in (*instance.custom_bgp_addresses, instance.default_bgp_address) or address == local.bgp_address:
        return None
    return bgp.Peer(local.address, address, gateway.asn, local.bgp_address, local.asn)


# --- AWS --------------------------------------------------------------------------------------------------------------


def _aws(lab: Lab, network: AwsNetwork, used: set[str], tunnels: list[tuple[AwsTunnel, End]]) -> None:
    gateways = [g for g in network.gateways if g.id in used]
    for gateway in gateways:
        _aws_gateway(lab, gateway, network, [(t, e) for t, e in tunnels if t.gateway_id == gateway.id])
    for vpc in network.vpcs:
        if any(vpc.id in g.vpcs for g in gateways):
            _vpc(lab, vpc, [g for g in gateways if vpc.id in g.vpcs])


def _aws_gateway(lab: Lab, gateway: AwsGateway, network: AwsNetwork, tunnels: list[tuple[AwsTunnel, End]]) -> None:
    lab.namespaces.add(gateway.id)
    hops, ranges = {}, {}
    for vpc in (v for v in network.vpcs if v.id in gateway.vpcs):
        here, there = _transfer(gateway.id, vpc.id)
        interface = short("v", vpc.id)
        lab.link(gateway.id, interface, vpc.id, short("g", gateway.id))
        lab.say(gateway.id, f"address add {here}/30 dev {interface}")
        lab.say(vpc.id, f"address add {there}/30 dev {short('g', gateway.id)}")
        hops[vpc.id], ranges[vpc.id] = there, vpc.prefixes
    peers: list[bgp.Peer] = []
    statics: list[bgp.Static] = []
    for tunnel, end in tunnels:
        _end(lab, end)
        inside = _network(tunnel.inside_cidr)
        lab.say(gateway.id, f"address add {inside[1]}/30 dev {end.tunnel}")
        if tunnel.static:
            statics.append(bgp.Static(end.tunnel, tunnel.routes))
        else:
            told = None if gateway.tables is None else gateway.tables.announced(tunnel.vpn_connection_id, ranges)
            addresses = str(inside[1]), tunnel.asn, str(inside[2]), tunnel.customer_asn
            peers.append(bgp.Peer(end.tunnel, *addresses, told))
    vpcs = {p: hops[v] for v, prefixes in ranges.items() for p in prefixes}
    tables = []
    if gateway.tables is not None:
        reached = dict(p for t in reversed(gateway.tables.tables) for p in reversed([*t.to_vpcs(ranges)]))
        vpcs = {p: hops[v] for p, v in reached.items()}
        tables = list(_transit(lab, gateway.id, gateway.tables, hops, ranges, [t for t, _unused in tunnels]))
    router_id = str(IPv4Address(number(gateway.id) | 1))
    lab.routers[gateway.id] = bgp.aws_gateway(
        router_id, vpcs.items(), peers, statics, lab.timers.aws_hold, ecmp=gateway.ecmp, tables=tables
    )


def _transit(
    lab: Lab,
    gateway: str,
    transit: Transit,
    hops: dict[str, str],
    ranges: dict[str, tuple[str, ...]],
    tunnels: list[AwsTunnel],
) -> Iterator[bgp.Table]:
    """What comes from an attachment goes by the table that it is associated with, and nowhere without one."""
    ways = {v: (f"via {hop}", short("v", v)) for v, hop in hops.items()}
    behind: dict[str, list[str]] = {}
    for tunnel in tunnels:
        behind.setdefault(tunnel.vpn_connection_id, []).append(tunnel.outside_address)
    interfaces = {v: [interface] for v, (_via, interface) in ways.items()} | behind
    leads = {v: via for v, (via, _interface) in ways.items()}
    leads |= {c: " ".join(f'via "{t}"' for t in outside) for c, outside in behind.items()}
    used = {bgp.table_number(f"{gateway} nowhere")}
    for attached, own in interfaces.items():
        table = transit.table_of(attached)
        chosen = bgp.table_number(f"{gateway} {table.id if table else 'nowhere'}")
        lab.say(gateway, *(f"rule add iif {interface} lookup {chosen}" for interface in own))
    for table in transit.tables:
        kernel = bgp.table_number(f"{gateway} {table.id}")
        used.add(kernel)
        routes = {prefix: leads.get(target, "blackhole") for prefix, target in table.routes}
        for prefix, vpc in table.to_vpcs(ranges):
            routes.setdefault(prefix, leads[vpc])
        sessions = (session(t) for c in table.propagations for t in behind.get(c, ()))
        yield bgp.Table(f"t{kernel}", kernel, tuple(routes.items()), tuple(sessions))
    lab.say(gateway, *(f"route add unreachable default metric {LAST} table {n}" for n in sorted(used)))


def _vpc(lab: Lab, vpc: Vpc, gateways: list[AwsGateway]) -> None:
    guards = []
    connected = []
    for subnet in vpc.subnets:
        network = _network(subnet.prefix)
        if network.num_addresses > 2 * FIRST_HOST:
            for machine, own_range in _machines(subnet.id, network, subnet.machines):
                interface = _host(lab, vpc.id, "aws", machine, network, vpc.id)
                groups = vpc.groups if machine.rules is None else machine.rules
                guards.append(Guard(interface, stateful=groups, stateless=subnet.acl or None))
                connected.append((interface, own_range, subnet))
    spare = _spare(vpc.prefixes, [s.prefix for s in vpc.subnets])
    if spare is not None and connected:  # it goes by the first subnet's route table
        stranger = Machine(f"{vpc.id}.foreign", str(spare[FIRST_HOST]))
        interface = _host(lab, vpc.id, "aws", stranger, spare, vpc.id, foreign=True)
        connected.append((interface, spare, connected[0][2]))
    hops = {g.id: _transfer(g.id, vpc.id)[0] for g in gateways}
    for interface, _unused, subnet in connected:
        table = bgp.table_number(f"{vpc.id} {interface}")
        lab.say(vpc.id, f"rule add iif {interface} lookup {table}")
        if subnet == connected[0][2]:
            lab.say(vpc.id, f"rule add iif lo lookup {table}")
        lab.say(vpc.id, *(f"route add {n} dev {i} table {table}" for i, n, _unused in connected))
        for route in subnet.routes:
            target = (
                f"{route.prefix} via {hops[route.target]}" if route.target in hops else f"unreachable {route.prefix}"
            )
            lab.say(vpc.id, f"route add {target} table {table}")
    lab.filters[vpc.id] = ruleset(guards, {})


def _transfer(gateway_id: str, vpc_id: str) -> tuple[str, str]:
    """The gateway's address and the VPC's, in a /30 of their own."""
    base = int(TRANSFER.network_address) + 256 + 4 * (number(f"{gateway_id} {vpc_id}") % (2**20 - 64))
    return str(IPv4Address(base + 1)), str(IPv4Address(base + 2))


# --- both -------------------------------------------------------------------------------------------------------------


def _end(lab: Lab, end: End) -> None:
    if not usable(end):
        return
    lab.ends[end.name] = end
    inner = dict.fromkeys(_network(r)[1] for r in (*end.behind, *end.local_ranges) if r != ANYWHERE)
    lab.link(end.name, "out", INTERNET, _internet_interface(end))
    lab.say(
        end.name,
        f"address add {end.own}/32 dev out",
        f"route add {BEYOND} dev out",
        f"route add default via {BEYOND} dev out",
        *([f"route add blackhole {end.peer}"] if end.lost else ()),
        # libipsec takes no policy without an address in it here; nobody asks this one.
        *(f"address add {address}/32 dev out" for address in inner),
    )
    lab.namespaces.add(end.gateway)


def _internet_interface(end: End) -> str:
    return end.own if end.own == end.tunnel else short("a", end.name)


def _internet(lab: Lab, faults: Faults) -> None:
    """AWS's addresses are one machine each; an Azure address is as many as there are peers, told apart by these."""
    lab.namespaces.add(INTERNET)
    sources = set()
    for end in lab.ends.values():
        interface = _internet_interface(end)
        lab.say(INTERNET, f"address add {BEYOND}/32 dev {interface}")
        if end.own == end.tunnel:
            lab.say(INTERNET, f"route add {end.own} dev {interface}")
        else:
            sources.add(end.peer)
            lab.say(INTERNET, f"route add {end.own} dev {interface} table {int(IPv4Address(end.peer))}")
    for source in sorted(sources):
        lab.say(INTERNET, f"rule add from {source} lookup {int(IPv4Address(source))}")
    lab.say(INTERNET, "route add blackhole default")
    lab.filters[INTERNET] = internet_filter(faults.cut)


def _machines(place: str, network: IPv4Network, made: Iterable[Machine]) -> Iterator[tuple[Machine, IPv4Network]]:
    """Who is in a subnet, and what of it is theirs: one that is always there, and those that somebody made.

    The first has the rules of whom somebody made at its address; the rest of the subnet is also its.
    """
    first = str(network[FIRST_HOST])
    by_address = {m.address: m for m in made if IPv4Address(m.address) in network}
    yield Machine(place, first, by_address[first].rules if first in by_address else None), network
    for address in sorted(by_address.keys() - {first}, key=IPv4Address):
        yield replace(by_address[address], name=f"{place}.{address}"), IPv4Network(address)


def _host(
    lab: Lab, router: str, cloud: str, machine: Machine, network: IPv4Network, behind: str, *, foreign: bool = False
) -> str:
    """A machine on a cable to `router`. Returns the router's interface."""
    name, own = machine.name, machine.address
    interface = short("h", name)
    lab.link(router, interface, name, "eth0")
    if own == str(network[FIRST_HOST]):
        lab.say(router, f"address add {network[1]}/{network.prefixlen} dev {interface}")
        lab.say(name, f"address add {own}/{network.prefixlen} dev eth0")
    else:
        lab.say(router, f"address add {network[1]}/32 dev {interface}", f"route add {own} dev {interface}")
        lab.say(name, f"address add {own}/32 dev eth0", f"route add {network[1]} dev eth0")
    lab.say(name, f"route add default via {network[1]}")
    lab.hosts.append(Host(name, cloud, name, own, behind, foreign))
    return interface


def _spare(prefixes: Iterable[str], taken: Iterable[str]) -> IPv4Network | None:
    """The last /28 that no subnet has."""
    subnets = [_network(t) for t in taken]
    for prefix in prefixes:
        whole = _network(prefix)
        for network in _last(whole):
            if not any(network.overlaps(s) for s in subnets):
                return network
    return None


def _last(whole: IPv4Network) -> Iterator[IPv4Network]:
    for address in range(int(whole.broadcast_address) - 15, int(whole.network_address) - 1, -16):
        yield IPv4Network((address, 28))


def _network(text: str) -> IPv4Network:
    network = ip_network(text, strict=False)
    assert isinstance(network, IPv4Network)
    return network


def _label(resource_id: str) -> str:
    """rg.name, of an id of ARM."""
    parts = resource_id.split("/")
    return ".".join(filter(None, (parts[4] if len(parts) > 4 else "", parts[-1])))
