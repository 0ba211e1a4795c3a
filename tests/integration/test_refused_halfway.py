"""A cloud that refuses or falls silent in the middle: the run says so, shows no key, and a rerun goes on from there."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from .clouds import REGION, Clouds
from .runs import Desk, Run
from .watch import Watch, leaks

pytestmark = pytest.mark.full

LINK = "lab"
KEYS = {"169.254.21.0/30": "User.key_of_the_tunnel", "169.254.22.0/30": "User.key_of_the_spare"}
VARIABLES = {
    "s2s_vpn_routing": "static",
    "s2s_vpn_azure_location": "westeurope",
    "s2s_vpn_azure_vnet_cidr": "10.1.0.0/16",
    "s2s_vpn_aws_region": REGION,
    "s2s_vpn_aws_vpc_cidr": "10.2.0.0/16",
    "s2s_vpn_pre_shared_keys": KEYS,
}
USED, SPARE = KEYS.values()
GATEWAY = "Microsoft.Network/virtualNetworkGateways/write"
ALONE = """
- hosts: all
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - ansible.builtin.import_role:
        name: hybrid.s2s_vpn.s2s_vpn
    - hybrid.s2s_vpn.aws_vpn_connection_info:
        region: "{{ s2s_vpn_plan.aws.gateway.region }}"
        tags:
          "s2s_vpn:id": "{{ s2s_vpn_plan.owner.id }}"
      register: aws_side
    - hybrid.s2s_vpn.azure_local_gateway_facts:
        plan: "{{ s2s_vpn_plan }}"
        vpn_connections: "{{ aws_side.vpn_connections }}"
    - ansible.builtin.import_role:
        name: hybrid.s2s_vpn.azure_connection
      vars:
        azure_connection_plan: "{{ s2s_vpn_plan.azure.connection }}"
        azure_connection_local_gateways: "{{ s2s_vpn_local_gateways }}"
        azure_connection_connections: "{{ s2s_vpn_connections }}"
        azure_connection_pre_shared_keys: "{{ s2s_vpn_pre_shared_keys }}"
        azure_connection_aws:
          region: "{{ s2s_vpn_plan.aws.gateway.region }}"
"""


@contextmanager
def silence() -> Iterator[str]:
    """An address that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


