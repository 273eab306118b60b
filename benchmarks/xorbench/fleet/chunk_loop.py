"""Points that are judged in chunks of a few seconds, here or anywhere; what is found is joined and kept as it comes."""

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from xorbench import progress
from xorbench.failure import HarnessError, of_system
from xorbench.fleet import points, ranges
from xorbench.fleet.chunk_process import Judged
from xorbench.fleet.points import Kept
from xorbench.judging.chunks import Chunk
from xorbench.judging.trouble import foreign

SECONDS, FEWEST_SECONDS = 5.0, 2.0
"""The seconds that judging a chunk takes, as far as the last one tells, and the fewest towards the end."""

FIRST_POINTS = 50
"""The points of a chunk before anything is known."""

CHUNKS_AHEAD = 2
"""The chunks that are handed out for each thread, so that none waits for the next one."""

SECONDS_BETWEEN_NOTES = 10.0
"""The time after which what is found is written to the disk."""


class Judges(Protocol):
    """Threads on this host or on others that judge chunks."""

    @property
    def threads(self) -> int:
        """The number of threads that can judge chunks of points now."""

    def __len__(self) -> int:
        """Return how many chunks are handed out whose results were not returned."""

    def submit(self, chunk: Chunk) -> None:
        """Hand a chunk out. Raises HarnessError where that is not possible any more."""

    def next(self) -> tuple[Chunk, Judged] | None:
        """Return a chunk and what was found there; None if there is none for a second.

        Raises HarnessError where a chunk can't be judged.
        """

    def close(self) -> None:
        """Give up what is handed out."""


class Sizes:
    """The sizes of chunks: what takes SECONDS at the last pace, less where few points are left for all threads.

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


class Judging:
    """The judging of points from `first` on; what is `kept` already is not judged again.

    It is kept in the file at `path` from time to time, and at the end, whatever ends it.
    """

    def __init__(self, kept: Kept, path: Path, first: int = 0, say: Callable[[str], object] = progress.say) -> None:
        self.kept = kept
        self.path = path
        self._first = first
        self._say = say

    def run(
        self,
        judges: Judges,
        heard: Callable[[Chunk, Judged], object] = lambda _chunk, _judged: None,
        points_of_a_chunk: int | None = None,
    ) -> Kept:
        """Let all points be judged, and return what is found. `heard` is called with each chunk and its result.

        Raises HarnessError where a chunk can't be judged.
        """
        todo = deque(ranges.gaps(self.kept.ranges, self._first, self._first + self.kept.points))
        sizes = Sizes(points_of_a_chunk)
        noted = time.monotonic()
        try:
            while todo or len(judges):
                while todo and len(judges) < CHUNKS_AHEAD * judges.threads:
                    left = sum(end - first for first, end in todo)
                    judges.submit(_taken(todo, sizes.next(left, judges.threads)))
                if answer := judges.next():
                    chunk, judged = answer
                    sizes.note(chunk.number, judged.seconds)
                    try:
                        self.kept = self.kept.plus(chunk, judged.found)
                    except ValueError as error:
                        raise unjudged(chunk, f"its result is invalid: {error}") from error
                    heard(chunk, judged)
                if time.monotonic() - noted >= SECONDS_BETWEEN_NOTES:
                    self._note()
                    noted = time.monotonic()
        finally:
            self._note()  # first, because ending judges takes time, in which this process may be killed
            judges.close()
        return self.kept

    def _note(self) -> None:
        """Write the file; where it can't be written, one line says so."""
        try:
            points.write(self.kept, self.path)
        except OSError as error:
            self._say(f"xorbench: what is found can't be kept: {of_system(error)}")


def unjudged(chunk: Chunk, reason: str) -> HarnessError:
    """Return the error for a chunk that can't be judged, for a reason that comes from another process."""
    return HarnessError(f"points {chunk.first:,} to {chunk.end - 1:,} can't be judged: {foreign(reason)}")


def _taken(todo: deque[tuple[int, int]], size: int) -> Chunk:
    """Take at most `size` points from the beginning of the ranges, and return them."""
    first, end = todo.popleft()
    if first + size < end:
        todo.appendleft((first + size, end))
    return Chunk(first, min(size, end - first))
