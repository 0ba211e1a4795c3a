"""CloudWatch Logs: what it refuses and moto takes."""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import LogsClientError
from moto.logs.models import LogsBackend

from rehearsal.aws import invented

RETENTIONS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Days (AWS, PutRetentionPolicy)"""


def install() -> None:
    before = getattr(LogsBackend, "_put_retention_policy_of_moto", LogsBackend.put_retention_policy)
    LogsBackend._put_retention_policy_of_moto = before

    def put_retention_policy(backend: Any, log_group_name: str, retention_in_days: Any) -> None:
        if retention_in_days not in RETENTIONS:
            refused = invented.TEXTS["retention"]
            allowed = ", ".join(map(str, RETENTIONS))
            raise LogsClientError(refused.code, refused.text.format(value=retention_in_days, allowed=allowed))
        before(backend, log_group_name, retention_in_days)

    LogsBackend.put_retention_policy = put_retention_policy
