"""Large files, each read by a command in a process of its own, whose memory and time the system counts."""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from xorbench.record.checking import MOST_BYTES, MOST_PARTS
from xorbench.record.studies import Data

MEGABYTE = 10**6

SECONDS_OF_CPU = 120
"""The CPU time after which the system ends a command that reads a large file."""

COMMANDS = ("check", "show", "export")


def _repeated(piece: bytes, times: int) -> Iterator[bytes]:
    """Yield a piece so many times, many at once: the process that writes the file shall not need much memory."""
    together = 2**20 // len(piece)
    for done in range(0, times, together):
        yield piece * min(together, times - done)


def _numbers(text: bytes, size: int) -> Iterator[bytes]:
    """Yield a record whose first series of rounds has so many numbers that the file has `size` bytes."""
    head, key, rest = text.partition(b'"round_nanoseconds":[')
    yield head + key
    yield from _repeated(b"1,", (size - len(text)) // 2)
    yield rest


def _text(text: bytes, size: int) -> Iterator[bytes]:
    """Yield a record whose command is so long that the file has `size` bytes."""
    head, key, rest = text.partition(b'"command":"')
    yield head + key
    yield from _repeated(b"x", size - len(text))
    yield rest


def _objects() -> Iterator[bytes]:
    """Yield a list of as many empty objects as may be in a file."""
    yield b"[{}"
    yield from _repeated(b",{}", MOST_PARTS - 2)
    yield b"]"


def _keys(text: bytes) -> Iterator[bytes]:
    """Yield a record with as many unknown keys as may be in a file."""
    yield text[:-1]
    for number in range(MOST_PARTS - 50_000):
        yield b',"k%d":1' % number
    yield b"}"


FILES: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "a file of 100 MB, a record with one long series": lambda text: _numbers(text, 100 * MEGABYTE),
    "a file of 100 MB, a record with one long text": lambda text: _text(text, 100 * MEGABYTE),
    "the largest file that is read, with one long series": lambda text: _numbers(text, MOST_BYTES),
    "the largest file that is read, with one long text": lambda text: _text(text, MOST_BYTES),
    "the most objects that are read": lambda _text: _objects(),
    "nearly the most keys that are read": _keys,
}
"""Functions that yield the content of a large file from that of a record, by what it is."""


def study(name: str, text: bytes) -> Data:
    """Return for each command that reads the large file `name` its memory in MiB, its seconds and its exit code.

    The file is made from the text of a record.
    """
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        path, further = Path(folder) / "large.json", [f"--pytest-benchmark={Path(folder) / 'out.json'}"]
        with path.open("wb") as file:
            file.writelines(FILES[name](text))
        about = {"file": name, "bytes": path.stat().st_size}
        return {
            "commands": [
                about | {"command": command, **measured(command, str(path), *(further if command == "export" else ()))}
                for command in COMMANDS
            ]
        }


_PERFORM = """
import os, sys
from xorbench.studies.injection import memory, soak
answers = int(sys.argv[1])
code = soak.performed(sys.argv[2:])
os.write(answers, str(memory.peak_bytes()).encode())
sys.exit(code)
"""
"""Code that performs a command and writes the largest memory of its process to a file descriptor."""


def measured(*arguments: str) -> Data:
    """Return the largest memory in MiB, the CPU time in seconds, the exit code and the lines of output of a command."""
    ours, theirs = os.pipe()
    with os.fdopen(ours) as answers:
        process = subprocess.Popen(
            [sys.executable, "-c", _PERFORM, str(theirs), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[theirs],
            text=True,
        )
        os.close(theirs)
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (SECONDS_OF_CPU, SECONDS_OF_CPU))
        assert process.stdout
        said = process.stdout.read()
        process.stdout.close()
        peak = answers.read()
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    memory = int(peak) if peak else usage.ru_maxrss * 2**10
    return {
        "memory_mib": round(memory / 2**20),
        "seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "code": process.returncode,
        "lines": len(said.splitlines()),
        "traceback": "Traceback (most recent call last)" in said,
    }
