# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure's resources against the plan: is everything there, and as it was planned?"""

from __future__ import annotations

from dataclasses import asdict

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue import reading
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.case import Case, planned_rule
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.filters import Networks
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.model import AZURE, ERROR, WARNING
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.pairs import Ends
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading import (
    named,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.reading_azure import (
    AzureConnection,
    AzureGateway,
    NsgRule,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.registry import (
    Finding,
    Findings,
    check,
    compared,
    mend,
    same_word,
    words,
)
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.catalogue.selectors import in_words, open_azure

AGAIN = "Run site.yml again."
INTERRUPTS = "Run site.yml again with s2s_vpn_consent: [interrupt]: it takes tunnels down for a while."
GATEWAY = ("azure", "gateway")
NETWORK = ("azure", "network")
CONNECTION = ("azure", "connection")


def there(resource: str, found: object, remedy: str = AGAIN, tunnel: str | None = None) -> Finding:
    return Finding(resource, found is not None, "there", "there" if found is not None else "missing", remedy, tunnel)


def ranges_of(case: Case, name: str, planned: Networks, found: tuple[str, ...]) -> Finding:
    """A network's ranges are those of the plan, or with more beside them where it is adopted."""
    there, wanted = set(reading.networks(found)), set(planned)
    adopted = name.lower() in (one.lower() for one in reading.texts(case.plan, "adopt"))
    remedy = "Write what it has, or have its owner add the range." if adopted else AGAIN
    said = sorted(map(str, planned))
    return Finding(name, wanted <= there if adopted else wanted == there, words(said), words(found), remedy)


def state(case: Case, resource: str, found: str, tunnel: str | None = None) -> Finding:
    """``Succeeded``, or not told at all."""
    ok = found.lower() in ("succeeded", "")
    again = mend(case, "it repeats the change that failed", "Repeat the change that failed.")
    remedy = again if found.lower() == "failed" else "Wait until Azure is done with it."
    return Finding(resource, ok, "Succeeded", found or "Succeeded", remedy, tunnel)


def ready(case: Case) -> AzureGateway | None:
    """The gateway, unless Azure is at work on it: it shows neither ASN nor addresses then."""
    gateway = case.in_azure.gateway
    return gateway if gateway is not None and (gateway.ready or not gateway.state) else None


# ------------------------------------------------------------------------------------------------------------- network


@check("azure.vnet", ERROR, AZURE, planned=True, needs=("azure.virtual_network",))
def vnet(case: Case) -> Findings:
    """The virtual network has the planned name and ranges; an adopted one may have more.

    Source: the plan
    """
    name = reading.text(case.plan, *NETWORK, "vnet", "name")
    network = case.in_azure.network
    yield same_word("virtual network", name, network.name if network else "missing", AGAIN)
    if network is not None:
        yield ranges_of(case, network.name, case.azure_ranges, network.ranges)


@check("azure.subnets", ERROR, AZURE, planned=True, needs=("azure.virtual_network",))
def subnets(case: Case) -> Findings:
    """The app subnet and GatewaySubnet have their planned ranges.

    Source: the plan
    """
    network = case.in_azure.network
    for part in ("app_subnet", "gateway_subnet"):
        name, cidr = (reading.text(case.plan, *NETWORK, part, member) for member in ("name", "cidr"))
        found = network.subnet(name) if network else None
        yield compared(f"subnet {name}", [cidr], list(found.ranges) if found else "missing", AGAIN)


@check("azure.subnet_filters", ERROR, AZURE, planned=True, needs=("azure.virtual_network",))
def subnet_filters(case: Case) -> Findings:
    """The app subnet has the planned security group and route table.

    Source: the plan
    """
    network = case.in_azure.network
    name = reading.text(case.plan, *NETWORK, "app_subnet", "name")
    subnet = network.subnet(name) if network else None
    if subnet is None:
        return
    for part, found in (("nsg", subnet.security_group_id), ("route_table", subnet.route_table_id)):
        wanted = reading.text(case.plan, *NETWORK, part, "name")
        yield same_word(f"subnet {name}", wanted, arm.name_of(found) if found else "none", AGAIN)


@check("azure.gateway_subnet", ERROR, AZURE, needs=("azure.virtual_network",))
def gateway_subnet(case: Case) -> Findings:
    """GatewaySubnet has no security group.

    Source: MS, VPN gateway settings: a group there stops the gateway
    """
    subnet = case.in_azure.network.gateway_subnet if case.in_azure.network else None
    if subnet is not None:
        found = arm.name_of(subnet.security_group_id) if subnet.security_group_id else "none"
        yield compared("GatewaySubnet", "none", found, "Take the security group off GatewaySubnet.")


def _rule_words(rule: NsgRule) -> str:
    def side(prefixes: tuple[str, ...], ports: tuple[str, ...]) -> str:
        return words(prefixes) + ("" if set(ports) <= {"*"} else f" port {words(ports)}")

    return (
        f"{rule.priority} {rule.direction} {rule.access} {rule.protocol}"
        f" {side(rule.sources, rule.source_ports)} to {side(rule.destinations, rule.destination_ports)}"
    )


@check("azure.nsg_rules", ERROR, AZURE, planned=True, needs=("azure.security_groups",))
def nsg_rules(case: Case) -> Findings:
    """The security group has the planned rules, each with its priority; one's own come beside them.

    Source: the plan; MS, network security groups
    """
    name = reading.text(case.plan, *NETWORK, "nsg", "name")
    group = named(case.in_azure.security_groups, name)
    yield there(f"NSG {name}", group)
    for raw in case.planned_entries(*NETWORK, "nsg", "rules") if group is not None else ():
        rule = planned_rule(raw)
        found = named(group.rules, rule.name)
        yield compared(
            f"{name}, rule {rule.name}", _rule_words(rule), _rule_words(found) if found else "missing", AGAIN
        )


@check("azure.route_table", ERROR, AZURE, planned=True, needs=("azure.route_tables",))
def route_table(case: Case) -> Findings:
    """The app subnet's route table takes BGP's routes, and has the user-defined ones of the plan.

    Source: the plan
    """
    name = reading.text(case.plan, *NETWORK, "route_table", "name")
    table = named(case.in_azure.route_tables, name)
    yield there(f"route table {name}", table)
    if table is None:
        return
    wanted = reading.flag(case.plan, *NETWORK, "route_table", "disable_bgp_route_propagation")
    yield compared(f"{name}, BGP propagation", not wanted, not table.propagation_disabled, AGAIN)
    for route in case.planned_entries(*NETWORK, "route_table", "routes"):
        cidr = reading.text(route, "cidr")
        to_gateway = {one.prefix for one in table.routes if one.next_hop.lower() == "virtualnetworkgateway"}
        yield there(f"{name}, route {cidr}", cidr if cidr in to_gateway else None)


# ------------------------------------------------------------------------------------------------------------- gateway


@check("azure.gateway_state", ERROR, AZURE)
def gateway_state(case: Case) -> Findings:
    """The gateway is ready.

    Source: MS, provisioningState
    """
    if case.in_azure.gateway is not None:
        yield state(case, case.in_azure.gateway.name, case.in_azure.gateway.state)


@check("azure.gateway_sku", ERROR, AZURE, planned=True)
def gateway_sku(case: Case) -> Findings:
    """The gateway has the planned SKU.

    Source: the plan
    """
    if case.in_azure.gateway is not None:
        found, wanted = case.in_azure.gateway.sku, reading.text(case.plan, *GATEWAY, "sku")
        remedy = f"Run site.yml again with s2s_vpn_consent, or write {found} in s2s_vpn_azure_gateway_sku."
        yield same_word(case.in_azure.gateway.name, wanted, found, remedy)


@check("azure.gateway_asn", ERROR, AZURE, planned=True)
def gateway_asn(case: Case) -> Findings:
    """The gateway has the planned ASN.

    Source: the plan
    """
    gateway = ready(case)
    if gateway is not None and reading.flag(case.plan, *GATEWAY, "bgp"):
        yield compared(gateway.name, reading.number(case.plan, *GATEWAY, "asn"), gateway.asn, INTERRUPTS)


@check("azure.gateway_kind", ERROR, AZURE, planned=True)
def gateway_kind(case: Case) -> Findings:
    """The gateway is active-active and speaks BGP as planned, and it routes.

    Source: the plan; MS, about active-active gateways
    """
    gateway = case.in_azure.gateway
    if gateway is None:
        return
    wanted = {name: reading.flag(case.plan, *GATEWAY, name) for name in ("active_active", "bgp")}
    yield compared(f"{gateway.name}, active-active", wanted["active_active"], gateway.active_active, INTERRUPTS)
    yield compared(f"{gateway.name}, BGP", wanted["bgp"], gateway.bgp, INTERRUPTS)
    yield compared(
        f"{gateway.name}, VPN type", "RouteBased", gateway.vpn_type or "RouteBased", "Make it anew: run site.yml."
    )


@check("azure.gateway_apipa", ERROR, AZURE, planned=True)
def gateway_apipa(case: Case) -> Findings:
    """Each instance of the gateway has its planned addresses inside the tunnels; further ones may be beside them.

    Source: the plan; MS, BGP FAQ
    """
    gateway = ready(case)
    for index, wanted in enumerate(case.planned_entries(*GATEWAY, "instances") if gateway else ()):
        addresses = reading.texts(wanted, "apipa_addresses")
        instance = next((one for one in gateway.instances if one.index == index), None) if gateway else None
        found = instance.apipa if instance else ()
        resource = f"{gateway.name if gateway else '?'}, instance {index}"
        if instance is None:
            yield there(resource, None, INTERRUPTS)
        elif addresses:
            yield Finding(resource, set(addresses) <= set(found), words(addresses), words(found), INTERRUPTS)


@check("azure.public_addresses", ERROR, AZURE, planned=True, needs=("azure.public_addresses",))
def public_addresses(case: Case) -> Findings:
    """Each planned public address is there, has an address, and is Standard and static.

    Source: the plan; MS, public IP addresses of VPN gateways
    """
    if case.in_azure.gateway is None or _adopted(case):
        return
    for wanted in case.planned_entries(*GATEWAY, "instances"):
        name = reading.text(wanted, "public_ip_name")
        found = named(case.in_azure.public_addresses, name)
        yield there(f"public address {name}", found)
        if found is not None:
            said = f"{found.sku} {found.allocation}" if found.address else f"{found.sku} {found.allocation}, no address"
            yield compared(
                f"public address {name}", "Standard Static", said, "Make the gateway with a Standard address."
            )


def _adopted(case: Case) -> bool:
    """An adopted gateway has addresses of its owner's names."""
    name = reading.text(case.plan, *GATEWAY, "name").lower()
    return name in {one.lower() for one in reading.texts(case.plan, *GATEWAY, "adopt")}


# --------------------------------------------------------------------------------------------------------- connections


def _used(case: Case) -> list[Ends]:
    return [one for one in case.used if one.planned is not None]


@check("azure.local_gateways", ERROR, AZURE, planned=True, needs=("azure.local_gateways", "azure.connections"))
def local_gateways(case: Case) -> Findings:
    """Each tunnel has its local network gateway, with AWS's ASN and prefixes as planned.

    Source: the plan
    """
    for one in _used(case):
        name = reading.text(one.planned, "resource_name")
        local = one.connection.local if one.connection else None
        found = local or named(case.in_azure.local_gateways, name)
        yield there(f"local gateway {name}", found, AGAIN, one.name)
        if found is None:
            continue
        yield state(case, found.name, found.state, one.name)
        if case.bgp:
            asn = reading.number(case.plan, "aws", "gateway", "vgw", "asn")
            yield compared(f"{found.name}, ASN", asn, found.asn, AGAIN, one.name)
            wanted = reading.text(one.planned, "aws_inside_address")
            yield compared(f"{found.name}, BGP address", wanted, found.bgp_address, AGAIN, one.name)
        prefixes = [] if case.bgp else reading.texts(case.plan, "expect", "azure_learns")
        yield compared(f"{found.name}, prefixes", prefixes, list(found.prefixes), AGAIN, one.name)


@check("azure.connections", ERROR, AZURE, planned=True, needs=("azure.connections",))
def connections(case: Case) -> Findings:
    """Each planned connection is there and ready, and leads to its own local network gateway.

    Source: the plan
    """
    for one in _used(case):
        yield there(f"connection {one.azure_name}", one.connection, AGAIN, one.name)
        if one.connection is not None:
            yield state(case, one.connection.name, one.connection.state, one.name)
            wanted = reading.text(one.planned, "resource_name")
            found = arm.name_of(one.connection.local_gateway_id)
            remedy = "Delete the connection and run site.yml again: what it leads to is fixed."
            yield same_word(f"{one.connection.name}, leads to", wanted, found, remedy, one.name)


def _connected(case: Case) -> list[tuple[Ends, AzureConnection]]:
    return [(one, one.connection) for one in _used(case) if one.connection is not None]


@check("azure.connection_settings", ERROR, AZURE, planned=True, needs=("azure.connections",))
def connection_settings(case: Case) -> Findings:
    """IKE version, mode and BGP of each connection are as planned.

    Source: the plan
    """
    for one, connection in _connected(case):
        for member, found in (("protocol", connection.protocol), ("mode", connection.mode)):
            yield compared(
                f"{connection.name}, {member}", reading.text(case.plan, *CONNECTION, member), found, AGAIN, one.name
            )
        yield compared(f"{connection.name}, BGP", case.bgp, connection.bgp, AGAIN, one.name)


@check("azure.selectors", ERROR, AZURE, planned=True, needs=("azure.connections",))
def selectors(case: Case) -> Findings:
    """No connection has traffic selectors: the gateway routes, and proposes every range.

    Source: the plan; MS, trafficSelectorPolicies and usePolicyBasedTrafficSelectors
    """
    for one, connection in _connected(case):
        found = in_words(connection.selectors) or ("policy-based" if connection.policy_based else "none")
        yield compared(connection.name, "none", found, open_azure(connection), one.name)


@check("azure.connection_dpd", WARNING, AZURE, planned=True, needs=("azure.connections",))
def connection_dpd(case: Case) -> Findings:
    """Each connection gives up a silent peer after the planned time.

    Source: the plan; MS, dpdTimeoutSeconds
    """
    for one, connection in _connected(case):
        wanted = reading.number(case.plan, *CONNECTION, "dpd_seconds")
        yield compared(connection.name, wanted, connection.dpd_seconds, AGAIN, one.name)


#: Two names of one group (MS, IPsec/IKE policy).
_ALIASES = {"dhgroup2048": "dhgroup14", "pfs14": "pfs2048"}


def _meaning(value: object) -> str:
    text = words(value).lower()
    return _ALIASES.get(text, text)


@check("azure.connection_policy", ERROR, AZURE, planned=True, needs=("azure.connections",))
def connection_policy(case: Case) -> Findings:
    """Each connection has the planned IPsec policy, whole.

    Source: the plan; MS, IPsec/IKE policy: all or nothing
    """
    wanted = reading.at(case.plan, *CONNECTION, "ipsec_policy")
    if not isinstance(wanted, dict):
        return
    for one, connection in _connected(case):
        found = asdict(connection.policy) if connection.policy else {}
        differ = [name for name in wanted if _meaning(wanted[name]) != _meaning(found.get(name))]
        said = ", ".join(f"{name} {words(found.get(name))}" for name in differ) if found else "no policy"
        expected = ", ".join(f"{name} {words(wanted[name])}" for name in differ or wanted)
        yield Finding(connection.name, not differ, expected, said or expected, AGAIN, one.name)


@check("azure.connection_slots", ERROR, AZURE, planned=True, needs=("azure.connections",))
def connection_slots(case: Case) -> Findings:
    """Each connection names the planned custom BGP address for every instance.

    Source: the plan; MS, howto-aws-bgp
    """
    gateway = ready(case)
    if gateway is None or not case.bgp:
        return
    columns = {
        (reading.number(one.planned, "number"), reading.number(one.planned, "instance")): reading.text(
            one.planned, "azure_inside_address"
        )
        for one in _used(case)
    }
    for one, connection in _connected(case):
        number = reading.number(one.planned, "number")
        for instance in gateway.instances:
            wanted = columns.get((number, instance.index))
            if wanted:
                found = connection.slots.get(instance.id.lower())
                yield compared(f"{connection.name}, instance {instance.index}", wanted, found, AGAIN, one.name)
