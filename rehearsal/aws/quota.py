"""AWS's default quotas (AWS Site-to-Site VPN and VPC user guides, quotas)."""

from __future__ import annotations

VPCS = 5
"""In a region, the default one counted."""
CUSTOMER_GATEWAYS = 50
"""In a region."""
VPN_GATEWAYS = 5
"""In a region."""
VPN_CONNECTIONS = 50
"""In a region."""
VPN_CONNECTIONS_OF_GATEWAY = 10
