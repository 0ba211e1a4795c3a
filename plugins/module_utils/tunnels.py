# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS says of its VPN connections: API answers and configuration documents, read into one shape.

Keys are dropped while reading. Who must have one (to write it to Azure) asks :func:`read_key` for it by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any
from xml.parsers import expat

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.addresses import (
    aws_inside_address,
    azure_inside_address,
    parse_address,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.faults import Fault, shown
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.keys import aws_problem

#: A document of AWS with two tunnels has some 4 KB.
LARGEST_DOCUMENT = 256 * 1024
DEEPEST = 16
PLANNED = "planned:"
GONE = ("deleting", "deleted")


@dataclass(frozen=True)
class Tunnel:
    """One tunnel as AWS has it. ``None`` is "AWS does not say here"; no key, no crypto.

    ``outside_address`` is AWS's, or ``planned:<inside CIDR>``; ``customer_outside_address`` is the customer gateway's.
    """

    outside_address: str
    inside_cidr: str
    aws_inside_address: str
    customer_inside_address: str
    customer_outside_address: str | None = None
    aws_asn: int | None = None
    customer_asn: int | None = None


@dataclass(frozen=True)
class Connection:
    """A VPN connection. ``state`` is pending, available, modifying, deleting or deleted, or "" where it is not told.

    ``planned`` is one that does not exist yet (check mode).
    """

    id: str
    state: str
    static_routes_only: bool | None
    customer_gateway_id: str | None
    vpn_gateway_id: str | None
    transit_gateway_id: str | None
    tunnels: list[Tunnel] = field(default_factory=list)

    @property
    def gone(self) -> bool:
        return self.state in GONE

    @property
    def planned(self) -> bool:
        return self.id.startswith(PLANNED)


# -------------------------------------------------------------------------------------------------- the XML document


@dataclass
class _Element:
    name: str
    id: str | None = None
    text: str = ""
    children: list[_Element] = field(default_factory=list)

    def all(self, name: str) -> list[_Element]:
        return [child for child in self.children if child.name == name]

    def find(self, path: str) -> _Element | None:
        found: _Element | None = self
        for name in path.split("/"):
            found = next(iter(found.all(name)), None) if found else None
        return found

    def text_of(self, path: str) -> str | None:
        found = self.find(path)
        return found.text.strip() or None if found else None


class _Hostile(Exception):
    pass


def _parse_xml(document: str | bytes) -> _Element | str:
    """The root element, or what is wrong with the document. No DTD, no entity, no depth, no size that AWS never has."""
    if len(document) > LARGEST_DOCUMENT:
        return f"it is larger than {LARGEST_DOCUMENT // 1024} KiB"
    try:
        data = document.encode() if isinstance(document, str) else document.decode("utf-8-sig").encode()
    except UnicodeError:
        return "it is not UTF-8"
    if not data.strip():
        return "it is empty"
    stack = [_Element("")]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) > DEEPEST:
            raise _Hostile("it is nested too deeply")
        element = _Element(name, attributes.get("id"))
        stack[-1].children.append(element)
        stack.append(element)

    def end(_name: str) -> None:
        stack.pop()

    def characters(text: str) -> None:
        stack[-1].text += text

    def refuse(*_args: object) -> int:
        raise _Hostile("it has a DOCTYPE or entities, which AWS never sends")

    # The encoding is given, so that a declaration in the document cannot choose another.
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(data, True)
    except _Hostile as hostile:
        return str(hostile)
    except expat.ExpatError as error:
        words = expat.ErrorString(error.code)
        return f"it is broken or cut off at line {error.lineno} ({words})"
    return stack[0].children[0]


def _document_root(document: str | bytes) -> _Element | str:
    root = _parse_xml(document)
    if isinstance(root, str):
        return root
    if root.name != "vpn_connection":
        return "its root is not vpn_connection"
    return root


class _Unreadable(Exception):
    """What is wrong with one part; never quotes a value, which might be a key out of place."""


def _address(text: str | None, where: str) -> IPv4Address:
    found = parse_address(text)
    if found is None:
        raise _Unreadable(f"{where} is {'not an IPv4 address' if text else 'missing'}")
    return found


