"""The state of a run or a sweep: its finished parts, which its journal holds, and the durations of its stages."""

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import Literal

from xorbench import environment
from xorbench.contract import REFERENCE, Implementation
from xorbench.contract.implementation import UNREADABLE_SHA256
from xorbench.record import store
from xorbench.record.checking import one_line
from xorbench.record.report import Report
from xorbench.record.run import Seconds
from xorbench.record.settings import Plan, Settings
from xorbench.record.timing import ColdStart, Failure, LaunchRecord, Timing
from xorbench.suite import pilot
from xorbench.suite.about import described, harness_sha256
from xorbench.suite.calibration import Calibration
from xorbench.suite.journal import Journal, Kept
from xorbench.suite.parts import (
    Began,
    Calibrated,
    Ended,
    Finished,
    Head,
    Judged,
    Launched,
    Line,
    OfPlan,
    Planned,
    StartedCold,
)
from xorbench.suite.replay import faults
from xorbench.workloads import Workload

CHANGED = "its text was changed after the run was interrupted, so that it was not timed any more"
"""The reason why an implementation of a resumed run has no further launches."""


class Session:
    """The finished parts of a run or a sweep; further ones are noted in its journal, if it has one.

    The implementations' sources, the commit and the versions are read when it is constructed.
    """

    KIND: Literal["run", "sweep", "history", "count"] = "run"
    """The kind of its record."""

    def __init__(
        self,
        implementations: Sequence[Implementation],
        workloads: Sequence[Workload],
        settings: Settings,
        report: Report | None = None,
        of_plan: OfPlan | None = None,
    ) -> None:
        """Begin a session, which has a `report` of the judge already if one is given, and may be a part of a plan."""
        self._began = perf_counter()
        self.implementations = implementations
        self.workloads = workloads
        self.settings = settings
        self.report = report
        self.calibrated: Calibration | None = None
        self.timings: list[Timing] = []
        self.launches: list[LaunchRecord] = []
        self.failures: list[Failure] = []
        self.cold_starts: list[ColdStart] = []
        self.plan = Plan(settings.rounds or pilot.rounds(len(settings.measures)), settings.launches or 0)
        self.seconds = Seconds()
        self.finished = False
        self.command = ""
        self.journal: Journal | None = None
        self.changed: list[str] = []
        self.head = Head(
            created=store.timestamp(),
            kind=self.KIND,
            harness_sha256=harness_sha256(),
            about=described(implementations, settings.threads),
            workloads=[workload.name for workload in workloads],
            settings=settings,
            host=environment.host(of_plan.plan_sha256 if of_plan else ""),
            of_plan=of_plan,
        )
        self._stage = ""
        self.started_cold = False
        self._processes = 0
        self._is_counted = False

    @property
    def created(self) -> str:
        """The time at which the run began, in UTC; that of a resumed run is that of its first part."""
        return self.head.created

    @property
    def resumed(self) -> bool:
        """Whether more than one process measured parts of the run, one after the other."""
        return self._processes > 1

    def keep_in(self, journal: Journal) -> None:
        """Note all parts that will be finished in `journal`, which is new."""
        self.journal = journal

    def take_over(self, kept: Kept) -> None:
        """Take over the finished parts of an unfinished run of the same call, and continue its journal.

        Implementations whose text is another one now are not timed any more; their names are in `changed`. Raises
        ValueError, in one line, if the baseline is one of them, if nothing was judged before, or if the parts do not
        fit the call or each other.
        """
        for fault in faults(kept.head, kept.lines):
            kept.journal.close()
            raise ValueError(one_line(f"{kept.journal.path} can't be continued: {fault}"))
        before = {i.name: i.source_sha256 for i in kept.head.about.implementations}
        changed = [i.name for i in self.implementations if (i.source_sha256 or UNREADABLE_SHA256) != before[i.name]]
        is_judged = any(isinstance(line.part, Judged) for line in kept.lines)
        if changed and (REFERENCE in changed or not is_judged):
            kept.journal.close()
            name = REFERENCE if REFERENCE in changed else changed[0]
            raise ValueError(f"the text of {name} was changed after the run of {kept.head.created} was interrupted")
        # Whatever would load the new text refuses it, because it has another SHA-256.
        self.implementations = [
            replace(i, source_sha256=before[i.name]) if i.name in changed else i for i in self.implementations
        ]
        self.changed = changed
        self.journal, self.head = kept.journal, kept.head
        for line in kept.lines:
            self._accept(line.part)
            self.seconds = line.seconds
        self._began -= self.seconds.total

    @property
    def _elapsed(self) -> float:
        """The seconds of the command, with those of the processes that measured the parts that were taken over."""
        return perf_counter() - self._began

    def _enter(self, stage: str) -> None:
        """Begin a stage, a field of `Seconds`: the time until the next one belongs to it."""
        self.seconds = self._durations()
        self._stage = stage

    def _durations(self) -> Seconds:
        """Return the durations until now, or until everything was finished."""
        if self.finished:
            return self.seconds
        elapsed = self._elapsed
        found = replace(self.seconds, total=elapsed)
        if self._stage:
            spent = getattr(self.seconds, self._stage) + elapsed - self.seconds.total
            found = replace(found, **{self._stage: spent})
        return found

    def _finish(self, part: Finished) -> None:
        """Note a finished part in the journal first, so that it is never measured twice."""
        self._note(part)
        self._accept(part)

    def _note(self, part: Finished) -> None:
        """Note a finished part; before the first one that this process measured, note that it began."""
        if not self._is_counted and not isinstance(part, Ended):
            self._is_counted = True
            self._finish(Began(self.command))
        self.seconds = self._durations()
        if self.journal is not None:
            self.journal.note(Line(self.seconds, part))

    def _end(self) -> None:
        """Note that all is finished. The plan has the launches that there are: none where nothing could be timed."""
        self._finish(Ended(replace(self.plan, launches=len(self.launches))))

    def _accept(self, part: Finished) -> None:
        """Take a finished part, measured now or before."""
        match part:
            case Began():
                self.command = self.command if self._processes else part.command
                self._processes += 1
            case Judged():
                self.report = part.report
            case Calibrated():
                self.calibrated = part.among(self.implementations)
                self.failures += part.failures
            case Planned():
                self.plan = part.plan
            case StartedCold():
                self.cold_starts += part.cold_starts
                self.failures += part.failures
                self.started_cold = True
            case Launched():
                self.launches.append(part.launch)
                self.timings += part.timings
                self.failures += part.failures
            case Ended():
                self.plan = part.plan
                self.finished = True
