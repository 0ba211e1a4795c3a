"""Metric alerts, diagnostic settings and metrics of gateways."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.azure.cloud import Azure

WORKSPACE = "/subscriptions/s/resourceGroups/monitor/providers/Microsoft.OperationalInsights/workspaces/network"


def alert(azure: Azure, **changes: Any) -> dict[str, Any]:
    criterion = {
        "criterionType": "StaticThresholdCriterion",
        "name": "threshold",
        "metricNamespace": "Microsoft.Network/virtualNetworkGateways",
        "metricName": "BgpPeerStatus",
        "dimensions": [{"name": "BgpPeerAddress", "operator": "Include", "values": ["169.254.21.1"]}],
        "operator": "LessThan",
        "threshold": 1,
        "timeAggregation": "Average",
    } | changes.pop("criterion", {})
    properties = {
        "severity": 1,
        "enabled": True,
        "scopes": [azure.id("virtualNetworkGateways/gw")],
        "evaluationFrequency": "PT1M",
        "windowSize": "PT5M",
        "criteria": {
            "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
            "allOf": [criterion],
        },
    }
    return {"location": "global", "tags": {"a": "b"}, "properties": properties | changes}


@pytest.fixture
def gateway(azure: Azure) -> Azure:
    azure.vnet()
    for number in range(2):
        azure.pip(f"pip{number}")
    azure.put("virtualNetworkGateways/gw", azure.gateway_body())
    azure.get("virtualNetworkGateways/gw")
    return azure


def path(azure: Azure, name: str = "") -> str:
    return azure.id("x").replace("Microsoft.Network/x", "Microsoft.Insights/metricAlerts") + (
        f"/{name}" if name else ""
    )


def test_an_alert_lives_without_operations(gateway: Azure) -> None:
    made = gateway.call("PUT", path(gateway, "down"), alert(gateway))
    assert (made.status_code, "Azure-AsyncOperation" in made.headers) == (201, False)
    assert gateway.call("PUT", path(gateway, "down"), alert(gateway)).status_code == 200
    seen = gateway.get(path(gateway, "down"))
    assert seen["tags"] == {"a": "b"}
    assert seen["properties"]["criteria"]["odata.type"].endswith("SingleResourceMultipleMetricCriteria")
    assert [one["name"] for one in gateway.get(path(gateway))["value"]] == ["down"]
    assert gateway.call("PUT", path(gateway, "down"), seen).status_code == 200
    assert gateway.get(path(gateway, "down")) == seen, "what was read can be written back"
    assert gateway.call("DELETE", path(gateway, "down")).status_code == 200
    assert gateway.call("DELETE", path(gateway, "down")).status_code == 204
    assert gateway.refused("GET", path(gateway, "down")) == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    "changes",
    [
        {"windowSize": "PT7M"},
        {"evaluationFrequency": "PT2M"},
        {"severity": 5},
        {"scopes": []},
        {"scopes": ["/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworkGateways/none"]},
        {"criterion": {"metricName": "TunnelDown"}},
        {"criterion": {"dimensions": [{"name": "ConnectionName", "operator": "Include", "values": ["c"]}]}},
        {"criterion": {"dimensions": [{"name": "Instance", "operator": "Include", "values": []}]}},
        {"criterion": {"operator": "Less"}},
        {"criterion": {"timeAggregation": "Sum"}},
        {"criterion": {"timeAggregation": "Maximum"}},
        {"criterion": {"threshold": None}},
        {"target": "x"},
        {"criterion": {"metric": "x"}},
    ],
)
def test_an_alert_that_azure_would_refuse(gateway: Azure, changes: dict[str, Any]) -> None:
    status, _code = gateway.refused("PUT", path(gateway, "down"), alert(gateway, **changes))
    assert status == 400
    assert gateway.get(path(gateway))["value"] == []


def setting(azure: Azure, name: str = "") -> str:
    return azure.id("virtualNetworkGateways/gw/providers/microsoft.insights/diagnosticSettings") + (
        f"/{name}" if name else ""
    )


def test_a_diagnostic_setting_outlives_its_gateway(gateway: Azure) -> None:
    logs = [{"category": "TunnelDiagnosticLog", "enabled": True}]
    gateway.put(setting(gateway, "ours"), {"properties": {"workspaceId": WORKSPACE, "logs": logs}})
    seen = gateway.get(setting(gateway, "OURS"))
    on = {one["category"] for one in seen["properties"]["logs"] if one["enabled"]}
    assert on == {"TunnelDiagnosticLog"}
    assert len(seen["properties"]["logs"]) == 5
    gateway.call("DELETE", "virtualNetworkGateways/gw")
    assert gateway.refused("GET", setting(gateway, "ours"))[0] == 404
    gateway.put("virtualNetworkGateways/gw", gateway.gateway_body())
    assert [one["name"] for one in gateway.get(setting(gateway))["value"]] == ["ours"]
    assert gateway.call("DELETE", setting(gateway, "ours")).status_code == 200
    assert gateway.refused("GET", setting(gateway, "ours")) == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    "properties",
    [
        {"logs": [{"category": "TunnelDiagnosticLog", "enabled": True}]},
        {"workspaceId": "/w", "logs": []},
        {"workspaceId": WORKSPACE, "logs": [{"category": "VpnLog", "enabled": True}]},
        {"workspaceId": WORKSPACE, "log": []},
    ],
)
def test_a_setting_that_azure_would_refuse(gateway: Azure, properties: dict[str, Any]) -> None:
    assert gateway.refused("PUT", setting(gateway, "ours"), {"properties": properties})[0] == 400


def metric(azure: Azure, name: str, **dimensions: str) -> dict[str, Any]:
    filters = " and ".join(f"{key} eq '{value}'" for key, value in dimensions.items())
    where = azure.id("virtualNetworkGateways/gw/providers/Microsoft.Insights/metrics")
    (one,) = azure.get(f"{where}?metricnames={name}&$filter={filters}")["value"]
    (point,) = one["timeseries"][0]["data"]
    return dict(point)


def test_bgp_is_up_at_one_instance_only(gateway: Azure) -> None:
    shown = gateway.get("virtualNetworkGateways/gw")["properties"]["bgpSettings"]["bgpPeeringAddresses"]
    first, second = (one["defaultBgpIpAddresses"][0] for one in shown)
    peers = [
        {"localAddress": first, "neighbor": "169.254.21.1", "state": "Connected"},
        {"localAddress": second, "neighbor": "169.254.21.1", "state": "Connecting"},
    ]
    told = {"connections": {}, "gateways": {gateway.id("virtualNetworkGateways/gw").lower(): {"peers": peers}}}
    assert gateway.control("POST", "wan", told).ok
    here = {"BgpPeerAddress": "169.254.21.1"}
    assert metric(gateway, "BgpPeerStatus", **here, Instance="GatewayTenantWorker_IN_0")["maximum"] == 1
    assert metric(gateway, "BgpPeerStatus", **here, Instance="GatewayTenantWorker_IN_1")["maximum"] == 0
    assert metric(gateway, "BgpPeerStatus", **here)["average"] == 0.5
    assert "maximum" not in metric(gateway, "BgpPeerStatus", BgpPeerAddress="169.254.22.1")


def test_bandwidth_is_of_each_instance_and_an_average_of_both(gateway: Azure) -> None:
    carried = {gateway.id("virtualNetworkGateways/gw"): [60e6, 20e6]}
    assert gateway.control("POST", "bandwidth", carried).ok
    assert metric(gateway, "AverageBandwidth")["average"] == 40e6
    assert metric(gateway, "AverageBandwidth", Instance="GatewayTenantWorker_IN_0")["average"] == 60e6
    where = gateway.id("virtualNetworkGateways/gw/providers/Microsoft.Insights/metrics")
    (one,) = gateway.get(f"{where}?metricnames=AverageBandwidth&$filter=Instance eq '*'")["value"]
    assert [(each["metadatavalues"][0]["value"], each["data"][0]["average"]) for each in one["timeseries"]] == [
        ("GatewayTenantWorker_IN_0", 60e6),
        ("GatewayTenantWorker_IN_1", 20e6),
    ]


def test_what_they_are_called_in_the_log(gateway: Azure) -> None:
    gateway.control("DELETE", "log")
    gateway.call("PUT", path(gateway, "down").replace("Microsoft.Insights", "microsoft.insights"), alert(gateway))
    gateway.call("DELETE", setting(gateway, "ours"))
    calls = [(one["action"], one["mutating"]) for one in gateway.control("GET", "log").json()]
    assert calls == [
        ("Microsoft.Insights/metricAlerts/write", True),
        ("Microsoft.Insights/diagnosticSettings/delete", True),
    ]
