"""The study of faults finds what is planted: a lost record, a process that is left, a wrong exit code, a lost row."""

import json
import random
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.command import COMMITTED
from tests.planted import planted, with_timings
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.record import store
from xorbench.record.checking import MOST_BYTES
from xorbench.record.run import Record
from xorbench.record.timing import Failure, Timing
from xorbench.studies.injection import drivers, large, messages, outcomes, run_faults, runs, watching
from xorbench.studies.injection.drivers import LAUNCHES, ROWS, VICTIM, Fresh, Place
from xorbench.studies.injection.outcomes import Found
from xorbench.studies.injection.run_faults import UNDISTURBED, Fault, Running
from xorbench.studies.injection.runs import FaultSequence
from xorbench.tables.studies.faults import not_as_documented, table_of

CLOCK = "launches: 10% done\n"
"""A line of progress: the first is printed when the launches begin, each of the others when one has ended."""


def short(**changes: Any) -> Analysis:
    """A short run of the reference and the victim."""
    return planted({VICTIM: [0.0] * LAUNCHES}, launches=LAUNCHES, rounds=12, **changes)


def record(**changes: Any) -> Record:
    return short(**changes).record


def without(row: tuple[str, bool], launch: int) -> Record:
    """A record in which a row was lost in one launch."""
    name, copy = row

    def kept(timing: Timing) -> Timing | None:
        return None if (timing.implementation, timing.copy, timing.launch) == (name, copy, launch) else timing

    failure = Failure(launch, "hidden", name, copy, "its process ended with code -9")
    return replace(with_timings(short(), kept).record, failures=[failure])


def judged(fault: Fault, of: Found, again: Found | None = None) -> tuple[str, str, list[str]]:
    return outcomes.judged(fault, of, lambda: again or Found(2, ""), None)


KILLED = Fault("SIGKILL", (-signal.SIGKILL,))
ROW_LOST = Fault("a row is lost", (1,), own=True)


def test_a_complete_record_has_lost_nothing() -> None:
    assert judged(UNDISTURBED, Found(0, "", record())) == ("complete record, exit code 0", "nothing", [])


def test_a_run_that_was_ended_early_and_has_nothing_is_right_if_no_launch_was_finished() -> None:
    fault = Fault("SIGTERM", (143,))
    early = judged(fault, Found(143, f"judge: 1% done\n{CLOCK}"))
    assert early == ("ended before a launch was finished, exit code 143", "nothing that was finished", [])
    late = judged(fault, Found(143, CLOCK * 3))
    assert late == ("no record, exit code 143", "everything", ["no record, and nothing to resume"])


def test_a_partial_record_must_have_every_finished_launch() -> None:
    fault, part = Fault("SIGTERM", (143,)), record(partial=True)
    outcome = "partial record of the finished launches, exit code 143"
    assert judged(fault, Found(143, CLOCK * 4, part)) == (outcome, "nothing", [])
    one = replace(part, launches=part.launches[:1], timings=[timing for timing in part.timings if timing.launch == 0])
    assert judged(fault, Found(143, CLOCK * 4, one))[2] == ["a finished launch is not in the record"]


def test_a_killed_run_is_continued_or_lost() -> None:
    continued = judged(KILLED, Found(-9, CLOCK * 3), Found(0, "", record()))
    assert continued == ("continued by run --resume after exit code -9", "nothing", [])
    for again in (Found(2, ""), Found(130, "", record(partial=True)), Found(0, "", record(), wrong=["a traceback"])):
        assert judged(KILLED, Found(-9, CLOCK * 3), again)[1] == "everything"


def test_an_exit_code_is_the_documented_one() -> None:
    assert judged(Fault("x", (3,)), Found(1, "", record()))[2] == ["exit code 1, expected 3"]
    assert judged(Fault("x", (3,)), Found(0, "", record()))[2] == []  # it came too late to change anything
    assert judged(ROW_LOST, Found(0, "", without((VICTIM, False), 1)))[2] == ["exit code 0, although rows were lost"]
    assert judged(UNDISTURBED, Found(None, ""))[1:] == ("everything", ["it did not end"])


def test_only_its_own_row_may_be_lost() -> None:
    assert judged(ROW_LOST, Found(1, "", without((VICTIM, False), 1)))[1:] == ("its own row in one launch", [])
    other = judged(ROW_LOST, Found(1, "", without((REFERENCE, True), 1)))
    assert other[2] == [f"rows of {REFERENCE} were lost, expected {VICTIM}"]
    silent = judged(Fault("x", (1,)), Found(1, "", without((VICTIM, False), 1)))
    assert silent[1:] == ("1 rows in one launch", [f"rows of {VICTIM} were lost"])


