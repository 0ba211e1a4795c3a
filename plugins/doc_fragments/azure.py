# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  subscription_id:
    description:
      - The subscription to work in.
      - Defaults to the environment variable E(AZURE_SUBSCRIPTION_ID).
    type: str
  tenant:
    description:
      - The Microsoft Entra tenant of the service principal, its id or its domain.
      - Defaults to the environment variable E(AZURE_TENANT), then E(AZURE_TENANT_ID).
    type: str
  client_id:
    description:
      - The application (client) id of the service principal, or of a user-assigned managed identity.
      - Defaults to the environment variable E(AZURE_CLIENT_ID).
    type: str
  secret:
    description:
      - The client secret of the service principal.
      - Defaults to the environment variable E(AZURE_SECRET), then E(AZURE_CLIENT_SECRET).
    type: str
  auth_source:
    description:
      - Where the identity comes from.
      - V(auto) takes the service principal if a O(client_id) or O(secret) is given or in the environment, else the
        login of the Azure CLI.
      - V(env) takes the service principal of O(tenant), O(client_id) and O(secret) or their environment variables,
        and never the Azure CLI's login.
      - V(cli) takes the login of the Azure CLI (C(az login)).
      - V(msi) takes the managed identity of the machine; with O(client_id) the user-assigned one.
    type: str
    choices: [auto, env, cli, msi]
    default: auto
  cloud_environment:
    description:
      - Which of Microsoft's clouds.
      - Defaults to the environment variable E(AZURE_CLOUD_ENVIRONMENT), if it is set.
    type: str
    choices: [AzureCloud, AzureUSGovernment, AzureChinaCloud]
    default: AzureCloud
requirements:
  - python >= 3.12
  - azure-identity >= 1.19
  - azure-mgmt-core >= 1.5
notes:
  - A request that Azure throttles, that meets a passing fault or a busy resource, or that is dropped on the way, is
    sent again, for a limited time. A host that cannot be reached is an error after about twenty seconds.
"""
