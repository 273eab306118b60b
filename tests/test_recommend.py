"""The command that ranks implementations: its lines, its document, and mistakes."""

import math
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

import xorbench as package
from tests.command import called, document, xorbench
from tests.planted import changed, planted, with_implementation, with_machine
from tests.shown import NASTY
from tests.test_recommendation import RUN, SWEEP, choice, known, measured
from xorbench import places
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.measured_points import table
from xorbench.estimates.recommendation import leads, ranking
from xorbench.record import store
from xorbench.tables import recommendation

OLDER = "older-2-cores-linux-x86-64"

ASKED = ("--width=32", "--batch=4", "--epochs=1000000")


@pytest.fixture
def records(tmp_path: Path) -> Path:
    for analysis in (RUN, SWEEP, with_machine(changed(RUN, created="2026-01-01T00:00:00Z"), cpu="older")):
        store.write(analysis.record, tmp_path)
    return tmp_path


def fits(lines: list[str], width: int = 80) -> bool:
    printable = all(unicodedata.category(character)[0] != "C" for line in lines for character in line)
    return printable and len(lines) <= 30 and max(map(len, lines)) <= width


def test_the_totals_of_the_newest_machine_are_ranked(records: Path) -> None:
    done = xorbench("recommend", *ASKED, "--output", records)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert fits(lines)
    assert lines[0] == "Width 32, batch 4, float64: 1,000,000 epochs in a fresh process, 1 thread, on"
    words = [line.split() for line in lines]
    first = words.index(["rank", "implementation", "total,", "s", "95", "%", "interval", "start,", "s", "epochs,", "s"])
    assert [line[:2] for line in words[first + 1 : first + 3]] == [["1", "other"], ["2", REFERENCE]]
    text = " ".join(" ".join(lines).split())
    assert "then other: 0.22 s before the first epoch, 4.2 µs for each." in text
    assert "Start-up (import and first call) was measured at width 4, batch 4, float64, in record 2026-01-02T03" in text
    assert "Epochs were timed in record 2026-02-01T00:00:00Z." in text


def test_a_document_has_every_total(records: Path) -> None:
    found = document(called("recommend", *ASKED, "--warm", "--output", records, "--json"))
    assert (found["machine"], found["width"], found["epochs"], found["warm"]) == (
        "some-cpu-2-cores-linux-x86-64",
        32,
        10**6,
        True,
    )
    assert [(total["rank"], total["implementation"]) for total in found["totals"]] == [(1, "other"), (2, REFERENCE)]
    assert found["totals"][0]["seconds"]["value"] == pytest.approx(4.2, rel=1e-3)
    assert set(found["totals"][0]["seconds"]) == {"value", "low", "high"}


def test_records_that_are_named_are_used_and_no_others(records: Path) -> None:
    older = records / OLDER / "2026-01-01T000000Z.json"
    found = document(called("recommend", older, "--width=4", "--batch=4", "--epochs=10", "--json"))
    assert found["machine"] == OLDER
    newer = store.path_of(RUN.record, records)
    done = called("recommend", older, newer, "--width=4", "--batch=4", "--epochs=10")
    assert done.returncode == 2
    assert f"expected records of one machine, got records of 2: {OLDER}, some-cpu-2-cores-linux-x86-64" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--width=64", "--batch=32", "--epochs=1"), "widths 2, 4, 32, 128 with batch 4; width 8 with batches 4, 16"),
        (("--width=64", "--batch=32", "--epochs=1"), "`xorbench sweep --grid --widths 64 --batches 32` measures it"),
        (("--width=32", "--batch=4", "--epochs=-1"), "--epochs"),
        (("--width=32", "--batch=4", "--epochs=0"), "--epochs"),
        (("--width=32", "--batch=4", "--epochs=many"), "--epochs"),
        (("--width=32", "--batch=4", f"--epochs={10**400}"), "expected a number from 1 to 1,000,000,000,000,000"),
        (("--width=0", "--batch=4", "--epochs=1"), "--width"),
        (("--width=32", "--batch=4"), "--epochs"),
        (("--width=32", "--batch=4", "--epochs=1", "--threads=2"), "2 threads"),
        (("--width=32", "--batch=4", "--epochs=1", "--dtype=float16"), "--dtype"),
    ],
)
def test_a_mistake_is_one_line(records: Path, arguments: tuple[str, ...], told: str) -> None:
    done = called("recommend", *arguments, "--output", records)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_without_records_and_a_file_that_is_none_are_mistakes(tmp_path: Path) -> None:
    done = called("recommend", *ASKED, "--output", tmp_path)
    assert done.returncode == 2
    assert "has no record" in done.stderr
    assert "`xorbench sweep`" in done.stderr
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}")
    assert "expected a record" in called("recommend", *ASKED, wrong).stderr


