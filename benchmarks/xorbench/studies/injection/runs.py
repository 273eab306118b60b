"""Faults in real runs: signals, processes, files, folders, disks and streams, each at a random time of a short run.

After each fault the exit code, the record, the rows in it, the output, and the processes and files that are left are
held against what is documented.
"""

import random
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil

from xorbench.consistency.rules import read
from xorbench.environment import without_folders
from xorbench.record.run import Record
from xorbench.record.studies import Data
from xorbench.studies.injection.drivers import (
    COMMAND,
    JUDGE,
    LAUNCHES,
    POOL,
    ROWS,
    VICTIM,
    WORKER,
    Driver,
    Fresh,
    Lasting,
    Place,
    Started,
    started,
)

SECONDS_OF_A_PAUSE = 5.0

SECONDS_AT_MOST = 420.0
"""The time in which a run must end, whatever happens; the longest deadline of the suite, that of the judge, is 300 s."""

TRIES = 3
"""How often a fault is tried that comes too late, because the run has ended before."""

DRIVER, REFERENCE_PROCESS, ORACLE = "driver", "process of the reference", "process of the true values"

PAUSES = 0.02

FULL_BYTES = 8 * 2**20
"""The size of a disk that is filled during a run."""


class NotPossible(Exception):  # noqa: N818  a state of this machine, not a mistake
    """Raised where this machine does not permit a fault; the message says why."""


@dataclass
class Running:
    """A run during which a fault happens: its folders, its driver, and what is undone when it has ended."""

    place: Place
    driver: Driver
    stack: ExitStack

    def targets(self, kind: str) -> list[Started]:
        """Return the processes of a kind that are running now."""
        there = started(self.driver.pid)
        working = any(one.kind == WORKER for one in there)
        if kind == DRIVER:
            return [Started(psutil.Process(self.driver.pid), DRIVER)]
        if kind in (REFERENCE_PROCESS, ORACLE):  # both are processes of a pool, but not at the same time
            return [one for one in there if one.kind == POOL and working == (kind == REFERENCE_PROCESS)]
        return [one for one in there if one.kind == kind]


@dataclass(frozen=True)
class Fault:
    """A fault: what it is called, what is done and to which kind of process, and what may come of it.

    `codes` are the documented exit codes. `own` says whether rows of one implementation may be lost by it, and `every`
    whether those of all may be. `prepare` is called before the start of the run, and `mend` before it is resumed.
    `redirections` and `piped` are those of the driver.
    """

    name: str
    codes: tuple[int, ...] = (0,)
    do: Callable[[Running, Started], object] | None = None
    during: str = DRIVER
    own: bool = False
    every: bool = False
    prepare: Callable[[Place, ExitStack], object] | None = None
    mend: Callable[[Place], object] | None = None
    redirections: str = ""
    piped: int | None = None


@dataclass(frozen=True)
class Happened:
    """What came of a fault, in words: the outcome, what was lost, and what is not as it should be.

    `seconds` is the time between the start of the run and the fault; None where the run had ended before.
    """

    fault: str
    seconds: float | None
    outcome: str
    lost: str = "nothing"
    wrong: Sequence[str] = ()


def send(number: int) -> Callable[[Running, Started], None]:
    """Return a fault that sends a signal to a process."""
    return lambda _running, target: target.process.send_signal(number)


def pause(running: Running, target: Started) -> None:
    """Stop a process for a while."""
    target.process.suspend()
    until = time.monotonic() + SECONDS_OF_A_PAUSE
    while time.monotonic() < until and running.driver.ended() is None:
        time.sleep(PAUSES)
    with suppress(psutil.NoSuchProcess):
        target.process.resume()


def _remove_output(running: Running, _target: Started) -> None:
    shutil.rmtree(running.place.output)


def _output_is_a_file(running: Running, _target: Started) -> None:
    shutil.rmtree(running.place.output)
    running.place.output.write_text("no folder\n", encoding="utf-8")


def _output_is_a_folder_again(place: Place) -> None:
    if place.output.is_file():
        place.output.unlink()


def _remove_temporary(running: Running, _target: Started) -> None:
    shutil.rmtree(running.place.temporary)


def _remove_cache(running: Running, _target: Started) -> None:
    shutil.rmtree(running.place.cache)


def _delete_victim(running: Running, _target: Started) -> None:
    running.place.victim.unlink()


def _change_victim(running: Running, _target: Started) -> None:
    with running.place.victim.open("a", encoding="utf-8") as file:
        file.write("# changed\n")


