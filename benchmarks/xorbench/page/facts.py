"""Three numbers that summarise a record."""

from dataclasses import dataclass

from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.tables.cells import NONE, three_digits


@dataclass(frozen=True)
class Fact:
    """A number as text, and a description of it."""

    number: str
    what: str


def facts(analysis: Analysis) -> list[Fact]:
    """Return the largest gradient error, the number of trainings with the known answer, and the noise floor."""
    report, floor = analysis.record.gradients, analysis.noise_floor
    deciding = [row for row in report.rows if row.decides]
    where = "" if len(deciding) == len(report.rows) else ", in the dtypes that are timed"
    errors = [row.of_bound.largest for row in deciding if row.of_bound]
    finite = [error for error in errors if error is not None]
    known = max(finite) if finite and len(finite) == len(errors) else None
    right = sum(end.verdict == "inside" for end in report.endings)
    width = "unknown" if floor is None or floor.low is None else f"± {floor.half_width * 100:.2g} %"
    return [
        Fact(
            NONE if known is None else three_digits(known),
            f"largest gradient error, as a fraction of the rounding bound{where}",
        ),
        Fact(f"{right} of {len(report.endings)}" if report.endings else NONE, "trainings reach the known answer"),
        Fact(width, f"noise floor: interval of the ratio of a second copy of {REFERENCE} to {REFERENCE}"),
    ]
