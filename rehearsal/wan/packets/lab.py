"""What the machine shall be: namespaces, links, addresses, routes, filters, IKE daemons, routers. Values only.

Interfaces of tunnels are named by AWS's outside address, in the gateways of both clouds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from zlib import crc32

from ..model import Secret

INTERNET = "internet"


def short(prefix: str, text: str) -> str:
    """A name for an interface (15 characters at most), the same for the same text."""
    return f"{prefix}{number(text):08x}"


def number(text: str) -> int:
    return crc32(text.encode())


def session(outside_address: str) -> str:
    """The name in BIRD of the session through a tunnel."""
    return f"t_{outside_address.replace('.', '_')}"


def neighbor(address: str) -> str:
    """The name in BIRD of the session with another router of one's own network."""
    return f"i_{address.replace('.', '_')}"


@dataclass(frozen=True)
class Timers:
    """Seconds. BGP's hold times (MS, BGP FAQ; AWS, customer gateway); `fast` is for those who do not want to wait."""

    azure_hold: int = 180
    aws_hold: int = 30
    dpd_delay: int = 10  # (AWS, DPD: a keepalive every 10 s)
    dpd_timeout: int | None = None  # None: as the cloud says

    def dpd(self, said: int) -> tuple[int, int]:
        return self.dpd_delay, self.dpd_timeout or said


REAL, FAST = Timers(), Timers(6, 6, 2, 6)


@dataclass(frozen=True)
class Link:
    """A cable between two namespaces."""

    a: str
    a_interface: str
    b: str
    b_interface: str


@dataclass(frozen=True)
class End:
    """One end of a tunnel: an IKE daemon at `own` that knows the peer at `peer`.

    Its namespace has its name. What it decrypts comes out of the interface `tunnel` of namespace `gateway`. `behind`:
    the networks of its own side, which may change under a tunnel that stands. `eager`: seconds until it initiates,
    None: it waits. `dpd`: seconds of silence until it asks, and until it gives up. `lost`: a route on its own side
    takes away what it sends.
    """

    name: str
    own: str
    peer: str
    gateway: str
    tunnel: str
    key: Secret
    ike: tuple[str, ...]
    esp: tuple[str, ...]
    version: str = "2"
    local_ranges: tuple[str, ...] = ("0.0.0.0/0",)
    remote_ranges: tuple[str, ...] = ("0.0.0.0/0",)
    eager: float | None = None
    dpd: tuple[int, int] = (10, 45)
    behind: tuple[str, ...] = field(default=(), compare=False)
    lost: bool = False

    @property
    def place(self) -> tuple[str, ...]:
        """What cannot change while the daemon runs."""
        return self.name, self.own, self.peer, self.gateway, self.tunnel, str(self.dpd)


@dataclass(frozen=True)
class Host:
    """A machine. `foreign`: in the network, but in none of its subnets, and behind no filter."""

    name: str
    cloud: str
    namespace: str
    address: str
    network: str
    foreign: bool = False


@dataclass(frozen=True)
class Faults:
    """What a user broke: outside addresses whose packets are lost, addresses of gateways that died."""

    cut: frozenset[str] = frozenset()
    killed: frozenset[str] = frozenset()


@dataclass
class Lab:
    """`lines`: namespace -> arguments of ip(8), each with an `add` or a `set`."""

    namespaces: set[str] = field(default_factory=set)
    links: set[Link] = field(default_factory=set)
    lines: dict[str, list[str]] = field(default_factory=dict)
    filters: dict[str, str] = field(default_factory=dict)
    ends: dict[str, End] = field(default_factory=dict)
    routers: dict[str, str] = field(default_factory=dict)
    hosts: list[Host] = field(default_factory=list)
    timers: Timers = REAL

    def link(self, a: str, a_interface: str, b: str, b_interface: str) -> None:
        self.namespaces |= {a, b}
        self.links.add(Link(a, a_interface, b, b_interface))
        self.say(a, f"link set {a_interface} up")
        self.say(b, f"link set {b_interface} up")

    def say(self, namespace: str, *lines: str) -> None:
        self.lines.setdefault(namespace, []).extend(lines)
