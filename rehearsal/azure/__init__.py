"""A look-alike of Azure Resource Manager for Microsoft.Network, made for VPN gateways."""
