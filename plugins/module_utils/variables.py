# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of a link: which variables there are, and reading them into values of the right type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import NoneType
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import asn, consent, cost, crypto
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import PREFIX, Fault, closest, listed, shown


@dataclass(frozen=True)
class Variable:
    """An input variable, without its prefix ``s2s_vpn_``.

    ``default`` may use ``{link}``. A variable with neither default nor ``required`` is derived from others.
    """

    kind: str
    meaning: str
    default: object = None
    required: bool = False
    example: str = ""


CRYPTO_MEANING: Mapping[str, str] = {
    "ike_encryption": "encryption of IKE (phase 1)",
    "ike_integrity": "integrity of IKE (phase 1)",
    "ike_dh_group": "Diffie-Hellman group of IKE (phase 1)",
    "ike_lifetime_seconds": "lifetime of IKE on AWS; Azure's is fixed at 28800",
    "ipsec_encryption": "encryption of IPsec (phase 2)",
    "ipsec_integrity": "integrity of IPsec (phase 2)",
    "ipsec_pfs_group": "perfect forward secrecy of IPsec (phase 2)",
    "ipsec_lifetime_seconds": "lifetime of an IPsec SA on both sides",
    "ipsec_lifetime_kilobytes": "traffic after which Azure renews an IPsec SA",
    "dpd_seconds": "silence after which a peer counts as dead, on both sides",
}

QUOTA = "aws_quota_"
#: AWS's default quotas (AWS, Site-to-Site VPN quotas and VPC quotas), and what each counts.
AWS_QUOTAS: Mapping[str, tuple[int, str]] = {
    "vpcs": (5, "VPCs in a region"),
    "vgws": (5, "virtual private gateways in a region"),
    "customer_gateways": (50, "customer gateways in a region"),
    "vpn_connections": (50, "VPN connections in a region"),
    "vpn_connections_per_vgw": (10, "VPN connections on a virtual private gateway"),
    "cidrs_per_vpc": (5, "IPv4 ranges of a VPC"),
}

VARIABLES: Mapping[str, Variable] = {
    "link": Variable("text", "name of the link, part of every resource's name", required=True, example="hq"),
    "routing": Variable("text", "bgp (four tunnels) or static (one tunnel, no failover)", "bgp"),
    "admit": Variable(
        "text", "who may reach the app subnets: the partner's app_subnets or whole networks", "app_subnets"
    ),
    "tags": Variable("tags", "tags for everything that is made", {}),
    "adopt": Variable("list", "names of existing resources to use and never to delete", []),
    "consent": Variable("list", f"changes to allow that are refused otherwise: {listed(consent.MEANINGS)}", []),
    "prices": Variable("prices", f"your own prices for the plan's estimate: {', '.join(cost.PRICES)}", {}),
    "azure_location": Variable("text", "Azure location", required=True, example="westeurope"),
    "azure_resource_group": Variable("text", "resource group", "{link}-rg"),
    "azure_vnet_name": Variable("text", "name of the VNet", "{link}-vnet"),
    "azure_vnet_cidr": Variable("text", "address range of the VNet", required=True, example="10.1.0.0/16"),
    "azure_more_cidrs": Variable("list", "further address ranges of the VNet that the link carries", []),
    "azure_app_subnet_name": Variable("text", "name of the app subnet in Azure", "app"),
    "azure_app_subnet_cidr": Variable("text", "range of the app subnet in Azure"),
    "azure_gateway_subnet_cidr": Variable("text", "range of GatewaySubnet"),
    "azure_gateway_name": Variable("text", "name of the VPN gateway", "{link}-vng"),
    "azure_gateway_sku": Variable("text", "SKU of the VPN gateway", "VpnGw2AZ"),
    "azure_zones": Variable("list", "zones of the public addresses; [] where the location has none", ["1", "2", "3"]),
    "azure_asn": Variable("integer", "ASN of Azure's gateway", asn.AZURE_DEFAULT_ASN),
    "azure_user_defined_route": Variable("flag", "a route to AWS in Azure's app route table, besides BGP's", False),
    "aws_region": Variable("text", "AWS region", required=True, example="eu-central-1"),
    "aws_vpc_name": Variable("text", "name of the VPC", "{link}-vpc"),
    "aws_vpc_cidr": Variable("text", "address range of the VPC", required=True, example="10.2.0.0/16"),
    "aws_more_cidrs": Variable("list", "further address ranges of the VPC that the link carries", []),
    "aws_app_subnet_name": Variable("text", "name of the app subnet in AWS", "{link}-app"),
    "aws_app_subnet_cidr": Variable("text", "range of the app subnet in AWS"),
    "aws_vgw_name": Variable("text", "name of the virtual private gateway", "{link}-vgw"),
    "aws_asn": Variable("integer", "ASN of AWS's gateway, fixed when it is made", asn.AWS_DEFAULT_ASN),
    "aws_lifecycle_control": Variable("flag", "whether AWS leaves maintenance of tunnel endpoints to you for a time"),
    "aws_secrets_manager": Variable("flag", "whether AWS keeps the keys in Secrets Manager", False),
    "aws_tunnel_log_days": Variable("integer", "days to keep what AWS's tunnels log; 0 for no logs", 0),
    **{
        QUOTA + name: Variable("integer", f"the AWS account's quota of {what}", quota)
        for name, (quota, what) in AWS_QUOTAS.items()
    },
    "inside_cidr_block": Variable("integer", "which of the 32 blocks of four inside CIDRs this link takes", 0),
    "inside_cidrs": Variable("list", "the inside CIDRs themselves, in place of a block"),
    **{
        name: Variable("text" if name in crypto.VOCABULARY else "integer", meaning, getattr(crypto.Crypto, name))
        for name, meaning in CRYPTO_MEANING.items()
    },
}


