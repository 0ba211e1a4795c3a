#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_vpn_connection
short_description: Make, compare, or delete a Site-to-Site VPN connection of AWS
version_added: 1.0.0
description:
  - Makes a VPN connection between a customer gateway and a virtual private gateway or a transit gateway, with all
    options of its two tunnels. Its tags and static routes are kept as asked for.
  - A connection is found by its id, or by its name together with the tags of its owner. Two runs at once end with one
    connection.
  - Tunnels are told apart by their inside CIDR. AWS does not promise any order of them.
  - A standing tunnel that differs is an error that lists what differs. Every change takes the tunnel down for some
    minutes, and the other end needs the same, so M(hybrid.s2s_vpn.s2s_vpn_operate) makes it on both clouds.
  - Keys are never returned and never shown, only their fingerprints.
options:
  state:
    description:
      - V(absent) deletes the connection.
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - The C(Name) tag.
    type: str
  vpn_connection_id:
    description:
      - The id of a connection that exists.
    type: str
  customer_gateway_id:
    description:
      - The customer gateway, needed to make a connection. Another one than the connection has is refused.
      - In check mode a placeholder C(planned:...) is accepted.
    type: str
  vpn_gateway_id:
    description:
      - The virtual private gateway that ends the tunnels in AWS. Another one than the connection has is refused.
      - In check mode a placeholder C(planned:...) is accepted.
    type: str
  transit_gateway_id:
    description:
      - The transit gateway that ends the tunnels in AWS, instead of O(vpn_gateway_id).
    type: str
  static_routes_only:
    description:
      - Static routes in place of BGP. AWS fixes it at creation and takes V(false) when it is unset.
    type: bool
  inside_ip_version:
    description:
      - Whether the tunnels carry IPv4 or IPv6. AWS fixes it at creation and takes V(ipv4) when it is unset.
    type: str
    choices: [ipv4, ipv6]
  routes:
    description:
      - The exact set of static routes, with O(static_routes_only=true). Unset leaves them as they are.
      - They can only be set when the connection is available, so a run with O(wait=false) that makes it leaves them
        to the next run.
    type: list
    elements: str
  tunnels:
    description:
      - The options of one or both tunnels. What is unset is left as it is, or left to AWS at creation.
      - In lists the order does not matter.
    type: list
    elements: dict
    suboptions:
      inside_cidr:
        description:
          - The /30 inside the tunnel, of 169.254.0.0/16. It names the tunnel.
        type: str
        required: true
      inside_ipv6_cidr:
        description:
          - The /126 inside the tunnel, of fd00::/8, with O(inside_ip_version=ipv6).
        type: str
      phase1_encryption:
        description:
          - Encryption algorithms allowed for IKE, for example V(AES256) or V(AES256-GCM-16).
        type: list
        elements: str
      phase1_integrity:
        description:
          - Integrity algorithms allowed for IKE, for example V(SHA2-256).
        type: list
        elements: str
      phase1_dh_groups:
        description:
          - Diffie-Hellman groups allowed for IKE, for example V(14).
        type: list
        elements: int
      phase1_lifetime_seconds:
        description:
          - Lifetime of the IKE association, 900 to 28800.
        type: int
      phase2_encryption:
        description:
          - Encryption algorithms allowed for IPsec.
        type: list
        elements: str
      phase2_integrity:
        description:
          - Integrity algorithms allowed for IPsec.
        type: list
        elements: str
      phase2_dh_groups:
        description:
          - Diffie-Hellman groups allowed for perfect forward secrecy.
        type: list
        elements: int
      phase2_lifetime_seconds:
        description:
          - Lifetime of the IPsec association, 900 to 3600 and less than that of phase 1.
        type: int
      phase1_additional_key_exchanges:
        description:
          - Further key exchanges after Diffie-Hellman, for keys that a quantum computer does not break. IKEv2 only.
        type: list
        elements: dict
        suboptions: &exchanges
          round:
            description:
              - Number of the round, each once.
            type: int
            required: true
          methods:
            description:
              - Numbers of the methods that are allowed in it.
            type: list
            elements: int
            required: true
          requirement:
            description:
              - Whether the other end must take part.
            type: str
            choices: [required, optional]
            default: required
      phase2_additional_key_exchanges:
        description:
          - The same for phase 2.
        type: list
        elements: dict
        suboptions: *exchanges
      rekey_margin_seconds:
        description:
          - How long before the end of phase 2 AWS makes new keys, 60 to half of the lifetime.
        type: int
      rekey_fuzz_percent:
        description:
          - The part of that margin in which the moment is drawn at random, 0 to 100.
        type: int
      replay_window_size:
        description:
          - Packets in the replay window, 64 to 2048.
        type: int
      dpd_timeout_seconds:
        description:
          - After how long a silent peer counts as dead, 30 or more.
        type: int
      dpd_timeout_action:
        description:
          - What AWS does then. V(clear) ends IKE and takes the routes away, V(restart) starts it again.
        type: str
        choices: [clear, none, restart]
      ike_versions:
        description:
          - IKE versions that are allowed.
        type: list
        elements: str
        choices: [ikev1, ikev2]
      startup_action:
        description:
          - Whether AWS starts IKE (V(start)) or waits for the other end (V(add)).
        type: str
        choices: [add, start]
      lifecycle_control:
        description:
          - Whether AWS announces maintenance of the endpoint and lets its replacement be started by hand.
        type: bool
      log_options:
        description:
          - Logs of the tunnel in CloudWatch.
        type: dict
        suboptions:
          enabled:
            description:
              - Whether to log IKE.
            type: bool
          log_group_arn:
            description:
              - The log group.
            type: str
          output_format:
            description:
              - How lines are written.
            type: str
            choices: [json, text]
          bgp_enabled:
            description:
              - Whether to log BGP.
            type: bool
          bgp_log_group_arn:
            description:
              - The log group for BGP.
            type: str
          bgp_output_format:
            description:
              - How lines of BGP are written.
            type: str
            choices: [json, text]
  pre_shared_keys:
    description:
      - Pre-shared keys by inside CIDR, 8 to 64 letters, digits, dots or underscores, the first not a 0. AWS makes
        keys that are not given.
      - A key of an existing tunnel that differs is an error.
      - Keys of inside CIDRs that the connection does not have are ignored, so that connections can share one mapping.
    type: dict
  pre_shared_key_storage:
    description:
      - Where AWS keeps the keys of a new connection, those that it makes as well as O(pre_shared_keys). What is not
        given is AWS's V(Standard), with the connection itself.
      - Of V(SecretsManager) the module reads the secret to compare keys, with C(secretsmanager:GetSecretValue). A
        connection that is there keeps its keys where they are.
    type: str
    choices: [Standard, SecretsManager]
  tags:
    description:
      - Tags of the connection, set in the request that makes it. Tags that others put on it stay.
      - Those that begin with C(s2s_vpn:) say who owns it; without any of these, all tags and the name do.
    type: dict
    default: {}
  adopt:
    description:
      - Where no connection carries the owner's tags, use the one of the same O(name), whoever made it. It is not
        tagged and not deleted; its tunnels and routes are treated as those of any other.
    type: bool
    default: false
  wait:
    description:
      - Wait until the connection is available, or deleted. One that another run has begun is joined.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait for each change, in seconds.
    type: int
    default: 1800
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Keys are shown as fingerprints.
  platform:
    platforms: all
