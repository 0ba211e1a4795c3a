"""Names and types of what goes in and comes out, against azure-mgmt-network's own models.

Out: every member of every answer is one of the model's and of its type; what Azure shows beyond the models is listed.
In: every member of the models that may be set is taken, anything else is refused in Azure's words.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.mgmt.network import models as sdk

from rehearsal.azure.clock import InstantClock
from rehearsal.azure.network import KINDS, NAMESPACE
from tests.rehearsal.azure.cloud import Azure, clouds, fresh

WEST = {"location": "westeurope"}

BEYOND = {
    "AddressSpace.ipamPoolPrefixAllocations",
    "Subnet.properties.ipamPoolPrefixAllocations",
    "VirtualNetworkGateway.properties.isMigrateToCSES",
    "VirtualNetworkGateway.properties.packetCaptureDiagnosticState",
    "VirtualNetworkGatewayConnection.properties.authenticationType",
    "VirtualNetworkGatewayConnection.properties.packetCaptureDiagnosticState",
    "VirtualNetworkPeering.properties.routeServiceVips",
    "VpnClientConfiguration.vpnClientConnectionHealth",
}
"""What recordings of the real Azure show and azure-mgmt-network 28.0.0 does not know."""

ENVELOPE = {"id", "name", "type", "etag"}
"""What anything with an id of its own has; the models leave some of it out for things inside others."""

Tree = dict[str, Any]


def members(model: str) -> Tree:
    """The JSON members of a model: name → type in msrest's words, or a tree for what the model flattens."""
    tree: Tree = {}
    for entry in getattr(sdk, model)._attribute_map.values():
        *above, last = (part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", entry["key"]))
        at = tree
        for part in above:
            at = at.setdefault(part, {})
        at[last] = entry["type"]
    return tree


def is_model(kind: str) -> bool:
    found = getattr(sdk, kind, None)
    return found is not None and not issubclass(found, enum.Enum)


def problems(value: Any, kind: str | Tree, where: str, path: str) -> Iterator[str]:
    """ "PATH: what is wrong"; `where` is the place in the models, e.g. "Subnet.properties"."""
    if isinstance(kind, dict):
        yield from _object(value, kind, where, path)
    elif kind.startswith("["):
        if not isinstance(value, list):
            yield f"{path}: no list"
            return
        for number, item in enumerate(value):
            yield from problems(item, kind[1:-1], where, f"{path}[{number}]")
    elif kind.startswith("{"):
        if not isinstance(value, dict):
            yield f"{path}: no dictionary"
    elif is_model(kind):
        yield from _object(value, members(kind), kind, path)
    elif not _fits(value, kind):
        yield f"{path}: {value!r} is no {kind}"


def _object(value: Any, tree: Tree, where: str, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: no object"
        return
    for name, inner in value.items():
        if name in tree:
            yield from problems(inner, tree[name], f"{where}.{name}", f"{path}.{name}")
        elif not (name in ENVELOPE and "id" in value):
            yield f"unknown {where}.{name}"


def _fits(value: Any, kind: str) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind in ("int", "float"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return kind == "object" or isinstance(value, str)


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    """One of everything, with as much said about it as there is to say."""
    with clouds(tmp_path_factory.mktemp("azure")) as start:
        azure = fresh(start(InstantClock()))
        _fill(azure)
        yield azure


def _fill(azure: Azure) -> None:
    azure.base()
    rule = {"protocol": "*", "access": "Allow", "direction": "Inbound", "priority": 4000, "description": "partner"}
    ends = {"sourceAddressPrefixes": ["10.2.0.0/16"], "destinationAddressPrefix": "*"}
    ports = {"sourcePortRange": "*", "destinationPortRanges": ["22", "443"]}
    rules = [{"name": "r", "properties": rule | ends | ports}]
    azure.put("networkSecurityGroups/nsg", WEST | {"tags": {"a": "b"}, "properties": {"securityRules": rules}})
    routes = [
        {"name": "r", "properties": {"addressPrefix": "10.2.0.0/16", "nextHopType": "VirtualNetworkGateway"}},
        {
            "name": "s",
            "properties": {
                "addressPrefix": "10.3.0.0/16",
                "nextHopType": "VirtualAppliance",
                "nextHopIpAddress": "10.1.1.9",
            },
        },
    ]
    azure.put("routeTables/rt", WEST | {"properties": {"routes": routes}})
    subnet: Tree = {
        "addressPrefix": "10.1.1.0/24",
        "serviceEndpoints": [{"service": "Microsoft.Sql"}],
        "delegations": [{"name": "d", "properties": {"serviceName": "Microsoft.Sql/managedInstances"}}],
        "networkSecurityGroup": azure.ref("networkSecurityGroups/nsg"),
        "routeTable": azure.ref("routeTables/rt"),
    }
    azure.put("virtualNetworks/vnet/subnets/app", {"properties": subnet})
    azure.vnet("far", "10.9")
    for here, there in (("vnet", "far"), ("far", "vnet")):
        peering = {"properties": {"remoteVirtualNetwork": azure.ref(f"virtualNetworks/{there}")}}
        azure.put(f"virtualNetworks/{here}/virtualNetworkPeerings/p", peering)
    clients = {
        "vpnClientAddressPool": {"addressPrefixes": ["172.16.0.0/24"]},
        "vpnClientRootCertificates": [{"name": "root", "properties": {"publicCertData": "ZXhhbXBsZQ=="}}],
    }
    azure.pip("pip2")
    body = azure.gateway_body(instances=2, vpnClientConfiguration=clients)
    third = {
        "name": "c2",
        "properties": {
            "subnet": azure.ref("virtualNetworks/vnet/subnets/GatewaySubnet"),
            "publicIPAddress": azure.ref("publicIPAddresses/pip2"),
        },
    }
    body["properties"]["ipConfigurations"].append(third)
    azure.put("virtualNetworkGateways/gw", body)
    mapping = [{"addressSpace": "10.1.1.0/24"}]
    nat = {"type": "Static", "mode": "EgressSnat", "internalMappings": mapping, "externalMappings": mapping}
    azure.put("virtualNetworkGateways/gw/natRules/n", {"properties": nat})
    azure.local("lgw", "198.51.100.1", localNetworkAddressSpace={"addressPrefixes": ["10.2.0.0/16"]})
    policy = {
        "saLifeTimeSeconds": 3600,
        "saDataSizeKilobytes": 102400000,
        "ipsecEncryption": "GCMAES256",
        "ipsecIntegrity": "GCMAES256",
        "ikeEncryption": "AES256",
        "ikeIntegrity": "SHA256",
        "dhGroup": "DHGroup14",
        "pfsGroup": "PFS2048",
    }
    slots = [
        {
            "ipConfigurationId": azure.id(f"virtualNetworkGateways/gw/ipConfigurations/c{i}"),
            "customBgpIpAddress": f"169.254.21.{2 + 4 * i}",
        }
        for i in (0, 1)
    ]
    azure.put("connections/c", azure.connection_body(ipsecPolicies=[policy], gatewayCustomBgpIpAddresses=slots))
    configuration = {
        "name": "c",
        "properties": {
            "subnet": azure.ref("virtualNetworks/vnet/subnets/app"),
            "publicIPAddress": azure.ref("publicIPAddresses/nic"),
        },
    }
    azure.pip("nic")
    azure.put("networkInterfaces/nic", WEST | {"properties": {"ipConfigurations": [configuration]}})
    _report(azure)


def _report(azure: Azure) -> None:
    """What the WAN says when it all works."""
    tunnel = {"tunnel": "t", "connectionStatus": "Connected", "ingressBytesTransferred": 1}
    peer = {"localAddress": "169.254.21.2", "neighbor": "169.254.21.1", "asn": 64512, "state": "Connected"}
    counts = {"connectedDuration": "00:01:02", "routesReceived": 1, "messagesSent": 2, "messagesReceived": 3}
    route = {"localAddress": "169.254.21.2", "network": "10.2.0.0/16", "nextHop": "169.254.21.1", "weight": 32768}
    came = {"sourcePeer": "169.254.21.1", "origin": "EBgp", "asPath": "64512"}
    told = {"localAddress": "169.254.21.2", "neighbor": "169.254.21.1", "network": "10.1.0.0/16"}
    gateway = {"peers": [peer | counts], "learned": [route | came], "advertised": [told]}
    azure.control(
        "POST",
        "wan",
        {
            "connections": {azure.id("connections/c"): {**tunnel, "tunnelConnectionStatus": [tunnel]} | {"tunnel": ""}},
            "gateways": {azure.id("virtualNetworkGateways/gw"): gateway},
        },
    )


#: What other SDKs have models of is tried beside its own tests.
NETWORK = [kind for kind in KINDS.values() if kind.type.startswith(NAMESPACE)]
TOP = [(kind.type.split("/")[1], kind.model) for kind in NETWORK]
CHILDREN = [
    (f"{kind.type.split('/')[1]}/{{}}/{child.collection}", child.model)
    for kind in NETWORK
    for child in kind.child_kinds.values()
]
PARENTS = {
    "virtualNetworks": "vnet",
    "networkSecurityGroups": "nsg",
    "routeTables": "rt",
    "virtualNetworkGateways": "gw",
}


def collection(path: str) -> str:
    return path.format(PARENTS[path.split("/")[0]]) if "{}" in path else path


def said(azure: Azure, path: str) -> Any:
    return azure.call("POST", path).json()


ACTIONS: list[tuple[str, str, Callable[[Azure, str], Any]]] = [
    ("virtualNetworkGateways/gw/getBgpPeerStatus", "[BgpPeerStatus]", Azure.ask),
    ("virtualNetworkGateways/gw/getLearnedRoutes", "[GatewayRoute]", Azure.ask),
    ("virtualNetworkGateways/gw/getAdvertisedRoutes?peer=169.254.21.1", "[GatewayRoute]", Azure.ask),
    ("virtualNetworkGateways/gw/connections", "[VirtualNetworkGatewayConnection]", lambda a, p: a.get(p)["value"]),
    ("connections/c/sharedkey", "ConnectionSharedKey", Azure.get),
    ("virtualNetworkGateways/gw/getvpnclientipsecparameters", "VpnClientIPsecParameters", said),
    ("virtualNetworks/vnet/CheckIPAddressAvailability?ipAddress=10.1.1.4", "IPAddressAvailabilityResult", Azure.get),
    ("virtualNetworks/vnet/usages", "[VirtualNetworkUsage]", lambda a, p: a.get(p)["value"]),
    ("networkSecurityGroups/nsg/defaultSecurityRules", "[SecurityRule]", lambda a, p: a.get(p)["value"]),
]


def everything(azure: Azure) -> Iterator[tuple[Any, str]]:
    """Every kind of answer with its model: lists and single things."""
    for path, model in TOP + CHILDREN:
        rows = azure.get(collection(path))["value"]
        assert rows, path
        yield rows, f"[{model}]"
        for row in rows:
            yield azure.get(row["id"]), model
    for path, kind, ask in ACTIONS:
        answer = ask(azure, path)
        assert answer, path
        yield answer, kind


def test_answers(azure: Azure) -> None:
    found = {p for answer, kind in everything(azure) for p in problems(answer, kind, kind.strip("[]"), "")}
    assert {p for p in found if not p.startswith("unknown ")} == set()
    assert {p.removeprefix("unknown ") for p in found} == BEYOND


# -- requests


def places(top: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The models that a request may hold, each at its first place: its path ("[]" is a list) and its name."""
    seen = {top}
    waiting: list[tuple[tuple[str, ...], str]] = [((), top)]
    while waiting:
        path, model = waiting.pop(0)
        yield path, model
        readonly = _readonly(model)
        for at, kind in _leaves(members(model)):
            inner = kind.strip("[]")
            if at not in readonly and is_model(inner) and inner not in seen:
                seen.add(inner)
                waiting.append(((*path, *at, *("[]",) * kind.count("[")), inner))


def _leaves(tree: Tree, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, kind in tree.items():
        if isinstance(kind, dict):
            yield from _leaves(kind, (*path, name))
        else:
            yield (*path, name), kind


def _readonly(model: str) -> set[tuple[str, ...]]:
    found = getattr(sdk, model)
    names = [a for a, rules in found._validation.items() if rules.get("readonly")]
    return {tuple(re.split(r"(?<!\\)\.", found._attribute_map[a]["key"])) for a in names if a in found._attribute_map}


def wrapped(path: tuple[str, ...], value: Any) -> Any:
    for part in reversed(path):
        value = [value] if part == "[]" else {part: value}
    return value


SAMPLES = {"str": "x", "int": 1, "float": 1, "bool": True, "object": {}, "iso-8601": "2026-01-01T00:00:00Z"}


def sample(kind: str, model: str, path: tuple[str, ...]) -> Any:
    """A value of the kind; of an enumeration its first one."""
    entries = getattr(sdk, model)
    key = ".".join(part.replace(".", "\\.") for part in path)
    name = next((a for a, e in entries._attribute_map.items() if e["key"] == key), "")
    found = re.search(rf":vartype {name}:\s+(list\[)?str or\s+~azure\.mgmt\.network\.models\.(\w+)", entries.__doc__)
    if name and found:
        first = next(iter(getattr(sdk, found[2]))).value
        return [first] if found[1] else first
    if kind.startswith("["):
        return []
    if kind.startswith("{") or is_model(kind):
        return {}
    return SAMPLES.get(kind, "x")


PARSING = ("InvalidRequestContent", "InvalidRequestFormat")


@pytest.mark.parametrize(("path", "model"), TOP + CHILDREN)
def test_an_unknown_member_is_refused_wherever_it_stands(azure: Azure, path: str, model: str) -> None:
    target = f"{collection(path)}/new"
    for at, inner in places(model):
        answer = azure.call("PUT", target, wrapped(at, {"colour": "blue"}))
        assert answer.status_code == 400, (at, answer.text)
        error = answer.json()["error"]
        text = str(error)
        assert "Could not find member 'colour' on object of type" in text, (at, text)
        if at:
            assert error["code"] == "InvalidRequestFormat"
            assert error["details"][0]["code"] == "InvalidJson"
            assert f"'{inner}" in text
        else:
            assert error["code"] == "InvalidRequestContent"


@pytest.mark.parametrize(("path", "model"), TOP + CHILDREN)
def test_every_member_of_the_model_is_taken(azure: Azure, path: str, model: str) -> None:
    """It may be refused for what it says, but not for its name."""
    target = f"{collection(path)}/new"
    for at, inner in places(model):
        body: Tree = {}
        for leaf, kind in _leaves(members(inner)):
            spot = body
            for part in leaf[:-1]:
                spot = spot.setdefault(part, {})
            spot[leaf[-1]] = sample(kind, inner, leaf)
        answer = azure.call("PUT", target, wrapped(at, body))
        code = answer.json()["error"]["code"] if answer.status_code >= 400 else ""
        assert answer.status_code < 500, (at, answer.text)
        assert code not in PARSING, (at, answer.text)


@pytest.mark.parametrize(("path", "model"), TOP + CHILDREN)
def test_a_value_of_another_kind_is_refused(azure: Azure, path: str, model: str) -> None:
    target = f"{collection(path)}/new"
    for at, inner in places(model):
        readonly = _readonly(inner)
        for leaf, kind in _leaves(members(inner)):
            if leaf in readonly or kind == "object":
                continue
            wrong: Any = "x" if kind[0] in "[{" or is_model(kind) else {"a": "b"}
            answer = azure.call("PUT", target, wrapped((*at, *leaf), wrong))
            assert answer.status_code == 400, (at, leaf, answer.text)
            assert answer.json()["error"]["code"] in PARSING, (at, leaf, answer.text)
