from __future__ import annotations

import pytest

from tests.rehearsal.aws.cloud import Aws, empty_aws


@pytest.fixture
def aws() -> Aws:
    return empty_aws()
