"""The kinds of Microsoft.Network that this look-alike knows, by lower-case type, and what watches them."""

from __future__ import annotations

from . import effective, usages
from .connections import Connections
from .gateways import Gateways
from .insights import MetricAlerts
from .interfaces import Interfaces
from .kind import Kind
from .local_gateways import LocalGateways
from .machines import VirtualMachines
from .public_addresses import PublicAddresses
from .route_tables import RouteTables
from .security_groups import SecurityGroups
from .virtual_networks import VirtualNetworks

NAMESPACE = "Microsoft.Network"

VirtualNetworks.views = {"checkipaddressavailability": usages.address_availability, "usages": usages.of_network}
Interfaces.read_actions = {
    "effectiveroutetable": effective.route_table,
    "effectivenetworksecuritygroups": effective.security_groups,
}

_ALL: tuple[Kind, ...] = (
    VirtualNetworks(),
    SecurityGroups(),
    RouteTables(),
    PublicAddresses(),
    Gateways(),
    LocalGateways(),
    Connections(),
    Interfaces(),
    MetricAlerts(),
    VirtualMachines(),
)
KINDS: dict[str, Kind] = {kind.type.lower(): kind for kind in _ALL}
