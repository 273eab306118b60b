"""The merging of the parts of a plan: one record for each host, of all that it measured, as one command would write it.

No record holds what two hosts measured, and no comparison is put together from two parts.
"""

import math
import os
import reprlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from xorbench.consistency import rules
from xorbench.fleet import units
from xorbench.fleet.join import joined
from xorbench.fleet.measured import Measured, digest, measured_part
from xorbench.fleet.plan import SHORT, FleetPlan
from xorbench.record import checking, store
from xorbench.record.run import Record

if TYPE_CHECKING:
    from xorbench.fleet.points import Kept

OF_A_PART = ("part", "plan_sha256")
"""The keys of a file that say which part of which plan it holds."""

LONGEST_PATH = 200
"""The number of characters of the path of a folder that can't be read that a message tells."""


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
                for number in _sums(record):
                    if not math.isfinite(number):
                        raise ValueError(
                            f"{group[0].path}: its seconds and those of the other parts of its host add up to "
                            f"{number}, expected a finite number"
                        )
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
        if digest(content) != part.digest:
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
                    its = digest(content)
                    if digests.setdefault((part.host, part.number), its) != its:
                        raise ValueError(f"it is another result of part {part.part} on one host; remove one of both")
                    here = JudgedPart(path, its, part.passed)
                    if judged.setdefault(part.number, here).passed and not here.passed:
                        judged[part.number] = here  # no host's failure is hidden by another host
                    continue
            elif not content.get("partial"):
                measured = measured_part(plan, path, store.of_json(content))
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
    if digest(store.as_json(record)) != part.digest:
        raise ValueError(_changed(part.path))
    return record


def _sums(record: Record) -> Iterator[float]:
    """Yield the numbers of a merged record that are sums over its parts."""
    yield from vars(record.seconds).values()
    for launch in record.launches:
        yield from (launch.seconds, launch.seconds_starting, launch.seconds_in_turns, launch.steal_seconds or 0.0)


def _changed(path: Path) -> str:
    return f"{path} was changed while the parts were merged; merge again"
