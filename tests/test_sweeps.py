"""The tables of a sweep, in every format, and only a sweep has them."""

import pytest

from tests.planted import planted
from tests.swept import planted_sweep, straight
from xorbench.contract import REFERENCE
from xorbench.estimates.intervals import Interval
from xorbench.record import store
from xorbench.tables import sweeps
from xorbench.tables.catalogue import OF_A_SWEEP, named
from xorbench.tables.formats import FORMATS

SWEEP = planted_sweep({REFERENCE: straight(1e6, 0), "other": straight(0, 5e4), "third": straight(1e3, 1)}, threads=2)


def test_a_planted_sweep_is_a_record() -> None:
    assert store.parsed(store.as_text(SWEEP.record)) == SWEEP.record


def test_points_have_a_line_for_each_size_and_a_column_for_each_implementation() -> None:
    by_width, by_batch = sweeps.points(SWEEP)
    assert by_width.title == "µs per epoch by width, at batch 4, 2 threads"
    assert list(by_width.frame.columns) == ["width", REFERENCE, "other", "third"]
    assert list(by_width.frame["width"]) == ["2", "8", "32", "128"]
    assert list(by_batch.frame["batch"]) == ["4", "16", "64"]
    assert by_width.frame["other"][0].startswith("100")


def test_crossings_are_named_with_their_size_and_others_only_beside_the_baseline() -> None:
    table = sweeps.where_lines_cross(SWEEP)
    lines = table.frame.to_dict("records")
    (crossing,) = (line for line in lines if line["verdict"] == "crosses")
    ahead = (crossing["faster at small sizes"], crossing["faster at large sizes"])
    assert (*ahead, crossing["axis"]) == ("other", REFERENCE, "width, at batch 4")
    # Interpolation is linear on logarithmic axes, on which these lines are curved.
    assert float(crossing["crossover size"]) == pytest.approx(20, rel=0.3)
    assert all(REFERENCE in line["pair"] for line in lines)
    assert {line["verdict"] for line in lines} == {"crosses", "not in the sweep"}
    assert crossing["95 % interval"] == "8 to 32"
    assert any("at least to the two measured sizes around the crossing" in note for note in table.notes)


@pytest.mark.parametrize(
    ("size", "cells"),
    [
        (Interval(561.8, 256.0, 1024.0), ("560", "256 to 1,024")),  # 260 to 1,020 would be narrower
        (Interval(14.12, 4.0, 17.6), ("14.1", "4 to 18")),
        (Interval(14.12, 3.7, 16.0), ("14.1", "3 to 16")),
        (Interval(20.0, None, None), ("20.0", "–")),
        (None, ("n/a", "n/a")),
    ],
)
def test_the_interval_of_a_crossing_ends_at_whole_sizes_and_rounding_never_narrows_it(
    size: Interval | None, cells: tuple[str, str]
) -> None:
    assert sweeps.around(size) == cells


def test_growth_stands_beside_the_peak() -> None:
    table = sweeps.cost_growth(SWEEP)
    assert list(table.frame["implementation"]) == [REFERENCE, "other", "third"]
    assert any("4 multiply-adds per nanosecond" in note for note in table.notes)


def test_a_fit_that_is_off_stands_without_intervals_and_the_table_says_why() -> None:
    bent = planted_sweep({REFERENCE: straight(4e4, 0), "other": lambda width, _batch: 1_000 * width**2})
    table = sweeps.cost_growth(bent)
    fits, off = table.frame.to_dict("records")
    assert "to" in str(fits["fixed cost, µs per epoch"])
    assert "to" not in str(off["fixed cost, µs per epoch"])
    assert "to" not in str(off["ns per multiply-add"])
    assert any("A row has no intervals if its largest misfit exceeds" in note for note in table.notes)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_prints_them(form: str) -> None:
    tables = [table for name in OF_A_SWEEP for table in named(SWEEP)[name]]
    assert len(tables) == 4
    assert "other" in FORMATS[form](tables)


def test_only_sweeps_have_them_and_sweeps_have_no_table_with_a_line_for_all() -> None:
    assert not OF_A_SWEEP.keys() & named(planted({"other": [0.5] * 6})).keys()
    assert list(named(SWEEP))[:3] == list(OF_A_SWEEP)
    assert not {"timings", "order", "quietness"} & named(SWEEP).keys()
