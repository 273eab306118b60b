"""What a run prints at its end: at most 40 lines, of which the last 12 can be read alone."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planted import (
    HIDDEN,
    changed,
    implementation,
    planted,
    report,
    with_implementation,
    with_settings,
    with_timings,
)
from tests.shown import NASTY
from tests.swept import planted_sweep, straight
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.record.parts import Verdict
from xorbench.record.report import Judgement, Reading
from xorbench.record.timing import Timing
from xorbench.tables.summary import LAST, LINES, summary

WOBBLE = [0.01, -0.01] * 4

FIXED = ("Gradients: ", "Noise: ", "Training XOR's ", "Record:", "More: ")
"""The beginnings of paragraphs that are among the last lines of any record with times."""


def judged(analysis: Analysis, *wrong: str) -> Analysis:
    reading = Reading(0.1, 0.48, "at a point", [0, 0], 1.0, 1.0)
    rows = [
        Judgement(i.name, w.name, dtype, "W1", 10, verdict(i.name in wrong), None, reading, decides=dtype == w.dtype)
        for i in analysis.record.implementations
        if not i.missing
        for w in analysis.record.workloads
        for dtype in ("float64", "float32")
    ]
    return changed(analysis, gradients=replace(analysis.record.gradients, rows=rows))


def verdict(wrong: bool) -> Verdict:
    return "outside" if wrong else "inside"


def run(ratios: dict[str, float], *others: str) -> Analysis:
    """A judged record of eight launches in which every ratio wobbles by 1 %, on hidden and on `others`."""
    logs = {name: [ratio + wobble for wobble in WOBBLE] for name, ratio in ratios.items()}
    analysis = planted(logs, control=[-wobble for wobble in WOBBLE], launches=8)
    analysis = with_implementation(analysis, REFERENCE, framework="numpy")
    if others:
        more = [replace(timing, workload=name) for name in others for timing in analysis.record.timings]
        workloads = [HIDDEN, *(replace(HIDDEN, name=name) for name in others)]
        analysis = changed(analysis, timings=[*analysis.record.timings, *more], workloads=workloads)
    return judged(analysis)


TWELVE = {f"framework_{number}": 0.3 * number - 1 for number in range(11)}


def beginnings(lines: Sequence[str], paragraphs: Sequence[str] = FIXED) -> list[int]:
    """The places of the lines that begin with these words."""
    return [next(place for place, line in enumerate(lines) if line.startswith(words)) for words in paragraphs]


def test_a_table_is_sorted_by_speed_and_has_time_factor_and_interval() -> None:
    lines = summary(run({"slow": 0.695, "fast": -0.695, "near": 0.001}))
    heads, *rows = lines[: lines.index("")]
    assert re.split(" {2,}", heads) == ["hidden (2-4-1, float64)", "µs/epoch", "vs numpy_backprop", "95 % interval"]
    assert [row.split()[:3] for row in rows] == [
        ["1", "fast", "eager"],
        ["2=", REFERENCE, "eager"],
        ["2=", "near", "eager"],
        ["4", "slow", "eager"],
    ]
    fast, baseline, near, slow = rows
    # exp(0.695) is 2.004. An epoch of the baseline takes about 30 µs.
    assert " 2.00x faster" in fast
    assert " 2.00x slower" in slow
    assert baseline.endswith(" baseline")
    assert " not separated" in near
    low, high = map(float, slow.split("slower")[1].split(" to "))
    assert 1.95 < low < 2.004 < high < 2.05
    assert 14 < float(fast.split()[3]) < 16


def test_the_end_can_be_read_alone() -> None:
    lines = summary(run({"slow": 0.695, "fast": -0.695}))
    last = lines[lines.index("") + 1 :]
    assert len(last) <= LAST
    text = " ".join(last)
    assert last[0] == "Gradients: 3 of 3 files passed in float64 and float32 (worst: 0.48 of bound)."
    assert last[1].startswith("Noise: NumPy against itself ")
    assert last[1].endswith(" % off.")
    assert "Refused: none. Failed: none. Missing: none." in last
    assert "Fast is 2.0x faster than plain NumPy, Slow 2.0x" in text
    assert "Record: results/some-cpu-2-cores-linux-x86-64/2026-01-02T030405Z.json" in last
    assert text.endswith("More: xorbench show --all, or --table NAME (names: xorbench show --help).")


def test_noise_is_stated_by_its_worst_end() -> None:
    # The mean of the logarithms is 0.01; Student's t at 95 % is 2.365 for eight launches, of which the standard error
    # is 0.01 / sqrt(7) = 0.00378: the ends are exp(0.00106) and exp(0.01894), 1.9 % off.
    analysis = changed(planted({}, control=[0.02, 0.0] * 4, launches=8))
    assert "1.01 (1.0011 to 1.0191), at most 1.9 % off." in "\n".join(summary(analysis))


def test_two_workloads_and_twelve_implementations_take_40_lines_and_the_headline_is_in_the_last_22() -> None:
    lines = summary(run(TWELVE, "neuron"))
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= 80
    assert sum(REFERENCE in line and line.endswith("baseline") for line in lines) == 2
    assert sum("framework_" in line and "x " in line for line in lines) >= 22  # every row is there
    assert len(lines) - beginnings(lines, ["Training"])[0] <= 22
    assert len(lines) - beginnings(lines, ["Gradients"])[0] <= LAST


def test_further_workloads_have_a_line_each() -> None:
    lines = summary(run({"slow": 0.695, "fast": -0.695}, "neuron", "third", "fourth"))
    assert len(lines) <= LINES
    for name in ("third", "fourth"):
        (line,) = [line for line in lines if line.startswith(name)]
        assert line.split()[2:] == ["fast", "2.00x", "faster", "slow", "2.00x", "slower"]


def test_a_sweep_has_a_line_for_each_point() -> None:
    costs = {REFERENCE: straight(1e6, 0), "other": straight(0, 5e4)}
    lines = summary(planted_sweep(costs))
    heads, *points = lines[: lines.index("")]
    assert (heads.split()[0], *heads.split()[-2:]) == ("workload", "fastest", "slowest")
    assert [point.split()[0] for point in points] == [w.name for w in planted_sweep(costs).record.workloads]
    # At width 2 the other takes 0.1 ms and the baseline 1 ms.
    assert points[0].split()[-5:-2] == ["other", "10.0x", "faster"]
    assert points[0].endswith(f"{REFERENCE} baseline")
    heavy = with_implementation(planted_sweep(costs), "other", tier="tuned")
    assert "Tuned: 1 implementation, " in " ".join(summary(heavy))
    assert "xorbench show --table points" in " ".join(summary(heavy))


def test_what_does_not_fit_is_counted_and_the_baseline_stays() -> None:
    many = {f"framework_{number}": 0.05 * number - 1 for number in range(60)}
    lines = summary(run(many))
    assert len(lines) <= LINES
    assert any(line.endswith(" baseline") for line in lines)
    assert any("framework_0 " in line for line in lines)
    assert any("framework_59 " in line for line in lines)
    shown = sum("x faster" in line or "x slower" in line or "baseline" in line for line in lines[:25])
    (more,) = [line for line in lines if line.startswith("... ")]
    assert more == f"... {more.split()[1]} more: show --table timings"
    assert 61 - int(more.split()[1]) >= shown >= 20
    both = summary(run({"slow": 0.7, "fast": -0.7}, *(f"workload-{number}" for number in range(30))))
    assert len(both) <= LINES
    assert both.index("") < next(place for place, line in enumerate(both) if "more: show --table timings" in line)


def test_tuned_rows_have_a_table_if_it_fits_and_else_a_line() -> None:
    analysis = run({"slow": 0.695, "quick": -2.3})
    analysis = with_implementation(analysis, "quick", tier="tuned", execution="compiled")
    lines = summary(analysis)
    assert any(line.startswith("hidden (2-4-1, float64), tuned") for line in lines)
    assert any(line.split()[:3] == ["1", "quick", "compiled"] for line in lines)
    crowded = with_implementation(run({**TWELVE, "quick": -2.3}, "neuron"), "quick", tier="tuned")
    lines = summary(crowded)
    assert len(lines) <= LINES
    text = " ".join(lines)
    assert "Tuned: 1 implementation, the fastest on hidden is quick " in text
    assert "xorbench show --table tuned" in text


def test_what_has_no_time_has_its_reason() -> None:
    def cheating(timing: Timing) -> Timing | None:
        if timing.implementation == "wrong":  # which is not timed
            return None
        return replace(timing, violations=["it cheated"]) if timing.implementation == "sly" else timing

    analysis = with_timings(run({"wrong": 0.1, "sly": 0.2, "good": 0.5}), cheating)
    rows = [
        replace(row, verdict=verdict(row.decides), reason="W1[0, 0] is 1, true 2")
        if row.implementation == "wrong"
        else row
        for row in analysis.record.gradients.rows
    ]
    absent = [Judgement("absent", "hidden", "float64", "W1", 0, "missing", "no_lib is not installed")]
    gradients = replace(analysis.record.gradients, rows=[*rows, *absent])
    about = implementation("absent", missing="no_lib is not installed")
    analysis = changed(analysis, gradients=gradients, implementations=[*analysis.record.implementations, about])
    text = " ".join(summary(analysis))
    assert "Gradients: 3 of 4 files passed" in text
    assert "Refused: sly: it cheated (in 8 of 8 launches)." in text
    assert "Failed: wrong: W1[0, 0] is 1, true 2." in text
    assert "Missing: absent: no_lib is not installed." in text
    assert "Refused: none" not in text


def test_many_that_are_missing_are_named() -> None:
    analysis = run({"good": 0.5})
    names = [f"absent_{number}" for number in range(8)]
    rows = [Judgement(name, "hidden", "float64", "W1", 0, "missing", f"{name} is not there") for name in names]
    gradients = replace(analysis.record.gradients, rows=[*analysis.record.gradients.rows, *rows])
    entries = [*analysis.record.implementations, *(implementation(name, missing="why") for name in names)]
    lines = summary(changed(analysis, gradients=gradients, implementations=entries))
    assert f"Missing: {', '.join(names)} (why: xorbench show --table timings)." in " ".join(lines)
    assert len(lines) - beginnings(lines, ["Gradients"])[0] <= LAST


def test_a_weak_record_warns_and_more_warnings_than_fit_are_counted() -> None:
    analysis = planted({"other": [0.5] * 3}, control=[0.01, -0.01, 0.0], launches=3)
    text = " ".join(summary(with_settings(analysis, quick=True)))
    assert "Warning: This is a quick run." in text
    assert "Warning: Only 3 launches: the intervals are wide." in text
    unfit = planted({f"n{n}": [0.0, 3.0, -3.0] for n in range(5)}, control=[1.0, 1.1, 1.2], launches=3, partial=True)
    lines = summary(with_settings(unfit, quick=True))
    assert len(lines) - beginnings(lines, ["Gradients"])[0] <= LAST
    assert "Warning: Unfit: " in "\n".join(lines)
    assert any(line.startswith("Warning: ") and "more warning" in line for line in lines)


def test_nothing_timed_and_nothing_judged_are_said() -> None:
    lines = summary(planted({}, timings=[], gradients=report([])))
    assert lines[0] == "Gradients: none was judged."
    assert "the noise is unknown" in " ".join(lines)
    assert "XOR's hidden layer (2-4-1, float64) was not timed on Some CPU." in " ".join(lines)


@pytest.mark.parametrize(("width", "left_out"), [(80, ""), (70, "eager"), (55, "µs/epoch"), (40, "95 % interval")])
def test_a_narrow_terminal_has_fewer_columns_and_whole_words(width: int, left_out: str) -> None:
    analysis = run(TWELVE, "neuron")
    lines = summary(analysis, width)
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= width or all(" " not in line for line in lines if len(line) > width)
    text = "\n".join(lines)
    assert not left_out or left_out not in text
    for i in analysis.record.implementations:
        assert any(f" {i.name} " in f"{line} " for line in lines) or "more: show" in text
    beginnings(lines)
    assert " baseline" in text


def test_the_path_and_the_command_are_those_of_the_record() -> None:
    lines = summary(planted({"other": [0.5] * 6}), 80, Path("elsewhere/x.json"), newest=False)
    text = " ".join(lines)
    assert "Record: elsewhere/x.json" in text
    assert "More: xorbench show elsewhere/x.json --all" in text


@settings(max_examples=15)
@given(st.integers(40, 200), st.integers(0, 12), st.integers(0, 4))
def test_no_record_takes_more_than_40_lines(width: int, rows: int, workloads: int) -> None:
    ratios = {f"row_{number}": 0.1 * number for number in range(rows)}
    lines = summary(run(ratios, *(f"more-{number}" for number in range(workloads))), width)
    assert len(lines) <= LINES
    assert all(len(line) <= width or " " not in line.strip() for line in lines)


def test_hostile_names_stay_on_one_line_and_print_nothing_but_text() -> None:
    analysis = planted({name: [0.5 + place] * 6 for place, name in enumerate(NASTY)})
    lines = summary(judged(analysis))
    assert len(lines) <= LINES
    assert all(line.isprintable() for line in lines)
