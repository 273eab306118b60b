"""A part of a plan of gradients: a range of points that is judged in chunks, and what was found at them."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Annotated, Any

from pydantic import TypeAdapter

from xorbench.contract import Implementation
from xorbench.cores import all_cores
from xorbench.environment import allowed_cpus
from xorbench.fleet import units
from xorbench.fleet.plan import FleetPlan
from xorbench.judging.chunks import Chunk, Found, contradiction, joined, judge_chunk
from xorbench.record import checking, store
from xorbench.record.parts import Count, Many, Natural, Part
from xorbench.record.run import HostName, PartName
from xorbench.record.timing import Sha256
from xorbench.workloads import Workload, named

POINTS_OF_A_CHUNK = 500
"""The points of one task; a part that is interrupted loses at most those of the chunks in progress."""

WAITING = 2
"""The number of chunks for each CPU that are given out at once."""


@dataclass(frozen=True)
class Judged(Part):
    """What a host found in a part: `finished` are the numbers of its chunks, and `partial` says that some are missing.

    `found` is None until a chunk is finished.
    """

    plan_sha256: Sha256
    part: PartName | None
    host: HostName
    partial: bool
    points: Count
    finished: Annotated[list[Natural], Many]
    found: Found | None

    @property
    def number(self) -> int:
        """The number of the part, from 1."""
        return int((self.part or "0").partition("/")[0])

    @property
    def passed(self) -> bool:
        """Whether all that is found in the dtypes in which workloads are timed is inside its bound."""
        if self.found is None:
            return False
        return all(row.passed for row in self.found.rows if row.dtype == named(row.workload).dtype)


_TYPES: TypeAdapter[Judged] = TypeAdapter(Judged)


def of_json(plan: FleetPlan, content: Any) -> Judged:
    """Return the result in a JSON document. Raises ValueError, with one line, if it is none of a part of the plan."""
    part = checking.checked(_TYPES, content)
    if complaint := _contradiction(plan, part.number, part):
        raise ValueError(complaint)
    if part.partial:
        raise ValueError("$.partial: true, expected a part that is finished")
    return part


def _contradiction(plan: FleetPlan, number: int, part: Judged) -> str | None:
    """Return in what a result contradicts itself or the part of this number of a plan; None if in nothing."""
    chunks = _chunks(plan, number)
    points = sum(chunk.number for chunk in chunks)
    if part.points != points:
        return f"$.points: {part.points}, expected the {points} of part {part.part}, judged"
    if part.finished != sorted({*part.finished}) or part.finished[-1:] >= [len(chunks)]:
        return f"$.finished: expected numbers of the {len(chunks)} chunks, each once, sorted"
    if part.partial == (len(part.finished) == len(chunks)) or bool(part.finished) != (part.found is not None):
        return f"$.partial: {len(part.finished)} of {len(chunks)} chunks are finished, which it and `found` contradict"
    if part.found is None:
        return None
    ranges = [(chunks[place].first, chunks[place].end) for place in part.finished]
    workloads = [*map(named, units.workloads(plan))]
    complaint = contradiction(part.found, ranges, plan.implementations, workloads)
    return complaint and f"$.found: {complaint}"


def _chunks(plan: FleetPlan, number: int) -> list[Chunk]:
    """Return the chunks of a part."""
    first, points = units.points_of(plan, number)
    starts = range(first, first + points, POINTS_OF_A_CHUNK)
    return [Chunk(start, min(POINTS_OF_A_CHUNK, first + points - start)) for start in starts]


def place(plan: FleetPlan, number: int, host: str, folder: Path) -> Path:
    """Return the path of the result of a part on a host in a folder of parts."""
    return folder / f"points-{plan.sha256[:12]}-{number}-of-{len(plan.parts)}-{host}.json"


def begun(plan: FleetPlan, number: int, host: str, path: Path) -> Judged | None:
    """Return what this host has found so far in a part; None if it has not begun, or the file does not fit."""
    with suppress(OSError, ValueError):
        there = checking.checked(_TYPES, checking.plain_json(checking.bounded(path)))
        if (there.plan_sha256, there.part, there.host) != (plan.sha256, plan.named(number), host):
            return None
        return None if _contradiction(plan, number, there) else there
    return None


def judge(
    plan: FleetPlan,
    number: int,
    host: str,
    implementations: Sequence[Implementation],
    workloads: Sequence[Workload],
    path: Path,
    before: Judged | None = None,
    advance: Callable[[float], object] = lambda _points: None,
) -> Judged:
    """Judge a part in chunks on all CPUs, without what was found `before`, and return and write what was found.

    The file at `path` is written anew after each chunk. `advance` is called with the points of each chunk. Raises
    OSError, and HarnessError where a process of the judge ends.
    """
    chunks = _chunks(plan, number)
    points = sum(chunk.number for chunk in chunks)
    state = before or Judged(plan.sha256, plan.named(number), host, True, points, [], None)
    left = [place for place in range(len(chunks)) if place not in state.finished]
    seed = plan.number("seed", least=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    with all_cores() as cores:
        running: dict[Future[Found], int] = {}
        while left or running:
            while left and len(running) < WAITING * len(allowed_cpus()):
                place = left.pop(0)
                running[cores.submit(judge_chunk, implementations, workloads, chunks[place], seed)] = place
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                place = running.pop(future)
                found = future.result() if state.found is None else joined(state.found, future.result())
                finished = sorted([*state.finished, place])
                state = replace(state, finished=finished, found=found, partial=len(finished) < len(chunks))
                _write(state, path)
                advance(chunks[place].number)
    return state


def together(parts: Sequence[Judged]) -> Judged:
    """Return the results of parts of one plan as one, which is no part; of a part that two hosts judged, the first."""
    once = [*{part.number: part for part in reversed(parts)}.values()]
    found = reduce(joined, [part.found for part in once if part.found is not None])
    return replace(parts[0], part=None, points=sum(part.points for part in once), finished=[], found=found)


def write(whole: Judged, folder: Path) -> Path:
    """Write the results of all parts to a file in a folder of parts, and return its path. Raises OSError."""
    path = folder / f"points-{whole.plan_sha256[:12]}.json"
    _write(whole, path)
    return path


def _write(state: Judged, path: Path) -> None:
    store.write_whole(path, _TYPES.dump_json(state, indent=1).decode() + "\n")
