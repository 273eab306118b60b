"""The audit of launches: where rounds ended, what was observed of the workers, and which of that breaks a rule."""

import random
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any

from xorbench.clock import ends, ledger
from xorbench.clock.ends import Reference, Round
from xorbench.clock.turns import Launch, Timing
from xorbench.contract import Implementation
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
        self._begun: list[tuple[Timing, Compared]] = []

    def begin(self, launch: Launch, workload: str | None = None) -> None:
        """Choose rounds of a launch, of all of its workloads or of one, and ask the reference for their ends."""
        for name in [workload] if workload else launch.workloads:
            timings = [timing for timing in launch.timings if timing.workload == name]
            rounds = {place: timing.rounds for place, timing in enumerate(timings)}
            wanted = ends.chosen(rounds, self._paces[name], self._seconds, self._shuffler)
            asked: dict[tuple[int, int], Future[Array]] = {}
            for place, timing in enumerate(timings):
                compared = []
                for one in wanted[place]:
                    key = one.epochs, one.seed
                    if key not in asked:
                        asked[key] = self._reference.trained(self._workloads[name], *key)
                    compared.append((one, asked[key]))
                self._begun.append((timing, compared))

    def settled(self) -> list[dict[str, Any]]:
        """Return the timings that were begun and not yet returned, as a record holds them, with their violations."""
        begun, self._begun = self._begun, []
        return [self._audited(timing, compared) for timing, compared in begun]

    def _audited(self, timing: Timing, compared: Compared) -> dict[str, Any]:
        workload = self._workloads[timing.workload]
        found = [asdict(ends.compared(one, workload, expected)) for one, expected in compared]
        timed = sum(nanoseconds or 0 for nanoseconds in timing.cpu_nanoseconds)
        execution = self._execution[timing.implementation]
        violations = [
            *ends.violations(found, timing.rounds, timing.epochs, workload.tolerance),
            *ledger.violations(timing.ledger, timing.usage, timed, workload, execution, self._cpus),
        ]
        kept = {name: value for name, value in vars(timing).items() if name not in ("rounds", "ledger", "usage")}
        return kept | {
            "ledger": asdict(timing.ledger),
            "usage": asdict(timing.usage),
            "ends": _kept(found, timing.epochs),
            "compared_rounds": len(found),
            "violations": violations,
        }


def _kept(found: Sequence[dict[str, Any]], epochs: Sequence[int]) -> list[dict[str, Any]]:
    """The first of each length and those that ended furthest off, in the order of the rounds."""
    first = {epochs[end["round"]]: end["round"] for end in reversed(found)}
    furthest = sorted(found, key=lambda end: ends.off_course(end), reverse=True)[:MOST_KEPT]
    wanted = {*first.values(), *(end["round"] for end in furthest)}
    return [end for end in found if end["round"] in wanted]
