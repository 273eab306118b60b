"""Studies as commands: what they are asked, and that what is finished is studies."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.studied import planted_study
from xorbench import environment, places
from xorbench.record import studies
from xorbench.studies import asking


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", ""])
def test_a_number_that_is_none_is_a_mistake(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected a whole number of at least 1"):
        asking.number(text)
    assert (asking.number("1"), asking.number_or_0("0")) == (1, 0)


def test_a_folder_that_can_not_be_written_is_a_mistake(tmp_path: Path) -> None:
    parser = asking.parser("load", "A study.")
    assert parser.parse_args([]).output == places.results()
    assert parser.parse_args(["--output", str(tmp_path / "new")]).output == tmp_path / "new"
    (tmp_path / "file").write_text("")
    for place in ("file", "file/new"):
        with pytest.raises(argparse.ArgumentTypeError, match="can't be written"):
            asking.folder(str(tmp_path / place))


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


def test_the_time_left_is_that_of_the_runs_before(capsys: pytest.CaptureFixture[str]) -> None:
    asking.say_run(1, 20, "quiet", 0.0)
    asking.say_run(11, 20, "busy", 600.0)
    said = capsys.readouterr().err.splitlines()
    assert said == ["run 1 of 20: quiet", "run 11 of 20: busy, about 10 min left"]


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
