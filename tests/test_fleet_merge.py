"""Parts of a plan are merged by host into what one command would have written; what does not fit is refused by name."""

import itertools
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fleets import (
    NAMES,
    PLAN,
    WORKLOADS,
    kept,
    merged,
    named_host,
    part_of,
    record_of,
    sweep_of,
)
from tests.planted import NO_SHA256, report
from xorbench.consistency import rules
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.fleet import join, measured, merge, units
from xorbench.fleet.plan import PlannedPart
from xorbench.record import store
from xorbench.record.report import Asked, Bias, Counterexample, Mistake, Pair, PlantedFault, Report
from xorbench.record.timing import Failure
from xorbench.workloads import named


def test_the_parts_of_one_host_are_one_record_like_that_of_one_command(tmp_path: Path) -> None:
    parts = [part_of(PLAN, number) for number in (3, 1, 2)]
    kept(tmp_path, *parts)
    (record,) = merged(tmp_path)
    whole = record_of(PLAN, WORKLOADS)
    same = (
        "kind",
        "machine",
        "environment",
        "implementations",
        "settings",
        "plan",
        "workloads",
        "gradients",
        "partial",
    )
    for name in same:
        assert getattr(record, name) == getattr(whole, name), name
    assert [(t.launch, t.workload, t.implementation, t.copy) for t in record.timings] == [
        (t.launch, t.workload, t.implementation, t.copy) for t in whole.timings
    ]
    for part in parts:
        names = {workload.name for workload in part.workloads}
        assert [t for t in record.timings if t.workload in names] == part.timings
        assert [start for start in record.cold_starts if start.workload in names] == part.cold_starts
    assert record.seconds.total == pytest.approx(sum(part.seconds.total for part in parts))
    assert record.launches[1].seconds == pytest.approx(sum(part.launches[1].seconds for part in parts))
    assert (record.part, record.host, record.plan_sha256) == (None, named_host(PLAN, "a"), PLAN.sha256)
    assert record.created == "2026-01-02T03:04:01Z"
    assert record.command == "xorbench run " + " ".join(PLAN.arguments)
    assert record.is_merged
    assert [*rules.contradictions(store.parsed(store.as_text(record)))] == []


def test_each_number_of_a_merged_record_is_that_of_one_part(tmp_path: Path) -> None:
    parts = [part_of(PLAN, number) for number in (1, 2, 3)]
    kept(tmp_path, *parts)
    (record,) = merged(tmp_path)
    ratios = {(row.workload, row.implementation): row.ratio for row in Analysis(record).rows}
    for part in parts:
        for row in Analysis(part).rows:
            if row.ratio is not None:
                there = ratios[row.workload, row.implementation]
                assert there is not None
                assert there.value == row.ratio.value


def test_two_hosts_of_one_kind_have_two_records(tmp_path: Path) -> None:
    kept(tmp_path, part_of(PLAN, 1, "a"), part_of(PLAN, 2, "b"), part_of(PLAN, 3, "a"), part_of(PLAN, 3, "b"))
    found = merged(tmp_path)
    assert {record.host: [workload.name for workload in record.workloads] for record in found} == {
        named_host(PLAN, "a"): ["neuron", "relu", "deep"],
        named_host(PLAN, "b"): ["hidden", "deep"],
    }
    for record in found:
        assert [*rules.contradictions(record)] == []


def test_a_part_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    kept(tmp_path, part_of(PLAN, 1), part_of(PLAN, 2))
    shutil.copytree(tmp_path, tmp_path / "copy")
    (record,) = merged(tmp_path)
    assert [*rules.contradictions(record)] == []


def test_parts_on_two_cpus_of_one_host_are_two_records(tmp_path: Path) -> None:
    first, second = part_of(PLAN, 1), part_of(PLAN, 2)
    second = replace(
        second,
        settings=replace(second.settings, cpu=1),
        timings=[replace(t, ledger=replace(t.ledger, cpus=[1])) for t in second.timings],
    )
    kept(tmp_path, first, second)
    assert sorted(record.settings.cpu for record in merged(tmp_path)) == [0, 1]


