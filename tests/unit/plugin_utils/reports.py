"""Reports of invented links, as verify writes them; addresses from RFC 5737."""

from __future__ import annotations

from typing import Any

Report = dict[str, Any]

AT = "2026-11-21T10:30:00Z"
CERTAIN, LIKELY = "certain", "likely"
OUTSIDE = ("198.51.100.40", "198.51.100.7", "203.0.113.9", "203.0.113.200", "203.0.113.77", "203.0.113.78")
INSIDE = ("169.254.21.0/30", "169.254.22.0/30", "169.254.21.4/30", "169.254.22.4/30")
CHECKS = (
    ("connection.exists", "error", "azure"),
    ("connection.exists", "error", "aws"),
    ("tunnel.up", "error", "azure"),
    ("tunnel.up", "error", "aws"),
    ("bgp.established", "error", "azure"),
    ("bgp.established", "error", "aws"),
    ("keys.equal", "error", "both"),
    ("crypto.common", "error", "both"),
)


def tunnel(number: int, link: str = "hq", **changes: Any) -> Report:
    """One of the four tunnels of a BGP link, up; `number` from 0."""
    instance, column = divmod(number, 2)
    name = f"{instance + 1}-{column + 1}"
    head = INSIDE[number].partition("/")[0].rpartition(".")
    made = {
        "name": name,
        "inside_cidr": INSIDE[number],
        "expected": "up",
        "state": "up",
        "azure": {
            "connection": f"{link}-aws-{name}",
            "instance": instance,
            "outside_address": f"192.0.2.{10 + instance}",
            "inside_address": f"{head[0]}.{int(head[2]) + 2}",
            "state": "up",
            "message": "",
            "bgp": "connected",
            "routes": 1,
            "bytes_in": 48_211 * (number + 1),
            "bytes_out": 1_934_002_112,
        },
        "aws": {
            "connection": f"{link}-{instance + 1}",
            "outside_address": OUTSIDE[number],
            "inside_address": f"{head[0]}.{int(head[2]) + 1}",
            "state": "up",
            "message": "1 BGP ROUTES",
            "bgp": "connected",
            "routes": 1,
            "since": "2026-11-19T22:04:11Z",
        },
    }
    return made | changes


def check(name: str, cloud: str, resource: str, **changes: Any) -> Report:
    made = {
        "name": name,
        "severity": "error",
        "cloud": cloud,
        "resource": resource,
        "tunnel": None,
        "status": "ok",
        "expected": "as planned",
        "found": "as planned",
        "remedy": "",
    }
    return made | changes


def healthy(link: str = "hq", **changes: Any) -> Report:
    """Four tunnels with BGP, everything as planned."""
    tunnels = [tunnel(number, link) for number in range(4)]
    checks = [
        check(name, cloud, one["azure"]["connection"], severity=severity, tunnel=one["name"])
        for name, severity, cloud in CHECKS
        for one in tunnels
    ]
    checks += [
        check("routes.learned", "azure", f"{link}-vng", expected="10.2.0.0/16", found="10.2.0.0/16"),
        check("routes.learned", "aws", f"{link}-vgw", expected="10.1.0.0/16", found="10.1.0.0/16"),
        check("mtu.advice", "both", link, severity="advice", expected="MSS 1350", found="MSS 1350"),
    ]
    made = {
        "schema": "hybrid.s2s_vpn report 1",
        "link": link,
        "at": AT,
        "routing": "bgp",
        "planned": True,
        "ok": True,
        "azure": {
            "place": "westeurope",
            "gateway": f"{link}-vng",
            "sku": "VpnGw2AZ",
            "asn": 65515,
            "network": f"{link}-vnet",
            "ranges": ["10.1.0.0/16"],
            "app_ranges": ["10.1.1.0/24"],
            "instances": [
                {
                    "index": index,
                    "outside_address": f"192.0.2.{10 + index}",
                    "inside_addresses": [f"169.254.21.{2 + 4 * index}", f"169.254.22.{2 + 4 * index}"],
                    "up": True,
                }
                for index in (0, 1)
            ],
        },
        "aws": {
            "place": "eu-central-1",
            "gateway": f"{link}-vgw",
            "kind": "vgw",
            "asn": 64512,
            "network": f"{link}-vpc",
            "ranges": ["10.2.0.0/16"],
            "app_ranges": ["10.2.1.0/24"],
        },
        "tunnels": tunnels,
        "checks": checks,
        "causes": [],
        "unread": [],
        "probes": [],
        "calls": {"azure": 9, "aws": 6},
        "changed": [],
    }
    return made | changes


