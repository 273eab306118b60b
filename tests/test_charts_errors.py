"""The error of gradients over the time of an epoch: the points are those of the record, in the dtype that is timed."""

from dataclasses import replace

import pytest

from tests.planted import HIDDEN, changed, planted, report
from xorbench.charts.errors import errors
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.publication.selection import Standing
from xorbench.record.report import Judgement
from xorbench.record.run import WorkloadRecord
from xorbench.workloads import WORKLOADS

BOTH = [WORKLOADS["hidden"], WORKLOADS["hidden-float32"]]

ULPS = {"W1": 3.0, "b1": 1.0, "W2": 5.0, "b2": 2.0}


def in_both_dtypes(*others: str) -> Analysis:
    """A record with every implementation timed in both dtypes; the median error is 5 ulps, in float32 10 times that."""
    analysis = planted({name: [0.5] * 6 for name in others})
    twice = [*analysis.record.timings, *(replace(t, workload="hidden-float32") for t in analysis.record.timings)]

    def off(row: Judgement) -> Judgement:
        assert row.ulps is not None
        median = ULPS[row.parameter] * (10 if row.dtype == "float32" else 1)
        return replace(row, ulps=replace(row.ulps, median=median, largest=1e9))

    judged = report((REFERENCE, *others), BOTH)
    return changed(
        analysis,
        workloads=[WorkloadRecord.of(workload) for workload in BOTH],
        timings=twice,
        gradients=replace(judged, rows=[off(row) for row in judged.rows]),
    )


def test_each_dtype_has_a_panel_with_the_worst_tensor_of_each_implementation() -> None:
    analysis = in_both_dtypes("other")
    figure = errors(analysis)
    assert figure is not None
    assert [panel.title for panel in figure.panels] == ["hidden, float64", "hidden-float32, float32"]
    for panel, expected in zip(figure.panels, (5.0, 50.0), strict=True):
        times = {row.implementation: row.microseconds_per_epoch for row in analysis.rows}
        assert panel.numbers["implementation"] == [REFERENCE, "other"]
        assert panel.numbers["error in ulps"] == [expected, expected]
        assert panel.numbers["µs per epoch"] == [time.value for time in times.values() if time]
        assert f"{expected:.2f} ulps" in panel.text or f"{expected:.1f} ulps" in panel.text
    one, other = figure.panels
    assert (one.x, one.y) == (other.x, other.y)
    assert [axis.kind for axis in (one.x, one.y) if axis] == ["log", "log"]


def test_other_networks_are_not_in_it() -> None:
    analysis = in_both_dtypes("other")
    deep = WorkloadRecord.of(WORKLOADS["deep"])
    figure = errors(changed(analysis, workloads=[HIDDEN, deep]))
    assert figure is not None
    assert [panel.title for panel in figure.panels] == ["hidden, float64"]


def test_the_newest_record_of_a_network_in_both_dtypes_stands_for_the_picture() -> None:
    older = in_both_dtypes("other")
    newer = changed(planted({"other": [0.5] * 6, "more": [0.1] * 6}), created="2026-02-02T00:00:00Z")
    for records in ([older, newer], [newer, older]):
        standing = Standing(records[0])
        standing.join(Standing(records[1]))
        assert (standing.analysis, standing.in_both_dtypes) == (newer, older)
        (figure,) = (figure for figure in standing.figures if figure.name == "error-over-time")
        assert [panel.title for panel in figure.panels] == ["hidden, float64", "hidden-float32, float32"]
    (alone,) = (figure for figure in Standing(newer).figures if figure.name == "error-over-time")
    assert [panel.title for panel in alone.panels] == ["hidden, float64"]


def test_an_error_of_zero_is_not_drawn() -> None:
    analysis = in_both_dtypes("exact")
    judged = analysis.record.gradients
    exact = [
        replace(row, ulps=replace(row.ulps, median=0.0)) if row.implementation == "exact" and row.ulps else row
        for row in judged.rows
    ]
    figure = errors(changed(analysis, gradients=replace(judged, rows=exact)))
    assert figure is not None
    assert all(panel.numbers["implementation"] == [REFERENCE] for panel in figure.panels)


@pytest.mark.parametrize("gone", ["timings", "rows"])
def test_without_times_or_errors_there_is_none(gone: str) -> None:
    analysis = in_both_dtypes("other")
    judged = replace(analysis.record.gradients, rows=[])
    without = changed(analysis, timings=[]) if gone == "timings" else changed(analysis, gradients=judged)
    assert errors(without) is None
