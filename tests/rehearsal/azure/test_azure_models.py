"""Answers against azure-mgmt-network's models: every member known, every value of its type."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.azure.models import clean, shape_of
from rehearsal.azure.network import KINDS, NAMESPACE

WEST = {"location": "westeurope"}
NETWORK = [kind for kind in KINDS.values() if kind.type.startswith(NAMESPACE)]


@pytest.fixture
def full(azure: Any) -> Any:
    """One of everything."""
    azure.gateway()
    azure.local("lgw", "198.51.100.1")
    azure.put("connections/c", azure.connection_body())
    azure.put("networkSecurityGroups/nsg", WEST)
    route = {"name": "r", "properties": {"addressPrefix": "10.2.0.0/16", "nextHopType": "VirtualNetworkGateway"}}
    azure.put("routeTables/rt", WEST | {"properties": {"routes": [route]}})
    configuration = {"name": "c", "properties": {"subnet": azure.ref("virtualNetworks/vnet/subnets/app")}}
    azure.put("networkInterfaces/nic", WEST | {"properties": {"ipConfigurations": [configuration]}})
    azure.vnet("far", "10.9")
    peering = {"properties": {"remoteVirtualNetwork": azure.ref("virtualNetworks/far")}}
    azure.put("virtualNetworks/vnet/virtualNetworkPeerings/p", peering)
    return azure


@pytest.mark.parametrize("kind", NETWORK, ids=lambda kind: kind.model)
def test_answers_fit_and_can_be_written_back(full: Any, kind: Any) -> None:
    rows = full.get(kind.type.split("/")[1])["value"]
    assert rows
    for row in rows:
        seen = full.get(row["id"])
        clean(seen, kind.model)
        full.put(row["id"], seen)
        again = full.get(row["id"])
        assert {**again, "etag": ""} == {**_with_etag(seen, again["etag"]), "etag": ""}


def _with_etag(value: Any, etag: str) -> Any:
    """Children share the etag, which a PUT changes."""
    if isinstance(value, dict):
        return {k: etag if k == "etag" else _with_etag(v, etag) for k, v in value.items()}
    return [_with_etag(v, etag) for v in value] if isinstance(value, list) else value


def test_flattened_members_are_under_properties() -> None:
    shape = shape_of("VirtualNetworkGateway")
    assert "activeactive" in shape.nested["properties"].members
    assert "location" in shape.members


def test_case_is_put_right() -> None:
    body = clean({"Location": "westeurope", "properties": {"ADDRESSSPACE": {"addressprefixes": []}}}, "VirtualNetwork")
    assert body == {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": []}}}
