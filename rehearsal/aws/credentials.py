"""The one access key of the emulated account, and whether a request is signed with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from boto3 import Session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS_KEY = "AKIAREHEARSALONLY000"
SECRET_KEY = "rehearsal/only/this/opens/no/real/account"  # long, or Ansible masks it inside other values

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, ?"
    r"SignedHeaders=(?P<signed>[^,]+), ?Signature=(?P<signature>[0-9a-f]+)"
)


class Scope(NamedTuple):
    """What an Authorization header claims."""

    access_key: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str


def claimed(authorization: str) -> Scope | None:
    """The claims of a SigV4 header, None if it is not one."""
    found = _AUTHORIZATION.fullmatch(authorization)
    if found is None:
        return None
    return Scope(found["key"], found["region"], found["service"], tuple(found["signed"].split(";")), found["signature"])


def genuine(scope: Scope, method: str, url: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether our secret key makes the same signature."""
    if scope.access_key != ACCESS_KEY:
        return False
    signed = {name: headers.get(name, "") for name in scope.signed_headers}
    request = AWSRequest(method=method, url=url, headers=signed, data=body)
    request.context["timestamp"] = headers.get("x-amz-date", "")
    signer = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), scope.service, scope.region)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return bool(signer.signature(text, request) == scope.signature)


@cache
def regions() -> frozenset[str]:
    """Regions that EC2 has in the standard partition."""
    return frozenset(Session().get_available_regions("ec2"))
