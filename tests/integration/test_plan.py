"""plan.yml is pure: no cloud, no credentials, every fault at once."""

from __future__ import annotations

from .runs import Desk

GOOD = {
    "s2s_vpn_azure_location": "westeurope",
    "s2s_vpn_azure_vnet_cidr": "10.1.0.0/16",
    "s2s_vpn_aws_region": "eu-central-1",
    "s2s_vpn_aws_vpc_cidr": "10.2.0.0/16",
}


def test_a_plan_needs_no_cloud_and_is_written_to_files(offline_desk: Desk) -> None:
    table, diagram = offline_desk.directory / "plan.txt", offline_desk.directory / "plan.mmd"
    files = {"s2s_vpn_plan_table_file": str(table), "s2s_vpn_plan_diagram_file": str(diagram)}
    run = offline_desk.play("plan.yml", inventory=offline_desk.inventory("hq", GOOD | files))
    assert run.rc == 0, run.explain()
    for address in ("169.254.21.2", "169.254.22.2", "169.254.21.6", "169.254.22.6"):
        assert address in run.stdout
        assert address in table.read_text()
    assert diagram.read_text().startswith(("graph", "flowchart"))


def test_a_static_plan_says_what_is_given_up(offline_desk: Desk) -> None:
    run = offline_desk.play("plan.yml", inventory=offline_desk.inventory("hq", GOOD | {"s2s_vpn_routing": "static"}))
    assert run.rc == 0, run.explain()
    assert "nothing takes over when it fails" in run.stdout
    assert "hq-aws-1-1" in run.stdout
    assert "hq-aws-1-2" not in run.stdout, "the spare has no connection in Azure"


def test_all_faults_are_told_at_once(offline_desk: Desk) -> None:
    wrong = {
        "s2s_vpn_aws_vpc_cidr": "10.1.128.0/17",  # overlaps the VNet
        "s2s_vpn_azure_asn": 65520,
        "s2s_vpn_azure_gateway_sku": "VpnGw2",
        "s2s_vpn_pre_shared_keys": {"169.254.21.0/30": "0starts-with-zero-and-a-dash"},
    }
    run = offline_desk.play("plan.yml", inventory=offline_desk.inventory("hq", GOOD | wrong))
    assert run.rc != 0
    for variable in wrong:
        assert variable in run.errors, run.explain()
    assert "VpnGw2AZ" in run.errors, "what to write instead"
    assert "0starts-with-zero-and-a-dash" not in run.stdout
