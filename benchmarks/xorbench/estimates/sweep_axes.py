"""The lines along which a sweep's points lie: one size grows, and the other stands still."""

from collections.abc import Iterable
from dataclasses import dataclass

from xorbench.estimates.timed import Recorded, once

WIDTH, BATCH = "width", "batch"


@dataclass(frozen=True)
class Axis:
    """`sizes` grow along it, and the other size is `at` everywhere; `workloads` are their names."""

    name: str
    at: int
    sizes: list[int]
    workloads: list[str]

    @property
    def title(self) -> str:
        """What grows, and what does not."""
        return f"{self.name}, at {BATCH if self.name == WIDTH else WIDTH} {self.at}"


@once
def axes(recorded: Recorded) -> list[Axis]:
    """Every line of two points or more; none where it is no sweep."""
    if not recorded.record.is_sweep:
        return []
    points = {(w.layer_sizes[1], w.samples): w.name for w in recorded.record.workloads}
    by_batch = ((batch, width, name) for (width, batch), name in points.items())
    by_width = ((width, batch, name) for (width, batch), name in points.items())
    return [*_lines(WIDTH, by_batch), *_lines(BATCH, by_width)]


def _lines(what: str, points: Iterable[tuple[int, int, str]]) -> list[Axis]:
    """Of (where it is, its size there, its name)."""
    lines: dict[int, dict[int, str]] = {}
    for at, size, name in points:
        lines.setdefault(at, {})[size] = name
    return [
        Axis(what, at, sorted(line), [line[size] for size in sorted(line)])
        for at, line in sorted(lines.items())
        if len(line) > 1
    ]
