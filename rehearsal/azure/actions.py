"""What a request is called in Azure's words, and whether it can change anything."""

from __future__ import annotations

from .network import KINDS

_VERBS = {"PUT": "write", "PATCH": "write", "DELETE": "delete", "GET": "read", "HEAD": "read"}
_TYPES = {kind.type.split("/")[1].lower(): kind.type.split("/")[1] for kind in KINDS.values()}
_TYPES["diagnosticsettings"] = "diagnosticSettings"
_NAMESPACES = {kind.type.split("/")[0].lower(): kind.type.split("/")[0] for kind in KINDS.values()}
_READING = {name for kind in KINDS.values() for name in kind.read_actions}


def describe(method: str, path: str) -> tuple[str, bool]:
    """Action and mutating flag, e.g. ("Microsoft.Network/virtualNetworkGateways/write", True)."""
    parts = [p for p in path.split("/") if p]
    low = [p.lower() for p in parts]
    if low[-1:] == ["token"]:
        return "token", False
    if {"oauth2", ".well-known", "discovery", "metadata"} & set(low):
        return "metadata", False
    if {"operations", "operationresults"} & set(low):
        return "poll", False
    last = len(low) - 1 - low[::-1].index("providers") if "providers" in low else len(low)
    if len(low) > last + 2:
        rest = parts[last + 1 :]
        name = "/".join([_NAMESPACES.get(rest[0].lower(), rest[0]), _TYPES.get(rest[1].lower(), rest[1]), *rest[3::2]])
    elif "resourcegroups" in low:
        name = "/".join(["Microsoft.Resources/subscriptions/resourceGroups", *parts[4:5]])
    else:
        name = "/".join(["Microsoft.Resources/subscriptions", *parts[2:3]])
    if method == "POST":
        return f"{name}/action", low[-1] not in _READING
    return f"{name}/{_VERBS.get(method, method.lower())}", method in ("PUT", "PATCH", "DELETE")
