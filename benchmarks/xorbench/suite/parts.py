"""The finished parts of a run or a sweep, as plain data: what a journal holds and an interrupted one continues with."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import Field, TypeAdapter

from xorbench.clock.turns import Entry
from xorbench.contract import Implementation
from xorbench.measures import Measure
from xorbench.record.parts import Count, Many, MinLen, Part, Positive, Text
from xorbench.record.report import Report
from xorbench.record.run import HostName, PartName, Seconds, Timestamp
from xorbench.record.settings import Plan, Settings
from xorbench.record.timing import ColdStart, Failure, LaunchRecord, Products, Sha256, Timing
from xorbench.suite.about import About
from xorbench.suite.calibration import Calibration
from xorbench.suite.sweep_cost import Estimate

Failures = Annotated[list[Failure], Many]


@dataclass(frozen=True)
class OfPlan(Part):
    """The part of a plan for several hosts that a session measures, and the names of all workloads of the plan."""

    plan_sha256: Sha256
    part: PartName
    workloads: Annotated[list[Text], MinLen(1), Many]


@dataclass(frozen=True)
class Head(Part):
    """Everything that decides a run, and when it began. `harness_sha256` is that of the text of this package.

    `host` is the name of the host, because hosts whose machines have one name may share the folder of journals.
    """

    created: Timestamp
    kind: Text
    harness_sha256: Sha256
    about: About
    workloads: Annotated[list[Text], MinLen(1), Many]
    settings: Settings
    host: HostName | None = None
    of_plan: OfPlan | None = None

    @property
    def text(self) -> str:
        """The canonical JSON: one line, with sorted keys and without spaces."""
        return json.dumps(_HEAD.dump_python(self), sort_keys=True, separators=(",", ":"), allow_nan=False)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the canonical JSON, which a record has as `plan_sha256`."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def is_same_call(self, other: "Head") -> bool:
        """Return whether `other` is of the same call: the texts of implementations, commit and time may differ."""
        return self._call == other._call

    @property
    def _call(self) -> tuple[object, ...]:
        names = sorted(implementation.name for implementation in self.about.implementations)
        about = self.about.machine.name, self.host, self.about.environment
        return self.kind, self.harness_sha256, about, names, self.workloads, self.settings, self.of_plan


_HEAD: TypeAdapter[Head] = TypeAdapter(Head)


def head_of(text: bytes) -> Head:
    """Return the head in its JSON. Raises ValueError if it is none."""
    return _HEAD.validate_json(text)


@dataclass(frozen=True)
class Began(Part):
    """The beginning of a process that measured further parts, and the command of the first such process."""

    command: Text
    what: Literal["began"] = "began"


@dataclass(frozen=True)
class Judged(Part):
    """The report of the judge."""

    report: Report
    what: Literal["judged"] = "judged"


@dataclass(frozen=True)
class CalibratedEntry(Part):
    """One calibrated worker of a launch: epochs of its long rounds and seconds per epoch, both by workload."""

    implementation: Text
    copy: bool
    epochs: dict[Text, Count]
    seconds_per_epoch: dict[Text, Positive]
    measure: Measure


@dataclass(frozen=True)
class Calibrated(Part):
    """The calibration, with the name of an implementation in place of the implementation."""

    entries: Annotated[list[CalibratedEntry], Many]
    failures: Failures
    starting: Annotated[float, Ge(0)]
    turn: Annotated[float, Ge(0)]
    what: Literal["calibrated"] = "calibrated"

    @staticmethod
    def of(calibration: Calibration) -> "Calibrated":
        """Return a calibration as plain data."""
        entries = [
            CalibratedEntry(e.implementation.name, e.copy, {**e.epochs}, {**e.seconds_per_epoch}, e.measure)
            for e in calibration.entries
        ]
        return Calibrated(entries, [*calibration.failures], calibration.starting, calibration.turn)

    def among(self, implementations: Sequence[Implementation]) -> Calibration:
        """Return the calibration of `implementations`, which are those with which it was made."""
        named = {implementation.name: implementation for implementation in implementations}
        entries = [
            Entry(named[e.implementation], e.epochs, e.copy, e.seconds_per_epoch, e.measure) for e in self.entries
        ]
        seconds = {
            (e.implementation, workload): each
            for e in self.entries
            for workload, each in e.seconds_per_epoch.items()
            if e.measure == "epoch"
        }
        return Calibration(entries, self.failures, seconds, self.starting, self.turn)


@dataclass(frozen=True)
class Planned(Part):
    """The plan of a run, noted before its pilot, after the pilot, and after each look at the data."""

    plan: Plan
    what: Literal["planned"] = "planned"


@dataclass(frozen=True)
class Estimated(Part):
    """The estimated cost of a sweep, and its number of launches."""

    estimate: Estimate
    launches: Count
    what: Literal["estimated"] = "estimated"


@dataclass(frozen=True)
class Multiplied(Part):
    """The matrix products of a sweep."""

    products: Annotated[list[Products], Many]
    what: Literal["multiplied"] = "multiplied"


@dataclass(frozen=True)
class StartedCold(Part):
    """All cold starts of a run."""

    cold_starts: Annotated[list[ColdStart], Many]
    failures: Failures
    what: Literal["cold starts"] = "cold starts"


@dataclass(frozen=True)
class Launched(Part):
    """One launch, with its timings and failures; those of a launch of a sweep stand in its points."""

    launch: LaunchRecord
    timings: Annotated[list[Timing], Many]
    failures: Failures
    what: Literal["launched"] = "launched"


@dataclass(frozen=True)
class Point(Part):
    """The timings and failures of one workload of a sweep in one launch, and what is known of that launch by then."""

    launch: LaunchRecord
    workload: Text
    timings: Annotated[list[Timing], Many]
    failures: Failures
    what: Literal["point"] = "point"


@dataclass(frozen=True)
class Ended(Part):
    """The end: everything is measured. The plan is the final one."""

    plan: Plan
    what: Literal["ended"] = "ended"


Finished = Began | Judged | Calibrated | Planned | Estimated | Multiplied | StartedCold | Launched | Point | Ended


@dataclass(frozen=True)
class Line(Part):
    """A finished part, and the durations of the stages until then."""

    seconds: Seconds
    part: Annotated[Finished, Field(discriminator="what")]


_LINE: TypeAdapter[Line] = TypeAdapter(Line)


def as_json(line: Line) -> bytes:
    """Return the JSON of a part, in one line without its end. Raises ValueError where JSON cannot express it."""
    return _LINE.dump_json(line)


def line_of(text: bytes) -> Line:
    """Return the part in its JSON. Raises ValueError if it is none."""
    return _LINE.validate_json(text)
