"""Planted slowdowns: they cost what they say, change no result, and are found."""

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import BASELINE
from xorbench.affinity import allowed_cpus
from xorbench.clock.launches import Launches
from xorbench.clock.timed_implementation import TimedImplementation, Turn
from xorbench.clock.turns import Entry
from xorbench.estimates.intervals import interval
from xorbench.estimates.ratios import CONTROL, log_ratios
from xorbench.estimates.timed import Timed
from xorbench.record.timing import PROFILED_EPOCHS
from xorbench.studies import planted
from xorbench.studies.planted import EPOCHS, PLANTED
from xorbench.tables.studies.planted import DRAWN, error_of_share, means_and_half_widths, table_of
from xorbench.workloads import WORKLOADS, flat


def test_a_slower_text_trains_the_same_and_does_so_many_steps_more(tmp_path: Path) -> None:
    workload = WORKLOADS[planted.WORKLOAD]
    texts = (BASELINE, planted.slower(tmp_path, "slower", Fraction(3, 20)))
    plain, slower = (TimedImplementation(text, workload) for text in texts)
    for timed in (plain, slower):
        timed.before(Turn(EPOCHS, 1, 0))
        timed.train(EPOCHS)
    assert np.array_equal(flat(list(plain._result)), flat(list(slower._result)))
    steps = [timed.bookkeeper._entered_later / PROFILED_EPOCHS for timed in (plain, slower)]
    assert steps[1] == pytest.approx(1.15 * steps[0])
    assert all((EPOCHS * share).denominator == 1 for share in PLANTED.values())


def test_a_text_that_is_slower_by_nothing_is_the_references(tmp_path: Path) -> None:
    same = planted.slower(tmp_path, "same", Fraction(0))
    assert same.path.read_text(encoding="utf-8") == BASELINE.path.read_text(encoding="utf-8")


def data(**log_ratios: list[float]) -> dict[str, Any]:
    return {
        "workload": "hidden",
        "epochs": 200,
        "rounds": 100,
        "cpus": 2,
        "busy_per_cpu": 1,
        "log_ratios": {name.replace("_", "/"): values for name, values in log_ratios.items()},
        "seconds_per_launch_of_a_pair": 1.5,
    }


def test_a_run_finds_what_is_there_and_nothing_else() -> None:
    random = np.random.default_rng(0)
    pool = data(A_A=random.normal(0, 0.01, 400).tolist(), slow=random.normal(0.02, 0.01, 400).tolist())
    table = table_of(pool, minutes=(1,))
    frame = table.frame.set_index("planted")
    assert frame.loc["slow", "called slower"] == "100.0%"
    assert frame.loc["A/A", "launches"] == "40"
    assert 93 < float(str(frame.loc[DRAWN, "not separated"]).rstrip("%")) < 98
    assert "Busy processes on each of 2 CPUs, that of the clock included: 1." in table.notes[0]
    assert table_of(pool, minutes=(1,)).frame.equals(table.frame)  # the draws are the same ones


def test_the_error_of_a_share_is_how_much_it_varies_from_one_set_of_launches_to_another() -> None:
    random = np.random.default_rng(2)
    sets = random.normal(0.005, 0.01, (200, 50))
    shares = [np.mean(np.greater(*means_and_half_widths(random.choice(one, (500, 12))))) for one in sets]
    errors = [error_of_share(one.tolist(), 12) for one in sets[:20]]
    assert np.median(errors) == pytest.approx(np.std(shares), rel=0.35)
    assert error_of_share([0.02, 0.021, 0.019] * 20, 12) == 0  # always found


def test_runs_are_read_by_the_interval_of_the_tables() -> None:
    draws = np.random.default_rng(1).normal(0.004, 0.01, (200, 8))
    means, halves = means_and_half_widths(draws)
    for draw, mean, half in zip(draws.tolist(), means, halves, strict=True):
        verdict = "slower" if mean > half else "faster" if mean < -half else "not separated"
        assert interval(draw).verdict == verdict


def test_launches_that_nobody_audited_have_ratios() -> None:
    entry, workload = BASELINE, planted.WORKLOAD
    entries = [Entry(entry, {workload: 20}), Entry(entry, {workload: 20}, copy=True)]
    with Launches(entries, [workload], allowed_cpus()[-1:], random.Random(0)) as launches:
        launch, _ = launches.run(4, last=True)
    (ratio,) = log_ratios(Timed(launch.timings, [workload]), workload, CONTROL)
    assert abs(ratio) < 5
