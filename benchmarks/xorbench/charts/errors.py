"""Figure of the errors of gradients over the time of an epoch: one network, a panel for each dtype."""

from xorbench.charts import axes, lines
from xorbench.charts.figure import WIDTH, Figure
from xorbench.charts.lines import Line
from xorbench.charts.style import labels
from xorbench.estimates.analysis import Analysis
from xorbench.record.run import WorkloadRecord
from xorbench.tables.cells import three_digits, with_ends
from xorbench.workloads import Recipe

ACROSS = WIDTH / 2
"""The pixels of the horizontal axis, at least: labels take the rest."""

MARGIN = 1.2
"""The factor between the outermost points and the ends of an axis."""

_SAME_NETWORK = ("layer_sizes", "inputs", "targets", *Recipe._fields)


def errors(analysis: Analysis) -> Figure | None:
    """Return the figure of the error of the median gradient entry over the time of an epoch; None without both.

    Its panels are the first workload with a hidden layer, or the first of all if there is none, and those that differ
    from it in the dtype only. All have the same axes. A time or an error of 0 cannot be drawn.
    """
    names = labels(i.name for i in analysis.record.implementations)
    shown = [(w, found) for w in same_network(analysis) if (found := _points(analysis, w, names))]
    points = [point for _, found in shown for line in found for point in line.points]
    if not points:
        return None
    times, units = [x for x, _ in points], [y for _, y in points]
    height = max(lines.HEIGHT, lines.GAP * max(len(found) for _, found in shown))
    x = axes.log("µs per epoch", min(times), max(times), ACROSS, True, MARGIN)
    y = axes.log("error in ulps", min(units), max(units), height, False, MARGIN)
    panels = [lines.panel(f"{w.name}, {w.dtype}", f"{lines.said_of(found)}.", x, y, found) for w, found in shown]
    text = (
        "The error of the median entry of the gradient, in the parameter tensor where it is largest, over all points "
        "of the judge, and the time of an epoch in the same dtype. An ulp is the distance between neighbouring numbers "
        "of that dtype at the true value. Smaller is better on both axes."
    )
    return Figure("error-over-time", "Error of the gradient over the time of an epoch", text, panels)


def same_network(analysis: Analysis) -> list[WorkloadRecord]:
    """Return the workloads that the figure of a record shows: one network, in each dtype in which it was timed."""
    every = analysis.record.workloads
    first = next((w for w in every if len(w.layer_sizes) > 2), every[0])
    return [w for w in every if all(getattr(w, name) == getattr(first, name) for name in _SAME_NETWORK)]


def _points(analysis: Analysis, workload: WorkloadRecord, names: dict[str, str]) -> list[Line]:
    """Return the time and the error of each implementation on a workload, as a line of one point."""
    tensors = {f"{kind}{layer}" for layer in range(1, len(workload.layer_sizes)) for kind in "Wb"}
    medians: dict[str, list[float]] = {}
    for judged in analysis.record.gradients.rows:
        here = (judged.workload, judged.dtype) == (workload.name, workload.dtype)
        if here and judged.parameter in tensors and judged.ulps:
            medians.setdefault(judged.implementation, []).append(judged.ulps.median or 0.0)
    places = {name: place for place, name in enumerate(names)}
    found = []
    for row in analysis.rows:
        error = max(medians.get(row.implementation, [0.0]))
        room = 1e-300 < error < 1e300  # for the ends of an axis
        if row.workload == workload.name and row.microseconds_per_epoch and room:
            time = row.microseconds_per_epoch
            said = f"{with_ends(time, row.launches)[0]} µs, {three_digits(error)} ulps"
            found.append(Line(names[row.implementation], places[row.implementation], [(time.value, error)], said))
    return found
