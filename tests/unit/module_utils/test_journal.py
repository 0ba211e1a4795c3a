"""What stands in the journal: each call before and after, each resource once, and no key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.journal import Journal, changes_of, told

ARM = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/hq-rg/providers/Microsoft.Network"
KEY = "An.invented_key_1"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_call_has_a_line_before_it_and_one_after_it(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "hq.journal.jsonl"
    journal = Journal(path, "hq", "rotate_keys")
    with journal.call({"cloud": "aws", "call": "ReplaceVpnTunnel"}, {"dpd": 30}, {"dpd": 45}):
        (begun,) = lines(path)
    assert begun.pop("at").endswith("+00:00")
    assert begun == {
        "link": "hq", "operation": "rotate_keys", "state": "begun", "cloud": "aws", "call": "ReplaceVpnTunnel",
        "before": {"dpd": 30}, "after": {"dpd": 45},
    }  # fmt: skip
    assert [one["state"] for one in lines(path)] == ["begun", "done"]
    assert journal.calls == 1
    with pytest.raises(ValueError, match="no"), journal.call({"cloud": "azure"}):
        raise ValueError(f"no, not {KEY}")
    assert journal.calls == 1
    assert [one["state"] for one in lines(path)] == ["begun", "done", "begun", "failed"]


def test_two_runs_write_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "hq.journal.jsonl"
    first, second = Journal(path, "hq", "site.yml"), Journal(path, "hq", "reset_instance")
    first.write("done", resource="a")
    second.write("done", resource="b")
    first.write("done", resource="c")
    assert [one["resource"] for one in lines(path)] == ["a", "b", "c"]


def test_what_cannot_be_written_is_known_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"[Dd]irectory|exists"):
        Journal(tmp_path / "file" / "hq.journal.jsonl", "hq", "site.yml")


def test_no_journal_is_kept_without_a_path() -> None:
    journal = Journal("", "hq", "site.yml")
    with journal.call({"cloud": "aws"}):
        pass
    assert (journal.path, journal.calls) == ("", 1)


def test_a_key_that_an_error_repeats_is_not_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", "hq", "rotate_keys")
    journal.hide(KEY)
    journal.write("failed", error=f"Bad: {KEY}")
    assert lines(tmp_path / "j")[0]["error"] == "Bad: (key)"


def test_keys_and_fingerprints_are_a_word() -> None:
    value = {
        "pre_shared_key": KEY,
        "tunnels": [{"pre_shared_key_fingerprint": "sha256:0123456789ab", "dpd": 45}],
        "other": {"pre_shared_key": None},
    }
    assert told(value, "old key") == {
        "pre_shared_key": "old key",
        "tunnels": [{"pre_shared_key": "old key", "dpd": 45}],
        "other": {"pre_shared_key": None},
    }


def loop(*results: dict[str, Any]) -> dict[str, Any]:
    return {"changed": True, "results": [{"ansible_loop_var": "item", **one} for one in results]}


RESULTS: list[tuple[str, dict[str, Any], list[dict[str, Any]]]] = [
    ("nothing was changed", {"changed": False, "gateway": {"id": f"{ARM}/virtualNetworkGateways/hq-vng"}}, []),
    ("skipped", {"changed": False, "skipped": True}, []),
    (
        "one of Azure's",
        {
            "changed": True,
            "gateway": {"id": f"{ARM}/virtualNetworkGateways/hq-vng", "name": "hq-vng"},
            "diff": {"before": {"sku": "VpnGw1AZ"}, "after": {"sku": "VpnGw2AZ"}},
        },
        [
            {
                "resource": "hq-vng",
                "type": "virtualNetworkGateways",
                "before": {"sku": "VpnGw1AZ"},
                "after": {"sku": "VpnGw2AZ"},
            }
        ],
    ),
    (
        "a stock module of AWS's, which tells no values",
        {"changed": True, "vpc": {"owner_id": "123456789012", "id": "vpc-0a", "tags": {"Name": "hq-vpc"}}},
        [{"resource": "hq-vpc", "type": "vpc", "id": "vpc-0a", "before": {}, "after": {}}],
    ),
    (
        "resources of several types, one of which was changed",
        {
            "changed": True,
            "resources": [
                {"type": "resourceGroups", "name": "hq", "changed": False},
                {"type": "virtualNetworks", "name": "hq", "changed": True},
            ],
            "diff": {
                "before": {"virtualNetworks/hq": {"cidrs": []}},
                "after": {"virtualNetworks/hq": {"cidrs": ["10.1.0.0/16"]}},
            },
        },
        [
            {
                "resource": "hq",
                "type": "virtualNetworks",
                "before": {"cidrs": []},
                "after": {"cidrs": ["10.1.0.0/16"]},
            }
        ],
    ),
    (
        "members that changed, and one that went",
        {
            "changed": True,
            "alerts": [{"name": "a", "changed": True}, {"name": "b", "changed": False}],
            "deleted": ["c"],
            "diff": {"before": {"a": {"t": 1}, "c": {"t": 2}}, "after": {"a": {"t": 3}}},
        },
        [
            {"resource": "a", "type": "alert", "before": {"t": 1}, "after": {"t": 3}},
            {"resource": "c", "type": "alert", "before": {"t": 2}, "after": {}},
        ],
    ),
    (
        "keys",
        {
            "changed": True,
            "connections": [{"name": "hq-aws-1-1", "changed": True}],
            "diff": {
                "before": {"hq-aws-1-1": {"pre_shared_key": "sha256:0"}},
                "after": {"hq-aws-1-1": {"pre_shared_key": "sha256:1"}},
            },
        },
        [
            {
                "resource": "hq-aws-1-1",
                "type": "connection",
                "before": {"pre_shared_key": "old key"},
                "after": {"pre_shared_key": "new key"},
            }
        ],
    ),
    (
        "a loop, of which one was changed",
        loop(
            {"changed": False, "item": {"name": "hq-1"}},
            {
                "changed": True,
                "item": {"name": "hq-2", "id": "wrong"},
                "vpn_connection": {"vpn_connection_id": "vpn-0b", "tags": {"Name": "hq-2"}},
                "diff": {"before": {}, "after": {"static_routes_only": False}},
            },
        ),
        [
            {
                "resource": "hq-2",
                "type": "vpn_connection",
                "id": "vpn-0b",
                "before": {},
                "after": {"static_routes_only": False},
            }
        ],
    ),
    (
        "a teardown",
        {"changed": True, "deleted": [{"type": "vpc", "id": "vpc-0a", "name": "hq-vpc"}], "left": []},
        [{"resource": "hq-vpc", "type": "vpc", "id": "vpc-0a", "before": {"there": True}, "after": {"there": False}}],
    ),
    ("no name at all", {"changed": True}, [{"resource": "the task", "type": "the task", "before": {}, "after": {}}]),
]


@pytest.mark.parametrize(("case", "result", "expected"), RESULTS, ids=[row[0] for row in RESULTS])
def test_a_line_for_each_resource_that_was_changed(
    case: str, result: dict[str, Any], expected: list[dict[str, Any]]
) -> None:
    assert list(changes_of("the task", result)) == [{"state": "done", **one} for one in expected]


def test_a_failure_is_a_line_too() -> None:
    result = loop(
        {"changed": True, "subnet": {"id": "subnet-0a"}},
        {"changed": False, "failed": True, "msg": "No.", "_ansible_item_label": "hq-app"},
    )
    assert list(changes_of("the task", result)) == [
        {"state": "done", "resource": "subnet-0a", "type": "subnet", "id": "subnet-0a", "before": {}, "after": {}},
        {"state": "failed", "resource": "hq-app", "error": "No."},
    ]