def test_a_broken_rule_is_a_lost_row() -> None:
    def refused(timing: Timing) -> Timing:
        return replace(timing, violations=["no reference"]) if timing.launch == 2 else timing

    found = Found(1, "", with_timings(short(), refused).record)
    assert judged(Fault("x", (1,), every=True), found)[1:] == ("all rows in one launch", [])


def test_what_a_run_left_is_read_and_held_against_the_rules(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.make()
    (place.root / "err.txt").write_text("Traceback (most recent call last):\n  x\nKeyError: 'y'\n", encoding="utf-8")
    (place.output / "machine").mkdir()
    shutil.copy(COMMITTED, place.output / "machine")
    found = outcomes.found(place, 0)
    assert found.wrong == ["a traceback: KeyError: 'y'"]
    assert found.record == store.read(Path(COMMITTED))
    assert not found.elsewhere
    shutil.move(str(place.output / "machine"), place.temporary)
    assert outcomes.found(place, 3).elsewhere
    (place.temporary / "machine" / Path(COMMITTED).name).write_text("{}", encoding="utf-8")
    assert "an invalid record: " in outcomes.found(place, 3).wrong[0]


WAITING = (sys.executable, "-c", "import threading; threading.Event().wait()")

DRIVERS = {
    "loses its record": "pass",
    "leaves a process": (
        "import subprocess\n"
        "waits = 'import threading; threading.Event().wait()'\n"
        "subprocess.Popen([sys.executable, '-c', waits], start_new_session=True)\n"
    ),
    "leaves a file": "import os, pathlib\npathlib.Path(os.environ['TMPDIR'], 'left.txt').write_text('x')",
    "ends with another code": "sys.exit(7)",
    "raises": "raise KeyError('planted')",
}
"""Drivers that are wrong, by what is wrong with them."""

FOUND = {
    "loses its record": "no record, and nothing to resume",
    "leaves a process": "a process was left: python",
    "leaves a file": "temporary files were left: 1",
    "ends with another code": "exit code 7, expected -9",
    "raises": "a traceback: KeyError: 'planted'",
}


@pytest.mark.parametrize("what", DRIVERS)
def test_what_is_wrong_with_a_driver_is_found(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "finished_launches", lambda _text: 1)
    monkeypatch.setattr(drivers, "SECONDS_TO_END", 0.2)
    script = tmp_path / "driver.py"
    script.write_text(f"import sys\n{DRIVERS[what]}\n", encoding="utf-8")
    lane = FaultSequence(threading.Event(), [sys.executable, str(script)])
    happened = lane.happened(KILLED, seed=1)
    assert happened is not None
    assert any(wrong.startswith(FOUND[what]) for wrong in happened.wrong), happened.wrong


def test_a_process_that_is_left_is_named_and_ended(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.make()
    driver = Fresh(place, WAITING)
    try:
        there = place.processes()
        assert [process.pid for process in there] == [driver.pid]
        assert place.processes(but=[driver.pid]) == []
        assert len(place.left(seconds=0)) == 1
        assert runs.waited(driver, threading.Event(), seconds=60) == -signal.SIGKILL
        assert place.left(seconds=0) == []
    finally:
        driver.close()


def test_a_run_without_an_end_is_ended(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.make()
    driver = Fresh(place, WAITING)
    assert runs.waited(driver, threading.Event(), seconds=0) is None
    driver.close()
    assert place.processes() == []


def test_a_signal_reaches_the_driver_and_a_fault_that_comes_too_late_is_none(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.make()
    driver = Fresh(place, WAITING)
    running = Running(place, driver)
    fault = Fault("SIGTERM", (143,), run_faults.send(signal.SIGTERM))
    when = runs.injected(fault, running, 0.0, threading.Event())
    assert when is not None
    assert runs.waited(driver, threading.Event(), 60) == -signal.SIGTERM
    assert runs.injected(fault, running, 0.0, threading.Event()) is None
    driver.close()


def test_faults_are_planned_equally_often_and_by_their_seed() -> None:
    faults = [Fault(str(number)) for number in range(5)]
    plan = runs.planned(faults, 12, random.Random(1))
    assert plan == runs.planned(faults, 12, random.Random(1))
    assert sorted(plan.count(fault) for fault in faults) == [2, 2, 2, 3, 3]
    names = [fault.name for fault in (*run_faults.OF_A_DRIVER, *run_faults.OF_PROCESSES)]
    assert len({*names}) == len(names) - 3  # the pause of the driver and two faults of files are in both


def ended(fault: Fault, place: Place, code: str) -> int | None:
    """Return with what a driver ends that runs `code` under a fault; skip the test where the fault is not possible."""
    place.make()
    with ExitStack() as stack:
        if fault.prepare:
            try:
                fault.prepare(place, stack)
            except run_faults.NotPossible as error:
                pytest.skip(str(error))
        driver = Fresh(place, [sys.executable, "-c", code], fault.shell, fault.piped)
        stack.callback(driver.close)
        return runs.waited(driver, threading.Event(), seconds=60)


@pytest.mark.parametrize("fault", run_faults.OF_A_DRIVER, ids=lambda fault: fault.name)
def test_a_driver_starts_whatever_is_prepared_for_it(fault: Fault, tmp_path: Path) -> None:
    assert ended(fault, Place(tmp_path), "raise SystemExit(5)") == 5


LIMITS = {
    "64 open files are allowed": ("import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])", "64"),
    "the terminal has no UTF-8": ("import codecs, sys; print(codecs.lookup(sys.stdout.encoding).name)", "ascii"),
    "shared memory is read-only": ("import os; print(os.access('/dev/shm', os.W_OK))", "False"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_driver_has_the_limits_of_the_fault(name: str, tmp_path: Path) -> None:
    code, says = LIMITS[name]
    (fault,) = (fault for fault in run_faults.OF_A_DRIVER if fault.name == name)
    place = Place(tmp_path)
    assert ended(fault, place, code) == 0
    assert (place.root / "out.txt").read_text(encoding="utf-8").strip() == says


def test_what_is_not_possible_is_said(tmp_path: Path) -> None:
    def not_permitted(_place: Place, _stack: ExitStack) -> None:
        raise run_faults.NotPossible("it is not permitted")

    lane = FaultSequence(threading.Event(), [sys.executable, str(tmp_path / "none.py")])
    assert lane.happened(Fault("x", prepare=not_permitted), seed=0) is None
    assert lane.notes == {"x": "it is not permitted"}


def test_faulty_messages_are_refused_in_one_line_whatever_is_expected() -> None:
    found = messages.study(5, range(110))
    assert found["wrong"] == []
    assert {of["times"] for of in found["kinds"].values()} == {10}
    for kind in ("random bytes", "a message that is cut off", "a message that is too long", "no message"):
        assert found["kinds"][kind]["refused"] == 10, kind
    assert psutil.Process().num_fds() < 10_000


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"says": "failed", "reason": ""}, "it failed, and gave no reason"),
        ({"says": "failed", "reason": "\x1b\n"}, "it failed, and gave no reason"),
        ({"says": "failed", "reason": "ValueError: \x1b[2J\x07a\u202e\nb"}, "ValueError: [2J a b"),
        (
            {"says": "\x1b[2J"},
            "it sent an invalid message: it: Input tag ' [2J' found using 'says' does not match any of ",
        ),
    ],
)
def test_a_reason_that_a_worker_gives_is_a_line_of_printable_characters(message: dict[str, str], reason: str) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    for hears in messages.HEARD:
        assert messages.sent(json.dumps(message).encode() + b"\n", hears, True, process).startswith(reason)


def test_a_driver_that_takes_a_faulty_message_badly_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_worker: object) -> None:
        raise EOFError("planted")

    monkeypatch.setattr(messages, "HEARD", {"ended": fails})
    found = messages.study(0, range(1))
    assert found["wrong"] == ["random bytes: EOFError: planted"]


def data(**changes: Any) -> dict[str, Any]:
    """The data of a small study in which everything is as documented."""
    happened = outcomes.Happened("SIGKILL to the driver", 1.5, "continued", "nothing")
    late = replace(happened, seconds=None)
    counts = {
        "times": 10,
        "refused": 6,
        "accepted": 4,
        "shown": 1,
        "slow": 0,
        "slowest_seconds": 0.25,
        "memory_mib": 300,
        "wrong": {},
        "touched": {},
    }
    kinds = {"random bytes": {"times": 3, "refused": 2}}
    cheat = {"cheat": "collects", "does": "collects", "expected": "refused", "verdict": "refused", "ratio": None}
    large = {"file": "a large file", "bytes": 9, "command": "check", "memory_mib": 500, "seconds": 1.0, "code": 1}
    return {
        "seed": 1,
        "cpus": 2,
        "record_bytes": 19_400,
        "real": [asdict(happened), asdict(happened), asdict(late)],
        "driver": {"memory_mib": [100.0, 101.0, 100.0], "descriptors": [9, 9, 9], "drivers": 1},
        "not_possible": {"disk full": "mounting is not permitted"},
        "messages": {"kinds": kinds, "wrong": [], "slowest_seconds": 0.1, "gained_mib": 0.5},
        "files": {"kinds": {"a folder": {"times": 3, "refused": 3}}, "wrong": [], "slowest_seconds": 0.1},
        "mutations": counts,
        "published": counts,
        "large": [large | {"lines": 1, "traceback": False}],
        "guided": {"missing": "atheris is not installed"},
        "cheats": [cheat | {"reason": "garbage collection", "right": True}],
    } | changes


def test_the_table_has_a_line_for_each_fault_and_outcome() -> None:
    table = table_of(data())
    assert [tuple(line) for line in table.frame.to_numpy().tolist()] == [
        ("SIGKILL to the driver", "2", "continued", "nothing"),
        ("random bytes", "3", "refused in one line: 2; valid: 1", "nothing"),
        ("a folder", "3", "refused in one line: 3; valid: 0", "nothing"),
        ("a change of a record of 19 kB", "10", "refused in one line: 6; read: 4", "nothing"),
        ("a change of a published record", "10", "refused in one line: 6; read: 4", "nothing"),
        ("a large file", "1", "at most 500 MiB; exit codes: check 1", "nothing"),
        ("cheat: collects", "1", "refused: garbage collection", "its own row"),
    ]
    notes = " ".join(table.notes)
    assert "2 faults in real runs" in notes
    assert "1 more came after the end" in notes
    assert "A driver that performed 3 runs had 100 MiB of memory and 9 open files after the first tenth" in notes
    assert "and 100 MiB and 9 after the last tenth" in notes
    assert "Not possible here: disk full: mounting is not permitted." in notes
    assert "Not as documented: 0." in notes
    assert not_as_documented(data()) == []


def test_what_is_not_as_documented_is_said() -> None:
    spoilt = data()
    spoilt["real"][0] = {**spoilt["real"][0], "wrong": ("a traceback",)}
    spoilt["mutations"] = spoilt["mutations"] | {"wrong": {"KeyError": 2}, "touched": {"open x": 1}, "slow": 1}
    spoilt["large"][0]["memory_mib"] = 1_001
    spoilt["cheats"][0] |= {"right": False, "verdict": "faster", "reason": None, "ratio": 0.25}
    assert not_as_documented(spoilt) == [
        "SIGKILL to the driver: a traceback",
        "changes of a small record: KeyError (2 times)",
        "changes of a small record: touched open x (1 times)",
        "changes of a small record: 1 of them took over 5 s",
        "check of a large file: 1,001 MiB, exit code 1",
        "collects: faster, None",
    ]
    frame = table_of(spoilt).frame
    assert "NOT AS DOCUMENTED: a traceback" in [*frame["outcome"]]
    assert "NOT AS DOCUMENTED: faster, ratio 0.25, no reason" in [*frame["outcome"]]


def test_a_driver_whose_memory_or_files_grow_over_many_runs_is_not_as_documented() -> None:
    flat = {"memory_mib": [100.0] * 20, "descriptors": [9] * 20, "drivers": 1, "runs": [20]}
    assert not_as_documented(data(driver=flat)) == []
    grows = flat | {"memory_mib": [100.0] * 18 + [111.0] * 2, "descriptors": [9] * 18 + [10] * 2}
    assert not_as_documented(data(driver=grows)) == [
        "the memory of a driver grew from 100 to 111 MiB",
        "the open files of a driver grew from 9 to 10",
    ]
    assert not_as_documented(data(driver=grows | {"drivers": 2, "runs": [18, 2]})) == []  # another driver has more


def test_a_study_that_was_interrupted_at_once_has_a_table() -> None:
    assert table_of({"seed": 0, "cpus": 2, "record_bytes": 1}).frame.empty


def test_the_rows_of_a_launch_are_those_of_two_implementations() -> None:
    assert ROWS == ((REFERENCE, False), (REFERENCE, True), (VICTIM, False))
    assert Place(Path("x")).victim.stem == VICTIM


@pytest.mark.parametrize("name", large.FILES)
def test_a_large_file_is_as_large_as_it_says(name: str) -> None:
    text = b'{"command":"x","timings":[{"round_nanoseconds":[1,2,3]}]}'
    size = sum(map(len, large.FILES[name](text)))
    if "100 MB" in name:
        assert 100 * large.MEGABYTE - 2 < size <= 100 * large.MEGABYTE
    elif "largest" in name:
        assert MOST_BYTES - 2 < size <= MOST_BYTES
    else:
        assert size < MOST_BYTES


def test_what_a_command_needs_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.write_bytes(b"")
    found = large.measured("check", str(path))
    assert (found["code"], found["lines"], found["traceback"]) == (1, 1, False)
    assert 10 < found["memory_mib"] < large.MEGABYTE


def test_an_exception_is_named_without_the_folders_of_its_message() -> None:
    named = watching.named(AssertionError("no line: '/tmp/faults-1/some-cpu/2026.json: $.a'\nb"))
    assert named == "AssertionError in elsewhere: no line: '2026.json: $.a' b"
