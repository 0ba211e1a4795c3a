"""The reference link by hand, with machines at both ends: app subnets, their filters and route tables."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from rehearsal.wan.packets import verbs
from rehearsal.wan.packets.lab import session
from tests.rehearsal.wan.hand import Aws, Azure, Link, becomes, wait

Json = dict[str, Any]

AZURE_APP, AWS_APP = "10.1.1.0/24", "10.2.1.0/24"
AZURE_VM, AWS_VM = "10.1.1.4", "10.2.1.4"


class Machines(Link):
    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.subnet = self.table = self.group = ""

    def build(self) -> None:
        super().build()
        self.build_azure_app(self.azure)
        self.build_aws_app(self.aws)

    def build_azure_app(self, azure: Azure) -> None:
        self.nsg = azure.id("networkSecurityGroups", "app-nsg")
        self.azure_table = azure.id("routeTables", "app-rt")
        self.set_nsg()
        azure.put(self.azure_table, {"disableBgpRoutePropagation": False, "routes": []})
        self.app = f"{azure.id('virtualNetworks', 'hand-vnet')}/subnets/app"
        self.gateway_subnet = f"{azure.id('virtualNetworks', 'hand-vnet')}/subnets/GatewaySubnet"
        azure.call(
            "PUT",
            self.app,
            {
                "properties": {
                    "addressPrefix": AZURE_APP,
                    "networkSecurityGroup": {"id": self.nsg},
                    "routeTable": {"id": self.azure_table},
                }
            },
        )

    def set_nsg(self, *more: Json) -> None:
        """Own VNet and the partner's app subnet; then nothing else of what is behind the gateway (CLOUDS.md, NSG)."""
        rules = (
            nsg_rule("own", 4000, "Allow", "10.1.0.0/16"),
            nsg_rule("partner", 4010, "Allow", AWS_APP),
            nsg_rule("others", 4096, "Deny", "VirtualNetwork"),
        )
        self.azure.put(self.nsg, {"securityRules": [*rules, *more]})

    def build_aws_app(self, aws: Aws) -> None:
        ec2 = aws.ec2
        self.subnet = ec2.create_subnet(VpcId=aws.vpc, CidrBlock=AWS_APP)["Subnet"]["SubnetId"]
        self.table = ec2.create_route_table(VpcId=aws.vpc)["RouteTable"]["RouteTableId"]
        ec2.associate_route_table(RouteTableId=self.table, SubnetId=self.subnet)
        self.propagate(True)
        made = ec2.create_security_group(GroupName="app-sg", Description="app", VpcId=aws.vpc)
        self.group = made["GroupId"]
        self.permit(AZURE_APP)

    def propagate(self, on: bool) -> None:
        ec2 = self.aws.ec2
        call = ec2.enable_vgw_route_propagation if on else ec2.disable_vgw_route_propagation
        call(RouteTableId=self.table, GatewayId=self.aws.vgw)

    def permit(self, source: str, on: bool = True) -> None:
        ec2 = self.aws.ec2
        call = ec2.authorize_security_group_ingress if on else ec2.revoke_security_group_ingress
        call(GroupId=self.group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": source}]}])

    # --- the lab --------------------------------------------------------------------------------------------------

    @property
    def lab(self) -> verbs.LabFile:
        return verbs.read(self.directory)

    def ping(self, source: str, target: str, count: int = 1) -> int:
        """How many answers came; none where the lab has no such machine yet."""
        try:
            sender, receiver = self.lab.host(source), self.lab.host(target)
        except verbs.Unknown:
            return 0
        command = ["ping", "-n", "-q", "-c", str(count), "-i", "0.05", "-W", "1", receiver["address"]]
        found = re.search(r"(\d+) received", self.lab.run(command, sender["namespace"]).stdout)
        return int(found[1]) if found else 0

    def whole(self, source: str, target: str, count: int) -> None:
        """As many answers as pings, at the latest of the tries that a loaded machine needs."""
        becomes(count, lambda: self.ping(source, target, count))

    def sas(self, end: str) -> list[Json]:
        """swanctl's own words on one end: [{uniqueid, state, children: [{uniqueid, state}]}]."""
        return parse_sas(self.swanctl(end, "--list-sas", "--raw"))

    def ike_sas(self, *rows: int) -> list[int]:
        """Of the tunnels that stand, the id of AWS's only IKE SA: ends that began at once have two for ten seconds."""
        found: list[list[int]] = []

        def only() -> bool:
            ends = [f"aws.{self.aws.tunnel(row)['OutsideIpAddress']}" for row in rows]
            found[:] = [[sa["id"] for sa in self.sas(end)] for end in ends]
            return {len(ids) for ids in found} == {1}

        wait("one IKE SA of each tunnel", only, 20)
        return [one for [one] in found]

    def swanctl(self, end: str, *arguments: str) -> str:
        done = self.lab.run(["swanctl", *arguments, "--uri", f"unix:///run/ends/{end}/vici"])
        assert done.returncode == 0, done.stderr
        return done.stdout

    def birdc(self, router: str, command: str) -> str:
        done = self.lab.run(["birdc", "-s", f"/run/routers/{router}/ctl", *command.split()])
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tunnels(self) -> list[Any]:
        """Since when each tunnel and each session of AWS's end has been as it is."""
        telemetry = [self.aws.telemetry(row) for row in range(4)]
        names = [session(self.aws.tunnel(row)["OutsideIpAddress"]) for row in range(4)]
        lines = [line.split() for line in self.birdc(self.aws.vgw, "show protocols").splitlines()]
        since = sorted((words[0], words[3], words[4:]) for words in lines if words and words[0] in names)
        return [[(one["Status"], one["LastStatusChange"]) for one in telemetry], since]

    def counters(self, namespace: str) -> dict[tuple[str, str], int]:
        """(chain, comment of the rule) -> packets."""
        listed = json.loads(self.lab.run(["nft", "-j", "list", "table", "inet", "rehearsal"], namespace).stdout)
        found: dict[tuple[str, str], int] = {}
        for entry in listed["nftables"]:
            rule = entry.get("rule", {})
            for expression in rule.get("expr", ()):
                if "counter" in expression:
                    key = (rule["chain"], rule.get("comment", ""))
                    found[key] = found.get(key, 0) + expression["counter"]["packets"]
        return found


def nsg_rule(name: str, priority: int, access: str, source: str) -> Json:
    return {
        "name": name,
        "properties": {
            "priority": priority,
            "direction": "Inbound",
            "access": access,
            "protocol": "*",
            "sourceAddressPrefix": source,
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": "*",
        },
    }


def parse_sas(raw: str) -> list[Json]:
    found = []
    for line in raw.splitlines():
        ike, _unused, children = line.partition("child-sas {")
        head = re.search(r"uniqueid=(\d+) .*?state=(\w+)", ike)
        if head:
            inner = re.findall(r"uniqueid=(\d+) reqid=\d+ state=(\w+)", children)
            found.append(
                {"id": int(head[1]), "state": head[2], "children": [{"id": int(i), "state": s} for i, s in inner]}
            )
    return found
