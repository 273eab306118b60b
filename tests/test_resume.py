"""A run that was interrupted or killed is continued from its journal, and says so."""

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest
import typer

from tests.command import XORBENCH, called, document
from tests.conftest import BASELINE, Variant
from xorbench.affinity import allowed_cpus
from xorbench.cli import keeping
from xorbench.clock.turns import Entry, Launch
from xorbench.consistency import rules
from xorbench.contract import REFERENCE, Implementation, read
from xorbench.estimates.analysis import Analysis
from xorbench.judging.judge import judge
from xorbench.record import store
from xorbench.record.report import Report
from xorbench.record.run import Record, Seconds
from xorbench.record.settings import Plan
from xorbench.record.timing import ColdStart, Failure
from xorbench.suite import Settings, Suite, journal, pilot
from xorbench.suite.calibration import Calibration
from xorbench.suite.journal import Journal, Kept
from xorbench.suite.parts import (
    Began,
    Calibrated,
    CalibratedEntry,
    Ended,
    Finished,
    Judged,
    Launched,
    Line,
    Planned,
    Point,
    StartedCold,
    as_json,
    line_of,
)
from xorbench.suite.session import CHANGED
from xorbench.workloads import WORKLOADS

SETTINGS = Settings(launches=3, rounds=12, points=2, cpu=allowed_cpus()[-1], seed=0, quick=True, cold_starts=0)
NEURON = [WORKLOADS["neuron"]]
COMMAND = "xorbench run --quick"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def report() -> Report:
    return judge([BASELINE], NEURON, SETTINGS.points, SETTINGS.seed, thorough=False)


def session_of(implementations: list[Implementation], settings: Settings = SETTINGS) -> Suite:
    session = Suite(implementations, NEURON, settings)
    session.command = COMMAND
    return session


def interrupted(implementations: list[Implementation], at: int, settings: Settings = SETTINGS) -> Record:
    """Return the partial record of a run that was interrupted in launch `at`; its journal is not in use any more."""
    run = Launch.run

    def interrupt(launch: Launch, cpus: list[int], rounds: int, done: Callable[[Launch, str], None]) -> None:
        if launch.number == at:
            raise KeyboardInterrupt
        run(launch, cpus, rounds, done)

    session = session_of(implementations, settings)
    session.keep_in(Journal.begun(session.head))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Launch, "run", interrupt)
        with pytest.raises(KeyboardInterrupt):
            session.run()
    record = session.record(session.command)
    keeping.end([session], is_complete=False)
    return record


def resumed(implementations: list[Implementation], settings: Settings = SETTINGS) -> Record:
    """Return the record of the run of the same call that continues the newest journal."""
    session = session_of(implementations, settings)
    session.take_over(found(session))
    session.run()
    keeping.end([session], is_complete=True)
    record = session.record(session.command)
    assert list(rules.contradictions(store.parsed(store.as_text(record)))) == []
    return record


def found(session: Suite) -> Kept:
    kept = journal.newest(session.head)
    assert kept is not None
    return kept


