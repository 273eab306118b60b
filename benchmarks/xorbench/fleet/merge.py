"""The merging of the parts of a plan: one record for each host, of all that it measured, as one command would write it.

No record holds what two hosts measured, and no comparison is put together from two parts.
"""

import hashlib
import json
import os
import reprlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xorbench.consistency import rules
from xorbench.fleet import units
from xorbench.fleet.join import joined
from xorbench.fleet.plan import SHORT, FleetPlan
from xorbench.record import checking, store
from xorbench.record.run import Record

if TYPE_CHECKING:
    from xorbench.fleet.points import Kept

BYTES_OF_A_START = 2_000
"""The bytes at the start of a record in which its plan and its host stand."""

OF_A_GROUP = ("kind", "commit", "machine", "environment", "implementations", "settings")
"""The fields that are the same in all parts of one record."""

OF_A_PART = ("part", "plan_sha256")
"""The keys of a file that say which part of which plan it holds."""

LONGEST_PATH = 200
"""The number of characters of the path of a folder that can't be read that a message tells."""


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


@dataclass(frozen=True)
class JudgedPart:
    """A file with what was found at all points of a part: its path, a digest, and whether all gradients passed."""

    path: Path
    digest: str
    passed: bool


@dataclass(frozen=True)
class Merged:
    """The files in a folder that belong to a plan.

    `groups` are the files of each record to be written, in the order of the parts, and `judged` has one file of each
    part where points were judged: that of a host on which a gradient did not pass, if there is one. `missing` are the
    numbers of parts that no host has finished, `refused` says which files do not fit, one line each, and `notes` which
    are left out.
    """

    plan: FleetPlan
    groups: list[list[Measured]] = field(default_factory=list)
    judged: list[JudgedPart] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def records(self) -> Iterator[Record]:
        """Yield the merged records one by one, so that only one is in memory. Raises OSError.

        A record whose parts were changed meanwhile, or contradict each other, is not among them; `refused` says so.
        """
        for group in self.groups:
            try:
                record = joined(self.plan, [_unchanged(part) for part in group])
                for contradiction in rules.contradictions(record):
                    raise ValueError(f"{group[0].path}: merged with the other parts of its host it has {contradiction}")
            except ValueError as error:
                self.refused.append(checking.one_line(str(error)))
            else:
                yield record

    def points(self) -> "Kept":
        """Return what was found in all parts where points were judged, of which there must be one.

        One part at a time is in memory. Raises OSError, and ValueError, with one line, if a file was changed meanwhile.
        """
        from xorbench.fleet import points  # imported here, because it imports the whole judge

        return points.together(points.of_json(self.plan, self._content(part)) for part in self.judged)

    @staticmethod
    def _content(part: JudgedPart) -> Mapping[str, object]:
        content: Mapping[str, object] = checking.plain_json(checking.bounded(part.path))
        if _digest(content) != part.digest:
            raise ValueError(_changed(part.path))
        return content


def files(folder: Path, start: str = "") -> tuple[list[Path], list[str]]:
    """Return the JSON files in a folder and the folders inside it whose names start so, and what can't be read.

    Links to folders are not followed. The files are sorted, and each line says which folder can't be read and why.
    """
    found: list[Path] = []
    unreadable: list[str] = []
    left = [folder]
    while left:  # no function calls itself, because folders may lie a thousand deep
        inside = left.pop()
        try:
            with os.scandir(inside) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        left.append(inside / entry.name)
                    elif entry.name.startswith(start) and entry.name.endswith(".json"):
                        found.append(inside / entry.name)
        except OSError as error:
            unreadable.append(checking.one_line(f"{str(inside)[:LONGEST_PATH]}: {error.strerror}"))
    return sorted(found), unreadable


def merge(folder: Path, plan: FleetPlan) -> Merged:
    """Return what the files in a folder and the folders inside it hold of a plan. Nothing is written.

    A part that is there twice counts once; one that several hosts judged has not passed if it did not pass on one of
    them. Files without a part of any plan are passed over.
    """
    refused: list[str] = []
    found: dict[tuple[str, int, int], Measured] = {}
    judged: dict[int, JudgedPart] = {}
    digests: dict[tuple[str, int], str] = {}
    parts, sha256 = {plan.named(number) for number in _numbers(plan)}, plan.sha256
    paths, notes = files(folder)
    for path in paths:
        try:
            content = checking.plain_json(checking.bounded(path))
            if not isinstance(content, dict) or content.get("part") is None:
                continue
            if complaint := _of_another_plan(sha256, parts, content):
                raise ValueError(complaint)
            if plan.kind == "gradients":
                from xorbench.fleet import points  # imported here, because it imports the whole judge

                part = points.of_json(plan, content)
                if part.judged == part.points:
                    digest = _digest(content)
                    if digests.setdefault((part.host, part.number), digest) != digest:
                        raise ValueError(f"it is another result of part {part.part} on one host; remove one of both")
                    here = JudgedPart(path, digest, part.passed)
                    if judged.setdefault(part.number, here).passed and not here.passed:
                        judged[part.number] = here  # no host's failure is hidden by another host
                    continue
            elif not content.get("partial"):
                measured = _checked(plan, path, store.of_json(content))
                same = found.setdefault(measured.key, measured)
                if same.digest != measured.digest:
                    raise ValueError(
                        f"it and {same.path} are two different records of part {plan.named(measured.number)} on one "
                        "host; remove one of them"
                    )
                continue
            notes.append(checking.one_line(f"{path} is unfinished: part {content['part']}"))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            refused.append(checking.one_line(f"{path}: {reason}"))
    groups: dict[tuple[str, str], list[Measured]] = defaultdict(list)
    for measured in sorted(found.values(), key=lambda part: part.key):
        groups[measured.host, measured.group].append(measured)
    complete = {*judged}
    complete |= {number for number in _numbers(plan) if _is_complete(plan, number, found)}
    missing = [number for number in _numbers(plan) if number not in complete]
    return Merged(plan, [*groups.values()], [*judged.values()], missing, refused, notes)


