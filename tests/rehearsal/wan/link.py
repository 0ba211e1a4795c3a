"""The reference link as both ends have it, right in every point: tests bend one point at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rehearsal.wan.model import (
    AwsSide,
    AwsTunnel,
    AzureConnection,
    AzureGateway,
    AzureSide,
    Instance,
    LocalGateway,
    Policy,
    Secret,
)

GATEWAY = "/subscriptions/s/resourcegroups/hq-rg/providers/microsoft.network/virtualnetworkgateways/hq-vng"
VNET, VPC = "10.1.0.0/16", "10.2.0.0/16"
AZURE_ASN, AWS_ASN = 65515, 64512

POLICY = Policy("AES256", "SHA256", "DHGroup14", "GCMAES256", "GCMAES256", "PFS2048")

# connection, tunnel, instance, inside CIDR, outside address
TUNNELS = (
    (1, 1, 0, "169.254.21.0/30", "198.51.100.11"),
    (1, 2, 0, "169.254.22.0/30", "203.0.113.12"),
    (2, 1, 1, "169.254.21.4/30", "198.51.100.21"),
    (2, 2, 1, "169.254.22.4/30", "203.0.113.22"),
)


def configuration(index: int) -> str:
    return f"{GATEWAY}/ipconfigurations/ipconfig{index + 1}"


def inside(cidr: str, host: int) -> str:
    network = cidr.partition("/")[0]
    start, _unused, last = network.rpartition(".")
    return f"{start}.{int(last) + host}"


def gateway(**changes: Any) -> AzureGateway:
    instances = tuple(
        Instance(
            index=i,
            ip_configuration_id=configuration(i),
            public_address=f"192.0.2.{i + 1}",
            default_bgp_address=f"10.1.255.{i + 4}",
            custom_bgp_addresses=tuple(inside(t[3], 2) for t in TUNNELS if t[2] == i),
        )
        for i in (0, 1)
    )
    whole = AzureGateway(GATEWAY, "hq-vng", "Succeeded", True, AZURE_ASN, instances, (VNET,))
    return replace(whole, **changes)


def connection(number: int, **changes: Any) -> AzureConnection:
    """The Azure connection to the tunnel of that row (0 to 3)."""
    connection_number, tunnel_number, instance, cidr, outside = TUNNELS[number]
    name = f"hq-aws-{connection_number}-{tunnel_number}"
    other = next(t for t in TUNNELS if t[1] == tunnel_number and t[2] != instance)
    whole = AzureConnection(
        id=f"/connections/{name}",
        name=name,
        state="Succeeded",
        gateway_id=GATEWAY,
        local=LocalGateway(f"/localnetworkgateways/{name}", name, "Succeeded", outside, (), AWS_ASN, inside(cidr, 1)),
        key=Secret(f"invented.key.{number}"),
        bgp=True,
        custom_bgp_addresses={
            configuration(instance): inside(cidr, 2),
            configuration(1 - instance): inside(other[3], 2),
        },
        policy=POLICY,
    )
    return replace(whole, **changes)


def tunnel(number: int, **changes: Any) -> AwsTunnel:
    connection_number, _unused, instance, cidr, outside = TUNNELS[number]
    whole = AwsTunnel(
        region="eu-central-1",
        vpn_connection_id=f"vpn-{connection_number}",
        connection_state="available",
        outside_address=outside,
        inside_cidr=cidr,
        key=Secret(f"invented.key.{number}"),
        customer_gateway_state="available",
        customer_address=f"192.0.2.{instance + 1}",
        customer_asn=AZURE_ASN,
        gateway_state="available",
        asn=AWS_ASN,
        announces=(VPC,),
        ike_versions=("ikev2",),
        startup_action="start",
        phase1_encryption=("AES256",),
        phase1_integrity=("SHA2-256",),
        phase1_dh_groups=(14,),
        phase2_encryption=("AES256-GCM-16",),
        phase2_integrity=("SHA2-256",),
        phase2_dh_groups=(14,),
    )
    return replace(whole, **changes)


def azure_side(**changes: Any) -> AzureSide:
    return replace(AzureSide((gateway(),), tuple(connection(n) for n in range(4))), **changes)


def aws_side() -> AwsSide:
    return AwsSide(tuple(tunnel(n) for n in range(4)))


def static_azure() -> AzureSide:
    """Active/standby, one connection, AWS's range as the local gateway's prefix."""
    one = gateway()
    local = replace(connection(0).local, prefixes=(VPC,), asn=None, bgp_address=None)
    return AzureSide(
        (replace(one, bgp=False, instances=one.instances[:1]),),
        (connection(0, bgp=False, custom_bgp_addresses={}, local=local),),
    )


def static_aws() -> AwsSide:
    return AwsSide(tuple(tunnel(n, static=True, routes=(VNET,)) for n in (0, 1)))
