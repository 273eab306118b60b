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
from xorbench.fleet import dask_cluster, dask_points
from xorbench.fleet.chunk_messages import Questions
from xorbench.fleet.chunk_process import Judged
from xorbench.fleet.dask_points import Kept
from xorbench.judging import chunks
from xorbench.judging.chunks import Chunk, Found, Row
from xorbench.workloads import TUTORIAL, named

SEED = 0

EMPTY_ROWS = 200
"""The rows of an empty judgement: about those of ten implementations on two workloads."""


def empty(_questions: Questions, chunk: Chunk) -> Judged:
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
    questions = Questions.about(chosen, [named(name) for name in TUTORIAL], SEED, 300.0)
    spent: list[Judged] = []
    with dask_cluster.connected(given.address, 1) as client:
        from xorbench.fleet import dask_tasks

        workers = dask_cluster.first_workers(client, progress.say)
        function = empty if given.empty else dask_tasks.judge
        kept = Kept(questions, given.points, progress.say)
        progress.say("begun")
        began, began_cpu = time.perf_counter(), time.process_time()
        found = dask_points.judged(
            client,
            workers,
            function,
            questions,
            given.points,
            kept,
            lambda _chunk, judged: spent.append(replace(judged, document=b"")),
            progress.say,
            given.chunk,
        )
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
        kept.remove()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "points": found.points,
                "sha256": hashlib.sha256(chunks.as_json(found)).hexdigest(),
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
