"""Parts of a plan are merged by host into what one command would have written; what does not fit is refused by name."""

import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.command import called, document
from tests.fleets import NAMES, WORKLOADS, named_host, part_of, plan_of, record_of, sweep_of
from tests.planted import NO_SHA256, report, with_durations
from xorbench.consistency import rules
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.fleet import join, merge, units
from xorbench.fleet import plan as plans
from xorbench.fleet.plan import FleetPlan, PlannedPart
from xorbench.publication import contribution
from xorbench.record import store
from xorbench.record.report import Asked, Bias, Counterexample, Mistake, Pair, PlantedFault, Report
from xorbench.record.run import Record
from xorbench.record.timing import Failure
from xorbench.workloads import named

PLAN = plan_of(["neuron", "relu"], ["hidden"], ["deep"])


def kept(folder: Path, *records: Record) -> list[Path]:
    return [store.write(record, folder) for record in records]


def merged(folder: Path, plan: FleetPlan = PLAN) -> list[Record]:
    """Return the records that are merged from the parts in a folder, where none is refused."""
    found = merge.merge(folder, plan)
    assert found.refused == []
    return [*found.records()]


def refused(folder: Path, plan: FleetPlan = PLAN) -> list[str]:
    """Return why parts are refused, without the folder."""
    lines = merge.merge(folder, plan).refused
    assert all("\n" not in line for line in lines)
    return [line.replace(f"{folder}/", "") for line in lines]


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


def test_merging_again_changes_nothing_and_further_parts_take_the_place_of_fewer(tmp_path: Path) -> None:
    parts, results = tmp_path / "parts", tmp_path / "results"
    kept(parts, part_of(PLAN, 2), part_of(PLAN, 3))
    (first,) = [merge.write(record, results) for record in merged(parts)]
    before = first.read_bytes()
    assert [merge.write(record, results) for record in merged(parts)] == [first]
    assert first.read_bytes() == before
    kept(parts, part_of(PLAN, 1))
    (second,) = [merge.write(record, results) for record in merged(parts)]
    assert store.paths(results) == [second]
    assert [workload.name for workload in store.read(second).workloads] == [*WORKLOADS]


def test_what_was_measured_another_time_stays_when_the_same_plan_is_merged_again(tmp_path: Path) -> None:
    first, second, results = tmp_path / "first", tmp_path / "second", tmp_path / "results"
    kept(first, part_of(PLAN, 1), part_of(PLAN, 2))
    (before,) = [merge.write(record, results) for record in merged(first)]
    text = before.read_bytes()
    anew = [with_other_times(part_of(PLAN, number)) for number in (1, 3)]
    kept(second, *anew)
    (other,) = [merge.write(record, results) for record in merged(second)]
    assert store.paths(results) == sorted([before, other])
    assert before.read_bytes() == text
    kept(second, with_other_times(part_of(PLAN, 2)))
    (other,) = [merge.write(record, results) for record in merged(second)]
    assert store.paths(results) == sorted([before, other])
    assert before.read_bytes() == text
    for folder, path in ((first, before), (second, other)):
        assert [merge.write(record, results) for record in merged(folder)] == [path]


def with_other_times(record: Record) -> Record:
    """Return a record whose rounds took twice as long."""
    timings = [replace(t, round_nanoseconds=[2 * n for n in t.round_nanoseconds]) for t in record.timings]
    return with_durations(replace(record, timings=timings))


def test_hosts_whose_parts_began_in_the_same_second_keep_their_records(tmp_path: Path) -> None:
    parts, results = tmp_path / "parts", tmp_path / "results"
    for name in ("a", "b"):
        kept(parts / name, part_of(PLAN, 1, name))
    paths = [merge.write(record, results) for record in merged(parts)]
    assert len({*paths}) == 2
    assert [merge.write(record, results) for record in merged(parts)] == paths
    assert store.paths(results) == sorted(paths)


