"""The study of a slowdown planted in a release: what is kept of a history, its table, and one as it is measured."""

import json
import math
from typing import Any

import pytest

from tests.released import planted_history
from xorbench.estimates.analysis import Analysis
from xorbench.studies import releases
from xorbench.studies.releases import FRAMEWORK, SHARE, SHARES
from xorbench.tables.studies.releases import table_of

WOBBLE = [0.002, -0.002, 0.001, -0.001]


def history(*logarithms: float) -> Analysis:
    costs = {
        version: [logarithm + (-1) ** place * wobble for wobble in WOBBLE]
        for place, (version, logarithm) in enumerate(zip(SHARES, logarithms, strict=True))
    }
    return planted_history(costs, framework=FRAMEWORK)


def of(*runs: dict[str, Any]) -> dict[str, Any]:
    about = {"workload": "hidden", "framework": FRAMEWORK, "shares": SHARES, "launches": 4, "rounds": 22}
    found: dict[str, Any] = json.loads(json.dumps({**about, "runs": [*runs]}, allow_nan=False))
    return found


STEP = math.log1p(SHARE)
RIGHT = releases.of_run(history(0, 0, STEP, STEP))
WRONG = releases.of_run(history(0, 2 * STEP, 2 * STEP, 2 * STEP))


def test_a_history_keeps_its_step_changes_and_the_epochs_of_a_long_round() -> None:
    assert [release["version"] for release in RIGHT["releases"]] == [*SHARES]
    assert [release["step"] for release in RIGHT["releases"]] == [False, False, True, False]
    assert [release["verdict"] for release in RIGHT["releases"]][2] == "slower"
    assert RIGHT["releases"][2]["change"]["value"] == pytest.approx(1 + SHARE, rel=1e-4)
    assert RIGHT["epochs"] > 0
    assert RIGHT["unfit"] is None


def test_the_table_says_how_often_the_planted_step_is_found_and_how_often_another_one() -> None:
    table = table_of(of(RIGHT, RIGHT, WRONG, WRONG | {"unfit": "by chance"}))
    lines = table.frame.to_dict("records")
    assert [line["release"] for line in lines] == [f"{FRAMEWORK} {version}" for version in SHARES]
    assert [line["additional epochs"] for line in lines] == ["0%", "0%", "3%", "3%"]
    assert [line["step change: slower"] for line in lines] == ["0", "1", "2", "0"]
    assert [line["no step change"] for line in lines] == ["–", "2", "1", "3"]
    assert lines[2]["ratio to the release before, median"] == "1.0300"
    assert lines[0]["ratio, range"] == "–"
    assert "4 histories of 4 launches of 22 rounds of hidden, 1 of them unfit and left out" in table.notes[0]
    assert "found in 2 of 3 histories, another one in 1." in table.notes[1]


def test_what_is_planted_is_stated_by_the_epochs_of_a_round() -> None:
    for epochs, share in ((100, "3.00%"), (110, "2.73%"), (120, "3.33%")):
        assert f"has {share} more than" in table_of(of(RIGHT | {"epochs": epochs})).notes[1]
    assert "has 2.73% to 3.33% more" in table_of(of(RIGHT | {"epochs": 110}, RIGHT | {"epochs": 120})).notes[1]


@pytest.mark.slow
def test_releases_are_made_and_measured() -> None:
    *_, data = releases.study(runs=1, launches=2, rounds=4)
    (run,) = data["runs"]
    assert [release["version"] for release in run["releases"]] == [*SHARES]
    assert all(release["change"] for release in run["releases"][1:])
    assert len(table_of(data).frame) == len(SHARES)
