# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a link costs by the hour and by the GB, before there is a bill. An estimate, and labelled as one.

The prices below are list prices from memory (EXP), pay as you go, without tax and without any discount: check before
you rely on them. A user's own stand in ``s2s_vpn_prices``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

#: When the prices below were known.
DATE = "2025-06"
CURRENCY = "USD"
HOURS_OF_A_MONTH = 730

#: What a price may be given for, and the words for it. ``_hour`` is each, by the hour; ``_gb`` by the GB.
PRICES: Mapping[str, str] = {
    "azure_gateway_hour": "VPN gateway",
    "azure_public_address_hour": "public address of the gateway",
    "azure_out_gb": "data out of Azure",
    "aws_vpn_connection_hour": "VPN connection",
    "aws_public_address_hour": "public address of a tunnel",
    "aws_transit_attachment_hour": "transit gateway attachment",
    "aws_transit_gb": "data through the transit gateway",
    "aws_out_gb": "data out of AWS",
}

_GATEWAYS = {"VpnGw1AZ": 0.361, "VpnGw2AZ": 0.564, "VpnGw3AZ": 1.438, "VpnGw4AZ": 2.415, "VpnGw5AZ": 4.197}

_EVERYWHERE: Mapping[str, float] = {
    "azure_public_address_hour": 0.005,
    "azure_out_gb": 0.087,
    "aws_vpn_connection_hour": 0.05,
    "aws_public_address_hour": 0.005,
    "aws_transit_attachment_hour": 0.05,
    "aws_transit_gb": 0.02,
    "aws_out_gb": 0.09,
}

#: Beginnings of Azure's location names -> what differs there. Elsewhere it is Europe's and North America's price.
_AZURE_LOCATIONS: Mapping[tuple[str, ...], Mapping[str, float]] = {
    (
        "eastasia", "southeastasia", "japan", "korea", "australia", "centralindia", "southindia", "westindia",
        "newzealand", "indonesia", "malaysia", "taiwan",
    ): {"azure_out_gb": 0.12},
    ("brazil", "southafrica", "uae", "qatar", "israel", "chile"): {"azure_out_gb": 0.181},
}  # fmt: skip

#: AWS's region -> what differs there.
_AWS_REGIONS: Mapping[str, Mapping[str, float]] = {
    "eu-central-1": {"aws_transit_attachment_hour": 0.06},
    "ap-northeast-1": {
        "aws_vpn_connection_hour": 0.048,
        "aws_transit_attachment_hour": 0.07,
        "aws_out_gb": 0.114,
    },
    "ap-northeast-2": {"aws_transit_attachment_hour": 0.07, "aws_out_gb": 0.126},
    "ap-southeast-1": {"aws_transit_attachment_hour": 0.07, "aws_out_gb": 0.12},
    "ap-southeast-2": {"aws_transit_attachment_hour": 0.07, "aws_out_gb": 0.114},
    "ap-south-1": {"aws_out_gb": 0.1093},
    "ap-east-1": {"aws_out_gb": 0.12},
    "me-south-1": {"aws_out_gb": 0.117},
    "sa-east-1": {"aws_out_gb": 0.15},
    "af-south-1": {"aws_out_gb": 0.154},
}

#: Regions of AWS that cost what us-east-1 does, as far as a link goes.
_AWS_BASE = ("us-", "eu-", "ca-", "mx-")


@dataclass(frozen=True)
class Usage:
    """What of a link is billed. An adopted part was paid before the link came, and is left out by its maker.

    ``sku`` is None without a gateway of the link's own. ``tunnels`` counts AWS's, whose outside addresses are billed
    (AWS, public IPv4 charge of 2024-02), the spare too.
    """

    location: str
    region: str
    sku: str | None
    public_addresses: int
    vpn_connections: int
    tunnels: int
    transit_attachments: int = 0


@dataclass(frozen=True)
class Line:
    """``unit`` is hour or GB; ``amount`` is count times price; ``source`` is table, or user."""

    cloud: str
    what: str
    count: int
    unit: str
    price: float
    amount: float
    source: str


@dataclass(frozen=True)
class Estimate:
    """``hour`` is all that is billed by the hour; ``gb_to_aws`` and ``gb_to_azure`` are a GB sent that way."""

    currency: str
    date: str
    hour: float
    month: float
    gb_to_aws: float
    gb_to_azure: float
    lines: list[Line]
    note: str


