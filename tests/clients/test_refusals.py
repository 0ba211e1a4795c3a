"""What the clouds refuse looks like a refusal to both command lines, and leaves nothing behind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.clouds import Clouds, wait_for

from .conftest import sign_in
from .shell import PATIENCE, Shell

GROUP = ("-g", "rg")
NOBODY = "0123456789abcdef0"
POLICY = (
    "--ike-encryption AES256 --ike-integrity SHA256 --dh-group DHGroup14 --pfs-group PFS2048 "
    "--ipsec-encryption GCMAES256 --ipsec-integrity SHA256 --sa-lifetime 3600 --sa-max-size 102400000"
)


@dataclass(frozen=True)
class Refusal:
    """`command` without the tool's own name, `{vgw}` and its like filled in; `says` what only this refusal says."""

    cause: str
    command: str
    code: str
    says: str = ""


AZURE = [
    Refusal(
        "SKU without zones",
        "vnet-gateway create -n other --vnet vnet2 --public-ip-addresses spare --sku VpnGw2",
        "NonAzSkusNotAllowedForVPNGateway",
        "VpnGw2",
    ),
    Refusal(
        "second gateway in the network",
        "vnet-gateway create -n other --vnet vnet --public-ip-addresses spare --sku VpnGw1AZ",
        "VirtualNetworkAlreadyHasVpnGateway",
        "vng",
    ),
    Refusal(
        "APIPA out of range",
        "vnet-gateway update -n vng --set bgpSettings.bgpPeeringAddresses[0].customBgpIpAddresses=['169.254.30.2']",
        "InvalidCustomBgpIpAddress",
        "169.254.30.2",
    ),
    Refusal(
        "smaller SKU of another family",
        "vnet-gateway update -n vng --sku VpnGw1",
        "VirtualNetworkGatewaySkuChangeNotAllowed",
        "VpnGw1",
    ),
    Refusal("gateway with connections", "vnet-gateway delete -n vng", "VirtualNetworkGatewayCannotBeDeleted", "cn"),
    Refusal("local gateway in use", "local-gateway delete -n lng", "LocalNetworkGatewayCannotBeDeleted", "cn"),
    Refusal("address in use", "public-ip delete -n pip", "PublicIPAddressCannotBeDeleted", "vng"),
    Refusal(
        "subnet in use",
        "vnet subnet delete --vnet-name vnet -n GatewaySubnet",
        "InUseSubnetCannotBeDeleted",
        "GatewaySubnet",
    ),
    Refusal(
        "overlapping subnets",
        "vnet subnet create --vnet-name vnet -n twice --address-prefixes 10.1.255.0/28",
        "NetcfgSubnetRangesOverlap",
        "twice",
    ),
    Refusal(
        "reserved ASN",
        "local-gateway create -n other --gateway-ip-address 203.0.113.7 --asn 65515 --bgp-peering-address 169.254.21.9",
        "InvalidLocalNetworkGatewayAsn",
        "65515",
    ),
    Refusal(
        "a connection that leads nowhere",
        "vpn-connection create -n other --vnet-gateway1 vng --local-gateway2 nobody --shared-key invented_key",
        "InvalidResourceReference",
        "localNetworkGateways/nobody",
    ),
    Refusal(
        "half of a GCM policy",
        f"vpn-connection ipsec-policy add --connection-name cn {POLICY}",
        "InvalidIpsecPolicy",
    ),
    Refusal(
        "a key with a space",
        "vpn-connection shared-key update --connection-name cn --value two\u00a0words",
        "InvalidSharedKey",
    ),
    Refusal("unknown gateway", "vnet-gateway show -n nobody", "ResourceNotFound", "nobody"),
]
AWS = [
    Refusal(
        "inside CIDR in use on the gateway",
        "create-vpn-connection --type ipsec.1 --customer-gateway-id {cgw2} --vpn-gateway-id {vgw} --options "
        '{{"TunnelOptions":[{{"TunnelInsideCidr":"169.254.21.0/30"}}]}}',
        "InvalidParameterValue",
        "169.254.21.0/30",
    ),
    Refusal(
        "inside CIDR that AWS keeps",
        "create-vpn-connection --type ipsec.1 --customer-gateway-id {cgw2} --vpn-gateway-id {vgw} --options "
        '{{"TunnelOptions":[{{"TunnelInsideCidr":"169.254.0.0/30"}}]}}',
        "InvalidParameterValue",
        "169.254.0.0/30",
    ),
    Refusal(
        "key that begins with 0",
        "create-vpn-connection --type ipsec.1 --customer-gateway-id {cgw2} --vpn-gateway-id {vgw} --options "
        '{{"TunnelOptions":[{{"PreSharedKey":"0invented_key"}}]}}',
        "InvalidParameterValue",
        "PreSharedKey",
    ),
    Refusal(
        "unknown customer gateway",
        f"create-vpn-connection --type ipsec.1 --customer-gateway-id cgw-{NOBODY} --vpn-gateway-id {{vgw}}",
        "InvalidCustomerGatewayID.NotFound",
        NOBODY,
    ),
    Refusal(
        "ASN out of range", "create-vpn-gateway --type ipsec.1 --amazon-side-asn 7224", "InvalidParameterValue", "7224"
    ),
    Refusal(
        "second gateway on the VPC",
        "attach-vpn-gateway --vpn-gateway-id {vgw2} --vpc-id {vpc}",
        "InvalidVpcState",
        "{vpc}",
    ),
    Refusal("gateway in use", "delete-vpn-gateway --vpn-gateway-id {vgw}", "IncorrectState"),
    Refusal("customer gateway in use", "delete-customer-gateway --customer-gateway-id {cgw}", "IncorrectState"),
    Refusal("VPC in use", "delete-vpc --vpc-id {vpc}", "DependencyViolation", "{vpc}"),
    Refusal(
        "DPD below 30 s",
        "modify-vpn-tunnel-options --vpn-connection-id {vpn} --vpn-tunnel-outside-ip-address {outside} "
        "--tunnel-options DPDTimeoutSeconds=10",
        "InvalidParameterValue",
        "DPDTimeoutSeconds",
    ),
    Refusal(
        "unknown connection",
        f"describe-vpn-connections --vpn-connection-ids vpn-{NOBODY}",
        "InvalidVpnConnectionID.NotFound",
        NOBODY,
    ),
    Refusal(
        "dry run",
        "create-vpn-connection --dry-run --type ipsec.1 --customer-gateway-id {cgw2} --vpn-gateway-id {vgw}",
        "DryRunOperation",
    ),
]


