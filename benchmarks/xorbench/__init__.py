"""xorbench: the same XOR trainers in every framework, their gradients judged, then their time taken."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xorbench.exports.frames import Frames


def load(*where: str | Path) -> "Frames":
    """Records as tidy pandas frames; see `xorbench.exports.frames.load`. Nothing heavy is imported before."""
    from xorbench.exports import frames

    return frames.load(*where)
