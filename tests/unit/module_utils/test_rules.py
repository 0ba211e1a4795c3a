"""Every fault of the input, with its exact words."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import crypto
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import plan_link
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.variables import VARIABLES, misspelled

from tests.unit.module_utils.samples import INPUT, INSIDE, KEYS

P = "s2s_vpn_"
INSIDE_REMEDY = "Write a /30 of 169.254.21.0/24 or 169.254.22.0/24."
SKUS = "VpnGw1AZ, VpnGw2AZ, VpnGw3AZ, VpnGw4AZ or VpnGw5AZ"
AWS_ASN = "Write one of 64512 to 65514, 65521 to 65534 or 4200000000 up."
NAME = "letters, digits, _ . and -, the first a letter or digit, the last one of these or _"


def faults_of(changes: dict[str, Any], keys: object = None) -> list[str]:
    return [str(fault) for fault in plan_link({**INPUT, **changes}, keys).faults]


CASES: list[tuple[dict[str, Any], list[str]]] = [
    # what is there and of which type
    ({"azure_location": None}, ["azure_location: it is missing. Write the Azure location, like westeurope."]),
    ({"aws_vpc_cidr": ""}, ["aws_vpc_cidr: it is missing. Write the address range of the VPC, like 10.2.0.0/16."]),
    ({"colour": "x"}, ["colour: there is no such variable. Take it out, or see the list of variables."]),
    ({"azure_sku": "x"}, ["azure_sku: there is no such variable. Did you mean s2s_vpn_azure_gateway_sku?"]),
    ({"azure_asm": 1}, ["azure_asm: there is no such variable. Did you mean s2s_vpn_azure_asn?"]),
    (
        {"pre_shared_key": "Invented.key"},
        ["pre_shared_key: there is no such variable. Did you mean s2s_vpn_pre_shared_keys?"],
    ),
    (
        {"pre_shared_keys": KEYS},
        ["pre_shared_keys: keys do not belong in the input. Keep it a variable of the link."],
    ),
    ({"link": 7}, ["link = 7: it is a number, not text. Write it in quotes."]),
    ({"azure_asn": "many"}, ["azure_asn = many: it is not a whole number. Write digits only."]),
    ({"azure_asn": True}, ["azure_asn = True: it is true or false, not a whole number. Write digits only."]),
    ({"azure_asn": [65010]}, ["azure_asn = [65010]: it is a list, not a whole number. Write digits only."]),
    ({"dpd_seconds": 45.5}, ["dpd_seconds = 45.5: it is not a whole number. Write digits only."]),
    (
        {"azure_user_defined_route": "maybe"},
        ["azure_user_defined_route = maybe: it is neither true nor false. Write true or false."],
    ),
    ({"azure_zones": "1"}, ['azure_zones = 1: it is text, not a list. Write a YAML list: ["1"].']),
    (
        {"adopt": [{"name": "x"}]},
        ["adopt = [{'name': 'x'}]: an entry is neither text nor a number. Write a YAML list of plain values."],
    ),
    ({"tags": ["x"]}, ["tags = ['x']: it is a list, not a mapping. Write a YAML mapping of names to values."]),
    (
        {"tags": {"cost": True}},
        ["tags = {'cost': True}: the value of tag cost is true or false, not text. Write it in quotes."],
    ),
    (
        {"tags": {"a": {}}},
        ["tags = {'a': {}}: the value of tag a is a mapping, not text. Write text."],
    ),
    # words and names
    ({"routing": "ospf"}, ["routing = ospf: there is no such choice. Write bgp or static."]),
    ({"admit": "all"}, ["admit = all: there is no such choice. Write app_subnets or networks."]),
    (
        {"link": "HQ Main"},
        ["link = HQ Main: it is not 2 to 40 lower-case letters, digits and hyphens, first a letter. Write hq-main."],
    ),
    (
        {"link": "9"},
        ["link = 9: it is not 2 to 40 lower-case letters, digits and hyphens, first a letter. Write link-9."],
    ),
    (
        {"link": "sg-one"},
        ["link = sg-one: AWS refuses a security group's name that starts with sg-. Write one."],
    ),
    (
        {"azure_location": "West Europe"},
        ["azure_location = West Europe: it is not the short name of an Azure location. Write westeurope."],
    ),
    (
        {"azure_location": "???"},
        ["azure_location = ???: it is not the short name of an Azure location. Write it like westeurope."],
    ),
    ({"aws_region": "eu-central-1a"}, ["aws_region = eu-central-1a: it is an availability zone. Write eu-central-1."]),
    (
        {"aws_region": "Frankfurt"},
        ["aws_region = Frankfurt: it is not the name of an AWS region. Write it like eu-central-1."],
    ),
    (
        {"azure_vnet_name": "-net"},
        [f"azure_vnet_name = -net: it has a character that Azure refuses there. Write {NAME}."],
    ),
    (
        {"azure_gateway_name": "g" * 75},
        [f"azure_gateway_name = {'g' * 57}...: it is longer than 74 characters. Write a shorter name."],
    ),
    (
        {"azure_resource_group": "rg."},
        [
            "azure_resource_group = rg.: it has a character that Azure refuses there. "
            "Write letters, digits, _ . ( ) and -, the last not a dot."
        ],
    ),
    (
        {"aws_vgw_name": "a;b"},
        [
            "aws_vgw_name = a;b: it has a character that AWS refuses there. "
            "Write letters, digits, spaces and + - = . _ : / @."
        ],
    ),
    (
        {"azure_app_subnet_name": "gatewaysubnet"},
        ["azure_app_subnet_name = gatewaysubnet: that subnet is kept for the gateway. Write another name."],
    ),
    # tags
    ({"tags": {"s2s_vpn:id": "x"}}, ["tags = s2s_vpn:id: its prefix s2s_vpn: is ours. Write another tag, or none."]),
    (
        {"tags": {"Name": "x"}},
        ["tags = Name: it is the resource's name on AWS, which the plan gives. Write another tag, or none."],
    ),
    ({"tags": {"aws:x": "x"}}, ["tags = aws:x: AWS reserves the prefix aws:. Write another tag, or none."]),
    ({"tags": {"azureThing": "x"}}, ["tags = azureThing: Azure reserves its prefix. Write another tag, or none."]),
    ({"tags": {"a/b": "x"}}, ["tags = a/b: Azure refuses < > % & \\ ? and / in its name. Write another tag, or none."]),
    (
        {"tags": {"a": "x;y"}},
        ["tags = a: AWS takes letters, digits, spaces and + - = . _ : / @ only. Write another tag, or none."],
    ),
    ({"tags": {"a": "x" * 257}}, ["tags = a: its value is longer than 256 characters. Write another tag, or none."]),
    (
        {"tags": {"": "x"}},
        ["tags = '': its name is not 1 to 128 characters long. Write another tag, or none."],
    ),
    (
        {"tags": {"Cost": "x", "cost": "y"}},
        ["tags = cost: on Azure it is the same tag as Cost: letter case does not count there. Write one of them."],
    ),
    (
        {"tags": {f"t{number}": "x" for number in range(48)}},
        ["tags = 48 tags: both clouds take 50 tags, 3 of which are ours. Write 47 or fewer."],
    ),
    # gateway
    (
        {"azure_gateway_sku": "VpnGw1"},
        ["azure_gateway_sku = VpnGw1: Azure refuses SKUs without zones for new gateways. Write VpnGw1AZ."],
    ),
    (
        {"azure_gateway_sku": "Basic"},
        ["azure_gateway_sku = Basic: Azure refuses SKUs without zones for new gateways. Write VpnGw1AZ."],
    ),
    (
        {"azure_gateway_sku": "vpngw2az"},
        ["azure_gateway_sku = vpngw2az: it is no SKU of a VPN gateway. Did you mean VpnGw2AZ?"],
    ),
    (
        {"azure_gateway_sku": "ErGw1"},
        [f"azure_gateway_sku = ErGw1: it is no SKU of a VPN gateway. Write {SKUS}."],
    ),
    (
        {"azure_zones": ["1", "4"]},
        [
            "azure_zones = 1 and 4: it is not a list of different zones. "
            'Write ["1", "2", "3"], some of them, or [] where the location has no zones.'
        ],
    ),
    # ASN
    ({"azure_asn": 65520}, ["azure_asn = 65520: Azure reserves it. Write 65515, or a private one like 65010."]),
    (
        {"azure_asn": 0},
        ["azure_asn = 0: it is not between 1 and 4294967294. Write 65515, or a private one like 65010."],
    ),
    ({"aws_asn": 65517}, [f"aws_asn = 65517: Azure reserves it. {AWS_ASN}"]),
    (
        {"aws_asn": 64500},
        [f"aws_asn = 64500: AWS takes 64512 to 65534 and 4200000000 to 4294967294 only. {AWS_ASN}"],
    ),
    (
        {"azure_asn": 64512},
        ["aws_asn = 64512: it equals s2s_vpn_azure_asn, and the two sides must differ. Change one of them."],
    ),
    # networks
    (
        {"azure_vnet_cidr": "10.1.0.0/99"},
        ["azure_vnet_cidr = 10.1.0.0/99: it is not an IPv4 network. Write it like 10.1.0.0/16."],
    ),
    ({"azure_vnet_cidr": "10.1.0.1/16"}, ["azure_vnet_cidr = 10.1.0.1/16: it has host bits set. Write 10.1.0.0/16."]),
    (
        {"azure_vnet_cidr": "fd00::/48"},
        ["azure_vnet_cidr = fd00::/48: it is not an IPv4 network. Write it like 10.1.0.0/16."],
    ),
    (
        {"azure_vnet_cidr": "169.254.0.0/16"},
        [
            "azure_vnet_cidr = 169.254.0.0/16: it overlaps 169.254.0.0/16, which no network can use. "
            "Write a private range like 10.1.0.0/16."
        ],
    ),
    (
        {"aws_vpc_cidr": "172.16.0.0/12"},
        ["aws_vpc_cidr = 172.16.0.0/12: AWS takes /16 to /28 here. Write a range from /16 to /28."],
    ),
    (
        {"aws_vpc_cidr": "10.1.128.0/17"},
        [
            "aws_vpc_cidr = 10.1.128.0/17: it overlaps s2s_vpn_azure_vnet_cidr (10.1.0.0/16). "
            "Write ranges that do not overlap."
        ],
    ),
    (
        {"azure_vnet_cidr": "10.1.0.0/27"},
        [
            "azure_vnet_cidr = 10.1.0.0/27: it has no room for an app subnet beside a GatewaySubnet of /27. "
            "Write a /26 or larger."
        ],
    ),
    (
        {"azure_app_subnet_cidr": "10.9.1.0/24"},
        [
            "azure_app_subnet_cidr = 10.9.1.0/24: it lies outside 10.1.0.0/16. "
            "Write a range inside it, like 10.1.1.0/24."
        ],
    ),
    (
        {"azure_app_subnet_cidr": "10.1.255.0/24"},
        [
            "azure_app_subnet_cidr = 10.1.255.0/24: it overlaps GatewaySubnet 10.1.255.0/27. "
            "Write a range outside it, or set s2s_vpn_azure_gateway_subnet_cidr too."
        ],
    ),
    (
        {"azure_app_subnet_cidr": "10.1.3.0/24", "azure_gateway_subnet_cidr": "10.1.3.0/26"},
        [
            "azure_gateway_subnet_cidr = 10.1.3.0/26: it overlaps the app subnet 10.1.3.0/24. "
            "Write ranges that do not overlap."
        ],
    ),
    (
        {"azure_gateway_subnet_cidr": "10.1.254.0/28"},
        ["azure_gateway_subnet_cidr = 10.1.254.0/28: it is smaller than /27. Write a /27 or larger."],
    ),
    (
        {"azure_gateway_subnet_cidr": "10.7.0.0/27"},
        [
            "azure_gateway_subnet_cidr = 10.7.0.0/27: it lies outside 10.1.0.0/16. "
            "Write a range inside it, like 10.1.255.0/27."
        ],
    ),
    (
        {"aws_app_subnet_cidr": "10.2.1.0/29"},
        ["aws_app_subnet_cidr = 10.2.1.0/29: it is smaller than /28. Write a /28 or larger."],
    ),
    # inside CIDRs
    (
        {"inside_cidr_block": 32},
        ["inside_cidr_block = 32: there are 32 blocks of inside CIDRs. Write 0 to 31."],
    ),
    (
        {"inside_cidrs": [*INSIDE[:3], "169.254.22.4/29"]},
        ["inside_cidrs = 169.254.22.4/29: it has host bits set. Write 169.254.22.0/29."],
    ),
    (
        {"inside_cidrs": [*INSIDE[:3], "169.254.22.8/29"]},
        [f"inside_cidrs = 169.254.22.8/29: it is not a /30. {INSIDE_REMEDY}"],
    ),
    (
        {"inside_cidrs": [*INSIDE[:3], "169.254.5.0/30"]},
        [f"inside_cidrs = 169.254.5.0/30: AWS reserves it. {INSIDE_REMEDY}"],
    ),
    (
        {"inside_cidrs": [*INSIDE[:3], "169.254.169.252/30"]},
        [f"inside_cidrs = 169.254.169.252/30: AWS reserves it. {INSIDE_REMEDY}"],
    ),
    (
        {"inside_cidrs": [*INSIDE[:3], "169.254.23.0/30"]},
        [
            "inside_cidrs = 169.254.23.0/30: it lies outside Azure's APIPA range 169.254.21.0 to 169.254.22.255. "
            + INSIDE_REMEDY
        ],
    ),
    (
        {"inside_cidrs": [*INSIDE[:3], INSIDE[0]]},
        ["inside_cidrs = 169.254.21.0/30: it is there twice. Write a /30 for each tunnel."],
    ),
    (
        {"inside_cidrs": [*INSIDE[:3], "tunnel"]},
        ["inside_cidrs = tunnel: it is not an IPv4 network. Write it like 169.254.21.0/30."],
    ),
    (
        {"inside_cidrs": list(INSIDE[:3])},
        ["inside_cidrs = 3 entries: bgp routing takes 4. Write 4, or none for the default."],
    ),
    (
        {"inside_cidrs": list(INSIDE), "routing": "static"},
        ["inside_cidrs = 4 entries: static routing takes 2. Write 2, or none for the default."],
    ),
    # consent and quotas
    (
        {"consent": ["interrupt", "restart", "recreate"]},
        ["consent = restart: there is no such choice. Write some of interrupt and recreate, or []."],
    ),
    ({"consent": "recreate"}, ['consent = recreate: it is text, not a list. Write a YAML list: ["recreate"].']),
    *(
        (
            {f"aws_quota_{name}": value},
            [
                f"aws_quota_{name} = {value}: it is less than 1. "
                "Write the number that Service Quotas shows for the region."
            ],
        )
        for name in ("vgws", "customer_gateways", "vpn_connections", "vpn_connections_per_vgw", "cidrs_per_vpc")
        for value in (0, -1)
    ),
    (
        {"aws_quota_vgws": "many"},
        ["aws_quota_vgws = many: it is not a whole number. Write digits only."],
    ),
    # crypto
    (
        {"ipsec_encryption": "AES256"},
        ["ipsec_integrity = GCMAES256: it needs the same as encryption, which is AES256. Write SHA256."],
    ),
    (
        {"ipsec_integrity": "SHA256"},
        ["ipsec_integrity = SHA256: the encryption is GCMAES256, which must stand in both. Write GCMAES256."],
    ),
    (
        {"ipsec_integrity": "GCMAES128"},
        ["ipsec_integrity = GCMAES128: the encryption is GCMAES256, which must stand in both. Write GCMAES256."],
    ),
    (
        {"ipsec_encryption": "AES256", "ipsec_integrity": "SHA384"},
        ["ipsec_integrity = SHA384: Azure has SHA384 for IKE only. Write SHA256, SHA1, GCMAES256 or GCMAES128."],
    ),
    (
        {"ike_encryption": "aes256"},
        [
            "ike_encryption = aes256: neither cloud knows it. "
            "Did you mean AES256? Write AES256, AES128, GCMAES256 or GCMAES128."
        ],
    ),
    (
        {"ike_lifetime_seconds": 28801},
        ["ike_lifetime_seconds = 28801: it is not between 900 and 28800 seconds, the limits of AWS. Write 28800."],
    ),
    (
        {"ipsec_lifetime_seconds": 899},
        ["ipsec_lifetime_seconds = 899: it is not between 900 and 3600 seconds, the limits of AWS. Write 3600."],
    ),
    (
        {"ipsec_lifetime_kilobytes": 1},
        [
            "ipsec_lifetime_kilobytes = 1: it is not between 1024 and 2147483647 kilobytes, the limits of Azure. "
            "Write 102400000."
        ],
    ),
    (
        {"dpd_seconds": 10},
        [
            "dpd_seconds = 10: it is not between 30 and 3600 seconds, the limits of AWS (lowest) and Azure (highest). "
            "Write 45."
        ],
    ),
    (
        {"ike_lifetime_seconds": 3600},
        [
            "ipsec_lifetime_seconds = 3600: it is not below s2s_vpn_ike_lifetime_seconds (3600), which AWS demands. "
            "Write less, or lengthen the other."
        ],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), CASES, ids=[" ".join(map(str, case))[:60] for case, _text in CASES])
def test_fault(changes: dict[str, Any], expected: list[str]) -> None:
    assert faults_of(changes) == [P + text for text in expected]


COUNTERPARTS = [(name, word) for name, words in crypto.WITHOUT_COUNTERPART.items() for word in sorted(words)]


@pytest.mark.parametrize(("variable", "word"), COUNTERPARTS)
def test_crypto_without_a_counterpart(variable: str, word: str) -> None:
    found = faults_of({variable: word})
    assert len(found) == 1
    assert found[0].startswith(f"{P}{variable} = {word}: AWS has no counterpart. Write ")


KEY_RULE = "Write 8 to 64 letters, digits, dots or underscores, the first not a 0."
FOUR = "169.254.21.0/30, 169.254.22.0/30, 169.254.21.4/30 and 169.254.22.4/30"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["Invented.key.1"], ["it is not a mapping. Write inside CIDR: key for each tunnel."]),
        ({**KEYS, INSIDE[0]: "short"}, [f"169.254.21.0/30: the key is not 8 to 64 characters long. {KEY_RULE}"]),
        (
            {**KEYS, INSIDE[0]: "0zero.first"},
            [f"169.254.21.0/30: the key starts with a 0, which AWS refuses. {KEY_RULE}"],
        ),
        (
            {**KEYS, INSIDE[0]: "hyphen-key-1"},
            [f"169.254.21.0/30: the key has a character that AWS refuses. {KEY_RULE}"],
        ),
        ({**KEYS, INSIDE[0]: 12345678}, ["the key of 169.254.21.0/30 is not text. Write it in quotes."]),
        (
            {**KEYS, "169.254.22.8/30": "Invented.key.5"},
            [f"169.254.22.8/30 is no inside CIDR of this link. Write {FOUR}."],
        ),
        (
            {INSIDE[0]: KEYS[INSIDE[0]]},
            [
                "there is no key for 169.254.22.0/30, 169.254.21.4/30 and 169.254.22.4/30. "
                "Write a key for every tunnel, or none at all: then AWS makes them."
            ],
        ),
        (
            {**KEYS, "Exchanged.key.1": INSIDE[0]},
            ["an entry's name is not an inside CIDR. Write inside CIDR: key for each tunnel."],
        ),
    ],
)
def test_fault_of_keys(given: object, expected: list[str]) -> None:
    assert faults_of({}, given) == [f"{P}pre_shared_keys: {text}" for text in expected]


def test_no_fault_shows_a_key() -> None:
    secrets = ["sh0rt", "0Zero.First.Key", "with-hyphen-key", "Swapped.Name.Key"]
    given: dict[Any, Any] = dict(zip(INSIDE, secrets, strict=False)) | {"Swapped.Name.Key": INSIDE[3]}
    for extra in ({}, {"link": "BAD", "pre_shared_kyes": secrets, "my_secret": secrets[0], "azure_vnet_cidr": "x"}):
        text = "\n".join(faults_of(extra, given))
        assert not [secret for secret in secrets if secret in text]


def test_no_keys_and_empty_keys_leave_them_to_aws() -> None:
    assert faults_of({}, None) == faults_of({}, {}) == []


def test_all_faults_come_at_once_in_the_order_of_the_variables() -> None:
    found = faults_of(
        {
            "aws_asn": 1,
            "link": "X",
            "azure_gateway_sku": "Basic",
            "azure_vnet_cidr": "x",
            "nonsense": 1,
            "aws_region": None,
        },
        {INSIDE[0]: "short"},
    )
    assert [text.partition(" ")[0].rstrip(":") for text in found] == [
        f"{P}nonsense",
        f"{P}link",
        f"{P}azure_vnet_cidr",
        f"{P}azure_gateway_sku",
        f"{P}aws_region",
        f"{P}aws_asn",
        f"{P}pre_shared_keys",
        f"{P}pre_shared_keys",
    ]


def test_one_fault_does_not_cause_others() -> None:
    assert len(faults_of({"link": None})) == 1
    assert len(faults_of({"azure_vnet_cidr": "x", "azure_app_subnet_cidr": "10.1.1.0/24"})) == 1
    assert len(faults_of({"routing": "x"}, KEYS)) == 1


def test_every_variable_is_explained() -> None:
    assert [name for name, variable in VARIABLES.items() if not variable.meaning] == []
    assert [name for name, variable in VARIABLES.items() if variable.required and not variable.example] == []


def test_a_misspelled_variable_of_the_host_is_found() -> None:
    names = ["s2s_vpn_azure_locaton", "s2s_vpn_plan", "s2s_vpn_link", "s2s_vpn_verify_timeout", "azure_locaton"]
    assert [str(fault) for fault in misspelled(names)] == [
        "s2s_vpn_azure_locaton: there is no such variable. Did you mean s2s_vpn_azure_location?"
    ]


OTHERS = (
    "plan planned preflight plan_table_file plan_diagram_file hosts tunnels connections local_gateways wait_timeout "
    "verify_timeout verify_interval report_dir confirm_destroy expected_aws_account expected_azure_subscription"
)


@pytest.mark.parametrize("name", OTHERS.split())
def test_other_variables_of_the_collection_are_not_taken_for_misspelled(name: str) -> None:
    assert misspelled([P + name]) == []
