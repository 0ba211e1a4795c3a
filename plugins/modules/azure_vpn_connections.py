#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: azure_vpn_connections
short_description: Manage the site-to-site connections of an Azure VPN gateway
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Creates, changes and deletes IPsec connections between a VPN gateway and local network gateways, with IPsec policy,
    custom BGP addresses, mode, DPD and pre-shared key.
  - A key that AWS has made is read from AWS inside the module, compared with Azure's and written if it differs, so that
    it never passes through Ansible. A key is never returned, shown or logged, only its fingerprint.
  - A new connection gets its key in the request that creates it. A later change of the key has a request of its own,
    because Azure ignores the key in an update of the connection. The key is read back and compared.
  - An option that is not given leaves alone what is there. Connections that are not listed are left alone.
options:
  state:
    description: Whether the connections are to exist.
    type: str
    choices: [present, absent]
    default: present
  resource_group:
    description: The resource group of the connections, the gateway and the local gateways.
    type: str
    required: true
  location:
    description: The region. Needed to create a connection.
    type: str
  gateway_name:
    description: Name of the virtual network gateway.
    type: str
    required: true
  connections:
    description: The connections, as M(hybrid.s2s_vpn.azure_local_gateway_facts) returns them.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the connection.
        type: str
        required: true
      local_gateway:
        description: Name of the local network gateway. Needed to create a connection.
        type: str
      inside_cidr:
        description: The tunnel's inside CIDR; only returned.
        type: str
      instance:
        description: The gateway's instance that the tunnel ends on; only returned.
        type: int
      enable_bgp:
        description: Whether BGP runs over it.
        type: bool
      custom_bgp_addresses:
        description:
          - The APIPA address of each instance for this connection, all of them. Azure wants one of every instance, and
            uses the one of the instance that the tunnel ends on.
        type: list
        elements: dict
        suboptions:
          instance:
            description: Number of the instance, from 0.
            type: int
            required: true
          address:
            description: One of the instance's APIPA addresses.
            type: str
            required: true
      ipsec_policy:
        description: The only proposal that Azure makes and takes, in Azure's words.
        type: dict
        suboptions:
          ike_encryption:
            description: Encryption of phase 1.
            type: str
            required: true
          ike_integrity:
            description: Integrity of phase 1.
            type: str
            required: true
          dh_group:
            description: Diffie-Hellman group of phase 1.
            type: str
            required: true
          ipsec_encryption:
            description: Encryption of phase 2.
            type: str
            required: true
          ipsec_integrity:
            description: Integrity of phase 2.
            type: str
            required: true
          pfs_group:
            description: Perfect forward secrecy group of phase 2.
            type: str
            required: true
          sa_lifetime_seconds:
            description: Lifetime of a security association in seconds.
            type: int
            required: true
          sa_data_size_kilobytes:
            description: Lifetime of a security association in kilobytes.
            type: int
            required: true
      protocol:
        description: The IKE version. It cannot be changed later without O(consent=recreate).
        type: str
        choices: [IKEv2, IKEv1]
      mode:
        description: Which side starts IKE.
        type: str
        choices: [Default, InitiatorOnly, ResponderOnly]
      dpd_seconds:
        description: Seconds until a peer that does not answer is taken for dead.
        type: int
      pre_shared_key_from:
        description: Where to read the key in AWS.
        type: dict
        suboptions:
          vpn_connection_id:
            description: Id of the AWS VPN connection.
            type: str
            required: true
          outside_address:
            description: AWS's outside address of the tunnel.
            type: str
            required: true
      pre_shared_key:
        description: The key itself, if it does not come from AWS.
        type: str
  pre_shared_keys:
    description:
      - Your own keys by inside CIDR, those that AWS has been given. One is taken in the place of
        O(connections[].pre_shared_key_from) that is in Secrets Manager and may not be read there.
    type: dict
  aws:
    description:
      - How to read the keys from AWS. What is not given comes from AWS's environment variables and configuration files.
      - The identity needs the permission C(ec2:DescribeVpnConnections), and C(secretsmanager:GetSecretValue) for keys
        that AWS keeps in Secrets Manager.
    type: dict
    suboptions:
      region:
        description: The region of the VPN connections.
        type: str
      access_key:
        description: The access key id.
        type: str
      secret_key:
        description: The secret access key.
        type: str
      session_token:
        description: The session token of temporary credentials.
        type: str
      profile:
        description: A profile of AWS's configuration files.
        type: str
      endpoint_url:
        description: The endpoint of EC2, if it is not AWS's own.
        type: str
  tags:
    description: Tags to set on each. Others are kept.
    type: dict
  consent:
    description:
      - Changes that are refused otherwise.
      - V(interrupt) allows changes of more than one connection that is up, or of the only one. Each takes its tunnel
        down for a while.
      - V(recreate) allows deleting a connection and making it again, for what Azure cannot change in place. The tunnel
        is down meanwhile. The new one has all that the options do not change, with its key and properties that the
        module does not manage; at another gateway it has no NAT rules and custom BGP addresses of the old one.
    type: list
    elements: str
    choices: [interrupt, recreate]
    default: []
  wait_timeout:
    description: Seconds to wait at most, for the gateway and for each connection.
    type: int
    default: 1800
  poll_seconds:
    description:
      - Seconds between two looks while waiting, at most, where Azure does not say how long to wait.
    type: float
    default: 5
