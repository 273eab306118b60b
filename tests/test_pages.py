"""The pages of the results folder: whatever a record is called, its page is a page."""

from tests.planted import planted, with_machine
from xorbench.charts import album
from xorbench.exports.columns import COLUMNS
from xorbench.publication import pages
from xorbench.tables.catalogue import named


def test_the_index_links_every_table_and_shows_the_first() -> None:
    analysis = planted({"other": [0.5] * 6})
    text = pages.index(analysis, named(analysis), [], [])
    assert "- `ledger` (what each process observed of itself): [md](tables/ledger.md), " in text
    assert "## hidden (layer sizes 2-4-1, float64), idiomatic" in text
    assert "## Fairness ledger" not in text


def test_the_picture_of_the_answer_stands_under_it_and_the_others_after_the_tables() -> None:
    analysis = planted({"other": [0.5] * 6})
    text = pages.index(analysis, named(analysis), album.of_record(analysis), [])
    places = [text.index(part) for part in ("(ratios.svg)", "Measured on", "## hidden (layer", "(rounds.svg)")]
    assert places == sorted(places)
    assert text.count("(ratios.svg)") == 1


def test_the_columns_of_all_frames_are_explained() -> None:
    text = pages.columns()
    for name, columns in COLUMNS.items():
        assert f"## {name}\n" in text
        assert all(f"| {column} " in text for column in columns)


def test_a_page_is_headed_by_its_machine_whatever_that_is_called() -> None:
    analysis = with_machine(planted({}), cpu="<b>#1</b>")
    assert pages.machine(analysis, named(analysis)).startswith(r"# \<b>\#1\</b>, 2026-01-02T03:04:05Z")
