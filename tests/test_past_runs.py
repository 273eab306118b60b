"""Runs over time: the ratios of one machine's runs, side by side, from the lines that are published as data."""

from collections.abc import Sequence
from typing import cast

from tests.planted import planted, with_settings
from tests.swept import planted_sweep, straight
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.exports.frames import keyed
from xorbench.exports.lines import RecordLine, TimingLine
from xorbench.page.past_runs import MOST_RUNS, PastRuns, past_runs


def lines(analyses: Sequence[Analysis]) -> tuple[list[RecordLine], list[TimingLine]]:
    records, timings = ([line for one in analyses for line in keyed(one, name)] for name in ("records", "timings"))
    for record in records:
        record["file"] = f"some-machine/{record['created']}.json"
    return cast("list[RecordLine]", records), cast("list[TimingLine]", timings)


def at(day: int, ratio: float, name: str = "other") -> Analysis:
    return planted({name: [ratio, ratio + 0.01] * 3}, created=f"2026-01-{day:02}T00:00:00Z")


def texts(found: PastRuns) -> dict[str, list[str]]:
    return {name: [ratio.text for ratio in ratios] for name, ratios in found.ratios.items()}


def test_each_run_has_the_factor_of_each_implementation_from_old_to_new() -> None:
    (found,), older = past_runs(*lines([at(3, -0.5), at(1, 0.7), at(2, 0.0)]))
    assert older == 0
    assert [run.created[:10] for run in found.runs] == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert [run.file for run in found.runs] == [f"some-machine/2026-01-0{day}T00:00:00Z.json" for day in (1, 2, 3)]
    shown = texts(found)
    assert list(shown) == ["other", REFERENCE]  # the fastest of the newest run first
    assert shown[REFERENCE] == ["baseline"] * 3
    assert [text.split()[-1] for text in shown["other"]] == ["slower", "separated", "faster"]


def test_what_only_one_run_has_is_no_history() -> None:
    (found,), _ = past_runs(*lines([at(1, 0.5), at(2, 0.5, "another")]))
    assert list(found.ratios) == [REFERENCE]
    assert past_runs(*lines([at(1, 0.5)])) == ([], 0)


def test_the_newest_runs_are_shown_and_the_others_are_counted() -> None:
    (found,), older = past_runs(*lines([at(day, 0.5) for day in range(1, MOST_RUNS + 4)]))
    assert older == 3
    assert [run.created[8:10] for run in found.runs] == [f"{day:02}" for day in range(4, MOST_RUNS + 4)]


def test_sweeps_are_left_out_and_what_weakens_a_run_is_said() -> None:
    quick = with_settings(at(2, 0.5), quick=True)
    sweep = planted_sweep({REFERENCE: straight(100, 1), "other": straight(50, 2)}, widths=(2, 4), batches=(4,))
    (found,), _ = past_runs(*lines([at(1, 0.5), quick, sweep]))
    assert [run.remark for run in found.runs] == ["", "quick"]
    assert found.workload == "hidden"