@pytest.fixture(scope="class")
def made(shell: Shell) -> dict[str, str]:
    """What the refusals are about: names in Azure are in the commands, ids of AWS are here."""
    shell.az("group", "create", "-n", "rg", "-l", "westeurope")
    for name, number in (("vnet", 1), ("vnet2", 3)):
        space = ("--address-prefixes", f"10.{number}.0.0/16")
        subnet = ("--subnet-name", "GatewaySubnet", "--subnet-prefixes", f"10.{number}.255.0/27")
        shell.network("vnet", "create", *GROUP, "-n", name, *space, *subnet)
    for name in ("pip", "spare"):
        shell.network("public-ip", "create", *GROUP, "-n", name, "--sku", "Standard", "--zone", "1", "2", "3")
    kind = ("--sku", "VpnGw2AZ", "--asn", "65000")
    shell.network(
        "vnet-gateway", "create", *GROUP, "-n", "vng", "--vnet", "vnet", "--public-ip-addresses", "pip", *kind
    )
    peer = ("--gateway-ip-address", "203.0.113.9", "--asn", "64512", "--bgp-peering-address", "169.254.21.1")
    shell.network("local-gateway", "create", *GROUP, "-n", "lng", *peer)
    both = ("--vnet-gateway1", "vng", "--local-gateway2", "lng")
    shell.network("vpn-connection", "create", *GROUP, "-n", "cn", *both, "--shared-key", "invented_key")
    ids = {"vpc": shell.ec2("create-vpc", "--cidr-block", "10.2.0.0/16")["Vpc"]["VpcId"]}
    for name, address in (("cgw", "192.0.2.201"), ("cgw2", "192.0.2.202")):
        where = ("--type", "ipsec.1", "--bgp-asn", "65000", "--ip-address", address)
        ids[name] = shell.ec2("create-customer-gateway", *where)["CustomerGateway"]["CustomerGatewayId"]
    for name in ("vgw", "vgw2"):
        ids[name] = shell.ec2("create-vpn-gateway", "--type", "ipsec.1")["VpnGateway"]["VpnGatewayId"]
    shell.ec2("attach-vpn-gateway", "--vpn-gateway-id", ids["vgw"], "--vpc-id", ids["vpc"])
    ends = ("--customer-gateway-id", ids["cgw"], "--vpn-gateway-id", ids["vgw"])
    options = json.dumps({"TunnelOptions": [{"TunnelInsideCidr": "169.254.21.0/30"}]})
    made = shell.ec2("create-vpn-connection", "--type", "ipsec.1", *ends, "--options", options)["VpnConnection"]
    ids |= {"vpn": made["VpnConnectionId"], "outside": made["Options"]["TunnelOptions"][0]["OutsideIpAddress"]}
    wait_for(lambda: [one["State"] for one in stock(shell)["describe-vpn-connections"]] == ["available"], PATIENCE)
    wait_for(lambda: "attached" in json.dumps(stock(shell)["describe-vpn-gateways"]), PATIENCE)
    return ids


