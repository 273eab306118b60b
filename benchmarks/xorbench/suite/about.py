"""The parts of a record that are known before a run: the commit, the machine, the versions and the implementations."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated

from xorbench import affinity, environment, places
from xorbench.contract import Implementation
from xorbench.contract.implementation import UNREADABLE_SHA256, sha256_of
from xorbench.record.parts import Many, MinLen, Part, Text
from xorbench.record.run import Environment, ImplementationRecord, Machine
from xorbench.record.settings import Settings


@dataclass(frozen=True)
class About(Part):
    """The commit, machine, environment and implementations of a run, which do not change during it."""

    commit: Text | None
    machine: Machine
    environment: Environment
    implementations: Annotated[list[ImplementationRecord], MinLen(1), Many]


def described(implementations: Sequence[Implementation], threads: int) -> About:
    """Return what a record says of this machine, of `implementations`, and of libraries that use `threads` threads."""
    others = {i.interpreter.label: dict(i.interpreter.versions) for i in implementations if i.interpreter.label}
    variables = environment.thread_variables(threads)
    return About(
        environment.commit(),
        environment.machine(),
        Environment(environment.versions(), environment.blas(), variables, others),
        [of_implementation(i, i.interpreter.installed_bytes(i.framework)) for i in implementations],
    )


def of_implementation(implementation: Implementation, installed_bytes: int | None = None) -> ImplementationRecord:
    """Return what a record says of an implementation, with the SHA-256 of its source in place of a path.

    `installed_bytes` is the size of its framework and of the framework's requirements, which takes a second to find.
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


@cache
def harness_sha256() -> str:
    """Return the SHA-256 of the text of this package, without the implementations that a wheel has in it."""
    files = sorted(places.PACKAGE.rglob("*.py"))
    return sha256_of(path for path in files if not path.is_relative_to(places.IMPLEMENTATIONS)) or UNREADABLE_SHA256


def cpus(settings: Settings) -> list[int]:
    """Return the CPUs that are timed on: the chosen one, or as many allowed ones as there are threads."""
    return [settings.cpu] if settings.threads == 1 else affinity.allowed_cpus()[: settings.threads]
