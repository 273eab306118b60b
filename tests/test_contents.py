"""What the page shows of one machine is what the record says."""

from dataclasses import replace

import pytest

from tests.planted import planted, with_timings
from tests.shown import shown
from xorbench.charts import album
from xorbench.contract import REFERENCE
from xorbench.page.contents import machine


def test_every_row_has_its_line_and_each_but_the_baseline_its_rounds() -> None:
    analysis = shown("other", "third")
    found = machine("m0", analysis, album.of_record(analysis))
    assert [line.row for line in found.lines] == analysis.rows
    assert [line.rounds for line in found.lines] == [None, "m0-rounds-0", "m0-rounds-1"]
    assert [line.ratio for line in found.lines] == ["1", "1.496", "2.23"]
    assert found.rounds is not None
    assert found.panels["m0-rounds-1"] == found.rounds.panels[1].spec
    assert "rounds" not in [figure.name for figure in found.figures]


@pytest.mark.parametrize(("log_ratio", "heat"), [(1.1513, 0.5), (-1.1513, -0.5), (9.0, 1.0), (-9.0, -1.0)])
def test_the_colour_follows_the_logarithm_of_the_ratio(log_ratio: float, heat: float) -> None:
    analysis = planted({"other": [log_ratio + 0.001 * launch for launch in (-1, 1, -1, 1, -1, 1)]})
    line = next(line for line in machine("m0", analysis, []).lines if line.label == "other")
    assert line.heat == pytest.approx(heat, abs=1e-3)


def test_what_is_not_separated_has_no_colour() -> None:
    analysis = planted({"other": [0.5, -0.49] * 3})
    line = next(line for line in machine("m0", analysis, []).lines if line.label == "other")
    assert line.row.verdict == "not separated"
    assert line.heat == 0


def test_who_has_no_time_has_a_reason_and_weak_runs_say_so_without_markup() -> None:
    analysis = planted({"other": [0.5] * 6}, control=[0.1 + 0.001 * launch for launch in range(6)])
    analysis = with_timings(
        analysis,
        lambda timing: replace(timing, violations=["it did not wait"]) if timing.implementation == "other" else timing,
    )
    found = machine("m0", analysis, album.of_record(analysis))
    line = next(line for line in found.lines if line.label == "other")
    assert (line.row.verdict, line.ratio, line.heat, line.rounds) == ("refused", "–", None, None)
    assert found.notes[0] == "other (hidden): refused, it did not wait (in 6 of 6 launches)."
    assert any(note.startswith("Unfit: the baseline against itself") for note in found.notes)
    assert not any("**" in note or "`" in note for note in found.notes)


def test_the_legend_of_a_figure_is_that_of_its_lines() -> None:
    analysis = shown("other")
    found = machine("m0", analysis, album.of_record(analysis))
    by_name = {figure.name: figure for figure in found.figures}
    assert [stroke.label for stroke in found.strokes_of(by_name["losses"])] == [REFERENCE, "other"]
    assert len({(stroke.colour, stroke.dashes) for stroke in found.strokes}) == 2
    assert found.strokes_of(by_name["surfaces"]) == []
