"""Which tables there are: each with its conditions under it."""

from conftest import planted_record

from benchmarks.tables.captions import caption
from benchmarks.tables.catalogue import CATALOGUE, named, tables


def test_every_table_has_its_conditions_under_it() -> None:
    record = planted_record({"other": [0.5] * 6})
    assert {table.caption for table in tables(record)} == {caption(record)}
    assert [*named(record)] == [name for name in CATALOGUE if name in named(record)]


def test_a_table_without_a_line_is_none() -> None:
    assert "gradients" not in named(planted_record({}))