LINK_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")

Values = dict[str, Any]
"""Input by variable, of the right type, defaults filled in. What is faulty or derived is absent."""


class _Refused(Exception):
    """(problem, what to write) of a value of the wrong type."""


_KINDS = {
    bool: "true or false",
    int: "a number",
    float: "a number with a fraction",
    str: "text",
    list: "a list",
    tuple: "a list",
    dict: "a mapping",
    NoneType: "empty",
}


def kind_of(value: object) -> str:
    return next((words for kind, words in _KINDS.items() if isinstance(value, kind)), "of another kind")


def _text(value: object) -> str:
    if isinstance(value, str):
        return str(value).strip()
    remedy = "Write it in quotes." if isinstance(value, int | float) else "Write a single value."
    raise _Refused(f"it is {kind_of(value)}, not text", remedy)


_DIGITS = re.compile(r"-?[0-9]{1,20}", re.ASCII)


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _Refused(f"it is {kind_of(value)}, not a whole number", "Write digits only.")
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    text = whole.strip() if isinstance(whole, str) else shown(whole)
    if not _DIGITS.fullmatch(text):
        if isinstance(whole, int) or text.strip("-").isdecimal():
            raise _Refused("it has too many digits", "Write fewer.")
        raise _Refused("it is not a whole number", "Write digits only.")
    return int(text)


_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower() if value in (0, 1) else value.strip().lower() if isinstance(value, str) else ""
    if word in _FLAGS:
        return _FLAGS[word]
    raise _Refused("it is neither true nor false", "Write true or false.")


def _list(value: object) -> list[str]:
    if not isinstance(value, list | tuple):
        remedy = "Write a YAML list."
        if isinstance(value, str) and value.strip():  # as a survey gives it
            words = ", ".join(f'"{word.strip()}"' for word in shown(value).split(",") if word.strip())
            remedy = f"Write a YAML list: [{words}]."
        raise _Refused(f"it is {kind_of(value)}, not a list", remedy)
    if not all(isinstance(item, str | int) and not isinstance(item, bool) for item in value):
        raise _Refused("an entry is neither text nor a number", "Write a YAML list of plain values.")
    return [item.strip() if isinstance(item, str) else shown(item) for item in value]


