"""An Azure gateway with one connection, one instance of it connected, for who reads links."""

from __future__ import annotations

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_vpn_gateway
from fake_arm import FakeArm, filled, rid
from test_azure_vpn_gateway import FULL

GATEWAY = rid("virtualNetworkGateways", "hq-vng")


@pytest.fixture
def cloud() -> FakeArm:
    cloud = FakeArm()
    azure_vpn_gateway.present(cloud.arm(pause=60), filled(azure_vpn_gateway.ARGUMENTS, **FULL), False)
    site = cloud.add(
        "localNetworkGateways",
        "hq-aws-1-1",
        {
            "gatewayIpAddress": "198.51.100.10",
            "localNetworkAddressSpace": {"addressPrefixes": []},
            "bgpSettings": {"asn": 64512, "bgpPeeringAddress": "169.254.21.1"},
        },
    )
    cloud.add(
        "connections",
        "hq-aws-1-1",
        {
            "virtualNetworkGateway1": {"id": GATEWAY.upper()},
            "localNetworkGateway2": {"id": site["id"].upper()},
            "connectionStatus": "Connected",
            "ingressBytesTransferred": 10,
            "egressBytesTransferred": 20,
            "tunnelConnectionStatus": [
                {
                    "tunnel": "hq-aws-1-1_192.0.2.11",
                    "connectionStatus": "Connecting",
                    "ingressBytesTransferred": 0,
                    "egressBytesTransferred": 0,
                },
                {
                    "tunnel": "hq-aws-1-1_192.0.2.10",
                    "connectionStatus": "Connected",
                    "ingressBytesTransferred": 10,
                    "egressBytesTransferred": 20,
                    "lastConnectionEstablishedUtcTime": "02/28/2026 10:11:12",
                },
            ],
        },
    )
    peer = {"neighbor": "169.254.21.1", "asn": 64512}
    cloud.answers["getbgppeerstatus"] = [
        {**peer, "localAddress": "10.1.255.4", "state": "Connected", "routesReceived": 1},
        {**peer, "localAddress": "10.1.255.5", "state": "Connecting", "routesReceived": 0},
        {"neighbor": "10.1.255.4", "asn": 65515, "localAddress": "10.1.255.4", "state": "Unknown"},
    ]
    cloud.answers["getlearnedroutes"] = [
        {
            "localAddress": "10.1.255.4",
            "network": "10.2.0.0/16",
            "nextHop": "169.254.21.1",
            "sourcePeer": "169.254.21.1",
            "origin": "EBgp",
            "asPath": "64512",
            "weight": 32768,
        }
    ]
    cloud.log.clear()
    return cloud
