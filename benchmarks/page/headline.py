"""What a record says in one sentence, and in three figures."""

from dataclasses import dataclass

from benchmarks.cells import NONE, three_digits, with_ends
from benchmarks.contract import REFERENCE
from benchmarks.estimates import control
from benchmarks.estimates.rows import SEPARATED, Row, rows
from benchmarks.pictures.style import labels
from benchmarks.records import Record


@dataclass(frozen=True)
class Fact:
    """A number, and what it is of."""

    number: str
    what: str


def headline(record: Record) -> str:
    """The widest contrast with the baseline in one workload and tier, and whether the gradients are right."""
    names = labels(i["name"] for i in record["implementations"])
    doubt = "This run is unfit, its times are not to be believed: " if control.unfit(record) else ""
    said = _cost(record, names)
    return f"{doubt}{said[0].lower() + said[1:] if doubt else said}, and {_gradients(record, names)}."


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


def _cost(record: Record, names: dict[str, str]) -> str:
    tables: dict[tuple[str, str], list[Row]] = {}
    for row in rows(record):
        if row.ratio is not None and row.verdict != "baseline":
            tables.setdefault((row.workload, row.tier), []).append(row)
    if not tables:
        return "Nothing has a time yet"
    (workload, _), found = max(tables.items(), key=lambda table: _contrast(table[1]))
    shown = sorted(found, key=lambda row: row.ratio or 1)
    shown = shown if len(shown) < 3 else [shown[0], shown[-1]]
    apart = " and ".join(
        f"{names[r.implementation]} takes {with_ends(r.interval)[0]} times" for r in shown if _apart(r)
    )
    said = [f"{apart} as long as {REFERENCE}"] if apart else []
    said += [f"{names[r.implementation]} can't be told from {REFERENCE}" for r in shown if not _apart(r)]
    return f"Per epoch of {workload}, {', '.join(said)}"


def _apart(row: Row) -> bool:
    return row.verdict in SEPARATED


def _contrast(found: list[Row]) -> float:
    ratios = [1.0, *(row.ratio or 1.0 for row in found)]
    return max(ratios) / min(ratios)


def _gradients(record: Record, names: dict[str, str]) -> str:
    judged = [*record["gradients"]["rows"], *record["gradients"]["endings"]]
    wrong = list(dict.fromkeys(row["implementation"] for row in judged if row["verdict"] in ("outside", "failed")))
    if not judged:
        return "no gradient was judged"
    if wrong:
        return f"the gradients of {', '.join(names.get(name, name) for name in wrong[:3])} are refused"
    return "every gradient is within what rounding explains"
