"""The simulations behind the intervals: they simulate what they say, and know the known answers."""

import json
import math
from typing import Any

import numpy as np
import pytest

from xorbench.estimates.intervals import interval
from xorbench.studies import coverage
from xorbench.studies.coverage import LAUNCHES_OF_TABLES, LAWS, ROWS, Law, Numbers
from xorbench.tables.formats import markdown
from xorbench.tables.studies.coverage import Coverage, misses, table_of
from xorbench.tables.studies.typed import typed

BY_NAME = {law.name: law for law in LAWS}
CONTENDERS = ROWS + coverage.COPIES


def drawn(law: Law, runs: int = 300, launches: int = 20) -> Numbers:
    return law.draw(np.random.default_rng(0), (runs, CONTENDERS, launches))


@pytest.fixture(scope="module")
def study() -> dict[str, Any]:
    return coverage.study(runs=200)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_the_expectation_of_every_law_is_0(law: Law) -> None:
    values = drawn(law)
    assert values.shape == (300, CONTENDERS, 20)
    for part in (values[:, :ROWS], values[:, ROWS:]):
        assert np.mean(part) == pytest.approx(0, abs=8e-4)
    assert 0.7 < np.std(values) / coverage.LAUNCH_EFFECT < 3


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_only_correlated_laws_have_correlated_launches(law: Law) -> None:
    values = drawn(law)[:, ROWS:]  # of the baseline, which has no load step
    found = np.corrcoef(values[..., 1:].ravel(), values[..., :-1].ravel())[0, 1]
    assert found == pytest.approx(float(law.name.split()[-1]) if law.correlated else 0, abs=0.04)


@pytest.mark.parametrize("share", [0.1, 0.2])
def test_bad_luck_is_on_one_side_in_its_share_of_launches(share: float) -> None:
    values = drawn(BY_NAME[f"bad launches on one side, {share:.0%}".replace("%", " %")])
    assert np.mean(values > 2.5 * coverage.LAUNCH_EFFECT) == pytest.approx(share, abs=0.02)
    assert np.mean(values < -5 * coverage.LAUNCH_EFFECT) < 1e-3


def test_skewed_launches_have_the_usual_spread() -> None:
    values = drawn(BY_NAME["skewed: lognormal"], runs=2_000)
    assert np.std(values) == pytest.approx(coverage.LAUNCH_EFFECT, rel=0.05)
    assert np.median(values) < -0.2 * coverage.LAUNCH_EFFECT


def test_a_load_step_is_in_rows_and_has_two_states() -> None:
    values = drawn(BY_NAME["load step"], launches=2)  # the step is between both launches
    assert np.mean(values[:, :ROWS, 1] - values[:, :ROWS, 0]) == pytest.approx(coverage.LOAD_STEP, rel=0.05)
    assert np.mean(values[:, ROWS:, 1] - values[:, ROWS:, 0]) == pytest.approx(0, abs=2e-3)


def test_a_warm_up_leaves_a_bias() -> None:
    # Without noise it would be the transient's median, and with noise without end the transient's mean.
    transient = [coverage.TRANSIENT * math.exp(-place / coverage.TIME_CONSTANT) for place in range(coverage.ROUNDS)]
    assert np.median(transient) < coverage.warm_up_bias() < np.mean(transient)


def test_an_effect_that_all_share_cancels() -> None:
    times = drawn(BY_NAME["normal"])
    plain, moved = (coverage.numbers(t[:, :ROWS], t[:, ROWS:]) for t in (times, times + np.arange(20)))
    assert moved == pytest.approx(plain, abs=1e-9)


def test_a_table_is_right_by_the_intervals_of_the_tables() -> None:
    # With the function that the tables use, one run after the other.
    values = coverage.numbers(*np.split(drawn(BY_NAME["skewed: lognormal"], 60, 5), [ROWS], axis=1))
    for run, (single, together, ranked) in zip(values, coverage.right(values), strict=True):
        rows = [*run, np.zeros(5)]
        pairs = [one - other for place, one in enumerate(rows) for other in rows[:place]]
        assert len(pairs) == 66 == coverage.PAIRS
        assert single == pytest.approx(np.mean([interval(row).verdict == "not separated" for row in run]))
        assert together == all(interval(row, 1 - 0.05 / 11).verdict == "not separated" for row in run)
        assert ranked == all(interval(pair, 1 - 0.05 / 66).verdict == "not separated" for pair in pairs)


