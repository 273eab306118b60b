"""The driver's side of the clock: it starts the workers, gives them turns in balanced order, and handles failures.

A launch is one fresh process for each entry. All are alive together and take turns, milliseconds apart. Rounds of two
lengths alternate: long ones, which are compared, and short ones of half as many epochs, from which the time to start a
training is estimated.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from xorbench.clock import order
from xorbench.clock.bookkeeper import usage
from xorbench.clock.ends import Round
from xorbench.clock.late import Question, Rows
from xorbench.clock.messages import Times
from xorbench.clock.system_counters import Account
from xorbench.clock.timed_implementation import SEEDS, Turn
from xorbench.clock.worker import Lost, Worker, left_running, stop
from xorbench.contract import Implementation
from xorbench.measures import Measure
from xorbench.record.timing import Failure, Timing

SECONDS_OF_A_TURN = 0.25
"""The mean time that a turn may take in addition to its training: drawing, converting, reading, other processes."""

SECONDS_TO_SPARE = 20.0
"""The time that all turns of a worker on one workload may take in addition to the times allowed for each turn."""

SLOWDOWN = 20
"""The largest ratio of the time of a training to that in the calibration."""


@dataclass(frozen=True)
class Entry:
    """One worker of a launch: its implementation, and the epochs of its long rounds by workload.

    These numbers of epochs are even. `seconds_per_epoch` holds estimates by workload, where they are known. `copy`
    marks the second copy of the baseline. Epochs are calls of a function where `measure` is one.
    """

    implementation: Implementation
    epochs: Mapping[str, int]
    copy: bool = False
    seconds_per_epoch: Mapping[str, float] = field(default_factory=dict)
    measure: Measure = "epoch"

    def turn(self, workload: str, long: bool, seed: int) -> Turn:
        """Return a turn on a workload: a long or a short round from the start drawn with `seed`."""
        epochs = self.epochs[workload]
        return Turn(epochs if long else epochs // 2, warm_up_of(epochs), seed)

    def seconds(self, workload: str, rounds: int) -> float:
        """Return how many seconds `rounds` turns on a workload may take together."""
        training = SLOWDOWN * self.epochs[workload] * self.seconds_per_epoch.get(workload, 0.0)
        return SECONDS_TO_SPARE + rounds * (SECONDS_OF_A_TURN + training)


def warm_up_of(epochs: int) -> int:
    """Return the epochs that are trained untimed before every round of a row whose long rounds have `epochs` epochs."""
    return max(1, epochs // 4)


@dataclass(frozen=True)
class RowOfLaunch:
    """The result of a worker's rounds on one workload: the timing, and the start and end of each round.

    `answers` are those to the question on the workload after the rounds, empty where there is none.
    """

    timing: Timing
    rounds: Sequence[Round]
    answers: Rows


@dataclass
class _Playing:
    """The state of one worker in the rounds of one workload.

    It holds the position in each round, the rounds, the accounts of the process, the epochs that were trained, and the
    seconds that the turns took.
    """

    positions: list[int] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    accounts: list[Account | None] = field(default_factory=list)
    trained: int = 0
    seconds: float = 0.0


@dataclass
class Launch:
    """One launch, which times all workloads one after the other; `rows` and `failures` hold its results.

    `questions` are asked after the rounds of the workloads that they are on.
    `seconds_starting` is the time until all workers were ready, `seconds_in_turns` the sum of the times of all turns.
    `left` has, by implementation, the names of the processes that it started and that did not end with its worker.
    """

    number: int
    workloads: Sequence[str]
    entries: Sequence[Entry]
    shuffler: random.Random
    questions: Mapping[str, Question] = field(default_factory=dict)
    rows: list[RowOfLaunch] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    seconds_starting: float = 0.0
    seconds_in_turns: float = 0.0
    left: dict[str, str] = field(default_factory=dict)
    _workers: dict[int, Worker] = field(default_factory=dict)

    @property
    def timings(self) -> list[Timing]:
        """The timings of all rows, before the ends of their rounds are compared."""
        return [one.timing for one in self.rows]

    def start(self, places: Sequence[Sequence[int]]) -> None:
        """Start a worker for each entry that has a workload of this launch, all at the same time, on `places` in turn.

        A place is the CPUs on which a worker starts; libraries take their number of threads from it.
        """
        self._started = perf_counter()
        for place, entry in enumerate(self.entries):
            if workloads := [name for name in self.workloads if name in entry.epochs]:
                on = places[place % len(places)]
                self._workers[place] = Worker(entry.implementation, workloads, on, entry.measure)

    def wait(self, places: Sequence[Sequence[int]] = ()) -> None:
        """Wait until every worker is ready; with `places`, move the workers to these CPUs first.

        With more measures more workers start at the same time, and each may take longer.
        """
        measures = {entry.measure for entry in self.entries}
        for place, worker in self._workers.items():
            if places:
                worker.move_to(places[place % len(places)])
        for place in list(self._workers):
            with self._losing(place, self.workloads[0]):
                self._workers[place].wait_until_ready(len(measures))
        self.seconds_starting = perf_counter() - self._started

    def run(self, cpus: Sequence[int], rounds: int, done: Callable[["Launch", str], None] | None = None) -> None:
        """Move the workers to `cpus` and take turns on one workload after the other, in `rounds` rounds each.

        `done` is called with this launch and the workload's name after each workload. At the end, workers that started
        processes have the time to end with them.
        """
        for worker in self._workers.values():
            worker.move_to(cpus)
        for workload in self.workloads:
            self._take_turns(workload, rounds)
            if done:
                done(self, workload)
        for place, names in left_running(self._workers).items():
            self.left[self.entries[place].implementation.name] = ", ".join(names)

    def resident_bytes(self) -> int:
        """Return the resident memory of all workers; shared libraries are counted for each of them."""
        accounts = [worker.account() for worker in self._workers.values()]
        return sum(account.resident_bytes for account in accounts if account is not None)

    def stop(self) -> None:
        """End all workers, whatever they are doing, and all processes that they started."""
        stop(self._workers.values())

    def _take_turns(self, workload: str, rounds: int) -> None:
        playing: dict[int, _Playing] = {}
        for place in [place for place in self._workers if workload in self.entries[place].epochs]:
            epochs = self.entries[place].epochs[workload]
            with self._losing(place, workload):
                self._workers[place].begin(rounds, [epochs, epochs // 2, warm_up_of(epochs)])
                playing[place] = _Playing(accounts=[self._workers[place].account()])
        turns = order.rounds([*playing], self.shuffler)
        for number in range(rounds):
            long, seed = number % 2 == 0, self.shuffler.randrange(SEEDS)
            there = [place for place in next(turns) if place in self._workers] if playing else []
            for position, place in enumerate(there):
                turn = self.entries[place].turn(workload, long, seed)
                with self._losing(place, workload):
                    self._give(place, workload, turn, number, position, rounds, playing[place])
            if number == 1 or number == rounds - 1:
                for place in there:
                    if place in self._workers:
                        playing[place].accounts.append(self._workers[place].account())
        question = self.questions.get(workload)
        for place in [place for place in playing if place in self._workers]:
            asked = question.rows if question and self.entries[place].measure == "epoch" else []
            with self._losing(place, workload):
                times = self._workers[place].times(rounds)
                answers = self._workers[place].answers(asked)
                self._note(place, workload, times, answers, playing[place])

    def _give(
        self, place: int, workload: str, turn: Turn, number: int, position: int, rounds: int, playing: _Playing
    ) -> None:
        """Take one turn, in the time that is left for all turns of the worker. Raises Lost."""
        allowed = self.entries[place].seconds(workload, rounds)
        started = perf_counter()
        try:
            end = self._workers[place].take_turn(turn, allowed - playing.seconds)
        except Lost:
            if playing.seconds + perf_counter() - started >= allowed:
                raise Lost(f"its turns took more than {allowed:.0f} s together, untimed parts included") from None
            raise
        finally:
            taken = perf_counter() - started
            playing.seconds += taken
            self.seconds_in_turns += taken
        playing.positions.append(position)
        playing.rounds.append(Round(number, turn.epochs, turn.seed, end))
        playing.trained += turn.epochs + turn.warm_up

    def _note(self, place: int, workload: str, times: Times, answers: Rows, playing: _Playing) -> None:
        entry = self.entries[place]
        accounts = playing.accounts  # before the first round, after one of each length, after the last
        timing = Timing(
            launch=self.number,
            workload=workload,
            implementation=entry.implementation.name,
            copy=entry.copy,
            measure=entry.measure,
            epochs=[one.epochs for one in playing.rounds],
            round_nanoseconds=times.wall,
            cpu_nanoseconds=times.cpu,
            waited_nanoseconds=times.waited,
            positions=playing.positions,
            involuntary_switches=times.involuntary_switches,
            ledger=times.ledger,
            usage=usage(playing.trained, accounts[0], accounts[min(1, len(accounts) - 1)], accounts[-1]),
            latency=times.latency,
        )
        self.rows.append(RowOfLaunch(timing, playing.rounds, answers))

    @contextmanager
    def _losing(self, place: int, workload: str) -> Iterator[None]:
        """End a worker that is lost inside, and note it as a failure of this launch."""
        try:
            yield
        except Lost as lost:
            self._workers.pop(place).stop()
            entry = self.entries[place]
            name, reason = entry.implementation.name, str(lost)
            self.failures.append(Failure(self.number, workload, name, entry.copy, reason, entry.measure))
