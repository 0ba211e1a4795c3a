"""The library is imported under its collection name, wherever the checkout lies; and stories.

A story is a class whose tests follow each other on one pair of clouds; after a failed `step` the rest fails too.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# A slow machine is no fault of what is tested, nor is chance: S2S_VPN_FUZZ (test_fuzz.py) looks for what is new.
settings.register_profile(
    "s2s_vpn",
    deadline=None,
    derandomize=not os.environ.get("S2S_VPN_FUZZ"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("s2s_vpn")

ROOT = Path(__file__).resolve().parent.parent


def _collections() -> Path:
    configured = os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep)[0]
    return Path(configured) if configured else ROOT / ".venv" / "collections"


sys.path.insert(0, str(_collections()))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "step: what the later tests of the story stand on")
    config.addinivalue_line("markers", "full: a slower story, for `make test-full`")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    story = item.getparent(pytest.Class)
    if report.failed and item.get_closest_marker("step") and not hasattr(story, "broken_by"):
        setattr(story, "broken_by", item.name)  # noqa: B010
    return report


def pytest_runtest_setup(item: pytest.Item) -> None:
    story = item.getparent(pytest.Class)
    if earlier := getattr(story, "broken_by", None):
        pytest.fail(f"the story broke at {earlier}", pytrace=False)
