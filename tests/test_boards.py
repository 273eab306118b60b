"""The picture and the table of one tier: every row of the record, with the texts of the one function that formats."""

from dataclasses import replace

import pytest

from tests.planted import HIDDEN, changed, planted, with_implementation, with_timings
from tests.shown import shown
from xorbench.charts import album
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.page.board_data import MOST_PAIRED
from xorbench.page.boards import Board, boards, compact
from xorbench.page.sources import Drawing
from xorbench.tables import cells


def board(analysis: Analysis) -> Board:
    first, *_ = boards(analysis, "run")
    return first


def on_two_workloads(analysis: Analysis) -> Analysis:
    """The record with a second workload, on which every ratio is the same."""
    second = replace(HIDDEN, name="second")
    again = [replace(timing, workload="second") for timing in analysis.record.timings]
    return changed(analysis, workloads=[HIDDEN, second], timings=[*analysis.record.timings, *again])


@pytest.mark.parametrize("launches", [3, 6])
def test_rows_come_from_the_fastest_to_the_slowest_with_the_factor_of_each(launches: int) -> None:
    ratios = {"slow": [0.5, 0.500_01] * 3, "fast": [-0.5, -0.500_01] * 3}
    analysis = planted({name: logarithms[:launches] for name, logarithms in ratios.items()}, launches=launches)
    found = board(analysis)
    assert [entry.name for entry in found.entries] == ["fast", REFERENCE, "slow"]
    assert [entry.results[0].rank for entry in found.entries] == ["1", "2", "3"]
    for entry in found.entries:
        row = next(row for row in analysis.rows if row.implementation == entry.name)
        (result,) = entry.results
        assert row.ratio is not None
        assert row.microseconds_per_epoch is not None
        assert result.factor == ("baseline" if row.is_baseline else cells.factor(row.ratio, row.launches))
        assert result.interval == ("" if row.is_baseline else cells.ends(row.ratio, row.launches))
        assert result.time.text == cells.with_ends(row.microseconds_per_epoch, row.launches)[0]
        assert result.mark == found.axis.mark(row.ratio)
    assert [entry.results[0].factor.split()[-1] for entry in found.entries] == ["faster", "baseline", "slower"]


def test_all_workloads_stand_side_by_side() -> None:
    found = board(on_two_workloads(planted({"other": [0.5, 0.51] * 3})))
    assert [place.name for place in found.places] == ["hidden", "second"]
    assert found.first == 0
    for entry in found.entries:
        one, other = entry.results
        assert (one.factor, one.interval) == (other.factor, other.interval)


def test_a_tier_is_a_board_of_its_own_and_that_of_the_baseline_is_the_first() -> None:
    analysis = with_implementation(planted({"a": [0.1] * 6, "b": [0.5, 0.51] * 3}), "a", tier="tuned")
    found = boards(analysis, "run")
    assert [one.tier for one in found] == ["idiomatic", "tuned"]
    assert [[entry.name for entry in one.entries] for one in found] == [[REFERENCE, "b"], ["a"]]
    assert len({one.key for one in found}) == 2
    assert found[1].data is None  # a single row: there is nothing to choose


def test_a_row_without_a_time_has_its_verdict_and_the_reason() -> None:
    refused = with_timings(
        planted({"other": [0.5] * 6}),
        lambda timing: replace(timing, violations=["it did not wait"]) if timing.implementation == "other" else timing,
    )
    found = board(refused)
    (result,) = found.entries[-1].results
    assert (found.entries[-1].name, result.factor, result.mark) == ("other", "refused", None)
    assert result.reason == "it did not wait (in 6 of 6 launches)"


def test_the_script_gets_every_pair_once_with_its_own_interval() -> None:
    analysis = planted({"slow": [0.5, 0.51] * 3, "fast": [-0.5, -0.51] * 3})
    data = board(analysis).data
    assert data is not None
    assert data["names"][data["base"]] == REFERENCE
    found = {(data["names"][one], data["names"][other]): pair for one, other, *pair in data["pairs"]}
    assert len(found) == 3
    for pair in analysis.pairs:
        assert pair.launches == 6
        workload, value, low, high, factor, interval, opposite = found[pair.implementation, pair.baseline]
        assert workload == 0
        assert pair.ratio.low is not None
        assert pair.ratio.high is not None
        assert (value, low, high) == pytest.approx((pair.ratio.value, pair.ratio.low, pair.ratio.high), rel=1e-4)
        assert (factor, interval) == (cells.factor(pair.ratio), cells.ends(pair.ratio))
        assert opposite == cells.ends(pair.ratio.inverse)


def test_many_rows_have_the_baseline_of_the_record_only() -> None:
    many = planted({f"one_{number}": [0.01 * number] * 2 for number in range(MOST_PAIRED)}, launches=2, rounds=2)
    assert board(many).data is None


def test_other_machines_have_neither_other_baselines_nor_what_a_row_opens() -> None:
    found = compact(shown("other"), "other-0")
    assert found is not None
    assert found.data is None
    assert all(entry.rounds == [] for entry in found.entries)


def test_a_row_opens_its_start_up_its_gradients_its_source_and_its_rounds() -> None:
    analysis = shown("other", "third")
    (raw,) = (figure for figure in album.of_record(analysis) if figure.name == "rounds")
    drawn = Drawing(raw, [f"<svg id='{number}'/>" for number in range(len(raw.panels))])
    first, *_ = boards(analysis, "run", "../implementations", drawn)
    assert [len(entry.rounds) for entry in first.entries] == [0, 1, 1]
    other = next(entry for entry in first.entries if entry.name == "other")
    assert other.source == "../implementations/other.py"
    about = dict(other.about)
    assert about["framework"] == "other 1"
    assert about["gradient, hidden, float64"] == "passed at 10 points"
    assert float(about["import, ms"].split()[0]) == pytest.approx(200, rel=0.01)
    assert other.start.value == pytest.approx(220, rel=0.01)  # import and first call, in milliseconds
    assert other.memory.text.startswith("20")
    assert other.digits.text == "12.5"