def test_parts_that_are_gone_do_not_cost_a_merged_record(tmp_path: Path) -> None:
    parts, results = tmp_path / "parts", tmp_path / "results"
    paths = kept(parts, part_of(PLAN, 1), part_of(PLAN, 2))
    for record in merged(parts):
        merge.write(record, results)
    paths[1].unlink()
    (record,) = merged(parts)
    with pytest.raises(ValueError, match="has hidden, which no part has now; name another --output"):
        merge.write(record, results)
    (there,) = store.paths(results)
    assert len(store.read(there).workloads) == 3


def test_a_merged_record_may_be_published_and_a_part_may_not(tmp_path: Path) -> None:
    (path, *_) = kept(tmp_path, *(part_of(PLAN, number) for number in (1, 2, 3)))
    assert "is part 1/3 of a plan; merge the parts with xorbench merge" in contribution.complaints(path)[0]
    (record,) = merged(tmp_path)
    assert contribution.complaints(merge.write(record, tmp_path / "results")) == []


def test_a_part_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    kept(tmp_path, part_of(PLAN, 1), part_of(PLAN, 2))
    shutil.copytree(tmp_path, tmp_path / "copy")
    (record,) = merged(tmp_path)
    assert [*rules.contradictions(record)] == []


def test_two_different_records_of_one_part_on_one_host_are_refused_by_name(tmp_path: Path) -> None:
    first = part_of(PLAN, 1)
    kept(tmp_path / "one", first)
    kept(tmp_path / "two", replace(first, created="2026-02-01T00:00:00Z"))
    (line,) = refused(tmp_path)
    machine = first.machine.name
    assert line == (
        f"two/{machine}/2026-02-01T000000Z.json: it and one/{machine}/2026-01-02T030401Z.json are two "
        "different records of part 1/3 on one host; remove one of them"
    )


def with_version(record: Record) -> Record:
    return replace(record, environment=replace(record.environment, versions={"python": "3.12.0"}))


def with_text(record: Record) -> Record:
    other = [replace(i, source_sha256="1" * 64) if i.name == "other" else i for i in record.implementations]
    return replace(record, implementations=other)


def without(record: Record) -> Record:
    other = [replace(i, missing="it is not there") if i.name == "other" else i for i in record.implementations]
    return replace(record, implementations=other, timings=[t for t in record.timings if t.implementation != "other"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda r: replace(r, plan_sha256="1" * 64),
            f"it is part 1/3 of another plan, 111111111111, expected {PLAN.sha256[:12]}; keep",
        ),
        (
            lambda r: replace(r, plan_sha256=None),
            f"it is part 1/3 of another plan, None, expected {PLAN.sha256[:12]}; keep",
        ),
        (lambda r: replace(r, part="1/4"), "it is part 1/4, expected one of 1/3 to 3/3"),
        (lambda r: replace(r, part="0/3"), "it is part 0/3, expected one of 1/3 to 3/3"),
        (lambda r: replace(r, part="2/3"), "its workloads and settings are not those of part 2/3 of the plan"),
        (with_text, "other had another text, of the SHA-256 111111111111, expected 000000000000 of the plan"),
        (with_version, "python was 3.12.0, expected 3.11.7 of the plan"),
        (without, "other could not run there: it is not there"),
        (lambda r: replace(r, implementations=r.implementations[:1]), f"it has the implementations {REFERENCE}, exp"),
        (lambda r: replace(r, host=None), "it is a run without the name of a host, expected a run"),
        (lambda r: replace(r, kind="history"), "it is a history, expected a run"),
        (
            lambda r: replace(r, settings=replace(r.settings, seed=1)),
            "its workloads and settings are not those of part",
        ),
        (lambda r: replace(r, timings=r.timings[1:]), "it contradicts itself: $.timings: "),
    ],
)
def test_a_part_that_does_not_fit_is_refused_by_name(
    tmp_path: Path, change: Callable[[Record], Record], says: str
) -> None:
    (path,) = kept(tmp_path, change(part_of(PLAN, 1)))
    (line,) = refused(tmp_path)
    assert line.startswith(f"{path.relative_to(tmp_path)}: {says}")


