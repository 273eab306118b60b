"""The cold starts of a run, one after the other in random order."""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter

from xorbench.clock.cold import cold_start
from xorbench.clock.turns import Entry
from xorbench.record.timing import ColdStart, Failure
from xorbench.workloads import Workload


def cold_starts(
    entries: Sequence[Entry],
    workloads: Sequence[Workload],
    number: int,
    cpu: int,
    shuffler: random.Random,
    until: float = math.inf,
    advance: Callable[[], None] = lambda: None,
) -> Iterator[ColdStart | Failure]:
    """Yield `number` cold starts, or failures, of each entry on each workload, in random order.

    Before them, one cold start of each implementation fills the machine's caches and is not counted. After the first
    round of cold starts, no round is begun that would probably end later than `until`, a time of `perf_counter`.
    `advance` is called after each one, also after those that are not counted.
    """
    by_name = {w.name: w for w in workloads}
    trained = [entry for entry in entries if not entry.copy and entry.measure == "epoch"]
    pairs = [(entry.implementation, by_name[name]) for entry in trained for name in entry.epochs]
    warm_up = {implementation.name: (implementation, workload) for implementation, workload in pairs}
    for implementation, workload in warm_up.values() if number else ():
        cold_start(implementation, workload, cpu)
        advance()
    a_round = 0.0
    for which in range(number):
        began = perf_counter()
        if which and began + a_round > until:
            return
        for implementation, workload in shuffler.sample(pairs, len(pairs)):
            found = cold_start(implementation, workload, cpu)
            if isinstance(found, str):
                yield Failure(which, workload.name, implementation.name, False, found)
            else:
                yield found
            advance()
        a_round = perf_counter() - began