def test_what_was_finished_is_taken_over_and_the_rest_is_measured(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = interrupted([BASELINE], at=2)
    assert before.partial
    assert not before.resumed
    assert {timing.launch for timing in before.timings} == {0, 1}
    capsys.readouterr()
    whole = resumed([BASELINE])
    told = capsys.readouterr().err
    assert f"continuing the run of {before.created}: 2 launches finished" in told
    assert "gradients: " not in told  # judged before
    assert "calibration: " not in told
    assert whole.resumed
    assert not whole.partial
    assert [launch.number for launch in whole.launches] == [0, 1, 2]
    assert whole.launches[:2] == before.launches
    assert whole.timings[:4] == before.timings
    assert len(whole.timings) == 6
    assert whole.gradients == before.gradients
    assert (whole.created, whole.plan_sha256) == (before.created, before.plan_sha256)
    assert whole.seconds.judge >= before.seconds.judge
    assert whole.seconds.total >= whole.seconds.judge + whole.seconds.calibration + whole.seconds.launches
    assert [*cache.rglob("*.jsonl")] == []


@pytest.mark.slow
def test_an_implementation_whose_text_was_changed_keeps_its_launches_and_gets_no_more(variant: Variant) -> None:
    path = variant("mine")
    before = interrupted([BASELINE, read(path)], at=2)
    path.write_text(path.read_text() + "\n# changed\n")
    whole = resumed([BASELINE, read(path)])
    assert whole.timings[:6] == before.timings
    assert {t.launch for t in whole.timings if t.implementation == "mine"} == {0, 1}
    assert {t.launch for t in whole.timings if t.implementation == REFERENCE} == {0, 1, 2}
    assert whole.failures == [Failure(2, "neuron", "mine", copy=False, reason=CHANGED)]
    assert whole.implementations == before.implementations  # with the SHA-256 of the text that was timed
    (row,) = (row for row in Analysis(whole).rows if row.implementation == "mine")
    assert row.launches == 2
    assert row.ratio is not None


@pytest.mark.slow
def test_each_measure_of_an_implementation_whose_text_was_changed_says_why_it_has_no_more_launches(
    variant: Variant,
) -> None:
    path, settings = variant("mine"), replace(SETTINGS, launches=2, measures=["epoch", "loss"])
    interrupted([BASELINE, read(path)], 1, settings)
    path.write_text(path.read_text() + "\n# changed\n")
    whole = resumed([BASELINE, read(path)], settings)
    assert {(t.launch, t.measure) for t in whole.timings if t.implementation == "mine"} == {(0, "epoch"), (0, "loss")}
    assert whole.failures == [
        Failure(1, "neuron", "mine", copy=False, reason=CHANGED, measure=measure) for measure in settings.measures
    ]


def test_one_that_changed_before_it_was_calibrated_failed(variant: Variant, report: Report) -> None:
    path = variant("mine")
    first = session_of([BASELINE, read(path)], replace(SETTINGS, launches=1))
    rows = [*report.rows, *(replace(row, implementation="mine") for row in report.rows)]
    conduct = [*report.conduct, *(replace(one, implementation="mine") for one in report.conduct)]
    kept_with(first, Judged(replace(report, rows=rows, conduct=conduct)))
    path.write_text(path.read_text() + "\n# changed\n")
    second = session_of([BASELINE, read(path)], replace(SETTINGS, launches=1))
    second.take_over(found(second))
    second.run()
    keeping.end([second], is_complete=True)
    record = second.record(second.command)
    assert {timing.implementation for timing in record.timings} == {REFERENCE}
    assert {row.implementation: row.reason for row in Analysis(record).rows if row.verdict == "failed"} == {
        "mine": CHANGED
    }


ENTRIES = [CalibratedEntry(REFERENCE, copy, {"neuron": 10}, {"neuron": 1e-5}, "epoch") for copy in (False, True)]
CALIBRATED = Calibrated(ENTRIES, [], 1.5, 0.01)


def kept_with(session: Suite, *parts: Finished, seconds: float = 1.0) -> None:
    """Leave the journal of a session that was killed after these parts, and after so many seconds."""
    begun = Journal.begun(session.head)
    for each in (Began(COMMAND), *parts) if parts else ():
        begun.note(Line(Seconds(judge=seconds, total=seconds), each))
    begun.close()


def test_a_budget_is_for_all_processes_together(report: Report) -> None:
    budget = replace(SETTINGS, launches=None, rounds=None, quick=False, budget_minutes=2.0)
    kept_with(session_of([BASELINE], budget), Judged(report), seconds=100.0)
    session = session_of([BASELINE], budget)
    before = session._left()
    session.take_over(found(session))
    assert before - session._left() >= 100
    assert session._left() <= 17  # 3 s are reserved
    assert session.record(COMMAND).seconds.judge == 100
    keeping.end([session], is_complete=True)


def test_a_plan_that_was_made_is_kept(report: Report) -> None:
    budget = replace(SETTINGS, launches=None, rounds=None, quick=False, budget_minutes=2.0)
    first = session_of([BASELINE], budget)
    plan = replace(first.plan, rounds=60, launches=9, pilot_launches=3, looks=2)
    kept_with(first, Judged(report), CALIBRATED, Planned(plan))
    second = session_of([BASELINE], budget)
    second.take_over(found(second))
    assert second.plan == plan
    keeping.end([second], is_complete=True)


def test_cold_starts_that_were_made_are_not_made_again(report: Report) -> None:
    settings, made = replace(SETTINGS, cold_starts=1), ColdStart("neuron", REFERENCE, 0.5, 0.1, 2**20)
    kept_with(session_of([BASELINE], settings), Judged(report), CALIBRATED, StartedCold([made], []))
    session = session_of([BASELINE], settings)
    session.take_over(found(session))
    session._start_cold([Entry(BASELINE, {"neuron": 10}, seconds_per_epoch={"neuron": 1e-5})])
    assert session.cold_starts == [made]
    keeping.end([session], is_complete=True)


def test_a_calibration_is_read_as_it_was_made() -> None:
    entries = [
        Entry(BASELINE, {"neuron": 10}, copy=True, seconds_per_epoch={"neuron": 1e-5}),
        Entry(BASELINE, {"neuron": 20}, seconds_per_epoch={"neuron": 2e-5}, measure="loss"),
    ]
    made = Calibration(entries, [], {(REFERENCE, "neuron"): 1e-5}, 1.5, 0.01)
    assert Calibrated.of(made).among([BASELINE]) == made


def test_a_changed_baseline_or_a_text_that_was_not_judged_is_not_continued(variant: Variant, report: Report) -> None:
    path = variant("mine")
    kept_with(session_of([BASELINE, read(path)]))
    path.write_text(path.read_text() + "\n# changed\n")
    session = session_of([BASELINE, read(path)])
    with pytest.raises(ValueError, match=r"^the text of mine was changed after the run of .* was interrupted$"):
        session.take_over(found(session))
    reference = read(variant(REFERENCE))
    kept_with(session_of([reference]), Judged(report))
    reference.path.write_text(reference.path.read_text() + "\n# changed\n")
    with pytest.raises(typer.BadParameter, match=f"the text of {REFERENCE} was changed .*; run without it"):
        keeping.prepare(session_of([read(reference.path)]), resume=True)


def test_a_run_that_was_killed_before_anything_was_finished_is_begun_again_under_its_time() -> None:
    first = session_of([BASELINE])
    kept_with(first)
    second = session_of([BASELINE])
    keeping.prepare(second, resume=True)
    assert second.head == first.head
    assert not second.resumed
    keeping.end([second], is_complete=False)
    assert journal.newest(second.head) is None  # because it holds no part


def test_without_resume_one_line_says_what_continues_and_a_new_journal_is_begun(
    report: Report, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["xorbench", "run", "--quick", "--with", "my file.py"])
    old = session_of([BASELINE])
    old.head = replace(old.head, created="2026-01-02T03:04:05Z")
    kept_with(old, Judged(report))
    new = session_of([BASELINE])
    keeping.prepare(new, resume=False)
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        "xorbench: there is an unfinished run of this call, begun at 2026-01-02T03:04:05Z, which "
        "`xorbench run --quick --with 'my file.py' --resume` continues; this one begins anew"
    )
    assert new.report is None
    assert new.command == "xorbench run --quick --with 'my file.py'"
    assert len([*cache.rglob("*.jsonl")]) == 2
    keeping.end([new], is_complete=True)
    assert found(old).head == old.head