def _tags(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise _Refused(f"it is {kind_of(value)}, not a mapping", "Write a YAML mapping of names to values.")
    for name, content in value.items():
        number = isinstance(content, float) or (isinstance(content, int) and abs(content) < 10**20)
        if isinstance(content, bool) or not (isinstance(content, str) or number):
            remedy = "Write it in quotes." if isinstance(content, int) else "Write text."
            raise _Refused(f"the value of tag {shown(name)} is {kind_of(content)}, not text", remedy)
    return {name if isinstance(name, str) else shown(name): str(content) for name, content in value.items()}


def _prices(value: object) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise _Refused(f"it is {kind_of(value)}, not a mapping", "Write a YAML mapping of names to prices.")
    given = {name if isinstance(name, str) else shown(name): price for name, price in value.items()}
    for name, price in given.items():
        problem = cost.price_problem(name, price)
        if problem:
            raise _Refused(shown(problem[0]), problem[1])
    missing = cost.missing_for_currency(given)
    if missing:
        raise _Refused("in another currency than USD it needs every price", f"Write {listed(missing)} too.")
    return {name: cost.number_of(price) if name in cost.PRICES else price for name, price in given.items()}


_READERS: Mapping[str, Callable[[object], object]] = {
    "text": _text,
    "integer": _integer,
    "flag": _flag,
    "list": _list,
    "tags": _tags,
    "prices": _prices,
}


def fault_of(name: str, value: object, problem: str, remedy: str) -> Fault:
    return Fault(PREFIX + name, shown(value), problem, remedy)


def _unknown(name: str) -> Fault:
    """The value is not shown: a misspelled variable may hold a key."""
    if name == "pre_shared_keys":
        return Fault(PREFIX + name, "", "keys do not belong in the input", "Keep it a variable of the link.")
    words = set(name.split("_"))
    longer = [known for known in VARIABLES if words < set(known.split("_"))]
    guess = longer[0] if len(longer) == 1 else closest(name, [*VARIABLES, "pre_shared_keys"])
    remedy = f"Did you mean {PREFIX}{guess}?" if guess else "Take it out, or see the list of variables."
    return Fault(PREFIX + shown(name), "", "there is no such variable", remedy)


def misspelled(names: Iterable[str]) -> list[Fault]:
    """Variables of a host that are almost, but not quite, one of the link's: nobody would read them."""
    faults = []
    for name in sorted(names):
        bare = name.removeprefix(PREFIX)
        if bare == name or bare in VARIABLES or bare == "pre_shared_keys":
            continue
        meant = get_close_matches(bare, [*VARIABLES, "pre_shared_keys"], n=1, cutoff=0.9)
        if meant:
            faults.append(Fault(name, "", "there is no such variable", f"Did you mean {PREFIX}{meant[0]}?"))
    return faults


def read(raw: Mapping[str, object]) -> tuple[Values, list[Fault]]:
    given: dict[str, object] = {}
    faults: list[Fault] = []
    for key, value in raw.items():
        name = key.removeprefix(PREFIX) if isinstance(key, str) else shown(key)
        if name in given:
            faults.append(Fault(PREFIX + shown(name), "", "it is there twice", "Write it with or without its prefix."))
        elif value is not None:
            given[name] = value
    faults += [_unknown(name) for name in given if name not in VARIABLES]
    values: Values = {}
    for name, variable in VARIABLES.items():
        value = given.get(name)
        if value is None or value == "":
            if variable.required:
                remedy = f"Write the {variable.meaning}, like {variable.example}."
                faults.append(Fault(PREFIX + name, "", "it is missing", remedy))
            elif variable.default is not None:
                values[name] = variable.default
            continue
        try:
            values[name] = _READERS[variable.kind](value)
        except _Refused as refused:
            faults.append(fault_of(name, value, *refused.args))
    return _named_after_link(values), faults


def _named_after_link(values: Values) -> Values:
    """Defaults with ``{link}``; without a good link they stay out, so that one fault does not cause ten."""
    link = values.get("link")
    if link is not None and not LINK_NAME.fullmatch(link):
        link = None
    named: Values = {}
    for name, value in values.items():
        if not (isinstance(value, str) and "{link}" in value and value == VARIABLES[name].default):
            named[name] = value
        elif link is not None:
            named[name] = value.format(link=link)
    return named
