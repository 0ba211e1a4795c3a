"""Checks that come before any action: who asks, whether EC2 knows the action and its parameters."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

import botocore.session

from rehearsal.aws import credentials
from rehearsal.aws.refusal import refuse
from rehearsal.aws.request import Request

_FILTER = re.compile(r"Filters?\.\d+(?=\.)")
_TAG_KEY = re.compile(r"(?P<list>(?P<new>TagSpecification\.\d+\.)?Tag)\.\d+\.Key")


class Refused(NamedTuple):
    status: int
    code: str
    message: str


def identity(request: Request) -> Refused | None:
    """Signed, with our key, in a region that exists. Each service has its own codes for it."""
    on_ec2 = (scope := request.scope) is not None and scope.service == "ec2"
    if scope is None:
        return _refused(403, "no_auth")
    if scope.region not in credentials.regions():
        return _refused(401, "region") if on_ec2 else _refused(403, "signature_region")
    if request.genuine:
        return None
    if on_ec2:
        return _refused(401, "auth")
    if scope.access_key == credentials.ACCESS_KEY:
        return _refused(403, "signature")
    refused = _refused(403, "token")
    return refused if "Action" in request.form else refused._replace(code="UnrecognizedClientException")


def ec2_action(request: Request) -> Refused | None:
    """Known action, required parameters there, no unknown ones, filters and tags in order; and a dry run ends here."""
    action = request.action
    if action not in _ec2().operation_names:
        return _refused(400, "action", action=action)
    names, required = _parameters(action)
    given = {name.partition(".")[0] for name in request.form} - {"Action", "Version"}
    for name in sorted(given - names):
        return _refused(400, "unknown", parameter=name)
    for name in sorted(required - given):
        return _refused(400, "missing", parameter=name)
    if refused := _filters(request) or _tags(request):
        return refused
    if request.form.get("DryRun", "").lower() == "true":
        return _refused(412, "dry_run")
    return None


def _filters(request: Request) -> Refused | None:
    filters = {found[0] for name in request.form if (found := _FILTER.match(name))}
    nameless = any(f"{one}.Name" not in request.form for one in filters)
    return _refused(400, "filter", name="null") if nameless else None


def _tags(request: Request) -> Refused | None:
    """The tags of something new, or of CreateTags and DeleteTags. AWS's own prefix counts in any case."""
    seen = set()
    for name, key in request.form.items():
        if not (found := _TAG_KEY.fullmatch(name)):
            continue
        if key.lower().startswith("aws:"):
            return _refused(400, "tag_reserved" if found["new"] else "tag_reserved_later", key=key)
        if (found["list"], key) in seen:
            return _refused(400, "tag_twice", key=key)
        seen.add((found["list"], key))
    return None


@cache
def _ec2() -> Any:
    return botocore.session.get_session().get_service_model("ec2")


@cache
def _parameters(action: str) -> tuple[frozenset[str], frozenset[str]]:
    """Names of an action's parameters as they are sent, and those it must have."""
    shape = _ec2().operation_model(action).input_shape
    if shape is None:
        return frozenset(), frozenset()
    sent = {name: _sent_as(name, member) for name, member in shape.members.items()}
    return frozenset(sent.values()), frozenset(sent[name] for name in shape.required_members)


def _sent_as(name: str, member: Any) -> str:
    told = member.serialization
    if "queryName" in told:
        return str(told["queryName"])
    word = str(told.get("name", name))
    return word[0].upper() + word[1:]


def _refused(status: int, text: str, /, **values: object) -> Refused:
    error = refuse(text, **values)
    return Refused(status, error.code, error.message)
