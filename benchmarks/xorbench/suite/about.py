"""What a record says of a run before it begins: the commit, the machine, the versions, the implementations' files."""

from collections.abc import Sequence
from dataclasses import dataclass

from xorbench import environment
from xorbench.contract import Implementation
from xorbench.contract.implementation import UNREADABLE_SHA256
from xorbench.record.run import Environment, ImplementationRecord, Machine
from xorbench.record.settings import Settings


@dataclass(frozen=True)
class About:
    """What does not change during a run."""

    commit: str | None
    machine: Machine
    environment: Environment
    implementations: list[ImplementationRecord]


def described(implementations: Sequence[Implementation], threads: int) -> About:
    """Return what a record says of this machine, of these implementations, and of libraries with so many threads."""
    others = {i.interpreter.label: dict(i.interpreter.versions) for i in implementations if i.interpreter.label}
    variables = environment.for_threads(threads)
    return About(
        environment.commit(),
        environment.machine(),
        Environment(environment.versions(), environment.blas(), variables, others),
        [of_implementation(i, i.interpreter.installed_bytes(i.framework)) for i in implementations],
    )


def of_implementation(implementation: Implementation, installed_bytes: int | None = None) -> ImplementationRecord:
    """Return what a record says of an implementation: no path, but the SHA-256 of its text.

    `installed_bytes` is the size of its framework and of all that this requires, which takes a second to find.
    """
    interpreter = implementation.interpreter
    return ImplementationRecord(
        name=implementation.name,
        framework=implementation.framework,
        version=implementation.version,
        tier=implementation.tier,
        execution=implementation.execution,
        granularity=implementation.granularity,
        gradients_by=implementation.gradients_by,
        lines_of_code=implementation.lines_of_code,
        source_sha256=implementation.source_sha256 or UNREADABLE_SHA256,
        adds=implementation.adds,
        adds_to=implementation.adds_to,
        missing=implementation.missing,
        broken=implementation.broken,
        installed_bytes=installed_bytes,
        file=implementation.path.stem if interpreter.label else None,
        interpreter=interpreter.label or None,
    )


def cpus(settings: Settings) -> list[int]:
    """Return the CPUs that are timed on: the one, or as many as there are threads."""
    return [settings.cpu] if settings.threads == 1 else environment.allowed_cpus()[: settings.threads]
