"""The inputs of all estimates, timings with or without a record, and the cache of what was computed from them."""

import functools
from collections.abc import Callable, Hashable, Sequence
from typing import Concatenate, ParamSpec, TypeVar, cast

from xorbench.measures import Measure
from xorbench.record.run import Record
from xorbench.record.timing import Timing

EPOCHS: tuple[Measure, ...] = ("epoch",)
"""The measure of the timings that `Timed` gives unless another one is asked for: whole epochs."""


class Timed:
    """Raw timings of some workloads, with a cache of the estimates that were computed from them.

    Only timings of the `measures` are among them, by default those of epochs: this is the only place that selects them.
    """

    def __init__(
        self,
        timings: Sequence[Timing],
        workloads: Sequence[str],
        threads: int = 1,
        measures: tuple[Measure, ...] = EPOCHS,
    ) -> None:
        self.timings = [timing for timing in timings if timing.measure in measures]
        self.workloads = workloads
        self.threads = threads
        self.computed: dict[Hashable, object] = {}


class Recorded(Timed):
    """A record and its timings of epochs, with a cache of the estimates that were computed from them."""

    def __init__(self, record: Record) -> None:
        super().__init__(record.timings, [workload.name for workload in record.workloads], record.settings.threads)
        self.record = record


T = TypeVar("T")
P = ParamSpec("P")
K = TypeVar("K", bound=Timed)


def once(function: Callable[Concatenate[K, P], T]) -> Callable[Concatenate[K, P], T]:
    """Cache the results of `function`, whose arguments are timings and hashable values, for each timings object."""

    @functools.wraps(function)
    def remembered(timed: K, /, *arguments: P.args, **named: P.kwargs) -> T:
        # Names, because a decorated function cannot be pickled, and estimates are passed from process to process.
        key = (function.__module__, function.__qualname__, *arguments, *named.items())
        if key not in timed.computed:
            timed.computed[key] = function(timed, *arguments, **named)
        return cast("T", timed.computed[key])

    return remembered
