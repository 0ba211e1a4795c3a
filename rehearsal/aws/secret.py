"""The secret in which AWS keeps the pre-shared keys of a VPN connection (PreSharedKeyStorage SecretsManager)."""

from __future__ import annotations

import json
from typing import Any

from moto.secretsmanager.models import secretsmanager_backends

from rehearsal.aws.call import Call
from rehearsal.aws.connection import VpnConnection
from rehearsal.aws.refusal import bad_value

_SERVICE = "s2svpn"  # (AWS, AWSVPCS2SVpnServiceRolePolicy)


def wanted(call: Call) -> str | None:
    """Where the request wants the keys; None where they are."""
    storage: str | None = call.get("PreSharedKeyStorage")
    if storage not in (None, "Standard", "SecretsManager"):
        raise bad_value("PreSharedKeyStorage", storage, "Valid values: Standard | SecretsManager.")
    return storage


def keep(call: Call, one: VpnConnection, storage: str | None) -> None:
    """Put the keys where they are wanted. See `invented`."""
    if storage == "Standard":
        forget(call, one)
    elif storage or one.secret_arn:
        forget(call, one)
        keys = {tunnel.outside_address: {"PreSharedKey": tunnel.pre_shared_key} for tunnel in one.tunnels}
        made = _backend(call).create_managed_secret(_SERVICE, f"{_SERVICE}!{one.id}", json.dumps(keys))
        one.secret_arn = made.arn


def forget(call: Call, one: VpnConnection) -> None:
    """It goes with its connection, and with the keys."""
    if one.secret_arn:
        _backend(call).delete_secret(one.secret_arn, None, force_delete_without_recovery=True)
        one.secret_arn = None


def _backend(call: Call) -> Any:
    return secretsmanager_backends[call.backend.account_id][call.backend.region_name]
