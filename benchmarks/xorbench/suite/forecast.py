"""Forecast of the seconds that the remaining stages of a run take, from default values and then from measurements."""

import math
from collections.abc import Callable, Sequence

from xorbench.clock.turns import Entry
from xorbench.progress import Progress, duration
from xorbench.suite import calibration, launch_cost, pilot
from xorbench.suite.launch_cost import LaunchCost
from xorbench.suite.session import Session

COLD_STARTS_SHARE = 0.25
"""The share of a budget for cold starts, if one of each implementation on each workload fits into it."""

TOO_LONG = 1.1
"""The expected time of a command over its budget above which one line says so before anything is measured."""


class Forecast:
    """The expected seconds of the remaining stages of a session, which are passed on to its progress.

    `cost` is the cost of a launch; it is made from default values until the calibration has measured it.
    """

    def __init__(self, session: Session, progress: Progress) -> None:
        self._session = session
        self._progress = progress
        self.cost = self.supposed(0)

    def supposed(self, rows: int) -> LaunchCost:
        """Return the cost of a launch of `rows` rows and the second copy of the baseline, from default values."""
        of_copy = len(self._session.workloads)
        workers = (rows + of_copy) / max(1, of_copy)
        return launch_cost.supposed(workers, rows + of_copy, self._session.settings)

    def suppose(self) -> None:
        """Pass on the expected seconds of the stages after the gradient check, from default values."""
        session = self._session
        usable = [Entry(i, {w.name: 0 for w in session.workloads}) for i in session.implementations if i.usable]
        self.cost = self.supposed(len(usable) * len(session.workloads) * len(session.settings.measures))
        self._progress.suppose("calibration", self.cost.first(calibration.ROUNDS))
        self._tell(usable, self._progress.suppose)

    def expect(self, entries: Sequence[Entry], cost: LaunchCost) -> None:
        """Pass on the expected seconds of the stages after the calibration, which measured the `cost` of a launch."""
        self.cost = cost
        self._tell(entries, self._progress.expect)

    def of_cold_starts(self, entries: Sequence[Entry], left: float = math.inf) -> float | None:
        """Return the seconds of the cold starts of entries, as many rounds as there is time for.

        None where one round would not leave the time for the fewest launches, of the `left` seconds of the budget.
        """
        starting = [entry for entry in entries if not entry.copy and entry.measure == "epoch"]
        number, rows = self._session.settings.cold_starts, sum(len(entry.epochs) for entry in starting)
        if not number or not starting or self._session.started_cold:
            return 0.0
        warm_up, a_round = len(starting) * self.cost.cold_start, rows * self.cost.cold_start
        if warm_up + a_round > left - self._of_launches(entries):
            return None
        return warm_up + min(number * a_round, max(a_round, self.most_of_cold_starts(entries, left) - warm_up))

    def most_of_cold_starts(self, entries: Sequence[Entry], left: float) -> float:
        """Return the most seconds of all cold starts: a share of the budget, of which `left` seconds are left.

        The fewest launches keep their time. It is infinite without a budget.
        """
        budget = self._session.settings.budget_minutes
        share = math.inf if budget is None else 60 * budget * COLD_STARTS_SHARE
        return min(share, left - self._of_launches(entries))

    def complaint(self) -> str | None:
        """Return a line where the command is expected to take longer than its budget; None otherwise.

        Called where the first stage begins, it sums what is expected of all stages, with the fewest launches.
        """
        session, seconds = self._session, self._progress.left
        budget = session.settings.budget_minutes
        if budget is None or not seconds > TOO_LONG * self._progress.at_least:
            return None
        files, workloads = len(session.implementations), len(session.workloads)
        return (
            f"a budget of {duration(60 * budget)} is too short for {files} implementation{'s' * (files > 1)} on "
            f"{workloads} workload{'s' * (workloads > 1)}: the gradient check, the calibration and "
            f"{pilot.FEWEST_PILOT_LAUNCHES} short launches are expected to take about {duration(seconds)}, and nothing "
            "else is measured"
        )

    def _of_launches(self, entries: Sequence[Entry]) -> float:
        """Return the seconds of the launches that are made: with a budget, of the fewest and shortest ones."""
        settings, plan = self._session.settings, self._session.plan
        number = (settings.launches or pilot.FEWEST_PILOT_LAUNCHES) - len(self._session.launches)
        rounds = plan.rounds if settings.launches else min(plan.rounds, pilot.FEWEST_PILOT_ROUNDS)
        return self.cost.of(number, rounds) if entries and number > 0 else 0.0

    def _tell(self, entries: Sequence[Entry], tell: Callable[[str, float], None]) -> None:
        """Tell the seconds of the stages after the calibration: with a budget, of those that are always made."""
        tell("cold starts", 0.0 if self._session.settings.budget_minutes else self.of_cold_starts(entries) or 0.0)
        tell("launches", self._of_launches(entries))
