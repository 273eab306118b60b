"""What estimates are made of: the timings of a run, the record that holds them, and what was computed from them."""

import functools
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from xorbench.record.run import Record
from xorbench.record.timing import Timing


class Timed:
    """Raw timings of some workloads, and what was computed from them, each quantity once."""

    def __init__(self, timings: Sequence[Timing], workloads: Sequence[str], threads: int = 1) -> None:
        self.timings = timings
        self.workloads = workloads
        self.threads = threads
        self.computed: dict[Hashable, Any] = {}


class Recorded(Timed):
    """The timings of a record, and the record."""

    def __init__(self, record: Record) -> None:
        super().__init__(record.timings, [workload.name for workload in record.workloads], record.settings.threads)
        self.record = record


T = TypeVar("T")
P = ParamSpec("P")
K = TypeVar("K", bound=Timed)


def once(function: Callable[Concatenate[K, P], T]) -> Callable[Concatenate[K, P], T]:
    """Let a function of timings and hashable arguments compute each result once for the same timings."""

    @functools.wraps(function)
    def remembered(timed: K, /, *arguments: P.args, **named: P.kwargs) -> T:
        key = (function, *arguments, *named.items())
        if key not in timed.computed:
            timed.computed[key] = function(timed, *arguments, **named)
        found: T = timed.computed[key]
        return found

    return remembered
