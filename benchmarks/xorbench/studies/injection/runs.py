"""Faults in real runs: signals, processes, files, folders, disks and streams, each at a random time of a short run.

After each fault the exit code, the record, the rows in it, the output, and the processes and files that are left are
held against what is documented.
"""

import queue
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
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


class FaultSequence:
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

    def lasting(self) -> list[Data]:
        """Return what is known of a driver that performs several runs, of each run since the last call."""
        return []

    def _once(self, fault: Fault, seed: int, at: float) -> Happened:
        with ExitStack() as stack:
            root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True)))
            place = Place(root)
            place.make()
            stack.callback(place.left, (), 0.0)
            if fault.prepare:
                fault.prepare(place, stack)
            arguments = place.arguments(seed)
            driver = Fresh(place, [*self._command, *arguments], fault.shell, fault.piped)
            stack.callback(driver.close)
            when = self._inject(fault, Running(place, driver), at)
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

    def _inject(self, fault: Fault, running: Running, at: float) -> tuple[float, Started | None] | None:
        if fault is UNDISTURBED:
            self._spans = observed(running, self.stopping)
            return 0.0, None
        if fault.do is None:
            return 0.0, None
        return injected(fault, running, at, self.stopping)


class SequenceInOneDriver(FaultSequence):
    """A sequence of faults in runs that one driver performs; it is a context manager, which ends the driver."""

    def __init__(self, stopping: threading.Event) -> None:
        super().__init__(stopping)
        self._stack = ExitStack()
        self._drivers: list[Lasting] = []
        self._told = 0
        self._kept: set[str] = set()

    def __enter__(self) -> "SequenceInOneDriver":
        return self

    def __exit__(self, *_about: object) -> None:
        self._stack.close()

    def lasting(self) -> list[Data]:
        """Return the memory in MiB and the open files of the driver after each run since the last call."""
        found = [
            {"driver": driver.name, "memory_mib": memory, "descriptors": descriptors}
            for driver in self._drivers
            for memory, descriptors in zip(driver.memory, driver.descriptors, strict=True)
        ]
        new, self._told = found[self._told :], len(found)
        return new

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
        when = self._inject(fault, Running(place, driver), at)
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


def happened(
    number: int, seed: int, stopping: threading.Event, finished: Container[str] = ()
) -> Iterator[tuple[str, Data]]:
    """Let `number` faults happen, half of them in one lasting driver; yield the name and the data of each.

    Both halves go on at the same time; of an odd number one is left out. Each begins with an undisturbed run, which
    shows when there are processes of which kind. Faults whose names are in `finished` are left out, and where none is
    missing, the undisturbed run is, too.
    """
    results: queue.SimpleQueue[tuple[str, Data] | BaseException | None] = queue.SimpleQueue()

    def perform(lane: FaultSequence, name: str, faults: Sequence[Fault], first: int) -> None:
        try:
            plan = [UNDISTURBED, *planned(faults, number // 2, random.Random(first))]
            missing = [place for place in range(len(plan)) if f"{name} {place}" not in finished]
            for place in dict.fromkeys([0, *missing] if missing else []):
                result = lane.happened(plan[place], first + place)
                if stopping.is_set():
                    break
                data = {"happened": asdict(result) if result else None, "lasting": lane.lasting()}
                results.put((f"{name} {place}", data | {"not_possible": {} if result else dict(lane.notes)}))
        except BaseException as error:  # noqa: BLE001  it is raised again where the results are taken
            results.put(error)
        finally:
            results.put(None)

    with SequenceInOneDriver(stopping) as soak:
        lanes = (
            (soak, "real lasting", OF_PROCESSES, seed + 10_000),
            (FaultSequence(stopping), "real fresh", OF_A_DRIVER, seed + 20_000),
        )
        threads = [threading.Thread(target=perform, args=lane) for lane in lanes]
        for thread in threads:
            thread.start()
        try:
            working = len(threads)
            while working:
                found = results.get()
                if isinstance(found, BaseException):
                    raise found
                if found is None:
                    working -= 1
                else:
                    yield found
        finally:
            stopping.set()
            for thread in threads:
                thread.join()
