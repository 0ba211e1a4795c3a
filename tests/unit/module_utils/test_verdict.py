from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import Check
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.status import Status
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.verdict import judge

from tests.unit.module_utils.samples import OUTSIDE, planned

Json = dict[str, Any]


def azure_up(plan: Json) -> Json:
    """Both instances tell of every connection; one of them is connected."""
    bgp = plan["routing"] == "bgp"
    instances = range(len(plan["azure"]["gateway"]["instances"]))
    used = [one for one in plan["tunnels"] if one["expected"] == "up"]
    return {
        "cloud": "azure",
        "gateway": "/x",
        "asn": 65515,
        "tunnels": [
            {
                "name": one["resource_name"],
                "id": "/c",
                "instance": index,
                "outside_address": OUTSIDE[one["inside_cidr"]],
                "status": "up" if index == one["instance"] else "down",
                "message": "" if index == one["instance"] else "NotConnected",
            }
            for one in used
            for index in instances
        ],
        "bgp_peers": [
            {
                "peer_address": one["aws_inside_address"],
                "instance": index,
                "state": "connected" if index == one["instance"] else "connecting",
                "routes_received": 1 if index == one["instance"] else 0,
            }
            for one in used
            for index in instances
            if bgp
        ],
        "learned_routes": [
            {"prefix": "10.1.0.0/16", "origin": "Network"},
            *(
                {"prefix": "10.2.0.0/16", "source_peer": one["aws_inside_address"], "origin": "EBgp"}
                for one in used
                if bgp
            ),
        ],
    }


def aws_up(plan: Json) -> Json:
    return {
        "cloud": "aws",
        "gateway": "vgw-1",
        "tunnels": [
            {
                "name": "hq",
                "inside_cidr": one["inside_cidr"],
                "status": "up" if one["expected"] == "up" else "down",
                "message": "1 BGP ROUTES" if one["expected"] == "up" else "IPSEC IS DOWN",
                "routes": 1,
            }
            for one in plan["tunnels"]
        ],
        "learned_routes": [{"prefix": "10.1.0.0/16"}],
    }


@pytest.mark.parametrize("routing", ["bgp", "static"])
def test_a_link_that_is_up(routing: str) -> None:
    plan = planned(routing=routing)
    verdict = judge(plan, azure_up(plan), aws_up(plan))
    assert verdict.ok, verdict.text
    assert verdict.text == "Link hq is up as planned."
    assert len(verdict.checks) == (18 if routing == "bgp" else 4)
    assert judge(plan, Status.from_dict(azure_up(plan)), Status.from_dict(aws_up(plan))) == verdict


Change = Callable[[Json, Json], None]


def wrong_instance(azure: Json, aws: Json) -> None:
    for one in azure["tunnels"]:
        if one["name"] == "hq-aws-1-1":
            up = one["instance"] == 1
            one |= {"status": "up" if up else "down", "message": "" if up else "NotConnected"}


def azure_session_on_the_other_instance(azure: Json, aws: Json) -> None:
    for peer in azure["bgp_peers"]:
        if peer["peer_address"] == "169.254.21.5":
            peer["state"] = "connected" if peer["instance"] == 0 else "connecting"


def ipsec_without_bgp(azure: Json, aws: Json) -> None:
    aws["tunnels"][3] |= {"status": "down", "message": "IPSEC IS UP", "routes": 0}


def no_routes_on_aws(azure: Json, aws: Json) -> None:
    aws["tunnels"][0]["routes"] = 0


def azure_learned_nothing(azure: Json, aws: Json) -> None:
    azure["learned_routes"] = azure["learned_routes"][:1]


def azure_learned_from_somebody_else(azure: Json, aws: Json) -> None:
    azure["learned_routes"] = [{"prefix": "10.2.0.0/16", "source_peer": "192.0.2.77", "next_hop": "192.0.2.77"}]


def aws_learned_a_part(azure: Json, aws: Json) -> None:
    aws["learned_routes"] = [{"prefix": "10.1.0.0/17"}]


def a_connection_is_missing(azure: Json, aws: Json) -> None:
    azure["tunnels"] = [one for one in azure["tunnels"] if one["name"] != "hq-aws-2-2"]


