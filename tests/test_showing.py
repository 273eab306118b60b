"""Studies as tables: rendered from their data alone, the newest of each name, and nothing that is not theirs."""

from pathlib import Path

import pytest

from tests.studied import planted_study
from xorbench.record import store, studies
from xorbench.tables.formats import markdown
from xorbench.tables.studies import showing


def test_a_table_says_how_it_came_about() -> None:
    table = showing.table(planted_study())
    assert table.frame.iloc[0, 3] == "95.0%"
    assert table.caption == (
        "Some CPU, 1 CPUs, Linux; Python 3.11.7, numpy 2.4.6; 2026-01-02T03:04:05Z; "
        "python -m xorbench.studies.coverage --runs 1000."
    )
    assert table.caption in markdown(table)


@pytest.mark.parametrize("name", showing.TABLES)
def test_data_that_are_not_a_studys_own_are_one_line(name: str) -> None:
    with pytest.raises(ValueError, match=f"its data are not those of a study named {name}: ") as found:
        showing.table(planted_study(study=name, data={"nothing": "of it"}))
    assert "\n" not in str(found.value)


def test_a_study_of_an_unknown_name_is_named() -> None:
    with pytest.raises(ValueError, match="no study is named speed, expected one of load, "):
        showing.table(planted_study(study="speed"))
    with pytest.raises(ValueError, match="no study is named speed"):
        showing.block(Path(), "speed")


def test_a_block_is_the_newest_study_or_says_that_there_is_none(tmp_path: Path) -> None:
    assert showing.block(tmp_path, "coverage") == "Nothing to show.\n"
    studies.write(planted_study(), tmp_path)
    last = planted_study(created="2026-02-02T00:00:00Z")
    studies.write(last, tmp_path)
    assert showing.block(tmp_path, "coverage") == markdown(showing.table(last))
    assert showing.block(tmp_path, "load") == "Nothing to show.\n"


def test_the_page_has_the_newest_tables_and_every_file(tmp_path: Path) -> None:
    assert showing.page(tmp_path) is None
    paths = [studies.write(planted_study(created=f"2026-0{month}-02T00:00:00Z"), tmp_path) for month in (1, 2)]
    page = showing.page(tmp_path) or ""
    assert page.count("## Coverage of the intervals and ranks") == 1
    assert page.count("2026-02-02T00:00:00Z; python") == 1
    for path in paths:
        assert f"](coverage/{path.name}): python -m xorbench.studies.coverage" in page
        assert store.digest(path) in page


def test_a_file_that_stops_the_page_is_named(tmp_path: Path) -> None:
    path = studies.write(planted_study(data={}), tmp_path)
    with pytest.raises(ValueError, match=f"{path} is not a study: its data are not those"):
        showing.page(tmp_path)
    path.unlink()
    path = studies.write(planted_study(study="speed"), tmp_path)
    with pytest.raises(ValueError, match=f"{path} is not a study: no study is named speed"):
        showing.page(tmp_path)
