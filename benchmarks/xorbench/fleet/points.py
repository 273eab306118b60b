"""The file with the judge's results at the points of a plan of gradients, or of a part of the plan."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from xorbench.environment import host
from xorbench.fleet import ranges, units
from xorbench.fleet.plan import SHORT, FleetPlan
from xorbench.judging.chunks import Chunk, Found, contradiction, joined
from xorbench.record import checking, store
from xorbench.record.parts import Count, Many, Natural, Part
from xorbench.record.run import HostName, PartName
from xorbench.record.timing import Sha256
from xorbench.workloads import named


@dataclass(frozen=True)
class Kept(Part):
    """The judge's results of a host at the points of a plan, or of a part of it.

    The parts of a whole plan may have more hosts.

    `points` is their number, and `ranges` are those that are judged, see `ranges.Ranges`.
    """

    plan_sha256: Sha256
    part: PartName | None
    host: HostName
    points: Count
    ranges: Annotated[list[Annotated[tuple[Natural, Natural], Field(strict=False)]], Many] = field(default_factory=list)
    found: Found = field(default_factory=Found)

    @property
    def number(self) -> int:
        """The number of the part, from 1."""
        return int((self.part or "0").partition("/")[0])

    @property
    def judged(self) -> int:
        """The number of points of the plan, or of the part, that are judged so far."""
        return ranges.size(self.ranges)

    @property
    def passed(self) -> bool:
        """Whether all points are judged, and all rows passed that are in the dtype in which their workload is timed."""
        return self.judged == self.points and all(
            row.passed for row in self.found.rows if row.dtype == named(row.workload).dtype
        )

    def plus(self, chunk: Chunk, found: Found) -> "Kept":
        """Return this with what was found in a chunk. Raises ValueError if a point of it was judged before."""
        added = ranges.added(self.ranges, chunk.first, chunk.end)
        return replace(self, ranges=added, found=joined(self.found, found))


_TYPES: TypeAdapter[Kept] = TypeAdapter(Kept)


def of_json(plan: FleetPlan, content: object) -> Kept:
    """Return what is kept in a JSON document of a part of a plan, complete or not.

    Raises ValueError, with one line, where it is not of the part that it names.
    """
    kept = checking.checked(_TYPES, content)
    _must_fit(plan, kept)
    return kept


def _must_fit(plan: FleetPlan, kept: Kept) -> None:
    """Raise ValueError, with one line, where what is kept contradicts itself, or its part of a plan, or the plan."""
    first, number = units.points_of(plan, kept.number) if kept.part else (0, plan.number("points"))
    if kept.points != number or not ranges.are_inside(kept.ranges, first, first + number):
        whose = f"part {kept.part}" if kept.part else "the plan"
        raise ValueError(f"$.ranges: expected ranges of the {number} points from {first} on, those of {whose}")
    workloads = [*map(named, units.workloads(plan))]
    if complaint := contradiction(kept.found, kept.ranges, plan.implementations, workloads):
        raise ValueError(f"$.found: {complaint}")


def of_part(plan: FleetPlan, number: int) -> Kept:
    """Return what this host keeps of a part of a plan at the beginning."""
    _, points = units.points_of(plan, number)
    return Kept(plan.sha256, plan.named(number), host(plan.sha256), points)


def of_call(plan: FleetPlan) -> Kept:
    """Return what this host keeps, at the beginning, of a plan that is judged as a whole, whatever its parts are."""
    sha256 = plan.call_sha256
    return Kept(sha256, None, host(sha256), plan.number("points"))


CALLS = "points"
"""The folder, in that of `cache`, of what calls keep that judge whole plans."""


def place(kept: Kept, folder: Path) -> Path:
    """Return the path of what is kept of a part or of a whole plan in a folder."""
    of = f"-{kept.part.replace('/', '-of-')}-{kept.host}" if kept.part else ""
    return folder / f"points-{kept.plan_sha256[:SHORT]}{of}.json"


def read(plan: FleetPlan, path: Path, new: Kept, say: Callable[[str], object]) -> Kept:
    """Return what an earlier call has kept in a file of the same points of a plan as `new`; `new` without one.

    One line is said where a file can't be read, or contradicts itself or the plan.
    """
    try:
        there = checking.checked(_TYPES, checking.plain_json(checking.bounded(path)))
        if replace(there, ranges=[], found=Found()) != new:
            return new
        _must_fit(plan, there)
    except FileNotFoundError:
        return new
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else checking.one_line(str(error))
        say(f"xorbench: {path} can't be read, so that all points are judged anew: {reason}")
        return new
    return there


def write(kept: Kept, path: Path) -> None:
    """Write what is kept by one atomic move. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    store.write_whole(path, _TYPES.dump_json(kept, indent=1).decode() + "\n")


def together(parts: Iterable[Kept]) -> Kept:
    """Return what is kept of different parts of one plan as one; one after the other is taken from `parts`.

    Raises ValueError where a point is in two of them.
    """
    return replace(reduce(_with_part, parts), part=None)


def _with_part(one: Kept, other: Kept) -> Kept:
    both = [*one.ranges]
    for first, end in other.ranges:
        both = ranges.added(both, first, end)
    found = joined(one.found, other.found)
    return replace(one, points=one.points + other.points, ranges=both, found=found)