notes:
  - A task that passes O(pre_shared_keys) should run with C(ansible_pipelining=true). Otherwise the file that Ansible
    writes for the module holds the keys while it runs.
seealso:
  - module: hybrid.s2s_vpn.aws_vpn_connection_info
  - module: hybrid.s2s_vpn.s2s_vpn_operate
  - module: hybrid.s2s_vpn.aws_customer_gateway
  - module: hybrid.s2s_vpn.aws_vpn_gateway
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: Two tunnels to Azure's first address
  hybrid.s2s_vpn.aws_vpn_connection:
    region: eu-central-1
    name: hq-1
    customer_gateway_id: cgw-0a1b2c3d4e5f60718
    vpn_gateway_id: vgw-0a1b2c3d4e5f60718
    tunnels:
      - inside_cidr: 169.254.21.0/30
        phase1_encryption: [AES256]
        phase1_integrity: [SHA2-256]
        phase1_dh_groups: [14]
        phase2_encryption: [AES256-GCM-16]
        phase2_integrity: [SHA2-256]
        phase2_dh_groups: [14]
        ike_versions: [ikev2]
        startup_action: start
        dpd_timeout_action: restart
      - inside_cidr: 169.254.22.0/30
        ike_versions: [ikev2]
        startup_action: start
        dpd_timeout_action: restart
    tags:
      "s2s_vpn:link": hq
      "s2s_vpn:id": 3f2a9c0d1e4b

