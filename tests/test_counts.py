"""Records of counts: what contradicts itself, their table, their place beside runs, and the comparison of two."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.command import called, document
from tests.planted import counted, planted, report, with_implementation
from xorbench.consistency.rules import contradictions
from xorbench.contract import REFERENCE
from xorbench.estimates import instructions
from xorbench.estimates.analysis import Analysis
from xorbench.exports import lines
from xorbench.exports.lines import RecordLine
from xorbench.page.past_runs import past_runs
from xorbench.publication.contribution import examined
from xorbench.publication.selection import Standing
from xorbench.record import store
from xorbench.record.counts import InstructionCount
from xorbench.record.run import Record
from xorbench.tables import catalogue
from xorbench.tables.captions import caption
from xorbench.tables.headline import headline
from xorbench.tables.summary import LAST, LINES, summary
from xorbench.tables.weaknesses import found_weaknesses

COUNTED = counted({REFERENCE: 200_000, "other": 50_000, "lost": "valgrind does not know it"})


def with_counts(**changes: Any) -> Record:
    counts = COUNTED.record.counts
    assert counts is not None
    return replace(COUNTED.record, counts=replace(counts, **changes))


def with_row(change: Callable[[InstructionCount], InstructionCount]) -> Record:
    counts = COUNTED.record.counts
    assert counts is not None
    return with_counts(rows=[change(counts.rows[0]), *counts.rows[1:]])


def test_an_epoch_is_the_difference_of_two_lengths() -> None:
    counts = COUNTED.record.counts
    assert counts is not None
    assert [counts.per_epoch(row) for row in counts.rows] == [200_000, 50_000, None]
    assert [row.implementation for row in counts.counted] == [REFERENCE, "other"]


def test_longer_trainings_are_divided_by_their_epochs() -> None:
    longer = with_row(lambda row: replace(row, times=16))
    assert longer.counts is not None
    assert longer.counts.per_epoch(longer.counts.rows[0]) == 200_000 / 16
    assert longer.counts.epochs(longer.counts.rows[0]) == 2_048
    (table,) = catalogue.named(Analysis(longer))["counts"]
    assert table.frame["epochs counted"].tolist() == ["2,048", "128", "–"]


def test_a_record_without_the_key_of_longer_trainings_was_counted_in_those_of_its_lengths() -> None:
    content = store.as_json(COUNTED.record)
    for row in content["counts"]["rows"]:
        del row["times"]
    assert store.parsed(json.dumps(content)) == COUNTED.record


def test_a_record_of_counts_is_consistent_and_comes_back_whole(tmp_path: Path) -> None:
    assert [*contradictions(COUNTED.record)] == []
    assert store.read(store.write(COUNTED.record, tmp_path)) == COUNTED.record


AS_RUN: dict[str, Any] = {
    "kind": "run",
    "command": "xorbench run",
    "settings": replace(COUNTED.record.settings, launches=1),
    "partial": True,
}


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (replace(COUNTED.record, **AS_RUN), "$.counts: there are some in a record of the kind run"),
        (replace(COUNTED.record, counts=None), "$.counts: none in a record of the kind count"),
        (
            replace(
                planted({"other": [0.0] * 6, "lost": [0.0] * 6}).record,
                kind="count",
                command="xorbench count",
                counts=COUNTED.record.counts,
            ),
            "$.launches: not empty in a record of counts",
        ),
        (with_row(lambda row: replace(row, implementation="other")), "$.counts.rows[1]: other on hidden again"),
        (with_row(lambda row: replace(row, implementation="nobody")), "'nobody' is no implementation of the record"),
        (with_row(lambda row: replace(row, workload="neuron")), "'neuron' is no workload of the record"),
        (with_row(lambda row: replace(row, short=None)), "$.counts.rows[0]: one of two numbers of instructions"),
        (
            with_row(lambda row: replace(row, short=None, long=None)),
            "$.counts.rows[0].reason: none, expected the other",
        ),
        (with_row(lambda row: replace(row, reason="why")), "$.counts.rows[0].reason: there is one, expected the other"),
        (with_row(lambda row: replace(row, long=row.short)), "0 instructions an epoch, expected at least"),
        (with_counts(long_epochs=64), "$.counts.long_epochs: 64, expected more than 64"),
        (with_counts(long_epochs=320), "$.counts: trainings of (64, 320) epochs, expected 64 and 192"),
        (with_counts(features=[]), "$.counts.features: none"),
        (
            replace(COUNTED.record, gradients=report([REFERENCE])),
            "$.counts: other was counted on hidden, but its gradient by W1 was not judged",
        ),
    ],
)
def test_what_contradicts_itself_is_named_with_its_place(record: Record, says: str) -> None:
    assert says in next(contradictions(record))


def test_the_table_is_no_ranking_and_says_what_was_counted() -> None:
    (table,) = catalogue.named(COUNTED)["counts"]
    assert table.frame["implementation"].tolist() == [REFERENCE, "other", "lost"]
    assert table.frame["instructions per epoch"].tolist() == ["200,000", "50,000", "–"]
    assert table.frame["why not"].tolist() == ["", "", "valgrind does not know it"]
    assert "Counted with SSE2 and AVX2" in " ".join(table.notes)
    assert "no times and no rank" in " ".join(table.notes)
    assert "Callgrind of valgrind 3.19.0" in table.caption
    assert "launches" not in table.caption


def test_the_caption_states_no_property_of_times() -> None:
    assert "noise floor" not in caption(COUNTED)
    assert found_weaknesses(COUNTED) == []
    (weakness,) = found_weaknesses(Analysis(replace(COUNTED.record, partial=True)))
    assert weakness.refused


def test_a_run_stands_for_its_machine_and_counts_are_beside_it() -> None:
    run = planted({"other": [0.1] * 6})
    later = counted({REFERENCE: 100}, created="2026-02-02T03:04:05Z")
    for records in ([COUNTED, run, later], [later, COUNTED, run], [run, later, COUNTED]):
        standing = Standing(records[0])
        for record in records[1:]:
            standing.meet(record)
        assert standing.analysis is run
        assert standing.counts is later
        (table,) = standing.tables["counts"]
        assert table.frame["instructions per epoch"].tolist() == ["100"]
    other = Standing(run)
    other.join(Standing(COUNTED))
    assert (other.analysis, other.counts) == (run, COUNTED)


def test_counts_are_no_runs_over_time_and_have_no_line_of_times() -> None:
    assert [*lines.timings(COUNTED)] == []
    (line,) = lines.records(COUNTED)
    assert line["kind"] == "count"
    listed = line | {"created": "2026-01-02T03:04:05Z", "file": "x"}
    assert past_runs([cast("RecordLine", listed)], []) == ([], 0)


def test_a_record_of_counts_may_be_published(tmp_path: Path) -> None:
    assert examined(store.write(COUNTED.record, tmp_path)).complaints == []
    nothing = counted({REFERENCE: "valgrind does not know it"}, features=())
    (complaint,) = examined(store.write(nothing.record, tmp_path / "nothing")).complaints
    assert complaint.endswith("nothing was counted")
    partial = replace(COUNTED.record, partial=True)
    (complaint,) = examined(store.write(partial, tmp_path / "partial")).complaints
    assert "was interrupted" in complaint


def test_it_is_published_alone_and_verified(tmp_path: Path) -> None:
    store.write(COUNTED.record, tmp_path)
    done = called("publish", "--output", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "200,000" in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "| other " in (tmp_path / "tables" / "counts.md").read_text(encoding="utf-8")
    assert ", instructions: " in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert called("verify", "--output", tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("after", "verdict"),
    [(200_000, "not separated"), (200_900, "not separated"), (201_100, "slower"), (198_900, "faster")],
)
def test_a_change_beyond_what_repeats_is_one(after: int, verdict: str) -> None:
    (change,) = instructions.changes(counted({REFERENCE: 200_000}).record, counted({REFERENCE: after}).record)
    assert change.verdict == verdict
    assert (change.before, change.after) == (200_000, after)


def test_what_cannot_be_compared_has_its_reason() -> None:
    before = counted({REFERENCE: 100, "b": "no time", "c": 100, "d": 100})
    after = counted({REFERENCE: 100, "b": 100, "c": "it hangs"})
    assert [change.reason for change in instructions.changes(before.record, after.record)] == [
        None,
        "not counted in A: no time",
        "not counted in B: it hangs",
        "not in B",
    ]
    other = counted({REFERENCE: 100}, features=("SSE2", "NEON"))
    (change, *_) = instructions.changes(before.record, other.record)
    assert change.reason == "the processors differ: only A has AVX2; only B has NEON"


def test_differences_that_leave_counts_comparable_are_said() -> None:
    counts = COUNTED.record.counts
    assert counts is not None
    machine, valgrind = COUNTED.record.machine, f"not {counts.valgrind}"
    elsewhere = replace(COUNTED.record, machine=replace(machine, name="another"))
    assert instructions.notes(COUNTED.record, COUNTED.record) == []
    assert instructions.notes(COUNTED.record, elsewhere) == [f"The machines differ: {machine.name} in A, another in B."]
    assert instructions.notes(COUNTED.record, with_counts(valgrind=valgrind)) == [
        f"valgrind changed from {counts.valgrind} to {valgrind}."
    ]


def compared(tmp_path: Path, before: Analysis, after: Analysis, *options: str) -> Any:
    folders = [tmp_path / f"{len([*tmp_path.iterdir()])}-{name}" for name in "ab"]
    paths = [store.write(one.record, folder) for one, folder in zip((before, after), folders, strict=True)]
    return called("compare", *paths, *options)


def test_compare_says_what_changed_and_fails_above_a_limit(tmp_path: Path) -> None:
    after = counted({REFERENCE: 200_400, "other": 51_000, "lost": "valgrind does not know it"})
    done = compared(tmp_path, COUNTED, after)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 of 2 rows changed from A to B, with the instructions of an epoch:" in done.stdout
    assert "other, hidden: +2.00 %; A 50,000, B 51,000" in done.stdout
    assert "not counted in A: valgrind does not know it: lost (hidden)" in done.stdout
    failed = compared(tmp_path, COUNTED, after, "--fail-if-slower", "0.5%", "--json")
    assert failed.returncode == 1
    assert document(failed)["failures"] == ["other (hidden) needs more instructions by more than its limit of 0.5 %."]
    assert compared(tmp_path, COUNTED, after, "--fail-if-slower", "3%").returncode == 0
    assert compared(tmp_path, COUNTED, after, "--fail-if-slower", "0.1%", "--between-runs", "5%").returncode == 0
    lost = counted({REFERENCE: 200_000, "other": "it hangs", "lost": "valgrind does not know it"})
    failed = compared(tmp_path, COUNTED, lost, "--fail-if-slower", "3%")
    assert failed.returncode == 1
    assert "1 row with a limit cannot be compared." in failed.stdout


def test_a_run_and_counts_are_not_compared(tmp_path: Path) -> None:
    done = compared(tmp_path, COUNTED, planted({"other": [0.1] * 6}))
    assert done.returncode == 2
    assert "A is of the kind count and B of the kind run, expected two records of one kind" in done.stderr


def test_show_prints_the_summary_and_the_table(tmp_path: Path) -> None:
    path = store.write(COUNTED.record, tmp_path)
    done = called("show", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("hidden (2-4-1, float64)  instructions/epoch\n")
    assert "200,000" in done.stdout
    assert "Instructions per epoch" in called("show", path, "--table", "counts").stdout
    assert "200000" in called("show", path, "--table", "counts", "--format", "csv").stdout


def test_without_valgrind_it_ends_with_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = called("count", "--implementation", REFERENCE, "--output", tmp_path)
    assert done.returncode == 3
    assert done.stderr.startswith("xorbench: valgrind is not installed")
    assert len(done.stderr.splitlines()) == 1
    assert [*tmp_path.iterdir()] == []


def test_the_document_has_every_row(tmp_path: Path) -> None:
    content = json.loads(store.write(COUNTED.record, tmp_path).read_text(encoding="utf-8"))
    assert content["kind"] == "count"
    assert [row["reason"] for row in content["counts"]["rows"]] == [None, None, "valgrind does not know it"]


def of_frameworks() -> Analysis:
    """A record of counts of NumPy, JAX, PyTorch by autograd and by hand, another library, and a file without one."""
    numbers: dict[str, int | str] = {
        REFERENCE: 234_300,
        "c": 1_969,
        "jax_grad": 120_149,
        "torch_hand": 9,
        "torch_grad": 765_400,
        "x": "why",
    }
    analysis = with_implementation(counted(numbers), REFERENCE, framework="numpy")
    analysis = with_implementation(analysis, "jax_grad", framework="jax", gradients_by="JAX's grad")
    analysis = with_implementation(analysis, "torch_hand", framework="torch", gradients_by="hand in PyTorch")
    return with_implementation(analysis, "torch_grad", framework="torch", gradients_by="PyTorch's autograd")


def test_the_headline_of_counts_has_the_required_frameworks_in_the_order_of_the_record() -> None:
    assert headline(of_frameworks()) == (
        "Training XOR's hidden layer (2-4-1, float64) on one CPU of a Some CPU: an epoch takes 234,300 instructions "
        "in plain NumPy, 120,100 in JAX and 765,400 in PyTorch autograd. Instructions are neither times nor a rank."
    )
    assert "counted in none of the required frameworks" in headline(counted({REFERENCE: "why", "c": 9}))


def test_the_summary_of_counts_has_a_line_for_each_file_that_was_counted_and_says_which_was_not() -> None:
    lines = summary(of_frameworks())
    assert [" ".join(line.split()) for line in lines[:7]] == [
        "hidden (2-4-1, float64) instructions/epoch",
        f"{REFERENCE} eager 234,300",
        "c eager 1,969",
        "jax_grad eager 120,100",
        "torch_hand eager 9",
        "torch_grad eager 765,400",
        "",
    ]
    assert "Counted: 5 of 6 files, by Callgrind of valgrind 3.19.0." in lines
    assert "Not counted: x: why." in lines
    assert "Not counted: none." in summary(counted({REFERENCE: 9, "c": 8}))


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_summary_of_many_counts_is_as_short_as_that_of_a_run(width: int) -> None:
    names = [f"implementation_{number}" for number in range(60)]
    numbers: dict[str, int | str] = {REFERENCE: 1_000, **dict.fromkeys(names, 2_000), "a": "why", "b": "y", "c": "no"}
    analysis = counted(numbers)
    lines = summary(analysis, width)
    assert len(lines) <= LINES
    assert all(len(line) <= width or " " not in line for line in lines)
    after = lines.index("")
    shown = sum(line.startswith((REFERENCE, "implementation_")) for line in lines)
    assert lines[after - 1] == f"... {61 - shown} lines more: show --table counts"
    if width >= 80:
        assert len(lines) - after - 1 <= LAST