notes:
  - The connections are sent one after the other, and each is waited for. No document of Microsoft's says that several
    may be sent at once for one gateway, and some users meet C(AnotherOperationInProgress) when they do.
  - If the gateway is being made or changed, the module waits for it first.
attributes:
  check_mode:
    description:
      - Can be run in check mode; ids of what does not exist yet are C(planned:<name>) then, and a key that AWS does not
        have yet is not compared.
    support: full
  diff_mode:
    description: Shows what differs, in the words of the options, with fingerprints for keys.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
seealso:
  - module: hybrid.s2s_vpn.azure_local_gateways
  - module: hybrid.s2s_vpn.azure_vpn_gateway
extends_documentation_fragment:
  - hybrid.s2s_vpn.azure
"""

EXAMPLES = r"""
- name: Connect all tunnels of a link, with the keys that AWS has made
  hybrid.s2s_vpn.azure_vpn_connections:
    resource_group: hq-rg
    location: westeurope
    gateway_name: hq-vng
    connections: "{{ s2s_vpn_connections }}"
    aws:
      region: eu-central-1

- name: Connect one tunnel with a key of one's own
  hybrid.s2s_vpn.azure_vpn_connections:
    resource_group: hq-rg
    location: westeurope
    gateway_name: hq-vng
    connections:
      - name: hq-aws-1-1
        local_gateway: hq-aws-1-1
        enable_bgp: true
        custom_bgp_addresses:
          - instance: 0
            address: 169.254.21.2
          - instance: 1
            address: 169.254.21.6
        ipsec_policy:
          ike_encryption: AES256
          ike_integrity: SHA256
          dh_group: DHGroup14
          ipsec_encryption: GCMAES256
          ipsec_integrity: GCMAES256
          pfs_group: PFS2048
          sa_lifetime_seconds: 3600
          sa_data_size_kilobytes: 102400000
        protocol: IKEv2
        mode: Default
        dpd_seconds: 45
        pre_shared_key: "{{ vault_hq_key }}"
