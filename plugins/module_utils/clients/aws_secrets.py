# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of tunnels that AWS keeps in Secrets Manager (PreSharedKeyStorage), read where that is permitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import tunnels
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws


def of_module(module: Any, **where: Any) -> Callable[[Any], WithSecrets]:
    """Gives the EC2 client of an AnsibleAWSModule the module's Secrets Manager.

    :param where: arguments for the client, such as its region
    """
    return lambda ec2: WithSecrets(ec2, lambda: module.client("secretsmanager", config=aws.CONFIG, **where))


class WithSecrets:
    """An EC2 client whose VPN connections have their keys, wherever AWS keeps them.

    :param secrets: makes a client of Secrets Manager; asked only for a connection whose keys are there
    """

    def __init__(self, ec2: Any, secrets: Callable[[], Any]) -> None:
        self._ec2, self._secrets = ec2, secrets
        self.meta = ec2.meta

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._ec2, operation)

    def describe_vpn_connections(self, **request: Any) -> dict[str, Any]:
        answer = self._ec2.describe_vpn_connections(**request)
        return {**answer, "VpnConnections": [self.with_keys(one) for one in answer.get("VpnConnections") or ()]}

    def with_keys(self, connection: Mapping[str, Any]) -> Mapping[str, Any]:
        """The connection as boto3 gives it, with the keys of its secret, or why they could not be read."""
        arn = tunnels.secret_of(connection)
        if not arn:
            return connection
        try:
            answer = aws.call(self._secrets(), "get_secret_value", arn, SecretId=arn)
        except aws.AwsError as error:
            return {**connection, tunnels.UNREAD: f"secretsmanager:GetSecretValue was refused: {error.code}"}
        return tunnels.with_secret(connection, str(answer.get("SecretString") or ""))