def test_what_a_worker_left_running_counts_in_all_parts_of_a_launch(tmp_path: Path) -> None:
    first, second = part_of(PLAN, 1), part_of(PLAN, 2)
    launches = [replace(launch, left={"other": "sleep"} if launch.number == 1 else {}) for launch in first.launches]
    timings = [
        replace(t, violations=["it left a process running after its launch: sleep"])
        if (t.launch, t.implementation) == (1, "other")
        else t
        for t in first.timings
    ]
    kept(tmp_path, replace(first, launches=launches, timings=timings), second)
    (record,) = merged(tmp_path)
    assert [*rules.contradictions(record)] == []
    broken = [t for t in record.timings if t.violations]
    assert {(t.launch, t.implementation) for t in broken} == {(1, "other")}
    assert all(len(t.violations) == 1 for t in broken)
    assert {t.workload for t in broken} == {"neuron", "relu", "hidden"}


def test_failures_are_in_the_order_of_launches(tmp_path: Path) -> None:
    parts = [
        part_of(PLAN, number, failures=[Failure(launch, workload, "other", False, "lost") for launch in (-1, 2)])
        for number, workload in ((1, "neuron"), (2, "hidden"))
    ]
    kept(tmp_path, *parts)
    (record,) = merged(tmp_path)
    assert [failure.launch for failure in record.failures] == [-1, -1, 2, 2]


WIDTHS, BATCHES = "widths at batch 4, 1 thread", "batches at width 4, 1 thread"


def test_the_point_where_two_curves_cross_is_taken_from_the_first_part(tmp_path: Path) -> None:
    plan = sweep_of([WIDTHS], [BATCHES])
    first, second = part_of(plan, 1), part_of(plan, 2)
    kept(tmp_path, first, second)
    (record,) = merged(tmp_path, plan)
    assert [workload.name for workload in record.workloads] == units.workloads(plan)
    assert [*rules.contradictions(record)] == []
    crossing = [t for t in record.timings if t.workload == "width-4-batch-4"]
    assert crossing == [t for t in first.timings if t.workload == "width-4-batch-4"]
    assert [t for t in record.timings if t.workload == "width-4-batch-8"] == [
        t for t in second.timings if t.workload == "width-4-batch-8"
    ]
    assert record.gradients.rows == record_of(plan, units.workloads(plan)).gradients.rows
    assert len(record.products) == 1


def test_what_was_lost_at_a_point_that_is_taken_from_another_part_says_why_later_points_lack(tmp_path: Path) -> None:
    plan = sweep_of([WIDTHS], [BATCHES])
    second = part_of(plan, 2)
    timings = [t for t in second.timings if (t.launch, t.implementation) != (1, "other")]
    lost = Failure(1, "width-4-batch-4", "other", copy=False, reason="its process was killed by SIGKILL")
    kept(tmp_path, part_of(plan, 1), replace(second, timings=timings, failures=[lost]))
    (record,) = merged(tmp_path, plan)
    assert record.failures == [lost]
    assert {t.launch for t in record.timings if (t.workload, t.implementation) == ("width-4-batch-8", "other")} == {
        0,
        2,
        3,
    }


def test_a_part_in_which_nothing_could_be_timed_is_merged(tmp_path: Path) -> None:
    lost = Failure(-1, "neuron", REFERENCE, copy=False, reason="its process was killed by SIGKILL")
    first = part_of(PLAN, 1, launches=[], timings=[], cold_starts=[], failures=[lost])
    kept(tmp_path, replace(first, plan=replace(first.plan, launches=0)), part_of(PLAN, 2))
    (record,) = merged(tmp_path)
    assert record.failures == [lost]
    assert record.plan == part_of(PLAN, 2).plan
    assert {timing.workload for timing in record.timings} == {"hidden"}
    assert [workload.name for workload in record.workloads] == ["neuron", "hidden", "relu"]