def _number(value: object, where: str) -> int | None:
    """An ASN or a prefix length."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and re.fullmatch("[0-9]{1,20}", value, re.ASCII):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Unreadable(f"{where} is not a number")
    if not 0 <= value < 2**32:
        raise _Unreadable(f"{where} is not between 0 and 4294967295")
    return value


def _tunnel_of_element(element: _Element, number: int) -> Tunnel:
    where = f"ipsec_tunnel {number}"

    def address(side: str, kind: str) -> IPv4Address:
        path = f"{side}/{kind}/ip_address"
        return _address(element.text_of(path), f"{where}: {path}")

    customer = address("customer_gateway", "tunnel_inside_address")
    aws = address("vpn_gateway", "tunnel_inside_address")
    length = _number(element.text_of("vpn_gateway/tunnel_inside_address/network_cidr"), f"{where}: network_cidr")
    if length is not None and length > 32:
        raise _Unreadable(f"{where}: network_cidr is not a prefix length")
    inside = IPv4Network((aws, 30 if length is None else length), strict=False)
    if customer not in inside:
        raise _Unreadable(f"{where}: the two inside addresses are not in one network")
    return Tunnel(
        outside_address=str(address("vpn_gateway", "tunnel_outside_address")),
        inside_cidr=str(inside),
        aws_inside_address=str(aws),
        customer_inside_address=str(customer),
        customer_outside_address=str(address("customer_gateway", "tunnel_outside_address")),
        aws_asn=_number(element.text_of("vpn_gateway/bgp/asn"), f"{where}: vpn_gateway/bgp/asn"),
        customer_asn=_number(element.text_of("customer_gateway/bgp/asn"), f"{where}: customer_gateway/bgp/asn"),
    )


def _connection_of_document(document: str | bytes) -> Connection:
    root = _document_root(document)
    if isinstance(root, str):
        raise _Unreadable(root)
    elements = root.all("ipsec_tunnel")
    if not elements:
        raise _Unreadable("it has no ipsec_tunnel")
    if not root.id:
        raise _Unreadable("its vpn_connection has no id")
    attributes = root.text_of("vpn_connection_attributes") or ""
    return Connection(
        id=root.id,
        state="",
        static_routes_only="NoBGP" in attributes,
        customer_gateway_id=root.text_of("customer_gateway_id"),
        vpn_gateway_id=root.text_of("vpn_gateway_id"),
        transit_gateway_id=None,
        tunnels=[_tunnel_of_element(element, number) for number, element in enumerate(elements, 1)],
    )


DOCUMENT_REMEDY = "Give the CustomerGatewayConfiguration as AWS sends it, whole."
ANSWER_REMEDY = "Give it as AWS or the module returned it."


def parse_document(document: str | bytes, where: str = "CustomerGatewayConfiguration") -> Connection | Fault:
    """Read a ``CustomerGatewayConfiguration``. Tunnels come in the document's order, which means nothing.

    :param where: names the document in the fault
    """
    try:
        return _connection_of_document(document)
    except _Unreadable as unreadable:
        return Fault(where, "", str(unreadable), DOCUMENT_REMEDY)


# -------------------------------------------------------------------------------------------------- the API's answers

Flat = dict[str, Any]


def _flat(mapping: Mapping[str, object]) -> Flat:
    """Keys without letter case and underscores: boto3's CamelCase, Ansible's snake_case and both spellings of DPD,
    IKE and DH (requests and responses differ) become one."""
    return {key.replace("_", "").lower(): value for key, value in mapping.items() if isinstance(key, str)}


def _word(flat: Flat, name: str) -> str | None:
    """A text of the answer; absent and empty are one."""
    value = flat.get(name)
    if value is not None and not isinstance(value, str):
        raise _Unreadable(f"its {name} is not text")
    return value or None


def _mappings(value: object, where: str) -> list[Mapping[str, object]]:
    """A list of mappings; absent is none."""
    if value is None:
        return []
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise _Unreadable(f"{where} is not a list")
    items = list(value)
    if not all(isinstance(item, Mapping) for item in items):
        raise _Unreadable(f"{where} has an entry that is not a mapping")
    return items


def _tunnel_of_options(flat: Flat, number: int, planned: bool) -> Tunnel:
    """A tunnel of ``aws_vpn_connection`` or of ``TunnelOptions``."""
    where = f"tunnel {number}"
    outside = flat.get("outsideaddress", flat.get("outsideipaddress"))
    cidr = flat.get("insidecidr", flat.get("tunnelinsidecidr"))
    try:
        inside = IPv4Network(cidr) if isinstance(cidr, str) else None
    except ValueError:
        inside = None
    if inside is None or inside.prefixlen > 30:
        raise _Unreadable(f"{where}: the inside CIDR is {'not a network' if cidr else 'missing'}")
    if planned or (isinstance(outside, str) and outside.startswith(PLANNED)):
        address = f"{PLANNED}{inside}"
    else:
        address = str(_address(outside if isinstance(outside, str) else None, f"{where}: the outside address"))
    return Tunnel(
        outside_address=address,
        inside_cidr=str(inside),
        aws_inside_address=str(aws_inside_address(inside)),
        customer_inside_address=str(azure_inside_address(inside)),
        customer_outside_address=_word(flat, "customeroutsideaddress"),
        aws_asn=_number(flat.get("awsasn"), f"{where}: the ASN of AWS"),
        customer_asn=_number(flat.get("customerasn"), f"{where}: the ASN of the customer gateway"),
    )


def _completed(tunnels: Sequence[Tunnel], document: Connection) -> list[Tunnel]:
    """ASNs and the customer gateway's address stand in the document only; outside addresses tell tunnels apart."""
    by_outside = {tunnel.outside_address: tunnel for tunnel in document.tunnels}
    # A replaced endpoint may be missing there, but the ASNs are those of the connection.
    fallback = document.tunnels[0]
    return [
        replace(
            tunnel,
            customer_outside_address=found.customer_outside_address,
            aws_asn=tunnel.aws_asn or found.aws_asn,
            customer_asn=tunnel.customer_asn or found.customer_asn,
        )
        for tunnel in tunnels
        for found in [by_outside.get(tunnel.outside_address, fallback)]
    ]


