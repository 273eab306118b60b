"""Studies as commands: what they are asked, and that what is finished is studies."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.studied import planted_study
from xorbench import environment
from xorbench.record import studies
from xorbench.studies import asking, coverage, load


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--runs=0", "'--runs'"),
        ("--runs=1.5", "'--runs'"),
        ("--rounds=many", "'--rounds'"),
        ("--seed=-1", "'--seed'"),
        ("--output=/dev/null/results", "/dev/null/results can't be written"),
        ("--fast", "No such option: --fast"),
    ],
)
def test_a_mistake_in_the_call_is_one_line_and_2_and_nothing_is_measured(
    option: str, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["load.py", option])
    monkeypatch.setattr(load, "study", lambda *_arguments, **_options: pytest.fail("it was measured"))
    with pytest.raises(SystemExit) as ended:
        asking.run("load", load.main)
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("python -m xorbench.studies.load: ")
    assert err.count("\n") == 1
    assert says in err


def test_a_study_is_a_command_with_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[int] = []

    def study(runs: int) -> dict[str, Any]:
        asked.append(runs)
        return planted_study().data

    monkeypatch.setattr("sys.argv", ["coverage.py", "--runs", "7", "--output", str(tmp_path / "new")])
    monkeypatch.setattr(coverage, "study", study)
    with pytest.raises(SystemExit) as ended:
        asking.run("coverage", coverage.main)
    assert not ended.value.code
    assert asked == [7]
    (path,) = studies.paths(tmp_path / "new")
    assert studies.read(path).command == "python -m xorbench.studies.coverage --runs 7 --output new"
    assert f"The study: {path}" in capsys.readouterr().out


def test_what_is_found_is_kept_and_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = planted_study()
    path = asking.keep(planted_study(data={}), study.data, tmp_path)
    assert studies.read(path) == study
    printed = capsys.readouterr().out
    assert "| normal |" in printed
    assert printed.endswith(f"The study: {path}\n")


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_what_is_finished_is_kept_whatever_is_raised(tmp_path: Path, error: type[BaseException]) -> None:
    states = [{**planted_study().data, "runs": runs} for runs in (100, 200)]

    def found(finished: int) -> Iterator[dict[str, Any]]:
        yield from states[:finished]
        raise error

    with pytest.raises(error):
        asking.keep_last(planted_study(data={}), found(0), tmp_path)
    assert studies.paths(tmp_path) == []
    with pytest.raises(error):
        asking.keep_last(planted_study(data={}), found(2), tmp_path)
    (path,) = studies.paths(tmp_path)
    assert studies.read(path).data == states[1]


def test_where_nothing_is_left_to_be_measured_a_line_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asking.keep_last(planted_study(data={}), iter(()), tmp_path)
    assert studies.paths(tmp_path) == []
    assert capsys.readouterr().err == "nothing is left to be measured\n"


def test_the_time_left_is_that_of_the_runs_before(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(asking, "perf_counter", itertools.count(step=600).__next__)
    assert list(asking.announced(["a", "b", "c"], str.upper)) == [(0, "a"), (1, "b"), (2, "c")]
    # Three runs began after 600, 1,200 and 1,800 s.
    assert capsys.readouterr().err.splitlines() == [
        "run 1 of 3: A",
        "run 2 of 3: B, about 40 min left",
        "run 3 of 3: C, about 15 min left",
    ]


def test_of_a_study_that_is_continued_the_runs_that_are_left_are_announced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(asking, "perf_counter", itertools.count(step=600).__next__)
    assert list(asking.announced(["a", "b", "c"], str.upper, 1)) == [(1, "b"), (2, "c")]
    assert capsys.readouterr().err.splitlines() == ["run 2 of 3: B", "run 3 of 3: C, about 20 min left"]
    assert list(asking.announced(["a"], str.upper, 1)) == []


def test_a_study_continues_one_with_the_same_settings(tmp_path: Path) -> None:
    first = planted_study(data={"seed": 3, "runs": [1]}, versions={"python": "3.11.7", "numpy": "2.4.6"})
    path = studies.write(first, tmp_path)
    begun = planted_study(versions={"python": "3.11.7", "torch": "2.13.0"}, created="2026-03-01T00:00:00Z")
    study, data = asking.continued(begun, path, {"seed": 3})
    assert study.versions == {"python": "3.11.7", "numpy": "2.4.6", "torch": "2.13.0"}
    assert data == {"seed": 3, "runs": [1], "after": [first.created, first.commit]}
    again = studies.write(replace(study, data=data), tmp_path)
    _, third = asking.continued(begun, again, {"seed": 3})
    assert third["after"] == [first.created, first.commit, begun.created, begun.commit]
    assert asking.continued(begun, None, {"seed": 3}) == (begun, {"seed": 3})


@pytest.mark.parametrize(
    ("changes", "about", "says"),
    [
        ({"study": "load"}, {}, "is of study coverage, expected load"),
        ({"versions": {"python": "3.12.0"}}, {}, "is of python 3.11.7, expected 3.12.0"),
        ({}, {"seed": 4}, "is of seed 3, expected 4"),
    ],
)
def test_a_study_does_not_continue_one_of_something_else(
    tmp_path: Path, changes: dict[str, Any], about: dict[str, Any], says: str
) -> None:
    same: dict[str, Any] = {"study": "coverage", "versions": {"python": "3.11.7"}}
    path = studies.write(planted_study(data={"seed": 3}, **same), tmp_path)
    with pytest.raises(typer.BadParameter, match=says):
        asking.continued(planted_study(**same | changes), path, about)


def test_what_is_no_study_is_not_continued(tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    path.write_text("{")
    with pytest.raises(typer.BadParameter, match=r"odd\.json is not a study: "):
        asking.continued(planted_study(), path, {})


def test_a_study_begins_with_what_is_known_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["load.py", "--runs", "5", "--output", "/home/ada/results"])
    found = asking.begun("load", ["numpy", "numpy", "nothing-like-it"])
    assert found.command == "python -m xorbench.studies.load --runs 5 --output results"
    assert found.versions == {
        "python": environment.versions()["python"],
        "numpy": environment.version_of("numpy"),
        "nothing-like-it": "unknown",
    }
    assert (found.machine, found.data) == (environment.machine(), {})
    monkeypatch.setattr("sys.argv", ["load.py"])
    assert asking.begun("load", []).command == "python -m xorbench.studies.load"