@pytest.mark.parametrize("launches", LAUNCHES_OF_TABLES)
def test_normal_launches_have_the_known_answers(launches: int) -> None:
    found = coverage.cell(BY_NAME["normal"], launches, 1_000)
    for shares in (found, found["normal_baseline"]):
        assert shares["single"] == pytest.approx(0.95, abs=0.01)  # 11,000 intervals, those of a run correlated
        assert 0.93 <= shares["together"] <= 0.98
        assert 0.02 <= shares["false_ranks"] <= 0.07  # Bonferroni's correction is a little too much


def test_the_targets_are_met_where_launches_are_independent(study: dict[str, Any]) -> None:
    correlated = {law["name"] for law in study["laws"] if law["correlated"]}
    for one in study["cells"]:
        if one["law"] not in correlated:
            assert one["single"] > 0.92, one
            assert one["together"] > 0.89, one
            assert one["false_ranks"] < 0.1, one


def test_what_does_not_hold_is_seen(study: dict[str, Any]) -> None:
    cells = {(one["law"], one["launches"]): one for one in study["cells"]}
    assert cells["autocorrelation 0.4", 20]["single"] < 0.87
    assert cells["autocorrelation 0.4", 20]["false_ranks"] > 0.3
    assert cells["bad launches on one side, 20 %", 11]["normal_baseline"]["together"] < 0.9


def test_a_study_can_be_stored_and_repeated(study: dict[str, Any]) -> None:
    assert json.loads(json.dumps(study, allow_nan=False)) == study
    law, launches = LAWS[-1], LAUNCHES_OF_TABLES[-1]
    assert study["cells"][-1] == {"law": law.name, "launches": launches} | coverage.cell(law, launches, 200)
    assert (study["runs"], study["seed"], study["launches"]) == (200, 0, [5, 8, 11, 20])


def test_the_table_of_a_study_has_its_shares_and_its_limits(study: dict[str, Any]) -> None:
    table = table_of(json.loads(json.dumps(study)))
    assert len(table.frame) == len(LAWS) * len(LAUNCHES_OF_TABLES)
    first = study["cells"][0]
    assert table.frame.iloc[0].tolist()[:3] == ["normal", "5", f"{first['single']:.1%}"]
    assert table.frame.iloc[0].tolist()[-1] == f"{first['normal_baseline']['false_ranks']:.1%}"
    assert any("For correlated launches no method has the nominal coverage" in note for note in table.notes)
    assert "autocorrelation 0.4" in markdown(table)


@pytest.mark.parametrize(
    ("together", "false_ranks", "missed"),
    # Two standard errors of 10,000 runs are 0.0051 and 0.0044.
    [(0.925, 0.05, False), (0.93, 0.054, False), (0.924, 0.05, True), (0.93, 0.055, True)],
)
def test_a_cell_that_misses_a_target_is_named(together: float, false_ranks: float, missed: bool) -> None:
    good = {"single": 0.95, "together": 0.95, "false_ranks": 0.04}
    found = good | {"together": together, "false_ranks": false_ranks}
    planted = {
        "runs": 10_000,
        "rows": 11,
        "confidence": 0.95,
        "warm_up_bias": 0.0,
        "laws": [{"name": "one", "correlated": False}, {"name": "two", "correlated": True}],
        "cells": [
            {"law": "one", "launches": 8} | good | {"normal_baseline": found},
            {"law": "one", "launches": 11} | found | {"normal_baseline": good},
            {"law": "two", "launches": 5} | found | {"normal_baseline": found},
        ],
    }
    study = typed(Coverage, planted)
    assert misses(study) == ["one at 11 launches"] * missed
    assert misses(study, normal_baseline=True) == ["one at 8 launches"] * missed