def test_a_run_that_another_process_performs_is_not_continued() -> None:
    going_on = session_of([BASELINE])
    keeping.prepare(going_on, resume=False)
    with pytest.raises(typer.BadParameter, match=r"there is no unfinished run of .* that no other process continues"):
        keeping.prepare(session_of([BASELINE]), resume=True)
    keeping.end([going_on], is_complete=True)


def test_where_no_journal_can_be_written_one_line_says_so_and_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")
    session = session_of([BASELINE])
    keeping.prepare(session, resume=False)
    assert session.journal is None
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        "xorbench: no journal can be written in /dev/null/cache/xorbench/journals: Not a directory; the run goes on, "
    )
    session._finish(Began(COMMAND))  # which costs nothing more
    assert capsys.readouterr().err == ""


CALL = ("run", "--quick", "--rounds=12", "--workload=neuron", f"--implementation={REFERENCE}", "--cold-starts=0")


def test_without_an_unfinished_run_resume_is_one_line_and_2() -> None:
    done = called(*CALL, "--launches=3", "--resume")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("xorbench: Invalid value for --resume: there is no unfinished run of the same ")


def launches_in(cache: Path) -> list[Launched]:
    """Return the launches in the only journal, complete lines only."""
    found = []
    for path in cache.rglob("*.jsonl"):
        for text in path.read_bytes().split(b"\n")[1:-1]:
            if json.loads(text)["part"]["what"] == "launched":
                part = line_of(text).part
                assert isinstance(part, Launched)
                found.append(part)
    return found


