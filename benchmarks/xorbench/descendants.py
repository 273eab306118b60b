"""Processes that implementations start: they are found however they were started, and ended.

A process is watched from its start on. What came from it is found by the parents of processes, by its session and its
process group, and, once it has ended, by an environment variable that all of them inherit. A process that left the
session, removed that variable and was not seen before is not found. Where the system has no /proc, only the process
group is ended.
"""

import os
import signal
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import AnyStr

from xorbench.environment import DRIVER

SECONDS_TO_VANISH = 5.0
"""The time that processes which were killed have to disappear."""

MOST_NAMES = 5
"""The most names of processes that are told."""

_PROCESSES = Path("/proc")

_MARKS = {f"{name}={value}".encode() for name, value in DRIVER.items()}

Identity = tuple[int, int]
"""The number of a process and the time at which it began; a number alone is used again for another process."""

_watched: dict[int, set[Identity]] = {}
"""The numbers of the watched processes, each with the processes that are known to come from it."""


@dataclass(frozen=True)
class Process:
    """A process as the system shows it. `ended` says that it has ended and that its parent has not waited for it.

    `began` is in ticks since the machine started. Characters of `name` that cannot be printed are question marks.
    """

    pid: int
    parent: int
    group: int
    session: int
    began: int
    name: str
    ended: bool

    @property
    def identity(self) -> Identity:
        """The number and the start time of a process, which no other process has, also after it has ended."""
        return self.pid, self.began


def watch(process: "subprocess.Popen[AnyStr]") -> "subprocess.Popen[AnyStr]":
    """Watch a process that was just started in a session of its own, with the variables of a worker; return it."""
    _watched[process.pid] = set()
    return process


def started_by(leaders: Iterable[int]) -> dict[int, list[Process]]:
    """Return, by the number of each of the watched processes `leaders`, what came from it and has not ended.

    A leader that ended before has lost the processes that left its session, except those that an earlier call found.
    """
    there = _processes()
    return {leader: [one for one in _known(there, leader) if not one.ended] for leader in leaders}


def end(*processes: "subprocess.Popen[bytes] | subprocess.Popen[str]") -> list[str]:
    """End watched processes and all that came from them, and wait until they are gone, at most SECONDS_TO_VANISH.

    What is left of watched processes that ended before is ended, too. Return the names of such processes for which it
    is not known from which watched process they came.
    """
    there = _processes()
    known = {one.identity for process in processes for one in _known(there, process.pid)}
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    for process in processes:
        process.wait()
        _watched.pop(process.pid, None)
    unknown: dict[Identity, str] = {}
    until = monotonic() + SECONDS_TO_VANISH
    while left := _left(known, unknown):
        for one in left:
            _kill(one)
        if monotonic() > until:
            break
        sleep(0.001)  # until the system has ended them
    return names(unknown.values())


def names(found: Iterable[str]) -> list[str]:
    """Return the different names in `found`, of which at most MOST_NAMES are told, in alphabetical order."""
    different = sorted({*found})
    return different if len(different) <= MOST_NAMES else [*different[:MOST_NAMES], "others"]


def _known(there: Mapping[int, Process], leader: int) -> list[Process]:
    """Return the processes that came from a watched one, and keep in mind which they are."""
    known = _watched.setdefault(leader, set())
    roots = [
        one
        for one in there.values()
        if leader in (one.parent, one.group, one.session) or one.identity in known
        if one.pid != leader
    ]
    found = [one for one in _with_all_below(there, roots) if one.pid != leader]
    known.update(one.identity for one in found)
    return found


def _left(known: set[Identity], unknown: dict[Identity, str]) -> list[Process]:
    """Return the processes that are in `known`, or come from no watched process that lives, and all below them.

    Those that are not in `known` are added to it, and to `unknown` with their names. Of those that have ended, only the
    ones that this process can wait for now or later are returned.
    """
    there = _processes()
    ours = {one.pid for one in _with_all_below(there, [there[pid] for pid in _watched if pid in there])}
    orphans = [one for one in there.values() if one.pid not in ours and one.identity not in known and _is_marked(one)]
    found = _with_all_below(there, [*(one for one in there.values() if one.identity in known), *orphans])
    unknown.update((one.identity, one.name) for one in found if one.identity not in known)
    known.update(one.identity for one in found)
    parents = {os.getpid(), *(one.pid for one in found)}
    return [one for one in found if not one.ended or one.parent in parents]


def _with_all_below(there: Mapping[int, Process], roots: Sequence[Process]) -> list[Process]:
    """Return `roots` and all their descendants, each once."""
    children: dict[int, list[Process]] = defaultdict(list)
    for one in there.values():
        children[one.parent].append(one)
    found: dict[int, Process] = {}
    waiting = [*roots]
    while waiting:
        one = waiting.pop()
        if one.pid not in found:
            found[one.pid] = one
            waiting += children[one.pid]
    return [*found.values()]


def _kill(one: Process) -> None:
    """Kill a process, or remove one that has ended if this process is its parent."""
    with suppress(ProcessLookupError, ChildProcessError, PermissionError):
        if one.ended:
            os.waitpid(one.pid, os.WNOHANG)
        else:
            os.kill(one.pid, signal.SIGKILL)


def _is_marked(one: Process) -> bool:
    """Return whether a process inherited the variable of the processes that this one starts for implementations."""
    try:
        variables = (_PROCESSES / str(one.pid) / "environ").read_bytes()
    except OSError:
        return False
    return not _MARKS.isdisjoint(variables.split(b"\0"))


def _processes() -> dict[int, Process]:
    """Return all processes that the system shows, by number; none where it has no /proc."""
    found = {}
    with suppress(OSError):
        for name in os.listdir(_PROCESSES):  # noqa: PTH208  making a Path of each would cost as much as reading it
            if name.isdigit():
                with suppress(OSError, ValueError, IndexError):  # it ended in the meantime
                    found[int(name)] = _process(int(name))
    return found


def _process(pid: int) -> Process:
    """Return what the system shows of a process. Raises OSError, ValueError or IndexError where it shows nothing."""
    text = (_PROCESSES / str(pid) / "stat").read_bytes().decode(errors="replace")
    before, _, after = text.rpartition(")")  # the name may hold any characters
    fields = after.split()
    name = before.partition("(")[2]
    return Process(
        pid,
        parent=int(fields[1]),
        group=int(fields[2]),
        session=int(fields[3]),
        began=int(fields[19]),
        name="".join(character if character.isprintable() else "?" for character in name),
        ended=fields[0] in "ZX",
    )
