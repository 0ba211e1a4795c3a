"""Every fault at every mutating call of site.yml, and kills: `python -m tests.faults [--only WORD ...] [--jobs 2]`.

Prints the table of what was tried and what became of it; exits 1 when something did not survive.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import Empty, Queue

from tests.integration.runs import Desk

from .cases import FOREVER, KINDS, Case, Target, cases
from .chains import DESTROY, IMPATIENT, Bench, Point, Reference, Tally
from .clouds import FaultyClouds

GATEWAY_SECONDS = 2.0
Work = tuple[str, Callable[[Bench], Tally]]


def fault_work(reference: Reference, only: Sequence[str]) -> Iterator[Work]:
    """One chain for each kind; a stuck call that never ends has a chain of its own."""
    for kind in KINDS:
        some = [one for one in cases(reference.calls, [kind]) if _asked(one, only)]
        if some:
            name = f"{kind.name} ({', '.join(kind.clouds)}), {len(some)} calls"
            yield name, lambda bench, some=some: bench.faulted(some, reference)  # type: ignore[misc]
    for one in cases(reference.calls, FOREVER):
        if _asked(one, only):
            yield str(one), lambda bench, one=one: bench.faulted([one], reference, IMPATIENT)  # type: ignore[misc]


def kill_points(calls: Sequence[Target]) -> tuple[list[Point], list[Point]]:
    """A point at every call, in turn answered, before it and after it; those while the gateway is made, with one in
    the wait for it as the last, and those after that."""
    gateway = next(call for call in calls if "virtualNetworkGateways" in call.action)
    ways = ("answered", "before", "after")
    points = [Point(call, "answered" if call == gateway else ways[number % 3]) for number, call in enumerate(calls)]
    cut = next(number for number, point in enumerate(points) if "/connections/" in point.target.action)
    return [*points[:cut], Point(gateway, "waiting")], points[cut:]


def kill_work(reference: Reference, only: Sequence[str]) -> Iterator[Work]:
    def site(bench: Bench) -> Tally:
        bench.empty()
        meanwhile, afterwards = kill_points(in_order(reference.calls))
        bench.clouds.inject("azure", {"fault": "stuck", "seconds": None, **meanwhile[-1].target.match})
        tally = bench.killed("site.yml", meanwhile, ("-e", "azure_gateway_wait_timeout=60"))
        bench.clouds.no_faults()
        tally.add(bench.killed("site.yml", afterwards))
        tally.add(bench.finished("site.yml", reference))
        return tally

    def destroy(bench: Bench) -> Tally:
        bench.build()
        nothing = bench.destroyed()
        bench.build()
        bench.clouds.forget_calls()
        ways = ("answered", "before", "after")
        points = [Point(call, ways[number % 3]) for number, call in enumerate(nothing.calls)]
        tally = bench.killed("destroy.yml", points, DESTROY)
        tally.add(bench.finished("destroy.yml", nothing, DESTROY))
        return tally

    for name, work in (("kill site.yml", site), ("kill destroy.yml", destroy)):
        if not only or any(word in name for word in only):
            yield name, work


def in_order(calls: Sequence[Target]) -> list[Target]:
    """As site.yml makes them: Azure up to the gateway, AWS, the rest of Azure."""
    azure = [call for call in calls if call.cloud == "azure"]
    cut = 1 + next(n for n, call in enumerate(azure) if "virtualNetworkGateways" in call.action)
    return azure[:cut] + [call for call in calls if call.cloud == "aws"] + azure[cut:]


def _asked(one: Case, only: Sequence[str]) -> bool:
    return not only or any(word in str(one) for word in only)


def table(tally: Tally) -> str:
    """Kind and cloud against tried, converged at once, stopped and resumed, failed."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    broken = {str(case) for case, _text in tally.wrong}
    for what, found in (("at once", tally.converged), ("resumed", tally.resumed)):
        for one in found:
            row = counts.setdefault((one.kind.name, one.target.cloud), Counter())
            row["failed" if str(one) in broken else what] += 1
    for case, _unused in tally.wrong:
        if isinstance(case, Case) and case not in tally.converged + tally.resumed:
            counts.setdefault((case.kind.name, case.target.cloud), Counter())["failed"] += 1
    head = ("at once", "resumed", "failed")
    lines = [f"{'fault':28}{'cloud':8}{'tried':>7}{'at once':>9}{'resumed':>9}{'failed':>8}"]
    for (kind, cloud), row in sorted(counts.items()):
        values = [row[name] for name in head]
        lines.append(f"{kind:28}{cloud:8}{sum(values):7}{values[0]:9}{values[1]:9}{values[2]:8}")
    total = [sum(row[name] for row in counts.values()) for name in head]
    lines.append(f"{'all':36}{sum(total):7}{total[0]:9}{total[1]:9}{total[2]:8}")
    if others := sum(isinstance(case, str) for case, _text in tally.wrong):
        lines.append(f"and {others} times all of a chain together")
    lines.append(f"{tally.runs} runs of playbooks, the longest {tally.longest:.0f} s")
    return "\n".join(lines)


def _worker(number: int, folder: Path, queue: Queue[Work], tally: Tally, lock: threading.Lock) -> None:
    clouds = FaultyClouds.up(folder / f"clouds{number}", GATEWAY_SECONDS)
    try:
        desk = Desk(folder / f"desk{number}", clouds.env)
        bench = Bench(clouds, desk, lambda text: print(f"{number}: {text}", flush=True))
        while True:
            try:
                name, work = queue.get_nowait()
            except Empty:
                return
            began = time.monotonic()
            try:
                found = work(bench)
            except Exception as error:
                found = Tally(wrong=[(name, repr(error))])
            with lock:
                tally.add(found)
                print(
                    f"{number}: {name}: {len(found.converged)} converged at once, {len(found.resumed)} stopped and"
                    f" resumed, {len(found.wrong)} wrong; {found.runs} runs, {time.monotonic() - began:.0f} s",
                    flush=True,
                )
                for case, text in found.wrong:
                    print(f"{number}: WRONG {case}: {text}", flush=True)
    finally:
        clouds.down()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[], help="words; what contains one of them is tried")
    parser.add_argument("--jobs", type=int, default=2, help="pairs of clouds")
    parser.add_argument("--keep", type=Path, help="a folder for the outputs of all runs")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="faults"))
    clouds = FaultyClouds.up(folder / "clouds", GATEWAY_SECONDS)
    try:
        reference = Bench(clouds, Desk(folder / "desk", clouds.env)).build()
    finally:
        clouds.down()
    print(f"{len(reference.calls)} mutating calls in a run of {reference.seconds:.0f} s:", flush=True)
    for call in in_order(reference.calls):
        print(f"  {call.cloud} {call}", flush=True)
    queue: Queue[Work] = Queue()
    for work in (*kill_work(reference, options.only), *fault_work(reference, options.only)):
        queue.put(work)
    tally, lock = Tally(), threading.Lock()
    workers = [
        threading.Thread(target=_worker, args=(number, folder, queue, tally, lock)) for number in range(options.jobs)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(table(tally))
    sys.exit(1 if tally.wrong else 0)


if __name__ == "__main__":
    main()