def one_down(link: str = "hq", **changes: Any) -> Report:
    """Tunnel 1-2 is down, because the keys of its ends differ."""
    made = healthy(link)
    lost = made["tunnels"][1]
    lost["state"] = "down"
    lost["azure"] |= {"state": "down", "message": "NotConnected", "bgp": "connecting", "routes": 0, "bytes_in": 0}
    lost["aws"] |= {"state": "down", "message": "IPSEC IS DOWN", "bgp": "down", "routes": 0}
    remedy = f"Run site.yml for {link}: it reads the key from AWS and writes it to {link}-aws-1-2."
    for one in made["checks"]:
        if one["tunnel"] != "1-2":
            continue
        if one["name"] == "keys.equal":
            one |= {"expected": "the same key on both sides", "found": "they differ", "remedy": remedy}
        elif one["name"] == "tunnel.up":
            one |= {"expected": "up", "found": "down", "remedy": "See the causes."}
        elif one["name"] == "bgp.established":
            one |= {"expected": "connected", "found": "connecting", "remedy": "The tunnel comes first."}
        else:
            continue
        one["status"] = "failed"
    made["checks"].append(
        check(
            "sku.expiring",
            "azure",
            f"{link}-vng",
            severity="warning",
            status="failed",
            expected="a SKU that is sold for longer than a year",
            found="VpnGw2AZ until 2027-09-30",
            remedy="Plan a larger SKU: s2s_vpn_azure_gateway_sku: VpnGw3AZ.",
        )
    )
    made["checks"].append(
        check("routes.advertised", "azure", f"{link}-vng", severity="warning", status="unread", found="not read")
    )
    made["causes"] = [
        {
            "rank": 1,
            "name": "keys-differ",
            "side": "both",
            "tunnels": ["1-2"],
            "effect": "The two ends of tunnel 1-2 have different pre-shared keys, so IKE cannot authenticate.",
            "evidence": {
                "azure": [f"{link}-aws-1-2: fingerprint of the key differs from AWS's", "connection NotConnected"],
                "aws": ["198.51.100.7: DOWN, IKE negotiation failed", "key set 2026-11-20 by a rotation"],
            },
            "remedy": remedy,
            "certainty": CERTAIN,
        },
        {
            "rank": 2,
            "name": "dpd-different",
            "side": "azure",
            "tunnels": ["1-2"],
            "effect": "Azure gives up a silent peer later than AWS does.",
            "evidence": {"azure": ["dead peer time-out 90 s"], "aws": []},
            "remedy": "s2s_vpn_dpd_seconds: 45",
            "certainty": LIKELY,
        },
    ]
    made["unread"] = [
        {
            "what": "advertised routes",
            "why": "AuthorizationFailed",
            "permission": "Microsoft.Network/virtualNetworkGateways/getAdvertisedRoutes/action",
        }
    ]
    made["probes"] = [
        {"name": "ping", "from": "vm-app-1", "to": "10.2.1.10", "ok": True, "text": "20 of 20, 11.2 ms"},
        {"name": "tcp 443", "from": "i-app-1", "to": "10.1.1.4", "ok": False, "text": "refused after 1 s"},
    ]
    made |= {"ok": False, "changed": ["Tunnel 1-2 was up and is down."], "since": "2026-11-20T10:30:00Z"}
    return made | changes