def test_a_run_alone_says_which_command_measures_other_sizes(tmp_path: Path) -> None:
    store.write(RUN.record, tmp_path)
    done = called("recommend", *ASKED, "--output", tmp_path)
    assert done.returncode == 2
    assert "measured: width 4 with batch 4 (float64, 1 thread)" in done.stderr
    assert "`xorbench sweep --grid --widths 32 --batches 4`" in done.stderr


def test_what_has_no_cold_start_is_told(tmp_path: Path) -> None:
    store.write(SWEEP.record, tmp_path)
    done = called("recommend", *ASKED, "--output", tmp_path)
    assert done.returncode == 2
    assert "no cold start was measured" in done.stderr
    assert called("recommend", *ASKED, "--warm", "--output", tmp_path).returncode == 0
    part = [start for start in RUN.record.cold_starts if start.implementation == REFERENCE]
    store.write(replace(RUN.record, cold_starts=part), tmp_path)
    assert "No cold start was measured of other." in called("recommend", *ASKED, "--output", tmp_path).stdout


@pytest.mark.slow
def test_the_committed_records_fit_on_a_screen() -> None:
    measured_here = table([Analysis(store.read(path)) for path in store.of_newest_machine(places.results())])
    for point in measured_here.points:
        for warm in (False, True):
            found = ranking(measured_here, point.width, point.batch, 10_000, warm, tuned=True, threads=point.threads)
            assert fits(recommendation.lines(found))


def test_hostile_names_are_cut_to_fit_and_to_be_printed() -> None:
    names = [f"{NASTY[number % len(NASTY)]}{number}" for number in range(200)]
    lines = [
        choice(name, known(number / 10, number / 20 + 1e-3, 100 + number), known(0), known(1e-4 / (1 + number) ** 2))
        for number, name in enumerate(names, start=1)
    ]
    some = replace(measured(*lines), cpu=NASTY[2], left_out=[NASTY[2]] * 50)
    for epochs in (1, 10**15):
        for width in (60, 80, 120):
            assert fits(recommendation.lines(ranking(some, 4, 4, epochs), width), width)


def test_hostile_records_are_ranked_like_others(tmp_path: Path) -> None:
    analysis = planted({name: [0.1 * number] * 6 for number, name in enumerate(NASTY, start=1)}, unfit=None)
    analysis = with_implementation(analysis, NASTY[0], tier="tuned")
    store.write(analysis.record, tmp_path)
    done = called("recommend", "--width=4", "--batch=4", "--epochs=1", "--tuned", "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    assert fits(done.stdout.splitlines())


def test_the_sentence_says_who_leads_up_to_which_number_of_epochs() -> None:
    slow = choice("slow", known(0.06), known(0), known(1e-3, 0.9e-3, 1.1e-3))
    fast = choice("fast", known(1.06, 1.0, 1.18), known(0), known(1e-4))
    here = measured(slow, fast)
    assert recommendation.why(leads(here.points[0], warm=False, tuned=False)) == (
        "slow takes the least time up to 1,110 epochs (940 to 1,400): 0.060 s before the first epoch, 1.0 ms for each; "
        "then fast: 1.1 s before the first epoch, 0.10 ms for each."
    )
    assert recommendation.why(leads(here.points[0], warm=True, tuned=False)) == (
        "fast takes the least time for every number of epochs: 0.10 ms for each epoch."
    )
    assert recommendation.why([]) == ""


def test_of_many_who_lead_the_first_and_the_last_are_named() -> None:
    many = [choice(f"n{k}", known(10.0**k), known(0), known(1e-3 / 10**k)) for k in range(6)]
    sentence = recommendation.why(leads(measured(*many).points[0], warm=False, tuned=False))
    assert [name in sentence for name in ("n0 ", "n1 ", "n2 ", "n3", "n4", "n5:")] == [True] * 3 + [False] * 2 + [True]
    assert "2 more in between; then n5: " in sentence


@pytest.mark.slow
def test_python_has_the_same_ranking(records: Path) -> None:
    paths = [store.path_of(analysis.record, records) for analysis in (RUN, SWEEP)]
    assert package.recommend(32, 4, 10**6, records=paths) == ranking(table([RUN, SWEEP]), 32, 4, 10**6)
    with pytest.raises(ValueError, match="was not measured"):
        package.recommend(3, 4, 10, records=map(str, paths))
    with pytest.raises(OSError, match=r"nothing\.json"):
        package.recommend(4, 4, 10, records=[records / "nothing.json"])
    here = package.recommend(4, 4, 10)
    assert here.totals[0].seconds.value < math.inf
