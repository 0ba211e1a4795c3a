"""What a gateway does for point-to-site clients; none ever connects here."""

from __future__ import annotations

from ..answers import Answer, Call
from ..cloud import Cloud
from ..invented import refuse
from ..models import clean
from ..store import Json, Resource
from .kind import asked

_POLICY: Json = {
    "saLifeTimeSeconds": 27000,
    "saDataSizeKilobytes": 33553408,
    "ipsecEncryption": "AES256",
    "ipsecIntegrity": "SHA256",
    "ikeEncryption": "AES256",
    "ikeIntegrity": "SHA384",
    "dhGroup": "DHGroup24",
    "pfsGroup": "PFS24",
}
"""See `invented.INVENTED["client policy"]`."""


def _settings(resource: Resource) -> Json:
    """Raises ArmError for a gateway without client configuration."""
    settings: Json | None = resource.properties.get("vpnClientConfiguration")
    if not settings or not settings.get("vpnClientAddressPool"):
        raise refuse("no clients", id=resource.id.path)
    return settings


def profile(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    """Makes the archive for the clients."""
    clean(call.json() or {}, "VpnClientParameters", call.text)
    _settings(resource)

    def made() -> str:
        resource.hidden["profile"] = f"https://clients.example.com/{resource.guid}/vpnclientconfiguration.zip"
        return str(resource.hidden["profile"])

    return asked(cloud, resource, call, "GenerateVpnProfileOperation", made)


def profile_url(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    _settings(resource)
    if "profile" not in resource.hidden:
        raise refuse("no profile", id=resource.id.path)
    return asked(cloud, resource, call, "GetVpnProfilePackageUrlOperation", lambda: resource.hidden["profile"])


def set_policy(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    policy = clean(call.json() or {}, "VpnClientIPsecParameters", call.text)
    settings = _settings(resource)
    missing = [name for name in _POLICY if name not in policy]
    if missing:
        raise refuse("ipsec policy", id=resource.id.path, what=f"{', '.join(missing)} is missing")

    def kept() -> Json:
        settings["vpnClientIpsecPolicies"] = [policy]
        return policy

    return asked(cloud, resource, call, "SetVpnClientIpsecParametersOperation", kept)


def get_policy(_cloud: Cloud, resource: Resource, _call: Call) -> Answer:
    """At once: its 200 is the only status that the SDK knows here."""
    policies = _settings(resource)["vpnClientIpsecPolicies"]
    return Answer(200, dict(policies[0] if policies else _POLICY))


def reset_key(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    return _done(cloud, resource, call, "ResetVpnClientSharedKeyOperation")


def disconnect(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    clean(call.json() or {}, "P2SVpnConnectionRequest", call.text)
    return _done(cloud, resource, call, "DisconnectVirtualNetworkGatewayVpnConnectionsOperation")


def health(cloud: Cloud, resource: Resource, call: Call) -> Answer:
    return asked(cloud, resource, call, "GetVpnClientConnectionHealthOperation", lambda: {"value": []})


def _done(cloud: Cloud, resource: Resource, call: Call, name: str) -> Answer:
    operation = cloud.begin(resource, name, "POST", "query")
    return Answer(202, None, cloud.poll_headers(operation, call, location=True, asynchronous=True))
