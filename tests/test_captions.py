"""The sentences under a table: what was measured, and why it is weak where it is."""

import pytest
from planted import planted_record

from benchmarks.contract import REFERENCE
from benchmarks.tables.captions import caption, weaknesses


def test_a_caption_says_where_with_what_and_how_much() -> None:
    text = caption(planted_record({"other": [0.5] * 6}, control=[0.01, -0.01] * 3))
    for part in (
        "Some CPU, 1 of 1 CPUs timed on, Linux",
        f"Python 3.11.7, {REFERENCE} 1, other 1",
        f"threads alive: {REFERENCE} 1, other 1, in the largest visible pool 0",
        "6 launches x 11 rounds, 60% of 8 s in turns",
        "noise floor (A/A) 1.0000, 0.9886 to 1.0116",
        "0.0% of the rounds disturbed",
        "2026-01-02T03:04:05Z",
        "; xorbench run.",
    ):
        assert part in text


def test_a_caption_says_what_is_in_other_environments() -> None:
    record = planted_record({"other": [0.5] * 6, "other@old": [0.6] * 6})
    record["implementations"][2] |= {"framework": "other", "version": "0", "interpreter": "old", "file": "other"}
    record["environment"]["others"] = {"old": {"python": "3.12.1"}}
    assert f"Python 3.11.7, {REFERENCE} 1, other 1; other 0 in old (Python 3.12.1); threads" in caption(record)


def test_a_strong_record_has_no_weakness() -> None:
    assert weaknesses(planted_record({}, control=[0.01, -0.01] * 5, launches=10)) == []


@pytest.mark.parametrize(
    ("launches", "control", "partial", "sentence"),
    [
        (1, [0.0], False, "Only one launch: there are no intervals. Run with --launches 8 "),
        (3, [0.01, -0.01, 0.0], False, "Only 3 launches: the intervals are wide. Run with --launches 8 "),
        (10, [0.01, -0.01] * 5, True, "The run was interrupted"),
        (10, [0.04, 0.05] * 5, False, "Unfit: the baseline against itself came out as 1.04"),
    ],
)
def test_a_weak_record_says_so_and_what_would_help(
    launches: int, control: list[float], partial: bool, sentence: str
) -> None:
    (found,) = weaknesses(planted_record({}, control=control, launches=launches, partial=partial))
    assert found.startswith(sentence)
    assert "Run" in found


def test_a_budget_that_bought_few_launches_is_too_small() -> None:
    record = planted_record({}, control=[0.01, -0.01, 0.0], launches=3)
    record["settings"] |= {"launches": None, "rounds": None, "budget_minutes": 4.0}
    assert "Run with --budget 8 for narrower ones." in weaknesses(record)[0]
    record["settings"]["sweep"] = True  # whose budget is one of several numbers of threads
    assert "Run with --launches 8 for narrower ones." in weaknesses(record)[0]


def test_lost_launches_are_counted() -> None:
    lost = {"workload": "hidden", "implementation": "other", "copy": False, "reason": "died"}
    failures = [{"launch": launch, **lost} for launch in (-1, 3, 4)]  # -1: the pilot
    record = planted_record({}, control=[0.01, -0.01] * 5, launches=10, failures=failures)
    assert weaknesses(record) == ["other was lost in 2 of its processes; what they had not handed in does not count."]


def test_what_was_not_resolved_is_named() -> None:
    record = planted_record({"near": [0.05, -0.05] * 5}, control=[0.01, -0.01] * 5, launches=10)
    record["settings"]["resolution"] = 0.02
    (found,) = weaknesses(record)
    assert found.startswith("Not known to 2 %, nor clear of 1: near (hidden).")
