# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan and verdict for people: tables for the terminal and a Mermaid diagram. Neither has a key, so no text can."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH = 110
GAP = 2

JsonDict = Mapping[str, Any]


def _clipped(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 3, 0)] + "..."


def table(rows: Sequence[Sequence[str]], width: int = WIDTH, indent: int = 0) -> str:
    """Left-aligned columns under a ruled header (the first row). Too wide, the widest columns are cut."""
    columns = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    while sum(columns) + GAP * (len(columns) - 1) + indent > width:
        widest = columns.index(max(columns))
        if columns[widest] <= 4:
            break
        columns[widest] -= 1
    ruled = [rows[0], tuple("-" * column for column in columns), *rows[1:]]
    lines = [
        (" " * GAP).join(_clipped(cell, column).ljust(column) for cell, column in zip(row, columns, strict=True))
        for row in ruled
    ]
    return "\n".join((" " * indent + line).rstrip() for line in lines)


def _range(named: JsonDict) -> str:
    return f"{named['name']} {named['cidr']}"


def _sides(plan: JsonDict) -> list[tuple[str, str, str]]:
    azure, aws = plan["azure"], plan["aws"]
    azure_net, aws_net = azure["network"], aws["network"]
    gateway, vgw = azure["gateway"], aws["gateway"]["vgw"]
    kind = "active/active" if gateway["active_active"] else "active/standby"
    admitted = next(rule for rule in azure_net["nsg"]["rules"] if rule["name"] == "allow-aws")
    return [
        ("", f"Azure {azure_net['location']}", f"AWS {aws_net['region']}"),
        ("Network", _range(azure_net["vnet"]), _range(aws_net["vpc"])),
        ("App subnet", _range(azure_net["app_subnet"]), _range(aws_net["app_subnet"])),
        (
            "Admits",
            ", ".join(admitted["source_address_prefix"]),
            ", ".join(cidr for rule in aws_net["security_group"]["rules"] for cidr in rule["cidr_ip"]),
        ),
        ("GatewaySubnet", azure_net["gateway_subnet"]["cidr"], "-"),
        ("Gateway", f"{gateway['name']} {gateway['sku']} {kind}", vgw["name"]),
        ("ASN", str(gateway["asn"]), str(vgw["asn"])),
        ("Resource group", azure_net["resource_group"], "-"),
    ]


def _tunnel_rows(plan: JsonDict) -> list[tuple[str, ...]]:
    connections = {connection["number"]: connection["name"] for connection in plan["aws"]["gateway"]["connections"]}
    header = (
        "Tunnel",
        "Inside CIDR",
        "AWS inside",
        "Azure inside",
        "VPN connection",
        "Azure connection",
        "Ends on",
        "Expected",
    )
    return [
        header,
        *(
            (
                tunnel["name"],
                tunnel["inside_cidr"],
                tunnel["aws_inside_address"],
                tunnel["azure_inside_address"],
                connections[tunnel["connection"]],
                tunnel["resource_name"] if tunnel["expected"] == "up" else "-",
                f"instance {tunnel['instance']}",
                tunnel["expected"],
            )
            for tunnel in plan["tunnels"]
        ),
    ]


def _crypto_rows(plan: JsonDict) -> list[tuple[str, ...]]:
    azure, aws = plan["crypto"]["azure"], plan["crypto"]["aws"]
    return [
        ("Crypto", "Azure", "AWS"),
        (
            "IKEv2",
            f"{azure['ike_encryption']} {azure['ike_integrity']} {azure['dh_group']}, 28800 s",
            f"{aws['phase1_encryption'][0]} {aws['phase1_integrity'][0]} group {aws['phase1_dh_groups'][0]}, "
            f"{aws['phase1_lifetime_seconds']} s",
        ),
        (
            "IPsec",
            f"{azure['ipsec_encryption']} {azure['ipsec_integrity']} {azure['pfs_group']}, "
            f"{azure['sa_lifetime_seconds']} s, {azure['sa_data_size_kilobytes']} KB",
            f"{aws['phase2_encryption'][0]} {aws['phase2_integrity'][0]} group {aws['phase2_dh_groups'][0]}, "
            f"{aws['phase2_lifetime_seconds']} s",
        ),
    ]


