"""Run Command where no packets go: no instance is managed."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

DOCUMENT = "AWS-RunShellScript"


@pytest.fixture
def instance(aws):
    ec2 = aws.client()
    vpc = ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.2.1.0/24")["Subnet"]["SubnetId"]
    made = ec2.run_instances(ImageId="ami-0a1b2c3d4e5f60718", MinCount=1, MaxCount=1, SubnetId=subnet)["Instances"][0]
    assert made["PrivateIpAddress"] == "10.2.1.4"
    return made["InstanceId"]


def refused(action, **params):
    with pytest.raises(ClientError) as caught:
        action(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_nobody_answers(aws, instance):
    ssm = aws.client("ssm")
    assert ssm.describe_instance_information()["InstanceInformationList"] == []
    code, message = refused(ssm.send_command, InstanceIds=[instance], DocumentName=DOCUMENT, Parameters={})
    assert (code, instance in message) == ("InvalidInstanceId", True)
    log = [entry["action"] for entry in aws.control("GET", "log")]
    assert log[-1] == "SendCommand"


def test_what_is_not_known(aws, instance):
    ssm = aws.client("ssm")
    absent = "i-0123456789abcdef0"
    assert refused(ssm.send_command, InstanceIds=[absent], DocumentName=DOCUMENT)[0] == "InvalidInstanceId"
    assert refused(ssm.send_command, InstanceIds=[instance], DocumentName="AWS-Other")[0] == "InvalidDocument"
    which = {"CommandId": "0" * 36, "InstanceId": instance}
    assert refused(ssm.get_command_invocation, **which)[0] == "InvocationDoesNotExist"
    assert refused(ssm.list_commands)[0] == "UnsupportedOperation"
