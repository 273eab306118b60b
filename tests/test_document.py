"""What `run --json` prints of a record: these keys, of which others may rely on each; null where there is no number."""

import json
import math
from typing import Any

import pytest

from tests.planted import changed, cheated, planted, report_of, retimed, slowed, with_timings
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.exports.document import document
from xorbench.record.parts import Verdict
from xorbench.record.report import Judgement
from xorbench.record.timing import Failure, Timing

OF_A_RUN = {"partial", "unfit", "warnings", "noise_floor", "second_control", "quiet_share", "rows"}

OF_A_ROW = {
    "implementation",
    "workload",
    "tier",
    "execution",
    "granularity",
    "launches",
    "verdict",
    "reason",
    "rank",
    "microseconds_per_epoch",
    "microseconds_per_epoch_low",
    "microseconds_per_epoch_high",
    "ratio",
    "ratio_low",
    "ratio_high",
    "start_microseconds",
    "idle_share",
    "slow_factor",
}
"""Those that are promised. Keys are added and never renamed."""

NUMBERS = OF_A_ROW - {"implementation", "workload", "tier", "execution", "granularity", "launches", "verdict", "reason"}

ALSO_OF_A_RUN = {"noise_floors", "parts"}
ALSO_OF_A_ROW = {"start_microseconds_low", "start_microseconds_high", "start_share", "quiet_share"}
"""Those that are there beside them."""


def rows_of(analysis: Analysis) -> dict[str, dict[str, Any]]:
    found = document(analysis)
    json.dumps(found, allow_nan=False)  # it is what it will be printed as
    return {row["implementation"]: row for row in found["rows"]}


def test_the_keys_are_those_that_are_promised_and_a_few_more() -> None:
    found = document(planted({"other": [0.5] * 6}))
    assert {*found} == OF_A_RUN | ALSO_OF_A_RUN
    assert [{*row} for row in found["rows"]] == [OF_A_ROW | ALSO_OF_A_ROW] * 2
    assert {*found["noise_floor"]} == {*found["second_control"]} == {"value", "low", "high"}
    assert {*found["noise_floors"]} == {"hidden"}


def test_a_fit_run_has_its_controls_and_no_warning() -> None:
    found = document(planted({"other": [0.5, 0.52] * 5}, control=[0.01, -0.01] * 5, launches=10, drifting=0))
    assert (found["partial"], found["unfit"], found["warnings"], found["quiet_share"]) == (False, None, [], 1)
    for control in ("noise_floor", "second_control"):
        assert found[control]["value"] == pytest.approx(1, abs=1e-6)
        assert found[control]["low"] - 1e-6 <= 1 <= found[control]["high"] + 1e-6


def test_what_is_wrong_with_a_run_is_in_it() -> None:
    analysis = planted({"other": [0.5] * 6}, control=[0.02, 0.021] * 3, partial=True, drifting=0)
    found = document(slowed(analysis, lambda _launch, pair: pair < 4, 1.5))
    assert found["partial"]
    assert found["unfit"].startswith("the baseline against itself came out as 1.02")
    assert found["warnings"][
        0
    ] == f"Unfit: {found['unfit']}. The ratios of this run are not reliable. Run it again on a " + ("quieter machine.")
    assert len(found["warnings"]) == 3  # interrupted, and of few launches
    assert found["quiet_share"] == pytest.approx(1 - 4 / 11)


def test_a_row_has_its_numbers() -> None:
    names = ("other", "one", "two", "three")
    analysis = planted({name: [0.0] * 6 for name in names}, rounds=60, drifting=0)
    analysis = slowed(analysis, lambda _launch, pair: pair % 3 == 1, 1.5, {"other": 1.5 * 0.68})
    analysis = retimed(analysis, lambda _timing, _number, nanoseconds: nanoseconds + 30_000)
    row = rows_of(analysis)["other"]
    assert row["start_microseconds"] == pytest.approx(30, abs=0.01)
    assert row["microseconds_per_epoch"] == pytest.approx(30 + 30 / 200, rel=1e-4)
    assert row["microseconds_per_epoch_low"] == pytest.approx(30.15, rel=1e-4)
    assert row["microseconds_per_epoch_high"] == pytest.approx(30.15, rel=1e-4)
    assert (row["rank"], row["launches"], row["idle_share"]) == (4, 6, 0)  # three have more epochs to share a start
    assert row["slow_factor"] == pytest.approx(0.68, rel=0.01)
    assert row["quiet_share"] == pytest.approx(2 / 3)


def refused() -> Analysis:
    return cheated(planted({"other": [0.5] * 6}))


def failed() -> Analysis:
    def lost(timing: Timing) -> Timing | None:
        return None if timing.implementation == "other" else timing

    failures = [Failure(0, "hidden", "other", copy=False, reason="ValueError: seven")]
    return with_timings(planted({"other": [0.5] * 6}, failures=failures), lost)


def judged(verdict: Verdict) -> Analysis:
    rows = [Judgement("other", "hidden", "float64", "W1", 1, verdict, "why")]
    gradients = report_of(rows=rows)
    return changed(failed(), failures=[], gradients=gradients)


@pytest.mark.parametrize(
    ("analysis", "verdict", "reason"),
    [
        (refused(), "refused", "it cheated (in 6 of 6 launches)"),
        (failed(), "failed", "ValueError: seven"),
        (judged("outside"), "outside", "why"),
        (judged("missing"), "missing", "why"),
        (changed(failed(), failures=[], partial=True), "untimed", "the run was interrupted"),
    ],
)
def test_a_row_without_a_time_has_null_for_each_number(analysis: Analysis, verdict: str, reason: str) -> None:
    row = rows_of(analysis)["other"]
    assert (row["verdict"], row["reason"], row["launches"]) == (verdict, reason, 0)
    assert {row[key] for key in NUMBERS | ALSO_OF_A_ROW} == {None}


def test_the_verdicts_of_rows_with_a_time() -> None:
    analysis = planted({"fast": [-0.5] * 6, "slow": [0.5] * 6, "same": [0.1, -0.1] * 3, "moves": [0.2] * 6}, rounds=64)

    def moving(timing: Timing, number: int, nanoseconds: float) -> float:
        return nanoseconds * (math.exp(0.05) if timing.implementation == "moves" and number >= 32 else 1)

    found = rows_of(retimed(analysis, moving))
    assert {name: row["verdict"] for name, row in found.items()} == {
        REFERENCE: "baseline",
        "fast": "faster",
        "slow": "slower",
        "same": "not separated",
        "moves": "not steady",
    }
    assert (found["moves"]["reason"], found["moves"]["rank"]) == ("+5.1% within a launch", None)


def test_a_run_without_times_has_no_controls() -> None:
    found = document(planted({"other": [0.5] * 6}, timings=[]))
    assert (found["noise_floor"], found["second_control"], found["unfit"]) == (None, None, None)
    assert found["noise_floors"] == {"hidden": None}
    assert {row["verdict"] for row in found["rows"]} == {"untimed"}


def test_one_launch_has_controls_without_ends() -> None:
    found = document(planted({"other": [0.5]}, launches=1))
    for control in ("noise_floor", "second_control"):
        assert (found[control]["low"], found[control]["high"]) == (None, None)
    (row,) = (row for row in found["rows"] if row["implementation"] == "other")
    assert (row["microseconds_per_epoch_low"], row["ratio_low"], row["start_microseconds_low"]) == (None, None, None)
