"""Templates as `az network vpn-connection create` writes them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

KEY = "invented_key.of_the_template"


def template(azure: Any, **properties: Any) -> dict[str, Any]:
    """az asks for IPSec, and names what it leaves out as null."""
    resource = {
        "type": "Microsoft.Network/connections",
        "name": "cn",
        "location": "westeurope",
        "tags": {},
        "apiVersion": "2024-05-01",
        "dependsOn": [],
        "properties": {
            "virtualNetworkGateway1": azure.ref("virtualNetworkGateways/gw"),
            "localNetworkGateway2": azure.ref("localNetworkGateways/lgw"),
            "connectionType": "IPSec",
            "enableBgp": True,
            "expressRouteGatewayBypass": None,
            "sharedKey": "[parameters('sharedKey')]",
            **properties,
        },
    }
    whole = {
        "parameters": {"sharedKey": {"type": "securestring"}},
        "resources": [resource],
        "outputs": {"resource": {"type": "object", "value": "[reference('cn')]"}},
    }
    given = {"sharedKey": {"value": KEY}}
    return {"properties": {"mode": "incremental", "template": whole, "parameters": given}}


def deployments(azure: Any, name: str = "d") -> str:
    group = f"/subscriptions/{azure.subscription}/resourcegroups/{azure.group}"
    return f"{group}/providers/Microsoft.Resources/deployments/{name}"


def deploy(azure: Any, body: dict[str, Any]) -> Any:
    return azure.call("PUT", deployments(azure), body)


@pytest.fixture
def ends(azure: Any) -> Any:
    azure.gateway()
    azure.local("lgw", "203.0.113.9")
    return azure


def test_a_deployment_makes_the_connection_and_shows_it(ends: Any) -> None:
    answer = deploy(ends, template(ends))
    assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (201, "Accepted")
    assert ends.call("GET", answer.headers["Azure-AsyncOperation"]).json() == {"status": "Succeeded"}
    shown = ends.call("GET", deployments(ends)).json()["properties"]
    assert shown["parameters"] == {"sharedKey": {"type": "SecureString"}}
    assert shown["outputs"]["resource"]["value"]["connectionType"] == "IPsec"
    assert shown["outputResources"] == [ends.ref("connections/cn")]
    assert ends.get("connections/cn/sharedkey") == {"value": KEY}
    assert deploy(ends, template(ends)).status_code == 200
    entry = next(e for e in ends.control("GET", "log").json() if e["method"] == "PUT" and "deployments" in e["path"])
    assert (entry["action"], entry["mutating"]) == ("Microsoft.Resources/deployments/write", True)


def test_it_runs_as_long_as_what_it_makes(stepped: Any) -> None:
    stepped.base()
    stepped.advance(10)
    stepped.put("virtualNetworkGateways/gw", stepped.gateway_body())
    stepped.local("lgw", "203.0.113.9")
    poll = deploy(stepped, template(stepped)).headers["Azure-AsyncOperation"]
    # the gateway is still being made: Resource Manager waits for it
    assert stepped.call("GET", poll).json() == {"status": "Running"}
    assert stepped.call("GET", "connections/cn").status_code == 404
    stepped.advance(1300)
    assert stepped.call("GET", poll).json() == {"status": "Running"}
    stepped.advance(30)
    assert stepped.call("GET", poll).json() == {"status": "Succeeded"}


def test_what_the_network_refuses_fails_the_deployment(ends: Any) -> None:
    answer = deploy(ends, template(ends, localNetworkGateway2=ends.ref("localNetworkGateways/nobody")))
    assert answer.status_code == 201
    polled = ends.call("GET", answer.headers["Azure-AsyncOperation"]).json()
    assert (polled["status"], polled["error"]["code"]) == ("Failed", "DeploymentFailed")
    assert [one["code"] for one in polled["error"]["details"]] == ["InvalidResourceReference"]
    assert ends.call("GET", deployments(ends)).json()["properties"]["error"] == polled["error"]
    assert ends.call("GET", "connections/cn").status_code == 404


def change(body: dict[str, Any], *path: Any, value: Any) -> dict[str, Any]:
    body = copy.deepcopy(body)
    inner = body["properties"]
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return body


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("mode",), "Complete", "Incremental"),
        (("parameters",), {}, "sharedKey"),
        (("template", "resources", 0, "location"), "[resourceGroup().location]", "resourceGroup()"),
        (("template", "resources", 0, "dependsOn"), ["other"], "wait for each other"),
        (("template", "resources", 0, "type"), "Microsoft.Network/virtualNetworks/subnets", "virtualNetworks/subnets"),
    ],
)
def test_a_template_beyond_that_is_refused(ends: Any, path: tuple[Any, ...], value: Any, says: str) -> None:
    answer = deploy(ends, change(template(ends), *path, value=value))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "InvalidTemplate")
    assert says in error["message"]


def test_an_unknown_deployment(ends: Any) -> None:
    answer = ends.call("GET", deployments(ends, "nobody"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "DeploymentNotFound")


def test_the_result_of_a_key_reset_is_null(ends: Any) -> None:
    """az fails on an empty body here (REC)."""
    deploy(ends, template(ends))
    answer = ends.call("POST", "connections/cn/sharedkey/reset", {"keyLength": 40})
    done = ends.session.get(answer.headers["Location"], timeout=10)
    assert (done.status_code, done.text) == (200, "null")
