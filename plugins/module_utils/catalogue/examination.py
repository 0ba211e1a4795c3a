# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One examination of a link: the whole catalogue over both clouds' readings. Pure; nothing here asks a cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import (
    checks_advice,
    checks_aws,
    checks_azure,
    checks_networks,
    checks_tunnels,
    reading_aws,
    reading_azure,
    registry,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.case import Case
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.causes import causes_of
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import Examination, Options

Json = Mapping[str, Any]

#: Importing a module enters its checks.
PARTS = (checks_advice, checks_aws, checks_azure, checks_networks, checks_tunnels)


def examine(
    azure: Json | None, aws: Json | None, plan: Json | None = None, options: Options | Mapping[str, Any] | None = None
) -> Examination:
    """Judge a link.

    :param azure: the reading of ``azure_link_info``, None where Azure did not answer
    :param aws: the reading of ``aws_link_info``, likewise
    :param plan: the plan in its JSON form; without one, ends are paired by their addresses and drift is not judged
    :param options: members of :class:`Options`
    :returns: never raises for what a reading lacks
    """
    case = case_of(azure, aws, plan, options)
    checks = [one for unit in registry.in_order() for one in unit.checks(case)]
    return Examination(case.pairs, checks, causes_of(case))


def case_of(
    azure: Json | None, aws: Json | None, plan: Json | None = None, options: Options | Mapping[str, Any] | None = None
) -> Case:
    told = options if isinstance(options, Options) else Options(**(options or {}))
    plan = plan if isinstance(plan, Mapping) else None
    return Case(reading_azure.azure_reading(azure), reading_aws.aws_reading(aws), plan, told)
