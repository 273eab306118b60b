"""The axes of a sweep: along each of them one size grows while the other is fixed."""

from collections.abc import Iterable
from dataclasses import dataclass

from xorbench.estimates.timed import Recorded, once

WIDTH, BATCH = "width", "batch"


@dataclass(frozen=True)
class Axis:
    """An axis of a sweep: `sizes` grow along it, the other size is `at`, and `workloads` are the points' names."""

    name: str
    at: int
    sizes: list[int]
    workloads: list[str]

    @property
    def title(self) -> str:
        """The size that grows, and the value of the size that is fixed."""
        return f"{self.name}, at {BATCH if self.name == WIDTH else WIDTH} {self.at}"


@once
def axes(recorded: Recorded) -> list[Axis]:
    """Return every axis with at least two points; empty if the record is not a sweep."""
    if not recorded.record.is_sweep:
        return []
    points = {(w.layer_sizes[1], w.samples): w.name for w in recorded.record.workloads}
    by_batch = ((batch, width, name) for (width, batch), name in points.items())
    by_width = ((width, batch, name) for (width, batch), name in points.items())
    return [*_lines(WIDTH, by_batch), *_lines(BATCH, by_width)]


def _lines(what: str, points: Iterable[tuple[int, int, str]]) -> list[Axis]:
    """Return the axes of `points`, each of which is (fixed size, growing size, workload name)."""
    lines: dict[int, dict[int, str]] = {}
    for at, size, name in points:
        lines.setdefault(at, {})[size] = name
    return [
        Axis(what, at, sorted(line), [line[size] for size in sorted(line)])
        for at, line in sorted(lines.items())
        if len(line) > 1
    ]
