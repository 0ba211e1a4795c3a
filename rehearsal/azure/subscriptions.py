"""Subscriptions, locations, providers and the metadata of the cloud itself."""

from __future__ import annotations

from typing import Any

from .answers import Answer, Call
from .auth import LOGIN, MANAGEMENT
from .cloud import Cloud
from .errors import ArmError

_ZONED = {
    "eastus": "East US",
    "eastus2": "East US 2",
    "centralus": "Central US",
    "southcentralus": "South Central US",
    "westus2": "West US 2",
    "westus3": "West US 3",
    "canadacentral": "Canada Central",
    "brazilsouth": "Brazil South",
    "northeurope": "North Europe",
    "westeurope": "West Europe",
    "uksouth": "UK South",
    "francecentral": "France Central",
    "germanywestcentral": "Germany West Central",
    "switzerlandnorth": "Switzerland North",
    "norwayeast": "Norway East",
    "swedencentral": "Sweden Central",
    "italynorth": "Italy North",
    "polandcentral": "Poland Central",
    "spaincentral": "Spain Central",
    "eastasia": "East Asia",
    "southeastasia": "Southeast Asia",
    "japaneast": "Japan East",
    "koreacentral": "Korea Central",
    "centralindia": "Central India",
    "australiaeast": "Australia East",
    "southafricanorth": "South Africa North",
    "uaenorth": "UAE North",
    "qatarcentral": "Qatar Central",
    "israelcentral": "Israel Central",
    "eastus2euap": "East US 2 EUAP",
    "centraluseuap": "Central US EUAP",
}
_PLAIN = {
    "westus": "West US",
    "northcentralus": "North Central US",
    "westcentralus": "West Central US",
    "canadaeast": "Canada East",
    "ukwest": "UK West",
    "francesouth": "France South",
    "japanwest": "Japan West",
    "koreasouth": "Korea South",
    "southindia": "South India",
    "australiasoutheast": "Australia Southeast",
}
LOCATIONS = _ZONED | _PLAIN

API_VERSIONS = (
    "2026-09-01",
    "2026-01-01",
    "2025-09-01",
    "2025-07-01",
    "2025-05-01",
    "2025-03-01",
    "2025-01-01",
    "2024-10-01",
    "2024-07-01",
    "2024-05-01",
    "2024-03-01",
    "2023-09-01",
    "2022-01-01",
)
"""Of Microsoft.Network, the newest first: the first one is the newest that azure-cli 2.91.0 asks for."""


def normal(location: str) -> str:
    """ "West US" → "westus"."""
    return location.replace(" ", "").lower()


def has_zones(location: str) -> bool:
    return normal(location) in _ZONED


def check_location(location: str, type_name: str) -> None:
    """Raises ArmError for a region that does not exist."""
    if normal(location) not in LOCATIONS:
        raise ArmError(
            400,
            "LocationNotAvailableForResourceType",
            f"The provided location '{location}' is not available for resource type '{type_name}'. List of available "
            f"regions for the resource type is '{','.join(LOCATIONS)}'.",
        )


def check_version(call: Call, type_name: str, location: str = "*") -> None:
    """Raises ArmError for an api-version that Microsoft.Network does not have yet; old ones are taken."""
    if call.api[:10] > API_VERSIONS[0]:
        raise ArmError(
            400,
            "NoRegisteredProviderFound",
            f"No registered resource provider found for location '{location}' and API version '{call.api}' for type "
            f"'{type_name}'. The supported api-versions are '{', '.join(API_VERSIONS)}'. The supported locations are "
            f"', {', '.join(LOCATIONS)}'.",
        )


def subscription(cloud: Cloud) -> dict[str, Any]:
    me = cloud.identity
    return {
        "id": f"/subscriptions/{me.subscription}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": me.subscription,
        "tenantId": me.tenant,
        "displayName": me.name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def locations(cloud: Cloud) -> dict[str, Any]:
    prefix = f"/subscriptions/{cloud.identity.subscription}/locations"
    rows = []
    for name, display in LOCATIONS.items():
        row: dict[str, Any] = {
            "id": f"{prefix}/{name}",
            "name": name,
            "type": "Region",
            "displayName": display,
            "regionalDisplayName": display,
            "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
        }
        if name in _ZONED:
            row["availabilityZoneMappings"] = [
                {"logicalZone": str(n), "physicalZone": f"{name}-az{n}"} for n in (1, 2, 3)
            ]
        rows.append(row)
    return {"value": rows}


def tenants(cloud: Cloud) -> dict[str, Any]:
    me = cloud.identity
    row = {"id": f"/tenants/{me.tenant}", "tenantId": me.tenant, "tenantCategory": "Home", "displayName": me.name}
    return {"value": [row]}


def provider(cloud: Cloud, namespace: str) -> dict[str, Any]:
    """A registered resource provider; ours lists what it can do, the others nothing."""
    from .network import KINDS, NAMESPACE

    known = namespace.lower() == NAMESPACE.lower()
    types = [
        {
            "resourceType": kind.type.split("/")[1],
            "locations": list(LOCATIONS.values()),
            "apiVersions": list(API_VERSIONS),
            "capabilities": "SupportsTags, SupportsLocation",
        }
        for kind in (KINDS.values() if known else ())
        if kind.type.startswith(NAMESPACE)
    ]
    return {
        "id": f"/subscriptions/{cloud.identity.subscription}/providers/{NAMESPACE if known else namespace}",
        "namespace": NAMESPACE if known else namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": "Registered",
        "resourceTypes": types,
    }


def metadata(call: Call) -> Answer:
    """The cloud's endpoints; only management and login lead anywhere here."""
    entry = {
        "name": "AzureCloud",
        "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": LOGIN,
            "audiences": ["https://management.core.windows.net/", MANAGEMENT],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "media": "https://rest.media.azure.net",
        "graphAudience": "https://graph.windows.net/",
        "graph": "https://graph.windows.net/",
        "microsoftGraphResourceId": "https://graph.microsoft.com/",
        "resourceManager": f"{MANAGEMENT}/",
        "batch": "https://batch.core.windows.net/",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "vmImageAliasDoc": "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/main/arm-compute/aliases.json",
        "gallery": "https://gallery.azure.com/",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "suffixes": {
            "storage": "core.windows.net",
            "keyVaultDns": "vault.azure.net",
            "sqlServerHostname": "database.windows.net",
            "acrLoginServer": "azurecr.io",
        },
    }
    if call.api == "2015-01-01":
        auth = {"loginEndpoint": f"{LOGIN}/", "audiences": [f"{MANAGEMENT}/"]}
        return Answer(
            200,
            {
                "galleryEndpoint": entry["gallery"],
                "graphEndpoint": entry["graph"],
                "portalEndpoint": entry["portal"],
                "authentication": auth,
            },
        )
    return Answer(200, [entry])