def plan_table(plan: JsonDict) -> str:
    """The plan (its JSON form) as plain text, at most 110 columns wide."""
    routing = "BGP" if plan["routing"] == "bgp" else "static routing"
    keys = "made by AWS" if plan["key_maker"] == "aws" else "given by the user"
    notes = [
        textwrap.fill(note, WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)
        for note in plan["notes"]
    ]
    return "\n".join(
        [
            _clipped(f"Link {plan['link']}: {routing}, owner {plan['owner']['id']}, keys {keys}", WIDTH),
            "",
            table(_sides(plan)),
            "",
            table(_tunnel_rows(plan)),
            "",
            table(_crypto_rows(plan)),
            "",
            *notes,
        ]
    )


def _node(identifier: str, *lines: str) -> str:
    """Quotes are the only character that could end a label."""
    text = "<br/>".join(line.replace('"', "'") for line in lines)
    return f'{identifier}["{text}"]'


def plan_mermaid(plan: JsonDict) -> str:
    """The plan (its JSON form) as a Mermaid flowchart; spare tunnels are dotted."""
    azure_net, aws_net = plan["azure"]["network"], plan["aws"]["network"]
    gateway, vgw = plan["azure"]["gateway"], plan["aws"]["gateway"]["vgw"]
    instances = range(len(gateway["instances"]))
    connections = {connection["number"]: connection for connection in plan["aws"]["gateway"]["connections"]}
    lines = ["flowchart LR", f"  subgraph {_node('azure', f'Azure {azure_net["location"]}')}"]
    lines.append("    " + _node("azure_app", azure_net["app_subnet"]["name"], azure_net["app_subnet"]["cidr"]))
    lines.append("    " + _node("vnet", azure_net["vnet"]["name"], azure_net["vnet"]["cidr"]))
    for index in instances:
        lines.append("    " + _node(f"gw{index}", gateway["name"], f"instance {index}", f"ASN {gateway['asn']}"))
    lines += ["    azure_app --- vnet", *(f"    vnet --- gw{index}" for index in instances), "  end"]
    lines.append(f"  subgraph {_node('aws', f'AWS {aws_net["region"]}')}")
    lines.append("    " + _node("vgw", vgw["name"], f"ASN {vgw['asn']}"))
    lines.append("    " + _node("vpc", aws_net["vpc"]["name"], aws_net["vpc"]["cidr"]))
    lines.append("    " + _node("aws_app", aws_net["app_subnet"]["name"], aws_net["app_subnet"]["cidr"]))
    lines += ["    vgw --- vpc", "    vpc --- aws_app", "  end"]
    for tunnel in plan["tunnels"]:
        arrow = "<-->" if tunnel["expected"] == "up" else "-.-"
        name = connections[tunnel["connection"]]["name"]
        label = f"{name} tunnel {tunnel['number']}<br/>{tunnel['inside_cidr']}"
        if tunnel["expected"] != "up":
            label += "<br/>spare"
        lines.append(f'  gw{tunnel["instance"]} {arrow}|"{label}"| vgw')
    return "\n".join(lines) + "\n"


def verdict_table(verdict: JsonDict) -> str:
    """The verdict (its JSON form): both ends of each tunnel, and what each side has learned."""
    header = ("Tunnel", "Inside CIDR", "Azure", "AWS", "BGP", "Routes")
    names = ("tunnel", "inside_cidr", "azure", "aws", "bgp", "routes")
    lines = [table([header, *(tuple(row[name] for name in names) for row in verdict["rows"])]), ""]
    for cloud, title in (("azure", "Azure"), ("aws", "AWS")):
        learned = [
            f"{check['resource']} {check['found']}"
            for check in verdict["checks"]
            if check["name"] == "learned" and check["cloud"] == cloud
        ]
        if learned:
            lines.append(f"{title}: {', '.join(learned)}")
    return "\n".join(lines)
