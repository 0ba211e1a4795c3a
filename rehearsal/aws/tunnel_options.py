"""Options of a tunnel: AWS's rules, and how a request's spelling becomes an answer's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from rehearsal.aws import inside_cidr, pre_shared_key
from rehearsal.aws.refusal import bad_value, refuse

Options = dict[str, Any]
"""Options by their name in a request; lists of ``{"Value": …}`` as plain lists."""

_ENCRYPTION = ("AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16")
_INTEGRITY = ("SHA1", "SHA2-256", "SHA2-384", "SHA2-512")
_PHASE1_GROUPS = (2, *range(14, 25), 35)
_PHASE2_GROUPS = (2, 5, *range(14, 25), 35, 36, 37)

LISTS: dict[str, tuple[Any, ...]] = {
    "Phase1EncryptionAlgorithms": _ENCRYPTION,
    "Phase2EncryptionAlgorithms": _ENCRYPTION,
    "Phase1IntegrityAlgorithms": _INTEGRITY,
    "Phase2IntegrityAlgorithms": _INTEGRITY,
    "Phase1DHGroupNumbers": _PHASE1_GROUPS,
    "Phase2DHGroupNumbers": _PHASE2_GROUPS,
    "IKEVersions": ("ikev1", "ikev2"),
}
"""What may stand in each list (AWS, CreateVpnConnection)."""

WORDS: dict[str, tuple[str, ...]] = {
    "DPDTimeoutAction": ("clear", "none", "restart"),
    "StartupAction": ("add", "start"),
}


class Range(NamedTuple):
    low: int
    high: int | None
    default: int


NUMBERS: dict[str, Range] = {
    "Phase1LifetimeSeconds": Range(900, 28800, 28800),
    "Phase2LifetimeSeconds": Range(900, 3600, 3600),
    "RekeyMarginTimeSeconds": Range(60, None, 270),
    "RekeyFuzzPercentage": Range(0, 100, 100),
    "ReplayWindowSize": Range(64, 2048, 1024),
    "DPDTimeoutSeconds": Range(30, None, 30),
}

LOGS = ("LogEnabled", "LogGroupArn", "LogOutputFormat"), ("BgpLogEnabled", "BgpLogGroupArn", "BgpLogOutputFormat")
"""Of IKE and of BGP (AWS, CloudWatchLogOptionsSpecification)."""
LOG_FORMATS = ("json", "text")
_LOG_GROUP = re.compile(r"arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:log-group:[A-Za-z0-9._/#-]+(:\*)?")

_ANSWERED_AS = {
    "DPDTimeoutSeconds": "DpdTimeoutSeconds",
    "DPDTimeoutAction": "DpdTimeoutAction",
    "IKEVersions": "IkeVersions",
}
_NOT_EMULATED = ("Phase1AdditionalKeyExchanges", "Phase2AdditionalKeyExchanges")
_ADDRESSING = ("TunnelInsideCidr", "TunnelInsideIpv6Cidr", "PreSharedKey")


def read(asked: Mapping[str, Any], *, ipv6: bool = False) -> Options:
    """The options of one tunnel out of a request, each within its own range; what is not asked is not there."""
    options: Options = {}
    for name, value in asked.items():
        if name in _NOT_EMULATED:
            raise refuse("not_emulated", action=name)
        options[name] = [item.get("Value") for item in value] if name in LISTS else value
    for name, allowed in LISTS.items():
        for item in options.get(name, []):
            _one_of(name, item, allowed)
    for name, words in WORDS.items():
        if name in options:
            _one_of(name, options[name], words)
    for name, limits in NUMBERS.items():
        if name in options:
            _within(name, options[name], limits)
    _check_logs(_logs(options))
    if "PreSharedKey" in options and not pre_shared_key.allowed(options["PreSharedKey"]):
        raise refuse("key")
    if "TunnelInsideCidr" in options:
        options["TunnelInsideCidr"] = inside_cidr.check(options["TunnelInsideCidr"])
    if "TunnelInsideIpv6Cidr" in options:
        if not ipv6:
            raise refuse("ipv6_inside")
        options["TunnelInsideIpv6Cidr"] = inside_cidr.check_ipv6(options["TunnelInsideIpv6Cidr"])
    return options


def check_together(options: Options) -> None:
    """Rules between options, defaults counted (AWS, CreateVpnConnection)."""
    phase1 = options.get("Phase1LifetimeSeconds", NUMBERS["Phase1LifetimeSeconds"].default)
    phase2 = options.get("Phase2LifetimeSeconds", NUMBERS["Phase2LifetimeSeconds"].default)
    margin = options.get("RekeyMarginTimeSeconds", NUMBERS["RekeyMarginTimeSeconds"].default)
    if phase2 >= phase1:
        raise bad_value("Phase2LifetimeSeconds", phase2, f"It must be less than Phase1LifetimeSeconds ({phase1}).")
    if margin > phase2 / 2:
        raise bad_value("RekeyMarginTimeSeconds", margin, f"It must be at most half of {phase2}.")
    if options.get("StartupAction") == "start" and options.get("IKEVersions") == ["ikev1"]:
        raise refuse("ikev1_start")
    logs = _logs(options)
    for enabled, group, _format in LOGS:
        if logs.get(enabled) and not logs.get(group):
            raise refuse("log_group_missing", enabled=enabled, group=group)


def changed(stands: Options, asked: Options) -> Options:
    """What stands, with what is asked. Of the logs each member is asked by itself, see `invented`."""
    logs = {**_logs(stands), **_logs(asked)}
    return {**stands, **asked, **({"LogOptions": {"CloudWatchLogOptions": logs}} if logs else {})}


def shown(options: Options) -> dict[str, Any]:
    """The options as Describe shows them, addressing left out."""
    answer: dict[str, Any] = {"EnableTunnelLifecycleControl": False}
    for name, value in options.items():
        if name not in _ADDRESSING:
            answer[_ANSWERED_AS.get(name, name)] = [{"Value": item} for item in value] if name in LISTS else value
    return {**answer, "LogOptions": {"CloudWatchLogOptions": _logs_shown(_logs(options))}}


def _logs(options: Mapping[str, Any]) -> dict[str, Any]:
    return dict(options.get("LogOptions", {}).get("CloudWatchLogOptions", {}))


def _logs_shown(logs: Mapping[str, Any]) -> dict[str, Any]:
    answer = dict(logs)
    for enabled, _group, form in LOGS:
        answer.setdefault(enabled, False)
        if answer[enabled]:
            answer.setdefault(form, LOG_FORMATS[0])
    return answer


def _check_logs(logs: Mapping[str, Any]) -> None:
    for _enabled, group, form in LOGS:
        if form in logs:
            _one_of(form, logs[form], LOG_FORMATS)
        if group in logs and not _LOG_GROUP.fullmatch(logs[group]):
            raise bad_value(group, logs[group], "It must be the ARN of a CloudWatch log group.")


def _one_of(name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    if value not in allowed:
        raise bad_value(name, value, f"Valid values: {' | '.join(map(str, allowed))}.")


def _within(name: str, value: int, limits: Range) -> None:
    if value < limits.low or (limits.high is not None and value > limits.high):
        bound = f"between {limits.low} and {limits.high}" if limits.high else f"at least {limits.low}"
        raise bad_value(name, value, f"It must be {bound}.")
