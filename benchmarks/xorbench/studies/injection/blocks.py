"""Blocks of the study of faults: each is done at once, and a file keeps the finished ones, from which it continues.

The file has JSON lines. The first says what decides the study, each further one is a finished block.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from xorbench.record.studies import Data


@dataclass(frozen=True)
class Block:
    """A part of the study in which nothing is timed: its name, and the call that does it in another process."""

    name: str
    do: Callable[[], Data]


class Finished:
    """The data of finished blocks by name, in the order in which they were finished; a file keeps them, if given.

    `about` is what decides the study.
    """

    def __init__(self, about: Data, path: Path | None = None) -> None:
        """Begin, or continue a file that is there. Raises ValueError if it is of another study, and OSError."""
        self._blocks: dict[str, Data] = {}
        self._file: BinaryIO | None = None
        if path is not None:
            self._file = path.open("r+b" if path.exists() else "x+b")
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._continue(path, json.loads(json.dumps(about)))
            except BlockingIOError:
                self.close()
                raise ValueError(f"another process continues the study in {path}; wait until it ends") from None
            except BaseException:
                self.close()
                raise

    def __contains__(self, name: object) -> bool:
        """Return whether the block of this name is finished."""
        return name in self._blocks

    def __len__(self) -> int:
        """Return the number of finished blocks."""
        return len(self._blocks)

    def of(self, kind: str) -> list[Data]:
        """Return the data of all finished blocks whose names begin with `kind` and a space."""
        return [data for name, data in self._blocks.items() if name.startswith(f"{kind} ")]

    def note(self, name: str, data: Data) -> None:
        """Note a finished block, which is on the disk when this returns; a block that is there already stays."""
        if name in self._blocks:
            return
        line = json.dumps({"block": name, "data": data}, allow_nan=False)
        self._blocks[name] = json.loads(line)["data"]
        self._write(line)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _continue(self, path: Path, about: Data) -> None:
        assert self._file is not None
        content = self._file.read()
        whole = content[: content.rfind(b"\n") + 1]  # behind it is a line that was not finished
        self._file.truncate(len(whole))
        self._file.seek(len(whole))
        if not whole:
            self._write(json.dumps(about))
            return
        try:
            first, *lines = map(json.loads, whole.splitlines())
            self._blocks = {line["block"]: line["data"] for line in lines}
        except (ValueError, LookupError, TypeError) as error:
            raise ValueError(f"{path} does not hold blocks of this study; give another file") from error
        if first != about:
            other = next((key for key in about if not isinstance(first, dict) or first.get(key) != about[key]), "it")
            raise ValueError(f"the study in {path} has another {other}, which decides it; give another file")

    def _write(self, line: str) -> None:
        if self._file is not None:
            self._file.write(line.encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())


def done(blocks: Iterable[Block], cores: Executor, together: int) -> Iterator[tuple[str, Data]]:
    """Do blocks in a pool, `together` of them at a time, and yield the name and the data of each as it is finished."""
    left = iter(blocks)
    begun: dict[Future[Data], str] = {}
    while True:
        for block in islice(left, together - len(begun)):
            begun[cores.submit(block.do)] = block.name
        if not begun:
            return
        for future in wait(begun, return_when=FIRST_COMPLETED).done:
            yield begun.pop(future), future.result()


def ranges(number: int, of_a_block: int) -> Iterator[range]:
    """Yield the ranges of at most `of_a_block` numbers each into which 0 to `number` - 1 are divided."""
    for first in range(0, number, of_a_block):
        yield range(first, min(number, first + of_a_block))
