"""The fixture `aws`."""

from __future__ import annotations

from tests.rehearsal.aws.cloud import _aws, aws

__all__ = ["_aws", "aws"]
