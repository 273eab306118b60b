"""Figure of the outputs of the trained networks over their two inputs, from the parameters in the record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import contourpy
import numpy as np
from numpy.typing import NDArray

from xorbench.charts import paths
from xorbench.charts.axes import Axis
from xorbench.charts.figure import Figure, Label, Panel, Sign
from xorbench.charts.paths import Mark, Place
from xorbench.charts.style import BANDS, STROKE, labels, role
from xorbench.estimates.analysis import Analysis
from xorbench.record.report import TrainingEnd
from xorbench.record.run import WorkloadRecord
from xorbench.workloads import logits

LOW, HIGH, POINTS = -0.5, 1.5, 81

VISIBLE = 1 / 255
"""Difference of outputs below which two surfaces are drawn as one panel."""

SIDE = 300.0
"""The length of the sides of a panel in pixels."""

FIRST = Axis("first input", LOW, HIGH, [(0.0, "0"), (1.0, "1")], grid=False)
SECOND = Axis("second input", LOW, HIGH, [(0.0, "0"), (1.0, "1")], grid=False)

Grid = NDArray[np.float64]


@dataclass(frozen=True)
class _Surface:
    """The outputs of a trained network over the grid, and the implementations that learned it."""

    workload: WorkloadRecord
    parameters: list[Grid]
    outputs: Grid
    learned_by: list[str]


def surfaces(analysis: Analysis) -> Figure | None:
    """Return a figure with a panel for each visibly different surface; None if there is none.

    Only workloads with two inputs and one output have a surface.
    """
    found: list[_Surface] = []
    for workload in analysis.record.workloads:
        sizes = workload.layer_sizes
        for end in analysis.record.gradients.endings:
            if end.workload == workload.name and end.parameters and (sizes[0], sizes[-1]) == (2, 1):
                _put(found, workload, end)
    if not found:
        return None
    names = labels(i.name for i in analysis.record.implementations)
    text = (
        "The output of the trained network for every pair of inputs: blue is 0, orange is 1. Circles are the samples, "
        "filled if the target is 1; the line is the decision boundary, at 0.5."
    )
    return Figure("surfaces", "Outputs of the trained networks", text, [_panel(s, names) for s in found])


def _put(found: list[_Surface], workload: WorkloadRecord, end: TrainingEnd) -> None:
    parameters = [np.array(tensor) for tensor in end.parameters or ()]
    axis = np.linspace(LOW, HIGH, POINTS)
    inputs = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    outputs = _outputs(inputs, parameters, workload.activation).reshape(POINTS, POINTS)
    for surface in found:
        if surface.workload is workload and np.abs(surface.outputs - outputs).max() < VISIBLE:
            surface.learned_by.append(end.implementation)
            return
    found.append(_Surface(workload, parameters, outputs, [end.implementation]))


def _outputs(inputs: Grid, parameters: list[Grid], activation: str) -> Grid:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-logits(inputs, parameters, activation)))).ravel()


def _panel(surface: _Surface, names: dict[str, str]) -> Panel:
    workload = surface.workload
    samples = np.array(workload.inputs)
    answers = _outputs(samples, surface.parameters, workload.activation)
    said = ", ".join(f"{tuple(map(float, x))} gives {p:.3f}" for x, p in zip(samples, answers, strict=True))
    span = float(np.ptp(surface.outputs))
    flat = f"flat, between {surface.outputs.min():.4g} and {surface.outputs.max():.4g}" if span < VISIBLE else "curved"
    who = ", ".join(names[name] for name in surface.learned_by)
    lies = (
        f"flat at {surface.outputs.mean():.3f}"
        if span < VISIBLE
        else f"from {answers.min():.3f} to {answers.max():.3f}"
    )
    title = f"{workload.name}, {'-'.join(map(str, workload.layer_sizes))}: {lies}"
    marks = [*_filled(surface.outputs), *_samples(samples, answers, workload.targets)]
    texts = [
        Label(_at(x, y)[0], _at(x, y)[1] - 17, f"{p:.3f}", "middle", 12, bold=True, halo=True)
        for (x, y), p in dict(zip(map(tuple, samples), answers, strict=True)).items()
        if LOW <= x <= HIGH and LOW <= y <= HIGH
    ]
    return Panel(
        title,
        f"{flat}; {said}. Learned by {who}, with no visible differences.",
        marks,
        height=SIDE,
        left=30,
        right=30,
        x=FIRST,
        y=SECOND,
        labels=texts,
        numbers={
            "first input": samples[:, 0].tolist(),
            "second input": samples[:, 1].tolist(),
            "target": [row[0] for row in workload.targets],
            "output": answers.tolist(),
        },
        key=[
            Sign("bar", "band-0", "output 0"),
            Sign("bar", f"band-{BANDS - 1}", "output 1"),
            Sign("ring", "ink", "target 0"),
            Sign("circle", "ink", "target 1"),
        ],
    )


def _at(x: float, y: float) -> Place:
    """Return the place of a pair of inputs."""
    return FIRST.share(x) * SIDE, (1 - SECOND.share(y)) * SIDE


def _filled(outputs: Grid) -> Iterator[Mark]:
    """Yield the filled bands, from the lowest output up, and the line at 0.5.

    A hole in a band is part of the same path as its rim, in the opposite direction, so that it is not filled.
    """
    axis = np.linspace(0, SIDE, POINTS)
    contours = contourpy.contour_generator(axis, axis[::-1], outputs, fill_type="OuterOffset")
    edges = [(number + 0.5) / (BANDS - 1) for number in range(BANDS - 1)]
    for band, edge in enumerate([0.0, *edges]):
        for polygon, offsets in zip(*contours.filled(edge, 2.0), strict=True):
            around = _path(np.asarray(polygon), np.asarray(offsets))
            yield Mark(paths.line(around.tolist(), closed=True), fill=role(f"band-{band}"))
    for line in contours.lines(0.5) if np.ptp(outputs) > VISIBLE else ():
        yield Mark(paths.line(np.asarray(line).tolist()), stroke=role("ink"), width=1.5)


def _path(points: Grid, offsets: NDArray[np.integer]) -> Grid:
    """Return one path of shape (points, 2) around a polygon and its holes, with a way from the rim to each and back."""
    rim, *holes = np.split(points, offsets[1:-1].astype(int))
    return np.concatenate([rim, *(part for hole in holes for part in (hole, rim[:1]))])


def _samples(inputs: Grid, answers: Grid, targets: Sequence[Sequence[float]]) -> Iterator[Mark]:
    for (x, y), answer, (target, *_) in zip(inputs.tolist(), answers, targets, strict=True):
        fill = role("ink") if target > 0.5 else role("raised")
        tip = f"({x:g}, {y:g}) gives {answer:.3f}, target {target:g}"
        yield Mark(paths.glyph("circle", *_at(x, y)), fill=fill, stroke=role("ink"), width=STROKE, tip=tip)
