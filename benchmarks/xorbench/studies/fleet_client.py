"""A client of the study of fleets: it has points judged over the workers of a scheduler, and says what that took.

`python -m xorbench.studies.fleet_client ADDRESS POINTS [--empty] [--chunk POINTS]`.
"""

import argparse
import hashlib
import json
import resource
import time
import zlib
from dataclasses import replace

from xorbench import progress
from xorbench.contract import discover
from xorbench.fleet import cache, dask_cluster, points
from xorbench.fleet import plan as plans
from xorbench.fleet.chunk_loop import Judging
from xorbench.fleet.chunk_process import Judged
from xorbench.fleet.costs import Costs
from xorbench.fleet.dask_points import WorkerPool
from xorbench.fleet.divide import divided
from xorbench.fleet.plan import FleetPlan
from xorbench.judging import chunks
from xorbench.judging.chunks import Chunk, Found, Row
from xorbench.workloads import TUTORIAL

EMPTY_ROWS = 200
"""The rows of an empty judgement: about those of ten implementations on two workloads."""


def empty(_plan: FleetPlan, _seconds: float, chunk: Chunk) -> Judged:
    """Return rows as of a judgement, without judging anything."""
    names = [f"implementation {number:03}" for number in range(EMPTY_ROWS)]
    found = Found(chunk.number, [Row(name, "hidden", "float64", "W1", points=chunk.number) for name in names])
    return Judged(zlib.compress(chunks.as_json(found), 1), 1.0, 0.0)


def main() -> None:
    """Print the seconds, the CPU seconds, the memory, and the SHA-256 of what is found."""
    options = argparse.ArgumentParser()
    options.add_argument("address")
    options.add_argument("points", type=int)
    options.add_argument("--empty", action="store_true")
    options.add_argument("--chunk", type=int)
    options.add_argument("--implementation", action="append")
    given = options.parse_args()
    chosen = [i for i in discover() if i.usable and i.name in (given.implementation or [discover()[0].name])]
    names = [*(f"--implementation={i.name}" for i in chosen), *(f"--workload={name}" for name in TUTORIAL)]
    plan = divided(plans.drafted("gradients", [*names, f"--points={given.points}", "--seed=0"], chosen, []), 1, Costs())
    spent: list[Judged] = []
    with dask_cluster.connected(given.address, 1) as client:
        from xorbench.fleet import dask_tasks

        workers = dask_cluster.first_workers(client, progress.say)
        new = points.of_call(plan)
        path = points.place(new, cache.folder(points.CALLS))
        judging = Judging(points.read(plan, path, new, progress.say), path)
        progress.say("begun")
        began, began_cpu = time.perf_counter(), time.process_time()
        kept = judging.run(
            WorkerPool(client, workers, plan, empty if given.empty else dask_tasks.judge),
            lambda _chunk, judged: spent.append(replace(judged, document=b"")),
            given.chunk,
        )
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
        path.unlink()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "points": kept.judged,
                "sha256": hashlib.sha256(chunks.as_json(kept.found)).hexdigest(),
                "seconds": seconds,
                "cpu_seconds": cpu_seconds,
                "judging_seconds": sum(judged.seconds for judged in spent),
                "judging_cpu_seconds": sum(judged.cpu_seconds for judged in spent),
                "chunks": len(spent),
                "peak_mib": usage.ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
