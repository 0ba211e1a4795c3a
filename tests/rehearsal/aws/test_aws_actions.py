"""Every action of EC2 answers in EC2's form."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlencode

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ParamValidationError
from botocore.httpsession import URLLib3Session

from rehearsal.aws import credentials
from rehearsal.aws.actions import GUARDS, HANDLERS

EC2 = botocore.session.get_session().get_service_model("ec2")
SAMPLED = [*list(EC2.operation_names)[::4], *HANDLERS, *GUARDS]
SCALARS = {"integer": 1, "long": 1, "float": 1.0, "double": 1.0, "boolean": False, "blob": b"x", "timestamp": 0}


def example(shape: Any) -> Any:
    """The least value that botocore lets pass."""
    if shape.type_name == "structure":
        return {name: example(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [example(shape.member)]
    if shape.type_name == "string":
        return shape.enum[0] if getattr(shape, "enum", None) else "x" * max(1, shape.metadata.get("min", 1))
    return SCALARS[shape.type_name]


def test_every_action_answers_in_form(aws):
    outcomes = {action: outcome(aws.client(), action) for action in SAMPLED}
    kinds = Counter(kind for kind, _status, _code in outcomes.values())
    print(dict(kinds))
    assert not {action: one for action, one in outcomes.items() if one[1] >= 500 or one[2].isdigit() or not one[2]}
    assert kinds["answered"] > 20


def outcome(client: Any, action: str) -> tuple[str, int, str]:
    """Kind, HTTP status and error code of an answer."""
    shape = EC2.operation_model(action).input_shape
    try:
        client._make_api_call(action, example(shape) if shape else {})
    except ParamValidationError:
        return "refused by botocore", 0, "none"
    except ClientError as error:
        code = error.response["Error"]["Code"]
        kind = "not emulated" if code == "UnsupportedOperation" else "refused"
        return kind, error.response["ResponseMetadata"]["HTTPStatusCode"], code
    return "answered", 200, "none"


def raw(aws: Any, **form: str) -> tuple[int, bytes]:
    """A request that boto3 would not send."""
    request = AWSRequest("POST", aws.url + "/", data=urlencode({"Version": "2016-11-15", **form}).encode())
    request.headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    keys = Credentials(credentials.ACCESS_KEY, credentials.SECRET_KEY)
    SigV4Auth(keys, "ec2", "eu-central-1").add_auth(request)
    answer = URLLib3Session().send(request.prepare())
    return answer.status_code, answer.content


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"Action": "DescribeUnicorns"}, 400, b"<Code>InvalidAction</Code>"),
        ({"Action": "CreateVpnGateway"}, 400, b"<Code>MissingParameter</Code>"),
        ({"Action": "DescribeVpcs", "Colour": "red"}, 400, b"<Code>UnknownParameter</Code>"),
        ({"Action": "DescribeVpcs", "DryRun": "true"}, 412, b"<Code>DryRunOperation</Code>"),
        ({"Action": "CreateVpnGateway", "Type": "ipsec.1", "DryRun": "true"}, 412, b"<Code>DryRunOperation</Code>"),
    ],
)
def test_requests_that_ec2_refuses_as_such(aws, form, status, code):
    answer = raw(aws, **form)
    assert answer[0] == status
    assert code in answer[1]
    assert not aws.client().describe_vpn_gateways()["VpnGateways"]
