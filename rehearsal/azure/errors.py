"""What Azure answers when it refuses. Texts are the service's own unless `invented.refuse` makes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .ids import ResourceId


class ArmError(Exception):
    """A refusal: status, code, message, and the details that some providers add."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Sequence[dict[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.details, self.headers = details, headers or {}

    @property
    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details is not None:
            error["details"] = list(self.details)
        return {"error": error}


def network(status: int, code: str, message: str, *details: dict[str, Any]) -> ArmError:
    """A refusal by Microsoft.Network, which always has a list of details."""
    return ArmError(status, code, message, details)


def resource_not_found(rid: ResourceId) -> ArmError:
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{rid.type}/{'/'.join(rid.names)}' under resource group '{rid.group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def child_not_found(rid: ResourceId) -> ArmError:
    return network(404, "NotFound", f"Resource {rid.path} not found.")


def parent_not_found(rid: ResourceId) -> ArmError:
    return ArmError(
        404,
        "ParentResourceNotFound",
        f"Failed to perform 'write' on resource(s) of type '{'/'.join(rid.types)}', because the parent resource "
        f"'{rid.top.path}' could not be found.",
    )


def group_not_found(name: str) -> ArmError:
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")


def reference_not_found(target: str, source: str) -> ArmError:
    return network(
        400,
        "InvalidResourceReference",
        f"Resource {target} referenced by resource {source} was not found. Please make sure that the referenced "
        "resource exists, and that both resources are in the same region.",
    )


def retryable(code: str, message: str) -> ArmError:
    """429 of the network provider: it is not throttling, another operation holds the resource (MS, throttling)."""
    return network(429, "RetryableError", "A retryable error occurred.", {"code": code, "message": message})


def busy(operation: str, operation_id: str, resource: str) -> ArmError:
    return retryable(
        "RetryableErrorDueToAnotherOperation",
        f"Operation {operation} ({operation_id}) is updating resource {resource}. "
        "The call can be retried in 11 seconds.",
    )


def not_provisioned(target: str, source: str, state: str, operation: str) -> ArmError:
    return retryable(
        "ReferencedResourceNotProvisioned",
        f"Cannot proceed with operation since resource {target} used by resource {source} is not in Succeeded state. "
        f"Resource is in {state} state and the last operation that updated/is updating the resource is {operation}.",
    )


def another_operation(uri: str) -> ArmError:
    return network(
        409,
        "AnotherOperationInProgress",
        "Another operation on this or dependent resource is in progress. To retrieve status of the operation use "
        f"uri: {uri}.",
    )


def cannot_parse(code: str, message: str) -> ArmError:
    return network(400, "InvalidRequestFormat", "Cannot parse the request.", {"code": code, "message": message})
