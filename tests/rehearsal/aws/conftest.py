from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rehearsal.aws.cloud import Aws, empty_aws


@pytest.fixture
def aws() -> Iterator[Aws]:
    cloud = empty_aws()
    yield cloud
    cloud.assert_sound()
