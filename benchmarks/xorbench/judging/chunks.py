"""Judge numbered points in chunks, on any machine and in any order.

The result of a chunk has a bounded size, whatever the number of its points. Joining results is exact: the result for
some points does not depend on how they were divided into chunks. The points are those of `points.numbered_points`.
"""

import bisect
import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Annotated, get_args

import numpy as np
from annotated_types import Ge, Le
from pydantic import TypeAdapter

from xorbench.contract import Contract, Implementation, load
from xorbench.judging.answers import Given, answers
from xorbench.judging.bias import Factor, by_point
from xorbench.judging.error_stats import Errors, finite
from xorbench.judging.layout import layout_of
from xorbench.judging.points import Numbers, Points, numbered_points, stride
from xorbench.judging.trouble import Trouble, trouble
from xorbench.judging.truths import BATCH, DIFFERENCES, Truths, inside, truths_here
from xorbench.messages import validated
from xorbench.record.parts import Count, Dtype, Many, MaxLen, Natural, Part, Text, Verdict
from xorbench.record.report import (
    FAILED,
    INSIDE,
    MISSING,
    NO_FAILURES,
    NOT_OFFERED,
    OUTSIDE,
    Bias,
    Judgement,
    Reading,
    Report,
)
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
        """The verdict over all points."""
        if self.failed:
            return FAILED
        if self.wrong:
            return OUTSIDE
        return NOT_OFFERED if self.not_offered and not self.points else INSIDE

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


