"""A record as a part of a plan: which part it is, whether it is what was planned, and which parts a folder has."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from xorbench.consistency import rules
from xorbench.fleet import units
from xorbench.fleet.plan import SHORT, FleetPlan
from xorbench.record import checking, store
from xorbench.record.run import Record

BYTES_OF_A_START = 2_000
"""The bytes at the start of a record in which its plan and its host stand."""

OF_A_GROUP = ("kind", "commit", "machine", "environment", "implementations", "settings")
"""The fields that are the same in all parts of one record."""


@dataclass(frozen=True)
class Measured:
    """A file of a part: its path, the host, the number of the part, which of its shares it holds, and a digest.

    `group` is the digest of all that parts must have in common to be in one record.
    """

    path: Path
    host: str
    number: int
    share: int
    digest: str
    group: str

    @property
    def key(self) -> tuple[str, int, int]:
        """The host, the number of the part and the share of it, which one host measures once."""
        return self.host, self.number, self.share


def measured_part(plan: FleetPlan, path: Path, record: Record) -> Measured:
    """Return the part that a record of a plan is. Raises ValueError, with one line, where it is not what was planned.

    The texts and versions are compared first, because they are the usual reason.
    """
    for complaint in _differences(plan, record):
        raise ValueError(complaint)
    number = int((record.part or "").partition("/")[0])
    names, threads = tuple(workload.name for workload in record.workloads), record.settings.threads
    shares = units.shares(plan, number)
    places = [
        place
        for place, share in enumerate(shares)
        if share.workloads == names
        and record.settings == units.settings(plan, share.threads, record.settings.cpu, max(2, threads))
    ]
    if not places:
        raise ValueError(f"its workloads and settings are not those of part {record.part} of the plan")
    for contradiction in rules.contradictions(record):
        raise ValueError(f"it contradicts itself: {contradiction}")
    content = store.as_json(record)
    group = digest({name: content[name] for name in OF_A_GROUP})
    return Measured(path, record.host or "", number, places[0], digest(content), group)


def _differences(plan: FleetPlan, record: Record) -> Iterator[str]:
    if record.kind != plan.kind or record.host is None:
        yield f"it is a {record.kind}{'' if record.host else ' without the name of a host'}, expected a {plan.kind}"
    there = {i.name: i for i in record.implementations}
    if [*there] != plan.values("implementation"):
        yield f"it has the implementations {', '.join(there)}, expected {', '.join(plan.values('implementation'))}"
        return
    for name, sha256 in plan.implementations.items():
        if (text := there[name].source_sha256) != sha256:
            yield f"{name} had another text, of the SHA-256 {text[:SHORT]}, expected {sha256[:SHORT]} of the plan"
        if reason := there[name].missing or there[name].broken:
            yield f"{name} could not run there: {reason}"
    programs = {i.framework: i.version for i in record.implementations}
    for name, version in plan.versions.items():
        found = record.environment.versions.get(name) or programs.get(name)
        if found is not None and found != version:
            yield f"{name} was {found}, expected {version} of the plan"
        elif found is None and name == "python":
            yield f"{name} is not among its versions, expected {version}"


def finished(folder: Path, plan: FleetPlan, number: int, host: str) -> dict[int, Path]:
    """Return the complete records of a part in a folder that a host has measured, by the place of their share."""
    found: dict[int, Path] = {}
    for path, record in records_of(folder, plan.sha256, host):
        if record.part == plan.named(number) and not record.partial:
            with suppress(ValueError):
                found[measured_part(plan, path, record).share] = path
    return found


def records_of(folder: Path, plan_sha256: str | None, host: str | None) -> Iterator[tuple[Path, Record]]:
    """Yield the records in a folder of records that belong to a plan and a host, with their paths."""
    texts = [str(text).encode() for text in (plan_sha256, host)]
    for path in store.paths(folder):
        with suppress(OSError, ValueError):
            with checking.opened(path) as file:
                start = file.read(BYTES_OF_A_START)
            if all(text in start for text in texts):
                record = store.read(path)
                if (record.plan_sha256, record.host) == (plan_sha256, host):
                    yield path, record


def digest(content: Mapping[str, object]) -> str:
    """Return the SHA-256 of what a file holds, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