class TestRefusedHalfway:
    watch: ClassVar[Watch]

    @pytest.fixture
    def inventory(self, desk: Desk) -> Path:
        return desk.inventory(LINK, VARIABLES)

    def refused_run(self, desk: Desk, clouds: Clouds, inventory: Path) -> Run:
        """At the greatest verbosity; whatever it writes anywhere holds no key."""
        with Watch(desk.home, desk.tmp) as watch:
            run = desk.play("site.yml", "-vvvv", "--diff", inventory=inventory)
        clouds.no_faults()
        assert run.rc != 0
        assert "Traceback" not in run.stdout
        watch.must_have_seen("_payload.zip")
        found = leaks(KEYS.values(), [*watch.contents.values(), *desk.left()])
        assert found == []
        return run

    def test_silent_clouds_are_named_within_minutes(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        with silence() as nobody:
            silent = {"AWS_ENDPOINT_URL": nobody, "HTTPS_PROXY": nobody, "https_proxy": nobody}
            run = desk.play("site.yml", inventory=inventory, env=clouds.env | silent)
        assert run.rc != 0
        assert "does not answer" in run.errors, run.explain()
        assert "ReadTimeoutError" in run.errors
        assert nobody.removeprefix("http://") in run.errors, "AWS's address"
        assert "login.microsoftonline.com" in run.errors
        assert "Traceback" not in run.stdout
        assert run.calls == []
        assert run.seconds < 300

    @pytest.mark.step
    def test_check_mode_goes_through_where_the_network_has_failed(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        clouds.fault("azure", "operation-failed", "Microsoft.Network/virtualNetworks/write")
        run = desk.play("site.yml", inventory=inventory)
        assert run.rc != 0
        network = clouds.network(f"{LINK}-rg", "virtualNetworks", f"{LINK}-vnet")
        assert clouds.arm("GET", network)["properties"]["provisioningState"] == "Failed"
        check = desk.play("site.yml", "--check", inventory=inventory)
        assert check.rc == 0, check.explain()
        assert {f"{LINK}-vnet", "GatewaySubnet", f"{LINK}-app-nsg"} <= set(check.changes())
        assert f"{LINK}-rg" not in check.changes(), "it stands"
        assert not any(call.mutating for call in check.calls)

    def test_check_mode_goes_through_where_only_the_group_stands(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        clouds.arm("DELETE", clouds.network(f"{LINK}-rg", "virtualNetworks", f"{LINK}-vnet"))
        check = desk.play("site.yml", "--check", inventory=inventory)
        assert check.rc == 0, check.explain()
        assert {f"{LINK}-vnet", "GatewaySubnet", f"{LINK}-app-nsg", "app"} <= set(check.changes())
        assert f"{LINK}-rg" not in check.changes(), "it stands"
        assert not any(call.mutating for call in check.calls)

    @pytest.mark.step
    def test_aws_refuses_the_connection_and_repeats_the_keys(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        # These two pass, and the run goes on to the last one.
        for action, code, message in (
            ("CreateVpnGateway", "VpnGatewayLimitExceeded", "The maximum number of mutating objects has been reached."),
            ("AttachVpnGateway", "InvalidParameterValue", "There is a conflicting pending workflow for the gateway."),
            ("CreateVpnConnection", "VpnConnectionLimitExceeded", f"No room for {USED} and {SPARE}."),
        ):
            clouds.fault("aws", "refuse", action, status=400, code=code, message=message)
        clouds.fault("azure", "operation-failed", GATEWAY)
        run = self.refused_run(desk, clouds, inventory)
        assert "VpnConnectionLimitExceeded" in run.errors, run.explain()
        assert "Service Quotas" in run.errors
        assert clouds.vpn_connections() == []

    @pytest.mark.step
    def test_azure_refuses_the_connection_and_repeats_the_keys(
        self, desk: Desk, clouds: Clouds, inventory: Path
    ) -> None:
        refusal = {"status": 403, "code": "AuthorizationFailed", "message": f"No rights to set '{USED}'."}
        clouds.fault("azure", "refuse", "Microsoft.Network/connections/write", **refusal)
        clouds.fault("azure", "operation-failed", GATEWAY)
        run = self.refused_run(desk, clouds, inventory)
        assert "AuthorizationFailed" in run.errors, run.explain()
        gateway = clouds.arm("GET", clouds.network(f"{LINK}-rg", "virtualNetworkGateways", f"{LINK}-vng"))
        assert gateway["properties"]["provisioningState"] == "Succeeded", "it had failed in both runs"
        assert sum(c.mutating and c.action == GATEWAY for c in run.calls) == 2, "sent, and sent once more"
        assert f"{LINK}-aws-1-1" in run.errors
        assert clouds.azure_keys(LINK) == {}

    @pytest.mark.step
    def test_a_rerun_goes_on_from_there(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        run = desk.play("site.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert set(run.changes()) == {f"{LINK}-aws-1-1"}
        assert clouds.azure_keys(LINK) == {f"{LINK}-aws-1-1": USED}
        assert len(clouds.vpn_connections()) == 1

    def test_a_request_that_hangs_is_asked_again(self, desk: Desk, clouds: Clouds, inventory: Path) -> None:
        clouds.fault("azure", "hang", "Microsoft.Network/virtualNetworkGateways/read", seconds=2)
        clouds.fault("aws", "hang", "DescribeVpnConnections", seconds=2)
        run = desk.play("site.yml", inventory=inventory)
        assert run.rc == 0, run.explain()
        assert run.changed == 0
        assert sorted(c.cloud for c in run.calls if c.status == 0) == ["aws", "azure"]

    def test_the_role_alone_leaves_no_key_in_a_file(self, desk: Desk, inventory: Path) -> None:
        """In a play that says nothing of pipelining, whose own module files Ansible does write."""
        playbook = desk.directory / "alone.yml"
        playbook.write_text(ALONE)
        with Watch(desk.home, desk.tmp) as watch:
            run = desk.play(playbook, inventory=inventory)
        assert run.rc == 0, run.explain()
        assert run.changed == 0
        watch.must_have_seen("AnsiballZ_azure_local_gateways.py")
        found = leaks(KEYS.values(), watch.contents.values())
        assert found == []
