"""What preflight makes of what both clouds say."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws, azure
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.plan import Identity, owner_id, plan_link
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.variables import AWS_QUOTAS
from ansible_collections.hybrid.s2s_vpn.plugins.modules import s2s_vpn_preflight as preflight
from fake_ec2 import FakeEc2, refusal

SUBSCRIPTION, ACCOUNT = "00000000-0000-0000-0000-00000000000a", "123456789012"
OWNER = owner_id(Identity(SUBSCRIPTION, ACCOUNT), "eu-central-1", "hq")
QUOTA = "s2s_vpn_aws_quota_"
NETWORK = "Microsoft.Network/"
ZONES = [{"logicalZone": str(number)} for number in (1, 2, 3)]
LOCATIONS = [
    {"name": "germanywestcentral", "displayName": "Germany West Central", "availabilityZoneMappings": ZONES},
    {"name": "westus", "displayName": "West US"},
    {"name": "spaincentral", "displayName": "Spain Central", "availabilityZoneMappings": ZONES[:2]},
]
RAISED = {f"{QUOTA}{name}": 100 for name in AWS_QUOTAS}


def plan(**more: Any) -> dict[str, Any]:
    raw = {"link": "hq", "azure_location": "germanywestcentral", "azure_vnet_cidr": "10.1.0.0/16"}
    result = plan_link({**raw, "aws_region": "eu-central-1", "aws_vpc_cidr": "10.2.0.0/16", **more})
    assert result.plan, result.faults
    return result.plan.as_dict()


def judge(found: dict[str, Any] | None = None, adopt: tuple[str, ...] = (), **params: Any) -> dict[str, Any]:
    answers = {
        "aws identity": {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/network"},
        "azure identity": {"subscriptionId": SUBSCRIPTION, "displayName": "Network", "tenantId": "t"},
        "locations": LOCATIONS,
        **(found or {}),
    }
    defaults = {
        "plan": plan(adopt=list(adopt)),
        "expected_aws_account": None,
        "expected_azure_subscription": None,
        "for_build": True,
        "change_routing": False,
    }
    return preflight.judge(answers, {**defaults, **params})


def tags(name: str | None = None, owner: str | None = None) -> list[dict[str, str]]:
    both = {**({"Name": name} if name else {}), **({"s2s_vpn:id": owner, "s2s_vpn:link": "hq"} if owner else {})}
    return [{"Key": key, "Value": value} for key, value in both.items()]


def test_all_is_well():
    result = judge()
    assert result["problems"] == result["conflicts"] == []
    assert result["owner_id"] == OWNER
    assert result["identity"]["aws"] == {
        "account": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:user/network",
        "region": "eu-central-1",
    }
    assert result["identity"]["azure"] == {"subscription": SUBSCRIPTION, "name": "Network", "tenant": "t"}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"expected_aws_account": "210987654321"}, "the AWS account is 123456789012"),
        ({"expected_azure_subscription": "00000000-0000-0000-0000-00000000000b"}, "the Azure subscription is"),
        ({"plan": plan(azure_location="mars")}, "s2s_vpn_azure_location = mars"),
    ],
)
def test_wrong_place(params, message):
    [problem] = judge(**params)["problems"]
    assert message in problem


@pytest.mark.parametrize(
    "params",
    [
        {"expected_aws_account": ACCOUNT},
        {"expected_azure_subscription": SUBSCRIPTION.upper()},
    ],
)
def test_right_place(params):
    assert judge(**params)["problems"] == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"azure_location": "westus"}, "[1, 2, 3]: westus has none, for this subscription: write {0}: []"),
        (
            {"azure_location": "spaincentral"},
            '[1, 2, 3]: spaincentral has 1 and 2, for this subscription: write {0}: ["1", "2"]',
        ),
        ({"azure_location": "westus", "azure_zones": []}, None),
        ({"azure_location": "spaincentral", "azure_zones": ["2"]}, None),
    ],
)
def test_zones_that_a_location_has(given, says):
    problems = judge(plan=plan(**given))["problems"]
    zones = "s2s_vpn_azure_zones"
    assert problems == ([f"{zones} = {says.format(zones)}"] if says else [])


def test_zones_are_no_matter_where_the_addresses_are_adopted():
    both = [{"type": f"{NETWORK}publicIPAddresses", "name": f"hq-vng-pip-{number}"} for number in (1, 2)]
    adopting = plan(azure_location="westus", adopt=["hq-vng-pip-1", "hq-vng-pip-2"])
    assert judge({"resources hq-rg": both}, plan=adopting)["problems"] == []


def test_zones_are_not_judged_where_no_location_tells_of_them():
    bare = [{"name": one["name"]} for one in LOCATIONS]
    assert judge({"locations": bare}, plan=plan(azure_location="westus"))["problems"] == []


@pytest.mark.parametrize(
    ("name", "variable", "where", "what", "place"),
    [
        ("hq-vpc", "aws_vpc_name", "eu-central-1", "VPC", "aws_region"),
        ("hq-vgw", "aws_vgw_name", "eu-central-1", "virtual private gateway", "aws_region"),
        ("hq-2", "adopt", "eu-central-1", "VPN connection", "aws_region"),
        ("hq-rg", "azure_resource_group", "the subscription", "resource group", "adopt"),
        ("hq-vnet", "azure_vnet_name", "resource group hq-rg", "VNet", "azure_resource_group"),
        ("hq-app-nsg", "adopt", "resource group hq-rg", "network security group", "azure_resource_group"),
        ("hq-app-rt", "adopt", "resource group hq-rg", "route table", "azure_resource_group"),
        ("hq-vng", "azure_gateway_name", "resource group hq-rg", "VPN gateway", "azure_resource_group"),
        ("hq-vng-pip-2", "azure_gateway_name", "resource group hq-rg", "public address", "azure_resource_group"),
        ("hq-aws-1-1", "adopt", "resource group hq-rg", "connection", "azure_resource_group"),
    ],
)
def test_what_is_to_be_adopted_is_there(name, variable, where, what, place):
    in_aws = {kind: [] for kind in ("vpc", "vpn_gateway", "vpn_connection", "route_table")}
    group = {"group hq-rg": None if name == "hq-rg" else {"tags": {"s2s_vpn:id": OWNER}}, "resources hq-rg": []}
    problems = judge({**in_aws, **group}, adopt=(name,))["problems"]
    assert problems == [
        f"s2s_vpn_{variable} = {name}: it is to be adopted, and {where} has no {what} of that name: correct it or"
        f" s2s_vpn_{place}, or take {name} out of s2s_vpn_adopt to have it made"
    ]
    assert judge(adopt=(name,))["problems"] == [], "nothing was read of it"


def test_a_local_gateway_is_enough_for_the_name_that_its_connection_has():
    local = {"type": f"{NETWORK}localNetworkGateways", "name": "HQ-aws-1-1"}
    assert judge({"resources hq-rg": [local]}, adopt=("hq-aws-1-1",))["problems"] == []


def attached(name: str, vpc: str, owner: str | None = None, state: str = "attached") -> dict[str, Any]:
    at = [{"VpcId": "vpc-old", "State": "detached"}, {"VpcId": vpc, "State": state}]
    return {"VpnGatewayId": f"vgw-{name}", "VpcAttachments": at, "Tags": tags(name or None, owner)}


OWN_VPC = {"VpcId": "vpc-1", "CidrBlock": "10.2.0.0/16", "Tags": tags("hq-vpc", OWNER)}
HUB_VPC = {"VpcId": "vpc-1", "CidrBlock": "10.2.0.0/16", "Tags": tags("hq-vpc")}


@pytest.mark.parametrize(
    ("vpc", "gateway", "adopt", "says"),
    [
        (OWN_VPC, attached("hq-vgw", "vpc-1", OWNER), (), None),
        (OWN_VPC, attached("other", "vpc-2"), (), None),
        (OWN_VPC, attached("other", "vpc-1", state="detaching"), (), None),
        (HUB_VPC, attached("hq-vgw", "vpc-1"), ("hq-vpc", "hq-vgw"), None),
        (
            HUB_VPC,
            attached("hub", "vpc-1"),
            ("hq-vpc",),
            "virtual private gateway hub (vgw-hub) is attached to VPC hq-vpc (vpc-1), and a VPC takes one: write"
            " s2s_vpn_aws_vgw_name: hub, and hub into s2s_vpn_adopt to use it, or detach it",
        ),
        (
            OWN_VPC,
            attached("", "vpc-1", state="attaching"),
            (),
            "virtual private gateway without a name (vgw-) is attaching to VPC hq-vpc (vpc-1), and a VPC takes one:"
            " give it a Name to use it, or detach it",
        ),
        (
            OWN_VPC,
            attached("hq-vgw", "vpc-2"),
            ("hq-vgw",),
            "virtual private gateway vgw-hq-vgw is attached to vpc-2, and the link's VPC is hq-vpc (vpc-1): detach it"
            " there, adopt that VPC, or write another name",
        ),
        (
            None,
            attached("hq-vgw", "vpc-2", OWNER),
            (),
            "virtual private gateway vgw-hq-vgw is attached to vpc-2, and the link's VPC is hq-vpc: detach it there,"
            " adopt that VPC, or write another name",
        ),
    ],
)
def test_a_vpc_has_one_gateway_and_a_gateway_one_vpc(vpc, gateway, adopt, says):
    found = {"vpc": [vpc] if vpc else [], "vpn_gateway": [gateway]}
    assert judge(found, adopt=adopt)["problems"] == ([f"s2s_vpn_aws_vgw_name = hq-vgw: {says}"] if says else [])


def test_where_a_gateway_belongs_is_not_judged_without_the_vpcs():
    assert judge({"vpn_gateway": [attached("hq-vgw", "vpc-1", OWNER)]})["problems"] == []


AWS_TAKEN = [
    ("vpc", {"VpcId": "vpc-1", "CidrBlock": "10.2.0.0/16"}, "hq-vpc", "s2s_vpn_aws_vpc_name"),
    ("subnet", {"SubnetId": "subnet-1"}, "hq-app", "s2s_vpn_aws_app_subnet_name"),
    ("route_table", {"RouteTableId": "rtb-1"}, "hq-app-rt", "s2s_vpn_link"),
    ("security_group", {"GroupId": "sg-1", "GroupName": "hq-app-sg"}, "hq-app-sg", "s2s_vpn_link"),
    ("vpn_gateway", {"VpnGatewayId": "vgw-1"}, "hq-vgw", "s2s_vpn_aws_vgw_name"),
    ("vpn_connection", {"VpnConnectionId": "vpn-1"}, "hq-2", "s2s_vpn_link"),
]


@pytest.mark.parametrize(("kind", "resource", "name", "variable"), AWS_TAKEN)
@pytest.mark.parametrize(
    ("owner", "adopted", "conflict"),
    [(None, False, True), ("f" * 12, False, True), (OWNER, False, False), (None, True, False)],
)
def test_name_taken_in_aws(kind, resource, name, variable, owner, adopted, conflict):
    result = judge({kind: [{**resource, "Tags": tags(name, owner)}]}, adopt=(name,) if adopted else ())
    fixed = kind in preflight.NOT_ADOPTABLE
    assert bool(result["conflicts"]) is (conflict or (adopted and fixed))
    for problem in result["problems"]:
        assert (f"write {name} into s2s_vpn_adopt" in problem) is not fixed
        assert ("it cannot be adopted" in problem) is fixed
        assert variable in problem


AZURE_TAKEN = [
    ("virtualNetworks", "HQ-vnet"),
    ("networkSecurityGroups", "hq-app-nsg"),
    ("routeTables", "hq-app-rt"),
    ("virtualNetworkGateways", "hq-vng"),
    ("publicIPAddresses", "hq-vng-pip-2"),
    ("localNetworkGateways", "hq-aws-1-1"),
    ("connections", "hq-aws-2-2"),
]


@pytest.mark.parametrize(("kind", "name"), AZURE_TAKEN)
@pytest.mark.parametrize(
    ("owner", "adopted", "conflict"),
    [(None, False, True), ("f" * 12, False, True), (OWNER, False, False), (None, True, False)],
)
def test_name_taken_in_azure(kind, name, owner, adopted, conflict):
    resource = {
        "type": f"{NETWORK}{kind}",
        "name": name,
        "id": f"/x/{name}",
        "tags": {"s2s_vpn:id": owner} if owner else None,
    }
    group = {"id": "/x", "tags": {"s2s_vpn:id": OWNER}}
    elsewhere = {**resource, "name": "another"}
    found = {"group hq-rg": group, "resources hq-rg": [resource, elsewhere]}
    result = judge(found, adopt=(name,) if adopted else ())
    assert [one["name"] for one in result["conflicts"]] == ([name] if conflict else [])


@pytest.mark.parametrize(("owner", "adopted", "problems"), [(None, False, 1), (OWNER, False, 0), (None, True, 0)])
def test_resource_group_taken(owner, adopted, problems):
    group = {"id": "/x", "tags": {"s2s_vpn:id": owner} if owner else {}}
    result = judge({"group hq-rg": group, "resources hq-rg": []}, adopt=("hq-rg",) if adopted else ())
    assert len(result["problems"]) == problems
    if problems:
        assert "write hq-rg into s2s_vpn_adopt" in result["problems"][0]
        assert "choose another name (s2s_vpn_azure_resource_group)" in result["problems"][0]


def many(member: str, count: int, **more: Any) -> list[dict[str, Any]]:
    return [{member: f"{member}-{number}", "Tags": tags(f"other-{number}"), **more} for number in range(count)]


OURS_ON_VGW = {"VpnConnectionId": "vpn-1", "VpnGatewayId": "vgw-1", "Tags": tags("hq-1", OWNER)}
BOTH = [{"VpnConnectionId": f"vpn-{name}", "VpnGatewayId": "vgw-1", "Tags": tags(name)} for name in ("hq-1", "hq-2")]
OUR_VGW = {"VpnGatewayId": "vgw-1", "Tags": tags("hq-vgw", OWNER)}
THEIR_VGW = {"VpnGatewayId": "vgw-1", "Tags": tags("hq-vgw", "f" * 12)}


@pytest.mark.parametrize(
    ("found", "adopt", "quota"),
    [
        ({"vpn_connection": many("VpnConnectionId", 48)}, (), None),
        ({"vpn_connection": many("VpnConnectionId", 49)}, (), "vpn_connections"),
        ({"vpn_connection": [*many("VpnConnectionId", 48), OURS_ON_VGW]}, (), None),  # one of two is there
        ({"vpc": many("VpcId", 4)}, (), None),
        ({"vpc": many("VpcId", 5)}, (), "vpcs"),
        ({"vpc": many("VpcId", 6)}, (), None),  # AWS has raised it
        ({"vpc": [*many("VpcId", 4), OWN_VPC]}, (), None),
        ({"vpc": [*many("VpcId", 4), HUB_VPC]}, ("hq-vpc",), None),
        ({"vpn_gateway": many("VpnGatewayId", 4)}, (), None),
        ({"vpn_gateway": many("VpnGatewayId", 5)}, (), "vgws"),
        ({"vpn_gateway": [*many("VpnGatewayId", 4), OUR_VGW]}, (), None),
        ({"vpn_gateway": [*many("VpnGatewayId", 4), THEIR_VGW]}, ("hq-vgw",), None),
        ({"customer_gateway": many("CustomerGatewayId", 49)}, (), "customer_gateways"),
        (
            {"vpn_gateway": [OUR_VGW], "vpn_connection": many("VpnConnectionId", 9, VpnGatewayId="vgw-1")},
            (),
            "vpn_connections_per_vgw",
        ),
        (
            {"vpn_gateway": [THEIR_VGW], "vpn_connection": many("VpnConnectionId", 9, VpnGatewayId="vgw-1")},
            ("hq-vgw",),
            "vpn_connections_per_vgw",
        ),
        ({"vpn_gateway": [OUR_VGW], "vpn_connection": many("VpnConnectionId", 8, VpnGatewayId="vgw-1")}, (), None),
        (
            {
                "vpn_gateway": [OUR_VGW],
                "vpn_connection": [*many("VpnConnectionId", 48, VpnGatewayId="vgw-1"), *BOTH],
            },
            ("hq-1", "hq-2"),
            None,
        ),
        ({"customer_gateway": many("CustomerGatewayId", 49), "vpn_connection": BOTH}, ("hq-1", "hq-2"), None),
    ],
)
def test_quotas(found, adopt, quota):
    problems = judge(found, adopt=adopt)["problems"]
    assert [problem.rpartition(" ")[2] for problem in problems] == ([QUOTA + quota] if quota else [])
    assert judge(found, plan=plan(adopt=list(adopt), **RAISED))["problems"] == []


def test_what_is_said_of_a_quota():
    """The plan's own quota counts, also where it is lower than AWS's default."""
    lowered = plan(aws_quota_vgws=2)
    assert judge({"vpn_gateway": many("VpnGatewayId", 2)}, plan=lowered)["problems"] == [
        "AWS virtual private gateways: region eu-central-1 has 2, the link makes 1 more, and the quota is 2: "
        "delete what is not used, or have AWS raise the quota and write it as s2s_vpn_aws_quota_vgws"
    ]


def test_everything_is_told_at_once():
    vpc = {"VpcId": "vpc-1", "CidrBlock": "10.2.0.0/16", "Tags": tags("hq-vpc")}
    result = judge(
        {"vpc": [vpc], "vpn_gateway": many("VpnGatewayId", 5)},
        expected_aws_account="210987654321",
        plan=plan(azure_location="mars"),
    )
    assert len(result["problems"]) == 4


def test_one_cloud_that_does_not_answer():
    result = preflight.judge(
        {"aws identity": {"Account": ACCOUNT, "Arn": "a"}},
        {
            "plan": plan(),
            "expected_aws_account": None,
            "expected_azure_subscription": None,
            "for_build": True,
            "change_routing": False,
        },
    )
    assert set(result["identity"]) == {"aws"}
    assert "owner_id" not in result


def test_reads_go_on_and_each_reason_is_told_once():
    ec2 = FakeEc2()
    for name in ("describe_vpcs", "describe_subnets", "describe_vpn_gateways"):
        ec2.refuse[name] = refusal("AuthFailure", "not valid")
    ec2.refuse["describe_route_tables"] = refusal("UnauthorizedOperation", "not allowed")
    found, failed = preflight.all_at_once(
        {name: read for name, read in preflight.aws_reads(ec2, ec2, plan()).items() if name != "aws identity"}
    )
    assert set(found) == {"security_group", "vpn_connection", "customer_gateway"}
    assert len(failed) == 2
    assert any("ec2:DescribeRouteTables" in one for one in failed)


def test_azure_is_asked_once_for_each_group():
    asked = []

    def send(method, url, body):
        asked.append(f"{method} {url.split('?')[0].removeprefix('https://management.azure.com')}")
        return azure.Response(200, {}, {"value": []})

    found, failed = preflight.all_at_once(preflight.azure_reads(azure.Arm(send, SUBSCRIPTION), plan()))
    prefix = f"GET /subscriptions/{SUBSCRIPTION}"
    group = f"{prefix}/resourceGroups/hq-rg"
    vnet = f"{group}/providers/Microsoft.Network/virtualNetworks/hq-vnet"
    table = f"{group}/providers/Microsoft.Network/routeTables/hq-app-rt"
    nsg = f"{group}/providers/Microsoft.Network/networkSecurityGroups/hq-app-nsg"
    assert sorted(asked) == sorted([f"{prefix}/locations", group, f"{group}/resources", vnet, nsg, table])
    assert failed == []
    assert set(found) == {"locations", "group hq-rg", "resources hq-rg", "vnet", "nsg", "route table"}


def subnet(name, cidr, **properties):
    return {"name": name, "properties": {"addressPrefix": cidr, **properties}}


def vnet(*subnets, ranges=("10.1.0.0/16",), **more):
    return {"properties": {"addressSpace": {"addressPrefixes": list(ranges)}, "subnets": list(subnets)}, **more}


def test_what_hangs_on_the_subnets():
    assert judge()["existing"] == {
        "azure": {
            "resource_group": False,
            "subnets": [],
            "routes": [],
            "as_planned": [],
            "failed": [],
        },
        "aws": {"route_table_id": "", "static_connections": []},
        "half_connected": False,
    }
    subnets = [subnet("app", "10.1.1.0/24"), subnet("GatewaySubnet", "10.1.255.0/27")]
    group = {"id": "/x", "tags": {"s2s_vpn:id": OWNER}}
    found = judge({"vnet": vnet(*subnets), "group hq-rg": group})["existing"]["azure"]
    assert found["resource_group"] is True
    assert found["subnets"] == ["app", "GatewaySubnet"]


def test_reads_only():
    ec2 = FakeEc2()
    reads = preflight.aws_reads(ec2, ec2, plan())
    del reads["aws identity"]
    preflight.all_at_once(reads)
    assert ec2.changes() == []
    assert len(ec2.calls) == 8


def test_errors_of_the_clients_are_the_ones_caught():
    def fail():
        raise azure.AzureError("GET x", "Gone", "it is gone")

    def fail_too():
        raise aws.AwsError("ec2:X on y", "Gone", "it is gone")

    _found, failed = preflight.all_at_once({"a": fail, "b": fail_too})
    assert len(failed) == 2


@pytest.mark.parametrize(("owner", "count"), [(None, 1), ("somebody else", 1), (OWNER, 0)])
def test_a_subnet_of_the_same_range_in_an_adopted_vpc(owner, count):
    """amazon.aws.ec2_vpc_subnet would find it by its range, rename it and tag it."""
    found = {
        "vpc": [{"VpcId": "vpc-1", "CidrBlock": "10.2.0.0/16", "Tags": tags("hq-vpc")}],
        "subnet range": [
            {"SubnetId": "subnet-7", "VpcId": "vpc-1", "CidrBlock": "10.2.1.0/24", "Tags": tags("db", owner)},
            {"SubnetId": "subnet-8", "VpcId": "vpc-2", "CidrBlock": "10.2.1.0/24", "Tags": tags("elsewhere")},
        ],
    }
    problems = judge(found, adopt=("hq-vpc",))["problems"]
    assert len(problems) == count
    assert all("AWS subnet 10.2.1.0/24 (subnet-7) exists" in problem for problem in problems)
    assert all("s2s_vpn_aws_app_subnet_cidr" in problem for problem in problems)


NSG = "/subscriptions/a/resourceGroups/hq-rg/providers/Microsoft.Network/networkSecurityGroups/"


@pytest.mark.parametrize(("nsg", "count"), [("theirs", 1), ("hq-app-nsg", 0), ("HQ-app-nsg", 0)])
def test_an_app_subnet_in_an_adopted_vnet_keeps_its_security_group(nsg, count):
    app = subnet("app", "10.1.1.0/24", networkSecurityGroup={"id": NSG + nsg})
    problems = judge({"vnet": vnet(app)}, adopt=("hq-vnet",))["problems"]
    assert len(problems) == count
    assert all("Azure subnet app exists and has theirs, which was not made by this link" in one for one in problems)


def test_a_bare_app_subnet_in_an_adopted_vnet_is_not_the_links():
    """The link's own has the link's security group, and teardown would delete it."""
    found = {"vnet": vnet(subnet("app", "10.1.1.0/24"))}
    [problem] = judge(found, adopt=("hq-vnet",))["problems"]
    assert "Azure subnet app exists and was not made by this link" in problem


@pytest.mark.parametrize("adopt", [("hq-vnet",), ()])
def test_a_gateway_subnet_in_an_adopted_vnet_keeps_its_range(adopt):
    found = {"vnet": vnet(subnet("GatewaySubnet", "10.1.0.0/27"))}
    problems = judge(found, adopt=adopt)["problems"]
    assert len(problems) == len(adopt)
    assert all("write s2s_vpn_azure_gateway_subnet_cidr: 10.1.0.0/27" in one for one in problems)


def test_a_gateway_is_adopted_with_its_addresses():
    resources = [
        {"type": "Microsoft.Network/virtualNetworkGateways", "name": "hq-vng"},
        {"type": "Microsoft.Network/publicIPAddresses", "name": "hq-vng-pip-1"},
    ]
    assert judge({"resources hq-rg": resources}, adopt=("hq-vng",))["problems"] == []
    assert len(judge({"resources hq-rg": resources})["problems"]) == 2


def test_a_look_does_not_judge_what_only_a_build_needs():
    vpc = {"VpcId": "vpc-1", "CidrBlock": "10.2.0.0/16", "Tags": tags("hq-vpc")}
    found = {"vpc": [vpc], "vpn_gateway": [{"VpnGatewayId": "v"}] * 9}
    assert judge(found)["problems"] != []
    look = judge(found, for_build=False, expected_aws_account="210987654321")
    assert look["problems"] == [judge(expected_aws_account="210987654321")["problems"][0]]
    assert look["conflicts"] == []


def test_what_is_there_is_told_for_later_tasks():
    found = {
        "group hq-rg": {"id": "/x", "tags": {"s2s_vpn:id": OWNER}},
        "vnet": vnet(
            subnet("GatewaySubnet", "10.1.255.0/27", routeTable={"id": "/rt"}),
            ranges=("10.1.0.0/16", "10.3.0.0/16", "2001:db8::/48"),
        ),
        "route table": {
            "properties": {"routes": [{"name": "to-aws"}, {"name": "of-the-user"}, {"name": "to-aws-10.4.0.0-16"}]}
        },
        "route_table": [{"RouteTableId": "rtb-1", "Tags": tags("hq-app-rt", OWNER)}],
    }
    assert judge(found)["existing"] == {
        "azure": {
            "resource_group": True,
            "subnets": ["GatewaySubnet"],
            "routes": ["to-aws", "to-aws-10.4.0.0-16"],
            "as_planned": ["gateway_subnet"],
            "failed": [],
        },
        "aws": {"route_table_id": "rtb-1", "static_connections": []},
        "half_connected": False,
    }


# --- another kind of routing ---------------------------------------------------------------------------------------


def standing(static: bool, name: str = "hq-1") -> dict[str, Any]:
    one = {"VpnConnectionId": "vpn-0a", "CustomerGatewayId": "cgw-0a", "State": "available"}
    return {"vpn_connection": [{**one, "Options": {"StaticRoutesOnly": static}, "Tags": tags(name, OWNER)}]}


@pytest.mark.parametrize(
    ("static", "given", "changing", "says"),
    [
        (True, {"routing": "static"}, False, ""),
        (False, {}, False, ""),
        (True, {}, False, "go over with playbook change_routing.yml, which wants s2s_vpn_consent: [interrupt]"),
        (True, {"consent": ["interrupt"]}, False, "go over with playbook change_routing.yml"),
        (True, {}, True, "consent with s2s_vpn_consent: [interrupt]"),
        (True, {"consent": ["interrupt"]}, True, ""),
        (True, {"consent": ["interrupt"], "adopt": ["HQ-aws-1-1"]}, True, "hq-aws-1-1 is adopted and never deleted"),
        (False, {"routing": "static", "consent": ["interrupt"]}, True, "made for BGP, and s2s_vpn_routing is static"),
    ],
)  # fmt: skip
def test_another_routing(static: bool, given: dict[str, Any], changing: bool, says: str) -> None:
    result = judge(standing(static), plan=plan(**given), change_routing=changing)
    assert [says in one for one in result["problems"]] == ([True] if says else [])
    over = static and given.get("routing") != "static"
    there = [{"name": "hq-1", "vpn_connection_id": "vpn-0a", "customer_gateway_id": "cgw-0a"}]
    assert result["existing"]["aws"]["static_connections"] == (there if over else [])


def test_a_static_connection_of_another_name_is_not_ours() -> None:
    result = judge(standing(True, "branch-1"))
    assert (result["problems"], result["existing"]["aws"]["static_connections"]) == ([], [])


ENDS = ("hq-aws-1-1", "hq-aws-1-2", "hq-aws-2-1", "hq-aws-2-2")


@pytest.mark.parametrize(
    ("routing", "aws_names", "azure_names", "half"),
    [
        ("bgp", (), (), False),
        ("bgp", ("branch-1",), ("branch-aws-1-1",), False),
        ("bgp", ("hq-1", "hq-2"), ("HQ-AWS-1-1", *ENDS[1:]), False),
        ("bgp", ("hq-1",), ENDS[:1], True),  # static
        ("bgp", ("hq-1", "hq-2"), (*ENDS[:1], *ENDS[2:]), True),  # side by side
        ("bgp", ("hq-2",), ENDS[2:], True),  # the static one is gone
        ("bgp", ("hq-1", "hq-2"), ENDS[1:], True),
        ("static", ("hq-1",), ENDS[:1], False),
    ],
)
def test_half_of_the_connections(
    routing: str, aws_names: tuple[str, ...], azure_names: tuple[str, ...], half: bool
) -> None:
    kind = "Microsoft.Network/connections"
    found = {
        "vpn_connection": [{"VpnConnectionId": f"vpn-{one}", "Tags": tags(one, OWNER)} for one in aws_names],
        "resources hq-rg": [
            {"name": one, "type": kind, "tags": {"s2s_vpn:id": OWNER}}
            for one in azure_names
        ] + [{"name": one, "type": "Microsoft.Network/localNetworkGateways"} for one in ENDS],
    }  # fmt: skip
    given = plan(routing=routing, consent=["interrupt"])
    assert judge(found, plan=given)["existing"]["half_connected"] is half