def started(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*XORBENCH, *arguments],
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def kill_after_a_launch(cache: Path, how: signal.Signals, *arguments: str) -> list[Launched]:
    """Run the command, send it a signal once its journal has a launch, and return the launches in the journal."""
    deadline = monotonic() + 120
    with started(*arguments) as process:
        while not launches_in(cache):
            assert monotonic() < deadline
            with suppress(subprocess.TimeoutExpired):
                out, err = process.communicate(timeout=0.02)
                raise AssertionError(f"it ended before a launch was noted: {out}{err}")
        process.send_signal(how)
        process.communicate()
    return launches_in(cache)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_killed_goes_on_with_what_its_journal_has(
    tmp_path: Path, cache: Path, how: signal.Signals
) -> None:
    call = (*CALL, "--launches=5", "--json", f"--output={tmp_path / 'results'}")
    before = kill_after_a_launch(cache, how, *call)
    assert 1 <= len(before) < 5
    with started(*call, "--resume") as process:
        out, err = process.communicate()
    assert process.returncode == 0, err
    assert "gradients: " not in err
    (path,) = store.paths(tmp_path / "results")
    assert json.loads(out)["record"] == str(path)
    record = rules.read(path)
    assert record.resumed
    assert not record.partial
    assert record.command.endswith("--json --output=results")
    assert len(record.launches) == 5
    for number, part in enumerate(before):
        assert record.launches[number] == part.launch
        assert [timing for timing in record.timings if timing.launch == number] == part.timings
    assert any(line.startswith("The run was interrupted and resumed: ") for line in json.loads(out)["warnings"])
    assert [*cache.rglob("*.jsonl")] == []


@pytest.mark.slow
def test_a_record_that_cannot_be_written_is_3_and_the_command_that_is_printed_writes_it(
    tmp_path: Path, cache: Path, variant: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, temporary = tmp_path / "results", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    blocking = f"    __import__('pathlib').Path({str(folder)!r}).touch()\n    for _ in range(epochs):"
    mine = variant("mine", ("    for _ in range(epochs):", blocking))  # makes a file where the folder should be
    call = (*CALL, "--launches=2", "--json", "--output", str(folder), "--with", str(mine))
    done = called(*call)
    assert done.returncode == 3
    (path,) = cache.rglob("*.jsonl")
    command = shlex.join(["xorbench", *call, "--resume"])
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("xorbench: "))
    assert line.startswith(f"xorbench: {folder} can't be written: ")
    assert line.endswith(f"; what is finished is in {path}, and `{command}` continues")
    record = store.read(Path(document(done)["record"]))
    assert not record.partial
    folder.unlink()
    again = called(*shlex.split(command)[1:])
    assert again.returncode == 0, again.stderr
    assert "launches: " not in again.stderr
    (placed,) = store.paths(folder)
    assert rules.read(placed) == record
    assert [*cache.rglob("*.jsonl")] == []


def kept_after_two_launches() -> tuple[Kept, Suite]:
    """The journal of a run that was interrupted in its third launch, and a session of the same call."""
    interrupted([BASELINE], at=2)
    session = session_of([BASELINE])
    return found(session), session


def of_another(part: Launched) -> Launched:
    (first, *others) = part.timings
    return replace(part, timings=[replace(first, implementation="nobody"), *others])


def elsewhere(part: Calibrated) -> Calibrated:
    return replace(part, entries=[replace(entry, epochs={"hidden": 10}) for entry in part.entries])


Changed = Callable[[list[Line]], list[Line]]


def without(kind: type[Finished]) -> Changed:
    return lambda lines: [line for line in lines if not isinstance(line.part, kind)]


def with_each(kind: type[Finished], change: Callable[..., Finished]) -> Changed:
    return lambda lines: [
        replace(line, part=change(line.part)) if isinstance(line.part, kind) else line for line in lines
    ]


