"""The two clouds with their control of faults and their logs, and what stands in them, in a form that compares."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from tests.integration.clouds import AWS_KINDS, AZURE_KINDS, PORTS, Clouds, Json, wait_for

GATEWAY_WRITE = "Microsoft.Network/virtualNetworkGateways/write"

AWS_IDS = {
    "Vpcs": "VpcId",
    "Subnets": "SubnetId",
    "RouteTables": "RouteTableId",
    "SecurityGroups": "GroupId",
    "VpnGateways": "VpnGatewayId",
    "CustomerGateways": "CustomerGatewayId",
    "VpnConnections": "VpnConnectionId",
}
# What is another at every build, or follows from time.
PASSING = {
    "etag", "resourceGuid", "ResponseMetadata", "CustomerGatewayConfiguration", "PreSharedKey", "VgwTelemetry",
    "connectionStatus", "tunnelConnectionStatus", "ingressBytesTransferred", "egressBytesTransferred",
    "lastConnectionEstablishedUtcTime", "OutsideIpAddress", "ipAddress", "gatewayIpAddress", "IpAddress",
    "tunnelIpAddresses", "bgpPeeringAddress", "defaultBgpIpAddresses", "RouteTableAssociationId", "AssociationId",
    "AvailabilityZone", "AvailabilityZoneId", "creationTime", "packetCaptureDiagnosticState",
    "SecurityGroupArn", "SubnetArn",
}  # fmt: skip


class FaultyClouds(Clouds):
    """Faults and entries of the log are the dicts of the clouds' control API."""

    def inject(self, cloud: str, fault: Mapping[str, Any]) -> tuple[str, int]:
        """Returns what `hits` knows the fault by."""
        return cloud, self._tell(cloud, "POST", "faults", dict(fault))["id"]

    def hits(self) -> dict[tuple[str, int], int]:
        return {(cloud, one["id"]): one["hits"] for cloud in PORTS for one in self._tell(cloud, "GET", "faults")}

    def log(self) -> list[Json]:
        """Both logs since they were forgotten, with `cloud`; `t` is the time of day of both, in seconds."""
        entries = {cloud: self._tell(cloud, "GET", "log") for cloud in PORTS}
        for entry in entries["azure"]:
            entry["t"] += self._start_of_azure
        return [{**entry, "cloud": cloud} for cloud in PORTS for entry in entries[cloud]]

    @cached_property
    def _start_of_azure(self) -> float:
        """Azure counts from its start."""
        self.arm("GET", self.subscription)
        return time.time() - float(self._tell("azure", "GET", "log")[-1]["t"])

    # What stands

    def baseline(self) -> set[str]:
        """Ids of what AWS has in an empty account."""
        return {one[AWS_IDS[kind]] for kind, one in self._aws()}

    def _aws(self) -> Iterator[tuple[str, Json]]:
        ec2 = self.ec2()
        for call, kind in AWS_KINDS.items():
            for one in getattr(ec2, call)()[kind]:
                if kind == "Vpcs":  # a call of its own sets it
                    named = ec2.describe_vpc_attribute(VpcId=one["VpcId"], Attribute="enableDnsHostnames")
                    one["EnableDnsHostnames"] = named["EnableDnsHostnames"]["Value"]
                yield kind, one

    def what_stands(self, baseline: set[str]) -> Counter[str]:
        """Everything in both clouds beyond `baseline`, tagged or not, a line for each, less what differs at every
        build. Two builds that ended alike have equal counters, and what was made twice counts 2."""
        found: Counter[str] = Counter()
        for group in self.arm_list(f"{self.subscription}/resourceGroups"):
            found["azure resourceGroups " + _line(group)] += 1
            for kind in AZURE_KINDS:
                for one in self.arm_list(self.network(group["name"], kind)):
                    found[f"azure {kind} {_line(one)}"] += 1
        aws = [
            (kind, one)
            for kind, one in self._aws()
            if one[AWS_IDS[kind]] not in baseline and one.get("State") not in ("deleting", "deleted")
        ]
        names = {one[AWS_IDS[kind]]: f"<{kind} {_name(one)}>" for kind, one in aws}
        for kind, one in aws:
            # A VPC comes with a table and a group of its own.
            if any(a.get("Main") for a in one.get("Associations", [])) or one.get("GroupName") == "default":
                continue
            text = _line(one)
            for identifier, name in names.items():
                text = text.replace(identifier, name)
            found[f"aws {kind} {re.sub(r'(eni|eipalloc|sgr|igw|acl|dopt)-[0-9a-f]+', r'<id>', text)}"] += 1
        return found

    def made(self) -> Counter[str]:
        """How many of each kind AWS shows, deleted ones too, and how often Azure has begun to make a gateway."""
        found = Counter(f"{kind} {_name(one)}" for kind, one in self._aws() if _name(one))
        found["gateways begun"] = sum(
            1
            for entry in self.log()
            if entry["action"] == GATEWAY_WRITE
            and (entry["status"] == 201 or entry["fault"] in ("drop-after", "stuck", "not-found-yet"))
        )
        return found

    def wait_until_up(self, group: str) -> None:
        """Every Azure connection is Connected, every tunnel of AWS is up and hears routes."""

        def up() -> bool:
            azure = self.arm_list(self.network(group, "connections"))
            names = [self.arm("GET", one["id"])["properties"].get("connectionStatus") for one in azure]
            aws = [t for one in self.vpn_connections() for t in one["VgwTelemetry"]]
            return (
                len(names) == 4
                and set(names) == {"Connected"}
                and len(aws) == 4
                and all(t["Status"] == "UP" and t["AcceptedRouteCount"] for t in aws)
            )

        wait_for(up)


def _name(one: Json) -> str:
    return next((t["Value"] for t in one.get("Tags") or [] if t["Key"] == "Name"), "")


def _line(one: Any) -> str:
    return json.dumps(_stable(one), sort_keys=True)


def _stable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _stable(inner) for key, inner in value.items() if key not in PASSING}
    if isinstance(value, list):
        return sorted((_stable(inner) for inner in value), key=lambda inner: json.dumps(inner, sort_keys=True))
    return value
