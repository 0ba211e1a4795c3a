"""Requests against the models of Azure's own SDKs: unknown members refused, read-only ones dropped."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from azure.mgmt.monitor.v2018_03_01 import models as alerts
from azure.mgmt.monitor.v2021_05_01_preview import models as diagnostics
from azure.mgmt.network import models as network

from . import machine_models as compute
from .errors import ArmError, cannot_parse

_SCALARS = {"str", "int", "bool", "float", "iso-8601", "duration", "bytearray", "base64", "date", "rfc-1123"}

_SHOWN = {
    "AddressSpace": ["ipamPoolPrefixAllocations"],
    "Subnet": ["ipamPoolPrefixAllocations"],
    "VirtualNetworkPeering": ["routeServiceVips"],
    "VirtualNetworkGateway": ["packetCaptureDiagnosticState", "isMigrateToCSES", "virtualNetworkExtendedLocation"],
    "VpnClientConfiguration": ["vpnClientConnectionHealth"],
    "VirtualNetworkGatewayConnection": ["packetCaptureDiagnosticState"],
}
"""Members that answers have (REC) and this SDK does not know: writing back what was read must work."""

_NEWER = {"VirtualNetworkGatewayConnection": {"authenticationType": "str"}}
"""Members that came to the service after this SDK."""


_NEWER_VALUES = {"PublicIPAddressSkuName": ("StandardV2",)}

_OTHERWISE = {
    "VirtualNetworkGatewaySkuName",
    "VirtualNetworkGatewaySkuTier",
    "RouteNextHopType",
    "IpsecEncryption",
    "IpsecIntegrity",
    "IkeEncryption",
    "IkeIntegrity",
    "DhGroup",
    "PfsGroup",
}
"""Enumerations whose kind of resource has a refusal of its own."""

_OF_KIND = {
    "MetricAlertCriteria": "MetricAlertSingleResourceMultipleMetricCriteria",
}
"""Classes whose member odata.type names a subclass: the only one that is known here."""


def _class(model: str) -> Any:
    name = _OF_KIND.get(model, model)
    return next((getattr(sdk, name) for sdk in (network, alerts, diagnostics, compute) if hasattr(sdk, name)), None)


@dataclass
class Member:
    """One JSON member: how it is serialised ("str", "[Subnet]", "{str}"...), whether clients may set it, and to what
    if not to anything."""

    type: str
    readonly: bool = False
    values: tuple[str, ...] = ()


@dataclass
class Shape:
    """A JSON object as the service's deserialiser knows it."""

    name: str
    members: dict[str, Member] = field(default_factory=dict)
    nested: dict[str, Shape] = field(default_factory=dict)


