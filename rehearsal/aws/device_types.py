"""Device types that sample configurations exist for: a few, so that the call works."""

from __future__ import annotations

from rehearsal.aws.call import Answer, Call

_TYPES = (
    ("7b754310", "Generic", "Generic", "Vendor Agnostic"),
    ("b0adb196", "Strongswan", "Ubuntu 16.04", "Strongswan 5.5.1+"),
)


def list_types(_call: Call) -> Answer:
    names = ("VpnConnectionDeviceTypeId", "Vendor", "Platform", "Software")
    return {"VpnConnectionDeviceTypes": [dict(zip(names, values, strict=True)) for values in _TYPES]}
