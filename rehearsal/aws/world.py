"""What the process knows besides moto's own state: time, chance, addresses, and how often things changed."""

from __future__ import annotations

import os
import random
import threading
from pathlib import Path
from typing import Any, Literal, get_args

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data

from rehearsal.aws.clock import Clock
from rehearsal.aws.failure import Response
from rehearsal.aws.outside_address import Pool

ACCOUNT = "123456789012"
TunnelOptions = Literal["all", "empty", "absent"]
SEED = 20


class World:
    """One emulated account. `lock` must be held around every use: moto is not made for threads."""

    def __init__(self, gateway_seconds: float, seed: int = SEED, folder: Path | None = None) -> None:
        """`folder`: of the rehearsal, where the packet lab says how to reach its machines."""
        os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # 1,300 images that nobody asks for cost 0.1 s a region
        self.folder = folder
        self.lock = threading.RLock()
        self._gateway_seconds = gateway_seconds
        self._seed = seed
        self._version = 0
        self._begin()

    def _begin(self) -> None:
        self.clock = Clock(self._gateway_seconds)
        self.chance = random.Random(self._seed)
        self.addresses = Pool(random.Random(self._seed))
        self.keys_made = 0
        self.commands: dict[str, Any] = {}
        """Of Systems Manager, by id."""
        self.answered: dict[tuple[str, str, str], tuple[dict[str, str], Response]] = {}
        """Requests with a ClientToken, by region, action and token: what was asked, what was answered."""
        self.tunnel_options: TunnelOptions = "all"
        """What descriptions of VPN connections show of TunnelOptions."""

    def show_tunnel_options(self, shown: TunnelOptions) -> None:
        """AWS has answered with a full, an empty and no list (published answers)."""
        if shown not in get_args(TunnelOptions):
            raise ValueError(f"shown is one of {', '.join(get_args(TunnelOptions))}, not {shown}")
        self.tunnel_options = shown

    def changed(self) -> None:
        """Count a change of state."""
        self._version += 1

    def version(self) -> int:
        """Grows with every change of state, also with those that time brings."""
        self._version += self.clock.fallen_due()
        return self._version

    def reset(self) -> None:
        """Forget every resource of every region, as if just started; the version still grows."""
        BackendDict.reset()
        reset_model_data()
        self._begin()
        self.changed()
