"""Every command at several widths: how long it is, and that names, numbers and verdicts are whole words."""

import functools
import re
from pathlib import Path

import pytest

from tests.command import COMMITTED, called
from xorbench import places
from xorbench.cli import show
from xorbench.estimates.analysis import Analysis
from xorbench.record import store
from xorbench.tables.catalogue import named
from xorbench.tables.cells import Table
from xorbench.tables.summary import LAST, LINES, summary

WIDTHS = (60, 80, 100, 160)

EDGES = re.compile(r"[│┃]")

RECORDS = [path for path in store.paths(places.results()) if path.parent == Path(COMMITTED).parent]
"""The committed records of one machine: a run, sweeps, a run of two environments, a run of tuned implementations."""


@functools.cache
def read(path: Path) -> tuple[Analysis, dict[str, list[Table]]]:
    analysis = Analysis(store.read(path))
    return analysis, named(analysis)


@pytest.fixture(params=[60, *(pytest.param(width, marks=pytest.mark.slow) for width in (80, 100)), 160])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Standard output is a terminal of this width."""
    columns: int = request.param
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", str(columns))
    return columns


def text_of(*arguments: str | Path) -> str:
    done = called(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return re.sub(r"\x1b\[[\d;]*m", "", done.stdout)


def is_whole(text: str, table: Table) -> bool:
    """Whether all cells of the columns that are never left out stand in `text` as they are."""
    kept = [place for place, head in enumerate(table.frame.columns) if not place or head in show.ALWAYS]
    cells = {cell.strip() for line in text.splitlines() for cell in EDGES.split(line)}
    return {*table.frame.iloc[:, kept].to_numpy().ravel()} <= cells


def sentences_fit(text: str, width: int) -> bool:
    """Whether no line outside a table is wider than the terminal, unless it is one word."""
    outside = [line for line in text.splitlines() if not re.search("[│┃━─]", line)]
    return all(len(line) <= width or " " not in line.strip() for line in outside)


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
@pytest.mark.parametrize("columns", [40, *WIDTHS])
def test_the_summary_of_every_record_has_at_most_40_lines_of_whole_words(path: Path, columns: int) -> None:
    analysis, _ = read(path)
    lines = summary(analysis, columns)
    text = "\n".join(lines)
    assert len(lines) <= LINES
    assert all(len(line) <= columns or " " not in line.strip() for line in lines)
    assert all(line == line.rstrip() and line.isprintable() for line in lines)
    place = next(place for place, line in enumerate(lines) if line.startswith("Training XOR") or "float64) on" in line)
    if columns >= 80:
        assert len(lines) - place <= 22
        start = next(place for place, line in enumerate(lines) if line.startswith("Gradients: "))
        assert len(lines) - start <= LAST
    known = {name for i in analysis.record.implementations for name in (i.name, i.file)}
    for word in re.findall(r"[a-z]+_[a-z0-9_]+(?:@[\w.-]+)?", text):
        assert word in known | {"break_even"} or word in str(path), word


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_every_table_of_every_record_has_whole_names_and_verdicts_and_a_line_a_row(
    path: Path, width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    _, tables = read(path)
    for table in (table for found in tables.values() for table in found):
        show.tables([Table(table.title, table.frame, measured=table.measured)])
        text = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
        assert is_whole(text, table), table.title
        rows = [line for line in text.splitlines() if line.startswith("│")]
        assert len(rows) == len(table.frame)
        assert sentences_fit(text, width)


@pytest.mark.parametrize(
    ("arguments", "longest"),
    [
        (("show", COMMITTED), LINES),
        (("show",), LINES),
        (("show", COMMITTED, "--table=timings"), 100),
        (("list",), 110),
        (("check", COMMITTED), 2),
        (("compare", COMMITTED, COMMITTED), 110),
    ],
    ids=lambda argument: " ".join(Path(word).stem for word in argument) if isinstance(argument, tuple) else "",
)
def test_a_command_is_no_longer_than_this(arguments: tuple[str, ...], longest: int, width: int) -> None:
    text = text_of(*arguments)
    assert len(text.splitlines()) <= longest * max(1, 80 / width)
    assert sentences_fit(text, width) or arguments[0] == "check"


def test_help_is_in_full_phrases_and_fits(width: int) -> None:
    of_records = ("show", "compare", "export", "check", "publish", "verify")
    for command in ("list", "gradients", "run", "sweep", "history", *of_records):
        text = text_of(command, "--help")
        assert max(map(len, text.splitlines())) <= max(width, 80), command
