"""The matrix of planted faults and of the checks that refuse them."""

from dataclasses import dataclass

from xorbench.record.report import PlantedFault, Report
from xorbench.tables.cells import three_digits

CHECKS = {
    "judge": "this judge",
    "clipped_1e4": "1e-4, clipped at 1",
    "clipped_1e8": "1e-8, clipped at 1",
    "allclose": "numpy.allclose",
}
"""The names of the checks by the fields of a planted fault that count the points at which they refuse it."""

ALL, SOME, NEVER = "all", "some", "none"


@dataclass(frozen=True)
class Refusals:
    """At how many of the points a check refuses a fault: all, some, or none; `right` is whether it should."""

    share: str
    text: str
    right: bool


@dataclass(frozen=True)
class Fault:
    """A planted fault, its largest error as a multiple of what rounding explains, and the refusals of each check."""

    name: str
    error: str
    refusals: list[Refusals]


@dataclass(frozen=True)
class Matrix:
    """The planted faults at one dtype, and the changes that rounding explains, which no check should refuse.

    `missed` is, for each check, the number of faults that it refuses at no point, and `wrong` the number of points at
    which it refuses what rounding explains.
    """

    dtype: str
    points: int
    faults: list[Fault]
    harmless: list[Fault]
    missed: list[int]
    wrong: list[int]

    @property
    def summary(self) -> str:
        """A sentence on how many planted faults each check misses, and how many right gradients it refuses."""
        every = len(self.faults)
        parts = [
            f"{check} misses {missed or 'none'} of {every} faults"
            + (f" and refuses {wrong} right gradients" if wrong else "")
            for check, missed, wrong in zip(CHECKS.values(), self.missed, self.wrong, strict=True)
        ]
        return "; ".join(parts) + "."


def matrices(report: Report) -> list[Matrix]:
    """Return a matrix for each dtype in which faults were planted."""
    return [
        _matrix(dtype, [row for row in report.faults if row.dtype == dtype])
        for dtype in dict.fromkeys(row.dtype for row in report.faults)
    ]


def _matrix(dtype: str, rows: list[PlantedFault]) -> Matrix:
    real = [row for row in rows if _is_fault(row)]
    harmless = [row for row in rows if not _is_fault(row)]
    return Matrix(
        dtype=dtype,
        points=max(row.points for row in rows),
        faults=[_fault(row, True) for row in real],
        harmless=[_fault(row, False) for row in harmless],
        missed=[sum(getattr(row, check) == 0 for row in real) for check in CHECKS],
        wrong=[sum(getattr(row, check) for row in harmless) for check in CHECKS],
    )


def _is_fault(row: PlantedFault) -> bool:
    """Return whether rounding does not explain the error, so that a check should refuse the gradient."""
    return row.of_bound is None or row.of_bound > 1


def _fault(row: PlantedFault, wrong: bool) -> Fault:
    found = []
    for check in CHECKS:
        count = getattr(row, check)
        share = NEVER if count == 0 else ALL if count == row.points else SOME
        found.append(Refusals(share, f"{count} of {row.points}" if share == SOME else share, (count > 0) == wrong))
    error = "not a finite number" if row.of_bound is None else three_digits(row.of_bound)
    return Fault(row.fault, error, found)