def a_peer_is_missing(azure: Json, aws: Json) -> None:
    azure["bgp_peers"] = [one for one in azure["bgp_peers"] if one["peer_address"] != "169.254.22.5"]


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (wrong_instance, ["- Azure: tunnel 1-1 is down (NotConnected), expected up."]),
        (azure_session_on_the_other_instance, ["- Azure: BGP of tunnel 2-1 is connecting, expected connected."]),
        (
            ipsec_without_bgp,
            [
                "- AWS: tunnel 2-2 is down (IPSEC IS UP), expected up.",
                "- AWS: BGP of tunnel 2-2 is down, expected connected.",
            ],
        ),
        (no_routes_on_aws, ["- AWS: BGP of tunnel 1-1 is no routes accepted, expected connected."]),
        (azure_learned_nothing, ["- Azure: 10.2.0.0/16 is not learned, expected learned."]),
        (azure_learned_from_somebody_else, ["- Azure: 10.2.0.0/16 is not learned, expected learned."]),
        (aws_learned_a_part, ["- AWS: 10.1.0.0/16 is not learned, expected learned."]),
        (a_connection_is_missing, ["- Azure: tunnel 2-2 is absent, expected up."]),
        (a_peer_is_missing, ["- Azure: BGP of tunnel 2-2 is absent, expected connected."]),
    ],
)
def test_what_is_not_as_planned(change: Change, lines: list[str]) -> None:
    plan = planned()
    azure, aws = azure_up(plan), aws_up(plan)
    change(azure, aws)
    verdict = judge(plan, azure, aws)
    assert not verdict.ok
    assert verdict.text.splitlines() == [
        f"Link hq is not as planned, {len(lines)} of 18 checks fail:",
        *lines,
    ]


@pytest.mark.parametrize("tunnel", range(4))
@pytest.mark.parametrize("cloud", ["azure", "aws"])
def test_every_tunnel_counts_on_both_sides(tunnel: int, cloud: str) -> None:
    plan = planned()
    ends = {"azure": azure_up(plan), "aws": aws_up(plan)}
    name, cidr = plan["tunnels"][tunnel]["resource_name"], plan["tunnels"][tunnel]["inside_cidr"]
    for one in ends[cloud]["tunnels"]:
        if one["name"] == name or one.get("inside_cidr") == cidr:
            one["status"] = "down"
    assert not judge(plan, ends["azure"], ends["aws"]).ok


def test_a_spare_tunnel_that_is_up_is_told() -> None:
    plan = planned(routing="static")
    aws = aws_up(plan)
    aws["tunnels"][1]["status"] = "up"
    assert judge(plan, azure_up(plan), aws).text.splitlines()[1:] == ["- AWS: tunnel 1-2 is up, expected down (spare)."]


def test_without_instances_the_connection_itself_counts() -> None:
    plan = planned()
    azure = azure_up(plan)
    azure["tunnels"] = [{**one, "instance": None} for one in azure["tunnels"] if one["status"] == "up"]
    assert judge(plan, azure, aws_up(plan)).ok


@pytest.mark.parametrize("routing", ["bgp", "static"])
def test_connections_of_other_names_are_known_by_where_they_lead(routing: str) -> None:
    plan = planned(routing=routing)
    azure, aws = azure_up(plan), aws_up(plan)
    for one in azure["tunnels"]:
        one["name"] = one["name"].replace("hq-aws-", "by-hand-")
    assert "- Azure: tunnel 1-1 is absent, expected up." in judge(plan, azure, aws).text.splitlines()
    for one in aws["tunnels"]:
        one["outside_address"] = OUTSIDE[one["inside_cidr"]]
    assert judge(plan, azure, aws).ok
    azure["tunnels"][0] |= {"status": "down", "message": "NotConnected"}
    assert judge(plan, azure, aws).text.splitlines()[1:] == ["- Azure: tunnel 1-1 is down (NotConnected), expected up."]


def test_a_cloud_that_does_not_answer() -> None:
    plan = planned()
    verdict = judge(plan, None, aws_up(plan))
    assert not verdict.ok
    assert verdict.text.splitlines() == ["Link hq is not as planned, 9 of 18 checks fail:", "- Azure gave no answer."]


def test_a_plan_without_tunnels_is_not_up() -> None:
    plan = {**planned(), "tunnels": []}
    assert not judge(plan, azure_up(planned()), aws_up(planned())).ok


def test_a_check_is_one_of_the_catalogue() -> None:
    plan = planned()
    first = judge(plan, azure_up(plan), aws_up(plan)).checks[0]
    assert first == Check("tunnel", "error", "azure", "1-1", "1-1", "ok", "up", "up")
    assert first.ok


def test_status_reads_itself_back() -> None:
    plan = planned()
    for raw in (azure_up(plan), aws_up(plan)):
        status = Status.from_dict({**copy.deepcopy(raw), "unknown": 1})
        assert Status.from_dict(status.as_dict()) == status
        assert asdict(status)["cloud"] == raw["cloud"]
