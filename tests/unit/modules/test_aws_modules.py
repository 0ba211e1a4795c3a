"""The AWS modules by table: asked state, what exists, check mode -> calls and result."""

from __future__ import annotations

import itertools
import json
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws, aws_secrets
from ansible_collections.hybrid.s2s_vpn.plugins.modules import (
    aws_customer_gateway,
    aws_link_teardown,
    aws_settle,
    aws_vgw_propagation,
    aws_vpn_connection,
    aws_vpn_connection_info,
    aws_vpn_gateway,
    aws_vpn_status_info,
)
from fake_ec2 import KEYS, FakeEc2, refusal

OWNER = {"s2s_vpn:link": "hq", "s2s_vpn:id": "3f2a9c0d1e4b"}
FOREIGN = {"s2s_vpn:link": "hq", "s2s_vpn:id": "ffffffffffff"}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Time passes by looking."""
    clock = itertools.count()
    monkeypatch.setattr(aws.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(aws.time, "monotonic", lambda: next(clock))


@pytest.fixture
def ec2():
    return FakeEc2()


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


# --- customer gateways


def cgw(ec2: FakeEc2, check: bool = False, **options: Any) -> dict[str, Any]:
    defaults = {
        "state": "present",
        "name": "hq-azure-1",
        "customer_gateway_id": None,
        "ip_address": "192.0.2.1",
        "bgp_asn": 65515,
        "device_name": "hq-azure-1",
        "tags": OWNER,
    }
    return aws_customer_gateway.ensure(ec2, {**defaults, **options}, check)


def existing_cgw(ec2: FakeEc2, tags: dict[str, str], asn: int = 65515, address: str = "192.0.2.1") -> str:
    made = ec2.do_create_customer_gateway(IpAddress=address, BgpAsn=asn)["CustomerGateway"]
    made["Tags"] = tag_list(tags)
    return made["CustomerGatewayId"]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("state", "exists", "changes", "changed", "adopted"),
    [
        ("present", None, ["create_customer_gateway"], True, False),
        ("present", {"Name": "hq-azure-1", **OWNER}, [], False, False),
        ("present", OWNER, ["create_tags"], True, False),
        ("present", {}, [], False, True),
        ("present", FOREIGN, [], False, True),
        ("absent", None, [], False, False),
        ("absent", {"Name": "hq-azure-1", **OWNER}, ["delete_customer_gateway"], True, False),
        ("absent", {}, [], False, True),
        ("absent", FOREIGN, [], False, True),
    ],
)
def test_customer_gateway(ec2, state, exists, changes, changed, adopted, check):
    if exists is not None:
        existing_cgw(ec2, exists)
    result = cgw(ec2, check, state=state)
    assert (result["changed"], result["adopted"]) == (changed, adopted)
    assert ec2.changes() == ([] if check else changes)
    if not check:
        assert cgw(ec2, state=state)["changed"] is False


def test_customer_gateway_of_another_asn_is_another_one(ec2):
    existing_cgw(ec2, OWNER, asn=65001)
    assert cgw(ec2)["changed"]
    assert len(ec2.cgws) == 2


def test_customer_gateway_with_four_byte_asn(ec2):
    assert cgw(ec2, bgp_asn=4200000000)["customer_gateway"]["bgp_asn"] == 4200000000
    assert cgw(ec2, bgp_asn=4200000000)["changed"] is False


def test_customer_gateway_prefers_ours(ec2):
    existing_cgw(ec2, {})
    ours = existing_cgw(ec2, OWNER)
    assert cgw(ec2)["customer_gateway"]["customer_gateway_id"] == ours


def test_customer_gateway_planned_address(ec2):
    result = cgw(ec2, check=True, ip_address="planned:hq-vng-pip-1")
    assert result["customer_gateway"]["customer_gateway_id"] == "planned:hq-azure-1"
    with pytest.raises(aws.AwsError, match="placeholder of check mode"):
        cgw(ec2, ip_address="planned:hq-vng-pip-1")


def test_customer_gateway_by_id_is_compared(ec2):
    with pytest.raises(aws.AwsError, match="bgp_asn is 65515, 65001 is asked for"):
        cgw(ec2, customer_gateway_id=existing_cgw(ec2, OWNER), bgp_asn=65001)


# --- virtual private gateways


def vgw(ec2: FakeEc2, check: bool = False, **options: Any) -> dict[str, Any]:
    defaults = {
        "state": "present",
        "name": "hq-vgw",
        "vpn_gateway_id": None,
        "asn": 64512,
        "vpc_id": "vpc-1",
        "tags": OWNER,
        "adopt": False,
        "wait": True,
        "wait_timeout": 600,
    }
    return aws_vpn_gateway.ensure(ec2, {**defaults, **options}, check)


def existing_vgw(ec2: FakeEc2, tags: dict[str, str], vpc: str | None = None, state: str = "attached") -> str:
    made = ec2.do_create_vpn_gateway(AmazonSideAsn=64512)["VpnGateway"]
    made["Tags"] = tag_list(tags)
    if vpc:
        made["VpcAttachments"].append({"VpcId": vpc, "State": state})
    return made["VpnGatewayId"]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("state", "exists", "vpc", "changes"),
    [
        ("present", None, None, ["create_vpn_gateway", "attach_vpn_gateway"]),
        ("present", {"Name": "hq-vgw", **OWNER}, "vpc-1", []),
        ("present", {"Name": "hq-vgw", **OWNER}, None, ["attach_vpn_gateway"]),
        ("present", {"Name": "hq-vgw", **FOREIGN}, None, ["create_vpn_gateway", "attach_vpn_gateway"]),
        ("absent", None, None, []),
        ("absent", {"Name": "hq-vgw", **OWNER}, None, ["delete_vpn_gateway"]),
        ("absent", {"Name": "hq-vgw", **OWNER}, "vpc-1", ["detach_vpn_gateway", "delete_vpn_gateway"]),
        ("absent", {"Name": "hq-vgw", **FOREIGN}, "vpc-1", []),
    ],
)
def test_vpn_gateway(ec2, state, exists, vpc, changes, check):
    ec2.looks = 2
    if exists is not None:
        existing_vgw(ec2, exists, vpc)
    result = vgw(ec2, check, state=state)
    assert result["changed"] is bool(changes)
    assert ec2.changes() == ([] if check else changes)
    if state == "present" and not check:
        assert result["vpn_gateway"]["attachment_state"] == "attached"
    if not check:
        assert vgw(ec2, state=state)["changed"] is False


def test_vpn_gateway_create_carries_tags_and_asn(ec2):
    vgw(ec2)
    request = ec2.request("create_vpn_gateway")
    assert request["AmazonSideAsn"] == 64512
    assert {tag["Key"] for tag in request["TagSpecifications"][0]["Tags"]} == {"Name", *OWNER}


def test_vpn_gateway_joins_an_attachment_that_is_under_way(ec2):
    identifier = existing_vgw(ec2, {"Name": "hq-vgw", **OWNER}, "vpc-1", "attaching")
    entry = ec2.vgws[identifier]["VpcAttachments"][0]
    ec2.looks = 3
    ec2.later(identifier, lambda: entry.update(State="attached"))
    result = vgw(ec2)
    assert (result["changed"], result["vpn_gateway"]["attachment_state"]) == (False, "attached")


@pytest.mark.parametrize(
    ("exists", "vpc", "options", "message"),
    [
        ({"Name": "hq-vgw", **OWNER}, "vpc-1", {"asn": 64600}, "ASN is 64512, 64600 is asked for"),
        ({"Name": "hq-vgw", **OWNER}, "vpc-2", {}, "it is attached to vpc-2"),
        ({"Name": "theirs"}, "vpc-1", {}, r"vgw-\w+ \(theirs\) is attached there"),
    ],
)
def test_vpn_gateway_refuses(ec2, exists, vpc, options, message):
    existing_vgw(ec2, exists, vpc)
    for check in (True, False):
        with pytest.raises(aws.AwsError, match=message):
            vgw(ec2, check, **options)
    assert ec2.changes() == []


def test_vpn_gateway_adopted_is_neither_tagged_nor_deleted(ec2):
    identifier = existing_vgw(ec2, {"Name": "hq-vgw", **FOREIGN}, "vpc-1")
    result = vgw(ec2, adopt=True)
    assert (result["changed"], result["adopted"]) == (False, True)
    assert result["vpn_gateway"]["vpn_gateway_id"] == identifier
    assert vgw(ec2, adopt=True, state="absent")["changed"] is False
    assert ec2.changes() == []


def test_vpn_gateway_planned_vpc(ec2):
    result = vgw(ec2, True, vpc_id="planned:hq-vpc")
    assert result["vpn_gateway"]["vpn_gateway_id"] == "planned:hq-vgw"
    assert result["diff"]["after"]["vpc_id"] == "planned:hq-vpc"


# --- no duplicates


def rival(ec2: FakeEc2, identifier: str, stays: bool) -> None:
    """Another run makes the same gateway at the same time, and steps back at the third look unless it `stays`."""

    def appear(kind: str) -> None:
        ec2.after_create = lambda kind: None
        made = {"VpnGatewayId": identifier, "State": "available", "AmazonSideAsn": 64512, "VpcAttachments": []}
        ec2.vgws[identifier] = {**made, "Tags": tag_list({"Name": "hq-vgw", **OWNER})}
        if not stays:
            ec2.looks = 3
            ec2.later(identifier, lambda: ec2.vgws[identifier].update(State="deleted"))
            ec2.looks = 0

    ec2.after_create = appear


@pytest.mark.parametrize(
    ("other", "stays", "kept"),
    [
        ("vgw-00000000000000000", True, "vgw-00000000000000000"),  # lower: ours goes
        ("vgw-fffffffffffffffff", False, "vgw-00000000000000001"),  # higher and steps back: ours stays
        ("vgw-fffffffffffffffff", True, "vgw-fffffffffffffffff"),  # higher, but it was there before: ours goes
    ],
)
def test_two_runs_at_once_end_with_one_gateway(ec2, other, stays, kept):
    rival(ec2, other, stays)
    assert vgw(ec2)["vpn_gateway"]["vpn_gateway_id"] == kept
    assert [one["VpnGatewayId"] for one in ec2.vgws.values() if one["State"] != "deleted"] == [kept]


def test_two_that_were_there_before_are_a_refusal(ec2):
    existing_vgw(ec2, {"Name": "hq-vgw", **OWNER})
    existing_vgw(ec2, {"Name": "hq-vgw", **OWNER})
    with pytest.raises(aws.AwsError, match="there are 2: vgw-"):
        vgw(ec2)


# --- VPN connections

TUNNELS = [
    {
        "inside_cidr": cidr,
        "phase1_encryption": ["AES256"],
        "ike_versions": ["ikev2"],
        "startup_action": "start",
        "dpd_timeout_seconds": 45,
        "lifecycle_control": False,
    }
    for cidr in ("169.254.21.0/30", "169.254.22.0/30")
]


def vpn(ec2: FakeEc2, check: bool = False, **options: Any) -> dict[str, Any]:
    defaults = {
        "state": "present",
        "name": "hq-1",
        "vpn_connection_id": None,
        "customer_gateway_id": "cgw-1",
        "vpn_gateway_id": "vgw-1",
        "transit_gateway_id": None,
        "static_routes_only": False,
        "inside_ip_version": None,
        "routes": None,
        "tunnels": TUNNELS,
        "pre_shared_keys": None,
        "pre_shared_key_storage": None,
        "tags": OWNER,
        "adopt": False,
        "wait": True,
        "wait_timeout": 1800,
    }
    return aws_vpn_connection.ensure(ec2, {**defaults, **options}, check)


def with_option(**options: Any) -> list[dict[str, Any]]:
    return [{**tunnel, **options} for tunnel in TUNNELS]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("options", "changes"),
    [
        ({}, []),
        ({"customer_gateway_id": None, "vpn_gateway_id": None, "static_routes_only": None, "tunnels": None}, []),
        ({"tags": {**OWNER, "cost": "network"}}, ["create_tags"]),
        ({"tunnels": with_option(dpd_timeout_seconds=45)}, []),
        ({"pre_shared_keys": {"169.254.21.0/30": KEYS[0], "169.254.22.0/30": KEYS[1]}}, []),
    ],
)
def test_connection_is_changed_in_place(ec2, options, changes, reverse, check):
    vpn(ec2)
    ec2.looks = 2
    ec2.calls.clear()
    if reverse and options.get("tunnels"):
        options = {**options, "tunnels": options["tunnels"][::-1]}
    result = vpn(ec2, check, **options)
    assert result["changed"] is bool(changes)
    assert ec2.changes() == ([] if check else changes)
    if not check:
        again = vpn(ec2, **options)
        assert again["changed"] is False
        assert again["vpn_connection"] == result["vpn_connection"]


def test_check_mode_predicts_the_change(ec2):
    vpn(ec2, static_routes_only=True, routes=["10.9.0.0/16"])
    asked = {
        "static_routes_only": True,
        "routes": ["10.1.0.0/16"],
        "tags": {**OWNER, "cost": "network"},
    }
    predicted, real = vpn(ec2, True, **asked), vpn(ec2, **asked)
    routes = [[one["cidr"] for one in each["vpn_connection"].pop("routes")] for each in (predicted, real)]
    assert routes == [["10.1.0.0/16"]] * 2
    assert predicted["vpn_connection"] == real["vpn_connection"]
    assert predicted["diff"] == real["diff"]
    assert set(real["diff"]["before"]) == {"routes", "tags"}


def test_check_mode_predicts_the_creation(ec2):
    asked = {"tunnels": TUNNELS, "pre_shared_keys": {"169.254.21.0/30": "an_invented_given_key"}}
    predicted, real = vpn(ec2, True, **asked), vpn(ec2, **asked)
    assert predicted["diff"] == real["diff"]
    assert predicted["vpn_connection"]["vpn_connection_id"] == "planned:hq-1"
    unknown = {"outside_address", "pre_shared_key_fingerprint", "telemetry"}
    for before, after in zip(predicted["vpn_connection"]["tunnels"], real["vpn_connection"]["tunnels"], strict=True):
        assert set(before) == set(after)
        assert {key: value for key, value in before.items() if key not in unknown} == {
            key: value for key, value in after.items() if key not in unknown
        }


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("dpd_seconds", "playbook"), [(60, "change_tunnels.yml"), (45, "rotate_keys.yml")])
def test_a_standing_tunnel_is_not_changed(ec2, check, dpd_seconds, playbook):
    vpn(ec2)
    ec2.calls.clear()
    options = {"tags": {**OWNER, "cost": "x"}, "pre_shared_keys": {"169.254.21.0/30": "an_invented_other_key"}}
    with pytest.raises(aws.AwsError) as raised:
        vpn(ec2, check, tunnels=[TUNNELS[0], {**TUNNELS[1], "dpd_timeout_seconds": dpd_seconds}], **options)
    text = str(raised.value)
    assert ("tunnel 169.254.22.0/30 (198.51.100.18): dpd_timeout_seconds 45 -> 60" in text) is (dpd_seconds == 60)
    assert "tunnel 169.254.21.0/30 (198.51.100.19): pre_shared_key" in text
    assert text.endswith(
        "Every change takes its tunnel down for some minutes, and Azure needs the same. Nothing was changed. Change "
        f"both clouds with playbook {playbook} (module s2s_vpn_operate), or ask for what it has."
    )
    assert "invented" not in text
    assert ec2.changes() == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"static_routes_only": True}, "static_routes_only is False, True is asked for"),
        ({"customer_gateway_id": "cgw-2"}, "customer_gateway_id is cgw-1, cgw-2 is asked for"),
        ({"vpn_gateway_id": None, "transit_gateway_id": "tgw-1"}, "transit_gateway_id is None, tgw-1"),
    ],
)
def test_connection_refuses_before_any_change(ec2, options, message):
    vpn(ec2)
    ec2.calls.clear()
    for check in (True, False):
        with pytest.raises(aws.AwsError, match=message) as raised:
            vpn(ec2, check, **options)
        assert "invented" not in str(raised.value)
    assert ec2.changes() == []


def test_static_routes_are_the_exact_set(ec2):
    static = {"static_routes_only": True, "tunnels": TUNNELS}
    made = vpn(ec2, routes=["10.1.0.0/16", "10.9.0.0/16"], **static)
    assert [route["cidr"] for route in made["vpn_connection"]["routes"]] == ["10.1.0.0/16", "10.9.0.0/16"]
    for check in (True, False):
        changed = vpn(ec2, check, routes=["10.1.0.0/16", "10.8.0.0/16"], **static)
        assert [route["cidr"] for route in changed["vpn_connection"]["routes"]] == ["10.1.0.0/16", "10.8.0.0/16"]
        assert changed["diff"] == {"before": {"routes": ["10.9.0.0/16"]}, "after": {"routes": ["10.8.0.0/16"]}}
    assert vpn(ec2, routes=["10.8.0.0/16", "10.1.0.0/16"], **static)["changed"] is False
    assert vpn(ec2, routes=None, **static)["changed"] is False


def test_a_pending_connection_is_joined(ec2):
    ec2.looks = 5
    static = {"static_routes_only": True, "routes": ["10.1.0.0/16"]}
    started = vpn(ec2, wait=False, **static)
    assert started["vpn_connection"]["state"] == "pending"
    assert "create_vpn_connection_route" not in ec2.changes()
    joined = vpn(ec2, **static)
    assert joined["vpn_connection"]["state"] == "available"
    assert joined["vpn_connection"]["routes"] == [{"cidr": "10.1.0.0/16", "state": "available"}]
    assert ec2.changes().count("create_vpn_connection") == 1
    assert vpn(ec2, **static)["changed"] is False


def test_deleted_and_foreign_connections_are_not_found(ec2):
    first = vpn(ec2)["vpn_connection"]["vpn_connection_id"]
    ec2.vpns[first]["State"] = "deleting"
    vpn(ec2, tags=FOREIGN)
    third = vpn(ec2)
    assert third["changed"]
    assert len(ec2.vpns) == 3


def test_the_only_connection_of_a_region_is_not_ours(ec2):
    vpn(ec2, tags={})
    assert vpn(ec2, state="absent", name="hq-2", tags=OWNER)["changed"] is False
    with pytest.raises(aws.AwsError, match="neither name, tags nor vpn_connection_id"):
        vpn(ec2, state="absent", name=None, tags={})


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("by_id", [False, True])
def test_connection_is_deleted(ec2, by_id, check):
    identifier = vpn(ec2)["vpn_connection"]["vpn_connection_id"]
    ec2.looks = 2
    how = {"vpn_connection_id": identifier, "name": None, "tags": {}} if by_id else {}
    assert vpn(ec2, check, state="absent", **how)["changed"] is True
    assert ec2.vpns[identifier]["State"] == ("available" if check else "deleted")
    if not check:
        assert vpn(ec2, state="absent", **how)["changed"] is False


def test_connection_deleted_by_id_must_carry_the_tags_that_are_given(ec2):
    identifier = vpn(ec2, tags=FOREIGN)["vpn_connection"]["vpn_connection_id"]
    result = vpn(ec2, state="absent", vpn_connection_id=identifier)
    assert (result["changed"], result["adopted"]) == (False, True)


def test_planned_gateways(ec2):
    planned = {"customer_gateway_id": "planned:hq-azure-1", "vpn_gateway_id": "planned:hq-vgw"}
    assert vpn(ec2, True, **planned)["vpn_connection"]["customer_gateway_id"] == "planned:hq-azure-1"
    with pytest.raises(aws.AwsError, match="placeholder of check mode"):
        vpn(ec2, **planned)


def test_a_given_key_that_aws_ignores_is_an_error(ec2):
    class Ignores(FakeEc2):
        def do_create_vpn_connection(self, **request: Any) -> Any:
            for tunnel in request["Options"]["TunnelOptions"]:
                tunnel.pop("PreSharedKey", None)
            return super().do_create_vpn_connection(**request)

    ec2.__class__ = Ignores
    with pytest.raises(aws.AwsError, match="AWS shows other values than were sent") as raised:
        vpn(ec2, pre_shared_keys={"169.254.21.0/30": "an_invented_given_key"})
    assert "invented" not in str(raised.value)


def test_connections_share_one_mapping_of_keys(ec2):
    keys = {"169.254.21.0/30": "an_invented_given_key", "169.254.21.4/30": "a_key_of_another_connection"}
    vpn(ec2, pre_shared_keys=keys)
    assert "169.254.21.4/30" not in json.dumps(ec2.request("create_vpn_connection"))
    assert vpn(ec2, pre_shared_keys=keys)["changed"] is False
    assert vpn(ec2, pre_shared_keys=keys, tunnels=None)["changed"] is False


def test_keys_alone_name_the_tunnels_of_a_new_connection(ec2):
    keys = {f"169.254.2{number}.0/30": "an_invented_given_key" for number in range(1, 4)}
    with pytest.raises(aws.AwsError, match="pre_shared_keys has 3 keys"):
        vpn(ec2, pre_shared_keys=keys, tunnels=None)
    keys.popitem()
    made = vpn(ec2, pre_shared_keys=keys, tunnels=None)["vpn_connection"]
    assert [tunnel["inside_cidr"] for tunnel in made["tunnels"]] == sorted(keys)


def test_keys_in_secrets_manager_are_not_compared(ec2):
    vpn(ec2)
    ec2.secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:vpn"
    asked = {"pre_shared_keys": {"169.254.21.0/30": "an_invented_given_key"}}
    result = vpn(ec2, **asked)
    assert result["changed"] is False
    assert "does not show its keys" in result["warnings"][0]
    assert "Allow secretsmanager:GetSecretValue" in result["warnings"][0]
    ec2.refuse["get_secret_value"] = refusal("AccessDeniedException")
    assert vpn(aws_secrets.WithSecrets(ec2, lambda: ec2), **asked)["warnings"] == result["warnings"]


def test_keys_in_secrets_manager_are_compared_where_they_may_be_read(ec2):
    given = {"169.254.21.0/30": "an_invented_given_key", "169.254.22.0/30": "an_invented_second_key"}
    stored = {"pre_shared_keys": given, "pre_shared_key_storage": "SecretsManager"}
    vpn(ec2, **stored)
    assert ec2.request("create_vpn_connection")["PreSharedKeyStorage"] == "SecretsManager"
    ec2.secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:vpn"
    reading = aws_secrets.WithSecrets(ec2, lambda: ec2)
    same = vpn(reading, **stored)
    assert (same["changed"], same["warnings"]) == (False, [])
    assert "an_invented" not in str(same)
    with pytest.raises(aws.AwsError, match=r"it differs on tunnel 169\.254\.21\.0/30"):
        vpn(reading, pre_shared_keys={"169.254.21.0/30": "an_invented_other_key"})


def test_no_key_in_any_result(ec2):
    given = {"169.254.21.0/30": "an_invented_given_key"}
    ec2.vgws["vgw-1"] = {"VpnGatewayId": "vgw-1", "State": "available", "VpcAttachments": [], "Tags": []}
    results = [
        vpn(ec2, True, pre_shared_keys=given),
        vpn(ec2, pre_shared_keys=given),
        aws_vpn_connection_info.inform(ec2, info_params(name="hq-1"), False),
        aws_vpn_status_info.inform(ec2, {"vpn_connection_ids": None, "tags": OWNER}, False),
        vpn(ec2, state="absent"),
    ]
    assert "invented" not in json.dumps(results)
    assert json.dumps(results).count("sha256:") >= 6


# --- reading


def info_params(**options: Any) -> dict[str, Any]:
    defaults = {"vpn_connection_ids": None, "filters": {}, "name": None, "tags": {}, "wait": False, "wait_timeout": 60}
    return {**defaults, **options}


def test_info_searches_the_living_and_waits(ec2):
    ec2.looks = 4
    first = vpn(ec2)["vpn_connection"]["vpn_connection_id"]
    second = vpn(ec2, name="hq-2", wait=False)["vpn_connection"]["vpn_connection_id"]
    found = aws_vpn_connection_info.inform(ec2, info_params(tags=OWNER, wait=True), False)["vpn_connections"]
    assert [(one["vpn_connection_id"], one["state"]) for one in found] == [(first, "available"), (second, "available")]
    ec2.vpns[first]["State"] = "deleted"
    assert len(aws_vpn_connection_info.inform(ec2, info_params(), False)["vpn_connections"]) == 1
    by_id = aws_vpn_connection_info.inform(ec2, info_params(vpn_connection_ids=[first]), False)["vpn_connections"]
    assert by_id[0]["state"] == "deleted"


def test_info_and_status_of_planned_connections_are_empty(ec2):
    planned = ["planned:hq-1"]
    assert aws_vpn_connection_info.inform(ec2, info_params(vpn_connection_ids=planned), True)["vpn_connections"] == []
    status = aws_vpn_status_info.inform(ec2, {"vpn_connection_ids": planned, "tags": None}, True)["status"]
    assert (status["cloud"], status["tunnels"]) == ("aws", [])


def named(name: str, **tags: str) -> dict[str, Any]:
    return {"vpn_connection_ids": None, "vpn_gateway_name": name, "tags": tags}


def test_status_by_the_name_of_the_gateway(ec2):
    def gateway(**tags: str) -> str:
        specification = [{"ResourceType": "vpn-gateway", "Tags": tag_list({"Name": "hq-vgw", **tags})}]
        return ec2.do_create_vpn_gateway(AmazonSideAsn=64512, TagSpecifications=specification)["VpnGateway"][
            "VpnGatewayId"
        ]

    by_hand, gone = gateway(), gateway()
    ec2.vgws[gone]["State"] = "deleted"
    made = vpn(ec2, vpn_gateway_id=by_hand, tags={})["vpn_connection"]["vpn_connection_id"]
    vpn(ec2, name="elsewhere", vpn_gateway_id="vgw-2", tags={})
    found = aws_vpn_status_info.inform(ec2, named("hq-vgw", **OWNER), False)["status"]
    assert (found["gateway"], {one["id"] for one in found["tunnels"]}) == (by_hand, {made})
    assert aws_vpn_status_info.inform(ec2, named("hq"), False)["status"]["tunnels"] == []
    gateway(**FOREIGN)
    with pytest.raises(aws.AwsError, match="hq-vgw: there are 2"):
        aws_vpn_status_info.inform(ec2, named("hq-vgw", **OWNER), False)
    gateway(**OWNER)
    assert aws_vpn_status_info.inform(ec2, named("hq-vgw", **OWNER), False)["status"]["tunnels"] == []


# --- propagation


def propagate(ec2: FakeEc2, tables: dict[str, list[str]], check: bool = False) -> dict[str, Any]:
    asked = [{"route_table_id": table, "vpn_gateway_ids": gateways} for table, gateways in tables.items()]
    return aws_vgw_propagation.ensure(ec2, {"route_tables": asked, "wait_timeout": 60}, check)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("exists", "asked", "changes"),
    [
        ([], ["vgw-1"], ["enable_vgw_route_propagation"]),
        (["vgw-1"], ["vgw-1"], []),
        (["vgw-1"], [], ["disable_vgw_route_propagation"]),
        (["vgw-1"], ["vgw-2"], ["enable_vgw_route_propagation", "disable_vgw_route_propagation"]),
    ],
)
def test_propagation(ec2, exists, asked, changes, check):
    routes = [{"DestinationCidrBlock": "10.99.0.0/16", "Origin": "CreateRoute"}]
    for name in ("rtb-1", "rtb-2"):
        vgws = [{"GatewayId": one} for one in exists]
        ec2.tables[name] = {"RouteTableId": name, "PropagatingVgws": vgws, "Routes": list(routes)}
    result = propagate(ec2, {"rtb-1": asked}, check)
    assert result["changed"] is bool(changes)
    assert ec2.changes() == ([] if check else changes)
    assert ec2.tables["rtb-1"]["Routes"] == routes
    assert ec2.tables["rtb-2"]["PropagatingVgws"] == [{"GatewayId": one} for one in exists]
    if changes:
        assert result["diff"] == {"before": {"rtb-1": exists}, "after": {"rtb-1": asked}}


def test_propagation_planned(ec2):
    assert propagate(ec2, {"planned:hq-app-rt": ["planned:hq-vgw"]}, True)["changed"]
    assert ec2.calls == []
    with pytest.raises(aws.AwsError, match="placeholder"):
        propagate(ec2, {"planned:hq-app-rt": ["planned:hq-vgw"]})


def test_propagation_waits_for_the_attachment(ec2):
    ec2.tables["rtb-1"] = {"RouteTableId": "rtb-1"}
    identifier = existing_vgw(ec2, {}, "vpc-1", "attaching")
    answers = [refusal("Gateway.NotAttached"), refusal("Gateway.NotAttached")]
    real = FakeEc2.do_enable_vgw_route_propagation

    class NotYet(FakeEc2):
        def do_enable_vgw_route_propagation(self, **request: Any) -> Any:
            if answers:
                raise answers.pop()
            return real(self, **request)

    ec2.__class__ = NotYet
    assert propagate(ec2, {"rtb-1": [identifier]})["changed"]
    ec2.vgws[identifier]["VpcAttachments"] = []
    ec2.tables["rtb-1"]["PropagatingVgws"] = []
    answers.append(refusal("Gateway.NotAttached"))
    with pytest.raises(aws.AwsError, match="Attach the gateway to the VPC"):
        propagate(ec2, {"rtb-1": [identifier]})


# --- two runs at once


def settle(ec2: FakeEc2, own: str, check: bool = False, **options: Any) -> dict[str, Any]:
    params = {"resource_id": own, "name": "hq-it", "tags": {**OWNER, "team": "network"}, "subnet_id": None, **options}
    return aws_settle.ensure(ec2, params, check)


def twins(ec2: FakeEc2, *numbers: int) -> None:
    """VPCs and route tables of the link's name, and somebody else's that are older."""
    for number, tags in ((0, FOREIGN), *((number, OWNER) for number in numbers)):
        tagged = tag_list({"Name": "hq-it", **tags})
        ec2.others.setdefault("Vpcs", []).append({"VpcId": f"vpc-{number}", "Tags": tagged})
        ec2.tables[f"rtb-{number}"] = {"RouteTableId": f"rtb-{number}", "VpcId": "vpc-1", "Tags": tagged}


@pytest.mark.parametrize("kind", ["vpc", "rtb"])
@pytest.mark.parametrize(
    ("there", "own", "kept"),
    [
        ((1,), 1, 1),
        ((1, 2), 2, 1),  # the higher id goes
        ((1, 2), 1, 2),  # the other does not go: its maker has looked before, and works with it
    ],
)
def test_settle(ec2, kind, there, own, kept):
    twins(ec2, *there)
    (ec2.others if kind == "rtb" else ec2.tables).clear()
    predicted = settle(ec2, f"{kind}-{own}", check=True)
    assert (predicted, ec2.calls) == ({"changed": False, "id": f"{kind}-{own}"}, [])
    settled = settle(ec2, f"{kind}-{own}")
    assert (settled["changed"], settled["id"]) == (own != kept, f"{kind}-{kept}")
    assert settled["diff"] == {"before": {"id": f"{kind}-{own}"}, "after": {"id": f"{kind}-{kept}"}}
    left = set(ec2.tables) if kind == "rtb" else {one["VpcId"] for one in ec2.others["Vpcs"]}
    assert left == {f"{kind}-0", f"{kind}-{kept}"} | {f"{kind}-{one}" for one in there if one != own}


def test_settle_gives_the_subnet_the_table_that_is_kept(ec2):
    """amazon.aws.ec2_vpc_route_table takes a subnet off another table, and does not give it its own."""
    twins(ec2, 1, 2)
    ec2.tables["rtb-2"]["Associations"] = [{"SubnetId": "subnet-1", "RouteTableAssociationId": "rtbassoc-1"}]
    assert settle(ec2, "rtb-2", subnet_id="subnet-1")["id"] == "rtb-1"
    assert ec2.tables["rtb-1"]["Associations"][0]["SubnetId"] == "subnet-1"
    assert ec2.changes() == ["disassociate_route_table", "delete_route_table", "associate_route_table"]


def test_settle_refuses_a_placeholder(ec2):
    with pytest.raises(aws.AwsError, match="placeholder"):
        settle(ec2, "planned:hq-vpc")
    assert ec2.calls == []


def test_a_gateway_of_another_run_that_was_first(ec2, monkeypatch):
    """Made between the search and the attachment."""
    existing_vgw(ec2, {"Name": "hq-vgw", **OWNER}, "vpc-1")
    monkeypatch.setattr(aws_vpn_gateway, "search", lambda *_args: (None, False))
    with pytest.raises(aws.AwsError, match="Another run has made it at the same time: run this again"):
        vgw(ec2, vpc_id="vpc-1")


# --- teardown


def built(ec2: FakeEc2) -> dict[str, str]:
    """A link as the roles build it."""
    vgw_id = existing_vgw(ec2, {"Name": "hq-vgw", **OWNER}, "vpc-1")
    cgw_id = existing_cgw(ec2, {"Name": "hq-azure-1", **OWNER})
    vpn_id = vpn(ec2, vpn_gateway_id=vgw_id, customer_gateway_id=cgw_id)["vpn_connection"]["vpn_connection_id"]

    def tags(name: str) -> list[dict[str, str]]:
        return tag_list({"Name": name, **OWNER})

    ec2.tables["rtb-1"] = {
        "RouteTableId": "rtb-1",
        "VpcId": "vpc-1",
        "Tags": tags("hq-app-rt"),
        "PropagatingVgws": [{"GatewayId": vgw_id}],
        "Associations": [{"SubnetId": "subnet-1", "RouteTableAssociationId": "rtbassoc-1"}],
        "Routes": [{"DestinationCidrBlock": "10.2.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable"}],
    }
    ec2.others = {
        "Vpcs": [{"VpcId": "vpc-1", "Tags": tags("hq-vpc")}],
        "Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1", "Tags": tags("hq-app")}],
        "SecurityGroups": [{"GroupId": "sg-1", "GroupName": "hq-app-sg", "VpcId": "vpc-1", "Tags": tag_list(OWNER)}],
        "NetworkInterfaces": [],
    }
    ec2.calls.clear()
    return {"vgw": vgw_id, "cgw": cgw_id, "vpn": vpn_id}


NO_ALARMS = SimpleNamespace(meta=SimpleNamespace(), describe_alarms=lambda **_request: {"MetricAlarms": []})
NO_LOGS = SimpleNamespace(meta=SimpleNamespace(), describe_log_groups=lambda **_request: {"logGroups": []})


def teardown(ec2: FakeEc2, check: bool = False, adopt: list[str] | None = None) -> dict[str, Any]:
    params = {"link": "hq", "owner_id": OWNER["s2s_vpn:id"], "adopt": adopt or [], "wait_timeout": 60}
    return aws_link_teardown.ensure(ec2, NO_ALARMS, NO_LOGS, params, check)


ALL = ["vpn_connection", "vpn_gateway", "customer_gateway", "security_group", "subnet", "route_table", "vpc"]


def test_teardown_goes_in_order_and_is_idempotent(ec2):
    built(ec2)
    ec2.looks = 2
    predicted = teardown(ec2, check=True)
    assert ec2.changes() == []
    result = teardown(ec2)
    assert [one["type"] for one in result["deleted"]] == ALL
    assert result["left"] == []
    assert predicted == result
    assert ec2.changes() == [
        "delete_vpn_connection",
        "disable_vgw_route_propagation",
        "detach_vpn_gateway",
        "delete_vpn_gateway",
        "delete_customer_gateway",
        "delete_security_group",
        "delete_subnet",
        "disassociate_route_table",
        "delete_route_table",
        "delete_vpc",
    ]
    again = teardown(ec2)
    assert (again["changed"], again["deleted"], again["left"]) == (False, [], [])


def left(result: dict[str, Any]) -> dict[str, str]:
    return {one["type"]: one["reason"] for one in result["left"]}


def test_teardown_leaves_what_others_use(ec2):
    ids = built(ec2)
    foreign = vpn(ec2, name="theirs", tags={}, vpn_gateway_id=ids["vgw"])["vpn_connection"]["vpn_connection_id"]
    ec2.others["NetworkInterfaces"] = [
        {"NetworkInterfaceId": "eni-1", "SubnetId": "subnet-1", "Attachment": {"InstanceId": "i-1"}},
        {"NetworkInterfaceId": "eni-2", "SubnetId": "subnet-2", "Groups": [{"GroupId": "sg-1"}]},
    ]
    by_hand = {"DestinationCidrBlock": "10.99.0.0/16", "Origin": "CreateRoute"}
    ec2.tables["rtb-1"]["Routes"].append(by_hand)
    predicted, result = teardown(ec2, check=True), teardown(ec2)
    assert predicted == result
    assert set(left(result)) == {"vpn_gateway", "security_group", "subnet", "route_table", "vpc"}
    assert foreign in left(result)["vpn_gateway"]
    assert left(result)["subnet"] == "in use by network interface eni-1 of i-1"
    assert left(result)["security_group"] == "in use by network interface eni-2"
    assert left(result)["vpc"] == (
        f"in use by route table rtb-1, security group sg-1, subnet subnet-1, virtual private gateway {ids['vgw']}"
    )
    assert "10.99.0.0/16" in left(result)["route_table"]
    assert ec2.vgws[ids["vgw"]]["VpcAttachments"][0]["State"] == "attached"
    assert ec2.vpns[foreign]["State"] == "available"
    # The causes gone, a rerun removes the rest.
    ec2.do_delete_vpn_connection(foreign)
    ec2.others["NetworkInterfaces"] = []
    ec2.tables["rtb-1"]["Routes"].remove(by_hand)
    assert [one["type"] for one in teardown(ec2)["deleted"]] == [
        "vpn_gateway", "security_group", "subnet", "route_table", "vpc",
    ]  # fmt: skip


def test_teardown_leaves_the_table_of_a_subnet_that_stays(ec2):
    built(ec2)
    ec2.others["NetworkInterfaces"] = [{"NetworkInterfaceId": "eni-1", "SubnetId": "subnet-1"}]
    predicted, result = teardown(ec2, check=True), teardown(ec2)
    assert predicted == result
    assert left(result)["route_table"] == "in use by subnet subnet-1"


@pytest.mark.parametrize("in_use", [False, True])
def test_teardown_detaches_an_adopted_gateway_from_the_links_own_vpc(ec2, in_use):
    ids = built(ec2)
    ec2.vgws[ids["vgw"]]["Tags"] = tag_list({"Name": "hq-vgw"})
    if in_use:
        vpn(ec2, name="theirs", tags={}, vpn_gateway_id=ids["vgw"])
    predicted, result = teardown(ec2, check=True, adopt=["hq-vgw"]), teardown(ec2, adopt=["hq-vgw"])
    assert predicted == result
    assert ec2.vgws[ids["vgw"]]["State"] == "available"
    assert ec2.vgws[ids["vgw"]]["VpcAttachments"][0]["State"] == ("attached" if in_use else "detached")
    assert left(result) == ({"vpc": f"in use by virtual private gateway {ids['vgw']}"} if in_use else {})


def test_teardown_leaves_a_vpc_with_somebody_elses_things(ec2):
    built(ec2)
    ec2.others["Subnets"].append({"SubnetId": "subnet-9", "VpcId": "vpc-1"})
    ec2.others["SecurityGroups"] += [
        {"GroupId": "sg-0", "GroupName": "default", "VpcId": "vpc-1"},
        {"GroupId": "sg-9", "GroupName": "theirs", "VpcId": "vpc-1"},
    ]
    ec2.others["InternetGateways"] = [{"InternetGatewayId": "igw-9", "VpcAttachments": [{"VpcId": "vpc-1"}]}]
    ec2.tables["rtb-0"] = {"RouteTableId": "rtb-0", "VpcId": "vpc-1", "Associations": [{"Main": True}]}
    predicted, result = teardown(ec2, check=True), teardown(ec2)
    assert predicted == result
    assert left(result) == {"vpc": "in use by internet gateway igw-9, security group sg-9, subnet subnet-9"}


def test_teardown_goes_on_after_a_refusal(ec2):
    built(ec2)
    ec2.refuse["delete_customer_gateway"] = refusal("IncorrectState", "the customer gateway is in use")
    result = teardown(ec2)
    assert left(result) == {"customer_gateway": "IncorrectState: the customer gateway is in use"}
    assert [one["type"] for one in result["deleted"]] == [kind for kind in ALL if kind != "customer_gateway"]


def test_teardown_joins_one_that_was_killed(ec2):
    ids = built(ec2)
    ec2.looks = 3
    ec2.do_delete_vpn_connection(ids["vpn"])
    result = teardown(ec2)
    assert "delete_vpn_connection" not in ec2.changes()
    assert [one["type"] for one in result["deleted"]] == ALL[1:]


def test_teardown_keeps_what_is_adopted_and_lists_what_it_does_not_know(ec2):
    built(ec2)
    ec2.others["Tags"] = [
        {"ResourceType": "transit-gateway", "ResourceId": "tgw-1", "Key": "s2s_vpn:id", "Value": OWNER["s2s_vpn:id"]},
        {"ResourceType": "vpc", "ResourceId": "vpc-1", "Key": "s2s_vpn:id", "Value": OWNER["s2s_vpn:id"]},
    ]
    result = teardown(ec2, adopt=["hq-vpc", "hq-app-rt"])  # a route table of this name can be adopted in Azure only
    assert set(left(result)) == {"vpc", "transit_gateway"}
    assert left(result)["vpc"] == "it is named in adopt"


def test_teardown_does_not_touch_another_owner(ec2):
    existing_vgw(ec2, {"Name": "hq-vgw", **FOREIGN})
    vpn(ec2, tags=FOREIGN)
    ec2.calls.clear()
    assert teardown(ec2)["changed"] is False
    assert ec2.changes() == []


def test_teardown_needs_a_real_owner(ec2):
    params = {"link": "hq", "owner_id": "planned:owner", "adopt": [], "wait_timeout": 60}
    with pytest.raises(aws.AwsError, match="the owner's id is planned:owner"):
        aws_link_teardown.ensure(ec2, NO_ALARMS, NO_LOGS, params, False)


def test_teardown_goes_on_where_it_may_not_look_for_alarms(ec2):
    built(ec2)

    def denied(**_request: Any) -> None:
        raise refusal("AccessDenied", "not authorized to perform cloudwatch:DescribeAlarms")

    blind = SimpleNamespace(meta=SimpleNamespace(), describe_alarms=denied)
    params = {"link": "hq", "owner_id": OWNER["s2s_vpn:id"], "adopt": [], "wait_timeout": 60}
    result = aws_link_teardown.ensure(ec2, blind, NO_LOGS, params, False)
    assert [one["type"] for one in result["deleted"]] == ALL
    (left,) = result["left"]
    assert (left["type"], left["name"]) == ("alarm", "hq-*")
    assert "AccessDenied" in left["reason"]


class SomebodyIsFaster(FakeEc2):
    def do_disable_vgw_route_propagation(self, RouteTableId: str, GatewayId: str) -> Any:
        raise refusal("InvalidRouteTableID.NotFound")

    def do_detach_vpn_gateway(self, VpnGatewayId: str, VpcId: str) -> Any:
        super().do_detach_vpn_gateway(VpnGatewayId, VpcId)
        raise refusal("InvalidVpnGatewayAttachment.NotFound")


@pytest.mark.parametrize("adopt", [[], ["hq-vgw"]])
def test_teardown_goes_on_where_somebody_else_has_detached(adopt):
    """What is not there is the attachment; the gateway and its VPC are."""
    ec2 = SomebodyIsFaster()
    ids = built(ec2)
    if adopt:
        ec2.vgws[ids["vgw"]]["Tags"] = tag_list({"Name": "hq-vgw"})
    assert teardown(ec2, adopt=adopt)["left"] == []
    assert ec2.others["Vpcs"] == []
    assert ec2.vgws[ids["vgw"]]["State"] == ("available" if adopt else "deleted")
