"""Results at numbered points, in any number of chunks.

A result has a bounded size, whatever the number of its points. Joining results is exact: the result for some points
does not depend on how they were divided into chunks. The points are those of `points.numbered_points`.
"""

import bisect
import functools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Annotated, get_args

from annotated_types import Ge, Le
from pydantic import TypeAdapter

from xorbench.judging.bias import Factor
from xorbench.judging.layout import layout_of
from xorbench.judging.points import stride
from xorbench.messages import validated
from xorbench.record.parts import Count, Dtype, Many, MaxLen, Natural, Part, Text, Verdict
from xorbench.record.report import FAILED, INSIDE, NO_FAILURES, NOT_OFFERED, OUTSIDE, Reading
from xorbench.workloads import Workload

DTYPES: tuple[Dtype, ...] = get_args(Dtype)

MOST_FAILURES = 20
"""The largest number of failures that are kept for each row: those at the points with the smallest numbers."""

BITS = 80
"""Sums are integer multiples of 2^-BITS, so that they do not depend on the order of addition."""

Exact = Annotated[int, Ge(-(2**400)), Le(2**400)]
"""A sum of real numbers, each rounded to a multiple of 2^-BITS, in units of 2^-BITS."""

Ranges = Sequence[tuple[int, int]]
"""Ranges (first, end) of numbers of points, in ascending order and apart from each other; `end` is not in its range."""

Key = tuple[str, str, Dtype, str]
"""The names of an implementation, a workload, a dtype and a parameter."""


@dataclass(frozen=True)
class Chunk(Part):
    """The points with the numbers `first` to `first + number - 1`."""

    first: Natural
    number: Count

    @property
    def end(self) -> int:
        """The number of the first point after the chunk."""
        return self.first + self.number


@dataclass(frozen=True)
class Sums(Part):
    """Exact sums over points, from which the systematic factor of a row and its standard error are computed.

    `along` and `across` are sums of the two numbers that `bias.by_point` returns for each point, scaled so that their
    quotient is the factor in units of u. The other three are sums of the products of these numbers.
    """

    points: Natural = 0
    along: Exact = 0
    across: Exact = 0
    along_squared: Exact = 0
    across_along: Exact = 0
    across_squared: Exact = 0

    def plus(self, other: "Sums") -> "Sums":
        """Return the sums over the points of both."""
        return Sums(*(mine + theirs for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True)))

    @property
    def factor(self) -> Factor | None:
        """The systematic factor; None if fewer than two points have an entry with a narrow enough bound."""
        if self.points < 2 or not self.along:
            return None
        slope = Fraction(self.across, self.along)
        squares = self.across_squared - 2 * slope * self.across_along + slope**2 * self.along_squared
        variance = squares * 2**BITS / self.along**2
        return Factor(float(slope), math.sqrt(max(0, variance)), self.points)


@dataclass(frozen=True)
class Failure(Part):
    """A point at which an answer was outside its bound or missing: its number and the reason."""

    point: Natural
    reason: Text


@dataclass(frozen=True)
class Row(Part):
    """The result for one quantity of one implementation on one workload in one dtype.

    The quantity `parameter` is the gradient of one parameter tensor, the predictions or the loss. `points` is the
    number of points with an answer, and `wrong` the number of those at which it was outside its bound. At `failed`
    points there was no answer, and at `not_offered` points the implementation said that it offers none. `not_judged` is
    the number of entries whose bound is too wide. `largest` is the largest error as a fraction of the bound, without a
    median, and `at` is the number of its point; both are None if there was no answer.
    """

    implementation: Text
    workload: Text
    dtype: Dtype
    parameter: Text
    points: Natural = 0
    wrong: Natural = 0
    failed: Natural = 0
    not_offered: Natural = 0
    not_judged: Natural = 0
    largest: Reading | None = None
    at: Natural | None = None
    sums: Sums = Sums()
    failures: Annotated[list[Failure], MaxLen(MOST_FAILURES)] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """The key of the row: implementation, workload, dtype and parameter."""
        return self.implementation, self.workload, self.dtype, self.parameter

    @property
    def verdict(self) -> Verdict:
        """The verdict over all points, of which the worst one counts."""
        if self.failed:
            return FAILED
        if self.wrong:
            return OUTSIDE
        return NOT_OFFERED if self.not_offered else INSIDE

    @property
    def passed(self) -> bool:
        """Whether no answer is wrong or missing, and no systematic factor is refused."""
        factor = self.sums.factor
        return self.verdict in NO_FAILURES and not (factor and factor.refused)

    def contradiction(self, asked: int, is_asked: Callable[[int], bool]) -> str | None:
        """Return in what it contradicts itself or the points that were asked, in one line; None if in nothing.

        `asked` points were asked, those whose numbers fulfil `is_asked`.
        """
        answers = self.points + self.failed + self.not_offered
        without = self.wrong + self.failed + self.not_offered
        numbers = [failure.point for failure in self.failures]
        told = [*numbers, *([] if self.at is None else [self.at])]
        if answers != asked:
            return f"{answers:,} points with and without an answer, expected {asked:,}"
        if self.wrong > self.points or self.sums.points > self.points:
            return f"more wrong or summed points than the {self.points:,} with an answer"
        if not (self.largest is None) == (self.at is None) == (not self.points):
            return f"a largest error and its point, expected both exactly if there is an answer, got {self.points:,}"
        if self.largest is not None and bool(self.wrong) == (size_of(self)[0] <= 1):
            return f"{self.wrong:,} wrong points, but a largest error of {self.largest.largest} bounds"
        if numbers != sorted({*numbers}) or len(numbers) != min(MOST_FAILURES, without):
            return f"{len(numbers)} failures, expected those of the first of {without:,} points, each once"
        if not all(map(is_asked, told)):
            return "a point that was not asked"
        if self.sums.along_squared < 0 or self.sums.across_squared < 0:
            return "a negative sum of squares"
        return None

    def plus(self, other: "Row") -> "Row":
        """Return the row for the points of both rows, which have the same key and no point in common."""
        larger = max((self, other), key=size_of)
        failures = sorted([*self.failures, *other.failures], key=lambda failure: (failure.point, failure.reason))
        return replace(
            self,
            points=self.points + other.points,
            wrong=self.wrong + other.wrong,
            failed=self.failed + other.failed,
            not_offered=self.not_offered + other.not_offered,
            not_judged=self.not_judged + other.not_judged,
            largest=larger.largest,
            at=larger.at,
            sums=self.sums.plus(other.sums),
            failures=failures[:MOST_FAILURES],
        )


