"""Both clouds read as azure_link_info and aws_link_info read them, and examined: in this process, without Ansible."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.examination import examine
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws, azure
from ansible_collections.hybrid.s2s_vpn.plugins.modules import aws_link_info, azure_link_info

from .link import Link

Json = dict[str, Any]
SALT = "invented.salt"


class Examiner:
    def __init__(self, link: Link, env: dict[str, str]) -> None:
        self.link = link
        self._arm_params = {
            "subscription_id": env["AZURE_SUBSCRIPTION_ID"],
            "tenant": env["AZURE_TENANT"],
            "client_id": env["AZURE_CLIENT_ID"],
            "secret": env["AZURE_SECRET"],
        }
        self._arm = azure.connect(self._arm_params, pause=0.1)
        self._ec2 = aws.make_client("ec2", region=link.ec2.meta.region_name)

    def readings(self) -> tuple[Json, Json]:
        """By names, as a user gives them."""
        plan = self.link.plan
        ours = {
            "resource_group": plan["azure"]["gateway"]["resource_group"],
            "gateway_name": plan["azure"]["gateway"]["name"],
            "gateway_id": None,
            "connections": None,
            "fingerprint_salt": SALT,
        }
        theirs = {
            "vpn_gateway_name": plan["aws"]["gateway"]["vgw"]["name"],
            "gateway_id": None,
            "vpn_connection_ids": None,
            "tags": None,
            "fingerprint_salt": SALT,
            "neighbours": False,
        }
        one = azure_link_info.read(self._arm, ours, False)["reading"]
        other = aws_link_info.inform(self._ec2, theirs, False)["reading"]
        return json.loads(json.dumps(one)), json.loads(json.dumps(other))  # as Ansible hands them on

    def judged(self, readings: tuple[Json, Json], *, planned: bool) -> Json:
        """With the link's plan, or as one that this collection did not build."""
        return examine(*readings, self.link.plan if planned else None).as_dict()

    def examine(self, *, planned: bool) -> Json:
        return self.judged(self.readings(), planned=planned)
