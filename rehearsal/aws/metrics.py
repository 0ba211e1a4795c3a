"""CloudWatch's TunnelState of VPN connections, out of what the WAN says of the tunnels (AWS user guide, metrics)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch import models
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


def install() -> None:
    """moto knows of expressions only those that name one metric."""
    models.parse_expression = evaluate


def evaluate(expression: str, results: Sequence[Mapping[str, Any]]) -> tuple[list[float], list[datetime]]:
    """A sum of metrics, or one alone. A value that is missing in a sum is 0; where all are missing there is no point
    (AWS, metric math, basic arithmetic). The order of the points is that of the metrics.
    """
    names = [name.strip() for name in expression.split("+")]
    by_id = {one["id"]: dict(zip(one["timestamps"], one["values"], strict=True)) for one in results}
    if any(name not in by_id for name in names):
        raise NotImplementedError(expression)
    series = [by_id[name] for name in names]
    newest_first = any(list(one) != sorted(one) for one in series)
    moments = sorted({moment for one in series for moment in one}, reverse=newest_first)
    return [sum(one.get(moment, 0.0) for one in series) for moment in moments], moments
