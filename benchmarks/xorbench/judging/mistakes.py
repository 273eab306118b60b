"""Explain wrong answers: by a mistake of the catalogue, as a multiple of the truth, or by where they are wrong.

The catalogue consists of the planted faults: the answers of each are computed at the same points and compared.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xorbench.contract import Contract
from xorbench.judging.answers import Given
from xorbench.judging.fault_study import module_of
from xorbench.judging.layout import LOSS, PREDICTIONS, Layout
from xorbench.judging.planted_faults import FAULTS, Fault
from xorbench.judging.points import Numbers, Points
from xorbench.judging.truths import Truths, inside
from xorbench.judging.update_task import UpdateQuestion
from xorbench.record.report import KNOWN_MISTAKE
from xorbench.workloads import Array

EQUAL = 1e-3
"""The largest distance from the effect of a known mistake, as a share of that effect, that is called equal."""

MOST_POINTS = 40
"""The largest number of points of a batch at which known mistakes are computed."""

FEW_POINTS = 4
"""The number of points at which a mistake is tried first."""

MOST_ENTRIES = 3
"""The largest number of wrong entries of a tensor that are named one by one."""

GRADIENT, TRAINING = "gradient", "training"
PARTS = (GRADIENT, PREDICTIONS, LOSS, TRAINING)
"""The parts of the answers, each of which may have a mistake of its own."""

Compute = Callable[[Contract, Points], Given]


def _part(group: str) -> str:
    """Return the part of the answers that a group of a layout belongs to."""
    if group.startswith("parameters after"):
        return TRAINING
    return group if group in (PREDICTIONS, LOSS) else GRADIENT


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of one implementation to one kind of question at points of one shape, with the truth."""

    points: Points
    layout: Layout
    values: Array
    truth: Truths
    compute: Compute

    @functools.cached_property
    def wrong(self) -> NDArray[np.bool_]:
        """Booleans of shape (points, entries) that say whether each entry is outside its bound."""
        return ~inside(self.truth.fractions(self.values))

    @functools.cached_property
    def parts(self) -> dict[str, NDArray[np.intp]]:
        """The numbers of the entries of each part."""
        found: dict[str, list[int]] = {}
        for group, where in self.layout.groups.items():
            found.setdefault(_part(group), []).extend(range(where.start, where.stop))
        return {part: np.array(entries) for part, entries in found.items()}


def of_updates(module: Contract, points: Points) -> Given:
    """Return the parameters of `module` after a few epochs of training from `points`."""
    return UpdateQuestion(points).ask(module, lambda _: None)


def named(batches: Sequence[Answers]) -> str | None:
    """Return in a sentence what the wrong answers of one implementation equal, or where they are; None if none is.

    A mistake of the catalogue that explains all answers comes first; else each part is explained by itself.
    """
    left = [part for part in PARTS if any(b.wrong[:, b.parts[part]].any() for b in batches if part in b.parts)]
    if not left:
        return None
    found = []
    for fault in FAULTS:
        if fault.is_mistake:
            equal, seen = _explained(fault, batches, {*left})
            if equal == {*PARTS} and seen >= {*left}:
                return f"the answers equal those of {KNOWN_MISTAKE}{fault.name}"
            found.append((fault.name, equal & seen))
    sentences: dict[str, list[str]] = {}
    for part in list(left):
        name = max(found, key=lambda one: (part in one[1], len(one[1] & {*left})), default=("", set()))
        if part in left and part in name[1]:
            explained = [some for some in left if some in name[1]]
            sentences.setdefault(name[0], []).extend(explained)
            left = [some for some in left if some not in explained]
    texts = [f"{_listed(parts)} as with {KNOWN_MISTAKE}{name}" for name, parts in sentences.items()]
    for part in list(left):
        if text := _multiple(batches, part):
            texts.append(text)
            left.remove(part)
    return "; ".join([*texts, *([_where(batches, left)] if left else [])])


def _listed(names: Sequence[str]) -> str:
    """Return "the a", or "the a, b and c"."""
    return f"the {' and '.join([', '.join(names[:-1]), names[-1]] if len(names) > 1 else names)}"


def _explained(fault: Fault, batches: Sequence[Answers], wrong: set[str]) -> tuple[set[str], set[str]]:
    """Return the parts whose answers are those of an implementation with this fault, and those that it makes wrong.

    Both are empty where none of the `wrong` parts is explained.
    """
    equal, seen = {*PARTS}, set[str]()
    for most in (FEW_POINTS, MOST_POINTS):
        for batch in sorted(batches, key=lambda batch: not batch.wrong.any()):
            here, wrong_here = _compared(fault, batch, _some(batch, most))
            equal -= {*batch.parts} - here
            seen |= wrong_here
            if not equal & wrong:
                return set(), set()
    return equal, seen


def _compared(fault: Fault, batch: Answers, chosen: NDArray[np.intp]) -> tuple[set[str], set[str]]:
    """Return the same for one batch, at the chosen points."""
    try:
        with np.errstate(all="ignore"):
            faulty = batch.compute(module_of(fault.text()), batch.points.chosen(chosen))
    except Exception:  # noqa: BLE001  a fault may not run at all shapes
        return set(), set()
    bound, truth = batch.truth.bound[chosen], batch.truth.high[chosen]
    values, theirs = batch.values[chosen].astype(np.float64), faulty.rows.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        effect = np.abs(theirs - truth)
        near = np.abs(values - theirs) <= EQUAL * effect + 4 * bound
        same = near | (np.isnan(values) & np.isnan(theirs)) | (values == theirs) | np.isinf(bound)
        seen = ~(effect <= bound) & batch.wrong[chosen]
    malformed = {_part(group) for group in faulty.complaints}
    equal = {part for part, where in batch.parts.items() if same[:, where].all() and part not in malformed}
    return equal, {part for part, where in batch.parts.items() if seen[:, where].any()}


