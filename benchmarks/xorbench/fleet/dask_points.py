"""Points of the judge over the workers of a scheduler, in chunks of a few seconds; what is found is joined as it comes.

What is joined is kept on the disk of the client, so that the same call goes on from there after an interruption.
"""

import hashlib
import json
import time
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from pydantic import TypeAdapter

from xorbench import places
from xorbench.failure import HarnessError, of_system
from xorbench.fleet import ranges
from xorbench.fleet.chunk_messages import QUESTIONS, Questions
from xorbench.fleet.chunk_process import Judged
from xorbench.fleet.dask_cluster import Worker, workers_of
from xorbench.fleet.scheduler import Call, Calls, Raised, Returned
from xorbench.judging.chunks import Chunk, Found, joined
from xorbench.judging.trouble import foreign
from xorbench.messages import validated
from xorbench.record import checking, store
from xorbench.record.parts import Many, Natural, Part

if TYPE_CHECKING:
    from distributed import Client

SECONDS, FEWEST_SECONDS = 5.0, 2.0
"""The seconds that judging a chunk takes, as far as the last one tells, and the fewest towards the end."""

FIRST_POINTS = 50
"""The points of a chunk before anything is known."""

CHUNKS_AHEAD = 2
"""The chunks that are handed out for each thread of a worker, so that no worker waits for the client."""

SECONDS_BETWEEN_NOTES = 10.0
"""The time after which what is joined is written to the disk."""

SECONDS_BETWEEN_LOOKS = 5.0
"""The time after which it is looked which workers are there."""


@dataclass
class Joined(Part):
    """What was found so far, and the ranges of the points at which it was found."""

    found: Found = field(default_factory=Found)
    ranges: Annotated[list[tuple[Natural, Natural]], Many] = field(default_factory=list)

    @property
    def points(self) -> int:
        """The number of points that are judged."""
        return ranges.size(self.ranges)

    def add(self, chunk: Chunk, found: Found) -> None:
        """Add what was found in a chunk. Raises ValueError if a point of it was judged before."""
        self.ranges = ranges.added(self.ranges, chunk.first, chunk.end)
        self.found = joined(self.found, found)


_TYPES: TypeAdapter[Joined] = TypeAdapter(Joined)


class Kept:
    """What was found in a call for some questions, in a file of the user's cache folder until the call has ended."""

    def __init__(self, questions: Questions, number: int, say: Callable[[str], object]) -> None:
        """Read what an earlier call for the same questions at so many points has left, if there is anything."""
        key = hashlib.sha256(QUESTIONS.dump_json(questions) + f" {number}".encode()).hexdigest()
        self.path = places.user_cache() / "fleet" / "points" / f"{key}.json"
        self._say = say
        self._noted = time.monotonic()
        self.joined = Joined()
        try:
            self.joined = validated(_TYPES, checking.bounded(self.path))
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            why = checking.one_line(str(error))
            say(f"xorbench: {self.path} can't be read, so that all points are judged anew: {why}")

    def add(self, chunk: Chunk, found: Found) -> None:
        """Add what was found in a chunk, and write the file if that was not done for some time."""
        self.joined.add(chunk, found)
        if time.monotonic() - self._noted >= SECONDS_BETWEEN_NOTES:
            self.write()

    def write(self) -> None:
        """Write the file; where it can't be written, one line says so."""
        self._noted = time.monotonic()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            store.write_whole(self.path, _TYPES.dump_json(self.joined).decode())
        except OSError as error:
            self._say(f"xorbench: what is found can't be kept: {of_system(error)}")

    def remove(self) -> None:
        """Remove the file, if it is there."""
        self.path.unlink(missing_ok=True)


class Sizes:
    """The sizes of chunks: what takes SECONDS at the last pace, less where few points are left for all workers.

    With `fixed`, all have so many points.
    """

    def __init__(self, fixed: int | None = None) -> None:
        self._fixed = fixed
        self._pace: float | None = None

    def note(self, points: int, seconds: float) -> None:
        """Note how long the points of a chunk took."""
        self._pace = points / max(seconds, 1e-6)

    def next(self, left: int, threads: int) -> int:
        """Return the number of points of the next chunk, of `left` points for so many threads."""
        if self._fixed or self._pace is None:
            return min(left, self._fixed or FIRST_POINTS)
        fair = -(-left // (CHUNKS_AHEAD * threads))
        return max(1, min(left, int(self._pace * SECONDS), max(fair, int(self._pace * FEWEST_SECONDS))))


def judged(
    client: "Client",
    workers: Sequence[Worker],
    function: Callable[..., Judged | None],
    questions: Questions,
    number: int,
    kept: Kept,
    heard: Callable[[Chunk, Judged], object],
    say: Callable[[str], object],
    points_of_a_chunk: int | None = None,
) -> Found:
    """Return what is found at the points 0 to `number` - 1; those that are in `kept` are not judged again.

    `function` is called with the questions and a chunk on one of the workers, or on one that is started on the same
    host later. `heard` is called with each chunk and what was found there. Raises HarnessError where a chunk cannot be
    judged, or the scheduler has ended; what is found until then is kept.
    """
    hosts = sorted({worker.host for worker in workers})
    threads = sum(worker.threads for worker in workers)
    todo = deque(ranges.gaps(kept.joined.ranges, number))
    sizes = Sizes(points_of_a_chunk)
    topic = f"xorbench-{hashlib.sha256(json.dumps([client.id]).encode()).hexdigest()[:16]}"
    calls: Calls[Chunk, Judged] = Calls(client, topic, say)
    looked = time.monotonic()
    try:
        while todo or len(calls):
            while todo and len(calls) < CHUNKS_AHEAD * threads:
                left = sum(end - first for first, end in todo)
                chunk = _taken(todo, sizes.next(left, threads))
                calls.submit(Call(chunk, function, (questions, chunk), hosts, {}))
            match calls.next(1.0):
                case Returned(chunk, found):
                    sizes.note(chunk.number, found.seconds)
                    try:
                        kept.add(chunk, found.found)
                    except (ValueError, zlib.error) as invalid:
                        raise _unjudged(chunk, f"what a worker sent is no result: {invalid}") from invalid
                    heard(chunk, found)
                case Raised(chunk, error):
                    raise _unjudged(chunk, str(error)) from error
            if time.monotonic() - looked > SECONDS_BETWEEN_LOOKS and client.status == "running":
                looked = time.monotonic()
                threads = max(1, sum(worker.threads for worker in workers_of(client) if worker.host in hosts))
    finally:
        calls.close()
        kept.write()
    return kept.joined.found


def _unjudged(chunk: Chunk, why: str) -> HarnessError:
    return HarnessError(f"points {chunk.first:,} to {chunk.end - 1:,} can't be judged: {foreign(why)}")


def _taken(todo: deque[tuple[int, int]], size: int) -> Chunk:
    """Take at most `size` points from the beginning of the ranges, and return them."""
    first, end = todo.popleft()
    if first + size < end:
        todo.appendleft((first + size, end))
    return Chunk(first, min(size, end - first))
