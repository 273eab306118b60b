"""The least time by the number of epochs: borders are where the table says, and known costs have known leaders."""

import numpy as np
import pytest

from tests.marked import ends
from tests.planted import changed, planted
from xorbench.charts.break_even import break_even
from xorbench.charts.style import role
from xorbench.contract import REFERENCE
from xorbench.estimates.intervals import Interval
from xorbench.estimates.leaders import leaders
from xorbench.record.timing import ColdStart


def test_a_bar_begins_at_the_break_even() -> None:
    analysis = planted({"faster": [-0.5 + 0.001 * launch for launch in range(6)]})
    figure = break_even(analysis)
    found = next(cost.break_even for cost in analysis.costs if cost.implementation == "faster")
    assert figure is not None
    assert found is not None
    assert found.epochs is not None
    assert found.verdict == "after"
    panel = figure.panels[0]
    (ours,) = (mark for mark in panel.marks if mark.tip.startswith("faster: ") and mark.stroke == role("series-1"))
    assert panel.x is not None
    (begin, _), (end, _) = ends(ours)
    assert begin == pytest.approx(panel.x.over(panel.width)(found.epochs), abs=0.06)
    assert end == pytest.approx(panel.width, abs=0.06)
    assert "faster is faster after" in figure.panels[0].text
    assert figure.panels[0].notes[0].startswith(f"The fastest in a fresh process: {REFERENCE} until ")


def test_who_never_pays_has_no_bar() -> None:
    figure = break_even(planted({"slower": [0.5] * 6}))
    assert figure is not None
    assert not any(mark.tip.startswith("slower") for mark in figure.panels[0].marks)
    assert "never" in [label.text for label in figure.panels[0].labels]
    assert figure.panels[0].text.startswith("slower: break-even never.")
    assert figure.panels[0].notes == [f"The fastest in a fresh process: {REFERENCE} at any number of epochs."]


def test_without_cold_starts_nothing_is_drawn() -> None:
    analysis = changed(planted({"other": [0.5] * 6}), cold_starts=[])
    assert break_even(analysis) is None
    assert leaders(analysis, "hidden", "idiomatic") == []


def starting(**seconds: float) -> list[ColdStart]:
    return [
        ColdStart("hidden", name, 0.9 * taken * stretch, 0.1 * taken * stretch, 2**20)
        for name, taken in seconds.items()
        for stretch in (0.999, 1.0, 1.001)
    ]


def test_the_leaders_of_known_costs_are_known() -> None:
    # Steps of 1, 0.5 and 0.25 times the baseline's; each start costs ten times the one before.
    logs = {"middle": [-0.6931471805599453] * 6, "last": [-1.3862943611198906] * 6, "useless": [0.5] * 6}
    costs = starting(**{REFERENCE: 0.01, "middle": 0.1, "last": 1.0, "useless": 2.0})
    analysis = changed(planted(logs), cold_starts=costs)
    found = leaders(analysis, "hidden", "idiomatic")
    assert [leader.implementation for leader in found] == [REFERENCE, "middle", "last"]
    base = next(row for row in analysis.rows if row.is_baseline)
    assert base.microseconds_per_epoch is not None
    step = base.microseconds_per_epoch.value / 1e6
    expected = [1, 1 + 0.09 / (step * 0.5), 1 + 0.9 / (step * 0.25)]
    assert [leader.start.value for leader in found] == pytest.approx(expected, rel=1e-3)
    for leader in found:
        assert leader.start.low is not None
        assert leader.start.high is not None
        assert leader.start.low <= leader.start.value <= leader.start.high


def _low_and_high(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    assert interval.low is not None
    assert interval.high is not None
    return interval.low, interval.high


def test_the_ends_of_a_border_are_those_that_all_parts_allow_together() -> None:
    costs = starting(**{REFERENCE: 0.01, "other": 1.0})
    analysis = changed(planted({"other": [-0.7, -0.69] * 3}), cold_starts=costs)
    slow, fast = (np.array(_low_and_high(row.microseconds_per_epoch)) / 1e6 for row in analysis.rows)
    early, late = (
        np.add(_low_and_high(cost.import_seconds), _low_and_high(cost.first_call_seconds)) for cost in analysis.costs
    )
    _, border = leaders(analysis, "hidden", "idiomatic")
    low, high = _low_and_high(border.start)
    assert 1 < low < border.start.value < high
    assert low == pytest.approx(1 + (late[0] - early[1]) / (slow[1] - fast[0]))
    gained = slow[0] - fast[1]
    assert high == pytest.approx(1 + (late[1] - early[0]) / gained if gained > 0 else np.inf)


def test_who_is_slower_at_every_number_of_epochs_never_leads() -> None:
    # Middle's line meets the baseline's after last's does.
    logs = {"middle": [-0.1] * 6, "last": [-1.0] * 6}
    analysis = changed(planted(logs), cold_starts=starting(**{REFERENCE: 0.01, "middle": 0.09, "last": 0.1}))
    assert [leader.implementation for leader in leaders(analysis, "hidden", "idiomatic")] == [REFERENCE, "last"]
