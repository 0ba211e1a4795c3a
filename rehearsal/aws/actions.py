"""Which function answers which EC2 action, and how they take moto's place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore import xform_name
from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.responses import EC2Response

from rehearsal.aws import (
    connections,
    customer_gateway,
    dependency,
    device_types,
    logs,
    members,
    metrics,
    propagation,
    required,
    static_routes,
    transit_gateway,
    tunnels,
    vpc,
    vpn_gateway,
)
from rehearsal.aws.call import Call, Handler
from rehearsal.aws.world import World

HANDLERS: dict[str, Handler] = {
    "CreateCustomerGateway": customer_gateway.create,
    "DescribeCustomerGateways": customer_gateway.describe,
    "DeleteCustomerGateway": customer_gateway.delete,
    "CreateVpnGateway": vpn_gateway.create,
    "DescribeVpnGateways": vpn_gateway.describe,
    "DeleteVpnGateway": vpn_gateway.delete,
    "AttachVpnGateway": vpn_gateway.attach,
    "DetachVpnGateway": vpn_gateway.detach,
    "CreateVpnConnection": connections.create,
    "DescribeVpnConnections": connections.describe,
    "DeleteVpnConnection": connections.delete,
    "ModifyVpnConnection": connections.modify,
    "ModifyVpnConnectionOptions": connections.modify_options,
    "CreateVpnConnectionRoute": static_routes.create,
    "DeleteVpnConnectionRoute": static_routes.delete,
    "ModifyVpnTunnelOptions": tunnels.modify_options,
    "ModifyVpnTunnelCertificate": tunnels.modify_certificate,
    "ReplaceVpnTunnel": tunnels.replace,
    "GetVpnTunnelReplacementStatus": tunnels.replacement_status,
    "GetActiveVpnTunnelStatus": tunnels.active_status,
    "GetVpnConnectionDeviceTypes": device_types.list_types,
    "GetVpnConnectionDeviceSampleConfiguration": device_types.sample,
    "EnableVgwRoutePropagation": propagation.enable,
    "DisableVgwRoutePropagation": propagation.disable,
}
"""Answered here alone."""

GUARDS: dict[str, Callable[[Call], None]] = {
    **required.GUARDS,
    "CreateRoute": propagation.check_route,
    "ReplaceRoute": propagation.check_route,
    "CreateVpc": vpc.create,
    "AssociateVpcCidrBlock": vpc.associate,
    "DisassociateVpcCidrBlock": vpc.disassociate,
    "CreateSecurityGroup": vpc.check_group,
    "AssociateRouteTable": vpc.check_subnet,
    "DeleteVpc": dependency.of_vpc,
    "DeleteSubnet": dependency.of_subnet,
    "DeleteRouteTable": dependency.of_route_table,
    "DeleteSecurityGroup": dependency.of_security_group,
    "DeleteTransitGateway": dependency.of_transit_gateway,
    "AssociateTransitGatewayRouteTable": transit_gateway.check_association,
}
"""Looked at before moto answers."""


def install(world: World) -> None:
    """Put our functions where moto looks: it calls the method named like the action."""
    for action, handler in HANDLERS.items():
        setattr(EC2Response, xform_name(action), _answering(world, handler))
    for action, guard in GUARDS.items():
        name = xform_name(action)
        kept = f"_moto_{name}"
        if not hasattr(EC2Response, kept):
            setattr(EC2Response, kept, getattr(EC2Response, name))
        setattr(EC2Response, name, _guarded(world, guard, kept))
    propagation.install()
    transit_gateway.install()
    logs.install()
    members.install()
    metrics.install()


def _call(world: World, response: Any) -> Call:
    return Call(
        world=world,
        backend=response.ec2_backend,
        params=response.params,
        tags_for=lambda kind: dict(response._parse_tag_specification(kind).get(kind, {})),
        from_wan=response.headers.get("x-rehearsal") == "wan",
    )


def _answering(world: World, handler: Handler) -> Callable[[Any], Any]:
    def method(response: Any) -> Any:
        answer = handler(_call(world, response))
        return EmptyResult() if answer is None else ActionResult(answer)

    return method


def _guarded(world: World, guard: Callable[[Call], None], kept: str) -> Callable[[Any], Any]:
    def method(response: Any) -> Any:
        guard(_call(world, response))
        return getattr(response, kept)()

    return method
