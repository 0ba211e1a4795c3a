"""What each end of a tunnel is told to do, and what came of it. Values only: nothing here reads or writes."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from enum import StrEnum


class Secret:
    """A pre-shared key that can be compared and not shown."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def matches(self, other: Secret) -> bool:
        return hmac.compare_digest(self.__value.encode(), other.__value.encode())

    def reveal(self) -> str:
        """For the IKE daemon alone, over its socket."""
        return self.__value

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.matches(other)

    def __hash__(self) -> int:
        return hash(self.__value)

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> str:
        raise TypeError("a pre-shared key is not written anywhere")


# --- Azure ---------------------------------------------------------------------------------------------------------

AZURE_DPD_TIMEOUT = 45  # seconds (MS, dpdTimeoutSeconds)


@dataclass(frozen=True)
class Policy:
    """A connection's IPsec policy in Azure's words (MS, Connections: IpsecPolicy)."""

    ike_encryption: str
    ike_integrity: str
    dh_group: str
    ipsec_encryption: str
    ipsec_integrity: str
    pfs_group: str


@dataclass(frozen=True)
class Instance:
    """One of the gateway's machines; its public address comes from its IP configuration."""

    index: int
    ip_configuration_id: str
    public_address: str
    default_bgp_address: str
    custom_bgp_addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class AzureGateway:
    id: str
    name: str
    state: str
    bgp: bool
    asn: int
    instances: tuple[Instance, ...]
    vnet_prefixes: tuple[str, ...]
    route_based: bool = True
    vnet_id: str = ""  # in lower case
    routes: tuple[tuple[str, str], ...] = ()  # of GatewaySubnet's route table: prefix and nextHopType

    def instance_at(self, public_address: str) -> Instance | None:
        return next((i for i in self.instances if i.public_address == public_address), None)


@dataclass(frozen=True)
class LocalGateway:
    """Azure's picture of one AWS tunnel endpoint."""

    id: str
    name: str
    state: str
    address: str
    prefixes: tuple[str, ...] = ()
    asn: int | None = None
    bgp_address: str | None = None


@dataclass(frozen=True)
class AzureConnection:
    """`custom_bgp_addresses` is keyed by the lower-case id of the IP configuration, one entry for each instance."""

    id: str
    name: str
    state: str
    gateway_id: str
    local: LocalGateway
    key: Secret
    bgp: bool
    custom_bgp_addresses: dict[str, str] = field(default_factory=dict, hash=False)
    policy: Policy | None = None
    protocol: str = "IKEv2"
    mode: str = "Default"
    selectors: tuple[tuple[str, str], ...] = ()  # (Azure range, remote range); none means everything
    dpd_timeout: int = AZURE_DPD_TIMEOUT


@dataclass(frozen=True)
class AzureSide:
    """`notes`: what was seen there and is not followed here, for people."""

    gateways: tuple[AzureGateway, ...] = ()
    connections: tuple[AzureConnection, ...] = ()
    notes: tuple[str, ...] = ()

    def gateway(self, gateway_id: str) -> AzureGateway | None:
        return next((g for g in self.gateways if g.id == gateway_id), None)


# --- AWS -----------------------------------------------------------------------------------------------------------


# AWS permits all of these until told otherwise (AWS, VpnTunnelOptionsSpecification: valid values; the hybrid groups
# above 24 are left out, Azure names none of them).
AWS_IKE_VERSIONS = ("ikev1", "ikev2")
AWS_STARTUP_ACTION = "add"
AWS_ENCRYPTION = ("AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16")
AWS_INTEGRITY = ("SHA1", "SHA2-256", "SHA2-384", "SHA2-512")
AWS_PHASE1_GROUPS = (2, *range(14, 25))
AWS_PHASE2_GROUPS = (2, 5, *range(14, 25))
AWS_DPD_TIMEOUT = 30  # seconds (AWS, DPDTimeoutSeconds)
ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class AwsTunnel:
    """One tunnel of a VPN connection, with what its customer gateway and its own gateway say.

    `announces`: what AWS's gateway tells its peer (the VPC ranges behind it). `routes`: the connection's static ones.
    `replaced`: the connection is being modified and this is the endpoint that is exchanged.
    """

    region: str
    vpn_connection_id: str
    connection_state: str
    outside_address: str
    inside_cidr: str
    key: Secret
    customer_gateway_state: str
    customer_address: str
    customer_asn: int
    gateway_state: str
    asn: int
    announces: tuple[str, ...]
    replaced: bool = False
    static: bool = False
    routes: tuple[str, ...] = ()
    ike_versions: tuple[str, ...] = AWS_IKE_VERSIONS
    startup_action: str = AWS_STARTUP_ACTION
    phase1_encryption: tuple[str, ...] = AWS_ENCRYPTION
    phase1_integrity: tuple[str, ...] = AWS_INTEGRITY
    phase1_dh_groups: tuple[int, ...] = AWS_PHASE1_GROUPS
    phase2_encryption: tuple[str, ...] = AWS_ENCRYPTION
    phase2_integrity: tuple[str, ...] = AWS_INTEGRITY
    phase2_dh_groups: tuple[int, ...] = AWS_PHASE2_GROUPS
    azure_range: str = ANYWHERE  # LocalIpv4NetworkCidr: the customer's side
    aws_range: str = ANYWHERE
    gateway_id: str = ""
    dpd_timeout: int = AWS_DPD_TIMEOUT


@dataclass(frozen=True)
class AwsSide:
    tunnels: tuple[AwsTunnel, ...] = ()


# --- outcome -------------------------------------------------------------------------------------------------------


class Stage(StrEnum):
    """Where a negotiation stops. Up to IPSEC the tunnel is down; at BGP, IPsec works and no routes come."""

    READY = "ready"
    REACH = "reach"
    IKE = "ike"
    IPSEC = "ipsec"
    BGP = "bgp"


@dataclass(frozen=True)
class Fault:
    """One thing that does not fit. `log`: as a gateway's log shows it; `why`: the two settings behind it."""

    stage: Stage
    log: str
    why: str

    def __str__(self) -> str:
        return f"{self.log} ({self.why})" if self.why else self.log


@dataclass(frozen=True)
class TunnelState:
    """What became of one AWS tunnel, of one Azure connection, or (`ipsec` true) of the two together.

    `bgp` is None where neither end asks for it. `azure_learns` and `aws_learns` are prefixes. `traffic`: bytes in and
    out as Azure's end counts them, `established`: Unix seconds since when its IKE SA stands; None where no packets go.
    """

    outside_address: str
    tunnel: AwsTunnel | None
    connection: AzureConnection | None
    instance: Instance | None
    faults: tuple[Fault, ...]
    bgp: bool | None = None
    azure_learns: tuple[str, ...] = ()
    aws_learns: tuple[str, ...] = ()
    traffic: tuple[int, int] | None = None
    established: float | None = None

    @property
    def ipsec(self) -> bool:
        return bool(self.tunnel and self.connection) and not any(f.stage is not Stage.BGP for f in self.faults)

    @property
    def up(self) -> bool:
        return self.ipsec and not self.faults

    @property
    def reason(self) -> str:
        return str(self.faults[0]) if self.faults else ""
