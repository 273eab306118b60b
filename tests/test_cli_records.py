"""The commands that need records and nothing else: their output and exit codes."""

import json
from pathlib import Path

import pytest

from tests.command import COMMITTED, called, document, xorbench
from tests.planted import planted, with_machine
from xorbench import places
from xorbench.cli.choices import near
from xorbench.estimates.analysis import Analysis
from xorbench.record import store, studies
from xorbench.tables.catalogue import one, tables
from xorbench.tables.formats import FORMATS
from xorbench.tables.summary import summary


def test_two_records_are_compared_as_a_gate(tmp_path: Path) -> None:
    wobble = [0.002, -0.002, 0.0] * 2
    paths = []
    for number, ratio in enumerate((0.5, 0.6)):
        analysis = planted({"other": [ratio + w for w in wobble]}, created=f"2026-01-0{number + 1}T03:04:05Z")
        paths.append(store.write(analysis.record, tmp_path))
    before, after = paths
    done = xorbench("compare", before, after)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "1 of 1 row changed from A to B, with the ratios to numpy_backprop:"
    assert lines[1].startswith("  other, hidden: 1.11x slower (1.0")
    assert all(len(line) <= 80 for line in lines)
    # It became slower by 10.5 %, and by 4.5 % at least where runs differ by 2 %.
    for arguments, code in (
        ((before, after, "--fail-if-slower=4%"), 1),
        ((before, after, "--fail-if-slower=5%"), 0),
        ((before, after, "--fail-if-slower=5%", "--between-runs=0"), 1),
        ((before, after, "--fail-if-slower=4%", "--between-runs=3%"), 0),
        ((after, before, "--fail-if-slower=4%"), 0),
        ((before, after, "--fail-if-slower=other=4%"), 1),
        ((before, after, "--fail-if-slower=4%", "--fail-if-slower=other=5%"), 0),
        ((before, after, "--fail-if-slower=5%", "--fail-if-slower=other=4%", "--format=md"), 1),
    ):
        assert called("compare", *arguments).returncode == code, arguments
    found = document(called("compare", before, after, "--fail-if-slower=4%", "--json"))
    assert found["failed"]
    assert found["failures"] == ["other (hidden) is slower by more than its limit of 4 %."]
    (change,) = found["changes"]
    assert set(change) == {"implementation", "workload", "verdict", "before", "after", "change", "reason"}
    assert change["change"]["value"] == pytest.approx(1.105, abs=0.001)
    assert found["notes"] == []
    comment = called("compare", before, after, "--format=md").stdout
    assert comment.startswith(f"### Changes from A to B\n\n{lines[0]}\n\n- other, hidden: 1.11x slower")


@pytest.mark.parametrize("spread", ["-1", "100", "much", "nan"])
def test_a_variation_between_runs_that_is_none_is_a_mistake(spread: str) -> None:
    done = called("compare", COMMITTED, COMMITTED, f"--between-runs={spread}")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--between-runs" in done.stderr
    assert "expected a percentage" in done.stderr


def test_a_row_of_a_that_can_not_be_compared_fails_and_one_that_only_b_has_does_not(tmp_path: Path) -> None:
    paths = [
        store.write(planted({name: [0.5] * 6 for name in names}, created=f"2026-01-0{day}T00:00:00Z").record, tmp_path)
        for day, names in enumerate((("one",), ("one", "two")), start=1)
    ]
    fewer, more = paths
    assert called("compare", fewer, more, "--fail-if-slower=5%").returncode == 0
    done = called("compare", more, fewer, "--fail-if-slower=5%")
    assert done.returncode == 1
    assert "1 row cannot be compared:\n  not in B: two (hidden)\n" in done.stdout
    assert done.stdout.endswith("Failed:\n  1 row with a limit cannot be compared.\n")
    assert "Only in B: two (hidden)." in called("compare", fewer, more).stdout
    assert called("compare", more, fewer).returncode == 0
    nothing = store.write(planted({}, created="2026-01-03T00:00:00Z").record, tmp_path)
    assert called("compare", nothing, more, "--fail-if-slower=5%").returncode == 1  # it saw nothing at all


def test_a_gate_that_can_not_see_is_not_open(tmp_path: Path) -> None:
    analysis = planted({"other": [0.5] * 6})
    here = store.write(analysis.record, tmp_path)
    elsewhere = store.write(with_machine(analysis, cpu="another").record, tmp_path)
    done = called("compare", here, elsewhere, "--fail-if-slower=5%")
    assert done.returncode == 1
    assert "the machines differ: some-cpu-2-cores-linux-x86-64 in A, another-2-cores-linux-x86-64 in B" in " ".join(
        done.stdout.split()
    )
    assert called("compare", here, elsewhere).returncode == 0


