"""The members of a virtual machine that Microsoft.Compute takes, as its SDK's classes tell them.

A list of our own: the SDK's own models take seconds to import. Of members of type object nobody looks at the inside.
"""

from __future__ import annotations

from typing import Any

Entry = dict[str, str]

_OBJECTS = [
    "scheduledEventsPolicy",
    "storageProfile",
    "additionalCapabilities",
    "osProfile",
    "securityProfile",
    "diagnosticsProfile",
    "availabilitySet",
    "virtualMachineScaleSet",
    "proximityPlacementGroup",
    "billingProfile",
    "host",
    "hostGroup",
    "scheduledEventsProfile",
    "capacityReservation",
    "applicationProfile",
]
_TEXTS = [
    "priority",
    "evictionPolicy",
    "licenseType",
    "extensionsTimeBudget",
    "userData",
    "provisioningState",
    "vmId",
    "timeCreated",
]


def _entries(**types: str) -> dict[str, Entry]:
    return {name: {"key": name, "type": kind} for name, kind in types.items()}


def _inside(kind: str, *names: str) -> dict[str, Entry]:
    return {name: {"key": f"properties.{name}", "type": kind} for name in names}


class VirtualMachine:
    _attribute_map: dict[str, Entry] = {
        **_entries(id="str", name="str", type="str", location="str", tags="{str}", zones="[str]", etag="str"),
        **_entries(plan="object", identity="object", extendedLocation="object", resources="object", managedBy="str"),
        **_inside("object", *_OBJECTS, "instanceView"),
        **_inside("str", *_TEXTS),
        **_inside("int", "platformFaultDomain"),
        **_inside("MachineHardware", "hardwareProfile"),
        **_inside("MachineNetwork", "networkProfile"),
    }
    _validation: dict[str, Any] = {
        name: {"readonly": True}
        for name in [
            "id",
            "name",
            "type",
            "etag",
            "resources",
            "managedBy",
            "instanceView",
            "provisioningState",
            "vmId",
            "timeCreated",
        ]
    }


class MachineHardware:
    _attribute_map: dict[str, Entry] = _entries(vmSize="str", vmSizeProperties="object")
    _validation: dict[str, Any] = {}


class MachineNetwork:
    _attribute_map: dict[str, Entry] = _entries(
        networkInterfaces="[MachineInterface]", networkApiVersion="str", networkInterfaceConfigurations="object"
    )
    _validation: dict[str, Any] = {}


class MachineInterface:
    _attribute_map: dict[str, Entry] = {
        **_entries(id="str"),
        **_inside("bool", "primary"),
        **_inside("str", "deleteOption"),
    }
    _validation: dict[str, Any] = {}


class RunCommandInput:
    _attribute_map: dict[str, Entry] = _entries(commandId="str", script="[str]", parameters="object")
    _validation: dict[str, Any] = {}