SPOILT: dict[str, Changed] = {
    'line 7 ("launched") has the launch 1, expected 2': lambda lines: [*lines, lines[-1]],
    'line 5 ("launched") has the launch 1, expected 0': lambda lines: [*lines[:3], *lines[4:]],
    'line 2 ("judged") is there, expected "began" before it': without(Began),
    'line 3 ("calibrated") is there, expected "judged" before it': without(Judged),
    'line 4 ("launched") is there, expected "calibrated" before it': without(Calibrated),
    'line 5 ("judged") is there again, expected it once': lambda lines: [*lines[:3], lines[1]],
    'line 8 ("launched") is there, expected nothing after "ended"': lambda lines: [
        *lines,
        Line(Seconds(), Ended(Plan(rounds=12, launches=2))),
        lines[-1],
    ],
    'line 4 ("calibrated") lacks numpy_backprop on neuron, which passed the judge': with_each(
        Calibrated, lambda part: replace(part, entries=part.entries[1:])
    ),
    'line 4 ("calibrated") lacks numpy_backprop as the second copy on neuron': with_each(
        Calibrated, lambda part: replace(part, entries=part.entries[:-1])
    ),
    'line 4 ("calibrated") lacks numpy_backprop': with_each(Calibrated, lambda part: replace(part, entries=[])),
    'line 4 ("calibrated") has an implementation twice': with_each(
        Calibrated, lambda part: replace(part, entries=[*part.entries, part.entries[0]])
    ),
    "line 4 (\"calibrated\") has the workload 'hidden', expected one of neuron": with_each(Calibrated, elsewhere),
    "line 5 (\"launched\") has the implementation 'nobody', expected one of": with_each(Launched, of_another),
    'line 2 ("point") is there, expected no such part in a run': lambda lines: [
        Line(Seconds(), Point(lines[-1].part.launch, "neuron", [], []))  # type: ignore[union-attr]  # it is a launch
    ],
}


@pytest.fixture(scope="module")
def of_two_launches(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    """A journal of two launches, as its text and the name of its file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("launches")))
        kept, _ = kept_after_two_launches()
        kept.journal.close()
        return kept.journal.path.read_bytes(), kept.journal.path.name


def spoilt(journal_of: tuple[bytes, str], change: Changed) -> Path:
    """Return the file of a journal with other parts."""
    text, name = journal_of
    head, *lines = text.splitlines()
    path = journal.folder() / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\n".join([head, *map(as_json, change([*map(line_of, lines)])), b""]))
    return path


@pytest.mark.parametrize("says", SPOILT)
def test_a_journal_that_does_not_fit_its_call_is_one_line_that_names_it(
    says: str, of_two_launches: tuple[bytes, str]
) -> None:
    path = spoilt(of_two_launches, SPOILT[says])
    with pytest.raises(typer.BadParameter) as refused:
        keeping.prepare(session_of([BASELINE]), resume=True)
    assert refused.value.message.startswith(f"{path} can't be continued: {says}")
    assert refused.value.message.endswith("; run without it to begin anew")
    assert refused.value.message.isprintable()
    found(session_of([BASELINE])).journal.close()  # it is not locked any more


def test_a_journal_whose_record_would_contradict_itself_is_one_line_that_names_it(
    of_two_launches: tuple[bytes, str],
) -> None:
    path = spoilt(
        of_two_launches, with_each(Launched, lambda part: replace(part, launch=replace(part.launch, seconds=1e-9)))
    )
    with pytest.raises(typer.BadParameter) as refused:
        keeping.prepare(session_of([BASELINE]), resume=True)
    assert refused.value.message.startswith(f"{path} can't be continued: its record would have $.")


@pytest.mark.slow
def test_a_run_that_was_interrupted_in_its_pilot_is_continued_with_the_same_number_of_rounds() -> None:
    small = replace(SETTINGS, launches=None, rounds=None, budget_minutes=0.01)  # so small that the rounds are fewer
    before = interrupted([BASELINE], at=1, settings=small)
    session = session_of([BASELINE], small)
    assert session.plan.rounds > pilot.FEWEST_PILOT_ROUNDS
    keeping.prepare(session, resume=True)
    session.run()
    keeping.end([session], is_complete=True)
    rounds = [launch.rounds for launch in (*before.launches, *session.launches[: session.plan.pilot_launches])]
    assert rounds == [pilot.FEWEST_PILOT_ROUNDS] * (1 + pilot.FEWEST_PILOT_LAUNCHES)


def test_a_journal_that_fits_its_call_is_continued(of_two_launches: tuple[bytes, str]) -> None:
    spoilt(of_two_launches, lambda lines: lines)
    session = session_of([BASELINE])
    keeping.prepare(session, resume=True)
    assert [launch.number for launch in session.launches] == [0, 1]
    keeping.end([session], is_complete=True)
