"""The login host: tokens for client credentials, and the metadata that msal and azure-identity ask first."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from .answers import Answer, Call
from .errors import ArmError

LOGIN = "https://login.microsoftonline.com"
MANAGEMENT = "https://management.azure.com"
LIFETIME = 3599


@dataclass(frozen=True)
class Identity:
    """The one principal of the rehearsal; its secret opens nothing but this process."""

    subscription: str = "5ebea250-0000-4000-8000-000000000001"
    tenant: str = "5ebea250-0000-4000-8000-000000000002"
    client_id: str = "5ebea250-0000-4000-8000-000000000003"
    secret: str = "rehearsal~only~this~opens~nothing~0123456789"
    object_id: str = "5ebea250-0000-4000-8000-000000000004"
    name: str = "Rehearsal"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bearer(call: Call) -> str:
    scheme, _unused, token = call.header("authorization").partition(" ")
    return token if scheme.lower() == "bearer" else ""


class Login:
    """Issues and checks bearer tokens."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self._key = secrets.token_bytes(32)
        self._revoked: set[str] = set()

    def revoke(self, call: Call) -> ArmError:
        """The token of this call is bad from now on (fault injection); answers what Azure says of it."""
        self._revoked.add(_bearer(call))
        return self._expired()

    def is_login(self, path: str) -> bool:
        return bool(re.search(r"/oauth2/|/\.well-known/|^/common/discovery/", path))

    def answer(self, call: Call) -> Answer:
        if "/discovery/instance" in call.path:
            return self._instances()
        if call.path.endswith("/.well-known/openid-configuration"):
            return self._configuration(call.path.split("/")[1], "/v2.0/" in call.path)
        if call.path.endswith("/token") and call.method == "POST":
            return self._token(call)
        if "/discovery/" in call.path and call.path.endswith("/keys"):
            return Answer(200, {"keys": []})
        return Answer(404, {"error": "not_found"})

    def _instances(self) -> Answer:
        metadata = [
            {
                "preferred_network": "login.microsoftonline.com",
                "preferred_cache": "login.windows.net",
                "aliases": ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
            }
        ]
        endpoint = f"{LOGIN}/{self.identity.tenant}/v2.0/.well-known/openid-configuration"
        return Answer(200, {"tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": metadata})

    def _configuration(self, tenant: str, v2: bool) -> Answer:
        if tenant not in (self.identity.tenant, "common", "organizations"):
            return self._refuse(400, "invalid_tenant", 90002, f"Tenant '{tenant}' not found.")
        base = f"{LOGIN}/{self.identity.tenant}"
        oauth = f"{base}/oauth2/v2.0" if v2 else f"{base}/oauth2"
        return Answer(
            200,
            {
                "token_endpoint": f"{oauth}/token",
                "authorization_endpoint": f"{oauth}/authorize",
                "device_authorization_endpoint": f"{oauth}/devicecode",
                "end_session_endpoint": f"{oauth}/logout",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "issuer": f"{base}/v2.0" if v2 else f"https://sts.windows.net/{self.identity.tenant}/",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "response_types_supported": ["code", "id_token", "token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "tenant_region_scope": "WW",
                "cloud_instance_name": "microsoftonline.com",
                "msgraph_host": "graph.microsoft.com",
            },
        )

    def _token(self, call: Call) -> Answer:
        form = {k: v[0] for k, v in parse_qs(call.body.decode()).items()}
        me, tenant = self.identity, call.path.split("/")[1]
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        if call.header("authorization").startswith("Basic "):
            pair = base64.b64decode(call.header("authorization")[6:]).decode()
            client_id, _unused, secret = pair.partition(":")
        if tenant.lower() != me.tenant:
            return self._refuse(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if client_id.lower() != me.client_id:
            text = f"Application with identifier '{client_id}' was not found in the directory '{me.name}'."
            return self._refuse(400, "unauthorized_client", 700016, text)
        if not hmac.compare_digest(secret.encode(), me.secret.encode()):
            text = (
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                f"value, not the client secret ID, for a secret added to app '{client_id}'."
            )
            return self._refuse(401, "invalid_client", 7000215, text)
        if form.get("grant_type") != "client_credentials":
            return self._refuse(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
        answer = {
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "ext_expires_in": LIFETIME,
            "access_token": self.issue(),
        }
        return Answer(200, answer)

    def _refuse(self, status: int, error: str, number: int, text: str) -> Answer:
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        return Answer(
            status,
            {
                "error": error,
                "error_description": f"AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} "
                f"Timestamp: {stamp}",
                "error_codes": [number],
                "timestamp": stamp,
                "trace_id": trace,
                "correlation_id": correlation,
                "error_uri": f"{LOGIN}/error?code={number}",
            },
        )

    def issue(self, lifetime: float = LIFETIME) -> str:
        """A JSON web token signed with a key of this process."""
        me, now = self.identity, int(time.time())
        claims: dict[str, Any] = {
            "aud": MANAGEMENT,
            "iss": f"https://sts.windows.net/{me.tenant}/",
            "iat": now,
            "nbf": now,
            "exp": now + int(lifetime),
            "appid": me.client_id,
            "idtyp": "app",
            "oid": me.object_id,
            "sub": me.object_id,
            "tid": me.tenant,
            "uti": secrets.token_urlsafe(16),
            "ver": "1.0",
        }
        head = {"typ": "JWT", "alg": "HS256"}
        text = ".".join(_b64(json.dumps(part).encode()) for part in (head, claims))
        return f"{text}.{self._sign(text)}"

    def _sign(self, text: str) -> str:
        return _b64(hmac.new(self._key, text.encode(), hashlib.sha256).digest())

    def check(self, call: Call) -> None:
        """Raises ArmError 401 unless the call carries a token of ours that has not expired."""
        token = _bearer(call)
        if not token:
            raise self._unauthorized("AuthenticationFailed", "The 'Authorization' header is missing or invalid.")
        text, _unused, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(text).encode()):
            raise self._unauthorized("InvalidAuthenticationToken", "The access token is invalid.")
        payload = text.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if claims["exp"] <= time.time() or token in self._revoked:
            raise self._expired()

    def _expired(self) -> ArmError:
        return self._unauthorized("ExpiredAuthenticationToken", "The access token expired.")

    def _unauthorized(self, code: str, message: str) -> ArmError:
        message = "Authentication failed. " + message if code == "AuthenticationFailed" else message
        challenge = (
            f'Bearer authorization_uri="{LOGIN}/{self.identity.tenant}", error="invalid_token", '
            f'error_description="{message}"'
        )
        return ArmError(401, code, message, headers={"WWW-Authenticate": challenge})
