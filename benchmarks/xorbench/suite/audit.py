"""The audit of launches: where rounds ended, what was observed of the workers, and which of that breaks a rule."""

import random
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace

from xorbench.clock import ends, ledger
from xorbench.clock.ends import Reference, Round
from xorbench.clock.turns import Launch, RowOfLaunch
from xorbench.contract import Implementation
from xorbench.record.timing import End, Timing
from xorbench.workloads import Array, Workload

MOST_KEPT = 2
"""Of the compared rounds of a timing a record keeps the first of each length, and so many that ended furthest off."""

Compared = list[tuple[Round, "Future[Array]"]]


class Audit:
    """Has the reference train for rounds of each launch, which it does beside the next one.

    `paces` are the reference's seconds per epoch by workload. It may train for `seconds` for each workload of a launch,
    beyond one round of each row and length.
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
    ) -> None:
        self._reference = reference
        self._workloads = {workload.name: workload for workload in workloads}
        self._execution = {i.name: i.execution for i in implementations}
        self._cpus = cpus
        self._paces = paces
        self._shuffler = random.Random(seed)
        self._seconds = seconds
        self._begun: list[tuple[RowOfLaunch, Compared]] = []

    def begin(self, launch: Launch, workload: str | None = None) -> None:
        """Choose rounds of a launch, of all of its workloads or of one, and ask the reference for their ends."""
        for name in [workload] if workload else launch.workloads:
            taken = [one for one in launch.rows if one.timing.workload == name]
            rounds = {place: one.rounds for place, one in enumerate(taken)}
            wanted = ends.chosen(rounds, self._paces[name], self._seconds, self._shuffler)
            asked: dict[tuple[int, int], Future[Array]] = {}
            for place, one in enumerate(taken):
                compared = []
                for round_ in wanted[place]:
                    key = round_.epochs, round_.seed
                    if key not in asked:
                        asked[key] = self._reference.trained(self._workloads[name], *key)
                    compared.append((round_, asked[key]))
                self._begun.append((one, compared))

    def settled(self) -> list[Timing]:
        """Return the timings that were begun and not yet returned, with their compared ends and violations."""
        begun, self._begun = self._begun, []
        return [self._audited(one.timing, one.rounds, compared) for one, compared in begun]

    def _audited(self, timing: Timing, rounds: Sequence[Round], compared: Compared) -> Timing:
        workload = self._workloads[timing.workload]
        found = [ends.compared(one, workload, expected) for one, expected in compared]
        timed = sum(nanoseconds or 0 for nanoseconds in timing.cpu_nanoseconds)
        execution = self._execution[timing.implementation]
        used = timing.usage or ledger.usage(1, None, None, None)
        violations = [
            *ends.violations(found, rounds, timing.epochs, workload.tolerance),
            *ledger.violations(timing.ledger, used, timed, workload, execution, self._cpus),
        ]
        kept = _kept(found, timing.epochs)
        return replace(timing, ends=kept, compared_rounds=len(found), violations=violations)


def _kept(found: Sequence[End], epochs: Sequence[int]) -> list[End]:
    """The first of each length and those that ended furthest off, in the order of the rounds."""
    first = {epochs[end.round]: end.round for end in reversed(found)}
    furthest = sorted(found, key=lambda end: end.off_course, reverse=True)[:MOST_KEPT]
    wanted = {*first.values(), *(end.round for end in furthest)}
    return [end for end in found if end.round in wanted]
