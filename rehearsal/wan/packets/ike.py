"""Both clouds' tunnels as ends of IKE. Pure; each end is made from its own cloud's words alone."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import Any

from ..compare import aws_not_ready, azure_not_ready, led_astray
from ..model import AwsTunnel, AzureConnection, AzureGateway, AzureSide
from .lab import REAL, End, Timers
from .proposals import aws_esp, aws_ike, azure_esp, azure_ike

AZURE_WAITS = 1.5  # seconds: where both may start, AWS is the first, and no two SAs cross


def aws_end(tunnel: AwsTunnel, timers: Timers = REAL) -> End | None:
    """None where AWS has not made the endpoint yet."""
    if any(aws_not_ready(tunnel)):
        return None
    starts = tunnel.startup_action == "start" and "ikev2" in tunnel.ike_versions  # AWS starts IKEv2 only
    return End(
        name=f"aws.{tunnel.outside_address}",
        own=tunnel.outside_address,
        peer=tunnel.customer_address,
        gateway=tunnel.gateway_id,
        tunnel=tunnel.outside_address,
        key=tunnel.key,
        ike=tuple(aws_ike(tunnel)),
        esp=tuple(aws_esp(tunnel)),
        version="0" if len(tunnel.ike_versions) > 1 else tunnel.ike_versions[0].removeprefix("ikev"),
        local_ranges=(tunnel.aws_range,),
        remote_ranges=(tunnel.azure_range,),
        eager=0.0 if starts else None,
        dpd=timers.dpd(tunnel.dpd_timeout),
        behind=tunnel.announces,
    )


def azure_ends(azure: AzureSide, timers: Timers = REAL) -> Iterator[tuple[AzureConnection, End]]:
    """Every instance tries every connection; of two connections to one address the first by id has it."""
    taken: set[str] = set()
    for connection in sorted(azure.connections, key=lambda c: c.id):
        gateway = azure.gateway(connection.gateway_id)
        if gateway is None or any(azure_not_ready(gateway, connection)) or not _is_address(connection.local.address):
            continue
        for instance in gateway.instances:
            end = _azure_end(gateway, connection, instance.public_address, timers)
            if instance.public_address and end.name not in taken:
                taken.add(end.name)
                yield connection, end


def _azure_end(gateway: AzureGateway, connection: AzureConnection, own: str, timers: Timers) -> End:
    peer = connection.local.address
    # An address range is needed in a static connection; with BGP everything goes in (MS, policy-based and route-based).
    ranges = connection.selectors or (
        (("0.0.0.0/0", "0.0.0.0/0"),) if connection.bgp or connection.local.prefixes else ()
    )
    return End(
        name=f"azure.{own}.{peer}",
        own=own,
        peer=peer,
        gateway=f"gw.{own}",
        tunnel=peer,
        key=connection.key,
        ike=tuple(azure_ike(connection.policy)),
        esp=tuple(azure_esp(connection.policy)),
        version="1" if connection.protocol.lower() == "ikev1" or not gateway.route_based else "2",
        local_ranges=tuple(dict.fromkeys(a for a, _unused in ranges)),
        remote_ranges=tuple(dict.fromkeys(r for _unused, r in ranges)),
        eager=AZURE_WAITS if connection.mode in ("Default", "InitiatorOnly") else None,
        dpd=timers.dpd(connection.dpd_timeout),
        behind=gateway.vnet_prefixes,
        lost=bool(led_astray(gateway, peer)),
    )


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True


def usable(end: End) -> bool:
    """Charon takes no connection without a proposal or a selector."""
    return bool(end.ike and end.esp and end.local_ranges and end.remote_ranges)


def connection(end: End, if_id: int | None = None) -> dict[str, Any]:
    """The end for vici's load-conn. `if_id`: of the xfrm interface, where the kernel does ESP."""
    child: dict[str, Any] = {
        "local_ts": list(end.local_ranges),
        "remote_ts": list(end.remote_ranges),
        "esp_proposals": list(end.esp),
        "rekey_time": "3240s",
        "life_time": "3600s",
        "start_action": "none",
        "close_action": "none",
        "dpd_action": "clear",
    }
    if if_id is not None:
        child |= {"if_id_in": str(if_id), "if_id_out": str(if_id)}
    return {
        end.name: {
            "version": end.version,
            "mobike": "no",
            "local_addrs": [end.own],
            "remote_addrs": [end.peer],
            "proposals": list(end.ike),
            "dpd_delay": f"{end.dpd[0]}s",
            "dpd_timeout": f"{end.dpd[1]}s",
            "reauth_time": "0s",
            "rekey_time": "25920s",
            "unique": "replace",
            "local": {"auth": "psk", "id": end.own},
            "remote": {"auth": "psk", "id": end.peer},
            "children": {end.name: child},
        }
    }


def secret(end: End) -> dict[str, Any]:
    """For vici's load-shared."""
    return {"id": end.name, "type": "IKE", "data": end.key.reveal(), "owners": [end.own, end.peer]}


def daemon(end: End, *, kernel_esp: bool) -> str:
    """strongswan.conf; charon's own /run is a folder of this end."""
    esp = "" if kernel_esp else "kernel-libipsec "
    tries = max(1, end.dpd[1] - end.dpd[0])
    return f"""charon {{
  load_modular = no
  load = random nonce openssl gmp hmac kdf {esp}kernel-netlink socket-default vici
  install_virtual_ip = no
  install_routes = no
  threads = 16
  dos_protection = no
  retransmit_timeout = 1.0
  retransmit_base = 1.0
  retransmit_tries = {tries}
  filelog {{
    log {{
      path = /run/log
      time_format = %H:%M:%S
      flush_line = yes
      default = 1
    }}
  }}
  plugins {{
    kernel-libipsec {{
      allow_peer_ts = yes
    }}
    kernel-netlink {{
      fwmark = !0x42
    }}
    socket-default {{
      fwmark = 0x42
    }}
    vici {{
      socket = unix:///run/vici
    }}
  }}
}}
"""