def _limit_files(_running: Running, target: Started) -> None:
    if not hasattr(resource, "prlimit"):
        raise NotPossible("the limits of another process cannot be set")
    _, most = resource.prlimit(target.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(target.process.pid, resource.RLIMIT_FSIZE, (4_096, most))


def _own_disk(folder: str, place: Place, stack: ExitStack) -> None:
    """Mount a small file system at a folder of a run."""
    path = getattr(place, folder)
    call = ["mount", "-t", "tmpfs", "-o", f"size={FULL_BYTES}", "none", str(path)]
    try:
        subprocess.run(call, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotPossible("mounting a small file system is not permitted") from error
    stack.callback(subprocess.run, ["umount", "--lazy", str(path)], check=False, capture_output=True)


def _fill(folder: str, running: Running, _target: Started) -> None:
    path = getattr(running.place, folder) / "filler"
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4_096))


def _free(folder: str, place: Place) -> None:
    (getattr(place, folder) / "filler").unlink(missing_ok=True)


def _reader_leaves(running: Running, _target: Started) -> None:
    assert isinstance(running.driver, Fresh)
    running.driver.close()


def _without_temporary(place: Place, _stack: ExitStack) -> None:
    place.temporary.rmdir()


def _full(what: str, folder: str, codes: tuple[int, ...], every: bool = False) -> Fault:
    return Fault(
        f"disk full: {what}",
        codes,
        partial(_fill, folder),
        every=every,
        prepare=partial(_own_disk, folder),
        mend=partial(_free, folder),
    )


UNDISTURBED = Fault("no fault")

OF_FILES = (
    Fault("the file of an implementation is deleted", (0, 1), _delete_victim, own=True),
    Fault("the file of an implementation is changed", (0, 1), _change_victim, own=True),
)

OF_A_DRIVER = (
    Fault("SIGINT to the driver", (130,), send(signal.SIGINT)),
    Fault("SIGTERM to the driver", (143,), send(signal.SIGTERM)),
    Fault("SIGHUP to the driver", (129,), send(signal.SIGHUP)),
    Fault("SIGKILL to the driver", (-signal.SIGKILL,), send(signal.SIGKILL)),
    Fault("SIGSTOP to the driver, and SIGCONT after 5 s", (0,), pause),
    *OF_FILES,
    Fault("the output folder is removed", (0, 3), _remove_output),
    Fault("the output folder becomes a file", (3,), _output_is_a_file, mend=_output_is_a_folder_again),
    _full("that of the output", "output", (3,)),
    _full("that of temporary files", "temporary", (0, 1, 3), every=True),
    _full("that of the cache", "cache", (0,)),
    Fault("files of the driver end at 4,096 bytes", (3,), _limit_files),
    Fault("the folder of temporary files is removed", (0, 1, 3), _remove_temporary, every=True),
    Fault("the folder of temporary files is missing", (0,), prepare=_without_temporary),
    Fault("the cache folder is removed", (0,), _remove_cache),
    Fault("standard output is closed", redirections=">&-"),
    Fault("standard error is closed", redirections="2>&-"),
    Fault("standard input, output and error are closed", redirections="<&- >&- 2>&-"),
    Fault("standard output is full", (0, 3), redirections=">/dev/full"),
    Fault("standard error is full", (0, 3), redirections="2>/dev/full"),
    Fault("the reader of standard output stops", do=_reader_leaves, piped=1),
    Fault("the reader of standard error stops", do=_reader_leaves, piped=2),
)
"""Faults of which each needs a driver of its own."""

OF_PROCESSES = (
    Fault("SIGKILL to a worker", (1,), send(signal.SIGKILL), WORKER, own=True),
    Fault("SIGSEGV to a worker", (1,), send(signal.SIGSEGV), WORKER, own=True),
    Fault("SIGTERM to a worker", (1,), send(signal.SIGTERM), WORKER, own=True),
    Fault("SIGSTOP to a worker", (1,), send(signal.SIGSTOP), WORKER, own=True),
    Fault("SIGSTOP to a worker, and SIGCONT after 5 s", (0,), pause, WORKER),
    Fault("SIGKILL to a process of the judge", (1, 3), send(signal.SIGKILL), JUDGE, own=True),
    Fault("SIGSTOP to a process of the judge, and SIGCONT after 5 s", (0,), pause, JUDGE),
    Fault("SIGKILL to the process of the true values", (3,), send(signal.SIGKILL), ORACLE),
    Fault("SIGSTOP to the process of the true values, and SIGCONT after 5 s", (0,), pause, ORACLE),
    Fault("SIGKILL to the reference's process", (0, 1), send(signal.SIGKILL), REFERENCE_PROCESS, every=True),
    Fault("SIGSTOP to the reference's process, and SIGCONT after 5 s", (0,), pause, REFERENCE_PROCESS),
    Fault("SIGSTOP to the driver, and SIGCONT after 5 s", (0,), pause),
    *OF_FILES,
)
"""Faults after which the driver goes on; one driver performs all of these runs."""

