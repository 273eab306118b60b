"""Studies as tables: rendered from their data alone, and nothing that is not theirs."""

import pytest

from tests.studied import planted_study
from xorbench.tables.formats import markdown
from xorbench.tables.studies import showing


def test_a_table_says_how_it_came_about() -> None:
    table = showing.table(planted_study())
    assert table.frame.iloc[0, 3] == "95.0%"
    assert table.caption == (
        "Some CPU, 2 CPUs, Linux; Python 3.11.7, numpy 2.4.6; 2026-01-02T03:04:05Z; "
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
