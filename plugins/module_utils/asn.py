# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BGP autonomous system numbers: which one may stand where."""

from __future__ import annotations

HIGHEST_ASN = 4294967294

AZURE_DEFAULT_ASN = 65515
AWS_DEFAULT_ASN = 64512

#: CreateCustomerGateway takes larger numbers in BgpAsnExtended (AWS, CreateCustomerGateway).
LARGEST_PLAIN_CUSTOMER_ASN = 2147483647

#: (AWS, CreateVpnGateway.AmazonSideAsn)
AWS_SIDE = (range(64512, 65535), range(4200000000, 4294967295))

#: Amazon's own numbers, which a customer gateway may not have in their regions (AWS, CreateCustomerGateway).
AMAZON_OWN = frozenset({7224, 9059, 10124, 17943})

#: (MS, BGP FAQ)
AZURE_OWN = frozenset({8074, 8075, 12076, 65515, 65517, 65518, 65519, 65520})
IANA_RESERVED = (range(23456, 23457), range(64496, 64512), range(65535, 65552))


def refused_as_azure_remote(asn: int) -> str | None:
    """Why Azure refuses a peer with this ASN, or None (MS, BGP FAQ)."""
    if asn in AZURE_OWN:
        return "Azure reserves it"
    if any(asn in reserved for reserved in IANA_RESERVED):
        return "IANA reserves it and Azure refuses it"
    return None


def azure_side_problem(asn: int) -> str | None:
    """Why Azure's gateway cannot have this ASN. Its default 65515 is allowed to itself only.

    AWS meets the number as its customer gateway's: 1 to 4294967294 (AWS, CreateCustomerGateway).
    """
    if not 1 <= asn <= HIGHEST_ASN:
        return f"it is not between 1 and {HIGHEST_ASN}"
    if asn in AMAZON_OWN:
        return "Amazon uses it itself"
    return None if asn == AZURE_DEFAULT_ASN else refused_as_azure_remote(asn)


def aws_side_problem(asn: int) -> str | None:
    """Why AWS's gateway cannot have this ASN: AWS's own range, less what Azure refuses in a peer."""
    if not any(asn in allowed for allowed in AWS_SIDE):
        return "AWS takes 64512 to 65534 and 4200000000 to 4294967294 only"
    return refused_as_azure_remote(asn)