def test_a_file_that_is_no_json_is_refused_and_what_is_no_part_is_passed_over(tmp_path: Path) -> None:
    plans.write(PLAN, tmp_path / "plan.json")
    kept(tmp_path, part_of(PLAN, 1, part=None, host=None), part_of(PLAN, 2, part=None))
    (tmp_path / "list.json").write_text("[1]")
    found = merge.merge(tmp_path, PLAN)
    assert (found.refused, found.groups, found.missing) == ([], [], [1, 2, 3])
    (tmp_path / "odd\n.json").write_text("{")
    (line,) = refused(tmp_path)
    assert line.startswith("odd\\n.json: it is not JSON: EOF while parsing")


def test_missing_and_unfinished_parts_are_told(tmp_path: Path) -> None:
    _, path = kept(tmp_path, part_of(PLAN, 1), part_of(PLAN, 3, partial=True))
    found = merge.merge(tmp_path, PLAN)
    assert found.missing == [2, 3]
    assert found.notes == [f"{path} is unfinished: part 3/3"]
    assert [len(group) for group in found.groups] == [1]


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
    assert merge.finished(tmp_path, PLAN, 1, mine) == {0: path}
    assert merge.finished(tmp_path, PLAN, 2, mine) == {}
    assert merge.finished(tmp_path, PLAN, 3, mine) == {}
    assert [*merge.finished(tmp_path, PLAN, 3, theirs)] == [0]


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


def kept_plan(folder: Path, plan: FleetPlan = PLAN) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = plans.place(plan, folder)
    plans.write(plan, path)
    return path


def test_the_command_writes_what_is_there_and_lists_what_is_missing(tmp_path: Path) -> None:
    parts, results = tmp_path / "parts", tmp_path / "results"
    file = kept_plan(parts)
    kept(parts, part_of(PLAN, 1), part_of(PLAN, 2))
    done = called("merge", parts, f"--output={results}")
    assert (done.returncode, done.stderr) == (1, "")
    (path,) = store.paths(results)
    command = f"xorbench run --plan {file} --part 3/3 --output {parts} --resume"
    assert done.stdout.splitlines() == [str(path), f"missing: part 3/3, which `{command}` measures"]
    kept(parts, part_of(PLAN, 3))
    done = called("merge", parts, f"--output={results}", "--json")
    assert done.returncode == 0
    assert document(done) == {"written": [str(path)], "missing": [], "refused": [], "passed": True}
    before = path.read_bytes()
    assert called("merge", parts, f"--output={results}").returncode == 0
    assert (store.paths(results), path.read_bytes()) == ([path], before)
    assert called("check", path).returncode == 0


def test_the_command_writes_nothing_where_a_part_is_refused(tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    kept_plan(parts)
    kept(parts, part_of(PLAN, 1), with_text(part_of(PLAN, 2)))
    done = called("merge", parts, f"--output={tmp_path / 'results'}", "--json")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"xorbench: {parts}/")
    assert document(done)["refused"] == [line.removeprefix("xorbench: ")]
    assert document(done)["written"] == []
    assert not (tmp_path / "results").exists()


def test_parts_of_two_plans_in_one_folder_are_told_apart_by_their_files(tmp_path: Path) -> None:
    parts, other = tmp_path / "parts", plan_of(["neuron"], ["relu"])
    files = [kept_plan(parts), kept_plan(parts, other)]
    kept(parts, part_of(PLAN, 1), part_of(other, 2))
    done = called("merge", parts, f"--output={tmp_path / 'results'}")
    assert done.returncode == 2
    assert all(str(file) in done.stderr for file in files)
    done = called("merge", parts, f"--plan={files[0]}", f"--output={tmp_path / 'results'}")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"it is part 2/2 of another plan, {other.sha256[:12]}, expected {PLAN.sha256[:12]}" in line


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


def test_folders_a_thousand_deep_and_links_to_folders_do_not_matter(tmp_path: Path) -> None:
    kept(tmp_path, part_of(PLAN, 1))
    (tmp_path / "again").symlink_to(tmp_path)
    here = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(1_500):
            os.mkdir("d")  # noqa: PTH102  its path is too long for one call
            os.chdir("d")
        Path("part.json").write_text("{")
        os.chdir(here)
        found = merge.merge(tmp_path, PLAN)
    finally:
        os.chdir(here)
        subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)  # shutil.rmtree can't, nor the end of pytest
    assert [len(group) for group in found.groups] == [1]
    told = [*found.refused, *found.notes]  # some systems read paths that are as long
    assert len(told) == 1
    assert all(line.isprintable() and len(line) < 5_000 for line in told)


