"""Forecast of the seconds that the remaining stages of a run take, from default values and then from measurements."""

import math
from collections.abc import Callable, Sequence

from xorbench.clock.turns import Entry
from xorbench.progress import Progress
from xorbench.suite import calibration, launch_cost, pilot
from xorbench.suite.launch_cost import LaunchCost
from xorbench.suite.session import Session

COLD_STARTS_SHARE = 0.25
"""The share of a budget for cold starts; one of each implementation on each workload is always made."""


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

    def of_cold_starts(self, entries: Sequence[Entry]) -> float:
        """Return the seconds of the cold starts of entries, as many rounds as there is time for."""
        starting = [entry for entry in entries if not entry.copy and entry.measure == "epoch"]
        number, rows = self._session.settings.cold_starts, sum(len(entry.epochs) for entry in starting)
        if not number or not starting or self._session.started_cold:
            return 0.0
        warm_up, a_round = len(starting) * self.cost.cold_start, rows * self.cost.cold_start
        return warm_up + min(number * a_round, max(a_round, self.seconds_for_cold_starts - warm_up))

    @property
    def seconds_for_cold_starts(self) -> float:
        """The most seconds of all cold starts: a share of the budget, infinite without one."""
        budget = self._session.settings.budget_minutes
        return math.inf if budget is None else 60 * budget * COLD_STARTS_SHARE

    def _tell(self, entries: Sequence[Entry], tell: Callable[[str, float], None]) -> None:
        """Tell the seconds of the stages after the calibration: with a budget, of the fewest launches that are made."""
        session = self._session
        launches = (session.settings.launches or pilot.FEWEST_PILOT_LAUNCHES) - len(session.launches)
        tell("cold starts", self.of_cold_starts(entries))
        tell("launches", self.cost.of(launches, session.plan.rounds) if entries and launches > 0 else 0.0)
