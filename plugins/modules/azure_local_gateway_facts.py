#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: azure_local_gateway_facts
short_description: Turn the tunnels of AWS into local gateways and connections for Azure
version_added: 1.0.0
description:
  - Reads what AWS says of its VPN connections and works out the local network gateways and connections that Azure
    needs, with BGP or static routing, behind a virtual private gateway or a transit gateway.
  - Tunnels are matched by their inside CIDR and by nothing else, as AWS promises no order.
  - Returns facts. Pre-shared keys in the options are dropped while reading and are in no fact and no message.
  - Deleted connections are left out. A pending one without tunnels is an error.
options:
  plan:
    description:
      - The plan of the link, as M(hybrid.s2s_vpn.s2s_vpn_plan) returns it. It gives names, crypto and the Azure end of
        each tunnel.
      - One of O(plan) and O(gateway) is needed.
    type: dict
  gateway:
    description:
      - The Azure gateway, as M(hybrid.s2s_vpn.azure_vpn_gateway) returns it.
      - Beside O(plan), its addresses are compared with what AWS expects of them.
      - Alone, a tunnel ends on the instance that has its APIPA address, names are made of the gateway's, and crypto is
        the collection's default.
    type: dict
  vpn_connections:
    description:
      - VPN connections as M(hybrid.s2s_vpn.aws_vpn_connection), M(amazon.aws.ec2_vpc_vpn_info) or boto3 return them, in
        any order.
      - One of O(vpn_connections) and O(customer_gateway_configurations) is needed.
    type: list
    elements: dict
  customer_gateway_configurations:
    description:
      - The configuration documents of VPN connections, XML as AWS sends it.
    type: list
    elements: str
  address_prefixes:
    description:
      - Networks behind AWS's gateway, for static routing without O(plan).
    type: list
    elements: str
    default: []
  partial:
    description:
      - Leave out the tunnels of O(plan) whose VPN connection is not given. Without it that is an error.
    type: bool
    default: false
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.conn
  - ansible.builtin.action_common_attributes.flow
attributes:
  action:
    support: full
  async:
    support: none
  become:
    support: none
  bypass_host_loop:
    support: none
  check_mode:
    details: Tunnels that do not exist yet are answered with the address C(planned:<inside CIDR>).
    support: full
  connection:
    support: none
  delegation:
    details: Facts go to the host of the play unless C(delegate_facts) is set. Nothing runs on the host.
    support: partial
  diff_mode:
    details: Changes nothing.
    support: none
  platform:
    platforms: all
seealso:
  - module: hybrid.s2s_vpn.s2s_vpn_plan
  - module: hybrid.s2s_vpn.azure_local_gateways
  - module: hybrid.s2s_vpn.azure_vpn_connections
author:
  - hybrid.s2s_vpn contributors (@hybrid-s2s-vpn)
"""

EXAMPLES = r"""
- name: Plan the link
  hybrid.s2s_vpn.s2s_vpn_plan:
    input:
      link: hq
      azure_location: westeurope
      azure_vnet_cidr: 10.1.0.0/16
      aws_region: eu-central-1
      aws_vpc_cidr: 10.2.0.0/16

- name: Look at AWS's side of the link
  hybrid.s2s_vpn.aws_vpn_connection_info:
    region: eu-central-1
    tags:
      "s2s_vpn:link": hq
  register: aws

- name: Turn it into Azure's side
  hybrid.s2s_vpn.azure_local_gateway_facts:
    plan: "{{ s2s_vpn_plan }}"
    vpn_connections: "{{ aws.vpn_connections }}"

- name: Make the local gateways
  hybrid.s2s_vpn.azure_local_gateways:
    resource_group: hq-rg
    location: westeurope
    local_gateways: "{{ s2s_vpn_local_gateways }}"

- name: The same from a saved configuration, for a gateway that is there already
  hybrid.s2s_vpn.azure_local_gateway_facts:
    gateway:
      name: hq-vng
      bgp: true
      asn: 65515
      instances:
        - index: 0
          public_ip_address: 192.0.2.10
          apipa_addresses: [169.254.21.2, 169.254.22.2]
        - index: 1
          public_ip_address: 192.0.2.11
          apipa_addresses: [169.254.21.6, 169.254.22.6]
    customer_gateway_configurations:
      - "{{ lookup('ansible.builtin.file', 'vpn-0123456789abcdef0.xml') }}"
"""

RETURN = r"""
ansible_facts:
  description: The Azure side, as facts. No key is among them.
  returned: success
  type: dict
  contains:
    s2s_vpn_local_gateways:
      description: Input for M(hybrid.s2s_vpn.azure_local_gateways), without spare tunnels.
      returned: success
      type: list
      elements: dict
      sample:
        - name: hq-aws-1-1
          gateway_ip_address: 198.51.100.17
          address_prefixes: []
          asn: 64512
          bgp_peering_address: 169.254.21.1
          inside_cidr: 169.254.21.0/30
    s2s_vpn_connections:
      description: Input for M(hybrid.s2s_vpn.azure_vpn_connections), without spare tunnels.
      returned: success
      type: list
      elements: dict
      sample:
        - name: hq-aws-1-1
          local_gateway: hq-aws-1-1
          inside_cidr: 169.254.21.0/30
          instance: 0
          enable_bgp: true
          custom_bgp_addresses:
            - {instance: 0, address: 169.254.21.2}
            - {instance: 1, address: 169.254.21.6}
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
          pre_shared_key_from:
            vpn_connection_id: vpn-0123456789abcdef0
            outside_address: 198.51.100.17
    s2s_vpn_tunnels:
      description: Every tunnel of the link by its inside CIDR, spare ones too.
      returned: success
      type: dict
      sample:
        169.254.21.0/30:
          outside_address: 198.51.100.17
          aws_inside_address: 169.254.21.1
          azure_inside_address: 169.254.21.2
          aws_asn: 64512
          vpn_connection_id: vpn-0123456789abcdef0
          state: available
faults:
  description: Everything that does not fit.
  returned: when something does not fit
  type: list
  elements: dict
  contains:
    variable:
      description: The option or resource.
      returned: always
      type: str
      sample: vpn_connection
    value:
      description: Which one, empty where that is clear.
      returned: always
      type: str
      sample: vpn-0123456789abcdef0
    problem:
      description: What is wrong.
      returned: always
      type: str
      sample: it is pending and has no tunnels yet
    remedy:
      description: What to do.
      returned: always
      type: str
      sample: Run it again when it is available.
    text:
      description: All of it in one sentence.
      returned: always
      type: str
      sample: >-
        vpn_connection = vpn-0123456789abcdef0: it is pending and has no tunnels yet. Run it again when it is available.
"""
