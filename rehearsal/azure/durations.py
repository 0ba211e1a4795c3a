"""How long Azure takes, in real seconds. REC: the recordings; the others stand in `invented.INVENTED`."""

from __future__ import annotations

SECONDS: dict[str, float] = {
    "gateway create": 1190,  # REC
    "gateway update": 132,  # REC
    "gateway delete": 438,  # REC
    "gateway reset": 600,  # REC, one sample
    "connection": 20,  # REC
    "connection delete": 20,
    "shared key": 42,  # REC
    "local gateway": 8,
    "local gateway delete": 8,
    "virtual network": 3,  # REC
    "subnet": 3,  # REC
    "network delete": 10,
    "security group": 3,  # REC
    "route table": 3,
    "network lock": 60,
    "public address": 2,  # REC
    "interface": 3,
    "virtual machine": 45,
    "run command": 20,
    "silent machine": 1200,
    "peering": 3,
    "query": 2,
    "group delete": 15,
}

RETRY_AFTER: dict[str, float] = {"security group": 3, "public address": 1}
"""Seconds in Retry-After by duration, 10 for all else (REC)."""

DEFAULT_RETRY_AFTER = 10.0
