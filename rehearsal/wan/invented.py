"""Everything the WAN does or shows for which no recording and no document was found, or which is simplified here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Invented(NamedTuple):
    what: str
    here: str
    why: str


BGP_SECONDS = 20
BGP_OVERHEAD_BYTES = 133
ROUTE_WEIGHT = 32768

ROWS = (
    # --- with packets
    Invented(
        "PFS, with packets",
        "the first child SA between two ends' settings is rekeyed at once, and is UP when that passed; where it is "
        "refused the tunnel stays down until one end's settings change",
        "a mismatch would come up, and be lost at the first rekey, which takes up to an hour",
    ),
    Invented(
        "route and session follow the child SA, with packets",
        "a tunnel's interface goes down with its child SA, and the BGP session with the interface",
        "how fast the real gateways do so has no source; a silent loss shows after DPD or the BGP hold time only",
    ),
    Invented(
        "who is first where both ends may start, with packets",
        "AWS at once, Azure after 1.5 s; again after 2 s, 4 s and so on up to every 30 s",
        "no source; so that two negotiations do not cross",
    ),
    Invented(
        "routing inside the VNet, with packets",
        "one router that has iBGP with each instance (hold time 9 s) and spreads over those that know the route",
        "Azure's fabric is a stand-in; the virtual private gateway is one router",
    ),
    Invented(
        "route table of GatewaySubnet, with packets",
        "its routes hold for what comes out of the tunnels; without propagation the gateway keeps its tunnels and BGP "
        "sessions, and forwards nothing into them; a route that fits AWS's outside address, and does not lead to the "
        "internet, ends the tunnel at once, with and without packets",
        "Microsoft says only that the gateway does not function without propagation",
    ),
    Invented(
        "VNet peerings, application security groups",
        "nothing goes over a peering; application security groups are what network interfaces name, and the local "
        "Azure keeps none, so a rule that names one fits no packet; `rehearsal status` notes each",
        "not built",
    ),
    Invented(
        "machines, with packets",
        "the fifth address of every subnet, made or not, and whatever virtual machine or instance was made beside it; "
        "one stranger on each side in a range without a subnet, behind no filter, which on AWS goes by the first "
        "subnet's route table; a VNet is there while it has a GatewaySubnet, a VPC while a gateway of AWS's tunnels is "
        "attached to it",
        "a link can be tried before there are machines; two of one subnet do not reach each other",
    ),
    Invented(
        "security groups, with packets",
        "a machine that nobody made carries every group of its VPC, the default one only where there is no other; "
        "a rule that names a group means the machines of the lab that carry it",
        "a link can be tried before there are machines",
    ),
    Invented(
        "messagesSent, messagesReceived, connectedDuration, with packets",
        "BIRD's own: every message that it traces since the instance's router started, and since when the session "
        "stands; a session with itself has none; written every 5 s",
        "whether Azure counts anew with each session has no source",
    ),
    Invented(
        "byte counters and lastConnectionEstablishedUtcTime, with packets",
        "what charon of Azure's end counted over all its child SAs, and since when its IKE SA stands; the bytes stay "
        "when the tunnel goes down, and begin anew when the instance does; written every 5 s",
        "what Azure's counters do when a tunnel goes down has no source",
    ),
    Invented(
        "ESP, with packets",
        "in UDP, also where no address is translated, if strongSwan does it in user space",
        "libipsec knows no other way",
    ),
    # --- compared, and both
    Invented(
        "time to come up or go down",
        "at once, within a poll (0.2 s)",
        "real gateways take seconds to minutes; a dead peer shows after DPD (45 s) or the BGP hold time (AWS 30 s)",
    ),
    Invented(
        "byte counters, without packets",
        f"{BGP_OVERHEAD_BYTES} bytes each way for every {BGP_SECONDS} s up, also without BGP, written every 5 s",
        "compared, no packets: stands for a BGP keep-alive in ESP; Azure's own counters move every few minutes",
    ),
    Invented(
        "Connecting or NotConnected",
        "Connecting where an AWS tunnel answers and negotiation fails, NotConnected where none has the address; "
        "Unknown while the connection is Updating",
        "the recordings show Unknown while a connection is Updating, and not when it is which of these",
    ),
    Invented(
        "tunnelConnectionStatus.tunnel",
        "<connection name>_<public address of the instance>, one entry for each instance",
        "in the recordings it is absent or empty",
    ),
    Invented(
        "lastConnectionEstablishedUtcTime", "mm/dd/yyyy hh:mm:ss; empty while down", "documented as text without a form"
    ),
    Invented(
        "localAddress of a BGP peer with an APIPA address",
        "the instance's default BGP address, as with other peers; the APIPA address is not shown",
        "no answer of a real gateway with APIPA peers was found",
    ),
    Invented(
        "BGP peers between the instances",
        "each instance lists the other (Connected) and itself (Unknown) besides the outside peers",
        "by experience (EXP); no recording",
    ),
    Invented(
        "state of a BGP peer that is not up",
        "Connecting, on every instance and for every cause; Idle and Stopped never appear",
        "no source says when Azure shows which",
    ),
    Invented(
        "messagesSent, messagesReceived, without packets",
        f"an OPEN and an UPDATE, then one for every {BGP_SECONDS} s; connectedDuration is a .NET time span",
        "compared, no packets",
    ),
    Invented(
        "learned routes",
        f"VNet ranges and static prefixes as Network, AWS's as EBgp, those of the other instance as IBgp; "
        f"weight {ROUTE_WEIGHT}; nextHop is the neighbor",
        "weight, EBgp and Network as in published listings; IBgp by experience (EXP)",
    ),
    Invented(
        "PFS that does not fit",
        "the tunnel is down at once",
        "a real one comes up and is lost at the first rekey, which takes up to an hour",
    ),
    Invented(
        "Azure's default offer in phase 2",
        "only its rows with a PFS group count",
        "the others come up and fail at AWS's first rekey",
    ),
    Invented(
        "GCM in phase 1",
        "an IKE integrity of GCMAES stands for any PRF of AWS",
        "which PRF Azure then offers is not documented",
    ),
    Invented(
        "one outside address in two Azure connections",
        "the connection whose gateway AWS admits has it, then the lower id; the other finds nobody",
        "no source",
    ),
    Invented(
        "two connections of one instance with the same neighbor",
        "the first VPN connection by id that fits has the session, the other has IPsec only",
        "no source",
    ),
    Invented(
        "no custom BGP address named",
        "the instance speaks from the first of its list, else from its default address",
        "Microsoft's AWS tutorial says the first; for an empty list there is no source",
    ),
    Invented(
        "what AWS announces",
        "the ranges of attached VPCs; on a transit gateway those that lead to VPCs in the connection's route table, "
        "propagated or static, without blackholes",
        "simplified: routes learned from other connections are not passed on; for blackholes there is no source",
    ),
    Invented(
        "what Azure announces",
        "the ranges of the gateway's VNet",
        "simplified: no peered VNets, no prefixes of other local gateways",
    ),
    Invented(
        "an Azure gateway, connection or local gateway that is Updating",
        "its tunnels are down",
        "real gateways keep tunnels through most updates, with short breaks",
    ),
    Invented(
        "a static AWS connection against BGP on Azure, or the other way",
        "IPsec is up; AWS says UP if it is static, 'IPSEC IS UP' if not; no route is learned",
        "follows from what each end looks at; not seen",
    ),
)


def rows() -> Iterator[tuple[str, str, str]]:
    """What, how it is here, why: of everything that is invented or simplified."""
    for row in ROWS:
        yield row.what, row.here, row.why