Spans = Mapping[str, tuple[float, float]]
"""The seconds after the start of a run between which there are processes of a kind."""


def planned(faults: Sequence[Fault], number: int, shuffler: random.Random) -> list[Fault]:
    """Return `number` faults in random order, each of `faults` as often as the others but for one time."""
    found = [fault for _ in range(-(-number // len(faults))) for fault in shuffler.sample(faults, len(faults))]
    return found[:number]


def observed(running: Running, stopping: threading.Event) -> Spans:
    """Wait until an undisturbed run has ended, and return when which kinds of processes were there."""
    began = time.monotonic()
    found: dict[str, tuple[float, float]] = {}
    while running.driver.ended() is None and not stopping.is_set():
        now = time.monotonic() - began
        for kind in (DRIVER, WORKER, JUDGE, ORACLE, REFERENCE_PROCESS):
            with suppress(psutil.NoSuchProcess):
                if running.targets(kind):
                    found[kind] = found.get(kind, (now, now))[0], now
        time.sleep(0.1)
    return found


def injected(fault: Fault, running: Running, at: float, stopping: threading.Event) -> tuple[float, Started] | None:
    """Inject a fault `at` so many seconds after now, or as soon as there is a process of its kind.

    Returns the seconds and the process, or None if the run has ended before.
    """
    began = time.monotonic()
    assert fault.do
    while running.driver.ended() is None and not stopping.is_set():
        if (now := time.monotonic() - began) >= at:
            with suppress(psutil.NoSuchProcess, ProcessLookupError, FileNotFoundError):
                if targets := running.targets(fault.during):
                    target = random.Random(at).choice(targets)
                    fault.do(running, target)
                    return now, target
        time.sleep(PAUSES)
    return None


def waited(driver: Driver, stopping: threading.Event, seconds: float = SECONDS_AT_MOST) -> int | None:
    """Return the exit code of a run when it has ended, None if it did not end within `seconds` and was ended."""
    until = time.monotonic() + seconds
    while (code := driver.ended()) is None:
        if time.monotonic() > until or stopping.is_set():
            driver.kill()
            return None
        time.sleep(PAUSES)
    return code


@dataclass
class Found:
    """What a run left: its exit code, the texts of its output, and its record or why that is none."""

    code: int | None
    text: str
    record: Record | None = None
    elsewhere: bool = False
    wrong: list[str] = field(default_factory=list)

    @property
    def lost(self) -> list[tuple[str, bool, int]]:
        """The rows of finished launches that have no time or broke a rule: implementation, second copy, launch."""
        if self.record is None:
            return []
        kept = {(t.implementation, t.copy, t.launch) for t in self.record.timings if not t.violations}
        return [(*row, n) for n in range(len(self.record.launches)) for row in ROWS if (*row, n) not in kept]


def found(place: Place, code: int | None) -> Found:
    """Return what a run left in its folders."""
    texts = [place.root / name for name in ("out.txt", "err.txt")]
    of = Found(code, "\n".join(path.read_text(errors="replace") for path in texts if path.is_file()))
    there = [*place.output.glob("*/*.json")] if place.output.is_dir() else []
    others = [path for path in place.root.rglob("*Z.json") if path not in there]
    of.elsewhere = bool(others) and not there
    for path in (*there, *others):
        try:
            of.record = read(path)
        except (OSError, ValueError) as error:
            of.wrong.append(f"an invalid record: {without_folders(str(error))}"[:300])
    if "Traceback (most recent call last)" in of.text:
        of.wrong.append(f"a traceback: {without_folders(of.text.strip().splitlines()[-1])}"[:300])
    return of


def finished_launches(text: str) -> int:
    """Return how many launches had ended for certain when a run ended, from the progress that it printed."""
    lines = [line for line in text.splitlines() if line.startswith("launches: ")]
    return max(0, len(lines) - 2)  # the first is printed at the beginning; the last launch may not be noted yet


def judged(fault: Fault, of: Found, resumed: Callable[[], Found], target: Started | None) -> tuple[str, str, list[str]]:
    """Return the outcome of a fault in words, what was lost, and what is not as it should be."""
    wrong = [*of.wrong]
    if of.code is None:
        return f"no end within {SECONDS_AT_MOST:.0f} s", "everything", [*wrong, "it did not end"]
    complete = of.record is not None and not of.record.partial
    if of.code not in fault.codes and not (of.code == 0 and complete):
        wrong.append(f"exit code {of.code}, expected {' or '.join(map(str, fault.codes))}")
    if of.record is None:
        outcome, lost, more = _without_record(fault, of, resumed)
        return outcome, lost, wrong + more
    lost, more = _rows_lost(fault, of, target)
    wrong += more
    if of.record.partial:
        if len(of.record.launches) < finished_launches(of.text):
            wrong.append("a finished launch is not in the record")
        return f"partial record of the finished launches, exit code {of.code}", lost, wrong
    if of.code == 0 and lost != "nothing" and of.lost:
        wrong.append("exit code 0, although rows were lost")
    where = " in another folder" if of.elsewhere else ""
    return f"complete record{where}, exit code {of.code}", lost, wrong


def _without_record(fault: Fault, of: Found, resumed: Callable[[], Found]) -> tuple[str, str, list[str]]:
    finished = finished_launches(of.text)
    if of.code in (-signal.SIGKILL, 3) or finished:
        again = resumed()
        if again.record is not None and not again.record.partial and not again.wrong:
            return f"continued by run --resume after exit code {of.code}", "nothing", []
    if not finished and of.code in fault.codes:
        return f"ended before a launch was finished, exit code {of.code}", "nothing that was finished", []
    return f"no record, exit code {of.code}", "everything", ["no record, and nothing to resume"]


def _rows_lost(fault: Fault, of: Found, target: Started | None) -> tuple[str, list[str]]:
    lost = of.lost
    if not lost:
        return "nothing", []
    names = {name for name, _, _ in lost}
    launches = len({launch for _, _, launch in lost})
    many = "one launch" if launches == 1 else f"{launches} launches"
    if len(names) == 1 and fault.own:
        expected = VICTIM if fault.during == DRIVER else target.implementation if target else None
        wrong = [f"rows of {name} were lost, expected {expected}" for name in names if expected not in (None, name)]
        return f"its own row in {many}", wrong
    what = f"all rows in {many}" if len(lost) == launches * len(ROWS) else f"{len(lost)} rows in {many}"
    return what, [] if fault.every else [f"rows of {' and '.join(sorted(names))} were lost"]


class Lane:
    """A sequence of faults, one after the other, each in a short run; `notes` says what this machine did not permit.

    `command` is that of the driver, without its arguments.
    """

    def __init__(self, stopping: threading.Event, command: Sequence[str] = COMMAND) -> None:
        self.stopping = stopping
        self.notes: dict[str, str] = {}
        self._command = command
        self._spans: Spans = {}

    def happened(self, fault: Fault, seed: int) -> Happened | None:
        """Let a fault happen at a random time of a run, and return what came of it; None if it is not possible here."""
        shuffler = random.Random(seed)
        for attempt in range(1, TRIES + 1):
            first, last = self._spans.get(fault.during, (0.0, 1.0))
            at = shuffler.uniform(first, first + (last - first) / attempt)
            try:
                result = self._once(fault, seed, at)
            except NotPossible as error:
                self.notes[fault.name] = str(error)
                return None
            if result.seconds is not None or self.stopping.is_set():
                break
        return result

    def _once(self, fault: Fault, seed: int, at: float) -> Happened:
        with ExitStack() as stack:
            root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True)))
            place = Place(root)
            place.make()
            stack.callback(place.left, (), 0.0)
            if fault.prepare:
                fault.prepare(place, stack)
            arguments = place.arguments(seed)
            driver = Fresh(place, [*self._command, *arguments], fault.redirections, fault.piped)
            stack.callback(driver.close)
            running = Running(place, driver, stack)
            when = self._let(fault, running, at)
            of = found(place, waited(driver, self.stopping))
            left = place.left()

            def resumed() -> Found:
                if fault.mend:
                    fault.mend(place)
                place.make()
                again = Fresh(place, [*self._command, *arguments, "--resume"])
                stack.callback(again.close)
                return found(place, waited(again, self.stopping))

            return _summary(fault, of, when, resumed, place, left, set())

    def _let(self, fault: Fault, running: Running, at: float) -> tuple[float, Started | None] | None:
        if fault is UNDISTURBED:
            self._spans = observed(running, self.stopping)
            return 0.0, None
        if fault.do is None:
            return 0.0, None
        return injected(fault, running, at, self.stopping)