def _some(batch: Answers, most: int) -> NDArray[np.intp]:
    """Return the numbers of at most `most` points: wrong ones, and right ones if there are any, from everywhere."""
    bad, good = np.flatnonzero(batch.wrong.any(axis=1)), np.flatnonzero(~batch.wrong.any(axis=1))
    return np.sort(np.concatenate([_spread(bad, most - min(len(good), most // 2)), _spread(good, most // 2)]))


def _spread(numbers: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Return at most `most` of the numbers, evenly chosen."""
    return numbers[np.unique(np.linspace(0, len(numbers) - 1, min(most, len(numbers))).round().astype(int))]


def _multiple(batches: Sequence[Answers], part: str) -> str | None:
    """Return that all wrong quantities of a part are the same multiple of the truth, if they are.

    For the training it is the way of the first epoch that is a multiple.
    """
    factors: dict[str, float] = {}
    for group in dict.fromkeys(group for batch in batches for group in batch.layout.groups if _part(group) == part):
        if part == TRAINING and "after 1 epoch " not in group:
            continue
        columns = [list(_columns(batch, group)) for batch in batches if group in batch.layout.groups]
        values, truth, bound, wrong = (np.concatenate(some) for some in zip(*map(tuple, columns), strict=True))
        if wrong.any():
            if (factor := _factor(values, truth, bound)) is None:
                return None
            factors[group] = factor
    if not factors or len({f"{factor:.4g}" for factor in factors.values()}) > 1:
        return None
    factor = next(iter(factors.values()))
    shown = f"{factor:.4g}" if abs(factor - 1) > 0.01 else f"1 {'+' if factor > 1 else '-'} {abs(factor - 1):.2g}"
    if part == TRAINING:
        return f"every parameter moves {shown} times as far as it should in the first epoch"
    return f"every entry of {', '.join(factors)} is {shown} times the truth"


def _columns(batch: Answers, group: str) -> Iterator[Numbers]:
    """Yield the values, the truth and the bounds of a group, and whether they are wrong, in flat rows."""
    where = batch.layout.groups[group]
    start = batch.points.rows.astype(np.float64) if _part(group) == TRAINING else 0
    for rows in (batch.values[:, where].astype(np.float64) - start, batch.truth.high[:, where] - start):
        yield np.ravel(rows)
    yield np.ravel(batch.truth.bound[:, where])
    yield np.ravel(batch.wrong[:, where])


def _factor(values: Numbers, truth: Numbers, bound: Numbers) -> float | None:
    """Return the number that all values are times the truth, within what is known; None if there is none."""
    with np.errstate(all="ignore"):
        effect, ratios = np.abs(values - truth), values / truth
        some = ratios[(effect * EQUAL > bound) & np.isfinite(ratios)]
        if not len(some) or not np.isfinite(values).all():
            return None
        factor = float(np.median(some))
        known = np.abs(truth * (factor - 1)) * EQUAL > bound
        same = np.abs(values - factor * truth) <= 2 * EQUAL * np.abs(truth * (factor - 1))
    return factor if same[known].all() else None


def _where(batches: Sequence[Answers], parts: Iterable[str]) -> str:
    """Return in a sentence which quantities of some parts, which entries and which shapes of the data are wrong."""
    chosen = {*parts}
    counts: dict[str, list[int]] = {}
    entries: dict[str, dict[str, None]] = {}
    for batch in batches:
        for group, where in batch.layout.groups.items():
            if _part(group) in chosen:
                wrong = batch.wrong[:, where]
                some, every = counts.get(group, (0, 0))
                counts[group] = [some + int(wrong.sum()), every + wrong.size]
                for number in np.flatnonzero(wrong.any(axis=0)):
                    name, index = batch.layout.entries[where.start + int(number)]
                    entries.setdefault(group, {})[f"{name}{index or ''}"] = None
    shown = [
        ", ".join(entries[group])
        if len(entries[group]) <= MOST_ENTRIES and _part(group) == GRADIENT
        else f"{group} ({100 * wrong / every:.3g}% of entries)"
        for group, (wrong, every) in counts.items()
        if wrong
    ]
    right = [group for group, (wrong, _) in counts.items() if not wrong]
    sentences = [f"wrong are {', '.join(shown)}"]
    if right:
        sentences.append(f"right are {', '.join(right)}")
    return "; ".join([*sentences, *_shapes([batch for batch in batches if chosen & {*batch.parts}])])


SHAPES: dict[str, Callable[[Answers], int]] = {
    "samples": lambda batch: len(batch.points.workload.inputs),
    "inputs": lambda batch: batch.points.workload.layer_sizes[0],
    "outputs": lambda batch: batch.points.workload.layer_sizes[-1],
}


def _shapes(batches: Sequence[Answers]) -> Iterator[str]:
    """Yield with which number of samples, inputs or outputs alone answers are wrong, for the first that tells."""
    for name, number in SHAPES.items():
        wrong = {number(batch) for batch in batches if batch.wrong.any()}
        right = {number(batch) for batch in batches if not batch.wrong.any()}
        if right and not wrong & right:
            yield f"only with these numbers of {name}: {', '.join(map(str, sorted(wrong)))}"
            return