- name: The connection is gone
  hybrid.s2s_vpn.aws_vpn_connection:
    region: eu-central-1
    state: absent
    vpn_connection_id: vpn-0a1b2c3d4e5f60718
"""

RETURN = r"""
vpn_connection:
  description: The connection. In check mode the id of one that would be made is C(planned:<name>).
  returned: when it exists or would be made
  type: dict
  sample:
    vpn_connection_id: vpn-0a1b2c3d4e5f60718
    state: available
    customer_gateway_id: cgw-0a1b2c3d4e5f60718
    vpn_gateway_id: vgw-0a1b2c3d4e5f60718
    transit_gateway_id:
    static_routes_only: false
    routes: []
    tags: {"Name": "hq-1", "s2s_vpn:link": "hq", "s2s_vpn:id": "3f2a9c0d1e4b"}
    tunnels:
      - outside_address: 198.51.100.10
        inside_cidr: 169.254.21.0/30
        aws_inside_address: 169.254.21.1
        customer_inside_address: 169.254.21.2
        customer_outside_address: 192.0.2.10
        aws_asn: 64512
        customer_asn: 65515
        pre_shared_key_fingerprint: sha256:0123456789ab
        ike_versions: [ikev2]
        startup_action: start
        telemetry: {status: UP, message: 1 BGP ROUTES, accepted_routes: 1, last_change: "2026-01-01T00:00:00+00:00"}
adopted:
  description: Whether the connection belongs to somebody else, and is used as it is.
  returned: always
  type: bool
  sample: false
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import ec2 as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import keys, options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws, aws_secrets

FIXED = ("customer_gateway_id", "vpn_gateway_id", "transit_gateway_id", "static_routes_only")


# --- what was asked for -------------------------------------------------------------------------


def real_ids(params: Mapping[str, Any], check_mode: bool) -> None:
    for option in ("vpn_connection_id", "customer_gateway_id", "vpn_gateway_id", "transit_gateway_id"):
        aws.real(params[option], option, check_mode)


def wanted_keys(params: Mapping[str, Any]) -> dict[str, str]:
    return {str(cidr): str(key) for cidr, key in (params["pre_shared_keys"] or {}).items()}


def differences(params: Mapping[str, Any], connection: Mapping[str, Any]) -> list[words.TunnelChange]:
    return words.tunnel_changes(
        params["tunnels"] or [],
        words.connection_tunnels(connection),
        wanted_keys(params),
        words.connection_keys(connection),
        keys.fingerprint,
    )


def label(params: Mapping[str, Any], connection: Mapping[str, Any]) -> str:
    name = params["name"] or words.tag_dict(connection.get("Tags")).get("Name")
    return f"VPN connection {connection['VpnConnectionId']}" + (f" ({name})" if name else "")


