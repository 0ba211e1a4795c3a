"""AWS on loopback: moto's server, with the Site-to-Site VPN parts that moto lacks."""