def finished(folder: Path, plan: FleetPlan, number: int, host: str) -> dict[int, Path]:
    """Return the complete records of a part in a folder that a host has measured, by the place of their share."""
    found: dict[int, Path] = {}
    for path, record in _records(folder, plan.sha256, host):
        if record.part == plan.named(number) and not record.partial:
            with suppress(ValueError):
                found[_checked(plan, path, record).share] = path
    return found


def _records(folder: Path, plan_sha256: str | None, host: str | None) -> Iterator[tuple[Path, Record]]:
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


def write(record: Record, folder: Path) -> Path:
    """Write a merged record into a folder of records and return its path; written before, it stays as it is.

    It takes the place of an earlier merging of some of its parts. What the same host measured of the same plan another
    time stays. Raises ValueError where what was merged earlier holds a workload that this record lacks, and OSError.
    """
    there_already = _records(folder, record.plan_sha256, record.host)
    earlier = {path: there for path, there in there_already if there.is_merged and _is_of_one_group(there, record)}
    for path, there in earlier.items():
        if replace(there, created=record.created) == record:  # another record began in the same second
            return path
    rounds, names = _rounds(record), {workload.name for workload in record.workloads}
    of_these_parts = {path: there for path, there in earlier.items() if not rounds.isdisjoint(_rounds(there))}
    for path, there in of_these_parts.items():
        if lost := [workload.name for workload in there.workloads if workload.name not in names]:
            raise ValueError(f"{path} has {lost[0]}, which no part has now; name another --output")
    place = store.path_of(record, folder)
    written = store.write(record, folder, instead=place if place in of_these_parts else None)
    for path in of_these_parts:
        if path != written:
            path.unlink()
    return written


def _rounds(record: Record) -> set[tuple[object, ...]]:
    """Return what no other measurement has: the nanoseconds of all rounds of each row in each launch."""
    return {(t.launch, t.workload, t.implementation, t.copy, t.measure, *t.round_nanoseconds) for t in record.timings}


def _is_of_one_group(one: Record, other: Record) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in OF_A_GROUP)


def _numbers(plan: FleetPlan) -> range:
    return range(1, len(plan.parts) + 1)


def _is_complete(plan: FleetPlan, number: int, found: dict[tuple[str, int, int], Measured]) -> bool:
    """Return whether one host has measured all shares of a part."""
    shares = range(len(units.shares(plan, number)))
    hosts = {host for host, of, _ in found if of == number}
    return any(all((host, number, share) in found for share in shares) for host in hosts) and bool(shares)


def _of_another_plan(sha256: str, parts: Collection[str], content: Mapping[str, object]) -> str | None:
    """Return in what a part does not belong to the plan with this SHA-256 and these parts; None if it does."""
    part, its = (text if isinstance(text := content.get(key), str) else reprlib.repr(text) for key in OF_A_PART)
    if its != sha256:
        return (
            f"it is part {part} of another plan, {its[:SHORT]}, expected {sha256[:SHORT]}; keep the parts of each plan "
            "in a folder of their own"
        )
    if part not in parts:
        return f"it is part {part}, expected one of 1/{len(parts)} to {len(parts)}/{len(parts)}"
    return None


def _unchanged(part: Measured) -> Record:
    """Return the record of a part. Raises OSError, and ValueError, with one line, if it is another one by now."""
    record = store.read(part.path)
    if _digest(store.as_json(record)) != part.digest:
        raise ValueError(_changed(part.path))
    return record


def _changed(path: Path) -> str:
    return f"{path} was changed while the parts were merged; merge again"


def _checked(plan: FleetPlan, path: Path, record: Record) -> Measured:
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
    group = _digest({name: content[name] for name in OF_A_GROUP})
    return Measured(path, record.host or "", number, places[0], _digest(content), group)


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


def _digest(content: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
