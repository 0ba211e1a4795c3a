"""A call of an EC2 action, as our handlers see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.aws.world import World

Answer = Mapping[str, Any] | None


@dataclass(frozen=True)
class Call:
    """Parsed parameters (names as in boto3), moto's backend of the region, the tags asked for by resource type."""

    world: World
    backend: Any
    params: Mapping[str, Any]
    tags_for: Callable[[str], dict[str, str]]
    from_wan: bool
    """The WAN sees everything, whatever a test has told the cloud to keep back."""

    def get(self, name: str, default: Any = None) -> Any:
        return self.params.get(name, default)


Handler = Callable[[Call], Answer]
