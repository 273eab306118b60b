"""Tables in Markdown and HTML: a cell stays a cell, whatever is in it."""

import pandas as pd

from benchmarks.tables.cells import Table
from benchmarks.tables.formats import html, markdown


def test_markdown_keeps_a_cell_a_cell_and_numbers_on_the_right() -> None:
    frame = pd.DataFrame([{"name": "a|b\nc", "ratio": "1.5", "interval": "1.0 to 2.0"}])
    lines = markdown(Table("Title", frame, ["A note."])).splitlines()
    assert lines[0] == "**Title**"
    assert [cell.strip() for cell in lines[4].replace("\\|", "!").strip("|").split("|")] == [
        "a!b c",
        "1.5",
        "1.0 to 2.0",
    ]
    assert [(cell[0], cell[-1]) for cell in lines[3].strip("|").split("|")] == [(":", "-"), ("-", ":"), ("-", ":")]
    assert lines[-1] == "A note."


def test_an_empty_table_says_so() -> None:
    assert "Nothing to show." in markdown(Table("Title", pd.DataFrame([]), []))


def test_html_shows_what_is_in_a_cell_and_runs_none_of_it() -> None:
    frame = pd.DataFrame([{"name": "<script>alert(1)</script>", "a & b": "x"}])
    text = html(Table("Title", frame, []))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "a &amp; b" in text
