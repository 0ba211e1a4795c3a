#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: azure_link_alarms
short_description: Manage Azure Monitor's alerts and logs for the gateway of a link
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Makes metric alerts for each tunnel that is planned to be up, for its BGP session at the instance on which it ends,
    and for the gateway's bandwidth. A spare tunnel has none.
  - Sends the gateway's logs to a Log Analytics workspace, if one is given.
  - One call lists what is there. With C(azure.azcollection.azure_rm_monitormetricalerts) each of nine alerts would be a
    task of three seconds.
options:
  state:
    description: Whether alerts and diagnostic setting are to exist.
    type: str
    choices: [present, absent]
    default: present
  plan:
    description: The whole plan, with its owner.
    type: dict
    required: true
  action_groups:
    description: Ids of action groups to tell when an alert fires and when it is resolved.
    type: list
    elements: str
    default: []
  log_analytics_workspace:
    description: >-
      Id of the Log Analytics workspace for the gateway's logs. Without it there is no diagnostic setting of the link's;
      one that was made before is deleted.
    type: str
  window_minutes:
    description: How long something must have been wrong.
    type: int
    choices: [5, 15, 30, 60]
    default: 5
  bandwidth_percent:
    description: Share of the SKU's bandwidth, of both instances together, above which an alert fires.
    type: int
    default: 80
  wait_timeout:
    description: Seconds to wait at most.
    type: int
    default: 600
attributes:
  check_mode:
    description: Can be run in check mode, also before the gateway exists.
    support: full
  diff_mode:
    description: Shows the alerts and the diagnostic setting that differ.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
notes:
  - An alert of the link that is no longer planned is deleted. An alert of such a name that is not the link's stops the
    module.
  - A diagnostic setting has no tags. The link's is called C(s2s_vpn-) and the owner's id, and no other is touched.
seealso:
  - module: hybrid.s2s_vpn.aws_link_alarms
  - module: hybrid.s2s_vpn.azure_link_teardown
extends_documentation_fragment:
  - hybrid.s2s_vpn.azure
"""

EXAMPLES = r"""
- name: Plan the link
  hybrid.s2s_vpn.s2s_vpn_plan:
    input:
      link: hq
      azure_location: westeurope
      azure_vnet_cidr: 10.1.0.0/16
      aws_region: eu-central-1
      aws_vpc_cidr: 10.2.0.0/16
    identity:
      aws_account: "123456789012"
      azure_subscription: 00000000-0000-0000-0000-000000000000

- name: Tell the night shift when a tunnel is down, and keep the gateway's logs
  hybrid.s2s_vpn.azure_link_alarms:
    plan: "{{ ansible_facts.s2s_vpn_plan }}"
    action_groups:
      - "{{ monitor_group }}/providers/Microsoft.Insights/actionGroups/night-shift"
    log_analytics_workspace: "{{ monitor_group }}/providers/Microsoft.OperationalInsights/workspaces/network"
  vars:
    monitor_group: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/monitor
"""

RETURN = r"""
alerts:
  description: The alerts of the link.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    id:
      description: Its id.
      type: str
    changed:
      description: Whether this one was changed.
      type: bool
diagnostic_setting:
  description: Name of the link's diagnostic setting, none without a workspace.
  returned: success
  type: str
deleted:
  description: Names of alerts and settings that were deleted, or would be.
  returned: success
  type: list
  elements: str
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import alarms, options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure

Json = dict[str, Any]

PROVIDER = "Microsoft.Insights"

ARGUMENTS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "plan": {"type": "dict", "required": True},
    "action_groups": {"type": "list", "elements": "str", "default": []},
    "log_analytics_workspace": {"type": "str"},
    "window_minutes": {"type": "int", "choices": list(alarms.WINDOWS), "default": 5},
    "bandwidth_percent": {"type": "int", "default": 80},
    "wait_timeout": {"type": "int", "default": 600},
}


