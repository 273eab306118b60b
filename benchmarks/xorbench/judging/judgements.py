"""Judgements: whether answers are inside their bounds, for each group of entries."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from xorbench.judging.answers import Given
from xorbench.judging.error_stats import Errors, reading
from xorbench.judging.layout import Layout
from xorbench.judging.trouble import Trouble
from xorbench.judging.truths import Truths, inside
from xorbench.record.report import INSIDE, OUTSIDE, Judgement
from xorbench.workloads import Workload
from xorbench.workloads.workload import Dtype


class Sheet:
    """The answers of one implementation at some points, with the truth."""

    def __init__(self, layout: Layout, labels: Sequence[str], given: Given, truth: Truths) -> None:
        self.layout, self.labels, self._given, self._truth = layout, labels, given, truth

    def complaint(self, group: str) -> str | None:
        """Return where an array of a group was malformed first, and what was wrong; None if none was."""
        if group not in self._given.complaints:
            return None
        number, text = self._given.complaints[group]
        return f"{text} at {self.labels[number]}"

    def errors(self, group: str) -> Errors:
        """Return the values of a group with the truth."""
        where = self.layout.groups[group]
        return Errors(self._given.rows[:, where], self._truth.part(where), self.layout.entries[where], self.labels)


def judgements(
    implementation: str, workload: Workload, dtype: Dtype, sheets: Sequence[Sheet], trouble: Trouble | None
) -> list[Judgement]:
    """Return a judgement for each group of entries, over all sheets. `trouble` is what stopped the training."""
    verdicts = []
    about = implementation, workload.name, dtype
    for group in sheets[0].layout.groups:
        count = sum(len(sheet.labels) for sheet in sheets)
        row = Judgement(*about, group, count, INSIDE, decides=dtype == workload.dtype)
        if complaint := next((found for sheet in sheets if (found := sheet.complaint(group))), None):
            verdicts.append(replace(row, verdict=OUTSIDE, reason=complaint))
            continue
        parts = [sheet.errors(group) for sheet in sheets]
        fractions = [part.truth.fractions(part.values) for part in parts]
        errors = [part.truth.errors(part.values) for part in parts]
        with np.errstate(over="ignore"):
            units = [part / one.truth.units(dtype) for part, one in zip(errors, parts, strict=True)]
        of_bound, name = reading(parts, fractions)
        if name != group:
            of_bound = replace(of_bound, where=f"{name}, from {of_bound.where}")
        row = replace(
            row,
            not_judged=sum(int(np.isinf(part.truth.bound).sum()) for part in parts),
            of_bound=of_bound,
            ulps=reading(parts, units)[0],
            absolute=reading(parts, errors)[0],
        )
        if of_bound.largest is None or not inside(of_bound.largest):
            fraction = "infinitely many" if of_bound.largest is None else f"{of_bound.largest:.3g}"
            given = "not finite" if of_bound.value is None else repr(of_bound.value)
            row = replace(
                row,
                verdict=OUTSIDE,
                reason=f"{name}{of_bound.index or ''} is {given}, the truth is {of_bound.truth!r}, "
                f"the error is {fraction} times the bound, at {of_bound.where}",
            )
        elif trouble:
            row = replace(row, verdict=trouble.verdict, reason=trouble.reason)
        verdicts.append(row)
    return verdicts
