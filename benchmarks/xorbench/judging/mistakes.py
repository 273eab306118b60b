"""What a wrong answer equals: a mistake of the catalogue, a multiple of the truth, or else where it is wrong.

The catalogue are the planted faults: each is computed at the same points and compared with what was given.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorbench.contract import Contract
from xorbench.judging.fault_study import module_of
from xorbench.judging.gradients import Given
from xorbench.judging.layout import Layout
from xorbench.judging.planted_faults import FAULTS, Fault
from xorbench.judging.points import Numbers, Points
from xorbench.judging.truths import Truths, inside
from xorbench.judging.update_task import UpdateQuestion
from xorbench.workloads import Array

EQUAL = 1e-3
"""The largest distance from the effect of a known mistake, as a share of that effect, that is called equal."""

MOST_POINTS = 40
"""The largest number of points of a batch at which known mistakes are computed."""

Compute = Callable[[Contract, Points], Given]


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of one implementation to one kind of question at points of one shape, with the truth."""

    points: Points
    layout: Layout
    values: Array
    truth: Truths
    compute: Compute

    @functools.cached_property
    def wrong(self) -> NDArray[Any]:
        """Whether each entry, (points, entries), is outside its bound."""
        return ~inside(self.truth.fractions(self.values))


def of_updates(module: Contract, points: Points) -> Given:
    """Return the parameters of `module` after a few epochs of training from `points`."""
    return UpdateQuestion(points).put_to(module, lambda _: None)


def named(batches: Sequence[Answers]) -> str | None:
    """Return in a sentence what the wrong answers of one implementation equal, or where they are; None if none is."""
    wrong = [batch for batch in batches if batch.wrong.any()]
    if not wrong:
        return None
    return next((name for name in (*_known(wrong), *_multiples(wrong))), None) or _where(batches)


def _known(batches: Sequence[Answers]) -> Iterator[str]:
    """Yield the names of all mistakes of the catalogue that give the same answers at the points of all batches."""
    for fault in FAULTS:
        if fault.is_mistake and all(_equals(fault, batch) for batch in batches):
            yield f"the answers equal those of a known mistake: {fault.name}"


def _equals(fault: Fault, batch: Answers) -> bool:
    """Return whether the answers are those of an implementation with this fault, and differ from the truth there."""
    chosen = _some(batch)
    try:
        with np.errstate(all="ignore"):
            faulty = batch.compute(module_of(fault.text()), batch.points.chosen(chosen))
    except Exception:  # noqa: BLE001  a fault may not run at all shapes
        return False
    if faulty.complaints:
        return False
    values, truth = (rows[chosen].astype(np.float64) for rows in (batch.values, batch.truth.high))
    with np.errstate(invalid="ignore", over="ignore"):
        effect = np.abs(faulty.rows.astype(np.float64) - truth)
        apart = np.abs(values - faulty.rows)
        same = (apart <= EQUAL * effect + 4 * batch.truth.bound[chosen]) | (np.isnan(values) & np.isnan(faulty.rows))
    seen = effect > batch.truth.bound[chosen]
    return bool(np.all(same | np.isinf(batch.truth.bound[chosen])) and np.any(seen & batch.wrong[chosen]))


def _some(batch: Answers) -> NDArray[Any]:
    """Return the numbers of some points: wrong ones and right ones."""
    bad, good = np.flatnonzero(batch.wrong.any(axis=1)), np.flatnonzero(~batch.wrong.any(axis=1))
    return np.sort(np.concatenate([bad[: MOST_POINTS // 2], good[: MOST_POINTS // 2]]))


def _multiples(batches: Sequence[Answers]) -> Iterator[str]:
    """Yield that every entry of some quantities is the same multiple of the truth, where it is so."""
    factors: dict[str, Numbers] = {}
    for batch in batches:
        for group, where in batch.layout.groups.items():
            wrong = batch.wrong[:, where]
            if wrong.any():
                truth, values = batch.truth.high[:, where], batch.values[:, where].astype(np.float64)
                known = np.abs(truth) > 1e3 * batch.truth.bound[:, where]
                factors[group] = np.append(factors.get(group, np.empty(0)), values[known] / truth[known])
    found = {group: float(np.median(some)) for group, some in factors.items() if len(some)}
    if not found or not all(np.allclose(factors[g], f, rtol=EQUAL, atol=0) for g, f in found.items()):
        return
    for factor in dict.fromkeys(round(value, 4) for value in found.values()):
        groups = [group for group, value in found.items() if round(value, 4) == factor]
        yield f"every entry of {', '.join(groups)} is {factor:.4g} times the truth"


def _where(batches: Sequence[Answers]) -> str:
    """Return in a sentence which quantities, entries and numbers of samples are wrong."""
    groups: dict[str, list[int]] = {}
    for batch in batches:
        for group, where in batch.layout.groups.items():
            wrong, every = groups.setdefault(group, [0, 0])
            groups[group] = [wrong + int(batch.wrong[:, where].sum()), every + batch.wrong[:, where].size]
    shown = [f"{group} ({100 * wrong / every:.3g}% of entries)" for group, (wrong, every) in groups.items() if wrong]
    right = [group for group, (wrong, _) in groups.items() if not wrong]
    parts = [f"wrong are {', '.join(shown)}"]
    if right:
        parts.append(f"right are {', '.join(right)}")
    by_samples: dict[int, bool] = {}
    for batch in batches:
        samples = len(batch.points.workload.inputs)
        by_samples[samples] = by_samples.get(samples, False) or bool(batch.wrong.any())
    if len(set(by_samples.values())) == 2:
        wrong_counts = ", ".join(str(samples) for samples, wrong in sorted(by_samples.items()) if wrong)
        parts.append(f"only with these numbers of samples: {wrong_counts}")
    return "; ".join(parts)