def table_prices(sku: str | None, location: str, region: str) -> dict[str, float]:
    """The table's prices for a place."""
    prices = dict(_EVERYWHERE)
    prices["azure_gateway_hour"] = _GATEWAYS.get(sku or "", 0.0)
    for beginnings, differs in _AZURE_LOCATIONS.items():
        if location.lower().startswith(beginnings):
            prices.update(differs)
    prices.update(_AWS_REGIONS.get(region, {}))
    return prices


def price_problem(name: str, value: object) -> tuple[str, str] | None:
    """(problem, remedy) of one of a user's prices; None for a good one."""
    if name in ("currency", "date"):
        good = isinstance(value, str) and 0 < len(value.strip()) <= 10 and value.isascii() and value.isprintable()
        remedy = "Write it in quotes, like EUR." if name == "currency" else 'Write it in quotes, like "2026-03".'
        return None if good else (f"{name} is not a short text", remedy)
    if name not in PRICES:
        return f"it has no price called {name}", f"Write one of {', '.join(PRICES)}, currency and date."
    number = number_of(value)
    if number is None or not 0 <= number < 1e6:
        return f"{name} is not a price", "Write a number of 0 or more."
    return None


def number_of(value: object) -> float | None:
    """A number, also as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def missing_for_currency(own: Mapping[str, object]) -> list[str]:
    """Prices that must be given too: those of the table are in USD, and a sum has one currency."""
    if own.get("currency", CURRENCY) == CURRENCY:
        return []
    return [name for name in PRICES if name not in own]


def estimate(usage: Usage, own: Mapping[str, object] | None = None) -> Estimate:
    """:param own: a user's prices by name, and his ``currency`` and ``date``; judged before"""
    own = own or {}
    prices = table_prices(usage.sku, usage.location, usage.region)
    given = {name: number_of(own[name]) or 0.0 for name in PRICES if name in own}
    prices.update(given)

    def line(name: str, count: int, what: str = "") -> Line:
        cloud, unit = name.partition("_")[0], "GB" if name.endswith("_gb") else "hour"
        amount = round(count * prices[name], 6)
        source = "user" if name in given else "table"
        return Line(cloud, what or PRICES[name], count, unit, prices[name], amount, source)

    transit = usage.transit_attachments > 0
    lines = [
        *([line("azure_gateway_hour", 1, f"VPN gateway {usage.sku}")] if usage.sku else []),
        line("azure_public_address_hour", usage.public_addresses),
        line("aws_vpn_connection_hour", usage.vpn_connections),
        line("aws_public_address_hour", usage.tunnels),
        *([line("aws_transit_attachment_hour", usage.transit_attachments)] if transit else []),
        line("azure_out_gb", 1),
        line("aws_out_gb", 1),
        *([line("aws_transit_gb", 1)] if transit else []),
    ]
    lines = [one for one in lines if one.count]
    hour = round(math.fsum(one.amount for one in lines if one.unit == "hour"), 6)
    through = prices["aws_transit_gb"] if transit else 0.0
    return Estimate(
        currency=str(own.get("currency", CURRENCY)).strip(),
        date=str(own.get("date", DATE)).strip(),
        hour=hour,
        month=round(hour * HOURS_OF_A_MONTH, 2),
        gb_to_aws=round(prices["azure_out_gb"] + through, 6),
        gb_to_azure=round(prices["aws_out_gb"] + through, 6),
        lines=lines,
        note=" ".join(_notes(usage, given)),
    )


def _notes(usage: Usage, given: Mapping[str, float]) -> Iterator[str]:
    if set(given) >= set(PRICES):
        yield "Your own prices."
    else:
        yield "Estimate of list prices from memory, without tax and discounts: check before you rely on it."
    if not usage.sku:
        yield "The VPN gateway is adopted and not counted."
    elif usage.sku not in _GATEWAYS and "azure_gateway_hour" not in given:
        yield f"The table has no price of {usage.sku}, which counts as 0."
    if not usage.region.startswith(_AWS_BASE) and usage.region not in _AWS_REGIONS:
        yield f"The table has no prices of {usage.region}: they are those of us-east-1."