def _options(flat: Flat) -> Flat:
    """The connection's options; the documentation of a stock module calls them a list."""
    options = flat.get("options")
    if isinstance(options, Sequence) and not isinstance(options, str) and options:
        options = options[0]
    return _flat(options) if isinstance(options, Mapping) else {}


def _connection_of_answer(raw: Mapping[str, object]) -> Connection:
    flat = _flat(raw)
    options = _options(flat)
    identifier = flat.get("vpnconnectionid")
    if not isinstance(identifier, str) or not identifier:
        raise _Unreadable("it has no vpn_connection_id")
    document = flat.get("customergatewayconfiguration")
    state = (_word(flat, "state") or "").lower()
    static = flat.get("staticroutesonly", options.get("staticroutesonly"))
    connection = Connection(
        id=identifier,
        state=state,
        static_routes_only=static if isinstance(static, bool) else None,
        customer_gateway_id=_word(flat, "customergatewayid"),
        vpn_gateway_id=_word(flat, "vpngatewayid"),
        transit_gateway_id=_word(flat, "transitgatewayid"),
    )
    if connection.gone:
        return connection
    parsed: Connection | None = None
    if isinstance(document, str | bytes) and document.strip():
        try:
            parsed = _connection_of_document(document)
        except _Unreadable as unreadable:
            raise _Unreadable(f"its CustomerGatewayConfiguration: {unreadable}") from None
        if parsed.id != identifier:
            raise _Unreadable("its CustomerGatewayConfiguration is that of another connection")
    own = _mappings(flat.get("tunnels"), "tunnels")
    listed = [_flat(tunnel) for tunnel in own or _mappings(options.get("tunneloptions"), "tunnel_options")]
    if state == "pending":  # a tunnel may have no address yet
        listed = [tunnel for tunnel in listed if tunnel.get("outsideaddress") or tunnel.get("outsideipaddress")]
    tunnels = [_tunnel_of_options(tunnel, number, connection.planned) for number, tunnel in enumerate(listed, 1)]
    if parsed is not None:
        tunnels = _completed(tunnels, parsed) if tunnels else parsed.tunnels
    if connection.static_routes_only is None and parsed is not None:
        connection = replace(connection, static_routes_only=parsed.static_routes_only)
    return replace(connection, tunnels=tunnels)