def test_an_export_is_a_file_for_other_tools(tmp_path: Path) -> None:
    record = store.write(planted({"other": [0.5] * 6}).record, tmp_path)
    done = called("export", record, "--pytest-benchmark", tmp_path / "out.json")
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "out.json"))
    assert len(json.loads((tmp_path / "out.json").read_text())["benchmarks"]) == 3
    done = called("export", record, "--github-action-benchmark", tmp_path / "ratios.json")
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "ratios.json"))
    assert len(json.loads((tmp_path / "ratios.json").read_text())) == 2
    alone = store.write(planted({}, created="2026-01-05T00:00:00Z", timings=[]).record, tmp_path)
    done = called("export", alone, "--github-action-benchmark", tmp_path / "none.json")
    assert done.returncode == 2
    assert "has no ratio, expected one of a run" in done.stderr
    assert not (tmp_path / "none.json").exists()


def test_an_export_to_parquet_is_a_file_a_frame(tmp_path: Path) -> None:
    done = called("export", COMMITTED, "--parquet", tmp_path / "frames")
    assert done.returncode == 0, done.stderr
    files = [Path(line) for line in done.stdout.split()]
    assert {file.stem for file in files} >= {"records", "rounds", "timings", "gradients"}
    assert all(file.stat().st_size for file in files)


@pytest.mark.slow
def test_a_record_is_shown_again_for_people_and_as_a_text() -> None:
    analysis = Analysis(store.read(Path(COMMITTED)))
    assert called("show", COMMITTED).stdout.splitlines() == summary(analysis, 80, near(Path(COMMITTED)), False)
    assert "Fairness ledger" in called("show", COMMITTED, "--all").stdout
    ledger = called("show", COMMITTED, "--table=ledger").stdout
    assert "Fairness ledger" in ledger
    assert "Machine noise" not in ledger
    tex = called("show", COMMITTED, "--table=timings", "--format=tex").stdout
    assert tex == FORMATS["tex"](one(analysis, "timings"))
    csv = called("show", COMMITTED, "--format=csv").stdout
    assert csv == called("show", COMMITTED, "--format=csv", "--all").stdout == FORMATS["csv"](tables(analysis))


def test_without_a_record_the_newest_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    none = called("show")
    assert (none.returncode, none.stdout) == (2, "")
    assert none.stderr.startswith(
        "xorbench: Invalid value for RECORD: there is no record in results; measure one with "
    )
    for created, machine in (("2026-03-01", "b"), ("2026-04-02", "a"), ("2026-02-03", "c")):
        analysis = with_machine(planted({"other": [0.5] * 6}, created=f"{created}T00:00:00Z"), cpu=machine)
        store.write(analysis.record, tmp_path / "results")
    text = called("show").stdout
    assert "Record: results/a-2-cores-linux-x86-64/2026-04-02T000000Z.json\n" in text
    assert "More: xorbench show --all, or --table NAME" in text
    other = called("show", "results/c-2-cores-linux-x86-64/2026-02-03T000000Z.json").stdout
    assert "xorbench show results/c-2-cores-linux-x86-64/2026-02-03T000000Z.json --all" in " ".join(other.split())


@pytest.mark.slow
def test_the_committed_records_and_studies_may_be_published_and_say_how_they_are_marked() -> None:
    done = called("check")
    number, records = (len(stored.paths(places.results())) for stored in (studies, store))
    assert done.returncode == 0, done.stdout
    *marked, of_studies, of_records = done.stdout.splitlines()
    assert of_studies == f"{number} of {number} studies may be published"
    assert of_records == f"{records} of {records} records may be published"
    assert all(".json: marked: " in line for line in marked)
    assert any("few launches" in line for line in marked)


def test_the_ratios_of_several_machines_are_printed_side_by_side(tmp_path: Path) -> None:
    one, two = planted({"other": [0.5, 0.51] * 3}), planted({"other": [0.4, 0.41] * 3})
    for analysis in (one, with_machine(two, cpu="another machine")):
        store.write(analysis.record, tmp_path)
    done = xorbench("machines", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("│ other "))
    assert [cell.strip() for cell in line.strip("│").split("│")][:3] == ["other", "slower on all", "2 of 2"]
    assert "1 of 1 implementation has the same verdict on all machines" in done.stdout
    as_csv = called("machines", tmp_path, "--format=csv").stdout
    assert "smallest ratio" in as_csv
    (path,) = (tmp_path / "another-machine-2-cores-linux-x86-64").glob("*.json")
    path.write_text(path.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    spoilt = called("machines", tmp_path)
    assert spoilt.returncode == 1
    assert spoilt.stderr.startswith(f"left out: {path} is not a record: ")
    assert "No other machine has a ratio" in spoilt.stdout


def test_a_folder_without_a_record_has_no_machines(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        done = called("machines", folder)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"{folder} has no record: expected <machine>/<time>.json" in done.stderr