def test_a_part_with_two_numbers_of_threads_is_there_when_both_records_are(tmp_path: Path) -> None:
    of_all = {curve: curve.replace("1 thread", "all threads") for curve in (WIDTHS, BATCHES)}
    plan = sweep_of([WIDTHS, of_all[WIDTHS]], [BATCHES, of_all[BATCHES]], threads="both")
    kept(tmp_path, part_of(plan, 1), part_of(plan, 2), part_of(plan, 2, share=1))
    found = merge.merge(tmp_path, plan)
    assert (found.refused, found.missing) == ([], [1])
    assert sorted((r.settings.threads, len(r.workloads)) for r in found.records()) == [(1, 4), (2, 2)]


def test_what_a_host_has_finished_is_found_and_that_of_another_is_not(tmp_path: Path) -> None:
    mine, theirs = named_host(PLAN, "a"), named_host(PLAN, "b")
    (path, *_) = kept(tmp_path, part_of(PLAN, 1, "a"), part_of(PLAN, 2, "a", partial=True), part_of(PLAN, 3, "b"))
    assert measured.finished(tmp_path, PLAN, 1, mine) == {0: path}
    assert measured.finished(tmp_path, PLAN, 2, mine) == {}
    assert measured.finished(tmp_path, PLAN, 3, mine) == {}
    assert [*measured.finished(tmp_path, PLAN, 3, theirs)] == [0]


def full_report(workloads: Sequence[str]) -> Report:
    """Return a report with rows in several lists, in the order in which the judge gives them."""
    wrong = [(name, workload) for name in NAMES for workload in workloads if workload != "neuron"]
    return replace(
        report(NAMES, [named(name) for name in workloads]),
        pairs=[Pair(*NAMES, w, dtype, 1, 0.5, "inside") for w in workloads for dtype in ("float64", "float32")],
        asked=[Asked(w, "float64", 4, [2, 1], points) for w in workloads for points in (9, 1)],
        biases=[Bias(name, w, "float64", "W1", 1, 0.1, 0.1, "inside") for w in workloads for name in NAMES],
        mistakes=[Mistake(name, w, "float64", "a known mistake: sign") for name, w in wrong],
        counterexamples=[
            Counterexample(name, next(w for n, w in wrong if n == name), "float64", "pass") for name in NAMES if wrong
        ],
        faults=[PlantedFault("sign", "neuron", "float64", 1, 1.0, 1.0, 1, 1, 1, 1)],
    )


@given(st.lists(st.integers(0, 2), min_size=len(WORKLOADS), max_size=len(WORKLOADS)))
@settings(max_examples=50)
def test_reports_of_any_division_are_the_report_of_all(groups: list[int]) -> None:
    divided = [[w for w, group in zip(WORKLOADS, groups, strict=True) if group == n] for n in range(3)]
    reports = [full_report(part) for part in divided if part]
    for order in itertools.permutations(reports):
        assert join._one_report(order, WORKLOADS, NAMES) == full_report(WORKLOADS)


def test_a_record_of_a_part_without_a_host_or_a_plan_contradicts_itself() -> None:
    record = part_of(PLAN, 1)
    assert [*rules.contradictions(record)] == []
    assert [*rules.contradictions(replace(record, host=None))] == ["$.part: 1/3, but without a host"]
    assert next(rules.contradictions(replace(record, plan_sha256=None))) == "$.part: 1/3, but without a plan"
    merged_one = replace(record, part=None, plan_sha256=None, command="xorbench run")
    assert [*rules.contradictions(merged_one)] == [
        "$.plan_sha256: null, expected that of the plan for which the host has a name"
    ]


def test_older_records_have_no_host() -> None:
    content: dict[str, Any] = json.loads(store.as_text(record_of(PLAN, ["neuron"])))
    del content["host"]
    assert store.of_json(content).host is None


def test_a_plan_of_one_part_gives_the_record_of_its_command(tmp_path: Path) -> None:
    plan = replace(PLAN, parts=[PlannedPart([*WORKLOADS], 1.0)])
    part = part_of(plan, 1)
    kept(tmp_path, part)
    (record,) = merged(tmp_path, plan)
    assert replace(record, part=part.part, command=part.command) == part
    assert NO_SHA256 in {i.source_sha256 for i in record.implementations}
