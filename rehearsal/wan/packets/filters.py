"""Network security groups, security groups and network ACLs as nftables, a counter on every rule. Pure.

The chain of a machine stands in the router before it. An allowed packet returns, as it may have another machine's
chain before it; what no rule allows is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses, ip_network

from .networks import ANY, Rule

TABLE = "rehearsal"
HOOK = "    type filter hook forward priority 0; policy accept;"


@dataclass(frozen=True)
class Guard:
    """What stands between a router and the machine at `interface`: stateless first, then stateful. None: no filter."""

    interface: str
    stateful: tuple[Rule, ...] | None = None
    stateless: tuple[Rule, ...] | None = None


def ruleset(guards: Iterable[Guard], tags: Mapping[str, tuple[str, ...]]) -> str:
    """`tags`: a service tag -> the prefixes that it means; of a tag that is not in it no packet is."""
    guards = list(guards)
    chains: list[str] = []
    forward: list[str] = []
    for attribute in ("stateless", "stateful"):
        if attribute == "stateful":
            forward.append("ct state established,related counter accept")
        for number, guard in enumerate(guards):
            rules = getattr(guard, attribute)
            if rules is None:
                continue
            for inbound, keyword in ((True, "oifname"), (False, "iifname")):
                name = f"{attribute}_{'in' if inbound else 'out'}_{guard.interface}_{number}"
                chains.append(_chain(name, [r for r in rules if r.inbound is inbound], tags))
                forward.append(f'{keyword} "{guard.interface}" jump {name}')
    return _table([*chains, "  chain forward {", HOOK, *(f"    {line}" for line in forward), "  }"])


def _chain(name: str, rules: list[Rule], tags: Mapping[str, tuple[str, ...]]) -> str:
    lines = [
        f'    {match}counter {"return" if rule.allow else "drop"} comment "{_comment(rule.name)}"'
        for rule in rules
        for match in _matches(rule, tags)
    ]
    last = '    counter drop comment "no rule allows"'
    return "\n".join([f"  chain {name} {{", *lines, last, "  }"])


def _matches(rule: Rule, tags: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Nothing where a side of the rule means no address at all."""
    source, destination = _addresses("saddr", rule.sources, tags), _addresses("daddr", rule.destinations, tags)
    if source is None or destination is None:
        return
    ports = _ports("sport", rule.source_ports) + _ports("dport", rule.destination_ports)
    protocol = "{ tcp, udp }" if rule.protocol == "*" and ports else rule.protocol
    yield source + destination + ("" if protocol == "*" else f"meta l4proto {protocol} ") + ports


def _addresses(field: str, prefixes: tuple[str, ...], tags: Mapping[str, tuple[str, ...]]) -> str | None:
    if prefixes == ANY:
        return ""
    networks = [n for p in prefixes for t in tags.get(p, (p,)) if (n := _network(t)) is not None]
    if not networks:
        return None
    text = ", ".join(str(n) for n in collapse_addresses(networks))
    return f"ip {field} {{ {text} }} "


def _network(text: str) -> IPv4Network | None:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    return network if isinstance(network, IPv4Network) else None


def _ports(field: str, ports: tuple[str, ...]) -> str:
    return "" if ports == ANY else f"th {field} {{ {', '.join(ports)} }} "


def _comment(text: str) -> str:
    return text.replace('"', "'")[:100]


def internet_filter(cut: Iterable[str]) -> str:
    """Packets of the addresses in `cut` are lost; the rest is counted by what it is.

    ESP goes in UDP here; what begins with four zero bytes is IKE (RFC 3948, 2.2).
    """
    lost = [f'ip {side} {a} counter drop comment "cut"' for a in sorted(cut) for side in ("saddr", "daddr")]
    counted = (
        'udp dport 500 counter accept comment "IKE"',
        'udp dport 4500 @th,64,32 0 counter accept comment "IKE"',
        'udp dport 4500 counter accept comment "ESP"',
        'meta l4proto esp counter accept comment "ESP"',
        'counter comment "anything else"',
    )
    return _table(["  chain forward {", HOOK, *(f"    {line}" for line in (*lost, *counted)), "  }"])


def _table(lines: Iterable[str]) -> str:
    """One transaction: whatever the table was before."""
    body = "\n".join(lines)
    return f"table inet {TABLE}\ndelete table inet {TABLE}\ntable inet {TABLE} {{\n{body}\n}}\n"


def azure_tags(own: Iterable[str], beyond: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """`beyond`: what the VNet reaches through its gateway or a user's route (MS, service tags: VirtualNetwork)."""
    inside = tuple(dict.fromkeys((*own, *beyond)))
    outside = [IPv4Network("0.0.0.0/0")]
    for network in filter(None, map(_network, inside)):
        outside = [piece for whole in outside for piece in _without(whole, network)]
    return {
        "VirtualNetwork": inside,
        "AzureLoadBalancer": ("168.63.129.16/32",),
        "Internet": tuple(str(n) for n in outside),
    }


def _without(whole: IPv4Network, hole: IPv4Network) -> Iterable[IPv4Network]:
    if not whole.overlaps(hole):
        return [whole]
    return whole.address_exclude(hole) if hole.subnet_of(whole) and hole != whole else []