# --- looking ------------------------------------------------------------------------------------


def search(ec2: Any, params: Mapping[str, Any], identity: Mapping[str, str]) -> tuple[Mapping[str, Any] | None, bool]:
    """The connection, and whether it is somebody else's. Never "the only one"."""
    if params["vpn_connection_id"]:
        found = words.alive(aws.describe_vpn_connections(ec2, [params["vpn_connection_id"]]))
        connection = found[0] if found else None
        return connection, connection is not None and not words.carries(
            words.tag_dict(connection.get("Tags")), identity
        )
    mine = aws.find_one(aws.describe_vpn_connections, ec2, identity, "VPN connection", "vpn_connection_id")
    if mine is not None or not params["adopt"] or not params["name"]:
        return mine, False
    name = {"Name": params["name"]}
    connection = aws.find_one(aws.describe_vpn_connections, ec2, name, "VPN connection to adopt", "vpn_connection_id")
    return connection, connection is not None


# --- making -------------------------------------------------------------------------------------


def new_tunnels(params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Tunnels of a new connection: those asked for, or those of the keys, if that is a choice of AWS's two at most."""
    if params["tunnels"]:
        return list(params["tunnels"])
    cidrs = sorted(wanted_keys(params))
    if len(cidrs) > 2:
        raise aws.AwsError(
            f"making the VPN connection {params['name'] or ''}".rstrip(),
            "",
            f"pre_shared_keys has {len(cidrs)} keys, and a VPN connection has two tunnels",
            "Say in tunnels which inside_cidr they have.",
        )
    return [{"inside_cidr": cidr} for cidr in cidrs]


def create_request(params: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """(AWS, CreateVpnConnection)"""
    key_of = wanted_keys(params)
    tunnels = new_tunnels(params)
    options: dict[str, Any] = {"StaticRoutesOnly": bool(params["static_routes_only"])}
    if params["inside_ip_version"]:
        options["TunnelInsideIpVersion"] = params["inside_ip_version"]
    if tunnels:
        options["TunnelOptions"] = [words.tunnel_request(one, key_of.get(one["inside_cidr"])) for one in tunnels]
    request: dict[str, Any] = {
        "Type": "ipsec.1",
        "CustomerGatewayId": params["customer_gateway_id"],
        "Options": options,
    }
    if params["vpn_gateway_id"]:
        request["VpnGatewayId"] = params["vpn_gateway_id"]
    else:
        request["TransitGatewayId"] = params["transit_gateway_id"]
    if params["pre_shared_key_storage"]:
        request["PreSharedKeyStorage"] = params["pre_shared_key_storage"]
    if tags:
        request["TagSpecifications"] = words.tag_specification("vpn-connection", tags)
    return request


def planned_connection(params: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """What check mode answers for a connection that is not there."""
    name = params["name"] or "vpn-connection"
    tunnels = []
    for want in new_tunnels(params):
        options = {option: value for option, value in want.items() if value is not None}
        tunnels.append(words.planned_tunnel(options, words.planned(want["inside_cidr"])))
    return {
        "vpn_connection_id": words.planned(name),
        "state": "planned",
        **{option: params[option] for option in FIXED},
        "static_routes_only": bool(params["static_routes_only"]),
        "routes": [{"cidr": cidr, "state": "planned"} for cidr in sorted(params["routes"] or [])],
        "tags": dict(tags),
        "tunnels": tunnels,
    }


def create(ec2: Any, params: Mapping[str, Any], tags: Mapping[str, str], identity: Mapping[str, str]) -> str:
    """Make the connection and settle with other runs. Returns the id to go on with."""
    target = f"{params['name'] or 'a VPN connection'} ({params['customer_gateway_id']})"

    def mine() -> list[Mapping[str, Any]]:
        return aws.find(aws.describe_vpn_connections, ec2, identity)

    request = create_request(params, tags)
    made = aws.create(
        ec2, "create_vpn_connection", target, "VpnConnection", lambda: next(iter(mine()), None), **request
    )
    if not identity:
        return made["VpnConnectionId"]
    return aws.settle(
        made["VpnConnectionId"],
        lambda: (aws.resource_id(one) for one in mine()),
        lambda own: aws.call(ec2, "delete_vpn_connection", own, VpnConnectionId=own),
    )


def after_creation(params: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """The other side of the diff of a creation."""
    plan = planned_connection(params, tags)
    unknown = (
        "outside_address",
        "customer_outside_address",
        "aws_asn",
        "customer_asn",
        "telemetry",
        "pre_shared_key_fingerprint",
    )
    return {
        **{
            key: value
            for key, value in plan.items()
            if key not in ("vpn_connection_id", "state", "tunnels") and value is not None
        },
        "routes": [route["cidr"] for route in plan["routes"]],
        "tunnels": {
            tunnel["inside_cidr"]: {key: value for key, value in tunnel.items() if key not in unknown}
            for tunnel in plan["tunnels"]
        },
    }


# --- changing -----------------------------------------------------------------------------------


def refuse_fixed(params: Mapping[str, Any], connection: Mapping[str, Any]) -> None:
    """What AWS fixes at creation, or changes only by taking both tunnels down."""
    current = words.vpn_connection(connection, keys.fingerprint)
    differ = [
        f"{option} is {current[option]}, {params[option]} is asked for"
        for option in FIXED
        if params[option] is not None and params[option] != current[option]
    ]
    if differ:
        raise aws.AwsError(
            label(params, connection),
            "",
            "; ".join(differ),
            "This cannot be changed without both tunnels going down: delete the connection first and make it anew"
            " (it gets other outside addresses), or ask for what it has.",
        )


def refuse_changes(
    params: Mapping[str, Any], connection: Mapping[str, Any], changes: Sequence[words.TunnelChange]
) -> None:
    """Azure's end has to change with AWS's, and one tunnel after the other: that is s2s_vpn_operate's work."""
    if not changes:
        return
    playbook = "change_tunnels.yml" if any(one.options for one in changes) else "rotate_keys.yml"
    raise aws.AwsError(
        label(params, connection),
        "",
        "it differs on " + "; ".join(str(change) for change in changes),
        "Every change takes its tunnel down for some minutes, and Azure needs the same. Nothing was changed."
        f" Change both clouds with playbook {playbook} (module s2s_vpn_operate), or ask for what it has.",
    )


def set_routes(ec2: Any, connection_id: str, add: Sequence[str], remove: Sequence[str]) -> None:
    for cidr in add:
        aws.call(
            ec2,
            "create_vpn_connection_route",
            f"{connection_id}, {cidr}",
            VpnConnectionId=connection_id,
            DestinationCidrBlock=cidr,
        )
    for cidr in remove:
        aws.call(
            ec2,
            "delete_vpn_connection_route",
            f"{connection_id}, {cidr}",
            VpnConnectionId=connection_id,
            DestinationCidrBlock=cidr,
        )


def update(
    ec2: Any, params: Mapping[str, Any], check_mode: bool, connection: Mapping[str, Any], adopted: bool, fresh: bool
) -> dict[str, Any]:
    """Bring an existing connection, perhaps one just made, to what is asked for."""
    connection_id = connection["VpnConnectionId"]
    refuse_fixed(params, connection)
    if connection.get("State") in words.BUSY and params["wait"] and not check_mode:
        connection = aws.wait_for_vpn_connections(ec2, [connection_id], params["wait_timeout"])[0]
    busy = connection.get("State") in words.BUSY

    changes = differences(params, connection)
    warnings = unseen_keys(params, connection)
    if fresh:
        warnings += refuse_ignored(params, connection, changes)
    else:
        refuse_changes(params, connection, changes)

    tags = words.tag_dict(connection.get("Tags"))
    missing = {} if adopted else words.missing_tags(tags, words.all_tags(params["name"], params["tags"]))
    add: list[str] = []
    remove: list[str] = []
    if params["routes"] is not None:
        add, remove = words.route_changes(connection.get("Routes") or (), params["routes"])
    if busy and not check_mode:
        add, remove = [], []  # AWS takes routes on an available connection only

    if not check_mode:
        aws.write_tags(ec2, connection_id, missing)
        set_routes(ec2, connection_id, add, remove)
        if missing or add or remove:
            connection = aws.describe_vpn_connections(ec2, [connection_id])[0]
    result = words.vpn_connection(connection, keys.fingerprint)
    if check_mode:
        result = words.with_changes(result, missing, add, remove)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    if add or remove:
        before["routes"], after["routes"] = remove, add
    if missing:
        before["tags"], after["tags"] = {key: tags.get(key) for key in missing}, missing
    return {
        "changed": bool(after or before),
        "adopted": adopted,
        "vpn_connection": result,
        "diff": {"before": before, "after": after},
        "warnings": warnings,
    }


def unseen_keys(params: Mapping[str, Any], connection: Mapping[str, Any]) -> list[str]:
    """A key that is in Secrets Manager and may not be read there cannot be compared."""
    if not params["pre_shared_keys"] or not any(key is None for key in words.connection_keys(connection).values()):
        return []
    remedy = "Allow secretsmanager:GetSecretValue on the secret of PreSharedKeyArn."
    return [f"{label(params, connection)}: AWS does not show its keys, so pre_shared_keys were not compared. {remedy}"]


def refuse_ignored(
    params: Mapping[str, Any], connection: Mapping[str, Any], changes: Sequence[words.TunnelChange]
) -> list[str]:
    """What AWS shows of a new connection against what was sent: another key is an error, the rest are warnings."""
    for change in changes:
        if change.key or "inside_cidr" in change.options:
            raise aws.AwsError(
                label(params, connection),
                "",
                f"it was made, but AWS shows other values than were sent: {change}",
                "Delete it and make it anew.",
            )
    return [f"{label(params, connection)}: AWS shows other values than were sent: {change}" for change in changes]


def present(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    real_ids(params, check_mode)
    tags = words.all_tags(params["name"], params["tags"])
    identity = words.identity(params["name"], params["tags"])
    connection, adopted = search(ec2, params, identity)
    if connection is not None:
        return update(ec2, params, check_mode, connection, adopted, fresh=False)
    if params["vpn_connection_id"]:
        raise aws.AwsError(
            f"VPN connection {params['vpn_connection_id']}",
            "",
            "it is deleted",
            "Leave vpn_connection_id out to make another one.",
        )
    if not params["customer_gateway_id"] or not (params["vpn_gateway_id"] or params["transit_gateway_id"]):
        raise aws.AwsError(
            f"making the VPN connection {params['name'] or ''}".rstrip(),
            "",
            "there is none with these tags, and a new one needs more options",
            "Set customer_gateway_id and one of vpn_gateway_id and transit_gateway_id.",
        )
    diff = {"before": {}, "after": after_creation(params, tags)}
    if check_mode:
        return {"changed": True, "adopted": False, "vpn_connection": planned_connection(params, tags), "diff": diff}
    kept = create(ec2, params, tags, identity)
    made = aws.describe_vpn_connections(ec2, [kept])[0]
    return {**update(ec2, params, False, made, False, fresh=True), "changed": True, "diff": diff}


def absent(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    def delete(connection: Mapping[str, Any]) -> None:
        connection_id = connection["VpnConnectionId"]
        aws.call(ec2, "delete_vpn_connection", connection_id, VpnConnectionId=connection_id)
        if params["wait"]:
            aws.wait_for_vpn_connections_gone(ec2, [connection_id], params["wait_timeout"])

    return aws.absent(
        params,
        "VPN connection",
        "vpn_connection_id",
        partial(search, ec2, params),
        partial(words.vpn_connection, fingerprint=keys.fingerprint),
        None if check_mode else delete,
    )


def ensure(ec2: Any, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    return (present if params["state"] == "present" else absent)(ec2, params, check_mode)


LOG_SPEC = {
    "enabled": {"type": "bool"},
    "log_group_arn": {"type": "str"},
    "output_format": {"type": "str", "choices": ["json", "text"]},
    "bgp_enabled": {"type": "bool"},
    "bgp_log_group_arn": {"type": "str"},
    "bgp_output_format": {"type": "str", "choices": ["json", "text"]},
}
EXCHANGE_SPEC = {
    "round": {"type": "int", "required": True},
    "methods": {"type": "list", "elements": "int", "required": True},
    "requirement": {"type": "str", "choices": ["required", "optional"], "default": "required"},
}
TUNNEL_SPEC = {
    "inside_cidr": {"type": "str", "required": True},
    "inside_ipv6_cidr": {"type": "str"},
    "phase1_encryption": {"type": "list", "elements": "str"},
    "phase1_integrity": {"type": "list", "elements": "str"},
    "phase1_dh_groups": {"type": "list", "elements": "int"},
    "phase1_lifetime_seconds": {"type": "int"},
    "phase2_encryption": {"type": "list", "elements": "str"},
    "phase2_integrity": {"type": "list", "elements": "str"},
    "phase2_dh_groups": {"type": "list", "elements": "int"},
    "phase2_lifetime_seconds": {"type": "int"},
    "phase1_additional_key_exchanges": {"type": "list", "elements": "dict", "no_log": False, "options": EXCHANGE_SPEC},
    "phase2_additional_key_exchanges": {"type": "list", "elements": "dict", "no_log": False, "options": EXCHANGE_SPEC},
    "rekey_margin_seconds": {"type": "int", "no_log": False},
    "rekey_fuzz_percent": {"type": "int", "no_log": False},
    "replay_window_size": {"type": "int"},
    "dpd_timeout_seconds": {"type": "int"},
    "dpd_timeout_action": {"type": "str", "choices": ["clear", "none", "restart"]},
    "ike_versions": {"type": "list", "elements": "str", "choices": ["ikev1", "ikev2"]},
    "startup_action": {"type": "str", "choices": ["add", "start"]},
    "lifecycle_control": {"type": "bool"},
    "log_options": {"type": "dict", "options": LOG_SPEC},
}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str"},
            "vpn_connection_id": {"type": "str"},
            "customer_gateway_id": {"type": "str"},
            "vpn_gateway_id": {"type": "str"},
            "transit_gateway_id": {"type": "str"},
            "static_routes_only": {"type": "bool"},
            "inside_ip_version": {"type": "str", "choices": ["ipv4", "ipv6"]},
            "routes": {"type": "list", "elements": "str"},
            "tunnels": {"type": "list", "elements": "dict", "options": TUNNEL_SPEC},
            "pre_shared_keys": {"type": "dict", "no_log": True},
            "pre_shared_key_storage": {"type": "str", "choices": ["Standard", "SecretsManager"], "no_log": False},
            "tags": {"type": "dict", "default": {}},
            "adopt": {"type": "bool", "default": False},
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 1800},
        },
        mutually_exclusive=[("vpn_gateway_id", "transit_gateway_id")],
        required_if=[("state", "present", ("name", "vpn_connection_id"), True)],
        supports_check_mode=True,
    )
    faults = options.vpn_connection(module.params)
    if module.params["state"] == "present" and (refused := options.refusal(faults)):
        module.params["pre_shared_keys"] = None  # a key in the place of a name would be shown with the arguments
        module.fail_json(**refused)
    aws.run(module, ensure, wrap=aws_secrets.of_module(module))


if __name__ == "__main__":
    main()
