"""What a terminal shows: the same tables in whole words, with bars where there is room, and warnings first."""

import re

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

WIDE = Table(
    "Some rather long title of a table",
    pd.DataFrame(
        [
            {
                "rank": "1",
                "implementation": "some_long_name_of_an_implementation",
                "execution": "compiled, one call per epoch",
                "time of an epoch": "12.3 (12.2 to 12.4)",
                "another column": "a sentence of several words",
                "verdict": "not separated",
            }
        ]
    ),
    ["A note of more than a few words, which is wrapped between words and never inside some_long_name."],
)


def printed(capsys: pytest.CaptureFixture[str], *tables: Table) -> str:
    show.tables(tables)
    return capsys.readouterr().out


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Standard output is a terminal in colours, whose width is COLUMNS."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    return monkeypatch


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def test_a_bar_stands_beside_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, TABLE)
    assert "●" in next(line for line in text.splitlines() if "2.0" in line)
    assert "●" not in next(line for line in text.splitlines() if "refused" in line)


def test_no_markup_of_a_record_reaches_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, TABLE)
    assert "[red]slow[/]" in text
    assert "[bold]Title" in text
    show.lines(["[red]slow[/] \\[x]"])
    assert capsys.readouterr().out == "[red]slow[/] \\[x]\n"


def test_each_sentence_is_said_once_and_warnings_first(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, TABLE, TABLE)
    assert text.count("A note.") == text.count("Only one launch.") == 1
    assert text.index("Only one launch.") < text.index("A note.")


def test_a_narrow_terminal_has_no_bars(capsys: pytest.CaptureFixture[str], terminal: pytest.MonkeyPatch) -> None:
    for columns, drawn in (("40", False), ("200", True)):
        terminal.setenv("COLUMNS", columns)
        text = printed(capsys, TABLE)
        assert ("●" in text) == drawn
        assert "\x1b[33m" in text or "\x1b[1;33m" in text


@pytest.mark.parametrize(
    ("columns", "left_out"),
    [
        (180, []),
        (140, ["execution"]),
        (110, ["execution", "another column"]),
        (80, ["execution", "time of an epoch", "another column"]),
        (60, ["execution", "time of an epoch", "another column"]),
    ],
)
def test_columns_are_left_out_in_order_and_named_and_no_cell_is_broken(
    capsys: pytest.CaptureFixture[str], terminal: pytest.MonkeyPatch, columns: int, left_out: list[str]
) -> None:
    terminal.setenv("COLUMNS", str(columns))
    text = without_colours(printed(capsys, WIDE))
    for head, cell in zip(WIDE.frame.columns, WIDE.frame.iloc[0], strict=True):
        assert (cell in text) == (head not in left_out)
    assert (f"Left out: {', '.join(left_out)}." in text) == bool(left_out)
    assert (show.LEFT_OUT in " ".join(text.split())) == bool(left_out)
    lines = text.splitlines()
    assert max(map(len, lines)) <= columns or columns < len("some_long_name_of_an_implementation") + 30
    assert all(len(line) <= columns for line in lines if not re.search("[│┃━─]", line))
    assert "some_long_name." in text


def test_a_pipe_is_as_wide_as_a_table_and_breaks_no_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, WIDE)
    assert WIDE.notes[0] in text.splitlines()
    assert all(cell in text for cell in WIDE.frame.iloc[0])
    assert "Left out" not in text


def test_what_is_no_terminal_is_as_wide_as_a_usual_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "123")
    assert show.width() == 80
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert show.width() == 123
    assert capsys.readouterr().out == ""
