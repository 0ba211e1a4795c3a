from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import cost
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.arm import SKUS
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import is_plan, plan_link
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.report import WIDTH, plan_table

from tests.unit.module_utils.samples import INPUT, planned

LINK = cost.Usage("westeurope", "eu-central-1", "VpnGw2AZ", 2, 2, 4)

EVERY_PRICE = dict.fromkeys(cost.PRICES, 1)


@pytest.mark.parametrize(
    ("usage", "own", "hour", "to_aws", "to_azure"),
    [
        (LINK, {}, 0.564 + 2 * 0.005 + 2 * 0.05 + 4 * 0.005, 0.087, 0.09),
        (cost.Usage("westeurope", "eu-central-1", "VpnGw1AZ", 1, 1, 2), {}, 0.361 + 0.005 + 0.05 + 0.01, 0.087, 0.09),
        (cost.Usage("westeurope", "eu-central-1", None, 0, 2, 4), {}, 0.12, 0.087, 0.09),
        (cost.Usage("WestEurope", "eu-central-1", None, 0, 0, 0, 3), {}, 0.18, 0.107, 0.11),
        (cost.Usage("brazilsouth", "sa-east-1", None, 0, 0, 0), {}, 0, 0.181, 0.15),
        (cost.Usage("japaneast", "ap-northeast-1", None, 0, 2, 0), {}, 0.096, 0.12, 0.114),
        (LINK, {"azure_gateway_hour": 0.4}, 0.4 + 0.13, 0.087, 0.09),
        (LINK, {"aws_out_gb": "0.05"}, 0.694, 0.087, 0.05),
        (LINK, EVERY_PRICE | {"currency": "EUR"}, 1 + 2 + 2 + 4, 1, 1),
    ],
)
def test_sums(usage: cost.Usage, own: dict[str, Any], hour: float, to_aws: float, to_azure: float) -> None:
    found = cost.estimate(usage, own)
    assert found.hour == pytest.approx(hour)
    assert found.month == pytest.approx(hour * 730, abs=0.01)
    assert (found.gb_to_aws, found.gb_to_azure) == pytest.approx((to_aws, to_azure))
    assert sum(line.amount for line in found.lines if line.unit == "hour") == pytest.approx(found.hour)


@pytest.mark.parametrize(
    ("usage", "own", "word"),
    [
        (LINK, {}, "check before you rely"),
        (LINK, {"aws_out_gb": 1}, "check before you rely"),
        (LINK, EVERY_PRICE, "Your own prices."),
        (cost.Usage("westeurope", "eu-central-1", None, 0, 2, 4), {}, "adopted and not counted"),
        (cost.Usage("westeurope", "eu-central-1", "VpnGw9AZ", 2, 2, 4), {}, "no price of VpnGw9AZ"),
        (cost.Usage("westeurope", "il-central-1", "VpnGw2AZ", 2, 2, 4), {}, "no prices of il-central-1"),
    ],
)
def test_it_says_what_it_is_worth(usage: cost.Usage, own: dict[str, Any], word: str) -> None:
    assert word in cost.estimate(usage, own).note


def test_every_sku_that_the_plan_takes_has_a_price() -> None:
    for sku in SKUS:
        assert cost.table_prices(sku, "westeurope", "eu-central-1")["azure_gateway_hour"] > 0, sku


def test_better_gateways_cost_more() -> None:
    hours = [planned(azure_gateway_sku=f"VpnGw{number}AZ")["cost"]["hour"] for number in range(1, 6)]
    assert hours == sorted(set(hours))


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, {"VPN gateway VpnGw2AZ": 1, "public address of the gateway": 2, "VPN connection": 2,
              "public address of a tunnel": 4}),
        ({"routing": "static"}, {"VPN gateway VpnGw2AZ": 1, "public address of the gateway": 1, "VPN connection": 1,
                                 "public address of a tunnel": 2}),
        ({"adopt": ["HQ-vng", "hq-2"]}, {"VPN connection": 1, "public address of a tunnel": 2}),
    ],
)  # fmt: skip
def test_the_plan_counts_what_the_link_pays(changes: dict[str, Any], counts: dict[str, int]) -> None:
    lines = planned(**changes)["cost"]["lines"]
    assert {line["what"]: line["count"] for line in lines if line["unit"] == "hour"} == counts


def test_a_plan_is_one_also_where_nothing_is_paid() -> None:
    plan = planned(adopt=["hq-vng", "hq-1", "hq-2"], prices={"aws_out_gb": 1, "azure_out_gb": "2"})
    assert plan["cost"]["hour"] == 0
    assert is_plan(plan)


def test_the_table_shows_the_estimate() -> None:
    text = plan_table(planned(prices={"aws_vpn_connection_hour": 0.04, "date": "2026-03"}))
    hourly = next(line for line in text.splitlines() if line.startswith("The link "))
    assert hourly.split() == ["The", "link", "0.674", "USD/hour", "about", "492.02", "USD", "a", "month"]
    yours = [line for line in text.splitlines() if line.endswith("yours")]
    assert len(yours) == 1
    assert yours[0].startswith("VPN connection ")
    assert "estimate" in text.lower()
    assert "2026-03" in text
    assert max(map(len, text.splitlines())) <= WIDTH


@pytest.mark.parametrize(
    ("prices", "says"),
    [
        (["x"], "s2s_vpn_prices = ['x']: it is a list, not a mapping. Write a YAML mapping of names to prices."),
        ({"azure_gateway": 1}, "it has no price called azure_gateway. Write one of azure_gateway_hour, "),
        ({"aws_out_gb": "a lot"}, "aws_out_gb is not a price. Write a number of 0 or more."),
        ({"aws_out_gb": -1}, "aws_out_gb is not a price. "),
        ({"aws_out_gb": True}, "aws_out_gb is not a price. "),
        ({"aws_out_gb": "nan"}, "aws_out_gb is not a price. "),
        ({"currency": 7}, "currency is not a short text. Write it in quotes, like EUR."),
        ({"currency": "EUR", "aws_out_gb": 1}, "in another currency than USD it needs every price. Write "),
    ],
)
def test_wrong_prices(prices: object, says: str) -> None:
    (fault,) = plan_link({**INPUT, "prices": prices}).faults
    assert says in str(fault)
