"""xorbench: the same XOR trainers in every framework, their gradients judged, then their time taken."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.exports.frames import Frames


def load(*where: str | Path) -> "Frames":
    """Records as tidy pandas frames; see `benchmarks.exports.frames.load`. Nothing heavy is imported before."""
    from benchmarks.exports import frames

    return frames.load(*where)
