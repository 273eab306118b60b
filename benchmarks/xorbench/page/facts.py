"""What a record says in three numbers."""

from dataclasses import dataclass

from xorbench.contract import REFERENCE
from xorbench.estimates import control
from xorbench.records import Record
from xorbench.tables.cells import NONE, three_digits


@dataclass(frozen=True)
class Fact:
    """A number, and what it is of."""

    number: str
    what: str


def facts(record: Record) -> list[Fact]:
    """How wrong a gradient was at most, how many trainings ended where they must, what the machine did to ratios."""
    report, floor = record["gradients"], control.noise_floor(record)
    errors = [row["of_bound"]["largest"] for row in report["rows"] if row["of_bound"]]
    known = None if None in errors or not errors else max(errors)
    right = sum(end["verdict"] == "inside" for end in report["endings"])
    width = "unknown" if floor is None or floor.low is None else f"± {floor.half_width * 100:.2g} %"
    return [
        Fact(
            NONE if known is None else three_digits(known),
            "of what rounding alone explains: the largest gradient error",
        ),
        Fact(f"{right} of {len(report['endings'])}", "trainings end at the known answer"),
        Fact(width, f"noise floor: {REFERENCE} against its own second copy"),
    ]