def parse_connection(raw: Mapping[str, object], where: str = "vpn_connection") -> Connection | Fault:
    """Read a VPN connection as boto3, ``amazon.aws.ec2_vpc_vpn_info`` or ``aws_vpn_connection`` give it.

    Addresses come from ``Options.TunnelOptions``, or from the document where those are absent or empty.
    A deleted connection has no tunnels; a pending one may have none yet.

    :param where: names the connection in the fault
    """
    if not isinstance(raw, Mapping):
        return Fault(where, "", "it is not a mapping", ANSWER_REMEDY)
    try:
        return _connection_of_answer(raw)
    except _Unreadable as unreadable:
        identifier = _flat(raw).get("vpnconnectionid")
        return Fault(where, shown(identifier) if identifier else "", str(unreadable), ANSWER_REMEDY)


# ----------------------------------------------------------------------------------------------------------- the key


def read_key(connection: Mapping[str, object], outside_address: str) -> str | Fault:
    """The pre-shared key of one tunnel, for the module that writes it to Azure. Never put it into a result.

    :param connection: an element of ``VpnConnections`` (AWS, DescribeVpnConnections), in either spelling
    :param outside_address: AWS's address of the tunnel
    :returns: the key, or a fault that holds no part of one
    """

    def fault(problem: str, remedy: str) -> Fault:
        return Fault(
            "pre_shared_key_from", f"{shown(flat.get('vpnconnectionid'))} {shown(outside_address)}", problem, remedy
        )

    flat = _flat(connection)
    state = shown(flat.get("state")).lower()
    if state in GONE:
        return fault(f"the connection is {state}", "Run the link again, so that it is made anew.")
    arn, kept = flat.get("presharedkeyarn"), _own_key(flat, outside_address)
    if kept:
        return kept if isinstance(kept, str) else fault("its key is not text", "Read it from AWS, not from Ansible.")
    if arn and _hides(flat, outside_address):
        return fault(
            f"AWS keeps its key in Secrets Manager ({shown(arn)}), and it was not read there"
            f" ({flat.get(_flat_name(UNREAD)) or 'nobody asked'})",
            "Allow secretsmanager:GetSecretValue on that secret, or give the keys of all tunnels in"
            " s2s_vpn_pre_shared_keys.",
        )
    again = "See whether the account may read it: DescribeVpnConnections shows keys to those who may."
    document = flat.get("customergatewayconfiguration")
    if not isinstance(document, str | bytes) or not document.strip():
        return fault("AWS gives neither a key nor a document", again)
    root = _document_root(document)
    if isinstance(root, str):
        return fault(f"AWS's document is unreadable: {root}", DOCUMENT_REMEDY)
    for element in root.all("ipsec_tunnel"):
        if element.text_of("vpn_gateway/tunnel_outside_address/ip_address") == outside_address:
            return element.text_of("ike/pre_shared_key") or fault("AWS's document has no key for it", again)
    return fault("the connection has no tunnel with this address", "Run the link again: its tunnels have changed.")


# ------------------------------------------------------------------------------------------------- Secrets Manager

#: What AWS writes in the place of a key that Secrets Manager has (terraform-provider-aws#42819).
REDACTED = "REDACTED"
#: Member of a connection that says why its secret was not read.
UNREAD = "PreSharedKeyUnread"


def secret_of(connection: Mapping[str, object]) -> str | None:
    """The ARN of the secret that has keys which AWS does not show here, or None.

    There may be an ARN though keys are shown: AWS goes on naming the secret of a connection that had one
    (terraform-provider-aws#42819). Where keys are kept is chosen for each tunnel (AWS, enhanced security).
    """
    flat = _flat(connection)
    arn = flat.get("presharedkeyarn")
    if not isinstance(arn, str) or not arn or shown(flat.get("state")).lower() in GONE:
        return None
    return arn if any(_hides(flat, address) for address in _outside_addresses(flat)) else None


