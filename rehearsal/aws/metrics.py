"""CloudWatch's TunnelState of VPN connections, out of what the WAN says of the tunnels (AWS user guide, metrics)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.ec2.models import ec2_backends

from rehearsal.aws.world import ACCOUNT

NAMESPACE, STATE = "AWS/VPN", "TunnelState"


def publish(region: str) -> None:
    """A point of now, for every tunnel of the region and for every connection."""
    now = datetime.now(UTC).replace(tzinfo=None)
    points = [{**point, "MetricName": STATE, "Timestamp": now} for point in _points(region)]
    cloudwatch_backends[ACCOUNT][region].put_metric_data(NAMESPACE, points)


def _points(region: str) -> Iterator[dict[str, Any]]:
    """1 is up, 0 is down; of a connection, what is between says that a tunnel is not up."""
    for one in ec2_backends[ACCOUNT][region].vpn_connections.values():
        if one.state in ("pending", "deleted"):
            continue
        connection = {"Name": "VpnId", "Value": one.id}
        up = {tunnel.outside_address: float(one.telemetry_of(tunnel).up) for tunnel in one.tunnels}
        yield {"Dimensions": [connection], "Value": sum(up.values()) / len(up)}
        for address, value in up.items():
            yield {"Dimensions": [connection, {"Name": "TunnelIpAddress", "Value": address}], "Value": value}