class SoakLane(Lane):
    """A sequence of faults in runs that one driver performs; it is a context manager, which ends the driver.

    `memory` and `descriptors` are those of the driver after each run.
    """

    def __init__(self, stopping: threading.Event) -> None:
        super().__init__(stopping)
        self._stack = ExitStack()
        self._drivers: list[Lasting] = []
        self._kept: set[str] = set()

    def __enter__(self) -> "SoakLane":
        return self

    def __exit__(self, *_about: object) -> None:
        self._stack.close()

    @property
    def lasting(self) -> Data:
        """The memory in MiB and the open file descriptors of the driver after each run, and how many drivers ended."""
        return {
            "memory_mib": [each for driver in self._drivers for each in driver.memory],
            "descriptors": [each for driver in self._drivers for each in driver.descriptors],
            "drivers": len(self._drivers),
        }

    def _driver(self) -> Lasting:
        if not self._drivers or not self._drivers[-1].alive:
            root = tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True)
            place = Place(Path(self._stack.enter_context(root)))
            place.make()
            self._stack.callback(place.left, (), 0.0)
            driver = Lasting(place)
            self._stack.callback(driver.kill)
            self._drivers.append(driver)
            driver.begin(place.arguments(0))  # imports everything, and makes the folder that lasts as long as it does
            waited(driver, self.stopping)
            self._kept = place.files()
        return self._drivers[-1]

    def _once(self, fault: Fault, seed: int, at: float) -> Happened:
        driver = self._driver()
        place = driver.place
        shutil.rmtree(place.output)
        place.make()
        with ExitStack() as stack:
            driver.begin(place.arguments(seed))
            running = Running(place, driver, stack)
            when = self._let(fault, running, at)
            of = found(place, waited(driver, self.stopping))
        left = place.left(driver.kept)
        return _summary(fault, of, when, lambda: of, place, left, self._kept)