def with_secret(connection: Mapping[str, object], secret: str) -> dict[str, object]:
    """The connection with the keys of the secret, as if AWS had shown them. What is not found there is said.

    :param connection: an element of ``VpnConnections`` as boto3 gives it
    :param secret: the SecretString. AWS says that each tunnel has its entry there, and not in which form (EXP): any
        JSON is taken in which the entry has the tunnel's outside address
    """
    keys = _keys_of_secret(secret, _outside_addresses(_flat(connection)))
    options = connection.get("Options")
    told = options.get("TunnelOptions") if isinstance(options, Mapping) else None
    if not isinstance(options, Mapping) or not isinstance(told, list):
        return {**connection, UNREAD: "AWS does not show the connection's tunnels"}
    found = []
    missing = []
    for one in told:
        address = one.get("OutsideIpAddress")
        if not _hides(_flat(connection), address):
            found.append(one)
        elif key := keys.get(address):
            found.append({**one, "PreSharedKey": key})
        else:
            found.append(one)
            missing.append(address)
    why = {UNREAD: f"its form is not known, or it has no key for {', '.join(missing)}"} if missing else {}
    return {**connection, "Options": {**options, "TunnelOptions": found}, **why}


def _flat_name(name: str) -> str:
    return name.replace("_", "").lower()


def _tunnels_of(flat: Flat) -> list[Flat]:
    listed = _options(flat).get("tunneloptions")
    return [_flat(one) for one in listed if isinstance(one, Mapping)] if isinstance(listed, list | tuple) else []


def _outside_addresses(flat: Flat) -> list[str]:
    return [str(one["outsideipaddress"]) for one in _tunnels_of(flat) if one.get("outsideipaddress")]


def _own_key(flat: Flat, outside_address: str) -> object:
    """The key that TunnelOptions have of the tunnel; whatever is not one is None."""
    for tunnel in _tunnels_of(flat):
        if tunnel.get("outsideipaddress") == outside_address:
            key = tunnel.get("presharedkey")
            return None if key == REDACTED and flat.get("presharedkeyarn") else key or None
    return None


def _hides(flat: Flat, outside_address: str) -> bool:
    """Whether neither TunnelOptions nor the document have the tunnel's key. Only for a connection with a secret."""
    if _own_key(flat, outside_address):
        return False
    document = flat.get("customergatewayconfiguration")
    root = _document_root(document) if isinstance(document, str | bytes) and document.strip() else ""
    if isinstance(root, str):
        return True
    for element in root.all("ipsec_tunnel"):
        if element.text_of("vpn_gateway/tunnel_outside_address/ip_address") == outside_address:
            return element.text_of("ike/pre_shared_key") in (None, REDACTED)
    return True


def _keys_of_secret(secret: str, addresses: Iterable[str]) -> dict[str, str]:
    """Outside address -> key."""
    try:
        content = json.loads(secret)
    except ValueError:
        return {}
    return {address: key for address in addresses if (key := _entry_of(content, address)) is not None}


def _entry_of(content: object, address: str) -> str | None:
    """The key of the entry that has the address, as its name or in a member beside the key."""
    if isinstance(content, Mapping):
        if address in content.values():
            return _key_among(content)
        for name, value in content.items():
            if name == address:
                return value if isinstance(value, str) and not aws_problem(value) else _key_among(value)
        entries = list(content.values())
    else:
        entries = content if isinstance(content, list) else []
    return next((key for one in entries if (key := _entry_of(one, address)) is not None), None)


def _key_among(entry: object) -> str | None:
    flat = _flat(entry) if isinstance(entry, Mapping) else {}
    found = [value for name, value in flat.items() if name in ("presharedkey", "psk")]
    return found[0] if len(found) == 1 and isinstance(found[0], str) and not aws_problem(found[0]) else None
