"""A merged record takes the place of an earlier merging of the same parts, and of nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.fleets import PLAN, WORKLOADS, kept, merged, part_of
from tests.planted import with_durations
from xorbench.fleet import merged_records
from xorbench.publication import contribution
from xorbench.record import store
from xorbench.record.run import Record


def test_merging_again_changes_nothing_and_further_parts_take_the_place_of_fewer(tmp_path: Path) -> None:
    parts, results = tmp_path / "parts", tmp_path / "results"
    kept(parts, part_of(PLAN, 2), part_of(PLAN, 3))
    (first,) = [merged_records.write(record, results) for record in merged(parts)]
    before = first.read_bytes()
    assert [merged_records.write(record, results) for record in merged(parts)] == [first]
    assert first.read_bytes() == before
    kept(parts, part_of(PLAN, 1))
    (second,) = [merged_records.write(record, results) for record in merged(parts)]
    assert store.paths(results) == [second]
    assert [workload.name for workload in store.read(second).workloads] == [*WORKLOADS]


def test_a_merging_of_more_parts_has_the_name_of_the_one_that_began_with_it(tmp_path: Path) -> None:
    parts, results = tmp_path / "parts", tmp_path / "results"
    kept(parts, part_of(PLAN, 1))
    (first,) = [merged_records.write(record, results) for record in merged(parts)]
    kept(parts, part_of(PLAN, 2))
    assert [merged_records.write(record, results) for record in merged(parts)] == [first]
    assert store.read(first).created == "2026-01-02T03:04:01Z"


def test_what_was_measured_another_time_stays_when_the_same_plan_is_merged_again(tmp_path: Path) -> None:
    first, second, results = tmp_path / "first", tmp_path / "second", tmp_path / "results"
    kept(first, part_of(PLAN, 1), part_of(PLAN, 2))
    (before,) = [merged_records.write(record, results) for record in merged(first)]
    text = before.read_bytes()
    anew = [with_other_times(part_of(PLAN, number)) for number in (1, 3)]
    kept(second, *anew)
    (other,) = [merged_records.write(record, results) for record in merged(second)]
    assert store.paths(results) == sorted([before, other])
    assert before.read_bytes() == text
    kept(second, with_other_times(part_of(PLAN, 2)))
    (other,) = [merged_records.write(record, results) for record in merged(second)]
    assert store.paths(results) == sorted([before, other])
    assert before.read_bytes() == text
    for folder, path in ((first, before), (second, other)):
        assert [merged_records.write(record, results) for record in merged(folder)] == [path]


def with_other_times(record: Record) -> Record:
    """Return a record whose rounds took twice as long."""
    timings = [replace(t, round_nanoseconds=[2 * n for n in t.round_nanoseconds]) for t in record.timings]
    return with_durations(replace(record, timings=timings))


def test_hosts_whose_parts_began_in_the_same_second_keep_their_records(tmp_path: Path) -> None:
    parts, results = tmp_path / "parts", tmp_path / "results"
    for name in ("a", "b"):
        kept(parts / name, part_of(PLAN, 1, name))
    paths = [merged_records.write(record, results) for record in merged(parts)]
    assert len({*paths}) == 2
    assert [merged_records.write(record, results) for record in merged(parts)] == paths
    assert store.paths(results) == sorted(paths)


def test_parts_that_are_gone_do_not_cost_a_merged_record(tmp_path: Path) -> None:
    parts, results = tmp_path / "parts", tmp_path / "results"
    paths = kept(parts, part_of(PLAN, 1), part_of(PLAN, 2))
    for record in merged(parts):
        merged_records.write(record, results)
    paths[1].unlink()
    (record,) = merged(parts)
    with pytest.raises(ValueError, match="has hidden, which no part has now; name another --output"):
        merged_records.write(record, results)
    (there,) = store.paths(results)
    assert len(store.read(there).workloads) == 3


def test_a_merged_record_may_be_published_and_a_part_may_not(tmp_path: Path) -> None:
    (path, *_) = kept(tmp_path, *(part_of(PLAN, number) for number in (1, 2, 3)))
    assert "is part 1/3 of a plan; merge the parts with xorbench merge" in contribution.complaints(path)[0]
    (record,) = merged(tmp_path)
    assert contribution.complaints(merged_records.write(record, tmp_path / "results")) == []