"""

RETURN = r"""
connections:
  description: The connections in the order given, or as they will be. Empty with O(state=absent).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
    name:
      description: Its name.
      type: str
    provisioning_state:
      description: What Azure says; C(Planned) in check mode.
      type: str
    status:
      description: Whether it is connected, in Azure's word; C(Unknown) right after a change.
      type: str
    local_gateway:
      description: Name of the local network gateway.
      type: str
    enable_bgp:
      description: Whether BGP runs over it.
      type: bool
    protocol:
      description: The IKE version.
      type: str
    mode:
      description: Which side starts IKE.
      type: str
    dpd_seconds:
      description: Seconds until a peer is taken for dead.
      type: int
    custom_bgp_addresses:
      description: IP configuration and APIPA address, for each instance.
      type: list
      elements: dict
    ipsec_policy:
      description: The proposal, null for Azure's default ones.
      type: dict
    pre_shared_key_fingerprint:
      description:
        - C(sha256:) and 12 hex digits of an HMAC of the key, with the tunnel's outside address (or the connection's
          name if that is not given) as the HMAC's key. Null if no key was asked for.
      type: str
    inside_cidr:
      description: As given.
      type: str
    instance:
      description: As given.
      type: int
    tags:
      description: Its tags.
      type: dict
    changed:
      description: Whether this one was changed.
      type: bool
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import consent, keys, options, tunnels
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure, azure_connections
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault

Json = dict[str, Any]
ReadKeys = Callable[[list[str]], list[Json]]
"""Ids of AWS VPN connections in, the connections out, as boto3 gives them."""

POLICY: dict[str, Any] = {
    **{
        name: {"type": "str", "required": True}
        for name in (
            "ike_encryption", "ike_integrity", "dh_group", "ipsec_encryption", "ipsec_integrity", "pfs_group",
        )
    },
    "sa_lifetime_seconds": {"type": "int", "required": True},
    "sa_data_size_kilobytes": {"type": "int", "required": True},
}  # fmt: skip

ARGUMENTS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "resource_group": {"type": "str", "required": True},
    "location": {"type": "str"},
    "gateway_name": {"type": "str", "required": True},
    "connections": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "local_gateway": {"type": "str"},
            "inside_cidr": {"type": "str"},
            "instance": {"type": "int"},
            "enable_bgp": {"type": "bool"},
            "custom_bgp_addresses": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "instance": {"type": "int", "required": True},
                    "address": {"type": "str", "required": True},
                },
            },
            "ipsec_policy": {"type": "dict", "options": POLICY},
            "protocol": {"type": "str", "choices": ["IKEv2", "IKEv1"]},
            "mode": {"type": "str", "choices": ["Default", "InitiatorOnly", "ResponderOnly"]},
            "dpd_seconds": {"type": "int"},
            "pre_shared_key_from": {
                "type": "dict",
                "no_log": False,
                "options": {
                    "vpn_connection_id": {"type": "str", "required": True},
                    "outside_address": {"type": "str", "required": True},
                },
            },
            "pre_shared_key": {"type": "str", "no_log": True},
        },
        "mutually_exclusive": [("pre_shared_key", "pre_shared_key_from")],
    },
    "pre_shared_keys": {"type": "dict", "no_log": True},
    "aws": {
        "type": "dict",
        "options": {
            "region": {"type": "str"},
            "access_key": {"type": "str", "no_log": True},
            "secret_key": {"type": "str", "no_log": True},
            "session_token": {"type": "str", "no_log": True},
            "profile": {"type": "str"},
            "endpoint_url": {"type": "str"},
        },
    },
    "tags": {"type": "dict"},
    "consent": {"type": "list", "elements": "str", "choices": list(consent.AZURE_CONNECTION), "default": []},
    "wait_timeout": {"type": "int", "default": 1800},
    "poll_seconds": {"type": "float", "default": 5},
}


# --- keys -------------------------------------------------------------------------------------------


