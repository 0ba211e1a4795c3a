"""Requests that EC2 refuses before it looks what they are about."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from rehearsal.aws import credentials


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
