"""Rules on trained networks: what is stated of one is that of its parameters, and its course is complete."""

import math
from collections.abc import Iterator

import numpy as np

from xorbench.contract import REFERENCE
from xorbench.record.report import INSIDE
from xorbench.record.run import Record
from xorbench.workloads import Array, Workload, named

CLOSE = 1e-9
"""The distance at which two numbers that were computed by the same formula differ."""


def endings(record: Record) -> Iterator[str]:
    """Predictions, loss and difference of a trained network are those of its parameters, and meet the known answer."""
    ends = {(end.implementation, end.workload): end for end in record.gradients.endings}
    for number, end in enumerate(record.gradients.endings):
        place, workload = f"$.gradients.endings[{number}]", named(end.workload)
        if end.parameters is None or end.verdict != INSIDE:
            if end.verdict == INSIDE and not record.is_sweep:  # a sweep keeps no trained parameters
                yield f"{place}.parameters: none, expected those of a training that is inside"
            continue
        parameters = _arrays(end.parameters, workload)
        if parameters is None:
            yield f"{place}.parameters: not of the shapes {workload.shapes}, which {workload.name} has"
            continue
        tolerance = CLOSE if workload.dtype == "float64" else 1e-4
        with np.errstate(over="ignore"):
            predictions = 1 / (1 + np.exp(-workload.logits(parameters)))
        if not _close([math.nan if p is None else p for p in end.predictions], predictions.ravel().tolist(), tolerance):
            yield f"{place}.predictions: {end.predictions}, expected {predictions.ravel().tolist()} of its parameters"
        elif not _close([math.nan if end.loss is None else end.loss], [float(workload.losses(parameters))], tolerance):
            yield f"{place}.loss: {end.loss}, expected {float(workload.losses(parameters))} of its parameters"
        elif complaint := workload.complaint(predictions, float(workload.losses(parameters)), parameters):
            yield f"{place}.verdict: inside, but {complaint}"
        elif (reference := ends.get((REFERENCE, end.workload))) and reference.parameters is not None:
            theirs = _arrays(reference.parameters, workload)
            if theirs is None:
                yield f"$.gradients.endings: those of {REFERENCE} on {workload.name} are not of its shapes"
            else:
                yield from _apart(place, workload, parameters, theirs, end.difference_from_reference)


def trajectories(record: Record) -> Iterator[str]:
    """A trajectory has a distance and a loss for each of its epochs, which rise up to the last one of the training."""
    for number, found in enumerate(record.gradients.trajectories):
        place, at = f"$.gradients.trajectories[{number}]", found.at
        for name in ("from_reference", "loss"):
            if len(values := getattr(found, name)) != len(at):
                yield f"{place}.{name}: {len(values)} values, expected {len(at)}, one for each epoch"
        if len(found.from_truth) > len(at):
            yield f"{place}.from_truth: {len(found.from_truth)} values, expected at most {len(at)}, one for each epoch"
        if at != sorted({*at}) or max(at, default=0) > found.epochs:
            yield f"{place}.at: expected rising epochs up to {found.epochs}"


def _arrays(parameters: list[list[list[float]]], workload: Workload) -> list[Array] | None:
    """Return trained parameters as arrays, or None if they are not of the workload's shapes."""
    shapes = [(len(tensor), *{len(line) for line in tensor}) for tensor in parameters]
    return [np.array(tensor) for tensor in parameters] if shapes == workload.shapes else None


def _apart(
    place: str, workload: Workload, ours: list[Array], theirs: list[Array], stated: float | None
) -> Iterator[str]:
    apart = max(float(np.max(np.abs(one - other))) for one, other in zip(ours, theirs, strict=True))
    if stated is None or abs(stated - apart) > CLOSE * max(1.0, apart) or apart > workload.agreement:
        yield f"{place}.difference_from_reference: {stated}, expected {apart}, at most {workload.agreement}"


def _close(some: list[float], others: list[float], tolerance: float) -> bool:
    return len(some) == len(others) and bool(np.allclose(some, others, rtol=tolerance, atol=tolerance))


RULES = (endings, trajectories)