def keys_of(params: Mapping[str, Any], check_mode: bool, read: ReadKeys) -> dict[str, str]:
    """The key of each connection by name; those that nobody asks for, or that check mode cannot know, are missing."""
    found = {one["name"]: one["pre_shared_key"] for one in params["connections"] if one.get("pre_shared_key")}
    sources = {
        one["name"]: (
            azure.real(one["pre_shared_key_from"]["vpn_connection_id"], "vpn_connection_id", check_mode),
            azure.real(one["pre_shared_key_from"]["outside_address"], "outside_address", check_mode),
        )
        for one in params["connections"]
        if one.get("pre_shared_key_from")
    }
    given = params.get("pre_shared_keys") or {}
    cidrs = {one["name"]: one.get("inside_cidr") for one in params["connections"]}
    asked = sorted({str(one) for one, address in sources.values() if not words.is_planned(one)})
    by_id = {one.get("VpnConnectionId"): one for one in read(asked)} if asked else {}
    for name, (connection_id, address) in sources.items():
        if words.is_planned(connection_id) or words.is_planned(address):
            continue
        key = tunnels.read_key(by_id.get(connection_id, {}), str(address))
        if not isinstance(key, Fault):
            found[name] = key
        elif cidrs[name] in given:
            found[name] = given[cidrs[name]]
        elif not check_mode:
            raise azure.AzureError(f"reading the key of {name} from AWS", "", key.problem, key.remedy)
    for name, key in found.items():
        problem = keys.azure_problem(key)
        if problem:
            raise azure.AzureError(f"reading the key of {name}", "", problem, keys.RULE)
    return found


def salt_of(one: Mapping[str, Any]) -> str:
    return str((one.get("pre_shared_key_from") or {}).get("outside_address") or one["name"])


# --- one connection ---------------------------------------------------------------------------------


def wish_of(
    arm: azure.Arm, params: Mapping[str, Any], one: Mapping[str, Any], gateway: Json, check_mode: bool
) -> words.ConnectionWish:
    group = params["resource_group"]
    addresses = one.get("custom_bgp_addresses")
    slots: tuple[tuple[str, str], ...] | None = None
    if addresses is not None:
        slots = tuple(
            (slot_id(gateway, slot["instance"], slot["address"], one["name"], check_mode), slot["address"])
            for slot in addresses
        )
    policy = one.get("ipsec_policy")
    return words.ConnectionWish(
        name=one["name"],
        gateway_id=arm.id(group, words.GATEWAYS, params["gateway_name"]),
        local_gateway_id=one.get("local_gateway") and arm.id(group, words.LOCAL_GATEWAYS, one["local_gateway"]),
        enable_bgp=one.get("enable_bgp"),
        custom_bgp_addresses=slots,
        ipsec_policy=words.IpsecPolicy(**policy) if policy else None,
        protocol=one.get("protocol"),
        mode=one.get("mode"),
        dpd_seconds=one.get("dpd_seconds"),
    )


def slot_id(gateway: Json, instance: int, address: str, name: str, check_mode: bool) -> str:
    found = words.ip_configuration_for(gateway, instance, address)
    if found is None and check_mode:  # the gateway, or its second instance, would have been made before
        return words.planned(f"instance{instance}")
    if found is None:
        raise azure.AzureError(
            f"reading custom_bgp_addresses of {name}", "", f"the gateway has no instance {instance}",
            "An active/standby gateway has instance 0 only.",
        )  # fmt: skip
    return found


