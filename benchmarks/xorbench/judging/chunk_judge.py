"""Judge the points of a chunk in this process, on any machine and in any order."""

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xorbench.contract import Contract, Implementation, load
from xorbench.judging.answers import Given, answers
from xorbench.judging.bias import by_point
from xorbench.judging.chunks import BITS, DTYPES, MOST_FAILURES, Chunk, Failure, Found, Row, Sums, joined
from xorbench.judging.error_stats import Errors, finite
from xorbench.judging.points import Numbers, Points, numbered_points, stride
from xorbench.judging.trouble import Trouble, trouble
from xorbench.judging.truths import BATCH, DIFFERENCES, Truths, inside, truths_here
from xorbench.record.parts import Dtype
from xorbench.record.report import NOT_OFFERED, Reading
from xorbench.workloads import Workload


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
            truth=float(errors.truth.high[point, entry]) + 0.0,  # as in `error_stats.reading`
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
