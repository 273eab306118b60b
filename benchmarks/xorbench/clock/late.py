"""The questions that a worker answers after its timed rounds: some of the judge's, at points drawn for the run.

An implementation may be right while it is judged and wrong later, for example after many calls. Its answers at these
points are compared with the truth, within the bound of the judge.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xorbench.judging.error_stats import Errors, reading
from xorbench.judging.points import Points, affordable, random_points
from xorbench.judging.truths import Truths, inside
from xorbench.workloads import Workload

Rows = Sequence[Sequence[float | None]]
"""Rows of numbers, (points, entries); None stands for a number that is not finite."""

RANDOM_POINTS = 3
"""The number of random points beside the initial parameters; fewer for large networks."""

MOST_MULTIPLICATIONS = 250_000
"""The most multiplications of a network that is asked about; the truth of a larger one would take over a second."""


@dataclass(frozen=True, eq=False)
class Question:
    """The points of one workload at which the workers of a run are asked, and the seed with which they were drawn."""

    points: Points
    seed: int

    @property
    def rows(self) -> list[list[float]]:
        """The parameters of each point as a flat row, (points, entries)."""
        rows: list[list[float]] = self.points.rows.tolist()
        return rows


def questions(workloads: Sequence[Workload]) -> dict[str, Question]:
    """Return a question on each workload, by name, at points that no implementation can know before.

    Networks for which the truth would take long are left out.
    """
    found = {}
    for workload in workloads:
        if workload.multiplications <= MOST_MULTIPLICATIONS:
            seed = secrets.randbelow(2**32)
            count = affordable(workload, RANDOM_POINTS, least=1)
            found[workload.name] = Question(random_points(workload, workload.dtype, count, seed), seed)
    return found


def violations(question: Question, rows: Rows, truths: Truths) -> list[str]:
    """Return the rule that a worker broke in its answers to `question`, in one line; an empty list if it broke none."""
    points = question.points
    count, entries = len(points), points.layout.entries
    if [len(row) for row in rows] != [len(entries)] * count:
        return [f"its answers after the timed rounds are incomplete, expected {count} rows of {len(entries)} numbers"]
    values = np.array([[np.nan if value is None else value for value in row] for row in rows])
    fractions = truths.fractions(values)
    fractions[np.isinf(truths.bound)] = 0  # every number is inside such a bound
    if np.all(inside(fractions)):
        return []
    worst, name = reading([Errors(values, truths, entries, points.labels)], [fractions])
    given = "missing or not finite" if worst.value is None else repr(worst.value)
    times = "infinitely many" if worst.largest is None else f"{worst.largest:.2g}"
    return [
        f"its answers changed after the timed rounds: {name}{worst.index or ''} is {given}, the truth is "
        f"{worst.truth!r}, {times} times the bound, at {worst.where} drawn with seed {question.seed}"
    ]
