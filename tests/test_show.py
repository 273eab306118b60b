"""What a terminal shows: the same tables, with bars where there is room, and warnings first."""

import pandas as pd
import pytest

from xorbench.cli import show
from xorbench.estimates.intervals import Interval
from xorbench.tables.cells import Table

TABLE = Table(
    "[bold]Title",
    pd.DataFrame([{"name": "[red]slow[/]", "ratio": "2.0"}, {"name": "x", "ratio": "refused"}]),
    ["A note."],
    ["Only one launch."],
    measured=[Interval(2, 1.9, 2.1), None],
)


def printed(capsys: pytest.CaptureFixture[str], *tables: Table) -> str:
    show.tables(tables)
    return capsys.readouterr().out


def test_a_bar_stands_beside_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, TABLE)
    assert "●" in next(line for line in text.splitlines() if "2.0" in line)
    assert "●" not in next(line for line in text.splitlines() if "refused" in line)


def test_no_markup_of_a_record_reaches_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, TABLE)
    assert "[red]slow[/]" in text
    assert "[bold]Title" in text


def test_each_sentence_is_said_once_and_warnings_first(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, TABLE, TABLE)
    assert text.count("A note.") == text.count("Only one launch.") == 1
    assert text.index("Only one launch.") < text.index("A note.")


def test_a_narrow_terminal_has_no_bars(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    for columns, drawn in (("80", False), ("200", True)):
        monkeypatch.setenv("COLUMNS", columns)
        text = printed(capsys, TABLE)
        assert ("●" in text) == drawn
        assert "\x1b[33m" in text or "\x1b[1;33m" in text
