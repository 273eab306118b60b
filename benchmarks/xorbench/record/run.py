"""The type of a record: one run with its environment, its verdicts and every raw timing."""

from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from annotated_types import Ge
from pydantic import Field

from xorbench.record.counts import Counts
from xorbench.record.parts import Count, Dtype, Many, MinLen, Numbers, Part, Positive, Text
from xorbench.record.report import Report
from xorbench.record.settings import Plan, Settings
from xorbench.record.timing import ColdStart, Failure, LaunchRecord, Products, Sha256, Timing
from xorbench.workloads import Workload
from xorbench.workloads.recipe import Activation, Loss, Optimiser

SCHEMA_VERSION: Final = 6
"""The schema version that is written; records of older versions are upgraded when they are read."""

Timestamp = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
"""The time at which something began, in UTC, to the second."""

Versions = dict[Text, Text]
"""The version of each distribution, by name; that of Python is under "python"."""


@dataclass(frozen=True)
class Machine(Part):
    """A machine: CPU model, cores, system, and a name made of them; nothing that identifies its owner."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=200)]
    cpu: Text
    cores: Count
    system: Text
    architecture: Text
    memory_gib: Positive


@dataclass(frozen=True)
class Blas(Part):
    """The linear algebra library that NumPy was built with."""

    name: Text
    version: Text


@dataclass(frozen=True)
class Environment(Part):
    """The versions of Python and of every distribution, and the environment variables that set numbers of threads.

    `versions` are those of the environment of the command, `others` those of other environments, by label.
    """

    versions: Versions
    blas: Blas
    variables: dict[Text, Text]
    others: dict[Text, Versions] = field(default_factory=dict)


@dataclass(frozen=True)
class Seconds(Part):
    """The durations of the stages of the command and of the whole command, in seconds."""

    judge: Annotated[float, Ge(0)] = 0.0
    calibration: Annotated[float, Ge(0)] = 0.0
    launches: Annotated[float, Ge(0)] = 0.0
    cold_starts: Annotated[float, Ge(0)] = 0.0
    total: Annotated[float, Ge(0)] = 0.0


@dataclass(frozen=True)
class WorkloadRecord(Part):
    """A workload that was trained: data, layers, recipe and the SHA-256 of the initial parameters."""

    name: Text
    story: Text
    samples: Count
    inputs: Annotated[list[Numbers], Many]
    targets: Annotated[list[Numbers], Many]
    layer_sizes: Annotated[list[Count], MinLen(2), Many]
    activation: Activation
    loss: Loss
    optimiser: Optimiser
    rate: float
    momentum: float
    decay: float
    epsilon: float
    epochs: Count
    dtype: Dtype
    seed: Text
    parameters_sha256: Sha256

    @staticmethod
    def of(workload: Workload) -> "WorkloadRecord":
        """Return the entry of a workload in a record."""
        return WorkloadRecord(
            name=workload.name,
            story=workload.story,
            samples=len(workload.inputs),
            inputs=workload.inputs.tolist(),
            targets=workload.targets.tolist(),
            layer_sizes=list(workload.layer_sizes),
            **workload.recipe._asdict(),
            epochs=workload.epochs,
            dtype=workload.dtype,
            seed=workload.seed,
            parameters_sha256=workload.parameters_sha256,
        )


@dataclass(frozen=True, kw_only=True)
class ImplementationRecord(Part):
    """An implementation: what its file declares, the SHA-256 of its text, and why it could not run, if so.

    `file` and `interpreter` are the name of the file and the label of the environment, if that is not the environment
    of the command.
    """

    name: Text
    framework: Text
    version: Text
    tier: Literal["idiomatic", "tuned", ""]
    execution: Literal["eager", "compiled", ""]
    granularity: Literal["one call per epoch", "whole loop", ""]
    gradients_by: Text | None = None
    lines_of_code: Count | None = None
    source_sha256: Sha256
    adds: Text | None = None
    adds_to: Text | None = None
    missing: Text | None
    broken: Text | None
    installed_bytes: Count | None
    file: Text | None = None
    interpreter: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=200)] | None = None


PartName = Annotated[str, Field(pattern=r"^[0-9]+/[0-9]+$", max_length=20)]
"""Which part of a plan, and how many there are: "2/3"."""

HostName = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
"""What `environment.host` calls a host."""


@dataclass(frozen=True, kw_only=True)
class Record(Part):
    """The complete record of a run. Everything published is computed from it.

    What was measured as a part of a plan for several hosts has the SHA-256 of that plan in `plan_sha256`, the part and
    the name that its host has within this plan. A record that was merged from the parts of one host has no `part`.
    `counts` are those of a record of the kind "count", in which nothing is timed; None in every other one.
    """

    schema: Literal[6]
    kind: Literal["run", "sweep", "history", "count"] = "run"
    resumed: bool = False
    plan_sha256: Sha256 | None = None
    part: PartName | None = None
    host: HostName | None = None
    created: Timestamp
    command: Annotated[str, Field(pattern=r"^xorbench", max_length=50_000)]
    commit: Text | None
    machine: Machine
    environment: Environment
    implementations: Annotated[list[ImplementationRecord], MinLen(1), Many]
    partial: bool
    settings: Settings
    plan: Plan
    seconds: Seconds
    workloads: Annotated[list[WorkloadRecord], MinLen(1), Many]
    gradients: Report
    launches: Annotated[list[LaunchRecord], Many]
    timings: Annotated[list[Timing], Many]
    cold_starts: Annotated[list[ColdStart], Many]
    failures: Annotated[list[Failure], Many]
    unfit: Text | None
    products: Annotated[list[Products], Many] = field(default_factory=list)
    counts: Counts | None = None

    def workload(self, name: str) -> WorkloadRecord:
        """Return the workload called `name`, which must be one of the record's."""
        return next(workload for workload in self.workloads if workload.name == name)

    @property
    def is_sweep(self) -> bool:
        """Whether the workloads are points of a sweep."""
        return self.settings.sweep

    @property
    def is_merged(self) -> bool:
        """Whether it was merged from the parts of a plan that one host measured."""
        return self.host is not None and self.part is None

    @property
    def is_history(self) -> bool:
        """Whether this record is a history: the same files, timed in several releases of one framework."""
        return self.kind == "history"

    @property
    def is_run(self) -> bool:
        """Whether this record is one of `xorbench run`, and neither a sweep, a history nor a count."""
        return self.kind == "run" and not self.is_sweep