def judge_chunk(
    implementations: Sequence[Implementation],
    workloads: Sequence[Workload],
    chunk: Chunk,
    seed: int,
    dtypes: Sequence[Dtype] = DTYPES,
    doing: Callable[[str], None] = lambda _text: None,
    lost: Mapping[str, str] | None = None,
) -> Found:
    """Return the result of a chunk, judged in this process, which imports the implementations.

    `doing` is called with the name of an implementation before it computes answers, and with "" afterwards.
    Implementations whose names are in `lost` are not called: they fail at every point, for the reason given there.
    Those that are missing or broken are left out. Large workloads are judged at some of the points only, see `stride`.
    """
    found = Found(chunk.number)
    for workload in workloads:
        step = stride(workload)
        numbers = range(-(-chunk.first // step) * step, chunk.end, step)
        for dtype in dtypes:
            for start in range(0, len(numbers), BATCH):
                batch = numbers[start : start + BATCH]
                points = numbered_points(workload, dtype, batch, seed)
                truths = _truths(points, batch, DIFFERENCES * step)
                for implementation in (i for i in implementations if i.usable):
                    asked = _Asked(implementation.name, points, batch, truths)
                    if lost and implementation.name in lost:
                        rows = asked.unanswered(Trouble(lost[implementation.name]))
                    else:
                        doing(implementation.name)
                        rows = asked.rows(_loaded(implementation))
                        doing("")
                    found = joined(found, Found(0, sorted(rows, key=lambda row: row.key)))
    return found


def _truths(points: Points, numbers: Sequence[int], step: int) -> Truths:
    """Return the true values; those at points whose number is a multiple of `step` come from finite differences."""
    compared = [place for place, number in enumerate(numbers) if number % step == 0]
    found = truths_here(points, by_differences=False)
    if compared:
        for mine, theirs in zip(vars(found).values(), vars(truths_here(points.chosen(compared))).values(), strict=True):
            mine[compared] = theirs
    return found


@functools.cache
def _loaded(implementation: Implementation) -> Contract | Trouble:
    """Return the imported module of an implementation, or the reason why it cannot be imported."""
    try:
        return load(implementation)
    except BaseException as error:  # noqa: BLE001  an implementation may raise anything, also SystemExit
        return trouble(error, "its import failed: ")


@dataclass(frozen=True, eq=False)
class _Asked:
    """One implementation, and the points of one workload in one dtype at which it is judged, with their true values."""

    implementation: str
    points: Points
    numbers: Sequence[int]
    truths: Truths

    def rows(self, module: Contract | Trouble) -> list[Row]:
        """Return the rows for the answers of a module; a module that could not be imported fails at every point."""
        if isinstance(module, Trouble):
            return self.unanswered(module)
        given = self._given(module, self.points)
        if isinstance(given, Given):
            return list(self._judged(given))
        found: list[Row] = []
        for place in range(len(self.points)):  # one by one, to find those that it cannot answer
            alone = self._at(place)
            given = self._given(module, alone.points)
            of_point = alone._judged(given) if isinstance(given, Given) else alone.unanswered(given)
            found = [one.plus(other) for one, other in zip(found, of_point, strict=True)] if found else list(of_point)
        return found

    def _given(self, module: Contract, points: Points) -> Given | Trouble:
        try:
            with np.errstate(all="ignore"):
                return answers(module, points)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  an implementation may raise anything, also SystemExit
            return trouble(error)

    def _at(self, place: int) -> "_Asked":
        part = slice(place, place + 1)
        return replace(
            self,
            points=self.points[part],
            numbers=self.numbers[part],
            truths=Truths(self.truths.high[part], self.truths.low[part], self.truths.bound[part]),
        )

    def unanswered(self, why: Trouble) -> list[Row]:
        """Return the rows of an implementation that gave no answer at any point, for the reason `why`."""
        failures = [Failure(number, why.reason) for number in self.numbers[:MOST_FAILURES]]
        if why.verdict == NOT_OFFERED:
            return [replace(row, not_offered=len(self.points), failures=failures) for row in self._empty()]
        return [replace(row, failed=len(self.points), failures=failures) for row in self._empty()]

    def _empty(self) -> Iterator[Row]:
        workload = self.points.workload.name
        return (Row(self.implementation, workload, self.points.dtype, group) for group in self.points.layout.groups)

    def _judged(self, given: Given) -> Iterator[Row]:
        layout, dtype = self.points.layout, self.points.dtype
        for row in self._empty():
            where = layout.groups[row.parameter]
            errors = Errors(given.rows[:, where], self.truths.part(where), layout.entries[where], self.points.labels)
            fractions = errors.truth.fractions(errors.values)
            point, entry = (int(place) for place in np.unravel_index(np.argmax(fractions), fractions.shape))
            wrong = np.flatnonzero(~inside(fractions).all(axis=1))
            _, complaint = given.complaints.get(row.parameter, (0, ""))
            yield replace(
                row,
                points=len(self.points),
                wrong=len(wrong),
                not_judged=int(np.isinf(errors.truth.bound).sum()),
                largest=self._reading(errors, row.parameter, fractions[point, entry], point, entry),
                at=self.numbers[point],
                sums=_sums(errors, dtype),
                failures=[
                    Failure(
                        self.numbers[place], self._reason(errors, row.parameter, fractions[place], place, complaint)
                    )
                    for place in wrong[:MOST_FAILURES].tolist()
                ],
            )

    @staticmethod
    def _reading(errors: Errors, group: str, fraction: float, point: int, entry: int) -> Reading:
        name, index = errors.entries[entry]
        where = errors.labels[point]
        return Reading(
            median=None,
            largest=finite(fraction),
            where=where if name == group else f"{name}, from {where}",
            index=index,
            value=finite(errors.values[point, entry]),
            truth=float(errors.truth.high[point, entry]),
        )

    def _reason(self, errors: Errors, group: str, fractions: Numbers, place: int, complaint: str) -> str:
        if complaint and np.isnan(errors.values[place]).all():
            return f"{complaint} at {self.points.labels[place]}"
        entry = int(np.argmax(fractions))
        return _worded(self._reading(errors, group, fractions[entry], place, entry), group)


def _worded(reading: Reading, group: str) -> str:
    """Return a sentence about the largest error of a group, in the words of the judge."""
    array, _, point = reading.where.rpartition(", from ")
    fraction = "infinitely many" if reading.largest is None else f"{reading.largest:.3g}"
    given = "not finite" if reading.value is None else repr(reading.value)
    return (
        f"{array or group}{reading.index or ''} is {given}, the truth is {reading.truth!r}, the error is {fraction} "
        f"times the bound, at {point}"
    )


def _sums(errors: Errors, dtype: Dtype) -> Sums:
    unit = float(np.finfo(dtype).eps) / 2
    along, across = by_point(errors, dtype)
    a, c = along * unit * unit, across * unit
    sums = (_exact(numbers) for numbers in (a, c, a * a, c * a, c * c))
    return Sums(len(a), *sums)


def _exact(numbers: Numbers) -> int:
    """Return the sum of finite numbers, each rounded to a multiple of 2^-BITS, in these units."""
    return sum(int(math.ldexp(number, BITS)) for number in numbers.tolist())


def report(found: Found, implementations: Sequence[Implementation], workloads: Sequence[Workload], seed: int) -> Report:
    """Return what was found as a report of the judge, for the views of one, in the order of what is given.

    An implementation that is missing or broken has rows that say so.
    """
    rows = {row.key: row for row in found.rows}
    report = Report(seed, found.points, rows=[], pairs=[], endings=[], conduct=[])
    for implementation in implementations:
        for workload in workloads:
            for dtype in DTYPES:
                for group in layout_of(workload).groups:
                    row = rows.get((implementation.name, workload.name, dtype, group))
                    decides = dtype == workload.dtype
                    about = implementation.name, workload.name, dtype, group
                    if row is None:
                        verdict: Verdict = FAILED if implementation.broken else MISSING
                        reason = implementation.broken or implementation.missing or "it was not asked"
                        report.rows.append(Judgement(*about, 0, verdict, reason, decides=decides))
                        continue
                    report.rows.append(_judgement(row, decides))
                    if factor := row.sums.factor:
                        report.biases.append(_bias(row, factor, decides))
    return report


def _judgement(row: Row, decides: bool) -> Judgement:
    reason = row.failures[0].reason if row.failures else None
    if row.verdict == FAILED:
        reason = f"no answer at {row.failed:,} points, first at point {row.failures[0].point}: {reason}"
    elif row.verdict == OUTSIDE and row.wrong > 1:
        reason = f"{reason}, and at {row.wrong - 1:,} more points"
    return Judgement(
        implementation=row.implementation,
        workload=row.workload,
        dtype=row.dtype,
        parameter=row.parameter,
        points=row.points,
        verdict=row.verdict,
        reason=reason,
        of_bound=row.largest,
        not_judged=row.not_judged,
        decides=decides,
    )


def _bias(row: Row, factor: Factor, decides: bool) -> Bias:
    return Bias(
        implementation=row.implementation,
        workload=row.workload,
        dtype=row.dtype,
        parameter=row.parameter,
        points=factor.points,
        factor_units=factor.units,
        standard_error_units=factor.standard_error,
        verdict=OUTSIDE if factor.refused else INSIDE,
        reason=factor.complaint(row.parameter),
        decides=decides,
    )
