"""Faults in real runs: signals, processes, files, folders, disks and streams, each at a random time of a short run.

After each fault the exit code, the record, the rows in it, the output, and the processes and files that are left are
held against what is documented.
"""

import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil

from xorbench.record.studies import Data
from xorbench.studies.injection.drivers import COMMAND, Driver, Fresh, Lasting, Place, Started
from xorbench.studies.injection.outcomes import SECONDS_AT_MOST, Found, Happened, found, judged
from xorbench.studies.injection.run_faults import (
    OF_A_DRIVER,
    OF_PROCESSES,
    PAUSES,
    UNDISTURBED,
    Fault,
    NotPossible,
    Running,
)

TRIES = 3
"""How often a fault is tried that comes too late, because the run has ended before."""

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
        with suppress(psutil.NoSuchProcess):
            for kind in running.processes():
                found[kind] = found.get(kind, (now, now))[0], now
        time.sleep(PAUSES)
    return found


def injected(fault: Fault, running: Running, at: float, stopping: threading.Event) -> tuple[float, Started] | None:
    """Inject a fault `at` so many seconds after now, or as soon as there is a process of its kind.

    Returns the seconds and the process, or None if the run has ended before.
    """
    began = time.monotonic()
    assert fault.do
    while running.driver.ended() is None and not stopping.is_set():
        with suppress(psutil.NoSuchProcess, ProcessLookupError, FileNotFoundError):
            targets = running.processes().get(fault.during)
            if targets and (now := time.monotonic() - began) >= at:
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
            when = self._let(fault, Running(place, driver), at)
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
        driver.begin(place.arguments(seed))
        when = self._let(fault, Running(place, driver), at)
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

    Both halves go on at the same time. Each begins with an undisturbed run, which is among them.
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
                    if len(done) == seen and working:
                        changed.wait(timeout=1)
                if len(done) > seen:
                    seen = len(done)
                    yield [*done], {"driver": soak.lasting, "not_possible": soak.notes | lane.notes}
        finally:
            stopping.set()
            for thread in threads:
                thread.join()
    if failed:
        raise failed[0]