def _is_multiple(ranges: Ranges, step: int, number: int) -> bool:
    """Return whether a number is in one of the ranges, and a multiple of `step`."""
    place = bisect.bisect_right(ranges, number, key=lambda one: one[0]) - 1
    return number % step == 0 and place >= 0 and number < ranges[place][1]


def _multiples(ranges: Ranges, step: int) -> int:
    """Return how many multiples of `step` are in some ranges (first, end)."""
    return sum(-(-end // step) - -(-first // step) for first, end in ranges)


def size_of(row: Row) -> tuple[float, float]:
    """Return what orders rows by their largest error; of equal errors the one at the smallest number is the largest."""
    if row.largest is None or row.at is None:
        return -1.0, 0.0
    return math.inf if row.largest.largest is None else row.largest.largest, -row.at


@dataclass(frozen=True)
class Found(Part):
    """The result at `points` numbered points: one row for each quantity, sorted by key."""

    points: Natural = 0
    rows: Annotated[list[Row], Many] = field(default_factory=list)


def joined(one: Found, other: Found) -> Found:
    """Return the result at the points of both, which have none in common; it is commutative and associative."""
    rows = {row.key: row for row in one.rows}
    for row in other.rows:
        rows[row.key] = rows[row.key].plus(row) if row.key in rows else row
    return Found(one.points + other.points, [rows[key] for key in sorted(rows)])


def keys(implementations: Iterable[str], workloads: Sequence[Workload], dtypes: Sequence[Dtype] = DTYPES) -> list[Key]:
    """Return the keys of all rows of `implementations` on `workloads` in `dtypes`, in the order of `Found`."""
    return sorted(
        (implementation, workload.name, dtype, group)
        for implementation in implementations
        for workload in workloads
        for dtype in dtypes
        for group in layout_of(workload).groups
    )


def contradiction(
    found: Found, ranges: Ranges, implementations: Iterable[str], workloads: Sequence[Workload]
) -> str | None:
    """Return in what a result contradicts itself, or what was asked, in one line; None if in nothing.

    Asked were these implementations, by name, on these workloads, at the points whose numbers are in `ranges`.
    """
    number = _multiples(ranges, 1)
    numbers = {workload.name: _multiples(ranges, stride(workload)) for workload in workloads}
    asked = [workload for workload in workloads if numbers[workload.name]]
    if found.points != number or [row.key for row in found.rows] != keys(implementations, asked):
        return f"expected {number:,} points and the rows of the implementations that were asked, sorted"
    is_asked = {workload.name: functools.partial(_is_multiple, ranges, stride(workload)) for workload in asked}
    for place, row in enumerate(found.rows):
        if complaint := row.contradiction(numbers[row.workload], is_asked[row.workload]):
            return f"rows[{place}]: {complaint}"
    return None


_TYPES: TypeAdapter[Found] = TypeAdapter(Found)


def as_json(found: Found) -> bytes:
    """Return a result as a JSON document."""
    return _TYPES.dump_json(found)


def of_json(text: bytes | str) -> Found:
    """Return the result in a JSON document. Raises ValueError, in one line, if the document is not valid."""
    return validated(_TYPES, text)
