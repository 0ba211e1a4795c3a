# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What will bite later: quotas, SKUs that end, weak crypto, maintenance, and the size of packets."""

from __future__ import annotations

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import crypto, ec2
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import reading
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.case import Case
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import ADVICE, AWS, AZURE, BOTH, WARNING
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.registry import (
    Finding,
    Findings,
    check,
    unread,
    words,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.rules import OLD_SKUS
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.variables import AWS_QUOTAS

#: What fits into a tunnel through the internet: bytes of a packet, and of TCP in it (MS, about VPN devices).
MTU, MSS = 1400, 1350
IP_AND_TCP = 40  # bytes of headers
#: Tunnels that a gateway takes; a connection of an active-active one counts once (EXP).
AZURE_MOST = {"VpnGw1": 30, "VpnGw2": 30, "VpnGw3": 30, "VpnGw4": 100, "VpnGw5": 100, "Basic": 10}


@check("advice.mss", ADVICE, BOTH)
def mss(case: Case) -> Findings:
    """Packets of 1400 bytes pass whole, and hosts are told to send none larger: neither gateway has a setting for it.

    Source: MS, about VPN devices: MTU 1400, MSS 1350; AWS, customer gateway best practices: MTU; a probe measures it
    """
    expected = f"packets of {MTU} bytes pass whole"
    for way, size in case.options.path_mtus:
        remedy = _told_to_hosts(size)
        yield Finding(way, size >= MTU, expected, f"packets of up to {size} bytes pass whole", remedy)
    if not case.options.path_mtus:
        yield unread("hosts of both sides", expected, "no probe has measured it", remedy=_told_to_hosts(MTU))


def _told_to_hosts(size: int) -> str:
    return (
        f"Set MTU {size} on the hosts of both sides, or clamp TCP's MSS at {min(MSS, size - IP_AND_TCP)}: IPsec adds"
        " 50 to 90 bytes to a packet, 1500 is the most that the way takes, and neither gateway has a setting for it."
    )


@check("advice.sku", WARNING, AZURE)
def sku(case: Case) -> Findings:
    """The gateway's SKU is not one that Azure is withdrawing.

    Source: MS, NonAzSkusNotAllowedForVPNGateway and gateway SKU consolidation
    """
    gateway = case.in_azure.gateway
    if gateway is not None and gateway.sku:
        old = gateway.sku in OLD_SKUS
        better = f"{gateway.sku}AZ" if gateway.sku.startswith("VpnGw") else "VpnGw1AZ"
        found = f"{gateway.sku}, which Azure withdraws" if old else gateway.sku
        yield Finding(gateway.name, not old, "a SKU with zones", found, f"Migrate the gateway to {better}.")


@check("advice.public_address", WARNING, AZURE, needs=("azure.public_addresses",))
def public_address(case: Case) -> Findings:
    """The gateway's public addresses are Standard ones: Basic ones were retired.

    Source: MS, retirement of Basic public IP addresses, 30 September 2025
    """
    for one in case.in_azure.public_addresses:
        if one.sku:
            remedy = "Migrate the gateway to a Standard address (portal, Migrate)."
            yield Finding(one.name, one.sku.lower() != "basic", "Standard", one.sku, remedy)


@check("advice.quota_aws", ADVICE, AWS)
def quota_aws(case: Case) -> Findings:
    """There is room for one more in AWS's quotas.

    Source: AWS, Site-to-Site VPN quotas; s2s_vpn_aws_quota_...
    """
    told = {**dict(case.options.quotas), **_planned_quotas(case)}
    counts = dict(case.in_aws.counts)
    if case.in_aws.kind == "vgw" and case.in_aws.gateway is not None:
        counts["vpn_connections_per_vgw"] = len(case.in_aws.connections)
    for name, (default, what) in AWS_QUOTAS.items():
        if name in counts:
            most = told.get(name, default)
            remedy = f"Ask Service Quotas for more {what}" + (
                f", and write it in s2s_vpn_aws_quota_{name}." if case.plan is not None else "."
            )
            yield Finding(what, counts[name] < most, f"less than {most}", str(counts[name]), remedy)


def _planned_quotas(case: Case) -> dict[str, int]:
    found = {name: reading.number(case.plan, "aws", "quotas", name) for name in AWS_QUOTAS}
    return {name: value for name, value in found.items() if value is not None}


@check("advice.quota_azure", ADVICE, AZURE, needs=("azure.connections",))
def quota_azure(case: Case) -> Findings:
    """There is room for one more connection on Azure's gateway.

    Source: EXP: 30 tunnels up to VpnGw3, 100 above
    """
    gateway = case.in_azure.gateway
    most = AZURE_MOST.get(gateway.sku.removesuffix("AZ")) if gateway else None
    if gateway is not None and most is not None:
        count = len(case.in_azure.connections)
        yield Finding(gateway.name, count < most, f"less than {most} connections", str(count), "Take a larger SKU.")


@check("advice.dpd", WARNING, BOTH)
def dpd(case: Case) -> Findings:
    """AWS starts IKE again after a silence, or leaves it to Azure: it does not take the tunnel away for good.

    Source: AWS, DPDTimeoutAction: clear stops IKE and takes the routes away
    """
    for one in case.met:
        action = one.aws.options.get("dpd_timeout_action", "clear")
        starts = one.aws.options.get("startup_action", "add") == "start"
        bad = action == "none" or (action == "clear" and (starts or one.connection.mode.lower() == "responderonly"))
        with_what = "change_tunnels.yml" if case.plan is not None else "aws ec2 modify-vpn-tunnel-options"
        remedy = f"Set DPDTimeoutAction restart: {with_what}."
        yield Finding(one.ends.group or one.name, not bad, "restart", str(action), remedy, one.name)


@check("advice.crypto", WARNING, AZURE, needs=("azure.connections",))
def weak(case: Case) -> Findings:
    """No connection has crypto that is no longer thought safe.

    Source: MS, cryptographic requirements: SHA1 and group 2 are there for old devices
    """
    for one in case.used:
        if one.connection is None:
            continue
        policy = one.connection.policy
        names = (
            [policy.ike_encryption, policy.ike_integrity, policy.dh_group, policy.ipsec_encryption,
             policy.ipsec_integrity, policy.pfs_group] if policy else []
        )  # fmt: skip
        old = [name for name in names if name in crypto.WEAK | {"MD5", "DES", "DES3", "DHGroup1", "PFS1", "None"}]
        found = "Azure's default, with group 2" if policy is None else words(old) if old else "none"
        yield Finding(
            one.connection.name, found == "none", "none", found, "Give the connection a policy of its own.", one.name
        )


@check("advice.maintenance", ADVICE, AWS)
def maintenance(case: Case) -> Findings:
    """AWS has no maintenance of a tunnel's endpoint waiting.

    Source: AWS, GetVpnTunnelReplacementStatus; user guide, check for available updates
    """
    for one in case.ends:
        about = case.in_aws.maintenance.get(one.aws.outside_address if one.aws else "")
        if about is None:
            continue
        due = ec2.maintenance_due(about)
        if due is None:
            why = f"AWS calls it {reading.text(about, 'PendingMaintenance')}"
            yield unread(one.group or one.name, "none", why, one.name, "See the tunnel's details in AWS's console.")
            continue
        after = reading.text(about, "MaintenanceAutoAppliedAfter")
        found = (f"pending, by itself after {after}" if after else "pending") if due else "none"
        remedy = "aws ec2 replace-vpn-tunnel --apply-pending-maintenance, at a time of your own."
        yield Finding(one.group or one.name, not due, "none", found, remedy, one.name)


@check("advice.lifecycle", ADVICE, AWS, planned=True)
def lifecycle(case: Case) -> Findings:
    """A link of one tunnel says itself when its endpoint is exchanged.

    Source: AWS, tunnel endpoint lifecycle control
    """
    for one in case.used:
        if not case.bgp and one.aws is not None:
            on = bool(one.aws.options.get("lifecycle_control", False))
            yield Finding(
                one.group,
                on,
                "on",
                "on" if on else "off",
                "Set s2s_vpn_aws_lifecycle_control and run change_tunnels.yml.",
                one.name,
            )
