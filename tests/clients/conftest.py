"""Stories of the two command lines, each on one pair of clouds (see tests/conftest.py)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.clouds import Clouds
from tests.integration.runs import Desk

from .shell import Shell

GATEWAY_SECONDS = 3.0


@pytest.fixture(scope="class")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clouds]:
    """Two empty clouds for one story."""
    pair = Clouds.up(tmp_path_factory.mktemp("clouds") / "rehearsal", GATEWAY_SECONDS)
    yield pair
    pair.down()
    assert not pair.directory.exists()


@pytest.fixture(scope="class")
def shell(clouds: Clouds, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A user of these clouds, signed in to both."""
    user = Shell.of(clouds.directory, tmp_path_factory.mktemp("shell"))
    user.az("config", "set", "core.instance_discovery=false", "--only-show-errors")
    sign_in(user, user.env["AZURE_CLIENT_SECRET"])
    return user


def sign_in(user: Shell, secret: str) -> list[dict[str, str]]:
    """The subscriptions."""
    who = ("--service-principal", "-u", user.env["AZURE_CLIENT_ID"], "--tenant", user.env["AZURE_TENANT_ID"])
    found: list[dict[str, str]] = user.az("login", *who, "-p", secret)
    return found


@pytest.fixture(scope="class")
def desk(clouds: Clouds, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Where our own playbooks are run."""
    return Desk(tmp_path_factory.mktemp("desk"), clouds.env, clouds)