def _summary(
    fault: Fault,
    of: Found,
    when: tuple[float, Started | None] | None,
    resumed: Callable[[], Found],
    place: Place,
    left: Sequence[str],
    kept: set[str],
) -> Happened:
    """Return what came of a fault, with the processes and files that were `left` but for those that are `kept`."""
    if when is None:
        fault = Fault(fault.name, codes=(0,))
    outcome, lost, wrong = judged(fault, of, resumed, when[1] if when else None)
    wrong += [f"a process was left: {name}" for name in left]
    files = {name for name in place.files() - kept if not (of.elsewhere and name.startswith("xorbench-"))}
    wrong += [f"temporary files were left: {len(files)}"] if files else []
    return Happened(fault.name, None if when is None else round(when[0], 2), outcome, lost, wrong)


def happened(number: int, seed: int, stopping: threading.Event) -> Iterator[tuple[list[Happened], Data]]:
    """Let `number` faults happen, half of them in one lasting driver; yield all so far, with what is known beside.

    Both halves go on at the same time. Each begins with an undisturbed run, which is not counted.
    """
    done: list[Happened] = []
    changed = threading.Condition()
    working = 2
    failed: list[BaseException] = []

    def perform(lane: Lane, faults: Sequence[Fault], first: int) -> None:
        nonlocal working
        try:
            for place, fault in enumerate([UNDISTURBED, *planned(faults, number // 2, random.Random(first))]):
                if stopping.is_set():
                    break
                result = lane.happened(fault, first + place)
                with changed:
                    done.extend([result] if result else [])
                    changed.notify()
        except BaseException as error:  # noqa: BLE001  it is raised again where the results are taken
            failed.append(error)
        finally:
            with changed:
                working -= 1
                changed.notify()

    with SoakLane(stopping) as soak:
        lane = Lane(stopping)
        threads = [
            threading.Thread(target=perform, args=(soak, OF_PROCESSES, seed + 10_000)),
            threading.Thread(target=perform, args=(lane, OF_A_DRIVER, seed + 20_000)),
        ]
        for thread in threads:
            thread.start()
        try:
            seen = 0
            while working or seen < len(done):
                with changed:
                    changed.wait_for(lambda: len(done) > seen or not working, timeout=1)
                if len(done) > seen:
                    seen = len(done)
                    yield [*done], {"driver": soak.lasting, "not_possible": soak.notes | lane.notes}
        finally:
            stopping.set()
            for thread in threads:
                thread.join()
    if failed:
        raise failed[0]
