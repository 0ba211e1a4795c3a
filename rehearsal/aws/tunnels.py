"""Actions on one tunnel of a VPN connection."""

from __future__ import annotations

from rehearsal.aws import secret, tunnel_options
from rehearsal.aws.call import Answer, Call
from rehearsal.aws.connection import VpnConnection, shown
from rehearsal.aws.connections import check_free, find, idle
from rehearsal.aws.refusal import refuse
from rehearsal.aws.tunnel import Tunnel

_LIFECYCLE = "EnableTunnelLifecycleControl"


def modify_options(call: Call) -> Answer:
    """New options for one tunnel, which goes down meanwhile and keeps its address (AWS, ModifyVpnTunnelOptions)."""
    one = idle(call, call.get("VpnConnectionId"))
    tunnel = _tunnel(call, one)
    changed = tunnel_options.read(call.get("TunnelOptions") or {}, ipv6=one.options["TunnelInsideIpVersion"] == "ipv6")
    if not changed:
        raise refuse("no_tunnel_options")
    if call.get("SkipTunnelReplacement") and set(changed) != {_LIFECYCLE}:
        raise refuse("skip_replacement")
    options = tunnel_options.changed(tunnel.options, changed)
    tunnel_options.check_together(options)
    _check_inside_cidr(call, one, tunnel, changed)
    storage = secret.wanted(call)
    tunnel.options = options
    secret.keep(call, one, storage)
    if not call.get("SkipTunnelReplacement"):
        one.modify(call.world.clock, [tunnel])
    return {"VpnConnection": shown(call, one)}


def modify_certificate(call: Call) -> Answer:
    _tunnel(call, idle(call, call.get("VpnConnectionId")))
    raise refuse("certificates")


def replace(call: Call) -> Answer:
    """AWS puts a new endpoint in the tunnel's place (AWS, ReplaceVpnTunnel)."""
    one = idle(call, call.get("VpnConnectionId"))
    tunnel = _tunnel(call, one)
    one.modify(call.world.clock, [tunnel])
    if call.get("ApplyPendingMaintenance"):
        tunnel.maintenance_after = None
    return {"Return": True}


def replacement_status(call: Call) -> Answer:
    one = find(call, call.get("VpnConnectionId"))
    tunnel = _tunnel(call, one)
    maintenance: dict[str, object] = {"PendingMaintenance": "None"}
    if tunnel.maintenance_after:
        maintenance = {"PendingMaintenance": "Available", "MaintenanceAutoAppliedAfter": tunnel.maintenance_after}
    if tunnel.replaced_at:
        maintenance["LastMaintenanceApplied"] = tunnel.replaced_at
    answer: dict[str, object] = {
        "VpnConnectionId": one.id,
        "CustomerGatewayId": one.customer_gateway_id,
        "VpnTunnelOutsideIpAddress": tunnel.outside_address,
        "MaintenanceDetails": maintenance,
    }
    if one.vpn_gateway_id:
        answer["VpnGatewayId"] = one.vpn_gateway_id
    if one.transit_gateway_id:
        answer["TransitGatewayId"] = one.transit_gateway_id
    return answer


def active_status(call: Call) -> Answer:
    """What IKE agreed on, as the WAN told it; nothing while the tunnel is down (AWS, GetActiveVpnTunnelStatus)."""
    one = find(call, call.get("VpnConnectionId"))
    tunnel = _tunnel(call, one)
    state = one.telemetry_of(tunnel)
    provisioning = "available" if one.works(tunnel) else "pending"
    negotiated = state.negotiated if state.up else {}
    return {"ActiveVpnTunnelStatus": {**negotiated, "ProvisioningStatus": provisioning}}


def _tunnel(call: Call, one: VpnConnection) -> Tunnel:
    address = call.get("VpnTunnelOutsideIpAddress")
    tunnel = one.tunnel(address)
    if tunnel is None:
        raise refuse("outside_address", connection=one.id, value=address)
    return tunnel


def _check_inside_cidr(call: Call, one: VpnConnection, tunnel: Tunnel, changed: tunnel_options.Options) -> None:
    block = changed.get("TunnelInsideCidr")
    if not block:
        return
    check_free(call, block, one.vpn_gateway_id, besides=one)
    if any(other is not tunnel and other.inside_cidr == block for other in one.tunnels):
        raise refuse("inside_cidr_in_use", value=block, owner="the other tunnel")