def ensure(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> Json:
    plan = params["plan"]
    place, present = plan["azure"]["gateway"], params["state"] == "present"
    gateway = arm.id(place["resource_group"], words.GATEWAYS, place["name"])
    wanted = alerts(plan, gateway, params) if present else {}
    listed, setting = azure.together(
        [
            lambda: arm.listing(
                f"{arm.group_id(place['resource_group'])}/providers/{PROVIDER}/metricAlerts", alarms.ALERTS_API
            ),
            lambda: arm.get(setting_id(gateway, plan), alarms.DIAGNOSTICS_API),
        ]
    )
    seen = {one["name"]: one for one in listed or []}
    mine = {name for name, one in seen.items() if words.carries(one, {words.OWNER_TAG: plan["owner"]["id"]})}
    foreign = sorted(set(wanted) & set(seen) - mine)
    if foreign:
        raise azure.AzureError(
            f"making the alerts of link {plan['link']}", "", f"{', '.join(foreign)} exists and is not the link's",
            "Delete or rename it.",
        )  # fmt: skip
    changed = [name for name, body in wanted.items() if alarms.differs(body, seen.get(name))]
    deleted = sorted(mine - set(wanted))
    workspace = params["log_analytics_workspace"] if present else None
    body = alarms.diagnostic_setting(workspace) if workspace else None
    logs_change = body is not None and alarms.setting_differs(body, setting)
    logs_go = body is None and setting is not None
    logs = alarms.setting_name(plan["owner"]["id"])

    def put_alert(name: str) -> None:
        tags = {**(seen.get(name, {}).get("tags") or {}), **plan["tags"]}
        arm.wait(arm.put(alert_id(arm, place, name), {**wanted[name], "tags": tags}, alarms.ALERTS_API))

    steps: dict[str, Callable[[], None]] = {
        **{name: partial(put_alert, name) for name in changed},
        **{name: partial(remove, arm, alert_id(arm, place, name), alarms.ALERTS_API) for name in deleted},
    }
    if logs_change:
        steps[logs] = lambda: arm.wait(arm.put(setting_id(gateway, plan), body or {}, alarms.DIAGNOSTICS_API))
    if logs_go:
        steps[logs] = partial(remove, arm, setting_id(gateway, plan), alarms.DIAGNOSTICS_API)

    def result(done: Collection[str]) -> Json:
        """Of those that are as they should be, and those that are done."""
        return {
            "changed": bool(done),
            "alerts": [
                {"name": name, "id": alert_id(arm, place, name), "changed": name in done}
                for name in wanted
                if name in done or name not in changed
            ],
            "diagnostic_setting": logs if body and (logs in done or not logs_change) else None,
            "deleted": [name for name in (*deleted, *([logs] if logs_go else [])) if name in done],
            "diff": {
                "before": {name: shown(setting if name == logs else seen.get(name)) for name in done},
                "after": {name: shown(body if name == logs else wanted.get(name)) for name in done},
            },
        }

    if not check_mode:
        if wanted and arm.get(gateway) is None:
            raise azure.AzureError(
                f"making the alerts of link {plan['link']}", "", f"the gateway {place['name']} does not exist",
                "Build the link first (site.yml).",
            )  # fmt: skip
        done: list[str] = []
        try:
            for name, step in steps.items():
                step()
                done.append(name)
        except azure.AzureError as error:
            error.done = result(done)
            raise
    return result(list(steps))


def alerts(plan: Mapping[str, Any], gateway: str, params: Mapping[str, Any]) -> dict[str, Json]:
    found = alarms.azure_alerts(
        plan, gateway, params["action_groups"], params["window_minutes"], params["bandwidth_percent"]
    )
    return {name: {**body, "tags": plan["tags"]} for name, body in found.items()}


def alert_id(arm: azure.Arm, place: Mapping[str, Any], name: str) -> str:
    return words.resource_id(arm.subscription_id, place["resource_group"], "metricAlerts", name, PROVIDER)


def setting_id(gateway: str, plan: Mapping[str, Any]) -> str:
    return f"{gateway}/providers/{PROVIDER}/diagnosticSettings/{alarms.setting_name(plan['owner']['id'])}"


def remove(arm: azure.Arm, resource: str, api: str) -> None:
    operation = arm.delete(resource, api)
    if operation is not None:
        arm.wait(operation)


def shown(resource: Mapping[str, Any] | None) -> Json:
    """What a diff shows of an alert or a setting."""
    return {} if resource is None else {name: resource[name] for name in ("tags", "properties") if name in resource}


def main() -> None:
    module = azure.make_module(ARGUMENTS)
    if refused := options.refusal(alarms.azure_faults(module.params)):
        module.fail_json(**refused)
    azure.run(module, ensure)


if __name__ == "__main__":
    main()
