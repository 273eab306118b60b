"""Tables of accuracy: errors of gradients, correct digits under saturation, and divergence of trainings."""

from collections.abc import Callable, Sequence

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.record.report import (
    CERTAIN_STANDARD_ERRORS,
    LARGEST_FACTOR_UNITS,
    LEAST_FACTOR_POINTS,
    Bias,
    Reading,
    Report,
    Trajectory,
    factor_text,
)
from xorbench.tables.cells import NONE, NOT_APPLICABLE, UNDEFINED, Table, scientific, three_digits

SHOWN_LOGITS = (-40, -20, 0, 10, 20, 30, 40)


def errors(report: Report) -> list[Table]:
    """Return a table for each dtype of the errors of every parameter tensor, in bounds, in ulps and absolute."""
    found = []
    biases = {(row.implementation, row.workload, row.dtype, row.parameter): row for row in report.biases}
    for dtype in dict.fromkeys(row.dtype for row in report.rows):
        lines = []
        for row in report.rows:
            if row.dtype == dtype and row.of_bound:
                largest = row.of_bound
                lines.append(
                    {
                        "implementation": row.implementation,
                        "workload": row.workload,
                        "parameter": row.parameter,
                        **_median_and_largest("error / bound", row.of_bound),
                        **_median_and_largest("error, ulps", row.ulps),
                        **_median_and_largest("absolute error", row.absolute),
                        **_bias(biases.get((row.implementation, row.workload, dtype, row.parameter))),
                        "entry": f"{row.parameter}{largest.index or ''}",
                        "point": largest.where,
                    }
                )
        notes = [
            "Errors are differences from the true gradient; entry and point are those of the largest error / bound. An "
            "ulp is the unit in the last place of the true value. Where a sigmoid saturates, 1 - p cancels, so that "
            "rounding alone causes errors of millions of ulps; the bound takes this into account. The systematic "
            "factor is that by which all values are too large, less 1, with its standard error; u is half a unit in "
            f"the last place of 1. A factor beyond {LARGEST_FACTOR_UNITS} u by more than {CERTAIN_STANDARD_ERRORS} "
            f"standard errors, at {LEAST_FACTOR_POINTS} points or more, is refused."
        ]
        found.append(Table(f"Gradient errors in {dtype}", pd.DataFrame(lines), notes))
    return found


def accuracy(report: Report) -> Table:
    """Return the table of correct digits of gradients, by logit and by scale of the parameters."""
    lines = []
    digits: dict[tuple[str, str, str], dict[str, dict[float, float]]] = {}
    for row in report.accuracy:
        of_axes = digits.setdefault((row.implementation, row.workload, row.dtype), {"logit": {}, "scale": {}})
        of_axes[row.axis][row.position] = row.median_digits
    for (name, workload, dtype), of_axes in digits.items():
        by_logit, by_scale = of_axes["logit"], of_axes["scale"]
        half = max(by_logit.values(), default=0.0) / 2
        kept = [z for z in sorted(by_logit) if z >= 0 and all(by_logit[x] >= half for x in by_logit if 0 <= x <= z)]
        until = f"{kept[-1]:g}" if kept else NOT_APPLICABLE
        lines.append(
            {
                "implementation": name,
                "workload": workload,
                "dtype": dtype,
                **{f"logit {z}": f"{by_logit[z]:.1f}" if z in by_logit else NONE for z in SHOWN_LOGITS},
                "half the digits kept up to logit": until if half > 0 else NONE,  # half of no digit is always kept
                "smallest scale": f"{by_scale[min(by_scale)]:.1f}" if by_scale else NONE,
                "largest scale": f"{by_scale[max(by_scale)]:.1f}" if by_scale else NONE,
            }
        )
    note = (
        "Correct decimal digits of the median entry of the gradient: at points whose last layer has that mean logit, "
        "and at random points whose parameters have that scale (smallest 0.01, largest 25)."
    )
    return Table("Accuracy of gradients", pd.DataFrame(lines), [note])


def trajectories(report: Report) -> Table:
    """Return the table of divergence: when and by how much trainings differ from the reference."""
    lines = [
        {
            "implementation": row.implementation,
            "workload": row.workload,
            "bits differ": _epoch(row.bits),
            "> 1 ulp": _epoch(row.one_ulp),
            "> 1e-12": _epoch(row.e12),
            "> 1e-6": _epoch(row.e6),
            "decisions differ": _epoch(row.decisions),
            **_last("difference", row, row.from_reference),
            **_last("error", row, row.from_truth),
        }
        for row in report.trajectories
    ]
    note = (
        f"The first epoch at which the parameters differ from those of {REFERENCE}: in any bit, by more than a unit in "
        "the last place (ulp), and so on. A decision is whether a prediction is above 0.5. Difference: the largest "
        f"difference from the parameters of {REFERENCE}. Error: the largest difference from a training in 200-bit "
        "arithmetic."
    )
    frame = pd.DataFrame(lines).fillna(NOT_APPLICABLE)  # workloads have different epochs, each a column of its own
    return Table("Divergence of trainings", frame, [note])


def _median_and_largest(unit: str, reading: Reading | None) -> dict[str, str]:
    show: Callable[[float], str] = scientific if unit == "absolute error" else three_digits
    of_reading = (
        {"median": reading.median, "largest": reading.largest} if reading else dict.fromkeys(("median", "largest"))
    )
    missing = UNDEFINED if reading else NONE
    return {f"{unit}, {which}": missing if value is None else show(value) for which, value in of_reading.items()}


def _last(what: str, row: Trajectory, values: Sequence[float]) -> dict[str, str]:
    """Return the last of some values along a training as a cell, by a head that names its epoch; {} without values."""
    return {f"{what} at epoch {row.at[len(values) - 1]:,}": scientific(values[-1])} if values else {}


def _bias(bias: Bias | None) -> dict[str, str]:
    """Return the cells of a systematic factor; none of them are known where too few entries are known well enough."""
    if bias is None:
        return {"systematic factor - 1, u": NONE, "standard error, u": NONE}
    return {
        "systematic factor - 1, u": factor_text(bias.factor_units, "+"),
        "standard error, u": three_digits(bias.standard_error_units),
    }


def _epoch(epoch: int | None) -> str:
    return "never" if epoch is None else f"{epoch:,}"
