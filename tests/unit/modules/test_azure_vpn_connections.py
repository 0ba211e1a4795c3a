"""azure_vpn_connections: state x what exists x keys x check mode, and that no key shows anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import keys
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.azure import AzureError, Response
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_vpn_connections as module
from ansible_collections.hybrid.s2s_vpn.plugins.modules import azure_vpn_gateway
from fake_arm import FakeArm, error, filled, rid
from test_azure_vpn_gateway import FULL

KEYS = {"198.51.100.10": "invented_key.one", "198.51.100.11": "invented_key.two"}
AWS = {
    "VpnConnectionId": "vpn-0a",
    "State": "available",
    "Options": {"TunnelOptions": [{"OutsideIpAddress": address, "PreSharedKey": key} for address, key in KEYS.items()]},
}
POLICY = {
    "ike_encryption": "AES256",
    "ike_integrity": "SHA256",
    "dh_group": "DHGroup14",
    "ipsec_encryption": "GCMAES256",
    "ipsec_integrity": "GCMAES256",
    "pfs_group": "PFS2048",
    "sa_lifetime_seconds": 3600,
    "sa_data_size_kilobytes": 102400000,
}


def one(number: int, outside: str) -> dict[str, Any]:
    return {
        "name": f"hq-aws-1-{number}",
        "local_gateway": f"hq-aws-1-{number}",
        "inside_cidr": f"169.254.2{number}.0/30",
        "instance": 0,
        "enable_bgp": True,
        "custom_bgp_addresses": [
            {"instance": 0, "address": f"169.254.2{number}.2"},
            {"instance": 1, "address": f"169.254.2{number}.6"},
        ],
        "ipsec_policy": dict(POLICY),
        "protocol": "IKEv2",
        "mode": "Default",
        "dpd_seconds": 45,
        "pre_shared_key_from": {"vpn_connection_id": "vpn-0a", "outside_address": outside},
    }


BOTH = [one(1, "198.51.100.10"), one(2, "198.51.100.11")]
OWN = rid("connections", "hq-aws-1-1")


class Aws:
    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.connection = AWS

    def read(self, ids: list[str]) -> list[dict[str, Any]]:
        self.calls.append(ids)
        return [self.connection]


def run(
    cloud: FakeArm, *listed: dict[str, Any], aws: Aws | None = None, check_mode: bool = False, **given: Any
) -> dict[str, Any]:
    params = filled(
        module.ARGUMENTS,
        **{"location": "westeurope", "gateway_name": "hq-vng", "tags": {"a": "b"}, **given},
        connections=list(listed) or BOTH,
    )
    if params["state"] == "absent":
        return module.absent(cloud.arm(), params, check_mode)
    result = module.present(cloud.arm(), params, check_mode, (aws or Aws()).read)
    shown = json.dumps(result)
    assert not any(key in shown for key in (*KEYS.values(), *cloud.keys.values()))
    return result


@pytest.fixture
def cloud() -> FakeArm:
    cloud = FakeArm()
    azure_vpn_gateway.present(cloud.arm(pause=60), filled(azure_vpn_gateway.ARGUMENTS, **FULL), False)
    cloud.log.clear()
    cloud.bodies.clear()
    return cloud


@pytest.fixture
def made(cloud: FakeArm) -> FakeArm:
    run(cloud)
    cloud.log.clear()
    cloud.bodies.clear()
    return cloud


def test_created_with_key_and_both_slots(cloud: FakeArm) -> None:
    aws = Aws()
    result = run(cloud, aws=aws)
    assert aws.calls == [["vpn-0a"]], "AWS is asked once for all"
    assert [path for _method, path in cloud.writes()] == [OWN, rid("connections", "hq-aws-1-2")]
    body = next(body for method, _path, body in cloud.bodies if method == "PUT")
    gateway = rid("virtualNetworkGateways", "hq-vng")
    assert body["properties"] == {
        "connectionType": "IPsec",
        "virtualNetworkGateway1": {"id": gateway},
        "localNetworkGateway2": {"id": rid("localNetworkGateways", "hq-aws-1-1")},
        "connectionProtocol": "IKEv2",
        "enableBgp": True,
        "connectionMode": "Default",
        "dpdTimeoutSeconds": 45,
        "ipsecPolicies": [
            {
                "ikeEncryption": "AES256",
                "ikeIntegrity": "SHA256",
                "dhGroup": "DHGroup14",
                "ipsecEncryption": "GCMAES256",
                "ipsecIntegrity": "GCMAES256",
                "pfsGroup": "PFS2048",
                "saLifeTimeSeconds": 3600,
                "saDataSizeKilobytes": 102400000,
            }
        ],
        "gatewayCustomBgpIpAddresses": [
            {"ipConfigurationId": f"{gateway}/ipConfigurations/ipconfig1", "customBgpIpAddress": "169.254.21.2"},
            {"ipConfigurationId": f"{gateway}/ipConfigurations/ipconfig2", "customBgpIpAddress": "169.254.21.6"},
        ],
        "sharedKey": KEYS["198.51.100.10"],
    }
    first = result["connections"][0]
    assert first["pre_shared_key_fingerprint"] == keys.fingerprint(KEYS["198.51.100.10"], "198.51.100.10")
    assert (first["id"], first["changed"], first["status"], first["instance"]) == (OWN, True, "Unknown", 0)
    assert cloud.keys[OWN.lower()] == KEYS["198.51.100.10"]


def test_puts_go_one_after_the_other(cloud: FakeArm) -> None:
    run(cloud)
    writes = [index for index, (method, _path) in enumerate(cloud.log) if method == "PUT"]
    between = cloud.log[writes[0] + 1 : writes[1]]
    assert any("/operations/" in path for _method, path in between)


@pytest.mark.parametrize("check_mode", [False, True])
def test_second_run_reads_only(made: FakeArm, check_mode: bool) -> None:
    result = run(made, check_mode=check_mode)
    assert not result["changed"]
    assert made.calls() == {"GET": 5}, "the gateway, each connection, each key"
    assert result["connections"][0]["pre_shared_key_fingerprint"]


def test_slots_follow_the_address_not_the_position(made: FakeArm) -> None:
    gateway = made[rid("virtualNetworkGateways", "hq-vng")]
    gateway["properties"]["ipConfigurations"].reverse()
    gateway["properties"]["bgpSettings"]["bgpPeeringAddresses"].reverse()
    assert not run(made)["changed"]


def test_prediction(cloud: FakeArm) -> None:
    planned = run(cloud, check_mode=True)
    assert cloud.writes() == []
    built = run(cloud)
    assert planned["diff"] == built["diff"]
    for mine, theirs in zip(planned["connections"], built["connections"], strict=True):
        assert mine["id"] == f"planned:{theirs['name']}"
        assert {**mine, "id": 0, "provisioning_state": 0} == {**theirs, "id": 0, "provisioning_state": 0}


def test_check_mode_on_an_empty_cloud() -> None:
    listed = {**BOTH[0], "pre_shared_key_from": {"vpn_connection_id": "planned:hq-1", "outside_address": "planned:1"}}
    cloud, aws = FakeArm(), Aws()
    result = run(cloud, listed, aws=aws, check_mode=True)
    assert result["changed"]
    assert aws.calls == []
    assert result["connections"][0]["pre_shared_key_fingerprint"] is None
    with pytest.raises(AzureError, match="placeholder"):
        run(cloud, listed)
    with pytest.raises(AzureError, match="no such gateway"):
        run(cloud)


@pytest.mark.parametrize("check_mode", [False, True])
def test_key_changed_in_its_own_request(made: FakeArm, check_mode: bool) -> None:
    made.keys[OWN.lower()] = "another_key"
    result = run(made, check_mode=check_mode)
    assert result["changed"]
    assert [one["changed"] for one in result["connections"]] == [True, False]
    assert made.writes() == ([] if check_mode else [("PUT", f"{OWN}/sharedkey")])
    shown = result["diff"]["after"]
    assert shown == {"hq-aws-1-1": {"pre_shared_key": keys.fingerprint(KEYS["198.51.100.10"], "198.51.100.10")}}
    if not check_mode:
        assert made.keys[OWN.lower()] == KEYS["198.51.100.10"]


def test_a_key_that_does_not_stick_is_an_error(made: FakeArm) -> None:
    made.keys[OWN.lower()] = "another_key"
    made.ignores_keys = True
    with pytest.raises(AzureError, match="read back") as failure:
        run(made)
    assert "key.one" not in str(failure.value)
    assert "another_key" not in str(failure.value)


def test_a_key_that_azure_quotes_is_blotted_out(made: FakeArm) -> None:
    made.keys[OWN.lower()] = "another_key"
    said = f"'{KEYS['198.51.100.10']}' is bad, '{made.keys[OWN.lower()]}' was better"
    made.fault("PUT", "sharedkey", error(400, "InvalidKey", said))
    with pytest.raises(AzureError) as failure:
        run(made)
    assert "'(key)' is bad, '(key)' was better" in str(failure.value)


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"dpd_seconds": 30}, "dpd_seconds"),
    ({"mode": "ResponderOnly"}, "mode"),
    ({"enable_bgp": False}, "enable_bgp"),
    ({"ipsec_policy": {**POLICY, "pfs_group": "PFS24"}}, "ipsec_policy"),
    ({"custom_bgp_addresses": []}, "custom_bgp_addresses"),
]


@pytest.mark.parametrize(("change", "key"), CHANGES)
@pytest.mark.parametrize("check_mode", [False, True])
def test_changes(made: FakeArm, change: dict[str, Any], key: str, check_mode: bool) -> None:
    made[OWN]["properties"]["routingWeight"] = 7
    made[OWN]["tags"]["theirs"] = "x"
    result = run(made, {**BOTH[0], **change}, check_mode=check_mode)
    assert list(result["diff"]["after"]["hq-aws-1-1"]) == [key]
    assert made.writes() == ([] if check_mode else [("PUT", OWN)])
    if not check_mode:
        body = next(body for method, _path, body in made.bodies if method == "PUT")
        assert body["properties"]["routingWeight"] == 7
        assert body["tags"]["theirs"] == "x"
        assert body["properties"]["sharedKey"] == KEYS["198.51.100.10"]
        assert "connectionStatus" not in body["properties"]
        assert not run(made, {**BOTH[0], **change})["changed"]


def connected(made: FakeArm, *names: str) -> FakeArm:
    for name in names:
        made[rid("connections", name)]["properties"]["connectionStatus"] = "Connected"
    return made


SLOW = [{**each, "dpd_seconds": 30} for each in BOTH]


@pytest.mark.parametrize(
    ("up", "listed"),
    [
        (("hq-aws-1-1", "hq-aws-1-2"), SLOW),
        (("hq-aws-1-1",), SLOW),
        (("hq-aws-1-1",), SLOW[:1]),
    ],
    ids=["both are up", "the other is down", "there is no other"],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_nothing_takes_the_last_tunnel_down(
    made: FakeArm, up: tuple[str, ...], listed: list[dict[str, Any]], check_mode: bool
) -> None:
    connected(made, *up)
    with pytest.raises(AzureError, match=r"dpd_seconds of .* change_tunnels\.yml .* consent: \[interrupt\]"):
        run(made, *listed, check_mode=check_mode)
    assert made.writes() == []
    assert run(made, *listed, consent=["interrupt"])["changed"]


@pytest.mark.parametrize(
    ("up", "listed", "tags"),
    [
        (("hq-aws-1-1", "hq-aws-1-2"), [SLOW[0], BOTH[1]], {"a": "b"}),
        ((), SLOW, {"a": "b"}),
        (("hq-aws-1-1", "hq-aws-1-2"), BOTH, {"a": "c"}),
    ],
    ids=["another stays up", "both are down", "tags only"],
)
def test_what_takes_no_traffic_away_needs_no_consent(
    made: FakeArm, up: tuple[str, ...], listed: list[dict[str, Any]], tags: dict[str, str]
) -> None:
    connected(made, *up)
    assert run(made, *listed, tags=tags)["changed"]


def test_an_error_tells_what_was_made_before_it(cloud: FakeArm) -> None:
    cloud.fault("PUT", "connections/hq-aws-1-2", error(403, "AuthorizationFailed"))
    with pytest.raises(AzureError) as failure:
        run(cloud)
    done = failure.value.done
    assert [(each["name"], each["changed"]) for each in done["connections"]] == [("hq-aws-1-1", True)]
    assert list(done["diff"]["after"]) == ["hq-aws-1-1"]


def test_the_same_group_under_another_name(made: FakeArm) -> None:
    made[OWN]["properties"]["ipsecPolicies"][0]["dhGroup"] = "DHGroup2048"
    assert not run(made)["changed"]


def test_unset_options_leave_alone(made: FakeArm) -> None:
    assert not run(made, {"name": "hq-aws-1-1"}, tags=None)["changed"]


def test_without_a_key_option_the_key_is_sent_back(made: FakeArm) -> None:
    run(made, {"name": "hq-aws-1-1", "dpd_seconds": 30})
    body = next(body for method, _path, body in made.bodies if method == "PUT")
    assert body["properties"]["sharedKey"] == KEYS["198.51.100.10"]


@pytest.mark.parametrize("change", [{"protocol": "IKEv1"}, {"local_gateway": "other"}])
def test_what_cannot_change_wants_consent(made: FakeArm, change: dict[str, Any]) -> None:
    with pytest.raises(
        AzureError, match=r"Consent with consent: \[recreate\] \(variable s2s_vpn_consent of the playbooks"
    ):
        run(made, {**BOTH[0], **change})
    run(made, {**BOTH[0], **change}, consent=["recreate"])
    assert made.writes() == [("DELETE", OWN), ("PUT", OWN)]
    assert made.keys[OWN.lower()] == KEYS["198.51.100.10"]
    assert not run(made, {**BOTH[0], **change})["changed"]


def keyless(**given: Any) -> dict[str, Any]:
    """The first connection, of a user who gives only this."""
    return {"name": "hq-aws-1-1", **given}


THEIRS: dict[str, Any] = {
    "routingWeight": 7,
    "usePolicyBasedTrafficSelectors": True,
    "trafficSelectorPolicies": [{"localAddressRanges": ["10.1.0.0/16"], "remoteAddressRanges": ["10.2.0.0/16"]}],
    "ingressNatRules": [{"id": rid("virtualNetworkGateways", "hq-vng") + "/natRules/in"}],
    "egressNatRules": [{"id": rid("virtualNetworkGateways", "hq-vng") + "/natRules/out"}],
}
NAT = {"ingressNatRules", "egressNatRules"}
SLOTS = "gatewayCustomBgpIpAddresses"

#: (what is asked for, the option of it in the diff, before, after)
REBUILDS: list[tuple[dict[str, Any], str, Any, Any]] = [
    ({"protocol": "IKEv1"}, "protocol", "IKEv2", "IKEv1"),
    ({"local_gateway": "other"}, "local_gateway", "hq-aws-1-1", "other"),
]


@pytest.mark.parametrize(("change", "option", "before", "after"), REBUILDS)
@pytest.mark.parametrize("check_mode", [False, True])
def test_what_nobody_asks_to_change_survives_a_rebuild(
    made: FakeArm, change: dict[str, Any], option: str, before: Any, after: Any, check_mode: bool
) -> None:
    made.keys[OWN.lower()] = "key_of.theirs"
    made[OWN]["properties"] |= THEIRS
    made[OWN]["tags"]["theirs"] = "x"
    old = made[OWN]["properties"]
    given: dict[str, Any] = {"consent": ["recreate"], "tags": None, "location": None}
    result = run(made, keyless(**change), check_mode=check_mode, **given)
    assert result["changed"]
    assert result["diff"] == {"before": {"hq-aws-1-1": {option: before}}, "after": {"hq-aws-1-1": {option: after}}}
    assert result["connections"][0][option] == after
    assert result["connections"][0]["pre_shared_key_fingerprint"] is None, "nobody asked for a key"
    if check_mode:
        assert made.writes() == []
        return
    assert made.writes() == [("DELETE", OWN), ("PUT", OWN)], "the key goes with the creation"
    assert made.keys[OWN.lower()] == "key_of.theirs"
    new = made[OWN]
    assert {name: new["properties"][name] for name in (*THEIRS, "ipsecPolicies", SLOTS)} == {
        name: old[name] for name in (*THEIRS, "ipsecPolicies", SLOTS)
    }
    assert (new["tags"], new["location"]) == ({"a": "b", "theirs": "x"}, "westeurope")
    body = next(body for method, _path, body in made.bodies if method == "PUT")
    assert not {"provisioningState", "resourceGuid", "connectionStatus"} & set(body["properties"])
    assert not run(made, keyless(**change), **given)["changed"]


@pytest.mark.parametrize("check_mode", [False, True])
def test_at_another_gateway_it_has_nothing_of_the_old_ones(made: FakeArm, check_mode: bool) -> None:
    made[OWN]["properties"] |= {**THEIRS, "virtualNetworkGateway1": {"id": rid("virtualNetworkGateways", "old-vng")}}
    result = run(made, keyless(), consent=["recreate"], check_mode=check_mode)
    told = {side: view["hq-aws-1-1"] for side, view in result["diff"].items()}
    assert (told["before"]["gateway_name"], told["after"]["gateway_name"]) == ("old-vng", "hq-vng")
    assert (len(told["before"]["custom_bgp_addresses"]), told["after"]["custom_bgp_addresses"]) == (2, [])
    assert set(told["after"]) == {"gateway_name", "custom_bgp_addresses"}
    if not check_mode:
        new = made[OWN]["properties"]
        assert new["virtualNetworkGateway1"] == {"id": rid("virtualNetworkGateways", "hq-vng")}
        assert not {*NAT, SLOTS} & set(new)
        assert (new["routingWeight"], made.keys[OWN.lower()]) == (7, KEYS["198.51.100.10"])


def test_a_connection_of_another_type_wants_a_local_gateway_before_it_is_deleted(made: FakeArm) -> None:
    made[OWN]["properties"] |= {"connectionType": "Vnet2Vnet", "virtualNetworkGateway2": {"id": "theirs"}}
    del made[OWN]["properties"]["localNetworkGateway2"]
    with pytest.raises(AzureError, match="local_gateway is not given"):
        run(made, keyless(), consent=["recreate"])
    assert made.writes() == []
    result = run(made, keyless(local_gateway="hq-aws-1-1"), consent=["recreate"])
    assert result["diff"]["before"]["hq-aws-1-1"]["type"] == "Vnet2Vnet"
    new = made[OWN]["properties"]
    assert (new["connectionType"], "virtualNetworkGateway2" in new) == ("IPsec", False)


@pytest.mark.parametrize("present", ["another_key", KEYS["198.51.100.10"]])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_rebuild_tells_of_the_key_only_if_it_changes(made: FakeArm, present: str, check_mode: bool) -> None:
    made.keys[OWN.lower()] = present
    wanted, salt = KEYS["198.51.100.10"], "198.51.100.10"
    result = run(made, {**BOTH[0], "protocol": "IKEv1"}, consent=["recreate"], check_mode=check_mode)
    told = {side: view["hq-aws-1-1"].get("pre_shared_key") for side, view in result["diff"].items()}
    differ = {"before": keys.fingerprint(present, salt), "after": keys.fingerprint(wanted, salt)}
    assert told == (differ if present != wanted else {"before": None, "after": None})
    assert made.keys[OWN.lower()] == (present if check_mode else wanted)


def test_a_key_that_may_not_be_read_stops_a_rebuild_before_the_delete(made: FakeArm) -> None:
    made.fault("GET", "sharedkey", error(403, "AuthorizationFailed"))
    with pytest.raises(AzureError, match="AuthorizationFailed"):
        run(made, keyless(protocol="IKEv1"), consent=["recreate"])
    assert made.writes() == []


def test_a_rebuild_that_azure_refuses_does_not_tell_the_key_it_carries(made: FakeArm) -> None:
    made.keys[OWN.lower()] = "key_of.theirs"
    made.fault("PUT", "hq-aws-1-1", error(400, "InvalidKey", "'key_of.theirs' is bad"))
    with pytest.raises(AzureError, match=r"'\(key\)' is bad"):
        run(made, keyless(protocol="IKEv1"), consent=["recreate"])


def test_one_that_a_kill_left_deleted_is_made_as_a_new_one(made: FakeArm) -> None:
    """Killed between the delete and the creation."""
    wanted = {**BOTH[0], "protocol": "IKEv1"}
    made.fault("PUT", "hq-aws-1-1", error(403, "AuthorizationFailed"))
    with pytest.raises(AzureError):
        run(made, wanted, consent=["recreate"])
    assert OWN.lower() not in made.resources
    assert run(made, wanted, consent=["recreate"])["changed"]
    assert made.keys[OWN.lower()] == KEYS["198.51.100.10"]
    assert not run(made, wanted)["changed"]


def test_own_key(cloud: FakeArm) -> None:
    listed = {**BOTH[0], "pre_shared_key_from": None, "pre_shared_key": "own_key.of_mine"}
    aws = Aws()
    result = run(cloud, listed, aws=aws)
    assert aws.calls == []
    assert cloud.keys[OWN.lower()] == "own_key.of_mine"
    assert result["connections"][0]["pre_shared_key_fingerprint"] == keys.fingerprint("own_key.of_mine", "hq-aws-1-1")
    with pytest.raises(AzureError, match="character that Azure refuses") as failure:
        run(cloud, {**listed, "pre_shared_key": "with-hyphen"})
    assert "with-hyphen" not in str(failure.value)


def test_own_keys_stand_in_for_those_that_aws_does_not_show(cloud: FakeArm) -> None:
    aws = Aws()
    told = [
        {name: value for name, value in one.items() if name != "PreSharedKey"}
        for one in AWS["Options"]["TunnelOptions"]
    ]
    arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hq"
    hidden = {name: value for name, value in AWS.items() if name != "CustomerGatewayConfiguration"}
    aws.connection = hidden | {"PreSharedKeyArn": arn, "Options": {**AWS["Options"], "TunnelOptions": told}}
    with pytest.raises(
        AzureError, match=r"Secrets Manager.* or give the keys of all tunnels in s2s_vpn_pre_shared_keys"
    ):
        run(cloud, aws=aws)
    given = {f"169.254.2{number}.0/30": f"own_key.of_mine_{number}" for number in (1, 2)}
    result = run(cloud, aws=aws, pre_shared_keys=given)
    assert cloud.keys[OWN.lower()] == "own_key.of_mine_1"
    assert "own_key" not in str(result)
    assert not run(cloud, aws=aws, pre_shared_keys=given)["changed"]
    # what AWS shows is taken, whatever is given
    run(cloud, pre_shared_keys=given)
    assert cloud.keys[OWN.lower()] == KEYS["198.51.100.10"]


def test_aws_without_the_key(cloud: FakeArm) -> None:
    aws = Aws()
    aws.connection = {**AWS, "State": "deleted"}
    with pytest.raises(AzureError, match="deleted"):
        run(cloud, aws=aws)
    assert cloud.writes() == []
    assert run(cloud, aws=aws, check_mode=True)["changed"]


def test_the_gateway_is_waited_for(made: FakeArm) -> None:
    made.busy(rid("virtualNetworkGateways", "hq-vng"), 300)
    assert not run(made)["changed"]
    assert made.now > 300


def test_one_that_a_killed_run_left_is_joined(made: FakeArm) -> None:
    made.busy(OWN, 90)
    assert not run(made)["changed"]
    assert made.now > 90


def test_a_failed_one_is_sent_again(made: FakeArm) -> None:
    made[OWN]["properties"]["provisioningState"] = "Failed"
    assert run(made)["diff"]["after"] == {"hq-aws-1-1": {"provisioning_state": "Succeeded"}}
    assert not run(made)["changed"]


def test_a_failed_gateway_is_named(made: FakeArm) -> None:
    made[rid("virtualNetworkGateways", "hq-vng")]["properties"]["provisioningState"] = "Failed"
    with pytest.raises(AzureError, match="azure_vpn_gateway"):
        run(made)


def test_no_second_instance(cloud: FakeArm) -> None:
    cloud[rid("virtualNetworkGateways", "hq-vng")]["properties"]["ipConfigurations"].pop()
    listed = {**BOTH[0], "custom_bgp_addresses": [{"instance": 1, "address": "169.254.22.99"}]}
    with pytest.raises(AzureError, match="no instance 1"):
        run(cloud, listed)


def test_a_dropped_put_is_sent_again(cloud: FakeArm) -> None:
    from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.azure import Dropped

    cloud.fault("PUT", "hq-aws-1-1", Dropped("reset by peer"))
    cloud.fault("PUT", "hq-aws-1-1", Response(503, {}, None))
    assert run(cloud)["changed"]
    assert not run(cloud)["changed"]


@pytest.mark.parametrize("check_mode", [False, True])
def test_absent(made: FakeArm, check_mode: bool) -> None:
    made.add("connections", "theirs")
    result = run(made, check_mode=check_mode, state="absent")
    assert result["changed"]
    assert len(made.writes()) == (0 if check_mode else 2)
    if not check_mode:
        assert not run(made, state="absent")["changed"]
    assert rid("connections", "theirs").lower() in made.resources


def test_a_connection_that_is_not_shown_yet_has_its_key(cloud: FakeArm) -> None:
    cloud.fault("GET", f"{OWN}/sharedkey", error(404, "ResourceNotFound"), times=3)
    run(cloud)
    assert cloud.keys[OWN.lower()] == KEYS["198.51.100.10"]
    assert not [path for method, path in cloud.writes() if path.endswith("/sharedkey")], "no second write of the key"
