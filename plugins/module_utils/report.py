# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan and report of a link for people: text for the terminal and a Mermaid diagram. Neither has a key, so no text can.

Nothing is wider than `WIDTH` columns, nor does a name from a cloud reach the terminal with control characters.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.texts import clipped, columns, plain

WIDTH = 110
GAP = 2

JsonDict = Mapping[str, Any]


def table(rows: Sequence[Sequence[object]], width: int = WIDTH, indent: int = 0) -> str:
    """Left-aligned columns under a ruled header (the first row). Too wide, the widest columns are cut."""
    texts = [[plain(cell) for cell in row] for row in rows]
    widths = [max(columns(row[index]) for row in texts) for index in range(len(texts[0]))]
    while sum(widths) + GAP * (len(widths) - 1) + indent > width:
        widest = widths.index(max(widths))
        if widths[widest] <= 4:
            break
        widths[widest] -= 1
    ruled = [texts[0], ["-" * width for width in widths], *texts[1:]]
    lines = [(" " * GAP).join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)) for row in ruled]
    return "\n".join((" " * indent + line).rstrip() for line in lines)


def _padded(text: str, width: int) -> str:
    shown = clipped(text, width)
    return shown + " " * (width - columns(shown))


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    """A paragraph at most `WIDTH` wide."""
    # textwrap counts characters: a wide one gets a companion that is taken out again
    counted = "".join(one + "\0" * (columns(one) - 1) for one in plain(text))
    filled = textwrap.fill(counted, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
    return filled.replace("\0", "")


def _range(named: JsonDict) -> str:
    return f"{named['name']} {named['cidr']}"


def _row_for_each(title: str, azure: Sequence[str], aws: Sequence[str]) -> list[tuple[str, str, str]]:
    """The first with the title, the others below it: a row must not become too long."""
    rows = list(zip_longest(azure, aws, fillvalue=""))
    return [(title if number == 0 else "", *row) for number, row in enumerate(rows)]


def _sides(plan: JsonDict) -> list[tuple[str, str, str]]:
    azure, aws = plan["azure"], plan["aws"]
    azure_net, aws_net = azure["network"], aws["network"]
    gateway, vgw = azure["gateway"], aws["gateway"]["vgw"]
    kind = "active/active" if gateway["active_active"] else "active/standby"
    admitted = next(rule for rule in azure_net["nsg"]["rules"] if rule["name"] == "allow-aws")
    return [
        ("", f"Azure {azure_net['location']}", f"AWS {aws_net['region']}"),
        *_row_for_each("Network", *([_range(one), *one["more_cidrs"]] for one in (azure_net["vnet"], aws_net["vpc"]))),
        ("App subnet", _range(azure_net["app_subnet"]), _range(aws_net["app_subnet"])),
        *_row_for_each(
            "Admits",
            admitted["source_address_prefix"],
            [cidr for rule in aws_net["security_group"]["rules"] for cidr in rule["cidr_ip"]],
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


def _cost_rows(plan: JsonDict) -> list[tuple[str, ...]]:
    cost = plan["cost"]
    money = cost["currency"]
    sums = [
        ("The link", "", f"{cost['hour']:g} {money}/hour", f"about {cost['month']:g} {money} a month"),
        ("A GB to AWS", "", f"{cost['gb_to_aws']:g} {money}/GB", ""),
        ("A GB to Azure", "", f"{cost['gb_to_azure']:g} {money}/GB", ""),
    ]
    return [
        ("Cost (estimate)", "Count", "Price", f"Prices of {cost['date']}"),
        *(
            (line["what"], str(line["count"]), f"{line['price']:g} {money}/hour", "yours" * (line["source"] == "user"))
            for line in cost["lines"]
            if line["unit"] == "hour"
        ),
        *sums,
    ]


def plan_table(plan: JsonDict) -> str:
    """The plan (its JSON form) as plain text, at most 110 columns wide."""
    routing = "BGP" if plan["routing"] == "bgp" else "static routing"
    keys = "made by AWS" if plan["key_maker"] == "aws" else "given by the user"
    notes = [_wrapped(note, "- ", "  ") for note in [*plan["notes"], plan["cost"]["note"]]]
    return "\n".join(
        [
            clipped(f"Link {plan['link']}: {routing}, owner {plan['owner']['id']}, keys {keys}", WIDTH),
            "",
            table(_sides(plan)),
            "",
            table(_tunnel_rows(plan)),
            "",
            table(_crypto_rows(plan)),
            "",
            table(_cost_rows(plan)),
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
    lines.append("    " + _node("vnet", azure_net["vnet"]["name"], *plan["expect"]["aws_learns"]))
    for index in instances:
        lines.append("    " + _node(f"gw{index}", gateway["name"], f"instance {index}", f"ASN {gateway['asn']}"))
    lines += ["    azure_app --- vnet", *(f"    vnet --- gw{index}" for index in instances), "  end"]
    lines.append(f"  subgraph {_node('aws', f'AWS {aws_net["region"]}')}")
    lines.append("    " + _node("vgw", vgw["name"], f"ASN {vgw['asn']}"))
    lines.append("    " + _node("vpc", aws_net["vpc"]["name"], *plan["expect"]["azure_learns"]))
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


# --- report of a link (docs/report.schema.json)

CLOUDS = {"azure": "Azure", "aws": "AWS"}
SEVERITIES = ("error", "warning", "advice")
ROUTING = {"bgp": "BGP", "static": "Static routing"}


def of(one: Any, *names: str) -> Any:
    """A member of a member; None where anything on the way is missing, as in the report of a silent cloud."""
    for name in names:
        one = one.get(name) if isinstance(one, Mapping) else None
    return one


def tunnels_words(tunnels: Sequence[JsonDict]) -> str:
    """``3 of 4 up, 1 not known, 1 spare``"""
    wanted = [one for one in tunnels if one.get("expected") != "spare"]
    up = sum(one.get("state") == "up" for one in wanted)
    spare = len(tunnels) - len(wanted)
    unknown = sum(one.get("state") not in ("up", "down") for one in wanted)
    told = [f"{up} of {len(wanted)} up", f"{unknown} not known" * bool(unknown), f"{spare} spare" * bool(spare)]
    return ", ".join(filter(None, told))


def checks_words(checks: Sequence[JsonDict]) -> str:
    """``2 errors, 1 warning, 3 not read``, or ``57 passed``"""
    failed = [str(one.get("severity")) for one in checks if one.get("status") == "failed"]
    parts = [f"{failed.count(one)} {one}" + "s" * (failed.count(one) > 1 and one != "advice")
             for one in SEVERITIES if one in failed]  # fmt: skip
    parts = parts or [f"{sum(one.get('status') == 'ok' for one in checks)} passed"]
    unread = sum(one.get("status") == "unread" and one.get("severity") != "advice" for one in checks)
    return ", ".join([*parts, f"{unread} not read"] if unread else parts)


def failed_checks(report: JsonDict) -> list[JsonDict]:
    """Errors first."""
    failed = [one for one in report.get("checks") or [] if one.get("status") == "failed"]
    return sorted(failed, key=lambda one: SEVERITIES.index(one["severity"]) if one.get("severity") in SEVERITIES else 9)


def unread_checks(report: JsonDict) -> list[tuple[str, str, str]]:
    """Name, resources and what was found; one for a check of many resources, as a silent cloud leaves dozens. Without
    advice: nobody misses that."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in report.get("checks") or []:
        if one.get("status") == "unread" and one.get("severity") != "advice":
            key = plain(one.get("name")), plain(one.get("found")) or "not read"
            found.setdefault(key, []).append(plain(one.get("resource")))
    return [(name, ", ".join(dict.fromkeys(resources)), told) for (name, told), resources in found.items()]


def places_words(report: JsonDict) -> str:
    """``westeurope to eu-central-1``"""
    return " to ".join(
        plain(of(report, cloud, "place")) or f"{name} (place not known)" for cloud, name in CLOUDS.items()
    )


def headline(reports: Sequence[JsonDict]) -> str:
    """The answer for all links in one sentence."""
    bad = sum(not one.get("ok") for one in reports)
    if len(reports) == 1:
        return f"Link {plain(reports[0].get('link'))} is {'not ' if bad else ''}in order"
    if not bad:
        return f"All {len(reports)} links are in order" if reports else "No links"
    return f"{bad} of {len(reports)} links {'is' if bad == 1 else 'are'} not in order"


def _end(tunnel: JsonDict, cloud: str) -> str:
    state, message = (plain(of(tunnel, cloud, name)) for name in ("state", "message"))
    if state in ("", "unknown") and not of(tunnel, cloud, "connection"):
        return "spare" if tunnel.get("state") == "spare" else "no answer"
    return f"{state} ({message})" if message and state != "up" else state


def _bgp(tunnel: JsonDict) -> str:
    azure, aws = (plain(of(tunnel, cloud, "bgp")) for cloud in CLOUDS)
    if azure == aws:
        return azure or "-"
    return f"Azure {azure or 'unknown'}, AWS {aws or 'unknown'}"


def _routes(tunnel: JsonDict) -> str:
    azure, aws = ("-" if of(tunnel, cloud, "routes") is None else str(of(tunnel, cloud, "routes")) for cloud in CLOUDS)
    if azure == aws:
        return "-" if azure == "-" else f"{azure} each"
    return f"Azure {azure}, AWS {aws}"


def tunnels_table(report: JsonDict) -> str:
    """Both ends of each tunnel, a line each."""
    header = ("Tunnel", "Inside CIDR", "Azure", "AWS", "BGP", "Routes")
    rows = [
        (
            one.get("name"),
            one.get("inside_cidr") or "-",
            _end(one, "azure"),
            _end(one, "aws"),
            _bgp(one),
            _routes(one),
        )
        for one in report.get("tunnels") or []
    ]
    return table([header, *rows])


def _ranked(report: JsonDict) -> list[JsonDict]:
    return sorted(report.get("causes") or [], key=lambda one: one.get("rank") or 0)


def first_reason(report: JsonDict) -> str:
    """The first cause, else the first check that fails; empty where neither is."""
    return next((plain(cause.get("effect")) for cause in _ranked(report)), _first_failed(report))


def _first_failed(report: JsonDict) -> str:
    return next((f"{plain(one.get('name'))}: {plain(one.get('found'))}" for one in failed_checks(report)), "")


def _named(cause: JsonDict) -> str:
    """``keys-differ, tunnel 1-2``"""
    tunnels = ", ".join(map(plain, cause.get("tunnels") or []))
    return plain(cause.get("name")) + (f", tunnel {tunnels}" if tunnels else "")


def causes_text(report: JsonDict) -> str:
    """Why tunnels are down, the likeliest first: what both sides show, and what mends it. Empty without a cause."""
    lines = []
    for cause in _ranked(report):
        about = f"{_named(cause)}, {plain(cause.get('certainty'))}"
        lines.append(_wrapped(f"{cause.get('rank')}. {plain(cause.get('effect'))} ({about})", "", "   "))
        for cloud, name in CLOUDS.items():
            lines += [_wrapped(f"{name}: {plain(line)}", "   ", "     ") for line in of(cause, "evidence", cloud) or []]
        if cause.get("remedy"):
            lines.append(_wrapped(f"Mend it: {plain(cause['remedy'])}", "   ", "     "))
    return "\n".join(["Causes, the likeliest first:", *lines] if lines else [])


def checks_text(report: JsonDict) -> str:
    """Checks that fail, errors first, each with its remedy, then what could not be read. Empty if there is neither."""
    lines = []
    for check in failed_checks(report):
        where = plain(check.get("resource"))
        if check.get("tunnel"):
            where += f", tunnel {plain(check['tunnel'])}"
        cloud = CLOUDS.get(str(check.get("cloud")), "both clouds")
        told = f"found {plain(check.get('found'))}, expected {plain(check.get('expected'))}."
        said = f"{check.get('severity')}: {plain(check.get('name'))} of {where} ({cloud}): {told}"
        lines.append(_wrapped(f"{said} {plain(check.get('remedy'))}", "- ", "  "))
    if lines:
        lines.insert(0, "Checks that fail:")
    unread = [
        _wrapped(
            ": ".join(filter(None, [plain(one.get("what")), plain(one.get("why")), plain(one.get("permission"))])),
            "- ",
            "  ",
        )
        for one in report.get("unread") or []
    ]
    unread += [
        _wrapped(f"{name} of {resources}: {told}", "- ", "  ") for name, resources, told in unread_checks(report)
    ]
    unread[:0] = ["Not read:"] if unread else []
    return "\n\n".join("\n".join(part) for part in (lines, unread) if part)


def advised(report: JsonDict) -> list[JsonDict]:
    """Advice that holds as long as nothing has been measured."""
    checks = report.get("checks") or []
    return [one for one in checks
            if one.get("severity") == "advice" and one.get("status") == "unread" and one.get("remedy")]  # fmt: skip


def _advice_text(report: JsonDict) -> str:
    lines = [_wrapped(f"{plain(one['remedy'])} ({plain(one.get('name'))}, {plain(one.get('found'))})", "- ", "  ")
             for one in advised(report)]  # fmt: skip
    return "\n".join(["Advice:", *lines]) if lines else ""


def _probes_text(report: JsonDict) -> str:
    rows = [
        (one.get("name"), one.get("from"), one.get("to"), "arrives" if one.get("ok") else "fails", one.get("text"))
        for one in report.get("probes") or []
    ]
    return table([("Probe", "From", "To", "Result", ""), *rows]) if rows else ""


def _changed_text(report: JsonDict) -> str:
    lines = [_wrapped(line, "- ", "  ") for line in report.get("changed") or []]
    return "\n".join(["Since the last run:", *lines]) if lines else ""


def link_text(report: JsonDict) -> str:
    """All of a report that needs attention: tunnels, causes, checks that fail, probes, advice, what has changed."""
    routing = ROUTING.get(str(report.get("routing")), "Routing not known")
    words = f"{tunnels_words(report.get('tunnels') or [])}; checks: {checks_words(report.get('checks') or [])}"
    head = _wrapped(f"{headline([report])}. {routing}, {places_words(report)}; tunnels: {words}.")
    parts = [head, tunnels_table(report), causes_text(report), checks_text(report), _probes_text(report)]
    return "\n\n".join(filter(None, [*parts, _advice_text(report), _changed_text(report)]))


def fleet_table(reports: Sequence[JsonDict]) -> str:
    """One line a link, those that are not in order first."""
    header = ("Link", "State", "Tunnels", "Checks", "First reason")
    rows = [
        (
            one.get("link"),
            "in order" if one.get("ok") else "not in order",
            tunnels_words(one.get("tunnels") or []),
            checks_words(one.get("checks") or []),
            next((_named(cause) for cause in _ranked(one)), _first_failed(one) or "-"),
        )
        for one in by_need(reports)
    ]
    return f"{headline(reports)}\n\n{table([header, *rows])}" if rows else headline(reports)


def by_need(reports: Sequence[JsonDict]) -> list[JsonDict]:
    """Links that are not in order first, then by name."""
    return sorted(reports, key=lambda one: (bool(one.get("ok")), str(one.get("link"))))
