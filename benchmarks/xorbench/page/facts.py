"""What a record says in three numbers."""

from dataclasses import dataclass

from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.tables.cells import NONE, three_digits


@dataclass(frozen=True)
class Fact:
    """A number, and what it is of."""

    number: str
    what: str


def facts(analysis: Analysis) -> list[Fact]:
    """How wrong a gradient was at most, how many trainings ended where they must, what the machine did to ratios."""
    report, floor = analysis.record.gradients, analysis.noise_floor
    errors = [row.of_bound.largest for row in report.rows if row.of_bound]
    finite = [error for error in errors if error is not None]
    known = max(finite) if finite and len(finite) == len(errors) else None
    right = sum(end.verdict == "inside" for end in report.endings)
    width = "unknown" if floor is None or floor.low is None else f"± {floor.half_width * 100:.2g} %"
    return [
        Fact(
            NONE if known is None else three_digits(known),
            "of what rounding alone explains: the largest gradient error",
        ),
        Fact(f"{right} of {len(report.endings)}", "trainings end at the known answer"),
        Fact(width, f"noise floor: {REFERENCE} against its own second copy"),
    ]