@cache
def shape_of(model: str) -> Shape:
    """The shape of a class of azure.mgmt.network.models, flattened attributes put back under `properties`."""
    cls = _class(model)
    shape = Shape(model)
    values = _enumerations(cls)
    for attribute, entry in cls._attribute_map.items():
        readonly = bool(cls._validation.get(attribute, {}).get("readonly"))
        at, *rest = (part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", entry["key"]))
        if rest:
            inner = shape.nested.setdefault(at, Shape(f"{model}Properties"))
            inner.members[rest[0].lower()] = Member(entry["type"], readonly, values.get(attribute, ()))
        else:
            shape.members[at.lower()] = Member(entry["type"], readonly, values.get(attribute, ()))
    inner = shape.nested.get("properties", shape)
    for name in _SHOWN.get(model, []):
        inner.members.setdefault(name.lower(), Member("object", readonly=True))
    for name, kind in _NEWER.get(model, {}).items():
        inner.members.setdefault(name.lower(), Member(kind))
    if inner is not shape:
        for name in ("id", "name", "type", "etag"):
            shape.members.setdefault(name, Member("str", readonly=True))
    return shape


def _enumerations(cls: Any) -> dict[str, tuple[str, ...]]:
    """Attribute → the values that the service knows; only the SDK's documentation says which enumeration it is."""
    found = re.findall(r":vartype (\w+):\s+(?:list\[)?str or\s+~azure\.mgmt\.network\.models\.(\w+)", cls.__doc__ or "")
    return {
        attribute: (*(one.value for one in getattr(network, name)), *_NEWER_VALUES.get(name, ()))
        for attribute, name in found
        if name not in _OTHERWISE
    }


@cache
def spelling(model: str) -> dict[str, str]:
    """Lower-case member → the service's spelling, of a model and its properties."""
    cls = _class(model)
    newer = _NEWER.get(model, {})
    keys = (entry["key"] for entry in cls._attribute_map.values())
    names = [*newer, *(part.replace("\\.", ".") for key in keys for part in re.split(r"(?<!\\)\.", key))]
    return {name.lower(): name for name in names}


def clean(body: dict[str, Any], model: str, raw: str = "") -> dict[str, Any]:
    """What of `body` the service takes: without nulls and read-only members.

    Raises ArmError InvalidRequestFormat for an unknown member or one of the wrong kind (MS, seen in public issues).
    """
    return _object(body, shape_of(model), model, "", raw)


def _position(raw: str, member: str) -> str:
    at = raw.find(f'"{member}"')
    before = raw[: max(at, 0)]
    column = max(at, 0) - (before.rfind("\n") + 1) + len(member) + 3
    return f"line {before.count(chr(10)) + 1}, position {column}"


def _unknown(member: str, shape: Shape, path: str, raw: str) -> ArmError:
    message = f"Could not find member '{member}' on object of type '{shape.name}'. Path '{path}', "
    message += f"{_position(raw, member)}."
    if path == member:  # the front door, not the provider, reads the envelope
        message = message.replace(f"'{shape.name}'", "'ResourceDefinition'")
        return ArmError(
            400,
            "InvalidRequestContent",
            f"The request content was invalid and could not be deserialized: '{message}'.",
        )
    return cannot_parse("InvalidJson", message)


def _object(value: Any, shape: Shape, model: str, path: str, raw: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _mismatch(value, shape.name, path, raw)
    names = spelling(model)
    out: dict[str, Any] = {}
    for member, inner in value.items():
        low, at = member.lower(), f"{path}.{member}" if path else member
        if low in shape.nested:
            if inner is not None:
                out[names[low]] = _object(inner, shape.nested[low], model, at, raw)
            continue
        known = shape.members.get(low)
        if known is None:
            raise _unknown(member, shape, at, raw)
        if inner is not None and not known.readonly:
            out[names[low]] = _chosen(_value(inner, known.type, at, raw), known.values, at, raw)
    return out


def _chosen(value: Any, values: tuple[str, ...], path: str, raw: str) -> Any:
    """In whatever case it is asked, it is kept as the service spells it (REC: az asks for IPSec, IPsec is shown)."""
    if isinstance(value, list):
        return [_chosen(item, values, f"{path}[{i}]", raw) for i, item in enumerate(value)] if values else value
    if not values or not value:
        return value
    known = next((one for one in values if one.lower() == value.lower()), None)
    if known is None:
        raise _mismatch(value, "enumeration", path, raw)
    return known


def _value(value: Any, kind: str, path: str, raw: str) -> Any:
    if kind.startswith("["):
        if not isinstance(value, list):
            raise _mismatch(value, kind, path, raw)
        return [_value(item, kind[1:-1], f"{path}[{i}]", raw) for i, item in enumerate(value)]
    if kind.startswith("{"):
        if not isinstance(value, dict):
            raise _mismatch(value, kind, path, raw)
        return dict(value)
    if kind in _SCALARS or _class(kind) is None:
        return _scalar(value, kind, path, raw)
    return _object(value, shape_of(kind), kind, path, raw)


def _scalar(value: Any, kind: str, path: str, raw: str) -> Any:
    if isinstance(value, dict | list) and kind != "object":
        raise _mismatch(value, kind, path, raw)
    if kind == "bool" and not isinstance(value, bool):
        if str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        raise _mismatch(value, kind, path, raw)
    if kind == "int" and (isinstance(value, bool) or not isinstance(value, int)):
        if re.fullmatch(r"-?\d+", str(value)):
            return int(value)
        raise _mismatch(value, kind, path, raw)
    if kind == "str" and not isinstance(value, str):
        return str(value)
    return value


def _mismatch(value: Any, kind: str, path: str, raw: str) -> ArmError:
    member = re.sub(r"\[\d+\]$", "", path).rsplit(".", 1)[-1]
    shown = value if isinstance(value, str | int | float) else type(value).__name__
    return cannot_parse(
        "InvalidJson", f"Error converting value \"{shown}\" to type '{kind}'. Path '{path}', {_position(raw, member)}."
    )
