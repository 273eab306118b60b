"""The verdict on each file in one line: right for all that a report can hold, and never too wide."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.planted import report_of
from tests.shown import NASTY
from xorbench import places
from xorbench.contract import REFERENCE
from xorbench.record import store
from xorbench.record.parts import Dtype, Verdict
from xorbench.record.report import (
    INSIDE,
    MISSING,
    NOT_OFFERED,
    OUTSIDE,
    Accuracy,
    Audit,
    Bias,
    Conduct,
    Judgement,
    Mistake,
    Pair,
    Reading,
    Report,
    TrainingEnd,
)
from xorbench.tables import file_verdicts
from xorbench.tables.cells import NONE, UNDEFINED
from xorbench.tables.file_verdicts import files
from xorbench.tables.verdicts import LEFT_OUT_FIRST, sentence, summary, table, verdicts

MEAN = "the answers equal those of a known mistake: mean instead of sum"


def reading(largest: float | None, value: float | None = -0.0066151, truth: float = -0.02646) -> Reading:
    return Reading(0.03, largest, "random point 2 (parameter scale 0.35)", [1, 3], value, truth)


def row(
    name: str,
    largest: float | None = 0.25,
    verdict: Verdict = INSIDE,
    dtype: Dtype = "float64",
    workload: str = "hidden",
    **about: Any,
) -> Judgement:
    """A judgement on W1; one in float32 decides nothing."""
    if verdict == OUTSIDE:
        about = {"reason": "W1[1, 3] is far from the truth"} | about
    of_bound = None if verdict in (MISSING, NOT_OFFERED) else reading(largest)
    found = Judgement(name, workload, dtype, "W1", 5, verdict, of_bound=of_bound, decides=dtype == "float64")
    return replace(found, **about)


def both(name: str, largest: float, single: float, verdict: Verdict = INSIDE) -> list[Judgement]:
    return [row(name, largest, verdict), row(name, single, verdict, "float32")]


def report(rows: list[Judgement], **parts: Any) -> Report:
    return report_of(rows=rows, **parts)


def end(name: str, verdict: Verdict = INSIDE, reason: str | None = None) -> TrainingEnd:
    return TrainingEnd(name, "hidden", 10, [0.5], 0.5, 0.0, verdict, reason)


def digits(name: str, *found: float, dtype: Dtype = "float64") -> list[Accuracy]:
    rows = [Accuracy(name, "hidden", dtype, "scale", float(scale), each, 0.0) for scale, each in enumerate(found, 1)]
    return [*rows, Accuracy(name, "hidden", dtype, "logit", 40.0, 0.0, 0.0)]


def some() -> Report:
    """One that is right, one with a known mistake, one with a wrong dtype, and the reference."""
    wide = row("single", verdict=OUTSIDE, of_bound=None, reason="W1 is float32, expected float64, at the start")
    return report(
        [
            *both(REFERENCE, 0.468, 0.479),
            *both("casadi", 0.4449, 0.0764),
            *both("mean", 1.94e14, 3.41e5, OUTSIDE),
            row("mean", 7.0, OUTSIDE, parameter="b1", reason="b1[0, 0] is far from the truth"),
            wide,
            row("single", 0.27, dtype="float32"),
        ],
        endings=[end(REFERENCE), end("casadi"), end("mean", OUTSIDE, "after 10 epochs: it is elsewhere")],
        accuracy=[
            *digits(REFERENCE, 14.1, 13.57),
            *digits("casadi", 13.66, 14.2),
            *digits("mean", 0.12, 0.3),
            *digits(REFERENCE, 5.1, dtype="float32"),
            *digits("casadi", 7.6, dtype="float32"),
            *digits("mean", 0.1, dtype="float32"),
            *digits("single", 4.94, dtype="float32"),
        ],
        mistakes=[Mistake("mean", "hidden", "float32", "wrong are W1"), Mistake("mean", "hidden", "float64", MEAN)],
        pairs=[Pair("mean", name, "hidden", "float64", 5, 1e14, OUTSIDE) for name in (REFERENCE, "casadi")],
    )


def test_one_line_a_file_failures_first_and_a_summary() -> None:
    assert verdicts(some()) == [
        "4 files on hidden",
        "                           error / bound      right digits",
        "                         float64 float32   float64 float32   training",
        "FAILED  mean             1.9e+14 3.4e+05       0.1     0.1   differs",
        "        hidden, float64: W1[1, 3] is -0.006615, true -0.02646, at random point 2",
        "        (parameter scale 0.35); the answers equal those of a known mistake: mean",
        "        instead of sum; 2 more checks failed",
        "FAILED  single                 –    0.27         –     4.9   stopped",
        "        hidden, float64: W1 is float32, expected float64, at the start",
        f"passed  {REFERENCE}      0.47    0.48      13.6     5.1   reference",
        "passed  casadi              0.44   0.076      13.7     7.6   agrees",
        "Error / bound: the largest error over what rounding allows, at most 1. Right",
        "digits: of the median entry, at the parameter scale where they are fewest.",
        "2 of 4 files passed, 2 failed, 0 missing. Known mistake: mean instead of sum",
        "(mean). Details: --report FILE, --all",
    ]
    assert sentence(some()) == (
        "Not passed: mean and single failed. 2 of 4 files passed, 2 failed, 0 missing. Known mistake: mean instead of "
        "sum (mean)."
    )


def test_where_all_is_right_nothing_but_numbers_is_said() -> None:
    found = report([*both(REFERENCE, 0.5, 0.4), *both("other", 0.5, 0.4)])
    assert all(file.verdict == "passed" and not file.remarks for file in files(found))
    assert summary(found) == "2 of 2 files passed, 0 failed, 0 missing."
    assert sentence(found).startswith("Passed: 2 of 2 files passed")
    assert "right digits" not in " ".join(verdicts(found)).lower()  # nothing was judged in digits


def test_where_nothing_was_judged_it_is_said() -> None:
    nothing = report([])
    assert files(nothing) == []
    assert verdicts(nothing) == ["No file was judged."]
    assert len(table(nothing).frame) == 0
    assert table(nothing).notes == []
    assert sentence(nothing) == "Passed: No file was judged."


def test_where_all_is_wrong_no_number_looks_right() -> None:
    rows = [row("wrong", None, OUTSIDE, of_bound=reading(None, None)), row("wrong", None, OUTSIDE, "float32")]
    found = report(rows, accuracy=digits("wrong", 0.0), endings=[end("wrong", OUTSIDE, "it is off")])
    (file,) = files(found)
    assert file.errors == {"float64": UNDEFINED, "float32": UNDEFINED}
    assert file.digits == {"float64": "0.0", "float32": NONE}
    assert (file.verdict, file.training) == ("failed", "differs")
    assert file.remarks[0].startswith("hidden, float64: W1[1, 3] is not finite, true -0.02646, at random point 2")
    assert summary(found) == "0 of 1 file passed, 1 failed, 0 missing."


def test_what_is_missing_or_not_offered_has_a_reason_in_place_of_numbers() -> None:
    missing = [row("absent", verdict=MISSING, dtype=d, reason="no_library is not installed") for d in get_args(Dtype)]
    modest = [row("modest", verdict=NOT_OFFERED, reason="no such loss"), row("modest", workload="neuron")]
    never = row("never", verdict=NOT_OFFERED, reason="no loss at all")
    found = report([*both("right", 0.5, 0.4), *modest, never, *missing])
    assert [(file.name, file.verdict) for file in files(found)] == [
        ("absent", MISSING),
        ("never", NOT_OFFERED),
        ("right", "passed"),
        ("modest", "passed"),
    ]
    lines = verdicts(found)
    assert lines[3:5] == ["missing      absent   no_library is not installed", "not offered  never    no loss at all"]
    after = lines[lines.index(next(line for line in lines if " modest" in line)) + 1]
    assert after.strip() == "not offered on hidden: no such loss"
    assert summary(found) == "2 of 4 files passed, 0 failed, 1 missing, 1 not offered."
    assert sentence(found).startswith("Passed: ")
    narrow = verdicts(report(missing), 30)
    assert narrow[:3] == ["1 file on hidden", "missing  absent", "         no_library is not"]
    assert "error / bound" not in " ".join(narrow)


def test_a_failure_in_a_dtype_that_is_not_timed_is_said_and_fails_no_file() -> None:
    wrong = row("single", 5e7, OUTSIDE, "float32", reason="W1 is far from the truth")
    conduct = Conduct("single", "hidden", "float32", None, None, None, None, "failed", "it prints", decides=False)
    found = report([row("single"), wrong, row("right"), row("right", dtype="float32")], conduct=[conduct])
    first = files(found)[0]
    assert (first.name, first.verdict) == ("single", "passed")
    assert first.remarks == ["failed in float32, in which hidden is not timed"]
    assert first.errors == {"float64": "0.25", "float32": "5.0e+07"}
    assert summary(found) == "2 of 2 files passed, 0 failed, 0 missing."


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        (
            {"conduct": [Conduct("one", "hidden", "float64", True, None, None, None, "failed", "it prints")]},
            "it prints",
        ),
        (
            {"biases": [Bias("one", "hidden", "float64", "W1", 300, 4.0, 0.1, OUTSIDE, "all are larger")]},
            "all are larger",
        ),
    ],
)
def test_a_broken_rule_or_a_systematic_factor_fails_a_file(parts: dict[str, Any], says: str) -> None:
    (file,) = files(report(both("one", 0.5, 0.4), **parts))
    assert (file.verdict, file.remarks) == ("failed", [f"hidden, float64: {says}"])
    (file,) = files(report(both("one", 0.5, 0.4), endings=[end("one", OUTSIDE, "after 10 epochs: it is off")]))
    assert (file.verdict, file.training) == ("failed", "differs")
    assert file.remarks == ["hidden: after 10 epochs: it is off"]


def test_a_wrong_training_names_its_array_and_its_start() -> None:
    of_bound = replace(reading(3.0), where="W1 after 1 epoch (train), from the initial parameters")
    wrong = row("one", verdict=OUTSIDE, parameter="parameters after 1 epoch (train)", of_bound=of_bound)
    assert files(report([wrong]))[0].remarks == [
        "hidden, float64: W1 after 1 epoch (train)[1, 3] is -0.006615, true -0.02646, at the initial parameters"
    ]
    loss = row("one", verdict=OUTSIDE, parameter="loss", of_bound=replace(reading(3.0, 1.0, 0.5), index=[]))
    assert "loss is 1, true 0.5, at" in files(report([loss]))[0].remarks[0]


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_two_numbers_are_told_apart(value: float, truth: float) -> None:
    shown = file_verdicts._told_apart(value, truth)
    assert (shown[0] != shown[1]) or value == truth
    assert all(
        float(text) == pytest.approx(number, rel=1e-3) for text, number in zip(shown, (value, truth), strict=True)
    )


@given(st.floats(0, 1e300))
def test_an_error_beyond_its_bound_never_looks_as_if_it_were_inside(value: float) -> None:
    text = file_verdicts._largest([row("one", value)])
    assert (float(text.replace(",", "")) > 1) == (value > 1)
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.06)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (0.468, "0.47"),
        (1.004, "1.004"),
        (12.3, "12"),
        (1234.5, "1,234"),
        (1.94e14, "1.9e+14"),
        (1e-7, "1.0e-07"),
    ],
)
def test_errors_have_two_digits_or_as_many_as_it_takes(value: float, text: str) -> None:
    assert file_verdicts._largest([row("one", 0.0), row("one", value)]) == text


def test_the_audit_of_the_judge_itself_and_files_that_differ_are_told() -> None:
    audit = Audit("hidden", "float64", 1, 1, 12.0, None, OUTSIDE)
    pair = Pair("one", "two", "hidden", "float64", 5, 1e9, OUTSIDE)
    found = report([row("one"), row("two")], audits=[audit], pairs=[pair])
    assert summary(found) == (
        "2 of 2 files passed, 0 failed, 0 missing. The audit of the true gradients failed on hidden in float64: no "
        "verdict is reliable. 1 pair of files that passed differ."
    )


def test_files_with_one_mistake_are_named_together() -> None:
    rows = [row(f"file_{number}", 9.0, OUTSIDE) for number in range(8)]
    mistakes = [Mistake(each.implementation, "hidden", "float64", MEAN) for each in rows]
    sign = "the gradient as with a known mistake: sign; the loss as with a known mistake: loss not halved"
    found = report(rows, mistakes=[*mistakes, Mistake("file_0", "hidden", "float32", sign)])
    names = ", ".join(f"file_{number}" for number in range(6))
    assert summary(found).endswith(
        f"Known mistakes: mean instead of sum ({names} and 2 more); sign (file_0); loss not halved (file_0)."
    )
    assert sentence(found).startswith(f"Not passed: {names} and 2 more failed. ")


def test_many_workloads_are_counted() -> None:
    names = [f"workload_{number}" for number in range(40)]
    found = report([row("one", 0.1, workload=name) for name in names])
    assert verdicts(found)[0] == "1 file on 40 workloads"
    assert len(verdicts(found)) == 6
    assert verdicts(report([row("one", workload=name) for name in names[:3]]))[0] == (
        "1 file on workload_0, workload_1 and workload_2"
    )


@pytest.mark.parametrize(
    ("width", "left_out"),
    [
        (70, []),
        (69, ["right digits"]),
        (52, ["right digits"]),
        (51, ["right digits", "training"]),
        (40, ["right digits", "training"]),
        (39, [*LEFT_OUT_FIRST]),
    ],
)
def test_narrow_terminals_leave_out_columns_and_break_no_word(width: int, left_out: list[str]) -> None:
    lines = verdicts(some(), width)
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    assert all(name in text for name in (REFERENCE, "casadi", "single", "mean", "FAILED", "passed"))
    if left_out:
        assert "Left out, because the terminal is narrow:" in text
    head = " ".join(lines[1:3])
    assert [name for name in LEFT_OUT_FIRST if name not in head] == left_out


@given(st.integers(20, 200), st.integers(1, 60))
def test_no_line_is_wider_than_the_terminal(width: int, length: int) -> None:
    name = "n" * length
    found = some()
    rows = [replace(each, implementation=name) if each.implementation == "casadi" else each for each in found.rows]
    lines = verdicts(replace(found, rows=rows), width)
    limit = max(width, 28)  # an identifier is never broken, and sentences have at least 20 characters
    assert all(len(line) <= limit or name in line for line in lines)
    assert any(name in line for line in lines)


def test_a_long_reason_is_cut_and_control_characters_reach_no_terminal() -> None:
    reason = "\x1b[31mred\nand " + "so on " * 200
    found = report([row(name, verdict="failed", reason=reason, of_bound=None) for name in (*NASTY, "\x1b[2J")])
    lines = verdicts(found)
    assert all(line.isprintable() for line in lines)
    assert len(lines) <= 6 * (len(NASTY) + 1) + 10
    assert len(table(found).frame) == len(NASTY) + 1


def test_of_a_long_message_the_place_is_kept() -> None:
    said = f"ValueError: {200 * 'no '}(loss, mine.py line 67)"
    rows = [row("mine", verdict="failed", of_bound=None, reason=said), row("mine", parameter="b1", verdict="failed")]
    text = " ".join(" ".join(verdicts(report(rows))).split())
    assert "hidden, float64: ValueError: no no" in text
    assert "no … no" in text
    assert "no no (loss, mine.py line 67); 1 more check failed Error / bound" in text


def test_of_a_long_explanation_the_shapes_are_kept() -> None:
    only = "only with these numbers of samples: 7, 33"
    entries = ", ".join(f"parameters after {epochs} epochs (train)" for epochs in range(9))
    mistakes = [Mistake("mine", "hidden", "float64", f"wrong are {entries}; {only}")]
    (file,) = files(report([row("mine", 7.0, OUTSIDE)], mistakes=mistakes))
    assert file.remarks[0].endswith(only)
    assert "; wrong are parameters after 0 epochs" in file.remarks[0]


def test_the_table_holds_the_same_with_remarks_as_notes() -> None:
    found = table(some())
    assert list(found.frame.columns) == [
        "verdict",
        "file",
        "error / bound, float64",
        "error / bound, float32",
        "right digits, float64",
        "right digits, float32",
        "training",
    ]
    assert list(found.frame.iloc[0]) == ["failed", "mean", "1.9e+14", "3.4e+05", "0.1", "0.1", "differs"]
    assert found.notes[1] == "single: hidden, float64: W1 is float32, expected float64, at the start."


@pytest.mark.parametrize("path", store.paths(places.results()), ids=lambda path: path.stem)
def test_the_reports_of_records_fit_a_terminal(path: Path) -> None:
    found = store.read(path).gradients
    lines = verdicts(found)
    judged = dict.fromkeys(each.implementation for each in found.rows)
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 2 * len(judged) + 10
    assert all(any(re.match(rf"\S.* {re.escape(name)}( |$)", line) for line in lines) for name in judged)