def of_text(inside: str) -> Callable[[Path], object]:
    """Return a function that writes a JSON object with this text inside."""
    return lambda path: path.write_text(f"{{{inside}}}")


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda path: path.symlink_to(path), "No such file or directory"),
        (lambda path: path.symlink_to("/dev/zero"), "it is not a file"),
        (os.mkfifo, "it is not a file"),
        (lambda path: path.write_bytes(b'{"part":' * 100_000), "recursion limit exceeded"),
        (lambda path: path.write_text('{"part": {"a": "' + "\x07" * 9 + '"}}'), "control character"),
        (of_text('"part": [[1]], "plan_sha256": {}'), "it is part [[1]] of another plan, {}, expected"),
        (of_text('"part": "\\u001b[2J", "plan_sha256": 1'), "it is part \\x1b[2J of another plan, 1, expected"),
        (of_text(f'"part": 1e400, "plan_sha256": "{PLAN.sha256}"'), "it is part inf, expected one of 1/3 to 3/3"),
        (of_text(f'"part": ["1/3"], "plan_sha256": "{PLAN.sha256}"'), "it is part ['1/3'], expected one of 1/3 to 3/3"),
        (of_text(f'"part": "1/3", "plan_sha256": "{PLAN.sha256}"'), "$.schema: is missing"),
    ],
    ids=range(10),
)
def test_odd_files_are_refused_by_name(tmp_path: Path, made: Callable[[Path], object], says: str) -> None:
    made(tmp_path / "odd\x1b[2J.json")
    (line,) = refused(tmp_path)
    assert line.startswith("odd\\x1b[2J.json: ")
    assert says in line
    assert line.isprintable()
    assert len(line) < 1_000


def test_a_pipe_among_records_is_passed_over(tmp_path: Path) -> None:
    record = part_of(PLAN, 1)
    (path,) = kept(tmp_path, record)
    os.mkfifo(path.with_name("odd.json"))
    assert merge.finished(tmp_path, PLAN, 1, str(record.host)) == {0: path}


def test_a_part_that_is_changed_while_parts_are_merged_is_refused(tmp_path: Path) -> None:
    first, second = kept(tmp_path, part_of(PLAN, 1, "a"), part_of(PLAN, 1, "b"))
    found = merge.merge(tmp_path, PLAN)
    record = store.read(first)
    store.write_whole(first, store.as_text(replace(record, created="2026-02-01T00:00:00Z")))
    (merged_one,) = found.records()
    assert merged_one.host == store.read(second).host
    assert found.refused == [f"{first} was changed while the parts were merged; merge again"]


def test_parts_that_contradict_each_other_are_not_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    early = "2025-01-01T00:00:00Z"
    monkeypatch.setattr(merge, "joined", lambda _plan, parts: replace(parts[0], part=None, created=early))
    (path,) = kept(tmp_path, part_of(PLAN, 1))
    found = merge.merge(tmp_path, PLAN)
    assert found.refused == []
    assert [*found.records()] == []
    (line,) = found.refused
    assert line.startswith(f"{path}: merged with the other parts of its host it has $.")


def test_names_of_files_cannot_change_the_terminal(tmp_path: Path) -> None:
    parts = tmp_path / "\x1b]0;parts\x07"
    file = kept_plan(parts)
    file.rename(file.with_name("plan-\x1b[2J.json"))
    done = called("merge", parts, f"--output={tmp_path / 'results'}")
    assert done.returncode == 1
    assert all(line.isprintable() for line in done.stdout.splitlines())
    assert "plan-�[2J.json" in done.stdout
    (parts / "plan-\x1b[2K.json").write_text("{")
    done = called("merge", parts)
    assert done.returncode == 2
    assert all(line.isprintable() for line in done.stderr.splitlines())
