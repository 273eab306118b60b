"""The audit of launches: the ends of rounds, the ledgers and late answers of workers, and the rules they break."""

import random
from collections.abc import Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

from xorbench.clock import ends, late, ledger
from xorbench.clock.ends import Round
from xorbench.clock.late import Question, Rows
from xorbench.clock.reference import Answer, Reference
from xorbench.clock.turns import Launch, RowOfLaunch
from xorbench.contract import Implementation
from xorbench.failure import HarnessError
from xorbench.judging.truths import Truths
from xorbench.measures import Measure
from xorbench.record.timing import End, Timing
from xorbench.workloads import Array, Workload

MOST_KEPT = 2
"""The number of compared rounds furthest from the reference that a record keeps, beside the first of each length."""

Compared = list[tuple[Round, Answer[Array]]]
"""Rounds with the future ends that the reference reaches from the same starts."""


class Audit:
    """The audit of a run, in which the reference trains from the starts of some rounds while the next launch runs.

    `paces` are the reference's seconds per epoch by workload. For each workload of a launch one round of each row and
    length is compared, and others at random as long as the reference trains for at most `seconds`; where a function is
    measured, all rounds are compared. The true answers to `questions`, which are by workload, are computed once.
    """

    def __init__(
        self,
        reference: Reference,
        workloads: Sequence[Workload],
        implementations: Sequence[Implementation],
        cpus: Sequence[int],
        paces: Mapping[str, float],
        seed: int,
        seconds: float,
        questions: Mapping[str, Question],
    ) -> None:
        self._reference = reference
        self._workloads = {workload.name: workload for workload in workloads}
        self._execution = {i.name: i.execution for i in implementations}
        self._cpus = cpus
        self._paces = paces
        self._shuffler = random.Random(seed)
        self._seconds = seconds
        self._questions = questions
        self._truths: dict[str, Answer[Truths]] = {}
        self._begun: list[tuple[RowOfLaunch, Compared]] = []

    def begin(self, launch: Launch, workload: str | None = None) -> None:
        """Choose rounds of a launch, on one or all of its workloads, and let the reference train from their starts."""
        for name in [workload] if workload else launch.workloads:
            if name in self._questions and name not in self._truths:
                self._truths[name] = self._reference.truths(self._questions[name].points)
            taken = [one for one in launch.rows if one.timing.workload == name]
            trained = {place: one.rounds for place, one in enumerate(taken) if one.timing.measure == "epoch"}
            wanted = ends.chosen(trained, self._paces[name], self._seconds, self._shuffler)
            asked: dict[tuple[Measure, int, int], Answer[Array]] = {}
            for place, one in enumerate(taken):
                measure, compared = one.timing.measure, []
                for round_ in wanted.get(place, one.rounds):
                    key = measure, round_.epochs if measure == "epoch" else 1, round_.seed
                    if key not in asked:
                        asked[key] = self._reference.reached(self._workloads[name], *key)
                    compared.append((round_, asked[key]))
                self._begun.append((one, compared))

    @property
    def is_ready(self) -> bool:
        """Whether the reference has finished what was begun, so that `settled` does not wait."""
        return all(future.done() for future in self._asked)

    def settled(self) -> list[Timing]:
        """Wait for the reference, and return the timings that were begun, with their compared ends and violations.

        Each timing is returned once. Raises HarnessError if the process of the reference has ended too often, because
        a missing end is no fault of an implementation.
        """
        for future in self._asked:
            _awaited(future)
        found = [self._audited(one, compared) for one, compared in self._begun]
        self._begun = []
        return found

    @property
    def _asked(self) -> list[Answer[Array] | Answer[Truths]]:
        """The answers that were asked of the reference."""
        ends = [future for _, compared in self._begun for _, future in compared]
        return [*ends, *self._truths.values()]

    def _audited(self, row: RowOfLaunch, compared: Compared) -> Timing:
        timing = row.timing
        workload = self._workloads[timing.workload]
        measure = timing.measure
        found = [ends.compared(one, workload, expected, measure) for one, expected in compared]
        if measure == "epoch":
            found = [self._with_growth(end, timing.epochs[end.round], workload) for end in found]
        timed = sum(nanoseconds or 0 for nanoseconds in timing.cpu_nanoseconds)
        execution = self._execution[timing.implementation] if measure == "epoch" else ""
        violations = [
            *ends.violations(found, row.rounds, timing.epochs, workload, measure),
            *ledger.violations(timing.ledger, timing.usage, timed, workload, execution, self._cpus),
            *(self._of_answers(timing.workload, row.answers) if measure == "epoch" else ()),
        ]
        kept = _kept(found, timing.epochs)
        return replace(timing, ends=kept, compared_rounds=len(found), violations=violations)

    def _with_growth(self, end: End, epochs: int, workload: Workload) -> End:
        """Return an end with how far ends of the reference grow apart, where it is off by so much that this decides.

        That takes more trainings of the reference.
        """
        if not ends.allowed(end, epochs, workload) < end.off_course <= workload.tolerance:
            return end
        grown = self._reference.grown(workload, epochs, end.seed)
        return end if _awaited(grown) else replace(end, grown=grown.result())

    def _of_answers(self, workload: str, answers: Rows) -> list[str]:
        if workload not in self._questions:
            return []
        return late.violations(self._questions[workload], answers, self._truths[workload].result())


def _awaited(answer: Answer[object]) -> BaseException | None:
    """Wait for an answer of the reference, and return what it raised. Raises HarnessError if its process has ended."""
    error = answer.exception()
    if isinstance(error, BrokenProcessPool):
        raise HarnessError(f"while the reference trained from the starts of rounds, {error}") from error
    return error


def _kept(found: Sequence[End], epochs: Sequence[int]) -> list[End]:
    """Return the first end of each length and those furthest from the reference, in the order of the rounds."""
    first = {epochs[end.round]: end.round for end in reversed(found)}
    furthest = sorted(found, key=lambda end: end.off_course, reverse=True)[:MOST_KEPT]
    wanted = {*first.values(), *(end.round for end in furthest)}
    return [end for end in found if end.round in wanted]
