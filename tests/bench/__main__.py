"""How long the link takes, where the seconds go, and what many links cost.

`python -m tests.bench [--only site|static|sequential|fleet] [--gateway-seconds 120] [--fleet 1,5,20]`: counts and
ratios of one run on this machine.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import fleet, order
from tests.integration.clouds import Clouds
from tests.integration.runs import Desk


@contextmanager
def clouds_and_folder(gateway_seconds: float) -> Iterator[tuple[Clouds, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        clouds = Clouds.up(Path(folder) / "clouds", gateway_seconds)
        try:
            yield clouds, Path(folder)
        finally:
            clouds.down()


def show(table: list[tuple[str, ...]]) -> None:
    width = max(len(row[0]) for row in table)
    print()
    for title, *values in table:
        print(f"{title:<{width}}  " + "  ".join(f"{value:>14}" for value in values))


def one_link(names: list[str], gateway_seconds: float) -> float:
    """Prints; returns how much longer than the gateway site.yml took at most, 0 if it was not run."""
    measures = []
    with clouds_and_folder(gateway_seconds) as (clouds, folder):
        for name in names:
            print(f"{name}: two runs, the gateway takes {gateway_seconds:g} s ...", flush=True)
            measures.append(order.measure(name, clouds, Desk(folder / name, clouds.env, clouds)))
    show(order.rows(measures))
    sites = [m for m in measures if m.name in order.SITES]
    for site in sites:
        print(f"\n{site.name}:")
        show(order.where_seconds_go(site.second))
        print(f"\nsite.yml takes {site.over:.1f} s longer than the gateway; {order.LIMIT_SECONDS} s are allowed")
    return max((site.over for site in sites), default=0)


def many_links(sizes: list[int], gateway_seconds: float) -> str:
    """Prints; returns how the calls for each link grow with their number, empty if they do not."""
    fleets: list[fleet.Fleet] = []
    with clouds_and_folder(gateway_seconds) as (clouds, folder):
        for size in sizes:
            print(
                f"{size} links: two runs, {fleet.FORKS} forks, the gateway takes {gateway_seconds:g} s ...", flush=True
            )
            fleets.append(fleet.measure(size, clouds, Desk(folder / f"fleet-{size}", clouds.env, clouds)))
    show(fleet.rows(fleets, gateway_seconds))
    print(f"\nprocesses that wanted a core at the end (load): {os.getloadavg()[0]:.1f}")
    return fleet.growth(fleets)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--gateway-seconds", type=float, default=120)
    parser.add_argument("--fleet-gateway-seconds", type=float, default=60)
    parser.add_argument("--only", choices=(*order.BOOKS, "fleet"))
    parser.add_argument("--fleet", type=lambda text: [int(n) for n in text.split(",")], default=[1, 5, 20])
    arguments = parser.parse_args()
    names = [name for name in order.BOOKS if arguments.only in (None, name)]
    over = one_link(names, arguments.gateway_seconds) if names else 0
    growth = many_links(arguments.fleet, arguments.fleet_gateway_seconds) if arguments.only in (None, "fleet") else ""
    if growth:
        print(growth)
    return int(over > order.LIMIT_SECONDS or bool(growth))


if __name__ == "__main__":
    raise SystemExit(main())
