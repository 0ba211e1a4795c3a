"""Where a link is: from its plan, or from what somebody types who has a broken VPN before him."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import places
from samples import planned

ID = (
    "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/hq-rg/providers/Microsoft.Network"
    "/virtualNetworkGateways/hq-vng"
)
AZURE = {"azure_gateway": "hq-rg/hq-vng"}
AWS = {"aws_region": "eu-central-1", "aws": ["vgw-0a1b"]}


def test_of_a_plan() -> None:
    plan = planned()
    found = places.find({"plan": plan, "azure_gateway": "", "aws": [], "link": ""}, "elsewhere")
    assert found == places.Places(
        "hq",
        plan,
        {"resource_group": "hq-rg", "gateway_name": "hq-vng"},
        {"region": "eu-central-1", "vpn_gateway_name": "hq-vgw", "tags": {"s2s_vpn:id": plan["owner"]["id"]}},
    )


@pytest.mark.parametrize(
    ("written", "azure"),
    [
        ("hq-rg/hq-vng", {"resource_group": "hq-rg", "gateway_name": "hq-vng"}),
        (ID, {"gateway_id": ID}),
        (ID.lower(), {"gateway_id": ID.lower()}),
    ],
)
def test_azure_without_a_plan(written: str, azure: dict[str, str]) -> None:
    found = places.find({**AWS, "azure_gateway": written}, "hq")
    assert found == places.Places("hq", None, azure, {"region": "eu-central-1", "gateway_id": "vgw-0a1b"})


@pytest.mark.parametrize(
    ("written", "aws"),
    [
        (["vgw-0a1b"], {"gateway_id": "vgw-0a1b"}),
        (["tgw-0a1b"], {"gateway_id": "tgw-0a1b"}),
        (["vpn-0a1b", "vpn-0c2d"], {"vpn_connection_ids": ["vpn-0a1b", "vpn-0c2d"]}),
        (["hq-vgw"], {"vpn_gateway_name": "hq-vgw"}),
        (["vpn-gateway of hq"], {"vpn_gateway_name": "vpn-gateway of hq"}),
    ],
)
def test_aws_without_a_plan(written: list[str], aws: dict[str, Any]) -> None:
    found = places.find({**AZURE, **AWS, "aws": written}, "hq")
    assert isinstance(found, places.Places)
    assert found.aws == {"region": "eu-central-1", **aws}


@pytest.mark.parametrize(
    ("link", "host", "name"),
    [
        ("", "localhost", "hq-vng"),
        ("localhost", "localhost", "hq-vng"),  # the role's default is the host's name
        ("old/../hq 1", "localhost", "old-..-hq-1"),
        ("", "branch", "branch"),
        ("old", "branch", "old"),
    ],
)
def test_name(link: str, host: str, name: str) -> None:
    found = places.find({"link": link, **AZURE, **AWS}, host)
    assert isinstance(found, places.Places)
    assert found.link == name


@pytest.mark.parametrize(
    ("options", "variable", "problem"),
    [
        ({"plan": {}, "aws": [], "azure_gateway": ""}, "plan", "neither a plan nor a gateway is given"),
        ({"plan": {"link": "hq"}}, "plan", "it is not a plan"),
        ({"plan": planned(), **AWS}, "plan", "a gateway is given too"),
        (AWS, "azure_gateway", "it is not given"),
        (AZURE, "aws", "it is not given"),
        ({**AZURE, **AWS, "aws_region": ""}, "aws_region", "it is not given"),
        ({**AWS, "azure_gateway": "hq-vng"}, "azure_gateway", "it names no virtual network gateway"),
        ({**AWS, "azure_gateway": ID.replace("virtualNetworkGateways", "connections")}, "azure_gateway", "it names no"),
        ({**AZURE, **AWS, "aws": ["vgw-0a1b", "vgw-0c2d"]}, "aws", "cannot be taken together"),
        ({**AZURE, **AWS, "aws": ["vgw-0a1b", "vpn-0c2d"]}, "aws", "cannot be taken together"),
        ({**AZURE, **AWS, "aws": ["hq", "vpn-0c2d"]}, "aws", "cannot be taken together"),
    ],
)
def test_faults(options: dict[str, Any], variable: str, problem: str) -> None:
    found = places.find(options, "hq")
    assert isinstance(found, list)
    assert [(one.variable, problem in one.problem) for one in found] == [(variable, True)]
    assert all(one.remedy for one in found)