def stock(shell: Shell) -> dict[str, Any]:
    """All that stands in both clouds, less the time of the tunnels' last change."""
    found: dict[str, Any] = {}
    for what in ("vpcs", "vpn-gateways", "customer-gateways", "vpn-connections"):
        (found[f"describe-{what}"],) = shell.ec2(f"describe-{what}").values()
    for connection in found["describe-vpn-connections"]:
        del connection["VgwTelemetry"]
    for kind in ("vnet", "public-ip", "vnet-gateway", "local-gateway", "vpn-connection"):
        found[kind] = shell.network(kind, "list", *GROUP)
    return found


@pytest.fixture(scope="class")
def before(shell: Shell, made: dict[str, str]) -> dict[str, Any]:
    return stock(shell)


def split(command: str, ids: dict[str, str]) -> Iterator[str]:
    return (word.format(**ids) for word in command.split(" "))


class TestRefusals:
    @pytest.mark.parametrize("refusal", AZURE, ids=lambda one: one.cause)
    def test_azure(self, shell: Shell, before: dict[str, Any], refusal: Refusal) -> None:
        """az prints the code in brackets, then code and message; of a deployment the whole error."""
        error = shell.refused("az", "network", *refusal.command.split(" "), *GROUP)
        assert re.search(rf'^ERROR: (\({refusal.code}\) |.*"code": "{refusal.code}")', error, re.MULTILINE), error
        assert refusal.says in error
        assert "Traceback" not in error

    @pytest.mark.parametrize("refusal", AWS, ids=lambda one: one.cause)
    def test_aws(self, shell: Shell, made: dict[str, str], before: dict[str, Any], refusal: Refusal) -> None:
        words = list(split(refusal.command, made))
        error = shell.refused("aws", "ec2", *words)
        operation = "".join(part.capitalize() for part in words[0].split("-"))
        assert f"An error occurred ({refusal.code}) when calling the {operation} operation: " in error
        assert refusal.says.format(**made) in error

    def test_strangers(self, shell: Shell, before: dict[str, Any]) -> None:
        error = shell.refused("aws", "ec2", "describe-vpcs", AWS_SECRET_ACCESS_KEY="a-secret-of-nobody-0123456789")
        assert "(AuthFailure)" in error
        stranger = Shell(shell.directory, shell.env | {"AZURE_CONFIG_DIR": str(shell.directory / "stranger")})
        stranger.az("config", "set", "core.instance_discovery=false", "--only-show-errors")
        with pytest.raises(AssertionError, match="AADSTS7000215"):
            sign_in(stranger, "a~secret~of~nobody")
        assert "az login" in stranger.refused("az", "network", "vnet", "list")

    def test_nothing_was_made_changed_or_deleted(self, shell: Shell, clouds: Clouds, before: dict[str, Any]) -> None:
        assert stock(shell) == before
        assert [str(call) for call in clouds.calls() if call.status >= 500] == []