def static(link: str = "branch", **changes: Any) -> Report:
    """One tunnel up, one spare, no BGP."""
    made = healthy(link, routing="static")
    up, spare = made["tunnels"][0], made["tunnels"][1]
    for one in (up, spare):
        one["azure"] |= {"bgp": None, "routes": None}
        one["aws"] |= {"bgp": None, "routes": None, "message": ""}
    spare |= {"expected": "spare", "state": "spare", "azure": None}
    spare["aws"]["state"] = "down"
    made["tunnels"] = [up, spare]
    made["azure"] |= {"asn": None, "instances": made["azure"]["instances"][:1]}
    made["checks"] = [one for one in made["checks"] if one["tunnel"] in (None, "1-1")]
    return made | changes


def silent(link: str = "hq", **changes: Any) -> Report:
    """Azure does not answer: what is known of it comes from the plan, and AWS."""
    made = healthy(link, ok=False)
    made["azure"] |= {"sku": None, "asn": None, "instances": []}
    for one in made["tunnels"]:
        one |= {"state": "unknown", "azure": None}
    for one in made["checks"]:
        if one["cloud"] != "aws":
            one |= {"status": "unread", "found": "no answer"}
    made["checks"].insert(
        0,
        check(
            "cloud.answers",
            "azure",
            "Azure",
            status="failed",
            expected="an answer",
            found="no answer",
            remedy="Check the network, the proxy and the credentials.",
        ),
    )
    return made | changes


def hostile(link: str = "hq", **changes: Any) -> Report:
    """Names as somebody might choose them to break a page, a log or an XML file."""
    made = one_down(link)
    script = "<script>alert(1)</script>"
    quotes = "\"' onload='x' & </title></svg> ]]> {{ 7*7 }}"
    emoji = "\U0001f680 \u05d0\u202egnp.exe\u202c \u7db2\u8def"
    made["link"] = f"{link} {script}"
    made["azure"] |= {"gateway": script * 4, "network": quotes, "place": emoji}
    made["aws"] |= {"gateway": emoji * 9, "network": "w" * 255, "place": "\x1b[31mred\x00\x07"}
    made["tunnels"][0]["azure"] |= {"connection": quotes, "message": script}
    made["tunnels"][2]["aws"] |= {"connection": "c" * 255}
    made["checks"][2] |= {"resource": quotes + emoji, "status": "failed", "found": script, "remedy": "\x0b" + quotes}
    made["causes"][0]["evidence"]["azure"].append(script + quotes)
    made["probes"][0] |= {"text": quotes, "from": script}
    made["changed"] = [script, emoji]
    return made | changes


def long_names(link: str = "l" * 40, **changes: Any) -> Report:
    """Names as long as the clouds allow, a link with six tunnels of which one is unknown."""
    made = one_down(link)
    made["azure"] |= {
        "gateway": "g" * 80,
        "network": "vnet-" + "v" * 59,
        "ranges": [f"10.{n}.0.0/16" for n in range(9)],
    }
    made["aws"] |= {"gateway": "w" * 255, "network": "VPC of the " * 20, "asn": 4294967294}
    for one in made["tunnels"]:
        one["azure"]["connection"], one["aws"]["connection"] = "c" * 80, "d" * 255
    for number in (4, 5):
        more = tunnel(number - 4, link, name=f"3-{number - 3}", state="unknown")
        more["aws"] |= {"outside_address": OUTSIDE[number], "state": "unknown", "bgp": "unknown"}
        made["tunnels"].append(more)
    return made | changes


def fleet(number: int = 20) -> list[Report]:
    makers = {3: one_down, 7: static, 11: silent}
    return [makers.get(one, healthy)(f"site-{one:02d}") for one in range(1, number + 1)]