class Apply:
    """Brings one connection after the other to what is wished."""

    def __init__(self, arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> None:
        self.arm, self.params, self.check_mode = arm, params, check_mode
        self.before: Json = {}
        self.after: Json = {}
        self.made: list[Json] = []

    @property
    def result(self) -> Json:
        """Of those that are done."""
        done = {one["name"] for one in self.made}
        return {
            "changed": any(one["changed"] for one in self.made),
            "connections": self.made,
            "diff": {
                "before": {name: view for name, view in self.before.items() if name in done},
                "after": {name: view for name, view in self.after.items() if name in done},
            },
        }

    def __call__(
        self, one: Mapping[str, Any], wish: words.ConnectionWish, change: words.Change, existing: Json | None,
        present: str | None, key: str | None,
    ) -> None:  # fmt: skip
        """`present` is Azure's key, `key` the one wished."""
        tried = f"changing the connection {wish.name}"
        azure.refuse(tried, change.refused(self.params["consent"]))
        replaces = existing is not None and change.replaces(self.params["consent"])
        if existing is not None and replaces:
            change = words.connection_rebuild(wish, self.params["location"], self.params["tags"], existing)
            if not words.connection_view(change.body or {})["local_gateway"]:
                answer = "it has to be made again, and local_gateway is not given"
                raise azure.AzureError(tried, "", answer, "Give this option.")
        if existing is None and not (self.params["location"] and wish.local_gateway_id):
            answer = "it does not exist, and location and local_gateway are not both given"
            raise azure.AzureError(tried, "", answer, "Give these options.")
        new_key = key is not None and (existing is None or present != key)
        self._tell(one, change, present, key if new_key else None)

        now: Json = existing or {"name": wish.name}
        if change.body is not None or new_key:
            now = self._predict(now, change) if self.check_mode else self._do(now, change, present, key, replaces)
        self.made.append(
            {
                **words.connection_facts(now),
                "pre_shared_key_fingerprint": keys.fingerprint(key, salt_of(one)) if key else None,
                "inside_cidr": one.get("inside_cidr"),
                "instance": one.get("instance"),
                "changed": change.changed or new_key,
            }
        )

    def _tell(self, one: Mapping[str, Any], change: words.Change, old: str | None, new: str | None) -> None:
        before, after = dict(change.before), dict(change.after)
        if new is not None:
            if change.before or not change.changed:
                before["pre_shared_key"] = keys.fingerprint(old, salt_of(one)) if old else None
            after["pre_shared_key"] = keys.fingerprint(new, salt_of(one))
        if after:
            self.before[one["name"]], self.after[one["name"]] = before, after

    def _predict(self, now: Json, change: words.Change) -> Json:
        body = change.body or now
        return {**now, **body, "properties": {**body.get("properties", {}), "provisioningState": "Planned"}}

    def _do(self, now: Json, change: words.Change, present: str | None, key: str | None, replaces: bool) -> Json:
        resource = self.arm.id(self.params["resource_group"], words.CONNECTIONS, now["name"])
        seconds = self.params["wait_timeout"]
        if replaces:
            key = key or present or self.arm.shared_key(resource) or None  # Azure's goes with the connection
            operation = self.arm.delete(resource)
            if operation:
                self.arm.wait(operation, seconds)
            present = None
        if change.body is not None:
            sent = key or present or self.arm.shared_key(resource)
            now = azure_connections.put(self.arm, resource, change.body, sent, seconds)
            if key is not None:
                present = self.arm.shared_key(resource, made=True)
        if key is not None and present != key:
            azure_connections.set_key(self.arm, resource, key, seconds)
        return now


# --- the module -------------------------------------------------------------------------------------


def gateway_of(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> Json:
    """The gateway, ready; {} if check mode finds none."""
    own = arm.id(params["resource_group"], words.GATEWAYS, params["gateway_name"])
    gateway = arm.get(own)
    if gateway is not None and words.is_busy(gateway) and not check_mode:
        gateway = arm.settle(own, params["wait_timeout"], gateway)
    if gateway is not None and words.has_failed(gateway) and not check_mode:
        raise azure.AzureError(
            f"connecting {params['gateway_name']}", "", f"the gateway is {words.state_of(gateway)}",
            "Run azure_vpn_gateway, or the playbook again: the gateway is sent once more.",
        )  # fmt: skip
    if gateway is None and not check_mode:
        raise azure.AzureError(
            f"connecting {params['gateway_name']}", "", "there is no such gateway in this resource group",
            "Create it with azure_vpn_gateway, or correct gateway_name.",
        )  # fmt: skip
    return gateway or {}


def existing_ones(
    arm: azure.Arm, params: Mapping[str, Any], check_mode: bool
) -> Iterator[tuple[Json | None, str | None]]:
    """Each connection of the list with Azure's key of it; None for what is not there."""
    ids = [arm.id(params["resource_group"], words.CONNECTIONS, one["name"]) for one in params["connections"]]
    found = azure.together(partial(arm.get, own) for own in ids)
    if not check_mode:
        found = [one and arm.settle(one["id"], params["wait_timeout"], one) for one in found]
    wants = [bool(one.get("pre_shared_key_from") or one.get("pre_shared_key")) for one in params["connections"]]
    asked = [own for own, seen, want in zip(ids, found, wants, strict=True) if seen is not None and want]
    present = dict(zip(asked, azure.together(partial(arm.shared_key, own) for own in asked), strict=True))
    yield from ((seen, present.get(own)) for own, seen in zip(ids, found, strict=True))


def present(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool, read: ReadKeys) -> Json:
    wanted = keys_of(params, check_mode, read)
    for key in wanted.values():
        arm.hide(key)
    gateway = gateway_of(arm, params, check_mode)
    wishes = [wish_of(arm, params, one, gateway, check_mode) for one in params["connections"]]
    existing = list(existing_ones(arm, params, check_mode))
    changes = [
        words.connection_change(wish, params["location"], params["tags"], seen)
        for wish, (seen, _key) in zip(wishes, existing, strict=True)
    ]
    if consent.INTERRUPT not in params["consent"]:
        standing = [seen for seen, _key in existing]
        azure.refuse("changing the connections", words.interruption(zip(changes, standing, strict=True)))
    apply = Apply(arm, params, check_mode)
    try:
        for one, wish, change, (seen, present_key) in zip(
            params["connections"], wishes, changes, existing, strict=True
        ):
            apply(one, wish, change, seen, present_key, wanted.get(one["name"]))
    except azure.AzureError as error:
        error.done = apply.result
        raise
    return apply.result


def absent(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> Json:
    before = {}
    changed = False
    for one in params["connections"]:
        own = arm.id(params["resource_group"], words.CONNECTIONS, one["name"])
        seen = arm.get(own)
        if seen is None:
            continue
        if words.is_busy(seen) and not check_mode:
            seen = arm.settle(own, params["wait_timeout"], seen)
            if seen is None:
                continue
        changed = True
        before[one["name"]] = words.connection_view(seen)
        operation = None if check_mode else arm.delete(own)
        if operation is not None:
            arm.wait(operation, params["wait_timeout"])
    return {"changed": changed, "connections": [], "diff": {"before": before, "after": {}}}


def reader(aws_options: Mapping[str, Any] | None) -> ReadKeys:
    """Asks AWS once for all connections. Imported here, so that keys of one's own need no boto3."""

    def read(ids: list[str]) -> list[Json]:
        from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import aws, aws_secrets

        who = {key: value for key, value in (aws_options or {}).items() if value}
        at = {key: value for key, value in who.items() if key != "endpoint_url"}  # that is EC2's
        try:
            client = aws_secrets.WithSecrets(
                aws.make_client("ec2", **who), lambda: aws.make_client("secretsmanager", **at)
            )
            return aws.describe_vpn_connections(client, ids)
        except aws.AwsError as error:
            raise azure.AzureError(error.tried, error.code, error.answer, error.remedy) from error

    return read


def main() -> None:
    module = azure.make_module(ARGUMENTS)
    faults = options.azure_connections(module.params)
    if module.params["state"] == "present" and (refused := options.refusal(faults)):
        module.fail_json(**refused)

    def action(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> Json:
        if params["state"] == "absent":
            return absent(arm, params, check_mode)
        return present(arm, params, check_mode, reader(params["aws"]))

    azure.run(module, action)


if __name__ == "__main__":
    main()
