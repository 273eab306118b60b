"""Which records stand for a machine where runs and sweeps lie together, and that all of it is published."""

from dataclasses import replace
from pathlib import Path

from tests.planted import HIDDEN, changed, counted, loud, planted, with_settings, with_timings
from tests.swept import planted_sweep, straight
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.publication import publish
from xorbench.publication.selection import Standing
from xorbench.record import store

COSTS = {REFERENCE: straight(1e6, 0), "other": straight(0, 5e4)}
RUN = planted({"other": [0.5] * 6})
OLD = planted_sweep(COSTS, created="2026-02-01T00:00:00Z")
NEW = planted_sweep(COSTS, created="2026-02-02T00:00:00Z")
TWO = planted_sweep(COSTS, created="2026-02-03T00:00:00Z", threads=2)
CUT = planted_sweep(COSTS, created="2026-02-04T00:00:00Z", partial=True)
BOTH = [HIDDEN, replace(HIDDEN, name="neuron")]
"""The workloads of a run of all that a run is of by itself."""


def test_a_run_stands_for_the_machine_and_the_latest_whole_sweep_for_each_number_of_threads() -> None:
    standing = Standing(NEW)
    assert standing.analysis is NEW
    for analysis in (OLD, TWO, RUN, CUT):
        standing.meet(analysis)
    assert standing.analysis is RUN
    assert standing.sweeps == [NEW, TWO]
    assert len(standing.tables["crossings"]) == 2
    assert standing.tables["timings"][0].title.startswith("hidden")


def test_a_run_of_one_workload_or_beside_another_environment_stands_for_nothing_else() -> None:
    of_all = changed(RUN, workloads=BOTH)
    environment = replace(RUN.record.environment, others={"old": {}})
    beside = changed(of_all, environment=environment, created="2026-04-04T00:00:00Z")
    part = changed(RUN, created="2026-05-05T00:00:00Z")
    for first, *others in ((of_all, beside, part), (part, of_all, beside), (beside, part, of_all)):
        standing = Standing(first)
        for analysis in others:
            standing.meet(analysis)
        assert standing.analysis is of_all
    alone = with_timings(of_all, lambda timing: timing if timing.implementation == REFERENCE else None)
    standing.meet(changed(alone, created="2026-05-05T00:00:00Z"))
    assert standing.analysis is of_all
    newer = changed(of_all, created="2026-06-06T00:00:00Z")
    standing.meet(newer)
    assert standing.analysis is newer


def of_schema_4(analysis: Analysis) -> Analysis:
    """The record as if it had been upgraded: no CPU time of any round is known."""
    return with_timings(analysis, lambda timing: replace(timing, cpu_nanoseconds=[None] * len(timing.epochs)))


def test_a_run_of_schema_4_never_stands_beside_one_of_schema_5() -> None:
    # A later one, of more workloads and more rows.
    more = {"other": [0.5] * 6, "more": [0.5] * 6}
    old = of_schema_4(planted(more, created="2026-07-07T00:00:00Z", workloads=BOTH))
    quick = loud(with_settings(RUN, quick=True))
    for new in (RUN, quick):
        for first, second in ((old, new), (new, old)):
            standing = Standing(first)
            standing.meet(second)
            assert standing.analysis is new
    alone = Standing(old)
    assert alone.analysis is old
    assert any(warning.startswith("Rounds were timed by wall time") for warning in alone.tables["timings"][0].warnings)


def test_a_sweep_of_schema_4_never_stands_beside_a_record_of_schema_5() -> None:
    later = of_schema_4(changed(NEW, created="2026-07-07T00:00:00Z"))
    on_two = of_schema_4(changed(TWO, created="2026-07-07T00:00:00Z"))
    standing = Standing(later)
    standing.meet(on_two)
    assert standing.sweeps == [later, on_two]  # nothing else is there yet
    standing.meet(OLD)
    assert standing.analysis is OLD
    assert standing.sweeps == [OLD]
    standing.meet(TWO)  # wall time too, on two CPUs; but its CPU time is known
    assert standing.sweeps == [OLD, TWO]


def test_a_run_of_schema_4_does_not_stand_for_a_machine_that_has_a_sweep_of_schema_5() -> None:
    old, sweep = of_schema_4(RUN), of_schema_4(NEW)
    standing = Standing(old)
    standing.meet(sweep)
    assert (standing.analysis, standing.sweeps) == (old, [sweep])
    standing.meet(TWO)
    assert (standing.analysis, standing.sweeps) == (TWO, [TWO])
    standing.meet(RUN)
    assert (standing.analysis, standing.sweeps) == (RUN, [TWO])


def test_special_records_of_schema_4_never_stand_beside_one_of_schema_5() -> None:
    tuned = [replace(i, tier="tuned" if i.name == "other" else i.tier) for i in RUN.record.implementations]
    environment = replace(RUN.record.environment, others={"old": {}})
    about = {"implementations": tuned, "environment": environment, "workloads": BOTH}
    old = of_schema_4(changed(RUN, created="2026-07-07T00:00:00Z", **about))
    counts = counted({REFERENCE: 1_000})
    for first, second in ((old, RUN), (RUN, old)):
        standing = Standing(first)
        standing.meet(counts)
        standing.meet(second)
        assert (standing.tuned, standing.versions) == (None, None)
        assert standing.counts is counts
        assert standing.compared == [RUN]
        assert standing.analysis is RUN
    only = Standing(counts)
    only.meet(old)
    assert (only.analysis, only.tuned, only.versions, only.counts) == (old, old, old, counts)


def test_runs_and_sweeps_are_published_together(tmp_path: Path) -> None:
    for analysis in (RUN, OLD, NEW, TWO):
        store.write(analysis.record, tmp_path)
    publish.publish(tmp_path)
    assert publish.verify(tmp_path) == []
    index = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "Training XOR's hidden layer (2-4-1, float64) on one CPU of " in index  # the headline is the run's
    assert "Crossover points, 2 threads" in index
    assert "2026-02-03T000000Z.json), sweep on 2 CPUs: " in index
    assert "2026-01-02T030405Z.json), full: " in index
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "batch, at width 8, 2 threads" in page
    for file in ("crossover.svg", "tables/crossings.csv", "tables/growth.tex", "tables/points.html"):
        assert (tmp_path / file).exists()


def test_a_folder_of_sweeps_alone_is_published_too(tmp_path: Path) -> None:
    store.write(NEW.record, tmp_path)
    publish.publish(tmp_path)
    assert publish.verify(tmp_path) == []
    assert "Crossover points, 1 thread" in (tmp_path / "README.md").read_text(encoding="utf-8")
